//! A server on this machine that plays a model in any dialect, byte by byte: it can answer as a model would, be slow, break
//! off, reset, or say anything else. It keeps every request. Waits are gates that a trial opens, hardly ever times.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{LONGEST, chat, gemini, ollama, responses};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Anthropic,
    OpenAiChat,
    OpenAiResponses,
    Gemini,
    Ollama,
}

impl Dialect {
    pub const ALL: &[Self] = &[
        Self::Anthropic,
        Self::OpenAiChat,
        Self::OpenAiResponses,
        Self::Gemini,
        Self::Ollama,
    ];

    fn of(path: &str) -> Self {
        if path.ends_with("/messages") {
            Self::Anthropic
        } else if path.ends_with("/api/chat") {
            Self::Ollama
        } else if path.ends_with("/responses") {
            Self::OpenAiResponses
        } else if path.contains(":streamGenerateContent") {
            Self::Gemini
        } else {
            Self::OpenAiChat
        }
    }

    /// The provider that speaks it in [`config`].
    pub fn provider(self) -> &'static str {
        match self {
            Self::Anthropic => "messages",
            Self::OpenAiChat => "chat",
            Self::Ollama => "ollama",
            Self::OpenAiResponses => "responses",
            Self::Gemini => "gemini",
        }
    }

    /// The one model of that provider.
    pub fn model(self) -> String {
        format!("{}/m", self.provider())
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body without its marks of the cache, which are no content and move on with the conversation.
    pub fn bare(&self) -> String {
        let body = String::from_utf8(self.body.clone()).unwrap();
        let body = body.replace(r#","cache_control":{"type":"ephemeral"}"#, "");
        body.replace(r#","cache_control":{"type":"ephemeral","ttl":"1h"}"#, "")
    }

    pub fn dialect(&self) -> Dialect {
        Dialect::of(&self.path)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Results of calls in it: the place in a scripted conversation.
    pub fn results(&self) -> usize {
        let body = self.json();
        let messages = [&body["messages"], &body["input"], &body["contents"]];
        let messages = messages.into_iter().filter_map(Value::as_array).flatten();
        let is_result = |block: &&Value| {
            block["type"] == "tool_result" || block["functionResponse"].is_object()
        };
        let count = |message: &Value| match (&message["content"], &message["parts"]) {
            (Value::Array(blocks), _) | (_, Value::Array(blocks)) => {
                blocks.iter().filter(is_result).count()
            }
            _ => {
                usize::from(message["role"] == "tool" || message["type"] == "function_call_output")
            }
        };
        messages.map(count).sum()
    }
}

/// One thing the server does with a connection.
#[derive(Debug, Clone)]
pub enum Act {
    Send(Vec<u8>),
    /// Goes on when the gate is open.
    Wait(Gate),
    /// Goes on after this long: for what can only be shown with time, and as short as shows it.
    Pause(Duration),
    /// Says no more, and still listens.
    HalfClose,
    /// Breaks the connection without a word of farewell.
    Reset,
}

impl Act {
    pub fn send(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Send(bytes.into())
    }
}

/// A wait that a trial ends.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    fn wait(&self) {
        let open = self.0.0.lock().unwrap();
        drop(self.0.1.wait_timeout_while(open, LONGEST, |open| !*open));
    }
}

/// What a model says in one answer.
#[derive(Debug, Clone, Default)]
pub struct Turn {
    /// What it thinks first, signed, in the dialect of Anthropic.
    pub thinking: String,
    pub text: String,
    /// Name and arguments, as text so that they may be broken.
    pub calls: Vec<(String, String)>,
    /// Why it stops, in the dialect's own word; the usual one where it is empty.
    pub stop: &'static str,
    /// Tokens out; estimated from the text where it is 0.
    pub output: u64,
}

impl Turn {
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    pub fn call(text: &str, name: &str, arguments: &Value) -> Self {
        Self {
            text: text.to_owned(),
            calls: vec![(name.to_owned(), arguments.to_string())],
            ..Self::default()
        }
    }
}

type Kept = (Mutex<Vec<Request>>, Condvar);

/// Answers requests until it is dropped.
#[derive(Debug)]
pub struct Server {
    /// `http://127.0.0.1:PORT`.
    pub address: String,
    kept: Arc<Kept>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Every request is answered by what `answer` makes of it.
    pub fn start(answer: impl Fn(&Request) -> Vec<Act> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let kept = Arc::new(Kept::default());
        let over = Arc::new(AtomicBool::new(false));
        let answer = Arc::new(answer);
        let (keeps, ends) = (Arc::clone(&kept), Arc::clone(&over));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ends.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (keeps, answer) = (Arc::clone(&keeps), Arc::clone(&answer));
                std::thread::spawn(move || serve(&stream, &keeps, &*answer));
            }
        });
        Self {
            address: format!("http://{address}"),
            kept,
            over,
            thread: Some(thread),
        }
    }

    /// Plays a conversation: the answer to a request with N results of calls is turn N, the last one for all beyond.
    pub fn plays(turns: Vec<Turn>) -> Self {
        Self::start(move |request| {
            let turn = turns.get(request.results()).or(turns.last());
            answer(request, turn.unwrap())
        })
    }

    pub fn requests(&self) -> Vec<Request> {
        self.kept.0.lock().unwrap().clone()
    }

    /// Waits until so many requests have come.
    pub fn wait_for(&self, count: usize) {
        let requests = self.kept.0.lock().unwrap();
        let too_few = |requests: &mut Vec<Request>| requests.len() < count;
        let waited = self.kept.1.wait_timeout_while(requests, LONGEST, too_few);
        assert!(
            !waited.unwrap().1.timed_out(),
            "{count} requests did not come"
        );
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // The listener is woken to see that it is over.
        let _ = TcpStream::connect(self.address.trim_start_matches("http://"));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(stream: &TcpStream, kept: &Kept, answer: &dyn Fn(&Request) -> Vec<Act>) {
    let _ = stream.set_nodelay(true);
    let _ = stream.set_read_timeout(Some(LONGEST));
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        if request.path.ends_with("/api/show") {
            // Asked beside the calls, and no part of the conversation.
            let mut out = stream;
            let _ = out.write_all(ollama::SHOWN.as_bytes());
            continue;
        }
        let acts = answer(&request);
        kept.0.lock().unwrap().push(request);
        kept.1.notify_all();
        for act in acts {
            let mut out = stream;
            let done = match act {
                Act::Send(bytes) => out.write_all(&bytes),
                Act::Wait(gate) => {
                    gate.wait();
                    Ok(())
                }
                Act::Pause(time) => {
                    std::thread::sleep(time);
                    Ok(())
                }
                Act::HalfClose => stream.shutdown(Shutdown::Write),
                Act::Reset => {
                    // Closed with nothing to linger for, a connection is reset.
                    let none = Some(Duration::ZERO);
                    let _ = rustix::net::sockopt::set_socket_linger(stream, none);
                    return;
                }
            };
            if done.is_err() {
                return;
            }
        }
    }
}

