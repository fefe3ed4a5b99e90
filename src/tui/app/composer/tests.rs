//! The composer without a workstation around it.
#![allow(clippy::unwrap_used)]

use pretty_assertions::assert_eq;

use super::written::Written;
use super::*;
use crate::protocol::item::Block;

fn typed(text: &str) -> Composer {
    let mut composer = Composer::default();
    for c in text.chars() {
        assert!(composer.type_key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
    }
    composer
}

#[test]
fn what_is_written_decides_what_enter_means() {
    let prompt = |text: &str| Written::Prompt(vec![Block::text(text)]);
    let slash = |name: &str, rest: &str| Written::Slash {
        name: name.to_owned(),
        rest: rest.to_owned(),
    };
    let shell = |command: &str, quoted| Written::Shell {
        command: command.to_owned(),
        quoted,
    };
    let cases = [
        ("", Written::Nothing),
        ("  ", Written::Nothing),
        ("mend it", prompt("mend it")),
        ("/model  a/b ", slash("model", "a/b")),
        ("、help", slash("help", "")),
        ("/Help", slash("help", "")),
        ("/etc/passwd is what", prompt("/etc/passwd is what")),
        ("! ls -l", shell("ls -l", false)),
        ("！ls", shell("ls", false)),
        ("!! ls", shell("ls", true)),
        ("！！ls", shell("ls", true)),
        ("!!", Written::Nothing),
        ("! !x", shell("!x", false)),
        ("!", Written::Nothing),
        ("修一下", prompt("修一下")),
    ];
    for (text, expected) in cases {
        assert_eq!(typed(text).written(), expected, "{text:?}");
    }
}

#[test]
fn a_large_paste_is_a_chip_and_one_character_to_delete() {
    let long = "line\n".repeat(212);
    let mut composer = typed("look: ");
    composer.paste(&long);
    assert_eq!(composer.drawn(60).lines, ["look: [pasted 212 lines]"]);
    assert_eq!(
        composer.written(),
        Written::Prompt(vec![
            Block::text("look: "),
            Block::Paste { text: long.clone() }
        ])
    );
    assert_eq!(composer.plain(), format!("look: {long}"));
    composer.text.backspace();
    assert_eq!(composer.drawn(60).lines, ["look: "]);
    composer.text.undo();
    assert_eq!(composer.drawn(60).lines, ["look: [pasted 212 lines]"]);
}

#[test]
fn a_small_paste_is_text_without_control_sequences() {
    let mut composer = Composer::default();
    composer.paste("a\r\nb\rc\u{1b}[31md\u{100000}");
    assert_eq!(composer.plain(), "a\nb\ncd");
    composer.clear();
    composer.paste(&"x".repeat(801));
    assert_eq!(composer.drawn(60).lines, ["[pasted 801 characters]"]);
}

#[test]
fn up_goes_into_the_past_at_the_top_and_comes_back_with_what_was_written() {
    let past = vec!["newest".to_owned(), "older\nof two lines".to_owned()];
    let mut composer = typed("mine");
    let shown = |composer: &Composer| composer.plain();
    composer.act(Action::Up, 40, &past);
    assert_eq!(shown(&composer), "newest");
    composer.act(Action::Up, 40, &past);
    assert_eq!(shown(&composer), "older\nof two lines");
    composer.act(Action::Up, 40, &past);
    composer.act(Action::Up, 40, &past);
    assert_eq!(shown(&composer), "older\nof two lines");
    composer.act(Action::Down, 40, &past);
    composer.act(Action::Down, 40, &past);
    assert_eq!(shown(&composer), "newest");
    composer.act(Action::Down, 40, &past);
    assert_eq!(shown(&composer), "mine");
}

#[test]
fn the_cursor_stands_where_the_next_character_goes() {
    let mut composer = typed("你好a");
    composer.act(Action::Left, 40, &[]);
    let drawn = composer.drawn(40);
    assert_eq!((drawn.row, drawn.column), (0, 4));
}
