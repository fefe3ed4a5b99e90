//! A shell line split into the commands it would run, for permission. It is deliberately narrower than a shell: what it does
//! not fully understand it does not guess at, and the line then asks.

/// One simple command of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// As typed, with single blanks between words and without leading `NAME=value`: what rules are matched against.
    pub text: String,
    /// The words with their quotes taken off; a word with an expansion keeps it as typed.
    pub words: Vec<String>,
    /// Files it would write by redirection, as typed without quotes.
    pub writes: Vec<String>,
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
    if crate::agent::visible::escaped(line).len() != line.len()
        && line.chars().any(|c| c != '\t' && c != '\n' && is_unseen(c))
    {
        return Err("it holds invisible characters");
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

fn is_unseen(c: char) -> bool {
    crate::agent::visible::escaped(c.encode_utf8(&mut [0; 4])).len() > c.len_utf8()
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
    typed: Vec<String>,
    words: Vec<String>,
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
        let start = self.at;
        let word = self.word()?;
        let typed: String = self.chars[start..self.at].iter().collect();
        // A number right before a redirection is the file it is about.
        if matches!(self.peek(), Some('<' | '>')) && typed.bytes().all(|byte| byte.is_ascii_digit())
        {
            return self.redirection();
        }
        if self.now.words.is_empty() {
            if is_assignment(&typed) {
                return Ok(());
            }
            if KEYWORDS.contains(&typed.as_str()) {
                return Err("it is more than simple commands");
            }
            if typed.contains('$') || typed.contains('`') {
                return Err("which command it runs is only known when it runs");
            }
        }
        self.now.typed.push(typed);
        self.now.words.push(word);
        Ok(())
    }

    /// Reads one word; substitutions in it are split as lines of their own.
    fn word(&mut self) -> Result<String, Unprovable> {
        let mut word = String::new();
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')' => break,
                '\'' => {
                    self.at += 1;
                    self.until_quote(&mut word)?;
                }
                '"' => {
                    self.at += 1;
                    self.double_quoted(&mut word)?;
                }
                '\\' => {
                    self.at += 1;
                    match self.take() {
                        None => return Err("it ends in a backslash"),
                        Some('\n') => {}
                        Some(c) => word.push(c),
                    }
                }
                '$' | '`' => self.expansion(&mut word)?,
                c => {
                    word.push(c);
                    self.at += 1;
                }
            }
        }
        if self.peek() == Some('(') {
            return Err("it has a subshell, a function or an array");
        }
        Ok(word)
    }

    fn until_quote(&mut self, word: &mut String) -> Result<(), Unprovable> {
        loop {
            match self.take() {
                None => return Err("a quote is not closed"),
                Some('\'') => return Ok(()),
                Some(c) => word.push(c),
            }
        }
    }

    fn double_quoted(&mut self, word: &mut String) -> Result<(), Unprovable> {
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
                        Some(c @ ('"' | '\\' | '$' | '`')) => word.push(c),
                        Some(c) => word.extend(['\\', c]),
                    }
                }
                Some('$' | '`') => self.expansion(word)?,
                Some(c) => {
                    word.push(c);
                    self.at += 1;
                }
            }
        }
    }

    fn expansion(&mut self, word: &mut String) -> Result<(), Unprovable> {
        let start = self.at;
        if self.take() == Some('`') {
            let inner = self.until_backtick()?;
            split_into(&inner, self.depth + 1, self.parts)?;
        } else {
            match self.peek() {
                Some('(') => {
                    self.at += 1;
                    if self.peek() == Some('(') {
                        return Err("it computes");
                    }
                    let inner = self.until_parenthesis()?;
                    split_into(&inner, self.depth + 1, self.parts)?;
                }
                Some('{') => {
                    self.at += 1;
                    loop {
                        match self.take() {
                            None => return Err("a brace is not closed"),
                            Some('}') => break,
                            Some('$' | '`' | '(' | '\'' | '"' | '\\') => {
                                return Err("it has an expansion in an expansion");
                            }
                            Some(_) => {}
                        }
                    }
                }
                Some('\'' | '"') => return Err("it has a quote of a special kind"),
                _ => {}
            }
        }
        word.extend(&self.chars[start..self.at]);
        Ok(())
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
        let target = self.word()?;
        if self.at == start {
            return Err("a redirection names no file");
        }
        if self.chars[start..self.at]
            .iter()
            .any(|c| matches!(c, '$' | '`' | '*' | '?' | '[' | '~'))
        {
            return Err("where it writes or reads is only known when it runs");
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
        if now.words.is_empty() {
            if now.writes.is_empty() {
                return Ok(());
            }
            return Err("it only redirects");
        }
        self.parts.push(Part {
            text: now.typed.join(" "),
            words: now.words,
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

fn is_assignment(typed: &str) -> bool {
    typed.split_once('=').is_some_and(|(name, _)| {
        let mut bytes = name.bytes();
        bytes
            .next()
            .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;

    use super::*;

    fn texts(line: &str) -> Result<Vec<String>, Unprovable> {
        Ok(split(line)?.into_iter().map(|part| part.text).collect())
    }

    #[test]
    fn every_command_of_a_line_is_found() {
        let cases: &[(&str, &[&str])] = &[
            ("git status", &["git status"]),
            ("  git   diff\t--stat ", &["git diff --stat"]),
            (
                "a && b || c; d | e |& f & g",
                &["a", "b", "c", "d", "e", "f", "g"],
            ),
            ("a\nb\n\n", &["a", "b"]),
            ("FOO=1 BAR=x make all", &["make all"]),
            (
                "echo 'a; b' \"c && d\" e\\;f",
                &["echo 'a; b' \"c && d\" e\\;f"],
            ),
            (
                "echo $(rm -rf x) done",
                &["rm -rf x", "echo $(rm -rf x) done"],
            ),
            (
                "echo \"$(date; whoami)\"",
                &["date", "whoami", "echo \"$(date; whoami)\""],
            ),
            ("echo `id`", &["id", "echo `id`"]),
            ("echo $(a $(b))", &["b", "a $(b)", "echo $(a $(b))"]),
            ("X=$(steal) true", &["steal", "true"]),
            ("cargo test 2>&1 | tail -5", &["cargo test", "tail -5"]),
            ("ls # and && rm -rf /", &["ls"]),
            ("echo a#b", &["echo a#b"]),
            ("grep x *.rs", &["grep x *.rs"]),
            ("echo $HOME ${USER}", &["echo $HOME ${USER}"]),
            ("", &[]),
            ("\"git\" 'status'", &["\"git\" 'status'"]),
        ];
        for (line, expected) in cases {
            assert_eq!(
                texts(line),
                Ok(expected.iter().map(|text| (*text).to_owned()).collect()),
                "{line}"
            );
        }
    }

    #[test]
    fn words_lose_their_quotes() {
        assert_eq!(
            split("r'm' \"-r\"f a\\ b").unwrap()[0].words,
            ["rm", "-rf", "a b"]
        );
    }

    #[test]
    fn writes_by_redirection_are_named() {
        let cases: &[(&str, &[&str])] = &[
            ("make > out.txt", &["out.txt"]),
            ("make >>out.txt 2>err", &["out.txt", "err"]),
            ("make &> all", &["all"]),
            ("make >& all", &["all"]),
            ("make >| forced", &["forced"]),
            ("make 2>&1 >/dev/null", &[]),
            ("wc < in.txt", &[]),
            ("make > \"a b\"", &["a b"]),
        ];
        for (line, expected) in cases {
            assert_eq!(split(line).unwrap()[0].writes, *expected, "{line}");
        }
    }

    #[test]
    fn what_is_not_understood_is_not_guessed_at() {
        let lines = [
            "if true; then rm x; fi",
            "for f in *; do rm $f; done",
            "(rm x)",
            "f() { rm x; }",
            "$cmd x",
            "`which rm` x",
            "cat <<EOF\nx\nEOF",
            "cat <<< x",
            "diff <(a) <(b)",
            "echo $'\\x72m'",
            "echo $((1+1))",
            "echo 'open",
            "echo \"open",
            "echo $(open",
            "echo `open",
            "a \\",
            "x > $FILE",
            "x > ~/.bashrc",
            "> only",
            "case x in y) rm;; esac",
            "{ rm x; }",
            "! rm x",
            "echo a\rrm b",
            "echo a\u{202e}b",
            "rm\u{200b} x",
            "a=(1 2)",
            "x 1<> f",
            "echo ${x:-$(rm y)}",
        ];
        for line in lines {
            assert!(split(line).is_err(), "{line:?} gave {:?}", texts(line));
        }
    }

    #[test]
    fn great_length_and_depth_are_refused() {
        assert!(split(&"a;".repeat(LONGEST)).is_err());
        assert!(split(&format!("{}a{}", "echo $(".repeat(50), ")".repeat(50))).is_err());
        assert_eq!(split(&"a;".repeat(10_000)).unwrap().len(), 10_000);
    }
}
