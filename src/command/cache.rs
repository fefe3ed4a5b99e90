//! `creel cache`: the requests of a session beside each other, and what their prompt cache saved and did not.

use std::time::Duration;

use serde_json::{Value, json};

use crate::agent::figure::tokens;
use crate::command::cli::CacheArgs;
use crate::command::json::{cost_other, cost_usd};
use crate::command::moment::rfc3339;
use crate::command::table::{Column, counted, table};
use crate::command::{Ended, Face, exit, find};
use crate::engine::door::Door;
use crate::protocol::cache::{Against, Break, CacheRow, Cause, Miss, Place};
use crate::protocol::money::Amounts;
use crate::protocol::query::{Found, Query};
use crate::protocol::usage::Usage;

pub async fn run(args: &CacheArgs, door: &Door, face: &mut Face<'_>) -> Ended {
    let session = find::session(door, &args.session).await?.id;
    let limit = args.limit;
    let (rows, of) = match door.ask(Query::Cache { session, limit }).await {
        Found::Cache { rows, of } => (rows, of),
        other => return Err(find::odd(&other)),
    };
    if args.json {
        let requests: Vec<Value> = rows.iter().map(fields).collect();
        face.json(&json!({ "requests": requests, "of": of, "total": sum(&rows).fields() }))?;
    } else if of == 0 {
        face.note("no model was called in this session")?;
    } else {
        face.say(&listed(&rows))?;
        for line in untold(&rows) {
            face.note(&line)?;
        }
        if of > rows.len() as u64 {
            let shown = rows.len();
            face.note(&format!(
                "these are the newest {shown} of {of} requests: --limit {of} shows all"
            ))?;
        }
    }
    Ok(exit::DONE)
}

/// All requests together.
#[derive(Debug, Clone, Default, PartialEq)]
struct Sum {
    requests: u64,
    usage: Usage,
    missed: u64,
    lost: Amounts,
    /// Requests with tokens that were missed and have no price.
    unknown: u64,
}

fn sum(rows: &[CacheRow]) -> Sum {
    let mut sum = Sum::default();
    for row in rows {
        sum.requests += 1;
        sum.usage.add(&row.usage.unwrap_or_default());
        sum.missed = sum.missed.saturating_add(row.missed);
        match row.lost {
            Some(lost) => sum.lost.add(lost),
            None if row.missed > 0 => sum.unknown += 1,
            None => {}
        }
    }
    sum
}

impl Sum {
    fn fields(&self) -> Value {
        json!({
            "requests": self.requests,
            "prompt_tokens": self.usage.prompt(),
            "cache_read_tokens": self.usage.cache_read,
            "cache_write_tokens": written(&self.usage),
            "missed_tokens": self.missed,
            "lost_usd": cost_usd(&self.lost, self.unknown == 0),
            "lost_other": cost_other(&self.lost),
            "unknown": self.unknown,
        })
    }
}

fn written(usage: &Usage) -> u64 {
    usage.cache_write.saturating_add(usage.cache_write_long)
}

/// How much of the request before this one begins with, in hundredths of a percent, rounded down.
fn share(against: &Against) -> u32 {
    let whole = u128::from(against.before.max(1));
    u32::try_from(u128::from(against.common) * 10_000 / whole).unwrap_or(u32::MAX)
}

