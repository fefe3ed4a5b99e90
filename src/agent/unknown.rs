//! Commands of which it is not known whether they took effect.

use std::collections::HashSet;

use serde_json::Value;

use crate::agent::open::TAKEN_OVER;
use crate::agent::prompt::Placed;
use crate::protocol::call::OutcomeKind;
use crate::protocol::id::CallId;
use crate::protocol::item::Item;

/// Whether it is not known what became of this command when it was run last, so that to run it again is for the person to say.
pub fn is_unknown(items: &[Placed], command: &str) -> bool {
    let results = items.iter().rev().filter_map(|(_, _, item)| match item {
        // How a command ended that was taken over was told to nobody.
        Item::Result { call, outcome }
            if outcome.exit.is_none() && outcome.text.ends_with(TAKEN_OVER) =>
        {
            Some((call, OutcomeKind::Lost))
        }
        Item::Result { call, outcome } => Some((call, outcome.kind)),
        _ => None,
    });
    // Nothing is known of most sessions that could be lost: their calls are not looked up.
    let lost = |kind| kind == OutcomeKind::Lost;
    if !results.clone().any(|(_, kind)| lost(kind)) {
        return false;
    }
    let is_it = |input: &Value| input.get("command").and_then(Value::as_str) == Some(command);
    let calls: HashSet<&CallId> = items
        .iter()
        .filter_map(|(_, _, item)| match item {
            Item::Call(call) if call.input().is_ok_and(|input| is_it(&input)) => Some(&call.id),
            _ => None,
        })
        .collect();
    results
        .filter(|(_, kind)| lost(*kind) || matches!(kind, OutcomeKind::Done | OutcomeKind::Failed))
        .find(|(call, _)| calls.contains(call))
        .is_some_and(|(_, kind)| lost(kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::call::{Outcome, ToolCall};

    #[test]
    fn what_became_of_a_command_is_known_from_its_last_run() {
        let call = |number: u32, command: &str| {
            Item::Call(ToolCall {
                id: CallId(format!("call_{number}")),
                wire_id: None,
                name: "bash".to_owned(),
                arguments: format!("{{\"command\": \"{command}\"}}"),
                opaque: None,
            })
        };
        let result = |number: u32, outcome: Outcome| Item::Result {
            call: CallId(format!("call_{number}")),
            outcome,
        };
        let lost = || Outcome::lost("?");
        let cases = [
            (vec![], false),
            (vec![call(1, "make"), result(1, Outcome::done(""))], false),
            (vec![call(1, "make"), result(1, lost())], true),
            (vec![call(1, "make x"), result(1, lost())], false),
            (
                vec![call(1, "make"), result(1, Outcome::done(TAKEN_OVER))],
                true,
            ),
            // Run again since, as the person said.
            (
                vec![
                    call(1, "make"),
                    result(1, lost()),
                    call(2, "make"),
                    result(2, Outcome::failed("")),
                ],
                false,
            ),
            // Asked about since, and not run.
            (
                vec![
                    call(1, "make"),
                    result(1, lost()),
                    call(2, "make"),
                    result(2, Outcome::cancelled("")),
                ],
                true,
            ),
        ];
        for (items, expected) in cases {
            let items: Vec<Placed> = items.into_iter().map(|item| (1, 1, item)).collect();
            assert_eq!(is_unknown(&items, "make"), expected, "{items:?}");
        }
    }
}
