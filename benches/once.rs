//! `creel run` with one answer: what it adds to the time of the model. On the disk and, in turn with that, in memory, which
//! tells what of it is waiting for the disk.

use std::time::Duration;

use crate::limit::{Limit, Trouble, samples};
use crate::machine::{commit, memory, of_children};
use crate::model::{Model, Says};
use crate::program;
use crate::report::{Finding, Of, Samples, millis, number};
use crate::support::Home;

const RUNS: usize = 41;

/// One run, without the time of the model.
#[derive(Clone, Copy)]
struct Once {
    all: Duration,
    /// Until its request was there.
    asked: Duration,
    /// From the end of the answer to its own.
    left: Duration,
    /// CPU time in ticks: only the sum of many runs tells something.
    cpu: Duration,
}

pub fn measure(limit: Limit) -> Result<Vec<Finding>, Trouble> {
    let model = Model::plays(vec![Says::text("Hello! How can I help you today?")]);
    let disk = home(Home::new(), &model, limit)?;
    let memory = match memory() {
        Some(folder) => Some(home(Home::within(folder), &model, limit)?),
        None => None,
    };
    let cost = commit(&disk.path()).unwrap();
    let runs = samples(limit, RUNS, |_| {
        let on_disk = run(&disk, &model, limit)?;
        let in_memory = match &memory {
            Some(home) => Some(run(home, &model, limit)?),
            None => None,
        };
        Ok((on_disk, in_memory))
    })?;
    let commits = program::commits_of(&disk, || run(&disk, &model, limit).map(drop))?;

    let (on_disk, in_memory): (Vec<Once>, Vec<Option<Once>>) = runs.into_iter().unzip();
    let mut findings = vec![
        told("one answer, without the time of the model", &on_disk)
            .target(Of::Median, 15.0)
            .note(format!(
                "{commits} commits are in it; one costs at least {} ms here (a page and fdatasync, median)",
                number(cost.median())
            )),
    ];
    let in_memory: Vec<Once> = in_memory.into_iter().flatten().collect();
    if !in_memory.is_empty() {
        findings.push(told("the same with the home in memory", &in_memory));
    }
    Ok(findings)
}

/// With a log in it, and the program read into memory.
fn home(home: Home, model: &Model, limit: Limit) -> Result<Home, Trouble> {
    home.config(&model.config());
    run(&home, model, limit)?;
    Ok(home)
}

fn run(home: &Home, model: &Model, limit: Limit) -> Result<Once, Trouble> {
    model.forget();
    let before = of_children("self")?;
    let ran = program::run(home, &["run", "say hello"], limit, |_| {})?;
    let cpu = of_children("self")?.saturating_sub(before);
    let exchange = model.first(limit)?;
    let ended = exchange.ended.unwrap_or(exchange.came);
    let said = String::from_utf8_lossy(&ran.output.stdout).into_owned();
    assert!(said.contains("How can I help"), "{said}");
    assert_eq!(model.exchanges().len(), 1, "one request");
    Ok(Once {
        all: ran.wall().saturating_sub(ended - exchange.came),
        asked: exchange.came - ran.started,
        left: ran.ended.saturating_duration_since(ended),
        cpu,
    })
}

fn told(what: &str, runs: &[Once]) -> Finding {
    let part = |of: fn(&Once) -> Duration| Samples::of(runs.iter().map(of));
    let cpu: Duration = runs.iter().map(|run| run.cpu).sum();
    Finding::new(what, "ms", part(|run| run.all)).note(format!(
        "median: {} ms until its request was there, {} ms from the end of the answer to its own; {} ms of CPU a run",
        number(part(|run| run.asked).median()),
        number(part(|run| run.left).median()),
        number(millis(cpu) / runs.len() as f64)
    ))
}
