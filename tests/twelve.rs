//! The twelve-step task by the true program, in every dialect: it is done, every request but for its marks of the cache
//! extends the one before byte for byte, little goes in, it costs little, and the log is written at most three times a step.

use std::fs;

use serde_json::Value;

use crate::support::server::{Dialect, Request, Server, config};
use crate::support::task::{commits, project, steps};
use crate::support::{Home, skipped};

/// A token is taken as this many bytes.
const TOKEN: usize = 4;

/// Dollars the whole task may cost, by $3, $0.30 and $15 for a million tokens of fresh input, input read from a cache, and
/// output.
const DEAREST: f64 = 0.08;

/// A cache reads no prefix of fewer tokens.
const LEAST_PREFIX: usize = 1_024;

#[test]
fn twelve_steps_are_done_and_every_request_extends_the_last() {
    for &dialect in Dialect::ALL {
        let home = Home::new();
        if !project(&home) {
            skipped("the twelve-step task", "there is no git");
            return;
        }
        let server = Server::plays(steps());
        home.config(&config(&server, Some((3.0, 15.0))));
        // The log is made first, and held open: its file of writes then keeps every commit.
        assert_eq!(home.run(&["sessions"]).code, 0);
        let log = rusqlite::Connection::open(home.db()).unwrap();
        log.execute_batch("begin; select count(*) from event")
            .unwrap();
        let before = commits(&home.db());

        let model = dialect.model();
        let prompt = "Do the twelve step task.";
        let said = home.run(&[
            "run", "--model", &model, "--mode", "auto", "--output", "json", prompt,
        ]);
        assert_eq!(said.code, 0, "{said:?}");
        let result = said.json();
        assert_eq!(result["ending"], "finished");
        assert_eq!(result["result"], "All twelve steps are done.");
        assert_eq!(result["steps"], 13);
        let calls = result["tool_calls"].as_array().unwrap();
        assert_eq!(calls.len(), 12);
        for call in calls {
            assert_eq!(call["outcome"], "done", "{call}");
        }
        let app = fs::read_to_string(home.work().join("src/app.py")).unwrap();
        assert!(app.contains("good day") && home.work().join("NOTES.md").exists());

        let requests = server.requests();
        assert_eq!(requests.len(), 13, "{dialect:?}: one request a step");
        extend(&requests);
        overhead(dialect, &requests[0]);
        sizes(&requests[12]);
        let output = result["usage"]["output_tokens"].as_u64().unwrap();
        let cost = cost(&requests, output);
        assert!(cost <= DEAREST, "{dialect:?}: ${cost:.4}");
        let written = commits(&home.db()) - before;
        // A step is at least its request and its answer; the session's opening is one more.
        assert!(
            (2 * 13..=3 * 13 + 1).contains(&written),
            "{dialect:?}: {written} commits for 13 steps"
        );
        drop(log);
    }
}

/// Each body is the one before without its closing brackets, and more.
fn extend(requests: &[Request]) {
    for (number, pair) in requests.windows(2).enumerate() {
        let [old, new] = [pair[0].bare(), pair[1].bare()];
        let kept = old
            .strip_suffix("]}")
            .expect("a body ends with its messages");
        assert!(
            new.starts_with(kept),
            "request {} is no extension of the one before: it differs at byte {}",
            number + 2,
            kept.bytes()
                .zip(new.bytes())
                .take_while(|(a, b)| a == b)
                .count()
        );
    }
}

/// What the task costs where a cache reads all that one request has of the one before.
fn cost(requests: &[Request], output: u64) -> f64 {
    let (mut fresh, mut cached, mut before) = (0, 0, 0);
    for request in requests {
        let whole = request.bare().len().div_ceil(TOKEN);
        let read = if before < LEAST_PREFIX { 0 } else { before };
        fresh += whole - read;
        cached += read;
        before = whole;
    }
    (fresh as f64 * 3.0 + cached as f64 * 0.3 + output as f64 * 15.0) / 1e6
}

/// System prompt and tools of the first request.
fn overhead(dialect: Dialect, first: &Request) {
    let body = first.json();
    let system = match dialect {
        Dialect::Anthropic => &body["system"][0]["text"],
        Dialect::OpenAiChat | Dialect::Ollama => &body["messages"][0]["content"],
        Dialect::OpenAiResponses => &body["instructions"],
        Dialect::Gemini => &body["systemInstruction"]["parts"][0]["text"],
    };
    let system = system.as_str().expect("a system prompt").len();
    let tools = body["tools"].to_string().len();
    let tokens = (system + tools).div_ceil(TOKEN);
    assert!(
        tokens <= 1_000,
        "{dialect:?}: {tokens} tokens before anything is asked (system {system} bytes, tools {tools})"
    );
}

/// What the model read of each result.
fn sizes(last: &Request) {
    let body = last.json();
    let mut results = Vec::new();
    let messages = [&body["messages"], &body["input"], &body["contents"]];
    for message in messages.into_iter().filter_map(Value::as_array).flatten() {
        for part in message["parts"].as_array().into_iter().flatten() {
            let result = part.pointer("/functionResponse/response/output");
            results.extend(result.cloned());
        }
        match &message["content"] {
            Value::Array(blocks) => {
                let results_here = blocks.iter().filter(|block| block["type"] == "tool_result");
                results.extend(results_here.map(|block| block["content"].clone()));
            }
            content if message["role"] == "tool" => results.push(content.clone()),
            _ if message["type"] == "function_call_output" => {
                results.push(message["output"].clone());
            }
            _ => {}
        }
    }
    let sizes: Vec<usize> = results
        .iter()
        .map(|result| result.as_str().expect("a text").len())
        .collect();
    assert_eq!(sizes.len(), 12, "{sizes:?}");
    let most = [
        ("README.md, read whole", 1, 2_000..2_400),
        ("60 kB of output", 5, 7_000..8_000),
        ("the head of a log of 144 kB", 6, 7_500..8_600),
    ];
    for (what, index, expected) in most {
        let size = sizes[index];
        assert!(
            expected.contains(&size),
            "{what}: {size} bytes of {expected:?}"
        );
    }
}
