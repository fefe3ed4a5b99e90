//! What a server says of a model before the model is called: asked once for each, and kept in memory. A dialect that must
//! know nothing beforehand asks nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::OnceCell;

use crate::protocol::failure::Failure;
use crate::protocol::told::Told;

/// A question that is asked once for each model, as a POST.
#[derive(Debug)]
pub struct Question {
    /// Where, from the base address without a trailing slash.
    pub address: fn(base_url: &str) -> String,
    pub body: fn(model: &str) -> Value,
    pub read: fn(answer: &Value) -> Told,
}

/// The answers so far, by model.
#[derive(Debug, Clone, Default)]
pub struct Answers(Arc<Mutex<BTreeMap<String, Arc<OnceCell<Told>>>>>);

impl Answers {
    /// The answer of before, else the one of `ask`, which is kept unless it failed: a model may be fetched, and a server
    /// started, a moment later. Who asks at the same time waits for the same answer.
    pub async fn get(
        &self,
        model: &str,
        ask: impl Future<Output = Result<Told, Failure>>,
    ) -> Result<Told, Failure> {
        let cell = Arc::clone(self.cells().entry(model.to_owned()).or_default());
        cell.get_or_try_init(|| ask).await.copied()
    }

    /// Keeps what a server told of a window in refusing a request, where nothing is known of the model.
    pub fn learn(&self, model: &str, window: u64) {
        let cell = Arc::clone(self.cells().entry(model.to_owned()).or_default());
        let told = Told {
            window: Some(window),
            ..Told::default()
        };
        // What it was asked for itself is better than that.
        let _ = cell.set(told);
    }

    /// What was answered before; nothing is asked.
    pub fn held(&self, model: &str) -> Option<Told> {
        self.cells().get(model).and_then(|cell| cell.get().copied())
    }

    fn cells(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<OnceCell<Told>>>> {
        // The map is whole whatever happened to the thread that held it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
