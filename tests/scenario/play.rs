//! Plays one story: an engine in a home of its own, a folder with the story's files, the person's words and answers at their
//! moments. Nothing is timed: each moment is something heard.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use creel::config::load;
use creel::config::paths::Paths;
use creel::engine::clock::Clock;
use creel::engine::feed::Feed;
use creel::engine::{Engine, Options};
use creel::protocol::ask::{Answer, Ask, Verdict};
use creel::protocol::event::{Delta, Ending, Fact, Signal, Waiting, When};
use creel::protocol::id::{CommandId, MessageId, ModelRef, Seq, SessionId};
use creel::protocol::item::{Block, Item, Origin, joined};
use creel::protocol::op::{Command, Op};
use creel::protocol::query::{Found, Page, Query};
use creel::protocol::rule::{Effect, Mode, Rule, Scope};
use creel::protocol::session::{Change, OpenRequest, RunLimits};
use creel::protocol::time::Time;
use creel::provider::rehearsal;
use creel::provider::rehearsal::script::{
    Directive, DirectiveKind, Line, PromptMatch, Script, ScriptTurn,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::scenario::log;

/// A story that takes longer hangs.
const LONGEST: Duration = Duration::from_secs(30);
/// What the person says where the script takes anything.
const ANYTHING: &str = "Do as you like.";
/// 2026-11-23T09:00:00Z.
const MORNING: i64 = 1_795_424_400_000;

/// Plays the script and answers the log as text.
pub fn play(text: &str) -> Result<String, String> {
    let (files, text) = files(text)?;
    let make = |name: &str| {
        let mut files = rehearsal::tour_files().iter();
        files.find(|(file, _)| *file == name).map(|(_, text)| *text)
    };
    let script = Script::parse(&text, make)?;
    let scratch = TempDir::new().map_err(|error| error.to_string())?;
    let folder = scratch.path().join("folder");
    for (path, content) in files {
        write(&folder.join(path), &content)?;
    }
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let script_file = scratch.path().join("script.md");
    write(&script_file, &text)?;
    let settings = Settings::of(&script)?;
    write(
        &scratch.path().join("home/config.toml"),
        &settings.config(&script_file),
    )?;
    let figures = text.lines().any(|line| line.starts_with("< usage "));
    let mut stage = Stage::open(&scratch.path().join("home"), folder, &settings)?;
    let played = stage.play(&script, &settings);
    let happened = stage.log(figures)?;
    stage.close();
    played.map_err(|fault| format!("{fault}; the log so far:\n{happened}"))?;
    Ok(happened)
}

type Files = Vec<(String, String)>;

/// The files of the story, and the script with their lines made blank so that line numbers stay.
fn files(text: &str) -> Result<(Files, String), String> {
    let mut files = Vec::new();
    let mut script = String::new();
    let mut within = false;
    for line in text.lines() {
        if line == "--- files" {
            within = true;
        } else if within && line.is_empty() {
            within = false;
        } else if within {
            let (path, content) = line
                .split_once(": ")
                .ok_or_else(|| format!("`{line}` is no file: expected `path: content`"))?;
            files.push((path.to_owned(), unescaped(content)));
        } else {
            script.push_str(line);
        }
        script.push('\n');
    }
    Ok((files, script))
}

fn unescaped(content: &str) -> String {
    format!("{}\n", content.replace("\\n", "\n").replace("\\t", "\t"))
}

fn write(path: &Path, content: &str) -> Result<(), String> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, content))
        .map_err(|error| format!("{}: {error}", path.display()))
}

/// What is set above the first prompt.
struct Settings {
    lines: Vec<String>,
    mode: Mode,
    model: ModelRef,
    limits: RunLimits,
}

