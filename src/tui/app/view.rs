//! One open session as a face holds it: its fold, the window of its transcript, what passes by, its composer, and where the
//! eyes are. Facts and deltas come in; nothing is decided here.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::agent::loan::Loan;
use crate::agent::session::Session;
use crate::protocol::effort::Effort;
use crate::protocol::event::{Delta, Ending, Event, Fact, Waiting, When};
use crate::protocol::id::{CallId, CommandId, MessageId, ModelRef, Seq, SessionId};
use crate::protocol::op::Op;
use crate::protocol::query::Page;
use crate::protocol::rule::Mode;
use crate::protocol::session::{Change, State};
use crate::protocol::time::Time;
use crate::protocol::worktree::{Standing, Worktree, Writer};
use crate::tui::app::composer::Composer;
use crate::tui::app::elsewhere::ReadOnly;
use crate::tui::app::find::{Gather, Search};
use crate::tui::app::leap::Leap;
use crate::tui::app::learnt::Learnt;
use crate::tui::app::shell::{Shelling, is_shell};
use crate::tui::app::since::Since;
use crate::tui::app::transcript::Transcript;

/// An answer that stands still for so long is said to.
const SILENT: Duration = Duration::from_secs(3);

/// How far a session is from being spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Nothing was said yet; the log knows nothing of it.
    Fresh,
    /// The first prompt is on its way.
    Opening,
    /// Its past is being read.
    Loading,
    Live,
}

/// Where the top of the transcript's window is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Anchor {
    /// The newest line is at the foot.
    #[default]
    Foot,
    /// This line of this entry is at the top.
    At { seq: Seq, line: usize },
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scroll {
    pub anchor: Anchor,
    /// Lines still to move, down being positive; the screen says where that led.
    pub by: i64,
}

/// What passes by while a step streams.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Live {
    pub text: String,
    pub thinking: String,
    /// When the thinking began.
    pub thinking_since: Option<Duration>,
    /// How long it took, once something else followed it.
    pub thought: Option<Duration>,
    pub growing: Option<(String, u64)>,
    /// When the newest piece of an answer came.
    pub heard: Option<Duration>,
    /// The last lines of each running command, whole each time.
    pub tails: BTreeMap<CallId, String>,
    pub waiting: Option<Waiting>,
    /// Rises when the text begins anew, so that what was laid out of it is dropped.
    pub generation: u64,
}

#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a state of its own")]
pub struct View {
    pub id: SessionId,
    /// Rises whenever something of it may have changed, so that who shows it knows.
    pub changes: u64,
    pub stage: Stage,
    pub session: Option<Session>,
    /// Of a session not yet opened.
    pub model: Option<ModelRef>,
    pub mode: Mode,
    /// What it begins with for a time, and its terms.
    pub lent: Option<(Mode, Loan)>,
    pub effort: Option<Effort>,
    pub cwd: PathBuf,
    /// The worktree that was made for it, before the log knows it.
    pub worktree: Option<Worktree>,
    /// How far that has come.
    pub standing: Option<Standing>,
    /// Other sessions that write in its folder, until the person has chosen to share it.
    pub writers: Vec<Writer>,
    /// They have been seen, and are no news any more.
    pub shares: Vec<SessionId>,
    pub transcript: Transcript,
    /// What is sought in it, and what is gathered of it for the pager or to be copied.
    pub search: Option<Search>,
    pub gather: Option<Gather>,
    /// A jump that is looked for in the log.
    pub leap: Option<Leap>,
    pub live: Live,
    pub composer: Composer,
    /// Since when a turn has been running, by the wall.
    pub turn_since: Option<Time>,
    /// A page of the past was asked for and has not come.
    pub reading: bool,
    /// Pages that could not be read: no frame asks for them again, only who goes there anew.
    pub unreadable: Vec<Page>,
    /// Events that came while the past was being read.
    held: Vec<Event>,
    /// What was asked for before the session was open.
    pub after_open: Vec<Op>,
    /// The machine slept so long since the last prompt.
    pub slept: Option<Duration>,
    /// A turn ended while another session was looked at.
    pub unseen: bool,
    /// What happened since the person looked elsewhere.
    pub since: Option<Since>,
    /// What the log was told of that, until it says so too.
    pub told_unseen: Option<bool>,
    /// The card of a failure was put away.
    pub card_closed: bool,
    /// Before the turn that runs nothing was spent today, as far as that is known.
    pub first_today: bool,
    /// A turn began, and whether it is that one is not answered yet.
    pub asks_today: bool,
    /// The end of a turn at which the day's budget is told.
    pub budget_at: Option<Seq>,
    pub learnt: Learnt,
    /// The draft as it was last saved.
    pub draft: String,
    /// When the composer last changed, until its draft is saved.
    pub typed: Option<Duration>,
    /// The command that took hold of it, and why that was refused: then it can only be read.
    pub resume: Option<CommandId>,
    pub read_only: Option<ReadOnly>,
    /// Enter was pressed while a picture was being read: what is written is sent when it is there.
    pub sends: Option<When>,
    /// The session it is forked from, until its own past can be read.
    pub from: Option<SessionId>,
    /// A session of the tour.
    pub tour: bool,
    /// The second session of the tour, in the first.
    pub beside: Option<SessionId>,
    /// Queued messages whose text was taken back, until the log says so too: none is taken back twice.
    pub taken_back: Vec<MessageId>,
    /// Commands of the person that run, the oldest first.
    pub shells: Vec<Shelling>,
    /// The command that began this session, for a refusal to give its text back.
    pub sent: Vec<(CommandId, String)>,
}

