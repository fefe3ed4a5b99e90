//! The workstation under keys and signals, with a clock that the tests move.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod asks;
mod batch;
mod beside;
mod board;
mod budget;
mod cards;
mod chosen;
mod composing;
mod deleting;
mod edits;
mod elsewhere;
mod first_page;
mod fresh;
mod help;
mod inbox;
mod keys;
mod leaving;
mod local;
mod looking;
mod making;
mod models;
mod notify;
mod numbers;
mod palette;
mod panes;
mod passing;
mod picking;
mod pictures;
mod pointer;
mod questions;
mod reading;
mod rebound;
mod rechecked;
mod replies;
mod saying;
mod sentence;
mod sessions;
mod shelves;
mod slept;
mod stopping;
mod tour;
mod typed;
mod unused;
mod window;
mod worktree;

use std::path::PathBuf;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use uuid::Uuid;

use crate::engine::clock::Clocks;
use crate::protocol::ask::{About, Answer, Approval, Ask, Risk, Subject, Verdict};
use crate::protocol::event::{Event, Fact, Signal, When};
use crate::protocol::id::{AskId, CallId, ModelRef, Seq, SessionId};
use crate::protocol::item::{Block, Item, Origin};
use crate::protocol::op::Op;
use crate::protocol::rule::Mode;
use crate::protocol::session::{RunLimits, SessionSpec};
use crate::protocol::time::Time;
use crate::tui::app::drawn::{Seen, SeenPane};
use crate::tui::app::message::{Cmd, Msg};
use crate::tui::app::setup::{Now, Opened, Setup};
use crate::tui::app::{App, Focus};

fn id(n: u128) -> SessionId {
    SessionId(Uuid::from_u128(n))
}

fn model(text: &str) -> ModelRef {
    text.parse().unwrap()
}

/// The workstation in a test: keys with a clock that the test moves.
pub struct Desk {
    app: App,
    millis: u64,
    seq: u64,
}

impl Desk {
    fn new() -> Self {
        let mut desk = Self::beginning();
        desk.update(Msg::Ready(Opened::default()));
        // What starting leaves is another matter.
        desk.app.unused = None;
        desk
    }

    /// One whose engine is not there yet.
    fn beginning() -> Self {
        let setup = Setup {
            cwd: PathBuf::from("/src/api"),
            model: Some(model("anthropic/sonnet")),
            mode: Mode::Ask,
            ..Setup::default()
        };
        Self {
            app: App::new(setup, (100, 30), now(0)),
            millis: 0,
            seq: 0,
        }
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
                effort: None,
                system: String::new(),
                parent: None,
                worktree: None,
                forked: None,
                source: None,
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
            imported: None,
        });
        desk
    }

    /// A message, and the frame that follows it.
    fn update(&mut self, msg: Msg) -> Vec<Cmd> {
        let now = Now {
            fresh: self.fresh(),
            ..now(self.millis)
        };
        let mut cmds = self.app.update(msg, now);
        let panes = self.app.panes.all().iter().map(|pane| SeenPane {
            pane: pane.id,
            anchor: pane.scroll.anchor,
            at_top: false,
            rows: 20,
            composer_width: 90,
            caret: None,
            caret_at_end: false,
            at_foot: false,
            composer_top: 0,
        });
        let panes = panes.collect();
        cmds.extend(self.app.update(
            Msg::Drawn(Seen {
                last_line: true,
                ask_scroll_max: 0,
                ask_page: 8,
                ask_scroll: 0,
                page: None,
                panes,
            }),
            now,
        ));
        cmds
    }

    /// A session id nobody has used.
    fn fresh(&self) -> SessionId {
        let used = |fresh: &SessionId| self.app.views.iter().any(|view| view.id == *fresh);
        (1_000_000..2_000_000)
            .map(id)
            .find(|fresh| !used(fresh))
            .unwrap()
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
        clocks: Clocks::default(),
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
            session_rules_beside: Vec::new(),
            level: None,
            network: false,
            rules: Vec::new(),
            no_rule: None,
            bound: None,
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
