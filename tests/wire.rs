//! Recorded answers of real servers decode to what they mean, however the network cuts them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};

use creel::agent::cost;
use creel::protocol::call::parse_arguments;
use creel::protocol::failure::{FailureKind, Stop};
use creel::protocol::money::Money;
use creel::protocol::reply::{Part, Reply};
use creel::provider::Chunk;
use creel::provider::catalog::Catalog;
use creel::provider::decode::Decoder;
use creel::provider::envelope::Envelope;
use creel::provider::failure::{Advice, by_status};
use creel::provider::{anthropic, gemini, ollama, openai_chat, openai_responses};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

struct Recording {
    name: String,
    body: Vec<u8>,
    expected: Value,
}

impl Recording {
    fn decoder(&self) -> Decoder {
        let family = "place/model".to_owned();
        match self.expected["dialect"].as_str().unwrap() {
            "anthropic" => anthropic::decode::decoder(family),
            "openai_chat" => openai_chat::decode::decoder(family),
            "ollama" => ollama::decode::detached(family),
            "openai_responses" => openai_responses::decode::decoder(family),
            "gemini" => gemini::decode::decoder(family),
            dialect => panic!("{}: no dialect {dialect}", self.name),
        }
    }

    fn decode<'a>(&self, pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Chunk> {
        let mut decoder = self.decoder();
        let mut chunks = Vec::new();
        for piece in pieces {
            decoder.feed(piece, &mut chunks);
        }
        decoder.finish(&mut chunks);
        chunks
    }
}

/// All recordings, by their expected files.
fn recordings() -> Vec<Recording> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&root)
        .unwrap()
        .map(|folder| folder.unwrap().path())
        .filter(|path| path.is_dir())
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|file| file.unwrap().path())
        .filter(|path| path.to_str().unwrap().ends_with(".expected.json"))
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let expected: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let body = path.with_file_name(expected["body"].as_str().unwrap());
            Recording {
                name: path.strip_prefix(&root).unwrap().display().to_string(),
                body: std::fs::read(body).unwrap(),
                expected,
            }
        })
        .collect()
}

/// The answer in the words of the expected files.
fn described(reply: &Reply) -> Value {
    let bodies: Vec<&Value> = reply
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Thought { opaque, .. }
            | Part::Text { opaque, .. }
            | Part::Call { opaque, .. } => opaque.as_ref(),
        })
        .map(|opaque| &opaque.body)
        .collect();
    let of_kind = |kind: &str| bodies.iter().filter(|body| body["type"] == kind).count();
    let calls: Vec<Value> = reply
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Call {
                wire_id,
                name,
                arguments,
                ..
            } => Some(
                json!({"id": wire_id, "name": name, "args": parse_arguments(arguments).unwrap()}),
            ),
            _ => None,
        })
        .collect();
    let usage = reply.usage.map(|usage| {
        json!({
            "input": usage.input,
            "cached": usage.cache_read,
            "cache_write": usage.cache_write + usage.cache_write_long,
            "cache_write_1h": usage.cache_write_long,
            "output": usage.output,
            "reasoning": usage.reasoning,
            "cost": reply.reported_cost.map(Money::to_decimal),
        })
    });
    json!({
        "text": reply.text(),
        "thinking": reply.thinking(),
        "redacted_thinking": of_kind("redacted_thinking"),
        "signature": bodies.iter().any(|body| is_signed(body)),
        "refusal": reply.refusal,
        "tool_calls": calls,
        "stop": reply.stop.map(|stop| match stop {
            Stop::End => "end",
            Stop::Tool => "tool_calls",
            Stop::Length => "max_tokens",
            Stop::Refusal => "refusal",
            Stop::Filter => "content_filter",
            Stop::StopSequence => "stop_sequence",
            Stop::Pause => "pause",
            Stop::Error => "error",
        }),
        "stop_native": reply.stop_native,
        "usage": usage,
        "usage_raw": reply.usage_raw,
    })
}

