//! What a line that came with others does not do: on a terminal it may be a piece of a text that was pasted. Pure.

use crate::command::plain::trust::Which;
use crate::command::plain::word::{Word, read};

/// What a line would do that has to be meant; see [`crate::command::plain::typed`] for when it may not be.
pub fn would(line: &str) -> Option<&'static str> {
    match read(line) {
        Word::Ask(Some((_, choice))) if !choice.is_empty() => Some("answers an ask"),
        Word::Trust(Which::All | Which::One(_)) | Word::Vouch(Some(_)) => Some("answers or trusts"),
        Word::Untrust(_) | Word::Rules(Some(_)) => Some("takes a rule away"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_to_be_meant_is_told_from_what_only_looks() {
        let (answers, trusts) = (Some("answers an ask"), Some("answers or trusts"));
        let takes = Some("takes a rule away");
        for (line, expected) in [
            ("ask 41 1", answers),
            ("/ask 41 y", answers),
            ("ａｓｋ ４１ ｙ", answers),
            ("ask 41", None),
            ("ask", None),
            ("say ask 41 1", None),
            ("trust", None),
            ("trust 1", trusts),
            ("trust all", trusts),
            ("vouch", None),
            ("vouch 88", trusts),
            ("untrust 1", takes),
            ("/untrust all", takes),
            ("rules", None),
            ("rules remove 3", takes),
            ("/rules remove ３", takes),
        ] {
            assert_eq!(would(line), expected, "{line}");
        }
    }
}
