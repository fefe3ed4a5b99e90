//! A scripted server on this machine: what goes wrong on the way, and what becomes of it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use pretty_assertions::assert_eq;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::config::secret::Secret;
use crate::protocol::failure::{Failure, FailureKind, Stop};
use crate::protocol::reply::Reply;
use crate::provider::http::{Http, Patience};
use crate::provider::key::Key;
use crate::provider::remote::{Dialect, Remote};
use crate::provider::{Chunk, Provider, quirks, testing};

const KEY: &str = "sk-test-0123456789";
const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n";
const WHOLE: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"hello\"}}]}\n\n\
    data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
    data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n\n\
    data: [DONE]\n\n";
const HALF: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"hel\"}}]}\n\n";

/// What a server does after it has read a request.
#[derive(Clone, Copy)]
enum Then {
    Close,
    /// Says nothing more and keeps the connection.
    Hold,
}

/// Answers every connection with these pieces. The requests come back when it is asked for them.
async fn serve(pieces: Vec<Vec<u8>>, then: Then) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let request = request(&mut socket).await;
        for piece in pieces {
            // The client may have had enough.
            let _ = socket.write_all(&piece).await;
            let _ = socket.flush().await;
        }
        if matches!(then, Then::Hold) {
            let _ = socket.read(&mut [0]).await;
        }
        request
    });
    (address, server)
}

/// One request: its head, and a body as long as it says.
async fn request(socket: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let count = socket.read(&mut piece).await.unwrap();
        bytes.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return text;
            }
        }
        assert!(count > 0, "the request broke off");
    }
}

fn remote(base_url: &str, dialect: Dialect, patience: Patience) -> Remote {
    let key = Key::new(
        Some("THE_KEY".to_owned()),
        Arc::new(|| Ok(Secret::new(KEY))),
    );
    Remote {
        dialect,
        base_url: base_url.to_owned(),
        quirks: quirks::NONE,
        key: Arc::new(key),
        http: Arc::new(Http::new(patience)),
    }
}

fn hasty() -> Patience {
    let short = Duration::from_millis(50);
    Patience {
        headers: short,
        idle: short,
        linger: short,
        ..Patience::default()
    }
}

async fn ask(remote: &Remote) -> Vec<Chunk> {
    remote
        .stream(testing::prompt("here/m", vec![testing::user("hello")]))
        .collect()
        .await
}

fn failed(chunks: &[Chunk]) -> (Failure, Reply) {
    match chunks.last() {
        Some(Chunk::Failed { failure, partial }) => (failure.clone(), partial.clone()),
        other => panic!("{other:?}"),
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        // A test that hangs must end; nothing here waits for that long.
        tokio::time::timeout(Duration::from_secs(30), future)
            .await
            .unwrap()
    })
}

/// The failure of a whole answer, with the port taken out of the message.
fn failure_of(answer: &str) -> Failure {
    let answer = answer.as_bytes().to_vec();
    run(async {
        let (address, server) = serve(vec![answer], Then::Close).await;
        let chunks = ask(&remote(&address, Dialect::OpenAiChat, Patience::default())).await;
        server.await.unwrap();
        let (mut failure, _) = failed(&chunks);
        failure.message = failure
            .message
            .replace(address.trim_start_matches("http://"), "HOST");
        failure
    })
}

