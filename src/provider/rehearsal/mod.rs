//! The rehearsal: a provider that plays a model from a script, offline, and says so. It drives the real engine with real
//! tools; only the words and the prices are played. Nothing about it pretends to be a model.
//!
//! `rehearsal/NAME` is a shipped script; a provider with `wire = "rehearsal"` plays the file its `script` names. The form
//! of a script stands in [`script`].

pub mod parse;
pub mod place;
pub mod play;
pub mod script;
pub mod tally;
pub mod words;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use crate::agent::prompt::Prompt;
use crate::agent::visible;
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::id::ModelRef;
use crate::protocol::money::Currency;
use crate::protocol::reply::Reply;
use crate::protocol::usage::Price;
use crate::provider::rehearsal::place::Place;
use crate::provider::rehearsal::script::{Audience, Line, Script};
use crate::provider::rehearsal::tally::Tally;
use crate::provider::{Chunk, Provider, Written};

/// Tokens of the played model's window.
pub const CONTEXT: u64 = 200_000;
/// The most tokens of one played answer.
pub const MAX_OUTPUT: u64 = 8_192;

const SCRIPTS: [(&str, &str); 2] = [
    ("tour", include_str!("../../../assets/rehearsal/tour.md")),
    ("words", include_str!("../../../assets/rehearsal/words.md")),
];

const TOUR_FILES: [(&str, &str); 3] = [
    (
        "tide.sh",
        include_str!("../../../assets/rehearsal/tour/tide.sh"),
    ),
    (
        "test.sh",
        include_str!("../../../assets/rehearsal/tour/test.sh"),
    ),
    (
        "NOTES.md",
        include_str!("../../../assets/rehearsal/tour/NOTES.md"),
    ),
];

/// What the tour's composer holds at its start: asked so, the tour takes its files as being there; asked anything else
/// first, it makes them by `write` calls of its own.
pub const TOUR_PROMPT: &str = "The tide is wrong. Find out why and mend it.";

/// A script that comes with Creel.
pub fn shipped(name: &str) -> Option<&'static str> {
    SCRIPTS
        .iter()
        .find(|(shipped, _)| *shipped == name)
        .map(|(_, script)| *script)
}

/// The names of the shipped scripts: the models of `rehearsal`.
pub fn names() -> impl Iterator<Item = &'static str> {
    SCRIPTS.iter().map(|(name, _)| *name)
}

/// That no shipped script has that name.
pub fn unknown(name: &str) -> String {
    let known: Vec<&str> = names().collect();
    format!(
        "there is no rehearsal `{}`: known are {}",
        visible::one_line(name),
        known.join(", ")
    )
}

/// The files of the tour's folder with their contents. A face puts them into a scratch folder, or makes sure that none of
/// them is there before the tour makes them.
pub fn tour_files() -> &'static [(&'static str, &'static str)] {
    &TOUR_FILES
}

/// The model that plays the tour.
pub fn tour() -> ModelRef {
    ModelRef {
        provider: "rehearsal".to_owned(),
        model: "tour".to_owned(),
    }
}

/// Whether the tour makes its files when this is the first prompt: tool words are played by themselves, and asked as its
/// composer asks it, it takes them as being there.
pub fn makes_files(prompt: &str) -> bool {
    prompt.trim() != TOUR_PROMPT && words::read(prompt).is_none()
}

/// Play money, in the proportions of a large model: $3, $15 and $0.30 a million tokens.
pub fn play_price() -> Price {
    Price {
        currency: Currency::USD,
        input: 3_000_000,
        output: 15_000_000,
        cache_read: Some(300_000),
        cache_write: None,
        cache_write_long: None,
        web_search: None,
        tiers: Vec::new(),
    }
}

/// So many times as fast is one that is hurried: a scene of it is over in a second.
const HURRY: u32 = 10;

/// How fast a rehearsal speaks; clones share it, so that a face can hurry what is being said.
#[derive(Debug, Clone)]
pub struct Speed {
    now: Arc<AtomicU32>,
    /// Percent as well.
    natural: u32,
}

impl Speed {
    /// In percent of the natural speed.
    pub fn percent(percent: u32) -> Self {
        Self {
            now: Arc::new(AtomicU32::new(percent)),
            natural: percent,
        }
    }

    /// Without any pause, for runs that nobody watches.
    pub fn at_once() -> Self {
        Self::percent(u32::MAX)
    }

