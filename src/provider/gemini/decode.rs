//! A stream of `GenerateContentResponse`s as one answer. Each brings more parts of the first candidate; the reason to stop says
//! nothing of calls, usage is told again and again, and a prompt that was blocked has no candidate at all.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::config::Wire;
use crate::protocol::failure::{Failure, FailureKind, Stop};
use crate::protocol::money::Money;
use crate::protocol::reply::{Part, Reply};
use crate::protocol::usage::Usage;
use crate::provider::Chunk;
use crate::provider::bill::cost;
use crate::provider::decode::{Assembly, Decoder, MOST_PARTS};
use crate::provider::envelope::{Envelope, excerpt};
use crate::provider::failure::in_answer;
use crate::provider::gemini::model::generation;
use crate::provider::gemini::parts::Pieces;
use crate::provider::gemini::usage;
use crate::provider::stop::otherwise;

/// A decoder of one answer of the model `family`, `PROVIDER/MODEL`.
pub fn decoder(family: String) -> Decoder {
    Decoder::new(Answer {
        family,
        ..Answer::default()
    })
}

#[derive(Debug, Default)]
struct Answer {
    family: String,
    pieces: Pieces,
    stop: Option<String>,
    /// Why the prompt was not answered.
    blocked: Option<String>,
    /// What the server says of either.
    message: Option<String>,
    /// The last one that counts anything.
    usage: Option<Value>,
    /// More was said after it.
    early: bool,
    /// It may be named in an event that counts nothing.
    tier: Option<String>,
    cost: Option<Money>,
    /// What the server searched the web for.
    queries: BTreeSet<String>,
    done: bool,
}

impl Assembly for Answer {
    fn wire(&self) -> Wire {
        Wire::Gemini
    }

    fn event(
        &mut self,
        name: &str,
        event: &Value,
        text: &str,
        chunks: &mut Vec<Chunk>,
    ) -> Result<(), Failure> {
        // Some gateways put the list of an answer without `alt=sse` into an event.
        event
            .as_array()
            .map_or(std::slice::from_ref(event), Vec::as_slice)
            .iter()
            .try_for_each(|event| self.response(name, event, text, chunks))
    }

    fn done(&mut self) {
        // A mark of another dialect: it ends what was said, but calls may be missing.
        self.done = self.pieces.has_text() && !self.pieces.has_calls();
    }

    fn is_over(&self) -> bool {
        self.done || self.stop.is_some() || self.blocked.is_some()
    }

    fn is_closed(&self) -> bool {
        self.done
    }

    fn fault(&self) -> Option<Failure> {
        let (kind, text) = match self.stop.as_deref().unwrap_or_default() {
            "MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL" | "MALFORMED_RESPONSE" => (
                FailureKind::Overloaded,
                "the model made a tool call that its own server cannot read",
            ),
            "TOO_MANY_TOOL_CALLS" => (
                FailureKind::Refused,
                "the server stopped the model for calling too many tools in a row",
            ),
            "MISSING_THOUGHT_SIGNATURE" => (
                FailureKind::BadRequest,
                "the server misses a signature of the model's earlier reasoning: start a new session",
            ),
            "OTHER" | "NO_IMAGE" | "IMAGE_OTHER" => (
                FailureKind::Overloaded,
                "the server ended the answer for a reason it did not name",
            ),
            // It is not run anyway.
            "MAX_TOKENS" => return None,
            _ => (FailureKind::Protocol, self.pieces.fault()?),
        };
        let text = match &self.message {
            Some(message) => format!("{text}: {}", excerpt(message)),
            None => text.to_owned(),
        };
        Some(Failure::new(kind, text))
    }

    fn parts(&self) -> usize {
        self.pieces.len()
    }

    fn reply(&self, whole: bool) -> Reply {
        let stop = self.is_over().then(|| self.stop_of());
        let mut parts = self.pieces.parts(&self.family, whole);
        if stop == Some(Stop::Filter) {
            // What was withheld makes no calls.
            parts.retain(|part| !matches!(part, Part::Call { .. }));
        }
        Reply {
            stop,
            stop_native: self.stop.clone().or_else(|| self.blocked.clone()),
            refusal: self.message.clone().filter(|_| stop == Some(Stop::Filter)),
            reported_cost: self.cost,
            parts,
            ..self.counts()
        }
    }

