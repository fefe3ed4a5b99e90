//! A task of twelve steps with tools and an answer: what a step costs of CPU, of the disk, and of time. On the disk and, in turn
//! with that, in memory, which tells what of it is waiting for the disk.

use std::fs;
use std::time::Duration;

use crate::limit::{Limit, Trouble, samples};
use crate::machine::{commit, memory, of_children};
use crate::model::{Exchange, Model, Says};
use crate::program::{self, Ran};
use crate::report::{Finding, Of, Samples, millis, number};
use crate::support::Home;
use crate::support::task::{project, steps};

const RUNS: usize = 7;
/// Twelve with a call, and the answer.
const STEPS: usize = 13;
/// Steps, counted from 0, whose call is a command: another program has to be started, and to end.
const COMMANDS: [usize; 4] = [5, 7, 9, 11];

/// A run of the task in a home and a project of its own.
struct Task {
    ran: Ran,
    exchanges: Vec<Exchange>,
    /// CPU time with start, end and the commands it ran, in ticks: only the sum of many runs tells something.
    cpu: Duration,
    /// Of a page on the same disk, right before.
    commit: Samples,
}

pub fn measure(limit: Limit) -> Result<Vec<Finding>, Trouble> {
    let model = Model::plays(steps().into_iter().map(Says::turn).collect());
    // The first is not counted: it reads the programs into memory.
    run(&home(Home::new(), &model, limit)?, &model, limit)?;
    let tasks = samples(limit, RUNS, |_| {
        let on_disk = run(&home(Home::new(), &model, limit)?, &model, limit)?;
        let in_memory = match memory() {
            Some(folder) => Some(run(
                &home(Home::within(folder), &model, limit)?,
                &model,
                limit,
            )?),
            None => None,
        };
        Ok((on_disk, in_memory))
    })?;
    let counted = home(Home::new(), &model, limit)?;
    let commits = program::commits_of(&counted, || task(&counted, &model, limit).map(drop))?;

    let (on_disk, in_memory): (Vec<Task>, Vec<Option<Task>>) = tasks.into_iter().unzip();
    let in_memory: Vec<Task> = in_memory.into_iter().flatten().collect();
    let sum = |of: fn(&Task) -> Duration| {
        let time: Duration = on_disk.iter().map(of).sum();
        number(millis(time) / (on_disk.len() * STEPS) as f64)
    };
    let disk = Samples::new(on_disk.iter().map(|task| task.commit.median()).collect());
    let mut findings = vec![
        Finding::new("own CPU of a step, without its children", "ms", own(&on_disk)?)
            .target(Of::Mean, 3.0)
            .note(format!(
                "with start, end and the commands it ran a step takes {} ms; at least {} of it are the commands' (counted in ticks)",
                sum(|task| task.cpu),
                sum(|task| task.ran.commands)
            )),
        Finding::new("commits of a step", "", Samples::one(commits as f64 / STEPS as f64))
            .target(Of::Max, 3.0)
            .note(format!(
                "{commits} in a run of {STEPS} steps, opening and end of the session with them, counted in the log's own file of writes"
            )),
        told("from the end of an answer to the next request", &on_disk)
            .target(Of::Median, 5.0)
            .note(format!(
                "a commit costs at least {} ms here (a page and fdatasync: median of the medians before each run, worst {})",
                number(disk.median()),
                number(disk.max())
            )),
    ];
    if !in_memory.is_empty() {
        findings.push(told("the same with home and project in memory", &in_memory));
    }
    Ok(findings)
}

/// With the project in its folder and a log that is there.
fn home(home: Home, model: &Model, limit: Limit) -> Result<Home, Trouble> {
    if !project(&home) {
        return Err(Trouble::Missing("there is no git".to_owned()));
    }
    home.config(&model.config());
    program::run(&home, &["sessions"], limit, |_| {})?;
    Ok(home)
}

fn run(home: &Home, model: &Model, limit: Limit) -> Result<Task, Trouble> {
    let commit = commit(&home.path()).unwrap();
    let before = of_children("self")?;
    let ran = task(home, model, limit)?;
    Ok(Task {
        ran,
        exchanges: model.exchanges(),
        cpu: of_children("self")?.saturating_sub(before),
        commit,
    })
}

fn task(home: &Home, model: &Model, limit: Limit) -> Result<Ran, Trouble> {
    model.forget();
    let arguments = ["run", "--mode", "auto", "Do the twelve step task."];
    let ran = program::run(home, &arguments, limit, |process| model.watch(process))?;
    let said = String::from_utf8_lossy(&ran.output.stdout).into_owned();
    assert!(said.contains("All twelve steps are done."), "{said}");
    assert_eq!(model.exchanges().len(), STEPS);
    let app = fs::read_to_string(home.work().join("src/app.py")).unwrap();
    assert!(app.contains("good day"), "the edit was made");
    Ok(ran)
}

/// From the last byte of an answer written to the last byte of the next request read.
fn told(what: &str, tasks: &[Task]) -> Finding {
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for task in tasks {
        for (step, pair) in task.exchanges.windows(2).enumerate() {
            let ended = pair[0].ended.unwrap_or(pair[0].came);
            let gap = pair[1].came.saturating_duration_since(ended);
            let kind = if COMMANDS.contains(&step) {
                &mut with
            } else {
                &mut without
            };
            kind.push(gap);
        }
    }
    let all = Samples::of(with.iter().chain(&without).copied());
    let (with, without) = (Samples::of(with), Samples::of(without));
    Finding::new(what, "ms", all).note(format!(
        "steps without a command: median {} ms, p99 {}; with one, which has to run: median {}, max {}",
        number(without.median()),
        number(without.rank(99)),
        number(with.median()),
        number(with.max())
    ))
}

/// From one request to the next: its answer read, its tool run, the next request made and sent.
fn own(tasks: &[Task]) -> Result<Samples, Trouble> {
    let mut times = Vec::new();
    for pair in tasks.iter().flat_map(|task| task.exchanges.windows(2)) {
        if let (Some(earlier), Some(later)) = (&pair[0].cpu, &pair[1].cpu) {
            times.push(millis(later.since(earlier).time));
        }
    }
    if times.is_empty() {
        return Err(Trouble::Missing(
            "no CPU times in /proc/ID/task/*/schedstat".to_owned(),
        ));
    }
    Ok(Samples::new(times))
}
