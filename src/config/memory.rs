//! `[memory]`: what of earlier sessions is told by itself.

use crate::config::document::{Document, Section, cut};

pub const MEMORY_KEYS: &[&str] = &["recall"];

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryConfig {
    /// `recall`: default `off`.
    pub recall: Recalls,
}

/// Whether what earlier sessions said is put beside a prompt that it answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Recalls {
    /// Where it clearly does, and somebody sees it.
    Auto,
    /// Never by itself; the model may ask. What a prompt costs is then what was foretold.
    #[default]
    Off,
}

impl Recalls {
    pub const ALL: [Self; 2] = [Self::Auto, Self::Off];

    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Off => "off",
        }
    }
}

pub fn read(document: &mut Document<'_>, top: &Section<'_>) -> MemoryConfig {
    let mut wishes = MemoryConfig::default();
    let Some(section) = document.section(top, "memory", MEMORY_KEYS) else {
        return wishes;
    };
    if let Some((word, span)) = document.text(&section, "recall") {
        match Recalls::ALL.into_iter().find(|known| known.name() == word) {
            Some(recall) => wishes.recall = recall,
            None => document.fault(
                &span,
                &format!("`memory.recall` is `{}`: expected auto or off", cut(&word)),
            ),
        }
    }
    wishes
}
