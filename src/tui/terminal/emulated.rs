//! Tests of the screen against an emulator: what it shows after each flush, and how many bytes that took.
#![allow(clippy::unwrap_used)]

use std::num::NonZeroU16;

use pretty_assertions::assert_eq;
use proptest::prelude::{Just, ProptestConfig, Strategy, any};
use proptest::{prop_oneof, proptest};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};

use crate::tui::terminal::colour::Depth;
use crate::tui::terminal::glyph::{Glyph, glyph};
use crate::tui::terminal::recoloured::{a_link, recoloured};
use crate::tui::terminal::screen::Screen;

struct Shown {
    screen: Screen,
    terminal: vt100::Parser,
    /// The same without its styles, and with a colour for each link: the emulator knows no links.
    links: vt100::Parser,
}

impl Shown {
    fn new(width: u16, height: u16) -> Self {
        let size = |n| NonZeroU16::new(n).unwrap();
        Self {
            screen: Screen::new(width, height, Depth::True).linking(true),
            terminal: vt100::Parser::new(size(height), size(width), 0),
            links: vt100::Parser::new(size(height), size(width), 0),
        }
    }

    fn resize(&mut self, width: u16, height: u16) {
        let size = |n| NonZeroU16::new(n).unwrap();
        self.terminal.set_size(size(height), size(width));
        self.links.set_size(size(height), size(width));
        self.screen.resize(width, height);
    }

    /// Flushes, and answers the bytes it took.
    fn flush(&mut self, cursor: Option<Position>) -> Vec<u8> {
        let bytes = self.screen.flush(cursor).to_vec();
        self.terminal.process(&bytes);
        self.links.process(&recoloured(&bytes));
        bytes
    }

    /// Compares every cell and the cursor with what an emulator makes of the bytes.
    fn check(&mut self, cursor: Option<Position>) {
        let area = self.screen.area();
        let surface = &*self.screen.surface();
        for y in 0..area.height {
            let mut x = 0;
            while x < area.width {
                let wanted = &surface.buffer()[(x, y)];
                let shown = self.terminal.screen().cell(y, x).unwrap();
                let glyph = glyph(wanted.symbol(), area.width - x);
                assert_eq!(described(wanted, &glyph), seen(shown, &glyph), "{x},{y}");
                let link = surface.links().at(x, y);
                let colour = link.map(|link| {
                    link.uri()
                        .trim_start_matches("http://a.b/")
                        .parse()
                        .unwrap()
                });
                let shown = self.links.screen().cell(y, x).unwrap().fgcolor();
                assert_eq!(
                    colour.map_or(vt100::Color::Default, vt100::Color::Idx),
                    shown,
                    "the link of {x},{y}"
                );
                x += glyph.width;
            }
        }
        let terminal = self.terminal.screen();
        assert_eq!(terminal.hide_cursor(), cursor.is_none());
        if let Some(Position { x, y }) = cursor {
            assert_eq!(terminal.cursor_position(), (y, x));
        }
    }
}

type Look = (String, vt100::Color, vt100::Color, Modifier);

fn described(cell: &Cell, glyph: &Glyph<'_>) -> Look {
    let color = |color| match color {
        Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
        Color::Indexed(index) => vt100::Color::Idx(index),
        Color::Red => vt100::Color::Idx(1),
        Color::LightCyan => vt100::Color::Idx(14),
        _ => vt100::Color::Default,
    };
    look(
        glyph.text.to_string(),
        color(cell.fg),
        color(cell.bg),
        cell.modifier,
    )
}

fn seen(cell: &vt100::Cell, glyph: &Glyph<'_>) -> Look {
    let mut modifier = Modifier::empty();
    for (on, which) in [
        (cell.bold(), Modifier::BOLD),
        (cell.dim(), Modifier::DIM),
        (cell.italic(), Modifier::ITALIC),
        (cell.underline(), Modifier::UNDERLINED),
        (cell.inverse(), Modifier::REVERSED),
    ] {
        modifier.set(which, on);
    }
    let mut text = cell.contents().to_owned();
    if text.is_empty() {
        text.push(' ');
    }
    if glyph.loose && glyph.text.starts_with(&text) {
        // The emulator takes joined symbols apart.
        text = glyph.text.to_string();
    }
    look(text, cell.fgcolor(), cell.bgcolor(), modifier)
}

/// Of a blank only the background counts, unless a line goes through it.
fn look(text: String, fg: vt100::Color, bg: vt100::Color, modifier: Modifier) -> Look {
    if text == " " && !modifier.intersects(Modifier::UNDERLINED | Modifier::REVERSED) {
        return (text, vt100::Color::Default, bg, Modifier::empty());
    }
    (text, fg, bg, modifier)
}

