//! Small programs of the person's that are run beside the screen: one that copies, one that gives a notice, tmux where it is
//! asked for the name of a pane. None is run through a shell, none gets the terminal, and none may take long.

use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// How often it is looked whether it has ended.
const LOOK: Duration = Duration::from_millis(5);

/// Runs a program that reads the text and ends, or goes on by itself in the background. Blocks for as long as `patience` at
/// most. The error goes on from the name of the program.
pub fn feed(argv: &[&str], text: &str, patience: Duration) -> Result<(), String> {
    let mut child = start(argv, Stdio::piped(), Stdio::null())?;
    let pipe = child.stdin.take();
    let bytes = text.as_bytes().to_vec();
    // One that does not read would hold the writing up for ever; killed, it lets go of the pipe.
    let writer = thread::spawn(move || pipe.map(|mut pipe| pipe.write_all(&bytes)));
    end(&mut child, patience)?;
    match writer.join() {
        Ok(Some(Ok(()))) => Ok(()),
        _ => Err("did not read the text".to_owned()),
    }
}

/// Runs a program that is given all it needs as arguments. Blocks for as long as `patience` at most; the error names it.
pub fn run(argv: &[String], patience: Duration) -> Result<(), String> {
    let words: Vec<&str> = argv.iter().map(String::as_str).collect();
    let named = |why| format!("{} {why}", words.first().unwrap_or(&"nothing"));
    let mut child = start(&words, Stdio::null(), Stdio::null()).map_err(named)?;
    end(&mut child, patience).map_err(named)
}

/// The first line that a program prints, of so many bytes at most. Blocks for as long as `patience` at most; `None` where
/// nothing came of it.
pub fn line(argv: &[&str], most: u64, patience: Duration) -> Option<String> {
    let until = Instant::now() + patience;
    let mut child = start(argv, Stdio::null(), Stdio::piped()).ok()?;
    let pipe = child.stdout.take();
    let (sender, read) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let told = pipe.map(|pipe| pipe.take(most).read_to_string(&mut text));
        if told.is_some_and(|told| told.is_ok()) {
            let _ = sender.send(text.lines().next().map(str::to_owned));
        }
    });
    end(&mut child, patience).ok()?;
    // What it started may hold the pipe open when it has ended.
    let left = until.saturating_duration_since(Instant::now());
    read.recv_timeout(left.max(LOOK)).ok().flatten()
}

/// Starts a program with a window of its own and leaves it to itself when it still runs after `patience`, for which this blocks.
/// Where it has failed before, the error goes on from the name of the program.
pub fn open(argv: &[&str], patience: Duration) -> Result<(), String> {
    let mut child = start(argv, Stdio::null(), Stdio::null())?;
    if ended(&mut child, patience)? {
        return Ok(());
    }
    // Nobody asks how it ends; where nobody waits for it, it stays as a zombie.
    thread::spawn(move || child.wait());
    Ok(())
}

fn start(argv: &[&str], input: Stdio, output: Stdio) -> Result<Child, String> {
    let Some((program, rest)) = argv.split_first() else {
        return Err("is no program".to_owned());
    };
    Command::new(program)
        .args(rest)
        .stdin(input)
        .stdout(output)
        .stderr(Stdio::null())
        // What it starts ends with it, and no key of the terminal's stops it.
        .process_group(0)
        .spawn()
        .map_err(|error| format!("could not be started: {error}"))
}

