//! The board: the drawing, on screens of other sizes too, and what is written on it.

use crossterm::event::{KeyCode, KeyModifiers};

use creel::protocol::ask::{About, BudgetName, Risk};
use creel::protocol::board::{Glimpse, Shelf, Weight};
use creel::protocol::call::ToolCall;
use creel::protocol::event::{Delta, Ending, Fact, Signal};
use creel::protocol::id::{CallId, SessionId};
use creel::protocol::item::{Block, Item, Origin};
use creel::protocol::money::Money;
use creel::protocol::query::{Found, Today};
use creel::protocol::rule::Mode;
use creel::protocol::session::{Card, Change, SessionSpec, State};
use creel::protocol::time::Time;
use creel::protocol::usage::{Basis, Charge, Usage};
use creel::protocol::worktree::Worktree;
use creel::tui::app::message::{Msg, Tag};
use creel::tui::app::pointer::Spot;
use creel::tui::app::setup::Place;

use super::desk::Desk;
use super::given::{START, approval, card, model, setup};

const CENT: i64 = 10_000_000_000;

impl Desk {
    /// A session is begun in a tab of its own, and its first turn runs.
    fn session(&mut self, title: &str, model_name: &str, folder: &str, prompt: &str) -> SessionId {
        if self.app.views[0].session.is_some() {
            self.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
            self.press(KeyCode::Char('n'));
        }
        self.typed(prompt);
        self.press(KeyCode::Enter);
        self.fact(Fact::SessionOpened {
            spec: SessionSpec {
                cwd: folder.into(),
                project: folder.into(),
                model: model(model_name),
                mode: Mode::Ask,
                effort: None,
                system: String::new(),
                parent: None,
                forked: None,
                source: None,
                worktree: None,
            },
        });
        let title = title.to_owned();
        self.fact(Fact::SessionChanged {
            change: Change::Title { title },
        });
        self.turn(1, prompt);
        self.app.view().id
    }

    fn turn(&mut self, turn: u32, prompt: &str) {
        self.fact(Fact::TurnStarted { turn });
        self.item(Item::Prompt {
            blocks: vec![Block::text(prompt)],
            origin: Origin::Person,
        });
    }

    fn spends(&mut self, steps: u32, cents: i64) {
        for step in 1..=steps {
            self.fact(Fact::ModelCalled {
                turn: 1,
                step,
                attempt: 1,
                model: model("anthropic/claude-sonnet-5-5"),
                reserved: None,
                cause: creel::protocol::usage::Cause::Work,
                body: None,
            });
            let parts = if step == steps { cents * CENT } else { 0 };
            self.fact(Fact::ModelAnswered {
                turn: 1,
                step,
                attempt: 1,
                model: model("anthropic/claude-sonnet-5-5"),
                usage: Usage::default(),
                charge: Charge {
                    money: Some(Money::usd(parts)),
                    basis: Basis::Listed,
                },
                counted: Money::usd(parts),
                raw: None,
                stop: None,
                failure: None,
                millis: 2_000,
                vitals: None,
                price: None,
            });
        }
    }

    fn says(&mut self, text: &str) {
        self.item(Item::Answer {
            text: text.to_owned(),
            cut: false,
            opaque: None,
        });
    }

    fn begins_call(&mut self, name: &str, arguments: &str) {
        let id = CallId::new(1, 1, 1);
        self.item(Item::Call(ToolCall {
            id: id.clone(),
            wire_id: None,
            name: name.to_owned(),
            arguments: arguments.to_owned(),
            opaque: None,
        }));
        self.fact(Fact::CallStarted {
            call: id,
            birth: None,
            by: None,
            change: None,
        });
    }
}

