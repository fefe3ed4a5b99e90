//! What the facts of a session add up to: the one fold, used by the engine and every face, so that what is seen after a
//! restart is what was seen before. It holds what decides and what a meter shows; bodies of items are never in it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::agent::at::Failing;
use crate::agent::loan::Loan;
use crate::agent::open::{OpenCall, OpenRequestOut};
use crate::agent::route::Served;
use crate::agent::sum::Sum;
use crate::agent::unknown::Unknown;
use crate::agent::unmarked;
use crate::agent::visible::first_line;
use crate::protocol::ask::{About, Ask};
use crate::protocol::call::Untrusted;
use crate::protocol::effort::Effort;
use crate::protocol::event::{Ending, Event, Fact, When};
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::id::{CallId, MessageId, ModelRef, Seq, SessionId};
use crate::protocol::item::{Block, Item, Origin, joined};
use crate::protocol::money::Money;
use crate::protocol::rule::Mode;
use crate::protocol::session::{Change, SessionSpec, State};
use crate::protocol::time::Time;
use crate::protocol::usage::{Charge, Usage};

/// Of the serialised form; a stored fold of another version is folded anew from the log.
pub const FOLD_VERSION: u32 = 15;

/// As many files outside are named of those that were read; of more the newest takes the place of the one before.
const UNTRUSTED: usize = 20;

/// A session as its facts left it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own: titled, archived, pinned, running, accepted, images"
)]
pub struct Session {
    pub id: SessionId,
    pub spec: SessionSpec,
    /// The model, mode and effort of now; the spec keeps those of the start.
    pub model: ModelRef,
    pub mode: Mode,
    /// The mode is lent: see [`Session::mode_at`] for the one that holds.
    pub loan: Option<Loan>,
    pub effort: Option<Effort>,
    /// The model of the role `plan`, while it answers in place of the session's own.
    pub plan_model: Option<ModelRef>,
    /// The endpoint that answered last: where the session's model is a route, the one of its cache.
    pub served: Option<Served>,
    /// The model that answered before the last change of model, until the new one has answered: the way back where that one
    /// refuses the conversation.
    pub before: Option<ModelRef>,
    /// The models that said the conversation is too long for them, until one answers.
    pub too_long_for: Vec<ModelRef>,
    pub title: String,
    /// The title was given by the person and no longer follows the first prompt.
    pub titled: bool,
    pub archived: bool,
    pub pinned: bool,
    pub unseen: bool,
    pub temporary: bool,
    /// The session's own budget.
    pub budget: Option<Money>,
    pub created: Time,
    pub active: Time,
    /// When the last fact of it was kept.
    pub heard: Time,
    pub last_seq: Seq,
    /// The number of the last turn; 0 before the first.
    pub turn: u32,
    /// The last step begun in that turn.
    pub step: u32,
    /// Steps of all turns.
    pub steps: u32,
    /// The command of this turn that fails again and again.
    pub failing: Failing,
    pub running: bool,
    pub ending: Option<Ending>,
    /// Calls without a result.
    pub open_calls: BTreeMap<CallId, OpenCall>,
    /// Calls begun in this session: the next one's output has this number and one more.
    pub outputs: u32,
    /// A request that is out and not answered.
    pub open_request: Option<OpenRequestOut>,
    /// A call beside the turn that is out: for a title.
    pub open_aside: Option<OpenRequestOut>,
    /// What waits for the person, oldest first.
    pub asks: Vec<Waiting>,
    pub queued: Vec<Queued>,
    pub messages: u32,
    pub session_sum: Sum,
    pub turn_sum: Sum,
    /// Of the last call, where it broke off: the tokens out, and its charge.
    pub broken: Option<(u64, Charge)>,
    /// Tokens of the last prompt and its answer: what the context window holds now.
    pub context_used: u64,
    /// The last call's usage: its cache share is what the meter shows.
    pub last_usage: Usage,
    /// What it is at, in one line.
    pub gist: String,
    /// The conversation has pictures.
    pub images: bool,
    /// How many.
    pub pictures: u64,
    /// What it read that nobody trusted wrote, each once with the newest fact that says so, and the person has not vouched for.
    pub untrusted: Vec<(Seq, Untrusted)>,
    /// Commands of which it is not known whether they took effect.
    pub unknown: Unknown,
    /// What was recalled in it: told once.
    pub recalled: BTreeSet<Seq>,
    /// Whether earlier sessions are recalled by themselves, where the person said so for this one.
    pub recalls: Option<bool>,
    /// What was thought, by the `PROVIDER/MODEL` that it goes back to; empty where it goes back to nobody.
    pub thoughts: BTreeMap<String, u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    pub ask: Ask,
    pub since: Time,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queued {
    pub id: MessageId,
    pub blocks: Vec<Block>,
    pub when: When,
}

impl Session {
    /// A session from its first event, which must be its opening.
    pub fn begin(event: &Event) -> Option<Self> {
        let Fact::SessionOpened { spec } = &event.fact else {
            return None;
        };
        Some(Self {
            id: event.session,
            model: spec.model.clone(),
            mode: spec.mode,
            loan: None,
            effort: spec.effort,
            plan_model: None,
            served: None,
            before: None,
            too_long_for: Vec::new(),
            spec: spec.clone(),
            title: String::new(),
            titled: false,
            archived: false,
            pinned: false,
            unseen: false,
            temporary: false,
            budget: None,
            created: event.at,
            active: event.at,
            heard: event.at,
            last_seq: event.seq,
            turn: 0,
            step: 0,
            steps: 0,
            failing: Failing::default(),
            running: false,
            ending: None,
            open_calls: BTreeMap::new(),
            outputs: 0,
            open_request: None,
            open_aside: None,
            asks: Vec::new(),
            queued: Vec::new(),
            messages: 0,
            session_sum: Sum::default(),
            turn_sum: Sum::default(),
            broken: None,
            context_used: spec.forked.map_or(0, |forked| forked.tokens),
            last_usage: Usage::default(),
            gist: String::new(),
            images: false,
            pictures: 0,
            untrusted: Vec::new(),
            unknown: Unknown::default(),
            recalled: BTreeSet::new(),
            recalls: None,
            thoughts: BTreeMap::new(),
        })
    }

