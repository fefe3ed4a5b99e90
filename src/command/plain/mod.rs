//! `creel --plain`: the workstation by ear and by pipe. Lines are only ever appended; nothing is drawn, coloured or redrawn,
//! and the terminal stays as it was, so that its scrollback and a screen reader's own review work.
//!
//! All of it goes to standard output, so that a script reads one stream. At the end of its input a pipe is done once its turns
//! have ended, as who pipes a prompt wants the answer; a turn that waits for an ask is stopped, since nobody is left to answer.
//! On a terminal the end of the input is a wish to leave: what runs is stopped.

pub mod answer;
pub mod ask;
pub mod desk;
pub mod finding;
mod hasty;
pub mod local;
#[cfg(test)]
mod made;
pub mod number;
pub mod reply;
pub mod room;
pub mod sentence;
mod shown;
pub mod spoken;
#[cfg(test)]
mod trial;
pub mod trust;
pub mod typed;
pub mod waiting;
pub mod word;

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{Stream, StreamExt};
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until};

use crate::agent::visible::one_line;
use crate::command::cli::Workstation;
use crate::command::plain::answer::model_line;
use crate::command::plain::desk::{Desk, Then};
use crate::command::plain::room::Room;
use crate::command::plain::typed::Typed;
use crate::command::run::folder;
use crate::command::run::signals::caught;
use crate::command::run::target::model_trouble;
use crate::command::table::counted;
use crate::command::{Ended, Face, Trouble, exit, find};
use crate::config::Config;
use crate::engine::door::Door;
use crate::engine::feed::Feed;
use crate::protocol::id::ModelRef;
use crate::protocol::op::Op;
use crate::protocol::query::{Found, Query};

/// How long turns may take to end before the process ends without them.
const PATIENCE: Duration = Duration::from_secs(5);
/// A second Ctrl+C within this ends.
const TWICE: Duration = Duration::from_secs(3);

/// By the flag, where the person's environment asks every program for it, or where the terminal both ends are attached to
/// cannot place text (`TERM` is dumb, or there is none), as the shell of an editor.
pub fn is_wanted(
    args: &Workstation,
    attached: bool,
    env: &dyn Fn(&str) -> Option<OsString>,
) -> bool {
    let asked = env("ACCESSIBLE").is_some_and(|value| !value.is_empty() && value != "0");
    let dumb = || env("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    args.plain || asked || (attached && dumb())
}

/// Makes a folder and tells where it is.
#[derive(Clone)]
pub struct MakeFolder(pub Arc<dyn Fn() -> Result<PathBuf, String> + Send + Sync>);

impl fmt::Debug for MakeFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MakeFolder")
    }
}

pub async fn run(
    args: &Workstation,
    notices: &[String],
    door: &Door,
    config: &Config,
    tour: MakeFolder,
    face: &mut Face<'_>,
) -> Ended {
    let signals =
        caught().map_err(|error| Trouble::failed(format!("cannot catch signals: {error}")))?;
    let streams = Streams {
        feed: door.listen(),
        signals,
        typed: typed::listen(),
    };
    begin(args, notices, door, config, tour, streams, face).await
}

/// What is waited for.
struct Streams<S> {
    feed: Feed,
    /// Exit codes of signals.
    signals: S,
    /// Closed where the input has ended.
    typed: Receiver<Typed>,
}

