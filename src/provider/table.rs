//! The providers of a config, and the models they offer: what the engine asks when it needs one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::Value;

use crate::agent::cost::{ServicePrice, in_dollars};
use crate::agent::picture::Cap;
use crate::agent::prompt::Prompt;
use crate::agent::visible;
use crate::config::secret::{Secret, no_file, not_set};
use crate::config::{KeySource, ProviderConfig, Wire};
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::id::ModelRef;
use crate::protocol::money::{Currency, Money, Rates};
use crate::protocol::query::ModelCard;
use crate::protocol::route::Abilities;
use crate::protocol::told::Told;
use crate::protocol::usage::{CacheLife, Price};
use crate::provider::Provider;
use crate::provider::catalog::{Catalog, is_billed_in_yuan};
use crate::provider::dialect;
use crate::provider::handed;
use crate::provider::http::{Http, is_loopback, url};
use crate::provider::kept::Kept;
use crate::provider::key::Key;
use crate::provider::marks;
use crate::provider::quirks::{self, Quirks};
use crate::provider::rehearsal;
use crate::provider::rehearsal::Speed;
use crate::provider::rehearsals::Rehearsals;
use crate::provider::remote::Remote;
use crate::provider::service;
use crate::provider::told::Answers;

/// Reads the key of a source; `None` when there is none. It may block.
pub type ReadSource = Arc<dyn Fn(&KeySource) -> Result<Option<Secret>, String> + Send + Sync>;

/// All providers of a config. Making it costs nothing: clients, keys and the price table come when first needed.
pub struct Providers {
    config: BTreeMap<String, ProviderConfig>,
    read: ReadSource,
    http: Arc<Http>,
    rehearsals: Rehearsals,
    made: Mutex<BTreeMap<String, Arc<Remote>>>,
    catalog: OnceLock<Catalog>,
    pub(crate) kept: Kept,
}