impl View {
    pub fn fresh(id: SessionId, cwd: PathBuf, model: Option<ModelRef>, mode: Mode) -> Self {
        Self {
            id,
            changes: 0,
            stage: Stage::Fresh,
            session: None,
            model,
            mode,
            lent: None,
            effort: None,
            cwd,
            worktree: None,
            standing: None,
            writers: Vec::new(),
            shares: Vec::new(),
            transcript: Transcript::default(),
            search: None,
            gather: None,
            leap: None,
            live: Live::default(),
            composer: Composer::default(),
            turn_since: None,
            reading: false,
            unreadable: Vec::new(),
            held: Vec::new(),
            after_open: Vec::new(),
            unseen: false,
            since: None,
            slept: None,
            told_unseen: None,
            card_closed: false,
            first_today: false,
            asks_today: false,
            budget_at: None,
            learnt: Learnt::default(),
            draft: String::new(),
            typed: None,
            resume: None,
            read_only: None,
            sends: None,
            from: None,
            tour: false,
            beside: None,
            taken_back: Vec::new(),
            shells: Vec::new(),
            sent: Vec::new(),
        }
    }

    pub fn loading(id: SessionId, cwd: PathBuf) -> Self {
        Self {
            stage: Stage::Loading,
            reading: true,
            ..Self::fresh(id, cwd, None, Mode::default())
        }
    }

    /// The log holds its past now: it is read from there, and what is heard meanwhile follows it.
    pub fn load(&mut self) {
        self.stage = Stage::Loading;
        self.reading = true;
    }

    pub fn model(&self) -> Option<&ModelRef> {
        self.session
            .as_ref()
            .map(Session::answering)
            .or(self.model.as_ref())
    }

    pub fn effort(&self) -> Option<Effort> {
        self.session
            .as_ref()
            .map_or(self.effort, |session| session.effort)
    }

    pub fn cwd(&self) -> &PathBuf {
        self.session
            .as_ref()
            .map_or(&self.cwd, |session| &session.spec.cwd)
    }

