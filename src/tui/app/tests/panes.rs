//! Panes under keys: where they go, what stays with the session, and that nothing moves by itself.
#![allow(clippy::unwrap_used)]

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::protocol::ask::Risk;
use crate::protocol::event::{Ending, Fact, When};
use crate::protocol::id::Seq;
use crate::protocol::op::Op;
use crate::protocol::session::Change;
use crate::tui::app::arrangement::Arrangement;
use crate::tui::app::keymap::leader::Leader;
use crate::tui::app::layout::{Axis, Edge};
use crate::tui::app::message::{Cmd, Msg};
use crate::tui::app::pane::PaneId;
use crate::tui::app::pointer::{Part, Spot};
use crate::tui::app::pointing::Gesture;
use crate::tui::app::setup::{Opened, Setup};
use crate::tui::app::tests::{Desk, Dice, approval, now, ops, submit};
use crate::tui::app::view::{Anchor, Scroll, Stage};
use crate::tui::app::{App, Focus};

impl Desk {
    fn lead(&mut self, keys: &str) -> Vec<Cmd> {
        let mut cmds = Vec::new();
        for c in keys.chars() {
            self.ctrl('x');
            cmds.extend(self.press(KeyCode::Char(c)));
        }
        cmds
    }

    /// A turn begins in the session with the keys.
    fn begin(&mut self, text: &str) {
        self.typed(text);
        self.press(KeyCode::Enter);
        let mut spec = self.app.views[0].session.as_ref().unwrap().spec.clone();
        spec.cwd = "/src/api".into();
        self.fact(Fact::SessionOpened { spec });
        self.fact(Fact::TurnStarted { turn: 1 });
    }

    fn shown(&self) -> Vec<(u32, usize)> {
        let number = |pane: PaneId| {
            let session = self.app.panes.get(pane).unwrap().session;
            let at = self.app.views.iter().position(|view| view.id == session);
            at.unwrap() + 1
        };
        let rooms = self.app.rooms();
        rooms.iter().map(|(id, _)| (id.0, number(*id))).collect()
    }

    fn focus(&self) -> u32 {
        self.app.panes.focus().0
    }
}

#[test]
fn a_session_beside_another_one() {
    let mut desk = Desk::running();
    desk.lead("v");
    assert_eq!(desk.shown(), [(1, 1), (2, 2)]);
    assert_eq!((desk.focus(), desk.app.view().stage), (2, Stage::Fresh));
    desk.typed("mend it");
    let sent = ops(&desk.press(KeyCode::Enter));
    assert_eq!(sent.last(), Some(&submit("mend it", When::Step)));
    desk.lead("s");
    assert_eq!(desk.shown(), [(1, 1), (2, 2), (3, 3)]);
    let moves = [('h', 1), ('l', 3), ('k', 2), ('h', 1), ('h', 1), ('j', 1)];
    for (key, expected) in moves {
        desk.alt(key);
        assert_eq!(desk.focus(), expected, "{key}");
    }
    // The pane used last, of those that touch.
    desk.alt('l');
    assert_eq!(desk.focus(), 2);
    desk.ctrl('x');
    desk.press(KeyCode::Down);
    assert_eq!(desk.focus(), 3);
    desk.lead(";");
    assert_eq!(desk.focus(), 1);
    desk.lead("}");
    assert_eq!(desk.shown(), [(2, 2), (1, 1), (3, 3)]);
    desk.lead("z");
    assert_eq!(desk.shown(), [(1, 1)]);
    desk.alt('j');
    assert_eq!(desk.shown().len(), 3, "a direction ends the zoom");
    assert_eq!(desk.focus(), 3);
}

