//! A folder that is held by a handle: what is opened below it lies below it, whatever its names lead to by then. A path is gone
//! through by the kernel in one call (`openat2`, Linux 5.6 or newer), or else part by part, each opened in the one before it.
//! No link is followed either way, no `..` is taken, and so no magic link of `/proc` either.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

/// A handle that serves to open what is below it, also in a folder that may be entered and not listed.
#[cfg(target_os = "linux")]
const HOLD: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
#[cfg(not(target_os = "linux"))]
const HOLD: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

/// How often the kernel is asked again where names changed under its hands.
#[cfg(target_os = "linux")]
const AGAIN: u32 = 8;

/// A folder as it was found, be it renamed since.
#[derive(Debug)]
pub struct Folder {
    handle: OwnedFd,
}

/// How a path is gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As the system does it best.
    Best,
    /// Part by part, as where the kernel has no call for it.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the best way comes to it by itself")
    )]
    Parts,
}

impl Folder {
    /// The folder of an absolute path in which no part is a link.
    pub fn at(path: &Path) -> io::Result<Self> {
        let root = Self {
            handle: rustix::fs::openat(CWD, "/", HOLD, Mode::empty())?,
        };
        match below_root(path)? {
            Some(relative) => root.below(relative),
            None => Ok(root),
        }
    }

    /// The same, made with those it lies in where it is missing. Nothing is made behind a link.
    pub fn made(path: &Path, mode: Mode) -> io::Result<Self> {
        let missing = match Self::at(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => error,
            done => return done,
        };
        let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(missing);
        };
        let above = Self::made(above, mode)?;
        match rustix::fs::mkdirat(&above.handle, name, mode) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        above.below(Path::new(name))
    }

    /// A folder below this one.
    pub fn below(&self, relative: &Path) -> io::Result<Self> {
        let handle = self.open(relative, HOLD, Mode::empty())?;
        Ok(Self { handle })
    }

    /// Opens what has this relative path below the folder; an empty one is the folder itself.
    pub fn open(&self, relative: &Path, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
        self.open_by(Way::Best, relative, flags, mode)
    }

    fn open_by(&self, way: Way, relative: &Path, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
        let itself = relative.as_os_str().is_empty();
        let relative = if itself { Path::new(".") } else { relative };
        let flags = flags | OFlags::CLOEXEC;
        #[cfg(target_os = "linux")]
        if way == Way::Best {
            use rustix::fs::ResolveFlags;
            let resolve = ResolveFlags::BENEATH
                .union(ResolveFlags::NO_SYMLINKS)
                .union(ResolveFlags::NO_MAGICLINKS);
            for _ in 0..AGAIN {
                match rustix::fs::openat2(&self.handle, relative, flags, mode, resolve) {
                    Err(Errno::AGAIN | Errno::INTR) => {}
                    // An old kernel, or a filter that does not know the call.
                    Err(Errno::NOSYS | Errno::PERM) => break,
                    done => return Ok(done?),
                }
            }
        }
        let _ = way;
        by_parts(self.handle.as_fd(), relative, flags, mode)
    }

    /// What has this relative path, a link being one; an empty path is the folder itself.
    pub fn about(&self, relative: &Path) -> io::Result<Stat> {
        if relative.as_os_str().is_empty() || relative == Path::new(".") {
            return Ok(rustix::fs::fstat(&self.handle)?);
        }
        // `..` has no name either, and is none of what is below.
        let Some(name) = relative.file_name() else {
            return Err(Errno::XDEV.into());
        };
        let above = match relative.parent() {
            Some(above) if !above.as_os_str().is_empty() => Some(self.below(above)?),
            _ => None,
        };
        let handle = above.as_ref().map_or(&self.handle, |above| &above.handle);
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        Ok(rustix::fs::statat(handle, name, flags)?)
    }

    /// All names in it with what each is, sorted.
    pub fn names(&self) -> io::Result<Vec<(OsString, FileType)>> {
        let listed = self.reopened()?;
        let mut names = Vec::new();
        for entry in Dir::new(listed)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            let kind = match entry.file_type() {
                // Not every file system says it in its list.
                FileType::Unknown => match self.about(Path::new(name)) {
                    Ok(about) => FileType::from_raw_mode(about.st_mode),
                    Err(_) => continue,
                },
                kind => kind,
            };
            names.push((name.to_owned(), kind));
        }
        names.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(names)
    }

    /// A handle of its own by which it can be listed, locked and brought to the disk.
    pub fn reopened(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        self.open(Path::new(""), flags, Mode::empty())
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }
}

