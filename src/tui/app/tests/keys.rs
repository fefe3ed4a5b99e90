//! Keys where they are pressed: what holds everywhere, and what the person gave to one place.
#![allow(clippy::unwrap_used)]

use crossterm::event::{KeyCode, KeyModifiers};
use pretty_assertions::assert_eq;

use crate::protocol::event::Fact;
use crate::protocol::op::Op;
use crate::protocol::rule::Mode;
use crate::protocol::session::Change;
use crate::tui::app::Focus;
use crate::tui::app::copying::Done;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::live::Keymap;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::message::{Cmd, Msg};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::tests::{Desk, ops};
use crate::tui::terminal::notice::Between;

#[test]
fn the_round_of_modes_asks_before_commands_run_unasked() {
    use KeyCode::{BackTab, Char, Down, Enter, Esc, Up};
    type Keys = &'static [KeyCode];
    let set = |mode| {
        Some(Op::Change {
            change: Change::Mode { mode },
        })
    };
    let cases: &[(Keys, Option<Op>)] = &[
        (&[], None),
        (&[Char('y')], set(Mode::Auto)),
        (&[Char('ｙ')], set(Mode::Auto)),
        (&[Char('1')], set(Mode::Auto)),
        (&[Up, Enter], set(Mode::Auto)),
        // The no is marked first.
        (&[Enter], None),
        (&[Up, Down, Enter], None),
        // A yes within a word answers nothing.
        (&[Char('t'), Char('r'), Char('y'), Char('1')], None),
        (&[Char('n')], None),
        (&[Esc], None),
        (&[Char('x')], None),
        // The round goes on past it.
        (&[BackTab], set(Mode::Plan)),
    ];
    for (keys, expected) in cases {
        let mut desk = Desk::open();
        let change = Change::Mode { mode: Mode::Edits };
        desk.fact(Fact::SessionChanged { change });
        let mut cmds = desk.key(BackTab, KeyModifiers::SHIFT);
        assert_eq!(cmds, [], "{keys:?}");
        assert!(matches!(desk.app.overlay, Some(Overlay::Auto(_))));
        for &key in *keys {
            let held = match key {
                BackTab => KeyModifiers::SHIFT,
                _ => KeyModifiers::NONE,
            };
            cmds.extend(desk.key(key, held));
        }
        assert_eq!(
            ops(&cmds),
            expected.iter().cloned().collect::<Vec<_>>(),
            "{keys:?}"
        );
    }
    // What is typed leads out of it, whole.
    let mut desk = Desk::new();
    desk.key(BackTab, KeyModifiers::SHIFT);
    desk.key(BackTab, KeyModifiers::SHIFT);
    desk.typed("try it");
    assert_eq!(
        (desk.app.overlay.is_none(), desk.written().as_str()),
        (true, "try it")
    );
    assert_eq!(desk.app.view().mode, Mode::Edits);
    // Of a session nothing was said in it is asked as well, and where it is written out.
    let mut desk = Desk::new();
    desk.key(BackTab, KeyModifiers::SHIFT);
    desk.key(BackTab, KeyModifiers::SHIFT);
    assert_eq!(desk.app.view().mode, Mode::Edits);
    desk.press(Char('y'));
    assert_eq!(desk.app.view().mode, Mode::Auto);
    let mut desk = Desk::new();
    desk.typed("/mode auto");
    desk.press(Enter);
    assert_eq!(desk.app.view().mode, Mode::Ask);
    desk.press(Char('y'));
    assert_eq!(desk.app.view().mode, Mode::Auto);
}

