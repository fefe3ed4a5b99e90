//! B07 to B13: what the bytes of an answer are.

#![allow(
    clippy::needless_pass_by_value,
    clippy::items_after_statements,
    reason = "what alters a body has one signature, and stands beside its trial"
)]

use crate::matrix::script::{
    ALL, EVENTS, PIECES, Play, body, does, marks, says, spoilt, streams, whole,
};
use crate::matrix::{Row, Seen, Trial, elsewhere, not, program};
use crate::support::server::{Act, Dialect, Request, Turn, chunk, head, respond};

pub fn rows() -> Vec<Row> {
    vec![
        framing(),
        cuts(),
        invalid(),
        unknown(),
        large(),
        repeated(),
        no_stream(),
    ]
}

fn well() -> Turn {
    Turn::text("All is well.")
}

/// An answer that is taken although it is spoilt.
fn taken(name: &str, wires: &[Dialect], spoil: fn(&Request, String) -> String) -> Trial {
    program(name, wires, vec![spoilt(well(), spoil)], Seen::once())
}

fn framing() -> Row {
    Row {
        id: "B07",
        fault: "a stream that is framed in another way",
        must: "read as the standard says",
        trials: vec![
            taken("no blank line at its end", EVENTS, |_, text| {
                text.trim_end().to_owned() + "\n"
            }),
            taken("no end of its last line", ALL, |_, text| {
                text.trim_end().to_owned()
            }),
            taken("CR LF", ALL, |_, text| text.replace('\n', "\r\n")),
            taken("CR", EVENTS, |_, text| text.replace('\n', "\r")),
            taken("LF and CR LF mixed", ALL, |_, text| {
                text.replacen('\n', "\r\n", 1)
            }),
            taken("a byte order mark", ALL, |_, text| {
                format!("\u{feff}{text}")
            }),
            taken("data without a colon", EVENTS, |_, text| {
                format!("data\n\n{text}")
            }),
            taken("no space after the colon", EVENTS, |_, text| {
                text.replace("data: ", "data:")
            }),
            taken("ten thousand comments", EVENTS, |_, text| {
                ": still there\n".repeat(10_000) + "\n" + &text
            }),
            taken(
                "an id with a NUL, and a time to come back",
                EVENTS,
                |_, text| format!("id: a\0b\nretry: 1\n\n{text}"),
            ),
            taken("empty lines", ALL, |_, text| format!("\n\n\n{text}\n\n")),
            elsewhere(
                "whatever stands in it, held against a reference",
                "src/provider/sse.rs",
                "any_cutting_gives_the_same_events",
            ),
        ],
    }
}

fn cuts() -> Row {
    const TEXT: &str = "Größe 汉字 🎈 fin";
    let bytewise = does(|request| {
        let text = whole(request, &Turn::text(TEXT));
        let pieces = text
            .bytes()
            .flat_map(|byte| [b"1\r\n".as_slice(), &[byte], b"\r\n"].concat());
        vec![
            Act::send(head(request)),
            Act::Send(pieces.collect()),
            Act::send("0\r\n\r\n"),
        ]
    });
    let packets = does(|request| {
        let text = whole(request, &Turn::text(TEXT));
        let mut acts = vec![Act::send(head(request))];
        acts.extend(text.as_bytes().chunks(3).map(|piece| {
            let size = format!("{:x}\r\n", piece.len());
            Act::Send([size.as_bytes(), piece, b"\r\n"].concat())
        }));
        acts.push(Act::send("0\r\n\r\n"));
        acts
    });
    let sees = || Seen {
        result: TEXT,
        ..Seen::once()
    };
    Row {
        id: "B08",
        fault: "characters cut between two pieces",
        must: "the same answer",
        trials: vec![
            program("a byte a piece", ALL, vec![bytewise], sees()),
            program("three bytes a packet", ALL, vec![packets], sees()),
            elsewhere(
                "every recording at every place",
                "tests/wire.rs",
                "no_cutting_changes_an_answer",
            ),
        ],
    }
}

fn invalid() -> Row {
    let garbled: Play = streams(|request| {
        let mut bytes = whole(request, &Turn::text("All is @ well.")).into_bytes();
        for byte in &mut bytes {
            if *byte == b'@' {
                *byte = 0xff;
            }
        }
        bytes
    });
    Row {
        id: "B09",
        fault: "bytes that are no text",
        must: "the mark for it in their place, and the answer goes on",
        trials: vec![
            program(
                "in a text",
                ALL,
                vec![garbled],
                Seen {
                    result: "All is \u{fffd} well.",
                    ..Seen::once()
                },
            ),
            not(
                "a warning is counted",
                "the mark itself stands in the transcript, where it is seen; nobody reads a count",
            ),
        ],
    }
}

