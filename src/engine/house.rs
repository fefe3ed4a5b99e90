//! What all sessions of one engine share: the log, the providers, the tools, the clock, and the feed to the faces.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use crate::agent::cost::Tariff;
use crate::agent::guard;
use crate::agent::redact::Redactor;
use crate::agent::route::health::Book;
use crate::config::import::ImportConfig;
use crate::config::memory::Recalls;
use crate::config::paths::{Paths, process_environment};
use crate::config::worktree::WorktreeConfig;
use crate::config::{BudgetConfig, KeySource, LimitConfig, ProviderConfig, load, secret};
use crate::engine::clock::Clock;
use crate::engine::feed::Signals;
use crate::engine::import::Imports;
use crate::engine::memory::Memory;
use crate::engine::owner::{Held, Owners};
use crate::engine::routes::Routes;
use crate::engine::streams::Streams;
use crate::engine::walls::Walls;
use crate::protocol::call::ToolSpec;
use crate::protocol::event::Signal;
use crate::protocol::id::{ModelRef, SessionId};
use crate::protocol::money::Rates;
use crate::protocol::rule::Rule;
use crate::protocol::time::Time;
use crate::provider::rehearsal::script::Audience;
use crate::provider::rehearsal::{self, Speed};
use crate::provider::rehearsals::Rehearsals;
use crate::provider::table::{Providers, ReadSource};
use crate::store::fault::StoreError;
use crate::store::log::Log;
use crate::store::read::Reader;
use crate::store::{Appended, Batch};
use crate::tool::Toolbox;

/// How long a session held by this very process is waited for; longer than any of its tools may take to end.
const WAIT_HERE: Duration = Duration::from_secs(2);
const WAIT_ELSEWHERE: Duration = Duration::from_millis(50);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

pub(crate) struct House {
    /// Closed before the log is, as fields are in their order: only a last connection that writes can put the log of writes
    /// back into the file and take it away.
    pub(crate) readers: Mutex<Vec<Reader>>,
    pub(crate) log: Log,
    pub(crate) db: PathBuf,
    /// The search index beside the log.
    pub(crate) memory: Arc<Memory>,
    /// Replaced as a whole when the config is read again; a call under way keeps those it began with.
    pub(crate) providers: RwLock<Arc<Providers>>,
    pub(crate) routes: RwLock<Arc<Routes>>,
    /// How the endpoints do, as far as the log was read.
    pub(crate) health: Mutex<Book>,
    pub(crate) paths: Paths,
    pub(crate) tools: Toolbox,
    pub(crate) clock: Clock,
    pub(crate) owners: Owners,
    pub(crate) walls: Walls,
    pub(crate) signals: Signals,
    pub(crate) redactor: Arc<Mutex<Redactor>>,
    pub(crate) budget: BudgetConfig,
    pub(crate) rates: Rates,
    pub(crate) guards: guard::Settings,
    pub(crate) limits: LimitConfig,
    /// Rules of the config.
    pub(crate) rules: Vec<Rule>,
    /// The tools models are told of, the same in every request: those that no rule of the config takes away.
    pub(crate) shown: Arc<[ToolSpec]>,
    pub(crate) worktree: WorktreeConfig,
    /// Whether earlier sessions are recalled by themselves.
    pub(crate) recalls: Recalls,
    pub(crate) import: ImportConfig,
    /// Imports of other programs' sessions under way in this process.
    pub(crate) imports: Imports,
    /// The person's own folder: never a root.
    pub(crate) home: Option<PathBuf>,
    /// Nobody can be asked: an ask is denied at once.
    pub(crate) unattended: bool,
    /// Where answers are read that somebody watches; made when the first of them begins.
    pub(crate) streams: OnceLock<Option<Streams>>,
    /// When the person last pressed a key, in milliseconds; 0 where there is no person.
    pub(crate) last_key: Arc<AtomicI64>,
    #[cfg(test)]
    pub(crate) trial: crate::engine::trial::Switches,
}

