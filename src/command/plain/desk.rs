//! The plain face's state: the sessions it knows, the one it is at, and what each word does. What shall be told is gathered
//! in lines; `plain` writes them.

use std::path::PathBuf;

use tokio::time::Instant;

use crate::agent::session::Session;
use crate::agent::visible::one_line;
use crate::command::plain::MakeFolder;
use crate::command::plain::ask;
use crate::command::plain::hasty;
use crate::command::plain::room::{Line, Room, Stage, said_mode};
use crate::command::plain::trust::Told;
use crate::command::plain::typed::{Came, Typed};
use crate::command::plain::word::{self, Word};
use crate::command::run::ending::exit_code;
use crate::command::table::counted;
use crate::command::{Trouble, exit, find};
use crate::config::Config;
use crate::engine::door::Door;
use crate::protocol::effort::Effort;
use crate::protocol::event::{Event, Fact, Signal, When};
use crate::protocol::id::{CommandId, ModelRef, Seq, SessionId};
use crate::protocol::import::ImportNews;
use crate::protocol::item::Block;
use crate::protocol::op::{Command, Op};
use crate::protocol::query::{Found, Query};
use crate::protocol::rule::Mode;
use crate::protocol::session::{Change, OpenRequest, RunLimits};

/// The tour's first prompt, to which its script answers.
const TOUR_PROMPT: &str = "The tide is wrong. Find out why and mend it.";

/// What a number alone picks from the list told last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picks {
    Sessions,
    Models(Vec<ModelRef>),
}

#[derive(Debug)]
pub struct Desk<'d> {
    pub door: &'d Door,
    pub config: &'d Config,
    /// New sessions begin here.
    pub cwd: PathBuf,
    /// What a new session begins with.
    pub model: Option<ModelRef>,
    /// How much the model of a new session reasons.
    pub effort: Option<Effort>,
    /// Never empty; a session's number is its place and one.
    pub rooms: Vec<Room>,
    pub at: usize,
    pub picks: Option<Picks>,
    /// Lines to be told.
    pub lines: Vec<String>,
    /// The code of the last ending, for input that ends by itself.
    pub code: u8,
    /// Makes the tour's folder.
    pub tour_folder: MakeFolder,
    /// Somebody types: quitting is asked about while a turn runs.
    pub typed_by_hand: bool,
    /// The choice of a high risk that must be made once more.
    pub confirm: Option<(Seq, String)>,
    /// What was told of what waits to be trusted.
    pub told: Told,
    /// The model of a company new to the project that was named once.
    pub asked: Option<(SessionId, ModelRef)>,
    /// When the line before was typed.
    before: Option<Instant>,
    /// Quitting was said while a turn runs.
    quit: bool,
    /// The session whose sentences are being told.
    speaker: Option<SessionId>,
    next: u64,
}

/// Whether the face goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    On,
    Quit,
}

impl<'d> Desk<'d> {
    /// At one session.
    pub fn new(door: &'d Door, config: &'d Config, room: Room, tour_folder: MakeFolder) -> Self {
        Self {
            door,
            config,
            cwd: room.cwd.clone(),
            model: room.model.clone(),
            effort: config.effort,
            rooms: vec![room],
            at: 0,
            picks: None,
            lines: Vec::new(),
            code: exit::DONE,
            tour_folder,
            typed_by_hand: false,
            confirm: None,
            asked: None,
            told: Told::default(),
            before: None,
            quit: false,
            speaker: None,
            next: 0,
        }
    }

    pub fn room(&self) -> &Room {
        // `at` is only ever set to the place of a room, and none is taken out.
        &self.rooms[self.at]
    }

    pub fn room_mut(&mut self) -> &mut Room {
        &mut self.rooms[self.at]
    }

    pub fn say(&mut self, line: impl Into<String>) {
        self.speaker = None;
        self.lines.push(line.into());
    }

