//! Whatever the size of the terminal, its characters, and what comes from outside.

use crossterm::event::{KeyCode, KeyModifiers};

use creel::protocol::ask::Risk;
use creel::protocol::call::Detail;
use creel::protocol::event::Delta;
use creel::protocol::item::Item;
use creel::tui::app::message::Msg;
use creel::tui::app::setup::Setup;
use creel::tui::widget::paint::Glyphs;

use crate::support::Dice;

use super::desk::Desk;
use super::given::{approval, outcome, setup, worked};

#[test]
fn a_terminal_that_draws_marks_wide_gets_plain_ones() {
    let mut desk = worked((80, 24));
    desk.glyphs = Glyphs::Ascii;
    desk.ask(approval(Risk::Low, "echo …", "runs a program"));
    let text = desk.text();
    let wide: String = text
        .chars()
        .filter(|c| "●⚑✓✗■▾▸▌·…≈↑↓–─━│┃┌┏".contains(*c))
        .collect();
    // Only what would run is written as it is, and the answer in the words of the model.
    assert_eq!(wide, "…", "{text}");
    screen!("ascii", desk);
}

/// Whatever is open when a window changes, to whatever size: every page behind the leader, the transcript, panes.
#[test]
fn every_screen_is_drawn_at_any_size() {
    let mut dice = Dice::new(11);
    for key in "w?pmc,tfNOvsgV\"".chars() {
        let mut desk = worked((100, 30));
        desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
        desk.key(KeyCode::Char(key), KeyModifiers::NONE);
        for _ in 0..24 {
            // Small ones often: there the room runs out.
            let most = [8, 50, 300][dice.below(3) as usize];
            let size = (dice.below(most) as u16, dice.below(most / 2 + 2) as u16);
            desk.size = size;
            desk.update(Msg::Resize(size.0, size.1));
            desk.typed("j");
            let text = desk.text();
            assert_eq!(
                text.lines().count(),
                usize::from(size.1),
                "^X {key} at {size:?}"
            );
        }
    }
}

#[test]
fn no_size_is_too_small_or_too_large_to_be_drawn() {
    for size in [
        (0, 0),
        (1, 1),
        (2, 2),
        (5, 3),
        (39, 11),
        (40, 11),
        (39, 12),
        (41, 13),
        (300, 100),
    ] {
        let mut desk = worked(size);
        desk.ask(approval(Risk::High, "rm -rf /", "deletes everything"));
        desk.text();
        desk.key(KeyCode::Char('a'), KeyModifiers::ALT);
        desk.typed("dN some reason");
        desk.text();
        let bare = Setup {
            model: None,
            card: None,
            ..setup()
        };
        Desk::new(bare, size).text();
    }
    let mut desk = worked((30, 8));
    screen!("too_small", desk);
}

#[test]
fn what_comes_from_outside_never_steers_the_terminal() {
    let evil = "\u{1b}]0;x\u{7}\u{1b}[2J\u{9b}31m\u{202e}evil\u{200b}";
    let mut desk = Desk::running((80, 24));
    desk.done(
        1,
        evil,
        &format!("{{\"path\":\"{}\"}}", "\\u001b[2Jx"),
        outcome(evil, Some(1), 3, Detail::None),
    );
    desk.item(Item::Answer {
        text: evil.to_owned(),
        cut: true,
        opaque: None,
    });
    desk.item(Item::Notice {
        text: evil.to_owned(),
    });
    desk.delta(Delta::Text {
        text: evil.to_owned(),
    });
    desk.ask(approval(Risk::Low, evil, evil));
    desk.update(Msg::Paste(evil.to_owned()));
    let text = desk.text();
    let bad = text
        .chars()
        .filter(|c| {
            c.is_control() && *c != '\n'
                || ('\u{202a}'..='\u{202e}').contains(c)
                || *c == '\u{200b}'
        })
        .count();
    assert_eq!(bad, 0, "{text}");
    assert!(
        text.contains(r"\u{1b}[2J"),
        "what is decided on is written out: {text}"
    );
}
