//! What the board says of one session, before it is laid out: as it is live where it is open, else as the log has it.

use std::time::Duration;

use crate::agent::at;
use crate::agent::session::{Session, Waiting as WaitingAsk};
use crate::agent::visible::{brief, one_line};
use crate::protocol::ask::About;
use crate::protocol::event::{Ending, Waiting};
use crate::protocol::id::ModelRef;
use crate::protocol::money::{Amounts, Currency, Money};
use crate::protocol::session::{Card, State};
use crate::protocol::time::Time;
use crate::protocol::usage::Spending;
use crate::tui::app::App;
use crate::tui::app::board::Board;
use crate::tui::app::board::entries::Entry;
use crate::tui::app::view::{Stage, View};

/// A stop that waits longer than this is told as in the morning: when it was, and how far it had come.
const LONG: Duration = Duration::from_hours(1);
const MINUTE: u64 = 60;
const TEN_MINUTES: u64 = 600;
/// Before the hour when something was last heard of a turn that was cut: how long it went on is not known, and of a session that
/// is not open not whether it was cut.
const ABOUT: &str = "≈";
/// A command that failed so often in a row is worth a word.
const AGAIN: u32 = 3;

/// Its mark in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Ask,
    Question,
    Budget,
    Working,
    Done,
    Failed,
    Stopped,
    Nothing,
}

/// What is spent an hour while a turn runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// Nothing runs, or nothing was spent yet.
    None,
    /// In dollars; with an estimate in it.
    Dollars(Money, bool),
    Unknown,
    Included,
    Play,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Of its tab, counted from 1.
    pub number: Option<usize>,
    pub title: String,
    pub sign: Sign,
    pub at: String,
    /// Its age is counted from here.
    pub since: Time,
    pub created: Time,
    pub model: Option<ModelRef>,
    pub spending: Spending,
    pub rate: Rate,
    pub steps: u32,
    pub pinned: bool,
    pub temporary: bool,
    /// The other process that has it.
    pub elsewhere: Option<u32>,
}

impl App {
    pub fn told(&self, board: &Board, entry: &Entry) -> Told {
        let card = entry.card.and_then(|index| board.cards.get(index));
        let view = entry.tab.and_then(|tab| self.views.get(tab));
        // Its tab stands still while another process has it.
        let live = view
            .filter(|view| view.read_only.is_none() || card.is_none())
            .and_then(|view| view.session.as_ref().map(|session| (view, session)));
        let elsewhere = board.process_of(entry.id);
        let mut told = match (live, card, view) {
            (Some((view, session)), _, _) => self.told_live(board, view, session),
            (None, Some(card), _) => told_card(board, card, elsewhere.is_some()),
            (None, None, Some(view)) => self.told_unread(view),
            (None, None, None) => Told::nothing(),
        };
        told.number = entry.tab.map(|tab| tab + 1);
        told.pinned = entry.pinned;
        told.elsewhere = elsewhere;
        told
    }

    fn told_live(&self, board: &Board, view: &View, session: &Session) -> Told {
        let oldest = session.asks.first();
        let sign = match (oldest.map(|waiting| &waiting.ask.about), session.state()) {
            (Some(About::Approval(_)), _) => Sign::Ask,
            (Some(About::Budget { .. }), _) | (None, State::Paused) => Sign::Budget,
            (Some(_), _) => Sign::Question,
            (None, State::Working | State::Waiting) => Sign::Working,
            (None, State::Failed) => Sign::Failed,
            (None, State::Interrupted) => Sign::Stopped,
            (None, State::Done | State::Archived) if session.turn == 0 => Sign::Nothing,
            (None, State::Done | State::Archived) => Sign::Done,
        };
        let at = match oldest {
            Some(waiting) if self.now.wall.since(waiting.since) >= LONG => {
                morning(session, waiting, board.zone)
            }
            None if session.state() == State::Interrupted => {
                let seen = matches!(
                    session.ending,
                    Some(Ending::Interrupted { heard: None, .. })
                );
                let about = if seen { "" } else { ABOUT };
                stopped(about, session.active, board.zone, &at::line(session))
            }
            _ => self.doing(view),
        };
        Told {
            title: view.title(),
            sign,
            at,
            since: oldest.map_or(session.active, |waiting| waiting.since),
            created: session.created,
            model: view.model().cloned(),
            // The list has no play money of sessions that are not open here; nor has it of those that are.
            spending: Spending {
                play: Amounts::default(),
                ..session.session_sum.spent.clone()
            },
            rate: self.rate(view),
            steps: session.steps,
            temporary: session.temporary,
            ..Told::nothing()
        }
    }

