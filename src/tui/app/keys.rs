//! Where a key goes: to the overlay, the first page, or what has the focus. Nothing takes the keyboard by itself.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::agent::visible::one_line;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::chord::narrow;
use crate::tui::app::keymap::leader::Leader;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::message::Cmd;
use crate::tui::app::overlay::Overlay;
use crate::tui::app::wake::STRIP;
use crate::tui::app::{App, Focus, Pressed};

/// So long after a resize its keys go on without the leader.
const REPEAT: Duration = Duration::from_secs(1);
const RESIZES: &[Action] = &[
    Action::WiderLeft,
    Action::HigherDown,
    Action::HigherUp,
    Action::WiderRight,
];

impl App {
    pub fn key(&mut self, event: KeyEvent) -> Vec<Cmd> {
        if event.kind == KeyEventKind::Release {
            return Vec::new();
        }
        if let Some(leader) = self.leader_behind_esc(event) {
            let mut cmds = self.key(KeyEvent::from(KeyCode::Esc));
            cmds.extend(self.key(leader));
            return cmds;
        }
        if event.code != KeyCode::Esc {
            // Twice is twice in a row.
            self.esc_until = None;
        }
        let anywhere = self.keymap().find(Place::Anywhere, event);
        if let Some(action @ (Action::Redraw | Action::Suspend)) = anywhere
            && let own = self.keymap().find(self.place_of_keys(), event)
            && own.is_none_or(|own| own == action)
        {
            return self.act(action);
        }
        if let Some(pressed) = self.leader.take() {
            return self.leader_key(event, pressed);
        }
        if let Some(action) = self.resizes_on(event) {
            return self.act_led(action);
        }
        let breaks = anywhere == Some(Action::Break);
        if breaks && self.clear_line() {
            return Vec::new();
        }
        if self.help.is_some() {
            self.help_key(event);
            return Vec::new();
        }
        if self.overlay.is_some() {
            if anywhere == Some(Action::Break) {
                self.close_overlay();
                return Vec::new();
            }
            let asks_for_auto = matches!(self.overlay, Some(Overlay::Auto(_)));
            if anywhere == Some(Action::NextMode) && asks_for_auto {
                self.overlay = None;
                return self.past_auto();
            }
            return self.overlay_key(event);
        }
        if self.board.is_some() {
            if anywhere == Some(Action::Break) {
                self.close_board();
                return Vec::new();
            }
            return self.board_key(event);
        }
        if self.first_run.is_some() {
            if anywhere == Some(Action::Break) {
                return self.act(Action::Break);
            }
            return self.page_key(event);
        }
        let leader = self.keymap().leader;
        if leader.is(event) {
            self.lead(leader);
            return Vec::new();
        }
        match &self.focus {
            Focus::Ask(_) => self.ask_key(event, anywhere),
            Focus::Card(_) => self.card_key(event, anywhere),
            Focus::Transcript => self.transcript_key(event),
            Focus::Composer => self.composer_key(event),
        }
    }

    /// The leader, where it came so close behind Esc that the terminal sent both as one key with Alt. Whoever has bound that
    /// key means it.
    fn leader_behind_esc(&self, event: KeyEvent) -> Option<KeyEvent> {
        let both = KeyModifiers::CONTROL | KeyModifiers::ALT;
        let leader = KeyEvent {
            modifiers: KeyModifiers::CONTROL,
            ..event
        };
        let keymap = self.keymap();
        let leads = keymap.leader.is(leader)
            || keymap.find(Place::Anywhere, leader) == Some(Action::Leader);
        let bound = || keymap.find(self.place_of_keys(), event).is_some();
        (event.modifiers == both && leads && !bound()).then_some(leader)
    }

    pub fn paste(&mut self, text: &str) -> Vec<Cmd> {
        self.leader = None;
        let now = self.now.since;
        if let Some(help) = &mut self.help {
            help.paste(&one_line(text));
            return Vec::new();
        }
        if let Some(Overlay::Inbox(_)) = &self.overlay {
            if let Some(ask) = self.asking_mut() {
                ask.paste(text, now);
            }
            return Vec::new();
        }
        if let Some(overlay) = &mut self.overlay {
            let reply = overlay.paste(text);
            return self.replied(reply);
        }
        if self.board.is_some() {
            return self.board_paste(text);
        }
        if let Some(page) = &mut self.first_run {
            page.paste(text);
            return Vec::new();
        }
        if self.focus == Focus::Transcript && self.paste_search(text) {
            return Vec::new();
        }
        match &mut self.focus {
            Focus::Ask(ask) => ask.paste(text, now),
            Focus::Card(card) => card.arming.dropped(now),
            Focus::Composer | Focus::Transcript => {
                self.focus = Focus::Composer;
                if let Some(cmds) = self.paste_files(text) {
                    return cmds;
                }
                self.view_mut().composer.paste(text);
                self.typed();
            }
        }
        Vec::new()
    }

