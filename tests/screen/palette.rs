//! The palette and the settings as they look.

use std::path::Path;

use crossterm::event::{KeyCode, KeyModifiers};

use creel::config::theme::ThemeChoice;
use creel::config::{load, show};
use creel::protocol::ask::Risk;
use creel::protocol::query::Found;
use creel::protocol::session::State;
use creel::tui::app::keymap::leader::Leader;
use creel::tui::app::keymap::wished;
use creel::tui::app::message::{Msg, Tag};
use creel::tui::app::wishes::Wishes;

use super::desk::Desk;
use super::given::{approval, card, setup, worked};

/// A workstation whose config has keys of its own.
fn desk(size: (u16, u16)) -> Desk {
    desk_with(
        "mode = \"plan\"\n[keymap.everywhere]\nzoom = [\"f5\"]\nmodels = [\"leader M\"]\ncost = []\n",
        size,
    )
}

fn desk_with(text: &str, size: (u16, u16)) -> Desk {
    let file = Path::new("/home/ada/.config/creel/config.toml");
    let loaded = load::parse(text, file, &|_| None).unwrap();
    let mut setup = setup();
    setup.wishes = Wishes {
        keymap: wished::apply(Leader::CtrlX, &loaded.config.keymap).0,
        mouse: loaded.config.ui.mouse,
        motion: loaded.config.ui.motion,
        composer: loaded.config.ui.composer,
        notify: loaded.config.notify.clone(),
        theme: ThemeChoice::Usual,
        settings: show::settings(&loaded, file),
        file: file.display().to_string(),
        faults: Vec::new(),
    };
    setup.abilities = [
        ("colours", "16 million"),
        ("keys", "kitty's form, unasked"),
        ("between", "tmux"),
    ]
    .map(|(ability, state)| (ability.to_owned(), state.to_owned()))
    .into();
    let mut desk = Desk::new(setup, size);
    desk.update(Msg::Ready(creel::tui::app::setup::Opened::default()));
    desk
}

fn sized(desk: &mut Desk, size: (u16, u16)) {
    desk.size = size;
    desk.update(Msg::Resize(size.0, size.1));
}

#[test]
fn the_palette() {
    let mut desk = desk((100, 30));
    screen!("own_keys", desk);
    desk.key(KeyCode::Char('p'), KeyModifiers::CONTROL);
    let cards = vec![
        card("fix the flaky retry test", State::Done, 1),
        card("read the model cards", State::Working, 0),
    ];
    desk.update(Msg::Found(Tag::Palette, Found::Sessions(cards)));
    screen!("palette", desk);
    desk.typed("mo");
    screen!("palette_typed", desk);
    sized(&mut desk, (40, 12));
    screen!("palette_40x12", desk);
    sized(&mut desk, (80, 24));
    desk.key(KeyCode::Char('u'), KeyModifiers::CONTROL);
    desk.typed("/mode ");
    screen!("palette_command", desk);
}

#[test]
fn the_settings() {
    let mut desk = desk((100, 30));
    desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
    desk.press(KeyCode::Char(','));
    screen!("settings", desk);
    sized(&mut desk, (40, 12));
    screen!("settings_40x12", desk);
    sized(&mut desk, (80, 24));
    desk.press(KeyCode::Enter);
    screen!("settings_keys", desk);
    desk.press(KeyCode::Char('/'));
    desk.typed("zoom");
    desk.press(KeyCode::Enter);
    screen!("settings_press", desk);
    desk.key(KeyCode::Char('k'), KeyModifiers::CONTROL);
    screen!("settings_taken", desk);
    sized(&mut desk, (40, 12));
    screen!("settings_taken_40x12", desk);
}

#[test]
fn a_long_name_of_a_setting_is_whole_where_there_is_room() {
    let text = "[providers.our-gateway-in-the-north]\nwire = \"openai-chat\"\n\
                base_url = \"http://10.0.0.2/v1\"\n";
    for size in [(100, 30), (80, 24)] {
        let mut desk = desk_with(text, size);
        desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
        desk.press(KeyCode::Char(','));
        let seen = desk.text();
        let name = "providers.our-gateway-in-the-north.base_url  \"http";
        assert!(seen.contains(name), "{seen}");
    }
}

/// What has no key is not offered by one, in the transcript and on the board.
#[test]
fn lines_of_keys_name_the_keys_of_the_person() {
    let text = "[keymap.transcript]\nfind = [\"f3\"]\ncopy-block = \"c\"\nselect = []\n\
        [keymap.board]\nboard-find = \"f2\"\nboard-pin = []\nboard-leave = \"q\"\nboard-new = \"+\"\n";
    let mut desk = desk_with(text, (100, 30));
    desk.press(KeyCode::Esc);
    let drawn = desk.text();
    assert!(
        drawn.contains("j k row   F3 search   c copy   o unfold"),
        "{drawn}"
    );
    desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
    desk.press(KeyCode::Char('w'));
    let drawn = desk.text();
    assert!(drawn.contains("R rename   x stop"), "{drawn}");
    assert!(drawn.contains("t turns   F2 find"), "{drawn}");
    assert!(drawn.contains("q back  ? help"), "{drawn}");
    assert!(!drawn.contains("pin"), "{drawn}");
}

/// A choice without a key is named by its number.
#[test]
fn asks_and_lists_name_the_keys_of_the_person() {
    let text = "[keymap.ask]\nask-yes = \"alt-y\"\nask-session = []\nask-leave = \"q\"\n\
        [keymap.list]\nlist-close = \"f10\"\n[keymap.palette]\npalette-complete = \"f9\"\n\
        [keymap.question]\nquestion-no = \"f8\"\n";
    let loaded = load::parse(text, Path::new("/c/config.toml"), &|_| None).unwrap();
    let keymap = wished::apply(Leader::CtrlX, &loaded.config.keymap).0;
    let mut desk = worked((100, 30));
    desk.app.setup.wishes.keymap = keymap;
    desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
    desk.press(KeyCode::Char('q'));
    let drawn = desk.text();
    assert!(drawn.contains("F8  stay"), "{drawn}");
    desk.press(KeyCode::F(8));
    desk.ask(approval(Risk::Low, "cargo test", "runs a program"));
    desk.press(KeyCode::Tab);
    let drawn = desk.text();
    for named in [
        "Alt+y once",
        "2 this session",
        "n no",
        "q back; it stays waiting",
    ] {
        assert!(drawn.contains(named), "{named}: {drawn}");
    }
    desk.press(KeyCode::Char('?'));
    let drawn = desk.text();
    assert!(drawn.contains("Alt+y  "), "{drawn}");
    assert!(drawn.contains("F10 close"), "{drawn}");
    desk.press(KeyCode::F(10));
    desk.key(KeyCode::Char('p'), KeyModifiers::CONTROL);
    desk.typed("/");
    let drawn = desk.text();
    assert!(
        drawn.contains("Enter run   F9 complete   F10 close"),
        "{drawn}"
    );
}

#[test]
fn why_a_key_could_not_be_bound_is_at_the_foot() {
    for size in [(100, 30), (40, 12)] {
        let mut desk = desk(size);
        desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
        desk.press(KeyCode::Char(','));
        desk.press(KeyCode::Enter);
        desk.update(Msg::NotBound("cannot write the config".to_owned()));
        let drawn = desk.text();
        assert!(drawn.contains("cannot write the config"), "{drawn}");
    }
}