fn fields(row: &CacheRow) -> Value {
    let against = row.against.as_ref();
    let usage = row.usage.as_ref();
    let mut lost = Amounts::default();
    if let Some(money) = row.lost {
        lost.add(money);
    }
    json!({
        "seq": row.seq.0,
        "at": rfc3339(row.at),
        "turn": row.turn,
        "step": row.step,
        "attempt": row.attempt,
        "model": row.model.to_string(),
        "bytes": row.bytes,
        "before_bytes": against.map(|against| against.before),
        "prefix_bytes": against.map(|against| against.common),
        "prefix_percent": against.map(|against| f64::from(share(against)) / 100.0),
        "broke": against.and_then(|against| against.broke.as_ref()).map(broke),
        "untold": row.untold,
        "idle_ms": row.idle.map(|idle| u64::try_from(idle.as_millis()).unwrap_or(u64::MAX)),
        "prompt_tokens": usage.map(Usage::prompt),
        "cache_read_tokens": usage.map(|usage| usage.cache_read),
        "cache_write_tokens": usage.map(written),
        "missed_tokens": row.missed,
        "missed_because": row.miss.map(|miss| match miss {
            Miss::Broke => "broke",
            Miss::Expired => "expired",
            Miss::Unknown => "unknown",
        }),
        "lost_usd": cost_usd(&lost, row.lost.is_some()),
        "lost_other": cost_other(&lost),
    })
}

fn broke(broke: &Break) -> Value {
    let (at, message, setting) = match &broke.place {
        Place::Model => ("model", None, None),
        Place::Setting(name) => ("setting", None, Some(name)),
        Place::System => ("system", None, None),
        Place::Tools => ("tools", None, None),
        Place::Message(number) => ("message", Some(number), None),
    };
    let cause = match broke.cause {
        Cause::Model => "model",
        Cause::Effort => "effort",
        Cause::Output => "output",
        Cause::Tools => "tools",
        Cause::Pictures => "pictures",
        Cause::Unknown => "unknown",
    };
    json!({ "at": at, "message": message, "setting": setting, "cause": cause })
}

fn listed(rows: &[CacheRow]) -> String {
    let columns = [
        ("step", Column::Left),
        ("bytes", Column::Right),
        ("kept", Column::Right),
        ("prompt", Column::Right),
        ("cached", Column::Right),
        ("written", Column::Right),
        ("missed", Column::Right),
        ("lost", Column::Right),
        ("why", Column::Left),
    ];
    let mut cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let figure = |of: fn(&Usage) -> u64| {
                row.usage
                    .as_ref()
                    .map_or("?".to_owned(), |usage| tokens(of(usage)))
            };
            vec![
                if row.attempt > 1 {
                    format!("{}.{} again", row.turn, row.step)
                } else {
                    format!("{}.{}", row.turn, row.step)
                },
                row.bytes.map_or("?".to_owned(), |bytes| bytes.to_string()),
                match (&row.against, &row.untold) {
                    (Some(against), _) => percent(share(against)),
                    (None, Some(_)) => "?".to_owned(),
                    (None, None) => String::new(),
                },
                figure(Usage::prompt),
                cached(row, figure(|usage| usage.cache_read)),
                cached(row, figure(written)),
                some(row.missed),
                match row.lost {
                    _ if row.missed == 0 => String::new(),
                    Some(lost) => lost.to_string(),
                    None => "?".to_owned(),
                },
                why(row),
            ]
        })
        .collect();
    let sum = sum(rows);
    if rows.len() > 1 {
        let lost = if sum.unknown == 0 {
            sum.lost.to_string()
        } else {
            format!("{}+?", sum.lost)
        };
        cells.push(vec![
            "total".to_owned(),
            String::new(),
            String::new(),
            tokens(sum.usage.prompt()),
            tokens(sum.usage.cache_read),
            tokens(written(&sum.usage)),
            some(sum.missed),
            lost,
            String::new(),
        ]);
    }
    table(&columns, &cells)
}

fn some(count: u64) -> String {
    if count == 0 {
        String::new()
    } else {
        tokens(count)
    }
}

/// `99.98%`.
/// A count of what was cached, which not every server gives.
fn cached(row: &CacheRow, figure: String) -> String {
    if row.unreported {
        "?".to_owned()
    } else {
        figure
    }
}

