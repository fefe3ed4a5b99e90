//! A session's facts as text that a stranger can read: one line a fact, with its address (`TURN`, `TURN.STEP`,
//! `TURN.STEP.CALL`), a word and what it is about. Times, ids and hashes are left out; the session's folder is `FOLDER`, the
//! one it lies in `ABOVE`.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

use creel::protocol::ask::{About, Answer, Approval, Ask, Guard, Risk, Subject, Verdict};
use creel::protocol::call::Outcome;
use creel::protocol::event::{Ending, Event, Fact, When};
use creel::protocol::failure::Failure;
use creel::protocol::id::{AskId, CallId};
use creel::protocol::item::{Item, Origin, joined};
use creel::protocol::session::Change;
use creel::protocol::usage::{Cause, Usage};

/// Longer texts are shown with their head and tail.
const LONGEST: usize = 240;

/// The log as text. `figures`: also the tokens and the money of each answer.
pub fn text(events: &[Event], figures: bool) -> String {
    let folder = events.iter().find_map(|event| match &event.fact {
        Fact::SessionOpened { spec } => Some(spec.cwd.clone()),
        _ => None,
    });
    let named = |path: Option<&Path>| path.map(|path| path.display().to_string());
    let folder = folder.as_deref();
    let places = [
        (named(folder), "FOLDER"),
        (named(folder.and_then(Path::parent)), "ABOVE"),
    ];
    let mut writer = Writer {
        places: places
            .into_iter()
            .filter_map(|(path, name)| Some((path?, name)))
            .collect(),
        figures,
        asks: HashMap::new(),
        lines: Vec::new(),
    };
    let mut events: Vec<&Event> = events.iter().collect();
    in_order(&mut events);
    for event in events {
        writer.fact(&event.fact);
    }
    writer.lines.iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{}", line.trim_end());
        text
    })
}

/// Calls that run side by side end in any order: neighbouring results are put in the order of their calls.
fn in_order(events: &mut [&Event]) {
    let call = |event: &Event| match &event.fact {
        Fact::ItemAdded {
            item: Item::Result { call, .. },
            ..
        } => Some(call.clone()),
        _ => None,
    };
    for group in events.chunk_by_mut(|a, b| call(a).is_some() && call(b).is_some()) {
        group.sort_by_key(|event| call(event));
    }
}

struct Writer {
    /// Paths of this run, and what stands for them.
    places: Vec<(String, &'static str)>,
    figures: bool,
    /// Where each ask belongs.
    asks: HashMap<AskId, String>,
    lines: Vec<String>,
}

impl Writer {
    fn line(&mut self, address: &str, word: &str, words: &str) {
        let mut words = words.to_owned();
        for (path, name) in &self.places {
            words = words.replace(path, name);
        }
        let words = one_line(&words);
        self.lines.push(format!("{address:<6} {word:<9} {words}"));
    }

    fn fact(&mut self, fact: &Fact) {
        match fact {
            Fact::SessionOpened { spec } => {
                let words = format!("{} in mode {}", spec.model, spec.mode);
                self.line("", "opened", &words);
            }
            Fact::SessionChanged { change } => self.line("", "changed", &changed(change)),
            Fact::TurnStarted { turn } => self.line(&turn.to_string(), "begins", ""),
            Fact::ItemAdded {
                turn, step, item, ..
            } => self.item(&format!("{turn}.{step}"), item),
            Fact::MessageQueued { id, blocks, when } => {
                let when = match when {
                    When::Step => "before the next call",
                    When::Turn => "as the next turn",
                };
                let words = format!("message {}, {when}: {}", id.0, joined(blocks));
                self.line("", "queued", &words);
            }
            Fact::MessageWithdrawn { id, entered } => {
                let word = if *entered { "enters" } else { "withdrawn" };
                self.line("", word, &format!("message {}", id.0));
            }
            Fact::AskRaised { ask } => self.raised(ask),
            Fact::AskAnswered { ask, answer } => {
                let address = self.asks.get(ask).cloned().unwrap_or_default();
                self.line(&address, "answer", &answered(answer));
            }
            Fact::AskVoided { ask, why } => {
                let address = self.asks.get(ask).cloned().unwrap_or_default();
                self.line(&address, "voided", why);
            }
            Fact::ModelCalled {
                turn,
                step,
                attempt,
                model,
                reserved,
                cause,
                ..
            } => {
                let mut words = model.to_string();
                match cause {
                    Cause::Work => {}
                    Cause::Retry => {
                        let _ = write!(words, ", attempt {attempt}");
                    }
                    Cause::Check => words.push_str(", for a check"),
                    Cause::Title => words.push_str(", for a title"),
                }
                if let Some(reserved) = reserved {
                    let _ = write!(words, ", {reserved} held");
                }
                self.line(&format!("{turn}.{step}"), "asked", &words);
            }
            Fact::ModelAnswered {
                turn,
                step,
                usage,
                stop,
                failure,
                ..
            } => {
                let mut words = match (stop, failure) {
                    (Some(stop), _) => format!("{stop:?}").to_lowercase(),
                    (None, Some(failure)) => failed(failure),
                    (None, None) => "broken off".to_owned(),
                };
                if self.figures && *usage != Usage::default() {
                    let _ = write!(words, ", {} in", usage.input);
                    if usage.cache_read > 0 {
                        let _ = write!(words, ", {} cached", usage.cache_read);
                    }
                    let _ = write!(words, ", {} out", usage.output);
                }
                self.line(&format!("{turn}.{step}"), "answered", &words);
            }
            Fact::CallStarted { call, .. } => self.line(&address(call), "runs", ""),
            Fact::TurnEnded { turn, ending } => {
                let words = match ending {
                    Ending::Finished => "finished".to_owned(),
                    Ending::Denied => "denied".to_owned(),
                    Ending::Budget => "budget".to_owned(),
                    Ending::Failed { failure } => failed(failure),
                    Ending::Limit { text } => format!("limit: {text}"),
                    Ending::Interrupted { text, .. } => format!("interrupted: {text}"),
                };
                self.line(&turn.to_string(), "ends", &words);
            }
        }
    }

