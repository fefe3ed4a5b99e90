//! Asks that are answered together in the inbox: of one tool and one risk, none of them HIGH, and all of them shown in full before a
//! key counts. One that changes or goes voids them all.

use crate::protocol::ask::{About, Ask, Risk};
use crate::protocol::id::{AskId, SessionId};
use crate::tui::app::App;
use crate::tui::app::ask::AskFocus;
use crate::tui::app::overlay::Overlay;

/// What asks must have in common; none for one that is answered alone.
fn kind(ask: &Ask) -> Option<(&str, Risk)> {
    match &ask.about {
        About::Approval(approval) if approval.risk < Risk::High => {
            Some((&approval.tool, approval.risk))
        }
        _ => None,
    }
}

impl App {
    /// Marks the ask that is looked at to be answered with others, or takes the mark from it.
    pub fn toggle_mark(&mut self) {
        let waiting = self.waiting();
        let Some(Overlay::Inbox(inbox)) = &self.overlay else {
            return;
        };
        let Some((session, asked)) = waiting.get(inbox.index) else {
            return;
        };
        let this = (*session, asked.ask.id.clone());
        let mut marks = inbox.marks.clone();
        if marks.contains(&this) {
            marks.retain(|mark| *mark != this);
        } else {
            let others = waiting.iter().filter(|(session, other)| {
                let id: (SessionId, AskId) = (*session, other.ask.id.clone());
                marks.contains(&id)
            });
            let own = kind(&asked.ask);
            let fits = own.is_some()
                && others
                    .map(|(_, other)| kind(&other.ask))
                    .all(|kind| kind == own);
            if !fits {
                self.say("only asks of one tool and one risk can be answered at once, and none that is HIGH");
                return;
            }
            marks.push(this);
        }
        let now = self.now.since;
        if let Some(Overlay::Inbox(inbox)) = &mut self.overlay {
            inbox.marks = marks;
            if let Some(ask) = &mut inbox.ask {
                ask.arming.rest(now);
            }
        }
    }

    /// Shows all that were marked, one below the other, to be answered by one key.
    pub fn show_marked(&mut self) {
        let Some(Overlay::Inbox(inbox)) = &self.overlay else {
            return;
        };
        let marks = &inbox.marks;
        let mut asks: Vec<(usize, SessionId, Ask)> = self
            .waiting()
            .into_iter()
            .enumerate()
            .filter(|(_, (session, asked))| marks.contains(&(*session, asked.ask.id.clone())))
            .map(|(at, (session, asked))| (at, session, asked.ask.clone()))
            .collect();
        if asks.is_empty() {
            self.say("no ask is picked");
            return;
        }
        let (index, session, ask) = asks.remove(0);
        let back = self.back_here();
        let mut focus = AskFocus::new(session, ask, back, self.now.since);
        focus.with = asks
            .into_iter()
            .map(|(_, session, ask)| (session, ask))
            .collect();
        if let Some(Overlay::Inbox(inbox)) = &mut self.overlay {
            inbox.index = index;
            inbox.ask = Some(focus);
            inbox.entry = true;
            inbox.marks.clear();
        }
    }
}
