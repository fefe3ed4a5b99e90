//! Every key and what it does: one table in four files, over which `wished` lays what the person wants; keys are looked up
//! in what comes of it ([`live::Keymap`]), and the strip, the help and the palette are drawn from it.

pub mod between;
pub mod board;
pub mod chord;
pub mod claim;
pub mod composing;
pub mod everywhere;
pub mod group;
pub mod leader;
pub mod live;
pub mod reading;
pub mod spelling;
pub mod wished;

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
    Board,
}

impl Place {
    pub const ALL: [Self; 4] = [
        Self::Anywhere,
        Self::Composer,
        Self::Transcript,
        Self::Board,
    ];

    /// As `[keymap.NAME]` in the config says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Anywhere => "everywhere",
            Self::Composer => "composer",
            Self::Transcript => "transcript",
            Self::Board => "board",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|place| place.name() == name)
    }
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
    NewWorktree,
    Files,
    /// A new session that is not kept.
    Temporary,
    Models,
    Skills,
    Palette,
    Settings,
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
    Detach,
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
    Stash,
    OpenChip,
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
    YankOlder,
    Undo,
    Redo,
    Transpose,
    TransposeWords,
    Upper,
    Lower,
    Capital,
    Copy,
    SelectLeft,
    SelectRight,
    SelectUp,
    SelectDown,
    SelectWordLeft,
    SelectWordRight,
    SelectLineStart,
    SelectLineEnd,
    // In the transcript.
    ScrollUp,
    ScrollDown,
    HalfUp,
    HalfDown,
    Top,
    Bottom,
    Insert,
    PageForward,
    PageBack,
    ScreenTop,
    ScreenMiddle,
    ScreenBottom,
    PutTop,
    PutMiddle,
    PutBottom,
    CharLeft,
    CharRight,
    NextWord,
    WordBefore,
    TextLineStart,
    TextLineEnd,
    NextTurn,
    TurnBefore,
    NextHunk,
    HunkBefore,
    NextFailure,
    FailureBefore,
    NextBlock,
    BlockBefore,
    Fold,
    UnfoldAll,
    FoldAll,
    Find,
    NextHit,
    HitBefore,
    Select,
    SelectLines,
    CopyBlock,
    CopyTurn,
    CopyPlace,
    Repeat,
    OpenPlace,
    OpenLink,
    Pager,
    // On the board, of the marked session but for the last six.
    BoardOpen,
    BoardDecide,
    BoardReply,
    BoardTurns,
    BoardFiles,
    BoardMerge,
    BoardRename,
    BoardPin,
    BoardStop,
    BoardArchive,
    BoardDelete,
    BoardUndo,
    BoardFind,
    BoardScope,
    BoardKeys,
    BoardLeave,
}

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
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
    [
        everywhere::ROWS,
        composing::ROWS,
        reading::ROWS,
        board::ROWS,
    ]
    .into_iter()
    .flatten()
}

/// What a key does in a line that is typed somewhere else than in the composer: the composer's keys as they are shipped.
pub fn in_a_line(event: KeyEvent) -> Option<Action> {
    let chord = chord(event);
    table()
        .find(|row| row.place == Place::Composer && row.keys.contains(&chord))
        .map(|row| row.action)
}

#[cfg(test)]
mod tests;
