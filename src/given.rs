//! Providers that a person gives on the first page: tried with a call that costs nothing, then kept.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use tokio::runtime::Handle;

use creel::config::load;
use creel::config::paths::{Paths, process_environment};
use creel::config::rekey;
use creel::config::secret;
use creel::config::write::{self, KeyToStore};
use creel::config::{Config, KeySource, ProviderConfig, address, preset};
use creel::engine::door::Door;
use creel::protocol::failure::{Failure, FailureKind};
use creel::protocol::id::ModelRef;
use creel::protocol::op::{Manage, Managed};
use creel::protocol::query::ModelCard;
use creel::provider::http::Http;
use creel::provider::local::{self, Kind, Served};
use creel::provider::rehearsals::Rehearsals;
use creel::provider::table::Providers;
use creel::tui::app::card::KeyPlaces;
use creel::tui::app::local::{Answering, Usual};
use creel::tui::app::setup::{Checked, NewProvider, Stored};

use crate::entry::{Entry, Use, entry, local_server};

/// Tries and keeps providers.
pub struct Given {
    paths: Paths,
    runtime: Handle,
    /// There once the engine has started.
    door: Arc<OnceLock<Door>>,
    /// The way to servers on this machine.
    http: Arc<Http>,
}

impl Given {
    pub fn new(paths: Paths, runtime: Handle, door: Arc<OnceLock<Door>>) -> Self {
        Self {
            paths,
            runtime,
            door,
            http: Arc::default(),
        }
    }

    /// The folder of the person's own themes.
    pub fn themes(&self) -> PathBuf {
        self.paths.themes.clone()
    }

