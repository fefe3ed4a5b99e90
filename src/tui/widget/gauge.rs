//! How much of something is used, as a bar of cells.

use crate::tui::widget::paint::Glyphs;

/// A bar of `cells` cells, filled in the measure of `used` to `whole`: `████▒▒▒▒`, or `####....`. Anything used fills a
/// cell, and the last one fills only when all is used, so that neither nothing nor full is shown by rounding.
pub fn bar(used: u64, whole: u64, cells: u16, glyphs: Glyphs) -> String {
    let filled = filled(used, whole, cells);
    let mut bar = glyphs.pick("█", "#").repeat(usize::from(filled));
    bar.push_str(&glyphs.pick("▒", ".").repeat(usize::from(cells - filled)));
    bar
}

/// The share in percent as it is said beside a bar; `0` and `100` only when they are meant.
pub fn percent(used: u64, whole: u64) -> u64 {
    if used == 0 || whole == 0 {
        return 0;
    }
    if used >= whole {
        return u64::try_from(u128::from(used) * 100 / u128::from(whole)).unwrap_or(u64::MAX);
    }
    let rounded = (u128::from(used) * 200 / u128::from(whole)).div_ceil(2);
    u64::try_from(rounded).unwrap_or(99).clamp(1, 99)
}

fn filled(used: u64, whole: u64, cells: u16) -> u16 {
    if used == 0 || whole == 0 || cells == 0 {
        return 0;
    }
    if used >= whole {
        return cells;
    }
    let cells = u128::from(cells);
    let share = (u128::from(used) * cells * 2 / u128::from(whole)).div_ceil(2);
    share.clamp(1, (cells - 1).max(1)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_show_neither_nothing_nor_full_by_rounding() {
        let cases = [
            (0, 200, "▒▒▒▒▒▒▒▒", 0),
            (1, 200_000, "█▒▒▒▒▒▒▒", 1),
            (122, 200, "█████▒▒▒", 61),
            (199_999, 200_000, "███████▒", 99),
            (200, 200, "████████", 100),
            (300, 200, "████████", 150),
            (5, 0, "▒▒▒▒▒▒▒▒", 0),
        ];
        for (used, whole, expected, share) in cases {
            assert_eq!(
                bar(used, whole, 8, Glyphs::Unicode),
                expected,
                "{used} of {whole}"
            );
            assert_eq!(percent(used, whole), share, "{used} of {whole}");
        }
        assert_eq!(bar(1, 2, 4, Glyphs::Ascii), "##..");
        assert_eq!(bar(1, 2, 1, Glyphs::Unicode), "█");
        assert_eq!(bar(u64::MAX - 1, u64::MAX, 3, Glyphs::Unicode), "██▒");
        assert_eq!(bar(1, 2, 0, Glyphs::Unicode), "");
    }
}
