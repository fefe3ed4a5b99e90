//! What takes the terminal for a while or hands something out of it: the person's editor and pager, and what is copied.

use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command as Process, ExitStatus, Stdio};
use std::sync::mpsc::Sender;
use std::time::Duration;

use crate::agent::visible::one_line;
use crate::config::paths::ensure;
use crate::tui::app::copying::{Deed, Done};
use crate::tui::app::message::Msg;
use crate::tui::effect::Effects;
use crate::tui::queue::Wake;
use crate::tui::terminal::copying::{self, Tried};
use crate::tui::terminal::notice::Between;
use crate::tui::terminal::{Terminal, clipboard, editor, link, program};

/// An edited text longer than this is not taken.
const LONGEST: u64 = 8 << 20;

/// What opens addresses hands them on and ends, or fails, within this time; a browser that it has become may run for hours.
const OPENER_PATIENCE: Duration = Duration::from_secs(3);

const NO_EDITOR: &str = "no editor: set $EDITOR to a command";

impl Effects {
    /// Gives the terminal to a program until it has ended. `argv` is never empty.
    fn lend(
        &self,
        argv: &[String],
        terminal: &mut Terminal,
    ) -> anyhow::Result<std::io::Result<ExitStatus>> {
        self.input.pause();
        terminal.leave();
        let status = Process::new(&argv[0]).args(&argv[1..]).status();
        let resumed = terminal.resume();
        self.input.resume();
        resumed?;
        Ok(status)
    }

    /// The person's editor with what is always given to it.
    fn editor(&self) -> Option<Vec<String>> {
        shlex::split(&self.options.editor).filter(|words| !words.is_empty())
    }

    /// Opens a file at a line. An editor with a window of its own leaves the terminal alone and is not waited for: then there
    /// is `None`, and what came of it is told when it ends.
    fn open_at(
        &self,
        file: &Path,
        line: u64,
        terminal: &mut Terminal,
    ) -> anyhow::Result<Option<Result<(), String>>> {
        let Some(words) = self.editor() else {
            return Ok(Some(Err(NO_EDITOR.to_owned())));
        };
        let call = editor::call(&words, file, line);
        if !call.in_terminal {
            beside(call.argv, self.queue.clone());
            return Ok(None);
        }
        let status = self.lend(&call.argv, terminal)?;
        Ok(Some(ended(&call.argv[0], status)))
    }

    /// Opens the config at a line, from 1.
    pub(crate) fn edit_config(
        &self,
        line: Option<usize>,
        terminal: &mut Terminal,
    ) -> anyhow::Result<Result<(), String>> {
        let path = &self.options.config.path;
        // An editor makes a file, but few make its folder.
        if let Some(Err(why)) = path.parent().map(ensure) {
            return Ok(Err(why));
        }
        let line = line.and_then(|line| u64::try_from(line).ok());
        let opened = self.open_at(path, line.unwrap_or(1), terminal)?;
        Ok(opened.unwrap_or(Ok(())))
    }

    /// What reading wants done. What copies may take its time and is not waited for.
    pub(crate) fn read(&self, deed: Deed, terminal: &mut Terminal) -> anyhow::Result<()> {
        let done = match deed {
            Deed::Copy { text, told } => {
                let ways = copying::ways(self.options.clipboard, set);
                let queue = self.queue.clone();
                std::thread::spawn(move || {
                    let done = match copying::copy(&ways, &text) {
                        Tried::Copied(by) => Done::Copied {
                            told,
                            by: Ok(by.to_owned()),
                        },
                        Tried::Terminal => Done::NoProgram { text, told },
                        Tried::Failed(why) => Done::Copied { told, by: Err(why) },
                    };
                    let _ = queue.send(Wake::Msg(Msg::Read(done)));
                });
                return Ok(());
            }
            Deed::ThroughTerminal { text, told } => {
                match clipboard::copy(&text, terminal.ability().between == Between::Tmux) {
                    Ok(bytes) => {
                        terminal.send(&bytes)?;
                        let by = Ok("OSC 52".to_owned());
                        Done::Copied { told, by }
                    }
                    Err(why) => Done::NotCopied(why.to_string()),
                }
            }
            Deed::Open { file, line } => {
                let opened = if file.is_file() {
                    self.open_at(&file, line, terminal)?
                } else {
                    Some(Err(no_file(&file)))
                };
                match opened {
                    Some(done) => Done::Back(done),
                    None => return Ok(()),
                }
            }
            Deed::Follow { address } => {
                let known = link::opener(terminal.ability().ssh, set);
                let queue = self.queue.clone();
                std::thread::spawn(move || {
                    let opened = known.map_err(str::to_owned).and_then(|program| {
                        let why = |why| format!("{program} {why}");
                        program::open(&[program, &address], OPENER_PATIENCE).map_err(why)
                    });
                    let done = Done::Followed { address, opened };
                    let _ = queue.send(Wake::Msg(Msg::Read(done)));
                });
                return Ok(());
            }
            Deed::Page(text) => {
                let pager = std::env::var("PAGER").ok();
                let words = pager
                    .and_then(|pager| shlex::split(&pager))
                    .filter(|words| !words.is_empty())
                    .or_else(|| self.editor());
                Done::Back(match (words, kept_in_file(&text)) {
                    (None, _) => Err("no pager: set $PAGER or $EDITOR to a command".to_owned()),
                    (_, Err(error)) => Err(format!("no file for the pager: {error}")),
                    (Some(mut words), Ok(file)) => {
                        words.push(file.path().display().to_string());
                        let status = self.lend(&words, terminal)?;
                        ended(&words[0], status)
                    }
                })
            }
        };
        self.tell(Msg::Read(done));
        Ok(())
    }

