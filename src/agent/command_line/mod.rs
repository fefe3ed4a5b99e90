//! A shell line split into the commands it would run, for permission. It is deliberately narrower than a shell: what it does
//! not fully understand it does not guess at, and the line then asks.

#[cfg(test)]
mod tests;
mod word;

use crate::agent::command_line::word::{Word, misleads};

/// One simple command of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// As typed, with single blanks between words: what rules are matched against, and what is shown.
    pub text: String,
    /// `NAME=value` in front of it, as typed. Alone they set variables for all that follows.
    pub sets: Vec<String>,
    /// The words of the command with their quotes taken off; a word with an expansion keeps it as typed.
    pub words: Vec<String>,
    /// Which words are known only when it runs: those with an expansion, and those that begin with a wildcard, since a file can
    /// be named like an option.
    pub open: Vec<usize>,
    /// Words with a wildcard anywhere.
    pub wild: Vec<usize>,
    /// Files it would write by redirection, as typed without quotes.
    pub writes: Vec<String>,
}

impl Part {
    /// The command as typed, without the variables that are set for it.
    pub fn command(&self) -> &str {
        let before: usize = self.sets.iter().map(|set| set.len() + 1).sum();
        self.text.get(before..).unwrap_or_default()
    }
}

/// Variables that change how a command looks or what it tells, and nothing of what it does to the machine. Short on purpose: one that
/// is not here must be said by a rule.
#[rustfmt::skip]
const HARMLESS: &[&str] = &[
    "CI", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES", "TZ", "LANG", "LC_ALL", "LC_CTYPE",
    "LC_COLLATE", "LC_MESSAGES", "LC_NUMERIC", "LC_TIME", "RUST_LOG", "RUST_BACKTRACE", "CARGO_TERM_COLOR",
    "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE",
];

impl Part {
    /// The command alone, where all that is set for it changes nothing of what it does.
    pub fn without_harmless_sets(&self) -> Option<Self> {
        let harmless = |set: &String| {
            set.split_once('=').is_some_and(|(name, value)| {
                HARMLESS.contains(&name) && !value.contains(['$', '`', '~'])
            })
        };
        let applies = !self.sets.is_empty() && !self.words.is_empty();
        (applies && self.sets.iter().all(harmless)).then(|| Self {
            text: self.command().to_owned(),
            sets: Vec::new(),
            ..self.clone()
        })
    }
}

/// Why a line could not be split with certainty.
pub type Unprovable = &'static str;

/// A line longer than this is not looked into; it asks.
const LONGEST: usize = 64 * 1024;

/// Nested substitutions deeper than this are not looked into.
const DEEPEST: u8 = 8;

/// All commands a line would run, those inside `$()` and backticks included, in the order they stand.
pub fn split(line: &str) -> Result<Vec<Part>, Unprovable> {
    let mut parts = Vec::new();
    split_into(line, 0, &mut parts)?;
    Ok(parts)
}

fn split_into(line: &str, depth: u8, parts: &mut Vec<Part>) -> Result<(), Unprovable> {
    if line.len() > LONGEST {
        return Err("it is longer than what is looked into");
    }
    if depth > DEEPEST {
        return Err("its substitutions are nested too deeply");
    }
    if let Some(why) = misleads(line) {
        return Err(why);
    }
    let mut scanner = Scanner {
        chars: line.chars().collect(),
        at: 0,
        depth,
        parts,
        now: Building::default(),
    };
    scanner.line()
}

struct Scanner<'a> {
    chars: Vec<char>,
    at: usize,
    depth: u8,
    parts: &'a mut Vec<Part>,
    now: Building,
}

/// The simple command being read.
#[derive(Default)]
struct Building {
    sets: Vec<String>,
    typed: Vec<String>,
    words: Vec<String>,
    open: Vec<usize>,
    wild: Vec<usize>,
    writes: Vec<String>,
}

/// Words that begin a construct, where a command would stand.
const KEYWORDS: &[&str] = &[
    "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac",
    "select", "function", "{", "}", "!", "[[", "time", "coproc",
];

