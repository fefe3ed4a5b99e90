//! Questions over many sessions at once: what was spent, and what was said.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use rusqlite::params;
use uuid::Uuid;

use crate::protocol::event::Fact;
use crate::protocol::id::{ModelRef, SessionId};
use crate::protocol::item::{Item, Origin, joined};
use crate::protocol::money::{Currency, Money};
use crate::protocol::query::{Sizes, SpendBy, SpendRow};
use crate::protocol::time::Time;
use crate::protocol::usage::Usage;
use crate::store::Day;
use crate::store::append::find_session;
use crate::store::fault::StoreError;
use crate::store::ledger;
use crate::store::read::{Reader, body, text};
use crate::store::upcast::decode;

impl Reader {
    /// The ledger in groups, from `since` and before `until`: days in rising order, all else the dearest first. A call not
    /// answered yet counts as one whose cost is unknown; play money, and calls that count as nothing until they are
    /// answered, are left out. The project of a purged session is empty.
    pub fn spend(
        &self,
        by: SpendBy,
        since: Option<Time>,
        until: Option<Time>,
        session: Option<SessionId>,
    ) -> Result<Vec<SpendRow>, StoreError> {
        let key = match by {
            SpendBy::Day => "ledger.day",
            SpendBy::Model => "ledger.provider || '/' || ledger.model",
            SpendBy::Provider => "ledger.provider",
            SpendBy::Session => "lower(hex(session.id))",
            SpendBy::Project => "ifnull(card.project, '')",
        };
        let sql = format!(
            "SELECT {key}, currency, ifnull(basis, '') IN ('included', 'included_estimated'), count(*), sum(input), sum(cache_read), sum(cache_write), sum(cache_write_long),
             sum(output), sum(reasoning), sum(charged >> 32), sum(charged & 4294967295), sum(charged IS NULL), sum(searches), sum(ifnull(basis, '') IN ('estimated', 'included_estimated'))
             FROM ledger LEFT JOIN session ON session.key = ledger.session LEFT JOIN card ON card.session = ledger.session
             WHERE ifnull(basis, '') <> 'play' AND NOT (basis IS NULL AND reserved IS NULL)
             AND ledger.at >= ?1 AND ledger.at < ?2 AND (?3 IS NULL OR ledger.session = ?3)
             GROUP BY 1, 2, 3"
        );
        let groups = self.ask(BTreeMap::new(), |conn| {
            let only = match session {
                None => None,
                // No session has the key 0, so one that is not there has no rows.
                Some(id) => Some(find_session(conn, id)?.unwrap_or(0)),
            };
            let mut groups: BTreeMap<String, SpendRow> = BTreeMap::new();
            let mut statement = conn.prepare_cached(&sql)?;
            let mut rows = statement.query(params![
                since.map_or(i64::MIN, |time| time.0),
                until.map_or(i64::MAX, |time| time.0),
                only,
            ])?;
            while let Some(row) = rows.next()? {
                let tokens = |column: usize| -> rusqlite::Result<u64> {
                    Ok(row
                        .get::<_, Option<i64>>(column)?
                        .unwrap_or(0)
                        .unsigned_abs())
                };
                let mut key = text(row, 0)?;
                if by == SpendBy::Session {
                    key = Uuid::parse_str(&key).map_or(key, |id| id.to_string());
                }
                let group = groups.entry(key.clone()).or_insert_with(|| SpendRow {
                    key,
                    ..SpendRow::default()
                });
                let (calls, covered) = (tokens(3)?, row.get::<_, bool>(2)?);
                group.calls += calls;
                group.usage.add(&Usage {
                    input: tokens(4)?,
                    cache_read: tokens(5)?,
                    cache_write: tokens(6)?,
                    cache_write_long: tokens(7)?,
                    output: tokens(8)?,
                    reasoning: row.get::<_, Option<i64>>(9)?.map(i64::unsigned_abs),
                    searches: tokens(13)?,
                });
                if let Ok(currency) = Currency::try_from(text(row, 1)?) {
                    let sum = if covered {
                        &mut group.list
                    } else {
                        &mut group.cost
                    };
                    sum.add(Money {
                        parts: ledger::joined(row.get(10)?, row.get(11)?),
                        currency,
                    });
                }
                if covered {
                    group.included += calls;
                    group.list_estimated += tokens(14)?;
                } else {
                    group.unknown += tokens(12)?;
                    group.estimated += tokens(14)?;
                }
            }
            Ok(groups)
        })?;
        let mut rows: Vec<SpendRow> = groups.into_values().collect();
        if by != SpendBy::Day {
            // Dollars first; what was paid in other currencies only decides between equals.
            let dearness = |row: &SpendRow| {
                let other = row.cost.without_usd().map(|money| money.parts).max();
                (row.cost.of(Currency::USD).parts, other)
            };
            rows.sort_by_key(|row| std::cmp::Reverse(dearness(row)));
        }
        Ok(rows)
    }

    /// Dollars charged and reserved on a local day, and what answers added to its limit.
    pub fn today(&self, day: &str) -> Result<Day, StoreError> {
        self.ask(Day::default(), |conn| {
            Ok(Day {
                used: ledger::used_on(conn, day)?,
                charged: ledger::charged_on(conn, day)?,
                estimated: ledger::is_estimated_on(conn, day)?,
                raised: ledger::raised(conn, day)?,
            })
        })
    }

