//! What the ignore files of a folder and of those it lies in leave out of a walk, as ripgrep has it. The files are read below a
//! folder that is held, so none of them lies elsewhere.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rustix::fs::{Mode, OFlags};

use crate::disk::folder::{Folder, open_exactly};

/// Bytes of such a file; the largest that people write have a tenth of it.
const IGNORE_MOST: u64 = 1 << 20;
/// Bytes of a file in which git names a folder.
const GIT_FILE_MOST: u64 = 4096;

/// An ignore file that is none which could be read to its end, or that lies elsewhere. A repository may hold a link to a device
/// that never ends, which would be read until no memory is left, or to a pipe, which would be waited for for ever. Git follows
/// no such link at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endless;

/// The rules that hold in a folder: its own, and those of the folders it lies in.
#[derive(Debug)]
pub struct Rules {
    /// What `.ignore`, `.gitignore` and git's own list of the folder say: an earlier kind wins over a later one, wherever it stands.
    kinds: [Gitignore; 3],
    /// It is the top of a repository: git's own kinds of the folders above say nothing of what is in it.
    is_top: bool,
    above: Option<Arc<Self>>,
}

/// Where the files are read.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// Held: the files lie below it.
    pub top: &'a Folder,
    /// Its path.
    pub path: &'a Path,
    /// The folder the rules are of, as `top` has it.
    pub relative: &'a Path,
}

impl Rules {
    /// The rules of a folder, on top of those above it. With `names` only what is there is looked for.
    pub fn of(
        site: Site<'_>,
        names: Option<&[String]>,
        above: Option<Arc<Self>>,
    ) -> Result<Arc<Self>, Endless> {
        let has = |name: &str| names.is_none_or(|names| names.iter().any(|there| there == name));
        let folder = site.path.join(site.relative);
        let rules = |name: &str| {
            if !has(name) {
                return Ok(Gitignore::empty());
            }
            let text = site.text(Path::new(name), IGNORE_MOST)?;
            Ok(matcher(&folder, text.as_deref()))
        };
        let is_top = has(".git") && site.top.about(&site.relative.join(".git")).is_ok();
        let exclude = if is_top {
            let text = site.exclude()?;
            matcher(&folder, text.as_deref())
        } else {
            Gitignore::empty()
        };
        let kinds = [rules(".ignore")?, rules(".gitignore")?, exclude];
        if !is_top
            && kinds.iter().all(Gitignore::is_empty)
            && let Some(above) = above
        {
            return Ok(above);
        }
        Ok(Arc::new(Self {
            kinds,
            is_top,
            above,
        }))
    }

    /// Those of all folders that `path` lies in, itself left out.
    pub fn above(path: &Path) -> Result<Option<Arc<Self>>, Endless> {
        let mut rules = None;
        let mut folders: Vec<&Path> = path.ancestors().skip(1).collect();
        folders.reverse();
        for folder in folders {
            // What cannot be entered could not be read either.
            let Ok(top) = Folder::at(folder) else {
                continue;
            };
            let site = Site {
                top: &top,
                path: folder,
                relative: Path::new(""),
            };
            rules = Some(Self::of(site, None, rules)?);
        }
        Ok(rules)
    }

    /// What the rules say of an absolute path; `everywhere` are the person's own, which come last.
    pub fn say(this: Option<&Self>, path: &Path, is_folder: bool, everywhere: &Gitignore) -> Said {
        let mut said = [Said::Nothing; 3];
        // `.ignore` is nobody's but the walk's, and has no such bounds.
        let mut kinds = said.len();
        let mut next = this;
        while let Some(rules) = next {
            for (said, kind) in said.iter_mut().zip(&rules.kinds).take(kinds) {
                if *said == Said::Nothing {
                    *said = Said::of(kind, path, is_folder);
                }
            }
            if rules.is_top {
                kinds = 1;
            }
            next = rules.above.as_deref();
        }
        said.into_iter()
            .find(|said| *said != Said::Nothing)
            .unwrap_or_else(|| Said::of(everywhere, path, is_folder))
    }
}

/// What rules say of one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Nothing,
    LeftOut,
    /// Taken, be it hidden.
    Taken,
}

