//! A session that another process has: where that runs, and the way there.

use pretty_assertions::assert_eq;

use crate::protocol::event::Signal;
use crate::protocol::op::Op;
use crate::protocol::query::{Found, Holder, Query, TmuxPane, Whereabouts};
use crate::protocol::time::Time;
use crate::tui::app::board::LOOK;
use crate::tui::app::message::{Cmd, Msg, Tag};
use crate::tui::app::tests::{Desk, id};
use crate::tui::app::view::Stage;
use crate::tui::terminal::tmux::Place;

/// A session that could not be taken hold of.
fn refused() -> Desk {
    let mut desk = Desk::open();
    let past = id(78);
    let cmds = desk.app.open(past, None);
    let Some(Cmd::Send(resume)) = cmds.first() else {
        panic!("{cmds:?}");
    };
    let refused = Signal::Refused {
        command: resume.id,
        session: past,
        why: "session 78 is held by process 4711".to_owned(),
    };
    let cmds = desk.update(Msg::Signals(vec![refused]));
    let asked = Cmd::Ask(Tag::Holder(past), Query::Holder { session: past });
    assert!(cmds.contains(&asked), "{cmds:?}");
    desk
}

fn told(desk: &Desk) -> (&str, Option<&str>) {
    let held = desk.app.view().read_only.as_ref();
    held.map_or(("", None), |held| (&held.why, held.way.as_deref()))
}

#[test]
fn where_it_runs_is_told_as_far_as_it_is_known() {
    let pane = TmuxPane {
        socket: "/tmp/tmux-7/default".to_owned(),
        pane: "%3".to_owned(),
    };
    let holder = |here, since, tmux| Holder {
        process: 4711,
        here,
        whereabouts: Whereabouts { since, tmux },
        zone: 3_600,
    };
    // Twelve minutes past eight by UTC.
    let since = Some(Time((8 * 60 + 12) * 60_000));
    let place = Place {
        said: "tmux session main, pane 3".to_owned(),
        way: "tmux attach -t main".to_owned(),
    };
    let other = "Creel runs in another terminal, process 4711";
    let late = format!("{other} (since 09:12)");
    let named = "Creel runs in tmux session main, pane 3 (since 09:12); `tmux attach -t main`";
    let way = Some("`tmux attach -t main`");
    let unknown = "session 78 is held by process 4711";
    let cases = [
        (None, None, (unknown, None)),
        // It was let go of meanwhile, or is this process's own.
        (Some(holder(true, since, None)), None, (unknown, None)),
        (Some(holder(false, None, None)), None, (other, None)),
        (
            Some(holder(false, since, None)),
            None,
            (late.as_str(), None),
        ),
        (
            Some(holder(false, since, Some(pane.clone()))),
            None,
            (late.as_str(), None),
        ),
        (
            Some(holder(false, since, Some(pane.clone()))),
            Some(place),
            (named, way),
        ),
    ];
    for (holder, place, expected) in cases {
        let mut desk = refused();
        let past = id(78);
        let asks = holder
            .as_ref()
            .is_some_and(|holder| holder.whereabouts.tmux.is_some());
        let cmds = desk.update(Msg::Found(Tag::Holder(past), Found::Holder(holder)));
        let finds = cmds.contains(&Cmd::FindPane(past, pane.clone()));
        assert_eq!(finds, asks, "{cmds:?}");
        desk.update(Msg::Pane(past, place));
        assert_eq!(told(&desk), expected);
        let note = desk.app.note.as_ref().map(|note| note.text.as_str());
        assert_eq!(note, Some(expected.0));
    }
}

#[test]
fn the_draft_of_its_holder_is_neither_shown_nor_written_over() {
    let saves = |cmds: &[Cmd]| {
        cmds.iter()
            .any(|cmd| matches!(cmd, Cmd::SaveDraft { session, .. } if *session == Some(id(78))))
    };
    let draft = || {
        let found = Found::Draft(Some("of its holder".to_owned()));
        Msg::Found(Tag::Draft(id(78)), found)
    };
    for first in [true, false] {
        let mut desk = Desk::open();
        let cmds = desk.app.open(id(78), None);
        let Some(Cmd::Send(resume)) = cmds.first() else {
            panic!("{cmds:?}");
        };
        let refused = Signal::Refused {
            command: resume.id,
            session: id(78),
            why: "session 78 is held by process 4711".to_owned(),
        };
        let mut msgs = vec![draft(), Msg::Signals(vec![refused])];
        if !first {
            msgs.reverse();
        }
        for msg in msgs {
            desk.update(msg);
        }
        assert_eq!(desk.written(), "");
        desk.typed("of a reader");
        assert!(!saves(&desk.wait(1_000)), "it is its holder's");
        desk.ctrl('u');
        assert!(!saves(&desk.wait(1_000)), "it is its holder's");
        // Who sends it may have it by then: what was left there comes back.
        let command = desk.app.command(id(78), Op::Continue);
        let cmds = desk.app.speak_again(command);
        let asks = |cmd: &Cmd| matches!(cmd, Cmd::Ask(Tag::Draft(of), _) if *of == id(78));
        assert!(cmds.iter().any(asks), "{cmds:?}");
        desk.update(draft());
        assert_eq!(desk.written(), "of its holder");
    }
}

#[test]
fn what_begins_there_later_is_seen_here() {
    let mut desk = refused();
    let past = id(78);
    for view in &mut desk.app.views {
        (view.stage, view.typed, view.reading) = (Stage::Live, None, false);
    }
    desk.app.keeping.due = None;
    desk.app.note = None;
    assert!(!desk.app.view().running());
    assert_eq!(desk.app.wake(), None, "it may be held by nobody");
    let holder = Holder {
        process: 4711,
        here: false,
        whereabouts: Whereabouts::default(),
        zone: 0,
    };
    desk.update(Msg::Found(Tag::Holder(past), Found::Holder(Some(holder))));
    // What was typed and where one looked is kept first.
    let mut cmds = desk.wait(600);
    desk.app.note = None;
    assert_eq!(desk.app.wake(), Some(LOOK));
    cmds.extend(desk.wait(2_400));
    let asks = |cmd: &Cmd| matches!(cmd, Cmd::Ask(Tag::Missed(id), _) if *id == past);
    assert_eq!(cmds.iter().filter(|cmd| asks(cmd)).count(), 1, "{cmds:?}");
    // Whoever had it has ended: nothing wakes for it any more.
    let holder = Cmd::Ask(Tag::Holder(past), Query::Holder { session: past });
    assert!(cmds.contains(&holder), "{cmds:?}");
    desk.update(Msg::Found(Tag::Holder(past), Found::Holder(None)));
    desk.app.note = None;
    assert_eq!(desk.app.wake(), None);
    assert!(told(&desk).0.contains("has ended"), "{:?}", told(&desk));
}
