//! The palette, the settings, and a config that changes meanwhile.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use pretty_assertions::assert_eq;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::config::load::parse;
use crate::config::show;
use crate::config::theme::ThemeChoice;
use crate::protocol::money::Amounts;
use crate::protocol::op::Op;
use crate::protocol::query::{Found, Query};
use crate::protocol::rule::Mode;
use crate::protocol::session::{Card, Change, State};
use crate::protocol::time::Time;
use crate::tui::app::Focus;
use crate::tui::app::keymap::leader::Leader;
use crate::tui::app::keymap::spelling::written;
use crate::tui::app::keymap::{Action, Binding, table, wished};
use crate::tui::app::message::{Cmd, Msg, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::palette::Goes;
use crate::tui::app::tests::{Desk, id, model, ops};
use crate::tui::app::wishes::Wishes;

/// What a config text comes to.
pub(super) fn wishes(text: &str) -> Wishes {
    let file = Path::new("/c/config.toml");
    let loaded = parse(text, file, &|_| None).unwrap();
    let (keymap, judged) = wished::apply(Leader::CtrlX, &loaded.config.keymap);
    let faults = judged.faults.iter();
    Wishes {
        keymap,
        mouse: loaded.config.ui.mouse,
        motion: loaded.config.ui.motion,
        composer: loaded.config.ui.composer,
        notify: loaded.config.notify.clone(),
        theme: ThemeChoice::Usual,
        settings: show::settings(&loaded, file),
        file: file.display().to_string(),
        faults: faults
            .map(|fault| format!("/c/config.toml:{fault}"))
            .collect(),
    }
}

impl Desk {
    pub(super) fn read_config(&mut self, text: &str) {
        self.update(Msg::Wished(Ok(Box::new(wishes(text)))));
    }

    /// Opens the palette and types into it.
    pub(super) fn palette(&mut self, typed: &str) -> Vec<Cmd> {
        let cmds = self.ctrl('p');
        self.typed(typed);
        cmds
    }

    pub(super) fn listed(&self) -> Vec<Goes> {
        match &self.app.overlay {
            Some(Overlay::Palette(palette)) => {
                palette.shown().map(|entry| entry.goes.clone()).collect()
            }
            _ => Vec::new(),
        }
    }

    fn notices(&self) -> Vec<&str> {
        self.app.notices.iter().map(String::as_str).collect()
    }
}

#[test]
fn every_action_is_in_it_and_found_by_its_name() {
    let mut desk = Desk::open();
    desk.palette("");
    let listed = desk.listed();
    // What lies over the screen is in it where that has the keys, or says why not: `rebound`.
    let here = |row: &&Binding| row.action != Action::Palette && !row.place.is_over();
    for row in table().filter(here) {
        assert!(
            listed.contains(&Goes::Act(row.action)),
            "{} is not listed",
            row.name
        );
    }
    desk.press(KeyCode::Esc);
    let first = |row: &&Binding| {
        let first = table().find(|other| other.action == row.action);
        first.is_some_and(|first| first.name == row.name)
    };
    for row in table().filter(first).filter(here) {
        desk.palette(row.name);
        let at = desk
            .listed()
            .iter()
            .position(|goes| *goes == Goes::Act(row.action));
        assert!(
            at.is_some_and(|at| at < 3),
            "{} is found at {at:?}",
            row.name
        );
        desk.press(KeyCode::Esc);
        assert_eq!(desk.app.overlay, None, "Esc closes at once");
    }
}

#[test]
fn what_is_chosen_is_done_and_comes_first_the_next_time() {
    let mut desk = Desk::open();
    desk.typed("one two");
    desk.palette("kill-word");
    desk.press(KeyCode::Enter);
    assert_eq!(desk.written(), "one ");
    desk.palette("half-up");
    desk.press(KeyCode::Enter);
    assert_eq!(desk.app.focus, Focus::Transcript);
    desk.palette("notices");
    desk.press(KeyCode::Enter);
    desk.palette("");
    let first: Vec<Goes> = desk.listed().into_iter().take(3).collect();
    let expected = [Action::Notices, Action::HalfUp, Action::KillWord].map(Goes::Act);
    assert_eq!(first, expected);
}

#[test]
fn a_command_runs_and_what_is_typed_stays() {
    let mut desk = Desk::open();
    desk.typed("a draft");
    desk.palette("/mode");
    // It takes a word more: the line is completed and waits for it.
    assert_eq!(ops(&desk.press(KeyCode::Enter)), []);
    desk.typed("plan");
    let mode = Op::Change {
        change: Change::Mode { mode: Mode::Plan },
    };
    assert_eq!(ops(&desk.press(KeyCode::Enter)), [mode]);
    assert_eq!(
        (desk.written().as_str(), desk.app.overlay.is_none()),
        ("a draft", true)
    );
}

#[test]
fn what_is_typed_is_there_for_the_command() {
    let mut desk = Desk::open();
    desk.typed("a draft");
    desk.palette("/editor");
    assert_eq!(
        desk.press(KeyCode::Enter),
        [Cmd::Edit("a draft".to_owned())]
    );
    let session = Some(desk.app.view().id);
    desk.palette("/quit");
    let kept = Cmd::SaveDraft {
        session,
        text: "a draft".to_owned(),
    };
    let cmds = desk.press(KeyCode::Enter);
    assert!(cmds.contains(&kept), "{cmds:?}");
    // Entered in the composer it is itself what is typed, and goes.
    for (line, expected, left) in [
        ("/editor", Some(""), ""),
        ("/editor more", Some("more"), "more"),
        ("/models", None, ""),
        ("/effort much", None, "/effort much"),
    ] {
        let mut desk = Desk::open();
        desk.typed(line);
        let cmds = desk.press(KeyCode::Enter);
        let edited = cmds.iter().find_map(|cmd| match cmd {
            Cmd::Edit(text) => Some(text.as_str()),
            _ => None,
        });
        assert_eq!(
            (edited, desk.written().as_str()),
            (expected, left),
            "{line}"
        );
    }
}

#[test]
fn sessions_and_settings_are_found_by_a_sign_in_front() {
    let mut desk = Desk::open();
    desk.read_config("mode = \"plan\"\n[ui]\nmouse = true\n");
    let cmds = desk.palette("s:flaky");
    assert!(cmds.contains(&Cmd::Ask(
        Tag::Palette,
        Query::Sessions {
            limit: Some(500),
            archived: false
        }
    )));
    assert_eq!(desk.listed(), []);
    let card = |number: u128, title: &str| Card {
        id: id(number),
        title: title.to_owned(),
        gist: String::new(),
        cwd: PathBuf::from("/src/api"),
        project: PathBuf::from("/src/api"),
        model: model("anthropic/sonnet"),
        state: State::Done,
        created: Time(0),
        active: Time(0),
        turns: 1,
        cost: Amounts::default(),
        unpriced: 0,
        included: 0,
        list: Amounts::default(),
        parent: None,
        pinned: false,
        temporary: false,
        unseen: false,
        steps: 0,
        estimated: false,
        list_estimated: false,
        source: "creel".to_owned(),
    };
    let cards = vec![card(1, "fix the flaky test"), card(2, "a talk")];
    desk.update(Msg::Found(Tag::Palette, Found::Sessions(cards)));
    assert_eq!(desk.listed(), [Goes::Session(id(1))]);
    // A second answer goes in the place of the first.
    let cards = vec![card(3, "a flaky one"), card(1, "fix the flaky test")];
    desk.update(Msg::Found(Tag::Palette, Found::Sessions(cards)));
    let mut listed = desk.listed();
    listed.sort_by_key(|goes| format!("{goes:?}"));
    assert_eq!(listed, [Goes::Session(id(1)), Goes::Session(id(3))]);
    desk.ctrl('u');
    desk.typed(",mouse");
    assert_eq!(desk.listed(), [Goes::Setting("ui.mouse".to_owned())]);
    assert_eq!(desk.press(KeyCode::Enter), [Cmd::EditConfig(Some(3))]);
    // What the file does not have is said, and it opens where others of its table stand, else at its start.
    desk.palette(",ui.composer");
    assert_eq!(desk.press(KeyCode::Enter), [Cmd::EditConfig(Some(3))]);
    assert_eq!(
        desk.app.note.as_ref().unwrap().text,
        "ui.composer is not in the file yet: add it there; it can be \"emacs\", \"vim\""
    );
    desk.palette(",budget.day");
    assert_eq!(desk.press(KeyCode::Enter), [Cmd::EditConfig(None)]);
    assert_eq!(
        desk.app.note.as_ref().unwrap().text,
        "budget.day is not in the file yet: add it there"
    );
}

#[test]
fn a_file_is_named_where_the_text_is() {
    let mut desk = Desk::open();
    desk.typed("look at");
    desk.palette("@");
    assert_eq!(
        (desk.written().as_str(), desk.app.overlay.is_none()),
        ("look at @", true)
    );
}

#[test]
fn a_changed_config_holds_at_once_and_a_broken_one_changes_nothing() {
    let mut desk = Desk::open();
    desk.read_config("[keymap.everywhere]\ncost = \"f5\"\n");
    desk.press(KeyCode::F(5));
    assert!(matches!(desk.app.overlay, Some(Overlay::Cost(_))));
    desk.press(KeyCode::Esc);
    desk.update(Msg::Wished(Err(
        "/c/config.toml:1:8: `mode` must be a text".to_owned(),
    )));
    assert_eq!(
        desk.notices(),
        ["/c/config.toml:1:8: `mode` must be a text; what held before holds on"]
    );
    desk.press(KeyCode::F(5));
    assert!(matches!(desk.app.overlay, Some(Overlay::Cost(_))));
    desk.press(KeyCode::Esc);
    // A fault of the keys takes only that one away, and the notice of before goes.
    desk.read_config(
        "mode = \"plan\"\n[keymap.everywhere]\ncost = [\"f6\", \"hyper-x\"]\nzom = []\n",
    );
    assert_eq!(
        desk.notices(),
        [
            "/c/config.toml:3:15: `keymap.everywhere.cost`: `hyper-x` has no modifier `hyper`: there are ctrl, alt and \
          shift (and more: `creel config check` lists them)"
        ]
    );
    assert_eq!(
        desk.app.note.as_ref().unwrap().text,
        "config read again: keymap.everywhere.cost, keymap.everywhere.zom; mode from the next start"
    );
    desk.press(KeyCode::F(6));
    assert!(matches!(desk.app.overlay, Some(Overlay::Cost(_))));
    desk.press(KeyCode::Esc);
    desk.read_config("");
    assert_eq!(desk.notices(), Vec::<&str>::new());
}

/// Keys pressed on the row of an action in the settings, and what is written then.
#[test]
fn keys_are_bound_by_pressing_them() {
    let press = |code, modifiers| KeyEvent::new(code, modifiers);
    let plain = |code| press(code, KeyModifiers::NONE);
    let ctrl = |c| press(KeyCode::Char(c), KeyModifiers::CONTROL);
    let enter = plain(KeyCode::Enter);
    let zoom = "[keymap.everywhere]\nzoom = [\"f6\", \"f5\", \"leader g\"]\n[keymap.composer]\nzoom = [\"f9\"]\n";
    let cases: &[(&str, &[KeyEvent], Option<&str>)] = &[
        (
            "zoom",
            &[enter, plain(KeyCode::F(5))],
            Some("everywhere zoom [\"f5\"]"),
        ),
        (
            "zoom",
            &[enter, ctrl('x'), plain(KeyCode::Char('g'))],
            Some("everywhere zoom [\"leader g\"]"),
        ),
        // Taken: only with a second yes, and another key will do too.
        ("zoom", &[enter, ctrl('k')], None),
        (
            "zoom",
            &[enter, ctrl('k'), enter],
            Some("everywhere zoom [\"ctrl-k\"]"),
        ),
        (
            "zoom",
            &[enter, ctrl('k'), plain(KeyCode::F(7))],
            Some("everywhere zoom [\"f7\"]"),
        ),
        // Never.
        ("zoom", &[enter, ctrl('x'), plain(KeyCode::Char('?'))], None),
        ("zoom", &[enter, plain(KeyCode::Char('z'))], None),
        // No config could say it.
        ("zoom", &[enter, ctrl('x'), plain(KeyCode::Char(' '))], None),
        (
            "zoom",
            &[enter, press(KeyCode::CapsLock, KeyModifiers::ALT)],
            None,
        ),
        (
            "zoom",
            &[enter, ctrl('x'), plain(KeyCode::Char('ｇ'))],
            Some("everywhere zoom [\"leader g\"]"),
        ),
        ("zoom", &[enter, plain(KeyCode::Esc)], None),
        ("zoom", &[ctrl('r')], Some("everywhere zoom reset")),
        (
            "zoom",
            &[plain(KeyCode::Delete)],
            Some("everywhere zoom []"),
        ),
        // Letters find, whichever they are.
        (
            "zoom",
            &[plain(KeyCode::Char('r')), plain(KeyCode::Char('u'))],
            None,
        ),
        ("leader", &[plain(KeyCode::Delete)], None),
        (
            "kill-line",
            &[enter, plain(KeyCode::F(8))],
            Some("composer kill-line [\"f8\"]"),
        ),
        // Where a key is the first of two, the second is waited for.
        (
            "copy-turn",
            &[enter, plain(KeyCode::Char('z')), plain(KeyCode::Char('y'))],
            Some("transcript copy-turn [\"z y\"]"),
        ),
        (
            "copy-turn",
            &[
                enter,
                plain(KeyCode::Char('z')),
                plain(KeyCode::Char('a')),
                enter,
            ],
            Some("transcript copy-turn [\"z a\"]"),
        ),
        (
            "copy-turn",
            &[enter, plain(KeyCode::Char('g')), enter, enter],
            Some("transcript copy-turn [\"g\"]"),
        ),
        ("copy-turn", &[enter, plain(KeyCode::Char('5'))], None),
    ];
    // From where the person has it it is taken too, and the rest stays there.
    let taken: &[(&str, &[KeyEvent], Option<&str>)] = &[
        (
            "cost",
            &[enter, plain(KeyCode::F(5)), enter],
            Some("everywhere zoom [\"f6\", \"leader g\"]; everywhere cost [\"f5\"]"),
        ),
        (
            "cost",
            &[enter, ctrl('x'), plain(KeyCode::Char('g')), enter],
            Some("everywhere zoom [\"f6\", \"f5\"]; everywhere cost [\"leader g\"]"),
        ),
        (
            "cost",
            &[enter, plain(KeyCode::F(9)), enter],
            Some("composer zoom []; everywhere cost [\"f9\"]"),
        ),
    ];
    let shipped = cases.iter().map(|case| ("", case));
    for (config, (name, keys, expected)) in shipped.chain(taken.iter().map(|case| (zoom, case))) {
        let mut desk = Desk::open();
        desk.read_config(config);
        desk.palette("settings");
        desk.press(KeyCode::Enter);
        desk.press(KeyCode::Enter);
        desk.typed(name);
        let mut cmds = Vec::new();
        for key in *keys {
            cmds.extend(desk.key(key.code, key.modifiers));
        }
        let bound = cmds.iter().find_map(|cmd| match cmd {
            Cmd::Bind(rebinds) => {
                let told = rebinds.iter().map(|rebind| {
                    let keys = rebind.keys.as_ref();
                    let keys =
                        keys.map(|keys| keys.iter().map(|key| written(*key)).collect::<Vec<_>>());
                    let keys = keys.map_or("reset".to_owned(), |keys| format!("{keys:?}"));
                    format!("{} {} {keys}", rebind.place.name(), rebind.name)
                });
                Some(told.collect::<Vec<_>>().join("; "))
            }
            _ => None,
        });
        assert_eq!(bound.as_deref(), *expected, "{name} {keys:?}");
    }
}

#[test]
fn why_a_key_could_not_be_bound_is_said_where_it_was_pressed() {
    let failed = |desk: &Desk| match &desk.app.overlay {
        Some(Overlay::Settings(settings)) => settings.failed.clone(),
        _ => None,
    };
    let mut desk = Desk::open();
    let why = "cannot write /c/config.toml";
    desk.palette("settings");
    desk.press(KeyCode::Enter);
    desk.update(Msg::NotBound(why.to_owned()));
    assert_eq!(failed(&desk).as_deref(), Some(why));
    assert_eq!(desk.notices(), Vec::<&str>::new());
    // Until the next key.
    desk.press(KeyCode::Down);
    assert_eq!(failed(&desk), None);
    desk.press(KeyCode::Esc);
    desk.update(Msg::NotBound(why.to_owned()));
    assert_eq!(desk.notices(), [why]);
}

#[test]
fn what_creel_wrote_itself_is_no_news_and_what_was_written_beside_it_is() {
    let note = |desk: &Desk| desk.app.note.as_ref().map(|note| note.text.clone());
    let given = "model = \"local/m\"\n[providers.local]\nbase_url = \"http://localhost:1/v1\"\nwire = \"openai-chat\"\n";
    let mut desk = Desk::open();
    desk.read_config("");
    desk.app.note = None;
    desk.update(Msg::Wrote(Box::new(wishes(given))));
    assert_eq!(note(&desk), None);
    // Read again as it is, and changed by hand.
    desk.read_config(given);
    assert_eq!(note(&desk), None);
    desk.read_config(&given.replace("local/m", "local/n"));
    assert_eq!(
        note(&desk).as_deref(),
        Some("config read again: model from the next start")
    );
    let mut desk = Desk::open();
    desk.read_config("");
    desk.app.note = None;
    let both = format!("mode = \"plan\"\n{given}");
    desk.update(Msg::Wrote(Box::new(wishes(&both))));
    assert_eq!(
        note(&desk).as_deref(),
        Some("config read again: mode from the next start")
    );
}
