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
    // Left in the editor as it was, it stays one.
    let plain = composer.plain();
    composer.edited(plain.trim_end_matches('\n'));
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

/// A composer with the keys of vi, after these; `<` is Esc.
fn vim(text: &str, keys: &str) -> Composer {
    let mut composer = typed(text);
    for key in keys.chars() {
        let press = if key == '<' {
            Press::Esc
        } else {
            Press::Char(key)
        };
        composer.vim_key(press, 40, &[]);
    }
    composer
}

#[test]
fn a_text_that_changes_under_a_selection_of_vi_leaves_no_place_within_a_character() {
    let changes: [fn(&mut Composer); 4] = [
        |composer| composer.paste("x"),
        |composer| composer.quote("ls", "one\n"),
        |composer| composer.restore("汉"),
        |composer| {
            composer.act(Action::KillToStart, 40, &[]);
        },
    ];
    for change in changes {
        for keys in ["<v0", "<0vl", "<vh", "<V"] {
            let mut composer = vim("aéé汉", keys);
            change(&mut composer);
            composer.drawn(20);
            for key in ['l', 'd', 'v', '$', 'y', 'p', '.'] {
                composer.vim_key(Press::Char(key), 40, &[]);
                composer.drawn(20);
            }
        }
    }
}

#[test]
fn counts_that_nobody_means_cost_nothing() {
    let line = "x".repeat(700);
    let mut composer = vim(&line, "<yy9999p");
    assert!(composer.plain().len() <= LONGEST_TEXT + line.len() + 1);
    composer = vim("", "<9999i");
    composer.paste(&line);
    composer.vim_key(Press::Esc, 40, &[]);
    assert!(composer.plain().len() <= LONGEST_TEXT + line.len());
    composer = vim("a", "<2000000000");
    composer.vim_key(Press::Redo, 40, &[]);
    assert_eq!(composer.plain(), "a");
    // Rows that are not there are not gone through one by one.
    composer = vim("one", "<9999j");
    assert_eq!(composer.text.cursor(), 2);
}

#[test]
fn what_was_cut_with_a_paste_in_it_comes_back_after_sending() {
    let pasted = |count: usize| "line\n".repeat(count);
    let mut composer = Composer::default();
    composer.paste(&pasted(40));
    composer.act(Action::LineStart, 40, &[]);
    composer.act(Action::KillLine, 40, &[]);
    composer.renew();
    composer.act(Action::Yank, 40, &[]);
    composer.paste(&pasted(60));
    assert_eq!(composer.plain(), pasted(40) + &pasted(60));
}

#[test]
fn what_a_command_says_takes_nothing_that_is_selected() {
    let mut composer = typed("hello world");
    for _ in 0..3 {
        composer.act(Action::SelectLeft, 40, &[]);
    }
    composer.quote("echo out", "out\n");
    assert!(composer.plain().starts_with("hello wo"));
    assert!(composer.plain().ends_with("rld"));
}

#[test]
fn a_sign_of_a_chip_and_a_control_character_come_from_nowhere_else() {
    let mut composer = Composer::default();
    composer.paste(&"line\n".repeat(40));
    let sign = sign(0).unwrap();
    composer.rewrite(&format!("a{sign}\u{1b}[31mb\u{7}"));
    assert_eq!(composer.plain(), "ab");
    composer.set("\u{1b}]0;x\u{7}c");
    assert_eq!(composer.plain(), "c");
    let mut composer = vim("abc", "<0r");
    composer.vim_key(Press::Char(sign), 40, &[]);
    composer.vim_key(Press::Char('z'), 40, &[]);
    assert_eq!(composer.plain(), "zbc");
}
