//! What differs between two rows of lines or of words.
//!
//! One function for all, on numbers in place of texts: the library is generic, and each kind of text it is given would bring a
//! copy of all its algorithms into the program.

use std::collections::HashMap;
use std::time::Duration;

use similar::DiffOp;
use similar::algorithms::{Capture, Compact, Replace, myers};
use tokio::time::Instant;

/// After this a difference may be coarser than it could be; it stays true.
const PATIENCE: Duration = Duration::from_millis(500);

/// What was kept, taken out and put in, in order.
pub fn difference(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    let until = Some((Instant::now() + PATIENCE).into_std());
    let mut numbers = HashMap::new();
    let (old, new) = (numbered(old, &mut numbers), numbered(new, &mut numbers));
    let (old, new) = (old.as_slice(), new.as_slice());
    let mut found = Compact::new(Replace::new(Capture::new()), old, new);
    // Noting down what is found cannot fail.
    let Ok(()) = myers::diff_deadline(&mut found, old, 0..old.len(), new, 0..new.len(), until);
    found.into_inner().into_inner().into_ops()
}

/// The same number for the same text.
fn numbered<'t>(texts: &[&'t str], numbers: &mut HashMap<&'t str, u32>) -> Vec<u32> {
    let number = |text: &&'t str| {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        *numbers.entry(text).or_insert(next)
    };
    texts.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The new text made of the old one by what was found.
    fn applied(old: &[&str], new: &[&str]) -> (String, usize) {
        let ops = difference(old, new);
        let mut out = String::new();
        let mut at = 0;
        for op in &ops {
            let (before, after) = (op.old_range(), op.new_range());
            assert_eq!(before.start, at, "in order and without gaps");
            at = before.end;
            match op {
                DiffOp::Equal { .. } => out.extend(old[before].iter().copied()),
                _ => out.extend(new[after].iter().copied()),
            }
        }
        assert_eq!(at, old.len());
        let kept = ops.iter().filter(|op| matches!(op, DiffOp::Equal { .. }));
        (out, kept.map(|op| op.old_range().len()).sum())
    }

    #[test]
    fn what_is_found_makes_the_new_text_of_the_old() {
        let cases = [
            ("", "", 0),
            ("", "a b", 0),
            ("a b", "", 0),
            ("a b c", "a b c", 3),
            ("a b c d", "a x c d", 3),
            ("a b c d e", "c d e a b", 3),
            ("a a a b", "a a b", 3),
            ("one two", "three four five", 0),
        ];
        for (old, new, kept) in cases {
            let words = |text: &'static str| -> Vec<&str> { text.split_whitespace().collect() };
            let (old, new) = (words(old), words(new));
            assert_eq!(applied(&old, &new), (new.concat(), kept), "{old:?} {new:?}");
        }
    }
}
