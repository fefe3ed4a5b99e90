//! The card of a failure: what it offers, and what its keys do once it has the focus and was quiet for a while.

use std::collections::BTreeMap;

use crossterm::event::KeyEvent;

use crate::config::KeySource;
use crate::protocol::ask::Ask;
use crate::protocol::event::Ending;
use crate::protocol::failure::FailureKind;
use crate::protocol::id::SessionId;
use crate::protocol::op::Op;
use crate::tui::app::arming::Arming;
use crate::tui::app::ask::Back;
use crate::tui::app::choosing::{is_key_of, moved};
use crate::tui::app::first_run::{FirstRun, Page};
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::message::Cmd;
use crate::tui::app::saying::Matter;
use crate::tui::app::setup::NewProvider;
use crate::tui::app::text::Text;
use crate::tui::app::view::{Anchor, Scroll, View};
use crate::tui::app::{App, Focus};

/// Where the key of each provider is kept, by the provider's name.
pub type KeyPlaces = BTreeMap<String, KeySource>;

/// A card with the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardFocus {
    pub arming: Arming,
    /// Of the choices; starts on none.
    pub highlight: Option<usize>,
}

impl CardFocus {
    pub fn new(now: std::time::Duration) -> Self {
        Self {
            arming: Arming::new(now),
            highlight: None,
        }
    }
}

/// What one key of a card does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Asks the model again, now.
    Again,
    /// A fork without the prompt that was too long, which is in its composer.
    Before,
    /// A new session with that prompt in its composer.
    Fresh,
    /// Goes on after the words of the answer that was cut off.
    Keep,
    /// Shows where it was interrupted.
    Look,
    /// Puts the card away.
    Leave,
    GiveKey,
    /// Reads config and key again, then asks the model again.
    ReadAgain,
    Models,
    /// Goes on where another session writes too.
    Share,
    /// A worktree instead.
    Worktree,
}

impl Choice {
    /// Whose key it has; what stands first has none of its own.
    pub fn action(self) -> Action {
        match self {
            Self::Again | Self::Share | Self::Before => Action::Choose,
            Self::Fresh => Action::CardFresh,
            Self::Keep => Action::CardKeep,
            Self::Look => Action::CardLook,
            Self::Leave => Action::CardAway,
            Self::Worktree => Action::CardWorktree,
            Self::GiveKey => Action::CardKey,
            Self::ReadAgain => Action::CardRead,
            Self::Models => Action::CardModel,
        }
    }
}

impl App {
    /// What the card over the composer offers, with the words it is offered in; empty without a card.
    pub fn card_choices(&self, view: &View) -> Vec<(Choice, &'static str)> {
        if view.read_only.is_some() {
            // Who holds it goes on with it; here it can be looked at.
            return match view.stopped() {
                Some(Ending::Interrupted { .. }) => {
                    vec![(Choice::Look, "looks"), (Choice::Leave, "leaves it")]
                }
                Some(_) => vec![(Choice::Leave, "leaves it")],
                None => Vec::new(),
            };
        }
        if view.retrying().is_some() {
            return vec![(Choice::Again, "now"), (Choice::Models, "other model")];
        }
        let (again, key) = match view.stopped() {
            None if view.writers.is_empty() => return Vec::new(),
            None => return vec![(Choice::Share, "share"), (Choice::Worktree, "worktree")],
            Some(Ending::Failed { failure }) => ("again", failure.kind == FailureKind::Auth),
            Some(_) => ("goes on", false),
        };
        if view.is_too_long() {
            let follows = view.last_prompt().is_some_and(|(turn, _)| turn > 1);
            let before = follows.then_some((Choice::Before, "fork before this prompt"));
            let others = [
                (Choice::Fresh, "new session"),
                (Choice::Models, "other model"),
            ];
            return before.into_iter().chain(others).collect();
        }
        let mut choices = vec![(Choice::Again, again)];
        let interrupted = matches!(view.stopped(), Some(Ending::Interrupted { .. }));
        if !interrupted && view.broke_off().is_some() {
            choices.push((Choice::Keep, "keep the words and go on"));
        }
        if interrupted {
            choices.push((Choice::Look, "looks"));
        }
        if key {
            choices.push((Choice::GiveKey, "give another key"));
            // A variable is what it was when Creel started; the config may name another place by now.
            let read = match self.key_place(view) {
                Some(KeySource::File(_) | KeySource::Command(_)) => "read the key again",
                Some(KeySource::Env(_) | KeySource::None) | None => "read the config again",
            };
            choices.push((Choice::ReadAgain, read));
        }
        if matches!(view.stopped(), Some(Ending::Failed { failure }) if failure.kind == FailureKind::Config)
        {
            choices.push((Choice::ReadAgain, "read the config again"));
        }
        choices.push((Choice::Models, "other model"));
        if interrupted {
            choices.push((Choice::Leave, "leaves it"));
        }
        choices
    }

