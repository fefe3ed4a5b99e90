//! One call to a model: its worst case is reserved before it is sent, its stream is told as it comes, its end is billed.

use std::time::Duration;

use futures_util::{StreamExt, stream::BoxStream};
use tokio::time::Instant;

use crate::agent::cost::{self, Tariff};
use crate::agent::prompt::{Placed, Prompt};
use crate::agent::size::{Counted, Sent, Size};
use crate::agent::turn::input::{Bill, Input, Supply};
use crate::engine::bill;
use crate::engine::call::ModelCall;
use crate::engine::changed;
use crate::engine::effect::{Call, Unkept};
use crate::engine::open::Answered;
use crate::engine::paced::Paced;
use crate::engine::redaction::redacted;
use crate::engine::request;
use crate::engine::session::Task;
use crate::engine::sleep::Looked;
use crate::engine::supply::Chosen;
use crate::protocol::ask::{About, BudgetName};
use crate::protocol::cache::Made;
use crate::protocol::event::{Delta, Fact, Waiting};
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::id::ModelRef;
use crate::protocol::money::Money;
use crate::protocol::query::ModelCard;
use crate::protocol::reply::Reply;
use crate::protocol::usage::CacheLife;
use crate::provider::Chunk;
use crate::store::append::step_draft;
use crate::store::{Over, Reservation};

/// The most tokens an answer is asked for where neither the model nor the config sets less.
const MOST_OUTPUT: u64 = 32_000;

/// How often text that streams is kept as a draft.
const DRAFT_EVERY: Duration = Duration::from_millis(250);

impl Task {
    /// Keeps the facts, reserves the worst case of the next call in the same commit, and sends it. Where it cannot be sent
    /// the answer is what the turn is told instead; the facts are then kept all the same.
    pub(crate) async fn request(
        &mut self,
        facts: Vec<Fact>,
        call: Call,
    ) -> Result<Option<Input>, Unkept> {
        let redactor = self.house.redactor();
        let mut facts: Vec<Fact> = facts
            .into_iter()
            .map(|fact| redacted(fact, &redactor))
            .collect();
        let failed = |fact: &Fact| {
            matches!(
                fact,
                Fact::ModelAnswered {
                    failure: Some(_),
                    ..
                }
            )
        };
        if facts.iter().any(failed) {
            // What has just failed is chosen by as well: the health of all is read from the log.
            self.commit_with(std::mem::take(&mut facts), None).await?;
        }
        facts.extend(self.loan_over());
        facts.extend(self.plan_change(self.mode()));
        let target = self.target();
        let supply = self.supply(&target);
        let chosen = match self.choose(&facts, &target, &call).await {
            Ok(chosen) => chosen,
            Err(input) => {
                self.commit_with(facts, None).await?;
                return Ok(Some(input));
            }
        };
        let Chosen {
            model,
            patience,
            prompt,
            window,
            notice,
        } = chosen;
        let notice = notice.map(|fact| redacted(fact, &redactor));
        let provider = match (self.house.providers().get(&model), self.unlisted(&model)) {
            (Ok(provider), None) => provider,
            (Err(failure), _) | (_, Some(failure)) => {
                self.unsendable(facts, (model, supply), failure, &call)
                    .await?;
                return Ok(None);
            }
        };
        let tariff = self.house.tariff(&model);
        if let Some(since) = self.watch.looks_for_files(call.step, &self.house.guards) {
            let files = changed::since(self.roots.clone(), since).await;
            self.watch.found_files(files);
        }
        let turn = self.turn_number(&facts);
        let must_ask = match self.must_ask(turn, &call) {
            None => self.must_ask_price(&model, &tariff).await,
            about => about,
        };
        if let Some(about) = must_ask {
            self.commit_with(facts, None).await?;
            return Ok(Some(Input::Held(about)));
        }
        let sent = Sent::new(&prompt);
        let size = sent.size(self.counted.as_ref(), window);
        if let Some(failure) = self.still_full(&model, &sent, window) {
            self.unsendable(facts, (model, supply), failure, &call)
                .await?;
            return Ok(None);
        }
        let held = match prompt.caching.life {
            CacheLife::Short => &tariff,
            CacheLife::Long => &tariff.written_long(),
        };
        let dearest = self.house.providers().dearest_region(&model);
        let worst = cost::reserve(size.most, prompt.max_output, held, &self.house.rates);
        let worst = worst.map(|worst| bill::by(worst, dearest));
        let waives = |which| call.waived.budgets.contains(&which);
        if let (Some(worst), Some(limit), false) = (worst, self.run.budget, waives(BudgetName::Run))
        {
            let left = limit.parts.saturating_sub(self.spent);
            if worst.parts > left {
                self.commit_with(facts, None).await?;
                return Ok(Some(Input::Held(About::Budget {
                    worst,
                    left: Money::usd(left.max(0)),
                    limit,
                    which: BudgetName::Run,
                })));
            }
        }
        let told = provider.told(&prompt).await;
        let written = request::write(&*provider, &prompt, told);
        let called = Fact::ModelCalled {
            turn: self.turn_number(&facts),
            step: call.step,
            attempt: call.attempt,
            model: model.clone(),
            reserved: worst,
            cause: call.cause,
            body: written
                .as_ref()
                .map(|written| request::sent(written, &prompt, &self.house.tools.specs())),
        };
        let limit = |which, limit: Option<Money>| {
            limit
                .filter(|_| worst.is_some() && !waives(which))
                .map(|limit| limit.parts)
        };
        let session_limit = self.session.budget.or(self.house.budget.session);
        let reservation = Reservation {
            amount: worst.map_or(0, |worst| worst.parts),
            day_limit: limit(BudgetName::Day, self.house.budget.day),
            session_limit: limit(BudgetName::Session, session_limit),
            facts: vec![called],
        };
        if let Some(over) = self.commit_with(facts, Some(reservation)).await? {
            return Ok(Some(Input::Held(budget(&over, worst))));
        }
        self.asked.push(model.clone());
        let tried_pictures = self.tries_pictures(&model);
        let cached = self.cached(&sent, prompt.caching.life);
        let tells_sent = provider.tells_sent();
        let stream = provider.stream(prompt, written);
        self.send(stream, model.clone(), tariff, (sent, size));
        if let Some(call) = &mut self.call {
            call.supply = supply;
            call.cached = cached;
            call.unsent = tells_sent;
            call.tried_pictures = tried_pictures;
            call.notice = notice.map(Box::new);
            call.patience = patience.map(|patience| Instant::now() + patience);
        }
        self.tell(Delta::Waiting {
            what: Waiting::Model {
                model,
                since: self.house.clock.now(),
            },
        });
        Ok(None)
    }