impl Said {
    fn of(rules: &Gitignore, path: &Path, is_folder: bool) -> Self {
        match rules.matched(path, is_folder) {
            Match::None => Self::Nothing,
            Match::Ignore(_) => Self::LeftOut,
            Match::Whitelist(_) => Self::Taken,
        }
    }
}

/// A line that is no pattern is passed over, as git does.
fn matcher(folder: &Path, text: Option<&[u8]>) -> Gitignore {
    let Some(text) = text else {
        return Gitignore::empty();
    };
    let mut builder = GitignoreBuilder::new(folder);
    // What is no UTF-8 ends the file, as for ripgrep.
    let valid = match std::str::from_utf8(text) {
        Ok(text) => text,
        Err(error) => {
            let whole = text.get(..error.valid_up_to()).unwrap_or_default();
            let text = std::str::from_utf8(whole).unwrap_or_default();
            text.rsplit_once('\n').map_or("", |(whole, _)| whole)
        }
    };
    for line in valid.trim_start_matches('\u{feff}').lines() {
        let _ = builder.add_line(None, line);
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

impl Site<'_> {
    /// The text of a file of the folder; `None` where there is none that could be opened.
    fn text(&self, name: &Path, most: u64) -> Result<Option<Vec<u8>>, Endless> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let relative = self.relative.join(name);
        let opened = match self.top.open(&relative, flags, Mode::empty()) {
            Ok(opened) => opened,
            Err(_) => match self.led(&relative)? {
                // A link that changed since it was looked at leads who knows where.
                Some(led) => {
                    let opened = self.top.open(&led, flags, Mode::empty());
                    opened.map_err(|_| Endless)?
                }
                None => return Ok(None),
            },
        };
        read(File::from(opened), most, self.device()).map(Some)
    }

    /// Where a link leads, as `top` has it; `None` where it leads nowhere.
    fn led(&self, relative: &Path) -> Result<Option<PathBuf>, Endless> {
        let Ok(real) = self.path.join(relative).canonicalize() else {
            return Ok(None);
        };
        let top = self.path.canonicalize().map_err(|_| Endless)?;
        match real.strip_prefix(top) {
            // It is no link, and could not be opened all the same.
            Ok(led) if led == relative => Ok(None),
            Ok(led) => Ok(Some(led.to_owned())),
            Err(_) => Err(Endless),
        }
    }

    /// The list of a repository's own, which lies with the main one where this is a worktree, and elsewhere too where `.git` or
    /// what is in it is a link.
    fn exclude(&self) -> Result<Option<Vec<u8>>, Endless> {
        let folder = self.path.join(self.relative);
        let git = folder.join(".git");
        // A worktree's repository lies outside of it, and what stands there only leaves names out.
        if !git.is_file() {
            return self.elsewhere(&git.join("info/exclude"), IGNORE_MOST);
        }
        let first_line = |text: Option<Vec<u8>>| {
            let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
            text.lines().next().map(str::to_owned)
        };
        let named = first_line(self.elsewhere(&git, GIT_FILE_MOST)?).unwrap_or_default();
        let Some(named) = named.strip_prefix("gitdir: ") else {
            return Ok(None);
        };
        let folder = folder.join(named);
        let Some(common) = first_line(self.elsewhere(&folder.join("commondir"), GIT_FILE_MOST)?)
        else {
            return Ok(None);
        };
        self.elsewhere(&folder.join(common).join("info/exclude"), IGNORE_MOST)
    }

    /// The text of a file outside the folder.
    fn elsewhere(&self, path: &Path, most: u64) -> Result<Option<Vec<u8>>, Endless> {
        let Ok(real) = path.canonicalize() else {
            return Ok(None);
        };
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        match open_exactly(&real, flags, Mode::empty()) {
            Ok(opened) => read(File::from(opened), most, self.device()).map(Some),
            Err(_) => Ok(None),
        }
    }

    /// Of another file system are those files that the kernel makes up, whose size says nothing.
    fn device(&self) -> Option<u64> {
        let own = self.top.reopened().ok()?;
        Some(File::from(own).metadata().ok()?.dev())
    }
}

