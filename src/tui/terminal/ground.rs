//! Whether the terminal is dark or light: what it is asked, and what its answers and reports say. Nobody waits for an answer.

use crate::tui::terminal::eye::Ground;

/// Asks for the colour behind the text (OSC 11).
pub const QUESTION: &str = "\x1b]11;?\x1b\\";

/// The report of a terminal that tells of changes (mode 2031) is `CSI ? 997 ; 1 n` for dark and `; 2 n` for light.
pub fn report(parameters: &[u8]) -> Option<Ground> {
    match parameters {
        b"?997;1" => Some(Ground::Dark),
        b"?997;2" => Some(Ground::Light),
        _ => None,
    }
}

/// What an answer to the question says; `string` is what stands after `ESC ]`. Colours come as `rgb:RRRR/GGGG/BBBB` with one to
/// four digits each, with a fourth value behind `rgba:`, or as `#rrggbb`.
pub fn answer(string: &[u8]) -> Option<Ground> {
    let end = string.iter().position(|byte| matches!(byte, 0x07 | 0x1b))?;
    let text = str::from_utf8(&string[..end]).ok()?.strip_prefix("11;")?;
    let tones: Option<Vec<u8>> = if let Some(digits) = text.strip_prefix('#') {
        let (size, rest) = (digits.len() / 3, digits.len() % 3);
        let parts = (0..3).map(|part| digits.get(part * size..(part + 1) * size));
        parts
            .map(|part| tone(part?))
            .collect::<Option<_>>()
            .filter(|_| rest == 0)
    } else {
        let values = text
            .strip_prefix("rgb:")
            .or_else(|| text.strip_prefix("rgba:"))?;
        values.split('/').take(3).map(tone).collect()
    };
    let tones: [u8; 3] = tones?.try_into().ok()?;
    Some(Ground::of(tones))
}

/// What some terminals say in `COLORFGBG`: which of the sixteen colours is behind. 7 and 15 are light; without it most are dark.
pub fn told(variable: Option<&str>) -> Ground {
    let behind = variable.and_then(|text| text.rsplit(';').next());
    match behind {
        Some("7" | "15") => Ground::Light,
        _ => Ground::Dark,
    }
}

/// The share of the largest value there is with so many digits, as a tone.
fn tone(digits: &str) -> Option<u8> {
    if !(1..=4).contains(&digits.len()) {
        return None;
    }
    let value = u32::from_str_radix(digits, 16).ok()?;
    let most = 16_u32.pow(digits.len() as u32) - 1;
    u8::try_from(value * 255 / most).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_tell_what_is_behind() {
        let (dark, light) = (Some(Ground::Dark), Some(Ground::Light));
        let cases = [
            ("11;rgb:0000/0000/0000\x07", dark),
            ("11;rgb:1e1e/1e1e/2e2e\x1b\\", dark),
            ("11;rgb:ffff/ffff/ffff\x1b\\", light),
            ("11;rgb:fd/f6/e3\x07", light),
            ("11;rgb:f/f/f\x07", light),
            ("11;rgba:0000/0000/0000/ffff\x07", dark),
            ("11;#ffffff\x07", light),
            ("11;#000000000000\x07", dark),
            ("10;rgb:ffff/ffff/ffff\x07", None),
            ("11;rgb:ffff/ffff\x07", None),
            ("11;rgb:fffff/0/0\x07", None),
            ("11;rgb:xx/00/00\x07", None),
            ("11;#ffff\x07", None),
            ("11;#é\x07", None),
            ("11;?\x07", None),
            ("11;rgb:ffff/ffff/ffff", None),
        ];
        for (string, expected) in cases {
            assert_eq!(answer(string.as_bytes()), expected, "{string:?}");
        }
    }

    #[test]
    fn a_terminal_may_say_what_is_behind_in_the_environment() {
        let cases = [
            (None, Ground::Dark),
            (Some("15;0"), Ground::Dark),
            (Some("0;15"), Ground::Light),
            (Some("0;default;7"), Ground::Light),
            (Some(""), Ground::Dark),
        ];
        for (variable, expected) in cases {
            assert_eq!(told(variable), expected, "{variable:?}");
        }
    }
}
