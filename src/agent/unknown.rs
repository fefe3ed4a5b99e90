//! Commands of which it is not known whether they took effect.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::agent::digest;
use crate::agent::open::TAKEN_OVER;
use crate::protocol::call::{Outcome, OutcomeKind, parse_arguments};

/// Digits of a hash that are kept: no two commands of a session share 64 bits.
const DIGITS: usize = 16;

/// Commands by the start of the hash of their line, since a line may be long and holds what need not be kept twice.
pub fn mark(line: &str) -> String {
    let mut hex = digest::hex(line.as_bytes());
    hex.truncate(DIGITS);
    hex
}

/// The command that a call runs, as [`mark`] names it; none where it runs none.
pub fn command(tool: &str, arguments: &str) -> Option<String> {
    if tool != "bash" {
        return None;
    }
    let input = parse_arguments(arguments).ok()?;
    input.get("command").and_then(Value::as_str).map(mark)
}

/// The commands of a session of which it is not known what became of them when they were run last, so that to run them again is
/// for the person to say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Unknown(BTreeSet<String>);

impl Unknown {
    /// One has ended so; `command` is its [`mark`].
    pub fn ended(&mut self, command: String, outcome: &Outcome) {
        // How a command ended that was taken over was told to nobody.
        let taken_over = outcome.exit.is_none() && outcome.text.ends_with(TAKEN_OVER);
        if taken_over || outcome.kind == OutcomeKind::Lost {
            self.0.insert(command);
        } else if matches!(outcome.kind, OutcomeKind::Done | OutcomeKind::Failed) {
            self.0.remove(&command);
        }
    }

    pub fn has(&self, line: &str) -> bool {
        !self.0.is_empty() && self.0.contains(&mark(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_a_command_is_known_from_its_last_run() {
        let lost = || Outcome::lost("?");
        let cases = [
            (vec![], false),
            (vec![("make", Outcome::done(""))], false),
            (vec![("make", lost())], true),
            (vec![("make x", lost())], false),
            (vec![("make", Outcome::done(TAKEN_OVER))], true),
            // Run again since, as the person said.
            (vec![("make", lost()), ("make", Outcome::failed(""))], false),
            (vec![("make", lost()), ("make x", Outcome::done(""))], true),
            // Asked about since, and not run.
            (
                vec![("make", lost()), ("make", Outcome::cancelled(""))],
                true,
            ),
        ];
        for (ended, expected) in cases {
            let mut unknown = Unknown::default();
            for (line, outcome) in &ended {
                unknown.ended(mark(line), outcome);
            }
            assert_eq!(unknown.has("make"), expected, "{ended:?}");
        }
    }

    #[test]
    fn only_what_runs_a_command_is_one() {
        let arguments = r#"{"command":"make","path":"x"}"#;
        assert_eq!(command("bash", arguments), Some(mark("make")));
        assert_eq!(command("write", arguments), None);
        for arguments in ["", "no JSON", "{}", r#"{"command":1}"#] {
            assert_eq!(command("bash", arguments), None, "{arguments}");
        }
    }
}