const TEXTS: [&str; 16] = [
    "a",
    "b ",
    "  ",
    "word",
    "long line of text",
    "漢字",
    "한",
    "é",
    "e\u{301}x",
    "─│",
    "🦞",
    "❤\u{fe0f}",
    "👩\u{200d}💻",
    "🇩🇪",
    "\u{1b}[2J",
    "x",
];

fn a_style() -> impl Strategy<Value = Style> {
    let color = || {
        prop_oneof![
            4 => Just(Color::Reset),
            1 => Just(Color::Red),
            1 => Just(Color::LightCyan),
            1 => (16_u8..).prop_map(Color::Indexed),
            1 => any::<(u8, u8, u8)>().prop_map(|(r, g, b)| Color::Rgb(r, g, b)),
        ]
    };
    let modifier = prop_oneof![
        Just(Modifier::empty()),
        Just(Modifier::BOLD),
        Just(Modifier::DIM | Modifier::ITALIC),
        Just(Modifier::UNDERLINED | Modifier::BOLD),
        Just(Modifier::REVERSED),
    ];
    // What was set before is taken away: the emulator knows bold or dim, not both.
    (color(), color(), modifier).prop_map(|(fg, bg, modifier)| {
        Style::new()
            .fg(fg)
            .bg(bg)
            .add_modifier(modifier)
            .remove_modifier(modifier.complement())
    })
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Text(u16, u16, usize, Style),
    /// A symbol set without looking at what it covers.
    Symbol(u16, u16, usize, Style),
    Paint(u16, u16, u16, u16, Style),
    /// Cells of a row belong to a link, or to none.
    Link(u16, u16, u16, Option<u8>),
    /// Every row full of different text, so that a scroll pays.
    Fill(usize),
    /// The rows move as the hint says.
    Scroll(u16, u16, i16),
    /// The hint is wrong.
    Hint(u16, u16, i16),
    Clear,
    Resize(u16, u16),
    Invalidate,
    Flush(Option<(u16, u16)>),
}

fn an_act() -> impl Strategy<Value = Act> {
    let at = || (0_u16..30, 0_u16..12);
    let text = 0..TEXTS.len();
    prop_oneof![
        8 => (at(), text.clone(), a_style()).prop_map(|((x, y), t, s)| Act::Text(x, y, t, s)),
        2 => (at(), text, a_style()).prop_map(|((x, y), t, s)| Act::Symbol(x, y, t, s)),
        1 => (at(), at(), a_style()).prop_map(|((x, y), (w, h), s)| Act::Paint(x, y, w, h, s)),
        3 => (at(), 1_u16..20, proptest::option::of(100_u8..103)).prop_map(|((x, y), w, n)| Act::Link(x, y, w, n)),
        1 => any::<u8>().prop_map(|start| Act::Fill(start.into())),
        3 => (at(), -4_i16..5).prop_map(|((a, b), n)| Act::Scroll(a, b, n)),
        1 => (at(), -4_i16..5).prop_map(|((a, b), n)| Act::Hint(a, b, n)),
        1 => Just(Act::Clear),
        1 => (1_u16..30, 1_u16..12).prop_map(|(w, h)| Act::Resize(w, h)),
        1 => Just(Act::Invalidate),
        5 => proptest::option::of(at()).prop_map(Act::Flush),
    ]
}

