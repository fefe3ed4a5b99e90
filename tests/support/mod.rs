//! What trials of the true program share: a home and a folder of their own, the program with an empty environment, a server
//! on this machine, a terminal.

pub mod chat;
pub mod corpus;
pub mod gemini;
pub mod kept;
pub mod ollama;
pub mod pty;
pub mod responses;
pub mod server;
pub mod task;
pub mod valid;

use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use creel::engine::walls::Sandbox;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::Value;
use tempfile::TempDir;

/// The program under trial.
pub const CREEL: &str = env!("CARGO_BIN_EXE_creel");

/// What takes longer hangs.
pub const LONGEST: Duration = Duration::from_mins(1);

/// A home of Creel, a folder to work in and one for what passes, gone with the value.
#[derive(Debug)]
pub struct Home {
    scratch: TempDir,
}

impl Home {
    pub fn new() -> Self {
        Self::within(&std::env::temp_dir())
    }

    /// In a folder of this one.
    pub fn within(folder: &Path) -> Self {
        let scratch = TempDir::new_in(folder).unwrap();
        for folder in ["home", "work", "person", "tmp"] {
            fs::create_dir(scratch.path().join(folder)).unwrap();
        }
        Self { scratch }
    }

    /// With this config.
    pub fn with(config: &str) -> Self {
        let home = Self::new();
        home.config(config);
        home
    }

    pub fn path(&self) -> PathBuf {
        self.scratch.path().join("home")
    }

    /// The folder sessions work in.
    pub fn work(&self) -> PathBuf {
        self.scratch.path().join("work")
    }

    /// The person's own folder.
    pub fn person(&self) -> PathBuf {
        self.scratch.path().join("person")
    }

    /// A place beside them for what a trial needs.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    pub fn db(&self) -> PathBuf {
        self.path().join("data/creel.db")
    }

    pub fn config(&self, text: &str) {
        fs::write(self.path().join("config.toml"), text).unwrap();
    }

    /// A file in the folder.
    pub fn file(&self, path: &str, content: &str) {
        let path = self.work().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// A rehearsal script, and the config that plays it as `play/script`.
    pub fn plays(&self, script: &str) {
        let path = self.beside("script.md");
        fs::write(&path, script).unwrap();
        self.config(&format!(
            "model = \"play/script\"\n[providers.play]\nwire = \"rehearsal\"\nscript = \"{}\"\n",
            path.display()
        ));
    }

    /// One whose model is a script.
    pub fn scripted(script: &str) -> Self {
        let home = Self::new();
        home.plays(script);
        home
    }

    /// The variables the program is started with: nothing of the machine's but where programs lie.
    pub fn environment(&self) -> Vec<(String, String)> {
        let text = |path: PathBuf| path.display().to_string();
        [
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("HOME", text(self.person())),
            ("CREEL_HOME", text(self.path())),
            ("LANG", "C.UTF-8".to_owned()),
            ("TZ", "UTC".to_owned()),
            ("TMPDIR", text(self.beside("tmp"))),
            ("TRIAL_KEY", "sk-trial-0123456789abcdef".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    pub fn creel<S: AsRef<str>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(CREEL);
        command
            .args(arguments.iter().map(AsRef::as_ref))
            .env_clear()
            .envs(self.environment())
            .current_dir(self.work())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        said(self.creel(arguments))
    }
}

/// How a program ended, and what it said.
#[derive(Debug)]
pub struct Said {
    /// 128 + signal where one ended it.
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    /// The one JSON value on standard output.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The lines of JSON on standard output.
    pub fn lines(&self) -> Vec<Value> {
        let read =
            |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.out.lines().map(read).collect()
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        use std::os::unix::process::ExitStatusExt;
        let status = output.status;
        Self {
            code: status
                .code()
                .or(status.signal().map(|signal| 128 + signal))
                .unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Runs a command to its end.
pub fn said(mut command: Command) -> Said {
    end(command.spawn().unwrap())
}

/// Runs a command with this on its standard input.
pub fn said_with(mut command: Command, input: &[u8]) -> Said {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    // A program that ends before it has read everything is no fault of the trial's.
    let _ = child.stdin.take().unwrap().write_all(input);
    end(child)
}

/// Waits for the end of a child that leads a group of its own; one that hangs is killed with all it began, and the trial has
/// failed.
pub fn end(child: Child) -> Said {
    let id = child.id();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || tell.send(child.wait_with_output()));
    if let Ok(output) = told.recv_timeout(LONGEST) {
        return output.unwrap().into();
    }
    let group = Pid::from_raw(i32::try_from(id).unwrap()).unwrap();
    let _ = kill_process_group(group, Signal::KILL);
    let said: Said = told.recv().unwrap().unwrap().into();
    panic!("hung: {said:?}");
}

/// Sends a signal to a child of this trial.
pub fn signal(id: u32, signal: Signal) {
    let id = Pid::from_raw(i32::try_from(id).unwrap()).unwrap();
    // One that has just ended is as good as signalled.
    let _ = kill_process(id, signal);
}

/// Commands wait as they do in the program, and have no walls: what a story leaves is the same on every machine.
pub fn sandbox() -> Sandbox {
    Sandbox::Off {
        program: Some(CREEL.into()),
    }
}

/// Says that a trial could not be made here; `.ci/run` counts these lines.
pub fn skipped(trial: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED {trial}: {why}");
}

/// How often a trial that counts is made: `CREEL_SOAK`, else what fits the suite.
pub fn rounds(usual: u64) -> u64 {
    let soak = std::env::var("CREEL_SOAK").ok();
    soak.and_then(|rounds| rounds.parse().ok()).unwrap_or(usual)
}

/// Numbers that look random and are the same for the same seed (xorshift).
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Less than `most`.
    pub fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// The files and folders below a folder with their modes.
pub fn modes(folder: &Path) -> Vec<(PathBuf, u32)> {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777;
    let mut found = vec![(folder.to_owned(), mode(folder))];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(modes(&path));
        } else {
            found.push((path.clone(), mode(&path)));
        }
    }
    found
}
