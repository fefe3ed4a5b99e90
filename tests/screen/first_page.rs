//! What is seen before anything was said: the first page and the empty workstation.

use std::path::PathBuf;

use crossterm::event::KeyCode;

use creel::config::secret::Secret;
use creel::protocol::query::Found;
use creel::protocol::session::State;
use creel::tui::app::message::{Msg, Tag};
use creel::tui::app::setup::{GivenKey, NewProvider, Setup};

use super::desk::Desk;
use super::given::{answering, card, setup};

#[test]
fn the_first_page() {
    let bare = Setup {
        model: None,
        card: None,
        found: None,
        ..setup()
    };
    for size in [(80, 24), (120, 40), (40, 12)] {
        let mut desk = Desk::new(bare.clone(), size);
        screen!(format!("first_page_{}x{}", size.0, size.1), desk);
    }
    for size in [(80, 24), (40, 12)] {
        let mut desk = Desk::new(bare.clone(), size);
        desk.update(Msg::Broken(
            "~/.local/share/creel is a file, and the log is kept in a folder of that name: move it away".to_owned(),
        ));
        desk.app.notices.push("what was damaged was saved as ~/.local/share/creel/creel.db.damaged-1: 212 of 214 facts are here".to_owned());
        desk.update(Msg::Tick);
        screen!(format!("first_page_notices_{}x{}", size.0, size.1), desk);
    }
    let mut desk = Desk::new(bare.clone(), (80, 24));
    desk.press(KeyCode::Char('2'));
    desk.update(Msg::Paste("sk-ant-api03-abcdefghijklmnopx4Qa".to_owned()));
    screen!("first_page_key", desk);
    desk.press(KeyCode::Enter);
    desk.wait(3_200);
    screen!("first_page_checking", desk);
    let given = NewProvider::Key {
        vendor: "anthropic".to_owned(),
        key: GivenKey::Pasted(Secret::new("sk-ant-api03-abcdefghijklmnopx4Qa").unwrap()),
    };
    let refused = "api.anthropic.com refused the key (401): the key is wrong or was taken back";
    desk.update(Msg::Checked(given, Err(refused.to_owned())));
    screen!("first_page_refused", desk);
    for size in [(80, 24), (40, 12)] {
        let mut desk = Desk::new(bare.clone(), size);
        desk.press(KeyCode::Char('2'));
        desk.update(Msg::Paste("sk-0123456789abcdefghijklmn".to_owned()));
        desk.press(KeyCode::Enter);
        desk.press(KeyCode::Down);
        screen!(format!("first_page_vendor_{}x{}", size.0, size.1), desk);
        desk.press(KeyCode::Enter);
        assert!(desk.text().contains("api.deepseek.com"), "{}", desk.text());
    }
}

#[test]
fn the_first_page_with_servers_on_this_machine() {
    let bare = Setup {
        model: None,
        card: None,
        found: None,
        ..setup()
    };
    let mut desk = Desk::new(bare, (100, 30));
    desk.found_here(Vec::new());
    screen!("first_page_local_none", desk);
    desk.press(KeyCode::Char('3'));
    desk.found_here(Vec::new());
    screen!("first_page_local_address", desk);
    desk.press(KeyCode::Esc);
    desk.found_here(vec![
        answering(
            0,
            "ollama",
            &[("qwen3-coder:30b", Some(262_144)), ("gpt-oss:20b", None)],
        ),
        answering(2, "llamacpp", &[("devstral.gguf", Some(32_768))]),
    ]);
    screen!("first_page_local", desk);
    desk.press(KeyCode::Enter);
    desk.press(KeyCode::Down);
    screen!("first_page_local_models", desk);
}

#[test]
fn the_empty_workstation() {
    for size in [(80, 24), (120, 40), (40, 12)] {
        let mut desk = Desk::new(setup(), size);
        desk.update(Msg::Found(
            Tag::Recent,
            Found::Sessions(vec![
                card("rate limits", State::Done, 1),
                card("CI cache", State::Done, 12),
            ]),
        ));
        screen!(format!("empty_{}x{}", size.0, size.1), desk);
    }
    let mut desk = Desk::new(setup(), (80, 24));
    desk.typed("Explain what src/http does");
    screen!("empty_typed", desk);
    desk.update(Msg::Paste("line\n".repeat(212)));
    screen!("empty_pasted", desk);
}

#[test]
fn the_tour_says_that_it_is_played() {
    let played = Setup {
        model: None,
        card: None,
        ..setup()
    };
    let mut desk = Desk::new(played, (80, 24));
    desk.press(KeyCode::Enter);
    desk.update(Msg::Tour(Ok(PathBuf::from("/tmp/creel-tour-7f3a"))));
    screen!("tour_begins", desk);
}
