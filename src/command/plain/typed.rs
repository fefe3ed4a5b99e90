//! Lines as they come in, with how they came.
//!
//! A paste of several lines is not several answers: on a terminal, where nobody can be sure that each line was meant, lines
//! that come together are one text, and a line that follows another faster than a hand could answers no ask. In a pipe each
//! line was written by a program or a person before, so each counts.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Lines that may wait to be looked at; a writer that is faster waits itself.
const MOST: usize = 64;
/// A line longer than this is taken as it is, so that input without a line end cannot fill the memory.
const LONGEST: usize = 4 << 20;
/// A hand needs longer than this from one line to the answer of an ask; the workstation wants the same quiet.
pub const QUIET: Duration = Duration::from_millis(400);

/// How a line came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Came {
    #[default]
    Alone,
    /// With others, or right behind one, on a terminal: it may be a text and answers nothing.
    Together,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// Without its line end; several lines where they came together.
    pub text: String,
    pub came: Came,
}

/// Reads standard input on a thread of its own, which ends with the input or the process. The channel closes at its end.
pub fn listen() -> Receiver<Typed> {
    let (sender, receiver) = channel(MOST);
    std::thread::spawn(move || {
        let input = io::stdin();
        if input.is_terminal() {
            from_terminal(&input, &sender);
        } else {
            from_pipe(&input, &sender);
        }
    });
    receiver
}

fn from_pipe(input: &io::Stdin, sender: &Sender<Typed>) {
    let mut rest: Vec<u8> = Vec::new();
    while let Some(bytes) = read(input) {
        rest.extend_from_slice(&bytes);
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            if !send(sender, &line) {
                return;
            }
        }
        if rest.len() > LONGEST && !send(sender, &std::mem::take(&mut rest)) {
            return;
        }
    }
    if !rest.is_empty() {
        send(sender, &rest);
    }
}

fn send(sender: &Sender<Typed>, line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line);
    let text = text.trim_end_matches(['\n', '\r']).to_owned();
    let came = Came::Alone;
    sender.blocking_send(Typed { text, came }).is_ok()
}

fn from_terminal(input: &io::Stdin, sender: &Sender<Typed>) {
    let began = Instant::now();
    let mut lines = Lines::default();
    while let Some(bytes) = read(input) {
        if let Some(typed) = lines.take(&bytes, is_more(input), began.elapsed())
            && sender.blocking_send(typed).is_err()
        {
            return;
        }
    }
}

/// The next bytes; nothing at the end of the input, also where the terminal is gone.
fn read(input: &io::Stdin) -> Option<Vec<u8>> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match rustix::io::read(input, &mut buffer) {
            Err(Errno::INTR) => {}
            Ok(0) | Err(_) => return None,
            Ok(count) => {
                buffer.truncate(count);
                return Some(buffer);
            }
        }
    }
}

/// More lies ready: a terminal gives one line a read, however many were pasted.
fn is_more(input: &io::Stdin) -> bool {
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let mut files = [PollFd::new(input, PollFlags::IN)];
    // What cannot be asked has nothing more.
    poll(&mut files, Some(&now)).is_ok_and(|ready| ready > 0)
}

/// Lines of a terminal, put together where they came so.
#[derive(Debug, Default)]
struct Lines {
    held: Vec<u8>,
    last: Option<Duration>,
}

impl Lines {
    /// What was read at this moment since the start; `more` lies ready behind it.
    fn take(&mut self, bytes: &[u8], more: bool, now: Duration) -> Option<Typed> {
        self.held.extend_from_slice(bytes);
        let whole = self.held.ends_with(b"\n") && !more;
        if !whole && self.held.len() <= LONGEST {
            return None;
        }
        let held = std::mem::take(&mut self.held);
        let text = String::from_utf8_lossy(&held);
        let text = text.trim_end_matches(['\n', '\r']).to_owned();
        let soon = self
            .last
            .is_some_and(|last| now.saturating_sub(last) < QUIET);
        self.last = Some(now);
        let came = if soon || text.contains('\n') || held.len() > LONGEST {
            Came::Together
        } else {
            Came::Alone
        };
        Some(Typed { text, came })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_come_together_are_one_text() {
        let (alone, together) = (Came::Alone, Came::Together);
        // Bytes, whether more lies behind them, the millisecond; the text and how it came.
        let reads = [
            ("ask 41 1\n", false, 0, Some(("ask 41 1", alone))),
            ("ask 42 1\n", false, 399, Some(("ask 42 1", together))),
            ("a\n", true, 2_000, None),
            ("ask 43 1\n", false, 2_001, Some(("a\nask 43 1", together))),
            ("half", false, 9_000, None),
            (" a line\r\n", false, 9_001, Some(("half a line", alone))),
            ("两个字\n", false, 9_401, Some(("两个字", alone))),
        ];
        let mut lines = Lines::default();
        for (bytes, more, at, expected) in reads {
            let typed = lines.take(bytes.as_bytes(), more, Duration::from_millis(at));
            let expected = expected.map(|(text, came)| Typed {
                text: text.to_owned(),
                came,
            });
            assert_eq!(typed, expected, "{bytes}");
        }
    }
}