fn end(child: &mut Child, patience: Duration) -> Result<(), String> {
    if ended(child, patience)? {
        return Ok(());
    }
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(group) = group {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait();
    Err(format!("took longer than {} s", patience.as_secs()))
}

/// Whether it has ended well in that time; where it has ended otherwise, how.
fn ended(child: &mut Child, patience: Duration) -> Result<bool, String> {
    let until = Instant::now() + patience;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(true),
            Ok(Some(status)) => return Err(format!("ended with {status}")),
            Ok(None) if Instant::now() < until => thread::sleep(LOOK),
            Ok(None) => return Ok(false),
            Err(error) => return Err(format!("was lost: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(2);

    #[test]
    fn the_first_line_is_told() {
        let cases = [
            ("echo one; echo two", Some("one")),
            ("true", None),
            ("echo one; exit 1", None),
            ("exec sleep 60", None),
            ("sleep 60 & echo one", None),
        ];
        for (script, expected) in cases {
            let patience = match expected {
                Some(_) => PATIENCE,
                None => Duration::from_millis(200),
            };
            let told = line(&["sh", "-c", script], 100, patience);
            assert_eq!(told.as_deref(), expected, "{script}");
        }
        assert_eq!(line(&["no-such-program-here"], 100, PATIENCE), None);
    }

    #[test]
    fn a_program_is_given_the_text_and_a_limit() {
        let folder = tempfile::tempdir().unwrap_or_else(|error| unreachable!("{error}"));
        let file = folder.path().join("text");
        let script = format!("cat > '{}'", file.display());
        let text = "a\r\n\tb 汉\n\n".repeat(50_000);
        assert_eq!(feed(&["sh", "-c", &script], &text, PATIENCE), Ok(()));
        assert_eq!(std::fs::read_to_string(file).ok(), Some(text.clone()));
        let wait = Duration::from_millis(50);
        for (argv, expected) in [
            (&["sh", "-c", "exit 3"][..], "ended with exit status: 3"),
            (&["sh", "-c", "exec sleep 60"][..], "took longer than 0 s"),
            (&["no-such-program-here"][..], "could not be started"),
        ] {
            let why = feed(argv, "x", wait).err().unwrap_or_default();
            assert!(why.starts_with(expected), "{argv:?}: {why}");
        }
    }

    #[test]
    fn a_program_that_goes_on_is_left_to_itself() {
        let wait = Duration::from_millis(50);
        let cases = [
            (&["true"][..], None),
            (
                &["sh", "-c", "exit 3"][..],
                Some("ended with exit status: 3"),
            ),
            (&["no-such-program-here"][..], Some("could not be started")),
        ];
        for (argv, expected) in cases {
            let why = open(argv, PATIENCE).err();
            assert_eq!(why.is_some(), expected.is_some(), "{argv:?}: {why:?}");
            assert!(
                why.unwrap_or_default()
                    .starts_with(expected.unwrap_or_default())
            );
        }
        // Where it were stopped, the pipe would be empty when it is read.
        let folder = tempfile::tempdir().unwrap_or_else(|error| unreachable!("{error}"));
        let pipe = folder.path().join("pipe");
        let made = Command::new("mkfifo").arg(&pipe).status();
        assert!(made.is_ok_and(|status| status.success()));
        let script = format!("echo on > '{}'", pipe.display());
        assert_eq!(open(&["sh", "-c", &script], wait), Ok(()));
        assert_eq!(std::fs::read_to_string(pipe).ok().as_deref(), Some("on\n"));
    }

    #[test]
    fn a_program_is_named_with_what_went_wrong() {
        let wait = Duration::from_millis(50);
        let cases = [
            (&["true"][..], None),
            (&["false"][..], Some("false ended with exit status: 1")),
            (
                &["sh", "-c", "sleep 60 & wait"][..],
                Some("sh took longer than 0 s"),
            ),
            (
                &["no-such-program-here"][..],
                Some("no-such-program-here could not be started"),
            ),
            (&[][..], Some("nothing is no program")),
        ];
        for (argv, expected) in cases {
            let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
            let patience = if expected.is_some_and(|why| why.contains("longer")) {
                wait
            } else {
                PATIENCE
            };
            let why = run(&argv, patience).err();
            assert_eq!(why.is_some(), expected.is_some(), "{argv:?}: {why:?}");
            assert!(
                why.unwrap_or_default()
                    .starts_with(expected.unwrap_or_default()),
                "{argv:?}"
            );
        }
    }
}
