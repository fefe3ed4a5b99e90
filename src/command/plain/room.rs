//! One session as it is told: what its facts add up to, and the lines that each signal makes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::Instant;

use crate::agent::loan;
use crate::agent::quoted;
use crate::agent::session::Session;
use crate::agent::visible::{brief, one_line};
use crate::command::plain::ask;
use crate::command::plain::sentence::Speech;
use crate::command::plain::spoken::{self, duration, spending, words};
use crate::command::show;
use crate::command::table::counted;
use crate::protocol::ask::Ask;
use crate::protocol::call::{Detail, Outcome, OutcomeKind, ToolCall};
use crate::protocol::event::{Delta, Ending, Event, Fact, Waiting, When};
use crate::protocol::failure::FailureKind;
use crate::protocol::id::{AskId, CallId, CommandId, ModelRef, Seq, SessionId};
use crate::protocol::item::Item;
use crate::protocol::rule::Mode;
use crate::protocol::session::{Card, Change};
use crate::protocol::time::Time;

/// While something takes long, this is how often that is said.
pub const PACE: Duration = Duration::from_secs(30);
/// Of the arguments of a call that are told in its line; all of them are in the ask.
const ARGUMENTS: usize = 200;

/// How a session is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Known from the list alone.
    Listed,
    /// Nothing was said in it, and it is not in the log.
    Fresh,
    Open,
}

/// A line to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// With the session's name before it.
    Of(String),
    /// A further sentence of what the session says.
    Further(String),
}

#[derive(Debug)]
pub struct Room {
    pub id: SessionId,
    /// Counted from 1, for as long as the process lives.
    pub number: usize,
    pub stage: Stage,
    pub cwd: PathBuf,
    pub model: Option<ModelRef>,
    pub mode: Mode,
    pub session: Option<Session>,
    /// Commands that were sent and of which nothing was heard yet.
    pub sent: Vec<CommandId>,
    /// What waits, by the number it was told under: that of its fact in the log, so an answer from an older list finds nothing.
    pub asks: BTreeMap<Seq, Ask>,
    /// When one of them was told last.
    pub asked: Option<Instant>,
    /// Other sessions that write in its folder and were told.
    pub writers: Vec<SessionId>,
    calls: BTreeMap<CallId, ToolCall>,
    speech: Speech,
    /// What it is at, and since when.
    doing: Option<(String, Instant)>,
    /// When something was told of it last.
    told: Instant,
    began: Instant,
    /// The engine let go of the turn, whose ending is in the log only when that can be written again.
    given_up: bool,
}

impl Room {
    pub fn new(
        id: SessionId,
        number: usize,
        cwd: PathBuf,
        model: Option<ModelRef>,
        mode: Mode,
    ) -> Self {
        let now = Instant::now();
        Self {
            id,
            number,
            stage: Stage::Fresh,
            cwd,
            model,
            mode,
            session: None,
            sent: Vec::new(),
            asks: BTreeMap::new(),
            asked: None,
            writers: Vec::new(),
            calls: BTreeMap::new(),
            speech: Speech::default(),
            doing: None,
            told: now,
            began: now,
            given_up: false,
        }
    }

    pub fn listed(card: &Card, number: usize, mode: Mode) -> Self {
        let model = Some(card.model.clone());
        Self {
            stage: Stage::Listed,
            ..Self::new(card.id, number, card.cwd.clone(), model, mode)
        }
    }

    /// `1 api-fix`: its number, and the title a person gave it, else the folder. Short, since it is heard often.
    pub fn name(&self) -> String {
        let titled = self.session.as_ref().filter(|session| session.titled);
        let name = match titled {
            Some(session) => brief(&session.title, 32),
            None => self
                .cwd
                .file_name()
                .map_or_else(|| "/".to_owned(), |name| brief(&name.to_string_lossy(), 32)),
        };
        format!("{} {name}", self.number)
    }

    pub fn model(&self) -> Option<&ModelRef> {
        let session = self.session.as_ref().map(|session| &session.model);
        session.or(self.model.as_ref())
    }

    /// The mode that holds at a moment.
    pub fn mode(&self, now: Time) -> Mode {
        self.session
            .as_ref()
            .map_or(self.mode, |session| session.mode_at(now))
    }