impl Settings {
    fn of(script: &Script) -> Result<Self, String> {
        let mut settings = Self {
            lines: Vec::new(),
            mode: Mode::Ask,
            model: model("play/script")?,
            limits: RunLimits::default(),
        };
        for directive in &script.directives {
            let (word, words) = split(&directive.text);
            match (directive.kind, word) {
                (DirectiveKind::Setting, "set") => settings.lines.push(words.to_owned()),
                (DirectiveKind::Setting, "mode") => settings.mode = words.parse()?,
                (DirectiveKind::Setting, "model") => settings.model = model(words)?,
                (DirectiveKind::Setting, "max_steps") => {
                    let steps = words.parse().map_err(|_| unknown(directive))?;
                    settings.limits.max_steps = Some(steps);
                }
                (DirectiveKind::Setting, "allow") => {
                    settings.limits.rules.push(rule(Effect::Allow, words));
                }
                (DirectiveKind::Setting, "deny") => {
                    settings.limits.rules.push(rule(Effect::Deny, words));
                }
                _ => return Err(unknown(directive)),
            }
        }
        Ok(settings)
    }

    fn config(&self, script: &Path) -> String {
        let mut config = self.lines.join("\n");
        for provider in ["play", "other"] {
            let script = script.display();
            let _ = write!(
                config,
                "\n[providers.{provider}]\nwire = \"rehearsal\"\nscript = \"{script}\"\n"
            );
        }
        config
    }
}

fn rule(effect: Effect, text: &str) -> Rule {
    Rule::new(effect, text, Scope::Run)
}

fn model(text: &str) -> Result<ModelRef, String> {
    text.parse()
        .map_err(|error: creel::protocol::id::NoModelName| error.to_string())
}

fn split(text: &str) -> (&str, &str) {
    text.split_once(' ').unwrap_or((text, ""))
}

fn unknown(directive: &Directive) -> String {
    format!(
        "line {}: `{}` is nothing a story knows",
        directive.number, directive.text
    )
}

/// What is heard of the running step, and how often.
#[derive(Default)]
struct Heard {
    running: bool,
    ended: Option<Ending>,
    /// Model calls since the last prompt of a turn, retries not counted.
    steps: usize,
    /// Text and thoughts spoken in this step.
    spoken: String,
    /// What the running command put out.
    tail: String,
    /// Calls that asked or began to run in this step, not yet taken as a moment.
    moved: usize,
    retries: usize,
    asks: VecDeque<Ask>,
    messages: Vec<(MessageId, When, String)>,
    last_prompt: String,
    turns: u32,
    shells: usize,
    changes: usize,
    queued: usize,
    withdrawn: usize,
}

struct Stage {
    home: PathBuf,
    folder: PathBuf,
    clock: Arc<AtomicI64>,
    runtime: Option<Runtime>,
    engine: Option<Engine>,
    feed: Option<Feed>,
    session: SessionId,
    commands: u64,
    heard: Heard,
    /// The line of the last moment, which holds for all that happens there.
    reached: Option<usize>,
    /// The story stops a retry that waits; else nobody waits and the pause is cut short.
    holds_retries: bool,
}

impl Stage {
    fn open(home: &Path, folder: PathBuf, settings: &Settings) -> Result<Self, String> {
        let mut stage = Self {
            home: home.to_owned(),
            folder: folder.clone(),
            clock: Arc::new(AtomicI64::new(MORNING)),
            runtime: None,
            engine: None,
            feed: None,
            session: SessionId(uuid::Uuid::nil()),
            commands: 0,
            heard: Heard::default(),
            reached: None,
            holds_retries: false,
        };
        stage.start()?;
        stage.session = stage.engine()?.door.new_session();
        let request = OpenRequest {
            cwd: folder,
            model: settings.model.clone(),
            mode: settings.mode,
            worktree: None,
            effort: None,
        };
        stage.send(Op::Open { request })?;
        Ok(stage)
    }

