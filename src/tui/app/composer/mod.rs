//! The composer of one session: the text being written, large pastes and pictures as chips, and the prompts before it.
//! What Enter means for it is in `written`, how it is drawn in `drawn`, how it goes through the past in `past`.

pub mod drawn;
pub mod past;
pub mod written;

use std::borrow::Cow;
use std::ops::Range;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::agent::visible::clean;
use crate::protocol::image::Image;
use crate::tui::app::chip::{
    Chip, Kept, LONGEST_TEXT, Paste, is_large, place, sign, unkept, without_signs,
};
use crate::tui::app::composer::drawn::cells_of;
use crate::tui::app::composer::past::Past;
use crate::tui::app::keymap::Action;
use crate::tui::app::lines::is_chip;
use crate::tui::app::picture::mentions;
use crate::tui::app::text::Text;
use crate::tui::app::text::edit::Case;
use crate::tui::app::vim::{Mode, Outcome, Press, Vim};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Composer {
    pub text: Text,
    /// Keys of vi, where they are wished for; else it stays in INSERT.
    pub vim: Vim,
    /// The large pastes and pictures, in the order they came: the character of each in the text says its place here.
    chips: Vec<Chip>,
    /// Paths that were found to be no picture: they stay text.
    pub refused: Vec<String>,
    past: Past,
    /// The chip that is being edited elsewhere.
    opened: Option<usize>,
}

/// What opening a chip came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// There is none at the cursor.
    None,
    /// Its text stands in its place now.
    Here,
    /// It is too long for that: this text is to be edited elsewhere.
    Elsewhere(String),
    /// It cannot be opened: what it is.
    Picture(String),
}

impl Composer {
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// What would be said, in words: chips written out.
    pub fn plain(&self) -> String {
        self.with_chips(Chip::plain)
    }

    /// The same as a draft keeps it: [`Self::restore`] finds the pictures again.
    pub fn kept(&self) -> String {
        self.with_chips(Chip::kept)
    }

