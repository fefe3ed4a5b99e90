//! One task a session: takes words from the faces, chunks from the model, outcomes from tools, and has the turn's effects
//! carried out. It is the session's one writer.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::agent::guard::Watch;
use crate::agent::known::Known;
use crate::agent::picture::Pictures;
use crate::agent::prompt::Placed;
use crate::agent::recover::{self, Broke};
use crate::agent::session::Session;
use crate::agent::size::Counted;
use crate::agent::turn::Turn;
use crate::agent::turn::input::Input;
use crate::engine::adoption::Adoption;
use crate::engine::call::ModelCall;
use crate::engine::edited::Warned;
use crate::engine::house::House;
use crate::engine::open;
use crate::engine::owner::Held;
use crate::engine::private::Private;
use crate::engine::tool_run::{Finished, Shelled};
use crate::project;
use crate::protocol::event::{Fact, Signal};
use crate::protocol::id::{CallId, CommandId, ModelRef};
use crate::protocol::item::{Block, Item, joined as joined_text};
use crate::protocol::op::{Command, Op};
use crate::protocol::rule::Rule;

use crate::protocol::session::RunLimits;
use crate::protocol::time::Time;
use crate::provider::Chunk;
use crate::sandbox::child::Waiting;
use crate::store::fault::StoreError;
use crate::tool::deed::Deed;

/// How long running tools have to end after an interruption before they are given up: idle within 200 ms is promised.
pub(crate) const STOP_WAIT: Duration = Duration::from_millis(150);

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
    /// What git keeps elsewhere for a worktree, fixed with them.
    pub(crate) repository: Option<PathBuf>,
    /// What models are told first: as the session began, without notes that were forgotten since.
    pub(crate) system: Arc<str>,
    /// Who may be asked in its project, fixed with them.
    pub(crate) private: Private,
    /// The rules kept in the home that hold here, as they were read last.
    pub(crate) kept: Vec<Rule>,
    /// The conversation, in memory from the first word on that needs it: what prompts are built from.
    pub(crate) items: Vec<Placed>,
    /// That the session was opened, until it is kept: with the first facts that follow, so that what is said at once costs one
    /// wait for the disk and not two.
    pub(crate) opened: Option<Fact>,
    /// What the log has of it was not read yet.
    pub(crate) unread: bool,
    /// The pictures of the conversation, for the same.
    pub(crate) pictures: Pictures,
    pub(crate) turn: Option<Turn>,
    pub(crate) run: RunLimits,
    /// Dollars counted in this run, in parts.
    pub(crate) spent: i64,
    pub(crate) watch: Watch,
    /// The turn that was asked about the room on the disk last.
    pub(crate) room_asked: Option<u32>,
    pub(crate) call: Option<ModelCall>,
    /// When it was told last how the calls of all sessions ended.
    pub(crate) heard: Option<Time>,
    /// A call beside the turn: for a title.
    pub(crate) aside: Option<ModelCall>,
    /// The models that were asked in this step.
    pub(crate) asked: Vec<ModelRef>,
    /// The model the person chose for when the turn that runs has ended.
    pub(crate) chosen: Option<ModelRef>,
    /// What the provider counted last.
    pub(crate) counted: Option<Counted>,
    pub(crate) tools: JoinSet<Finished>,
    /// Those among them that another Creel began.
    pub(crate) adoption: Adoption,
    /// Commands that wait until their start is kept, or why they do not.
    pub(crate) waiting: HashMap<CallId, Result<Waiting, String>>,
    pub(crate) stop: CancellationToken,
    /// The person's own commands, with what is running, by the number of their output.
    pub(crate) shell: JoinSet<Shelled>,
    pub(crate) shells: BTreeMap<u32, String>,
    /// Theirs alone: a turn that begins meanwhile has a `stop` of its own.
    pub(crate) shell_stop: CancellationToken,
    /// The turn was given up because the log took nothing more: what the log says is open must be closed before anything
    /// else is done.
    pub(crate) given_up: bool,
    /// What happened then and could not be kept.
    pub(crate) owed: Vec<Fact>,
    /// Whole outputs to be kept with the next facts.
    pub(crate) blobs: Vec<Vec<u8>>,
    pub(crate) wake: Option<Instant>,
    pub(crate) deadline: Option<Instant>,
    /// Hashes of kept outputs by number.
    pub(crate) outputs: Arc<Mutex<HashMap<u32, String>>>,
    /// Hashes of files as last seen, by path.
    pub(crate) seen: Arc<Mutex<HashMap<PathBuf, [u8; 32]>>>,
    /// Told to the hall: a turn runs.
    pub(crate) busy: Arc<AtomicBool>,
    /// Rules that the folder brought since the session was opened and that only take away.
    pub(crate) narrowing: Vec<Rule>,
    /// Why some of what it brings cannot be read: that could forbid.
    pub(crate) unread_rules: Option<String>,
    /// Rules that it brings, would let something run and are not trusted.
    pub(crate) untrusted_rules: Vec<String>,
    /// What calls that were judged do: what is asked about, and what runs.
    pub(crate) deeds: HashMap<CallId, Arc<Deed>>,
    /// What the person typed at an ask and was told of before it runs.
    pub(crate) warned: Option<Warned>,
    pub(crate) inbox: mpsc::UnboundedReceiver<Word>,
    /// The first word of the inbox, where it was looked at and stood for later.
    pub(crate) first: Option<Word>,
    _held: Held,
}