    /// Gives the terminal to the person's editor with a file of the text, and reads the file when it has ended.
    pub(crate) fn edit(
        &self,
        text: &str,
        terminal: &mut Terminal,
    ) -> anyhow::Result<Result<String, String>> {
        let Some(words) = self.editor() else {
            return Ok(Err(NO_EDITOR.to_owned()));
        };
        let mut file = match tempfile::Builder::new()
            .prefix("creel-")
            .suffix(".md")
            .tempfile()
        {
            Ok(file) => file,
            Err(error) => return Ok(Err(format!("no file for the editor: {error}"))),
        };
        if let Err(error) = file.write_all(text.as_bytes()) {
            return Ok(Err(format!("no file for the editor: {error}")));
        }
        let path = file.path().display().to_string();
        let argv: Vec<String> = words.iter().cloned().chain([path]).collect();
        let status = self.lend(&argv, terminal)?;
        let edited = match status {
            Err(error) => Err(format!("{} could not be started: {error}", words[0])),
            Ok(status) if !status.success() => Err(format!(
                "{} ended with {status}; the text is as it was",
                words[0]
            )),
            // Editors that write a new file and rename it leave another one under the same name.
            Ok(_) => {
                read_again(&mut file).map_err(|error| format!("reading what was edited: {error}"))
            }
        };
        Ok(edited)
    }
}

/// Runs a program with a window of its own and tells what came of it when it has ended. It is in a group of its own: what stops
/// this program with Ctrl+Z does not stop it. `argv` is never empty.
fn beside(argv: Vec<String>, queue: Sender<Wake>) {
    std::thread::spawn(move || {
        let status = Process::new(&argv[0])
            .args(&argv[1..])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .status();
        let _ = queue.send(Wake::Msg(Msg::Read(Done::Back(ended(&argv[0], status)))));
    });
}

/// The path may be the model's.
fn no_file(file: &Path) -> String {
    let path = one_line(&file.display().to_string());
    format!("there is no file {path}")
}

/// Whether a variable of the environment says something.
fn set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

fn ended(program: &str, status: std::io::Result<ExitStatus>) -> Result<(), String> {
    match status {
        Err(error) => Err(format!("{program} could not be started: {error}")),
        Ok(status) if !status.success() => Err(format!("{program} ended with {status}")),
        Ok(_) => Ok(()),
    }
}

fn kept_in_file(text: &str) -> std::io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::Builder::new()
        .prefix("creel-")
        .suffix(".md")
        .tempfile()?;
    file.write_all(text.as_bytes())?;
    file.flush()?;
    Ok(file)
}

fn read_again(file: &mut tempfile::NamedTempFile) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    if let Ok(renamed) = std::fs::File::open(file.path()) {
        renamed.take(LONGEST).read_to_end(&mut bytes)?;
    } else {
        file.seek(SeekFrom::Start(0))?;
        file.as_file().take(LONGEST).read_to_end(&mut bytes)?;
    }
    Ok(crate::agent::visible::clean(&String::from_utf8_lossy(&bytes)).into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn an_editor_with_a_window_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = Process::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let argv = |script: &str| -> Vec<String> {
            let pipe = pipe.display().to_string();
            ["sh", "-c", script, &pipe].map(str::to_owned).into()
        };
        let (queue, told) = channel();
        // It ends when something is written into the pipe, and that is done when this has returned.
        beside(argv(r#"read -r code < "$0"; exit "$code""#), queue);
        assert!(told.try_recv().is_err());
        std::fs::write(&pipe, "7\n").unwrap();
        match told.recv_timeout(Duration::from_mins(1)).unwrap() {
            Wake::Msg(Msg::Read(Done::Back(Err(why)))) => {
                assert!(why.contains("sh ended with"), "{why}");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_path_that_is_not_there_is_named_on_one_clean_line() {
        assert_eq!(
            no_file(Path::new("/a\u{1b}[2J/b\nc.rs")),
            "there is no file /a/b c.rs"
        );
    }
}