    fn send(
        &mut self,
        stream: BoxStream<'static, Chunk>,
        model: ModelRef,
        tariff: Tariff,
        (sent, size): (Sent, Size),
    ) {
        let clock = &self.house.clock;
        let began = (clock.now(), Looked::new(clock.clocks()));
        let stream = Paced::new(stream, self.house.streams());
        self.call = Some(ModelCall::new(stream, model, tariff, (sent, size), began));
    }

    /// What must be asked before any model may be called.
    fn must_ask(&mut self, turn: u32, call: &Call) -> Option<About> {
        let now = self.house.clock.now();
        if let Some((guard, text)) =
            self.watch
                .before_call(call.step, now, self.house.away_since(), &self.house.guards)
        {
            return Some(About::Guard { guard, text });
        }
        let (guard, text) = self.lacks_room(turn)?;
        Some(About::Guard { guard, text })
    }

    /// The question about a model whose price is not known: once in the home, where there is somebody to ask.
    async fn must_ask_price(&mut self, model: &ModelRef, tariff: &Tariff) -> Option<About> {
        let unknown = matches!(tariff, Tariff::Unknown { .. });
        (unknown && !self.house.unattended && !self.house.accepts(model).await).then(|| {
            About::Unpriced {
                model: model.to_string(),
            }
        })
    }

    /// The failure of a conversation that did not fit the window, and that has only grown since: it would be refused again.
    fn still_full(&self, model: &ModelRef, sent: &Sent, window: Option<u64>) -> Option<Failure> {
        // Another model counts in another way, and may hold more than is known of it.
        let refused = self.session.too_long_for.contains(model);
        let likely = sent.size(self.counted.as_ref(), None).likely;
        let window = window.filter(|window| refused && likely > *window)?;
        let text = format!(
            "the conversation has about {likely} tokens, {model} takes {window} and refused it before, so it was not sent: start a \
             new session, fork at an earlier prompt, or choose a model with a larger window"
        );
        Some(Failure::new(FailureKind::TooLong, text))
    }