/// What a task waits for.
enum Happening {
    Word(Word),
    /// No face holds the session any more.
    Left,
    Chunks(Vec<Chunk>),
    Title(Vec<Chunk>),
    Ended(Finished),
    ShellEnded(Shelled),
    Woke,
    /// The model has not begun to answer in time.
    Slow,
    /// The time a mode was lent for may be over, and no turn runs.
    Lent,
    Deadline,
    /// A stream is open, and it is time to look whether the machine slept.
    Look,
}

impl Task {
    pub(crate) fn new(
        house: Arc<House>,
        session: Session,
        items: Vec<Placed>,
        inbox: mpsc::UnboundedReceiver<Word>,
        held: Held,
    ) -> Self {
        let cwd = &session.spec.cwd;
        let project = project::find(cwd);
        let roots = project::roots(cwd, &project, house.home.as_deref());
        let private = Private::read(cwd, &session.spec.project);
        Self {
            system: session.spec.system.as_str().into(),
            house,
            private,
            session,
            roots,
            repository: project.common(),
            kept: Vec::new(),
            outputs: Arc::new(Mutex::new(outputs(&items))),
            items,
            opened: None,
            unread: false,
            pictures: Pictures::default(),
            turn: None,
            run: RunLimits::default(),
            spent: 0,
            watch: Watch::default(),
            room_asked: None,
            call: None,
            aside: None,
            asked: Vec::new(),
            heard: None,
            chosen: None,
            counted: None,
            tools: JoinSet::new(),
            adoption: Adoption::default(),
            waiting: HashMap::new(),
            stop: CancellationToken::new(),
            shell: JoinSet::new(),
            shells: BTreeMap::new(),
            shell_stop: CancellationToken::new(),
            given_up: false,
            owed: Vec::new(),
            blobs: Vec::new(),
            wake: None,
            deadline: None,
            seen: Arc::new(Mutex::new(HashMap::new())),
            busy: Arc::default(),
            narrowing: Vec::new(),
            unread_rules: None,
            untrusted_rules: Vec::new(),
            deeds: HashMap::new(),
            warned: None,
            inbox,
            first: None,
            _held: held,
        }
    }

    /// The folder of the session is another: what counts as inside follows.
    pub(crate) fn settle_in(&mut self) {
        let cwd = &self.session.spec.cwd;
        let project = project::find(cwd);
        self.roots = project::roots(cwd, &project, self.house.home.as_deref());
        self.repository = project.common();
        self.system = self.session.spec.system.as_str().into();
        self.private = Private::read(&self.session.spec.cwd, &self.session.spec.project);
    }

    /// Reads what was said before the session was taken up, if that is not done. The error says why it cannot be read.
    pub(crate) async fn read_past(&mut self) -> Result<(), String> {
        if !self.unread {
            return Ok(());
        }
        let past = open::past(&self.house, self.session.id).await?;
        self.unread = false;
        *self.outputs.lock().unwrap_or_else(PoisonError::into_inner) = outputs(&past.items);
        self.items = past.items;
        self.pictures = past.pictures;
        if let Some(answered) = past.answered {
            self.recount(&answered);
        }
        Ok(())
    }

