//! What the person said and ran before, as it is brought back to be said again.

use pretty_assertions::assert_eq;

use crate::protocol::event::Fact;
use crate::protocol::item::{Block, Item, Origin};
use crate::store::Batch;
use crate::store::imports::Import;
use crate::store::try_out::{Home, append, batch, id, prompt};

#[test]
fn prompts_are_the_persons_own_and_different() {
    let home = Home::new();
    let log = home.open();
    let paste = "a long paste ".repeat(1_000);
    let note = Fact::ItemAdded {
        turn: 1,
        step: 0,
        item: Item::Prompt {
            blocks: vec![Block::text("the turn was interrupted")],
            origin: Origin::Creel,
        },
        imported: None,
    };
    let command = Fact::ItemAdded {
        turn: 1,
        step: 0,
        item: Item::Shell {
            command: "make check".to_owned(),
            outcome: crate::protocol::call::Outcome::failed("no"),
        },
        imported: None,
    };
    for (number, fact) in [
        (1, prompt("first")),
        (2, prompt(&paste)),
        (1, command.clone()),
        (1, note),
        (2, command),
        (1, prompt("second")),
        (2, prompt("first")),
    ] {
        append(&log, batch(id(number), vec![fact])).unwrap();
    }
    let elsewhere = Fact::ItemAdded {
        turn: 1,
        step: 0,
        item: Item::Shell {
            command: "rm -rf build".to_owned(),
            outcome: crate::protocol::call::Outcome::failed("no"),
        },
        imported: None,
    };
    let import = Some(Import {
        source: "claude".to_owned(),
        name: "a".to_owned(),
        ..Import::default()
    });
    let taken_in = Batch {
        import,
        ..batch(id(3), vec![elsewhere])
    };
    append(&log, taken_in).unwrap();
    let reader = log.reader();
    let all = ["first", "second", "! make check", &paste];
    assert_eq!(reader.prompts(9).unwrap(), all);
    assert_eq!(reader.prompts(1).unwrap(), ["first"]);
    assert_eq!(reader.prompts(0).unwrap(), Vec::<String>::new());
}