fn status(line: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {line}\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

#[test]
fn an_answer_comes_through_and_the_request_was_right() {
    run(async {
        let (address, server) =
            serve(vec![format!("{HEAD}\r\n{WHOLE}").into_bytes()], Then::Close).await;
        let chunks = ask(&remote(
            &format!("{address}/v1"),
            Dialect::OpenAiChat,
            Patience::default(),
        ))
        .await;
        let request = server.await.unwrap();
        assert!(
            request.starts_with("post /v1/chat/completions http/1.1\r\n"),
            "{request}"
        );
        for line in [
            &format!("authorization: bearer {KEY}"),
            "content-type: application/json",
            "accept: text/event-stream",
        ] {
            assert!(
                request.contains(&format!("{line}\r\n")),
                "{line}\n{request}"
            );
        }
        assert!(request.contains("user-agent: creel/"), "{request}");
        assert_eq!(chunks[0], Chunk::Text("hello".to_owned()));
        let Some(Chunk::Done(reply)) = chunks.last() else {
            panic!("{chunks:?}")
        };
        assert_eq!(
            (reply.text(), reply.stop, reply.usage.unwrap().output),
            ("hello".to_owned(), Some(Stop::End), 1)
        );
        assert_eq!(chunks.len(), 2);
    });
}

#[test]
fn the_messages_dialect_has_headers_of_its_own() {
    run(async {
        let body = "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"hi\"}}\n\n\
            data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":1}}\n\n\
            data: {\"type\":\"message_stop\"}\n\n";
        let (address, server) =
            serve(vec![format!("{HEAD}\r\n{body}").into_bytes()], Then::Close).await;
        let chunks = ask(&remote(&address, Dialect::Anthropic, Patience::default())).await;
        let request = server.await.unwrap();
        assert!(
            request.starts_with("post /v1/messages http/1.1\r\n"),
            "{request}"
        );
        assert!(
            request.contains(&format!("x-api-key: {KEY}\r\n")),
            "{request}"
        );
        assert!(
            request.contains("anthropic-version: 2023-06-01\r\n"),
            "{request}"
        );
        assert!(!request.contains("authorization"), "{request}");
        assert!(
            matches!(chunks.last(), Some(Chunk::Done(reply)) if reply.text() == "hi"),
            "{chunks:?}"
        );
    });
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
            status("404 No", "", "{\"detail\":\"Not Found\"}"),
            BadRequest,
            "HOST answered 404: Not Found: check the model's name and base_url, `creel models` lists what there is",
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
            BadRequest,
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
            "HOST redirects to https://elsewhere.example/, which is not followed with a key: correct base_url",
        ),
        (
            status("200 OK", "content-type: text/html\r\n", html),
            Protocol,
            "HOST answered with something else than a stream, check base_url: <!doctype html><html><head><title>Log in</title></head></html>",
        ),
        (
            status(
                "200 OK",
                "content-type: application/json\r\n",
                "{\"code\":\"1113\",\"msg\":\"no balance\"}",
            ),
            Auth,
            "HOST answered with an error: no balance (1113)",
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
        (
            status("200 OK", "", ""),
            Protocol,
            "HOST answered 200 with an empty body: check base_url",
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
    }
}

#[test]
fn an_answer_that_breaks_off_keeps_what_came() {
    let chunked = format!("{:x}\r\n{HALF}\r\n", HALF.len());
    let cases = [
        // The length is told and not kept, pieces end without their end, the connection just ends.
        format!("{HEAD}content-length: 5000\r\n\r\n{HALF}"),
        format!("{HEAD}transfer-encoding: chunked\r\n\r\n{chunked}"),
        format!("{HEAD}transfer-encoding: chunked\r\n\r\n{chunked}5\r\nda"),
        format!("{HEAD}\r\n{HALF}"),
        format!("{HEAD}\r\n{HALF}data: {{\"choi"),
    ];
    for answer in cases {
        run(async {
            let (address, server) = serve(vec![answer.clone().into_bytes()], Then::Close).await;
            let chunks = ask(&remote(&address, Dialect::OpenAiChat, Patience::default())).await;
            server.await.unwrap();
            let (failure, partial) = failed(&chunks);
            assert_eq!(chunks[0], Chunk::Text("hel".to_owned()));
            assert_eq!(
                (failure.kind, partial.text()),
                (FailureKind::Network, "hel".to_owned()),
                "{answer}"
            );
            assert!(failure.message.contains("broke off"), "{}", failure.message);
        });
    }
}

