//! The shipped scripts, played to their end against real files and a real shell.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use futures_util::StreamExt;
use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::agent::prompt::{Caching, CallResult, Message, Prompt};
use crate::protocol::call::{OutcomeKind, parse_arguments};
use crate::protocol::failure::FailureKind;
use crate::protocol::reply::{Part, Reply};
use crate::provider::rehearsal::script::Audience;
use crate::provider::rehearsal::{Rehearsal, Speed, TOUR_PROMPT, names, shipped, tour_files};
use crate::provider::{Chunk, Provider};

type Ended = (OutcomeKind, String);

fn rehearsal(name: &str) -> Rehearsal {
    before(name, Audience::Nobody)
}

fn before(name: &str, audience: Audience) -> Rehearsal {
    Rehearsal::new(name, shipped(name).expect(name), audience)
        .unwrap()
        .with_speed(Speed::at_once())
}

async fn ask(rehearsal: &Rehearsal, messages: &[Message]) -> Chunk {
    let prompt = Prompt {
        model: "rehearsal/tour".parse().unwrap(),
        system: Arc::from(""),
        tools: Arc::from([]),
        messages: messages.to_vec(),
        max_output: 8192,
        effort: None,
        caching: Caching::default(),
    };
    rehearsal
        .stream(prompt, None)
        .collect::<Vec<_>>()
        .await
        .pop()
        .unwrap()
}

/// Plays one turn to its end; each step asks a rehearsal made anew, as after a crash. What happened, line by line.
async fn turn(
    name: &str,
    messages: &mut Vec<Message>,
    prompt: &str,
    tool: &mut dyn FnMut(&str, &Value) -> Ended,
) -> Vec<String> {
    turn_before(Audience::Nobody, name, messages, prompt, tool).await
}

async fn turn_before(
    audience: Audience,
    name: &str,
    messages: &mut Vec<Message>,
    prompt: &str,
    tool: &mut dyn FnMut(&str, &Value) -> Ended,
) -> Vec<String> {
    messages.push(Message::User {
        text: prompt.to_owned(),
        pictures: Vec::new(),
    });
    let mut happened = Vec::new();
    for _ in 0..20 {
        let reply = match ask(&before(name, audience), messages).await {
            Chunk::Done(reply) => reply,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            ask(&before(name, audience), messages).await,
            Chunk::Done(reply.clone())
        );
        happened.extend(reply.text().lines().map(str::to_owned));
        let results = run(&reply, tool, &mut happened);
        let ended = results.is_empty();
        messages.push(Message::Assistant { parts: reply.parts });
        if ended {
            return happened;
        }
        messages.push(Message::Results { results });
    }
    panic!("the turn does not end: {happened:#?}");
}

fn run(
    reply: &Reply,
    tool: &mut dyn FnMut(&str, &Value) -> Ended,
    happened: &mut Vec<String>,
) -> Vec<CallResult> {
    let mut results = Vec::new();
    for part in &reply.parts {
        let Part::Call {
            name, arguments, ..
        } = part
        else {
            continue;
        };
        let input = parse_arguments(arguments).unwrap();
        let (outcome, text) = tool(name, &input);
        let subject = ["path", "command", "pattern"]
            .iter()
            .find_map(|key| input[*key].as_str())
            .unwrap();
        happened.push(format!(
            "[{name} {subject}: {}]",
            format!("{outcome:?}").to_lowercase()
        ));
        results.push(CallResult {
            wire_id: "w".to_owned(),
            name: name.clone(),
            text,
            outcome,
        });
    }
    results
}

