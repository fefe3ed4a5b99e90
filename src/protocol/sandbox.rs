//! What holds a command: the measured level, the network, and what is known of its process before it begins.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::protocol::call::Untrusted;

/// What the sandbox was measured to hold, from nothing to most. Never what was hoped for: a child tries what is forbidden, and
/// this is what came of it.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// A command has all rights of the person.
    #[default]
    None,
    /// Something holds, but not both files and network.
    Partial,
    /// Files are read and written only where a plan says so, and the network is off. Names, modes and times of files elsewhere
    /// can be seen, and modes and times changed.
    Restricted,
    /// The same in namespaces of its own: other processes are not seen, and what is protected in the folder is read-only.
    Contained,
}

impl Level {
    /// As it is written for a person.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Partial => "partial",
            Self::Restricted => "restricted",
            Self::Contained => "contained",
        }
    }

    /// Whether a command may run at it by a rule or a mode alone.
    pub fn holds(self) -> bool {
        self >= Self::Restricted
    }

    /// What it means for a command, in a few words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::None => "a command runs with all your rights",
            Self::Partial => "files are NOT protected from a command",
            Self::Restricted => {
                "a command reads and writes files only where it may; of other files it can change mode and times"
            }
            Self::Contained => "a command sees and changes only what it may",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What the sandbox of an engine comes to, for those who show it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hold {
    pub level: Level,
    /// The person said that commands run without it.
    pub given_up: bool,
    /// Why the level is not the highest, in one line; empty where it is.
    pub lacks: String,
}

impl Hold {
    /// Whether commands run by rules and modes: within walls, or without them as the person wished.
    pub fn lets_run(&self) -> bool {
        self.given_up || self.level.holds()
    }
}

/// Whether a command may connect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    #[default]
    Off,
    On,
}

impl Network {
    pub fn is_off(&self) -> bool {
        *self == Self::Off
    }
}

/// The process of a command as it is before the command begins: it waits, and goes on once this is on the disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Birth {
    /// Its number, and that of its group.
    pub pid: u32,
    /// When it was started, in ticks of the system since its start: with `boot` this names a process for good. `None` where the
    /// system does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticks: Option<u64>,
    /// The start of the system it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<String>,
    /// SHA-256 of the vector it will run, each word ended by a NUL.
    pub argv: String,
    pub level: Level,
    #[serde(default, skip_serializing_if = "Network::is_off")]
    pub network: Network,
    /// What it puts out goes into this; not known in logs from before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipe: Option<Pipe>,
    /// What of what it may read nobody trusted wrote: it counts however the command ends, and where nobody sees it end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untrusted: Option<Untrusted>,
}

/// What names a pipe among all of the system while it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pipe {
    pub device: u64,
    pub inode: u64,
}
