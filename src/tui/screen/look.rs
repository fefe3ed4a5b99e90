//! How things look: roles from the theme, and the set of characters for marks and frames.

use std::borrow::Cow;

use ratatui::style::Style;

use crate::tui::theme::{Theme, role as theme};
use crate::tui::widget::paint::{Glyphs, Ink, Paint};

/// The part a piece of chrome plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    Text,
    Muted,
    Strong,
    Accent,
    /// A key that can be pressed.
    Key,
    Border,
    Focus,
    Good,
    Warn,
    Bad,
    Marked,
    /// The person's own words.
    Person,
}

impl Role {
    fn themed(self) -> theme::Role {
        match self {
            Self::Text => theme::Role::Text,
            Self::Muted => theme::Role::Muted,
            Self::Strong => theme::Role::Strong,
            Self::Accent => theme::Role::Accent,
            Self::Key => theme::Role::Key,
            Self::Border => theme::Role::Border,
            Self::Focus => theme::Role::BorderFocus,
            Self::Good => theme::Role::Ok,
            Self::Warn => theme::Role::Warn,
            Self::Bad => theme::Role::Danger,
            Self::Marked => theme::Role::Selection,
            Self::Person => theme::Role::User,
        }
    }
}

/// A theme with the characters that fit the terminal.
#[derive(Debug, Clone)]
pub struct Look {
    pub theme: Theme,
    pub glyphs: Glyphs,
}

impl Look {
    pub fn new(theme: Theme, glyphs: Glyphs) -> Self {
        Self { theme, glyphs }
    }

    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role.themed())
    }

    /// Our own words in the characters of the set. What a person decides on is written as text or strong and is left as it
    /// is.
    pub fn plain<'a>(&self, text: &'a str, role: Role) -> Cow<'a, str> {
        let exact = matches!(
            role,
            Role::Text | Role::Strong | Role::Person | Role::Marked
        );
        if self.glyphs == Glyphs::Unicode || exact || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let narrow = |c| match c {
            '↑' => '^',
            '↓' => 'v',
            '≈' | '…' => '~',
            '·' | '–' => '-',
            // The mark of a chosen row is `>`.
            '↳' => '\\',
            c => c,
        };
        Cow::Owned(text.chars().map(narrow).collect())
    }

    pub fn mark(&self, mark: Mark) -> &'static str {
        let (unicode, ascii) = match mark {
            Mark::Working => ("●", "*"),
            Mark::Ask => ("⚑", "!"),
            Mark::Question => ("?", "?"),
            Mark::Done => ("✓", "+"),
            Mark::Failed => ("✗", "x"),
            Mark::Stopped => ("■", "#"),
            Mark::Budget => ("$", "$"),
            Mark::Open => ("▾", "v"),
            Mark::Folded => ("▸", ">"),
            Mark::Here => ("▌", ">"),
            Mark::Dot => ("·", "-"),
            Mark::More => ("…", "~"),
        };
        self.glyphs.pick(unicode, ascii)
    }
}

impl Paint for Look {
    fn style(&self, ink: Ink) -> Style {
        self.theme.style(match ink {
            Ink::Text | Ink::Context => theme::Role::Text,
            Ink::Muted | Ink::Struck => theme::Role::Muted,
            Ink::Strong => theme::Role::Strong,
            Ink::Emphasis => theme::Role::Emphasis,
            Ink::Heading => theme::Role::Heading,
            Ink::Link => theme::Role::Link,
            Ink::Quote => theme::Role::Quote,
            Ink::Marker => theme::Role::Accent,
            Ink::Rule | Ink::Gutter => theme::Role::Border,
            Ink::Border => theme::Role::TableBorder,
            Ink::Code => theme::Role::CodeInline,
            Ink::Plain => theme::Role::CodePlain,
            Ink::Keyword => theme::Role::CodeKeyword,
            Ink::Type => theme::Role::CodeType,
            Ink::Function => theme::Role::CodeFunction,
            Ink::String => theme::Role::CodeString,
            Ink::Number => theme::Role::CodeNumber,
            Ink::Comment => theme::Role::CodeComment,
            Ink::Constant | Ink::Attribute | Ink::Property => theme::Role::CodeConstant,
            Ink::Operator => theme::Role::CodeOperator,
            Ink::Added => theme::Role::DiffAdd,
            Ink::Removed => theme::Role::DiffRemove,
            Ink::AddedWord => theme::Role::DiffAddWord,
            Ink::RemovedWord => theme::Role::DiffRemoveWord,
            Ink::Hunk | Ink::LineNumber => theme::Role::DiffHunk,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Working,
    Ask,
    Question,
    Done,
    Failed,
    /// Stopped before its end, which is no failure.
    Stopped,
    Budget,
    Open,
    Folded,
    Here,
    Dot,
    More,
}
