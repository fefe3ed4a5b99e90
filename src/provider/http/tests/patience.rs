//! Servers that say nothing, or never stop.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::protocol::failure::FailureKind;
use crate::provider::Chunk;
use crate::provider::http::Patience;
use crate::provider::http::tests::{
    HALF, HEAD, Then, WHOLE, ask, failed, hasty, remote, request, run, serve,
};
use crate::provider::openai_chat;
use crate::provider::quirks;
use crate::provider::remote::Remote;

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
                failed(&ask(&remote(&address, &openai_chat::DIALECT, hasty())).await);
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
        let chunks = ask(&remote(&address, &openai_chat::DIALECT, hasty())).await;
        assert!(
            matches!(chunks.last(), Some(Chunk::Done(reply)) if reply.text() == "hello"),
            "{chunks:?}"
        );
        server.abort();
    });
}

#[test]
fn an_answer_whose_end_is_known_is_not_waited_for_though_the_connection_stays() {
    // The end of a stream is its mark or that of its body: here there is neither.
    let end = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    let patience = Patience {
        idle: Duration::from_hours(1),
        quiet: Duration::from_hours(1),
        late: Duration::from_hours(1),
        linger: Duration::from_hours(1),
        rest: Duration::from_hours(1),
        here: Duration::from_hours(1),
        ..Patience::default()
    };
    let usage =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n\n";
    let (late, rest, linger) = (
        Patience {
            late: Duration::ZERO,
            ..patience
        },
        Patience {
            rest: Duration::ZERO,
            ..patience
        },
        Patience {
            linger: Duration::ZERO,
            ..patience
        },
    );
    let done = "data: [DONE]\n\n";
    // Without its usage it may go on; with it, or with the mark of the end, nothing is left to wait for.
    let cases = [
        (vec![end.to_owned()], late),
        (vec![format!("{end}{usage}")], linger),
        (vec![end.to_owned(), usage.to_owned()], linger),
        (vec![end.to_owned(), done.to_owned()], linger),
        (vec![format!("{end}{usage}"), done.to_owned()], rest),
        (
            vec![end.to_owned(), usage.to_owned(), done.to_owned()],
            rest,
        ),
    ];
    for (pieces, patience) in cases {
        run(async {
            let (counts, mut answer) = (pieces.concat().contains("usage"), pieces.clone());
            answer.insert(0, format!("{HEAD}\r\n{HALF}"));
            let answer = answer.into_iter().map(String::into_bytes).collect();
            let (address, server) = serve(answer, Then::Hold).await;
            let remote = remote(&address, &openai_chat::DIALECT, patience);
            // Only so that a fault is a failure, and not a test that never ends.
            let chunks = tokio::time::timeout(Duration::from_mins(1), ask(&remote)).await;
            let chunks = chunks.unwrap_or_default();
            assert!(
                matches!(chunks.last(), Some(Chunk::Done(reply))
                    if reply.text() == "hel" && reply.usage.is_some() == counts),
                "{pieces:?}: {chunks:?}"
            );
            server.abort();
        });
    }
}

/// A server whose answers end in silence.
#[test]
fn what_never_tells_its_usage_is_waited_for_once() {
    let end = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    let usage =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n\n";
    let (hour, at_once) = (Duration::from_hours(1), Duration::ZERO);
    let patience = |late, late_again| Patience {
        late,
        late_again,
        idle: hour,
        quiet: hour,
        here: hour,
        linger: at_once,
        ..Patience::default()
    };
    // What comes, how long it is waited for, whether it was silent before and whether it is afterwards.
    let cases = [
        (vec![end], patience(at_once, hour), false, true),
        (vec![end], patience(hour, at_once), true, true),
        (vec![end, usage], patience(hour, hour), true, false),
        (vec![end, usage], patience(hour, hour), false, false),
    ];
    for (more, patience, before, after) in cases {
        run(async {
            let mut pieces = vec![format!("{HEAD}\r\n{HALF}").into_bytes()];
            pieces.extend(more.iter().map(|piece| piece.as_bytes().to_vec()));
            let (address, server) = serve(pieces, Then::Hold).await;
            let remote = remote(&address, &openai_chat::DIALECT, patience);
            let endpoint = format!("{address}/chat/completions");
            if before {
                remote.http.silent.learn(&endpoint);
            }
            // Only so that a fault is a failure, and not a test that never ends.
            let chunks = tokio::time::timeout(Duration::from_mins(1), ask(&remote)).await;
            let chunks = chunks.unwrap_or_default();
            assert!(matches!(chunks.last(), Some(Chunk::Done(_))), "{chunks:?}");
            assert_eq!(
                remote.http.silent.knows(&endpoint),
                after,
                "{more:?} {before}"
            );
            server.abort();
        });
    }
}

/// A model on this machine may take long to begin, and then no longer than any other.
#[test]
fn the_long_patience_with_this_machine_ends_with_the_first_word() {
    let patience = Patience {
        idle: Duration::ZERO,
        late: Duration::ZERO,
        linger: Duration::ZERO,
        ..Patience::default()
    };
    let role = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
    for (rest, fails) in [(WHOLE, false), (HALF, true)] {
        run(async {
            let pieces = [format!("{HEAD}\r\n{role}"), rest.to_owned()];
            let pieces = pieces.map(String::into_bytes).to_vec();
            let (address, server) = serve(pieces, Then::Hold).await;
            let chunks = ask(&remote(&address, &openai_chat::DIALECT, patience)).await;
            if fails {
                let (failure, partial) = failed(&chunks);
                assert!(
                    failure.message.starts_with("nothing came from"),
                    "{failure:?}"
                );
                assert_eq!(partial.text(), "hel");
            } else {
                assert!(matches!(chunks.last(), Some(Chunk::Done(_))), "{chunks:?}");
            }
            server.abort();
        });
    }
}

/// What only hands on to a vendor has no model to load.
#[test]
fn a_bridge_on_this_machine_is_given_no_longer_than_its_vendor() {
    let patience = Patience {
        idle: Duration::from_millis(20),
        here: Duration::from_secs(2),
        ..Patience::default()
    };
    let (vendor, here) = ("for 0 s: ask again", "for 2 s: ask again");
    let cases = [
        ("anthropic", vendor),
        ("openrouter", vendor),
        ("", here),
        ("vllm", here),
        // Anyone may run its models.
        ("deepseek", here),
    ];
    for (preset, expected) in cases {
        run(async {
            let head = vec![format!("{HEAD}\r\n").into_bytes()];
            let (address, server) = serve(head, Then::Hold).await;
            let remote = Remote {
                quirks: quirks::of(preset).unwrap_or(quirks::NONE),
                ..remote(&address, &openai_chat::DIALECT, patience)
            };
            let (failure, _) = failed(&ask(&remote).await);
            assert!(failure.message.ends_with(expected), "{preset}: {failure:?}");
            server.abort();
        });
    }
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
        let (failure, _) = failed(&ask(&remote(&address, &openai_chat::DIALECT, patience)).await);
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
        let (failure, partial) = failed(
            &ask(&remote(
                &address,
                &openai_chat::DIALECT,
                Patience::default(),
            ))
            .await,
        );
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
