//! What people type or press out of habit to leave.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::protocol::ask::Risk;
use crate::protocol::event::When;
use crate::protocol::op::Op;
use crate::tui::app::keymap::Action;
use crate::tui::app::message::Msg;
use crate::tui::app::overlay::Overlay;
use crate::tui::app::setup::SkillCard;
use crate::tui::app::tests::{Desk, ops, submit};

impl Desk {
    fn note(&self) -> &str {
        self.app.note.as_ref().map_or("", |note| &note.text)
    }

    fn asks_to_quit(&self) -> bool {
        matches!(self.app.overlay, Some(Overlay::Quit(_)))
    }
}

#[test]
fn the_commands_of_vi_and_of_shells_quit_and_are_never_sent() {
    for text in [":q", ":q!", ":wq", ":qa", "/exit", "/quit", "/q", "/q!"] {
        let mut desk = Desk::open();
        desk.typed(text);
        let cmds = desk.press(KeyCode::Enter);
        assert!(desk.app.quitting, "{text}");
        let sent = ops(&cmds);
        let mut sent = sent.iter();
        assert!(!sent.any(|op| matches!(op, Op::Submit { .. })), "{text}");
        // Where a turn runs it is the usual question.
        let mut desk = Desk::running();
        desk.typed(text);
        assert_eq!(ops(&desk.press(KeyCode::Enter)), [], "{text}");
        assert!(!desk.app.quitting && desk.asks_to_quit(), "{text}");
        assert_eq!(desk.written(), "");
    }
}

#[test]
fn a_skill_of_such_a_name_goes_first() {
    for (name, text) in [("x", "/x"), ("q", "/q"), ("exit", "/exit")] {
        let mut desk = Desk::open();
        desk.app.setup.skills = vec![SkillCard {
            name: name.to_owned(),
            description: "cuts".to_owned(),
            body: "Cut it in two.".to_owned(),
        }];
        desk.typed(text);
        desk.press(KeyCode::Enter);
        assert!(!desk.app.quitting, "{text}");
        assert_eq!(desk.written(), "Cut it in two.\n", "{text}");
        desk.app.view_mut().composer.clear();
        // In the form of vi it is what it was.
        desk.typed(&text.replace('/', ":"));
        desk.press(KeyCode::Enter);
        assert!(desk.app.quitting, "{text}");
    }
}

#[test]
fn a_word_is_asked_about_in_one_line_and_can_be_said_all_the_same() {
    for word in ["exit", "quit", "exit()"] {
        let mut desk = Desk::open();
        desk.typed(word);
        assert_eq!(ops(&desk.press(KeyCode::Enter)), [], "{word}");
        let said = format!("`{word}` was not sent: Enter again quits, Alt+Enter sends it");
        assert_eq!(desk.note(), said);
        assert!(!desk.app.quitting);
        let mut other = Desk {
            app: desk.app.clone(),
            ..desk
        };
        let sent = ops(&other.key(KeyCode::Enter, KeyModifiers::ALT));
        assert_eq!(sent.last(), Some(&submit(word, When::Step)));
        desk.press(KeyCode::Enter);
        assert!(desk.app.quitting, "{word}");
    }
    // What was typed on is no such word any more, and a word is asked about each time.
    let mut desk = Desk::open();
    desk.typed("exit");
    desk.press(KeyCode::Enter);
    desk.typed(" code 3: why?");
    let sent = ops(&desk.press(KeyCode::Enter));
    assert_eq!(sent.last(), Some(&submit("exit code 3: why?", When::Step)));
    desk.typed("exit");
    desk.press(KeyCode::Enter);
    desk.wait(6_001);
    desk.press(KeyCode::Enter);
    assert!(!desk.app.quitting);
}

#[test]
fn the_end_of_the_input_says_how_to_quit() {
    let mut desk = Desk::open();
    desk.ctrl('d');
    assert_eq!(desk.note(), "^X q quits, and so does Ctrl+C twice");
    // Over a text it deletes, and the key of that name says nothing.
    let mut desk = Desk::open();
    desk.press(KeyCode::Delete);
    desk.typed("ab");
    desk.press(KeyCode::Left);
    desk.ctrl('d');
    assert_eq!((desk.note(), desk.written().as_str()), ("", "a"));
}

/// Terminals send Esc and a key behind it as one where they come close together: what lies over the screen closes, and the
/// leader is the leader.
#[test]
fn the_leader_right_behind_esc_is_both_keys() {
    let both = KeyEvent::new(
        KeyCode::Char('x'),
        KeyModifiers::CONTROL | KeyModifiers::ALT,
    );
    for open in [
        Action::Help,
        Action::Cost,
        Action::Palette,
        Action::Sessions,
    ] {
        let mut desk = Desk::running();
        desk.ask("a", Risk::Low);
        desk.app.act(open);
        desk.update(Msg::Key(both));
        assert_eq!(
            (&desk.app.overlay, &desk.app.board),
            (&None, &None),
            "{open:?}"
        );
        desk.press(KeyCode::Char('q'));
        assert!(desk.asks_to_quit(), "{open:?}");
        assert_eq!(desk.written(), "", "{open:?}");
    }
    // With an ask that has the keys it stays waiting.
    let mut desk = Desk::running();
    desk.ask("a", Risk::Low);
    desk.alt('a');
    desk.wait(400);
    desk.update(Msg::Key(both));
    assert_eq!(desk.asking(), None);
    desk.press(KeyCode::Char('q'));
    assert!(desk.asks_to_quit());
    // Key after key it is the same.
    for wait in [0, 400] {
        let mut desk = Desk::running();
        desk.ask("a", Risk::Low);
        desk.app.act(Action::Help);
        desk.press(KeyCode::Esc);
        desk.wait(wait);
        desk.ctrl('x');
        desk.press(KeyCode::Char('q'));
        assert!(desk.asks_to_quit(), "{wait}");
    }
}
