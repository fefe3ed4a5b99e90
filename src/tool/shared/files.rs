//! Files as tools touch them: only regular ones, opened without blocking, below a folder that is held and through no link, also
//! none that appeared since the path was resolved; written whole or not at all.

use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{AtFlags, FileType, FlockOperation, Mode, OFlags, RawMode};
use sha2::{Digest, Sha256};

use crate::disk::folder::{Folder, about_exactly};

/// Larger files are paged and searched, never held whole.
pub const HELD_MOST: u64 = 64 << 20;

/// How long a change of a file may keep another waiting, in all a second: it reads a file and renames one.
const TURN: Duration = Duration::from_millis(2);
const TURNS: u32 = 500;

/// Why a file is not to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    Missing,
    Folder,
    /// In words that follow the file's name: `is a named pipe`.
    Other(String),
}

impl Trouble {
    /// The whole sentence.
    pub fn about(&self, shown: &str) -> String {
        match self {
            Self::Missing => format!("there is no file {shown}"),
            Self::Folder => format!("{shown} is a folder: list it with glob"),
            Self::Other(text) => format!("{shown} {text}"),
        }
    }

    fn of(error: &io::Error) -> Self {
        match error.kind() {
            // A file where a folder should be: what is named is not there.
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing,
            _ => Self::Other(format!("cannot be opened: {}", why(error))),
        }
    }
}

/// The system's reason without its number.
pub fn why(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// What stands in a file's way to the name it has in its folder.
fn split(path: &Path) -> Result<(Folder, &Path), Trouble> {
    let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(Trouble::Folder);
    };
    let folder = Folder::at(above).map_err(|error| Trouble::of(&error))?;
    Ok((folder, Path::new(name)))
}

/// A regular file for reading, and its size. `path` has its links resolved; where one appeared in it since, it is refused.
pub fn open(path: &Path) -> Result<(File, u64), Trouble> {
    let (folder, name) = split(path)?;
    open_in(&folder, name)
}

fn open_in(folder: &Folder, name: &Path) -> Result<(File, u64), Trouble> {
    // Before the opening, since merely to open a device can act.
    let about = folder.about(name).map_err(|error| Trouble::of(&error))?;
    refuse_special(FileType::from_raw_mode(about.st_mode))?;
    open_met(folder, name)
}

/// The same of one that was just seen to be a regular file.
pub fn open_met(folder: &Folder, relative: &Path) -> Result<(File, u64), Trouble> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
    let opened = folder.open(relative, flags, Mode::empty());
    let file = File::from(opened.map_err(|error| Trouble::of(&error))?);
    let about = rustix::fs::fstat(&file).map_err(|error| Trouble::of(&error.into()))?;
    refuse_special(FileType::from_raw_mode(about.st_mode))?;
    Ok((file, u64::try_from(about.st_size).unwrap_or(0)))
}

/// What has this path, which has its links resolved; `None`: nothing has.
pub fn kind(path: &Path) -> Option<FileType> {
    let about = about_exactly(path).ok()?;
    Some(FileType::from_raw_mode(about.st_mode))
}

/// The bytes of a regular file that is not larger than [`HELD_MOST`].
pub fn load(path: &Path) -> Result<Vec<u8>, Trouble> {
    let (folder, name) = split(path)?;
    load_in(&folder, name)
}

fn load_in(folder: &Folder, name: &Path) -> Result<Vec<u8>, Trouble> {
    let (file, size) = open_in(folder, name)?;
    let mut bytes = Vec::with_capacity(size.min(HELD_MOST) as usize);
    file.take(HELD_MOST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Trouble::Other(format!("cannot be read: {}", why(&error))))?;
    if bytes.len() as u64 > HELD_MOST {
        return Err(Trouble::Other(format!(
            "is larger than {} MiB: work on it with bash",
            HELD_MOST >> 20
        )));
    }
    Ok(bytes)
}

pub fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn refuse_special(kind: FileType) -> Result<(), Trouble> {
    let name = match kind {
        FileType::RegularFile => return Ok(()),
        FileType::Directory => return Err(Trouble::Folder),
        FileType::Fifo => "named pipe",
        FileType::Socket => "socket",
        FileType::Symlink => "symbolic link that changed meanwhile",
        _ => "device",
    };
    Err(Trouble::Other(format!("is a {name}, not a regular file")))
}

/// Whose a new file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// As the person's umask leaves it.
    Usual,
    /// Its owner's alone, like all that Creel keeps.
    Owner,
}

impl Whose {
    /// The bits are as wide as each system has them.
    fn mode(self, usual: RawMode, owner: RawMode) -> Mode {
        Mode::from_raw_mode(match self {
            Self::Usual => usual,
            Self::Owner => owner,
        })
    }
}

