//! The composer of one session: the text being written, large pastes and pictures as chips, and the prompts before it.

use std::ops::Range;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::agent::visible::clean;
use crate::protocol::image::Image;
use crate::protocol::item::Block;
use crate::tui::app::chip::{Chip, place, sign, unkept, without_signs};
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::chord::narrow;
use crate::tui::app::lines::{Row, cell_width, is_chip, row_of};
use crate::tui::app::picture::mentions;
use crate::tui::app::text::Text;

/// A paste above either becomes a chip.
const CHIP_LINES: usize = 8;
const CHIP_CHARS: usize = 800;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Composer {
    pub text: Text,
    /// The large pastes and pictures, in the order they came: the character of each in the text says its place here.
    chips: Vec<Chip>,
    /// Paths that were found to be no picture: they stay text.
    pub refused: Vec<String>,
    /// The prompts of the past, newest first, and where Up has gone.
    past: Option<usize>,
    /// What was being written when Up first went into the past.
    stash: String,
}

/// What Enter means for what is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    Nothing,
    Prompt(Vec<Block>),
    /// `/name rest`.
    Slash {
        name: String,
        rest: String,
    },
    /// `! command`.
    Shell(String),
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
        let pieces = unkept(kept).into_iter().map(|piece| match piece {
            Ok(text) => text,
            Err(image) => self
                .sign_of(Chip::Picture(image))
                .map(String::from)
                .unwrap_or_default(),
        });
        let text: String = pieces.collect();
        self.text.replace(&text);
        self.past = None;
    }

    /// Puts a text in place of what is written that was made of it: pictures are found by their names.
    pub fn rewrite(&mut self, text: &str) {
        let mut text = without_signs(text);
        for (place, chip) in self.chips.iter().enumerate() {
            if let (Chip::Picture(image), Some(sign)) = (chip, sign(place)) {
                text = text.replacen(&image.marker(), sign.encode_utf8(&mut [0; 4]), 1);
            }
        }
        self.text.replace(&text);
        self.past = None;
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
        *chip = Chip::Paste(text.clone());
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
        self.text.replace(&without_signs(text));
        self.past = None;
    }

    pub fn clear(&mut self) {
        self.text.replace("");
        self.past = None;
    }

    /// Pasted text: as it is when short, as a chip when large. Control characters never enter.
    pub fn paste(&mut self, pasted: &str) {
        let pasted = without_signs(&clean(&pasted.replace("\r\n", "\n").replace('\r', "\n")));
        let large = pasted.lines().count() > CHIP_LINES || pasted.chars().count() > CHIP_CHARS;
        let sign = large
            .then(|| self.sign_of(Chip::Paste(pasted.clone())))
            .flatten();
        match sign {
            Some(sign) => self.text.insert(sign.encode_utf8(&mut [0; 4])),
            None => self.text.insert(&pasted),
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
        self.past = None;
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
            Action::Backspace => text.backspace(),
            Action::Delete => text.delete(),
            Action::KillLine => text.kill_line(),
            Action::KillToStart => text.kill_to_start(),
            Action::KillWord => text.kill_word(),
            Action::KillWordAfter => text.kill_word_after(),
            Action::Yank => text.yank(),
            Action::Undo => text.undo(),
            Action::Redo => text.redo(),
            Action::Up => {
                if !text.up(width) {
                    self.older(past);
                }
            }
            Action::Down => {
                if !text.down(width) {
                    self.newer(past);
                }
            }
            _ => return false,
        }
        true
    }

    pub fn written(&self) -> Written {
        let plain = self.plain();
        let trimmed = plain.trim();
        if trimmed.is_empty() {
            return Written::Nothing;
        }
        let mut chars = trimmed.chars();
        match chars.next().map(narrow) {
            Some('/') => {
                let rest = chars.as_str();
                let (name, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                // A path is a text: commands have no slash in their names.
                if name
                    .chars()
                    .all(|c| c.is_alphanumeric() || c == '-' || c == '_')
                    && !name.is_empty()
                {
                    return Written::Slash {
                        name: name.to_lowercase(),
                        rest: rest.trim().to_owned(),
                    };
                }
                Written::Prompt(self.blocks())
            }
            Some('!') => match chars.as_str().trim() {
                "" => Written::Nothing,
                command => Written::Shell(command.to_owned()),
            },
            _ => Written::Prompt(self.blocks()),
        }
    }

    /// The start of a command that is being typed, without its slash: what a list of commands is narrowed by.
    pub fn slash_prefix(&self) -> Option<&str> {
        let text = self.text.as_str();
        let first = text.chars().next()?;
        let rest = &text[first.len_utf8()..];
        (narrow(first) == '/' && !rest.contains(|c: char| c.is_whitespace() || narrow(c) == '/'))
            .then_some(rest)
    }

    /// The parts of the message, in order; pastes stay apart.
    fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        for piece in self.pieces() {
            match piece {
                Piece::Text(text) if text.trim().is_empty() => {}
                Piece::Text(text) => blocks.push(Block::text(text.trim_matches('\n'))),
                Piece::Chip(Chip::Picture(image)) => blocks.push(Block::Image {
                    image: image.clone(),
                }),
                Piece::Chip(chip) => blocks.push(Block::Paste { text: chip.plain() }),
            }
        }
        if let [Block::Text { text }] = blocks.as_mut_slice() {
            *text = text.trim().to_owned();
        }
        blocks
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

    /// The rows as drawn, each with what is drawn, and the cursor's row and column.
    pub fn drawn(&self, width: usize) -> Drawn {
        let rows = self.text.rows(width, |grapheme| self.cells(grapheme));
        let row = row_of(&rows, self.text.cursor());
        let column = self
            .shown(Row {
                start: rows[row].start,
                end: self.text.cursor(),
            })
            .width();
        Drawn {
            lines: rows.iter().map(|&row| self.shown(row)).collect(),
            row,
            column,
        }
    }

    fn shown(&self, row: Row) -> String {
        let mut out = String::new();
        for grapheme in self.text.as_str()[row.start..row.end].graphemes(true) {
            match self.chip(grapheme) {
                Some(label) => out.push_str(&label),
                None if grapheme == "\t" => out.push_str("    "),
                None => out.push_str(grapheme),
            }
        }
        out
    }

    fn cells(&self, grapheme: &str) -> usize {
        self.chip(grapheme)
            .map_or_else(|| cell_width(grapheme), |label| label.width())
    }

    fn chip(&self, grapheme: &str) -> Option<String> {
        let chip = self.chips.get(place(grapheme.chars().next()?)?)?;
        Some(chip.label())
    }

    fn older(&mut self, past: &[String]) {
        let next = self.past.map_or(0, |index| index + 1);
        let Some(text) = past.get(next) else {
            return;
        };
        if self.past.is_none() {
            self.stash = self.kept();
        }
        self.past = Some(next);
        self.text.replace(&without_signs(text));
    }

    fn newer(&mut self, past: &[String]) {
        let Some(index) = self.past else {
            return;
        };
        let newer = index.checked_sub(1);
        if let Some(newer) = newer {
            let text = past.get(newer).map_or("", String::as_str);
            self.text.replace(&without_signs(text));
        } else {
            let stash = std::mem::take(&mut self.stash);
            self.restore(&stash);
        }
        self.past = newer;
    }
}

