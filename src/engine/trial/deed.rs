//! What runs is what was judged and shown, whatever the call would come to if it were read again.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::future::BoxFuture;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::agent::digest;
use crate::engine::trial::{Play, Stage};
use crate::engine::walls::Sandbox;
use crate::engine::{Engine, Options};
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
    let play = stood(stage, fickle, options, mode);
    Trial { play, asked }
}

/// A session whose one tool this is.
fn stood(stage: &Stage, tool: Arc<dyn Tool>, options: Options, mode: Mode) -> Play {
    let runtime = tokio::runtime::Handle::current();
    let engine = Engine::with(options, &runtime, Toolbox::of(vec![tool])).unwrap();
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
    play
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

/// A tool whose file is written by another just before it is asked a second time what it does.
struct Late {
    tool: Arc<dyn Tool>,
    file: PathBuf,
    asked: AtomicU32,
}

impl Tool for Late {
    fn spec(&self) -> &ToolSpec {
        self.tool.spec()
    }

    fn reach(&self, input: &Value, place: &Place) -> Result<Vec<Reach>, String> {
        self.tool.reach(input, place)
    }

    fn act(&self, input: &Value, scene: &Scene) -> Result<Act, String> {
        if self.asked.fetch_add(1, Ordering::SeqCst) == 1 {
            let text = std::fs::read_to_string(&self.file).unwrap();
            std::fs::write(&self.file, format!("top\n{text}")).unwrap();
        }
        self.tool.act(input, scene)
    }

    fn partly(&self, input: &Value, scene: &Scene, kept: &[bool]) -> Result<Value, String> {
        self.tool.partly(input, scene, kept)
    }

    fn only_reads(&self) -> bool {
        self.tool.only_reads()
    }

    fn run(&self, deed: Arc<Deed>, scene: Scene) -> BoxFuture<'static, Ended> {
        self.tool.run(deed, scene)
    }
}

/// Hunks are of the file that was shown, also where it is written between the look at it and the judging of what was taken.
#[tokio::test(flavor = "multi_thread")]
async fn hunks_are_taken_of_the_bytes_that_were_shown() {
    let stage = Stage::new(
        "> *\n< call edit {\"path\":\"a.txt\",\"old_string\":\"x\\nkeep\\nx\",\"new_string\":\"y\\nkeep\\ny\"}\n\n< text: done\n",
    );
    let file = stage.folder.path().join("a.txt");
    std::fs::write(&file, "x\nkeep\nx\n").unwrap();
    let tool: Arc<dyn Tool> = Arc::new(Late {
        tool: Toolbox::shipped().get("edit").unwrap(),
        file: file.clone(),
        asked: AtomicU32::new(0),
    });
    let mut play = stood(&stage, tool, stage.options(false), Mode::Ask);
    play.say("go", When::Turn);
    let hunks = |kept: &[bool]| Answer::Verdict {
        verdict: Verdict::Hunks {
            kept: kept.to_vec(),
        },
    };
    let first = play.ask().await;
    play.answer(first.id.clone(), hunks(&[true, false]));
    let voided = |fact: &Fact| match fact {
        Fact::AskVoided { ask, .. } => Some(ask.clone()),
        _ => None,
    };
    assert_eq!(play.fact(voided).await, first.id);
    let second = play.ask().await;
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "top\nx\nkeep\nx\n");
    play.answer(second.id, hunks(&[false, true]));
    let outcome = play.fact(result).await;
    assert_eq!(outcome.0, OutcomeKind::Done, "{outcome:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "top\nx\nkeep\ny\n");
    assert_eq!(play.ending().await, Ending::Finished);
    play.end().await;
}
