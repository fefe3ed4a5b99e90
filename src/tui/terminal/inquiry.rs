//! What a terminal says of itself when it is asked, for a face that can wait a moment for it, as `creel doctor` can. The
//! workstation asks other questions and waits for none (`ground`, `Terminal::ask_width`).

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::getpgrp;
use rustix::termios::{
    OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcgetpgrp, tcsetattr,
};

use crate::tui::terminal::ability::{Ability, Keyboard};
use crate::tui::terminal::eye::Ground;
use crate::tui::terminal::ground;
use crate::tui::terminal::output::Device;

/// How long is waited for the last answer. A terminal across the world answers in less, and one that does not answer is no
/// reason to wait longer.
pub const PATIENCE: Duration = Duration::from_millis(400);

/// More than all answers together.
const MOST: usize = 4096;

/// Its name (XTVERSION), whether it has kitty's keyboard protocol and frames that are shown as a whole (mode 2026), and where
/// the cursor stands before and after two characters in whose width terminals differ, which are then erased. What every
/// terminal answers comes last: when that has come, nothing else will.
const QUESTIONS: &str = "\x1b[>q\x1b[?u\x1b[?2026$p\x1b[6n\x1b7\u{25cf}\u{2500}\x1b[6n\x1b8\x1b[K";
const LAST_QUESTION: &str = "\x1b[c";

/// What was answered in time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// Name and version, as it gives them itself.
    pub name: Option<String>,
    /// It has kitty's keyboard protocol.
    pub keys: bool,
    /// It shows a frame as a whole when it is told to.
    pub frames: bool,
    /// What stands behind its text.
    pub ground: Option<Ground>,
    /// It draws in two columns what others draw in one.
    pub wide: Option<bool>,
    /// All was answered; without it the rest is not known.
    pub whole: bool,
}

/// Asks the terminal on standard input and output; `None` where there is none that could be asked.
pub fn ask(ability: &Ability) -> Option<Answers> {
    let input = rustix::stdio::stdin().try_clone_to_owned().ok()?;
    // A program in the background that changed the line would be stopped for it.
    if tcgetpgrp(&input).ok()? != getpgrp() {
        return None;
    }
    ask_on(
        input,
        &Device::of_standard_output().ok()?,
        ability,
        PATIENCE,
    )
    .ok()
}

/// Asks this terminal. Its line is as it was found when this returns.
pub fn ask_on(
    input: OwnedFd,
    device: &Device,
    ability: &Ability,
    patience: Duration,
) -> io::Result<Answers> {
    // The console of the system has few of these answers, and an old one shows the questions.
    if ability.keyboard == Keyboard::Plain {
        return Ok(Answers::default());
    }
    let line = Line::taken(input)?;
    let questions = format!("{}{QUESTIONS}{LAST_QUESTION}", ground::QUESTION);
    device.write_within(questions.as_bytes(), patience)?;
    let until = Instant::now() + patience;
    let mut said = Vec::new();
    let mut answers = Answers::default();
    while !answers.whole && said.len() < MOST {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || !line.read(left, &mut said)? {
            break;
        }
        answers = read(&said);
    }
    if !answers.whole {
        line.drop_late();
    }
    Ok(answers)
}

/// The line while its keys are neither shown nor kept back until Enter. Dropping it gives it back.
struct Line {
    input: OwnedFd,
    found: Termios,
}

impl Line {
    fn taken(input: OwnedFd) -> io::Result<Self> {
        let found = tcgetattr(&input)?;
        let mut raw = found.clone();
        raw.make_raw();
        tcsetattr(&input, OptionalActions::Now, &raw)?;
        Ok(Self { input, found })
    }

    /// Reads what has come; `false`: nothing within the limit, or nothing more will.
    fn read(&self, limit: Duration, said: &mut Vec<u8>) -> io::Result<bool> {
        let limit = Timespec::try_from(limit).unwrap_or_default();
        let mut files = [PollFd::new(&self.input, PollFlags::IN)];
        match poll(&mut files, Some(&limit)) {
            Ok(0) => return Ok(false),
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(true),
            Err(error) => return Err(error.into()),
        }
        let mut bytes = [0; 512];
        let count = rustix::io::read(self.input.as_fd(), &mut bytes)?;
        said.extend_from_slice(&bytes[..count]);
        Ok(count > 0)
    }

