//! Providers at fault, in every dialect, by the true program: nothing is run twice or half, no text is doubled, every
//! request is valid, and nobody is asked more often than is right.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::support::server::{
    Act, Dialect, Request, Server, Turn, answer, chunk, config, events, head, respond,
};
use crate::support::{Home, Said, valid};

/// What a server does when it is asked for the first time, the second, and so on; the last for all beyond.
type Answers = Vec<Play>;

struct Outcome {
    said: Said,
    requests: usize,
    home: Home,
}

impl Outcome {
    fn result(&self) -> Value {
        self.said.json()
    }
}

/// Runs a prompt in mode auto at a server that does this.
fn run(dialect: Dialect, answers: Answers) -> Outcome {
    let asked = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        let number = asked.fetch_add(1, Ordering::Relaxed);
        answers[number.min(answers.len() - 1)](request)
    });
    let home = Home::with(&config(&server, Some((3.0, 15.0))));
    home.file("notes.txt", "one\n");
    let model = dialect.model();
    let said = home.run(&[
        "run", "--model", &model, "--mode", "auto", "--output", "json", "go",
    ]);
    let requests = server.requests();
    for (number, request) in requests.iter().enumerate() {
        if let Err(fault) = valid::check(request) {
            panic!("{dialect:?}, request {}: {fault}", number + 1);
        }
    }
    Outcome {
        said,
        requests: requests.len(),
        home,
    }
}

/// What a server does with a request.
type Play = Box<dyn Fn(&Request) -> Vec<Act> + Send + Sync>;

fn says(turn: Turn) -> Play {
    Box::new(move |request| answer(request, &turn))
}

fn does(acts: impl Fn(&Request) -> Vec<Act> + Send + Sync + 'static) -> Play {
    Box::new(acts)
}

fn done() -> Play {
    says(Turn::text("All is well."))
}

/// A call that leaves a line in a file each time it runs.
fn marks() -> Turn {
    Turn::call(
        "I mark it.",
        "bash",
        &json!({"command": "echo mark >> marks"}),
    )
}

fn marked(home: &Home) -> usize {
    let marks = fs::read_to_string(home.work().join("marks")).unwrap_or_default();
    marks.lines().count()
}

fn outcomes(result: &Value) -> Vec<&str> {
    let calls = result["tool_calls"].as_array().unwrap();
    calls
        .iter()
        .filter_map(|call| call["outcome"].as_str())
        .collect()
}

/// Runs a trial for all dialects side by side.
fn each(trial: impl Fn(Dialect) + Sync) {
    std::thread::scope(|scope| {
        for &dialect in Dialect::ALL {
            let trial = &trial;
            scope.spawn(move || trial(dialect));
        }
    });
}

#[test]
fn a_call_that_was_cut_by_the_output_limit_is_never_run() {
    each(|dialect| {
        let stop = match dialect {
            Dialect::Anthropic => "max_tokens",
            Dialect::OpenAiChat | Dialect::Ollama => "length",
            Dialect::OpenAiResponses => "max_output_tokens",
            Dialect::Gemini => "MAX_TOKENS",
        };
        for arguments in [
            "{\"command\": \"echo mark >> ma",
            "{\"command\": \"echo mark >> marks\"}",
        ] {
            let cut = Turn {
                text: "I mark it.".to_owned(),
                calls: vec![("bash".to_owned(), arguments.to_owned())],
                stop,
                ..Turn::default()
            };
            let outcome = run(dialect, vec![says(cut), done()]);
            let result = outcome.result();
            assert_eq!(
                (outcome.said.code, outcomes(&result)),
                (0, vec!["failed"]),
                "{result}"
            );
            assert_eq!((marked(&outcome.home), outcome.requests), (0, 2));
        }
    });
}

#[test]
fn broken_arguments_fail_and_nothing_runs() {
    let broken = [
        "{\"command\": ",
        "[1]",
        "nonsense",
        "{\"command\": 3}",
        "{\"command\": \"echo mark >> marks\"} and more",
    ];
    each(|dialect| {
        for arguments in broken {
            let turn = Turn {
                calls: vec![("bash".to_owned(), arguments.to_owned())],
                ..Turn::default()
            };
            let outcome = run(dialect, vec![says(turn), done()]);
            let result = outcome.result();
            assert_eq!(
                (outcome.said.code, outcomes(&result)),
                (0, vec!["failed"]),
                "{arguments}: {result}"
            );
            let is_object =
                serde_json::from_str::<Value>(arguments).is_ok_and(|value| value.is_object());
            assert_eq!(
                result["tool_calls"][0]["input"].is_null(),
                !is_object,
                "{arguments}: {result}"
            );
            assert_eq!(marked(&outcome.home), 0);
        }
    });
}

