//! Short texts for one line: fitted to a number of cells, padded, and figures as they are said on every screen. Texts given
//! here must be on one line and clean.

use std::borrow::Cow;
use std::time::Duration;

use crate::tui::widget::cells;
use crate::tui::widget::paint::Glyphs;

/// The text within `width` cells, an ellipsis in place of what is cut from its end.
pub fn fit(text: &str, width: usize, glyphs: Glyphs) -> Cow<'_, str> {
    if !cells::exceed(text, width) {
        return Cow::Borrowed(text);
    }
    let mark = ellipsis(width, glyphs);
    let (length, _) = cells::prefix(text, width - cells::of(mark));
    Cow::Owned(format!("{}{mark}", text[..length].trim_end()))
}

/// What a sentence says first, within `width` cells: it ends before a `:`, `;` or `(` where not all of it fits, else behind
/// a `,` with a sign that more would follow, and within a word only where there is no such place.
pub fn phrase(text: &str, width: usize, glyphs: Glyphs) -> Cow<'_, str> {
    if !cells::exceed(text, width) {
        return Cow::Borrowed(text);
    }
    let before = |ends: &[char], room: usize| {
        let ends = text.rmatch_indices(ends);
        let mut parts = ends.map(|(at, _)| text[..at].trim_end());
        parts.find(|part| !part.is_empty() && !cells::exceed(part, room))
    };
    if let Some(part) = before(&[':', ';', '('], width) {
        return Cow::Borrowed(part);
    }
    let mark = ellipsis(width, glyphs);
    // A list that ends early without a word would be taken for all there is.
    match before(&[','], width - cells::of(mark)) {
        Some(part) => Cow::Owned(format!("{part}{mark}")),
        None => fit(text, width, glyphs),
    }
}

/// The text within `width` cells, an ellipsis in place of what is cut from its middle: for paths and names, whose end
/// tells more than their middle. The end keeps the larger part.
pub fn fit_middle(text: &str, width: usize, glyphs: Glyphs) -> Cow<'_, str> {
    if !cells::exceed(text, width) {
        return Cow::Borrowed(text);
    }
    let mark = ellipsis(width, glyphs);
    let room = width - cells::of(mark);
    let (head, taken) = cells::prefix(text, room / 3);
    let tail = suffix(text, room - taken);
    Cow::Owned(format!("{}{mark}{}", &text[..head], &text[tail..]))
}

/// The text with blanks after it up to `width` cells; longer ones are cut.
pub fn pad(text: &str, width: usize, glyphs: Glyphs) -> String {
    let fitted = fit(text, width, glyphs);
    let missing = width.saturating_sub(cells::of(&fitted));
    let mut padded = fitted.into_owned();
    padded.extend(std::iter::repeat_n(' ', missing));
    padded
}

/// The text with blanks before it up to `width` cells: for figures.
pub fn pad_left(text: &str, width: usize, glyphs: Glyphs) -> String {
    let fitted = fit(text, width, glyphs);
    let missing = width.saturating_sub(cells::of(&fitted));
    format!("{:missing$}{fitted}", "")
}

/// Tabs as blanks up to the next multiple of `stop` cells, counted from the start of each line.
pub fn expand(text: &str, stop: usize) -> Cow<'_, str> {
    if !text.contains('\t') {
        return Cow::Borrowed(text);
    }
    let stop = stop.max(1);
    let mut expanded = String::with_capacity(text.len() + 16);
    let mut column = 0;
    for (_, symbol, width) in cells::symbols(text) {
        match symbol {
            "\t" => {
                let blanks = stop - column % stop;
                expanded.extend(std::iter::repeat_n(' ', blanks));
                column += blanks;
            }
            "\n" => {
                expanded.push('\n');
                column = 0;
            }
            _ => {
                expanded.push_str(symbol);
                column += width;
            }
        }
    }
    Cow::Owned(expanded)
}

/// Where the characters of an expanded text stood before: see [`expand`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stops {
    /// Of each tab: where its blanks begin, how many they are, and where it stood.
    tabs: Vec<(usize, usize, usize)>,
}

impl Stops {
    pub fn of(text: &str, stop: usize) -> Self {
        let mut tabs = Vec::new();
        if !text.contains('\t') {
            return Self { tabs };
        }
        let stop = stop.max(1);
        let (mut column, mut at) = (0, 0);
        for (start, symbol, width) in cells::symbols(text) {
            match symbol {
                "\t" => {
                    let blanks = stop - column % stop;
                    tabs.push((at, blanks, start));
                    column += blanks;
                    at += blanks;
                }
                "\n" => {
                    column = 0;
                    at += 1;
                }
                _ => {
                    column += width;
                    at += symbol.len();
                }
            }
        }
        Self { tabs }
    }

    /// The place in the text of a place in the expanded one; within the blanks of a tab, that of the tab.
    pub fn before(&self, at: usize) -> usize {
        let count = self.tabs.partition_point(|(begin, _, _)| *begin <= at);
        match count.checked_sub(1).and_then(|index| self.tabs.get(index)) {
            None => at,
            Some((begin, blanks, tab)) if at < begin + blanks => *tab,
            Some((begin, blanks, tab)) => tab + 1 + at - begin - blanks,
        }
    }
}

/// How long ago: `now` within the first minute, then `3m`, `2h`, `4d`.
pub fn age(passed: Duration) -> String {
    let minutes = passed.as_secs() / 60;
    match minutes {
        0 => "now".to_owned(),
        1..60 => format!("{minutes}m"),
        60..1440 => format!("{}h", minutes / 60),
        _ => format!("{}d", minutes / 1440),
    }
}

