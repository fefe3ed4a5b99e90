//! Where a key goes: to the overlay, the first page, or what has the focus. Nothing takes the keyboard by itself.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::protocol::session::Change;
use crate::tui::app::card::{given_to, key_beside};
use crate::tui::app::first_run::{FirstRun, Page, Reply as PageReply};
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::chord::narrow;
use crate::tui::app::keymap::leader::Leader;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::message::Cmd;
use crate::tui::app::overlay::help::First;
use crate::tui::app::overlay::{Overlay, Reply, Wish};
use crate::tui::app::setup::NewProvider;
use crate::tui::app::stash::dropped;
use crate::tui::app::text::Text;
use crate::tui::app::wake::STRIP;
use crate::tui::app::worktree;
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
        if let Some(Overlay::Inbox(_)) = &self.overlay {
            if let Some(ask) = self.asking_mut() {
                ask.paste(text, now);
            }
            return Vec::new();
        }
        if let Some(overlay) = &mut self.overlay {
            overlay.paste(text);
            return Vec::new();
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

    fn overlay_key(&mut self, event: KeyEvent) -> Vec<Cmd> {
        if matches!(self.overlay, Some(Overlay::Inbox(_))) {
            return self.inbox_key(event);
        }
        self.trust_hears();
        let Some(overlay) = &mut self.overlay else {
            return Vec::new();
        };
        let press = self.setup.wishes.keymap.press(overlay.place(), event);
        let reply = overlay.key(press);
        if reply == Reply::Beneath {
            self.close_overlay();
            return self.key(event);
        }
        self.replied(reply)
    }

    /// Does what an overlay wants done.
    pub fn replied(&mut self, reply: Reply) -> Vec<Cmd> {
        match reply {
            Reply::Stay => Vec::new(),
            Reply::Close | Reply::Beneath => {
                self.close_overlay();
                Vec::new()
            }
            Reply::Do(wish) => {
                if !wish.stays() {
                    self.overlay = None;
                }
                self.wish(wish)
            }
        }
    }

    /// What lies under it gets the keys back; an ask or a card waits for quiet anew, as a key may have been pressed once more.
    pub fn close_overlay(&mut self) {
        let closed = self.overlay.take();
        // The help of the inbox is read over it.
        if matches!(closed, Some(Overlay::Help(help)) if help.first == First::Inbox) {
            self.show_inbox();
        }
        let now = self.now.since;
        match &mut self.focus {
            Focus::Ask(ask) => ask.arming.rest(now),
            Focus::Card(card) => card.arming.rest(now),
            Focus::Composer | Focus::Transcript => {}
        }
    }

    fn page_key(&mut self, event: KeyEvent) -> Vec<Cmd> {
        let Some(page) = &mut self.first_run else {
            return Vec::new();
        };
        let served = self.local.models().count();
        let press = self.setup.wishes.keymap.press(page.place(), event);
        let reply = page.key(press);
        if let Page::Here { at } = &mut page.page {
            *at = (*at).min(served);
        }
        match reply {
            PageReply::Stay => Vec::new(),
            PageReply::Leave => {
                let key = given_to(self.first_run.as_ref()).is_some();
                let beside = self.first_run.as_ref().is_some_and(|page| page.beside);
                self.leave_page();
                if beside {
                    return self.show_models();
                }
                if key {
                    self.back_to_card();
                }
                Vec::new()
            }
            PageReply::Folder(folder) => vec![Cmd::LookAt(folder)],
            PageReply::Scratch => vec![Cmd::Scratch],
            PageReply::Sessions => self.act(Action::Sessions),
            PageReply::Quit => self.quit(),
            PageReply::Tour => vec![Cmd::Tour],
            PageReply::Check(provider) => {
                // A vendor that is there has its key replaced.
                let provider = match provider {
                    NewProvider::Beside { vendor, key }
                        if self.setup.key_places.contains_key(&vendor) =>
                    {
                        let provider = vendor;
                        NewProvider::KeyOf { provider, key }
                    }
                    provider => provider,
                };
                page.text = None;
                page.page = Page::Checking {
                    provider: provider.clone(),
                    since: self.now.since,
                };
                vec![Cmd::Check(provider)]
            }
            PageReply::Store(provider, index) => self.store(provider, index),
            PageReply::Local => self.use_local(),
            PageReply::AskLocal => self.ask_local(),
            PageReply::StoreHere(index) => self.store_here(index),
        }
    }

    /// Starts with a model of a server on this machine; behind the last one stands the field for an address.
    fn store_here(&mut self, index: usize) -> Vec<Cmd> {
        let count = self.local.models().count();
        let Some((server, card)) = self.local.models().nth(index) else {
            if let Some(page) = self.first_run.as_mut().filter(|_| index == count) {
                page.page = Page::Server {
                    field: Text::default(),
                };
            }
            return Vec::new();
        };
        let provider = NewProvider::Local {
            preset: server.preset.clone(),
            port: server.at.port,
        };
        vec![Cmd::Store(provider, card.model.clone())]
    }

    pub fn store(&mut self, provider: NewProvider, index: usize) -> Vec<Cmd> {
        let Some(FirstRun {
            page: Page::Choose { checked, .. },
            ..
        }) = &self.first_run
        else {
            return Vec::new();
        };
        match checked.models.get(index) {
            Some(card) => vec![Cmd::Store(provider, card.model.clone())],
            None => Vec::new(),
        }
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

    fn wish(&mut self, wish: Wish) -> Vec<Cmd> {
        match wish {
            Wish::Open(session, turn) => {
                self.close_board();
                self.open(session, turn)
            }
            Wish::Model(model, how) => self.take_model(model, how),
            Wish::GiveKey(of) => {
                self.first_run = Some(key_beside(of, None));
                Vec::new()
            }
            Wish::Compose(text) => {
                self.focus = Focus::Composer;
                self.view_mut().composer.set(&text);
                self.typed();
                Vec::new()
            }
            Wish::Add(text) => {
                self.focus = Focus::Composer;
                self.view_mut().composer.type_on();
                self.view_mut().composer.add(&text);
                self.typed();
                Vec::new()
            }
            Wish::Unstash { stashed, stays } => self.unstash(&stashed, stays),
            Wish::RemoveRules(numbers) => {
                let remove = crate::protocol::op::Manage::RemoveRules { numbers };
                vec![Cmd::Manage(self.view().id, remove)]
            }
            Wish::Accept(session, cwd, text) => self.accept(session, cwd, text),
            Wish::Vouch(session, until) => self.vouch(session, until),
            Wish::DropStashed(stashed) => vec![dropped(&stashed)],
            Wish::Skill(index) => {
                self.focus = Focus::Composer;
                self.insert_skill(index, "");
                self.typed();
                Vec::new()
            }
            Wish::Mode(mode) => self.change(Change::Mode { mode }),
            Wish::Theme(choice) => vec![Cmd::KeepTheme(choice)],
            Wish::MakeWorktree(name) => self.make_worktree(name),
            Wish::StopErrand => self.errand_stopped(),
            Wish::Look(session, look) => vec![worktree::look(session, look)],
            Wish::Errand(errand) => vec![Cmd::Errand(errand)],
            Wish::ComposeIn(session, text) => self.compose_in(session, &text),
            Wish::PutAway => self.act(Action::PutAway),
            Wish::Act(action) => self.choose(action),
            Wish::Slash(name, given) => {
                self.close_board();
                self.run_slash(name, &given)
            }
            Wish::Files => {
                self.close_board();
                self.name_a_file()
            }
            Wish::Setting(key) => self.open_setting(&key),
            Wish::Bind(rebinds) => vec![Cmd::Bind(rebinds)],
            Wish::Quit => self.quit_now(),
            Wish::Discard(session) => self.close_temporary(session),
        }
    }

    pub fn show(&mut self, overlay: Overlay) {
        self.overlay = Some(overlay);
    }
}
