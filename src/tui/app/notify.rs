//! What a person who looks elsewhere is told: that a session asks, ended or failed. A notice names the session and what it is
//! about, never a command or a word of a model. It is given once when it comes to that, not while it stays so, and one session
//! gives no two within some seconds.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::agent::visible::one_line;
use crate::protocol::ask::About;
use crate::protocol::id::SessionId;
use crate::protocol::session::State;
use crate::tui::app::App;
use crate::tui::app::message::{Cmd, Msg};
use crate::tui::app::view::View;
use crate::tui::terminal::notice::Progress;

/// Between two notices of one session.
const APART: Duration = Duration::from_secs(10);
/// A terminal that never tells whether it has the focus is taken to be left after so long without a sign of the person.
const UNSURE: Duration = Duration::from_mins(1);
/// After so long without a sign of the person they are reminded of what waits, once.
const AWAY: Duration = Duration::from_mins(10);
/// Characters of a session's name.
const NAME: usize = 40;

/// What there is to say of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum News {
    Approval,
    Budget,
    Question,
    Paused,
    Done,
    Failed,
}

impl News {
    fn words(self) -> &'static str {
        match self {
            Self::Approval => "asks for approval",
            Self::Budget => "has reached its budget",
            Self::Question => "has a question",
            Self::Paused => "has paused at a limit",
            Self::Done => "is done",
            Self::Failed => "has failed",
        }
    }
}

/// What was last known and told of a session.
#[derive(Debug, Clone, Copy, Default)]
struct Told {
    running: bool,
    news: Option<News>,
    /// It came while nobody looked, and was not told yet.
    owed: bool,
    /// When a notice of it was given last.
    at: Option<Duration>,
}

/// Whether the person is there, and what they were told.
#[derive(Debug, Clone, Default)]
pub struct Notify {
    /// The terminal's window has the focus; `None`: it never told.
    focus: Option<bool>,
    /// The last sign of the person.
    sign: Duration,
    /// Any notice.
    given: Option<Duration>,
    reminded: bool,
    told: BTreeMap<SessionId, Told>,
}

impl Notify {
    /// Takes note of what may be a sign of the person.
    pub fn see(&mut self, msg: &Msg, now: Duration) {
        let here = match msg {
            Msg::Focus(focus) => {
                self.focus = Some(*focus);
                *focus
            }
            Msg::Key(_)
            | Msg::Paste(_)
            | Msg::Wheel(..)
            | Msg::Drag(..)
            | Msg::Click(_)
            | Msg::Point(..) => {
                // Only the window with the focus is given keys; a report of it may have been lost on the way.
                if self.focus == Some(false) && matches!(msg, Msg::Key(_) | Msg::Paste(_)) {
                    self.focus = Some(true);
                }
                true
            }
            _ => false,
        };
        if here {
            self.sign = now;
            self.reminded = false;
            for told in self.told.values_mut() {
                told.owed = false;
            }
        }
    }

    /// The moment from which on nobody is taken to look.
    fn left(&self) -> Option<Duration> {
        match self.focus {
            Some(true) => None,
            Some(false) => Some(Duration::ZERO),
            None => Some(self.sign + UNSURE),
        }
    }

    /// When a reminder of what waits is due.
    fn reminder(&self) -> Option<Duration> {
        let last = self.given.map_or(self.sign, |given| given.max(self.sign));
        (!self.reminded).then_some(last + AWAY)
    }
}

impl App {
    /// Notices that are due now.
    pub fn notices_due(&mut self) -> Vec<Cmd> {
        let now = self.now.since;
        let left = self.notify.left();
        let mut cmds = Vec::new();
        let mut known = std::mem::take(&mut self.notify.told);
        if known.len() > self.views.len() {
            known.retain(|id, _| self.views.iter().any(|view| view.id == *id));
        }
        // Who holds a session tells of it.
        for view in self.views.iter().filter(|view| view.read_only.is_none()) {
            let told = known.entry(view.id).or_default();
            let news = self.news(view, *told);
            if news.is_some() && news != told.news {
                told.owed = left.is_some();
            } else if news.is_none() {
                told.owed = false;
            }
            (told.running, told.news) = (view.running(), news);
            let free = told.at.is_none_or(|at| at + APART <= now);
            if let Some(news) = news.filter(|_| told.owed && free)
                && left.is_some_and(|left| left <= now)
            {
                told.owed = false;
                told.at = Some(now);
                self.notify.given = Some(now);
                cmds.push(Cmd::Notify(notice(view, news)));
            }
        }
        self.notify.told = known;
        if self.notify.reminder().is_some_and(|at| at <= now)
            && let Some(text) = self.reminder()
        {
            self.notify.reminded = true;
            self.notify.given = Some(now);
            cmds.push(Cmd::Notify(text));
        }
        cmds
    }

    /// When a notice could be due.
    pub fn notice_wake(&self) -> Option<Duration> {
        let left = self.notify.left();
        let owed = self.notify.told.values().filter(|told| told.owed);
        let next = owed
            .filter_map(|told| Some(left?.max(told.at.map_or(Duration::ZERO, |at| at + APART))))
            .min();
        let reminder = self
            .notify
            .reminder()
            .filter(|_| !self.waiting().is_empty());
        [next, reminder].into_iter().flatten().min()
    }

    fn news(&self, view: &View, told: Told) -> Option<News> {
        let asks = self.waiting().into_iter().filter(|(id, _)| *id == view.id);
        let asks: Vec<&About> = asks.map(|(_, waiting)| &waiting.ask.about).collect();
        if asks.iter().any(|about| matches!(about, About::Approval(_))) {
            return Some(News::Approval);
        }
        match asks.first() {
            Some(About::Budget { .. }) => return Some(News::Budget),
            Some(_) => return Some(News::Question),
            None => {}
        }
        if view.running() {
            return None;
        }
        if !told.running {
            // It stays what it came to, until it runs again.
            return told
                .news
                .filter(|news| matches!(news, News::Done | News::Failed | News::Paused));
        }
        match view.state() {
            State::Done => Some(News::Done),
            State::Failed => Some(News::Failed),
            State::Paused => Some(News::Paused),
            // The person stopped it, or put it away.
            _ => None,
        }
    }

    pub fn not_notified(&mut self, why: &str) -> Vec<Cmd> {
        let notice = format!("no notice was given: {why}; see notify.command in the config");
        // Once is enough until it is put away.
        if !self.notices.contains(&notice) {
            self.notices.push(notice);
        }
        Vec::new()
    }

    /// What waits, for somebody who has been away.
    fn reminder(&self) -> Option<String> {
        let waiting = self.waiting();
        let (oldest, _) = waiting.first()?;
        let view = self.views.iter().find(|view| view.id == *oldest)?;
        let mut sessions: Vec<SessionId> = waiting.iter().map(|(id, _)| *id).collect();
        sessions.sort_unstable();
        sessions.dedup();
        Some(match sessions.len() - 1 {
            0 => format!("{} waits for you", name(view)),
            more => format!("{} and {more} more wait for you", name(view)),
        })
    }

    /// What the terminal may show beside its window.
    pub fn progress(&self) -> Progress {
        if !self.waiting().is_empty() {
            Progress::Waiting
        } else if self.views.iter().any(View::running) {
            Progress::Working
        } else {
            Progress::None
        }
    }
}

fn notice(view: &View, news: News) -> String {
    format!("{} {}", name(view), news.words())
}

fn name(view: &View) -> String {
    one_line(&view.title()).chars().take(NAME).collect()
}
