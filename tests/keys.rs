//! Keys of the config in a true terminal: they are bound, found in the palette, and changed while Creel runs.

use crate::support::pty::Terminal;
use crate::support::{CREEL, Home};

const READY: &str = "Enter send";
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
    terminal.press("/what it cost\r");
    terminal.wait_for("press a new one");
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
    terminal.press("r");
    terminal.wait_until("the shipped key", |screen| screen.contains("^X c"));
    let text = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    assert!(!text.contains("cost"), "{text}");
    // Out of the filter, the keys and the settings.
    for _ in 0..3 {
        terminal.press("\x1b");
        terminal.settle();
    }
    terminal.wait_for(READY);
    terminal.press("\x03\x03");
    assert_eq!(terminal.end(), 0);
}
