//! Sessions side by side: the drawings, and that what is left as it was is what would be drawn.

use crossterm::event::{KeyCode, KeyModifiers};

use creel::protocol::ask::Risk;
use creel::protocol::call::Detail;
use creel::protocol::event::{Delta, Ending, Event, Fact, Signal};
use creel::protocol::id::{Seq, SessionId};
use creel::protocol::item::{Block, Item, Origin};
use creel::protocol::session::Change;
use creel::protocol::time::Time;
use creel::tui::app::layout::{Axis, Edge};
use creel::tui::app::message::Msg;
use creel::tui::app::pane::PaneId;
use creel::tui::app::pointer::{Part, Spot};
use creel::tui::screen;
use creel::tui::screen::kept::Kept;
use creel::tui::screen::look::Look;
use creel::tui::terminal::surface::Surface;
use creel::tui::theme::Theme;
use creel::tui::widget::paint::Glyphs;

use super::desk::Desk;
use super::given::{START, approval, outcome, setup, worked};

impl Desk {
    pub fn lead(&mut self, keys: &str) {
        for c in keys.chars() {
            self.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
            self.press(KeyCode::Char(c));
        }
    }

    pub fn alt(&mut self, c: char) {
        self.key(KeyCode::Char(c), KeyModifiers::ALT);
    }

    pub fn titled(&mut self, title: &str) {
        self.fact(Fact::SessionChanged {
            change: Change::Title {
                title: title.to_owned(),
            },
        });
    }

    /// A prompt is sent from the fresh session with the keys, and its turn begins.
    pub fn begins(&mut self, title: &str, prompt: &str) {
        self.typed(prompt);
        self.press(KeyCode::Enter);
        let spec = self.app.views[0].session.as_ref().unwrap().spec.clone();
        self.fact(Fact::SessionOpened { spec });
        self.fact(Fact::TurnStarted { turn: 1 });
        self.item(Item::Prompt {
            blocks: vec![Block::text(prompt)],
            origin: Origin::Person,
        });
        self.titled(title);
    }

    pub fn of(&mut self, session: SessionId, fact: Fact) {
        self.seq += 1;
        let event = Event {
            seq: Seq(self.seq),
            session,
            at: Time(START + self.millis as i64),
            fact,
        };
        self.update(Msg::Signals(vec![Signal::Event(Box::new(event))]));
    }
}

/// As in the drawing: one answers, one is done, one waits, and one has no pane.
fn three(size: (u16, u16)) -> Desk {
    let mut desk = worked((100, 30));
    desk.titled("api-fix");
    desk.lead("v");
    desk.begins("docs", "Write the page on retries");
    desk.done(
        1,
        "bash",
        r#"{"command":"zola build"}"#,
        outcome("Done in 1.2 s", Some(0), 1_200, Detail::None),
    );
    desk.item(Item::Answer {
        text: "The page builds; 2 dead links were there before. Done.".to_owned(),
        cut: false,
        opaque: None,
    });
    let docs = desk.app.view().id;
    desk.lead("s");
    desk.begins("flaky", "Find out why 7 of 50 runs fail");
    let ask = approval(
        Risk::Medium,
        "rm -rf target/tmp && cargo clean",
        "deletes 3.1 GB, all inside target/",
    );
    desk.ask(ask);
    desk.lead("KLL");
    desk.lead("n");
    desk.begins("deps", "Update what is old");
    desk.alt('3');
    desk.alt('1');
    desk.of(
        docs,
        Fact::TurnEnded {
            turn: 1,
            ending: Ending::Finished,
        },
    );
    desk.wait(120_000);
    desk.typed("yes, and also cover 429");
    desk.size = size;
    desk.update(Msg::Resize(size.0, size.1));
    desk
}

