//! What an answer cites: it stands beside the words, and goes back with them.

use pretty_assertions::assert_eq;
use serde_json::json;

use crate::protocol::reply::Part;
use crate::provider::anthropic::tests::{answer, delta, opaque, start, stop, text};
use crate::provider::testing::done;

#[test]
fn what_is_cited_stays_beside_the_words() {
    let cited = |title: &str| json!({"type": "web_search_result_location", "title": title});
    let sends = |index: u64, title: &str| {
        delta(
            index,
            &json!({"type": "citations_delta", "citation": cited(title)}),
        )
    };
    let said = |text: &str, body| Part::Text {
        text: text.to_owned(),
        opaque: body,
    };
    let events = [
        start(0, &json!({"type": "text", "text": "", "citations": []})),
        text(0, "It rains."),
        sends(0, "weather"),
        sends(0, "radar"),
        stop(0),
        // Without a start, and in a block that has some already.
        sends(1, "map"),
        text(1, " Here."),
        stop(1),
        start(
            2,
            &json!({"type": "text", "text": "", "citations": [cited("first")]}),
        ),
        text(2, " Too."),
        sends(2, "second"),
        stop(2),
        // Nothing was cited: the words are enough.
        start(3, &json!({"type": "text", "text": "", "citations": []})),
        text(3, " So."),
        stop(3),
    ];
    let chunks = answer(&events, "end_turn");
    let body = |text: &str, titles: &[&str]| {
        let citations: Vec<_> = titles.iter().map(|title| cited(title)).collect();
        Some(opaque(
            json!({"type": "text", "text": text, "citations": citations}),
        ))
    };
    assert_eq!(
        done(&chunks).parts,
        [
            said("It rains.", body("It rains.", &["weather", "radar"])),
            said(" Here.", body(" Here.", &["map"])),
            said(" Too.", body(" Too.", &["first", "second"])),
            said(" So.", None),
        ]
    );
}
