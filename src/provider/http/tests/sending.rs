//! Requests that are lost on the way, or never leave: what did not leave whole is charged for by nobody.

use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::protocol::failure::{Failure, FailureKind};
use crate::provider::http::tests::{HEAD, ask, failed, refusal, remote, request, run};
use crate::provider::http::{Patience, Request, url};
use crate::provider::openai_chat;

/// More than the system holds for a reader that does not read.
const LARGE: usize = 64 * 1024 * 1024;

#[test]
fn a_request_that_did_not_leave_whole_counts_as_not_sent() {
    // The bytes of the body, how many are read, whether the connection is then held, and whether the request counts as sent.
    for (size, read, holds, sent) in [
        (LARGE, 10, false, false),
        (LARGE, 10, true, false),
        (20, 10_000, false, true),
        (20, 10_000, true, true),
    ] {
        run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = format!("http://{}/v1/x", listener.local_addr().unwrap());
            let server = tokio::spawn(async move {
                let (mut socket, _) = listener.accept().await.unwrap();
                // The head, and more of a small one.
                let _ = socket.read(&mut vec![0; read]).await;
                if holds {
                    std::future::pending::<()>().await;
                }
            });
            let patience = Patience {
                headers: Duration::from_millis(if holds { 300 } else { 60_000 }),
                here: Duration::ZERO,
                ..Patience::default()
            };
            let remote = remote(&address, &openai_chat::DIALECT, patience);
            let body = Some(vec![b'x'; size]);
            let (url, key) = (url(&address).unwrap(), remote.key.clone());
            let request = Request::new(url, HeaderMap::new(), body, key);
            let failure = remote.http.send(&request).await.unwrap_err();
            assert_eq!(
                (failure.kind, failure.unsent, failure.sent),
                (FailureKind::Network, false, sent),
                "{size} {holds}: {failure:?}"
            );
            server.abort();
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
        let failure = refusal::failure_of(answer);
        assert_eq!(
            (failure.kind, failure.unsent),
            (FailureKind::Network, false),
            "{answer}: {}",
            failure.message
        );
        // It was written, and may be charged for.
        let is_taken = failure.sent || failure.status == Some(200);
        assert!(is_taken, "{answer}: {failure:?}");
    }
    // Nothing of these was sent.
    let unsent = |message: &str, nowhere| Failure {
        unsent: true,
        nowhere,
        ..Failure::new(FailureKind::Network, message)
    };
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let chunks = ask(&remote(
            &format!("http://{address}"),
            &openai_chat::DIALECT,
            Patience::default(),
        ))
        .await;
        let expected =
            format!("nothing answers at {address}: start the server, or correct base_url");
        assert_eq!(failed(&chunks).0, unsent(&expected, true));
        let chunks = ask(&remote(
            "https://no-such-host.invalid/v1",
            &openai_chat::DIALECT,
            Patience::default(),
        ))
        .await;
        let expected =
            "cannot find no-such-host.invalid: check the network, or the host's name in base_url";
        // Without a network the name may be right.
        let is_online = crate::provider::http::is_online();
        assert_eq!(failed(&chunks).0, unsent(expected, is_online));
        // Its key is not sent where all could read it.
        let chunks = ask(&remote(
            "http://no-such-host.invalid/v1",
            &openai_chat::DIALECT,
            Patience::default(),
        ))
        .await;
        let (failure, _) = failed(&chunks);
        assert_eq!(failure.kind, FailureKind::Config);
        assert!(
            failure.message.contains("would send the key readable"),
            "{failure:?}"
        );
        let chunks = ask(&remote(
            "nonsense",
            &openai_chat::DIALECT,
            Patience::default(),
        ))
        .await;
        assert_eq!(failed(&chunks).0.kind, FailureKind::Config);
    });
}

/// A server that reads each request of a connection and answers only the first.
#[test]
fn a_request_is_sent_once_and_a_question_again() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/v1", listener.local_addr().unwrap());
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let server = tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let first = request(&mut socket).await;
                tell.send(first).unwrap();
                let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
                socket.write_all(answer.as_bytes()).await.unwrap();
                // The next on it is read, and the connection closed.
                let _ = socket.read(&mut [0; 4096]).await;
                tell.send("lost".to_owned()).unwrap();
            }
        });
        let remote = remote(&address, &openai_chat::DIALECT, Patience::default());
        let asks = || {
            let (url, key) = (url(&address).unwrap(), remote.key.clone());
            Request::new(url, HeaderMap::new(), Some(b"x".to_vec()), key)
        };
        let ask = async || remote.http.send_told(&asks()).await;
        // Read to its end, so that the connection is kept.
        ask().await.unwrap().bytes().await.unwrap();
        let lost = ask().await.unwrap_err().failure;
        assert!(lost.stale && lost.sent, "{lost:?}");
        ask().await.unwrap().bytes().await.unwrap();
        // Nobody charges for a question.
        let answered = remote.http.send(&asks()).await.unwrap();
        answered.bytes().await.unwrap();
        server.abort();
        let mut seen = Vec::new();
        while let Some(one) = told.recv().await {
            seen.push(one == "lost");
        }
        assert_eq!(seen, [false, true, false, true, false]);
    });
}