async fn begin<S: Stream<Item = u8> + Unpin>(
    args: &Workstation,
    notices: &[String],
    door: &Door,
    config: &Config,
    tour: MakeFolder,
    streams: Streams<S>,
    face: &mut Face<'_>,
) -> Ended {
    if args.worktree.is_some() {
        let why = "--worktree needs the screen, which this terminal or ACCESSIBLE=1 rules out: make it with git, then --cwd";
        return Err(Trouble::usage(why.to_owned()));
    }
    let cwd = folder(args.cwd.as_deref())?;
    let model = match args.model.clone() {
        Some(model) => Some(model),
        None => find::usual_model(door, config).await?,
    };
    if let Some(why) = model
        .as_ref()
        .and_then(|model| model_trouble(model, config))
    {
        return Err(Trouble::usage(why));
    }
    let cards = find::sessions(door, None, false).await?;
    let wanted = match &args.session {
        Some(part) => Some(find::session(door, part).await?),
        None if args.continued => cards.iter().find(|card| card.cwd == cwd).cloned(),
        None => None,
    };
    let mode = args.mode.unwrap_or(config.mode);
    let room = match &wanted {
        Some(card) => Room::listed(card, 1, mode),
        None => Room::new(door.new_session(), 1, cwd.clone(), model.clone(), mode),
    };
    let mut desk = Desk::new(door, config, room, tour);
    desk.cwd = cwd;
    desk.model = model;
    desk.effort = args.effort.or(config.effort);
    desk.typed_by_hand = face.input_is_terminal;
    desk.say(format!(
        "Creel, plain. {}. Type help. Nothing is redrawn.",
        counted(cards.len() as u64, "session")
    ));
    for notice in notices {
        desk.say(format!("notice: {}", one_line(notice)));
    }
    if wanted.is_some() {
        desk.go(1).await?;
    } else {
        if args.continued {
            desk.say("no session here yet; this is a new one.");
        }
        desk.describe();
        desk.tell_writers().await;
        desk.tell_waiting().await?;
        let chosen = args.model.is_some() || config.model.is_some();
        introduce(&mut desk, chosen).await?;
        let told = config.told_of_unnamed(desk.model.as_ref());
        if let Some(told) = told.filter(|_| !chosen) {
            desk.say(format!("notice: {}", one_line(&told)));
        }
    }
    let live = Live {
        desk,
        streams,
        ended: false,
        broken: None,
        prompted: false,
    };
    live.finish(face).await
}

/// What a model that nobody chose costs and where it comes from; or the ways to one.
async fn introduce(desk: &mut Desk<'_>, chosen: bool) -> Result<(), Trouble> {
    let Some(model) = desk.model.clone() else {
        desk.say(
            "no model yet. tour begins a tour that needs none; model NAME takes one; or set a key such as ANTHROPIC_API_KEY \
             and start again.",
        );
        desk.tell_local().await;
        return Ok(());
    };
    if chosen {
        return Ok(());
    }
    let cards = match desk.door.ask(Query::Models).await {
        Found::Models(cards) => cards,
        other => return Err(find::odd(&other)),
    };
    if let Some(card) = cards.iter().find(|card| card.model == model) {
        let from = origin(desk.config, &model);
        desk.say(format!(
            "{}. found by {from}; model takes another.",
            model_line(card)
        ));
    }
    Ok(())
}

fn origin(config: &Config, model: &ModelRef) -> String {
    let provider = config.providers.get(&model.provider);
    provider.map_or_else(String::new, |provider| one_line(&provider.origin))
}

/// A face that is there.
struct Live<'d, S> {
    desk: Desk<'d>,
    streams: Streams<S>,
    /// The input has ended.
    ended: bool,
    /// Ctrl+C was pressed, then.
    broken: Option<Instant>,
    /// The line that invites to type stands there without a line end.
    prompted: bool,
}

/// What happened.
enum Came {
    Heard(Option<crate::protocol::event::Signal>),
    Caught(u8),
    Typed(Option<Typed>),
    Moment,
}

