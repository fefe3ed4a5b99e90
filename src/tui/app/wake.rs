//! When the screen changes by itself: only while something waits, streams or counts down, or while what another Creel has is
//! looked at. Otherwise nothing wakes and not one byte is written.

use std::time::Duration;

use crate::config::display::Motion;
use crate::protocol::id::Seq;
use crate::tui::app::board::LOOK;
use crate::tui::app::message::Cmd;
use crate::tui::app::view::View;
use crate::tui::app::{App, Focus};

/// The strip of leader keys comes after this long.
pub const STRIP: Duration = Duration::from_millis(400);
/// Text that was typed is saved this long after the last key.
pub const DRAFT: Duration = Duration::from_millis(500);
const SECOND: Duration = Duration::from_secs(1);
/// Seconds between two counts where the screen shall move little.
const CALM: u64 = 10;
const MINUTE: Duration = Duration::from_mins(1);

impl App {
    /// The next moment something must be drawn or done, in time since the start; `None`: only a message wakes.
    pub fn wake(&self) -> Option<Duration> {
        let now = self.now.since;
        let strip = self
            .leader
            .map(|pressed| pressed.since + STRIP)
            .filter(|&at| at > now);
        let arming = match (self.asking(), &self.focus) {
            (Some(ask), _) => ask.arming.wake(now),
            (None, Focus::Card(card)) => card.arming.wake(now),
            _ => None,
        };
        let drafts = self
            .views
            .iter()
            .filter_map(|view| view.typed)
            .map(|typed| typed + DRAFT)
            .min();
        [
            strip,
            arming,
            drafts,
            self.keeping.due,
            self.unused,
            self.board
                .as_ref()
                .filter(|_| self.ready)
                .map(|board| board.looked + LOOK),
            self.note.as_ref().map(|note| note.until),
            self.esc_until,
            self.break_until,
            self.next_count(now),
            self.loan_wake(now),
            self.notice_wake(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// The next second or minute that is shown: seconds only of what the person waits for.
    fn next_count(&self, now: Duration) -> Option<Duration> {
        let checking = matches!(
            self.first_run.as_ref().map(|page| &page.page),
            Some(crate::tui::app::first_run::Page::Checking { .. })
        );
        let counts = checking
            || self.views_seen().any(|view| {
                let works_elsewhere = view.followed() && view.running();
                view.counts_seconds() || view.retrying().is_some() || works_elsewhere
            })
            || (!self.ready && self.broken.is_none() && now >= SECOND);
        if counts {
            let every = match self.setup.wishes.motion {
                Motion::Full => 1,
                Motion::Reduced => CALM,
            };
            return Some(Duration::from_secs((now.as_secs() / every + 1) * every));
        }
        // Where nothing runs that is held elsewhere, something may begin to.
        if self.views_seen().any(View::followed) {
            let every = LOOK.as_secs().max(1);
            return Some(Duration::from_secs((now.as_secs() / every + 1) * every));
        }
        // How long a card's price holds is said in minutes.
        let warm =
            |view: &View| view.stopped().is_some() && view.warm_until(self.now.wall).is_some();
        let works = self
            .views
            .iter()
            .any(|view| view.running() || view.asks() > 0)
            || self.views_seen().any(warm);
        works.then(|| Duration::from_secs(now.as_secs() / 60 * 60) + MINUTE)
    }

    /// What time has put an end to.
    pub fn expire(&mut self) {
        let now = self.now.since;
        let over = |until: &mut Option<Duration>| {
            if until.is_some_and(|until| until <= now) {
                *until = None;
            }
        };
        let passing = |app: &Self| {
            let (esc, twice) = (app.esc_until, app.break_until);
            (app.note.is_some(), esc.is_some(), twice.is_some())
        };
        let before = passing(self);
        over(&mut self.esc_until);
        over(&mut self.break_until);
        if self.note.as_ref().is_some_and(|note| note.until <= now) {
            self.note = None;
        }
        if passing(self) != before {
            self.changes.in_focus += 1;
        }
        if let Some(ask) = self.asking_mut() {
            over(&mut ask.arming.flash);
        }
        if let Focus::Card(card) = &mut self.focus {
            over(&mut card.arming.flash);
        }
    }

    /// Saves what was typed and has rested this long.
    pub fn save_drafts(&mut self, rest: Duration) -> Vec<Cmd> {
        let now = self.now.since;
        let mut cmds = Vec::new();
        for view in &mut self.views {
            if view.typed.is_some_and(|typed| typed + rest <= now) {
                view.typed = None;
                let text = view.composer.kept();
                // What is temporary leaves no draft behind, and the draft of a session is its holder's.
                if text != view.draft && !view.temporary() && view.read_only.is_none() {
                    view.draft.clone_from(&text);
                    cmds.push(Cmd::SaveDraft {
                        session: Some(view.id),
                        text,
                    });
                }
            }
        }
        cmds
    }

    pub fn tick(&mut self) -> Vec<Cmd> {
        // A text is saved after the tab it stands in.
        let drafts = self.save_drafts(DRAFT);
        let kept = self.keep_arrangement(!drafts.is_empty());
        let mut cmds: Vec<Cmd> = kept.into_iter().chain(drafts).collect();
        cmds.extend(self.give_back());
        cmds.extend(self.board_tick());
        for id in self.seen_sessions() {
            let follows = |view: &View| view.id == id && view.followed() && !view.reading;
            if !self.views.iter().any(follows) {
                continue;
            }
            let Some(view) = self.view_of(id) else {
                continue;
            };
            view.reading = true;
            let rests = !view.running();
            let after = view.session.as_ref().map_or(Seq(0), |s| s.last_seq);
            cmds.push(self.read_missed(id, after));
            // Once nobody has it, it is looked at no more.
            cmds.extend(rests.then(|| Self::ask_holder(id)));
        }
        cmds
    }

    /// The sessions that are to be seen.
    fn views_seen(&self) -> impl Iterator<Item = &View> {
        let seen = self.seen_sessions();
        self.views
            .iter()
            .filter(move |view| seen.contains(&view.id))
    }

    /// Something happened that was no key of the person: an ask that has the focus must be quiet anew.
    pub fn quiet_again(&mut self) {
        let now = self.now.since;
        if let Some(ask) = self.asking_mut() {
            ask.arming.again(now);
        }
        if let Focus::Card(card) = &mut self.focus {
            card.arming.again(now);
        }
    }
}