fn is_signed(body: &Value) -> bool {
    let parts = [&body["reasoning_details"], &body["parts"]];
    ["signature", "encrypted_content", "thoughtSignature"]
        .iter()
        .any(|name| body[name].as_str().is_some_and(|text| !text.is_empty()))
        || parts
            .into_iter()
            .filter_map(Value::as_array)
            .flatten()
            .any(is_signed)
}

fn expected(recording: &Recording) -> Value {
    let mut expected = recording.expected.clone();
    let fields = [
        "dialect",
        "http_status",
        "body",
        "recorded",
        "server_tools",
        "error",
    ];
    expected
        .as_object_mut()
        .unwrap()
        .retain(|name, _| !fields.contains(&name.as_str()));
    expected
}

fn streamed(chunks: &[Chunk]) -> (String, String, usize) {
    let (mut text, mut thinking, mut ends) = (String::new(), String::new(), 0);
    for chunk in chunks {
        match chunk {
            Chunk::Text(piece) => text.push_str(piece),
            Chunk::Thinking(piece) => thinking.push_str(piece),
            Chunk::Sent | Chunk::Began { .. } | Chunk::Counted(_) | Chunk::CallGrows { .. } => {}
            Chunk::Done(_) | Chunk::Failed { .. } => ends += 1,
        }
    }
    (text, thinking, ends)
}

fn answers() -> impl Iterator<Item = Recording> {
    recordings()
        .into_iter()
        .filter(|recording| recording.expected["http_status"] == 200)
}

/// A small generator of our own: numbers below what is asked, the same in every run.
fn random() -> impl FnMut(usize) -> usize {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    move |below| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap()
    }
}

#[test]
fn every_recorded_answer_decodes_to_what_it_means() {
    let mut count = 0;
    for recording in answers() {
        let chunks = recording.decode(std::iter::once(&recording.body[..]));
        let Some(Chunk::Done(reply)) = chunks.last() else {
            panic!("{}: {:?}", recording.name, chunks.last());
        };
        assert_eq!(described(reply), expected(&recording), "{}", recording.name);
        assert_eq!(
            streamed(&chunks),
            (reply.text(), reply.thinking(), 1),
            "{}",
            recording.name
        );
        count += 1;
    }
    assert_eq!(count, 19);
}

#[test]
fn no_cutting_changes_an_answer() {
    let mut random = random();
    for recording in answers() {
        let whole = recording.decode(std::iter::once(&recording.body[..]));
        assert_eq!(
            recording.decode(recording.body.chunks(1)),
            whole,
            "{}",
            recording.name
        );
        for _ in 0..200 {
            let mut cuts: Vec<usize> = (0..=random(9))
                .map(|_| random(recording.body.len()))
                .collect();
            cuts.extend([0, recording.body.len()]);
            cuts.sort_unstable();
            let pieces = cuts
                .windows(2)
                .map(|pair| &recording.body[pair[0]..pair[1]]);
            assert_eq!(
                recording.decode(pieces),
                whole,
                "{} at {cuts:?}",
                recording.name
            );
        }
    }
}

#[test]
fn line_ends_of_another_kind_change_nothing() {
    for recording in answers() {
        let whole = recording.decode(std::iter::once(&recording.body[..]));
        let text = String::from_utf8(recording.body.clone()).unwrap();
        for end in ["\r\n", "\r"] {
            let body = format!("\u{feff}{}", text.replace('\n', end));
            assert_eq!(
                recording.decode(body.as_bytes().chunks(1)),
                whole,
                "{}",
                recording.name
            );
        }
    }
}

