//! The ask that has the focus: when its keys begin to work, and what each of them answers. An answer names the ask that was
//! drawn; nothing here is answered by a key that was not meant for it.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::agent::visible::{clean, one_line};
use crate::protocol::ask::{
    About, Answer, Approval, Ask, Question, Risk, Subject, Verdict, command_line,
};
use crate::protocol::id::SessionId;
use crate::protocol::money::{Money, UNIT};
use crate::tui::app::arming::{Arming, QUIET, Sight};
use crate::tui::app::choosing::{Choice, Offer, choices, chosen, listed, moved};
use crate::tui::app::keymap::press::Press;
use crate::tui::app::keymap::{Action, in_a_line};
use crate::tui::app::lines::cell_width;
use crate::tui::app::making::Making;
use crate::tui::app::pane::PaneId;
use crate::tui::app::picking::Picking;
use crate::tui::app::text::Text;

/// A line that is typed inside an ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    Reason(Text),
    Command(Text),
    /// The answer to a question of the model.
    Answer(Text),
    /// The text of a rule that is made.
    Rule(Text),
}

#[derive(Debug, Clone, PartialEq)]
pub struct AskFocus {
    pub session: SessionId,
    /// As it was drawn; an answer names its id.
    pub ask: Ask,
    /// Others that were marked to be answered with it: of the same tool and risk, and shown in full below it.
    pub with: Vec<(SessionId, Ask)>,
    pub arming: Arming,
    /// `y` or `s` was pressed on a HIGH one: Enter makes it so.
    pub confirm: Option<Choice>,
    pub highlight: Option<usize>,
    pub line: Option<Line>,
    /// Until then no Enter is taken in the line: it was opened by no key of the person.
    pub line_from: Duration,
    pub details: bool,
    /// A rule that is made in its place.
    pub making: Option<Box<Making>>,
    /// The hunks of its change that are taken.
    pub picking: Option<Box<Picking>>,
    /// First row of its body that is drawn, and how many were seen whole at once: a page is never more than that.
    pub scroll: usize,
    pub page: usize,
    /// It is no more: why, in one line.
    pub gone: Option<String>,
    pub back: Back,
}

/// Where the focus was: a pane, and the session it showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Back {
    pub pane: PaneId,
    pub session: SessionId,
}

/// What became of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    Stay,
    /// Back to where the focus was; it stays waiting.
    Leave,
    Answer(Answer),
    /// Yes, with this command line in place of the one that was asked for.
    Edited(String),
    /// It works when the rest of the ask was seen, which is still to be read.
    Unread,
    /// Nothing happens, and the reason is told.
    Told(String),
    /// The rule that is made is to be tried on the calls of before.
    Try,
    /// Opens the list of models, or the budgets in the config; it stays waiting.
    Models,
    Budgets,
}

impl AskFocus {
    pub fn new(session: SessionId, ask: Ask, back: Back, now: Duration) -> Self {
        Self {
            session,
            ask,
            with: Vec::new(),
            arming: Arming::new(now),
            confirm: None,
            highlight: None,
            line: None,
            line_from: Duration::ZERO,
            details: false,
            making: None,
            picking: None,
            scroll: 0,
            page: 1,
            gone: None,
            back,
        }
    }

    pub fn approval(&self) -> Option<&Approval> {
        match &self.ask.about {
            About::Approval(approval) => Some(approval),
            _ => None,
        }
    }

    pub fn question(&self) -> Option<&Question> {
        match &self.ask.about {
            About::Question(question) => Some(question),
            _ => None,
        }
    }

    pub fn ready(&self, now: Duration) -> bool {
        self.gone.is_none() && self.line.is_none() && self.arming.ready(now)
    }

    /// Whether a choice works now.
    pub fn takes(&self, choice: Choice, now: Duration) -> bool {
        let waits = self.gone.is_none() && self.line.is_none();
        waits && (self.arming.ready(now) || choice.refuses() && self.arming.refuses(now))
    }

    pub fn choices(&self) -> Vec<Offer> {
        let mut choices = choices(&self.ask.about);
        if !self.with.is_empty() {
            choices.retain_mut(|row| {
                row.2 = match row.0 {
                    Choice::Once => "once, all of them",
                    _ => "none of them",
                };
                matches!(row.0, Choice::Once | Choice::No)
            });
        }
        choices
    }