    /// The fold of a whole log, or of a stored state and the rest.
    pub fn fold<'a>(
        start: Option<Self>,
        events: impl IntoIterator<Item = &'a Event>,
    ) -> Option<Self> {
        events
            .into_iter()
            .fold(start, |session, event| match session {
                None => Self::begin(event),
                Some(mut session) => {
                    session.apply(event);
                    Some(session)
                }
            })
    }

    /// Adds one event. Events at or below the last number are ignored, so rereading does no harm.
    pub fn apply(&mut self, event: &Event) {
        if event.session != self.id || event.seq <= self.last_seq {
            return;
        }
        self.last_seq = event.seq;
        self.heard = event.at;
        match &event.fact {
            Fact::SessionOpened { .. } => {}
            Fact::SessionChanged { change } => self.change(change),
            Fact::TurnStarted { turn } => {
                self.active = event.at;
                self.turn = *turn;
                self.step = 0;
                self.running = true;
                self.ending = None;
                self.turn_sum = Sum::default();
                self.unseen = false;
                self.failing = Failing::default();
            }
            Fact::ItemAdded {
                turn, step, item, ..
            } => {
                self.active = event.at;
                self.item(*turn, *step, item);
            }
            Fact::MessageQueued { id, blocks, when } => {
                self.messages = self.messages.max(id.0);
                self.queued.push(Queued {
                    id: *id,
                    blocks: blocks.clone(),
                    when: *when,
                });
            }
            Fact::MessageWithdrawn { id, .. } => self.queued.retain(|message| message.id != *id),
            Fact::AskRaised { ask } => self.asks.push(Waiting {
                ask: ask.clone(),
                since: event.at,
            }),
            Fact::AskAnswered { ask, answer } => {
                self.asks.retain(|waiting| waiting.ask.id != *ask);
                let call = ask.call();
                let open = call.and_then(|call| self.open_calls.get_mut(&call));
                if let (Some(open), Some(arguments)) = (open, answer.edited()) {
                    open.edit(arguments);
                }
            }
            Fact::AskVoided { ask, .. } => self.asks.retain(|waiting| waiting.ask.id != *ask),
            Fact::ModelCalled {
                turn,
                step,
                attempt,
                model,
                reserved,
                ..
            } => {
                let out = OpenRequestOut {
                    turn: *turn,
                    step: *step,
                    attempt: *attempt,
                    model: model.clone(),
                    reserved: *reserved,
                };
                if out.is_aside() {
                    self.open_aside = Some(out);
                } else {
                    self.step = *step;
                    self.steps = self.steps.saturating_add(u32::from(*attempt == 1));
                    self.open_request = Some(out);
                }
            }
            Fact::ModelAnswered {
                step: 0,
                usage,
                charge,
                counted,
                ..
            } => {
                self.open_aside = None;
                self.spend_loan(*counted);
                self.session_sum.add(usage, *charge);
            }
            Fact::ModelAnswered {
                model,
                usage,
                charge,
                counted,
                failure,
                ..
            } => {
                self.open_request = None;
                self.spend_loan(*counted);
                self.session_sum.add(usage, *charge);
                self.turn_sum.add(usage, *charge);
                self.broken = failure.as_ref().map(|_| (usage.output, *charge));
                let too_long = |failure: &Failure| failure.kind == FailureKind::TooLong;
                if failure.as_ref().is_some_and(too_long) && !self.too_long_for.contains(model) {
                    self.too_long_for.push(model.clone());
                }
                if failure.is_none() {
                    self.before = None;
                    self.too_long_for.clear();
                    self.last_usage = *usage;
                    self.context_used = usage.prompt().saturating_add(usage.output);
                    self.served = Some(Served {
                        model: model.clone(),
                        at: event.at,
                        tokens: self.context_used,
                    });
                }
            }
            Fact::CallStarted {
                call,
                birth,
                change,
                ..
            } => {
                self.outputs += 1;
                let number = self.outputs;
                if let Some(open) = self.open_calls.get_mut(call) {
                    open.again = open.started;
                    open.started = true;
                    open.number = number;
                    open.birth.clone_from(birth);
                    open.change.clone_from(change);
                    open.began = Some(event.at);
                }
            }
            Fact::TurnEnded { ending, .. } => {
                // What closes a turn that was cut is written when that is found out.
                self.active = match ending {
                    Ending::Interrupted { heard, .. } => heard.unwrap_or(event.at),
                    _ => event.at,
                };
                self.running = false;
                self.ending = Some(ending.clone());
            }
        }
    }

