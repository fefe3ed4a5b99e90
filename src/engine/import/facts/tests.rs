//! How the entries of a session become facts, part by part.

use pretty_assertions::assert_eq;

use super::*;
use crate::protocol::call::OutcomeKind;
use crate::protocol::event::Event;
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::rule::Mode;
use crate::protocol::session::SessionSpec;

fn entries(whats: Vec<What>) -> Vec<Entry> {
    let entries = whats.into_iter().enumerate();
    let entries = entries.map(|(nth, what)| Entry {
        at: Time(1),
        id: format!("e{nth}"),
        what,
    });
    entries.collect()
}

fn taken(whats: Vec<What>, counted: BTreeMap<String, Counted>) -> Made {
    let mut facts = Facts::new(None, Vec::new(), counted, |_: &ModelRef| Tariff::Local);
    facts.take_all(entries(whats), &Rates::default());
    facts.end().expect("facts")
}

/// What a session comes to that is taken in part by part, each part from what the log has of those before.
fn in_parts(parts: Vec<Vec<What>>) -> (Session, Vec<(u32, u32, String)>) {
    let id = SessionId(uuid::Uuid::from_u128(1));
    let mut log = vec![Event {
        session: id,
        seq: Seq(1),
        at: Time(0),
        fact: Fact::SessionOpened {
            spec: SessionSpec {
                cwd: "/".into(),
                project: "/".into(),
                model: "a/b".parse().expect("a model"),
                mode: Mode::Ask,
                effort: None,
                system: String::new(),
                parent: None,
                worktree: None,
                forked: None,
                source: Some("claude".to_owned()),
            },
        },
    }];
    let mut rows = Vec::new();
    for part in parts {
        let fold = Session::fold(None, &log);
        let lost = log.iter().filter_map(|event| match &event.fact {
            Fact::ItemAdded {
                item: Item::Result { call, outcome },
                ..
            } if outcome.kind == OutcomeKind::Lost => Some(call.clone()),
            _ => None,
        });
        let lost = lost.collect();
        let mut facts = Facts::new(fold.as_ref(), lost, BTreeMap::new(), |_: &ModelRef| {
            Tariff::Local
        });
        facts.take_all(entries(part), &Rates::default());
        let made = facts.end().expect("facts");
        rows.extend(placed(&made));
        for fact in made.facts {
            let seq = Seq(log.len() as u64 + 1);
            log.push(Event {
                session: id,
                seq,
                at: Time(1),
                fact,
            });
        }
    }
    (Session::fold(None, &log).expect("a session"), rows)
}

fn call(id: &str) -> What {
    What::Call {
        id: id.to_owned(),
        name: "Bash".to_owned(),
        arguments: "{}".to_owned(),
    }
}

fn result(call: &str) -> What {
    What::Result {
        call: call.to_owned(),
        name: None,
        text: "done".to_owned(),
        failed: false,
        exit: None,
    }
}

fn answer(text: &str) -> What {
    What::Answer {
        text: text.to_owned(),
        who: None,
    }
}

/// Each item with its turn and step.
fn placed(made: &Made) -> Vec<(u32, u32, String)> {
    let added = made.facts.iter().filter_map(|fact| match fact {
        Fact::ItemAdded {
            turn, step, item, ..
        } => Some((*turn, *step, item)),
        _ => None,
    });
    let told = |item: &Item| match item {
        Item::Call(call) => format!("call {}", call.id.0),
        Item::Result { call, outcome } => format!("result {} {:?}", call.0, outcome.kind),
        Item::Answer { text, .. } => text.clone(),
        Item::Prompt { .. } => "prompt".to_owned(),
        other => format!("{other:?}"),
    };
    added
        .map(|(turn, step, item)| (turn, step, told(item)))
        .collect()
}

fn prompt() -> What {
    What::Prompt {
        text: "go".to_owned(),
        who: None,
    }
}

#[test]
fn what_is_said_after_a_result_is_said_in_the_next_step() {
    let prompt = prompt();
    let made = taken(
        vec![
            prompt.clone(),
            call("a"),
            result("a"),
            call("b"),
            result("b"),
            answer("all"),
            prompt,
        ],
        BTreeMap::new(),
    );
    let expected = [
        (1, 1, "prompt"),
        (1, 1, "call 1-a"),
        (1, 1, "result 1-a Done"),
        (1, 2, "call 1-b"),
        (1, 2, "result 1-b Done"),
        (1, 3, "all"),
        (2, 1, "prompt"),
    ];
    assert_eq!(
        placed(&made),
        expected.map(|(turn, step, told)| (turn, step, told.to_owned()))
    );
}