    /// Dollars charged and reserved in a session, in parts: what its budget is checked against.
    pub fn used_in(&self, session: SessionId) -> Result<i64, StoreError> {
        self.ask(0, |conn| match find_session(conn, session)? {
            Some(key) => ledger::used_in(conn, key),
            None => Ok(0),
        })
    }

    /// When each model was asked last, as the ledger knows it; of those that ever answered, since a name that was typed wrongly is
    /// none.
    pub fn used(&self) -> Result<Vec<(ModelRef, Time)>, StoreError> {
        self.ask(Vec::new(), |conn| {
            let sql = "SELECT provider, model, max(at) FROM ledger GROUP BY provider, model HAVING sum(output) > 0";
            conn.prepare_cached(sql)?
                .query_map([], |row| {
                    let model = ModelRef {
                        provider: text(row, 0)?,
                        model: text(row, 1)?,
                    };
                    Ok((model, Time(row.get(2)?)))
                })?
                .collect()
        })
    }

    /// The models that may be called though no price is known for them, by name.
    pub fn accepted(&self) -> Result<Vec<ModelRef>, StoreError> {
        self.ask(Vec::new(), |conn| {
            let sql =
                "SELECT DISTINCT provider, model FROM price_accepted ORDER BY provider, model";
            conn.prepare_cached(sql)?
                .query_map([], |row| {
                    Ok(ModelRef {
                        provider: text(row, 0)?,
                        model: text(row, 1)?,
                    })
                })?
                .collect()
        })
    }

    /// What the log takes of the disk; the index is not its own. Looks at every row, as [`Reader::count`] does.
    pub fn sizes(&self) -> Result<Sizes, StoreError> {
        let log = self.bytes();
        self.ask(Sizes::default(), |conn| {
            let sum = |sql: &str| {
                conn.query_row(sql, [], |row| row.get::<_, Option<i64>>(0))
                    .map(|sum| sum.unwrap_or(0).unsigned_abs())
            };
            let imported = "IN (SELECT session FROM import)";
            let facts = format!("SELECT sum(octet_length(body)) FROM event WHERE session {imported}");
            let outputs = format!(
                "SELECT sum(octet_length(bytes)) FROM blob WHERE hash IN (SELECT hash FROM blob_use WHERE session {imported})"
            );
            Ok(Sizes {
                log,
                blobs: sum("SELECT sum(octet_length(bytes)) FROM blob")?,
                imports: sum(&facts)? + sum(&outputs)?,
                index: 0,
                free: None,
            })
        })
    }

    /// When a provider was last asked something that it answered.
    pub fn last_answer(&self, provider: &str) -> Result<Option<Time>, StoreError> {
        self.ask(None, |conn| {
            let sql = "SELECT max(at) FROM ledger WHERE provider = ? AND output > 0";
            let at = conn
                .prepare_cached(sql)?
                .query_row([provider], |row| row.get::<_, Option<i64>>(0))?;
            Ok(at.map(Time))
        })
    }

    /// The providers that something of a project was sent to. A call that could not even be sent held nothing and used
    /// nothing.
    pub fn sent_by(&self, project: &Path) -> Result<Vec<String>, StoreError> {
        self.ask(Vec::new(), |conn| {
            let sql = "SELECT DISTINCT ledger.provider FROM ledger JOIN card ON card.session = ledger.session
                       WHERE card.project = ? AND (ledger.reserved IS NOT NULL OR ledger.counted IS NULL OR ledger.input > 0
                       OR ledger.cache_read > 0 OR ledger.cache_write > 0 OR ledger.cache_write_long > 0)";
            conn.prepare_cached(sql)?
                .query_map([project.to_string_lossy()], |row| text(row, 0))?
                .collect()
        })
    }

    /// The newest different prompts of the person over all sessions, newest first, and commands of theirs as they are typed: `! ls`.
    /// Commands of sessions that were taken in are left out: what ran elsewhere is not to be one key away from running here.
    pub fn prompts(&self, limit: u32) -> Result<Vec<String>, StoreError> {
        self.ask(Vec::new(), |conn| {
            let mut statement = conn.prepare_cached(
                "SELECT event.seq AS seq, event.kind, event.version, event.body, blob.bytes FROM event
                 LEFT JOIN blob ON blob.hash = event.blob WHERE event.item = 'prompt'
                 UNION ALL
                 SELECT event.seq AS seq, event.kind, event.version, event.body, blob.bytes FROM event
                 LEFT JOIN blob ON blob.hash = event.blob WHERE event.item = 'shell'
                 AND event.session NOT IN (SELECT session FROM import) ORDER BY seq DESC",
            )?;
            let mut rows = statement.query([])?;
            let mut seen = HashSet::new();
            let mut prompts = Vec::new();
            while prompts.len() < limit as usize
                && let Some(row) = rows.next()?
            {
                let fact = decode(&text(row, 1)?, row.get(2)?, &body(row, (3, 4))?);
                let Ok(Fact::ItemAdded { item, .. }) = fact else {
                    continue;
                };
                let prompt = match item {
                    Item::Prompt {
                        blocks,
                        origin: Origin::Person,
                    } => joined(&blocks),
                    Item::Shell { command, .. } => format!("! {command}"),
                    _ => continue,
                };
                if seen.insert(prompt.clone()) {
                    prompts.push(prompt);
                }
            }
            Ok(prompts)
        })
    }
}
