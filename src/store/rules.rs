//! The rules that were kept: a table beside the log, because they hold in all sessions and processes of the home at once and
//! outlive the session they were kept in. What the log says of them (kept, used) is written in the transaction of that fact.
//! A rule that was taken away stays as a row, so that its number never means another.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Deserialize;
use uuid::Uuid;

use crate::protocol::call::{OutcomeKind, ToolCall};
use crate::protocol::event::{Event, Fact};
use crate::protocol::id::{CallId, Seq, SessionId};
use crate::protocol::item::Item;
use crate::protocol::rule::{Bounds, By, Effect, KeptRule, Rule, Scope};
use crate::protocol::session::Change;
use crate::protocol::time::Time;
use crate::store::fault::StoreError;
use crate::store::ledger::word;
use crate::store::read::{EVENT, Reader, all, body, borrowed, number, session_id, text};

/// Events that are passed over for calls of before: for most homes weeks of work. An index would cost every commit a page.
const PASSED: u32 = 60_000;
/// Calls that a rule is tried on at most, the newest.
const CALLS: u32 = 10_000;

/// A rule to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keep {
    pub effect: Effect,
    pub text: String,
    pub bounds: Bounds,
    pub since: Time,
    pub until: Option<Time>,
    pub from: Option<(SessionId, CallId)>,
}

/// What is done with the table beside facts; the answer names the rules it was done with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Deed {
    Keep(Keep),
    Remove { numbers: Vec<u32>, at: Time },
}

/// A call of before, and how it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct PastCall {
    pub session: SessionId,
    pub at: Time,
    pub cwd: String,
    pub project: String,
    pub call: ToolCall,
    /// None while it is open.
    pub ended: Option<OutcomeKind>,
    /// The person said no to it.
    pub refused: bool,
}

