//! Every key and what it does: one table in some files, over which `wished` lays what the person wants; keys are looked up
//! in what comes of it ([`live::Keymap`]), and the strip, the help and the palette are drawn from it.

pub mod asking;
pub mod between;
pub mod board;
pub mod chord;
pub mod claim;
pub mod composing;
pub mod everywhere;
pub mod group;
pub mod law;
pub mod leader;
pub mod listing;
pub mod live;
pub mod over;
pub mod place;
pub mod press;
pub mod reading;
pub mod spelling;
pub mod typing;
pub mod wished;

use crossterm::event::KeyEvent;

use crate::tui::app::keymap::chord::{Chord, chord};
use crate::tui::app::keymap::place::Place;

/// Everything a key can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    Leader,
    NextAsk,
    Inbox,
    Rules,
    Trust,
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
    Memory,
    Imports,
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
    // At an ask.
    AskYes,
    AskSession,
    AskNo,
    AskNoBecause,
    AskEdit,
    AskRule,
    RuleScope,
    RuleLasts,
    AskHunk,
    AskDetails,
    AskRaise,
    AskGoOn,
    AskModel,
    AskBudgets,
    AskPick,
    AskSay,
    AskLeaveIt,
    AskEnd,
    // In the inbox.
    InboxNext,
    InboxBefore,
    InboxSession,
    InboxMark,
    InboxMarked,
    // At a card.
    CardFresh,
    CardKeep,
    CardLook,
    CardAway,
    CardKey,
    CardRead,
    CardModel,
    CardWorktree,
    CardBack,
    // Where there are rows to choose from.
    MarkAfter,
    MarkBefore,
    Choose,
    Close,
    // At a question with two answers.
    QuestionYes,
    QuestionNo,
    // In one overlay alone.
    ModelsNow,
    ModelsFork,
    ModelsKey,
    ModelsLetters,
    PromptsAdd,
    MemoryHits,
    MemoryWords,
    MemoryInsert,
    MemoryCopy,
    MemoryKind,
    MemoryProject,
    MemorySource,
    MemoryWho,
    MemoryForget,
    MemoryPin,
    MemoryEdit,
    ImportsStop,
    StashCopy,
    StashDrop,
    RulesRemove,
    RulesUnused,
    TurnsBack,
    ThemesHalf,
    OffersComplete,
    PaletteComplete,
    SettingsUnbind,
    SettingsShipped,
    FilesCommit,
    FilesMerge,
    FilesRemove,
    FilesAgain,
    MergeYes,
    MergeCommit,
    MergeMend,
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
        typing::ROWS,
        asking::ROWS,
        listing::ROWS,
        over::ROWS,
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
