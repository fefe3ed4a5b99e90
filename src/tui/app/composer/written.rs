//! What Enter means for what is written.

use crate::protocol::item::Block;
use crate::tui::app::chip::Chip;
use crate::tui::app::composer::{Composer, Piece};
use crate::tui::app::keymap::chord::narrow;

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
    Shell {
        command: String,
        /// `!! command`: what it says comes into the composer, for the model.
        quoted: bool,
    },
}

impl Composer {
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
            Some('!') => {
                let rest = chars.as_str();
                let twice = chars.next().map(narrow) == Some('!');
                let command = if twice { chars.as_str() } else { rest }.trim();
                if command.is_empty() {
                    return Written::Nothing;
                }
                Written::Shell {
                    command: command.to_owned(),
                    quoted: twice,
                }
            }
            _ => Written::Prompt(self.blocks()),
        }
    }

    /// A command for the shell is being written: once or twice marked.
    pub fn shells(&self) -> bool {
        let text = self.text.as_str().trim_start();
        text.chars().next().map(narrow) == Some('!')
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
}
