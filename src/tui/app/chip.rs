//! What stands in a composer as one piece: a large paste, what a command said, a picture. In the text each is one private
//! character, so that moving, cutting and undoing text moves, cuts and undoes chips.

use std::borrow::Cow;

use crate::agent::visible::brief;
use crate::protocol::image::Image;
use crate::protocol::item::Block;
use crate::tui::app::lines::is_chip;

/// A paste above either becomes a chip.
const CHIP_LINES: usize = 8;
const CHIP_CHARS: usize = 800;

/// A longer text is laid out too slowly to be edited in place: 64 KiB take about a millisecond.
pub const LONGEST_TEXT: usize = 64 << 10;

/// Cells of a command's name on its chip.
const COMMAND: usize = 24;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chip {
    Paste(Paste),
    Picture(Image),
    /// A picture that is being read: the number of its request, and the text that comes back if it is none.
    Reading {
        number: u64,
        text: String,
    },
}

/// A text that stands as one character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paste {
    /// As it is drawn: `[pasted 212 lines]`. Counted once: the text may be ten million characters long.
    label: String,
    text: String,
}

impl Paste {
    pub fn new(text: String) -> Self {
        let label = match text.lines().count() {
            0 | 1 => format!("[pasted {} characters]", text.chars().count()),
            lines => format!("[pasted {lines} lines]"),
        };
        Self { label, text }
    }

    /// What a command of the person said.
    pub fn said(command: &str, output: &str) -> Self {
        let lines = match output.lines().count() {
            1 => "1 line".to_owned(),
            lines => format!("{lines} lines"),
        };
        Self {
            label: format!("[! {}, {lines}]", brief(command, COMMAND)),
            text: format!("$ {command}\n{output}"),
        }
    }

    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Chip {
    pub fn paste(text: String) -> Self {
        Self::Paste(Paste::new(text))
    }

    /// As it is drawn: `[pasted 212 lines]`, `[picture.png 1280x720]`.
    pub fn label(&self) -> Cow<'_, str> {
        match self {
            Self::Paste(paste) => Cow::Borrowed(&paste.label),
            Self::Picture(image) => Cow::Owned(image.chip()),
            Self::Reading { .. } => Cow::Borrowed("[picture …]"),
        }
    }

    /// In words.
    pub fn plain(&self) -> String {
        match self {
            Self::Paste(paste) => paste.text.clone(),
            Self::Reading { text, .. } => text.clone(),
            Self::Picture(image) => image.marker(),
        }
    }

    /// As a draft keeps it: as what it is, between two signs that no text has.
    pub fn kept(&self) -> String {
        match self {
            Self::Picture(image) => kept(image),
            Self::Paste(paste) => kept_paste(paste),
            chip @ Self::Reading { .. } => chip.plain(),
        }
    }
}

/// Whether a pasted text becomes a chip.
pub fn is_large(pasted: &str) -> bool {
    // Counted only as far as it matters.
    pasted.lines().nth(CHIP_LINES).is_some() || pasted.chars().nth(CHIP_CHARS).is_some()
}

/// Encloses a chip in a draft.
const FRAME: char = '\u{100000}';
/// Begins a paste there; a picture begins with the brace of its JSON.
const PASTE: &str = "paste ";

fn kept(image: &Image) -> String {
    let body = serde_json::to_string(image).unwrap_or_default();
    format!("{FRAME}{}{FRAME}", without_signs(&body))
}

fn kept_paste(paste: &Paste) -> String {
    let label = paste.label.replace('\n', " ");
    format!("{FRAME}{PASTE}{label}\n{}{FRAME}", paste.text)
}

/// What was said, as a draft keeps it.
pub fn kept_blocks(blocks: &[Block]) -> String {
    let kept = blocks.iter().map(|block| match block {
        Block::Image { image } => kept(image),
        Block::Paste { text } => kept_paste(&Paste::new(without_signs(text))),
        block @ Block::Text { .. } => without_signs(&block.as_text()),
    });
    kept.collect::<Vec<_>>().join("\n\n")
}

/// A part of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    Text(String),
    Chip(Chip),
}

/// A draft as the texts and chips it was made of, in order.
pub fn unkept(draft: &str) -> Vec<Kept> {
    let parts = draft.split(FRAME).enumerate();
    let pieces = parts.filter(|(_, part)| !part.is_empty());
    pieces
        .map(|(index, part)| {
            let chip = (index % 2 == 1).then(|| framed(part)).flatten();
            chip.map_or_else(|| Kept::Text(without_signs(part)), Kept::Chip)
        })
        .collect()
}

fn framed(part: &str) -> Option<Chip> {
    if let Some(paste) = part.strip_prefix(PASTE) {
        let (label, text) = paste.split_once('\n')?;
        return Some(Chip::Paste(Paste {
            label: label.to_owned(),
            text: without_signs(text),
        }));
    }
    serde_json::from_str(part).ok().map(Chip::Picture)
}

/// A draft in words, as a list shows it: each chip as its label.
pub fn told(draft: &str) -> String {
    let parts = unkept(draft).into_iter().map(|part| match part {
        Kept::Text(text) => text,
        Kept::Chip(chip) => chip.label().into_owned(),
    });
    parts.collect()
}

/// The character that stands for the chip at a place; `None` when there are more than a private plane holds.
pub fn sign(place: usize) -> Option<char> {
    char::from_u32(0x10_0000 + u32::try_from(place).ok()?).filter(|&c| is_chip(c))
}

pub fn place(c: char) -> Option<usize> {
    is_chip(c).then(|| c as usize - 0x10_0000)
}

/// Text from outside never brings a sign of its own.
pub fn without_signs(text: &str) -> String {
    // All signs are four bytes that begin alike: most texts have none, and are copied at once.
    if !text.as_bytes().contains(&0xf4) {
        return text.to_owned();
    }
    text.chars().filter(|&c| !is_chip(c)).collect()
}
