//! `creel run`: one prompt without a screen, until the model stops. Nobody can be asked; the engine denies at once.

pub mod beside;
pub mod ending;
pub mod lines;
#[cfg(test)]
mod made;
pub mod prompt;
pub mod signals;
pub mod start;
pub mod tally;
pub mod target;
#[cfg(test)]
mod trial;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::stream::{Stream, StreamExt};
use tokio::time::{Instant, sleep_until};

use crate::command::cli::{Output, RunArgs};
use crate::command::moment;
use crate::command::run::beside::{Quiet, again, progress};
use crate::command::run::ending::{exit_code, remark};
use crate::command::run::signals::{caught, is_echo};
use crate::command::run::start::Start;
use crate::command::run::tally::Tally;
use crate::command::run::target::{endpoints, unpriced};
use crate::command::{Ended, Face, Trouble, exit, find};
use crate::config::Config;
use crate::engine::door::Door;
use crate::engine::feed::Feed;
use crate::protocol::event::{Event, Fact, Signal};
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::id::{CommandId, ModelRef, Seq, SessionId};
use crate::protocol::item::{Block, Item, joined};
use crate::protocol::op::{Command, Op};
use crate::protocol::query::{Found, Query};
use crate::protocol::rule::Mode;
use crate::provider::rehearsal;

/// How long an interrupted turn may take to end before the process ends without it.
const PATIENCE: Duration = Duration::from_secs(5);

pub async fn run(args: &RunArgs, door: &Door, config: &Config, face: &mut Face<'_>) -> Ended {
    // Read before signals are caught: until then they end the process, as somebody who types a prompt expects.
    let words = args.prompt.as_deref();
    let mut blocks = if words.is_none() && face.input_is_terminal && !args.images.is_empty() {
        // A picture may speak for itself.
        Vec::new()
    } else {
        prompt::blocks(words, face.input, face.input_is_terminal)?
    };
    if !args.images.is_empty() {
        let folder = folder(args.cwd.as_deref())?;
        let images = prompt::pictures(&args.images, &folder, door).await?;
        blocks.extend(images.into_iter().map(|image| Block::Image { image }));
    }
    let signals =
        caught().map_err(|error| Trouble::failed(format!("cannot catch signals: {error}")))?;
    begin(args, blocks, door, config, signals, face).await
}

async fn begin(
    args: &RunArgs,
    blocks: Vec<Block>,
    door: &Door,
    config: &Config,
    signals: impl Stream<Item = u8> + Unpin,
    face: &mut Face<'_>,
) -> Ended {
    let start = Start::find(args, door, config).await?;
    if args.model.is_none()
        && start.held.is_none()
        && let Some(taken) = config.taken_of_several(&start.model)
    {
        face.note(&taken)?;
    }
    if let Some(why) = tour_in_the_way(&start, &blocks) {
        return Err(Trouble::failed(why));
    }
    held(start.mode, door).await?;
    seen(&blocks, start.target(config), door).await?;
    if args.budget.is_some() {
        let cards = match door.ask(Query::Models).await {
            Found::Models(cards) => cards,
            other => return Err(find::odd(&other)),
        };
        let targets = [&start.model, start.target(config)];
        for model in targets
            .into_iter()
            .flat_map(|target| endpoints(target, config))
        {
            if let Some(why) = unpriced(model, &cards, config) {
                return Err(Trouble::usage(why));
            }
        }
    }
    // Listening comes before the first command, so that nothing is missed.
    let feed = door.listen();
    let (session, model, resumed) = (start.session, start.model.clone(), start.held.is_some());
    let mut sent = 0;
    for op in start.ops(args, blocks) {
        sent += 1;
        door.send(Command {
            id: CommandId(sent),
            session,
            op,
        });
    }
    let run = Run {
        door,
        session,
        feed,
        signals,
        sent,
        last: Seq(0),
        signal: None,
        tally: Tally::new(session, model.clone()),
        model,
        resumed,
        output: args.output,
        progress: face.err_is_terminal && args.output == Output::Text,
    };
    let ended = run.finish(face).await;
    door.send(Command {
        id: CommandId(sent + 2),
        session,
        op: Op::Close,
    });
    ended
}