    pub fn running(&self) -> bool {
        let session = self.session.as_ref();
        !self.given_up && session.is_some_and(|session| session.running)
    }

    /// A turn runs, begins, or waits in the queue and will begin.
    pub fn busy(&self) -> bool {
        let next = self.session.as_ref().is_some_and(|session| {
            matches!(session.ending, Some(Ending::Finished | Ending::Denied))
                && !session.queued.is_empty()
        });
        self.running() || (next && !self.given_up) || !self.sent.is_empty()
    }

    /// The engine let go of the turn: nothing more of it comes until the next event.
    pub fn give_up(&mut self) {
        self.given_up = true;
        self.doing = None;
        self.sent.clear();
    }

    /// It works and needs nobody: then no invitation to type stands among its lines.
    pub fn running_alone(&self) -> bool {
        self.busy() && self.asks.is_empty()
    }

    pub fn last(&self) -> Seq {
        self.session
            .as_ref()
            .map_or(Seq(0), |session| session.last_seq)
    }

    pub fn call(&self, id: &CallId) -> Option<&ToolCall> {
        self.calls.get(id)
    }

    pub fn ask_number(&self, id: &AskId) -> Option<Seq> {
        let mut asks = self.asks.iter();
        asks.find(|(_, ask)| ask.id == *id).map(|(seq, _)| *seq)
    }

    /// When it must be said that something still goes on.
    pub fn wake(&self) -> Option<Instant> {
        let waits = self.doing.is_some() && self.asks.is_empty();
        waits.then(|| self.told + PACE)
    }

    pub fn still(&mut self) -> Option<Line> {
        let (what, since) = self.doing.clone()?;
        self.told = Instant::now();
        let long = duration(since.elapsed());
        Some(Line::Of(format!("still {what}, {long}.")))
    }

    /// Lines of an event; `near`: it is the session the person is at. Of the others only what a person must know is told.
    pub fn hear(&mut self, event: &Event, near: bool) -> Vec<Line> {
        match &mut self.session {
            Some(session) if event.seq <= session.last_seq => return Vec::new(),
            Some(session) => session.apply(event),
            None => self.session = Session::begin(event),
        }
        self.given_up = false;
        let mut lines = Vec::new();
        let mut of = |text: String| lines.push(Line::Of(text));
        match &event.fact {
            Fact::TurnStarted { .. } => {
                self.sent.clear();
                self.began = Instant::now();
                self.told = self.began;
            }
            Fact::MessageQueued { when, .. } => {
                self.sent.clear();
                let behind = self.asks.keys().next();
                match (behind, when) {
                    (Some(ask), _) => of(format!(
                        "your text waits behind ask {ask}. to answer: ask {ask} and a number."
                    )),
                    (None, When::Step) => of("your text goes in before the next step.".to_owned()),
                    (None, When::Turn) => of("your text is queued as the next turn.".to_owned()),
                }
            }
            Fact::AskRaised { ask: raised } => {
                self.doing = None;
                self.asks.insert(event.seq, raised.clone());
                self.asked = Some(Instant::now());
                let told = ask::told(event.seq, raised);
                let mut told = told.into_iter();
                lines.extend(told.next().map(Line::Of));
                lines.extend(told.map(Line::Further));
            }
            Fact::AskAnswered { ask, answer } => {
                if let Some(number) = self.ask_number(ask) {
                    self.asks.remove(&number);
                    let answer = ask::answered(answer);
                    of(format!("ask {number} answered: {answer}."));
                }
            }
            Fact::AskVoided { ask, why } => {
                if let Some(number) = self.ask_number(ask) {
                    self.asks.remove(&number);
                    let why = one_line(why);
                    of(format!("ask {number} is no longer asked: {why}."));
                }
            }
            Fact::ModelCalled {
                step: 1.., model, ..
            } => {
                let what = format!("waiting for {}", one_line(&model.to_string()));
                self.doing = Some((what, Instant::now()));
            }
            Fact::CallStarted { call, .. } => {
                if let Some(call) = self.calls.get(call) {
                    let name = one_line(&call.name);
                    self.doing = Some((format!("running {name}"), Instant::now()));
                    if near && call.name == "bash" {
                        let arguments = brief(&show::arguments(call), ARGUMENTS);
                        of(format!("tool {name}: {arguments}. running."));
                    }
                }
            }
            Fact::SessionChanged { change } => match change {
                Change::Model { model } => of(format!("the model is {model} from now on.")),
                Change::Mode { mode } => of(said_mode(*mode).to_owned()),
                Change::ModeLent { mode, until, sum } => {
                    let terms = spoken::terms(&loan::terms(*until, *sum, event.at));
                    of(format!("lent for {terms}: {}", said_mode(*mode)));
                }
                Change::ModeReturned { mode, used } => of(format!(
                    "the {} the mode was lent for is used up. {}",
                    used.name(),
                    said_mode(*mode)
                )),
                Change::Vouched { .. } => of("what was read until now is trusted.".to_owned()),
                Change::TakenUp { cwd, .. } => {
                    let folder = one_line(&cwd.to_string_lossy());
                    of(format!("gone on with here, in {folder}."));
                }
                Change::Title { title } => of(format!("the title is {}.", one_line(title))),
                _ => {}
            },
            Fact::TurnEnded { ending, .. } => {
                self.doing = None;
                self.asks.clear();
                self.calls.clear();
                self.speech.discard();
                of(self.ended(ending, near));
            }
            Fact::ItemAdded { item, .. } => lines.extend(self.item(event.seq, item, near)),
            _ => {}
        }
        if !lines.is_empty() {
            self.told = Instant::now();
        }
        lines
    }

