//! The lexer of programming languages, driven by a table: comments, strings that may run over lines, names, numbers. What
//! a language has beyond that is a flag in its table.

use crate::tui::widget::highlight::State;
use crate::tui::widget::highlight::cursor::{Cursor, digest, is_name, starts_name};
use crate::tui::widget::paint::Ink;

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

    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn it(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

const BLOCK: u8 = 1;
/// `level` is the number of the quote.
const QUOTE: u8 = 2;
/// `level` is the number of hashes.
const RAW_HASHES: u8 = 3;
/// `data` is the digest of the word that ends it.
const RAW_PARENS: u8 = 4;
const HEREDOC: u8 = 5;
/// In a piece of code within a string: `level` is how deep, `data` the number of the quote.
const HOLE: u8 = 6;

/// What stood before, as far as it decides what comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// A value: a name, a number, a string, a closing bracket.
    Value,
    /// An operator, an opening bracket, a keyword, the start.
    Open,
    /// A word that a function's name follows.
    Function,
    /// A word that a type's name follows.
    Type,
    /// The place of a command's first word.
    Command,
}

struct Lexer<'t, 'c, 'a, 'o> {
    syntax: &'t Syntax,
    cursor: &'c mut Cursor<'a, 'o>,
    state: State,
    before: Before,
    heredoc: Option<u16>,
}

pub fn lex(syntax: &Syntax, state: State, cursor: &mut Cursor) -> State {
    let mut lexer = Lexer {
        syntax,
        cursor,
        state,
        before: if syntax.has.it(Has::COMMANDS) {
            Before::Command
        } else {
            Before::Open
        },
        heredoc: None,
    };
    lexer.run();
    match lexer.heredoc {
        Some(word) if lexer.state == State::default() => State::new(HEREDOC, 0, word),
        _ => lexer.state,
    }
}

impl Lexer<'_, '_, '_, '_> {
    fn run(&mut self) {
        if self.state.mode == HEREDOC {
            if digest(self.cursor.line().trim()) == self.state.data {
                self.state = State::default();
                self.cursor.to_end();
                self.cursor.ink(Ink::Keyword);
            } else {
                self.cursor.to_end();
                self.cursor.ink(Ink::String);
            }
            return;
        }
        // An empty line within a string must still be looked at: a string of one line ends with it.
        loop {
            match self.state.mode {
                BLOCK => self.in_block(),
                QUOTE => self.in_quote(),
                RAW_HASHES => self.in_raw_hashes(),
                RAW_PARENS => self.in_raw_parens(),
                _ => {
                    if self.cursor.ended() {
                        return;
                    }
                    self.token();
                }
            }
            if self.cursor.ended() {
                return;
            }
        }
    }

    fn has(&self, flag: Has) -> bool {
        self.syntax.has.it(flag)
    }

    fn in_block(&mut self) {
        let Some(block) = &self.syntax.block else {
            self.state = State::default();
            return;
        };
        while !self.cursor.ended() {
            if self.cursor.starts(block.close) && (!block.at_start || self.cursor.at() == 0) {
                self.cursor.skip(block.close.len());
                self.state.level = self.state.level.saturating_sub(1);
                if self.state.level == 0 || !block.nested {
                    self.state = State::default();
                    break;
                }
            } else if block.nested && self.cursor.starts(block.open) {
                self.cursor.skip(block.open.len());
                self.state.level = self.state.level.saturating_add(1);
            } else {
                self.cursor.step();
            }
        }
        self.cursor.ink(Ink::Comment);
    }

    fn in_quote(&mut self) {
        let Some(quote) = self.syntax.quotes.get(usize::from(self.state.level)) else {
            self.state = State::default();
            return;
        };
        let mut open = true;
        while !self.cursor.ended() {
            if quote.escapes && self.cursor.peek() == b'\\' {
                self.cursor.step();
                self.cursor.step();
            } else if self.cursor.starts(quote.close) {
                self.cursor.skip(quote.close.len());
                open = false;
                break;
            } else if let Some((hole, _, _)) = quote.hole
                && self.cursor.starts(hole)
            {
                self.cursor.ink(Ink::String);
                self.cursor.skip(hole.len());
                self.cursor.ink(Ink::Operator);
                self.state = State::new(HOLE, 1, u16::from(self.state.level));
                self.before = Before::Open;
                return;
            } else {
                self.cursor.step();
            }
        }
        self.cursor.ink(Ink::String);
        self.before = Before::Value;
        if !open || !quote.lines {
            self.state = State::default();
        }
    }

