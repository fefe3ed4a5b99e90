//! Asks: what answers them and what never does.
#![allow(clippy::unwrap_used)]

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::protocol::ask::{Risk, Verdict};
use crate::protocol::event::{Fact, When};
use crate::protocol::id::AskId;
use crate::protocol::op::Op;
use crate::protocol::rule::Mode;
use crate::tui::app::message::{Cmd, Msg};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::help::{First, Help};
use crate::tui::app::tests::{Desk, Dice, now, ops, submit, verdict};
use crate::tui::app::{App, Seen};

#[test]
fn a_thousand_asks_while_typing_answer_none_and_lose_no_key() {
    const PROSE: &str = "yes, no and y n s N e d 1 2 3: whatever an ask would take as a key\n";
    let mut desk = Desk::running();
    let mut dice = Dice(7);
    let mut expected = String::new();
    let mut sent = Vec::new();
    let (mut asks, mut voided) = (0, 0);
    let mut prose = PROSE.chars().cycle();
    while asks < 1_000 {
        // Twelve keys a second, more or less.
        desk.millis += 40 + dice.below(90);
        match dice.below(4) {
            0 => {
                asks += 1;
                let risk = [Risk::Low, Risk::Medium, Risk::High][dice.below(3) as usize];
                desk.ask(&format!("ask-{asks}"), risk);
            }
            1 if voided < asks && dice.below(3) == 0 => {
                voided += 1;
                desk.fact(Fact::AskVoided {
                    ask: AskId(format!("ask-{voided}")),
                    why: "the call was withdrawn".to_owned(),
                });
            }
            _ => {}
        }
        let cmds = match prose.next().unwrap() {
            '\n' => {
                let cmds = desk.press(KeyCode::Enter);
                if !expected.trim().is_empty() {
                    sent.push(std::mem::take(&mut expected));
                }
                cmds
            }
            c => {
                expected.push(c);
                desk.press(KeyCode::Char(c))
            }
        };
        for op in ops(&cmds) {
            assert!(
                matches!(op, Op::Submit { .. }),
                "answered by typing: {op:?}"
            );
        }
        assert_eq!(desk.asking(), None, "an ask took the focus");
        assert_eq!(desk.written(), expected);
    }
    assert!(!sent.is_empty());
}

#[test]
fn a_thousand_asks_with_the_focus_answer_only_after_a_quiet() {
    let mut desk = Desk::running();
    let mut dice = Dice(11);
    for n in 0..1_000 {
        let name = format!("ask-{n}");
        desk.ask(&name, Risk::Low);
        desk.millis += dice.below(2_000);
        desk.alt('a');
        let quiet = dice.below(800);
        desk.millis += quiet;
        let cmds = desk.press(KeyCode::Char('y'));
        let answered = ops(&cmds);
        if quiet < 400 {
            assert_eq!(answered, [], "after {quiet} ms");
            assert_eq!(desk.asking(), Some(name.as_str()));
            desk.press(KeyCode::Esc);
            assert_eq!(desk.written(), "");
        } else {
            assert_eq!(
                answered,
                [Op::Answer {
                    ask: AskId(name.clone()),
                    answer: verdict(Verdict::Once)
                }],
                "after {quiet} ms"
            );
        }
        desk.fact(Fact::AskVoided {
            ask: AskId(name),
            why: String::new(),
        });
    }
}

#[test]
fn one_key_typed_ahead_of_an_ask_is_dropped_on_the_way_there() {
    use KeyCode::{Char, Enter, Tab};
    for (typed, dropped) in [
        ("y", true),
        ("ｙ", true),
        ("N", true),
        ("1", true),
        // What it does not take, what is more than a key, what is a message.
        ("z", false),
        ("9", false),
        ("yy", false),
        ("yes", false),
    ] {
        let mut desk = Desk::running();
        desk.ask("a", Risk::Low);
        desk.typed(typed);
        let cmds = desk.press(Tab);
        assert_eq!(desk.written(), "", "{typed}");
        if dropped {
            assert_eq!((ops(&cmds), desk.asking()), (vec![], Some("a")), "{typed}");
            // It has answered nothing, and the ask is quiet first.
            assert_eq!(ops(&desk.press(Char('y'))), []);
            desk.wait(400);
            assert_eq!(ops(&desk.press(Char('y'))).len(), 1);
        } else {
            assert_eq!(ops(&cmds), [submit(typed, When::Turn)]);
            assert_eq!(desk.asking(), None);
        }
        // Enter sends whatever is written.
        let mut desk = Desk::running();
        desk.ask("a", Risk::Low);
        desk.typed(typed);
        assert_eq!(ops(&desk.press(Enter)), [submit(typed, When::Step)]);
    }
    // Without an ask it is a text like any other.
    let mut desk = Desk::running();
    desk.typed("y");
    assert_eq!(ops(&desk.press(Tab)), [submit("y", When::Turn)]);
}

