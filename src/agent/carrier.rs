//! Commands that run other commands, write other files or change what later commands do, by way of some of their words.
//! A rule with a `*` never covers those words: it must say them. The table is long and cannot be complete; what it does not
//! know a rule covers as it is written.

use crate::agent::command_line::Part;

/// What a rule must say of a command beside matching it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Telling<'a> {
    /// These words, literally.
    Words(Vec<&'a str>),
    /// All of it, without a `*`.
    Whole,
}

/// Run the command behind their own options.
#[rustfmt::skip]
pub(crate) const WRAPPERS: &[&str] = &[
    "env", "sudo", "doas", "su", "runuser", "pkexec", "run0", "nohup", "nice", "ionice", "chrt", "taskset", "numactl",
    "command", "exec", "builtin", "xargs", "parallel", "timeout", "setsid", "setpriv", "stdbuf", "unbuffer", "time",
    "busybox", "toybox", "chroot", "unshare", "nsenter", "flock", "watch", "strace", "ltrace", "gdb", "perf",
    "script", "systemd-run", "fakeroot", "proot", "bwrap", "firejail", "prlimit", "torsocks", "proxychains", "npx",
    "bunx", "pnpx", "uvx", "pipx", "ssh", "mosh", "docker", "podman", "kubectl", "nerdctl", "lxc", "machinectl",
    "entr", "expect", "start-stop-daemon", "dbus-run-session", "xvfb-run", "ld.so", "hyperfine", "rlwrap", "tmux",
    "screen", "at", "batch", "crontab", "caffeinate", "arch", "setarch", "linux32", "linux64", "cpulimit",
];

/// Run text, or change the shell that runs the rest of the line.
#[rustfmt::skip]
const SPEAKERS: &[&str] = &[
    "sh", "bash", "zsh", "dash", "ash", "ksh", "mksh", "fish", "csh", "tcsh", "pwsh", "eval", "source", ".", "perl",
    "ruby", "node", "nodejs", "deno", "bun", "php", "lua", "luajit", "tclsh", "wish", "osascript", "awk", "gawk",
    "mawk", "nawk", "ed", "ex", "vi", "vim", "nvim", "view", "vimdiff", "rvim", "emacs", "nano", "pico", "less",
    "more", "most", "irb", "pry", "ghci", "guile", "racket", "julia", "R", "Rscript", "octave", "gnuplot", "m4",
    "psql", "mysql", "sqlite3", "ftp", "sftp", "telnet", "nc", "ncat", "socat", "openssl", "mail", "mutt",
    "jrunscript", "jjs", "scala", "groovy", "trap", "alias", "enable", "hash", "complete", "bind", "mapfile",
    "readarray", "let", "declare", "typeset", "local", "export", "readonly", "unset", "shopt", "set", "read",
    "getopts", "fc",
];

/// Words of a wrapper's own before the command, its options aside.
#[rustfmt::skip]
const OPERANDS: &[(&str, usize)] = &[
    ("timeout", 1), ("flock", 1), ("chroot", 1), ("taskset", 1), ("chrt", 1), ("ssh", 1), ("mosh", 1), ("su", 1),
    ("runuser", 1), ("setarch", 1), ("docker", 1), ("podman", 1), ("kubectl", 1),
];

/// Shells, and what reads a line as one.
#[rustfmt::skip]
pub(crate) const SHELLS: &[&str] = &[
    "sh", "bash", "zsh", "dash", "ash", "ksh", "mksh", "fish", "csh", "tcsh", "pwsh", "eval",
];

/// Interpreters that are told what to run by their first words: `python3 -m pytest`.
#[rustfmt::skip]
const TOLD: &[&str] = &[
    "python", "python2", "python3", "pypy", "pypy3", "java", "erl", "mix", "dotnet",
];

