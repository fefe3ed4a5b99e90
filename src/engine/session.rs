//! One task a session: takes words from the faces, chunks from the model, outcomes from tools, and has the turn's effects
//! carried out. It is the session's one writer.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::agent::guard::Watch;
use crate::agent::prompt::Placed;
use crate::agent::session::{Queued, Session};
use crate::agent::turn::input::Input;
use crate::agent::turn::{Limits, Turn};
use crate::engine::house::House;
use crate::engine::model_call::ModelCall;
use crate::engine::owner::Held;
use crate::engine::tool_run::{Finished, Shelled};
use crate::project;
use crate::protocol::ask::{About, Answer, BudgetName};
use crate::protocol::event::{Ending, Fact, Signal, When};
use crate::protocol::id::{AskId, CallId, CommandId, MessageId};
use crate::protocol::item::{Block, Item};
use crate::protocol::op::{Command, Op};
use crate::protocol::session::{Change, RunLimits};
use crate::provider::Chunk;
use crate::tool::shared::change::Shown;

/// How long running tools have to end after an interruption before they are given up: idle within 200 ms is promised.
const STOP_WAIT: Duration = Duration::from_millis(150);

/// What a session's task is told.
#[derive(Debug)]
pub(crate) enum Word {
    Command(Command),
    /// Stop the turn, for this reason.
    Stop(String),
}

/// A session that is spoken to.
pub(crate) struct Task {
    pub(crate) house: Arc<House>,
    pub(crate) session: Session,
    /// The folders that count as inside, fixed while the session is open.
    pub(crate) roots: Vec<PathBuf>,
    /// The conversation, in memory while the session is open: what prompts are built from.
    pub(crate) items: Vec<Placed>,
    pub(crate) turn: Option<Turn>,
    pub(crate) run: RunLimits,
    /// Dollars counted in this run, in parts.
    pub(crate) spent: i64,
    pub(crate) watch: Watch,
    pub(crate) call: Option<ModelCall>,
    pub(crate) tools: JoinSet<Finished>,
    /// The person's own command, where one runs.
    pub(crate) shell: JoinSet<Shelled>,
    pub(crate) stop: CancellationToken,
    /// Whole outputs to be kept with the next facts.
    pub(crate) blobs: Vec<Vec<u8>>,
    pub(crate) wake: Option<Instant>,
    pub(crate) deadline: Option<Instant>,
    /// Hashes of kept outputs by number.
    pub(crate) outputs: Arc<Mutex<HashMap<u32, String>>>,
    /// Hashes of files as last seen, by path.
    pub(crate) seen: Arc<Mutex<HashMap<PathBuf, [u8; 32]>>>,
    /// What the person was shown of the call judged last, with these arguments or those they gave it.
    pub(crate) shown: Mutex<HashMap<(CallId, String), Arc<Mutex<Option<Shown>>>>>,
    inbox: mpsc::UnboundedReceiver<Word>,
    _held: Held,
}

/// What a task waits for.
enum Happening {
    Word(Word),
    /// No face holds the session any more.
    Left,
    Chunks(Vec<Chunk>),
    Ended(Finished),
    ShellEnded(Shelled),
    Woke,
    Deadline,
}

impl Task {
    pub(crate) fn new(
        house: Arc<House>,
        session: Session,
        items: Vec<Placed>,
        inbox: mpsc::UnboundedReceiver<Word>,
        held: Held,
    ) -> Self {
        let outputs = items
            .iter()
            .filter_map(|(_, _, item)| match item {
                Item::Result { outcome, .. } | Item::Shell { outcome, .. } => {
                    outcome.whole.as_ref()
                }
                _ => None,
            })
            .map(|whole| (whole.number, whole.hash.clone()))
            .collect();
        let cwd = &session.spec.cwd;
        let roots = project::roots(cwd, &project::find(cwd), house.home.as_deref());
        Self {
            house,
            session,
            roots,
            items,
            turn: None,
            run: RunLimits::default(),
            spent: 0,
            watch: Watch::default(),
            call: None,
            tools: JoinSet::new(),
            shell: JoinSet::new(),
            stop: CancellationToken::new(),
            blobs: Vec::new(),
            wake: None,
            deadline: None,
            outputs: Arc::new(Mutex::new(outputs)),
            seen: Arc::new(Mutex::new(HashMap::new())),
            shown: Mutex::default(),
            inbox,
            _held: held,
        }
    }