/// The composer as rows of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    pub lines: Vec<String>,
    pub row: usize,
    pub column: usize,
}

enum Piece<'a> {
    Text(&'a str),
    Chip(&'a Chip),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Composer {
        let mut composer = Composer::default();
        for c in text.chars() {
            assert!(composer.type_key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
        }
        composer
    }

    #[test]
    fn what_is_written_decides_what_enter_means() {
        let prompt = |text: &str| Written::Prompt(vec![Block::text(text)]);
        let slash = |name: &str, rest: &str| Written::Slash {
            name: name.to_owned(),
            rest: rest.to_owned(),
        };
        let cases = [
            ("", Written::Nothing),
            ("  ", Written::Nothing),
            ("mend it", prompt("mend it")),
            ("/model  a/b ", slash("model", "a/b")),
            ("、help", slash("help", "")),
            ("/Help", slash("help", "")),
            ("/etc/passwd is what", prompt("/etc/passwd is what")),
            ("! ls -l", Written::Shell("ls -l".to_owned())),
            ("！ls", Written::Shell("ls".to_owned())),
            ("!", Written::Nothing),
            ("修一下", prompt("修一下")),
        ];
        for (text, expected) in cases {
            assert_eq!(typed(text).written(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_large_paste_is_a_chip_and_one_character_to_delete() {
        let long = "line\n".repeat(212);
        let mut composer = typed("look: ");
        composer.paste(&long);
        assert_eq!(composer.drawn(60).lines, ["look: [pasted 212 lines]"]);
        assert_eq!(
            composer.written(),
            Written::Prompt(vec![
                Block::text("look: "),
                Block::Paste { text: long.clone() }
            ])
        );
        assert_eq!(composer.plain(), format!("look: {long}"));
        composer.text.backspace();
        assert_eq!(composer.drawn(60).lines, ["look: "]);
        composer.text.undo();
        assert_eq!(composer.drawn(60).lines, ["look: [pasted 212 lines]"]);
    }

    #[test]
    fn a_small_paste_is_text_without_control_sequences() {
        let mut composer = Composer::default();
        composer.paste("a\r\nb\rc\u{1b}[31md\u{100000}");
        assert_eq!(composer.plain(), "a\nb\ncd");
        composer.clear();
        composer.paste(&"x".repeat(801));
        assert_eq!(composer.drawn(60).lines, ["[pasted 801 characters]"]);
    }

    #[test]
    fn up_goes_into_the_past_at_the_top_and_comes_back_with_what_was_written() {
        let past = vec!["newest".to_owned(), "older\nof two lines".to_owned()];
        let mut composer = typed("mine");
        let shown = |composer: &Composer| composer.plain();
        composer.act(Action::Up, 40, &past);
        assert_eq!(shown(&composer), "newest");
        composer.act(Action::Up, 40, &past);
        assert_eq!(shown(&composer), "older\nof two lines");
        composer.act(Action::Up, 40, &past);
        composer.act(Action::Up, 40, &past);
        assert_eq!(shown(&composer), "older\nof two lines");
        composer.act(Action::Down, 40, &past);
        composer.act(Action::Down, 40, &past);
        assert_eq!(shown(&composer), "newest");
        composer.act(Action::Down, 40, &past);
        assert_eq!(shown(&composer), "mine");
    }

    #[test]
    fn the_cursor_stands_where_the_next_character_goes() {
        let mut composer = typed("你好a");
        composer.act(Action::Left, 40, &[]);
        let drawn = composer.drawn(40);
        assert_eq!((drawn.row, drawn.column), (0, 4));
    }
}