impl fmt::Debug for Providers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Providers")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Providers {
    /// How fast scripts are spoken.
    pub fn speed(&self) -> &Speed {
        self.rehearsals.speed()
    }

    /// The engine makes one; `read` is the config room's reader of keys.
    pub fn new(
        config: BTreeMap<String, ProviderConfig>,
        read: ReadSource,
        rehearsals: Rehearsals,
    ) -> Self {
        Self {
            config,
            read,
            http: Arc::new(Http::default()),
            rehearsals,
            made: Mutex::new(BTreeMap::new()),
            catalog: OnceLock::new(),
            kept: Kept::default(),
        }
    }

    /// Takes over what another table made of the entries that are the same in both, with their keys and what servers told.
    pub fn adopt(&self, before: &Self) {
        let mut made = before.made().clone();
        made.retain(|name, _| self.config.get(name) == before.config.get(name));
        *self.made() = made;
    }

    fn made(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Remote>>> {
        // The map is whole whatever happened to the thread that held it.
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The body of a call, without asking the server for anything; `None` where none is sent.
    pub fn body(&self, prompt: &Prompt) -> Option<Vec<u8>> {
        let config = self.config.get(&prompt.model.provider)?;
        let dialect = dialect::of(config.wire)?;
        let quirks = quirks_of(config).ok()?;
        Some((dialect.body)(prompt, &quirks, &Told::default()))
    }

    /// The provider of a model; the error names what is known instead. Whether it has the model only a call shows.
    pub fn get(&self, model: &ModelRef) -> Result<Arc<dyn Provider>, Failure> {
        let config = self.config(&model.provider)?;
        if config.wire == Wire::Rehearsal {
            let rehearsal = self.rehearsals.get(config, model)?;
            return Ok(rehearsal);
        }
        let remote = self.remote(&model.provider)?;
        if !remote.quirks.silent_overflow {
            return Ok(remote);
        }
        Ok(Arc::new(Remote {
            held_to: self.surely(config, model),
            ..Remote::clone(&remote)
        }))
    }

    /// Tokens of a window that no answer fits: the person's own figure may be smaller than the true one, and an answer that is paid for
    /// is not thrown away for that.
    fn surely(&self, config: &ProviderConfig, model: &ModelRef) -> Option<u64> {
        let listed = quirks_of(config)
            .ok()
            .and_then(|quirks| self.catalog().lookup(quirks.vendor?, &model.model)?.context);
        self.card_of(config, model).context.max(listed)
    }

    /// What is known of a model before it is called. The person's own figures go before the table's.
    pub fn card(&self, model: &ModelRef) -> ModelCard {
        let Some(config) = self.config.get(&model.provider) else {
            return ModelCard {
                model: model.clone(),
                context: None,
                max_output: None,
                price: None,
                price_date: None,
                local: false,
                subscription: false,
                accepted: false,
                lacks: self
                    .config(&model.provider)
                    .err()
                    .map(|failure| failure.message),
            };
        };
        self.card_of(config, model)
    }

    /// Whether the config has, or has found, a provider of this name.
    pub fn has(&self, provider: &str) -> bool {
        self.config.contains_key(provider)
    }

    /// The dialect a provider is spoken to in, as the config names it.
    pub fn wire(&self, provider: &str) -> Option<&'static str> {
        self.config.get(provider).map(|config| config.wire.name())
    }

    /// All of them, by name.
    pub fn entries(&self) -> impl Iterator<Item = (&String, &ProviderConfig)> {
        self.config.iter()
    }

    /// The host that a provider's prompts are sent to; `None` for one that is not in the config, and for a script.
    pub fn host(&self, provider: &str) -> Option<String> {
        let config = self.config.get(provider)?;
        let address = url(&config.base_url).ok()?;
        (config.wire != Wire::Rehearsal).then(|| address.host_str().map(str::to_owned))?
    }

    /// What the model takes: as the person says, else as its server told or the table has it.
    pub fn abilities(&self, model: &ModelRef) -> Abilities {
        let Some(config) = self.config.get(&model.provider) else {
            return Abilities::default();
        };
        let own = config.models.get(&model.model);
        let own = own.map_or_else(Abilities::default, |own| own.abilities);
        let listed = || {
            let vendor = quirks_of(config).ok()?.vendor?;
            self.catalog().lookup(vendor, &model.model)?.images
        };
        let told = || self.told(&model.provider)?.held(&model.model)?.images;
        let kept = || self.kept.images(model);
        Abilities {
            images: own.images.or_else(told).or_else(kept).or_else(listed),
            ..own
        }
    }

    /// What the tokens of a call are charged with beside their price, in millionths: dearer where the vendor says that they
    /// were answered in one region, and bills that apart (Anthropic's `inference_geo`). The person's own price is as it is.
    pub fn region_factor(&self, model: &ModelRef, usage: Option<&Value>) -> i64 {
        let is_dearer = usage.is_some_and(|usage| usage["inference_geo"] == "us");
        if is_dearer {
            self.dearest_region(model)
        } else {
            1_000_000
        }
    }

    /// The most that factor can be, since where a call is answered is known only afterwards.
    pub fn dearest_region(&self, model: &ModelRef) -> i64 {
        let factor = || {
            let config = self.config.get(&model.provider)?;
            let own = config.models.get(&model.model);
            if own.is_some_and(|own| own.price.is_some()) {
                return None;
            }
            let vendor = quirks_of(config).ok()?.vendor?;
            self.catalog().lookup(vendor, &model.model)?.us
        };
        factor().unwrap_or(1_000_000)
    }

    /// What a call costs that its provider says it answered in this service tier.
    pub fn service(&self, model: &ModelRef, tier: Option<&str>) -> ServicePrice {
        let Some(name) = tier.and_then(service::named) else {
            return ServicePrice::Usual;
        };
        let listed = || {
            let config = self.config.get(&model.provider)?;
            let own = config.models.get(&model.model);
            // The person's own price is as it is.
            if own.is_some_and(|own| own.price.is_some()) {
                return None;
            }
            let vendor = quirks_of(config).ok()?.vendor?;
            self.catalog().lookup(vendor, &model.model)
        };
        match listed() {
            None => ServicePrice::Usual,
            Some(entry) => entry
                .services
                .get(&name)
                .map_or(ServicePrice::Unlisted, |price| {
                    ServicePrice::Of(price.clone())
                }),
        }
    }

    /// The most pictures that one request to a provider may have.
    pub fn picture_cap(&self, provider: &str) -> Cap {
        let config = self.config.get(provider);
        let quirks = config.and_then(|config| quirks_of(config).ok());
        quirks.unwrap_or(quirks::NONE).cap()
    }

    /// Every model named in the config or in the table, by provider: those of the config first.
    pub fn models(&self) -> Vec<ModelCard> {
        let mut cards = Vec::new();
        for (name, config) in &self.config {
            let told = self.told(name).map_or_else(Vec::new, |told| told.listed());
            let vendor = quirks_of(config).ok().and_then(|quirks| quirks.vendor);
            let listed = vendor
                .into_iter()
                .flat_map(|vendor| self.catalog().models(vendor));
            let shipped = config.wire == Wire::Rehearsal && config.script.is_none();
            let scripts: Vec<&str> = rehearsal::names().filter(|_| shipped).collect();
            let mut seen = BTreeSet::new();
            for model in config
                .models
                .keys()
                .map(String::as_str)
                .chain(listed)
                .chain(told.iter().map(String::as_str))
                .chain(scripts)
            {
                if seen.insert(model) {
                    let model = ModelRef {
                        provider: name.clone(),
                        model: model.to_owned(),
                    };
                    cards.push(self.card_of(config, &model));
                }
            }
        }
        cards
    }

    /// Asks a provider of the config which models it has: checks its key, and finds what a server on this machine serves.
    pub async fn list(&self, provider: &str) -> Result<Vec<String>, Failure> {
        self.config(provider)?;
        self.remote(provider)?.list().await
    }

    /// The same for a provider that is not in the config yet, with a key just pasted.
    pub async fn try_out(
        &self,
        config: &ProviderConfig,
        key: Option<Secret>,
    ) -> Result<Vec<String>, Failure> {
        let place = key.is_some().then(|| "the key just given".to_owned());
        let key = Key::new(place, Arc::new(move || Ok(key.clone())));
        self.make(config, key)?.list().await
    }

    /// Whether a model is played by a script.
    pub fn is_rehearsal(&self, model: &ModelRef) -> bool {
        self.config
            .get(&model.provider)
            .is_some_and(|config| config.wire == Wire::Rehearsal)
    }

    /// How long a model's provider is asked to keep what it cached.
    pub fn cache_life(&self, model: &ModelRef) -> CacheLife {
        let config = self.config.get(&model.provider);
        config.map_or_else(CacheLife::default, |config| config.cache)
    }

    /// The shortest prompt a model caches, in tokens.
    pub fn least_cached(&self, model: &ModelRef) -> u64 {
        marks::least(&model.model)
    }

    /// The dearest price known, as budgets count: what a model without one counts as against them.
    pub fn dearest(&self, rates: &Rates) -> Price {
        let own = self
            .config
            .values()
            .flat_map(|config| config.models.values())
            .filter_map(|model| model.price.clone());
        let dearest = own.chain(self.catalog().prices()).max_by_key(|price| {
            let parts = price.input.saturating_add(price.output);
            let currency = price.currency;
            in_dollars(Money { parts, currency }, rates).parts
        });
        // Neither table nor config names any price: nothing is known to be dearer than nothing.
        dearest.unwrap_or(Price {
            currency: Currency::USD,
            input: 0,
            output: 0,
            cache_read: None,
            cache_write: None,
            cache_write_long: None,
            web_search: None,
            tiers: Vec::new(),
        })
    }

    /// The day the table's prices are of.
    pub fn price_date(&self) -> &str {
        self.catalog().date()
    }

    /// The table of prices, read when first asked for.
    pub fn catalog(&self) -> &Catalog {
        self.catalog.get_or_init(Catalog::shipped)
    }

    fn config(&self, provider: &str) -> Result<&ProviderConfig, Failure> {
        self.config.get(provider).ok_or_else(|| {
            let name = visible::one_line(provider);
            let known: Vec<&str> = self.config.keys().map(String::as_str).collect();
            fault(if known.is_empty() {
                format!(
                    "there is no provider `{name}`, nor any other: set a key such as ANTHROPIC_API_KEY, or add \
                     [providers.{name}] to config.toml"
                )
            } else {
                format!("there is no provider `{name}`: known are {}", known.join(", "))
            })
        })
    }

    /// What a server told, where it was asked.
    pub(crate) fn told(&self, name: &str) -> Option<Answers> {
        Some(self.made().get(name)?.answers.clone())
    }

    pub(crate) fn remote(&self, name: &str) -> Result<Arc<Remote>, Failure> {
        let mut made = self.made();
        if let Some(remote) = made.get(name) {
            return Ok(Arc::clone(remote));
        }
        let config = self.config(name)?;
        let (read, source) = (Arc::clone(&self.read), config.key.clone());
        let key = Key::new(place_of(&config.key), Arc::new(move || read(&source)));
        let remote = Arc::new(self.make(config, key)?);
        made.insert(name.to_owned(), Arc::clone(&remote));
        Ok(remote)
    }

    fn make(&self, config: &ProviderConfig, key: Key) -> Result<Remote, Failure> {
        let dialect =
            dialect::of(config.wire).ok_or_else(|| fault("a rehearsal has no server to ask"))?;
        Ok(Remote {
            dialect,
            base_url: dialect::base(config.wire, &config.base_url).to_owned(),
            quirks: quirks_of(config)?,
            key: Arc::new(key),
            http: Arc::clone(&self.http),
            windows: config
                .models
                .iter()
                .filter_map(|(name, model)| Some((name.clone(), model.context?)))
                .collect(),
            held_to: None,
            answers: Answers::default(),
        })
    }

    fn card_of(&self, config: &ProviderConfig, model: &ModelRef) -> ModelCard {
        let own = config.models.get(&model.model).cloned().unwrap_or_default();
        let quirks = quirks_of(config);
        let here = config.wire != Wire::Rehearsal
            && url(&config.base_url).is_ok_and(|url| is_loopback(&url));
        let vendor = quirks.as_ref().ok().and_then(|quirks| quirks.vendor);
        let listed = match vendor {
            Some(vendor) => self.catalog().lookup(vendor, &model.model),
            None if here => handed::listed(config, self.catalog(), &model.model),
            None => None,
        };
        let (context, max_output) = listed
            .as_ref()
            .map_or((None, None), |entry| (entry.context, entry.max_output));
        let plan = quirks.as_ref().is_ok_and(|quirks| quirks.plan);
        // Not what is billed in another currency than the list is in.
        let in_dollars = match config.currency {
            Some(currency) => currency == Currency::USD,
            None => !is_billed_in_yuan(&config.base_url),
        };
        let listed = listed.filter(|_| in_dollars);
        // A vendor's own model under the vendor's name: what stands at this address only hands it on.
        let free = listed.is_none() && !handed::is_surely(config);
        let local = here && (own.price.is_some() || free);
        let (price, price_date) = match (own.price, listed) {
            (Some(price), _) => (Some(price), None),
            (None, Some(entry)) => (Some(entry.price), Some(self.catalog().date().to_owned())),
            (None, None) => (None, None),
        };
        // Not `remote`, which would make one: what was never asked has told nothing.
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let told = made
            .get(&model.provider)
            .and_then(|remote| remote.window(&model.model));
        drop(made);
        let kept = || self.kept.window(model);
        ModelCard {
            model: model.clone(),
            context: own.context.or(context).or(told).or_else(kept),
            max_output: own.max_output.or(max_output),
            price,
            price_date,
            local,
            subscription: config.subscription.unwrap_or(plan),
            accepted: false,
            lacks: match quirks {
                Ok(_) => self.lacks(&config.key),
                Err(failure) => Some(failure.message),
            },
        }
    }

    /// Variables are looked at, and whether a file is there; a command may ask the person something.
    fn lacks(&self, source: &KeySource) -> Option<String> {
        let name = match source {
            KeySource::Env(name) => name,
            // One that may not be looked at is there as far as anybody knows: reading it says what is wrong.
            KeySource::File(path) if !matches!(path.try_exists(), Ok(false)) => return None,
            KeySource::File(path) => return Some(no_file(path)),
            KeySource::None | KeySource::Command(_) => return None,
        };
        match (self.read)(source) {
            Ok(Some(_)) => None,
            Ok(None) => Some(not_set(name)),
            Err(fault) => Some(fault),
        }
    }
}

fn fault(text: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Config, text)
}

/// By the preset, else by the vendor whose address it is.
pub(crate) fn quirks_of(config: &ProviderConfig) -> Result<Quirks, Failure> {
    match &config.preset {
        None => Ok(quirks::at(&config.base_url)),
        Some(preset) => quirks::of(preset).ok_or_else(|| {
            fault(format!(
                "there is no preset `{}`: known are {}",
                visible::one_line(preset),
                quirks::names().collect::<Vec<_>>().join(", ")
            ))
        }),
    }
}

fn place_of(source: &KeySource) -> Option<String> {
    match source {
        KeySource::None => None,
        KeySource::Env(name) => Some(name.clone()),
        KeySource::File(path) => Some(format!("the file {}", path.display())),
        KeySource::Command(argv) => Some(format!(
            "the command {}",
            visible::one_line(&argv.join(" "))
        )),
    }
}
