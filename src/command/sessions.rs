//! `creel sessions`: the list, newest first.

use serde_json::Value;

use crate::agent::moment::Now;
use crate::command::cli::SessionsArgs;
use crate::command::moment::age;
use crate::command::table::{Column, table};
use crate::command::{Ended, Face, exit, find, json};
use crate::engine::door::Door;
use crate::protocol::session::Card;

/// How many are listed when nothing is said.
const LIMIT: u32 = 100;

pub async fn run(args: &SessionsArgs, door: &Door, now: &Now, face: &mut Face<'_>) -> Ended {
    let limit = args.limit.or((!args.all).then_some(LIMIT));
    let cards = find::sessions(door, limit, args.all).await?;
    if args.json {
        face.json(&Value::Array(cards.iter().map(json::session).collect()))?;
    } else if cards.is_empty() {
        face.note("there are no sessions yet")?;
    } else {
        face.say(&listed(&cards, now))?;
        if limit.is_some_and(|limit| cards.len() >= limit as usize) {
            face.note("there may be more: --all lists them")?;
        }
    }
    Ok(exit::DONE)
}

fn listed(cards: &[Card], now: &Now) -> String {
    let columns = [
        ("id", Column::Left),
        ("state", Column::Left),
        ("active", Column::Right),
        ("turns", Column::Right),
        ("cost", Column::Right),
        ("model", Column::Left),
        ("folder", Column::Left),
        ("title", Column::Left),
    ];
    let rows: Vec<Vec<String>> = cards
        .iter()
        .map(|card| {
            vec![
                card.id.short(),
                card.state.name().to_owned(),
                age(card.active, now.time),
                card.turns.to_string(),
                card.spending().to_string(),
                card.model.to_string(),
                card.cwd.display().to_string(),
                card.title.clone(),
            ]
        })
        .collect();
    table(&columns, &rows)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::command::json::tests::card;
    use crate::protocol::money::Amounts;
    use crate::protocol::time::Time;

    #[test]
    fn the_list_is_short_and_clean() {
        let second = Card {
            unpriced: 3,
            ..card()
        };
        let covered = Card {
            included: 2,
            cost: Amounts::default(),
            ..card()
        };
        let both = Card {
            included: 2,
            ..card()
        };
        let now = Now {
            time: Time(1_795_435_200_000 + 7_200_000),
            zone: TimeZone::UTC,
        };
        let expected = "\
id      state  active  turns           cost  model    folder    title
00abcd  done       2h      2          $0.01  local/m  /src/api  Fix the tests
00abcd  done       2h      2      $0.01 + ?  local/m  /src/api  Fix the tests
00abcd  done       2h      2          incl.  local/m  /src/api  Fix the tests
00abcd  done       2h      2  $0.01 + incl.  local/m  /src/api  Fix the tests
";
        assert_eq!(listed(&[card(), second, covered, both], &now), expected);
    }
}