    fn item(&mut self, seq: Seq, item: &Item, near: bool) -> Vec<Line> {
        match item {
            Item::Answer { text, cut, .. } => {
                let first = !self.speech.has_begun();
                let sentences = self.speech.finish(text);
                let mut lines = if near {
                    answer(sentences, first)
                } else {
                    Vec::new()
                };
                if *cut {
                    lines.push(Line::Of("the answer broke off here.".to_owned()));
                }
                lines
            }
            Item::Call(call) => {
                self.calls.insert(call.id.clone(), call.clone());
                Vec::new()
            }
            Item::Result { call, outcome } => {
                self.doing = None;
                let call = self.calls.remove(call);
                let told = near.then(|| result(seq, call.as_ref(), outcome));
                told.map(Line::Of).into_iter().collect()
            }
            Item::Notice { text } => vec![Line::Of(format!("notice: {}", words(&one_line(text))))],
            Item::Recalled(recalled) => vec![Line::Of(format!(
                "notice: {}",
                words(&one_line(&quoted::told(recalled)))
            ))],
            Item::Shell { command, outcome } => {
                self.sent.clear();
                let command = brief(command, ARGUMENTS);
                let exit = outcome.exit.map_or_else(
                    || show::outcome_name(outcome.kind).to_owned(),
                    |exit| format!("exit {exit}"),
                );
                let mut lines = vec![Line::Of(format!("your command {command}: {exit}."))];
                let output = outcome.text.lines();
                lines.extend(output.map(|line| Line::Further(format!("  {line}"))));
                lines
            }
            Item::Prompt { .. } | Item::Thought { .. } => Vec::new(),
        }
    }

    /// Lines of what passes by.
    pub fn pass(&mut self, delta: &Delta, near: bool) -> Vec<Line> {
        let lines = match delta {
            Delta::Text { text } => {
                let first = !self.speech.has_begun();
                let sentences = self.speech.push(text);
                if near {
                    answer(sentences, first)
                } else {
                    Vec::new()
                }
            }
            Delta::Discarded => {
                let begun = self.speech.has_begun();
                self.speech.discard();
                let void = "the answer so far is void: the model is asked again.";
                let told = (near && begun).then(|| Line::Of(void.to_owned()));
                told.into_iter().collect()
            }
            Delta::Waiting {
                what:
                    Waiting::Retry {
                        failure,
                        attempt,
                        attempts,
                        endless,
                        ..
                    },
            } => {
                let why = words(&failure.message);
                let of = if *endless && attempt > attempts {
                    ", until there is a way".to_owned()
                } else {
                    format!(" of {attempts}")
                };
                let again = if *attempt == 1 {
                    // Nothing was asked yet.
                    format!("{why}. waiting for that.")
                } else {
                    format!("{why}. asking again, attempt {attempt}{of}.")
                };
                vec![Line::Of(again)]
            }
            _ => Vec::new(),
        };
        if !lines.is_empty() {
            self.told = Instant::now();
        }
        lines
    }