    /// A call that cannot even be sent is a call that failed: the turn ends with the reason.
    async fn unsendable(
        &mut self,
        mut facts: Vec<Fact>,
        (model, supply): (ModelRef, Supply),
        failure: Failure,
        call: &Call,
    ) -> Result<(), Unkept> {
        facts.push(Fact::ModelCalled {
            turn: self.turn_number(&facts),
            step: call.step,
            attempt: call.attempt,
            model: model.clone(),
            reserved: None,
            cause: call.cause,
            body: None,
        });
        self.commit_with(facts, None).await?;
        self.asked.push(model.clone());
        let failed = Chunk::Failed {
            failure,
            partial: Reply::default(),
        };
        let stream = futures_util::stream::iter([failed]).boxed();
        let sent = Sent::nothing(&model);
        let size = sent.size(None, None);
        self.send(stream, model, Tariff::Local, (sent, size));
        if let Some(call) = &mut self.call {
            call.supply = supply;
        }
        Ok(())
    }

    pub(crate) fn prompt(&self, model: &ModelRef, facts: &[Fact], card: &ModelCard) -> Prompt {
        let new: Vec<Placed> = facts
            .iter()
            .filter_map(|fact| match fact {
                Fact::ItemAdded {
                    turn, step, item, ..
                } => Some((*turn, *step, item.clone())),
                _ => None,
            })
            .collect();
        self.prompt_of(model, self.items.iter().chain(&new), most_output(card))
    }

    fn prompt_of<'a, I>(&self, model: &ModelRef, items: I, max_output: u64) -> Prompt
    where
        I: IntoIterator<Item = &'a Placed>,
        I::IntoIter: Clone,
    {
        let made = Made {
            max_output,
            effort: self.session.effort,
            life: self.house.providers().cache_life(model),
        };
        let session = (self.session.id, &*self.system);
        request::prompt(&self.house, session, model, items, (made, &self.pictures))
    }

    /// Takes up what the provider counted before the session was closed.
    pub(crate) fn recount(&mut self, answered: &Answered) {
        let items = &self.items[..answered.items.min(self.items.len())];
        let prompt = self.prompt_of(&answered.model, items, 0);
        self.counted = Counted::new(&Sent::new(&prompt), &[], &answered.usage);
    }

    pub(crate) fn turn_number(&self, facts: &[Fact]) -> u32 {
        let started = facts.iter().rev().find_map(|fact| {
            if let Fact::TurnStarted { turn } = fact {
                Some(*turn)
            } else {
                None
            }
        });
        started.unwrap_or(self.session.turn)
    }

    /// What came of the stream.
    pub(crate) async fn chunks(&mut self, chunks: Vec<Chunk>) {
        if chunks.is_empty() {
            // A provider ends with `Done` or `Failed`; one that did not has broken its promise.
            let failure = Failure::new(
                FailureKind::Internal,
                "the provider's stream ended without an end",
            );
            self.failed(failure, Reply::default()).await;
            return;
        }
        let now = self.house.clock.now();
        for chunk in chunks {
            let unspoken = self.call.as_ref().is_some_and(|call| call.first.is_none());
            if let Some(call) = &mut self.call {
                call.saw(&chunk, now);
            }
            if unspoken && self.call.as_ref().is_some_and(|call| call.first.is_some()) {
                self.notice_endpoint().await;
                self.tell(Delta::Waiting {
                    what: Waiting::Nothing,
                });
            }
            match chunk {
                Chunk::Sent | Chunk::Began { .. } | Chunk::Counted(_) => {}
                // It thinks, which ends the wait for it; there is nothing to show.
                Chunk::Thinking(text) if text.is_empty() => {}
                Chunk::Text(text) => self.spoke(Delta::Text { text }),
                Chunk::Thinking(text) => self.spoke(Delta::Thinking { text }),
                Chunk::CallGrows { name, bytes } => self.spoke(Delta::CallGrows { name, bytes }),
                Chunk::Done(reply) => {
                    self.house.keep_windows();
                    // An answer may have no word before its end.
                    self.notice_endpoint().await;
                    if let Some(call) = self.call.take() {
                        self.counted = reply
                            .usage
                            .and_then(|usage| Counted::new(&call.sent, &reply.parts, &usage));
                        let bill = self.bill(&call, &reply, false);
                        let reply = Reply {
                            usage: Some(bill.usage),
                            ..reply
                        };
                        self.take(Input::Answered { reply, bill }).await;
                    }
                    return;
                }
                Chunk::Failed { failure, partial } => {
                    self.failed(failure, partial).await;
                    return;
                }
            }
        }
    }

