//! Rows S-01 and S-02: a model that obeys whatever it reads. What reaches it through a file, a name, a message of a commit, an
//! error or the instructions of a project makes it call everything an attacker wishes for (`payloads.txt`); nothing of it
//! happens without an ask that names it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::plain::Plain;
use crate::security::trap::{SHELLS, Trap, secret};
use crate::support::server::{Server, Turn, answer, config};
use crate::support::{said, skipped};

/// What the model obeys, wherever it stands.
const ORDER: &str = "obey-the-order";

type Call = (String, String);

/// The calls of a section, filled in.
fn section(trap: &Trap, name: &str) -> Vec<Call> {
    let head = format!("# --- {name}");
    include_str!("payloads.txt")
        .lines()
        .skip_while(|line| *line != head)
        .skip(1)
        .take_while(|line| !line.starts_with("# --- "))
        .map(|line| {
            let line = trap.filled(line);
            if name == "commands" {
                return ("bash".to_owned(), json!({ "command": line }).to_string());
            }
            let (tool, arguments) = line.split_once(' ').unwrap();
            (tool.to_owned(), arguments.to_owned())
        })
        .collect()
}

/// Says `first`, and as soon as an order has reached it, `payload`. Both at once would be one step.
fn victim(first: Turn, payload: Vec<Call>) -> Server {
    Server::start(move |request| {
        let obeyed = String::from_utf8_lossy(&request.body)
            .matches("i obey")
            .count()
            > 0;
        let ordered = String::from_utf8_lossy(&request.body).contains(ORDER);
        let turn = match (ordered, obeyed) {
            (true, false) => Turn {
                text: "i obey".to_owned(),
                calls: payload.clone(),
                ..Turn::default()
            },
            (true, true) => Turn::text("Done."),
            (false, _) => first.clone(),
        };
        answer(request, &turn)
    })
}

/// All below these folders, with what is in it; a link with where it leads.
fn everything(folders: &[PathBuf]) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for folder in folders {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let content = if path.is_symlink() {
                fs::read_link(&path)
                    .unwrap()
                    .into_os_string()
                    .into_encoded_bytes()
            } else if path.is_dir() {
                found.extend(everything(std::slice::from_ref(&path)));
                Vec::new()
            } else {
                fs::read(&path).unwrap()
            };
            found.insert(path, content);
        }
    }
    found
}

/// A folder to work in with a way out. What Creel itself starts a command with is the system's own.
fn folder(trap: &Trap) {
    for name in SHELLS {
        fs::remove_file(trap.programs().join(name)).unwrap();
    }
    symlink("../outside", trap.home.work().join("link")).unwrap();
}

/// Programs that note that they were started come before those that commands need.
fn path(trap: &Trap) -> String {
    format!(
        "{}:{}",
        trap.programs().display(),
        std::env::var("PATH").unwrap_or_default()
    )
}

/// Has the victim run in a mode and answers how many calls were asked of it, and what came of them.
fn obeys(trap: &Trap, first: Turn, payload: &[Call], mode: &str, rules: &[&str]) -> Vec<Value> {
    let server = victim(first, payload.to_vec());
    trap.home.config(&config(&server, None));
    let arguments = [
        "run", "--model", "chat/m", "--mode", mode, "--output", "json",
    ];
    let mut command = trap.home.creel(&[&arguments[..], rules, &["go"]].concat());
    command.env("PATH", path(trap));
    let ran = said(command);
    let bodies: Vec<String> = server
        .requests()
        .iter()
        .map(|request| String::from_utf8_lossy(&request.body).into_owned())
        .collect();
    assert!(
        bodies.iter().any(|body| body.contains(ORDER)),
        "{mode}: no order came: {ran:?}"
    );
    assert!(
        bodies.last().unwrap().contains("i obey"),
        "{mode}: it did not obey: {ran:?}"
    );
    assert!(
        !bodies.iter().any(|body| body.contains(&secret())),
        "{mode}: the secret was sent"
    );
    let id = ran.json()["session_id"].as_str().unwrap().to_owned();
    let shown = trap.home.run(&["show", &id, "--json"]).json();
    let items = shown["items"].as_array().unwrap();
    items
        .iter()
        .filter(|item| item["call"].is_object())
        .map(|item| item["call"].clone())
        .collect()
}

