//! A server that is asked for the window of a model before the model is called.

use futures_util::StreamExt;
use pretty_assertions::assert_eq;
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::protocol::effort::Effort;
use crate::provider::http::Patience;
use crate::provider::http::tests::refusal::status;
use crate::provider::http::tests::{remote, request, run};
use crate::provider::remote::Remote;
use crate::provider::{Chunk, Provider, ollama, testing};

const CLOSE: &str = "connection: close\r\n";
const SHOWN: &str =
    r#"{"model_info":{"qwen3.context_length":8192},"capabilities":["completion","thinking"]}"#;
const SAID: &str = r#"{"message":{"role":"assistant","content":"hello"},"done":false}
{"message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":3,"eval_count":1}
"#;

/// Answers so many requests, each on a connection of its own: with `shown` where a model is asked about, else with an answer.
async fn serve(count: usize, shown: String) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let mut requests = Vec::new();
        while requests.len() < count {
            let (mut socket, _) = listener.accept().await.unwrap();
            let request = request(&mut socket).await;
            let answer = if request.starts_with("post /api/show ") {
                shown.clone()
            } else {
                let head = format!("content-type: application/x-ndjson\r\n{CLOSE}");
                status("200 OK", &head, SAID)
            };
            socket.write_all(answer.as_bytes()).await.unwrap();
            requests.push(request);
        }
        requests
    });
    (address, server)
}

async fn hello(remote: &Remote, effort: Option<Effort>) {
    let mut prompt = testing::prompt("here/m", vec![testing::user("hello")]);
    prompt.effort = effort;
    let chunks: Vec<Chunk> = remote.stream(prompt, None).collect().await;
    assert!(
        matches!(chunks.last(), Some(Chunk::Done(reply)) if reply.text() == "hello"),
        "{chunks:?}"
    );
}

fn body(request: &str) -> Value {
    let (_, body) = request.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

#[test]
fn the_window_of_a_model_is_asked_for_once() {
    run(async {
        let (address, server) = serve(3, status("200 OK", CLOSE, SHOWN)).await;
        let remote = remote(&address, &ollama::DIALECT, Patience::default());
        assert_eq!(remote.window("m"), None);
        hello(&remote, None).await;
        hello(&remote, Some(Effort::High)).await;
        assert_eq!((remote.window("m"), remote.window("n")), (Some(8192), None));
        let requests = server.await.unwrap();
        assert_eq!(body(&requests[0])["model"], "m");
        let asked = [
            (&requests[1], None),
            (&requests[2], Some(&Value::Bool(true))),
        ];
        for (request, think) in asked {
            assert!(request.starts_with("post /api/chat "), "{request}");
            assert!(
                request.contains("accept: application/x-ndjson\r\n"),
                "{request}"
            );
            let body = body(request);
            assert_eq!(body["options"]["num_ctx"], 8192);
            assert_eq!(
                (body.get("think"), &body["truncate"]),
                (think, &Value::Bool(false))
            );
        }
    });
}

/// What is kept of a request is what was sent, also the first time and in another process.
#[test]
fn the_body_that_is_kept_is_the_one_that_is_sent() {
    run(async {
        let (address, server) = serve(2, status("200 OK", CLOSE, SHOWN)).await;
        let asked = remote(&address, &ollama::DIALECT, Patience::default());
        let mut prompt = testing::prompt("here/m", vec![testing::user("hello")]);
        prompt.effort = Some(Effort::High);
        let told = asked.told(&prompt).await;
        let kept = asked.body(&prompt, &told).unwrap();
        let chunks: Vec<Chunk> = asked.stream(prompt.clone(), None).collect().await;
        assert!(matches!(chunks.last(), Some(Chunk::Done(_))), "{chunks:?}");
        let sent = &server.await.unwrap()[1];
        let (_, sent) = sent.split_once("\r\n\r\n").unwrap();
        assert_eq!(
            String::from_utf8(kept.clone()).unwrap().to_lowercase(),
            sent
        );
        let other = remote(&address, &ollama::DIALECT, Patience::default());
        assert_eq!(other.body(&prompt, &told), Some(kept));
    });
}

#[test]
fn what_the_person_says_of_a_model_is_not_asked_for() {
    run(async {
        let (address, server) = serve(1, String::new()).await;
        let remote = Remote {
            windows: [("m".to_owned(), 4096)].into(),
            ..remote(&address, &ollama::DIALECT, Patience::default())
        };
        hello(&remote, None).await;
        assert_eq!(body(&server.await.unwrap()[0])["options"]["num_ctx"], 4096);
    });
}

/// The paths that were asked for.
fn paths(requests: &[String]) -> Vec<&str> {
    requests
        .iter()
        .filter_map(|request| request.split_whitespace().nth(1))
        .collect()
}

#[test]
fn a_server_that_cannot_say_is_called_all_the_same() {
    let cases = [
        // It does not know the question: it is asked once.
        ("404 No", 3, vec!["/api/show", "/api/chat", "/api/chat"]),
        ("405 No", 3, vec!["/api/show", "/api/chat", "/api/chat"]),
        // It may know the answer a moment later.
        (
            "503 No",
            4,
            vec!["/api/show", "/api/chat", "/api/show", "/api/chat"],
        ),
    ];
    for (line, count, expected) in cases {
        run(async {
            let refusal = status(line, CLOSE, "{\"error\":\"no such path\"}");
            let (address, server) = serve(count, refusal).await;
            let remote = remote(&address, &ollama::DIALECT, Patience::default());
            hello(&remote, None).await;
            hello(&remote, Some(Effort::High)).await;
            let requests = server.await.unwrap();
            assert_eq!(paths(&requests), expected, "{line}");
            let last = &requests[count - 1];
            assert_eq!(body(last)["options"].get("num_ctx"), None);
        });
    }
}

#[test]
fn a_model_that_was_not_there_is_asked_about_again() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let missing = status("404 No", CLOSE, "{\"error\":\"model 'm' not found\"}");
            let said = status("200 OK", CLOSE, SAID);
            let answers = [
                missing.clone(),
                missing,
                status("200 OK", CLOSE, SHOWN),
                said,
            ];
            let mut requests = Vec::new();
            for answer in answers {
                let (mut socket, _) = listener.accept().await.unwrap();
                requests.push(request(&mut socket).await);
                socket.write_all(answer.as_bytes()).await.unwrap();
            }
            requests
        });
        let remote = remote(&address, &ollama::DIALECT, Patience::default());
        let prompt = testing::prompt("here/m", vec![testing::user("hello")]);
        let chunks: Vec<Chunk> = remote.stream(prompt, None).collect().await;
        testing::failed(&chunks);
        hello(&remote, None).await;
        let requests = server.await.unwrap();
        assert_eq!(
            paths(&requests),
            ["/api/show", "/api/chat", "/api/show", "/api/chat"]
        );
        assert_eq!(remote.window("m"), Some(8192));
    });
}
