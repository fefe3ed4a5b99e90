//! What servers told of their models once, over the end of the process: how large a window is, and whether pictures are taken.
//! Only the server can say it, and it may be off, or not asked yet, when a person wants to know. What it tells now goes before.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::protocol::id::ModelRef;
use crate::provider::table::Providers;

/// What is kept of one model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Known {
    /// Tokens of its window.
    pub window: Option<u64>,
    /// Its server refused a picture, or said that it takes none.
    pub blind: bool,
}

/// The same with whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptModel {
    pub model: ModelRef,
    /// Of the provider, which may have another server by now.
    pub address: String,
    pub known: Known,
}

/// The word for a model that takes no pictures.
const BLIND: &str = "blind";

impl KeptModel {
    /// As it is kept: `8192 ADDRESS`, `8192,blind ADDRESS`, `blind ADDRESS`.
    pub fn body(&self) -> String {
        let window = self.known.window.map(|tokens| tokens.to_string());
        let blind = self.known.blind.then(|| BLIND.to_owned());
        let words: Vec<String> = window.into_iter().chain(blind).collect();
        format!("{} {}", words.join(","), self.address)
    }

    /// What [`KeptModel::body`] wrote; `None` for anything else.
    pub fn read(model: ModelRef, body: &str) -> Option<Self> {
        let (words, address) = body.split_once(' ')?;
        let mut known = Known::default();
        for word in words.split(',').filter(|word| !word.is_empty()) {
            if word == BLIND {
                known.blind = true;
            } else {
                known.window = Some(word.parse().ok()?);
            }
        }
        Some(Self {
            model,
            address: address.to_owned(),
            known,
        })
    }
}

/// What was told before; nothing until it was read.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<Option<BTreeMap<ModelRef, Known>>>);

impl Kept {
    pub(crate) fn window(&self, model: &ModelRef) -> Option<u64> {
        self.lock().as_ref()?.get(model)?.window
    }

    /// Whether it takes pictures; `None` where nothing is kept that says so.
    pub(crate) fn images(&self, model: &ModelRef) -> Option<bool> {
        let known = self.lock().as_ref()?.get(model).copied()?;
        known.blind.then_some(false)
    }

    fn lock(&self) -> MutexGuard<'_, Option<BTreeMap<ModelRef, Known>>> {
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
    pub fn recall(&self, models: Vec<KeptModel>) {
        let is_here = |kept: &KeptModel| {
            let mut entries = self.entries();
            entries.any(|(name, config)| {
                *name == kept.model.provider && config.base_url == kept.address
            })
        };
        let here = models.into_iter().filter(is_here);
        let here = here.map(|kept| (kept.model, kept.known)).collect();
        self.kept.lock().get_or_insert(here);
    }

    /// What servers have told and is not kept so yet; it counts as kept from then on. Nothing where what is kept was not read.
    pub fn untold(&self) -> Vec<KeptModel> {
        let mut kept = self.kept.lock();
        let Some(kept) = kept.as_mut() else {
            return Vec::new();
        };
        let mut news = Vec::new();
        for (name, config) in self.entries() {
            let Some(answers) = self.told(name) else {
                continue;
            };
            // The windows of a vendor's models stand in the table.
            let unlisted = self.is_unlisted(name);
            for (model, told) in answers.told() {
                let model = ModelRef {
                    provider: name.clone(),
                    model,
                };
                let before = kept.get(&model).copied().unwrap_or_default();
                let known = Known {
                    window: told.window.filter(|_| unlisted).or(before.window),
                    blind: told.images.map_or(before.blind, |images| !images),
                };
                if known != before {
                    kept.insert(model.clone(), known);
                    news.push(KeptModel {
                        model,
                        address: config.base_url.clone(),
                        known,
                    });
                }
            }
        }
        news
    }

    /// Asks a model's server whether it takes pictures, where nobody has said so and the server can.
    pub async fn look_for_sight(&self, model: &ModelRef) {
        if self.abilities(model).images.is_some() {
            return;
        }
        // Of what is not in the config, and of a script, there is no server to ask.
        if let Ok(remote) = self.remote(&model.provider) {
            remote.look(&model.model).await;
        }
    }

    /// Whether a server refused a picture or said that it takes none, be it before this process; the person may say otherwise.
    pub fn refuses_pictures(&self, model: &ModelRef) -> bool {
        let now = self.told(&model.provider);
        let now = now.and_then(|told| told.held(&model.model)?.images);
        now.or_else(|| self.kept.images(model)) == Some(false)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::config::preset;
    use crate::provider::failure::Lesson;
    use crate::provider::local::Served;
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

    fn window(model: &str, address: &str, tokens: u64) -> KeptModel {
        KeptModel {
            model: model.parse().unwrap(),
            address: address.to_owned(),
            known: Known {
                window: Some(tokens),
                blind: false,
            },
        }
    }

    #[test]
    fn a_model_that_refused_a_picture_is_known_again_until_its_server_says_that_it_sees() {
        let here = "http://127.0.0.1:8000/v1";
        let model: ModelRef = "vllm/m".parse().unwrap();
        let sees = |providers: &Providers| {
            (
                providers.abilities(&model).images,
                providers.refuses_pictures(&model),
            )
        };
        let answers = |providers: &Providers| providers.remote("vllm").unwrap().answers.clone();
        let first = providers();
        first.recall(Vec::new());
        assert_eq!(sees(&first), (None, false));
        answers(&first).heed("m", Lesson::Blind);
        assert_eq!(sees(&first), (Some(false), true));
        let told = first.untold();
        let bodies: Vec<String> = told.iter().map(KeptModel::body).collect();
        assert_eq!(bodies, [format!("blind {here}")]);
        assert_eq!(first.untold(), []);

        let next = providers();
        next.recall(told);
        assert_eq!(sees(&next), (Some(false), true));
        // It was started with its eyes since.
        let served = |images| Served {
            model: "m".to_owned(),
            window: Some(4096),
            images,
        };
        answers(&next).list(&[served(Some(true))]);
        assert_eq!(sees(&next), (Some(true), false));
        let bodies: Vec<String> = next.untold().iter().map(KeptModel::body).collect();
        assert_eq!(bodies, [format!("4096 {here}")]);
        // A refusal says more than a list.
        answers(&next).heed("m", Lesson::Blind);
        answers(&next).list(&[served(Some(true))]);
        assert_eq!(sees(&next), (Some(false), true));
    }

    #[test]
    fn what_is_kept_reads_as_it_was_written() {
        let model: ModelRef = "vllm/m".parse().unwrap();
        let cases = [
            ("8192 http://a", Some((Some(8192), false))),
            ("8192,blind http://a", Some((Some(8192), true))),
            ("blind http://a", Some((None, true))),
            (" http://a", Some((None, false))),
            ("much http://a", None),
            ("8192", None),
        ];
        for (body, expected) in cases {
            let read = KeptModel::read(model.clone(), body);
            let known = read
                .as_ref()
                .map(|kept| (kept.known.window, kept.known.blind));
            assert_eq!(known, expected, "{body}");
            if let Some(kept) = read {
                assert_eq!(kept.body(), body);
            }
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