    fn item(&mut self, step: &str, item: &Item) {
        match item {
            Item::Prompt { blocks, origin } => {
                let word = match origin {
                    Origin::Person => "person",
                    Origin::Creel => "creel",
                };
                self.line(step, word, &joined(blocks));
            }
            Item::Answer { text, cut, .. } => {
                let cut = if *cut { " (broken off here)" } else { "" };
                self.line(step, "says", &format!("{text}{cut}"));
            }
            Item::Thought { text, .. } => self.line(step, "thinks", text),
            Item::Call(call) => self.line(
                &address(&call.id),
                "call",
                &format!("{} {}", call.name, call.arguments),
            ),
            Item::Result { call, outcome } => {
                self.line(&address(call), kind(outcome), &ended(outcome));
            }
            Item::Notice { text } => self.line(step, "notice", text),
            Item::Recalled(recalled) => {
                self.line(step, "recalled", &creel::agent::quoted::told(recalled));
            }
            Item::Shell { command, outcome } => {
                let words = format!("{command} → {} {}", kind(outcome), ended(outcome));
                self.line(step, "shell", &words);
            }
        }
    }

    fn raised(&mut self, ask: &Ask) {
        let (address, words) = match &ask.about {
            About::Approval(approval) => (address(&approval.call), approval_words(approval)),
            About::Budget {
                worst,
                left,
                limit,
                which,
            } => (
                held(&ask.id),
                format!("{which:?} budget: {left} of {limit} left, the next call may cost {worst}")
                    .to_lowercase(),
            ),
            About::Guard { guard, text } => {
                let guard = match guard {
                    Guard::Loop => "loop guard",
                    Guard::NoProgress => "no-progress guard",
                    Guard::Unattended => "unattended guard",
                    Guard::Steps => "limit of steps",
                    Guard::Room => "limit of room",
                };
                (held(&ask.id), format!("{guard}: {text}"))
            }
            About::Question(question) => {
                let choices = question.choices.join(" | ");
                (
                    address(&question.call),
                    format!("{} [{choices}]", question.text),
                )
            }
            About::Unpriced { model } => (held(&ask.id), format!("{model} has no price")),
        };
        self.asks.insert(ask.id.clone(), address.clone());
        self.line(&address, "ask", &words);
    }
}

/// `call_1_2_3` is `1.2.3`.
fn address(call: &CallId) -> String {
    call.0.trim_start_matches("call_").replace('_', ".")
}

/// `hold_1_2_1` belongs to step `1.2`.
fn held(ask: &AskId) -> String {
    let mut numbers = ask.0.trim_start_matches("hold_").split('_');
    let (turn, step) = (numbers.next(), numbers.next());
    format!("{}.{}", turn.unwrap_or_default(), step.unwrap_or_default())
}

fn kind(outcome: &Outcome) -> &'static str {
    use creel::protocol::call::OutcomeKind::{Cancelled, Denied, Done, Failed, Lost};
    match outcome.kind {
        Done => "done",
        Failed => "failed",
        Denied => "denied",
        Cancelled => "cancelled",
        Lost => "lost",
    }
}

