//! Small screens over the workstation: each is a struct with its own keys; what it wishes for is carried out by the app.

pub mod auto;
pub mod cost;
pub mod discard;
pub mod files;
pub mod forget;
pub mod help;
pub mod imports;
pub mod inbox;
pub mod memory;
pub mod models;
pub mod new_worktree;
pub mod notices;
pub mod palette;
pub mod pick;
pub mod prompts;
pub mod quit;
pub mod rules;
pub mod settings;
pub mod skills;
pub mod stash;
pub mod stopped;
pub mod themes;
pub mod trust;
pub mod turns;
pub mod wording;

use std::path::PathBuf;

use crate::config::theme::ThemeChoice;
use crate::protocol::id::{ModelRef, Seq, SessionId};
use crate::protocol::import::Program;
use crate::protocol::query::Stashed;
use crate::protocol::rule::Mode;
use crate::protocol::worktree::{Errand, Look};
use crate::tui::app::drawn::SeenPage;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::keymap::wished::Rebind;
use crate::tui::app::overlay::auto::Auto;
use crate::tui::app::overlay::cost::Cost;
use crate::tui::app::overlay::discard::Discard;
use crate::tui::app::overlay::files::Files;
use crate::tui::app::overlay::forget::Forget;
use crate::tui::app::overlay::help::Help;
use crate::tui::app::overlay::imports::Imports;
use crate::tui::app::overlay::inbox::Inbox;
use crate::tui::app::overlay::memory::Memory;
use crate::tui::app::overlay::models::{How, Models};
use crate::tui::app::overlay::new_worktree::NewWorktree;
use crate::tui::app::overlay::notices::Notices;
use crate::tui::app::overlay::palette::Palette;
use crate::tui::app::overlay::prompts::Prompts;
use crate::tui::app::overlay::quit::Quit;
use crate::tui::app::overlay::rules::Rules;
use crate::tui::app::overlay::settings::Settings;
use crate::tui::app::overlay::skills::Skills;
use crate::tui::app::overlay::stash::Stash;
use crate::tui::app::overlay::stopped::Stopped;
use crate::tui::app::overlay::themes::Themes;
use crate::tui::app::overlay::trust::Trust;
use crate::tui::app::overlay::turns::Turns;

#[derive(Debug, Clone, PartialEq)]
pub enum Overlay {
    Turns(Turns),
    Models(Models),
    Help(Help),
    Skills(Skills),
    Prompts(Prompts),
    Stash(Stash),
    Memory(Box<Memory>),
    Forget(Forget),
    Imports(Imports),
    Stopped(Stopped),
    Rules(Rules),
    Trust(Trust),
    Cost(Cost),
    Notices(Notices),
    NewWorktree(NewWorktree),
    Files(Box<Files>),
    Inbox(Box<Inbox>),
    Quit(Quit),
    Discard(Discard),
    Auto(Auto),
    Themes(Themes),
    Palette(Palette),
    Settings(Settings),
}

/// What became of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    Stay,
    Close,
    /// Closes, and the key is what it is beneath.
    Beneath,
    Do(Wish),
}

