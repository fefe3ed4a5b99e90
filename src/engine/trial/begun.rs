//! Calls that had begun when their Creel was killed, for whoever takes their session up.

use std::fs;
use std::path::Path;

use pretty_assertions::assert_eq;
use serde_json::json;

use crate::engine::trial::{Play, Stage, append};
use crate::protocol::ask::{About, Answer, Subject, Verdict};
use crate::protocol::board::Wanted;
use crate::protocol::call::{OutcomeKind, Rewrite, ToolCall};
use crate::protocol::event::{Ending, Fact, When};
use crate::protocol::id::{AskId, CallId, SessionId};
use crate::protocol::item::{Block, Item, Origin};
use crate::protocol::op::Op;
use crate::protocol::query::{Found, Query};
use crate::protocol::session::State;

const SCRIPT: &str = "> *\n< text: well\n";

/// A session whose process was killed while these calls ran: each with what it was begun with, and how often it was.
async fn killed(stage: &Stage, calls: &[(&str, String, Option<Rewrite>, usize)]) -> SessionId {
    killed_edited(stage, calls, None).await
}

/// The same, where the person had given the first of them other arguments.
async fn killed_edited(
    stage: &Stage,
    calls: &[(&str, String, Option<Rewrite>, usize)],
    edited: Option<&str>,
) -> SessionId {
    let mut play = stage.open();
    play.say("first", When::Turn);
    play.ending().await;
    let session = play.session;
    play.end().await;
    let item = |item| Fact::ItemAdded {
        turn: 2,
        step: 1,
        item,
        imported: None,
    };
    let id = |at: usize| CallId(format!("call_2_1_{at}"));
    let mut facts = vec![
        Fact::TurnStarted { turn: 2 },
        item(Item::Prompt {
            blocks: vec![Block::text("second")],
            origin: Origin::Person,
        }),
    ];
    for (at, (name, arguments, _, _)) in calls.iter().enumerate() {
        facts.push(item(Item::Call(ToolCall {
            id: id(at),
            wire_id: None,
            name: (*name).to_owned(),
            arguments: arguments.clone(),
            opaque: None,
        })));
    }
    facts.extend(edited.map(|arguments| Fact::AskAnswered {
        ask: AskId::about(&id(0), "0a"),
        answer: Answer::Verdict {
            verdict: Verdict::Edited {
                arguments: arguments.to_owned(),
            },
        },
    }));
    for (at, (_, _, change, times)) in calls.iter().enumerate() {
        let begun = Fact::CallStarted {
            call: id(at),
            birth: None,
            by: None,
            change: change.clone().map(Box::new),
        };
        facts.extend(std::iter::repeat_n(begun, *times));
    }
    append(stage, session, facts).await;
    session
}

/// How the calls ended, how often each was begun in all, and how their turn ended.
async fn told(play: &Play) -> (Vec<(OutcomeKind, String)>, usize, String) {
    let (session, facts) = play.log().await;
    assert!(session.open_calls.is_empty() && !session.running);
    let results = facts.iter().filter_map(|fact| match fact {
        Fact::ItemAdded {
            item: Item::Result { outcome, .. },
            ..
        } => Some((outcome.kind, outcome.text.clone())),
        _ => None,
    });
    let begun = facts
        .iter()
        .filter(|fact| matches!(fact, Fact::CallStarted { .. }));
    let ending = facts.iter().rev().find_map(|fact| match fact {
        Fact::TurnEnded {
            ending: Ending::Interrupted { text, .. },
            ..
        } => Some(text.clone()),
        _ => None,
    });
    (results.collect(), begun.count(), ending.unwrap_or_default())
}

/// Takes the session up, and says something behind it.
async fn taken_up(stage: &Stage, session: SessionId) -> Play {
    let mut play = stage.start(stage.engine(false), Some(session));
    play.say("third", When::Turn);
    loop {
        if play.ending().await == Ending::Finished {
            return play;
        }
    }
}

