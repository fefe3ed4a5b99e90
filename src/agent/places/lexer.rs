//! A shell line taken apart leniently, for what it may read: nothing is refused, and what only a shell knows stays open.

use crate::agent::places::{Between, Event, Piece, Word};

/// What becomes of the next word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Operand,
    Written,
    Read,
    Delimiter { tabs: bool },
    Text,
}

/// The end of a here-document.
struct Delimiter {
    text: String,
    tabs: bool,
    quoted: bool,
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    events: Vec<Event>,
    word: Option<Word>,
    quoted: bool,
    target: Target,
    awaited: Vec<Delimiter>,
    /// Here-documents without an end.
    endless: usize,
    depth: u8,
}

/// Quotes in brackets in quotes, and so on, that are followed.
const DEEPEST: u8 = 32;
/// Here-documents without an end of which the next is looked for.
const ENDLESS_MOST: usize = 16;

pub(super) fn lex(line: &str) -> Vec<Event> {
    let mut lexer = Lexer::of(line.chars().collect());
    lexer.line();
    lexer.events
}

/// The word as it is without what only a shell knows.
fn plain(word: &[Piece]) -> String {
    let char = |piece: &Piece| match piece {
        Piece::Char(c) | Piece::Brace(c) | Piece::Wild(c) => Some(*c),
        Piece::Variable(_) | Piece::Unknown => None,
    };
    word.iter().filter_map(char).collect()
}

