//! The terminal: its modes, what it sends, and what is sent to it. The lowest half-floor of the face.
//!
//! A face finds out whether there is a terminal and what it can do (`ability`), enters it (`Terminal::enter`), starts
//! the thread that reads (`input`), draws into `terminal.screen.frame()` and calls `show`, which writes what differs in
//! one piece. When `show` answers `Later` the terminal takes no more at present: the frame is dropped, and the next call
//! makes one from what is then to be seen. Nothing here knows panes, sessions or themes.

pub mod ability;
mod burst;
pub mod clipboard;
pub mod colour;
pub mod copying;
pub mod editor;
mod emitter;
#[cfg(test)]
mod emulated;
pub mod eye;
mod glyph;
pub mod ground;
pub mod input;
pub mod inquiry;
mod keys;
pub mod link;
pub mod linked;
pub mod modes;
pub mod notice;
pub mod output;
mod pen;
pub mod program;
#[cfg(test)]
mod real;
#[cfg(test)]
mod recoloured;
pub mod screen;
mod sequence;
pub mod surface;
pub mod tmux;
pub mod width;

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ratatui::layout::Position;

use crate::agent::visible;
use crate::config::display::Mouse;
use crate::config::notify::NoticeForm;
use crate::tui::terminal::ability::{Ability, Keyboard};
use crate::tui::terminal::modes::{LAST_WORDS, Restorer};
use crate::tui::terminal::notice::Progress;
use crate::tui::terminal::output::{Device, Output, Written};
use crate::tui::terminal::screen::Screen;
use crate::tui::terminal::width::Wide;

/// A title longer than this is cut.
const LONGEST_TITLE: usize = 200;

/// Ghostty takes a progress for done when it is not told again within 15 seconds.
const PROGRESS_FADES: Duration = Duration::from_secs(10);

/// Where the cursor stands after a character and a line of a frame (`●─`), then after a letter (`α`), told as `CSI row ; column R`.
/// The second row, since an answer from the first would look like a key.
const WIDTH_QUESTION: &str = "\x1b[2;1H\u{25cf}\u{2500}\x1b[6n\x1b[2;1H\u{3b1}\x1b[6n";

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The terminal already shows it; nothing was written.
    Same,
    Whole,
    /// The terminal takes no more now, or others have it: show again a little later.
    Later,
}

/// The terminal while it is ours. Dropping it gives it back.
#[derive(Debug)]
pub struct Terminal {
    pub screen: Screen,
    output: Output,
    restorer: Restorer,
    ability: Ability,
    mouse: Mouse,
    /// Of the window, as far as it was told.
    title: String,
    /// How many answers are still to come of how wide it draws.
    width_asked: usize,
    progress: Progress,
    /// When it was told last: some terminals take one for done that is not told again.
    progress_told: Instant,
}

impl Terminal {
    /// Takes the terminal on standard input and output; no answer of it is waited for.
    pub fn enter(ability: Ability) -> io::Result<Self> {
        let input = rustix::stdio::stdin().try_clone_to_owned()?;
        Self::on(input, Device::of_standard_output()?, ability)
    }

    /// Takes this terminal.
    pub fn on(input: OwnedFd, device: Device, ability: Ability) -> io::Result<Self> {
        let device = Arc::new(device);
        let restorer = Restorer::new(Arc::clone(&device), input, ability.keyboard)?;
        let (width, height) = restorer.size();
        let mut terminal = Self {
            screen: Screen::new(width, height, ability.depth)
                .erasing_in_colour(ability.erases_in_colour)
                .linking(ability.takes_links),
            output: Output::new(device),
            restorer,
            ability,
            mouse: Mouse::Off,
            title: String::new(),
            width_asked: 0,
            progress: Progress::None,
            progress_told: Instant::now(),
        };
        terminal.restorer.take()?;
        terminal.begin("")?;
        Ok(terminal)
    }

    pub fn ability(&self) -> &Ability {
        &self.ability
    }

    /// For whoever may have to give the terminal back in a hurry: panics, a second SIGTERM.
    pub fn restorer(&self) -> Restorer {
        self.restorer.clone()
    }

    /// Makes the terminal show the screen, the cursor last. While others have the terminal nothing is shown.
    pub fn show(&mut self, cursor: Option<Position>) -> io::Result<Shown> {
        if !self.restorer.is_on() || self.output.push()? == Written::Part {
            return Ok(Shown::Later);
        }
        let bytes = self.screen.flush(cursor);
        if bytes.is_empty() {
            return Ok(Shown::Same);
        }
        Ok(match self.output.send(bytes)? {
            Written::Whole => Shown::Whole,
            Written::Part => Shown::Later,
        })
    }

