//! What is told to the terminal's window beside the frames, and what it answers: widths, title, progress.

use std::io;

use crate::config::display::Ambiguous;
use crate::tui::screen;
use crate::tui::screen::kept::Kept;
use crate::tui::terminal::Terminal;
use crate::tui::terminal::notice::Progress;
use crate::tui::terminal::width::{self, Wide};
use crate::tui::widget::paint::Glyphs;
use crate::tui::{Desk, Options};

/// What is told and asked before the first frame. Nothing is waited for.
pub(crate) fn begin(terminal: &mut Terminal, options: &Options) -> io::Result<()> {
    terminal.set_mouse(options.setup.wishes.mouse)?;
    match options.ambiguous {
        Ambiguous::Auto if options.glyphs == Glyphs::Unicode => terminal.ask_width()?,
        Ambiguous::Auto | Ambiguous::Narrow => {}
        Ambiguous::Wide => width::widen(Wide {
            signs: true,
            letters: true,
        }),
    }
    Ok(())
}

impl Desk {
    /// The cursor stood in this column after characters in whose width terminals differ. Where they are wide, marks and frames
    /// are of ASCII from here on.
    pub(crate) fn widen(&mut self, column: u16) {
        let wide = self.terminal.measured(column);
        if wide != width::wide() {
            if wide.signs {
                self.look.glyphs = Glyphs::Ascii;
            }
            width::widen(wide);
            // Whatever was laid out was so for the other set.
            self.kept = Kept::default();
            self.terminal.screen.invalidate();
        }
    }

    /// Names the window by what waits, and shows that something runs.
    pub(crate) fn tell_window(&mut self) -> io::Result<()> {
        let title = screen::window::title(&self.app, &self.look);
        self.terminal.set_title(&title)?;
        let progress = if self.app.setup.wishes.notify.progress {
            self.app.progress()
        } else {
            Progress::None
        };
        self.terminal.set_progress(progress, self.drawn)
    }
}
