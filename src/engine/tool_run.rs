//! Tools: what is allowed is run, what comes of it is kept.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, PoisonError};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::agent::digest;
use crate::agent::taint;
use crate::agent::turn::input::Input;
use crate::engine::bound;
use crate::engine::session::Task;
use crate::protocol::call::{Outcome, OutcomeKind, OutputRef, ToolCall};
use crate::protocol::event::Fact;
use crate::protocol::id::{CallId, CommandId};
use crate::protocol::item::Item;
use crate::protocol::sandbox::{Level, Network};
use crate::protocol::time::Time;
use crate::sandbox::adopted::Adopted;
use crate::tool::deed::Deed;
use crate::tool::shared::environment::Whose;
use crate::tool::{self, Ended, Scene, bash};

/// A tool that has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    call: CallId,
    tool: String,
    kept: Kept,
}

/// A command of the person that has ended.
#[derive(Debug)]
pub(crate) struct Shelled {
    number: u32,
    kept: Kept,
}

/// An outcome with its whole output named, and that output to keep beside the fact.
#[derive(Debug)]
struct Kept {
    outcome: Outcome,
    whole: Option<Vec<u8>>,
}

/// Outputs of the person's own commands are numbered above this.
const SHELL_OUTPUTS: u32 = 1_000_000;

impl Task {
    pub(crate) fn start_tool(&mut self, call: &ToolCall) {
        let began = self.house.clock.now();
        let number = self
            .session
            .open_calls
            .get(&call.id)
            .map_or(0, |open| open.number);
        let deed = self.deeds.remove(&call.id);
        let untrusted = deed.as_ref().and_then(|deed| deed.untrusted.clone());
        let is_command = deed.as_ref().is_some_and(|deed| deed.argv().is_some());
        let scene = Scene {
            reached: deed.as_ref().map(|deed| Arc::clone(&deed.reach)),
            ..self.scene(call, number)
        };
        *scene.waiting.lock().unwrap_or_else(PoisonError::into_inner) =
            self.waiting.remove(&call.id);
        let id = call.id.clone();
        let name = call.name.clone();
        let tool = self.house.tools.get(&call.name);
        let missing = self.house.tools.missing(&call.name);
        let held = async move {
            let (Some(tool), Some(deed)) = (tool, deed) else {
                // Nothing runs that was not judged, whatever the text of the call says.
                return Outcome::failed(missing).into();
            };
            match bound::look(Arc::clone(&deed)).await {
                Some(why) => Outcome::failed(format!("not run: {why}")).into(),
                None => tool.run(deed, scene).await,
            }
        };
        let kept = self.kept(held.boxed(), number, began);
        self.tools.spawn(async move {
            let mut kept = kept.await;
            // A tool that failed read nothing. A command that failed may have put out much before, or kept it in a file: what it
            // read counts however it ended.
            let brought = is_command || kept.outcome.kind != OutcomeKind::Failed;
            // What a tool itself says of what it read goes before what was foreseen.
            let own = kept.outcome.untrusted.take();
            kept.outcome.untrusted = own.or(untrusted.filter(|_| brought));
            Finished {
                call: id,
                tool: name,
                kept,
            }
        });
    }

    pub(crate) async fn tool_ended(&mut self, finished: Finished) {
        let Finished { call, tool, kept } = finished;
        let outcome = self.keep(kept);
        if self.adopted_ended(&call, &outcome).await {
            return;
        }
        self.watch.ended(&tool, &outcome);
        self.take(Input::Ended { call, outcome }).await;
    }

    /// A command that another Creel began, until it ends.
    pub(crate) async fn run_adopted(&mut self, call: &ToolCall, adopted: Adopted, began: Time) {
        let open = self.session.open_calls.get(&call.id);
        let number = open.map_or(0, |open| open.number);
        // Where nothing held it, nothing kept it from the network.
        let network = match open.and_then(|open| open.birth.as_ref()) {
            Some(birth) if birth.level.holds() => birth.network,
            _ => Network::On,
        };
        let scene = self.scene(call, number);
        let ran = self.house.clock.now().since(began);
        let input = call.input().unwrap_or_default();
        let tools = &self.house.tools;
        let reach = tools
            .get(&call.name)
            .and_then(|tool| tool::reach(&*tool, &input, &scene.place).ok());
        let reach = reach.unwrap_or_default();
        let birth = open.and_then(|open| open.birth.clone());
        let level = birth.as_ref().map_or(Level::None, |birth| birth.level);
        // As it was found when it began; logs from before do not say.
        let mut untrusted = birth.and_then(|birth| birth.untrusted);
        if untrusted.is_none() {
            untrusted = taint::of(&reach, network, &scene.place.roots);
        }
        if untrusted.is_none() {
            untrusted = self.names_outside(&reach, level).await;
        }
        let work = tool::adopted::command(input, adopted, ran, scene).boxed();
        let kept = self.kept(work, number, began);
        let (call, tool) = (call.id.clone(), call.name.clone());
        self.tools.spawn(async move {
            let mut kept = kept.await;
            kept.outcome.untrusted = untrusted;
            Finished { call, tool, kept }
        });
    }

