//! What a command left behind that whoever reads its result should know of. It is no part of its output and of what that may
//! take: it comes behind it.

use std::path::{Path, PathBuf};

use crate::agent::visible;

/// For a model that began a server.
const GONE: &str = "\n(sandbox: what it left in the background ended with it)";
/// Characters of a place that are shown.
const LONGEST: usize = 60;

/// What is said of a command within namespaces, which end with it.
pub(crate) fn gone(command: &str) -> &'static str {
    if leaves(command) { GONE } else { "" }
}

/// What is said of guarded places that are not as they were before it.
pub(crate) fn changed(places: &[PathBuf], cwd: &Path) -> String {
    let named = |place: &PathBuf| {
        let named = place.strip_prefix(cwd).unwrap_or(place);
        visible::brief(&visible::one_line(&named.to_string_lossy()), LONGEST)
    };
    let named: Vec<String> = places.iter().map(named).collect();
    if named.is_empty() {
        return String::new();
    }
    format!(
        "\n(sandbox: changed while it ran, and may decide what runs later outside of it: {})",
        named.join(", ")
    )
}

/// Whether a line may leave something in the background: an `&` that is no `&&` and moves no output.
fn leaves(command: &str) -> bool {
    let bytes = command.as_bytes();
    let at = |index: Option<usize>| index.and_then(|index| bytes.get(index)).copied();
    bytes.iter().enumerate().any(|(index, &byte)| {
        byte == b'&'
            && !matches!(at(index.checked_sub(1)), Some(b'&' | b'>' | b'<' | b'\\'))
            && !matches!(at(Some(index + 1)), Some(b'&' | b'>'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_left_in_the_background_is_seen() {
        for (line, expected) in [
            ("server >log 2>&1 &", true),
            ("server & sleep 1; curl x", true),
            ("(server &)", true),
            ("make && make test", false),
            ("make >log 2>&1", false),
            ("make &>log", false),
            ("cat <&3; echo a\\&b", false),
            ("", false),
        ] {
            assert_eq!(leaves(line), expected, "{line}");
        }
    }

    #[test]
    fn guarded_places_are_named_from_the_folder() {
        let cwd = Path::new("/w");
        assert_eq!(changed(&[], cwd), "");
        let places = ["/w/.git/hooks", "/else/a\u{1b}[2J/config"].map(PathBuf::from);
        assert_eq!(
            changed(&places, cwd),
            "\n(sandbox: changed while it ran, and may decide what runs later outside of it: .git/hooks, /else/a/config)"
        );
    }
}
