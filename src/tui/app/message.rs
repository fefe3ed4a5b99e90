//! What happens to the workstation, and what it wants done: messages, effects as data, and what a question was asked for.

use std::path::PathBuf;

use crossterm::event::KeyEvent;

use crate::config::theme::ThemeChoice;
use crate::protocol::event::Signal;
use crate::protocol::id::{ModelRef, Seq, SessionId};
use crate::protocol::image::Source;
use crate::protocol::op::{Command, Manage, Managed};
use crate::protocol::query::{Found, Query, Stashed, TmuxPane};
use crate::protocol::worktree::Errand;
use crate::tui::app::arrangement::Arrangement;
use crate::tui::app::card::KeyPlaces;
use crate::tui::app::copying::{Deed, Done};
use crate::tui::app::drawn::Seen;
use crate::tui::app::find::Fetch;
use crate::tui::app::keymap::wished::Rebind;
use crate::tui::app::layout::Edge;
use crate::tui::app::local::Answering;
use crate::tui::app::mention::{Files, Sought};
use crate::tui::app::overlay::themes::Offered;
use crate::tui::app::pane::PaneId;
use crate::tui::app::pointer::Spot;
use crate::tui::app::pointing::Gesture;
use crate::tui::app::setup::{Checked, NewProvider, Opened, Place, Stored};
use crate::tui::app::wishes::Wishes;
use crate::tui::terminal::tmux::Place as TmuxPlace;

/// What happens to the workstation.
#[derive(Debug, Clone)]
pub enum Msg {
    Key(KeyEvent),
    Paste(String),
    Resize(u16, u16),
    /// Over this pane; lines, down being positive.
    Wheel(PaneId, i64),
    /// An edge between panes was taken with the pointer to this column or row.
    Drag(Edge, u16),
    /// The pointer's first button went down on this.
    Click(Spot),
    /// The pointer in the transcript of a pane, in cells from its first; the row may lie outside.
    Point(PaneId, u16, i32, Gesture),
    /// What came of something reading wanted done.
    Read(Done),
    /// The terminal's window got or lost the focus.
    Focus(bool),
    /// The terminal is the workstation's again, after a stop or an editor: the person is there.
    Back,
    /// The engine is there, and the log was opened.
    Ready(Opened),
    /// It could not be started: why.
    Broken(String),
    Signals(Vec<Signal>),
    Found(Tag, Found),
    /// What became of a session that was to be stopped elsewhere, or deleted.
    Managed(SessionId, Managed),
    /// The editor was closed: the text as it is now, or why there is none.
    Edited(Result<String, String>),
    /// What a provider answered that was tried.
    Checked(NewProvider, Result<Checked, String>),
    /// What came of keeping a provider.
    Stored(NewProvider, Result<Stored, String>),
    /// The config as Creel itself wrote it just now.
    Wrote(Box<Wishes>),
    /// Files that were sought, by the number they were sought under.
    Files(u64, Files),
    /// What came of a picture that was to be attached, by the number it was asked for under.
    Attached(SessionId, u64, Managed),
    /// The servers of this machine that answered, by the number they were asked under.
    Local(u64, Vec<Answering>),
    /// Config and keys were read again for this session: where the keys are kept now.
    KeysRead(SessionId, Result<KeyPlaces, String>),
    /// What the config names beside what it did can be used: where the keys are kept now.
    Extended(Result<KeyPlaces, String>),
    Tour(Result<PathBuf, String>),
    /// Where the pane is in which a session is held; `None`: tmux did not tell.
    Pane(SessionId, Option<TmuxPlace>),
    /// The config was read again.
    Wished(Result<Box<Wishes>, String>),
    /// A key could not be bound: why.
    NotBound(String),
    /// A scratch folder was made.
    Scratch(Result<PathBuf, String>),
    /// Repositories below the folder Creel was started in.
    Below(Vec<PathBuf>),
    /// The themes there are.
    Themes(Offered),
    /// What came of a theme that was chosen.
    ThemeKept(ThemeChoice, Result<(), String>),
    /// Why one that was chosen is not worn.
    ThemeRefused(String),
    /// What came of an errand.
    Errand(Option<SessionId>, Managed),
    /// A folder was looked at.
    Place(PathBuf, Place),
    /// What the last frame showed.
    Drawn(Seen),
    /// The person's program for notices did not do its work: why.
    NotNotified(String),
    /// A moment that was waited for.
    Tick,
}

