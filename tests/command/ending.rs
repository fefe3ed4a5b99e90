//! How a run ends: the word and the exit code of each ending.

use rustix::process::Signal;
use serde_json::json;

use crate::support::server::{Act, Dialect, Gate, HEAD, Server, Turn, config, respond};
use crate::support::{Home, Said, end, said_with, signal};

/// Runs a script with these arguments and answers how it ended.
fn play(script: &str, arguments: &[&str]) -> (Said, String) {
    let home = Home::new();
    home.plays(script);
    let run = [&["run", "--output", "json"], arguments, &["go"]].concat();
    let said = home.run(&run);
    let ending = said.json()["ending"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    (said, ending)
}

#[test]
fn each_ending_has_its_word_and_its_exit_code() {
    let command = "< call bash {\"command\":\"echo hi\"}\n\n< text: b\n";
    let poll = "< call bash {\"command\":\"echo hi\"}\n\n".repeat(7);
    let cases: &[(&str, &[&str], i32, &str)] = &[
        ("< text: a", &[], 0, "finished"),
        (command, &["--mode", "auto"], 0, "finished"),
        (command, &["--allow", "Bash(echo *)"], 0, "finished"),
        (command, &[], 3, "denied"),
        (command, &["--mode", "auto", "--deny", "bash"], 3, "denied"),
        // An earlier denial, and then a step that went well.
        (
            "< call bash {\"command\":\"echo hi\"}\n\n< call glob {\"pattern\":\"*\"}\n\n< text: b\n",
            &[],
            0,
            "finished",
        ),
        ("< error auth", &[], 5, "failed"),
        ("< error bad_request", &[], 5, "failed"),
        ("< error network", &["--no-retry"], 5, "failed"),
        ("< error refused", &[], 5, "failed"),
        (command, &["--mode", "auto", "--max-steps", "1"], 6, "limit"),
        (&poll, &["--mode", "auto"], 6, "limit"),
    ];
    for (steps, arguments, code, word) in cases {
        let (said, ending) = play(&format!("> *\n{steps}\n"), arguments);
        assert_eq!(
            (said.code, ending.as_str()),
            (*code, *word),
            "{steps} {arguments:?}: {said:?}"
        );
    }
}

#[test]
fn the_calls_of_the_last_allowed_step_are_not_run() {
    let script = "> *\n< text: I look.\n< call bash {\"command\":\"touch made\"}\n< call glob {\"pattern\":\"*\"}\n\n< text: b\n";
    let home = Home::new();
    home.plays(script);
    let said = home.run(&[
        "run",
        "--output",
        "json",
        "--mode",
        "auto",
        "--max-steps",
        "1",
        "go",
    ]);
    let result = said.json();
    assert_eq!((said.code, &result["result"]), (6, &json!("I look.")));
    assert_eq!(result["stop_reason"], "tool");
    let outcomes: Vec<_> = result["tool_calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| call["outcome"].clone())
        .collect();
    assert_eq!(outcomes, ["cancelled", "cancelled"]);
    assert!(!home.work().join("made").exists());
}

#[test]
fn a_budget_stops_before_the_call_that_could_pass_it() {
    for &dialect in Dialect::ALL {
        let server = Server::plays(vec![Turn::text("Hello.")]);
        let home = Home::new();
        let model = dialect.model();
        let run = |limit: &[&str]| {
            home.run(
                &[
                    &["run", "--model", &model, "--output", "json"],
                    limit,
                    &["hi"],
                ]
                .concat(),
            )
        };
        home.config(&config(&server, Some((3.0, 15.0))));
        let said = run(&["--budget", "0.05"]);
        assert_eq!(
            (said.code, &said.json()["ending"]),
            (4, &json!("budget")),
            "{said:?}"
        );
        let named = "pass the run's budget of $0.05 ($0.00 used): --budget raises it";
        assert!(said.err.contains(named), "{said:?}");
        assert_eq!(server.requests().len(), 0);
        let said = run(&["--budget", "0.50"]);
        assert_eq!(said.code, 0, "{said:?}");
        let cost = said.json()["cost_usd"].as_f64().unwrap();
        assert!(cost > 0.0 && cost < 0.05, "{cost}");

        home.config(&format!(
            "budget.day = 0.05\n{}",
            config(&server, Some((3.0, 15.0)))
        ));
        assert_eq!(run(&[]).code, 4);
        // Without a price a server on this machine counts as nothing.
        home.config(&format!("budget.day = 0.05\n{}", config(&server, None)));
        let said = run(&["--budget", "0.01"]);
        assert_eq!(
            (said.code, said.json()["cost_usd"].as_f64()),
            (0, Some(0.0)),
            "{said:?}"
        );
    }
}

#[test]
fn a_signal_ends_a_run_and_its_session_is_whole() {
    for (caught, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 143)] {
        let gate = Gate::default();
        let wait = gate.clone();
        let server = Server::start(move |_| vec![Act::send(HEAD), Act::Wait(wait.clone())]);
        let home = Home::with(&config(&server, None));
        let child = home
            .creel(&["run", "--model", "chat/m", "--output", "json", "hi"])
            .spawn()
            .unwrap();
        server.wait_for(1);
        signal(child.id(), caught);
        let said = end(child);
        gate.open();
        assert_eq!(
            (said.code, &said.json()["ending"]),
            (code, &json!("interrupted")),
            "{said:?}"
        );
        let sessions = home.run(&["sessions", "--json"]).json();
        assert_eq!(sessions[0]["state"], "interrupted");
    }
}

#[test]
fn what_is_piped_in_stands_below_the_prompt() {
    let server = Server::plays(vec![Turn::text("Hello.")]);
    let home = Home::with(&config(&server, None));
    let command = home.creel(&["run", "--model", "chat/m", "What is this?"]);
    let said = said_with(command, b"error: no gear\n");
    assert_eq!((said.code, said.out.as_str()), (0, "Hello.\n"), "{said:?}");
    let body = server.requests()[0].json();
    assert_eq!(
        body["messages"][1]["content"],
        "What is this?\n\nerror: no gear"
    );
}

#[test]
fn a_wrong_key_is_asked_once_and_its_text_is_nowhere() {
    for &dialect in Dialect::ALL {
        let key = "sk-trial-0123456789abcdef";
        let server = Server::start(move |_| {
            let body = format!(
                "{{\"error\":{{\"type\":\"authentication_error\",\"message\":\"invalid key {key}\"}}}}"
            );
            respond(401, "content-type: application/json\r\n", &body)
        });
        let home = Home::with(&config(&server, None));
        let said = home.run(&[
            "run",
            "--model",
            &dialect.model(),
            "--output",
            "json",
            "my key is",
            key,
        ]);
        // Two words are no prompt: the shell's quotes were forgotten.
        assert_eq!(said.code, 2);
        let prompt = format!("my key is {key}");
        let said = home.run(&[
            "run",
            "--model",
            &dialect.model(),
            "--output",
            "json",
            &prompt,
        ]);
        assert_eq!(
            (said.code, &said.json()["error"]["kind"]),
            (5, &json!("auth")),
            "{said:?}"
        );
        let requests = server.requests();
        assert_eq!(requests.len(), 1, "a refused key is not tried again");
        let sent = match dialect {
            Dialect::Anthropic => requests[0].header("x-api-key").map(ToOwned::to_owned),
            Dialect::OpenAiChat | Dialect::OpenAiResponses | Dialect::Ollama => requests[0]
                .header("authorization")
                .map(|value| value.replace("Bearer ", "")),
            Dialect::Gemini => requests[0].header("x-goog-api-key").map(ToOwned::to_owned),
        };
        assert_eq!(sent.as_deref(), Some(key));
        let body = String::from_utf8_lossy(&requests[0].body).into_owned();
        assert!(
            !body.contains(key),
            "a key that Creel holds is sent as its key only: {body}"
        );
        assert!(!format!("{said:?}").contains(key), "{said:?}");
        for (path, _) in crate::support::modes(&home.path()) {
            let bytes = std::fs::read(&path).unwrap_or_default();
            let found = bytes
                .windows(key.len())
                .any(|window| window == key.as_bytes());
            assert!(!found, "the key stands in {}", path.display());
        }
    }
}
