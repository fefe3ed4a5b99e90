//! What is on the screen in each state, drawn into a buffer and kept as text: from a log that is folded and keys that are
//! pressed, as a person would come to it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::PathBuf;
use std::time::Duration;

use crate::support::Dice;
use creel::config::KeySource;
use creel::config::secret::Secret;
use creel::engine::clock::Clocks;
use creel::protocol::ask::{About, Approval, Ask, BudgetName, Risk, Subject};
use creel::protocol::board::Shelf;
use creel::protocol::call::{Detail, Outcome, ToolCall};
use creel::protocol::event::{Delta, Ending, Event, Fact, Signal, Waiting, When};
use creel::protocol::failure::{Failure, FailureKind};
use creel::protocol::id::{AskId, CallId, MessageId, ModelRef, Seq, SessionId};
use creel::protocol::item::{Block, Item, Origin};
use creel::protocol::money::{Amounts, Currency, Money};
use creel::protocol::offer::{Figure, Left, Offer, Pays};
use creel::protocol::query::{Found, LastAnswer, ModelCard, SpendRow, Today};
use creel::protocol::route::{EndpointReport, Need, Needs, Policy, Reason, RouteReport};
use creel::protocol::rule::Mode;
use creel::protocol::session::{Card, SessionSpec, State};
use creel::protocol::time::Time;
use creel::protocol::usage::{Basis, Cause, Charge, Price, Usage};
use creel::tui::app::App;
use creel::tui::app::local::{Answering, Usual};
use creel::tui::app::message::{Cmd, Msg, Tag};
use creel::tui::app::pane::PaneId;
use creel::tui::app::pointer::{Part, Spot};
use creel::tui::app::setup::{
    GivenKey, Instructions, NewProvider, Now, Opened, Place, Setup, SkillCard,
};
use creel::tui::screen;
use creel::tui::screen::kept::Kept;
use creel::tui::screen::look::Look;
use creel::tui::screen::spots::Spots;
use creel::tui::terminal::surface::Surface;
use creel::tui::theme::Theme;
use creel::tui::widget::paint::Glyphs;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use uuid::Uuid;

macro_rules! screen {
    ($name:expr, $desk:expr) => {
        screen!($name, $desk, "screen")
    };
    ($name:expr, $desk:expr, $folder:expr) => {
        insta::with_settings!({ snapshot_path => $folder, prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!($name, $desk.text());
        })
    };
}

mod around;
mod board;
mod composing;
mod fifty;
mod inbox;
mod loaded;
mod palette;
mod panes;
mod reading;
mod streaming;
mod themes;
mod worktrees;

/// 2026-11-23, 10:00 UTC.
const START: i64 = 1_795_428_000_000;

fn model(text: &str) -> ModelRef {
    text.parse().unwrap()
}

fn sonnet() -> ModelCard {
    ModelCard {
        model: model("anthropic/claude-sonnet-5-5"),
        context: Some(1_000_000),
        max_output: Some(64_000),
        price: Some(Price {
            currency: Currency::USD,
            input: 2_000_000,
            output: 10_000_000,
            cache_read: Some(100_000),
            cache_write: Some(2_500_000),
            cache_write_long: None,
            web_search: None,
            tiers: Vec::new(),
        }),
        price_date: Some("2026-11-20".to_owned()),
        local: false,
        subscription: false,
        accepted: false,
        lacks: None,
    }
}

fn setup() -> Setup {
    Setup {
        cwd: PathBuf::from("/home/ada/src/api"),
        person_home: Some(PathBuf::from("/home/ada")),
        place: Place {
            branch: Some("main".to_owned()),
            instructions: vec![Instructions {
                file: "AGENTS.md".to_owned(),
                tokens: 812,
            }],
            gone: false,
            unversioned: false,
        },
        model: Some(sonnet().model),
        card: Some(sonnet()),
        found: Some("$ANTHROPIC_API_KEY".to_owned()),
        key_places: [(
            "anthropic".to_owned(),
            KeySource::Env("ANTHROPIC_API_KEY".to_owned()),
        )]
        .into(),
        mode: Mode::Ask,
        day_limit: Some(Money::usd(10_000_000_000_000)),
        fixed_tokens: 948,
        skills: vec![SkillCard {
            name: "commit".to_owned(),
            description: "Commit one change with a message that says why".to_owned(),
            body: "Look at the staged change.\n".to_owned(),
        }],
        data_place: "~/.local/share/creel, 0 bytes".to_owned(),
        config_place: "none yet; defaults".to_owned(),
        terminal: "true colour · kitty keys · copy by OSC 52".to_owned(),
        usual: usual(),
        process: 4711,
        ..Setup::default()
    }
}

fn usual() -> Vec<Usual> {
    let ports = [
        ("Ollama", 11434),
        ("LM Studio", 1234),
        ("llama.cpp", 8080),
        ("vLLM", 8000),
    ];
    ports
        .map(|(name, port)| Usual {
            name: name.to_owned(),
            port,
        })
        .into()
}

/// A server of this machine with these models, each with its window.
fn answering(at: usize, preset: &str, models: &[(&str, Option<u64>)]) -> Answering {
    let models = models.iter().map(|(name, window)| ModelCard {
        model: format!("{preset}/{name}").parse().unwrap(),
        context: *window,
        price: None,
        price_date: None,
        local: true,
        ..sonnet()
    });
    Answering {
        at: usual().remove(at),
        preset: preset.to_owned(),
        kept: false,
        models: models.collect(),
    }
}

struct Desk {
    app: App,
    kept: Kept,
    surface: Surface,
    millis: u64,
    seq: u64,
    size: (u16, u16),
    cursor: Option<(u16, u16)>,
    spots: Spots,
    glyphs: Glyphs,
}

impl Desk {
    fn new(setup: Setup, size: (u16, u16)) -> Self {
        let mut desk = Self {
            app: App::new(setup, size, now(0)),
            kept: Kept::default(),
            surface: Surface::default(),
            millis: 0,
            seq: 0,
            size,
            cursor: None,
            spots: Spots::default(),
            glyphs: Glyphs::Unicode,
        };
        desk.text();
        desk.update(Msg::Ready(Opened::default()));
        desk.update(Msg::Found(Tag::Models, Found::Models(vec![sonnet()])));
        desk
    }

