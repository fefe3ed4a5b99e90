//! Every request that a server gets is an attempt in the ledger, at what it may have cost; by the true program.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::server::{
    Act, Dialect, Gate, HEAD, Request, Server, Turn, answer, chunk, config, events,
};
use crate::support::{Home, end, signal};

/// A call, and then the last word; the request with this number is lost.
fn loses(
    lost: usize,
    plays: impl Fn(&Request, &Turn) -> Vec<Act> + Send + Sync + 'static,
) -> Server {
    let asked = AtomicUsize::new(0);
    Server::start(move |request| {
        if asked.fetch_add(1, Ordering::Relaxed) == lost {
            return vec![Act::Reset];
        }
        let turn = match request.results() {
            0 => Turn::call("I look.", "read", &json!({"path": "notes.txt"})),
            _ => Turn::text("All is well."),
        };
        plays(request, &turn)
    })
}

fn total(home: &Home) -> Value {
    home.run(&["cost", "--json"]).json()["total"].clone()
}

#[test]
fn a_request_that_is_lost_on_a_kept_connection_is_an_attempt_like_any_other() {
    for (more, code, requests) in [("--no-retry", 5, 2), ("--max-steps=9", 0, 3)] {
        let server = loses(1, answer);
        let home = Home::with(&config(&server, Some((3.0, 15.0))));
        home.file("notes.txt", "one\n");
        let model = Dialect::OpenAiChat.model();
        let arguments = ["run", "--model", &model, "--output", "json", more, "go"];
        let said = home.run(&arguments);
        let found = (
            said.code,
            server.requests().len(),
            total(&home)["calls"].clone(),
        );
        assert_eq!(found, (code, requests, json!(requests)), "{said:?}");
    }
}

/// As [`answer`], with a cache that had almost all of the prompt.
fn warm(request: &Request, turn: &Turn) -> Vec<Act> {
    let mut acts = vec![Act::send(HEAD)];
    for event in events(request, turn) {
        let warm = r#""cache_read_input_tokens":90000,"input_tokens":"#;
        acts.push(Act::Send(chunk(&event.replace(r#""input_tokens":"#, warm))));
    }
    acts.push(Act::send("0\r\n\r\n"));
    acts
}

#[test]
fn a_lost_request_costs_what_its_cached_part_costs() {
    let server = loses(1, warm);
    let priced = config(&server, Some((3.0, 15.0)));
    let priced = priced.replace("output = 15.0", "output = 15.0, cache_read = 0.3");
    let home = Home::with(&priced);
    home.file("notes.txt", "one\n");
    let model = Dialect::Anthropic.model();
    // As fresh input it alone would come to $0.27.
    let arguments = [
        "run",
        "--model",
        &model,
        "--output",
        "json",
        "--budget=0.5",
        "go",
    ];
    let said = home.run(&arguments);
    let result = said.json();
    assert_eq!((said.code, server.requests().len()), (0, 3), "{said:?}");
    assert_eq!(result["cost_estimated"], true, "{result}");
    let dollars = result["cost_usd"].as_f64().unwrap();
    assert!((0.08..0.12).contains(&dollars), "{result}");
}

#[test]
fn a_stop_in_the_middle_keeps_what_was_counted() {
    let gate = Gate::default();
    let waits = gate.clone();
    let server = Server::start(move |request| {
        let mut acts = warm(request, &Turn::text("It goes on and on and on and on."));
        // The head, what was counted of the prompt, the beginning of a text and its first piece.
        acts.truncate(4);
        acts.push(Act::Wait(waits.clone()));
        acts
    });
    let home = Home::with(&config(&server, Some((3.0, 15.0))));
    let model = Dialect::Anthropic.model();
    let mut command = home.creel(&["run", "--model", &model, "--output", "stream-json", "go"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Until the words of it have come.
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    loop {
        let mut line = String::new();
        assert!(lines.read_line(&mut line).unwrap() > 0);
        if line.contains("It goes on") {
            break;
        }
    }
    signal(child.id(), Signal::INT);
    let said = end(child);
    gate.open();
    assert_eq!(said.code, 130, "{said:?}");
    let total = total(&home);
    let input = server.requests()[0].body.len() / 4;
    assert_eq!(
        (&total["input_tokens"], &total["cache_read_tokens"]),
        (&json!(input), &json!(90_000)),
        "{total}"
    );
}

#[test]
fn what_is_stopped_before_it_has_left_costs_nothing() {
    // A server that takes the connection and never says who it is.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let home = Home::with(&format!(
        "[providers.p]\nwire = \"openai-chat\"\nbase_url = \"https://{address}/v1\"\n\
         models.m.price = {{ input = 3, output = 15 }}\n"
    ));
    let mut command = home.creel(&["run", "--model", "p/m", "go"]);
    let authority = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/support/tls/authority.pem"
    );
    let child = command.env("SSL_CERT_FILE", authority).spawn().unwrap();
    let (mut connection, _) = listener.accept().unwrap();
    // It says hello first.
    assert!(connection.read(&mut [0; 1]).unwrap() > 0);
    signal(child.id(), Signal::INT);
    let said = end(child);
    assert_eq!(said.code, 130, "{said:?}");
    let total = total(&home);
    assert_eq!(
        (&total["calls"], &total["cost_usd"], &total["estimated"]),
        (&json!(1), &json!(0.0), &json!(0)),
        "{total}"
    );
}

#[test]
fn what_a_kill_cuts_is_estimated_when_the_log_is_opened_again() {
    let gate = Gate::default();
    let waits = gate.clone();
    let server = Server::start(move |request| {
        let mut acts = answer(request, &Turn::text("word ".repeat(400)));
        acts.truncate(acts.len() - 4);
        acts.extend([Act::Wait(waits.clone()), Act::Reset]);
        acts
    });
    let home = Home::with(&config(&server, Some((3.0, 15.0))));
    let model = Dialect::OpenAiChat.model();
    let mut command = home.creel(&["run", "--model", &model, "--output", "stream-json", "go"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("word") {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0);
    }
    signal(child.id(), Signal::KILL);
    end(child);
    gate.open();
    let session = home.run(&["sessions", "--json"]).json()[0]["id"].clone();
    let session = session.as_str().unwrap().to_owned();
    let more = home.run(&["run", "--session", &session, "--no-retry", "and now?"]);
    assert!(more.code < 128, "{more:?}");
    let total = total(&home);
    assert_eq!(total["unknown"], json!(0), "{total}");
    assert!(total["estimated"].as_u64() >= Some(1), "{total}");
    let input = server.requests()[0].body.len() / 4;
    assert!(
        total["input_tokens"].as_u64() >= Some(input as u64),
        "{total}"
    );
}
