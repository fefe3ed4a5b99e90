//! What waits to be trusted, what was, and what a folder brings beside it that does nothing.

use crate::agent::visible::{as_command, one_line};
use crate::protocol::rule::Effect;
use crate::protocol::trust::Standing;
use crate::tui::app::keymap::Action;
use crate::tui::app::overlay::trust::{Row as Shown, Trust};
use crate::tui::screen::ask_body::NARROW;
use crate::tui::screen::hints::Hint::Does;
use crate::tui::screen::hints::Named;
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::overlay::{Page, list, listed};
use crate::tui::screen::rows::{Row, chopped, wrapped};
use crate::tui::widget::cells;

/// Cells of a row before the text of its rule.
const LEAST: usize = 20;

pub fn page(overlay: &Trust, named: Named, room: usize, look: &Look) -> Page {
    let shown = overlay.shown();
    let rows: Vec<Row> = shown
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let begun = listed(index == overlay.pick.at, look);
            match row {
                Shown::Read(read) => begun
                    .put("read     ", Role::Warn)
                    .put(one_line(&read.told()), Role::Text),
                Shown::Brought(brought) => {
                    let (word, role) = standing(&brought.standing);
                    begun.put(format!("{word:<9}"), role).put(
                        format!("{} {}", effect(brought.effect), as_command(&brought.text)),
                        Role::Text,
                    )
                }
            }
        })
        .collect();
    let (does, says) = match shown.get(overlay.pick.at) {
        None => ("", String::new()),
        Some(Shown::Read(_)) => (
            if overlay.read.len() > 1 { "trust all that was read" } else { "trust it" },
            "Until you trust what was read, the network and writing outside the folder are asked about each time, whatever a rule says.".to_owned(),
        ),
        Some(Shown::Brought(brought)) => {
            let of = if brought.file.is_empty() {
                "no file of the folder".to_owned()
            } else {
                brought.file.clone()
            };
            match &brought.standing {
                Standing::New => ("trust it", format!("{of} would let such calls run without asking. It does nothing until you trust it.")),
                Standing::Trusted(number) => ("take the trust back", format!("rule {number}, of {of}: holds for as long as it stands there as it is")),
                Standing::Gone(number) => ("forget it", format!("rule {number}: was trusted, and {of} brings it now: it does nothing")),
                Standing::Narrows => ("", format!("of {of}: it only takes away, so it holds as it is")),
                Standing::Unread(why) => ("", format!("of {of}: does nothing here: {}", one_line(why))),
            }
        }
    };
    let does = match overlay.pressed {
        Some(_) => format!("again: {does}"),
        None => does.to_owned(),
    };
    let choose = (!does.is_empty()).then_some(Does(Action::Choose, &does));
    let keys: Vec<_> = choose
        .into_iter()
        .chain([Does(Action::Close, "close")])
        .collect();
    let empty = match (&overlay.failed, &overlay.all) {
        (Some(why), _) => why.as_str(),
        (None, None) => "looking at the folder",
        (None, Some(_)) if overlay.pick.filter.is_empty() => {
            "This folder brings nothing that has to be trusted, and the session read nothing from elsewhere."
        }
        (None, Some(_)) => "Nothing has these letters.",
    };
    let mut page = list(
        "trust",
        &overlay.pick,
        rows,
        (empty, room),
        named.keys(&keys),
    );
    // In full, also where the list has no room for it; there it is all that is said.
    let brought = match shown.get(overlay.pick.at) {
        Some(Shown::Brought(brought)) => Some(as_command(&brought.text)),
        _ => None,
    };
    let long = brought.filter(|text| room < LEAST + cells::of(text));
    let told = match &long {
        Some(text) => {
            page.foot = chopped(text, room, 0, Role::Text);
            room >= NARROW
        }
        None => true,
    };
    if told {
        page.foot.extend(wrapped(&says, room, 0, Role::Muted));
        for also in beside(overlay) {
            page.foot
                .extend(wrapped(&one_line(&also), room, 0, Role::Muted));
        }
    }
    page
}

/// What the files bring beside their rules, and what is wrong with them.
fn beside(overlay: &Trust) -> Vec<String> {
    let Some(all) = &overlay.all else {
        return Vec::new();
    };
    let mut said = all.faults.clone();
    if !all.unused.is_empty() {
        said.push(format!("not used by Creel: {}", all.unused.join(", ")));
    }
    said
}

fn standing(standing: &Standing) -> (&'static str, Role) {
    match standing {
        Standing::New => ("new", Role::Warn),
        Standing::Trusted(_) => ("trusted", Role::Good),
        Standing::Gone(_) => ("gone", Role::Muted),
        Standing::Narrows => ("holds", Role::Good),
        Standing::Unread(_) => ("unused", Role::Muted),
    }
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Deny => "deny",
        Effect::Ask => "ask",
        Effect::Allow => "allow",
    }
}
