//! Answers what faces ask, and does what they have done beyond one session: stopping elsewhere, purging.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustix::process::{Pid, Signal, kill_process};

use crate::engine::house::House;
use crate::engine::trust;
use crate::engine::{
    belongings, board, cache, check, health, hits, import, kept, memory, notes, offer, open,
    picture, route_report, staging, worktree,
};
use crate::protocol::id::SessionId;
use crate::protocol::money::Rates;
use crate::protocol::op::{Manage, Managed, Stopper};
use crate::protocol::query::{Found, Holder, LastAnswer, Query, SpendRow, Stashed, Today};
use crate::provider::listed::Reach;
use crate::store::Purged;
use crate::store::append::{composer_draft, stash_draft};
use crate::store::read::Reader;

/// Sessions deleted at a time. Each hold is an open file, and a process may have as few as 256 of them (macOS).
const HELD_AT_ONCE: usize = 100;

pub(crate) async fn find(house: &Arc<House>, query: Query) -> Found {
    let found = match query {
        Query::Sessions { limit, archived } => {
            let left = open::close_abandoned(house).await;
            let cards = house.read(move |reader| reader.sessions(limit, archived));
            cards.await.map(|mut cards| {
                open::interrupted(&mut cards, &left);
                Found::Sessions(cards)
            })
        }
        Query::Board(wanted) => board::shelf(house, wanted).await.map(Found::Board),
        Query::Glimpse { session } => board::glimpse(house, session).await.map(Found::Glimpse),
        Query::Weight { session } => board::weight(house, session).await.map(Found::Weight),
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
        Query::Cache { session, limit } => cache::rows(house, session, limit)
            .await
            .map(|(rows, of)| Found::Cache { rows, of }),
        Query::Today => today(house).await.map(Found::Today),
        Query::Models => house.model_cards().await.map(Found::Models),
        Query::Served { elsewhere } => {
            let reach = if elsewhere { Reach::All } else { Reach::Here };
            house.recall_windows().await;
            house.providers().look(reach).await;
            house.keep_windows();
            house.model_cards().await.map(Found::Models)
        }
        Query::Providers => check::cards(house).await.map(Found::Providers),
        Query::Offers {
            session,
            cwd,
            typed,
            also,
        } => offer::offers(house, session, cwd, (typed, also))
            .await
            .map(Found::Offers),
        Query::Routes { model, session } => route_report::reports(house, model, session)
            .await
            .map(Found::Routes),
        Query::Blind { model, images } => {
            Box::pin(house.look_for_sight(&model)).await;
            let images: Vec<_> = images.iter().collect();
            Ok(Found::Blind(house.blindness(&model, &images)))
        }
        Query::LastAnswer { provider } => {
            let at = house
                .read(move |reader| reader.last_answer(&provider))
                .await;
            at.map(|at| {
                let then = at.unwrap_or_else(|| house.clock.now());
                Found::LastAnswer(LastAnswer {
                    at,
                    day: house.clock.day(then),
                    zone: house.clock.offset(then),
                })
            })
        }
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
        Query::Holder { session } => {
            let holder = house.owners.holder(session).map(|holder| {
                let since = holder.whereabouts.since;
                let zone = since.map_or(0, |since| house.clock.offset(since));
                Holder { zone, ..holder }
            });
            Ok(Found::Holder(holder))
        }
        Query::Worktree(look) => Ok(Found::Worktree(Box::new(worktree::see(house, look).await))),
        Query::Sandbox => Ok(Found::Sandbox(house.walls.last(house).await)),
        Query::Rules => kept::list(house).await.map(Found::Rules),
        Query::Trust(cwd) => {
            let trust = trust::list(house, cwd).await;
            trust.map(|trust| Found::Trust(Box::new(trust)))
        }
        Query::Replay(trial) => kept::replay(house, trial).await.map(Found::Replay),
        Query::Decided { rows } => kept::decided(house, rows).await.map(Found::Decided),
        Query::Search(asked) => {
            let now = house.clock.now();
            memory::on_thread(house, move |memory, reader| {
                memory.search(reader, &asked, now)
            })
            .await
            .map(Found::Hits)
        }
        Query::Around {
            session,
            item,
            items,
        } => house
            .read(move |reader| hits::around(reader, session, item, items))
            .await
            .map(Found::Around),
        Query::Index => memory::on_thread(house, memory::Memory::status)
            .await
            .map(Found::Index),
        Query::Imports => import::sources::list(house).await.map(Found::Imports),
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
        charged: spent.charged,
        estimated: spent.estimated,
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
        Manage::Stop { session, by } => stop(house, (session, by), stopped).await,
        Manage::Purge { sessions } => purge(house, sessions).await,
        Manage::Attach { source } => picture::attach(house, source).await,
        Manage::Reach { provider, model } => check::reach(house, &provider, model)
            .await
            .map(|reached| Managed::Reached(Box::new(reached))),
        Manage::Try { model, effort } => check::try_out(house, (model, effort), gone)
            .await
            .map(|tried| Managed::Tried(Box::new(tried))),
        Manage::Worktree { errand } => worktree::run(house, errand, gone)
            .await
            .map(Managed::Worktree),
        Manage::AskPrice { model } => {
            let asked = house.log.ask_price(model).await;
            let asked = asked.map(|was_accepted| Managed::PriceAsked { was_accepted });
            asked.map_err(|why| why.to_string())
        }
        Manage::KeepRule { rule, cwd } => kept::keep(house, rule, &cwd)
            .await
            .map(|number| Managed::RuleKept { number }),
        Manage::Accept { cwd, texts } => trust::accept(house, cwd, texts)
            .await
            .map(|numbers| Managed::Accepted { numbers }),
        Manage::RemoveRules { numbers } => kept::remove(house, numbers)
            .await
            .map(|numbers| Managed::RulesRemoved { numbers }),
        Manage::Import { program, path } => import::import(house, program, path)
            .await
            .map(Managed::Imported)
            .or_else(|why| Ok(Managed::NotImported { why })),
        Manage::ImportHome { path } => import::kin::import(house, path)
            .await
            .map(|report| Managed::HomeImported(Box::new(report))),
        Manage::Index { anew } => {
            memory::on_thread(house, move |memory, reader| memory.bring_up(reader, anew))
                .await
                .map(Managed::Indexed)
        }
        Manage::Pin { session, item } => notes::pin(house, session, item).await,
        Manage::ForgetNote { path, text } => notes::forget(house, path, text).await,
        Manage::Reload => house.reload().map(|()| Managed::Reloaded),
        Manage::Extend => house.extend().map(|()| Managed::Reloaded),
    };
    done.unwrap_or_else(|why| Managed::Failed { why })
}

