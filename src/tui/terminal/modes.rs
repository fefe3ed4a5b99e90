//! The modes of the terminal: what is switched on for a full screen, and that all of it is switched off again, however
//! the program ends.

use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::panic::PanicHookInfo;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::ThreadId;
use std::time::Duration;

use rustix::process::{Signal, getpid, getppid, getsid, kill_current_process_group};
use rustix::termios::{OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcsetattr};

use crate::config::display::Mouse;
use crate::memory::guard::is_guarded;
use crate::tui::terminal::ability::{Keyboard, size_of};
use crate::tui::terminal::notice::Progress;
use crate::tui::terminal::output::Device;

/// How long a terminal that does not listen is waited for when the program ends.
pub const LAST_WORDS: Duration = Duration::from_millis(250);

const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";
/// Without reports of what is dragged; its clicks are reported all the same.
const WHEEL_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1002l\x1b[?1000l";

/// Ends what an editor or pager that fell may have left switched on and that is not set here: every kind of mouse
/// report, keys of applications, rows that are inserted or counted from a margin, line drawing for letters.
pub const LEFT_BEHIND: &str = "\x1b[?1006l\x1b[?1015l\x1b[?1005l\x1b[?1003l\x1b[?1002l\x1b[?1000l\x1b[?1l\x1b>\x1b[4l\x1b[?6l\x1b(B";

/// What a full screen is switched on with. Nothing is asked of the terminal here, so nothing is waited for.
///
/// The newer keyboard protocol is pushed unasked: an answer to the question would come after the first frame at the
/// earliest, and terminals that do not know it pass over the sequence. It is kept for each screen apart, so it is pushed
/// after the alternate one is entered and popped before it is left. Wrapping at the right edge is off, since a symbol
/// that is wider than thought would otherwise run into the next row.
///
/// `cleared` goes first on that screen: some of it moves the cursor, which comes back with the other one.
pub fn on(keyboard: Keyboard, cleared: &str, pointer: Mouse) -> String {
    let mut bytes = format!("\x1b[22;0t\x1b[?1049h{cleared}");
    bytes.push_str(again(keyboard));
    bytes.push_str(reports(pointer));
    bytes
}

/// The modes without those of which the terminal keeps a stack. With 2031 it tells when it turns dark or light.
fn again(keyboard: Keyboard) -> &'static str {
    match keyboard {
        Keyboard::Plain => "\x1b[?7l\x1b[?25l\x1b[?2004h\x1b[?1004h",
        Keyboard::Disambiguated => "\x1b[?7l\x1b[?25l\x1b[?2004h\x1b[?1004h\x1b[?2031h\x1b[>1u",
        Keyboard::ModifyOther => "\x1b[?7l\x1b[?25l\x1b[?2004h\x1b[?1004h\x1b[?2031h\x1b[>4;1m",
    }
}

/// The modes once more, for a terminal that may have lost them while the program stood still.
pub fn renewed(keyboard: Keyboard, pointer: Mouse) -> String {
    let mut bytes = String::from("\x1b[?1049h");
    if keyboard == Keyboard::Disambiguated {
        bytes.push_str("\x1b[<u");
    }
    bytes.push_str(again(keyboard));
    bytes.push_str(&mouse(pointer));
    bytes
}

/// Everything off, in the opposite order; also ends an update, a scroll region and a style that were cut short.
pub fn off(keyboard: Keyboard) -> String {
    let keyboard = match keyboard {
        Keyboard::Plain => "",
        Keyboard::Disambiguated => "\x1b[<u",
        Keyboard::ModifyOther => "\x1b[>4m",
    };
    format!(
        "\x1b[?2026l\x1b[r\x1b[m{MOUSE_OFF}{keyboard}\x1b[?2031l\x1b[?1004l\x1b[?2004l\x1b[?25h\x1b[?7h\x1b[?1049l\x1b[23;0t"
    )
}

/// What the pointer is to report from now on, whatever it did before.
pub fn mouse(pointer: Mouse) -> String {
    format!("{MOUSE_OFF}{}", reports(pointer))
}

fn reports(pointer: Mouse) -> &'static str {
    match pointer {
        Mouse::On => MOUSE_ON,
        Mouse::Wheel => WHEEL_ON,
        Mouse::Off => "",
    }
}

/// Gives the terminal back. Cheap to clone; may be called from any thread, any number of times.
#[derive(Clone, Debug)]
pub struct Restorer {
    held: Arc<Held>,
}

#[derive(Debug)]
struct Held {
    device: Arc<Device>,
    /// The terminal that keys are read from, and how it was found.
    input: OwnedFd,
    found: Termios,
    keyboard: Keyboard,
    on: AtomicBool,
    /// Reports of the mouse may still be on their way when it is switched off.
    mouse: AtomicBool,
    /// Answers of the terminal that may still be on their way.
    asked: AtomicUsize,
    /// It shows that something runs.
    progress: AtomicBool,
    thread: ThreadId,
}

