//! Pictures in the composer: a chip each, read elsewhere, never lost and never sent unread.
#![allow(clippy::unwrap_used)]

use crossterm::event::KeyCode;
use pretty_assertions::assert_eq;

use crate::protocol::event::{Fact, Signal, When};
use crate::protocol::id::MessageId;
use crate::protocol::image::{Image, ImageKind, Source};
use crate::protocol::item::Block;
use crate::protocol::op::{Managed, Op};
use crate::protocol::query::Found;
use crate::protocol::session::RunLimits;
use crate::tui::app::message::{Cmd, Msg, Tag};
use crate::tui::app::tests::{Desk, ops, submit};

fn image() -> Image {
    Image {
        name: "picture.png".into(),
        kind: ImageKind::Png,
        width: 1280,
        height: 720,
        hash: "5".repeat(64),
        bytes: 9,
    }
}

fn shown(blocks: Vec<Block>) -> Op {
    Op::Submit {
        blocks,
        when: When::Step,
        limits: RunLimits::default(),
    }
}

fn picture() -> Block {
    Block::Image { image: image() }
}

fn drawn(desk: &Desk) -> String {
    desk.app.view().composer.drawn(90).lines.join("\n")
}

/// The picture that is asked for, and its path.
fn asked(cmds: &[Cmd]) -> (u64, String) {
    let others: Vec<&Cmd> = cmds
        .iter()
        .filter(|cmd| !matches!(cmd, Cmd::Seek(_)))
        .collect();
    match others.as_slice() {
        [
            Cmd::Attach {
                number,
                source: Source::File { path, folder },
                ..
            },
        ] => {
            assert_eq!(folder.to_str(), Some("/src/api"));
            (*number, path.clone())
        }
        other => panic!("{other:?}"),
    }
}

impl Desk {
    fn paste(&mut self, text: &str) -> Vec<Cmd> {
        self.update(Msg::Paste(text.to_owned()))
    }

    fn attached(&mut self, number: u64, done: Managed) -> Vec<Cmd> {
        let session = self.app.view().id;
        self.update(Msg::Attached(session, number, done))
    }

    fn read(&mut self, number: u64) -> Vec<Cmd> {
        self.attached(number, Managed::Attached { image: image() })
    }
}

#[test]
fn a_dropped_picture_is_one_chip_that_is_sent_in_its_place() {
    let mut desk = Desk::open();
    desk.typed("see ");
    let (number, path) = asked(&desk.paste("'/tmp/my picture.png' "));
    assert_eq!(
        (&*path, &*drawn(&desk)),
        ("/tmp/my picture.png", "see [picture …]")
    );
    assert_eq!(desk.read(number), []);
    assert_eq!(drawn(&desk), "see [picture.png 1280x720]");
    desk.press(KeyCode::Backspace);
    assert_eq!(drawn(&desk), "see ");
    desk.ctrl('_');
    desk.typed(" now");
    assert_eq!(drawn(&desk), "see [picture.png 1280x720] now");
    let blocks = vec![Block::text("see "), picture(), Block::text(" now")];
    assert_eq!(ops(&desk.press(KeyCode::Enter)), [shown(blocks)]);
    desk.press(KeyCode::Up);
    assert_eq!(
        drawn(&desk),
        "see [image picture.png 1280x720] now",
        "by name"
    );
}

#[test]
fn what_is_sent_too_soon_waits_for_its_pictures() {
    let mut desk = Desk::open();
    desk.typed("what is @a.png");
    let cmds = desk.press(KeyCode::Enter);
    assert_eq!(drawn(&desk), "what is [picture …]");
    let (number, path) = asked(&cmds);
    assert_eq!(path, "a.png");
    assert_eq!(ops(&desk.press(KeyCode::Enter)), [], "still being read");
    let blocks = vec![Block::text("what is "), picture()];
    assert_eq!(ops(&desk.read(number)), [shown(blocks)]);
    // What is typed meanwhile is no longer what Enter meant.
    let (number, _) = asked(&desk.paste("/tmp/a.png"));
    desk.press(KeyCode::Enter);
    desk.typed("!");
    assert_eq!(ops(&desk.read(number)), []);
    assert_eq!(drawn(&desk), "[picture.png 1280x720]!");
}

