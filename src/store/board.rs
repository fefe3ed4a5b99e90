//! What the board asks: pages of cards by what they say, and glimpses of single sessions.

use std::collections::HashSet;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};

use crate::agent::words::Words;
use crate::protocol::board::{Shelf, Wanted, Weight};
use crate::protocol::event::Event;
use crate::protocol::id::SessionId;
use crate::protocol::time::Time;
use crate::store::append::find_session;
use crate::store::fault::StoreError;
use crate::store::read::{CARD, EVENT, Reader, borrowed, card, cards, events, session_id};

/// Of each kind that the first page has whatever its age.
const MOST: u32 = 500;

impl Reader {
    /// A page of sessions, of one project where it is given. Who holds them is not known here.
    pub fn board(&self, wanted: &Wanted, project: Option<&Path>) -> Result<Shelf, StoreError> {
        let project = project.map(|path| path.to_string_lossy().into_owned());
        self.ask(Shelf::default(), |conn| {
            let words = Words::new(&wanted.words);
            if words.is_empty() {
                page(conn, wanted, project.as_deref())
            } else {
                found(conn, wanted, words, project.as_deref())
            }
        })
    }

    /// The last prompt of the person and the last answer.
    pub fn last_words(
        &self,
        session: SessionId,
    ) -> Result<(Option<Event>, Option<Event>), StoreError> {
        let sql = |item: &str| {
            format!(
                "SELECT {EVENT} FROM event LEFT JOIN blob ON blob.hash = event.blob
                 WHERE event.session = ?1 AND event.item = '{item}' ORDER BY event.seq DESC LIMIT 1"
            )
        };
        self.ask((None, None), |conn| {
            let Some(key) = find_session(conn, session)? else {
                return Ok((None, None));
            };
            let prompt = events(conn, session, &sql("prompt"), [key])?.pop();
            let answer = events(conn, session, &sql("answer"), [key])?.pop();
            Ok((prompt, answer))
        })
    }

    /// What a session takes in the log: its items, and the bytes of all its facts with the blobs that only it uses. What lies
    /// outside the log is not known here.
    pub fn weight(&self, session: SessionId) -> Result<Weight, StoreError> {
        self.ask(Weight::default(), |conn| {
            let Some(key) = find_session(conn, session)? else {
                return Ok(Weight::default());
            };
            let (items, inline): (i64, i64) = conn.query_row(
                "SELECT count(item), ifnull(sum(length(CAST(body AS BLOB))), 0) FROM event WHERE session = ?",
                [key],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            let kept: i64 = conn.query_row(
                "SELECT ifnull(sum(length(bytes)), 0) FROM blob JOIN blob_use USING (hash) WHERE session = ?1
                 AND NOT EXISTS (SELECT 1 FROM blob_use AS other WHERE other.hash = blob.hash AND other.session <> ?1)",
                [key],
                |row| row.get(0),
            )?;
            Ok(Weight {
                items: items.unsigned_abs(),
                bytes: inline.saturating_add(kept).unsigned_abs(),
                worktree: None,
            })
        })
    }

    /// Sessions that are to go when they are closed.
    pub fn temporary(&self) -> Result<Vec<SessionId>, StoreError> {
        self.ask(Vec::new(), |conn| {
            conn.prepare_cached(
                "SELECT id FROM card WHERE (pinned OR unseen OR temporary) AND temporary",
            )?
            .query_map([], |row| session_id(row, 0))?
            .collect()
        })
    }

    /// Whether a session is one of them.
    pub fn is_temporary(&self, session: SessionId) -> Result<bool, StoreError> {
        self.ask(false, |conn| {
            let Some(key) = find_session(conn, session)? else {
                return Ok(false);
            };
            let found = conn
                .prepare_cached("SELECT temporary FROM card WHERE session = ?")?
                .query_row([key], |row| row.get(0))
                .optional()?;
            Ok(found.unwrap_or(false))
        })
    }
}

/// Without words: the newest, and on the first page those that are to be seen whatever their age.
fn page(conn: &Connection, wanted: &Wanted, project: Option<&str>) -> rusqlite::Result<Shelf> {
    let select = |which: &str| {
        format!(
            "SELECT {CARD} FROM card WHERE {which} AND state <> 'archived' AND active <= ?1
             AND (?2 IS NULL OR project = ?2) ORDER BY active DESC LIMIT ?3"
        )
    };
    let before = wanted.before.map_or(i64::MAX, |time| time.0);
    let mut all = cards(
        conn,
        &select("TRUE"),
        params![before, project, wanted.limit],
    )?;
    // Asked for by itself: a card that cannot be read counts too.
    let reaches = conn
        .prepare_cached(
            "SELECT active FROM card WHERE state <> 'archived' AND active <= ?1
             AND (?2 IS NULL OR project = ?2) ORDER BY active DESC LIMIT 1 OFFSET ?3",
        )?
        .query_row(
            params![before, project, wanted.limit.saturating_sub(1)],
            |row| row.get(0).map(Time),
        )
        .optional()?;
    if wanted.before.is_none() {
        let mut known: HashSet<SessionId> = all.iter().map(|card| card.id).collect();
        for which in [
            "state IN ('working', 'waiting', 'paused')",
            "(pinned OR unseen OR temporary)",
        ] {
            let more = cards(conn, &select(which), params![before, project, MOST])?;
            all.extend(more.into_iter().filter(|card| known.insert(card.id)));
        }
        all.sort_by_key(|card| std::cmp::Reverse(card.active));
    }
    let count = |which: &str| {
        let sql =
            format!("SELECT count(*) FROM card WHERE {which} AND (?1 IS NULL OR project = ?1)");
        conn.prepare_cached(&sql)?
            .query_row([project], |row| row.get::<_, i64>(0))
            .map(i64::unsigned_abs)
    };
    let total = count("state <> 'archived'")?;
    Ok(Shelf {
        cards: all,
        reaches,
        total,
        archived: count("TRUE")?.saturating_sub(total),
        elsewhere: Vec::new(),
        zone: 0,
    })
}

/// With words: every session is looked at, the archived too.
fn found(
    conn: &Connection,
    wanted: &Wanted,
    mut words: Words,
    project: Option<&str>,
) -> rusqlite::Result<Shelf> {
    let sql = format!(
        "SELECT {CARD} FROM card WHERE active <= ?1 AND (?2 IS NULL OR project = ?2) ORDER BY active DESC"
    );
    let before = wanted.before.map_or(i64::MAX, |time| time.0);
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params![before, project])?;
    let mut shelf = Shelf::default();
    while let Some(row) = rows.next()? {
        let id = session_id(row, 0)?.short();
        // Title, state, model, folder, what it is at.
        let [title, state, model, folder, gist] = [1, 2, 3, 4, 12].map(|at| borrowed(row, at));
        if !words.are_in(&[&id, &*title?, &*state?, &*model?, &*folder?, &*gist?]) {
            continue;
        }
        shelf.total += 1;
        if shelf.cards.len() < wanted.limit as usize {
            match card(row) {
                Ok(card) => shelf.cards.push(card),
                Err(error) => tracing::warn!("a session's card cannot be read: {error}"),
            }
        }
    }
    Ok(shelf)
}
