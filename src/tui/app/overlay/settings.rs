//! Settings: the keys of every action, to be bound by pressing them, and all else that the config says.

use crossterm::event::{KeyCode, KeyModifiers};

use crate::config::show::Setting;
use crate::tui::app::keymap::chord::{chord, narrow, narrowed, plain};
use crate::tui::app::keymap::claim::{given, holders, letter, refused};
use crate::tui::app::keymap::live::{Keymap, Live};
use crate::tui::app::keymap::place::Place;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::keymap::spelling::{Stroke, read, written};
use crate::tui::app::keymap::wished::Rebind;
use crate::tui::app::keymap::{Action, Binding};
use crate::tui::app::overlay::pick::{Pick, Picked};
use crate::tui::app::overlay::{Reply, Wish};
use crate::tui::app::wishes::Wishes;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub page: Page,
    pub keymap: Keymap,
    pub settings: Vec<Setting>,
    pub file: String,
    /// What the terminal can do, each with its state.
    pub terminal: Vec<(String, String)>,
    /// Why a key could not be bound.
    pub failed: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// Keys, theme, and every setting of the config.
    All(Pick),
    /// Every action with its keys.
    Keys(Pick),
    /// The next key is the new one.
    Press {
        back: Pick,
        row: &'static Binding,
        place: Place,
        heard: Heard,
    },
}

/// What was pressed so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    Nothing,
    /// The leader; the key after it is waited for.
    Leader,
    /// The first of two; the second is waited for, or Enter where it is meant alone.
    First(char),
    /// It cannot be bound: why.
    Refused(String),
    /// Another action has it.
    Taken {
        stroke: Stroke,
        from: &'static str,
    },
}

/// A row of the first page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row<'a> {
    Keys,
    Theme,
    Setting(&'a Setting),
}

impl Settings {
    pub fn new(wishes: &Wishes, terminal: Vec<(String, String)>) -> Self {
        Self {
            page: Page::All(Pick::default()),
            keymap: wishes.keymap.clone(),
            settings: wishes.settings.clone(),
            file: wishes.file.clone(),
            terminal,
            failed: None,
        }
    }

    /// A key is being given to an action.
    pub fn hears_any(&self) -> bool {
        matches!(self.page, Page::Press { .. })
    }

    /// The config was read again.
    pub fn read(&mut self, wishes: &Wishes) {
        self.keymap = wishes.keymap.clone();
        self.settings.clone_from(&wishes.settings);
    }

