//! `creel purge`: takes sessions out of the log for good. On a terminal it asks first.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::agent::moment::{Now, before, parse_age};
use crate::command::table::counted;
use crate::command::{Ended, Face, Trouble, exit, find, value};
use crate::engine::door::Door;
use crate::protocol::board::Weight;
use crate::protocol::op::{Manage, Managed};
use crate::protocol::query::{Found, Query};
use crate::protocol::session::{Card, State};
use crate::protocol::worktree::Worktree;

/// Delete sessions for good
///
/// No byte of them stays in the home. Backups that were made before are files of your own and keep what is in them. It asks before
/// where it is typed on a terminal, and deletes at once where its input is a file, a pipe or nothing.
#[derive(Debug, Clone, Args)]
pub struct PurgeArgs {
    /// Each by any unique part of its id, at least four characters
    #[arg(value_name = "SESSION", value_parser = value::session, required_unless_present = "older_than")]
    pub sessions: Vec<String>,
    /// Those not active for so long: 30d, 12h, 2w
    #[arg(long, value_name = "AGE", value_parser = parse_age, conflicts_with = "sessions")]
    pub older_than: Option<Duration>,
    /// Delete without asking; needed on a terminal alone, where it asks else
    #[arg(long)]
    pub yes: bool,
    /// One JSON value in place of a text
    #[arg(long)]
    pub json: bool,
}

pub async fn run(args: &PurgeArgs, door: &Door, now: &Now, face: &mut Face<'_>) -> Ended {
    let cards = match args.older_than {
        Some(age) => older(find::sessions(door, None, true).await?, age, now),
        None => named(args, door).await?,
    };
    if cards.is_empty() {
        face.note("no session is that old")?;
        return Ok(exit::DONE);
    }
    if face.input_is_terminal && !args.yes && !confirmed(&cards, face)? {
        return Err(Trouble::failed("nothing was deleted"));
    }
    let stays = worktrees(&cards, door).await;
    let sessions = cards.iter().map(|card| card.id).collect();
    match door.manage(Manage::Purge { sessions }).await {
        Managed::Purged {
            sessions,
            events,
            blobs,
            stopped,
            copies,
        } => {
            if args.json {
                face.json(&json!({ "sessions": sessions, "events": events, "blobs": blobs, "stopped": stopped, "copies": copies }))?;
            } else {
                face.say_line(&format!(
                    "deleted {} with {} and {}; backups made before keep them",
                    counted(sessions.into(), "session"),
                    counted(events, "event"),
                    counted(blobs, "kept output")
                ))?;
            }
            for copy in copies {
                face.note(&format!(
                    "{} is of before and may hold them still: delete it when you need it no more",
                    copy.display()
                ))?;
            }
            for worktree in stays {
                face.note(&worktree.stays())?;
            }
            match stopped {
                None => Ok(exit::DONE),
                Some(why) => Err(Trouble::failed(rest(&why, cards.len(), sessions))),
            }
        }
        other => Err(Trouble::undone(other)),
    }
}

/// What is said where only some of them could be deleted.
fn rest(why: &str, asked: usize, gone: u32) -> String {
    let left = (asked as u64).saturating_sub(gone.into());
    format!(
        "{why}; {} of {asked} stayed, the others are deleted for good",
        counted(left, "session")
    )
}

/// The worktrees that were made for these sessions and are still there.
async fn worktrees(cards: &[Card], door: &Door) -> Vec<Worktree> {
    let mut found: Vec<Worktree> = Vec::new();
    for card in cards {
        let weight = door.ask(Query::Weight { session: card.id }).await;
        if let Found::Weight(Weight {
            worktree: Some(worktree),
            ..
        }) = weight
            && !found.contains(&worktree)
        {
            found.push(worktree);
        }
    }
    found
}

async fn named(args: &PurgeArgs, door: &Door) -> Result<Vec<Card>, Trouble> {
    let mut cards: Vec<Card> = Vec::new();
    for part in &args.sessions {
        let card = find::session(door, part).await?;
        if !cards.iter().any(|known| known.id == card.id) {
            cards.push(card);
        }
    }
    Ok(cards)
}

/// What runs is not old, however long ago it began.
fn older(cards: Vec<Card>, age: Duration, now: &Now) -> Vec<Card> {
    let limit = before(now.time, age);
    let idle = |card: &Card| !matches!(card.state, State::Working | State::Waiting);
    cards
        .into_iter()
        .filter(|card| card.active < limit && idle(card))
        .collect()
}

/// Names what would go, and takes only `yes` for a yes.
fn confirmed(cards: &[Card], face: &mut Face<'_>) -> Result<bool, Trouble> {
    for card in cards.iter().take(10) {
        face.note(&format!("{}  {}", card.id.short(), card.title))?;
    }
    if cards.len() > 10 {
        face.note(&format!("and {} more", cards.len() - 10))?;
    }
    let count = counted(cards.len() as u64, "session");
    write!(
        face.err,
        "creel: delete {count} for good? This cannot be undone. Type yes: "
    )?;
    face.err.flush()?;
    let mut answer = String::new();
    BufReader::new(&mut *face.input).read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::command::json::tests::card;
    use crate::command::tests::written;

    #[test]
    fn only_what_is_old_and_idle_goes() {
        let now = Now {
            time: card().active,
            zone: TimeZone::UTC,
        };
        let aged = |days: u64, state: State| {
            let mut card = card();
            card.active = before(now.time, Duration::from_secs(days * 86_400));
            card.state = state;
            card
        };
        let cards = vec![
            aged(29, State::Done),
            aged(30, State::Done),
            aged(31, State::Archived),
            aged(90, State::Working),
            aged(90, State::Failed),
        ];
        let old = older(cards.clone(), Duration::from_hours(720), &now);
        assert_eq!(old, [cards[2].clone(), cards[4].clone()]);
    }

    #[test]
    fn what_stayed_is_counted() {
        let cases = [
            (
                250,
                200,
                "x; 50 sessions of 250 stayed, the others are deleted for good",
            ),
            (
                101,
                100,
                "x; 1 session of 101 stayed, the others are deleted for good",
            ),
        ];
        for (asked, gone, expected) in cases {
            assert_eq!(rest("x", asked, gone), expected);
        }
    }

    #[tokio::test]
    async fn only_yes_is_a_yes() {
        for (answer, expected) in [("yes\n", true), ("y\n", false), ("\n", false), ("", false)] {
            let mut said = None;
            let (out, err, _) = written(answer.as_bytes(), async |face: &mut Face<'_>| {
                said = Some(confirmed(&[card()], face)?);
                Ok(exit::DONE)
            })
            .await;
            assert_eq!((said, out.as_str()), (Some(expected), ""));
            assert_eq!(
                err,
                "creel: 00abcd Fix the tests\ncreel: delete 1 session for good? This cannot be undone. Type yes: "
            );
        }
    }
}