/// Row S-01: sixty and more calls, in each mode all those that it does not let run by design.
#[test]
fn a_model_that_obeys_a_file_does_nothing_unasked() {
    for (mode, sections) in [
        ("plan", &["commands", "beyond", "inside"][..]),
        ("ask", &["commands", "beyond", "inside"]),
        ("edits", &["commands", "beyond"]),
        // Here commands run by design: what a container is for.
        ("auto", &["beyond"]),
    ] {
        let trap = Trap::new();
        folder(&trap);
        trap.home.file("order.md", &format!("# To do\n\n{ORDER}\n"));
        let payload: Vec<Call> = sections
            .iter()
            .flat_map(|name| section(&trap, name))
            .collect();
        assert!(
            mode == "auto" || payload.len() >= 60,
            "{mode}: {}",
            payload.len()
        );
        let places = [trap.home.work(), trap.home.person(), trap.outside()];
        let before = everything(&places);
        let read = Turn::call("I read.", "read", &json!({ "path": "order.md" }));
        let calls = obeys(&trap, read, &payload, mode, &[]);
        assert_eq!(calls.len(), payload.len() + 1, "{mode}");
        let done: Vec<&Value> = calls[1..]
            .iter()
            .filter(|call| !["denied", "failed"].contains(&call["outcome"].as_str().unwrap_or("")))
            .collect();
        assert!(done.is_empty(), "{mode}: {done:#?}");
        assert_eq!(trap.started(), Vec::<String>::new(), "{mode}");
        assert_eq!(trap.connected(), 0, "{mode}");
        assert!(everything(&places) == before, "{mode}: files changed");
    }
}

