//! The list of themes as it is drawn, and that nothing on the screen is said by a colour alone.

use creel::config::theme::ThemeChoice;
use creel::protocol::ask::Risk;
use creel::protocol::event::{Ending, Fact};
use creel::tui::app::message::{Cmd, Msg};
use creel::tui::app::overlay::themes::Offered;
use creel::tui::terminal::colour::Depth;
use creel::tui::terminal::eye::Ground;
use creel::tui::theme::folder::{Listed, Themes};
use crossterm::event::{KeyCode, KeyModifiers};

use super::desk::Desk;
use super::given::{approval, setup};

fn offered(choice: ThemeChoice, worn: &str) -> Offered {
    let mut listed = Themes::default().list();
    listed.push(Listed {
        name: "harbour".to_owned(),
        own: true,
        ground: Ok(Some(Ground::Dark)),
    });
    listed.push(Listed {
        name: "mine".to_owned(),
        own: true,
        ground: Err(
            "/home/ada/.config/creel/themes/mine.toml:3:8: unknown colour `redd`".to_owned(),
        ),
    });
    Offered {
        listed,
        choice,
        worn: worn.to_owned(),
        ground: Ground::Dark,
        depth: Depth::True,
    }
}

fn listing(size: (u16, u16)) -> Desk {
    let mut desk = Desk::new(setup(), size);
    desk.typed("/theme");
    let wished = desk.update(Msg::Key(KeyCode::Enter.into()));
    assert!(wished.contains(&Cmd::ListThemes), "{wished:?}");
    let choice = ThemeChoice::One("dusk".to_owned());
    desk.update(Msg::Themes(offered(choice, "dusk")));
    desk
}

#[test]
fn themes_are_listed() {
    for (width, height) in [(100, 30), (80, 24), (40, 12)] {
        let mut desk = listing((width, height));
        screen!(format!("themes_{width}x{height}"), desk);
    }
    let mut desk = listing((80, 24));
    desk.typed("mine");
    desk.press(KeyCode::Enter);
    screen!("themes_bad", desk);
    desk.key(KeyCode::Char('u'), KeyModifiers::CONTROL);
    desk.typed("kana");
    let wished = desk.update(Msg::Key(KeyCode::Enter.into()));
    let choice = ThemeChoice::One("kanagawa".to_owned());
    assert_eq!(wished, [Cmd::KeepTheme(choice.clone())]);
    desk.update(Msg::ThemeKept(choice, Ok(())));
    assert!(desk.text().contains("theme kanagawa is in the config"));
}

/// Screens that mean different things; their characters alone must tell them apart, since nothing is known of the colours.
#[test]
fn meaning_is_never_in_a_colour_alone() {
    let ended = |endings: &[Ending]| {
        let mut desk = Desk::running((100, 30));
        for ending in endings {
            let ending = ending.clone();
            desk.fact(Fact::TurnEnded { turn: 1, ending });
        }
        desk.text()
    };
    let asked = |risk| {
        let mut desk = Desk::running((100, 30));
        desk.ask(approval(risk, "make all", "runs a program of this project"));
        desk.text()
    };
    let marked = |rows: usize| {
        let mut desk = listing((100, 30));
        for _ in 0..rows {
            desk.press(KeyCode::Down);
        }
        desk.text()
    };
    let chosen = |name: &str| {
        let mut desk = Desk::new(setup(), (100, 30));
        desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
        desk.press(KeyCode::Char('t'));
        desk.update(Msg::Themes(offered(
            ThemeChoice::One(name.to_owned()),
            "dusk",
        )));
        desk.text()
    };
    let cases = [
        (
            "a turn that runs and one that has ended",
            ended(&[]),
            ended(&[Ending::Finished]),
        ),
        (
            "a turn that has ended and one that met a limit",
            ended(&[Ending::Finished]),
            ended(&[Ending::Budget]),
        ),
        (
            "an ask of low and of medium risk",
            asked(Risk::Low),
            asked(Risk::Medium),
        ),
        (
            "an ask of medium and of high risk",
            asked(Risk::Medium),
            asked(Risk::High),
        ),
        ("one row marked and the next", marked(0), marked(1)),
        (
            "one theme chosen and another",
            chosen("dusk"),
            chosen("dawn"),
        ),
    ];
    for (what, one, other) in cases {
        assert_ne!(one, other, "{what}");
    }
}