#[test]
fn closing_a_pane_closes_nothing_but_the_view() {
    let mut desk = Desk::running();
    desk.lead("v");
    desk.begin("two");
    // Nothing is stopped; the log only hears that nobody looks at it.
    let change = Change::Unseen { unseen: true };
    assert_eq!(ops(&desk.lead("x")), [Op::Change { change }]);
    assert_eq!(desk.shown(), [(1, 1)]);
    assert_eq!(desk.app.views.len(), 2);
    // It is shown again where the focus is, and its past pane is gone.
    desk.alt('2');
    assert_eq!(desk.shown(), [(1, 2)]);
    desk.alt('1');
    assert_eq!(desk.shown(), [(1, 1)]);
    // Where nothing was said there is nothing to go on with.
    desk.lead("v");
    desk.lead("x");
    assert_eq!(desk.app.views.len(), 2);
    // The session itself, with its panes; not while a turn runs.
    desk.lead("V");
    assert_eq!(desk.shown(), [(1, 1), (4, 1)]);
    assert_eq!(ops(&desk.lead("X")), []);
    desk.fact(Fact::TurnEnded {
        turn: 1,
        ending: Ending::Finished,
    });
    assert_eq!(ops(&desk.lead("X")), [Op::Close]);
    assert_eq!(desk.shown().len(), 1);
    assert_eq!(desk.app.views.len(), 1);
}

#[test]
fn a_number_goes_to_the_pane_of_a_session_or_shows_it_here() {
    let mut desk = Desk::running();
    desk.lead("v");
    desk.begin("two");
    desk.lead("n");
    assert_eq!(desk.shown(), [(1, 1), (2, 3)]);
    desk.alt('1');
    assert_eq!(desk.focus(), 1);
    desk.alt('2');
    assert_eq!(desk.shown(), [(1, 2), (2, 3)]);
    desk.alt('3');
    assert_eq!(desk.focus(), 2);
    // Of several panes of one session each in turn.
    desk.lead("V");
    assert_eq!(desk.shown(), [(1, 2), (2, 3), (3, 3)]);
    for expected in [2, 3, 2] {
        desk.alt('3');
        assert_eq!(desk.focus(), expected);
    }
}

#[test]
fn a_text_belongs_to_the_session_and_a_place_to_the_pane() {
    let mut desk = Desk::running();
    desk.lead("V");
    desk.typed("half a sen");
    let place = Scroll {
        anchor: Anchor::At {
            seq: Seq(2),
            line: 1,
        },
        by: 0,
    };
    desk.app.pane_mut().scroll = place;
    desk.alt('h');
    assert_eq!(desk.written(), "half a sen");
    assert_eq!(desk.app.pane().scroll, Scroll::default());
    desk.alt('l');
    assert_eq!(desk.app.pane().scroll, place);
    // Sent once, from either of them.
    let sent = ops(&desk.press(KeyCode::Enter));
    assert_eq!(sent, [submit("half a sen", When::Step)]);
    desk.alt('h');
    assert_eq!(desk.written(), "");
}

#[test]
fn an_ask_is_answered_in_its_pane_and_the_focus_comes_back() {
    let mut desk = Desk::running();
    let first = desk.app.view().id;
    desk.lead("v");
    desk.begin("two");
    desk.alt('h');
    desk.typed("half");
    desk.press(KeyCode::Esc);
    let second = desk.app.views[1].id;
    desk.fact_of(
        second,
        Fact::AskRaised {
            ask: approval("a", Risk::Low),
        },
    );
    assert_eq!((desk.focus(), desk.asking()), (1, None));
    desk.alt('a');
    assert_eq!((desk.focus(), desk.asking()), (2, Some("a")));
    assert_eq!(ops(&desk.press(KeyCode::Char('y'))), []);
    desk.wait(400);
    let sent = ops(&desk.press(KeyCode::Char('y')));
    assert!(matches!(sent[0], Op::Answer { .. }), "{sent:?}");
    assert_eq!((desk.focus(), desk.app.view().id), (1, first));
    assert_eq!(desk.written(), "half");
    // One without a pane is shown here, and then the pane shows what it did before.
    desk.alt('l');
    desk.lead("x");
    desk.fact_of(
        second,
        Fact::AskRaised {
            ask: approval("b", Risk::Low),
        },
    );
    desk.alt('a');
    assert_eq!(desk.shown(), [(1, 2)]);
    desk.press(KeyCode::Esc);
    assert_eq!(desk.shown(), [(1, 1)]);
    assert_eq!(desk.asking(), None);
}

