//! The list of programs whose sessions can be taken in.

use std::path::PathBuf;

use crossterm::event::{KeyCode, KeyModifiers};

use creel::protocol::event::Signal;
use creel::protocol::import::{ImportNews, Program, Progress, Reached, Report, Source};
use creel::protocol::op::{Manage, Managed};
use creel::protocol::query::{Found, Query};
use creel::tui::app::message::{Cmd, Msg, Tag};

use super::desk::Desk;

fn source(program: Program, path: &str, (files, bytes): (u64, u64), taken: u64) -> Source {
    Source {
        program,
        path: PathBuf::from(path),
        files,
        bytes,
        taken_files: taken,
        taken_bytes: 0,
        sessions: taken,
        watched: program == Program::Codex,
    }
}

fn found() -> Vec<Source> {
    vec![
        source(
            Program::Claude,
            "/home/ada/.claude",
            (212, 1_100_000_000),
            0,
        ),
        source(Program::Codex, "/home/ada/.codex", (38, 94_000_000), 38),
        source(Program::Openclaw, "/home/ada/.openclaw", (7, 12_000_000), 5),
        source(Program::Hermes, "/home/ada/.hermes", (1, 48_000_000), 0),
    ]
}

fn progress(files: u64, bytes: u64) -> Msg {
    let progress = Progress {
        program: Program::Claude,
        path: PathBuf::from("/home/ada/.claude"),
        reached: Reached {
            files,
            of_files: 212,
            bytes,
            of_bytes: 1_100_000_000,
        },
        read: bytes,
        millis: 7_000,
        sessions: files,
        items: files * 400,
    };
    let news = ImportNews::Progress(Box::new(progress));
    Msg::Signals(vec![Signal::Import(news)])
}

#[test]
fn programs_are_listed_and_taken_in_while_one_works_on() {
    for (width, height) in [(80, 24), (40, 12)] {
        let mut desk = Desk::running((width, height));
        desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
        let asked = desk.pressed(KeyCode::Char('I'));
        assert!(asked.contains(&Cmd::Ask(Tag::Imports, Query::Imports)));
        desk.update(Msg::Found(Tag::Imports, Found::Imports(found())));
        screen!(format!("imports_{width}x{height}"), desk);
        let wanted = desk.pressed(KeyCode::Enter);
        let manage = Manage::Import {
            program: Program::Claude,
            path: PathBuf::from("/home/ada/.claude"),
        };
        let session = desk.app.view().id;
        assert!(wanted.contains(&Cmd::Manage(session, manage)));
        desk.update(progress(83, 432_000_000));
        screen!(format!("imports_running_{width}x{height}"), desk);
        // One at a time.
        assert!(
            !desk
                .pressed(KeyCode::Enter)
                .iter()
                .any(|cmd| matches!(cmd, Cmd::Manage(..)))
        );
        assert!(desk.pressed(KeyCode::Char('x')).contains(&Cmd::StopImport));
        // It goes on when nobody looks, and says what came of it.
        desk.press(KeyCode::Esc);
        desk.update(progress(90, 500_000_000));
        let report = Report {
            sessions: 90,
            items: 36_000,
            stopped: true,
            reached: Reached {
                files: 90,
                of_files: 212,
                ..Reached::default()
            },
            ..Report::default()
        };
        desk.update(Msg::Managed(session, Managed::Imported(report)));
        let note = desk.app.note.as_ref().map(|note| note.text.clone());
        let said = "Claude Code: 90 sessions, 36000 items taken in; stopped after 90 of 212 files";
        assert_eq!(note.as_deref(), Some(said));
        assert_eq!(desk.app.importing, None);
    }
}

#[test]
fn nothing_found_is_said() {
    let mut desk = Desk::running((80, 24));
    desk.lead("I");
    desk.update(Msg::Found(Tag::Imports, Found::Imports(Vec::new())));
    screen!("imports_none", desk);
    assert!(
        !desk
            .pressed(KeyCode::Enter)
            .iter()
            .any(|cmd| matches!(cmd, Cmd::Manage(..)))
    );
}
