//! The machine under random inputs, in any order, late and repeated ones included.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop};
use proptest::{prop_oneof, proptest};

use crate::agent::retry;
use crate::agent::turn::effect::Effect;
use crate::agent::turn::input::{Bill, Decision, Input, Supply};
use crate::agent::turn::{Limits, Opening, Turn};
use crate::protocol::ask::{About, Answer, Guard, Verdict};
use crate::protocol::call::{Outcome, ToolCall};
use crate::protocol::event::{Ending, Fact};
use crate::protocol::failure::{Failure, FailureKind, Stop};
use crate::protocol::id::{AskId, CallId, MessageId, ModelRef};
use crate::protocol::item::{Block, Item, Origin};
use crate::protocol::money::Money;
use crate::protocol::reply::{Part, Reply};
use crate::protocol::rule::By;
use crate::protocol::usage::{Cause, Charge, Usage};

/// A move of the world, chosen at random; numbers pick among what is open, or miss.
#[derive(Debug, Clone)]
pub(crate) enum Move {
    Answer {
        calls: Vec<bool>,
        text: bool,
        stop: Stop,
    },
    Fail {
        kind: FailureKind,
        text: bool,
        supply: Supply,
    },
    /// What was to be asked cools down, or nothing is left to ask.
    Postpone {
        ends: bool,
    },
    Wake,
    Judge {
        which: usize,
        decision: u8,
    },
    AnswerAsk {
        which: usize,
        answer: u8,
    },
    EndTool {
        which: usize,
    },
    Steer {
        id: u32,
    },
    Withdraw {
        id: u32,
    },
    Hold,
    Interrupt {
        speaking: bool,
    },
    Deadline,
}

fn supply() -> impl Strategy<Value = Supply> {
    prop_oneof![
        Just(Supply::One),
        (1..4_u32).prop_map(|endpoints| Supply::Route { endpoints })
    ]
}

pub(crate) fn moves() -> impl Strategy<Value = Vec<Move>> {
    let stop = prop_oneof![
        6 => Just(Stop::Tool), 3 => Just(Stop::End), 1 => Just(Stop::Length), 1 => Just(Stop::Pause), 1 => Just(Stop::Refusal),
    ];
    let kind = prop_oneof![
        Just(FailureKind::Network),
        Just(FailureKind::Auth),
        Just(FailureKind::Rate)
    ];
    let one = prop_oneof![
        4 => (prop::collection::vec(any::<bool>(), 0..12), any::<bool>(), stop)
            .prop_map(|(calls, text, stop)| Move::Answer { calls, text, stop }),
        1 => (kind, any::<bool>(), supply()).prop_map(|(kind, text, supply)| Move::Fail { kind, text, supply }),
        1 => prop::bool::weighted(0.2).prop_map(|ends| Move::Postpone { ends }),
        2 => Just(Move::Wake),
        8 => (0..12_usize, 0..4_u8).prop_map(|(which, decision)| Move::Judge { which, decision }),
        4 => (0..12_usize, 0..7_u8).prop_map(|(which, answer)| Move::AnswerAsk { which, answer }),
        8 => (0..12_usize).prop_map(|which| Move::EndTool { which }),
        2 => (0..4_u32).prop_map(|id| Move::Steer { id }),
        1 => (0..4_u32).prop_map(|id| Move::Withdraw { id }),
        1 => Just(Move::Hold),
        1 => any::<bool>().prop_map(|speaking| Move::Interrupt { speaking }),
        1 => Just(Move::Deadline),
    ];
    prop::collection::vec(one, 0..60)
}

/// Watches the effects and holds the machine to its promises.
#[derive(Default)]
struct Watcher {
    /// Calls made, with whether each has its result.
    calls: BTreeMap<CallId, bool>,
    judging: Vec<CallId>,
    running: Vec<CallId>,
    ever_run: BTreeSet<CallId>,
    asks: Vec<(AskId, bool)>,
    /// Messages steered and not withdrawn or entered.
    steering: BTreeSet<u32>,
    model_out: bool,
    held: bool,
    cut: bool,
    ended: u32,
    /// Steps the model may be asked for at most.
    most_asked: Option<u32>,
    /// The log, as the engine would keep it.
    facts: Vec<Fact>,
}

pub(crate) fn bill() -> Bill {
    Bill {
        model: ModelRef {
            provider: "p".into(),
            model: "m".into(),
        },
        usage: Usage::default(),
        charge: Charge::LOCAL,
        counted: Money::usd(0),
        raw: None,
        millis: 0,
        vitals: None,
        price: None,
    }
}

