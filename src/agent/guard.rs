//! Guards against a turn that runs in circles: the same call again and again, steps that bring nothing new, money spent
//! with nobody at the keys. Each pauses before the next model call, and names the setting that moves it.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashSet, VecDeque};
use std::hash::{Hash, Hasher};
use std::time::Duration;

use crate::protocol::ask::Guard;
use crate::protocol::call::{Outcome, OutcomeKind, ToolCall};
use crate::protocol::money::{Money, UNIT};
use crate::protocol::time::Time;

/// With no key for this long, nobody is taken to be there.
const AWAY: Duration = Duration::from_mins(15);

/// Charges remembered one by one.
const MOST_CHARGES: usize = 1000;

/// `[guards]` of the config: when each guard stops, which it names when it does. Zero switches one off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `same_call`: how often the same call may stand among the last `same_call_window` ones. Default 5 of 20.
    pub same_call: u32,
    pub same_call_window: u32,
    /// `idle_steps`: steps without a changed file, new output, a new test result or anything newly read. Default 12.
    pub idle_steps: u32,
    /// `unattended`: dollars in `unattended_minutes` while no key was pressed for 15 minutes. Default $2 in 30 minutes.
    pub unattended: Option<Money>,
    pub unattended_minutes: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            same_call: 5,
            same_call_window: 20,
            idle_steps: 12,
            unattended: Some(Money::usd(2 * UNIT)),
            unattended_minutes: 30,
        }
    }
}

/// What the guards remember of a running session. All but the money begins anew with each word of the person: a prompt, a
/// message that steers, a "go on".
#[derive(Debug, Default)]
pub struct Watch {
    /// Hashes of the newest calls with their tools, oldest first.
    calls: VecDeque<(u64, String)>,
    /// How many of them are of the step that just ended.
    new_calls: usize,
    /// Hashes of all outcomes so far: what was read, printed or changed.
    seen: HashSet<u64>,
    progress: bool,
    /// A command ran: it may have changed files without a word.
    ran_command: bool,
    /// Hashes of files that changed since the watch began, with what was in them; `None` before the first look.
    files: Option<HashSet<u64>>,
    since: Option<Time>,
    idle_steps: u32,
    /// The step that was looked at last: one that is asked again is still the same.
    step: Option<u32>,
    /// Dollars charged, with their time.
    spent: VecDeque<(Time, i64)>,
}

impl Watch {
    pub fn begin(&mut self) {
        self.calls.clear();
        self.new_calls = 0;
        self.seen.clear();
        self.ran_command = false;
        self.files = None;
        self.since = None;
        self.idle_steps = 0;
        // The first look comes before the first step and counts as none.
        self.progress = true;
        self.step = None;
    }

    pub fn called(&mut self, call: &ToolCall, settings: &Settings) {
        // The same arguments in other blanks are the same.
        let arguments = call
            .input()
            .map_or_else(|_| call.arguments.clone(), |input| input.to_string());
        let hash = hash(&(&call.name, arguments));
        self.calls.push_back((hash, call.name.clone()));
        self.new_calls += 1;
        while self.calls.len() > settings.same_call_window as usize {
            self.calls.pop_front();
        }
    }

    /// An outcome is progress when its like was not seen before in this session. A file changed back and forth shows the
    /// same changes again, a test that fails the same way the same output. A tool that could not brought nothing, whatever
    /// name it could not find; but a command that was cut off by its time may have said something. What was not to be, or was
    /// stopped, is none, in whatever words that is told.
    pub fn ended(&mut self, tool: &str, outcome: &Outcome) {
        let is_command = tool == "bash";
        self.ran_command |= is_command && outcome.kind != OutcomeKind::Denied;
        match outcome.kind {
            OutcomeKind::Done => {}
            OutcomeKind::Failed if is_command => {}
            OutcomeKind::Failed
            | OutcomeKind::Denied
            | OutcomeKind::Cancelled
            | OutcomeKind::Lost => return,
        }
        let detail = serde_json::to_string(&outcome.detail).unwrap_or_default();
        let whole = outcome.whole.as_ref().map(|whole| &whole.hash);
        // The number in a marker `output:N` differs each time; the hash of the whole stands for a cut text.
        let text = if whole.is_some() { "" } else { &outcome.text };
        self.progress |= self
            .seen
            .insert(hash(&(tool, outcome.exit, text, whole, detail)));
    }

