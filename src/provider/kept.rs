//! Windows that servers told once, over the end of the process: only the server can say how large the window of its model is, and
//! it may be off, or not asked yet, when a person wants to know. What it tells now goes before.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::protocol::id::ModelRef;
use crate::provider::table::Providers;

/// A window as a server told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptWindow {
    pub model: ModelRef,
    /// Of the provider, which may have another server by now.
    pub address: String,
    pub tokens: u64,
}

/// What was told before; nothing until it was read.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<Option<BTreeMap<ModelRef, u64>>>);

impl Kept {
    pub(crate) fn window(&self, model: &ModelRef) -> Option<u64> {
        self.lock().as_ref()?.get(model).copied()
    }

    fn lock(&self) -> MutexGuard<'_, Option<BTreeMap<ModelRef, u64>>> {
        // The map is whole whatever happened to the thread that held it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Providers {
    /// Whether what is kept was read.
    pub fn is_recalled(&self) -> bool {
        self.kept.lock().is_some()
    }

    /// Takes what is kept, as far as it is of a server that the config still has.
    pub fn recall(&self, windows: Vec<KeptWindow>) {
        let is_here = |kept: &KeptWindow| {
            let mut entries = self.entries();
            entries.any(|(name, config)| {
                *name == kept.model.provider && config.base_url == kept.address
            })
        };
        let here = windows.into_iter().filter(is_here);
        let here = here.map(|kept| (kept.model, kept.tokens)).collect();
        self.kept.lock().get_or_insert(here);
    }

    /// What servers have told and is not kept so yet; it counts as kept from then on. Nothing where what is kept was not read.
    pub fn untold(&self) -> Vec<KeptWindow> {
        let mut kept = self.kept.lock();
        let Some(kept) = kept.as_mut() else {
            return Vec::new();
        };
        let mut news = Vec::new();
        for (name, config) in self.entries().filter(|(name, _)| self.is_unlisted(name)) {
            for (model, tokens) in self.told_windows(name) {
                let model = ModelRef {
                    provider: name.clone(),
                    model,
                };
                if kept.insert(model.clone(), tokens) != Some(tokens) {
                    news.push(KeptWindow {
                        model,
                        address: config.base_url.clone(),
                        tokens,
                    });
                }
            }
        }
        news
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::config::preset;
    use crate::provider::rehearsals::Rehearsals;

    fn providers() -> Providers {
        let entry = |name: &str| {
            let preset = preset::find(name).unwrap();
            (name.to_owned(), preset.entry(None, String::new()).unwrap())
        };
        Providers::new(
            ["vllm", "anthropic"].map(entry).into(),
            Arc::new(|_| Ok(None)),
            Rehearsals::default(),
        )
    }

    fn window(model: &str, address: &str, tokens: u64) -> KeptWindow {
        KeptWindow {
            model: model.parse().unwrap(),
            address: address.to_owned(),
            tokens,
        }
    }

    #[test]
    fn a_window_is_known_again_until_its_server_tells_another() {
        let here = "http://127.0.0.1:8000/v1";
        let model: ModelRef = "vllm/m".parse().unwrap();
        let known = |providers: &Providers| providers.card(&model).context;
        let first = providers();
        first.remote("vllm").unwrap().answers.learn("m", 8192);
        assert_eq!(first.untold(), [], "what is kept was not read");
        first.recall(Vec::new());
        // What the table tells of a vendor's model is no news.
        let sonnet = first.remote("anthropic").unwrap();
        sonnet.answers.learn("claude-sonnet-5-5", 1000);
        assert_eq!(first.untold(), [window("vllm/m", here, 8192)]);
        assert_eq!(first.untold(), []);

        let next = providers();
        assert_eq!((known(&next), next.is_recalled()), (None, false));
        next.recall(vec![window("vllm/m", here, 8192)]);
        assert_eq!((known(&next), next.is_recalled()), (Some(8192), true));
        assert_eq!(next.untold(), []);
        next.remote("vllm").unwrap().answers.learn("m", 16_384);
        assert_eq!(known(&next), Some(16_384));
        assert_eq!(next.untold(), [window("vllm/m", here, 16_384)]);

        // Another server stands there now.
        let moved = providers();
        moved.recall(vec![window("vllm/m", "http://127.0.0.1:9000/v1", 8192)]);
        assert_eq!(known(&moved), None);
    }
}
