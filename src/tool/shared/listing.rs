//! Walking a folder as ripgrep does: ignore files honoured, links not followed, version control's own folders left out, always
//! in the same order. The folder is held: whatever becomes of names below it meanwhile, nothing outside of it is met or opened.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::vec;

use ignore::gitignore::Gitignore;
use rustix::fs::{FileType, Stat};

use crate::disk::folder::Folder;
use crate::tool::shared::files::{self, Trouble};
use crate::tool::shared::ignores::{Rules, Said, Site};

/// Folders that are another program's own.
const OWN_FOLDERS: &[&str] = &[".git", ".hg", ".svn", ".jj"];

/// Whether names that begin with a dot are met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hidden {
    Shown,
    Left,
}

/// What a walk met.
#[derive(Debug)]
pub struct Entry {
    ground: Arc<Ground>,
    relative: PathBuf,
    kind: FileType,
    depth: usize,
}

/// What a walk goes over.
#[derive(Debug)]
struct Ground {
    top: Folder,
    path: PathBuf,
}

impl Entry {
    /// Its path below the folder that is walked; empty for that folder.
    pub fn relative(&self) -> &Path {
        &self.relative
    }

    pub fn path(&self) -> PathBuf {
        if self.relative.as_os_str().is_empty() {
            return self.ground.path.clone();
        }
        self.ground.path.join(&self.relative)
    }

    /// 0 for the folder that is walked, 1 for what lies in it.
    pub fn depth(&self) -> usize {
        self.depth
    }

    pub fn is_folder(&self) -> bool {
        self.kind == FileType::Directory
    }

    pub fn is_file(&self) -> bool {
        self.kind == FileType::RegularFile
    }

    /// What it is now, a link being one.
    pub fn about(&self) -> io::Result<Stat> {
        self.ground.top.about(&self.relative)
    }

    /// Opens it, if it is a regular file still.
    pub fn open(&self) -> Result<File, Trouble> {
        files::open_met(&self.ground.top, &self.relative).map(|(file, _)| file)
    }

    /// The names in it, if it is a folder still.
    pub fn names(&self) -> io::Result<Vec<OsString>> {
        let folder = self.ground.top.below(&self.relative)?;
        let names = folder.names()?;
        Ok(names.into_iter().map(|(name, _)| name).collect())
    }
}

/// A walk under way.
#[derive(Debug)]
pub struct Walk {
    ground: Option<Arc<Ground>>,
    hidden: Hidden,
    depth: usize,
    /// Whether ignore files are honoured.
    sound: bool,
    /// The person's own rules for all folders.
    everywhere: Gitignore,
    /// Folders on the way to where the walk is.
    open: Vec<Level>,
    /// What comes before anything else.
    first: Option<io::Result<Entry>>,
}

#[derive(Debug)]
struct Level {
    relative: PathBuf,
    names: vec::IntoIter<(OsString, FileType)>,
    rules: Option<Arc<Rules>>,
}

/// Everything under `root`, folders before what is in them, sorted by name within each. `depth` is the deepest level met. No
/// part of `root` may be a link.
///
/// A folder below it whose ignore file is none that could be read to its end is passed over whole; where the root or a folder
/// above it has such a file, no ignore file is honoured.
pub fn walk(root: &Path, hidden: Hidden, depth: Option<usize>) -> Walk {
    let mut walk = Walk {
        ground: None,
        hidden,
        depth: depth.unwrap_or(usize::MAX),
        sound: true,
        everywhere: Gitignore::global().0,
        open: Vec::new(),
        first: None,
    };
    match Folder::at(root) {
        Ok(top) => walk.begin(top, root),
        Err(error) => walk.first = Some(Err(error)),
    }
    walk
}

impl Walk {
    fn begin(&mut self, top: Folder, path: &Path) {
        let ground = Arc::new(Ground {
            top,
            path: path.to_owned(),
        });
        self.ground = Some(Arc::clone(&ground));
        let rules = Rules::above(path).and_then(|above| {
            let site = Site {
                top: &ground.top,
                path,
                relative: Path::new(""),
            };
            Rules::of(site, None, above)
        });
        self.sound = rules.is_ok();
        self.first = Some(Ok(Entry {
            ground: Arc::clone(&ground),
            relative: PathBuf::new(),
            kind: FileType::Directory,
            depth: 0,
        }));
        // What cannot be listed has nothing below it, as the folder itself was met all the same.
        if self.depth > 0
            && let Ok(names) = ground.top.names()
        {
            self.open.push(Level {
                relative: PathBuf::new(),
                names: names.into_iter(),
                rules: rules.ok(),
            });
        }
    }

