//! One session of the board in one line. What does not fit goes in this order: the rate, the model, the cost.

use crate::agent::visible::one_line;
use crate::protocol::id::ModelRef;
use crate::protocol::time::Time;
use crate::tui::app::board::told::{Rate, Sign, Told};
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::money;
use crate::tui::screen::rows::Row;
use crate::tui::screen::title;
use crate::tui::widget::cells;
use crate::tui::widget::text::{self, fit, pad, pad_left};

/// Cells of each column; 0 where it is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    name: usize,
    at: usize,
    model: usize,
    cost: usize,
    rate: usize,
}

/// The highlight, the number, the mark with its blank.
const LEAD: usize = 6;
const TEMPORARY: &str = "temporary: ";
const SIGN: usize = 2;
/// An age with the blank before it, and the blanks behind it.
const AGE: usize = 5;
const GAP: usize = 3;

impl Columns {
    /// For lines of so many cells, with these in them: a title is given what its neighbour leaves, and beside a long one four
    /// tenths of what both have.
    pub fn of<'a>(width: usize, lines: impl Iterator<Item = &'a Told> + Clone) -> Self {
        let titles = lines.clone().map(|told| {
            let pin = if told.pinned { 2 } else { 0 };
            cells::of(&one_line(&told.title)) + pin + 1
        });
        let doing = lines.map(|told| {
            let temporary = if told.temporary { TEMPORARY.len() } else { 0 };
            cells::of(&one_line(&told.at)) + temporary
        });
        let (title, doing) = (titles.max().unwrap_or(0), doing.max().unwrap_or(0));
        let mut columns = Self::least(width);
        let both = columns.name + columns.at;
        let free = both.saturating_sub(doing).max(both * 2 / 5);
        let name = title.min(free).max(columns.name).min(both);
        (columns.name, columns.at) = (name, both - name);
        columns
    }

    /// With as little for the title as tells most apart.
    fn least(width: usize) -> Self {
        let (name, model, cost, rate) = match width {
            130.. => (24, 20, 9, 10),
            92.. => (14, 13, 8, 9),
            70.. => (14, 13, 8, 0),
            54.. => (14, 0, 8, 0),
            _ => (10, 0, 0, 0),
        };
        let gap = if model + cost + rate > 0 { GAP } else { 1 };
        let fixed = LEAD + name + SIGN + AGE + gap + model + cost + rate;
        Self {
            name,
            at: width.saturating_sub(fixed),
            model,
            cost,
            rate,
        }
    }
}

/// What the columns are.
pub fn names(columns: &Columns, look: &Look) -> Row {
    let glyphs = look.glyphs;
    let put = |row: Row, name: &str, cells: usize| row.put(pad(name, cells, glyphs), Role::Muted);
    let mut row = put(Row::new(), "", LEAD);
    row = put(row, "session", columns.name + SIGN);
    row = put(row, "doing", columns.at);
    row = row.put(pad_left("age", AGE, glyphs), Role::Muted);
    row = put(row, "", GAP);
    for (name, cells) in [
        ("model", columns.model),
        ("cost", columns.cost),
        ("per hour", columns.rate),
    ] {
        row = put(row, name, cells);
    }
    row
}