/// What an overlay wants done; it is closed first unless it says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Shows a session, at a turn where one was chosen.
    Open(SessionId, Option<u32>),
    /// Another model, taken up in one of three ways.
    Model(ModelRef, How),
    /// These sessions go on; the overlay stays while others are left.
    GoOn(Vec<SessionId>),
    /// A key for the provider of this name, or of a vendor that is not there yet.
    GiveKey(Option<String>),
    /// Puts a text into the composer in place of what is there.
    Compose(String),
    /// Adds a text where the cursor is.
    Add(String),
    /// Adds a command; where nothing is typed as one for the shell, that is run with Enter.
    Command(String),
    /// The memory, in place of the overlay.
    Search,
    /// Opens the file of a note at its line; the overlay stays.
    EditNote(PathBuf, u64),
    /// Says why a key does nothing; the overlay stays.
    Tell(&'static str),
    /// Asks the memory for what is typed; the overlay stays.
    Recall,
    /// Asks what was said around the marked hit; the overlay stays.
    Around,
    /// Takes in the sessions of a program; the overlay stays.
    TakeIn(Program, PathBuf),
    /// Stops that; the overlay stays.
    StopImport,
    /// Copies a text; the overlay stays.
    Copy(String),
    /// Gives a text to what called Creel.
    Take(String),
    /// Asks whether the session of this title shall be deleted; the search waits behind the question.
    AskForget(SessionId, String),
    /// Keeps an item as a note.
    Pin(SessionId, Seq),
    /// Takes a note out of its file.
    ForgetNote(PathBuf, String),
    /// Deletes it and goes back to the search.
    Forget,
    /// Puts a text that was put by into the composer; it stays put by, or is taken.
    Unstash {
        stashed: Stashed,
        stays: bool,
    },
    /// Takes it away for good; the overlay stays.
    DropStashed(Stashed),
    /// Takes rules away; the overlay stays.
    RemoveRules(Vec<u32>),
    /// Trusts a rule of a folder; the overlay stays.
    Accept(SessionId, PathBuf, String),
    /// Trusts what a session read up to that fact; the overlay stays.
    Vouch(SessionId, Seq),
    /// Puts a skill's text into the composer.
    Skill(usize),
    /// Another mode for the session.
    Mode(Mode),
    /// Wears this theme and keeps it.
    Theme(ThemeChoice),
    /// Makes a worktree of this name, with a session in it; the overlay stays until it is there.
    MakeWorktree(String),
    /// Stops what is being made.
    StopErrand,
    /// Looks at something of a session's worktree; the overlay stays.
    Look(SessionId, Look),
    /// Does something with one; the overlay stays.
    Errand(Errand),
    /// Puts a text into the composer of a session.
    ComposeIn(SessionId, String),
    /// Puts the notices away.
    PutAway,
    /// An action, as if its key had been pressed.
    Act(Action),
    /// A command with what it takes.
    Slash(&'static str, String),
    /// Goes on in the composer with naming a file.
    Files,
    /// The config in the editor, at this setting.
    Setting(String),
    /// Other keys for an action; the overlay stays.
    Bind(Vec<Rebind>),
    Quit,
    /// Closes the session that is looked at, of which nothing is kept.
    Discard(SessionId),
}

impl Wish {
    /// The overlay stays open.
    pub fn stays(&self) -> bool {
        matches!(
            self,
            Self::Bind(_)
                | Self::DropStashed(_)
                | Self::Recall
                | Self::EditNote(..)
                | Self::Tell(_)
                | Self::Around
                | Self::TakeIn(..)
                | Self::StopImport
                | Self::Copy(_)
                | Self::AskForget(..)
                | Self::Pin(..)
                | Self::ForgetNote(..)
                | Self::Forget
                | Self::RemoveRules(_)
                | Self::GoOn(_)
                | Self::Accept(..)
                | Self::Vouch(..)
                | Self::MakeWorktree(_)
                | Self::Look(..)
                | Self::Errand(_)
        )
    }
}

impl Overlay {
    /// Where its keys are looked up.
    pub fn place(&self) -> Place {
        match self {
            Self::Turns(_) => Place::Turns,
            Self::Models(_) => Place::Models,
            Self::Help(_) => Place::Help,
            Self::Skills(_) | Self::Stopped(_) | Self::Trust(_) | Self::NewWorktree(_) => {
                Place::List
            }
            Self::Prompts(_) => Place::Prompts,
            Self::Stash(_) => Place::Stash,
            Self::Memory(overlay) if overlay.at_hits => Place::Hits,
            Self::Memory(_) => Place::Memory,
            Self::Imports(_) => Place::Imports,
            Self::Rules(_) => Place::Rules,
            Self::Cost(_) | Self::Notices(_) => Place::Page,
            Self::Files(overlay) => overlay.place(),
            Self::Inbox(_) => Place::Inbox,
            Self::Quit(_) | Self::Discard(_) | Self::Forget(_) | Self::Auto(_) => Place::Question,
            Self::Themes(_) => Place::Themes,
            Self::Palette(_) => Place::Palette,
            Self::Settings(_) => Place::Settings,
        }
    }

    pub fn key(&mut self, press: Press) -> Reply {
        match self {
            Self::Turns(overlay) => overlay.key(press),
            Self::Models(overlay) => overlay.key(press),
            Self::Help(overlay) => overlay.key(press),
            Self::Skills(overlay) => overlay.key(press),
            Self::Stopped(overlay) => overlay.key(press),
            Self::Prompts(overlay) => overlay.key(press),
            Self::Stash(overlay) => overlay.key(press),
            Self::Memory(overlay) => overlay.key(press),
            Self::Imports(overlay) => overlay.key(press),
            Self::Rules(overlay) => overlay.key(press),
            Self::Trust(overlay) => overlay.key(press),
            Self::Cost(overlay) => overlay.key(press),
            Self::Notices(overlay) => overlay.key(press),
            Self::NewWorktree(overlay) => overlay.key(press),
            Self::Files(overlay) => overlay.key(press),
            // What it needs of the sessions only the app has: `App::inbox_key`.
            Self::Inbox(_) => Reply::Stay,
            Self::Quit(overlay) => overlay.key(press),
            Self::Discard(overlay) => overlay.key(press),
            Self::Forget(overlay) => overlay.key(press),
            Self::Auto(overlay) => overlay.key(press),
            Self::Themes(overlay) => overlay.key(press),
            Self::Palette(overlay) => overlay.key(press),
            Self::Settings(overlay) => overlay.key(press),
        }
    }

    /// The next key is no key of its place, whatever it is.
    pub fn hears_any(&self) -> bool {
        matches!(self, Self::Settings(overlay) if overlay.hears_any())
    }

    /// The screen has shown how far it goes: what leads further than its foot has led there.
    pub fn scrolled(&mut self, seen: SeenPage) {
        let (at, page) = match self {
            Self::Help(overlay) => return overlay.scrolled(seen),
            Self::Cost(overlay) => (&mut overlay.scroll, &mut overlay.page),
            Self::Notices(overlay) => (&mut overlay.scroll, &mut overlay.page),
            _ => return,
        };
        *at = (*at).min(seen.most);
        *page = seen.page();
    }

    /// What a paste wants done.
    pub fn paste(&mut self, text: &str) -> Reply {
        let line = crate::agent::visible::one_line(text);
        match self {
            Self::Memory(overlay) => return overlay.insert(&line),
            Self::Models(overlay) => {
                overlay.chosen = false;
                overlay.confirm = None;
                overlay.gone = None;
                overlay.pick.insert(&line);
            }
            Self::Prompts(overlay) => overlay.insert(&line),
            Self::Stash(overlay) => overlay.insert(&line),
            Self::Rules(overlay) => overlay.insert(&line),
            Self::Trust(overlay) => overlay.insert(&line),
            Self::Skills(overlay) => overlay.pick.insert(&line),
            Self::Stopped(overlay) => overlay.pick.insert(&line),
            Self::Themes(overlay) => overlay.pick.insert(&line),
            Self::Palette(overlay) => overlay.insert(&line),
            Self::Settings(overlay) => overlay.paste(&line),
            Self::NewWorktree(overlay) => overlay.field.insert(line.trim()),
            Self::Files(overlay) => overlay.paste(&line),
            Self::Turns(overlay) => overlay.pick.insert(&line),
            Self::Help(overlay) => overlay.paste(&line),
            Self::Imports(_)
            | Self::Cost(_)
            | Self::Notices(_)
            | Self::Inbox(_)
            | Self::Quit(_)
            | Self::Discard(_)
            | Self::Forget(_)
            | Self::Auto(_) => {}
        }
        Reply::Stay
    }
}
