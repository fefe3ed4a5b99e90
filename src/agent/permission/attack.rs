//! An attack on the rules: a table of lines (`attack.txt`), each against rules as a person might have kept them.

#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::agent::permission::{Asked, Cage, Verdict, decide};
use crate::protocol::call::Reach;
use crate::protocol::rule::{Effect, Mode, Rule, Scope};

/// The lines of a section, with their escapes read.
fn section(name: &str) -> Vec<String> {
    let head = format!("# --- {name}");
    let lines: Vec<String> = include_str!("attack.txt")
        .lines()
        .skip_while(|line| *line != head)
        .skip(1)
        .take_while(|line| !line.starts_with("# --- "))
        .filter(|line| !line.is_empty() && !line.starts_with("# "))
        .map(unescaped)
        .collect();
    assert!(!lines.is_empty(), "no section {name}");
    lines
}

fn unescaped(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escape = &rest[at + 1..];
        let (c, length) = match escape.chars().next().unwrap() {
            'n' => ('\n', 1),
            'r' => ('\r', 1),
            't' => ('\t', 1),
            '\\' => ('\\', 1),
            'u' => {
                let end = escape.find('}').unwrap();
                let number = u32::from_str_radix(&escape[2..end], 16).unwrap();
                (char::from_u32(number).unwrap(), end + 1)
            }
            // Otherwise a backslash is one.
            other => {
                out.push('\\');
                (other, other.len_utf8())
            }
        };
        out.push(c);
        rest = &escape[length..];
    }
    out.push_str(rest);
    out
}

fn rules(name: &str, effect: Effect) -> Vec<Rule> {
    let rule = |text| Rule::new(effect, text, Scope::Config);
    section(name).into_iter().map(rule).collect()
}

fn verdict(line: &str, mode: Mode, rules: &[Rule]) -> Verdict {
    let reach = [Reach::Run {
        command: line.to_owned(),
    }];
    let roots = [PathBuf::from("/srv/app")];
    decide(&Asked {
        tool: "bash",
        reach: &reach,
        mode,
        rules,
        cwd: Path::new("/srv/app"),
        roots: &roots,
        home: None,
        cage: Cage::GIVEN_UP,
        untrusted: None,
    })
}

#[test]
fn no_line_runs_beyond_the_words_of_a_rule() {
    let lines = section("not allowed");
    let different: HashSet<&String> = lines.iter().collect();
    assert!(different.len() >= 400, "{}", different.len());
    for name in ["allow rules", "daily rules"] {
        let rules = rules(name, Effect::Allow);
        let passed: Vec<&String> = lines
            .iter()
            .filter(|line| verdict(line, Mode::Ask, &rules) == Verdict::Allow)
            .collect();
        assert!(passed.is_empty(), "{} ran: {passed:#?}", passed.len());
    }
}

#[test]
fn what_people_run_all_day_runs_by_rules_as_they_keep_them() {
    let rules = rules("daily rules", Effect::Allow);
    let lines = section("daily");
    let different: HashSet<&String> = lines.iter().collect();
    assert!(different.len() >= 200, "{}", different.len());
    let asked: Vec<&String> = lines
        .iter()
        .filter(|line| verdict(line, Mode::Ask, &rules) != Verdict::Allow)
        .collect();
    assert!(asked.is_empty(), "{} asked: {asked:#?}", asked.len());
}

#[test]
fn what_a_rule_says_runs() {
    let rules = rules("allow rules", Effect::Allow);
    let asked: Vec<(String, Verdict)> = section("allowed")
        .into_iter()
        .map(|line| {
            let verdict = verdict(&line, Mode::Ask, &rules);
            (line, verdict)
        })
        .filter(|(_, verdict)| *verdict != Verdict::Allow)
        .collect();
    assert!(asked.is_empty(), "{asked:#?}");
}

#[test]
fn no_denial_is_slipped_past() {
    let mut all = rules("denied", Effect::Deny);
    let passed = |rules: &[Rule]| -> Vec<String> {
        section("not past a denial")
            .into_iter()
            .filter(|line| verdict(line, Mode::Auto, rules) == Verdict::Allow)
            .collect()
    };
    assert_eq!(passed(&all), Vec::<String>::new());
    // Not with everything else allowed either.
    for text in ["Bash(* x)", "Bash(git *)", "Bash(l*)"] {
        all.push(Rule::new(Effect::Allow, text, Scope::Config));
    }
    assert_eq!(passed(&all), Vec::<String>::new());
}

#[test]
fn no_line_takes_long() {
    let mut rules = rules("denied", Effect::Deny);
    rules.extend(self::rules("allow rules", Effect::Allow));
    let deep = format!("{}rm x{}", "echo $(".repeat(2000), ")".repeat(2000));
    let lines = [
        format!("{}rm x", "ls; ".repeat(10_000)),
        "a ".repeat(500_000),
        "env ".repeat(15_000),
        "sh -c ".repeat(10_000),
        "$".repeat(60_000),
        "\"".repeat(60_001),
        "a=1 ".repeat(15_000),
        "'\u{e9}\u{1f600}' ".repeat(8_000),
        format!("if {}", "\u{1f600} ".repeat(200_000)),
        "{,".repeat(30_000),
        deep,
    ];
    for line in &lines {
        assert_ne!(
            verdict(line, Mode::Ask, &rules),
            Verdict::Allow,
            "{} bytes",
            line.len()
        );
    }
    assert!(matches!(
        verdict(&lines[0], Mode::Auto, &rules),
        Verdict::Deny(_)
    ));
}