#[test]
fn every_call_has_one_result_and_a_name_that_servers_take() {
    let long = format!("call_x|{}", "fc_é".repeat(40));
    let made = taken(
        vec![
            call("#1"),
            call(&long),
            result(&long),
            call("#1"),
            result("unknown"),
            prompt(),
        ],
        BTreeMap::new(),
    );
    let placed = placed(&made);
    let names = |word: &str| -> Vec<String> {
        let rows = placed.iter().filter_map(|row| row.2.strip_prefix(word));
        let mut names: Vec<String> = rows
            .map(|row| row.split(' ').next().unwrap_or_default().to_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("call "), names("result "), "{placed:?}");
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    for name in names("call ") {
        assert!(name.len() <= 64 && name.chars().all(legal), "{name}");
    }
}

/// Parts, what their calls and results are, and the calls that stay open.
#[test]
fn a_result_finds_its_call_however_late_it_comes() {
    for (parts, expected, open) in [
        // The file had not grown further.
        (
            vec![vec![prompt(), call("a")]],
            vec!["1 call 1-a"],
            vec!["1-a"],
        ),
        (
            vec![vec![prompt(), call("a")], vec![result("a"), answer("all")]],
            vec!["1 call 1-a", "1 result 1-a Done", "2 all"],
            vec![],
        ),
        // Two of one name, each with its own.
        (
            vec![
                vec![prompt(), call("a"), call("a")],
                vec![result("a"), result("a")],
            ],
            vec![
                "1 call 1-a",
                "1 call 1-a-2",
                "1 result 1-a Done",
                "1 result 1-a-2 Done",
            ],
            vec![],
        ),
        // The person went on, and nobody waits for it.
        (
            vec![vec![prompt(), call("a"), prompt(), answer("no")]],
            vec!["1 call 1-a", "1 result 1-a Lost", "2 no"],
            vec![],
        ),
        (
            vec![vec![prompt(), call("a")], vec![prompt(), answer("no")]],
            vec!["1 call 1-a", "1 result 1-a Lost", "2 no"],
            vec![],
        ),
        // It comes behind what the person said meanwhile.
        (
            vec![vec![prompt(), call("a"), prompt(), result("a")]],
            vec!["1 call 1-a", "1 result 1-a Done"],
            vec![],
        ),
        // It was given up, and comes after all.
        (
            vec![vec![prompt(), call("a"), prompt()], vec![result("a")]],
            vec!["1 call 1-a", "1 result 1-a Lost", "1 result 1-a Done"],
            vec![],
        ),
        // A name that is used again: the result is that of the newer call.
        (
            vec![vec![prompt(), call("a"), prompt(), call("a"), result("a")]],
            vec![
                "1 call 1-a",
                "1 result 1-a Lost",
                "2 call 2-a-2",
                "2 result 2-a-2 Done",
            ],
            vec![],
        ),
        // One that nobody asked for has a call all the same.
        (
            vec![vec![prompt(), result("x")]],
            vec!["1 call 1-x", "1 result 1-x Done"],
            vec![],
        ),
    ] {
        let shown = format!("{parts:?}");
        let (session, rows) = in_parts(parts);
        let rows: Vec<_> = rows
            .into_iter()
            .filter(|(_, _, told)| told != "prompt")
            .map(|(turn, _, told)| format!("{turn} {told}"))
            .collect();
        assert_eq!(rows, expected, "{shown}");
        let left: Vec<_> = session.open_calls.keys().map(|id| id.0.clone()).collect();
        assert_eq!(left, open, "{shown}");
        assert!(!session.running);
    }
}

fn told(output: u64, cost: Option<i64>) -> What {
    What::Spent(Box::new(Spent {
        key: "r1".to_owned(),
        model: ModelRef {
            provider: "anthropic".to_owned(),
            model: "m".to_owned(),
        },
        usage: Usage {
            input: 10,
            output,
            ..Usage::default()
        },
        cost: cost.map(Money::usd),
    }))
}

#[test]
fn an_answer_that_is_told_of_again_counts_what_is_new() {
    let before = Usage {
        input: 10,
        output: 3,
        ..Usage::default()
    };
    let charged = |parts| Counted {
        usage: before,
        charged: Some(Money::usd(parts)),
        noted: true,
    };
    let unpriced = Counted {
        usage: before,
        charged: None,
        noted: true,
    };
    for (counted, whats, expected, all) in [
        (
            unpriced,
            vec![told(3, None), told(9, None), told(5, None)],
            vec![(6, 0)],
            (9, 0),
        ),
        // Counters that grow, and what they cost with them.
        (
            charged(40),
            vec![told(3, Some(40)), told(9, Some(100)), told(9, Some(100))],
            vec![(6, 60)],
            (9, 100),
        ),
        // What it cost is known later than what it took, or corrected.
        (charged(40), vec![told(3, Some(55))], vec![(0, 15)], (3, 55)),
        (unpriced, vec![told(3, Some(55))], vec![(0, 55)], (3, 55)),
        (charged(40), vec![told(9, Some(30))], vec![(6, 0)], (9, 40)),
    ] {
        let shown = format!("{counted:?} {whats:?}");
        let made = taken(whats, BTreeMap::from([("r1".to_owned(), counted)]));
        let answers = made.facts.iter().filter_map(|fact| match fact {
            Fact::ModelAnswered { usage, charge, .. } => {
                let parts = charge.money.map_or(0, |money| money.parts);
                Some((usage.output, parts))
            }
            _ => None,
        });
        assert_eq!(answers.collect::<Vec<_>>(), expected, "{shown}");
        let last = made.spent.last().map(|(_, counted)| {
            let charged = counted.charged.map_or(0, |money| money.parts);
            (counted.usage.output, charged)
        });
        assert_eq!(last, Some(all), "{shown}");
    }
}

#[test]
fn what_was_kept_before_charges_were_noted_is_charged_no_second_time() {
    let kept: Counted = serde_json::from_str(r#"{"input":10,"output":3}"#).unwrap();
    assert_eq!(kept.owed(Some(Money::usd(7))), None);
    assert_eq!(
        Counted::default().owed(Some(Money::usd(7))),
        Some(Money::usd(7))
    );
    let kept = serde_json::to_string(&Counted::default()).unwrap();
    let again: Counted = serde_json::from_str(&kept).unwrap();
    assert_eq!(again, Counted::default());
}
