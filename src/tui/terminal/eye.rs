//! How colours look to an eye: how far apart two are, how well one is read on another, and which tone is near and legible.
//! Pure arithmetic; the terminal and the themes use it.

/// Red, green and blue, 0 to 255 each.
pub type Tones = [u8; 3];

/// What text needs on its ground (the guidelines for accessible content, level AA).
pub const LEGIBLE: f64 = 4.5;

/// Steps in which a tone is made lighter or darker: 200 from black to white, too fine to be told apart.
const STEP: f32 = 0.005;

/// Whether what lies behind text is dark or light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Ground {
    #[default]
    Dark,
    Light,
}

impl Ground {
    /// Told by the lightness that eyes see, not by the mean of the tones.
    pub fn of(tones: Tones) -> Self {
        if Lab::of(tones).lightness < 0.6 {
            Self::Dark
        } else {
            Self::Light
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }
}

/// A colour in Oklab, where equal distances look equally far apart. Lightness is 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lab {
    pub lightness: f32,
    /// From green to red.
    pub a: f32,
    /// From blue to yellow.
    pub b: f32,
}

impl Lab {
    /// The numbers are those of Björn Ottosson, who defined it.
    pub fn of(tones: Tones) -> Self {
        let [red, green, blue] = tones.map(linear);
        let long = (0.412_221_46 * red + 0.536_332_55 * green + 0.051_445_995 * blue).cbrt();
        let middle = (0.211_903_5 * red + 0.680_699_5 * green + 0.107_396_96 * blue).cbrt();
        let short = (0.088_302_46 * red + 0.281_718_85 * green + 0.629_978_7 * blue).cbrt();
        Self {
            lightness: 0.210_454_26 * long + 0.793_617_8 * middle - 0.004_072_047 * short,
            a: 1.977_998_5 * long - 2.428_592_2 * middle + 0.450_593_7 * short,
            b: 0.025_904_037 * long + 0.782_771_77 * middle - 0.808_675_77 * short,
        }
    }

    /// The nearest tones of this lightness: what a screen cannot show so colourful becomes paler.
    pub fn tones(self) -> Tones {
        let paler = (0..=20).map(|step| 1.0 - step as f32 / 20.0);
        let mut shown = [0.0; 3];
        for share in paler {
            shown = self.linear(share);
            if shown.iter().all(|tone| (-0.001..=1.001).contains(tone)) {
                break;
            }
        }
        shown.map(encoded)
    }

