//! `creel stop`: stops what runs in the other processes of this home.

use crate::agent::visible::brief;
use crate::command::cli::StopArgs;
use crate::command::table::counted;
use crate::command::{Ended, Face, Trouble, exit, find};
use crate::engine::door::Door;
use crate::protocol::op::{Manage, Managed, Stopper};
use crate::protocol::query::{Found, Query};
use crate::protocol::session::{Card, State};

pub async fn run(args: &StopArgs, door: &Door, face: &mut Face<'_>) -> Ended {
    let session = match &args.session {
        Some(part) => Some(find::session(door, part).await?.id),
        None if args.all => None,
        None => match &running(door).await?[..] {
            [] => {
                face.note("nothing runs")?;
                return Ok(exit::DONE);
            }
            [only] => Some(only.id),
            several => return Err(Trouble::usage(which(several))),
        },
    };
    let by = Stopper::Command;
    match door.manage(Manage::Stop { session, by }).await {
        Managed::Stopped { turns: 0 } => face.note("nothing runs")?,
        Managed::Stopped { turns } => {
            face.say_line(&format!("stopped {}", counted(turns.into(), "turn")))?;
        }
        other => return Err(Trouble::undone(other)),
    }
    Ok(exit::DONE)
}

/// The sessions whose turn runs in a process, or waits there for the person.
async fn running(door: &Door) -> Result<Vec<Card>, Trouble> {
    let mut running = Vec::new();
    for card in find::sessions(door, None, true).await? {
        // A limit that is asked about pauses a turn that still runs.
        if !matches!(card.state, State::Working | State::Waiting | State::Paused) {
            continue;
        }
        match door.ask(Query::Holder { session: card.id }).await {
            Found::Holder(Some(_)) if find::fold(door, card.id).await?.running => {
                running.push(card);
            }
            Found::Holder(_) => {}
            other => return Err(find::odd(&other)),
        }
    }
    Ok(running)
}

fn which(running: &[Card]) -> String {
    let named: Vec<String> = running
        .iter()
        .map(|card| format!("{} ({})", card.id.short(), brief(&card.title, 40)))
        .collect();
    format!(
        "{} sessions run: {}: name one, or --all",
        running.len(),
        named.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::json::tests::card;

    #[test]
    fn several_that_run_are_named() {
        let long = Card {
            title: "x".repeat(60),
            ..card()
        };
        assert_eq!(
            which(&[card(), long]),
            format!(
                "2 sessions run: 00abcd (Fix the tests), 00abcd ({}…): name one, or --all",
                "x".repeat(39)
            )
        );
    }
}