    /// The names in a folder with the rules that hold there; `None`: it is passed over.
    fn enter(&self, relative: &Path, above: Option<&Arc<Rules>>) -> Option<io::Result<Level>> {
        let ground = self.ground.as_ref()?;
        let listed = ground.top.below(relative).and_then(|folder| folder.names());
        let names = match listed {
            Ok(names) => names,
            Err(error) => return Some(Err(error)),
        };
        let mut rules = None;
        if self.sound {
            let dotted = names.iter().filter_map(|(name, _)| name.to_str());
            let dotted: Vec<String> = dotted
                .filter(|name| name.starts_with('.'))
                .map(str::to_owned)
                .collect();
            let site = Site {
                top: &ground.top,
                path: &ground.path,
                relative,
            };
            rules = Some(Rules::of(site, Some(&dotted), above.cloned()).ok()?);
        }
        Some(Ok(Level {
            relative: relative.to_owned(),
            names: names.into_iter(),
            rules,
        }))
    }

    fn takes(&self, level: &Level, path: &Path, name: &OsString, is_folder: bool) -> bool {
        if OWN_FOLDERS.iter().any(|own| name == *own) {
            return false;
        }
        let said = Rules::say(level.rules.as_deref(), path, is_folder, &self.everywhere);
        let is_hidden = name.as_encoded_bytes().first() == Some(&b'.');
        match said {
            Said::LeftOut => false,
            Said::Taken => true,
            Said::Nothing => self.hidden == Hidden::Shown || !is_hidden,
        }
    }
}

impl Iterator for Walk {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        loop {
            let depth = self.open.len();
            let level = self.open.last_mut()?;
            let Some((name, kind)) = level.names.next() else {
                self.open.pop();
                continue;
            };
            let relative = level.relative.join(&name);
            let ground = self.ground.as_ref()?;
            let path = ground.path.join(&relative);
            let is_folder = kind == FileType::Directory;
            let level = self.open.last()?;
            if !self.takes(level, &path, &name, is_folder) {
                continue;
            }
            let entry = Entry {
                ground: Arc::clone(ground),
                relative,
                kind,
                depth,
            };
            if !is_folder || depth >= self.depth {
                return Some(Ok(entry));
            }
            match self.enter(&entry.relative, level.rules.as_ref()) {
                None => continue,
                Some(Ok(level)) => self.open.push(level),
                Some(Err(error)) => self.first = Some(Err(error)),
            }
            return Some(Ok(entry));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::fs::{self, OpenOptions};
    use std::io::Read;
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use ignore::WalkBuilder;

    use super::*;

    fn met(root: &Path) -> Vec<String> {
        walk(root, Hidden::Left, None)
            .flatten()
            .filter(Entry::is_file)
            .map(|entry| entry.relative().display().to_string())
            .collect()
    }

    /// Puts something in the place of an ignore file.
    type Odd = fn(&Path);

    /// An ignore file that never ends, or that nobody writes to, holds no walk up: it would be read until no memory is left.
    #[test]
    fn an_ignore_file_without_an_end_is_not_read() {
        let odd: [(&str, Odd); 5] = [
            ("a device", |path| symlink("/dev/zero", path).unwrap()),
            ("a pipe", |path| {
                assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
            }),
            ("a log of the kernel", |path| {
                symlink("/proc/kmsg", path).unwrap();
            }),
            ("a file of a terabyte", |path| {
                let file = OpenOptions::new().create_new(true).write(true).open(path);
                file.unwrap().set_len(1 << 40).unwrap();
            }),
            ("a folder", |path| fs::create_dir(path).unwrap()),
        ];
        let places = [
            // (the file, what is met of `a`, `ignored`, `deep/b`)
            (".gitignore", &["a", "deep/b", "ignored"][..]),
            (".ignore", &["a", "deep/b", "ignored"]),
            (".git/info/exclude", &["a", "deep/b", "ignored"]),
            ("deep/.gitignore", &["a"]),
            ("deep/.ignore", &["a"]),
            ("deep/.git/info/exclude", &["a"]),
            ("elsewhere/commondir", &["a", "deep/b", "ignored"]),
            ("../.gitignore", &["a", "deep/b", "ignored"]),
        ];
        for (what, make) in odd {
            for (place, expected) in places {
                let outer = tempfile::tempdir().unwrap();
                let root = outer.path().join("root");
                fs::create_dir_all(root.join("deep")).unwrap();
                for file in ["a", "deep/b", "ignored"] {
                    fs::write(root.join(file), "").unwrap();
                }
                if place == "elsewhere/commondir" {
                    let named = format!("gitdir: {}\n", outer.path().join("elsewhere").display());
                    fs::write(root.join(".git"), named).unwrap();
                }
                let file = match place {
                    "elsewhere/commondir" => outer.path().join(place),
                    _ => root.join(place),
                };
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                if place != ".gitignore" {
                    fs::write(root.join(".gitignore"), "ignored\n").unwrap();
                }
                make(&file);
                assert_eq!(met(&root), expected, "{what} as {place}");
            }
        }
    }

    #[test]
    fn an_ignore_file_that_leads_out_is_not_read() {
        for (link, target, expected) in [
            (".gitignore", "../rules", &["a", "deep/b", "ignored"][..]),
            ("deep/.ignore", "../../rules", &["a", "ignored"]),
        ] {
            let outer = tempfile::tempdir().unwrap();
            let root = outer.path().join("root");
            fs::create_dir_all(root.join("deep")).unwrap();
            fs::write(outer.path().join("rules"), "ignored\n").unwrap();
            for file in ["a", "deep/b", "ignored"] {
                fs::write(root.join(file), "").unwrap();
            }
            symlink(target, root.join(link)).unwrap();
            assert_eq!(met(&root), expected, "{link}");
        }
    }

