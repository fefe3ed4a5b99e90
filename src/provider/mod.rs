//! Language models: each dialect turns a neutral prompt into its request and the bytes of the answer into chunks. A spoke
//! knows its own dialect only; vendors are data on top of one (`preset`).
//!
//! The engine makes one [`table::Providers`] from the config and asks it for a [`Provider`] by model, for the cards of all
//! models, and for a list of what a server has. On the way down a call goes through [`remote`] (address, key, headers), the
//! dialect's `request`, [`http`] (time, size, refusals) and back up through [`decode::Decoder`], which does no IO.
//! To add a vendor: its entries in `assets/presets.toml`. To add a dialect: a folder beside [`anthropic`], and its row in
//! [`dialect`].

pub mod anthropic;
mod bill;
pub mod catalog;
mod date;
pub mod decode;
pub mod dialect;
pub mod elsewhere;
pub mod envelope;
#[cfg(test)]
mod envelope_trial;
#[cfg(test)]
mod every_end;
#[cfg(test)]
mod every_wire;
pub mod failure;
mod form;
pub mod framing;
pub mod gemini;
#[cfg(test)]
mod golden;
pub(crate) mod handed;
pub mod http;
pub mod kept;
pub mod key;
pub mod limits;
pub mod listed;
pub mod local;
mod marks;
mod mistaken;
pub mod ndjson;
pub mod ollama;
pub mod openai_chat;
pub mod openai_responses;
#[cfg(test)]
mod pictures_trial;
mod piece;
mod props;
pub mod quirks;
pub mod reasoning;
pub mod rehearsal;
pub mod rehearsals;
pub mod remote;
mod replay;
mod room;
pub mod server_tools;
mod service;
mod settled;
pub mod sse;
mod stop;
mod surrogate;
pub mod table;
#[cfg(test)]
mod table_trial;
mod tagged;
mod tally;
#[cfg(test)]
mod testing;
mod think;
pub mod told;
mod unsupported;

use std::fmt;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

use crate::agent::prompt::Prompt;
use crate::protocol::failure::Failure;
use crate::protocol::reply::Reply;
use crate::protocol::route::Limits;
use crate::protocol::told::Told;

/// One thing an answer's stream brings. The last chunk is `Done` or `Failed`, and there is exactly one of them.
#[derive(Debug, Clone, PartialEq)]
pub enum Chunk {
    /// The request has left whole: what comes of it or not, it may be charged for. It may be left out where more is told at once.
    Sent,
    /// The server has begun to answer.
    Began {
        limits: Limits,
    },
    /// What the server counts so far, before the end of its answer: the usage of it and what belongs to that, and no part.
    Counted(Box<Reply>),
    Text(String),
    /// Empty where the server tells that the model thinks, and not what.
    Thinking(String),
    /// The arguments of a call arrive: its tool, and the bytes so far.
    CallGrows {
        name: String,
        bytes: u64,
    },
    Done(Reply),
    /// What had arrived before is in `partial`; no call in it may be run.
    Failed {
        failure: Failure,
        partial: Reply,
    },
}

/// A body without its marks of the cache: what a server compares with what it has.
pub fn bare(body: &[u8]) -> Vec<u8> {
    marks::bare(body)
}

/// A body as it was made for a prompt.
#[derive(Debug)]
pub struct Written {
    /// What was told of the model by then.
    pub told: Told,
    pub body: Vec<u8>,
}

/// A place calls are sent to.
pub trait Provider: Send + Sync + fmt::Debug {
    /// Asks the model. Dropping the stream cancels the call. Failure is a chunk, never a panic. A body that was made of this
    /// very prompt is sent as it is, unless more is known of the model by now.
    fn stream(&self, prompt: Prompt, written: Option<Written>) -> BoxStream<'static, Chunk>;

    /// Whether the stream tells when the request has left: until then nothing can be charged for it.
    fn tells_sent(&self) -> bool {
        false
    }

    /// What the request for a prompt says that only the server knows; asked once for each model, and nothing where it does not
    /// answer at once.
    fn told<'a>(&'a self, _prompt: &'a Prompt) -> BoxFuture<'a, Told> {
        std::future::ready(Told::default()).boxed()
    }

    /// The very body `stream` sends for a prompt, of whose model this was told; `None` where none is sent.
    fn body(&self, _prompt: &Prompt, _told: &Told) -> Option<Vec<u8>> {
        None
    }
}
