//! Tests against a pseudo-terminal of the system: modes come back, a terminal that does not read holds nothing up, one
//! that is gone is told once.
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crossterm::event::KeyCode;
use portable_pty::{MasterPty, PtySize, native_pty_system};
use pretty_assertions::assert_eq;
use ratatui::layout::Position;
use ratatui::style::Style;
use rustix::process::{getpid, kill_process};
use rustix::termios::tcgetattr;

use crate::config::display::Mouse;
use crate::memory::guard::guarded;
use crate::memory::index::IndexError;
use crate::tui::terminal::ability::Ability;
use crate::tui::terminal::input::{Input, InputEvent, Signal};
use crate::tui::terminal::inquiry::{self, Answers};
use crate::tui::terminal::output::Device;
use crate::tui::terminal::{Shown, Terminal};

const WAIT: Duration = Duration::from_secs(10);

struct Line {
    master: Box<dyn MasterPty + Send>,
    path: PathBuf,
    /// Keeps the line open while nobody else holds it.
    slave: Box<dyn portable_pty::SlavePty + Send>,
}

impl Line {
    fn new() -> Self {
        let pair = native_pty_system()
            .openpty(PtySize {
                rows: 10,
                cols: 40,
                ..PtySize::default()
            })
            .unwrap();
        Self {
            path: pair.master.tty_name().unwrap(),
            master: pair.master,
            slave: pair.slave,
        }
    }

    fn file(&self) -> OwnedFd {
        std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(&self.path)
            .unwrap()
            .into()
    }

    fn terminal(&self) -> Terminal {
        let ability = Ability::from(|name| (name == "TERM").then(|| "xterm-256color".into()));
        Terminal::on(self.file(), Device::open(&self.path).unwrap(), ability).unwrap()
    }

    /// Reads until this text has come, and answers all that came.
    fn until(&self, wanted: &str) -> String {
        let mut reader = self.master.try_clone_reader().unwrap();
        let mut came = Vec::new();
        let mut bytes = [0; 4096];
        loop {
            let count = reader.read(&mut bytes).unwrap();
            came.extend_from_slice(&bytes[..count]);
            let text = String::from_utf8_lossy(&came);
            if text.contains(wanted) {
                return text.into_owned();
            }
        }
    }

    fn input(&self) -> (Input, Receiver<InputEvent>) {
        let (send, events) = channel();
        // Another test may signal the process they share.
        let input = Input::on(self.file(), move |event| {
            matches!(event, InputEvent::Signal(_)) || send.send(event).is_ok()
        });
        (input.unwrap(), events)
    }
}

fn settings(file: &OwnedFd) -> String {
    format!("{:?}", tcgetattr(file).unwrap())
}

#[test]
fn the_terminal_is_given_back_as_it_was_found() {
    let line = Line::new();
    let file = line.file();
    let found = settings(&file);
    let mut terminal = line.terminal();
    assert_ne!(settings(&file), found);
    terminal.set_mouse(Mouse::On).unwrap();
    terminal.set_title("two\nlines \u{1b}]0;x\u{7}").unwrap();
    terminal
        .screen
        .frame()
        .set_string(0, 0, "hello", Style::new());
    assert_eq!(
        terminal.show(Some(Position::new(5, 0))).unwrap(),
        Shown::Whole
    );
    assert_eq!(
        terminal.show(Some(Position::new(5, 0))).unwrap(),
        Shown::Same
    );
    terminal.leave();
    assert_eq!(settings(&file), found);
    terminal.resume().unwrap();
    assert_ne!(settings(&file), found);
    assert_eq!(terminal.show(None).unwrap(), Shown::Whole);
    let restorer = terminal.restorer();
    drop(terminal);
    assert_eq!(settings(&file), found);
    restorer.restore();

    file_says(&file, "the end");
    let came = line.until("the end");
    assert!(came.starts_with("\u{1b}[22;0t\u{1b}[?1049h"), "{came:?}");
    assert_eq!(came.matches("hello").count(), 2, "{came:?}");
    assert!(came.contains("\u{1b}]2;two lines\u{7}"), "{came:?}");
    assert_eq!(
        came.matches("\u{1b}[?1049l\u{1b}[23;0t").count(),
        2,
        "{came:?}"
    );
    assert!(
        came.ends_with("\u{1b}[?1049l\u{1b}[23;0tthe end"),
        "{came:?}"
    );
}

fn file_says(file: &OwnedFd, text: &str) {
    rustix::io::write(file, text.as_bytes()).unwrap();
}

