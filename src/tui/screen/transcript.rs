//! A session's entries as rows. Finished entries are laid out once for a width and kept; only what streams is laid out for
//! each frame, and only what is seen is drawn.

use std::collections::HashMap;
use std::ops::Range;

use ratatui::layout::Rect;

use crate::protocol::id::{Seq, SessionId};
use crate::tui::app::App;
use crate::tui::app::caret::Caret;
use crate::tui::app::logical::shown;
use crate::tui::app::transcript::{Entry, LIVE, What};
use crate::tui::app::view::{Anchor, Scroll, View};
use crate::tui::screen::body::{Laid, Spot};
use crate::tui::screen::entry;
use crate::tui::screen::live::{self, LiveText};
use crate::tui::screen::look::Look;
use crate::tui::screen::site::Site;
use crate::tui::screen::{marks, reading};
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::paint::{Form, Glyphs};

/// Laid-out entries kept; beyond this those not seen for longest are dropped.
const KEPT: usize = 600;

/// What was laid out, between frames.
#[derive(Debug, Default)]
pub struct Cache {
    laid: HashMap<(SessionId, Seq), Kept>,
    streams: HashMap<SessionId, LiveText>,
    frame: u64,
    /// The session drawn last, and whether it had the keys.
    shown: Option<SessionId>,
    read: bool,
    /// Where the window's top was, for a hint of how far it moved.
    last: Option<(SessionId, Rect, (Seq, usize))>,
}

#[derive(Debug)]
struct Kept {
    version: u32,
    unfolded: bool,
    waits: bool,
    along: bool,
    width: u16,
    glyphs: Glyphs,
    seen: u64,
    laid: Laid,
}

impl Cache {
    /// What was laid out of sessions that are not shown is given back.
    fn keep_only(&mut self, shown: SessionId) {
        if self.shown == Some(shown) {
            return;
        }
        self.shown = Some(shown);
        self.read = false;
        self.laid.retain(|(session, _), _| *session == shown);
        self.laid.shrink_to_fit();
        self.streams.retain(|session, _| *session == shown);
    }
}

/// What the window shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Window {
    pub anchor: Anchor,
    pub at_top: bool,
    /// Lines the content moved up by since the last frame.
    pub moved: i16,
    /// Not the newest line is at the foot.
    pub more_below: bool,
    /// Where the caret came to lie, and whether on the last row; `None` where the transcript has not the keys.
    pub caret: Option<Caret>,
    pub caret_at_end: bool,
}

pub fn draw(site: &Site, cache: &mut Cache, canvas: &mut Canvas, area: Rect) -> Window {
    let Site {
        app, view, look, ..
    } = *site;
    cache.frame += 1;
    cache.keep_only(view.id);
    if area.width == 0 || area.height == 0 {
        return Window {
            anchor: site.pane.scroll.anchor,
            ..Window::default()
        };
    }
    let form = Form::new(area.width, look.glyphs);
    let mut stream = cache.streams.remove(&view.id).unwrap_or_default();
    let live = live::lay(app, view, &mut stream, form, look);
    let rows = usize::from(area.height);
    let read = cache.read;
    let mut walk = Walk {
        app,
        view,
        scroll: site.pane.scroll,
        cache,
        form,
        look,
        live: live.height() + stream.height(form),
        stream: &stream,
        read,
    };
    let eyes = reading::look(&mut walk, site, rows);
    let top = eyes
        .as_ref()
        .map_or_else(|| walk.top(rows), |eyes| eyes.top);
    let mut at = top;
    let mut y = area.top();
    while y < area.bottom() && at.index < walk.count() {
        let rest = Rect {
            y,
            height: area.bottom() - y,
            ..area
        };
        let gap = walk.gap(at.index);
        let blank = gap.saturating_sub(at.line);
        if blank >= usize::from(rest.height) {
            break;
        }
        let skip = at.line.saturating_sub(gap);
        let rest = Rect {
            y: y + blank as u16,
            height: rest.height - blank as u16,
            ..rest
        };
        y = rest.y;
        if at.index == walk.view.transcript.entries().len() {
            y += stream.draw(canvas, rest, skip, look);
            let skip = skip.saturating_sub(stream.rows());
            if y < area.bottom() {
                let rest = Rect {
                    y,
                    height: area.bottom() - y,
                    ..area
                };
                y += live.draw(canvas, rest, skip, look);
            }
        } else {
            y += walk.laid(at.index).draw(canvas, rest, skip, look);
        }
        at = Place {
            index: at.index + 1,
            line: 0,
        };
    }
    let mut window = walk.window(top, rows, area);
    walk.cache.read = eyes.is_some();
    marks::draw(&mut walk, site, eyes.as_ref(), top, canvas, area);
    if let Some(eyes) = eyes {
        (window.caret, window.caret_at_end) = (eyes.caret, eyes.at_end);
    }
    cache.streams.insert(view.id, stream);
    cache.trim();
    window
}