    /// `written` is what the composer holds: a reason may already be there.
    pub fn key(&mut self, press: Press, written: &str, now: Duration) -> Reply {
        if self.line.is_some() {
            return self.line_key(press.event, now);
        }
        // Where there is a list the keys of rows are its keys; pages turn what is longer.
        let lists = self.making.is_some() || self.picking.is_some();
        let press = if lists { listed(press) } else { press };
        if self.making.is_some() && self.gone.is_none() {
            // The arrows are for what is proposed, whatever was seen of it.
            let marks = matches!(press.action, Some(Action::MarkAfter | Action::MarkBefore));
            if !marks && self.looks(press, now) {
                return Reply::Stay;
            }
            return self.making_key(press, now);
        }
        if self.picking.is_some() && self.gone.is_none() {
            // The arrows are for the hunks, whatever was seen of it.
            let marks = matches!(press.action, Some(Action::MarkAfter | Action::MarkBefore));
            if !marks && self.looks(press, now) {
                return Reply::Stay;
            }
            return self.picking_key(press, now);
        }
        if press.action == Some(Action::Close) {
            return if self.confirm.take().is_some() {
                Reply::Stay
            } else {
                Reply::Leave
            };
        }
        if self.gone.is_some() {
            self.arming.dropped(now);
            return Reply::Stay;
        }
        // Looking is no answer: rows of a long ask can be read while it is not ready.
        if self.looks(press, now) {
            return Reply::Stay;
        }
        let choices = self.choices();
        let own = chosen(&self.ask.about, &choices, press);
        let works = match own {
            Some(choice) => self.takes(choice, now),
            None => self.arming.ready(now),
        };
        if !works {
            // Who writes prose is told nothing; who has looked and waits for a key to work is.
            let part = self.arming.seen == Sight::Part && self.arming.refuses(now);
            self.arming.dropped_letter(press.event.code, now);
            return match own {
                Some(_) if part => Reply::Unread,
                _ => Reply::Stay,
            };
        }
        match (press.action, own) {
            (Some(action @ (Action::MarkAfter | Action::MarkBefore)), _) => {
                self.confirm = None;
                self.highlight = moved(self.highlight, choices.len(), action);
                return Reply::Stay;
            }
            (Some(Action::Choose), _) => {
                let marked = self.highlight.and_then(|at| choices.get(at));
                let marked = marked.map(|row| row.0);
                if let Some(choice) = self.confirm.or(marked) {
                    return self.choose(choice, written, now);
                }
            }
            (_, Some(choice)) => {
                self.confirm = None;
                return self.choose(choice, written, now);
            }
            (Some(Action::AskRule), None) => {
                let why = self
                    .approval()
                    .and_then(|approval| approval.no_rule.clone());
                self.arming.dropped(now);
                return why.map_or(Reply::Stay, Reply::Told);
            }
            _ => {}
        }
        self.arming.dropped(now);
        Reply::Stay
    }

    /// Marks what was chosen by its name elsewhere: read in a list, it is no answer yet.
    pub fn mark(&mut self, action: Action) {
        self.confirm = None;
        self.highlight = self.choices().iter().position(|row| row.1 == action);
    }

    /// Empties the line that is typed; one that is empty is left. `false`: none is typed.
    pub fn clear_line(&mut self, now: Duration) -> bool {
        match &mut self.line {
            Some(
                Line::Reason(text) | Line::Command(text) | Line::Answer(text) | Line::Rule(text),
            ) if !text.is_empty() => {
                text.end();
                text.kill_to_start();
            }
            Some(_) => {
                self.line = None;
                self.arming.again(now);
            }
            None => return false,
        }
        true
    }

    /// Pasted text answers nothing; it may be a reason or a command.
    pub fn paste(&mut self, pasted: &str, now: Duration) {
        match &mut self.line {
            // A command may have several lines; the rest is one.
            Some(Line::Command(text)) => text.insert(&clean(pasted)),
            Some(Line::Reason(text) | Line::Answer(text) | Line::Rule(text)) => {
                text.insert(&one_line(pasted));
            }
            None => self.arming.dropped(now),
        }
    }