fn read(file: File, most: u64, device: Option<u64>) -> Result<Vec<u8>, Endless> {
    let about = file.metadata().map_err(|_| Endless)?;
    let ends =
        about.is_file() && about.len() <= most && device.is_none_or(|device| device == about.dev());
    if !ends {
        return Err(Endless);
    }
    let mut text = Vec::new();
    // It may grow while it is read.
    let _ = file.take(most).read_to_end(&mut text);
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;
    use std::os::unix::fs::symlink;

    use ignore::WalkBuilder;

    use super::*;
    use crate::tool::shared::listing::{Entry, Hidden, walk};

    /// A folder with these files.
    fn laid(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
        let outer = tempfile::tempdir().unwrap();
        let up = outer.path().canonicalize().unwrap();
        for (file, text) in files {
            fs::create_dir_all(up.join(file).parent().unwrap()).unwrap();
            fs::write(up.join(file), text).unwrap();
        }
        (outer, up)
    }

    fn met(root: &Path) -> Vec<String> {
        let entries = walk(root, Hidden::Left, None).flatten();
        let files = entries.filter(Entry::is_file);
        files
            .map(|entry| entry.relative().display().to_string())
            .collect()
    }

    /// What ripgrep meets within repositories.
    fn theirs(root: &Path) -> Vec<String> {
        let entries = WalkBuilder::new(root)
            .sort_by_file_name(Ord::cmp)
            .build()
            .flatten();
        let files = entries.map(ignore::DirEntry::into_path);
        files
            .filter(|path| path.is_file())
            .map(|path| path.strip_prefix(root).unwrap().display().to_string())
            .collect()
    }

    /// Git asks no folder above the one with `.git` what it ignores.
    #[test]
    fn what_a_repository_leaves_out_is_its_own_to_say() {
        for (what, git) in [
            ("a repository", "home/app/.git/HEAD"),
            ("a worktree", "home/app/.git"),
        ] {
            let (_outer, up) = laid(&[
                ("home/.git/info/exclude", "excluded\n"),
                ("home/.gitignore", "app/*\nsub/*\n*.log\n"),
                ("home/.ignore", "never\n"),
                ("home/app/a", ""),
                ("home/app/a.log", ""),
                ("home/app/excluded", ""),
                ("home/app/never", ""),
                ("home/app/deep/b", ""),
                ("home/sub/c", ""),
                (git, ""),
            ]);
            let cases: [(&str, &[&str]); 4] = [
                ("home/app", &["a", "a.log", "deep/b", "excluded"]),
                ("home/app/deep", &["b"]),
                (
                    "home",
                    &["app/a", "app/a.log", "app/deep/b", "app/excluded"],
                ),
                ("home/sub", &[]),
            ];
            for (root, expected) in cases {
                assert_eq!(met(&up.join(root)), expected, "{what}: {root}");
                assert_eq!(theirs(&up.join(root)), expected, "{what}: {root}, ripgrep");
            }
        }
    }

    /// As some programs that keep many repositories, or many trees of one, lay them.
    #[test]
    fn a_list_behind_a_linked_git_is_read() {
        for (link, target) in [
            ("app/.git", "../kept"),
            ("app/.git/info", "../../kept/info"),
            ("app/.git/info/exclude", "../../../kept/info/exclude"),
        ] {
            let (_outer, up) = laid(&[
                ("kept/info/exclude", "built\n"),
                ("app/a", ""),
                ("app/built", ""),
                ("app/deep/built", ""),
                ("app/deep/c", ""),
            ]);
            let link = up.join(link);
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            symlink(target, &link).unwrap();
            assert_eq!(met(&up.join("app")), ["a", "deep/c"], "{}", link.display());
        }
    }

    #[test]
    fn the_list_of_a_worktree_is_found_by_a_relative_path() {
        let (_outer, up) = laid(&[
            ("main/.git/info/exclude", "built\n"),
            ("main/.git/worktrees/w/commondir", "../..\n"),
            ("w/.git", "gitdir: ../main/.git/worktrees/w\n"),
            ("w/a", ""),
            ("w/built", ""),
        ]);
        assert_eq!(met(&up.join("w")), ["a"]);
    }
}
