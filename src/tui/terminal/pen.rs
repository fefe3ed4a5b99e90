//! The style characters are drawn in, and the SGR parameters that turn one into another.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

use crate::tui::terminal::colour::{Depth, degrade};

/// What makes a blank look like something.
const SEEN_ON_BLANKS: Modifier = Modifier::UNDERLINED
    .union(Modifier::REVERSED)
    .union(Modifier::CROSSED_OUT);

/// Attributes and their SGR numbers, on and off.
const ATTRIBUTES: [(Modifier, &str, &str); 9] = [
    (Modifier::BOLD, "1", "22"),
    (Modifier::DIM, "2", "22"),
    (Modifier::ITALIC, "3", "23"),
    (Modifier::UNDERLINED, "4", "24"),
    (Modifier::SLOW_BLINK, "5", "25"),
    (Modifier::RAPID_BLINK, "6", "25"),
    (Modifier::REVERSED, "7", "27"),
    (Modifier::HIDDEN, "8", "28"),
    (Modifier::CROSSED_OUT, "9", "29"),
];

/// The style a character is drawn in, in colours the terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pen {
    pub fg: Color,
    pub bg: Color,
    pub underline: Color,
    pub modifier: Modifier,
}

impl Pen {
    pub fn of(cell: &Cell, depth: Depth) -> Self {
        Self {
            fg: degrade(cell.fg, depth),
            bg: degrade(cell.bg, depth),
            // Terminals of few colours take the parameters of this one for other attributes.
            underline: if depth >= Depth::Indexed {
                degrade(cell.underline_color, depth)
            } else {
                Color::Reset
            },
            modifier: cell.modifier,
        }
    }

    /// Whether a blank in this style looks the same in the other.
    pub fn blank_like(&self, other: &Self) -> bool {
        self.bg == other.bg && !(self.modifier | other.modifier).intersects(SEEN_ON_BLANKS)
    }
}

/// Whether two cells look the same: on a blank only the background and lines through it are seen.
pub fn same_look(one: &Cell, other: &Cell) -> bool {
    one == other
        || (is_blank(one)
            && is_blank(other)
            && one.bg == other.bg
            && !(one.modifier | other.modifier).intersects(SEEN_ON_BLANKS))
}

/// Whether the cell is a blank of which only the background is seen.
pub fn is_plain_blank(cell: &Cell) -> bool {
    is_blank(cell) && !cell.modifier.intersects(SEEN_ON_BLANKS)
}

fn is_blank(cell: &Cell) -> bool {
    matches!(cell.symbol(), " " | "")
}

/// The SGR parameters that turn one style into another.
pub fn write_change(out: &mut Vec<u8>, from: Pen, to: Pen) {
    let gone = from.modifier - to.modifier;
    let mut set = from.modifier;
    let mut last_off = "";
    for (modifier, _, off) in ATTRIBUTES {
        if gone.intersects(modifier) {
            // 22 and 25 each take two attributes away.
            for (other, _, other_off) in ATTRIBUTES {
                if other_off == off {
                    set -= other;
                }
            }
            if off != last_off {
                push_parameter(out, off);
                last_off = off;
            }
        }
    }
    for (modifier, on, _) in ATTRIBUTES {
        if (to.modifier - set).intersects(modifier) {
            push_parameter(out, on);
        }
    }
    if from.fg != to.fg {
        push_colour(out, to.fg, 30);
    }
    if from.bg != to.bg {
        push_colour(out, to.bg, 40);
    }
    if from.underline != to.underline {
        push_underline(out, to.underline);
    }
}

fn push_parameter(out: &mut Vec<u8>, parameter: &str) {
    if !out.is_empty() {
        out.push(b';');
    }
    out.extend_from_slice(parameter.as_bytes());
}

fn push_parameters(out: &mut Vec<u8>, numbers: &[u16]) {
    for &number in numbers {
        if !out.is_empty() {
            out.push(b';');
        }
        push_number(out, number);
    }
}

/// `base` is 30 for the foreground and 40 for the background.
fn push_colour(out: &mut Vec<u8>, color: Color, base: u16) {
    match index_of(color) {
        _ if color == Color::Reset => push_parameters(out, &[base + 9]),
        Ok(index) if index < 8 => push_parameters(out, &[base + index]),
        Ok(index) if index < 16 => push_parameters(out, &[base + 52 + index]),
        Ok(index) => push_parameters(out, &[base + 8, 5, index]),
        Err([red, green, blue]) => push_parameters(out, &[base + 8, 2, red, green, blue]),
    }
}

/// With colons: a terminal that does not know them drops the whole, where semicolons would set other attributes.
fn push_underline(out: &mut Vec<u8>, color: Color) {
    let parameter = match index_of(color) {
        _ if color == Color::Reset => "59".to_owned(),
        Ok(index) => format!("58:5:{index}"),
        Err([red, green, blue]) => format!("58:2::{red}:{green}:{blue}"),
    };
    push_parameter(out, &parameter);
}

/// The number of a colour of the palette, or its tones.
fn index_of(color: Color) -> Result<u16, [u16; 3]> {
    Ok(match color {
        Color::Reset | Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Indexed(index) => u16::from(index),
        Color::Rgb(red, green, blue) => return Err([red, green, blue].map(u16::from)),
    })
}

/// The number in decimal digits.
pub fn push_number(out: &mut Vec<u8>, number: u16) {
    let mut digits = [0; 5];
    let mut rest = number;
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}
