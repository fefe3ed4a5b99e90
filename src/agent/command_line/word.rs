//! One word of a shell line: its quotes taken off, its substitutions split as lines of their own, and what of it is known
//! only when it runs.

use crate::agent::alike::{self, Scope};
use crate::agent::command_line::{Scanner, Unprovable, split_into};
use crate::agent::visible;

/// A word as it was read.
#[derive(Debug, Default)]
pub(crate) struct Word {
    /// Without its quotes; expansions stand as typed.
    pub(crate) text: String,
    pub(crate) typed: String,
    pub(crate) expands: bool,
    /// It has a wildcard outside of quotes.
    pub(crate) matches: bool,
}

impl Word {
    /// What it is, or whether it is an option, is known only when it runs.
    pub(crate) fn is_open(&self) -> bool {
        self.expands || (self.matches && self.typed.starts_with(['*', '?', '[']))
    }
}

/// Why a line does not say to an eye what it says to a shell.
pub(crate) fn misleads(line: &str) -> Option<Unprovable> {
    // A blank to some shells and none to others.
    let is_odd =
        |c: char| !matches!(c, ' ' | '\t' | '\n') && (c.is_control() || visible::is_blank(c));
    if visible::hides(line) || line.chars().any(is_odd) {
        return Some("it holds invisible characters");
    }
    let alike = alike::spots(line, Scope::Command);
    (!alike.is_empty()).then_some("it holds signs that look like others")
}

impl Scanner<'_> {
    pub(crate) fn word(&mut self) -> Result<Word, Unprovable> {
        let start = self.at;
        let mut word = Word::default();
        let mut brace = false;
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')' => break,
                '\'' => {
                    self.at += 1;
                    self.until_quote(&mut word.text)?;
                }
                '"' => {
                    self.at += 1;
                    self.double_quoted(&mut word)?;
                }
                '\\' => {
                    self.at += 1;
                    match self.take() {
                        None => return Err("it ends in a backslash"),
                        // The shell joins the halves before it looks at them.
                        Some('\n') => return Err("a word is broken over two lines"),
                        Some(c) => word.text.push(c),
                    }
                }
                '$' | '`' => self.expansion(&mut word)?,
                c => {
                    word.matches |= matches!(c, '*' | '?' | '[');
                    brace |= c == '{';
                    let splits =
                        c == ',' || (c == '.' && self.chars.get(self.at + 1) == Some(&'.'));
                    if brace && splits {
                        return Err("it has braces that become several words");
                    }
                    word.text.push(c);
                    self.at += 1;
                }
            }
        }
        if self.peek() == Some('(') {
            return Err("it has a subshell, a function or an array");
        }
        word.typed = self.chars[start..self.at].iter().collect();
        Ok(word)
    }

    fn until_quote(&mut self, text: &mut String) -> Result<(), Unprovable> {
        loop {
            match self.take() {
                None => return Err("a quote is not closed"),
                Some('\'') => return Ok(()),
                Some(c) => text.push(c),
            }
        }
    }

    fn double_quoted(&mut self, word: &mut Word) -> Result<(), Unprovable> {
        loop {
            match self.peek() {
                None => return Err("a quote is not closed"),
                Some('"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some('\\') => {
                    self.at += 1;
                    match self.take() {
                        None => return Err("a quote is not closed"),
                        Some('\n') => {}
                        Some(c @ ('"' | '\\' | '$' | '`')) => word.text.push(c),
                        Some(c) => word.text.extend(['\\', c]),
                    }
                }
                Some('$' | '`') => self.expansion(word)?,
                Some(c) => {
                    word.text.push(c);
                    self.at += 1;
                }
            }
        }
    }

    fn expansion(&mut self, word: &mut Word) -> Result<(), Unprovable> {
        let start = self.at;
        if self.take() == Some('`') {
            word.expands = true;
            let inner = self.until_backtick()?;
            split_into(&inner, self.depth + 1, self.parts)?;
        } else {
            match self.peek() {
                Some('(') => {
                    word.expands = true;
                    self.at += 1;
                    if self.peek() == Some('(') {
                        return Err("it computes");
                    }
                    let inner = self.until_parenthesis()?;
                    split_into(&inner, self.depth + 1, self.parts)?;
                }
                Some('[') => return Err("it computes"),
                Some('{') => {
                    word.expands = true;
                    self.at += 1;
                    self.braces()?;
                }
                Some('\'' | '"') => return Err("it has a quote of a special kind"),
                Some(c) if c.is_alphanumeric() || "_@*#?-$!".contains(c) => word.expands = true,
                // A dollar that stands for itself.
                _ => {}
            }
        }
        word.text.extend(&self.chars[start..self.at]);
        Ok(())
    }

    /// `${NAME}`, with a plain default or a plain ending cut off. Other forms compute, assign or even run what a variable holds.
    fn braces(&mut self) -> Result<(), Unprovable> {
        let odd = Err("it has an expansion of a special kind");
        let mut inner = String::new();
        loop {
            match self.take() {
                None => return Err("a brace is not closed"),
                Some('}') => break,
                Some(c) if c.is_ascii_alphanumeric() || "_-.:%#/,* +".contains(c) => inner.push(c),
                Some(_) => return odd,
            }
        }
        let inner = inner.strip_prefix('#').unwrap_or(&inner);
        let end = inner
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(inner.len());
        let (name, rest) = inner.split_at(end);
        let plain = rest.is_empty()
            || [":-", "-", ":+", "+", "%", "#"]
                .iter()
                .any(|start| rest.starts_with(start));
        if name.is_empty() || !plain {
            odd
        } else {
            Ok(())
        }
    }

    fn until_backtick(&mut self) -> Result<String, Unprovable> {
        let mut inner = String::new();
        loop {
            match self.take() {
                None => return Err("a backtick is not closed"),
                Some('`') => return Ok(inner),
                Some('\\') => return Err("it has an escape inside backticks"),
                Some(c) => inner.push(c),
            }
        }
    }

    /// The text of `$(…)` up to its own closing parenthesis; quotes inside are stepped over.
    fn until_parenthesis(&mut self) -> Result<String, Unprovable> {
        let start = self.at;
        let mut open = 1;
        let mut skipped = String::new();
        while let Some(c) = self.take() {
            match c {
                '\'' => self.until_quote(&mut skipped)?,
                '"' => {
                    // Substitutions in here are split when the inner text is.
                    while let Some(c) = self.take() {
                        match c {
                            '"' => break,
                            '\\' => self.at += 1,
                            '(' => return Err("it nests quotes and substitutions"),
                            _ => {}
                        }
                    }
                }
                '\\' => self.at += 1,
                '#' => return Err("it has a comment in a substitution"),
                '(' => open += 1,
                ')' => {
                    open -= 1;
                    if open == 0 {
                        return Ok(self.chars[start..self.at - 1].iter().collect());
                    }
                }
                _ => {}
            }
        }
        Err("a substitution is not closed")
    }
}