    /// Since when changed files are of interest before the next call: a command of the step that ended said nothing new, but
    /// may have changed some. `None` where nobody needs to look.
    pub fn looks_for_files(&self, step: u32, settings: &Settings) -> Option<Time> {
        let looks = settings.idle_steps > 0 && self.ran_command && !self.progress;
        self.since.filter(|_| looks && self.step != Some(step))
    }

    /// The files that changed since then, each as a hash of its name and what is in it. One not met before is progress; what
    /// was there at the first look is not, or a change back and forth would be.
    pub fn found_files(&mut self, files: impl IntoIterator<Item = u64>) {
        let files = files.into_iter();
        if let Some(known) = &mut self.files {
            for file in files {
                self.progress |= known.insert(file);
            }
        } else {
            self.files = Some(files.collect());
        }
    }

    pub fn charged(&mut self, at: Time, counted: Money) {
        self.spent.push_back((at, counted.parts));
        // More than any window of half an hour holds, so that a turn of days stays small.
        if self.spent.len() > MOST_CHARGES
            && let (Some((_, first)), Some((_, second))) =
                (self.spent.pop_front(), self.spent.front_mut())
        {
            *second = second.saturating_add(first);
        }
    }

    /// Looked at before each model call, also one that is made again. `away_since` is the time of the person's last key,
    /// where there is a person.
    pub fn before_call(
        &mut self,
        step: u32,
        now: Time,
        away_since: Option<Time>,
        settings: &Settings,
    ) -> Option<(Guard, String)> {
        self.since.get_or_insert(now);
        if self.step.replace(step) != Some(step) {
            self.ran_command = false;
            if std::mem::take(&mut self.progress) {
                self.idle_steps = 0;
            } else {
                self.idle_steps += 1;
            }
            if let Some(looped) = self.looped(settings) {
                return Some(looped);
            }
            self.new_calls = 0;
        }
        if settings.idle_steps > 0 && self.idle_steps >= settings.idle_steps {
            let text = format!(
                "{} steps changed no file and brought nothing new (guards.idle_steps = {})",
                settings.idle_steps, settings.idle_steps
            );
            return Some((Guard::NoProgress, text));
        }
        self.unattended(now, away_since?, settings)
    }

    /// A call of the step that just ended came too often.
    fn looped(&self, settings: &Settings) -> Option<(Guard, String)> {
        let times = |wanted| self.calls.iter().filter(|call| *call == wanted).count();
        let (same, (_, tool)) = self
            .calls
            .iter()
            .rev()
            .take(self.new_calls)
            .map(|call| (times(call), call))
            .max_by_key(|(same, _)| *same)?;
        let most = settings.same_call as usize;
        (most > 0 && same >= most).then(|| {
            let text = format!(
                "the same `{tool}` call came {same} times among the last {} (guards.same_call = {most})",
                self.calls.len(),
            );
            (Guard::Loop, text)
        })
    }

