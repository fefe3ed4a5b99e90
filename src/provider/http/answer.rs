//! An answer as a stream of chunks: bytes from the network into a decoder, with a watch on time and size. Dropping the
//! stream closes the connection.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt};
use reqwest::Response;
use reqwest::header::HeaderValue;
use tokio::time::{Sleep, sleep, timeout};

use crate::config::Wire;
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::reply::Reply;
use crate::provider::Chunk;
use crate::provider::decode::{Decoder, Wants};
use crate::provider::failure::{Advice, no_stream};
use crate::provider::framing::{Kind, Look};
use crate::provider::http::late::endpoint;
use crate::provider::http::sending::Sending;
use crate::provider::http::{Http, Patience, Refused, Request, fault, packed};
use crate::provider::key::Key;
use crate::provider::limits;
use crate::provider::room::{self, Room};

/// The most bytes a whole answer may have, unpacked.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;

/// What is read of a body that is no answer.
const LARGEST_OTHER: usize = 64 * 1024;

/// How often a request is sent again that asked for a longer answer than there is room for.
const MOST_LOWERED: u32 = 3;

/// A call ready to be sent.
pub(crate) struct Call {
    pub(crate) request: Request,
    /// What reads its answer.
    pub(crate) decoder: Decoder,
    /// The most tokens the answer may have.
    pub(crate) most_output: u64,
    /// The body with as many as there is room for.
    pub(crate) lowered: Box<dyn FnMut(Room) -> Vec<u8> + Send>,
    /// Is told of each refusal.
    pub(crate) learn: Box<dyn Fn(&Refused) + Send>,
}

impl Call {
    /// Sends it, once more for as long as it is refused for asking for a longer answer than there is room for: that is found out
    /// only so, costs nothing, and is no attempt that failed.
    async fn send(&mut self, http: &Http) -> Result<Response, Failure> {
        for _ in 0..MOST_LOWERED {
            let refused = match http.send_told(&self.request).await {
                Ok(response) => return Ok(response),
                Err(refused) => refused,
            };
            (self.learn)(&refused);
            let Some(room) = room::of(&refused.words, self.most_output) else {
                return Err(refused.failure);
            };
            self.most_output = room.output;
            self.request.body = Some((self.lowered)(room));
            self.request = self.request.again();
        }
        let sent = http.send_told(&self.request).await;
        sent.map_err(|refused| refused.failure)
    }
}

/// Asks, and reads the answer with the decoder. Nothing happens before the stream is polled.
pub(crate) fn answer(
    http: Arc<Http>,
    call: BoxFuture<'static, Result<Call, Failure>>,
    key: Arc<Key>,
) -> BoxStream<'static, Chunk> {
    let state = State {
        http,
        key,
        chunks: VecDeque::new(),
        phase: Phase::Asking(call),
    };
    stream::unfold(state, State::next).boxed()
}

struct State {
    http: Arc<Http>,
    key: Arc<Key>,
    /// Decoded and not yet taken.
    chunks: VecDeque<Chunk>,
    phase: Phase,
}

enum Phase {
    Asking(BoxFuture<'static, Result<Call, Failure>>),
    Opening(Opening),
    Reading(Box<Reading>),
    Over,
}

struct Opening {
    opened: BoxFuture<'static, Result<(Response, Call), Failure>>,
    /// Until it was told that the request has left.
    sending: Option<Sending>,
}

struct Reading {
    response: Response,
    place: String,
    /// See [`endpoint`].
    endpoint: String,
    decoder: Decoder,
    patience: Patience,
    kind: Kind,
    /// What the head says about asking again, which holds for an error in the body.
    advice: Advice,
    /// The first bytes, until it is plain that they begin a stream.
    head: Option<Vec<u8>>,
    total: usize,
    /// The time for something that counts; afterwards, for what comes late.
    limit: Pin<Box<Sleep>>,
    events: u64,
    wants: Wants,
    /// Its end is known and nothing more of it is likely: the limit is that of what nobody needs, and runs.
    counted: bool,
    /// All of it has come, with the mark of its end.
    complete: bool,
}

impl State {
    async fn next(mut self) -> Option<(Chunk, Self)> {
        loop {
            if let Some(chunk) = self.chunks.pop_front() {
                return Some((self.settled(chunk), self));
            }
            self.phase = match std::mem::replace(&mut self.phase, Phase::Over) {
                Phase::Asking(call) => self.ask(call).await,
                Phase::Opening(opening) => self.open(opening).await,
                Phase::Reading(reading) => self.read(reading).await,
                Phase::Over => return None,
            };
        }
    }

    fn settled(&self, chunk: Chunk) -> Chunk {
        match chunk {
            Chunk::Failed { failure, partial } => Chunk::Failed {
                failure: self.key.settle(failure),
                partial,
            },
            chunk => chunk,
        }
    }

    async fn ask(&mut self, call: BoxFuture<'static, Result<Call, Failure>>) -> Phase {
        let mut call = match call.await {
            Ok(call) => call,
            Err(failure) => return self.fails(failure),
        };
        let (http, sending) = (Arc::clone(&self.http), call.request.sending.clone());
        let opened = async move {
            let response = call.send(&http).await?;
            Ok((response, call))
        };
        Phase::Opening(Opening {
            opened: opened.boxed(),
            sending: Some(sending),
        })
    }

