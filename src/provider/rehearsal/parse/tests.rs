//! Scripts as they are read, and their faults.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use pretty_assertions::assert_eq;

use crate::protocol::failure::FailureKind;
use crate::provider::rehearsal::script::{
    Condition, Directive, DirectiveKind, Line, PromptMatch, Script, ScriptTurn, Step,
};

fn read(text: &str) -> Result<Script, String> {
    Script::parse(text, |name| (name == "a.txt").then_some("one\ntwo\n"))
}

fn call(name: &str, arguments: &str) -> Line {
    Line::Call {
        name: name.to_owned(),
        arguments: arguments.to_owned(),
    }
}

#[test]
fn a_scenario_reads_as_written() {
    let script = read(
        "# A story\n\
         $ limit 0.01\n\
         \n\
         > what is in notes.txt?\r\n\
         < text: Let me look.\n\
         < call read {\"path\": \"a   -- b\"}          -- the scripted model\n\
         = allow\n\
         < text: It says hello.   -- not a word of it\n\
         < usage 120 14\n\
         \n\
         > *\n\
         ? first\n\
         ! kill\n\
         < think: hm\n\
         < make a.txt\n\
         < pause 2s\n\
         ? denied\n\
         \n\
         < error rate x2 slow down\n\
         \n\
         < error protocol\n\
         < usage 1 2 3\n\
         --- log\n\
         turn 1 started\n\
         > not a prompt\n",
    )
    .unwrap();
    let directive = |number, after, kind, text: &str| Directive {
        number,
        after,
        kind,
        text: text.to_owned(),
    };
    let expected = Script {
        directives: vec![directive(2, 0, DirectiveKind::Setting, "limit 0.01")],
        turns: vec![
            ScriptTurn {
                number: 4,
                prompt: PromptMatch::Exactly("what is in notes.txt?".to_owned()),
                first: false,
                directives: vec![],
                steps: vec![
                    Step {
                        number: 5,
                        conditions: vec![],
                        lines: vec![
                            Line::Text("Let me look.".to_owned()),
                            call("read", "{\"path\": \"a   -- b\"}"),
                        ],
                        directives: vec![directive(7, 2, DirectiveKind::Answer, "allow")],
                    },
                    Step {
                        number: 8,
                        lines: vec![
                            Line::Text("It says hello.".to_owned()),
                            Line::Usage {
                                input: 120,
                                output: 14,
                                cached: 0,
                            },
                        ],
                        ..Step::default()
                    },
                ],
            },
            ScriptTurn {
                number: 11,
                prompt: PromptMatch::Anything,
                first: true,
                directives: vec![directive(13, 0, DirectiveKind::Event, "kill")],
                steps: vec![
                    Step {
                        number: 14,
                        lines: vec![
                            Line::Think("hm".to_owned()),
                            call("write", "{\"path\":\"a.txt\",\"content\":\"one\\ntwo\\n\"}"),
                            Line::Pause(Duration::from_secs(2)),
                        ],
                        ..Step::default()
                    },
                    Step {
                        number: 17,
                        conditions: vec![Condition::Denied],
                        lines: vec![Line::Error {
                            kind: FailureKind::Rate,
                            times: Some(2),
                            words: "slow down".to_owned(),
                        }],
                        ..Step::default()
                    },
                    Step {
                        number: 21,
                        lines: vec![
                            Line::Error {
                                kind: FailureKind::Protocol,
                                times: None,
                                words: String::new(),
                            },
                            Line::Usage {
                                input: 1,
                                output: 2,
                                cached: 3,
                            },
                        ],
                        ..Step::default()
                    },
                ],
            },
        ],
        log: Some("turn 1 started\n> not a prompt\n".to_owned()),
    };
    assert_eq!(script, expected);
}

#[test]
fn prompts_of_several_lines_are_one() {
    let script = read("> one\n> two\n< text: three").unwrap();
    assert_eq!(
        script
            .turns
            .iter()
            .map(|turn| turn.prompt.clone())
            .collect::<Vec<_>>(),
        [PromptMatch::Exactly("one\ntwo".to_owned())]
    );
}

#[test]
fn steps_are_borrowed_from_another_prompt() {
    let script = read("> a\n< text: one\n\n< text: two\n\n> *\n< text: zero\n\n< as a").unwrap();
    let said: Vec<_> = script.turns[1]
        .steps
        .iter()
        .flat_map(|step| step.lines.clone())
        .collect();
    assert_eq!(
        said,
        ["zero", "one", "two"].map(|text| Line::Text(text.to_owned()))
    );
}

#[test]
fn a_fault_names_its_line_and_what_was_expected() {
    let cases = [
        (
            "",
            "the script is empty: expected a line `> ` with what the person says",
        ),
        (
            "> a\n< text: b\nhello",
            "line 3: `hello` is no line of a script: expected `> `, `< `, `? `, `= `, `! `, `$ `, `# ` or `--- log`",
        ),
        (
            "< text: b",
            "line 1: nobody has spoken yet: expected `> ` with what the person says",
        ),
        (
            "> a\n",
            "line 1: the prompt in line 1 has no answer: expected `< text: ` or `< call ` below it",
        ),
        (
            "> a\n\n> b\n< text: c",
            "line 3: the prompt in line 1 has no answer: expected `< text: ` or `< call ` below it",
        ),
        (
            ">",
            "line 1: nothing is said: expected `> ` with the prompt, or `> *` for any",
        ),
        (
            "> a\n? denied\n< text: b",
            "line 2: `? denied` has no step before it: expected `? first` here",
        ),
        (
            "> a\n< text: b\n\n? often\n< text: c",
            "line 4: `? often` is no condition: expected `? denied`, `? failed`, `? says TEXT`, `? watched` or `? unwatched`",
        ),
        (
            "> a\n< text: b\n\n? denied\n",
            "line 4: the condition in line 4 has no step: expected `< ` below it",
        ),
        (
            "> a\n< text: b\n< as c",
            "line 3: `< as ` must be the last step of its turn and all of it: expected it alone",
        ),
        (
            "> a\n< as c\n\n< text: b",
            "line 4: `< as ` must be the last step of its turn and all of it: expected it alone",
        ),
        (
            "> a\n< as a",
            "line 2: no answer to `a` is written out: expected a prompt of this script",
        ),
        (
            "> *\n< words\n\n< words",
            "line 4: `< words` must be all a turn has: expected it alone below its `> *`",
        ),
        (
            "> *\n< text: a\n< words",
            "line 3: `< words` must be all a turn has: expected it alone below its `> *`",
        ),
        (
            "> *\n< words\n\n< text: a",
            "line 4: `< words` must be all a turn has: expected it alone below its `> *`",
        ),
        (
            "> a\n=",
            "line 2: a sign alone: expected words such as `= allow`, `! kill` or `$ limit 0.01`",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text), Err(expected.to_owned()), "{text:?}");
    }
}

#[test]
fn hostile_scripts_only_fail() {
    let deep = format!("> a\n< call x {}", "{\"a\":".repeat(10_000));
    let long = format!("> a\n{}", "\u{1b}[2J汉".repeat(100_000));
    for text in [
        deep.as_str(),
        long.as_str(),
        "\0",
        "> \u{202e}\n<",
        "> a\n< pause 99999999999999999999s",
        "? says",
    ] {
        let error = read(text).unwrap_err();
        assert!(error.len() < 300 && !error.contains('\u{1b}'), "{error}");
    }
}
