//! A transcript as text.

use crate::agent::moment::Now;
use crate::agent::visible::brief;
use crate::command::moment::local;
use crate::command::show::{Entry, Said, arguments, outcome_name};
use crate::protocol::item::Origin;
use crate::protocol::session::Card;

/// A transcript for people: who, then what, indented where it is not said but done.
pub(crate) fn transcript(card: &Card, entries: &[Entry], now: &Now) -> String {
    let mut parts = vec![format!(
        "{}  {}\n{}  {}  {}  {}\n",
        card.id,
        card.title,
        local(card.created, &now.zone),
        card.model,
        card.cwd.display(),
        card.spending()
    )];
    for entry in entries {
        let (head, body) = told(&entry.said);
        let body = body.trim_end();
        let end = if body.is_empty() { "" } else { "\n" };
        parts.push(format!("[{}] {head}\n{body}{end}", entry.seq));
    }
    parts.join("\n")
}

/// Who, and what.
fn told(said: &Said) -> (String, String) {
    match said {
        Said::Prompt {
            text,
            origin: Origin::Person,
        } => ("you".to_owned(), text.clone()),
        Said::Prompt {
            text,
            origin: Origin::Creel,
        } => ("creel, to the model".to_owned(), text.clone()),
        Said::Answer { text, cut, model } => {
            let head = if *cut {
                format!("{model} (broken off)")
            } else {
                model.clone()
            };
            (head, text.clone())
        }
        Said::Thought { text, model } => (format!("{model}, thinking"), indented(text)),
        Said::Call { call, outcome, .. } => {
            let state = match outcome {
                None => "not ended".to_owned(),
                Some(outcome) => match outcome.exit {
                    Some(exit) => format!("{}, exit {exit}", outcome_name(outcome.kind)),
                    None => outcome_name(outcome.kind).to_owned(),
                },
            };
            let body = outcome
                .as_ref()
                .map(|outcome| indented(&outcome.text))
                .unwrap_or_default();
            (
                format!("{} {} ({state})", call.name, brief(&arguments(call), 100)),
                body,
            )
        }
        Said::Notice { text } => ("creel".to_owned(), text.clone()),
        Said::Shell { command, outcome } => (
            format!("you, ! {}", brief(command, 100)),
            indented(&outcome.text),
        ),
    }
}

fn indented(text: &str) -> String {
    text.lines()
        .map(|line| ["    ", line, "\n"].concat())
        .collect()
}
