//! The tables of keys: each key means one thing, and no action is left out.
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::chord::narrow;
use super::leader::Leader;
use super::live::Keymap;
use super::*;
use crate::tui::terminal::notice::Between;

#[test]
fn no_key_means_two_things_in_one_place() {
    for place in Place::ALL {
        let mut seen = HashSet::new();
        for row in table().filter(|row| row.place == place) {
            for key in row.keys {
                assert!(seen.insert(key.label()), "{} in {place:?}", key.label());
            }
        }
    }
    let leaders: Vec<char> = table().filter_map(|row| row.leader).collect();
    assert_eq!(leaders.iter().collect::<HashSet<_>>().len(), leaders.len());
    let names: HashSet<&str> = table().map(|row| row.name).collect();
    assert_eq!(names.len(), table().count(), "each action has its own name");
}

#[test]
fn each_key_after_the_leader_is_listed_once() {
    for leader in [Leader::CtrlX, Leader::CtrlB] {
        let keymap = Keymap::shipped(leader);
        let mut seen = HashSet::new();
        for live in &keymap.rows {
            if let Some(key) = keymap.led(leader, live) {
                assert!(seen.insert(key), "{key} after {}", leader.label());
            }
        }
    }
}

#[test]
fn a_key_that_a_multiplexer_keeps_is_named_where_there_is_no_other() {
    let cases = [
        (Place::Anywhere, Action::FocusLeft, "Alt+h", "^X h"),
        (Place::Anywhere, Action::Palette, "Ctrl+P", "^X p"),
        (Place::Anywhere, Action::NextAsk, "Alt+a", "Alt+a"),
        (Place::Anywhere, Action::Outputs, "Ctrl+O", "Ctrl+O"),
        (Place::Composer, Action::WordRight, "Alt+f", "Ctrl+Right"),
    ];
    for (place, action, usual, expected) in cases {
        for (between, expected) in [
            (Between::Nothing, usual),
            (Between::Tmux, usual),
            (Between::Zellij, expected),
        ] {
            let keymap = Keymap {
                between,
                ..Keymap::default()
            };
            let key = keymap.key(place, action);
            assert_eq!(key.as_deref(), Some(expected), "{action:?} in {between:?}");
        }
    }
}

#[test]
fn keys_are_found_as_terminals_send_them() {
    let press = |code, modifiers| KeyEvent::new(code, modifiers);
    let cases = [
        (
            Place::Composer,
            press(KeyCode::BackTab, KeyModifiers::SHIFT),
            Some(Action::NextMode),
        ),
        (
            Place::Composer,
            press(KeyCode::Tab, KeyModifiers::SHIFT),
            Some(Action::NextMode),
        ),
        (
            Place::Transcript,
            press(KeyCode::Char('G'), KeyModifiers::SHIFT),
            Some(Action::Bottom),
        ),
        (
            Place::Composer,
            press(KeyCode::Char('G'), KeyModifiers::SHIFT),
            None,
        ),
        (
            Place::Composer,
            press(KeyCode::Char('X'), KeyModifiers::CONTROL),
            Some(Action::Leader),
        ),
        (
            Place::Transcript,
            press(KeyCode::Char('a'), KeyModifiers::ALT),
            Some(Action::NextAsk),
        ),
        (
            Place::Composer,
            press(KeyCode::Char('q'), KeyModifiers::ALT),
            None,
        ),
    ];
    let keymap = Keymap::default();
    for (place, event, expected) in cases {
        assert_eq!(keymap.find(place, event), expected, "{event:?}");
    }
}

#[test]
fn wide_forms_count_as_narrow_ones() {
    let wide: String = "ｙ１？！＠、".chars().map(narrow).collect();
    assert_eq!(wide, "y1?!@/");
}

/// Every variant of [`Action`], from the text that declares them: a forgotten one has no row to be found by.
fn declared() -> Vec<&'static str> {
    let text = include_str!("mod.rs");
    let (_, rest) = text.split_once("pub enum Action {").unwrap();
    let (variants, _) = rest.split_once("\n}").unwrap();
    let lines = variants.lines().map(str::trim);
    lines
        .filter(|line| !line.starts_with("//"))
        .filter_map(|line| line.split([',', '(']).next())
        .filter(|name| !name.is_empty())
        .collect()
}

