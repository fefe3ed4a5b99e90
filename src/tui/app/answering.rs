//! The way to an ask, what an answer to it sends, and the way back.

use crate::agent::visible::one_line;
use crate::protocol::ask::{About, Answer, Ask, Verdict};
use crate::protocol::id::SessionId;
use crate::protocol::op::Op;
use crate::tui::app::ask::{AskFocus, Back, edited};
use crate::tui::app::chip::kept_blocks;
use crate::tui::app::message::Cmd;
use crate::tui::app::transcript::What;
use crate::tui::app::{App, Focus};

impl App {
    /// The focus goes to the oldest ask of all sessions; from an ask, to the next one.
    pub fn next_ask(&mut self) {
        let waiting: Vec<_> = self
            .waiting()
            .into_iter()
            .map(|(id, waiting)| (id, waiting.ask.clone()))
            .collect();
        let here = Back {
            pane: self.panes.focus(),
            session: self.pane().session,
        };
        let (back, after) = match &self.focus {
            Focus::Ask(ask) => (
                ask.back,
                waiting
                    .iter()
                    .position(|(id, other)| *id == ask.session && other.id == ask.ask.id)
                    .map(|index| index + 1),
            ),
            _ => (here, None),
        };
        let Some((session, ask)) = waiting
            .get(after.unwrap_or(0))
            .or_else(|| waiting.first())
            .cloned()
        else {
            self.say("nothing waits for you");
            return;
        };
        if session != self.pane().session
            && let Some(index) = self.views.iter().position(|view| view.id == session)
        {
            self.go_to(index);
        }
        self.overlay = None;
        self.close_board();
        self.focus_ask(session, ask, back);
    }

    /// Gives the focus to an ask; `back` is where it goes to afterwards.
    pub fn focus_ask(&mut self, session: SessionId, ask: Ask, back: Back) {
        self.focus = Focus::Ask(Box::new(AskFocus::new(session, ask, back, self.now.since)));
    }

    /// The focus goes back to where it was before the ask, and the pane to what it showed then.
    pub fn leave_ask(&mut self) {
        if let Focus::Ask(ask) = &self.focus {
            let back = ask.back;
            self.focus = Focus::Composer;
            self.focus_pane(back.pane);
            if self.panes.focus() == back.pane
                && self.views.iter().any(|view| view.id == back.session)
            {
                self.show_here(back.session);
            }
        }
    }

    pub fn answer(&mut self, answer: Answer) -> Vec<Cmd> {
        let Focus::Ask(ask) = &self.focus else {
            return Vec::new();
        };
        let (session, id) = (ask.session, ask.ask.id.clone());
        let mut cmds = Vec::new();
        // A reason that was in the composer has been given, one that was queued is no message any more.
        if let Answer::Verdict {
            verdict: Verdict::No {
                reason: Some(reason),
            },
        } = &answer
        {
            let queued = self.newest_queued();
            let queued = queued.filter(|queued| one_line(&kept_blocks(&queued.blocks)) == *reason);
            let message = queued.map(|queued| queued.id);
            if one_line(&self.view().composer.plain()) == *reason {
                self.view_mut().composer.clear();
                self.typed();
            } else if let Some(message) = message {
                self.view_mut().taken_back.push(message);
                cmds.push(Cmd::Send(self.command(session, Op::Withdraw { message })));
            }
        }
        let command = self.command(
            session,
            Op::Answer {
                ask: id.clone(),
                answer,
            },
        );
        self.answered.push((command.id, session, id));
        self.leave_ask();
        cmds.push(Cmd::Send(command));
        cmds
    }

    /// Yes, with another command line: everything else the call was given stays as it was.
    pub fn answer_edited(&mut self, command: &str) -> Vec<Cmd> {
        let Focus::Ask(ask) = &self.focus else {
            return Vec::new();
        };
        let About::Approval(approval) = &ask.ask.about else {
            return Vec::new();
        };
        let arguments = self
            .view()
            .transcript
            .entries()
            .iter()
            .rev()
            .find_map(|entry| match &entry.what {
                What::Call(call) if call.call.id == approval.call => {
                    Some(call.call.arguments.as_str())
                }
                _ => None,
            })
            .unwrap_or_default();
        let arguments = edited(arguments, command);
        self.answer(Answer::Verdict {
            verdict: Verdict::Edited { arguments },
        })
    }

    /// The ask with the focus is no more: it goes grey and says why.
    pub fn gone(&mut self, session: SessionId, id: &str, why: &str) {
        if let Focus::Ask(ask) = &mut self.focus
            && ask.session == session
            && ask.ask.id.0 == id
        {
            ask.gone = Some(crate::agent::visible::one_line(why));
            ask.confirm = None;
        }
    }
}
