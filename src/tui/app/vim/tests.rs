//! Keys of vi, against what vi makes of them.
#![allow(clippy::unwrap_used)]

use pretty_assertions::assert_eq;
use proptest::collection::vec;
use proptest::prelude::{any, prop_assert, proptest};
use proptest::sample::select;

use super::cases::CASES;
use super::*;
use crate::tui::app::lines::cell_width;

/// Wider than any line: rows as drawn are the lines.
const WIDE: usize = 10_000;

/// A text with `|` at its cursor, in NORMAL.
fn begun(marked: &str) -> (Vim, Text) {
    let at = marked.find('|').unwrap();
    let mut text = Text::new(&marked.replacen('|', "", 1));
    let mut vim = Vim::default();
    vim.key(&mut text, Press::Esc);
    text.go(at);
    vim.settle(&mut text);
    (vim, text)
}

fn marked(text: &Text) -> String {
    let mut out = text.as_str().to_owned();
    out.insert(text.cursor(), '|');
    out
}

/// `<esc>` and `<c-r>` are keys; everything else is what it is.
fn presses(keys: &str) -> Vec<Press> {
    let mut out = Vec::new();
    let mut rest = keys;
    while let Some(c) = rest.chars().next() {
        let (press, taken) = if rest.starts_with("<esc>") {
            (Press::Esc, 5)
        } else if rest.starts_with("<c-r>") {
            (Press::Redo, 5)
        } else {
            (Press::Char(c), c.len_utf8())
        };
        out.push(press);
        rest = &rest[taken..];
    }
    out
}

fn press(vim: &mut Vim, text: &mut Text, press: Press) {
    match (vim.key(text, press), press) {
        (Outcome::Passed, Press::Char(c)) => text.type_char(c),
        (Outcome::Vertical(rows), _) => {
            for _ in 0..rows.unsigned_abs() {
                if rows < 0 {
                    text.up(WIDE, cell_width);
                } else {
                    text.down(WIDE, cell_width);
                }
            }
            vim.settle(text);
        }
        _ => {}
    }
}

#[test]
fn keys_of_vi_do_what_they_do_in_vi() {
    let mut faults = Vec::new();
    let mut count = 0;
    for (before, rows) in CASES {
        for (keys, after) in *rows {
            let (mut vim, mut text) = begun(before);
            for key in presses(keys) {
                press(&mut vim, &mut text, key);
            }
            count += 1;
            if marked(&text) != *after {
                faults.push(format!(
                    "{before:?} {keys:?}: {:?}, not {after:?}",
                    marked(&text)
                ));
            }
        }
    }
    assert!(count > 700, "{count}");
    assert!(
        faults.is_empty(),
        "{} of {count}\n{}",
        faults.len(),
        faults.join("\n")
    );
}

#[test]
fn modes_and_what_is_pending_can_be_shown() {
    let (mut vim, mut text) = begun("one |two");
    let mut shown = Vec::new();
    for key in presses("2d<esc>v<esc>Vv<esc>ix<esc>z") {
        press(&mut vim, &mut text, key);
        shown.push(
            format!("{} {}", vim.mode().name(), vim.pending())
                .trim()
                .to_owned(),
        );
    }
    let expected = [
        "NORMAL 2",
        "NORMAL 2d",
        "NORMAL",
        "VISUAL",
        "NORMAL",
        "V-LINE",
        "VISUAL",
        "NORMAL",
        "INSERT",
        "INSERT",
        "NORMAL",
        "NORMAL",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn escape_goes_by_only_from_normal_with_nothing_begun() {
    let (mut vim, mut text) = begun("one |two");
    for (keys, expected) in [
        ("", Outcome::Passed),
        ("d", Outcome::Taken),
        ("v", Outcome::Taken),
        ("i", Outcome::Taken),
    ] {
        for key in presses(keys) {
            press(&mut vim, &mut text, key);
        }
        assert_eq!(vim.key(&mut text, Press::Esc), expected, "{keys}");
        assert_eq!(vim.mode(), Mode::Normal);
    }
}

#[test]
fn what_is_selected_is_known() {
    for (keys, expected) in [
        ("v", Some(4..5)),
        ("ve", Some(4..7)),
        ("vb", Some(0..5)),
        ("V", Some(0..7)),
        ("Vj", Some(0..13)),
        ("w", None),
    ] {
        let (mut vim, mut text) = begun("one |two\nthree");
        for key in presses(keys) {
            press(&mut vim, &mut text, key);
        }
        assert_eq!(vim.selection(&text), expected, "{keys}");
    }
}

#[test]
fn a_chip_is_one_character_for_every_key() {
    for (keys, after) in [
        ("x", "a | b"),
        ("w", "a \u{100000} |b"),
        ("dw", "a |b"),
        ("xp", "a  |\u{100000}b"),
        ("ylp", "a \u{100000}|\u{100000} b"),
        ("r.", "a |. b"),
        ("xu", "a |\u{100000} b"),
    ] {
        let (mut vim, mut text) = begun("a |\u{100000} b");
        for key in presses(keys) {
            press(&mut vim, &mut text, key);
        }
        assert_eq!(marked(&text), after, "{keys}");
    }
}

const KEYS: [&str; 60] = [
    "h", "j", "k", "l", "w", "b", "e", "W", "B", "E", "0", "^", "$", "gg", "G", "fx", "F好", "t ",
    "T\u{301}", ";", ",", "%", "d", "c", "y", "iw", "a(", "i\"", "ap", "D", "C", "Y", "x", "X",
    "s", "S", "r好", "~", "J", "p", "P", "u", "<c-r>", ".", "2", "9", "v", "V", "o", "O", "i", "a",
    "I", "A", "<esc>", "<esc>", "x", "\n", "}", "{",
];

proptest! {
    /// Whatever is pressed, the cursor stands between characters, and all can be undone.
    #[test]
    fn no_keys_break_a_text(before in "[ab好é\u{301}👩 \n(\"){}]{0,24}", keys in vec(select(&KEYS[..]), 0..40), at in any::<usize>()) {
        let mut text = Text::new(&before);
        let mut vim = Vim::default();
        vim.key(&mut text, Press::Esc);
        text.go(at % (before.len() + 1));
        vim.settle(&mut text);
        for key in keys.iter().flat_map(|keys| presses(keys)) {
            press(&mut vim, &mut text, key);
            let at = text.cursor();
            prop_assert!(text.as_str().is_char_boundary(at));
            prop_assert!(at == text.as_str().len() || text.after(text.before(at)) == at || at == 0);
            if let Some(range) = vim.selection(&text) {
                prop_assert!(text.as_str().get(range).is_some());
            }
        }
        press(&mut vim, &mut text, Press::Esc);
        for _ in 0..200 {
            text.undo();
        }
        prop_assert!(text.as_str() == before);
    }
}
