//! What a transcript tells of facts that take each other's place.

use pretty_assertions::assert_eq;
use uuid::Uuid;

use super::*;
use crate::protocol::id::SessionId;
use crate::protocol::rule::Mode;

fn event(seq: u32, fact: Fact) -> Event {
    Event {
        seq: Seq(seq.into()),
        session: SessionId(Uuid::from_u128(1)),
        at: Time(seq.into()),
        fact,
    }
}

fn mode(mode: Mode) -> Fact {
    let change = Change::Mode { mode };
    Fact::SessionChanged { change }
}

fn notice() -> Fact {
    let text = "n".to_owned();
    Fact::ItemAdded {
        turn: 1,
        step: 1,
        item: Item::Notice { text },
        imported: None,
    }
}

fn told(transcript: &Transcript) -> Vec<String> {
    let entries = transcript.entries().iter();
    let told = entries.map(|entry| match &entry.what {
        What::Changed(Change::Mode { mode }) => mode.name().to_owned(),
        _ => "-".to_owned(),
    });
    told.collect()
}

#[test]
fn of_modes_in_a_row_the_last_is_told() {
    use Mode::{Ask, Auto, Edits, Plan};
    let facts = [
        mode(Edits),
        mode(Auto),
        mode(Plan),
        mode(Ask),
        notice(),
        mode(Edits),
        mode(Auto),
    ];
    let events: Vec<Event> = (1..)
        .zip(facts)
        .map(|(seq, fact)| event(seq, fact))
        .collect();
    let expected = ["ask", "-", "auto"];
    // Heard one by one, and read in two pages, wherever those meet.
    for cut in 0..events.len() {
        let (before, after) = events.split_at(cut);
        let mut transcript = Transcript::default();
        for event in after {
            transcript.apply(event);
        }
        transcript.prepend(before, 1);
        assert_eq!(told(&transcript), expected, "{cut}");
        assert_eq!(transcript.last(), Seq(7));
    }
}
