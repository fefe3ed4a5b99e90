//! Turns whose steps come to nothing.

use pretty_assertions::assert_eq;

use crate::agent::turn::Turn;
use crate::agent::turn::cases::{begin, bill, prompt};
use crate::agent::turn::effect::Effect;
use crate::agent::turn::input::{Decision, Input};
use crate::protocol::call::Outcome;
use crate::protocol::event::{Ending, Fact};
use crate::protocol::failure::Stop;
use crate::protocol::id::MessageId;
use crate::protocol::item::Block;
use crate::protocol::reply::{Part, Reply};
use crate::protocol::rule::By;

/// An answer, and whether a tool can make anything of its call.
#[derive(Debug, Clone, Copy)]
enum Said {
    Good(Stop),
    Broken,
    Paused,
}

/// Plays one answer with what follows from it; the effects of all.
fn play(turn: &mut Turn, said: Said) -> Vec<Effect> {
    let (stop, calls) = match said {
        Said::Good(stop) => (stop, 1),
        Said::Broken => (Stop::Tool, 1),
        Said::Paused => (Stop::Pause, 0),
    };
    let call = Part::Call {
        wire_id: None,
        name: "bash".into(),
        arguments: "{}".into(),
        opaque: None,
    };
    let mut effects = turn.step(Input::Answered {
        reply: Reply {
            stop: Some(stop),
            parts: vec![call; calls],
            ..Reply::default()
        },
        bill: bill(1),
    });
    let judged = effects.iter().find_map(|effect| match effect {
        Effect::Judge(call) => Some(call.id.clone()),
        _ => None,
    });
    if let Some(call) = judged {
        let decision = match said {
            Said::Broken => Decision::Invalid("no JSON".into()),
            Said::Good(_) | Said::Paused => Decision::Allow(By::Person),
        };
        effects.extend(turn.step(Input::Judged {
            call: call.clone(),
            decision,
        }));
        effects.extend(turn.step(Input::Ended {
            call,
            outcome: Outcome::done("fine"),
        }));
    }
    effects
}

#[test]
fn what_comes_to_nothing_is_mended_three_times_in_a_row_at_most() {
    let good = Said::Good(Stop::Tool);
    let (cut, odd) = (Said::Good(Stop::Length), Said::Good(Stop::Error));
    let cases = [
        (
            vec![Said::Broken; 4],
            Some("4 answers in a row made no call"),
        ),
        (
            vec![cut; 4],
            Some("4 answers in a row were cut off by the output limit"),
        ),
        (
            vec![odd; 4],
            Some("4 answers in a row with a call were ended"),
        ),
        (
            vec![Said::Paused; 4],
            Some("the server paused 4 times in a row"),
        ),
        (vec![Said::Broken; 3], None),
        (vec![good; 9], None),
        // One good call in between begins the count anew, and so does another fault.
        (vec![cut, cut, cut, good, cut, cut, cut], None),
        (
            vec![cut, cut, cut, Said::Broken, Said::Broken, Said::Broken],
            None,
        ),
    ];
    for (answers, expected) in cases {
        let (mut turn, _) = begin(prompt(), None);
        let effects: Vec<Effect> = answers
            .iter()
            .flat_map(|said| play(&mut turn, *said))
            .collect();
        let ending = effects.iter().find_map(|effect| match effect {
            Effect::Append(Fact::TurnEnded { ending, .. }) => Some(ending.clone()),
            _ => None,
        });
        match (&ending, expected) {
            (Some(Ending::Limit { text }), Some(words)) if text.starts_with(words) => {}
            _ => assert_eq!((&ending, expected), (&None, None), "{answers:?}"),
        }
    }
}

#[test]
fn what_a_person_says_meanwhile_is_answered_first() {
    let (mut turn, _) = begin(prompt(), None);
    for _ in 0..3 {
        play(&mut turn, Said::Broken);
    }
    turn.step(Input::Steered {
        id: MessageId(1),
        blocks: vec![Block::text("write JSON")],
    });
    for _ in 0..3 {
        play(&mut turn, Said::Broken);
        assert!(!turn.has_ended());
    }
    play(&mut turn, Said::Broken);
    assert!(turn.has_ended());
}
