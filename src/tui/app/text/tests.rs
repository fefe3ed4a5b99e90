//! A text under edits, as rows of data.
#![allow(clippy::unwrap_used)]

use pretty_assertions::assert_eq;

use super::edit::Case;
use super::*;
use crate::tui::app::lines::cell_width;

/// A text with `|` at its cursor.
fn text(marked: &str) -> Text {
    let at = marked.find('|').unwrap();
    let mut text = Text::new(&marked.replace('|', ""));
    text.cursor = at;
    text
}

fn marked(text: &Text) -> String {
    let mut out = text.content.clone();
    out.insert(text.cursor, '|');
    out
}

type Edit = fn(&mut Text);

#[test]
fn edits() {
    let cases: &[(&str, Edit, &str)] = &[
        ("ab|c", |t| t.type_char('X'), "abX|c"),
        ("a👩\u{200d}💻|", Text::backspace, "a|"),
        ("e\u{301}|x", Text::backspace, "|x"),
        ("|", Text::backspace, "|"),
        ("你好|", Text::backspace, "你|"),
        ("a|bc", Text::delete, "a|c"),
        ("one two|", Text::kill_word, "one |"),
        ("one two  |", Text::kill_word, "one |"),
        ("one |two three", Text::kill_word_after, "one | three"),
        ("src/http/re|try", Text::word_left, "src/http/|retry"),
        ("|src/http", Text::word_right, "src|/http"),
        ("你好，世界|", Text::word_left, "你好，|世界"),
        ("|你好，世界", Text::word_right, "你好|，世界"),
        ("重试retry|", Text::word_left, "重试|retry"),
        ("ab\ncd|ef\ngh", Text::line_start, "ab\n|cdef\ngh"),
        ("ab\ncd|ef\ngh", Text::line_end, "ab\ncdef|\ngh"),
        ("ab\ncd|ef\ngh", Text::kill_line, "ab\ncd|\ngh"),
        ("ab\ncd|\ngh", Text::kill_line, "ab\ncd|gh"),
        ("ab cd|ef", Text::kill_to_start, "|ef"),
        ("a|b", Text::start, "|ab"),
        ("a|b", Text::end, "ab|"),
        ("a|b", Text::transpose, "ba|"),
        ("abc|", Text::transpose, "acb|"),
        ("a|bc", Text::transpose, "ba|c"),
        ("|ab", Text::transpose, "|ab"),
        ("a|", Text::transpose, "a|"),
        ("|", Text::transpose, "|"),
        ("x\n|ab", Text::transpose, "x\n|ab"),
        ("ab\n|", Text::transpose, "ab\n|"),
        ("你|好", Text::transpose, "好你|"),
        ("e\u{301}|x", Text::transpose, "xe\u{301}|"),
        ("one |two", Text::transpose_words, "two one|"),
        ("one tw|o", Text::transpose_words, "two one|"),
        ("one| two, x", Text::transpose_words, "two one|, x"),
        ("one|", Text::transpose_words, "one|"),
        ("|one two", |t| t.change_case(Case::Upper), "ONE| two"),
        ("one| TWO", |t| t.change_case(Case::Lower), "one two|"),
        ("|oNE two", |t| t.change_case(Case::Title), "One| two"),
        ("o|NE", |t| t.change_case(Case::Upper), "oNE|"),
        ("|straße", |t| t.change_case(Case::Upper), "STRASSE|"),
        ("|你好 a", |t| t.change_case(Case::Upper), "你好| a"),
        ("|", |t| t.change_case(Case::Upper), "|"),
    ];
    for (before, edit, after) in cases {
        let mut text = text(before);
        edit(&mut text);
        assert_eq!(marked(&text), *after, "{before:?}");
        let changed = text.content.clone();
        text.undo();
        text.redo();
        assert_eq!(text.content, changed, "redone: {before:?}");
    }
}

#[test]
fn cuts_in_a_row_come_back_together() {
    let mut text = text("one two three|");
    text.kill_word();
    text.kill_word();
    assert_eq!(marked(&text), "one |");
    text.yank();
    assert_eq!(marked(&text), "one two three|");
}

#[test]
fn older_cuts_come_back_in_turn() {
    let mut text = text("one two| x");
    text.kill_word();
    text.left();
    text.kill_word();
    assert_eq!(marked(&text), "|  x");
    assert!(!text.yank_older(), "nothing was put back");
    text.yank();
    assert_eq!(marked(&text), "one|  x");
    assert!(text.yank_older());
    assert_eq!(marked(&text), "two|  x");
    assert!(text.yank_older());
    assert_eq!(marked(&text), "one|  x");
    text.undo();
    assert_eq!(marked(&text), "|  x");
}

