//! A pseudo-terminal with a program in it, read as a person would: wait for a text, press keys, resize, look at what is left
//! when it has ended. Each wait has a deadline; nothing is ever waited for by time alone.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::process::Signal;

use crate::support::{CREEL, Home, signal};

/// What the composer's key line begins with when a prompt can be typed.
pub const READY: &str = "Enter send";

/// What a person would call hanging.
pub const PATIENCE: Duration = Duration::from_secs(20);

struct Seen {
    parser: vt100::Parser,
    /// Every byte since the start.
    raw: Vec<u8>,
    closed: bool,
}

type Shared = (Mutex<Seen>, Condvar);

pub struct Terminal {
    seen: Arc<Shared>,
    writer: Arc<Mutex<Box<dyn Write + Send>>>,
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    /// Held so that the terminal outlives the program, as a shell's does.
    _slave: Box<dyn SlavePty + Send>,
    /// The line discipline before the program began.
    before: String,
}

/// What a terminal says when it is asked what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answers {
    Given,
    None,
    /// Whatever it is asked, and with a text that shows where it is taken for keys.
    All,
}

impl Terminal {
    /// The workstation in a terminal of 80x24.
    pub fn creel(home: &Home, arguments: &[&str]) -> Self {
        Self::start(home, CREEL, arguments, (24, 80))
    }

    /// A program in a terminal of so many rows and columns.
    pub fn start(home: &Home, program: &str, arguments: &[&str], size: (u16, u16)) -> Self {
        Self::with(home, program, arguments, size, &[])
    }

    /// The same with variables of its own.
    pub fn with(
        home: &Home,
        program: &str,
        arguments: &[&str],
        size: (u16, u16),
        variables: &[(&str, &str)],
    ) -> Self {
        Self::of(home, program, arguments, size, variables, Answers::Given)
    }

    /// The workstation in a terminal of 80x24 that answers nothing it is asked.
    pub fn silent(home: &Home, variables: &[(&str, &str)]) -> Self {
        Self::of(home, CREEL, &[], (24, 80), variables, Answers::None)
    }

    /// A program in a terminal that answers every question there is, so that one which a text asks would be typed.
    pub fn answering(
        home: &Home,
        program: &str,
        arguments: &[&str],
        size: (u16, u16),
        variables: &[(&str, &str)],
    ) -> Self {
        Self::of(home, program, arguments, size, variables, Answers::All)
    }

    fn of(
        home: &Home,
        program: &str,
        arguments: &[&str],
        (rows, cols): (u16, u16),
        variables: &[(&str, &str)],
        answers: Answers,
    ) -> Self {
        let pair = native_pty_system().openpty(size(rows, cols)).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        for (name, value) in home.environment() {
            command.env(name, value);
        }
        command.env("TERM", "xterm-256color");
        for (name, value) in variables {
            command.env(name, value);
        }
        command.cwd(home.work());
        let before = discipline(&*pair.master);
        let child = pair.slave.spawn_command(command).unwrap();
        let reader = pair.master.try_clone_reader().unwrap();
        let writer = Arc::new(Mutex::new(pair.master.take_writer().unwrap()));
        let seen = Arc::new((
            Mutex::new(Seen {
                parser: vt100::Parser::new(cells(rows), cells(cols), 0),
                raw: Vec::new(),
                closed: false,
            }),
            Condvar::new(),
        ));
        let shared = Arc::clone(&seen);
        let voice = (answers != Answers::None).then(|| (answers, Arc::clone(&writer)));
        std::thread::spawn(move || read(reader, &shared, voice.as_ref()));
        Self {
            seen,
            writer,
            child,
            master: pair.master,
            _slave: pair.slave,
            before,
        }
    }