    fn with_chips(&self, written: impl Fn(&Chip) -> String) -> String {
        let pieces = self.pieces().into_iter().map(|piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Chip(chip) => written(chip),
        });
        pieces.collect()
    }

    /// Puts a draft in place of what is written.
    pub fn restore(&mut self, kept: &str) {
        let text = self.unkept(kept);
        self.put(&text);
    }

    /// Adds a draft where the cursor is.
    pub fn add(&mut self, kept: &str) {
        let text = self.unkept(kept);
        self.vim.leave_visual();
        self.text.insert(&text);
        self.past = Past::default();
    }

    fn unkept(&mut self, kept: &str) -> String {
        let mut text = String::new();
        for part in unkept(kept) {
            match part {
                Kept::Text(part) => text.push_str(&self.short(&part)),
                Kept::Chip(chip) => text.extend(self.sign_of(chip)),
            }
        }
        text
    }

    /// A text as it stands in the composer: one that is too long to be edited in place as a chip.
    fn short(&mut self, text: &str) -> String {
        let text = without_signs(&clean(text));
        if text.len() <= LONGEST_TEXT {
            return text;
        }
        match self.sign_of(Chip::paste(text)) {
            Some(sign) => sign.to_string(),
            None => String::new(),
        }
    }

    fn put(&mut self, text: &str) {
        self.vim.leave_visual();
        self.text.replace(text);
        self.past = Past::default();
    }

    /// Puts a text in place of what is written that was made of it: pictures are found by their names.
    pub fn rewrite(&mut self, text: &str) {
        let mut text = without_signs(&clean(text));
        for (place, chip) in self.chips.iter().enumerate() {
            if let (Chip::Picture(image), Some(sign)) = (chip, sign(place)) {
                text = text.replacen(&image.marker(), sign.encode_utf8(&mut [0; 4]), 1);
            }
        }
        self.put(&text);
    }

    /// What came back from the editor: the chip that was opened there, else the whole text.
    pub fn edited(&mut self, text: &str) {
        let Some(at) = self.opened.take() else {
            // Looked at and left: its pieces stay pieces.
            if text == self.plain().trim_end_matches('\n') {
                return;
            }
            if text.len() > LONGEST_TEXT {
                let short = self.short(text);
                self.put(&short);
            } else {
                self.rewrite(text);
            }
            return;
        };
        let Some(old) = sign(at).and_then(|sign| {
            let from = self.text.as_str().find(sign)?;
            Some(from..from + sign.len_utf8())
        }) else {
            return;
        };
        // Another chip, so that undoing brings the old one back.
        if let Some(new) = self.sign_of(Chip::paste(without_signs(&clean(text)))) {
            self.text.replace_range(old, new.encode_utf8(&mut [0; 4]));
        }
    }

    /// Nothing was edited after all.
    pub fn unopened(&mut self) {
        self.opened = None;
    }

    /// The chip the cursor is before, else the one it is behind.
    fn chip_here(&self) -> Option<(usize, Range<usize>)> {
        let (text, at) = (self.text.as_str(), self.text.cursor());
        let known = |c: char| place(c).filter(|&place| place < self.chips.len());
        let after = || {
            let c = text[at..].chars().next()?;
            Some((known(c)?, at..at + c.len_utf8()))
        };
        let before = || {
            let c = text[..at].chars().next_back()?;
            Some((known(c)?, at - c.len_utf8()..at))
        };
        after().or_else(before)
    }

    /// A paste at the cursor can be opened.
    pub fn can_open(&self) -> bool {
        self.chip_here()
            .is_some_and(|(place, _)| matches!(self.chips[place], Chip::Paste(_)))
    }

    /// Opens the chip at the cursor: its text takes its place, or is given to be edited elsewhere.
    pub fn open_chip(&mut self) -> Opened {
        let Some((place, range)) = self.chip_here() else {
            return Opened::None;
        };
        match &self.chips[place] {
            Chip::Paste(paste) if paste.text().len() > LONGEST_TEXT => {
                let text = paste.text().to_owned();
                self.opened = Some(place);
                Opened::Elsewhere(text)
            }
            Chip::Paste(paste) => {
                let text = paste.text().to_owned();
                self.text.replace_range(range, &text);
                Opened::Here
            }
            chip => Opened::Picture(chip.label().into_owned()),
        }
    }

    /// What a command of the person said, put where the cursor is.
    pub fn quote(&mut self, command: &str, output: &str) {
        let paste = Paste::said(
            &without_signs(&clean(command)),
            &without_signs(&clean(output)),
        );
        if let Some(sign) = self.sign_of(Chip::Paste(paste)) {
            // It comes by itself: what is selected stays.
            let at = self.text.cursor();
            self.vim.leave_visual();
            self.text
                .replace_range(at..at, sign.encode_utf8(&mut [0; 4]));
        }
    }

    /// The pictures in the text.
    pub fn images(&self) -> Vec<&Image> {
        let images = self.pieces().into_iter().filter_map(|piece| match piece {
            Piece::Chip(Chip::Picture(image)) => Some(image),
            _ => None,
        });
        images.collect()
    }

    /// Begins to read a picture: a chip stands where the cursor is, or in place of a part of the text, until it is there.
    /// `false` where no more fit.
    pub fn read(&mut self, number: u64, text: &str, range: Option<Range<usize>>) -> bool {
        let text = without_signs(&clean(text));
        let Some(sign) = self.sign_of(Chip::Reading { number, text }) else {
            return false;
        };
        let sign = String::from(sign);
        match range {
            Some(range) => self.text.replace_range(range, &sign),
            None => self.text.insert(&sign),
        }
        true
    }

    /// A picture is there.
    pub fn has_read(&mut self, number: u64, image: Image) {
        if let Some((_, chip)) = self.reading(number) {
            *chip = Chip::Picture(image);
        }
    }

    /// What was taken for a picture is none: its text stands there again, and is given back.
    pub fn has_not_read(&mut self, number: u64) -> Option<String> {
        let (place, chip) = self.reading(number)?;
        let text = chip.plain();
        // Undoing can bring it back: as what was pasted.
        *chip = Chip::paste(text.clone());
        let sign = sign(place)?;
        if let Some(at) = self.text.as_str().find(sign) {
            self.text.replace_range(at..at + sign.len_utf8(), &text);
        }
        self.refused
            .extend(mentions(&text).into_iter().map(|mention| mention.path));
        Some(text)
    }

    fn reading(&mut self, number: u64) -> Option<(usize, &mut Chip)> {
        let mut chips = self.chips.iter_mut().enumerate();
        chips.find(|(_, chip)| matches!(chip, Chip::Reading { number: own, .. } if *own == number))
    }

    /// A picture in the text is still being read.
    pub fn is_reading(&self) -> bool {
        let mut pieces = self.pieces().into_iter();
        pieces.any(|piece| matches!(piece, Piece::Chip(Chip::Reading { .. })))
    }

    fn sign_of(&mut self, chip: Chip) -> Option<char> {
        let sign = sign(self.chips.len())?;
        self.chips.push(chip);
        Some(sign)
    }

    pub fn set(&mut self, text: &str) {
        let text = self.short(text);
        self.put(&text);
    }

    pub fn clear(&mut self) {
        self.put("");
    }

    /// What is written was sent: an empty composer, with what was cut still at hand.
    pub fn renew(&mut self) {
        self.text.renew();
        self.vim.insert(&mut self.text);
        // What can be put back or done again may name one.
        if !self.text.cuts_have(is_chip) && !self.vim.types(is_chip) {
            self.chips.clear();
        }
        self.refused.clear();
        self.past = Past::default();
        self.opened = None;
    }

    /// Typing begins, whatever the keys of vi were at.
    pub fn type_on(&mut self) {
        if self.vim.mode() != Mode::Insert {
            self.vim.insert(&mut self.text);
        }
    }

    /// Pasted text: as it is when short, as a chip when large. Control characters never enter.
    pub fn paste(&mut self, pasted: &str) {
        let lines = if pasted.contains('\r') {
            Cow::Owned(pasted.replace("\r\n", "\n").replace('\r', "\n"))
        } else {
            Cow::Borrowed(pasted)
        };
        let pasted = without_signs(&clean(&lines));
        self.vim.leave_visual();
        if !is_large(&pasted) {
            self.text.insert(&pasted);
        } else if let Some(sign) = self.sign_of(Chip::paste(pasted)) {
            self.text.insert(sign.encode_utf8(&mut [0; 4]));
        }
    }

    /// Types a character; `true` when the key was one.
    pub fn type_key(&mut self, key: KeyEvent) -> bool {
        let KeyCode::Char(c) = key.code else {
            return false;
        };
        if key
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SUPER)
            || c.is_control()
            || is_chip(c)
        {
            return false;
        }
        self.text.type_char(c);
        self.past = Past::default();
        true
    }

    /// Moves and changes; `true` when the action was one of these. `past` are the prompts of before, newest first.
    pub fn act(&mut self, action: Action, width: usize, past: &[String]) -> bool {
        let text = &mut self.text;
        match action {
            Action::NewLine => text.insert("\n"),
            Action::Left => text.left(),
            Action::Right => text.right(),
            Action::WordLeft => text.word_left(),
            Action::WordRight => text.word_right(),
            Action::LineStart => text.line_start(),
            Action::LineEnd => text.line_end(),
            Action::TextStart => text.start(),
            Action::TextEnd => text.end(),
            Action::SelectLeft => text.extend(Text::left),
            Action::SelectRight => text.extend(Text::right),
            Action::SelectWordLeft => text.extend(Text::word_left),
            Action::SelectWordRight => text.extend(Text::word_right),
            Action::SelectLineStart => text.extend(Text::line_start),
            Action::SelectLineEnd => text.extend(Text::line_end),
            Action::SelectUp => text.extend(|text| {
                if !text.up(width, cells_of(&self.chips)) {
                    text.start();
                }
            }),
            Action::SelectDown => text.extend(|text| {
                if !text.down(width, cells_of(&self.chips)) {
                    text.end();
                }
            }),
            Action::Copy => {
                text.copy();
            }
            Action::Backspace => text.backspace(),
            Action::Delete => text.delete(),
            Action::KillLine => text.kill_line(),
            Action::KillToStart => text.kill_to_start(),
            Action::KillWord => text.kill_word(),
            Action::KillWordAfter => text.kill_word_after(),
            Action::Yank => text.yank(),
            Action::YankOlder => {
                text.yank_older();
            }
            Action::Transpose => text.transpose(),
            Action::TransposeWords => text.transpose_words(),
            Action::Upper => text.change_case(Case::Upper),
            Action::Lower => text.change_case(Case::Lower),
            Action::Capital => text.change_case(Case::Title),
            Action::Undo => text.undo(),
            Action::Redo => {
                text.redo();
            }
            Action::Up => self.vertical(-1, width, past),
            Action::Down => self.vertical(1, width, past),
            _ => return false,
        }
        true
    }

    /// Goes drawn rows up or down; by one row from the first or the last into the past or back.
    fn vertical(&mut self, rows: isize, width: usize, past: &[String]) {
        if !self.text.rows_on(width, rows, cells_of(&self.chips)) {
            match rows {
                -1 => self.older(past),
                1 => self.newer(past),
                _ => {}
            }
        }
    }

    /// A key of the vi preset; `false` when it means what it means without it.
    pub fn vim_key(&mut self, press: Press, width: usize, past: &[String]) -> bool {
        let before = self.text.as_str().len();
        let taken = match self.vim.key(&mut self.text, press) {
            Outcome::Passed => return false,
            Outcome::Taken => true,
            Outcome::Vertical(rows) if self.vim.mode() == Mode::Normal => {
                self.vertical(rows, width, past);
                true
            }
            Outcome::Vertical(rows) => {
                self.text.rows_on(width, rows, cells_of(&self.chips));
                true
            }
        };
        if before != self.text.as_str().len() && self.vim.mode() == Mode::Insert {
            // The text is another one now, not one of the past.
            self.past.leave();
        }
        self.vim.settle(&mut self.text);
        taken
    }

    fn pieces(&self) -> Vec<Piece<'_>> {
        let text = self.text.as_str();
        let mut pieces = Vec::new();
        let mut from = 0;
        for (at, c) in text.char_indices() {
            if let Some(chip) = place(c).and_then(|place| self.chips.get(place)) {
                if from < at {
                    pieces.push(Piece::Text(&text[from..at]));
                }
                pieces.push(Piece::Chip(chip));
                from = at + c.len_utf8();
            }
        }
        if from < text.len() {
            pieces.push(Piece::Text(&text[from..]));
        }
        pieces
    }
}

enum Piece<'a> {
    Text(&'a str),
    Chip(&'a Chip),
}

#[cfg(test)]
mod tests;
