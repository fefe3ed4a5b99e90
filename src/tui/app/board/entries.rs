//! Which sessions the board lists, in which order: open ones and those of the log, by what they need.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::agent::words::Words;
use crate::protocol::id::SessionId;
use crate::protocol::session::{Card, State};
use crate::protocol::time::Time;
use crate::tui::app::App;
use crate::tui::app::board::Board;
use crate::tui::app::view::{Stage, View};

/// What stopped longer ago than this, and is not open, is earlier and no more called stopped.
const RECENT: Duration = Duration::from_hours(7 * 24);

/// In the order of the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    NeedsYou,
    Working,
    Finished,
    Stopped,
    Earlier,
    Archived,
}

impl Group {
    pub fn name(self) -> &'static str {
        match self {
            Self::NeedsYou => "needs you",
            Self::Working => "working",
            Self::Finished => "finished, not seen",
            Self::Stopped => "stopped",
            Self::Earlier => "earlier",
            Self::Archived => "archived",
        }
    }
}

/// One session of the list, with where it is to be read: its tab, its card, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub id: SessionId,
    pub group: Group,
    pub pinned: bool,
    pub tab: Option<usize>,
    pub card: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    Head(Group),
    Session(Entry),
}

impl App {
    /// The lines of the list, as they were after what happened last; none where the board is closed.
    pub fn board_lines(&self) -> &[Line] {
        self.board.as_ref().map_or(&[], |board| &board.lines)
    }

    /// Works the lines out anew.
    pub fn list(&self, board: &Board) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut last = None;
        for entry in self.entries(board) {
            if last != Some(entry.group) {
                last = Some(entry.group);
                lines.push(Line::Head(entry.group));
            }
            lines.push(Line::Session(entry));
        }
        lines
    }

    fn entries(&self, board: &Board) -> Vec<Entry> {
        let open: HashSet<SessionId> = self.views.iter().map(|view| view.id).collect();
        let cards: HashMap<SessionId, usize> = board
            .cards
            .iter()
            .enumerate()
            .filter(|(_, card)| open.contains(&card.id))
            .map(|(index, card)| (card.id, index))
            .collect();
        // What is being written to is listed whatever the filters say, or the keys would write to another.
        let written = board.at.filter(|_| board.writes());
        let mut words = Words::new(board.find.as_str());
        let mut entries = Vec::new();
        for (tab, view) in self.views.iter().enumerate() {
            let card = cards.get(&view.id).copied();
            let known = card.and_then(|index| board.cards.get(index));
            let is_written = written == Some(view.id);
            let group = match known {
                // Its tab stands still while another process has it.
                Some(card) if view.read_only.is_some() => {
                    let held = board.process_of(card.id).is_some();
                    Some((of_card(card, held, self.now.wall), card.pinned))
                }
                _ => of_view(view, known),
            };
            let group = group.or(is_written.then_some((Group::Earlier, false)));
            let Some((group, pinned)) = group else {
                continue;
            };
            if is_written || self.is_wanted(board, &mut words, view, known) {
                entries.push(Entry {
                    id: view.id,
                    group,
                    pinned,
                    tab: Some(tab),
                    card,
                });
            }
        }
        let finds = !words.is_empty();
        for (index, card) in board.cards.iter().enumerate() {
            let group = of_card(card, board.process_of(card.id).is_some(), self.now.wall);
            let hidden = group == Group::Archived && !finds || !fits(&mut words, card);
            if open.contains(&card.id) || hidden && written != Some(card.id) {
                continue;
            }
            entries.push(Entry {
                id: card.id,
                group,
                pinned: card.pinned,
                tab: None,
                card: Some(index),
            });
        }
        // Tabs come first, in their order, so that nothing moves while they work; the rest follows newest first.
        entries.sort_by_key(|entry| (entry.group, !entry.pinned));
        entries
    }

    /// Whether an open session is of the project and has the words that are looked for.
    fn is_wanted(
        &self,
        board: &Board,
        words: &mut Words,
        view: &View,
        card: Option<&Card>,
    ) -> bool {
        let mut has_words = || {
            words.are_in(&[
                &view.id.short(),
                &view.title(),
                &self.doing(view),
                &view.cwd().to_string_lossy(),
                &view.model().map(ToString::to_string).unwrap_or_default(),
                view.state().name(),
            ])
        };
        let project = view.session.as_ref().map(|session| &session.spec.project);
        let here = !board.here
            || card.is_some()
            || project.is_some_and(|path| self.setup.cwd.starts_with(path));
        here && (has_words() || card.is_some_and(|card| fits(words, card)))
    }
}

/// Whether a card has the words: asked here too, so that what was read for other words is not taken for an answer.
fn fits(words: &mut Words, card: &Card) -> bool {
    words.is_empty()
        || words.are_in(&[
            &card.id.short(),
            &card.title,
            &card.gist,
            &card.cwd.to_string_lossy(),
            &card.model.to_string(),
            card.state.name(),
        ])
}

/// The group of an open session; `None` for a tab nothing was said in.
fn of_view(view: &View, card: Option<&Card>) -> Option<(Group, bool)> {
    let Some(session) = &view.session else {
        let empty = view.stage == Stage::Fresh && view.composer.is_empty();
        let group = match view.stage {
            Stage::Opening => Group::Working,
            _ => Group::Earlier,
        };
        return (!empty).then_some((group, card.is_some_and(|card| card.pinned)));
    };
    let group = match session.state() {
        State::Archived => Group::Archived,
        State::Waiting => Group::NeedsYou,
        State::Paused if session.running => Group::NeedsYou,
        State::Working => Group::Working,
        State::Paused | State::Failed | State::Interrupted => Group::Stopped,
        State::Done if view.unseen => Group::Finished,
        State::Done => Group::Earlier,
    };
    Some((group, session.pinned))
}

/// The group of a session that is not open here; `held` says that another process has it.
fn of_card(card: &Card, held: bool, now: Time) -> Group {
    match card.state {
        State::Archived => Group::Archived,
        State::Waiting => Group::NeedsYou,
        State::Paused if held => Group::NeedsYou,
        State::Working => Group::Working,
        State::Paused | State::Failed | State::Interrupted if now.since(card.active) < RECENT => {
            Group::Stopped
        }
        State::Done if card.unseen => Group::Finished,
        State::Paused | State::Failed | State::Interrupted | State::Done => Group::Earlier,
    }
}
