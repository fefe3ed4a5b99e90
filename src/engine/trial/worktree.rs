//! Sessions in worktrees, and two sessions in one folder.

use std::fs;
use std::path::Path;
use std::process::Command;

use pretty_assertions::assert_eq;

use crate::engine::trial::{Play, Stage};
use crate::protocol::ask::{About, Answer, Subject, Verdict};
use crate::protocol::call::{Outcome, OutcomeKind};
use crate::protocol::event::{Ending, Fact, When};
use crate::protocol::item::Item;
use crate::protocol::op::{Manage, Managed, Op};
use crate::protocol::query::{CheckState, Found, Query};
use crate::protocol::rule::Mode;
use crate::protocol::session::OpenRequest;
use crate::protocol::worktree::{Became, Done, Errand, FileChange, Look, Sight, Writer};

const SCRIPT: &str = "> *\n< text: done\n";

fn git(folder: &Path, args: &[&str]) {
    let done = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com"])
        .args(args)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

/// A repository in the stage's folder.
fn repository(stage: &Stage) -> std::path::PathBuf {
    let root = stage.folder.path().canonicalize().unwrap().join("flaky");
    fs::create_dir(&root).unwrap();
    git(&root, &["init", "-q", "-b", "main"]);
    fs::write(root.join("a.txt"), "one\n").unwrap();
    git(&root, &["add", "-A"]);
    git(&root, &["commit", "-q", "-m", "first"]);
    fs::write(root.join(".env"), "secret").unwrap();
    git(&root, &["config", "user.name", "Ada"]);
    git(&root, &["config", "user.email", "ada@example.com"]);
    root
}

async fn made(play: &Play, cwd: &Path, name: &str) -> Result<Done, String> {
    let errand = Errand::Make {
        cwd: cwd.to_owned(),
        name: name.to_owned(),
    };
    match play.door.manage(Manage::Worktree { errand }).await {
        Managed::Worktree(done) => Ok(done),
        Managed::Failed { why } => Err(why),
        other => panic!("{other:?}"),
    }
}

async fn see(play: &Play, look: Look) -> Sight {
    match play.door.ask(Query::Worktree(look)).await {
        Found::Worktree(sight) => *sight,
        other => panic!("{other:?}"),
    }
}

async fn orphans(play: &Play) -> Vec<(CheckState, String)> {
    let Found::Checks(checks) = play.door.ask(Query::Doctor).await else {
        panic!("no checks")
    };
    let ours = checks.into_iter().filter(|check| check.name == "worktrees");
    ours.map(|check| (check.state, check.text)).collect()
}

fn result(fact: &Fact) -> Option<Outcome> {
    match fact {
        Fact::ItemAdded {
            item: Item::Result { outcome, .. },
            ..
        } => Some(outcome.clone()),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worktree_has_a_session_and_is_set_up_by_a_call_that_asks() {
    let mut stage = Stage::new(SCRIPT);
    stage
        .config
        .push_str("[worktree]\ncopy = [\".env\"]\nsetup = \"cat .env > ready\"\n");
    let root = repository(&stage);
    let mut play = stage.start(stage.engine(false), None);
    let Ok(Done::Made {
        worktree,
        cwd,
        copied: 1,
        setup: true,
        ..
    }) = made(&play, &root, "flaky-3").await
    else {
        panic!("not made");
    };
    assert_eq!(cwd, root.parent().unwrap().join("flaky.wt/flaky-3"));
    assert!(
        made(&play, &root, "flaky-3")
            .await
            .unwrap_err()
            .contains("is checked out in")
    );
    // Nobody works in it yet.
    let lone = orphans(&play).await;
    assert!(lone.len() == 1 && lone[0].0 == CheckState::Warn, "{lone:?}");

    play.send(Op::Open {
        request: OpenRequest {
            cwd: cwd.clone(),
            model: "play/any".parse().unwrap(),
            mode: Mode::Ask,
            effort: None,
            worktree: Some(Box::new(worktree.clone())),
        },
    });
    play.send(Op::SetUp);
    let ask = play.ask().await;
    let About::Approval(approval) = &ask.about else {
        panic!("{ask:?}");
    };
    let Subject::Command { argv, .. } = &approval.subject else {
        panic!("{approval:?}");
    };
    assert_eq!(
        (argv.last().unwrap().as_str(), &approval.cwd),
        ("cat .env > ready", &cwd)
    );
    let yes = Answer::Verdict {
        verdict: Verdict::Once,
    };
    play.answer(ask.id, yes);
    assert_eq!(play.ending().await, Ending::Finished);
    assert_eq!(fs::read_to_string(cwd.join("ready")).unwrap(), "secret");
    let (session, facts) = play.log().await;
    assert_eq!(session.spec.worktree.as_ref(), Some(&worktree));
    assert_eq!(session.card().title, "flaky-3");
    assert!(
        !facts
            .iter()
            .any(|fact| matches!(fact, Fact::ModelCalled { .. }))
    );
    // What the model is asked afterwards is a valid request.
    play.say("go", When::Turn);
    assert_eq!(play.ending().await, Ending::Finished);
    let again = play.send(Op::SetUp);
    assert_eq!(play.refusal().await.0, again);
    assert_eq!(
        orphans(&play).await,
        [(
            CheckState::Ok,
            "1 made here, each with its session".to_owned()
        )]
    );

    let session = play.session;
    let Sight::Standing(standing) = see(&play, Look::Standing { session }).await else {
        panic!("not seen");
    };
    assert_eq!(standing.words(), "+0 commits, 1 file changed");
    let remove = Errand::Remove {
        session,
        lose: false,
    };
    let errand = remove.clone();
    let done = play.door.manage(Manage::Worktree { errand }).await;
    assert_eq!(
        done,
        Managed::Failed {
            why: "this would be lost: not committed: ready".to_owned()
        }
    );
    let message = "ready".to_owned();
    let errand = Errand::Commit { session, message };
    assert!(matches!(
        play.door.manage(Manage::Worktree { errand }).await,
        Managed::Worktree(Done::Committed { files: 1, .. })
    ));
    let errand = Errand::Merge { session };
    assert!(matches!(
        play.door.manage(Manage::Worktree { errand }).await,
        Managed::Worktree(Done::Merged { commits: 1, .. })
    ));
    assert_eq!(fs::read_to_string(root.join("ready")).unwrap(), "secret");
    let errand = remove;
    assert!(matches!(
        play.door.manage(Manage::Worktree { errand }).await,
        Managed::Worktree(Done::Removed { .. })
    ));
    assert!(!cwd.exists() && orphans(&play).await.is_empty());
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_one_that_nobody_waits_for() {
    let stage = Stage::new(SCRIPT);
    let root = repository(&stage);
    let play = stage.start(stage.engine(false), None);
    let errand = Errand::Make {
        cwd: root.clone(),
        name: "x".to_owned(),
    };
    let wait = play.door.manage(Manage::Worktree { errand });
    let mut wait = Box::pin(wait);
    let _ = futures_util::poll!(wait.as_mut());
    drop(wait);
    let folder = root.parent().unwrap().join("flaky.wt/x");
    // The engine ends only when the errand is undone.
    play.end().await;
    assert!(!folder.exists());
    let branches = Command::new("git")
        .arg("-C")
        .arg(&root)
        .args(["branch", "--list", "x"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&branches.stdout), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sessions_edit_one_file_and_the_second_is_told() {
    let script = "> first\n< call read {\"path\":\"a.txt\"}\n\n< text: read\n\
        > second\n< call edit {\"path\":\"a.txt\",\"old_string\":\"one\",\"new_string\":\"mine\"}\n\n< text: done\n\
        > slow\n< call bash {\"command\":\"until [ -e stop ]; do sleep 0.02; done\"}\n\n< text: done\n";
    let stage = Stage::new(script);
    let mut one = stage.open();
    fs::write(one.folder.join("a.txt"), "one\ntwo\n").unwrap();
    one.say("first", When::Turn);
    one.ending().await;
    // Another process of the same home.
    let mut other = stage.start(stage.engine(false), None);
    other.send(Op::Open {
        request: OpenRequest {
            cwd: one.folder.clone(),
            model: "play/any".parse().unwrap(),
            mode: Mode::Auto,
            effort: None,
            worktree: None,
        },
    });
    other.say("second", When::Turn);
    assert_eq!(other.fact(result).await.kind, OutcomeKind::Done);
    other.ending().await;
    one.say("second", When::Turn);
    let outcome = loop {
        let outcome = one.fact(result).await;
        if outcome.text.contains("changed since") || outcome.kind == OutcomeKind::Failed {
            break outcome;
        }
    };
    assert_eq!(
        outcome.text,
        "a.txt changed since it was read: read it again"
    );
    assert_eq!(
        fs::read_to_string(one.folder.join("a.txt")).unwrap(),
        "mine\ntwo\n"
    );
    one.ending().await;

    // Who writes beside whom.
    let look = |play: &Play| Look::Writers {
        cwd: play.folder.clone(),
        beside: play.session,
    };
    assert_eq!(see(&one, look(&one)).await, Sight::Writers(Vec::new()));
    other.say("slow", When::Turn);
    let session = other.session;
    other
        .fact(|fact| matches!(fact, Fact::CallStarted { .. }).then_some(()))
        .await;
    let writer = Writer {
        session,
        title: "second".to_owned(),
    };
    assert_eq!(see(&one, look(&one)).await, Sight::Writers(vec![writer]));
    assert_eq!(see(&other, look(&other)).await, Sight::Writers(Vec::new()));
    fs::write(one.folder.join("stop"), "").unwrap();
    other.ending().await;
    other.end().await;
    one.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_worktree_the_log_tells_what_the_calls_of_a_session_wrote() {
    let script = "> *\n< call write {\"path\":\"src/new.txt\",\"content\":\"one\\ntwo\\n\"}\n\n\
        < call edit {\"path\":\"src/new.txt\",\"old_string\":\"one\",\"new_string\":\"1\"}\n\n\
        < call edit {\"path\":\"old.txt\",\"old_string\":\"a\",\"new_string\":\"b\"}\n\n\
        < call edit {\"path\":\"old.txt\",\"old_string\":\"absent\",\"new_string\":\"b\"}\n\n< text: done\n";
    let stage = Stage::new(script);
    let mut play = stage.open();
    fs::write(play.folder.join("old.txt"), "a\n").unwrap();
    // Nobody's doing as far as the log knows.
    fs::write(play.folder.join("other.txt"), "a\n").unwrap();
    play.say("go", When::Turn);
    play.ending().await;
    let session = play.session;
    let Sight::Files(files) = see(&play, Look::Files { session }).await else {
        panic!("no files");
    };
    assert_eq!((files.worktree, files.standing.files), (None, 2));
    let file = |path: &str, became, lines| FileChange {
        path: path.to_owned(),
        became,
        lines: Some(lines),
        uncommitted: false,
    };
    assert_eq!(
        files.files,
        [
            file("old.txt", Became::Changed, (1, 1)),
            file("src/new.txt", Became::New, (3, 1)),
        ]
    );
    let diff = Look::Diff {
        session,
        path: "src/new.txt".to_owned(),
    };
    let Sight::Diff { patch, .. } = see(&play, diff).await else {
        panic!("no difference");
    };
    assert_eq!(
        patch,
        "@@ -0,0 +1,2 @@\n+one\n+two\n@@ -1,2 +1,2 @@\n-one\n+1\n two\n"
    );
    play.end().await;
}