    /// The rows of the first page that the filter leaves.
    pub fn rows(&self) -> Vec<Row<'_>> {
        let Page::All(pick) = &self.page else {
            return Vec::new();
        };
        // Keys have a page of their own.
        let settings = self.settings.iter();
        let settings = settings.filter(|setting| !setting.key.starts_with("keymap."));
        let fixed = [(Row::Keys, "keys"), (Row::Theme, "theme")].into_iter();
        fixed
            .chain(settings.map(|setting| (Row::Setting(setting), setting.key.as_str())))
            .filter(|(row, name)| match row {
                Row::Setting(setting) => pick.fits(&format!("{name} {}", setting.value)),
                _ => pick.fits(name),
            })
            .map(|(row, _)| row)
            .collect()
    }

    /// The actions that the filter leaves.
    pub fn keys(&self, pick: &Pick) -> Vec<&Live> {
        let rows = self.keymap.rows.iter();
        rows.filter(|live| {
            let labels = self.keymap.labels(live).join(" ");
            let row = live.row;
            pick.fits(&format!(
                "{} {} {} {labels}",
                row.name,
                row.help,
                live.place.name()
            ))
        })
        .collect()
    }

    pub fn paste(&mut self, text: &str) {
        match &mut self.page {
            Page::All(pick) | Page::Keys(pick) => pick.insert(text),
            Page::Press { .. } => {}
        }
    }

    pub fn key(&mut self, press: Press) -> Reply {
        self.failed = None;
        match self.page.clone() {
            Page::All(pick) => self.key_of_all(press, pick),
            Page::Keys(pick) => self.key_of_keys(press, pick),
            Page::Press {
                back,
                row,
                place,
                heard,
            } => self.pressed(press, back, row, place, &heard),
        }
    }

    fn key_of_all(&mut self, press: Press, mut pick: Pick) -> Reply {
        let rows = self.rows();
        let reply = match (pick.key(press, rows.len()), rows.get(pick.at)) {
            (Picked::Closed, _) => Reply::Close,
            (Picked::Chosen, Some(Row::Keys)) => {
                self.page = Page::Keys(Pick::default());
                return Reply::Stay;
            }
            (Picked::Chosen, Some(Row::Theme)) => Reply::Do(Wish::Act(Action::Theme)),
            (Picked::Chosen, Some(Row::Setting(setting))) => {
                Reply::Do(Wish::Setting(setting.key.clone()))
            }
            _ => Reply::Stay,
        };
        self.page = Page::All(pick);
        reply
    }

    /// Letters find; what changes the keys of a row is no letter.
    fn key_of_keys(&mut self, press: Press, mut pick: Pick) -> Reply {
        let rows = self.keys(&pick);
        let live = rows.get(pick.at).map(|live| (live.row, live.place));
        let count = rows.len();
        match (press.action, live) {
            // As elsewhere it begins a search; here one has begun already.
            (None, _) if press.letter() == Some('/') && pick.filter.is_empty() => {
                return Reply::Stay;
            }
            (Some(Action::SettingsShipped), Some((row, place))) => {
                return bound(row, place, None);
            }
            (Some(Action::SettingsUnbind), Some((row, _))) if row.action == Action::Leader => {
                self.failed = Some("the leader is never without its key".to_owned());
                return Reply::Stay;
            }
            (Some(Action::SettingsUnbind), Some((row, place))) => {
                return bound(row, place, Some(Vec::new()));
            }
            _ => {}
        }
        self.page = match (pick.key(press, count), live) {
            (Picked::Closed, _) => Page::All(Pick::default()),
            (Picked::Chosen, Some((row, place))) => Page::Press {
                back: pick,
                row,
                place,
                heard: Heard::Nothing,
            },
            _ => Page::Keys(pick),
        };
        Reply::Stay
    }

    /// The key that shall be bound. Esc is the way back, so it is bound by the file alone.
    fn pressed(
        &mut self,
        press: Press,
        back: Pick,
        row: &'static Binding,
        place: Place,
        heard: &Heard,
    ) -> Reply {
        let event = press.event;
        if event.code == KeyCode::Esc {
            self.page = Page::Keys(back);
            return Reply::Stay;
        }
        let stroke = match heard {
            Heard::Taken { stroke, .. } if event.code == KeyCode::Enter => {
                self.page = Page::Keys(back);
                return Reply::Do(Wish::Bind(given(&self.keymap, place, row, *stroke)));
            }
            Heard::Leader => match event.code {
                KeyCode::Char(c) if event.modifiers.difference(KeyModifiers::SHIFT).is_empty() => {
                    Stroke::Led(narrow(c))
                }
                _ => {
                    let why = "after the leader comes one letter, digit or sign".to_owned();
                    return self.heard(back, row, place, Heard::Refused(why));
                }
            },
            Heard::First(first) => match letter(chord(event)) {
                Some(second) => Stroke::Pair(*first, narrow(second)),
                None if event.code == KeyCode::Enter => Stroke::Chord(plain(*first)),
                None => {
                    let why = format!("after {first} comes one letter, digit or sign");
                    return self.heard(back, row, place, Heard::Refused(why));
                }
            },
            _ => {
                if let Some(first) = letter(chord(event)).map(narrow)
                    && place == Place::Transcript
                    && self.keymap.begins(first)
                {
                    return self.heard(back, row, place, Heard::First(first));
                }
                let leads = self.keymap.find(Place::Anywhere, event) == Some(Action::Leader);
                if row.action != Action::Leader && (leads || self.keymap.leader.is(event)) {
                    return self.heard(back, row, place, Heard::Leader);
                }
                Stroke::Chord(narrowed(chord(event)))
            }
        };
        // What the config could not read back must not come into it.
        if read(&written(stroke)) != Ok(stroke) {
            let why = "this key cannot be bound".to_owned();
            return self.heard(back, row, place, Heard::Refused(why));
        }
        if let Some(why) = refused(place, row, stroke) {
            let why = format!("{} {why}", written(stroke));
            return self.heard(back, row, place, Heard::Refused(why));
        }
        let holder = holders(&self.keymap, place, row, stroke).next();
        if let Some(from) = holder.map(|live| live.row.name) {
            return self.heard(back, row, place, Heard::Taken { stroke, from });
        }
        self.page = Page::Keys(back);
        bound(row, place, Some(vec![stroke]))
    }

    fn heard(&mut self, back: Pick, row: &'static Binding, place: Place, heard: Heard) -> Reply {
        self.page = Page::Press {
            back,
            row,
            place,
            heard,
        };
        Reply::Stay
    }
}

/// `None`: the keys it is shipped with.
fn bound(row: &'static Binding, place: Place, keys: Option<Vec<Stroke>>) -> Reply {
    let name = row.name;
    Reply::Do(Wish::Bind(vec![Rebind { place, name, keys }]))
}
