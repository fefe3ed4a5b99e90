//! Permission rules as people write them: `Tool` or `Tool(specifier)`, tool names without regard to case. Commands are
//! matched with `*` for anything; paths with the patterns of gitignore.

pub mod command;
#[cfg(test)]
mod tests;

use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use crate::agent::folder::is_protected;
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

/// Whether rules of another program speak of a tool that is here too, by this name.
pub fn is_known(tool: &str) -> bool {
    tool == "bash" || PATH_TOOLS.contains(&tool)
}

/// What a rule of another program's form would be here: `Tool(parameter:value)` is read as a pattern like any other, and fits
/// nothing.
pub fn unread(text: &str) -> Option<String> {
    let (tool, specifier) = parse(text).ok()?;
    let (parameter, value) = specifier?.trim().split_once(':')?;
    let what = match tool.as_str() {
        "bash" | NETWORK => "a command",
        of if PATH_TOOLS.contains(&of) => "a path",
        _ => return None,
    };
    let name = text.trim().split('(').next().unwrap_or_default();
    let value = value.trim();
    (PARAMETERS.contains(&parameter) && !value.is_empty() && value != "*").then(|| {
        format!(
            "`{}` fits nothing: the pattern is {what} alone; write `{name}({value})` where that is meant",
            text.trim()
        )
    })
}

/// What a rule reaches beyond the tool it names, or does not, where that may be taken otherwise.
pub fn reach(text: &str) -> Option<String> {
    let (tool, specifier) = parse(text).ok()?;
    let text = text.trim();
    let (_, rest) = text.split_at_checked(tool.len())?;
    match tool.as_str() {
        "write" => Some(format!(
            "`{text}` is about all that writes files, and means the same as `Edit{rest}`"
        )),
        "glob" | "grep" if specifier.is_some() => Some(format!(
            "`{text}` is about {tool} alone; `Read{rest}` is about all that reads"
        )),
        _ => None,
    }
}

/// What a rule lets run that has no pattern, or one that fits all.
pub fn whole(text: &str) -> Option<&'static str> {
    let (tool, specifier) = parse(text).ok()?;
    let is_command = matches!(tool.as_str(), "bash" | NETWORK);
    let all = specifier.is_none_or(|pattern| {
        // Of paths `**` means those of the folder.
        is_command && pattern.chars().all(|c| matches!(c, '*' | ':' | ' '))
    });
    let what = match tool.as_str() {
        "bash" => "every command, also one that deletes or sends",
        NETWORK => "every command with the network",
        "write" | "edit" => "every change of a file, also outside the folder",
        "read" => "every file to be read, also outside the folder",
        own if own.contains('*') => "every call of the tools it fits",
        _ => return None,
    };
    all.then_some(what)
}

/// Parameters of tools, here and in other programs.
const PARAMETERS: &[&str] = &[
    "command",
    "path",
    "file_path",
    "pattern",
    "description",
    "timeout",
    "content",
    "old_string",
    "new_string",
    "run_in_background",
];

/// No tool: commands of `bash` that need the network, and have it where a rule of this name allows them.
const NETWORK: &str = "network";

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
            NETWORK => tool == "bash",
            own => wildcard(own, &tool),
        }
    }

    /// Whether it is about commands that have the network.
    pub fn is_network(&self) -> bool {
        self.tool == NETWORK
    }

    /// Matches all calls of its tool.
    pub fn is_bare(&self) -> bool {
        self.specifier.is_none()
    }

    /// Whether the pattern names what is protected in so many words, and does not only take it in.
    pub fn says_protected(&self) -> bool {
        self.specifier
            .is_some_and(|pattern| is_protected(Path::new(pattern.trim())))
    }

    /// Whether the pattern fits a command's text.
    pub fn fits_command(&self, text: &str) -> bool {
        match (&self.prefix, self.specifier) {
            (Some((prefix, more)), _) => wildcard(prefix, text) || wildcard(more, text),
            (None, Some(pattern)) => wildcard(pattern.trim(), text),
            (None, None) => true,
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