impl<S: Stream<Item = u8> + Unpin> Live<'_, S> {
    async fn finish(mut self, face: &mut Face<'_>) -> Ended {
        let ended = self.live(face).await;
        // A reader that is gone ends the turns too: nobody is left to read what they would cost.
        let ended = match self.leave(face).await? {
            Some(code) => Ok(code),
            None => ended,
        };
        for index in 0..self.desk.rooms.len() {
            let id = self.desk.rooms[index].id;
            self.desk.send(id, Op::Close);
        }
        ended
    }

    /// Until the person or the input ends it; gives the exit code.
    async fn live(&mut self, face: &mut Face<'_>) -> Ended {
        loop {
            if self.ended {
                self.desk.nobody_answers();
                if !self.desk.busy() {
                    self.write(face)?;
                    return Ok(self.desk.code);
                }
            }
            self.write(face)?;
            match self.next().await {
                Came::Heard(None) => return Err(Trouble::failed("the engine has ended")),
                Came::Heard(Some(signal)) => self.desk.hear(signal).await?,
                Came::Moment => self.desk.tick(),
                Came::Caught(exit::INTERRUPTED) => {
                    let now = Instant::now();
                    let before = self.broken.replace(now);
                    if before.is_some_and(|before| now - before < TWICE) {
                        return Ok(exit::INTERRUPTED);
                    }
                    self.prompted = false;
                    if self.desk.stop_here() {
                        self.desk.say("stopping. control C once more ends creel");
                    } else {
                        self.desk.say("control C once more ends creel");
                    }
                }
                Came::Caught(code) => return Ok(code),
                Came::Typed(None) => {
                    self.ended = true;
                    if self.desk.typed_by_hand {
                        return Ok(exit::DONE);
                    }
                }
                Came::Typed(Some(typed)) => {
                    self.broken = None;
                    self.prompted = false;
                    self.desk.door.here();
                    if self.desk.take(&typed).await? == Then::Quit {
                        return Ok(exit::DONE);
                    }
                }
            }
        }
    }

    async fn next(&mut self) -> Came {
        let wake = self.desk.wake();
        let streams = &mut self.streams;
        tokio::select! {
            biased;
            Some(code) = streams.signals.next() => Came::Caught(code),
            heard = streams.feed.next() => Came::Heard(heard),
            typed = streams.typed.recv(), if !self.ended => Came::Typed(typed),
            () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => Came::Moment,
        }
    }

    /// Stops what runs and tells how it ended. A further signal ends at once; its code is given.
    async fn leave(&mut self, face: &mut Face<'_>) -> Result<Option<u8>, Trouble> {
        if self.desk.stop_all() == 0 {
            return Ok(None);
        }
        let deadline = Instant::now() + PATIENCE;
        while self.desk.busy() {
            let came = tokio::select! {
                biased;
                Some(code) = self.streams.signals.next() => Came::Caught(code),
                heard = self.streams.feed.next() => Came::Heard(heard),
                () = sleep_until(deadline) => Came::Moment,
            };
            match came {
                Came::Caught(code) => return Ok(Some(code)),
                Came::Heard(Some(signal)) => self.desk.hear(signal).await?,
                Came::Moment => {
                    self.desk.say("a turn did not end in time");
                    // Whoever would read it may be gone, and ending is all that is left.
                    let _ = self.write(face);
                    return Ok(None);
                }
                Came::Heard(None) | Came::Typed(_) => return Ok(None),
            }
            let _ = self.write(face);
        }
        Ok(None)
    }

    /// Appends what is to be told, and on a terminal, where nothing runs, the name of where one types.
    fn write(&mut self, face: &mut Face<'_>) -> Result<(), Trouble> {
        let lines = std::mem::take(&mut self.desk.lines);
        let rests = self.desk.typed_by_hand && !self.desk.room().running_alone();
        if lines.is_empty() && (self.prompted || !rests) {
            return Ok(());
        }
        if self.prompted && !lines.is_empty() {
            // The invitation stands on a line of its own; what follows must not be read as typed.
            face.say("\n")?;
        }
        for line in &lines {
            face.say_line(line)?;
        }
        self.prompted = rests;
        if rests {
            let name = self.desk.room().name();
            face.say(&format!("{name}> "))?;
        }
        face.out.flush()?;
        Ok(())
    }
}
