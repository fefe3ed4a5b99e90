//! Whatever a log holds, what is made of it is valid on every wire.

use pretty_assertions::assert_eq;
use serde_json::json;

use super::*;
use crate::agent::picture::{Cap, Pictures};
use crate::protocol::item::{Block, Opaque, Origin};

const CAP: Cap = Cap {
    pictures: 1,
    bytes: 1,
};

fn model() -> ModelRef {
    ModelRef {
        provider: "a".into(),
        model: "m".into(),
    }
}

fn built(items: &[Placed]) -> Vec<Message> {
    let sight = Sight {
        takes_images: None,
        pictures: &Pictures::default(),
        cap: CAP,
    };
    messages(items, (&model(), Some("openai-chat")), sight)
}

fn said(text: &str) -> Item {
    Item::Prompt {
        blocks: vec![Block::text(text)],
        origin: Origin::Person,
    }
}

fn answer(text: &str) -> Item {
    Item::Answer {
        text: text.into(),
        cut: false,
        opaque: None,
    }
}

fn call(number: usize, wire_id: Option<&str>) -> Item {
    Item::Call(ToolCall {
        id: CallId::new(1, 1, number),
        wire_id: wire_id.map(str::to_owned),
        name: "read".into(),
        arguments: "{}".into(),
        opaque: None,
    })
}

fn done(number: usize, text: &str) -> Item {
    Item::Result {
        call: CallId::new(1, 1, number),
        outcome: Outcome::done(text),
    }
}

fn ids(messages: &[Message]) -> Vec<String> {
    let mut ids = Vec::new();
    for message in messages {
        if let Message::Results { results } = message {
            ids.extend(
                results
                    .iter()
                    .map(|result| format!("{}={}", result.wire_id, result.text)),
            );
        }
    }
    ids
}

fn cut(text: &str) -> Item {
    Item::Answer {
        text: text.into(),
        cut: true,
        opaque: None,
    }
}

#[test]
fn a_cut_answer_is_sent_back_where_something_was_said_to_it() {
    let items = [
        (1, 1, said("go")),
        (1, 1, cut("half")),
        (2, 1, cut("hal")),
        (3, 1, call(1, None)),
        (3, 1, done(1, "read")),
        (3, 2, cut("so")),
        (4, 1, said("on")),
        (4, 1, answer("whole")),
    ];
    let cases: [(usize, &[&str]); 8] = [
        (1, &["go"]),
        (2, &["go"]),
        (3, &["go"]),
        (4, &["go", "call", "lost"]),
        (5, &["go", "call", "read"]),
        (6, &["go", "call", "read"]),
        (7, &["go", "call", "read", "so", "on"]),
        (8, &["go", "call", "read", "so", "on", "whole"]),
    ];
    for (count, expected) in cases {
        let texts: Vec<String> = built(&items[..count])
            .into_iter()
            .map(|message| match message {
                Message::User { text, .. } => text,
                Message::Assistant { parts } => match &parts[..] {
                    [Part::Text { text, .. }] => text.clone(),
                    _ => "call".to_owned(),
                },
                Message::Results { results } if results[0].outcome == OutcomeKind::Lost => {
                    "lost".to_owned()
                }
                Message::Results { results } => results[0].text.clone(),
            })
            .collect();
        assert_eq!(texts, expected, "{count}");
    }
    // Two cut texts that were not asked again for stand for themselves.
    let asked = [(1, 1, cut("a")), (1, 2, call(1, None)), (2, 1, said("b"))];
    assert_eq!(built(&asked).len(), 4);
}

#[test]
fn results_follow_their_answer_in_the_order_of_the_calls() {
    let items = [
        (1, 1, said("go")),
        (1, 1, answer("looking")),
        (1, 1, call(1, Some("toolu_1"))),
        (1, 1, call(2, Some("toolu_2"))),
        (1, 1, done(2, "second")),
        (1, 1, done(1, "first")),
        (1, 2, said("steer")),
        (1, 2, answer("done")),
    ];
    let built = built(&items);
    let shapes: Vec<&str> = built
        .iter()
        .map(|message| match message {
            Message::User { .. } => "user",
            Message::Assistant { .. } => "assistant",
            Message::Results { .. } => "results",
        })
        .collect();
    assert_eq!(
        shapes,
        ["user", "assistant", "results", "user", "assistant"]
    );
    assert_eq!(ids(&built), ["toolu_1=first", "toolu_2=second"]);
}

