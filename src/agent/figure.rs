//! Large numbers as a person reads them, in few characters. One way for every face: two would round one sum to two figures.

/// A number of tokens in at most four characters with its unit: `812`, `9.4k`, `122k`, `1M`, `1.2M`.
pub fn tokens(count: u64) -> String {
    scaled(count, 1000, &["", "k", "M", "G", "T"], "")
}

/// A number of bytes: `812 B`, `3.1 kB`, `1.2 MB`, in powers of a thousand.
pub fn bytes(count: u64) -> String {
    scaled(count, 1000, &["B", "kB", "MB", "GB", "TB"], " ")
}

/// A number with the largest unit below it; one decimal below ten, none where it would be zero.
fn scaled(count: u64, step: u64, units: &[&str], space: &str) -> String {
    let mut unit = 0;
    let mut scale = 1_u64;
    // 999.5 of a unit is rounded to 1 of the next.
    while unit + 1 < units.len()
        && u128::from(count) * 2 >= u128::from(scale) * u128::from(step) * 2 - u128::from(scale)
    {
        if unit == 0 && count < step {
            break;
        }
        scale *= step;
        unit += 1;
    }
    let name = units[unit];
    let tenths = (u128::from(count) * 10 + u128::from(scale) / 2) / u128::from(scale);
    if unit == 0 || tenths >= 100 || tenths.is_multiple_of(10) {
        let whole = (u128::from(count) + u128::from(scale) / 2) / u128::from(scale);
        format!("{whole}{space}{name}")
    } else {
        format!("{}.{}{space}{name}", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_rounded_to_its_unit() {
        for (number, text) in [
            (0, "0"),
            (812, "812"),
            (999, "999"),
            (1_000, "1k"),
            (1_349, "1.3k"),
            (1_350, "1.4k"),
            (9_400, "9.4k"),
            (9_960, "10k"),
            (122_400, "122k"),
            (999_500, "1M"),
            (1_240_000, "1.2M"),
            (u64::MAX, "18446744T"),
        ] {
            assert_eq!(tokens(number), text, "{number}");
        }
        assert_eq!(bytes(812), "812 B");
        assert_eq!(bytes(1_200_000), "1.2 MB");
    }
}