impl House {
    pub(crate) fn tell(&self, signal: Signal) {
        self.signals.tell(signal);
    }

    /// Keeps a batch.
    pub(crate) async fn append(&self, batch: Batch) -> Result<Appended, StoreError> {
        #[cfg(test)]
        self.trial.before_append(&self.db)?;
        let here = batch.import.is_none().then_some(batch.session);
        let kept = self.log.append(batch).await?;
        self.memory
            .kept((kept.events.len(), here), || self.log.reader());
        Ok(kept)
    }

    /// Reads the log on a thread that may block.
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, String> {
        let house = Arc::clone(self);
        let answered = tokio::task::spawn_blocking(move || {
            let idle = house
                .readers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop();
            let reader = idle.unwrap_or_else(|| house.log.reader());
            let answer = question(&reader);
            house
                .readers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(reader);
            answer
        });
        match answered.await {
            Ok(answer) => answer.map_err(|error: StoreError| error.to_string()),
            Err(error) => Err(format!("reading the log broke off: {error}")),
        }
    }

    /// Where an answer is read; `None` where nobody watches it, or the system has no thread to give.
    pub(crate) fn streams(&self) -> Option<&Streams> {
        if self.unattended {
            return None;
        }
        let streams = self.streams.get_or_init(|| {
            let started = Streams::start();
            started
                .inspect_err(|error| tracing::warn!("no thread for streams: {error}"))
                .ok()
        });
        streams.as_ref()
    }

