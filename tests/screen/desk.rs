//! The workstation in a test: messages in, frames out, and what a session heard.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use uuid::Uuid;

use creel::protocol::ask::{About, Ask};
use creel::protocol::board::Shelf;
use creel::protocol::call::{Outcome, ToolCall};
use creel::protocol::event::{Delta, Event, Fact, Signal};
use creel::protocol::failure::{Failure, FailureKind};
use creel::protocol::id::{AskId, CallId, Seq, SessionId};
use creel::protocol::item::{Block, Item, Origin};
use creel::protocol::money::Money;
use creel::protocol::offer::Offer;
use creel::protocol::query::Found;
use creel::protocol::rule::Mode;
use creel::protocol::sandbox::Hold;
use creel::protocol::session::{Card, SessionSpec};
use creel::protocol::time::Time;
use creel::protocol::usage::{Basis, Charge, Usage};
use creel::tui::app::App;
use creel::tui::app::local::Answering;
use creel::tui::app::message::{Cmd, Msg, Tag};
use creel::tui::app::setup::{Opened, Setup};
use creel::tui::screen;
use creel::tui::screen::kept::Kept;
use creel::tui::screen::look::Look;
use creel::tui::screen::spots::Spots;
use creel::tui::terminal::surface::Surface;
use creel::tui::theme::Theme;
use creel::tui::widget::paint::Glyphs;

use super::given::{START, now, setup, sonnet};

pub struct Desk {
    pub app: App,
    pub kept: Kept,
    pub surface: Surface,
    pub millis: u64,
    pub seq: u64,
    pub size: (u16, u16),
    pub cursor: Option<(u16, u16)>,
    pub spots: Spots,
    pub glyphs: Glyphs,
}

impl Desk {
    pub fn new(setup: Setup, size: (u16, u16)) -> Self {
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
        desk.update(Msg::Found(
            Tag::Sandbox,
            Found::Sandbox(Hold {
                given_up: true,
                ..Hold::default()
            }),
        ));
        desk.update(Msg::Found(Tag::Models, Found::Models(vec![sonnet()])));
        desk
    }

    /// The list of models has been reckoned for the session that is looked at.
    pub fn offers(&mut self, offers: Vec<Offer>) {
        let tag = Tag::Offers(self.app.view().id);
        self.update(Msg::Found(tag, Found::Offers(offers)));
    }

    /// The servers of this machine have answered the last ask.
    pub fn found_here(&mut self, servers: Vec<Answering>) {
        self.update(Msg::Local(self.app.local_asks.last, servers));
    }

    pub fn update(&mut self, msg: Msg) -> Vec<Cmd> {
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
    pub fn frame(&mut self) -> (Buffer, Vec<Cmd>) {
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
    pub fn text(&mut self) -> String {
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

    pub fn key(&mut self, code: KeyCode, modifiers: KeyModifiers) {
        self.update(Msg::Key(KeyEvent::new(code, modifiers)));
    }

    pub fn press(&mut self, code: KeyCode) {
        self.key(code, KeyModifiers::NONE);
    }

    /// A key, and what it wants done, with all frames it needs.
    pub fn pressed(&mut self, code: KeyCode) -> Vec<Cmd> {
        let mut cmds = self.update(Msg::Key(KeyEvent::new(code, KeyModifiers::NONE)));
        while std::mem::take(&mut self.app.owes_frame) {
            cmds.extend(self.frame().1);
        }
        cmds
    }

    pub fn typed(&mut self, text: &str) {
        for c in text.chars() {
            self.press(KeyCode::Char(c));
        }
    }

    pub fn wait(&mut self, millis: u64) {
        self.millis += millis;
        self.update(Msg::Tick);
    }

    pub fn fact(&mut self, fact: Fact) {
        self.seq += 1;
        let event = Event {
            seq: Seq(self.seq),
            session: self.app.view().id,
            at: Time(START + self.millis as i64),
            fact,
        };
        self.update(Msg::Signals(vec![Signal::Event(Box::new(event))]));
    }

    pub fn delta(&mut self, delta: Delta) {
        let session = self.app.view().id;
        self.update(Msg::Signals(vec![Signal::Delta { session, delta }]));
    }

    /// An item of the turn that runs.
    pub fn item(&mut self, item: Item) {
        let entries = self.app.view().transcript.entries();
        let turn = entries.last().map_or(1, |entry| entry.turn);
        self.fact(Fact::ItemAdded {
            turn,
            step: 1,
            item,
            imported: None,
        });
    }

    pub fn call(&mut self, number: usize, name: &str, arguments: &str) -> CallId {
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

    pub fn done(&mut self, number: usize, name: &str, arguments: &str, outcome: Outcome) {
        let call = self.call(number, name, arguments);
        self.fact(Fact::CallStarted {
            call: call.clone(),
            birth: None,
            by: None,
            change: None,
        });
        self.item(Item::Result { call, outcome });
    }

    /// A turn of a session that runs.
    pub fn running(size: (u16, u16)) -> Self {
        Self::running_with(setup(), size)
    }

    pub fn running_with(setup: Setup, size: (u16, u16)) -> Self {
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
                source: None,
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

    pub fn answered(&mut self, usage: Usage, parts: i64) {
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
    pub fn broke_off(&mut self, output: u64, parts: i64) {
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

    pub fn ask(&mut self, about: About) {
        let ask = Ask {
            id: AskId("ask-1".to_owned()),
            about,
        };
        self.fact(Fact::AskRaised { ask });
    }
}

impl Desk {
    /// The board was told what the log has.
    pub fn shelf(&mut self, cards: Vec<Card>) {
        let question = self.app.board.as_ref().unwrap().question;
        let found = Shelf {
            total: cards.len() as u64,
            cards,
            ..Shelf::default()
        };
        self.update(Msg::Found(Tag::Board(question), Found::Board(found)));
    }
}