    async fn open(&mut self, mut opening: Opening) -> Phase {
        let opened = if let Some(sending) = &opening.sending {
            let opened = tokio::select! {
                biased;
                opened = &mut opening.opened => Some(opened),
                () = sending.whole() => None,
            };
            let Some(opened) = opened else {
                self.chunks.push_back(Chunk::Sent);
                opening.sending = None;
                return Phase::Opening(opening);
            };
            opened
        } else {
            opening.opened.await
        };
        match opened {
            Ok((response, call)) => {
                let Call {
                    request,
                    decoder,
                    most_output,
                    ..
                } = call;
                let decoder = decoder.limited_to(most_output);
                let headers = response.headers();
                if let Some(how) = packed::how(headers) {
                    // The model has answered, and may charge for it.
                    self.chunks.push_back(Chunk::Failed {
                        failure: Failure {
                            status: Some(response.status().as_u16()),
                            ..packed::failure(&how, &request.place())
                        },
                        partial: Reply {
                            begun: true,
                            ..Reply::default()
                        },
                    });
                    return Phase::Over;
                }
                let header = |name: &str| headers.get(name)?.to_str().ok();
                let (limits, advice) = (limits::read(header), Advice::read(header));
                self.chunks.push_back(Chunk::Began { limits });
                let kind = response
                    .headers()
                    .get("content-type")
                    .map(HeaderValue::as_bytes);
                let asked = decoder.framing().media_type().as_bytes();
                let is_asked = kind.is_none_or(|kind| kind.to_ascii_lowercase().starts_with(asked));
                Phase::Reading(Box::new(Reading {
                    response,
                    place: request.place(),
                    endpoint: endpoint(&request.url),
                    decoder,
                    advice,
                    kind: if is_asked { Kind::Asked } else { Kind::Other },
                    head: Some(Vec::new()),
                    total: 0,
                    patience: self.http.patience.with(&request),
                    limit: Box::pin(sleep(self.http.patience.quiet)),
                    events: 0,
                    wants: Wants::More,
                    counted: false,
                    complete: false,
                }))
            }
            Err(failure) => self.fails(failure),
        }
    }

    fn fails(&mut self, failure: Failure) -> Phase {
        self.chunks.push_back(Chunk::Failed {
            failure,
            partial: Reply::default(),
        });
        Phase::Over
    }

    /// Reads one piece.
    async fn read(&mut self, mut reading: Box<Reading>) -> Phase {
        let patience = reading.patience;
        // What has begun to answer is loaded and has read the prompt, on this machine too.
        let idle = if reading.decoder.has_begun() {
            self.http.patience.idle
        } else {
            patience.idle
        };
        let piece = tokio::select! {
            // What has come is taken first, however late it is looked at.
            biased;
            piece = timeout(idle, reading.response.chunk()) => Some(piece),
            () = &mut reading.limit => None,
        };
        let place = &reading.place;
        let network = |text: String| Failure::new(FailureKind::Network, text);
        let failure = match piece {
            Some(Ok(Ok(Some(bytes)))) => return self.take(reading, &bytes).await,
            Some(Ok(Ok(None))) => return self.end(*reading),
            Some(Ok(Err(error))) => fault::in_answer(&error, (place, reading.decoder.has_begun())),
            Some(Err(_)) => {
                let seconds = idle.as_secs();
                network(format!(
                    "nothing came from {place} for {seconds} s: ask again"
                ))
            }
            None if matches!(reading.wants, Wants::Late | Wants::Rest) => {
                if reading.decoder.waits_for_usage() {
                    self.http.silent.learn(&reading.endpoint);
                }
                return self.end(*reading);
            }
            None => {
                let minutes = patience.quiet.as_secs() / 60;
                network(format!(
                    "nothing but signs of life came from {place} for {minutes} min: ask again"
                ))
            }
        };
        self.break_off(*reading, failure)
    }

    async fn take(&mut self, mut reading: Box<Reading>, bytes: &[u8]) -> Phase {
        reading.total += bytes.len();
        if reading.total > LARGEST_ANSWER {
            let text = format!(
                "the answer of {} is larger than {} MB",
                reading.place,
                LARGEST_ANSWER / 1024 / 1024
            );
            return self.break_off(*reading, Failure::new(FailureKind::Protocol, text));
        }
        if let Some(mut head) = reading.head.take() {
            head.extend_from_slice(bytes);
            match reading.decoder.framing().look(&head, reading.kind) {
                Look::Unclear => reading.head = Some(head),
                // An answer in one piece, perhaps: that is known when all of it is there.
                Look::Other if is_json(&head) => reading.head = Some(head),
                Look::Stream => self.feed(&mut reading, &head),
                Look::Other => {
                    let rest = self.http.text(reading.response, LARGEST_OTHER).await;
                    let body = format!("{}{rest}", String::from_utf8_lossy(&head));
                    let wire = reading.decoder.wire();
                    self.no_stream(&body, reading.advice, &reading.place, wire);
                    return Phase::Over;
                }
            }
        } else {
            self.feed(&mut reading, bytes);
        }
        if reading.decoder.wants() == Wants::Nothing {
            return self.end(*reading);
        }
        Phase::Reading(reading)
    }

