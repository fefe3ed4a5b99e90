//! All keys and commands, from the tables they are looked up in.

use crate::tui::app::command;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::group;
use crate::tui::app::keymap::live::Keymap;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::overlay::help::{First, Help};
use crate::tui::screen::hints::Hint::{All, Does, Said};
use crate::tui::screen::hints::Named;
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::overlay::Page;
use crate::tui::screen::rows::{Row, keys, wrapped};
use crate::tui::widget::cells;

/// Cells of the column of keys, where there is room for two.
const KEYS: usize = 26;
/// With less room the words stand below their keys.
const TWO_COLUMNS: usize = 60;

/// Keys, what they do, and the name that the config has for that: it is sought and not shown.
type Entry = (String, String, &'static str);
/// Its name, and what is in it.
type Section = (String, Vec<Entry>);

pub fn page(overlay: &Help, named: Named, room: usize, look: &Look) -> Page {
    let pick = &overlay.pick;
    let mut rows = Vec::new();
    let mut sections = sections(named.keymap, overlay.first);
    let commands = sections.len().saturating_sub(1);
    sections.insert(commands, ("Marks of sessions".to_owned(), marks(look)));
    for (name, entries) in sections {
        // A section whose name has the words is shown whole.
        let whole = overlay.fits(&name);
        let fits = |(label, what, action): &&Entry| {
            whole || overlay.fits(&format!("{name} {label} {what} {action}"))
        };
        for (index, (label, what, _)) in entries.iter().filter(fits).enumerate() {
            if index == 0 {
                if !rows.is_empty() {
                    rows.push(Row::new());
                }
                rows.push(Row::of(name.clone(), Role::Strong));
            }
            entry(&mut rows, label, what, room);
        }
    }
    if rows.is_empty() {
        rows.push(Row::of("  No key or command has these words.", Role::Muted));
    }
    Page {
        title: "help".to_owned(),
        right: String::new(),
        filter: Some(pick.filter.clone()),
        at: 0,
        foot: Vec::new(),
        keys: named.keys(&[
            Said("type", "to find"),
            Does(Action::Close, "close"),
            All(
                &[Action::ScrollUp, Action::ScrollDown, Action::PageDown],
                "scroll",
            ),
        ]),
        rows,
    }
}

/// What is asked, listed or read over the rest.
const OVER: &[Place] = &[
    Place::List,
    Place::Question,
    Place::Page,
    Place::Models,
    Place::Palette,
    Place::Prompts,
    Place::Memory,
    Place::Hits,
    Place::Imports,
    Place::Stash,
    Place::Rules,
    Place::Turns,
    Place::Themes,
    Place::Settings,
    Place::Files,
    Place::Merge,
    Place::Help,
    Place::FirstPage,
];
/// What is typed beside the composer.
const TYPED: &[Place] = &[Place::Offers, Place::Search];
const CARDS: &[Place] = &[Place::Ask, Place::Card, Place::Inbox];
const INBOX: &[Place] = &[Place::Inbox, Place::Ask, Place::Card];

/// What the top line and the board say of a session by a sign.
fn marks(look: &Look) -> Vec<Entry> {
    let said = [
        (Mark::Working, "works"),
        (
            Mark::Ask,
            "asks whether something may be done; a number counts such asks",
        ),
        (Mark::Question, "has a question, or has paused"),
        (Mark::Budget, "stands at its budget"),
        (
            Mark::Done,
            "has ended; in the top line as long as nobody looked",
        ),
        (Mark::Failed, "has failed"),
        (Mark::Stopped, "was stopped or cut off; it can go on"),
    ];
    let named = said.map(|(mark, said)| (look.mark(mark).to_owned(), said.to_owned(), ""));
    named.into()
}

fn unnamed(pairs: &[(&str, &str)]) -> impl Iterator<Item = Entry> {
    let pairs = keys(pairs).into_iter();
    pairs.map(|(label, what)| (label, what, ""))
}

/// What is listed, in parts: each has a name, and keys with what they do.
fn sections(keymap: &Keymap, first: First) -> Vec<Section> {
    const WRITTEN: &[Place] = &[Place::Composer, Place::Transcript, Place::Anywhere];
    let order: [&[Place]; 4] = match first {
        First::Place(Place::Board) => [
            &[
                Place::Board,
                Place::BoardLine,
                Place::BoardDelete,
                Place::Anywhere,
            ],
            OVER,
            CARDS,
            TYPED,
        ],
        First::Place(Place::Transcript) => [
            &[Place::Transcript, Place::Composer, Place::Anywhere],
            TYPED,
            CARDS,
            OVER,
        ],
        First::Inbox => [INBOX, WRITTEN, TYPED, OVER],
        First::Cards => [CARDS, WRITTEN, TYPED, OVER],
        First::Place(_) => [WRITTEN, TYPED, CARDS, OVER],
    };
    // What lies over the screen comes before all that it covers.
    let own = match first {
        First::Place(place) if place.is_over() => [Some(place), place.under()],
        _ => [None, None],
    };
    let own: Vec<Place> = own.into_iter().flatten().collect();
    let rest = order.into_iter().flatten().copied();
    let rest = rest.filter(|place| !own.contains(place));
    let order: Vec<Place> = own.iter().copied().chain(rest).collect();
    let mut all = Vec::new();
    for place in order {
        let rows = keymap.rows.iter().filter(|live| live.place == place);
        let entries = rows.filter_map(|live| {
            let labels = keymap.labels(live);
            // What has no key is in the palette.
            let said = group::said(keymap, live).filter(|_| !labels.is_empty())?;
            Some((labels.join(", "), said, live.row.name))
        });
        let mut entries: Vec<_> = entries.collect();
        if place == Place::List {
            entries.extend(unnamed(&[
                (
                    "letters",
                    "find; a letter is a key only where the foot says so",
                ),
                ("Ctrl+U", "clears what was typed"),
            ]));
        }
        all.push((name(keymap, place), entries));
    }
    let mut commands: Vec<Entry> = command::TABLE
        .iter()
        .map(|slash| {
            (
                format!("/{} {}", slash.name, slash.takes),
                slash.help.to_owned(),
                "",
            )
        })
        .collect();
    commands.extend(unnamed(&[
        (
            "! COMMAND",
            "runs as you, unasked; the model does not see it",
        ),
        (
            "!! COMMAND",
            "the same, and what it says comes into the composer, for the model",
        ),
        ("@FILE", "a file of the folder; @.NAME also hidden ones"),
        ("@s:TITLE", "a session"),
    ]));
    all.push(("Commands in the composer".to_owned(), commands));
    all
}

fn name(keymap: &Keymap, place: Place) -> String {
    let name = match place {
        Place::Anywhere => return format!("Everywhere; {} is the leader", keymap.leader.label()),
        Place::Composer => "Typing (INSERT)",
        Place::Transcript => "In the transcript (NORMAL)",
        Place::Board => "On the board; 1 to 9 go to that session",
        Place::BoardLine => "A line that is typed on the board",
        Place::BoardDelete => "A session of the board that is to be deleted",
        Place::Offers => "Commands, files and sessions offered while one types",
        Place::Search => "What is sought in the transcript, while it is typed",
        Place::Ask => "An ask, once it has the focus and 400 ms were quiet; 1 to 9 choose",
        Place::Card => "A card, once it has the focus and 400 ms were quiet; 1 to 9 choose",
        Place::List => "In a list over the screen",
        Place::Question => "A question with two answers; 1 and 2 answer too",
        Place::Page => "Notices and cost",
        Place::Help => "This help",
        Place::Models => "The list of models",
        Place::Palette => "The palette",
        Place::Prompts => "Past prompts",
        Place::Memory => "The memory, while words are typed",
        Place::Hits => "The hits of the memory",
        Place::Imports => "Sessions of other programs",
        Place::Stash => "Drafts put by",
        Place::Rules => "Rules",
        Place::Turns => "Turns of a session",
        Place::Themes => "Themes",
        Place::Settings => "Keys in the settings",
        Place::Files => "Files of a session",
        Place::Inbox => "The inbox, beside the keys of the marked ask",
        Place::Merge => "A merge that is shown",
        Place::FirstPage => "The first page; 1 to 9 choose",
    };
    name.to_owned()
}

/// Keys and what they do: side by side where there is room, never cut.
fn entry(rows: &mut Vec<Row>, label: &str, what: &str, room: usize) {
    if room < TWO_COLUMNS {
        rows.push(Row::of(format!("  {label}"), Role::Key));
        rows.extend(wrapped(what, room, 4, Role::Text));
        return;
    }
    let column = KEYS.max(cells::of(label)) + 3;
    for (index, said) in wrapped(what, room.saturating_sub(column), 0, Role::Text)
        .into_iter()
        .enumerate()
    {
        let label = if index == 0 { label } else { "" };
        let width = column - 3;
        let mut row = Row::of(format!("  {label:<width$} "), Role::Key);
        row.left.extend(said.left);
        rows.push(row);
    }
}