/// A line of an entry; the blank line before an entry counts as its first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub index: usize,
    pub line: usize,
}

/// The entries of a session as they are gone through for one frame.
#[derive(Debug)]
pub struct Walk<'a> {
    app: &'a App,
    pub view: &'a View,
    pub scroll: Scroll,
    cache: &'a mut Cache,
    form: Form,
    look: &'a Look,
    live: usize,
    stream: &'a LiveText,
    /// It had the keys in the last frame too.
    pub read: bool,
}

/// The rows of an entry, or of the text that streams.
#[derive(Debug, Clone, Copy)]
pub enum Rows<'a> {
    Entry(&'a Laid),
    Live(&'a LiveText),
}

impl<'a> Rows<'a> {
    pub fn span(self, line: usize) -> Option<Range<usize>> {
        match self {
            Self::Entry(laid) => laid.span(line),
            Self::Live(text) => text.span(line),
        }
    }

    pub fn spot(self, line: usize) -> Option<Spot<'a>> {
        match self {
            Self::Entry(laid) => laid.spot(line),
            Self::Live(text) => text.spot(line),
        }
    }

    /// The parts of the text that its rows show, with the number of the row, from the first row on.
    pub fn spans(self) -> Box<dyn Iterator<Item = (usize, Range<usize>)> + 'a> {
        match self {
            Self::Entry(laid) => Box::new(laid.spans()),
            Self::Live(text) => Box::new(text.spans()),
        }
    }

    pub fn height(self) -> usize {
        match self {
            Self::Entry(laid) => laid.height(),
            Self::Live(text) => text.rows(),
        }
    }
}