    /// Runs until the session is closed.
    pub(crate) async fn run(mut self) {
        loop {
            match self.next().await {
                Happening::Word(Word::Command(Command { op: Op::Close, .. })) | Happening::Left => {
                    break;
                }
                Happening::Word(Word::Command(command)) => self.command(command).await,
                Happening::Word(Word::Stop(why)) => self.interrupt(&why).await,
                Happening::Chunks(chunks) => self.chunks(chunks).await,
                Happening::Ended(finished) => self.tool_ended(finished).await,
                Happening::ShellEnded(shelled) => self.shell_ended(shelled).await,

                Happening::Woke => {
                    self.wake = None;
                    self.take(Input::Woke).await;
                }
                Happening::Deadline => {
                    self.deadline = None;
                    // What still runs is let go; its group was killed, and its outcome is recorded as not known.
                    self.tools = JoinSet::new();
                    self.take(Input::Deadline).await;
                }
            }
        }
        self.interrupt("the session was closed").await;
        while self.turn.is_some() {
            match self.next().await {
                Happening::Ended(finished) => self.tool_ended(finished).await,
                Happening::Deadline => {
                    self.deadline = None;
                    self.take(Input::Deadline).await;
                }
                _ if self.deadline.is_none() => break,
                _ => {}
            }
        }
    }

    async fn next(&mut self) -> Happening {
        let wake = self.wake;
        let deadline = self.deadline;
        tokio::select! {
            biased;
            word = self.inbox.recv() => word.map_or(Happening::Left, Happening::Word),
            () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => Happening::Deadline,
            Some(Ok(finished)) = self.tools.join_next(), if !self.tools.is_empty() => Happening::Ended(finished),
            Some(Ok(shelled)) = self.shell.join_next(), if !self.shell.is_empty() => Happening::ShellEnded(shelled),
            chunks = next_chunks(&mut self.call), if self.call.is_some() => Happening::Chunks(chunks),
            () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => Happening::Woke,
        }
    }

    async fn command(&mut self, command: Command) {
        let id = command.id;
        match command.op {
            Op::Open { .. } | Op::Close => {}
            // A face that resumes an open session just rereads its history.
            Op::Resume => {}
            Op::Submit {
                blocks,
                when,
                limits,
            } => self.submit(blocks, when, limits).await,
            Op::Withdraw { message } => self.withdraw(id, message).await,
            Op::Answer { ask, answer } => self.answer(id, ask, answer).await,
            Op::Interrupt => {
                self.stop_shell();
                self.interrupt("stopped by the person").await;
            }
            Op::Continue => {
                if self.turn.is_none() {
                    self.begin(None, RunLimits::default()).await;
                } else if self.wake.take().is_some() {
                    // The wait before a retry is cut short.
                    self.take(Input::Woke).await;
                }
            }
            Op::Change { change } => self.change(id, change).await,
            Op::Shell { command } => self.start_shell(command),
        }
    }

