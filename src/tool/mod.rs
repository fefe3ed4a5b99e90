//! Hands: what the model may ask for. Each tool is `NAME.rs` with `NAME.md` beside it, the words the model reads; one table
//! lists them all.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::config::LimitConfig;
use crate::protocol::ask::Subject;
use crate::protocol::call::{Outcome, Reach, ToolSpec};

/// One tool.
pub trait Tool: Send + Sync {
    fn spec(&self) -> &ToolSpec;

    /// What a call would touch, worked out from its arguments alone: no file is opened. The error is what the model is told.
    fn reach(&self, input: &Value, place: &Place) -> Result<Vec<Reach>, String>;

    /// What exactly would happen, for the person who decides. May read files (a change is shown as a diff).
    fn subject(&self, input: &Value, scene: &Scene) -> Result<Subject, String>;

    /// Several calls that only read may run side by side.
    fn only_reads(&self) -> bool;

    fn run(&self, input: Value, scene: Scene) -> BoxFuture<'static, Ended>;
}

/// How a call ended, with its whole output where the model reads only a part.
#[derive(Debug)]
pub struct Ended {
    pub outcome: Outcome,
    /// Kept as a blob by the engine, which then fills in `outcome.whole`. Present exactly when `outcome.text` was cut;
    /// the text then names it as `output:NUMBER` with [`Scene::number`].
    pub whole: Option<Vec<u8>>,
}

/// Where a session works.
#[derive(Debug, Clone)]
pub struct Place {
    /// The folder relative paths start from, canonical.
    pub cwd: PathBuf,
    /// The folders that count as inside: the session's folder and its project. Never the home folder or `/`.
    pub roots: Vec<PathBuf>,
}

/// All a running call may use.
#[derive(Clone)]
pub struct Scene {
    pub place: Place,
    /// The number under which this call's whole output is kept.
    pub number: u32,
    pub limits: LimitConfig,
    /// Hash of each file's bytes as this session last read or wrote them, by absolute path.
    pub seen: Arc<Mutex<HashMap<PathBuf, [u8; 32]>>>,
    /// Gives the whole bytes of an earlier output by its number.
    pub output: Arc<dyn Fn(u32) -> BoxFuture<'static, Option<Vec<u8>>> + Send + Sync>,
    /// Takes the newest lines of a running command; cheap, never blocks.
    pub tail: Arc<dyn Fn(&str) + Send + Sync>,
    /// Cancelled when the person stops the turn: the tool ends within 100 ms, its process group dead.
    pub stop: CancellationToken,
}

impl Place {
    /// Whether a normalised absolute path lies inside.
    pub fn contains(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| path.starts_with(root))
    }
}