/// A config, and what Ctrl+L does with it while one types, in the transcript, on the board, and after the leader.
#[test]
fn a_place_may_have_the_keys_of_redrawing_for_itself() {
    let cases = [
        ("", [true, true, true, true]),
        (
            "[keymap.composer]\nkill-line = \"ctrl-l\"\n",
            [false, true, true, true],
        ),
        (
            "[keymap.transcript]\ncopy-block = \"ctrl-l\"\n",
            [true, false, true, true],
        ),
        (
            "[keymap.board]\nboard-find = \"ctrl-l\"\n",
            [true, true, false, true],
        ),
    ];
    for (config, expected) in cases {
        let mut desk = Desk::open();
        desk.read_config(config);
        let mut found = Vec::new();
        found.push(desk.ctrl('l') == [Cmd::Redraw]);
        desk.press(KeyCode::Esc);
        assert_eq!(desk.app.focus, Focus::Transcript);
        found.push(desk.ctrl('l') == [Cmd::Redraw]);
        desk.ctrl('x');
        desk.press(KeyCode::Char('w'));
        found.push(desk.ctrl('l') == [Cmd::Redraw]);
        // Also while something is typed there.
        desk.ctrl('x');
        found.push(desk.ctrl('l') == [Cmd::Redraw]);
        assert_eq!(found, expected, "{config}");
    }
}

#[test]
fn a_key_that_redraws_in_one_place_is_text_elsewhere() {
    let mut desk = Desk::open();
    desk.read_config("[keymap.transcript]\nredraw = \"r\"\n[keymap.board]\nredraw = \"r\"\n");
    assert_eq!(desk.press(KeyCode::Char('r')), []);
    assert_eq!(desk.written(), "r");
    desk.press(KeyCode::Backspace);
    desk.press(KeyCode::Esc);
    assert_eq!(desk.press(KeyCode::Char('r')), [Cmd::Redraw]);
    desk.ctrl('x');
    desk.press(KeyCode::Char('w'));
    assert_eq!(desk.press(KeyCode::Char('r')), [Cmd::Redraw]);
    desk.press(KeyCode::Char('/'));
    desk.press(KeyCode::Char('r'));
    assert_eq!(desk.app.board.as_ref().unwrap().find.as_str(), "r");
}

#[test]
fn keys_for_everywhere_work_on_the_board_too() {
    let on_the_board = |config: &str| {
        let mut desk = Desk::open();
        desk.read_config(config);
        desk.ctrl('x');
        desk.press(KeyCode::Char('w'));
        assert!(desk.app.board.is_some());
        desk
    };
    // It closes, and what the key does is seen.
    let mut desk = on_the_board("[keymap.everywhere]\ncost = \"f5\"\n");
    desk.press(KeyCode::F(5));
    assert!(matches!(desk.app.overlay, Some(Overlay::Cost(_))));
    assert!(desk.app.board.is_none());
    let mut desk = on_the_board("");
    assert_eq!(desk.ctrl('g'), [Cmd::Edit(String::new())]);
    assert!(desk.app.board.is_none());
    let mut desk = on_the_board("");
    let change = Change::Mode { mode: Mode::Edits };
    let cmds = desk.key(KeyCode::BackTab, KeyModifiers::SHIFT);
    assert_eq!(ops(&cmds), [Op::Change { change }]);
    // The palette lies above it, and back leads to it.
    let mut desk = on_the_board("");
    desk.ctrl('p');
    assert!(matches!(desk.app.overlay, Some(Overlay::Palette(_))));
    desk.press(KeyCode::Esc);
    assert!(desk.app.board.is_some() && desk.app.overlay.is_none());
    // What is chosen in it is done where it can be seen.
    for (words, board) in [
        ("cost", false),
        ("kill-line", false),
        ("copy-block", false),
        ("/cost", false),
        ("@", false),
        ("board-find", true),
    ] {
        let mut desk = on_the_board("");
        desk.ctrl('p');
        desk.typed(words);
        if words != "@" {
            desk.press(KeyCode::Enter);
        }
        assert_eq!(desk.app.board.is_some(), board, "{words}");
    }
}

/// What is said of a key names the one that works now.
#[test]
fn what_is_said_names_the_keys_of_the_person() {
    let mut desk = Desk::open();
    desk.read_config(
        "[keymap.everywhere]\nstash = \"f8\"\n[keymap.transcript]\npager = [\"f9\"]\n[keymap.board]\nboard-undo = \"U\"\n",
    );
    let said = |desk: &Desk| desk.app.note.as_ref().unwrap().text.clone();
    desk.typed("later");
    desk.key(KeyCode::F(8), KeyModifiers::NONE);
    assert_eq!(said(&desk), "put by; F8 in an empty composer lists it");
    desk.update(Msg::Read(Done::NotCopied("too long".to_owned())));
    assert_eq!(
        said(&desk),
        "not copied: too long; F9 opens all of it in your pager"
    );
    desk.ctrl('x');
    desk.press(KeyCode::Char('w'));
    desk.press(KeyCode::Char('p'));
    assert!(said(&desk).ends_with("; U undoes it"), "{}", said(&desk));
}

