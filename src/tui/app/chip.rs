//! What stands in a composer as one piece: a large paste, a picture. In the text each is one private character, so that
//! moving, cutting and undoing text moves, cuts and undoes chips.

use crate::protocol::image::Image;
use crate::protocol::item::Block;
use crate::tui::app::lines::is_chip;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chip {
    Paste(String),
    Picture(Image),
    /// A picture that is being read: the number of its request, and the text that comes back if it is none.
    Reading {
        number: u64,
        text: String,
    },
}

impl Chip {
    /// As it is drawn: `[pasted 212 lines]`, `[picture.png 1280x720]`.
    pub fn label(&self) -> String {
        match self {
            Self::Paste(paste) => match paste.lines().count() {
                0 | 1 => format!("[pasted {} characters]", paste.chars().count()),
                lines => format!("[pasted {lines} lines]"),
            },
            Self::Picture(image) => image.chip(),
            Self::Reading { .. } => "[picture …]".to_owned(),
        }
    }

    /// In words.
    pub fn plain(&self) -> String {
        match self {
            Self::Paste(text) | Self::Reading { text, .. } => text.clone(),
            Self::Picture(image) => image.marker(),
        }
    }

    /// As a draft keeps it: a picture as what it is, between two signs that no text has.
    pub fn kept(&self) -> String {
        match self {
            Self::Picture(image) => kept(image),
            chip => chip.plain(),
        }
    }
}

/// Encloses a picture in a draft.
const FRAME: char = '\u{100000}';

fn kept(image: &Image) -> String {
    let body = serde_json::to_string(image).unwrap_or_default();
    format!("{FRAME}{}{FRAME}", without_signs(&body))
}

/// What was said, as a draft keeps it.
pub fn kept_blocks(blocks: &[Block]) -> String {
    let kept = blocks.iter().map(|block| match block {
        Block::Image { image } => kept(image),
        block => without_signs(&block.as_text()),
    });
    kept.collect::<Vec<_>>().join("\n\n")
}

/// A draft as the text and the pictures it was made of, in order.
pub fn unkept(draft: &str) -> Vec<Result<String, Image>> {
    let parts = draft.split(FRAME).enumerate();
    let pieces = parts.filter(|(_, part)| !part.is_empty());
    pieces
        .map(|(index, part)| match serde_json::from_str(part) {
            Ok(image) if index % 2 == 1 => Err(image),
            _ => Ok(without_signs(part)),
        })
        .collect()
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
    text.chars().filter(|&c| !is_chip(c)).collect()
}