#[test]
fn undo_goes_back_by_words_and_redo_forward() {
    let mut text = Text::default();
    for c in "one two".chars() {
        text.type_char(c);
    }
    text.undo();
    assert_eq!(marked(&text), "one|");
    text.undo();
    assert_eq!(marked(&text), "|");
    text.redo();
    text.redo();
    assert_eq!(marked(&text), "one two|");
}

#[test]
fn undo_takes_a_run_of_one_kind_back_at_once() {
    type Keys<'k> = (&'k str, &'k [&'k str]);
    // `<`: Backspace, `.`: Ctrl+B, `^`: Ctrl+W; any other character is typed.
    let cases: [Keys<'_>; 6] = [
        ("abc<<", &["abc", ""]),
        ("abc<<d", &["a", "abc", ""]),
        ("ab.c", &["ab", ""]),
        ("a b^", &["a b", "a", ""]),
        ("a b c", &["a b", "a", ""]),
        ("你好 世界", &["你好", ""]),
    ];
    for (keys, steps) in cases {
        let mut text = Text::default();
        for key in keys.chars() {
            match key {
                '<' => text.backspace(),
                '.' => text.left(),
                '^' => text.kill_word(),
                c => text.type_char(c),
            }
        }
        let whole = text.content.clone();
        for step in steps {
            text.undo();
            assert_eq!(text.content, *step, "{keys}");
        }
        text.undo();
        assert_eq!(text.content, "", "{keys}: nothing before the beginning");
        for _ in 0..9 {
            text.redo();
        }
        assert_eq!(text.content, whole, "{keys}: redone");
    }
}

#[test]
fn a_group_is_one_step_whatever_was_done_in_it() {
    let mut text = text("one|");
    text.begin_group();
    text.insert(" two");
    text.left();
    text.backspace();
    text.end_group();
    text.insert("!");
    assert_eq!(marked(&text), "one t!|o");
    text.undo();
    assert_eq!(marked(&text), "one t|o");
    text.undo();
    assert_eq!(marked(&text), "one|");
    text.redo();
    assert_eq!(marked(&text), "one t|o");
}

#[test]
fn what_is_selected_is_replaced_cut_or_copied() {
    let selected = || {
        let mut text = text("one |two three");
        text.extend(Text::word_right);
        assert_eq!(text.selection(), Some(4..7));
        text
    };
    let cases: &[(Edit, &str)] = &[
        (|t| t.type_char('X'), "one X| three"),
        (|t| t.insert("你好"), "one 你好| three"),
        (Text::backspace, "one | three"),
        (Text::delete, "one | three"),
        (Text::kill_word, "one | three"),
        (|t| t.change_case(Case::Upper), "one TWO| three"),
        (Text::left, "one tw|o three"),
    ];
    for (edit, after) in cases {
        let mut text = selected();
        edit(&mut text);
        assert_eq!(marked(&text), *after);
        assert_eq!(text.selection(), None);
    }
    let mut text = selected();
    assert!(text.copy());
    assert_eq!(text.kept(), "two");
    assert!(!text.copy());
    text.start();
    text.extend(Text::end);
    assert_eq!(text.selection(), Some(0..13));
    assert!(text.unselect() && !text.unselect());
}

#[test]
fn up_and_down_keep_their_column() {
    let mut text = text("a long line\nab\nanother line|");
    assert!(text.up(40, cell_width));
    assert_eq!(marked(&text), "a long line\nab|\nanother line");
    assert!(text.up(40, cell_width));
    assert_eq!(marked(&text), "a long line|\nab\nanother line");
    assert!(!text.up(40, cell_width));
    assert!(text.down(40, cell_width));
    assert!(text.down(40, cell_width));
    assert_eq!(marked(&text), "a long line\nab\nanother line|");
    assert!(!text.down(40, cell_width));
}

#[test]
fn up_through_rows_broken_at_the_width_always_moves() {
    let mut text = Text::new("abcdefghijkl");
    assert!(text.up(4, cell_width));
    assert_eq!(marked(&text), "abcdefgh|ijkl".replace("gh|i", "g|hi"));
    assert!(text.up(4, cell_width));
    assert!(!text.up(4, cell_width));
}
