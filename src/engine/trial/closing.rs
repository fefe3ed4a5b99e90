//! Sessions that are closed or stopped while something runs.

use std::time::{Duration, Instant};

use pretty_assertions::assert_eq;

use crate::engine::trial::{Play, Stage};
use crate::protocol::call::OutcomeKind;
use crate::protocol::event::{Delta, Ending, Fact, Signal, When};
use crate::protocol::item::Item;
use crate::protocol::op::Op;
use crate::protocol::session::RunLimits;

/// A command that says its own number and lasts; it and what it starts are one group.
const LASTS: &str = r#"{"command":"echo $$ > pid; echo begun; sleep 1000 & wait"}"#;

/// Whether the process that wrote its number is gone.
async fn is_dead(play: &Play) -> bool {
    let text = std::fs::read_to_string(play.folder.join("pid")).unwrap();
    let stat = format!("/proc/{}/stat", text.trim());
    // A killed process is a zombie until it is waited for.
    for _ in 0..200 {
        let alive = std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z "));
        if !alive {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

fn outcomes(facts: &[Fact]) -> Vec<OutcomeKind> {
    facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::ItemAdded {
                item: Item::Result { outcome, .. } | Item::Shell { outcome, .. },
                ..
            } => Some(outcome.kind),
            _ => None,
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_is_quick_at_every_phase() {
    let calls = format!(
        "> tool\n< call bash {LASTS}\n\n> think\n< text: I think\n< pause 100s\n< text: more\n\n> fail\n< error overloaded\n"
    );
    let stage = Stage::new(&calls);
    let mut play = stage.open();
    for (prompt, text) in [("tool", None), ("think", Some("I think")), ("fail", None)] {
        play.say(prompt, When::Turn);
        match prompt {
            "tool" => play.tail("begun").await,
            "think" => {
                play.until(|signal| match signal {
                    Signal::Delta {
                        delta: Delta::Text { text },
                        ..
                    } => text.contains("think").then_some(()),
                    _ => None,
                })
                .await;
            }
            _ => {
                play.until(|signal| match signal {
                    Signal::Delta {
                        delta:
                            Delta::Waiting {
                                what: crate::protocol::event::Waiting::Retry { .. },
                            },
                        ..
                    } => Some(()),
                    _ => None,
                })
                .await;
            }
        }
        let stopped = Instant::now();
        play.send(Op::Interrupt);
        let ending = play.ending().await;
        let took = stopped.elapsed();
        assert!(matches!(ending, Ending::Interrupted { .. }), "{ending:?}");
        // 200 ms are promised; a loaded machine is given more.
        assert!(took < Duration::from_secs(1), "{prompt}: {took:?}");
        let (session, facts) = play.log().await;
        assert!(session.open_calls.is_empty() && session.open_request.is_none());
        assert!(!session.running);
        let kept = facts.iter().rev().find_map(|fact| match fact {
            Fact::ItemAdded {
                item: Item::Answer {
                    text, cut: true, ..
                },
                ..
            } => Some(text.trim().to_owned()),
            _ => None,
        });
        assert!(
            text.is_none_or(|text| kept.as_deref() == Some(text)),
            "{kept:?}"
        );
    }
    assert!(is_dead(&play).await);
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_session_records_how_its_tools_ended() {
    for closes in [true, false] {
        let stage = Stage::new(&format!("> *\n< call bash {LASTS}\n"));
        let mut play = stage.open();
        play.say("go", When::Turn);
        play.tail("begun").await;
        if closes {
            play.send(Op::Close);
            let ending = play.ending().await;
            assert!(matches!(ending, Ending::Interrupted { .. }), "{ending:?}");
            let (session, facts) = play.log().await;
            assert!(!session.running);
            assert_eq!(outcomes(&facts), [OutcomeKind::Cancelled]);
            assert!(is_dead(&play).await);
            play.end().await;
        } else {
            let (session, began) = (play.session, Instant::now());
            play.end().await;
            assert!(began.elapsed() < Duration::from_millis(1900));
            let play = stage.start(stage.engine(false), Some(session));
            // Read, not resumed: what is closed here was closed before the engine ended.
            let (session, facts) = play.log().await;
            assert!(!session.running);
            assert_eq!(outcomes(&facts), [OutcomeKind::Cancelled]);
            assert!(is_dead(&play).await);
            play.end().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_persons_command_can_be_stopped_after_a_turn_began_and_is_recorded() {
    let stage = Stage::new("> *\n< text: hello\n");
    let mut play = stage.open();
    let command = "echo $$ > pid; echo begun; sleep 1000 & wait".to_owned();
    play.send(Op::Shell {
        command: command.clone(),
    });
    play.tail("begun").await;
    play.say("go", When::Turn);
    assert_eq!(play.ending().await, Ending::Finished);
    play.send(Op::Interrupt);
    let stopped = |fact: &Fact| match fact {
        Fact::ItemAdded {
            item: Item::Shell { command, outcome },
            ..
        } => Some((command.clone(), outcome.kind)),
        _ => None,
    };
    assert_eq!(
        play.fact(stopped).await,
        (command.clone(), OutcomeKind::Cancelled)
    );
    assert!(is_dead(&play).await);
    std::fs::remove_file(play.folder.join("pid")).unwrap();

    play.send(Op::Shell {
        command: command.clone(),
    });
    play.tail("begun").await;
    play.send(Op::Close);
    assert_eq!(play.fact(stopped).await, (command, OutcomeKind::Cancelled));
    assert!(is_dead(&play).await);
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_right_after_a_stop_begins_a_turn() {
    let stage = Stage::new(&format!(
        "> tool\n< call bash {LASTS}\n\n> next\n< text: here\n"
    ));
    let mut play = stage.open();
    play.say("tool", When::Turn);
    play.tail("begun").await;
    play.send(Op::Interrupt);
    play.send(Op::Submit {
        blocks: vec![crate::protocol::item::Block::text("next")],
        when: When::Step,
        limits: RunLimits::default(),
    });
    assert!(matches!(play.ending().await, Ending::Interrupted { .. }));
    assert_eq!(play.ending().await, Ending::Finished);
    play.end().await;
}
