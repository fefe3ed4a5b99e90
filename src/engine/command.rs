//! What a session does at each word of a face. It refuses with a reason, or lets facts follow.

use tokio_util::sync::CancellationToken;

use crate::agent::retry;
use crate::agent::turn::effect::Effect;
use crate::agent::turn::input::Input;
use crate::agent::turn::{Limits, Opening, Turn};
use crate::engine::hunks::Untaken;
use crate::engine::session::Task;
use crate::engine::taken_up::goes_on;
use crate::protocol::ask::{About, Answer, BudgetName, Verdict};
use crate::protocol::event::{Ending, Fact, When};
use crate::protocol::id::{AskId, CommandId, MessageId};
use crate::protocol::item::{Block, Item, Origin, joined};
use crate::protocol::money::{Currency, Money};
use crate::protocol::op::{Command, Op};
use crate::protocol::rule::{Lasting, NewRule};
use crate::protocol::session::{Change, RunLimits};
use crate::store::fault::StoreError;

/// What the model is told where it is asked again after an answer of its own: a request must not end with one.
const GO_ON: &str = "Go on from where you stopped.";

/// What becomes of an answer that was cut off when the model is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Kept,
    Dropped,
}

/// Whether a word needs what was said before: a prompt is built of it, or measured by it. Who only reads in a long session or puts
/// it away waits for none of it.
fn needs_past(op: &Op) -> bool {
    match op {
        // The first two are refused: the session is open.
        Op::Open { .. }
        | Op::Fork { .. }
        | Op::Close
        | Op::Resume
        | Op::Withdraw { .. }
        | Op::Recheck { .. }
        | Op::Interrupt
        | Op::HangUp
        | Op::Hurry => false,
        Op::Change { change } => matches!(change, Change::Model { .. }),
        Op::Submit { .. }
        | Op::Answer { .. }
        | Op::Continue
        | Op::Again
        | Op::SetUp
        | Op::Shell { .. } => true,
    }
}

impl Task {
    pub(crate) async fn command(&mut self, command: Command) {
        let id = command.id;
        if self.given_up && matches!(command.op, Op::Recheck { .. }) {
            // Nobody did anything, and no ask waits any more.
            return;
        }
        if self.given_up
            && let Err(why) = self.mend().await
        {
            self.refuse(id, &format!("nothing can be kept: {why}"));
            return;
        }
        if needs_past(&command.op)
            && let Err(why) = self.read_past().await
        {
            self.refuse(id, &format!("what was said before cannot be read: {why}"));
            return;
        }
        if goes_on(&command.op) && !self.take_up(id, None).await {
            return;
        }
        match command.op {
            Op::Open { .. } | Op::Fork { .. } => self.refuse(id, "this session is open already"),
            // The first ends the task; a face that resumes an open session just rereads its history.
            Op::Close | Op::Resume => {}
            Op::Submit {
                blocks,
                when,
                limits,
            } => self.submit(id, blocks, when, limits).await,
            Op::Withdraw { message } => self.withdraw(id, message).await,
            Op::Answer { ask, answer } => self.answer(id, ask, answer).await,
            Op::Recheck { ask } => self.recheck(ask).await,
            Op::Interrupt => {
                self.shell_stop.cancel();
                self.interrupt("stopped by you").await;
            }
            Op::HangUp => {
                self.shell_stop.cancel();
                self.interrupt("the terminal was closed").await;
            }
            Op::Hurry => self.house.providers().speed().hurry(),
            Op::Continue => self.go_on(id, Cut::Kept).await,
            Op::Again => self.go_on(id, Cut::Dropped).await,
            Op::Change { change } => self.change(id, change).await,
            Op::SetUp => self.set_up(id).await,
            Op::Shell { command } => self.start_shell(command).await,
        }
    }

