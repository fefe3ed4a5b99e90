//! Scrolling over rows: which row is at the top, and whether the end is followed. Pure arithmetic.

use std::ops::Range;

/// Where a pane stands in a text that may grow at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scroll {
    /// The first row seen, while the end is not followed.
    top: usize,
    /// The last row stays at the foot as rows are added.
    follow: bool,
}

impl Default for Scroll {
    fn default() -> Self {
        Self {
            top: 0,
            follow: true,
        }
    }
}

impl Scroll {
    pub fn follows(self) -> bool {
        self.follow
    }

    /// The first row seen of `total` in a pane of `height` rows.
    pub fn top(self, total: usize, height: usize) -> usize {
        let last = total.saturating_sub(height);
        if self.follow {
            last
        } else {
            self.top.min(last)
        }
    }

    /// The rows that are seen.
    pub fn view(self, total: usize, height: usize) -> Range<usize> {
        let top = self.top(total, height);
        top..total.min(top + height)
    }

    /// Rows below what is seen: what a mark such as `12 more` says.
    pub fn below(self, total: usize, height: usize) -> usize {
        total - self.view(total, height).end
    }

    /// Moves by rows. Reaching the end follows it again; moving up from it stops following.
    pub fn by(&mut self, rows: isize, total: usize, height: usize) {
        let last = total.saturating_sub(height);
        let top = self
            .top(total, height)
            .saturating_add_signed(rows)
            .min(last);
        self.top = top;
        self.follow = top == last && (rows >= 0 || last == 0);
    }

    /// Moves by panes less two rows, which stay in sight.
    pub fn page(&mut self, pages: isize, total: usize, height: usize) {
        let rows = height.saturating_sub(2).max(1) as isize;
        self.by(pages.saturating_mul(rows), total, height);
    }

    /// Moves by half panes.
    pub fn half(&mut self, halves: isize, total: usize, height: usize) {
        let rows = (height / 2).max(1) as isize;
        self.by(halves.saturating_mul(rows), total, height);
    }

    pub fn to_start(&mut self) {
        self.top = 0;
        self.follow = false;
    }

    pub fn to_end(&mut self) {
        self.follow = true;
    }

    /// Puts a row at the top.
    pub fn to(&mut self, row: usize) {
        self.top = row;
        self.follow = false;
    }

    /// Moves as little as brings some rows into sight, their start before their end.
    pub fn show(&mut self, rows: &Range<usize>, total: usize, height: usize) {
        let top = self.top(total, height);
        if rows.start < top {
            self.to(rows.start);
        } else if rows.end > top + height {
            self.to(rows.end.saturating_sub(height).min(rows.start));
        }
    }

    /// After rows were put before row `at` or taken away there: what is seen stays where it is.
    pub fn shift(&mut self, at: usize, by: isize) {
        if !self.follow && at <= self.top {
            self.top = self.top.saturating_add_signed(by);
        }
    }

    /// The rows of a track of `height` cells that its handle covers; none when all is seen.
    pub fn handle(self, total: usize, height: usize) -> Option<Range<usize>> {
        if total <= height || height == 0 {
            return None;
        }
        let length = ((height as u128 * height as u128 / total as u128) as usize).clamp(1, height);
        let room = height - length;
        let last = total - height;
        let start =
            (self.top(total, height) as u128 * room as u128).div_ceil(last as u128) as usize;
        // Only the end itself is drawn as the end.
        let start = if self.top(total, height) < last {
            start.min(room.saturating_sub(1))
        } else {
            room
        };
        Some(start..start + length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_end_is_followed_until_one_moves_away_and_again_when_one_returns() {
        let mut scroll = Scroll::default();
        assert_eq!(scroll.view(100, 10), 90..100);
        assert_eq!(scroll.view(120, 10), 110..120);
        scroll.by(-1, 120, 10);
        assert_eq!((scroll.view(130, 10), scroll.follows()), (109..119, false));
        assert_eq!(scroll.below(130, 10), 11);
        scroll.page(9, 130, 10);
        assert_eq!((scroll.view(140, 10), scroll.follows()), (130..140, true));
        scroll.to_start();
        assert_eq!(scroll.view(140, 10), 0..10);
        scroll.show(&(20..23), 140, 10);
        assert_eq!(scroll.view(140, 10), 13..23);
        scroll.show(&(5..30), 140, 10);
        assert_eq!(scroll.view(140, 10), 5..15);
        scroll.shift(0, 7);
        assert_eq!(scroll.view(147, 10), 12..22);
        scroll.shift(40, 7);
        assert_eq!(scroll.view(154, 10), 12..22);
    }

    #[test]
    fn what_fits_has_no_handle_and_is_followed() {
        let mut scroll = Scroll::default();
        assert_eq!(scroll.handle(10, 10), None);
        scroll.by(-5, 8, 10);
        assert_eq!((scroll.view(8, 10), scroll.follows()), (0..8, true));
        assert_eq!(scroll.view(8, 0), 8..8);
        assert_eq!(scroll.handle(100, 10), Some(9..10));
        scroll.to_start();
        assert_eq!(scroll.handle(100, 10), Some(0..1));
    }

    proptest! {
        #[test]
        fn what_is_seen_is_always_full(
            moves in prop::collection::vec((any::<u8>(), -40isize..40), 0..12), total in 0usize..200, height in 0usize..40
        ) {
            let mut scroll = Scroll::default();
            for (kind, by) in moves {
                match kind % 4 {
                    0 => scroll.by(by, total, height),
                    1 => scroll.page(by, total, height),
                    2 => scroll.to(by.unsigned_abs()),
                    _ => scroll.half(by, total, height),
                }
                prop_assert_eq!(scroll.view(total, height).len(), height.min(total));
                if let Some(handle) = scroll.handle(total, height) {
                    prop_assert!(handle.end <= height && !handle.is_empty());
                }
            }
        }
    }
}