/// Tools as simple as can be, in one folder.
fn real(folder: &Path, name: &str, input: &Value) -> Ended {
    let path = folder.join(input["path"].as_str().unwrap_or("."));
    let done = |text: String| (OutcomeKind::Done, text);
    let failed = |text: &str| (OutcomeKind::Failed, text.to_owned());
    match name {
        "read" => fs::read_to_string(path).map_or_else(|_| failed("no such file"), done),
        "write" if path.exists() => failed("it is there"),
        "write" => {
            fs::write(path, input["content"].as_str().unwrap()).unwrap();
            done(String::new())
        }
        "edit" => {
            let text = fs::read_to_string(&path).unwrap();
            let old = input["old_string"].as_str().unwrap();
            if text.matches(old).count() != 1 {
                return failed("not found once");
            }
            fs::write(
                path,
                text.replace(old, input["new_string"].as_str().unwrap()),
            )
            .unwrap();
            done(String::new())
        }
        "bash" => {
            let output = Command::new("sh")
                .arg("-c")
                .arg(input["command"].as_str().unwrap())
                .current_dir(folder)
                .output()
                .unwrap();
            done(String::from_utf8(output.stdout).unwrap())
        }
        _ => done("tide.sh: 1 hit".to_owned()),
    }
}

fn put_files(folder: &Path) {
    for (name, content) in tour_files() {
        fs::write(folder.join(name), content).unwrap();
    }
}

const MENDED: [&str; 10] = [
    "[read NOTES.md: done]",
    "The notes say that the table is in minutes, and that `tide.sh` prints hours. Let us see what the test says.",
    "[bash sh test.sh: done]",
    "2 of 3: the difference is right, but it is still minutes. An hour has 60 of them, so I divide.",
    "[edit tide.sh: done]",
    "One line is changed. The test again:",
    "[bash sh test.sh: done]",
    "3 of 3: the tide is right.",
    "",
    "Real, in this session: 1 file changed, 2 commands run, 0 refused. Played: words and prices.",
];

#[tokio::test]
async fn the_tour_mends_the_tide() {
    let folder = tempfile::tempdir().unwrap();
    put_files(folder.path());
    let mut messages = Vec::new();
    let happened = turn("tour", &mut messages, TOUR_PROMPT, &mut |name, input| {
        real(folder.path(), name, input)
    })
    .await;
    let expected: Vec<&str> = [
        "I am a script: no model is asked, and the prices are play money.",
        "The files, the commands and your answers are real. First I look around.",
        "[grep tide: done]",
        "[read tide.sh: done]",
    ]
    .into_iter()
    .chain(MENDED)
    .collect();
    assert_eq!(happened, expected);

    // Afterwards it knows tool words, and says so when it is told anything else.
    let mut tool = |name: &str, input: &Value| real(folder.path(), name, input);
    for (prompt, last) in [
        (
            "hello",
            "The tool words: `read PATH`, `grep TEXT`, `glob PATTERN`, `edit PATH`, `write PATH TEXT`, `bash COMMAND`.",
        ),
        (
            "bash sh test.sh | tail -n 1",
            "`bash` came back with one line: 3 of 3",
        ),
        (
            "edit NOTES.md",
            "NOTES.md is changed; nothing else was touched.",
        ),
        (
            "hello",
            "The tool words: `read PATH`, `grep TEXT`, `glob PATTERN`, `edit PATH`, `write PATH TEXT`, `bash COMMAND`.",
        ),
    ] {
        let happened = turn("tour", &mut messages, prompt, &mut tool).await;
        assert_eq!(happened.last().map(String::as_str), Some(last), "{prompt}");
    }
    let notes = fs::read_to_string(folder.path().join("NOTES.md")).unwrap();
    assert!(notes.starts_with("# Notes on the tide\n\n\n- The table"));
}