    fn choose(&mut self, choice: Choice, written: &str, now: Duration) -> Reply {
        let high = self
            .approval()
            .is_some_and(|approval| approval.risk == Risk::High);
        let verdict = |verdict| Reply::Answer(Answer::Verdict { verdict });
        match choice {
            Choice::Once | Choice::Session if high && self.confirm != Some(choice) => {
                self.confirm = Some(choice);
                Reply::Stay
            }
            Choice::Once => verdict(Verdict::Once),
            Choice::Session => verdict(Verdict::Session),
            Choice::No => verdict(Verdict::No { reason: None }),
            Choice::NoBecause => {
                self.line = Some(Line::Reason(Text::new(&one_line(written))));
                Reply::Stay
            }
            Choice::Edit => {
                if matches!(
                    self.approval().map(|approval| &approval.subject),
                    Some(Subject::Change { .. })
                ) {
                    return self.pick_hunks(now);
                }
                if let Some(Subject::Command { argv, .. }) =
                    self.approval().map(|approval| &approval.subject)
                {
                    self.line = Some(Line::Command(Text::new(command_line(argv))));
                }
                Reply::Stay
            }
            Choice::Rule => self.make_rule(now),
            Choice::Details => {
                self.details = !self.details;
                self.scroll = 0;
                // More is shown: its end must be seen again.
                self.arming = Arming::new(now);
                Reply::Stay
            }
            Choice::Proceed => Reply::Answer(Answer::Proceed),
            Choice::Raise => Reply::Answer(Answer::Raise {
                by: Money::usd(UNIT),
            }),
            Choice::CheaperModel => Reply::Models,
            Choice::Budgets => Reply::Budgets,
            Choice::End => Reply::Answer(Answer::End),
            Choice::Pick(at) => match self.question().and_then(|asked| asked.choices.get(at)) {
                Some(text) => said(text),
                None => Reply::Stay,
            },
            Choice::Say => {
                self.line = Some(Line::Answer(Text::new(&one_line(written))));
                Reply::Stay
            }
            Choice::LeaveIt => Reply::Answer(Answer::Said { text: None }),
        }
    }

    /// What is typed is text; Enter and Esc are what they are in every ask.
    fn line_key(&mut self, event: KeyEvent, now: Duration) -> Reply {
        match event.code {
            KeyCode::Esc => {
                self.line = None;
                self.arming.again(now);
                return Reply::Stay;
            }
            KeyCode::Enter if event.modifiers.is_empty() => {
                // What was drawn is gone: the text stays readable, nothing is sent.
                if self.gone.is_some() {
                    return Reply::Stay;
                }
                if now < self.line_from {
                    self.arming.dropped(now);
                    self.line_from = now + QUIET;
                    return Reply::Stay;
                }
                return match self.line.take() {
                    Some(Line::Reason(text)) => Reply::Answer(Answer::Verdict {
                        verdict: Verdict::No {
                            reason: Some(text.as_str().trim().to_owned())
                                .filter(|reason| !reason.is_empty()),
                        },
                    }),
                    Some(Line::Rule(text)) => self.typed_rule(text.as_str().to_owned(), now),
                    Some(Line::Command(text)) => Reply::Edited(text.as_str().to_owned()),
                    Some(Line::Answer(text)) if text.as_str().trim().is_empty() => {
                        // An empty line answers nothing.
                        self.line = Some(Line::Answer(text));
                        Reply::Stay
                    }
                    Some(Line::Answer(text)) => said(text.as_str().trim()),
                    None => Reply::Stay,
                };
            }
            _ => {}
        }
        match (&mut self.line, in_a_line(event)) {
            (Some(Line::Command(text)), Some(Action::NewLine)) => text.insert("\n"),
            // Lines as they are: how they are wrapped only the screen knows.
            (Some(Line::Command(text)), Some(Action::Up)) => {
                text.up(usize::MAX, cell_width);
            }
            (Some(Line::Command(text)), Some(Action::Down)) => {
                text.down(usize::MAX, cell_width);
            }
            (
                Some(
                    Line::Reason(text)
                    | Line::Command(text)
                    | Line::Answer(text)
                    | Line::Rule(text),
                ),
                _,
            ) => edit_line(text, event),
            (None, _) => {}
        }
        Reply::Stay
    }
}

fn said(text: &str) -> Reply {
    Reply::Answer(Answer::Said {
        text: Some(text.to_owned()),
    })
}

/// A key in a line of its own: typing, and the composer's motions.
pub fn edit_line(text: &mut Text, event: KeyEvent) {
    if let KeyCode::Char(c) = event.code
        && !event
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SUPER)
    {
        if !c.is_control() {
            text.type_char(c);
        }
        return;
    }
    match in_a_line(event) {
        Some(Action::Left) => text.left(),
        Some(Action::Right) => text.right(),
        Some(Action::WordLeft) => text.word_left(),
        Some(Action::WordRight) => text.word_right(),
        Some(Action::LineStart) => text.line_start(),
        Some(Action::LineEnd) => text.line_end(),
        Some(Action::TextStart) => text.start(),
        Some(Action::TextEnd) => text.end(),
        Some(Action::Backspace) => text.backspace(),
        Some(Action::Delete) => text.delete(),
        Some(Action::KillLine) => text.kill_line(),
        Some(Action::KillToStart) => text.kill_to_start(),
        Some(Action::KillWord) => text.kill_word(),
        Some(Action::KillWordAfter) => text.kill_word_after(),
        Some(Action::Yank) => text.yank(),
        Some(Action::Undo) => text.undo(),
        Some(Action::Redo) => {
            text.redo();
        }
        _ => {}
    }
}