#[test]
fn an_answer_that_breaks_off_is_never_taken_for_a_whole_one() {
    for recording in answers() {
        let whole = recording.decode(std::iter::once(&recording.body[..]));
        let Some(Chunk::Done(reply)) = whole.last() else {
            panic!("{}", recording.name)
        };
        let mut broken = 0;
        // At every line's end and around it, and at some places within.
        let lines = recording
            .body
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'\n');
        let near = lines.flat_map(|(place, _)| [place.saturating_sub(1), place, place + 1]);
        let mut ends: Vec<usize> = near.chain((0..recording.body.len()).step_by(211)).collect();
        ends.retain(|end| *end < recording.body.len());
        let tried = ends.len();
        for end in ends {
            let chunks = recording.decode(std::iter::once(&recording.body[..end]));
            let (text, _, ends) = streamed(&chunks);
            assert_eq!(ends, 1, "{} cut at {end}", recording.name);
            match chunks.last().unwrap() {
                Chunk::Failed { failure, partial } => {
                    assert_eq!(
                        failure.kind,
                        FailureKind::Network,
                        "{} cut at {end}: {failure:?}",
                        recording.name
                    );
                    assert_eq!(partial.text(), text, "{} cut at {end}", recording.name);
                    assert!(
                        reply.text().starts_with(&text),
                        "{} cut at {end}",
                        recording.name
                    );
                    broken += 1;
                }
                // Only the usage may be missing.
                Chunk::Done(cut) => assert_eq!(
                    (cut.text(), cut.thinking(), cut.stop, cut.has_calls()),
                    (
                        reply.text(),
                        reply.thinking(),
                        reply.stop,
                        reply.has_calls()
                    ),
                    "{} cut at {end}",
                    recording.name
                ),
                chunk => panic!("{} cut at {end}: {chunk:?}", recording.name),
            }
        }
        assert!(broken * 2 > tried, "{}: {broken}", recording.name);
    }
}

#[test]
fn a_spoilt_answer_still_ends_once() {
    let mut random = random();
    for recording in answers() {
        for _ in 0..100 {
            let mut body = recording.body.clone();
            for _ in 0..=random(8) {
                let place = random(body.len());
                match random(4) {
                    0 => body[place] = u8::try_from(random(256)).unwrap(),
                    1 => drop(body.drain(place..body.len().min(place + random(200)))),
                    2 => body.extend_from_within(
                        place
                            ..recording
                                .body
                                .len()
                                .min(body.len())
                                .min(place + 500)
                                .max(place),
                    ),
                    _ => body.insert(place, b"\n\"{[0"[random(5)]),
                }
            }
            let (_, _, ends) = streamed(&recording.decode(body.chunks(1 + random(700))));
            assert_eq!(ends, 1, "{}", recording.name);
        }
    }
}

#[test]
fn every_recorded_refusal_says_what_the_server_said() {
    let mut count = 0;
    for recording in recordings() {
        let status = u16::try_from(recording.expected["http_status"].as_u64().unwrap()).unwrap();
        if status == 200 {
            continue;
        }
        let body = String::from_utf8(recording.body.clone()).unwrap();
        let envelope = Envelope::read(&body);
        let error = &recording.expected["error"];
        assert_eq!(
            json!(envelope.message),
            error["message"],
            "{}",
            recording.name
        );
        let kind = error.get("type").unwrap_or(&error["status"]);
        assert_eq!(&json!(envelope.kind), kind, "{}", recording.name);
        let failure = by_status(status, &body, Advice::default(), "the server", "KEY");
        assert_eq!(
            (failure.kind, failure.status),
            (FailureKind::BadRequest, Some(status)),
            "{}",
            recording.name
        );
        assert!(
            failure.message.contains(error["message"].as_str().unwrap()),
            "{}",
            failure.message
        );
        count += 1;
    }
    assert_eq!(count, 2);
}

#[test]
fn the_table_comes_to_the_providers_own_figure_to_the_last_digit() {
    let catalog = Catalog::shipped();
    for (name, model) in [
        ("openrouter/cached_with_cost", "openai/gpt-4o-mini"),
        (
            "openrouter/claude_signed_reasoning_parallel_tools",
            "anthropic/claude-haiku-4.5",
        ),
    ] {
        let recording = recordings()
            .into_iter()
            .find(|recording| recording.name == format!("{name}.expected.json"));
        let recording = recording.unwrap();
        let chunks = recording.decode(std::iter::once(&recording.body[..]));
        let Some(Chunk::Done(reply)) = chunks.last() else {
            panic!("{name}: {chunks:?}");
        };
        let price = catalog.lookup("openrouter", model).unwrap().price;
        let computed = cost::of(&reply.usage.unwrap(), &price);
        assert_eq!(Some(computed), reply.reported_cost, "{name}");
    }
}
