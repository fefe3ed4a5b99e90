//! Who has a key, who can be given it, and which keys stand in each other's way.

use crossterm::event::{KeyCode, KeyModifiers};

use crate::tui::app::keymap::chord::{Chord, ctrl};
use crate::tui::app::keymap::law;
use crate::tui::app::keymap::live::{Keymap, Live};
use crate::tui::app::keymap::place::Place;
use crate::tui::app::keymap::spelling::Stroke;
use crate::tui::app::keymap::wished::Rebind;
use crate::tui::app::keymap::{Action, Binding, table};

/// Keys that stay what they are, so that the way out and the way to all the others are never lost.
pub const KEPT: &[(Stroke, Action)] = &[
    (Stroke::Chord(ctrl('c')), Action::Break),
    (Stroke::Chord(ctrl('x')), Action::Leader),
    (Stroke::Led('?'), Action::Help),
];

/// Why a key cannot be given to an action; the rest of a sentence that begins with the key.
pub fn refused(place: Place, row: &Binding, stroke: Stroke) -> Option<String> {
    let kept = KEPT.iter().find(|(key, _)| *key == stroke);
    if let Some((_, action)) = kept.filter(|(_, action)| *action != row.action) {
        let name = table()
            .find(|row| row.action == *action)
            .map_or("", |row| row.name);
        return Some(format!("always is `{name}`"));
    }
    if place.is_over() {
        return law::refused(place, row, stroke);
    }
    let first = match stroke {
        Stroke::Chord(chord) => letter(chord),
        Stroke::Pair(first, _) => Some(first),
        Stroke::Led(_) => None,
    };
    if let (Place::Transcript, Some(first @ ('1'..='9' | '!' | ':'))) = (place, first) {
        return Some(match first {
            '!' | ':' => format!("cannot be: {first} begins a command there"),
            digit => format!("cannot be: {digit} says there how often the next key is meant"),
        });
    }
    let chord = match stroke {
        Stroke::Chord(chord) => chord,
        Stroke::Led(_) if place == Place::Anywhere => return None,
        Stroke::Led(_) => {
            return Some(
                "works everywhere, as all keys after the leader: put it under [keymap.everywhere]"
                    .to_owned(),
            );
        }
        Stroke::Pair(..) if place == Place::Transcript => return None,
        Stroke::Pair(..) => {
            return Some(
                "is two keys: only the transcript takes two, and the leader one after it, as in leader g"
                    .to_owned(),
            );
        }
    };
    let held = chord
        .modifiers
        .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match (place, chord.code) {
        (Place::Transcript | Place::Board, _) => None,
        (_, KeyCode::Char(c)) if !held => Some(format!(
            "is text where one types: alt-{c} or leader {c} would do"
        )),
        (Place::Anywhere, KeyCode::F(_) | KeyCode::PageUp | KeyCode::PageDown | KeyCode::BackTab) => {
            None
        }
        (Place::Anywhere, _) if chord.modifiers.is_empty() => Some(
            "alone belongs to what has the focus: put it under [keymap.composer] or [keymap.transcript]"
                .to_owned(),
        ),
        _ => None,
    }
}

/// Who has a key now where this place's keys are looked up; the row itself does not count.
pub fn holders<'k>(
    keymap: &'k Keymap,
    place: Place,
    row: &'static Binding,
    stroke: Stroke,
) -> impl Iterator<Item = &'k Live> {
    let rows = keymap.rows.iter().filter(move |live| live.row != row);
    rows.filter(move |live| match stroke {
        Stroke::Led(c) => live.leaders.contains(&c),
        stroke => meets(place, live.place) && live.strokes().any(|other| clash(other, stroke)),
    })
}

/// Gives a row this key alone. What the table gave the key to loses it by that; what the person gave it to has to be written
/// without it, since of two wishes for one key none goes before the other.
pub fn given(keymap: &Keymap, place: Place, row: &'static Binding, stroke: Stroke) -> Vec<Rebind> {
    let own = holders(keymap, place, row, stroke).filter(|live| live.own);
    let less = own.map(|live| Rebind {
        place: live.place,
        name: live.row.name,
        keys: Some(
            live.strokes()
                .filter(|other| !clash(*other, stroke))
                .collect(),
        ),
    });
    let mut rebinds: Vec<Rebind> = less.collect();
    rebinds.push(Rebind {
        place,
        name: row.name,
        keys: Some(vec![stroke]),
    });
    rebinds
}

/// A key of the first place is wanted for itself in the second.
pub fn meets(place: Place, other: Place) -> bool {
    place == other || other.under() == Some(place)
}

/// Of two keys in one place only one can work: they are the same, or one is the first of the other's two.
pub fn clash(one: Stroke, other: Stroke) -> bool {
    let begins = |stroke, pair| match (stroke, pair) {
        (Stroke::Chord(chord), Stroke::Pair(first, _)) => letter(chord) == Some(first),
        _ => false,
    };
    one == other || begins(one, other) || begins(other, one)
}

/// The letter, digit or sign that is pressed without anything beside it.
pub fn letter(chord: Chord) -> Option<char> {
    match chord.code {
        KeyCode::Char(c) if chord.modifiers.is_empty() => Some(c),
        _ => None,
    }
}
