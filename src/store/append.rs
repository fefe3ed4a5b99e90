//! One batch inside the writer's transaction: its facts, its reservation, and all that must never lie about them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, params};

use crate::agent::digest;
use crate::protocol::call::OutcomeKind;
use crate::protocol::event::{Event, Fact};
use crate::protocol::id::{ModelRef, Seq, SessionId};
use crate::protocol::item::Item;
use crate::protocol::session::Card;
use crate::protocol::time::Time;
use crate::store::blob;
use crate::store::calls;
use crate::store::fault::StoreError;
use crate::store::imports;
use crate::store::ledger::{self, Place};
use crate::store::packed::Packer;
use crate::store::rules;
use crate::store::schema::INLINE;
use crate::store::upcast::{self, Encoded};
use crate::store::{Appended, Batch, Derived, Reservation};

/// A batch with its facts as text and its blobs named: all work that needs no lock is done by whoever appends.
pub(crate) struct Entry {
    batch: Batch,
    facts: Vec<Form>,
    reserved: Vec<Form>,
    blobs: Vec<String>,
}

/// A fact in the form it is kept in.
struct Form {
    encoded: Encoded,
    /// Where it is not the text in its row.
    other: Option<Other>,
}

enum Other {
    /// In its row.
    Packed(Vec<u8>),
    /// Under a hash beside it, as it is or packed.
    Beside(String, Option<Vec<u8>>),
}

impl Form {
    fn new(fact: &Fact, packs: Option<&mut Packer>) -> Result<Self, StoreError> {
        let encoded = upcast::encode(fact).map_err(StoreError::Unfit)?;
        let packed = packs
            .filter(|_| may_be_packed(fact))
            .and_then(|packs| packs.pack(encoded.body.as_bytes()));
        let kept = packed.as_ref().map_or(encoded.body.len(), Vec::len);
        let other = if kept > INLINE {
            Some(Other::Beside(digest::hex(encoded.body.as_bytes()), packed))
        } else {
            packed.map(Other::Packed)
        };
        Ok(Self { encoded, other })
    }
}

/// What was said and done is long; of all else, and of each no, the words are looked for where they are kept.
fn may_be_packed(fact: &Fact) -> bool {
    match fact {
        Fact::ItemAdded {
            item: Item::Result { outcome, .. },
            ..
        } => outcome.kind != OutcomeKind::Denied,
        Fact::ItemAdded { .. } => true,
        _ => false,
    }
}

