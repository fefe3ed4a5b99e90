//! Commands that outlived their Creel. Whoever takes hold of their session goes on with them: the turn they were of stays open
//! until they end, and ends with them. With somebody there they can be stopped as any other; without, they are waited for, as
//! long as they had. What nobody takes hold of is left alone.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::agent::known;
use crate::agent::recover;
use crate::agent::session::Session;
use crate::engine::session::{STOP_WAIT, Task, Word, joined};
use crate::protocol::call::{Outcome, OutcomeKind, ToolCall};
use crate::protocol::event::{Fact, When};
use crate::protocol::id::{CallId, CommandId, MessageId};
use crate::protocol::item::{Block, Item, joined as joined_text};
use crate::protocol::op::{Command, Op};
use crate::protocol::time::Time;
use crate::sandbox::adopted::{self, Adopted};

/// The commands of a session that were taken over, and those that were said something behind.
#[derive(Debug, Default)]
pub(crate) struct Adoption {
    calls: BTreeSet<CallId>,
    /// Something was said while one ran: it begins a turn.
    said: bool,
}

/// Whether a command of the session lives on that could be taken over.
pub(crate) fn lives_on(session: &Session) -> bool {
    let mut births = session
        .open_calls
        .values()
        .filter_map(|open| open.birth.as_ref());
    births.any(|birth| adopted::waits(birth))
}

/// Takes hold of the commands of a session that live on.
pub(crate) fn take_over(session: &Session) -> Vec<(CallId, Adopted)> {
    let open = session.open_calls.iter();
    open.filter_map(|(call, open)| {
        let birth = open.birth.as_ref()?;
        Some((call.clone(), adopted::adopt(birth)?))
    })
    .collect()
}

/// Pictures are looked at by the turn they begin.
fn is_text(blocks: &[Block]) -> bool {
    let is_text = |block: &Block| matches!(block, Block::Text { .. });
    blocks.iter().all(is_text) && !joined_text(blocks).trim().is_empty()
}

impl Adoption {
    pub(crate) fn is_over(&self) -> bool {
        self.calls.is_empty()
    }

    /// They were let go of, and killed with that.
    pub(crate) fn drop_all(&mut self) {
        self.calls.clear();
    }
}

impl Task {
    /// The turn stays open until these end too.
    pub(crate) fn adopt_calls(&mut self, calls: impl Iterator<Item = CallId>) {
        self.adoption.calls.extend(calls);
    }

    /// A call of the log that had begun, as it was begun: with what the person made of its arguments.
    pub(crate) fn begun_call(&self, id: &CallId) -> Option<ToolCall> {
        let mut call = self.items.iter().find_map(|(_, _, item)| match item {
            Item::Call(call) if call.id == *id => Some(call.clone()),
            _ => None,
        })?;
        let open = self.session.open_calls.get(id);
        if let Some(edited) = open.and_then(|open| open.edited.as_ref()) {
            call.arguments.clone_from(edited);
        }
        Some(call)
    }

    pub(crate) fn is_adopted(&self, call: &CallId) -> bool {
        self.adoption.calls.contains(call)
    }

    /// Goes on with commands that were taken over; `heard` is the newest fact of their Creel, where logs do not say when they
    /// began. One whose call cannot be found ends here.
    pub(crate) async fn adopt(&mut self, taken: Vec<(CallId, Adopted)>, heard: Time) {
        if taken.is_empty() {
            return;
        }
        // The log says what they were asked to do.
        let unread = self.read_past().await.err();
        // All of them before one can be lost: the turn ends with the last.
        self.adopt_calls(taken.iter().map(|(id, _)| id.clone()));
        for (id, adopted) in taken {
            let call = self.begun_call(&id);
            let Some(call) = call else {
                let why = unread.as_deref().unwrap_or("its call is not in the log");
                tracing::warn!("session {}: {id}: {why}", self.session.id);
                adopted.end();
                self.lose(&id).await;
                continue;
            };
            let open = self.session.open_calls.get(&id);
            let began = open.and_then(|open| open.began).unwrap_or(heard);
            self.run_adopted(&call, adopted, began).await;
        }
    }

