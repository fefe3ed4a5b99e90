#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::PathBuf;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use uuid::Uuid;

use crate::protocol::ask::{About, Answer, Approval, Ask, Risk, Subject, Verdict};
use crate::protocol::event::{Delta, Ending, Event, Fact, Signal, When};
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::id::{AskId, CallId, MessageId, ModelRef, Seq, SessionId};
use crate::protocol::item::{Block, Item, Origin};
use crate::protocol::op::Op;
use crate::protocol::query::Found;
use crate::protocol::rule::Mode;
use crate::protocol::session::{Change, OpenRequest, RunLimits, SessionSpec};
use crate::protocol::time::Time;
use crate::tui::app::first_run::Page;
use crate::tui::app::overlay::Overlay;
use crate::tui::app::setup::{Now, Setup};
use crate::tui::app::view::Stage;
use crate::tui::app::{App, Cmd, Focus, Msg, Seen, Tag};

fn id(n: u128) -> SessionId {
    SessionId(Uuid::from_u128(n))
}

fn model(text: &str) -> ModelRef {
    text.parse().unwrap()
}

/// The workstation in a test: keys with a clock that the test moves.
struct Desk {
    app: App,
    millis: u64,
    seq: u64,
}

impl Desk {
    fn new() -> Self {
        let setup = Setup {
            cwd: PathBuf::from("/src/api"),
            model: Some(model("anthropic/sonnet")),
            mode: Mode::Ask,
            ..Setup::default()
        };
        let mut desk = Self {
            app: App::new(setup, (100, 30), now(0)),
            millis: 0,
            seq: 0,
        };
        desk.update(Msg::Ready(Vec::new()));
        desk
    }

    /// One with a session that was opened.
    fn open() -> Self {
        let mut desk = Self::new();
        desk.typed("go");
        desk.press(KeyCode::Enter);
        let session = desk.app.view().id;
        desk.fact(Fact::SessionOpened {
            spec: SessionSpec {
                cwd: PathBuf::from("/src/api"),
                project: PathBuf::from("/src/api"),
                model: model("anthropic/sonnet"),
                mode: Mode::Ask,
                system: String::new(),
                parent: None,
            },
        });
        assert_eq!(desk.app.view().id, session);
        desk
    }

    fn running() -> Self {
        let mut desk = Self::open();
        desk.fact(Fact::TurnStarted { turn: 1 });
        desk.fact(Fact::ItemAdded {
            turn: 1,
            step: 0,
            item: Item::Prompt {
                blocks: vec![Block::text("go")],
                origin: Origin::Person,
            },
        });
        desk
    }

    /// A message, and the frame that follows it.
    fn update(&mut self, msg: Msg) -> Vec<Cmd> {
        let mut cmds = self.app.update(msg, now(self.millis));
        let anchor = self.app.view().scroll.anchor;
        cmds.extend(self.app.update(
            Msg::Drawn(Seen {
                last_line: true,
                anchor,
                at_top: false,
                rows: 20,
                composer_width: 90,
                ask_scroll_max: 0,
            }),
            now(self.millis),
        ));
        cmds
    }

    fn key(&mut self, code: KeyCode, modifiers: KeyModifiers) -> Vec<Cmd> {
        self.update(Msg::Key(KeyEvent::new(code, modifiers)))
    }

    fn press(&mut self, code: KeyCode) -> Vec<Cmd> {
        self.key(code, KeyModifiers::NONE)
    }

    fn alt(&mut self, c: char) -> Vec<Cmd> {
        self.key(KeyCode::Char(c), KeyModifiers::ALT)
    }

    fn ctrl(&mut self, c: char) -> Vec<Cmd> {
        self.key(KeyCode::Char(c), KeyModifiers::CONTROL)
    }

    fn typed(&mut self, text: &str) -> Vec<Cmd> {
        text.chars()
            .flat_map(|c| self.press(KeyCode::Char(c)))
            .collect()
    }

    fn wait(&mut self, millis: u64) -> Vec<Cmd> {
        self.millis += millis;
        self.update(Msg::Tick)
    }

    fn fact(&mut self, fact: Fact) -> Vec<Cmd> {
        let session = self.app.view().id;
        self.fact_of(session, fact)
    }

    fn fact_of(&mut self, session: SessionId, fact: Fact) -> Vec<Cmd> {
        self.seq += 1;
        let event = Event {
            seq: Seq(self.seq),
            session,
            at: Time(self.millis as i64),
            fact,
        };
        self.update(Msg::Signals(vec![Signal::Event(Box::new(event))]))
    }

    fn ask(&mut self, name: &str, risk: Risk) {
        self.fact(Fact::AskRaised {
            ask: approval(name, risk),
        });
    }

