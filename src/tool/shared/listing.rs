//! Walking a folder as ripgrep does: ignore files honoured, links not followed, version control's own folders left out, always
//! in the same order.

use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};
use ignore::{Walk, WalkBuilder};

/// Folders that are another program's own.
const OWN_FOLDERS: &[&str] = &[".git", ".hg", ".svn", ".jj"];

/// Whether names that begin with a dot are met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hidden {
    Shown,
    Left,
}

/// Everything under `root`, folders before what is in them, sorted by name within each. `depth` is the deepest level met.
pub fn walk(root: &Path, hidden: Hidden, depth: Option<usize>) -> Walk {
    WalkBuilder::new(root)
        .hidden(hidden == Hidden::Left)
        .require_git(false)
        .max_depth(depth)
        .filter_entry(|entry| {
            entry.depth() == 0 || !OWN_FOLDERS.iter().any(|name| entry.file_name() == *name)
        })
        .sort_by_file_name(Ord::cmp)
        .build()
}

/// A glob over relative paths: `*` stays within one folder, `**` does not.
pub fn glob(pattern: &str) -> Result<GlobMatcher, String> {
    GlobBuilder::new(pattern)
        .literal_separator(true)
        .empty_alternates(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| format!("`{pattern}` is no glob: {}", error.kind()))
}

/// Which files of a folder are meant: `*.rs` by name, `src/**/*.rs` by path, `!*.md` all but those.
#[derive(Debug)]
pub struct FileGlob {
    matcher: GlobMatcher,
    of_name: bool,
    not: bool,
}

impl FileGlob {
    pub fn of(pattern: &str) -> Result<Self, String> {
        let (not, bare) = match pattern.strip_prefix('!') {
            Some(bare) => (true, bare),
            None => (false, pattern),
        };
        let bare = bare.trim_start_matches("./").trim_start_matches('/');
        Ok(Self {
            matcher: glob(bare)?,
            of_name: !bare.contains('/'),
            not,
        })
    }

    pub fn takes(&self, relative: &Path) -> bool {
        let matches = if self.of_name {
            relative
                .file_name()
                .is_some_and(|name| self.matcher.is_match(name))
        } else {
            self.matcher.is_match(relative)
        };
        matches != self.not
    }
}
