//! The composer as a person uses it: lists over it, keys of vi, pastes, commands, drafts that are put by.
#![allow(clippy::unwrap_used)]

use crossterm::event::{KeyCode, KeyModifiers};
use pretty_assertions::assert_eq;

use crate::config::ComposerKeys;
use crate::protocol::call::Outcome;
use crate::protocol::event::{Fact, Signal, When};
use crate::protocol::item::{Block, Item};
use crate::protocol::op::Op;
use crate::protocol::query::{Found, Query, Stashed};
use crate::protocol::session::{Change, RunLimits};
use crate::protocol::time::Time;
use crate::tui::app::Focus;
use crate::tui::app::mention::{Files, Sought};
use crate::tui::app::message::{Cmd, Msg, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::tests::{Desk, id, ops, submit};
use crate::tui::app::vim::Mode;

fn drawn(desk: &Desk) -> String {
    desk.app.view().composer.drawn(90).lines.join("\n")
}

fn vim() -> Desk {
    let mut desk = Desk::open();
    desk.app.setup.wishes.composer = ComposerKeys::Vim;
    desk
}

#[test]
fn another_preset_holds_when_the_config_is_read_again() {
    let mut desk = Desk::open();
    desk.typed("one");
    desk.read_config("[ui]\ncomposer = \"vim\"\n");
    desk.press(KeyCode::Esc);
    assert_eq!(mode(&desk), Mode::Normal);
    desk.typed("x");
    assert_eq!(desk.written(), "on");
    // Back: nobody is left in NORMAL, where no letter is written.
    desk.read_config("");
    assert_eq!(mode(&desk), Mode::Insert);
    desk.typed("x");
    assert!(desk.written().contains('x'), "{}", desk.written());
    let said = desk.app.note.as_ref().unwrap().text.clone();
    assert_eq!(said, "config read again: ui.composer");
}

fn mode(desk: &Desk) -> Mode {
    desk.app.view().composer.vim.mode()
}

fn sought(cmds: &[Cmd]) -> Vec<Option<Sought>> {
    let seeks = cmds.iter().filter_map(|cmd| match cmd {
        Cmd::Seek(sought) => Some(sought.clone()),
        _ => None,
    });
    seeks.collect()
}

fn files(desk: &mut Desk, number: u64, paths: &[&str]) {
    let paths: Vec<String> = paths.iter().map(|&path| path.to_owned()).collect();
    let files = Files {
        fitting: paths.len(),
        all: paths.len(),
        paths,
        whole: true,
    };
    desk.update(Msg::Files(number, files));
}

#[test]
fn escape_goes_from_the_list_to_normal_to_the_transcript() {
    let mut desk = vim();
    desk.typed("/mo");
    assert!(!desk.app.slash_rows().is_empty());
    desk.press(KeyCode::Esc);
    assert!(desk.app.slash_rows().is_empty());
    assert_eq!(mode(&desk), Mode::Insert);
    desk.press(KeyCode::Esc);
    assert_eq!(
        (mode(&desk), &desk.app.focus),
        (Mode::Normal, &Focus::Composer)
    );
    desk.press(KeyCode::Esc);
    assert_eq!(desk.app.focus, Focus::Transcript);
    desk.typed("i");
    assert_eq!(
        (mode(&desk), &desk.app.focus),
        (Mode::Insert, &Focus::Composer)
    );
    desk.alt('x');
    assert_eq!(mode(&desk), Mode::Normal, "Esc and x over a slow line");
    assert_eq!(desk.written(), "/o");
}

#[test]
fn in_normal_nothing_is_typed_and_enter_still_sends() {
    let mut desk = vim();
    desk.typed("one two");
    desk.press(KeyCode::Esc);
    desk.typed("bdwqz");
    assert_eq!(desk.written(), "one ");
    desk.typed("u");
    assert_eq!(desk.written(), "one two");
    assert_eq!(
        ops(&desk.press(KeyCode::Enter)),
        [submit("one two", When::Step)]
    );
    assert_eq!(mode(&desk), Mode::Insert);
    desk.press(KeyCode::Esc);
    desk.typed("p");
    assert_eq!(desk.written(), "two", "what was cut is still at hand");
    desk.typed("k");
    assert_eq!(desk.written(), "one two", "up is the prompt before");
    assert_eq!(mode(&desk), Mode::Normal);
    desk.typed("j");
    assert_eq!(desk.written(), "two");
    desk.typed(" ");
    assert!(desk.app.leader.is_some(), "the space bar leads");
}

#[test]
fn while_a_turn_runs_the_ladder_of_escape_has_one_more_rung() {
    let mut desk = Desk::running();
    desk.app.setup.wishes.composer = ComposerKeys::Vim;
    assert_eq!(desk.press(KeyCode::Esc), []);
    assert_eq!(mode(&desk), Mode::Normal);
    assert_eq!(desk.app.esc_until, None);
    assert_eq!(desk.press(KeyCode::Esc), []);
    assert!(desk.app.esc_until.is_some());
    assert_eq!(ops(&desk.press(KeyCode::Esc)), [Op::Interrupt]);
}

#[test]
fn a_large_paste_opens_into_the_text_and_undo_closes_it() {
    let mut desk = Desk::open();
    let long = "line\n".repeat(20);
    desk.typed("look: ");
    desk.update(Msg::Paste(long.clone()));
    assert_eq!(drawn(&desk), "look: [pasted 20 lines]");
    desk.ctrl('o');
    assert_eq!(desk.written(), format!("look: {long}"));
    assert_eq!(drawn(&desk).lines().count(), 20);
    desk.ctrl('_');
    assert_eq!(drawn(&desk), "look: [pasted 20 lines]");
    let whole = vec![Block::text("look: "), Block::Paste { text: long }];
    assert_eq!(
        ops(&desk.press(KeyCode::Enter)),
        [Op::Submit {
            blocks: whole,
            when: When::Step,
            limits: RunLimits::default()
        }]
    );
    assert!(!desk.app.view().transcript.unfolded);
    desk.ctrl('o');
    assert!(
        desk.app.view().transcript.unfolded,
        "without a paste it is the outputs' key"
    );
}

#[test]
fn a_paste_too_long_for_that_is_edited_elsewhere() {
    let mut desk = Desk::open();
    let long = "0123456789\n".repeat(10_000);
    desk.update(Msg::Paste(long.clone()));
    assert_eq!(desk.ctrl('o'), [Cmd::Edit(long.clone())]);
    desk.update(Msg::Edited(Ok("short\nnow".to_owned())));
    assert_eq!(drawn(&desk), "[pasted 2 lines]");
    assert_eq!(desk.written(), "short\nnow");
    desk.ctrl('_');
    assert_eq!(desk.written(), long);
    assert!(matches!(desk.ctrl('o').as_slice(), [Cmd::Edit(_)]));
    desk.update(Msg::Edited(Err("vi ended with 1".to_owned())));
    assert_eq!(desk.written(), long);
    desk.ctrl('g');
    desk.update(Msg::Edited(Ok("another text".to_owned())));
    assert_eq!(
        desk.written(),
        "another text",
        "it is no longer the paste that is edited"
    );
}

#[test]
fn a_draft_brings_its_pastes_back_as_they_were() {
    let mut desk = Desk::open();
    let long = "line\n".repeat(20);
    desk.typed("a ");
    desk.update(Msg::Paste(long.clone()));
    desk.typed(" b");
    let saved = desk.wait(500);
    let [.., Cmd::SaveDraft { text, .. }] = saved.as_slice() else {
        panic!("{saved:?}");
    };
    let mut other = Desk::open();
    other.app.view_mut().typed = None;
    let session = other.app.view().id;
    other.update(Msg::Found(
        Tag::Draft(session),
        Found::Draft(Some(text.clone())),
    ));
    assert_eq!(drawn(&other), "a [pasted 20 lines] b");
    assert_eq!(other.written(), format!("a {long} b"));
}

#[test]
fn what_is_put_by_comes_back_and_is_never_nowhere() {
    let mut desk = Desk::open();
    desk.typed("look ");
    desk.update(Msg::Paste("line\n".repeat(20)));
    let cmds = desk.ctrl('s');
    let [Cmd::Stash(stashed)] = cmds.as_slice() else {
        panic!("{cmds:?}");
    };
    assert_eq!(desk.written(), "");
    assert_eq!(
        desk.ctrl('s'),
        [Cmd::Ask(Tag::Stashed, Query::Stashed)],
        "in an empty composer: the list"
    );
    let older = Stashed {
        id: id(5),
        at: Time(1),
        text: "older".to_owned(),
    };
    let list = vec![stashed.clone(), older.clone()];
    desk.update(Msg::Found(Tag::Stashed, Found::Stashed(list.clone())));
    let cmds = desk.press(KeyCode::Enter);
    assert_eq!(drawn(&desk), "look [pasted 20 lines]");
    let session = Some(desk.app.view().id);
    let draft = Cmd::SaveDraft {
        session,
        text: stashed.text.clone(),
    };
    let gone = Cmd::Stash(Stashed {
        text: String::new(),
        ..stashed.clone()
    });
    assert_eq!(
        cmds,
        [draft, gone],
        "saved as a draft before it is taken away"
    );
    // A copy goes before what is written, and nothing is taken away.
    desk.app.view_mut().composer.set("mine");
    desk.app.show(Overlay::Stash(
        crate::tui::app::overlay::stash::Stash::default(),
    ));
    desk.update(Msg::Found(Tag::Stashed, Found::Stashed(list)));
    desk.press(KeyCode::Down);
    assert_eq!(desk.press(KeyCode::Tab), []);
    assert_eq!(desk.written(), "older\nmine");
}

#[test]
fn what_comes_back_into_a_temporary_session_stays_put_by() {
    let mut desk = Desk::open();
    let change = Change::Temporary { temporary: true };
    desk.fact(Fact::SessionChanged { change });
    let stashed = Stashed {
        id: id(5),
        at: Time(1),
        text: "older".to_owned(),
    };
    assert_eq!(desk.app.unstash(&stashed, false), []);
    assert_eq!(desk.written(), "older");
}

#[test]
fn a_file_brings_no_sign_of_a_chip_into_the_text() {
    let mut desk = Desk::open();
    desk.update(Msg::Paste("line\n".repeat(40)));
    let sign = desk.app.view().composer.text.as_str().to_owned();
    let begun = sought(&desk.typed(" @evil"));
    let number = begun.last().unwrap().as_ref().unwrap().number;
    files(&mut desk, number, &[&format!("evil{sign}name.txt")]);
    desk.press(KeyCode::Tab);
    assert_eq!(drawn(&desk), "[pasted 40 lines] @evilname.txt ");
}

#[test]
fn a_draft_that_was_put_by_is_dropped_by_two_presses() {
    let mut desk = Desk::open();
    desk.ctrl('s');
    let stashed = Stashed {
        id: id(5),
        at: Time(1),
        text: "older".to_owned(),
    };
    desk.update(Msg::Found(
        Tag::Stashed,
        Found::Stashed(vec![stashed.clone()]),
    ));
    assert_eq!(desk.ctrl('d'), []);
    desk.press(KeyCode::Down);
    assert_eq!(desk.ctrl('d'), [], "another key between them");
    let gone = Cmd::Stash(Stashed {
        text: String::new(),
        ..stashed
    });
    assert_eq!(desk.ctrl('d'), [gone]);
    assert!(matches!(&desk.app.overlay, Some(Overlay::Stash(list)) if list.shown().is_empty()));
    assert_eq!(desk.press(KeyCode::Enter), []);
}

#[test]
fn files_are_offered_behind_an_at_sign_and_put_into_the_text() {
    let mut desk = Desk::open();
    desk.typed("see ");
    let begun = sought(&desk.press(KeyCode::Char('@')));
    let [Some(first)] = begun.as_slice() else {
        panic!("{begun:?}");
    };
    assert_eq!(
        (first.folder.to_str(), first.typed.as_str()),
        (Some("/src/api"), "")
    );
    let number = first.number;
    let next = sought(&desk.typed("re"));
    assert!(next.iter().flatten().all(|sought| sought.number == number));
    files(&mut desk, number, &["src/retry.rs", "my notes/re.md"]);
    desk.press(KeyCode::Down);
    let cmds = desk.press(KeyCode::Enter);
    assert_eq!(desk.written(), "see @\"my notes/re.md\" ");
    assert_eq!(sought(&cmds), [None], "nothing is sought any more");
    // Hidden ones are another list.
    let hidden = sought(&desk.typed("＠."));
    assert!(
        hidden
            .iter()
            .flatten()
            .any(|sought| sought.hidden && sought.number > number)
    );
    files(&mut desk, number, &["late.rs"]);
    assert_eq!(desk.app.mentioned().unwrap().count(), 0, "of another list");
    desk.press(KeyCode::Esc);
    assert!(desk.app.mentioned().is_none());
    assert_eq!(desk.app.focus, Focus::Composer);
    assert!(
        !ops(&desk.press(KeyCode::Enter)).is_empty(),
        "then Enter sends"
    );
}

#[test]
fn a_name_that_is_there_in_full_is_sent_and_a_picture_is_read() {
    let mut desk = Desk::open();
    let begun = sought(&desk.typed("@a.rs"));
    let number = begun[0].as_ref().unwrap().number;
    files(&mut desk, number, &["a.rs"]);
    assert_eq!(
        ops(&desk.press(KeyCode::Enter)),
        [submit("@a.rs", When::Step)]
    );
    let begun = sought(&desk.typed("@pic"));
    let number = begun[0].as_ref().unwrap().number;
    files(&mut desk, number, &["picture.png"]);
    let cmds = desk.press(KeyCode::Tab);
    assert!(
        cmds.iter().any(|cmd| matches!(cmd, Cmd::Attach { .. })),
        "{cmds:?}"
    );
    desk.typed("! git show @");
    assert!(desk.app.mention.is_some(), "a picture begins the text");
    desk.ctrl('c');
    desk.typed("! git show @");
    assert!(desk.app.mention.is_none(), "a shell has its own");
}

#[test]
fn what_a_command_said_comes_into_the_composer_when_that_was_wished_for() {
    let said = |desk: &mut Desk, command: &str| {
        desk.fact(Fact::ItemAdded {
            turn: 1,
            step: 0,
            item: Item::Shell {
                command: command.to_owned(),
                outcome: Outcome::done("one\ntwo\n"),
            },
            imported: None,
        });
    };
    let mut desk = Desk::open();
    for (typed, left) in [("! ls", ""), ("!! ls", "[! ls, 2 lines]")] {
        desk.typed(typed);
        desk.press(KeyCode::Enter);
        assert_eq!(desk.app.view().shells.len(), 1);
        said(&mut desk, "ls");
        assert_eq!(drawn(&desk), left, "{typed}");
        assert_eq!(desk.app.view().shells, []);
    }
    assert_eq!(desk.written(), "$ ls\none\ntwo\n");
    said(&mut desk, "of another face");
    assert_eq!(drawn(&desk), "[! ls, 2 lines]");
}

#[test]
fn a_command_that_runs_is_stopped_by_two_escapes_and_forgotten_when_refused() {
    let mut desk = Desk::open();
    desk.typed("! sleep 100");
    desk.press(KeyCode::Enter);
    assert!(desk.app.view().counts_seconds());
    assert_eq!(desk.press(KeyCode::Esc), []);
    assert_eq!(ops(&desk.press(KeyCode::Esc)), [Op::Interrupt]);
    let (session, command) = (desk.app.view().id, desk.app.view().shells[0].id);
    desk.update(Msg::Signals(vec![Signal::Refused {
        command,
        session,
        why: "no".to_owned(),
    }]));
    assert_eq!(desk.app.view().shells, []);
}

#[test]
fn full_width_forms_begin_what_their_narrow_ones_do() {
    let mut desk = Desk::open();
    desk.typed("、");
    assert!(!desk.app.slash_rows().is_empty());
    desk.ctrl('c');
    desk.typed("one 、two /mo");
    assert!(desk.app.slash_rows().is_empty(), "only at the beginning");
    desk.app.view_mut().composer.clear();
    desk.typed("？");
    assert!(matches!(desk.app.overlay, Some(Overlay::Help(_))));
    desk.press(KeyCode::Esc);
    desk.typed("！ls");
    assert_eq!(
        ops(&desk.press(KeyCode::Enter)),
        [Op::Shell {
            command: "ls".to_owned()
        }]
    );
}

#[test]
fn what_is_selected_is_let_go_by_escape_before_anything_else() {
    let mut desk = Desk::running();
    desk.typed("one two");
    desk.key(KeyCode::Left, KeyModifiers::SHIFT);
    assert_eq!(desk.app.view().composer.selection(), Some(6..7));
    desk.press(KeyCode::Esc);
    assert_eq!(desk.app.view().composer.selection(), None);
    assert_eq!(desk.app.esc_until, None);
    desk.press(KeyCode::Esc);
    assert!(desk.app.esc_until.is_some());
}
