//! Changing a text as emacs and shells do: deleting, cutting to the ring and putting back, exchanging, changing case.

use std::ops::Range;

use crate::tui::app::text::{Last, RING, Text};

/// How the letters of a word are to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    Upper,
    Lower,
    /// The first upper, the rest lower.
    Title,
}

impl Text {
    pub fn backspace(&mut self) {
        if !self.take_selection() {
            self.erase(self.before(self.cursor)..self.cursor);
        }
    }

    pub fn delete(&mut self) {
        if !self.take_selection() {
            self.erase(self.cursor..self.after(self.cursor));
        }
    }

    fn erase(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let joins = self.last == Last::Erasing;
        self.splice_as(range, "", joins);
        self.rest();
        self.last = Last::Erasing;
    }

    pub fn kill_line(&mut self) {
        let mut to = self.line_to(self.cursor);
        if to == self.cursor {
            to = self.after(to);
        }
        self.kill(self.cursor..to);
    }

    pub fn kill_to_start(&mut self) {
        self.kill(self.line_from(self.cursor)..self.cursor);
    }

    /// Cuts what is selected, else the word before.
    pub fn kill_word(&mut self) {
        match self.selection() {
            Some(range) => self.kill(range),
            None => self.kill(self.word_start()..self.cursor),
        }
    }

    pub fn kill_word_after(&mut self) {
        self.kill(self.cursor..self.word_end());
    }

    /// Keeps what is selected as if it had been cut; it stays selected no longer. Whether something was.
    pub fn copy(&mut self) -> bool {
        let Some(range) = self.selection() else {
            return false;
        };
        self.keep(self.content[range].to_owned());
        self.rest();
        true
    }

    /// Adds to what was cut.
    pub fn keep(&mut self, cut: String) {
        if self.killed.len() == RING {
            self.killed.remove(0);
        }
        self.killed.push(cut);
    }

    /// Whether anything that was cut has such a character.
    pub fn cuts_have(&self, is: fn(char) -> bool) -> bool {
        self.killed.iter().any(|cut| cut.contains(is))
    }

    /// What was cut last.
    pub fn kept(&self) -> &str {
        self.killed.last().map_or("", String::as_str)
    }

    /// Puts back what was cut last.
    pub fn yank(&mut self) {
        let Some(killed) = self.killed.last().cloned() else {
            return;
        };
        let range = self.selection().unwrap_or(self.cursor..self.cursor);
        let from = range.start;
        self.splice(range, &killed);
        self.rest();
        self.yanked = Some((from..from + killed.len(), 0));
    }

    /// In place of what was just put back, what was cut before it; round again at the oldest. `false`: nothing was just put
    /// back.
    pub fn yank_older(&mut self) -> bool {
        let Some((range, place)) = self.yanked.clone() else {
            return false;
        };
        let place = (place + 1) % self.killed.len();
        let older = self.killed[self.killed.len() - 1 - place].clone();
        let from = range.start;
        self.splice_as(range, &older, true);
        self.rest();
        self.yanked = Some((from..from + older.len(), place));
        true
    }

    /// Exchanges the characters around the cursor and goes on by one; at the end of a line the two before it.
    pub fn transpose(&mut self) {
        let line = self.line_from(self.cursor)..self.line_to(self.cursor);
        let middle = if self.cursor == line.end {
            self.before(self.cursor)
        } else {
            self.cursor
        };
        if middle <= line.start || line.is_empty() {
            return;
        }
        let (from, to) = (self.before(middle), self.after(middle));
        if from < line.start {
            return;
        }
        let swapped = format!(
            "{}{}",
            &self.content[middle..to],
            &self.content[from..middle]
        );
        self.splice(from..to, &swapped);
        self.rest();
    }

    /// Exchanges the word before the cursor with the one at or after it.
    pub fn transpose_words(&mut self) {
        let mut probe = self.clone();
        probe.word_right();
        let second_to = probe.cursor;
        probe.word_left();
        let second = probe.cursor..second_to;
        probe.word_left();
        let from = probe.cursor;
        probe.word_right();
        let first = from..probe.cursor;
        if first.is_empty() || second.is_empty() || first.end > second.start {
            return;
        }
        let between = &self.content[first.end..second.start];
        let swapped = format!(
            "{}{between}{}",
            &self.content[second.clone()],
            &self.content[first.clone()]
        );
        self.splice(first.start..second.end, &swapped);
        self.rest();
    }

    /// Changes the case of what is selected, else of the rest of the word, and goes behind it.
    pub fn change_case(&mut self, case: Case) {
        let range = self
            .selection()
            .unwrap_or_else(|| self.cursor..self.word_end());
        let changed = cased(&self.content[range.clone()], case);
        if changed == self.content[range.clone()] {
            self.cursor = range.end;
            self.rest();
            return;
        }
        self.splice(range, &changed);
        self.rest();
    }

    fn kill(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let cut = self.content[range.clone()].to_owned();
        match self
            .killed
            .last_mut()
            .filter(|_| self.last == Last::Cutting)
        {
            Some(killed) if range.start < self.cursor => killed.insert_str(0, &cut),
            Some(killed) => killed.push_str(&cut),
            None => self.keep(cut),
        }
        self.splice(range, "");
        self.rest();
        self.last = Last::Cutting;
    }
}

fn cased(text: &str, case: Case) -> String {
    match case {
        Case::Upper => text.to_uppercase(),
        Case::Lower => text.to_lowercase(),
        Case::Title => {
            let mut inside = false;
            let mut out = String::with_capacity(text.len());
            for c in text.chars() {
                if inside {
                    out.extend(c.to_lowercase());
                } else {
                    out.extend(c.to_uppercase());
                }
                inside = c.is_alphanumeric();
            }
            out
        }
    }
}
