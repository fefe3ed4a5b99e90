//! The board under keys: what each sends, what it refuses, and that the mark stays on its session.
#![allow(clippy::unwrap_used)]

use crossterm::event::KeyCode;

use crate::protocol::ask::Risk;
use crate::protocol::board::{Shelf, Weight};
use crate::protocol::event::{Ending, Fact, When};
use crate::protocol::id::SessionId;
use crate::protocol::money::Amounts;
use crate::protocol::op::{Manage, Managed, Op, Stopper};
use crate::protocol::query::{Found, Query};
use crate::protocol::session::{Card, Change, State};
use crate::protocol::time::Time;
use crate::protocol::worktree::Worktree;
use crate::tui::app::Focus;
use crate::tui::app::board::Writing;
use crate::tui::app::board::entries::{Group, Line};
use crate::tui::app::message::{Cmd, Msg, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::tests::{Desk, id, model, ops, submit};

pub fn card(n: u128, title: &str, state: State) -> Card {
    Card {
        id: id(n),
        title: title.to_owned(),
        state,
        model: model("anthropic/sonnet"),
        cwd: "/src/old".into(),
        project: "/src/old".into(),
        created: Time(0),
        active: Time(-(n as i64)),
        turns: 1,
        cost: Amounts::default(),
        unpriced: 0,
        included: 0,
        list: Amounts::default(),
        parent: None,
        gist: "the last answer".to_owned(),
        pinned: false,
        temporary: false,
        unseen: false,
        steps: 3,
        estimated: false,
        list_estimated: false,
        source: "creel".to_owned(),
    }
}

impl Desk {
    pub fn board(&mut self, cards: Vec<Card>) -> Vec<Cmd> {
        self.ctrl('x');
        let cmds = self.press(KeyCode::Char('w'));
        self.shelf(cards, &[]);
        cmds
    }

    pub fn shelf(&mut self, cards: Vec<Card>, elsewhere: &[(SessionId, u32)]) -> Vec<Cmd> {
        let question = self.app.board.as_ref().unwrap().question;
        let page = Shelf {
            total: cards.len() as u64,
            cards,
            elsewhere: elsewhere.to_vec(),
            ..Shelf::default()
        };
        self.update(Msg::Found(Tag::Board(question), Found::Board(page)))
    }

    pub fn marked(&self) -> Option<SessionId> {
        self.app.board.as_ref().and_then(|board| board.at)
    }

    pub fn said(&self) -> &str {
        self.app.note.as_ref().map_or("", |note| &note.text)
    }

    pub fn char(&mut self, c: char) -> Vec<Cmd> {
        self.press(KeyCode::Char(c))
    }
}

pub fn asked(cmds: &[Cmd]) -> Vec<&Query> {
    cmds.iter()
        .filter_map(|cmd| match cmd {
            Cmd::Ask(_, query) => Some(query),
            _ => None,
        })
        .collect()
}

#[test]
fn sessions_stand_in_their_groups() {
    let mut desk = Desk::running();
    let open = desk.app.view().id;
    let mut pinned = card(7, "pinned", State::Done);
    pinned.pinned = true;
    let mut unseen = card(6, "unseen", State::Done);
    unseen.unseen = true;
    let week = 7 * 86_400_000;
    let mut old = card(5, "stopped long ago", State::Interrupted);
    old.active = Time(-week - 1);
    desk.board(vec![
        card(1, "done", State::Done),
        card(2, "failed", State::Failed),
        card(3, "archived", State::Archived),
        card(4, "waits elsewhere", State::Waiting),
        old,
        unseen,
        pinned,
        card(8, "works elsewhere", State::Working),
    ]);
    let groups: Vec<(Group, Vec<SessionId>)> =
        desk.app
            .board_lines()
            .iter()
            .fold(Vec::new(), |mut all, line| {
                match line {
                    Line::Head(group) => all.push((*group, Vec::new())),
                    Line::Session(entry) => all.last_mut().unwrap().1.push(entry.id),
                }
                all
            });
    assert_eq!(
        groups,
        [
            (Group::NeedsYou, vec![id(4)]),
            (Group::Working, vec![open, id(8)]),
            (Group::Finished, vec![id(6)]),
            (Group::Stopped, vec![id(2)]),
            (Group::Earlier, vec![id(7), id(1), id(5)]),
        ]
    );
}

#[test]
fn the_mark_stays_on_its_session_while_the_list_moves() {
    let mut desk = Desk::new();
    desk.board(vec![
        card(1, "one", State::Done),
        card(2, "two", State::Done),
        card(3, "three", State::Done),
    ]);
    assert_eq!(desk.marked(), Some(id(1)));
    desk.char('j');
    assert_eq!(desk.marked(), Some(id(2)));
    desk.shelf(
        vec![
            card(9, "new", State::Working),
            card(3, "three", State::Done),
            card(2, "two", State::Done),
        ],
        &[],
    );
    assert_eq!(desk.marked(), Some(id(2)));
    // It is gone: the one in its place is marked.
    desk.shelf(
        vec![
            card(9, "new", State::Working),
            card(3, "three", State::Done),
        ],
        &[],
    );
    assert_eq!(desk.marked(), Some(id(3)));
    desk.char('g');
    assert_eq!(desk.marked(), Some(id(9)));
    desk.char('G');
    assert_eq!(desk.marked(), Some(id(3)));
    desk.shelf(Vec::new(), &[]);
    assert_eq!(desk.marked(), None);
    for c in "aRpxADt\r".chars() {
        assert_eq!(ops(&desk.char(c)), []);
    }
}

#[test]
fn what_is_not_open_is_changed_let_go_and_the_change_undone() {
    let mut desk = Desk::new();
    desk.board(vec![card(1, "one", State::Done)]);
    let change = |change: Change| Op::Change { change };
    let pinned = |pinned| change(Change::Pinned { pinned });
    let archived = |archived| change(Change::Archived { archived });
    let title = |title: &str| {
        change(Change::Title {
            title: title.to_owned(),
        })
    };
    assert_eq!(ops(&desk.char('p')), [pinned(true), Op::Close]);
    assert_eq!(desk.said(), "pinned: one; u undoes it");
    desk.char('R');
    desk.ctrl('u');
    desk.typed("the first");
    assert_eq!(
        ops(&desk.press(KeyCode::Enter)),
        [title("the first"), Op::Close]
    );
    assert_eq!(ops(&desk.char('A')), [archived(true), Op::Close]);
    assert_eq!(desk.marked(), None, "it is put away");
    assert_eq!(ops(&desk.char('u')), [archived(false), Op::Close]);
    assert_eq!(desk.marked(), Some(id(1)));
    assert_eq!(ops(&desk.char('u')), [title("one"), Op::Close]);
    assert_eq!(ops(&desk.char('u')), [pinned(false), Op::Close]);
    assert_eq!(ops(&desk.char('u')), []);
    assert!(
        desk.said().starts_with("nothing to undo"),
        "{}",
        desk.said()
    );
    // A title that is the same, or none, changes nothing.
    desk.char('R');
    assert_eq!(ops(&desk.press(KeyCode::Enter)), []);
    desk.char('R');
    desk.ctrl('u');
    assert_eq!(ops(&desk.press(KeyCode::Enter)), []);
}

#[test]
fn a_reply_is_sent_without_opening() {
    let mut desk = Desk::running();
    let here = desk.app.view().id;
    desk.board(vec![card(1, "one", State::Done)]);
    desk.char('g');
    assert_eq!(desk.marked(), Some(here));
    desk.press(KeyCode::Tab);
    desk.typed("axD");
    let sent = ops(&desk.press(KeyCode::Enter));
    assert_eq!(sent, [submit("axD", When::Step)]);
    desk.char('G');
    desk.press(KeyCode::Tab);
    desk.typed("go on");
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::Tab);
    let cmds = desk.press(KeyCode::Enter);
    assert_eq!(ops(&cmds), [Op::Resume, submit("go on", When::Step)]);
    assert_eq!(desk.app.view().id, here, "the eyes stay where they were");
    assert_eq!(desk.app.views[1].id, id(1));
    assert!(desk.app.board.is_some());
    // A command is not said to the model.
    desk.press(KeyCode::Tab);
    desk.typed("/model x");
    assert_eq!(ops(&desk.press(KeyCode::Enter)), []);
    assert!(desk.said().starts_with("commands work"), "{}", desk.said());
}