#[test]
fn a_terminal_that_does_not_read_holds_nothing_up() {
    let line = Line::new();
    let file = line.file();
    let found = settings(&file);
    let start = Instant::now();
    let mut terminal = line.terminal();
    let mut frames = 0;
    // A pseudo-terminal holds some tens of kilobytes.
    for frame in 0_u32.. {
        for y in 0..10 {
            let text = format!("{frame}{y}").repeat(40);
            terminal
                .screen
                .frame()
                .set_stringn(0, y, text, 40, Style::new());
        }
        frames = frame;
        if terminal.show(None).unwrap() == Shown::Later || frame > 100_000 {
            break;
        }
    }
    assert!(frames < 100_000, "the terminal took everything");
    // The system may still move some of it on, but not these.
    let shown = (0..1000).filter(|_| terminal.show(None).unwrap() != Shown::Later);
    assert!(shown.count() < 500);
    drop(terminal);
    assert_eq!(settings(&file), found);
    assert!(start.elapsed() < WAIT, "{:?}", start.elapsed());
}

#[test]
fn a_terminal_that_reads_late_gets_what_is_to_be_seen_then() {
    let line = Line::new();
    let mut terminal = line.terminal();
    let mut frame = 0_u32;
    loop {
        for y in 0..10 {
            let text = format!("{frame}{y}").repeat(40);
            terminal
                .screen
                .frame()
                .set_stringn(0, y, text, 40, Style::new());
        }
        if terminal.show(None).unwrap() == Shown::Later {
            break;
        }
        frame += 1;
    }
    // Most of these frames are never made.
    for _ in 0..1000 {
        frame += 1;
        let text = format!("<{frame}>");
        terminal.screen.frame().set_string(0, 0, text, Style::new());
        terminal.show(None).unwrap();
    }
    terminal.screen.clear();
    terminal
        .screen
        .frame()
        .set_string(0, 0, "[at last]", Style::new());
    let reading = std::thread::spawn({
        let mut reader = line.master.try_clone_reader().unwrap();
        move || {
            let size = |n| std::num::NonZeroU16::new(n).unwrap();
            let mut emulator = vt100::Parser::new(size(10), size(40), 0);
            let mut bytes = [0; 4096];
            while !emulator.screen().contents().contains("[at last]") {
                let count = reader.read(&mut bytes).unwrap();
                emulator.process(&bytes[..count]);
            }
            emulator.screen().contents()
        }
    });
    let start = Instant::now();
    while terminal.show(None).unwrap() != Shown::Same && start.elapsed() < WAIT {
        std::thread::yield_now();
    }
    assert_eq!(reading.join().unwrap().trim_end(), "[at last]");
}

#[test]
fn keys_sizes_and_the_end_are_told() {
    let line = Line::new();
    let terminal = line.terminal();
    let (input, events) = line.input();
    let mut writer = line.master.take_writer().unwrap();
    // Signals reach the whole process: those of a neighbouring test are heard here too, and are not what is tried.
    let next = || loop {
        match events.recv_timeout(WAIT).unwrap() {
            InputEvent::Resize(..) | InputEvent::Signal(_) => {}
            event => return event,
        }
    };
    let is_key = |event: InputEvent, wanted: KeyCode| {
        assert!(
            matches!(&event, InputEvent::Key(key) if key.code == wanted),
            "{event:?}"
        );
    };

    writer.write_all(b"a\x1b").unwrap();
    is_key(next(), KeyCode::Char('a'));
    is_key(next(), KeyCode::Esc);

    // While an editor has the terminal its keys are not ours.
    input.pause();
    writer.write_all(b"editor\r").unwrap();
    let file = line.file();
    let mut bytes = [0; 32];
    let count = rustix::io::read(&file, &mut bytes).unwrap();
    assert_eq!(&bytes[..count], b"editor\r");
    input.resume();
    writer.write_all(b"b").unwrap();
    is_key(next(), KeyCode::Char('b'));

    drop((terminal, file, writer));
    let Line { master, slave, .. } = line;
    drop((master, slave));
    // The other end says an end of line as it goes.
    while next() != InputEvent::Closed {}
    drop(input);
    // Nothing follows: the thread has ended and let go of its end of the channel.
    assert!(events.recv_timeout(WAIT).is_err());
}