    fn start(&mut self) -> Result<(), String> {
        let home = self.home.clone();
        let env = move |name: &str| (name == "CREEL_HOME").then(|| home.clone().into_os_string());
        let paths = Paths::from_environment(&env)?;
        let config = load::load(&paths, &env).map_err(|error| error.to_string())?;
        let clock = Arc::clone(&self.clock);
        let options = Options {
            config,
            paths,
            // A little time passes each time somebody looks.
            clock: Clock::manual(move || Time(clock.fetch_add(1, Ordering::Relaxed))),
            home: None,
            unattended: false,
            redactor: Arc::default(),
            sandbox: crate::support::sandbox(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let engine = Engine::start(options, runtime.handle())?;
        self.feed = Some(engine.door.listen());
        self.engine = Some(engine);
        self.runtime = Some(runtime);
        Ok(())
    }

    /// As the process would end that is killed: whatever it is at, nothing more is done.
    fn kill(&mut self) {
        // The runtime goes first, and it works only while somebody waits in it: an engine that sees its doors go would still
        // close its sessions in order.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(5));
        }
        self.feed = None;
        self.engine = None;
    }

    fn close(mut self) {
        self.feed = None;
        if let (Some(engine), Some(runtime)) = (self.engine.take(), &self.runtime) {
            runtime.block_on(engine.ended());
        }
        self.kill();
    }

    fn engine(&self) -> Result<&Engine, String> {
        self.engine.as_ref().ok_or("no engine runs".to_owned())
    }

    fn send(&mut self, op: Op) -> Result<(), String> {
        self.commands += 1;
        let command = Command {
            id: CommandId(self.commands),
            session: self.session,
            op,
        };
        self.engine()?.door.send(command);
        Ok(())
    }

    fn play(&mut self, script: &Script, settings: &Settings) -> Result<(), String> {
        for turn in &script.turns {
            let prompt = match &turn.prompt {
                PromptMatch::Exactly(prompt) => prompt.as_str(),
                PromptMatch::Anything => ANYTHING,
            };
            let waits = |heard: &Heard| {
                let mut messages = heard.messages.iter();
                messages.any(|(_, when, text)| *when == When::Turn && text == prompt)
            };
            if waits(&self.heard) {
                self.until("the queued prompt", |heard| heard.last_prompt == prompt)?;
            } else {
                self.until("the turn's end", Heard::rests)?;
                for directive in &turn.directives {
                    self.happen(directive, None)?;
                }
                let turns = self.heard.turns;
                self.send(Op::Submit {
                    blocks: vec![Block::text(prompt)],
                    when: When::Turn,
                    limits: settings.limits.clone(),
                })?;
                self.until("the turn's beginning", |heard| heard.turns > turns)?;
            }
            self.steps(turn)?;
        }
        self.until("the end", Heard::rests)
    }

    fn steps(&mut self, turn: &ScriptTurn) -> Result<(), String> {
        for (index, step) in turn.steps.iter().enumerate() {
            for directive in &step.directives {
                self.until("the step", |heard| heard.steps > index)?;
                let above = directive
                    .after
                    .checked_sub(1)
                    .and_then(|above| step.lines.get(above));
                let line = step.number + directive.after;
                if self.reached == Some(line) {
                    self.happen(directive, None)?;
                } else {
                    self.happen(directive, above)?;
                    self.reached = Some(line).filter(|_| directive.kind != DirectiveKind::Answer);
                }
            }
        }
        Ok(())
    }

    /// Waits for the moment of a directive, has it happen, and waits until it is heard.
    fn happen(&mut self, directive: &Directive, above: Option<&Line>) -> Result<(), String> {
        let (word, words) = split(&directive.text);
        if directive.kind == DirectiveKind::Answer {
            self.until("an ask", |heard| !heard.asks.is_empty())?;
            let ask = self.heard.asks.pop_front().ok_or("no ask")?;
            let answer = answer(word, words).ok_or_else(|| unknown(directive))?;
            self.heard.moved = 0;
            return self.send(Op::Answer {
                ask: ask.id,
                answer,
            });
        }
        let (text, on) = match directive.text.split_once(" on ") {
            Some((text, on)) => (text, Some(on)),
            None => (directive.text.as_str(), None),
        };
        if directive.kind == DirectiveKind::Event {
            self.moment(above, on)?;
        }
        match (directive.kind, text) {
            (DirectiveKind::Event, "stop") => self.send(Op::Interrupt)?,
            (DirectiveKind::Event, "kill") => self.kill_and_resume()?,
            (DirectiveKind::Event, "go on") => {
                let turns = self.heard.turns;
                self.until("the turn's end", Heard::rests)?;
                self.send(Op::Continue)?;
                self.until("the turn's beginning", |heard| heard.turns > turns)?;
            }
            (DirectiveKind::Event, "withdraw") => {
                let count = self.heard.withdrawn;
                let message = self.heard.messages.last().ok_or("no message waits")?.0;
                self.send(Op::Withdraw { message })?;
                self.until("the withdrawal", |heard| heard.withdrawn > count)?;
            }
            _ => self.happen_with_words(directive, word, words)?,
        }
        Ok(())
    }

    fn happen_with_words(
        &mut self,
        directive: &Directive,
        word: &str,
        words: &str,
    ) -> Result<(), String> {
        match (directive.kind, word) {
            (DirectiveKind::Event, "steer" | "queue") => {
                let when = if word == "steer" {
                    When::Step
                } else {
                    When::Turn
                };
                let count = self.heard.queued;
                self.send(Op::Submit {
                    blocks: vec![Block::text(words)],
                    when,
                    limits: RunLimits::default(),
                })?;
                self.until("the message", |heard| heard.queued > count)
            }
            (DirectiveKind::Event, "shell") => {
                let count = self.heard.shells;
                let command = words.to_owned();
                self.send(Op::Shell { command })?;
                self.until("the shell", |heard| heard.shells > count)
            }
            (DirectiveKind::Event, "remove") => {
                fs::remove_file(self.folder.join(words)).map_err(|error| error.to_string())
            }
            (DirectiveKind::Event, "write") => {
                let (path, content) = words.split_once(": ").ok_or_else(|| unknown(directive))?;
                write(&self.folder.join(path), &unescaped(content))
            }
            (DirectiveKind::Setting, "mode") => self.change(Change::Mode {
                mode: words.parse()?,
            }),
            (DirectiveKind::Setting, "effort") => self.change(Change::Effort {
                effort: Some(words.parse()?),
            }),
            (DirectiveKind::Setting, "model") => self.change(Change::Model {
                model: model(words)?,
            }),
            _ => Err(unknown(directive)),
        }
    }

    fn change(&mut self, change: Change) -> Result<(), String> {
        let count = self.heard.changes;
        self.send(Op::Change { change })?;
        self.until("the change", |heard| heard.changes > count)
    }

    /// Waits until the line above is reached.
    fn moment(&mut self, above: Option<&Line>, on: Option<&str>) -> Result<(), String> {
        if let Some(on) = on {
            return self.until(on, |heard| {
                heard.spoken.contains(on) || heard.tail.contains(on)
            });
        }
        match above {
            Some(Line::Text(_) | Line::Think(_)) => {
                self.until("a text", |heard| !heard.spoken.is_empty())
            }
            Some(Line::Call { .. }) => {
                self.until("a call", |heard| heard.moved > 0 || heard.rests())?;
                self.heard.moved = 0;
                Ok(())
            }
            Some(Line::Error { .. }) => {
                self.holds_retries = true;
                self.until("a retry", |heard| heard.retries > 0 || heard.rests())
            }
            _ => Ok(()),
        }
    }

    fn kill_and_resume(&mut self) -> Result<(), String> {
        self.kill();
        self.start()?;
        let before = std::mem::take(&mut self.heard);
        self.heard = Heard {
            running: before.running,
            turns: before.turns,
            steps: before.steps,
            last_prompt: before.last_prompt,
            ..Heard::default()
        };
        self.send(Op::Resume)?;
        self.until("the recovery", |heard| !heard.running)
    }

    /// Listens until something holds.
    fn until(&mut self, what: &str, holds: impl Fn(&Heard) -> bool) -> Result<(), String> {
        let mut feed = self.feed.take().ok_or("nobody listens")?;
        let deadline = std::time::Instant::now() + LONGEST;
        let mut result = Ok(());
        while !holds(&self.heard) {
            let Some(runtime) = &self.runtime else {
                return Err("no runtime".to_owned());
            };
            let left = deadline.saturating_duration_since(std::time::Instant::now());
            let next = async { tokio::time::timeout(left, feed.next()).await };
            match runtime.block_on(next) {
                Ok(Some(signal)) => {
                    if let Err(fault) = self.hear(signal) {
                        result = Err(fault);
                        break;
                    }
                }
                Ok(None) => {
                    result = Err("the engine has ended".to_owned());
                    break;
                }
                Err(_) => {
                    result = Err(format!("waited in vain for `{what}`"));
                    break;
                }
            }
        }
        self.feed = Some(feed);
        result
    }

    fn hear(&mut self, signal: Signal) -> Result<(), String> {
        match signal {
            Signal::Event(event) => self.heard.fact(event.fact),
            Signal::Delta { delta, .. } => {
                let retries = self.heard.retries;
                self.heard.delta(delta);
                if self.heard.retries > retries && !self.holds_retries {
                    self.send(Op::Continue)?;
                }
            }
            Signal::Refused { why, .. } => return Err(format!("refused: {why}")),
            Signal::Import(_) => {}
            Signal::Lagged => return Err("the story went too fast to be heard".to_owned()),
        }
        Ok(())
    }

    fn log(&self, figures: bool) -> Result<String, String> {
        let runtime = self.runtime.as_ref().ok_or("no runtime")?;
        let query = Query::History {
            session: self.session,
            page: Page::After(Seq(0)),
            limit: u32::MAX,
        };
        match runtime.block_on(self.engine()?.door.ask(query)) {
            Found::History(events) => Ok(log::text(&events, figures)),
            other => Err(format!("no log: {other:?}")),
        }
    }
}

fn answer(word: &str, words: &str) -> Option<Answer> {
    let verdict = |verdict| Some(Answer::Verdict { verdict });
    match word {
        "allow" => verdict(Verdict::Once),
        "session" => verdict(Verdict::Session),
        "deny" => verdict(Verdict::No {
            reason: Some(words.to_owned()).filter(|words| !words.is_empty()),
        }),
        "edit" => verdict(Verdict::Edited {
            arguments: words.to_owned(),
        }),
        "proceed" => Some(Answer::Proceed),
        "end" => Some(Answer::End),
        "say" => Some(Answer::Said {
            text: Some(words.to_owned()),
        }),
        "leave" => Some(Answer::Said { text: None }),
        _ => None,
    }
}

impl Heard {
    /// Nothing runs, and nothing that waits will begin by itself.
    fn rests(&self) -> bool {
        let well = matches!(self.ended, None | Some(Ending::Finished | Ending::Denied));
        let next = self.messages.iter().any(|_| well && self.turns > 0);
        !self.running && !next
    }

