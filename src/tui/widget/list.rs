//! Where the highlight of a list stands and which of its entries are seen. Pure arithmetic over counts; what the entries
//! are is the caller's.

use std::ops::Range;

/// The highlight and the first entry seen. Both are kept within the list by [`List::view`], so a list that shrank needs no
/// care before that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct List {
    /// None at first where nothing may be chosen by Enter alone.
    pub selected: Option<usize>,
    /// The first entry that is seen.
    pub top: usize,
}

impl List {
    /// A list with its first entry highlighted.
    pub fn first() -> Self {
        Self {
            selected: Some(0),
            top: 0,
        }
    }

    /// Moves the highlight by entries and stops at both ends. Without a highlight the first or the last entry gets it.
    pub fn step(&mut self, by: isize, length: usize) {
        let Some(last) = length.checked_sub(1) else {
            self.selected = None;
            return;
        };
        self.selected = Some(match self.selected {
            Some(at) => at.min(last).saturating_add_signed(by).min(last),
            None if by < 0 => last,
            None => 0,
        });
    }

    /// Moves the highlight by entries, from the end to the start and back.
    pub fn turn(&mut self, by: isize, length: usize) {
        match (self.selected, length) {
            (Some(at), 1..) => {
                let length = length as isize;
                self.selected = Some((at as isize).saturating_add(by).rem_euclid(length) as usize);
            }
            _ => self.step(by, length),
        }
    }

    /// Moves by what is seen at once, less one entry kept in sight.
    pub fn page(&mut self, pages: isize, length: usize, seen: usize) {
        let by = seen.saturating_sub(1).max(1) as isize;
        self.step(pages.saturating_mul(by), length);
    }

    pub fn home(&mut self, length: usize) {
        self.selected = (length > 0).then_some(0);
    }

    pub fn end(&mut self, length: usize) {
        self.selected = length.checked_sub(1);
    }

    /// Scrolls what is seen, as a wheel does; the highlight goes along only as far as it must to stay in sight.
    pub fn scroll(&mut self, by: isize, length: usize, seen: usize) {
        let seen = seen.max(1);
        let last = length.saturating_sub(seen);
        self.top = self.top.min(last).saturating_add_signed(by).min(last);
        if let Some(at) = self.selected {
            let end = (self.top + seen).min(length).saturating_sub(1);
            self.selected = Some(at.clamp(self.top, end.max(self.top)));
        }
    }

    /// The entries that are seen in `height` rows when each has `rows` of them, moved as little as keeps the highlight in
    /// sight. Call it before drawing.
    pub fn view(&mut self, length: usize, height: usize, rows: usize) -> Range<usize> {
        let seen = (height / rows.max(1)).max(1);
        self.selected = match length.checked_sub(1) {
            Some(last) => self.selected.map(|at| at.min(last)),
            None => None,
        };
        if let Some(at) = self.selected {
            self.top = self.top.clamp((at + 1).saturating_sub(seen), at);
        }
        self.top = self.top.min(length.saturating_sub(seen));
        self.top..length.min(self.top + seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_highlight_stops_at_both_ends_and_is_followed() {
        let mut list = List::first();
        list.step(-1, 10);
        assert_eq!(list.selected, Some(0));
        assert_eq!(list.view(10, 4, 1), 0..4);
        list.step(5, 10);
        assert_eq!(list.view(10, 4, 1), 2..6);
        list.step(-2, 10);
        assert_eq!(list.view(10, 4, 1), 2..6);
        list.page(1, 10, 4);
        assert_eq!((list.selected, list.view(10, 4, 1)), (Some(6), 3..7));
        list.end(10);
        assert_eq!(list.view(10, 4, 2), 8..10);
        list.turn(1, 10);
        assert_eq!(list.selected, Some(0));
        assert_eq!(list.view(0, 4, 1), 0..0);
        assert_eq!(list.selected, None);
    }

    #[test]
    fn nothing_is_highlighted_until_it_is_asked_for() {
        let mut list = List::default();
        assert_eq!(list.view(3, 9, 1), 0..3);
        assert_eq!(list.selected, None);
        list.step(-1, 3);
        assert_eq!(list.selected, Some(2));
    }

    proptest! {
        #[test]
        fn what_is_seen_holds_the_highlight(
            moves in prop::collection::vec((any::<u8>(), -9isize..9, 0usize..30, 0usize..9), 1..20)
        ) {
            let mut list = List::default();
            for (kind, by, length, height) in moves {
                match kind % 4 {
                    0 => list.step(by, length),
                    1 => list.turn(by, length),
                    2 => list.page(by, length, height),
                    _ => list.scroll(by, length, height),
                }
                let view = list.view(length, height, 1);
                prop_assert!(view.end <= length && view.len() <= height.max(1));
                if let Some(at) = list.selected {
                    prop_assert!(view.contains(&at));
                }
            }
        }
    }
}