/// Why a batch was not kept.
#[derive(Debug)]
pub(crate) enum Trouble {
    Sql(rusqlite::Error),
    Unfit(String),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl Entry {
    pub(crate) fn new(mut batch: Batch) -> Result<Self, StoreError> {
        let mut packs = batch.import.is_some().then(Packer::new);
        let mut formed = |facts: &[Fact]| -> Result<Vec<Form>, StoreError> {
            let form = |fact| Form::new(fact, packs.as_mut());
            facts.iter().map(form).collect()
        };
        let facts = formed(&batch.facts)?;
        let reserved = batch.reserved.as_ref();
        let reserved = formed(reserved.map_or(&[][..], |reservation| &reservation.facts))?;
        let blobs = batch.blobs.iter().map(|bytes| digest::hex(bytes)).collect();
        if let Some(packs) = &mut packs {
            for bytes in &mut batch.blobs {
                if let Some(packed) = packs.pack(bytes) {
                    *bytes = packed;
                }
            }
        }
        Ok(Self {
            batch,
            facts,
            reserved,
            blobs,
        })
    }

    pub(crate) fn write(self, conn: &Connection) -> Result<Appended, Trouble> {
        let Batch {
            session: id,
            at,
            day,
            facts,
            reserved,
            blobs,
            derive,
            clears_draft,
            outcomes_after,
            import,
        } = self.batch;
        let session = session_key(conn, id)?;
        let place = Place {
            session,
            at,
            day: &day,
        };
        let mut events = Vec::with_capacity(facts.len() + self.reserved.len());
        let when = |nth: usize| {
            let import = import.as_ref()?;
            Some((*import.times.get(nth)?, import.days.get(nth)?.as_str()))
        };
        for (nth, (fact, form)) in facts.into_iter().zip(&self.facts).enumerate() {
            let (at, day) = when(nth).unwrap_or((at, &day));
            let happened = if import.is_some() {
                Happened::Elsewhere
            } else {
                Happened::Here(None)
            };
            events.push(insert(
                conn,
                Place { at, day, ..place },
                id,
                fact,
                form,
                happened,
            )?);
        }
        if let Some(import) = &import {
            imports::note(conn, session, import)?;
        }
        let mut over = None;
        if let Some(reservation) = reserved {
            over = ledger::over(conn, place, &reservation)?;
            if over.is_none() {
                let Reservation { amount, facts, .. } = reservation;
                for (fact, form) in facts.into_iter().zip(&self.reserved) {
                    let happened = Happened::Here(Some(amount));
                    events.push(insert(conn, place, id, fact, form, happened)?);
                }
            }
        }
        for (name, bytes) in self.blobs.iter().zip(&blobs) {
            blob::keep(conn, session, name, bytes)?;
        }
        // A fault in the derivation must not end the thread that writes for all sessions.
        let derived = catch_unwind(AssertUnwindSafe(|| derive(&events)))
            .map_err(|_| Trouble::Unfit("its card could not be worked out".to_owned()))?;
        if let Some(derived) = derived {
            write_derived(conn, session, &derived, events.last())?;
        }
        if clears_draft {
            conn.prepare_cached("DELETE FROM draft WHERE name = ?")?
                .execute([step_draft(id)])?;
        }
        // An old row that cannot be read must not keep new facts from the log.
        let outcomes = outcomes_after.and_then(|after| calls::outcomes(conn, after).ok());
        Ok(Appended {
            events,
            over,
            outcomes,
        })
    }

    pub(crate) fn cleared_draft(&self) -> Option<String> {
        self.batch
            .clears_draft
            .then(|| step_draft(self.batch.session))
    }
}

/// The name of the draft that holds the text streamed so far.
pub fn step_draft(session: SessionId) -> String {
    format!("step:{session}")
}

/// The name of the draft that holds what is typed and not sent; `None` before there is a session.
pub fn composer_draft(session: Option<SessionId>) -> String {
    session.map_or_else(|| "composer".to_owned(), |id| format!("composer:{id}"))
}

/// The name of the draft that holds a text that was put by.
pub fn stash_draft(id: SessionId) -> String {
    format!("{STASH}{id}")
}

/// Begins the name of every such draft.
pub(crate) const STASH: &str = "stash:";

/// The name under which it is kept what the server of a model told of its window and of pictures: like a draft it is no fact, and the newest holds.
pub fn window_draft(model: &ModelRef) -> String {
    format!("{WINDOW}{model}")
}

/// Begins each such name.
pub(crate) const WINDOW: &str = "window:";

/// The integer a session has in the tables.
pub(crate) fn session_key(conn: &Connection, id: SessionId) -> rusqlite::Result<i64> {
    if let Some(key) = find_session(conn, id)? {
        return Ok(key);
    }
    conn.prepare_cached("INSERT INTO session(id) VALUES (?)")?
        .execute([id.0.as_bytes()])?;
    Ok(conn.last_insert_rowid())
}

pub(crate) fn find_session(conn: &Connection, id: SessionId) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached("SELECT key FROM session WHERE id = ?")?
        .query_row([id.0.as_bytes()], |row| row.get(0))
        .optional()
}