impl Walk<'_> {
    /// Entries, and the live rows behind them.
    pub fn count(&self) -> usize {
        self.view.transcript.entries().len() + usize::from(self.live > 0)
    }

    /// The entries that can be read in; the text that streams is one. Behind a part of the log it is not, since something that
    /// is not loaded stands between.
    pub fn readable(&self) -> usize {
        let streams = self.stream.rows() > 0 && !self.view.transcript.cut;
        self.view.transcript.entries().len() + usize::from(streams)
    }

    /// The rows of one that can be read in.
    pub fn rows(&mut self, index: usize) -> Option<Rows<'_>> {
        if index >= self.readable() {
            return None;
        }
        Some(if index >= self.view.transcript.entries().len() {
            Rows::Live(self.stream)
        } else {
            Rows::Entry(self.laid(index))
        })
    }

    /// Its text, as it is shown.
    pub fn text(&self, index: usize) -> Option<String> {
        match self.view.transcript.entries().get(index) {
            Some(entry) => Some(shown(entry)),
            None => (index < self.readable()).then(|| self.stream.text().to_owned()),
        }
    }

    pub fn seq(&self, index: usize) -> Seq {
        self.view
            .transcript
            .entries()
            .get(index)
            .map_or(LIVE, |entry| entry.seq)
    }

    pub fn gap(&self, index: usize) -> usize {
        let entries = self.view.transcript.entries();
        let Some(before) = index.checked_sub(1).and_then(|index| entries.get(index)) else {
            return 0;
        };
        match entries.get(index) {
            Some(entry) => usize::from(!joins(before, entry)),
            None => 1,
        }
    }

    pub fn height(&mut self, index: usize) -> usize {
        let gap = self.gap(index);
        if index >= self.view.transcript.entries().len() {
            gap + self.live
        } else {
            gap + self.laid(index).height()
        }
    }

    pub fn laid(&mut self, index: usize) -> &Laid {
        let entry = &self.view.transcript.entries()[index];
        let unfolded = self.view.transcript.is_unfolded(entry.seq);
        let waits = entry::waits(self.view, entry);
        let along = entry::goes_along(self.view, entry);
        let frame = self.cache.frame;
        let key = (self.view.id, entry.seq);
        let running = entry::is_running(entry);
        let fresh = self.cache.laid.get(&key).is_some_and(|kept| {
            // A frame goes through its rows many times.
            (!running || kept.seen == frame)
                && kept.version == entry.version
                && kept.unfolded == unfolded
                && kept.waits == waits
                && kept.along == along
                && kept.width == self.form.width
                && kept.glyphs == self.form.glyphs
        });
        if !fresh {
            let laid = entry::lay(self.app, self.view, entry, self.form, self.look);
            self.cache.laid.insert(
                key,
                Kept {
                    version: entry.version,
                    unfolded,
                    waits,
                    along,
                    width: self.form.width,
                    glyphs: self.form.glyphs,
                    seen: frame,
                    laid,
                },
            );
        }
        let kept = self.cache.laid.entry(key).or_insert_with(|| Kept {
            version: 0,
            unfolded,
            waits,
            along,
            width: 0,
            glyphs: Glyphs::default(),
            seen: frame,
            laid: Laid::default(),
        });
        kept.seen = frame;
        &kept.laid
    }

    /// The top of the window after what was asked of it, kept so that the window is full where that is possible.
    pub fn top(&mut self, rows: usize) -> Place {
        let foot = self.foot(rows);
        let by = self.scroll.by;
        let from = match self.scroll.anchor {
            Anchor::Foot if by >= 0 => return foot,
            Anchor::Foot => foot,
            Anchor::At { seq, line } => {
                let entries = self.view.transcript.entries();
                let index = entries.partition_point(|entry| entry.seq < seq);
                // At another width it may have fewer rows.
                let line = line.min(self.height(index).saturating_sub(1));
                Place { index, line }
            }
        };
        let moved = self.moved(from, by);
        if (moved.index, moved.line) >= (foot.index, foot.line) {
            foot
        } else {
            moved
        }
    }

    /// The top of a window with the newest line at its foot.
    pub fn foot(&mut self, rows: usize) -> Place {
        let mut missing = rows;
        for index in (0..self.count()).rev() {
            let height = self.height(index);
            if height >= missing {
                return Place {
                    index,
                    line: height - missing,
                };
            }
            missing -= height;
        }
        Place { index: 0, line: 0 }
    }

    pub fn moved(&mut self, from: Place, by: i64) -> Place {
        let mut at = from;
        let mut left = by.unsigned_abs();
        while left > 0 {
            if by < 0 {
                if at.line as u64 >= left {
                    at.line -= left as usize;
                    break;
                }
                left -= at.line as u64;
                let Some(before) = at.index.checked_sub(1) else {
                    return Place { index: 0, line: 0 };
                };
                let height = self.height(before);
                at = Place {
                    index: before,
                    line: height,
                };
            } else {
                if at.index >= self.count() {
                    break;
                }
                let rest = self.height(at.index).saturating_sub(at.line) as u64;
                if left < rest {
                    at.line += left as usize;
                    break;
                }
                left -= rest;
                at = Place {
                    index: at.index + 1,
                    line: 0,
                };
            }
        }
        at
    }

    fn window(&mut self, top: Place, rows: usize, area: Rect) -> Window {
        let foot = self.foot(rows);
        let follows = top == foot;
        let seq = self.seq(top.index);
        let moved = match self.cache.last {
            Some((id, last_area, (last_seq, line))) if id == self.view.id && last_area == area => {
                self.distance(last_seq, line, top, rows)
            }
            _ => 0,
        };
        self.cache.last = Some((self.view.id, area, (seq, top.line)));
        Window {
            // The foot of a part of the log is not followed: what is read behind it comes below.
            anchor: if follows && !self.view.transcript.cut {
                Anchor::Foot
            } else {
                Anchor::At {
                    seq,
                    line: top.line,
                }
            },
            at_top: top == Place { index: 0, line: 0 },
            moved,
            more_below: !follows,
            caret: None,
            caret_at_end: false,
        }
    }

    /// How many lines the new top is below the old one; 0 when that is further than the window is high.
    fn distance(&mut self, seq: Seq, line: usize, top: Place, rows: usize) -> i16 {
        let entries = self.view.transcript.entries();
        let index = entries.partition_point(|entry| entry.seq < seq);
        let old = Place { index, line };
        let (from, to, sign) = if (old.index, old.line) <= (top.index, top.line) {
            (old, top, 1)
        } else {
            (top, old, -1)
        };
        let mut lines = 0;
        for index in from.index..to.index {
            lines += self.height(index);
            if lines > rows + from.line {
                return 0;
            }
        }
        let lines = (lines + to.line).saturating_sub(from.line);
        if lines >= rows {
            return 0;
        }
        i16::try_from(lines).unwrap_or(0) * sign
    }
}

/// Entries that stand without a blank line between them.
fn joins(before: &Entry, entry: &Entry) -> bool {
    let small = |what: &What| {
        matches!(
            what,
            What::Call(_)
                | What::Thought { .. }
                | What::Changed(_)
                | What::Recalled(_)
                | What::Notice { .. }
        )
    };
    small(&before.what) && small(&entry.what)
}

impl Cache {
    fn trim(&mut self) {
        if self.laid.len() <= KEPT * 2 {
            return;
        }
        let mut seen: Vec<u64> = self.laid.values().map(|kept| kept.seen).collect();
        seen.sort_unstable();
        let oldest = seen[seen.len() - KEPT];
        self.laid.retain(|_, kept| kept.seen >= oldest);
    }

    /// Everything is laid out anew: another theme.
    pub fn clear(&mut self) {
        self.laid.clear();
    }
}