    /// Speaks faster from the next word on, until [`Speed::rest`].
    pub fn hurry(&self) {
        self.now
            .store(self.natural.saturating_mul(HURRY), Ordering::Relaxed);
    }

    /// Speaks as it began.
    pub fn rest(&self) {
        self.now.store(self.natural, Ordering::Relaxed);
    }

    /// How long a pause is now.
    pub fn pause(&self, natural: Duration) -> Duration {
        natural * 100 / self.now.load(Ordering::Relaxed).max(1)
    }

    async fn wait(&self, pause: Duration) {
        let pause = self.pause(pause);
        if pause >= Duration::from_millis(1) {
            tokio::time::sleep(pause).await;
        }
    }
}

impl Default for Speed {
    fn default() -> Self {
        Self::percent(100)
    }
}

/// The scripted provider. What it answers is a pure function of the prompt, so a session goes on after a crash as if
/// nothing had been; the one thing kept is how often an error with a count (`< error rate x2`) has been played.
#[derive(Debug)]
pub struct Rehearsal {
    script: Script,
    speed: Speed,
    /// By the hash of the prompt.
    played_errors: Mutex<HashMap<u64, u32>>,
}

impl Rehearsal {
    /// The error names the script and the line.
    pub fn new(name: &str, script: &str, audience: Audience) -> Result<Self, String> {
        let script = Script::parse(script, |name| {
            tour_files()
                .iter()
                .find(|(file, _)| *file == name)
                .map(|(_, content)| *content)
        })
        .map_err(|error| format!("script `{name}`: {error}"))?;
        Ok(Self {
            script: script.before(audience),
            speed: Speed::default(),
            played_errors: Mutex::default(),
        })
    }

    #[must_use]
    pub fn with_speed(self, speed: Speed) -> Self {
        Self { speed, ..self }
    }

    /// What is played for this prompt.
    fn lines(&self, prompt: &Prompt) -> Result<Vec<Line>, Failure> {
        let nothing = |said: &str| {
            Failure::new(
                FailureKind::BadRequest,
                format!("{} has no line for {said}", prompt.model),
            )
        };
        let place = place::find(&self.script, &prompt.messages)
            .ok_or_else(|| nothing("a session in which nobody spoke"))?;
        let turn = place
            .turn
            .and_then(|turn| self.script.turns.get(turn))
            .ok_or_else(|| nothing("what was said"))?;
        let Some(step) = place.step.and_then(|step| turn.steps.get(step)) else {
            return Ok(vec![Line::Text("My script ends here.".to_owned())]);
        };
        let tally = Tally::count(&prompt.messages);
        let mut lines = Vec::new();
        for line in &step.lines {
            match line {
                Line::Words => lines.extend(tool_words(place)),
                Line::Text(text) => lines.push(Line::Text(tally.fill(text))),
                Line::Error {
                    times: Some(times), ..
                } => {
                    if self.may_fail(prompt, *times) {
                        lines.push(line.clone());
                    }
                }
                line => lines.push(line.clone()),
            }
        }
        Ok(lines)
    }

    /// Whether an error with a count is still to be played, which then counts as one time more.
    fn may_fail(&self, prompt: &Prompt, times: u32) -> bool {
        let mut hasher = DefaultHasher::new();
        format!("{:?} {:?}", prompt.system, prompt.messages).hash(&mut hasher);
        let mut played = self
            .played_errors
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let count = played.entry(hasher.finish()).or_default();
        *count += 1;
        *count <= times
    }
}

fn tool_words(place: Place<'_>) -> Vec<Line> {
    match words::read(place.prompt) {
        Some(word) => words::answer(&word, place.since),
        // Such a turn is found by tool words alone; anything else would be a fault of the search.
        None => vec![Line::Text("I know only tool words.".to_owned())],
    }
}

impl Provider for Rehearsal {
    fn stream(&self, prompt: Prompt, _written: Option<Written>) -> BoxStream<'static, Chunk> {
        let chunks = match self.lines(&prompt) {
            Ok(lines) => play::play(&lines, &prompt),
            Err(failure) => vec![(
                Duration::ZERO,
                Chunk::Failed {
                    failure,
                    partial: Reply::default(),
                },
            )],
        };
        let speed = self.speed.clone();
        stream::iter(chunks)
            .then(move |(pause, chunk)| {
                let speed = speed.clone();
                async move {
                    speed.wait(pause).await;
                    chunk
                }
            })
            .boxed()
    }
}

#[cfg(test)]
mod tests;