fn act(shown: &mut Shown, act: Act) {
    let area = shown.screen.area();
    let back = shown.screen.frame();
    match act {
        Act::Text(x, y, text, style) if area.contains(Position { x, y }) => {
            back.set_string(x, y, TEXTS[text], style);
        }
        Act::Symbol(x, y, text, style) if area.contains(Position { x, y }) => {
            back[(x, y)].set_symbol(TEXTS[text]).set_style(style);
        }
        Act::Text(..) | Act::Symbol(..) => {}
        Act::Link(x, y, width, number) => {
            let end = (x + width).min(area.width);
            if x < end && y < area.height {
                let (_, links) = shown.screen.surface().open(y, x..end);
                match number {
                    Some(number) => links.link(y, x..end, &a_link(number)),
                    None => links.unlink(y, &(x..end)),
                }
            }
        }
        Act::Paint(x, y, width, height, style) => {
            back.set_style(Rect::new(x, y, width, height).intersection(area), style);
        }
        Act::Fill(start) => {
            for y in 0..area.height {
                let text =
                    (0..4).map(|n| TEXTS[(start + usize::from(y) * 5 + n * 3) % TEXTS.len()]);
                back.set_string(0, y, text.collect::<String>(), Style::new());
            }
        }
        Act::Scroll(top, bottom, lines) => {
            let bottom = bottom.min(area.height);
            if top < bottom && lines.unsigned_abs() <= bottom - top {
                let cells = usize::from(area.width) * usize::from(lines.unsigned_abs());
                let start = usize::from(top) * usize::from(area.width);
                let end = usize::from(bottom) * usize::from(area.width);
                if lines > 0 {
                    back.content[start..end].rotate_left(cells);
                } else {
                    back.content[start..end].rotate_right(cells);
                }
                let (_, linked) = shown.screen.surface().open(top, 0..area.width);
                linked.scroll(top..bottom, lines);
            }
            shown.screen.scrolled(top..bottom, lines);
        }
        Act::Hint(top, bottom, lines) => shown.screen.scrolled(top..bottom, lines),
        Act::Clear => shown.screen.clear(),
        Act::Resize(width, height) => shown.resize(width, height),
        Act::Invalidate => shown.screen.invalidate(),
        Act::Flush(cursor) => {
            let cursor =
                cursor.map(|(x, y)| Position::new(x.min(area.width - 1), y.min(area.height - 1)));
            shown.flush(cursor);
            shown.check(cursor);
            assert_eq!(shown.flush(cursor), b"", "nothing changed");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256 * soak(), failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is drawn, scrolled and resized in whatever order, the terminal shows the buffer after each flush.
    #[test]
    fn the_terminal_shows_the_buffer(acts in proptest::collection::vec(an_act(), 1..60), colour in any::<bool>()) {
        let mut shown = Shown::new(24, 8);
        shown.screen = Screen::new(24, 8, Depth::True).erasing_in_colour(colour).linking(true);
        for step in acts {
            act(&mut shown, step);
        }
        act(&mut shown, Act::Flush(Some((3, 3))));
    }
}

fn soak() -> u32 {
    std::env::var("CREEL_SOAK")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(1)
}

const COMPOSER: Option<Position> = Some(Position { x: 4, y: 38 });

/// Words of an answer streamed into a pane of the full width over a composer, as a face does it: one frame for
/// each few tokens, the whole pane moved up when its last row is full. Answers bytes for each token of about 4.3
/// characters.
fn bytes_for_a_token(hints: bool, style: Style) -> f64 {
    let mut shown = Shown::new(120, 40);
    shown
        .screen
        .frame()
        .set_style(Rect::new(0, 0, 120, 40), style);
    shown.flush(COMPOSER);
    let words: Vec<&str> =
        "the sandbox holds what was measured and nothing that was only hoped for"
            .split(' ')
            .collect();
    let mut column = 0;
    let mut bytes = 0;
    let mut letters = 0;
    for frame in 0..600 {
        // 3.3 tokens are about 14 letters: three words of this text.
        for word in 0..3 {
            let word = words[(frame * 3 + word) % words.len()];
            if column + word.len() > 118 {
                column = 0;
                let back = shown.screen.frame();
                back.content[120..36 * 120].rotate_left(120);
                for cell in &mut back.content[35 * 120..36 * 120] {
                    cell.reset();
                    cell.set_style(style);
                }
                if hints {
                    shown.screen.scrolled(1..36, 1);
                }
            }
            shown
                .screen
                .frame()
                .set_string(column as u16, 35, word, style);
            column += word.len() + 1;
            letters += word.len() + 1;
        }
        bytes += shown.flush(COMPOSER).len();
        if frame % 30 == 0 {
            shown.check(COMPOSER);
        }
    }
    bytes as f64 / (letters as f64 / 4.3)
}

#[test]
fn streamed_text_costs_few_bytes() {
    let plain = bytes_for_a_token(true, Style::new());
    assert!(plain < 16.5, "{plain} bytes a token");
    let coloured = bytes_for_a_token(
        true,
        Style::new()
            .fg(Color::Rgb(1, 2, 3))
            .bg(Color::Rgb(200, 100, 150)),
    );
    assert!(coloured < 24.0, "{coloured} bytes a token");
    // Without the hint all that is shown is written again with each full row.
    let unhinted = bytes_for_a_token(false, Style::new());
    assert!(unhinted > 3.0 * plain, "{unhinted} bytes a token");
}

#[test]
fn frames_are_as_short_as_can_be() {
    let mut shown = Shown::new(40, 6);
    let composer = Some(Position::new(2, 4));
    shown.screen.frame().set_string(0, 4, "> ", Style::new());
    assert_eq!(
        shown.flush(composer),
        b"\x1b[?2026h\x1b]8;;\x1b\\\x1b[m\x1b[2J\x1b[5H>\x1b[C\x1b[?25h\x1b[?2026l"
    );

    // A key typed where the cursor stands is one byte.
    shown.screen.frame().set_string(2, 4, "h", Style::new());
    assert_eq!(shown.flush(Some(Position::new(3, 4))), b"h");
    assert_eq!(shown.flush(Some(Position::new(3, 4))), b"");
    // A move alone needs no markers.
    assert_eq!(shown.flush(Some(Position::new(2, 4))), b"\x08");
    // Whatever else is drawn with the cursor elsewhere stands between them.
    shown
        .screen
        .frame()
        .set_string(0, 0, "ab", Style::new().fg(Color::Red));
    assert_eq!(
        shown.flush(Some(Position::new(2, 4))),
        b"\x1b[?2026h\x1b[H\x1b[31mab\x1b[4B\x1b[?2026l"
    );
    // Few blanks are written, many erased.
    shown.screen.frame().set_string(0, 0, "a ", Style::new());
    shown.flush(Some(Position::new(2, 4)));
    shown
        .screen
        .frame()
        .set_string(0, 1, "a long line", Style::new());
    shown.flush(Some(Position::new(0, 1)));
    shown
        .screen
        .frame()
        .set_string(0, 1, "a          ", Style::new());
    assert_eq!(
        shown.flush(Some(Position::new(0, 1))),
        b"\x1b[?2026ha \x1b[K\r\x1b[?2026l"
    );
}

#[test]
fn sizes_that_cannot_be_are_borne() {
    for (width, height, area) in [
        (0, 0, Rect::new(0, 0, 0, 0)),
        (0, 5, Rect::new(0, 0, 0, 5)),
        (1, 1, Rect::new(0, 0, 1, 1)),
        (u16::MAX, 2, Rect::new(0, 0, 1000, 2)),
        (3, u16::MAX, Rect::new(0, 0, 3, 500)),
    ] {
        let mut screen = Screen::new(width, height, Depth::Sixteen);
        screen.scrolled(0..u16::MAX, i16::MIN);
        screen.scrolled(7..7, 1);
        let drawn = screen.flush(Some(Position::new(u16::MAX, u16::MAX))).len();
        assert_eq!((screen.area(), drawn > 0), (area, area.area() > 0));
    }
}

#[test]
fn without_colours_only_attributes_are_sent() {
    let mut screen = Screen::new(10, 1, Depth::None);
    let style = Style::new()
        .fg(Color::Red)
        .bg(Color::Rgb(1, 2, 3))
        .add_modifier(Modifier::BOLD);
    screen.frame().set_string(0, 0, "a", style);
    assert_eq!(
        screen.flush(None),
        b"\x1b[?2026h\x1b[m\x1b[2J\x1b[H\x1b[1ma\x1b[?25l\x1b[?2026l"
    );
}

#[test]
fn a_link_is_sent_where_it_is_drawn_and_closed_behind_it() {
    let mut shown = Shown::new(12, 3);
    shown.flush(None);
    let draw = |shown: &mut Shown, text: &str, linked: std::ops::Range<u16>| {
        let (buffer, links) = shown.screen.surface().open(1, 0..12);
        buffer.set_string(0, 1, text, Style::new());
        links.unlink(1, &(0..12));
        links.link(1, linked, &a_link(100));
        let bytes = shown.flush(Some(Position::new(0, 1)));
        shown.check(Some(Position::new(0, 1)));
        String::from_utf8(bytes).unwrap()
    };
    let begin = a_link(100).begin();
    let end = "\x1b]8;;\x1b\\";
    // A link at the end of the frame is closed in it.
    let bytes = draw(&mut shown, "ab cd", 3..5);
    assert!(bytes.contains(&format!("ab {begin}cd{end}")), "{bytes:?}");
    assert!(begin.starts_with("\x1b]8;id="), "{begin:?}");
    // Letters are the same, and the link another.
    let bytes = draw(&mut shown, "ab cd", 3..4);
    assert!(bytes.contains('d') && !bytes.contains(&begin), "{bytes:?}");
    assert_eq!(draw(&mut shown, "ab cd", 3..4), "");
    // What is not known to take links gets none.
    let mut plain = Shown::new(12, 3);
    plain.screen = Screen::new(12, 3, Depth::True);
    plain.flush(None);
    let (buffer, links) = plain.screen.surface().open(1, 0..12);
    buffer.set_string(0, 1, "ab cd", Style::new());
    links.link(1, 0..12, &a_link(100));
    let bytes = String::from_utf8(plain.flush(None)).unwrap();
    assert!(bytes.contains("ab cd") && !bytes.contains(']'), "{bytes:?}");
    let (_, links) = plain.screen.surface().open(1, 0..12);
    links.unlink(1, &(0..12));
    assert_eq!(plain.flush(None), b"");
}
