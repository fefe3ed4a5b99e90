//! Keys of the config in a true terminal: they are bound, found in the palette, and changed while Creel runs.

use std::fs;
use std::path::PathBuf;
use std::sync::{Barrier, Mutex};

use creel::config::load;
use creel::config::paths::Paths;
use creel::config::theme::ThemeChoice;
use creel::tui::app::keymap::claim::given;
use creel::tui::app::keymap::leader::Leader;
use creel::tui::app::keymap::place::Place;
use creel::tui::app::keymap::wished::{self, Rebind};
use creel::tui::app::keymap::{spelling, table};

use crate::keys::wishes::ConfigFile;
use crate::support::pty::{READY, Terminal};
use crate::support::{CREEL, Home};

/// The program's own, which is no part of the library.
#[path = "../src/wishes.rs"]
#[allow(dead_code)]
mod wishes;

/// As terminals send F5 and F6.
const F5: &str = "\x1b[15~";
const F6: &str = "\x1b[17~";
const CTRL_P: &str = "\x10";

/// Esc, until this is gone: a key that comes too soon after it is one with Alt.
fn leave(terminal: &Terminal, overlay: &str) {
    terminal.press("\x1b");
    terminal.wait_until("the overlay to be gone", |screen| !screen.contains(overlay));
}

#[test]
fn keys_of_the_config_work_and_the_palette_runs_what_is_found() {
    let home = Home::new();
    home.plays("> go\n< text: gone\n");
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    home.config(&format!(
        "{config}\n[keymap.everywhere]\ncost = [\"f5\", \"leader E\"]\nzom = \"f7\"\n"
    ));
    // Wide enough for what is wrong to be said in one line.
    let mut terminal = Terminal::start(&home, CREEL, &[], (30, 180));
    terminal.wait_for(READY);
    // What is wrong with it is said, and no reason not to start.
    terminal.wait_for("is no action: did you mean `zoom`?");
    terminal.press(F5);
    terminal.wait_for("by model");
    leave(&terminal, "by model");
    terminal.press(CTRL_P);
    terminal.wait_for("palette");
    terminal.press("what it cost");
    // The key it has now stands beside it.
    terminal.wait_for("F5");
    terminal.press("\r");
    terminal.wait_for("by model");
    leave(&terminal, "by model");
    // Another key while it runs; the old one does nothing then.
    home.config(&format!("{config}\n[keymap.everywhere]\ncost = [\"f6\"]\n"));
    terminal.press("\x1b[I");
    terminal.wait_for("config read again");
    terminal.wait_until("the notice to be gone", |screen| {
        !screen.contains("did you mean")
    });
    terminal.press(F6);
    terminal.wait_for("by model");
    leave(&terminal, "by model");
    // A broken one is told with its place, and the keys stay.
    home.config("mode = 3\n");
    terminal.press("\x1b[I");
    terminal.wait_for("1:8");
    terminal.press(F6);
    terminal.wait_for("by model");
    leave(&terminal, "by model");
    home.config(&config);
    terminal.press("\x03\x03");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn a_key_pressed_in_the_settings_is_written_into_the_config() {
    let home = Home::new();
    home.plays("> go\n< text: gone\n");
    let mut terminal = Terminal::creel(&home, &[]);
    terminal.wait_for(READY);
    terminal.press("\x18,");
    terminal.wait_for("settings");
    terminal.press("\r");
    terminal.wait_for("press a new one");
    terminal.press("what it cost");
    terminal.wait_until("one action", |screen| !screen.contains("zoom"));
    terminal.press("\r");
    terminal.wait_for("Press the new key");
    terminal.press(F5);
    terminal.wait_for("* F5");
    let text = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    assert!(
        text.contains("[keymap.everywhere]\ncost = [\"f5\"]\n"),
        "{text}"
    );
    // Back as it was shipped.
    terminal.press("\x12");
    terminal.wait_until("the shipped key", |screen| screen.contains("^X c"));
    let text = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    assert!(!text.contains("cost"), "{text}");
    // Out of the keys and the settings.
    for _ in 0..2 {
        terminal.press("\x1b");
        terminal.settle();
    }
    terminal.wait_for(READY);
    terminal.press("\x03\x03");
    assert_eq!(terminal.end(), 0);
}

/// The config of a home that says this.
fn config(home: &tempfile::TempDir, text: &str) -> (PathBuf, ConfigFile) {
    let folder = home.path().as_os_str().to_owned();
    let paths =
        Paths::from_environment(&|name| (name == "CREEL_HOME").then(|| folder.clone())).unwrap();
    let file = paths.config_file.clone();
    fs::write(&file, text).unwrap();
    (file, ConfigFile::new(paths))
}

#[test]
fn a_key_is_taken_from_where_the_person_has_it() {
    let home = tempfile::tempdir().unwrap();
    let text = "[keymap.everywhere]\nzoom = [\"f6\", \"f5\"] # mine\n";
    let (path, file) = config(&home, text);
    let loaded = load::parse(text, &path, &|_| None).unwrap();
    let keymap = wished::apply(Leader::CtrlX, &loaded.config.keymap).0;
    let cost = table().find(|row| row.name == "cost").unwrap();
    let rebinds = given(
        &keymap,
        Place::Anywhere,
        cost,
        spelling::read("f5").unwrap(),
    );
    file.bind(&rebinds, |wishes| {
        assert_eq!(wishes.unwrap().faults, Vec::<String>::new());
    });
    assert_eq!(
        fs::read_to_string(path).unwrap(),
        "[keymap.everywhere]\ncost = [\"f5\"]\nzoom = [\"f6\"] # mine\n"
    );
}

/// Keys and a theme from several threads: all of it is in the file, and an answer that comes later knows more.
#[test]
fn of_changes_at_once_none_is_lost() {
    let home = tempfile::tempdir().unwrap();
    let (path, file) = config(&home, "");
    let rows = || table().filter(|row| row.place == Place::Anywhere).take(9);
    let told = Mutex::new(Vec::new());
    let begin = Barrier::new(10);
    std::thread::scope(|scope| {
        for row in rows() {
            let (file, told, begin) = (&file, &told, &begin);
            let rebind = Rebind {
                place: Place::Anywhere,
                name: row.name,
                keys: Some(Vec::new()),
            };
            scope.spawn(move || {
                begin.wait();
                file.bind(&[rebind], |wishes| {
                    let settings = wishes.unwrap().settings;
                    let keys = settings.iter().filter(|s| s.key.starts_with("keymap."));
                    told.lock().unwrap().push(keys.count());
                });
            });
        }
        begin.wait();
        let choice = ThemeChoice::One("dawn".to_owned());
        file.keep_theme(&choice, |kept| kept.unwrap());
    });
    assert_eq!(told.into_inner().unwrap(), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    let text = fs::read_to_string(&path).unwrap();
    let config = load::parse(&text, &path, &|_| None).unwrap().config;
    assert_eq!(config.keymap.wishes.len(), rows().count());
    assert_eq!(config.ui.theme, ThemeChoice::One("dawn".to_owned()));
}
