//! A terminal of 120x40 with Creel in it. Each piece that is written is given its time before the emulator has it, and every
//! text that is waited for is looked for after each piece, so that nobody's waking up is measured.

use std::fs;
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};

use crate::limit::{Limit, Trouble};
use crate::support::pty::bash;
use crate::support::{CREEL, Home};

const ROWS: u16 = 40;
const COLUMNS: u16 = 120;
/// Rows at the foot of the screen in which an echo is looked for: the composer and what is below it.
const FOOT: u16 = 10;
/// The end of a frame.
const SYNC_END: &[u8] = b"\x1b[?2026l";
/// What the composer's key line begins with when a prompt can be typed.
pub const READY: &str = "Enter send";
/// What a person would call hanging.
const PATIENCE: Duration = Duration::from_secs(20);

/// For a shell: tells the time to the microsecond and becomes the program, so that neither the fork nor what makes a terminal
/// its own is counted.
const STAMPED: &str = "echo $EPOCHREALTIME > \"$0\"; exec \"$@\"";

/// When a text came.
#[derive(Debug, Clone, Copy)]
pub struct Sight {
    /// The piece with its last byte was read.
    pub arrived: Instant,
    /// The emulator had it on its screen.
    pub shown: Instant,
    /// The end of that frame was read.
    pub framed: Option<Instant>,
    /// Bytes written since the start, with that piece.
    pub bytes: usize,
}

struct Watched {
    text: String,
    /// Only in the last rows.
    foot: bool,
    sight: Option<Sight>,
}

struct Seen {
    parser: vt100::Parser,
    raw: Vec<u8>,
    /// Ends of frames.
    frames: usize,
    watched: Vec<Watched>,
    closed: bool,
}

type Shared = (Mutex<Seen>, Condvar);

/// Killed when it is dropped; [`Pane::quit`] is the way out that a person takes.
pub struct Pane {
    seen: Arc<Shared>,
    writer: Arc<Mutex<Box<dyn Write + Send>>>,
    child: Box<dyn Child + Send + Sync>,
    /// Before the fork, by both clocks.
    forked: (Instant, SystemTime),
    /// Where the moment of its execution is told.
    stamp: PathBuf,
    _master: Box<dyn MasterPty + Send>,
    _slave: Box<dyn SlavePty + Send>,
}

