//! Every key and what it does: one table in three files, from which keys are looked up, the key strip and the help are drawn.

pub mod chord;
pub mod composing;
pub mod everywhere;
pub mod leader;
pub mod reading;

use crossterm::event::KeyEvent;

use crate::tui::app::keymap::chord::{Chord, chord};

/// Where a key works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    Anywhere,
    /// Typing: INSERT.
    Composer,
    /// Moving in the transcript: NORMAL.
    Transcript,
}

/// Everything a key can do outside overlays, asks and cards, which list their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    Leader,
    NextAsk,
    Tab(u8),
    TabBefore,
    TabAfter,
    Sessions,
    NewSession,
    Models,
    Skills,
    Help,
    Theme,
    Cost,
    Editor,
    StopAll,
    CloseTab,
    // Of panes.
    SplitRight,
    SplitBelow,
    SplitSame,
    ClosePane,
    FocusLeft,
    FocusDown,
    FocusUp,
    FocusRight,
    NextPane,
    WiderLeft,
    HigherDown,
    HigherUp,
    WiderRight,
    Zoom,
    Equalise,
    SwapNext,
    SwapBefore,
    Read,
    Rename,
    PutAway,
    Notices,
    Quit,
    Redraw,
    Suspend,
    Break,
    NextMode,
    Outputs,
    PageUp,
    PageDown,
    // In the composer.
    Send,
    Queue,
    TakeBack,
    ToCards,
    NewLine,
    SearchPrompts,
    PastePicture,
    Leave,
    Left,
    Right,
    Up,
    Down,
    WordLeft,
    WordRight,
    LineStart,
    LineEnd,
    TextStart,
    TextEnd,
    Backspace,
    Delete,
    KillLine,
    KillToStart,
    KillWord,
    KillWordAfter,
    Yank,
    Undo,
    Redo,
    // In the transcript.
    ScrollUp,
    ScrollDown,
    HalfUp,
    HalfDown,
    Top,
    Bottom,
    Insert,
}

/// One row of the table.
#[derive(Debug)]
pub struct Binding {
    pub action: Action,
    /// Stable, for a table a person may write.
    pub name: &'static str,
    pub help: &'static str,
    pub place: Place,
    pub keys: &'static [Chord],
    /// The key after the leader.
    pub leader: Option<char>,
}

pub const fn bind(
    place: Place,
    action: Action,
    name: &'static str,
    help: &'static str,
    keys: &'static [Chord],
    leader: Option<char>,
) -> Binding {
    Binding {
        action,
        name,
        help,
        place,
        keys,
        leader,
    }
}

/// Every row, in the order of the help.
pub fn table() -> impl Iterator<Item = &'static Binding> {
    [everywhere::ROWS, composing::ROWS, reading::ROWS]
        .into_iter()
        .flatten()
}

/// What a key does here: the place's own row first, then the one for everywhere.
pub fn find(place: Place, event: KeyEvent) -> Option<Action> {
    let chord = chord(event);
    let at = |wanted: Place| {
        table()
            .find(|row| row.place == wanted && row.keys.contains(&chord))
            .map(|row| row.action)
    };
    at(place).or_else(|| at(Place::Anywhere))
}

#[cfg(test)]
mod tests;