    fn in_raw_hashes(&mut self) {
        let hashes = usize::from(self.state.level);
        while !self.cursor.ended() {
            if self.cursor.peek() == b'"' && (1..=hashes).all(|n| self.cursor.ahead(n) == b'#') {
                self.cursor.skip(1 + hashes);
                self.state = State::default();
                break;
            }
            self.cursor.step();
        }
        self.cursor.ink(Ink::String);
        self.before = Before::Value;
    }

    fn in_raw_parens(&mut self) {
        while !self.cursor.ended() {
            let closing = self.cursor.peek() == b')';
            self.cursor.step();
            if closing {
                let rest = self.cursor.rest();
                // The word between parenthesis and quote has at most 16 characters.
                let end = rest.bytes().take(17).position(|byte| byte == b'"');
                if let Some(end) = end
                    && digest(&rest[..end]) == self.state.data
                {
                    self.cursor.skip(end + 1);
                    self.state = State::default();
                    break;
                }
            }
        }
        self.cursor.ink(Ink::String);
        self.before = Before::Value;
    }

    fn token(&mut self) {
        let byte = self.cursor.peek();
        if matches!(byte, b' ' | b'\t') {
            self.cursor.skip_blanks();
        } else if self.comment()
            || self.hole(byte)
            || self.raw(byte)
            || self.mark(byte)
            || self.quote()
        {
        } else if starts_name(byte) {
            self.name();
        } else if byte.is_ascii_digit() || (byte == b'.' && self.cursor.ahead(1).is_ascii_digit()) {
            self.number();
        } else if self.has(Has::REGEX)
            && byte == b'/'
            && self.before != Before::Value
            && self.regex()
        {
        } else {
            self.sign(byte);
        }
    }

    fn comment(&mut self) -> bool {
        if let Some(block) = &self.syntax.block
            && self.cursor.starts(block.open)
            && (!block.at_start || self.cursor.at() == 0)
        {
            // A comment within a hole would lose the string around it; there it ends with the line.
            let within = self.state;
            self.cursor.ink(Ink::Plain);
            self.cursor.skip(block.open.len());
            self.state = State::new(BLOCK, 1, 0);
            self.in_block();
            if within.mode == HOLE {
                self.state = within;
            }
            return true;
        }
        let found = self
            .syntax
            .comments
            .iter()
            .any(|comment| self.cursor.starts(comment));
        let allowed = !self.has(Has::COMMANDS)
            || matches!(self.cursor.behind(), 0 | b' ' | b'\t' | b';' | b'(' | b')');
        if found && allowed {
            self.cursor.ink(Ink::Plain);
            self.cursor.to_end();
            self.cursor.ink(Ink::Comment);
        }
        found && allowed
    }

    /// The brackets of a piece of code within a string.
    fn hole(&mut self, byte: u8) -> bool {
        if self.state.mode != HOLE {
            return false;
        }
        let quote = self.syntax.quotes.get(usize::from(self.state.data));
        let Some((_, open, close)) = quote.and_then(|quote| quote.hole) else {
            self.state = State::default();
            return false;
        };
        if byte == open {
            self.state.level = self.state.level.saturating_add(1);
            return false;
        }
        if byte != close {
            return false;
        }
        self.state.level = self.state.level.saturating_sub(1);
        if self.state.level > 0 {
            return false;
        }
        self.cursor.ink(Ink::Plain);
        self.cursor.step();
        self.cursor.ink(Ink::Operator);
        self.state = State::new(QUOTE, self.state.data as u8, 0);
        true
    }