    /// The person's own command: runs as the person, unasked, and is recorded as theirs.
    pub(crate) async fn start_shell(&mut self, command: String) {
        if self.shell.is_empty() {
            self.shell_stop = CancellationToken::new();
        }
        let taken = self.shells.last_key_value().map(|(number, _)| *number);
        let kept = self
            .outputs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .keys()
            .copied()
            .max();
        // Above all that is taken, and never met by the numbers of calls, which are small.
        let number = taken.max(kept).unwrap_or(0).max(SHELL_OUTPUTS) + 1;
        let call = ToolCall {
            id: CallId(format!("shell_{number}")),
            wire_id: None,
            name: "bash".to_owned(),
            arguments: String::new(),
            opaque: None,
        };
        let scene = Scene {
            stop: self.shell_stop.clone(),
            ..self.scene(&call, number)
        };
        let deed = Deed::of_person(&command, scene.place.cwd.clone());
        let waiting = self.wait(&deed, Whose::Person).await;
        *scene.waiting.lock().unwrap_or_else(PoisonError::into_inner) = waiting;
        let began = self.house.clock.now();
        self.shells.insert(number, command.clone());
        let work = async move { bash::shell(&deed, &scene).await };
        let kept = self.kept(work.boxed(), number, began);
        self.shell.spawn(async move {
            Shelled {
                number,
                kept: kept.await,
            }
        });
    }

    pub(crate) async fn shell_ended(&mut self, shelled: Shelled) {
        let Shelled { number, kept } = shelled;
        let outcome = self.keep(kept);
        if let Some(command) = self.shells.remove(&number) {
            self.shell_said(command, outcome).await;
        }
    }

    /// Lets go of the person's commands that do not end, when the session does.
    pub(crate) async fn give_up_shells(&mut self) {
        self.shell = JoinSet::new();
        for (_, command) in std::mem::take(&mut self.shells) {
            let text = "stopped, since the session was closed; it did not end in time";
            self.shell_said(command, Outcome::cancelled(text)).await;
        }
    }

    async fn shell_said(&mut self, command: String, outcome: Outcome) {
        let fact = Fact::ItemAdded {
            turn: self.session.turn,
            step: self.session.step,
            item: Item::Shell { command, outcome },
            imported: None,
        };
        if let Err(why) = self.commit(vec![fact]).await {
            self.refuse(
                CommandId(0),
                &format!("what the command said could not be kept: {why}"),
            );
        }
    }

    /// The outcome of a tool's work. A fault in a tool ends the call, not the session; a large output is looked through where
    /// nothing waits for it.
    fn kept(
        &self,
        work: BoxFuture<'static, Ended>,
        number: u32,
        began: Time,
    ) -> impl Future<Output = Kept> + Send + 'static {
        let clock = self.house.clock.clone();
        let house = Arc::clone(&self.house);
        async move {
            let ended = AssertUnwindSafe(work).catch_unwind().await;
            let Ended { mut outcome, whole } = ended.unwrap_or_else(|_| {
                Outcome::failed("the tool broke down; this is a fault of Creel").into()
            });
            outcome.millis =
                u64::try_from(clock.now().since(began).as_millis()).unwrap_or(u64::MAX);
            let Some(whole) = whole else {
                return Kept {
                    outcome,
                    whole: None,
                };
            };
            let redactor = house.redactor();
            let named = tokio::task::spawn_blocking(move || {
                let whole = redactor.redact_bytes(whole);
                (output_ref(&whole, number), whole)
            });
            match named.await {
                Ok((named, whole)) => {
                    outcome.whole = Some(named);
                    Kept {
                        outcome,
                        whole: Some(whole),
                    }
                }
                // Only when the process ends.
                Err(_) => Kept {
                    outcome,
                    whole: None,
                },
            }
        }
    }

    /// Has the whole output kept with the next facts, under its number.
    fn keep(&mut self, kept: Kept) -> Outcome {
        if let (Some(named), Some(whole)) = (&kept.outcome.whole, kept.whole) {
            self.outputs
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(named.number, named.hash.clone());
            self.blobs.push(whole);
        }
        kept.outcome
    }
}

fn output_ref(whole: &[u8], number: u32) -> OutputRef {
    // The end of the last line counts when nothing stands behind it.
    let lines = whole.split_inclusive(|byte| *byte == b'\n').count();
    OutputRef {
        number,
        hash: digest::hex(whole),
        bytes: whole.len() as u64,
        lines: lines as u64,
    }
}
