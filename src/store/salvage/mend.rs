//! What follows from the rows that were saved: which facts can be read, which sessions they belong to, their cards, the
//! ledger, and who uses which blob.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::agent::digest;
use crate::agent::unmarked;
use crate::agent::visible::{first_line, one_line};
use crate::protocol::event::{Ending, Fact};
use crate::protocol::id::{ModelRef, SessionId};
use crate::protocol::item::{Item, joined};
use crate::protocol::money::Amounts;
use crate::protocol::session::{Card, Change, OURS, State};
use crate::protocol::time::Time;
use crate::protocol::usage::Basis;
use crate::store::append::write_card;
use crate::store::blob;
use crate::store::ledger::{self, Place};
use crate::store::packed;
use crate::store::read::{CARD, cards};
use crate::store::salvage::Rescue;
use crate::store::upcast::{Unread, decode};

/// `highest` is the last number the old log gave, 0 when that could not be read either.
pub(crate) fn run(conn: &Connection, highest: i64) -> rusqlite::Result<Rescue> {
    drop_false_blobs(conn)?;
    // A number above the last one given is damage, and would push all later ones behind it.
    if highest > 0 {
        conn.execute("DELETE FROM event WHERE seq > ?", [highest])?;
    }
    let mut sketches: BTreeMap<i64, Sketch> = BTreeMap::new();
    let mut after = 0;
    while let Some(kept) = next_event(conn, after)? {
        after = kept.seq;
        let Some(body) = &kept.body else {
            conn.execute("DELETE FROM event WHERE seq = ?", [kept.seq])?;
            continue;
        };
        if let Some(name) = &kept.blob {
            blob::note_use(conn, kept.session, name)?;
        }
        match decode(&kept.kind, kept.version, body) {
            Ok(fact) => {
                settle(conn, &kept.place(), kept.seq, &fact)?;
                sketches
                    .entry(kept.session)
                    .or_insert_with(|| Sketch::new(kept.at))
                    .follow(kept.at, &fact);
            }
            // Kept as it is for the Creel that wrote it.
            Err(Unread::Newer) => {}
            Err(Unread::Broken(_)) => {
                conn.execute("DELETE FROM event WHERE seq = ?", [kept.seq])?;
            }
        }
    }
    conn.execute_batch(
        "DELETE FROM blob WHERE hash NOT IN (SELECT hash FROM blob_use);
         DELETE FROM blob_use WHERE hash NOT IN (SELECT hash FROM blob);
         DELETE FROM session_state;",
    )?;
    name_sessions(conn, &sketches)?;
    for (session, sketch) in sketches {
        let id = id_of(conn, session)?;
        let Some(id) = id else { continue };
        // One that was saved says more than the facts alone, as what was looked at; where it can be read, and a session that
        // opens stands behind it.
        let sql = format!("SELECT {CARD} FROM card WHERE session = ?");
        let kept = cards(conn, &sql, [session])?.pop();
        let is_true = kept.is_some_and(|card| card.id == id && sketch.opened);
        if !is_true {
            conn.execute("DELETE FROM card WHERE session = ?", [session])?;
            write_card(conn, session, &sketch.card(id))?;
        }
    }
    keep_numbers(conn, highest)?;
    count(conn, highest)
}

/// No session is believed to have been at work for longer than a year of milliseconds, where its times may be damaged.
const LONGEST: i64 = 365 * 24 * 3_600_000;

struct Kept {
    seq: i64,
    session: i64,
    at: i64,
    /// The day in UTC: which local day it was, the log does not say.
    day: String,
    kind: String,
    version: u32,
    /// `None` when it lay in a blob that is lost.
    body: Option<String>,
    blob: Option<String>,
}

impl Kept {
    fn place(&self) -> Place<'_> {
        Place {
            session: self.session,
            at: Time(self.at),
            day: &self.day,
        }
    }
}

fn next_event(conn: &Connection, after: i64) -> rusqlite::Result<Option<Kept>> {
    conn.prepare_cached(
        "SELECT seq, session, at, ifnull(date(at / 1000, 'unixepoch'), ''), kind, version,
         CAST(ifnull(body, (SELECT bytes FROM blob WHERE hash = event.blob)) AS BLOB), blob
         FROM event WHERE seq > ? ORDER BY seq LIMIT 1",
    )?
    .query_row([after], |row| {
        Ok(Kept {
            seq: row.get(0)?,
            session: row.get(1)?,
            at: row.get(2)?,
            day: row.get(3)?,
            kind: row.get(4)?,
            version: row.get::<_, i64>(5)?.try_into().unwrap_or(u32::MAX),
            body: row
                .get::<_, Option<Vec<u8>>>(6)?
                .map(|bytes| packed::text(&bytes).into_owned()),
            blob: row.get(7)?,
        })
    })
    .optional()
}