    /// Asks the provider for its models, which shows whether key and address are right.
    pub fn check(&self, new: NewProvider) -> BoxFuture<'static, Result<Checked, String>> {
        let runtime = self.runtime.clone();
        let paths = self.paths.clone();
        async move {
            // A key file may lie on a slow disk.
            let entry = runtime
                .spawn_blocking(move || entry(&paths, &new, Use::Try))
                .await
                .map_err(|error| error.to_string())??;
            let providers = providers(&entry);
            let names = providers
                .try_out(&entry.config, entry.key)
                .await
                .map_err(|failure| blamed(&failure))?;
            if names.is_empty() {
                return Err(format!(
                    "{} answers, but names no models",
                    entry.config.base_url
                ));
            }
            let mut models: Vec<ModelCard> = names
                .into_iter()
                .map(|model| {
                    providers.card(&ModelRef {
                        provider: entry.name.clone(),
                        model,
                    })
                })
                .collect();
            // What is known goes before what a vendor lists beside it: what draws, hears or is gone tomorrow.
            models.sort_by_key(|card| card.price.is_none());
            let default = preset::find(&entry.name)
                .and_then(|preset| preset.default_model)
                .map(|model| ModelRef {
                    provider: entry.name.clone(),
                    model: model.to_owned(),
                })
                .filter(|model| models.iter().any(|card| card.model == *model));
            Ok(Checked { models, default })
        }
        .boxed()
    }

    /// Asks the ports of this machine, all at once; those that answered with models.
    pub fn ask_local(&self, ports: Vec<(Kind, u16)>) -> BoxFuture<'static, Vec<Answering>> {
        let (runtime, paths) = (self.runtime.clone(), self.paths.clone());
        let http = Arc::clone(&self.http);
        async move {
            let read = runtime.spawn_blocking(move || {
                // A config that cannot be read has none of them as far as anyone knows; keeping one says what is wrong.
                let loaded = load::read(&paths, &process_environment).ok();
                loaded.map_or_else(BTreeMap::new, |loaded| loaded.config.providers)
            });
            let asked = ports.into_iter().map(|(kind, port)| {
                let http = Arc::clone(&http);
                async move {
                    // What does not answer as such a server does is none: there is nothing to say of it.
                    let served = local::models(&http, kind, port).await.ok()?;
                    Some((kind, port, served))
                }
            });
            let (kept, served) = futures_util::join!(read, join_all(asked));
            let kept = kept.unwrap_or_default();
            let served = served.into_iter().flatten();
            served
                .filter_map(|(kind, port, served)| answering(kind, port, served, &kept))
                .collect()
        }
        .boxed()
    }

    /// Writes the provider into the config, its key into a file of its own, and has the engine read them. Blocks.
    pub fn store(&self, new: &NewProvider, model: &ModelRef) -> Result<Stored, String> {
        if let NewProvider::Local { port, .. } | NewProvider::LocalBeside { port, .. } = new
            && let Some(stored) = self.store_kept(*port, new, model)?
        {
            return Ok(stored);
        }
        let mut entry = entry(&self.paths, new, Use::Keep)?;
        if let NewProvider::Local { .. } | NewProvider::LocalBeside { .. } = new {
            // The name it was shown by.
            entry.name.clone_from(&model.provider);
        }
        let usual = preset::find(&entry.name).and_then(|preset| preset.entry(None, String::new()));
        let is_usual = usual
            .as_ref()
            .is_some_and(|usual| usual.base_url == entry.config.base_url);
        let beside = matches!(
            new,
            NewProvider::Beside { .. } | NewProvider::LocalBeside { .. }
        );
        let written = write::NewProvider {
            name: entry.name.clone(),
            wire: usual.is_none().then_some(entry.config.wire),
            base_url: (!is_usual).then(|| entry.config.base_url.clone()),
            preset: entry.config.preset.clone(),
            key: entry.keep.clone(),
            model: if beside {
                self.usual_alone()?
            } else {
                Some(model.clone())
            },
        };
        let other = matches!(new, NewProvider::KeyOf { .. });
        let loaded = if other {
            rekey::give_key(&self.paths, &entry.name, &entry.keep, &process_environment)?
        } else {
            write::add_provider(&self.paths, &written, &process_environment)?
        };
        // A server without a key is no reason to read the keys of others.
        self.tell_engine(match entry.keep {
            KeyToStore::None => Manage::Extend,
            _ => Manage::Reload,
        })?;
        let file = self.paths.config_file.display();
        let text = match &entry.keep {
            KeyToStore::Secret(_) if other => {
                format!(
                    "kept in {}, for you alone",
                    self.paths.keys.join(&entry.name).display()
                )
            }
            KeyToStore::Secret(_) => {
                format!(
                    "kept in {file}; the key in {}, for you alone",
                    self.paths.keys.join(&entry.name).display()
                )
            }
            KeyToStore::File(path) => {
                format!("kept in {file}; the key stays in {}", path.display())
            }
            KeyToStore::Env(variable) => format!("kept in {file}; the key stays in ${variable}"),
            KeyToStore::Command(argv) => {
                let source = KeySource::Command(argv.clone());
                format!(
                    "kept in {file}; the key comes from {}",
                    secret::place(&source)
                )
            }
            KeyToStore::None => format!("kept in {file}"),
        };
        Ok(Stored {
            card: (!other && !beside).then(|| providers(&entry).card(model)),
            key_places: key_places(&loaded.config),
            text,
        })
    }

    /// A server of this machine that the config has by now, whoever wrote it, is not written a second time: at most the model
    /// that new sessions begin with is. `None` where it has none at this port.
    fn store_kept(
        &self,
        port: u16,
        new: &NewProvider,
        model: &ModelRef,
    ) -> Result<Option<Stored>, String> {
        let loaded = load::read(&self.paths, &process_environment);
        let config = loaded.map_err(|error| error.to_string())?.config;
        let mut entries = config.providers.iter();
        let own = entries.find(|(_, entry)| address::is_at_port(&entry.base_url, port));
        let Some((name, entry)) = own else {
            return Ok(None);
        };
        let model = ModelRef {
            provider: name.clone(),
            model: model.model.clone(),
        };
        let file = self.paths.config_file.display();
        let beside = matches!(new, NewProvider::LocalBeside { .. });
        let (places, text) = if beside {
            (
                key_places(&config),
                format!("[providers.{name}] is in {file}"),
            )
        } else {
            let after = write::choose_model(&self.paths, &model, &process_environment)?;
            let text = format!("kept in {file}, where [providers.{name}] was already");
            (key_places(&after.config), text)
        };
        self.tell_engine(Manage::Extend)?;
        let known = [(name.clone(), entry.clone())].into();
        let known = Providers::new(known, Arc::new(|_| Ok(None)), Rehearsals::default());
        Ok(Some(Stored {
            card: (!beside).then(|| known.card(&model)),
            key_places: places,
            text,
        }))
    }

    fn tell_engine(&self, manage: Manage) -> Result<(), String> {
        let Some(door) = self.door.get() else {
            return Ok(());
        };
        match self.runtime.block_on(door.manage(manage)) {
            Managed::Failed { why } => Err(why),
            _ => Ok(()),
        }
    }

    /// The model that new sessions begin with because there is no other vendor: with a second one it is written down, so that
    /// a key changes nothing by itself.
    fn usual_alone(&self) -> Result<Option<ModelRef>, String> {
        let loaded = load::read(&self.paths, &process_environment);
        let config = loaded.map_err(|error| error.to_string())?.config;
        let said = config.model.is_some() || config.has_several_vendors();
        Ok(config.default_model().filter(|_| !said))
    }

    /// Has the engine read the config again, as `manage` says, and tells where the keys are kept now.
    pub fn read_keys(&self, manage: Manage) -> BoxFuture<'static, Result<KeyPlaces, String>> {
        let (runtime, paths, door) = (
            self.runtime.clone(),
            self.paths.clone(),
            Arc::clone(&self.door),
        );
        async move {
            let loaded = runtime
                .spawn_blocking(move || load::read(&paths, &process_environment))
                .await
                .map_err(|error| error.to_string())?
                .map_err(|error| error.to_string())?;
            if let Some(door) = door.get()
                && let Managed::Failed { why } = door.manage(manage).await
            {
                return Err(why);
            }
            Ok(key_places(&loaded.config))
        }
        .boxed()
    }
}