    /// What a face says while a command runs that was taken over. With a turn the turn decides.
    pub(crate) async fn hear(&mut self, command: Command) {
        if self.turn.is_some() || self.adoption.is_over() {
            self.command(command).await;
            return;
        }
        let id = command.id;
        match command.op {
            Op::Submit { blocks, .. } if is_text(&blocks) => {
                let fact = Fact::MessageQueued {
                    id: MessageId(self.session.messages + 1),
                    blocks,
                    when: When::Turn,
                };
                match self.commit(vec![fact]).await {
                    Ok(()) => self.adoption.said = true,
                    Err(why) => self.refuse(id, &why.to_string()),
                }
            }
            Op::Submit { .. } | Op::Continue | Op::Again | Op::SetUp => {
                let why = "a command of the turn before still runs: wait for its end, or stop it";
                self.refuse(id, why);
            }
            _ => self.command(command).await,
        }
    }

    /// With nobody there: until all that were taken over have ended, or used their time up. What is said meanwhile is done after that, but for a word to stop.
    pub(crate) async fn await_adopted(&mut self) {
        let mut later = Vec::new();
        let mut stopped = None;
        while !self.adoption.is_over() {
            let deadline = self.deadline;
            tokio::select! {
                biased;
                word = self.inbox.recv(), if stopped.is_none() => {
                    stopped = match word {
                        Some(Word::Command(command)) => match command.op {
                            Op::Interrupt => Some("stopped by you".to_owned()),
                            Op::HangUp => Some("the terminal was closed".to_owned()),
                            Op::Close => {
                                self.first = Some(Word::Command(command));
                                Some("the session was closed".to_owned())
                            }
                            _ => {
                                later.push(command);
                                None
                            }
                        },
                        Some(Word::Stop(why)) => Some(why),
                        None => Some("the session was closed".to_owned()),
                    };
                    if stopped.is_some() {
                        self.stop_adopted(STOP_WAIT);
                    }
                }
                finished = joined(&mut self.tools) => self.tool_ended(finished).await,
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    self.deadline_passed().await;
                }
            }
        }
        for command in later {
            self.command(command).await;
        }
        if let Some(why) = stopped {
            self.interrupt(&why).await;
        }
    }

    /// A command that was taken over has ended; `false` where it is none of those.
    pub(crate) async fn adopted_ended(&mut self, call: &CallId, outcome: &Outcome) -> bool {
        if !self.adoption.calls.remove(call) {
            return false;
        }
        let mut outcome = outcome.clone();
        let open = self.session.open_calls.get(call);
        if open.is_some_and(|open| open.again) && outcome.kind != OutcomeKind::Lost {
            outcome = known::done_again(outcome);
        }
        let is_last = self.adoption.is_over();
        let facts = recover::taken_over(&self.session, call, outcome, is_last);
        if let Err(why) = self.commit(facts).await {
            // Whoever takes hold of the session next closes it.
            self.given_up = true;
            self.refuse(
                CommandId(0),
                &format!("how a command ended could not be kept: {why}"),
            );
            return true;
        }
        if self.adoption.is_over() {
            self.deadline = None;
            if std::mem::take(&mut self.adoption.said) && !self.session.queued.is_empty() {
                self.begin_queued(CommandId(0)).await;
            }
        }
        true
    }

    /// Stops those that were taken over.
    pub(crate) fn stop_adopted(&mut self, patience: Duration) {
        if self.adoption.is_over() {
            return;
        }
        // Said before the stop: it waits for the person.
        self.adoption.said = false;
        self.stop.cancel();
        if self.deadline.is_none() {
            self.deadline = Some(Instant::now() + patience);
        }
    }

    /// Those that did not end in time were let go of, and killed with that.
    pub(crate) async fn lose_adopted(&mut self) {
        let left: Vec<CallId> = self.adoption.calls.iter().cloned().collect();
        for call in left {
            self.lose(&call).await;
        }
    }

    async fn lose(&mut self, call: &CallId) {
        let open = self.session.open_calls.get(call);
        if open.is_some_and(|open| open.again) {
            self.adopted_ended(call, &known::not_seen()).await;
            return;
        }
        let text = "Creel ended while this ran. Its process was still there and was ended now, so how far it came is not known. It was not run again. Verify before repeating it.";
        self.adopted_ended(call, &Outcome::lost(text)).await;
    }
}