    /// Raw strings, whose end is not a fixed text.
    fn raw(&mut self, byte: u8) -> bool {
        let start = self.cursor.at();
        if self.has(Has::RUST) && matches!(byte, b'r' | b'b' | b'c') {
            let prefix = 1 + usize::from(byte != b'r' && self.cursor.ahead(1) == b'r');
            let raw = byte == b'r' || prefix == 2;
            let hashes = (0..255)
                .take_while(|n| self.cursor.ahead(prefix + n) == b'#')
                .count();
            if raw && self.cursor.ahead(prefix + hashes) == b'"' && self.state.mode != HOLE {
                self.cursor.skip(prefix + hashes + 1);
                self.cursor.ink_from(start, Ink::String);
                self.state = State::new(RAW_HASHES, hashes as u8, 0);
                return true;
            }
        }
        if self.has(Has::RAW_PARENS) && byte == b'R' && self.cursor.ahead(1) == b'"' {
            let rest = &self.cursor.rest()[2..];
            if let Some(end) = rest.bytes().take(17).position(|byte| byte == b'(') {
                let word = digest(&rest[..end]);
                self.cursor.skip(2 + end + 1);
                self.cursor.ink_from(start, Ink::String);
                self.state = State::new(RAW_PARENS, 0, word);
                return true;
            }
        }
        false
    }

    /// What begins with a sign of the language's own: attributes, decorators, variables, symbols, here-documents.
    fn mark(&mut self, byte: u8) -> bool {
        let start = self.cursor.at();
        match byte {
            b'#' if self.has(Has::BRACKETS) => {
                let open = 1 + usize::from(self.cursor.ahead(1) == b'!');
                if self.cursor.ahead(open) != b'[' {
                    return false;
                }
                self.attribute();
            }
            b'#' if self.has(Has::PREPROCESSOR) => {
                if !self.cursor.line()[..start].trim().is_empty() {
                    return false;
                }
                self.cursor.step();
                self.cursor.skip_blanks();
                let word = self.cursor.at();
                self.cursor.skip_while(is_name);
                let include = matches!(self.cursor.since(word), "include" | "import");
                self.cursor.ink_from(start, Ink::Attribute);
                self.cursor.skip_blanks();
                if include && self.cursor.peek() == b'<' {
                    self.cursor.ink(Ink::Plain);
                    self.cursor.skip_while(|byte| byte != b'>');
                    self.cursor.step();
                    self.cursor.ink(Ink::String);
                }
            }
            b'@' if self.has(Has::DECORATORS) && starts_name(self.cursor.ahead(1)) => {
                self.cursor.step();
                self.cursor.skip_while(|byte| is_name(byte) || byte == b'.');
                self.cursor.ink_from(start, Ink::Attribute);
            }
            b'@' if self.has(Has::RUBY) => {
                self.cursor.skip_while(|byte| byte == b'@');
                self.cursor.skip_while(is_name);
                self.cursor.ink_from(start, Ink::Property);
                self.before = Before::Value;
            }
            b':' if self.has(Has::RUBY)
                && self.cursor.behind() != b':'
                && starts_name(self.cursor.ahead(1)) =>
            {
                self.cursor.step();
                self.cursor.skip_while(is_name);
                self.cursor.ink_from(start, Ink::Constant);
                self.before = Before::Value;
            }
            b'\'' if self.has(Has::RUST) => self.lifetime(),
            b'$' if self.has(Has::COMMANDS) => return self.variable(),
            b'-' if self.has(Has::COMMANDS)
                && matches!(self.cursor.behind(), b' ' | b'\t')
                && (is_name(self.cursor.ahead(1)) || self.cursor.ahead(1) == b'-') =>
            {
                self.cursor
                    .skip_while(|byte| is_name(byte) || matches!(byte, b'-' | b'.'));
                self.cursor.ink_from(start, Ink::Attribute);
                self.before = Before::Value;
            }
            b'<' if self.has(Has::HEREDOC) => return self.here(),
            b'<' if self.has(Has::TAGS) && self.before != Before::Value => return self.tag(),
            _ => return false,
        }
        true
    }