    /// Where keys are looked up now; after the leader only those for everywhere are.
    fn place_of_keys(&self) -> Place {
        if self.leader.is_some() {
            return Place::Anywhere;
        }
        if self.help.is_some() {
            return Place::Help;
        }
        if let Some(overlay) = &self.overlay {
            return overlay.place();
        }
        let search = self.view().search.as_ref();
        match (&self.board, &self.first_run, &self.focus) {
            (Some(board), _, _) => board.place(),
            (None, None, Focus::Transcript) if search.is_some_and(|search| search.typing) => {
                Place::Search
            }
            (None, None, Focus::Transcript) => Place::Transcript,
            (None, None, Focus::Composer) => Place::Composer,
            (None, None, Focus::Ask(_)) => Place::Ask,
            (None, None, Focus::Card(_)) => Place::Card,
            (None, Some(page), _) => page.place(),
        }
    }

    /// The key after the leader: bound, or nothing and said so; never text.
    fn leader_key(&mut self, event: KeyEvent, pressed: Pressed) -> Vec<Cmd> {
        let leader = pressed.leader;
        let plain = event.modifiers.difference(KeyModifiers::SHIFT).is_empty();
        match event.code {
            KeyCode::Esc => Vec::new(),
            // Twice it is the key itself.
            _ if leader.is(event) && self.focus == Focus::Composer => self.composer_key(event),
            KeyCode::PageDown | KeyCode::PageUp if plain => {
                let by = if event.code == KeyCode::PageDown {
                    1
                } else {
                    -1
                };
                self.turn_strip(pressed, by);
                Vec::new()
            }
            // Twice it lists the keys at once, and then the rest of them.
            _ if leader.is(event)
                || self.keymap().find(Place::Anywhere, event) == Some(Action::Leader) =>
            {
                self.turn_strip(pressed, 1);
                Vec::new()
            }
            KeyCode::Left if plain => self.act(Action::FocusLeft),
            KeyCode::Down if plain => self.act(Action::FocusDown),
            KeyCode::Up if plain => self.act(Action::FocusUp),
            KeyCode::Right if plain => self.act(Action::FocusRight),
            KeyCode::Tab if plain => self.act(Action::NextPane),
            // As in a shell.
            KeyCode::Char('e' | 'E') if event.modifiers == KeyModifiers::CONTROL => {
                self.act(Action::Editor)
            }
            KeyCode::Char(c) if plain => {
                if let Some(action) = self.keymap().then(leader, narrow(c)) {
                    self.close_board();
                    return self.act_led(action);
                }
                let label = leader.label();
                self.say(format!(
                    "{label} {c} does nothing; {label} ? lists the keys"
                ));
                Vec::new()
            }
            _ => {
                let label = leader.label();
                self.say(format!(
                    "this key does nothing after {label}; {label} ? lists the keys"
                ));
                Vec::new()
            }
        }
    }

    /// Does what a key after the leader does. After a resize the keys for that go on for a moment, as in tmux.
    fn act_led(&mut self, action: Action) -> Vec<Cmd> {
        if RESIZES.contains(&action) && !self.panes.is_one() {
            self.resizing = Some(self.now.since + REPEAT);
        }
        self.act(action)
    }

    /// One more resize without the leader; any other key is what it is.
    fn resizes_on(&mut self, event: KeyEvent) -> Option<Action> {
        let until = self.resizing.take()?;
        let plain = event.modifiers.difference(KeyModifiers::SHIFT).is_empty();
        let KeyCode::Char(c) = event.code else {
            return None;
        };
        if until <= self.now.since || !plain || self.overlay.is_some() || self.board.is_some() {
            return None;
        }
        let action = self.keymap().then(self.keymap().leader, narrow(c))?;
        RESIZES.contains(&action).then_some(action)
    }

    /// The leader was pressed: the next key is one of those that follow it.
    pub fn lead(&mut self, leader: Leader) {
        self.leader = Some(Pressed {
            leader,
            since: self.now.since,
            page: 0,
        });
    }

    /// Lists the keys without waiting for them; where they are listed already, those of the next page.
    fn turn_strip(&mut self, pressed: Pressed, by: i32) {
        let now = self.now.since;
        let shown = now >= pressed.since + STRIP;
        self.leader = Some(Pressed {
            since: pressed.since.min(now.saturating_sub(STRIP)),
            page: pressed.page.wrapping_add(if shown { by } else { 0 }),
            ..pressed
        });
    }

    fn ask_key(&mut self, event: KeyEvent, anywhere: Option<Action>) -> Vec<Cmd> {
        let press = self.keymap().press(Place::Ask, event);
        if let Some(
            action @ (Action::Leader
            | Action::NextAsk
            | Action::Inbox
            | Action::Tab(_)
            | Action::FocusLeft
            | Action::FocusDown
            | Action::FocusUp
            | Action::FocusRight
            | Action::Break
            | Action::Palette
            | Action::Help),
        ) = anywhere.filter(|_| press.action.is_none())
        {
            return self.act(action);
        }
        // Asking what the keys do is no answer either.
        let typing = matches!(&self.focus, Focus::Ask(ask) if ask.line.is_some());
        if press.action == Some(Action::Help) && !typing {
            return self.act(Action::Help);
        }
        self.answer_key(press)
    }
}
