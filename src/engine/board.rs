//! What the board is told of sessions nobody here has open, and how temporary ones go.

use std::collections::HashSet;
use std::sync::Arc;

use crate::agent::unmarked;
use crate::agent::visible::first_line;
use crate::engine::house::House;
use crate::engine::{answer, open, worktree};
use crate::project;
use crate::protocol::board::{Glimpse, Shelf, Wanted, Weight};
use crate::protocol::event::Fact;
use crate::protocol::id::SessionId;
use crate::protocol::item::{Item, joined};
use crate::store::read::Reader;

pub(crate) async fn shelf(house: &Arc<House>, wanted: Wanted) -> Result<Shelf, String> {
    let left = if wanted.before.is_none() {
        open::close_abandoned(house).await
    } else {
        HashSet::new()
    };
    let owners = house.owners.clone();
    let mut shelf = house
        .read(move |reader| {
            let project = wanted
                .here
                .as_ref()
                .map(|folder| project::find(folder).root);
            reader.board(&wanted, project.as_deref())
        })
        .await?;
    open::interrupted(&mut shelf.cards, &left);
    shelf.zone = house.clock.offset(house.clock.now());
    let held = tokio::task::spawn_blocking(move || owners.held())
        .await
        .map_err(|error| error.to_string())?;
    shelf.elsewhere = held
        .into_iter()
        .filter(|(_, holder)| !holder.here)
        .map(|(session, holder)| (session, holder.process))
        .collect();
    Ok(shelf)
}

pub(crate) async fn glimpse(house: &Arc<House>, id: SessionId) -> Result<Glimpse, String> {
    let session = open::folded(house, id).await?;
    let (prompt, answer) = house.read(move |reader| reader.last_words(id)).await?;
    let said = |fact: Option<Fact>| match fact {
        Some(Fact::ItemAdded { item, .. }) => match item {
            Item::Prompt { blocks, .. } => first_line(&joined(&blocks)),
            Item::Answer { text, .. } => unmarked::first_line(&text),
            _ => String::new(),
        },
        _ => String::new(),
    };
    let asks = session.map(|session| session.asks).unwrap_or_default();
    Ok(Glimpse {
        prompt: said(prompt.map(|event| event.fact)),
        answer: said(answer.map(|event| event.fact)),
        ask: asks.into_iter().next().map(|waiting| waiting.ask),
    })
}

pub(crate) async fn weight(house: &Arc<House>, session: SessionId) -> Result<Weight, String> {
    let weight = house.read(move |reader| reader.weight(session)).await?;
    Ok(Weight {
        worktree: worktree::still_there(house, session).await,
        ..weight
    })
}

/// A session was let go of: a temporary one goes out of the log.
pub(crate) async fn closed(house: &Arc<House>, session: SessionId) {
    let temporary = house.read(move |reader| reader.is_temporary(session)).await;
    if temporary == Ok(true) {
        forget(house, session).await;
    }
}

/// Takes out temporary sessions that a crash left behind. One that a process holds is still in use.
pub(crate) async fn forget_left(house: &Arc<House>) {
    let Ok(left) = house.read(Reader::temporary).await else {
        return;
    };
    for session in left {
        if house.owners.holder(session).is_none() {
            forget(house, session).await;
        }
    }
}

async fn forget(house: &Arc<House>, session: SessionId) {
    // What cannot be taken out now is taken out at the next start.
    if let Err(why) = answer::purge(house, vec![session]).await {
        tracing::warn!("temporary session {session}: {why}");
    }
}
