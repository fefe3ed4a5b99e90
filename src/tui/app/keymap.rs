//! Every key and what it does: one table, from which keys are looked up, the key strip and the help are drawn.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chord {
    pub code: KeyCode,
    pub modifiers: KeyModifiers,
}

const fn key(code: KeyCode) -> Chord {
    Chord {
        code,
        modifiers: KeyModifiers::NONE,
    }
}

const fn plain(c: char) -> Chord {
    key(KeyCode::Char(c))
}

const fn ctrl(c: char) -> Chord {
    Chord {
        code: KeyCode::Char(c),
        modifiers: KeyModifiers::CONTROL,
    }
}

const fn alt(c: char) -> Chord {
    Chord {
        code: KeyCode::Char(c),
        modifiers: KeyModifiers::ALT,
    }
}

const fn with(code: KeyCode, modifiers: KeyModifiers) -> Chord {
    Chord { code, modifiers }
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

const fn bind(
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

use Place::{Anywhere, Composer, Transcript};

#[rustfmt::skip]
pub const TABLE: &[Binding] = &[
    bind(Anywhere, Action::Leader, "leader", "keys for everywhere", &[ctrl('x')], None),
    bind(Anywhere, Action::NextAsk, "next-ask", "go to the oldest ask", &[alt('a')], Some('a')),
    bind(Anywhere, Action::Sessions, "sessions", "sessions", &[], Some('w')),
    bind(Anywhere, Action::NewSession, "new-session", "new session here", &[], Some('n')),
    bind(Anywhere, Action::Models, "models", "model of this session", &[], Some('m')),
    bind(Anywhere, Action::Cost, "cost", "what it cost", &[], Some('c')),
    bind(Anywhere, Action::Skills, "skills", "skills", &[], Some('S')),
    bind(Anywhere, Action::Rename, "rename", "rename this session", &[], Some('R')),
    bind(Anywhere, Action::Editor, "editor", "write in your editor", &[ctrl('g')], Some('e')),
    bind(Anywhere, Action::TabBefore, "tab-before", "session before", &[], Some('[')),
    bind(Anywhere, Action::TabAfter, "tab-after", "session after", &[], Some(']')),
    bind(Anywhere, Action::Tab(1), "tab-1", "session 1 (to 9)", &[alt('1')], Some('1')),
    bind(Anywhere, Action::Tab(2), "tab-2", "", &[alt('2')], Some('2')),
    bind(Anywhere, Action::Tab(3), "tab-3", "", &[alt('3')], Some('3')),
    bind(Anywhere, Action::Tab(4), "tab-4", "", &[alt('4')], Some('4')),
    bind(Anywhere, Action::Tab(5), "tab-5", "", &[alt('5')], Some('5')),
    bind(Anywhere, Action::Tab(6), "tab-6", "", &[alt('6')], Some('6')),
    bind(Anywhere, Action::Tab(7), "tab-7", "", &[alt('7')], Some('7')),
    bind(Anywhere, Action::Tab(8), "tab-8", "", &[alt('8')], Some('8')),
    bind(Anywhere, Action::Tab(9), "tab-9", "", &[alt('9')], Some('9')),
    bind(Anywhere, Action::SplitRight, "split-right", "split right", &[], Some('v')),
    bind(Anywhere, Action::SplitBelow, "split-below", "split below", &[], Some('s')),
    bind(Anywhere, Action::SplitSame, "split-same", "split, same session", &[], Some('V')),
    bind(Anywhere, Action::FocusLeft, "focus-left", "panes: h j k l, arrows", &[alt('h')], Some('h')),
    bind(Anywhere, Action::FocusDown, "focus-down", "", &[alt('j')], Some('j')),
    bind(Anywhere, Action::FocusUp, "focus-up", "", &[alt('k')], Some('k')),
    bind(Anywhere, Action::FocusRight, "focus-right", "", &[alt('l')], Some('l')),
    bind(Anywhere, Action::NextPane, "next-pane", "next pane", &[], Some(';')),
    bind(Anywhere, Action::WiderLeft, "resize-left", "resize: H J K L", &[], Some('H')),
    bind(Anywhere, Action::HigherDown, "resize-down", "", &[], Some('J')),
    bind(Anywhere, Action::HigherUp, "resize-up", "", &[], Some('K')),
    bind(Anywhere, Action::WiderRight, "resize-right", "", &[], Some('L')),
    bind(Anywhere, Action::Zoom, "zoom", "zoom, and back", &[], Some('z')),
    bind(Anywhere, Action::Equalise, "equalise", "equal sizes", &[], Some('=')),
    bind(Anywhere, Action::SwapNext, "swap-next", "swap: { }", &[], Some('}')),
    bind(Anywhere, Action::SwapBefore, "swap-before", "", &[], Some('{')),
    bind(Anywhere, Action::ClosePane, "close-pane", "close the pane", &[], Some('x')),
    bind(Anywhere, Action::CloseTab, "close-tab", "close the session", &[], Some('X')),
    bind(Anywhere, Action::Read, "read", "read the transcript", &[], Some('y')),
    bind(Anywhere, Action::StopAll, "stop-all", "stop every session", &[], Some('!')),
    bind(Anywhere, Action::Notices, "notices", "read all notices", &[], Some('o')),
    bind(Anywhere, Action::PutAway, "put-away", "put the notices away", &[], Some('d')),
    bind(Anywhere, Action::Help, "help", "help", &[key(KeyCode::F(1))], Some('?')),
    bind(Anywhere, Action::Quit, "quit", "quit (asks if something runs)", &[], Some('q')),
    bind(Anywhere, Action::Break, "break", "clear the composer, else stop the turn; twice: quit", &[ctrl('c')], None),
    bind(Anywhere, Action::NextMode, "next-mode", "next mode: plan, ask, edits, auto", &[key(KeyCode::BackTab)], None),
    bind(Anywhere, Action::Outputs, "outputs", "unfold or fold all outputs", &[ctrl('o')], None),
    bind(Anywhere, Action::PageUp, "page-up", "a page up", &[key(KeyCode::PageUp)], None),
    bind(Anywhere, Action::PageDown, "page-down", "a page down", &[key(KeyCode::PageDown)], None),
    bind(Anywhere, Action::Redraw, "redraw", "draw everything anew", &[ctrl('l')], None),
    bind(Anywhere, Action::Suspend, "suspend", "suspend to the shell", &[ctrl('z')], None),
    bind(Composer, Action::Send, "send", "send; while a turn runs: steer it", &[key(KeyCode::Enter)], None),
    bind(Composer, Action::Queue, "queue", "queue as the next turn", &[with(KeyCode::Enter, KeyModifiers::ALT)], None),
    bind(Composer, Action::ToCards, "to-cards", "with text: queue; empty: to what waits", &[key(KeyCode::Tab)], None),
    bind(Composer, Action::TakeBack, "take-back", "take the newest queued text back", &[with(KeyCode::Up, KeyModifiers::ALT)], None),
    bind(Composer, Action::NewLine, "new-line", "new line", &[ctrl('j'), with(KeyCode::Enter, KeyModifiers::SHIFT)], None),
    bind(Composer, Action::SearchPrompts, "search-prompts", "search all past prompts", &[ctrl('r')], None),
    bind(Composer, Action::PastePicture, "paste-picture", "a picture from the clipboard", &[ctrl('v')], None),
    bind(Composer, Action::Leave, "leave", "to the transcript; twice while a turn runs: stop it", &[key(KeyCode::Esc)], None),
    bind(Composer, Action::Up, "up", "line up; at the top: prompt before", &[key(KeyCode::Up), ctrl('p')], None),
    bind(Composer, Action::Down, "down", "line down; at the foot: prompt after", &[key(KeyCode::Down), ctrl('n')], None),
    bind(Composer, Action::Left, "left", "left", &[key(KeyCode::Left), ctrl('b')], None),
    bind(Composer, Action::Right, "right", "right", &[key(KeyCode::Right), ctrl('f')], None),
    bind(Composer, Action::WordLeft, "word-left", "word left", &[alt('b'), with(KeyCode::Left, KeyModifiers::CONTROL), with(KeyCode::Left, KeyModifiers::ALT)], None),
    bind(Composer, Action::WordRight, "word-right", "word right", &[alt('f'), with(KeyCode::Right, KeyModifiers::CONTROL), with(KeyCode::Right, KeyModifiers::ALT)], None),
    bind(Composer, Action::LineStart, "line-start", "start of the line", &[ctrl('a'), key(KeyCode::Home)], None),
    bind(Composer, Action::LineEnd, "line-end", "end of the line", &[ctrl('e'), key(KeyCode::End)], None),
    bind(Composer, Action::TextStart, "text-start", "start of the text", &[alt('<'), with(KeyCode::Home, KeyModifiers::CONTROL)], None),
    bind(Composer, Action::TextEnd, "text-end", "end of the text", &[alt('>'), with(KeyCode::End, KeyModifiers::CONTROL)], None),
    bind(Composer, Action::Backspace, "backspace", "delete before", &[key(KeyCode::Backspace), ctrl('h')], None),
    bind(Composer, Action::Delete, "delete", "delete after", &[key(KeyCode::Delete), ctrl('d')], None),
    bind(Composer, Action::KillLine, "kill-line", "cut to the end of the line", &[ctrl('k')], None),
    bind(Composer, Action::KillToStart, "kill-to-start", "cut to the start of the line", &[ctrl('u')], None),
    bind(Composer, Action::KillWord, "kill-word", "cut the word before", &[ctrl('w'), with(KeyCode::Backspace, KeyModifiers::ALT), with(KeyCode::Backspace, KeyModifiers::CONTROL)], None),
    bind(Composer, Action::KillWordAfter, "kill-word-after", "cut the word after", &[alt('d'), with(KeyCode::Delete, KeyModifiers::CONTROL)], None),
    bind(Composer, Action::Yank, "yank", "put back what was cut", &[ctrl('y')], None),
    bind(Composer, Action::Undo, "undo", "undo", &[ctrl('_'), ctrl('/'), ctrl('7')], None),
    bind(Composer, Action::Redo, "redo", "redo", &[alt('_'), alt('/')], None),
    bind(Transcript, Action::ScrollDown, "scroll-down", "line down", &[plain('j'), key(KeyCode::Down)], None),
    bind(Transcript, Action::ScrollUp, "scroll-up", "line up", &[plain('k'), key(KeyCode::Up)], None),
    bind(Transcript, Action::HalfDown, "half-down", "half a page down", &[ctrl('d')], None),
    bind(Transcript, Action::HalfUp, "half-up", "half a page up", &[ctrl('u')], None),
    bind(Transcript, Action::Top, "top", "to the top (g g)", &[plain('g'), key(KeyCode::Home)], None),
    bind(Transcript, Action::Bottom, "bottom", "to the newest", &[plain('G'), key(KeyCode::End)], None),
    bind(Transcript, Action::Insert, "insert", "back to typing", &[plain('i'), plain('a'), key(KeyCode::Enter)], None),
    bind(Transcript, Action::Leader, "leader-here", "keys for everywhere", &[plain(' ')], None),
    bind(Transcript, Action::Help, "help-here", "help", &[plain('?')], None),
    bind(Transcript, Action::ToCards, "to-cards-here", "to what waits", &[key(KeyCode::Tab)], None),
    bind(Transcript, Action::Leave, "leave-here", "twice while a turn runs: stop it", &[key(KeyCode::Esc)], None),
];

/// A key press as the table knows it: Shift is part of the letter, a full-width form is its narrow one where `narrow` says
/// that no text is being typed.
pub fn chord(event: KeyEvent) -> Chord {
    let mut modifiers =
        event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
    let code = match event.code {
        KeyCode::Char(c) => {
            modifiers -= KeyModifiers::SHIFT;
            if modifiers.contains(KeyModifiers::CONTROL) {
                KeyCode::Char(c.to_ascii_lowercase())
            } else {
                KeyCode::Char(c)
            }
        }
        KeyCode::BackTab => {
            modifiers -= KeyModifiers::SHIFT;
            KeyCode::BackTab
        }
        KeyCode::Tab if modifiers.contains(KeyModifiers::SHIFT) => {
            modifiers -= KeyModifiers::SHIFT;
            KeyCode::BackTab
        }
        code => code,
    };
    Chord { code, modifiers }
}

/// What a key does here: the place's own row first, then the one for everywhere.
pub fn find(place: Place, event: KeyEvent) -> Option<Action> {
    let chord = chord(event);
    let at = |wanted: Place| {
        TABLE
            .iter()
            .find(|row| row.place == wanted && row.keys.contains(&chord))
            .map(|row| row.action)
    };
    at(place).or_else(|| at(Place::Anywhere))
}

/// Further keys after the leader, for fingers that know tmux.
const ALSO: &[(char, Action)] = &[('%', Action::SplitRight), ('"', Action::SplitBelow)];

/// With tmux's own leader these go before what the table says.
const TMUX: &[(char, Action)] = &[
    ('o', Action::NextPane),
    ('n', Action::TabAfter),
    ('p', Action::TabBefore),
    ('c', Action::NewSession),
    ('[', Action::Read),
    (',', Action::Rename),
];

/// Which key is the leader. Ctrl+X always is one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Leader {
    #[default]
    CtrlX,
    /// As in tmux, whose keys then follow it; Ctrl+B twice is the key itself.
    CtrlB,
}

impl Leader {
    pub fn label(self) -> &'static str {
        match self {
            Self::CtrlX => "^X",
            Self::CtrlB => "^B",
        }
    }

    pub fn is(self, event: KeyEvent) -> bool {
        self == Self::CtrlB && chord(event) == ctrl('b')
    }

    /// What a key does after it.
    pub fn then(self, c: char) -> Option<Action> {
        let tmux: &[_] = if self == Self::CtrlB { TMUX } else { &[] };
        let listed = |list: &[(char, Action)]| {
            let row = list.iter().find(|(key, _)| *key == c);
            row.map(|(_, action)| *action)
        };
        listed(tmux)
            .or_else(|| {
                let row = TABLE.iter().find(|row| row.leader == Some(c));
                row.map(|row| row.action)
            })
            .or_else(|| listed(ALSO))
    }

    /// The key that leads to an action after it: the first of those that do.
    pub fn key_of(self, row: &Binding) -> Option<char> {
        let tmux = TMUX.iter().filter(|_| self == Self::CtrlB);
        let own = tmux.filter(|(_, action)| *action == row.action);
        let own = own.map(|(key, _)| *key).next();
        own.or_else(|| row.leader.filter(|key| self.then(*key) == Some(row.action)))
    }
}

