//! Routes, roles and what sessions know of each other's limits, as a face sees them.

use std::io::{Read, Write};
use std::net::TcpListener;

use pretty_assertions::assert_eq;

use crate::engine::trial::{Play, Stage, append};
use crate::protocol::event::{Delta, Ending, Fact, Signal, Waiting, When};
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::id::ModelRef;
use crate::protocol::money::Money;
use crate::protocol::op::Op;
use crate::protocol::query::{Found, Query};
use crate::protocol::route::{Left, Reason, Vitals};
use crate::protocol::session::Change;
use crate::protocol::usage::{Cause, Charge, Usage};

const SCRIPT: &str = "> quick\n< text: here\n\n> *\n< text: \"A good title.\"\n";

/// The model failed, and said when to come again.
fn limited(model: &str, seconds: u64) -> Fact {
    Fact::ModelAnswered {
        turn: 1,
        step: 1,
        attempt: 1,
        model: model.parse().unwrap(),
        usage: Usage::default(),
        charge: Charge::LOCAL,
        counted: Money::usd(0),
        raw: None,
        stop: None,
        failure: Some(Failure {
            retry_after: Some(seconds * 1000),
            ..Failure::new(FailureKind::Rate, "slow down")
        }),
        millis: 1,
        vitals: Some(Vitals::default()),
        price: None,
    }
}

async fn retry(play: &mut Play) -> Failure {
    play.until(|signal| match signal {
        Signal::Delta {
            delta:
                Delta::Waiting {
                    what: Waiting::Retry { failure, .. },
                },
            ..
        } => Some(failure.clone()),
        _ => None,
    })
    .await
}