    /// What is late is no key for the shell.
    fn drop_late(&self) {
        let _ = tcflush(&self.input, QueueSelector::IFlush);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // A line that is gone needs nothing back.
        let _ = tcsetattr(&self.input, OptionalActions::Now, &self.found);
    }
}

/// What the bytes say that came so far; keys typed in between are passed over.
fn read(bytes: &[u8]) -> Answers {
    let mut answers = Answers::default();
    let mut columns = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == 0x1b) {
        rest = &rest[at + 1..];
        match rest {
            [b'P', b'>', b'|', name @ ..] => {
                let end = name.iter().position(|byte| matches!(byte, 0x07 | 0x1b));
                answers.name = end.map(|end| shown(&name[..end]));
            }
            [b']', ..] => answers.ground = ground::answer(&rest[1..]).or(answers.ground),
            [b'[', sequence @ ..] => {
                let end = sequence
                    .iter()
                    .position(|byte| (b'@'..=b'~').contains(byte));
                let Some(end) = end else { break };
                match (&sequence[..end], sequence[end]) {
                    ([b'?', ..], b'u') => answers.keys = true,
                    // Set, reset, or set for good; 0 and 4: it is not there.
                    (b"?2026;1$" | b"?2026;2$" | b"?2026;3$", b'y') => answers.frames = true,
                    ([b'?', ..], b'c') => answers.whole = true,
                    (place, b'R') => columns.extend(column(place)),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    if let [before, after] = columns[..] {
        // At the right edge the cursor stays, and nothing is told.
        answers.wide = after
            .checked_sub(before)
            .filter(|by| *by >= 2)
            .map(|by| by > 2);
    }
    answers
}

/// The column of a report `ROW ; COLUMN`.
fn column(place: &[u8]) -> Option<u16> {
    let (_, column) = str::from_utf8(place).ok()?.split_once(';')?;
    column.parse().ok()
}

/// A name as it can be printed: it is the terminal's own text, and no sequence.
fn shown(name: &[u8]) -> String {
    let name: String = String::from_utf8_lossy(name).chars().take(60).collect();
    crate::agent::visible::one_line(&name)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn answers_are_told_from_keys_and_from_each_other() {
        let kitty = Answers {
            name: Some("kitty(0.32.2)".to_owned()),
            keys: true,
            frames: true,
            ground: Some(Ground::Dark),
            wide: Some(false),
            whole: true,
        };
        let cases: [(&[u8], Answers); 7] = [
            (b"", Answers::default()),
            (
                b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\\x1bP>|kitty(0.32.2)\x1b\\\x1b[?0u\x1b[?2026;2$y\x1b[3;1R\x1b[3;3R\x1b[?62;c",
                kitty,
            ),
            // Only what every terminal says.
            (
                b"\x1b[?6c",
                Answers {
                    whole: true,
                    ..Answers::default()
                },
            ),
            // A mode that is not there, two columns, and a key in between.
            (
                b"\x1b[?2026;0$yq\x1b[A\x1b[1;5R\x1b[1;9R",
                Answers {
                    wide: Some(true),
                    ..Answers::default()
                },
            ),
            // At the right edge.
            (b"\x1b[1;80R\x1b[1;80R", Answers::default()),
            // Cut short.
            (b"\x1bP>|tmux 3.", Answers::default()),
            (
                b"\x1bP>|tmux 3.3a\x1b\\\x1b[?62",
                Answers {
                    name: Some("tmux 3.3a".to_owned()),
                    ..Answers::default()
                },
            ),
        ];
        for (bytes, expected) in cases {
            assert_eq!(
                read(bytes),
                expected,
                "{:?}",
                String::from_utf8_lossy(bytes)
            );
        }
        let hostile = read(b"\x1bP>|\x9b31mred\xc2\x9b\x07\x1b[?1c");
        assert!(!hostile.name.unwrap_or_default().contains('\u{9b}'));
    }
}