    fn usage(&self) -> Option<Usage> {
        let usage = self.usage.as_ref().and_then(usage::buckets)?;
        Some(Usage {
            searches: self.searches(),
            ..usage
        })
    }

    fn counts(&self) -> Reply {
        Reply {
            usage: self.usage(),
            usage_raw: self.usage.clone(),
            usage_early: self.early,
            tier: self.tier.clone(),
            ..Reply::default()
        }
    }
}

impl Answer {
    fn response(
        &mut self,
        name: &str,
        event: &Value,
        text: &str,
        chunks: &mut Vec<Chunk>,
    ) -> Result<(), Failure> {
        let candidates = event["candidates"].as_array();
        let before = chunks.len();
        // A number that is 0 may be left out.
        let first = |candidate: &&Value| candidate["index"].as_u64().unwrap_or(0) == 0;
        if let Some(candidate) = candidates.into_iter().flatten().find(first) {
            let parts = candidate["content"]["parts"].as_array();
            for part in parts.into_iter().flatten() {
                self.pieces.take(part, chunks);
            }
            let queries = candidate["groundingMetadata"]["webSearchQueries"].as_array();
            let queries = queries.into_iter().flatten().filter_map(said);
            self.queries.extend(queries.take(MOST_PARTS));
            if let Some(stop) = said(&candidate["finishReason"]) {
                self.stop = Some(stop);
                self.message = said(&candidate["finishMessage"]);
            }
        }
        let feedback = &event["promptFeedback"];
        if let Some(reason) = said(&feedback["blockReason"]) {
            self.blocked = Some(reason);
            self.message = said(&feedback["blockReasonMessage"]);
        }
        self.early |= self.usage.is_some() && chunks.len() > before;
        let usage = &event["usageMetadata"];
        self.tier = usage::tier(usage).or(self.tier.take());
        self.early &= !(usage.is_object() && usage::counts(usage));
        if usage.is_object() && (usage::counts(usage) || self.usage.is_none()) {
            self.usage = Some(usage.clone());
            self.cost = cost(text).or(self.cost);
        }
        let error = event.get("error").is_some_and(|error| !error.is_null());
        let bare = candidates.is_none() && (name == "error" || event.get("code").is_some());
        if error || bare {
            return Err(in_answer(&Envelope::of(event).unwrap_or_default()));
        }
        Ok(())
    }

    /// Searches as they are billed: since the third generation each different query, before that the answer they were made
    /// for (ai.google.dev/gemini-api/docs/google-search).
    fn searches(&self) -> u64 {
        let model = self.family.split_once('/').map_or("", |(_, model)| model);
        let each = generation(model).is_none_or(|(major, _)| major >= 3);
        let count = self.queries.len() as u64;
        if each { count } else { count.min(1) }
    }

    fn stop_of(&self) -> Stop {
        match self.stop.as_deref().unwrap_or_default() {
            "MAX_TOKENS" => Stop::Length,
            "SAFETY"
            | "RECITATION"
            | "LANGUAGE"
            | "BLOCKLIST"
            | "PROHIBITED_CONTENT"
            | "SPII"
            | "MODEL_ARMOR"
            | "IMAGE_SAFETY"
            | "IMAGE_PROHIBITED_CONTENT"
            | "IMAGE_RECITATION" => Stop::Filter,
            "MALFORMED_FUNCTION_CALL"
            | "UNEXPECTED_TOOL_CALL"
            | "MALFORMED_RESPONSE"
            | "TOO_MANY_TOOL_CALLS"
            | "MISSING_THOUGHT_SIGNATURE"
            | "OTHER"
            | "NO_IMAGE"
            | "IMAGE_OTHER" => Stop::Error,
            _ if self.blocked.is_some() => Stop::Filter,
            word => otherwise(word, self.pieces.has_calls()),
        }
    }
}

/// A word that says something.
fn said(value: &Value) -> Option<String> {
    value
        .as_str()
        .filter(|word| !word.is_empty() && !word.ends_with("_UNSPECIFIED"))
        .map(ToOwned::to_owned)
}
