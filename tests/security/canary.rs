//! Rows S-11, S-26 and S-29: keys and secrets are planted wherever they are had, a model and a server do what they can to have them
//! told, and then every byte that was sent or kept is looked through; and nobody else can read what was kept.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use pretty_assertions::assert_eq;
use serde_json::json;

use crate::security::trap::{Trap, holds};
use crate::support::server::{Dialect, Server, Turn, answer, config, respond};
use crate::support::{Home, modes, rounds, said, skipped};

/// Where a key is had from, and the key. Put together here, so that nothing in this file looks like one.
fn keys() -> [(&'static str, String); 3] {
    let key = |name: &str| format!("sk-{name}-{}", "9Zq4Lw7".repeat(4));
    [
        ("variable", key("variable")),
        ("file", key("file")),
        ("command", key("command")),
    ]
}

/// Variables of the person that are nobody's business; their values are all in the one text.
const VARIABLES: [&str; 12] = [
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "GITHUB_TOKEN",
    "NPM_TOKEN",
    "DATABASE_URL",
    "SSH_AUTH_SOCK",
    "GPG_AGENT_INFO",
    "DOCKER_AUTH_CONFIG",
    "XDG_SESSION_COOKIE_KEY",
    "LC_SECRET",
    "HTTPS_PROXY_PASSWORD",
    "KUBECONFIG",
];
const VARIABLE: &str = "canary-of-a-variable";
/// In a `.env` that no tool reads.
const UNREAD: &str = "canary-of-an-unread-file";

/// What a model does with a key that it knows: says it, has it printed, searched, named, in every place a call has.
fn turns(key: &str) -> Vec<Turn> {
    let call = |tool: &str, input: serde_json::Value| Turn::call("I look.", tool, &input);
    let raw = |tool: &str, arguments: &str| Turn {
        calls: vec![(tool.to_owned(), arguments.to_owned())],
        ..Turn::text("I try.")
    };
    let mut turns = vec![
        Turn {
            text: format!("Your key is {key}, is it not?"),
            ..call("bash", json!({ "command": "cat leak.txt" }))
        },
        call("read", json!({ "path": "leak.txt" })),
        call("grep", json!({ "pattern": "sk-", "path": "leak.txt" })),
        call("grep", json!({ "pattern": key, "path": "leak.txt" })),
        call("glob", json!({ "pattern": "*" })),
        call(
            "bash",
            json!({ "command": "env; tr '\\0' '\\n' < /proc/self/environ" }),
        ),
        call(
            "bash",
            json!({ "command": "yes \"$(cat leak.txt)\" | head -n 2000" }),
        ),
        call("bash", json!({ "command": "cat leak.txt >&2; exit 3" })),
        call("bash", json!({ "command": format!("echo {key}") })),
        call("read", json!({ "path": key })),
        call("read", json!({ "path": format!("named-{key}.txt") })),
        raw(key, "{}"),
        raw("read", &format!("{{\"path\": \"{key}\"")),
        raw("read", &format!("{{\"path\": [\"{key}\"]}}")),
    ];
    let again = turns.clone();
    for _ in 1..rounds(1) {
        turns.extend(again.clone());
    }
    turns.push(Turn::text(format!("It was {key}{key} and again {key}.")));
    turns
}

/// Says its turns; a request after the last of them is refused with its own headers told back.
fn server(turns: Vec<Turn>) -> Server {
    Server::start(move |request| {
        let body = String::from_utf8_lossy(&request.body);
        if body.contains("and fail") {
            let told = json!({"error": {"message": format!("not so: {:?}", request.headers)}});
            return respond(400, "", &told.to_string());
        }
        answer(
            request,
            turns.get(request.results()).or(turns.last()).unwrap(),
        )
    })
}

/// A home with a key in each place, and a file with that key in the folder.
fn home(server: &Server, key: &str) -> Home {
    let home = Home::new();
    fs::write(home.person().join("key"), &keys()[1].1).unwrap();
    fs::write(home.person().join("other-key"), &keys()[2].1).unwrap();
    let (file, command) = (home.person().join("key"), home.person().join("other-key"));
    let mut text = config(server, Some((1.0, 1.0)));
    for (name, line) in [
        ("variable", "key_env = \"CANARY_KEY\"".to_owned()),
        ("file", format!("key_file = \"{}\"", file.display())),
        (
            "command",
            format!("key_command = [\"cat\", \"{}\"]", command.display()),
        ),
    ] {
        let _ = write!(
            text,
            "[providers.{name}]\nwire = \"openai-chat\"\nbase_url = \"{}/v1\"\n{line}\n[providers.{name}.models.m]\ncontext = 1000000\nmax_output = 8000\n",
            server.address
        );
    }
    home.config(&text);
    for file in [home.path().join("config.toml"), file, command] {
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    }
    home.file("leak.txt", &format!("the key: {key}\n"));
    home.file(&format!("named-{key}.txt"), "x\n");
    home.file(".env", &format!("OTHER={UNREAD}\n"));
    home
}

/// A command with everything secret in its variables.
fn creel(home: &Home, arguments: &[&str]) -> Command {
    let mut command = home.creel(arguments);
    command.env("CANARY_KEY", &keys()[0].1);
    for name in VARIABLES {
        command.env(name, VARIABLE);
    }
    command
}

/// Rows S-11, S-26 and S-29.
#[test]
fn no_key_is_sent_kept_or_shown_and_nobody_else_reads_what_is_kept() {
    for (place, key) in keys() {
        let turns = turns(&key);
        let (steps, server) = (turns.len(), server(turns));
        let home = home(&server, &key);
        let model = format!("{place}/m");
        let run = [
            "run", "--mode", "auto", "--model", &model, "--output", "json",
        ];
        let limit = (steps + 1).to_string();
        let run = [&run[..], &["--max-steps", &limit]].concat();
        let first = said(creel(&home, &[&run[..], &["go"]].concat()));
        assert_eq!(first.code, 0, "{place}: {first:?}");
        let failed = said(creel(&home, &[&run[..], &["go and fail"]].concat()));
        assert_eq!(failed.code, 5, "{place}: {failed:?}");

        let mut told = vec![("a run", first.out + &first.err + &failed.out + &failed.err)];
        let sessions = said(creel(&home, &["sessions", "--json"]));
        let listed = sessions.json();
        for session in listed.as_array().unwrap() {
            let id = session["id"].as_str().unwrap();
            for arguments in [
                &["show", id][..],
                &["show", id, "--json"],
                &["export", id, "--to", "markdown"],
                &["export", id, "--to", "html"],
                &["export", id, "--to", "jsonl"],
            ] {
                let said = said(creel(&home, arguments));
                told.push((arguments[0], said.out + &said.err));
            }
        }
        for command in ["cost", "doctor", "config", "bug-report"] {
            let said = said(creel(&home, &[command]));
            told.push((command, said.out + &said.err));
        }
        let canaries = [key.as_str(), VARIABLE, UNREAD];
        for canary in canaries {
            for (what, text) in &told {
                assert!(
                    !text.contains(canary),
                    "{place}: {canary} in {what}: {text}"
                );
            }
            let requests = server.requests();
            assert!(requests.len() > steps, "{place}: {}", requests.len());
            for request in requests {
                let body = String::from_utf8_lossy(&request.body);
                assert!(!body.contains(canary), "{place}: {canary} was sent: {body}");
                let headers = request
                    .headers
                    .iter()
                    .filter(|(name, _)| name != "authorization");
                let headers: Vec<_> = headers
                    .filter(|(_, value)| value.contains(canary))
                    .collect();
                assert!(
                    headers.is_empty() && !request.path.contains(canary),
                    "{headers:?}"
                );
            }
            for folder in [home.path(), home.beside("tmp")] {
                let held = Trap::holding(&folder, canary.as_bytes());
                assert_eq!(held, Vec::<PathBuf>::new(), "{place}: {canary}");
            }
        }
        // Else nothing was tried.
        let last = server.requests()[steps - 1].body.clone();
        assert!(holds(&last, "‹redacted:key›".as_bytes()), "{place}");
        is_the_owners(&home);
    }
}

/// What Creel made is its owner's alone, and nothing is left where everybody may write.
fn is_the_owners(home: &Home) {
    let made: Vec<_> = modes(&home.path())
        .into_iter()
        .filter(|(path, _)| *path != home.path())
        .collect();
    assert!(made.len() > 5, "{made:?}");
    for (path, mode) in &made {
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(*mode, expected, "{}", path.display());
    }
    let left: Vec<_> = fs::read_dir(home.beside("tmp"))
        .unwrap()
        .flatten()
        .collect();
    assert!(left.is_empty(), "{left:?}");

    // With every door in front of it open, another user reads none of it.
    for folder in [home.path().parent().unwrap(), &home.path()] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let proof = home.path().parent().unwrap().join("proof");
    fs::write(&proof, "for everybody").unwrap();
    fs::set_permissions(&proof, fs::Permissions::from_mode(0o644)).unwrap();
    let mut reader = Command::new("setpriv");
    reader
        .args([
            "--reuid",
            "65534",
            "--regid",
            "65534",
            "--clear-groups",
            "sh",
            "-c",
        ])
        .arg("for file; do head -c 1 \"$file\" > /dev/null 2>&1 && echo \"$file\"; done; true")
        .arg("reader")
        .arg(&proof)
        .args(made.iter().map(|(path, _)| path));
    let read = reader.output().ok().filter(|read| read.status.success());
    let Some(read) = read else {
        return skipped(
            "another user as a reader",
            "no setpriv, or no right to become another user",
        );
    };
    let read = String::from_utf8_lossy(&read.stdout).into_owned();
    if read.is_empty() {
        return skipped(
            "another user as a reader",
            "the folder for what passes is closed to others",
        );
    }
    assert_eq!(read.trim_end(), proof.display().to_string());
}

/// Row S-11, for every form in which a provider is spoken to: the key stands in the one header, and nowhere else.
#[test]
fn a_key_stands_in_one_header_alone() {
    for &dialect in Dialect::ALL {
        let server = Server::plays(vec![Turn::text("Done.")]);
        let home = Home::with(&config(&server, None));
        let run = home.run(&["run", "--model", &dialect.model(), "go"]);
        assert_eq!(run.code, 0, "{dialect:?}: {run:?}");
        for request in server.requests() {
            let key = "sk-trial-0123456789abcdef";
            let headers: Vec<&str> = request
                .headers
                .iter()
                .filter(|(_, value)| value.contains(key))
                .map(|(name, _)| name.as_str())
                .collect();
            assert_eq!(headers.len(), 1, "{dialect:?}: {headers:?}");
            assert!(
                !request.path.contains(key) && !holds(&request.body, key.as_bytes()),
                "{dialect:?}"
            );
        }
    }
}
