//! The command line: a face without a screen. What is in the log it asks of the door; it never opens the log itself.
//!
//! Each subcommand is one file with a function `run` that writes results to [`Face::out`], everything else to [`Face::err`],
//! and answers with the exit code. What a screen needs is not here.

pub mod backup;
pub mod bug_report;
pub mod cache;
pub mod cli;
pub mod config;
pub mod cost;
pub mod doctor;
pub mod export;
pub mod find;
pub mod import;
pub mod index;
pub mod json;
pub mod manual;
pub mod models;
pub mod moment;
pub mod package;
pub mod plain;
pub mod providers;
pub mod purge;
pub mod restore;
pub mod route;
pub mod rules;
pub mod run;
pub mod search;
pub mod sessions;
pub mod show;
pub mod stop;
pub mod table;
pub mod theme;
pub mod trust;
pub mod value;
pub mod watched;
pub mod wrong;

use std::fmt;
use std::io::{self, IsTerminal, Read, Write};

use serde_json::Value;

use crate::agent::visible;
use crate::protocol::op::Managed;

/// Exit codes, as the contract gives them.
pub mod exit {
    pub const DONE: u8 = 0;
    pub const FAILED: u8 = 1;
    pub const USAGE: u8 = 2;
    pub const DENIED: u8 = 3;
    pub const BUDGET: u8 = 4;
    /// The provider failed for good.
    pub const PROVIDER: u8 = 5;
    pub const LIMIT: u8 = 6;
    pub const INTERRUPTED: u8 = 130;
    pub const TERMINATED: u8 = 143;
}

/// The streams of the process, as data.
pub struct Face<'f> {
    pub input: &'f mut dyn Read,
    pub out: &'f mut dyn Write,
    pub err: &'f mut dyn Write,
    /// Somebody could type.
    pub input_is_terminal: bool,
    /// Somebody reads what goes to `err`.
    pub err_is_terminal: bool,
}

impl fmt::Debug for Face<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Face")
            .field("input_is_terminal", &self.input_is_terminal)
            .field("err_is_terminal", &self.err_is_terminal)
            .finish_non_exhaustive()
    }
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("{text}")]
    Said { code: u8, text: String },
    /// The reader is gone, or the disk full.
    #[error("cannot write: {0}")]
    Output(#[from] io::Error),
}

impl Trouble {
    pub fn usage(text: impl Into<String>) -> Self {
        Self::Said {
            code: exit::USAGE,
            text: text.into(),
        }
    }

    pub fn failed(text: impl Into<String>) -> Self {
        Self::Said {
            code: exit::FAILED,
            text: text.into(),
        }
    }

    /// Why what was to be done was not. Anything but a failure is an answer of a kind nobody asked for; only the engine could
    /// be at fault.
    pub fn undone(managed: Managed) -> Self {
        match managed {
            Managed::Failed { why } | Managed::NoPicture { why } | Managed::NotImported { why } => {
                Self::failed(visible::one_line(&why))
            }
            _ => Self::failed("the engine did something else: please report this"),
        }
    }
}

/// What a command answers with.
pub type Ended = Result<u8, Trouble>;

impl Face<'_> {
    /// A text for a person, without anything that could steer the terminal.
    pub fn say(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(visible::clean(text).as_bytes())
    }

    /// A line for a person, with a line end.
    pub fn say_line(&mut self, text: &str) -> io::Result<()> {
        self.say(text)?;
        self.out.write_all(b"\n")
    }

    /// A line beside the result.
    pub fn note(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.err, "creel: {}", visible::one_line(text))
    }

    /// One JSON value on a line of its own, there at once.
    pub fn json(&mut self, value: &Value) -> io::Result<()> {
        writeln!(self.out, "{}", json::printed(value))?;
        self.out.flush()
    }

    /// Says what went wrong, and gives the exit code. A reader that went away is no fault.
    pub fn finish(&mut self, ended: Ended) -> u8 {
        let flushed = self.out.flush();
        let trouble = match ended {
            Err(trouble) => trouble,
            Ok(code) => match flushed {
                Ok(()) => return code,
                Err(error) => Trouble::Output(error),
            },
        };
        if let Trouble::Output(error) = &trouble
            && error.kind() == io::ErrorKind::BrokenPipe
        {
            return exit::FAILED;
        }
        // Where even this cannot be written, the exit code says it.
        let _ = self.note(&trouble.to_string());
        match trouble {
            Trouble::Said { code, .. } => code,
            Trouble::Output(_) => exit::FAILED,
        }
    }
}

/// Runs `body` with the streams of this process, and gives its exit code.
pub async fn with_streams(body: impl AsyncFnOnce(&mut Face<'_>) -> Ended) -> u8 {
    let (mut input, mut out, mut err) =
        (io::stdin(), io::BufWriter::new(io::stdout()), io::stderr());
    let (input_is_terminal, err_is_terminal) = (input.is_terminal(), err.is_terminal());
    let mut face = Face {
        input: &mut input,
        out: &mut out,
        err: &mut err,
        input_is_terminal,
        err_is_terminal,
    };
    let ended = body(&mut face).await;
    face.finish(ended)
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    /// What a command wrote: to `out`, to `err`, and its exit code.
    pub async fn written(
        input: &[u8],
        body: impl AsyncFnOnce(&mut Face<'_>) -> Ended,
    ) -> (String, String, u8) {
        let (mut input, mut out, mut err) = (input, Vec::new(), Vec::new());
        let mut face = Face {
            input: &mut input,
            out: &mut out,
            err: &mut err,
            input_is_terminal: false,
            err_is_terminal: false,
        };
        let ended = body(&mut face).await;
        let code = face.finish(ended);
        (
            String::from_utf8(out).unwrap(),
            String::from_utf8(err).unwrap(),
            code,
        )
    }

    #[tokio::test]
    async fn trouble_is_one_clean_line_and_a_code() {
        let ended = written(b"", async |face: &mut Face<'_>| {
            face.say_line("a\u{1b}[31mb")?;
            Err(Trouble::usage("no\nsuch \u{1b}]0;x\u{7}thing"))
        });
        assert_eq!(
            ended.await,
            (
                "ab\n".to_owned(),
                "creel: no such thing\n".to_owned(),
                exit::USAGE
            )
        );
    }
}
