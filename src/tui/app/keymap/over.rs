//! Keys of single overlays, beside those of all lists.

use crossterm::event::KeyCode;

use crate::tui::app::keymap::chord::{alt, ctrl, key, plain};
use crate::tui::app::keymap::place::Place::{
    Files, Help, Hits, Imports, Inbox, Memory, Merge, Models, Palette, Prompts, Rules, Settings,
    Stash, Themes, Turns,
};
use crate::tui::app::keymap::{Action, Binding, bind};

#[rustfmt::skip]
pub const ROWS: &[Binding] = &[
    bind(Help, Action::Help, "help-close", "close; ? while nothing is typed", &[key(KeyCode::F(1)), plain('?')], None),
    bind(Help, Action::PageDown, "help-page-down", "a page down", &[key(KeyCode::PageDown)], None),
    bind(Help, Action::PageUp, "help-page-up", "a page up", &[key(KeyCode::PageUp)], None),

    // No name of a model has the first two signs.
    bind(Models, Action::ModelsNow, "models-now", "this model at once: the turn is stopped", &[plain('!')], None),
    bind(Models, Action::ModelsKey, "models-key", "give a key of a further vendor", &[plain('+')], None),
    bind(Models, Action::ModelsFork, "models-fork", "a fork with it, once a row was gone to with the arrows", &[plain('f')], None),
    bind(Models, Action::ModelsLetters, "models-letters", "as if a row had been gone to", &[key(KeyCode::Tab)], None),

    bind(Prompts, Action::PromptsAdd, "prompts-add", "add it to the text", &[key(KeyCode::Tab)], None),
    bind(Prompts, Action::SearchPrompts, "prompts-older", "further back", &[ctrl('r')], None),

    bind(Memory, Action::MemoryHits, "memory-hits", "to the hits, where letters are keys; without one the nearest words", &[key(KeyCode::Tab)], None),

    bind(Hits, Action::Choose, "hits-open", "open its session at that turn", &[key(KeyCode::Enter)], None),
    bind(Hits, Action::MemoryInsert, "hits-insert", "add it to the prompt; a command to run it yourself, unsent", &[plain('i')], None),
    bind(Hits, Action::MemoryCopy, "hits-copy", "copy it: of a command its line", &[plain('y')], None),
    bind(Hits, Action::MemoryKind, "hits-kind", "hits of the next kind alone; behind the last one of all", &[plain('K')], None),
    bind(Hits, Action::MemoryProject, "hits-project", "the same by project", &[plain('P')], None),
    bind(Hits, Action::MemorySource, "hits-source", "the same by the program it comes from", &[plain('S')], None),
    bind(Hits, Action::MemoryWho, "hits-who", "the same by who said or did it", &[plain('W')], None),
    bind(Hits, Action::MemoryPin, "hits-pin", "keep it as a note that sessions of its project are told", &[plain('p')], None),
    bind(Hits, Action::MemoryEdit, "hits-edit", "edit a note in its file", &[plain('E')], None),
    bind(Hits, Action::MemoryForget, "hits-forget", "forget the whole session it stands in (asks), or a note", &[plain('f')], None),
    bind(Hits, Action::ScrollDown, "hits-down", "next hit", &[key(KeyCode::Down), plain('j')], None),
    bind(Hits, Action::ScrollUp, "hits-up", "hit before", &[key(KeyCode::Up), plain('k')], None),
    bind(Hits, Action::PageDown, "hits-page-down", "ten hits down", &[key(KeyCode::PageDown)], None),
    bind(Hits, Action::PageUp, "hits-page-up", "ten hits up", &[key(KeyCode::PageUp)], None),
    bind(Hits, Action::MemoryWords, "hits-words", "back to the words", &[key(KeyCode::Tab), key(KeyCode::BackTab), plain('/')], None),
    bind(Hits, Action::Help, "hits-help", "help", &[plain('?'), key(KeyCode::F(1))], None),
    bind(Hits, Action::Close, "hits-close", "close", &[key(KeyCode::Esc), plain('q')], None),

    bind(Imports, Action::Choose, "imports-take", "take its sessions in, or what is new of them", &[key(KeyCode::Enter)], None),
    bind(Imports, Action::Memory, "imports-search", "search what was taken in, and all else", &[plain('/')], None),
    bind(Imports, Action::ImportsStop, "imports-stop", "stop taking in; Enter goes on there", &[plain('x')], None),
    bind(Imports, Action::ScrollDown, "imports-down", "next program", &[key(KeyCode::Down), plain('j')], None),
    bind(Imports, Action::ScrollUp, "imports-up", "program before", &[key(KeyCode::Up), plain('k')], None),
    bind(Imports, Action::Help, "imports-help", "help", &[plain('?'), key(KeyCode::F(1))], None),
    bind(Imports, Action::Close, "imports-close", "close; what is being taken in goes on", &[key(KeyCode::Esc), plain('q')], None),

    bind(Stash, Action::StashCopy, "stash-copy", "a copy; it stays put by", &[key(KeyCode::Tab)], None),
    bind(Stash, Action::StashDrop, "stash-drop", "drop it, with a second press", &[ctrl('d'), key(KeyCode::Delete)], None),

    bind(Rules, Action::RulesRemove, "rules-remove", "take the marked rule away, with a second press", &[ctrl('d'), key(KeyCode::Delete)], None),
    bind(Rules, Action::RulesUnused, "rules-unused", "take all away that lay unused for 90 days, with a second press", &[ctrl('o')], None),

    bind(Turns, Action::TurnsBack, "turns-back", "back to the board, while nothing is typed", &[key(KeyCode::Left)], None),

    bind(Themes, Action::ThemesHalf, "themes-half", "for terminals of its kind alone", &[key(KeyCode::Tab)], None),

    bind(Palette, Action::PaletteComplete, "palette-complete", "complete a command", &[key(KeyCode::Tab)], None),

    bind(Settings, Action::SettingsShipped, "settings-shipped", "a row of keys: as shipped", &[ctrl('r')], None),
    bind(Settings, Action::SettingsUnbind, "settings-unbind", "a row of keys: none", &[key(KeyCode::Delete)], None),

    bind(Files, Action::MarkAfter, "files-after", "next file", &[key(KeyCode::Tab), key(KeyCode::Down)], None),
    bind(Files, Action::MarkBefore, "files-before", "file before", &[key(KeyCode::BackTab), key(KeyCode::Up)], None),
    bind(Files, Action::ScrollDown, "files-down", "line down", &[plain('j')], None),
    bind(Files, Action::ScrollUp, "files-up", "line up", &[plain('k')], None),
    bind(Files, Action::PageDown, "files-page-down", "ten lines down", &[key(KeyCode::PageDown), plain(' '), ctrl('d')], None),
    bind(Files, Action::PageUp, "files-page-up", "ten lines up", &[key(KeyCode::PageUp), ctrl('u')], None),
    bind(Files, Action::Top, "files-top", "start of the difference", &[key(KeyCode::Home)], None),
    bind(Files, Action::Bottom, "files-bottom", "end of the difference", &[key(KeyCode::End)], None),
    bind(Files, Action::NextHunk, "files-next-hunk", "next change", &[plain(']')], None),
    bind(Files, Action::HunkBefore, "files-hunk-before", "change before", &[plain('[')], None),
    bind(Files, Action::FilesCommit, "files-commit", "commit what is not committed", &[plain('c')], None),
    bind(Files, Action::FilesMerge, "files-merge", "merge the worktree (shows it first)", &[plain('M')], None),
    bind(Files, Action::FilesRemove, "files-remove", "remove the worktree (asks)", &[plain('D')], None),
    bind(Files, Action::FilesAgain, "files-again", "look again", &[plain('r')], None),
    bind(Files, Action::Help, "files-help", "help", &[plain('?'), key(KeyCode::F(1))], None),
    bind(Files, Action::Close, "files-close", "close", &[key(KeyCode::Esc), plain('q')], None),

    bind(Merge, Action::MergeYes, "merge-yes", "merge", &[plain('y')], None),
    bind(Merge, Action::MergeCommit, "merge-commit", "commit what is not committed first", &[plain('c')], None),
    bind(Merge, Action::MergeMend, "merge-mend", "a prompt that lets the agent resolve it", &[plain('p')], None),
    bind(Inbox, Action::InboxNext, "inbox-next", "next ask; in the list of a small screen the arrows too", &[key(KeyCode::Tab)], None),
    bind(Inbox, Action::InboxBefore, "inbox-before", "ask before", &[key(KeyCode::BackTab)], None),
    bind(Inbox, Action::InboxSession, "inbox-session", "go to its session, with the keys at the ask", &[plain('p'), alt('a')], None),
    bind(Inbox, Action::InboxMark, "inbox-mark", "pick it, to answer several of one tool and risk at once, or not", &[plain(' ')], None),
    bind(Inbox, Action::InboxMarked, "inbox-marked", "all that are picked, in full; then yes or no is for all of them", &[plain('A')], None),
    bind(Inbox, Action::Choose, "inbox-choose", "in the list of a small screen: the marked ask in full", &[key(KeyCode::Enter)], None),
    bind(Inbox, Action::Close, "inbox-close", "close; on a small screen the list first; all stays waiting", &[key(KeyCode::Esc)], None),

    bind(Merge, Action::Help, "merge-help", "help", &[plain('?'), key(KeyCode::F(1))], None),
    bind(Merge, Action::Close, "merge-back", "back to the files", &[key(KeyCode::Esc)], None),
];