/// An absolute path as it is seen from `/`; none for `/` itself.
fn below_root(path: &Path) -> io::Result<Option<&Path>> {
    let relative = path.strip_prefix("/").map_err(|_| {
        let text = format!("{} is no absolute path", path.display());
        io::Error::new(io::ErrorKind::InvalidInput, text)
    })?;
    Ok(Some(relative).filter(|relative| !relative.as_os_str().is_empty()))
}

/// Opens what has an absolute path in which no part is a link.
pub fn open_exactly(path: &Path, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
    let root = Folder::at(Path::new("/"))?;
    root.open(below_root(path)?.unwrap_or(Path::new("")), flags, mode)
}

/// What has an absolute path in which no part but the last is a link.
pub fn about_exactly(path: &Path) -> io::Result<Stat> {
    let root = Folder::at(Path::new("/"))?;
    root.about(below_root(path)?.unwrap_or(Path::new("")))
}

/// Each part is opened in the folder before it, which is held: none can be changed for a link in between.
fn by_parts(
    from: BorrowedFd<'_>,
    relative: &Path,
    flags: OFlags,
    mode: Mode,
) -> io::Result<OwnedFd> {
    let mut above: Option<OwnedFd> = None;
    let mut parts = Vec::new();
    for part in relative.components() {
        match part {
            Component::Normal(name) => parts.push(name),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return Err(Errno::XDEV.into());
            }
        }
    }
    let Some((last, folders)) = parts.split_last() else {
        return Ok(rustix::fs::openat(from, ".", flags, mode)?);
    };
    for name in folders {
        let at = above.as_ref().map_or(from, AsFd::as_fd);
        let flags = HOLD | OFlags::NOFOLLOW;
        above = Some(rustix::fs::openat(at, *name, flags, Mode::empty())?);
    }
    let at = above.as_ref().map_or(from, AsFd::as_fd);
    let opened = rustix::fs::openat(at, *last, flags | OFlags::NOFOLLOW, mode)?;
    // A link can be held itself, without being followed: nobody asks for that here.
    #[cfg(target_os = "linux")]
    if flags.contains(OFlags::PATH)
        && FileType::from_raw_mode(rustix::fs::fstat(&opened)?.st_mode) == FileType::Symlink
    {
        return Err(Errno::LOOP.into());
    }
    Ok(opened)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs::{self, File};
    use std::io::Read;
    use std::os::unix::fs::symlink;

    use pretty_assertions::assert_eq;

    use super::*;

    const READ: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK);

    fn world() -> (tempfile::TempDir, std::path::PathBuf) {
        let outer = tempfile::tempdir().unwrap();
        let up = outer.path().canonicalize().unwrap();
        fs::create_dir_all(up.join("top/deep/down")).unwrap();
        fs::create_dir_all(up.join("outside/down")).unwrap();
        for file in [
            "top/file",
            "top/deep/file",
            "top/deep/down/file",
            "outside/file",
            "outside/down/file",
        ] {
            fs::write(up.join(file), file).unwrap();
        }
        for (target, link) in [
            ("deep", "top/inside"),
            ("../outside", "top/out"),
            ("../outside/file", "top/out-file"),
            ("/proc/self/cwd", "top/magic"),
            ("..", "top/deep/back"),
        ] {
            symlink(target, up.join(link)).unwrap();
        }
        (outer, up)
    }

    fn text(folder: &Folder, way: Way, path: &str) -> Option<String> {
        let opened = folder.open_by(way, Path::new(path), READ, Mode::empty());
        let mut text = String::new();
        File::from(opened.ok()?).read_to_string(&mut text).ok()?;
        Some(text)
    }

    #[test]
    fn nothing_but_what_lies_below_is_told_of() {
        let (_outer, up) = world();
        let top = Folder::at(&up.join("top")).unwrap();
        let own = top.about(Path::new("")).unwrap().st_ino;
        assert_eq!(top.about(Path::new(".")).unwrap().st_ino, own);
        for path in ["file", "deep/down", "out", "deep/back"] {
            assert!(top.about(Path::new(path)).is_ok(), "{path}");
        }
        for path in ["..", "deep/..", "../outside", "out/file", "/", "deep/../.."] {
            assert!(top.about(Path::new(path)).is_err(), "{path}");
        }
    }

    /// By the kernel's own call and part by part alike.
    #[test]
    fn nothing_but_what_lies_below_is_opened() {
        let (_outer, up) = world();
        let top = Folder::at(&up.join("top")).unwrap();
        let absolute = up.join("top/file").display().to_string();
        let cases = [
            ("file", Some("top/file")),
            ("./deep/./down//file", Some("top/deep/down/file")),
            ("none", None),
            ("file/none", None),
            ("inside/file", None),
            ("out/file", None),
            ("out-file", None),
            ("magic", None),
            ("deep/back/file", None),
            ("deep/../../outside/file", None),
            ("../outside/file", None),
            ("..", None),
            (absolute.as_str(), None),
            ("/proc/self/root", None),
        ];
        for way in [Way::Best, Way::Parts] {
            for (path, expected) in cases {
                let found = text(&top, way, path);
                assert_eq!(found.as_deref(), expected, "{way:?} {path}");
            }
        }
    }

    /// Between the look at a folder and what is done in it a link takes its place: what is done is done in the folder.
    #[test]
    fn a_folder_that_is_held_is_not_changed_for_a_link() {
        for way in [Way::Best, Way::Parts] {
            let (_outer, up) = world();
            let held = Folder::at(&up.join("top/deep")).unwrap();
            fs::rename(up.join("top/deep"), up.join("top/moved")).unwrap();
            symlink("../outside", up.join("top/deep")).unwrap();
            let found = text(&held, way, "down/file");
            assert_eq!(found.as_deref(), Some("top/deep/down/file"), "{way:?}");
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
            let mode = Mode::from_raw_mode(0o600);
            held.open_by(way, Path::new("down/new"), flags, mode)
                .unwrap();
            assert!(up.join("top/moved/down/new").exists());
            assert!(!up.join("outside/down/new").exists());
            let names: Vec<_> = held.names().unwrap().into_iter().collect();
            let names: Vec<_> = names.iter().filter_map(|(name, _)| name.to_str()).collect();
            assert_eq!(names, ["back", "down", "file"]);
        }
    }

    #[test]
    fn a_link_is_told_and_never_passed() {
        let (_outer, up) = world();
        let kind = |path: &str| {
            let about = about_exactly(&up.join(path)).ok()?;
            Some(FileType::from_raw_mode(about.st_mode))
        };
        let cases = [
            ("top", Some(FileType::Directory)),
            ("top/file", Some(FileType::RegularFile)),
            ("top/out", Some(FileType::Symlink)),
            ("top/out/file", None),
            ("top/inside/file", None),
            ("top/none", None),
        ];
        for (path, expected) in cases {
            assert_eq!(kind(path), expected, "{path}");
        }
        assert!(Folder::at(&up.join("top/out")).is_err());
        assert!(Folder::at(Path::new("top")).is_err(), "no absolute path");
        assert!(Folder::at(Path::new("/")).is_ok());
    }

    #[test]
    fn folders_are_made_and_none_behind_a_link() {
        let (_outer, up) = world();
        let mode = Mode::from_raw_mode(0o755);
        Folder::made(&up.join("top/a/b/c"), mode).unwrap();
        assert!(up.join("top/a/b/c").is_dir());
        assert!(Folder::made(&up.join("top/out/new"), mode).is_err());
        assert!(Folder::made(&up.join("top/out/down/new"), mode).is_err());
        assert!(!up.join("outside/new").exists());
        assert!(!up.join("outside/down/new").exists());
    }
}
