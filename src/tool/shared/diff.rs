//! A change to a file as a unified diff with three lines of context.

use std::fmt::Write as _;
use std::time::Duration;

use similar::{ChangeTag, TextDiff};

/// After this the difference may be coarser than it could be; it stays true.
const PATIENCE: Duration = Duration::from_millis(500);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// Hunks without a file header.
    pub text: String,
    /// Lines in all, also where the text is cut.
    pub added: u64,
    pub removed: u64,
}

/// Everything: for the person who decides on it, nothing is left out.
pub fn whole(old: &str, new: &str) -> Patch {
    unified(old, new, usize::MAX, usize::MAX)
}

/// For a card: at most 200 lines of at most 400 bytes.
pub fn brief(old: &str, new: &str) -> Patch {
    unified(old, new, 200, 400)
}

fn unified(old: &str, new: &str, lines_most: usize, width_most: usize) -> Patch {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(old, new);
    let mut patch = Patch {
        text: String::new(),
        added: 0,
        removed: 0,
    };
    let mut lines = 0;
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        if lines < lines_most {
            let _ = writeln!(patch.text, "{}", hunk.header());
        }
        lines += 1;
        for change in hunk.iter_changes() {
            let sign = match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => {
                    patch.removed += 1;
                    '-'
                }
                ChangeTag::Insert => {
                    patch.added += 1;
                    '+'
                }
            };
            if lines < lines_most {
                let line = change.value();
                let line = line.strip_suffix('\n').unwrap_or(line);
                patch.text.push(sign);
                if line.len() > width_most {
                    patch
                        .text
                        .push_str(&line[..line.floor_char_boundary(width_most)]);
                    patch.text.push('…');
                } else {
                    patch.text.push_str(line);
                }
                patch.text.push('\n');
                if change.missing_newline() {
                    patch.text.push_str("\\ No newline at end of file\n");
                }
            }
            lines += 1;
        }
    }
    if lines > lines_most {
        let _ = writeln!(patch.text, "… {} more lines", lines - lines_most);
    }
    patch
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_with_its_counts() {
        let old = "one\ntwo\nthree\nfour\nfive\nsix\n";
        let new = "one\ntwo\nthree\nfour\n5\nsix";
        let expected = "@@ -2,5 +2,5 @@\n two\n three\n four\n-five\n-six\n+5\n+six\n\\ No newline at end of file\n";
        assert_eq!(
            whole(old, new),
            Patch {
                text: expected.to_owned(),
                added: 2,
                removed: 2
            }
        );
        assert_eq!(brief(old, new), whole(old, new));
        assert_eq!(
            whole("", "a\n"),
            Patch {
                text: "@@ -0,0 +1 @@\n+a\n".to_owned(),
                added: 1,
                removed: 0
            }
        );
    }

    #[test]
    fn a_card_is_spared_and_the_counts_stay_true() {
        let new = format!("{}\n", "é".repeat(500)).repeat(1000);
        let patch = brief("", &new);
        assert_eq!((patch.added, patch.removed), (1000, 0));
        assert_eq!(patch.text.lines().count(), 201);
        assert!(patch.text.ends_with("… 801 more lines\n"));
        assert!(patch.text.lines().all(|line| line.len() <= 410));
        let patch = whole("", &new);
        assert_eq!(patch.text.lines().count(), 1001);
        assert!(patch.text.contains(&"é".repeat(500)));
    }
}
