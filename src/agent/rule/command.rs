//! Rules held against commands: what a rule that allows covers, and what one that forbids is about in any disguise.

use crate::agent::carrier::{self, Telling};
use crate::agent::command_line::{self, Part};
use crate::agent::rule::Matcher;

/// Whether a rule that forbids is about a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Meets {
    No,
    /// What the command runs is known only when it runs, and could be what the rule is about.
    Maybe,
    Yes,
}

/// Words of a wrapper behind which a command may begin, as far as is looked.
const LOOKED_AT: usize = 64;

/// Shells within shells.
const DEEPEST: u8 = 3;

/// Bytes of a text that is not understood which a pattern is tried on at once: keeps a long line from taking long.
const CRUDE: usize = 256;

impl Matcher<'_> {
    /// Whether a rule that allows covers the command: it matches what was typed, variables and all but those that change
    /// nothing of what a command may do, and it says itself what
    /// carries the command beyond what is typed, other commands and other files. It says nothing of redirections.
    pub fn covers(&self, part: &Part) -> bool {
        self.covers_as_typed(part)
            || part
                .without_harmless_sets()
                .is_some_and(|part| self.covers_as_typed(&part))
    }

    fn covers_as_typed(&self, part: &Part) -> bool {
        part.writes.is_empty()
            && self.fits_command(&part.text)
            && match carrier::telling(part) {
                Telling::Words(words) => words.iter().all(|word| self.says(word)),
                Telling::Whole => self.specifier.is_some_and(|pattern| !pattern.contains('*')),
            }
    }

    /// Whether the pattern has the word literally, beside the name of the program.
    fn says(&self, word: &str) -> bool {
        let Some(pattern) = self.specifier else {
            return true;
        };
        if !pattern.contains('*') {
            return true;
        }
        let mut program = true;
        pattern
            .split_whitespace()
            .filter(|said| said.contains('=') || !std::mem::take(&mut program))
            .any(|said| said == word && !said.contains('*'))
    }

    /// Whether the rule is about a part in any guise: also behind wrappers such as `env` or `sudo`, in the line given to a
    /// shell, and with its quotes off. For rules that forbid, which must not be slipped past.
    pub fn meets(&self, part: &Part) -> Meets {
        self.meets_within(part, 0)
    }

    fn meets_within(&self, part: &Part, depth: u8) -> Meets {
        if self.is_bare()
            || self.fits_command(&part.text)
            || self.fits_command(part.command())
            || self.fits_words(&part.words)
            || self.fits_behind_options(&part.words)
        {
            return Meets::Yes;
        }
        let carries = carrier::telling(part) != Telling::Words(Vec::new());
        if carries {
            let starts = 1..part.words.len().min(LOOKED_AT);
            let within = starts
                .into_iter()
                .any(|start| self.fits_words(&part.words[start..]))
                || part
                    .words
                    .iter()
                    .skip(1)
                    .any(|word| self.fits_crudely(word));
            if within {
                return Meets::Yes;
            }
        }
        self.in_shell(part, depth).max(self.when_open(part))
    }

    /// The line that a shell is given.
    fn in_shell(&self, part: &Part, depth: u8) -> Meets {
        let Some(name) = carrier::name(part) else {
            return Meets::No;
        };
        let words = &part.words[1..];
        let splits = words
            .iter()
            .any(|word| word.starts_with("-S") || word.starts_with("--split-string"));
        let line = match name {
            "eval" => words.join(" "),
            "env" if splits => words.join(" "),
            _ if carrier::SHELLS.contains(&name) => {
                let code = |word: &&String| {
                    word.starts_with('-') && !word.starts_with("--") && word.contains('c')
                };
                let rest = words.iter().skip_while(|word| !code(word));
                match rest.skip(1).find(|word| !word.starts_with('-')) {
                    Some(line) => line.clone(),
                    // A script is a file like any other; without one the shell runs what it is sent.
                    None if words.iter().any(|word| !word.starts_with('-')) => return Meets::No,
                    None => return Meets::Maybe,
                }
            }
            _ => return Meets::No,
        };
        if name == "env" || !part.open.is_empty() || depth == DEEPEST {
            return Meets::Maybe;
        }
        match command_line::split(&line) {
            Ok(parts) => parts
                .iter()
                .map(|part| self.meets_within(part, depth + 1))
                .max()
                .unwrap_or(Meets::No),
            Err(_) => Meets::Maybe,
        }
    }

    /// What stands before the first word that is known only when it runs could go on as the rule does.
    fn when_open(&self, part: &Part) -> Meets {
        let Some(pattern) = self.specifier else {
            return Meets::No;
        };
        let said = pattern.trim().split('*').next().unwrap_or_default();
        // A wildcard stands for names of files; a rule that begins with anything is not about those.
        let wild = part.wild.first().filter(|_| !said.is_empty());
        let Some(first) = part.open.first().into_iter().chain(wild).min() else {
            return Meets::No;
        };
        let known = part.words[..*first].join(" ") + " ";
        let bare = known
            .split_once(' ')
            .and_then(|(program, _)| program.rfind('/'))
            .map_or(known.as_str(), |at| &known[at + 1..]);
        let could = |known: &str| known.starts_with(said) || said.starts_with(known);
        if could(&known) || could(bare) {
            Meets::Maybe
        } else {
            Meets::No
        }
    }

    /// The command without the options that stand before its subcommand: `git -C x push` is a push.
    fn fits_behind_options(&self, words: &[String]) -> bool {
        let (Some(program), Some(first)) = (words.first(), words.get(1)) else {
            return false;
        };
        if !first.starts_with(['-', '+']) {
            return false;
        }
        let mut value = false;
        words
            .iter()
            .enumerate()
            .skip(1)
            .take(LOOKED_AT)
            .take_while(|(_, word)| {
                let option = word.starts_with(['-', '+']);
                // What follows an option can be its value.
                std::mem::replace(&mut value, option) || option
            })
            .any(|(at, _)| {
                let line: Vec<String> = std::iter::once(program)
                    .chain(&words[at + 1..])
                    .cloned()
                    .collect();
                self.fits_words(&line)
            })
    }

    /// The words as one command, also without the folder of its program.
    fn fits_words(&self, words: &[String]) -> bool {
        let Some(first) = words.first() else {
            return false;
        };
        let line = words.join(" ");
        self.fits_command(&line)
            || first
                .rsplit_once('/')
                .is_some_and(|(_, name)| self.fits_command(&line[first.len() - name.len()..]))
    }

    /// Whether the pattern fits a text that is not understood, cut wherever a command could begin: good enough to forbid,
    /// never to allow.
    pub fn fits_crudely(&self, text: &str) -> bool {
        let Some(pattern) = self.specifier.map(str::trim) else {
            return true;
        };
        let ends = |c: char| matches!(c, '\n' | ';' | '&' | '|' | ')' | '`' | '\r' | '"' | '\'');
        let said = match &self.prefix {
            Some((prefix, _)) => prefix.split('*').next().unwrap_or_default(),
            None => pattern.split('*').next().unwrap_or_default(),
        };
        let said = said.trim_end();
        if said.is_empty() {
            return text.split(ends).any(|line| self.fits_command(line.trim()));
        }
        text.match_indices(said).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let begins =
                before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.'));
            let rest = &text[at..];
            let rest = &rest[..rest.floor_char_boundary(said.len() + CRUDE)];
            let rest = &rest[..rest.find(ends).unwrap_or(rest.len())];
            begins && self.fits_command(rest.trim())
        })
    }
}
