//! Answers that do not stream, and the dialect whose list of models has pages.

use pretty_assertions::assert_eq;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::protocol::failure::{FailureKind, Stop};
use crate::provider::dialect::Dialect;
use crate::provider::http::Patience;
use crate::provider::http::tests::refusal::status;
use crate::provider::http::tests::{KEY, Then, ask, failed, remote, request, run, serve};
use crate::provider::remote::Remote;
use crate::provider::{Chunk, anthropic, gemini, openai_chat, openai_responses, quirks};

#[test]
fn an_answer_in_one_piece_is_taken() {
    let chat = r#"{"choices":[{"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],
        "usage":{"prompt_tokens":3,"completion_tokens":1}}"#;
    let event = |text: &str, more: &str| {
        format!(
            r#"{{"candidates":[{{"content":{{"role":"model","parts":[{{"text":"{text}"}}]}}{more}}}],
            "usageMetadata":{{"promptTokenCount":3,"candidatesTokenCount":1,"totalTokenCount":4}}}}"#
        )
    };
    let end = r#","finishReason":"STOP""#;
    let cases: Vec<(&'static Dialect, String)> = vec![
        (&openai_chat::DIALECT, chat.to_owned()),
        (
            &openai_chat::DIALECT,
            format!("\u{feff}{}", chat.replace('\n', "\r\n")),
        ),
        // Empty lines keep the connection while the request waits its turn.
        (&openai_chat::DIALECT, format!("\n\n\n{chat}")),
        (
            &anthropic::DIALECT,
            r#"{"id":"msg_1","type":"message","role":"assistant","content":[{"type":"text","text":"hello"}],
                "stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":1}}"#
                .to_owned(),
        ),
        (&gemini::DIALECT, event("hello", end)),
        (
            &gemini::DIALECT,
            format!("[{},\r\n{}]", event("hel", ""), event("lo", end)),
        ),
    ];
    for (dialect, body) in cases {
        run(async {
            let answer = status("200 OK", "content-type: application/json\r\n", &body);
            // In pieces, so that its end is far from its beginning.
            let pieces = answer.as_bytes().chunks(90).map(<[u8]>::to_vec).collect();
            let (address, server) = serve(pieces, Then::Close).await;
            let chunks = ask(&remote(&address, dialect, Patience::default())).await;
            server.await.unwrap();
            let Some(Chunk::Done(reply)) = chunks.last() else {
                panic!("{body}: {chunks:?}")
            };
            assert_eq!(
                (&*reply.text(), reply.stop, reply.usage.unwrap().output),
                ("hello", Some(Stop::End), 1),
                "{body}"
            );
        });
    }
}

#[test]
fn json_that_is_no_answer_is_none() {
    let cases = [
        (
            r#"[{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED"}}]"#,
            FailureKind::Rate,
            "answered with an error: slow down (RESOURCE_EXHAUSTED)",
        ),
        (
            r#"{"models":[]}"#,
            FailureKind::Protocol,
            "answered with something else than a stream, check base_url and `wire = \"gemini\"` in config.toml: {\"models\":[]}",
        ),
        (
            "{\"candidates\":[",
            FailureKind::Protocol,
            "answered with something else than a stream, check base_url and `wire = \"gemini\"` in config.toml: {\"candidates\":[",
        ),
    ];
    for (body, kind, text) in cases {
        run(async {
            let answer = status("200 OK", "", body).into_bytes();
            let (address, server) = serve(vec![answer], Then::Close).await;
            let chunks = ask(&remote(&address, &gemini::DIALECT, Patience::default())).await;
            server.await.unwrap();
            let (failure, _) = failed(&chunks);
            assert_eq!(failure.kind, kind, "{failure:?}");
            assert!(failure.message.ends_with(text), "{}", failure.message);
        });
    }
}

#[test]
fn an_error_instead_of_an_answer_keeps_its_number_and_its_wait() {
    let dialects = [
        &anthropic::DIALECT,
        &openai_chat::DIALECT,
        &openai_responses::DIALECT,
        &gemini::DIALECT,
    ];
    let spent = r#"{"error":{"code":402,"message":"no credit"}}"#;
    let cases = [
        // The head says more exactly when.
        (
            "retry-after: 7\r\n",
            r#"{"error":{"code":429,"message":"slow","metadata":{"retry_after":2}}}"#,
            (FailureKind::Rate, Some(429), Some(2_000)),
            Some(7_000),
        ),
        (
            "retry-after: 7\r\n",
            r#"{"error":{"code":503,"message":"busy"}}"#,
            (FailureKind::Overloaded, Some(503), Some(7_000)),
            None,
        ),
        (
            "",
            r#"{"detail":"prompt is too long: 9 tokens > 8 maximum"}"#,
            (FailureKind::TooLong, None, None),
            None,
        ),
        ("", spent, (FailureKind::Auth, Some(402), None), None),
        (
            "",
            r#"{"status":404,"message":"no such model"}"#,
            (FailureKind::BadRequest, Some(404), None),
            None,
        ),
    ];
    for dialect in dialects {
        for (headers, body, (kind, number, wait), by_head) in &cases {
            run(async {
                let answer = status("200 OK", headers, body).into_bytes();
                let (address, server) = serve(vec![answer], Then::Close).await;
                let chunks = ask(&remote(&address, dialect, Patience::default())).await;
                server.await.unwrap();
                let (failure, _) = failed(&chunks);
                let wait = by_head.or(*wait);
                let found = (failure.kind, failure.status, failure.retry_after);
                assert_eq!(found, (*kind, *number, wait), "{:?} {body}", dialect.wire);
            });
        }
    }
}

#[test]
fn the_gemini_dialect_has_a_header_of_its_own_and_pages() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let pages = [
                r#"{"models":[{"name":"models/a"}],"nextPageToken":"more=&"}"#,
                r#"{"models":[{"name":"models/b"}]}"#,
            ];
            let mut requests = Vec::new();
            for page in pages {
                let (mut socket, _) = listener.accept().await.unwrap();
                requests.push(request(&mut socket).await);
                let answer = status("200 OK", "connection: close\r\n", page);
                socket.write_all(answer.as_bytes()).await.unwrap();
            }
            requests
        });
        let google = Remote {
            quirks: quirks::of("google").unwrap(),
            ..remote(&address, &gemini::DIALECT, Patience::default())
        };
        let listed = google.list().await;
        assert_eq!(listed, Ok(vec!["a".to_owned(), "b".to_owned()]));
        let requests = server.await.unwrap();
        let begins = [
            "get /v1beta/models?pagesize=1000 http",
            "get /v1beta/models?pagesize=1000&pagetoken=more%3d%26 http",
        ];
        for (request, begin) in requests.iter().zip(begins) {
            assert!(request.starts_with(begin), "{request}");
            let key = format!("x-goog-api-key: {KEY}\r\n");
            assert!(request.contains(&key), "{request}");
            // Taken for a token of another kind there, and refused.
            assert!(!request.contains("authorization"), "{request}");
        }
    });
}