    pub fn process(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    pub fn signal(&self, sent: Signal) {
        signal(self.process(), sent);
    }

    pub fn press(&self, keys: &str) {
        let mut writer = self.writer.lock().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    pub fn resize(&self, rows: u16, cols: u16) {
        let mut seen = self.seen.0.lock().unwrap();
        seen.parser.screen_mut().set_size(cells(rows), cells(cols));
        self.master.resize(size(rows, cols)).unwrap();
    }

    /// What is on the screen, one line a row.
    pub fn screen(&self) -> String {
        self.seen.0.lock().unwrap().parser.screen().contents()
    }

    /// Every byte that was written to it.
    pub fn raw(&self) -> Vec<u8> {
        self.seen.0.lock().unwrap().raw.clone()
    }

    /// Waits until the screen shows this.
    pub fn wait_for(&self, text: &str) {
        self.wait_until(text, |screen| screen.contains(text));
    }

    pub fn wait_until(&self, what: &str, holds: impl Fn(&str) -> bool) {
        self.wait(what, |screen| holds(&screen.contents()));
    }

    /// Waits until the bytes that were written so far hold this.
    pub fn wait_for_bytes(&self, what: &str, holds: impl Fn(&[u8]) -> bool) {
        let seen = self.seen.0.lock().unwrap();
        let (seen, waited) = self
            .seen
            .1
            .wait_timeout_while(seen, PATIENCE, |seen| !holds(&seen.raw) && !seen.closed)
            .unwrap();
        let shown = seen.parser.screen().contents();
        drop(seen);
        assert!(!waited.timed_out(), "waited in vain for {what}:\n{shown}");
    }

    /// Waits until the screen shows this with the cursor in this column, from 0.
    pub fn wait_with_cursor(&self, what: &str, column: usize, holds: impl Fn(&str) -> bool) {
        self.wait(what, |screen| {
            usize::from(screen.cursor_position().1) == column && holds(&screen.contents())
        });
    }

    fn wait(&self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) {
        let seen = self.seen.0.lock().unwrap();
        let (seen, waited) = self
            .seen
            .1
            .wait_timeout_while(seen, PATIENCE, |seen| {
                !holds(seen.parser.screen()) && !seen.closed
            })
            .unwrap();
        let screen = seen.parser.screen();
        let held = !waited.timed_out() && holds(screen);
        let shown = screen.contents();
        drop(seen);
        assert!(held, "waited in vain for `{what}`:\n{shown}");
    }

    /// Waits until nothing was written for a moment: longer than the quiet of 400 ms before an ask or a card takes keys, which
    /// counts from just after it was written.
    pub fn settle(&self) {
        let deadline = Instant::now() + PATIENCE;
        while self.writes_within(Duration::from_millis(500)) > 0 {
            assert!(
                Instant::now() < deadline,
                "it never rests:\n{}",
                self.screen()
            );
        }
    }

    /// How many bytes are written before this much time has passed; returns at the first.
    pub fn writes_within(&self, window: Duration) -> usize {
        let seen = self.seen.0.lock().unwrap();
        let before = seen.raw.len();
        let quiet = |seen: &mut Seen| seen.raw.len() == before && !seen.closed;
        let (seen, _) = self.seen.1.wait_timeout_while(seen, window, quiet).unwrap();
        seen.raw.len() - before
    }

    /// Waits for the program's end and answers its exit code.
    pub fn end(&mut self) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            if Instant::now() > deadline {
                let screen = self.screen();
                let _ = self.child.kill();
                panic!("it does not end:\n{screen}");
            }
            // Something written, or a moment gone.
            self.writes_within(Duration::from_millis(20));
        }
    }

    /// Quits once nothing runs, so that nothing is asked; nothing may be left of it then.
    pub fn quit(&mut self) {
        self.wait_for(READY);
        self.press("\x03\x03");
        assert_eq!(self.end(), 0);
        assert_eq!(self.left_behind(), Vec::<String>::new());
    }

    /// What differs from before the program began: modes that are still set, and the line discipline. Nothing, when all
    /// is well.
    pub fn left_behind(&self) -> Vec<String> {
        // Its last bytes may have been written and not be read yet.
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = self.left_now();
            if left.is_empty() || Instant::now() > deadline {
                return left;
            }
            self.writes_within(Duration::from_millis(100));
        }
    }

    /// The same of what has been read so far, for who knows that all has.
    pub fn left_now(&self) -> Vec<String> {
        let seen = self.seen.0.lock().unwrap();
        let mut left = modes(&seen.raw);
        if seen.parser.screen().alternate_screen() {
            left.push("the other screen".to_owned());
        }
        if seen.parser.screen().hide_cursor() {
            left.push("no cursor".to_owned());
        }
        let after = discipline(&*self.master);
        if after != self.before {
            left.push(format!("{} became {after}", self.before));
        }
        left
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Debug for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.screen())
    }
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap()
}