impl Scanner<'_> {
    fn line(&mut self) -> Result<(), Unprovable> {
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' => self.at += 1,
                '\n' | ';' => {
                    self.at += 1;
                    if c == ';' && self.peek() == Some(';') {
                        return Err("it is more than simple commands");
                    }
                    self.finish()?;
                }
                '&' => self.ampersand()?,
                '|' => {
                    self.at += 1;
                    if matches!(self.peek(), Some('|' | '&')) {
                        self.at += 1;
                    }
                    self.finish()?;
                }
                '(' | ')' => return Err("it has a subshell"),
                '<' | '>' => self.redirection()?,
                '\\' if self.chars.get(self.at + 1) == Some(&'\n') => self.at += 2,
                '#' => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                _ => self.command_word()?,
            }
        }
        self.finish()
    }

    fn ampersand(&mut self) -> Result<(), Unprovable> {
        self.at += 1;
        match self.peek() {
            Some('&') => {
                self.at += 1;
                self.finish()
            }
            Some('>') => self.redirection(),
            _ => self.finish(),
        }
    }

    fn command_word(&mut self) -> Result<(), Unprovable> {
        let mut word = self.word()?;
        // The name of a command, when it stands alone.
        word.matches &= word.typed != "[";
        if matches!(self.peek(), Some('<' | '>')) {
            // A number right before a redirection is the file it is about.
            if word.typed.bytes().all(|byte| byte.is_ascii_digit()) {
                return self.redirection();
            }
            if word.typed.starts_with('{') {
                return Err("it opens a file under a name");
            }
        }
        if self.now.words.is_empty() {
            if is_assignment(&word.typed) {
                self.now.sets.push(word.typed);
                return Ok(());
            }
            if KEYWORDS.contains(&word.typed.as_str()) {
                return Err("it is more than simple commands");
            }
            if word.expands || word.matches {
                return Err("which command it runs is only known when it runs");
            }
        }
        if word.is_open() {
            self.now.open.push(self.now.words.len());
        }
        if word.matches {
            self.now.wild.push(self.now.words.len());
        }
        self.now.typed.push(word.typed);
        self.now.words.push(word.text);
        Ok(())
    }

    fn redirection(&mut self) -> Result<(), Unprovable> {
        let into = self.take() == Some('>');
        match self.peek() {
            Some('<') if !into => return Err("it has a here-document"),
            Some('(') => return Err("it has a process substitution"),
            Some('>' | '|') if into => self.at += 1,
            Some('>') => return Err("it opens a file for reading and writing"),
            _ => {}
        }
        let to_stream = self.peek() == Some('&');
        if to_stream {
            self.at += 1;
        }
        while matches!(self.peek(), Some(' ' | '\t')) {
            self.at += 1;
        }
        let start = self.at;
        let Word {
            text: target,
            typed,
            expands,
            matches,
        } = self.word()?;
        if self.at == start {
            return Err("a redirection names no file");
        }
        if expands || matches || typed.contains('~') {
            return Err("where it writes or reads is only known when it runs");
        }
        if target.starts_with("/dev/tcp/") || target.starts_with("/dev/udp/") {
            return Err("it opens a connection");
        }
        let number = !target.is_empty()
            && target
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'-');
        if into && !(to_stream && number) && target != "/dev/null" {
            self.now.writes.push(target);
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Unprovable> {
        let now = std::mem::take(&mut self.now);
        if now.words.is_empty() && now.sets.is_empty() {
            if now.writes.is_empty() {
                return Ok(());
            }
            return Err("it only redirects");
        }
        let typed: Vec<&str> = now
            .sets
            .iter()
            .chain(&now.typed)
            .map(String::as_str)
            .collect();
        self.parts.push(Part {
            text: typed.join(" "),
            sets: now.sets,
            words: now.words,
            open: now.open,
            wild: now.wild,
            writes: now.writes,
        });
        Ok(())
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }
}

/// `NAME=` or `NAME+=`, in front of a command or alone.
fn is_assignment(typed: &str) -> bool {
    typed.split_once('=').is_some_and(|(name, _)| {
        let mut bytes = name.strip_suffix('+').unwrap_or(name).bytes();
        bytes
            .next()
            .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}