    /// Sends bytes that move no cursor and set no style, such as those of `clipboard::copy` or a bell. While others have
    /// the terminal they are dropped.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !self.restorer.is_on() {
            return Ok(());
        }
        self.output.send(bytes).map(|_| ())
    }

    /// Asks whether it is dark or light; the answer comes as an event, sooner or later or never.
    pub fn ask_ground(&mut self) -> io::Result<()> {
        // The console of the system has no such answer, and an old one shows the question.
        if !self.restorer.is_on() || self.ability.keyboard == Keyboard::Plain {
            return Ok(());
        }
        self.restorer.note_asked();
        self.send(ground::QUESTION.as_bytes())
    }

    /// Asks how wide it draws characters in whose width terminals differ; the answer comes as an event, sooner or later or
    /// never. To be asked before the first frame, which draws over what it takes to ask.
    pub fn ask_width(&mut self) -> io::Result<()> {
        if !self.restorer.is_on() || self.screen.area().height < 2 {
            return Ok(());
        }
        self.width_asked = 2;
        self.restorer.note_asked();
        self.restorer.note_asked();
        self.send(WIDTH_QUESTION.as_bytes())
    }

    /// The cursor was told to stand in this column: what is known by that to be drawn wide, beside what was known before. A
    /// report that nobody asked for here tells nothing.
    pub fn measured(&mut self, column: u16) -> Wide {
        let mut wide = width::wide();
        match self.width_asked {
            0 => return wide,
            // Both narrow signs leave it in the third.
            2 => wide.signs |= column > 3,
            _ => wide.letters |= column > 2,
        }
        self.width_asked -= 1;
        self.answered();
        wide
    }

    /// An answer has come.
    pub fn answered(&self) {
        self.restorer.note_answered();
    }

    /// Names the window, if it has another name; the one it had before comes back at the end.
    pub fn set_title(&mut self, title: &str) -> io::Result<()> {
        let title: String = visible::one_line(title)
            .chars()
            .take(LONGEST_TITLE)
            .collect();
        // The console of the system has none.
        if self.title == title || self.ability.keyboard == Keyboard::Plain || !self.restorer.is_on()
        {
            return Ok(());
        }
        let bytes = format!("\x1b]2;{title}\x07");
        self.title = title;
        self.send(bytes.as_bytes())
    }

    pub fn mouse(&self) -> Mouse {
        self.mouse
    }

    /// Where the pointer reports anything, the terminal selects text with shift held.
    pub fn set_mouse(&mut self, mouse: Mouse) -> io::Result<()> {
        if self.mouse == mouse {
            return Ok(());
        }
        self.mouse = mouse;
        self.restorer.note_mouse(mouse != Mouse::Off);
        self.send(modes::mouse(mouse).as_bytes())
    }

    /// Tells a person who looks elsewhere, in this form or in the one that the terminal is known to take.
    pub fn notify(&mut self, form: NoticeForm, text: &str) -> io::Result<()> {
        let form = match form {
            NoticeForm::Auto => self.ability.notices,
            form => form,
        };
        self.send(notice::bytes(form, self.ability.between, text).as_bytes())
    }

    /// When a progress that is shown must be told again.
    pub fn progress_fades(&self) -> Option<Instant> {
        (self.progress != Progress::None).then_some(self.progress_told + PROGRESS_FADES)
    }

    /// Shows that something runs, where the terminal is known to show that.
    pub fn set_progress(&mut self, progress: Progress, now: Instant) -> io::Result<()> {
        let fades = self.progress_fades().is_some_and(|fades| fades <= now);
        let same = self.progress == progress && !fades;
        if same || !self.ability.shows_progress || !self.restorer.is_on() {
            return Ok(());
        }
        self.progress = progress;
        self.progress_told = now;
        self.restorer.note_progress(progress != Progress::None);
        self.send(progress.bytes().as_bytes())
    }

    /// Gives the terminal back, for an editor, a pager or for good. The thread that reads is to be paused first.
    pub fn leave(&mut self) {
        if self.restorer.is_on() {
            let _ = self.output.settle(LAST_WORDS);
            self.restorer.restore();
        }
    }

    /// Takes the terminal again, in its present size; the next `show` draws everything. When it is ours already, its
    /// modes are set anew.
    pub fn resume(&mut self) -> io::Result<()> {
        if self.restorer.is_on() {
            return self.renew();
        }
        self.restorer.take()?;
        self.start_over();
        self.begin(modes::LEFT_BEHIND)
    }

    /// Switches all on, after what clears the full screen of others' modes.
    fn begin(&mut self, cleared: &str) -> io::Result<()> {
        let on = modes::on(self.ability.keyboard, cleared, self.mouse);
        self.send(on.as_bytes())?;
        self.ask_ground()
    }

    /// Gives the terminal back and stops the program, as Ctrl-Z does elsewhere; for the key, ask `modes::shell_waits`
    /// first. When it runs again the signal to continue comes, and `continued` takes the terminal: not done here, since
    /// a program of several threads may still run a little after it was stopped.
    pub fn stop(&mut self) -> io::Result<()> {
        self.leave();
        modes::stop().or_else(|_| self.resume())
    }

    /// For the signal to continue: takes the terminal again, or sets its modes anew when others may have changed them
    /// while the program stood still. The next `show` draws everything.
    pub fn continued(&mut self) -> io::Result<()> {
        self.resume()
    }

    fn renew(&mut self) -> io::Result<()> {
        self.restorer.take()?;
        self.start_over();
        let again = modes::renewed(self.ability.keyboard, self.mouse);
        self.send(again.as_bytes())?;
        self.ask_ground()
    }

    /// Forgets what the terminal shows, and how large it was.
    fn start_over(&mut self) {
        let (width, height) = self.restorer.size();
        if (width, height) != (self.screen.area().width, self.screen.area().height) {
            self.screen.resize(width, height);
        }
        self.screen.invalidate();
        self.title.clear();
        self.progress = Progress::None;
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.leave();
    }
}