    fn feed(&mut self, reading: &mut Reading, bytes: &[u8]) {
        let mut chunks = Vec::new();
        reading.decoder.feed(bytes, &mut chunks);
        self.chunks.extend(chunks);
        let silent = || self.http.silent.knows(&reading.endpoint);
        let late = if reading.decoder.waits_for_usage() && silent() {
            self.http.patience.late_again
        } else {
            self.http.patience.late
        };
        let (wants, events) = (reading.decoder.wants(), reading.decoder.events());
        let is_new = wants != reading.wants;
        let patience = self.http.patience;
        let limit = match wants {
            Wants::More => {
                (reading.counted, reading.complete) = (false, false);
                (is_new || events != reading.events).then_some(patience.quiet)
            }
            _ if !reading.complete && reading.decoder.is_complete() => {
                (reading.counted, reading.complete) = (true, true);
                Some(patience.rest)
            }
            // The time for what comes late began when the end was known.
            _ if reading.counted => None,
            _ if reading.decoder.may_go_on() => is_new.then_some(late),
            _ => {
                reading.counted = true;
                Some(patience.linger)
            }
        };
        if let Some(limit) = limit {
            reading.limit = Box::pin(sleep(limit));
        }
        (reading.wants, reading.events) = (wants, events);
    }

    fn end(&mut self, mut reading: Reading) -> Phase {
        if let Some(head) = reading.head.take() {
            if head.is_empty() {
                let failure = empty(&reading);
                return self.break_off(reading, failure);
            }
            if !is_json(&head) {
                self.feed(&mut reading, &head);
            } else if !self.whole(&mut reading, &head) {
                return Phase::Over;
            }
        }
        if !reading.decoder.waits_for_usage() {
            self.http.silent.forget(&reading.endpoint);
        }
        let mut chunks = Vec::new();
        let status = reading.response.status().as_u16();
        reading.decoder.finish(&mut chunks);
        if let Some(Chunk::Failed { failure, .. }) = chunks.last_mut() {
            // It was taken, and may be charged for, also where the connection was closed in good order.
            failure.status.get_or_insert(status);
            advise(failure, reading.advice);
        }
        self.chunks.extend(chunks);
        Phase::Over
    }

    /// Takes a body that came in one piece; false when it was no answer, which is said then.
    fn whole(&mut self, reading: &mut Reading, body: &[u8]) -> bool {
        let body = String::from_utf8_lossy(body);
        let body = body.trim_start_matches('\u{feff}');
        let mut chunks = Vec::new();
        let is_answer = reading.decoder.whole(body, &mut chunks);
        self.chunks.extend(chunks);
        if !is_answer {
            let wire = reading.decoder.wire();
            self.no_stream(body, reading.advice, &reading.place, wire);
        }
        is_answer
    }

    fn no_stream(&mut self, body: &str, advice: Advice, place: &str, wire: Wire) {
        let key_place = self.key.place();
        let failure = no_stream(&self.key.strike(body), advice, (place, &key_place), wire);
        self.chunks.push_back(Chunk::Failed {
            failure,
            partial: Reply::default(),
        });
    }

    fn break_off(&mut self, reading: Reading, mut failure: Failure) -> Phase {
        // It was taken, and may be charged for: who counts the cost goes by this.
        failure
            .status
            .get_or_insert(reading.response.status().as_u16());
        let mut chunks = Vec::new();
        reading.decoder.break_off(failure, &mut chunks);
        self.chunks.extend(chunks);
        Phase::Over
    }
}

/// Adds what the head of the answer said of asking again to an error of the server's own, unless that says it itself.
fn advise(failure: &mut Failure, advice: Advice) {
    if matches!(failure.kind, FailureKind::Rate | FailureKind::Overloaded) {
        failure.retry_after = failure.retry_after.or(advice.retry_after);
        failure.retry_at = failure.retry_at.or(advice.retry_at);
        failure.should_retry = failure.should_retry.or(advice.should_retry);
    }
}

/// Nothing came. A body whose length is told was meant to be empty; else the connection may just have been lost.
fn empty(reading: &Reading) -> Failure {
    let response = &reading.response;
    let told = response.content_length().is_some()
        || response.headers().contains_key("transfer-encoding")
        || response.version() >= reqwest::Version::HTTP_2;
    let (place, status) = (&reading.place, response.status().as_u16());
    let (kind, text) = if told {
        (
            FailureKind::Protocol,
            format!("{place} answered {status} with an empty body: check base_url"),
        )
    } else {
        (
            FailureKind::Network,
            format!("{place} closed the connection before it answered: ask again"),
        )
    };
    Failure {
        status: Some(status),
        ..Failure::new(kind, text)
    }
}

/// Whether a body begins as JSON does.
fn is_json(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    matches!(text.trim_ascii_start().first(), Some(b'{' | b'['))
}
