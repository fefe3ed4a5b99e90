//! A folder, a scene in it and a runtime, for the tests of the tools.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::config::LimitConfig;
use crate::note::Shelf;
use crate::note::line::Link;
use crate::tool::deed::Deed;
use crate::tool::{self, Ended, Place, Scene, Tool, Toolbox};

#[expect(missing_debug_implementations, reason = "only for tests")]
pub struct Trial {
    _folder: tempfile::TempDir,
    pub root: PathBuf,
    pub scene: Scene,
    pub outputs: Arc<Mutex<HashMap<u32, Vec<u8>>>>,
    pub tails: Arc<Mutex<Vec<String>>>,
    runtime: tokio::runtime::Runtime,
}

impl Default for Trial {
    fn default() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The session's folder is one below, so that there is an outside.
        let root = folder.path().canonicalize().unwrap().join("project");
        std::fs::create_dir(&root).unwrap();
        let outputs: Arc<Mutex<HashMap<u32, Vec<u8>>>> = Arc::default();
        let tails: Arc<Mutex<Vec<String>>> = Arc::default();
        let (kept, shown) = (Arc::clone(&outputs), Arc::clone(&tails));
        let scene = Scene {
            place: Place {
                cwd: root.clone(),
                roots: vec![root.clone()],
                project: root.clone(),
                notes: Shelf::new(&root.with_file_name("home"), &root),
            },
            number: 7,
            limits: LimitConfig {
                output_tokens: 2000,
                file_bytes: 32_768,
                file_head_bytes: 8192,
                command_seconds: 120,
                kept_bytes: 1 << 20,
            },
            seen: Arc::default(),
            reached: None,
            hidden: Arc::new(|_| false),
            output: Arc::new(move |number| {
                let bytes = kept.lock().unwrap().get(&number).cloned();
                async move { bytes }.boxed()
            }),
            recall: Arc::new(|_| async { Err("nothing is searched here".to_owned()) }.boxed()),
            link: Link {
                session: "0123456789ab".to_owned(),
                turn: 3,
            },
            tail: Arc::new(move |text| shown.lock().unwrap().push(text.to_owned())),
            stop: CancellationToken::new(),
            waiting: Arc::default(),
        };
        Self {
            _folder: folder,
            root,
            scene,
            outputs,
            tails,
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap(),
        }
    }
}

impl Trial {
    /// A file in the session's folder, its folders made.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.root.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    pub fn content(&self, name: &str) -> String {
        std::fs::read_to_string(self.root.join(name)).unwrap()
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "arguments are written where they are used"
    )]
    pub fn run(&self, tool: &str, input: Value) -> Ended {
        let tool = Toolbox::shipped().get(tool).unwrap();
        let deed = Arc::new(Deed::of(&*tool, &input, &self.scene));
        self.wait(tool.run(deed, self.scene.clone()))
    }

    /// What comes of a deed that was made before.
    pub fn done(&self, tool: &str, deed: Arc<Deed>) -> String {
        let tool = Toolbox::shipped().get(tool).unwrap();
        let outcome = self.wait(tool.run(deed, self.scene.clone())).outcome;
        format!("{:?}: {}", outcome.kind, outcome.text)
    }

    /// The scene of a call that was judged.
    pub fn judged(&self, tool: &dyn Tool, input: &Value) -> Scene {
        let reach = tool::reach(tool, input, &self.scene.place).unwrap();
        Scene {
            reached: Some(reach.into()),
            ..self.scene.clone()
        }
    }

    /// How the call ended and what the model reads, in one text.
    pub fn told(&self, tool: &str, input: Value) -> String {
        let outcome = self.run(tool, input).outcome;
        format!("{:?}: {}", outcome.kind, outcome.text)
    }

    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }
}
