//! What the person and the system send: keys, pastes, the mouse, sizes and signals, in one stream from one thread.
//!
//! The thread sleeps until something comes: no time-outs while nothing is open, so an idle workstation is never woken.

use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use crossterm::event::{KeyEvent, MouseEvent};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use signal_hook::consts::signal as number;
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;

use crate::tui::terminal::ability::size_of;
use crate::tui::terminal::eye::Ground;
use crate::tui::terminal::keys::{Parser, Sent};
use crate::tui::terminal::modes::stop;

/// How long an editor waits for the thread to let go of the keyboard; it only waits for its receiver to take an event.
const PAUSE_LIMIT: Duration = Duration::from_secs(1);

const SIGNALS: [(i32, Signal); 7] = [
    (number::SIGTERM, Signal::Terminate),
    (number::SIGHUP, Signal::HangUp),
    (number::SIGINT, Signal::Interrupt),
    (number::SIGQUIT, Signal::Quit),
    (number::SIGTSTP, Signal::Stop),
    (number::SIGCONT, Signal::Continue),
    (number::SIGUSR1, Signal::User),
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputEvent {
    /// A press or a repeat, never a release. An upper-case letter carries shift.
    Key(KeyEvent),
    /// Line ends are `\n`; control characters are still in it, and nothing in it is ever a key.
    Paste(String),
    Mouse(MouseEvent),
    Focus(bool),
    /// The terminal has this behind its text: an answer, or it has changed.
    Ground(Ground),
    /// The column, from 1, that the cursor stood in when it was asked for.
    Column(u16),
    /// Columns and rows.
    Resize(u16, u16),
    Signal(Signal),
    /// The terminal is gone. Comes once; signals may still follow.
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    Terminate,
    HangUp,
    /// From outside: Ctrl+C is a key.
    Interrupt,
    Quit,
    /// From outside: Ctrl+Z is a key. While paused it is obeyed here and not told.
    Stop,
    /// The program runs again after it was stopped.
    Continue,
    User,
}

/// The terminal that the person types at, wherever standard input comes from.
pub fn person() -> io::Result<OwnedFd> {
    for standard in [rustix::stdio::stdin(), rustix::stdio::stderr()] {
        if rustix::termios::isatty(standard) {
            return standard.try_clone_to_owned();
        }
    }
    // Last, since not every system lets this one be waited for.
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(open("/dev/tty", flags, Mode::empty())?)
}

/// The thread that reads. Dropping it ends the thread; the signals stay caught.
#[derive(Debug)]
pub struct Input {
    orders: UnixStream,
    paused: Receiver<()>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Pause,
    Continue,
    End,
}

impl Input {
    /// Reads standard input. `deliver` is called on the thread that reads, and ends it by answering `false`.
    pub fn start(deliver: impl FnMut(InputEvent) -> bool + Send + 'static) -> io::Result<Self> {
        Self::on(rustix::stdio::stdin().try_clone_to_owned()?, deliver)
    }

    /// Reads this terminal.
    pub fn on(
        terminal: OwnedFd,
        deliver: impl FnMut(InputEvent) -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let (orders, orders_read) = UnixStream::pair()?;
        orders_read.set_nonblocking(true)?;
        let (signals_read, signals_write) = UnixStream::pair()?;
        let caught = SIGNALS.map(|(number, _)| number);
        let signals = SignalDelivery::with_pipe(
            signals_read,
            signals_write,
            SignalOnly,
            caught.into_iter().chain([number::SIGWINCH]),
        )?;
        let (paused_send, paused) = channel();
        let reader = Reader {
            terminal: Some(terminal),
            orders: orders_read,
            signals,
            paused_send,
            paused: false,
            parser: Parser::default(),
            deliver,
        };
        std::thread::Builder::new()
            .name("input".into())
            .stack_size(256 << 10)
            .spawn(move || reader.run())?;
        Ok(Self { orders, paused })
    }

    /// Lets go of the keyboard, so that an editor can have it; returns when the thread reads no more.
    pub fn pause(&self) {
        if self.order(Order::Pause) {
            let _ = self.paused.recv_timeout(PAUSE_LIMIT);
        }
    }

    /// Takes the keyboard again after `pause`.
    pub fn resume(&self) {
        self.order(Order::Continue);
    }

    fn order(&self, order: Order) -> bool {
        (&self.orders).write_all(&[order as u8]).is_ok()
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.order(Order::End);
    }
}

struct Reader<F> {
    terminal: Option<OwnedFd>,
    orders: UnixStream,
    signals: SignalDelivery<UnixStream, SignalOnly>,
    paused_send: Sender<()>,
    paused: bool,
    parser: Parser,
    deliver: F,
}

/// What is ready; nothing when the wait for the rest of a sequence is over.
struct Ready {
    orders: bool,
    signals: bool,
    terminal: bool,
}

impl<F: FnMut(InputEvent) -> bool> Reader<F> {
    fn run(mut self) {
        // A read of a terminal gives at most 4 KiB, one of a pipe more.
        let mut bytes = vec![0; 16 << 10];
        loop {
            let Ok(ready) = self.wait() else {
                (self.deliver)(InputEvent::Closed);
                return;
            };
            let late = !(ready.orders || ready.signals || ready.terminal);
            let go_on = (!ready.orders || self.obey())
                && (!ready.signals || self.tell_signals())
                && (!ready.terminal || self.paused || self.read(&mut bytes))
                && (!late || self.settle());
            if !go_on {
                return;
            }
        }
    }

    /// Sleeps until something comes.
    fn wait(&self) -> io::Result<Ready> {
        let terminal = self.terminal.as_ref().filter(|_| !self.paused);
        let limit = terminal
            .and_then(|_| self.parser.wait())
            .and_then(|limit| Timespec::try_from(limit).ok());
        let mut files = vec![
            PollFd::new(&self.orders, PollFlags::IN),
            PollFd::new(self.signals.get_read(), PollFlags::IN),
        ];
        files.extend(terminal.map(|terminal| PollFd::new(terminal, PollFlags::IN)));
        while let Err(error) = poll(&mut files, limit.as_ref()) {
            if error != Errno::INTR {
                return Err(error.into());
            }
        }
        let ready = |index: usize| {
            files
                .get(index)
                .is_some_and(|file| !file.revents().is_empty())
        };
        Ok(Ready {
            orders: ready(0),
            signals: ready(1),
            terminal: ready(2),
        })
    }

    fn obey(&mut self) -> bool {
        let mut orders = [0; 16];
        let count = match rustix::io::read(&self.orders, &mut orders) {
            Ok(0) => return false,
            Ok(count) => count,
            Err(error) => return matches!(error, Errno::AGAIN | Errno::INTR),
        };
        for &order in &orders[..count] {
            if order == Order::Pause as u8 {
                self.paused = true;
                let _ = self.paused_send.send(());
            } else if order == Order::Continue as u8 {
                self.paused = false;
            } else {
                return false;
            }
        }
        true
    }

    fn tell_signals(&mut self) -> bool {
        let pending: Vec<i32> = self.signals.pending().collect();
        for caught in pending {
            if caught == number::SIGWINCH {
                if !self.tell_size() {
                    return false;
                }
            } else if caught == number::SIGTSTP && self.paused {
                // The editor was stopped by Ctrl-Z, and who runs it waits for it: stop with it, or no shell comes up.
                let _ = stop();
            } else if let Some(&(_, signal)) = SIGNALS.iter().find(|(number, _)| *number == caught)
                && !(self.deliver)(InputEvent::Signal(signal))
            {
                return false;
            }
        }
        true
    }

    /// Tells the size, also when it is the one told last: it may have been another in between, and what the window showed then is
    /// not what was drawn.
    fn tell_size(&mut self) -> bool {
        let Some(terminal) = &self.terminal else {
            return true;
        };
        let (width, height) = size_of(terminal);
        (self.deliver)(InputEvent::Resize(width, height))
    }

    fn read(&mut self, bytes: &mut [u8]) -> bool {
        let Some(terminal) = &self.terminal else {
            return true;
        };
        match rustix::io::read(terminal, &mut *bytes) {
            Ok(0) => self.close(),
            Ok(count) => {
                let mut sent = Vec::new();
                self.parser.feed(&bytes[..count], &mut sent);
                self.tell(sent)
            }
            Err(Errno::AGAIN | Errno::INTR) => true,
            Err(_) => self.close(),
        }
    }

    /// The terminal is gone; from here on only signals and orders are waited for.
    fn close(&mut self) -> bool {
        self.terminal = None;
        let settled = self.settle();
        settled && (self.deliver)(InputEvent::Closed)
    }

    fn settle(&mut self) -> bool {
        let mut sent = Vec::new();
        self.parser.settle(&mut sent);
        self.tell(sent)
    }

    fn tell(&mut self, sent: Vec<Sent>) -> bool {
        sent.into_iter().all(|sent| {
            (self.deliver)(match sent {
                Sent::Key(key) => InputEvent::Key(key),
                Sent::Paste(text) => InputEvent::Paste(text),
                Sent::Mouse(mouse) => InputEvent::Mouse(mouse),
                Sent::Focus(gained) => InputEvent::Focus(gained),
                Sent::Ground(ground) => InputEvent::Ground(ground),
                Sent::Column(column) => InputEvent::Column(column),
            })
        })
    }
}