#[test]
fn many_calls_of_one_answer_get_a_result_each() {
    each(|dialect| {
        let read = |limit: usize| json!({"path": "notes.txt", "limit": limit}).to_string();
        let mut calls: Vec<_> = (1..=40)
            .map(|limit| ("read".to_owned(), read(limit)))
            .collect();
        calls.push(("no_such_tool".to_owned(), "{}".to_owned()));
        calls.push((
            "bash".to_owned(),
            json!({"command": "echo mark >> marks"}).to_string(),
        ));
        let turn = Turn {
            calls,
            ..Turn::default()
        };
        let outcome = run(dialect, vec![says(turn), done()]);
        let result = outcome.result();
        let mut expected = vec!["done"; 40];
        expected.extend(["failed", "done"]);
        assert_eq!(
            (outcome.said.code, outcomes(&result)),
            (0, expected),
            "{result}"
        );
        assert_eq!(marked(&outcome.home), 1);
    });
}

#[test]
fn an_answer_that_breaks_off_is_asked_for_again_and_no_call_of_it_runs() {
    // Before a word, in the middle of a text, of a call's arguments, and after the call but before the answer's end.
    let cut = |dialect, number: usize, events: &[String]| match dialect {
        Dialect::Anthropic | Dialect::OpenAiChat | Dialect::OpenAiResponses => {
            [0, 2, events.len() - 5, events.len() - 3][number]
        }
        // A call comes whole.
        Dialect::Gemini | Dialect::Ollama => [0, 1, events.len() - 2, events.len() - 1][number],
    };
    each(|dialect| {
        std::thread::scope(|scope| {
            for number in 0..4 {
                for reset in [false, true] {
                    scope.spawn(move || {
                        let breaks = does(move |request| {
                            let events = events(request, &marks());
                            let mut acts = vec![Act::send(head(request))];
                            acts.extend(
                                events[..cut(dialect, number, &events)]
                                    .iter()
                                    .map(|event| Act::Send(chunk(event))),
                            );
                            acts.push(if reset { Act::Reset } else { Act::HalfClose });
                            acts
                        });
                        let outcome = run(dialect, vec![breaks, says(marks()), done()]);
                        let result = outcome.result();
                        let name = format!("{dialect:?}, cut {number}, reset {reset}: {result}");
                        assert_eq!(
                            (outcome.said.code, outcomes(&result)),
                            (0, vec!["done"]),
                            "{name}"
                        );
                        assert_eq!((marked(&outcome.home), outcome.requests), (1, 3), "{name}");
                        let session = result["session_id"].as_str().unwrap();
                        let shown = outcome.home.run(&["show", session]).out;
                        assert_eq!(shown.matches("I mark it.").count(), 1, "{name}: {shown}");
                    });
                }
            }
        });
    });
}

#[test]
fn a_provider_is_asked_again_as_it_says() {
    let json = "content-type: application/json\r\n";
    let body = r#"{"type":"error","error":{"type":"some_error","message":"not now"}}"#;
    let cases = [
        // Status, header, exit code, requests.
        (429, "retry-after: 0\r\n", 0, 2),
        (503, "retry-after: 0\r\n", 0, 2),
        (529, "retry-after: 0\r\n", 0, 2),
        // Nobody waits thirty years.
        (429, "retry-after: 1000000000\r\n", 5, 1),
        (503, "x-should-retry: false\r\n", 5, 1),
        (400, "retry-after: 0\r\n", 5, 1),
        (401, "retry-after: 0\r\n", 5, 1),
        (403, "", 5, 1),
        (404, "", 5, 1),
    ];
    each(|dialect| {
        for (status, header, code, requests) in cases {
            let refuses = does(move |_| respond(status, &format!("{json}{header}"), body));
            let outcome = run(dialect, vec![refuses, done()]);
            let found = (outcome.said.code, outcome.requests);
            assert_eq!(
                found,
                (code, requests),
                "{dialect:?} {status} {header}: {:?}",
                outcome.said
            );
        }
    });
}

#[test]
fn an_error_within_the_stream_is_one() {
    each(|dialect| {
        let fails = does(move |request| {
            let text = events(request, &Turn::text("I was about to"));
            let error = match dialect {
                Dialect::Anthropic => {
                    "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n"
                }
                Dialect::OpenAiChat => {
                    "data: {\"error\":{\"message\":\"Overloaded\",\"code\":503}}\n\n"
                }
                Dialect::Ollama => "{\"error\":\"model runner has unexpectedly stopped\"}\n",
                Dialect::OpenAiResponses => {
                    "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"Overloaded\"}}}\n\n"
                }
                Dialect::Gemini => {
                    "data: {\"error\":{\"code\":503,\"message\":\"Overloaded\",\"status\":\"UNAVAILABLE\"}}\n\n"
                }
            };
            let mut acts = vec![Act::send(head(request))];
            acts.extend(
                text[..2.min(text.len() - 1)]
                    .iter()
                    .map(|event| Act::Send(chunk(event))),
            );
            acts.push(Act::Send(chunk(error)));
            acts.push(Act::send("0\r\n\r\n"));
            acts
        });
        let outcome = run(dialect, vec![fails, done()]);
        let result = outcome.result();
        assert_eq!(
            (outcome.said.code, &result["result"]),
            (0, &json!("All is well.")),
            "{result}"
        );
        assert_eq!(outcome.requests, 2);
    });
}