    /// A line of a session: its name is heard again only where another voice came between.
    fn tell(&mut self, index: usize, lines: Vec<Line>) {
        let (id, name) = (self.rooms[index].id, self.rooms[index].name());
        for line in lines {
            let line = match line {
                Line::Further(text) if self.speaker == Some(id) => text,
                Line::Of(text) => format!("[{name}] {text}"),
                Line::Further(text) => format!("[{name}] {}", text.trim_start()),
            };
            self.lines.push(line);
            self.speaker = Some(id);
        }
    }

    pub fn tell_of(&mut self, index: usize, text: impl Into<String>) {
        self.tell(index, vec![Line::Of(text.into())]);
    }

    pub fn send(&mut self, session: SessionId, op: Op) -> CommandId {
        self.next += 1;
        let id = CommandId(self.next);
        self.door.send(Command { id, session, op });
        id
    }

    pub fn index_of(&self, id: SessionId) -> Option<usize> {
        self.rooms.iter().position(|room| room.id == id)
    }

    pub async fn hear(&mut self, signal: Signal) -> Result<(), Trouble> {
        match signal {
            Signal::Event(event) => self.event(&event),
            Signal::Delta { session, delta } => {
                if let Some(index) = self.index_of(session) {
                    let near = index == self.at;
                    let lines = self.rooms[index].pass(&delta, near);
                    self.tell(index, lines);
                }
            }
            Signal::Refused {
                command,
                session,
                why,
            } => {
                if let Some(index) = self.index_of(session) {
                    let room = &mut self.rooms[index];
                    room.sent.retain(|sent| *sent != command);
                    if command.0 == 0 {
                        room.give_up();
                    }
                    if room.session.is_none() && room.stage == Stage::Open {
                        room.stage = Stage::Fresh;
                    }
                    self.code = exit::FAILED;
                    self.tell_of(index, format!("not done: {}.", one_line(&why)));
                }
            }
            Signal::Import(ImportNews::Fault(why)) => self.say(one_line(&why)),
            Signal::Import(ImportNews::Progress(_) | ImportNews::Home(_)) => {}
            Signal::Lagged => {
                for index in 0..self.rooms.len() {
                    let room = &self.rooms[index];
                    if room.stage != Stage::Open {
                        continue;
                    }
                    for event in find::events(self.door, room.id, room.last()).await? {
                        self.event(&event);
                    }
                }
            }
        }
        Ok(())
    }

    fn event(&mut self, event: &Event) {
        let Some(index) = self.index_of(event.session) else {
            return;
        };
        if event.seq <= self.rooms[index].last() {
            return;
        }
        if let Fact::TurnEnded { ending, .. } = &event.fact {
            self.code = exit_code(ending, None);
        }
        let near = index == self.at;
        let lines = self.rooms[index].hear(event, near);
        self.tell(index, lines);
    }

    /// The next moment at which something is to be said though nothing happens.
    pub fn wake(&self) -> Option<Instant> {
        self.room().wake()
    }

    pub fn tick(&mut self) {
        let line = self.room_mut().still();
        let index = self.at;
        self.tell(index, line.into_iter().collect());
    }