#[test]
fn reading_goes_on_where_it_was_left() {
    let mut desk = Desk::running();
    desk.lead("v");
    desk.begin("two");
    desk.lead("y");
    assert_eq!(desk.app.focus, Focus::Transcript);
    desk.alt('h');
    assert_eq!(desk.app.focus, Focus::Composer);
    desk.alt('l');
    assert_eq!(desk.app.focus, Focus::Transcript);
    // The space is a leader there.
    desk.typed(" h");
    assert_eq!(desk.focus(), 1);
    assert_eq!(desk.written(), "");
    // A second Esc is meant for the session the first one was pressed in.
    desk.press(KeyCode::Esc);
    desk.alt('l');
    assert_eq!(ops(&desk.press(KeyCode::Esc)), []);
}

#[test]
fn a_narrow_screen_shows_one_pane_and_keeps_the_others() {
    let mut desk = Desk::running();
    desk.lead("v");
    desk.begin("two");
    desk.update(Msg::Resize(79, 24));
    assert_eq!(desk.shown(), [(2, 2)]);
    desk.alt('1');
    assert_eq!(desk.shown(), [(1, 1)]);
    desk.alt('l');
    assert_eq!(desk.shown(), [(2, 2)], "a direction still leads there");
    desk.lead("v");
    assert!(desk.app.note.as_ref().unwrap().text.contains("80 columns"));
    assert_eq!(desk.app.panes.all().len(), 2);
    desk.update(Msg::Resize(100, 30));
    assert_eq!(desk.shown(), [(1, 1), (2, 2)]);
}

#[test]
fn there_is_an_end_to_splitting() {
    let mut desk = Desk::running();
    for _ in 0..40 {
        desk.lead("v");
        desk.lead("s");
    }
    let count = desk.app.panes.all().len();
    assert!((4..12).contains(&count), "{count}");
    assert_eq!(desk.shown().len(), count, "none of them is folded away");
    assert!(desk.app.note.as_ref().unwrap().text.contains("no room"));
}

#[test]
fn the_pointer_focuses_drags_and_turns() {
    let mut desk = Desk::running();
    desk.lead("v");
    desk.begin("two");
    let width = |desk: &Desk| desk.app.rooms()[0].1.width;
    assert_eq!(width(&desk), 50);
    let edge = Edge {
        pane: PaneId(1),
        axis: Axis::Across,
    };
    for (to, expected) in [(60, 61), (5, 24), (99, 76), (49, 50)] {
        desk.update(Msg::Drag(edge, to));
        assert_eq!(width(&desk), expected, "to {to}");
    }
    assert_eq!(desk.focus(), 2);
    desk.update(Msg::Wheel(PaneId(1), -3));
    assert_eq!(desk.focus(), 2, "what is turned does not take the focus");
    desk.update(Msg::Click(Spot::Pane(PaneId(1), Part::Transcript)));
    assert_eq!((desk.focus(), &desk.app.focus), (1, &Focus::Transcript));
    desk.update(Msg::Click(Spot::Tab(1)));
    assert_eq!(desk.focus(), 2);
    desk.update(Msg::Click(Spot::Pane(PaneId(1), Part::Frame)));
    assert_eq!(desk.focus(), 1);
    desk.lead("LL");
    assert_eq!(width(&desk), 58);
    desk.lead("=");
    assert_eq!(width(&desk), 50);
}