fn past(title: &str, gist: &str, state: State, minutes: i64, model_name: &str, cents: i64) -> Card {
    let mut card = card(title, state, 1);
    card.id = SessionId(uuid::Uuid::from_u128(
        0xbeef_0000 + u128::from(minutes.unsigned_abs()),
    ));
    gist.clone_into(&mut card.gist);
    card.model = model(model_name);
    card.included = 0;
    card.cost = creel::protocol::money::Amounts::default();
    card.cost.add(Money::usd(cents * CENT));
    card.active = Time(START - minutes * 60_000);
    card.created = card.active;
    card.cwd = format!("/home/ada/src/{}", title.replace(' ', "-")).into();
    card
}

/// As in the drawing: three need the person, two work, one has finished, one was cut off, two are earlier.
fn seven(size: (u16, u16)) -> Desk {
    let mut desk = Desk::new(setup(), (100, 30));
    desk.session(
        "api-fix",
        "anthropic/claude-sonnet-5-5",
        "/home/ada/src/api",
        "Mend it",
    );
    desk.fact(Fact::TurnEnded {
        turn: 1,
        ending: Ending::Finished,
    });
    let docs = desk.session(
        "docs",
        "anthropic/haiku",
        "/home/ada/src/site",
        "Write the page",
    );
    desk.spends(1, 3);
    desk.says("wrote content/retry.md; site builds");
    desk.session(
        "flaky",
        "anthropic/opus-5-5",
        "/home/ada/src/flaky",
        "Find out why 7 of 50 runs fail; do not touch ci/ without asking.",
    );
    desk.spends(31, 187);
    desk.says(
        "Seven runs fail while target/tmp is full. I want to empty it and build once from clean.",
    );
    let flaky = desk.app.view().id;
    let deps = desk.session(
        "deps",
        "zai/glm-5.3",
        "/home/ada/src/deps",
        "Update what is old",
    );
    desk.session(
        "release",
        "anthropic/claude-sonnet-5-5",
        "/home/ada/src/rel",
        "Release it",
    );
    desk.spends(1, 20);
    let release = desk.app.view().id;
    desk.session(
        "nightly",
        "deepseek/deepseek-v4",
        "/home/ada/src/night",
        "Make the tests pass",
    );
    desk.spends(31, 196);
    desk.ask(About::Budget {
        worst: Money::usd(11 * CENT),
        left: Money::usd(4 * CENT),
        limit: Money::usd(200 * CENT),
        which: BudgetName::Session,
    });
    desk.wait(32 * 60_000);
    let of = |desk: &mut Desk, session: SessionId, fact: Fact| {
        desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
        let at = desk.app.views.iter().position(|view| view.id == session);
        desk.press(KeyCode::Char(char::from(b'1' + at.unwrap() as u8)));
        desk.fact(fact);
    };
    let unpriced = About::Unpriced {
        model: "work/new".to_owned(),
    };
    let asked = |about| Fact::AskRaised {
        ask: creel::protocol::ask::Ask {
            id: creel::protocol::id::AskId("ask-1".to_owned()),
            about,
        },
    };
    of(&mut desk, release, asked(unpriced));
    desk.wait(6 * 60_000);
    desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
    desk.press(KeyCode::Char('4'));
    assert_eq!(desk.app.view().id, deps);
    desk.turn(2, "Go on");
    desk.spends(1, 6);
    desk.begins_call("bash", r#"{"command":"cargo update"}"#);
    let ended = Fact::TurnEnded {
        turn: 1,
        ending: Ending::Finished,
    };
    of(
        &mut desk,
        docs,
        Fact::SessionChanged {
            change: Change::Pinned { pinned: false },
        },
    );
    desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
    desk.press(KeyCode::Char('1'));
    desk.event_of(docs, ended);
    desk.wait(60_000);
    let ask = approval(
        Risk::Medium,
        "rm -rf target/tmp && cargo clean",
        "deletes 3.1 GB, all inside target/",
    );
    desk.event_of(flaky, asked(ask));
    desk.wait(60_000);
    desk.turn(14, "Go on");
    desk.spends(1, 42);
    desk.wait(60_000);
    desk.fact(Fact::ItemAdded {
        turn: 14,
        step: 1,
        item: Item::Notice {
            text: "x".to_owned(),
        },
        imported: None,
    });
    desk.delta(Delta::Text {
        text: "The header wins".to_owned(),
    });
    let today = Today {
        used: 232 * CENT,
        charged: 232 * CENT,
        estimated: false,
        limit: Some(1_000 * CENT),
    };
    desk.update(Msg::Found(Tag::Today, Found::Today(today)));
    desk.size = size;
    desk.update(Msg::Resize(size.0, size.1));
    desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
    desk.press(KeyCode::Char('w'));
    desk.log();
    desk
}

impl Desk {
    fn event_of(&mut self, session: SessionId, fact: Fact) {
        self.seq += 1;
        let event = creel::protocol::event::Event {
            seq: creel::protocol::id::Seq(self.seq),
            session,
            at: Time(START + self.millis as i64),
            fact,
        };
        self.update(Msg::Signals(vec![Signal::Event(Box::new(event))]));
    }

    /// What the log has of sessions that are not open.
    fn log(&mut self) {
        let now = self.millis as i64 / 60_000;
        let cards = vec![
            past(
                "bench",
                "terminal was closed",
                State::Interrupted,
                120 - now,
                "moonshot/kimi-k3",
                31,
            ),
            past(
                "rate limits",
                "capped the retry sleep at 30 s",
                State::Done,
                1_440 - now,
                "anthropic/claude-sonnet-5-5",
                318,
            ),
            past(
                "CI cache",
                "keyed by the lock file",
                State::Done,
                17_280 - now,
                "anthropic/claude-sonnet-4-6",
                102,
            ),
        ];
        let question = self.app.board.as_ref().unwrap().question;
        let found = Shelf {
            cards,
            reaches: None,
            total: 309,
            archived: 12,
            elsewhere: Vec::new(),
            zone: 3_600,
        };
        self.update(Msg::Found(Tag::Board(question), Found::Board(found)));
    }

    /// What was said last in the marked session came, and its folder was looked at.
    fn glimpsed(&mut self, prompt: &str, answer: &str) {
        let at = self.app.board.as_ref().unwrap().at.unwrap();
        let glimpse = Glimpse {
            prompt: prompt.to_owned(),
            answer: answer.to_owned(),
            ask: None,
        };
        self.update(Msg::Found(Tag::Glimpse(at), Found::Glimpse(glimpse)));
        let place = Place {
            branch: Some("flaky-3".to_owned()),
            ..Place::default()
        };
        self.update(Msg::Place("/home/ada/src/flaky".into(), place));
    }
}

#[test]
fn the_board() {
    for (width, height) in [(100, 30), (80, 24), (40, 12), (160, 50)] {
        let mut desk = seven((width, height));
        desk.press(KeyCode::Char('g'));
        desk.glimpsed(
            "Find out why 7 of 50 runs fail; do not touch ci/ without asking.",
            "Seven runs fail while target/tmp is full. I want to empty it and build once from clean.",
        );
        screen!(format!("board_{width}x{height}"), desk);
    }
}

#[test]
fn what_waits_above_what_is_seen_is_told() {
    let mut desk = seven((40, 12));
    desk.press(KeyCode::Char('g'));
    assert!(!desk.text().contains("above"));
    desk.press(KeyCode::Char('G'));
    let drawn = desk.text();
    let line = drawn.lines().nth(1).unwrap_or_default();
    assert!(line.contains("above, 3 need you"), "{drawn}");
}

#[test]
fn what_is_written_on_the_board() {
    let mut desk = seven((80, 24));
    desk.press(KeyCode::Char('g'));
    desk.glimpsed("Find out why 7 of 50 runs fail", "I want to empty it.");
    desk.press(KeyCode::Tab);
    desk.typed("no, look at ci/ first");
    screen!("board_reply", desk);
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::Char('G'));
    desk.press(KeyCode::Char('D'));
    let at = desk.app.board.as_ref().unwrap().at.unwrap();
    let weight = Weight {
        items: 412,
        bytes: 3_100_000,
        worktree: None,
    };
    desk.update(Msg::Found(Tag::Weight(at), Found::Weight(weight.clone())));
    screen!("board_delete", desk);
    let worktree = Worktree {
        path: "/home/ada/src/cache.wt/keyed".into(),
        repository: "/home/ada/src/cache".into(),
        branch: "keyed".to_owned(),
        base: "0".repeat(40),
        from: None,
    };
    let with = Weight {
        worktree: Some(worktree),
        ..weight.clone()
    };
    desk.update(Msg::Found(Tag::Weight(at), Found::Weight(with)));
    let drawn = desk.text();
    assert!(drawn.contains("src/cache.wt/keyed"), "{drawn}");
    assert!(drawn.contains("without text."), "{drawn}");
    desk.press(KeyCode::Char('y'));
    assert!(
        desk.text().contains("Enter delete it for good"),
        "{}",
        desk.text()
    );
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::Char('/'));
    desk.typed("rate");
    let question = desk.app.board.as_ref().unwrap().question;
    let found = Shelf {
        cards: vec![past(
            "rate limits",
            "capped the retry sleep at 30 s",
            State::Archived,
            1_440,
            "anthropic/haiku",
            318,
        )],
        total: 1,
        ..Shelf::default()
    };
    desk.update(Msg::Found(Tag::Board(question), Found::Board(found)));
    screen!("board_find", desk);
    desk.size = (40, 12);
    desk.update(Msg::Resize(40, 12));
    desk.press(KeyCode::Enter);
    desk.press(KeyCode::Char('g'));
    desk.press(KeyCode::Char('D'));
    let at = desk.app.board.as_ref().unwrap().at.unwrap();
    desk.update(Msg::Found(Tag::Weight(at), Found::Weight(weight.clone())));
    screen!("board_delete_40x12", desk);
}

