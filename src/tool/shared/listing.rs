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