fn size(rows: u16, cols: u16) -> PtySize {
    PtySize {
        rows,
        cols,
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn discipline(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios())
}

/// What terminals are asked, and say; what they are asked first comes first.
const QUESTIONS: &[(&[u8], &[u8])] = &[
    (b"\x1b[c", b"\x1b[?62;22c"),
    (b"\x1b[0c", b"\x1b[?1;2ctyped-by-the-terminal"),
    (b"\x1b[>c", b"\x1b[>0;1;0ctyped-by-the-terminal"),
    (
        b"\x1b[=c",
        b"\x1bP!|00typed-by-the-terminal\x1b\\typed-by-the-terminal",
    ),
    (b"\x1bZ", b"\x1b[?1;2ctyped-by-the-terminal"),
    (b"\x05", b"typed-by-the-terminal\r"),
    (b"\x1b[5n", b"\x1b[0ntyped-by-the-terminal"),
    (b"\x1b[?996n", b"\x1b[?997;1n"),
    (b"\x1b[>q", b"\x1bP>|xterm\x1b\\typed-by-the-terminal"),
    (b"\x1b[?2004$p", b"\x1b[?2004;1$ytyped-by-the-terminal"),
    (b"\x1b[18t", b"\x1b[8;24;80ttyped-by-the-terminal"),
    (
        b"\x1b[21t",
        b"\x1b]ltyped-by-the-terminal\r\x1b\\typed-by-the-terminal\r",
    ),
    (
        b"\x1bP$q",
        b"\x1bP1$rtyped-by-the-terminal\r\x1b\\typed-by-the-terminal\r",
    ),
    (
        b"\x1bP+q",
        b"\x1bP1+rtyped-by-the-terminal\x1b\\typed-by-the-terminal",
    ),
    (
        b"\x1b]4;1;?",
        b"\x1b]4;1;rgb:0/0/0\x07typed-by-the-terminal",
    ),
    (b"\x1b]11;?", b"\x1b]11;rgb:0000/0000/0000\x07"),
    (
        b"\x1b]52;c;?",
        b"\x1b]52;c;dHlwZWQ=\x07typed-by-the-terminal\r",
    ),
];

type Voice = Arc<Mutex<Box<dyn Write + Send>>>;

fn read(mut reader: Box<dyn Read + Send>, shared: &Shared, voice: Option<&(Answers, Voice)>) {
    let mut buffer = [0; 16 * 1024];
    loop {
        let count = reader.read(&mut buffer).unwrap_or(0);
        let bytes = &buffer[..count];
        let mut seen = shared.0.lock().unwrap();
        seen.parser.process(bytes);
        seen.raw.extend_from_slice(bytes);
        seen.closed = count == 0;
        drop(seen);
        shared.1.notify_all();
        if count == 0 {
            return;
        }
        if let Some((answers, voice)) = voice {
            let known = if *answers == Answers::All {
                QUESTIONS
            } else {
                &QUESTIONS[..1]
            };
            for (question, answer) in known {
                if bytes
                    .windows(question.len())
                    .any(|window| window == *question)
                {
                    let _ = voice.lock().unwrap().write_all(answer);
                }
            }
        }
    }
}

/// The private modes (`CSI ? N h`) that were set and not reset, and keyboard modes pushed and not popped.
fn modes(raw: &[u8]) -> Vec<String> {
    /// On from the start: lines wrap, the cursor is there and blinks.
    const USUAL: [&str; 3] = ["7", "12", "25"];
    let text = String::from_utf8_lossy(raw);
    let mut set: BTreeMap<String, bool> = BTreeMap::new();
    let mut pushed = 0;
    for sequence in text.split("\x1b[").skip(1) {
        let end = sequence
            .find(|c: char| c.is_ascii_alphabetic())
            .unwrap_or(0);
        let (parameters, rest) = sequence.split_at(end);
        match (rest.chars().next(), parameters.chars().next()) {
            (Some('h' | 'l'), Some('?')) => {
                for mode in parameters[1..].split(';') {
                    set.insert(mode.to_owned(), rest.starts_with('h'));
                }
            }
            (Some('u'), Some('>')) => pushed += 1,
            (Some('u'), Some('<')) => pushed -= 1,
            _ => {}
        }
    }
    let mut left: Vec<String> = set
        .into_iter()
        .filter(|(mode, on)| *on != USUAL.contains(&mode.as_str()))
        .map(|(mode, on)| format!("mode {mode} is {}", if on { "set" } else { "reset" }))
        .collect();
    if pushed != 0 {
        left.push(format!("{pushed} keyboard modes"));
    }
    left
}

/// A shell that knows job control, where there is one.
pub fn bash() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut folders = std::env::split_paths(&path);
    folders.find_map(|folder| Some(folder.join("bash")).filter(|bash| bash.is_file()))
}