/// Puts `bytes` in the file's place in one step: a temporary file beside it, on disk, then renamed. `before` is what the file
/// held when the change was worked out (`None`: there was none); if it holds something else by now, nothing is changed.
/// `path` has its links resolved. Folders that are missing are made.
pub fn replace(path: &Path, before: Option<&[u8]>, bytes: &[u8]) -> Result<(), String> {
    replace_as(Whose::Usual, path, before, bytes)
}

/// The same of a file of Creel's own: what is made of it is its owner's alone.
pub fn replace_own(path: &Path, before: Option<&[u8]>, bytes: &[u8]) -> Result<(), String> {
    replace_as(Whose::Owner, path, before, bytes)
}

fn replace_as(
    whose: Whose,
    path: &Path,
    before: Option<&[u8]>,
    bytes: &[u8],
) -> Result<(), String> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err("has no folder".to_owned());
    };
    let failed = |error: io::Error| format!("cannot be written: {}", why(&error));
    let made = Folder::made(folder, whose.mode(0o777, 0o700));
    let folder = made.map_err(|error| match error.kind() {
        io::ErrorKind::NotADirectory => {
            "cannot be written: what should be its folder is a file".to_owned()
        }
        _ => failed(error),
    })?;
    put(&folder, Path::new(name), whose, before, bytes)
}

/// From here on the file is a name in a folder that is held: what becomes of the folder's own name meanwhile changes nothing.
fn put(
    folder: &Folder,
    name: &Path,
    whose: Whose,
    before: Option<&[u8]>,
    bytes: &[u8],
) -> Result<(), String> {
    let failed = |error: io::Error| format!("cannot be written: {}", why(&error));

    // The content of one that is there is shown to nobody else meanwhile.
    let mode = match before {
        None => whose.mode(0o666, 0o600),
        Some(_) => Mode::from_raw_mode(0o600),
    };
    let draft = Draft::make(folder, mode).map_err(failed)?;
    draft.fill(name, before.is_some(), bytes).map_err(failed)?;
    // From the look at what is there to the rename no other session of any Creel may change it.
    let _turn = turn(folder);
    let now = match load_in(folder, name) {
        Ok(bytes) => Some(bytes),
        Err(Trouble::Missing) => None,
        Err(trouble) => return Err(trouble.about("it").replacen("it ", "", 1)),
    };
    if now.as_deref() != before {
        return Err(
            "is no longer as it was when this change was worked out; nothing was changed"
                .to_owned(),
        );
    }
    draft.put(name).map_err(failed)?;
    // The rename itself; a file system that cannot sync a folder has done what it can.
    let _ = folder.reopened().map(rustix::fs::fsync);
    Ok(())
}

/// Waits for others that are changing a file of this folder, as long as they may take. A lock that is held longer is somebody
/// else's, and means nothing here.
fn turn(folder: &Folder) -> Option<OwnedFd> {
    // A lock belongs to the opening of the folder, so each change opens it anew.
    let own = folder.reopened().ok()?;
    for _ in 0..TURNS {
        if rustix::fs::flock(&own, FlockOperation::NonBlockingLockExclusive).is_ok() {
            return Some(own);
        }
        std::thread::sleep(TURN);
    }
    None
}

/// A temporary file that is gone unless it was put in its place.
struct Draft<'a> {
    folder: &'a Folder,
    name: String,
    file: File,
}

impl<'a> Draft<'a> {
    fn make(folder: &'a Folder, mode: Mode) -> io::Result<Self> {
        // The standard library's random hasher keys are all the chance a name needs that is created exclusively.
        let name = format!(
            ".creel-{:016x}.tmp",
            RandomState::new().build_hasher().finish()
        );
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        let file = File::from(folder.open(Path::new(&name), flags, mode)?);
        Ok(Self { folder, name, file })
    }

    fn fill(&self, name: &Path, keep: bool, bytes: &[u8]) -> io::Result<()> {
        (&self.file).write_all(bytes)?;
        if keep && let Ok(about) = self.folder.about(name) {
            let mine = self.file.metadata()?;
            if (about.st_uid, about.st_gid) != (mine.uid(), mine.gid()) {
                // Only root may give a file away; for everyone else the new file is simply theirs.
                let (uid, gid) = (Some(about.st_uid), Some(about.st_gid));
                let _ = std::os::unix::fs::fchown(&self.file, uid, gid);
            }
            rustix::fs::fchmod(&self.file, Mode::from_raw_mode(about.st_mode))?;
        }
        self.file.sync_all()
    }

    fn put(&self, name: &Path) -> io::Result<()> {
        let (from, to) = (self.folder.as_fd(), self.folder.as_fd());
        Ok(rustix::fs::renameat(from, self.name.as_str(), to, name)?)
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        // Not there any more once it was put in its place.
        let _ = rustix::fs::unlinkat(self.folder, self.name.as_str(), AtFlags::empty());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        (folder, path)
    }

