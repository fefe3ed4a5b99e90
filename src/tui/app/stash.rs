//! Drafts that were put by, as `git stash` does with changes: kept over sessions, crashes and restarts until they are taken.

use crate::protocol::id::SessionId;
use crate::protocol::query::{Query, Stashed};
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::stash::Stash;
use crate::tui::app::{App, Focus};

impl App {
    /// Puts what is written by; from an empty composer the list of what was put by is shown.
    pub fn stash(&mut self) -> Vec<Cmd> {
        if self.view().composer.is_empty() {
            self.show(Overlay::Stash(Stash::default()));
            return vec![Cmd::Ask(Tag::Stashed, Query::Stashed)];
        }
        if self.read_only || self.broken.is_some() {
            self.say("nothing can be put by while the log cannot be written");
            return Vec::new();
        }
        let stashed = Stashed {
            id: self.now.fresh,
            at: self.now.wall,
            text: self.view().composer.kept(),
        };
        self.view_mut().composer.clear();
        self.typed();
        let key = self.keymap().way_from(Place::Composer, Action::Stash);
        self.say(format!("put by; {key} in an empty composer lists it"));
        vec![Cmd::Stash(stashed)]
    }

    /// The draft of a session was read. It comes back where nothing was written meanwhile, and is put by where something was.
    pub fn drafted(&mut self, session: SessionId, text: &str) -> Vec<Cmd> {
        let Some(view) = self.view_of(session) else {
            return Vec::new();
        };
        if view.read_only.is_some() {
            return Vec::new();
        }
        if view.composer.is_empty() && view.typed.is_none() {
            view.composer.restore(text);
            text.clone_into(&mut view.draft);
            return Vec::new();
        }
        // What was saved since is no longer that of before.
        let is_known = view.draft == text || view.composer.kept() == text;
        if is_known || text.trim().is_empty() || self.read_only {
            return Vec::new();
        }
        let key = self.keymap().way_from(Place::Composer, Action::Stash);
        self.say(format!(
            "the draft of before is put by; {key} in an empty composer lists it"
        ));
        vec![Cmd::Stash(Stashed {
            id: self.now.fresh,
            at: self.now.wall,
            text: text.to_owned(),
        })]
    }

    /// The list was read.
    pub fn stashed(&mut self, stashed: Vec<Stashed>) {
        if let Some(Overlay::Stash(overlay)) = &mut self.overlay {
            overlay.read(stashed);
        }
    }

    /// Puts a text back into the composer, before what is written there. Unless it is to stay put by it is taken away, after
    /// it was saved as the draft it is now: at no moment is it nowhere.
    pub fn unstash(&mut self, stashed: &Stashed, stays: bool) -> Vec<Cmd> {
        self.focus = Focus::Composer;
        let composer = &mut self.view_mut().composer;
        composer.type_on();
        if composer.is_empty() {
            composer.restore(&stashed.text);
        } else {
            composer.text.start();
            composer.add(&format!("{}\n", stashed.text));
        }
        self.typed();
        // The draft of a temporary session is not kept: the text stays put by.
        if stays || self.view().temporary() {
            return Vec::new();
        }
        let mut cmds = self.save_drafts(std::time::Duration::ZERO);
        cmds.push(dropped(stashed));
        cmds
    }
}

/// Takes a text that was put by away for good.
pub fn dropped(stashed: &Stashed) -> Cmd {
    Cmd::Stash(Stashed {
        id: stashed.id,
        at: stashed.at,
        text: String::new(),
    })
}