    fn written(&self) -> String {
        self.app.view().composer.plain()
    }

    fn asking(&self) -> Option<&str> {
        match &self.app.focus {
            Focus::Ask(ask) => Some(&ask.ask.id.0),
            _ => None,
        }
    }
}

fn now(millis: u64) -> Now {
    Now {
        wall: Time(millis as i64),
        since: Duration::from_millis(millis),
        fresh: id(u128::from(millis) + 1_000_000),
    }
}

fn approval(name: &str, risk: Risk) -> Ask {
    Ask {
        id: AskId(name.to_owned()),
        about: About::Approval(Approval {
            call: CallId::new(1, 1, 1),
            tool: "bash".to_owned(),
            subject: Subject::Command {
                argv: vec!["bash".to_owned(), "-c".to_owned(), "cargo test".to_owned()],
                parts: vec!["cargo test".to_owned()],
            },
            cwd: PathBuf::from("/src/api"),
            risk,
            risk_why: "runs a program".to_owned(),
            reason: "mode ask".to_owned(),
            session_rule: Some("Bash(cargo test)".to_owned()),
        }),
    }
}

fn ops(cmds: &[Cmd]) -> Vec<Op> {
    cmds.iter()
        .flat_map(|cmd| match cmd {
            Cmd::Send(command) => vec![command.op.clone()],
            _ => Vec::new(),
        })
        .collect()
}

fn verdict(verdict: Verdict) -> Answer {
    Answer::Verdict { verdict }
}