#[test]
fn fingers_that_know_tmux() {
    let mut desk = Desk::running();
    desk.app.setup.wishes.keymap.leader = Leader::CtrlB;
    desk.ctrl('b');
    desk.typed("%");
    desk.ctrl('b');
    desk.typed("\"");
    assert_eq!(desk.shown().len(), 3);
    desk.ctrl('b');
    desk.typed("o");
    assert_eq!(desk.focus(), 1);
    desk.typed("ab");
    desk.ctrl('b');
    desk.ctrl('b');
    desk.typed("-");
    assert_eq!(desk.written(), "a-b", "twice it is the key itself");
    // The other leader leads as ever.
    desk.lead("z");
    assert_eq!(desk.shown().len(), 1);
    let mut usual = Desk::running();
    usual.typed("ab");
    usual.ctrl('b');
    usual.typed("-");
    assert_eq!(usual.written(), "a-b");
}

#[test]
fn tabs_and_panes_are_those_of_the_last_time() {
    let mut desk = Desk::running();
    desk.lead("v");
    desk.begin("two");
    desk.lead("sLn");
    desk.typed("unsent");
    desk.alt('h');
    let kept = desk
        .wait(10_000)
        .into_iter()
        .find_map(|cmd| match cmd {
            Cmd::Keep(kept) => kept,
            _ => None,
        })
        .unwrap();
    assert_eq!(desk.wait(10_000), [], "kept once");
    let kept = Arrangement::parse(&kept.text()).unwrap();
    let setup = Setup {
        arrangement: Some(kept),
        ..desk.app.setup.clone()
    };
    let mut again = Desk {
        app: App::new(setup, (100, 30), now(0)),
        millis: 0,
        seq: 0,
    };
    assert_eq!(again.app.rooms(), desk.app.rooms());
    assert_eq!(again.shown(), desk.shown());
    assert_eq!(again.focus(), desk.focus());
    let asked = again.update(Msg::Ready(Opened::default()));
    assert_eq!(ops(&asked), [Op::Resume, Op::Resume]);
    let drafts = asked
        .iter()
        .filter(|cmd| matches!(cmd, Cmd::Ask(crate::tui::app::message::Tag::Draft(_), _)));
    assert_eq!(drafts.count(), again.app.views.len());
    let still = again.wait(10_000);
    let kept = still.iter().any(|cmd| matches!(cmd, Cmd::Keep(_)));
    assert!(!kept, "nothing has changed");
    // At the end it is kept, and what was never touched is not.
    let ends = |desk: &mut Desk| {
        let cmds = desk.app.quit_now();
        cmds.into_iter().find_map(|cmd| match cmd {
            Cmd::Keep(kept) => Some(kept.is_some()),
            _ => None,
        })
    };
    assert_eq!(ends(&mut again), Some(true));
    assert_eq!(ends(&mut Desk::new()), Some(false));
    // A single session is left behind by who leaves, and not by who is cut off.
    let mut single = Desk::open();
    assert_eq!(ends(&mut single), Some(false));
    let cut = single.app.cut_off();
    assert!(cut.iter().any(|cmd| matches!(cmd, Cmd::Keep(Some(_)))));
}

#[test]
fn whatever_is_pressed_the_focus_is_on_a_pane_that_shows_a_session() {
    let mut dice = Dice(3);
    let keys = "vsVxXzn=}{;hjklHJKL123[]ywq";
    for _ in 0..20 {
        let mut desk = Desk::running();
        for _ in 0..150 {
            let key = keys.chars().nth(dice.below(keys.len() as u64) as usize);
            desk.lead(&key.unwrap().to_string());
            match dice.below(6) {
                0 => _ = desk.press(KeyCode::Esc),
                1 => _ = desk.alt('a'),
                2 => {
                    let (width, height) = (dice.below(200) as u16, dice.below(60) as u16);
                    desk.update(Msg::Resize(width, height));
                }
                _ => desk.app.overlay = None,
            }
            let app = &desk.app;
            let mut tree = app.panes.tree().panes();
            let mut all: Vec<PaneId> = app.panes.all().iter().map(|pane| pane.id).collect();
            tree.sort_unstable();
            all.sort_unstable();
            assert_eq!(tree, all);
            assert!(all.contains(&app.panes.focus()));
            let held = |pane: &crate::tui::app::pane::Pane| {
                app.views.iter().any(|view| view.id == pane.session)
            };
            assert!(app.panes.all().iter().all(held));
            assert!(app.rooms().iter().any(|(id, _)| *id == app.panes.focus()));
        }
    }
}

