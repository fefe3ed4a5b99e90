//! What the server of a trial does with a request, in words that rows can be read by.

use std::sync::Arc;

use serde_json::json;

use crate::support::server::{Act, Dialect, Request, Turn, answer, chunk, events, head, respond};

pub const ALL: &[Dialect] = Dialect::ALL;

/// The wires whose answers are events of a stream, and not lines of JSON.
pub const EVENTS: &[Dialect] = &[
    Dialect::Anthropic,
    Dialect::OpenAiChat,
    Dialect::OpenAiResponses,
    Dialect::Gemini,
];

/// The wires that send a call's arguments piece by piece.
pub const PIECES: &[Dialect] = &[
    Dialect::Anthropic,
    Dialect::OpenAiChat,
    Dialect::OpenAiResponses,
];

/// What a server does with a request.
pub type Play = Arc<dyn Fn(&Request) -> Vec<Act> + Send + Sync>;

pub fn does(acts: impl Fn(&Request) -> Vec<Act> + Send + Sync + 'static) -> Play {
    Arc::new(acts)
}

pub fn says(turn: Turn) -> Play {
    does(move |request| answer(request, &turn))
}

/// The last word.
pub fn done() -> Play {
    says(Turn::text("All is well."))
}

/// A text, and a call that leaves a line in a file each time it runs.
pub fn marks() -> Turn {
    let input = json!({"command": "echo mark >> marks"});
    Turn::call("I mark it.", "bash", &input)
}

/// A call with these arguments, which may be broken.
pub fn calls(name: &str, arguments: impl Into<String>) -> Play {
    says(Turn {
        calls: vec![(name.to_owned(), arguments.into())],
        ..Turn::default()
    })
}

/// A refusal in the form that most vendors use.
pub fn refuses(status: u16, headers: &'static str, kind: &str, message: &str) -> Play {
    let body = json!({"type": "error", "error": {"type": kind, "message": message}}).to_string();
    does(move |_| {
        respond(
            status,
            &format!("content-type: application/json\r\n{headers}"),
            &body,
        )
    })
}

/// A whole body with the status of one that went well.
pub fn body(kind: &'static str, body: &'static str) -> Play {
    does(move |_| respond(200, &format!("content-type: {kind}\r\n"), body))
}

/// A stream of this as its body, whatever it is.
pub fn streams(bytes: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> Play {
    does(move |request| {
        let bytes = bytes(request);
        vec![
            Act::send(head(request)),
            Act::Send(format!("{:x}\r\n", bytes.len()).into_bytes()),
            Act::Send(bytes),
            Act::send("\r\n0\r\n\r\n"),
        ]
    })
}

/// The answer of a turn as one text, for who wants to spoil it.
pub fn whole(request: &Request, turn: &Turn) -> String {
    events(request, turn).concat()
}

/// The answer of a turn, spoilt.
pub fn spoilt(
    turn: Turn,
    spoil: impl Fn(&Request, String) -> String + Send + Sync + 'static,
) -> Play {
    streams(move |request| spoil(request, whole(request, &turn)).into_bytes())
}

/// Where an answer breaks off.
#[derive(Debug, Clone, Copy)]
pub enum Cut {
    BeforeHead,
    BeforeFirst,
    InText,
    InCall,
    BeforeEnd,
}

/// The first part of the answer with [`marks`], and then no more, or not even the connection.
pub fn breaks_off(cut: Cut, farewell: Act) -> Play {
    does(move |request| {
        let events = events(request, &marks());
        let in_pieces = PIECES.contains(&request.dialect());
        let count = match (cut, in_pieces) {
            (Cut::BeforeHead, _) => return vec![farewell.clone()],
            (Cut::BeforeFirst, _) => 0,
            (Cut::InText, true) => 2,
            (Cut::InText, false) => 1,
            // A call that comes whole is cut in front of.
            (Cut::InCall, true) => events.len() - 5,
            (Cut::InCall, false) => events.len() - 2,
            (Cut::BeforeEnd, true) => events.len() - 3,
            (Cut::BeforeEnd, false) => events.len() - 1,
        };
        let mut acts = vec![Act::send(head(request))];
        acts.extend(events[..count].iter().map(|event| Act::Send(chunk(event))));
        acts.push(farewell.clone());
        acts
    })
}

/// A text that begins, and an error in its place.
pub fn fails_within(message: &'static str) -> Play {
    fails(message, true)
}

/// An answer that begins, and an error where its first word should be.
pub fn fails_at_once(message: &'static str) -> Play {
    fails(message, false)
}

fn fails(message: &'static str, after_words: bool) -> Play {
    does(move |request| {
        let text = events(request, &Turn::text("I was about to"));
        let error = match request.dialect() {
            Dialect::Anthropic => format!(
                "event: error\ndata: {}\n\n",
                json!({"type": "error", "error": {"type": "overloaded_error", "message": message}})
            ),
            Dialect::OpenAiChat => {
                format!(
                    "data: {}\n\n",
                    json!({"error": {"message": message, "code": 503}})
                )
            }
            Dialect::Ollama => format!("{}\n", json!({"error": message})),
            Dialect::OpenAiResponses => format!(
                "event: response.failed\ndata: {}\n\n",
                json!({"type": "response.failed", "response": {"status": "failed",
                    "error": {"code": "server_error", "message": message}}})
            ),
            Dialect::Gemini => format!(
                "data: {}\n\n",
                json!({"error": {"code": 503, "message": message, "status": "UNAVAILABLE"}})
            ),
        };
        // As much as says the words, and not the end.
        let said = text
            .iter()
            .position(|event| event.contains("I was about to"));
        let mut acts = vec![Act::send(head(request))];
        let before = &text[..said.unwrap_or(0) + usize::from(after_words)];
        acts.extend(before.iter().map(|event| Act::Send(chunk(event))));
        acts.push(Act::Send(chunk(&error)));
        acts.push(Act::send("0\r\n\r\n"));
        acts
    })
}

/// The word of a dialect for why an answer stopped.
pub fn stops(turn: &Turn, word: fn(Dialect) -> &'static str) -> Play {
    let turn = turn.clone();
    does(move |request| {
        let stop = word(request.dialect());
        answer(
            request,
            &Turn {
                stop,
                ..turn.clone()
            },
        )
    })
}
