//! The places outside that a command line names, as far as that can be told from it. It is read leniently: a shell is not
//! rebuilt, what is said in plain words is found, and what cannot be told but climbs out of where it is counts as outside.

mod known;
mod lexer;
mod marks;
mod place;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::agent::places::known::{
    KEYWORDS, NOTHING_READ, SHELLS, WALKERS, WALKERS_IF_TOLD, assignment, is_interpreter, is_told,
    name_of, written,
};
use crate::agent::places::lexer::lex;
use crate::agent::places::marks::{CLOSE, COMMA, OPEN, UNKNOWN, WILD, script};

/// A piece of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Char(char),
    /// One of `*`, `?` and `[` outside of quotes.
    Wild(char),
    /// One of `{`, `,` and `}` outside of quotes.
    Brace(char),
    Variable(String),
    /// What a command puts out, and what is made of a variable.
    Unknown,
}

type Word = Vec<Piece>;

/// What stands between two commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Between {
    /// `;`, the end of a line, a bracket, or nothing.
    Plain,
    And,
    Or,
    Pipe,
    Background,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Event {
    Word(Word),
    /// What stands in front of a word that is read: `< file`.
    Read(Word),
    /// A text that the command has as its input.
    Body(String),
    /// A line of its own within this one.
    Nested(String),
    /// More is nested than is followed.
    Deep,
    End(Between),
    Open,
    Close,
}

/// A place that a line names; it may be one or none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    /// What lies in it is looked through, so that it counts be it the home, or `/`.
    pub(crate) walks: bool,
    /// It is meant only where the line did not get to another folder: no more than a file, or what is looked through, counts.
    pub(crate) instead: bool,
    /// It is not meant where this is a folder.
    pub(crate) unless: Option<PathBuf>,
}

/// What a line names.
#[derive(Debug, Default)]
pub(crate) struct Named {
    /// Each once, in the order they stand.
    pub(crate) places: Vec<Place>,
    /// What counts as outside, whatever is there.
    pub(crate) outside: Option<PathBuf>,
}

/// The places that a line names. Programs are left out, and what is only written.
pub(crate) fn named(line: &str, cwd: &Path, home: Option<&Path>) -> Named {
    let mut reader = Reader {
        home,
        named: Named::default(),
        seen: HashSet::new(),
        left: WORDS_MOST,
        hands_on: ["xargs", "parallel"].iter().any(|name| line.contains(name)),
    };
    let mut scope = Scope {
        bases: vec![Base {
            path: cwd.to_owned(),
            instead: false,
            unless: None,
        }],
        ..Scope::default()
    };
    reader.line(line, &mut scope, 0);
    reader.named
}

/// Words of one line that are looked up; where there are more, what they name is not known.
const WORDS_MOST: usize = 500;
/// Lines within lines that are followed.
const DEEPEST: u8 = 8;
/// Characters of a path.
const LONGEST: usize = 4096;
/// Pieces of a word that may be places.
const PIECES_MOST: usize = 64;
/// Folders that a line may be in at one place of it.
const BASES_MOST: usize = 8;

/// A folder that the line may be in.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Base {
    path: PathBuf,
    instead: bool,
    unless: Option<PathBuf>,
}

#[derive(Debug, Clone, Default)]
struct Scope {
    bases: Vec<Base>,
    /// Where the line is if the chain of `&&` it is in was broken off.
    broken: Vec<Base>,
    /// It may be anywhere.
    lost: bool,
    /// What comes may not be done at all.
    may_not: bool,
    variables: HashMap<String, String>,
}

#[derive(Debug, Default)]
struct Line {
    words: Vec<String>,
    reads: Vec<String>,
    bodies: Vec<String>,
}

struct Reader<'a> {
    home: Option<&'a Path>,
    named: Named,
    seen: HashSet<Place>,
    left: usize,
    /// Words of one command become another's.
    hands_on: bool,
}

