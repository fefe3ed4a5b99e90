//! Sessions that another process holds: where it runs, and how to get there. They are read here, and spoken to there.

use crate::agent::visible::one_line;
use crate::protocol::id::SessionId;
use crate::protocol::query::{Holder, Query};
use crate::tui::app::App;
use crate::tui::app::board::told::clock;
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::terminal::tmux::Place;

/// Why a session can only be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadOnly {
    pub why: String,
    /// What has it, as far as it is known.
    holder: Option<Holder>,
    /// The command that leads there.
    pub way: Option<String>,
}

impl ReadOnly {
    pub fn new(why: &str) -> Self {
        Self {
            why: one_line(why),
            ..Self::default()
        }
    }

    /// Another process is known to have it.
    pub fn has_holder(&self) -> bool {
        self.holder.is_some()
    }
}

impl App {
    /// The question who has a session that could not be taken hold of.
    pub fn ask_holder(session: SessionId) -> Cmd {
        Cmd::Ask(Tag::Holder(session), Query::Holder { session })
    }

    /// Who has it is known: the pane it runs in is asked for its name.
    pub fn holder_found(&mut self, session: SessionId, holder: Option<Holder>) -> Vec<Cmd> {
        let known = self
            .view_of(session)
            .and_then(|view| view.read_only.as_mut());
        let known = known.and_then(|held| Some((held.holder.as_ref()?.process, held)));
        let Some(holder) = holder.filter(|holder| !holder.here) else {
            // What had it is gone: there is nothing to follow any more.
            if let Some((_, held)) = known {
                *held = ReadOnly::new("what had it has ended; a prompt goes on with it here");
                self.changes.everywhere += 1;
            }
            return Vec::new();
        };
        if known.is_some_and(|(process, _)| process == holder.process) {
            return Vec::new();
        }
        let tmux = holder.whereabouts.tmux.clone();
        let said = format!("another terminal, process {}", holder.process);
        self.runs_in(session, Some(holder), &said, None);
        tmux.map(|pane| Cmd::FindPane(session, pane))
            .into_iter()
            .collect()
    }

    /// The pane was asked for.
    pub fn pane_found(&mut self, session: SessionId, place: Option<Place>) {
        if let Some(place) = place {
            self.runs_in(session, None, &place.said, Some(&place.way));
        }
    }

    fn runs_in(&mut self, id: SessionId, holder: Option<Holder>, place: &str, way: Option<&str>) {
        let Some(held) = self.view_of(id).and_then(|view| view.read_only.as_mut()) else {
            return;
        };
        held.holder = holder.or(held.holder.take());
        let since = held.holder.as_ref().and_then(|holder| {
            let since = holder.whereabouts.since?;
            Some(format!(" (since {})", clock(since, holder.zone)))
        });
        held.way = way.map(|way| format!("`{}`", one_line(way)));
        let place = one_line(place);
        let way = held.way.iter().map(|way| format!("; {way}"));
        held.why = format!(
            "Creel runs in {place}{}{}",
            since.unwrap_or_default(),
            way.collect::<String>()
        );
        let why = held.why.clone();
        if id == self.view().id {
            self.say(why);
        }
    }
}