    /// Where the key of a session's provider is kept, as far as it is known.
    pub fn key_place(&self, view: &View) -> Option<&KeySource> {
        self.setup.key_places.get(&view.model()?.provider)
    }

    /// The oldest ask of this tab.
    fn ask_here(&self) -> Option<&Ask> {
        let id = self.view().id;
        let mut waiting = self.waiting().into_iter();
        let here = waiting.find(|(session, _)| *session == id);
        here.map(|(_, waiting)| &waiting.ask)
    }

    /// What is written is one key of the ask above it, typed before that had the keys: hardly a message.
    pub fn is_meant_for_ask(&self) -> bool {
        let written = self.view().composer.text.as_str();
        self.ask_here()
            .is_some_and(|ask| is_key_of(&ask.about, written, self.keymap()))
    }

    /// Gives the focus to what waits in this tab: its oldest ask, else its card.
    pub fn to_cards(&mut self) {
        let id = self.view().id;
        if let Some(ask) = self.ask_here().cloned() {
            let back = Back {
                pane: self.panes.focus(),
                session: id,
            };
            self.focus_ask(id, ask, back);
        } else if self.view().has_card() {
            self.focus = Focus::Card(CardFocus::new(self.now.since));
        }
    }

    pub fn card_key(&mut self, event: KeyEvent, anywhere: Option<Action>) -> Vec<Cmd> {
        let press = self.keymap().press(Place::Card, event);
        if let Some(action) = anywhere.filter(|_| press.action == anywhere)
            && action != Action::NextMode
        {
            return self.act(action);
        }
        let now = self.now.since;
        let choices = self.card_choices(self.view());
        let Focus::Card(card) = &mut self.focus else {
            return Vec::new();
        };
        match press.action {
            Some(Action::Help) => return self.act(Action::Help),
            Some(Action::Close) => return self.leave_card(),
            Some(Action::CardBack) => {
                self.focus = Focus::Composer;
                return Vec::new();
            }
            _ => {}
        }
        if !card.arming.key(now) {
            return Vec::new();
        }
        let chosen = match press.action {
            Some(action @ (Action::MarkAfter | Action::MarkBefore)) => {
                card.highlight = moved(card.highlight, choices.len(), action);
                return Vec::new();
            }
            // Going on is what Enter means until another row is marked.
            Some(Action::Choose) => choices.get(card.highlight.unwrap_or(0)),
            action => {
                let mut own = choices.iter();
                let own = own.find(|(choice, _)| Some(choice.action()) == action);
                own.or_else(|| choices.get(press.row()?))
            }
        };
        let Some(&(choice, _)) = chosen else {
            card.arming.dropped(now);
            return Vec::new();
        };
        self.take_choice(choice)
    }