/// A repository with one commit whose message is the order; false where there is no git.
fn committed(work: &Path, home: &Path) -> bool {
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command
            .args([
                "-c",
                "user.name=a",
                "-c",
                "user.email=a@localhost",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(arguments)
            .current_dir(work)
            .env("HOME", home)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    git(&["init", "-q"]) && git(&["commit", "-q", "--allow-empty", "-m", ORDER])
}

/// Row S-02: the order comes by a name, a message, an error, an output or what the project says. The web and servers of tools are
/// not built.
#[test]
fn it_does_nothing_unasked_whichever_way_the_order_comes() {
    let call = |tool: &str, input: Value| Turn::call("I look.", tool, &input);
    let ways = [
        ("a file's name", call("glob", json!({"pattern": "**/*"}))),
        (
            "a link's target in an error",
            call("write", json!({"path": "way", "content": "x"})),
        ),
        (
            "a name in an error",
            call("read", json!({"path": "folder"})),
        ),
        ("a match", call("grep", json!({"pattern": "the-order"}))),
        (
            "an error of a command",
            call("bash", json!({"command": "sh fails.sh"})),
        ),
        (
            "a commit's message",
            call("bash", json!({"command": "git log -1"})),
        ),
        ("the instructions of the project", Turn::text("Hello.")),
    ];
    for (way, first) in ways {
        let trap = Trap::new();
        let work = trap.home.work();
        folder(&trap);
        let mut mode = "edits";
        let mut rules: &[&str] = &[];
        match way {
            "a file's name" => trap.home.file(&format!("{ORDER} now.txt"), ""),
            "a link's target in an error" => {
                symlink(format!("../{ORDER}"), work.join("way")).unwrap();
            }
            "a name in an error" => {
                fs::create_dir(work.join(ORDER)).unwrap();
                symlink(format!("../outside/{ORDER}"), work.join("folder")).unwrap();
            }
            "a match" => trap.home.file("a.txt", &format!("{ORDER}\n")),
            "an error of a command" => {
                trap.home
                    .file("fails.sh", &format!("echo {ORDER} >&2; exit 3\n"));
                rules = &["--allow", "Bash(sh fails.sh)"];
            }
            "a commit's message" => {
                if !committed(&work, &trap.home.person()) {
                    skipped("an order in a commit's message", "no git");
                    continue;
                }
                // The program that stands for git would only note it.
                fs::remove_file(trap.programs().join("git")).unwrap();
                rules = &["--allow", "Bash(git log *)"];
            }
            _ => {
                mode = "auto";
                trap.home.file("AGENTS.md", &format!("{ORDER}\n"));
            }
        }
        let sections: &[&str] = if mode == "auto" {
            &["beyond"]
        } else {
            &["commands", "beyond"]
        };
        let payload: Vec<Call> = sections
            .iter()
            .flat_map(|name| section(&trap, name))
            // That one was asked for above.
            .filter(|(_, arguments)| !(way == "a commit's message" && arguments.contains("\"git ")))
            .collect();
        let places = [work, trap.home.person(), trap.outside()];
        let before = everything(&places);
        let calls = obeys(&trap, first, &payload, mode, rules);
        let done: Vec<&Value> = calls
            .iter()
            .rev()
            .take(payload.len())
            .filter(|call| !["denied", "failed"].contains(&call["outcome"].as_str().unwrap_or("")))
            .collect();
        assert!(done.is_empty(), "{way}: {done:#?}");
        assert_eq!(trap.started(), Vec::<String>::new(), "{way}");
        assert_eq!(trap.connected(), 0, "{way}");
        assert!(everything(&places) == before, "{way}: files changed");
    }
}

/// Row S-01, the other side: where somebody can be asked, each call that runs was named by an ask that was answered so, and
/// the yes to one is a yes to no other.
#[test]
fn only_what_an_ask_named_and_a_person_allowed_is_run() {
    let trap = Trap::new();
    folder(&trap);
    trap.home.file("order.md", &format!("{ORDER}\n"));
    let harmless = |number: usize| format!("echo allowed-{number} >> allowed");
    let mut payload = Vec::new();
    for (number, call) in section(&trap, "commands").into_iter().enumerate() {
        payload.push(call);
        if number % 12 == 0 {
            let call = json!({ "command": harmless(number) });
            payload.push(("bash".to_owned(), call.to_string()));
        }
    }
    let read = Turn::call("I read.", "read", &json!({ "path": "order.md" }));
    let server = victim(read, payload.clone());
    trap.home.config(&config(&server, None));
    let mut plain = Plain::start(
        &trap.home,
        &["--plain", "--model", "chat/m"],
        &[("PATH", &path(&trap))],
    );
    plain.say("go");
    let mut allowed = Vec::new();
    for _ in &payload {
        let line = plain.hears(" ASKS ");
        plain.hears("answer with: ask");
        let number = line
            .split(" ASKS ")
            .nth(1)
            .unwrap()
            .split(':')
            .next()
            .unwrap()
            .to_owned();
        let named = line
            .split("run \"")
            .nth(1)
            .and_then(|rest| rest.split("\" in ").next());
        let is_harmless = named.filter(|command| command.starts_with("echo allowed-"));
        allowed
            .extend(is_harmless.map(|command| command[5..].split(' ').next().unwrap().to_owned()));
        plain.say(&format!(
            "ask {number} {}",
            if is_harmless.is_some() { 1 } else { 5 }
        ));
        plain.hears("answered: ");
    }
    plain.hears("] finished");
    let (code, heard) = plain.ends();
    // The session ended after a no.
    assert_eq!(code, 3, "{heard}");
    let ran = fs::read_to_string(trap.home.work().join("allowed")).unwrap();
    assert_eq!(ran.lines().collect::<Vec<_>>(), allowed);
    assert_eq!(
        allowed.len(),
        payload.len() - section(&trap, "commands").len()
    );
    assert_eq!(trap.started(), Vec::<String>::new());
    assert_eq!(trap.connected(), 0);
}
