//! Bad input gets one clear line: what, where, the way out; never a panic.

use std::net::TcpListener;

use serde_json::Value;

use crate::support::server::{Dialect, Server, config, respond};
use crate::support::{Home, Said};

/// One line on standard error that says all of this, and nothing on standard output.
fn one_line(said: &Said, code: i32, words: &[&str]) {
    assert_eq!((said.code, said.out.as_str()), (code, ""), "{said:?}");
    let lines: Vec<&str> = said.err.lines().collect();
    assert_eq!(lines.len(), 1, "one line: {said:?}");
    for word in words {
        assert!(lines[0].contains(word), "`{word}` in {said:?}");
    }
    assert!(
        !said.err.contains("panicked") && lines[0].starts_with("creel: "),
        "{said:?}"
    );
}

#[test]
fn wrong_words_are_named() {
    let home = Home::new();
    let cases: &[(&[&str], i32, &[&str])] = &[
        (
            &["run", "hi"],
            2,
            &["no model", "ANTHROPIC_API_KEY", "--model rehearsal/tour"],
        ),
        (
            &["run", "--model", "nope/x", "hi"],
            2,
            &["no provider `nope`"],
        ),
        (
            &["run", "--model", "anthropic/claude-sonnet-5", "hi"],
            2,
            &["anthropic", "set ANTHROPIC_API_KEY"],
        ),
        (
            &[
                "run",
                "--cwd",
                "/no/such/folder",
                "--model",
                "rehearsal/tour",
                "hi",
            ],
            2,
            &["/no/such/folder"],
        ),
        (
            &[
                "run",
                "--session",
                "abcdef",
                "--model",
                "rehearsal/tour",
                "hi",
            ],
            1,
            &["no session `abcdef`", "creel sessions"],
        ),
        (
            &["run", "--continue", "--model", "rehearsal/tour", "hi"],
            1,
            &["no session in"],
        ),
        (
            &["run", "--model", "rehearsal/nope", "hi"],
            2,
            &["no rehearsal `nope`", "tour"],
        ),
        (&["show", "abcdef"], 1, &["no session `abcdef`"]),
        (&["run", "--model", "rehearsal/tour", " "], 2, &["empty"]),
    ];
    for (arguments, code, words) in cases {
        one_line(&home.run(arguments), *code, words);
    }
    // Wrong usage; what is said of each is tried where it is made.
    let cases: &[(&[&str], &[&str])] = &[
        (&["--foo"], &["there is no `--foo` here", "creel --help"]),
        (&["run", "--model", "gpt", "hi"], &["PROVIDER/MODEL"]),
        (
            &["run", "--deny", "Bahs(*)", "hi"],
            &["did you mean `bash`"],
        ),
        (&["show", "ab"], &["four characters"]),
        (&["config"], &["path, show, check or schema"]),
    ];
    for (arguments, words) in cases {
        one_line(&home.run(arguments), 2, words);
    }
}

#[test]
fn a_broken_config_is_named_by_line_and_column() {
    let cases: &[(&str, &[&str])] = &[
        ("mode = \"ask\"\n[providers.x\n", &["config.toml:2:13"]),
        ("mode = \"asks\"\n", &["config.toml:1:8", "`asks`", "auto"]),
        (
            "modle = \"a/b\"\n",
            &["config.toml:1:1", "did you mean `model`"],
        ),
        (
            "model = \"x/y\"\n[providers.x]\nwire = \"smoke\"\n",
            &["config.toml:3:8", "smoke"],
        ),
        ("permissions.deny = [\"Bash(\"]\n", &["config.toml:1:"]),
        ("model = 3\n", &["config.toml:1:9"]),
    ];
    for (text, words) in cases {
        let home = Home::with(text);
        one_line(&home.run(&["run", "hi"]), 1, words);
        // What only looks at the log, or cleans up, goes on.
        for arguments in [&["sessions", "--json"][..], &["cost", "--json"]] {
            let said = home.run(arguments);
            let said_once = said.err.lines().count() == 1;
            let named = words.iter().all(|word| said.err.contains(word));
            assert!(
                said.code == 0 && said_once && named && said.json() != Value::Null,
                "{said:?}"
            );
        }
        let stopped = home.run(&["stop"]);
        assert!(
            stopped.code == 0 && stopped.err.contains("nothing runs"),
            "{stopped:?}"
        );
        // What helps to mend it works all the same.
        assert_eq!(home.run(&["config", "path"]).code, 0);
        assert_eq!(home.run(&["config", "check"]).code, 1);
        assert_eq!(home.run(&["doctor"]).code, 1);
    }
    let home = Home::new();
    std::fs::write(home.path().join("config.toml"), b"mode = \"\xff\"\n").unwrap();
    one_line(
        &home.run(&["models"]),
        1,
        &["config.toml", "line 1", "UTF-8"],
    );
}

