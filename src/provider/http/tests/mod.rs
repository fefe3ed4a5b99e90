//! A scripted server on this machine: what goes wrong on the way, and what becomes of it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod patience;
mod refusal;
mod room;
mod sending;
mod told;
mod whole;

use std::collections::BTreeMap;
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
use crate::protocol::route::Limits;
use crate::protocol::told::Told;
use crate::provider::anthropic;
use crate::provider::dialect::Dialect;
use crate::provider::http::{Http, Patience};
use crate::provider::key::Key;
use crate::provider::openai_chat;
use crate::provider::remote::Remote;
use crate::provider::told::Answers;
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

fn remote(base_url: &str, dialect: &'static Dialect, patience: Patience) -> Remote {
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
        windows: BTreeMap::new(),
        held_to: None,
        answers: Answers::default(),
    }
}

fn hasty() -> Patience {
    let short = Duration::from_millis(50);
    Patience {
        headers: short,
        idle: short,
        late: short,
        late_again: short,
        linger: short,
        rest: short,
        here: short,
        ..Patience::default()
    }
}

async fn ask(remote: &Remote) -> Vec<Chunk> {
    let mut chunks: Vec<Chunk> = remote
        .stream(
            testing::prompt("here/m", vec![testing::user("hello")]),
            None,
        )
        .collect()
        .await;
    // Told beside the answer: whether that comes first depends on the machine.
    chunks.retain(|chunk| !matches!(chunk, Chunk::Sent | Chunk::Counted(_)));
    // That it began is said once, and before anything else.
    if matches!(chunks.first(), Some(Chunk::Began { .. })) {
        chunks.remove(0);
    }
    assert!(
        !chunks
            .iter()
            .any(|chunk| matches!(chunk, Chunk::Began { .. }))
    );
    chunks
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

#[test]
fn an_answer_comes_through_and_the_request_was_right() {
    run(async {
        let (address, server) =
            serve(vec![format!("{HEAD}\r\n{WHOLE}").into_bytes()], Then::Close).await;
        let chunks = ask(&remote(
            &format!("{address}/v1"),
            &openai_chat::DIALECT,
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
fn a_vendor_that_wants_the_session_in_a_header_gets_it() {
    run(async {
        let (address, server) =
            serve(vec![format!("{HEAD}\r\n{WHOLE}").into_bytes()], Then::Close).await;
        let mut remote = remote(&address, &openai_chat::DIALECT, Patience::default());
        remote.quirks = quirks::of("xai").unwrap();
        let mut prompt = testing::prompt("here/m", vec![testing::user("hello")]);
        let session = "0190a1b2-c3d4-7000-8000-000000000001";
        prompt.caching.session = session.parse().ok();
        let body = String::from_utf8(remote.body(&prompt, &Told::default()).unwrap()).unwrap();
        let chunks: Vec<Chunk> = remote.stream(prompt, None).collect().await;
        assert!(matches!(chunks.last(), Some(Chunk::Done(_))), "{chunks:?}");
        let request = server.await.unwrap();
        assert!(
            request.contains(&format!("x-grok-conv-id: {session}\r\n")),
            "{request}"
        );
        // What is looked at later is what was sent.
        assert!(request.ends_with(&body.to_lowercase()), "{request}");
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
        let chunks = ask(&remote(&address, &anthropic::DIALECT, Patience::default())).await;
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
            let chunks = ask(&remote(
                &address,
                &openai_chat::DIALECT,
                Patience::default(),
            ))
            .await;
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
            &openai_chat::DIALECT,
            Patience::default(),
        );
        let (failure, _) = failed(&ask(&remote).await);
        server.abort();
        assert_eq!(
            (failure.kind, failure.should_retry),
            (FailureKind::Network, Some(false)),
            "{}",
            failure.message
        );
        // A machine without certificates says that instead.
        let message = &failure.message;
        assert!(
            message.contains("does not speak TLS") || message.contains("ca-certificates"),
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
        (&spoilt, Some(FailureKind::Network)),
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
            let chunks = ask(&remote(
                &address,
                &openai_chat::DIALECT,
                Patience::default(),
            ))
            .await;
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
fn a_list_of_models_checks_the_key() {
    run(async {
        let body = "{\"data\":[{\"id\":\"a\"},{\"id\":\"b\"}]}";
        let (address, server) = serve(
            vec![refusal::status("200 OK", "", body).into_bytes()],
            Then::Close,
        )
        .await;
        let listed = remote(&address, &anthropic::DIALECT, Patience::default())
            .list()
            .await;
        assert_eq!(listed, Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert!(
            server
                .await
                .unwrap()
                .starts_with("get /v1/models?limit=1000 ")
        );

        let refusal = refusal::status("401 No", "", &format!("{{\"error\":\"{KEY} is wrong\"}}"));
        let (address, _server) = serve(vec![refusal.into_bytes()], Then::Close).await;
        let refused = Remote {
            quirks: quirks::of("openrouter").unwrap(),
            ..remote(&address, &openai_chat::DIALECT, Patience::default())
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
                &openai_chat::DIALECT,
                Patience::default(),
            )
        };
        let (failure, _) = failed(&ask(&remote).await);
        assert_eq!(
            failure,
            Failure {
                unsent: true,
                ..Failure::new(FailureKind::Auth, "there is no key: set THE_KEY")
            }
        );
    });
}

#[test]
fn dropping_the_stream_closes_the_connection() {
    run(async {
        let (address, server) =
            serve(vec![format!("{HEAD}\r\n{HALF}").into_bytes()], Then::Hold).await;
        let remote = remote(&address, &openai_chat::DIALECT, Patience::default());
        let mut stream = remote.stream(
            testing::prompt("here/m", vec![testing::user("hello")]),
            None,
        );
        let limits = Limits::default();
        let mut began = stream.next().await;
        if began == Some(Chunk::Sent) {
            began = stream.next().await;
        }
        assert_eq!(began, Some(Chunk::Began { limits }));
        assert_eq!(stream.next().await, Some(Chunk::Text("hel".to_owned())));
        drop(stream);
        // The server waits until the connection is closed.
        server.await.unwrap();
    });
}
