//! What the system tells the workstation: to end, to stop for a while, to go on.

use crate::tui::app::message::Msg;
use crate::tui::effect::Effects;
use crate::tui::terminal::input::Signal as SystemSignal;
use crate::tui::{Desk, Ended};

/// The signal of a terminal that is gone.
pub(crate) const HANG_UP: i32 = 1;

impl Desk {
    pub(crate) fn system(
        &mut self,
        signal: SystemSignal,
        effects: &mut Effects,
    ) -> anyhow::Result<()> {
        match signal {
            SystemSignal::Terminate => self.end(Ended::BySignal(15), effects),
            SystemSignal::HangUp => self.end(Ended::BySignal(HANG_UP), effects),
            SystemSignal::Interrupt => self.end(Ended::BySignal(2), effects),
            SystemSignal::Quit => self.end(Ended::BySignal(3), effects),
            SystemSignal::Stop => effects.suspend(&mut self.terminal),
            SystemSignal::Continue => {
                self.terminal.continued()?;
                self.update(Msg::Back, effects)
            }
            SystemSignal::User => Ok(()),
        }
    }

    /// Ends from outside: what is typed is kept, turns are told to stop, nobody is asked.
    pub(crate) fn end(&mut self, ended: Ended, effects: &mut Effects) -> anyhow::Result<()> {
        let hung_up = ended == Ended::BySignal(HANG_UP);
        self.ended = Some(ended);
        let stops = if hung_up {
            self.app.hung_up()
        } else {
            Vec::new()
        };
        for cmd in stops.into_iter().chain(self.app.cut_off()) {
            effects.carry_out(cmd, &mut self.terminal)?;
        }
        Ok(())
    }
}