    async fn submit(
        &mut self,
        command: CommandId,
        blocks: Vec<Block>,
        when: When,
        limits: RunLimits,
    ) {
        if joined(&blocks).trim().is_empty() {
            self.refuse(command, "there is nothing to send");
            return;
        }
        if let Err(why) = self.take_pictures(&blocks).await {
            self.refuse(command, &why);
            return;
        }
        if self.turn.as_ref().is_some_and(Turn::is_stopping) {
            // Said after the stop: it begins the next turn.
            self.settle().await;
        }
        if self.turn.is_none() {
            let prompt = Some((blocks, Origin::Person));
            self.begin(command, prompt, limits).await;
            return;
        }
        let id = MessageId(self.session.messages + 1);
        let fact = Fact::MessageQueued {
            id,
            blocks: blocks.clone(),
            when,
        };
        match self.commit(vec![fact]).await {
            Ok(()) if when == When::Step => {
                self.watch.begin();
                self.take(Input::Steered { id, blocks }).await;
            }
            Ok(()) => {}
            Err(why) => self.refuse(command, &why.to_string()),
        }
    }

    async fn withdraw(&mut self, command: CommandId, message: MessageId) {
        if !self
            .session
            .queued
            .iter()
            .any(|queued| queued.id == message)
        {
            self.refuse(command, "this message has already been sent");
            return;
        }
        let fact = Fact::MessageWithdrawn {
            id: message,
            entered: false,
        };
        match self.commit(vec![fact]).await {
            Ok(()) => self.take(Input::Withdrawn { id: message }).await,
            Err(why) => self.refuse(command, &why.to_string()),
        }
    }

    async fn answer(&mut self, command: CommandId, ask: AskId, mut answer: Answer) {
        let Some(waiting) = self
            .session
            .asks
            .iter()
            .find(|waiting| waiting.ask.id == ask)
        else {
            self.refuse(command, "this no longer waits for an answer");
            return;
        };
        let about = waiting.ask.about.clone();
        let fits = match (&answer, &about) {
            (Answer::Verdict { .. }, about) => matches!(about, About::Approval(_)),
            (Answer::Raise { by }, about) => {
                matches!(about, About::Budget { .. })
                    && by.parts > 0
                    && by.currency == Currency::USD
            }
            (Answer::Proceed | Answer::End, about) => {
                !matches!(about, About::Approval(_) | About::Question(_))
            }
            (Answer::Said { .. }, about) => matches!(about, About::Question(_)),
        };
        if !fits {
            self.refuse(command, "this is no answer to what was asked");
            return;
        }
        let mut taken = None;
        if let (
            Answer::Verdict {
                verdict: Verdict::Hunks { kept },
            },
            About::Approval(approval),
        ) = (&answer, &about)
        {
            match self.with_hunks(approval, kept.clone()).await {
                Ok(hunks) => {
                    let arguments = hunks.arguments.clone();
                    let verdict = Verdict::Edited { arguments };
                    answer = Answer::Verdict { verdict };
                    taken = Some(hunks);
                }
                Err(Untaken::Outdated(why)) => {
                    self.take(Input::AskVoided { ask, why }).await;
                    return;
                }
                Err(Untaken::Refused(why)) => {
                    self.refuse(command, &why);
                    return;
                }
            }
        }
        if let (
            Answer::Verdict {
                verdict: Verdict::Edited { arguments },
            },
            About::Approval(approval),
        ) = (&mut answer, &about)
            && let Err(why) = self.edited(approval, arguments).await
        {
            self.refuse(command, &why);
            return;
        }
        if let (Some(taken), About::Approval(approval)) = (&taken, &about)
            && let Some(why) = self.strayed(taken, approval)
        {
            self.take(Input::AskVoided { ask, why }).await;
            return;
        }
        if let (Answer::Verdict { verdict }, About::Approval(approval)) = (&answer, &about)
            && let Some(why) = self.outdated(verdict, approval).await
        {
            self.take(Input::AskVoided { ask, why }).await;
            return;
        }
        if let (Answer::Verdict { verdict }, About::Approval(approval)) = (&answer, &about)
            && let Err(why) = self.keep_with(verdict, approval).await
        {
            self.refuse(command, &why);
            return;
        }
        if let (Answer::Raise { by }, About::Budget { which, limit, .. }) = (&answer, &about)
            && let Err(why) = self.raise(*which, *limit, *by).await
        {
            self.refuse(command, &why.to_string());
            return;
        }
        if answer == Answer::Proceed {
            match &about {
                About::Guard { .. } => self.watch.begin(),
                // Kept before the answer is: the call that follows looks it up.
                About::Unpriced { model } => {
                    let change = model.parse().map(|model| Change::PriceAccepted { model });
                    let kept = match change {
                        Ok(change) => {
                            let fact = Fact::SessionChanged { change };
                            let kept = self.commit(vec![fact]).await;
                            kept.map_err(|why| why.to_string())
                        }
                        Err(why) => Err(why.to_string()),
                    };
                    if let Err(why) = kept {
                        self.refuse(command, &why);
                        return;
                    }
                }
                About::Budget { .. } | About::Approval(_) | About::Question(_) => {}
            }
        }
        self.take(Input::AskAnswered { ask, answer }).await;
    }

