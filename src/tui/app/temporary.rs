//! Sessions that are not kept: they go out of the log when they are closed, or when Creel ends.

use crate::protocol::op::Op;
use crate::protocol::session::Change;
use crate::tui::app::App;
use crate::tui::app::message::Cmd;
use crate::tui::app::view::Stage;

impl App {
    /// A new session that is temporary: the one nothing was said in, where there is one.
    pub fn new_temporary(&mut self) -> Vec<Cmd> {
        let mut cmds = self.new_session();
        if self.view().temporary() {
            self.said_temporary(true);
        } else {
            cmds.extend(self.turn_temporary());
        }
        cmds
    }

    /// This session becomes temporary, or is kept after all.
    pub fn turn_temporary(&mut self) -> Vec<Cmd> {
        let temporary = !self.view().temporary();
        let change = Change::Temporary { temporary };
        let id = self.view().id;
        if self.view().read_only.is_some() {
            self.say("another process has this session: it is changed there");
            return Vec::new();
        }
        self.said_temporary(temporary);
        if self.view().stage != Stage::Fresh {
            return vec![Cmd::Send(self.command(id, Op::Change { change }))];
        }
        let view = self.view_mut();
        view.after_open.retain(|op| {
            !matches!(
                op,
                Op::Change {
                    change: Change::Temporary { .. }
                }
            )
        });
        if !temporary {
            return Vec::new();
        }
        view.after_open.push(Op::Change { change });
        // What was typed before is no longer kept for a crash.
        view.draft.clear();
        vec![Cmd::SaveDraft {
            session: Some(id),
            text: String::new(),
        }]
    }

    fn said_temporary(&mut self, temporary: bool) {
        self.say(if temporary {
            "temporary: gone from the log when it is closed or Creel ends; what it cost stays, without text"
        } else {
            "kept in the log from now on"
        });
    }
}
