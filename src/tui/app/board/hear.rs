//! What comes back to the board: pages of the log, last words, what became of a deletion, facts of sessions that are not
//! open. And whether the person has seen what finished: told to the log when it changes.

use std::collections::HashSet;

use crate::agent::figure;
use crate::agent::unmarked;
use crate::agent::visible::{brief, first_line, one_line};
use crate::protocol::board::{Glimpse, Shelf, Weight};
use crate::protocol::event::{Event, Fact};
use crate::protocol::id::SessionId;
use crate::protocol::item::{Item, Origin, joined};
use crate::protocol::op::{Managed, Op};
use crate::protocol::query::{Found, Query};
use crate::protocol::session::{Card, Change, State};
use crate::tui::app::App;
use crate::tui::app::board::{Board, LOOK, Reach, Writing};
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::view::Stage;
use crate::tui::widget::text;

impl App {
    pub fn board_found(&mut self, tag: Tag, found: Found) {
        let Some(board) = &mut self.board else {
            return;
        };
        match (tag, found) {
            (Tag::Board(number), Found::Board(page)) if number == board.question => {
                board.take(page, Part::First);
            }
            (Tag::Below(number), Found::Board(page)) if board.below == Some(number) => {
                board.below = None;
                board.take(page, Part::Below);
            }
            (Tag::Glimpse(id), Found::Glimpse(glimpse)) if board.at == Some(id) => {
                board.glimpse = Some((id, glimpse));
            }
            (Tag::Weight(id), Found::Weight(found)) if board.at == Some(id) => {
                if let Writing::Delete { weight, .. } = &mut board.writing {
                    *weight = Some(found);
                }
            }
            _ => {}
        }
    }

    /// What became of stopping or deleting a session.
    pub fn managed(&mut self, session: SessionId, managed: Managed) -> Vec<Cmd> {
        let stays = self.stays.remove(&session);
        match managed {
            Managed::Noted { path, text, kept } => {
                let what = if kept { "kept" } else { "forgot" };
                self.say(format!(
                    "{what} in {}: {}",
                    path.display(),
                    brief(&text, 80)
                ));
                // The notes among the hits are others now.
                return self.recall();
            }
            Managed::Purged { events, blobs, .. } => {
                self.replies.remove(&session);
                if let Some(board) = &mut self.board {
                    board.cards.retain(|card| card.id != session);
                }
                self.done
                    .retain(|done| done.session != session || done.is_final());
                let counted = |count: u64, one: &str, many: &str| {
                    let what = if count == 1 { one } else { many };
                    format!("{} {what}", text::count(count))
                };
                let mut said = format!(
                    "deleted for good: {} and {}",
                    counted(events, "fact", "facts"),
                    counted(blobs, "output", "outputs")
                );
                if let Some(worktree) = stays {
                    let stays = one_line(&worktree.stays());
                    said = format!("{said}; {stays}");
                    // The line passes, and is short: here the command can be read and copied.
                    self.notices.push(stays);
                }
                self.say(said);
                // Where it was deleted from the search, its hits go.
                return self.recall();
            }
            Managed::Stopped { turns: 0 } => self.say("nothing runs in it"),
            Managed::Stopped { .. } => self.say("it was told to stop"),
            Managed::RulesRemoved { numbers } => {
                let said = match numbers.as_slice() {
                    [] => "that rule is not there any more".to_owned(),
                    [one] => format!("rule {one} is taken away; it asks again"),
                    more => format!("{} rules are taken away", more.len()),
                };
                self.say(said);
                return match &self.overlay {
                    Some(Overlay::Trust(_)) => self.look_for_trust_again(),
                    _ => vec![Cmd::Ask(Tag::Rules, Query::Rules)],
                };
            }
            Managed::Accepted { numbers } => {
                self.say(match numbers.len() {
                    1 => "the rule is trusted: it holds".to_owned(),
                    count => format!("{count} rules are trusted: they hold"),
                });
                return self.look_for_trust_again();
            }
            Managed::Imported(report) => return self.imported(&report),
            Managed::NotImported { why } => {
                self.importing = None;
                self.say(one_line(&why));
            }
            Managed::Failed { why } => {
                self.done
                    .retain(|done| done.session != session || !done.is_final());
                self.say(one_line(&why));
            }
            _ => {}
        }
        self.look()
    }

    /// The log is looked at again when it is time.
    pub fn board_tick(&mut self) -> Vec<Cmd> {
        let now = self.now.since;
        let due = |board: &Board| board.looked + LOOK <= now;
        if self.ready && self.board.as_ref().is_some_and(due) {
            self.look()
        } else {
            Vec::new()
        }
    }