impl Reader<'_> {
    fn outside(&mut self, text: &str) {
        let text: String = text.chars().take(200).collect();
        let text = text.replace(UNKNOWN, "$").replace(WILD, "*");
        self.named.outside.get_or_insert_with(|| text.into());
    }

    /// Whether there is room for one more to be looked up.
    fn counts(&mut self) -> bool {
        if self.left == 0 {
            self.outside("/");
            return false;
        }
        self.left -= 1;
        true
    }

    fn line(&mut self, text: &str, scope: &mut Scope, depth: u8) {
        if depth > DEEPEST {
            self.outside("/");
            return;
        }
        let mut line = Line::default();
        let mut before = Between::Plain;
        let mut outer = Vec::new();
        for event in lex(text) {
            match event {
                Event::Word(word) => {
                    let word = self.text(&word, scope);
                    line.words.push(word);
                }
                Event::Read(word) => {
                    let word = self.text(&word, scope);
                    line.reads.push(word);
                }
                Event::Body(body) => line.bodies.push(body),
                Event::Nested(text) => {
                    if self.counts() {
                        self.line(&text, &mut scope.clone(), depth + 1);
                    }
                }
                Event::Deep => self.outside("/"),
                Event::Open => {
                    if self.counts() {
                        outer.push(scope.clone());
                    }
                }
                Event::Close => {
                    if let Some(outer) = outer.pop() {
                        *scope = outer;
                    }
                }
                Event::End(after) => {
                    let done = std::mem::take(&mut line);
                    self.command(&done, scope, (before, after), depth);
                    if matches!(after, Between::Plain | Between::Background | Between::Or) {
                        let broken = std::mem::take(&mut scope.broken);
                        scope.add(broken);
                    }
                    before = after;
                }
            }
        }
    }

    /// A word with what is known of its variables.
    fn text(&self, word: &[Piece], scope: &Scope) -> String {
        // As names of commands they are no signs.
        match word {
            [Piece::Brace(c)] => return c.to_string(),
            [Piece::Wild('[')] => return "[".to_owned(),
            [Piece::Wild('['), Piece::Wild('[')] => return "[[".to_owned(),
            _ => {}
        }
        let mut text = String::new();
        for piece in word {
            match piece {
                Piece::Char(c) => text.push(*c),
                Piece::Wild(_) => text.push(WILD),
                Piece::Brace(c) => text.push(match c {
                    '{' => OPEN,
                    '}' => CLOSE,
                    _ => COMMA,
                }),
                Piece::Unknown => text.push(UNKNOWN),
                Piece::Variable(name) => match self.variable(name, scope) {
                    Some(value) if text.len() + value.len() <= LONGEST => text.push_str(&value),
                    _ => text.push(UNKNOWN),
                },
            }
        }
        text
    }

    fn variable(&self, name: &str, scope: &Scope) -> Option<String> {
        if let Some(value) = scope.variables.get(name) {
            return Some(value.clone());
        }
        let path = match name {
            "HOME" => self.home?,
            "PWD" if !scope.lost => &scope.bases.first()?.path,
            _ => return None,
        };
        path.to_str().map(str::to_owned)
    }

    fn command(
        &mut self,
        line: &Line,
        scope: &mut Scope,
        (before, after): (Between, Between),
        depth: u8,
    ) {
        for read in &line.reads {
            self.word(read, false, scope);
        }
        let mut words = line.words.as_slice();
        while let Some((first, rest)) = words.split_first() {
            if KEYWORDS.contains(&first.as_str()) {
                scope.may_not = true;
            } else if let Some((name, value)) = assignment(first) {
                self.assign(name, value, scope);
            } else if ["command", "builtin"].contains(&first.as_str()) {
                if rest
                    .first()
                    .is_some_and(|word| word.starts_with("-v") || word.starts_with("-V"))
                {
                    return;
                }
            } else {
                break;
            }
            words = rest;
        }
        let Some((program, operands)) = words.split_first() else {
            return;
        };
        match name_of(program) {
            "cd" | "pushd" | "popd" => {
                return self.goes(operands, name_of(program), scope, (before, after));
            }
            "export" | "declare" | "typeset" | "local" | "readonly" | "alias" => {
                for word in operands {
                    if let Some((name, value)) = assignment(word) {
                        self.assign(name, value, scope);
                    }
                }
                return;
            }
            "eval" => {
                let text = script(&operands.join(" "));
                return self.line(&text, scope, depth + 1);
            }
            "trap" => {
                let text = script(operands.first().map_or("", String::as_str));
                return self.line(&text, &mut scope.clone(), depth + 1);
            }
            "for" | "select" | "case" | "function" => scope.may_not = true,
            name if NOTHING_READ.contains(&name) => return,
            _ => {}
        }
        self.scripts(words, line, scope, depth);
        self.operands(program, operands, words, scope);
    }

    /// Lines that are given to a shell, and texts that are given to another that runs them.
    fn scripts(&mut self, words: &[String], line: &Line, scope: &Scope, depth: u8) {
        let mut texts: Vec<&str> = Vec::new();
        if let Some(at) = words
            .iter()
            .position(|word| SHELLS.contains(&name_of(word)))
        {
            let rest = words.get(at + 1..).unwrap_or_default();
            let is_command = |word: &String| {
                word.starts_with('-') && !word.starts_with("--") && word.contains('c')
            };
            if let Some(at) = rest.iter().position(is_command) {
                let mut rest = rest.get(at + 1..).unwrap_or_default().iter();
                texts.extend(rest.find(|word| !word.starts_with('-')).map(String::as_str));
            }
            texts.extend(line.bodies.iter().map(String::as_str));
        }
        for text in texts {
            self.line(&script(text), &mut scope.clone(), depth + 1);
        }
        if words.iter().any(|word| is_interpreter(word)) {
            for text in words.iter().chain(&line.bodies) {
                for quote in ['\'', '"'] {
                    // Every second piece stands in quotes; which ones is not told apart.
                    for piece in text
                        .split(quote)
                        .filter(|piece| piece.contains('/') && !piece.contains('\n'))
                    {
                        self.word(piece, false, scope);
                    }
                }
            }
        }
    }

    fn operands(&mut self, program: &str, operands: &[String], words: &[String], scope: &Scope) {
        let is_any = |names: &[&str]| words.iter().any(|word| names.contains(&name_of(word)));
        let walks = self.hands_on
            || name_of(program) == "for"
            || is_any(WALKERS)
            || is_any(WALKERS_IF_TOLD) && is_told(operands);
        let pattern = known::pattern(name_of(program), operands);
        for (index, word) in operands.iter().enumerate() {
            if written(name_of(program), operands) == Some(index) {
                continue;
            }
            self.word(word, walks && pattern != Some(index), scope);
        }
    }

    fn assign(&mut self, name: &str, value: &str, scope: &mut Scope) {
        // Where programs are looked for is not what is read.
        let is_list = ["PATH", "_HOME", "FLAGS"]
            .iter()
            .any(|end| name.ends_with(end));
        if !is_list {
            self.word(value, false, scope);
        } else if !self.counts() {
            return;
        }
        scope.variables.insert(name.to_owned(), value.to_owned());
    }

    /// To another folder.
    fn goes(
        &mut self,
        words: &[String],
        how: &str,
        scope: &mut Scope,
        (before, after): (Between, Between),
    ) {
        let mut given = words
            .iter()
            .filter(|word| !word.starts_with('-') || word.as_str() == "-");
        let target = match given.next().map(String::as_str) {
            None if how == "cd" => self.variable("HOME", scope),
            None | Some("-") => None,
            Some(target) => {
                self.word(target, false, scope);
                Some(target.to_owned()).filter(|target| !target.contains([UNKNOWN, WILD, OPEN]))
            }
        };
        // What comes is not looked up any more.
        if self.left == 0 {
            return;
        }
        // In a pipe it is gone to by a shell of its own.
        if before == Between::Pipe || matches!(after, Between::Pipe | Between::Background) {
            return;
        }
        let Some(target) =
            target.map(|target| self.at_home(&target).unwrap_or_else(|| target.into()))
        else {
            scope.lost = true;
            return;
        };
        let told = before == Between::Plain && !scope.may_not;
        let left: Vec<Base> = scope
            .bases
            .iter()
            .map(|base| Base {
                path: base.path.clone(),
                instead: true,
                unless: base
                    .unless
                    .clone()
                    .or_else(|| told.then(|| base.path.join(&target))),
            })
            .collect();
        for base in &mut scope.bases {
            base.path = base.path.join(&target);
        }
        if target.is_absolute() {
            scope.lost = false;
        }
        if after == Between::And {
            scope.broken.extend(left);
        } else {
            scope.add(left);
        }
    }
}

impl Scope {
    fn add(&mut self, bases: Vec<Base>) {
        for base in bases {
            if self.bases.len() >= BASES_MOST {
                self.lost = true;
            } else if !self.bases.contains(&base) {
                self.bases.push(base);
            }
        }
    }
}
