//! Worktrees on the screen: the name, the files, the way back, the other writer, and a mode that is lent.

use crossterm::event::{KeyCode, KeyModifiers};

use creel::protocol::event::Fact;
use creel::protocol::money::Money;
use creel::protocol::query::Found;
use creel::protocol::rule::Mode;
use creel::protocol::session::{Change, SessionSpec};
use creel::protocol::time::Time;
use creel::protocol::worktree::{
    Became, FileChange, Files, Loss, Plan, Preview, Sight, Standing, Worktree, Writer,
};
use creel::tui::app::message::{Msg, Tag};

use super::desk::Desk;
use super::given::{PATCH, START, setup, sonnet, worked};

fn tree() -> Worktree {
    Worktree {
        path: "/home/ada/src/api.wt/retry-after".into(),
        repository: "/home/ada/src/api".into(),
        branch: "retry-after".to_owned(),
        base: "1a2b3c4d5e6f".to_owned(),
        from: Some("main".to_owned()),
    }
}

fn standing() -> Standing {
    Standing {
        branch: "retry-after".to_owned(),
        commits: 2,
        files: 3,
        uncommitted: 1,
    }
}

impl Desk {
    fn sees(&mut self, sight: Sight) {
        let session = self.app.view().id;
        self.update(Msg::Found(
            Tag::Sight(session),
            Found::Worktree(Box::new(sight)),
        ));
    }

    fn leads(&mut self, c: char) {
        self.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
        self.press(KeyCode::Char(c));
    }
}

/// A session that works in a worktree.
fn in_worktree(size: (u16, u16)) -> Desk {
    let mut desk = worked(size);
    let view = &mut desk.app.views[0];
    if let Some(session) = &mut view.session {
        session.spec.worktree = Some(tree());
    }
    view.standing = Some(standing());
    desk
}

#[test]
fn an_empty_session_in_a_worktree_says_so_and_names_the_way_back() {
    for (size, said) in [
        (
            (80, 24),
            &[
                "~/src/api.wt/retry-after",
                "A worktree of ~/src/api:",
                "on branch retry-after until it is merged",
                "^X f shows its files",
                "M merges into main, D removes folder and branch",
            ][..],
        ),
        ((40, 12), &["worktree of ~/src/api; ^X f: merge, remove"]),
    ] {
        // It is opened as soon as its folder is there.
        let mut desk = Desk::new(setup(), size);
        desk.typed("go");
        desk.press(KeyCode::Enter);
        desk.app.view_mut().sent.clear();
        desk.fact(Fact::SessionOpened {
            spec: SessionSpec {
                cwd: tree().path,
                project: tree().repository,
                model: sonnet().model,
                mode: Mode::Ask,
                effort: None,
                system: String::new(),
                parent: None,
                worktree: Some(tree()),
                forked: None,
                source: None,
            },
        });
        let seen = desk.text();
        let inside = seen.replace(['┃', '│'], " ");
        let words: Vec<&str> = inside.split_whitespace().collect();
        for said in said {
            assert!(words.join(" ").contains(said), "{said} in\n{seen}");
        }
    }
}

fn files(size: (u16, u16)) -> Desk {
    let mut desk = in_worktree(size);
    desk.leads('f');
    let file = |path: &str, became, lines, uncommitted| FileChange {
        path: path.to_owned(),
        became,
        lines,
        uncommitted,
    };
    desk.sees(Sight::Files(Files {
        worktree: Some(tree()),
        standing: standing(),
        files: vec![
            file("src/http/retry.rs", Became::Changed, Some((31, 9)), false),
            file("tests/retry.rs", Became::New, Some((88, 0)), true),
            file("assets/old.png", Became::Removed, None, false),
        ],
        more: 0,
    }));
    desk.sees(Sight::Diff {
        path: "src/http/retry.rs".to_owned(),
        patch: PATCH.to_owned(),
    });
    desk
}

