//! Rules and what they match, as tables.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::agent::command_line::split;
use crate::agent::rule::command::Meets;
use crate::protocol::rule::{Effect, Scope};

fn rule(text: &str) -> Rule {
    Rule::new(Effect::Allow, text, Scope::Run)
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
fn a_rule_in_a_form_that_fits_nothing_says_what_would() {
    for (text, expected) in [
        ("Bash(command:git push *)", Some("Bash(git push *)")),
        ("Read(file_path:./.env)", Some("Read(./.env)")),
        ("Write(path:docs/**)", Some("Write(docs/**)")),
        ("Bash(npm:*)", None),
        ("Bash(command:*)", None),
        ("Bash(echo a:b)", None),
        ("Glob(src/**)", None),
        ("WebFetch(domain:example.com)", None),
        ("Bash", None),
    ] {
        let said = unread(text);
        assert_eq!(said.is_some(), expected.is_some(), "{text}");
        if let (Some(said), Some(expected)) = (said, expected) {
            assert!(said.contains(&format!("write `{expected}`")), "{said}");
        }
    }
}

#[test]
fn what_a_rule_reaches_is_said_where_it_may_be_taken_otherwise() {
    for (text, expected) in [
        (
            " write(docs/**) ",
            Some(
                "`write(docs/**)` is about all that writes files, and means the same as `Edit(docs/**)`",
            ),
        ),
        (
            "Write",
            Some("`Write` is about all that writes files, and means the same as `Edit`"),
        ),
        (
            "Glob(src/**)",
            Some("`Glob(src/**)` is about glob alone; `Read(src/**)` is about all that reads"),
        ),
        ("Grep", None),
        ("Edit(docs/**)", None),
        ("Read(docs/**)", None),
        ("Bash(write x)", None),
        ("(", None),
    ] {
        assert_eq!(reach(text).as_deref(), expected, "{text}");
    }
}

#[test]
fn rules_of_every_tool_of_files_are_looked_at() {
    // `Write` and `Edit` mean whatever writes, `Read` whatever reads, the others themselves.
    for (text, tools) in [
        ("Write(a)", &["edit", "write"][..]),
        ("Edit(a)", &["edit", "write"]),
        ("Read(a)", &["glob", "grep", "read"]),
        ("Glob(a)", &["glob"]),
        ("Grep(a)", &["grep"]),
    ] {
        let rule = rule(text);
        let matcher = Matcher::new(&rule).unwrap();
        let mut about = ["bash", "edit", "glob", "grep", "read", "write"].to_vec();
        about.retain(|tool| matcher.is_about(tool));
        assert_eq!(about, tools, "{text}");
    }
}

#[test]
fn what_is_set_for_a_command_defeats_no_rule_and_slips_past_none() {
    let rule = rule("Bash(npm run *)");
    let matcher = Matcher::new(&rule).unwrap();
    for (line, covered) in [
        ("npm run test", true),
        ("CI=1 npm run test", true),
        ("CI=true  NO_COLOR=1 RUST_LOG='debug' npm run test", true),
        ("TZ=UTC LC_ALL=C npm run test", true),
        // What they do is not known, or known to be no good.
        ("X=1 npm run test", false),
        ("PATH=. npm run test", false),
        ("LD_PRELOAD=./x.so npm run test", false),
        ("NODE_OPTIONS=--require=./x npm run test", false),
        ("CI=1 PATH=. npm run test", false),
        ("CI=$(cat x) npm run test", false),
        ("CI=$X npm run test", false),
        ("CI=1", false),
        ("CI=1 npm install", false),
        ("CI=1 npm run test > out", false),
    ] {
        let parts = split(line).unwrap();
        let whole = parts.iter().all(|part| matcher.covers(part));
        assert_eq!(whole, covered, "{line}");
        let last = parts.last().unwrap();
        let met = last.words.len() > 2 && last.words[1] == "run";
        let expected = if met { Meets::Yes } else { Meets::No };
        assert_eq!(matcher.meets(last), expected, "{line}");
    }
}

#[test]
fn paths_are_matched_as_gitignore_does() {
    let bases = Bases {
        cwd: Path::new("/srv/app"),
        home: Some(Path::new("/home/me")),
    };
    let cases = [
        ("Read(./src/**)", "/srv/app/src/a/b.rs", true),
        ("Read(./src/**)", "/srv/app/tests/a.rs", false),
        ("Edit(docs/**)", "/srv/app/docs/x.md", true),
        ("Edit(docs/**)", "/srv/app/sub/docs/x.md", false),
        ("Read(.env)", "/srv/app/.env", true),
        ("Read(.env)", "/srv/app/deep/.env", true),
        ("Read(.env)", "/srv/other/.env", false),
        ("Read(secrets/)", "/srv/app/a/secrets/key", true),
        ("Read(*.pem)", "/srv/app/a/key.pem", true),
        ("Read(~/.ssh/**)", "/home/me/.ssh/id", true),
        ("Read(//etc/passwd)", "/etc/passwd", true),
        ("Read(//etc)", "/etc/ssl/x", true),
        ("Read(/src)", "/srv/app/src/x", true),
        ("Read(../shared/**)", "/srv/shared/x", true),
        ("Read(src/*.rs)", "/srv/app/src/a/b.rs", false),
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

#[test]
fn a_rule_for_all_of_a_tool_is_told_by_what_it_lets_run() {
    for (text, expected) in [
        (
            "Bash",
            Some("every command, also one that deletes or sends"),
        ),
        (
            "bash(*)",
            Some("every command, also one that deletes or sends"),
        ),
        (
            "Bash(**)",
            Some("every command, also one that deletes or sends"),
        ),
        ("Network", Some("every command with the network")),
        (
            "Edit",
            Some("every change of a file, also outside the folder"),
        ),
        (
            "Read",
            Some("every file to be read, also outside the folder"),
        ),
        ("*", Some("every call of the tools it fits")),
        ("Bash(ls *)", None),
        ("Edit(**)", None),
        ("Grep", None),
        ("Bash(", None),
    ] {
        assert_eq!(whole(text), expected, "{text}");
    }
}