#[test]
fn what_is_typed_behind_a_change_of_pane_goes_where_the_keys_are() {
    let reading = || {
        let mut desk = Desk::open();
        desk.lead("v");
        desk.alt('1');
        desk.update(Msg::Click(Spot::Pane(PaneId(1), Part::Transcript)));
        assert_eq!(desk.app.focus, Focus::Transcript);
        desk
    };
    let key = |c, modifiers| Msg::Key(KeyEvent::new(KeyCode::Char(c), modifiers));
    let burst = |desk: &mut Desk, msgs: Vec<Msg>| {
        // All before the next frame.
        for msg in msgs {
            desk.app.update(msg, now(1));
        }
        desk.wait(1);
    };
    let typed = |text: &str| -> Vec<Msg> {
        let keys = text.chars().map(|c| key(c, KeyModifiers::NONE));
        keys.collect()
    };
    let mut desk = reading();
    let mut msgs = typed("k");
    msgs.push(key('2', KeyModifiers::ALT));
    msgs.extend(typed("hello"));
    burst(&mut desk, msgs);
    assert_eq!((desk.focus(), desk.app.focus.clone()), (2, Focus::Composer));
    assert_eq!(desk.written(), "hello");
    desk.alt('1');
    assert_eq!(desk.app.focus, Focus::Transcript);
    assert!(desk.app.pane().eyes.held.is_empty());

    // What the pointer did in the pane that was left is not done in the other.
    let mut desk = reading();
    let point = |x, gesture| Msg::Point(PaneId(1), x, 1, gesture);
    let mut msgs = vec![point(1, Gesture::Press)];
    msgs.push(key('2', KeyModifiers::ALT));
    msgs.extend([point(4, Gesture::Drag), point(4, Gesture::Release)]);
    msgs.extend(typed("so"));
    burst(&mut desk, msgs);
    assert_eq!((desk.focus(), desk.written()), (2, "so".to_owned()));
    for pane in desk.app.panes.all() {
        assert!(pane.eyes.held.is_empty() && pane.eyes.selection.is_none());
    }

    // Keys that waited in a pane are not kept for when it has the focus again.
    let mut desk = reading();
    let mut msgs = typed("kj");
    msgs.push(Msg::Click(Spot::Pane(PaneId(2), Part::Composer)));
    burst(&mut desk, msgs);
    assert_eq!(desk.focus(), 2);
    assert!(desk.app.panes.get(PaneId(1)).unwrap().eyes.held.is_empty());
}

#[test]
fn the_pane_used_before_has_the_keys_after_one_of_the_last_time_is_closed() {
    let mut desk = Desk::running();
    desk.lead("v");
    desk.begin("two");
    desk.lead("s");
    desk.typed("three");
    desk.alt('h');
    desk.alt('l');
    // Moved, it is still the one with the keys.
    desk.lead("{");
    assert_eq!(desk.focus(), 3);
    let kept = desk.wait(10_000);
    let mut kept = kept.into_iter().filter_map(|cmd| match cmd {
        Cmd::Keep(kept) => kept,
        _ => None,
    });
    let setup = Setup {
        arrangement: kept.next(),
        ..desk.app.setup.clone()
    };
    desk.app = App::new(setup, (100, 30), now(10_000));
    desk.update(Msg::Ready(Opened::default()));
    assert_eq!(desk.focus(), 3);
    desk.lead("x");
    assert_eq!(desk.focus(), 1);
    let seen = desk.shown().iter().any(|(pane, _)| *pane == 1);
    assert!(seen, "{:?}", desk.shown());
}
