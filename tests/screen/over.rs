//! Small screens over the workstation, and what is under them.

use crossterm::event::{KeyCode, KeyModifiers};

use creel::protocol::ask::Risk;
use creel::protocol::event::{Event, Fact};
use creel::protocol::id::{ModelRef, Seq};
use creel::protocol::item::{Block, Item, Origin};
use creel::protocol::money::{Amounts, Money};
use creel::protocol::offer::Offer;
use creel::protocol::query::{Found, ModelCard, SpendRow};
use creel::protocol::session::State;
use creel::protocol::time::Time;
use creel::protocol::usage::Usage;
use creel::tui::app::message::{Cmd, Msg, Tag};
use creel::tui::app::overlay::help::{First, Help};
use creel::tui::app::pane::PaneId;
use creel::tui::app::pointer::{Part, Spot};
use creel::tui::screen::spots::Spots;

use super::desk::Desk;
use super::given::{START, approval, card, explained, offer, sonnet, worked};

#[test]
fn the_strip_of_keys_cuts_no_words() {
    for size in [
        (160, 50),
        (120, 40),
        (100, 30),
        (80, 24),
        (61, 20),
        (40, 12),
    ] {
        let mut desk = worked(size);
        desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
        desk.wait(400);
        let mut seen = String::new();
        for _ in 0..5 {
            let strip = desk.text();
            // What stands above and below it is cut as ever.
            let strip = strip
                .lines()
                .filter(|row| !row.starts_with(['┃', '┏', '┗']));
            for row in strip.skip(usize::from(size.1 > 12)) {
                let row = row.replace("1 … 9", "1 to 9");
                assert!(!row.contains('…'), "{size:?}: {row}");
                seen.push_str(&row);
            }
            desk.press(KeyCode::PageDown);
        }
        for said in ["stash the draft; empty: take one", "trust: what is brought"] {
            assert!(seen.contains(said), "{size:?}: {said} in {seen}");
        }
    }
}

#[test]
fn overlays() {
    let mut desk = worked((80, 24));
    let leader = |desk: &mut Desk, c: char| {
        desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
        desk.press(KeyCode::Char(c));
    };
    desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
    desk.wait(400);
    screen!("leader", desk);
    desk.size = (40, 12);
    desk.update(Msg::Resize(40, 12));
    screen!("leader_40x12", desk);
    desk.size = (80, 24);
    desk.update(Msg::Resize(80, 24));
    desk.press(KeyCode::Char('w'));
    desk.shelf(vec![
        card("rate limits", State::Done, 1),
        card("重试策略的测试", State::Interrupted, 2),
    ]);
    desk.press(KeyCode::Char('G'));
    desk.press(KeyCode::Char('t'));
    let past = card("", State::Done, 1).id;
    let event = |seq, fact| Event {
        seq: Seq(seq),
        session: past,
        at: Time(START),
        fact,
    };
    desk.update(Msg::Found(
        Tag::Turns(past),
        Found::History(vec![
            event(1, Fact::TurnStarted { turn: 1 }),
            event(
                2,
                Fact::ItemAdded {
                    turn: 1,
                    step: 0,
                    item: Item::Prompt {
                        blocks: vec![Block::text("what is our upstream timeout?")],
                        origin: Origin::Person,
                    },
                    imported: None,
                },
            ),
        ]),
    ));
    screen!("turns", desk);
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::Esc);
    leader(&mut desk, 'm');
    let route = Offer {
        card: ModelCard {
            model: ModelRef::route("work"),
            ..sonnet()
        },
        ..offer(sonnet())
    };
    desk.offers(vec![route, offer(sonnet())]);
    desk.press(KeyCode::Up);
    desk.update(Msg::Found(Tag::Routes, Found::Routes(vec![explained()])));
    screen!("models_route", desk);
    desk.press(KeyCode::Esc);
    desk.typed("?");
    screen!("help", desk);
    desk.size = (40, 12);
    desk.update(Msg::Resize(40, 12));
    screen!("help_40x12", desk);
    desk.size = (80, 24);
    desk.update(Msg::Resize(80, 24));
    desk.press(KeyCode::Esc);
    leader(&mut desk, 'S');
    screen!("skills", desk);
    desk.press(KeyCode::Enter);
    screen!("skill_inserted", desk);
    desk.wait(10_000);
    desk.key(KeyCode::Char('c'), KeyModifiers::CONTROL);
    desk.typed("/mo");
    screen!("commands", desk);
    desk.wait(2_000);
    desk.key(KeyCode::Char('c'), KeyModifiers::CONTROL);
    leader(&mut desk, 'c');
    let mut cost = Amounts::default();
    cost.add(Money::usd(2_320_000_000_000));
    let row = SpendRow {
        key: "anthropic/claude-sonnet-5-5".to_owned(),
        calls: 31,
        usage: Usage {
            input: 120_000,
            cache_read: 1_200_000,
            output: 31_000,
            ..Usage::default()
        },
        cost,
        unknown: 1,
        ..SpendRow::default()
    };
    desk.update(Msg::Found(Tag::SpendModels, Found::Spend(vec![row])));
    desk.update(Msg::Found(Tag::SpendDays, Found::Spend(Vec::new())));
    screen!("cost", desk);
    desk.press(KeyCode::Esc);
    leader(&mut desk, 'q');
    screen!("quit", desk);
}

