//! Calls as servers number, name and repeat them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::protocol::failure::FailureKind;
use crate::provider::openai_responses::tests::{added, answer, arguments, call, delta, finished};
use crate::provider::testing::{calls, done, failed};

/// A name, events, and the calls they add up to: id, name, arguments.
type Case = (
    &'static str,
    Vec<Value>,
    Vec<(Option<&'static str>, &'static str, &'static str)>,
);

#[test]
fn calls_are_put_together_whatever_is_repeated_or_missing() {
    let begun = |index| {
        added(
            index,
            &json!({"type": "function_call", "id": format!("fc_{index}"), "call_id": format!("c{index}"), "name": "glob", "arguments": ""}),
        )
    };
    let whole = |index: u64, text: &str| json!({"type": "response.function_call_arguments.done", "output_index": index, "arguments": text});
    let nowhere = |mut event: Value| {
        event.as_object_mut().unwrap().remove("output_index");
        event
    };
    let local = |name: &str, arguments: &str| json!({"type": "function_call", "call_id": format!("fc_{name}"), "name": name, "arguments": arguments});
    let cases: Vec<Case> = vec![
        (
            "whole in the end only",
            vec![
                begun(0),
                whole(0, "{}"),
                finished(0, &call("c0", "glob", "{}")),
            ],
            vec![(Some("c0"), "glob", "{}")],
        ),
        (
            "pieces only",
            vec![begun(0), arguments(0, "{\"a\""), arguments(0, ":1}")],
            vec![(Some("c0"), "glob", "{\"a\":1}")],
        ),
        (
            "the item only",
            vec![finished(0, &call("c0", "glob", "{}"))],
            vec![(Some("c0"), "glob", "{}")],
        ),
        (
            "no arguments at all",
            vec![begun(0)],
            vec![(Some("c0"), "glob", "")],
        ),
        (
            "nothing said in the finished item",
            vec![
                begun(0),
                arguments(0, "{}"),
                finished(0, &call("c0", "glob", "")),
            ],
            vec![(Some("c0"), "glob", "{}")],
        ),
        (
            "the object itself",
            vec![finished(
                0,
                &json!({"type": "function_call", "call_id": "c0", "name": "a", "arguments": {"b": 1}}),
            )],
            vec![(Some("c0"), "a", "{\"b\":1}")],
        ),
        (
            "everything twice",
            vec![
                begun(0),
                begun(0),
                arguments(0, "{}"),
                whole(0, "{}"),
                finished(0, &call("c0", "glob", "{}")),
                begun(0),
                arguments(0, "{}"),
                finished(
                    0,
                    &json!({"type": "function_call", "id": "fc_0", "call_id": "c0", "name": "glob", "arguments": "{}"}),
                ),
            ],
            vec![(Some("c0"), "glob", "{}")],
        ),
        (
            "two in one place",
            vec![
                added(
                    0,
                    &json!({"type": "function_call", "call_id": "a", "name": "a", "arguments": ""}),
                ),
                arguments(0, "{}"),
                finished(0, &call("a", "a", "{}")),
                added(
                    0,
                    &json!({"type": "function_call", "call_id": "b", "name": "b", "arguments": ""}),
                ),
                arguments(0, "[]"),
                finished(0, &call("b", "b", "[]")),
            ],
            vec![(Some("a"), "a", "{}"), (Some("b"), "b", "[]")],
        ),
        (
            "a gap in the places, the later first",
            vec![
                finished(7, &call("c7", "b", "{}")),
                finished(2, &call("c2", "a", "{}")),
            ],
            vec![(Some("c2"), "a", "{}"), (Some("c7"), "b", "{}")],
        ),
        // One local server gives no places, and a call's id in the place of the item's.
        (
            "no places",
            vec![
                nowhere(added(0, &local("a", ""))),
                nowhere(delta("function_call_arguments", 0, "fc_a", "{\"x\":")),
                nowhere(delta("function_call_arguments", 0, "fc_a", "1}")),
                nowhere(added(0, &local("b", ""))),
                nowhere(delta("function_call_arguments", 0, "fc_b", "{}")),
                nowhere(finished(0, &local("a", "{\"x\":1}"))),
                nowhere(finished(0, &local("b", "{}"))),
            ],
            vec![(Some("fc_a"), "a", "{\"x\":1}"), (Some("fc_b"), "b", "{}")],
        ),
        (
            "neither places nor ids",
            vec![
                nowhere(added(
                    0,
                    &json!({"type": "function_call", "name": "a", "arguments": ""}),
                )),
                nowhere(arguments(0, "{}")),
                nowhere(finished(
                    0,
                    &json!({"type": "function_call", "name": "a", "arguments": "{}"}),
                )),
                nowhere(added(
                    0,
                    &json!({"type": "function_call", "name": "a", "arguments": ""}),
                )),
                nowhere(finished(
                    0,
                    &json!({"type": "function_call", "name": "a", "arguments": "{\"n\":2}"}),
                )),
            ],
            vec![(None, "a", "{}"), (None, "a", "{\"n\":2}")],
        ),
        (
            "a name beside the arguments",
            vec![
                arguments(0, "{}"),
                json!({"type": "response.function_call_arguments.done", "output_index": 0, "item_id": "x", "name": "a", "arguments": "{}"}),
            ],
            vec![(None, "a", "{}")],
        ),
        (
            "a call of another form",
            vec![
                added(
                    0,
                    &json!({"type": "custom_tool_call", "id": "ctc_1", "call_id": "c1", "name": "sh", "input": ""}),
                ),
                delta("custom_tool_call_input", 0, "ctc_1", "ls"),
                finished(
                    0,
                    &json!({"type": "custom_tool_call", "id": "ctc_1", "call_id": "c1", "name": "sh", "input": "ls"}),
                ),
            ],
            vec![(Some("c1"), "sh", "ls")],
        ),
        (
            "the last event has it again",
            vec![
                finished(0, &call("c0", "glob", "{}")),
                json!({"type": "response.completed", "response": {"status": "completed", "output": [call("c0", "glob", "{}"), call("c1", "glob", "{}")]}}),
            ],
            vec![(Some("c0"), "glob", "{}")],
        ),
        (
            "the last event alone has it",
            vec![
                json!({"type": "response.completed", "response": {"output": [call("c0", "a", "{}"), call("c1", "b", "{}")]}}),
            ],
            vec![(Some("c0"), "a", "{}"), (Some("c1"), "b", "{}")],
        ),
        (
            "the last event closes what is open",
            vec![
                begun(0),
                json!({"type": "response.completed", "response": {"output": [call("c0", "glob", "{\"a\":1}")]}}),
            ],
            vec![(Some("c0"), "glob", "{\"a\":1}")],
        ),
    ];
    for (name, events, expected) in cases {
        assert_eq!(calls(done(&answer(&events))), expected, "{name}");
    }
    let chunks = answer(&[arguments(0, "{}")]);
    let (failure, _) = failed(&chunks);
    assert_eq!(
        (failure.kind, &*failure.message),
        (
            FailureKind::Protocol,
            "the answer has a tool call without a name"
        )
    );
}
