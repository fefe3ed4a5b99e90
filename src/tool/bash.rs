//! `bash`: a command line for a shell.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::protocol::ask::command_line;
use crate::protocol::call::{Outcome, OutcomeKind, Reach, ToolSpec};
use crate::protocol::sandbox::{Level, Network};
use crate::tool::deed::{Act, Deed};
use crate::tool::shared::arguments::Arguments;
use crate::tool::shared::economy;
use crate::tool::shared::left;
use crate::tool::shared::process::{self, Finished, Job};
use crate::tool::shared::refused::{is_own, walls};
use crate::tool::shared::schema::{self, Need};
use crate::tool::{Ended, Place, Scene, Tool};

/// What is left of the budget for the lines that say how the command ended.
pub(crate) const CLOSING: usize = 200;
/// Bytes that are kept of what a command put out that was ended for it: the rest says the same over and over.
const FLOOD: u64 = 4 << 20;
/// A day; nothing a model asks for waits longer.
pub(crate) const TIMEOUT_MOST: u64 = 86_400;
/// Models used to milliseconds write 120000 for two minutes. From here on round thousands are taken so: a timeout meant in
/// seconds and this long would be hours.
const MILLISECONDS_FROM: u64 = 10_000;

#[derive(Debug)]
pub struct Bash {
    spec: ToolSpec,
}

impl Default for Bash {
    fn default() -> Self {
        Self {
            spec: schema::spec(
                "bash",
                include_str!("bash.md"),
                &[
                    ("command", "string", Need::Required),
                    ("timeout", "integer", Need::Optional),
                ],
            ),
        }
    }
}

impl Tool for Bash {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn reach(&self, input: &Value, _place: &Place) -> Result<Vec<Reach>, String> {
        let (command, _) = arguments(input)?;
        Ok(vec![Reach::Run { command }])
    }

    fn act(&self, input: &Value, _scene: &Scene) -> Result<Act, String> {
        let (command, timeout) = arguments(input)?;
        Ok(Act::Command {
            argv: argv(&command),
            timeout,
        })
    }

    fn only_reads(&self) -> bool {
        false
    }

    fn run(&self, deed: Arc<Deed>, scene: Scene) -> BoxFuture<'static, Ended> {
        async move { shell(&deed, &scene).await }.boxed()
    }
}

pub(crate) fn arguments(input: &Value) -> Result<(String, Option<u64>), String> {
    let arguments = Arguments::of(input);
    let command = arguments.text("command")?;
    if command.trim().is_empty() {
        return Err("`command` is empty".to_owned());
    }
    if command.contains('\0') {
        return Err("`command` contains a NUL character".to_owned());
    }
    let timeout = arguments.count("timeout")?.filter(|&timeout| timeout > 0);
    Ok((command.to_owned(), timeout.map(seconds)))
}

fn seconds(timeout: u64) -> u64 {
    if timeout >= MILLISECONDS_FROM && timeout.is_multiple_of(1_000) {
        (timeout / 1_000).min(TIMEOUT_MOST)
    } else {
        timeout.min(TIMEOUT_MOST)
    }
}

/// The vector handed to the system: bash where it exists, else sh.
pub fn argv(command: &str) -> Vec<String> {
    // Without a PATH the system looks in these two.
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
    let has_bash = std::env::split_paths(&path).any(|folder| folder.join("bash").is_file());
    let shell = if has_bash { "bash" } else { "sh" };
    vec![shell.to_owned(), "-c".to_owned(), command.to_owned()]
}

/// How long a command may run that was given this many seconds, or none.
pub(crate) fn time(timeout: Option<u64>, scene: &Scene) -> Duration {
    Duration::from_secs(timeout.unwrap_or(scene.limits.command_seconds).max(1))
}

/// A command that has begun or waits to, within the bounds of its scene.
pub(crate) fn job(timeout: Duration, scene: &Scene) -> Job {
    let budget =
        usize::try_from(scene.limits.output_tokens.saturating_mul(4)).unwrap_or(usize::MAX);
    Job {
        argv: Vec::new(),
        cwd: scene.place.cwd.clone(),
        environment: Vec::new(),
        timeout,
        kept_bytes: scene.limits.kept_bytes,
        budget: budget.saturating_sub(CLOSING),
        tail: scene.tail.clone(),
        stop: scene.stop.clone(),
        adopted: None,
        waiting: None,
    }
}

