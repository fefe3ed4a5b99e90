//! The terminal: its modes, what it sends, and what is sent to it. The lowest half-floor of the face.
//!
//! A face finds out whether there is a terminal and what it can do (`ability`), enters it (`Terminal::enter`), starts
//! the thread that reads (`input`), draws into `terminal.screen.frame()` and calls `show`, which writes what differs in
//! one piece. When `show` answers `Later` the terminal takes no more at present: the frame is dropped, and the next call
//! makes one from what is then to be seen. Nothing here knows panes, sessions or themes.

pub mod ability;
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
mod keys;
pub mod modes;
pub mod output;
mod pen;
#[cfg(test)]
mod real;
pub mod screen;
mod sequence;
pub mod surface;

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use ratatui::layout::Position;

use crate::agent::visible;
use crate::tui::terminal::ability::{Ability, Keyboard};
use crate::tui::terminal::modes::{LAST_WORDS, Restorer};
use crate::tui::terminal::output::{Device, Output, Written};
use crate::tui::terminal::screen::Screen;

/// A title longer than this is cut.
const LONGEST_TITLE: usize = 200;

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
    mouse: bool,
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
                .erasing_in_colour(ability.erases_in_colour),
            output: Output::new(device),
            restorer,
            ability,
            mouse: false,
        };
        terminal.resume()?;
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
        self.restorer.note_asked(true);
        self.send(ground::QUESTION.as_bytes())
    }

    /// The answer has come.
    pub fn answered(&self) {
        self.restorer.note_asked(false);
    }

    /// Names the window; the name it had comes back at the end.
    pub fn set_title(&mut self, title: &str) -> io::Result<()> {
        let title: String = visible::one_line(title)
            .chars()
            .take(LONGEST_TITLE)
            .collect();
        self.send(format!("\x1b]2;{title}\x07").as_bytes())
    }

    /// With the mouse on, text is selected with shift held.
    pub fn set_mouse(&mut self, on: bool) -> io::Result<()> {
        if self.mouse == on {
            return Ok(());
        }
        self.mouse = on;
        self.restorer.note_mouse(on);
        self.send(modes::mouse(on).as_bytes())
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
        let on = modes::on(self.ability.keyboard, self.mouse);
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
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.leave();
    }
}