#[test]
fn the_help_is_opened_from_an_ask_and_answers_nothing() {
    use KeyCode::Char;
    for (sign, waits) in [('?', 0), ('？', 0), ('?', 400)] {
        let mut desk = Desk::running();
        desk.ask("a", Risk::Low);
        desk.alt('a');
        desk.wait(waits);
        assert_eq!(desk.press(Char(sign)), []);
        let help = Some(Overlay::Help(Help::of(First::Cards)));
        assert_eq!(desk.app.overlay, help, "{sign}");
        // Closed by the same key; one that follows at once counts as little as any that comes early.
        desk.press(Char(sign));
        assert_eq!(desk.app.overlay, None);
        assert_eq!(ops(&desk.press(Char('y'))), []);
        desk.wait(400);
        assert_eq!(ops(&desk.press(Char('y'))).len(), 1);
    }
    // In a line that is typed it is a sign.
    let mut desk = Desk::running();
    desk.ask("a", Risk::Low);
    desk.alt('a');
    desk.wait(400);
    desk.press(Char('N'));
    desk.typed("why?");
    assert_eq!(desk.app.overlay, None);
}

#[test]
fn keys_of_an_ask() {
    type Keys = &'static [KeyCode];
    use KeyCode::{Char, Down, Enter, Esc};
    let cases: &[(&str, Risk, Keys, Option<Verdict>)] = &[
        ("once", Risk::Low, &[Char('y')], Some(Verdict::Once)),
        ("full-width", Risk::Low, &[Char('ｙ')], Some(Verdict::Once)),
        ("by number", Risk::Low, &[Char('1')], Some(Verdict::Once)),
        (
            "full-width number",
            Risk::Medium,
            &[Char('２')],
            Some(Verdict::Session),
        ),
        (
            "by arrows",
            Risk::Low,
            &[Down, Down, Enter],
            Some(Verdict::Session),
        ),
        ("enter alone", Risk::Low, &[Enter], None),
        ("session", Risk::Low, &[Char('s')], Some(Verdict::Session)),
        (
            "no",
            Risk::High,
            &[Char('n')],
            Some(Verdict::No { reason: None }),
        ),
        ("high once", Risk::High, &[Char('y')], None),
        ("high twice y", Risk::High, &[Char('y'), Char('y')], None),
        ("high", Risk::High, &[Char('y'), Enter], Some(Verdict::Once)),
        (
            "high session",
            Risk::High,
            &[Char('s'), Enter],
            Some(Verdict::Session),
        ),
        ("high by arrows", Risk::High, &[Down, Enter], None),
        (
            "high, arrows, twice",
            Risk::High,
            &[Down, Enter, Enter],
            Some(Verdict::Once),
        ),
        (
            "high, another key between",
            Risk::High,
            &[Char('y'), Esc, Enter],
            None,
        ),
        ("esc never decides", Risk::Low, &[Esc], None),
        ("an unknown letter", Risk::Low, &[Char('z')], None),
        (
            "no with a reason",
            Risk::Low,
            &[Char('N'), Char('y'), Char('y'), Enter],
            Some(Verdict::No {
                reason: Some("yy".to_owned()),
            }),
        ),
        (
            "no without one",
            Risk::Low,
            &[Char('N'), Enter],
            Some(Verdict::No { reason: None }),
        ),
        (
            "a reason given up",
            Risk::Low,
            &[Char('N'), Char('y'), Esc, Char('y')],
            None,
        ),
        (
            "edited",
            Risk::Low,
            &[Char('e'), Char('s'), Enter],
            Some(Verdict::Edited {
                arguments: r#"{"command":"cargo tests"}"#.to_owned(),
            }),
        ),
        (
            "details need a new quiet",
            Risk::Low,
            &[Char('d'), Char('y')],
            None,
        ),
    ];
    for (name, risk, keys, expected) in cases {
        let mut desk = Desk::running();
        desk.ask("a", *risk);
        desk.alt('a');
        desk.wait(400);
        let cmds: Vec<Cmd> = keys.iter().flat_map(|&key| desk.press(key)).collect();
        let expected: Vec<Op> = expected
            .iter()
            .map(|given| Op::Answer {
                ask: AskId("a".to_owned()),
                answer: verdict(given.clone()),
            })
            .collect();
        assert_eq!(ops(&cmds), expected, "{name}");
    }
}

