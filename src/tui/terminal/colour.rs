//! How many colours a terminal has, and the nearest it can show for one it has not.

use ratatui::style::Color;

use crate::tui::terminal::eye::{Lab, Tones, least_contrast};

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None at all: `NO_COLOR`, or a terminal of one colour. Bold, reverse, underline and dim remain.
    None,
    /// The sixteen named ones, whose tones the person chose.
    Sixteen,
    /// 256: the sixteen, a cube of 216 and 24 greys.
    Indexed,
    /// Red, green and blue with 256 tones each.
    True,
}

/// The colour as the terminal can show it. Asked for every cell that is written, so a rough measure must do; a theme is fitted
/// to the terminal beforehand, with [`Colours`].
pub fn degrade(color: Color, depth: Depth) -> Color {
    match (depth, color) {
        (_, Color::Reset) | (Depth::None, _) => Color::Reset,
        (Depth::Indexed, Color::Rgb(red, green, blue)) => {
            Color::Indexed(nearest_indexed([red, green, blue]))
        }
        (Depth::Sixteen, Color::Rgb(red, green, blue)) => {
            Color::Indexed(nearest_sixteen([red, green, blue]))
        }
        (Depth::Sixteen, Color::Indexed(index)) if index >= 16 => {
            Color::Indexed(nearest_sixteen(tones(index)))
        }
        (_, color) => color,
    }
}

/// The steps of the cube, as every terminal with 256 colours has them.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The sixteen as xterm ships them. A person's own may differ; hue and lightness seldom do.
const SIXTEEN: [[u8; 3]; 16] = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];

/// The tones of a colour, as far as they are known; those of the sixteen are as xterm ships them.
pub fn tones_of(color: Color) -> Option<Tones> {
    let named = |index: usize| Some(SIXTEEN[index]);
    match color {
        Color::Rgb(red, green, blue) => Some([red, green, blue]),
        Color::Indexed(index) if index >= 16 => Some(tones(index)),
        Color::Indexed(index) => named(usize::from(index)),
        Color::Reset => None,
        Color::Black => named(0),
        Color::Red => named(1),
        Color::Green => named(2),
        Color::Yellow => named(3),
        Color::Blue => named(4),
        Color::Magenta => named(5),
        Color::Cyan => named(6),
        Color::Gray => named(7),
        Color::DarkGray => named(8),
        Color::LightRed => named(9),
        Color::LightGreen => named(10),
        Color::LightYellow => named(11),
        Color::LightBlue => named(12),
        Color::LightMagenta => named(13),
        Color::LightCyan => named(14),
        Color::White => named(15),
    }
}

/// From here on a colour is told by its hue and not by its lightness alone.
const COLOURFUL: f32 = 0.08;

/// The colours of a terminal that has few, as eyes see them.
#[derive(Debug)]
pub struct Colours {
    all: Vec<(u8, Tones, Lab)>,
}

impl Colours {
    /// The sixteen, or the 240 whose tones are the same everywhere.
    pub fn of(depth: Depth) -> Self {
        let row = |index: u8, tones: Tones| (index, tones, Lab::of(tones));
        Self {
            all: if depth == Depth::Indexed {
                (16..=255).map(|index| row(index, tones(index))).collect()
            } else {
                (0..)
                    .zip(SIXTEEN)
                    .map(|(index, tones)| row(index, tones))
                    .collect()
            },
        }
    }

    /// The one that looks most like this.
    pub fn nearest(&self, wanted: Tones) -> u8 {
        self.legible(wanted, &[], 0.0)
    }