/// Words that must be said, by program. `--long` is also met as the beginning of itself and with `=VALUE`; `-x` also within
/// `-ax` and as `-xVALUE`, `=-x` as it is and with `=VALUE`; a word in `<>` stands anywhere in an argument; anything else is an argument as it is.
#[rustfmt::skip]
const WORDS: &[(&str, &[&str])] = &[
    ("find", &["-exec", "-execdir", "-ok", "-okdir", "-delete", "-fprint", "-fprint0", "-fprintf", "-fls",
        "-files0-from"]),
    ("fd", &["-x", "-X", "--exec", "--exec-batch"]),
    ("fdfind", &["-x", "-X", "--exec", "--exec-batch"]),
    ("rg", &["--pre", "--hostname-bin"]),
    ("ag", &["--pager"]),
    ("ack", &["--pager", "--ackrc"]),
    ("bat", &["--pager"]),
    ("make", &["-f", "--file", "--makefile", "-C", "--directory", "-E", "--eval", "-I", "--include-dir", "<=>"]),
    ("gmake", &["-f", "--file", "--makefile", "-C", "--directory", "-E", "--eval", "-I", "--include-dir", "<=>"]),
    ("ninja", &["-f", "-C"]),
    ("just", &["-f", "--justfile", "-d", "--working-directory", "--shell", "--shell-arg", "-c", "--command", "<=>"]),
    ("cargo", &["--config", "-Z", "--manifest-path", "-C", "<+>"]),
    ("rustc", &["-C", "--codegen", "-Z", "--sysroot", "-o", "--emit", "--out-dir"]),
    ("go", &["-exec", "-toolexec", "-vettool", "-overlay", "-modfile", "=-o", "=-C"]),
    ("gcc", &["-wrapper", "-fplugin", "-B", "-specs", "--specs", "<@>"]),
    ("g++", &["-wrapper", "-fplugin", "-B", "-specs", "--specs", "<@>"]),
    ("cc", &["-wrapper", "-fplugin", "-B", "-specs", "--specs", "<@>"]),
    ("clang", &["-fplugin", "-load", "-Xclang", "-B", "--config", "<@>"]),
    ("npm", &["exec", "x", "explore", "config", "set", "edit", "--prefix", "--script-shell", "-c", "--call",
        "--node-options", "-C"]),
    ("pnpm", &["exec", "dlx", "config", "-C", "--dir", "--shell-mode", "-c", "--script-shell"]),
    ("yarn", &["exec", "dlx", "config", "--cwd", "--use-yarnrc"]),
    ("pip", &["config", "--target", "--prefix", "--root", "--global-option", "--install-option", "--python"]),
    ("pip3", &["config", "--target", "--prefix", "--root", "--global-option", "--install-option", "--python"]),
    ("uv", &["run", "tool", "--directory", "--project", "--config-file"]),
    ("tar", &["--checkpoint-action", "--to-command", "-I", "--use-compress-program", "--rsh-command", "--rmt-command",
        "-F", "--info-script", "--new-volume-script", "-P", "--absolute-names", "<I>", "<F>"]),
    ("bsdtar", &["--use-compress-program", "-P"]),
    ("zip", &["-TT", "--unzip-command", "-T"]),
    ("rsync", &["-e", "--rsh", "--rsync-path", "--files-from", "--daemon", "--log-file"]),
    ("scp", &["-S", "-o", "-F", "-D", "-J"]),
    ("curl", &["-o", "-O", "--output", "--output-dir", "--remote-name", "--remote-name-all", "-K", "--config", "-c",
        "--cookie-jar", "-D", "--dump-header", "--trace", "--trace-ascii", "--stderr", "--libcurl", "--hsts",
        "--alt-svc", "--etag-save", "-T", "--upload-file", "<file:>", "<@>"]),
    ("wget", &["-O", "--output-document", "-o", "--output-file", "-a", "--append-output", "-P", "--directory-prefix",
        "-e", "--execute", "--config", "-i", "--input-file", "--use-askpass", "--post-file", "--body-file",
        "--save-cookies", "--rejected-log", "--hsts-file", "--warc-file"]),
    ("sort", &["-o", "--output", "--compress-program", "-T", "--temporary-directory", "--files0-from"]),
    ("split", &["--filter"]),
    ("shuf", &["-o", "--output"]),
    ("tree", &["-o"]),
    ("iconv", &["-o", "--output"]),
    ("xxd", &["-r"]),
    ("date", &["-s", "--set", "-f", "--file"]),
    ("file", &["-C", "--compile", "-m", "--magic-file", "-f", "--files-from"]),
    ("wc", &["--files0-from"]),
    ("du", &["--files0-from"]),
    ("diff", &["--to-file", "--from-file"]),
    ("sdiff", &["-o", "--output", "--diff-program"]),
    ("man", &["-P", "--pager", "-H", "--html", "-X", "--gxditview", "-C", "--config-file", "-p", "--preprocessor",
        "-l", "--local-file"]),
    ("printf", &["-v"]),
    ("test", &["-v", "-R"]),
    ("[", &["-v", "-R"]),
    ("jq", &["-f", "--from-file", "-L"]),
    ("yq", &["-i", "--inplace", "--from-file"]),
    ("tcpdump", &["-z", "-w"]),
    ("nmap", &["--script", "-oN", "-oX", "-oG", "-oA", "-iL"]),
    ("install", &["--strip-program"]),
    ("ctags", &["--options", "-o", "-f"]),
    ("gh", &["alias", "extension", "config", "api"]),
    ("pytest", &["-p", "-c", "--rootdir", "--confcutdir", "--override-ini", "-o", "--basetemp", "--pdbcls"]),
    ("tsc", &["-p", "--project", "--outDir", "--outFile", "--build"]),
    ("eslint", &["-c", "--config", "--rulesdir", "--resolve-plugins-relative-to", "-o", "--output-file", "-f",
        "--format", "--parser", "--plugin"]),
    ("prettier", &["--config", "--plugin", "--plugin-search-dir"]),
    ("jest", &["-c", "--config", "--rootDir", "--globalSetup", "--testRunner", "--runner"]),
    ("black", &["--config", "-c", "--code"]),
];