/// Runs a command as it was judged, or as the person typed it: what waits in the scene was made of the same deed.
pub async fn shell(deed: &Deed, scene: &Scene) -> Ended {
    let Act::Command { argv, timeout } = &deed.act else {
        return Outcome::failed(deed.unfit()).into();
    };
    if scene.stop.is_cancelled() {
        return Outcome::cancelled("stopped before it began").into();
    }
    let timeout = time(*timeout, scene);
    let waiting = scene
        .waiting
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    let held = match &waiting {
        Some(Ok(waiting)) if waiting.birth.level > Level::None => {
            Some((waiting.birth.network, deed.cwd.as_path()))
        }
        _ => None,
    };
    let contained =
        matches!(&waiting, Some(Ok(waiting)) if waiting.birth.level == Level::Contained);
    let job = Job {
        waiting,
        argv: argv.clone(),
        cwd: deed.cwd.clone(),
        environment: deed.environment.clone(),
        ..job(timeout, scene)
    };
    match process::run(job).await {
        Ok(finished) => {
            let changed = left::changed(&finished.changed, &scene.place.cwd);
            let mut ended = ended(finished, timeout.as_secs(), scene.number, held);
            if contained {
                ended.outcome.text.push_str(left::gone(command_line(argv)));
            }
            ended.outcome.text.push_str(&changed);
            ended
        }
        Err(text) => Outcome::failed(text).into(),
    }
}

/// The output as the model reads it, and below it how the command ended where that is not simply well.
/// `held`: the network of a command within walls, and the folder it ran in.
pub(crate) fn ended(
    mut finished: Finished,
    timeout: u64,
    number: u32,
    held: Option<(Network, &Path)>,
) -> Ended {
    if finished.ended == process::Ended::Flooded {
        finished.kept.shorten(FLOOD);
    }
    let told = finished.digest.finish(&format!("output:{number}"));
    let mut closing = Vec::new();
    if finished.kept.kept() < finished.kept.total() && told.cut {
        closing.push(format!(
            "only the first {} of the output were kept",
            economy::size(finished.kept.kept())
        ));
    }
    if finished.left_behind {
        closing.push(
            "a process it left in the background was ended; to keep one, send its output to a file"
                .to_owned(),
        );
    }
    let status = finished.status;
    let signal = status.and_then(|status| status.signal());
    let exit = status.and_then(|status| status.code().or(signal.map(|signal| 128 + signal)));
    let kind = match finished.ended {
        process::Ended::Alone => OutcomeKind::Done,
        process::Ended::Stopped => {
            closing.push("stopped before it ended".to_owned());
            OutcomeKind::Cancelled
        }
        process::Ended::TimedOut => {
            closing.push(format!("timed out after {timeout} s and was ended"));
            OutcomeKind::Failed
        }
        process::Ended::Flooded => {
            closing.push("ended because it put out too much".to_owned());
            OutcomeKind::Failed
        }
    };
    let exit = exit.filter(|_| kind == OutcomeKind::Done);
    match (exit, signal) {
        (Some(exit), Some(signal)) => {
            closing.push(format!("exit {exit} ({})", signal_name(signal)));
        }
        (Some(exit), None) if exit != 0 => closing.push(format!("exit {exit}")),
        _ => {}
    }
    if let Some((network, cwd)) = held.filter(|_| exit != Some(0) && kind == OutcomeKind::Done) {
        let own = |name: &str| is_own(name, cwd);
        closing.extend(walls(&told.text, network, own).map(str::to_owned));
    }
    let mut text = told.text;
    if text.is_empty() {
        "(no output)".clone_into(&mut text);
    }
    for line in closing {
        text.push('\n');
        text.push_str(&line);
    }
    Ended {
        outcome: Outcome {
            kind,
            exit,
            ..Outcome::done(text)
        },
        whole: told.cut.then(|| finished.kept.into_bytes()),
    }
}

