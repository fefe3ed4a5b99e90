//! The person's own commands: `! command` runs beside the conversation, and of `!! command` what it says comes into the
//! composer, where it can be read, changed, and sent to the model or not.

use std::time::Duration;

use crate::protocol::id::{CallId, CommandId, SessionId};
use crate::protocol::op::Op;
use crate::tui::app::App;
use crate::tui::app::message::Cmd;

/// A command that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelling {
    /// Of the op that began it.
    pub id: CommandId,
    pub command: String,
    /// What it says comes into the composer.
    pub quoted: bool,
    pub since: Duration,
}

/// Whether output is that of a person's command: the engine names no call of a model so.
pub fn is_shell(call: &CallId) -> bool {
    call.0.starts_with("shell_")
}

impl App {
    /// Runs a command that was entered.
    pub fn shell(&mut self, command: String, quoted: bool) -> Vec<Cmd> {
        let since = self.now.since;
        // As it is typed: what one runs again is looked for where prompts are.
        let marks = if quoted { "!!" } else { "!" };
        let typed = format!("{marks} {command}");
        if self.prompts.first() != Some(&typed) {
            self.prompts.insert(0, typed);
        }
        let op = Op::Shell {
            command: command.clone(),
        };
        let cmds = self.speak(op);
        // What else is asked, such as who writes here too, is no part of it.
        let sent = cmds.iter().find_map(|cmd| match cmd {
            Cmd::Send(sent) if matches!(sent.op, Op::Shell { .. }) => Some(sent.id),
            _ => None,
        });
        if let Some(id) = sent {
            self.view_mut().shells.push(Shelling {
                id,
                command,
                quoted,
                since,
            });
        }
        cmds
    }

    /// A command has ended and stands in the transcript.
    pub fn shell_said(&mut self, session: SessionId, command: &str, output: &str) {
        let since = self.now.since;
        let Some(view) = self.view_of(session) else {
            return;
        };
        let Some(at) = view
            .shells
            .iter()
            .position(|shelling| shelling.command == command)
        else {
            return;
        };
        if view.shells.remove(at).quoted {
            view.composer.quote(command, output);
            view.typed = Some(since);
            self.say("what it said is in the composer; Enter sends it");
        }
    }
}
