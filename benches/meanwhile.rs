//! Memory while it grows: how fast sessions of another program are taken in, what they take of the disk, how long a letter in the
//! search waits meanwhile and while they are indexed, and how soon what is said is found.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use creel::config::load;
use creel::config::paths::Paths;
use creel::engine::clock::Clock;
use creel::engine::walls::Sandbox;
use creel::engine::{Engine, Options};
use creel::protocol::event::Fact;
use creel::protocol::import::Program;
use creel::protocol::item::{Block, Item, Origin};
use creel::protocol::op::{Manage, Managed};
use creel::protocol::query::{Found, Query};
use creel::protocol::search::{Hit, Hits, IndexStatus, Search};
use creel::store::log::Log;
use serde_json::json;
use tokio::runtime::{Builder, Handle};
use tokio::time::sleep;

use crate::limit::{Limit, Trouble};
use crate::made;
use crate::report::{Finding, Of, Samples, number};
use crate::support::{Dice, Home};
use crate::talks;

/// Megabytes of transcripts.
const SOURCE: u64 = 300;

/// Items that are said one after another: more than go into the index at once.
const SAID: usize = 1_500;

/// Between two letters of one who types fast.
const PAUSE: Duration = Duration::from_millis(60);

pub fn measure(limit: Limit) -> Result<Vec<Finding>, Trouble> {
    let home = Home::new();
    home.config(&crate::model::config("127.0.0.1:9"));
    let source = home.beside("claude");
    let bytes = transcripts(&source);
    // As the workstation has it.
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let runtime = runtime.unwrap();
    runtime.block_on(async {
        let engine = started(&home);
        let door = engine.door.clone();
        let mut dice = Dice::new(3);
        let program = Program::Claude;
        let began = Instant::now();
        let (importing, path) = (door.clone(), source.clone());
        let import =
            tokio::spawn(async move { importing.manage(Manage::Import { program, path }).await });
        let mut during = Vec::new();
        while !import.is_finished() {
            during.push(letter(&engine, &mut dice).await.0);
            sleep(PAUSE).await;
        }
        let imported = began.elapsed();
        let Ok(Managed::Imported(report)) = import.await else {
            panic!("nothing was imported");
        };
        let mut after = Vec::new();
        let indexing = Instant::now();
        while !limit.passed() {
            let (took, behind) = letter(&engine, &mut dice).await;
            after.push(took);
            if behind == 0 {
                break;
            }
            sleep(PAUSE).await;
        }
        let indexed = indexing.elapsed();
        let found = said_and_found(&engine, &home).await;
        let index = status(&engine).await.bytes;
        drop(door);
        engine.ended().await;
        let kept = fs::metadata(home.db()).unwrap().len();
        let share = |part: u64| 100.0 * part as f64 / bytes as f64;
        let speed = bytes as f64 / 1e6 / imported.as_secs_f64();
        Ok(vec![
            Finding::new(
                "sessions of another program taken in, while somebody searches",
                "MB/s",
                Samples::one(speed),
            )
            .note(format!(
                "{} items in {} MB; they were indexed {} s later",
                report.items,
                bytes / 1_000_000,
                number(indexed.as_secs_f64())
            )),
            Finding::new(
                "what is kept of it in the log",
                "% of it",
                Samples::one(share(kept)),
            )
            .note(format!("and {} % in the index", number(share(index)))),
            Finding::new(
                "a letter while they are taken in",
                "ms",
                Samples::new(during),
            )
            .target(Of::P99, 16.0),
            Finding::new("a letter while they are indexed", "ms", Samples::new(after))
                .target(Of::P99, 16.0),
            Finding::new("from being said to being found", "ms", Samples::new(found))
                .target(Of::P99, 5.0),
        ])
    })
}

fn started(home: &Home) -> Engine {
    let set = home.environment();
    let environment = |name: &str| {
        let value = set.iter().find(|(known, _)| known == name);
        value.map(|(_, value)| OsString::from(value))
    };
    let paths = Paths::from_environment(&environment).unwrap();
    let options = Options {
        config: load::read(&paths, &environment).unwrap().config,
        paths,
        clock: Clock::system(),
        home: None,
        unattended: false,
        redactor: std::sync::Arc::default(),
        sandbox: Sandbox::of_machine(false),
    };
    Engine::start(options, &Handle::current()).unwrap()
}

/// As the search on the screen asks with each key.
async fn asked(engine: &Engine, text: String) -> (f64, Hits) {
    let search = Search {
        text,
        typing: true,
        limit: 50,
        facets: true,
        ..Search::default()
    };
    let began = Instant::now();
    let answer = engine.door.ask(Query::Search(search)).await;
    let took = began.elapsed().as_secs_f64() * 1e3;
    let Found::Hits(hits) = answer else {
        panic!("no hits: {answer:?}");
    };
    (took, hits)
}

