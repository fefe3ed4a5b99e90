//! Worktrees: what the workstation does when one is gone, and whose answer it was.

use std::path::{Path, PathBuf};

use crossterm::event::KeyCode;
use pretty_assertions::assert_eq;

use crate::protocol::op::{Managed, Op};
use crate::protocol::query::{Found, Query};
use crate::protocol::session::State;
use crate::protocol::worktree::{Done, Look, Loss, Plan, Sight, Worktree};
use crate::tui::app::message::{Cmd, Msg, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::files::{Files, Page};
use crate::tui::app::overlay::new_worktree::NewWorktree;
use crate::tui::app::setup::Place;
use crate::tui::app::tests::board::card;
use crate::tui::app::tests::{Desk, id, model, ops};
use crate::tui::app::text::Text;
use crate::tui::app::view::Stage;

fn tree(path: &str) -> Worktree {
    Worktree {
        path: path.into(),
        repository: "/src/api".into(),
        branch: "retry".to_owned(),
        base: "0".repeat(40),
        from: Some("main".to_owned()),
    }
}

fn removed(desk: &mut Desk, path: &str) -> Vec<Cmd> {
    let worktree = tree(path);
    let session = Some(desk.app.view().id);
    let done = Managed::Worktree(Done::Removed { worktree });
    desk.update(Msg::Errand(session, done))
}

#[test]
fn a_worktree_that_was_begun_in_is_left_for_its_repository() {
    let mut desk = Desk::open();
    let (first, within) = (desk.app.view().id, "/src/api.wt/retry/deep");
    desk.app.setup.cwd = PathBuf::from(within);
    if let Some(session) = &mut desk.app.view_mut().session {
        session.spec.cwd = PathBuf::from(within);
    }
    desk.app.new_session();
    let cmds = removed(&mut desk, "/src/api.wt/retry");
    assert!(cmds.contains(&Cmd::LookAt("/src/api".into())), "{cmds:?}");
    assert_eq!(ops(&cmds), [crate::protocol::op::Op::Close]);
    let [view] = desk.app.views.as_slice() else {
        panic!("{:?}", desk.app.views.len());
    };
    assert_eq!(
        (view.stage, view.cwd().as_path()),
        (Stage::Fresh, Path::new("/src/api"))
    );
    assert_ne!(view.id, first);
    assert_eq!(desk.app.setup.cwd, Path::new("/src/api"));

    // Another one is nothing to the tabs here.
    assert_eq!(removed(&mut desk, "/src/api.wt/other"), []);
    assert_eq!(desk.app.views.len(), 1);
}

fn failed(desk: &Desk) -> Option<&str> {
    match &desk.app.overlay {
        Some(Overlay::Files(overlay)) => overlay.failed.as_deref(),
        Some(Overlay::NewWorktree(overlay)) => overlay.failed.as_deref(),
        other => panic!("{other:?}"),
    }
}

fn said(desk: &Desk) -> &str {
    desk.app.note.as_ref().map_or("", |note| &note.text)
}

#[test]
fn an_answer_is_told_on_the_page_of_its_own_session_alone() {
    let mut desk = Desk::open();
    let (here, there) = (desk.app.view().id, id(99));
    let mut files = Files::new(here);
    files.page = Page::Remove {
        loss: None,
        field: Text::default(),
    };
    files.busy = true;
    desk.app.overlay = Some(Overlay::Files(Box::new(files)));
    let none_lost = || Found::Worktree(Box::new(Sight::Loss(Loss::default())));
    let page_of = |desk: &Desk| match &desk.app.overlay {
        Some(Overlay::Files(files)) => (files.page.clone(), files.busy),
        other => panic!("{other:?}"),
    };
    let before = page_of(&desk);

    // Of another session: said, and nothing else.
    desk.update(Msg::Found(Tag::Sight(there), none_lost()));
    let gone = |why: &str| Found::Worktree(Box::new(Sight::Failed(why.to_owned())));
    desk.update(Msg::Found(Tag::Sight(there), gone("is no more")));
    let committed = || {
        Managed::Worktree(Done::Committed {
            commit: "abc".to_owned(),
            files: 2,
        })
    };
    desk.update(Msg::Errand(Some(there), committed()));
    assert_eq!(said(&desk), "committed 2 files as abc");
    let why = || Managed::Failed {
        why: "not clean".to_owned(),
    };
    desk.update(Msg::Errand(Some(there), why()));
    assert_eq!(said(&desk), "not clean");
    let worktree = tree("/src/api.wt/other");
    let done = Managed::Worktree(Done::Removed { worktree });
    desk.update(Msg::Errand(Some(there), done));
    desk.update(Msg::Errand(None, why()));
    assert_eq!((page_of(&desk), failed(&desk)), (before, None));

    // Of its own.
    desk.update(Msg::Found(Tag::Sight(here), none_lost()));
    assert_eq!(
        page_of(&desk).0,
        Page::Remove {
            loss: Some(Loss::default()),
            field: Text::default()
        }
    );
    desk.update(Msg::Errand(Some(here), why()));
    assert_eq!(
        (page_of(&desk).1, failed(&desk)),
        (false, Some("not clean"))
    );
    desk.update(Msg::Errand(Some(here), committed()));
    assert_eq!(page_of(&desk).0, Page::Files);
}

/// What was seen for a new worktree of this name.
fn plan(name: &str) -> Found {
    Found::Worktree(Box::new(Sight::Plan(Plan {
        name: name.to_owned(),
        folder: "/src/api.wt".into(),
        from: None,
        at: "abc".to_owned(),
        uncommitted: 0,
        copy: Vec::new(),
        setup: None,
        submodules: false,
    })))
}

#[test]
fn a_new_worktree_is_planned_by_what_was_seen_for_its_own_session() {
    let mut desk = Desk::open();
    let here = desk.app.view().id;
    let mut overlay = NewWorktree::new(here);
    overlay.making = true;
    desk.app.overlay = Some(Overlay::NewWorktree(overlay));
    let name = |desk: &Desk| match &desk.app.overlay {
        Some(Overlay::NewWorktree(overlay)) => (overlay.field.as_str().to_owned(), overlay.making),
        other => panic!("{other:?}"),
    };
    desk.update(Msg::Found(Tag::Sight(id(99)), plan("other")));
    let why = || Managed::Failed {
        why: "not clean".to_owned(),
    };
    desk.update(Msg::Errand(Some(id(99)), why()));
    assert_eq!((name(&desk), failed(&desk)), ((String::new(), true), None));
    desk.update(Msg::Found(Tag::Sight(here), plan("own")));
    desk.update(Msg::Errand(None, why()));
    assert_eq!(
        (name(&desk), failed(&desk)),
        (("own".to_owned(), false), Some("not clean"))
    );
}

#[test]
fn a_name_that_is_offered_gives_way_to_one_that_is_typed() {
    let mut desk = Desk::open();
    desk.ctrl('x');
    desk.press(KeyCode::Char('N'));
    let session = desk.app.view().id;
    let answer = plan("work-1");
    desk.update(Msg::Found(Tag::Sight(session), answer));
    desk.typed("retry");
    let Some(Overlay::NewWorktree(overlay)) = &desk.app.overlay else {
        panic!("{:?}", desk.app.overlay);
    };
    assert_eq!(overlay.field.as_str(), "retry");
}

#[test]
fn from_the_board_the_way_back_leads_to_the_board() {
    let mut desk = Desk::open();
    desk.ctrl('x');
    desk.press(KeyCode::Char('w'));
    desk.press(KeyCode::Char('N'));
    assert!(matches!(desk.app.overlay, Some(Overlay::NewWorktree(_))));
    desk.press(KeyCode::Esc);
    assert_eq!(desk.app.overlay, None);
    assert!(desk.app.board.is_some());
}

#[test]
fn no_worktree_is_made_for_a_session_that_would_have_no_model() {
    let mut desk = Desk::new();
    desk.app.setup.model = None;
    desk.app.view_mut().model = None;
    assert_eq!(desk.app.make_worktree("retry".to_owned()), []);
    assert_eq!(said(&desk), "no model yet: choose one first");
    // One that plays its model gives one on.
    desk.app.view_mut().model = Some(model("rehearsal/tour"));
    let cmds = desk.app.make_worktree("retry".to_owned());
    assert_eq!(cmds.len(), 1, "{cmds:?}");
}

#[test]
fn where_no_worktree_can_be_made_no_name_is_asked_for() {
    let lead = |desk: &mut Desk| {
        desk.ctrl('x');
        desk.press(KeyCode::Char('N'))
    };
    // Known before.
    let mut desk = Desk::open();
    let place = Place {
        unversioned: true,
        ..Place::default()
    };
    desk.update(Msg::Place("/src/api".into(), place));
    let again = || vec![Cmd::LookAt("/src/api".into())];
    assert_eq!(lead(&mut desk), again());
    assert_eq!(desk.app.overlay, None);
    let why = "/src/api is in no git repository, which a worktree needs: `git init` makes one; ^X n begins without";
    assert_eq!(said(&desk), why);
    assert_eq!(desk.app.make_worktree("retry".to_owned()), again());
    desk.update(Msg::Place("/src/api".into(), Place::default()));
    assert_eq!(lead(&mut desk).len(), 1, "it has become one");

    // Found out by looking; once a plan was there, what fails is told beside it.
    let failed_look = |why: &str| Found::Worktree(Box::new(Sight::Failed(why.to_owned())));
    let mut desk = Desk::open();
    let session = desk.app.view().id;
    assert_eq!(lead(&mut desk).len(), 1);
    desk.update(Msg::Found(Tag::Sight(session), failed_look("no git here")));
    assert_eq!((&desk.app.overlay, said(&desk)), (&None, "no git here"));
    lead(&mut desk);
    desk.update(Msg::Found(Tag::Sight(session), plan("retry")));
    desk.update(Msg::Found(Tag::Sight(session), failed_look("taken")));
    assert_eq!(failed(&desk), Some("taken"));
}

#[test]
fn files_and_merge_of_a_session_are_reached_from_the_board() {
    let past = id(1);
    let seen = |look| Cmd::Ask(Tag::Sight(past), Query::Worktree(look));
    let files = seen(Look::Files { session: past });
    let merge = seen(Look::Merge { session: past });
    for (key, page, expected) in [
        ('f', Page::Files, vec![files.clone()]),
        ('M', Page::Merge { preview: None }, vec![files, merge]),
    ] {
        let mut desk = Desk::open();
        desk.board(vec![card(1, "one", State::Done)]);
        desk.char('G');
        let cmds = desk.char(key);
        assert_eq!(cmds, expected);
        let Some(Overlay::Files(overlay)) = &desk.app.overlay else {
            panic!("{:?}", desk.app.overlay);
        };
        assert_eq!((overlay.session, &overlay.page), (past, &page));
        // Esc leads back to the board; what the agent shall mend is written where it works.
        desk.press(KeyCode::Esc);
        if key == 'M' {
            desk.press(KeyCode::Esc);
        }
        assert!(desk.app.overlay.is_none() && desk.app.board.is_some());
        let cmds = desk.app.compose_in(past, "merge it");
        assert_eq!(ops(&cmds), [Op::Resume]);
        assert_eq!(
            (desk.app.view().id, desk.written()),
            (past, "merge it".to_owned())
        );
        assert!(desk.app.board.is_none());
        // What was left there unsent is not written over.
        let draft = Found::Draft(Some("left unsent".to_owned()));
        let cmds = desk.update(Msg::Found(Tag::Draft(past), draft));
        let [Cmd::Stash(kept)] = cmds.as_slice() else {
            panic!("{cmds:?}");
        };
        assert_eq!(kept.text, "left unsent");
        assert_eq!(desk.written(), "merge it");
    }
}

#[test]
fn a_session_without_a_worktree_has_one_line_on_the_board() {
    let none = "this session works in no worktree of its own";
    // Open here, and known by the log alone.
    let mut desk = Desk::open();
    desk.board(vec![card(1, "one", State::Done)]);
    desk.char('g');
    let here = desk.app.view().id;
    let files = Query::Worktree(Look::Files { session: here });
    assert_eq!(desk.char('f'), [Cmd::Ask(Tag::Sight(here), files)]);
    desk.press(KeyCode::Esc);
    assert_eq!(desk.char('M'), []);
    assert_eq!(
        said(&desk),
        format!("{none}; N makes one for a new session")
    );
    desk.char('G');
    desk.char('M');
    let failed = Sight::Failed(none.to_owned());
    let found = Found::Worktree(Box::new(failed));
    desk.update(Msg::Found(Tag::Sight(id(1)), found));
    assert!(desk.app.overlay.is_none());
    assert_eq!(said(&desk), none);
}