/// What shall be done, as data.
#[derive(Debug, Clone, PartialEq)]
pub enum Cmd {
    Send(Command),
    Ask(Tag, Query),
    /// Has something done to a session that is not open here.
    Manage(SessionId, Manage),
    /// Keeps what is typed, across a crash.
    SaveDraft {
        session: Option<SessionId>,
        text: String,
    },
    /// Keeps a text that was put by; an empty one is taken away.
    Stash(Stashed),
    /// Seeks files of a folder; `None`: no more.
    Seek(Option<Sought>),
    /// Keeps a picture for the composer of a session.
    Attach {
        session: SessionId,
        number: u64,
        source: Source,
    },
    /// The same with the one in the clipboard.
    Clipboard {
        session: SessionId,
        number: u64,
    },
    /// Opens the person's editor on a text.
    Edit(String),
    Check(NewProvider),
    /// Asks the usual ports of this machine for models, under this number.
    AskLocal(u64),
    /// With the model that was chosen.
    Store(NewProvider, ModelRef),
    /// Reads config and keys again; this session goes on then.
    ReadKeys(SessionId),
    /// Reads the config again for the providers that are new in it.
    Extend,
    /// Opens the person's editor on the config, at this line; it is read again afterwards.
    EditConfig(Option<usize>),
    /// Writes keys into the config.
    Bind(Vec<Rebind>),
    /// Asks tmux for the name of the pane in which a session is held.
    FindPane(SessionId, TmuxPane),
    /// Makes the tour's folder.
    Tour,
    /// Does something with a git worktree.
    Errand(Errand),
    /// Stops the last of these.
    StopErrand,
    /// Stops the import under way.
    StopImport,
    /// Makes a scratch folder.
    Scratch,
    /// Looks at a folder: its branch and instructions.
    LookAt(PathBuf),
    /// Looks for repositories below a folder, at most so many.
    LookBelow(PathBuf, usize),
    /// Keeps tabs and panes for the next start; `None`: there is nothing to keep.
    Keep(Option<Arrangement>),
    /// Gives memory that is no longer used back to the system.
    GiveMemoryBack,
    /// Lists the themes there are.
    ListThemes,
    /// Wears this theme and keeps it in the config.
    KeepTheme(ThemeChoice),
    /// What reading wants done.
    Read(Deed),
    /// Tells a person who looks elsewhere.
    Notify(String),
    /// Gives a text to what called Creel.
    Take(String),
    Redraw,
    Suspend,
    Quit,
}

/// What a query was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// The newest sessions, for the empty workstation.
    Recent,
    /// The newest session of this folder, to go on with it.
    Continue,
    /// Sessions for the palette.
    Palette,
    /// The first page of the board, and one further down, by the number of the question.
    Board(u64),
    Below(u64),
    Glimpse(SessionId),
    Weight(SessionId),
    Models,
    /// The same, after servers told theirs for the list of this view.
    Served(SessionId),
    /// What choosing each model would come to for this session; of a view that has no session yet its own id.
    Offers(SessionId),
    /// The same, for the card of a turn that stopped; and when its provider last answered.
    Ahead(SessionId),
    Last(SessionId),
    /// Which endpoint of each route would serve this session.
    Routes,
    Today,
    Sandbox,
    Prompts,
    /// What was found for the question of this number, and what was said around a hit.
    Memory(u64),
    Around(Seq),
    /// Where other programs keep sessions.
    Imports,
    Stashed,
    /// Sessions that can be mentioned.
    Mentions,
    Draft(SessionId),
    /// The newest page of a session.
    Newest(SessionId),
    /// What its events add up to.
    Fold(SessionId),
    /// Its events after the last one known.
    Missed(SessionId),
    /// The page before the window.
    Earlier(SessionId),
    /// What a transcript asked of the log.
    Reading(SessionId, Fetch),
    Turns(SessionId),
    /// Who has a session.
    Holder(SessionId),
    /// Something of a session's worktree, or of one to be made from there, for the overlay that shows it.
    Sight(SessionId),
    /// How far the worktree of a session has come.
    Standing(SessionId),
    /// Who else writes where a session works.
    Writers(SessionId),
    /// A rule that is made, by the number of its trial.
    Replay(u64),
    /// The rules there are.
    Rules,
    /// What the folder of a session brings that waits to be trusted.
    Trust(SessionId),
    /// What was decided today.
    Decided,
    SpendDays,
    SpendModels,
}