/// Whether commands may run by a mode alone: with nobody to ask, mode `auto` promises what a weak sandbox cannot hold.
async fn held(mode: Mode, door: &Door) -> Result<(), Trouble> {
    if mode != Mode::Auto {
        return Ok(());
    }
    match door.ask(Query::Sandbox).await {
        Found::Sandbox(hold) if hold.lets_run() => Ok(()),
        Found::Sandbox(hold) => Err(Trouble::usage(format!(
            "--mode auto needs a sandbox, and its level here is {} ({}); --no-sandbox runs commands with your rights",
            hold.level, hold.lacks
        ))),
        other => Err(find::odd(&other)),
    }
}

/// Whether whatever is asked takes the pictures of the prompt: refused before there is a session that would stay empty.
async fn seen(blocks: &[Block], target: &ModelRef, door: &Door) -> Result<(), Trouble> {
    let images: Vec<_> = blocks.iter().filter_map(Block::as_image).cloned().collect();
    if images.is_empty() {
        return Ok(());
    }
    let model = target.clone();
    match door.ask(Query::Blind { model, images }).await {
        Found::Blind(None) => Ok(()),
        Found::Blind(Some(why)) => Err(Trouble::failed(why)),
        other => Err(find::odd(&other)),
    }
}

/// Why the tour cannot be played in this folder: it makes files there, and takes none for its own.
fn tour_in_the_way(start: &Start, blocks: &[Block]) -> Option<String> {
    let is_tour = start.held.is_none() && start.model == rehearsal::tour();
    if !is_tour || !rehearsal::makes_files(&joined(blocks)) {
        return None;
    }
    let names = rehearsal::tour_files().iter().map(|(name, _)| *name);
    let there = |name: &&str| start.cwd.join(name).symlink_metadata().is_ok();
    let name = names.into_iter().find(there)?;
    Some(format!(
        "{name} is there already in {}: the tour makes it itself; play it in an empty folder",
        start.cwd.display()
    ))
}

/// The folder of a session: absolute, without links, and there.
pub fn folder(cwd: Option<&Path>) -> Result<PathBuf, Trouble> {
    let wanted = cwd.unwrap_or(Path::new("."));
    let found = wanted
        .canonicalize()
        .map_err(|error| Trouble::usage(format!("cannot work in {}: {error}", wanted.display())))?;
    if !found.is_dir() {
        return Err(Trouble::usage(format!(
            "cannot work in {}: it is no folder",
            wanted.display()
        )));
    }
    Ok(found)
}

/// A run that was begun.
struct Run<'d, S> {
    door: &'d Door,
    session: SessionId,
    feed: Feed,
    signals: S,
    /// Commands sent so far; their ids count from 1.
    sent: u64,
    /// The last number seen.
    last: Seq,
    /// The exit code of the signal that was caught.
    signal: Option<u8>,
    tally: Tally,
    model: ModelRef,
    /// The session was there before.
    resumed: bool,
    output: Output,
    /// Somebody watches.
    progress: bool,
}

