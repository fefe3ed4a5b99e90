//! The first page: what was given there and refused.
#![allow(clippy::unwrap_used)]

use crossterm::event::{KeyCode, KeyEvent};
use pretty_assertions::assert_eq;

use crate::config::preset;
use crate::config::secret::Secret;
use crate::tui::app::App;
use crate::tui::app::first_run::{FirstRun, Page, Reply};
use crate::tui::app::keymap::press::Press;
use crate::tui::app::message::{Cmd, Msg};
use crate::tui::app::setup::{Checked, GivenKey, NewProvider, Setup};
use crate::tui::app::tests::{Desk, model, now};

#[test]
fn what_was_refused_stays_in_its_field_and_is_typed_on_there() {
    let key = "sk-ant-api03-0123456789x4Qa";
    let pasted = |key: &str| NewProvider::Key {
        vendor: "anthropic".to_owned(),
        key: GivenKey::Pasted(Secret::new(key).unwrap()),
    };
    let variable = |name: &str| NewProvider::Key {
        vendor: preset::keyed()[0].name.to_owned(),
        key: GivenKey::Variable(name.to_owned()),
    };
    let server = |address: &str| NewProvider::Server {
        address: address.to_owned(),
    };
    // What is given, what the field shows when it was refused, and what comes of `1` or of a paste after that.
    let cases = [
        ('2', key, pasted(key), "sk-ant-…x4Qa", None),
        (
            '3',
            "localhost:1",
            server("localhost:1"),
            "localhost:1",
            Some(server("localhost:11")),
        ),
        ('2', "$NOPE", variable("NOPE"), "$NOPE", None),
    ];
    for (way, given, expected, shown, typed) in cases {
        let mut desk = Desk {
            app: App::new(Setup::default(), (100, 30), now(0)),
            millis: 0,
            seq: 0,
        };
        let try_it = |desk: &mut Desk| {
            let mut cmds = desk.press(KeyCode::Enter);
            if matches!(
                desk.app.first_run.as_ref().unwrap().page,
                Page::Vendor { .. }
            ) {
                cmds = desk.press(KeyCode::Enter);
            }
            cmds
        };
        desk.press(KeyCode::Char(way));
        desk.update(Msg::Paste(given.to_owned()));
        assert_eq!(try_it(&mut desk), [Cmd::Check(expected.clone())]);
        desk.update(Msg::Checked(
            expected.clone(),
            Err("it was refused".to_owned()),
        ));
        let page = desk.app.first_run.clone().unwrap();
        assert_eq!(page.text.as_deref(), Some("it was refused"));
        assert_eq!(page.shown().as_str(), shown);
        // Pasted over, it is given anew.
        desk.update(Msg::Paste(given.to_owned()));
        assert_eq!(try_it(&mut desk), [Cmd::Check(expected)]);
        // Left before there was an answer, it is there too, and a digit is text.
        desk.press(KeyCode::Esc);
        assert_eq!(desk.press(KeyCode::Char('1')), []);
        if let Some(typed) = typed {
            assert_eq!(try_it(&mut desk), [Cmd::Check(typed)]);
        }
    }
}

#[test]
fn an_answer_to_what_was_left_says_nothing_of_what_is_tried_now() {
    let server = |port: u16| NewProvider::Server {
        address: format!("localhost:{port}"),
    };
    let mut desk = Desk {
        app: App::new(Setup::default(), (100, 30), now(0)),
        millis: 0,
        seq: 0,
    };
    desk.press(KeyCode::Char('3'));
    desk.update(Msg::Paste("localhost:1".to_owned()));
    assert_eq!(desk.press(KeyCode::Enter), [Cmd::Check(server(1))]);
    desk.press(KeyCode::Esc);
    desk.update(Msg::Paste("localhost:2".to_owned()));
    assert_eq!(desk.press(KeyCode::Enter), [Cmd::Check(server(2))]);
    let checked = Checked {
        models: Vec::new(),
        default: Some(model("local/m")),
    };
    let answers = [Ok(checked.clone()), Err("it was refused".to_owned())];
    for answer in answers {
        let cmds = desk.update(Msg::Checked(server(1), answer));
        assert_eq!(cmds, []);
        let page = &desk.app.first_run.as_ref().unwrap().page;
        assert!(matches!(page, Page::Checking { .. }), "{page:?}");
    }
    assert_eq!(
        desk.update(Msg::Checked(server(2), Ok(checked))),
        [Cmd::Store(server(2), model("local/m"))]
    );
}

#[test]
fn a_letter_goes_to_the_next_vendor_that_begins_with_it() {
    let mut desk = Desk {
        app: App::new(Setup::default(), (80, 24), now(0)),
        millis: 0,
        seq: 0,
    };
    desk.press(KeyCode::Char('2'));
    desk.update(Msg::Paste("0123456789abcdef0123456789abcdef".to_owned()));
    desk.press(KeyCode::Enter);
    let marked = |desk: &Desk| match desk.app.first_run.as_ref().unwrap().page {
        Page::Vendor { at, .. } => preset::keyed()[at].name,
        _ => "",
    };
    desk.press(KeyCode::Char('z'));
    let first = marked(&desk);
    desk.press(KeyCode::Char('z'));
    let second = marked(&desk);
    assert!(first.starts_with('z') && second.starts_with('z') && first != second);
    desk.press(KeyCode::Char('ｍ'));
    assert!(marked(&desk).starts_with('m'), "{}", marked(&desk));
    let before = marked(&desk);
    desk.press(KeyCode::Char('!'));
    assert_eq!(marked(&desk), before);
}

#[test]
fn a_key_pasted_at_the_vendors_takes_the_place_of_what_was_typed() {
    let press = |page: &mut FirstRun, code: KeyCode| {
        let place = page.place();
        page.key(Press::shipped(place, KeyEvent::from(code)))
    };
    let mut page = FirstRun::default();
    press(&mut page, KeyCode::Char('2'));
    page.paste("nonsense");
    assert_eq!(press(&mut page, KeyCode::Enter), Reply::Stay);
    assert!(matches!(page.page, Page::Vendor { .. }));
    page.paste("sk-ant-api03-abcdefghijklmnopx4Qa\n");
    assert_eq!(page.shown().as_str(), "sk-ant-…x4Qa");
    let reply = press(&mut page, KeyCode::Enter);
    let Reply::Check(NewProvider::Key { key, .. }) = reply else {
        panic!("{reply:?}");
    };
    let GivenKey::Pasted(key) = key else {
        panic!("{key:?}");
    };
    assert_eq!(key.expose(), "sk-ant-api03-abcdefghijklmnopx4Qa");
}