#[test]
fn an_ask_is_not_ready_before_its_last_line_was_seen() {
    let mut desk = Desk::running();
    desk.ask("a", Risk::Low);
    let mut app = desk.app.clone();
    app.update(
        Msg::Key(KeyEvent::new(KeyCode::Char('a'), KeyModifiers::ALT)),
        now(0),
    );
    let key = |app: &mut App, millis| {
        ops(&app.update(Msg::Key(KeyEvent::from(KeyCode::Char('y'))), now(millis)))
    };
    app.update(Msg::Drawn(Seen::default()), now(1));
    assert_eq!(key(&mut app, 5_000), []);
    let seen = Seen {
        last_line: true,
        ..Seen::default()
    };
    app.update(Msg::Drawn(seen), now(6_000));
    assert_eq!(key(&mut app, 6_399), []);
    assert_eq!(key(&mut app, 6_798), []);
    assert_eq!(key(&mut app, 7_198).len(), 1);
}

#[test]
fn a_no_needs_no_reading_to_the_end() {
    use KeyCode::Char;
    type Frames = &'static [(usize, bool, u64)];
    let no = |reason: Option<&str>| {
        let reason = reason.map(str::to_owned);
        Some(Verdict::No { reason })
    };
    // Nothing of it is seen, a part, a part and then the rest; the keys, when, and what they answer.
    let part: Frames = &[(3, false, 0)];
    let cases: &[(Frames, &[KeyCode], u64, Option<Verdict>)] = &[
        (part, &[Char('n')], 399, None),
        (part, &[Char('n')], 400, no(None)),
        (part, &[Char('ｎ')], 400, no(None)),
        (part, &[Char('5')], 400, no(None)),
        (
            part,
            &[Char('N'), Char('x'), KeyCode::Enter],
            400,
            no(Some("x")),
        ),
        (part, &[Char('y')], 5_000, None),
        (part, &[Char('1')], 5_000, None),
        (part, &[Char('s')], 5_000, None),
        (part, &[Char('e'), KeyCode::Enter], 5_000, None),
        (part, &[KeyCode::Down, KeyCode::Enter], 5_000, None),
        // Too small to show any of it, or something lies over it.
        (&[(0, false, 0)], &[Char('n')], 5_000, None),
        (&[(0, false, 0), (3, false, 300)], &[Char('n')], 699, None),
        (
            &[(0, false, 0), (3, false, 300)],
            &[Char('n')],
            700,
            no(None),
        ),
        (&[(3, false, 0), (3, true, 300)], &[Char('n')], 699, None),
        (
            &[(3, false, 0), (3, true, 300)],
            &[Char('y')],
            700,
            Some(Verdict::Once),
        ),
    ];
    for (frames, keys, at, expected) in cases {
        let mut desk = Desk::running();
        desk.ask("a", Risk::Low);
        let mut app = desk.app.clone();
        let alt = KeyEvent::new(KeyCode::Char('a'), KeyModifiers::ALT);
        app.update(Msg::Key(alt), now(0));
        for &(ask_page, last_line, millis) in *frames {
            let seen = Seen {
                last_line,
                ask_page,
                ..Seen::default()
            };
            app.update(Msg::Drawn(seen), now(millis));
        }
        let cmds: Vec<Cmd> = keys
            .iter()
            .flat_map(|&key| app.update(Msg::Key(KeyEvent::from(key)), now(*at)))
            .collect();
        let expected: Vec<Op> = expected
            .iter()
            .map(|given| Op::Answer {
                ask: AskId("a".to_owned()),
                answer: verdict(given.clone()),
            })
            .collect();
        assert_eq!(ops(&cmds), expected, "{frames:?} {keys:?} {at}");
    }
}

