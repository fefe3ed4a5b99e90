//! B14 to B19: what the answer says.

use serde_json::json;

use crate::matrix::script::{ALL, Play, calls, does, done, marks, refuses, says, spoilt, stops};
use crate::matrix::{Row, Seen, Trial, elsewhere, not, program};
use crate::support::server::{Dialect, Request, Turn, respond};

pub fn rows() -> Vec<Row> {
    vec![
        arguments(),
        names(),
        too_long(),
        refused(),
        nothing(),
        reasons(),
    ]
}

/// Why an answer stopped at the limit of its tokens.
fn length(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Anthropic => "max_tokens",
        Dialect::OpenAiChat | Dialect::Ollama => "length",
        Dialect::OpenAiResponses => "max_output_tokens",
        Dialect::Gemini => "MAX_TOKENS",
    }
}

/// Why it stopped where a filter stopped it.
fn filter(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Anthropic => "refusal",
        Dialect::OpenAiChat | Dialect::OpenAiResponses | Dialect::Ollama => "content_filter",
        Dialect::Gemini => "SAFETY",
    }
}

/// A call that failed without having begun, and the last word.
fn failed() -> Seen {
    Seen {
        outcomes: vec!["failed"],
        marks: 0,
        facts: Some("TICIAICIAE"),
        ..Seen::marked()
    }
}

