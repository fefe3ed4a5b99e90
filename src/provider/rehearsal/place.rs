//! Finds the place of a prompt in a script. A pure function of script and prompt: the same session asked again after a crash
//! finds the same place, and nothing has to be remembered in between.
//!
//! A prompt of the person begins a turn; one that comes between the results of a step and the next answer steers the
//! turn that runs, unless it is tool words, is written in the script, or follows results of a turn that was stopped.
//! The scripted turns are played in their order: a later one with this very prompt, else tool words, else a later `> *`;
//! when no later one fits, one from the top is played again.

use crate::agent::prompt::{CallResult, Message};
use crate::protocol::call::OutcomeKind;
use crate::provider::rehearsal::script::{Condition, PromptMatch, Script, ScriptTurn, Step};
use crate::provider::rehearsal::words;

/// Where the played model stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place<'a> {
    /// What began the turn.
    pub prompt: &'a str,
    /// The index of the scripted turn; `None` when no turn of the script fits.
    pub turn: Option<usize>,
    /// The index of the step in it; `None` when the script has ended.
    pub step: Option<usize>,
    /// The conversation since that prompt.
    pub since: &'a [Message],
}

/// The place of the next answer; `None` when nobody has said anything.
pub fn find<'a>(script: &Script, messages: &'a [Message]) -> Option<Place<'a>> {
    let mut place = None;
    let mut turn = None;
    for (number, index) in beginnings(script, messages).into_iter().enumerate() {
        let Some(Message::User { text, .. }) = messages.get(index) else {
            continue;
        };
        let fitting = fitting_turn(script, text, number == 0, turn);
        // Tool words may come at any time and leave the order as it is.
        turn = fitting
            .filter(|&index| !script.turns.get(index).is_some_and(ScriptTurn::plays_words))
            .or(turn);
        place = Some((index, text.as_str(), fitting));
    }
    let (index, prompt, fitting) = place?;
    let since = messages.get(index + 1..).unwrap_or_default();
    let step = fitting
        .and_then(|turn| script.turns.get(turn))
        .and_then(|turn| next_step(turn, since));
    Some(Place {
        prompt,
        turn: fitting,
        step,
        since,
    })
}

/// The indices of the messages that began a turn.
fn beginnings(script: &Script, messages: &[Message]) -> Vec<usize> {
    let mut beginnings: Vec<usize> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let Message::User { text, .. } = message else {
            continue;
        };
        match index.checked_sub(1).and_then(|above| messages.get(above)) {
            None | Some(Message::Assistant { .. }) => beginnings.push(index),
            Some(Message::Results { results }) => {
                if was_stopped(results) || is_known(script, text) {
                    beginnings.push(index);
                }
            }
            // A message above that is not in the script was never answered and is most likely a note beside this one.
            Some(Message::User { text: above, .. }) => match beginnings.last_mut() {
                Some(last) if *last + 1 == index && !is_known(script, above) => *last = index,
                Some(last) if *last + 1 == index => beginnings.push(index),
                _ if is_known(script, text) => beginnings.push(index),
                _ => {}
            },
        }
    }
    beginnings
}

fn was_stopped(results: &[CallResult]) -> bool {
    results.iter().any(|result| match result.outcome {
        OutcomeKind::Cancelled | OutcomeKind::Lost => true,
        OutcomeKind::Done | OutcomeKind::Failed | OutcomeKind::Denied => false,
    })
}

/// Whether the script has words of its own for this prompt.
fn is_known(script: &Script, text: &str) -> bool {
    script.turns.iter().any(|turn| match &turn.prompt {
        PromptMatch::Exactly(prompt) => prompt == text.trim(),
        PromptMatch::Anything => turn.plays_words() && words::read(text).is_some(),
    })
}

