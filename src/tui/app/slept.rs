//! The machine slept: said until the next prompt, since that one finds the cache cold. Noticed with whatever happens next;
//! nothing is woken for it, and what happened goes on as ever.

use crate::engine::clock::{self, Clocks};
use crate::protocol::usage::CacheLife;
use crate::tui::app::App;
use crate::tui::app::held::ask_sandbox;
use crate::tui::app::message::Cmd;
use crate::tui::app::view::View;

impl App {
    /// Looks whether the machine slept since the last message. What holds commands may be another then: it is asked for.
    pub fn woke(&mut self, before: Clocks) -> Option<Cmd> {
        let slept = self.now.clocks.slept_since(before)?;
        for view in &mut self.views {
            let so_far = view.slept.unwrap_or_default();
            view.slept = Some(so_far + slept);
        }
        self.ready.then(ask_sandbox)
    }
}

impl View {
    /// `slept 47 min; cache cold`: the second half where something was cached and cannot have lasted.
    pub fn slept_said(&self) -> Option<String> {
        let slept = self.slept?;
        let cached = self.session.as_ref().is_some_and(|session| {
            let usage = session.last_usage;
            let life = match usage.cache_write_long {
                0 => CacheLife::Short,
                _ => CacheLife::Long,
            };
            usage.prompt() > 0 && slept >= life.duration()
        });
        let cold = if cached { "; cache cold" } else { "" };
        Some(format!("slept {}{cold}", clock::slept(slept)))
    }
}