    pub(crate) fn providers(&self) -> Arc<Providers> {
        Arc::clone(
            &self
                .providers
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Reads the config again for the providers, routes and roles it names now. Keys are read anew, and what failed for one may
    /// have been mended.
    pub(crate) fn reload(&self) -> Result<(), String> {
        self.read_config(None)?;
        let mut book = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        book.forgive();
        Ok(())
    }

    /// The same for what it names beside what it did: no key is read that was read before, and no command run that prints one.
    pub(crate) fn extend(&self) -> Result<(), String> {
        self.read_config(Some(&self.providers()))
    }

    fn read_config(&self, before: Option<&Providers>) -> Result<(), String> {
        let mut config =
            load::load(&self.paths, &process_environment).map_err(|error| error.to_string())?;
        let routes = Routes {
            routes: config.routes,
            roles: config.roles,
            usual: config.model,
        };
        let entries = std::mem::take(&mut config.providers);
        let providers = table_beside(entries, &self.redactor, self.unattended, before);
        *self
            .providers
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(providers);
        *self.routes.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(routes);
        Ok(())
    }

    /// What stands behind a model's price.
    pub(crate) fn tariff(&self, model: &ModelRef) -> Tariff {
        self.tariff_of(&self.providers(), model)
    }

    /// The same of a model that other providers have.
    pub(crate) fn tariff_of(&self, providers: &Providers, model: &ModelRef) -> Tariff {
        if providers.is_rehearsal(model) {
            return Tariff::Play(rehearsal::play_price());
        }
        let card = providers.card(model);
        match card.price {
            price if card.subscription => Tariff::Included(price),
            Some(price) => Tariff::Priced(price),
            None if card.local => Tariff::Local,
            None => Tariff::Unknown {
                stand_in: self.providers().dearest(&self.rates),
            },
        }
    }

    /// The tariff of a model that another program called: this home need not have its provider.
    pub(crate) fn tariff_elsewhere(&self, model: &ModelRef) -> Tariff {
        let providers = self.providers();
        let has = providers.has(&model.provider) || providers.is_rehearsal(model);
        match providers.price_elsewhere(model).filter(|_| !has) {
            Some((price, true)) => Tariff::Included(Some(price)),
            Some((price, false)) => Tariff::Priced(price),
            None => self.tariff_of(&providers, model),
        }
    }

    /// Whether a model may be called though no price is known for it. What cannot be read is asked about.
    pub(crate) async fn accepts(self: &Arc<Self>, model: &ModelRef) -> bool {
        let accepted = self.read(Reader::accepted).await;
        accepted.is_ok_and(|accepted| accepted.contains(model))
    }

    /// The tariff of a call that was answered in this service tier, as its provider says.
    pub(crate) fn tariff_in(
        &self,
        (providers, model): (&Providers, &ModelRef),
        tariff: &Tariff,
        tier: Option<&str>,
    ) -> Tariff {
        let service = providers.service(model, tier);
        tariff.served(&service, || providers.dearest(&self.rates))
    }

    /// The tariff of another model of the same provider, which it asked by itself for an answer of `model`.
    pub(crate) fn tariff_beside(
        &self,
        (providers, model): (&Providers, &ModelRef),
        named: &str,
        tier: Option<&str>,
    ) -> Tariff {
        let other = ModelRef {
            provider: model.provider.clone(),
            model: named.to_owned(),
        };
        let tariff = self.tariff_of(providers, &other);
        self.tariff_in((providers, &other), &tariff, tier)
    }

    /// Since when no key was pressed, where there is a person.
    pub(crate) fn away_since(&self) -> Option<Time> {
        match self.last_key.load(Ordering::Relaxed) {
            0 => None,
            millis => Some(Time(millis)),
        }
    }

    pub(crate) fn redactor(&self) -> Redactor {
        self.redactor
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Takes hold of a session for this process. A holder that is just letting go is waited for: whoever only looks locks the
    /// file for an instant, and a session that was closed here a moment ago has its last facts to keep.
    pub(crate) async fn hold(&self, session: SessionId) -> Result<Held, String> {
        let mut waited = Duration::ZERO;
        loop {
            let refused = match self.owners.hold(session) {
                Ok(held) => return Ok(held),
                Err(refused) => refused,
            };
            let here = self.owners.holder(session).is_none_or(|holder| holder.here);
            if waited >= if here { WAIT_HERE } else { WAIT_ELSEWHERE } {
                return Err(refused);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
            waited += LOOK_AGAIN;
        }
    }
}

impl fmt::Debug for House {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("House")
            .field("db", &self.db)
            .finish_non_exhaustive()
    }
}

/// The providers of a config. Where nobody watches, nobody waits for a script's words to be spoken.
pub(crate) fn table(
    config: BTreeMap<String, ProviderConfig>,
    redactor: &Arc<Mutex<Redactor>>,
    unattended: bool,
) -> Providers {
    table_beside(config, redactor, unattended, None)
}

/// The same; entries that are as they were `before` stay as they are, with their keys.
fn table_beside(
    config: BTreeMap<String, ProviderConfig>,
    redactor: &Arc<Mutex<Redactor>>,
    unattended: bool,
    before: Option<&Providers>,
) -> Providers {
    let (speed, audience) = if unattended {
        (Speed::at_once(), Audience::Nobody)
    } else {
        (Speed::default(), Audience::Somebody)
    };
    let read = keys(redactor);
    let stays = |name: &str, entry: &ProviderConfig| {
        let mut known = before.into_iter().flat_map(Providers::entries);
        known.any(|(known, was)| known == name && was == entry)
    };
    for (_, entry) in config.iter().filter(|(name, entry)| !stays(name, entry)) {
        // Known before the first prompt is kept. A command is run only when its key is needed, since it may ask the person;
        // what is wrong with a source is said then too.
        if matches!(entry.key, KeySource::Env(_) | KeySource::File(_)) {
            let _ = read(&entry.key);
        }
    }
    let providers = Providers::new(config, read, Rehearsals::new(speed, audience));
    if let Some(before) = before {
        providers.adopt(before);
    }
    providers
}

/// Reads keys, and has each one taken out of everything from then on.
fn keys(redactor: &Arc<Mutex<Redactor>>) -> ReadSource {
    let redactor = Arc::clone(redactor);
    Arc::new(move |source| {
        let key = secret::read(source, &process_environment)?;
        if let Some(key) = &key {
            redactor
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .add(key.expose());
        }
        Ok(key)
    })
}
