//! Rows are drawn with their inks, and parts of a sheet taken over look the same.

use super::*;
use ratatui::style::Color;

/// Each ink as a colour of its own.
struct Numbered;

impl Paint for Numbered {
    fn style(&self, ink: Ink) -> Style {
        Style::new().fg(Color::Indexed(ink as u8))
    }
}

fn sheet() -> Sheet {
    let mut sheet = Sheet::default();
    let flat = sheet.flat();
    flat.put("• ", Ink::Marker);
    flat.put("plain ", Ink::Text);
    flat.put("code", Ink::Code);
    sheet.push(&(0..4), &(4..14));
    let start = sheet.flat().len();
    sheet.flat().put("let x = 汉;", Ink::Plain);
    let end = sheet.flat().len();
    sheet.begin_code(&(start..end), Language::Rust, State::default());
    sheet.push_code(&(0..0), &(start..start + 6));
    sheet.push_code(&(0..0), &(start + 6..end));
    sheet
}

#[test]
fn rows_are_drawn_with_their_inks() {
    let sheet = sheet();
    let area = Rect::new(0, 0, 14, 4);
    let mut canvas = Canvas::over(area);
    assert_eq!(sheet.draw(&mut canvas, area, 0, &Numbered), 3);
    let buffer = canvas.painted();
    let text = |y| -> String {
        (0..14)
            .map(|x| buffer[(x, y)].symbol().to_owned())
            .collect()
    };
    assert_eq!(text(0), "• plain code  ");
    assert_eq!(text(1), "let x         ");
    assert_eq!(text(2), "= 汉 ;         ");
    let ink = |x, y| buffer[(x, y)].fg;
    assert_eq!(ink(0, 0), Color::Indexed(Ink::Marker as u8));
    assert_eq!(ink(8, 0), Color::Indexed(Ink::Code as u8));
    assert_eq!(ink(0, 1), Color::Indexed(Ink::Keyword as u8));
    assert_eq!(ink(4, 1), Color::Indexed(Ink::Plain as u8));
    assert_eq!(ink(0, 2), Color::Indexed(Ink::Operator as u8));
    assert_eq!(sheet.draw(&mut canvas, area, 2, &Numbered), 1);
    assert_eq!(sheet.draw(&mut canvas, area, 9, &Numbered), 0);
}

#[test]
fn the_ground_of_a_changed_line_goes_on_to_the_end() {
    struct Grounds;
    impl Paint for Grounds {
        fn style(&self, ink: Ink) -> Style {
            match ink {
                Ink::Added => Style::new().bg(Color::Green),
                Ink::Keyword => Style::new().fg(Color::Blue),
                _ => Style::new(),
            }
        }
    }
    let mut sheet = Sheet::default();
    sheet.flat().put("let x", Ink::Added);
    sheet.begin_code(&(0..5), Language::Rust, State::default());
    sheet.push_code(&(0..0), &(0..5));
    let area = Rect::new(0, 0, 8, 1);
    let mut canvas = Canvas::over(area);
    sheet.draw(&mut canvas, area, 0, &Grounds);
    let buffer = canvas.painted();
    assert!((0..8).all(|x| buffer[(x, 0)].bg == Color::Green));
    assert_eq!(buffer[(0, 0)].fg, Color::Blue);
    // Without grounds the colour of the change itself is kept.
    let mut canvas = Canvas::over(area);
    sheet.draw(&mut canvas, area, 0, &Numbered);
    assert_eq!(
        canvas.painted()[(0, 0)].fg,
        Color::Indexed(Ink::Added as u8)
    );
}

#[test]
fn a_part_taken_over_is_drawn_the_same() {
    let whole = sheet();
    let mut twice = whole.clone();
    twice.append(&whole, Mark::default(), whole.mark());
    for index in 0..3 {
        assert_eq!(
            twice.line(index + 3, &Numbered),
            whole.line(index, &Numbered)
        );
    }
    twice.truncate(whole.mark());
    assert_eq!(twice, whole);
    twice.clear();
    assert_eq!(twice, Sheet::default());
}

#[test]
fn a_part_without_text_has_no_link() {
    let link = crate::tui::terminal::link::Link::new("http://bare/x").unwrap();
    let mut flat = Flat::default();
    flat.put("ab", Ink::Text);
    // Two to one place are one, over the blank row between them.
    flat.link(&(0..1), &link);
    flat.link(&(1..2), &link);
    assert_eq!(flat.links(&(1..1)).count(), 0);
    assert_eq!(flat.links(&(0..2)).count(), 1);
}
