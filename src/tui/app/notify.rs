//! What a person who looks elsewhere is told: that a session asks, ended or failed. A notice names the session by its title and
//! what it is about, never a command. It is given once when it comes to that, not while it stays so, and one session gives no two
//! within some seconds.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::agent::session::Session;
use crate::agent::visible::one_line;
use crate::protocol::ask::{About, Ask};
use crate::protocol::id::{AskId, SessionId};
use crate::protocol::session::State;
use crate::tui::app::App;
use crate::tui::app::message::{Cmd, Msg};
use crate::tui::app::saying::Matter;
use crate::tui::app::view::View;
use crate::tui::terminal::notice::Progress;

/// Between two notices of one session.
const APART: Duration = Duration::from_secs(10);
/// A terminal that never tells whether it has the focus is taken to be left after so long without a sign of the person.
const UNSURE: Duration = Duration::from_mins(1);
/// After so long without a sign of the person they are reminded of what waits, once.
pub const AWAY: Duration = Duration::from_mins(10);
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
    /// It is about something that waits for an answer.
    fn asks(self) -> bool {
        matches!(self, Self::Approval | Self::Budget | Self::Question)
    }

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
#[derive(Debug, Clone, Default)]
struct Told {
    /// The asks that waited, and the last turn that was known to have ended.
    asks: Vec<AskId>,
    ended: u32,
    /// What came while nobody looked, and was not told yet.
    owed: Option<News>,
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
    /// Since when something waits, over all sessions.
    waits: Option<Duration>,
    /// Any notice.
    given: Duration,
    reminded: bool,
    /// By session; none of one that another process holds, which tells of it.
    told: BTreeMap<SessionId, Told>,
}

impl Notify {
    /// Takes note of what may be a sign of the person.
    pub fn see(&mut self, msg: &Msg, now: Duration) {
        match msg {
            Msg::Focus(focus) => {
                self.focus = Some(*focus);
                if *focus {
                    self.is_here(now);
                }
            }
            Msg::Key(_) | Msg::Paste(_) => {
                // Only the window with the focus is given keys; a report of it may have been lost on the way.
                self.focus = self.focus.map(|_| true);
                self.is_here(now);
            }
            Msg::Back | Msg::Wheel(..) | Msg::Drag(..) | Msg::Click(_) | Msg::Point(..) => {
                self.is_here(now);
            }
            _ => {}
        }
    }

    /// The person is there: what is owed they see for themselves.
    pub fn is_here(&mut self, now: Duration) {
        self.sign = now;
        self.reminded = false;
        for told in self.told.values_mut() {
            told.owed = None;
        }
    }

    /// The window has the focus, as far as the terminal tells.
    pub fn may_look(&self) -> bool {
        self.focus != Some(false)
    }

    /// How long the person gave no sign, where the terminal never tells whether it has the focus.
    pub fn silent(&self, now: Duration) -> Option<Duration> {
        let knows = self.focus.is_some();
        (!knows).then(|| now.saturating_sub(self.sign))
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
        let waits = self.waits.filter(|_| !self.reminded)?;
        Some(waits.max(self.sign).max(self.given) + AWAY)
    }
}

impl App {
    /// Notices that are due now.
    pub fn notices_due(&mut self) -> Vec<Cmd> {
        let now = self.now.since;
        let left = self.notify.left();
        let waiting = self.waiting();
        let waits = (!waiting.is_empty()).then(|| self.notify.waits.unwrap_or(now));
        let mut cmds = Vec::new();
        let mut known = BTreeMap::new();
        for view in self.views.iter().filter(|view| view.read_only.is_none()) {
            let Some(session) = &view.session else {
                continue;
            };
            let asks: Vec<&Ask> = waiting
                .iter()
                .filter(|(id, _)| *id == view.id)
                .map(|(_, waiting)| &waiting.ask)
                .collect();
            let before = self.notify.told.get(&view.id);
            let mut told = before.cloned().unwrap_or_else(|| Told {
                // What had ended before it was opened here is no news.
                ended: ended(session),
                ..Told::default()
            });
            let news = news(session, &asks, &told);
            if news.is_some() {
                told.owed = news.filter(|_| left.is_some());
            } else if asks.is_empty() && (session.running || told.owed.is_some_and(News::asks)) {
                // It was settled meanwhile.
                told.owed = None;
            }
            told.asks = asks.iter().map(|ask| ask.id.clone()).collect();
            told.ended = ended(session);
            let free = told.at.is_none_or(|at| at + APART <= now);
            if let Some(owed) = told.owed
                && free
                && left.is_some_and(|left| left <= now)
            {
                told.owed = None;
                told.at = Some(now);
                cmds.push(Cmd::Notify(format!("{} {}", name(view), owed.words())));
            }
            known.insert(view.id, told);
        }
        self.notify.told = known;
        self.notify.waits = waits;
        if !cmds.is_empty() {
            self.notify.given = now;
        }
        if self.notify.reminder().is_some_and(|at| at <= now) {
            self.notify.reminded = true;
            self.notify.given = now;
            cmds.extend(self.reminder().map(Cmd::Notify));
        }
        cmds
    }

    /// When a notice could be due.
    pub fn notice_wake(&self) -> Option<Duration> {
        let left = self.notify.left();
        let owed = self.notify.told.values().filter(|told| told.owed.is_some());
        let next = owed
            .filter_map(|told| Some(left?.max(told.at.map_or(Duration::ZERO, |at| at + APART))))
            .min();
        [next, self.notify.reminder()].into_iter().flatten().min()
    }

    pub fn not_notified(&mut self, why: &str) -> Vec<Cmd> {
        let notice = format!("no notice was given: {why}; see notify.command in the config");
        self.notice_of(Matter::Notifier, Some(notice));
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

/// The last turn that has ended; 0 where there was none.
fn ended(session: &Session) -> u32 {
    if session.running {
        session.turn.saturating_sub(1)
    } else {
        session.turn
    }
}

/// What has come to a session since what was told.
fn news(session: &Session, asks: &[&Ask], told: &Told) -> Option<News> {
    // Another ask beside one that is known adds nothing: the session asks.
    let known = asks.iter().any(|ask| told.asks.contains(&ask.id));
    if !asks.is_empty() {
        let approval = |ask: &&&Ask| matches!(ask.about, About::Approval(_));
        return match asks.iter().find(approval).or(asks.first()) {
            _ if known => None,
            Some(ask) => Some(match ask.about {
                About::Approval(_) => News::Approval,
                About::Budget { .. } => News::Budget,
                About::Guard { .. } | About::Unpriced { .. } | About::Question(_) => News::Question,
            }),
            None => None,
        };
    }
    if ended(session) <= told.ended || session.running {
        return None;
    }
    match session.state() {
        State::Done => Some(News::Done),
        State::Failed => Some(News::Failed),
        State::Paused => Some(News::Paused),
        // The person stopped it, or put it away.
        State::Interrupted | State::Archived | State::Working | State::Waiting => None,
    }
}

fn name(view: &View) -> String {
    one_line(&view.title()).chars().take(NAME).collect()
}
