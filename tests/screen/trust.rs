//! What waits to be trusted.

use crossterm::event::KeyCode;

use creel::protocol::call::{Outcome, Untrusted};
use creel::protocol::id::CallId;
use creel::protocol::item::Item;
use creel::protocol::op::Manage;
use creel::protocol::query::Found;
use creel::protocol::rule::Effect;
use creel::protocol::trust::{Brought, Standing, Trust};
use creel::tui::app::message::{Cmd, Msg, Tag};

use super::desk::Desk;

fn found() -> Trust {
    let brought = |effect, text: &str, standing| Brought {
        file: ".claude/settings.json".to_owned(),
        effect,
        text: text.to_owned(),
        standing,
    };
    Trust {
        brought: vec![
            brought(Effect::Deny, "Read(./.env)", Standing::Narrows),
            brought(Effect::Allow, "Bash(npm run test:*)", Standing::Trusted(3)),
            brought(Effect::Allow, "Bash(curl \u{1b}[2K*)", Standing::New),
            brought(Effect::Allow, "Bash(make *)", Standing::New),
            brought(
                Effect::Allow,
                "WebFetch(domain:x.test)",
                Standing::Unread("there is no tool webfetch here".to_owned()),
            ),
        ],
        unused: vec!["hooks in .claude/settings.json".to_owned()],
        faults: Vec::new(),
    }
}

fn accepted(cmds: &[Cmd]) -> Option<Vec<String>> {
    cmds.iter().find_map(|cmd| match cmd {
        Cmd::Manage(_, Manage::Accept { texts, .. }) => Some(texts.clone()),
        _ => None,
    })
}

#[test]
fn what_the_folder_brings_and_what_was_read() {
    for (width, height) in [(80, 24), (40, 12)] {
        let mut desk = Desk::running((width, height));
        let mut outcome = Outcome::done("hello");
        outcome.untrusted = Some(Untrusted::Outside {
            path: "/etc/motd".into(),
        });
        desk.item(Item::Result {
            call: CallId::new(1, 1, 1),
            outcome,
        });
        desk.lead("T");
        let session = desk.app.view().id;
        desk.update(Msg::Found(
            Tag::Trust(session),
            Found::Trust(Box::new(found())),
        ));
        screen!(format!("trust_{width}x{height}"), desk);
        desk.press(KeyCode::Down);
        desk.press(KeyCode::Enter);
        // A key that is held trusts nothing.
        assert!(accepted(&desk.pressed(KeyCode::Enter)).is_none());
        screen!(format!("trust_pressed_{width}x{height}"), desk);
        desk.wait(400);
        let accepted = accepted(&desk.pressed(KeyCode::Enter));
        assert_eq!(accepted, Some(vec!["Bash(curl \u{1b}[2K*)".to_owned()]));
    }
}