impl Watcher {
    fn see(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            assert_eq!(self.ended, 0, "{effect:?} after the end");
            match effect {
                Effect::Append(fact) => self.fact(fact),
                Effect::CallModel { step, .. } => {
                    assert!(!self.model_out, "asked twice at once");
                    assert!(
                        self.most_asked.is_none_or(|most| step <= most),
                        "asked for step {step}, past the limit"
                    );
                    assert!(
                        self.calls.values().all(|resolved| *resolved),
                        "asked while a call is open"
                    );
                    self.model_out = true;
                    self.facts.push(Fact::ModelCalled {
                        turn: 1,
                        step,
                        attempt: 1,
                        model: bill().model,
                        reserved: Some(Money::usd(7)),
                        cause: Cause::Work,
                        body: None,
                    });
                }
                Effect::StopModel => self.model_out = false,
                Effect::Judge(call) => self.judging.push(call.id),
                Effect::Run(ToolCall { id, .. }) => {
                    assert!(!self.cut, "ran a call of an answer that was cut");
                    assert!(self.ever_run.insert(id.clone()), "ran {id} twice");
                    assert_eq!(
                        self.calls.get(&id),
                        Some(&false),
                        "ran {id} without an open call"
                    );
                    self.running.push(id);
                    assert!(self.running.len() <= 8, "too many at once");
                }
                Effect::Emit(_) | Effect::StopCalls | Effect::Sleep { .. } => {}
            }
        }
    }

    fn fact(&mut self, fact: Fact) {
        self.facts.push(fact.clone());
        match fact {
            Fact::ItemAdded {
                item: Item::Call(call),
                ..
            } => assert_eq!(self.calls.insert(call.id, false), None),
            Fact::ItemAdded {
                item: Item::Result { call, .. },
                ..
            } => {
                assert_eq!(
                    self.calls.insert(call.clone(), true),
                    Some(false),
                    "{call} got two results, or was never made"
                );
                self.running.retain(|running| *running != call);
            }
            Fact::AskRaised { ask } => self
                .asks
                .push((ask.id, matches!(ask.about, About::Approval(_)))),
            Fact::AskAnswered { ask, .. } | Fact::AskVoided { ask, .. } => {
                let before = self.asks.len();
                self.asks.retain(|(id, _)| *id != ask);
                assert_eq!(self.asks.len() + 1, before, "an answer to no ask");
            }
            Fact::MessageWithdrawn { id, entered } => {
                assert!(entered);
                assert!(
                    self.steering.remove(&id.0),
                    "a message entered that was not waiting"
                );
            }
            Fact::TurnEnded { ending, .. } => {
                self.ended += 1;
                assert!(
                    self.calls.values().all(|resolved| *resolved),
                    "ended with a call open"
                );
                assert!(self.asks.is_empty(), "ended with an ask open");
                assert!(
                    ending != Ending::Finished || self.steering.is_empty(),
                    "finished over a message that steers"
                );
            }
            _ => {}
        }
    }
}

fn approval(call: &CallId) -> crate::protocol::ask::Ask {
    use crate::protocol::ask::{Approval, Ask, Risk, Subject};
    let approval = Approval {
        call: call.clone(),
        tool: "bash".into(),
        subject: Subject::Other {
            arguments: "{}".into(),
        },
        cwd: "/".into(),
        risk: Risk::Low,
        risk_why: String::new(),
        reason: String::new(),
        session_rule: None,
        session_rules_beside: Vec::new(),
        level: None,
        network: false,
        rules: Vec::new(),
        no_rule: None,
        bound: None,
    };
    Ask {
        id: AskId(format!("{call}:x")),
        about: About::Approval(approval),
    }
}

