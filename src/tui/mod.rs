//! The workstation: a full-screen face. It speaks to the engine through the door and draws from state, never into it.
//!
//! The calling thread draws. One queue brings it everything: keys from the thread that reads, signals of the engine at most
//! once a frame, answers. It sleeps in that queue; while nothing happens and nothing is counted, nothing wakes it.

pub mod app;
mod effect;
mod ending;
mod feed;
mod files;
mod lending;
mod memory;
pub mod pick;
mod pointing;
mod queue;
pub mod reload;
pub mod screen;
pub mod terminal;
pub mod theme;
mod wardrobe;
pub mod widget;
mod window;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use futures_util::future::BoxFuture;
use ratatui::layout::Position;
use uuid::{Builder, Uuid};

use crate::config::clipboard::Clipboard;
use crate::config::display::{Ambiguous, Motion};
use crate::config::theme::ThemeChoice;
use crate::engine::clock::Clocks;
use crate::engine::door::Door;
use crate::protocol::event::Signal;
use crate::protocol::id::{ModelRef, SessionId};
use crate::protocol::time::Time;
use crate::tui::app::App;
use crate::tui::app::arrangement::Arrangement;
use crate::tui::app::card::KeyPlaces;
use crate::tui::app::layout::Edge;
use crate::tui::app::local::Answering;
use crate::tui::app::message::{Cmd, Msg};
use crate::tui::app::pane::PaneId;
use crate::tui::app::setup::{Checked, NewProvider, Now, Opened, Place, Setup, Stored};
use crate::tui::app::wishes::Wishes;
use crate::tui::effect::Effects;
use crate::tui::ending::HANG_UP;
use crate::tui::queue::{Next, Wake, start_input};
use crate::tui::reload::ConfigFile;
use crate::tui::reload::Tell;
use crate::tui::screen::kept::Kept;
use crate::tui::screen::look::Look;
use crate::tui::screen::spots::Spots;
use crate::tui::terminal::ability::Ability;
use crate::tui::terminal::eye::Ground;
use crate::tui::terminal::{Shown, Terminal};
use crate::tui::theme::folder::Themes;
use crate::tui::wardrobe::Wardrobe;
use crate::tui::widget::paint::Glyphs;

/// A resize is drawn at most this often; keys are drawn at once.
const RESIZE_FRAME: Duration = Duration::from_millis(16);
/// News of sessions that nobody types in is drawn at most this often.
const BESIDE_FRAME: Duration = Duration::from_millis(33);
/// The same for all sessions, where the screen shall move little.
const CALM_FRAME: Duration = Duration::from_millis(500);
/// A terminal that takes no more is tried again after this.
const LATER: Duration = Duration::from_millis(20);
/// Messages taken in before a frame, so that a flood does not hold the screen up.
const MOST: usize = 1_000;

/// Tries a provider with a call that costs nothing.
pub type Check =
    Arc<dyn Fn(NewProvider) -> BoxFuture<'static, Result<Checked, String>> + Send + Sync>;
/// Asks the usual ports of this machine for models; the servers that answered.
pub type AskLocal = Arc<dyn Fn() -> BoxFuture<'static, Vec<Answering>> + Send + Sync>;
/// Keeps a provider with the model that was chosen; may write files. Tells the config as it is then too, where it can be read.
pub type Store =
    Arc<dyn Fn(NewProvider, ModelRef, Tell<(Stored, Option<Box<Wishes>>)>) + Send + Sync>;
/// Reads config and keys again, and tells where the keys are kept now.
pub type ReadKeys = Arc<dyn Fn() -> BoxFuture<'static, Result<KeyPlaces, String>> + Send + Sync>;
/// Makes a folder, with the tour's files or empty.
pub type Tour = Arc<dyn Fn() -> Result<PathBuf, String> + Send + Sync>;
/// Keeps tabs and panes for the next start, or that there are none to keep.
pub type Keep = Arc<dyn Fn(Option<&Arrangement>) -> Result<(), String> + Send + Sync>;
/// Reads what there is to know of a folder: a few small files.
pub type LookAt = Arc<dyn Fn(&Path) -> Place + Send + Sync>;

/// Looks for the repositories below a folder, at most so many.
pub type Below = Arc<dyn Fn(&Path, usize) -> Vec<PathBuf> + Send + Sync>;

