//! What a piece of text is, so that a theme can say how it looks. No colour is named here.

use ratatui::style::{Modifier, Style};

use crate::tui::theme::Theme;
use crate::tui::theme::role::Role;

/// The part a piece of text plays on the screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Ink {
    #[default]
    Text,
    Muted,
    Strong,
    Emphasis,
    Struck,
    Heading,
    Link,
    Quote,
    /// Bullets, numbers and boxes of lists, the hashes of headings.
    Marker,
    Rule,
    /// The lines of a table.
    Border,
    /// Code within a sentence.
    Code,
    /// The line beside a block of code.
    Gutter,
    /// Code that is nothing of what follows.
    Plain,
    Keyword,
    Type,
    Function,
    String,
    Number,
    Comment,
    Constant,
    Operator,
    /// Decorators, attributes, preprocessor lines.
    Attribute,
    /// Keys of data, names of fields and attributes.
    Property,
    /// A line of a difference that is the same on both sides.
    Context,
    Added,
    Removed,
    /// The words of a changed line that are new.
    AddedWord,
    RemovedWord,
    /// The heading of a part of a difference, and its notes.
    Hunk,
    LineNumber,
}

impl Ink {
    /// Every ink, for a theme that fills a table and a test that looks at all.
    pub const ALL: [Self; 31] = [
        Self::Text,
        Self::Muted,
        Self::Strong,
        Self::Emphasis,
        Self::Struck,
        Self::Heading,
        Self::Link,
        Self::Quote,
        Self::Marker,
        Self::Rule,
        Self::Border,
        Self::Code,
        Self::Gutter,
        Self::Plain,
        Self::Keyword,
        Self::Type,
        Self::Function,
        Self::String,
        Self::Number,
        Self::Comment,
        Self::Constant,
        Self::Operator,
        Self::Attribute,
        Self::Property,
        Self::Context,
        Self::Added,
        Self::Removed,
        Self::AddedWord,
        Self::RemovedWord,
        Self::Hunk,
        Self::LineNumber,
    ];
}

/// Says how an ink looks; a theme does. It is asked for every run of text of every line drawn, so it is a table.
pub trait Paint {
    fn style(&self, ink: Ink) -> Style;
}

impl Paint for Theme {
    fn style(&self, ink: Ink) -> Style {
        let role = match ink {
            Ink::Text | Ink::Context => Role::Text,
            Ink::Muted | Ink::Marker => Role::Muted,
            // Struck out is said by the line through it.
            Ink::Struck => {
                let muted = self.style(Role::Muted);
                return muted.add_modifier(Modifier::CROSSED_OUT);
            }
            Ink::Strong => Role::Strong,
            Ink::Emphasis => Role::Emphasis,
            Ink::Heading => Role::Heading,
            Ink::Link => Role::Link,
            Ink::Quote => Role::Quote,
            Ink::Rule | Ink::Border | Ink::Gutter => Role::TableBorder,
            Ink::Code => Role::CodeInline,
            Ink::Plain => Role::CodePlain,
            Ink::Keyword => Role::CodeKeyword,
            Ink::Type | Ink::Property => Role::CodeType,
            Ink::Function => Role::CodeFunction,
            Ink::String => Role::CodeString,
            Ink::Number => Role::CodeNumber,
            Ink::Comment => Role::CodeComment,
            Ink::Constant | Ink::Attribute => Role::CodeConstant,
            Ink::Operator => Role::CodeOperator,
            Ink::Added => Role::DiffAdd,
            Ink::Removed => Role::DiffRemove,
            Ink::AddedWord => Role::DiffAddWord,
            Ink::RemovedWord => Role::DiffRemoveWord,
            Ink::Hunk | Ink::LineNumber => Role::DiffHunk,
        };
        self.style(role)
    }
}

/// An ink with the marks laid over it: strong text in a heading is a heading, and strong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Tone {
    pub ink: Ink,
    pub strong: bool,
    pub emphasis: bool,
    pub struck: bool,
}

impl Tone {
    pub const fn of(ink: Ink) -> Self {
        Self {
            ink,
            strong: false,
            emphasis: false,
            struck: false,
        }
    }

    /// The ink's style with those of the marks laid over it.
    pub fn style(self, paint: &dyn Paint) -> Style {
        let mut style = paint.style(self.ink);
        for (marked, ink) in [
            (self.strong, Ink::Strong),
            (self.emphasis, Ink::Emphasis),
            (self.struck, Ink::Struck),
        ] {
            if marked {
                let mark = paint.style(ink);
                // A mark keeps the ink's own colour where it has one: a strong link is still a link.
                style = style.add_modifier(mark.add_modifier);
                if self.ink == Ink::Text {
                    style = style.patch(mark);
                }
            }
        }
        style
    }
}

impl From<Ink> for Tone {
    fn from(ink: Ink) -> Self {
        Self::of(ink)
    }
}

/// Which characters marks and frames are drawn with. The plain set is for terminals that draw `●` or `─` two cells wide.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Glyphs {
    #[default]
    Unicode,
    Ascii,
}

impl Glyphs {
    /// One of two texts, by the set; both are of the same width.
    pub const fn pick(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        match self {
            Self::Unicode => unicode,
            Self::Ascii => ascii,
        }
    }
}

/// What text is laid out for: the width in cells, and the set of characters for what is drawn around it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Form {
    pub width: u16,
    pub glyphs: Glyphs,
}

impl Form {
    pub const fn new(width: u16, glyphs: Glyphs) -> Self {
        Self { width, glyphs }
    }

    /// The width as lengths are counted, never zero: text laid out for no width is laid out for one cell and clipped.
    pub fn cells(self) -> usize {
        usize::from(self.width.max(1))
    }
}
