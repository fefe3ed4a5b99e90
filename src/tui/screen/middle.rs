//! What stands between transcript and composer: the ask or the failure that waits there.

use ratatui::layout::Rect;

use crate::tui::screen::ask_body::Asked;
use crate::tui::screen::ask_card::{self, Card, Drawn};
use crate::tui::screen::failure_card;
use crate::tui::screen::site::Site;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::paint::Form;

#[derive(Debug)]
pub enum Middle<'a> {
    None,
    Ask(Card<'a>, Asked),
    Failure(failure_card::Card),
}

/// Cells that its text is laid out for, in a pane of this inner width. Among several panes an ask needs no frame of its own.
pub fn width(site: &Site, inner: u16) -> u16 {
    if site.several {
        inner
    } else {
        inner.saturating_sub(4)
    }
}

impl<'a> Middle<'a> {
    /// The ask with the keys, else the oldest one, else the card of what went wrong.
    pub fn of(site: &Site<'a>, form: Form) -> Self {
        let Site { app, view, .. } = *site;
        let step = view.session.as_ref().map_or(0, |session| session.step);
        let waiting: Vec<_> = app
            .waiting()
            .into_iter()
            .filter(|(id, _)| *id == view.id)
            .collect();
        if let Some(focus) = site.ask() {
            let since = waiting
                .iter()
                .find(|(_, waiting)| waiting.ask.id == focus.ask.id)
                .map(|(_, waiting)| waiting.since);
            let at = waiting
                .iter()
                .position(|(_, waiting)| waiting.ask.id == focus.ask.id);
            let waited = match (since, at) {
                (Some(since), Some(at)) if waiting.len() > 1 => {
                    format!(
                        "{} of {}  {}",
                        at + 1,
                        waiting.len(),
                        ask_card::waited(app, since)
                    )
                }
                (Some(since), _) => ask_card::waited(app, since),
                (None, _) => String::new(),
            };
            let card = Card {
                about: &focus.ask.about,
                focus: Some(focus),
                waited,
                behind: waiting.len().saturating_sub(1),
                step,
            };
            let asked = card.lay(app, form);
            return Self::Ask(card, asked);
        }
        if let Some((_, first)) = waiting.first() {
            let card = Card {
                about: &first.ask.about,
                focus: None,
                waited: ask_card::waited(app, first.since),
                behind: waiting.len() - 1,
                step,
            };
            let asked = card.lay(app, form);
            return Self::Ask(card, asked);
        }
        // This one has a frame wherever it stands.
        let frame = if site.several { 4 } else { 0 };
        let form = Form::new(form.width.saturating_sub(frame), form.glyphs);
        match failure_card::card(site, form) {
            Some(card) => Self::Failure(card),
            None => Self::None,
        }
    }

    /// Rows it wants at this width.
    pub fn height(&self, site: &Site, width: usize) -> usize {
        match self {
            Self::None => 0,
            Self::Ask(card, asked) => card.height(asked, site.app, width),
            Self::Failure(card) => card.height(),
        }
    }

    pub fn draw(&self, site: &Site, canvas: &mut Canvas, area: Rect) -> Drawn {
        match self {
            Self::None => Drawn::default(),
            Self::Ask(card, asked) if site.several => {
                card.draw_bare(site.app, asked, canvas, area, site.look)
            }
            Self::Ask(card, asked) => card.draw(site.app, asked, canvas, area, site.look),
            Self::Failure(card) => Drawn {
                last_line: card.draw(site, canvas, area),
                ..Drawn::default()
            },
        }
    }

    /// Draws what has the keys in the place of the whole pane: there is no room for a frame within a frame.
    pub fn draw_alone(&self, site: &Site, canvas: &mut Canvas, area: Rect) -> Drawn {
        if let Self::Ask(..) = self
            && site.several
        {
            return self.draw(site, canvas, area);
        }
        let form = Form::new(area.width.saturating_sub(4), site.look.glyphs);
        match self {
            Self::Ask(card, _) => {
                card.draw(site.app, &card.lay(site.app, form), canvas, area, site.look)
            }
            Self::Failure(_) => Drawn {
                last_line: failure_card::card(site, form)
                    .is_some_and(|card| card.draw(site, canvas, area)),
                ..Drawn::default()
            },
            Self::None => Drawn::default(),
        }
    }
}