    /// The one that looks most like this among those with such a contrast with every ground, and not of another hue: a green
    /// that is seen badly becomes another green or grey, never red. Where there is none, the one that is read best.
    pub fn legible(&self, wanted: Tones, grounds: &[Tones], least: f64) -> u8 {
        let seen = Lab::of(wanted);
        let contrast = |tones: Tones| least_contrast(tones, grounds);
        let nearest = |chroma: f32| {
            self.all
                .iter()
                .filter(|(_, _, lab)| lab.is_akin(seen) && lab.chroma() >= chroma)
                .filter(|(_, tones, _)| contrast(*tones) >= least)
                .min_by(|one, other| seen.distance(one.2).total_cmp(&seen.distance(other.2)))
        };
        // What is clearly of a colour stays so where it can.
        let colourful = Some(seen.chroma()).filter(|chroma| *chroma > COLOURFUL);
        let found = colourful
            .and_then(|chroma| nearest(chroma / 3.0))
            .or_else(|| nearest(0.0));
        let read_best = || {
            self.all
                .iter()
                .max_by(|one, other| contrast(one.1).total_cmp(&contrast(other.1)))
        };
        found.or_else(read_best).map_or(0, |row| row.0)
    }
}

/// The tones of one of the 240 colours above the sixteen.
fn tones(index: u8) -> [u8; 3] {
    if index >= 232 {
        return [8 + 10 * (index - 232); 3];
    }
    let cube = index.saturating_sub(16);
    [cube / 36, cube / 6 % 6, cube % 6].map(|step| STEPS[usize::from(step)])
}

/// The sixteen are never chosen here: their tones are the person's, those of the other 240 are fixed.
fn nearest_indexed(wanted: [u8; 3]) -> u8 {
    let steps = wanted.map(|tone| match tone {
        0..48 => 0,
        48..115 => 1,
        tone => (tone - 35) / 40,
    });
    let cube = 16 + 36 * steps[0] + 6 * steps[1] + steps[2];
    let mean = wanted.iter().map(|&tone| u16::from(tone)).sum::<u16>() / 3;
    let grey = 232 + (mean.saturating_sub(3) / 10).min(23) as u8;
    if distance(tones(grey), wanted) < distance(tones(cube), wanted) {
        grey
    } else {
        cube
    }
}

fn nearest_sixteen(wanted: [u8; 3]) -> u8 {
    (0..)
        .zip(SIXTEEN)
        .min_by_key(|&(_, tones)| distance(tones, wanted))
        .map_or(0, |(index, _)| index)
}

/// How far apart two colours look: the weights of the eye change with the amount of red ("redmean").
fn distance(one: [u8; 3], other: [u8; 3]) -> u32 {
    let red_mean = u32::from(one[0]).midpoint(u32::from(other[0]));
    let [red, green, blue] = [0, 1, 2].map(|tone| {
        let apart = u32::from(one[tone].abs_diff(other[tone]));
        apart * apart
    });
    (512 + red_mean) * red / 256 + 4 * green + (767 - red_mean) * blue / 256
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_depth_shows_the_nearest_it_has() {
        use Color::{Indexed, Red, Reset, Rgb};
        let cases = [
            (Rgb(1, 2, 3), Depth::True, Rgb(1, 2, 3)),
            (Rgb(255, 0, 0), Depth::Indexed, Indexed(196)),
            (Rgb(0, 0, 0), Depth::Indexed, Indexed(16)),
            (Rgb(255, 255, 255), Depth::Indexed, Indexed(231)),
            (Rgb(128, 128, 128), Depth::Indexed, Indexed(244)),
            (Rgb(95, 135, 175), Depth::Indexed, Indexed(67)),
            (Rgb(250, 10, 10), Depth::Sixteen, Indexed(9)),
            (Rgb(10, 10, 12), Depth::Sixteen, Indexed(0)),
            (Indexed(196), Depth::Sixteen, Indexed(9)),
            (Indexed(5), Depth::Sixteen, Indexed(5)),
            (Red, Depth::Sixteen, Red),
            (Red, Depth::None, Reset),
            (Reset, Depth::True, Reset),
        ];
        for (color, depth, expected) in cases {
            assert_eq!(degrade(color, depth), expected, "{color:?} at {depth:?}");
        }
    }

    #[test]
    fn every_fixed_colour_is_nearest_to_itself() {
        for index in 16..=255 {
            let found = nearest_indexed(tones(index));
            assert_eq!(tones(found), tones(index), "{index}");
        }
    }
}