    /// Tells, as soon as it does, that another endpoint answers than before.
    async fn notice_endpoint(&mut self) {
        let Some(notice) = self.call.as_mut().and_then(|call| call.notice.take()) else {
            return;
        };
        if self.is_told(&notice) {
            return;
        }
        // Where it cannot be kept the answer cannot either, and that is told. Seldom: not kept in the state of the task.
        let _ = Box::pin(self.commit(vec![*notice])).await;
    }

    /// Whether an attempt before, which broke off, told this in the same step.
    fn is_told(&self, notice: &Fact) -> bool {
        let Fact::ItemAdded {
            turn, step, item, ..
        } = notice
        else {
            return false;
        };
        let mut newest = self.items.iter().rev();
        newest.any(|(of, at, told)| (of, at, told) == (turn, step, item))
    }

    /// It has not begun to answer in time, and another endpoint is ready.
    pub(crate) async fn lost_patience(&mut self) {
        let Some(call) = &self.call else {
            return;
        };
        let waited = self.house.clock.now().since(call.began).as_secs();
        let failure = Failure::new(
            FailureKind::Overloaded,
            format!("{} did not begin to answer within {waited} s", call.model),
        );
        // Where it got the prompt it may charge for it.
        let (partial, taken) = (call.spoken(), !call.unsent);
        self.fails(failure, partial, taken).await;
    }

    async fn failed(&mut self, failure: Failure, partial: Reply) {
        self.fails(failure, partial, false).await;
    }

    pub(crate) async fn fails(&mut self, mut failure: Failure, partial: Reply, taken: bool) {
        let Some(call) = self.call.take() else {
            return;
        };
        self.house.keep_windows();
        if let Some(at) = failure.retry_at.take() {
            let wait = at.saturating_sub(self.house.clock.now().0);
            let wait = u64::try_from(wait).unwrap_or(0);
            failure.retry_after = failure.retry_after.or(Some(wait));
        }
        if failure.kind == FailureKind::BadRequest
            && let Some(sees) = call.tried_pictures
            && let Some(way_out) = self.without_pictures(&call.model, sees)
        {
            failure.message = format!("{}; {way_out}", failure.message);
        }
        tracing::warn!(
            "session {}: {} failed: {:?} {}",
            self.session.id,
            call.model,
            failure.kind,
            failure.message
        );
        let bill = if taken {
            self.bill(&call, &partial, true)
        } else {
            self.bill_failed(&call, &failure, &partial)
        };
        let jitter = self.house.clock.jitter();
        self.take(Input::Failed {
            failure,
            partial,
            bill,
            jitter,
            supply: call.supply,
        })
        .await;
    }

    fn spoke(&mut self, delta: Delta) {
        let Some(call) = &mut self.call else { return };
        match &delta {
            Delta::Text { text } => call.text.push_str(text),
            Delta::Thinking { text } => call.thinking.push_str(text),
            _ => {}
        }
        if call.drafted.elapsed() >= DRAFT_EVERY && !call.text.is_empty() {
            call.drafted = Instant::now();
            let text = self.house.redactor().redact(&call.text).into_owned();
            self.house
                .log
                .put_draft(step_draft(self.session.id), self.house.clock.now(), text);
        }
        self.tell(delta);
    }

    /// Ends a call before its answer was whole: what was said so far, and what it is taken to cost.
    pub(crate) fn break_off(&self, call: &ModelCall) -> (Reply, Bill) {
        let spoken = call.spoken();
        let bill = if call.unsent {
            self.free(call)
        } else {
            self.bill(call, &spoken, true)
        };
        (spoken, bill)
    }
}

/// What is asked of an answer at most. Servers refuse a request whose answer alone could fill the window.
fn most_output(card: &ModelCard) -> u64 {
    let most = card.max_output.unwrap_or(MOST_OUTPUT).min(MOST_OUTPUT);
    let half = card.context.map_or(most, |window| window / 2);
    most.min(half).max(1)
}

fn budget(over: &Over, worst: Option<Money>) -> About {
    About::Budget {
        worst: worst.unwrap_or(Money::usd(0)),
        left: Money::usd(over.limit.saturating_sub(over.used).max(0)),
        limit: Money::usd(over.limit),
        which: if over.day {
            BudgetName::Day
        } else {
            BudgetName::Session
        },
    }
}