    /// `#[…]` with its inner brackets, to the end of the line at most.
    fn attribute(&mut self) {
        let start = self.cursor.at();
        let mut depth = 0;
        while !self.cursor.ended() {
            match self.cursor.peek() {
                b'[' => depth += 1,
                b']' => depth -= 1,
                b'"' => {
                    self.cursor.step();
                    self.cursor.skip_while(|byte| byte != b'"');
                }
                _ => {}
            }
            let last = self.cursor.peek() == b']' && depth == 0;
            self.cursor.step();
            if last {
                break;
            }
        }
        self.cursor.ink_from(start, Ink::Attribute);
    }

    /// A lifetime or a character, told apart by what stands two further.
    fn lifetime(&mut self) {
        let start = self.cursor.at();
        self.cursor.step();
        if starts_name(self.cursor.peek()) {
            let name = self.cursor.at();
            self.cursor.step();
            let single = self.cursor.peek() == b'\'';
            self.cursor.skip_while(is_name);
            if single
                || (self.cursor.peek() == b'\'' && self.cursor.since(name).chars().count() == 1)
            {
                self.cursor.step();
                self.cursor.ink_from(start, Ink::String);
            } else {
                self.cursor.ink_from(start, Ink::Attribute);
            }
        } else {
            if self.cursor.peek() == b'\\' {
                self.cursor.step();
                self.cursor.step();
            }
            self.cursor.skip_while(|byte| byte != b'\'');
            self.cursor.step();
            self.cursor.ink_from(start, Ink::String);
        }
        self.before = Before::Value;
    }

    fn variable(&mut self) -> bool {
        let start = self.cursor.at();
        match self.cursor.ahead(1) {
            b'{' => {
                self.cursor.skip_while(|byte| byte != b'}');
                self.cursor.step();
            }
            byte if starts_name(byte) => {
                self.cursor.step();
                self.cursor.skip_while(is_name);
            }
            b'0'..=b'9' | b'?' | b'#' | b'@' | b'*' | b'!' | b'$' | b'-' => self.cursor.skip(2),
            _ => return false,
        }
        self.cursor.ink_from(start, Ink::Property);
        self.before = Before::Value;
        true
    }

    /// `<<WORD`, `<<-WORD`, `<<~WORD`, the word quoted or not.
    fn here(&mut self) -> bool {
        if !self.cursor.starts("<<") || self.cursor.ahead(2) == b'<' || self.cursor.behind() == b'<'
        {
            return false;
        }
        let bytes = self.cursor.rest().as_bytes();
        let mut at = 2;
        let marked = bytes
            .get(at)
            .is_some_and(|byte| matches!(byte, b'-' | b'~'));
        at += usize::from(marked);
        let quote = bytes
            .get(at)
            .copied()
            .filter(|byte| matches!(byte, b'"' | b'\''));
        at += usize::from(quote.is_some());
        let word = at;
        while bytes.get(at).copied().is_some_and(is_name) {
            at += 1;
        }
        // `list << name` appends in Ruby; a here-document has a mark, a quote or capitals there.
        let plain = !marked && quote.is_none();
        let capital = bytes.get(word).is_some_and(u8::is_ascii_uppercase);
        if at == word || (self.has(Has::RUBY) && plain && !capital) {
            return false;
        }
        self.heredoc = Some(digest(&self.cursor.rest()[word..at]));
        let start = self.cursor.at();
        self.cursor.skip(at + usize::from(quote.is_some()));
        self.cursor.ink_from(start, Ink::Keyword);
        self.before = Before::Value;
        true
    }

    /// The start of a tag within code: its name, for the rest is lexed as code.
    fn tag(&mut self) -> bool {
        let slash = usize::from(self.cursor.ahead(1) == b'/');
        let next = self.cursor.ahead(1 + slash);
        if !starts_name(next) && next != b'>' {
            return false;
        }
        self.cursor.ink(Ink::Plain);
        self.cursor.skip(1 + slash);
        self.cursor.ink(Ink::Operator);
        self.cursor
            .skip_while(|byte| is_name(byte) || matches!(byte, b'.' | b'-'));
        self.cursor.ink(Ink::Type);
        self.before = Before::Value;
        true
    }

