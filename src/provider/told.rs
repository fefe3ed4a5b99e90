//! What a server says of a model before the model is called: asked once for each, and kept in memory. A dialect that must
//! know nothing beforehand asks nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::OnceCell;

use crate::protocol::failure::Failure;
use crate::protocol::told::Told;
use crate::provider::failure::Lesson;
use crate::provider::local::Served;

/// A question that is asked once for each model.
#[derive(Debug)]
pub struct Question {
    /// Where, from the base address without a trailing slash.
    pub address: fn(base_url: &str) -> String,
    /// Nothing is posted where there is none.
    pub body: fn(model: &str) -> Option<Value>,
    pub read: fn(answer: &Value) -> Told,
}

/// The answers so far, by model, and what was learnt otherwise.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    asked: Arc<Mutex<BTreeMap<String, Arc<OnceCell<Told>>>>>,
    learnt: Arc<Mutex<BTreeMap<String, Learnt>>>,
    /// Models of which the server was asked and does not know the question, as servers do that only speak like another.
    mute: Arc<Mutex<BTreeSet<String>>>,
    /// The names of its models, as it listed them last.
    listed: Arc<Mutex<Vec<String>>>,
}

/// What a server told in refusing a request, or in listing its models.
#[derive(Debug, Clone, Copy, Default)]
struct Learnt {
    window: Option<u64>,
    /// It refused a picture.
    blind: bool,
    /// What its list says of pictures.
    images: Option<bool>,
}

impl Answers {
    /// The answer of before, else the one of `ask`, which is kept unless it failed: a server may be started a moment later. Who
    /// asks at the same time waits for the same answer. A server that does not know the question is not asked again.
    pub async fn get(
        &self,
        model: &str,
        ask: impl Future<Output = Result<Told, Failure>>,
    ) -> Result<Told, Failure> {
        if lock(&self.mute).contains(model) {
            return Ok(Told::default());
        }
        let cell = Arc::clone(lock(&self.asked).entry(model.to_owned()).or_default());
        let told = cell.get_or_try_init(|| ask).await.copied();
        if told.as_ref().is_err_and(is_unknown) {
            lock(&self.mute).insert(model.to_owned());
        }
        told
    }

    /// A call was refused. Where the server does not know its model, it may have been the model that was not known before, and
    /// not the question: it may be fetched a moment later.
    pub fn refused(&self, model: &str, failure: &Failure) {
        if is_unknown(failure) {
            lock(&self.mute).remove(model);
        }
    }

    /// Keeps what a server told of a window in refusing a request or in listing its models.
    pub fn learn(&self, model: &str, window: u64) {
        let mut learnt = lock(&self.learnt);
        learnt.entry(model.to_owned()).or_default().window = Some(window);
    }

    /// Keeps what a server lists.
    pub fn list(&self, served: &[Served]) {
        for Served {
            model,
            window,
            images,
        } in served
        {
            if let Some(window) = *window {
                self.learn(model, window);
            }
            if images.is_some() {
                lock(&self.learnt).entry(model.clone()).or_default().images = *images;
            }
        }
        *lock(&self.listed) = served.iter().map(|served| served.model.clone()).collect();
    }

    /// What it told of its models.
    pub fn told(&self) -> Vec<(String, Told)> {
        let asked = lock(&self.asked).keys().cloned().collect::<BTreeSet<_>>();
        let learnt = lock(&self.learnt).keys().cloned().collect();
        let models = asked.union(&learnt);
        models
            .filter_map(|model| Some((model.clone(), self.held(model)?)))
            .collect()
    }

    /// The models that a server listed.
    pub fn listed(&self) -> Vec<String> {
        lock(&self.listed).clone()
    }

    /// Keeps what a refusal says of a model.
    pub fn heed(&self, model: &str, lesson: Lesson) {
        let mut learnt = lock(&self.learnt);
        let learnt = learnt.entry(model.to_owned()).or_default();
        match lesson {
            Lesson::Blind => learnt.blind = true,
            Lesson::Window(window) => learnt.window = Some(window),
        }
    }

    /// What was answered before, and what was learnt since; nothing is asked.
    pub fn held(&self, model: &str) -> Option<Told> {
        let asked = lock(&self.asked);
        let asked = asked.get(model).and_then(|cell| cell.get().copied());
        let learnt = lock(&self.learnt).get(model).copied();
        let Some(learnt) = learnt else {
            return asked;
        };
        let asked = asked.unwrap_or_default();
        Some(Told {
            window: learnt.window.or(asked.window),
            images: if learnt.blind {
                Some(false)
            } else {
                learnt.images.or(asked.images)
            },
            ..asked
        })
    }
}

/// Whether what was asked for is not there.
fn is_unknown(failure: &Failure) -> bool {
    matches!(failure.status, Some(404 | 405 | 501))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What it holds is whole whatever happened to the thread that held it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