impl<S: Stream<Item = u8> + Unpin> Run<'_, S> {
    async fn finish(mut self, face: &mut Face<'_>) -> Ended {
        if self.output == Output::StreamJson && self.resumed {
            // The fact that opened it is long on disk and is not told again.
            let body = serde_json::json!({ "model": self.model.to_string() });
            face.json(&lines::line("session", None, self.session, body))?;
        }
        let mut deadline = None;
        let mut quiet: Option<Quiet> = None;
        loop {
            let due = quiet.as_ref().map(Quiet::due);
            let heard = tokio::select! {
                heard = self.feed.next() => heard,
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    if let Some(quiet) = &mut quiet {
                        face.note(&quiet.tell())?;
                    }
                    continue;
                }
                Some(code) = self.signals.next() => {
                    let now = Instant::now();
                    match deadline {
                        Some(deadline) if is_echo(deadline - PATIENCE, now) => {}
                        Some(_) => return self.give_up(code, face),
                        None => {
                            self.signal = Some(code);
                            self.interrupt();
                            deadline = Some(now + PATIENCE);
                        }
                    }
                    continue;
                }
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    face.note("the turn did not end in time")?;
                    let code = self.signal.unwrap_or(exit::INTERRUPTED);
                    return self.give_up(code, face);
                }
            };
            match heard {
                None => return self.broke_off("the engine ended before the run".to_owned(), face),
                Some(Signal::Event(event)) if event.session == self.session => {
                    quiet = None;
                    self.hear(&event, face)?;
                }
                Some(Signal::Lagged) => {
                    for event in find::events(self.door, self.session, self.last).await? {
                        self.hear(&event, face)?;
                    }
                }
                Some(Signal::Delta { session, delta }) if session == self.session => {
                    if self.output != Output::StreamJson {
                        quiet = Quiet::after(&delta, Instant::now());
                        if let Some(line) = again(&delta, moment::from_system) {
                            face.note(&line)?;
                        }
                    } else if self.tally.has_begun() {
                        self.write(lines::delta(session, &delta).as_ref(), face)?;
                    }
                }
                Some(Signal::Refused {
                    command,
                    session,
                    why,
                }) if session == self.session
                    && command.0 <= self.sent
                    // Number 0 is the engine's own: the turn was given up, and no ending will come.
                    && (command.0 == 0 || !self.tally.has_begun()) =>
                {
                    if self.tally.has_begun() {
                        return self.broke_off(why, face);
                    }
                    return Err(Trouble::failed(why));
                }
                Some(_) => {}
            }
            if let Some(ending) = self.tally.ending().cloned() {
                self.report(face)?;
                if let Some(remark) = remark(&ending, self.tally.asked()) {
                    face.note(&remark)?;
                }
                return Ok(exit_code(&ending, self.signal));
            }
        }
    }

    /// Ends without the end of the turn: what there is of a result is told all the same, since a script waits for it.
    fn give_up(&mut self, code: u8, face: &mut Face<'_>) -> Ended {
        self.tally.give_up();
        self.report(face)?;
        Ok(code)
    }

    /// The engine could not go on, as when the log cannot be written: what there is of a result says so.
    fn broke_off(&mut self, why: String, face: &mut Face<'_>) -> Ended {
        self.tally
            .broke_off(Failure::new(FailureKind::Internal, why.clone()));
        self.report(face)?;
        Err(Trouble::failed(why))
    }

    fn interrupt(&self) {
        let id = CommandId(self.sent + 1);
        self.door.send(Command {
            id,
            session: self.session,
            op: Op::Interrupt,
        });
    }

    fn hear(&mut self, event: &Event, face: &mut Face<'_>) -> Result<(), Trouble> {
        if event.seq <= self.last {
            return Ok(());
        }
        self.last = event.seq;
        if !self.tally.apply(event) {
            return Ok(());
        }
        if self.output == Output::StreamJson {
            self.write(lines::event(event).as_ref(), face)?;
        }
        let line = match &event.fact {
            // In the lines of stream-json it stands among the others.
            _ if self.output == Output::StreamJson => None,
            Fact::ItemAdded {
                item: Item::Notice { text },
                ..
            } => Some(text.clone()),
            _ if self.progress => progress(event),
            _ => None,
        };
        if let Some(line) = line {
            face.note(&line)?;
        }
        Ok(())
    }

    /// A reader that is gone ends the turn: nobody is left to read what it would cost.
    fn write(&self, line: Option<&serde_json::Value>, face: &mut Face<'_>) -> Result<(), Trouble> {
        if let Some(line) = line {
            face.json(line).inspect_err(|_| self.interrupt())?;
        }
        Ok(())
    }

    fn report(&self, face: &mut Face<'_>) -> io::Result<()> {
        match self.output {
            Output::Text => {
                let text = self.tally.text();
                if !text.is_empty() {
                    face.say_line(text.trim_end_matches('\n'))?;
                }
                Ok(())
            }
            Output::Json => face.json(&serde_json::Value::Object(self.tally.result())),
            Output::StreamJson => face.json(&lines::result(&self.tally, self.session)),
        }
    }
}
