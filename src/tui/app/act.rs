//! What each action does.

use std::time::Duration;

use crate::agent::visible::one_line;
use crate::config::ComposerKeys;
use crate::protocol::event::When;
use crate::protocol::id::SessionId;
use crate::protocol::op::Op;
use crate::protocol::query::{Query, SpendBy};
use crate::tui::app::board::Done;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::between::leaving;
use crate::tui::app::keymap::leader::Leader;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::cost::Cost;
use crate::tui::app::overlay::discard::Discard;
use crate::tui::app::overlay::help::{First, Help};
use crate::tui::app::overlay::notices::Notices;
use crate::tui::app::overlay::pick::Pick;
use crate::tui::app::overlay::prompts::Prompts;
use crate::tui::app::overlay::quit::{NO, Quit};
use crate::tui::app::overlay::rules::Rules;
use crate::tui::app::overlay::settings::Settings;
use crate::tui::app::overlay::skills::Skills;
use crate::tui::app::view::{Stage, View};
use crate::tui::app::{App, Focus};

/// Past prompts that are looked through, over all projects.
const PROMPTS: u32 = 100_000;
/// A second Esc stops the turn within this time.
const ESC: Duration = Duration::from_millis(1500);
/// A second Ctrl+C quits within this time.
const BREAK: Duration = Duration::from_secs(1);

impl App {
    pub fn act(&mut self, action: Action) -> Vec<Cmd> {
        match action {
            Action::Leader => self.lead(Leader::CtrlX),
            Action::NextAsk => return self.next_ask(),
            Action::Tab(number) => self.go_to(usize::from(number).saturating_sub(1)),
            Action::Inbox => {
                self.show_inbox();
                return self.ask_decided();
            }
            Action::TabBefore => {
                self.go_to(self.at().checked_sub(1).unwrap_or(self.views.len() - 1));
            }
            Action::TabAfter => self.go_to((self.at() + 1) % self.views.len()),
            Action::CloseTab => return self.close_tab(),
            Action::PutAway | Action::Notices if self.notices.is_empty() => {
                self.say("there are no notices");
            }
            Action::Notices => self.show(Overlay::Notices(Notices::default())),
            Action::PutAway => self.notices.clear(),
            Action::Detach => self.say(leaving(self.keymap().between)),
            Action::Sessions => return self.show_board(),
            Action::Temporary => return self.new_temporary(),
            Action::NewSession => return self.new_session(),
            Action::NewWorktree => return self.new_worktree(),
            Action::Files => return self.show_files(),
            Action::Models => return self.show_models(),
            Action::Skills => {
                let skills = self.setup.skills.clone();
                self.show(Overlay::Skills(Skills {
                    skills,
                    pick: Pick::default(),
                }));
            }
            Action::Cost => return self.show_cost(),
            Action::Theme => return self.show_themes(),
            Action::Palette => return self.show_palette(),
            Action::Settings => {
                let settings = Settings::new(&self.setup.wishes, self.setup.abilities.clone());
                self.show(Overlay::Settings(settings));
            }
            Action::Help => {
                let first = match self.focus {
                    Focus::Composer => First::Place(Place::Composer),
                    Focus::Transcript => First::Place(Place::Transcript),
                    Focus::Ask(_) | Focus::Card(_) => First::Cards,
                };
                self.show(Overlay::Help(Help::of(first)));
            }
            Action::Editor => return vec![Cmd::Edit(self.view().composer.plain())],
            Action::StopAll => return self.stop_all(),
            Action::Quit => return self.quit(),
            Action::Redraw => return vec![Cmd::Redraw],
            Action::Suspend => return vec![Cmd::Suspend],
            Action::Break => return self.break_key(),
            Action::NextMode => return self.next_mode(),
            Action::Outputs => {
                let transcript = &mut self.view_mut().transcript;
                transcript.unfolded = !transcript.unfolded;
                transcript.turned.clear();
            }
            Action::PageUp => self.scroll(-self.page()),
            Action::PageDown => self.scroll(self.page()),
            Action::ScrollUp => self.scroll(-1),
            Action::ScrollDown => self.scroll(1),
            Action::HalfUp => self.scroll(-(self.page() / 2).max(1)),
            Action::HalfDown => self.scroll((self.page() / 2).max(1)),
            Action::Top => self.scroll(-1_000_000),
            Action::Bottom => self.pane_mut().follow(),
            Action::Insert => {
                self.focus = Focus::Composer;
                self.view_mut().composer.type_on();
                self.pane_mut().follow();
            }
            Action::Send => return self.submit(When::Step),
            Action::Queue => return self.submit(When::Turn),
            Action::ToCards => return self.go_to_cards(),
            Action::TakeBack => return self.take_back(),
            Action::SearchPrompts => {
                let mut prompts = Prompts::default();
                if self.view().composer.shells() {
                    // Where a command is being written, those of before are meant.
                    prompts.insert("!");
                }
                self.show(Overlay::Prompts(prompts));
                return vec![Cmd::Ask(Tag::Prompts, Query::Prompts { limit: PROMPTS })];
            }
            Action::Memory => return self.search_memory(),
            Action::Imports => return self.show_imports(),
            Action::PastePicture => return self.paste_picture(),
            Action::Stash => return self.stash(),
            Action::Rules => {
                self.show(Overlay::Rules(Rules::default()));
                return vec![Cmd::Ask(Tag::Rules, Query::Rules)];
            }
            Action::Trust => return self.open_trust(),
            Action::OpenChip => return self.open_chip(),
            Action::Leave => return self.leave(),
            action => return self.arrange(action),
        }
        Vec::new()
    }

