//! Permission rules as people write them: `Tool` or `Tool(specifier)`, tool names without regard to case. Commands are
//! matched with `*` for anything; paths with the patterns of gitignore.

use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use crate::agent::command_line::Part;
use crate::protocol::rule::Rule;

/// A rule made ready to match.
#[derive(Debug)]
pub struct Matcher<'a> {
    pub rule: &'a Rule,
    tool: String,
    specifier: Option<&'a str>,
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
        Some(Self {
            rule,
            tool,
            specifier,
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
        let Some(pattern) = self.specifier else {
            return true;
        };
        let pattern = pattern.trim();
        let prefix = pattern
            .strip_suffix(":*")
            .or_else(|| pattern.strip_suffix(" *"));
        match prefix {
            // A prefix ends at the end of a word.
            Some(prefix) => wildcard(prefix, text) || wildcard(&format!("{prefix} *"), text),
            None => wildcard(pattern, text),
        }
    }

    /// Whether the pattern fits a part in any guise: also behind wrappers such as `env` or `sudo`, and with its quotes off.
    /// For rules that forbid, which must not be slipped past.
    pub fn fits_disguised(&self, part: &Part) -> bool {
        if self.fits_command(&part.text) {
            return true;
        }
        let mut words = part.words.as_slice();
        loop {
            if self.fits_command(&words.join(" ")) {
                return true;
            }
            if let Some(name) = words
                .first()
                .and_then(|word| word.rsplit_once('/'))
                .map(|(_, name)| name)
            {
                let bare = std::iter::once(name)
                    .chain(words[1..].iter().map(String::as_str))
                    .collect::<Vec<_>>()
                    .join(" ");
                if self.fits_command(&bare) {
                    return true;
                }
            }
            let Some((first, rest)) = words.split_first() else {
                return false;
            };
            let name = first.rsplit('/').next().unwrap_or(first);
            if !WRAPPERS.contains(&name) {
                return false;
            }
            // What a wrapper itself takes (options, variables, a duration) stands before the command.
            let own = |word: &&String| {
                word.starts_with('-')
                    || word.contains('=')
                    || word.starts_with(|c: char| c.is_ascii_digit())
            };
            let skipped = rest.iter().take_while(own).count();
            words = &rest[skipped..];
        }
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

/// Commands that run the command behind them.
const WRAPPERS: &[&str] = &[
    "env", "sudo", "doas", "nohup", "nice", "ionice", "command", "exec", "builtin", "xargs",
    "timeout", "setsid", "stdbuf", "time", "busybox",
];

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
            ("echo rm x", false),
            ("farm x", false),
        ] {
            assert_eq!(
                matcher.fits_disguised(&split(line).unwrap()[0]),
                expected,
                "{line}"
            );
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
