//! A place in a line and the tokens found so far. Every byte of the line gets an ink: what is passed over is plain.

use std::ops::Range;

use crate::tui::widget::paint::Ink;

#[derive(Debug)]
pub struct Cursor<'a, 'o> {
    text: &'a str,
    bytes: &'a [u8],
    /// The next byte to look at; always between two characters.
    at: usize,
    /// Up to here every byte has its ink.
    inked: usize,
    out: &'o mut Vec<(Range<u32>, Ink)>,
}

impl<'a, 'o> Cursor<'a, 'o> {
    pub fn new(text: &'a str, out: &'o mut Vec<(Range<u32>, Ink)>) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            inked: 0,
            out,
        }
    }

    pub fn at(&self) -> usize {
        self.at
    }

    /// The whole line.
    pub fn line(&self) -> &'a str {
        self.text
    }

    pub fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    /// The byte here; 0 at the end.
    pub fn peek(&self) -> u8 {
        self.ahead(0)
    }

    /// The byte `count` further; 0 beyond the end.
    pub fn ahead(&self, count: usize) -> u8 {
        self.bytes.get(self.at + count).copied().unwrap_or(0)
    }

    /// The byte before this place; 0 at the start.
    pub fn behind(&self) -> u8 {
        self.at
            .checked_sub(1)
            .and_then(|index| self.bytes.get(index))
            .copied()
            .unwrap_or(0)
    }

    pub fn ended(&self) -> bool {
        self.at >= self.bytes.len()
    }

    pub fn starts(&self, text: &str) -> bool {
        self.bytes[self.at..].starts_with(text.as_bytes())
    }

    /// Passes over one character.
    pub fn step(&mut self) {
        self.at += 1;
        while self
            .bytes
            .get(self.at)
            .is_some_and(|byte| byte & 0xc0 == 0x80)
        {
            self.at += 1;
        }
        self.at = self.at.min(self.bytes.len());
    }

    /// Passes over a number of bytes, and on to the end of a character.
    pub fn skip(&mut self, bytes: usize) {
        self.at = (self.at + bytes).min(self.bytes.len());
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
    }

    pub fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        while self.bytes.get(self.at).is_some_and(|&byte| wanted(byte)) {
            self.at += 1;
        }
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
    }

    pub fn skip_blanks(&mut self) {
        self.skip_while(|byte| matches!(byte, b' ' | b'\t'));
    }

    pub fn to_end(&mut self) {
        self.at = self.bytes.len();
    }

    /// Gives what was passed over since the last call an ink.
    pub fn ink(&mut self, ink: Ink) {
        self.ink_to(self.at, ink);
    }

    /// Gives what lies between `start` and here an ink; what lies before it and has none is plain.
    pub fn ink_from(&mut self, start: usize, ink: Ink) {
        self.ink_to(start, Ink::Plain);
        self.ink_to(self.at, ink);
    }

    /// Closes the line of `length` bytes, of which the cursor may have seen a part.
    pub fn finish(&mut self, length: usize) {
        self.ink_to(length, Ink::Plain);
    }

    fn ink_to(&mut self, end: usize, ink: Ink) {
        if end <= self.inked {
            return;
        }
        let (start, end) = (self.inked as u32, end as u32);
        self.inked = end as usize;
        match self.out.last_mut() {
            Some((range, last)) if *last == ink && range.end == start && start > 0 => {
                range.end = end;
            }
            _ => self.out.push((start..end, ink)),
        }
    }
}

/// A byte that names are made of; every character beyond ASCII counts as a letter.
pub fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

pub fn starts_name(byte: u8) -> bool {
    is_name(byte) && !byte.is_ascii_digit()
}

/// A word as sixteen bits, for what a state must know again and cannot hold.
pub fn digest(word: &str) -> u16 {
    let mut hash = 0x811c_9dc5_u32;
    for byte in word.bytes() {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    (hash ^ (hash >> 16)) as u16
}
