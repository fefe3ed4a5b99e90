//! Where the parts of a pane are, from its foot upwards: key line, composer, card; the rest is the transcript's.

use ratatui::layout::Rect;

use crate::tui::app::Focus;
use crate::tui::screen::middle::Middle;
use crate::tui::screen::site::Site;
use crate::tui::screen::{composer, middle};

#[derive(Debug)]
pub struct Rooms {
    pub transcript: Rect,
    pub card: Rect,
    pub divider: Option<u16>,
    pub composer: Rect,
    pub second_divider: Option<u16>,
    pub keys: Rect,
}

impl Rooms {
    /// The rooms within `inner`; a `tight` pane does without what only looks good.
    pub fn of(
        site: &Site,
        inner: Rect,
        written: &composer::Laid,
        middle: &Middle,
        tight: bool,
    ) -> Self {
        let asking = matches!(site.focus, Some(Focus::Ask(_)));
        let lines = if tight || asking { 1 } else { 2 };
        let mut left = inner.height;
        let mut take = |wanted: u16| {
            let taken = wanted.min(left);
            left -= taken;
            taken
        };
        // An ask with the focus has its own keys, and on a small screen all the room.
        let keys = take(u16::from(!asking && site.focus.is_some()));
        let composer = take(if asking && tight { 0 } else { written.height });
        let dividers = take(if asking && tight { 0 } else { lines });
        let wanted = middle.height(site, usize::from(middle::width(site, inner.width)));
        let rest = inner.height - keys - composer - dividers;
        let most = if asking || tight && matches!(middle, Middle::Ask(..)) {
            rest
        } else {
            rest.saturating_sub(rest / 4)
        };
        let card = u16::try_from(wanted).unwrap_or(u16::MAX).min(most);
        let transcript = rest - card;
        let mut y = inner.y;
        let mut next = |height: u16| {
            let area = Rect { y, height, ..inner };
            y += height;
            area
        };
        let transcript = next(transcript);
        let card = next(card);
        let divider = (dividers > 0).then(|| next(1).y);
        let composer = next(composer);
        let second_divider = (dividers > 1).then(|| next(1).y);
        let keys = next(keys);
        Self {
            transcript,
            card,
            divider,
            composer,
            second_divider,
            keys,
        }
    }
}
