//! `kill -9` at random moments of a run: nothing that was printed with a number is lost, the session goes on with a valid
//! request, and no call takes effect twice. `CREEL_SOAK=200 cargo test crash` makes 200 rounds.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::server::{Dialect, Server, Turn, answer, config};
use crate::support::{Dice, Home, end, rounds, signal, valid};

/// Steps of the run that is killed.
const STEPS: usize = 8;
/// Lines a whole run prints, or a few more.
const LINES: u64 = 60;

#[test]
fn a_kill_at_any_moment_loses_nothing_and_repeats_nothing() {
    let count = rounds(20);
    let next = AtomicU64::new(0);
    let killed = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= count {
                        return;
                    }
                    killed.fetch_add(u64::from(round(seed)), Ordering::Relaxed);
                }
            });
        }
    });
    let killed = killed.into_inner();
    assert!(
        killed >= count / 2,
        "only {killed} of {count} runs were killed before their end"
    );
}

/// One run and what comes after; true when it was killed before its end.
fn round(seed: u64) -> bool {
    let mut dice = Dice::new(seed);
    let dialect = Dialect::ALL[dice.below(Dialect::ALL.len() as u64) as usize];
    let home = Home::new();
    let server = Server::start(move |request| {
        let turns = steps();
        answer(
            request,
            turns.get(request.results()).unwrap_or(&turns[STEPS]),
        )
    });
    home.config(&config(&server, None));
    let model = dialect.model();
    let run = [
        "run",
        "--model",
        &model,
        "--mode",
        "auto",
        "--output",
        "stream-json",
        "go",
    ];
    let lines = kill(home.creel(&run), &mut dice);
    let ended = lines.iter().any(|line| line["type"] == "result");
    let session = lines.first().and_then(|line| line["session_id"].as_str());
    let printed: Vec<u64> = lines
        .iter()
        .filter_map(|line| line["seq"].as_u64())
        .collect();
    let kept = kept(&home);
    for number in &printed {
        assert!(
            kept.contains(number),
            "seed {seed}: line {number} was printed and is not in the log"
        );
    }
    let Some(session) = session.filter(|_| !kept.is_empty()) else {
        assert!(printed.is_empty(), "seed {seed}");
        return true;
    };

    let resumed = home.run(&[
        "run",
        "--session",
        session,
        "--mode",
        "auto",
        "--output",
        "json",
        "go on",
    ]);
    assert_eq!(resumed.code, 0, "seed {seed}: {resumed:?}");
    assert_eq!(resumed.json()["result"], "All is done.", "seed {seed}");
    for (number, request) in server.requests().iter().enumerate() {
        if let Err(fault) = valid::check(request) {
            panic!("seed {seed}: request {}: {fault}", number + 1);
        }
    }
    let shown = home.run(&["show", session, "--json"]).json();
    effects(&home, &shown, seed);
    !ended
}

/// Kills a run after a random number of lines and a moment more, and answers what it had printed.
fn kill(mut command: Command, dice: &mut Dice) -> Vec<Value> {
    let mut child: Child = command.spawn().unwrap();
    let stdout = child.stdout.take().unwrap();
    // A run is held back that is read late: on a busy machine it would otherwise be over before its kill.
    #[cfg(target_os = "linux")]
    rustix::pipe::fcntl_setpipe_size(&stdout, 4_096).unwrap();
    let mut reader = BufReader::with_capacity(256, stdout);
    let after = dice.below(LINES);
    let mut lines = Vec::new();
    let mut line = String::new();
    for _ in 0..after {
        line.clear();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            break;
        }
        lines.push(line.clone());
    }
    for _ in 0..dice.below(4_000) {
        std::thread::yield_now();
    }
    signal(child.id(), Signal::KILL);
    loop {
        line.clear();
        match reader.read_line(&mut line) {
            Ok(count) if count > 0 => lines.push(line.clone()),
            _ => break,
        }
    }
    end(child);
    // A line that was cut by the kill was not printed.
    lines
        .iter()
        .filter(|line| line.ends_with('\n'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The numbers in the log.
fn kept(home: &Home) -> Vec<u64> {
    let Ok(log) = rusqlite::Connection::open(home.db()) else {
        return Vec::new();
    };
    let Ok(mut rows) = log.prepare("select seq from event") else {
        return Vec::new();
    };
    let numbers = rows.query_map([], |row| row.get::<_, i64>(0)).unwrap();
    numbers
        .map(|number| number.unwrap().unsigned_abs())
        .collect()
}

/// Each call wrote its own word into a file: at most once, and once if its result says that it was done.
fn effects(home: &Home, shown: &Value, seed: u64) {
    let written = fs::read_to_string(home.work().join("effects")).unwrap_or_default();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in written.lines() {
        *counts.entry(word).or_default() += 1;
    }
    let items = shown["items"].as_array().unwrap();
    let calls: Vec<&Value> = items
        .iter()
        .map(|item| &item["call"])
        .filter(|call| call["name"] == "bash" && call["input"].is_object())
        .collect();
    assert!(calls.len() >= STEPS, "seed {seed}: {} calls", calls.len());
    for call in calls {
        let command = call["input"]["command"].as_str().unwrap();
        let word = command.split_whitespace().nth(1).unwrap();
        let count = counts.get(word).copied().unwrap_or(0);
        let outcome = call["outcome"].as_str().unwrap_or_default();
        let expected = match outcome {
            "done" => 1..=1,
            "lost" => 0..=1,
            _ => 0..=0,
        };
        assert!(
            expected.contains(&count),
            "seed {seed}: `{command}` is {outcome} and took effect {count} times"
        );
    }
}

/// Each step says something and writes a word of its own.
fn steps() -> Vec<Turn> {
    let mut steps: Vec<Turn> = (0..STEPS)
        .map(|n| {
            let command = format!("echo step-{n} >> effects");
            Turn::call(
                &format!("Now comes step {n} of the run."),
                "bash",
                &json!({"command": command}),
            )
        })
        .collect();
    steps.push(Turn::text("All is done."));
    steps
}
