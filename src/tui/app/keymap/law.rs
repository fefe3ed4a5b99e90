//! What no config can make of the keys of asks, cards and lists: nothing is allowed by a key that is pressed without reading,
//! and the way back stays.

use crossterm::event::KeyCode;

use crate::tui::app::keymap::chord::{Chord, ctrl, key};
use crate::tui::app::keymap::claim::letter;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::keymap::spelling::Stroke;
use crate::tui::app::keymap::{Action, Binding, table};

const ESC: Chord = key(KeyCode::Esc);
const ENTER: Chord = key(KeyCode::Enter);

/// Something happens by it that was asked about.
fn allows(action: Action) -> bool {
    matches!(
        action,
        Action::AskYes
            | Action::AskSession
            | Action::AskRule
            | Action::AskRaise
            | Action::AskGoOn
            | Action::QuestionYes
            | Action::MergeYes
    )
}

/// Nothing happens by it that was asked about.
fn denies(action: Action) -> bool {
    matches!(
        action,
        Action::AskNo | Action::AskNoBecause | Action::AskEnd | Action::QuestionNo
    )
}

/// What a key always is in a place, as long as it is there at all.
pub fn kept(place: Place, chord: Chord) -> Option<Action> {
    let enters = matches!(place, Place::Ask | Place::Inbox | Place::BoardDelete)
        || place.is_over() && place.is_typed_in();
    match chord {
        ESC if place.is_over() => Some(Action::Close),
        // All settings are lists, so that the way to other keys is never lost.
        ENTER if enters => Some(Action::Choose),
        _ => None,
    }
}

/// The keys that a row of this place has whatever is wished for.
pub fn keeps(place: Place, row: &Binding) -> impl Iterator<Item = Stroke> {
    let keys = [ESC, ENTER].into_iter();
    let own = keys.filter(move |chord| kept(place, *chord) == Some(row.action));
    own.map(Stroke::Chord)
}

/// Why a key cannot be given to an action of a place over the screen; the rest of a sentence that begins with the key.
pub fn refused(place: Place, row: &Binding, stroke: Stroke) -> Option<String> {
    let chord = match stroke {
        Stroke::Chord(chord) => chord,
        Stroke::Pair(..) | Stroke::Led(_) => {
            return Some(format!(
                "is more than one key: [keymap.{}] takes one alone, as in alt-y",
                place.name()
            ));
        }
    };
    // Esc twice in a row is Alt+Esc to some terminals.
    let whole = if chord.code == KeyCode::Esc {
        ESC
    } else {
        chord
    };
    if let Some(action) = kept(place, whole).filter(|action| *action != row.action) {
        return Some(format!("always is `{}`", name_of(place, action)));
    }
    let second = match place {
        Place::Ask => Some("a yes to a HIGH ask"),
        Place::BoardDelete => Some("a yes to a deletion"),
        _ => None,
    };
    if let Some(yes) = second.filter(|_| row.action == Action::Choose && chord != ENTER) {
        return Some(format!("cannot be: the second key of {yes} is Enter alone"));
    }
    // What is marked may be what allows, or costs.
    let marked = row.action == Action::Choose && matches!(place, Place::Question | Place::Card);
    if (allows(row.action) || marked) && !row.keys.contains(&chord) {
        let unread = matches!(chord.code, KeyCode::Enter | KeyCode::Char(' '))
            || chord == ctrl('j')
            || chord == ctrl('m');
        if unread {
            return Some("cannot allow anything: it is pressed without reading".to_owned());
        }
        let mut others = table().filter(|other| other.place == place && denies(other.action));
        if let Some(other) = others.find(|other| other.keys.contains(&chord)) {
            let name = other.name;
            return Some(format!(
                "cannot allow anything: as shipped it is the no of `{name}`"
            ));
        }
    }
    if row.keys.contains(&chord) {
        return None;
    }
    match letter(chord) {
        Some(digit @ '1'..='9') if place.numbers() => Some(format!(
            "cannot be: {digit} chooses the row of that number there"
        )),
        Some(c) if place.is_typed_in() => {
            Some(format!("is text where one types: alt-{c} would do"))
        }
        _ => None,
    }
}

