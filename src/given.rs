//! Providers that a person gives on the first page: tried with a call that costs nothing, then kept.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;

use creel::config::load;
use creel::config::paths::{Paths, process_environment};
use creel::config::rekey;
use creel::config::secret::{self, Secret};
use creel::config::write::{self, KeyToStore};
use creel::config::{Config, KeySource, ProviderConfig, Wire, address, preset};
use creel::engine::door::Door;
use creel::protocol::id::ModelRef;
use creel::protocol::op::{Manage, Managed};
use creel::protocol::query::ModelCard;
use creel::protocol::usage::CacheLife;
use creel::provider::rehearsals::Rehearsals;
use creel::provider::table::Providers;
use creel::tui::app::card::KeyPlaces;
use creel::tui::app::setup::{Checked, GivenKey, NewProvider, Stored};

/// The vendor whose keys the first page takes.
const VENDOR: &str = "anthropic";

/// Tries and keeps providers.
pub struct Given {
    paths: Paths,
    runtime: Handle,
    /// There once the engine has started.
    door: Arc<OnceLock<Door>>,
}

/// A provider as given: its name and entry, and how its key is read and kept.
struct Entry {
    name: String,
    config: ProviderConfig,
    key: Option<Secret>,
    keep: KeyToStore,
}

impl Given {
    pub fn new(paths: Paths, runtime: Handle, door: Arc<OnceLock<Door>>) -> Self {
        Self {
            paths,
            runtime,
            door,
        }
    }

    /// Asks the provider for its models, which shows whether key and address are right.
    pub fn check(&self, new: NewProvider) -> BoxFuture<'static, Result<Checked, String>> {
        let runtime = self.runtime.clone();
        let paths = self.paths.clone();
        async move {
            // A key file may lie on a slow disk.
            let entry = runtime
                .spawn_blocking(move || entry(&paths, &new))
                .await
                .map_err(|error| error.to_string())??;
            let providers = providers(&entry);
            let names = providers
                .try_out(&entry.config, entry.key)
                .await
                .map_err(|failure| failure.message)?;
            if names.is_empty() {
                return Err(format!(
                    "{} answers, but names no models",
                    entry.config.base_url
                ));
            }
            let models: Vec<ModelCard> = names
                .into_iter()
                .map(|model| {
                    providers.card(&ModelRef {
                        provider: entry.name.clone(),
                        model,
                    })
                })
                .collect();
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

    /// Writes the provider into the config, its key into a file of its own, and has the engine read them. Blocks.
    pub fn store(&self, new: &NewProvider, model: &ModelRef) -> Result<Stored, String> {
        let entry = entry(&self.paths, new)?;
        let is_preset = preset::find(&entry.name).is_some();
        let written = write::NewProvider {
            name: entry.name.clone(),
            wire: (!is_preset).then_some(entry.config.wire),
            base_url: (!is_preset).then(|| entry.config.base_url.clone()),
            preset: entry.config.preset.clone(),
            key: entry.keep.clone(),
            model: Some(model.clone()),
        };
        let other = matches!(new, NewProvider::KeyOf { .. });
        let loaded = if other {
            rekey::give_key(&self.paths, &entry.name, &entry.keep, &process_environment)?
        } else {
            write::add_provider(&self.paths, &written, &process_environment)?
        };
        if let Some(door) = self.door.get()
            && let Managed::Failed { why } = self.runtime.block_on(door.manage(Manage::Reload))
        {
            return Err(why);
        }
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
            KeyToStore::None => format!("kept in {file}"),
        };
        Ok(Stored {
            card: (!other).then(|| providers(&entry).card(model)),
            key_places: key_places(&loaded.config),
            text,
        })
    }

    /// Has the engine read config and keys again, and tells where the keys are kept now.
    pub fn read_keys(&self) -> BoxFuture<'static, Result<KeyPlaces, String>> {
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
                && let Managed::Failed { why } = door.manage(Manage::Reload).await
            {
                return Err(why);
            }
            Ok(key_places(&loaded.config))
        }
        .boxed()
    }
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

fn entry(paths: &Paths, new: &NewProvider) -> Result<Entry, String> {
    match new {
        NewProvider::Key(key) => vendor(key),
        NewProvider::KeyOf { provider, key } => another(paths, provider, key),
        NewProvider::Server { address } => server(address),
    }
}

/// A key as given, and how it is kept.
fn given(key: &GivenKey) -> Result<(Secret, KeyToStore), String> {
    match key {
        GivenKey::Pasted(key) => Ok((key.clone(), KeyToStore::Secret(key.clone()))),
        GivenKey::Variable(variable) => {
            let key = secret::read(&KeySource::Env(variable.clone()), &process_environment)?;
            let key = key.ok_or_else(|| format!("${variable} is not set, or empty"))?;
            Ok((key, KeyToStore::Env(variable.clone())))
        }
        GivenKey::File(path) => {
            let key = secret::read(&KeySource::File(path.clone()), &process_environment)?;
            let key = key.ok_or_else(|| format!("{} is empty", path.display()))?;
            Ok((key, KeyToStore::File(absolute(path)?)))
        }
    }
}

fn absolute(path: &Path) -> Result<std::path::PathBuf, String> {
    std::path::absolute(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn vendor(key: &GivenKey) -> Result<Entry, String> {
    let config =
        preset::find(VENDOR).and_then(|preset| preset.entry(None, "the first page".to_owned()));
    let config = config.ok_or("this vendor has no address")?;
    let (key, keep) = given(key)?;
    Ok(Entry {
        name: VENDOR.to_owned(),
        config,
        key: Some(key),
        keep,
    })
}

/// A provider of the config as it is now, with another key.
fn another(paths: &Paths, name: &str, key: &GivenKey) -> Result<Entry, String> {
    let loaded = load::read(paths, &process_environment).map_err(|error| error.to_string())?;
    let config = loaded.config.providers.get(name).cloned();
    let config = config.ok_or_else(|| format!("the config names no provider `{name}` any more"))?;
    let (key, keep) = given(key)?;
    Ok(Entry {
        name: name.to_owned(),
        config,
        key: Some(key),
        keep,
    })
}

/// A compatible server by its address, as people type it: without a scheme it is on this machine, without a path it is `/v1`.
fn server(typed: &str) -> Result<Entry, String> {
    let typed = typed.trim();
    let with_scheme = if typed.contains("://") {
        typed.to_owned()
    } else {
        format!("http://{typed}")
    };
    let rest = with_scheme.split_once("://").map_or("", |(_, rest)| rest);
    let whole = if rest.trim_end_matches('/').contains('/') {
        with_scheme
    } else {
        format!("{}/v1", with_scheme.trim_end_matches('/'))
    };
    let base_url = address::check(&whole).map_err(|why| format!("{typed} {why}"))?;
    let name = if address::is_local(&base_url) {
        "local"
    } else {
        "server"
    };
    let config = ProviderConfig {
        wire: Wire::OpenAiChat,
        base_url,
        key: KeySource::None,
        preset: None,
        models: std::collections::BTreeMap::new(),
        cache: CacheLife::default(),
        script: None,
        subscription: None,
        origin: "the first page".to_owned(),
    };
    Ok(Entry {
        name: name.to_owned(),
        config,
        key: None,
        keep: KeyToStore::None,
    })
}