#[test]
fn a_connection_lost_before_the_answer_is_asked_again() {
    for answer in [
        "",
        "HTTP/1.1 200 OK\r\ncontent-ty",
        &format!("{HEAD}\r\n"),
        &format!("{HEAD}content-length: 10\r\n\r\n"),
    ] {
        let failure = failure_of(answer);
        assert_eq!(
            failure.kind,
            FailureKind::Network,
            "{answer}: {}",
            failure.message
        );
    }
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let chunks = ask(&remote(
            &format!("http://{address}"),
            Dialect::OpenAiChat,
            Patience::default(),
        ))
        .await;
        let expected =
            format!("nothing answers at {address}: start the server, or correct base_url");
        assert_eq!(
            failed(&chunks).0,
            Failure::new(FailureKind::Network, expected)
        );
        let chunks = ask(&remote(
            "http://no-such-host.invalid/v1",
            Dialect::OpenAiChat,
            Patience::default(),
        ))
        .await;
        let expected =
            "cannot find no-such-host.invalid: check the network, or the host's name in base_url";
        assert_eq!(
            failed(&chunks).0,
            Failure::new(FailureKind::Network, expected)
        );
        let chunks = ask(&remote(
            "nonsense",
            Dialect::OpenAiChat,
            Patience::default(),
        ))
        .await;
        assert_eq!(failed(&chunks).0.kind, FailureKind::Config);
    });
}

#[test]
fn a_server_that_does_not_speak_tls_is_named() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let _ = socket.read(&mut [0; 1024]).await.unwrap();
            socket.write_all(b"HTTP/1.1 400 Bad\r\n\r\n").await.unwrap();
        });
        let remote = remote(
            &format!("https://{address}"),
            Dialect::OpenAiChat,
            Patience::default(),
        );
        let (failure, _) = failed(&ask(&remote).await);
        server.await.unwrap();
        assert_eq!(
            (failure.kind, failure.should_retry),
            (FailureKind::Network, Some(false)),
            "{}",
            failure.message
        );
        assert!(
            failure
                .message
                .starts_with(&format!("{address} does not speak TLS as it should: ")),
            "{}",
            failure.message
        );
    });
}

#[test]
fn a_packed_answer_is_unpacked() {
    use base64::Engine;
    // gzip of one event that says hello and stops, and of the mark of the end.
    let packed = base64::engine::general_purpose::STANDARD.decode("H4sIAAAAAAACAx3MQQqAIBBG4b2niH/dCVzXtg4gEoNOKIgTOTvx7knb98GLpGSXjpAkB26wriNyUYKdUapyVVgkLkUwVty55paul6lJndBUHgw/jIn/yW3nsXtjPrLxjfFYAAAA").unwrap();
    let mut spoilt = packed.clone();
    spoilt[14] ^= 0xff;
    let cases = [
        (&packed[..], None),
        (&packed[..packed.len() - 30], Some(FailureKind::Network)),
        (&spoilt, Some(FailureKind::Protocol)),
        (b"data: plain\n\n", Some(FailureKind::Protocol)),
    ];
    for (number, (body, expected)) in cases.into_iter().enumerate() {
        run(async {
            let head = format!(
                "{HEAD}content-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            let (address, server) =
                serve(vec![head.into_bytes(), body.to_vec()], Then::Close).await;
            let chunks = ask(&remote(&address, Dialect::OpenAiChat, Patience::default())).await;
            server.await.unwrap();
            let kind = match chunks.last() {
                Some(Chunk::Failed { failure, .. }) => Some(failure.kind),
                _ => None,
            };
            assert_eq!(kind, expected, "{number}: {chunks:?}");
        });
    }
}

#[test]
fn silence_has_an_end() {
    let usage =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n\n";
    let cases = [
        ("no head", String::new(), "did not answer within"),
        ("no body", format!("{HEAD}\r\n"), "nothing came from"),
        (
            "half a body",
            format!("{HEAD}\r\n{HALF}"),
            "nothing came from",
        ),
        (
            "an error",
            format!(
                "{HEAD}\r\n{HALF}data: {{\"error\":{{\"message\":\"lost\",\"code\":502}}}}\n\n{usage}"
            ),
            "ended with an error: lost",
        ),
    ];
    for (name, answer, message) in cases {
        run(async {
            let (address, server) = serve(vec![answer.into_bytes()], Then::Hold).await;
            let (failure, partial) =
                failed(&ask(&remote(&address, Dialect::OpenAiChat, hasty())).await);
            assert!(
                failure.message.contains(message),
                "{name}: {}",
                failure.message
            );
            assert_eq!(partial.usage.is_some(), name == "an error");
            server.abort();
        });
    }
    // What is complete stays complete although the server holds the connection.
    run(async {
        let (address, server) =
            serve(vec![format!("{HEAD}\r\n{WHOLE}").into_bytes()], Then::Hold).await;
        let chunks = ask(&remote(&address, Dialect::OpenAiChat, hasty())).await;
        assert!(
            matches!(chunks.last(), Some(Chunk::Done(reply)) if reply.text() == "hello"),
            "{chunks:?}"
        );
        server.abort();
    });
}

#[test]
fn pings_alone_are_not_an_answer_for_ever() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            request(&mut socket).await;
            socket
                .write_all(format!("{HEAD}\r\n").as_bytes())
                .await
                .unwrap();
            let mut beat = tokio::time::interval(Duration::from_millis(5));
            while socket.write_all(b": ping\n\n").await.is_ok() {
                beat.tick().await;
            }
        });
        let patience = Patience {
            quiet: Duration::from_millis(50),
            ..Patience::default()
        };
        let (failure, _) = failed(&ask(&remote(&address, Dialect::OpenAiChat, patience)).await);
        assert!(
            failure.message.starts_with("nothing but signs of life"),
            "{}",
            failure.message
        );
        // The stream has ended, so the connection is closed and the server's loop ends.
        server.await.unwrap();
    });
}

