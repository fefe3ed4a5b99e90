//! A picture that belongs to what the person said: what it is called and where its bytes are. The bytes are a blob of the
//! log, never part of a fact.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A picture as it is sent: of its file, or made smaller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// The name of its file, on one line.
    pub name: String,
    pub kind: ImageKind,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Of its bytes: the name of the blob.
    pub hash: String,
    pub bytes: u64,
}

/// The forms that every vendor takes. Others (GIF) become one of these before they are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageKind {
    Png,
    Jpeg,
    Webp,
}

impl ImageKind {
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }
}

impl Image {
    /// As a person sees it: `[picture.png 1280x720]`.
    pub fn chip(&self) -> String {
        format!("[{} {}x{}]", self.name, self.width, self.height)
    }

    /// Where it stands in a text: `[image picture.png 1280x720]`.
    pub fn marker(&self) -> String {
        format!("[image {} {}x{}]", self.name, self.width, self.height)
    }

    /// In place of a picture that is not sent: `[image picture.png 1280x720, not sent: WHY]`.
    pub fn unsent(&self, why: &str) -> String {
        format!(
            "[image {} {}x{}, not sent: {why}]",
            self.name, self.width, self.height
        )
    }
}

/// Where a picture comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A file, as a person or a terminal writes its path: relative to `folder`, `~/` being the person's own, or `file://`.
    File { path: String, folder: PathBuf },
    /// Its bytes, and what it shall be called.
    Bytes { name: String, bytes: Vec<u8> },
}
