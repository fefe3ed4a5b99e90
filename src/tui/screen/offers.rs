//! What is offered over the composer while it is typed: commands, files, sessions.

use ratatui::layout::Rect;

use crate::agent::visible::one_line;
use crate::tui::app::mention::{Files, Mention, Offers};
use crate::tui::screen::blank;
use crate::tui::screen::look::{Mark, Role};
use crate::tui::screen::rows::Row;
use crate::tui::screen::site::Site;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::text;

/// Rows that are shown at once.
const LISTED: usize = 8;

/// Draws what is offered over the rows above the composer.
pub fn draw(site: &Site, canvas: &mut Canvas, above: Rect, composer: Rect) {
    let app = site.app;
    if !site.types() || app.overlay.is_some() {
        return;
    }
    let (at, rows) = match app.mentioned() {
        Some(mention) => (mention.marked, mentioned(site, mention)),
        None => (app.slash_at, commands(site)),
    };
    if rows.is_empty() {
        return;
    }
    let at = at.min(rows.len() - 1);
    let foot = composer.y.saturating_sub(1);
    let count = rows
        .len()
        .min(LISTED)
        .min(usize::from(foot.saturating_sub(above.y)));
    if count == 0 {
        return;
    }
    let from = (at + 1).saturating_sub(count);
    let place = Rect {
        x: composer.x,
        y: foot - count as u16,
        width: composer.width,
        height: count as u16,
    };
    blank(canvas, place, site.look);
    for (row, y) in rows.iter().skip(from).zip(place.top()..place.bottom()) {
        row.draw(canvas, place.left(), y, place.right(), site.look);
    }
}

fn begun(site: &Site, marked: bool) -> Row {
    let lead = if marked {
        site.look.mark(Mark::Here)
    } else {
        " "
    };
    Row::of(format!("{lead} "), Role::Accent).mark(marked)
}

fn commands(site: &Site) -> Vec<Row> {
    let rows = site.app.slash_rows();
    let at = site.app.slash_at.min(rows.len().saturating_sub(1));
    let count = rows.len();
    let rows = rows.iter().enumerate().map(|(index, row)| {
        begun(site, index == at)
            .put(format!("/{:<11} ", row.name), Role::Key)
            .put(format!("{:<8}  ", row.takes), Role::Muted)
            .put(one_line(row.help), Role::Muted)
            .end(
                if index == at && count > LISTED {
                    format!("{} of {count}", index + 1)
                } else {
                    String::new()
                },
                Role::Muted,
            )
    });
    rows.collect()
}

/// What can be mentioned; the first row that cannot be chosen says why there is none, or how many there are.
fn mentioned(site: &Site, mention: &Mention) -> Vec<Row> {
    let told = |said: &str| vec![Row::of(format!("  {said}"), Role::Muted)];
    match &mention.offers {
        Offers::Files(None) => told("looking for files"),
        Offers::Files(Some(files)) if files.paths.is_empty() => match files {
            Files { whole: false, .. } => told("looking for files"),
            Files { all: 0, .. } => told("no files here"),
            _ => told("no file has these letters; a dot at the start also looks for hidden ones"),
        },
        Offers::Files(Some(files)) => {
            let more = if files.whole { "" } else { "+" };
            let count = format!(
                "{} of {}{more}",
                text::count(files.fitting as u64),
                text::count(files.all as u64)
            );
            let rows = files.paths.iter().enumerate().map(|(index, path)| {
                let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
                let row = begun(site, index == mention.marked).put(name, Role::Text);
                let row = match folder {
                    "" => row,
                    folder => row.put(format!("  {folder}"), Role::Muted),
                };
                if index == mention.marked {
                    row.end(count.clone(), Role::Muted)
                } else {
                    row
                }
            });
            rows.collect()
        }
        Offers::Sessions { cards: None, .. } => told("reading the sessions"),
        Offers::Sessions {
            cards: Some(cards), ..
        } if cards.is_empty() => told("no sessions yet"),
        Offers::Sessions { found, .. } if found.is_empty() => {
            told("no session has these letters in its title")
        }
        Offers::Sessions {
            cards: Some(cards),
            found,
        } => {
            let rows = found.iter().enumerate().filter_map(|(index, at)| {
                let card = cards.get(*at)?;
                let age = site.app.now.wall.since(card.active);
                let row = begun(site, index == mention.marked)
                    .put(one_line(&card.title), Role::Text)
                    .end(text::age(age), Role::Muted);
                Some(row)
            });
            rows.collect()
        }
    }
}
