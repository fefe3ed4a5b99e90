//! What a language writes with signs of its own: attributes, lifetimes, raw strings, variables, here-documents, tags,
//! regular expressions.

use crate::tui::widget::highlight::State;
use crate::tui::widget::highlight::code::{Before, HOLE, Lexer, RAW_HASHES, RAW_PARENS};
use crate::tui::widget::highlight::cursor::{digest, is_name, starts_name};
use crate::tui::widget::highlight::syntax::Has;
use crate::tui::widget::paint::Ink;

impl Lexer<'_, '_, '_, '_> {
    /// Raw strings, whose end is not a fixed text.
    pub fn raw(&mut self, byte: u8) -> bool {
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

    pub fn in_raw_hashes(&mut self) {
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

    pub fn in_raw_parens(&mut self) {
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

    /// What begins with a sign of the language's own: attributes, decorators, variables, symbols, here-documents.
    pub fn mark(&mut self, byte: u8) -> bool {
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

    /// A regular expression that ends on this line; else the slash divides.
    pub fn regex(&mut self, byte: u8) -> bool {
        if byte != b'/' || !self.has(Has::REGEX) || self.before == Before::Value {
            return false;
        }
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
}