fn arguments() -> Row {
    let deep = format!(
        "{{\"command\": {}1{}}}",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let large = json!({"path": "big.txt", "content": "x".repeat(30_000)}).to_string();
    let huge = Turn {
        calls: vec![(
            "bash".to_owned(),
            format!("{{\"command\": \"{}", "x".repeat(5_000_000)),
        )],
        output: 9,
        ..Turn::default()
    };
    let mut trials: Vec<Trial> = [
        ("cut off", "{\"command\": "),
        ("a list", "[1]"),
        ("no JSON", "nonsense"),
        ("a number for a text", "{\"command\": 3}"),
        (
            "more behind it",
            "{\"command\": \"echo mark >> marks\"} and more",
        ),
        (
            "NaN",
            "{\"command\": \"echo mark >> marks\", \"timeout\": NaN}",
        ),
        ("ten thousand deep", &deep),
    ]
    .into_iter()
    .map(|(name, arguments)| program(name, ALL, vec![calls("bash", arguments), done()], failed()))
    .collect();
    let whole = Turn {
        text: String::new(),
        ..marks()
    };
    trials.extend([
        program(
            "whole, but the answer was cut by its limit",
            ALL,
            vec![stops(&whole, length), done()],
            Seen {
                outcomes: vec!["failed"],
                marks: 0,
                facts: Some("TICIAICIAE"),
                ..Seen::marked()
            },
        ),
        program(
            "as large as the limit of the answer lets through",
            ALL,
            vec![calls("write", large), done()],
            Seen {
                marks: 0,
                facts: Some("TICIASICIAE"),
                ..Seen::marked()
            },
        ),
        elsewhere(
            "200 kB, beyond that limit",
            "tests/fault.rs",
            "odd_answers_do_no_harm",
        ),
        program("5 MB, cut off", ALL, vec![says(huge), done()], failed()),
        program(
            "broken time and again",
            ALL,
            vec![calls("bash", "nonsense")],
            Seen {
                code: 6,
                result: "",
                requests: 4,
                outcomes: vec!["failed"; 4],
                facts: None,
                ledger: "work listed, work listed, work listed, work listed",
                ..failed()
            },
        ),
        program(
            "cut time and again by the limit of the answer",
            ALL,
            vec![stops(&whole, length)],
            Seen {
                code: 6,
                result: "",
                requests: 4,
                outcomes: vec!["failed"; 4],
                marks: 0,
                facts: None,
                ledger: "work listed, work listed, work listed, work listed",
                ..Seen::marked()
            },
        ),
    ]);
    Row {
        id: "B14",
        fault: "arguments of a call that are broken",
        must: "the model is told what is wrong; nothing runs; a few times at most",
        trials,
    }
}

fn names() -> Row {
    let read = |limit: usize| {
        let input = json!({"path": "notes.txt", "limit": limit});
        ("read".to_owned(), input.to_string())
    };
    let many = Turn {
        calls: (1..=200).map(read).collect(),
        ..Turn::default()
    };
    Row {
        id: "B15",
        fault: "tools that are not there, calls without number",
        must: "a result each, in their order",
        trials: vec![
            program(
                "no such tool",
                ALL,
                vec![calls("no_such_tool", "{}"), done()],
                failed(),
            ),
            program(
                "two hundred calls",
                ALL,
                vec![says(many), done()],
                Seen {
                    outcomes: vec!["done"; 200],
                    marks: 0,
                    facts: None,
                    ..Seen::marked()
                },
            ),
            not(
                "a tool taken away in the middle of a turn",
                "the tools of a session never change: they are part of the cached prefix",
            ),
        ],
    }
}

fn too_long() -> Row {
    // The words of every vendor, with what stands around them.
    const WORDS: &[(u16, &str)] = &[
        (400, "code context_length_exceeded"),
        (400, "prompt is too long: 210000 tokens > 200000 maximum"),
        (400, "Your input exceeds the context window of this model"),
        (
            400,
            "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)",
        ),
        (400, "This model's maximum context length is 8192 tokens"),
        (
            400,
            "This model's maximum prompt length is 131072 but the request contains more",
        ),
        (400, "the request exceeds the available context size"),
        (
            400,
            "The number of tokens to keep is greater than the context length",
        ),
        (400, "context window exceeds limit"),
        (400, "Your request exceeded model token limit: 262144"),
        (
            400,
            "Please reduce the length of the messages or completion",
        ),
        (
            400,
            "Prompt contains 40000 tokens, too large for model with 32768 maximum context length",
        ),
        (
            400,
            "prompt token count of 130000 exceeds the limit of 128000",
        ),
        (413, "prompt is too long"),
    ];
    let sees = || Seen::given_up("too_long", "");
    let refusal = |status: u16, message: &str| -> Play {
        refuses(status, "", "invalid_request_error", message)
    };
    let mut trials: Vec<Trial> = WORDS
        .iter()
        .enumerate()
        .map(|(index, (status, message))| {
            // Each vendor's words on one wire, in turn: the reading of errors is the same for all.
            let wires = &ALL[index % ALL.len()..=index % ALL.len()];
            program(
                format!("{status} {message}"),
                wires,
                vec![refusal(*status, message), done()],
                sees(),
            )
        })
        .collect();
    trials.extend([
        program("400 on every wire", ALL, vec![refusal(400, "prompt is too long"), done()], sees()),
        program(
            "400 that says nothing",
            ALL,
            vec![does(|_| respond(400, "", "")), done()],
            sees(),
        ),
        program(
            "a body that is too large",
            ALL,
            vec![
                refuses(413, "", "request_too_large", "Request exceeds the maximum size"),
                done(),
            ],
            sees(),
        ),
        program(
            "after a 200, by the reason it stopped",
            &[Dialect::Anthropic],
            vec![stops(&Turn::text("I was"), |_| "model_context_window_exceeded")],
            Seen {
                result: "I was",
                facts: Some("TICAIE"),
                ledger: "work listed",
                ..sees()
            },
        ),
        elsewhere(
            "after a 200, by what the server counted alone (GLM)",
            "tests/fault.rs",
            "a_prompt_above_the_window_is_too_long_though_the_server_says_nothing",
        ),
        elsewhere(
            "every vendor's words, as status and within a stream",
            "src/provider/envelope_trial.rs",
            "a_prompt_that_is_too_long_is_known_by_every_vendors_words",
        ),
        not(
            "compaction",
            "there is none yet: the failure says to begin a new session, and the request is never sent again as it is",
        ),
    ]);
    Row {
        id: "B16",
        fault: "the prompt is longer than the window",
        must: "known by the words of every vendor; stopped, and never asked again as it is",
        trials,
    }
}

fn refused() -> Row {
    const OTHERS: &[Dialect] = &[
        Dialect::Anthropic,
        Dialect::OpenAiChat,
        Dialect::OpenAiResponses,
        Dialect::Ollama,
    ];
    Row {
        id: "B17",
        fault: "the model or a filter refuses",
        must: "said so, and not asked again",
        trials: vec![
            program(
                "in the middle of a text",
                ALL,
                vec![stops(&Turn::text("I cannot"), filter), done()],
                Seen {
                    result: "I cannot",
                    facts: Some("TICIAE"),
                    ledger: "work listed",
                    shown: Some(("I cannot", 1)),
                    ..Seen::given_up("refused", "")
                },
            ),
            program(
                "with a call",
                OTHERS,
                vec![stops(&marks(), filter), done()],
                Seen {
                    result: "I mark it.",
                    outcomes: vec!["failed"],
                    facts: None,
                    ledger: "work listed",
                    ..Seen::given_up("refused", "")
                },
            ),
            program(
                "with a call, which Gemini never sends then",
                &[Dialect::Gemini],
                vec![stops(&marks(), filter), done()],
                Seen {
                    result: "I mark it.",
                    outcomes: Vec::new(),
                    facts: None,
                    ledger: "work listed",
                    ..Seen::given_up("refused", "")
                },
            ),
            elsewhere(
                "a prompt that is blocked",
                "src/provider/gemini/tests/mod.rs",
                "a_blocked_prompt_is_an_answer_without_a_candidate",
            ),
        ],
    }
}

fn nothing() -> Row {
    let thinks = spoilt(Turn::default(), |request: &Request, text: String| {
        match request.dialect() {
        Dialect::Anthropic => text.replace(
            "event: message_delta",
            "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"Hm.\",\"signature\":\"s\"}}\n\n\
             event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\nevent: message_delta",
        ),
        Dialect::OpenAiChat => format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"reasoning_content\":\"Hm.\"}}}}]}}\n\n{text}"
        ),
        Dialect::OpenAiResponses => text.replace(
            "event: response.completed",
            "event: response.output_item.done\ndata: {\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"Hm.\"}],\"encrypted_content\":\"e\"}}\n\n\
             event: response.completed",
        ),
        Dialect::Gemini => format!(
            "data: {{\"candidates\":[{{\"index\":0,\"content\":{{\"role\":\"model\",\"parts\":[{{\"text\":\"Hm.\",\"thought\":true}}]}}}}]}}\n\n{text}"
        ),
        Dialect::Ollama => format!(
            "{{\"model\":\"m\",\"message\":{{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"Hm.\"}},\"done\":false}}\n{text}"
        ),
    }
    });
    // It ends well at once: a model that has nothing to say is not asked to say something.
    let sees = |result| Seen {
        result,
        facts: None,
        ..Seen::once()
    };
    Row {
        id: "B18",
        fault: "an answer that says nothing",
        must: "asked once more at most, then stopped",
        trials: vec![
            program(
                "nothing",
                ALL,
                vec![says(Turn::default()), done()],
                sees(""),
            ),
            program(
                "blanks",
                ALL,
                vec![says(Turn::text(" \n ")), done()],
                sees(" \n "),
            ),
            program("only thoughts", ALL, vec![thinks, done()], sees("")),
        ],
    }
}