    fn quote(&mut self) -> bool {
        let found = self
            .syntax
            .quotes
            .iter()
            .position(|quote| self.cursor.starts(quote.open));
        let Some(index) = found else { return false };
        let quote = &self.syntax.quotes[index];
        if self.has(Has::TAGS) && quote.open == "'" && !closes(&self.cursor.rest()[1..], b'\'') {
            return false;
        }
        let within = self.state;
        self.cursor.ink(Ink::Plain);
        self.cursor.skip(quote.open.len());
        self.state = State::new(QUOTE, index as u8, 0);
        if within.mode == HOLE {
            // A string within a piece of code within a string: it ends on its line and has no holes of its own.
            while !self.cursor.ended() && !self.cursor.starts(quote.close) {
                if quote.escapes && self.cursor.peek() == b'\\' {
                    self.cursor.step();
                }
                self.cursor.step();
            }
            self.cursor.skip(quote.close.len());
            self.cursor.ink(Ink::String);
            self.state = within;
            self.before = Before::Value;
        } else {
            self.in_quote();
        }
        true
    }

    fn name(&mut self) {
        let start = self.cursor.at();
        self.cursor.ink(Ink::Plain);
        self.cursor.skip_while(is_name);
        if self.has(Has::COMMANDS) {
            self.cursor
                .skip_while(|byte| is_name(byte) || matches!(byte, b'-' | b'.' | b'/'));
        }
        if self.has(Has::RUBY)
            && matches!(self.cursor.peek(), b'?' | b'!')
            && self.cursor.ahead(1) != b'='
        {
            self.cursor.step();
        }
        let word = self.cursor.since(start);
        if self.has(Has::PREFIXES) && word.len() <= 2 && matches!(self.cursor.peek(), b'"' | b'\'')
        {
            // Part of the string that follows; `quote` gives it its ink.
            if self.quote_with_prefix() {
                return;
            }
        }
        let (ink, before) = self.judge(word);
        self.cursor.ink(ink);
        self.before = before;
    }

    fn quote_with_prefix(&mut self) -> bool {
        self.cursor.ink(Ink::String);
        self.quote()
    }

    fn judge(&mut self, word: &str) -> (Ink, Before) {
        let next = self.cursor.peek();
        let member = {
            let start = self.cursor.at() - word.len();
            self.cursor.line().as_bytes()[..start]
                .last()
                .is_some_and(|byte| *byte == b'.')
        };
        let mut lower = [0; 24];
        let key = match lower.get_mut(..word.len()) {
            Some(lower) if self.has(Has::ANY_CASE) => {
                lower.copy_from_slice(word.as_bytes());
                lower.make_ascii_lowercase();
                std::str::from_utf8(lower).unwrap_or(word)
            }
            _ => word,
        };
        let found = |list: &[&str]| list.binary_search(&key).is_ok();
        if self.before == Before::Function && !found(self.syntax.keywords) {
            return (Ink::Function, Before::Value);
        }
        if !member {
            if found(self.syntax.keywords) {
                return (Ink::Keyword, self.after_keyword(key));
            }
            if found(self.syntax.constants) {
                return (Ink::Constant, Before::Value);
            }
            if found(self.syntax.types) {
                return (Ink::Type, Before::Value);
            }
        }
        if self.has(Has::COMMANDS) {
            return self.judge_command(next);
        }
        if self.has(Has::MACROS) && next == b'!' && self.cursor.ahead(1) != b'=' {
            self.cursor.step();
            return (Ink::Function, Before::Value);
        }
        if self.before == Before::Type {
            return (Ink::Type, Before::Value);
        }
        if self.has(Has::RUBY) && next == b':' && self.cursor.ahead(1) != b':' {
            return (Ink::Constant, Before::Value);
        }
        if self.has(Has::CAPITALS) && word.as_bytes()[0].is_ascii_uppercase() {
            let shout = word.len() > 1 && !word.bytes().any(|byte| byte.is_ascii_lowercase());
            let ink = if shout {
                Ink::Constant
            } else if next == b'(' && member {
                Ink::Function
            } else {
                Ink::Type
            };
            return (ink, Before::Value);
        }
        if next == b'(' {
            return (Ink::Function, Before::Value);
        }
        (Ink::Plain, Before::Value)
    }

