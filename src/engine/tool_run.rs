//! Tools: what a call would touch is judged, what is allowed is run, what comes of it is kept.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;

use crate::agent::digest;
use crate::agent::permission::{self, Asked};
use crate::agent::rule::Bases;
use crate::agent::turn::input::{Decision, Input};
use crate::engine::session::Task;
use crate::protocol::ask::Subject;
use crate::protocol::call::{Outcome, OutputRef, ToolCall};
use crate::protocol::event::{Delta, Fact, Signal};
use crate::protocol::id::CallId;
use crate::protocol::item::Item;
use crate::protocol::rule::Rule;
use crate::protocol::time::Time;
use crate::tool::shared::change::Shown;
use crate::tool::{Ended, Place, Scene, bash};

/// A tool that has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) call: CallId,
    tool: String,
    number: u32,
    began: Time,
    ended: Ended,
}

/// A command of the person that has ended.
#[derive(Debug)]
pub(crate) struct Shelled {
    command: String,
    number: u32,
    began: Time,
    ended: Ended,
}

/// Outputs of the person's own commands are numbered from here.
const SHELL_OUTPUTS: u32 = 1_000_000;

impl Task {
    /// Whether a call may run: arguments first, then what it would touch against rules and mode.
    pub(crate) async fn judge(&mut self, call: &ToolCall) -> Decision {
        let Some(tool) = self.house.tools.get(&call.name) else {
            return Decision::Invalid(self.house.tools.missing(&call.name));
        };
        let input = match call.input() {
            Ok(input) => input,
            Err(text) => return Decision::Invalid(text),
        };
        let scene = self.scene(call, 0);
        let reach = match tool.reach(&input, &scene.place) {
            Ok(reach) => reach,
            Err(text) => return Decision::Invalid(text),
        };
        let rules = self.rules();
        let asked = Asked {
            tool: &tool.spec().name,
            reach: &reach,
            mode: self.session.mode,
            rules: &rules,
            cwd: &scene.place.cwd,
            roots: &scene.place.roots,
            home: self.house.home.as_deref(),
        };
        let reason = match permission::decide(&asked) {
            permission::Verdict::Allow => return Decision::Allow,
            permission::Verdict::Deny(text) => return Decision::Deny(text),
            permission::Verdict::Ask(reason) if self.house.unattended => {
                return Decision::Deny(format!(
                    "denied: {reason}, and nobody can be asked in this run"
                ));
            }
            permission::Verdict::Ask(reason) => reason,
        };
        // Works out what would change, which reads files.
        let subject = {
            let tool = Arc::clone(&tool);
            let input = input.clone();
            let scene = scene.clone();
            tokio::task::spawn_blocking(move || tool.subject(&input, &scene)).await
        };
        let subject = match subject {
            Ok(Ok(subject)) => subject,
            Ok(Err(text)) => return Decision::Invalid(text),
            Err(error) => Subject::Other {
                arguments: format!("{} ({error})", call.arguments),
            },
        };
        Decision::Ask(permission::ask(call, subject, reason, &asked))
    }

    pub(crate) fn start_tool(&mut self, call: ToolCall) {
        let began = self.house.clock.now();
        let number = self
            .session
            .open_calls
            .get(&call.id)
            .map_or(0, |open| open.number);
        let scene = self.scene(&call, number);
        let id = call.id.clone();
        let name = call.name.clone();
        let work = match (self.house.tools.get(&call.name), call.input()) {
            (Some(tool), Ok(input)) => tool.run(input, scene),
            (None, _) => ready(Outcome::failed(self.house.tools.missing(&call.name))),
            (_, Err(text)) => ready(Outcome::failed(text)),
        };
        self.tools.spawn(async move {
            // A fault in a tool ends the call, not the session.
            let ended = std::panic::AssertUnwindSafe(work).catch_unwind().await;
            let ended = ended.unwrap_or_else(|_| Ended {
                outcome: Outcome::failed("the tool broke down; this is a fault of Creel"),
                whole: None,
            });
            Finished {
                call: id,
                tool: name,
                number,
                began,
                ended,
            }
        });
    }

    pub(crate) async fn tool_ended(&mut self, finished: Finished) {
        let Finished {
            call,
            tool,
            number,
            began,
            ended,
        } = finished;
        let outcome = self.kept(ended, number, began);
        self.watch.ended(&tool, &outcome.0);
        self.blobs.extend(outcome.1);
        self.take(Input::Ended {
            call,
            outcome: outcome.0,
        })
        .await;
    }

