//! What the ignore files of a folder and of those it lies in leave out of a walk, as ripgrep has it. The files are read below a
//! folder that is held, so none of them lies elsewhere.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rustix::fs::{FileType, Mode, OFlags};

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
        let exclude = if has(".git") {
            let text = site.exclude()?;
            matcher(&folder, text.as_deref())
        } else {
            Gitignore::empty()
        };
        let kinds = [rules(".ignore")?, rules(".gitignore")?, exclude];
        if kinds.iter().all(Gitignore::is_empty)
            && let Some(above) = above
        {
            return Ok(above);
        }
        Ok(Arc::new(Self { kinds, above }))
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
        let mut next = this;
        while let Some(rules) = next {
            for (said, kind) in said.iter_mut().zip(&rules.kinds) {
                if *said == Said::Nothing {
                    *said = Said::of(kind, path, is_folder);
                }
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

    /// The list of a repository's own, which lies with the main one where this is a worktree.
    fn exclude(&self) -> Result<Option<Vec<u8>>, Endless> {
        let about = self.top.about(&self.relative.join(".git"));
        let is_file = about
            .is_ok_and(|about| FileType::from_raw_mode(about.st_mode) == FileType::RegularFile);
        if !is_file {
            return self.text(Path::new(".git/info/exclude"), IGNORE_MOST);
        }
        let first_line = |text: Option<Vec<u8>>| {
            let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
            text.lines().next().map(str::to_owned)
        };
        let named = first_line(self.text(Path::new(".git"), GIT_FILE_MOST)?).unwrap_or_default();
        let Some(folder) = named.strip_prefix("gitdir: ").map(Path::new) else {
            return Ok(None);
        };
        // A worktree's repository lies outside of it, and what stands there only leaves names out.
        let Some(common) = first_line(self.elsewhere(&folder.join("commondir"), GIT_FILE_MOST)?)
        else {
            return Ok(None);
        };
        let common = if common.starts_with('.') {
            folder.join(common)
        } else {
            PathBuf::from(common)
        };
        self.elsewhere(&common.join("info/exclude"), IGNORE_MOST)
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
