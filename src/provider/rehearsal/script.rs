//! A rehearsal script as data: what the person says, what the played model answers, and what a scenario test adds.
//!
//! ```text
//! > what the person says        `> *` matches anything; lines that follow each other are one prompt
//! ? first                       below `> `: only as the first prompt of a session
//! < text: words                 `< think: ` likewise; lines that follow each other are one text
//! < call NAME {json}            arguments are sent as they stand
//! < make NAME                   a call to `write` with a file of the tour
//! < words                       plays the tool words of the prompt (`read PATH`, …) and matches only such prompts
//! < as PROMPT                   goes on with the steps below that prompt of the script
//! < usage IN OUT [CACHED]       tokens; estimated where the line is missing
//! < pause 200ms
//! < error KIND [xN] [words]     fails here; with `xN` only the first N times this prompt is asked
//! = allow                       also `! kill`, `$ limit 0.01`: for the runner of the scenario tests
//! --- log                       the rest is the expected log, word for word
//! ```
//!
//! A blank line begins the next step, and so does a `< ` line after a `= ` line. A step may begin with conditions on the
//! results of the step before: `? denied`, `? failed`, `? failed TOOL`, `? says TEXT`. A step below `? watched` is there only
//! where somebody can be asked, one below `? unwatched` only where nobody can; that is no condition of its own. Such steps are alternatives to the next step
//! without one: the first whose conditions hold is played and the others are passed over. `# ` and `-- ` begin a
//! comment line; three blanks before `-- ` begin one at the end of a line. Placeholders of texts stand in
//! [`crate::provider::rehearsal::tally`].

use std::time::Duration;

use crate::protocol::failure::FailureKind;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Script {
    /// Those above the first prompt.
    pub directives: Vec<Directive>,
    pub turns: Vec<ScriptTurn>,
    /// What stands after `--- log`, word for word.
    pub log: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ScriptTurn {
    /// The line of the prompt in the script, from 1.
    pub number: usize,
    pub prompt: PromptMatch,
    /// Only as the first prompt of a session.
    pub first: bool,
    /// Those between the prompt and its first step.
    pub directives: Vec<Directive>,
    /// Never empty.
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromptMatch {
    Exactly(String),
    Anything,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Step {
    /// Its first line in the script, from 1.
    pub number: usize,
    /// All of them must hold. Without any the step is the usual way.
    pub conditions: Vec<Condition>,
    /// Never empty.
    pub lines: Vec<Line>,
    pub directives: Vec<Directive>,
}

/// What must be true of the results of the step before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// At least one was denied.
    Denied,
    /// At least one failed, was cancelled or is lost.
    Failed,
    /// There were calls of this tool, and none was done.
    AllFailed(String),
    /// At least one text holds these words.
    Says(String),
    /// Somebody is there, or nobody is: looked at once, when the script is taken up.
    Watched(Audience),
}

/// Whether somebody can be asked while the script is played.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Audience {
    #[default]
    Somebody,
    Nobody,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    Text(String),
    Think(String),
    Call {
        name: String,
        /// Byte for byte as written.
        arguments: String,
    },
    /// The tool words of the prompt are played.
    Words,
    /// Stands for the steps of the turn with this prompt; no script that was read holds it any more.
    As(String),
    Usage {
        input: u64,
        output: u64,
        cached: u64,
    },
    Pause(Duration),
    Error {
        kind: FailureKind,
        /// How often; `None` is always.
        times: Option<u32>,
        words: String,
    },
}

/// A line for the runner of the scenario tests; a played session passes over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// Its line in the script, from 1.
    pub number: usize,
    /// How many lines of its step stand above it.
    pub after: usize,
    pub kind: DirectiveKind,
    /// What stands behind the sign.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectiveKind {
    /// `=`: the person answers.
    Answer,
    /// `!`: something happens.
    Event,
    /// `$`: something is set.
    Setting,
}

impl Script {
    /// The script as it is played before this audience.
    #[must_use]
    pub fn before(mut self, audience: Audience) -> Self {
        for turn in &mut self.turns {
            turn.steps.retain_mut(|step| {
                let fits = step.conditions.iter().all(
                    |condition| !matches!(condition, Condition::Watched(of) if *of != audience),
                );
                let looked_at = |condition: &Condition| matches!(condition, Condition::Watched(_));
                step.conditions.retain(|condition| !looked_at(condition));
                fits
            });
        }
        self
    }
}

impl ScriptTurn {
    /// Whether it plays tool words, and so answers only prompts that are such.
    pub fn plays_words(&self) -> bool {
        self.steps
            .iter()
            .any(|step| step.lines.contains(&Line::Words))
    }
}