/// Bytes that do not have the hash they are kept under are not what was written.
fn drop_false_blobs(conn: &Connection) -> rusqlite::Result<()> {
    let mut after = 0_i64;
    loop {
        let next: Option<(i64, String, Vec<u8>)> = conn
            .prepare_cached(
                "SELECT rowid, hash, bytes FROM blob WHERE rowid > ? ORDER BY rowid LIMIT 1",
            )?
            .query_row([after], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((row, name, bytes)) = next else {
            return Ok(());
        };
        after = row;
        if digest::hex(&packed::named(&name, bytes)) != name {
            conn.execute("DELETE FROM blob WHERE rowid = ?", [row])?;
        }
    }
}

/// Ledger rows and uses of blobs that were lost, from the facts they followed from.
fn settle(conn: &Connection, place: &Place<'_>, seq: i64, fact: &Fact) -> rusqlite::Result<()> {
    for image in fact.images() {
        blob::note_use(conn, place.session, &image.hash)?;
    }
    let known = match fact {
        Fact::ModelCalled { .. } => conn
            .prepare_cached("SELECT 1 FROM ledger WHERE seq = ?")?
            .exists([seq])?,
        Fact::ModelAnswered {
            turn,
            step,
            attempt,
            ..
        } => conn
            .prepare_cached(
                "SELECT 1 FROM ledger WHERE session = ? AND turn = ? AND step = ? AND attempt = ? AND counted NOT NULL",
            )?
            .exists(params![place.session, turn, step, attempt])?,
        Fact::ItemAdded {
            item: Item::Result { outcome, .. } | Item::Shell { outcome, .. },
            ..
        } => {
            if let Some(whole) = &outcome.whole {
                blob::note_use(conn, place.session, &whole.hash)?;
            }
            true
        }
        _ => false,
    };
    if known {
        return Ok(());
    }
    ledger::follow(conn, *place, seq, fact, None)
}

/// A session whose id is lost gets it back from its card; else a new one, made from what it holds so that it is the same
/// however often the rescue is repeated.
fn name_sessions(conn: &Connection, sketches: &BTreeMap<i64, Sketch>) -> rusqlite::Result<()> {
    conn.execute_batch("INSERT OR IGNORE INTO session(key, id) SELECT session, id FROM card")?;
    for (&session, sketch) in sketches {
        if id_of(conn, session)?.is_none() {
            let digest = digest::hex(format!("{session} {}", sketch.created).as_bytes());
            let mut random = [0; 10];
            for (byte, digit) in random.iter_mut().zip(digest.bytes()) {
                *byte = digit;
            }
            let millis = u64::try_from(sketch.created).unwrap_or(0);
            let id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
            conn.execute(
                "INSERT OR IGNORE INTO session(key, id) VALUES (?, ?)",
                params![session, id.as_bytes()],
            )?;
        }
    }
    Ok(())
}

fn id_of(conn: &Connection, session: i64) -> rusqlite::Result<Option<SessionId>> {
    conn.prepare_cached("SELECT id FROM session WHERE key = ?")?
        .query_row([session], |row| row.get::<_, [u8; 16]>(0))
        .optional()
        .map(|id| id.map(|bytes| SessionId(Uuid::from_bytes(bytes))))
}

/// Numbers once given are never given again, even when the last of them are lost.
fn keep_numbers(conn: &Connection, highest: i64) -> rusqlite::Result<()> {
    conn.execute(
        "INSERT INTO sqlite_sequence(name, seq) SELECT 'event', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'event')",
        [],
    )?;
    conn.execute(
        "UPDATE sqlite_sequence SET seq = max(?, (SELECT ifnull(max(seq), 0) FROM event), (SELECT ifnull(max(seq), 0) FROM ledger))
         WHERE name = 'event'",
        [highest],
    )?;
    Ok(())
}

/// Numbers that were given and are neither there nor purged are lost.
fn count(conn: &Connection, highest: i64) -> rusqlite::Result<Rescue> {
    let one = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0));
    let events = one("SELECT count(*) FROM event")?;
    let last = highest.max(one("SELECT ifnull(max(seq), 0) FROM event")?);
    let purged = one("SELECT ifnull(max(value), 0) FROM tally WHERE name = 'purged'")?;
    let sessions = one("SELECT count(DISTINCT session) FROM event")?;
    let there: BTreeSet<i64> = conn
        .prepare("SELECT key FROM session WHERE purged = 1 UNION SELECT session FROM event")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let lost_sessions = one("SELECT count(*) FROM session")?
        - one(
            "SELECT count(*) FROM session WHERE purged = 1 OR key IN (SELECT session FROM event)",
        )?;
    let gaps = there.last().copied().unwrap_or(0) - there.len() as i64 - lost_sessions;
    Ok(Rescue {
        sessions: sessions.unsigned_abs(),
        events: events.unsigned_abs(),
        lost_sessions: (lost_sessions + gaps.max(0)).max(0).unsigned_abs(),
        lost_events: (last - events - purged).max(0).unsigned_abs(),
        end_known: highest > 0,
    })
}

