//! The ledger: one row for every attempt at a model call, written with the facts it follows from, and the budgets checked
//! against it. It is a table and not a sum over facts because a reservation must hold over all processes, in the very
//! transaction that makes it.
//!
//! Play money is written down and counted nowhere.

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use crate::protocol::event::Fact;
use crate::protocol::id::ModelRef;
use crate::protocol::money::{Currency, Money};
use crate::protocol::session::Change;
use crate::protocol::time::Time;
use crate::protocol::usage::{Basis, Usage};
use crate::store::{Over, Reservation};

/// A trillion tokens in one call are a lie; the cap keeps every sum within 64 bits.
const TOKENS: u64 = 1 << 40;

/// Where and when a fact was kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub session: i64,
    pub at: Time,
    /// The local day.
    pub day: &'a str,
}

/// Follows one fact; most say nothing to the ledger. `held` is the reservation the fact is part of, in dollars.
pub(crate) fn follow(
    conn: &Connection,
    place: Place<'_>,
    seq: i64,
    fact: &Fact,
    held: Option<i64>,
) -> rusqlite::Result<()> {
    match fact {
        Fact::ModelCalled {
            turn,
            step,
            attempt,
            model,
            reserved,
            cause,
            ..
        } => {
            let reserved = match (held, reserved) {
                (_, None) => None,
                (Some(amount), Some(_)) => Some(amount),
                (None, Some(money)) => dollars(*money).or(Some(0)),
            };
            conn.prepare_cached(
                "INSERT OR REPLACE INTO ledger(seq, session, at, day, turn, step, attempt, provider, model, cause, reserved)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                seq, place.session, place.at.0, place.day, turn, step, attempt,
                model.provider, model.model, word(cause), reserved.map(|parts| parts.max(0)),
            ])?;
        }
        Fact::ModelAnswered {
            turn,
            step,
            attempt,
            model,
            usage,
            charge,
            counted,
            ..
        } => {
            let open: Option<(i64, Option<i64>)> = conn
                .prepare_cached(
                    "SELECT seq, reserved FROM ledger WHERE session = ? AND turn = ? AND step = ? AND attempt = ?
                     AND counted IS NULL ORDER BY seq DESC LIMIT 1",
                )?
                .query_row(params![place.session, turn, step, attempt], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?;
            // An answer to a call that is not there still costs: it gets a row of its own.
            let (row, reserved) = if let Some(open) = open {
                open
            } else {
                conn.prepare_cached(
                    "INSERT INTO ledger(seq, session, at, day, turn, step, attempt, provider, model, cause)
                     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'work')",
                )?
                .execute(params![
                    seq, place.session, place.at.0, place.day, turn, step, attempt, model.provider, model.model,
                ])?;
                (seq, None)
            };
            let counted = if charge.basis == Basis::Play || charge.basis.is_included() {
                0
            } else {
                dollars(*counted).or(reserved).unwrap_or(0).max(0)
            };
            settle(
                conn,
                row,
                counted,
                charge.basis,
                charge.money,
                bounded(usage),
            )?;
        }
        Fact::SessionChanged {
            change: Change::DayRaised { day, by },
        } => {
            conn.prepare_cached(
                "INSERT OR IGNORE INTO day_raise(seq, day, amount) VALUES (?, ?, ?)",
            )?
            .execute(params![seq, day, dollars(*by).unwrap_or(0)])?;
        }
        Fact::SessionChanged {
            change: Change::PriceAccepted { model },
        } => {
            conn.prepare_cached(
                "INSERT OR IGNORE INTO price_accepted(seq, provider, model) VALUES (?, ?, ?)",
            )?
            .execute(params![seq, model.provider, model.model])?;
        }
        _ => {}
    }
    Ok(())
}

/// Takes back that a model may be called without a known price; tells whether it might.
pub(crate) fn ask_price(conn: &Connection, model: &ModelRef) -> rusqlite::Result<bool> {
    let gone = conn
        .prepare_cached("DELETE FROM price_accepted WHERE provider = ? AND model = ?")?
        .execute(params![model.provider, model.model])?;
    Ok(gone > 0)
}