/// What was called, in order.
async fn called(play: &Play) -> Vec<(ModelRef, Cause)> {
    let (_, facts) = play.log().await;
    let called = facts.into_iter().filter_map(|fact| match fact {
        Fact::ModelCalled { model, cause, .. } => Some((model, cause)),
        _ => None,
    });
    called.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_told_to_one_session_holds_the_others_back_until_a_key() {
    let stage = Stage::new(SCRIPT);
    let mut other = stage.open();
    other.say("quick", When::Turn);
    other.ending().await;
    let told = other.session;
    other.end().await;
    append(&stage, told, vec![limited("play/any", 600)]).await;
    let mut play = stage.open();
    play.say("quick", When::Turn);
    assert_eq!(retry(&mut play).await.message, "slow down");
    assert_eq!(called(&play).await, []);
    play.send(Op::Continue);
    assert_eq!(play.ending().await, Ending::Finished);
    let any = || "play/any".parse::<ModelRef>().unwrap();
    // The wait was none after a failure of this session's own.
    assert_eq!(called(&play).await, [(any(), Cause::Work)]);
    // It has answered since, so nobody waits any more.
    play.say("quick", When::Turn);
    assert_eq!(play.ending().await, Ending::Finished);
    // What nobody would wait for is asked at once, and so is another model of the provider.
    append(&stage, told, vec![limited("play/any", 1000)]).await;
    play.say("quick", When::Turn);
    assert_eq!(play.ending().await, Ending::Finished);
    append(&stage, told, vec![limited("play/any", 600)]).await;
    let model = "play/other".parse().unwrap();
    play.send(Op::Change {
        change: Change::Model { model },
    });
    play.say("quick", When::Turn);
    assert_eq!(play.ending().await, Ending::Finished);
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_passes_over_what_another_process_found_at_fault() {
    let mut stage = Stage::new(SCRIPT);
    stage
        .config
        .push_str("[routes.work]\nendpoints = [\"play/any\", \"play/other\"]\n");
    let route = ModelRef::route("work");
    let mut play = stage.open();
    play.send(Op::Change {
        change: Change::Model {
            model: route.clone(),
        },
    });
    play.say("quick", When::Turn);
    play.ending().await;
    append(&stage, play.session, vec![limited("play/any", 600)]).await;
    let query = Query::Routes {
        model: Some(route),
        session: Some(play.session),
    };
    let Found::Routes(reports) = play.door.ask(query).await else {
        panic!("no routes")
    };
    let reasons: Vec<&Reason> = reports[0].endpoints.iter().map(|row| &row.reason).collect();
    let cooling = Reason::Cooling {
        kind: FailureKind::Rate,
        message: "slow down".to_owned(),
    };
    assert_eq!(reasons, [&cooling, &Reason::First]);
    play.say("quick", When::Turn);
    assert_eq!(play.ending().await, Ending::Finished);
    let models: Vec<String> = called(&play)
        .await
        .iter()
        .map(|(model, _)| model.to_string())
        .collect();
    assert_eq!(models, ["play/any", "play/other"]);
    // What is no route cannot be chosen.
    play.send(Op::Change {
        change: Change::Model {
            model: ModelRef::route("other"),
        },
    });
    let (_, why) = play.refusal().await;
    assert_eq!(why, "there is no route/other: there are route/work");
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_small_model_gives_a_title_once_where_one_is_set() {
    let mut stage = Stage::new(SCRIPT);
    stage.config.push_str("[roles]\nsmall = \"play/small\"\n");
    let mut play = stage.open();
    play.say("quick", When::Turn);
    let title = play
        .fact(|fact| match fact {
            Fact::SessionChanged {
                change: Change::Title { title },
            } => Some(title.clone()),
            _ => None,
        })
        .await;
    assert_eq!(title, "A good title");
    play.say("quick", When::Turn);
    assert_eq!(play.ending().await, Ending::Finished);
    let model = |name: &str| name.parse::<ModelRef>().unwrap();
    let expected = [
        (model("play/any"), Cause::Work),
        (model("play/small"), Cause::Title),
        (model("play/any"), Cause::Work),
    ];
    assert_eq!(called(&play).await, expected);
    let (session, _) = play.log().await;
    // The title's call is none of the turn's: the context is that of the work.
    assert_eq!(
        (session.title.as_str(), session.open_aside),
        ("A good title", None)
    );
    assert_eq!(session.session_sum.calls, 3);
    assert_eq!(session.served.unwrap().model, model("play/any"));
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_on_its_way_is_settled_when_the_session_is_left() {
    let mut stage = Stage::new("> quick\n< text: here\n\n> *\n< pause 100s\n< text: late\n");
    stage.config.push_str("[roles]\nsmall = \"play/small\"\n");
    let mut play = stage.open();
    play.say("quick", When::Turn);
    play.fact(|fact| matches!(fact, Fact::ModelCalled { step: 0, .. }).then_some(()))
        .await;
    play.send(Op::Close);
    play.fact(|fact| matches!(fact, Fact::ModelAnswered { step: 0, .. }).then_some(()))
        .await;
    let (session, _) = play.log().await;
    assert_eq!(
        (session.title.as_str(), session.open_aside),
        ("quick", None)
    );
    play.end().await;
}

/// Answers so many requests on a port of this machine, each with the same bytes; the base address.
fn answers(times: usize, answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for _ in 0..times {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut piece = [0; 4096];
            // The body of a prompt ends with the last brace of its JSON, and nothing follows it.
            while !request.ends_with(b"}") {
                let read = stream.read(&mut piece).unwrap();
                request.extend_from_slice(&piece[..read]);
            }
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    format!("http://{address}/v1")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_call_for_a_title_shows_the_limits_of_its_endpoint_too() {
    let event =
        r#"{"choices":[{"index":0,"delta":{"content":"A good title."},"finish_reason":"stop"}]}"#;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\
                x-ratelimit-remaining-requests: 3\r\nx-ratelimit-reset-requests: 90s\r\n\r\n";
    let address = answers(1, format!("{head}data: {event}\n\ndata: [DONE]\n\n"));
    let mut stage = Stage::new(SCRIPT);
    let small = format!("wire = \"openai-chat\"\nbase_url = \"{address}\"");
    stage.config = format!(
        "{}[providers.small]\n{small}\n[roles]\nsmall = \"small/m\"\n",
        stage.config
    );
    let mut play = stage.open();
    play.say("quick", When::Turn);
    let vitals = play
        .fact(|fact| match fact {
            Fact::ModelAnswered {
                step: 0, vitals, ..
            } => Some(*vitals),
            _ => None,
        })
        .await
        .unwrap();
    let left = Left {
        left: 3,
        reset: 90_000,
    };
    assert_eq!(vitals.limits.requests, Some(left));
    assert!(vitals.first.is_some());
    play.end().await;
}
