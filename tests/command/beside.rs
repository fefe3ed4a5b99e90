//! A home has many processes: each session one writer, the money shared.

use serde_json::{Value, json};

use crate::support::server::{Act, Gate, HEAD, Server, Turn, answer, config};
use crate::support::{Home, Said, end};

/// A server that lets requests wait until the gate is open, then answers.
fn waiting(gate: &Gate) -> Server {
    let gate = gate.clone();
    Server::start(move |request| {
        let mut acts = vec![Act::Wait(gate.clone())];
        acts.extend(answer(request, &Turn::text("Hello.")));
        acts
    })
}

#[test]
fn a_session_has_one_writer() {
    let gate = Gate::default();
    let server = waiting(&gate);
    let home = Home::with(&config(&server, None));
    let first = home
        .creel(&["run", "--model", "chat/m", "--output", "json", "hi"])
        .spawn()
        .unwrap();
    server.wait_for(1);
    let sessions = home.run(&["sessions", "--json"]).json();
    assert_eq!(sessions[0]["state"], "working");
    let session = sessions[0]["id"].as_str().unwrap();
    let second = home.run(&["run", "--session", session, "hi"]);
    let held = format!("held by process {}", first.id());
    assert!(
        second.code == 1 && second.err.contains(&held) && second.err.lines().count() == 1,
        "{second:?}"
    );
    let purge = home.run(&["purge", session]);
    assert!(purge.code == 1 && purge.err.contains("held"), "{purge:?}");
    // Everything else works beside it.
    assert_eq!(
        home.run(&["show", session, "--json"]).json()["items"][0]["text"],
        "hi"
    );
    assert_eq!(home.run(&["cost"]).code, 0);
    gate.open();
    assert_eq!(end(first).code, 0);
    assert_eq!(home.run(&["run", "--session", session, "hi"]).code, 0);
}

#[test]
fn a_run_is_stopped_from_another_process() {
    for arguments in [&["stop", "--all"][..], &["stop", "SESSION"], &["stop"]] {
        let gate = Gate::default();
        let wait = gate.clone();
        let server = Server::start(move |_| vec![Act::send(HEAD), Act::Wait(wait.clone())]);
        let home = Home::with(&config(&server, None));
        let run = home
            .creel(&["run", "--model", "chat/m", "--output", "json", "hi"])
            .spawn()
            .unwrap();
        server.wait_for(1);
        let session = home.run(&["sessions", "--json"]).json()[0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let arguments: Vec<&str> = arguments
            .iter()
            .map(|word| {
                if *word == "SESSION" {
                    session.as_str()
                } else {
                    word
                }
            })
            .collect();
        let stop = home.run(&arguments);
        assert_eq!(
            (stop.code, stop.out.as_str()),
            (0, "stopped 1 turn\n"),
            "{stop:?}"
        );
        let said = end(run);
        gate.open();
        assert_eq!(
            (said.code, &said.json()["ending"]),
            (130, &json!("interrupted")),
            "{said:?}"
        );
        assert!(said.err.contains("creel stop"), "{said:?}");
        assert_eq!(
            home.run(&["stop", "--all"]).code,
            0,
            "nothing runs any more"
        );
    }
}

#[test]
fn of_several_runs_none_is_stopped_unnamed() {
    let gate = Gate::default();
    let server = waiting(&gate);
    let home = Home::with(&config(&server, None));
    let run = || home.creel(&["run", "--model", "chat/m", "hi"]).spawn();
    let runs = [run().unwrap(), run().unwrap()];
    server.wait_for(2);
    let said = home.run(&["stop"]);
    assert!(
        said.code == 2 && said.err.starts_with("creel: 2 sessions run: "),
        "{said:?}"
    );
    assert_eq!(said.err.lines().count(), 1, "{said:?}");
    gate.open();
    for run in runs {
        assert_eq!(end(run).code, 0);
    }
}

#[test]
fn processes_share_the_days_budget() {
    // A call may cost 0.0252 dollars at most and a little for its prompt, and costs 0.0240 and that: three fit into a dime.
    let gate = Gate::default();
    let wait = gate.clone();
    let server = Server::start(move |request| {
        let turn = Turn {
            output: 8_000,
            ..Turn::text("Hello.")
        };
        let mut acts = vec![Act::Wait(wait.clone())];
        acts.extend(answer(request, &turn));
        acts
    });
    let home = Home::with(&format!(
        "budget.day = 0.1\n{}",
        config(&server, Some((0.1, 3.0)))
    ));
    let model = ["chat/m", "messages/m"];
    let runs: Vec<_> = (0..12)
        .map(|number| {
            home.creel(&[
                "run",
                "--model",
                model[number % 2],
                "--output",
                "json",
                "hi",
            ])
            .spawn()
            .unwrap()
        })
        .collect();
    // Only what fits was sent; the others were told no without waiting for it.
    server.wait_for(4);
    gate.open();
    let said: Vec<Said> = runs.into_iter().map(end).collect();
    let codes = |code: i32| said.iter().filter(|said| said.code == code).count();
    assert_eq!((codes(0), codes(4)), (4, 8), "{said:?}");
    assert_eq!(server.requests().len(), 4);
    let spent: f64 = said
        .iter()
        .filter_map(|said| said.json()["cost_usd"].as_f64())
        .sum();
    let cost: Value = home.run(&["cost", "--json"]).json();
    let told = cost["total"]["cost_usd"].as_f64().unwrap();
    assert!(
        (spent - told).abs() < 1e-9 && told <= 0.1,
        "{spent} and {told}"
    );
}