#[test]
fn deciding_goes_to_the_ask_and_answers_nothing() {
    let mut desk = Desk::running();
    desk.ask("a", Risk::Low);
    desk.board(Vec::new());
    desk.wait(1_000);
    assert_eq!(ops(&desk.char('y')), []);
    assert_eq!(ops(&desk.char('a')), []);
    assert!(desk.app.board.is_none());
    assert_eq!(desk.asking(), Some("a"));
    assert_eq!(
        ops(&desk.char('y')),
        [],
        "it is not ready before it is quiet"
    );
    desk.wait(400);
    assert_eq!(ops(&desk.char('y')).len(), 1);
}

#[test]
fn what_runs_or_is_held_elsewhere_is_not_put_away_or_deleted() {
    let mut desk = Desk::running();
    desk.board(vec![card(1, "one", State::Working)]);
    desk.shelf(vec![card(1, "one", State::Working)], &[(id(1), 4711)]);
    desk.char('g');
    for c in ['A', 'D'] {
        assert_eq!(ops(&desk.char(c)), []);
        assert!(desk.said().contains("x stops it"), "{}", desk.said());
    }
    assert_eq!(ops(&desk.char('x')), [Op::Interrupt]);
    desk.char('G');
    for c in ['A', 'D', 'p', 'a'] {
        assert_eq!(ops(&desk.char(c)), [], "{c}");
        assert!(desk.said().contains("process 4711"), "{}", desk.said());
    }
    let session = Some(id(1));
    let by = Stopper::Board;
    let stop = Cmd::Manage(id(1), Manage::Stop { session, by });
    // Whoever looks at it there is not stopped by one key, nor by one after another.
    assert_eq!(desk.char('x'), []);
    assert!(desk.said().contains("x once more"), "{}", desk.said());
    desk.char('G');
    assert_eq!(desk.char('x'), []);
    assert_eq!(desk.char('x'), [stop]);
    assert_eq!(desk.char('x'), []);
    desk.press(KeyCode::Tab);
    desk.typed("hello");
    assert_eq!(ops(&desk.press(KeyCode::Enter)), []);
    assert!(desk.said().contains("process 4711"), "{}", desk.said());
}