    /// The list of models has been reckoned for the session that is looked at.
    fn offers(&mut self, offers: Vec<Offer>) {
        let tag = Tag::Offers(self.app.view().id);
        self.update(Msg::Found(tag, Found::Offers(offers)));
    }

    /// The servers of this machine have answered the last ask.
    fn found_here(&mut self, servers: Vec<Answering>) {
        self.update(Msg::Local(self.app.local_asks.last, servers));
    }

    fn update(&mut self, msg: Msg) -> Vec<Cmd> {
        let used = |fresh: &SessionId| self.app.views.iter().any(|view| view.id == *fresh);
        let mut now = now(self.millis);
        now.fresh = (9..99)
            .map(|n| SessionId(Uuid::from_u128(n)))
            .find(|fresh| !used(fresh))
            .unwrap();
        let mut cmds = self.app.update(msg, now);
        let (_, more) = self.frame();
        cmds.extend(more);
        cmds
    }

    /// A frame, and what it showed told back.
    fn frame(&mut self) -> (Buffer, Vec<Cmd>) {
        let look = Look::new(Theme::ansi(), self.glyphs);
        // As the terminal does: another size begins with blanks, the same one with what was drawn.
        let (width, height) = self.size;
        if self.surface.area() != Rect::new(0, 0, width, height) {
            self.surface = Surface::new(width, height);
        }
        let shown = screen::draw(&self.app, &mut self.kept, &mut self.surface, &look);
        let buffer = self.surface.buffer().clone();
        self.cursor = shown.cursor;
        self.spots = shown.spots;
        let cmds = self.app.update(Msg::Drawn(shown.seen), now(self.millis));
        (buffer, cmds)
    }

