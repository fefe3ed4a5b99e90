//! Routes by the true program: endpoints at fault in every way, in either dialect. The good one serves, nothing is run twice,
//! and the ledger says what the servers counted.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use serde_json::{Value, json};

use crate::support::server::{
    self, Act, Dialect, Gate, HEAD, Request, Server, Turn, answer, chunk, events, respond,
};
use crate::support::{Home, valid};

/// Dollars for a million tokens in and out, another at each endpoint.
const PRICES: [(f64, f64); 5] = [(1.0, 2.0), (2.0, 4.0), (3.0, 6.0), (4.0, 8.0), (5.0, 10.0)];

const NAMES: [&str; 5] = ["limited", "broken", "slow", "cut", "good"];

/// A config with one provider a server, in the order of [`NAMES`], and the route of all.
fn config(servers: &[Server], dialect: Dialect, more: &str) -> String {
    let mut config = String::new();
    let mut endpoints = Vec::new();
    for ((name, server), price) in NAMES.iter().zip(servers).zip(PRICES) {
        // Of the entries of all dialects those of this one, under another name.
        let entries = server::config(server, Some(price));
        for entry in entries.split("[providers.") {
            if let Some(rest) = entry.strip_prefix(dialect.provider()) {
                let _ = writeln!(config, "[providers.{name}{rest}");
            }
        }
        endpoints.push(format!("{name}/m"));
    }
    let _ = writeln!(config, "[routes.all]\nendpoints = {endpoints:?}\n{more}");
    config
}

/// A call that leaves a line in a file each time it runs.
fn marks() -> Turn {
    Turn::call(
        "I mark it.",
        "bash",
        &json!({"command": "echo mark >> marks"}),
    )
}

/// Works: one call, then the last word.
fn works(request: &Request) -> Vec<Act> {
    if request.results() == 0 {
        answer(request, &marks())
    } else {
        answer(request, &Turn::text("All is well."))
    }
}

/// Begins to answer, and breaks off in the middle.
fn breaks_off(request: &Request) -> Vec<Act> {
    let events = events(request, &marks());
    let mut acts = vec![Act::send(HEAD)];
    let most = events.len() / 2;
    acts.extend(events[..most].iter().map(|event| Act::Send(chunk(event))));
    acts.push(Act::Reset);
    acts
}

fn refuses(status: u16, headers: &'static str) -> Server {
    let body = r#"{"type":"error","error":{"type":"some_error","message":"not now"}}"#;
    let headers = format!("content-type: application/json\r\n{headers}");
    Server::start(move |_| respond(status, &headers, body))
}

fn counts(servers: &[Server]) -> Vec<usize> {
    servers
        .iter()
        .map(|server| server.requests().len())
        .collect()
}

/// The ledger's rows by model.
fn ledger(home: &Home) -> BTreeMap<String, Value> {
    let cost = home.run(&["cost", "--by", "model", "--json"]).json();
    let rows = cost["rows"].as_array().unwrap().iter();
    rows.map(|row| (row["key"].as_str().unwrap().to_owned(), row.clone()))
        .collect()
}

fn explained(home: &Home, arguments: &[&str]) -> (Value, Vec<String>) {
    let arguments = [&["route", "explain", "--json"], arguments].concat();
    let report = home.run(&arguments).json();
    let endpoints = report["endpoints"].as_array().unwrap();
    let reasons = endpoints
        .iter()
        .map(|row| row["reason"].as_str().unwrap().to_owned());
    let reasons = reasons.collect();
    (report, reasons)
}

#[test]
fn of_five_endpoints_the_good_one_serves() {
    std::thread::scope(|scope| {
        for &dialect in Dialect::ALL {
            scope.spawn(move || five_endpoints(dialect));
        }
    });
}