    fn page(&self) -> i64 {
        i64::from(self.pane().rows.saturating_sub(1).max(1))
    }

    fn scroll(&mut self, by: i64) {
        self.pane_mut().scroll.by += by;
    }

    pub fn close_tab(&mut self) -> Vec<Cmd> {
        if self.view().running() {
            self.say("a turn runs here; Esc Esc stops it, then the session can be closed");
            return Vec::new();
        }
        if self.view().temporary() && self.view().stage != Stage::Fresh {
            self.show(Overlay::Discard(Discard {
                session: self.view().id,
                title: one_line(&self.view().title()),
                highlight: NO,
            }));
            return Vec::new();
        }
        self.close_at(self.at())
    }

    /// Closes the session that was asked about, unless it is kept by now, works, or is gone.
    pub fn close_temporary(&mut self, session: SessionId) -> Vec<Cmd> {
        let is_meant = |view: &View| view.id == session && view.temporary() && !view.running();
        if let Some(at) = self.views.iter().position(is_meant) {
            return self.close_at(at);
        }
        self.say("nothing was closed: that session is no longer as it was when you were asked");
        Vec::new()
    }

    /// Closes a session without asking.
    fn close_at(&mut self, at: usize) -> Vec<Cmd> {
        let view = &self.views[at];
        let (id, fresh) = (view.id, view.stage == Stage::Fresh);
        // What goes out of the log with its tab does not come back.
        if !fresh && !view.temporary() {
            let title = one_line(&view.title());
            let what = format!("closed: {title}");
            let board = self.keymap().way(Action::Sessions);
            let undo = self.keymap().way_from(Place::Board, Action::BoardUndo);
            self.say(format!("{what}; {board}, then {undo}, opens it again"));
            self.can_undo(Done {
                session: id,
                back: None,
                tab: Some(at),
                what,
            });
        }
        let cmds = if fresh {
            Vec::new()
        } else {
            vec![Cmd::Send(self.command(id, Op::Close))]
        };
        self.drop_tab(at);
        cmds
    }

    /// Takes a tab away with its panes; the last pane shows the tab that is next.
    pub fn drop_tab(&mut self, at: usize) {
        let gone = self.views.remove(at);
        self.let_go();
        while !self.panes.is_one()
            && let Some(pane) = self.panes.showing(gone.id)
        {
            self.panes.close(pane);
        }
        if self.views.is_empty() {
            let mut fresh = View::fresh(
                self.now.fresh,
                self.setup.cwd.clone(),
                self.setup.model.clone(),
                self.setup.mode,
            );
            fresh.effort = self.setup.effort;
            self.views.push(fresh);
        }
        let next = self.views[at.min(self.views.len() - 1)].id;
        self.panes.replace(gone.id, next);
        self.focus = Focus::Composer;
        self.view_mut().unseen = false;
    }

    /// Tab: with text it queues, from an empty composer it goes to what waits here.
    fn go_to_cards(&mut self) -> Vec<Cmd> {
        if self.focus == Focus::Composer && self.is_meant_for_ask() {
            // What is typed ahead of an ask is dropped: it answers nothing, and nobody means to send it.
            let typed = one_line(&self.view().composer.plain());
            self.view_mut().composer.clear();
            self.typed();
            self.say(format!(
                "`{typed}` came before the ask had the keys, and is dropped"
            ));
        }
        if !self.view().composer.is_empty() && self.focus == Focus::Composer {
            if self.view().running() {
                return self.submit(When::Turn);
            }
            let key = |action| {
                self.keymap()
                    .key(Place::Composer, action)
                    .unwrap_or_default()
            };
            let (tab, enter) = (key(Action::ToCards), key(Action::Send));
            self.say(format!(
                "{tab} queues while a turn runs, and none does: {enter} sends"
            ));
            return Vec::new();
        }
        self.to_cards();
        Vec::new()
    }

