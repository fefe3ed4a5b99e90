//! The tour: a session in a folder of its own, and in its middle a second one that works beside it.

use std::path::PathBuf;

use crate::protocol::event::When;
use crate::protocol::id::{ModelRef, SessionId};
use crate::protocol::item::Block;
use crate::protocol::op::Op;
use crate::protocol::rule::Mode;
use crate::protocol::session::{OpenRequest, RunLimits};
use crate::tui::app::message::Cmd;
use crate::tui::app::view::{Stage, View};
use crate::tui::app::{App, Focus};

/// What is written in the first session, for the person to send.
const STORY: &str = "The tide is wrong. Find out why and mend it.";
/// What the second one is asked.
const ASIDE: &str = "Write down for others what the table counts in.";
/// The step of the story in which the second session begins: its first ask was answered by then.
const SECOND: u32 = 3;

impl App {
    /// The tour's folder is there: its session stands ready with the first prompt written.
    pub fn tour(&mut self, folder: Result<PathBuf, String>) -> Vec<Cmd> {
        let folder = match folder {
            Ok(folder) => folder,
            Err(why) => {
                let text = format!("the tour could not be set up: {why}");
                match &mut self.first_run {
                    Some(page) => page.text = Some(text),
                    None => self.say(text),
                }
                return Vec::new();
            }
        };
        self.first_run = None;
        let mut view = View::fresh(self.now.fresh, folder.clone(), Some(script()), Mode::Ask);
        view.tour = true;
        view.composer.set(STORY);
        let spare = self.view().stage == Stage::Fresh && self.view().composer.is_empty();
        if spare {
            self.replace(view);
        } else {
            self.views.push(view);
            self.go_to(self.views.len() - 1);
        }
        self.focus = Focus::Composer;
        vec![Cmd::LookAt(folder)]
    }

    /// The scene with two sessions: once the first ask of the story was answered, a second session works beside it. The keys
    /// stay where they are.
    pub fn tour_goes_on(&mut self) -> Vec<Cmd> {
        let begins = |view: &View| {
            view.tour
                && view.beside.is_none()
                && (view.session.as_ref()).is_some_and(|session| {
                    session.running && session.turn == 1 && session.step >= SECOND
                })
        };
        let Some(at) = self.views.iter().position(begins) else {
            return Vec::new();
        };
        let cwd = self.views[at].cwd().clone();
        let mut view = View::fresh(self.now.fresh, cwd.clone(), Some(script()), Mode::Ask);
        let id = view.id;
        view.stage = Stage::Opening;
        let open = Op::Open {
            request: OpenRequest {
                cwd,
                model: script(),
                mode: Mode::Ask,
                worktree: None,
                effort: None,
            },
        };
        let submit = Op::Submit {
            blocks: vec![Block::text(ASIDE)],
            when: When::Step,
            limits: RunLimits::default(),
        };
        let ops = [self.command(id, open), self.command(id, submit)];
        view.sent.push((ops[1].id, ASIDE.to_owned()));
        let looked_at = self.view().id == self.views[at].id && self.board.is_none();
        self.views[at].beside = Some(id);
        self.views.push(view);
        if looked_at && self.has_room_beside() {
            self.show_beside(id);
        }
        ops.map(Cmd::Send).into()
    }

    /// Whether the second session of the tour is at work.
    pub fn works_beside(&self, view: &View) -> bool {
        let second = |id: SessionId| self.views.iter().find(|view| view.id == id);
        view.beside.and_then(second).is_some_and(View::running)
    }
}

fn script() -> ModelRef {
    ModelRef {
        provider: "rehearsal".to_owned(),
        model: "tour".to_owned(),
    }
}