    fn unattended(
        &mut self,
        now: Time,
        away_since: Time,
        settings: &Settings,
    ) -> Option<(Guard, String)> {
        let limit = settings.unattended?;
        let window = Duration::from_secs(u64::from(settings.unattended_minutes) * 60);
        while self
            .spent
            .front()
            .is_some_and(|(at, _)| now.since(*at) > window)
        {
            self.spent.pop_front();
        }
        let spent = self
            .spent
            .iter()
            .fold(0_i64, |sum, (_, parts)| sum.saturating_add(*parts));
        (now.since(away_since) >= AWAY && spent >= limit.parts).then(|| {
            let text = format!(
                "{} went in {} minutes with no key pressed for 15 (guards.unattended = {})",
                Money::usd(spent),
                settings.unattended_minutes,
                limit
            );
            (Guard::Unattended, text)
        })
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::id::CallId;
    use crate::protocol::rule::By;

    fn settings() -> Settings {
        Settings::default()
    }

    fn call(arguments: &str) -> ToolCall {
        ToolCall {
            id: CallId::new(1, 1, 1),
            wire_id: None,
            name: "bash".into(),
            arguments: arguments.into(),
            opaque: None,
        }
    }

    /// Plays steps of (arguments, outcome text) and tells after how many the guards stopped it.
    fn play(steps: impl Iterator<Item = (String, String)>) -> Option<(usize, Guard)> {
        let mut watch = Watch::default();
        watch.begin();
        assert_eq!(watch.before_call(1, Time(0), None, &settings()), None);
        for (index, (arguments, text)) in steps.enumerate() {
            watch.called(&call(&arguments), &settings());
            watch.ended("bash", &Outcome::done(text));
            let step = u32::try_from(index + 2).unwrap_or(u32::MAX);
            // Asked again after a failure, a step counts once.
            let first = watch.before_call(step, Time(0), None, &settings());
            if let Some((guard, _)) = first {
                return Some((index + 1, guard));
            }
            for _ in 0..5 {
                assert_eq!(watch.before_call(step, Time(0), None, &settings()), None);
            }
        }
        None
    }

    #[test]
    fn circles_are_stopped_and_work_is_not() {
        let always = |_: usize| ("same".to_owned(), "new".to_owned());
        assert_eq!(play((0..50).map(always)), Some((5, Guard::Loop)));
        // Six calls in turn: each comes less than five times in twenty, but nothing is new after the first round.
        let round = |n: usize| (format!("call {}", n % 6), format!("output {}", n % 6));
        assert_eq!(play((0..50).map(round)), Some((6 + 12, Guard::NoProgress)));
        let working = |n: usize| (format!("call {n}"), format!("output {n}"));
        assert_eq!(play((0..200).map(working)), None);
        // The same call with another result each time is still the same call.
        let polling = |n: usize| ("poll".to_owned(), format!("{n}"));
        assert_eq!(play((0..50).map(polling)), Some((5, Guard::Loop)));
        // Blanks make no other call.
        let blanks = |n: usize| (format!("{{\"a\":{}1}}", " ".repeat(n)), format!("{n}"));
        assert_eq!(play((0..50).map(blanks)), Some((5, Guard::Loop)));
    }

    #[test]
    fn files_that_commands_change_without_a_word_are_progress() {
        // What was changed so far, as seen after each step: more and more files, or the same ones back and forth.
        let stops = |files: fn(u64) -> Vec<u64>| {
            let mut watch = Watch::default();
            watch.begin();
            (1..60).find(|step| {
                if let Some(since) = watch.looks_for_files(*step, &settings()) {
                    assert_eq!(since, Time(1));
                    watch.found_files(files((*step).into()));
                }
                let now = Time((*step).into());
                let stopped = watch.before_call(*step, now, None, &settings());
                watch.called(&call(&format!("{step}")), &settings());
                watch.ended("bash", &Outcome::done("(no output)"));
                stopped.is_some()
            })
        };
        assert_eq!(stops(|step| (0..step).collect()), None);
        assert_eq!(stops(|_| vec![1, 2]), Some(14));
        assert_eq!(stops(|_| vec![]), Some(14));
        // A file in six steps is enough, and both states of one that flips are soon known.
        assert_eq!(stops(|step| (0..step / 6).collect()), None);
        assert_eq!(stops(|step| vec![step % 2]), Some(16));
    }

    #[test]
    fn one_call_in_circles_is_seen_beside_others() {
        let mut watch = Watch::default();
        watch.begin();
        for step in 1..=5 {
            assert_eq!(watch.before_call(step, Time(0), None, &settings()), None);
            watch.called(&call("same"), &settings());
            watch.called(&call(&format!("other {step}")), &settings());
            watch.ended("bash", &Outcome::done(format!("{step}")));
        }
        let stopped = watch.before_call(6, Time(0), None, &settings());
        assert_eq!(stopped.map(|(guard, _)| guard), Some(Guard::Loop));
        // After a "go on" it counts from nothing.
        watch.begin();
        assert_eq!(watch.before_call(6, Time(0), None, &settings()), None);
    }

    #[test]
    fn edits_and_reverts_for_ever_are_stopped_within_fifteen_steps() {
        let steps = |n: usize| match n % 3 {
            0 => (format!("edit {}", n % 2), "a to b".to_owned()),
            1 => (format!("edit back {}", n % 2), "b to a".to_owned()),
            _ => ("test".to_owned(), "3 failed".to_owned()),
        };
        let stopped = play((0..100).map(steps)).map(|(step, _)| step);
        assert!(stopped.is_some_and(|step| step <= 15), "{stopped:?}");
    }

    #[test]
    fn reading_something_new_is_progress_also_when_it_was_read_for_an_earlier_prompt() {
        let mut watch = Watch::default();
        for turn in 0..3 {
            watch.begin();
            for step in 1..=40 {
                let told = watch.before_call(step, Time(0), None, &settings());
                assert_eq!(told, None, "turn {turn} step {step}");
                watch.called(&call(&format!("file {step}")), &settings());
                watch.ended("read", &Outcome::done(format!("text {step}")));
            }
        }
    }

    #[test]
    fn tools_that_could_not_bring_nothing_whatever_they_name() {
        let stops = |tool: &str, outcome: fn(String) -> Outcome| {
            let mut watch = Watch::default();
            watch.begin();
            (1..60).find(|step| {
                let stopped = watch.before_call(*step, Time(0), None, &settings());
                watch.called(&call(&format!("{step}")), &settings());
                watch.ended(tool, &outcome(format!("x{step} is not there")));
                stopped.is_some()
            })
        };
        for tool in ["read", "edit", "write", "grep", "glob"] {
            assert_eq!(stops(tool, Outcome::failed), Some(13), "{tool}");
            assert_eq!(
                stops(tool, |text| Outcome::denied(text, By::Person)),
                Some(13),
                "{tool}"
            );
            assert_eq!(stops(tool, Outcome::done), None, "{tool}");
        }
        // What a command said before its time was over is output like any other.
        assert_eq!(stops("bash", Outcome::failed), None);
        for kind in [
            OutcomeKind::Denied,
            OutcomeKind::Cancelled,
            OutcomeKind::Lost,
        ] {
            for tool in ["bash", "read"] {
                let mut watch = Watch::default();
                watch.begin();
                let stopped = (1..60).find(|step| {
                    let stopped = watch.before_call(*step, Time(0), None, &settings());
                    watch.called(&call(&format!("{step}")), &settings());
                    let text = format!("no, for the {step}th reason");
                    let outcome = Outcome {
                        kind,
                        ..Outcome::failed(text)
                    };
                    watch.ended(tool, &outcome);
                    stopped.is_some_and(|(guard, _)| guard == Guard::NoProgress)
                });
                assert_eq!(stopped, Some(13), "{tool} {kind:?}");
            }
        }
    }

    #[test]
    fn money_is_counted_over_the_turns_of_a_night() {
        let minute = |n: i64| Time(n * 60_000);
        let mut watch = Watch::default();
        for turn in 0..2_i64 {
            // A queued message begins a turn with nobody there.
            watch.begin();
            watch.charged(minute(20 + turn), Money::usd(1_100_000_000_000));
        }
        let stopped = watch.before_call(1, minute(22), Some(minute(0)), &settings());
        assert_eq!(stopped.map(|(guard, _)| guard), Some(Guard::Unattended));
        for _ in 0..100_000 {
            watch.charged(minute(22), Money::usd(i64::MAX));
        }
        assert!(watch.spent.len() <= MOST_CHARGES);
        assert!(
            watch
                .before_call(2, minute(23), Some(minute(0)), &settings())
                .is_some()
        );
    }

    #[test]
    fn money_spent_with_nobody_there_stops() {
        let minute = |n: i64| Time(n * 60_000);
        let mut watch = Watch::default();
        watch.charged(minute(0), Money::usd(1_500_000_000_000));
        watch.charged(minute(10), Money::usd(600_000_000_000));
        let stopped = |watch: &mut Watch, now, away| {
            watch
                .before_call(1, minute(now), away, &settings())
                .map(|(guard, _)| guard)
        };
        assert_eq!(stopped(&mut watch, 16, None), None);
        assert_eq!(stopped(&mut watch, 16, Some(minute(2))), None);
        assert_eq!(
            stopped(&mut watch, 16, Some(minute(0))),
            Some(Guard::Unattended)
        );
        // What is longer ago than the window no longer counts.
        assert_eq!(stopped(&mut watch, 31, Some(minute(0))), None);
    }
}