    /// Tells the log what has finished unseen, and what was looked at since. Of a turn that runs it is told beforehand, when
    /// the person looks elsewhere: what ends just as Creel falls was not seen either.
    pub fn tell_seen(&mut self) -> Vec<Cmd> {
        let mut changes = Vec::new();
        let looked_at = self.board.is_none().then(|| self.view().id);
        if self.read_only {
            return Vec::new();
        }
        for view in &mut self.views {
            let Some(session) = &view.session else {
                continue;
            };
            let spoken = view.stage == Stage::Live && view.read_only.is_none();
            let unseen = if session.running {
                looked_at != Some(view.id)
            } else {
                view.unseen
            };
            if session.unseen == unseen {
                view.told_unseen = None;
            } else if spoken && view.told_unseen != Some(unseen) {
                view.told_unseen = Some(unseen);
                changes.push((view.id, unseen));
            }
        }
        changes
            .into_iter()
            .map(|(id, unseen)| {
                let change = Change::Unseen { unseen };
                Cmd::Send(self.command(id, Op::Change { change }))
            })
            .collect()
    }

    /// A fact of any session, while the board is open.
    pub fn board_event(&mut self, event: &Event) {
        let Some(board) = &mut self.board else {
            return;
        };
        if let Fact::SessionChanged { change } = &event.fact {
            board.changed(event.session, change);
        }
        if let Some((id, glimpse)) = &mut board.glimpse
            && *id == event.session
        {
            said(glimpse, &event.fact);
        }
    }
}

/// Last words that have just been said.
fn said(glimpse: &mut Glimpse, fact: &Fact) {
    let Fact::ItemAdded { item, .. } = fact else {
        return;
    };
    match item {
        Item::Prompt {
            blocks,
            origin: Origin::Person,
        } => glimpse.prompt = first_line(&joined(blocks)),
        Item::Answer { text, .. } if !text.trim().is_empty() => {
            glimpse.answer = unmarked::first_line(text);
        }
        _ => {}
    }
}

/// Which part of the list a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    First,
    Below,
}

impl Board {
    /// A page: the first in place of what it covers, a further one below.
    fn take(&mut self, page: Shelf, part: Part) {
        let below = part == Part::Below;
        self.failed = None;
        self.read = true;
        self.total = page.total;
        self.archived = page.archived;
        self.elsewhere = page.elsewhere;
        self.zone = page.zone;
        // Words choose from all there is, and tell nothing of what lies beside it.
        let found = !self.find.is_empty();
        let known = self.reach;
        self.reach = match (page.reaches, known) {
            _ if found => Reach::Nothing,
            // A page that goes no further down would be asked for for ever.
            (Some(reaches), Reach::To(known)) if below && reaches >= known => Reach::End,
            (Some(reaches), Reach::To(known)) => Reach::To(reaches.min(known)),
            (Some(reaches), Reach::Nothing) => Reach::To(reaches),
            (None, _) | (Some(_), Reach::End) => Reach::End,
        };
        // A page says nothing of what was put away meanwhile, nor one of words of what has others now.
        let written = self.at.filter(|_| self.writes());
        // What was read further down stays; whatever the new page reaches is as it says.
        let stays = |card: &Card| {
            let beyond = page.reaches.is_some_and(|reaches| card.active < reaches);
            let read = match known {
                Reach::Nothing => false,
                Reach::To(known) => card.active >= known,
                Reach::End => true,
            };
            below || beyond && read && !found || Some(card.id) == written
        };
        let mut kept = std::mem::take(&mut self.cards);
        kept.retain(stays);
        let mut cards = page.cards;
        if !kept.is_empty() {
            let ids: HashSet<SessionId> = cards.iter().map(|card| card.id).collect();
            kept.retain(|card| !ids.contains(&card.id));
            cards.append(&mut kept);
            cards.sort_by_key(|card| std::cmp::Reverse(card.active));
        }
        self.cards = cards;
    }

    /// What a change makes of a card, before the log is read again.
    pub fn changed(&mut self, session: SessionId, change: &Change) {
        let Some(card) = self.cards.iter_mut().find(|card| card.id == session) else {
            return;
        };
        match change {
            Change::Title { title } => card.title.clone_from(title),
            Change::Pinned { pinned } => card.pinned = *pinned,
            Change::Unseen { unseen } => card.unseen = *unseen,
            Change::Archived { archived: true } => card.state = State::Archived,
            Change::Archived { archived: false } if card.state == State::Archived => {
                card.state = State::Done;
            }
            _ => {}
        }
    }

    pub fn could_not_be_read(&mut self, tag: Tag, why: String) {
        match tag {
            Tag::Board(number) if number == self.question => {}
            Tag::Below(number) if self.below == Some(number) => self.below = None,
            _ => return,
        }
        self.failed = Some(why);
    }
}

/// What a session takes, in words.
pub fn weighed(weight: &Weight) -> String {
    let items = match weight.items {
        1 => "1 item".to_owned(),
        items => format!("{} items", text::count(items)),
    };
    format!("{items}, {}", figure::bytes(weight.bytes))
}