#[test]
fn a_session_is_named_in_the_top_line_or_counted() {
    let mut counted = 0;
    for width in (72..=120).step_by(4) {
        let mut desk = three((width, 24));
        for more in 4..=8 {
            let text = desk.text();
            let line = text.lines().next().unwrap();
            let named = (1..=9).filter(|n| line.contains(&format!(" {n} "))).count();
            assert_eq!(desk.app.views.len(), more);
            let said = line.split_whitespace().find(|word| word.starts_with('+'));
            if named == more {
                assert_eq!(said, None, "{line}");
            } else {
                counted += 1;
                assert_eq!(said, Some(format!("+{}", more - named).as_str()), "{line}");
                assert!(!line.contains("today"), "{line}");
            }
            // The one with the focus is always named, and what waits is always told.
            let at = format!(" {} ", desk.app.at() + 1);
            assert!(line.contains(&at) && line.contains("⚑1 waiting"), "{line}");
            assert!(line.contains("^X keys"), "{line}");
            if more < 8 {
                desk.press(KeyCode::Esc);
                desk.lead("n");
                desk.begins("more", "Look at it");
            }
        }
    }
    assert!(counted > 10, "{counted}");
}

/// An ask that has the keys is answered only where all of them are on the screen; else the way to more room is.
#[test]
fn the_keys_of_an_ask_are_seen_or_the_way_to_them_is() {
    let keys = ["once", "session", "n no", "edit", "Esc back", "ready"];
    let mut small = 0;
    for height in (14..=24).step_by(2) {
        for width in [82, 94] {
            let mut desk = three((width, height));
            desk.alt('a');
            desk.text();
            // Read to its end, and quiet since.
            for _ in 0..9 {
                desk.press(KeyCode::PageDown);
                desk.text();
            }
            desk.wait(400);
            let text = desk.text();
            if text.contains("too small") {
                small += 1;
                assert!(text.contains("^X z"), "{width}x{height}\n{text}");
                desk.press(KeyCode::Char('y'));
                assert!(desk.text().contains("too small"), "{width}x{height}");
                desk.lead("z");
                desk.text();
                desk.wait(400);
            }
            let text = desk.text();
            for key in keys {
                assert!(text.contains(key), "{key} at {width}x{height}\n{text}");
            }
        }
    }
    assert!(small > 0, "panes become small enough");
}

#[test]
fn one_session_waits_while_you_type_in_another() {
    for (width, height) in [(100, 30), (80, 24), (40, 12)] {
        let mut desk = three((width, height));
        screen!(format!("panes_{width}x{height}"), desk);
        desk.alt('a');
        screen!(format!("panes_ask_{width}x{height}"), desk);
        desk.wait(400);
        assert!(desk.text().contains("ready"), "{}", desk.text());
        desk.press(KeyCode::Char('y'));
        assert!(desk.text().contains("INSERT"), "{}", desk.text());
        assert_eq!(desk.app.panes.focus(), PaneId(1));
    }
    let mut desk = three((100, 30));
    desk.lead("z");
    screen!("panes_zoomed", desk);
    desk.lead("z");
    desk.glyphs = Glyphs::Ascii;
    desk.update(Msg::Focus(true));
    screen!("panes_ascii", desk);
}

#[test]
fn frames_of_panes_that_touch_are_an_edge() {
    let mut desk = three((100, 30));
    desk.text();
    let edge = |pane: u32, axis| {
        Some(Edge {
            pane: PaneId(pane),
            axis,
        })
    };
    let split = desk.app.rooms()[0].1.right();
    let below = desk.app.rooms()[2].1.top();
    let cases = [
        ((split - 1, 8), edge(1, Axis::Across)),
        ((split, 8), edge(1, Axis::Across)),
        ((split + 9, below), edge(2, Axis::Down)),
        ((split + 9, below - 1), edge(2, Axis::Down)),
        ((0, 8), None),
        ((99, 8), None),
        ((9, 1), None),
        ((9, 8), None),
        ((9, 0), None),
    ];
    for ((x, y), expected) in cases {
        assert_eq!(desk.spots.edge_at(x, y), expected, "{x},{y}");
    }
    assert_eq!(desk.spots.at(1, 0), Some(Spot::Tab(0)));
    assert_eq!(
        desk.spots.at(split, 8),
        Some(Spot::Pane(PaneId(2), Part::Frame))
    );
    let mut slim = three((40, 12));
    slim.text();
    assert!(slim.spots.tabs.iter().all(|(area, _)| area.y == 10));
    assert_eq!(slim.spots.tabs.len(), 3);
}

