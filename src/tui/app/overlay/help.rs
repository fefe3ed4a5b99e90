//! All keys of this place and of everywhere, and the commands of the composer, found by the words they have.

use crate::agent::words::Words;
use crate::tui::app::ask::edit_line;
use crate::tui::app::drawn::SeenPage;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::keymap::spelling::shown;
use crate::tui::app::overlay::Reply;
use crate::tui::app::overlay::pick::Pick;

/// More rows than the help has; the screen shows its foot at the latest, and the number itself stays small.
const MOST: usize = 2_000;

/// What its list begins with: the keys of where it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    Place(Place),
    /// An ask or a card that had the focus.
    Cards,
    /// The inbox, to which it leads back.
    Inbox,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Help {
    pub first: First,
    /// What is sought, and the first row that is seen.
    pub pick: Pick,
    /// Rows that a page key moves.
    pub page: usize,
}

impl Help {
    pub fn of(first: First) -> Self {
        Self {
            first,
            pick: Pick::default(),
            page: 1,
        }
    }

    pub fn key(&mut self, press: Press) -> Reply {
        let Pick { filter, at } = &mut self.pick;
        let empty = filter.is_empty();
        match press.action {
            Some(Action::ScrollDown) => *at += 1,
            Some(Action::ScrollUp) => *at = at.saturating_sub(1),
            Some(Action::PageDown) => *at += self.page,
            Some(Action::PageUp) => *at = at.saturating_sub(self.page),
            Some(Action::Top) if empty => *at = 0,
            Some(Action::Bottom) if empty => *at = MOST,
            Some(Action::Close | Action::Choose) => return Reply::Close,
            // What opened it closes it.
            Some(Action::Help) if empty || press.letter().is_none() => return Reply::Close,
            // As elsewhere it begins a search; here one has begun already.
            None if empty && press.letter() == Some('/') => {}
            _ => {
                let before = filter.as_str().to_owned();
                edit_line(filter, press.event);
                if before != filter.as_str() {
                    *at = 0;
                }
            }
        }
        self.pick.at = self.pick.at.min(MOST);
        Reply::Stay
    }

    /// Whether a row stays: its words, or its keys however they are written.
    pub fn fits(&self, row: &str) -> bool {
        let sought = self.pick.filter.as_str();
        // The leader is shown in short, and a key after it is sought as one writes any other.
        let row = format!("{row} {}", row.replace('^', "Ctrl+"));
        Words::new(sought).are_in(&[&row]) || Words::new(&shown(sought)).are_in(&[&row])
    }

    /// The screen has shown how far it goes.
    pub fn scrolled(&mut self, seen: SeenPage) {
        self.pick.at = self.pick.at.min(seen.most);
        self.page = seen.page();
    }

    pub fn paste(&mut self, line: &str) {
        self.pick.insert(line);
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent};

    use super::*;

    #[test]
    fn letters_find_and_no_letter_scrolls() {
        let cases: [(&[KeyCode], Reply, &str, usize); 9] = [
            (&[], Reply::Stay, "", 0),
            (
                &[KeyCode::Char('j'), KeyCode::Char('q')],
                Reply::Stay,
                "jq",
                0,
            ),
            (
                &[KeyCode::Char('/'), KeyCode::Char('z')],
                Reply::Stay,
                "z",
                0,
            ),
            (&[KeyCode::Down, KeyCode::Char('z')], Reply::Stay, "z", 0),
            (&[KeyCode::PageDown, KeyCode::Down], Reply::Stay, "", 8),
            (&[KeyCode::End, KeyCode::Down], Reply::Stay, "", MOST),
            (&[KeyCode::Char('?')], Reply::Close, "", 0),
            (
                &[KeyCode::Char('z'), KeyCode::Char('?')],
                Reply::Stay,
                "z?",
                0,
            ),
            (&[KeyCode::Char('z'), KeyCode::Esc], Reply::Close, "z", 0),
        ];
        for (keys, expected, sought, at) in cases {
            let mut help = Help::of(First::Place(Place::Composer));
            help.page = 7;
            let mut reply = Reply::Stay;
            for &code in keys {
                reply = help.key(Press::shipped(Place::Help, KeyEvent::from(code)));
            }
            assert_eq!(reply, expected, "{keys:?}");
            assert_eq!(
                (help.pick.filter.as_str(), help.pick.at),
                (sought, at),
                "{keys:?}"
            );
        }
    }

    #[test]
    fn a_key_is_found_however_it_is_written() {
        let rows = [
            "Ctrl+S, ^X D put the draft aside",
            "^X z zoom, and back",
            "Alt+a the oldest ask",
        ];
        for (sought, expected) in [
            ("^s", 0),
            ("ctrl-s", 0),
            ("Ctrl+S", 0),
            ("c-s", 0),
            ("Ctrl+X z", 1),
            ("^x z", 1),
            ("c-x z", 1),
            ("zoom", 1),
            ("m-a", 2),
            ("alt-A", 2),
        ] {
            let mut help = Help::of(First::Cards);
            help.paste(sought);
            let found: Vec<usize> = (0..rows.len()).filter(|at| help.fits(rows[*at])).collect();
            assert_eq!(found, [expected], "{sought}");
        }
    }
}
