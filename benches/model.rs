//! A model played on this machine that takes times: when a request was there, when its answer began and was out, and what the
//! process that asked had used of the CPU by then. It speaks one dialect, as fast as the socket takes it or at the pace of a
//! model.

use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::limit::{Limit, Trouble};
use crate::machine::Cpu;
use crate::support::server::{HEAD, Request, Turn, chunk, events, read};

/// Events that are sent in one piece when there is no pace.
const AT_ONCE: usize = 50;

/// An answer.
#[derive(Debug, Clone)]
pub struct Says {
    /// Calls, and a text in pieces of any size.
    turn: Turn,
    /// A text token by token, before what `turn` says.
    tokens: Vec<String>,
    /// From one token to the next.
    pace: Duration,
}

impl Says {
    pub fn turn(turn: Turn) -> Self {
        Self {
            turn,
            tokens: Vec::new(),
            pace: Duration::ZERO,
        }
    }

    pub fn text(text: &str) -> Self {
        Self::turn(Turn::text(text))
    }

    pub fn tokens(tokens: Vec<String>, pace: Duration) -> Self {
        Self {
            turn: Turn {
                output: tokens.len() as u64,
                ..Turn::default()
            },
            tokens,
            pace,
        }
    }
}

/// A request and its answer.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Its last byte was read.
    pub came: Instant,
    /// What the process that asks had used by then.
    pub cpu: Option<Cpu>,
    /// Its answer began.
    pub began: Instant,
    /// The last byte of its answer was written.
    pub ended: Option<Instant>,
}

/// What the model and its connections share.
#[derive(Debug)]
struct Shared {
    says: Vec<Says>,
    kept: Mutex<Vec<Exchange>>,
    /// An answer is out.
    told: Condvar,
    /// Whose CPU time is taken with each request; 0 for nobody's.
    process: AtomicU32,
    over: AtomicBool,
}

/// Answers until it is dropped.
#[derive(Debug)]
pub struct Model {
    /// `127.0.0.1:PORT`.
    address: String,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Model {
    /// The answer to a request with N results of calls is the Nth, the last one for all beyond.
    pub fn plays(says: Vec<Says>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared {
            says,
            kept: Mutex::default(),
            told: Condvar::new(),
            process: AtomicU32::new(0),
            over: AtomicBool::new(false),
        });
        let listening = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if listening.over.load(Ordering::Relaxed) {
                    return;
                }
                let shared = Arc::clone(&listening);
                // A connection that breaks has nothing more to say.
                thread::spawn(move || serve(&stream, &shared));
            }
        });
        Self {
            address,
            shared,
            thread: Some(thread),
        }
    }

    /// A config with this model and no other, at a price.
    pub fn config(&self) -> String {
        config(&self.address)
    }

    /// Takes the CPU time of this process with each request from now on.
    pub fn watch(&self, process: u32) {
        self.shared.process.store(process, Ordering::Relaxed);
    }

    /// Forgets what was exchanged, and watches nobody.
    pub fn forget(&self) {
        self.shared.process.store(0, Ordering::Relaxed);
        self.shared.kept.lock().unwrap().clear();
    }

    pub fn exchanges(&self) -> Vec<Exchange> {
        self.shared.kept.lock().unwrap().clone()
    }

    /// The first exchange, once its answer is out.
    pub fn first(&self, limit: Limit) -> Result<Exchange, Trouble> {
        let kept = self.shared.kept.lock().unwrap();
        let open =
            |kept: &mut Vec<Exchange>| kept.first().is_none_or(|first| first.ended.is_none());
        let told = &self.shared.told;
        let (kept, _) = told.wait_timeout_while(kept, limit.left(), open).unwrap();
        let first = kept.first().filter(|first| first.ended.is_some());
        first
            .cloned()
            .ok_or_else(|| Trouble::Late("no answer was taken to its end".to_owned()))
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        // The listener is woken to see that it is over.
        let _ = TcpStream::connect(&self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A config for a model at this address.
pub fn config(address: &str) -> String {
    format!(
        "model = \"bench/m\"\n[providers.bench]\nwire = \"openai-chat\"\nbase_url = \"http://{address}/v1\"\n\
         key_env = \"TRIAL_KEY\"\n[providers.bench.models.m]\ncontext = 1000000\nmax_output = 32000\n\
         price = {{ input = 3.0, output = 15.0 }}\n"
    )
}

fn serve(stream: &TcpStream, shared: &Shared) -> Option<()> {
    // What is written goes out; a small piece does not wait for an answer to the one before.
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream);
    loop {
        let request = read(&mut reader)?;
        let came = Instant::now();
        let process = shared.process.load(Ordering::Relaxed);
        let cpu = (process != 0).then(|| Cpu::of(process).ok()).flatten();
        let says = &shared.says;
        let answer = says.get(request.results()).or(says.last())?;
        let pieces = pieces(&request, answer);
        let place = {
            let mut kept = shared.kept.lock().ok()?;
            kept.push(Exchange {
                came,
                cpu,
                began: Instant::now(),
                ended: None,
            });
            kept.len() - 1
        };
        send(stream, &pieces, answer.pace)?;
        let ended = Instant::now();
        if let Some(exchange) = shared.kept.lock().ok()?.get_mut(place) {
            exchange.ended = Some(ended);
        }
        shared.told.notify_all();
    }
}

/// What is written at once: all but the tokens goes with the first and the last of them.
fn pieces(request: &Request, answer: &Says) -> Vec<Vec<u8>> {
    let mut frame = events(request, &answer.turn);
    let rest = frame.split_off(1);
    let first = frame.concat();
    let token = |text: &String| {
        let value = json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]});
        format!("data: {value}\n\n")
    };
    let many = if answer.pace.is_zero() { AT_ONCE } else { 1 };
    let mut pieces = vec![[HEAD.as_bytes(), &chunk(&first)].concat()];
    for tokens in answer.tokens.chunks(many) {
        pieces.push(chunk(&tokens.iter().map(token).collect::<String>()));
    }
    pieces.push([chunk(&rest.concat()), b"0\r\n\r\n".to_vec()].concat());
    pieces
}

fn send(mut stream: &TcpStream, pieces: &[Vec<u8>], pace: Duration) -> Option<()> {
    let began = Instant::now();
    for (place, piece) in (0..).zip(pieces) {
        // By the clock and not from piece to piece, so that being late once does not slow the stream.
        let due = pace * place;
        if let Some(early) = due
            .checked_sub(began.elapsed())
            .filter(|early| !early.is_zero())
        {
            thread::sleep(early);
        }
        stream.write_all(piece).ok()?;
    }
    Some(())
}
