//! Sessions and events as commands ask for them: one door, plain answers, trouble in words.

use crate::agent::session::Session;
use crate::command::Trouble;
use crate::config::Config;
use crate::engine::door::Door;
use crate::protocol::event::Event;
use crate::protocol::id::{ModelRef, Seq, SessionId};
use crate::protocol::query::{Found, NotFound, Page, Query};
use crate::protocol::session::Card;

/// How many events are asked for at once.
const PAGE: u32 = 500;

/// The answer of a kind nobody asked for; only the engine could be at fault.
pub fn odd(found: &Found) -> Trouble {
    match found {
        Found::Failed(why) => Trouble::failed(why.clone()),
        _ => Trouble::failed("the engine answered another question: please report this"),
    }
}

/// The session a part of an id names.
pub async fn session(door: &Door, part: &str) -> Result<Card, Trouble> {
    match door
        .ask(Query::Find {
            part: part.to_owned(),
        })
        .await
    {
        Found::Session(Ok(card)) => Ok(card),
        Found::Session(Err(why)) => Err(Trouble::failed(not_found(part, &why))),
        other => Err(odd(&other)),
    }
}

fn not_found(part: &str, why: &NotFound) -> String {
    match why {
        NotFound::None => {
            format!("there is no session `{part}`: `creel sessions --all` lists them")
        }
        NotFound::TooShort => {
            format!("`{part}` is too short for a session: give at least four characters of its id")
        }
        NotFound::Many(cards) => {
            let some: Vec<String> = cards
                .iter()
                .take(5)
                .map(|card| format!("{} ({})", card.id, card.title))
                .collect();
            let more = if cards.len() > 5 { " and more" } else { "" };
            format!(
                "`{part}` fits {} sessions: {}{more}",
                cards.len(),
                some.join(", ")
            )
        }
    }
}

/// Newest first.
pub async fn sessions(
    door: &Door,
    limit: Option<u32>,
    archived: bool,
) -> Result<Vec<Card>, Trouble> {
    match door.ask(Query::Sessions { limit, archived }).await {
        Found::Sessions(cards) => Ok(cards),
        other => Err(odd(&other)),
    }
}

/// The model used when none is named. The newest sessions are looked at only where they matter.
pub async fn usual_model(door: &Door, config: &Config) -> Result<Option<ModelRef>, Trouble> {
    let newest = if config.has_several_providers() {
        sessions(door, Some(Config::NEWEST), false).await?
    } else {
        Vec::new()
    };
    Ok(config.usual_model(newest.iter().map(|card| &card.model)))
}

/// What a session has come to.
pub async fn fold(door: &Door, session: SessionId) -> Result<Session, Trouble> {
    let fold = match door.ask(Query::Fold { session }).await {
        Found::Fold(fold) => fold,
        other => return Err(odd(&other)),
    };
    fold.and_then(|fold| serde_json::from_str(&fold).ok())
        .ok_or_else(|| Trouble::failed(format!("session {} is no more", session.short())))
}

/// All events of a session after a number, in rising order.
pub async fn events(door: &Door, session: SessionId, after: Seq) -> Result<Vec<Event>, Trouble> {
    events_until(door, session, after, (PAGE, |_: &[Event]| false)).await
}

/// The events after a number, page by page, until those that were read are enough: `page` of them at first.
pub async fn events_until(
    door: &Door,
    session: SessionId,
    after: Seq,
    (page, enough): (u32, impl FnMut(&[Event]) -> bool),
) -> Result<Vec<Event>, Trouble> {
    let read = async |last, limit| {
        let page = Page::After(last);
        let history = Query::History {
            session,
            page,
            limit,
        };
        match door.ask(history).await {
            Found::History(page) => Ok(page),
            other => Err(odd(&other)),
        }
    };
    gather(read, after, (page.min(PAGE), enough)).await
}

async fn gather(
    mut read: impl AsyncFnMut(Seq, u32) -> Result<Vec<Event>, Trouble>,
    after: Seq,
    (first, mut enough): (u32, impl FnMut(&[Event]) -> bool),
) -> Result<Vec<Event>, Trouble> {
    let mut events: Vec<Event> = Vec::new();
    let mut last = after;
    let mut limit = first.max(1);
    loop {
        let page = read(last, limit).await?;
        let full = page.len() >= limit as usize;
        let Some(end) = page.last().map(|event| event.seq).filter(|end| *end > last) else {
            return Ok(events);
        };
        last = end;
        events.extend(page);
        if !full || enough(&events) {
            return Ok(events);
        }
        // What was not enough once is read in larger pieces.
        limit = limit.saturating_mul(4).min(PAGE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::event::Fact;
    use crate::protocol::time::Time;

    #[tokio::test]
    async fn no_more_is_read_than_is_enough() {
        let log: Vec<Event> = (1..=1_000)
            .map(|seq| Event {
                seq: Seq(seq),
                session: SessionId(uuid::Uuid::nil()),
                at: Time(0),
                fact: Fact::TurnStarted { turn: 1 },
            })
            .collect();
        let cases: [(u64, u32, usize, &[u32]); 6] = [
            (0, 10, 5, &[10]),
            (0, 10, 11, &[10, 40]),
            (0, 10, 51, &[10, 40, 160]),
            (990, 10, 99, &[10, 40]),
            (995, 10, 99, &[10]),
            (0, 500, 9_999, &[500, 500, 500]),
        ];
        for (after, first, wanted, expected) in cases {
            let mut asked = Vec::new();
            let read = async |last: Seq, limit: u32| {
                asked.push(limit);
                let rest = log.iter().filter(|event| event.seq > last);
                Ok(rest.take(limit as usize).cloned().collect())
            };
            let enough = |events: &[Event]| events.len() >= wanted;
            let events = gather(read, Seq(after), (first, enough)).await;
            let count: u32 = expected.iter().sum();
            let left = 1_000 - u32::try_from(after).unwrap_or(0);
            assert_eq!(
                events.map(|events| events.len()).unwrap_or_default(),
                count.min(left) as usize,
                "{after} {first} {wanted}"
            );
            assert_eq!(asked, expected, "{after} {first} {wanted}");
        }
    }

    #[test]
    fn a_session_that_is_not_found_says_why() {
        let cases = [
            (
                NotFound::None,
                "there is no session `abcd`: `creel sessions --all` lists them",
            ),
            (
                NotFound::TooShort,
                "`abcd` is too short for a session: give at least four characters of its id",
            ),
            (NotFound::Many(Vec::new()), "`abcd` fits 0 sessions: "),
        ];
        for (why, expected) in cases {
            assert_eq!(not_found("abcd", &why), expected);
        }
    }
}