fn reasons() -> Row {
    Row {
        id: "B19",
        fault: "reasons to stop",
        must: "each has its rule; what nobody knows stops",
        trials: vec![
            program(
                "the limit of the answer",
                ALL,
                vec![stops(&Turn::text("All is we"), length), done()],
                Seen {
                    result: "All is we",
                    // Which is said.
                    facts: Some("TICIAIE"),
                    ..Seen::once()
                },
            ),
            program(
                "a pause of the server's own tools goes on",
                &[Dialect::Anthropic],
                vec![stops(&Turn::text("I look."), |_| "pause_turn"), done()],
                Seen {
                    facts: Some("TICIACIAE"),
                    ledger: "work listed, work listed",
                    ..Seen::twice()
                },
            ),
            program(
                "a pause without end",
                &[Dialect::Anthropic],
                vec![stops(&Turn::text("I look."), |_| "pause_turn")],
                Seen {
                    code: 6,
                    result: "I look.",
                    requests: 4,
                    facts: None,
                    ledger: "work listed, work listed, work listed, work listed",
                    ..Seen::twice()
                },
            ),
            program(
                "a word that nobody knows",
                &[
                    Dialect::Anthropic,
                    Dialect::OpenAiChat,
                    Dialect::Gemini,
                    Dialect::Ollama,
                ],
                vec![stops(&Turn::text("All is well."), |_| "novelty"), done()],
                // The word is told.
                Seen {
                    facts: Some("TICIAIE"),
                    ..Seen::once()
                },
            ),
            program(
                "a word that nobody knows for why it is not whole",
                &[Dialect::OpenAiResponses],
                vec![stops(&Turn::text("All is well."), |_| "novelty"), done()],
                Seen {
                    facts: Some("TICIAIE"),
                    ..Seen::once()
                },
            ),
            not("a pause on other wires", "none of them has a word for it"),
        ],
    }
}
