//! Budgets against a priced model on a loopback server: what is reserved, what is counted, what is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use pretty_assertions::assert_eq;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::engine::trial::{Play, Stage};
use crate::protocol::ask::{About, Answer, BudgetName};
use crate::protocol::event::{Ending, Fact, When};
use crate::protocol::failure::FailureKind;
use crate::protocol::money::Money;
use crate::protocol::op::{Manage, Managed, Op};
use crate::protocol::query::{Found, Query};
use crate::protocol::rule::Mode;
use crate::protocol::session::{Change, OpenRequest};

/// Tokens the server says each prompt had.
const COUNTED: u64 = 1_500;

/// A server that answers each request with a word, and counts them.
async fn server() -> (u16, Arc<AtomicU32>) {
    let answer = format!(
        "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"here\"}},\"finish_reason\":\"stop\"}}],\"usage\":{{\"prompt_tokens\":{COUNTED},\"completion_tokens\":1}}}}\n\ndata: [DONE]\n\n"
    );
    serve(answer, 0).await
}

/// A server that answers so, and then closes the connection with some promised bytes missing.
async fn serve(answer: String, missing: usize) -> (u16, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (count, answer) = (Arc::clone(&count), answer.clone());
            tokio::spawn(async move {
                let mut heard = Vec::new();
                let mut buffer = [0; 4096];
                while let Ok(read @ 1..) = socket.read(&mut buffer).await {
                    heard.extend_from_slice(&buffer[..read]);
                    let text = String::from_utf8_lossy(&heard).to_lowercase();
                    let Some((header, body)) = text.split_once("\r\n\r\n") else {
                        continue;
                    };
                    let length = header
                        .lines()
                        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                    if body.len() < length.unwrap_or(0) {
                        continue;
                    }
                    count.fetch_add(1, Ordering::SeqCst);
                    let answer = format!(
                        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
                        answer.len() + missing
                    );
                    let _ = socket.write_all(answer.as_bytes()).await;
                    break;
                }
            });
        }
    });
    (port, asked)
}

/// A stage with two models on that server: one with a price ($1 a million tokens in, $1,000 out, 1,000 out at most) and one
/// without that is not on this machine by its address.
fn stage(port: u16, budget: &str) -> Stage {
    let mut stage = Stage::new("> *\n< text: x\n");
    stage.config = format!(
        "{}[providers.near]\nwire = \"openai-chat\"\nbase_url = \"http://127.0.0.1:{port}/v1\"\n\
         [providers.near.models.m]\ncontext = 100000\nmax_output = 1000\nprice = {{ input = 1.0, output = 1000.0 }}\n\
         [budget]\n{budget}\n",
        stage.config
    );
    stage
}

fn open(stage: &Stage, model: &str) -> Play {
    let play = stage.start(stage.engine(false), None);
    play.send(Op::Open {
        request: OpenRequest {
            cwd: play.folder.clone(),
            model: model.parse().unwrap(),
            mode: Mode::Auto,
            worktree: None,
            effort: None,
        },
    });
    play
}

async fn used(play: &Play) -> i64 {
    let Found::Today(today) = play.door.ask(Query::Today).await else {
        panic!("no sum")
    };
    today.used
}

fn reserved(play: &Play) -> Vec<i64> {
    play.events
        .iter()
        .filter_map(|event| match &event.fact {
            Fact::ModelCalled { reserved, .. } => reserved.map(|money| money.parts),
            _ => None,
        })
        .collect()
}