#[test]
fn detaching_is_what_the_multiplexer_does_and_its_keys_are_said() {
    for (between, expected) in [
        (
            Between::Tmux,
            "tmux: its prefix, then d; Creel goes on there",
        ),
        (
            Between::Screen,
            "screen: Ctrl+A, then d; Creel goes on there",
        ),
        (
            Between::Zellij,
            "zellij: Ctrl+O, then d; Creel goes on there",
        ),
        (
            Between::Nothing,
            "start Creel in tmux to detach; here it ends with its terminal",
        ),
    ] {
        let mut desk = Desk::open();
        desk.app.setup.wishes.keymap.between = between;
        desk.app.notices = vec!["stays".to_owned()];
        desk.ctrl('x');
        assert_eq!(desk.press(KeyCode::Char('d')), []);
        assert_eq!(desk.app.note.as_ref().unwrap().text, expected);
        assert_eq!(desk.app.notices.len(), 1);
    }
}

#[test]
fn two_keys_are_named_only_where_it_takes_two() {
    let keymap = Keymap::default();
    let keys = [Place::Transcript, Place::Board].map(|place| keymap.key(place, Action::Top));
    assert_eq!(keys, [Some("g g".to_owned()), Some("g".to_owned())]);
}

#[test]
fn the_list_after_the_leader_is_turned_and_ended() {
    type Keys<'k> = &'k [(KeyCode, KeyModifiers)];
    let leader = (KeyCode::Char('x'), KeyModifiers::CONTROL);
    let plain = |code| (code, KeyModifiers::NONE);
    let (down, up) = (plain(KeyCode::PageDown), plain(KeyCode::PageUp));
    // Keys, whether 400 ms pass between them, and the page that is listed then.
    let cases: [(Keys, bool, Option<i32>); 7] = [
        (&[leader], false, Some(0)),
        // The first one more only lists them at once.
        (&[leader, leader], false, Some(0)),
        (&[leader, leader, leader], false, Some(1)),
        (&[leader, down, down], true, Some(2)),
        (&[leader, down, up, up], true, Some(-1)),
        (&[leader, down, plain(KeyCode::Esc)], true, None),
        (&[leader, down, plain(KeyCode::Char('w'))], true, None),
    ];
    for (keys, waits, expected) in cases {
        let mut desk = Desk::open();
        desk.wait(1_000);
        for &(code, modifiers) in keys {
            desk.key(code, modifiers);
            desk.wait(if waits { 400 } else { 1 });
        }
        let page = desk.app.leader.map(|pressed| pressed.page);
        assert_eq!(page, expected, "{keys:?}");
        assert_eq!(desk.written(), "", "{keys:?}");
    }
}

#[test]
fn a_resize_goes_on_for_a_moment_without_the_leader() {
    use KeyCode::Char;
    let mut desk = Desk::new();
    for c in ['v', 'H'] {
        desk.ctrl('x');
        desk.press(Char(c));
    }
    let rooms = |desk: &Desk| desk.app.rooms();
    let mut before = rooms(&desk);
    for c in ['H', 'L', 'H'] {
        desk.wait(900);
        desk.press(Char(c));
        assert_ne!(rooms(&desk), before, "{c}");
        before = rooms(&desk);
    }
    desk.wait(1_000);
    desk.press(Char('H'));
    assert_eq!((rooms(&desk), desk.written()), (before, "H".to_owned()));
    desk.ctrl('x');
    desk.press(Char('L'));
    let before = rooms(&desk);
    desk.typed("xL");
    assert_eq!((rooms(&desk), desk.written()), (before, "HxL".to_owned()));
}