#[test]
fn ids_are_legal_and_not_repeated_and_no_call_is_without_a_result() {
    let items = [
        (1, 1, call(1, Some("same"))),
        (1, 1, call(2, Some("same"))),
        (1, 1, call(3, Some("not legal!"))),
        (1, 1, call(4, None)),
        (1, 1, done(1, "one")),
        (1, 1, done(2, "two")),
        (1, 1, done(9, "of no call")),
    ];
    let missing = "no result was recorded; verify before repeating it";
    let expected = [
        "same=one".to_owned(),
        "call_1_1_2=two".to_owned(),
        format!("call_1_1_3={missing}"),
        format!("call_1_1_4={missing}"),
    ];
    assert_eq!(ids(&built(&items)), expected);
}

#[test]
fn an_id_goes_back_verbatim_where_it_came_from_and_nowhere_else() {
    let long = "x".repeat(70);
    let cases = [
        (
            "functions.read:0",
            "a/m",
            Some("openai-chat"),
            "functions.read:0",
        ),
        (&*long, "a/m", Some("openai-chat"), &*long),
        ("functions.read:0", "a/m", Some("anthropic"), "call_1_1_1"),
        ("functions.read:0", "a/m", None, "call_1_1_1"),
        ("functions.read:0", "b/m", Some("openai-chat"), "call_1_1_1"),
        ("toolu_1", "b/m", Some("anthropic"), "toolu_1"),
    ];
    for (id, family, wire, expected) in cases {
        let Item::Call(mut asked) = call(1, Some(id)) else {
            panic!("no call")
        };
        asked.opaque = Some(Opaque {
            family: family.to_owned(),
            wire: wire.map(str::to_owned),
            body: json!({}),
        });
        let items = [(1, 1, Item::Call(asked.clone())), (1, 1, done(1, "one"))];
        assert_eq!(ids(&built(&items)), [format!("{expected}=one")], "{id}");
        // A second one of that id is told apart from it.
        asked.id = CallId::new(1, 2, 1);
        let items = [&items[..], &[(1, 2, Item::Call(asked))]].concat();
        let second = &ids(&built(&items))[1];
        assert!(second.starts_with("call_1_2_1="), "{second}");
    }
}

#[test]
fn a_provider_that_uses_our_ids_repeats_none() {
    let items = [
        (1, 1, call(1, Some("call_1_1_2"))),
        (1, 1, call(2, None)),
        (1, 1, call(3, Some("call_1_1_2_2"))),
        (1, 1, done(1, "one")),
        (1, 1, done(2, "two")),
        (1, 1, done(3, "three")),
    ];
    assert_eq!(
        ids(&built(&items)),
        ["call_1_1_2=one", "call_1_1_2_2=two", "call_1_1_3=three"]
    );
}

#[test]
fn names_that_no_wire_takes_are_made_legal() {
    let long = "n".repeat(200);
    let cases = [
        ("bash", "bash"),
        (" Bash\n", "Bash"),
        ("run it; now", "run_it__now"),
        ("файл", "____"),
        ("", "unnamed"),
        (&long, &long[..64]),
    ];
    for (name, expected) in cases {
        let Item::Call(mut asked) = call(1, None) else {
            panic!("no call")
        };
        name.clone_into(&mut asked.name);
        let built = built(&[(1, 1, Item::Call(asked))]);
        let (Message::Assistant { parts }, Message::Results { results }) = (&built[0], &built[1])
        else {
            panic!("{built:?}")
        };
        assert!(matches!(&parts[0], Part::Call { name, .. } if name == expected));
        assert_eq!(results[0].name, expected);
    }
}

#[test]
fn opaque_parts_go_back_to_their_own_model_only() {
    let thought = |family: &str| Item::Thought {
        text: "hm".into(),
        opaque: Some(Opaque {
            wire: None,
            family: family.into(),
            body: json!({"signature": "s"}),
        }),
    };
    let items = [
        (1, 1, said("go")),
        (1, 1, thought("a/m")),
        (1, 1, answer("x")),
    ];
    let Message::Assistant { parts } = &built(&items)[1] else {
        panic!("no answer")
    };
    assert_eq!(parts.len(), 2);
    let items = [
        (1, 1, said("go")),
        (1, 1, thought("b/m")),
        (1, 1, answer("x")),
    ];
    let Message::Assistant { parts } = &built(&items)[1] else {
        panic!("no answer")
    };
    assert_eq!(
        parts,
        &[Part::Text {
            text: "x".into(),
            opaque: None
        }]
    );
}

#[test]
fn each_prompt_extends_the_one_before() {
    let items = [
        (1, 1, said("go")),
        (1, 1, call(1, Some("x"))),
        (1, 1, done(1, "one")),
        (1, 2, answer("that was it")),
        (2, 1, said("more")),
        (2, 1, answer("yes")),
    ];
    // A request is only ever made where no call is open.
    let mut before = Vec::new();
    for length in [1, 3, 4, 5, 6] {
        let now = built(&items[..length]);
        assert_eq!(now[..before.len()], before[..]);
        before = now;
    }
}