    fn told_unread(&self, view: &View) -> Told {
        Told {
            title: view.title(),
            sign: match view.stage {
                Stage::Opening => Sign::Working,
                _ => Sign::Nothing,
            },
            at: self.doing(view),
            since: self.now.wall,
            created: self.now.wall,
            model: view.model().cloned(),
            temporary: view.temporary(),
            ..Told::nothing()
        }
    }

    /// What an open session is doing, in one line.
    pub fn doing(&self, view: &View) -> String {
        let Some(session) = &view.session else {
            return match view.stage {
                Stage::Fresh => {
                    let written = brief(&view.composer.plain(), at::LONGEST);
                    format!("not sent: {written}")
                }
                Stage::Opening => "the first prompt is on its way".to_owned(),
                Stage::Loading | Stage::Live => "its past is being read".to_owned(),
            };
        };
        if !session.running || !session.asks.is_empty() {
            return at::line(session);
        }
        let turn = session.turn;
        let live = &view.live;
        let begun = session.open_calls.values().any(|call| call.started);
        match &live.waiting {
            Some(Waiting::Retry { failure, .. }) => {
                return format!("trying again: {}", brief(&failure.message, at::LONGEST));
            }
            Some(Waiting::Model { model, .. }) if !begun => {
                return format!("waiting for {}, turn {turn}", one_line(&model.model));
            }
            _ => {}
        }
        if begun {
            at::line(session)
        } else if let Some((name, _)) = &live.growing {
            format!("writing a call of {}, turn {turn}", one_line(name))
        } else if !live.text.is_empty() {
            format!("writing the answer, turn {turn}")
        } else if !live.thinking.is_empty() {
            format!("thinking, turn {turn}")
        } else {
            at::line(session)
        }
    }

    /// What the turn that runs spends an hour.
    pub fn rate(&self, view: &View) -> Rate {
        let Some((session, since)) = view.session.as_ref().zip(view.turn_since) else {
            return Rate::None;
        };
        if !session.running || !session.asks.is_empty() {
            return Rate::None;
        }
        let spent = &session.turn_sum.spent;
        let seconds = reckoned_over(self.now.wall.since(since));
        let parts = i128::from(spent.cost.of(Currency::USD).parts) * 3600 / i128::from(seconds);
        match i64::try_from(parts) {
            Ok(parts) if parts > 0 => Rate::Dollars(Money::usd(parts), spent.estimated),
            _ if spent.unpriced > 0 => Rate::Unknown,
            _ if spent.included > 0 => Rate::Included,
            _ if spent.play.0.values().any(|parts| *parts > 0) => Rate::Play,
            _ => Rate::None,
        }
    }

    /// What all open sessions spend an hour together: the dollars that are known, and whether there is more.
    pub fn rate_now(&self) -> (Option<Money>, bool) {
        let mut sum: Option<i64> = None;
        let mut unknown = false;
        for view in &self.views {
            match self.rate(view) {
                Rate::Dollars(money, _) => {
                    sum = Some(sum.unwrap_or(0).saturating_add(money.parts));
                }
                Rate::Unknown => unknown = true,
                Rate::None | Rate::Included | Rate::Play => {}
            }
        }
        (sum.map(Money::usd), unknown)
    }
}

/// The seconds that a sum is divided by: a minute at least, since the first call of a turn says little, then steps so small
/// beside the whole that the figure is right and does not flicker.
fn reckoned_over(passed: Duration) -> u64 {
    let seconds = passed.as_secs();
    let step = match seconds {
        ..TEN_MINUTES => 10,
        _ => MINUTE,
    };
    (seconds / step * step).max(MINUTE)
}

