//! Patterns of names, as `glob` and `grep` take them.

use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

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
