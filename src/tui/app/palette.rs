//! What the palette lists, and how what is chosen there is done.

use crossterm::event::{KeyCode, KeyEvent};

use crate::agent::visible::one_line;
use crate::config::schema::choices;
use crate::protocol::ask::{About, BudgetName};
use crate::protocol::query::Query;
use crate::protocol::session::Card;
use crate::tui::app::caret::{Held, Move};
use crate::tui::app::command::TABLE;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
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
            if listed || action == Action::Palette || !self.is_offered(live.place, action) {
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

    /// Whether an action can be chosen by its name now. What an ask or a card offers can be while that has the keys; other
    /// keys of what lies over the screen are for what the palette takes the place of.
    fn is_offered(&self, place: Place, action: Action) -> bool {
        if !place.is_over() {
            return true;
        }
        // The board lies over whatever had the focus.
        if self.board.is_some() {
            return false;
        }
        match (&self.focus, place) {
            (Focus::Ask(ask), Place::Ask) if ask.gone.is_none() && ask.line.is_none() => {
                ask.choices().iter().any(|row| row.1 == action)
            }
            (Focus::Card(_), Place::Card) => {
                let choices = self.card_choices(self.view());
                action != Action::Choose && choices.iter().any(|row| row.0.action() == action)
            }
            _ => false,
        }
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
                // Where the caret is, and on which row, only a frame knows that has drawn it.
                let reading = &mut self.pane_mut().eyes;
                reading.moves.push(Move::Show);
                reading.held.push_back(Held::Do(action));
                Vec::new()
            }
            Some(Place::Composer) => {
                self.close_board();
                self.leave_ask();
                self.focus = Focus::Composer;
                self.chosen_here(action, Self::compose)
            }
            // Not there yet, it is opened, and the session that was looked at is marked.
            Some(Place::Board) if self.board.is_none() => {
                let mut cmds = self.show_board();
                cmds.extend(self.settle_board());
                cmds.extend(self.chosen_here(action, Self::board_act));
                cmds
            }
            // Read in a list it is no answer yet: it is marked, and a key of the ask itself makes it so.
            Some(Place::Ask) => {
                if let Focus::Ask(ask) = &mut self.focus {
                    ask.mark(action);
                    ask.arming.rest(self.now.since);
                }
                self.say("marked: Enter makes it so, once the ask is ready");
                Vec::new()
            }
            Some(Place::Card) => {
                let choices = self.card_choices(self.view());
                if let Focus::Card(card) = &mut self.focus {
                    let mut choices = choices.iter();
                    card.highlight = choices.position(|row| row.0.action() == action);
                    card.arming.rest(self.now.since);
                }
                let key = self.keymap().choice(Place::Card, Action::Choose, 0);
                self.say(format!("marked: {key} does it, once the card is ready"));
                Vec::new()
            }
            _ if self.board.is_some() => self.chosen_here(action, Self::board_act),
            _ if self.focus == Focus::Transcript => self.chosen_here(action, Self::read),
            _ => self.chosen_here(action, Self::act),
        }
    }

    /// Does an action by its name, and says so where there is nothing to do it to: who presses a key sees that, who has read
    /// the name has not tried it yet.
    pub fn chosen_here(
        &mut self,
        action: Action,
        does: impl FnOnce(&mut Self, Action) -> Vec<Cmd>,
    ) -> Vec<Cmd> {
        let before = self.trace();
        let cmds = does(self, action);
        if cmds.is_empty()
            && before == self.trace()
            && let Some(live) = self.keymap().row(action)
        {
            let help = live.row.help;
            self.say(format!("nothing to do here: {help}"));
        }
        cmds
    }

    /// All that an action can change or say at once, to tell whether it did anything.
    pub fn trace(&self) -> String {
        let view = self.view();
        let ids: Vec<_> = self.views.iter().map(|view| view.id).collect();
        let around = (&self.note, &self.notices, &self.overlay, &self.board, ids);
        let keys = (&self.focus, &self.leader, self.esc_until, self.break_until);
        let seen = (&view.search, &view.gather, &view.leap, &self.panes);
        let folds = (view.transcript.unfolded, &view.transcript.turned);
        format!("{around:?} {keys:?} {seen:?} {folds:?} {:?}", view.composer)
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
        let day = self.asking().is_some_and(|ask| {
            matches!(
                ask.ask.about,
                About::Budget {
                    which: BudgetName::Day,
                    ..
                }
            )
        });
        self.open_setting(if day { "budget.day" } else { "budget.session" })
    }

    /// Opens the config in the editor at a setting; where that is not there, at the others of its table.
    pub fn open_setting(&mut self, key: &str) -> Vec<Cmd> {
        let wishes = &self.setup.wishes;
        let line = wishes.line(key);
        if line.is_some() {
            return vec![Cmd::EditConfig(line)];
        }
        let table = key.rsplit_once('.').map_or("", |(table, _)| table);
        let near = wishes.last_line(table);
        let can_be = match choices(key).join(", ") {
            few if few.is_empty() => String::new(),
            few => format!("; it can be {few}"),
        };
        self.say(format!(
            "{key} is not in the file yet: add it there{can_be}"
        ));
        vec![Cmd::EditConfig(near)]
    }
}