/// Whether the reservation would pass a limit: the day's first, then the session's. A day's raises add to its limit.
pub(crate) fn over(
    conn: &Connection,
    place: Place<'_>,
    reservation: &Reservation,
) -> rusqlite::Result<Option<Over>> {
    if reservation.amount <= 0 {
        return Ok(None);
    }
    let passes = |used: i64, limit: i64| used.saturating_add(reservation.amount) > limit;
    if let Some(limit) = reservation.day_limit {
        let limit = limit.saturating_add(raised(conn, place.day)?);
        let used = used_on(conn, place.day)?;
        if passes(used, limit) {
            return Ok(Some(Over {
                day: true,
                used,
                limit,
            }));
        }
    }
    if let Some(limit) = reservation.session_limit {
        let used = used_in(conn, place.session)?;
        if passes(used, limit) {
            return Ok(Some(Over {
                day: false,
                used,
                limit,
            }));
        }
    }
    Ok(None)
}

/// Dollars charged and reserved on a local day, in parts.
pub(crate) fn used_on(conn: &Connection, day: &str) -> rusqlite::Result<i64> {
    conn.prepare_cached(
        "SELECT sum(ifnull(counted, ifnull(reserved, 0)) >> 32), sum(ifnull(counted, ifnull(reserved, 0)) & 4294967295)
         FROM ledger WHERE day = ?",
    )?
    .query_row([day], |row| Ok(joined(row.get(0)?, row.get(1)?)))
}

/// Dollars charged on a local day, in parts: calls that were answered.
pub(crate) fn charged_on(conn: &Connection, day: &str) -> rusqlite::Result<i64> {
    conn.prepare_cached(
        "SELECT sum(counted >> 32), sum(counted & 4294967295) FROM ledger WHERE day = ? AND counted IS NOT NULL",
    )?
    .query_row([day], |row| Ok(joined(row.get(0)?, row.get(1)?)))
}

/// Whether a part of that is an estimate, or stands in for a price nobody knows.
pub(crate) fn is_estimated_on(conn: &Connection, day: &str) -> rusqlite::Result<bool> {
    conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM ledger WHERE day = ? AND counted > 0 AND basis IN ('estimated', 'unknown'))",
    )?
    .query_row([day], |row| row.get(0))
}

/// Dollars charged and reserved in a session, in parts.
pub(crate) fn used_in(conn: &Connection, session: i64) -> rusqlite::Result<i64> {
    conn.prepare_cached(
        "SELECT sum(ifnull(counted, ifnull(reserved, 0)) >> 32), sum(ifnull(counted, ifnull(reserved, 0)) & 4294967295)
         FROM ledger WHERE session = ?",
    )?
    .query_row([session], |row| Ok(joined(row.get(0)?, row.get(1)?)))
}

/// What was added to a day's limit by answers.
pub(crate) fn raised(conn: &Connection, day: &str) -> rusqlite::Result<i64> {
    conn.prepare_cached(
        "SELECT sum(amount >> 32), sum(amount & 4294967295) FROM day_raise WHERE day = ?",
    )?
    .query_row([day], |row| Ok(joined(row.get(0)?, row.get(1)?)))
}

/// The sum of two halves, at most what 64 bits hold. Money is summed in halves of 32 bits because a sum in `SQLite` fails for
/// good once it passes 64, and one hostile amount would then stop every further call.
pub(crate) fn joined(high: Option<i64>, low: Option<i64>) -> i64 {
    let sum = (i128::from(high.unwrap_or(0)) << 32) + i128::from(low.unwrap_or(0));
    i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })
}

fn settle(
    conn: &Connection,
    row: i64,
    counted: i64,
    basis: Basis,
    charged: Option<Money>,
    usage: Usage,
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE ledger SET counted = ?, basis = ?, currency = ?, charged = ?, input = ?, cache_read = ?, cache_write = ?,
         cache_write_long = ?, output = ?, reasoning = ?, searches = ? WHERE seq = ?",
    )?
    .execute(params![
        counted,
        word(&basis),
        charged.map(|money| money.currency.code().to_owned()),
        charged.map(|money| money.parts),
        usage.input as i64,
        usage.cache_read as i64,
        usage.cache_write as i64,
        usage.cache_write_long as i64,
        usage.output as i64,
        usage.reasoning.map(|tokens| tokens as i64),
        usage.searches as i64,
        row,
    ])?;
    Ok(())
}

fn dollars(money: Money) -> Option<i64> {
    (money.currency == Currency::USD).then_some(money.parts)
}

fn bounded(usage: &Usage) -> Usage {
    Usage {
        input: usage.input.min(TOKENS),
        cache_read: usage.cache_read.min(TOKENS),
        cache_write: usage.cache_write.min(TOKENS),
        cache_write_long: usage.cache_write_long.min(TOKENS),
        output: usage.output.min(TOKENS),
        reasoning: usage.reasoning.map(|tokens| tokens.min(TOKENS)),
        searches: usage.searches.min(TOKENS),
    }
}

/// The serde name of a plain enum.
pub(crate) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