#[test]
fn what_is_left_as_it_was_is_what_would_be_drawn() {
    let look = Look::new(Theme::ansi(), Glyphs::Unicode);
    let mut desk = three((130, 40));
    let ids: Vec<SessionId> = desk.app.views.iter().map(|view| view.id).collect();
    let mut dice = 7_u64;
    let mut below = |limit: u64| {
        dice = dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % limit
    };
    let mut links = 0;
    for step in 0..400 {
        let session = ids[below(4) as usize];
        match below(12) {
            0..5 => {
                let texts = [
                    "so it goes on and on ",
                    "to http://x.y/z ",
                    "[and on](http://x.y) ",
                    "\n\n",
                ];
                let text = texts[below(4) as usize].to_owned();
                let delta = Delta::Text { text };
                desk.update(Msg::Signals(vec![Signal::Delta { session, delta }]));
            }
            5 => desk.typed("a"),
            6 => desk.alt(['h', 'j', 'k', 'l', 'a', '1', '4'][below(7) as usize]),
            7 => desk.press([KeyCode::Esc, KeyCode::PageUp, KeyCode::Tab][below(3) as usize]),
            8 => desk.wait([10, 400, 1_000, 70_000][below(4) as usize]),
            9 => desk.lead(&"zLH=?V"[step % 6..=step % 6]),
            10 => {
                let pane = PaneId(below(4) as u32);
                desk.update(Msg::Wheel(pane, below(9) as i64 - 4));
            }
            _ => desk.of(
                session,
                Fact::ItemAdded {
                    turn: 1,
                    step: 1,
                    item: Item::Answer {
                        text: format!("Answer {step}: [it](http://x.y/{step}) and http://a.b."),
                        cut: false,
                        opaque: None,
                    },
                    imported: None,
                },
            ),
        }
        desk.frame();
        desk.frame();
        let mut whole = Surface::new(130, 40);
        screen::draw(&desk.app, &mut Kept::default(), &mut whole, &look);
        let same = desk.surface.buffer() == whole.buffer();
        assert_eq!(desk.surface.links(), whole.links(), "in step {step}");
        links += (0..40).filter(|y| whole.links().has(*y)).count();
        assert!(same, "in step {step}:\n{}", desk.text());
    }
    assert!(links > 400, "only {links} rows had links");
}

#[test]
fn a_pane_without_news_is_not_drawn() {
    let mut desk = three((100, 30));
    let look = Look::new(Theme::ansi(), Glyphs::Unicode);
    desk.frame();
    let docs = desk.app.views[1].id;
    let drawn = |desk: &mut Desk| {
        let shown = screen::draw(&desk.app, &mut desk.kept, &mut desk.surface, &look);
        let panes = shown.seen.panes.iter().map(|seen| seen.pane.0);
        panes.collect::<Vec<u32>>()
    };
    assert_eq!(drawn(&mut desk), [0_u32; 0]);
    let delta = Delta::Text {
        text: "more".to_owned(),
    };
    let signal = Signal::Delta {
        session: docs,
        delta,
    };
    let now = super::given::now(desk.millis);
    desk.app.update(Msg::Signals(vec![signal]), now);
    assert_eq!(drawn(&mut desk), [2]);
    let key = crossterm::event::KeyEvent::new(KeyCode::Char('a'), KeyModifiers::NONE);
    desk.app.update(Msg::Key(key), now);
    assert_eq!(drawn(&mut desk), [1]);
}

#[test]
fn a_first_frame_with_what_was_kept() {
    let mut desk = three((100, 30));
    desk.wait(1_000);
    let kept = desk.app.keep_at_end(false);
    let creel::tui::app::message::Cmd::Keep(arrangement) = kept else {
        panic!("nothing is kept: {kept:?}");
    };
    let mut again = Desk::new(
        creel::tui::app::setup::Setup {
            arrangement,
            ..setup()
        },
        (100, 30),
    );
    screen!("panes_restored", again);
}