impl Restorer {
    /// Remembers the terminal as it is now, and the thread that draws.
    pub fn new(device: Arc<Device>, input: OwnedFd, keyboard: Keyboard) -> io::Result<Self> {
        let found = tcgetattr(&input)?;
        Ok(Self {
            held: Arc::new(Held {
                device,
                input,
                found,
                keyboard,
                on: AtomicBool::new(false),
                mouse: AtomicBool::new(false),
                asked: AtomicUsize::new(0),
                progress: AtomicBool::new(false),
                thread: std::thread::current().id(),
            }),
        })
    }

    /// Whether the terminal is ours at present.
    pub fn is_on(&self) -> bool {
        self.held.on.load(Ordering::SeqCst)
    }

    /// Notes that the terminal is ours, before the first byte is sent, and makes it send keys one by one.
    pub fn take(&self) -> io::Result<()> {
        self.held.on.store(true, Ordering::SeqCst);
        let mut raw = self.held.found.clone();
        raw.make_raw();
        Ok(tcsetattr(&self.held.input, OptionalActions::Now, &raw)?)
    }

    /// Columns and rows of the terminal now.
    pub fn size(&self) -> (u16, u16) {
        size_of(&self.held.input)
    }

    pub fn note_mouse(&self, on: bool) {
        self.held.mouse.store(on, Ordering::SeqCst);
    }

    pub fn note_asked(&self) {
        self.held.asked.fetch_add(1, Ordering::SeqCst);
    }

    pub fn note_answered(&self) {
        let less = |asked: usize| asked.checked_sub(1);
        let _ = self
            .held
            .asked
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
    }

    pub fn note_progress(&self, shown: bool) {
        self.held.progress.store(shown, Ordering::SeqCst);
    }

    /// Puts everything back as it was found, if it is not already.
    pub fn restore(&self) {
        if !self.held.on.swap(false, Ordering::SeqCst) {
            return;
        }
        // A terminal that is gone or does not listen cannot be helped; the settings of the line still can.
        let mut last = off(self.held.keyboard);
        if self.held.progress.swap(false, Ordering::SeqCst) {
            last.push_str(Progress::None.bytes());
        }
        let _ = self.held.device.write_within(last.as_bytes(), LAST_WORDS);
        let sent_unasked = self.held.mouse.load(Ordering::SeqCst);
        if self.held.asked.swap(0, Ordering::SeqCst) > 0 || sent_unasked {
            let _ = tcflush(&self.held.input, QueueSelector::IFlush);
        }
        let _ = tcsetattr(&self.held.input, OptionalActions::Now, &self.held.found);
    }

    /// From now on a panic of the drawing thread first restores the terminal, then calls `report` and prints the line
    /// it answers. A panic of another thread leaves the terminal alone: `report` is called, and its line is printed
    /// only when no screen is in the way. One of the search library, which is caught, changes nothing.
    pub fn restore_on_panic(
        &self,
        report: impl Fn(&PanicHookInfo<'_>) -> String + Send + Sync + 'static,
    ) {
        let restorer = self.clone();
        std::panic::set_hook(Box::new(move |info| {
            // It is caught, and nobody need know.
            if is_guarded() {
                return;
            }
            if std::thread::current().id() == restorer.held.thread {
                restorer.restore();
            }
            let line = report(info);
            if !restorer.is_on() {
                let _ = writeln!(io::stderr(), "{line}");
            }
        }));
    }
}

/// Whether a shell waits that could continue the program after it was stopped. Without one (the program is the first of
/// its session, as in `tmux new-window creel`) Ctrl-Z would only freeze the window.
pub fn shell_waits() -> bool {
    let session = getsid(None).ok();
    let parent = getppid().and_then(|parent| getsid(Some(parent)).ok());
    session != Some(getpid()) && session.is_some() && session == parent
}

/// Stops the program with its whole process group, as Ctrl-Z does in a shell: a script around it, or an editor it waits
/// for, stops too.
pub fn stop() -> io::Result<()> {
    Ok(kill_current_process_group(Signal::STOP)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_switched_on_is_switched_off() {
        for keyboard in [
            Keyboard::Plain,
            Keyboard::Disambiguated,
            Keyboard::ModifyOther,
        ] {
            let (on, off) = (on(keyboard, "", Mouse::On), off(keyboard));
            for mode in on.split("\x1b[").filter(|mode| mode.starts_with('?')) {
                let opposite = match mode.strip_suffix('h') {
                    Some(mode) => format!("{mode}l"),
                    None => mode.replace('l', "h"),
                };
                assert!(off.contains(&opposite), "{mode} stays on");
            }
        }
    }
}