fn ended(outcome: &Outcome) -> String {
    let mut words = outcome.text.clone();
    if let Some(whole) = &outcome.whole {
        let _ = write!(
            words,
            " (kept whole as output:{}: {} bytes, {} lines)",
            whole.number, whole.bytes, whole.lines
        );
    }
    words
}

fn failed(failure: &Failure) -> String {
    format!("failed ({:?}): {}", failure.kind, failure.message)
}

fn approval_words(approval: &Approval) -> String {
    let what = match &approval.subject {
        Subject::Command { argv, .. } => format!("run {argv:?}"),
        Subject::Change {
            path,
            added,
            removed,
            created,
            patch,
        } => format!(
            "{} {} (+{added} -{removed}): {}",
            if *created { "create" } else { "change" },
            path.display(),
            changes(patch)
        ),
        Subject::Read { path } => format!("read {}", path.display()),
        Subject::Other { arguments } => arguments.clone(),
    };
    let risk = match approval.risk {
        Risk::Low => "low",
        Risk::Medium => "medium",
        Risk::High => "HIGH",
    };
    let rule = match &approval.session_rule {
        Some(rule) => format!("; `s` would keep {rule}"),
        None => String::new(),
    };
    format!(
        "{what}; {risk}: {}; {}{rule}",
        approval.risk_why, approval.reason
    )
}

/// The changed lines of a patch.
fn changes(patch: &str) -> String {
    let changed = patch.lines().filter(|line| {
        line.starts_with(['+', '-']) && !line.starts_with("+++") && !line.starts_with("---")
    });
    changed.collect::<Vec<_>>().join(" ")
}

fn answered(answer: &Answer) -> String {
    match answer {
        Answer::Verdict { verdict } => match verdict {
            Verdict::Once => "yes, once".to_owned(),
            Verdict::Session => "yes, for this session".to_owned(),
            Verdict::Kept { rule } => format!("yes, and the rule {}", rule.text),
            Verdict::No { reason: None } => "no".to_owned(),
            Verdict::No {
                reason: Some(reason),
            } => format!("no: {reason}"),
            Verdict::Hunks { kept } => format!("yes, hunks {kept:?}"),
            Verdict::Edited { arguments } => format!("yes, as {arguments}"),
        },
        Answer::Proceed => "go on".to_owned(),
        Answer::Raise { by } => format!("{by} more"),
        Answer::End => "end".to_owned(),
        Answer::Said { text: Some(text) } => format!("says: {text}"),
        Answer::Said { text: None } => "leaves it to the model".to_owned(),
    }
}

fn changed(change: &Change) -> String {
    match change {
        Change::Model { model } => format!("model {model}"),
        Change::Mode { mode } => format!("mode {mode}"),
        Change::ModeLent { mode, .. } => format!("mode {mode} lent"),
        Change::ModeReturned { mode, used } => {
            format!("mode {mode} again, {} used up", used.name())
        }
        Change::Effort { effort } => match effort {
            Some(effort) => format!("effort {effort}"),
            None => "effort default".to_owned(),
        },
        Change::PlanModel { model: Some(model) } => format!("{model} plans"),
        Change::PlanModel { model: None } => "the session's own model answers again".to_owned(),
        Change::Title { title } => format!("title {title}"),
        Change::Vouched { .. } => "vouched for what was read".to_owned(),
        Change::TakenUp { cwd, .. } => format!("taken up in {}", cwd.display()),
        Change::Archived { archived } => format!("archived {archived}"),
        Change::Pinned { pinned } => format!("pinned {pinned}"),
        Change::Recall { on } => format!("recall {on}"),
        Change::Unseen { unseen } => format!("unseen {unseen}"),
        Change::Temporary { temporary } => format!("temporary {temporary}"),
        Change::Budget { limit } => match limit {
            Some(limit) => format!("budget {limit}"),
            None => "no budget".to_owned(),
        },
        Change::PriceAccepted { model } => format!("price-accepted {model}"),
        Change::DayRaised { by, .. } => format!("{by} more for the day"),
        Change::RuleKept { rule, .. } => {
            format!("rule {:?} {}", rule.effect, rule.text).to_lowercase()
        }
    }
}

/// Line ends as `⏎`, tabs as `⇥`, the middle of a long text left out.
fn one_line(text: &str) -> String {
    let text = text.trim_end().replace('\n', " ⏎ ").replace('\t', "⇥");
    let count = text.chars().count();
    if count <= LONGEST {
        return text;
    }
    let head: String = text.chars().take(LONGEST / 2).collect();
    let tail: String = text.chars().skip(count - LONGEST / 3).collect();
    format!("{head} […] {tail}")
}