/// Writes the card of a session. Most commits leave as it is what most indexes of the table look at: these are then not
/// touched, each of which is a page for the disk.
pub(crate) fn write_card(conn: &Connection, session: i64, card: &Card) -> rusqlite::Result<()> {
    let updated = conn
        .prepare_cached(
            "UPDATE card SET title = ?2, model = ?3, active = ?4, turns = ?5, cost = ?6, unpriced = ?7, gist = ?8,
             included = ?9, list = ?10, steps = ?11, estimated = ?12, list_estimated = ?22, source = ?23
             WHERE session = ?1 AND state = ?13 AND pinned = ?14 AND temporary = ?15 AND unseen = ?16 AND id = ?17
             AND cwd = ?18 AND project = ?19 AND created = ?20 AND parent IS ?21",
        )?
        .execute(params![
            session,
            card.title,
            card.model.to_string(),
            card.active.0,
            card.turns,
            serde_json::to_string(&card.cost).unwrap_or_default(),
            card.unpriced,
            card.gist,
            card.included,
            serde_json::to_string(&card.list).unwrap_or_default(),
            card.steps,
            card.estimated,
            card.state.name(),
            card.pinned,
            card.temporary,
            card.unseen,
            card.id.0.as_bytes(),
            card.cwd.to_string_lossy(),
            card.project.to_string_lossy(),
            card.created.0,
            card.parent.map(|parent| *parent.0.as_bytes()),
            card.list_estimated,
            card.source,
        ])?;
    if updated > 0 {
        return Ok(());
    }
    conn.prepare_cached(
        "INSERT INTO card(session, id, title, state, model, cwd, project, created, active, turns, cost, unpriced, parent, gist, included, list,
         pinned, temporary, unseen, steps, estimated, list_estimated, source)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)
         ON CONFLICT(session) DO UPDATE SET title = ?3, state = ?4, model = ?5, cwd = ?6, project = ?7, created = ?8,
         active = ?9, turns = ?10, cost = ?11, unpriced = ?12, parent = ?13, gist = ?14, included = ?15, list = ?16,
         pinned = ?17, temporary = ?18, unseen = ?19, steps = ?20, estimated = ?21, list_estimated = ?22, source = ?23",
    )?
    .execute(params![
        session,
        card.id.0.as_bytes(),
        card.title,
        card.state.name(),
        card.model.to_string(),
        card.cwd.to_string_lossy(),
        card.project.to_string_lossy(),
        card.created.0,
        card.active.0,
        card.turns,
        serde_json::to_string(&card.cost).unwrap_or_default(),
        card.unpriced,
        card.parent.map(|parent| *parent.0.as_bytes()),
        card.gist,
        card.included,
        serde_json::to_string(&card.list).unwrap_or_default(),
        card.pinned,
        card.temporary,
        card.unseen,
        card.steps,
        card.estimated,
        card.list_estimated,
        card.source,
    ])?;
    Ok(())
}

/// Where what a fact says happened.
#[derive(Debug, Clone, Copy)]
enum Happened {
    /// In this home, held against its budgets with so much.
    Here(Option<i64>),
    /// In another program or home: what it allowed there, it does not allow here.
    Elsewhere,
}

fn insert(
    conn: &Connection,
    place: Place<'_>,
    session: SessionId,
    fact: Fact,
    form: &Form,
    happened: Happened,
) -> rusqlite::Result<Event> {
    let encoded = &form.encoded;
    let (body, name) = match &form.other {
        None => (ValueRef::from(encoded.body.as_str()), None),
        Some(Other::Packed(bytes)) => (ValueRef::Blob(bytes), None),
        Some(Other::Beside(name, packed)) => {
            let bytes = packed.as_deref().unwrap_or(encoded.body.as_bytes());
            blob::keep(conn, place.session, name, bytes)?;
            (ValueRef::Null, Some(name))
        }
    };
    conn.prepare_cached(
        "INSERT INTO event(session, at, kind, version, item, body, blob) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        place.session,
        place.at.0,
        encoded.kind,
        encoded.version,
        encoded.item,
        ToSqlOutput::Borrowed(body),
        name
    ])?;
    let seq = conn.last_insert_rowid();
    match happened {
        Happened::Here(held) => {
            ledger::follow(conn, place, seq, &fact, held)?;
            rules::follow(conn, (session, place.at), &fact)?;
        }
        Happened::Elsewhere => {
            if matches!(fact, Fact::ModelCalled { .. } | Fact::ModelAnswered { .. }) {
                ledger::follow(conn, place, seq, &fact, None)?;
            }
        }
    }
    Ok(Event {
        seq: Seq(seq.unsigned_abs()),
        session,
        at: Time(place.at.0),
        fact,
    })
}

fn write_derived(
    conn: &Connection,
    session: i64,
    derived: &Derived,
    last: Option<&Event>,
) -> rusqlite::Result<()> {
    write_card(conn, session, &derived.card)?;
    if let (Some(state), Some(last)) = (&derived.state, last) {
        conn.prepare_cached(
            "INSERT INTO session_state(session, seq, version, body) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT(session) DO UPDATE SET seq = ?2, version = ?3, body = ?4",
        )?
        .execute(params![
            session,
            last.seq.0 as i64,
            state.version,
            state.body
        ])?;
    }
    Ok(())
}
