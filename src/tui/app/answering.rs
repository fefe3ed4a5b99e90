//! The way to an ask, what an answer to it sends, and the way back.

use crate::agent::session::Waiting;
use crate::agent::visible::one_line;
use crate::protocol::ask::{About, Answer, Ask, Subject, Verdict};
use crate::protocol::event::Ending;
use crate::protocol::id::{AskId, CommandId, SessionId};
use crate::protocol::op::Op;
use crate::tui::app::arguments::edited;
use crate::tui::app::arming::QUIET;
use crate::tui::app::ask::{AskFocus, Back, Line, Reply};
use crate::tui::app::chip::kept_blocks;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::chord::chord;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::message::Cmd;
use crate::tui::app::overlay::Overlay;
use crate::tui::app::text::Text;
use crate::tui::app::transcript::What;
use crate::tui::app::view::View;
use crate::tui::app::{App, Focus};

/// What leads further down in a long one: the first that has a key is named.
pub const READ_ON: &[Action] = &[Action::PageDown, Action::ScrollDown, Action::Bottom];

/// A command that the person typed in the place of another, until it is known whether it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentEdit {
    id: CommandId,
    session: SessionId,
    ask: AskId,
    back: Back,
    text: String,
}

impl App {
    /// An ask for a change that gets the keys is looked at again, and so is each that is answered with it: the file may be
    /// another since it was asked.
    pub fn recheck(&mut self) -> Vec<Cmd> {
        let is_change = |ask: &Ask| match &ask.about {
            About::Approval(approval) => matches!(approval.subject, Subject::Change { .. }),
            _ => false,
        };
        let asking = self.asking().filter(|ask| ask.gone.is_none());
        let asked: Vec<(SessionId, AskId)> = asking.map_or_else(Vec::new, |asking| {
            let with = asking.with.iter().map(|(session, ask)| (*session, ask));
            let all = std::iter::once((asking.session, &asking.ask)).chain(with);
            all.filter(|(_, ask)| is_change(ask))
                .map(|(session, ask)| (session, ask.id.clone()))
                .collect()
        });
        let before = std::mem::replace(&mut self.rechecked, asked.clone());
        let new = asked.into_iter().filter(|one| !before.contains(one));
        new.map(|(session, ask)| Cmd::Send(self.command(session, Op::Recheck { ask })))
            .collect()
    }

    /// The ask that has the keys: in the inbox where that is open, else in its pane.
    pub fn asking(&self) -> Option<&AskFocus> {
        match (&self.overlay, &self.focus) {
            (Some(Overlay::Inbox(inbox)), _) => inbox.ask.as_ref(),
            (_, Focus::Ask(ask)) => Some(ask),
            _ => None,
        }
    }

    pub fn asking_mut(&mut self) -> Option<&mut AskFocus> {
        match (&mut self.overlay, &mut self.focus) {
            (Some(Overlay::Inbox(inbox)), _) => inbox.ask.as_mut(),
            (_, Focus::Ask(ask)) => Some(ask),
            _ => None,
        }
    }

    /// The focus goes to the oldest ask of all sessions; from there the inbox opens. Where none waits it goes to a session that
    /// failed and waits for the person.
    pub fn next_ask(&mut self) -> Vec<Cmd> {
        let waiting: Vec<_> = self
            .waiting()
            .into_iter()
            .map(|(id, waiting)| (id, waiting.ask.clone()))
            .collect();
        let here = Back {
            pane: self.panes.focus(),
            session: self.pane().session,
        };
        let Some((session, ask)) = waiting.first().cloned() else {
            self.next_failed();
            return Vec::new();
        };
        let back = match &self.focus {
            Focus::Ask(focus) if focus.session == session && focus.ask.id == ask.id => {
                self.show_inbox();
                return self.ask_decided();
            }
            Focus::Ask(focus) => focus.back,
            _ => here,
        };
        if session != self.pane().session
            && let Some(index) = self.views.iter().position(|view| view.id == session)
        {
            self.go_to(index);
        }
        self.overlay = None;
        self.close_board();
        self.focus_ask(session, ask, back);
        Vec::new()
    }