/// A word and the beginning of another: how long the answer took, and how much was not searched.
async fn letter(engine: &Engine, dice: &mut Dice) -> (f64, u64) {
    let (word, mut beginning) = (talks::word(dice), talks::word(dice));
    beginning.truncate(2 + dice.below(4) as usize);
    let (took, hits) = asked(engine, format!("{word} {beginning}")).await;
    (took, hits.behind)
}

async fn status(engine: &Engine) -> IndexStatus {
    let answer = engine.door.ask(Query::Index).await;
    let Found::Index(status) = answer else {
        panic!("no status: {answer:?}");
    };
    status
}

/// Another process says something: from when it is kept until a search finds it.
async fn said_and_found(engine: &Engine, home: &Home) -> Vec<f64> {
    let log = Log::open(&home.db()).unwrap().log;
    let begun = made::batch(made::now().0, vec![made::begun("/work/said")]);
    let session = begun.session;
    log.append(begun).await.unwrap();
    let mut found = Vec::new();
    for turn in 1..=SAID {
        let word = unique(turn);
        let text = format!("{word} {}", "and some words more ".repeat(12));
        let (blocks, origin) = (vec![Block::text(text)], Origin::Person);
        let fact = Fact::ItemAdded {
            turn: turn as u32,
            step: 0,
            item: Item::Prompt { blocks, origin },
            imported: None,
        };
        let batch = creel::store::Batch {
            session,
            derive: Box::new(|_| None),
            ..made::batch(made::now().0, vec![fact])
        };
        log.append(batch).await.unwrap();
        let (took, hits) = asked(engine, word.clone()).await;
        let is_it = |hit: &Hit| hit.text.starts_with(&word);
        assert!(
            hits.hits.iter().any(is_it),
            "{word}: {} hits",
            hits.hits.len()
        );
        found.push(took);
        sleep(Duration::from_millis(3)).await;
    }
    found
}

/// A word that nobody has said, of letters alone.
fn unique(number: usize) -> String {
    let letters = [1, 26, 676].map(|place| char::from(b'a' + (number / place % 26) as u8));
    format!("zzqx{}", letters.iter().collect::<String>())
}

/// Sessions as Claude Code writes them: what was said, calls, and what they came to, which a second field repeats. Answers their
/// bytes.
fn transcripts(folder: &std::path::Path) -> u64 {
    let mut dice = Dice::new(9);
    let text = |dice: &mut Dice, words: u64| {
        let mut text = String::new();
        for nth in 0..words {
            let between = if nth % 9 == 8 { "\n    " } else { " " };
            write!(text, "{}{between}", talks::word(dice)).unwrap();
        }
        text
    };
    let mut bytes = 0;
    for session in 0.. {
        if bytes >= SOURCE * 1_000_000 {
            break;
        }
        let id = format!("4d5611e5-241a-462a-8d15-{session:012}");
        let project = format!("-home-u-part{}", session % 10);
        let mut lines = String::new();
        let mut line = |kind: &str, nth: u64, mut value: serde_json::Value| {
            value["type"] = json!(kind);
            value["uuid"] = json!(format!("{session}-{nth}"));
            value["sessionId"] = json!(id);
            value["cwd"] = json!(format!("/home/u/part{}", session % 10));
            value["timestamp"] = json!(format!(
                "2026-05-{:02}T10:{:02}:{:02}Z",
                1 + session % 28,
                nth / 60 % 60,
                nth % 60
            ));
            writeln!(lines, "{value}").unwrap();
        };
        for step in 0..60 {
            let nth = step * 4;
            if step % 12 == 0 {
                let said = text(&mut dice, 30);
                line(
                    "user",
                    nth,
                    json!({"message": {"role": "user", "content": said}}),
                );
            }
            let mut answer = |nth: u64, block: serde_json::Value| {
                let usage = json!({"input_tokens": 3, "cache_read_input_tokens": 40_000 + nth, "output_tokens": 90});
                let message = json!({"id": format!("m{session}-{step}"), "role": "assistant", "model": "claude-opus-4-6",
                    "content": [block], "usage": usage});
                line(
                    "assistant",
                    nth,
                    json!({"requestId": format!("r{session}-{step}"), "message": message}),
                );
            };
            let said = text(&mut dice, 40);
            answer(nth + 1, json!({"type": "text", "text": said}));
            let call = format!("toolu_{session}_{step}");
            let path = format!("/home/u/{}.rs", talks::word(&mut dice));
            answer(
                nth + 2,
                json!({"type": "tool_use", "id": call, "name": "Read", "input": {"file_path": path}}),
            );
            let words = [20, 80, 300, 900, 2_500][dice.below(5) as usize];
            let output = text(&mut dice, words);
            let result = json!([{"type": "tool_result", "tool_use_id": call, "content": output}]);
            let message = json!({"role": "user", "content": result});
            line(
                "user",
                nth + 3,
                json!({"message": message, "toolUseResult": {"stdout": output}}),
            );
        }
        let folder = folder.join("projects").join(project);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{id}.jsonl")), &lines).unwrap();
        bytes += lines.len() as u64;
    }
    bytes
}
