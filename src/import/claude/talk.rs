//! A session of Claude Code while it is put together.

use crate::import::claude::said::{self, Said};
use crate::import::draft::{Draft, Ids};
use crate::import::{Session, What};
use crate::protocol::time::Time;

/// A session while it is put together, with a command of the person that waits for what it printed.
#[derive(Debug, Default)]
pub struct Talk {
    pub draft: Draft,
    command: Option<Command>,
}

#[derive(Debug)]
struct Command {
    at: Time,
    id: String,
    text: String,
    /// One of the program's own or a prompt that was written down before, which only what follows tells.
    slash: bool,
}

impl Talk {
    pub fn named(name: &str) -> Self {
        Self {
            draft: Draft::new(name),
            command: None,
        }
    }

    pub fn put(&mut self, at: Time, id: String, what: What) {
        self.release();
        self.draft.put(at, id, what);
    }

    pub fn hear(&mut self, at: Time, ids: &mut Ids, said: Said) {
        let what = match said {
            Said::Nothing => return,
            Said::Output(output) => {
                if let Some(command) = self.command.take() {
                    let what = said::shell(command.text, output);
                    self.draft.put(command.at, command.id, what);
                }
                return;
            }
            Said::Bash(text) => return self.wait(at, ids, text, false),
            Said::Slash(text) => return self.wait(at, ids, text, true),
            Said::Prompt(text) => What::Prompt { text, who: None },
            Said::Note(text) => What::Summary { text },
        };
        self.put(at, ids.another(), what);
    }

    fn wait(&mut self, at: Time, ids: &mut Ids, text: String, slash: bool) {
        self.release();
        self.command = Some(Command {
            at,
            id: ids.another(),
            text,
            slash,
        });
    }

    /// A command that nothing was printed of.
    fn release(&mut self) {
        if let Some(command) = self.command.take() {
            let text = command.text;
            let what = if command.slash {
                What::Prompt { text, who: None }
            } else {
                said::shell(text, String::new())
            };
            self.draft.put(command.at, command.id, what);
        }
    }

    pub fn finish(mut self) -> Session {
        self.release();
        self.draft.session
    }
}
