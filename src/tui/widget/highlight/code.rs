//! The lexer of programming languages, driven by a table: comments, strings that may run over lines, names, numbers. What
//! a language has beyond that is a flag in its table.

use crate::tui::widget::highlight::State;
use crate::tui::widget::highlight::cursor::{Cursor, digest, is_name, starts_name};
use crate::tui::widget::highlight::syntax::{Has, Syntax};
use crate::tui::widget::paint::Ink;

const BLOCK: u8 = 1;
/// `level` is the number of the quote.
const QUOTE: u8 = 2;
/// `level` is the number of hashes.
pub const RAW_HASHES: u8 = 3;
/// `data` is the digest of the word that ends it.
pub const RAW_PARENS: u8 = 4;
const HEREDOC: u8 = 5;
/// In a piece of code within a string: `level` is how deep, `data` the number of the quote.
pub const HOLE: u8 = 6;

/// What stood before, as far as it decides what comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
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

#[derive(Debug)]
pub struct Lexer<'t, 'c, 'a, 'o> {
    pub syntax: &'t Syntax,
    pub cursor: &'c mut Cursor<'a, 'o>,
    pub state: State,
    pub before: Before,
    pub heredoc: Option<u16>,
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

    pub fn has(&self, flag: Has) -> bool {
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

    fn token(&mut self) {
        let byte = self.cursor.peek();
        if matches!(byte, b' ' | b'\t') {
            self.cursor.skip_blanks();
            return;
        }
        let taken = self.comment()
            || self.hole(byte)
            || self.raw(byte)
            || self.mark(byte)
            || self.quote()
            || self.regex(byte);
        if taken {
            return;
        }
        if starts_name(byte) {
            self.name();
        } else if byte.is_ascii_digit() || (byte == b'.' && self.cursor.ahead(1).is_ascii_digit()) {
            self.number();
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
            self.cursor.ink(Ink::String);
            if self.quote() {
                return;
            }
        }
        let (ink, before) = self.judge(word);
        self.cursor.ink(ink);
        self.before = before;
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
            } else if next == b'(' && (member || self.has(Has::CAPITAL_CALLS)) {
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

    fn sign(&mut self, byte: u8) {
        let start = self.cursor.at();
        self.cursor.step();
        let operator = b"+-*/%=<>!&|^~?:".contains(&byte);
        if operator {
            self.cursor.ink_from(start, Ink::Operator);
        }
        self.before = if self.has(Has::COMMANDS) {
            match byte {
                b'|' | b'&' | b';' | b'(' | b'{' | b'!' | b'`' => Before::Command,
                // A path may be what is run.
                b'.' | b'/' | b'~' => self.before,
                _ => Before::Value,
            }
        } else {
            match byte {
                b')' | b']' | b'}' | b'.' => Before::Value,
                _ => Before::Open,
            }
        };
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
