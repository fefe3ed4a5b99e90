//! What a table says of a language: its comments, strings and words, and what it has beyond them.

/// What the lexer knows of a language.
#[derive(Debug)]
pub struct Syntax {
    /// What begins a comment to the end of the line.
    pub comments: &'static [&'static str],
    pub block: Option<Block>,
    /// Longer openings before shorter ones.
    pub quotes: &'static [Quote],
    /// Sorted, as the two lists after it.
    pub keywords: &'static [&'static str],
    pub types: &'static [&'static str],
    pub constants: &'static [&'static str],
    pub has: Has,
}

#[derive(Debug)]
pub struct Block {
    pub open: &'static str,
    pub close: &'static str,
    pub nested: bool,
    /// Counts only at the start of a line.
    pub at_start: bool,
}

#[derive(Debug)]
pub struct Quote {
    pub open: &'static str,
    pub close: &'static str,
    /// A backslash takes the next character's meaning.
    pub escapes: bool,
    /// Goes on in the next line when it is not closed.
    pub lines: bool,
    /// What begins a piece of code in the string, with the characters that nest in it and end it.
    pub hole: Option<(&'static str, u8, u8)>,
}

impl Quote {
    /// A string within its line, closed by what opened it, with escapes.
    pub const fn new(quote: &'static str) -> Self {
        Self {
            open: quote,
            close: quote,
            escapes: true,
            lines: false,
            hole: None,
        }
    }

    #[must_use]
    pub const fn lines(mut self) -> Self {
        self.lines = true;
        self
    }

    #[must_use]
    pub const fn raw(mut self) -> Self {
        self.escapes = false;
        self
    }

    #[must_use]
    pub const fn hole(mut self, begin: &'static str, open: u8, close: u8) -> Self {
        self.hole = Some((begin, open, close));
        self
    }
}

/// What a language has beyond comments, strings, names and numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Has(pub u32);

impl Has {
    pub const NOTHING: Self = Self(0);
    /// Names with a capital are types, all in capitals constants.
    pub const CAPITALS: Self = Self(1);
    /// `name!` is a macro.
    pub const MACROS: Self = Self(1 << 1);
    /// `#[…]` is an attribute.
    pub const BRACKETS: Self = Self(1 << 2);
    /// `@name` is a decorator.
    pub const DECORATORS: Self = Self(1 << 3);
    /// A line that begins with `#` is for the preprocessor.
    pub const PREPROCESSOR: Self = Self(1 << 4);
    /// `'a` is a lifetime, `r#"` a raw string.
    pub const RUST: Self = Self(1 << 5);
    /// A slash may begin a regular expression.
    pub const REGEX: Self = Self(1 << 6);
    /// `<Name` may begin a tag; an apostrophe in text is none of a string.
    pub const TAGS: Self = Self(1 << 7);
    /// Words count in any case.
    pub const ANY_CASE: Self = Self(1 << 8);
    /// The first word of a command is what is run; `$name` and options; `#` comments only after a blank.
    pub const COMMANDS: Self = Self(1 << 9);
    /// `<<WORD` begins a text up to a line with that word.
    pub const HEREDOC: Self = Self(1 << 10);
    /// `:name` is a symbol, `@name` a field; names may end in `?` or `!`.
    pub const RUBY: Self = Self(1 << 11);
    /// `R"x(` … `)x"` is a raw string.
    pub const RAW_PARENS: Self = Self(1 << 12);
    /// Letters such as `f` or `rb` may stand right before a string.
    pub const PREFIXES: Self = Self(1 << 13);
    /// A name with a capital may be a function's.
    pub const CAPITAL_CALLS: Self = Self(1 << 14);

    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn it(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}
