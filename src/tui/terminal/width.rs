//! How many columns the terminal gives a character: one table, and what differs from it on terminals that draw in two columns
//! what others draw in one, which Unicode calls ambiguous. Of these, signs (arrows, frames) and letters (Greek, Cyrillic) are
//! told apart, since some terminals draw only the signs wide.
//!
//! Which holds belongs to the thread that draws, like the terminal itself: it is found out once, and each of some hundred
//! places that lay something out would else hand it on, and the one that forgets it would break a row.

use std::cell::Cell;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What this terminal draws in two columns that others draw in one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wide {
    pub signs: bool,
    pub letters: bool,
}

thread_local! {
    static WIDE: Cell<Wide> = const { Cell::new(Wide { signs: false, letters: false }) };
}

/// Letters of ambiguous width, from first to last: those of `EastAsianWidth.txt` that are letters or modifiers, which the
/// library's table for wide signs leaves narrow.
#[rustfmt::skip]
const LETTERS: &[(char, char)] = &[
    ('\u{a8}', '\u{a8}'), ('\u{aa}', '\u{aa}'), ('\u{b4}', '\u{b4}'), ('\u{b8}', '\u{b8}'), ('\u{ba}', '\u{ba}'), ('\u{c6}', '\u{c6}'), ('\u{d0}', '\u{d0}'), ('\u{d8}', '\u{d8}'), ('\u{de}', '\u{e1}'), ('\u{e6}', '\u{e6}'), ('\u{e8}', '\u{ea}'), ('\u{ec}', '\u{ed}'), ('\u{f0}', '\u{f0}'), ('\u{f2}', '\u{f3}'), ('\u{f8}', '\u{fa}'), ('\u{fc}', '\u{fc}'), ('\u{fe}', '\u{fe}'), ('\u{101}', '\u{101}'), ('\u{111}', '\u{111}'), ('\u{113}', '\u{113}'), ('\u{11b}', '\u{11b}'), ('\u{126}', '\u{127}'), ('\u{12b}', '\u{12b}'), ('\u{131}', '\u{133}'), ('\u{138}', '\u{138}'), ('\u{13f}', '\u{142}'), ('\u{144}', '\u{144}'), ('\u{148}', '\u{14b}'), ('\u{14d}', '\u{14d}'), ('\u{152}', '\u{153}'), ('\u{166}', '\u{167}'), ('\u{16b}', '\u{16b}'), ('\u{1ce}', '\u{1ce}'), ('\u{1d0}', '\u{1d0}'), ('\u{1d2}', '\u{1d2}'), ('\u{1d4}', '\u{1d4}'), ('\u{1d6}', '\u{1d6}'), ('\u{1d8}', '\u{1d8}'), ('\u{1da}', '\u{1da}'), ('\u{1dc}', '\u{1dc}'), ('\u{251}', '\u{251}'), ('\u{261}', '\u{261}'), ('\u{2c4}', '\u{2c4}'), ('\u{2c7}', '\u{2c7}'), ('\u{2c9}', '\u{2cb}'), ('\u{2cd}', '\u{2cd}'), ('\u{2d0}', '\u{2d0}'), ('\u{2d8}', '\u{2db}'), ('\u{2dd}', '\u{2dd}'), ('\u{2df}', '\u{2df}'), ('\u{391}', '\u{3a1}'), ('\u{3a3}', '\u{3a9}'), ('\u{3b1}', '\u{3c1}'), ('\u{3c3}', '\u{3c9}'), ('\u{401}', '\u{401}'), ('\u{410}', '\u{44f}'), ('\u{451}', '\u{451}'), ('\u{207f}', '\u{207f}'), ('\u{2113}', '\u{2113}'), ('\u{2126}', '\u{2126}'), ('\u{212b}', '\u{212b}'),
];

/// From here on, on this thread, these take two columns.
pub fn widen(wide: Wide) {
    WIDE.set(wide);
}

pub fn wide() -> Wide {
    WIDE.get()
}

/// Whether anything takes two columns that takes one elsewhere.
pub fn is_wide() -> bool {
    wide() != Wide::default()
}

/// Columns of one character as seen.
pub fn of(symbol: &str) -> usize {
    let wide = wide();
    let width = if wide.signs {
        symbol.width_cjk()
    } else {
        symbol.width()
    };
    if wide.letters && width == 1 && symbol.chars().next().is_some_and(is_letter) {
        2
    } else {
        width
    }
}

/// The same of a single character, as terminals count that know no more than those.
pub fn of_char(c: char) -> usize {
    let wide = wide();
    let width = if wide.signs { c.width_cjk() } else { c.width() };
    match width.unwrap_or(0) {
        1 if wide.letters && is_letter(c) => 2,
        width => width,
    }
}

/// The same on terminals that draw ambiguous characters in one column: above 1 only what is wide by itself, as Chinese
/// characters are.
pub fn of_narrow(symbol: &str) -> usize {
    symbol.width()
}

/// Whether some terminals draw it in two columns where others take one.
pub fn is_ambiguous(text: &str) -> bool {
    let ambiguous = |c: char| c.width() != c.width_cjk() || is_letter(c);
    !text.is_ascii() && text.chars().any(ambiguous)
}

fn is_letter(c: char) -> bool {
    let after = LETTERS.partition_point(|(first, _)| *first <= c);
    after > 0 && LETTERS.get(after - 1).is_some_and(|(_, last)| c <= *last)
}

/// What is drawn by `body` is drawn for a terminal where all of it is wide.
#[cfg(test)]
pub fn in_wide<T>(body: impl FnOnce() -> T) -> T {
    let all = Wide {
        signs: true,
        letters: true,
    };
    within(all, body)
}

#[cfg(test)]
fn within<T>(wide: Wide, body: impl FnOnce() -> T) -> T {
    /// Some runs of the tests have one thread for all.
    struct Back(Wide);
    impl Drop for Back {
        fn drop(&mut self) {
            WIDE.set(self.0);
        }
    }
    let _back = Back(WIDE.replace(wide));
    body()
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn the_table_follows_the_terminal() {
        let signs = Wide {
            signs: true,
            letters: false,
        };
        // A character, its columns, those with wide signs, those with wide letters too, and whether terminals differ.
        let cases = [
            ("a", 1, 1, 1, false),
            ("汉", 2, 2, 2, false),
            ("Ω", 1, 1, 2, true),
            ("ж", 1, 1, 2, true),
            ("é", 1, 1, 2, true),
            ("ή", 1, 1, 1, false),
            ("α\u{301}", 1, 1, 2, true),
            ("→", 1, 2, 2, true),
            ("─", 1, 2, 2, true),
            ("e\u{301}", 1, 1, 1, false),
            ("👩\u{200d}💻", 2, 2, 2, false),
        ];
        for (symbol, narrow, with_signs, all, ambiguous) in cases {
            let found = [
                of(symbol),
                within(signs, || of(symbol)),
                in_wide(|| of(symbol)),
                in_wide(|| of_narrow(symbol)),
            ];
            assert_eq!(found, [narrow, with_signs, all, narrow], "{symbol}");
            assert_eq!(is_ambiguous(symbol), ambiguous, "{symbol}");
        }
        let order = LETTERS.windows(2).all(|pair| pair[0].1 < pair[1].0);
        assert!(order && !is_wide());
    }
}