fn five_endpoints(dialect: Dialect) {
    let gate = Gate::default();
    let waits = gate.clone();
    let servers = [
        refuses(429, "retry-after: 3000\r\n"),
        refuses(500, ""),
        Server::start(move |request| {
            // Its head comes at once, and then nothing.
            let mut acts = works(request);
            acts.insert(1, Act::Wait(waits.clone()));
            acts
        }),
        Server::start(breaks_off),
        Server::start(works),
    ];
    // Nobody waits long for the slow one while others are ready; and what failed is not ready again while this is tried.
    let home = Home::with(&config(&servers, dialect, "patience = 1\ncooldown = 3600"));
    let run = |session: &[&str]| {
        let arguments = [
            "run",
            "--model",
            "route/all",
            "--mode",
            "auto",
            "--output",
            "json",
        ];
        let said = home.run(&[&arguments, session, &["go"]].concat());
        assert_eq!(said.code, 0, "{dialect:?}: {said:?}");
        said.json()
    };
    let result = run(&[]);
    assert_eq!(
        (&result["result"], &result["model"], &result["steps"]),
        (&json!("All is well."), &json!("good/m"), &json!(2)),
        "{result}"
    );
    // Each is asked once; the good one stays for the second step. The call of the answer that was cut has not run.
    assert_eq!(counts(&servers), [1, 1, 1, 1, 2], "{dialect:?}");
    let marked = fs::read_to_string(home.work().join("marks")).unwrap();
    assert_eq!(marked.lines().count(), 1);
    for server in &servers {
        for request in server.requests() {
            valid::check(&request).unwrap();
        }
    }

    let rows = ledger(&home);
    let calls: Vec<_> = NAMES
        .iter()
        .map(|name| rows[&format!("{name}/m")]["calls"].clone())
        .collect();
    assert_eq!(json!(calls), json!([1, 1, 1, 1, 2]));
    // What the good one counted, to the token and the cent.
    let input: usize = servers[4]
        .requests()
        .iter()
        .map(|request| request.body.len() / 4)
        .sum();
    let output = |turn: &Turn| {
        let said: usize = turn.calls.iter().map(|(_, text)| text.len()).sum();
        (turn.text.len() + said) / 4 + 1
    };
    let output = output(&marks()) + output(&Turn::text("All is well."));
    let good = &rows["good/m"];
    assert_eq!(
        (&good["input_tokens"], &good["output_tokens"]),
        (&json!(input), &json!(output)),
        "{good}"
    );
    let dollars = (input as f64 * 5.0 + output as f64 * 10.0) / 1e6;
    assert!(
        (good["cost_usd"].as_f64().unwrap() - dollars).abs() < 1e-12,
        "{good}"
    );
    // What was refused is free; what was taken and lost, or given up, is estimated and not free.
    for (name, free) in [
        ("limited", true),
        ("broken", true),
        ("slow", false),
        ("cut", false),
    ] {
        let row = &rows[&format!("{name}/m")];
        assert_eq!(row["cost_usd"] == json!(0.0), free, "{row}");
        assert_eq!(row["unknown"], 0);
    }
    if dialect == Dialect::Anthropic {
        // It had said what the prompt came to before it broke off.
        let input = servers[3].requests()[0].body.len() / 4;
        assert_eq!(rows["cut/m"]["input_tokens"], json!(input));
    }

    // Another process knows all that, and why; the session itself finds its cache warm.
    let session = result["session_id"].as_str().unwrap();
    let (report, reasons) = explained(&home, &["--model", "route/all"]);
    assert_eq!(report["serves"], "good/m", "{report}");
    assert_eq!(
        reasons,
        ["cooling", "cooling", "cooling", "cooling", "first"],
        "{report}"
    );
    let (_, reasons) = explained(&home, &["--session", &session[session.len() - 8..]]);
    assert_eq!(reasons[4], "warm");
    run(&["--session", session]);
    run(&[]);
    assert_eq!(counts(&servers)[..4], [1, 1, 1, 1]);
    // The person was told who had begun to answer and why not the others before it, last by whom the work was done: what had not
    // begun to answer is not said to.
    let shown = home.run(&["show", session]).out;
    let told: Vec<&str> = shown
        .lines()
        .filter(|line| line.contains("answers now"))
        .collect();
    let begun = told.iter().map(|line| {
        let failed = |name: &&str| line.contains(&format!("{name}/m: failed"));
        let failed: Vec<_> = NAMES.into_iter().filter(failed).collect();
        let answers = |name: &&str| line.contains(&format!("{name}/m answers now"));
        (NAMES.into_iter().find(answers), failed)
    });
    let expected = [
        (Some("cut"), vec!["limited", "broken", "slow"]),
        (Some("good"), vec!["limited", "broken", "slow", "cut"]),
    ];
    assert_eq!(begun.collect::<Vec<_>>(), expected, "{shown}");
    gate.open();
}

