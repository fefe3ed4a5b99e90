//! Keys of the composer: lists over it first, then the keys of vi where they are wished for, then the table, then text.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::config::ComposerKeys;
use crate::protocol::op::Op;
use crate::tui::app::composer::Opened;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::chord::{chord, ctrl, is_sign, narrow};
use crate::tui::app::keymap::place::Place;
use crate::tui::app::message::Cmd;
use crate::tui::app::vim::{Mode, Press};
use crate::tui::app::{App, Focus};

impl App {
    pub fn composer_key(&mut self, event: KeyEvent) -> Vec<Cmd> {
        if let Some(cmds) = self.mention_key(event) {
            return cmds;
        }
        if let Some(cmds) = self.slash_key(event) {
            return cmds;
        }
        if self.setup.wishes.composer == ComposerKeys::Vim
            && let Some(cmds) = self.vim_key(event)
        {
            return cmds;
        }
        if event.code == KeyCode::Char(' ')
            && event.modifiers.is_empty()
            && self.view().is_spoken()
            && self.view().composer.is_empty()
        {
            let id = self.view().id;
            return vec![Cmd::Send(self.command(id, Op::Hurry))];
        }
        if is_sign(event, '?') && self.view().composer.is_empty() {
            return self.act(Action::Help);
        }
        if let Some(action) = self.keymap().find(Place::Composer, event) {
            let ends = action == Action::Delete && chord(event) == ctrl('d');
            if ends && self.view().composer.is_empty() {
                self.say_how_to_quit();
                return Vec::new();
            }
            return self.compose(action);
        }
        if !self.view_mut().composer.type_key(event) {
            return Vec::new();
        }
        self.typed();
        match event.code {
            KeyCode::Char(' ') => {
                let end = self.view().composer.text.cursor().checked_sub(1);
                self.read_mentions(end.or(Some(0)))
            }
            _ => Vec::new(),
        }
    }

    /// What an action does where one types: to the text, else to the workstation.
    pub fn compose(&mut self, action: Action) -> Vec<Cmd> {
        let width = self.composer_width();
        let at = self.at();
        let view = &mut self.views[at];
        view.changes += 1;
        if action == Action::Leave && view.composer.text.unselect() {
            return Vec::new();
        }
        if view.composer.act(action, width, &self.prompts) {
            view.composer.vim.settle(&mut view.composer.text);
            self.typed();
            return Vec::new();
        }
        self.act(action)
    }

    fn composer_width(&self) -> usize {
        usize::from(self.pane().composer_width.max(8))
    }

    /// A key under the keys of vi; `None`: it means what it means without them.
    fn vim_key(&mut self, event: KeyEvent) -> Option<Vec<Cmd>> {
        let mode = self.view().composer.vim.mode();
        let held = event.modifiers.difference(KeyModifiers::SHIFT);
        if let KeyCode::Char(c) = event.code
            && held == KeyModifiers::ALT
            && mode != Mode::Normal
            && self.keymap().find(Place::Anywhere, event).is_none()
        {
            // Over a slow line Esc and the key behind it come as one.
            self.composer_key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE));
            return Some(self.composer_key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
        }
        let press = match event.code {
            KeyCode::Esc if held.is_empty() => Press::Esc,
            _ if mode == Mode::Insert => return None,
            KeyCode::Char('r' | 'R') if held == KeyModifiers::CONTROL => Press::Redo,
            KeyCode::Char(c) if held.is_empty() => Press::Char(c),
            // As in vi; anywhere else it would take characters away.
            KeyCode::Backspace if held.is_empty() => Press::Char('h'),
            KeyCode::Delete if held.is_empty() => Press::Char('x'),
            _ => return None,
        };
        let composer = &self.view().composer;
        if let Press::Char(c) = press
            && composer.vim.pending().is_empty()
        {
            let empty = composer.is_empty();
            match narrow(c) {
                // As in the transcript, whose NORMAL this is the other half of.
                ' ' => return Some(self.act(Action::Leader)),
                '?' => return Some(self.act(Action::Help)),
                '/' | '!' | '@' if empty => {
                    self.view_mut().composer.type_on();
                    return None;
                }
                '/' => return Some(self.act(Action::SearchPrompts)),
                _ => {}
            }
        }
        let width = self.composer_width();
        let at = self.at();
        let view = &mut self.views[at];
        view.changes += 1;
        let before = view.composer.text.as_str().len();
        if !view.composer.vim_key(press, width, &self.prompts) {
            return None;
        }
        if press == Press::Esc && view.composer.text.as_str().len() == before {
            return Some(Vec::new());
        }
        self.typed();
        Some(Vec::new())
    }

    /// Keys of the list of commands, while it is shown. `None`: the key is the composer's.
    fn slash_key(&mut self, event: KeyEvent) -> Option<Vec<Cmd>> {
        let rows = self.slash_rows();
        if rows.is_empty() {
            return None;
        }
        let at = self.slash_at.min(rows.len() - 1);
        let row = rows[at];
        let (name, takes) = (row.name.to_owned(), !row.takes.is_empty());
        let typed = self.view().composer.slash_prefix().unwrap_or_default();
        let exact = rows.iter().any(|row| row.name == typed);
        let count = rows.len();
        match self.keymap().find(Place::Offers, event)? {
            Action::MarkBefore => self.slash_at = at.saturating_sub(1),
            Action::MarkAfter => self.slash_at = (at + 1).min(count - 1),
            Action::Close => self.slash_closed = true,
            Action::OffersComplete => {
                let end = if takes { " " } else { "" };
                self.view_mut().composer.set(&format!("/{name}{end}"));
                self.typed();
            }
            Action::Choose if !exact => {
                if takes {
                    self.view_mut().composer.set(&format!("/{name} "));
                    self.typed();
                } else {
                    return Some(self.enter_slash(&name, ""));
                }
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    /// The composer's text changed.
    pub fn typed(&mut self) {
        let since = self.now.since;
        self.slash_at = 0;
        self.slash_closed = false;
        self.word_until = None;
        self.view_mut().typed = Some(since);
        self.view_mut().sends = None;
    }

    /// Opens the paste at the cursor; without one the key is that of the outputs.
    pub fn open_chip(&mut self) -> Vec<Cmd> {
        match self.view_mut().composer.open_chip() {
            Opened::None => return self.act(Action::Outputs),
            Opened::Here => {
                let undo = self.keymap().way(Action::Undo);
                self.say(format!(
                    "the paste is text now; {undo} makes it one piece again"
                ));
                self.typed();
            }
            Opened::Elsewhere(text) => return vec![Cmd::Edit(text)],
            Opened::Picture(label) => self.say(format!("{label} is sent as a picture")),
        }
        Vec::new()
    }

    /// The editor was closed.
    pub fn edited(&mut self, edited: Result<String, String>) -> Vec<Cmd> {
        match edited {
            Ok(text) => {
                self.focus = Focus::Composer;
                self.view_mut().composer.edited(text.trim_end_matches('\n'));
                self.typed();
            }
            Err(why) => {
                self.view_mut().composer.unopened();
                self.say(why);
            }
        }
        Vec::new()
    }
}
