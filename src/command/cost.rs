//! `creel cost`: the ledger, grouped and added up.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::agent::figure::tokens;
use crate::agent::moment::Now;
use crate::command::cli::{By, CostArgs};
use crate::command::json::{cost_other, cost_usd, included, usage};
use crate::command::table::{Column, table};
use crate::command::{Ended, Face, exit, find};
use crate::engine::door::Door;
use crate::protocol::money::Money;
use crate::protocol::query::{Found, Query, SpendBy, SpendRow};

pub async fn run(args: &CostArgs, door: &Door, now: &Now, face: &mut Face<'_>) -> Ended {
    let session = match &args.session {
        None => None,
        Some(part) => Some(find::session(door, part).await?.id),
    };
    let by = match args.by {
        By::Day => SpendBy::Day,
        By::Model => SpendBy::Model,
        By::Provider => SpendBy::Provider,
        By::Session => SpendBy::Session,
        By::Project => SpendBy::Project,
    };
    let since = args.since.map(|moment| moment.first(now));
    let until = args.until.map(|moment| moment.end(now));
    let rows = match door
        .ask(Query::Spend {
            by,
            since,
            until,
            session,
        })
        .await
    {
        Found::Spend(rows) => rows,
        other => return Err(find::odd(&other)),
    };
    if args.json {
        let values: Vec<Value> = rows.iter().map(keyed).collect();
        face.json(&json!({ "rows": values, "total": fields(&total(&rows)) }))?;
    } else if rows.is_empty() {
        face.note("nothing was spent")?;
    } else {
        face.say(&listed(args.by, &rows))?;
    }
    Ok(exit::DONE)
}

fn total(rows: &[SpendRow]) -> SpendRow {
    let mut total = SpendRow {
        key: "total".to_owned(),
        ..SpendRow::default()
    };
    for row in rows {
        total.calls += row.calls;
        total.usage.add(&row.usage);
        total.cost.add_all(&row.cost);
        total.unknown += row.unknown;
        total.estimated += row.estimated;
        total.included += row.included;
        total.list.add_all(&row.list);
        total.list_estimated += row.list_estimated;
        total.rates.0.extend(row.rates.0.clone());
    }
    total.about = Some(&total.rates)
        .filter(|rates| !rates.0.is_empty())
        .and_then(|rates| rates.total(&total.cost));
    total
}

fn keyed(row: &SpendRow) -> Value {
    let mut value = json!({ "key": row.key });
    if let (Value::Object(value), Value::Object(fields)) = (&mut value, fields(row)) {
        value.extend(fields);
    }
    value
}

/// Dollars are null only where no call has a price; `unknown` says how many have none.
fn fields(row: &SpendRow) -> Value {
    let mut value = json!({ "calls": row.calls });
    if let (Value::Object(value), Value::Object(usage)) = (&mut value, usage(&row.usage)) {
        value.extend(usage);
        value.insert("searches".to_owned(), json!(row.usage.searches));
        let known = row.unknown == 0 || row.unknown.saturating_add(row.included) < row.calls;
        value.insert("cost_usd".to_owned(), cost_usd(&row.cost, known));
        value.insert("cost_other".to_owned(), cost_other(&row.cost));
        if let Some(about) = row.about {
            let rates = row.rates.0.iter().map(|(currency, rate)| {
                let usd = Money::usd(rate.usd).to_decimal();
                let rate = json!({ "usd": usd, "date": rate.date });
                (currency.code().to_owned(), rate)
            });
            value.insert("about_usd".to_owned(), json!(about.to_decimal()));
            value.insert("rates".to_owned(), Value::Object(rates.collect()));
        }
        value.insert("unknown".to_owned(), json!(row.unknown));
        value.insert("estimated".to_owned(), json!(row.estimated));
        value.extend(included(row.included, &row.list, row.list_estimated > 0));
    }
    value
}

fn listed(by: By, rows: &[SpendRow]) -> String {
    let name = match by {
        By::Day => "day",
        By::Model => "model",
        By::Provider => "provider",
        By::Session => "session",
        By::Project => "project",
    };
    let columns = [
        (name, Column::Left),
        ("calls", Column::Right),
        ("input", Column::Right),
        ("cached", Column::Right),
        ("written", Column::Right),
        ("output", Column::Right),
        ("searches", Column::Right),
        ("cost", Column::Right),
        ("no price", Column::Right),
        ("incl. (list)", Column::Right),
    ];
    let all = rows
        .iter()
        .chain(std::iter::once(&total(rows)).filter(|_| rows.len() > 1))
        .map(|row| {
            vec![
                row.key.clone(),
                row.calls.to_string(),
                tokens(row.usage.input),
                tokens(row.usage.cache_read),
                tokens(
                    row.usage
                        .cache_write
                        .saturating_add(row.usage.cache_write_long),
                ),
                tokens(row.usage.output),
                count(row.usage.searches),
                cost(row),
                count(row.unknown),
                match (row.included, row.list.0.is_empty()) {
                    (0, _) => String::new(),
                    // A plan's own model may have no list price.
                    (calls, true) => format!("{calls} (?)"),
                    (calls, false) => {
                        let mark = if row.list_estimated > 0 { "≈" } else { "" };
                        format!("{calls} ({mark}{})", row.list)
                    }
                },
            ]
        })
        .collect::<Vec<_>>();
    let mut text = table(&columns, &all);
    for (currency, rate) in &total(rows).rates.0 {
        let (one, code) = (Money::usd(rate.usd).to_decimal(), currency.code());
        let _ = writeln!(
            text,
            "about: with 1 {code} = ${one}, the rate of {}",
            rate.date
        );
    }
    text
}

