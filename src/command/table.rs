//! Tables for people: columns as wide as what is in them, nothing drawn but text.

use unicode_width::UnicodeWidthStr;

use crate::agent::visible;

/// How a column stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Left,
    /// Numbers.
    Right,
}

/// Longer cells are cut: a line that wraps is no row any more.
const WIDEST: usize = 60;

/// Rows under a head, two blanks between columns, a line end after each row. Every cell is made safe to show.
pub fn table(columns: &[(&str, Column)], rows: &[Vec<String>]) -> String {
    let head = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(head)
        .chain(rows.iter().map(|row| {
            row.iter()
                .map(|cell| cut(&visible::one_line(cell)))
                .collect()
        }))
        .collect();
    let widths: Vec<usize> = (0..columns.len())
        .map(|at| {
            rows.iter()
                .filter_map(|row| row.get(at))
                .map(|cell| cell.width())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate().take(columns.len()) {
            let blanks = " ".repeat(widths[at].saturating_sub(cell.width()));
            if at > 0 {
                line.push_str("  ");
            }
            match columns[at].1 {
                Column::Left => line.extend([cell.as_str(), &blanks]),
                Column::Right => line.extend([blanks.as_str(), cell]),
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn cut(cell: &str) -> String {
    if cell.width() <= WIDEST {
        return cell.to_owned();
    }
    let mut short = String::new();
    for c in cell.chars() {
        short.push(c);
        if short.width() >= WIDEST {
            short.pop();
            break;
        }
    }
    short.push('…');
    short
}

/// `1 session`, `2 sessions`.
pub fn counted(count: u64, one: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{count} {one}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let rows = [
            vec!["漢字".to_owned(), "1".to_owned()],
            vec!["a\u{1b}[31m\nb".to_owned(), "1234".to_owned()],
            vec!["x".repeat(99), String::new()],
        ];
        let expected = format!(
            "name{0}  count\n漢字{0}      1\na b{1}   1234\n{2}…\n",
            " ".repeat(56),
            " ".repeat(57),
            "x".repeat(59)
        );
        assert_eq!(
            table(&[("name", Column::Left), ("count", Column::Right)], &rows),
            expected
        );
    }
}