#[test]
fn where_none_can_serve_each_is_asked_once_and_named() {
    let servers = [refuses(401, ""), refuses(404, ""), refuses(400, "")];
    let mut config = config(&servers, Dialect::OpenAiChat, "");
    config.push_str("[routes.keyless]\nendpoints = [\"anthropic/claude-x\"]\n");
    let home = Home::with(&config);
    let said = home.run(&["run", "--model", "route/all", "--output", "json", "go"]);
    let result = said.json();
    assert_eq!(
        (said.code, counts(&servers)),
        (5, vec![1, 1, 1]),
        "{result}"
    );
    let error = &result["error"];
    assert_eq!(error["kind"], "auth", "{error}");
    for name in ["limited/m", "broken/m", "slow/m"] {
        assert!(error["message"].as_str().unwrap().contains(name), "{error}");
    }
    // The person may have mended it: a new run asks again.
    let said = home.run(&["run", "--model", "route/all", "go"]);
    assert_eq!(
        (said.code, counts(&servers)),
        (5, vec![2, 2, 2]),
        "{said:?}"
    );
    // Nothing is asked where nothing can be.
    let said = home.run(&["run", "--model", "route/keyless", "--output", "json", "go"]);
    let message = said.json()["error"]["message"].clone();
    let expected = "no endpoint of route/keyless can serve: anthropic/claude-x no key: ANTHROPIC_API_KEY is not set";
    assert_eq!((said.code, &message), (1, &json!(expected)), "{said:?}");
    assert_eq!(ledger(&home).len(), 3);
    // Of a name that is none, and with a budget of a model without a price, nothing begins.
    for (model, more) in [
        ("route/none", "--no-retry"),
        ("route/keyless", "--budget=1"),
    ] {
        let said = home.run(&["run", "--model", model, more, "go"]);
        assert_eq!(said.code, 2, "{said:?}");
    }
}

#[test]
fn one_attempt_is_one_on_a_route_too() {
    let servers = [refuses(500, ""), Server::start(works)];
    let home = Home::with(&config(&servers, Dialect::Anthropic, ""));
    let said = home.run(&["run", "--model", "route/all", "--no-retry", "go"]);
    assert_eq!((said.code, counts(&servers)), (5, vec![1, 0]), "{said:?}");
}

#[test]
fn routes_are_listed_and_explained_before_they_are_used() {
    let servers = [refuses(500, ""), Server::start(works)];
    let home = Home::with(&config(
        &servers,
        Dialect::OpenAiChat,
        "policy = \"cheapest\"\nneeds = { context = 100000 }",
    ));
    let models = home.run(&["models", "--json"]).json();
    let route = models
        .as_array()
        .unwrap()
        .iter()
        .find(|card| card["model"] == "route/all");
    assert_eq!(route.unwrap()["price"]["input"], json!(1.0), "{models}");
    let (report, reasons) = explained(&home, &["--model", "route/all"]);
    assert_eq!(
        (&report["policy"], &report["needs"]["context"], reasons),
        (
            &json!("cheapest"),
            &json!(100_000),
            vec!["cheapest".to_owned(), "dearer".to_owned()]
        ),
        "{report}"
    );
    let (report, reasons) = explained(&home, &["--model", "broken/m"]);
    assert_eq!(
        (&report["policy"], reasons),
        (&Value::Null, vec!["chosen".to_owned()])
    );
    assert_eq!(home.run(&["route", "explain"]).code, 0);
    assert_eq!(counts(&servers), [1, 1], "each for its list of models");
}