/// All the workstation is given beside the engine.
#[derive(Clone)]
pub struct Options {
    pub setup: Setup,
    pub ability: Ability,
    pub themes: Themes,
    pub theme: ThemeChoice,
    /// What the terminal has behind its text as far as the environment tells, until it answers itself.
    pub ground: Ground,
    pub glyphs: Glyphs,
    /// How wide the terminal draws characters in whose width terminals differ.
    pub ambiguous: Ambiguous,
    /// The person's editor, as a command line.
    pub editor: String,
    /// By which way texts are copied.
    pub clipboard: Clipboard,
    pub check_provider: Check,
    pub ask_local: AskLocal,
    pub store_provider: Store,
    pub read_keys: ReadKeys,
    /// The same of what the config names beside what it did; no key is read again.
    pub extend: ReadKeys,
    pub tour: Tour,
    /// Makes an empty folder to work in.
    pub scratch: Tour,
    /// Keeps tabs and panes for the next start; writes a small file.
    pub keep: Keep,
    pub look_at: LookAt,
    pub below: Below,
    pub config: ConfigFile,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("setup", &self.setup)
            .finish_non_exhaustive()
    }
}

/// The engine, once it is there, and the runtime that answers are awaited on.
#[derive(Debug)]
pub struct Started {
    pub door: Door,
    /// What the person should be told about the opening of the log.
    pub notices: Vec<String>,
    /// The log can only be read.
    pub read_only: bool,
    pub runtime: tokio::runtime::Handle,
}

/// Starts the engine; called on a thread of its own after the first frame.
pub type Start = Box<dyn FnOnce() -> Result<Started, String> + Send>;

/// Why the workstation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    ByPerson,
    /// A signal from outside, by its number, or the terminal is gone.
    BySignal(i32),
}

/// Draws the first frame from the options alone, then starts the engine, and returns when the person quits or the terminal
/// goes. Every turn that runs has been told to stop by then; the engine ends when its last door is dropped.
pub fn run(options: Options, start: Start) -> anyhow::Result<Ended> {
    let mut terminal =
        Terminal::enter(options.ability.clone()).context("the terminal could not be taken")?;
    terminal.restorer().restore_on_panic(|info| {
        tracing::error!("{info}");
        format!("creel stopped on a fault of its own: {info}\nwhat was said and done is in the log; start it again, and `creel bug-report` puts together what helps to find the fault")
    });
    let (sender, queue) = channel();
    let area = terminal.screen.area();
    let began = Instant::now();
    let chance = Uuid::now_v7();
    let mut app = App::new(
        options.setup.clone(),
        (area.width, area.height),
        now(began, began, chance),
    );
    let mut wardrobe = Wardrobe::new(
        options.themes.clone(),
        options.theme.clone(),
        options.ground,
        options.ability.depth,
    );
    let (theme, fault) = wardrobe.change().unwrap_or_default();
    app.notices.extend(fault);
    let look = Look::new(theme, options.glyphs);
    window::begin(&mut terminal, &options)?;
    let mut desk = Desk {
        app,
        look,
        wardrobe,
        terminal,
        kept: Kept::default(),
        spots: Spots::default(),
        held: None,
        pointing: None,
        began,
        chance,
        drawn: began,
        again: None,
        ended: None,
    };
    // Before the first frame, which takes longer: a signal that comes while it is drawn would end the program with the terminal
    // still taken, and a window made larger meanwhile would not be drawn anew.
    let input = start_input(sender.clone()).context("the keyboard could not be read")?;
    desk.draw()?;
    let starter = sender.clone();
    std::thread::spawn(move || {
        let _ = starter.send(Wake::Started(start()));
    });
    let changed = sender.clone();
    reload::tell_changes(&options.config.path, move || {
        changed.send(Wake::Config).is_ok()
    });
    let mut effects = Effects::new(options, sender, input);
    desk.live(&queue, &mut effects)
}

/// The state, and the terminal that shows it.
struct Desk {
    app: App,
    look: Look,
    wardrobe: Wardrobe,
    terminal: Terminal,
    kept: Kept,
    spots: Spots,
    /// The edge that the pointer holds.
    held: Option<Edge>,
    /// The pane in whose transcript its button is down.
    pointing: Option<PaneId>,
    began: Instant,
    /// Of the next session's id, the part that is chance.
    chance: Uuid,
    /// The last frame.
    drawn: Instant,
    /// A frame is owed then.
    again: Option<Instant>,
    ended: Option<Ended>,
}

