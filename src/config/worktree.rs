//! `[worktree]`: what a new git worktree gets beside what git brings.

use std::path::{Component, Path};

use crate::config::document::{Document, Section, cut};

pub const WORKTREE_KEYS: &[&str] = &["copy", "setup"];

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorktreeConfig {
    /// `copy`: patterns of files below the repository, such as `.env`, that are copied. Default none.
    pub copy: Vec<String>,
    /// `setup`: a command that makes it ready, a call in its session under that one's mode and rules. Default none.
    pub setup: Option<String>,
}

pub fn read(document: &mut Document<'_>, top: &Section<'_>) -> WorktreeConfig {
    let mut wishes = WorktreeConfig::default();
    let Some(section) = document.section(top, "worktree", WORKTREE_KEYS) else {
        return wishes;
    };
    for (text, span) in document.texts(&section, "copy").unwrap_or_default() {
        if is_inside(&text) {
            wishes.copy.push(text);
        } else {
            let text = format!(
                "`worktree.copy` is `{}`: expected files below the repository, such as .env or conf/*.toml",
                cut(&text)
            );
            document.fault(&span, &text);
        }
    }
    if let Some((setup, span)) = document.text(&section, "setup") {
        if setup.trim().is_empty() {
            document.fault(&span, "`worktree.setup` is empty: leave it out instead");
        } else {
            wishes.setup = Some(setup);
        }
    }
    wishes
}

/// No way out of the repository: no slash before, no `..`.
fn is_inside(pattern: &str) -> bool {
    let parts = Path::new(pattern).components();
    !pattern.is_empty()
        && !pattern.contains('\0')
        && parts
            .into_iter()
            .all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::config::load;

    fn read(text: &str) -> Result<WorktreeConfig, Vec<String>> {
        let read = load::parse(text, Path::new("/c/config.toml"), &|_| None);
        read.map(|loaded| loaded.config.worktree)
            .map_err(|faults| faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_is_copied_lies_in_the_repository() {
        let wishes =
            read("[worktree]\ncopy = [\".env\", \"conf/*.toml\"]\nsetup = \"npm ci\"").unwrap();
        let expected = WorktreeConfig {
            copy: vec![".env".to_owned(), "conf/*.toml".to_owned()],
            setup: Some("npm ci".to_owned()),
        };
        assert_eq!(wishes, expected);
        for bad in ["/etc/passwd", "../x", "a/../../b", ""] {
            let faults = read(&format!("[worktree]\ncopy = [\"{bad}\"]")).unwrap_err();
            assert!(
                faults[0].contains("expected files below the repository"),
                "{faults:?}"
            );
        }
        let faults = read("[worktree]\nsetup = \" \"\nset_up = 1").unwrap_err();
        assert_eq!(faults.len(), 2, "{faults:?}");
    }
}
