//! The title of a pane: number and name, folder, model; turn and cost at the right.

use ratatui::style::Style;

use crate::agent::visible::one_line;
use crate::protocol::id::ModelRef;
use crate::tui::app::view::View;
use crate::tui::screen::look::Role;
use crate::tui::screen::site::Site;
use crate::tui::screen::{money, top};
use crate::tui::widget::frame::Segment;
use crate::tui::widget::text;

/// The parts of the title, each with its style.
#[derive(Debug)]
pub struct Title {
    left: Vec<(String, Style)>,
    right: Vec<(String, Style)>,
}

impl Title {
    pub fn of(site: &Site) -> Self {
        let Site {
            app, view, look, ..
        } = *site;
        let at = app.views.iter().position(|other| other.id == view.id);
        let number = at.map_or(0, |at| at + 1);
        let title = view.title();
        let (turn, cost) = match &view.session {
            Some(session) => {
                let sum = &session.session_sum;
                (
                    match session.turn {
                        0 => String::new(),
                        turn => format!("turn {turn}"),
                    },
                    money::sum(&sum.spent),
                )
            }
            None => (String::new(), "$0.00".to_owned()),
        };
        let model = view
            .model()
            .map_or_else(|| "no model yet".to_owned(), |model| label(model, view));
        let mut right = Vec::new();
        let mut name = format!("{number} {}", text::fit(&title, 32, look.glyphs));
        // Where it is looked at from another pane it says how it stands; where one types one sees it.
        match top::mark(app, view, look).filter(|_| site.several && site.focus.is_none()) {
            Some((mark, Role::Warn)) => name = format!("{name} {mark}"),
            Some((mark, role)) => right.push((mark, look.style(role))),
            None if !turn.is_empty() && site.focus.is_some() => {
                right.push((turn, look.style(Role::Muted)));
            }
            None => {}
        }
        right.push((cost, look.style(Role::Text)));
        Self {
            left: vec![
                (name, look.style(Role::Strong)),
                (app.setup.path(view.cwd()), look.style(Role::Text)),
                (model, look.style(Role::Muted)),
            ],
            right,
        }
    }

    pub fn left(&self) -> Vec<Segment<'_>> {
        segments(&self.left)
    }

    pub fn right(&self) -> Vec<Segment<'_>> {
        segments(&self.right)
    }
}

fn segments(parts: &[(String, Style)]) -> Vec<Segment<'_>> {
    parts
        .iter()
        .map(|(text, style)| Segment::new(text, *style))
        .collect()
}

/// The model's name; a route's with the endpoint that answered last.
pub fn label(model: &ModelRef, view: &View) -> String {
    let served = view
        .session
        .as_ref()
        .and_then(|session| session.served.as_ref());
    match (model.as_route(), served) {
        (Some(_), Some(served)) => format!("{model} ({})", one_line(&served.model.model)),
        (Some(_), None) => model.to_string(),
        (None, _) => model.model.clone(),
    }
}

/// A model's name without what all of its maker's have in theirs.
pub fn short(name: &str) -> &str {
    name.strip_prefix("claude-").unwrap_or(name)
}
