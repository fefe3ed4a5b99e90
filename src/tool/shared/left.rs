//! What a command left behind that whoever reads its result should know of. It is no part of its output and of what that may
//! take: it comes behind it.

use std::path::{Path, PathBuf};

use crate::agent::background::leaves;
use crate::agent::visible;
use crate::sandbox::guard::Differs;

/// For a model that began a server.
const GONE: &str = "\n(sandbox: what it left in the background ended with it)";
/// Characters of a place that are shown.
const LONGEST: usize = 60;

/// What is said of a command within namespaces, which end with it.
pub(crate) fn gone(command: &str) -> &'static str {
    if leaves(command) { GONE } else { "" }
}

/// What is said of guarded places that are not as they were before it.
pub(crate) fn changed(differs: &Differs, cwd: &Path) -> String {
    let named = |place: &PathBuf| {
        let named = place.strip_prefix(cwd).unwrap_or(place);
        visible::brief(&visible::one_line(&named.to_string_lossy()), LONGEST)
    };
    let said = |words: &str, places: &[PathBuf]| {
        let named: Vec<String> = places.iter().map(named).collect();
        if named.is_empty() {
            return String::new();
        }
        format!("\n(sandbox: {words}: {})", named.join(", "))
    };
    let changed = said(
        "changed while it ran, and may decide what runs later outside of it",
        &differs.changed,
    );
    let unseen = said(
        "too many files to watch, so it may have changed what decides what runs later outside of it",
        &differs.unseen,
    );
    format!("{changed}{unseen}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guarded_places_are_named_from_the_folder() {
        let cwd = Path::new("/w");
        assert_eq!(changed(&Differs::default(), cwd), "");
        let mut differs = Differs {
            changed: ["/w/.git/hooks", "/else/a\u{1b}[2J/config"]
                .map(PathBuf::from)
                .into(),
            unseen: Vec::new(),
        };
        let said = "\n(sandbox: changed while it ran, and may decide what runs later outside of it: .git/hooks, /else/a/config)";
        assert_eq!(changed(&differs, cwd), said);
        differs.unseen.push("/w/.claude".into());
        let unseen = "\n(sandbox: too many files to watch, so it may have changed what decides what runs later outside of it: .claude)";
        assert_eq!(changed(&differs, cwd), format!("{said}{unseen}"));
    }
}
