//! What the engine can say of itself and its surroundings, for `creel doctor`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::agent::figure::bytes;
use crate::config::Wire;
use crate::engine::check::cards;
use crate::engine::house::House;
use crate::engine::{room, worktree};
use crate::protocol::query::{Check, CheckState, Sizes};
use crate::protocol::sandbox::{Hold, Level};
use crate::sandbox::places::CACHES;
use crate::store::read::Reader;

pub(crate) async fn checks(house: &Arc<House>) -> Vec<Check> {
    [
        database(house).await,
        disk(house).await,
        providers(house).await,
        sandbox(&house.walls.hold(house).await),
    ]
    .into_iter()
    .chain(worktree::orphans(house).await)
    .collect()
}

fn check(name: &str, state: CheckState, text: String, remedy: &str) -> Check {
    Check {
        name: name.to_owned(),
        state,
        text,
        remedy: remedy.to_owned(),
        sizes: None,
    }
}

async fn database(house: &Arc<House>) -> Check {
    let sound = house
        .read(|reader| Ok((reader.integrity(), reader.count()?)))
        .await;
    match sound {
        Ok((Ok(()), counts)) => {
            let text = format!(
                "{}: sound, {} sessions, {} events, {} bytes",
                house.db.display(),
                counts.sessions,
                counts.events,
                counts.bytes
            );
            check("database", CheckState::Ok, text, "")
        }
        Ok((Err(why), _)) | Err(why) => {
            let text = format!("{}: {why}", house.db.display());
            check(
                "database",
                CheckState::Bad,
                text,
                "close every Creel and start one again: it copies the file aside and saves what can be read",
            )
        }
    }
}

/// What is free, and what the home takes.
async fn disk(house: &Arc<House>) -> Check {
    let pauses = "free some space: with little left a session with a person at it pauses before its next call";
    let index = house.paths.index.clone();
    let read = move |reader: &Reader| {
        let sizes = reader.sizes()?;
        Ok(Sizes {
            index: taken(&index),
            ..sizes
        })
    };
    let sizes = house.read(read).await.ok().map(|sizes| Sizes {
        free: room::free(house).ok(),
        ..sizes
    });
    let told = |text: String| match &sizes {
        Some(sizes) => format!(
            "{text}; the log takes {} (outputs {}, imports {}), the search index {}",
            bytes(sizes.log),
            bytes(sizes.blobs),
            bytes(sizes.imports),
            bytes(sizes.index)
        ),
        None => text,
    };
    let found = match room::told(house).map(|(text, little)| (told(text), little)) {
        Ok((text, true)) => check("disk", CheckState::Warn, text, pauses),
        Ok((text, false)) => check("disk", CheckState::Ok, text, ""),
        Err(text) => check(
            "disk",
            CheckState::Warn,
            text,
            "look at the folder's file system",
        ),
    };
    Check { sizes, ..found }
}

/// The bytes of the files of a folder.
fn taken(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.metadata().ok())
        .filter(fs::Metadata::is_file)
        .map(|about| about.len())
        .sum()
}

/// Of the config and found by their keys, as `creel providers` lists them.
async fn providers(house: &Arc<House>) -> Check {
    let cards = match cards(house).await {
        Ok(cards) => cards,
        Err(why) => return check("providers", CheckState::Warn, why, "try it once more"),
    };
    let ready: BTreeSet<&str> = cards
        .iter()
        .filter(|card| card.lacks.is_none() && card.wire != Wire::Rehearsal.name())
        .map(|card| card.name.as_str())
        .collect();
    if ready.is_empty() {
        let remedy = "set a key in the environment, or add a provider to config.toml; the rehearsal works without";
        return check(
            "providers",
            CheckState::Warn,
            "no provider is ready".to_owned(),
            remedy,
        );
    }
    let names: Vec<&str> = ready.into_iter().collect();
    check(
        "providers",
        CheckState::Ok,
        format!("ready: {}", names.join(", ")),
        "",
    )
}

/// As measured, with what commands may write beside the folder.
fn sandbox(hold: &Hold) -> Check {
    let Hold {
        level,
        given_up,
        lacks,
    } = hold;
    let mut text = format!("level {level}: {}", level.meaning());
    if level.holds() {
        text.push_str("; written beside the folder: $TMPDIR and, in the home, ");
        text.push_str(&CACHES.join(", "));
    }
    if !lacks.is_empty() {
        text.push_str("; ");
        text.push_str(lacks);
    }
    let (state, remedy) = match level {
        Level::Contained => (CheckState::Ok, ""),
        Level::Restricted => (CheckState::Ok, "install bubblewrap for the level contained"),
        Level::None | Level::Partial if *given_up => {
            (CheckState::Warn, "start Creel without --no-sandbox")
        }
        Level::None | Level::Partial => (
            CheckState::Warn,
            "every command is asked about; run Creel on Linux 6.12 or newer with Landlock, or as a user or in a container of its own",
        ),
    };
    check("sandbox", state, text, remedy)
}

/// Where no engine runs, nothing was tried.
pub fn sandbox_untried() -> Check {
    check(
        "sandbox",
        CheckState::Warn,
        "not tried, since the log could not be opened".to_owned(),
        "",
    )
}
