//! Permission rules as people write them: `Tool` or `Tool(specifier)`, tool names without regard to case. Commands are
//! matched with `*` for anything; paths with the patterns of gitignore.

use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use crate::agent::carrier::{self, Telling};
use crate::agent::command_line::{self, Part};
use crate::protocol::rule::Rule;

/// A rule made ready to match.
#[derive(Debug)]
pub struct Matcher<'a> {
    pub rule: &'a Rule,
    tool: String,
    specifier: Option<&'a str>,
    /// What comes before a closing ` *` or `:*`, alone and with a blank and the star: a prefix ends at the end of a word.
    prefix: Option<(&'a str, String)>,
}

/// Whether a rule that forbids is about a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Meets {
    No,
    /// What the command runs is known only when it runs, and could be what the rule is about.
    Maybe,
    Yes,
}

/// Where path patterns start from.
#[derive(Debug, Clone, Copy)]
pub struct Bases<'a> {
    pub cwd: &'a Path,
    pub home: Option<&'a Path>,
}

/// The tool and specifier of a rule's text, or what is wrong with it.
pub fn parse(text: &str) -> Result<(String, Option<&str>), String> {
    let text = text.trim();
    let (tool, specifier) = match text.split_once('(') {
        None => (text, None),
        Some((tool, rest)) => {
            let specifier = rest
                .strip_suffix(')')
                .ok_or_else(|| format!("rule `{text}` has no closing parenthesis"))?;
            (tool, Some(specifier))
        }
    };
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'*');
    if tool.is_empty() || !tool.bytes().all(legal) {
        return Err(format!(
            "rule `{text}` names no tool: expected `Tool` or `Tool(pattern)`, such as `Bash(git diff *)`"
        ));
    }
    if specifier.is_some_and(|specifier| specifier.trim().is_empty()) {
        return Err(format!(
            "rule `{text}` has an empty pattern: leave the parentheses out to mean all"
        ));
    }
    let tool = tool.to_ascii_lowercase();
    let specifier = specifier.filter(|specifier| *specifier != "*");
    if let Some(specifier) = specifier.filter(|_| PATH_TOOLS.contains(&tool.as_str())) {
        fault(specifier.trim()).map_or(Ok(()), |fault| {
            Err(format!(
                "rule `{text}` has a pattern that fits nothing: {fault}"
            ))
        })?;
    }
    Ok((tool, specifier))
}

/// Tools whose patterns are of paths.
const PATH_TOOLS: &[&str] = &["read", "edit", "write", "grep", "glob"];

/// What is wrong with a pattern of paths.
fn fault(pattern: &str) -> Option<String> {
    let somewhere = Bases {
        cwd: Path::new("/"),
        home: Some(Path::new("/")),
    };
    let Some((_, pattern, anchored)) = base(pattern, somewhere) else {
        return Some(
            "it must name something below a folder, with `..` at its start alone".to_owned(),
        );
    };
    glob(&pattern, anchored)
        .err()
        .map(|error| error.kind().to_string())
}

impl<'a> Matcher<'a> {
    /// A rule that cannot be read matches nothing; the config and the command line refuse such a rule before it gets here.
    pub fn new(rule: &'a Rule) -> Option<Self> {
        let (tool, specifier) = parse(&rule.text).ok()?;
        let prefix = specifier
            .map(str::trim)
            .and_then(|pattern| {
                pattern
                    .strip_suffix(":*")
                    .or_else(|| pattern.strip_suffix(" *"))
            })
            .map(|prefix| (prefix, format!("{prefix} *")));
        Some(Self {
            rule,
            tool,
            specifier,
            prefix,
        })
    }

    /// Whether the rule is about this tool at all. `Edit` rules are about everything that writes files, `Read` rules about
    /// everything that reads them.
    pub fn is_about(&self, tool: &str) -> bool {
        let tool = tool.to_ascii_lowercase();
        match self.tool.as_str() {
            "edit" | "write" => tool == "edit" || tool == "write",
            "read" => matches!(tool.as_str(), "read" | "grep" | "glob"),
            own => wildcard(own, &tool),
        }
    }

    /// Matches all calls of its tool.
    pub fn is_bare(&self) -> bool {
        self.specifier.is_none()
    }

    /// Whether the pattern fits a command's text.
    pub fn fits_command(&self, text: &str) -> bool {
        match (&self.prefix, self.specifier) {
            (Some((prefix, more)), _) => wildcard(prefix, text) || wildcard(more, text),
            (None, Some(pattern)) => wildcard(pattern.trim(), text),
            (None, None) => true,
        }
    }