#[test]
fn what_is_drawn_can_be_clicked() {
    for size in [(100, 30), (80, 24), (40, 12)] {
        let mut desk = Desk::running(size);
        let spots = |desk: &mut Desk, text: &str| {
            let drawn = desk.text();
            let y = drawn.lines().position(|line| line.contains(text));
            let y = y.unwrap_or_else(|| panic!("no {text}:\n{drawn}")) as u16;
            (desk.spots.at(3, y), desk.spots.at(0, 0))
        };
        let only = |part| Spot::Pane(PaneId(1), part);
        assert_eq!(spots(&mut desk, "┃ >"), (Some(only(Part::Composer)), None));
        assert_eq!(
            spots(&mut desk, "Retry-After"),
            (Some(only(Part::Transcript)), None)
        );
        desk.ask(approval(Risk::Low, "cargo test", "runs a program"));
        assert_eq!(
            spots(&mut desk, "cargo test"),
            (Some(only(Part::Card)), None)
        );
        assert_eq!(spots(&mut desk, "┃ >"), (Some(only(Part::Composer)), None));
        desk.update(Msg::Click(only(Part::Card)));
        assert_eq!(
            spots(&mut desk, "cargo test"),
            (Some(only(Part::Card)), None)
        );
        desk.press(KeyCode::F(1));
        desk.text();
        assert_eq!(desk.spots, Spots::default(), "nothing under an overlay");
    }
}

/// What is under the help was not seen: it is quiet anew when the help has gone.
#[test]
fn an_ask_under_the_help_is_seen_and_answered_after_it() {
    let mut desk = Desk::running((100, 30));
    desk.ask(approval(Risk::Low, "cargo test", "runs a program"));
    desk.key(KeyCode::Char('a'), KeyModifiers::ALT);
    desk.wait(400);
    desk.app.help = Some(Help::of(First::Cards));
    let text = desk.text();
    assert!(text.contains("━ help ━"), "{text}");
    let yes = |desk: &mut Desk| {
        let cmds = desk.pressed(KeyCode::Char('y'));
        cmds.iter()
            .filter(|cmd| matches!(cmd, Cmd::Send(_)))
            .count()
    };
    assert_eq!(yes(&mut desk), 0, "the letter is the help's");
    desk.press(KeyCode::Esc);
    let text = desk.text();
    assert!(
        text.contains("wants to run") && text.contains("ready after"),
        "{text}"
    );
    assert_eq!(yes(&mut desk), 0);
    desk.wait(400);
    let text = desk.text();
    assert!(text.contains("                ready "), "{text}");
    assert_eq!(yes(&mut desk), 1);
}

/// A short notice has the key that puts it away beside it, and takes one row from what was said and done.
#[test]
fn a_short_notice_takes_one_row() {
    let mut desk = worked((80, 24));
    let said = "another Creel (4711) keeps the tabs; these are not kept";
    desk.app.notices.push(said.to_owned());
    desk.key(KeyCode::Char('l'), KeyModifiers::CONTROL);
    let text = desk.text();
    let row = text.lines().find(|row| row.contains(said)).unwrap();
    assert!(row.contains("^X") && row.contains("away"), "{text}");
    assert_eq!(text.matches("away").count(), 1, "{text}");
}
