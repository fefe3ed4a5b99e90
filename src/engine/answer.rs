//! Answers what faces ask, and does what they have done beyond one session: stopping elsewhere, purging.

use std::sync::Arc;

use rustix::process::{Pid, Signal, kill_process};

use crate::engine::house::House;
use crate::engine::{board, cache, check, health, offer, open, picture, supply, worktree};
use crate::protocol::id::SessionId;
use crate::protocol::money::Rates;
use crate::protocol::op::{Manage, Managed};
use crate::protocol::query::{Found, Query, SpendRow, Stashed, Today};
use crate::store::append::{composer_draft, stash_draft};
use crate::store::read::Reader;

pub(crate) async fn find(house: &Arc<House>, query: Query) -> Found {
    let found = match query {
        Query::Sessions { limit, archived } => {
            open::close_abandoned(house).await;
            house
                .read(move |reader| reader.sessions(limit, archived))
                .await
                .map(Found::Sessions)
        }
        Query::Board(wanted) => board::shelf(house, wanted).await.map(Found::Board),
        Query::Glimpse { session } => board::glimpse(house, session).await.map(Found::Glimpse),
        Query::Weight { session } => house
            .read(move |reader| reader.weight(session))
            .await
            .map(Found::Weight),
        Query::Find { part } => house
            .read(move |reader| reader.find(&part))
            .await
            .map(Found::Session),
        Query::History {
            session,
            page,
            limit,
        } => house
            .read(move |reader| reader.history(session, page, limit))
            .await
            .map(Found::History),
        Query::Fold { session } => open::fold(house, session).await.map(Found::Fold),
        Query::Spend {
            by,
            since,
            until,
            session,
        } => house
            .read(move |reader| reader.spend(by, since, until, session))
            .await
            .map(|rows| Found::Spend(rows.into_iter().map(|row| about(house, row)).collect())),
        Query::Cache { session } => cache::rows(house, session).await.map(Found::Cache),
        Query::Today => today(house).await.map(Found::Today),
        Query::Models => Ok(Found::Models(house.model_cards())),
        Query::Providers => check::cards(house).await.map(Found::Providers),
        Query::Offers {
            session,
            cwd,
            typed,
        } => offer::offers(house, session, cwd, typed)
            .await
            .map(Found::Offers),
        Query::Routes { model, session } => supply::reports(house, model, session)
            .await
            .map(Found::Routes),
        Query::Blob { hash } => house
            .read(move |reader| reader.blob(&hash))
            .await
            .map(Found::Blob),
        Query::Draft { session } => house
            .read(move |reader| reader.draft(&composer_draft(session)))
            .await
            .map(Found::Draft),
        Query::Stashed => house.read(Reader::stashed).await.map(Found::Stashed),
        Query::Prompts { limit } => house
            .read(move |reader| reader.prompts(limit))
            .await
            .map(Found::Prompts),
        Query::Holder { session } => Ok(Found::Holder(house.owners.holder(session))),
        Query::Worktree(look) => Ok(Found::Worktree(Box::new(worktree::see(house, look).await))),
        Query::Doctor => Ok(Found::Checks(health::checks(house).await)),
    };
    found.unwrap_or_else(Found::Failed)
}

/// With one sum of dollars beside amounts of other currencies, where there is a rate for each.
fn about(house: &House, mut row: SpendRow) -> SpendRow {
    let others = row.cost.without_usd().filter(|money| money.parts != 0);
    let rates = others.filter_map(|money| {
        let rate = house.rates.0.get(&money.currency)?;
        Some((money.currency, rate.clone()))
    });
    row.rates = Rates(rates.collect());
    row.about = Some(&row.rates)
        .filter(|rates| !rates.0.is_empty())
        .and_then(|rates| rates.total(&row.cost));
    row
}

async fn today(house: &Arc<House>) -> Result<Today, String> {
    let day = house.clock.day(house.clock.now());
    let spent = house.read(move |reader| reader.today(&day)).await?;
    let limit = house
        .budget
        .day
        .map(|limit| limit.parts.saturating_add(spent.raised));
    Ok(Today {
        used: spent.used,
        limit,
    })
}

pub(crate) fn draft(house: &Arc<House>, session: Option<SessionId>, text: String) {
    if text.is_empty() {
        house.log.clear_draft(composer_draft(session));
    } else {
        house
            .log
            .put_draft(composer_draft(session), house.clock.now(), text);
    }
}

pub(crate) fn stash(house: &Arc<House>, stashed: Stashed) {
    let name = stash_draft(stashed.id);
    if stashed.text.is_empty() {
        house.log.clear_draft(name);
    } else {
        house.log.put_draft(name, stashed.at, stashed.text);
    }
}

/// `stopped`: turns of this process that were told to stop; `gone` ends when nobody waits for the answer any more.
pub(crate) async fn manage(
    house: &Arc<House>,
    manage: Manage,
    stopped: u32,
    gone: impl Future<Output = ()>,
) -> Managed {
    let done = match manage {
        Manage::Stop { session } => stop(house, session, stopped).await,
        Manage::Purge { sessions } => purge(house, sessions).await,
        Manage::Attach { source } => picture::attach(house, source).await,
        Manage::Reach { provider, model } => check::reach(house, &provider, model)
            .await
            .map(|reached| Managed::Reached(Box::new(reached))),
        Manage::Try { model } => check::try_out(house, model, gone)
            .await
            .map(|tried| Managed::Tried(Box::new(tried))),
        Manage::Worktree { errand } => worktree::run(house, errand, gone)
            .await
            .map(Managed::Worktree),
        Manage::Reload => house.reload().map(|()| Managed::Reloaded),
    };
    done.unwrap_or_else(|why| Managed::Failed { why })
}

/// Tells the processes that run turns to stop them. Those of this process were told before: `here` is how many.
async fn stop(
    house: &Arc<House>,
    session: Option<SessionId>,
    here: u32,
) -> Result<Managed, String> {
    let mut turns = here;
    for (held, holder) in house.owners.held() {
        if session.is_some_and(|session| session != held) {
            continue;
        }
        // Those of this process were told before, and may have ended by now.
        if holder.here {
            continue;
        }
        if open::folded(house, held)
            .await?
            .is_some_and(|session| session.running)
        {
            house.owners.ask_to_stop(held)?;
            let process = i32::try_from(holder.process).ok().and_then(Pid::from_raw);
            let process = process
                .ok_or_else(|| format!("the lock of session {} names no process", held.short()))?;
            kill_process(process, Signal::USR1)
                .map_err(|error| format!("cannot reach process {}: {error}", holder.process))?;
            turns += 1;
        }
    }
    Ok(Managed::Stopped { turns })
}

pub(crate) async fn purge(house: &Arc<House>, sessions: Vec<SessionId>) -> Result<Managed, String> {
    for session in &sessions {
        if let Some(holder) = house.owners.holder(*session) {
            // One that was closed here a moment ago has its last facts to keep.
            let free = holder.here && house.hold(*session).await.is_ok();
            if !free {
                return Err(format!(
                    "session {} is held by process {}: close it there first",
                    session.short(),
                    holder.process
                ));
            }
        }
    }
    let purged = house
        .log
        .purge(sessions)
        .await
        .map_err(|error| error.to_string())?;
    Ok(Managed::Purged {
        sessions: u32::try_from(purged.sessions).unwrap_or(u32::MAX),
        events: purged.events,
        blobs: purged.blobs,
    })
}
