//! The search of memory by itself, for whoever called Creel for a text: the same screen on the terminal, whatever standard output
//! is, and the hit that is chosen. No session is opened and no model is asked.

use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use ratatui::layout::Position;
use uuid::Uuid;

use crate::config::theme::ThemeChoice;
use crate::protocol::query::Query;
use crate::tui::app::App;
use crate::tui::app::message::{Cmd, Msg, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::setup::Setup;
use crate::tui::app::wishes::Wishes;
use crate::tui::ending::HANG_UP;
use crate::tui::queue::{Wake, wake};
use crate::tui::screen::kept::Kept;
use crate::tui::screen::look::Look;
use crate::tui::terminal::ability::Ability;
use crate::tui::terminal::eye::Ground;
use crate::tui::terminal::input::{Input, Signal as SystemSignal, person};
use crate::tui::terminal::output::Device;
use crate::tui::terminal::{Shown, Terminal};
use crate::tui::theme::folder::Themes;
use crate::tui::wardrobe::Wardrobe;
use crate::tui::widget::paint::Glyphs;
use crate::tui::{Start, Started, now, screen};

/// A terminal that takes no more is tried again after this.
const LATER: Duration = Duration::from_millis(20);
/// Messages taken in before a frame.
const MOST: usize = 1_000;

/// The terminal of the person who called, wherever standard input and output go.
#[derive(Debug)]
pub struct Place {
    input: OwnedFd,
    device: Device,
}

impl Place {
    /// An error: there is none.
    pub fn find() -> io::Result<Self> {
        Ok(Self {
            input: person()?,
            device: Device::of_person()?,
        })
    }
}

/// What the search is given beside the engine.
#[derive(Clone)]
pub struct Options {
    /// What the config says of keys and the like.
    pub wishes: Wishes,
    pub ability: Ability,
    pub themes: Themes,
    pub theme: ThemeChoice,
    pub ground: Ground,
    pub glyphs: Glyphs,
    /// What stands in the line at first.
    pub line: String,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picked {
    /// Of a command its line, of any other hit its text.
    Hit(String),
    Nothing,
    /// A signal from outside, by its number, or the terminal is gone.
    BySignal(i32),
}

/// Draws the first frame, then starts the engine, and returns when a hit was chosen or none.
pub fn run(place: Place, options: Options, start: Start) -> anyhow::Result<Picked> {
    let Place { input, device } = place;
    let keys = input.try_clone().context("the keyboard cannot be read")?;
    let terminal = Terminal::on(input, device, options.ability.clone())
        .context("the terminal could not be taken")?;
    terminal.restorer().restore_on_panic(|info| {
        tracing::error!("{info}");
        format!("creel stopped on a fault of its own: {info}")
    });
    let (sender, queue) = channel();
    let began = Instant::now();
    let chance = Uuid::now_v7();
    let area = terminal.screen.area();
    let setup = Setup {
        wishes: options.wishes,
        ..Setup::default()
    };
    let mut app = App::new(setup, (area.width, area.height), now(began, began, chance));
    let cmds = app.pick_from_memory(&options.line);
    let mut wardrobe = Wardrobe::new(
        options.themes,
        options.theme,
        options.ground,
        options.ability.depth,
    );
    let (theme, _) = wardrobe.change().unwrap_or_default();
    let mut desk = Desk {
        app,
        look: Look::new(theme, options.glyphs),
        wardrobe,
        terminal,
        kept: Kept::default(),
        began,
        chance,
        again: None,
        engine: None,
        asked: Vec::new(),
        sender: sender.clone(),
        picked: None,
    };
    let deliver = sender.clone();
    // Held to the end: dropping it ends the thread that reads.
    let _input = Input::on(keys, move |event| {
        wake(event, Instant::now()).is_none_or(|wake| deliver.send(wake).is_ok())
    })
    .context("the keyboard could not be read")?;
    desk.carry_out(cmds);
    desk.draw()?;
    std::thread::spawn(move || {
        let _ = sender.send(Wake::Started(start()));
    });
    desk.live(&queue)
}

struct Desk {
    app: App,
    look: Look,
    wardrobe: Wardrobe,
    terminal: Terminal,
    kept: Kept,
    began: Instant,
    chance: Uuid,
    /// A frame is owed then.
    again: Option<Instant>,
    engine: Option<Started>,
    /// Asked before the engine was there.
    asked: Vec<(Tag, Query)>,
    sender: Sender<Wake>,
    picked: Option<Picked>,
}

impl Desk {
    fn live(&mut self, queue: &Receiver<Wake>) -> anyhow::Result<Picked> {
        loop {
            if let Some(first) = self.wait(queue) {
                for wake in std::iter::once(first).chain(queue.try_iter().take(MOST)) {
                    self.take(wake)?;
                }
            }
            if let Some(picked) = self.picked.take() {
                return Ok(picked);
            }
            self.draw()?;
        }
    }

    /// `None`: the moment has come for a frame that is owed.
    fn wait(&mut self, queue: &Receiver<Wake>) -> Option<Wake> {
        let Some(until) = self.again else {
            return Some(queue.recv().unwrap_or(Wake::Closed));
        };
        match queue.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(wake) => Some(wake),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Wake::Closed),
        }
    }

    fn take(&mut self, wake: Wake) -> anyhow::Result<()> {
        match wake {
            Wake::Msg(msg) => {
                if let Msg::Resize(width, height) = msg {
                    self.terminal.screen.resize(width, height);
                    self.kept.forget();
                }
                self.update(msg, Instant::now());
            }
            Wake::Came(msg, at) => self.update(msg, at),
            Wake::Started(Ok(started)) => {
                self.engine = Some(started);
                for (tag, query) in std::mem::take(&mut self.asked) {
                    self.ask(tag, query);
                }
            }
            Wake::Started(Err(why)) => return Err(anyhow!(why)),
            Wake::Ground(ground) => {
                self.terminal.answered();
                self.wardrobe.ground = ground;
                if let Some((theme, _)) = self.wardrobe.change() {
                    self.look.theme = theme;
                    self.kept.forget();
                }
            }
            Wake::System(signal) => self.system(signal)?,
            Wake::Closed => self.ends(Picked::BySignal(HANG_UP)),
            // Nothing here is asked for its width, pointed at, or changes with a file.
            Wake::Themes(_) | Wake::Column(_) | Wake::Pointer(..) | Wake::Config => {}
        }
        Ok(())
    }

    fn system(&mut self, signal: SystemSignal) -> anyhow::Result<()> {
        match signal {
            SystemSignal::Terminate => self.ends(Picked::BySignal(15)),
            SystemSignal::HangUp => self.ends(Picked::BySignal(HANG_UP)),
            SystemSignal::Interrupt => self.ends(Picked::BySignal(2)),
            SystemSignal::Quit => self.ends(Picked::BySignal(3)),
            SystemSignal::Continue => {
                self.terminal.continued()?;
                self.kept.forget();
            }
            // A shell waits for what is chosen.
            SystemSignal::Stop | SystemSignal::User => {}
        }
        Ok(())
    }

    fn ends(&mut self, picked: Picked) {
        self.picked.get_or_insert(picked);
    }

    fn update(&mut self, msg: Msg, at: Instant) {
        if self.picked.is_some() {
            return;
        }
        let now = now(self.began, at, self.chance);
        let cmds = self.app.update(msg, now);
        self.carry_out(cmds);
        if !matches!(self.app.overlay, Some(Overlay::Memory(_))) {
            self.ends(Picked::Nothing);
        }
    }

    /// What belongs to the search is done; whatever else the workstation would do has no place here.
    fn carry_out(&mut self, cmds: Vec<Cmd>) {
        for cmd in cmds {
            match cmd {
                Cmd::Ask(tag @ (Tag::Memory(_) | Tag::Around(_)), query) => self.ask(tag, query),
                Cmd::Take(text) => self.ends(Picked::Hit(text)),
                Cmd::Redraw => self.terminal.screen.invalidate(),
                _ => {}
            }
        }
    }

    fn ask(&mut self, tag: Tag, query: Query) {
        let Some(engine) = &self.engine else {
            // Only the newest is of use.
            self.asked.clear();
            self.asked.push((tag, query));
            return;
        };
        let (door, sender) = (engine.door.clone(), self.sender.clone());
        engine.runtime.spawn(async move {
            let found = door.ask(query).await;
            let _ = sender.send(Wake::Msg(Msg::Found(tag, found)));
        });
    }

    fn draw(&mut self) -> anyhow::Result<()> {
        self.again = None;
        let area = self.terminal.screen.area();
        self.app.size = (area.width, area.height);
        let surface = self.terminal.screen.surface();
        let shown = screen::draw(&self.app, &mut self.kept, surface, &self.look);
        let cursor = shown.cursor.map(|(x, y)| Position::new(x, y));
        if self.terminal.show(cursor)? == Shown::Later {
            self.kept.forget();
            self.again = Some(Instant::now() + LATER);
            return Ok(());
        }
        self.update(Msg::Drawn(shown.seen), Instant::now());
        Ok(())
    }
}
