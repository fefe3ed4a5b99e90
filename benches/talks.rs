//! Many sessions of talk: words as often as in a language, the same with each run.

use creel::agent::session::Session;
use creel::protocol::event::Fact;
use creel::protocol::item::{Block, Item, Origin};
use creel::store::{Batch, Derived};

use crate::made;
use crate::support::{Dice, Home};

/// Different words.
const WORDS: f64 = 50_000.0;

/// Words of an item.
const LENGTH: usize = 60;

/// Items of a session.
const SESSION: u32 = 250;

/// So many items, a question and an answer in turn, over a hundred days.
pub fn make(home: &Home, items: u32) {
    let mut dice = Dice::new(7);
    let sessions = items / SESSION;
    let batches = (0..sessions).map(move |number| {
        let ago = i64::from(sessions - number) * 100 * 24 * 60 * made::MINUTE / i64::from(sessions);
        let mut facts = vec![made::begun(&format!("/work/part{}", number % 10))];
        for item in 0..SESSION {
            let turn = item / 2 + 1;
            let text: Vec<String> = (0..LENGTH).map(|_| word(&mut dice)).collect();
            let text = text.join(" ");
            let item = if item % 2 == 0 {
                facts.push(Fact::TurnStarted { turn });
                let (blocks, origin) = (vec![Block::text(text)], Origin::Person);
                Item::Prompt { blocks, origin }
            } else {
                Item::Answer {
                    text,
                    cut: false,
                    opaque: None,
                }
            };
            let ends = matches!(item, Item::Answer { .. });
            facts.push(Fact::ItemAdded {
                turn,
                step: 1,
                item,
                imported: None,
            });
            facts.extend(ends.then(|| made::ended(turn)));
        }
        Batch {
            derive: Box::new(|events| {
                let session = Session::fold(None, events)?;
                Some(Derived {
                    card: session.card(),
                    state: None,
                })
            }),
            ..made::batch(made::now().0 - ago, facts)
        }
    });
    made::keep(home, batches);
}

/// A word of a made-up language; the nth is about as rare as n says.
pub fn word(dice: &mut Dice) -> String {
    const SOUNDS: [&str; 16] = [
        "ka", "re", "mi", "to", "su", "na", "lo", "pe", "di", "va", "go", "shu", "ben", "tal",
        "rin", "mo",
    ];
    let share = dice.below(1 << 24) as f64 / f64::from(1 << 24);
    let mut rank = WORDS.powf(share) as usize;
    let mut word = String::new();
    while rank > 0 {
        word.push_str(SOUNDS[rank % SOUNDS.len()]);
        rank /= SOUNDS.len();
    }
    word
}