fn read(path: &Path) -> (&'static str, String, Option<Rewrite>, usize) {
    let arguments = json!({"path": path}).to_string();
    ("read", arguments, None, 1)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_nothing_is_done_again_and_once() {
    let stage = Stage::new(SCRIPT);
    fs::write(stage.folder.path().join("a.txt"), "here\n").unwrap();
    let path = Path::new("a.txt");
    let search = ("grep", json!({"pattern": "he"}).to_string(), None, 1);
    let session = killed(&stage, &[read(path), search]).await;
    let play = taken_up(&stage, session).await;
    let again = "(Creel ended while this ran. It changes nothing, so it was done again.)\n";
    let (results, begun, ending) = told(&play).await;
    let expected =
        ["here\n", "a.txt\n1:here"].map(|text| (OutcomeKind::Done, format!("{again}{text}")));
    assert_eq!(results, expected);
    assert_eq!(begun, 4);
    assert!(
        ending.ends_with("ran: it changes nothing, and was done again"),
        "{ending}"
    );
    play.end().await;

    // One that was before, and of which Creel ended a second time.
    let (name, arguments, change, _) = read(path);
    let session = killed(&stage, &[(name, arguments, change, 2)]).await;
    let play = taken_up(&stage, session).await;
    let (results, begun, _) = told(&play).await;
    assert_eq!(results[0].0, OutcomeKind::Lost);
    assert!(results[0].1.contains("make the call again"), "{results:?}");
    assert_eq!((results.len(), begun), (1, 2));
    play.end().await;
}

/// Nobody is asked about what nobody asks for any more.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_allowed_as_it_stands_is_not_done_again() {
    let stage = Stage::new(SCRIPT);
    let outside = stage.home.path().join("outside");
    fs::write(&outside, "secret\n").unwrap();
    fs::write(stage.folder.path().join("a.txt"), "here\n").unwrap();
    let session = killed(&stage, &[read(&outside)]).await;
    let play = taken_up(&stage, session).await;
    let (results, begun, _) = told(&play).await;
    assert_eq!((results[0].0, begun), (OutcomeKind::Lost, 1));
    assert!(!results[0].1.contains("secret"));
    play.end().await;
}