    async fn raise(
        &mut self,
        which: BudgetName,
        limit: Money,
        by: Money,
    ) -> Result<(), StoreError> {
        let limit = Money::usd(limit.parts.saturating_add(by.parts));
        let change = match which {
            BudgetName::Day => Change::DayRaised {
                day: self.house.clock.day(self.house.clock.now()),
                by,
            },
            BudgetName::Session => Change::Budget { limit: Some(limit) },
            BudgetName::Run => {
                // The answer itself is the record: the budget goes with the run.
                self.run.budget = Some(limit);
                return Ok(());
            }
        };
        self.commit(vec![Fact::SessionChanged { change }]).await
    }

    async fn change(&mut self, command: CommandId, change: Change) {
        if let Change::Model { model } = change {
            self.change_model(command, model).await;
            return;
        }
        if let Change::TakenUp { cwd, .. } = change {
            self.take_up(command, Some(cwd)).await;
            return;
        }
        let fault = match &change {
            Change::PriceAccepted { .. } => {
                Some("a model is accepted by the answer to the question about it".to_owned())
            }
            Change::PlanModel { .. } => Some("the config says which model plans".to_owned()),
            Change::ModeLent { mode, until, sum } => self.session.no_loan(*mode, *sum, *until),
            Change::ModeReturned { .. } => {
                Some("a mode comes back by itself; `ask` ends what was lent".to_owned())
            }
            // A rule that cannot be read would forbid nothing.
            Change::RuleKept { rule, .. } => self.faulty(&rule.text),
            Change::Budget { limit: Some(limit) } => (limit.parts < 0
                || limit.currency != Currency::USD)
                .then(|| "a budget is a sum in dollars".to_owned()),
            Change::DayRaised { by, .. } => (by.parts <= 0 || by.currency != Currency::USD)
                .then(|| "a day's budget is raised by a sum in dollars".to_owned()),
            Change::Model { .. }
            | Change::Vouched { .. }
            | Change::TakenUp { .. }
            | Change::Budget { limit: None }
            | Change::Mode { .. }
            | Change::Effort { .. }
            | Change::Title { .. }
            | Change::Archived { .. }
            | Change::Pinned { .. }
            | Change::Unseen { .. }
            | Change::Recall { .. }
            | Change::Temporary { .. } => None,
        };
        let kept = if let Some(why) = fault {
            Err(why)
        } else {
            let plan = match &change {
                Change::Mode { mode } | Change::ModeLent { mode, .. } => self.plan_change(*mode),
                _ => None,
            };
            let change = match change {
                Change::RuleKept { rule, call, .. } => {
                    let new = NewRule {
                        effect: rule.effect,
                        text: rule.text,
                        scope: rule.scope,
                        lasts: Lasting::Always,
                    };
                    self.rule_kept(&new, call)
                }
                change => change,
            };
            let mut facts = vec![Fact::SessionChanged { change }];
            facts.extend(plan);
            let kept = self.commit(facts).await;
            kept.map_err(|why| why.to_string())
        };
        if let Err(why) = kept {
            self.refuse(command, &why);
        }
    }