#[test]
fn a_name_is_asked_for_and_what_it_would_be_is_told() {
    let mut desk = worked((100, 30));
    desk.leads('N');
    desk.sees(Sight::Plan(Plan {
        name: "api-1".to_owned(),
        folder: "/home/ada/src/api.wt".into(),
        from: Some("main".to_owned()),
        at: "1a2b3c4".to_owned(),
        uncommitted: 2,
        copy: vec![".env".to_owned()],
        setup: Some("npm ci".to_owned()),
        submodules: false,
    }));
    screen!("worktree_new", desk);
    for (mode, expected) in [
        (Mode::Plan, "npm ci   denied in mode plan"),
        (Mode::Edits, "npm ci   asks first"),
        (Mode::Auto, "npm ci   at once, in mode auto"),
    ] {
        desk.app.setup.mode = mode;
        assert!(desk.text().contains(expected), "{}", desk.text());
    }
    desk.press(KeyCode::Enter);
    assert!(desk.text().contains("making it"), "{}", desk.text());
}

#[test]
fn its_files_stand_beside_their_differences() {
    screen!("worktree_files", files((100, 30)));
    screen!("worktree_files_80", files((80, 24)));
    screen!("worktree_files_40", files((40, 12)));
}

#[test]
fn a_merge_is_shown_before_it_is_made_and_a_loss_before_it_is_one() {
    let preview = Preview {
        into: "main".to_owned(),
        checkout: Some("/home/ada/src/api".into()),
        commits: vec![
            "9f8e7d6 Honour Retry-After".to_owned(),
            "5c4b3a2 Cap the wait".to_owned(),
        ],
        files: 2,
        forward: false,
        uncommitted: vec!["tests/retry.rs".to_owned()],
        conflicts: Vec::new(),
        obstacle: None,
    };
    let mut desk = files((100, 30));
    desk.press(KeyCode::Char('M'));
    desk.sees(Sight::Merge(preview.clone()));
    screen!("worktree_merge", desk);
    let mut desk = files((40, 12));
    desk.press(KeyCode::Char('M'));
    desk.sees(Sight::Merge(Preview {
        conflicts: vec!["src/http/retry.rs".to_owned()],
        ..preview
    }));
    screen!("worktree_conflict_40", desk);
    let mut desk = files((80, 24));
    desk.press(KeyCode::Char('D'));
    desk.sees(Sight::Loss(Loss {
        what: vec![
            "not committed: tests/retry.rs".to_owned(),
            "2 commits that no other branch has".to_owned(),
        ],
    }));
    screen!("worktree_loss", desk);
}

#[test]
fn who_writes_here_too_is_told_and_takes_no_key() {
    let mut desk = worked((100, 30));
    let session = desk.app.view().id;
    let writers = vec![Writer {
        session: creel::protocol::id::SessionId(uuid::Uuid::from_u128(7)),
        title: "api-fix".to_owned(),
    }];
    desk.fact(Fact::TurnEnded {
        turn: 1,
        ending: creel::protocol::event::Ending::Finished,
    });
    desk.update(Msg::Found(
        Tag::Writers(session),
        Found::Worktree(Box::new(Sight::Writers(writers))),
    ));
    desk.typed("w");
    screen!("worktree_shared", desk);
    desk.press(KeyCode::Backspace);
    desk.press(KeyCode::Tab);
    desk.wait(500);
    assert!(desk.text().contains("w worktree"), "{}", desk.text());
    desk.press(KeyCode::Enter);
    assert!(!desk.text().contains("writes here too"), "{}", desk.text());
}

#[test]
fn a_mode_that_is_lent_says_what_is_left_and_goes_by_itself() {
    let mut desk = worked((100, 30));
    desk.fact(Fact::TurnEnded {
        turn: 1,
        ending: creel::protocol::event::Ending::Finished,
    });
    let now = START + desk.millis as i64;
    desk.fact(Fact::SessionChanged {
        change: Change::ModeLent {
            mode: Mode::Auto,
            until: Some(Time(now + 41 * 60_000)),
            sum: Some(Money::usd(2_600_000_000_000)),
        },
    });
    assert!(
        desk.text().contains("auto 41m $2.60 left"),
        "{}",
        desk.text()
    );
    // Once a minute, and not before.
    let wake = desk.app.wake().unwrap().as_millis() as u64 - desk.millis;
    assert!(
        (59_000..=60_001).contains(&wake) || wake <= 10_000,
        "{wake}"
    );
    desk.wait(60_100);
    assert!(
        desk.text().contains("auto 40m $2.60 left"),
        "{}",
        desk.text()
    );
    desk.wait(40 * 60_000);
    assert!(desk.text().contains(" ask  "), "{}", desk.text());
}