/// Tells the processes that run turns to stop them. Those of this process were told before: `here` is how many.
async fn stop(
    house: &Arc<House>,
    (session, by): (Option<SessionId>, Stopper),
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
            house.owners.ask_to_stop(held, by)?;
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

/// Each is held until it is gone, so that nobody takes it up while it goes.
pub(crate) async fn purge(house: &Arc<House>, sessions: Vec<SessionId>) -> Result<Managed, String> {
    // Each once: a second hold would wait for the first.
    let sessions: Vec<SessionId> = BTreeSet::from_iter(sessions).into_iter().collect();
    // Before anything goes. What is held here may have been closed a moment ago and have its last facts to keep.
    for session in &sessions {
        if let Some(holder) = house.owners.holder(*session)
            && !holder.here
        {
            return Err(is_held(*session, &holder));
        }
    }
    let mut all = Purged::default();
    let mut stopped = None;
    for part in sessions.chunks(HELD_AT_ONCE) {
        match purge_part(house, part).await {
            Ok(purged) => {
                all.sessions += purged.sessions;
                all.events += purged.events;
                all.blobs += purged.blobs;
                all.copies = purged.copies;
            }
            // What is gone is gone, and whoever asked has to know of it.
            Err(why) if all.sessions > 0 => {
                stopped = Some(why);
                break;
            }
            Err(why) => return Err(why),
        }
    }
    let forgotten = memory::on_thread(house, memory::Memory::forget_purged).await;
    if let Err(why) = forgotten {
        stopped.get_or_insert(format!("the search index still holds them: {why}"));
    }
    // What a restore that was killed has left is of before, too.
    if let Err(error) = staging::forget(&house.paths) {
        stopped.get_or_insert(format!("what a restore has left still holds them: {error}"));
    }
    all.copies.extend(belongings::of_before(&house.paths));
    Ok(Managed::Purged {
        sessions: u32::try_from(all.sessions).unwrap_or(u32::MAX),
        events: all.events,
        blobs: all.blobs,
        stopped,
        copies: all.copies,
    })
}

/// All of these, or none.
async fn purge_part(house: &Arc<House>, part: &[SessionId]) -> Result<Purged, String> {
    let mut held = Vec::new();
    for session in part {
        let one = house.hold(*session).await.map_err(|refused| {
            let holder = house.owners.holder(*session);
            holder.map_or(refused, |holder| is_held(*session, &holder))
        })?;
        held.push(one);
    }
    let purged = house.log.purge(part.to_vec()).await;
    purged.map_err(|error| error.to_string())
}

fn is_held(session: SessionId, holder: &Holder) -> String {
    format!(
        "session {} is held by process {}: close it there first",
        session.short(),
        holder.process
    )
}