/// Whose fault a refusal is, and what was said.
fn blamed(failure: &Failure) -> String {
    let fault = match failure.kind {
        FailureKind::Auth => "the key",
        FailureKind::Network => "the network",
        FailureKind::Rate | FailureKind::Overloaded => "the server, for now",
        FailureKind::Internal => "Creel",
        _ => "the address",
    };
    // The page has a field for an address, and knows no name of a setting.
    let said = failure.message.replace("base_url", "the address");
    format!("the fault is with {fault}: {said}")
}

/// Where the key of each provider is kept.
pub fn key_places(config: &Config) -> KeyPlaces {
    let providers = config.providers.iter();
    providers
        .map(|(name, entry)| (name.clone(), entry.key.clone()))
        .collect()
}

fn providers(entry: &Entry) -> Providers {
    let config = [(entry.name.clone(), entry.config.clone())].into();
    let key = entry.key.clone();
    Providers::new(
        config,
        Arc::new(move |_| Ok(key.clone())),
        Rehearsals::default(),
    )
}

/// The card of each model, as the server told of it. `kept`: the providers of the config.
fn answering(
    kind: Kind,
    port: u16,
    served: Vec<Served>,
    kept: &BTreeMap<String, ProviderConfig>,
) -> Option<Answering> {
    let mut entry = local_server(kind.preset(), port).ok()?;
    let is_here = |entry: &ProviderConfig| address::is_at_port(&entry.base_url, port);
    let own = kept.iter().find(|(_, entry)| is_here(entry));
    entry.name = own.map_or_else(|| free_name(&entry.name, kept), |(name, _)| name.clone());
    let providers = providers(&entry);
    let models: Vec<ModelCard> = served
        .into_iter()
        .map(|served| {
            let card = providers.card(&ModelRef {
                provider: entry.name.clone(),
                model: served.model,
            });
            ModelCard {
                context: card.context.or(served.window),
                ..card
            }
        })
        .collect();
    (!models.is_empty()).then(|| Answering {
        at: Usual {
            name: kind.name().to_owned(),
            port,
        },
        preset: kind.preset().to_owned(),
        kept: own.is_some(),
        models,
    })
}

/// The name of a preset, with a number where the config has another server by it.
fn free_name(preset: &str, taken: &BTreeMap<String, ProviderConfig>) -> String {
    let numbered = (2_u32..).map(|number| format!("{preset}-{number}"));
    let mut names = std::iter::once(preset.to_owned()).chain(numbered);
    // There is no end of numbers.
    names
        .find(|name| !taken.contains_key(name))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_of_this_machine_is_known_by_the_config_or_gets_a_name_of_its_own() {
        let entry = |address: &str| ProviderConfig {
            base_url: address.to_owned(),
            ..local_server("ollama", 11434).unwrap().config
        };
        let here = || entry("http://localhost:11434/v1");
        let away = || entry("http://10.0.0.2:11434");
        let cases = [
            (vec![], "ollama", false),
            (vec![("mine", here())], "mine", true),
            (vec![("ollama", away())], "ollama-2", false),
            (
                vec![("ollama", away()), ("ollama-2", away())],
                "ollama-3",
                false,
            ),
            (vec![("ollama", away()), ("mine", here())], "mine", true),
        ];
        for (kept, name, is_kept) in cases {
            let served = vec![Served {
                model: "qwen3:4b".to_owned(),
                window: Some(4096),
                images: None,
            }];
            let named = kept
                .into_iter()
                .map(|(name, entry)| (name.to_owned(), entry));
            let found = answering(Kind::Ollama, 11434, served, &named.collect()).unwrap();
            assert_eq!(
                (&*found.models[0].model.provider, found.kept),
                (name, is_kept)
            );
        }
    }

    #[test]
    fn a_server_that_the_config_has_is_not_written_twice() {
        let folder = tempfile::tempdir().unwrap();
        let home = |name: &str| (name == "CREEL_HOME").then(|| folder.path().into());
        let paths = Paths::from_environment(&home).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let given = Given::new(paths.clone(), runtime.handle().clone(), Arc::default());
        let own =
            "[providers.mine]\nwire = \"openai-chat\"\nbase_url = \"http://localhost:11434/v1\"\n";
        let (preset, port) = ("ollama".to_owned(), 11434);
        let beside = NewProvider::LocalBeside {
            preset: preset.clone(),
            port,
        };
        let first = NewProvider::Local { preset, port };
        // It was found under another name before the person wrote it.
        let model: ModelRef = "ollama/qwen3:4b".parse().unwrap();
        for (new, expected) in [
            (beside, own.to_owned()),
            (first, format!("model = \"mine/qwen3:4b\"\n\n{own}")),
        ] {
            std::fs::write(&paths.config_file, own).unwrap();
            let stored = given.store(&new, &model).unwrap();
            let written = std::fs::read_to_string(&paths.config_file).unwrap();
            assert_eq!(written, expected);
            assert!(stored.key_places.contains_key("mine"), "{}", stored.text);
        }
    }

    #[test]
    fn what_is_wrong_with_an_address_is_said_in_words_of_the_page() {
        let failure = creel::provider::http::url("htp://").unwrap_err();
        let said = blamed(&failure);
        assert_eq!(
            said,
            "the fault is with the address: `htp://` is no address: the address must be like https://host/path"
        );
    }
}