/// The name of what an action is in a place.
fn name_of(place: Place, action: Action) -> &'static str {
    let places = [Some(place), place.under()];
    let mut rows = places.into_iter().flatten().filter_map(|place| {
        let mut rows = table();
        rows.find(|row| row.place == place && row.action == action)
    });
    rows.next().map_or("", |row| row.name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use crossterm::event::{KeyEvent, KeyModifiers};
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::config::load::parse;
    use crate::tui::app::keymap::chord::plain;
    use crate::tui::app::keymap::leader::Leader;
    use crate::tui::app::keymap::live::Keymap;
    use crate::tui::app::keymap::wished::apply;

    fn applied(text: &str) -> (Keymap, Vec<String>, Vec<String>) {
        let loaded = parse(text, Path::new("/c/config.toml"), &|_| None).unwrap();
        let (keymap, judged) = apply(Leader::CtrlX, &loaded.config.keymap);
        let faults = judged.faults.iter().map(ToString::to_string);
        (keymap, faults.collect(), judged.warnings)
    }

    fn found(keymap: &Keymap, place: Place, chord: Chord) -> Option<Action> {
        let event = KeyEvent::new(chord.code, chord.modifiers);
        keymap.press(place, event).action
    }

    #[test]
    fn what_would_allow_without_reading_is_refused() {
        let unread = "cannot allow anything: it is pressed without reading";
        let cases = [
            ("ask", "ask-yes", "enter", "always is `ask-choose`"),
            ("ask", "ask-yes", "esc", "always is `ask-leave`"),
            ("ask", "ask-no", "esc", "always is `ask-leave`"),
            ("ask", "ask-end", "alt-esc", "always is `ask-leave`"),
            ("ask", "ask-choose", "esc", "always is `ask-leave`"),
            ("ask", "ask-yes", "space", unread),
            ("ask", "ask-session", "alt-enter", unread),
            ("ask", "ask-go-on", "shift-enter", unread),
            ("ask", "ask-raise", "ctrl-j", unread),
            ("question", "question-yes", "enter", unread),
            ("merge", "merge-yes", "space", unread),
            (
                "ask",
                "ask-yes",
                "n",
                "cannot allow anything: as shipped it is the no of `ask-no`",
            ),
            (
                "ask",
                "ask-go-on",
                "x",
                "cannot allow anything: as shipped it is the no of `ask-end`",
            ),
            (
                "question",
                "question-yes",
                "n",
                "cannot allow anything: as shipped it is the no of `question-no`",
            ),
            (
                "ask",
                "ask-choose",
                "z",
                "cannot be: the second key of a yes to a HIGH ask is Enter alone",
            ),
            (
                "ask",
                "ask-yes",
                "ｎ",
                "cannot allow anything: as shipped it is the no of `ask-no`",
            ),
            (
                "ask",
                "ask-no",
                "１",
                "cannot be: 1 chooses the row of that number there",
            ),
            ("question", "question-choose", "space", unread),
            (
                "question",
                "question-choose",
                "n",
                "cannot allow anything: as shipped it is the no of `question-no`",
            ),
            ("card", "card-choose", "space", unread),
            ("ask", "ask-yes", "ctrl-c", "always is `break`"),
            (
                "ask",
                "ask-yes",
                "2",
                "cannot be: 2 chooses the row of that number there",
            ),
            (
                "board-delete",
                "board-delete-choose",
                "z",
                "cannot be: the second key of a yes to a deletion is Enter alone",
            ),
            ("board-delete", "board-delete-yes", "space", unread),
            (
                "offers",
                "offers-after",
                "j",
                "is text where one types: alt-j would do",
            ),
            (
                "search",
                "search-leave",
                "enter",
                "always is `search-enter`",
            ),
            ("card", "card-keep", "esc", "always is `card-leave`"),
            (
                "ask",
                "ask-yes",
                "leader y",
                "is more than one key: [keymap.ask] takes one alone, as in alt-y",
            ),
            (
                "list",
                "list-down",
                "j",
                "is text where one types: alt-j would do",
            ),
            (
                "models",
                "models-now",
                "n",
                "is text where one types: alt-n would do",
            ),
            ("models", "models-now", "enter", "always is `list-choose`"),
            ("stash", "stash-drop", "esc", "always is `list-close`"),
        ];
        for (place, name, key, expected) in cases {
            let text = format!("[keymap.{place}]\n{name} = \"{key}\"\n");
            let at = name.len() + 4;
            let expected = format!("2:{at}: `keymap.{place}.{name}`: `{key}` {expected}");
            let (keymap, faults, _) = applied(&text);
            assert_eq!(faults, [expected]);
            assert_eq!(keymap.rows, Keymap::default().rows, "{text}");
        }
    }

    #[test]
    fn two_wishes_for_one_key_are_named_and_what_loses_one_too() {
        let (_, faults, _) = applied("[keymap.ask]\nask-yes = \"z\"\nask-no = \"z\"\n");
        assert_eq!(
            faults,
            ["3:10: `keymap.ask.ask-no`: `z` is `ask-yes` there already: one key does one thing"]
        );
        let (_, faults, _) =
            applied("[keymap.ask]\nask-yse = \"z\"\ncard-keep = \"z\"\nzoom = \"z\"\n");
        assert_eq!(
            faults,
            [
                "2:1: `keymap.ask.ask-yse` is no action: did you mean `ask-yes`?",
                "3:1: `keymap.ask.card-keep` belongs to that place: put it under [keymap.card]",
                "4:1: `keymap.ask.zoom` is no action of that place: put it under [keymap.everywhere]",
            ]
        );
        let cases = [
            (
                "[keymap.ask]\nask-no = \"y\"\n",
                "keymap.ask.ask-no: y is taken from `ask-yes`, which has no key now",
            ),
            // Wished for in all lists, it is taken from each of them.
            (
                "[keymap.list]\nlist-down = [\"down\", \"ctrl-r\"]\n[keymap.settings]\nsettings-shipped = \"f9\"\n",
                "keymap.list.list-down: ctrl-r is taken from `prompts-older`, which has no key now",
            ),
        ];
        for (text, expected) in cases {
            let (_, faults, warnings) = applied(text);
            assert_eq!(
                (faults, warnings),
                (vec![], vec![expected.to_owned()]),
                "{text}"
            );
        }
    }

    #[test]
    fn a_wish_holds_in_its_place_and_the_way_out_stays() {
        let alt = |c| Chord {
            code: KeyCode::Char(c),
            modifiers: KeyModifiers::ALT,
        };
        let own = "[keymap.ask]\nask-yes = [\"j\", \"alt-y\"]\nask-leave = \"q\"\nask-choose = []\n\
                   [keymap.list]\nlist-down = \"alt-j\"\nlist-close = []\n[keymap.turns]\nlist-up = \"alt-k\"\n";
        let (keymap, faults, _) = applied(own);
        assert_eq!(faults, Vec::<String>::new());
        let cases = [
            (Place::Ask, plain('j'), Some(Action::AskYes)),
            (Place::Ask, alt('y'), Some(Action::AskYes)),
            (Place::Ask, plain('y'), None),
            (Place::Ask, plain('q'), Some(Action::Close)),
            (Place::Ask, ESC, Some(Action::Close)),
            (Place::Ask, ENTER, Some(Action::Choose)),
            (Place::Ask, ctrl('p'), None),
            (Place::Card, plain('q'), None),
            (Place::Models, alt('j'), Some(Action::ScrollDown)),
            (Place::Models, key(KeyCode::Down), None),
            (Place::Models, ESC, Some(Action::Close)),
            (Place::Turns, alt('k'), Some(Action::ScrollUp)),
            (Place::Models, alt('k'), None),
        ];
        for (place, chord, expected) in cases {
            let label = chord.label();
            assert_eq!(
                found(&keymap, place, chord),
                expected,
                "{label} in {place:?}"
            );
        }
    }

    #[test]
    fn a_key_with_command_held_is_none_of_them_and_full_width_letters_are() {
        let keymap = Keymap::default();
        let press = |c, modifiers| {
            let event = KeyEvent::new(KeyCode::Char(c), modifiers);
            keymap.press(Place::Ask, event).action
        };
        assert_eq!(press('y', KeyModifiers::SUPER), None);
        assert_eq!(press('y', KeyModifiers::CONTROL), None);
        assert_eq!(press('ｙ', KeyModifiers::NONE), Some(Action::AskYes));
        let enter = KeyEvent::new(KeyCode::Enter, KeyModifiers::ALT);
        assert_eq!(keymap.press(Place::Ask, enter).action, None);
    }
}