    fn show_cost(&mut self) -> Vec<Cmd> {
        self.show(Overlay::Cost(Cost::default()));
        let spend = |by| Query::Spend {
            by,
            since: None,
            until: None,
            session: None,
        };
        vec![
            Cmd::Ask(Tag::SpendDays, spend(SpendBy::Day)),
            Cmd::Ask(Tag::SpendModels, spend(SpendBy::Model)),
            Cmd::Ask(Tag::Today, Query::Today),
        ]
    }

    /// The ladder of Esc: from the composer to the transcript, and not back; a second one while a turn runs stops it.
    fn leave(&mut self) -> Vec<Cmd> {
        if self.view().busy() {
            if self.esc_until.take().is_some() {
                self.focus = Focus::Composer;
                let id = self.view().id;
                return vec![Cmd::Send(self.command(id, Op::Interrupt))];
            }
            self.esc_until = Some(self.now.since + ESC);
            if self.view().composer.is_empty() {
                self.focus = Focus::Transcript;
            }
            return Vec::new();
        }
        match self.focus {
            // Pressed once more to be sure where one is, it leads nowhere: the next letters would be text.
            Focus::Transcript if self.setup.wishes.composer == ComposerKeys::Vim => {}
            Focus::Transcript => {
                let key = self.keymap().way_from(Place::Transcript, Action::Insert);
                self.say(format!("{key} leads back to typing"));
            }
            // From a text only where its keys can be told from those of the transcript.
            _ if self.view().composer.is_empty()
                || self.setup.wishes.composer == ComposerKeys::Vim =>
            {
                self.focus = Focus::Transcript;
            }
            _ => {
                let keymap = self.keymap();
                let (read, stash) = (keymap.way(Action::Read), keymap.way(Action::Stash));
                self.say(format!(
                    "Esc reads from an empty composer; {read} reads and keeps the text, {stash} puts it by"
                ));
            }
        }
        Vec::new()
    }

    /// Clears the composer, else stops the turn; a second within a second quits.
    fn break_key(&mut self) -> Vec<Cmd> {
        if self.break_until.take().is_some() {
            return self.quit();
        }
        self.break_until = Some(self.now.since + BREAK);
        if matches!(self.focus, Focus::Ask(_)) {
            self.leave_ask();
        } else {
            self.focus = Focus::Composer;
        }
        if !self.view().composer.is_empty() {
            self.view_mut().composer.clear();
            self.typed();
            return Vec::new();
        }
        if self.view().busy() {
            let id = self.view().id;
            return vec![Cmd::Send(self.command(id, Op::Interrupt))];
        }
        Vec::new()
    }

    pub fn quit(&mut self) -> Vec<Cmd> {
        let running: Vec<String> = self
            .views
            .iter()
            .filter(|view| view.running())
            .map(View::title)
            .collect();
        if running.is_empty() {
            return self.quit_now();
        }
        self.show(Overlay::Quit(Quit {
            running,
            highlight: NO,
        }));
        Vec::new()
    }

    pub fn quit_now(&mut self) -> Vec<Cmd> {
        let keep = self.keep_at_end(true);
        self.end(keep)
    }

    /// Ended from outside: a signal, or the terminal is gone.
    pub fn cut_off(&mut self) -> Vec<Cmd> {
        let keep = self.keep_at_end(false);
        self.end(keep)
    }

    /// The terminal is gone: what runs is stopped for that, and not because a session was closed.
    pub fn hung_up(&mut self) -> Vec<Cmd> {
        let busy = self.views.iter().filter(|view| view.busy());
        let busy: Vec<SessionId> = busy.map(|view| view.id).collect();
        busy.into_iter()
            .map(|id| Cmd::Send(self.command(id, Op::HangUp)))
            .collect()
    }

    /// What was typed is kept; the rest is in the log already.
    fn end(&mut self, keep: Cmd) -> Vec<Cmd> {
        self.quitting = true;
        for view in &mut self.views {
            view.typed = Some(Duration::ZERO);
        }
        // However short a time ago it was typed.
        let mut cmds = self.save_drafts(Duration::ZERO);
        let open: Vec<SessionId> = self
            .views
            .iter()
            .filter(|view| view.stage != Stage::Fresh)
            .map(|view| view.id)
            .collect();
        for id in open {
            let close = self.command(id, Op::Close);
            cmds.push(Cmd::Send(close));
        }
        cmds.extend([keep, Cmd::Quit]);
        cmds
    }
}
