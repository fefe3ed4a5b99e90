//! Rules that are kept: from the answer that brings them to every session within their bounds, and away again.

use pretty_assertions::assert_eq;

use crate::engine::trial::{Play, Stage};
use crate::protocol::ask::{About, Answer, Approval, Ask, Verdict};
use crate::protocol::event::{Ending, Fact, When};
use crate::protocol::op::{Manage, Managed, Op};
use crate::protocol::query::{Found, Query, Rules, Trial, TrialAt};
use crate::protocol::rule::{By, Effect, KeptRule, Lasting, Mode, NewRule, Replay, Rule, Scope};
use crate::protocol::session::OpenRequest;

const SCRIPT: &str = "> one\n< call bash {\"command\":\"echo one\"}\n\n< text: done\n\n\
> two\n< call bash {\"command\":\"echo two\"}\n\n< text: done\n\n\
> far\n< call bash {\"command\":\"sh -c 'echo one'\"}\n\n< text: done\n\n\
> both\n< call bash {\"command\":\"echo a && printf b\"}\n\n< text: done\n";

fn new_rule(text: &str, scope: Scope) -> NewRule {
    NewRule {
        effect: Effect::Allow,
        text: text.to_owned(),
        scope,
        lasts: Lasting::Always,
    }
}

fn kept(text: &str, scope: Scope) -> Answer {
    Answer::Verdict {
        verdict: Verdict::Kept {
            rule: new_rule(text, scope),
        },
    }
}

fn approval(ask: &Ask) -> &Approval {
    match &ask.about {
        About::Approval(approval) => approval,
        other => panic!("asks for {other:?}"),
    }
}

/// A session in a folder, in mode `ask`.
fn open_in(play: &mut Play, folder: &std::path::Path) {
    play.session = play.door.new_session();
    play.send(Op::Open {
        request: OpenRequest {
            cwd: folder.to_owned(),
            model: "play/any".parse().unwrap(),
            mode: Mode::Ask,
            worktree: None,
            effort: None,
        },
    });
}

async fn started(play: &mut Play) -> By {
    play.fact(|fact| match fact {
        Fact::CallStarted { by, .. } => by.clone(),
        _ => None,
    })
    .await
}

async fn rules(play: &Play) -> Rules {
    match play.door.ask(Query::Rules).await {
        Found::Rules(rules) => rules,
        other => panic!("{other:?}"),
    }
}

async fn replay(play: &Play, rule: NewRule, at: TrialAt) -> Replay {
    match play.door.ask(Query::Replay(Trial { rule, at })).await {
        Found::Replay(replay) => replay,
        other => panic!("{other:?}"),
    }
}

fn of(rules: &[Rule]) -> Vec<(&str, Option<u32>)> {
    let each = rules.iter().map(|rule| (rule.text.as_str(), rule.number));
    each.collect()
}