#[test]
fn an_answer_without_end_is_cut() {
    run(async {
        let megabyte = format!(
            "data: {{\"choices\":[{{\"delta\":{{\"content\":\"{}\"}}}}]}}\n\n",
            "x".repeat(1024 * 1024)
        );
        let mut pieces = vec![format!("{HEAD}\r\n").into_bytes()];
        pieces.extend(std::iter::repeat_n(megabyte.into_bytes(), 65));
        let (address, server) = serve(pieces, Then::Close).await;
        let (failure, partial) =
            failed(&ask(&remote(&address, Dialect::OpenAiChat, Patience::default())).await);
        assert_eq!(failure.kind, FailureKind::Protocol);
        assert!(
            failure.message.ends_with("is larger than 64 MB"),
            "{}",
            failure.message
        );
        assert!(partial.text().len() > 60 * 1024 * 1024);
        server.await.unwrap();
    });
}

#[test]
fn a_list_of_models_checks_the_key() {
    run(async {
        let body = "{\"data\":[{\"id\":\"a\"},{\"id\":\"b\"}]}";
        let (address, server) =
            serve(vec![status("200 OK", "", body).into_bytes()], Then::Close).await;
        let listed = remote(&address, Dialect::Anthropic, Patience::default())
            .list()
            .await;
        assert_eq!(listed, Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert!(
            server
                .await
                .unwrap()
                .starts_with("get /v1/models?limit=1000 ")
        );

        let refusal = status("401 No", "", &format!("{{\"error\":\"{KEY} is wrong\"}}"));
        let (address, _server) = serve(vec![refusal.into_bytes()], Then::Close).await;
        let refused = Remote {
            quirks: quirks::of("openrouter").unwrap(),
            ..remote(&address, Dialect::OpenAiChat, Patience::default())
        };
        let failure = refused.list().await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Auth);
        assert!(
            failure.message.contains("[key] is wrong"),
            "{}",
            failure.message
        );
    });
}

#[test]
fn a_missing_key_fails_before_anything_is_sent() {
    run(async {
        let remote = Remote {
            key: Arc::new(Key::new(Some("THE_KEY".to_owned()), Arc::new(|| Ok(None)))),
            ..remote(
                "http://127.0.0.1:1",
                Dialect::OpenAiChat,
                Patience::default(),
            )
        };
        let (failure, _) = failed(&ask(&remote).await);
        assert_eq!(
            failure,
            Failure::new(FailureKind::Auth, "there is no key: set THE_KEY")
        );
    });
}

#[test]
fn dropping_the_stream_closes_the_connection() {
    run(async {
        let (address, server) =
            serve(vec![format!("{HEAD}\r\n{HALF}").into_bytes()], Then::Hold).await;
        let remote = remote(&address, Dialect::OpenAiChat, Patience::default());
        let mut stream = remote.stream(testing::prompt("here/m", vec![testing::user("hello")]));
        assert_eq!(stream.next().await, Some(Chunk::Text("hel".to_owned())));
        drop(stream);
        // The server waits until the connection is closed.
        server.await.unwrap();
    });
}