/// Of git, anywhere.
#[rustfmt::skip]
const GIT_WORDS: &[&str] = &[
    "--upload-pack", "--receive-pack", "--exec", "--ext-diff", "--textconv", "--open-files-in-pager", "--output",
    "--output-directory", "--extcmd", "--template", "--separate-git-dir", "--config", "--config-env", "--strategy",
    "--gpg-sign", "--edit-description", "--filters", "--index-filter", "<ext::>", "<fd::>", "-O", "-x", "-u",
];

/// Subcommands that are built in, so that no alias can stand in their place, and that run nothing else by themselves.
#[rustfmt::skip]
const GIT_PLAIN: &[&str] = &[
    "add", "annotate", "apply", "archive", "blame", "branch", "cat-file", "check-ignore", "checkout", "cherry",
    "cherry-pick", "clean", "clone", "commit", "commit-tree", "count-objects", "describe", "diff", "diff-files",
    "diff-index", "diff-tree", "fetch", "for-each-ref", "format-patch", "fsck", "gc", "grep", "help", "init", "log",
    "ls-files", "ls-remote", "ls-tree", "merge", "merge-base", "mv", "name-rev", "notes", "pull", "push",
    "range-diff", "read-tree", "rebase", "reflog", "remote", "reset", "restore", "rev-list", "rev-parse", "revert",
    "rm", "shortlog", "show", "show-branch", "show-ref", "stash", "status", "switch", "symbolic-ref", "tag",
    "update-index", "update-ref", "var", "verify-commit", "version", "whatchanged", "worktree", "write-tree",
];

/// Options of git itself that change nothing of what runs.
#[rustfmt::skip]
const GIT_HARMLESS: &[&str] = &[
    "--no-pager", "-P", "--version", "--help", "--no-optional-locks", "--literal-pathspecs",
];

/// The program's name, without its folder.
pub(crate) fn name(part: &Part) -> Option<&str> {
    let first = part.words.first()?;
    Some(first.rsplit('/').next().unwrap_or(first))
}

/// What a rule must say to cover this command.
pub(crate) fn telling(part: &Part) -> Telling<'_> {
    let Some(name) = name(part) else {
        // It only sets variables, which is all that it is.
        return Telling::Whole;
    };
    let words = &part.words[1..];
    let mut told: Vec<&str> = part.sets.iter().map(String::as_str).collect();
    if SPEAKERS.contains(&name) || (name == "sed" && !is_plain_sed(words)) {
        return Telling::Whole;
    }
    if WRAPPERS.contains(&name) || TOLD.contains(&name) || name.starts_with("python3.") {
        let Some(upto) = command_within(name, words) else {
            // Told what to run on its input.
            return Telling::Whole;
        };
        // One word of a code option is the code.
        let code = |word: &String| matches!(word.as_str(), "-c" | "-e" | "-S" | "--split-string");
        if words[..upto].iter().any(code) || part.open.iter().any(|open| *open <= upto + 1) {
            return Telling::Whole;
        }
        told.extend(words[..=upto].iter().map(String::as_str));
        return Telling::Words(told);
    }
    if name == "git" {
        git(words, &mut told);
        told.extend(open_words(part));
    } else if let Some((_, listed)) = WORDS.iter().find(|(program, _)| *program == name) {
        for (index, word) in words.iter().enumerate() {
            if listed.iter().any(|listed| is_met(listed, word)) {
                told.push(word);
                // With the command, or the file, it is about.
                if name == "find"
                    && let Some(next) = words.get(index + 1)
                {
                    told.push(next);
                }
            }
        }
        told.extend(open_words(part));
    }
    Telling::Words(told)
}

/// Words that can turn out to be an option when it runs.
fn open_words(part: &Part) -> impl Iterator<Item = &str> {
    part.open
        .iter()
        .filter_map(|index| part.words.get(*index))
        .map(String::as_str)
}