#[test]
fn a_stop_of_the_night_is_told_in_the_morning() {
    let mut desk = Desk::new(setup(), (100, 30));
    desk.session(
        "nightly",
        "deepseek/deepseek-v4",
        "/home/ada/src/night",
        "Make the tests pass",
    );
    desk.spends(31, 196);
    for number in 1..=12 {
        let id = CallId::new(1, number, 1);
        desk.item(Item::Call(ToolCall {
            id: id.clone(),
            wire_id: None,
            name: "bash".to_owned(),
            arguments: r#"{"command":"cargo test"}"#.to_owned(),
            opaque: None,
        }));
        let outcome = super::given::outcome(
            "1 failed",
            Some(101),
            900,
            creel::protocol::call::Detail::None,
        );
        desk.item(Item::Result { call: id, outcome });
    }
    desk.ask(About::Budget {
        worst: Money::usd(11 * CENT),
        left: Money::usd(4 * CENT),
        limit: Money::usd(200 * CENT),
        which: BudgetName::Session,
    });
    desk.wait(6 * 3_600_000);
    desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
    desk.press(KeyCode::Char('w'));
    desk.log();
    let drawn = desk.text();
    assert!(
        drawn.contains("$ paused 11:00 at $1.96 of $2.00: 31"),
        "{drawn}"
    );
    assert!(
        drawn.contains("budget: $1.96 of $2.00 used: 31 steps, last 12 runs of cargo test failed"),
        "{drawn}"
    );
}

#[test]
fn the_board_can_be_clicked() {
    let mut desk = seven((100, 30));
    let drawn = desk.text();
    let y = drawn
        .lines()
        .position(|line| line.contains("rate limits"))
        .unwrap() as u16;
    let Some(Spot::Row(id)) = desk.spots.at(20, y) else {
        panic!("{drawn}");
    };
    desk.update(Msg::Click(Spot::Row(id)));
    assert_eq!(desk.app.board.as_ref().unwrap().at, Some(id));
    let x = drawn.lines().next().unwrap().find("this project").unwrap() as u16;
    assert_eq!(desk.spots.at(x + 3, 0), Some(Spot::Scope));
    desk.update(Msg::Click(Spot::Scope));
    assert!(
        desk.text().contains("[this project] all"),
        "{}",
        desk.text()
    );
}