/// Enough of a session for its row in the list, when its card is lost.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
struct Sketch {
    /// The fact that opened it was saved; without it the session is there to read and cannot go on.
    opened: bool,
    created: i64,
    active: i64,
    title: String,
    named: bool,
    state: State,
    model: ModelRef,
    cwd: PathBuf,
    project: PathBuf,
    parent: Option<SessionId>,
    turns: u32,
    cost: Amounts,
    unpriced: u32,
    included: u32,
    list: Amounts,
    gist: String,
    archived: bool,
    pinned: bool,
    temporary: bool,
    steps: u32,
    estimated: bool,
    list_estimated: bool,
    source: String,
}

impl Sketch {
    fn new(at: i64) -> Self {
        Self {
            opened: false,
            created: at,
            active: at,
            title: String::new(),
            named: false,
            state: State::Done,
            model: ModelRef {
                provider: "unknown".to_owned(),
                model: "unknown".to_owned(),
            },
            cwd: PathBuf::from("/"),
            project: PathBuf::from("/"),
            parent: None,
            turns: 0,
            cost: Amounts::default(),
            unpriced: 0,
            included: 0,
            list: Amounts::default(),
            gist: String::new(),
            archived: false,
            pinned: false,
            temporary: false,
            steps: 0,
            estimated: false,
            list_estimated: false,
            source: OURS.to_owned(),
        }
    }

    fn follow(&mut self, at: i64, fact: &Fact) {
        self.active = self.active.max(at);
        match fact {
            Fact::SessionOpened { spec } => {
                self.opened = true;
                self.model = spec.model.clone();
                if let Some(source) = &spec.source {
                    self.source.clone_from(source);
                }
                self.cwd.clone_from(&spec.cwd);
                self.project.clone_from(&spec.project);
                self.parent = spec.parent;
            }
            Fact::SessionChanged { change } => match change {
                Change::Model { model } => self.model = model.clone(),
                Change::Title { title } => {
                    self.title = one_line(title);
                    self.named = true;
                }
                Change::TakenUp { cwd, project, .. } => {
                    self.cwd.clone_from(cwd);
                    self.project.clone_from(project);
                }
                Change::Archived { archived } => self.archived = *archived,
                Change::Pinned { pinned } => self.pinned = *pinned,
                Change::Temporary { temporary } => self.temporary = *temporary,
                _ => {}
            },
            Fact::TurnStarted { turn } => {
                self.turns = self.turns.max(*turn);
                // Until its end is found: so that a turn without one is closed like after any crash.
                self.state = State::Working;
            }
            Fact::ItemAdded { item, .. } => match item {
                Item::Prompt { blocks, .. } if self.title.is_empty() && !self.named => {
                    self.title = first_line(&joined(blocks));
                }
                Item::Answer { text, .. } => self.gist = unmarked::first_line(text),
                _ => {}
            },
            Fact::ModelCalled {
                step: 1..,
                attempt,
                model,
                ..
            } => {
                self.steps += u32::from(*attempt == 1);
                if !self.opened {
                    self.model = model.clone();
                }
            }
            Fact::ModelAnswered { charge, .. } => match (charge.money, charge.basis) {
                (_, Basis::Play) => {}
                (list, basis) if basis.is_included() => {
                    self.included += 1;
                    self.list_estimated |= basis.is_estimated();
                    if let Some(money) = list {
                        self.list.add(money);
                    }
                }
                (Some(money), basis) => {
                    self.estimated |= basis.is_estimated();
                    self.cost.add(money);
                }
                (None, _) => self.unpriced += 1,
            },
            Fact::TurnEnded { ending, .. } => {
                self.state = match ending {
                    Ending::Finished | Ending::Denied => State::Done,
                    Ending::Failed { .. } => State::Failed,
                    Ending::Budget | Ending::Limit { .. } => State::Paused,
                    Ending::Interrupted { .. } => State::Interrupted,
                };
            }
            _ => {}
        }
    }

    fn card(mut self, id: SessionId) -> Card {
        if !self.opened {
            // Nothing will ever close it, and a damaged time may stand in what was saved.
            if self.state == State::Working {
                self.state = State::Interrupted;
            }
            if let Some(made) = id.0.get_timestamp() {
                let (seconds, nanos) = made.to_unix();
                let made = seconds.saturating_mul(1000) + u64::from(nanos / 1_000_000);
                self.created = i64::try_from(made).unwrap_or(self.created);
                self.active = self
                    .active
                    .clamp(self.created, self.created.saturating_add(LONGEST));
            }
        }
        Card {
            id,
            title: self.title,
            state: if self.archived {
                State::Archived
            } else {
                self.state
            },
            model: self.model,
            cwd: self.cwd,
            project: self.project,
            created: Time(self.created),
            active: Time(self.active),
            turns: self.turns,
            cost: self.cost,
            unpriced: self.unpriced,
            included: self.included,
            list: self.list,
            parent: self.parent,
            gist: self.gist,
            pinned: self.pinned,
            temporary: self.temporary,
            // Whether it was looked at since is not looked for.
            unseen: false,
            steps: self.steps,
            estimated: self.estimated,
            list_estimated: self.list_estimated,
            source: self.source.clone(),
        }
    }
}
