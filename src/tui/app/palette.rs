//! What the palette lists, and how what is chosen there is done.

use crossterm::event::{KeyCode, KeyEvent};

use crate::agent::visible::one_line;
use crate::protocol::ask::{About, BudgetName};
use crate::protocol::query::Query;
use crate::protocol::session::Card;
use crate::tui::app::command::TABLE;
use crate::tui::app::keymap::{Action, Place};
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::palette::{Entry, Goes, Palette, Scope};
use crate::tui::app::{App, Focus};

/// Actions that are remembered as chosen, to be listed first.
const REMEMBERED: usize = 8;

impl App {
    pub fn show_palette(&mut self) -> Vec<Cmd> {
        let mut entries = self.action_entries();
        entries.extend(TABLE.iter().map(|slash| Entry {
            goes: Goes::Slash(slash.name, slash.takes),
            title: format!("/{} {}", slash.name, slash.takes).trim().to_owned(),
            beside: slash.help.to_owned(),
            key: String::new(),
        }));
        let settings = self.setup.wishes.settings.iter();
        entries.extend(settings.map(|setting| Entry {
            goes: Goes::Setting(setting.key.clone()),
            title: one_line(&setting.key),
            beside: one_line(&setting.value),
            key: String::new(),
        }));
        self.show(Overlay::Palette(Palette::new(
            entries,
            vec![Scope::Sessions],
        )));
        vec![Cmd::Ask(
            Tag::Palette,
            Query::Sessions {
                limit: Some(500),
                archived: false,
            },
        )]
    }

    /// Every action once, those chosen last first.
    fn action_entries(&self) -> Vec<Entry> {
        let mut entries: Vec<(usize, Entry)> = Vec::new();
        for live in &self.keymap().rows {
            let action = live.row.action;
            // What opened the palette is of no use in it; a second row of an action does the same.
            let listed = entries
                .iter()
                .any(|(_, entry)| entry.goes == Goes::Act(action));
            if listed || action == Action::Palette {
                continue;
            }
            let chosen = self.chosen.iter().position(|other| *other == action);
            entries.push((
                chosen.unwrap_or(usize::MAX),
                Entry {
                    goes: Goes::Act(action),
                    title: live.row.help.to_owned(),
                    beside: live.row.name.to_owned(),
                    key: self.keymap().key(live.place, action).unwrap_or_default(),
                },
            ));
        }
        entries.sort_by_key(|(order, _)| *order);
        entries.into_iter().map(|(_, entry)| entry).collect()
    }

    /// The sessions of the log, for a palette that is still open.
    pub fn palette_sessions(&mut self, cards: &[Card]) {
        let cards = cards.iter().map(|card| {
            let title = if card.title.is_empty() {
                &card.gist
            } else {
                &card.title
            };
            Entry {
                goes: Goes::Session(card.id),
                title: one_line(title),
                beside: format!(
                    "{}  {}",
                    card.state.name(),
                    one_line(&self.setup.path(&card.cwd))
                ),
                key: String::new(),
            }
        });
        let cards: Vec<Entry> = cards.filter(|entry| !entry.title.is_empty()).collect();
        if let Some(Overlay::Palette(palette)) = &mut self.overlay {
            palette.add(Scope::Sessions, cards);
        }
    }

    /// Does what was chosen by its name, as if its key had been pressed where it works.
    pub fn choose(&mut self, action: Action) -> Vec<Cmd> {
        self.chosen.retain(|other| *other != action);
        self.chosen.insert(0, action);
        self.chosen.truncate(REMEMBERED);
        match self.keymap().row(action).map(|live| live.row.place) {
            Some(Place::Transcript) => {
                self.close_board();
                self.leave_ask();
                self.focus = Focus::Transcript;
                self.act(action)
            }
            Some(Place::Composer) => {
                self.close_board();
                self.leave_ask();
                self.focus = Focus::Composer;
                self.compose(action)
            }
            // Not there yet, it is opened: what the action is meant for is chosen there.
            Some(Place::Board) if self.board.is_none() => self.act(Action::Sessions),
            _ if self.board.is_some() => self.board_act(action),
            _ => self.act(action),
        }
    }

    /// As if the sign that begins a file's name had been typed.
    pub fn name_a_file(&mut self) -> Vec<Cmd> {
        self.leave_ask();
        self.focus = Focus::Composer;
        self.view_mut().composer.type_on();
        let text = &self.view().composer.text;
        let before = text.as_str()[..text.cursor()].chars().next_back();
        let mut cmds = Vec::new();
        if before.is_some_and(|c| !c.is_whitespace()) {
            cmds.extend(self.composer_key(KeyEvent::from(KeyCode::Char(' '))));
        }
        cmds.extend(self.composer_key(KeyEvent::from(KeyCode::Char('@'))));
        cmds
    }

    /// Opens the config at the budget that the ask in the focus speaks of. It holds from the next start, so the ask stays.
    pub fn open_budgets(&mut self) -> Vec<Cmd> {
        let day = match &self.focus {
            Focus::Ask(ask) => matches!(
                ask.ask.about,
                About::Budget {
                    which: BudgetName::Day,
                    ..
                }
            ),
            _ => false,
        };
        self.open_setting(if day { "budget.day" } else { "budget.session" })
    }

    /// Opens the config in the editor at a setting; one that is not there at its end.
    pub fn open_setting(&mut self, key: &str) -> Vec<Cmd> {
        let wishes = &self.setup.wishes;
        let line = wishes.line(key);
        if line.is_none() {
            self.say(format!("{key} is not in the file yet: add it there"));
        }
        vec![Cmd::EditConfig(line)]
    }
}