    /// Does what was typed.
    pub async fn take(&mut self, typed: &Typed) -> Result<Then, Trouble> {
        self.speaker = None;
        let would = typed.text.lines().find_map(hasty::would);
        if let (Came::Together, Some(would)) = (typed.came, would) {
            self.say(format!(
                "these lines came together, so none of them {would}. nothing was done: type that line by itself"
            ));
            return Ok(Then::On);
        }
        let word = if typed.text.contains('\n') {
            // A text of several lines is one prompt, whatever words its lines begin with.
            Word::Say(typed.text.clone())
        } else {
            word::read(&typed.text)
        };
        if word == Word::Nothing {
            return Ok(Then::On);
        }
        let confirm = self.confirm.take();
        let quit = std::mem::take(&mut self.quit);
        let before = self.before.replace(Instant::now());
        let picks = self.picks.take();
        if word.only_looks() {
            self.picks.clone_from(&picks);
        }
        match word {
            Word::Nothing => {}
            Word::Help(name) => self.help(&name),
            Word::Board => self.board().await?,
            Word::Go(number) => self.go(number).await?,
            Word::Number(number, line) => {
                let when = (typed.came, before);
                self.number((number, &line), (picks, confirm), when).await?;
            }
            Word::New => {
                self.new_room();
                self.tell_writers().await;
            }
            Word::Ask(None) => self.asks(),
            Word::Ask(Some((number, choice))) => self.answer(number, &choice, confirm).await?,
            Word::Find(words) => self.find(&words).await?,
            Word::Show(number) => self.show(Seq(number)).await?,
            Word::Cost => self.cost().await?,
            Word::Model(name) => self.models(&name).await?,
            Word::Mode(name) => self.mode(&name),
            Word::Trust(which) => self.trust(which).await?,
            Word::Untrust(which) => self.untrust(which).await,
            Word::Vouch(number) => self.vouch(number),
            Word::Rules(number) => self.rules(number).await?,
            Word::Stop(number) => self.stop(number),
            Word::Again => self.again(),
            Word::Queue(text) if text.is_empty() => self.queued(),
            Word::Queue(text) => self.prompt(text, When::Turn).await,
            Word::Tour => self.tour().await,
            Word::Shell(command) => self.speak(Op::Shell { command }),
            Word::Say(text) => self.prompt(text, When::Step).await,
            Word::Wrong(why) => self.say(why),
            Word::Quit => {
                let busy = self.rooms.iter().filter(|room| room.busy()).count();
                if busy == 0 || quit || !self.typed_by_hand {
                    return Ok(Then::Quit);
                }
                self.quit = true;
                self.say(format!(
                    "{} still at work. quit once more stops what runs and ends",
                    counted(busy as u64, "session")
                ));
            }
        }
        Ok(Then::On)
    }

    /// Sends a prompt, after who else writes in this folder was told.
    pub async fn prompt(&mut self, text: String, when: When) {
        self.tell_writers().await;
        let when = if self.room().busy() { when } else { When::Step };
        let blocks = vec![Block::text(text)];
        self.speak(Op::Submit {
            blocks,
            when,
            limits: RunLimits::default(),
        });
    }

    /// Says something to the session, which is opened first where it is not.
    fn speak(&mut self, op: Op) {
        let room = self.room();
        let id = room.id;
        match (room.stage, room.model().cloned()) {
            (Stage::Fresh, None) => {
                self.say(
                    "no model yet, so nothing was sent. tour begins a tour without one; model NAME takes one; or set a key \
                     such as ANTHROPIC_API_KEY and start again",
                );
                return;
            }
            (Stage::Fresh, Some(model)) => {
                let request = OpenRequest {
                    cwd: room.cwd.clone(),
                    model,
                    mode: room.mode,
                    worktree: None,
                    effort: self.effort,
                };
                self.room_mut().stage = Stage::Open;
                self.send(id, Op::Open { request });
            }
            (Stage::Listed | Stage::Open, _) => {}
        }
        let sent = self.send(id, op);
        self.room_mut().sent.push(sent);
    }

    pub fn change(&mut self, change: Change) {
        let (id, stage) = (self.room().id, self.room().stage);
        if stage == Stage::Open {
            self.send(id, Op::Change { change });
            return;
        }
        let index = self.at;
        match change {
            Change::Model { model } => {
                self.tell_of(
                    index,
                    format!("the model is {model} from the first prompt on."),
                );
                self.model = Some(model.clone());
                self.room_mut().model = Some(model);
            }
            Change::Mode { mode } => {
                self.room_mut().mode = mode;
                self.tell_of(index, said_mode(mode));
            }
            Change::ModeLent { .. } => {
                self.say("a mode is lent to a session that has begun: say something first");
            }
            _ => {}
        }
    }

    /// A session that is not in the log before its first prompt.
    pub fn new_room(&mut self) {
        let number = self.rooms.len() + 1;
        let id = self.door.new_session();
        let mode = self.config.mode;
        let room = Room::new(id, number, self.cwd.clone(), self.model.clone(), mode);
        self.rooms.push(room);
        self.at = number - 1;
        self.describe();
    }

