//! A change to a file as a unified diff with three lines of context.

use std::fmt::Write as _;

use similar::udiff::UnifiedHunkHeader;
use similar::{DiffOp, group_diff_ops};

use crate::tool::shared::difference::difference;

/// Lines around a change.
const CONTEXT: usize = 3;

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

/// The old text with these of the runs of changed lines alone, in their order; none where there are not so many.
pub fn partly(old: &str, new: &str, kept: &[bool]) -> Option<String> {
    let (old, new) = (lines(old), lines(new));
    let mut text = String::new();
    let (mut runs, mut open) = (kept.iter(), None);
    for op in difference(&old, &new) {
        let takes = match op {
            DiffOp::Equal { .. } => {
                open = None;
                false
            }
            _ => *open.get_or_insert(*runs.next()?),
        };
        let lines = if takes {
            &new[op.new_range()]
        } else {
            &old[op.old_range()]
        };
        text.extend(lines.iter().copied());
    }
    runs.next().is_none().then_some(text)
}

fn unified(old: &str, new: &str, lines_most: usize, width_most: usize) -> Patch {
    let (old, new) = (lines(old), lines(new));
    let mut writing = Writing {
        patch: Patch {
            text: String::new(),
            added: 0,
            removed: 0,
        },
        lines: 0,
        lines_most,
        width_most,
    };
    for hunk in group_diff_ops(difference(&old, &new), CONTEXT) {
        writing.heading(&UnifiedHunkHeader::new(&hunk).to_string());
        for op in hunk {
            let kept = matches!(op, DiffOp::Equal { .. });
            for line in &old[op.old_range()] {
                writing.line(if kept { ' ' } else { '-' }, line);
            }
            for line in new[op.new_range()].iter().filter(|_| !kept) {
                writing.line('+', line);
            }
        }
    }
    writing.ended()
}

/// With their ends, so that a last line without one differs from the same with it.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// A patch while it is written: what is beyond its lines is counted alone.
struct Writing {
    patch: Patch,
    lines: usize,
    lines_most: usize,
    width_most: usize,
}

impl Writing {
    fn heading(&mut self, heading: &str) {
        if self.lines < self.lines_most {
            let _ = writeln!(self.patch.text, "{heading}");
        }
        self.lines += 1;
    }

    fn line(&mut self, sign: char, line: &str) {
        match sign {
            '-' => self.patch.removed += 1,
            '+' => self.patch.added += 1,
            _ => {}
        }
        if self.lines < self.lines_most {
            let text = &mut self.patch.text;
            let shown = line.strip_suffix('\n').unwrap_or(line);
            text.push(sign);
            if shown.len() > self.width_most {
                text.push_str(&shown[..shown.floor_char_boundary(self.width_most)]);
                text.push('…');
            } else {
                text.push_str(shown);
            }
            text.push('\n');
            if !line.ends_with('\n') {
                text.push_str("\\ No newline at end of file\n");
            }
        }
        self.lines += 1;
    }

    fn ended(mut self) -> Patch {
        if self.lines > self.lines_most {
            let more = self.lines - self.lines_most;
            let _ = writeln!(self.patch.text, "… {more} more lines");
        }
        self.patch
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::agent::hunks::{hunks, only};

    /// What a patch makes of a text, by its own numbers; `None`: it does not fit.
    fn applied(old: &str, patch: &str) -> Option<String> {
        let old = lines(old);
        let (mut at, mut new, mut goes) = (0, Vec::new(), false);
        for line in patch.split_terminator('\n') {
            let (sign, said) = line.split_at(1);
            let whole = format!("{said}\n");
            match sign {
                "@" => {
                    let mut starts = line.split(' ').skip(1).map(|word| {
                        let (start, count) = word[1..].split_once(',').unwrap_or((&word[1..], "1"));
                        let start: usize = start.parse().ok()?;
                        // Of nothing the line before is named.
                        Some(start - usize::from(count != "0"))
                    });
                    let (from, to) = (starts.next()??, starts.next()??);
                    new.extend(old.get(at..from)?.iter().map(ToString::to_string));
                    at = from;
                    if new.len() != to {
                        return None;
                    }
                }
                "\\" if goes => {}
                "\\" => {
                    let last = new.last_mut()?;
                    *last = last.strip_suffix('\n')?.to_owned();
                }
                "+" => new.push(whole),
                sign => {
                    let here = *old.get(at)?;
                    if here.trim_end_matches('\n') != said {
                        return None;
                    }
                    at += 1;
                    if sign == " " {
                        new.push(whole);
                    }
                }
            }
            goes = sign == "-";
        }
        new.extend(old.get(at..)?.iter().map(ToString::to_string));
        Some(new.concat())
    }

    fn a_text() -> impl Strategy<Value = String> {
        let line = prop_oneof![
            Just("a"),
            Just("b"),
            Just("c"),
            Just(""),
            Just("-d"),
            Just("+d")
        ];
        (proptest::collection::vec(line, 0..24), any::<bool>()).prop_map(|(lines, ended)| {
            let end = if ended && !lines.is_empty() { "\n" } else { "" };
            lines.join("\n") + end
        })
    }

    proptest! {
        /// Whichever hunks are taken: what the person was shown is what the tool makes.
        #[test]
        fn any_hunks_of_a_change_make_what_was_shown(
            old in a_text(),
            new in a_text(),
            chosen in proptest::collection::vec(any::<bool>(), 24),
        ) {
            let patch = whole(&old, &new).text;
            let count = hunks(&patch).len();
            let kept = &chosen[..count];
            let made = partly(&old, &new, kept);
            prop_assert_eq!(applied(&old, &only(&patch, kept)), made.clone());
            prop_assert!(made.is_some());
            prop_assert_eq!(partly(&old, &new, &vec![true; count]), Some(new.clone()));
            prop_assert_eq!(partly(&old, &new, &vec![false; count]), Some(old.clone()));
            prop_assert_eq!(applied(&old, &patch), Some(new.clone()));
            prop_assert_eq!(only(&patch, &vec![true; count]), patch.clone());
            let (added, removed) = hunks(&patch).iter().fold((0, 0), |(added, removed), hunk| {
                (added + hunk.added as u64, removed + hunk.removed as u64)
            });
            let whole = whole(&old, &new);
            prop_assert_eq!((added, removed), (whole.added, whole.removed));
        }
    }

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
    fn a_change_is_made_in_part() {
        let old = "one\ntwo\nthree\nfour\nfive\n";
        let new = "one\nzwei\nzwei b\nthree\nfive\nsix\n";
        let cases: [(&[bool], Option<&str>); 6] = [
            (&[true, true, true], Some(new)),
            (&[false, false, false], Some(old)),
            (
                &[true, false, false],
                Some("one\nzwei\nzwei b\nthree\nfour\nfive\n"),
            ),
            (&[false, true, false], Some("one\ntwo\nthree\nfive\n")),
            (&[true, true], None),
            (&[true, true, true, true], None),
        ];
        for (kept, expected) in cases {
            assert_eq!(partly(old, new, kept).as_deref(), expected, "{kept:?}");
        }
        // As many as a person is shown.
        assert_eq!(crate::agent::hunks::hunks(&whole(old, new).text).len(), 3);
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