/// The signals that end processes, by the numbers all our systems share.
fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        _ => return format!("signal {signal}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::protocol::ask::Subject;
    use crate::tool::shared::trial::Trial;
    use serde_json::json;

    #[test]
    fn a_command_is_told_with_its_end() {
        let trial = Trial::default();
        trial.file("here", "");
        let cases = [
            (
                "echo one; echo two >&2; echo three",
                Some(0),
                "one\ntwo\nthree",
            ),
            ("ls", Some(0), "here"),
            ("true", Some(0), "(no output)"),
            ("echo bad; exit 3", Some(3), "bad\nexit 3"),
            ("false", Some(1), "(no output)\nexit 1"),
            (
                "kill -SEGV $$",
                Some(139),
                "(no output)\nexit 139 (SIGSEGV)",
            ),
            ("cat; echo end", Some(0), "end"),
            (
                "printf 'caf\\351 \\033[1mbold\\033[0m 1%%\\r2%%'",
                Some(0),
                "2%",
            ),
            (
                "(: </dev/tty) 2>/dev/null || echo no terminal",
                Some(0),
                "no terminal",
            ),
            (
                "echo $TERM $PAGER $GIT_PAGER $NO_COLOR ${CARGO_MANIFEST_DIR-clean}",
                Some(0),
                "dumb cat cat 1 clean",
            ),
        ];
        for (command, exit, text) in cases {
            let ended = trial.run("bash", json!({"command": command}));
            assert_eq!(
                (
                    ended.outcome.kind,
                    ended.outcome.exit,
                    ended.outcome.text.as_str()
                ),
                (OutcomeKind::Done, exit, text),
                "{command}"
            );
            assert!(ended.whole.is_none());
        }
    }

    #[test]
    fn wrong_arguments_are_said() {
        let trial = Trial::default();
        let cases = [
            (json!({}), "`command` is missing"),
            (json!({"command": " "}), "`command` is empty"),
            (
                json!({"command": "a\0b"}),
                "`command` contains a NUL character",
            ),
            (
                json!({"command": "ls", "timeout": "soon"}),
                "`timeout` must be a whole number from 0, not \"soon\"",
            ),
        ];
        for (input, expected) in cases {
            assert_eq!(
                trial.told("bash", input.clone()),
                format!("Failed: {expected}"),
                "{input}"
            );
        }
        let mut trial = Trial::default();
        trial.scene.place.cwd.push("gone");
        let expected = format!(
            "Failed: the folder {} is gone",
            trial.scene.place.cwd.display()
        );
        assert_eq!(trial.told("bash", json!({"command": "ls"})), expected);
    }

    #[test]
    fn timeouts_are_understood_in_both_units() {
        for (given, expected) in [
            (1, 1),
            (600, 600),
            (9_000, 9_000),
            (120_000, 120),
            (10_001, 10_001),
            (u64::MAX, TIMEOUT_MOST),
        ] {
            assert_eq!(seconds(given), expected, "{given}");
        }
    }

    #[test]
    fn what_runs_is_what_is_shown() {
        let trial = Trial::default();
        let input = json!({"command": "echo \u{202e}x"});
        assert_eq!(
            Bash::default().reach(&input, &trial.scene.place),
            Ok(vec![Reach::Run {
                command: "echo \u{202e}x".to_owned()
            }])
        );
        let deed = Deed::of(&Bash::default(), &input, &trial.scene);
        let Ok(Subject::Command { argv, parts }) = deed.subject() else {
            panic!("a command is shown as one");
        };
        assert_eq!(argv[1..], ["-c", "echo \u{202e}x"]);
        assert!(matches!(argv[0].as_str(), "bash" | "sh") && parts.is_empty());
        assert_eq!(deed.argv(), Some(argv.as_slice()));
    }

    #[test]
    fn a_long_output_is_cut_and_kept_raw() {
        let trial = Trial::default();
        let ended = trial.run("bash", json!({"command": "seq 1 9000; printf '\\033[31merror: it broke\\033[0m\\n'; seq 1 9000; exit 2"}));
        let text = &ended.outcome.text;
        assert!(text.len() <= 8000, "{}", text.len());
        assert!(text.starts_with("1\n2\n3\n"));
        assert!(text.contains("\n9001: error: it broke …\n"), "{text}");
        assert!(text.ends_with("\n8999\n9000\nexit 2"));
        assert!(
            text.contains("of 18001 lines left out; all 87 kB: output:7 (read or grep it)"),
            "{text}"
        );
        let whole = ended.whole.unwrap();
        assert!(whole.windows(5).any(|bytes| bytes == b"\x1b[31m"));
        assert_eq!(whole.split(|&byte| byte == b'\n').count(), 18_002);
    }

    #[test]
    fn a_flood_is_ended_within_bounds() {
        let trial = Trial::default();
        let ended = trial.run("bash", json!({"command": "yes"}));
        assert_eq!(
            (ended.outcome.kind, ended.outcome.exit),
            (OutcomeKind::Failed, None)
        );
        assert!(
            ended.outcome.text.ends_with("\ny\nonly the first 1.0 MB of the output were kept\nended because it put out too much"),
            "{}",
            &ended.outcome.text[ended.outcome.text.len() - 200..]
        );
        assert!(ended.outcome.text.len() <= 8000);
        assert_eq!(ended.whole.unwrap().len(), 1 << 20);
    }

    #[test]
    fn the_persons_own_command_has_their_environment() {
        let trial = Trial::default();
        let cwd = trial.scene.place.cwd.clone();
        let deed = Deed::of_person("echo ${CARGO_MANIFEST_DIR:+theirs}", cwd);
        let ended = trial.wait(shell(&deed, &trial.scene));
        assert_eq!(
            ended.outcome,
            Outcome {
                exit: Some(0),
                ..Outcome::done("theirs")
            }
        );
    }
}