fn submit(text: &str, when: When) -> Op {
    Op::Submit {
        blocks: vec![Block::text(text)],
        when,
        limits: RunLimits::default(),
    }
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

#[test]
fn a_thousand_asks_while_typing_answer_none_and_lose_no_key() {
    const PROSE: &str = "yes, no and y n s N e d 1 2 3: whatever an ask would take as a key\n";
    let mut desk = Desk::running();
    let mut dice = Dice(7);
    let mut expected = String::new();
    let mut sent = Vec::new();
    let (mut asks, mut voided) = (0, 0);
    let mut prose = PROSE.chars().cycle();
    while asks < 1_000 {
        // Twelve keys a second, more or less.
        desk.millis += 40 + dice.below(90);
        match dice.below(4) {
            0 => {
                asks += 1;
                let risk = [Risk::Low, Risk::Medium, Risk::High][dice.below(3) as usize];
                desk.ask(&format!("ask-{asks}"), risk);
            }
            1 if voided < asks && dice.below(3) == 0 => {
                voided += 1;
                desk.fact(Fact::AskVoided {
                    ask: AskId(format!("ask-{voided}")),
                    why: "the call was withdrawn".to_owned(),
                });
            }
            _ => {}
        }
        let cmds = match prose.next().unwrap() {
            '\n' => {
                let cmds = desk.press(KeyCode::Enter);
                if !expected.trim().is_empty() {
                    sent.push(std::mem::take(&mut expected));
                }
                cmds
            }
            c => {
                expected.push(c);
                desk.press(KeyCode::Char(c))
            }
        };
        for op in ops(&cmds) {
            assert!(
                matches!(op, Op::Submit { .. }),
                "answered by typing: {op:?}"
            );
        }
        assert_eq!(desk.asking(), None, "an ask took the focus");
        assert_eq!(desk.written(), expected);
    }
    assert!(!sent.is_empty());
}

#[test]
fn a_thousand_asks_with_the_focus_answer_only_after_a_quiet() {
    let mut desk = Desk::running();
    let mut dice = Dice(11);
    for n in 0..1_000 {
        let name = format!("ask-{n}");
        desk.ask(&name, Risk::Low);
        desk.millis += dice.below(2_000);
        desk.alt('a');
        let quiet = dice.below(800);
        desk.millis += quiet;
        let cmds = desk.press(KeyCode::Char('y'));
        let answered = ops(&cmds);
        if quiet < 400 {
            assert_eq!(answered, [], "after {quiet} ms");
            assert_eq!(desk.asking(), Some(name.as_str()));
            desk.press(KeyCode::Esc);
            assert_eq!(desk.written(), "");
        } else {
            assert_eq!(
                answered,
                [Op::Answer {
                    ask: AskId(name.clone()),
                    answer: verdict(Verdict::Once)
                }],
                "after {quiet} ms"
            );
        }
        desk.fact(Fact::AskVoided {
            ask: AskId(name),
            why: String::new(),
        });
    }
}

#[test]
fn keys_of_an_ask() {
    type Keys = &'static [KeyCode];
    use KeyCode::{Char, Down, Enter, Esc};
    let cases: &[(&str, Risk, Keys, Option<Verdict>)] = &[
        ("once", Risk::Low, &[Char('y')], Some(Verdict::Once)),
        ("full-width", Risk::Low, &[Char('ｙ')], Some(Verdict::Once)),
        ("by number", Risk::Low, &[Char('1')], Some(Verdict::Once)),
        (
            "full-width number",
            Risk::Medium,
            &[Char('２')],
            Some(Verdict::Session),
        ),
        (
            "by arrows",
            Risk::Low,
            &[Down, Down, Enter],
            Some(Verdict::Session),
        ),
        ("enter alone", Risk::Low, &[Enter], None),
        ("session", Risk::Low, &[Char('s')], Some(Verdict::Session)),
        (
            "no",
            Risk::High,
            &[Char('n')],
            Some(Verdict::No { reason: None }),
        ),
        ("high once", Risk::High, &[Char('y')], None),
        ("high twice y", Risk::High, &[Char('y'), Char('y')], None),
        ("high", Risk::High, &[Char('y'), Enter], Some(Verdict::Once)),
        (
            "high session",
            Risk::High,
            &[Char('s'), Enter],
            Some(Verdict::Session),
        ),
        ("high by arrows", Risk::High, &[Down, Enter], None),
        (
            "high, arrows, twice",
            Risk::High,
            &[Down, Enter, Enter],
            Some(Verdict::Once),
        ),
        (
            "high, another key between",
            Risk::High,
            &[Char('y'), Esc, Enter],
            None,
        ),
        ("esc never decides", Risk::Low, &[Esc], None),
        ("an unknown letter", Risk::Low, &[Char('z')], None),
        (
            "no with a reason",
            Risk::Low,
            &[Char('N'), Char('y'), Char('y'), Enter],
            Some(Verdict::No {
                reason: Some("yy".to_owned()),
            }),
        ),
        (
            "no without one",
            Risk::Low,
            &[Char('N'), Enter],
            Some(Verdict::No { reason: None }),
        ),
        (
            "a reason given up",
            Risk::Low,
            &[Char('N'), Char('y'), Esc, Char('y')],
            None,
        ),
        (
            "edited",
            Risk::Low,
            &[Char('e'), Char('s'), Enter],
            Some(Verdict::Edited {
                arguments: r#"{"command":"cargo tests"}"#.to_owned(),
            }),
        ),
        (
            "details need a new quiet",
            Risk::Low,
            &[Char('d'), Char('y')],
            None,
        ),
    ];
    for (name, risk, keys, expected) in cases {
        let mut desk = Desk::running();
        desk.ask("a", *risk);
        desk.alt('a');
        desk.wait(400);
        let cmds: Vec<Cmd> = keys.iter().flat_map(|&key| desk.press(key)).collect();
        let expected: Vec<Op> = expected
            .iter()
            .map(|given| Op::Answer {
                ask: AskId("a".to_owned()),
                answer: verdict(given.clone()),
            })
            .collect();
        assert_eq!(ops(&cmds), expected, "{name}");
    }
}

#[test]
fn an_ask_is_not_ready_before_its_last_line_was_seen() {
    let mut desk = Desk::running();
    desk.ask("a", Risk::Low);
    let mut app = desk.app.clone();
    app.update(
        Msg::Key(KeyEvent::new(KeyCode::Char('a'), KeyModifiers::ALT)),
        now(0),
    );
    let key = |app: &mut App, millis| {
        ops(&app.update(Msg::Key(KeyEvent::from(KeyCode::Char('y'))), now(millis)))
    };
    app.update(Msg::Drawn(Seen::default()), now(1));
    assert_eq!(key(&mut app, 5_000), []);
    let seen = Seen {
        last_line: true,
        ..Seen::default()
    };
    app.update(Msg::Drawn(seen), now(6_000));
    assert_eq!(key(&mut app, 6_399), []);
    assert_eq!(key(&mut app, 6_798), []);
    assert_eq!(key(&mut app, 7_198).len(), 1);
}

#[test]
fn pastes_clicks_and_modified_keys_answer_nothing() {
    let mut desk = Desk::running();
    desk.ask("a", Risk::Low);
    desk.alt('a');
    desk.wait(400);
    assert_eq!(desk.update(Msg::Paste("y".to_owned())), []);
    desk.wait(400);
    assert_eq!(desk.alt('y'), []);
    desk.wait(400);
    assert_eq!(desk.ctrl('y'), []);
    desk.wait(400);
    assert_eq!(desk.key(KeyCode::BackTab, KeyModifiers::SHIFT), []);
    desk.wait(399);
    assert_eq!(desk.update(Msg::Focus(true)), []);
    desk.wait(10);
    assert_eq!(desk.press(KeyCode::Char('y')), []);
    assert_eq!(desk.asking(), Some("a"));
    assert_eq!(desk.written(), "");
    assert_eq!(desk.app.view().mode(), Mode::Ask);
}

#[test]
fn an_ask_that_is_no_more_goes_grey_and_takes_no_answer() {
    let mut desk = Desk::running();
    desk.ask("a", Risk::Low);
    desk.ask("b", Risk::Low);
    desk.alt('a');
    desk.wait(400);
    desk.fact(Fact::AskVoided {
        ask: AskId("a".to_owned()),
        why: "the call was withdrawn".to_owned(),
    });
    assert_eq!(desk.press(KeyCode::Char('y')), []);
    desk.wait(400);
    assert_eq!(desk.press(KeyCode::Char('y')), []);
    desk.alt('a');
    assert_eq!(desk.asking(), Some("b"));
    assert_eq!(
        desk.press(KeyCode::Char('y')),
        [],
        "the next one needs a new quiet"
    );
}

#[test]
fn the_focus_goes_back_to_where_it_was_with_the_text_as_it_was() {
    let mut desk = Desk::running();
    desk.typed("half a sen");
    desk.press(KeyCode::Left);
    desk.ask("a", Risk::Low);
    desk.alt('a');
    desk.wait(400);
    let cmds = desk.press(KeyCode::Char('y'));
    assert_eq!(ops(&cmds).len(), 1);
    desk.typed("X");
    assert_eq!(desk.written(), "half a seXn");
    assert!(desk.app.waiting().is_empty(), "its answer is on its way");
}

#[test]
fn what_is_written_is_the_reason_of_a_no() {
    let mut desk = Desk::running();
    desk.typed("not in ci");
    desk.ask("a", Risk::Low);
    desk.alt('a');
    desk.wait(400);
    desk.press(KeyCode::Char('N'));
    let cmds = desk.press(KeyCode::Enter);
    assert_eq!(
        ops(&cmds),
        [Op::Answer {
            ask: AskId("a".to_owned()),
            answer: verdict(Verdict::No {
                reason: Some("not in ci".to_owned())
            })
        }]
    );
    assert_eq!(desk.written(), "");
}

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
    assert_eq!(cmds, []);
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
}

