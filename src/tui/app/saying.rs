//! What is said in passing, and what stays until it is put away: both go with the matter they speak of.

use std::mem::{Discriminant, discriminant};
use std::path::PathBuf;
use std::time::Duration;

use crate::protocol::id::{AskId, SessionId};
use crate::protocol::rule::Mode;
use crate::tui::app::overlay::Overlay;
use crate::tui::app::{App, Focus};

/// So long a line is to be read.
const READ: Duration = Duration::from_secs(6);
/// What goes by no doing of the person was to be read so long at least.
const LEAST: Duration = Duration::from_secs(2);

/// A line that passes: told once, gone by itself, or with what it was said of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub text: String,
    pub until: Duration,
    said: Duration,
    /// Where it was said; none until all that came with it has happened.
    scene: Option<Scene>,
}

/// What a line that passes may speak of. Once this is another, the line is about something that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scene {
    session: SessionId,
    mode: Mode,
    ask: Option<AskId>,
    /// Whether its turn runs.
    running: bool,
    focus: Discriminant<Focus>,
    overlay: Option<Discriminant<Overlay>>,
}

/// What a notice that stays speaks of. There is one of each, the newest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matter {
    Config,
    Keys,
    Theme,
    /// The program that tells who looks elsewhere.
    Notifier,
    /// What a folder brings.
    Trust(PathBuf),
}

impl App {
    pub fn say(&mut self, text: impl Into<String>) {
        self.changes.in_focus += 1;
        let now = self.now.since;
        self.note = Some(Note {
            text: text.into(),
            until: now + READ,
            said: now,
            scene: None,
        });
    }

    fn scene(&self) -> Scene {
        Scene {
            session: self.view().id,
            mode: self.view().mode(self.now.wall),
            ask: self.asking().map(|ask| ask.ask.id.clone()),
            running: self.view().running(),
            focus: discriminant(&self.focus),
            overlay: self.overlay.as_ref().map(discriminant),
        }
    }

    /// A message was taken in: a line that spoke of what is over goes. `acted`: by what the person did.
    pub fn pass_note(&mut self, acted: bool) {
        let Some(note) = &self.note else {
            return;
        };
        let scene = self.scene();
        let same = note.scene.as_ref().is_none_or(|of| *of == scene);
        let over = note.said + LEAST;
        // Who does something else has read it, or will not.
        let read = over <= self.now.since;
        if acted && (!same || read) || !same && read {
            self.note = None;
            self.changes.in_focus += 1;
        } else if let Some(note) = &mut self.note {
            if !same {
                note.until = note.until.min(over);
            }
            // Where what it speaks of ended by itself, the next key does not take it away unread.
            note.scene = Some(scene);
        }
    }

    /// Says what stays until it is put away, in place of what was said of the matter before. `None`: the matter is over.
    pub fn notice_of(&mut self, matter: Matter, said: Option<String>) {
        if let Some(at) = self.matters.iter().position(|(of, _)| *of == matter) {
            let (_, old) = self.matters.remove(at);
            self.notices.retain(|other| *other != old);
        }
        if let Some(said) = said {
            self.notices.push(said.clone());
            self.matters.push((matter, said));
        }
    }
}
