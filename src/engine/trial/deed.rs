//! What runs is what was judged and shown, whatever the call would come to if it were read again.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::future::BoxFuture;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::agent::digest;
use crate::engine::Engine;
use crate::engine::trial::{Play, Stage};
use crate::engine::walls::Sandbox;
use crate::protocol::ask::{About, Answer, Subject, Verdict};
use crate::protocol::call::{OutcomeKind, Reach, ToolSpec};
use crate::protocol::event::{Ending, Fact, When};
use crate::protocol::item::Item;
use crate::protocol::op::Op;
use crate::protocol::rule::Mode;
use crate::protocol::session::OpenRequest;
use crate::tool::deed::{Act, Deed};
use crate::tool::{Ended, Place, Scene, Tool, Toolbox};

/// A tool that understands each call in another way the next time it is asked what it does.
struct Fickle {
    tool: Arc<dyn Tool>,
    asked: Arc<AtomicU32>,
    name: &'static str,
}

impl Tool for Fickle {
    fn spec(&self) -> &ToolSpec {
        self.tool.spec()
    }

    fn reach(&self, input: &Value, place: &Place) -> Result<Vec<Reach>, String> {
        self.tool.reach(input, place)
    }

    fn act(&self, input: &Value, scene: &Scene) -> Result<Act, String> {
        let times = self.asked.fetch_add(1, Ordering::SeqCst);
        let mut input = input.clone();
        input[self.name] = json!(format!("touch {times}"));
        self.tool.act(&input, scene)
    }

    fn only_reads(&self) -> bool {
        self.tool.only_reads()
    }

    fn run(&self, deed: Arc<Deed>, scene: Scene) -> BoxFuture<'static, Ended> {
        self.tool.run(deed, scene)
    }
}

/// A stand-in for the helper: reads what it is sent on the socket that is its standard input, with the byte that lets it go, says
/// that it is up, and becomes the command.
const HELPER: &str = r#"#!/bin/sh
shift
length=0
for byte in $(dd bs=1 count=4 2>/dev/null | od -An -tu1); do length=$((length * 256 + byte)); done
dd bs=1 count=$((length + 1)) >/dev/null 2>&1
printf + >&0
exec "$@" </dev/null
"#;

fn helper(stage: &Stage) -> PathBuf {
    let program = stage.home.path().join("helper");
    std::fs::write(&program, HELPER).unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    program
}

struct Trial {
    play: Play,
    asked: Arc<AtomicU32>,
}

fn trial(
    stage: &Stage,
    (tool, name): (&str, &'static str),
    mode: Mode,
    with_helper: bool,
) -> Trial {
    let asked = Arc::<AtomicU32>::default();
    let fickle: Arc<dyn Tool> = Arc::new(Fickle {
        tool: Toolbox::shipped().get(tool).unwrap(),
        asked: Arc::clone(&asked),
        name,
    });
    let mut options = stage.options(false);
    options.sandbox = Sandbox::Off {
        program: with_helper.then(|| helper(stage)),
    };
    let runtime = tokio::runtime::Handle::current();
    let engine = Engine::with(options, &runtime, Toolbox::of(vec![fickle])).unwrap();
    let play = stage.start(engine, None);
    play.send(Op::Open {
        request: OpenRequest {
            cwd: stage.folder.path().to_owned(),
            model: "play/any".parse().unwrap(),
            mode,
            worktree: None,
            effort: None,
        },
    });
    Trial { play, asked }
}

fn result(fact: &Fact) -> Option<(OutcomeKind, String)> {
    match fact {
        Fact::ItemAdded {
            item: Item::Result { outcome, .. },
            ..
        } => Some((outcome.kind, outcome.text.clone())),
        _ => None,
    }
}

const COMMAND: &str = "> *\n< call bash {\"command\":\"false\"}\n\n< text: done\n";
const WRITE: &str = "> *\n< call write {\"path\":\"a.txt\",\"content\":\"said\"}\n\n< text: done\n";

/// Started as it is, and by the helper.
#[tokio::test(flavor = "multi_thread")]
async fn the_command_that_runs_is_the_one_that_was_shown() {
    for (mode, with_helper) in [
        (Mode::Ask, false),
        (Mode::Ask, true),
        (Mode::Auto, false),
        (Mode::Auto, true),
    ] {
        let stage = Stage::new(COMMAND);
        let Trial { mut play, asked } = trial(&stage, ("bash", "command"), mode, with_helper);
        play.say("go", When::Turn);
        if mode == Mode::Ask {
            let ask = play.ask().await;
            let About::Approval(approval) = &ask.about else {
                panic!("{ask:?}")
            };
            let Subject::Command { argv, .. } = &approval.subject else {
                panic!("{approval:?}")
            };
            assert_eq!(argv[1..], ["-c", "touch 0"]);
            let verdict = Verdict::Once;
            play.answer(ask.id, Answer::Verdict { verdict });
        }
        let outcome = play.fact(result).await;
        assert_eq!(outcome.0, OutcomeKind::Done, "{outcome:?}");
        assert_eq!(play.ending().await, Ending::Finished);
        let made: Vec<_> = std::fs::read_dir(&play.folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(made, ["0"], "{mode:?} {with_helper}");
        assert_eq!(asked.load(Ordering::SeqCst), 1, "{mode:?} {with_helper}");
        play.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_that_is_written_is_the_one_that_was_shown() {
    for mode in [Mode::Ask, Mode::Edits] {
        let stage = Stage::new(WRITE);
        let Trial { mut play, asked } = trial(&stage, ("write", "content"), mode, false);
        play.say("go", When::Turn);
        if mode == Mode::Ask {
            let ask = play.ask().await;
            assert!(format!("{ask:?}").contains("+touch 0"), "{ask:?}");
            let verdict = Verdict::Once;
            play.answer(ask.id, Answer::Verdict { verdict });
        }
        let outcome = play.fact(result).await;
        assert_eq!(outcome.0, OutcomeKind::Done, "{outcome:?}");
        let written = std::fs::read_to_string(play.folder.join("a.txt")).unwrap();
        assert_eq!(written, "touch 0");
        // What it holds then is kept before it does.
        let kept = play.events.iter().find_map(|event| match &event.fact {
            Fact::CallStarted { change, .. } => change.clone(),
            _ => None,
        });
        let kept = kept.map(|change| (change.path, change.before, change.after));
        let path = play.folder.canonicalize().unwrap().join("a.txt");
        let after = digest::hex(b"touch 0")[..16].to_owned();
        assert_eq!(kept, Some((path, None, after)));
        assert_eq!(asked.load(Ordering::SeqCst), 1, "{mode:?}");
        assert_eq!(play.ending().await, Ending::Finished);
        play.end().await;
    }
}

/// What a person typed in its place is judged, and that is what runs.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_person_made_of_a_call_is_judged_once_more() {
    let stage = Stage::new(COMMAND);
    let Trial { mut play, asked } = trial(&stage, ("bash", "command"), Mode::Ask, true);
    play.say("go", When::Turn);
    let ask = play.ask().await;
    let verdict = Verdict::Edited {
        arguments: r#"{"command":"true"}"#.to_owned(),
    };
    play.answer(ask.id, Answer::Verdict { verdict });
    let outcome = play.fact(result).await;
    assert_eq!(outcome.0, OutcomeKind::Done, "{outcome:?}");
    assert!(play.folder.join("1").exists() && !play.folder.join("0").exists());
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert_eq!(play.ending().await, Ending::Finished);
    play.end().await;
}