    /// What people have: links to ignore files elsewhere in the tree, and worktrees.
    #[test]
    fn usual_ignore_files_are_honoured() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("root");
        let common = outer.path().join("main/.git");
        for (file, text) in [
            (root.join("a"), ""),
            (root.join("built"), ""),
            (root.join("mine"), ""),
            (root.join("deep/built"), ""),
            (root.join("deep/c"), ""),
            (root.join("rules"), "built\n"),
            (common.join("info/exclude"), "mine\n"),
            (common.join("worktrees/w/commondir"), "../..\n"),
        ] {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let named = format!("gitdir: {}\n", common.join("worktrees/w").display());
        fs::write(root.join(".git"), named).unwrap();
        symlink("rules", root.join(".gitignore")).unwrap();
        assert_eq!(met(&root), ["a", "deep/c", "rules"]);
    }

    /// A folder becomes a link to the outside after its name was listed and before it is entered, and another before what was
    /// listed in it is opened.
    #[test]
    fn a_folder_that_becomes_a_link_meanwhile_leads_nowhere() {
        let outer = tempfile::tempdir().unwrap();
        let up = outer.path().canonicalize().unwrap();
        let root = up.join("root");
        for file in ["root/a/x", "root/b/x", "root/c/x", "out/x", "out/secret"] {
            fs::create_dir_all(up.join(file).parent().unwrap()).unwrap();
            fs::write(up.join(file), file).unwrap();
        }
        let swap = |name: &str| {
            fs::rename(root.join(name), up.join(format!("{name}-moved"))).unwrap();
            symlink(up.join("out"), root.join(name)).unwrap();
        };
        let (mut names, mut texts) = (Vec::new(), Vec::new());
        for entry in walk(&root, Hidden::Left, None).flatten() {
            let name = entry.relative().display().to_string();
            match name.as_str() {
                "a" => swap("b"),
                "c/x" => swap("c"),
                _ => {}
            }
            if entry.is_file() {
                let mut text = String::new();
                if let Ok(mut file) = entry.open() {
                    file.read_to_string(&mut text).unwrap();
                }
                texts.push(text);
            }
            names.push(name);
        }
        assert_eq!(names, ["", "a", "a/x", "b", "c", "c/x"]);
        assert_eq!(texts, ["root/a/x", ""]);
        // Else nothing is tried: a walk that goes by names alone is led out.
        fs::create_dir(root.join("d")).unwrap();
        let mut led = Vec::new();
        for entry in WalkBuilder::new(&root).sort_by_file_name(Ord::cmp).build() {
            let path = entry.unwrap().into_path();
            if path.ends_with("c") {
                swap("d");
            }
            led.push(path);
        }
        assert!(led.contains(&root.join("d/secret")), "{led:?}");
    }

    /// Of this very source nothing else is met than ripgrep's own walk meets.
    #[test]
    fn the_same_is_met_as_ripgrep_meets() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .canonicalize()
            .unwrap();
        let theirs: Vec<PathBuf> = WalkBuilder::new(&root)
            .require_git(false)
            .sort_by_file_name(Ord::cmp)
            .build()
            .flatten()
            .map(ignore::DirEntry::into_path)
            .collect();
        let ours = walk(&root, Hidden::Left, None).flatten();
        let ours: Vec<PathBuf> = ours.map(|entry| entry.path()).collect();
        assert!(ours.len() > 100);
        assert_eq!(ours, theirs);
    }

    /// As ripgrep has it: the nearest file says it, `.ignore` over `.gitignore`, and what is taken by name is met though hidden.
    #[test]
    fn nearer_rules_win_and_kinds_have_their_order() {
        let outer = tempfile::tempdir().unwrap();
        let up = outer.path().canonicalize().unwrap();
        let root = up.join("root");
        for (file, text) in [
            (".gitignore", "from-above\n"),
            ("root/.gitignore", "*.log\n/only-here\nfolder/\n!.shown\n"),
            ("root/.ignore", "!kept.log\n"),
            ("root/deep/.gitignore", "!near.log\n"),
            ("root/from-above", ""),
            ("root/kept.log", ""),
            ("root/a.log", ""),
            ("root/.shown", ""),
            ("root/.hidden", ""),
            ("root/only-here", ""),
            ("root/deep/only-here", ""),
            ("root/deep/near.log", ""),
            ("root/deep/far.log", ""),
            ("root/deep/folder/x", ""),
            ("root/folder-not", ""),
            ("root/.hg/x", ""),
        ] {
            fs::create_dir_all(up.join(file).parent().unwrap()).unwrap();
            fs::write(up.join(file), text).unwrap();
        }
        let expected = [
            ".shown",
            "deep/near.log",
            "deep/only-here",
            "folder-not",
            "kept.log",
        ];
        assert_eq!(met(&root), expected);
    }
}