pub(crate) fn play(moves: Vec<Move>, max_steps: Option<u32>) -> Vec<Fact> {
    let limits = Limits {
        max_steps,
        attempts: retry::ATTEMPTS,
        patient: false,
    };
    let readers: Arc<[String]> = Arc::new(["read".to_owned()]);
    let opening = Opening {
        entering: vec![(MessageId(100), vec![Block::text("before")])],
        prompt: Some((vec![Block::text("go")], Origin::Person)),
    };
    let (mut turn, effects) = Turn::begin(1, opening, limits, readers);
    let mut watcher = Watcher {
        most_asked: max_steps,
        steering: BTreeSet::from([100]),
        ..Watcher::default()
    };
    watcher.see(effects);
    for next in moves {
        let input = match next {
            Move::Answer { calls, text, stop } => {
                let mut parts = Vec::new();
                if text {
                    parts.push(Part::Text {
                        text: "x".into(),
                        opaque: None,
                    });
                }
                for reads in calls {
                    let name = if reads { "read" } else { "bash" };
                    parts.push(Part::Call {
                        wire_id: None,
                        name: name.into(),
                        arguments: "{}".into(),
                        opaque: None,
                    });
                }
                watcher.cut = matches!(stop, Stop::Length | Stop::Refusal);
                if watcher.model_out && !watcher.held {
                    watcher.model_out = false;
                } else {
                    watcher.cut = false;
                }
                Input::Answered {
                    reply: Reply {
                        parts,
                        stop: Some(stop),
                        ..Reply::default()
                    },
                    bill: bill(),
                }
            }
            Move::Fail { kind, text, supply } => {
                if !watcher.held {
                    watcher.model_out = false;
                }
                let parts = if text {
                    vec![Part::Text {
                        text: "x".into(),
                        opaque: None,
                    }]
                } else {
                    Vec::new()
                };
                let partial = Reply {
                    parts,
                    ..Reply::default()
                };
                Input::Failed {
                    failure: Failure::new(kind, "x"),
                    partial,
                    bill: bill(),
                    jitter: 0,
                    supply,
                }
            }
            Move::Postpone { ends } => {
                // The call that was about to go out is not made.
                if watcher.model_out {
                    watcher.model_out = false;
                    watcher.facts.pop();
                }
                let failure = Failure::new(FailureKind::Rate, "x");
                if ends {
                    Input::NoWay(failure)
                } else {
                    Input::Postponed {
                        failure,
                        wait: Duration::from_secs(1),
                    }
                }
            }
            Move::Wake => Input::Woke,
            Move::Judge { which, decision } => {
                let call = watcher
                    .judging
                    .get(which)
                    .cloned()
                    .unwrap_or(CallId("nobody".into()));
                watcher.judging.retain(|judging| *judging != call);
                let decision = match decision {
                    0 => Decision::Allow(By::Person),
                    1 => Decision::Ask(approval(&call)),
                    2 => Decision::Deny("no".into(), By::Person),
                    _ => Decision::Invalid("what".into()),
                };
                Input::Judged { call, decision }
            }
            Move::AnswerAsk { which, answer } => {
                let ask = watcher
                    .asks
                    .get(which)
                    .map_or(AskId("nobody".into()), |(ask, _)| ask.clone());
                let answer = match answer {
                    0 => Answer::Verdict {
                        verdict: Verdict::Once,
                    },
                    1 => Answer::Verdict {
                        verdict: Verdict::Session,
                    },
                    2 => Answer::Verdict {
                        verdict: Verdict::No { reason: None },
                    },
                    3 => Answer::Verdict {
                        verdict: Verdict::Edited {
                            arguments: "{\"x\":1}".into(),
                        },
                    },
                    4 => Answer::Proceed,
                    5 => Answer::Raise { by: Money::usd(1) },
                    _ => Answer::End,
                };
                Input::AskAnswered { ask, answer }
            }
            Move::EndTool { which } => {
                let call = watcher
                    .running
                    .get(which)
                    .cloned()
                    .unwrap_or(CallId("nobody".into()));
                Input::Ended {
                    call,
                    outcome: Outcome::done("ok"),
                }
            }
            Move::Steer { id } => {
                if turn.has_ended() || !watcher.steering.insert(id) {
                    continue;
                }
                Input::Steered {
                    id: MessageId(id),
                    blocks: vec![Block::text("steer")],
                }
            }
            Move::Withdraw { id } => {
                watcher.steering.remove(&id);
                Input::Withdrawn { id: MessageId(id) }
            }
            Move::Hold => {
                // The call that was about to go out is held back.
                if watcher.model_out {
                    watcher.model_out = false;
                    watcher.facts.pop();
                }
                Input::Held(About::Guard {
                    guard: Guard::Loop,
                    text: "x".into(),
                })
            }
            Move::Interrupt { speaking } => {
                let partial = speaking.then(|| {
                    (
                        Reply {
                            parts: vec![Part::Text {
                                text: "so".into(),
                                opaque: None,
                            }],
                            ..Reply::default()
                        },
                        bill(),
                    )
                });
                Input::Interrupt {
                    partial,
                    why: "stop".into(),
                }
            }
            Move::Deadline => Input::Deadline,
        };
        let effects = turn.step(input);
        watcher.see(effects);
        assert_eq!(watcher.ended > 0, turn.has_ended());
    }
    // Whatever came, an interruption and its deadline end the turn.
    watcher.see(turn.step(Input::Interrupt {
        partial: None,
        why: "stop".into(),
    }));
    watcher.see(turn.step(Input::Deadline));
    assert_eq!(watcher.ended, 1);
    assert_eq!(turn.step(Input::Woke), []);
    watcher.facts
}

pub(crate) fn cases() -> u32 {
    std::env::var("CREEL_SOAK")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(2_000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_machine_keeps_its_promises(moves in moves(), max_steps in prop::option::of(1..4_u32)) {
        play(moves, max_steps);
    }
}
