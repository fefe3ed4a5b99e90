//! Approvals: what is answered, with what, and while what else happens.

use pretty_assertions::assert_eq;

use crate::engine::trial::{Play, Stage};
use crate::protocol::ask::{Answer, Verdict};
use crate::protocol::call::{Outcome, OutcomeKind};
use crate::protocol::event::{Ending, Fact, When};
use crate::protocol::item::Item;
use crate::protocol::op::Op;
use crate::protocol::rule::{Effect, Mode, Rule, Scope};
use crate::protocol::session::Change;

async fn in_mode_ask(stage: &Stage) -> Play {
    let mut play = stage.open();
    play.send(Op::Change {
        change: Change::Mode { mode: Mode::Ask },
    });
    play.fact(|fact| matches!(fact, Fact::SessionChanged { .. }).then_some(()))
        .await;
    play
}

fn verdict(verdict: Verdict) -> Answer {
    Answer::Verdict { verdict }
}

fn result(fact: &Fact) -> Option<Outcome> {
    match fact {
        Fact::ItemAdded {
            item: Item::Result { outcome, .. },
            ..
        } => Some(outcome.clone()),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_of_the_person_does_not_loosen_what_was_shown() {
    let stage = Stage::new(
        "> *\n< call edit {\"path\":\"a.txt\",\"old_string\":\"old\",\"new_string\":\"new\"}\n\n< text: done\n",
    );
    let mut play = in_mode_ask(&stage).await;
    let file = play.folder.join("a.txt");
    std::fs::write(&file, "old\n").unwrap();
    play.say("go", When::Turn);
    let ask = play.ask().await;
    play.send(Op::Shell {
        command: "echo more >> a.txt".to_owned(),
    });
    let shell = |fact: &Fact| {
        matches!(
            fact,
            Fact::ItemAdded {
                item: Item::Shell { .. },
                ..
            }
        )
        .then_some(())
    };
    play.fact(shell).await;
    play.answer(ask.id, verdict(Verdict::Once));
    // Another diff than the one that was shown is not written, but asked about.
    let anew = play.ask().await;
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "old\nmore\n");
    play.answer(anew.id, verdict(Verdict::Once));
    let outcome = play.fact(result).await;
    assert_eq!(outcome.kind, OutcomeKind::Done, "{}", outcome.text);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "new\nmore\n");
    assert_eq!(play.ending().await, Ending::Finished);
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_person_types_instead_passes_no_rule_that_forbids() {
    let mut stage =
        Stage::new("> *\n< call bash {\"command\":\"touch one\",\"timeout\":77}\n\n< text: done\n");
    stage
        .config
        .push_str("[permissions]\ndeny = [\"Bash(rm *)\"]\n");
    let mut play = in_mode_ask(&stage).await;
    play.say("go", When::Turn);
    let ask = play.ask().await;
    for arguments in [
        r#"{"command":"ls; rm -r ."}"#,
        "no JSON",
        r#"{"nothing":1}"#,
    ] {
        let edited = verdict(Verdict::Edited {
            arguments: arguments.to_owned(),
        });
        let answer = play.answer(ask.id.clone(), edited);
        assert_eq!(play.refusal().await.0, answer, "{arguments}");
    }
    // The ask is still there, and the call as it was.
    assert_eq!(play.log().await.0.asks.len(), 1);
    let edited = verdict(Verdict::Edited {
        arguments: r#"{"command":"touch two"}"#.to_owned(),
    });
    play.answer(ask.id.clone(), edited);
    let outcome = play.fact(result).await;
    assert_eq!(outcome.kind, OutcomeKind::Done);
    // What it did not name is as the model had it.
    let whole = r#"{"command":"touch two","timeout":77}"#;
    assert!(outcome.text.contains(whole), "{}", outcome.text);
    assert!(play.folder.join("two").exists() && !play.folder.join("one").exists());
    assert_eq!(play.ending().await, Ending::Finished);
    let late = play.answer(ask.id, verdict(Verdict::Once));
    assert_eq!(play.refusal().await.0, late);
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_and_riskier_than_what_was_asked_is_told_before_it_runs() {
    let stage = Stage::new("> *\n< call bash {\"command\":\"touch one\"}\n\n< text: done\n");
    let mut play = in_mode_ask(&stage).await;
    play.say("go", When::Turn);
    let ask = play.ask().await;
    let edited = |command: &str| {
        let arguments = format!(r#"{{"command":"{command}"}}"#);
        verdict(Verdict::Edited { arguments })
    };
    for command in ["git reset --hard", "rm -rf *", "git reset --hard"] {
        let answer = play.answer(ask.id.clone(), edited(command));
        let (refused, why) = play.refusal().await;
        assert_eq!(refused, answer);
        assert!(why.starts_with("as you typed it: "), "{why}");
    }
    // Once more the same: it is meant.
    play.answer(ask.id, edited("git reset --hard"));
    let outcome = play.fact(result).await;
    assert!(
        outcome.text.contains("git reset --hard"),
        "{}",
        outcome.text
    );
    assert!(!play.folder.join("one").exists());
    assert_eq!(play.ending().await, Ending::Finished);
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_edit_leaves_the_call_as_it_was_judged() {
    let mut stage = Stage::new(
        "> *\n< call edit {\"path\":\"a.txt\",\"old_string\":\"old\",\"new_string\":\"new\"}\n\n< text: done\n",
    );
    stage
        .config
        .push_str("[permissions]\ndeny = [\"Edit(./b.txt)\"]\n");
    let mut play = in_mode_ask(&stage).await;
    for name in ["a.txt", "b.txt"] {
        std::fs::write(play.folder.join(name), "old\n").unwrap();
    }
    play.say("go", When::Turn);
    let ask = play.ask().await;
    let edited = verdict(Verdict::Edited {
        arguments: r#"{"path":"b.txt"}"#.to_owned(),
    });
    let answer = play.answer(ask.id.clone(), edited);
    assert_eq!(play.refusal().await.0, answer);
    play.answer(ask.id, verdict(Verdict::Once));
    let outcome = play.fact(result).await;
    assert_eq!(outcome.kind, OutcomeKind::Done, "{}", outcome.text);
    let said = |name| std::fs::read_to_string(play.folder.join(name)).unwrap();
    assert_eq!([said("a.txt"), said("b.txt")], ["new\n", "old\n"]);
    assert_eq!(play.ending().await, Ending::Finished);
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_forbids_and_came_while_it_was_asked_goes_before_the_yes() {
    let stage = Stage::new("> *\n< call bash {\"command\":\"touch one\"}\n\n< text: done\n");
    let mut play = in_mode_ask(&stage).await;
    play.say("go", When::Turn);
    let ask = play.ask().await;
    let rule = Rule::new(Effect::Deny, "Bash(touch *)", Scope::Session);
    play.send(Op::Change {
        change: Change::RuleKept {
            rule,
            bounds: None,
            until: None,
            call: None,
        },
    });
    play.answer(ask.id, verdict(Verdict::Once));
    let outcome = play.fact(result).await;
    assert_eq!(outcome.kind, OutcomeKind::Denied, "{}", outcome.text);
    assert!(!play.folder.join("one").exists());
    assert_eq!(play.ending().await, Ending::Denied);
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_cannot_be_read_are_refused() {
    let stage = Stage::new("> *\n< text: x\n");
    let mut play = stage.open();
    let rule = Rule::new(Effect::Deny, "Bash(rm", Scope::Session);
    let change = play.send(Op::Change {
        change: Change::RuleKept {
            rule,
            bounds: None,
            until: None,
            call: None,
        },
    });
    assert_eq!(
        play.refusal().await,
        (
            change,
            "rule `Bash(rm` has no closing parenthesis".to_owned()
        )
    );
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_changed_while_it_was_asked_about_is_asked_about_anew() {
    let stage = Stage::new("> *\n< call bash {\"command\":\"sh run.sh\"}\n\n< text: done\n");
    let mut play = in_mode_ask(&stage).await;
    let script = play.folder.join("run.sh");
    std::fs::write(&script, "echo shown\n").unwrap();
    play.say("go", When::Turn);
    let first = play.ask().await;
    std::fs::write(&script, "echo other\n").unwrap();
    play.answer(first.id.clone(), verdict(Verdict::Once));
    let voided = |fact: &Fact| match fact {
        Fact::AskVoided { ask, why } => Some((ask.clone(), why.clone())),
        _ => None,
    };
    let why = "`run.sh` has changed since it was asked".to_owned();
    assert_eq!(play.fact(voided).await, (first.id.clone(), why));
    let second = play.ask().await;
    assert_ne!(first.id, second.id);
    // The answer to the first is none to the second.
    let late = play.answer(first.id, verdict(Verdict::Once));
    assert_eq!(play.refusal().await.0, late);
    play.answer(second.id, verdict(Verdict::Once));
    let outcome = play.fact(result).await;
    assert_eq!(
        (outcome.kind, outcome.text.as_str()),
        (OutcomeKind::Done, "other")
    );
    assert_eq!(play.ending().await, Ending::Finished);
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn some_hunks_of_a_change_are_taken_and_the_others_left() {
    let stage = Stage::new(
        "> *\n< call read {\"path\":\"a.txt\"}\n\n< call edit {\"path\":\"a.txt\",\"old_string\":\"x\",\"new_string\":\"y\",\"replace_all\":true}\n\n< text: done\n",
    );
    let mut play = in_mode_ask(&stage).await;
    let file = play.folder.join("a.txt");
    std::fs::write(&file, "x\nkeep\nx\nkeep\nx\n").unwrap();
    play.say("go", When::Turn);
    let ask = play.ask().await;
    let hunks = |kept: &[bool]| {
        verdict(Verdict::Hunks {
            kept: kept.to_vec(),
        })
    };
    for kept in [&[false; 3][..], &[true; 2]] {
        let answer = play.answer(ask.id.clone(), hunks(kept));
        assert_eq!(play.refusal().await.0, answer, "{kept:?}");
    }
    play.answer(ask.id, hunks(&[true, false, true]));
    let outcome = play.fact(result).await;
    assert_eq!(outcome.kind, OutcomeKind::Done, "{}", outcome.text);
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        "y\nkeep\nx\nkeep\ny\n"
    );
    assert_eq!(play.ending().await, Ending::Finished);
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_to_a_file_that_is_another_by_now_is_asked_anew_when_it_is_looked_at() {
    let stage = Stage::new(
        "> *\n< call edit {\"path\":\"a.txt\",\"old_string\":\"one\",\"new_string\":\"two\"}\n\n< text: done\n",
    );
    let mut play = in_mode_ask(&stage).await;
    let file = play.folder.join("a.txt");
    std::fs::write(&file, "one\n").unwrap();
    play.say("go", When::Turn);
    let first = play.ask().await;
    // Nothing has changed: it stays what it is.
    play.send(Op::Recheck {
        ask: first.id.clone(),
    });
    std::fs::write(&file, "one more\n").unwrap();
    play.send(Op::Recheck {
        ask: first.id.clone(),
    });
    let voided = |fact: &Fact| match fact {
        Fact::AskVoided { ask, why } => Some((ask.clone(), why.clone())),
        _ => None,
    };
    let (gone, why) = play.fact(voided).await;
    assert_eq!(gone, first.id);
    assert!(why.starts_with("the file has changed since"), "{why}");
    let second = play.ask().await;
    // One who had not seen that changes nothing by a yes to the other.
    let late = play.answer(first.id, verdict(Verdict::Once));
    assert_eq!(play.refusal().await.0, late);
    play.answer(second.id, verdict(Verdict::Once));
    let outcome = play.fact(result).await;
    assert_eq!(outcome.kind, OutcomeKind::Done, "{}", outcome.text);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "two more\n");
    assert_eq!(play.ending().await, Ending::Finished);
    play.end().await;
}