    /// Runs until the session is closed.
    pub(crate) async fn run(mut self) {
        // One that was used up while nobody held the session.
        self.settle_loan().await;
        if self.house.unattended {
            self.await_adopted().await;
        }
        loop {
            let busy = self.turn.is_some() || !self.adoption.is_over();
            self.busy.store(busy, Ordering::Relaxed);
            let happening = self.next().await;
            // An answer whose end has come is taken as it is.
            if !matches!(happening, Happening::Chunks(_) | Happening::Title(_)) {
                self.notice_sleep().await;
            }
            match happening {
                Happening::Word(Word::Command(Command { op: Op::Close, .. })) | Happening::Left => {
                    break;
                }
                Happening::Word(Word::Command(command)) => self.hear(command).await,
                Happening::Word(Word::Stop(why)) => self.interrupt(&why).await,
                Happening::Chunks(chunks) => {
                    self.chunks(chunks).await;
                    self.notice_sleep().await;
                }
                Happening::Title(chunks) => {
                    self.title_chunks(chunks).await;
                    self.notice_sleep().await;
                }
                Happening::Ended(finished) => self.tool_ended(finished).await,
                Happening::ShellEnded(shelled) => self.shell_ended(shelled).await,
                Happening::Woke => {
                    self.wake = None;
                    self.take(Input::Woke).await;
                }
                Happening::Slow => self.lost_patience().await,
                Happening::Lent => self.settle_loan().await,
                Happening::Deadline => self.deadline_passed().await,
                Happening::Look => {}
            }
            // Nothing came of what was said first.
            if let Err(why) = self.keep_opened_alone().await {
                // With the next word it is tried again.
                self.refuse(CommandId(0), &why.to_string());
            }
        }
        self.end().await;
    }

    /// Stops what runs, and keeps how it ended. The inbox is no longer looked at: it is closed, or nobody means it any more.
    async fn end(&mut self) {
        self.shell_stop.cancel();
        self.end_title().await;
        self.interrupt("the session was closed").await;
        self.settle().await;
        let deadline = Instant::now() + STOP_WAIT;
        while !self.shell.is_empty() {
            let ended = tokio::time::timeout_at(deadline, joined(&mut self.shell)).await;
            match ended {
                Ok(shelled) => self.shell_ended(shelled).await,
                Err(_) => break,
            }
        }
        self.give_up_shells().await;
        if self.given_up {
            // The last chance; if the log is still full, whoever opens the session next closes what is open.
            let _ = self.mend().await;
        }
    }

    /// Waits until an interrupted turn has ended, which its deadline bounds.
    pub(crate) async fn settle(&mut self) {
        while (self.turn.is_some() || !self.adoption.is_over())
            && let Some(deadline) = self.deadline
        {
            let ended = tokio::time::timeout_at(deadline, joined(&mut self.tools)).await;
            match ended {
                Ok(finished) => self.tool_ended(finished).await,
                Err(_) => self.deadline_passed().await,
            }
        }
    }

    /// Keeps that the session was opened, unless what is said in it waits already and takes it along.
    pub(crate) async fn keep_opened(&mut self) -> Result<(), StoreError> {
        self.first = self.inbox.try_recv().ok();
        match &self.first {
            Some(Word::Command(command)) if takes_along(&command.op) => Ok(()),
            _ => self.keep_opened_alone().await,
        }
    }

    async fn keep_opened_alone(&mut self) -> Result<(), StoreError> {
        if self.opened.is_none() {
            return Ok(());
        }
        let kept = self.commit_with(Vec::new(), None).await;
        kept.map(drop).map_err(|unkept| unkept.why)
    }