#[tokio::test]
async fn where_somebody_is_there_a_no_is_answered() {
    let cases = [
        (
            Some("the person said no: no network here"),
            "All right, without it. You said: no network here. The test again:",
            "Real, in this session: 1 file changed, 2 commands run, 1 refused. Played: words and prices.",
        ),
        (
            None,
            "Nothing came from there, so nothing was run. The test again:",
            "Real, in this session: 1 file changed, 3 commands run, 0 refused. Played: words and prices.",
        ),
    ];
    for (no, answer, last) in cases {
        let folder = tempfile::tempdir().unwrap();
        put_files(folder.path());
        let mut tool = |name: &str, input: &Value| match input["command"].as_str() {
            Some(command) if command.contains("curl") => match no {
                Some(no) => (OutcomeKind::Denied, no.to_owned()),
                None => (OutcomeKind::Done, String::new()),
            },
            _ => real(folder.path(), name, input),
        };
        let mut said = Vec::new();
        let happened = turn_before(
            Audience::Somebody,
            "tour",
            &mut said,
            TOUR_PROMPT,
            &mut tool,
        )
        .await;
        assert!(happened.iter().any(|line| line == answer), "{happened:?}");
        assert_eq!(happened.last().map(String::as_str), Some(last));
    }
}

#[tokio::test]
async fn any_other_first_prompt_makes_the_files_first() {
    let folder = tempfile::tempdir().unwrap();
    let happened = turn(
        "tour",
        &mut Vec::new(),
        "do something",
        &mut |name, input| real(folder.path(), name, input),
    )
    .await;
    assert_eq!(
        happened[..4],
        [
            "I know one story, about a tide table that is wrong. First I make its three files.",
            "[write tide.sh: done]",
            "[write test.sh: done]",
            "[write NOTES.md: done]",
        ]
    );
    assert_eq!(
        happened.last().map(String::as_str),
        Some(
            "Real, in this session: 3 files changed, 2 commands run, 0 refused. Played: words and prices."
        )
    );
    // A tool word is played as such, also as the first prompt.
    let happened = turn(
        "tour",
        &mut Vec::new(),
        "read tide.sh",
        &mut |name, input| real(folder.path(), name, input),
    )
    .await;
    assert_eq!(happened[0], "[read tide.sh: done]");
}

#[tokio::test]
async fn the_tour_finds_its_folder_as_it_is() {
    // (what is there, what ends the turn, whether the tide is right then)
    let cases: [(&[&str], &str, bool); 3] = [
        (
            &[],
            "Real, in this session: 3 files changed, 2 commands run, 0 refused. Played: words and prices.",
            true,
        ),
        // What was not made here is not written over.
        (
            &["test.sh"],
            "Real, in this session: 2 files changed, 2 commands run, 0 refused. Played: words and prices.",
            true,
        ),
        (
            &["tide.sh"],
            "Real, in this session: 0 files changed, 0 commands run, 0 refused. Played: words and prices.",
            false,
        ),
    ];
    for (there, last, mended) in cases {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in tour_files() {
            if there.contains(name) {
                fs::write(folder.path().join(name), content).unwrap();
            }
        }
        let happened = turn("tour", &mut Vec::new(), TOUR_PROMPT, &mut |name, input| {
            real(folder.path(), name, input)
        })
        .await;
        let mends = happened.contains(&"3 of 3: the tide is right.".to_owned());
        assert_eq!(
            (happened.last().map(String::as_str), mends),
            (Some(last), mended),
            "{there:?}"
        );
    }
}