impl Told {
    pub fn nothing() -> Self {
        Self {
            number: None,
            title: String::new(),
            sign: Sign::Nothing,
            at: String::new(),
            since: Time(0),
            created: Time(0),
            model: None,
            spending: Spending::default(),
            rate: Rate::None,
            steps: 0,
            pinned: false,
            temporary: false,
            elsewhere: None,
        }
    }
}

fn told_card(board: &Board, card: &Card, held: bool) -> Told {
    let sign = match card.state {
        State::Waiting => Sign::Ask,
        State::Paused => Sign::Budget,
        State::Working => Sign::Working,
        State::Failed => Sign::Failed,
        State::Interrupted => Sign::Stopped,
        State::Done | State::Archived if card.turns == 0 => Sign::Nothing,
        State::Done | State::Archived => Sign::Done,
    };
    let at = match card.state {
        State::Interrupted => stopped(ABOUT, card.active, board.zone, &card.gist),
        _ if held => format!("other terminal: {}", card.gist),
        _ => card.gist.clone(),
    };
    Told {
        title: card.title.clone(),
        sign,
        at,
        since: card.active,
        created: card.created,
        model: Some(card.model.clone()),
        spending: card.spending(),
        steps: card.steps,
        temporary: card.temporary,
        ..Told::nothing()
    }
}

/// `14:02 stopped by you`; of one whose end was found out later, `≈14:02 Creel ended during step 3`. The mark before it says
/// that it was stopped.
fn stopped(about: &str, at: Time, zone: i32, why: &str) -> String {
    format!("{about}{} {why}", clock(at, zone))
}

/// What waits since the night: `paused 02:14 at $1.96 of $2.00: 31 steps, the last 12 runs of cargo test failed`.
fn morning(session: &Session, waiting: &WaitingAsk, zone: i32) -> String {
    let when = clock(waiting.since, zone);
    let so_far = so_far(session);
    match &waiting.ask.about {
        About::Budget { left, limit, .. } => {
            let used = Money {
                parts: limit.parts.saturating_sub(left.parts),
                ..*limit
            };
            format!("paused {when} at {used} of {limit}: {so_far}")
        }
        About::Guard { text, .. } => format!("paused {when}, {}: {so_far}", one_line(text)),
        About::Approval(_) | About::Unpriced { .. } | About::Question(_) => {
            at::ask(&waiting.ask.about)
        }
    }
}

/// How far it has come, and what kept failing: `31 steps, last 12 runs of cargo test failed`.
pub fn so_far(session: &Session) -> String {
    let steps = match session.steps {
        1 => "1 step".to_owned(),
        steps => format!("{steps} steps"),
    };
    let failing = &session.failing;
    if failing.times < AGAIN {
        return steps;
    }
    format!(
        "{steps}, last {} runs of {} failed",
        failing.times, failing.command
    )
}

/// The hour and minute of the person's clock.
pub fn clock(at: Time, zone: i32) -> String {
    let minutes = (at.0 / 1_000 + i64::from(zone))
        .div_euclid(60)
        .rem_euclid(24 * 60);
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_an_hour_is_right_in_the_first_minutes_too() {
        for (passed, over) in [
            (0, 60),
            (59, 60),
            (69, 60),
            (119, 110),
            (599, 590),
            (600, 600),
            (659, 600),
            (3_599, 3_540),
        ] {
            assert_eq!(reckoned_over(Duration::from_secs(passed)), over, "{passed}");
        }
    }

    #[test]
    fn a_clock_has_its_zone() {
        for (millis, zone, expected) in [
            (0, 0, "00:00"),
            (1_795_428_000_000, 0, "10:00"),
            (1_795_428_000_000, 3_600, "11:00"),
            (1_795_428_059_999, -11 * 3_600, "23:00"),
            (1_795_428_000_000, 20_700, "15:45"),
        ] {
            assert_eq!(clock(Time(millis), zone), expected);
        }
    }
}