    fn names(path: &Path) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn only_regular_files_are_opened_and_nothing_blocks() {
        let (_folder, path) = folder();
        let made = std::process::Command::new("mkfifo")
            .arg(path.join("pipe"))
            .status()
            .unwrap();
        assert!(made.success());
        symlink("pipe", path.join("link")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(path.join("socket")).unwrap();
        let cases = [
            (
                path.join("pipe"),
                "x is a named pipe, not a regular file".to_owned(),
            ),
            (
                path.join("socket"),
                "x is a socket, not a regular file".to_owned(),
            ),
            (
                path.join("link"),
                "x is a symbolic link that changed meanwhile, not a regular file".to_owned(),
            ),
            (
                "/dev/null".into(),
                "x is a device, not a regular file".to_owned(),
            ),
            (path.clone(), "x is a folder: list it with glob".to_owned()),
            (path.join("none"), "there is no file x".to_owned()),
            (path.join("pipe/none"), "there is no file x".to_owned()),
        ];
        for (path, expected) in cases {
            assert_eq!(open(&path).unwrap_err().about("x"), expected);
        }
    }

    #[test]
    fn a_link_on_the_way_is_not_followed() {
        let (_folder, path) = folder();
        std::fs::create_dir(path.join("true")).unwrap();
        std::fs::write(path.join("true/file"), "x").unwrap();
        symlink("true", path.join("link")).unwrap();
        assert!(open(&path.join("true/file")).is_ok());
        assert!(open(&path.join("link/file")).is_err());
        assert!(replace(&path.join("link/new"), None, b"y").is_err());
        assert_eq!(names(&path.join("true")), ["file"]);
    }

    /// A link takes the folder's place after it was found: the file is written where it was found, with the mode it has there,
    /// and what lies behind the link is neither compared nor touched.
    #[test]
    fn what_is_written_lies_in_the_folder_that_was_found() {
        let (_folder, path) = folder();
        for folder in ["true", "outside"] {
            std::fs::create_dir(path.join(folder)).unwrap();
            std::fs::write(path.join(folder).join("file"), folder).unwrap();
        }
        let file = path.join("true/file");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        let found = Folder::at(&path.join("true")).unwrap();
        std::fs::rename(path.join("true"), path.join("moved")).unwrap();
        symlink("outside", path.join("true")).unwrap();
        let name = Path::new("file");
        put(&found, name, Whose::Usual, Some(b"true"), b"new").unwrap();
        let text = |file: &str| std::fs::read_to_string(path.join(file)).unwrap();
        assert_eq!(text("moved/file"), "new");
        assert_eq!(text("outside/file"), "outside");
        let mode = std::fs::metadata(path.join("moved/file")).unwrap();
        assert_eq!(mode.permissions().mode() & 0o7777, 0o640);
        // By its name it is not found any more.
        assert!(load(&file).is_err());
        assert!(replace(&file, Some(b"outside"), b"new").is_err());
        assert_eq!(text("outside/file"), "outside");
    }

    #[test]
    fn a_file_is_replaced_whole_with_its_mode() {
        let (_folder, path) = folder();
        let file = path.join("deep/down/run.sh");
        replace(&file, None, b"old").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o751)).unwrap();
        replace(&file, Some(b"old"), b"new").unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"new");
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o751);
        assert_eq!(names(&path.join("deep/down")), ["run.sh"]);
    }

    #[test]
    fn of_many_changes_at_once_each_is_made_or_refused() {
        let (_folder, path) = folder();
        let file = path.join("count");
        std::fs::write(&file, "0").unwrap();
        let made: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        let mut made = 0;
                        for _ in 0..20 {
                            let before = std::fs::read(&file).unwrap();
                            let number: u64 = String::from_utf8_lossy(&before).parse().unwrap();
                            let after = (number + 1).to_string();
                            made += usize::from(
                                replace(&file, Some(&before), after.as_bytes()).is_ok(),
                            );
                        }
                        made
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        });
        assert_eq!(std::fs::read_to_string(&file).unwrap(), made.to_string());
    }

    #[test]
    fn what_changed_meanwhile_is_left_alone() {
        let (_folder, path) = folder();
        let file = path.join("a");
        std::fs::write(&file, "theirs").unwrap();
        let cases: [Option<&[u8]>; 2] = [Some(b"ours"), None];
        for before in cases {
            assert_eq!(
                replace(&file, before, b"new"),
                Err(
                    "is no longer as it was when this change was worked out; nothing was changed"
                        .to_owned()
                )
            );
        }
        assert_eq!(std::fs::read(&file).unwrap(), b"theirs");
        assert_eq!(names(&path), ["a"]);
    }
}