    /// Goes on where the last turn did not end by itself, else with what waits.
    async fn go_on(&mut self, command: CommandId, cut: Cut) {
        if self.turn.is_some() {
            // The wait before a retry is cut short; anything else goes on as it is.
            if self.wake.take().is_some() {
                self.take(Input::Woke).await;
            }
            return;
        }
        match self.session.ending {
            Some(
                Ending::Failed { .. }
                | Ending::Interrupted { .. }
                | Ending::Budget
                | Ending::Limit { .. },
            ) => {
                let steered = self
                    .session
                    .queued
                    .iter()
                    .any(|queued| queued.when == When::Step);
                let answered = self.items.iter().rev().find_map(|(_, _, item)| match item {
                    // Nothing follows it: it is left out of the prompt.
                    Item::Answer { cut: true, .. } if cut == Cut::Dropped => None,
                    Item::Answer { .. } | Item::Thought { .. } => Some(true),
                    Item::Prompt { .. } | Item::Call(_) | Item::Result { .. } => Some(false),
                    Item::Notice { .. } | Item::Shell { .. } | Item::Recalled(_) => None,
                });
                let prompt = (answered == Some(true) && !steered)
                    .then(|| (vec![Block::text(GO_ON)], Origin::Creel));
                self.begin(command, prompt, RunLimits::default()).await;
            }
            None | Some(Ending::Finished | Ending::Denied) if !self.session.queued.is_empty() => {
                self.begin_queued(command).await;
            }
            None | Some(Ending::Finished | Ending::Denied) => {
                self.refuse(command, "there is nothing to go on with");
            }
        }
    }

    /// Begins a turn with what steered an earlier one and never entered, then the prompt.
    async fn begin(
        &mut self,
        command: CommandId,
        prompt: Option<(Vec<Block>, Origin)>,
        limits: RunLimits,
    ) {
        let entering = self
            .session
            .queued
            .iter()
            .filter(|queued| queued.when == When::Step)
            .map(|queued| (queued.id, queued.blocks.clone()))
            .collect();
        self.open_turn(command, Opening { entering, prompt }, limits)
            .await;
    }

    /// Begins a turn with the message that waits longest.
    pub(crate) async fn begin_queued(&mut self, command: CommandId) {
        let Some(queued) = self.session.queued.first() else {
            return;
        };
        let opening = Opening {
            entering: vec![(queued.id, queued.blocks.clone())],
            prompt: None,
        };
        self.open_turn(command, opening, RunLimits::default()).await;
    }

    async fn open_turn(&mut self, command: CommandId, opening: Opening, limits: RunLimits) {
        let turn_limits = Limits {
            max_steps: limits.max_steps,
            attempts: if limits.no_retry { 1 } else { retry::ATTEMPTS },
            patient: !self.house.unattended,
        };
        self.run = limits;
        let readers = self.house.tools.readers();
        let number = self.session.turn + 1;
        let begun = Turn::begin(number, opening, turn_limits, readers);
        self.take_turn(command, number, begun).await;
    }

    /// Runs a turn that has begun.
    pub(crate) async fn take_turn(
        &mut self,
        command: CommandId,
        number: u32,
        (turn, effects): (Turn, Vec<Effect>),
    ) {
        self.spent = 0;
        self.forget_notes();
        self.house.providers().speed().rest();
        self.watch.begin();
        self.stop = CancellationToken::new();
        self.turn = Some(turn);
        if let Err(unkept) = Box::pin(self.carry_out(effects)).await {
            if self.session.turn == number {
                self.give_up(unkept);
            } else {
                // Not even its beginning is in the log: nothing happened, and the words go back to whoever said them.
                self.turn = None;
                self.refuse(command, &unkept.why.to_string());
            }
        }
    }

    /// After a turn: what was queued for the next one begins it, unless the turn was stopped or failed.
    pub(crate) fn has_next(&self) -> bool {
        matches!(self.session.ending, Some(Ending::Finished | Ending::Denied))
            && !self.session.queued.is_empty()
    }
}
