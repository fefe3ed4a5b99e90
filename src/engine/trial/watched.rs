//! What other programs write is taken in while the engine runs, and nothing is done where nothing was written.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use pretty_assertions::assert_eq;

use crate::config::import::ImportConfig;
use crate::engine::import::watch::Watch;
use crate::engine::trial::Stage;
use crate::protocol::event::Signal;
use crate::protocol::import::{ImportNews, Program};
use crate::protocol::op::{Manage, Managed};
use crate::protocol::query::{Found, Query};

/// A file of the neutral form, written so many seconds ago.
fn write(folder: &Path, name: &str, lines: &[&str], ago: u64) {
    let path = folder.join(name);
    let session = name.trim_end_matches(".jsonl");
    let lines = lines.iter().map(|text| {
        format!(
            "{{\"session\":\"{session}\",\"at\":\"2026-05-01T10:00:00Z\",\"role\":\"user\",\"text\":{text}}}\n"
        )
    });
    fs::write(&path, lines.collect::<String>()).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    let time = SystemTime::now() - Duration::from_secs(ago);
    file.set_modified(time).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_later_is_taken_in_and_a_fault_is_told_once() {
    let stage = Stage::new("");
    let engine = stage.engine(false);
    let house = engine.house.upgrade().unwrap();
    let door = engine.door.clone();
    let mut feed = door.listen();
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.jsonl", &["\"one\""], 100);
    let config = ImportConfig {
        watch: true,
        programs: Vec::new(),
    };
    let titles = || async {
        let list = Query::Sessions {
            limit: None,
            archived: false,
        };
        let Found::Sessions(cards) = door.ask(list).await else {
            panic!("no sessions");
        };
        let mut told: Vec<_> = cards
            .iter()
            .map(|card| (card.title.clone(), card.turns))
            .collect();
        told.sort();
        told
    };
    let mut watch = Watch::default();
    // What was never imported is not looked for.
    watch.look(&house, &config).await.unwrap();
    assert_eq!(titles().await, []);
    let manage = Manage::Import {
        program: Program::Jsonl,
        path: folder.path().to_owned(),
    };
    assert!(matches!(door.manage(manage).await, Managed::Imported(_)));
    let one = || ("one".to_owned(), 1);
    watch.look(&house, &config).await.unwrap();
    assert_eq!(titles().await, [one()]);
    write(folder.path(), "a.jsonl", &["\"one\"", "\"two\""], 90);
    write(folder.path(), "b.jsonl", &["\"three\"", "no text"], 90);
    for _ in 0..2 {
        watch.look(&house, &config).await.unwrap();
        assert_eq!(
            titles().await,
            [("one".to_owned(), 2), ("three".to_owned(), 1)]
        );
    }
    let mut faults = Vec::new();
    while let Some(Some(signal)) = feed.next().now_or_never() {
        if let Signal::Import(ImportNews::Fault(text)) = signal {
            faults.push(text);
        }
    }
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].contains("b.jsonl:2: not taken in"), "{faults:?}");
    // One that is not there any more is no fault, and what was taken in stays.
    fs::remove_file(folder.path().join("a.jsonl")).unwrap();
    watch.look(&house, &config).await.unwrap();
    assert_eq!(titles().await.len(), 2);
    drop(house);
    drop(door);
    engine.ended().await;
}
