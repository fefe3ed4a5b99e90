//! One call by the client alone, with the patience of milliseconds.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use creel::agent::prompt::{Caching, Message, Prompt};
use creel::config::Wire;
use creel::config::secret::Secret;
use creel::provider::dialect;
use creel::provider::http::{Http, Patience};
use creel::provider::key::Key;
use creel::provider::remote::Remote;
use creel::provider::told::Answers;
use creel::provider::{Chunk, Provider, quirks};
use futures_util::StreamExt;

use crate::matrix::script::Play;
use crate::support::server::{Dialect, Server};

/// Which patience is short.
#[derive(Debug, Clone, Copy)]
pub enum Hurry {
    /// For the head of the answer.
    Head,
    /// For the next piece of it.
    Piece,
    /// With signs of life only.
    Quiet,
    /// For the head, and nobody answers the beginning of TLS.
    Handshake,
}

/// Long enough for a machine that has much to do, short enough to be waited for.
const SHORT: Duration = Duration::from_millis(150);

fn patience(hurry: Hurry) -> Patience {
    let usual = Patience {
        here: Duration::ZERO,
        ..Patience::default()
    };
    match hurry {
        Hurry::Head | Hurry::Handshake => Patience {
            headers: SHORT,
            ..usual
        },
        Hurry::Piece => Patience {
            idle: SHORT,
            ..usual
        },
        Hurry::Quiet => Patience {
            quiet: SHORT,
            ..usual
        },
    }
}

/// `sees` is a part of the failure's message, or the text that was said.
pub fn run(dialect: Dialect, hurry: Hurry, play: &Play, sees: &str) -> Result<(), String> {
    let play = Arc::clone(play);
    let server = Server::start(move |request| play(request));
    let (wire, path) = match dialect {
        Dialect::Anthropic => (Wire::Anthropic, ""),
        Dialect::OpenAiChat => (Wire::OpenAiChat, "/v1"),
        Dialect::OpenAiResponses => (Wire::OpenAiResponses, "/v1"),
        Dialect::Gemini => (Wire::Gemini, "/v1beta"),
        Dialect::Ollama => (Wire::Ollama, ""),
    };
    // The kernel takes the connection, and nobody ever reads what comes.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = match hurry {
        Hurry::Handshake => format!("https://{}", silent.local_addr().unwrap()),
        Hurry::Head | Hurry::Piece | Hurry::Quiet => server.address.clone(),
    };
    let remote = Remote {
        dialect: dialect::of(wire).unwrap(),
        base_url: format!("{address}{path}"),
        quirks: quirks::NONE,
        key: Arc::new(Key::new(None, Arc::new(|| Ok(Secret::new("sk-trial"))))),
        http: Arc::new(Http::new(patience(hurry))),
        held_to: None,
        windows: BTreeMap::from([("m".to_owned(), 100_000)]),
        answers: Answers::default(),
    };
    let prompt = Prompt {
        model: "here/m".parse().unwrap(),
        system: Arc::from("be brief"),
        tools: Arc::from([]),
        messages: vec![Message::User {
            text: "go".to_owned(),
            pictures: Vec::new(),
        }],
        max_output: 1_000,
        effort: None,
        caching: Caching::default(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let chunks: Vec<Chunk> = runtime.block_on(remote.stream(prompt, None).collect());
    let told = match chunks.last() {
        Some(Chunk::Failed { failure, .. }) => failure.message.clone(),
        Some(Chunk::Done(reply)) => reply.text(),
        other => format!("{other:?}"),
    };
    if told.contains(sees) {
        Ok(())
    } else {
        Err(format!("  said: {told} in place of {sees}"))
    }
}