    pub fn running(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.running)
    }

    /// A turn or a command of the person runs, and can be stopped.
    pub fn busy(&self) -> bool {
        self.running() || !self.shells.is_empty()
    }

    /// Asks that can be answered here.
    pub fn asks(&self) -> usize {
        self.session
            .as_ref()
            .filter(|_| self.read_only.is_none())
            .map_or(0, |session| session.asks.len())
    }

    pub fn title(&self) -> String {
        match &self.session {
            Some(session) if !session.name().is_empty() => session.name().into_owned(),
            _ => "new".to_owned(),
        }
    }

    pub fn state(&self) -> State {
        self.session.as_ref().map_or(State::Done, Session::state)
    }

    /// It goes out of the log when it is closed.
    pub fn temporary(&self) -> bool {
        let asked = |op: &Op| {
            matches!(
                op,
                Op::Change {
                    change: Change::Temporary { temporary: true }
                }
            )
        };
        self.session
            .as_ref()
            .map_or_else(|| self.after_open.iter().any(asked), |s| s.temporary)
    }

    /// The rehearsal plays its model.
    pub fn played(&self) -> bool {
        self.model()
            .is_some_and(|model| model.provider == "rehearsal")
    }

    /// How the last turn stopped, where it can be gone on with and the card was not put away.
    pub fn stopped(&self) -> Option<&Ending> {
        let session = self.session.as_ref()?;
        if session.running || self.card_closed {
            return None;
        }
        session
            .ending
            .as_ref()
            .filter(|ending| matches!(ending, Ending::Failed { .. } | Ending::Interrupted { .. }))
    }

    /// The wait before the model is asked again.
    pub fn retrying(&self) -> Option<&Waiting> {
        self.live
            .waiting
            .as_ref()
            .filter(|waiting| matches!(waiting, Waiting::Retry { .. }))
    }

    /// A card stands over the composer that can have the focus.
    pub fn has_card(&self) -> bool {
        let goes_on = self.retrying().is_some() || !self.writers.is_empty();
        self.stopped().is_some() || goes_on && self.read_only.is_none()
    }

    /// Another process has it: what happens there is read from the log.
    pub fn followed(&self) -> bool {
        let held = |held: &ReadOnly| self.running() || held.has_holder();
        self.stage == Stage::Live && self.read_only.as_ref().is_some_and(held)
    }

    /// The draft that was read belongs to who holds the session.
    pub fn leave_draft(&mut self) {
        if self.typed.is_none() && self.composer.kept() == self.draft {
            self.composer.clear();
        }
        self.draft.clear();
    }

    /// Whether something is under way whose seconds a person waits for.
    pub fn counts_seconds(&self) -> bool {
        self.state() == State::Working || self.stage == Stage::Opening || !self.shells.is_empty()
    }

    /// Adds an event of this session that was heard.
    pub fn hear(&mut self, event: &Event) {
        if let Some(since) = &mut self.since {
            since.hear(&event.fact);
        }
        match self.stage {
            Stage::Loading => self.held.push(event.clone()),
            Stage::Fresh | Stage::Opening | Stage::Live => self.apply(event),
        }
    }

    /// The last page of the past was read: what was heard meanwhile follows it.
    pub fn loaded(&mut self) {
        self.stage = Stage::Live;
        for event in std::mem::take(&mut self.held) {
            self.apply(&event);
        }
        let since = self
            .session
            .as_ref()
            .filter(|session| session.running)
            .map(|session| self.turn_since.unwrap_or(session.active));
        self.turn_since = since;
    }

    /// Some signals were dropped: the log is read again from the last number seen.
    pub fn reread(&mut self) -> Seq {
        self.changes += 1;
        self.stage = Stage::Loading;
        self.restart_text();
        self.session
            .as_ref()
            .map_or(Seq(0), |session| session.last_seq)
    }

    /// Adds an event; what fold or window know already is passed over by each of them.
    pub fn apply(&mut self, event: &Event) {
        match &mut self.session {
            Some(session) => session.apply(event),
            None => self.session = Session::begin(event),
        }
        if self.stage == Stage::Opening {
            self.stage = Stage::Live;
        }
        self.transcript.apply(event);
        self.passed(event);
    }

    /// What was passing by gives way to the fact.
    fn passed(&mut self, event: &Event) {
        use crate::protocol::item::Item;
        match &event.fact {
            Fact::TurnStarted { .. } => {
                self.turn_since = Some(event.at);
                self.card_closed = false;
                self.learnt = Learnt::default();
                self.restart_text();
            }
            Fact::ItemAdded { item, .. } => match item {
                Item::Answer { .. } => self.live.restart(),
                Item::Thought { .. } => {
                    self.live.thinking.clear();
                    self.live.thinking_since = None;
                    if let Some(took) = self.live.thought.take() {
                        self.transcript.thought.insert(event.seq, took);
                    }
                }
                Item::Call(_) => self.live.growing = None,
                Item::Result { call, .. } => {
                    self.live.tails.remove(call);
                }
                // Which of several it was cannot be told: those that go on are heard again.
                Item::Shell { .. } => self.live.tails.retain(|call, _| !is_shell(call)),
                _ => {}
            },
            Fact::MessageWithdrawn { id, .. } => self.taken_back.retain(|taken| taken != id),
            // Step 0 is a call beside the turn.
            Fact::ModelAnswered { step: 1.., .. } => {
                self.live.waiting = None;
                self.live.growing = None;
            }
            Fact::TurnEnded { .. } => {
                self.turn_since = None;
                self.restart_text();
            }
            _ => {}
        }
    }

    fn restart_text(&mut self) {
        let mut tails = std::mem::take(&mut self.live.tails);
        tails.retain(|call, _| is_shell(call));
        self.live = Live {
            generation: self.live.generation + 1,
            tails,
            ..Live::default()
        };
    }

    pub fn pass(&mut self, delta: Delta, now: Duration) {
        let live = &mut self.live;
        if let Delta::Text { .. } | Delta::Thinking { .. } | Delta::CallGrows { .. } = delta {
            live.heard = Some(now);
        }
        match delta {
            Delta::Text { text } => {
                live.waiting = None;
                live.thought_ends(now);
                live.text.push_str(&text);
            }
            Delta::Thinking { text } => {
                live.waiting = None;
                live.thinking_since.get_or_insert(now);
                live.thinking.push_str(&text);
            }
            Delta::CallGrows { name, bytes } => {
                live.waiting = None;
                live.thought_ends(now);
                live.growing = Some((name, bytes));
            }
            Delta::Discarded => {
                let waiting = live.waiting.take();
                let tails = std::mem::take(&mut live.tails);
                self.restart_text();
                self.live.waiting = waiting;
                self.live.tails = tails;
            }
            Delta::Tail { call, text } => {
                live.tails.insert(call, text);
            }
            Delta::Waiting { what } => {
                live.waiting = match what {
                    Waiting::Nothing => None,
                    what => Some(what),
                }
            }
        }
    }
}

impl Live {
    /// How long an answer that has begun has been silent, once that is worth a word.
    pub fn silent(&self, now: Duration) -> Option<Duration> {
        let began = !self.text.is_empty() || self.growing.is_some();
        let silent = now.saturating_sub(self.heard?);
        (began && self.waiting.is_none() && silent >= SILENT).then_some(silent)
    }

    fn thought_ends(&mut self, now: Duration) {
        if let Some(since) = self.thinking_since
            && self.thought.is_none()
        {
            self.thought = Some(now.saturating_sub(since));
        }
    }

    fn restart(&mut self) {
        self.text.clear();
        self.thinking.clear();
        self.thinking_since = None;
        self.growing = None;
        self.generation += 1;
    }
}
