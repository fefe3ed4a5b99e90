//! A rule that is made at an ask: tried before it is kept, and kept by a key that was meant.
#![allow(clippy::unwrap_used)]

use crossterm::event::KeyCode::{Char, Down, Enter, Esc};
use pretty_assertions::assert_eq;

use crate::protocol::ask::{About, Ask, Risk, Verdict};
use crate::protocol::event::Fact;
use crate::protocol::id::AskId;
use crate::protocol::op::{Manage, Op};
use crate::protocol::query::{self, Found, Query, Trial, TrialAt};
use crate::protocol::rule::{Bounds, Effect, KeptRule, Lasting, NewRule, Replay, Rule, Scope};
use crate::protocol::time::Time;
use crate::tui::app::message::{Cmd, Msg, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::tests::{Desk, approval, ops, verdict};

fn with_rules(risk: Risk) -> Ask {
    let ask = approval("a", risk);
    let About::Approval(mut approval) = ask.about else {
        panic!("no approval")
    };
    approval.rules = vec![
        "Bash(cargo test)".to_owned(),
        "Bash(cargo test *)".to_owned(),
    ];
    Ask {
        about: About::Approval(approval),
        ..ask
    }
}

/// The trial that is wanted, with its number.
fn trial(cmds: &[Cmd]) -> Option<(u64, Trial)> {
    cmds.iter().find_map(|cmd| match cmd {
        Cmd::Ask(Tag::Replay(number), Query::Replay(trial)) => Some((*number, trial.clone())),
        _ => None,
    })
}

fn rule(text: &str, scope: Scope, lasts: Lasting) -> NewRule {
    NewRule {
        effect: Effect::Allow,
        text: text.to_owned(),
        scope,
        lasts,
    }
}

fn kept(rule: NewRule) -> Vec<Op> {
    vec![Op::Answer {
        ask: AskId("a".to_owned()),
        answer: verdict(Verdict::Kept { rule }),
    }]
}

fn found(desk: &mut Desk, number: u64, replay: Replay) {
    desk.update(Msg::Found(Tag::Replay(number), Found::Replay(replay)));
}

#[test]
fn a_rule_is_kept_only_after_its_trial_was_read() {
    let mut desk = Desk::running();
    desk.fact(Fact::AskRaised {
        ask: with_rules(Risk::Low),
    });
    desk.alt('a');
    assert_eq!(trial(&desk.press(Char('r'))), None, "before its quiet");
    desk.wait(400);
    let (number, tried) = trial(&desk.press(Char('r'))).unwrap();
    let at = TrialAt::Ask(desk.app.view().id, AskId("a".to_owned()));
    let first = rule("Bash(cargo test)", Scope::Repository, Lasting::Always);
    assert_eq!(tried, Trial { rule: first, at });
    desk.wait(400);
    assert_eq!(ops(&desk.press(Enter)), [], "not tried yet");
    // `y` is no answer here.
    desk.wait(400);
    assert_eq!(ops(&desk.press(Char('y'))), []);
    desk.wait(400);
    let (second, _) = trial(&desk.press(Down)).unwrap();
    found(&mut desk, number, Replay::default());
    desk.wait(400);
    assert_eq!(ops(&desk.press(Enter)), [], "that was the trial of another");
    desk.wait(400);
    found(&mut desk, second, Replay::default());
    assert_eq!(ops(&desk.press(Enter)), [], "just shown");
    desk.wait(400);
    let (third, tried) = trial(&desk.press(Char('w'))).unwrap();
    assert_eq!(tried.rule.scope, Scope::Everywhere);
    assert_eq!(trial(&desk.press(Char('u'))), None);
    let refused = Replay {
        refused: Some("no".to_owned()),
        ..Replay::default()
    };
    found(&mut desk, third, refused);
    desk.wait(400);
    assert_eq!(ops(&desk.press(Enter)), [], "refused");
    desk.wait(400);
    let (fourth, _) = trial(&desk.press(Char('w'))).unwrap();
    found(&mut desk, fourth, Replay::default());
    desk.wait(400);
    let wanted = rule("Bash(cargo test *)", Scope::Session, Lasting::Today);
    assert_eq!(ops(&desk.press(Enter)), kept(wanted));
}

#[test]
fn a_rule_is_typed_anew_or_left() {
    let mut desk = Desk::running();
    desk.fact(Fact::AskRaised {
        ask: with_rules(Risk::Low),
    });
    desk.alt('a');
    desk.wait(400);
    desk.press(Char('r'));
    desk.press(Char('e'));
    for _ in 0..")".len() {
        desk.press(crossterm::event::KeyCode::Backspace);
    }
    desk.typed(" -p http*)");
    let (number, tried) = trial(&desk.press(Enter)).unwrap();
    assert_eq!(tried.rule.text, "Bash(cargo test -p http*)");
    found(&mut desk, number, Replay::default());
    desk.press(Esc);
    desk.wait(400);
    // It is the ask again, as it was.
    let once = Op::Answer {
        ask: AskId("a".to_owned()),
        answer: verdict(Verdict::Once),
    };
    assert_eq!(ops(&desk.press(Char('y'))), [once]);
    // Where none is proposed there is no key for it.
    let mut desk = Desk::running();
    desk.ask("a", Risk::Low);
    desk.alt('a');
    desk.wait(400);
    assert_eq!(trial(&desk.press(Char('r'))), None);
}

#[test]
fn a_proposal_is_chosen_by_its_number() {
    let mut desk = Desk::running();
    desk.fact(Fact::AskRaised {
        ask: with_rules(Risk::Low),
    });
    desk.alt('a');
    desk.wait(400);
    desk.press(Char('r'));
    let text = |cmds: &[Cmd]| trial(cmds).map(|(_, trial)| trial.rule.text);
    for (key, expected) in [
        ('2', Some("Bash(cargo test *)")),
        // It is marked, and there is no third.
        ('2', None),
        ('3', None),
        ('1', Some("Bash(cargo test)")),
    ] {
        let tried = text(&desk.press(Char(key)));
        assert_eq!(tried.as_deref(), expected, "{key}");
    }
}

#[test]
fn why_no_rule_is_offered_is_told_by_its_key() {
    let mut desk = Desk::running();
    let ask = approval("a", Risk::Low);
    let About::Approval(mut approval) = ask.about else {
        panic!("no approval")
    };
    let why = "no rule is offered: it can run other commands, or code";
    approval.no_rule = Some(why.to_owned());
    let about = About::Approval(approval);
    desk.fact(Fact::AskRaised {
        ask: Ask { about, ..ask },
    });
    desk.alt('a');
    desk.wait(400);
    assert_eq!(ops(&desk.press(Char('r'))), []);
    let said = desk.app.note.as_ref().map(|note| note.text.as_str());
    assert_eq!(said, Some(why));
}

#[test]
fn rules_are_listed_and_taken_away_with_a_second_press() {
    let rule = |number, text: &str, last_used| KeptRule {
        number,
        effect: Effect::Allow,
        text: text.to_owned(),
        bounds: Bounds::Everywhere,
        since: Time(0),
        until: None,
        from: None,
        used: 1,
        last_used,
    };
    let day = 24 * 60 * 60 * 1000;
    let all = query::Rules {
        config: vec![Rule::new(Effect::Deny, "Bash(rm *)", Scope::Config)],
        kept: vec![
            rule(1, "Bash(a)", None),
            rule(2, "Bash(b)", Some(Time(99 * day))),
        ],
        now: Time(100 * day),
    };
    let mut desk = Desk::running();
    desk.ctrl('x');
    let cmds = desk.press(Char('P'));
    assert!(
        cmds.contains(&Cmd::Ask(Tag::Rules, Query::Rules)),
        "{cmds:?}"
    );
    desk.update(Msg::Found(Tag::Rules, Found::Rules(all)));
    let removed = |cmds: &[Cmd]| {
        cmds.iter().find_map(|cmd| match cmd {
            Cmd::Manage(_, Manage::RemoveRules { numbers }) => Some(numbers.clone()),
            _ => None,
        })
    };
    assert_eq!(removed(&desk.ctrl('d')), None);
    desk.press(Down);
    assert_eq!(removed(&desk.ctrl('d')), None, "another is marked now");
    assert_eq!(removed(&desk.ctrl('d')), Some(vec![1]));
    assert!(matches!(desk.app.overlay, Some(Overlay::Rules(_))));
    assert_eq!(removed(&desk.ctrl('o')), None);
    assert_eq!(removed(&desk.ctrl('o')), Some(vec![1]));
    // What stands in the config is not taken away here.
    desk.press(Down);
    desk.ctrl('d');
    assert_eq!(removed(&desk.ctrl('d')), None);
}
