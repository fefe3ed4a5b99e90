//! A server whose window is smaller than the answer it is asked for.

use futures_util::StreamExt;
use pretty_assertions::assert_eq;
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::protocol::failure::FailureKind;
use crate::provider::http::Patience;
use crate::provider::http::tests::refusal::status;
use crate::provider::http::tests::{WHOLE, failed, remote, request, run};
use crate::provider::remote::Remote;
use crate::provider::{Chunk, Provider, openai_chat, testing};

const CLOSE: &str = "connection: close\r\n";

/// Answers each request on a connection of its own. Each is given with the limit it asked for.
async fn serve(answers: Vec<String>) -> (String, JoinHandle<Vec<Value>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let mut limits = Vec::new();
        for answer in answers {
            let (mut socket, _) = listener.accept().await.unwrap();
            let request = request(&mut socket).await;
            let (_, body) = request.split_once("\r\n\r\n").unwrap();
            let body: Value = serde_json::from_str(body).unwrap();
            limits.push(body["max_completion_tokens"].clone());
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
        limits
    });
    (address, server)
}

fn refused(words: &str) -> String {
    let body = serde_json::json!({"object": "error", "message": words, "type": "BadRequestError", "code": 400});
    status("400 Bad Request", CLOSE, &body.to_string())
}

async fn asked(remote: &Remote, most: u64) -> Vec<Chunk> {
    let mut prompt = testing::prompt("here/m", vec![testing::user("hello")]);
    prompt.max_output = most;
    remote.stream(prompt, None).collect().await
}

#[test]
fn an_answer_there_is_no_room_for_is_asked_for_shorter() {
    run(async {
        let words = "This model's maximum context length is 8192 tokens. However, you requested 32100 tokens (100 in the \
            messages, 32000 in the completion). Please reduce the length of the messages or completion.";
        let answer = status(
            "200 OK",
            &format!("content-type: text/event-stream\r\n{CLOSE}"),
            WHOLE,
        );
        let (address, server) = serve(vec![refused(words), answer]).await;
        let remote = remote(&address, &openai_chat::DIALECT, Patience::default());
        assert_eq!(remote.window("m"), None);
        let chunks = asked(&remote, 32_000).await;
        assert!(
            matches!(chunks.last(), Some(Chunk::Done(reply)) if reply.text() == "hello"),
            "{chunks:?}"
        );
        assert_eq!(server.await.unwrap(), [32_000, 8_092]);
        // From here on it is known, so that no later call asks for too much.
        assert_eq!(remote.window("m"), Some(8192));
    });
}

#[test]
fn a_prompt_that_leaves_no_room_is_too_long_and_a_server_that_never_has_any_is_left() {
    let words = |prompt: u64, answer: u64| {
        format!(
            "This model's maximum context length is 8192 tokens. However, you requested {answer} output tokens and your prompt \
            contains at least {prompt} input tokens, for a total of at least {} tokens.",
            prompt + answer
        )
    };
    let cases = [
        (vec![words(8100, 32_000)], vec![32_000]),
        (
            vec![
                words(1, 32_000),
                words(4098, 4095),
                words(6146, 2047),
                words(7170, 1023),
            ],
            vec![32_000, 4095, 2047, 1023],
        ),
    ];
    for (refusals, expected) in cases {
        run(async {
            let answers = refusals.iter().map(|words| refused(words)).collect();
            let (address, server) = serve(answers).await;
            let remote = remote(&address, &openai_chat::DIALECT, Patience::default());
            let chunks = asked(&remote, 32_000).await;
            assert_eq!(failed(&chunks).0.kind, FailureKind::TooLong, "{chunks:?}");
            assert_eq!(server.await.unwrap(), expected);
        });
    }
}

#[test]
fn a_refusal_teaches_for_the_next_request() {
    run(async {
        let body = r#"{"error":{"code":500,"message":"image input is not supported - hint: you may need to provide the mmproj","type":"server_error"}}"#;
        let (address, server) = serve(vec![status("500 Error", CLOSE, body)]).await;
        let remote = remote(&address, &openai_chat::DIALECT, Patience::default());
        let chunks = asked(&remote, 32_000).await;
        assert_eq!(failed(&chunks).0.kind, FailureKind::BadRequest);
        server.await.unwrap();
        let held = remote.answers.held("m").unwrap();
        assert_eq!((held.images, held.window), (Some(false), None));
        assert!(remote.answers.held("other").is_none());
    });
}