/// The next request of a connection; nothing when it has ended.
pub fn read(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split_whitespace().nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(Ok(0), |(_, value)| value.parse());
    let mut body = vec![0; length.ok()?];
    reader.read_exact(&mut body).ok()?;
    Some(Request {
        path,
        headers,
        body,
    })
}

/// A whole response with a status of its own; each of the headers ends with a line end.
pub fn respond(status: u16, headers: &str, body: &str) -> Vec<Act> {
    let length = body.len();
    vec![Act::send(format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    ))]
}

/// What begins an answer that streams as most do.
pub const HEAD: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/// The same in the dialect of the request.
pub fn head(request: &Request) -> String {
    match request.dialect() {
        Dialect::Anthropic | Dialect::OpenAiChat | Dialect::OpenAiResponses | Dialect::Gemini => {
            HEAD.to_owned()
        }
        Dialect::Ollama => HEAD.replace("text/event-stream", "application/x-ndjson"),
    }
}

/// The turn as a stream of events in the dialect of the request, well formed and to its end.
pub fn answer(request: &Request, turn: &Turn) -> Vec<Act> {
    let mut acts = vec![Act::send(head(request))];
    for event in events(request, turn) {
        acts.push(Act::Send(chunk(&event)));
    }
    acts.push(Act::send("0\r\n\r\n"));
    acts
}

/// One piece of a body that comes in pieces.
pub fn chunk(text: &str) -> Vec<u8> {
    format!("{:x}\r\n{text}\r\n", text.len()).into_bytes()
}

/// The events of a turn.
pub fn events(request: &Request, turn: &Turn) -> Vec<String> {
    let input = request.body.len() as u64 / 4;
    let said: usize = turn.calls.iter().map(|(_, text)| text.len()).sum();
    let output = match turn.output {
        0 => (turn.text.len() + said) as u64 / 4 + 1,
        output => output,
    };
    // A call's id is its place in the conversation, so that none comes twice.
    let place = request.results();
    match request.dialect() {
        Dialect::Anthropic => anthropic(turn, place, input, output),
        Dialect::OpenAiChat => chat::events(turn, place, input, output),
        Dialect::Ollama => ollama::lines(turn, place, input, output),
        Dialect::OpenAiResponses => responses::events(turn, place, input, output),
        Dialect::Gemini => gemini::events(turn, place, input, output),
    }
}