/// Follows one fact; most say nothing of rules.
pub(crate) fn follow(
    conn: &Connection,
    (session, at): (SessionId, Time),
    fact: &Fact,
) -> rusqlite::Result<()> {
    match fact {
        Fact::SessionChanged {
            change:
                Change::RuleKept {
                    rule,
                    bounds: Some(bounds),
                    until,
                    call,
                },
        } => {
            let keep = Keep {
                effect: rule.effect,
                text: rule.text.clone(),
                bounds: bounds.as_ref().clone(),
                since: at,
                until: *until,
                from: call.clone().map(|call| (session, call)),
            };
            insert(conn, &keep).map(drop)
        }
        Fact::CallStarted {
            by: Some(By::Rules { rules }),
            ..
        } => count(conn, rules, at),
        // A call that a rule denied never began.
        Fact::ItemAdded {
            item: Item::Result { outcome, .. },
            ..
        } => match &outcome.by {
            Some(By::Rules { rules }) if outcome.kind == OutcomeKind::Denied => {
                count(conn, rules, at)
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// One more use of each.
fn count(conn: &Connection, rules: &[Rule], at: Time) -> rusqlite::Result<()> {
    for number in rules.iter().filter_map(|rule| rule.number) {
        conn.prepare_cached("UPDATE rule SET used = used + 1, last_used = ? WHERE number = ?")?
            .execute(params![at.0, number])?;
    }
    Ok(())
}

pub(crate) fn run(conn: &Connection, deed: &Deed) -> rusqlite::Result<Vec<u32>> {
    match deed {
        Deed::Keep(keep) => Ok(vec![insert(conn, keep)?]),
        Deed::Remove { numbers, at } => {
            let mut gone = Vec::new();
            for number in numbers {
                let changed = conn
                    .prepare_cached(
                        "UPDATE rule SET removed = ? WHERE number = ? AND removed IS NULL",
                    )?
                    .execute(params![at.0, number])?;
                if changed > 0 {
                    gone.push(*number);
                }
            }
            Ok(gone)
        }
    }
}

/// One that says the same within the same bounds takes the place of the one there is.
fn insert(conn: &Connection, keep: &Keep) -> rusqlite::Result<u32> {
    let (scope, bound) = (keep.bounds.scope().name(), bound(&keep.bounds));
    let there: Option<u32> = conn
        .prepare_cached(
            "SELECT number FROM rule WHERE removed IS NULL AND effect = ? AND text = ? AND scope = ? AND bound IS ?",
        )?
        .query_row(params![word(&keep.effect), keep.text, scope, bound], |row| {
            row.get(0)
        })
        .optional()?;
    if let Some(number) = there {
        conn.prepare_cached("UPDATE rule SET since = ?, until = ? WHERE number = ?")?
            .execute(params![keep.since.0, keep.until.map(|time| time.0), number])?;
        return Ok(number);
    }
    let (session, call) = keep.from.clone().unzip();
    conn.prepare_cached(
        "INSERT INTO rule(effect, text, scope, bound, since, until, session, call) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        word(&keep.effect),
        keep.text,
        scope,
        bound,
        keep.since.0,
        keep.until.map(|time| time.0),
        session.map(|session| *session.0.as_bytes()),
        call.map(|call| call.0),
    ])?;
    Ok(u32::try_from(conn.last_insert_rowid()).unwrap_or(u32::MAX))
}

/// Of a session that is purged nothing stays: its own rules go, and those it made forget where they come from.
pub(crate) fn purge(conn: &Connection, session: SessionId) -> rusqlite::Result<()> {
    conn.execute(
        "DELETE FROM rule WHERE scope = 'session' AND bound = ?",
        [session.to_string()],
    )?;
    conn.execute(
        "UPDATE rule SET session = NULL, call = NULL WHERE session = ?",
        [session.0.as_bytes()],
    )?;
    Ok(())
}

fn bound(bounds: &Bounds) -> Option<String> {
    match bounds {
        Bounds::Session { session } => Some(session.to_string()),
        Bounds::Worktree { folder } => Some(folder.to_string_lossy().into_owned()),
        Bounds::Repository { project } | Bounds::Project { project } => {
            Some(project.to_string_lossy().into_owned())
        }
        Bounds::Everywhere => None,
    }
}

impl Reader {
    /// The rules that were kept and not taken away, in the order they were kept. Those past their end are among them.
    pub fn kept_rules(&self) -> Result<Vec<KeptRule>, StoreError> {
        self.ask(Vec::new(), kept_in)
    }

    /// The newest calls of all sessions with how they ended, the newest first, and whether there may be older ones.
    pub fn past_calls(&self) -> Result<(Vec<PastCall>, bool), StoreError> {
        self.ask((Vec::new(), false), past_calls)
    }

    /// What was decided on calls since a time, the newest first: facts of calls that began or were denied, and of what was changed
    /// before. What a call that ran came to is not read: it is the most of a log. A no lies in no blob, since it has few words, and is not packed. At most `limit` of those before a
    /// fact, where one is named: a day is read page by page.
    pub fn decided(
        &self,
        since: Time,
        before: Option<Seq>,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        let sql = format!(
            "SELECT {EVENT}, session.id FROM event JOIN session ON session.key = event.session
             LEFT JOIN blob ON blob.hash = event.blob
             WHERE event.seq > ?3 AND event.seq < ?4 AND event.at >= ?1
             AND (event.kind = 'call_started' OR event.item = 'call'
                  OR (event.kind = 'ask_answered' AND event.blob IS NULL AND instr(event.body, '\"edited\"') > 0)
                  OR (event.item = 'result' AND typeof(event.body) = 'text' AND instr(event.body, '\"denied\"') > 0))
             ORDER BY event.seq DESC LIMIT ?2"
        );
        self.ask(Vec::new(), |conn| {
            let (first, end) = (first_since(conn, since)?, before.map_or(i64::MAX, number));
            all(conn, &sql, [since.0, i64::from(limit), first, end])
        })
    }
}

/// A fact that none of those since a time lies before, found in strides from the end: there is no index by time. Facts of several
/// processes may lie in another order than their times, but not a stride apart.
fn first_since(conn: &Connection, since: Time) -> rusqlite::Result<i64> {
    let last: Option<i64> = conn.query_row("SELECT max(seq) FROM event", [], |row| row.get(0))?;
    let mut first = last.unwrap_or(0);
    let mut at = conn.prepare_cached("SELECT at FROM event WHERE seq > ?1 ORDER BY seq LIMIT 1")?;
    loop {
        first -= i64::from(PASSED);
        if first <= 0 {
            return Ok(0);
        }
        if at.query_row([first], |row| row.get::<_, i64>(0))? < since.0 {
            return Ok(first);
        }
    }
}

pub(crate) fn kept_in(conn: &Connection) -> rusqlite::Result<Vec<KeptRule>> {
    let mut statement = conn.prepare_cached(
        "SELECT number, effect, text, scope, bound, since, until, session, call, used, last_used FROM rule
         WHERE removed IS NULL ORDER BY number",
    )?;
    let mut rows = statement.query([])?;
    let mut rules = Vec::new();
    while let Some(row) = rows.next()? {
        rules.extend(kept(row)?);
    }
    Ok(rules)
}

/// A row whose words are of a newer Creel holds nothing here.
fn kept(row: &Row<'_>) -> rusqlite::Result<Option<KeptRule>> {
    let effect = serde_json::from_value(serde_json::Value::String(text(row, 1)?));
    let scope = text(row, 3)?;
    let mut known = Scope::KEPT.into_iter().chain([Scope::Project]);
    let scope = known.find(|known| known.name() == scope);
    let bound: Option<String> = row.get(4)?;
    let bounds = match (scope, bound) {
        (Some(Scope::Session), Some(id)) => {
            let session = id.parse().ok();
            session.map(|session| Bounds::Session { session })
        }
        (Some(Scope::Worktree), Some(folder)) => Some(Bounds::Worktree {
            folder: folder.into(),
        }),
        (Some(Scope::Repository), Some(project)) => Some(Bounds::Repository {
            project: project.into(),
        }),
        (Some(Scope::Project), Some(project)) => Some(Bounds::Project {
            project: project.into(),
        }),
        (Some(Scope::Everywhere), None) => Some(Bounds::Everywhere),
        _ => None,
    };
    let (Ok(effect), Some(bounds)) = (effect, bounds) else {
        return Ok(None);
    };
    let session: Option<Vec<u8>> = row.get(7)?;
    let session = session.and_then(|bytes| Uuid::from_slice(&bytes).ok());
    let call: Option<String> = row.get(8)?;
    Ok(Some(KeptRule {
        number: row.get(0)?,
        effect,
        text: text(row, 2)?,
        bounds,
        since: Time(row.get(5)?),
        until: row.get::<_, Option<i64>>(6)?.map(Time),
        from: session.map(SessionId).zip(call.map(CallId)),
        used: row.get::<_, i64>(9)?.unsigned_abs(),
        last_used: row.get::<_, Option<i64>>(10)?.map(Time),
    }))
}

/// As much of a result as tells how its call ended: outputs are long, and there are thousands.
#[derive(Deserialize)]
struct Ended {
    item: EndedItem,
}

#[derive(Deserialize)]
struct EndedItem {
    call: CallId,
    outcome: EndedOutcome,
}

#[derive(Deserialize)]
struct EndedOutcome {
    kind: OutcomeKind,
    text: String,
    #[serde(default)]
    by: Option<By>,
}

/// How the model was told of a no, before facts said whose it was.
const SAID_NO: &str = "the person said no";

fn past_calls(conn: &Connection) -> rusqlite::Result<(Vec<PastCall>, bool)> {
    let last: Option<i64> = conn.query_row("SELECT max(seq) FROM event", [], |row| row.get(0))?;
    let first = last.unwrap_or(0) - i64::from(PASSED);
    let mut statement = conn.prepare_cached(
        "SELECT event.at, event.item, event.body, blob.bytes, session.id, card.cwd, card.project
         FROM event JOIN session ON session.key = event.session JOIN card ON card.session = event.session
         LEFT JOIN blob ON blob.hash = event.blob
         WHERE event.seq > ?1 AND event.item IN ('call', 'result') ORDER BY event.seq DESC",
    )?;
    let mut rows = statement.query([number(Seq(first.max(0).unsigned_abs()))])?;
    let mut ends = std::collections::HashMap::new();
    let mut calls = Vec::new();
    let mut cut = first > 0;
    while let Some(row) = rows.next()? {
        let session = session_id(row, 4)?;
        let body = body(row, (2, 3))?;
        if borrowed(row, 1)? == "result" {
            if let Ok(Ended { item }) = serde_json::from_str::<Ended>(&body) {
                let said = item.outcome;
                let refused = said.kind == OutcomeKind::Denied
                    && said
                        .by
                        .map_or(said.text.starts_with(SAID_NO), |by| by == By::Person);
                ends.insert((session, item.call), (said.kind, refused));
            }
            continue;
        }
        if calls.len() == CALLS as usize {
            cut = true;
            break;
        }
        let Ok(Asked { item: call }) = serde_json::from_str::<Asked>(&body) else {
            continue;
        };
        let (ended, refused) = ends.remove(&(session, call.id.clone())).unzip();
        calls.push(PastCall {
            session,
            at: Time(row.get(0)?),
            cwd: text(row, 5)?,
            project: text(row, 6)?,
            call,
            ended,
            refused: refused.unwrap_or(false),
        });
    }
    Ok((calls, cut))
}

#[derive(Deserialize)]
struct Asked {
    item: ToolCall,
}