    /// Whether a rule that allows covers the command: it matches what was typed, variables and all, and it says itself what
    /// carries the command beyond what is typed, other commands and other files. It says nothing of redirections.
    pub fn covers(&self, part: &Part) -> bool {
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

    /// Whether the pattern fits an absolute path, or a folder above it.
    pub fn fits_path(&self, path: &Path, bases: Bases<'_>) -> bool {
        self.is_bare() || self.paths(bases).is_some_and(|paths| paths.fits(path))
    }

    /// The paths the pattern means, to be held against many; none for a rule without a pattern.
    pub fn paths(&self, bases: Bases<'_>) -> Option<Paths> {
        let (base, pattern, anchored) = base(self.specifier?.trim(), bases)?;
        let glob = glob(&pattern, anchored).ok()?;
        Some(Paths { base, glob })
    }
}

/// The paths that one pattern means.
#[derive(Debug)]
pub struct Paths {
    base: PathBuf,
    glob: GlobMatcher,
}

impl Paths {
    /// Whether an absolute path is one of them, or lies in one.
    pub fn fits(&self, path: &Path) -> bool {
        path.strip_prefix(&self.base).is_ok_and(|relative| {
            relative
                .ancestors()
                .filter(|ancestor| ancestor.components().next().is_some())
                .any(|ancestor| self.glob.is_match(ancestor))
        })
    }
}

/// Words of a wrapper behind which a command may begin, as far as is looked.
const LOOKED_AT: usize = 64;

/// Shells within shells.
const DEEPEST: u8 = 3;

/// Bytes of a text that is not understood which a pattern is tried on at once: keeps a long line from taking long.
const CRUDE: usize = 256;

/// The folder a path pattern starts from, the rest of it, and whether it is held to that folder.
fn base(pattern: &str, bases: Bases<'_>) -> Option<(PathBuf, String, bool)> {
    let (base, rest, anchored) = if let Some(rest) = pattern.strip_prefix("//") {
        (PathBuf::from("/"), rest, true)
    } else if let Some(rest) = pattern.strip_prefix("~/") {
        (bases.home?.to_owned(), rest, true)
    } else if let Some(rest) = pattern
        .strip_prefix('/')
        .or_else(|| pattern.strip_prefix("./"))
    {
        (bases.cwd.to_owned(), rest, true)
    } else {
        let inner = pattern.trim_end_matches('/').contains('/');
        (bases.cwd.to_owned(), pattern, inner)
    };
    let mut base = base;
    let mut rest = rest.trim_end_matches('/');
    while let Some(above) = rest.strip_prefix("../") {
        base.pop();
        rest = above;
    }
    let plain = Path::new(rest)
        .components()
        .all(|component| matches!(component, Component::Normal(_) | Component::CurDir));
    (plain && !rest.is_empty()).then(|| (base, rest.to_owned(), anchored))
}

fn glob(pattern: &str, anchored: bool) -> Result<GlobMatcher, globset::Error> {
    let pattern = if anchored {
        pattern.to_owned()
    } else {
        format!("**/{pattern}")
    };
    GlobBuilder::new(&pattern)
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .map(|glob| glob.compile_matcher())
}

/// `*` matches anything, also nothing and blanks; the rest is literal. Linear in the text for each star.
fn wildcard(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(first) = pieces.next() else {
        return text.is_empty();
    };
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else {
        return rest.is_empty();
    };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::agent::command_line::split;
    use crate::protocol::rule::{Effect, Scope};

    fn rule(text: &str) -> Rule {
        Rule {
            effect: Effect::Allow,
            text: text.into(),
            scope: Scope::Run,
        }
    }

    #[test]
    fn commands_are_matched_as_people_expect() {
        let cases = [
            ("Bash(git diff *)", "git diff", true),
            ("Bash(git diff *)", "git diff --stat", true),
            ("Bash(git diff *)", "git difftool", false),
            ("Bash(git:*)", "git log", true),
            ("Bash(git:*)", "gitk", false),
            ("Bash(npm run *)", "npm run build -- --x", true),
            ("Bash(npm run test)", "npm run test", true),
            ("Bash(npm run test)", "npm run test:all", false),
            ("Bash(* --version)", "node --version", true),
            ("Bash(git * main)", "git push origin main", true),
            ("Bash(*)", "anything at all", true),
            ("Bash", "anything at all", true),
            ("bash(ls)", "ls", true),
        ];
        for (text, command, expected) in cases {
            let rule = rule(text);
            let matcher = Matcher::new(&rule).unwrap();
            assert!(matcher.is_about("bash"));
            assert_eq!(
                matcher.fits_command(command),
                expected,
                "{text} on {command}"
            );
        }
    }

    #[test]
    fn what_is_forbidden_is_found_behind_wrappers() {
        let rule = rule("Bash(rm *)");
        let matcher = Matcher::new(&rule).unwrap();
        for (line, expected) in [
            ("rm x", true),
            ("'rm' x", true),
            ("/bin/rm x", true),
            ("sudo rm x", true),
            ("env A=1 rm x", true),
            ("timeout 5 nice -n 3 rm x", true),
            ("nohup sudo /usr/bin/rm x", true),
            ("xargs rm", true),
            ("timeout -s KILL 5 rm x", true),
            ("sudo -u root -- rm x", true),
            ("A=1 rm x", true),
            ("find . -exec rm {} +", true),
            ("sh -c 'rm x'", true),
            ("bash -lc 'cd y && r\"\"m x'", true),
            ("eval 'r''m' x", true),
            ("python3 -c 'import os; os.system(\"rm x\")'", true),
            ("ssh host rm x", true),
            ("echo rm x", false),
            ("farm x", false),
            ("sh -c 'ls x'", false),
            ("sh script.sh", false),
        ] {
            let expected = if expected { Meets::Yes } else { Meets::No };
            assert_eq!(matcher.meets(&split(line).unwrap()[0]), expected, "{line}");
        }
    }

    #[test]
    fn what_could_be_forbidden_when_it_runs_is_not_taken_for_allowed() {
        let rule = rule("Bash(git push *)");
        let matcher = Matcher::new(&rule).unwrap();
        for (line, expected) in [
            ("git $X --force", Meets::Maybe),
            ("/usr/bin/git $X", Meets::Maybe),
            ("git push $X", Meets::Yes),
            ("git log $X", Meets::No),
            ("echo $X", Meets::No),
            ("base64 -d x | sh", Meets::Maybe),
            ("sh -c \"$X\"", Meets::Maybe),
            ("sh -c 'for x in y; do $x; done'", Meets::Maybe),
            ("env -S 'git pull'", Meets::Maybe),
            ("eval $X", Meets::Maybe),
        ] {
            let parts = split(line).unwrap();
            assert_eq!(matcher.meets(parts.last().unwrap()), expected, "{line}");
        }
    }

    #[test]
    fn paths_are_matched_as_gitignore_does() {
        let bases = Bases {
            cwd: Path::new("/work/app"),
            home: Some(Path::new("/home/me")),
        };
        let cases = [
            ("Read(./src/**)", "/work/app/src/a/b.rs", true),
            ("Read(./src/**)", "/work/app/tests/a.rs", false),
            ("Edit(docs/**)", "/work/app/docs/x.md", true),
            ("Edit(docs/**)", "/work/app/sub/docs/x.md", false),
            ("Read(.env)", "/work/app/.env", true),
            ("Read(.env)", "/work/app/deep/.env", true),
            ("Read(.env)", "/work/other/.env", false),
            ("Read(secrets/)", "/work/app/a/secrets/key", true),
            ("Read(*.pem)", "/work/app/a/key.pem", true),
            ("Read(~/.ssh/**)", "/home/me/.ssh/id", true),
            ("Read(//etc/passwd)", "/etc/passwd", true),
            ("Read(//etc)", "/etc/ssl/x", true),
            ("Read(/src)", "/work/app/src/x", true),
            ("Read(../shared/**)", "/work/shared/x", true),
            ("Read(src/*.rs)", "/work/app/src/a/b.rs", false),
            ("Read", "/anywhere", true),
        ];
        for (text, path, expected) in cases {
            let rule = rule(text);
            assert_eq!(
                Matcher::new(&rule)
                    .unwrap()
                    .fits_path(Path::new(path), bases),
                expected,
                "{text} on {path}"
            );
        }
    }

    #[test]
    fn tools_are_grouped() {
        let cases = [
            ("Edit", "write", true),
            ("Write", "edit", true),
            ("Read", "grep", true),
            ("Read", "edit", false),
            ("mcp__x__*", "mcp__x__y", true),
        ];
        for (text, tool, expected) in cases {
            let rule = rule(text);
            assert_eq!(
                Matcher::new(&rule).unwrap().is_about(tool),
                expected,
                "{text} {tool}"
            );
        }
    }

    #[test]
    fn faulty_rules_are_named() {
        for text in ["", "(x)", "Bash(", "Bash(x", "Ba sh", "Bash()", "Bash( )"] {
            assert!(parse(text).is_err(), "{text}");
        }
        let cases = [
            ("Read([abc)", "unclosed character class; missing ']'"),
            (
                "edit(src/{a,b)",
                "unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)",
            ),
            (
                "Write(src/../x)",
                "it must name something below a folder, with `..` at its start alone",
            ),
            (
                "Glob(/)",
                "it must name something below a folder, with `..` at its start alone",
            ),
        ];
        for (text, fault) in cases {
            assert_eq!(
                parse(text),
                Err(format!(
                    "rule `{text}` has a pattern that fits nothing: {fault}"
                ))
            );
        }
        for text in ["Bash([abc)", "Read(../x/**)", "Read(~/.ssh)", "Edit(//etc)"] {
            assert!(parse(text).is_ok(), "{text}");
        }
    }
}
