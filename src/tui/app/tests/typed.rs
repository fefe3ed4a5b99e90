//! Commands that are typed in the composer, and what they ask first.
#![allow(clippy::unwrap_used)]

use crossterm::event::KeyCode;

use crate::protocol::op::Op;
use crate::protocol::query::{Found, ModelCard};
use crate::protocol::rule::Mode;
use crate::protocol::session::Change;
use crate::protocol::worktree::{Became, FileChange, Files, Look, Sight, Standing, Worktree};
use crate::tui::app::drawn::{Seen, SeenPage};
use crate::tui::app::keymap::Action;
use crate::tui::app::message::{Cmd, Msg, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::files::Page;
use crate::tui::app::tests::models::offer;
use crate::tui::app::tests::{Desk, ops};

impl Desk {
    fn enter(&mut self, text: &str) -> Vec<Cmd> {
        self.typed(text);
        self.press(KeyCode::Enter)
    }

    fn says(&self) -> &str {
        self.app.note.as_ref().map_or("", |note| &note.text)
    }
}

#[test]
fn the_mode_without_questions_is_asked_about_however_it_is_chosen() {
    let auto = Op::Change {
        change: Change::Mode { mode: Mode::Auto },
    };
    let mut desk = Desk::open();
    assert_eq!(ops(&desk.enter("/mode auto")), []);
    assert!(matches!(desk.app.overlay, Some(Overlay::Auto(_))));
    assert_eq!(desk.written(), "");
    assert_eq!(ops(&desk.press(KeyCode::Char('n'))), []);
    desk.enter("/mode auto");
    assert_eq!(ops(&desk.press(KeyCode::Char('y'))), [auto]);
    assert!(desk.says().ends_with("seen in the line at the foot"));
    // Every other one, and one that is lent, says all there is to say.
    for text in ["/mode plan", "/mode edits", "/mode auto 45m $3"] {
        let mut desk = Desk::open();
        assert_eq!(ops(&desk.enter(text)).len(), 1, "{text}");
        assert_eq!(desk.app.overlay, None, "{text}");
    }
}

fn worktree() -> Worktree {
    Worktree {
        path: "/src/api.wt/retry".into(),
        repository: "/src/api".into(),
        branch: "retry".to_owned(),
        base: "0".repeat(40),
        from: Some("main".to_owned()),
    }
}

#[test]
fn what_is_done_with_a_worktree_has_a_command() {
    for name in ["commit", "merge", "remove"] {
        let mut desk = Desk::open();
        desk.enter(&format!("/{name}"));
        let none = "this session works in no worktree of its own; ^X N makes one for a new session";
        assert_eq!(desk.says(), none, "{name}");
        assert_eq!(desk.app.overlay, None);

        let session = desk.app.view().id;
        desk.app.view_mut().session.as_mut().unwrap().spec.worktree = Some(worktree());
        let cmds = desk.enter(&format!("/{name}"));
        let asked: Vec<&str> = cmds
            .iter()
            .filter_map(|cmd| match cmd {
                Cmd::Ask(_, crate::protocol::query::Query::Worktree(look)) => Some(look),
                _ => None,
            })
            .map(|look| match look {
                Look::Files { .. } => "files",
                Look::Merge { .. } => "merge",
                Look::Loss { .. } => "loss",
                _ => "",
            })
            .collect();
        let listed = Sight::Files(Files {
            worktree: Some(worktree()),
            standing: Standing::default(),
            files: vec![FileChange {
                path: "src/retry.rs".to_owned(),
                became: Became::Changed,
                lines: Some((1, 1)),
                uncommitted: true,
            }],
            more: 0,
        });
        desk.update(Msg::Found(
            Tag::Sight(session),
            Found::Worktree(Box::new(listed)),
        ));
        let Some(Overlay::Files(files)) = &desk.app.overlay else {
            panic!("{name}");
        };
        match (&files.page, name) {
            (Page::Commit { field }, "commit") => {
                assert_eq!(field.as_str(), "Change retry.rs");
                assert_eq!(asked, ["files"]);
            }
            (Page::Merge { .. }, "merge") => assert_eq!(asked, ["files", "merge"]),
            (Page::Remove { .. }, "remove") => assert_eq!(asked, ["files", "loss"]),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_temporary_session_is_asked_about_before_it_is_thrown_away() {
    let mut desk = Desk::open();
    desk.fact(crate::protocol::event::Fact::SessionChanged {
        change: Change::Temporary { temporary: true },
    });
    for (key, closed) in [('n', false), ('y', true)] {
        assert_eq!(ops(&desk.app.act(Action::CloseTab)), []);
        assert!(matches!(desk.app.overlay, Some(Overlay::Discard(_))));
        let sent = ops(&desk.press(KeyCode::Char(key)));
        assert_eq!(sent.contains(&Op::Close), closed, "{key}");
        assert_eq!(desk.app.overlay, None);
    }
    // Others are still there: they are closed at once.
    let mut desk = Desk::open();
    assert_eq!(ops(&desk.app.act(Action::CloseTab)), [Op::Close]);
}

#[test]
fn the_temporary_session_that_was_asked_about_is_closed_and_no_other() {
    let temporary = |temporary| crate::protocol::event::Fact::SessionChanged {
        change: Change::Temporary { temporary },
    };
    for kept in [false, true] {
        let mut desk = Desk::open();
        let asked = desk.app.view().id;
        desk.app.act(Action::NewSession);
        let other = desk.app.view().id;
        desk.fact_of(asked, temporary(true));
        desk.app.go_to(0);
        desk.app.act(Action::CloseTab);
        // It is looked elsewhere while the question stands, as when another pane is clicked.
        desk.app.go_to(1);
        if kept {
            desk.fact_of(asked, temporary(false));
        }
        let cmds = desk.press(KeyCode::Char('y'));
        let closed: Vec<_> = cmds
            .iter()
            .filter_map(|cmd| match cmd {
                Cmd::Send(command) if command.op == Op::Close => Some(command.session),
                _ => None,
            })
            .collect();
        let left: Vec<_> = desk.app.views.iter().map(|view| view.id).collect();
        if kept {
            assert_eq!((closed, left), (vec![], vec![asked, other]));
        } else {
            assert_eq!((closed, left), (vec![asked], vec![other]));
        }
    }
}

#[test]
fn a_page_key_moves_what_is_seen_at_once() {
    for (open, at) in [
        (Action::Help, "help"),
        (Action::Cost, "cost"),
        (Action::Notices, "notices"),
    ] {
        let mut desk = Desk::open();
        desk.app.notices.push("one".to_owned());
        desk.app.act(open);
        let seen = Seen {
            page: Some(SeenPage { most: 99, rows: 16 }),
            ..Seen::default()
        };
        desk.app.drawn(seen);
        desk.app.key(KeyCode::PageDown.into());
        let moved = match &desk.app.overlay {
            Some(Overlay::Help(help)) => help.pick.at,
            Some(Overlay::Cost(cost)) => cost.scroll,
            Some(Overlay::Notices(notices)) => notices.scroll,
            other => panic!("{other:?}"),
        };
        assert_eq!(moved, 15, "{at}: a row stays in sight");
    }
}

#[test]
fn a_prompt_longer_than_the_window_is_told_before_it_is_sent() {
    let mut desk = Desk::open();
    let model = desk.app.view().model().cloned().unwrap();
    desk.app.models = vec![ModelCard {
        model,
        context: Some(1_000),
        ..offer("a/b").card
    }];
    assert_eq!(ops(&desk.enter("short")).len(), 1);
    desk.update(Msg::Paste("word ".repeat(2_000)));
    assert_eq!(ops(&desk.press(KeyCode::Enter)), []);
    assert!(
        desk.says().contains("takes 1k: Enter again"),
        "{}",
        desk.says()
    );
    // Another text is another question.
    desk.typed("and more, which is another text");
    assert_eq!(ops(&desk.press(KeyCode::Enter)), []);
    assert_eq!(ops(&desk.press(KeyCode::Enter)).len(), 1);
}