impl Lexer {
    fn of(chars: Vec<char>) -> Self {
        Self {
            chars,
            at: 0,
            events: Vec::new(),
            word: None,
            quoted: false,
            target: Target::Operand,
            awaited: Vec::new(),
            endless: 0,
            depth: 0,
        }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next_is(&self, ahead: usize, c: char) -> bool {
        self.chars.get(self.at + ahead) == Some(&c)
    }

    fn push(&mut self, piece: Piece) {
        self.word.get_or_insert_default().push(piece);
    }

    fn line(&mut self) {
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' => {
                    self.end_word();
                    self.at += 1;
                }
                '\n' => {
                    self.at += 1;
                    self.end_word();
                    self.bodies();
                    self.end(Between::Plain);
                }
                ';' => {
                    self.at += 1;
                    self.end(Between::Plain);
                }
                '&' if self.next_is(1, '>') => {
                    self.end_word();
                    self.at += 1;
                }
                '&' if self.next_is(1, '&') => {
                    self.at += 2;
                    self.end(Between::And);
                }
                '&' => {
                    self.at += 1;
                    self.end(Between::Background);
                }
                '|' if self.next_is(1, '|') => {
                    self.at += 2;
                    self.end(Between::Or);
                }
                '|' => {
                    self.at += if self.next_is(1, '&') { 2 } else { 1 };
                    self.end(Between::Pipe);
                }
                '(' => self.bracket(),
                ')' => {
                    self.at += 1;
                    self.end(Between::Plain);
                    self.events.push(Event::Close);
                }
                '<' | '>' => self.redirection(c),
                '#' if self.word.is_none() => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                _ => self.piece(c),
            }
        }
        self.end_word();
        self.bodies();
        self.end(Between::Plain);
    }

    fn bracket(&mut self) {
        self.at += 1;
        let is_list = self.word.as_ref().and_then(|word| word.last()) == Some(&Piece::Char('='));
        if is_list {
            let text = self.within(')');
            self.events.push(Event::Nested(format!(": {text}")));
            self.push(Piece::Unknown);
        } else {
            self.end(Between::Plain);
            self.events.push(Event::Open);
        }
    }

    fn redirection(&mut self, c: char) {
        let is_number = |word: &Word| {
            word.iter()
                .all(|piece| matches!(piece, Piece::Char(c) if c.is_ascii_digit()))
        };
        if self.word.as_ref().is_some_and(is_number) && !self.quoted {
            // The file it is about.
            self.word = None;
        }
        if self.next_is(1, '(') {
            self.at += 2;
            let text = self.within(')');
            self.events.push(Event::Nested(text));
            self.push(Piece::Unknown);
            return;
        }
        self.end_word();
        let (length, target) = match (c, self.next_is(1, '<'), self.next_is(2, '<')) {
            ('<', true, true) => (3, Target::Text),
            ('<', true, false) if self.next_is(2, '-') => (3, Target::Delimiter { tabs: true }),
            ('<', true, false) => (2, Target::Delimiter { tabs: false }),
            ('<', ..) if self.next_is(1, '&') => (2, Target::Written),
            ('<', ..) if self.next_is(1, '>') => (2, Target::Read),
            ('<', ..) => (1, Target::Read),
            _ if ['>', '|', '&'].iter().any(|sign| self.next_is(1, *sign)) => (2, Target::Written),
            _ => (1, Target::Written),
        };
        self.at += length;
        self.target = target;
    }

    fn end(&mut self, between: Between) {
        self.end_word();
        self.target = Target::Operand;
        self.events.push(Event::End(between));
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        let quoted = std::mem::take(&mut self.quoted);
        match std::mem::replace(&mut self.target, Target::Operand) {
            Target::Operand => self.events.push(Event::Word(word)),
            Target::Written => {}
            Target::Read => self.events.push(Event::Read(word)),
            Target::Text => self.events.push(Event::Body(plain(&word))),
            Target::Delimiter { tabs } => self.awaited.push(Delimiter {
                text: plain(&word),
                tabs,
                quoted,
            }),
        }
    }

    /// The here-documents that begin here; one without an end is none.
    fn bodies(&mut self) {
        for delimiter in std::mem::take(&mut self.awaited) {
            if self.endless >= ENDLESS_MOST {
                return;
            }
            let Some((body, after)) = self.body(&delimiter) else {
                self.endless += 1;
                continue;
            };
            self.at = after;
            if !delimiter.quoted {
                self.inner(&body);
            }
            self.events.push(Event::Body(body));
        }
    }

    /// What stands up to the line that ends it, and where the next one begins.
    fn body(&self, delimiter: &Delimiter) -> Option<(String, usize)> {
        let rest = self.chars.get(self.at..)?;
        let (mut body, mut after) = (String::new(), self.at);
        for line in rest.split(|c| *c == '\n') {
            after += line.len() + 1;
            let line: String = line.iter().collect();
            let bare = if delimiter.tabs {
                line.trim_start_matches('\t')
            } else {
                &line
            };
            if bare == delimiter.text {
                return Some((body, after.min(self.chars.len())));
            }
            body.push_str(&line);
            body.push('\n');
        }
        None
    }

    /// Only what runs in a text counts.
    fn inner(&mut self, text: &str) {
        if self.depth >= DEEPEST {
            self.events.push(Event::Deep);
            return;
        }
        let mut lexer = Self::of(text.chars().collect());
        lexer.depth = self.depth + 1;
        while let Some(c) = lexer.peek() {
            lexer.in_quotes(c);
        }
        let nested = |event: &Event| matches!(event, Event::Nested(_) | Event::Deep);
        self.events.extend(lexer.events.into_iter().filter(nested));
    }

    fn piece(&mut self, c: char) {
        match c {
            '\\' => {
                self.at += 1;
                if let Some(c) = self.peek() {
                    self.at += 1;
                    if c != '\n' {
                        self.quoted = true;
                        self.push(Piece::Char(c));
                    }
                }
            }
            '\'' => {
                self.quoted = true;
                self.at += 1;
                self.word.get_or_insert_default();
                while let Some(c) = self.peek() {
                    self.at += 1;
                    if c == '\'' {
                        break;
                    }
                    self.push(Piece::Char(c));
                }
            }
            '"' => {
                self.quoted = true;
                self.at += 1;
                self.word.get_or_insert_default();
                while let Some(c) = self.peek() {
                    if c == '"' {
                        self.at += 1;
                        break;
                    }
                    self.in_quotes(c);
                }
            }
            '$' if self.next_is(1, '\'') => {
                self.at += 2;
                self.escaped();
            }
            '$' if self.next_is(1, '"') => self.at += 1,
            '$' => self.dollar(),
            '`' => self.backticks(),
            _ => {
                self.at += 1;
                self.push(match c {
                    '*' | '?' | '[' => Piece::Wild(c),
                    '{' | ',' | '}' => Piece::Brace(c),
                    _ => Piece::Char(c),
                });
            }
        }
    }

    fn in_quotes(&mut self, c: char) {
        match c {
            '\\' => {
                self.at += 1;
                match self.peek() {
                    Some('\n') => self.at += 1,
                    Some(c @ ('$' | '`' | '"' | '\\')) => {
                        self.at += 1;
                        self.push(Piece::Char(c));
                    }
                    _ => self.push(Piece::Char('\\')),
                }
            }
            '$' => self.dollar(),
            '`' => self.backticks(),
            _ => {
                self.at += 1;
                self.push(Piece::Char(c));
            }
        }
    }

    /// `$'…'`
    fn escaped(&mut self) {
        self.quoted = true;
        self.word.get_or_insert_default();
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '\'' => return,
                '\\' => {
                    let Some(c) = self.peek() else { return };
                    self.at += 1;
                    let c = match c {
                        'n' => '\n',
                        't' => '\t',
                        'x' => self.number(16, 2),
                        'u' => self.number(16, 4),
                        'U' => self.number(16, 8),
                        '0'..='7' => {
                            self.at -= 1;
                            self.number(8, 3)
                        }
                        c => c,
                    };
                    self.push(Piece::Char(c));
                }
                c => self.push(Piece::Char(c)),
            }
        }
    }

    fn number(&mut self, radix: u32, most: usize) -> char {
        let mut number = 0_u32;
        for _ in 0..most {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(radix)) else {
                break;
            };
            self.at += 1;
            number = number.saturating_mul(radix).saturating_add(digit);
        }
        char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    fn dollar(&mut self) {
        self.at += 1;
        match self.peek() {
            Some('(') => {
                self.at += 1;
                let text = self.within(')');
                self.events.push(Event::Nested(text));
                self.push(Piece::Unknown);
            }
            Some('{') => {
                self.at += 1;
                let text = self.within('}');
                self.braced(&text);
            }
            Some(c) if is_name(c) && !c.is_ascii_digit() => {
                let mut name = String::new();
                while let Some(c) = self.peek().filter(|c| is_name(*c)) {
                    self.at += 1;
                    name.push(c);
                }
                self.push(Piece::Variable(name));
            }
            Some(c) if c.is_ascii_digit() || "@*#?$!-".contains(c) => {
                self.at += 1;
                self.push(Piece::Unknown);
            }
            _ => self.push(Piece::Char('$')),
        }
    }

    /// What stands in `${…}`: a variable, or what is made of one.
    fn braced(&mut self, text: &str) {
        let end = text.find(|c: char| !is_name(c)).unwrap_or(text.len());
        let (name, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        if rest.is_empty() && !name.is_empty() {
            self.push(Piece::Variable(name.to_owned()));
            return;
        }
        let other = rest.strip_prefix(':').unwrap_or(rest);
        match other.strip_prefix(['-', '=', '+']) {
            // A word that may stand in its place.
            Some(other) => self.events.push(Event::Nested(format!(": {other}"))),
            None => self.inner(rest),
        }
        self.push(Piece::Unknown);
    }

    fn backticks(&mut self) {
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '`' => break,
                '\\' if matches!(self.peek(), Some('`' | '\\' | '$')) => {
                    text.extend(self.peek());
                    self.at += 1;
                }
                c => text.push(c),
            }
        }
        self.events.push(Event::Nested(text));
        self.push(Piece::Unknown);
    }

    /// The text up to the bracket that ends it, which is passed.
    fn within(&mut self, end: char) -> String {
        let begin = self.at;
        let after = ended(&self.chars, begin, end, 0);
        self.at = after;
        let closed = after > begin && self.chars.get(after - 1) == Some(&end);
        let last = if closed { after - 1 } else { after };
        self.chars
            .get(begin..last)
            .unwrap_or_default()
            .iter()
            .collect()
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Where what begins here is over, behind the bracket that ends it.
fn ended(chars: &[char], begin: usize, end: char, depth: u8) -> usize {
    let open = if end == ')' { '(' } else { '{' };
    let mut at = begin;
    let mut level = 1;
    let mut in_quotes = false;
    while let Some(c) = chars.get(at) {
        at += 1;
        match c {
            '\\' => at += 1,
            '"' => in_quotes = !in_quotes,
            '\'' if !in_quotes => {
                while chars.get(at).is_some_and(|c| *c != '\'') {
                    at += 1;
                }
                at += 1;
            }
            '$' if in_quotes && depth < DEEPEST && matches!(chars.get(at), Some('(' | '{')) => {
                let end = if chars.get(at) == Some(&'(') {
                    ')'
                } else {
                    '}'
                };
                at = ended(chars, at + 1, end, depth + 1);
            }
            c if *c == open && !in_quotes => level += 1,
            c if *c == end && !in_quotes => {
                level -= 1;
                if level == 0 {
                    return at;
                }
            }
            _ => {}
        }
    }
    at.min(chars.len())
}