/// The first thing a workstation does is to ask for a list.
#[tokio::test(flavor = "multi_thread")]
async fn who_only_lists_leaves_to_others_what_can_be_done_again() {
    let stage = Stage::new(SCRIPT);
    fs::write(stage.folder.path().join("a.txt"), "here\n").unwrap();
    let session = killed(&stage, &[read(Path::new("a.txt"))]).await;
    let play = stage.start(stage.engine(false), Some(session));
    let sessions = Query::Sessions {
        limit: None,
        archived: false,
    };
    let Found::Sessions(cards) = play.door.ask(sessions.clone()).await else {
        panic!("no list")
    };
    assert_eq!(cards[0].state, State::Interrupted);
    let wanted = Wanted {
        limit: 10,
        ..Wanted::default()
    };
    let found = play.door.ask(Query::Board(wanted)).await;
    let Found::Board(shelf) = found else {
        panic!("{found:?}")
    };
    assert_eq!(shelf.cards[0].state, State::Interrupted);
    let (open, _) = play.log().await;
    assert!(open.running && open.open_calls.len() == 1);
    play.end().await;
    let play = taken_up(&stage, session).await;
    let (results, begun, _) = told(&play).await;
    assert_eq!((results[0].0, begun), (OutcomeKind::Done, 2));
    play.end().await;

    // What is not done again is closed, and so is what stands beside a call that could have had an effect.
    let (name, arguments, change, _) = read(Path::new("a.txt"));
    let twice = (name, arguments, change, 2);
    let command = json!({"command": "true"}).to_string();
    let beside = ("bash", command, None, 1);
    for calls in [vec![twice], vec![read(Path::new("a.txt")), beside]] {
        let session = killed(&stage, &calls).await;
        let play = stage.start(stage.engine(false), Some(session));
        play.door.ask(sessions.clone()).await;
        let (results, _, _) = told(&play).await;
        assert!(results.iter().all(|(kind, _)| *kind == OutcomeKind::Lost));
        assert_eq!(results.len(), calls.len());
        play.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_of_a_change_is_read_from_its_file() {
    let cases = [
        ("new\n", OutcomeKind::Done, "ran: its change was made"),
        ("old\n", OutcomeKind::Failed, "ran: nothing was changed"),
        (
            "other\n",
            OutcomeKind::Lost,
            "ran: its outcome is not known",
        ),
    ];
    for (content, kind, ended) in cases {
        let stage = Stage::new(SCRIPT);
        let file = stage.folder.path().canonicalize().unwrap().join("a.txt");
        fs::write(&file, content).unwrap();
        let mark = |text: &str| crate::agent::digest::hex(text.as_bytes())[..16].to_owned();
        let rewrite = Rewrite {
            path: file.clone(),
            before: Some(mark("old\n")),
            after: mark("new\n"),
        };
        let arguments = json!({"path": "a.txt", "old_string": "old", "new_string": "new"});
        let call = ("edit", arguments.to_string(), Some(rewrite), 1);
        let session = killed(&stage, &[call]).await;
        let play = stage.start(stage.engine(false), Some(session));
        play.send(Op::Resume);
        let listed = play.door.ask(Query::Sessions {
            limit: None,
            archived: false,
        });
        listed.await;
        let mut play = play;
        play.say("third", When::Turn);
        while play.ending().await != Ending::Finished {}
        let (results, begun, ending) = told(&play).await;
        assert_eq!((results[0].0, begun), (kind, 1), "{results:?}");
        assert_eq!(ending, format!("Creel ended while edit a.txt {ended}"));
        assert_eq!(fs::read_to_string(&file).unwrap(), content);
        play.end().await;
    }
}

/// What the person made of a call is what ran, and what the model is told of.
#[tokio::test(flavor = "multi_thread")]
async fn an_edited_call_is_told_and_done_again_as_the_person_had_it() {
    let stage = Stage::new(SCRIPT);
    let folder = stage.folder.path().canonicalize().unwrap();
    for (name, text) in [("a.txt", "one\n"), ("b.txt", "two\n")] {
        fs::write(folder.join(name), text).unwrap();
    }
    let edited = json!({"path": "b.txt"}).to_string();
    let session = killed_edited(&stage, &[read(Path::new("a.txt"))], Some(&edited)).await;
    let play = taken_up(&stage, session).await;
    let (results, _, ending) = told(&play).await;
    let expected = format!(
        "(the person changed the arguments to {edited})\n(Creel ended while this ran. It changes nothing, so it was done again.)\ntwo\n"
    );
    assert_eq!(results, [(OutcomeKind::Done, expected)]);
    assert!(
        ending.starts_with("Creel ended while read b.txt ran"),
        "{ending}"
    );
    play.end().await;

    let mark = |text: &str| crate::agent::digest::hex(text.as_bytes())[..16].to_owned();
    let rewrite = Rewrite {
        path: folder.join("a.txt"),
        before: Some(mark("old\n")),
        after: mark("one\n"),
    };
    let whole = json!({"path": "a.txt", "content": "one\nand more\n"});
    let edited = json!({"path": "a.txt", "content": "one\n"}).to_string();
    let call = ("write", whole.to_string(), Some(rewrite), 1);
    let session = killed_edited(&stage, &[call], Some(&edited)).await;
    let play = taken_up(&stage, session).await;
    let (results, _, _) = told(&play).await;
    let (kind, text) = &results[0];
    let expected = format!(
        "(the person changed the arguments to {edited})\nCreel ended while this ran. The file holds"
    );
    assert_eq!(*kind, OutcomeKind::Done);
    assert!(text.starts_with(&expected), "{text}");
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_edited_command_it_is_the_one_that_ran_that_is_not_known() {
    let command = |line: &str| json!({"command": line}).to_string();
    let (asked_for, ran) = (command("touch one"), command("touch two"));
    let stage = Stage::new(&format!(
        "> first\n< text: well\n\n> third\n< call bash {asked_for}\n\n< call bash {ran}\n\n< text: done\n"
    ));
    let call = ("bash", asked_for.clone(), None, 1);
    let session = killed_edited(&stage, &[call], Some(&ran)).await;
    let mut play = stage.start(stage.engine(false), Some(session));
    play.say("third", When::Turn);
    let ask = play.ask().await;
    let About::Approval(approval) = &ask.about else {
        panic!("{ask:?}")
    };
    let Subject::Command { argv, .. } = &approval.subject else {
        panic!("{approval:?}")
    };
    assert_eq!(argv.last().map(String::as_str), Some("touch two"));
    assert!(play.folder.join("one").exists() && !play.folder.join("two").exists());
    let verdict = Verdict::Once;
    play.answer(ask.id, Answer::Verdict { verdict });
    while play.ending().await != Ending::Finished {}
    assert!(play.folder.join("two").exists());
    play.end().await;
}
