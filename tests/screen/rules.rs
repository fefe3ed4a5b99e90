//! Rules: one that is made at an ask, and the list of all.

use creel::protocol::ask::{About, Ask, Risk};
use creel::protocol::event::Fact;
use creel::protocol::id::{AskId, CallId, SessionId};
use creel::protocol::query::{self, Found};
use creel::protocol::rule::{Bounds, Effect, KeptRule, Replay, Rule, Sample, Scope};
use creel::protocol::time::Time;
use creel::tui::app::message::{Msg, Tag};
use crossterm::event::KeyCode;

use super::desk::Desk;
use super::given::{approval, worked};

fn asked(size: (u16, u16)) -> Desk {
    let mut desk = worked(size);
    let About::Approval(mut wanted) = approval(
        Risk::Low,
        "cargo test -p http retry",
        "runs a command as you; there is no sandbox",
    ) else {
        unreachable!("an approval")
    };
    wanted.rules = [
        "Bash(cargo test -p http retry)",
        "Bash(cargo test -p *)",
        "Bash(cargo test *)",
    ]
    .map(str::to_owned)
    .to_vec();
    let ask = Ask {
        id: AskId("a".to_owned()),
        about: About::Approval(wanted),
    };
    desk.fact(Fact::AskRaised { ask });
    desk
}

fn sample(desk: &Desk, subject: &str, denied: bool, count: u64) -> Sample {
    Sample {
        session: SessionId(uuid::Uuid::nil()),
        at: Time(desk.app.now.wall.0 - 3_600_000),
        tool: "bash".to_owned(),
        subject: subject.to_owned(),
        denied,
        count,
    }
}

/// Which trial is waited for.
fn number(desk: &Desk) -> u64 {
    let ask = desk.app.asking().and_then(|ask| ask.making.as_ref());
    ask.map_or(0, |making| making.number)
}

#[test]
fn a_rule_is_made_at_its_ask() {
    for size in [(100, 30), (40, 12)] {
        let (width, height) = size;
        let mut desk = asked(size);
        desk.alt('a');
        desk.wait(400);
        screen!(format!("rule_ask_{width}x{height}"), desk);
        desk.press(KeyCode::Char('r'));
        // As in any list.
        desk.press(KeyCode::Char('j'));
        let replay = Replay {
            looked: 44,
            covers: 41,
            denied: 1,
            samples: vec![
                sample(&desk, "cargo test -p http -- --ignored", true, 1),
                sample(&desk, "cargo test -p http retry", false, 40),
            ],
            cut: false,
            refused: None,
        };
        desk.update(Msg::Found(
            Tag::Replay(number(&desk)),
            Found::Replay(replay),
        ));
        desk.wait(400);
        screen!(format!("rule_making_{width}x{height}"), desk);
        let seen = desk.text();
        for key in ["↑↓ which", "w where", "u until", "e edit", "Esc back"] {
            assert!(seen.contains(key), "{key} at {width}x{height} in\n{seen}");
        }
    }
}

#[test]
fn rules_are_listed_with_what_ran_by_them() {
    for size in [(100, 30), (40, 12)] {
        let (width, height) = size;
        let mut desk = worked(size);
        let now = desk.app.now.wall;
        let hours = |hours: i64| Time(now.0 - hours * 3_600_000);
        let kept = |number, text: &str, bounds, used, last_used| KeptRule {
            number,
            effect: Effect::Allow,
            text: text.to_owned(),
            bounds,
            since: hours(24 * 120),
            until: None,
            from: Some((SessionId(uuid::Uuid::nil()), CallId::new(3, 1, 2))),
            used,
            last_used,
        };
        let project = "/home/ada/src/api".into();
        let rules = query::Rules {
            config: vec![Rule::new(Effect::Deny, "Bash(rm *)", Scope::Config)],
            kept: vec![
                kept(1, "Edit(./ci/**)", Bounds::Everywhere, 0, None),
                kept(
                    4,
                    "Bash(cargo test *)",
                    Bounds::Repository { project },
                    41,
                    Some(hours(2)),
                ),
            ],
            now,
        };
        desk.lead("P");
        desk.update(Msg::Found(Tag::Rules, Found::Rules(rules)));
        screen!(format!("rules_{width}x{height}"), desk);
    }
}
