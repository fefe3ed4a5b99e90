//! An interrupt: from the signal until the run has ended and its session is whole, while text streams and while a command
//! runs.

use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::limit::{Limit, Trouble, samples};
use crate::model::{Model, Says};
use crate::report::{Finding, Of, Samples};
use crate::support::server::Turn;
use crate::support::{Home, end, signal};

const RUNS: usize = 21;
/// Milliseconds from the interrupt until nothing runs any more: the figure of the design.
const MOST: f64 = 200.0;

pub fn measure(limit: Limit) -> Result<Vec<Finding>, Trouble> {
    let words = vec!["word ".to_owned(); 60_000];
    let streams = Says::tokens(words, Duration::from_millis(5));
    let command = json!({"command": "touch begun; sleep 600"});
    let runs = Says::turn(Turn::call("", "bash", &command));
    let mut findings = Vec::new();
    for (what, says, sign) in [
        ("ended, while text streams", streams, "text"),
        ("ended, while a command runs", runs, "call"),
    ] {
        let model = Model::plays(vec![says]);
        let home = Home::with(&model.config());
        let times = samples(limit, RUNS, |_| halted(&home, sign, limit))?;
        findings.push(Finding::new(what, "ms", Samples::of(times)).target(Of::Max, MOST));
    }
    Ok(findings)
}

/// One run, interrupted once it has printed a line of this type, and its command has begun where it calls one.
fn halted(home: &Home, sign: &str, limit: Limit) -> Result<Duration, Trouble> {
    let begun = home.work().join("begun");
    let arguments = ["run", "--mode", "auto", "--output", "stream-json", "go"];
    let mut child = home.creel(&arguments).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let seen = lines
        .by_ref()
        .map_while(Result::ok)
        .any(|line| serde_json::from_str::<Value>(&line).is_ok_and(|line| line["type"] == sign));
    if !seen {
        let said = end(child);
        return Err(Trouble::Late(format!("no line of {sign}: {said:?}")));
    }
    while sign == "call" && std::fs::remove_file(&begun).is_err() && !limit.passed() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let asked = Instant::now();
    signal(child.id(), Signal::INT);
    // What it still writes is read, so that it waits for nobody.
    lines.map_while(Result::ok).for_each(drop);
    let said = end(child);
    let took = asked.elapsed();
    assert_eq!(said.code, 130, "{said:?}");
    Ok(took)
}
