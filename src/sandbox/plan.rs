//! What a command may reach, as plain data: the engine's side writes it, the helper reads it and builds the walls from it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::protocol::sandbox::Network;

/// The temporary folder as namespaces call it: what is written there by name is its own too.
pub(crate) const TEMPORARY: &str = "/tmp";

/// Which walls are raised around a command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Walls {
    /// None: the command is the person's own, or they said that it may.
    #[default]
    None,
    /// Those of the kernel, as far as it has them.
    Kernel,
    /// The same within namespaces that this program makes.
    Namespaces { bubblewrap: PathBuf },
}

impl Walls {
    /// What the temporary folder is called within.
    pub fn temporary(&self, folder: &Path) -> PathBuf {
        match self {
            Self::Namespaces { .. } => PathBuf::from(TEMPORARY),
            Self::None | Self::Kernel => folder.to_owned(),
        }
    }
}

/// The plan of one command. Paths are absolute; what is not there is left out when the walls are raised.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub walls: Walls,
    /// Where it starts.
    pub cwd: PathBuf,
    /// Read and run from here down.
    pub read: Vec<PathBuf>,
    /// But not these, nor what lies below them, unless it is also in `write`.
    pub closed: Vec<PathBuf>,
    /// Read, run and written from here down.
    pub write: Vec<PathBuf>,
    /// Within `write`, and read-only all the same: held by namespaces alone, since the kernel's walls only ever add.
    pub guarded: Vec<PathBuf>,
    /// Folders that git writes in itself, so that nothing holds them: told where they are led elsewhere.
    #[serde(default)]
    pub watched: Vec<PathBuf>,
    /// Its own temporary folder, one of `write`.
    pub temporary: PathBuf,
    pub network: Network,
}
