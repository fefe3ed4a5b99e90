//! Decisions, as tables.

use pretty_assertions::assert_eq;

use super::*;
use crate::protocol::rule::Scope;

pub(crate) fn rules(texts: &[(&str, Effect)]) -> Vec<Rule> {
    texts
        .iter()
        .map(|(text, effect)| Rule::new(*effect, *text, Scope::Config))
        .collect()
}

pub(crate) fn run(command: &str) -> (&'static str, Vec<Reach>) {
    (
        "bash",
        vec![Reach::Run {
            command: command.into(),
        }],
    )
}

pub(crate) fn read(path: &str) -> (&'static str, Vec<Reach>) {
    ("read", vec![Reach::Read { path: path.into() }])
}

pub(crate) fn write(path: &str) -> (&'static str, Vec<Reach>) {
    ("edit", vec![Reach::Write { path: path.into() }])
}

fn verdict(mode: Mode, rules: &[Rule], (tool, reach): &(&'static str, Vec<Reach>)) -> &'static str {
    let roots = [PathBuf::from("/srv/app")];
    let asked = Asked {
        tool,
        reach,
        mode,
        rules,
        cwd: Path::new("/srv/app"),
        roots: &roots,
        home: Some(Path::new("/home/me")),
        cage: Cage::GIVEN_UP,
        untrusted: None,
    };
    match decide(&asked) {
        Verdict::Allow => "allow",
        Verdict::Ask(_) => "ask",
        Verdict::Deny(_) => "deny",
    }
}

/// The decision where commands are held so, and whether the call then has the network.
fn within(
    cage: Cage,
    mode: Mode,
    rules: &[Rule],
    (tool, reach): &(&'static str, Vec<Reach>),
) -> (Verdict, bool) {
    let roots = [PathBuf::from("/srv/app")];
    let asked = Asked {
        tool,
        reach,
        mode,
        rules,
        cwd: Path::new("/srv/app"),
        roots: &roots,
        home: None,
        cage,
        untrusted: None,
    };
    (decide(&asked), has_network(&asked))
}

#[test]
fn nothing_runs_by_a_rule_or_a_mode_alone_where_the_sandbox_is_weak() {
    let allow = rules(&[("Bash(make *)", Effect::Allow), ("Bash", Effect::Allow)]);
    let deny = rules(&[("Bash(make *)", Effect::Deny)]);
    let cage = |level| Cage {
        level,
        given_up: false,
        shut: Shut::Asking,
    };
    for (level, runs) in [
        (Level::None, false),
        (Level::Partial, false),
        (Level::Restricted, true),
        (Level::Contained, true),
    ] {
        for (mode, rules) in [(Mode::Auto, &[][..]), (Mode::Ask, &allow)] {
            let (verdict, _) = within(cage(level), mode, rules, &run("make all"));
            assert_eq!(
                verdict == Verdict::Allow,
                runs,
                "{level} {mode}: {verdict:?}"
            );
            assert!(runs || matches!(verdict, Verdict::Ask(_)), "{verdict:?}");
        }
        let (verdict, _) = within(cage(level), Mode::Auto, &deny, &run("make all"));
        assert!(matches!(verdict, Verdict::Deny(_)), "{level}: {verdict:?}");
        // Files are changed by Creel itself, which needs no walls.
        let (verdict, _) = within(cage(level), Mode::Auto, &[], &write("/srv/app/x"));
        assert_eq!(verdict, Verdict::Allow, "{level}");
    }
    let (verdict, _) = within(Cage::GIVEN_UP, Mode::Auto, &[], &run("make all"));
    assert_eq!(verdict, Verdict::Allow);
}

#[test]
fn the_network_is_asked_about_or_given_by_a_rule() {
    use Shut::{Asking, Open, Quietly};
    let fetch = rules(&[("Network(git fetch *)", Effect::Allow)]);
    let make = rules(&[
        ("Network(make fetch)", Effect::Allow),
        ("Bash", Effect::Allow),
    ]);
    let bare = rules(&[("Network", Effect::Allow)]);
    let never = rules(&[("Network", Effect::Deny)]);
    let cases: [(Shut, &[Rule], &str, &str, bool); 23] = [
        (Asking, &[], "make", "allow", false),
        (Asking, &[], "curl x", "ask", true),
        (Asking, &[], "make && /usr/bin/curl x", "ask", true),
        (Asking, &[], "git -C x push origin", "ask", true),
        (Asking, &[], "git commit -m x", "allow", false),
        (Asking, &[], "npm ci", "ask", true),
        (Asking, &[], "cargo build", "allow", false),
        (Asking, &[], "if x; then curl y; fi", "ask", true),
        (Asking, &fetch, "git fetch origin", "allow", true),
        // The whole line would have it.
        (Asking, &fetch, "git fetch origin && make", "ask", true),
        (Asking, &fetch, "cd x && git fetch origin", "allow", true),
        (
            Asking,
            &fetch,
            "cd $(make) && git fetch origin",
            "ask",
            true,
        ),
        (Asking, &fetch, "git fetch origin && curl x", "ask", true),
        (Asking, &fetch, "make", "allow", false),
        (Asking, &make, "make fetch", "allow", true),
        (Asking, &make, "make fetch && make", "allow", false),
        (Asking, &bare, "curl x", "allow", true),
        (Asking, &never, "curl x", "deny", true),
        (Asking, &never, "make", "allow", false),
        (Quietly, &[], "curl x", "allow", false),
        (Quietly, &fetch, "git fetch origin", "allow", true),
        (Quietly, &fetch, "git fetch origin && make", "allow", false),
        (Open, &[], "curl x", "allow", false),
    ];
    for (shut, rules, line, expected, network) in cases {
        let cage = Cage {
            level: Level::Restricted,
            given_up: false,
            shut,
        };
        let (verdict, has) = within(cage, Mode::Auto, rules, &run(line));
        let told = match verdict {
            Verdict::Allow => "allow",
            Verdict::Ask(_) => "ask",
            Verdict::Deny(_) => "deny",
        };
        assert_eq!(
            (told, has),
            (expected, network),
            "{shut:?} {rules:?} {line}"
        );
    }
    assert!(!hides(&never, "bash"), "commands stay");
}

#[test]
fn who_read_what_is_not_trusted_lets_nothing_out_by_a_rule() {
    let roots = [PathBuf::from("/srv/app")];
    let given = |scope| {
        [
            "Network(git push)",
            "Network(curl *)",
            "Edit(//tmp/**)",
            "Bash(make)",
        ]
        .map(|text| Rule::new(Effect::Allow, text, scope))
    };
    let outside = Untrusted::Outside {
        path: "/etc/motd".into(),
    };
    let why = "it uses the network, and this session read /etc/motd, outside its folder";
    let (held, open) = (Shut::Asking, Shut::Open);
    let cases = [
        (run("git push"), held, Scope::Everywhere, Some(why)),
        (run("git push"), held, Scope::Project, Some(why)),
        (run("git push"), open, Scope::Everywhere, Some(why)),
        // The word of the person for this very run.
        (run("git push"), held, Scope::Run, None),
        (run("make"), held, Scope::Everywhere, None),
        (
            write("/tmp/x"),
            held,
            Scope::Everywhere,
            Some(
                "it writes outside the folder, and this session read /etc/motd, outside its folder",
            ),
        ),
        (write("/srv/app/x"), held, Scope::Everywhere, None),
    ];
    for ((tool, reach), shut, scope, expected) in cases {
        let rules = given(scope);
        let asked = |untrusted| Asked {
            tool,
            reach: &reach,
            mode: Mode::Auto,
            rules: &rules,
            cwd: &roots[0],
            roots: &roots,
            home: None,
            cage: Cage {
                level: Level::Restricted,
                given_up: false,
                shut,
            },
            untrusted,
        };
        assert_eq!(decide(&asked(None)), Verdict::Allow, "{reach:?} {scope:?}");
        let expected = expected.map_or(Verdict::Allow, |why| Verdict::Ask(why.to_owned()));
        assert_eq!(
            decide(&asked(Some(&outside))),
            expected,
            "{reach:?} {scope:?} {shut:?}"
        );
    }
}

#[test]
fn a_rule_without_a_pattern_takes_the_tool_away() {
    let rule = |effect, text: &str| Rule::new(effect, text, Scope::Config);
    let all = ["read", "write", "edit", "grep", "glob", "bash"];
    for (rules, hidden) in [
        (vec![rule(Effect::Deny, "Bash")], &["bash"][..]),
        (vec![rule(Effect::Deny, "Bash(*)")], &["bash"]),
        (vec![rule(Effect::Deny, "Edit")], &["write", "edit"]),
        (vec![rule(Effect::Deny, "read")], &["read", "grep", "glob"]),
        (vec![rule(Effect::Deny, "Bash(rm *)")], &[]),
        (
            vec![rule(Effect::Ask, "Bash"), rule(Effect::Allow, "Read")],
            &[],
        ),
    ] {
        let mut hides = all.to_vec();
        hides.retain(|tool| super::hides(&rules, tool));
        assert_eq!(hides, hidden, "{rules:?}");
    }
}

#[test]
fn each_mode_allows_what_it_says() {
    use Mode::{Ask, Auto, Edits, Plan};
    let modes = [Plan, Ask, Edits, Auto];
    let cases = [
        (read("/srv/app/src/x"), ["allow", "allow", "allow", "allow"]),
        (read("/etc/passwd"), ["deny", "ask", "ask", "ask"]),
        (read("/srv/application"), ["deny", "ask", "ask", "ask"]),
        (write("/srv/app/src/x"), ["deny", "ask", "allow", "allow"]),
        (
            write("/srv/app/.git/hooks/pre-commit"),
            ["deny", "ask", "ask", "ask"],
        ),
        (
            write("/srv/app/sub/.GIT/config"),
            ["deny", "ask", "ask", "ask"],
        ),
        (write("/srv/app/.bashrc"), ["deny", "ask", "ask", "ask"]),
        (write("/srv/other"), ["deny", "ask", "ask", "ask"]),
        (run("cargo test"), ["deny", "ask", "ask", "allow"]),
        (run("if x; then y; fi"), ["deny", "ask", "ask", "allow"]),
        (
            ("read", vec![Reach::Output { number: 3 }]),
            ["allow", "allow", "allow", "allow"],
        ),
    ];
    for (call, expected) in cases {
        assert_eq!(
            modes.map(|mode| verdict(mode, &[], &call)),
            expected,
            "{call:?}"
        );
    }
}

#[test]
fn deny_comes_before_ask_before_allow_before_the_mode() {
    use Effect::{Allow, Ask, Deny};
    let rules = rules(&[
        ("Bash(git *)", Allow),
        ("Bash(git push *)", Ask),
        ("Bash(git push --force *)", Deny),
        ("Bash(rm *)", Deny),
        ("Read(.env)", Deny),
        ("Edit(docs/**)", Allow),
        ("Bash(ls *)", Allow),
        ("Bash(cat *)", Allow),
    ]);
    let cases = [
        (run("git status"), "allow"),
        (run("git push origin"), "ask"),
        (run("git push --force origin"), "deny"),
        (run("git status && git log"), "allow"),
        (run("git status && cargo test"), "ask"),
        (run("git status; rm -rf x"), "deny"),
        (run("echo $(rm x)"), "deny"),
        (run("sudo rm x"), "deny"),
        (run("if true; then rm x; fi"), "deny"),
        (run("x(){ rm y; }; x"), "deny"),
        (run("git log > /srv/app/out"), "ask"),
        (run("git log > /dev/null"), "allow"),
        (run("cat <<EOF\nx\nEOF"), "ask"),
        (run("GIT_PAGER=x git log"), "ask"),
        (run("PATH=.; git log"), "ask"),
        (run("git $X"), "ask"),
        (run("for f in a; do ls; done"), "ask"),
        (run("git\rstatus"), "ask"),
        (read("/srv/app/.env"), "deny"),
        (read("/srv/app/deep/.env"), "deny"),
        (write("/srv/app/docs/a.md"), "allow"),
        (write("/srv/app/src/a.rs"), "ask"),
    ];
    for (call, expected) in cases {
        assert_eq!(verdict(Mode::Ask, &rules, &call), expected, "{call:?}");
    }
    assert_eq!(verdict(Mode::Auto, &rules, &run("git push origin")), "ask");
    assert_eq!(verdict(Mode::Auto, &rules, &run("rm x")), "deny");
    // Nothing that could be forbidden runs unasked, and the rest of the mode stays.
    for (line, expected) in [
        ("git $X", "ask"),
        ("for f in a; do ls; done", "ask"),
        ("echo x | sh", "ask"),
        ("cargo test $X", "allow"),
    ] {
        assert_eq!(verdict(Mode::Auto, &rules, &run(line)), expected, "{line}");
    }
    assert_eq!(verdict(Mode::Plan, &rules, &run("git status")), "allow");
    let long = format!("{}rm x", "ls; ".repeat(10_000));
    assert_eq!(verdict(Mode::Auto, &rules, &run(&long)), "deny");
}

#[test]
fn session_rules_cover_the_call_that_made_them_and_no_more() {
    let roots = [PathBuf::from("/srv/app")];
    let cases = [
        (run("cargo test -p x"), vec!["Bash(cargo test -p x)"]),
        (run("cargo  test"), vec!["Bash(cargo test)"]),
        (run("rm *.o"), vec![]),
        (
            run("ls -la && echo done"),
            vec!["Bash(ls -la)", "Bash(echo done)"],
        ),
        (run("ls; ls; pwd"), vec!["Bash(ls)", "Bash(pwd)"]),
        (run("cat setup.txt | sh"), vec![]),
        (run("cat x | python3"), vec![]),
        (run("cat x | patch -p1"), vec![]),
        (run("cat x | tee build.sh"), vec![]),
        (
            run("cat x | sort | head -3"),
            vec!["Bash(cat x)", "Bash(sort)", "Bash(head -3)"],
        ),
        (run("cd vendor/x && bash build.sh"), vec![]),
        (run("cd sub && cargo test"), vec![]),
        (
            run("cd /srv/app && cargo test"),
            vec!["Bash(cd /srv/app)", "Bash(cargo test)"],
        ),
        (run("ls || true"), vec!["Bash(ls)", "Bash(true)"]),
        (run("sh"), vec![]),
        (run("python3 -"), vec![]),
        (run("node --test"), vec!["Bash(node --test)"]),
        (run("bash -s x"), vec![]),
        (run("bash build.sh"), vec!["Bash(bash build.sh)"]),
        (run("ls && rm x"), vec![]),
        (run("ls && curl http://a.example"), vec![]),
        (run("ls && echo $HOME"), vec![]),
        (run("ls && echo a > f"), vec![]),
        (run("ls;ls;ls;ls;ls;ls;ls"), vec![]),
        (run("a > f"), vec![]),
        (run("echo $(x)"), vec![]),
        (run("rm $X"), vec![]),
        (run("rm ?.o"), vec![]),
        (run("ls \u{430}"), vec![]),
        (run("A=1 make all"), vec!["Bash(A=1 make all)"]),
        (run("sh -c 'make all'"), vec!["Bash(sh -c 'make all')"]),
        (write("/srv/app/a "), vec![]),
        (write("/srv/app/n\u{200d}x"), vec![]),
        (write("/srv/app/src/a.rs"), vec!["Edit(./src/a.rs)"]),
        (write("/etc/hosts"), vec!["Edit(//etc/hosts)"]),
        (read("/etc/hosts"), vec!["Read(//etc/hosts)"]),
        (read("/etc/[x]"), vec![]),
    ];
    for ((tool, reach), expected) in cases {
        let asked = Asked {
            tool,
            reach: &reach,
            mode: Mode::Ask,
            rules: &[],
            cwd: Path::new("/srv/app"),
            roots: &roots,
            home: None,
            cage: Cage::GIVEN_UP,
            untrusted: None,
        };
        let parts = Parts::of(&reach);
        let (risk, _) = risk::of(&asked, &parts, &Looked::default());
        let kept = proposal::for_session(&asked, &parts, risk);
        assert_eq!(kept, expected, "{reach:?}");
        if !kept.is_empty() {
            let allowed: Vec<_> = kept
                .iter()
                .map(|text| (text.as_str(), Effect::Allow))
                .collect();
            assert_eq!(
                verdict(Mode::Ask, &rules(&allowed), &(tool, reach)),
                "allow",
                "{kept:?}"
            );
        }
    }
}

#[test]
fn another_subject_is_another_ask() {
    let reach = run("ls").1;
    let roots = [PathBuf::from("/srv/app")];
    let asked = Asked {
        tool: "bash",
        reach: &reach,
        mode: Mode::Ask,
        rules: &[],
        cwd: Path::new("/srv/app"),
        roots: &roots,
        home: None,
        cage: Cage::GIVEN_UP,
        untrusted: None,
    };
    let call = ToolCall {
        id: crate::protocol::id::CallId::new(1, 1, 1),
        wire_id: None,
        name: "bash".into(),
        arguments: "{}".into(),
        opaque: None,
    };
    let id = |command: &str| {
        let subject = Subject::Command {
            argv: vec!["bash".into(), "-c".into(), command.into()],
            parts: Vec::new(),
        };
        ask(
            &call,
            (subject, None),
            ("r".into(), &Looked::default()),
            &asked,
        )
        .id
    };
    assert_eq!(id("ls"), id("ls"));
    assert_ne!(id("ls"), id("ls "));
}

#[test]
fn what_is_protected_is_covered_by_a_rule_that_names_it_alone() {
    let wide = rules(&[
        ("Edit(./**)", Effect::Allow),
        ("Edit(//srv/app/**)", Effect::Allow),
    ]);
    let named = rules(&[("Edit(./.git/config)", Effect::Allow)]);
    let hook = write("/srv/app/.git/config");
    assert_eq!(verdict(Mode::Ask, &wide, &write("/srv/app/a.rs")), "allow");
    assert_eq!(verdict(Mode::Ask, &wide, &hook), "ask");
    assert_eq!(
        verdict(Mode::Auto, &wide, &write("/srv/app/x/.BASHRC")),
        "ask"
    );
    assert_eq!(verdict(Mode::Ask, &named, &hook), "allow");
}