/// How long something took: `120 ms`, `8.1 s`, `41 s`, `3 m 20 s`, `2 h 5 m`.
pub fn duration(taken: Duration) -> String {
    let millis = taken.as_millis();
    let seconds = taken.as_secs();
    match millis {
        0..1000 => format!("{millis} ms"),
        1000..9950 => {
            let tenths = (millis + 50) / 100;
            format!("{}.{} s", tenths / 10, tenths % 10)
        }
        _ if millis < 59_500 => format!("{} s", (millis + 500) / 1000),
        _ if seconds < 3600 => {
            let seconds = seconds.max(60);
            format!("{} m {} s", seconds / 60, seconds % 60)
        }
        _ => format!("{} h {} m", seconds / 3600, seconds % 3600 / 60),
    }
}

/// Seconds of a wait that is watched, whole: `3 s`, `1 m 20 s`. The same text for a whole second, so that a line with it is
/// drawn anew once a second.
pub fn seconds(waited: Duration) -> String {
    let seconds = waited.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} m {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} m", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A count with a comma at each thousand: `41,208`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The mark for what was cut, where there is room for it.
fn ellipsis(width: usize, glyphs: Glyphs) -> &'static str {
    match (glyphs, width) {
        (_, 0) => "",
        (Glyphs::Unicode, _) => "…",
        (Glyphs::Ascii, 1) => ".",
        (Glyphs::Ascii, 2) => "..",
        (Glyphs::Ascii, _) => "...",
    }
}

/// Where the longest end of the text within `limit` cells starts. Looks at the end only.
fn suffix(text: &str, limit: usize) -> usize {
    // No character as seen is looked at twice as long as this in bytes; a longer one is left out.
    let from = text.len().saturating_sub(limit * 64 + 64);
    let from = text.ceil_char_boundary(from);
    let ends: Vec<(usize, usize)> = cells::symbols(&text[from..])
        .map(|(start, _, width)| (from + start, width))
        .collect();
    let mut room = limit;
    let mut start = text.len();
    for (at, width) in ends.into_iter().rev() {
        if width > room {
            break;
        }
        room -= width;
        start = at;
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_are_cut_where_they_tell_least() {
        let cases = [
            ("short", 9, "short", "short"),
            ("src/http/retry.rs", 9, "src/http…", "sr…try.rs"),
            ("汉字汉字", 5, "汉字…", "…汉字"),
            ("one two", 5, "one…", "o…two"),
            ("ab", 1, "…", "…"),
            ("ab", 0, "", ""),
        ];
        for (text, width, end, middle) in cases {
            assert_eq!(fit(text, width, Glyphs::Unicode), end, "{text:?}");
            assert_eq!(fit_middle(text, width, Glyphs::Unicode), middle, "{text:?}");
        }
        assert_eq!(fit("a long text", 7, Glyphs::Ascii), "a lo...");
        assert_eq!(pad("汉", 4, Glyphs::Unicode), "汉  ");
        assert_eq!(pad_left("12", 4, Glyphs::Unicode), "  12");
    }

    #[test]
    fn a_sentence_gives_what_it_says_first() {
        let text = "next mode: plan, ask, edits (asks)";
        for (width, expected) in [
            (34, text),
            (33, "next mode: plan, ask, edits"),
            (26, "next mode"),
            (9, "next mode"),
            (8, "next mo…"),
        ] {
            assert_eq!(phrase(text, width, Glyphs::Unicode), expected, "{width}");
        }
        let list = "find by title, words, models";
        for (width, expected) in [
            (28, list),
            (27, "find by title, words…"),
            (21, "find by title, words…"),
            (20, "find by title…"),
            (13, "find by titl…"),
        ] {
            assert_eq!(phrase(list, width, Glyphs::Unicode), expected, "{width}");
        }
        assert_eq!(phrase(": of old", 4, Glyphs::Unicode), ": o…");
    }

    #[test]
    fn tabs_reach_their_stops() {
        assert_eq!(expand("a\tb\n\tc", 4), "a   b\n    c");
        assert_eq!(expand("汉\tb", 4), "汉  b");
        assert_eq!(expand("none", 4), "none");
    }

    #[test]
    fn figures_read_alike_everywhere() {
        let seconds = Duration::from_secs;
        let millis = Duration::from_millis;
        for (passed, text) in [
            (59, "now"),
            (60, "1m"),
            (3599, "59m"),
            (7200, "2h"),
            (400_000, "4d"),
        ] {
            assert_eq!(age(seconds(passed)), text);
        }
        for (taken, text) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (8_149, "8.1 s"),
            (9_949, "9.9 s"),
            (9_950, "10 s"),
            (41_400, "41 s"),
            (59_900, "1 m 0 s"),
            (200_000, "3 m 20 s"),
            (7_500_000, "2 h 5 m"),
        ] {
            assert_eq!(duration(millis(taken)), text, "{taken}");
        }
        assert_eq!(super::seconds(millis(80_999)), "1 m 20 s");
        assert_eq!(count(41_208), "41,208");
        assert_eq!(count(999), "999");
    }

    #[test]
    fn an_endless_text_costs_only_what_is_shown() {
        let text = "x".repeat(1 << 20);
        assert_eq!(cells::of(&fit(&text, 20, Glyphs::Unicode)), 20);
        assert_eq!(cells::of(&fit_middle(&text, 20, Glyphs::Unicode)), 20);
    }

    proptest! {
        #[test]
        fn nothing_fitted_is_too_wide(text in "\\PC{0,40}", width in 0usize..30) {
            for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
                prop_assert!(cells::of(&fit(&text, width, glyphs)) <= width);
                prop_assert!(cells::of(&fit_middle(&text, width, glyphs)) <= width);
                prop_assert_eq!(cells::of(&pad(&text, width, glyphs)), width);
            }
        }
    }
}