    fn judge_command(&self, next: u8) -> (Ink, Before) {
        if self.before != Before::Command {
            return (Ink::Plain, Before::Value);
        }
        if next == b'=' || (next == b'+' && self.cursor.ahead(1) == b'=') {
            return (Ink::Property, Before::Command);
        }
        (Ink::Function, Before::Value)
    }

    fn after_keyword(&self, word: &str) -> Before {
        match word {
            "fn" | "def" | "func" | "function" => Before::Function,
            "struct" | "class" | "enum" | "trait" | "interface" | "union" | "module" | "type" => {
                Before::Type
            }
            "self" | "this" | "super" => Before::Value,
            "in" | "for" | "case" if self.has(Has::COMMANDS) => Before::Value,
            _ if self.has(Has::COMMANDS) => Before::Command,
            _ => Before::Open,
        }
    }

    fn number(&mut self) {
        self.cursor.ink(Ink::Plain);
        let mut last = 0;
        loop {
            let byte = self.cursor.peek();
            let next = self.cursor.ahead(1);
            let takes = byte.is_ascii_alphanumeric()
                || byte == b'_'
                || (byte == b'.' && last != b'.' && !starts_name(next) && next != b'.')
                || (matches!(byte, b'+' | b'-')
                    && matches!(last, b'e' | b'E')
                    && next.is_ascii_digit())
                || (byte == b'\'' && next.is_ascii_digit() && self.has(Has::PREPROCESSOR));
            if !takes {
                break;
            }
            last = byte;
            self.cursor.step();
        }
        self.cursor.ink(Ink::Number);
        self.before = Before::Value;
    }

    /// A regular expression that ends on this line; else the slash divides.
    fn regex(&mut self) -> bool {
        let bytes = self.cursor.rest().as_bytes();
        let mut at = 1;
        let mut class = false;
        loop {
            match bytes.get(at) {
                None => return false,
                Some(b'\\') => at += 1,
                Some(b'[') => class = true,
                Some(b']') => class = false,
                Some(b'/') if !class => break,
                Some(_) => {}
            }
            at += 1;
        }
        if at == 1 {
            return false;
        }
        self.cursor.ink(Ink::Plain);
        self.cursor.skip(at + 1);
        self.cursor.skip_while(|byte| byte.is_ascii_lowercase());
        self.cursor.ink(Ink::String);
        self.before = Before::Value;
        true
    }

    fn sign(&mut self, byte: u8) {
        let start = self.cursor.at();
        self.cursor.step();
        let operator = matches!(
            byte,
            b'+' | b'-'
                | b'*'
                | b'/'
                | b'%'
                | b'='
                | b'<'
                | b'>'
                | b'!'
                | b'&'
                | b'|'
                | b'^'
                | b'~'
                | b'?'
                | b':'
        );
        if operator {
            self.cursor.ink_from(start, Ink::Operator);
        }
        if self.has(Has::COMMANDS) {
            self.before = match byte {
                b'|' | b'&' | b';' | b'(' | b'{' | b'!' | b'`' => Before::Command,
                b'=' if self.before == Before::Command => Before::Value,
                _ if self.before == Before::Command && matches!(byte, b'.' | b'/' | b'~') => {
                    Before::Command
                }
                _ => Before::Value,
            };
        } else if byte == b'.' && self.before == Before::Type {
        } else {
            self.before = match byte {
                b')' | b']' | b'}' | b'.' => Before::Value,
                // The receiver of a method in Go stands before its name.
                _ if self.before == Before::Function && byte == b'(' => Before::Open,
                _ => Before::Open,
            };
        }
    }
}

/// Whether an unescaped quote follows on the line.
fn closes(rest: &str, quote: u8) -> bool {
    let mut escaped = false;
    rest.bytes().any(|byte| {
        let found = byte == quote && !escaped;
        escaped = byte == b'\\' && !escaped;
        found
    })
}