/// Nothing where there are none: a column of zeros hides the others.
fn count(count: u64) -> String {
    if count == 0 {
        String::new()
    } else {
        count.to_string()
    }
}

/// Dollars and other currencies side by side, what is not known and what is covered beside them; one sum besides only where the config has the rates for it.
fn cost(row: &SpendRow) -> String {
    let spent = row.spending();
    match row.about {
        Some(about) => format!("{spent} (about {about})"),
        None => spent.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::protocol::money::{Currency, Rate, Rates};
    use crate::protocol::usage::Usage;

    fn rows() -> Vec<SpendRow> {
        let usage = Usage {
            input: 1_000,
            cache_read: 20_000,
            cache_write: 300,
            cache_write_long: 4,
            output: 50,
            reasoning: Some(7),
            searches: 0,
        };
        let mut first = SpendRow {
            key: "2026-11-22".to_owned(),
            calls: 2,
            usage,
            ..SpendRow::default()
        };
        first.cost.add(Money::usd(420_000_000_000));
        first.unknown = 1;
        first.estimated = 2;
        let mut second = SpendRow {
            key: "2026-11-23".to_owned(),
            calls: 1,
            usage,
            ..SpendRow::default()
        };
        second.cost.add(Money {
            parts: 310_000_000_000,
            currency: Currency::CNY,
        });
        second.included = 1;
        second.usage.searches = 3;
        second.calls = 2;
        second.list.add(Money::usd(20_000_000_000));
        second.list_estimated = 1;
        vec![first, second]
    }

    #[test]
    fn the_ledger_has_the_promised_fields() {
        let rows = rows();
        let values: Vec<Value> = rows.iter().map(keyed).collect();
        let expected = json!([
            { "key": "2026-11-22", "calls": 2, "input_tokens": 1000, "cache_read_tokens": 20000, "cache_write_tokens": 304,
              "output_tokens": 50, "reasoning_tokens": 7, "searches": 0, "cost_usd": 0.42, "cost_other": {}, "unknown": 1, "estimated": 2 },
            { "key": "2026-11-23", "calls": 2, "input_tokens": 1000, "cache_read_tokens": 20000, "cache_write_tokens": 304,
              "output_tokens": 50, "reasoning_tokens": 7, "searches": 3, "cost_usd": 0.0, "cost_other": { "CNY": 0.31 }, "unknown": 0, "estimated": 0,
              "included": { "calls": 1, "list_usd": 0.02, "list_other": {}, "list_estimated": true } },
        ]);
        assert_eq!(Value::Array(values), expected);
        assert_eq!(
            fields(&total(&rows)),
            json!({ "calls": 4, "input_tokens": 2000, "cache_read_tokens": 40000, "cache_write_tokens": 608,
                    "output_tokens": 100, "reasoning_tokens": 14, "searches": 3, "cost_usd": 0.42, "cost_other": { "CNY": 0.31 }, "unknown": 1, "estimated": 2,
                    "included": { "calls": 1, "list_usd": 0.02, "list_other": {}, "list_estimated": true } })
        );
        let unknown = SpendRow {
            calls: 2,
            unknown: 2,
            ..SpendRow::default()
        };
        assert_eq!(fields(&unknown)["cost_usd"], Value::Null);
    }

    #[test]
    fn the_ledger_is_a_table_with_a_sum() {
        let expected = "\
day         calls  input  cached  written  output  searches                          cost  no price  incl. (list)
2026-11-22      2     1k     20k      304      50                              ≈$0.42 + ?         1
2026-11-23      2     1k     20k      304      50         3               ¥0.31 + incl. ≈              1 (≈$0.02)
total           4     2k     40k      608     100         3  ≈$0.42 + ¥0.31 + ? + incl. ≈         1    1 (≈$0.02)
";
        assert_eq!(listed(By::Day, &rows()), expected);
    }

    #[test]
    fn with_a_rate_there_is_one_sum_besides() {
        let rate = Rate {
            usd: 139_000_000_000,
            date: "2026-11-20".to_owned(),
        };
        let mut rows = rows();
        rows[1].rates = Rates([(Currency::CNY, rate)].into());
        rows[1].about = rows[1].rates.total(&rows[1].cost);
        let expected = "\
day         calls  input  cached  written  output  searches                                        cost  no price  incl. (list)
2026-11-22      2     1k     20k      304      50                                            ≈$0.42 + ?         1
2026-11-23      2     1k     20k      304      50         3               ¥0.31 + incl. ≈ (about $0.04)              1 (≈$0.02)
total           4     2k     40k      608     100         3  ≈$0.42 + ¥0.31 + ? + incl. ≈ (about $0.46)         1    1 (≈$0.02)
about: with 1 CNY = $0.139, the rate of 2026-11-20
";
        assert_eq!(listed(By::Day, &rows), expected);
        let total = fields(&total(&rows));
        assert_eq!(total["cost_usd"], json!(0.42));
        assert_eq!(total["about_usd"], json!(0.463_09));
        assert_eq!(
            total["rates"],
            json!({ "CNY": { "usd": 0.139, "date": "2026-11-20" } })
        );
    }
}
