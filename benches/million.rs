//! A memory of one million items: how fast it is indexed, how large the index is, and how quick it answers.

use std::fmt::Write as _;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::limit::{Limit, Trouble};
use crate::machine::{Memory, of_children};
use crate::program;
use crate::report::{Finding, Of, Samples, number};
use crate::support::{Dice, Home};
use crate::talks;

const ITEMS: u32 = 1_000_000;
const QUESTIONS: usize = 500;

pub fn measure(limit: Limit) -> Result<Vec<Finding>, Trouble> {
    let home = Home::new();
    home.config(&crate::model::config("127.0.0.1:9"));
    let started = Instant::now();
    talks::make(&home, ITEMS);
    let made = started.elapsed();
    let before = of_children("self")?;
    let indexed = program::run(&home, &["index", "rebuild", "--json"], limit, |_| {})?;
    let cpu = of_children("self")?.saturating_sub(before);
    let status = told(&indexed.output.stdout);
    let items = status["indexed"].as_f64().unwrap_or_default();
    let bytes = status["bytes"].as_f64().unwrap_or_default();
    let (first, others, most) = asked(&home, limit)?;
    Ok(vec![
        // 8,000 items in a second of one core.
        Finding::new(
            "CPU to index an item, with reading it, microseconds",
            "",
            Samples::one(cpu.as_secs_f64() / items * 1e6),
        )
        .target(Of::Max, 125.0)
        .note(format!(
            "{items} items in {} s, {} s of CPU, read from the log; the log was made in {} s",
            number(indexed.wall().as_secs_f64()),
            number(cpu.as_secs_f64()),
            number(made.as_secs_f64())
        )),
        Finding::new(
            "index of an item of 60 words, bytes",
            "",
            Samples::one(bytes / items),
        )
        .target(Of::Max, 330.0),
        Finding::new(
            "the first question after a start",
            "ms",
            Samples::one(first),
        )
        .target(Of::Max, 50.0),
        Finding::new(
            "three to five words with a filter, with what is shown of each hit",
            "ms",
            Samples::new(others),
        )
        .target(Of::P99, 10.0),
        Finding::new(
            "memory that is no file, while it answers",
            "MB",
            Samples::one(most as f64 / 1e6),
        )
        .target(Of::Max, 100.0),
    ])
}

/// How long the first question took and the others, in milliseconds, and the most memory meanwhile, in bytes.
fn asked(home: &Home, limit: Limit) -> Result<(f64, Vec<f64>, u64), Trouble> {
    let mut dice = Dice::new(5);
    let mut lines = String::new();
    for number in 0..=QUESTIONS {
        let words: Vec<String> = (0..3 + dice.below(3))
            .map(|_| talks::word(&mut dice))
            .collect();
        let filter = ["kind:turn", "since:400d", "who:agent", "project:part3"];
        let filter = filter[number % filter.len()];
        let query = format!("{} {filter}", words.join(" "));
        writeln!(
            lines,
            "{}",
            serde_json::json!({ "id": number, "query": query })
        )
        .unwrap();
    }
    let path = home.work().join("asked.jsonl");
    fs::write(&path, lines).unwrap();
    let (over, most) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(0)));
    let watch = |process: u32| {
        let (over, most) = (Arc::clone(&over), Arc::clone(&most));
        thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                if let Ok(memory) = Memory::of(process) {
                    let mut most = most.lock().unwrap();
                    *most = memory.anonymous.max(*most);
                }
                thread::sleep(Duration::from_millis(10));
            }
        });
    };
    let path = path.to_string_lossy().into_owned();
    let ran = program::run(home, &["search", "--batch", &path], limit, watch)?;
    over.store(true, Ordering::Relaxed);
    let text = String::from_utf8_lossy(&ran.output.stdout).into_owned();
    let took: Vec<f64> = text
        .lines()
        .map(|line| told(line.as_bytes())["micros"].as_f64().unwrap_or_default() / 1e3)
        .collect();
    assert_eq!(took.len(), QUESTIONS + 1);
    let hits = text.matches("\"snippet\"").count();
    assert!(hits > QUESTIONS * 10, "{hits} hits are too few to time");
    let most = *most.lock().unwrap();
    Ok((took[0], took[1..].to_vec(), most))
}

fn told(line: &[u8]) -> Value {
    serde_json::from_slice(line).expect("a JSON value")
}