fn git<'a>(words: &'a [String], told: &mut Vec<&'a str>) {
    let mut rest = words.iter();
    let mut subcommand = "";
    for word in rest.by_ref() {
        if !word.starts_with('-') {
            subcommand = word;
            break;
        }
        if !GIT_HARMLESS.contains(&word.as_str()) {
            // With its value, which may stand behind it and then looks like a subcommand.
            told.push(word);
        }
    }
    if !GIT_PLAIN.contains(&subcommand) && !subcommand.is_empty() {
        told.push(subcommand);
    }
    for word in rest {
        let short = word.starts_with('-') && !word.starts_with("--");
        // Letters that mean something else where they run nothing.
        let other = short
            && !matches!(
                (subcommand, word.as_bytes().get(1)),
                ("grep", Some(b'O'))
                    | ("rebase", Some(b'x'))
                    | ("clone" | "fetch" | "ls-remote", Some(b'u'))
            );
        let config = matches!(subcommand, "clone" | "init") && word.starts_with("-c");
        if config || (!other && GIT_WORDS.iter().any(|listed| is_met(listed, word))) {
            told.push(word);
        }
    }
}

/// Whether a word of a command is one of the table.
fn is_met(listed: &str, word: &str) -> bool {
    if let Some(inside) = listed
        .strip_prefix('<')
        .and_then(|rest| rest.strip_suffix('>'))
    {
        return match inside {
            // Bundled letters in front, as tar takes them.
            "I" | "F" => {
                !word.starts_with("--")
                    && word.len() < 8
                    && word.contains(inside)
                    && word.chars().all(|c| c.is_ascii_alphabetic() || c == '-')
            }
            "+" => word.starts_with('+'),
            _ => word.contains(inside),
        };
    }
    if let Some(exact) = listed.strip_prefix('=') {
        let given = word.split('=').next().unwrap_or(word);
        return given == exact;
    }
    if listed.starts_with("--") {
        let given = word.split('=').next().unwrap_or(word);
        // Programs take a long option by its beginning.
        return given.len() > 2 && given.starts_with("--") && listed.starts_with(given);
    }
    if listed.starts_with('-') && listed.len() == 2 {
        let letter = listed.chars().nth(1);
        return word.starts_with('-')
            && !word.starts_with("--")
            && letter.is_some_and(|letter| word.contains(letter));
    }
    if listed.starts_with('-') {
        // A long option with one dash, which many take with two as well.
        let given = word.split('=').next().unwrap_or(word);
        return given == listed || given.strip_prefix('-') == Some(listed);
    }
    word == listed
}

/// Where among a wrapper's words the command it runs stands.
pub(crate) fn command_within(name: &str, words: &[String]) -> Option<usize> {
    let operands = OPERANDS
        .iter()
        .find(|(program, _)| *program == name)
        .map_or(0, |(_, count)| *count);
    words
        .iter()
        .enumerate()
        .filter(|(_, word)| !word.starts_with('-') && !word.contains('='))
        .map(|(index, _)| index)
        .take(operands + 1)
        .last()
}

/// A call of sed that neither runs nor writes anything but the files it is given: plain options, then lines to print or to
/// leave out, or one replacement, then files.
fn is_plain_sed(words: &[String]) -> bool {
    const OPTIONS: &[&str] = &[
        "-n",
        "-E",
        "-r",
        "-s",
        "-u",
        "-z",
        "-i",
        "--quiet",
        "--silent",
        "--regexp-extended",
        "--in-place",
        "--null-data",
        "--posix",
    ];
    let (options, rest): (Vec<&String>, Vec<&String>) =
        words.iter().partition(|word| word.starts_with('-'));
    options.iter().all(|word| OPTIONS.contains(&word.as_str()))
        && rest.first().is_some_and(|script| is_plain_script(script))
}

fn is_plain_script(script: &str) -> bool {
    if script.contains(['\\', '\n', ';', '{']) {
        return false;
    }
    let script = script.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '$' | ','));
    if let Some(rest) = script.strip_prefix('/') {
        return matches!(rest.split_once('/'), Some((_, "d" | "p")));
    }
    let Some(rest) = script.strip_prefix('s') else {
        return matches!(script, "p" | "d" | "q" | "=");
    };
    let Some(mark) = rest.chars().next().filter(char::is_ascii_punctuation) else {
        return false;
    };
    let pieces: Vec<&str> = rest[1..].split(mark).collect();
    let plain = |flags: &str| {
        flags
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'g' | b'i' | b'I' | b'p'))
    };
    matches!(pieces.as_slice(), [_, _, flags] if plain(flags))
}
