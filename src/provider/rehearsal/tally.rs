//! What the session really did, counted from its prompt, for the sentences a script ends with. Placeholders of a text:
//! `{files}` is `2 files`, `{commands}` is `1 command`, `{refused}` is a number, `{reason}` is a sentence with the reason of the
//! no that was said last, or nothing.

use std::collections::BTreeSet;

use crate::agent::prompt::Message;
use crate::agent::turn::NO_BECAUSE;
use crate::agent::visible::brief;
use crate::protocol::call::{OutcomeKind, parse_arguments};
use crate::protocol::reply::Part;

/// Characters of a reason that are said back.
const LONGEST_REASON: usize = 120;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Different files that were written or edited.
    pub files: usize,
    /// Commands that ran to their end, whatever their exit status.
    pub commands: usize,
    /// Calls that were denied.
    pub refused: usize,
    /// Why the person said no to the calls of the last step.
    pub reason: Option<String>,
}

impl Tally {
    pub fn count(messages: &[Message]) -> Self {
        let mut files = BTreeSet::new();
        let mut tally = Self::default();
        if let Some(Message::Results { results }) = messages.last() {
            let mut reasons = results.iter().filter_map(|result| {
                let denied = result.outcome == OutcomeKind::Denied;
                denied
                    .then(|| result.text.strip_prefix(NO_BECAUSE))
                    .flatten()
            });
            tally.reason = reasons.next().map(|reason| brief(reason, LONGEST_REASON));
        }
        for pair in messages.windows(2) {
            let [Message::Assistant { parts }, Message::Results { results }] = pair else {
                continue;
            };
            let calls = parts.iter().filter_map(|part| match part {
                Part::Call { arguments, .. } => Some(arguments),
                Part::Text { .. } | Part::Thought { .. } => None,
            });
            for (arguments, result) in calls.zip(results) {
                match (result.outcome, result.name.as_str()) {
                    (OutcomeKind::Denied, _) => tally.refused += 1,
                    (OutcomeKind::Done, "bash") => tally.commands += 1,
                    (OutcomeKind::Done, "edit" | "write") => {
                        files.extend(path(arguments));
                    }
                    _ => {}
                }
            }
        }
        tally.files = files.len();
        tally
    }

    /// The text with its placeholders filled in. Other braces stay.
    pub fn fill(&self, text: &str) -> String {
        text.replace("{files}", &counted(self.files, "file"))
            .replace("{commands}", &counted(self.commands, "command"))
            .replace("{refused}", &self.refused.to_string())
            .replace("{reason}", &self.said_why())
    }
}

impl Tally {
    fn said_why(&self) -> String {
        self.reason.as_ref().map_or_else(String::new, |reason| {
            let stop = if reason.ends_with(['.', '!', '?']) {
                ""
            } else {
                "."
            };
            format!(" You said: {reason}{stop}")
        })
    }
}

fn path(arguments: &str) -> Option<String> {
    let input = parse_arguments(arguments).ok()?;
    let path = input.get("path")?.as_str()?;
    Some(path.trim_start_matches("./").to_owned())
}

fn counted(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::prompt::CallResult;

    #[test]
    fn only_what_was_done_is_counted() {
        let step = |calls: &[(&str, &str, OutcomeKind)]| {
            [
                Message::Assistant {
                    parts: calls
                        .iter()
                        .map(|(name, arguments, _)| Part::Call {
                            wire_id: None,
                            name: (*name).to_owned(),
                            arguments: (*arguments).to_owned(),
                            opaque: None,
                        })
                        .collect(),
                },
                Message::Results {
                    results: calls
                        .iter()
                        .map(|(name, _, outcome)| CallResult {
                            wire_id: "w".to_owned(),
                            name: (*name).to_owned(),
                            text: String::new(),
                            outcome: *outcome,
                        })
                        .collect(),
                },
            ]
        };
        let messages = [
            step(&[
                ("write", r#"{"path":"a"}"#, OutcomeKind::Done),
                ("edit", r#"{"path":"./a"}"#, OutcomeKind::Done),
                ("edit", r#"{"path":"b"}"#, OutcomeKind::Failed),
                ("edit", "no JSON", OutcomeKind::Done),
            ]),
            step(&[
                ("read", r#"{"path":"c"}"#, OutcomeKind::Done),
                ("bash", "{}", OutcomeKind::Done),
                ("bash", "{}", OutcomeKind::Denied),
                ("bash", "{}", OutcomeKind::Lost),
            ]),
        ]
        .concat();
        let tally = Tally::count(&messages);
        assert_eq!(
            tally.fill("{files}, {commands}, {refused} refused; ${HOME} {}"),
            "1 file, 1 command, 1 refused; ${HOME} {}"
        );
        assert_eq!(
            Tally::default().fill("{files}, {commands}, {refused}"),
            "0 files, 0 commands, 0"
        );
    }
}
