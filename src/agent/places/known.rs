//! What is known of programs and their words.

pub(super) const SHELLS: &[&str] = &["sh", "bash", "dash", "zsh", "ksh", "busybox"];
pub(super) const INTERPRETERS: &[&str] = &[
    "python", "perl", "ruby", "node", "php", "lua", "deno", "bun", "awk", "gawk", "mawk", "nawk",
];
/// What they are given is changed or only asked about.
pub(super) const NOTHING_READ: &[&str] = &[
    "mkdir", "rmdir", "rm", "touch", "chmod", "chown", "test", "[", "[[", "kill", "which", "type",
    "hash", "unset",
];
pub(super) const WALKERS: &[&str] = &[
    "ls", "find", "fd", "fdfind", "bfs", "rg", "ag", "ack", "du", "tree", "tar", "bsdtar", "rsync",
    "zip", "7z", "eza", "exa", "lsd", "cpio",
];
/// They walk with a letter or word that says so.
pub(super) const WALKERS_IF_TOLD: &[&str] = &[
    "grep", "egrep", "fgrep", "zgrep", "git", "cp", "scp", "diff",
];
/// Their first word is a pattern.
pub(super) const SEARCHERS: &[&str] = &["grep", "egrep", "fgrep", "zgrep", "rg", "ag", "ack"];
pub(super) const KEYWORDS: &[&str] = &[
    "if", "then", "else", "elif", "fi", "while", "until", "do", "done", "{", "}", "!", "time",
    "esac", "coproc",
];

pub(super) fn name_of(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// `python3.12` is `python`.
pub(super) fn is_interpreter(word: &str) -> bool {
    let name = name_of(word).trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    INTERPRETERS.contains(&name)
}

/// The name and value of `NAME=value`.
pub(super) fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let name = name.strip_suffix('+').unwrap_or(name);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then_some((name, value))
}

pub(super) fn climbs(path: &str) -> bool {
    path.split('/').any(|part| part == "..")
}

/// Whether these words tell a command to go through folders.
pub(super) fn is_told(words: &[String]) -> bool {
    words.iter().any(|word| match word.strip_prefix("--") {
        Some(long) => ["recursive", "archive", "no-index"].contains(&long),
        None => word.starts_with('-') && word.contains(['r', 'R', 'a']),
    })
}

/// The one of these that is written, and not read.
pub(super) fn written(program: &str, operands: &[String]) -> Option<usize> {
    let says_where = |word: &String| {
        word == "--"
            || word.starts_with("--t")
            || word.starts_with('-') && !word.starts_with("--") && word.contains('t')
    };
    if !["cp", "mv", "install"].contains(&program) || operands.iter().any(says_where) {
        return None;
    }
    let given = |word: &&String| !word.starts_with('-') || word.as_str() == "-";
    if operands.iter().filter(given).count() < 2 {
        return None;
    }
    operands.iter().rposition(|word| given(&word))
}

/// The one of these that is a pattern.
pub(super) fn pattern(program: &str, operands: &[String]) -> Option<usize> {
    const VALUED: &[&str] = &["-A", "-B", "-C", "-m"];
    const VALUED_MORE: &[&str] = &["-t", "-T", "-g", "-j", "-M", "-r"];
    let says_it = |word: &String| {
        let short = word.starts_with('-') && !word.starts_with("--");
        short && word.contains(['e', 'f'])
            || ["--regexp", "--file", "--type-list"]
                .iter()
                .any(|long| word.starts_with(long))
    };
    // Behind one that hands on what it is given.
    if ["xargs", "parallel", "sudo", "git"].contains(&program) {
        let at = operands
            .iter()
            .position(|word| SEARCHERS.contains(&name_of(word)))?;
        let (name, rest) = (name_of(operands.get(at)?), operands.get(at + 1..)?);
        return Some(at + 1 + pattern(name, rest)?);
    }
    if !SEARCHERS.contains(&program) || operands.iter().any(says_it) {
        return None;
    }
    let mut is_value = false;
    operands.iter().position(|word| {
        if std::mem::take(&mut is_value) {
            return false;
        }
        let word = word.as_str();
        is_value = VALUED.contains(&word) || program == "rg" && VALUED_MORE.contains(&word);
        !word.starts_with('-') || word == "-"
    })
}
