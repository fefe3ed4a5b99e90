//! What a server says instead of an answer.

use pretty_assertions::assert_eq;

use crate::protocol::failure::{Failure, FailureKind};
use crate::provider::http::Patience;
use crate::provider::http::tests::{KEY, Then, ask, failed, remote, run, serve};
use crate::provider::openai_chat;

/// The failure of a whole answer, with the port taken out of the message.
pub fn failure_of(answer: &str) -> Failure {
    let answer = answer.as_bytes().to_vec();
    run(async {
        let (address, server) = serve(vec![answer], Then::Close).await;
        let chunks = ask(&remote(
            &address,
            &openai_chat::DIALECT,
            Patience::default(),
        ))
        .await;
        server.await.unwrap();
        let (mut failure, _) = failed(&chunks);
        failure.message = failure
            .message
            .replace(address.trim_start_matches("http://"), "HOST");
        failure
    })
}

/// A whole answer with that status.
pub fn status(line: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {line}\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

#[test]
fn a_refusal_becomes_the_reaction_it_asks_for() {
    use FailureKind::{Auth, BadRequest, Overloaded, Protocol, Rate, Refused, TooLong};
    let html = "<!doctype html><html><head><title>Log in\u{1b}[31m</title></head></html>";
    let error = |text: &str| {
        format!("{{\"error\":{{\"message\":\"{text}\",\"type\":\"sort\",\"code\":null}}}}")
    };
    let cases: Vec<(String, FailureKind, &str)> = vec![
        (
            status("401 No", "", &error(&format!("key {KEY} is bad"))),
            Auth,
            "HOST answered 401: key [key] is bad (sort): check the key (THE_KEY)",
        ),
        (
            status(
                "402 No",
                "",
                "{\"error\":{\"message\":\"Insufficient Balance\"}}",
            ),
            Auth,
            "HOST answered 402: Insufficient Balance: add credit there or choose another model",
        ),
        (
            status(
                "400 No",
                "",
                "{\"error\":{\"message\":\"Invalid model name passed in model=x\"}}",
            ),
            BadRequest,
            "HOST answered 400: Invalid model name passed in model=x: check the model's name, base_url and `wire = \"…\"` in config.toml, `creel models` lists what there is",
        ),
        (
            status("404 No", "", "{\"detail\":\"Not Found\"}"),
            BadRequest,
            "HOST answered 404: Not Found: check the model's name, base_url and `wire = \"…\"` in config.toml, `creel models` lists what there is",
        ),
        (
            status(
                "400 No",
                "",
                &error("prompt is too long: 9 tokens > 8 maximum"),
            ),
            TooLong,
            "HOST answered 400: prompt is too long: 9 tokens > 8 maximum (sort)",
        ),
        (
            status("400 No", "", ""),
            TooLong,
            "HOST answered 400: the server gave no reason",
        ),
        (
            status(
                "400 No",
                "",
                "{\"error\":{\"code\":400,\"type\":\"exceed_context_size_error\",\"message\":\"too big\"}}",
            ),
            TooLong,
            "HOST answered 400: too big (exceed_context_size_error)",
        ),
        (
            status(
                "400 No",
                "",
                "{\"error\":{\"message\":\"no\",\"code\":\"content_filter\"}}",
            ),
            Refused,
            "HOST answered 400: no (content_filter)",
        ),
        (
            status(
                "413 No",
                "",
                "{\"type\":\"error\",\"error\":{\"type\":\"request_too_large\",\"message\":\"too many bytes\"}}",
            ),
            TooLong,
            "HOST answered 413: too many bytes (request_too_large)",
        ),
        (
            status(
                "422 No",
                "",
                "{\"detail\":[{\"loc\":[\"body\",\"tools\",0],\"msg\":\"field required\"}]}",
            ),
            BadRequest,
            "HOST answered 422: field required at body.tools.0",
        ),
        (
            status(
                "429 No",
                "",
                "{\"error\":{\"message\":\"quota\",\"code\":\"insufficient_quota\"}}",
            ),
            Auth,
            "HOST answered 429: quota (insufficient_quota): add credit there or choose another model",
        ),
        (
            status(
                "429 No",
                "",
                "{\"error\":{\"code\":429,\"message\":\"Provider returned error\",\"metadata\":{\"raw\":\"{\\\"error\\\":{\\\"message\\\":\\\"slow down\\\"}}\"}}}",
            ),
            Rate,
            "HOST answered 429: Provider returned error: slow down (429)",
        ),
        (
            status("503 No", "", html),
            Overloaded,
            "HOST answered 503: a page titled “Log in”",
        ),
        (
            status(
                "529 No",
                "",
                "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}",
            ),
            Overloaded,
            "HOST answered 529: Overloaded (overloaded_error)",
        ),
        (
            status("307 No", "location: https://elsewhere.example/\r\n", ""),
            Protocol,
            "HOST redirects to https://elsewhere.example/, which was not followed, since the key would go to another server with it: \
             if you trust that one with the key, set base_url to its address",
        ),
        (
            status("308 No", "location: /v2/chat\r\n", ""),
            Protocol,
            "HOST redirects to /v2/chat, which was not followed, since only the address that was set is asked: set base_url to where \
             it leads",
        ),
        (
            status("302 No", "", ""),
            Protocol,
            "HOST redirects and does not say where to: correct base_url",
        ),
        (
            status("200 OK", "content-type: text/html\r\n", html),
            Protocol,
            "HOST answered with something else than a stream, check base_url and `wire = \"openai-chat\"` in config.toml: <!doctype html><html><head><title>Log in</title></head></html>",
        ),
        (
            status(
                "200 OK",
                "content-type: application/json\r\n",
                "{\"code\":\"1113\",\"msg\":\"no balance\"}",
            ),
            Auth,
            "HOST answered with an error: no balance (1113): add credit there or choose another model",
        ),
        (
            status(
                "200 OK",
                "content-type: text/event-stream\r\n",
                "{\"error\":{\"message\":\"odd\"}}",
            ),
            Protocol,
            "HOST answered with an error: odd",
        ),
        // Packed as it was not asked for: nothing of it can be read.
        (
            status("200 OK", "content-encoding: br\r\n", "\u{1b}\u{3}"),
            Protocol,
            "HOST packed its answer as `br`, which was not asked for and cannot be read: turn that off there, or in a proxy in between",
        ),
        (
            status("400 No", "content-encoding: br\r\n", "\u{1b}\u{3}"),
            BadRequest,
            "HOST answered 400: its reason is packed as `br`, which was not asked for",
        ),
        (
            status("200 OK", "", ""),
            Protocol,
            "HOST answered 200 with an empty body: check base_url",
        ),
        // Ollama, of several years.
        (
            status(
                "400 No",
                "",
                r#"{"error":"{\"error\":{\"code\":400,\"message\":\"request (9 tokens) exceeds the available context size (4 tokens)\",\"type\":\"exceed_context_size_error\"}}"}"#,
            ),
            TooLong,
            "HOST answered 400: request (9 tokens) exceeds the available context size (4 tokens) (exceed_context_size_error)",
        ),
        (
            status(
                "400 No",
                "",
                r#"{"error":"the prompt is longer than the context length currently available to the model"}"#,
            ),
            TooLong,
            "HOST answered 400: the prompt is longer than the context length currently available to the model",
        ),
        (
            status(
                "500 No",
                "",
                r#"{"error":"the input length exceeds the context length"}"#,
            ),
            TooLong,
            "HOST answered 500: the input length exceeds the context length",
        ),
        (
            status(
                "500 No",
                "",
                r#"{"error":"model requires more system memory (35.1 GiB) than is available (15.2 GiB)"}"#,
            ),
            BadRequest,
            "HOST answered 500: model requires more system memory (35.1 GiB) than is available (15.2 GiB): set a smaller \
             `context` for this model in config.toml, or choose a smaller one",
        ),
    ];
    for (answer, kind, message) in cases {
        let failure = failure_of(&answer);
        assert_eq!(
            (failure.kind, failure.message.as_str()),
            (kind, message),
            "{answer}"
        );
    }
}

#[test]
fn no_part_of_a_key_stays_where_a_text_is_cut() {
    // The cut goes through the key.
    let long = format!("{}{KEY}{}", "x".repeat(290), "y".repeat(99));
    let error = format!("{{\"error\":{{\"message\":\"{long}\"}}}}");
    let kept = format!("{}[key]yyyyy…", "x".repeat(290));
    let cut = format!("{}[key]…", "x".repeat(290));
    let cases = [
        (status("400 No", "", &error), "HOST answered 400: ", &kept),
        (status("400 No", "", &long), "HOST answered 400: ", &kept),
        (
            status("200 OK", "content-type: application/json\r\n", &error),
            "HOST answered with an error: ",
            &kept,
        ),
        (
            status("200 OK", "content-type: text/plain\r\n", &long),
            "HOST answered with something else than a stream, check base_url and `wire = \"openai-chat\"` in config.toml: ",
            &kept,
        ),
        (
            status("307 No", &format!("location: {long}\r\n"), ""),
            "HOST redirects to ",
            &kept,
        ),
        (
            status(
                "200 OK",
                "content-type: text/event-stream\r\n",
                &format!("data: {error}\n\n"),
            ),
            "the answer ended with an error: ",
            &cut,
        ),
        (
            status(
                "200 OK",
                "content-type: text/event-stream\r\n",
                &format!("data: {long}\n\n"),
            ),
            "the answer has an event that is not JSON (expected value at line 1 column 1): ",
            &cut,
        ),
    ];
    for (answer, begin, text) in cases {
        let message = failure_of(&answer).message;
        let expected = format!("{begin}{text}");
        assert!(message.starts_with(&expected), "{message}\n{expected}");
        assert!(!message.contains("sk-test"), "{message}");
    }
}

#[test]
fn google_says_in_the_body_when_to_ask_again() {
    let body = r#"{"error":{"code":429,"message":"Quota.","status":"RESOURCE_EXHAUSTED","details":[
        {"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[]},
        {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.4s"}]}}"#;
    for (headers, expected) in [("", 34_400), ("retry-after: 2\r\n", 2_000)] {
        let failure = failure_of(&status("429 No", headers, body));
        assert_eq!(
            (failure.kind, failure.retry_after),
            (FailureKind::Rate, Some(expected))
        );
    }
    let body = r#"{"error":{"code":400,"message":"API key expired.","status":"INVALID_ARGUMENT",
        "details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}"#;
    assert_eq!(
        failure_of(&status("400 No", "", body)).kind,
        FailureKind::Auth
    );
}

#[test]
fn a_refusal_says_when_to_ask_again() {
    let date = "date: Mon, 23 Nov 2026 08:00:00 GMT\r\n";
    let cases = [
        ("retry-after: 7\r\n".to_owned(), Some(7_000), None),
        ("retry-after: 1.5\r\n".to_owned(), Some(1_500), None),
        (
            "retry-after-ms: 250\r\nretry-after: 7\r\n".to_owned(),
            Some(250),
            None,
        ),
        (
            format!("{date}retry-after: Mon, 23 Nov 2026 08:01:30 GMT\r\n"),
            Some(90_000),
            None,
        ),
        (
            format!("{date}retry-after: Mon, 23 Nov 2026 07:00:00 GMT\r\n"),
            Some(0),
            None,
        ),
        (
            "retry-after: Mon, 23 Nov 2026 08:01:30 GMT\r\n".to_owned(),
            None,
            None,
        ),
        (
            "retry-after: 1000000000\r\n".to_owned(),
            Some(1_000_000_000_000),
            None,
        ),
        ("retry-after: 1e300\r\n".to_owned(), Some(u64::MAX), None),
        ("retry-after: -5\r\n".to_owned(), None, None),
        ("retry-after: soon\r\n".to_owned(), None, None),
        ("x-should-retry: false\r\n".to_owned(), None, Some(false)),
        (
            "x-should-retry: true\r\nretry-after: 2\r\n".to_owned(),
            Some(2_000),
            Some(true),
        ),
        (String::new(), None, None),
    ];
    for (headers, retry_after, should_retry) in cases {
        let failure = failure_of(&status("429 Too Many Requests", &headers, "{}"));
        assert_eq!(
            (
                failure.kind,
                failure.status,
                failure.retry_after,
                failure.should_retry
            ),
            (FailureKind::Rate, Some(429), retry_after, should_retry),
            "{headers}"
        );
        // What the server says without its own time is told as an instant, for whoever has a clock.
        let is_instant = headers.starts_with("retry-after: Mon");
        let instant = is_instant.then_some(1_795_420_890_000);
        assert_eq!(failure.retry_at, instant, "{headers}");
    }
}