/// Which command does the same without a screen, for what is no mere way about on it; the reason where none does.
const COMMANDS: &[(Action, Result<&str, &str>)] = &[
    (Action::Sessions, Ok("sessions")),
    (Action::NewSession, Ok("run")),
    (Action::Memory, Ok("search")),
    (Action::Imports, Ok("import")),
    (
        Action::NewWorktree,
        Err("`creel --worktree NAME` begins there; without a screen git makes one"),
    ),
    (
        Action::Files,
        Err("git shows and merges a branch without a screen"),
    ),
    (Action::Models, Ok("models")),
    (Action::Rules, Ok("rules")),
    (Action::Trust, Ok("trust")),
    (Action::RulesRemove, Ok("rules")),
    (Action::RulesUnused, Ok("rules")),
    (Action::Skills, Err("skills are files beside the config")),
    (Action::Cost, Ok("cost")),
    (Action::StopAll, Ok("stop")),
    (Action::Settings, Ok("config")),
    (Action::Theme, Ok("theme")),
    (Action::ThemesHalf, Ok("theme")),
    (Action::BoardStop, Ok("stop")),
    (Action::BoardDelete, Ok("purge")),
    (Action::AskBudgets, Ok("config")),
    (
        Action::NextAsk,
        Err("asks are answered where they are read; `creel --plain` has them as lines"),
    ),
    (
        Action::Inbox,
        Err("asks are answered where they are read; `creel --plain` has them as lines"),
    ),
    (
        Action::Rename,
        Err("a title is given where the session is read"),
    ),
    (
        Action::Temporary,
        Err("`creel run` and `creel purge` do the same without a screen"),
    ),
    (
        Action::Stash,
        Err("it puts by what this screen's composer holds"),
    ),
    (Action::Editor, Err("it writes the prompt of this screen")),
    (Action::NextMode, Err("`creel run --mode` begins in one")),
    (
        Action::Help,
        Err("`creel --help` lists the commands, not the keys"),
    ),
    (
        Action::Palette,
        Err("completions of the shell find commands"),
    ),
    (Action::Quit, Err("a command ends by itself")),
];

/// Ways about on the screen, which nothing without one can do.
const OF_THE_SCREEN: &[&str] = &[
    "leader",
    "tab-",
    "split-",
    "focus-",
    "next-pane",
    "resize-",
    "zoom",
    "equalise",
    "swap-",
    "close-",
    "read",
    "notices",
    "put-away",
    "detach",
    "break",
    "outputs",
    "page-",
    "redraw",
    "suspend",
];

/// Why no command does what the keys of a place do, but for what stands in `COMMANDS`.
const OF_A_PLACE: &[(Place, &str)] = &[
    (
        Place::Composer,
        "a prompt is written anywhere and given to `creel run`",
    ),
    (
        Place::Transcript,
        "`creel show` has it all as text, for any pager",
    ),
    (
        Place::Board,
        "it acts on the session that is marked; `creel sessions` lists them all",
    ),
    (
        Place::BoardLine,
        "it writes to the session that is marked; `creel run` says something to one",
    ),
    (
        Place::BoardDelete,
        "it asks about the session that is marked; `creel purge` asks too",
    ),
    (Place::Offers, "it completes what is typed there"),
    (
        Place::Search,
        "`creel show` has it all as text, for any search",
    ),
    (
        Place::Ask,
        "an ask is answered where it is read; `creel --plain` has it as lines",
    ),
    (
        Place::Card,
        "it goes on in the session that is looked at; `creel run` goes on in one by its number",
    ),
    (Place::List, "ways about in a list of the screen"),
    (
        Place::Question,
        "a command does what it says, or asks itself",
    ),
    (Place::Page, "ways about on a page of the screen"),
    (Place::Help, "it closes what lies over the screen"),
    (
        Place::Models,
        "another model for the session that is looked at; `creel run --model` begins with one",
    ),
    (Place::Prompts, "it writes into the composer of this screen"),
    (Place::Memory, "`creel search` finds the same"),
    (
        Place::Hits,
        "`creel search` finds the same, and `creel show` opens it",
    ),
    (
        Place::Imports,
        "`creel import` takes the same in; Ctrl+C stops it",
    ),
    (Place::Stash, "it writes into the composer of this screen"),
    (Place::Turns, "the way back to the board"),
    (Place::Palette, "it completes what is typed there"),
    (
        Place::Settings,
        "the config is a file; `creel config check` reads it",
    ),
    (
        Place::Files,
        "git shows, commits and removes without a screen",
    ),
    (
        Place::Inbox,
        "an ask is answered where it is read; `creel --plain` has it as lines",
    ),
    (Place::Merge, "git merges a branch without a screen"),
    (Place::FirstPage, "the first page of the screen itself"),
];

#[test]
fn every_action_has_a_name_a_help_line_and_a_command_or_a_reason() {
    let rows: HashSet<String> = table()
        .map(|row| format!("{:?}", row.action))
        .map(|name| name.split('(').next().unwrap().to_owned())
        .collect();
    for name in declared() {
        assert!(
            rows.contains(name),
            "{name} has no row: no key, help or palette leads to it"
        );
    }
    let commands: Vec<String> = {
        use clap::CommandFactory as _;
        let cli = crate::command::cli::Cli::command();
        cli.get_subcommands()
            .map(|sub| sub.get_name().to_owned())
            .collect()
    };
    for row in table() {
        assert!(!row.help.is_empty(), "{} has no help line", row.name);
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(
            row.name.chars().all(fits),
            "{} is no name a config can have",
            row.name
        );
        let listed = COMMANDS.iter().find(|(action, _)| *action == row.action);
        match listed {
            Some((_, Ok(command))) => assert!(
                commands.iter().any(|name| name == command),
                "there is no `creel {command}`"
            ),
            Some((_, Err(reason))) => assert!(!reason.is_empty()),
            None => {
                let mut places = OF_A_PLACE.iter();
                let reason = places.any(|(place, why)| *place == row.place && !why.is_empty());
                let mut starts = OF_THE_SCREEN.iter();
                let about =
                    row.place == Place::Anywhere && starts.any(|start| row.name.starts_with(start));
                assert!(
                    reason || about,
                    "{}: which command does it, or why does none?",
                    row.name
                );
            }
        }
    }
}
