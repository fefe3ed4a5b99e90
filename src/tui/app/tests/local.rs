//! Servers on this machine: when they are asked, and what is made of their answer.

use std::path::PathBuf;

use crossterm::event::KeyCode;
use pretty_assertions::assert_eq;

use crate::protocol::event::{Delta, Signal, Waiting};
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::query::ModelCard;
use crate::protocol::time::Time;
use crate::tui::app::App;
use crate::tui::app::first_run::Page;
use crate::tui::app::local::{Answering, Local, Usual};
use crate::tui::app::message::{Cmd, Msg};
use crate::tui::app::setup::{NewProvider, Opened, Setup};
use crate::tui::app::tests::{Desk, model, now};

fn usual() -> Usual {
    Usual {
        name: "Ollama".to_owned(),
        port: 11434,
    }
}

fn answering(models: &[&str]) -> Answering {
    let card = |name: &&str| ModelCard {
        model: model(&format!("ollama/{name}")),
        context: Some(32_768),
        max_output: None,
        price: None,
        price_date: None,
        local: true,
        subscription: false,
        accepted: false,
        lacks: None,
    };
    Answering {
        at: usual(),
        preset: "ollama".to_owned(),
        models: models.iter().map(card).collect(),
    }
}

/// The first page, or a workstation with a model elsewhere.
fn desk(has_model: bool) -> Desk {
    let setup = Setup {
        cwd: PathBuf::from("/src"),
        model: has_model.then(|| model("anthropic/sonnet")),
        usual: vec![usual()],
        ..Setup::default()
    };
    Desk {
        app: App::new(setup, (100, 30), now(0)),
        millis: 0,
        seq: 0,
    }
}

#[test]
fn the_first_page_asks_once_the_first_frame_is_there_and_then_only_when_told() {
    let mut desk = desk(false);
    assert_eq!(desk.press(KeyCode::Down), [], "before the engine is there");
    let asked = desk.update(Msg::Ready(Opened::default()));
    assert_eq!(asked.iter().filter(|cmd| **cmd == Cmd::AskLocal).count(), 1);
    assert_eq!(desk.update(Msg::Tick), []);
    assert_eq!(desk.press(KeyCode::Char('3')), [], "while it is asked");
    desk.press(KeyCode::Esc);
    desk.update(Msg::Local(Vec::new()));
    assert_eq!(desk.update(Msg::Tick), [], "nobody said to ask again");
    assert_eq!(desk.press(KeyCode::Char('3')), [Cmd::AskLocal]);
    assert_eq!(desk.press(KeyCode::Enter), [], "it is being asked");
    desk.update(Msg::Local(Vec::new()));
    assert_eq!(desk.press(KeyCode::Enter), [Cmd::AskLocal]);
    // One has been started meanwhile.
    desk.update(Msg::Local(vec![answering(&["qwen3:4b"])]));
    let page = &desk.app.first_run.as_ref().unwrap().page;
    assert_eq!(page, &Page::Here { at: 0 });
}

#[test]
fn a_model_of_this_machine_is_two_keys_away() {
    let mut desk = desk(false);
    desk.update(Msg::Ready(Opened::default()));
    desk.update(Msg::Local(vec![answering(&["qwen3:4b", "gpt-oss:20b"])]));
    assert_eq!(desk.press(KeyCode::Char('3')), []);
    let store = |name: &str| {
        let provider = NewProvider::Local {
            preset: "ollama".to_owned(),
            port: 11434,
        };
        [Cmd::Store(provider, model(name))]
    };
    assert_eq!(desk.press(KeyCode::Enter), store("ollama/qwen3:4b"));
    assert_eq!(desk.press(KeyCode::Char('2')), store("ollama/gpt-oss:20b"));
    // Behind the last one stands a field for another's address.
    for _ in 0..9 {
        desk.press(KeyCode::Down);
    }
    assert_eq!(desk.press(KeyCode::Enter), []);
    let page = &desk.app.first_run.as_ref().unwrap().page;
    assert!(matches!(page, Page::Server { .. }), "{page:?}");
}

#[test]
fn without_a_way_to_the_model_this_machine_is_asked_once() {
    let mut desk = desk(true);
    assert_eq!(desk.app.local, Local::Unasked);
    let ready = desk.update(Msg::Ready(Opened::default()));
    assert!(!ready.contains(&Cmd::AskLocal), "there is a model");
    let session = desk.app.view().id;
    let retry = |kind| Signal::Delta {
        session,
        delta: Delta::Waiting {
            what: Waiting::Retry {
                failure: Failure::new(kind, "no way"),
                attempt: 1,
                attempts: 5,
                endless: false,
                until: Time::default(),
            },
        },
    };
    let cmds = desk.update(Msg::Signals(vec![retry(FailureKind::Rate)]));
    assert_eq!(cmds, [], "the vendor answers");
    let cmds = desk.update(Msg::Signals(vec![retry(FailureKind::Network)]));
    assert_eq!(cmds, [Cmd::AskLocal]);
    assert_eq!(desk.app.stand_in(desk.app.view()), None);
    desk.update(Msg::Local(vec![answering(&["qwen3:4b"])]));
    assert_eq!(
        desk.app.stand_in(desk.app.view()).as_deref(),
        Some("a local model answers: qwen3:4b on port 11434")
    );
    assert_eq!(
        desk.update(Msg::Signals(vec![retry(FailureKind::Network)])),
        []
    );
}