#[test]
fn two_keys_delete_once_what_goes_was_said() {
    let mut desk = Desk::new();
    desk.board(vec![card(1, "one", State::Done)]);
    let weigh = desk.char('D');
    assert_eq!(asked(&weigh), [&Query::Weight { session: id(1) }]);
    desk.char('y');
    assert_eq!(desk.press(KeyCode::Enter), [], "what goes is not known yet");
    let worktree = Worktree {
        path: "/src/trees/one".into(),
        repository: "/src/api".into(),
        branch: "creel/one".to_owned(),
        base: "0".repeat(40),
        from: None,
    };
    let weight = Weight {
        items: 2,
        bytes: 900,
        worktree: Some(worktree.clone()),
    };
    desk.update(Msg::Found(
        Tag::Weight(id(1)),
        Found::Weight(weight.clone()),
    ));
    assert_eq!(desk.press(KeyCode::Enter), [], "Enter alone does nothing");
    desk.char('y');
    let sessions = vec![id(1)];
    let purge = Cmd::Manage(id(1), Manage::Purge { sessions });
    assert_eq!(desk.press(KeyCode::Enter), [purge]);
    let purged = Managed::Purged {
        sessions: 1,
        events: 9,
        blobs: 0,
        stopped: None,
        copies: Vec::new(),
    };
    desk.update(Msg::Managed(id(1), purged));
    assert_eq!(desk.marked(), None);
    // What stays is said, with what takes it away.
    let stays = worktree.stays();
    assert!(desk.said().ends_with(&stays), "{}", desk.said());
    assert!(stays.ends_with(&worktree.removal()), "{stays}");
    assert_eq!(desk.app.notices, [stays]);
    // Esc keeps it.
    desk.shelf(vec![card(1, "one", State::Done)], &[]);
    desk.char('D');
    desk.update(Msg::Found(
        Tag::Weight(id(1)),
        Found::Weight(weight.clone()),
    ));
    desk.char('y');
    desk.press(KeyCode::Esc);
    assert_eq!(desk.app.board.as_ref().unwrap().writing, Writing::Nothing);
}

#[test]
fn an_open_session_that_is_put_away_loses_its_tab() {
    let mut desk = Desk::running();
    let here = desk.app.view().id;
    desk.fact(Fact::TurnEnded {
        turn: 1,
        ending: Ending::Finished,
    });
    desk.board(Vec::new());
    let archived = Op::Change {
        change: Change::Archived { archived: true },
    };
    assert_eq!(ops(&desk.char('A')), [archived, Op::Close]);
    assert!(desk.app.views.iter().all(|view| view.id != here));
    assert!(desk.app.board.is_some());
}

