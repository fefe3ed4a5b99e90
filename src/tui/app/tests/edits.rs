//! Commands that are typed in the place of others: one that is not taken is not lost.
#![allow(clippy::unwrap_used)]

use crossterm::event::KeyCode::{Char, Enter, Esc};
use pretty_assertions::assert_eq;

use crate::protocol::ask::{Risk, Verdict};
use crate::protocol::event::{Fact, Signal};
use crate::protocol::id::{AskId, CallId, CommandId, SessionId};
use crate::protocol::op::Op;
use crate::protocol::query::Query;
use crate::protocol::rule::{By, Mode};
use crate::tui::app::ask::Line;
use crate::tui::app::message::{Cmd, Msg};
use crate::tui::app::tests::{Desk, ops, verdict};

/// The command that was sent, with what it answers.
fn sent(cmds: &[Cmd]) -> (CommandId, SessionId, Op) {
    let sent = cmds.iter().find_map(|cmd| match cmd {
        Cmd::Send(command) => Some((command.id, command.session, command.op.clone())),
        _ => None,
    });
    sent.unwrap()
}

impl Desk {
    fn refuse(&mut self, command: CommandId, session: SessionId, why: &str) {
        let why = why.to_owned();
        let refused = Signal::Refused {
            command,
            session,
            why,
        };
        self.update(Msg::Signals(vec![refused]));
    }

    fn line(&self) -> Option<&str> {
        match self.app.asking()?.line.as_ref()? {
            Line::Command(text) => Some(text.as_str()),
            _ => None,
        }
    }
}

#[test]
fn an_edited_command_that_is_refused_stands_in_its_line_again() {
    for in_inbox in [false, true] {
        let mut desk = Desk::running();
        desk.ask("a", Risk::Low);
        desk.alt(if in_inbox { 'i' } else { 'a' });
        desk.wait(400);
        desk.press(Char('e'));
        desk.typed("s && rm -r .");
        let (command, session, op) = sent(&desk.press(Enter));
        let arguments = r#"{"command":"cargo tests && rm -r ."}"#.to_owned();
        let edited = Op::Answer {
            ask: AskId("a".to_owned()),
            answer: verdict(Verdict::Edited { arguments }),
        };
        assert_eq!(op, edited);
        assert_eq!(desk.line(), None);
        desk.refuse(
            command,
            session,
            "as you typed it: HIGH, deletes; the same once more runs it",
        );
        assert_eq!(desk.line(), Some("cargo tests && rm -r ."), "{in_inbox}");
        let said = &desk.app.note.as_ref().unwrap().text;
        assert!(said.contains("the same once more runs it"), "{said}");
        // An Enter that was meant for something else does not run it; the same once more, when it was read, does.
        assert_eq!(ops(&desk.press(Enter)), []);
        desk.wait(399);
        assert_eq!(ops(&desk.press(Enter)), []);
        desk.wait(400);
        let cmds = desk.press(Enter);
        assert_eq!(ops(&cmds), [edited], "{in_inbox}");
    }
}

#[test]
fn a_line_does_not_open_over_what_the_person_went_on_to() {
    let mut desk = Desk::running();
    desk.ask("a", Risk::Low);
    desk.alt('a');
    desk.wait(400);
    desk.press(Char('e'));
    let (command, session, _) = sent(&desk.press(Enter));
    desk.ctrl('p');
    desk.refuse(command, session, "no");
    assert_eq!(desk.line(), None);
    desk.press(Esc);
    desk.refuse(command, session, "no");
    assert_eq!(desk.line(), None);
}

#[test]
fn a_line_does_not_open_under_what_is_being_typed() {
    let mut desk = Desk::running();
    desk.ask("a", Risk::Low);
    desk.alt('a');
    desk.wait(400);
    desk.press(Char('e'));
    let (command, session, _) = sent(&desk.press(Enter));
    desk.typed("and then");
    desk.refuse(command, session, "as you typed it: HIGH");
    assert_eq!((desk.line(), desk.written().as_str()), (None, "and then"));
}

#[test]
fn what_was_decided_is_read_when_it_is_a_fact() {
    let mut desk = Desk::running();
    let call = CallId::new(1, 1, 1);
    let started = |by| Fact::CallStarted {
        call: call.clone(),
        birth: None,
        change: None,
        by,
    };
    let asks = |cmds: &[Cmd]| {
        let is_decided = |cmd: &&Cmd| matches!(cmd, Cmd::Ask(_, Query::Decided { .. }));
        cmds.iter().filter(is_decided).count()
    };
    assert_eq!(asks(&desk.fact(started(Some(By::Person)))), 0);
    desk.alt('i');
    assert_eq!(asks(&desk.fact(started(None))), 0);
    let mode = Mode::Auto;
    assert_eq!(asks(&desk.fact(started(Some(By::Mode { mode })))), 1);
}