#[test]
fn a_refusal_ends_the_turn_and_is_not_asked_again() {
    each(|dialect| {
        let turn = Turn {
            stop: match dialect {
                Dialect::Anthropic => "refusal",
                Dialect::OpenAiChat | Dialect::OpenAiResponses | Dialect::Ollama => {
                    "content_filter"
                }
                Dialect::Gemini => "SAFETY",
            },
            ..Turn::text("I cannot")
        };
        let outcome = run(dialect, vec![says(turn), done()]);
        let result = outcome.result();
        let found = (
            outcome.said.code,
            &result["error"]["kind"],
            outcome.requests,
        );
        assert_eq!(found, (5, &json!("refused"), 1), "{result}");
    });
}

#[test]
fn odd_answers_do_no_harm() {
    each(|dialect| {
        // Nothing at all; then a text with bytes that are no text; then a call of 200 kB.
        let outcome = run(dialect, vec![says(Turn::default()), done()]);
        assert!(
            outcome.said.code == 0 || outcome.said.code == 5,
            "{:?}",
            outcome.said
        );

        let garbles = does(move |request| {
            let mut acts = vec![Act::send(head(request))];
            for event in events(request, &Turn::text("All is @ well.")) {
                let mut bytes = chunk(&event);
                if let Some(at) = bytes.iter().position(|byte| *byte == b'@') {
                    bytes[at] = 0xff;
                }
                acts.push(Act::Send(bytes));
            }
            acts.push(Act::send("0\r\n\r\n"));
            acts
        });
        let outcome = run(dialect, vec![garbles]);
        assert_eq!(
            outcome.result()["result"],
            "All is \u{fffd} well.",
            "{:?}",
            outcome.said
        );

        let content = "x".repeat(200_000);
        let call = Turn::call("", "write", &json!({"path": "big.txt", "content": content}));
        let outcome = run(dialect, vec![says(call), done()]);
        assert_eq!(outcome.said.code, 0, "{:?}", outcome.said);
        assert_eq!(
            fs::metadata(outcome.home.work().join("big.txt"))
                .unwrap()
                .len(),
            200_000
        );
    });
}

#[test]
fn a_prompt_above_the_window_is_too_long_though_the_server_says_nothing() {
    let (dialect, long) = (Dialect::OpenAiChat, "go on ".repeat(1000));
    // What it answers does not matter: it counts more tokens than the window has.
    for (preset, window, code) in [("zai", 1024, 5), ("zai", 1_000_000, 0), ("xai", 1024, 0)] {
        let server = Server::start(|request| answer(request, &Turn::text("From a part of it.")));
        let known = config(&server, Some((3.0, 15.0)));
        let wire = "wire = \"openai-chat\"\n";
        let own = "context = 1000000\nmax_output = 8000\n";
        let known = known.replace(wire, &format!("{wire}preset = \"{preset}\"\n"));
        let home =
            Home::with(&known.replace(own, &format!("context = {window}\nmax_output = 500\n")));
        let said = home.run(&[
            "run",
            "--model",
            &dialect.model(),
            "--output",
            "json",
            &long,
        ]);
        let result = said.json();
        assert_eq!(said.code, code, "{preset} {window}: {result}");
        assert_eq!(server.requests().len(), 1, "{result}");
        // Answered or not, it was read to its end and is paid for.
        assert!(result["cost_usd"].as_f64() > Some(0.0), "{result}");
        let kind = result["error"]["kind"].as_str();
        assert_eq!(kind, (code == 5).then_some("too_long"), "{result}");
    }
}

#[test]
fn what_a_provider_does_not_count_is_estimated_and_not_free() {
    each(|dialect| {
        let silent = does(move |request| {
            let mut acts = vec![Act::send(head(request))];
            let without = |event: &String| !event.contains("prompt_tokens");
            for event in events(request, &Turn::text("All is well."))
                .into_iter()
                .filter(without)
            {
                let event = event
                    .replace("input_tokens", "other")
                    .replace("output_tokens", "others")
                    .replace("eval_count", "others");
                acts.push(Act::Send(chunk(&event)));
            }
            acts.push(Act::send("0\r\n\r\n"));
            acts
        });
        let outcome = run(dialect, vec![silent]);
        let result = outcome.result();
        assert_eq!(outcome.said.code, 0, "{result}");
        assert!(
            result["cost_usd"].as_f64().is_none_or(|cost| cost > 0.001),
            "{result}"
        );
    });
}