    pub fn state(&self) -> State {
        if self.archived {
            return State::Archived;
        }
        if self.running {
            return match self.asks.first().map(|waiting| &waiting.ask.about) {
                Some(About::Approval(_) | About::Question(_)) => State::Waiting,
                Some(About::Budget { .. } | About::Guard { .. } | About::Unpriced { .. }) => {
                    State::Paused
                }
                None => State::Working,
            };
        }
        match &self.ending {
            None | Some(Ending::Finished | Ending::Denied) => State::Done,
            Some(Ending::Failed { .. }) => State::Failed,
            Some(Ending::Budget | Ending::Limit { .. }) => State::Paused,
            Some(Ending::Interrupted { .. }) => State::Interrupted,
        }
    }

    /// The model or route that is asked next: the session's own, unless the role `plan` answers.
    pub fn answering(&self) -> &ModelRef {
        self.plan_model.as_ref().unwrap_or(&self.model)
    }

    /// What stopped the last turn, when it failed.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.ending {
            Some(Ending::Failed { failure }) if !self.running => Some(failure),
            _ => None,
        }
    }

    fn change(&mut self, change: &Change) {
        match change {
            Change::Model { model } => self.model_changes(model),
            Change::Mode { mode } | Change::ModeReturned { mode, .. } => {
                self.mode = *mode;
                self.loan = None;
            }
            Change::ModeLent { mode, until, sum } => self.lend(*mode, *until, *sum),
            Change::Effort { effort } => self.effort = *effort,
            Change::PlanModel { model } => self.plan_model.clone_from(model),
            Change::Title { title } => {
                self.title.clone_from(title);
                self.titled = true;
            }
            Change::Archived { archived } => self.archived = *archived,
            Change::Pinned { pinned } => self.pinned = *pinned,
            Change::Unseen { unseen } => self.unseen = *unseen,
            Change::Recall { on } => self.recalls = Some(*on),
            Change::Temporary { temporary } => self.temporary = *temporary,
            Change::Budget { limit } => self.budget = *limit,
            Change::TakenUp { .. } => self.spec.take_up(change),
            // What was read after they looked was not meant.
            Change::Vouched { until } => self.untrusted.retain(|(seq, _)| seq > until),
            // They hold for the day and in the home.
            Change::DayRaised { .. } | Change::PriceAccepted { .. } | Change::RuleKept { .. } => {}
        }
    }

    fn read(&mut self, untrusted: &Untrusted) {
        self.untrusted.retain(|(_, known)| known != untrusted);
        if self.untrusted.len() == UNTRUSTED {
            self.untrusted.pop();
        }
        self.untrusted.push((self.last_seq, untrusted.clone()));
    }

    /// What it read that nobody trusted wrote, in one: the network before any file.
    pub fn untrusted(&self) -> Option<&Untrusted> {
        let mut all = self.untrusted.iter().map(|(_, untrusted)| untrusted);
        let web = all.clone().find(|untrusted| **untrusted == Untrusted::Web);
        web.or_else(|| all.next())
    }

    fn model_changes(&mut self, model: &ModelRef) {
        let answered = self.served.is_some() || self.spec.forked.is_some();
        let before = self.before.take().unwrap_or_else(|| self.model.clone());
        self.before = Some(before).filter(|before| answered && before != model);
        self.model = model.clone();
    }

    fn item(&mut self, turn: u32, step: u32, item: &Item) {
        self.pictures += item.images().count() as u64;
        self.images |= self.pictures > 0;
        match item {
            Item::Thought { opaque, .. } => {
                let family = opaque.as_ref().map(|opaque| opaque.family.clone());
                *self.thoughts.entry(family.unwrap_or_default()).or_default() += 1;
            }
            // What Creel says to the model is no word of the person.
            Item::Prompt {
                blocks,
                origin: Origin::Person,
            } => {
                let line = first_line(&joined(blocks));
                if self.title.is_empty() && !self.titled {
                    self.title.clone_from(&line);
                }
                self.gist = line;
            }
            Item::Answer { text, cut, .. } => {
                if !cut {
                    self.before = None;
                }
                let line = unmarked::first_line(text);
                if !line.is_empty() {
                    self.gist = line;
                }
            }
            Item::Call(call) => {
                self.before = None;
                let open = OpenCall::of(turn, step, call);
                self.open_calls.insert(call.id.clone(), open);
            }
            Item::Result { call, outcome } => {
                let open = self.open_calls.remove(call);
                // Whoever closed it may not have seen what it read.
                let foreseen = open.as_ref().and_then(OpenCall::untrusted);
                if let Some(untrusted) = outcome.untrusted.as_ref().or(foreseen) {
                    self.read(untrusted);
                }
                if let Some(mut open) = open {
                    if let Some(command) = open.command.take() {
                        self.unknown.ended(command, outcome);
                    }
                    if let Some(exit) = outcome.exit {
                        self.failing.ran(open.subject, exit);
                    }
                }
            }
            Item::Recalled(told) => self.recalled.extend(told.items()),
            Item::Prompt { .. } | Item::Notice { .. } | Item::Shell { .. } => {}
        }
    }
}