impl Pane {
    /// Starts Creel; these texts are watched for from the first byte on.
    pub fn start(home: &Home, arguments: &[&str], texts: &[&str]) -> Self {
        let size = PtySize {
            rows: ROWS,
            cols: COLUMNS,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let stamp = home.beside("stamp");
        // One of an earlier start must not be taken for this one's.
        let _ = fs::remove_file(&stamp);
        let mut command = match bash() {
            Some(bash) => {
                let mut command = CommandBuilder::new(bash);
                command.args(["-c", STAMPED]);
                command.arg(&stamp);
                command.arg(CREEL);
                command
            }
            None => CommandBuilder::new(CREEL),
        };
        command.args(arguments);
        command.env_clear();
        for (name, value) in home.environment() {
            command.env(name, value);
        }
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        command.cwd(home.work());
        let reader = pair.master.try_clone_reader().unwrap();
        let writer = Arc::new(Mutex::new(pair.master.take_writer().unwrap()));
        let cells = |count| NonZero::new(count).unwrap();
        let watched = texts.iter().map(|text| watched(text, false)).collect();
        let seen = Arc::new((
            Mutex::new(Seen {
                parser: vt100::Parser::new(cells(ROWS), cells(COLUMNS), 0),
                raw: Vec::new(),
                frames: 0,
                watched,
                closed: false,
            }),
            Condvar::new(),
        ));
        let (shared, answers) = (Arc::clone(&seen), Arc::clone(&writer));
        thread::spawn(move || follow(reader, &shared, &answers));
        let forked = (Instant::now(), SystemTime::now());
        let child = pair.slave.spawn_command(command).unwrap();
        Self {
            seen,
            writer,
            child,
            forked,
            stamp,
            _master: pair.master,
            _slave: pair.slave,
        }
    }

    /// Starts Creel and waits until a prompt can be typed.
    pub fn ready(home: &Home, arguments: &[&str], limit: Limit) -> Result<Self, Trouble> {
        let pane = Self::start(home, arguments, &[READY]);
        pane.sight(0, limit)?;
        Ok(pane)
    }

    /// When the program was executed. Without a shell that tells the time it is the moment before the fork, which is earlier:
    /// too much is measured then, and never too little.
    pub fn executed(&self) -> Instant {
        let (moment, clock) = self.forked;
        let told = || {
            let text = fs::read_to_string(&self.stamp).ok()?;
            let (seconds, micros) = text.trim().split_once('.')?;
            let seconds = Duration::from_secs(seconds.parse().ok()?);
            let since_epoch = seconds + Duration::from_micros(micros.parse().ok()?);
            let since_fork = since_epoch.checked_sub(clock.duration_since(UNIX_EPOCH).ok()?)?;
            Some(moment + since_fork)
        };
        told().unwrap_or(moment)
    }

    /// The moment before the fork.
    pub fn forked(&self) -> Instant {
        self.forked.0
    }

    pub fn process(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Bytes written so far.
    pub fn bytes(&self) -> usize {
        self.seen.0.lock().unwrap().raw.len()
    }

    /// Frames written so far.
    pub fn frames(&self) -> usize {
        self.seen.0.lock().unwrap().frames
    }

    /// Watches for this text and for no other, from the next piece on.
    pub fn watch(&self, text: &str) {
        self.watch_all(&[text]);
    }

    /// The same for several texts.
    pub fn watch_all(&self, texts: &[&str]) {
        let watched = texts.iter().map(|text| watched(text, false)).collect();
        self.seen.0.lock().unwrap().watched = watched;
    }

    /// The same, in the last rows of the screen alone.
    pub fn watch_foot(&self, text: &str) {
        self.seen.0.lock().unwrap().watched = vec![watched(text, true)];
    }

    /// Presses keys; the time is taken before they are written.
    pub fn press(&self, keys: &str) -> Instant {
        let mut writer = self.writer.lock().unwrap();
        let now = Instant::now();
        // A program that has ended takes no keys, and what is waited for then does not come.
        let _ = writer
            .write_all(keys.as_bytes())
            .and_then(|()| writer.flush());
        now
    }

    /// Waits for the watched text with this place in the list.
    pub fn sight(&self, place: usize, limit: Limit) -> Result<Sight, Trouble> {
        self.sight_at_last(place, limit.within(PATIENCE))
    }

    /// The same with all the patience there is: how late it comes is what is measured.
    pub fn sight_at_last(&self, place: usize, limit: Limit) -> Result<Sight, Trouble> {
        let found = |seen: &Seen| seen.watched.get(place).and_then(|watched| watched.sight);
        let seen = self.wait(limit, |seen| found(seen).is_some());
        let text = || {
            seen.watched
                .get(place)
                .map_or("", |watched| watched.text.as_str())
        };
        let screen = || seen.parser.screen().contents();
        found(&seen)
            .ok_or_else(|| Trouble::Late(format!("`{}` did not come:\n{}", text(), screen())))
    }

    /// Waits until the screen is so.
    pub fn until(
        &self,
        what: &str,
        limit: Limit,
        holds: impl Fn(&str) -> bool,
    ) -> Result<(), Trouble> {
        let limit = limit.within(PATIENCE);
        let seen = self.wait(limit, |seen| holds(&seen.parser.screen().contents()));
        let screen = seen.parser.screen().contents();
        if holds(&screen) {
            Ok(())
        } else {
            Err(Trouble::Late(format!(
                "{what}: it did not become so:\n{screen}"
            )))
        }
    }

    /// Waits until nothing was written for so long.
    pub fn settle(&self, quiet: Duration, limit: Limit) {
        loop {
            let before = self.bytes();
            let quiet = limit.within(quiet);
            drop(self.wait(quiet, |seen| seen.raw.len() != before));
            if self.bytes() == before || limit.passed() {
                return;
            }
        }
    }

    /// Ends it in order, so that the next start finds a home as a person leaves it.
    pub fn quit(mut self, limit: Limit) -> Result<(), Trouble> {
        self.press("\x03\x03");
        let limit = limit.within(PATIENCE);
        while !limit.passed() {
            if self.child.try_wait().is_ok_and(|status| status.is_some()) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(2));
        }
        Err(Trouble::Late("it does not end".to_owned()))
    }

    fn wait(&self, limit: Limit, holds: impl Fn(&Seen) -> bool) -> std::sync::MutexGuard<'_, Seen> {
        let seen = self.seen.0.lock().unwrap();
        let open = |seen: &mut Seen| !seen.closed && !holds(seen);
        self.seen
            .1
            .wait_timeout_while(seen, limit.left(), open)
            .unwrap()
            .0
    }
}

impl Drop for Pane {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn watched(text: &str, foot: bool) -> Watched {
    Watched {
        text: text.to_owned(),
        foot,
        sight: None,
    }
}

fn follow(
    mut reader: Box<dyn Read + Send>,
    shared: &Shared,
    answers: &Mutex<Box<dyn Write + Send>>,
) {
    // More than the kernel hands out at once.
    let mut buffer = [0; 16 * 1024];
    loop {
        let count = reader.read(&mut buffer).unwrap_or(0);
        let arrived = Instant::now();
        let bytes = &buffer[..count];
        let mut seen = shared.0.lock().unwrap();
        seen.closed = count == 0;
        seen.take(bytes, arrived);
        drop(seen);
        shared.1.notify_all();
        if count == 0 {
            return;
        }
        // What terminals are asked first, and say.
        if bytes.windows(3).any(|window| window == b"\x1b[c") {
            let _ = answers.lock().unwrap().write_all(b"\x1b[?62;22c");
        }
    }
}

impl Seen {
    fn take(&mut self, bytes: &[u8], arrived: Instant) {
        self.parser.process(bytes);
        let shown = Instant::now();
        // A mark may be cut by the border of two pieces.
        let from = self.raw.len().saturating_sub(SYNC_END.len() - 1);
        self.raw.extend_from_slice(bytes);
        let (raw, screen) = (&self.raw, self.parser.screen());
        let ended = raw[from..]
            .windows(SYNC_END.len())
            .filter(|window| *window == SYNC_END)
            .count();
        self.frames += ended;
        let ends = || ended > 0;
        for watched in &mut self.watched {
            match &mut watched.sight {
                None => {
                    let there = if watched.foot {
                        let foot = usize::from(ROWS - FOOT);
                        screen
                            .rows(0, COLUMNS)
                            .skip(foot)
                            .any(|row| row.contains(&watched.text))
                    } else {
                        screen.contents().contains(&watched.text)
                    };
                    if there {
                        watched.sight = Some(Sight {
                            arrived,
                            shown,
                            framed: ends().then_some(arrived),
                            bytes: raw.len(),
                        });
                    }
                }
                Some(sight) if sight.framed.is_none() && ends() => sight.framed = Some(arrived),
                Some(_) => {}
            }
        }
    }
}