    /// The focus goes to the card of the session that failed first, from a card to the next one.
    fn next_failed(&mut self) {
        let fails = |view: &&View| {
            // Who holds a session goes on with it.
            let is_own = view.read_only.is_none();
            is_own && matches!(view.stopped(), Some(Ending::Failed { .. }))
        };
        let failed = self.views.iter().filter(fails);
        let since = |view: &View| Some((view.session.as_ref()?.active, view.id));
        let mut failed: Vec<_> = failed.filter_map(since).collect();
        failed.sort_unstable();
        let here = self.pane().session;
        let on_card = matches!(self.focus, Focus::Card(_));
        let at = failed.iter().position(|(_, id)| on_card && *id == here);
        let next = at.map_or(0, |at| (at + 1) % failed.len());
        let Some(&(_, session)) = failed.get(next) else {
            // What was stopped waits for nobody; one that looks at it may want its keys all the same.
            if self.view().has_card() && !on_card {
                self.to_cards();
                return;
            }
            self.say("nothing waits for you");
            return;
        };
        if at == Some(next) {
            self.say("nothing else waits for you");
            return;
        }
        if session != here
            && let Some(index) = self.views.iter().position(|view| view.id == session)
        {
            self.go_to(index);
        }
        self.overlay = None;
        self.close_board();
        self.to_cards();
    }

