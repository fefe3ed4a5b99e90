//! The terminal's file, as far as it is written to. A terminal that does not read (a stopped ssh, a full pipe) must not
//! hold up the program: what does not fit is kept, and until it is out no further frame is made. Frames are dropped,
//! never queued.
//!
//! The terminal is opened anew, so that writing without waiting is a property of this file alone: set on the one that
//! was inherited, it would hold for the shell that shares it too.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;

/// Where the terminal could not be opened anew, so much is written after it said that it takes some.
const CHUNK: usize = 512;

/// What was asked for beside the frames is dropped when this much waits already.
const LARGEST_REST: usize = 4 << 20;

/// The open file, shared by whoever may have to restore the terminal.
#[derive(Debug)]
pub struct Device {
    file: OwnedFd,
    /// A write may wait: ask first, and write little.
    waits: bool,
    /// The last write ended in the middle.
    torn: AtomicBool,
}

impl Device {
    /// The terminal on standard output.
    pub fn of_standard_output() -> io::Result<Self> {
        let standard = rustix::stdio::stdout();
        // `/dev/tty` may be opened by everyone, also after `su`, but is only the same when it is the controlling one.
        let controlling =
            rustix::termios::tcgetsid(standard).ok() == rustix::process::getsid(None).ok();
        let paths = [controlling.then_some("/dev/tty"), Some("/proc/self/fd/1")];
        for path in paths.into_iter().flatten() {
            if let Ok(device) = Self::open(Path::new(path)) {
                return Ok(device);
            }
        }
        Ok(Self {
            file: standard.try_clone_to_owned()?,
            waits: true,
            torn: AtomicBool::new(false),
        })
    }

    /// The terminal of the person, wherever standard output goes.
    pub fn of_person() -> io::Result<Self> {
        for path in ["/dev/tty", "/proc/self/fd/2"] {
            if let Ok(device) = Self::open(Path::new(path)) {
                return Ok(device);
            }
        }
        let standard = rustix::stdio::stderr();
        if !rustix::termios::isatty(standard) {
            return Err(Errno::NOTTY.into());
        }
        Ok(Self {
            file: standard.try_clone_to_owned()?,
            waits: true,
            torn: AtomicBool::new(false),
        })
    }

    /// The terminal with this name.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = open(path, flags, Mode::empty())?;
        if !rustix::termios::isatty(&file) {
            return Err(Errno::NOTTY.into());
        }
        Ok(Self {
            file,
            waits: false,
            torn: AtomicBool::new(false),
        })
    }

    /// Writes what the terminal takes now; 0 when it takes nothing.
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let bytes = if self.waits {
            if !self.takes(Duration::ZERO) {
                return Ok(0);
            }
            &bytes[..bytes.len().min(CHUNK)]
        } else {
            bytes
        };
        loop {
            match rustix::io::write(&self.file, bytes) {
                Ok(written) => return Ok(written),
                Err(Errno::AGAIN) => return Ok(0),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Waits until the terminal takes bytes, at most so long.
    fn takes(&self, limit: Duration) -> bool {
        let limit = Timespec::try_from(limit).ok();
        let mut files = [PollFd::new(&self.file, PollFlags::OUT)];
        poll(&mut files, limit.as_ref()).is_ok_and(|ready| ready > 0)
            && files[0].revents().contains(PollFlags::OUT)
    }

    /// Writes all of it, and gives up after a while: for the last words to a terminal that may not listen. What was cut
    /// short before is cancelled first.
    pub fn write_within(&self, bytes: &[u8], limit: Duration) -> io::Result<()> {
        let start = Instant::now();
        let cancel: &[u8] = if self.torn.swap(false, Ordering::SeqCst) {
            b"\x18"
        } else {
            b""
        };
        for part in [cancel, bytes] {
            let mut rest = part;
            while !rest.is_empty() {
                let written = self.write(rest)?;
                rest = &rest[written..];
                let left = limit.saturating_sub(start.elapsed());
                if written == 0 && (left.is_zero() || !self.takes(left)) {
                    return Err(io::ErrorKind::TimedOut.into());
                }
            }
        }
        Ok(())
    }
}

/// How much of it is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    Whole,
    /// The rest waits in here.
    Part,
}

#[derive(Debug)]
pub struct Output {
    device: Arc<Device>,
    rest: Vec<u8>,
    done: usize,
}

impl Output {
    pub fn new(device: Arc<Device>) -> Self {
        Self {
            device,
            rest: Vec::new(),
            done: 0,
        }
    }

    /// Writes these bytes after those that wait, in one call where the terminal takes them.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<Written> {
        if self.push()? == Written::Part {
            if self.rest.len() - self.done < LARGEST_REST {
                self.rest.extend_from_slice(bytes);
            }
            return Ok(Written::Part);
        }
        let written = self.device.write(bytes)?;
        if written == bytes.len() {
            return Ok(Written::Whole);
        }
        self.rest.extend_from_slice(&bytes[written..]);
        // The pipe to the terminal may hold less than a frame and be read at once.
        self.push()
    }

    /// Writes what waits.
    pub fn push(&mut self) -> io::Result<Written> {
        while self.done < self.rest.len() {
            let written = self.device.write(&self.rest[self.done..])?;
            if written == 0 {
                self.device.torn.store(true, Ordering::SeqCst);
                return Ok(Written::Part);
            }
            self.done += written;
        }
        self.rest.clear();
        self.rest.shrink_to(1 << 16);
        self.done = 0;
        self.device.torn.store(false, Ordering::SeqCst);
        Ok(Written::Whole)
    }

    /// Writes what waits and gives up after a while; what then still waits is dropped.
    pub fn settle(&mut self, limit: Duration) -> io::Result<Written> {
        let start = Instant::now();
        while self.push()? == Written::Part {
            let left = limit.saturating_sub(start.elapsed());
            if left.is_zero() || !self.device.takes(left) {
                self.rest.clear();
                self.done = 0;
                return Ok(Written::Part);
            }
        }
        Ok(Written::Whole)
    }
}