fn fitting_turn(script: &Script, text: &str, first: bool, last: Option<usize>) -> Option<usize> {
    let words = words::read(text).is_some();
    let exact = |turn: &ScriptTurn| turn.prompt == PromptMatch::Exactly(text.trim().to_owned());
    let plays = |turn: &ScriptTurn| words && turn.plays_words();
    let any = |turn: &ScriptTurn| turn.prompt == PromptMatch::Anything && !turn.plays_words();
    let later = last.map_or(0, |last| last + 1);
    let find = |begin: usize, fits: &dyn Fn(&ScriptTurn) -> bool| {
        script
            .turns
            .iter()
            .enumerate()
            .skip(begin)
            .find(|(_, turn)| (first || !turn.first) && fits(turn))
            .map(|(index, _)| index)
    };
    find(later, &exact)
        .or_else(|| find(0, &plays))
        .or_else(|| find(later, &any))
        .or_else(|| find(0, &exact))
        .or_else(|| find(0, &any))
}

/// Plays the turn again as far as it went, and answers which step is next.
fn next_step(turn: &ScriptTurn, since: &[Message]) -> Option<usize> {
    let mut cursor = 0;
    let mut results: &[CallResult] = &[];
    for message in since {
        match message {
            Message::User { .. } => {}
            Message::Results { results: here } => results = here,
            Message::Assistant { .. } => {
                cursor = after(turn, choose(turn, cursor, results)?);
                results = &[];
            }
        }
    }
    choose(turn, cursor, results)
}

/// The step played at the cursor: the first alternative whose conditions hold, else the usual one behind them.
fn choose(turn: &ScriptTurn, cursor: usize, results: &[CallResult]) -> Option<usize> {
    turn.steps
        .iter()
        .enumerate()
        .skip(cursor)
        .find(|(_, step)| holds(step, results))
        .map(|(index, _)| index)
}

fn holds(step: &Step, results: &[CallResult]) -> bool {
    let failed =
        |result: &CallResult| !matches!(result.outcome, OutcomeKind::Done | OutcomeKind::Denied);
    step.conditions.iter().all(|condition| match condition {
        Condition::Denied => results
            .iter()
            .any(|result| result.outcome == OutcomeKind::Denied),
        Condition::Failed => results.iter().any(failed),
        Condition::AllFailed(tool) => {
            let mut calls = results
                .iter()
                .filter(|result| result.name == *tool)
                .peekable();
            calls.peek().is_some() && calls.all(failed)
        }
        Condition::Says(words) => results.iter().any(|result| result.text.contains(words)),
        // No script that is played holds it any more.
        Condition::Watched(_) => true,
    })
}