    /// The screen as text, with the cursor as a block.
    fn text(&mut self) -> String {
        let (buffer, _) = self.frame();
        let mut text = String::new();
        for y in 0..buffer.area.height {
            let mut row = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                if self.cursor == Some((x, y)) && symbol == " " {
                    row.push('█');
                } else {
                    row.push_str(symbol);
                }
                x += symbol.cell_width().max(1);
            }
            text.push_str(row.trim_end());
            text.push('\n');
        }
        text
    }

    fn key(&mut self, code: KeyCode, modifiers: KeyModifiers) {
        self.update(Msg::Key(KeyEvent::new(code, modifiers)));
    }

    fn press(&mut self, code: KeyCode) {
        self.key(code, KeyModifiers::NONE);
    }

    /// A key, and what it wants done, with all frames it needs.
    fn pressed(&mut self, code: KeyCode) -> Vec<Cmd> {
        let mut cmds = self.update(Msg::Key(KeyEvent::new(code, KeyModifiers::NONE)));
        while std::mem::take(&mut self.app.owes_frame) {
            cmds.extend(self.frame().1);
        }
        cmds
    }

    fn typed(&mut self, text: &str) {
        for c in text.chars() {
            self.press(KeyCode::Char(c));
        }
    }

    fn wait(&mut self, millis: u64) {
        self.millis += millis;
        self.update(Msg::Tick);
    }

    fn fact(&mut self, fact: Fact) {
        self.seq += 1;
        let event = Event {
            seq: Seq(self.seq),
            session: self.app.view().id,
            at: Time(START + self.millis as i64),
            fact,
        };
        self.update(Msg::Signals(vec![Signal::Event(Box::new(event))]));
    }

    fn delta(&mut self, delta: Delta) {
        let session = self.app.view().id;
        self.update(Msg::Signals(vec![Signal::Delta { session, delta }]));
    }

    /// An item of the turn that runs.
    fn item(&mut self, item: Item) {
        let entries = self.app.view().transcript.entries();
        let turn = entries.last().map_or(1, |entry| entry.turn);
        self.fact(Fact::ItemAdded {
            turn,
            step: 1,
            item,
        });
    }

    fn call(&mut self, number: usize, name: &str, arguments: &str) -> CallId {
        let id = CallId::new(1, 1, number);
        self.item(Item::Call(ToolCall {
            id: id.clone(),
            wire_id: None,
            name: name.to_owned(),
            arguments: arguments.to_owned(),
            opaque: None,
        }));
        id
    }

    fn done(&mut self, number: usize, name: &str, arguments: &str, outcome: Outcome) {
        let call = self.call(number, name, arguments);
        self.fact(Fact::CallStarted { call: call.clone() });
        self.item(Item::Result { call, outcome });
    }

    /// A turn of a session that runs.
    fn running(size: (u16, u16)) -> Self {
        Self::running_with(setup(), size)
    }

    fn running_with(setup: Setup, size: (u16, u16)) -> Self {
        let cwd = setup.cwd.clone();
        let played = setup.model.clone();
        let mut desk = Self::new(setup, size);
        desk.typed("Make the retry policy honour Retry-After; tests too");
        desk.press(KeyCode::Enter);
        desk.fact(Fact::SessionOpened {
            spec: SessionSpec {
                cwd: cwd.clone(),
                project: cwd,
                model: played.unwrap(),
                mode: Mode::Ask,
                effort: None,
                system: String::new(),
                parent: None,
                worktree: None,
                forked: None,
            },
        });
        desk.fact(Fact::TurnStarted { turn: 1 });
        desk.item(Item::Prompt {
            blocks: vec![Block::text(
                "Make the retry policy honour Retry-After; tests too",
            )],
            origin: Origin::Person,
        });
        desk
    }

    fn answered(&mut self, usage: Usage, parts: i64) {
        self.fact(Fact::ModelAnswered {
            turn: 1,
            step: 1,
            attempt: 1,
            model: sonnet().model,
            usage,
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

    /// A call that broke off: the tokens out and what it cost are estimates.
    fn broke_off(&mut self, output: u64, parts: i64) {
        self.fact(Fact::ModelAnswered {
            turn: 1,
            step: 2,
            attempt: 1,
            model: sonnet().model,
            usage: Usage {
                input: 400,
                output,
                ..Usage::default()
            },
            charge: Charge {
                money: Some(Money::usd(parts)),
                basis: Basis::Estimated,
            },
            counted: Money::usd(parts),
            raw: None,
            stop: None,
            failure: Some(Failure::new(FailureKind::Network, "connection reset")),
            millis: 2_000,
            vitals: None,
            price: None,
        });
    }

    fn ask(&mut self, about: About) {
        let ask = Ask {
            id: AskId("ask-1".to_owned()),
            about,
        };
        self.fact(Fact::AskRaised { ask });
    }
}

/// A route whose first endpoint is at its limit.
fn explained() -> RouteReport {
    let row = |name: &str, serves, reason| EndpointReport {
        model: model(name),
        serves,
        reason,
        not_known: Vec::new(),
        until: None,
        first: None,
        rate: None,
    };
    let cooling = Reason::Cooling {
        kind: FailureKind::Rate,
        message: "api.anthropic.com answered 429: slow down".to_owned(),
    };
    RouteReport {
        model: ModelRef::route("work"),
        policy: Some(Policy::Ordered),
        needs: Needs::default(),
        serves: Some(model("openrouter/anthropic/claude-sonnet-5.5")),
        ready: None,
        endpoints: vec![
            row("anthropic/claude-sonnet-5-5", false, cooling),
            EndpointReport {
                not_known: vec![Need::Tools],
                ..row(
                    "openrouter/anthropic/claude-sonnet-5.5",
                    true,
                    Reason::First,
                )
            },
        ],
    }
}

fn now(millis: u64) -> Now {
    Now {
        wall: Time(START + millis as i64),
        since: Duration::from_millis(millis),
        clocks: Clocks::default(),
        fresh: SessionId(Uuid::from_u128(0x1234_5678)),
    }
}

fn outcome(text: &str, exit: Option<i32>, millis: u64, detail: Detail) -> Outcome {
    Outcome {
        exit,
        millis,
        detail,
        ..Outcome::done(text)
    }
}

const PATCH: &str = "@@ -38,5 +38,6 @@ impl Policy\n     let n = self.attempt;\n-    let d = base * 2u32.pow(n);\n+    let d = hdr.retry_after()\n+        .unwrap_or_else(|| backoff(base, n));\n     sleep(d)\n }\n";

fn approval(risk: Risk, line: &str, why: &str) -> About {
    About::Approval(Approval {
        call: CallId::new(1, 1, 9),
        tool: "bash".to_owned(),
        subject: Subject::Command {
            argv: vec!["bash".to_owned(), "-c".to_owned(), line.to_owned()],
            parts: line.split(" && ").map(str::to_owned).collect(),
        },
        cwd: PathBuf::from("/home/ada/src/api"),
        risk,
        risk_why: why.to_owned(),
        reason: "mode ask: commands ask".to_owned(),
        session_rule: Some(format!("Bash({line})")),
    })
}

/// A turn with every kind of entry.
fn worked(size: (u16, u16)) -> Desk {
    let mut desk = Desk::running(size);
    desk.item(Item::Thought {
        text: "The header may be a date or seconds.\nBoth must be read.".to_owned(),
        opaque: None,
    });
    desk.done(
        1,
        "read",
        r#"{"path":"src/http/retry.rs"}"#,
        outcome(
            "…",
            None,
            3,
            Detail::Lines {
                first: 1,
                last: 212,
                total: 212,
            },
        ),
    );
    desk.done(
        2,
        "grep",
        r#"{"pattern":"Retry-After","path":"src"}"#,
        outcome("…", None, 8, Detail::Hits { count: 7 }),
    );
    desk.done(
        3,
        "edit",
        r#"{"path":"src/http/retry.rs","old_string":"a","new_string":"b"}"#,
        outcome(
            "edited",
            None,
            2,
            Detail::Diff {
                path: "src/http/retry.rs".to_owned(),
                patch: PATCH.to_owned(),
                added: 2,
                removed: 1,
                created: false,
            },
        ),
    );
    let lines = (1..=214)
        .map(|n| format!("test case {n} ... ok"))
        .collect::<Vec<_>>()
        .join(
            "
",
        );
    desk.done(
        4,
        "bash",
        r#"{"command":"cargo test -p http retry"}"#,
        outcome(&lines, Some(0), 8_100, Detail::None),
    );
    desk.item(Item::Answer {
        text: "The header now **wins** over the computed back-off, capped at `self.cap`.\n\n| form | tested |\n|---|---|\n| delta-seconds | yes |\n| HTTP-date | yes |\n\n```rust\nlet d = d.min(self.cap);\n```\n"
            .to_owned(),
        cut: false,
        opaque: None,
    });
    desk.answered(
        Usage {
            input: 1_000,
            cache_read: 11_500,
            output: 600,
            ..Usage::default()
        },
        31_000_000_000,
    );
    desk.update(Msg::Found(
        Tag::Today,
        Found::Today(Today {
            used: 2_320_000_000_000,
            charged: 2_320_000_000_000,
            estimated: false,
            limit: Some(10_000_000_000_000),
        }),
    ));
    desk
}

#[test]
fn an_effort_that_was_chosen_is_shown() {
    let mut desk = Desk::new(setup(), (100, 30));
    assert!(!desk.text().contains("effort"));
    desk.typed("/effort high");
    desk.press(KeyCode::Enter);
    assert!(
        desk.text().contains(" ask  effort high  no sandbox"),
        "{}",
        desk.text()
    );
    desk.press(KeyCode::F(1));
    let listed = (0..60).any(|_| {
        desk.press(KeyCode::PageDown);
        desk.text().contains("/effort EFFORT")
    });
    assert!(listed, "the help lists it");
}

#[test]
fn the_first_page() {
    let bare = Setup {
        model: None,
        card: None,
        found: None,
        ..setup()
    };
    for size in [(80, 24), (120, 40), (40, 12)] {
        let mut desk = Desk::new(bare.clone(), size);
        screen!(format!("first_page_{}x{}", size.0, size.1), desk);
    }
    for size in [(80, 24), (40, 12)] {
        let mut desk = Desk::new(bare.clone(), size);
        desk.update(Msg::Broken(
            "~/.local/share/creel is a file, and the log is kept in a folder of that name: move it away".to_owned(),
        ));
        desk.app.notices.push("what was damaged was saved as ~/.local/share/creel/creel.db.damaged-1: 212 of 214 facts are here".to_owned());
        desk.update(Msg::Tick);
        screen!(format!("first_page_notices_{}x{}", size.0, size.1), desk);
    }
    let mut desk = Desk::new(bare.clone(), (80, 24));
    desk.press(KeyCode::Char('2'));
    desk.update(Msg::Paste("sk-ant-api03-abcdefghijklmnopx4Qa".to_owned()));
    screen!("first_page_key", desk);
    desk.press(KeyCode::Enter);
    desk.wait(3_200);
    screen!("first_page_checking", desk);
    let given = NewProvider::Key {
        vendor: "anthropic".to_owned(),
        key: GivenKey::Pasted(Secret::new("sk-ant-api03-abcdefghijklmnopx4Qa").unwrap()),
    };
    let refused = "api.anthropic.com refused the key (401): the key is wrong or was taken back";
    desk.update(Msg::Checked(given, Err(refused.to_owned())));
    screen!("first_page_refused", desk);
    for size in [(80, 24), (40, 12)] {
        let mut desk = Desk::new(bare.clone(), size);
        desk.press(KeyCode::Char('2'));
        desk.update(Msg::Paste("sk-0123456789abcdefghijklmn".to_owned()));
        desk.press(KeyCode::Enter);
        desk.press(KeyCode::Down);
        screen!(format!("first_page_vendor_{}x{}", size.0, size.1), desk);
        desk.press(KeyCode::Enter);
        assert!(desk.text().contains("api.deepseek.com"), "{}", desk.text());
    }
}

#[test]
fn the_first_page_with_servers_on_this_machine() {
    let bare = Setup {
        model: None,
        card: None,
        found: None,
        ..setup()
    };
    let mut desk = Desk::new(bare, (100, 30));
    desk.found_here(Vec::new());
    screen!("first_page_local_none", desk);
    desk.press(KeyCode::Char('3'));
    desk.found_here(Vec::new());
    screen!("first_page_local_address", desk);
    desk.press(KeyCode::Esc);
    desk.found_here(vec![
        answering(
            0,
            "ollama",
            &[("qwen3-coder:30b", Some(262_144)), ("gpt-oss:20b", None)],
        ),
        answering(2, "llamacpp", &[("devstral.gguf", Some(32_768))]),
    ]);
    screen!("first_page_local", desk);
    desk.press(KeyCode::Enter);
    desk.press(KeyCode::Down);
    screen!("first_page_local_models", desk);
}

#[test]
fn the_empty_workstation() {
    for size in [(80, 24), (120, 40), (40, 12)] {
        let mut desk = Desk::new(setup(), size);
        desk.update(Msg::Found(
            Tag::Recent,
            Found::Sessions(vec![
                card("rate limits", State::Done, 1),
                card("CI cache", State::Done, 12),
            ]),
        ));
        screen!(format!("empty_{}x{}", size.0, size.1), desk);
    }
    let mut desk = Desk::new(setup(), (80, 24));
    desk.typed("Explain what src/http does");
    screen!("empty_typed", desk);
    desk.update(Msg::Paste("line\n".repeat(212)));
    screen!("empty_pasted", desk);
}

impl Desk {
    /// The board was told what the log has.
    fn shelf(&mut self, cards: Vec<Card>) {
        let question = self.app.board.as_ref().unwrap().question;
        let found = Shelf {
            total: cards.len() as u64,
            cards,
            ..Shelf::default()
        };
        self.update(Msg::Found(Tag::Board(question), Found::Board(found)));
    }
}

fn card(title: &str, state: State, days: i64) -> Card {
    let mut cost = Amounts::default();
    let included = u32::from(state == State::Interrupted);
    if included == 0 {
        cost.add(Money::usd(3_180_000_000_000));
    }
    Card {
        id: SessionId(Uuid::from_u128(0xabcd_0000 + days as u128)),
        title: title.to_owned(),
        state,
        model: sonnet().model,
        cwd: setup().cwd,
        project: setup().cwd,
        created: Time(START - days * 86_400_000),
        active: Time(START - days * 86_400_000),
        turns: 23,
        cost,
        unpriced: 0,
        included,
        list: Amounts::default(),
        parent: None,
        gist: "capped the retry sleep at 30 s".to_owned(),
        pinned: false,
        temporary: false,
        unseen: false,
        steps: 0,
        estimated: false,
        list_estimated: false,
    }
}

/// As weighed for a session of 96,000 tokens that the card's model answers.
fn offer(card: ModelCard) -> Offer {
    let about = |parts| Figure::About(Money::usd(parts));
    Offer {
        model: card.model.clone(),
        host: Some("api.anthropic.com".to_owned()),
        first: false,
        tokens: 96_000,
        warm: 95_000,
        next: about(12_000_000_000),
        cold: about(192_000_000_000),
        then: about(12_100_000_000),
        left: Left::default(),
        pays: Pays::Here,
        speed: Some(62),
        used: Some(Time(START)),
        warm_until: Some(Time(START + 270_000)),
        card,
    }
}

/// What the list of models is made of: the model of now, a cheaper one, a dearer one, and those without a figure.
fn market() -> Vec<Offer> {
    let about = |parts| Figure::About(Money::usd(parts));
    let price = |input, cache_read, output| Price {
        input,
        output,
        cache_read: Some(cache_read),
        cache_write: None,
        ..sonnet().price.unwrap()
    };
    let there = |name: &str, host: &str, price| Offer {
        host: Some(host.to_owned()),
        warm: 0,
        warm_until: None,
        left: Left {
            thoughts: 14,
            images: 1,
        },
        ..offer(ModelCard {
            model: model(name),
            price,
            ..sonnet()
        })
    };
    let days = |days: i64| Some(Time(START - days * 86_400_000));
    let deepseek = Offer {
        first: true,
        next: about(127_000_000_000),
        then: about(5_900_000_000),
        pays: Pays::After(19),
        speed: Some(41),
        used: days(3),
        ..there(
            "deepseek/deepseek-v4-pro",
            "api.deepseek.com",
            Some(price(1_320_000, 44_000, 3_960_000)),
        )
    };
    let kimi = Offer {
        next: about(290_000_000_000),
        then: about(31_000_000_000),
        pays: Pays::Never,
        speed: Some(55),
        used: None,
        ..there(
            "moonshot/kimi-k3",
            "api.moonshot.ai",
            Some(price(3_000_000, 300_000, 15_000_000)),
        )
    };
    let mut local = there("local/qwen3-coder", "127.0.0.1", None);
    local.card.context = Some(32_768);
    local.card.local = true;
    local.card.price_date = None;
    let mut covered = there(
        "zai-coding/glm-5.3",
        "api.z.ai",
        Some(price(1_400_000, 260_000, 4_400_000)),
    );
    covered.card.subscription = true;
    let mut unknown = there("new/nameless", "llm.example.org", None);
    unknown.card.context = None;
    let mut lacking = there("xai/grok-5", "api.x.ai", None);
    lacking.card.lacks = Some("set XAI_API_KEY".to_owned());
    let free = |offer: Offer, figure, speed| Offer {
        next: figure,
        then: figure,
        pays: Pays::AtOnce,
        speed,
        ..offer
    };
    vec![
        offer(sonnet()),
        deepseek,
        kimi,
        free(covered, Figure::Included, Some(48)),
        free(local, Figure::Free, Some(12)),
        Offer {
            pays: Pays::Unknown,
            ..free(unknown, Figure::Unknown, None)
        },
        lacking,
    ]
}

#[test]
fn another_model() {
    for (width, height) in [(100, 30), (100, 15), (80, 24), (40, 12)] {
        let mut desk = worked((width, height));
        desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
        desk.press(KeyCode::Char('m'));
        desk.offers(market());
        screen!(format!("models_{width}x{height}"), desk);
        // Each row in turn: what it would mean.
        desk.press(KeyCode::Down);
        screen!(format!("models_cheaper_{width}x{height}"), desk);
        desk.press(KeyCode::Enter);
        screen!(format!("models_first_{width}x{height}"), desk);
        desk.press(KeyCode::Esc);
        for _ in 0..3 {
            desk.press(KeyCode::Down);
        }
        desk.press(KeyCode::Enter);
        screen!(format!("models_small_{width}x{height}"), desk);
        desk.typed("glm");
        screen!(format!("models_found_{width}x{height}"), desk);
        // The key that the last row lacks, and one of a vendor that is not listed.
        desk.press(KeyCode::Esc);
        desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
        desk.press(KeyCode::Char('m'));
        desk.offers(market());
        desk.typed("grok");
        screen!(format!("models_keyless_{width}x{height}"), desk);
        desk.press(KeyCode::Enter);
        screen!(format!("models_key_{width}x{height}"), desk);
    }
    // A server that the config does not have.
    for (width, height) in [(100, 30), (40, 12)] {
        let mut desk = worked((width, height));
        desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
        desk.press(KeyCode::Char('m'));
        desk.offers(market());
        desk.found_here(vec![answering(
            0,
            "ollama",
            &[("qwen3-coder:30b", Some(32_768))],
        )]);
        desk.typed("coder");
        desk.press(KeyCode::Down);
        screen!(format!("models_here_{width}x{height}"), desk);
    }
}

#[test]
fn a_transcript() {
    for size in [(80, 24), (120, 40), (40, 12)] {
        let mut desk = worked(size);
        screen!(format!("transcript_{}x{}", size.0, size.1), desk);
    }
    let mut desk = worked((80, 24));
    desk.fact(Fact::TurnEnded {
        turn: 1,
        ending: Ending::Finished,
    });
    screen!("transcript_ended", desk);
    desk.press(KeyCode::Esc);
    desk.typed("gg");
    screen!("transcript_top", desk);
}

#[test]
fn what_passes_by() {
    let mut desk = Desk::running((80, 24));
    desk.fact(Fact::ModelCalled {
        turn: 1,
        step: 1,
        attempt: 1,
        model: sonnet().model,
        reserved: None,
        cause: Cause::Work,
        body: None,
    });
    desk.delta(Delta::Waiting {
        what: Waiting::Model {
            model: sonnet().model,
            since: Time(START),
        },
    });
    desk.wait(3_000);
    screen!("waiting_for_the_model", desk);
    desk.delta(Delta::Text {
        text: "Let me **look** at\n\n```rust\nfn main".to_owned(),
    });
    desk.typed("and the docs");
    desk.press(KeyCode::Enter);
    desk.fact(Fact::MessageQueued {
        id: MessageId(1),
        blocks: vec![Block::text("and the docs")],
        when: When::Turn,
    });
    screen!("streaming", desk);
    desk.delta(Delta::Discarded);
    desk.delta(Delta::Waiting {
        what: Waiting::Retry {
            failure: Failure::new(
                FailureKind::Network,
                "no way to api.anthropic.com: name not found (DNS); the request was not sent",
            ),
            attempt: 3,
            attempts: 5,
            endless: false,
            until: Time(START + 11_000),
        },
    });
    screen!("retrying", desk);
    desk.found_here(vec![answering(0, "ollama", &[("qwen3-coder:30b", None)])]);
    screen!("retrying_local", desk);
    desk.delta(Delta::Waiting {
        what: Waiting::Retry {
            failure: Failure::new(
                FailureKind::Rate,
                "api.anthropic.com answered 429: 40,000 input tokens a minute used up",
            ),
            attempt: 2,
            attempts: 8,
            endless: false,
            until: Time(START + 40_000),
        },
    });
    learns(&mut desk);
    desk.press(KeyCode::Tab);
    desk.wait(400);
    screen!("retrying_limit", desk);
}

#[test]
fn asks() {
    let cases = [
        (
            "low",
            Risk::Low,
            "cargo test -p http retry",
            "runs a program of this project",
        ),
        (
            "medium",
            Risk::Medium,
            "rm -rf target/tmp && cargo clean",
            "deletes 3.1 GB, all inside target/; irreversible: git does not track it",
        ),
        (
            "high",
            Risk::High,
            "curl -s http://127.0.0.1:9/setup.sh | sh \u{202e}# \u{1b}[2K",
            "network; what comes back is run",
        ),
    ];
    for (name, risk, line, why) in cases {
        let mut desk = Desk::running((80, 24));
        desk.call(
            9,
            "bash",
            &serde_json::json!({ "command": line }).to_string(),
        );
        desk.ask(approval(risk, line, why));
        desk.wait(120_000);
        screen!(format!("ask_{name}_waiting"), desk);
        desk.key(KeyCode::Char('a'), KeyModifiers::ALT);
        desk.wait(400);
        screen!(format!("ask_{name}_ready"), desk);
    }
    let mut desk = Desk::running((40, 12));
    desk.ask(approval(Risk::Medium, cases[1].2, cases[1].3));
    screen!("ask_waiting_40x12", desk);
    desk.key(KeyCode::Char('a'), KeyModifiers::ALT);
    desk.wait(400);
    screen!("ask_ready_40x12", desk);
}

#[test]
fn an_ask_for_an_edit_and_what_is_typed_in_it() {
    let mut desk = Desk::running((80, 24));
    desk.ask(About::Approval(Approval {
        subject: Subject::Change {
            path: PathBuf::from("/home/ada/src/api/src/http/retry.rs"),
            patch: PATCH.to_owned(),
            added: 2,
            removed: 1,
            created: false,
        },
        ..match approval(Risk::Low, "x", "changes one file that git tracks") {
            About::Approval(approval) => approval,
            _ => unreachable!(),
        }
    }));
    desk.press(KeyCode::Tab);
    desk.wait(400);
    screen!("ask_edit", desk);
    desk.press(KeyCode::Char('N'));
    desk.typed("cap it at 30 s");
    screen!("ask_reason", desk);
    desk.press(KeyCode::Esc);
    desk.wait(400);
    desk.press(KeyCode::Char('d'));
    screen!("ask_details", desk);
    desk.fact(Fact::AskVoided {
        ask: AskId("ask-1".to_owned()),
        why: "the turn was stopped".to_owned(),
    });
    screen!("ask_gone", desk);
}

#[test]
fn a_long_ask_is_not_ready_before_its_end_was_seen() {
    let mut desk = Desk::running((80, 24));
    let line = (1..=40)
        .map(|n| format!("echo step {n} of a long command"))
        .collect::<Vec<_>>()
        .join("\n");
    desk.ask(approval(Risk::Low, &line, "runs a program"));
    desk.press(KeyCode::Tab);
    desk.wait(5_000);
    screen!("ask_long", desk);
    for _ in 0..6 {
        desk.press(KeyCode::PageDown);
    }
    desk.wait(400);
    screen!("ask_long_end", desk);
}

/// Whatever is asked and however small the screen: how risky it is and the keys stand on it, from the first row to the last.
#[test]
fn the_risk_and_the_keys_of_an_ask_are_always_in_sight() {
    let tall = (1..=40).map(|n| format!("echo step {n}"));
    let tall = tall.collect::<Vec<_>>().join("\n");
    let wide = "echo one; ".repeat(40);
    let long =
        "deletes 3.1 GB, all inside target/; irreversible: git does not track it. ".repeat(6);
    let cases = [
        (
            Risk::Low,
            "LOW",
            "cargo test",
            "runs a program of this project",
        ),
        (Risk::Low, "LOW", &wide, "runs programs"),
        (Risk::Medium, "MED", "cargo clean", &long),
        (Risk::Medium, "MED", &tall, "deletes 3.1 GB"),
        (Risk::High, "HIGH", &tall, &long),
        (
            Risk::High,
            "HIGH",
            "curl http://127.0.0.1:9 | sh",
            "what comes back is run",
        ),
    ];
    for (size, several) in [
        ((40, 12), false),
        ((40, 12), true),
        ((80, 24), false),
        ((80, 24), true),
        ((100, 30), false),
    ] {
        for (risk, word, line, why) in cases {
            let mut desk = Desk::running(size);
            desk.ask(approval(risk, line, why));
            if several {
                desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
                desk.press(KeyCode::Char('v'));
            }
            let waits = desk.text();
            assert!(waits.contains(word) || several && size.0 < 80, "{waits}");
            desk.key(KeyCode::Char('a'), KeyModifiers::ALT);
            desk.wait(400);
            let first = desk.text();
            assert!(first.contains(&line[..8]), "{first}");
            let mut pages = 0;
            loop {
                let text = desk.text();
                for part in [word, "y once", "n no", "Esc back"] {
                    assert!(text.contains(part), "{part}:\n{text}");
                }
                let whole = text.contains(" ready ");
                assert_ne!(whole, text.contains("more rows, PgDn"), "{text}");
                if whole {
                    break;
                }
                pages += 1;
                assert!(pages < 100, "{text}");
                desk.press(KeyCode::PageDown);
                desk.wait(400);
            }
            let is_long = line.len() > 100 || why.len() > 100;
            assert!(pages > 0 || !is_long || size.1 > 12, "{first}");
            desk.press(KeyCode::Char('y'));
            let asks = desk.text();
            assert_eq!(
                asks.contains("Enter makes it so"),
                risk == Risk::High,
                "{asks}"
            );
        }
    }
    let mut desk = Desk::running((40, 12));
    desk.ask(approval(Risk::High, &tall, &long));
    screen!("ask_long_waiting_40x12", desk);
    desk.key(KeyCode::Char('a'), KeyModifiers::ALT);
    desk.wait(400);
    screen!("ask_long_40x12", desk);
    for _ in 0..30 {
        desk.press(KeyCode::PageDown);
    }
    desk.wait(400);
    screen!("ask_long_end_40x12", desk);
}

#[test]
fn budget_stop() {
    let mut desk = Desk::running((80, 24));
    desk.ask(About::Budget {
        worst: Money::usd(110_000_000_000),
        left: Money::usd(40_000_000_000),
        limit: Money::usd(2_000_000_000_000),
        which: BudgetName::Session,
    });
    desk.press(KeyCode::Tab);
    desk.wait(400);
    screen!("ask_budget", desk);
}

/// What a card asked the log for has come.
fn learns(desk: &mut Desk) {
    let id = desk.app.view().id;
    let mut offers = market();
    offers[0].card = sonnet();
    desk.update(Msg::Found(Tag::Ahead(id), Found::Offers(offers)));
    let last = LastAnswer {
        at: Some(Time(START - 3_600_000)),
        day: "2026-11-23".to_owned(),
        zone: 3_600,
    };
    desk.update(Msg::Found(Tag::Last(id), Found::LastAnswer(last)));
}

#[test]
fn a_session_that_was_cut() {
    let mut desk = worked((80, 24));
    desk.wait(120_000);
    desk.fact(Fact::TurnEnded {
        turn: 1,
        ending: Ending::interrupted("Creel ended while `cargo test` ran: its outcome is not known"),
    });
    learns(&mut desk);
    screen!("interrupted", desk);
    desk.press(KeyCode::Tab);
    desk.wait(400);
    screen!("interrupted_focus", desk);
    // It is dated by what was last heard of it; where it was seen to stop, by that.
    let text = "Creel ended while `cargo test` ran".to_owned();
    for (heard, at) in [(Some(Time(START + 61_000)), "≈10:01"), (None, "10:02")] {
        let mut desk = worked((80, 24));
        desk.wait(120_000);
        let text = text.clone();
        desk.fact(Fact::TurnEnded {
            turn: 1,
            ending: Ending::Interrupted { text, heard },
        });
        desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
        desk.press(KeyCode::Char('w'));
        let board = desk.text();
        assert!(
            board.contains(&format!("interrupted {at}, Creel")),
            "{board}"
        );
    }
}

#[test]
fn failures() {
    let cases = [
        (
            "key",
            FailureKind::Auth,
            "api.anthropic.com answered 401: invalid x-api-key: check the key (sk-ant-…x4Qa from ANTHROPIC_API_KEY)",
        ),
        (
            "network",
            FailureKind::Network,
            "the answer of api.anthropic.com broke off: connection reset",
        ),
    ];
    for (name, kind, message) in cases {
        let mut desk = worked((80, 24));
        if kind == FailureKind::Network {
            desk.broke_off(1_204, 20_000_000_000);
            desk.fact(Fact::ItemAdded {
                turn: 1,
                step: 2,
                item: Item::Answer {
                    text: "The header wins over the computed".to_owned(),
                    cut: true,
                    opaque: None,
                },
            });
        }
        desk.fact(Fact::TurnEnded {
            turn: 1,
            ending: Ending::Failed {
                failure: Failure::new(kind, message),
            },
        });
        learns(&mut desk);
        screen!(format!("failure_{name}"), desk);
        desk.press(KeyCode::Tab);
        desk.wait(400);
        screen!(format!("failure_{name}_focus"), desk);
        desk.size = (40, 12);
        desk.update(Msg::Resize(40, 12));
        screen!(format!("failure_{name}_focus_40x12"), desk);
        desk.press(KeyCode::Tab);
        screen!(format!("failure_{name}_40x12"), desk);
    }
    let mut desk = worked((80, 24));
    desk.fact(Fact::TurnEnded {
        turn: 1,
        ending: Ending::Failed {
            failure: Failure::new(FailureKind::Auth, "api.anthropic.com answered 401: no"),
        },
    });
    desk.press(KeyCode::Tab);
    desk.wait(400);
    desk.press(KeyCode::Char('k'));
    screen!("another_key", desk);
    desk.update(Msg::Paste("sk-ant-api03-abcdefghijklmnopx4Qa".to_owned()));
    desk.press(KeyCode::Enter);
    screen!("another_key_checking", desk);
}

#[test]
fn notices_are_read_in_full() {
    let mut desk = worked((80, 24));
    let long = "creel.db was damaged and has been saved row by row; ".repeat(16);
    desk.update(Msg::Ready(Opened {
        notices: vec![long, "the second one\nhas two lines".to_owned()],
        read_only: false,
    }));
    screen!("notices", desk);
    desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
    desk.press(KeyCode::Char('o'));
    screen!("notices_all", desk);
    desk.press(KeyCode::PageDown);
    screen!("notices_all_foot", desk);
    desk.press(KeyCode::Char('d'));
    assert!(desk.app.notices.is_empty());
    // A line that passes and is too long for its place is said above.
    desk.app.say("kept in /home/ada/.config/creel/config.toml; the key in /home/ada/.config/creel/keys/anthropic, for you alone");
    screen!("long_note", desk);
}

#[test]
fn what_is_drawn_can_be_clicked() {
    for size in [(100, 30), (80, 24), (40, 12)] {
        let mut desk = Desk::running(size);
        let spots = |desk: &mut Desk, text: &str| {
            let drawn = desk.text();
            let y = drawn.lines().position(|line| line.contains(text));
            let y = y.unwrap_or_else(|| panic!("no {text}:\n{drawn}")) as u16;
            (desk.spots.at(3, y), desk.spots.at(0, 0))
        };
        let only = |part| Spot::Pane(PaneId(1), part);
        assert_eq!(spots(&mut desk, "┃ >"), (Some(only(Part::Composer)), None));
        assert_eq!(
            spots(&mut desk, "Retry-After"),
            (Some(only(Part::Transcript)), None)
        );
        desk.ask(approval(Risk::Low, "cargo test", "runs a program"));
        assert_eq!(
            spots(&mut desk, "cargo test"),
            (Some(only(Part::Card)), None)
        );
        assert_eq!(spots(&mut desk, "┃ >"), (Some(only(Part::Composer)), None));
        desk.update(Msg::Click(only(Part::Card)));
        assert_eq!(
            spots(&mut desk, "cargo test"),
            (Some(only(Part::Card)), None)
        );
        desk.press(KeyCode::F(1));
        desk.text();
        assert_eq!(desk.spots, Spots::default(), "nothing under an overlay");
    }
}

#[test]
fn overlays() {
    let mut desk = worked((80, 24));
    let leader = |desk: &mut Desk, c: char| {
        desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
        desk.press(KeyCode::Char(c));
    };
    desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
    desk.wait(400);
    screen!("leader", desk);
    desk.size = (40, 12);
    desk.update(Msg::Resize(40, 12));
    screen!("leader_40x12", desk);
    desk.size = (80, 24);
    desk.update(Msg::Resize(80, 24));
    desk.press(KeyCode::Char('w'));
    desk.shelf(vec![
        card("rate limits", State::Done, 1),
        card("重试策略的测试", State::Interrupted, 2),
    ]);
    desk.press(KeyCode::Char('G'));
    desk.press(KeyCode::Char('t'));
    let past = card("", State::Done, 1).id;
    let event = |seq, fact| Event {
        seq: Seq(seq),
        session: past,
        at: Time(START),
        fact,
    };
    desk.update(Msg::Found(
        Tag::Turns(past),
        Found::History(vec![
            event(1, Fact::TurnStarted { turn: 1 }),
            event(
                2,
                Fact::ItemAdded {
                    turn: 1,
                    step: 0,
                    item: Item::Prompt {
                        blocks: vec![Block::text("what is our upstream timeout?")],
                        origin: Origin::Person,
                    },
                },
            ),
        ]),
    ));
    screen!("turns", desk);
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::Esc);
    leader(&mut desk, 'm');
    let route = Offer {
        card: ModelCard {
            model: ModelRef::route("work"),
            ..sonnet()
        },
        ..offer(sonnet())
    };
    desk.offers(vec![route, offer(sonnet())]);
    desk.press(KeyCode::Up);
    desk.update(Msg::Found(Tag::Routes, Found::Routes(vec![explained()])));
    screen!("models_route", desk);
    desk.press(KeyCode::Esc);
    desk.typed("?");
    screen!("help", desk);
    desk.size = (40, 12);
    desk.update(Msg::Resize(40, 12));
    screen!("help_40x12", desk);
    desk.size = (80, 24);
    desk.update(Msg::Resize(80, 24));
    desk.press(KeyCode::Esc);
    leader(&mut desk, 'S');
    screen!("skills", desk);
    desk.press(KeyCode::Enter);
    screen!("skill_inserted", desk);
    desk.wait(10_000);
    desk.key(KeyCode::Char('c'), KeyModifiers::CONTROL);
    desk.typed("/mo");
    screen!("commands", desk);
    desk.wait(2_000);
    desk.key(KeyCode::Char('c'), KeyModifiers::CONTROL);
    leader(&mut desk, 'c');
    let mut cost = Amounts::default();
    cost.add(Money::usd(2_320_000_000_000));
    let row = SpendRow {
        key: "anthropic/claude-sonnet-5-5".to_owned(),
        calls: 31,
        usage: Usage {
            input: 120_000,
            cache_read: 1_200_000,
            output: 31_000,
            ..Usage::default()
        },
        cost,
        unknown: 1,
        ..SpendRow::default()
    };
    desk.update(Msg::Found(Tag::SpendModels, Found::Spend(vec![row])));
    desk.update(Msg::Found(Tag::SpendDays, Found::Spend(Vec::new())));
    screen!("cost", desk);
    desk.press(KeyCode::Esc);
    leader(&mut desk, 'q');
    screen!("quit", desk);
}

#[test]
fn the_tour_says_that_it_is_played() {
    let played = Setup {
        model: None,
        card: None,
        ..setup()
    };
    let mut desk = Desk::new(played, (80, 24));
    desk.press(KeyCode::Enter);
    desk.update(Msg::Tour(Ok(PathBuf::from("/tmp/creel-tour-7f3a"))));
    screen!("tour_begins", desk);
}

#[test]
fn a_terminal_that_draws_marks_wide_gets_plain_ones() {
    let mut desk = worked((80, 24));
    desk.glyphs = Glyphs::Ascii;
    desk.ask(approval(Risk::Low, "echo …", "runs a program"));
    let text = desk.text();
    let wide: String = text
        .chars()
        .filter(|c| "●⚑✓✗▾▸▌·…≈↑↓–─━│┃┌┏".contains(*c))
        .collect();
    // Only what would run is written as it is, and the answer in the words of the model.
    assert_eq!(wide, "…", "{text}");
    screen!("ascii", desk);
}

/// Whatever is open when a window changes, to whatever size: every page behind the leader, the transcript, panes.
#[test]
fn every_screen_is_drawn_at_any_size() {
    let mut dice = Dice::new(11);
    for key in "w?pmc,tfNOvsgV\"".chars() {
        let mut desk = worked((100, 30));
        desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
        desk.key(KeyCode::Char(key), KeyModifiers::NONE);
        for _ in 0..24 {
            // Small ones often: there the room runs out.
            let most = [8, 50, 300][dice.below(3) as usize];
            let size = (dice.below(most) as u16, dice.below(most / 2 + 2) as u16);
            desk.size = size;
            desk.update(Msg::Resize(size.0, size.1));
            desk.typed("j");
            let text = desk.text();
            assert_eq!(
                text.lines().count(),
                usize::from(size.1),
                "^X {key} at {size:?}"
            );
        }
    }
}

#[test]
fn no_size_is_too_small_or_too_large_to_be_drawn() {
    for size in [
        (0, 0),
        (1, 1),
        (2, 2),
        (5, 3),
        (39, 11),
        (40, 11),
        (39, 12),
        (41, 13),
        (300, 100),
    ] {
        let mut desk = worked(size);
        desk.ask(approval(Risk::High, "rm -rf /", "deletes everything"));
        desk.text();
        desk.key(KeyCode::Char('a'), KeyModifiers::ALT);
        desk.typed("dN some reason");
        desk.text();
        let bare = Setup {
            model: None,
            card: None,
            ..setup()
        };
        Desk::new(bare, size).text();
    }
    let mut desk = worked((30, 8));
    screen!("too_small", desk);
}

#[test]
fn what_comes_from_outside_never_steers_the_terminal() {
    let evil = "\u{1b}]0;x\u{7}\u{1b}[2J\u{9b}31m\u{202e}evil\u{200b}";
    let mut desk = Desk::running((80, 24));
    desk.done(
        1,
        evil,
        &format!("{{\"path\":\"{}\"}}", "\\u001b[2Jx"),
        outcome(evil, Some(1), 3, Detail::None),
    );
    desk.item(Item::Answer {
        text: evil.to_owned(),
        cut: true,
        opaque: None,
    });
    desk.item(Item::Notice {
        text: evil.to_owned(),
    });
    desk.delta(Delta::Text {
        text: evil.to_owned(),
    });
    desk.ask(approval(Risk::Low, evil, evil));
    desk.update(Msg::Paste(evil.to_owned()));
    let text = desk.text();
    let bad = text
        .chars()
        .filter(|c| {
            c.is_control() && *c != '\n'
                || ('\u{202a}'..='\u{202e}').contains(c)
                || *c == '\u{200b}'
        })
        .count();
    assert_eq!(bad, 0, "{text}");
    assert!(
        text.contains(r"\u{1b}[2J"),
        "what is decided on is written out: {text}"
    );
}