/// The narrow form of a full-width character, where a key and not a text is meant: `ｙ` is `y`, `１` is `1`, `、` is `/`.
pub fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3001}' => '/',
        '\u{3000}' => ' ',
        c => c,
    }
}

impl Chord {
    /// As a person reads it: `Ctrl+J`, `Alt+a`, `Shift+Tab`.
    pub fn label(&self) -> String {
        let mut out = String::new();
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            out.push_str("Ctrl+");
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            out.push_str("Alt+");
        }
        if self.modifiers.contains(KeyModifiers::SHIFT) {
            out.push_str("Shift+");
        }
        let ctrl = self.modifiers.contains(KeyModifiers::CONTROL);
        match self.code {
            KeyCode::Char(' ') => out.push_str("Space"),
            KeyCode::Char(c) if ctrl => out.extend(c.to_uppercase()),
            KeyCode::Char(c) => out.push(c),
            KeyCode::BackTab => out.push_str("Shift+Tab"),
            KeyCode::PageUp => out.push_str("PgUp"),
            KeyCode::PageDown => out.push_str("PgDn"),
            KeyCode::F(n) => out.extend(["F".to_owned(), n.to_string()]),
            code => out.extend([format!("{code:?}")]),
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for place in [Place::Anywhere, Place::Composer, Place::Transcript] {
            let mut seen = HashSet::new();
            for row in TABLE.iter().filter(|row| row.place == place) {
                for key in row.keys {
                    assert!(seen.insert(key.label()), "{} in {place:?}", key.label());
                }
            }
        }
        let leaders: Vec<char> = TABLE.iter().filter_map(|row| row.leader).collect();
        assert_eq!(leaders.iter().collect::<HashSet<_>>().len(), leaders.len());
        let names: HashSet<&str> = TABLE.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), TABLE.len(), "each action has its own name");
    }

    #[test]
    fn keys_are_found_as_terminals_send_them() {
        let press = |code, modifiers| KeyEvent::new(code, modifiers);
        let cases = [
            (
                Place::Composer,
                press(KeyCode::BackTab, KeyModifiers::SHIFT),
                Some(Action::NextMode),
            ),
            (
                Place::Composer,
                press(KeyCode::Tab, KeyModifiers::SHIFT),
                Some(Action::NextMode),
            ),
            (
                Place::Transcript,
                press(KeyCode::Char('G'), KeyModifiers::SHIFT),
                Some(Action::Bottom),
            ),
            (
                Place::Composer,
                press(KeyCode::Char('G'), KeyModifiers::SHIFT),
                None,
            ),
            (
                Place::Composer,
                press(KeyCode::Char('X'), KeyModifiers::CONTROL),
                Some(Action::Leader),
            ),
            (
                Place::Transcript,
                press(KeyCode::Char('a'), KeyModifiers::ALT),
                Some(Action::NextAsk),
            ),
            (
                Place::Composer,
                press(KeyCode::Char('y'), KeyModifiers::ALT),
                None,
            ),
        ];
        for (place, event, expected) in cases {
            assert_eq!(find(place, event), expected, "{event:?}");
        }
    }

    #[test]
    fn wide_forms_count_as_narrow_ones() {
        let wide: String = "ｙ１？！＠、".chars().map(narrow).collect();
        assert_eq!(wide, "y1?!@/");
    }
}