fn ruled(by: &By) -> Vec<(&str, Option<u32>)> {
    match by {
        By::Rules { rules } => of(rules),
        other => panic!("by {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_of_an_answer_holds_at_once_in_its_bounds_and_until_it_is_taken_away() {
    let stage = Stage::new(SCRIPT);
    let mut play = stage.start(stage.engine(false), None);
    let here = stage.folder.path().to_owned();
    open_in(&mut play, &here);
    play.say("one", When::Turn);
    let ask = play.ask().await;
    assert_eq!(
        approval(&ask).rules,
        ["Bash(echo one)", "Bash(echo *)"],
        "{:?}",
        approval(&ask).no_rule
    );
    for (text, scope, why) in [
        (
            "Bash(printf *)",
            Scope::Session,
            "the rule Bash(printf *) would not have let this call run",
        ),
        (
            "Bash",
            Scope::Repository,
            "a rule for all calls of bash is written in the config, not at an ask",
        ),
        (
            "Bash(echo",
            Scope::Session,
            "rule `Bash(echo` has no closing parenthesis",
        ),
        (
            "Bash(echo *)",
            Scope::Config,
            "a rule is not kept for a config",
        ),
    ] {
        let command = play.answer(ask.id.clone(), kept(text, scope));
        assert_eq!(play.refusal().await, (command, why.to_owned()));
    }
    play.answer(ask.id, kept("Bash(echo *)", Scope::Repository));
    assert_eq!(started(&mut play).await, By::Person);
    assert_eq!(play.ending().await, Ending::Finished);
    play.say("two", When::Turn);
    assert_eq!(
        ruled(&started(&mut play).await),
        [("Bash(echo *)", Some(1))]
    );
    assert_eq!(play.ending().await, Ending::Finished);
    let first = play.session;
    play.end().await;

    // Another process, another session of the folder.
    let mut play = stage.start(stage.engine(false), None);
    open_in(&mut play, &here);
    play.say("one", When::Turn);
    assert_eq!(
        ruled(&started(&mut play).await),
        [("Bash(echo *)", Some(1))]
    );
    assert_eq!(play.ending().await, Ending::Finished);
    let there = rules(&play).await.kept;
    let [only] = there.as_slice() else {
        panic!("{there:?}")
    };
    assert_eq!(
        (only.used, only.from.as_ref().map(|(session, _)| *session)),
        (2, Some(first))
    );
    assert!(only.last_used.is_some() && only.until.is_none());

    // A folder beside it.
    let elsewhere = tempfile::tempdir().unwrap();
    open_in(&mut play, elsewhere.path());
    play.say("one", When::Turn);
    let ask = play.ask().await;
    let no = Verdict::No { reason: None };
    play.answer(ask.id, Answer::Verdict { verdict: no });
    play.ending().await;

    let at = |folder: &std::path::Path| TrialAt::Folder(folder.to_owned());
    let tried = replay(
        &play,
        new_rule("Bash(echo *)", Scope::Everywhere),
        at(&here),
    )
    .await;
    assert_eq!((tried.looked, tried.covers, tried.denied), (4, 4, 1));
    let sample = tried
        .samples
        .first()
        .map(|sample| (&*sample.subject, sample.denied, sample.count));
    assert_eq!(sample, Some(("echo one", true, 1)));
    let tried = replay(
        &play,
        new_rule("Bash(echo two)", Scope::Repository),
        at(&here),
    )
    .await;
    assert_eq!((tried.looked, tried.covers, tried.denied), (3, 1, 0));

    let gone = play.door.manage(Manage::RemoveRules {
        numbers: vec![1, 7],
    });
    assert_eq!(gone.await, Managed::RulesRemoved { numbers: vec![1] });
    open_in(&mut play, &here);
    play.say("one", When::Turn);
    play.ask().await;
    assert_eq!(rules(&play).await.kept, Vec::<KeptRule>::new());
    // What waits now is none of the past, wherever the rule is tried.
    let tried = replay(
        &play,
        new_rule("Bash(echo *)", Scope::Everywhere),
        at(&here),
    )
    .await;
    assert_eq!((tried.looked, tried.covers, tried.denied), (4, 4, 1));
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_for_a_session_holds_there_alone_and_one_that_has_ended_nowhere() {
    let stage = Stage::new(SCRIPT);
    let mut play = stage.start(stage.engine(false), None);
    let here = stage.folder.path().to_owned();
    open_in(&mut play, &here);
    play.say("one", When::Turn);
    let ask = play.ask().await;
    let session = Verdict::Session;
    play.answer(ask.id, Answer::Verdict { verdict: session });
    assert_eq!(started(&mut play).await, By::Person);
    play.ending().await;
    play.say("one", When::Turn);
    assert_eq!(
        ruled(&started(&mut play).await),
        [("Bash(echo one)", Some(1))]
    );
    play.ending().await;
    open_in(&mut play, &here);
    play.say("one", When::Turn);
    play.ask().await;
    // One that forbids wins over all that allow; one that has ended is not looked at.
    let mut ended = new_rule("Bash(echo *)", Scope::Everywhere);
    ended.lasts = Lasting::Days(0);
    for rule in [ended, new_rule("Bash(echo two)", Scope::Worktree)] {
        let cwd = here.clone();
        let kept = play.door.manage(Manage::KeepRule { rule, cwd }).await;
        assert!(matches!(kept, Managed::RuleKept { .. }), "{kept:?}");
    }
    open_in(&mut play, &here);
    play.say("two", When::Turn);
    assert_eq!(
        ruled(&started(&mut play).await),
        [("Bash(echo two)", Some(3))]
    );
    play.ending().await;
    let mut deny = new_rule("Bash(echo t*)", Scope::Everywhere);
    deny.effect = Effect::Deny;
    let cwd = here.clone();
    play.door.manage(Manage::KeepRule { rule: deny, cwd }).await;
    play.say("two", When::Turn);
    let denied = |fact: &Fact| match fact {
        Fact::ItemAdded {
            item: crate::protocol::item::Item::Result { outcome, .. },
            ..
        } => outcome.by.clone(),
        _ => None,
    };
    assert_eq!(
        ruled(&play.fact(denied).await),
        [("Bash(echo t*)", Some(4))]
    );
    assert_eq!(play.ending().await, Ending::Denied);
    // What it forbids is what it is used for.
    let there = rules(&play).await.kept;
    let uses = there.iter().filter(|rule| rule.effect == Effect::Deny);
    let uses = uses.map(|rule| (rule.used, rule.last_used.is_some()));
    assert_eq!(uses.collect::<Vec<_>>(), [(1, true)]);
    // The day as the inbox tells it: all of it counted, as much as is asked for listed.
    let decided = play.door.ask(Query::Decided { rows: 2 }).await;
    let Found::Decided(decided) = decided else {
        panic!("{decided:?}");
    };
    let rows = decided.rows.iter();
    let rows: Vec<_> = rows.map(|row| (&*row.subject, row.denied)).collect();
    assert_eq!(rows, [("echo two", true), ("echo two", false)]);
    assert_eq!((decided.denied, decided.by_rule > 0), (1, true));
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_told_has_no_rule_and_of_a_line_the_part_that_lacks_one() {
    let mut stage = Stage::new(SCRIPT);
    stage
        .config
        .push_str("[permissions]\nallow = [\"Bash(echo *)\"]\n");
    let mut play = stage.start(stage.engine(false), None);
    let here = stage.folder.path().to_owned();
    open_in(&mut play, &here);
    play.say("far", When::Turn);
    let ask = play.ask().await;
    let why = "no rule is offered: it can run other commands, or code";
    assert_eq!(
        (
            approval(&ask).rules.len(),
            approval(&ask).no_rule.as_deref()
        ),
        (0, Some(why))
    );
    let answer = kept("Bash(sh -c 'echo one')", Scope::Session);
    let command = play.answer(ask.id.clone(), answer);
    assert_eq!(play.refusal().await, (command, why.to_owned()));
    play.answer(
        ask.id,
        Answer::Verdict {
            verdict: Verdict::No { reason: None },
        },
    );
    play.ending().await;
    play.say("both", When::Turn);
    let ask = play.ask().await;
    assert_eq!(approval(&ask).rules, ["Bash(printf b)", "Bash(printf *)"]);
    let at = TrialAt::Ask(play.session, ask.id.clone());
    let tried = replay(
        &play,
        new_rule("Bash(printf *)", Scope::Session),
        at.clone(),
    )
    .await;
    assert_eq!((tried.looked, tried.refused), (1, None));
    let tried = replay(&play, new_rule("Bash(print)", Scope::Session), at).await;
    assert_eq!(
        tried.refused.as_deref(),
        Some("the rule Bash(print) would not have let this call run")
    );
    play.answer(ask.id, kept("Bash(printf *)", Scope::Session));
    assert_eq!(started(&mut play).await, By::Person);
    play.ending().await;
    play.say("both", When::Turn);
    assert_eq!(
        ruled(&started(&mut play).await),
        [("Bash(echo *)", None), ("Bash(printf *)", Some(1))]
    );
    play.end().await;
}