    /// Puts the card away; a wait goes on without it.
    fn leave_card(&mut self) -> Vec<Cmd> {
        self.focus = Focus::Composer;
        if self.view().retrying().is_some() {
            return self.act(Action::Leave);
        }
        if self.view().stopped().is_none() {
            self.share();
        }
        self.view_mut().card_closed = true;
        Vec::new()
    }

    /// The transcript has the keys, at what was cut.
    fn look_at_stop(&mut self) {
        if let Some(seq) = self.view().worth_a_look() {
            let pane = self.pane_mut();
            pane.scroll = Scroll {
                anchor: Anchor::At { seq, line: 0 },
                by: 0,
            };
            pane.eyes.go(seq, 0);
        }
        self.focus = Focus::Transcript;
    }

    fn take_choice(&mut self, choice: Choice) -> Vec<Cmd> {
        // It spoke of what this key now does.
        self.note = None;
        match choice {
            Choice::Again => {
                self.focus = Focus::Composer;
                let how = match self.view().stopped() {
                    Some(Ending::Failed { .. }) => Op::Again,
                    _ => Op::Continue,
                };
                self.go_on(how)
            }
            Choice::Before => self.fork_before_prompt(),
            Choice::Fresh => self.begin_with_prompt(),
            Choice::Keep => {
                self.focus = Focus::Composer;
                self.go_on(Op::Continue)
            }
            Choice::Look => {
                self.look_at_stop();
                Vec::new()
            }
            Choice::Leave => self.leave_card(),
            Choice::GiveKey => {
                if let Some(model) = self.view().model() {
                    self.first_run = Some(another_key(model.provider.clone(), None));
                }
                Vec::new()
            }
            Choice::ReadAgain => {
                self.focus = Focus::Composer;
                vec![Cmd::ReadKeys(self.view().id)]
            }
            Choice::Models => self.act(Action::Models),
            Choice::Share => {
                self.focus = Focus::Composer;
                self.share();
                Vec::new()
            }
            Choice::Worktree => {
                self.focus = Focus::Composer;
                self.act(Action::NewWorktree)
            }
        }
    }

    /// Config and keys were read again: the session that wanted it goes on.
    pub fn keys_read(&mut self, session: SessionId, read: Result<KeyPlaces, String>) -> Vec<Cmd> {
        self.notice_of(Matter::Keys, read.as_ref().err().cloned());
        match read {
            Ok(places) => {
                self.setup.key_places = places;
                self.list_unkept();
                let Some(view) = self
                    .view_of(session)
                    .filter(|view| view.stopped().is_some())
                else {
                    return Vec::new();
                };
                view.card_closed = true;
                vec![Cmd::Send(self.command(session, Op::Again))]
            }
            Err(_) => Vec::new(),
        }
    }

    /// Another key was kept, or its page was left: the card has the keys again, after a new quiet.
    pub fn back_to_card(&mut self) {
        if self.view().has_card() {
            self.focus = Focus::Card(CardFocus::new(self.now.since));
        }
    }
}

/// The page on which a provider is given another key.
pub fn another_key(provider: String, text: Option<String>) -> FirstRun {
    FirstRun {
        page: Page::Key {
            field: Text::default(),
            of: Some(provider),
        },
        text,
        found: None,
        beside: false,
        tried: false,
        others: false,
        over: false,
    }
}

/// The page on which a key is given from the list of models: of that provider, else of a further vendor.
pub fn key_beside(of: Option<String>, text: Option<String>) -> FirstRun {
    FirstRun {
        page: Page::Key {
            field: Text::default(),
            of,
        },
        text,
        found: None,
        beside: true,
        tried: false,
        others: false,
        over: false,
    }
}

/// The provider that is being given another key, while that is tried.
pub fn given_to(page: Option<&FirstRun>) -> Option<&str> {
    match &page?.page {
        Page::Checking {
            provider: NewProvider::KeyOf { provider, .. },
            ..
        } => Some(provider),
        Page::Key { of, .. } => of.as_deref(),
        _ => None,
    }
}