fn anthropic(turn: &Turn, place: usize, input: u64, output: u64) -> Vec<String> {
    let event = |value: Value| {
        let kind = value["type"].as_str().unwrap_or_default();
        format!("event: {kind}\ndata: {value}\n\n")
    };
    let block = |index: usize, start: Value, deltas: Vec<Value>| {
        let mut events = vec![event(
            json!({"type": "content_block_start", "index": index, "content_block": start}),
        )];
        events.extend(deltas.into_iter().map(|delta| {
            event(json!({"type": "content_block_delta", "index": index, "delta": delta}))
        }));
        events.push(event(json!({"type": "content_block_stop", "index": index})));
        events
    };
    let usage = json!({"input_tokens": input, "output_tokens": 1});
    let mut events = vec![event(json!({"type": "message_start", "message": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": usage}}))];
    let thinks = usize::from(!turn.thinking.is_empty());
    if thinks == 1 {
        let thought = json!({"type": "thinking_delta", "thinking": turn.thinking});
        let signed = json!({"type": "signature_delta", "signature": "c2lnbmVk".repeat(40)});
        let start = json!({"type": "thinking", "thinking": "", "signature": ""});
        events.extend(block(0, start, vec![thought, signed]));
    }
    let first_call = thinks + usize::from(!turn.text.is_empty());
    if first_call > thinks {
        let pieces = pieces(&turn.text);
        let deltas = pieces.map(|piece| json!({"type": "text_delta", "text": piece}));
        events.extend(block(
            thinks,
            json!({"type": "text", "text": ""}),
            deltas.collect(),
        ));
    }
    for (index, (name, arguments)) in turn.calls.iter().enumerate() {
        let id = format!("toolu_{place}_{index}");
        let start = json!({"type": "tool_use", "id": id, "name": name, "input": {}});
        let pieces = pieces(arguments);
        let deltas = pieces.map(|piece| json!({"type": "input_json_delta", "partial_json": piece}));
        events.extend(block(first_call + index, start, deltas.collect()));
    }
    let stop = stop(turn, "end_turn", "tool_use");
    events.push(event(json!({"type": "message_delta",
        "delta": {"stop_reason": stop, "stop_sequence": null}, "usage": {"output_tokens": output}})));
    events.push(event(json!({"type": "message_stop"})));
    events
}

/// Why the turn stops, in the words a dialect has for it.
pub fn stop(turn: &Turn, usual: &'static str, with_calls: &'static str) -> &'static str {
    match (turn.stop, turn.calls.is_empty()) {
        ("", true) => usual,
        ("", false) => with_calls,
        (stop, _) => stop,
    }
}

/// A text in pieces of some characters, as tokens come.
pub fn pieces(text: &str) -> impl Iterator<Item = String> {
    let characters: Vec<char> = text.chars().collect();
    // What is very long comes in larger ones, or it would take minutes.
    let pieces: Vec<String> = characters
        .chunks((text.len() / 2_000).max(24))
        .map(|piece| piece.iter().collect())
        .collect();
    pieces.into_iter()
}

/// A config with all dialects at this server, each with one model: `messages/m`, `chat/m` and so on. With a price (dollars a
/// million tokens, in and out) they cost, without one they count as nothing.
pub fn config(server: &Server, price: Option<(f64, f64)>) -> String {
    let mut config = String::new();
    for (dialect, wire, path) in [
        (Dialect::Anthropic, "anthropic", ""),
        (Dialect::OpenAiChat, "openai-chat", "/v1"),
        (Dialect::Ollama, "ollama", ""),
        (Dialect::OpenAiResponses, "openai-responses", "/v1"),
        (Dialect::Gemini, "gemini", "/v1beta"),
    ] {
        let name = dialect.provider();
        let address = &server.address;
        let _ = write!(
            config,
            "[providers.{name}]\nwire = \"{wire}\"\nbase_url = \"{address}{path}\"\nkey_env = \"TRIAL_KEY\"\n\
             [providers.{name}.models.m]\ncontext = 1000000\nmax_output = 8000\n"
        );
        if let Some((input, output)) = price {
            let _ = writeln!(
                config,
                "price = {{ input = {input:?}, output = {output:?} }}"
            );
        }
    }
    config
}