    /// Empties the line that is typed in the ask with the keys; one that is empty is left. `false`: none is typed.
    pub fn clear_line(&mut self) -> bool {
        let now = self.now.since;
        // Only one that is seen.
        let under = self.board.is_some() || self.first_run.is_some();
        let over = !matches!(self.overlay, None | Some(Overlay::Inbox(_)));
        !under && !over && self.asking_mut().is_some_and(|ask| ask.clear_line(now))
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

    /// A key of the ask that has them.
    pub fn answer_key(&mut self, press: Press) -> Vec<Cmd> {
        let Some(ask) = self.asking() else {
            return Vec::new();
        };
        let session = ask.session;
        let view = self.views.iter().find(|view| view.id == session);
        let mut written = view.map_or_else(String::new, |view| view.composer.plain());
        if written.trim().is_empty()
            && let Some(queued) = self.newest_queued_in(session)
        {
            // What was said past the ask waits behind it, and may be what was meant for it.
            written = kept_blocks(&queued.blocks);
        }
        let (now, most) = (self.now.since, self.seen.ask_scroll_max);
        let Some(ask) = self.asking_mut() else {
            return Vec::new();
        };
        let reply = ask.key(press, &written, now);
        ask.scroll = ask.scroll.min(most);
        let in_inbox = matches!(self.overlay, Some(Overlay::Inbox(_)));
        match reply {
            Reply::Stay => Vec::new(),
            Reply::Leave if in_inbox => {
                self.leave_entry();
                Vec::new()
            }
            Reply::Leave => {
                self.leave_ask();
                Vec::new()
            }
            Reply::Answer(answer) => self.answer(answer),
            Reply::Unread => {
                let down = self.keymap().first(Place::Ask, READ_ON);
                let key = chord(press.event).label();
                self.say(format!("{down} shows the rest first, then {key}"));
                Vec::new()
            }
            Reply::Told(why) => {
                self.say(one_line(&why));
                Vec::new()
            }
            Reply::Edited(command) => self.answer_edited(&command),
            Reply::Try => self.try_rule(),
            Reply::Models => {
                // The list is of the session that is looked at.
                if in_inbox {
                    self.go_to_marked();
                }
                self.act(Action::Models)
            }
            Reply::Budgets => self.open_budgets(),
        }
    }

    pub fn answer(&mut self, answer: Answer) -> Vec<Cmd> {
        let Some(ask) = self.asking() else {
            return Vec::new();
        };
        let (session, id) = (ask.session, ask.ask.id.clone());
        let with = ask
            .with
            .iter()
            .map(|(session, ask)| (*session, ask.id.clone()));
        let with: Vec<_> = with.collect();
        let mut cmds = Vec::new();
        for (session, ask) in with {
            let op = Op::Answer {
                ask: ask.clone(),
                answer: answer.clone(),
            };
            let command = self.command(session, op);
            self.answered.push((command.id, session, ask));
            cmds.push(Cmd::Send(command));
        }
        // A reason that was in the composer has been given, one that was queued is no message any more.
        if let Answer::Verdict {
            verdict: Verdict::No {
                reason: Some(reason),
            },
        } = &answer
        {
            let queued = self.newest_queued_in(session);
            let queued = queued.filter(|queued| one_line(&kept_blocks(&queued.blocks)) == *reason);
            let message = queued.map(|queued| queued.id);
            if self.written_in(session) == Some(reason.clone()) {
                self.clear_written(session);
            } else if let Some(message) = message {
                if let Some(view) = self.view_of(session) {
                    view.taken_back.push(message);
                }
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
        if matches!(self.overlay, Some(Overlay::Inbox(_))) {
            self.mark_waiting(0);
            cmds.push(Cmd::Send(command));
            return cmds;
        }
        self.leave_ask();
        cmds.push(Cmd::Send(command));
        cmds
    }

    /// What stands in a session's composer, as one line.
    fn written_in(&self, session: SessionId) -> Option<String> {
        let view = self.views.iter().find(|view| view.id == session)?;
        Some(one_line(&view.composer.plain()))
    }

    fn clear_written(&mut self, session: SessionId) {
        if session == self.view().id {
            self.view_mut().composer.clear();
            self.typed();
            return;
        }
        let now = self.now.since;
        if let Some(view) = self.view_of(session) {
            view.composer.clear();
            view.typed = Some(now);
            view.sends = None;
        }
    }

    /// Yes, with another command line: everything else the call was given stays as it was.
    pub fn answer_edited(&mut self, command: &str) -> Vec<Cmd> {
        let Some(ask) = self.asking() else {
            return Vec::new();
        };
        let About::Approval(approval) = &ask.ask.about else {
            return Vec::new();
        };
        let view = self.views.iter().find(|view| view.id == ask.session);
        let entries = view.map_or(&[][..], |view| view.transcript.entries());
        let arguments = entries
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
        let sent = (ask.session, ask.ask.id.clone(), ask.back);
        let cmds = self.answer(Answer::Verdict {
            verdict: Verdict::Edited { arguments },
        });
        let (session, ask, back) = sent;
        self.edit = self.answered.last().map(|(id, _, _)| SentEdit {
            id: *id,
            session,
            ask,
            back,
            text: command.to_owned(),
        });
        cmds
    }

    /// An edited command was not taken: its line opens again with what was typed, where the person still is and types nothing
    /// else. Its Enter works when the line was to be seen for as long as an ask is.
    pub fn type_again(&mut self, id: CommandId) {
        let Some(edit) = self.edit.take_if(|edit| edit.id == id) else {
            return;
        };
        let waiting = self.waiting();
        let is_it = |(session, waiting): &(SessionId, &Waiting)| {
            *session == edit.session && waiting.ask.id == edit.ask
        };
        let Some(at) = waiting.iter().position(is_it) else {
            return;
        };
        let ask = waiting.get(at).map(|(_, waiting)| waiting.ask.clone());
        let is_free = self.board.is_none()
            && self.first_run.is_none()
            && self.leader.is_none()
            && matches!(self.focus, Focus::Composer)
            && self.view().composer.is_empty();
        let line = self.asking().and_then(|asking| asking.line.as_ref());
        match (&self.overlay, ask) {
            (Some(Overlay::Inbox(_)), _) if line.is_none() => self.mark_waiting(at),
            (None, Some(ask)) if is_free => {
                if edit.session != self.pane().session
                    && let Some(index) = self.views.iter().position(|view| view.id == edit.session)
                {
                    self.go_to(index);
                }
                self.focus_ask(edit.session, ask, edit.back);
            }
            _ => return,
        }
        let from = self.now.since + QUIET;
        if let Some(asking) = self.asking_mut() {
            asking.line = Some(Line::Command(Text::new(&edit.text)));
            asking.line_from = from;
        }
    }

    /// The ask with the focus is no more: it goes grey and says why.
    pub fn gone(&mut self, session: SessionId, id: &str, why: &str) {
        if let Some(ask) = self.asking_mut()
            && ask.session == session
            && ask.ask.id.0 == id
        {
            ask.gone = Some(crate::agent::visible::one_line(why));
            ask.confirm = None;
        }
    }
}