/// One dollar in parts.
const DOLLAR: i64 = 1_000_000_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_is_never_less_than_what_it_comes_to_and_not_twice_as_much() {
    let (port, asked) = server().await;
    let stage = stage(port, "day = 10.0");
    let mut play = open(&stage, "near/m");
    for _ in 0..3 {
        play.say(&"words ".repeat(100), When::Turn);
        assert_eq!(play.ending().await, Ending::Finished);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    let truth = COUNTED as i64 * 1_000_000 + 1_000_000_000;
    assert_eq!(used(&play).await, 3 * truth);
    let held = reserved(&play);
    // A thousand tokens out at the most, and the prompt.
    let prompts: Vec<i64> = held
        .iter()
        .map(|held| held / 1_000_000 - 1_000_000)
        .collect();
    assert!(prompts.iter().all(|prompt| *prompt >= COUNTED as i64));
    // From the second on the provider's own count is what it begins with.
    let new = 600 + 4 + 3 * 64 + 64;
    assert!(
        prompts[1..]
            .iter()
            .all(|prompt| *prompt <= COUNTED as i64 + 1 + new),
        "{prompts:?}"
    );
    // A session taken up again knows the count as well.
    play.send(Op::Close);
    play.say(&"words ".repeat(100), When::Turn);
    assert_eq!(play.ending().await, Ending::Finished);
    let last = reserved(&play)[3] / 1_000_000 - 1_000_000;
    assert!(
        last <= COUNTED as i64 + 1 + new && last >= COUNTED as i64,
        "{last}"
    );
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_engines_share_the_day_and_each_yes_is_for_one_call() {
    let (port, asked) = server().await;
    // One call is held at a little over a dollar and comes to a tenth of a cent: the second would fit, two at once do not.
    let stage = stage(port, "day = 1.0\nsession = 0.5");
    let mut one = open(&stage, "near/m");
    one.say("go", When::Turn);
    let ask = one.ask().await;
    let About::Budget {
        which, left, limit, ..
    } = ask.about
    else {
        panic!("{:?}", ask.about)
    };
    assert_eq!(
        (which, left, limit),
        (BudgetName::Day, Money::usd(DOLLAR), Money::usd(DOLLAR))
    );
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    assert_eq!(used(&one).await, 0);
    // A yes to the day is none to the session.
    one.answer(ask.id, Answer::Proceed);
    let ask = one.ask().await;
    let About::Budget { which, .. } = ask.about else {
        panic!("{:?}", ask.about)
    };
    assert_eq!(which, BudgetName::Session);
    one.answer(ask.id, Answer::Proceed);
    assert_eq!(one.ending().await, Ending::Finished);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    // The next call asks again, and what another process spent is counted there.
    one.say("again", When::Turn);
    let ask = one.ask().await;
    let mut two = open(&stage, "near/m");
    two.say("go", When::Turn);
    let other = two.ask().await;
    let About::Budget { left, .. } = other.about else {
        panic!("{:?}", other.about)
    };
    assert_eq!(left.parts, DOLLAR - used(&one).await);
    two.answer(other.id, Answer::End);
    assert_eq!(two.ending().await, Ending::Budget);
    two.end().await;
    // A sum that is none is no raise; a true one goes on.
    let wrong = one.answer(ask.id.clone(), Answer::Raise { by: Money::usd(-1) });
    assert_eq!(one.refusal().await.0, wrong);
    one.answer(
        ask.id,
        Answer::Raise {
            by: Money::usd(DOLLAR),
        },
    );
    let ask = one.ask().await;
    assert!(
        matches!(
            ask.about,
            About::Budget {
                which: BudgetName::Session,
                ..
            }
        ),
        "{:?}",
        ask.about
    );
    one.send(Op::Interrupt);
    assert!(matches!(one.ending().await, Ending::Interrupted { .. }));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    one.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_sent_costs_nothing_and_what_was_taken_may() {
    // Nobody listens there.
    let nowhere = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let (lost, _) = serve(": still here\n\n".to_owned(), 100).await;
    for (port, costs) in [(nowhere, false), (lost, true)] {
        let stage = stage(port, "day = 10.0");
        let mut play = open(&stage, "near/m");
        play.send(Op::Submit {
            blocks: vec![crate::protocol::item::Block::text("go")],
            when: When::Turn,
            limits: crate::protocol::session::RunLimits {
                no_retry: true,
                ..crate::protocol::session::RunLimits::default()
            },
        });
        let ending = play.ending().await;
        assert!(matches!(ending, Ending::Failed { .. }), "{ending:?}");
        assert_eq!(used(&play).await > 0, costs, "{ending:?}");
        play.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_without_a_price_is_asked_about_and_its_budget_all_the_same() {
    let (port, asked) = server().await;
    let mut stage = stage(port, "day = 0.000001");
    stage.config.push_str(
        "[providers.far]\nwire = \"openai-chat\"\nbase_url = \"https://unpriced.invalid/v1\"\n",
    );
    let mut play = open(&stage, "far/x");
    play.say("go", When::Turn);
    let ask = play.ask().await;
    assert!(
        matches!(ask.about, About::Unpriced { .. }),
        "{:?}",
        ask.about
    );
    play.answer(ask.id, Answer::Proceed);
    let ask = play.ask().await;
    assert!(
        matches!(
            ask.about,
            About::Budget {
                which: BudgetName::Day,
                ..
            }
        ),
        "{:?}",
        ask.about
    );
    play.answer(ask.id, Answer::End);
    assert_eq!(play.ending().await, Ending::Budget);
    // It is asked once in the home; what it could cost, each time.
    play.say("go", When::Turn);
    let ask = play.ask().await;
    assert!(matches!(ask.about, About::Budget { .. }), "{:?}", ask.about);
    play.answer(ask.id, Answer::End);
    play.ending().await;
    // A model with a price is held to the budget as well.
    let change = Change::Model {
        model: "near/m".parse().unwrap(),
    };
    play.send(Op::Change { change });
    play.say("go", When::Turn);
    let ask = play.ask().await;
    assert!(matches!(ask.about, About::Budget { .. }), "{:?}", ask.about);
    play.answer(ask.id, Answer::End);
    play.ending().await;
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    // A server on this machine without a price counts as nothing, and nobody is asked.
    let change = Change::Model {
        model: "near/bare".parse().unwrap(),
    };
    play.send(Op::Change { change });
    play.say("go", When::Turn);
    assert_eq!(play.ending().await, Ending::Finished);
    assert_eq!((used(&play).await, asked.load(Ordering::SeqCst)), (0, 1));
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_to_a_model_without_a_price_holds_in_the_home_and_a_no_for_now() {
    let (port, _) = server().await;
    let mut stage = stage(port, "day = 0.000001");
    stage.config.push_str(
        "[providers.far]\nwire = \"openai-chat\"\nbase_url = \"https://unpriced.invalid/v1\"\n",
    );
    let accepted = async |play: &Play| -> Vec<String> {
        let Found::Models(cards) = play.door.ask(Query::Models).await else {
            panic!("no models");
        };
        let cards = cards.into_iter().filter(|card| card.accepted);
        cards.map(|card| card.model.to_string()).collect()
    };
    // What is said to the question about the price; the question about the budget that follows a yes is answered with a no.
    let price_asked = async |play: &mut Play, answer: Option<Answer>| -> bool {
        play.say("go", When::Turn);
        let mut ask = play.ask().await;
        let price = matches!(ask.about, About::Unpriced { .. });
        if price {
            let answer = answer.expect("asked about the price");
            play.answer(ask.id, answer.clone());
            if answer == Answer::End {
                play.ending().await;
                return true;
            }
            ask = play.ask().await;
        }
        play.answer(ask.id, Answer::End);
        play.ending().await;
        price
    };
    let mut play = open(&stage, "far/x");
    // A no is for now alone.
    assert!(price_asked(&mut play, Some(Answer::End)).await);
    assert_eq!(accepted(&play).await, Vec::<String>::new());
    assert!(price_asked(&mut play, Some(Answer::Proceed)).await);
    assert!(!price_asked(&mut play, None).await);
    assert_eq!(accepted(&play).await, ["far/x"]);
    // Another model is another question.
    let change = Change::Model {
        model: "far/y".parse().unwrap(),
    };
    play.send(Op::Change { change });
    assert!(price_asked(&mut play, Some(Answer::End)).await);
    play.end().await;
    // Another session of another process.
    let mut play = open(&stage, "far/x");
    assert!(!price_asked(&mut play, None).await);
    for was_accepted in [true, false] {
        let model = "far/x".parse().unwrap();
        let asked = play.door.manage(Manage::AskPrice { model }).await;
        assert_eq!(asked, Managed::PriceAsked { was_accepted });
    }
    assert!(price_asked(&mut play, Some(Answer::End)).await);
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_did_not_fit_is_not_sent_again_and_costs_nothing() {
    let refusal = "data: {\"error\":{\"message\":\"too many tokens\",\"code\":\"context_length_exceeded\"}}\n\n";
    let (port, asked) = serve(refusal.to_owned(), 0).await;
    let mut stage = stage(port, "day = 10.0");
    stage.config = stage.config.replace("context = 100000", "context = 1024");
    stage.config +=
        "\n[providers.near.models.other]\ncontext = 1024\n[roles]\nplan = \"near/other\"\n";
    let mut play = open(&stage, "near/m");
    let mut said = Vec::new();
    // What is asked while it plans is another model.
    let modes = [
        Mode::Ask,
        Mode::Ask,
        Mode::Ask,
        Mode::Plan,
        Mode::Plan,
        Mode::Ask,
    ];
    for mode in modes {
        play.send(Op::Change {
            change: Change::Mode { mode },
        });
        play.say(&"words ".repeat(1500), When::Turn);
        let Ending::Failed { failure } = play.ending().await else {
            panic!("it cannot have been answered")
        };
        said.push((failure.kind, failure.message.contains("not sent")));
    }
    let too_long = FailureKind::TooLong;
    // What one model refused another may take: each is asked once.
    let expected = [false, true, true, false, true, true];
    assert_eq!(said, expected.map(|unsent| (too_long, unsent)));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert_eq!(used(&play).await, 0);
    play.end().await;
}
