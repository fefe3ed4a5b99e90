//! Servers on this machine: when they are asked, and what is made of their answer.

use std::path::PathBuf;

use crossterm::event::KeyCode;
use pretty_assertions::assert_eq;

use crate::config::KeySource;
use crate::protocol::event::{Delta, Ending, Fact, Signal, Waiting};
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::offer::Offer;
use crate::protocol::query::{Found, ModelCard, Query};
use crate::protocol::time::Time;
use crate::tui::app::App;
use crate::tui::app::card::KeyPlaces;
use crate::tui::app::first_run::Page;
use crate::tui::app::local::{Answering, Local, Usual};
use crate::tui::app::message::{Cmd, Msg, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::models::{How, Models};
use crate::tui::app::setup::{GivenKey, NewProvider, Opened, Setup, Stored};
use crate::tui::app::tests::models::offer;
use crate::tui::app::tests::palette::wishes;
use crate::tui::app::tests::{Desk, model, now};

/// Something that happens while the list is open.
type Change = fn(&mut Desk);

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
        kept: false,
        models: models.iter().map(card).collect(),
    }
}

/// What is kept when a model of that server is taken up.
fn beside() -> NewProvider {
    NewProvider::LocalBeside {
        preset: "ollama".to_owned(),
        port: 11434,
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
    let asks = asked.iter().filter(|cmd| matches!(cmd, Cmd::AskLocal(_)));
    assert_eq!(asks.collect::<Vec<_>>(), [&Cmd::AskLocal(1)]);
    assert_eq!(desk.update(Msg::Tick), []);
    assert_eq!(desk.press(KeyCode::Char('3')), [], "while it is asked");
    desk.press(KeyCode::Esc);
    desk.found_here(Vec::new());
    assert_eq!(desk.update(Msg::Tick), [], "nobody said to ask again");
    assert_eq!(desk.press(KeyCode::Char('3')), [Cmd::AskLocal(2)]);
    assert_eq!(desk.press(KeyCode::Enter), [], "it is being asked");
    desk.found_here(Vec::new());
    assert_eq!(desk.press(KeyCode::Enter), [Cmd::AskLocal(3)]);
    // One has been started meanwhile.
    desk.found_here(vec![answering(&["qwen3:4b"])]);
    let page = &desk.app.first_run.as_ref().unwrap().page;
    assert_eq!(page, &Page::Here { at: 0 });
}

#[test]
fn a_model_of_this_machine_is_two_keys_away() {
    let mut desk = desk(false);
    desk.update(Msg::Ready(Opened::default()));
    desk.found_here(vec![answering(&["qwen3:4b", "gpt-oss:20b"])]);
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
    assert!(!ready.contains(&Cmd::AskLocal(1)), "there is a model");
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
    assert_eq!(cmds, [Cmd::AskLocal(1)]);
    assert_eq!(desk.app.stand_in(desk.app.view()), None);
    desk.found_here(vec![answering(&["qwen3:4b"])]);
    assert_eq!(
        desk.app.stand_in(desk.app.view()).as_deref(),
        Some("a local model answers: qwen3:4b on port 11434")
    );
    assert_eq!(
        desk.update(Msg::Signals(vec![retry(FailureKind::Network)])),
        []
    );
}

/// The list of models, opened where a vendor's model answers; its rows by name.
fn listed(found: Vec<Answering>) -> (Desk, Vec<String>) {
    let mut desk = desk(true);
    desk.update(Msg::Ready(Opened::default()));
    desk.ctrl('x');
    let cmds = desk.press(KeyCode::Char('m'));
    assert!(cmds.contains(&Cmd::AskLocal(1)), "{cmds:?}");
    desk.found_here(found);
    offered(&mut desk, &["anthropic/sonnet"]);
    let rows = rows(&desk);
    (desk, rows)
}

fn rows(desk: &Desk) -> Vec<String> {
    let shown = list(desk).shown();
    let names = shown.iter().map(|offer| offer.card.model.to_string());
    names.collect()
}

impl Desk {
    /// The servers of this machine have answered the last ask.
    fn found_here(&mut self, servers: Vec<Answering>) -> Vec<Cmd> {
        self.update(Msg::Local(self.app.local_asks.last, servers))
    }
}

fn offered(desk: &mut Desk, names: &[&str]) -> Vec<Cmd> {
    let tag = Tag::Offers(desk.app.view().id);
    let offer = |name: &&str| Offer {
        tokens: 1_000,
        ..offer(name)
    };
    let offers = names.iter().map(offer).collect();
    desk.update(Msg::Found(tag, Found::Offers(offers)))
}

fn list(desk: &Desk) -> &Models {
    let Some(Overlay::Models(overlay)) = &desk.app.overlay else {
        unreachable!("the list is open");
    };
    overlay
}

#[test]
fn the_list_of_models_has_those_found_here_and_taking_one_keeps_its_server() {
    let kept = Answering {
        kept: true,
        ..answering(&["known"])
    };
    let (mut desk, rows) = listed(vec![kept, answering(&["qwen3:4b"])]);
    // What the config has is among the others, as far as it has told its models.
    assert_eq!(rows, ["anthropic/sonnet", "ollama/qwen3:4b"]);
    desk.press(KeyCode::Down);
    let here = model("ollama/qwen3:4b");
    assert_eq!(
        desk.press(KeyCode::Enter),
        [Cmd::Store(beside(), here.clone())]
    );
    let before = desk.app.setup.model.clone();
    assert_eq!(desk.app.view().model(), before.as_ref(), "not kept yet");
    let stored = Stored {
        card: None,
        key_places: KeyPlaces::new(),
        text: "kept in config.toml".to_owned(),
    };
    desk.update(Msg::Stored(beside(), Ok(stored)));
    // This session, and no other.
    assert_eq!(desk.app.view().model(), Some(&here));
    assert_eq!(desk.app.setup.model, before);
    let note = desk.app.note.as_ref().map(|note| note.text.as_str());
    assert_eq!(
        note,
        Some("ollama/qwen3:4b from the first prompt on; kept in config.toml")
    );
    assert_eq!(desk.app.local.unkept().count(), 0);
}

#[test]
fn a_server_that_cannot_be_kept_changes_nothing() {
    let (mut desk, _) = listed(vec![answering(&["qwen3:4b"])]);
    desk.press(KeyCode::Down);
    desk.press(KeyCode::Enter);
    let before = desk.app.view().model().cloned();
    let failed = Err("cannot write /c/config.toml".to_owned());
    desk.update(Msg::Stored(beside(), failed));
    assert_eq!(desk.app.view().model(), before.as_ref());
    assert_eq!(desk.app.notices, ["cannot write /c/config.toml"]);
    assert_eq!(desk.app.first_run, None);
}

#[test]
fn the_mark_stays_at_its_model_while_rows_come_and_go() {
    let here = || vec![answering(&["a:1b", "qwen3:4b"])];
    let (sonnet, paid) = ("anthropic/sonnet", "anthropic/opus");
    let gone = Some("ollama/qwen3:4b is in the list no more");
    let cases: [(Change, Option<&str>, bool); 5] = [
        // More offers, before the ones that were found here.
        (
            |desk| drop(offered(desk, &["a/a", "anthropic/sonnet", "b/b"])),
            None,
            true,
        ),
        (
            |desk| drop(desk.found_here(vec![answering(&["qwen3:4b"])])),
            None,
            true,
        ),
        (
            |desk| drop(desk.found_here(vec![answering(&["a:1b"])])),
            gone,
            false,
        ),
        (|desk| drop(desk.found_here(Vec::new())), gone, false),
        // It has come back before a key was pressed.
        (
            |desk| {
                desk.found_here(Vec::new());
                desk.found_here(vec![answering(&["qwen3:4b"])]);
            },
            None,
            true,
        ),
    ];
    for (index, (change, failed, taken)) in cases.into_iter().enumerate() {
        let (mut desk, _) = listed(here());
        offered(&mut desk, &[sonnet, paid]);
        for _ in 0..3 {
            desk.press(KeyCode::Down);
        }
        change(&mut desk);
        assert_eq!(list(&desk).failed.as_deref(), failed, "{index}");
        let cmds = desk.press(KeyCode::Enter);
        let stores =
            |cmd: &Cmd| matches!(cmd, Cmd::Store(_, of) if *of == model("ollama/qwen3:4b"));
        assert_eq!(cmds.iter().any(stores), taken, "{index}: {cmds:?}");
        assert_eq!(cmds.is_empty(), !taken, "{index}: {cmds:?}");
        if !taken {
            // The list is still there, with a mark that can be moved and taken.
            assert_eq!(list(&desk).failed.as_deref(), failed, "{index}");
            assert_eq!(list(&desk).pick.at, 0, "{index}");
        }
    }
}

#[test]
fn one_model_of_this_machine_is_taken_up_at_a_time() {
    let (mut desk, _) = listed(vec![answering(&["a:1b", "qwen3:4b"])]);
    desk.press(KeyCode::Down);
    let first = model("ollama/a:1b");
    assert_eq!(
        desk.press(KeyCode::Enter),
        [Cmd::Store(beside(), first.clone())]
    );
    let named = model("ollama/qwen3:4b");
    assert_eq!(desk.app.take_model(named, How::After), []);
    let note = desk.app.note.as_ref().map(|note| note.text.as_str());
    assert_eq!(
        note,
        Some("ollama/a:1b is being kept in the config: one at a time")
    );
    // What comes of another thing that was kept is not taken for it.
    let other = NewProvider::Beside {
        vendor: "anthropic".to_owned(),
        key: GivenKey::Variable("KEY".to_owned()),
    };
    let stored = || Stored {
        card: None,
        key_places: KeyPlaces::new(),
        text: "kept".to_owned(),
    };
    let before = desk.app.view().model().cloned();
    desk.update(Msg::Stored(other, Ok(stored())));
    assert_eq!(desk.app.view().model(), before.as_ref());
    desk.update(Msg::Stored(beside(), Ok(stored())));
    assert_eq!(desk.app.view().model(), Some(&first));
    // What has failed late says so, and opens no page.
    desk.update(Msg::Stored(beside(), Err("cannot write".to_owned())));
    assert_eq!(desk.app.first_run, None);
}

#[test]
fn a_model_that_was_chosen_meanwhile_is_not_overruled() {
    let (mut desk, _) = listed(vec![answering(&["qwen3:4b"])]);
    desk.press(KeyCode::Down);
    desk.press(KeyCode::Enter);
    let other = model("anthropic/opus");
    desk.app.take_model(other.clone(), How::After);
    let stored = Stored {
        card: None,
        key_places: KeyPlaces::from([("ollama".to_owned(), KeySource::None)]),
        text: "kept".to_owned(),
    };
    desk.update(Msg::Stored(beside(), Ok(stored)));
    assert_eq!(desk.app.view().model(), Some(&other));
    assert_eq!(desk.app.taking, None);
}

#[test]
fn a_provider_that_a_person_writes_into_the_config_can_be_used_at_once() {
    let config =
        "[providers.mine]\nwire = \"openai-chat\"\nbase_url = \"http://localhost:11434/v1\"\n";
    let wished = |text: &str| Msg::Wished(Ok(Box::new(wishes(text))));
    let (mut desk, _) = listed(vec![answering(&["qwen3:4b"])]);
    desk.read_config("");
    assert_eq!(desk.update(wished(config)), [Cmd::Extend]);
    let note = desk.app.note.as_ref().map(|note| note.text.clone());
    assert!(note.is_some_and(|note| !note.contains("next start")));
    let places = KeyPlaces::from([("mine".to_owned(), KeySource::None)]);
    let served = Query::Served { elsewhere: false };
    assert_eq!(
        desk.update(Msg::Extended(Ok(places))),
        [Cmd::Ask(Tag::Models, served)]
    );
    // What changes of one that is known waits for the next start.
    assert_eq!(desk.update(wished(&config.replace("11434", "11435"))), []);
}

#[test]
fn what_the_config_has_got_since_they_answered_is_not_found_here() {
    let mine =
        "[providers.mine]\nwire = \"openai-chat\"\nbase_url = \"http://localhost:11434/v1\"\n";
    let by_creel: Change = |desk| {
        let places = KeyPlaces::from([("ollama".to_owned(), KeySource::None)]);
        let session = desk.app.view().id;
        desk.update(Msg::KeysRead(session, Ok(places)));
    };
    let cases = [
        (Some(by_creel), "", false),
        // By its name, and by its address.
        (None, "[providers.ollama]\n", false),
        (None, mine, false),
        (None, &mine.replace("11434", "11435"), true),
        (
            None,
            "[providers.ollama-2]\npreset = \"ollama\"\nbase_url = \"http://10.0.0.2:11434\"\n",
            true,
        ),
    ];
    for (change, config, found) in cases {
        let (mut desk, _) = listed(vec![answering(&["qwen3:4b"])]);
        match change {
            Some(change) => change(&mut desk),
            None => desk.read_config(config),
        }
        let mut expected = vec!["anthropic/sonnet"];
        expected.extend(found.then_some("ollama/qwen3:4b"));
        assert_eq!(rows(&desk), expected, "{config}");
        let cmds = desk.app.take_model(model("ollama/qwen3:4b"), How::After);
        let stores = |cmd: &Cmd| matches!(cmd, Cmd::Store(..));
        assert_eq!(cmds.iter().any(stores), found, "{config}");
    }
}

#[test]
fn an_answer_to_an_older_ask_is_not_heard() {
    let (mut desk, _) = listed(vec![answering(&["qwen3:4b"])]);
    desk.press(KeyCode::Esc);
    desk.ctrl('x');
    let cmds = desk.press(KeyCode::Char('m'));
    assert!(cmds.contains(&Cmd::AskLocal(2)), "{cmds:?}");
    offered(&mut desk, &["anthropic/sonnet"]);
    let both = ["anthropic/sonnet", "ollama/qwen3:4b"];
    assert_eq!(rows(&desk), both);
    desk.update(Msg::Local(1, Vec::new()));
    assert_eq!(rows(&desk), both);
    desk.update(Msg::Local(2, Vec::new()));
    assert_eq!(rows(&desk), ["anthropic/sonnet"]);
}

#[test]
fn a_model_of_this_machine_that_is_named_needs_no_key() {
    let found = || vec![answering(&["qwen3:4b"])];
    // Whether it was found before the rows came, and whether it was found at all.
    for (before, servers, stored) in [
        (true, found(), true),
        (false, found(), true),
        (false, Vec::new(), false),
    ] {
        let mut desk = Desk::running();
        let ending = Ending::Finished;
        desk.fact(Fact::TurnEnded { turn: 1, ending });
        desk.app.setup.usual = vec![usual()];
        desk.typed("/model ollama/qwen3:4b");
        let cmds = desk.press(KeyCode::Enter);
        assert!(cmds.contains(&Cmd::AskLocal(1)), "{cmds:?}");
        let mut lacking = offer("ollama/qwen3:4b");
        lacking.card.lacks = Some("there is no provider `ollama`".to_owned());
        let tag = Tag::Offers(desk.app.view().id);
        let sonnet = Offer {
            tokens: 1_000,
            ..offer("anthropic/sonnet")
        };
        let offers = vec![sonnet, lacking];
        let offers = Msg::Found(tag, Found::Offers(offers));
        let cmds = if before {
            desk.found_here(servers);
            desk.update(offers)
        } else {
            assert_eq!(desk.update(offers), [], "it may be one of this machine");
            assert_eq!(desk.app.first_run, None);
            desk.found_here(servers)
        };
        let here = model("ollama/qwen3:4b");
        let expected = stored.then(|| Cmd::Store(beside(), here));
        assert_eq!(cmds, Vec::from_iter(expected));
        // Where there is none such, its provider is asked about as any other.
        assert_eq!(desk.app.first_run.is_some(), !stored);
    }
}