    fn fact(&mut self, fact: Fact) {
        match fact {
            Fact::TurnStarted { .. } => {
                self.running = true;
                self.turns += 1;
            }
            Fact::TurnEnded { ending, .. } => {
                self.running = false;
                self.ended = Some(ending);
            }
            Fact::ItemAdded { step, item, .. } => match item {
                Item::Prompt { blocks, origin } if origin == Origin::Person && step == 1 => {
                    self.steps = 0;
                    self.last_prompt = joined(&blocks);
                }
                Item::Shell { .. } => self.shells += 1,
                _ => {}
            },
            Fact::ModelCalled {
                step: 1.., attempt, ..
            } => {
                self.steps += usize::from(attempt == 1);
                self.spoken.clear();
                self.tail.clear();
                self.moved = 0;
                self.retries = 0;
            }
            Fact::AskRaised { ask } => {
                self.asks.push_back(ask);
                self.moved += 1;
            }
            Fact::AskVoided { ask, .. } => self.asks.retain(|waiting| waiting.id != ask),
            Fact::CallStarted { .. } => self.moved += 1,
            Fact::MessageQueued { id, blocks, when } => {
                self.messages.push((id, when, joined(&blocks)));
                self.queued += 1;
            }
            Fact::MessageWithdrawn { id, entered } => {
                self.messages.retain(|(message, ..)| *message != id);
                self.withdrawn += usize::from(!entered);
            }
            Fact::SessionChanged { .. } => self.changes += 1,
            // Step 0 is a call beside the turn.
            Fact::SessionOpened { .. }
            | Fact::AskAnswered { .. }
            | Fact::ModelCalled { .. }
            | Fact::ModelAnswered { .. } => {}
        }
    }

    fn delta(&mut self, delta: Delta) {
        match delta {
            Delta::Text { text } | Delta::Thinking { text } => self.spoken.push_str(&text),
            Delta::Tail { text, .. } => self.tail = text,
            Delta::Waiting {
                what: Waiting::Retry { .. },
            } => self.retries += 1,
            Delta::CallGrows { .. } | Delta::Discarded | Delta::Waiting { .. } => {}
        }
    }
}
