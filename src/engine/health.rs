//! What the engine can say of itself and its surroundings, for `creel doctor`.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::config::Wire;
use crate::engine::check::cards;
use crate::engine::house::House;
use crate::engine::{room, worktree};
use crate::protocol::query::{Check, CheckState};

pub(crate) async fn checks(house: &Arc<House>) -> Vec<Check> {
    [
        database(house).await,
        disk(house),
        providers(house).await,
        sandbox(),
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

fn disk(house: &Arc<House>) -> Check {
    let pauses = "free some space: with little left a session with a person at it pauses before its next call";
    match room::told(house) {
        Ok((text, true)) => check("disk", CheckState::Warn, text, pauses),
        Ok((text, false)) => check("disk", CheckState::Ok, text, ""),
        Err(text) => check(
            "disk",
            CheckState::Warn,
            text,
            "look at the folder's file system",
        ),
    }
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

/// There is none yet, and nothing else is said; true also where no engine runs.
pub fn sandbox() -> Check {
    check(
        "sandbox",
        CheckState::Warn,
        "level none: a command that is allowed runs with all your rights".to_owned(),
        "keep the modes ask or edits, or run Creel as a user or in a container of its own",
    )
}
