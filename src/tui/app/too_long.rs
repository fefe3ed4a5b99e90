//! A conversation that is too long for its model: what of it can be gone on with.

use crate::agent::figure;
use crate::protocol::event::Ending;
use crate::protocol::failure::FailureKind;
use crate::protocol::item::Origin;
use crate::protocol::session::Change;
use crate::tui::app::App;
use crate::tui::app::chip::kept_blocks;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::message::Cmd;
use crate::tui::app::transcript::{Entry, What};
use crate::tui::app::view::View;

impl View {
    /// The last prompt of the person as it stood in the composer, and the turn it began.
    pub fn last_prompt(&self) -> Option<(u32, String)> {
        let entries = self.transcript.entries();
        entries.iter().rev().find_map(|entry| match &entry.what {
            What::Prompt {
                blocks,
                origin: Origin::Person,
            } => Some((entry.turn, kept_blocks(blocks))),
            _ => None,
        })
    }

    /// The last turn failed because the conversation is too long for the model that is still to be asked: asking again fails
    /// again.
    pub fn is_too_long(&self) -> bool {
        let Some(Ending::Failed { failure }) = self.stopped() else {
            return false;
        };
        let entries = self.transcript.entries().iter().rev();
        let mut since = entries.take_while(|entry| !matches!(entry.what, What::Ended { .. }));
        let changed = |entry: &Entry| matches!(entry.what, What::Changed(Change::Model { .. }));
        failure.kind == FailureKind::TooLong && !since.any(changed)
    }
}

impl App {
    /// What is written makes the prompt longer than the window of its model: said once, before it is sent and paid for. The
    /// same text again is sent, since this is an estimate. Whether it was said now.
    pub fn warns_of_length(&mut self) -> bool {
        let view = self.view();
        let card = view.model().and_then(|model| self.card(model));
        let Some((card, window)) = card.and_then(|card| Some((card, card.context?))) else {
            return false;
        };
        let tokens = self.tokens_of_prompt(view, card);
        let told = Some((view.id, tokens));
        if tokens <= window || view.played() || self.told_length == told {
            return false;
        }
        let said = format!(
            "about {} tokens, and {} takes {}: {} again sends it all the same, {} chooses another model",
            figure::tokens(tokens),
            card.model,
            figure::tokens(window),
            self.keymap().way_from(Place::Composer, Action::Send),
            self.keymap().way(Action::Models),
        );
        self.told_length = told;
        self.say(said);
        true
    }

    /// A fork without the last prompt, which is there to be changed: what to do where it was too long.
    pub fn fork_before_prompt(&mut self) -> Vec<Cmd> {
        let Some((turn, text)) = self.view().last_prompt() else {
            return Vec::new();
        };
        let Some(model) = self.view().model().cloned() else {
            return Vec::new();
        };
        let cmds = self.fork(model, Some(turn));
        self.view_mut().composer.restore(&text);
        self.typed();
        cmds
    }

    /// A new session with the last prompt, which is there to be changed.
    pub fn begin_with_prompt(&mut self) -> Vec<Cmd> {
        let prompt = self.view().last_prompt();
        let cmds = self.new_session();
        if let Some((_, text)) = prompt
            && self.view().composer.is_empty()
        {
            self.view_mut().composer.restore(&text);
            self.typed();
        }
        cmds
    }
}
