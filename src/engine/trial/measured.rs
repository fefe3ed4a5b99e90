//! What is said of the sandbox, and how long it counts: the helper here is a script that says what a file beside it says.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::engine::trial::{Play, Stage};
use crate::engine::walls::Sandbox;
use crate::engine::{Engine, Options};
use crate::protocol::query::{Found, Query};
use crate::protocol::sandbox::Level;

/// What a canary tells where everything was refused, or nothing.
fn told(held: bool) -> String {
    let acts = [
        "write_outside",
        "read_outside",
        "guarded",
        "internet",
        "machine_socket",
        "signal",
        "memory",
    ];
    let acts: String = acts.map(|act| format!("\"{act}\":{held},")).concat();
    format!("+={{{acts}\"works_inside\":true,\"namespaces\":{{}}}}")
}

/// A helper beside a file, which the caller writes.
fn helper(folder: &Path) -> (PathBuf, PathBuf) {
    let (program, says) = (folder.join("helper"), folder.join("says"));
    // It takes what it is asked, as a helper does: one that ends before has what it said thrown away.
    let script = format!(
        "#!/bin/sh\ndd bs=1000000 count=1 of=/dev/null 2>/dev/null\ncat {} >&0\n",
        says.display()
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    (program, says)
}

fn play(stage: &Stage, program: &Path) -> Play {
    let sandbox = Sandbox::On {
        program: program.to_owned(),
        bubblewrap: None,
    };
    let options = Options {
        sandbox,
        ..stage.options(false)
    };
    let runtime = tokio::runtime::Handle::current();
    stage.start(Engine::start(options, &runtime).unwrap(), None)
}

async fn level(play: &Play) -> Level {
    match play.door.ask(Query::Sandbox).await {
        Found::Sandbox(hold) => hold.level,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn where_nothing_held_the_next_one_tries_again() {
    let stage = Stage::new("");
    let (program, says) = helper(stage.folder.path());
    let play = play(&stage, &program);
    assert_eq!(level(&play).await, Level::None);
    fs::write(&says, told(true)).unwrap();
    assert_eq!(level(&play).await, Level::Restricted);
    // And that is held to.
    fs::remove_file(&says).unwrap();
    assert_eq!(level(&play).await, Level::Restricted);
    play.end().await;
}

#[cfg_attr(not(target_os = "linux"), ignore = "there is no boot id")]
#[tokio::test]
async fn every_measure_is_what_others_are_told() {
    let stage = Stage::new("");
    let (program, says) = helper(stage.folder.path());
    let levels = async || {
        let play = play(&stage, &program);
        let last = level(&play).await;
        // The doctor measures.
        play.door.ask(Query::Doctor).await;
        let measured = level(&play).await;
        play.end().await;
        (last, measured)
    };
    fs::write(&says, told(true)).unwrap();
    assert_eq!(levels().await, (Level::Restricted, Level::Restricted));
    fs::write(&says, told(false)).unwrap();
    assert_eq!(levels().await, (Level::Restricted, Level::None));
    assert_eq!(levels().await, (Level::None, Level::None));
    fs::write(&says, told(true)).unwrap();
    assert_eq!(levels().await, (Level::Restricted, Level::Restricted));
    // The doctor's measure too is kept.
    let kept = fs::read_to_string(stage.options(false).paths.state.join("sandbox")).unwrap();
    assert!(kept.ends_with(" restricted\n"), "{kept}");
}