    fn ended(&self, ending: &Ending, near: bool) -> String {
        let how = match ending {
            Ending::Finished => "finished".to_owned(),
            Ending::Failed { failure } => format!("failed: {}", words(&failure.message)),
            Ending::Denied => "finished after a no".to_owned(),
            Ending::Budget => "stopped by a budget before the next call".to_owned(),
            Ending::Limit { text } => format!("stopped: {}", words(&one_line(text))),
            Ending::Interrupted { text, .. } if text.is_empty() => "stopped".to_owned(),
            Ending::Interrupted { text, .. } => format!("stopped: {}", one_line(text)),
        };
        let mut said = format!("{how}. {}", duration(self.began.elapsed()));
        if let Some(session) = &self.session {
            let _ = write!(said, ", {}", spending(&session.turn_sum.spent));
            if !near {
                let _ = write!(said, ". last: {}", brief(&session.gist, 120));
            }
        }
        said.push('.');
        match ending {
            Ending::Finished | Ending::Denied => {}
            Ending::Failed { failure } if failure.kind == FailureKind::TooLong => said.push_str(
                " nothing is lost, and the same fails again; model NAME takes one with more room.",
            ),
            _ => said.push_str(" nothing is lost; again goes on."),
        }
        said
    }
}

/// A mode in words; which of them ask is what a person wants to know.
pub fn said_mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Plan => "mode plan: reads inside the folder; everything else is denied.",
        Mode::Ask => "mode ask: reads inside the folder run; the rest asks.",
        Mode::Edits => "mode edits: also changes files inside the folder without asking.",
        Mode::Auto => {
            "mode auto: also runs commands without asking; creel doctor tells of the sandbox that holds them."
        }
    }
}

fn answer(sentences: Vec<String>, first: bool) -> Vec<Line> {
    let mut sentences = sentences.into_iter();
    let mut lines = Vec::new();
    if first {
        let begins = |sentence| Line::Of(format!("answer: {sentence}"));
        lines.extend(sentences.next().map(begins));
    }
    lines.extend(sentences.map(|sentence| Line::Further(format!("  {sentence}"))));
    lines
}

/// The line of a call that has ended.
fn result(seq: Seq, call: Option<&ToolCall>, outcome: &Outcome) -> String {
    let name = call.map_or("a tool", |call| &call.name);
    let mut said = format!("tool {}", one_line(name));
    if let Some(call) = call.filter(|call| call.name != "bash") {
        let path = call.input().ok();
        let path = path.as_ref().and_then(|input| input.get("path")?.as_str());
        let about = path.map_or_else(|| show::arguments(call), str::to_owned);
        let _ = write!(said, " {}", brief(&about, ARGUMENTS));
    }
    match &outcome.detail {
        Detail::Diff { added, removed, .. } => {
            let added = counted(*added, "line");
            let _ = write!(said, ", {added} added, {removed} removed");
        }
        Detail::Lines { first, last, total } => {
            let _ = write!(said, ", lines {first} to {last} of {total}");
        }
        Detail::Hits { count } => {
            let _ = write!(said, ", {count} found");
        }
        Detail::None => {}
    }
    let _ = write!(said, ". {}", show::outcome_name(outcome.kind));
    if let Some(exit) = outcome.exit {
        let _ = write!(said, ", exit {exit}");
    }
    let took = Duration::from_millis(outcome.millis);
    if took >= Duration::from_secs(1) {
        let _ = write!(said, ", {}", duration(took));
    }
    if outcome.kind != OutcomeKind::Done {
        let _ = write!(said, ": {}", brief(&outcome.text, 300));
    }
    let lines = outcome
        .whole
        .as_ref()
        .map_or_else(|| outcome.text.lines().count() as u64, |whole| whole.lines);
    match lines {
        0 => said.push('.'),
        1 => {
            let _ = write!(said, ". 1 line kept: show {seq}.");
        }
        lines => {
            let _ = write!(said, ". {lines} lines kept: show {seq}.");
        }
    }
    said
}
