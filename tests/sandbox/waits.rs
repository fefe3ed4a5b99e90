//! A command waits until it is let go, and never begins otherwise.

use std::fs;

use creel::protocol::sandbox::Level;
use creel::sandbox::canary::Measured;
use creel::sandbox::child;
use creel::sandbox::plan::Walls;
use tempfile::TempDir;

use crate::sandbox::levels::{RUNS, program};
use crate::sandbox::{Yard, all, levels, name};
use crate::support::CREEL;

#[test]
fn a_command_that_is_not_let_go_never_begins() {
    let mut yards = levels("what waits");
    // Without walls it waits all the same.
    yards.push(Measured::default());
    for measured in yards {
        let yard = Yard::new(measured);
        let waiting = yard.wait("echo x > began");
        assert!(child::lives(&waiting.birth), "{waiting:?}");
        let birth = waiting.birth.clone();
        // As when Creel is gone: what holds the other end of its socket is.
        drop(waiting);
        while child::lives(&birth) {
            std::thread::yield_now();
        }
        assert!(!yard.path("work/began").exists());
        let (code, _) = yard.run("echo x > began").unwrap();
        assert_eq!(code, 0);
        assert_eq!(fs::read_to_string(yard.path("work/began")).unwrap(), "x\n");
    }
}

#[test]
fn a_birth_names_the_process_and_what_holds_it() {
    for measured in levels("a birth") {
        let level = measured.level;
        let yard = Yard::new(measured);
        let waiting = yard.wait("true");
        let birth = waiting.birth.clone();
        assert_eq!(birth.level, level);
        assert!(
            birth.pid > 0 && birth.ticks.is_some() && birth.boot.is_some(),
            "{birth:?}"
        );
        assert_eq!(birth.argv.len(), 64);
        assert_ne!(birth.argv, yard.wait("false").birth.argv);
        let (mut child, output, gone) = waiting.go();
        all(output);
        yard.runtime.block_on(child.wait()).unwrap();
        assert_eq!(gone.failure(), None);
        assert!(!child::lives(&birth));
    }
}

#[test]
fn what_fails_on_the_way_is_said_in_one_line() {
    let yard = Yard::new(Measured {
        level: Level::None,
        ..Measured::default()
    });
    let waiting = yard.wait("true");
    drop(waiting);
    let mut yard = yard;
    yard.environment = vec![("PATH".into(), "/nowhere".into())];
    // Where files were left open by whoever started this, a shell closes them and says it in its own words.
    let said = match yard.run("true") {
        Err(said) => said,
        Ok((code, said)) => format!("{code} {said}"),
    };
    let words = ["sh cannot be run: No such file", "exec: sh: not found"];
    assert!(words.iter().any(|word| said.contains(word)), "{said}");
}

#[test]
fn a_program_that_is_replaced_meanwhile_runs_its_commands() {
    for measured in levels("a replaced program") {
        let mut yard = Yard::new(measured);
        yard.program = yard.path("creel");
        if fs::hard_link(CREEL, &yard.program).is_err() {
            fs::copy(CREEL, &yard.program).unwrap();
        }
        let waiting = yard.wait("echo ran");
        fs::write(yard.path("new"), "no program").unwrap();
        fs::rename(yard.path("new"), &yard.program).unwrap();
        let (mut child, output, gone) = waiting.go();
        let told = all(output);
        yard.runtime.block_on(child.wait()).unwrap();
        let failure = gone.failure();
        let name = name(&yard.measured);
        assert_eq!((told.as_str(), failure), ("ran\n", None), "{name}");
    }
}

/// More than fits into a socket, and a helper that reads it only when its namespaces stand.
#[test]
fn a_plan_of_any_length_arrives_whole() {
    let folder = TempDir::new().unwrap();
    let stub = program(&folder, "bwrap", &format!("{RUNS}exec {CREEL} \"$@\"\n"));
    let walls = Walls::Namespaces { bubblewrap: stub };
    let mut yard = Yard::new(Measured {
        walls,
        ..Measured::default()
    });
    let folders = (0..900).map(|n| format!("/{n:0120}/bin:"));
    let path = folders.collect::<String>() + "/usr/bin:/bin";
    yard.environment = vec![("PATH".into(), path.into())];
    let long = "x".repeat(100);
    let roots = (0..2000).map(|n| yard.path(&format!("work/{n}-{long}")));
    for root in roots {
        fs::write(root, "").unwrap();
    }
    yard.own = "work/own";
    assert_eq!(yard.says("echo ran"), "ran");
}

#[test]
fn no_command_leaves_its_memory_in_a_file() {
    let mut yards = levels("core files");
    // The person's own.
    yards.push(Measured::default());
    for measured in yards {
        assert_eq!(Yard::new(measured).says("ulimit -c; ulimit -Hc"), "0\n0");
    }
}