#[test]
fn a_key_that_came_before_the_ask_was_drawn_does_not_count_and_shortens_no_quiet() {
    let mut desk = Desk::running();
    desk.ask("a", Risk::Low);
    let mut app = desk.app.clone();
    let alt = Msg::Key(KeyEvent::new(KeyCode::Char('a'), KeyModifiers::ALT));
    app.update(alt, now(0));
    let key = |app: &mut App, millis| {
        ops(&app.update(Msg::Key(KeyEvent::from(KeyCode::Char('y'))), now(millis)))
    };
    let seen = Seen {
        last_line: true,
        ..Seen::default()
    };
    app.update(Msg::Drawn(seen), now(2_000));
    // Read in time, and held up by a frame that took two seconds.
    assert_eq!(key(&mut app, 100), []);
    assert_eq!(key(&mut app, 2_399), []);
    assert_eq!(key(&mut app, 2_799).len(), 1);
}

#[test]
fn pastes_clicks_and_modified_keys_answer_nothing() {
    let mut desk = Desk::running();
    desk.ask("a", Risk::Low);
    desk.alt('a');
    desk.wait(400);
    assert_eq!(desk.update(Msg::Paste("y".to_owned())), []);
    desk.wait(400);
    assert_eq!(desk.alt('y'), []);
    desk.wait(400);
    assert_eq!(desk.ctrl('y'), []);
    desk.wait(400);
    assert_eq!(desk.key(KeyCode::BackTab, KeyModifiers::SHIFT), []);
    desk.wait(399);
    // What the day has cost is asked for, and nothing is answered.
    assert_eq!(ops(&desk.update(Msg::Focus(true))), []);
    desk.wait(10);
    assert_eq!(desk.press(KeyCode::Char('y')), []);
    assert_eq!(desk.asking(), Some("a"));
    assert_eq!(desk.written(), "");
    assert_eq!(desk.app.view().mode(now(0).wall), Mode::Ask);
}

#[test]
fn an_ask_that_is_no_more_goes_grey_and_takes_no_answer() {
    let mut desk = Desk::running();
    desk.ask("a", Risk::Low);
    desk.ask("b", Risk::Low);
    desk.alt('a');
    desk.wait(400);
    desk.fact(Fact::AskVoided {
        ask: AskId("a".to_owned()),
        why: "the call was withdrawn".to_owned(),
    });
    assert_eq!(desk.press(KeyCode::Char('y')), []);
    desk.wait(400);
    assert_eq!(desk.press(KeyCode::Char('y')), []);
    desk.alt('a');
    assert_eq!(desk.asking(), Some("b"));
    assert_eq!(
        desk.press(KeyCode::Char('y')),
        [],
        "the next one needs a new quiet"
    );
}

#[test]
fn the_focus_goes_back_to_where_it_was_with_the_text_as_it_was() {
    let mut desk = Desk::running();
    desk.typed("half a sen");
    desk.press(KeyCode::Left);
    desk.ask("a", Risk::Low);
    desk.alt('a');
    desk.wait(400);
    let cmds = desk.press(KeyCode::Char('y'));
    assert_eq!(ops(&cmds).len(), 1);
    desk.typed("X");
    assert_eq!(desk.written(), "half a seXn");
    assert!(desk.app.waiting().is_empty(), "its answer is on its way");
}

#[test]
fn what_is_written_is_the_reason_of_a_no() {
    let mut desk = Desk::running();
    desk.typed("not in ci");
    desk.ask("a", Risk::Low);
    desk.alt('a');
    desk.wait(400);
    desk.press(KeyCode::Char('N'));
    let cmds = desk.press(KeyCode::Enter);
    assert_eq!(
        ops(&cmds),
        [Op::Answer {
            ask: AskId("a".to_owned()),
            answer: verdict(Verdict::No {
                reason: Some("not in ci".to_owned())
            })
        }]
    );
    assert_eq!(desk.written(), "");
}