impl Desk {
    fn live(&mut self, queue: &Receiver<Wake>, effects: &mut Effects) -> anyhow::Result<Ended> {
        loop {
            // What need not be shown at once: sizes on the way to another, news of sessions that nobody types in.
            let (mut back, mut heard_only) = (false, true);
            let mut resized_only = true;
            let mut beside_only = true;
            let mut moment = false;
            match self.wait(queue) {
                Next::Nobody => return Ok(Ended::ByPerson),
                Next::Moment => {
                    moment = true;
                    (resized_only, beside_only) = (false, false);
                    self.update(Msg::Tick, effects)?;
                }
                Next::Wake(first) => {
                    for wake in std::iter::once(*first).chain(queue.try_iter().take(MOST)) {
                        resized_only &= matches!(wake, Wake::Msg(Msg::Resize(..)));
                        beside_only &= self.is_beside(&wake);
                        back |= wake.is_back();
                        heard_only &= matches!(wake, Wake::Msg(Msg::Signals(_)));
                        self.take(wake, effects)?;
                    }
                }
            }
            // Neither text that streams nor a moment that comes is a reason to look at a file.
            if !heard_only {
                effects.look_at_config(back);
            }
            if let Some(ended) = self.ended {
                effects.finish();
                return Ok(ended);
            }
            let calm = self.app.setup.wishes.motion == Motion::Reduced;
            let due = self.drawn
                + match (resized_only, beside_only) {
                    (true, _) => RESIZE_FRAME,
                    _ if calm && heard_only && !moment => CALM_FRAME,
                    (_, true) => BESIDE_FRAME,
                    _ => Duration::ZERO,
                };
            if Instant::now() < due {
                self.again = Some(due);
                continue;
            }
            if let Some(msg) = self.draw()? {
                self.update(msg, effects)?;
                // Keys that waited for this frame were carried out.
                if std::mem::take(&mut self.app.owes_frame) {
                    self.again = Some(Instant::now());
                }
            }
        }
    }

    /// News of other sessions than the one with the keys.
    fn is_beside(&self, wake: &Wake) -> bool {
        let here = self.app.pane().session;
        let beside = |signal: &Signal| match signal {
            Signal::Event(event) => event.session != here,
            Signal::Delta { session, .. } => *session != here,
            Signal::Import(_) => true,
            Signal::Refused { .. } | Signal::Lagged => false,
        };
        matches!(wake, Wake::Msg(Msg::Signals(signals)) if signals.iter().all(beside))
    }

