//! How a session of another home stands to the same one here, and in which pieces its rest is taken in. Of facts only when and of
//! which kind they are is looked at, so one that cannot be read keeps nothing from being known again.

use std::ops::Range;

use crate::store::kin::{Mark, Outlined};

/// Bytes of facts from which on a piece may end: what is taken in at once stands in memory, and is in the log whole or not at all.
const PIECE: u64 = 4 << 20;

/// Where a session of another home stands to the one here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// All that is here is there too; from this fact on it is new.
    Rest(usize),
    /// All that is there is here.
    Here,
    /// Each has what the other has not; so many facts of it are the same.
    Apart(usize),
}

/// Facts that are there and not here in between are passed over: whoever took the others in could not read them.
pub(crate) fn standing(ours: &[Mark], theirs: &[Outlined]) -> Standing {
    let (mut next, mut same) = (0, 0);
    for our in ours {
        let found = theirs[next..].iter().position(|their| their.mark == *our);
        let Some(found) = found else { break };
        next += found + 1;
        same += 1;
    }
    if same == ours.len() && next < theirs.len() {
        return Standing::Rest(next);
    }
    let last = theirs.last();
    if last.is_none_or(|last| ours.contains(&last.mark)) {
        Standing::Here
    } else {
        Standing::Apart(next)
    }
}

/// Without what came after the last turn that ended: the rest of one that runs comes later.
pub(crate) fn ended(theirs: &[Outlined]) -> &[Outlined] {
    let mut open = None;
    for (at, fact) in theirs.iter().enumerate() {
        if fact.mark.is("turn_started") {
            open = open.or(Some(at));
        } else if fact.mark.is("turn_ended") {
            open = None;
        }
    }
    &theirs[..open.unwrap_or(theirs.len())]
}

/// Pieces that end where no turn is open: who is stopped or killed between two leaves a session that can be gone on with.
pub(crate) fn pieces(facts: &[Outlined]) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let (mut begin, mut bytes, mut open) = (0, 0, false);
    for (at, fact) in facts.iter().enumerate() {
        if fact.mark.is("turn_started") {
            open = true;
        } else if fact.mark.is("turn_ended") {
            open = false;
        }
        bytes += fact.bytes;
        if !open && bytes >= PIECE {
            pieces.push(begin..at + 1);
            (begin, bytes) = (at + 1, 0);
        }
    }
    if begin < facts.len() {
        pieces.push(begin..facts.len());
    }
    pieces
}

/// How many of them are items.
pub(crate) fn items(facts: &[Outlined]) -> u64 {
    facts
        .iter()
        .filter(|fact| fact.mark.is("item_added"))
        .count() as u64
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::protocol::id::Seq;
    use crate::protocol::time::Time;

    /// Each sign is a fact of its own time and kind.
    fn outlined(signs: &str) -> Vec<Outlined> {
        let fact = |(seq, sign): (usize, char)| {
            let (kind, bytes) = match sign {
                '(' => ("turn_started", 1),
                ')' => ("turn_ended", 1),
                'B' => ("item_added", PIECE),
                _ => ("item_added", 1),
            };
            Outlined {
                seq: Seq(seq as u64 + 1),
                mark: Mark::new(Time(i64::from(u32::from(sign))), kind),
                bytes,
            }
        };
        signs.chars().enumerate().map(fact).collect()
    }

    #[test]
    fn what_one_home_has_of_the_other_is_known_again() {
        let cases = [
            ("", "abc", Standing::Rest(0)),
            ("abc", "abc", Standing::Here),
            ("abc", "abcde", Standing::Rest(3)),
            ("abcde", "abc", Standing::Here),
            ("abx", "abcd", Standing::Apart(2)),
            // What was not understood when it was taken in.
            ("abd", "abcd", Standing::Here),
            ("abd", "abcde", Standing::Rest(4)),
            ("abdx", "abcd", Standing::Here),
            ("abdx", "abcde", Standing::Apart(4)),
            ("ab", "abc", Standing::Rest(2)),
            ("", "", Standing::Here),
        ];
        for (ours, theirs, expected) in cases {
            let marks: Vec<Mark> = outlined(ours).into_iter().map(|fact| fact.mark).collect();
            let found = standing(&marks, &outlined(theirs));
            assert_eq!(found, expected, "{ours} and {theirs}");
        }
    }

    #[test]
    fn of_a_turn_that_runs_nothing_is_taken() {
        for (facts, expected) in [
            ("a(b)c", 5),
            ("a(b)(c", 4),
            ("a(b)((c", 4),
            ("(", 0),
            ("a(b(c)", 6),
        ] {
            assert_eq!(ended(&outlined(facts)).len(), expected, "{facts}");
        }
    }

    #[test]
    fn no_piece_ends_within_a_turn() {
        for (facts, expected) in [
            ("", vec![]),
            ("a(b)c", vec![5]),
            ("(B)(B)c", vec![3, 6, 7]),
            ("(aBaB)B", vec![6, 7]),
            ("a(bc)B(d)", vec![6, 9]),
        ] {
            let found = pieces(&outlined(facts));
            let ends: Vec<usize> = found.iter().map(|piece| piece.end).collect();
            assert_eq!(ends, expected, "{facts}");
            let all: Vec<usize> = found.into_iter().flatten().collect();
            assert_eq!(all, (0..facts.len()).collect::<Vec<_>>(), "{facts}");
        }
    }
}