#[tokio::test]
async fn a_no_is_taken_as_one() {
    // (what is refused, what ends the turn)
    let cases: [(&str, &[&str]); 4] = [
        (
            "edit",
            &[
                "[edit tide.sh: denied]",
                "All right, without it. The tide stays wrong by a factor of 60.",
                "",
                "Real, in this session: 0 files changed, 1 command run, 1 refused. Played: words and prices.",
            ],
        ),
        (
            "bash",
            &[
                "[bash sh test.sh: denied]",
                "All right, without it. The line is mended, but I have not seen the test pass.",
                "",
                "Real, in this session: 1 file changed, 0 commands run, 2 refused. Played: words and prices.",
            ],
        ),
        (
            "read",
            &[
                "[read NOTES.md: denied]",
                "All right, without it. Then I cannot look, and leave everything as it is.",
                "",
                "Real, in this session: 0 files changed, 0 commands run, 2 refused. Played: words and prices.",
            ],
        ),
        (
            "grep",
            &[
                "[read NOTES.md: done]",
                "All right, without it. Then I cannot look, and leave everything as it is.",
                "",
                "Real, in this session: 0 files changed, 0 commands run, 1 refused. Played: words and prices.",
            ],
        ),
    ];
    for (refused, end) in cases {
        let folder = tempfile::tempdir().unwrap();
        put_files(folder.path());
        let happened = turn("tour", &mut Vec::new(), TOUR_PROMPT, &mut |name, input| {
            if name == refused {
                (OutcomeKind::Denied, "no".to_owned())
            } else {
                real(folder.path(), name, input)
            }
        })
        .await;
        assert_eq!(happened[happened.len() - end.len()..], *end, "{refused}");
    }
    let happened = turn("tour", &mut Vec::new(), "hello", &mut |_, _| {
        (OutcomeKind::Denied, "no".to_owned())
    })
    .await;
    assert_eq!(
        happened[4],
        "All right, without it. Without its files there is no story."
    );
}

#[test]
fn the_shell_reads_the_files_as_meant() {
    let folder = tempfile::tempdir().unwrap();
    put_files(folder.path());
    let run = |command: &str| {
        let (_, text) = real(
            folder.path(),
            "bash",
            &serde_json::json!({"command": command}),
        );
        text
    };
    assert_eq!(
        run("sh test.sh; echo $?"),
        "ok    after the last tide there is none\n\
         ok    without a time it says how it is used\n\
         FAIL  at 12:00 the next tide is 2 hours away: expected '2', got '120'\n\
         2 of 3\n1\n"
    );
    assert_eq!(run("sh tide.sh 08 09"), "351\n");
}

#[tokio::test]
async fn a_counted_error_gives_way() {
    let script = "> *\n< error overloaded x2 busy\n< text: here";
    let rehearsal = Rehearsal::new("x", script, Audience::Somebody)
        .unwrap()
        .with_speed(Speed::at_once());
    let messages = [Message::User {
        text: "hi".to_owned(),
        pictures: Vec::new(),
    }];
    let mut kinds = Vec::new();
    for _ in 0..3 {
        kinds.push(match ask(&rehearsal, &messages).await {
            Chunk::Failed { failure, .. } => Err(failure.kind),
            Chunk::Done(reply) => Ok(reply.text()),
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(
        kinds,
        [
            Err(FailureKind::Overloaded),
            Err(FailureKind::Overloaded),
            Ok("here".to_owned())
        ]
    );
}

#[tokio::test]
async fn what_the_script_does_not_hold_is_said() {
    let rehearsal = Rehearsal::new("x", "> a\n< call t {}", Audience::Somebody)
        .unwrap()
        .with_speed(Speed::at_once());
    let user = |text: &str| Message::User {
        text: text.to_owned(),
        pictures: Vec::new(),
    };
    let answer = Message::Assistant { parts: Vec::new() };
    let cases: [(&[Message], &str); 3] = [
        (
            &[],
            "rehearsal/tour has no line for a session in which nobody spoke",
        ),
        (&[user("b")], "rehearsal/tour has no line for what was said"),
        (&[user("a"), answer], "My script ends here."),
    ];
    for (messages, expected) in cases {
        let said = match ask(&rehearsal, messages).await {
            Chunk::Failed { failure, .. } => failure.message,
            Chunk::Done(reply) => reply.text(),
            other => panic!("{other:?}"),
        };
        assert_eq!(said, expected);
    }
    assert_eq!(
        Rehearsal::new("x", "> a", Audience::Somebody).unwrap_err(),
        "script `x`: line 1: the prompt in line 1 has no answer: expected `< text: ` or `< call ` below it"
    );
}

#[test]
fn every_shipped_script_reads() {
    assert_eq!(names().collect::<Vec<_>>(), ["tour", "words"]);
    for name in names() {
        rehearsal(name);
    }
}