#[test]
fn esc_twice_stops_and_once_does_not() {
    let mut desk = Desk::running();
    assert_eq!(desk.press(KeyCode::Esc), []);
    desk.wait(1_500);
    assert_eq!(desk.press(KeyCode::Esc), []);
    desk.wait(500);
    assert_eq!(ops(&desk.press(KeyCode::Esc)), [Op::Interrupt]);
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
    desk.press(KeyCode::Enter);
    assert!(desk.app.overlay.is_some(), "Enter alone does nothing");
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
    assert_eq!(desk.typed("z"), []);
    assert_eq!(desk.written(), "");
    assert!(desk.app.note.as_ref().unwrap().text.contains("^X z"));
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
    assert_eq!(ops(&desk.press(KeyCode::Enter)), [Op::Continue]);
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
                system: String::new(),
                parent: None,
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
        },
    );
    let page = vec![opened, prompt];
    desk.update(Msg::Found(Tag::Newest(past), Found::History(page.clone())));
    // Heard while the fold is still being read.
    desk.update(Msg::Signals(vec![Signal::Event(Box::new(event(
        502,
        Fact::TurnStarted { turn: 2 },
    )))]));
    desk.update(Msg::Found(Tag::Fold(past), Found::History(page)));
    let view = desk.app.view();
    assert_eq!((view.id, view.stage), (past, Stage::Live));
    assert_eq!(view.mode(), Mode::Plan);
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
    app.update(Msg::Ready(Vec::new()), now(2));
    app.update(
        Msg::Found(Tag::Draft(None), Found::Draft(Some("old".to_owned()))),
        now(3),
    );
    assert_eq!(app.view().composer.plain(), "early");
}

#[test]
fn a_key_that_was_refused_says_so_on_the_first_page() {
    let mut desk = Desk {
        app: App::new(Setup::default(), (100, 30), now(0)),
        millis: 0,
        seq: 0,
    };
    desk.press(KeyCode::Char('2'));
    desk.update(Msg::Paste("sk-ant-api03-0123456789x4Qa".to_owned()));
    let cmds = desk.press(KeyCode::Enter);
    assert!(matches!(cmds.as_slice(), [Cmd::Check(_)]));
    desk.update(Msg::Checked(Err("the key was refused".to_owned())));
    let page = desk.app.first_run.as_ref().unwrap();
    assert_eq!(page.text.as_deref(), Some("the key was refused"));
    assert_eq!(page.page, Page::Ways { at: 1 });
}