fn unknown() -> Row {
    // An event, a field, and a block that nobody has heard of.
    fn event(request: &Request, text: String) -> String {
        match request.dialect() {
            Dialect::Anthropic | Dialect::OpenAiResponses => {
                format!("event: novelty\ndata: {{\"type\":\"novelty\",\"x\":[1]}}\n\n{text}")
            }
            Dialect::OpenAiChat | Dialect::Gemini => {
                format!("event: novelty\ndata: {{\"x\":[1]}}\n\n{text}")
            }
            Dialect::Ollama => format!("{{\"x\":[1]}}\n{text}"),
        }
    }
    fn field(_: &Request, text: String) -> String {
        let text = text.replace("data: {", "data: {\"novelty\":{\"a\":null},");
        text.replace("{\"model\"", "{\"novelty\":{\"a\":null},\"model\"")
    }
    fn block(request: &Request, text: String) -> String {
        match request.dialect() {
            Dialect::Anthropic => text.replace(
                "event: message_delta",
                "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":7,\"content_block\":{\"type\":\"novelty\",\"x\":1}}\n\n\
                 event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":7,\"delta\":{\"type\":\"novelty_delta\",\"x\":1}}\n\n\
                 event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":7}\n\nevent: message_delta",
            ),
            Dialect::OpenAiResponses => text.replace(
                "event: response.completed",
                "event: response.output_item.added\ndata: {\"type\":\"response.output_item.added\",\"output_index\":7,\"item\":{\"type\":\"novelty\",\"id\":\"n\"}}\n\n\
                 event: response.output_item.done\ndata: {\"type\":\"response.output_item.done\",\"output_index\":7,\"item\":{\"type\":\"novelty\",\"id\":\"n\"}}\n\n\
                 event: response.completed",
            ),
            Dialect::Gemini => format!(
                "data: {{\"candidates\":[{{\"index\":0,\"content\":{{\"role\":\"model\",\"parts\":[{{\"novelty\":{{\"x\":1}}}}]}}}}]}}\n\n{text}"
            ),
            Dialect::OpenAiChat | Dialect::Ollama => text,
        }
    }
    Row {
        id: "B10",
        fault: "events, fields and blocks that nobody has heard of",
        must: "passed over",
        trials: vec![
            taken("events", ALL, event),
            taken("fields", ALL, field),
            taken(
                "blocks",
                &[
                    Dialect::Anthropic,
                    Dialect::OpenAiResponses,
                    Dialect::Gemini,
                ],
                block,
            ),
            not(
                "blocks in Chat Completions and Ollama",
                "a message there has named fields and no blocks: an unknown one is the trial of fields",
            ),
            elsewhere(
                "blocks go back to who sent them",
                "src/provider/anthropic/tests.rs",
                "parts_stand_in_the_order_of_their_numbers_and_keep_what_must_go_back",
            ),
        ],
    }
}

fn large() -> Row {
    fn line(request: &Request, bytes: usize) -> Vec<u8> {
        let filling = "x".repeat(bytes);
        let text = whole(request, &well());
        let before = match request.dialect() {
            Dialect::Anthropic | Dialect::OpenAiResponses => {
                format!("data: {{\"type\":\"novelty\",\"x\":\"{filling}\"}}\n\n")
            }
            Dialect::OpenAiChat | Dialect::Gemini => format!("data: {{\"x\":\"{filling}\"}}\n\n"),
            Dialect::Ollama => format!("{{\"x\":\"{filling}\"}}\n"),
        };
        (before + &text).into_bytes()
    }
    Row {
        id: "B11",
        fault: "lines without end, events without number",
        must: "a cap that is named, and little memory",
        trials: vec![
            program(
                "a line of 1 MB",
                ALL,
                vec![streams(|request| line(request, 1 << 20))],
                Seen::once(),
            ),
            program(
                "a line of 9 MB",
                ALL,
                vec![streams(|request| line(request, 9 << 20))],
                Seen {
                    ledger: "work estimated",
                    ..Seen::given_up("protocol", "8 MB")
                },
            ),
            program(
                "a million empty events",
                ALL,
                vec![spoilt(well(), |request, text| {
                    let ping = if request.dialect() == Dialect::Ollama {
                        "\n"
                    } else {
                        ":\n\n"
                    };
                    ping.repeat(1_000_000) + &text
                })],
                Seen::once(),
            ),
            elsewhere(
                "an answer of more than 64 MB",
                "src/provider/http/tests/patience.rs",
                "an_answer_without_end_is_cut",
            ),
            elsewhere(
                "the largest event, to the byte",
                "src/provider/sse.rs",
                "an_event_has_a_largest_size",
            ),
            elsewhere(
                "many parts",
                "src/provider/every_wire.rs",
                "an_answer_has_no_more_parts_than_a_model_makes",
            ),
            elsewhere(
                "the screen keeps its pace",
                "src/engine/paced.rs",
                "after_a_rest_nothing_that_came_is_left_for_the_next",
            ),
        ],
    }
}