#[test]
fn a_server_that_is_wrong_is_named() {
    let bound = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = bound.local_addr().unwrap().port();
    drop(bound);
    let none = format!("http://127.0.0.1:{port}/v1");
    let entry = |url: &str, more: &str| {
        format!("[providers.here]\nwire = \"openai-chat\"\nbase_url = \"{url}\"\n{more}")
    };
    let cases: &[(String, i32, &[&str])] = &[
        (
            entry(&none, ""),
            5,
            &["nothing answers at 127.0.0.1", "base_url"],
        ),
        (entry(&none, "key_env = \"NOT_SET\"\n"), 5, &["set NOT_SET"]),
        (entry(&none, "key_env = \"EMPTY\"\n"), 5, &["EMPTY"]),
        (
            entry(&none, "key_file = \"/no/such/file\"\n"),
            5,
            &["/no/such/file"],
        ),
        (
            // A key is not sent readable to another machine.
            entry("http://nowhere.invalid/v1", "key_env = \"TRIAL_KEY\"\n"),
            1,
            &["nowhere.invalid", "base_url", "use https"],
        ),
        (entry("nowhere", ""), 1, &["base_url"]),
        (entry("ftp://127.0.0.1/v1", ""), 1, &["base_url"]),
    ];
    for (text, code, words) in cases {
        let home = Home::with(text);
        let mut command = home.creel(&["run", "--model", "here/m", "--no-retry", "hi"]);
        command.env("EMPTY", "");
        one_line(&crate::support::said(command), *code, words);
    }
}

#[test]
fn what_a_server_says_is_passed_on_in_one_line() {
    let json = "content-type: application/json\r\n";
    let cases: &[(u16, &str, &str, &[&str])] = &[
        (
            401,
            json,
            r#"{"error":{"message":"bad key"}}"#,
            &["TRIAL_KEY"],
        ),
        (
            402,
            json,
            r#"{"error":{"message":"no credit"}}"#,
            &["credit"],
        ),
        (
            404,
            json,
            r#"{"error":{"message":"model m does not exist"}}"#,
            &["m"],
        ),
        (
            400,
            json,
            r#"{"error":{"message":"wrong \u001b[31mred\nline"}}"#,
            &["wrong"],
        ),
        (
            429,
            json,
            r#"{"error":{"message":"slow down"}}"#,
            &["slow down"],
        ),
        (
            503,
            json,
            r#"{"error":{"message":"overloaded"}}"#,
            &["overloaded"],
        ),
        (
            200,
            "content-type: text/html\r\n",
            "<html><title>Sign in</title></html>",
            &["base_url"],
        ),
        (200, json, "", &["empty"]),
        (
            301,
            "location: https://elsewhere.invalid/\r\n",
            "",
            &["redirect", "base_url"],
        ),
    ];
    for &dialect in Dialect::ALL {
        for &(status, headers, body, words) in cases {
            let server = Server::start(move |_| respond(status, headers, body));
            let home = Home::with(&config(&server, None));
            let said = home.run(&["run", "--model", &dialect.model(), "--no-retry", "hi"]);
            one_line(&said, 5, words);
            assert!(!said.err.contains('\u{1b}'), "{said:?}");
            assert_eq!(server.requests().len(), 1, "{status}");
        }
    }
}

#[test]
fn without_a_terminal_the_workstation_says_so() {
    let home = Home::new();
    let said = home.run(&[]);
    one_line(&said, 2, &["terminal", "creel run"]);
}

#[test]
fn help_and_version_need_no_home() {
    let home = Home::with("broken");
    for arguments in [
        &["--version"][..],
        &["--help"],
        &["help", "run"],
        &["run", "--help"],
    ] {
        let said = home.run(arguments);
        assert!(
            said.code == 0 && !said.out.is_empty(),
            "{arguments:?}: {said:?}"
        );
    }
    assert_eq!(
        home.run(&["--version"]).out,
        format!("creel {}\n", env!("CARGO_PKG_VERSION"))
    );
}