#[test]
fn signals_and_sizes_are_told() {
    let line = Line::new();
    let (send, events) = channel();
    let _input = Input::on(line.file(), move |event| send.send(event).is_ok()).unwrap();
    let size = PtySize {
        rows: 3,
        cols: 2000,
        ..PtySize::default()
    };
    line.master.resize(size).unwrap();
    let signal = |signal| kill_process(getpid(), signal).unwrap();
    signal(rustix::process::Signal::WINCH);
    assert_eq!(events.recv_timeout(WAIT), Ok(InputEvent::Resize(1000, 3)));
    // The same size is told again: it may have been another in between.
    signal(rustix::process::Signal::WINCH);
    assert_eq!(events.recv_timeout(WAIT), Ok(InputEvent::Resize(1000, 3)));
    signal(rustix::process::Signal::USR1);
    assert_eq!(
        events.recv_timeout(WAIT),
        Ok(InputEvent::Signal(Signal::User))
    );
    signal(rustix::process::Signal::TERM);
    assert_eq!(
        events.recv_timeout(WAIT),
        Ok(InputEvent::Signal(Signal::Terminate))
    );
}

#[test]
fn a_panic_gives_the_terminal_back() {
    let line = Line::new();
    let file = line.file();
    let found = settings(&file);
    let mut terminal = line.terminal();
    terminal.show(None).unwrap();
    // Keeps the screen from being dropped on the way out of the panic.
    let (restorer, terminal) = (terminal.restorer(), Mutex::new(terminal));
    let before = std::panic::take_hook();
    let (send, reported) = channel();
    let watched = file.try_clone().unwrap();
    restorer.restore_on_panic(move |_| {
        send.send(settings(&watched)).unwrap();
        "creel stopped on a fault".into()
    });
    let _ = std::thread::spawn(|| panic!("in another thread")).join();
    assert_ne!(reported.recv().unwrap(), found);
    // One that is caught at the border of the search library tears nothing, and is not told.
    let damaged: Result<(), IndexError> = guarded(|| panic!("at damaged files"));
    assert!(damaged.is_err() && restorer.is_on() && reported.try_recv().is_err());
    let _ = std::panic::catch_unwind(|| {
        let _terminal = terminal.lock();
        panic!("in the drawing thread")
    });
    std::panic::set_hook(before);
    // The terminal was restored before the report was made.
    assert_eq!(reported.recv().unwrap(), found);
    assert!(!restorer.is_on());
    file_says(&file, "the end");
    assert!(
        line.until("the end")
            .ends_with("\u{1b}[?1049l\u{1b}[23;0tthe end")
    );
}

#[test]
fn the_end_of_a_pipe_closes_too() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let (send, events) = channel();
    let _input = Input::on(reader.into(), move |event| {
        matches!(event, InputEvent::Signal(_) | InputEvent::Resize(..)) || send.send(event).is_ok()
    })
    .unwrap();
    writer.write_all("é\x1b".as_bytes()).unwrap();
    drop(writer);
    let told: Vec<InputEvent> = (0..3).map(|_| events.recv_timeout(WAIT).unwrap()).collect();
    assert!(
        matches!(
            &told[..],
            [InputEvent::Key(_), InputEvent::Key(_), InputEvent::Closed]
        ),
        "{told:?}"
    );
}

#[test]
fn a_terminal_that_is_asked_is_left_as_it_was() {
    let ability = Ability::from(|name| (name == "TERM").then(|| "xterm-256color".into()));
    let line = Line::new();
    let file = line.file();
    let found = settings(&file);
    let device = Device::open(&line.path).unwrap();
    let mut writer = line.master.take_writer().unwrap();
    let input = line.file();
    let asked = std::thread::scope(|scope| {
        let (device, ability) = (&device, &ability);
        let asked = scope.spawn(move || inquiry::ask_on(input, device, ability, WAIT).unwrap());
        let questions = line.until("\x1b[c");
        assert!(questions.contains("\x1b[>q"), "{questions:?}");
        // In two pieces, with a key between them.
        writer
            .write_all(b"\x1bP>|foot(1.16.2)\x1b\\x\x1b[?0u\x1b[1;1R\x1b[1")
            .unwrap();
        writer.write_all(b";5R\x1b[?62;22c").unwrap();
        asked.join().unwrap()
    });
    let expected = Answers {
        name: Some("foot(1.16.2)".to_owned()),
        keys: true,
        wide: Some(true),
        whole: true,
        ..Answers::default()
    };
    assert_eq!(asked, expected);
    assert_eq!(settings(&file), found);
    // One that says nothing is not waited for.
    let silent = inquiry::ask_on(line.file(), &device, &ability, Duration::from_millis(20));
    assert_eq!(silent.unwrap(), Answers::default());
    assert_eq!(settings(&file), found);
}
