//! A session that another process has: where that runs, and the way there.

use pretty_assertions::assert_eq;

use crate::protocol::event::Signal;
use crate::protocol::query::{Found, Holder, Query, TmuxPane, Whereabouts};
use crate::protocol::time::Time;
use crate::tui::app::message::{Cmd, Msg, Tag};
use crate::tui::app::tests::{Desk, id};
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