    fn wait(&mut self, queue: &Receiver<Wake>) -> Next {
        let wake = self.app.wake().map(|since| self.began + since);
        let until = [wake, self.again, self.terminal.progress_fades()];
        let until = until.into_iter().flatten().min();
        let Some(until) = until else {
            return queue
                .recv()
                .map_or(Next::Nobody, |wake| Next::Wake(Box::new(wake)));
        };
        match queue.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(wake) => Next::Wake(Box::new(wake)),
            Err(RecvTimeoutError::Timeout) => Next::Moment,
            Err(RecvTimeoutError::Disconnected) => Next::Nobody,
        }
    }

    fn take(&mut self, wake: Wake, effects: &mut Effects) -> anyhow::Result<()> {
        match wake {
            Wake::Ground(ground) => {
                self.terminal.answered();
                self.wardrobe.ground = ground;
                self.wear(effects);
                Ok(())
            }
            Wake::Themes(fetched) => match self.fetched(*fetched) {
                Some(msg) => self.update(msg, effects),
                None => Ok(()),
            },
            Wake::Msg(msg) => {
                if let Msg::Resize(width, height) = msg {
                    // Blank from here on, also where the size is the one before.
                    self.terminal.screen.resize(width, height);
                    self.kept.forget();
                }
                if matches!(msg, Msg::Focus(true) | Msg::Back) {
                    // The terminal or the file of the theme may have changed meanwhile, and not every terminal tells.
                    self.terminal.ask_ground()?;
                    self.look_at_theme(effects);
                }
                if let Msg::Wished(Ok(wishes)) | Msg::Wrote(wishes) = &msg {
                    self.terminal.set_mouse(wishes.mouse)?;
                    effects.notify = wishes.notify.clone();
                    self.wardrobe.choice = wishes.theme.clone();
                    self.wear(effects);
                    // Whatever was laid out may name a key.
                    self.kept = Kept::default();
                }
                self.update(msg, effects)
            }
            Wake::Column(column) => {
                self.widen(column);
                Ok(())
            }
            Wake::Came(msg, at) => {
                if matches!(msg, Msg::Key(_)) {
                    effects.here();
                }
                self.update_at(msg, at, effects)
            }
            Wake::Started(Ok(started)) => {
                let opened = Opened {
                    notices: started.notices.clone(),
                    read_only: started.read_only,
                };
                effects.started(started);
                self.update(Msg::Ready(opened), effects)
            }
            Wake::Started(Err(why)) => self.update(Msg::Broken(why), effects),
            Wake::System(signal) => self.system(signal, effects),
            Wake::Pointer(gesture, x, y) => match self.pointed(gesture, x, y) {
                Some(msg) => {
                    effects.here();
                    self.update(msg, effects)
                }
                None => Ok(()),
            },
            // Looked at behind all that came with it.
            Wake::Config => Ok(()),
            Wake::Closed => self.end(Ended::BySignal(HANG_UP), effects),
        }
    }

    fn update(&mut self, msg: Msg, effects: &mut Effects) -> anyhow::Result<()> {
        self.update_at(msg, Instant::now(), effects)
    }

    fn update_at(&mut self, msg: Msg, at: Instant, effects: &mut Effects) -> anyhow::Result<()> {
        let given = self.app.now.fresh;
        if self.app.views.iter().any(|view| view.id == given) {
            self.chance = Uuid::now_v7();
        }
        let now = now(self.began, at, self.chance);
        for cmd in self.app.update(msg, now) {
            match cmd {
                Cmd::ListThemes => self.list_themes(effects),
                Cmd::KeepTheme(choice) => self.take_theme(choice, effects),
                cmd => {
                    if cmd == Cmd::Quit {
                        self.ended.get_or_insert(Ended::ByPerson);
                    }
                    // What was heard while an editor had the terminal waited; the person was there all the time.
                    let lends = matches!(cmd, Cmd::Edit(_) | Cmd::EditConfig(_) | Cmd::Read(_));
                    effects.carry_out(cmd, &mut self.terminal)?;
                    if lends {
                        self.app.notify.is_here(self.began.elapsed());
                    }
                }
            }
        }
        self.wardrobe.try_on(self.app.tried_theme());
        self.wear(effects);
        Ok(())
    }

    /// Draws a frame; gives what it showed, to be told to the state.
    fn draw(&mut self) -> anyhow::Result<Option<Msg>> {
        self.again = None;
        self.drawn = Instant::now();
        let area = self.terminal.screen.area();
        self.app.size = (area.width, area.height);
        let surface = self.terminal.screen.surface();
        let shown = screen::draw(&self.app, &mut self.kept, surface, &self.look);
        for (rows, lines) in shown.moved {
            self.terminal.screen.scrolled(rows, lines);
        }
        self.spots = shown.spots;
        self.tell_window()?;
        let cursor = shown.cursor.map(|(x, y)| Position::new(x, y));
        if self.terminal.show(cursor)? == Shown::Later {
            // What was not written was not seen.
            self.kept.forget();
            self.again = Some(self.drawn + LATER);
            return Ok(None);
        }
        Ok(Some(Msg::Drawn(shown.seen)))
    }
}

/// The time on both clocks at a moment since the start, and a session id nobody has used: `chance` is new after each that was.
/// To ask the system for chance at every message would be three calls a frame.
fn now(began: Instant, at: Instant, chance: Uuid) -> Now {
    let wall = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        });
    let mut bits = [0; 10];
    bits.copy_from_slice(&chance.as_bytes()[6..]);
    let millis = u64::try_from(wall).unwrap_or_default();
    Now {
        wall: Time(wall),
        since: at.saturating_duration_since(began),
        clocks: Clocks::read(),
        fresh: SessionId(Builder::from_unix_timestamp_millis(millis, &bits).into_uuid()),
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent};

    use super::*;
    use crate::tui::queue::wake;
    use crate::tui::terminal::input::InputEvent;

    #[test]
    fn a_key_has_the_time_it_came_and_not_the_time_it_is_looked_at() {
        let began = Instant::now();
        let at = began + Duration::from_secs(5);
        let key = InputEvent::Key(KeyEvent::from(KeyCode::Char('y')));
        let Some(Wake::Came(Msg::Key(_), came)) = wake(key, at) else {
            unreachable!("a key is something that came");
        };
        assert_eq!(now(began, came, Uuid::nil()).since, Duration::from_secs(5));
    }
}