    /// The person's own command: runs as the person, unasked, and is recorded as theirs.
    pub(crate) fn start_shell(&mut self, command: String) {
        let call = ToolCall {
            id: CallId("shell".to_owned()),
            wire_id: None,
            name: "bash".to_owned(),
            arguments: String::new(),
            opaque: None,
        };
        // Numbers of calls are small; those of the person's commands follow the log's and never meet them.
        let number = SHELL_OUTPUTS + u32::try_from(self.session.last_seq.0).unwrap_or(0);
        let scene = self.scene(&call, number);
        let began = self.house.clock.now();
        self.shell.spawn(async move {
            let ended = bash::person_shell(command.clone(), scene).await;
            Shelled {
                command,
                number,
                began,
                ended,
            }
        });
    }

    pub(crate) fn stop_shell(&mut self) {
        if !self.shell.is_empty() {
            self.stop.cancel();
        }
    }

    pub(crate) async fn shell_ended(&mut self, shelled: Shelled) {
        let Shelled {
            command,
            number,
            began,
            ended,
        } = shelled;
        let (outcome, whole) = self.kept(ended, number, began);
        self.blobs.extend(whole);
        if self.turn.is_none() {
            self.stop = tokio_util::sync::CancellationToken::new();
        }
        let item = Item::Shell { command, outcome };
        self.commit(vec![Fact::ItemAdded {
            turn: self.session.turn,
            step: self.session.step,
            item,
        }])
        .await;
    }

    /// An outcome with its whole output named, and that output to keep beside the fact.
    fn kept(&self, ended: Ended, number: u32, began: Time) -> (Outcome, Option<Vec<u8>>) {
        let mut outcome = ended.outcome;
        outcome.millis =
            u64::try_from(self.house.clock.now().since(began).as_millis()).unwrap_or(u64::MAX);
        let whole = ended.whole.map(|whole| {
            let whole = self.house.redactor().redact_bytes(whole);
            let hash = digest::hex(&whole);
            let lines = whole.iter().filter(|byte| **byte == b'\n').count()
                + usize::from(whole.last().is_some_and(|last| *last != b'\n'));
            outcome.whole = Some(OutputRef {
                number,
                hash: hash.clone(),
                bytes: whole.len() as u64,
                lines: lines as u64,
            });
            self.outputs
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(number, hash);
            whole
        });
        (outcome, whole)
    }

    /// Where what the person is shown of a call is noted, and found again when it runs.
    fn shown(&self, call: &ToolCall) -> Arc<Mutex<Option<Shown>>> {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        // A call that changes files is judged alone: what was noted of others is done with.
        shown.retain(|(id, _), _| *id == call.id);
        let key = (call.id.clone(), call.arguments.clone());
        Arc::clone(shown.entry(key).or_default())
    }

    /// All rules that hold now.
    fn rules(&self) -> Vec<Rule> {
        self.house
            .rules
            .iter()
            .chain(&self.session.rules)
            .chain(&self.run.rules)
            .cloned()
            .collect()
    }

    fn scene(&self, call: &ToolCall, number: u32) -> Scene {
        let house = Arc::clone(&self.house);
        let outputs = Arc::clone(&self.outputs);
        let signals = self.house.signals.clone();
        let session = self.session.id;
        let id = call.id.clone();
        let spec = &self.session.spec;
        let bases = Bases {
            cwd: &spec.cwd,
            home: self.house.home.as_deref(),
        };
        let denied = permission::denied_paths(&self.rules(), &call.name, bases);
        Scene {
            place: Place {
                cwd: spec.cwd.clone(),
                roots: self.roots.clone(),
            },
            number,
            limits: self.house.limits.clone(),
            seen: Arc::clone(&self.seen),
            shown: self.shown(call),
            hidden: Arc::new(move |path| denied.iter().any(|paths| paths.fits(path))),
            output: Arc::new(move |number| {
                let hash = outputs
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .get(&number)
                    .cloned();
                let house = Arc::clone(&house);
                async move {
                    let hash = hash?;
                    house
                        .read(move |reader| reader.blob(&hash))
                        .await
                        .ok()
                        .flatten()
                }
                .boxed()
            }),
            tail: Arc::new(move |text| {
                let delta = Delta::Tail {
                    call: id.clone(),
                    text: text.to_owned(),
                };
                let _ = signals.send(Signal::Delta { session, delta });
            }),
            stop: self.stop.clone(),
        }
    }
}

fn ready(outcome: Outcome) -> futures_util::future::BoxFuture<'static, Ended> {
    std::future::ready(Ended {
        outcome,
        whole: None,
    })
    .boxed()
}