    async fn submit(&mut self, blocks: Vec<Block>, when: When, limits: RunLimits) {
        if self.turn.is_none() {
            self.begin(Some(blocks), limits).await;
            return;
        }
        let id = MessageId(self.session.messages + 1);
        let fact = Fact::MessageQueued {
            id,
            blocks: blocks.clone(),
            when,
        };
        if self.commit(vec![fact]).await && when == When::Step {
            self.take(Input::Steered { id, blocks }).await;
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
        if self
            .commit(vec![Fact::MessageWithdrawn {
                id: message,
                entered: false,
            }])
            .await
        {
            self.take(Input::Withdrawn { id: message }).await;
        }
    }

    async fn answer(&mut self, command: CommandId, ask: AskId, answer: Answer) {
        let Some(waiting) = self
            .session
            .asks
            .iter()
            .find(|waiting| waiting.ask.id == ask)
        else {
            self.refuse(command, "this no longer waits for an answer");
            return;
        };
        let fits = matches!(answer, Answer::Verdict { .. })
            == matches!(waiting.ask.about, About::Approval(_));
        if !fits {
            self.refuse(command, "this is no answer to what was asked");
            return;
        }
        if let (Answer::Raise { by }, About::Budget { which, limit, .. }) =
            (&answer, &waiting.ask.about)
        {
            let by = *by;
            let change = match which {
                BudgetName::Day => Change::DayRaised {
                    day: self.house.clock.day(self.house.clock.now()),
                    by,
                },
                BudgetName::Session => {
                    let limit =
                        crate::protocol::money::Money::usd(limit.parts.saturating_add(by.parts));
                    Change::Budget { limit: Some(limit) }
                }
                BudgetName::Run => {
                    let limit = self.run.budget.map_or(0, |limit| limit.parts);
                    self.run.budget = Some(crate::protocol::money::Money::usd(
                        limit.saturating_add(by.parts),
                    ));
                    Change::Budget {
                        limit: self.session.budget,
                    }
                }
            };
            if !self.commit(vec![Fact::SessionChanged { change }]).await {
                return;
            }
        }
        if matches!(answer, Answer::Proceed) {
            self.watch.begin();
        }
        self.take(Input::AskAnswered { ask, answer }).await;
    }

    async fn change(&mut self, command: CommandId, change: Change) {
        if let Change::Model { model } = &change
            && let Err(failure) = self.house.providers().get(model)
        {
            self.refuse(command, &failure.message);
            return;
        }
        self.commit(vec![Fact::SessionChanged { change }]).await;
    }

    async fn begin(&mut self, blocks: Option<Vec<Block>>, limits: RunLimits) {
        let attempts = if limits.no_retry {
            1
        } else {
            crate::agent::retry::ATTEMPTS
        };
        let turn_limits = Limits {
            max_steps: limits.max_steps,
            attempts,
        };
        self.run = limits;
        self.spent = 0;
        self.watch.begin();
        self.stop = CancellationToken::new();
        let readers = self.house.tools.readers();
        let (turn, effects) = Turn::begin(self.session.turn + 1, blocks, turn_limits, readers);
        self.turn = Some(turn);
        self.carry_out(effects).await;
    }

    /// Hands an input to the turn and carries out what follows.
    pub(crate) async fn take(&mut self, input: Input) {
        if let Some(turn) = &mut self.turn {
            let effects = turn.step(input);
            self.carry_out(effects).await;
        }
    }

    async fn interrupt(&mut self, why: &str) {
        if self.turn.is_none() {
            return;
        }
        self.wake = None;
        self.stop.cancel();
        let partial = self.call.take().map(|call| self.break_off(call));
        self.take(Input::Interrupt {
            partial,
            why: why.to_owned(),
        })
        .await;
        if self.turn.is_some() {
            self.deadline = Some(Instant::now() + STOP_WAIT);
        }
    }

    /// After a turn: what was queued for the next one begins it, unless the person stopped the last.
    pub(crate) fn next_message(&self) -> Option<Queued> {
        match self.session.ending {
            Some(Ending::Finished | Ending::Denied) => self.session.queued.first().cloned(),
            _ => None,
        }
    }

    pub(crate) async fn begin_queued(&mut self, queued: Queued) {
        if self
            .commit(vec![Fact::MessageWithdrawn {
                id: queued.id,
                entered: true,
            }])
            .await
        {
            Box::pin(self.begin(Some(queued.blocks), RunLimits::default())).await;
        }
    }

    pub(crate) fn refuse(&self, command: CommandId, why: &str) {
        self.house.tell(Signal::Refused {
            command,
            session: self.session.id,
            why: why.to_owned(),
        });
    }
}

/// All chunks that are there, waiting for the first: text that came in one read is told in one delta.
async fn next_chunks(call: &mut Option<ModelCall>) -> Vec<Chunk> {
    match call {
        Some(call) => call.next().await,
        None => std::future::pending().await,
    }
}