#[test]
fn words_are_looked_for_by_the_log() {
    let mut desk = Desk::new();
    desk.board(vec![card(1, "one", State::Done)]);
    desk.char('/');
    let cmds = desk.char('x');
    let words: Vec<&str> = asked(&cmds)
        .into_iter()
        .filter_map(|query| match query {
            Query::Board(wanted) => Some(wanted.words.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(words, ["x"]);
    // An answer to an older question comes too late.
    let question = desk.app.board.as_ref().unwrap().question - 1;
    let late = Shelf {
        cards: vec![card(2, "late", State::Done)],
        ..Shelf::default()
    };
    desk.update(Msg::Found(Tag::Board(question), Found::Board(late)));
    assert_eq!(desk.app.board.as_ref().unwrap().cards[0].id, id(1));
    assert_eq!(desk.marked(), None, "and what was read before does not fit");
    desk.press(KeyCode::Enter);
    desk.press(KeyCode::Esc);
    assert!(desk.app.board.is_some(), "first the words go");
    desk.press(KeyCode::Esc);
    assert!(desk.app.board.is_none());
}

#[test]
fn keys_of_everywhere_and_help_work_on_the_board() {
    let mut desk = Desk::running();
    desk.ctrl('x');
    desk.char('n');
    desk.board(Vec::new());
    desk.char('?');
    assert!(matches!(desk.app.overlay, Some(Overlay::Help(_))));
    desk.press(KeyCode::Esc);
    assert!(desk.app.board.is_some());
    // The leader is one here too, and never the letter after it.
    desk.ctrl('x');
    assert_eq!(ops(&desk.char('x')), []);
    assert!(desk.app.board.is_none());
    desk.board(Vec::new());
    desk.char('1');
    assert_eq!((desk.app.at(), desk.app.board.is_some()), (0, false));
    desk.board(Vec::new());
    assert_eq!(ops(&desk.alt('a')), []);
    assert!(desk.app.board.is_some(), "nothing waits");
    desk.char('n');
    assert_eq!(desk.app.focus, Focus::Composer);
}

#[test]
fn whether_it_was_seen_is_told_to_the_log_once() {
    let mut desk = Desk::running();
    let first = desk.app.view().id;
    desk.ctrl('x');
    let unseen = |unseen| Op::Change {
        change: Change::Unseen { unseen },
    };
    // Before it ends: nothing that is told afterwards would outlive a crash at that moment.
    assert_eq!(ops(&desk.char('n')), [unseen(true)]);
    let change = Change::Unseen { unseen: true };
    assert_eq!(
        ops(&desk.fact_of(first, Fact::SessionChanged { change })),
        []
    );
    assert!(!desk.app.views[0].unseen, "it still runs");
    let ended = Fact::TurnEnded {
        turn: 1,
        ending: Ending::Finished,
    };
    assert_eq!(ops(&desk.fact_of(first, ended)), []);
    assert!(desk.app.views[0].unseen);
    assert_eq!(ops(&desk.wait(10)), []);
    assert_eq!(ops(&desk.alt('1')), [unseen(false)]);
    assert_eq!(ops(&desk.wait(10)), []);
}

#[test]
fn a_temporary_session_leaves_no_draft() {
    let mut desk = Desk::new();
    desk.ctrl('x');
    let cmds = desk.char('u');
    let id = desk.app.view().id;
    let none = Cmd::SaveDraft {
        session: Some(id),
        text: String::new(),
    };
    // As with any new session it is asked who else writes here.
    assert!(matches!(&cmds[0], Cmd::Ask(Tag::Writers(of), _) if *of == id));
    assert_eq!(cmds[1..], [none]);
    assert!(desk.app.view().temporary());
    desk.typed("a secret");
    let drafts = desk.wait(1_000);
    assert!(
        !drafts
            .iter()
            .any(|cmd| matches!(cmd, Cmd::SaveDraft { .. })),
        "{drafts:?}"
    );
    let sent = ops(&desk.press(KeyCode::Enter));
    let change = Change::Temporary { temporary: true };
    assert!(matches!(sent[0], Op::Open { .. }));
    assert_eq!(
        sent[1..],
        [Op::Change { change }, submit("a secret", When::Step)]
    );
    // It can be kept before anything was said.
    let mut desk = Desk::new();
    desk.typed("/temporary");
    desk.press(KeyCode::Enter);
    assert!(desk.app.view().temporary());
    desk.typed("/temporary");
    desk.press(KeyCode::Enter);
    assert!(!desk.app.view().temporary());
}