fn percent(hundredths: u32) -> String {
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// Where a request parts from the one before and why, else why its cache was not read.
fn why(row: &CacheRow) -> String {
    if let Some(broke) = row
        .against
        .as_ref()
        .and_then(|against| against.broke.as_ref())
    {
        let place = match &broke.place {
            Place::Model => "model".to_owned(),
            Place::Setting(name) => format!("setting `{name}`"),
            Place::System => "system text".to_owned(),
            Place::Tools => "tools".to_owned(),
            Place::Message(number) => format!("message {number}"),
        };
        return match broke.cause {
            Cause::Model => format!("{place}: changed to {}", row.model),
            Cause::Effort => format!("{place}: the effort changed"),
            Cause::Tools => format!("{place}: rules took other tools away"),
            Cause::Output => format!("{place}: the limit of the answer changed"),
            Cause::Pictures => format!("{place}: older pictures gave way to newer ones"),
            Cause::Unknown => format!("{place}: cause unknown"),
        };
    }
    match (row.miss, row.idle) {
        (None, _) if row.unreported => "the server reports nothing of caching".to_owned(),
        (None, _) => String::new(),
        (Some(Miss::Expired), Some(idle)) => format!("expired: {} without a request", long(idle)),
        (Some(_), _) => "not read, though it was there to be read".to_owned(),
    }
}

fn long(time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    match minutes {
        0..120 => format!("{minutes}m"),
        120..2_880 => format!("{}h", minutes / 60),
        _ => format!("{}d", minutes / 1_440),
    }
}

/// What could not be told, once for each reason.
fn untold(rows: &[CacheRow]) -> Vec<String> {
    let mut reasons: Vec<(&str, u64)> = Vec::new();
    for why in rows.iter().filter_map(|row| row.untold.as_deref()) {
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, count)) => *count += 1,
            None => reasons.push((why, 1)),
        }
    }
    let mut lines: Vec<String> = reasons
        .iter()
        .map(|(why, count)| format!("{} cannot be told: {why}", counted(*count, "request")))
        .collect();
    let unpriced = rows
        .iter()
        .filter(|row| row.missed > 0 && row.lost.is_none());
    let unpriced = unpriced.count() as u64;
    if unpriced > 0 {
        lines.push(format!(
            "what {} lost is not known: no price was kept with the call",
            counted(unpriced, "request")
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::protocol::id::Seq;
    use crate::protocol::money::{Currency, Money};
    use crate::protocol::time::Time;

    fn row(step: u32, input: u64, cache_read: u64) -> CacheRow {
        CacheRow {
            seq: Seq(u64::from(step) * 10),
            at: Time(1_795_431_600_000),
            turn: 1,
            step,
            attempt: 1,
            model: "a/m".parse().unwrap(),
            bytes: Some(20_000 + 5_000 * u64::from(step)),
            against: Some(Against {
                before: 15_000 + 5_000 * u64::from(step),
                common: 14_998 + 5_000 * u64::from(step),
                broke: None,
            }),
            untold: None,
            idle: Some(Duration::from_secs(1)),
            usage: Some(Usage {
                input,
                cache_read,
                cache_write: 7,
                output: 9,
                ..Usage::default()
            }),
            unreported: false,
            missed: 0,
            miss: None,
            lost: Some(Money::usd(0)),
        }
    }

    fn rows() -> Vec<CacheRow> {
        let mut first = row(1, 6_000, 0);
        first.against = None;
        first.idle = None;
        let mut again = row(2, 0, 0);
        (again.attempt, again.usage, again.lost) = (2, None, None);
        let mut model = row(3, 9_000, 0);
        model.against = Some(Against {
            before: 30_000,
            common: 11,
            broke: Some(Break {
                place: Place::Model,
                cause: Cause::Model,
            }),
        });
        (model.missed, model.miss, model.lost) =
            (7_200, Some(Miss::Broke), Some(Money::usd(20_000_000_000)));
        let mut late = row(4, 9_300, 0);
        (late.missed, late.miss) = (9_000, Some(Miss::Expired));
        late.idle = Some(Duration::from_mins(62));
        late.lost = Some(Money {
            parts: 310_000_000_000,
            currency: Currency::CNY,
        });
        let mut odd = row(5, 9_900, 0);
        (odd.missed, odd.miss, odd.lost) = (9_300, Some(Miss::Unknown), None);
        (odd.bytes, odd.against) = (None, None);
        odd.untold = Some("nothing was kept of what was sent".to_owned());
        vec![first, again, row(2, 300, 6_000), model, late, odd]
    }

    #[test]
    fn the_requests_are_a_table_with_a_sum() {
        let expected = "\
step       bytes    kept  prompt  cached  written  missed             lost  why
1.1        25000              6k       0        7
1.2 again  30000  99.99%       ?       ?        ?
1.2        30000  99.99%    6.3k      6k        7
1.3        35000   0.03%      9k       0        7    7.2k            $0.02  model: changed to a/m
1.4        40000  99.99%    9.3k       0        7      9k            ¥0.31  expired: 62m without a request
1.5            ?       ?    9.9k       0        7    9.3k                ?  not read, though it was there to be read
total                        41k      6k       35     26k  $0.02 + ¥0.31+?
";
        assert_eq!(listed(&rows()), expected);
        assert_eq!(
            untold(&rows()),
            [
                "1 request cannot be told: nothing was kept of what was sent",
                "what 1 request lost is not known: no price was kept with the call",
            ]
        );
    }

    #[test]
    fn the_requests_have_the_promised_fields() {
        let rows = rows();
        assert_eq!(
            fields(&rows[3]),
            json!({
                "seq": 30, "at": "2026-11-23T11:00:00.000Z", "turn": 1, "step": 3, "attempt": 1, "model": "a/m",
                "bytes": 35000, "before_bytes": 30000, "prefix_bytes": 11, "prefix_percent": 0.03,
                "broke": {"at": "model", "message": null, "setting": null, "cause": "model"}, "untold": null,
                "idle_ms": 1000, "prompt_tokens": 9007, "cache_read_tokens": 0, "cache_write_tokens": 7,
                "missed_tokens": 7200, "missed_because": "broke", "lost_usd": 0.02, "lost_other": {},
            })
        );
        let odd = fields(&rows[5]);
        for field in [
            "bytes",
            "before_bytes",
            "prefix_bytes",
            "prefix_percent",
            "broke",
            "lost_usd",
        ] {
            assert_eq!(odd[field], Value::Null, "{field}");
        }
        assert_eq!(odd["untold"], "nothing was kept of what was sent");
        assert_eq!(
            sum(&rows).fields(),
            json!({
                "requests": 6, "prompt_tokens": 40535, "cache_read_tokens": 6000, "cache_write_tokens": 35,
                "missed_tokens": 25500, "lost_usd": null, "lost_other": {"CNY": 0.31}, "unknown": 1,
            })
        );
    }

    #[test]
    fn every_break_is_said() {
        let cases = [
            (Place::System, Cause::Unknown, "system text: cause unknown"),
            (Place::Tools, Cause::Unknown, "tools: cause unknown"),
            (
                Place::Message(7),
                Cause::Unknown,
                "message 7: cause unknown",
            ),
            (
                Place::Setting("thinking".to_owned()),
                Cause::Effort,
                "setting `thinking`: the effort changed",
            ),
            (
                Place::Setting("max_tokens".to_owned()),
                Cause::Output,
                "setting `max_tokens`: the limit of the answer changed",
            ),
        ];
        for (place, cause, expected) in cases {
            let mut row = row(2, 1, 1);
            row.against.as_mut().unwrap().broke = Some(Break { place, cause });
            assert_eq!(why(&row), expected);
        }
    }

    #[test]
    fn a_server_that_says_nothing_of_caching_is_blamed_for_nothing() {
        let mut silent = row(1, 6_000, 0);
        silent.unreported = true;
        assert_eq!(why(&silent), "the server reports nothing of caching");
        assert_eq!(cached(&silent, "0".to_owned()), "?");
        assert_eq!(cached(&row(1, 6_000, 0), "0".to_owned()), "0");
    }
}
