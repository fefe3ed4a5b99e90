//! What a person wished for in `[keymap]`, laid over the table. What is good is taken; every fault is named with its place.

use crate::config::document::{cut, nearest};
use crate::config::keymap::{At, Judged, KeymapConfig, Wish};
use crate::tui::app::keymap::claim::{KEPT, clash, meets, refused};
use crate::tui::app::keymap::law;
use crate::tui::app::keymap::leader::Leader;
use crate::tui::app::keymap::live::{Keymap, Live};
use crate::tui::app::keymap::place::Place;
use crate::tui::app::keymap::spelling::{self, Stroke};
use crate::tui::app::keymap::{Binding, table};

/// The keys an action shall have in a place, to be written into the config; `None`: those it is shipped with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebind {
    pub place: Place,
    pub name: &'static str,
    pub keys: Option<Vec<Stroke>>,
}

/// Each place with the names of its actions, as the config has them.
pub fn names() -> Vec<(&'static str, Vec<&'static str>)> {
    let of = |place: Place| {
        let rows = table().filter(move |row| place.takes(row.place));
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
        if !place.takes(row.place) {
            let home = row.place.name();
            let text = if row.place == Place::Anywhere {
                format!("`{full}` is no action of that place: put it under [keymap.{home}]")
            } else {
                format!("`{full}` belongs to that place: put it under [keymap.{home}]")
            };
            return self.fault(wish.at, text);
        }
        let mut strokes = Vec::new();
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
            let own = |other: &&Taken| other.place == place && clash(other.stroke, stroke);
            if let Some(other) = taken.find(own) {
                let name = other.name;
                let how = match (other.stroke, stroke) {
                    (other, stroke) if other == stroke => {
                        format!("is `{name}` there already")
                    }
                    (other @ Stroke::Pair(..), _) => {
                        format!(
                            "begins `{}`, which is `{name}` there",
                            spelling::written(other)
                        )
                    }
                    (other, _) => format!(
                        "begins with `{}`, which alone is `{name}` there",
                        spelling::written(other)
                    ),
                };
                let text = format!("`{full}`: `{said}` {how}: one key does one thing");
                self.fault(*at, text);
                continue;
            }
            self.taken.push(Taken {
                place,
                stroke,
                name: row.name,
            });
            strokes.push(stroke);
        }
        // Where nothing of it can be used, the keys stay as they were.
        if !wish.keys.is_empty() && strokes.is_empty() {
            return;
        }
        keep(place, row, &mut strokes);
        let at = self
            .keymap
            .rows
            .iter()
            .position(|live| live.row == row && live.place == place);
        let live = Live::own(row, place, &strokes);
        match at {
            Some(at) => self.keymap.rows[at] = live,
            None => self.keymap.rows.push(live),
        }
    }

    /// What the person gave a key to has it alone: what had it by the table loses it.
    fn yield_keys(&mut self) {
        for taken in &self.taken {
            for live in self.keymap.rows.iter_mut().filter(|live| !live.own) {
                if !matches!(taken.stroke, Stroke::Led(_)) && !meets(taken.place, live.place) {
                    continue;
                }
                let before = live.strokes().count();
                live.lose(|stroke| clash(stroke, taken.stroke));
                let after = live.strokes().count();
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
fn keep(place: Place, row: &Binding, strokes: &mut Vec<Stroke>) {
    let everywhere = KEPT
        .iter()
        .filter(|(_, action)| row.place == Place::Anywhere && *action == row.action)
        .map(|(stroke, _)| *stroke);
    for stroke in everywhere.chain(law::keeps(place, row)) {
        if !strokes.contains(&stroke) {
            strokes.push(stroke);
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
    use crate::tui::app::keymap::Action;
    use crate::tui::app::keymap::chord::{Chord, alt, ctrl, plain};

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
                "2:1: `keymap.sky` is no place for keys: there are everywhere, composer, transcript, board, board-line, board-delete, offers, search, \
                 ask, card, list, question, page, help, models, prompts, memory, hits, imports, stash, rules, turns, themes, palette, settings, files, \
                 merge, inbox, first-page",
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
            (
                "[keymap.everywhere]\nzoom = [\"z a\"]",
                "2:9: `keymap.everywhere.zoom`: `z a` is two keys: only the transcript takes two, and the leader one after it, as in leader g",
            ),
            (
                "[keymap.transcript]\nfold = [\"z a\"]\nzoom = [\"z\"]",
                "3:9: `keymap.transcript.zoom`: `z` begins `z a`, which is `fold` there: one key does one thing",
            ),
            (
                "[keymap.transcript]\nzoom = \"s\"\nfold = [\"s s\", \"o\"]",
                "3:9: `keymap.transcript.fold`: `s s` begins with `s`, which alone is `zoom` there: one key does one thing",
            ),
            (
                "[keymap.transcript]\nfold = [\"3 a\"]",
                "2:9: `keymap.transcript.fold`: `3 a` cannot be: 3 says there how often the next key is meant",
            ),
            (
                "[keymap.transcript]\nfold = [\"!\"]",
                "2:9: `keymap.transcript.fold`: `!` cannot be: ! begins a command there",
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
        let cases: [(&str, &[&str]); 3] = [
            (
                "[keymap.everywhere]\nzoom = [\"ctrl-k\", \"leader c\"]\n",
                &[
                    "keymap.everywhere.zoom: ctrl-k is taken from `kill-line`, which has no key now",
                    "keymap.everywhere.zoom: leader c is taken from `cost`, which has no key now",
                ],
            ),
            // A key alone takes all that begin with it, and two take the first alone.
            (
                "[keymap.transcript]\nzoom = \"g\"\n",
                &[
                    "keymap.transcript.zoom: g is taken from `top`",
                    "keymap.transcript.zoom: g is taken from `open-link`, which has no key now",
                ],
            ),
            (
                "[keymap.transcript]\nzoom = \"v z\"\ncost = \"z a\"\n",
                &[
                    "keymap.transcript.zoom: v z is taken from `select`, which has no key now",
                    "keymap.transcript.cost: z a is taken from `fold`",
                ],
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(applied(text).1.warnings, expected, "{text}");
        }
    }

    /// A config, two keys, and what they do then.
    #[test]
    fn two_keys_follow_the_config() {
        let own = "[keymap.transcript]\nfold = [\"z z\", \"f f\"]\ntop = \"g\"\n";
        let cases = [
            ("", ('z', 'a'), Some(Action::Fold)),
            ("", ('g', 'g'), Some(Action::Top)),
            ("", ('g', 'z'), None),
            (own, ('z', 'z'), Some(Action::Fold)),
            (own, ('f', 'f'), Some(Action::Fold)),
            (own, ('z', 'a'), None),
            (own, ('z', 'b'), Some(Action::PutBottom)),
            (own, ('g', 'g'), None),
        ];
        for (text, (first, second), expected) in cases {
            let keymap = applied(text).0;
            assert_eq!(keymap.pair(first, second), expected, "{text}");
        }
        let keymap = applied(own).0;
        assert!(keymap.begins('f') && !keymap.begins('g'));
        let top = keymap.find(Place::Transcript, press(plain('g')));
        assert_eq!(top, Some(Action::Top));
        let fold = keymap.key(Place::Transcript, Action::Fold);
        assert_eq!(fold.as_deref(), Some("z z"));
        assert_eq!(keymap.key(Place::Transcript, Action::PutMiddle), None);
    }

    #[test]
    fn the_shipped_keys_are_themselves_allowed() {
        for row in table() {
            for stroke in Live::shipped(row).strokes() {
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