    /// A session of the tour in a folder of its own, with its first prompt said.
    async fn tour(&mut self) {
        let folder = match (self.tour_folder.0)() {
            Ok(folder) => folder,
            Err(why) => {
                self.say(one_line(&why));
                return;
            }
        };
        let number = self.rooms.len() + 1;
        let model = ModelRef {
            provider: "rehearsal".to_owned(),
            model: "tour".to_owned(),
        };
        let id = self.door.new_session();
        let room = Room::new(id, number, folder, Some(model), Mode::Ask);
        self.rooms.push(room);
        self.at = number - 1;
        self.say("the tour: a script speaks in the place of a model, with play money; the tools and asks are real.");
        self.describe();
        self.tell_of(self.at, format!("you say: {TOUR_PROMPT}"));
        self.prompt(TOUR_PROMPT.to_owned(), When::Step).await;
    }

    /// Goes to a session by its number.
    pub async fn go(&mut self, number: usize) -> Result<(), Trouble> {
        let index = number
            .checked_sub(1)
            .filter(|&index| index < self.rooms.len());
        let Some(index) = index else {
            self.say(format!("there is no session {number}; board tells them"));
            return Ok(());
        };
        self.at = index;
        if self.rooms[index].stage == Stage::Listed {
            let id = self.rooms[index].id;
            self.send(id, Op::Resume);
            match self.door.ask(Query::Fold { session: id }).await {
                Found::Fold(Some(body)) => {
                    let session = serde_json::from_str::<Session>(&body);
                    let session = session.map_err(|error| {
                        Trouble::failed(format!("session {number} could not be read: {error}"))
                    })?;
                    let room = &mut self.rooms[index];
                    room.session = Some(session);
                    room.stage = Stage::Open;
                }
                Found::Fold(None) => {
                    self.say(format!("session {number} is no longer in the log"));
                    return Ok(());
                }
                other => return Err(find::odd(&other)),
            }
        }
        self.describe();
        self.tell_draft().await?;
        let asks: Vec<(Seq, _)> = self.room().asks.clone().into_iter().collect();
        for (number, waiting) in asks {
            let lines = ask::told(number, &waiting);
            self.tell_lines(index, lines);
            self.rooms[index].asked = Some(Instant::now());
        }
        self.tell_writers().await;
        Ok(())
    }

    pub fn tell_lines(&mut self, index: usize, lines: Vec<String>) {
        let mut lines = lines.into_iter();
        let first = lines.next().map(Line::Of);
        let lines = first.into_iter().chain(lines.map(Line::Further)).collect();
        self.tell(index, lines);
    }

    fn stop(&mut self, number: Option<usize>) {
        let index = number.map_or(Some(self.at), |number| number.checked_sub(1));
        let Some(room) = index.and_then(|index| self.rooms.get(index)) else {
            self.say("there is no such session; board tells them");
            return;
        };
        if room.busy() {
            let id = room.id;
            self.send(id, Op::Interrupt);
        } else {
            self.say("nothing runs here");
        }
    }

    fn again(&mut self) {
        if self.room().stage == Stage::Open {
            self.speak(Op::Continue);
        } else {
            self.say("there is nothing to go on with");
        }
    }

    /// Stops the turn of this session, or where none runs here all others; tells whether there was one.
    pub fn stop_here(&mut self) -> bool {
        if self.room().busy() {
            let id = self.room().id;
            self.send(id, Op::Interrupt);
            return true;
        }
        self.stop_all() > 0
    }

    /// Stops every turn; gives how many there were.
    pub fn stop_all(&mut self) -> usize {
        let busy: Vec<SessionId> = self
            .rooms
            .iter()
            .filter(|room| room.busy())
            .map(|room| room.id)
            .collect();
        for id in &busy {
            self.send(*id, Op::Interrupt);
        }
        busy.len()
    }

    pub fn busy(&self) -> bool {
        self.rooms.iter().any(Room::busy)
    }
}
