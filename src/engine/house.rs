//! What all sessions of one engine share: the log, the providers, the tools, the clock, and the feed to the faces.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::broadcast;

use crate::agent::cost::Tariff;
use crate::agent::guard;
use crate::agent::redact::Redactor;
use crate::config::{BudgetConfig, LimitConfig};
use crate::engine::clock::Clock;
use crate::engine::owner::Owners;
use crate::protocol::event::Signal;
use crate::protocol::id::{ModelRef, SessionId};
use crate::protocol::rule::Rule;
use crate::protocol::time::Time;
use crate::provider::rehearsal;
use crate::provider::table::Providers;
use crate::store::fault::StoreError;
use crate::store::log::Log;
use crate::store::read::Reader;
use crate::tool::Toolbox;

pub(crate) struct House {
    pub(crate) log: Log,
    pub(crate) db: PathBuf,
    pub(crate) readers: Mutex<Vec<Reader>>,
    pub(crate) providers: Providers,
    pub(crate) tools: Toolbox,
    pub(crate) clock: Clock,
    pub(crate) owners: Owners,
    pub(crate) signals: broadcast::Sender<Signal>,
    pub(crate) redactor: Arc<Mutex<Redactor>>,
    pub(crate) budget: BudgetConfig,
    pub(crate) guards: guard::Settings,
    pub(crate) limits: LimitConfig,
    /// Rules of the config.
    pub(crate) rules: Vec<Rule>,
    /// The person's own folder: never a root.
    pub(crate) home: Option<PathBuf>,
    /// Nobody can be asked: an ask is denied at once.
    pub(crate) unattended: bool,
    /// When the person last pressed a key, in milliseconds; 0 where there is no person.
    pub(crate) last_key: Arc<AtomicI64>,
}

impl House {
    pub(crate) fn tell(&self, signal: Signal) {
        // Nobody listening is no fault: the facts are in the log.
        let _ = self.signals.send(signal);
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

    /// What stands behind a model's price.
    pub(crate) fn tariff(&self, model: &ModelRef) -> Tariff {
        if self.providers.is_rehearsal(model) {
            return Tariff::Play(rehearsal::play_price());
        }
        let card = self.providers.card(model);
        match card.price {
            Some(price) => Tariff::Priced(price),
            None if card.local => Tariff::Local,
            None => Tariff::Unknown {
                stand_in: self.providers.dearest(),
            },
        }
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

    /// Takes hold of a session for this process.
    pub(crate) fn hold(&self, session: SessionId) -> Result<crate::engine::owner::Held, String> {
        self.owners.hold(session)
    }
}

impl fmt::Debug for House {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("House")
            .field("db", &self.db)
            .finish_non_exhaustive()
    }
}