#[test]
fn what_is_explained_is_what_would_be_asked() {
    let servers = [
        refuses(429, "retry-after: 300\r\n"),
        refuses(401, ""),
        refuses(429, "retry-after: 100000\r\n"),
        Server::start(works),
        Server::start(works),
    ];
    let roles = "[roles]\nplan = \"cut/m\"";
    let plain = config(&servers, Dialect::OpenAiChat, roles);
    let home = Home::with(&plain);
    // A model that stands alone is asked again whatever it said, but for a wait that others were told.
    for (name, reason) in [
        ("limited", "cooling"),
        ("broken", "chosen"),
        ("slow", "chosen"),
    ] {
        let model = format!("{name}/m");
        let said = home.run(&["run", "--no-retry", "--model", &model, "go"]);
        assert_eq!(said.code, 5, "{said:?}");
        let (report, reasons) = explained(&home, &["--model", &model]);
        assert_eq!(reasons, [reason], "{report}");
        let asked = (reason == "chosen").then_some(&model);
        assert_eq!(report["serves"], json!(asked), "{report}");
        assert_eq!(report["ready_at"].is_null(), asked.is_some(), "{report}");
    }
    // In plan mode the model of that role answers: in a session, and in one that would begin now.
    for (mode, expected) in [("plan", "cut/m"), ("auto", "good/m")] {
        let arguments = [
            "run", "--mode", mode, "--model", "good/m", "--output", "json", "go",
        ];
        let result = home.run(&arguments).json();
        assert_eq!(result["model"], expected, "{result}");
        let session = result["session_id"].as_str().unwrap();
        assert_eq!(
            explained(&home, &["--session", session]).0["model"],
            expected
        );
        home.config(&format!("model = \"good/m\"\nmode = \"{mode}\"\n{plain}"));
        assert_eq!(explained(&home, &[]).0["model"], expected);
    }
}

#[test]
fn nobody_is_told_of_an_endpoint_that_was_not_asked() {
    let servers = [refuses(500, ""), Server::start(works)];
    let config = config(&servers, Dialect::OpenAiChat, "");
    // The second is too dear for the day.
    let config = config.replace("input = 2", "input = 900000");
    let home = Home::with(&format!("{config}\n[budget]\nday = 5\n"));
    let said = home.run(&["run", "--model", "route/all", "--output", "json", "go"]);
    assert_eq!((said.code, counts(&servers)), (4, vec![1, 0]), "{said:?}");
    let session = said.json()["session_id"].as_str().unwrap().to_owned();
    let shown = home.run(&["show", &session]).out;
    assert!(!shown.contains("answers now"), "{shown}");
}

#[test]
fn what_stood_before_the_endpoint_that_serves_is_said_once() {
    let servers = [refuses(503, ""), Server::start(works)];
    let config = config(&servers, Dialect::OpenAiChat, "cooldown = 3600");
    let (first, keyless) = ("[\"limited/m\"", "[\"anthropic/claude-x\", \"limited/m\"");
    let home = Home::with(&config.replace(first, keyless));
    // The first run finds out that one of them is busy, the second knows it.
    for _ in 0..2 {
        let said = home.run(&["run", "--model", "route/all", "--mode", "auto", "go"]);
        assert_eq!((said.code, &*said.out), (0, "All is well.\n"), "{said:?}");
        let mut told = said.err.lines().filter(|line| line.contains("answers now"));
        let line = told.next().unwrap_or_default();
        let busy = servers[0].address.trim_start_matches("http://");
        let expected = format!(
            "creel: route/all: broken/m answers now; anthropic/claude-x: no key: ANTHROPIC_API_KEY is not set; limited/m: failed: \
             {busy} answered 503: not now (some_error)"
        );
        assert_eq!((line, told.count()), (&*expected, 0), "{said:?}");
    }
    assert_eq!(counts(&servers), [1, 4]);
}