/// The cursor behind a step: behind the usual step of its alternatives. Tool words go on until they have had their say.
fn after(turn: &ScriptTurn, step: usize) -> usize {
    if turn.plays_words() {
        return 0;
    }
    turn.steps
        .iter()
        .enumerate()
        .skip(step)
        .find(|(_, step)| step.conditions.is_empty())
        .map_or(turn.steps.len(), |(usual, _)| usual + 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::protocol::reply::Part;

    const SCRIPT: &str = "\
> mend it
< call a {}

? denied
< call b {}

? failed t
< call c {}

? failed
< text: d

? says yes
? says no
< call e {}

< call f {}

< text: g

> *
< words

> *
? first
< text: h

> again
< text: i

> again
< text: j

> *
< text: k
";

    /// A conversation in shorthand: `> prompt`, `a` (an answer), `+` `-` `x` `!` results that were done, failed, denied or
    /// stopped, with `+text` what they say.
    fn messages(lines: &[&str]) -> Vec<Message> {
        let result = |text: &str| CallResult {
            wire_id: "w".to_owned(),
            name: "t".to_owned(),
            text: text[1..].to_owned(),
            outcome: match &text[..1] {
                "+" => OutcomeKind::Done,
                "-" => OutcomeKind::Failed,
                "x" => OutcomeKind::Denied,
                _ => OutcomeKind::Cancelled,
            },
        };
        lines
            .iter()
            .map(|line| {
                if let Some(text) = line.strip_prefix("> ") {
                    Message::User {
                        text: text.to_owned(),
                        pictures: Vec::new(),
                    }
                } else if *line == "a" {
                    Message::Assistant {
                        parts: vec![Part::Text {
                            text: String::new(),
                            opaque: None,
                        }],
                    }
                } else {
                    Message::Results {
                        results: line.split('|').map(result).collect(),
                    }
                }
            })
            .collect()
    }

    #[test]
    fn the_next_step_follows_from_the_conversation() {
        let script = Script::parse(SCRIPT, |_| None).unwrap();
        let cases: &[(&[&str], &str)] = &[
            (&[], "nobody spoke"),
            (&["> mend it"], "turn 0 step 0"),
            (&["> mend it\n"], "turn 0 step 0"),
            (&["> mend it", "a", "+ok"], "turn 0 step 5"),
            (&["> mend it", "a", "+ok|xno"], "turn 0 step 1"),
            (&["> mend it", "a", "-no"], "turn 0 step 2"),
            (&["> mend it", "a", "-no|+yes"], "turn 0 step 3"),
            (&["> mend it", "a", "+yes"], "turn 0 step 5"),
            (&["> mend it", "a", "+yes|+no"], "turn 0 step 4"),
            // After an alternative comes what follows the usual step.
            (&["> mend it", "a", "x", "a", "+yes|+no"], "turn 0 step 6"),
            (&["> mend it", "a", "+", "a", "+", "a", "+"], "turn 0 ended"),
            // Steering stays in the turn; what the script knows begins a new one, and so does a stop.
            (
                &["> mend it", "a", "+ok", "> faster", "a", "+"],
                "turn 0 step 6",
            ),
            (&["> mend it", "a", "+ok", "> read x.txt"], "turn 1 step 0"),
            (&["> mend it", "a", "+ok", "> again"], "turn 3 step 0"),
            (&["> mend it", "a", "!", "> hello"], "turn 5 step 0"),
            // A turn goes on after a stop when nothing new was said.
            (&["> mend it", "a", "!"], "turn 0 step 2"),
            // In order, and from the top when nothing later fits.
            (&["> hello"], "turn 2 step 0"),
            (&["> hello", "a", "> hello"], "turn 5 step 0"),
            (&["> again", "a", "> again"], "turn 4 step 0"),
            (
                &["> again", "a", "> again", "a", "> again"],
                "turn 5 step 0",
            ),
            (
                &["> hello", "a", "> hello", "a", "> ls", "a", "> bash ls"],
                "turn 1 step 0",
            ),
            (
                &["> bash ls", "a", "+", "a", "> bash ls", "a", "+"],
                "turn 1 step 0",
            ),
            (
                &["> bash ls", "a", "> mend it", "a", "> mend it"],
                "turn 5 step 0",
            ),
            // Two prompts side by side: the first was not answered; a note is no prompt of its own.
            (&["> again", "> again"], "turn 4 step 0"),
            (&["> a note", "> mend it"], "turn 0 step 0"),
            (
                &["> mend it", "a", "!", "> a note", "> again"],
                "turn 3 step 0",
            ),
        ];
        for (lines, expected) in cases {
            let messages = messages(lines);
            let place = match find(&script, &messages) {
                None => "nobody spoke".to_owned(),
                Some(Place {
                    turn,
                    step: Some(step),
                    ..
                }) => {
                    format!("turn {} step {step}", turn.unwrap())
                }
                Some(Place {
                    turn, step: None, ..
                }) => format!("turn {} ended", turn.unwrap()),
            };
            assert_eq!(place, *expected, "{lines:?}");
        }
    }

    #[test]
    fn a_prompt_that_is_not_in_the_script_has_no_turn() {
        let script = Script::parse("> a\n< text: b", |_| None).unwrap();
        let messages = messages(&["> a", "a", "> c"]);
        let place = find(&script, &messages).unwrap();
        assert_eq!((place.prompt, place.turn, place.step), ("c", None, None));
    }
}
