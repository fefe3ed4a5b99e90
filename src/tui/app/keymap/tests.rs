//! What holds for the whole table of keys.

use std::collections::HashSet;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::chord::narrow;
use super::*;

#[test]
fn no_key_means_two_things_in_one_place() {
    for place in [Place::Anywhere, Place::Composer, Place::Transcript] {
        let mut seen = HashSet::new();
        for row in table().filter(|row| row.place == place) {
            for key in row.keys {
                assert!(seen.insert(key.label()), "{} in {place:?}", key.label());
            }
        }
    }
    let leaders: Vec<char> = table().filter_map(|row| row.leader).collect();
    assert_eq!(leaders.iter().collect::<HashSet<_>>().len(), leaders.len());
    let names: HashSet<&str> = table().map(|row| row.name).collect();
    assert_eq!(names.len(), table().count(), "each action has its own name");
}

#[test]
fn keys_are_found_as_terminals_send_them() {
    let press = |code, modifiers| KeyEvent::new(code, modifiers);
    let cases = [
        (
            Place::Composer,
            press(KeyCode::BackTab, KeyModifiers::SHIFT),
            Some(Action::NextMode),
        ),
        (
            Place::Composer,
            press(KeyCode::Tab, KeyModifiers::SHIFT),
            Some(Action::NextMode),
        ),
        (
            Place::Transcript,
            press(KeyCode::Char('G'), KeyModifiers::SHIFT),
            Some(Action::Bottom),
        ),
        (
            Place::Composer,
            press(KeyCode::Char('G'), KeyModifiers::SHIFT),
            None,
        ),
        (
            Place::Composer,
            press(KeyCode::Char('X'), KeyModifiers::CONTROL),
            Some(Action::Leader),
        ),
        (
            Place::Transcript,
            press(KeyCode::Char('a'), KeyModifiers::ALT),
            Some(Action::NextAsk),
        ),
        (
            Place::Composer,
            press(KeyCode::Char('y'), KeyModifiers::ALT),
            None,
        ),
    ];
    for (place, event, expected) in cases {
        assert_eq!(find(place, event), expected, "{event:?}");
    }
}

#[test]
fn wide_forms_count_as_narrow_ones() {
    let wide: String = "ｙ１？！＠、".chars().map(narrow).collect();
    assert_eq!(wide, "y1?!@/");
}
