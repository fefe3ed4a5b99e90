//! Themes in a true terminal: light and dark follow it, one is looked at before it is kept, and a broken one stops nothing.

use creel::tui::terminal::colour::Depth;
use creel::tui::theme::Theme;
use creel::tui::theme::role::Role;
use ratatui::style::Color;

use crate::support::Home;
use crate::support::pty::{READY, Terminal};

const LIGHT: &str = "\x1b]11;rgb:fafa/fafa/fafa\x1b\\";
const DARK: &str = "\x1b[?997;1n";

/// A home with a model and this in the section `[ui]`.
fn home(ui: &str) -> Home {
    let home = Home::new();
    home.file("script.md", "> go\n< text: Well met.\n");
    let script = home.work().join("script.md");
    home.config(&format!(
        "# mine\nmodel = \"play/script\"\n[ui]\n{ui}\n[providers.play]\nwire = \"rehearsal\"\nscript = \"{}\"\n",
        script.display()
    ));
    home
}

/// The bytes that set the ground of a theme on a terminal of 256 colours.
fn ground(name: &str) -> String {
    let theme = Theme::shipped(name).unwrap().fitted(Depth::Indexed);
    match theme.style(Role::Text).bg {
        Some(Color::Indexed(index)) => format!("48;5;{index}"),
        other => panic!("{name} has the ground {other:?}"),
    }
}

/// How often the ground of a theme was set in these bytes.
fn worn(raw: &[u8], name: &str) -> usize {
    let text = String::from_utf8_lossy(raw);
    let ends = [";", "m"].map(|end| format!("{}{end}", ground(name)));
    ends.iter().map(|ground| text.matches(ground).count()).sum()
}

/// Waits until the ground of a theme was set more than so many times.
fn wait_for_theme(terminal: &Terminal, name: &str, times: usize) {
    terminal.wait_for_bytes(name, |raw| worn(raw, name) > times);
}

#[test]
fn light_and_dark_follow_the_terminal() {
    let home = home("theme = { light = \"gruvbox-light\", dark = \"dracula\" }");
    let mut terminal = Terminal::creel(&home, &[]);
    terminal.wait_for(READY);
    let sent = String::from_utf8_lossy(&terminal.raw()).into_owned();
    let asked = sent.find("\x1b]11;?").expect("what is behind is asked");
    assert!(sent.contains("\x1b[?2031h"), "{sent:?}");
    // Nobody waited for an answer, which has not come.
    assert!(sent[asked..].contains(&ground("dracula")));
    assert_eq!(worn(&terminal.raw(), "gruvbox-light"), 0);
    terminal.press(LIGHT);
    wait_for_theme(&terminal, "gruvbox-light", 0);
    let before = worn(&terminal.raw(), "dracula");
    terminal.press(DARK);
    wait_for_theme(&terminal, "dracula", before);
    // What terminals answer is not typed.
    assert!(!terminal.screen().contains("rgb:"), "{terminal:?}");
    terminal.quit();
}

#[test]
fn a_theme_is_looked_at_and_then_kept() {
    let home = home("theme = \"dracula\"   # for now");
    let mut terminal = Terminal::creel(&home, &[]);
    terminal.wait_for(READY);
    terminal.press("\x18t");
    terminal.wait_for("by the terminal");
    terminal.press("gruvbox-l");
    wait_for_theme(&terminal, "gruvbox-light", 0);
    let before = worn(&terminal.raw(), "dracula");
    terminal.press("\x1b");
    wait_for_theme(&terminal, "dracula", before);
    terminal.wait_for(READY);
    terminal.press("/theme");
    terminal.wait_for("> /theme");
    terminal.press("\r");
    terminal.wait_for("by the terminal");
    terminal.press("solarized-d\r");
    terminal.wait_for("theme solarized-dark is in the config");
    assert!(worn(&terminal.raw(), "solarized-dark") > 0);
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    assert!(
        config.starts_with(
            "# mine\nmodel = \"play/script\"\n[ui]\ntheme = \"solarized-dark\"   # for now\n"
        ),
        "{config}"
    );
    terminal.quit();
}

#[test]
fn a_broken_theme_is_said_and_stops_nothing() {
    let home = home("theme = \"mine\"");
    let folder = home.path().join("themes");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("mine.toml"), "[roles]\ntext = \"redd\"\n").unwrap();
    let mut terminal = Terminal::start(&home, crate::support::CREEL, &[], (30, 160));
    terminal.wait_for("mine.toml:2:8: unknown colour `redd`");
    terminal.quit();
}