pub fn row(told: &Told, marked: bool, columns: &Columns, now: Time, look: &Look) -> Row {
    let glyphs = look.glyphs;
    let mark = if marked { look.mark(Mark::Here) } else { " " };
    let number = told
        .number
        .map_or("–".to_owned(), |number| number.to_string());
    let (sign, role) = sign(told.sign, look);
    let title = match one_line(&told.title) {
        title if title.is_empty() => "–".to_owned(),
        title => title,
    };
    let pin = if told.pinned {
        glyphs.pick("◆ ", "# ")
    } else {
        ""
    };
    // The number and the name share their cells, so that a long number costs the name a cell.
    let named = fit(
        &format!("{pin}{title}"),
        columns.name.saturating_sub(1),
        glyphs,
    )
    .into_owned();
    let mut row = Row::of(format!(" {mark} "), Role::Accent)
        .mark(marked)
        .put(pad(&number, 3, glyphs), Role::Muted)
        .put(pad(&named, columns.name, glyphs), Role::Strong)
        .put(format!("{sign} "), role);
    let temporary = if told.temporary { TEMPORARY } else { "" };
    let at = format!("{temporary}{}", one_line(&told.at));
    row = row.put(pad(&at, columns.at, glyphs), Role::Text);
    let age = text::age(now.since(told.since));
    row = row.put(pad_left(&age, AGE, glyphs), Role::Muted);
    if columns.model + columns.cost + columns.rate == 0 {
        return row;
    }
    row = row.put(" ".repeat(GAP), Role::Text);
    if columns.model > 0 {
        let name = |model: &ModelRef| title::short(&one_line(&model.model)).to_owned();
        let model = told.model.as_ref().map_or("–".to_owned(), name);
        let model = fit(&model, columns.model.saturating_sub(1), glyphs).into_owned();
        row = row.put(pad(&model, columns.model, glyphs), Role::Muted);
    }
    let cost = cost(told, columns);
    if columns.rate == 0 {
        return row.put(pad(&cost, columns.cost, glyphs), Role::Text);
    }
    // A cost that is more than one figure takes from the rate.
    let rate = rate(told.rate);
    let all = columns.cost + columns.rate;
    let room = cells::of(&cost).max(columns.cost.saturating_sub(1)) + 1;
    let role = if told.rate == Rate::None {
        Role::Muted
    } else {
        Role::Text
    };
    row.put(pad(&cost, room.min(all), glyphs), Role::Text)
        .put(pad(&rate, all.saturating_sub(room), glyphs), role)
}

pub fn sign(sign: Sign, look: &Look) -> (&'static str, Role) {
    match sign {
        Sign::Ask => (look.mark(Mark::Ask), Role::Warn),
        Sign::Question => (look.mark(Mark::Question), Role::Warn),
        Sign::Budget => (look.mark(Mark::Budget), Role::Warn),
        Sign::Working => (look.mark(Mark::Working), Role::Accent),
        Sign::Done => (look.mark(Mark::Done), Role::Good),
        Sign::Failed => (look.mark(Mark::Failed), Role::Bad),
        Sign::Stopped => (look.mark(Mark::Stopped), Role::Warn),
        Sign::Nothing => (" ", Role::Muted),
    }
}

/// The sum, in words where the rehearsal's is too long for the column.
fn cost(told: &Told, columns: &Columns) -> String {
    let sum = money::sum(&told.spending);
    let room = columns.cost + columns.rate;
    if cells::of(&sum) >= room && sum.ends_with(" play") {
        return "play".to_owned();
    }
    sum
}

pub fn rate(rate: Rate) -> String {
    match rate {
        Rate::None => "–".to_owned(),
        Rate::Dollars(money, estimated) => {
            let about = if estimated { "≈" } else { "" };
            format!("{about}{money}/h")
        }
        Rate::Unknown => "?".to_owned(),
        Rate::Included => "incl.".to_owned(),
        Rate::Play => "play".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fill_the_line_and_go_in_their_order() {
        for width in 20..220 {
            let columns = Columns::least(width);
            let Columns {
                name,
                at,
                model,
                cost,
                rate,
            } = columns;
            let gap = if model + cost + rate > 0 { GAP } else { 1 };
            let sum = LEAD + name + SIGN + at + AGE + gap + model + cost + rate;
            assert!(sum == width || at == 0, "{width}: {columns:?}");
            assert!(rate == 0 || model > 0, "{width}");
            assert!(model == 0 || cost > 0, "{width}");
            assert!(width < 38 || at >= 10, "{width}: {columns:?}");
        }
    }

    #[test]
    fn a_title_is_given_what_is_free() {
        /// Cells of a title and of what stands beside it, for each line.
        type Lines<'l> = &'l [(usize, usize)];
        let told = |title: usize, at: usize| Told {
            title: "t".repeat(title),
            at: "a".repeat(at),
            ..Told::nothing()
        };
        let cases: [(usize, Lines, (usize, usize)); 6] = [
            // Lines of a screen of 100 cells have 52 for both.
            (98, &[], (14, 38)),
            (98, &[(5, 30)], (14, 38)),
            (98, &[(30, 20)], (31, 21)),
            (98, &[(30, 20), (5, 80)], (20, 32)),
            (98, &[(80, 0)], (52, 0)),
            (38, &[(80, 80)], (10, 14)),
        ];
        for (width, lines, expected) in cases {
            let lines: Vec<Told> = lines.iter().map(|&(title, at)| told(title, at)).collect();
            let columns = Columns::of(width, lines.iter());
            assert_eq!((columns.name, columns.at), expected, "{width} {expected:?}");
        }
    }
}
