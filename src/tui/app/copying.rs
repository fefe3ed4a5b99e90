//! Copying from a transcript, opening what it names, and reading it in a pager: what is wanted, and what came of it.

use std::path::PathBuf;

use crate::agent::visible::one_line;
use crate::protocol::id::Seq;
use crate::tui::app::App;
use crate::tui::app::caret::Caret;
use crate::tui::app::excerpt;
use crate::tui::app::find::{Fetch, Gather};
use crate::tui::app::keymap::Action;
use crate::tui::app::message::Cmd;
use crate::tui::app::transcript::LIVE;

/// What reading wants done outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Copies a text; `told` says in words what it is.
    Copy { text: String, told: String },
    /// Copies it through the terminal: no program here could.
    ThroughTerminal { text: String, told: String },
    /// Opens a file at a line in the person's editor.
    Open { file: PathBuf, line: u64 },
    /// Shows a text in the person's pager, else in the editor.
    Page(String),
    /// Opens an address that is safe to follow in the person's browser.
    Follow { address: String },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// By what it was copied, or what hindered it and the way out.
    Copied {
        told: String,
        by: Result<String, String>,
    },
    /// The terminal cannot either: why.
    NotCopied(String),
    /// No program is there that copies: the terminal may.
    NoProgram { text: String, told: String },
    /// Editor or pager came back; why not.
    Back(Result<(), String>),
    /// An address was opened, or why not.
    Followed {
        address: String,
        opened: Result<(), String>,
    },
}

impl App {
    pub fn copy_block(&mut self) -> Vec<Cmd> {
        if self.pane().eyes.selection.is_some() {
            return self.copy_selected();
        }
        let Some((entry, caret)) = self.here() else {
            return Vec::new();
        };
        let (text, what) = excerpt::block(&entry, caret);
        copy(text, &format!("the {what}, "))
    }

    /// Copies what is selected, and ends the selection.
    pub fn copy_selected(&mut self) -> Vec<Cmd> {
        let reading = &self.pane().eyes;
        let Some((from, to, lines)) = reading.selected() else {
            return Vec::new();
        };
        let view = self.view();
        let (transcript, streaming) = (&view.transcript, view.streaming());
        let known = |caret: &Caret| match caret.seq {
            // Between the foot of a part of the log and what streams is something that is not loaded.
            LIVE => streaming.is_some() && (!transcript.cut || from.seq == LIVE),
            seq => transcript.find(seq).is_some(),
        };
        if !known(from) || !known(to) {
            self.pane_mut().eyes.selection = None;
            self.say("a part of the selection is not loaded; V opens the whole transcript");
            return Vec::new();
        }
        let text = excerpt::selected(transcript, streaming.as_ref(), (from, to), lines);
        let reading = &mut self.pane_mut().eyes;
        if let Some(selection) = reading.selection.take_if(|selection| !selection.pointed) {
            // As in vim: the caret is where the selection began.
            let from = selection.from;
            if reading
                .caret
                .as_ref()
                .is_some_and(|caret| (from.seq, from.at) < (caret.seq, caret.at))
            {
                reading.go(from.seq, from.at);
            }
        }
        copy(text, "")
    }

    pub fn copy_turn(&mut self) -> Vec<Cmd> {
        if self.pane().eyes.selection.is_some() {
            return self.copy_selected();
        }
        let Some(turn) = self.here().map(|(entry, _)| entry.turn) else {
            return Vec::new();
        };
        let transcript = &self.view().transcript;
        if !transcript.has_turn(turn) {
            return self.gather(Some(turn));
        }
        let streaming = self.view().streaming();
        let entries = transcript.entries().iter().chain(&streaming);
        let text = excerpt::markdown(entries.filter(|entry| entry.turn == turn));
        copy_of_turn(text, turn)
    }

    pub fn copy_place(&mut self) -> Vec<Cmd> {
        let place = self
            .here()
            .and_then(|(entry, caret)| excerpt::place(&entry, caret.at));
        let Some((path, line)) = place else {
            self.say("no file here: p copies path:line where the cursor is on one");
            return Vec::new();
        };
        if one_line(&path) != path {
            // What is pasted into a shell is what was seen, and no line of it runs by itself.
            self.say("not copied: this path has characters that do not show; e opens the file");
            return Vec::new();
        }
        let text = format!("{path}:{line}");
        let told = text.clone();
        vec![Cmd::Read(Deed::Copy { text, told })]
    }

    pub fn open_place(&mut self) -> Vec<Cmd> {
        let place = self
            .here()
            .and_then(|(entry, caret)| excerpt::place(&entry, caret.at));
        let Some((path, line)) = place else {
            self.say("no file here: e opens path:line where the cursor is on one");
            return Vec::new();
        };
        let file = self.view().cwd().join(path);
        vec![Cmd::Read(Deed::Open { file, line })]
    }

    /// The whole transcript in the pager.
    pub fn page_all(&mut self) -> Vec<Cmd> {
        let transcript = &self.view().transcript;
        if transcript.whole && !transcript.cut {
            return vec![Cmd::Read(Deed::Page(excerpt::markdown(
                transcript.entries(),
            )))];
        }
        self.gather(None)
    }

    /// Reads the log from its start, for a turn or all of the session: what is not in the window. One at a time.
    fn gather(&mut self, turn: Option<u32>) -> Vec<Cmd> {
        if let Some(gather) = &self.view().gather {
            let said = gather.said();
            self.say(format!("{said}; Esc stops it"));
            return Vec::new();
        }
        let gather = Gather::new(self.number(), turn);
        self.say(format!("{}; Esc stops it", gather.said()));
        let fetch = Fetch::Whole(gather.number);
        let view = self.view_mut();
        view.gather = Some(gather);
        vec![fetch.ask(view.id, Seq(0))]
    }

    /// What became of what was asked outside.
    pub fn read_done(&mut self, done: Done) -> Vec<Cmd> {
        match done {
            Done::Copied { told, by: Ok(by) } => {
                self.say(format!("copied to the clipboard through {by}: {told}"));
            }
            Done::Copied { by: Err(why), .. } | Done::Back(Err(why)) => self.say(why),
            Done::NotCopied(why) => {
                let key = self.keymap().way(Action::Pager);
                self.say(format!(
                    "not copied: {why}; {key} opens all of it in your pager"
                ));
            }
            Done::NoProgram { text, told } => {
                return vec![Cmd::Read(Deed::ThroughTerminal { text, told })];
            }
            // A note may have been edited.
            Done::Back(Ok(())) => return self.recall(),
            Done::Followed {
                address,
                opened: Ok(()),
            } => self.say(format!("opened {address}")),
            // It is at hand for wherever there is a browser.
            Done::Followed {
                address,
                opened: Err(why),
            } => {
                return vec![Cmd::Read(Deed::Copy {
                    text: address,
                    told: format!("the link ({why})"),
                })];
            }
        }
        Vec::new()
    }
}

/// The command that copies a turn.
pub fn copy_of_turn(text: String, turn: u32) -> Vec<Cmd> {
    copy(text, &format!("turn {turn} as markdown, "))
}

/// The command that copies a text, with how much it is.
pub fn copy(text: String, what: &str) -> Vec<Cmd> {
    let told = match (text.lines().count(), text.chars().count()) {
        (0 | 1, 1) => format!("{what}1 character"),
        (0 | 1, count) => format!("{what}{count} characters"),
        (lines, _) => format!("{what}{lines} lines"),
    };
    vec![Cmd::Read(Deed::Copy { text, told })]
}
