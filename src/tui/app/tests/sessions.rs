//! Sessions: begun, opened, steered, stopped, left.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::agent::session::Session;
use crate::protocol::effort::Effort;
use crate::protocol::event::{Delta, Ending, Event, Fact, Signal, When};
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::id::{MessageId, Seq};
use crate::protocol::item::{Block, Item, Origin};
use crate::protocol::op::Op;
use crate::protocol::query::Found;
use crate::protocol::rule::Mode;
use crate::protocol::session::{Change, OpenRequest, SessionSpec};
use crate::protocol::time::Time;
use crate::tui::app::message::{Cmd, Msg, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::setup::{Opened, Setup};
use crate::tui::app::tests::{Desk, id, model, now, ops, submit};
use crate::tui::app::view::Stage;
use crate::tui::app::{App, Focus};

#[test]
fn the_first_prompt_begins_the_session() {
    let mut desk = Desk::new();
    desk.key(KeyCode::BackTab, KeyModifiers::SHIFT);
    desk.typed("mend it");
    let cmds = desk.press(KeyCode::Enter);
    assert_eq!(
        ops(&cmds),
        [
            Op::Open {
                request: OpenRequest {
                    cwd: PathBuf::from("/src/api"),
                    model: model("anthropic/sonnet"),
                    mode: Mode::Edits,
                    worktree: None,
                    effort: None,
                }
            },
            submit("mend it", When::Step)
        ]
    );
    assert_eq!(desk.app.view().stage, Stage::Opening);
    assert_eq!(desk.written(), "");
}

#[test]
fn a_session_that_could_not_begin_gives_the_text_back() {
    let mut desk = Desk::new();
    desk.typed("mend it");
    let cmds = desk.press(KeyCode::Enter);
    let session = desk.app.view().id;
    let refused = |command: &crate::protocol::op::Command, why: &str| Signal::Refused {
        command: command.id,
        session,
        why: why.to_owned(),
    };
    let signals = cmds
        .iter()
        .filter_map(|cmd| match cmd {
            Cmd::Send(command) => Some(command),
            _ => None,
        })
        .zip(["no key for anthropic", "no such session"])
        .map(|(command, why)| refused(command, why))
        .collect();
    desk.update(Msg::Signals(signals));
    assert_eq!(desk.written(), "mend it");
    assert_eq!(desk.app.note.as_ref().unwrap().text, "no key for anthropic");
    assert_eq!(desk.app.view().stage, Stage::Fresh);
}

#[test]
fn without_a_model_the_text_stays_and_the_ways_are_offered() {
    let setup = Setup {
        cwd: PathBuf::from("/src"),
        ..Setup::default()
    };
    let mut desk = Desk {
        app: App::new(setup, (100, 30), now(0)),
        millis: 0,
        seq: 0,
    };
    assert!(desk.app.first_run.is_some());
    desk.press(KeyCode::Esc);
    desk.typed("mend it");
    assert_eq!(desk.press(KeyCode::Enter), []);
    assert!(desk.app.first_run.is_some());
    assert_eq!(desk.written(), "mend it");
    desk.press(KeyCode::Enter);
    let cmds = desk.update(Msg::Tour(Ok(PathBuf::from("/tmp/tour"))));
    assert_eq!(cmds, [Cmd::LookAt(PathBuf::from("/tmp/tour"))]);
    assert_eq!(
        desk.written(),
        "The tide is wrong. Find out why and mend it."
    );
    assert_eq!(desk.app.view().model(), Some(&model("rehearsal/tour")));
}

#[test]
fn two_keys_to_a_running_tour() {
    let mut desk = Desk {
        app: App::new(Setup::default(), (100, 30), now(0)),
        millis: 0,
        seq: 0,
    };
    assert_eq!(desk.press(KeyCode::Enter), [Cmd::Tour]);
    desk.update(Msg::Tour(Ok(PathBuf::from("/tmp/tour"))));
    let sent = ops(&desk.press(KeyCode::Enter));
    assert_eq!(
        sent.last(),
        Some(&submit(
            "The tide is wrong. Find out why and mend it.",
            When::Step
        ))
    );
}

#[test]
fn steering_queueing_and_taking_back() {
    let mut desk = Desk::running();
    desk.typed("also 429");
    assert_eq!(
        ops(&desk.press(KeyCode::Enter)),
        [submit("also 429", When::Step)]
    );
    desk.typed("then clippy");
    assert_eq!(
        ops(&desk.press(KeyCode::Tab)),
        [submit("then clippy", When::Turn)]
    );
    desk.typed("x");
    assert_eq!(
        ops(&desk.key(KeyCode::Enter, KeyModifiers::ALT)),
        [submit("x", When::Turn)]
    );
    desk.fact(Fact::MessageQueued {
        id: MessageId(1),
        blocks: vec![Block::text("then clippy")],
        when: When::Turn,
    });
    desk.typed("now");
    assert_eq!(
        ops(&desk.key(KeyCode::Up, KeyModifiers::ALT)),
        [Op::Withdraw {
            message: MessageId(1)
        }]
    );
    assert_eq!(desk.written(), "then clippy\nnow");
    // Pressed again before the log says so: not twice.
    assert_eq!(ops(&desk.key(KeyCode::Up, KeyModifiers::ALT)), []);
    assert_eq!(desk.written(), "then clippy\nnow");
}

#[test]
fn what_a_stopped_turn_leaves_queued_comes_back_by_enter() {
    let mut desk = Desk::running();
    for (number, text) in [(1, "then clippy"), (2, "then fmt")] {
        desk.fact(Fact::MessageQueued {
            id: MessageId(number),
            blocks: vec![Block::text(text)],
            when: When::Turn,
        });
    }
    assert_eq!(ops(&desk.press(KeyCode::Enter)), [], "it goes on by itself");
    desk.fact(Fact::TurnEnded {
        turn: 1,
        ending: Ending::interrupted("during step 1"),
    });
    desk.wait(2_000);
    let back = [2, 1].map(|number| Op::Withdraw {
        message: MessageId(number),
    });
    assert_eq!(ops(&desk.press(KeyCode::Enter)), back);
    assert_eq!(desk.written(), "then clippy\nthen fmt");
}

#[test]
fn esc_twice_stops_and_once_does_not() {
    let mut desk = Desk::running();
    assert_eq!(desk.press(KeyCode::Esc), []);
    desk.wait(1_500);
    assert_eq!(desk.press(KeyCode::Esc), []);
    desk.wait(500);
    assert_eq!(ops(&desk.press(KeyCode::Esc)), [Op::Interrupt]);
    desk.typed("half");
    assert_eq!(desk.written(), "half", "typing goes on");
    desk.press(KeyCode::Esc);
    assert_eq!(desk.app.focus, Focus::Composer, "a text is not left");
    desk.app.view_mut().composer.clear();
    desk.wait(2_000);
    desk.fact(Fact::TurnEnded {
        turn: 1,
        ending: Ending::Finished,
    });
    desk.press(KeyCode::Esc);
    assert_eq!(desk.app.focus, Focus::Transcript);
    desk.typed("i");
    assert_eq!(desk.app.focus, Focus::Composer);
    assert_eq!(desk.written(), "");
}

#[test]
fn ctrl_c_clears_then_stops_then_quits() {
    let mut desk = Desk::running();
    desk.typed("text");
    assert_eq!(ops(&desk.ctrl('c')), []);
    assert_eq!(desk.written(), "");
    desk.wait(1_000);
    assert_eq!(ops(&desk.ctrl('c')), [Op::Interrupt]);
    desk.ctrl('c');
    assert!(
        matches!(desk.app.overlay, Some(Overlay::Quit(_))),
        "something runs: asked"
    );
    assert_eq!(desk.press(KeyCode::Enter), [], "the no is marked first");
    assert!(desk.app.overlay.is_none());
    desk.wait(2_000);
    desk.ctrl('c');
    desk.ctrl('c');
    assert!(desk.press(KeyCode::Char('y')).contains(&Cmd::Quit));

    let mut idle = Desk::open();
    assert_eq!(idle.ctrl('c'), []);
    idle.millis += 999;
    assert!(idle.ctrl('c').contains(&Cmd::Quit));
}

#[test]
fn an_unbound_leader_key_does_nothing_and_says_so() {
    let mut desk = Desk::open();
    desk.ctrl('x');
    assert_eq!(desk.typed("Z"), []);
    assert_eq!(desk.written(), "");
    assert!(desk.app.note.as_ref().unwrap().text.contains("^X Z"));
    desk.wait(10_000);
    assert_eq!(desk.app.note, None);
}

#[test]
fn a_failure_goes_on_only_with_the_focus() {
    let mut desk = Desk::running();
    desk.fact(Fact::TurnEnded {
        turn: 1,
        ending: Ending::Failed {
            failure: Failure::new(FailureKind::Network, "no way to api.anthropic.com"),
        },
    });
    assert_eq!(ops(&desk.press(KeyCode::Enter)), []);
    desk.press(KeyCode::Tab);
    assert_eq!(ops(&desk.press(KeyCode::Enter)), [], "not quiet yet");
    desk.wait(400);
    assert_eq!(ops(&desk.press(KeyCode::Enter)), [Op::Again]);
    assert_eq!(desk.app.focus, Focus::Composer);
}

#[test]
fn commands_of_the_composer() {
    let mut desk = Desk::open();
    desk.typed("/mode edits");
    assert_eq!(
        ops(&desk.press(KeyCode::Enter)),
        [Op::Change {
            change: Change::Mode { mode: Mode::Edits }
        }]
    );
    assert_eq!(desk.written(), "");
    for (typed, effort) in [("high", Some(Effort::High)), ("default", None)] {
        desk.typed(&format!("/effort {typed}"));
        assert_eq!(
            ops(&desk.press(KeyCode::Enter)),
            [Op::Change {
                change: Change::Effort { effort }
            }]
        );
    }
    desk.typed("/effort xhigh");
    assert_eq!(ops(&desk.press(KeyCode::Enter)), []);
    desk.app.view_mut().composer.clear();
    desk.typed("/nosuch");
    desk.press(KeyCode::Enter);
    assert_eq!(desk.written(), "/nosuch", "what was typed is kept");
    desk.app.view_mut().composer.clear();
    desk.typed("/he");
    desk.press(KeyCode::Enter);
    assert!(matches!(desk.app.overlay, Some(Overlay::Help(_))));
    desk.press(KeyCode::Esc);
    desk.typed("! ls");
    assert_eq!(
        ops(&desk.press(KeyCode::Enter)),
        [Op::Shell {
            command: "ls".to_owned()
        }]
    );
    desk.typed("?");
    assert!(matches!(desk.app.overlay, Some(Overlay::Help(_))));
}

#[test]
fn drafts_are_saved_when_the_fingers_rest() {
    let mut desk = Desk::open();
    desk.wait(1_000);
    desk.typed("half");
    assert_eq!(desk.app.wake(), Some(Duration::from_millis(1_500)));
    let session = Some(desk.app.view().id);
    assert_eq!(
        desk.wait(500),
        [Cmd::SaveDraft {
            session,
            text: "half".to_owned()
        }]
    );
    assert_eq!(desk.app.wake(), None, "then nothing wakes");
}

#[test]
fn a_text_is_kept_however_soon_one_leaves() {
    let mut desk = Desk::open();
    desk.typed("half");
    desk.millis = 20;
    let session = Some(desk.app.view().id);
    let kept = Cmd::SaveDraft {
        session,
        text: "half".to_owned(),
    };
    assert!(desk.app.quit_now().contains(&kept));
}

#[test]
fn nothing_wakes_an_idle_workstation() {
    let mut desk = Desk::open();
    desk.wait(10_000);
    assert_eq!(desk.app.wake(), None);
    let mut running = Desk::running();
    running.wait(2_300);
    assert_eq!(running.app.wake(), Some(Duration::from_secs(3)));
}

#[test]
fn a_past_session_is_read_in_pages_and_folded() {
    let mut desk = Desk::open();
    let past = id(77);
    let cmds = desk.app.open(past, None);
    assert_eq!(ops(&cmds), [Op::Resume]);
    let event = |seq: u64, fact: Fact| Event {
        seq: Seq(seq),
        session: past,
        at: Time(0),
        fact,
    };
    let opened = event(
        500,
        Fact::SessionOpened {
            spec: SessionSpec {
                cwd: PathBuf::from("/src/other"),
                project: PathBuf::from("/src/other"),
                model: model("a/b"),
                mode: Mode::Plan,
                effort: None,
                system: String::new(),
                parent: None,
                worktree: None,
                forked: None,
                source: None,
            },
        },
    );
    let prompt = event(
        501,
        Fact::ItemAdded {
            turn: 1,
            step: 0,
            item: Item::Prompt {
                blocks: vec![Block::text("old words")],
                origin: Origin::Person,
            },
            imported: None,
        },
    );
    let page = vec![opened, prompt];
    let folded = serde_json::to_string(&Session::fold(None, &page).unwrap()).unwrap();
    desk.update(Msg::Found(Tag::Newest(past), Found::History(page.clone())));
    // Heard while the fold is still being read.
    desk.update(Msg::Signals(vec![Signal::Event(Box::new(event(
        502,
        Fact::TurnStarted { turn: 2 },
    )))]));
    desk.update(Msg::Found(Tag::Fold(past), Found::Fold(Some(folded))));
    let view = desk.app.view();
    assert_eq!((view.id, view.stage), (past, Stage::Live));
    assert_eq!(view.mode(now(0).wall), Mode::Plan);
    assert_eq!(view.transcript.entries().len(), 1);
    assert!(view.running());
}

#[test]
fn streamed_text_gives_way_to_the_fact() {
    let mut desk = Desk::running();
    let session = desk.app.view().id;
    desk.update(Msg::Signals(vec![Signal::Delta {
        session,
        delta: Delta::Text {
            text: "Let me".to_owned(),
        },
    }]));
    assert_eq!(desk.app.view().live.text, "Let me");
    desk.fact(Fact::ItemAdded {
        turn: 1,
        step: 1,
        item: Item::Answer {
            text: "Let me look.".to_owned(),
            cut: false,
            opaque: None,
        },
        imported: None,
    });
    assert_eq!(desk.app.view().live.text, "");
}

#[test]
fn keys_typed_before_the_engine_are_kept() {
    let setup = Setup {
        model: Some(model("a/b")),
        ..Setup::default()
    };
    let mut app = App::new(setup, (80, 24), now(0));
    for c in "early".chars() {
        app.update(Msg::Key(KeyEvent::from(KeyCode::Char(c))), now(1));
    }
    app.update(Msg::Ready(Opened::default()), now(2));
    let session = app.view().id;
    app.update(
        Msg::Found(Tag::Draft(session), Found::Draft(Some("old".to_owned()))),
        now(3),
    );
    assert_eq!(app.view().composer.plain(), "early");
}

#[test]
fn a_session_that_another_process_holds_is_read_and_tried_again() {
    let mut desk = Desk::open();
    let past = id(78);
    let cmds = desk.app.open(past, None);
    let Some(Cmd::Send(resume)) = cmds.first() else {
        panic!("{cmds:?}");
    };
    let refused = Signal::Refused {
        command: resume.id,
        session: past,
        why: "it runs in process 4711".to_owned(),
    };
    desk.update(Msg::Signals(vec![refused]));
    assert_eq!(
        desk.app
            .view()
            .read_only
            .as_ref()
            .map(|held| held.why.as_str()),
        Some("it runs in process 4711")
    );
    desk.app.view_mut().model = Some(model("a/b"));
    desk.typed("hello");
    let sent = ops(&desk.press(KeyCode::Enter));
    assert_eq!(sent, [Op::Resume, submit("hello", When::Step)]);
}

#[test]
fn the_page_of_a_new_session_knows_those_of_a_moment_ago() {
    let asks = |cmds: &[Cmd]| {
        let recent = |cmd: &&Cmd| matches!(cmd, Cmd::Ask(Tag::Recent, _));
        cmds.iter().filter(recent).count()
    };
    let mut desk = Desk::open();
    assert_eq!(asks(&desk.fact(Fact::TurnStarted { turn: 1 })), 0);
    let ending = Ending::Finished;
    let ended = desk.fact(Fact::TurnEnded { turn: 1, ending });
    assert_eq!(asks(&ended), 0, "nobody sees it yet");
    desk.ctrl('x');
    assert_eq!(asks(&desk.char('n')), 1);
    assert_eq!(asks(&desk.wait(5_000)), 0, "once for what has changed");
}
