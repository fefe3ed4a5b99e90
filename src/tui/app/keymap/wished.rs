//! What a person wished for in `[keymap]`, laid over the table. What is good is taken; every fault is named with its place.

use crossterm::event::{KeyCode, KeyModifiers};

use crate::config::document::{cut, nearest};
use crate::config::keymap::{At, Judged, KeymapConfig, Wish};
use crate::tui::app::keymap::chord::{Chord, ctrl};
use crate::tui::app::keymap::leader::Leader;
use crate::tui::app::keymap::live::{Keymap, Live};
use crate::tui::app::keymap::spelling::{self, Stroke};
use crate::tui::app::keymap::{Action, Binding, Place, table};

/// Keys that stay what they are, so that the way out and the way to all the others are never lost.
const KEPT: &[(Stroke, Action)] = &[
    (Stroke::Chord(ctrl('c')), Action::Break),
    (Stroke::Chord(ctrl('x')), Action::Leader),
    (Stroke::Led('?'), Action::Help),
];

/// The keys an action shall have in a place, to be written into the config; `None`: those it is shipped with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebind {
    pub place: Place,
    pub name: &'static str,
    pub keys: Option<Vec<Stroke>>,
}

/// Each place with the names of its actions, as the config has them.
pub fn names() -> Vec<(&'static str, Vec<&'static str>)> {
    let of = |place| {
        let rows = table().filter(move |row| row.place == place || row.place == Place::Anywhere);
        rows.map(|row| row.name).collect()
    };
    let places = Place::ALL.into_iter();
    places.map(|place| (place.name(), of(place))).collect()
}

/// What a config's keymap comes to, without the keys themselves.
pub fn judge(wished: &KeymapConfig) -> Judged {
    apply(Leader::default(), wished).1
}

/// The keys as they are with it, and what is wrong with it.
pub fn apply(leader: Leader, wished: &KeymapConfig) -> (Keymap, Judged) {
    let mut laying = Laying {
        keymap: Keymap::shipped(leader),
        judged: Judged {
            faults: wished.faults.clone(),
            warnings: Vec::new(),
        },
        taken: Vec::new(),
    };
    for wish in &wished.wishes {
        laying.wish(wish);
    }
    laying.yield_keys();
    laying.judged.faults.sort();
    (laying.keymap, laying.judged)
}

/// Why a key cannot be given to an action; the rest of a sentence that begins with the key.
pub fn refused(place: Place, row: &Binding, stroke: Stroke) -> Option<String> {
    let kept = KEPT.iter().find(|(key, _)| *key == stroke);
    if let Some((_, action)) = kept.filter(|(_, action)| *action != row.action) {
        let name = table()
            .find(|row| row.action == *action)
            .map_or("", |row| row.name);
        return Some(format!("always is `{name}`"));
    }
    let Stroke::Chord(chord) = stroke else {
        let led = place == Place::Anywhere;
        return (!led).then(|| {
            "works everywhere, as all keys after the leader: put it under [keymap.everywhere]"
                .to_owned()
        });
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
        Stroke::Chord(chord) => meets(place, live.place) && live.keys.contains(&chord),
    })
}

