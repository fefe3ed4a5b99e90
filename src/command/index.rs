//! `creel index`: the search index, a projection of the log that may be deleted at any time.

use clap::Subcommand;
use serde_json::json;

use crate::agent::figure;
use crate::command::table::counted;
use crate::command::{Ended, Face, Trouble, exit, find};
use crate::engine::door::Door;
use crate::protocol::op::{Manage, Managed};
use crate::protocol::query::{Found, Query};
use crate::protocol::search::IndexStatus;

#[derive(Debug, Clone, Subcommand)]
pub enum IndexSub {
    /// How much is in it, and what waits
    Status {
        /// One JSON value in place of a text
        #[arg(long)]
        json: bool,
    },
    /// Make it anew from the log, and return when that is done
    Rebuild {
        /// One JSON value in place of a text
        #[arg(long)]
        json: bool,
    },
}

pub async fn run(sub: &IndexSub, door: &Door, face: &mut Face<'_>) -> Ended {
    let (status, json) = match sub {
        IndexSub::Status { json } => match door.ask(Query::Index).await {
            Found::Index(status) => (status, *json),
            other => return Err(find::odd(&other)),
        },
        IndexSub::Rebuild { json } => match door.manage(Manage::Index { anew: true }).await {
            Managed::Indexed(status) => (status, *json),
            other => return Err(Trouble::undone(other)),
        },
    };
    if json {
        face.json(&json!({
            "indexed": status.indexed,
            "waiting": status.waiting,
            "behind": status.behind,
            "bytes": status.bytes,
            "up_to": status.up_to.0,
        }))?;
    } else {
        face.say_line(&told(status))?;
    }
    Ok(exit::DONE)
}

fn told(status: IndexStatus) -> String {
    let waiting = match (status.behind, status.waiting) {
        (0, 0) => "nothing waits".to_owned(),
        (behind, _) if behind > 0 => format!("about {behind} entries of the log are not in it yet"),
        (_, waiting) => format!(
            "{} beside it, searched all the same",
            counted(waiting, "item")
        ),
    };
    format!(
        "{} in the index, {} bytes; {waiting}",
        counted(status.indexed, "item"),
        figure::tokens(status.bytes)
    )
}