fn repeated() -> Row {
    let twice = || Turn {
        calls: vec![
            (
                "bash".to_owned(),
                "{\"command\":\"echo mark >> marks\"}".to_owned(),
            ),
            ("read".to_owned(), "{\"path\":\"notes.txt\"}".to_owned()),
        ],
        ..Turn::default()
    };
    fn one_id(_: &Request, text: String) -> String {
        ["toolu", "call", "fc"].iter().fold(text, |text, name| {
            text.replace(&format!("{name}_0_1"), &format!("{name}_0_0"))
        })
    }
    fn ends_twice(request: &Request, text: String) -> String {
        let mark = match request.dialect() {
            Dialect::Anthropic => "content_block_stop",
            Dialect::OpenAiResponses => "response.output_item.done",
            Dialect::OpenAiChat | Dialect::Gemini | Dialect::Ollama => "[DONE]",
        };
        let events = text.split_inclusive("\n\n").map(|event| {
            if event.contains(mark) {
                event.repeat(2)
            } else {
                event.to_owned()
            }
        });
        events.collect()
    }
    let once = |name: &str, wires: &[Dialect], spoil: fn(&Request, String) -> String| {
        program(
            name,
            wires,
            vec![spoilt(marks(), spoil), says(well())],
            Seen::marked(),
        )
    };
    Row {
        id: "B12",
        fault: "ids and events that come twice, gaps, ends without beginnings",
        must: "put together, or refused; nothing runs twice",
        trials: vec![
            program(
                "two calls with one id",
                ALL,
                vec![spoilt(twice(), one_id), says(well())],
                Seen {
                    outcomes: vec!["done", "done"],
                    facts: None,
                    ..Seen::marked()
                },
            ),
            once("each end twice", ALL, ends_twice),
            once("a gap in the numbers", &[Dialect::Anthropic], |_, text| {
                text.replace("\"index\":1", "\"index\":9")
            }),
            once(
                "a piece for what has ended",
                &[Dialect::Anthropic],
                |_, text| {
                    text.replace(
                    "event: message_delta",
                    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"\"}}\n\nevent: message_delta",
                )
                },
            ),
            once(
                "an end without a beginning",
                &[Dialect::Anthropic],
                |_, text| {
                    text.replace(
                    "event: message_delta",
                    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":5}\n\nevent: message_delta",
                )
                },
            ),
            elsewhere(
                "blocks, in every order",
                "src/provider/anthropic/tests.rs",
                "calls_are_put_together_whatever_is_repeated_or_missing",
            ),
            elsewhere(
                "numbers of calls",
                "src/provider/openai_chat/tests/mod.rs",
                "calls_are_put_together_however_they_are_numbered",
            ),
            elsewhere(
                "items",
                "src/provider/openai_responses/tests/calls.rs",
                "calls_are_put_together_whatever_is_repeated_or_missing",
            ),
            elsewhere(
                "parts",
                "src/provider/gemini/tests/parts.rs",
                "calls_are_put_together_whole_or_from_pieces",
            ),
            not(
                "a call of Gemini or Ollama that comes twice whole",
                "it is two calls there: a model may well ask for the same twice, and nothing tells the one from the other",
            ),
        ],
    }
}

fn no_stream() -> Row {
    let sees = |message| Seen::given_up("protocol", message);
    let page = "<!doctype html><html><title>Sign in</title><body>\u{1b}[31mSign in to the network</body></html>";
    let trial = |name: &str, play: Play, message| program(name, ALL, vec![play], sees(message));
    Row {
        id: "B13",
        fault: "something else than a stream",
        must: "said with its beginning, cleaned; not asked again",
        trials: vec![
            trial("a page", body("text/html", page), "Sign in to the network"),
            trial(
                "a page that claims to be a stream",
                body("text/event-stream", page),
                "Sign in",
            ),
            program(
                "JSON that is no answer",
                ALL,
                vec![body("application/json", "{\"status\":\"ok\"}")],
                sees("{\"status\":\"ok\"}"),
            ),
            trial("nothing", body("text/event-stream", ""), "empty body"),
            trial(
                "a portal in between",
                does(|_| respond(302, "location: http://portal.invalid/login\r\n", "")),
                "redirects to http://portal.invalid/login",
            ),
            elsewhere(
                "an answer in one piece is taken",
                "src/provider/every_wire.rs",
                "an_answer_in_one_piece_is_one_and_its_price_is_read",
            ),
            program(
                "chunks that are none",
                PIECES,
                vec![
                    does(|request| {
                        vec![
                            Act::send(head(request)),
                            Act::Send(chunk("data: {}\n\n")),
                            Act::send("zz\r\n"),
                            Act::HalfClose,
                        ]
                    }),
                    says(well()),
                ],
                Seen {
                    ledger: "work estimated",
                    ..sees("cannot be read")
                },
            ),
        ],
    }
}