/// Gives a row this key alone. What the table gave the key to loses it by that; what the person gave it to has to be written
/// without it, since of two wishes for one key none goes before the other.
pub fn given(keymap: &Keymap, place: Place, row: &'static Binding, stroke: Stroke) -> Vec<Rebind> {
    let own = holders(keymap, place, row, stroke).filter(|live| live.own);
    let less = own.map(|live| Rebind {
        place: live.place,
        name: live.row.name,
        keys: Some(live.strokes().filter(|other| *other != stroke).collect()),
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
fn meets(place: Place, other: Place) -> bool {
    place == other || place == Place::Anywhere
}

/// A key that the person gave away, and to what.
struct Taken {
    place: Place,
    stroke: Stroke,
    name: &'static str,
}

struct Laying {
    keymap: Keymap,
    judged: Judged,
    taken: Vec<Taken>,
}

impl Laying {
    fn fault(&mut self, at: At, text: String) {
        self.judged.faults.push(at.fault(text));
    }

    fn wish(&mut self, wish: &Wish) {
        let Some(place) = Place::named(&wish.place) else {
            let places = Place::ALL.map(Place::name);
            let hint = nearest(&wish.place, &places).map_or_else(
                || format!("there are {}", places.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            return self.fault(
                wish.at,
                format!("`keymap.{}` is no place for keys: {hint}", cut(&wish.place)),
            );
        };
        let full = format!("keymap.{}.{}", place.name(), cut(&wish.action));
        let Some(row) = table().find(|row| row.name == wish.action) else {
            let names: Vec<&str> = table().map(|row| row.name).collect();
            let hint = match nearest(&wish.action, &names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "the palette lists them all".to_owned(),
            };
            return self.fault(wish.at, format!("`{full}` is no action: {hint}"));
        };
        if row.place != place && row.place != Place::Anywhere {
            let home = row.place.name();
            return self.fault(
                wish.at,
                format!("`{full}` belongs to that place: put it under [keymap.{home}]"),
            );
        }
        let mut keys = Vec::new();
        let mut leaders = Vec::new();
        for (text, at) in &wish.keys {
            let said = cut(text);
            let stroke = match spelling::read(text) {
                Ok(stroke) => stroke,
                Err(why) => {
                    self.fault(*at, format!("`{full}`: `{said}` {why}"));
                    continue;
                }
            };
            if let Some(why) = refused(place, row, stroke) {
                self.fault(*at, format!("`{full}`: `{said}` {why}"));
                continue;
            }
            let mut taken = self.taken.iter();
            if let Some(other) = taken.find(|other| other.place == place && other.stroke == stroke)
            {
                let text = format!(
                    "`{full}`: `{said}` is `{}` there already: one key does one thing",
                    other.name
                );
                self.fault(*at, text);
                continue;
            }
            self.taken.push(Taken {
                place,
                stroke,
                name: row.name,
            });
            match stroke {
                Stroke::Chord(chord) => keys.push(chord),
                Stroke::Led(c) => leaders.push(c),
            }
        }
        // Where nothing of it can be used, the keys stay as they were.
        if !wish.keys.is_empty() && keys.is_empty() && leaders.is_empty() {
            return;
        }
        keep(row, &mut keys, &mut leaders);
        let at = self
            .keymap
            .rows
            .iter()
            .position(|live| live.row == row && live.place == place);
        let live = Live {
            row,
            place,
            keys,
            leaders,
            own: true,
        };
        match at {
            Some(at) => self.keymap.rows[at] = live,
            None => self.keymap.rows.push(live),
        }
    }

    /// What the person gave a key to has it alone: what had it by the table loses it.
    fn yield_keys(&mut self) {
        for taken in &self.taken {
            for live in self.keymap.rows.iter_mut().filter(|live| !live.own) {
                let before = live.keys.len() + live.leaders.len();
                match taken.stroke {
                    Stroke::Chord(chord) if meets(taken.place, live.place) => {
                        live.keys.retain(|key| *key != chord);
                    }
                    Stroke::Chord(_) => {}
                    Stroke::Led(c) => live.leaders.retain(|key| *key != c),
                }
                let after = live.keys.len() + live.leaders.len();
                if after < before {
                    let left = if after == 0 {
                        ", which has no key now"
                    } else {
                        ""
                    };
                    self.judged.warnings.push(format!(
                        "keymap.{}.{}: {} is taken from `{}`{left}",
                        taken.place.name(),
                        taken.name,
                        spelling::written(taken.stroke),
                        live.row.name
                    ));
                }
            }
        }
    }
}

/// Puts back what can never be taken.
fn keep(row: &Binding, keys: &mut Vec<Chord>, leaders: &mut Vec<char>) {
    if row.place != Place::Anywhere {
        return;
    }
    for (stroke, _) in KEPT.iter().filter(|(_, action)| *action == row.action) {
        match stroke {
            Stroke::Chord(chord) if !keys.contains(chord) => keys.push(*chord),
            Stroke::Led(c) if !leaders.contains(c) => leaders.push(*c),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::path::Path;

    use crossterm::event::KeyEvent;
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::config::load::parse;
    use crate::tui::app::keymap::chord::{alt, plain};

    fn applied(text: &str) -> (Keymap, Judged) {
        let loaded = parse(text, Path::new("/c/config.toml"), &|_| None).unwrap();
        apply(Leader::CtrlX, &loaded.config.keymap)
    }

    fn press(chord: Chord) -> KeyEvent {
        KeyEvent::new(chord.code, chord.modifiers)
    }

    #[test]
    fn faults_name_their_place_and_the_way_out() {
        let cases = [
            (
                "[keymap.everywher]\nzoom = []",
                "2:1: `keymap.everywher` is no place for keys: did you mean `everywhere`?",
            ),
            (
                "[keymap.sky]\nzoom = []",
                "2:1: `keymap.sky` is no place for keys: there are everywhere, composer, transcript, board",
            ),
            (
                "[keymap.everywhere]\nzom = [\"f5\"]",
                "2:1: `keymap.everywhere.zom` is no action: did you mean `zoom`?",
            ),
            (
                "[keymap.everywhere]\nxyzzy = [\"f5\"]",
                "2:1: `keymap.everywhere.xyzzy` is no action: the palette lists them all",
            ),
            (
                "[keymap.everywhere]\nsend = [\"f5\"]",
                "2:1: `keymap.everywhere.send` belongs to that place: put it under [keymap.composer]",
            ),
            (
                "[keymap.everywhere]\nzoom = [\"f5\", \"hyper-z\"]",
                "2:15: `keymap.everywhere.zoom`: `hyper-z` has no modifier `hyper`: there are ctrl, alt and shift",
            ),
            (
                "[keymap.everywhere]\nzoom = [\"ctrl-c\"]",
                "2:9: `keymap.everywhere.zoom`: `ctrl-c` always is `break`",
            ),
            (
                "[keymap.everywhere]\nzoom = [\"leader ?\"]",
                "2:9: `keymap.everywhere.zoom`: `leader ?` always is `help`",
            ),
            (
                "[keymap.composer]\nzoom = [\"leader g\"]",
                "2:9: `keymap.composer.zoom`: `leader g` works everywhere, as all keys after the leader: put it under [keymap.everywhere]",
            ),
            (
                "[keymap.everywhere]\nzoom = [\"z\"]",
                "2:9: `keymap.everywhere.zoom`: `z` is text where one types: alt-z or leader z would do",
            ),
            (
                "[keymap.everywhere]\nzoom = [\"enter\"]",
                "2:9: `keymap.everywhere.zoom`: `enter` alone belongs to what has the focus: put it under [keymap.composer] or [keymap.transcript]",
            ),
            (
                "[keymap.everywhere]\nzoom = [\"f5\"]\ncost = [\"F5\", \"f6\"]",
                "3:9: `keymap.everywhere.cost`: `F5` is `zoom` there already: one key does one thing",
            ),
        ];
        for (text, expected) in cases {
            let faults: Vec<String> = applied(text)
                .1
                .faults
                .iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(faults, [expected], "{text}");
        }
    }

    /// A config, a place, a key, and what it does then.
    #[test]
    fn what_is_wished_for_goes_before_the_table() {
        let zoom = "[keymap.everywhere]\nzoom = [\"alt-z\", \"leader g\"]\n";
        let cases = [
            (zoom, Place::Composer, alt('z'), Some(Action::Zoom)),
            (zoom, Place::Transcript, alt('z'), Some(Action::Zoom)),
            // Wished for everywhere, it is taken from the places too.
            (
                "[keymap.everywhere]\nzoom = \"ctrl-k\"",
                Place::Composer,
                ctrl('k'),
                Some(Action::Zoom),
            ),
            (
                "[keymap.transcript]\nzoom = \"z\"",
                Place::Transcript,
                plain('z'),
                Some(Action::Zoom),
            ),
            (
                "[keymap.transcript]\nzoom = \"z\"",
                Place::Composer,
                plain('z'),
                None,
            ),
            (
                "[keymap.composer]\nkill-line = []",
                Place::Composer,
                ctrl('k'),
                None,
            ),
            (
                "[keymap.everywhere]\nbreak = []",
                Place::Composer,
                ctrl('c'),
                Some(Action::Break),
            ),
            (
                "[keymap.everywhere]\nleader = [\"ctrl-a\"]",
                Place::Composer,
                ctrl('x'),
                Some(Action::Leader),
            ),
            (
                "[keymap.everywhere]\nleader = [\"ctrl-a\"]",
                Place::Composer,
                ctrl('a'),
                Some(Action::Leader),
            ),
            // Nothing of it can be used: as before.
            (
                "[keymap.composer]\nkill-line = [\"hyper-k\"]",
                Place::Composer,
                ctrl('k'),
                Some(Action::KillLine),
            ),
        ];
        for (text, place, chord, expected) in cases {
            assert_eq!(
                applied(text).0.find(place, press(chord)),
                expected,
                "{text} {}",
                chord.label()
            );
        }
    }

    #[test]
    fn keys_after_the_leader_follow_the_config() {
        let own = "[keymap.everywhere]\nzoom = [\"leader w\"]\nhelp = []\nsplit-right = []\n";
        let keymap = applied(own).0;
        for (leader, key, expected) in [
            (Leader::CtrlX, 'w', Some(Action::Zoom)),
            (Leader::CtrlX, 'z', None),
            (Leader::CtrlX, '?', Some(Action::Help)),
            // The form tmux knows goes with the row.
            (Leader::CtrlX, '%', None),
            (Leader::CtrlX, '"', Some(Action::SplitBelow)),
            (Leader::CtrlB, 'n', Some(Action::TabAfter)),
        ] {
            assert_eq!(keymap.then(leader, key), expected, "{key}");
        }
        assert_eq!(keymap.way(Action::Zoom), "^X w");
        assert_eq!(keymap.way(Action::Sessions), "Ctrl+P sessions");
        let tmux = "[ui]\nleader = \"ctrl-b\"\n[keymap.everywhere]\nzoom = [\"leader n\"]\n";
        assert_eq!(applied(tmux).0.then(Leader::CtrlB, 'n'), Some(Action::Zoom));
    }

    #[test]
    fn what_loses_its_key_is_named_by_a_warning() {
        let text = "[keymap.everywhere]\nzoom = [\"ctrl-k\", \"leader c\"]\n";
        assert_eq!(
            applied(text).1.warnings,
            [
                "keymap.everywhere.zoom: ctrl-k is taken from `kill-line`, which has no key now",
                "keymap.everywhere.zoom: leader c is taken from `cost`, which has no key now",
            ]
        );
    }

    #[test]
    fn the_shipped_keys_are_themselves_allowed() {
        for row in table() {
            let keys = row.keys.iter().map(|key| Stroke::Chord(*key));
            for stroke in keys.chain(row.leader.map(Stroke::Led)) {
                let text = spelling::written(stroke);
                assert_eq!(spelling::read(&text), Ok(stroke), "{text}");
                let own = row.place == Place::Composer && stroke == Stroke::Chord(plain(' '));
                assert!(
                    own || refused(row.place, row, stroke).is_none(),
                    "{} {text}",
                    row.name
                );
            }
        }
    }
}