    async fn next(&mut self) -> Happening {
        if let Some(word) = self.first.take() {
            return Happening::Word(word);
        }
        let wake = self.wake;
        let deadline = self.deadline;
        let patience = self.call.as_ref().and_then(|call| call.patience);
        let lent = self.loan_ends();
        let look = self.looks_for_sleep();
        tokio::select! {
            biased;
            word = self.inbox.recv() => word.map_or(Happening::Left, Happening::Word),
            // Before the deadline: what has ended in time is not given up.
            finished = joined(&mut self.tools) => Happening::Ended(finished),
            () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => Happening::Deadline,
            shelled = joined(&mut self.shell) => Happening::ShellEnded(shelled),
            chunks = next_chunks(&mut self.call), if self.call.is_some() => Happening::Chunks(chunks),
            chunks = next_chunks(&mut self.aside), if self.aside.is_some() => Happening::Title(chunks),
            () = sleep_until(patience.unwrap_or_else(Instant::now)), if patience.is_some() => Happening::Slow,
            () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => Happening::Woke,
            () = sleep_until(lent.unwrap_or_else(Instant::now)), if lent.is_some() => Happening::Lent,
            () = sleep_until(look.unwrap_or_else(Instant::now)), if look.is_some() => Happening::Look,
        }
    }

    /// Hands an input to the turn and carries out what follows.
    pub(crate) async fn take(&mut self, input: Input) {
        if let Some(turn) = &mut self.turn {
            let effects = turn.step(input);
            if let Err(unkept) = self.carry_out(effects).await {
                self.give_up(unkept);
            }
        }
    }

    pub(crate) async fn interrupt(&mut self, why: &str) {
        if self.turn.is_none() {
            self.stop_adopted(STOP_WAIT);
            return;
        }
        self.wake = None;
        self.stop.cancel();
        let partial = self.call.take().map(|call| self.break_off(&call));
        self.take(Input::Interrupt {
            partial,
            why: why.to_owned(),
        })
        .await;
        // A second word to stop does not put the end off.
        if self.turn.is_some() && self.deadline.is_none() {
            self.deadline = Some(Instant::now() + STOP_WAIT);
        }
    }

    /// What still runs is let go: its group is killed with it, and its outcome is recorded as not known.
    pub(crate) async fn deadline_passed(&mut self) {
        self.deadline = None;
        self.tools = JoinSet::new();
        self.lose_adopted().await;
        self.take(Input::Deadline).await;
    }

    /// Closes what the log says is open since the turn was given up. The error says why it still cannot be written.
    pub(crate) async fn mend(&mut self) -> Result<(), StoreError> {
        if !self.owed.is_empty() {
            match self.commit(self.owed.clone()).await {
                // What no log can hold is not tried for ever.
                Ok(()) | Err(StoreError::Unfit(_)) => self.owed.clear(),
                Err(why) => return Err(why),
            }
        }
        self.commit(recover::closing(
            &self.session,
            None,
            Broke::Log,
            &Known::default(),
        ))
        .await?;
        self.given_up = false;
        Ok(())
    }

    pub(crate) fn refuse(&self, command: CommandId, why: &str) {
        self.house.tell(Signal::Refused {
            command,
            session: self.session.id,
            why: why.to_owned(),
        });
    }
}

/// Whether what is said is kept with the opening. What may be refused is not: nobody hears of a refusal in a session that nobody has
/// heard of.
fn takes_along(op: &Op) -> bool {
    let Op::Submit { blocks, .. } = op else {
        return false;
    };
    let is_text = |block: &Block| matches!(block, Block::Text { .. });
    blocks.iter().all(is_text) && !joined_text(blocks).trim().is_empty()
}

/// The hashes of outputs that were kept, by number.
fn outputs(items: &[Placed]) -> HashMap<u32, String> {
    let kept = items.iter().filter_map(|(_, _, item)| match item {
        Item::Result { outcome, .. } | Item::Shell { outcome, .. } => outcome.whole.as_ref(),
        _ => None,
    });
    kept.map(|whole| (whole.number, whole.hash.clone()))
        .collect()
}

/// The next task of a set that ends by itself; waits for ever where there is none.
pub(crate) async fn joined<T: 'static>(tasks: &mut JoinSet<T>) -> T {
    loop {
        match tasks.join_next().await {
            Some(Ok(ended)) => return ended,
            // Let go before; nobody waits for it.
            Some(Err(_)) => {}
            None => return std::future::pending().await,
        }
    }
}

/// All chunks that are there, waiting for the first: text that came in one read is told in one delta.
async fn next_chunks(call: &mut Option<ModelCall>) -> Vec<Chunk> {
    match call {
        Some(call) => call.next().await,
        None => std::future::pending().await,
    }
}
