//! A new worktree: its name is asked for, and what it would be is told before it is made.

use crate::protocol::id::SessionId;
use crate::protocol::worktree::Plan;
use crate::tui::app::ask::edit_line;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::overlay::{Reply, Wish};
use crate::tui::app::text::Text;

#[derive(Debug, Clone, PartialEq)]
pub struct NewWorktree {
    /// The session it was asked for in: only what was looked at for that one is told here.
    pub session: SessionId,
    pub field: Text,
    /// The name in it was offered and not typed: the first letter takes its place.
    pub offered: bool,
    /// What it would be; `None` until the repository was looked at.
    pub plan: Option<Plan>,
    /// It is being made under the name in the field.
    pub making: bool,
    /// What is in the way.
    pub failed: Option<String>,
}

impl NewWorktree {
    pub fn new(session: SessionId) -> Self {
        Self {
            session,
            field: Text::default(),
            offered: false,
            plan: None,
            making: false,
            failed: None,
        }
    }

    /// The repository was looked at: its free name is offered, unless one was typed meanwhile.
    pub fn planned(&mut self, plan: Plan) {
        if self.field.is_empty() {
            self.field.insert(&plan.name);
            self.offered = true;
        }
        self.plan = Some(plan);
    }

    pub fn key(&mut self, press: Press) -> Reply {
        if self.making {
            return match press.action {
                Some(Action::Close) => Reply::Do(Wish::StopErrand),
                _ => Reply::Stay,
            };
        }
        match press.action {
            Some(Action::Close) => Reply::Close,
            Some(Action::Choose) => {
                let name = self.field.as_str().trim().to_owned();
                if name.is_empty() {
                    self.failed = Some("a worktree needs a name: type one".to_owned());
                    return Reply::Stay;
                }
                self.failed = None;
                self.making = true;
                Reply::Do(Wish::MakeWorktree(name))
            }
            _ => {
                self.failed = None;
                if std::mem::take(&mut self.offered) && press.letter().is_some() {
                    self.field = Text::default();
                }
                edit_line(&mut self.field, press.event);
                Reply::Stay
            }
        }
    }
}