#[test]
fn what_is_no_picture_stays_the_text_it_was() {
    let no = |why: &str| Managed::NoPicture { why: why.into() };
    let bad = |why: &str| Managed::Failed { why: why.into() };
    let cases = [
        ("/tmp/notes", no("notes is no picture"), None),
        (
            "/tmp/a.png",
            no("a.png is no picture"),
            Some("a.png is no picture"),
        ),
        (
            "/tmp/notes",
            bad("notes is damaged"),
            Some("notes is damaged"),
        ),
    ];
    for (text, done, told) in cases {
        let mut desk = Desk::open();
        desk.typed("see ");
        let (number, _) = asked(&desk.paste(text));
        let sends = told.is_none();
        desk.press(KeyCode::Enter);
        let sent = ops(&desk.attached(number, done));
        let whole = format!("see {text}");
        let expected = sends.then(|| submit(&whole, When::Step));
        assert_eq!(sent, Vec::from_iter(expected), "{text}");
        assert_eq!(drawn(&desk), if sends { "" } else { &whole });
        let note = desk.app.note.as_ref().map(|note| note.text.as_str());
        assert_eq!(note, told, "{text}");
    }
    // Named by hand it is told, and the second Enter sends the words.
    let mut desk = Desk::open();
    let (number, _) = asked(&desk.typed("@a.png "));
    desk.attached(number, no("cannot read the picture a.png: no such file"));
    assert_eq!(drawn(&desk), "@a.png ");
    assert!(desk.app.note.is_some());
    assert_eq!(
        ops(&desk.press(KeyCode::Enter)),
        [submit("@a.png", When::Step)]
    );
}

#[test]
fn a_picture_survives_with_its_draft_a_refusal_and_being_taken_back() {
    let mut desk = Desk::open();
    desk.typed("see ");
    let (number, _) = asked(&desk.paste("/tmp/a.png"));
    desk.read(number);
    let session = desk.app.view().id;
    let text = desk
        .wait(5_000)
        .into_iter()
        .find_map(|cmd| match cmd {
            Cmd::SaveDraft { text, .. } => Some(text),
            _ => None,
        })
        .unwrap();
    assert!(
        text.contains(&image().hash),
        "a purge spares what a draft names"
    );
    let mut later = Desk::open();
    later.app.view_mut().typed = None;
    let later_id = later.app.view().id;
    later.update(Msg::Found(Tag::Draft(later_id), Found::Draft(Some(text))));
    assert_eq!(drawn(&later), "see [picture.png 1280x720]");
    let blocks = vec![Block::text("see "), picture()];
    assert_eq!(ops(&later.press(KeyCode::Enter)), [shown(blocks.clone())]);

    let sent = desk.press(KeyCode::Enter);
    let [Cmd::Send(command), ..] = sent.as_slice() else {
        panic!("{sent:?}")
    };
    desk.update(Msg::Signals(vec![Signal::Refused {
        command: command.id,
        session,
        why: "p/m takes no images".into(),
    }]));
    assert_eq!(drawn(&desk), "see [picture.png 1280x720]");
    desk.update(Msg::Edited(
        Ok("so: [image picture.png 1280x720]?\n".into()),
    ));
    assert_eq!(drawn(&desk), "so: [picture.png 1280x720]?");

    desk.fact(Fact::MessageQueued {
        id: MessageId(1),
        blocks: vec![picture()],
        when: When::Turn,
    });
    desk.key(KeyCode::Up, crossterm::event::KeyModifiers::ALT);
    assert_eq!(
        drawn(&desk),
        "[picture.png 1280x720]\nso: [picture.png 1280x720]?"
    );
}

#[test]
fn the_clipboard_is_asked_where_the_cursor_is() {
    let mut desk = Desk::open();
    desk.typed("see ");
    let cmds = desk.ctrl('v');
    let [Cmd::Clipboard { number, .. }] = cmds.as_slice() else {
        panic!("{cmds:?}")
    };
    desk.attached(
        *number,
        Managed::Failed {
            why: "there is no picture in the clipboard".into(),
        },
    );
    assert_eq!(drawn(&desk), "see ");
    let note = desk.app.note.as_ref().map(|note| note.text.as_str());
    assert_eq!(note, Some("there is no picture in the clipboard"));
}