    fn linear(self, share: f32) -> [f32; 3] {
        let (a, b) = (self.a * share, self.b * share);
        let long = (self.lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
        let middle = (self.lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
        let short = (self.lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
        [
            4.076_741_7 * long - 3.307_711_6 * middle + 0.230_969_94 * short,
            -1.268_438 * long + 2.609_757_4 * middle - 0.341_319_38 * short,
            -0.004_196_086_3 * long - 0.703_418_6 * middle + 1.707_614_7 * short,
        ]
    }

    pub fn distance(self, other: Self) -> f32 {
        let apart = [
            self.lightness - other.lightness,
            self.a - other.a,
            self.b - other.b,
        ];
        apart.iter().map(|apart| apart * apart).sum::<f32>().sqrt()
    }

    /// How colourful it is: 0 is grey, the most colourful that screens show about 0.3.
    pub fn chroma(self) -> f32 {
        self.a.hypot(self.b)
    }

    /// Whether both would be called the same colour, or one of them grey: hues no more than 60 degrees apart.
    pub fn is_akin(self, other: Self) -> bool {
        const GREY: f32 = 0.04;
        let both = self.chroma() * other.chroma();
        self.chroma() < GREY
            || other.chroma() < GREY
            || self.a * other.a + self.b * other.b >= both / 2.0
    }
}

/// A tone between two; `share` of the second, 0 to 1.
pub fn mix(one: Tones, other: Tones, share: f32) -> Tones {
    let (one, other) = (Lab::of(one), Lab::of(other));
    let between = |one: f32, other: f32| one + (other - one) * share;
    Lab {
        lightness: between(one.lightness, other.lightness),
        a: between(one.a, other.a),
        b: between(one.b, other.b),
    }
    .tones()
}

/// The ratio of luminance, as the guidelines for accessible content define it: 1 to 21.
pub fn contrast(one: Tones, other: Tones) -> f64 {
    let luminance = |tones: Tones| {
        let [red, green, blue] = tones.map(|tone| f64::from(linear(tone)));
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// The least contrast of a tone with any of the grounds; without grounds as much as there can be.
pub fn least_contrast(tone: Tones, grounds: &[Tones]) -> f64 {
    grounds
        .iter()
        .map(|&ground| contrast(tone, ground))
        .fold(21.0, f64::min)
}

/// The tone made lighter, on light grounds darker, as little as gives it this contrast with every ground; its hue stays. Where
/// that cannot be, white or black.
pub fn legible(tone: Tones, grounds: &[Tones], side: Ground, least: f64) -> Tones {
    if least_contrast(tone, grounds) >= least {
        return tone;
    }
    let seen = Lab::of(tone);
    let (step, end) = match side {
        Ground::Dark => (STEP, [255; 3]),
        Ground::Light => (-STEP, [0; 3]),
    };
    (1..=200)
        .map(|count| seen.lightness + count as f32 * step)
        .take_while(|lightness| (0.0..=1.0).contains(lightness))
        .map(|lightness| Lab { lightness, ..seen }.tones())
        .find(|&tone| least_contrast(tone, grounds) >= least)
        .unwrap_or(end)
}

fn linear(tone: u8) -> f32 {
    let share = f32::from(tone) / 255.0;
    if share <= 0.040_45 {
        share / 12.92
    } else {
        ((share + 0.055) / 1.055).powf(2.4)
    }
}

fn encoded(linear: f32) -> u8 {
    let linear = linear.clamp(0.0, 1.0);
    let share = if linear <= 0.003_130_8 {
        linear * 12.92
    } else {
        1.055 * linear.powf(1.0 / 2.4) - 0.055
    };
    (share * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    #[test]
    fn contrast_is_that_of_the_guidelines() {
        let cases = [
            ([0; 3], [255; 3], 21.0),
            ([255; 3], [255; 3], 1.0),
            // Known from the guidelines' own examples.
            ([0x77, 0x77, 0x77], [255; 3], 4.48),
            ([0x76, 0x76, 0x76], [255; 3], 4.54),
            ([0xff, 0, 0], [255; 3], 4.0),
        ];
        for (one, other, expected) in cases {
            let found = contrast(one, other);
            assert!(
                (found - expected).abs() < 0.01,
                "{one:?} {other:?}: {found}"
            );
        }
    }

    #[test]
    fn grounds_are_told_as_eyes_tell_them() {
        let cases = [
            ([0, 0, 0], Ground::Dark),
            ([0x15, 0x1c, 0x25], Ground::Dark),
            ([0x28, 0x2a, 0x36], Ground::Dark),
            ([0, 0, 255], Ground::Dark),
            ([0xfd, 0xf6, 0xe3], Ground::Light),
            ([255, 255, 0], Ground::Light),
        ];
        for (tones, expected) in cases {
            assert_eq!(Ground::of(tones), expected, "{tones:?}");
        }
    }

    #[test]
    fn a_tone_is_moved_as_little_as_needed() {
        let dark = [[0x1e, 0x1e, 0x2e]];
        assert_eq!(
            legible([0xf3, 0x8b, 0xa8], &dark, Ground::Dark, LEGIBLE),
            [0xf3, 0x8b, 0xa8]
        );
        for (tone, ground, side) in [
            ([0x6c, 0x70, 0x86], [0x1e, 0x1e, 0x2e], Ground::Dark),
            ([0xfe, 0x64, 0x0b], [0xef, 0xf1, 0xf5], Ground::Light),
        ] {
            let moved = legible(tone, &[ground], side, LEGIBLE);
            let found = contrast(moved, ground);
            assert!(
                (LEGIBLE..LEGIBLE + 0.2).contains(&found),
                "{moved:?}: {found}"
            );
            assert!(Lab::of(moved).is_akin(Lab::of(tone)), "{moved:?}");
        }
        // Nothing is legible on black and white at once.
        let both = [[0; 3], [255; 3]];
        assert_eq!(legible([90; 3], &both, Ground::Light, LEGIBLE), [0; 3]);
    }

    #[test]
    fn kinds_of_colours() {
        let akin = |one, other| Lab::of(one).is_akin(Lab::of(other));
        assert!(akin([0, 205, 0], [0x2c, 0x64, 0x27]));
        assert!(!akin([0, 205, 0], [205, 0, 0]));
        assert!(akin([0, 205, 0], [0; 3]));
    }

    proptest! {
        #[test]
        fn every_tone_comes_back(tones in any::<[u8; 3]>()) {
            let back = Lab::of(tones).tones();
            for (one, other) in tones.iter().zip(back) {
                assert!(one.abs_diff(other) <= 1, "{tones:?} {back:?}");
            }
        }

        #[test]
        fn what_is_asked_for_is_met(tone in any::<[u8; 3]>(), dark in any::<[u8; 3]>()) {
            let ground = dark.map(|tone| tone / 6);
            let moved = legible(tone, &[ground], Ground::Dark, LEGIBLE);
            assert!(contrast(moved, ground) >= LEGIBLE);
        }
    }
}
