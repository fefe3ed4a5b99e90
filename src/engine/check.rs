//! Trying providers for the person: questions that cost nothing, and one short call to a model, which is kept in the log and
//! held by the budgets like any other. Its session is made for it and put away at once: what was paid can be looked up.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::agent::check::{ask, ask_twice, shown};
use crate::agent::cost::{self, Tariff};
use crate::agent::prompt::Prompt;
use crate::agent::size::Sent;
use crate::config::paths::process_environment;
use crate::config::{KeySource, ProviderConfig, Wire, preset, secret};
use crate::engine::bill::{self, charged, is_counted};
use crate::engine::book::{Answered, Book};
use crate::engine::configured::{configured, is_listed, likely, missing};
use crate::engine::heard::hear;
use crate::engine::house::{self, House};
use crate::protocol::effort::Effort;
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::id::{ModelRef, SessionId};
use crate::protocol::money::{Money, Rates};
use crate::protocol::provider::{CacheTried, ProviderCard, Reached, Tried};
use crate::protocol::usage::{Basis, Charge, Usage};
use crate::provider::Provider;
use crate::provider::table::Providers;

/// How long a list of models may take, its pages and the reading of the key included.
const LIST_TIME: Duration = Duration::from_secs(12);

/// How long it may take to find out whether anybody gets that list.
const OPEN_TIME: Duration = Duration::from_secs(5);

/// How long all questions to a model may take together.
const ANSWER_TIME: Duration = Duration::from_mins(1);

/// How long nothing may come of an answer: who is asked a short question begins at once.
const SILENCE: Duration = Duration::from_secs(15);

/// Both of a model of this machine, which may have to be loaded first.
const ANSWER_TIME_HERE: Duration = Duration::from_mins(2);

/// With less than this left no further question is begun.
const LEAST_TIME: Duration = Duration::from_secs(2);

/// How long the questions to a model may take together, and how long nothing may come of one.
fn times(here: bool) -> (Duration, Duration) {
    if here {
        (ANSWER_TIME_HERE, ANSWER_TIME_HERE)
    } else {
        (ANSWER_TIME, SILENCE)
    }
}

/// The providers of the config and those found by their keys.
pub(crate) async fn cards(house: &Arc<House>) -> Result<Vec<ProviderCard>, String> {
    let providers = house.providers();
    // A key file may lie on a slow disk.
    tokio::task::spawn_blocking(move || {
        let entries = providers.entries();
        entries.map(|(name, entry)| card(name, entry)).collect()
    })
    .await
    .map_err(|error| error.to_string())
}

fn card(name: &str, entry: &ProviderConfig) -> ProviderCard {
    let key = (entry.key != KeySource::None).then(|| secret::place(&entry.key));
    let lacks = match &entry.key {
        // A command may ask the person something: it is run when the key is needed.
        KeySource::None | KeySource::Command(_) => None,
        source => match secret::read(source, &process_environment) {
            Ok(Some(_)) => None,
            Ok(None) => Some(secret::not_set(&secret::place(source))),
            Err(fault) => Some(fault),
        },
    };
    ProviderCard {
        name: name.to_owned(),
        wire: entry.wire.name().to_owned(),
        base_url: entry.base_url.clone(),
        key,
        origin: entry.origin.clone(),
        lacks,
    }
}

/// The providers that have one of this name: those of the config, else the preset of the name, where its key stands in a
/// variable or it needs none.
fn with(house: &House, name: &str) -> Result<Arc<Providers>, String> {
    let providers = house.providers();
    if providers.has(name) {
        return Ok(providers);
    }
    let known = || {
        let names: Vec<&str> = providers.entries().map(|(name, _)| name.as_str()).collect();
        format!(
            "there is no provider `{name}`: the config and your keys give {}",
            names.join(", ")
        )
    };
    let preset = preset::find(name).ok_or_else(known)?;
    let set =
        |variable: &&&str| process_environment(variable).is_some_and(|value| !value.is_empty());
    let variable = preset.key_variables.iter().find(set).copied();
    if let (None, Some(first)) = (variable, preset.key_variables.first()) {
        return Err(format!(
            "there is no key of {name}: set {first}, or add [providers.{name}] to config.toml"
        ));
    }
    let origin = variable.unwrap_or("its usual address").to_owned();
    let entry = preset.entry(variable, origin).ok_or_else(known)?;
    let entries = [(name.to_owned(), entry)].into();
    Ok(Arc::new(house::table(entries, &house.redactor, true)))
}

/// Asks for the list of models, which costs nothing and which a bad key does not get.
pub(crate) async fn reach(
    house: &Arc<House>,
    name: &str,
    wanted: Option<ModelRef>,
) -> Result<Reached, String> {
    let providers = with(house, name)?;
    let (_, entry) = providers
        .entries()
        .find(|(known, _)| *known == name)
        .ok_or_else(|| format!("there is no provider `{name}`"))?;
    if entry.wire == Wire::Rehearsal {
        return Err(format!(
            "{name} plays a script: there is no server to check"
        ));
    }
    let (owned, told) = (name.to_owned(), entry.clone());
    let card = tokio::task::spawn_blocking(move || card(&owned, &told))
        .await
        .map_err(|error| error.to_string())?;
    let listed = tokio::time::timeout(LIST_TIME, providers.list(name))
        .await
        .unwrap_or_else(|_| {
            Err(Failure::new(
                FailureKind::Network,
                format!(
                    "{} did not list its models within {} s: check the network",
                    entry.base_url,
                    LIST_TIME.as_secs()
                ),
            ))
        });
    // Who does not say in time whether anybody may have the list has said nothing of the key.
    let open = card.key.is_some()
        && listed.is_ok()
        && tokio::time::timeout(OPEN_TIME, providers.is_open(name)).await != Ok(false);
    let list = listed.as_deref().ok();
    let configured = configured(house, (name, entry), wanted).await;
    let missing = list.map_or_else(Vec::new, |list| missing(&configured, list));
    let model = likely(&providers, (name, entry), &configured, list);
    let there = model.as_ref().zip(list);
    let there = there.map(|(model, list)| is_listed(list, &model.model));
    let (worst, unpriced) = match &model {
        None => (None, false),
        Some(model) => {
            let tariff = house.tariff_of(&providers, model);
            let unpriced = matches!(tariff, Tariff::Unknown { .. });
            (worst(&providers, model, &tariff, &house.rates), unpriced)
        }
    };
    let here = |model: &ModelRef| providers.card(model).local;
    Ok(Reached {
        time: times(model.as_ref().is_some_and(here)).0,
        card,
        models: listed.map(|list| list.len() as u64),
        open,
        model,
        there,
        missing,
        worst,
        unpriced,
    })
}

/// What a check can cost at most: the short question, and the long one twice.
fn worst(providers: &Providers, model: &ModelRef, tariff: &Tariff, rates: &Rates) -> Option<Money> {
    let context = providers.card(model).context;
    let one = |prompt: &Prompt| {
        let size = Sent::new(prompt).size(None, context);
        let worst = cost::reserve(size.most, prompt.max_output, tariff, rates)?;
        Some(bill::by(worst, providers.dearest_region(model)))
    };
    let short = one(&ask(model, None))?;
    let session = SessionId(uuid::Uuid::nil());
    let least = providers.least_cached(model);
    let long = one(&ask_twice((model, None), session, least))?;
    let parts = short.parts.saturating_add(long.parts.saturating_mul(2));
    Some(Money { parts, ..short })
}

/// Asks a model one short question. `gone` ends when nobody waits for the answer any more: the call is then broken off.
pub(crate) async fn try_out(
    house: &Arc<House>,
    (model, effort): (ModelRef, Option<Effort>),
    gone: impl Future<Output = ()>,
) -> Result<Tried, String> {
    let providers = with(house, &model.provider)?;
    let provider = providers.get(&model).map_err(|failure| failure.message)?;
    let mut book = Book::open(house, &model).await?;
    let tariff = house.tariff_of(&providers, &model);
    let caller = Caller {
        house,
        providers: &providers,
        provider: &*provider,
        tariff: &tariff,
        until: Instant::now() + times(providers.card(&model).local).0,
    };
    let mut gone = std::pin::pin!(gone);
    let first = caller
        .call(&mut book, ask(&model, effort), &mut gone)
        .await?;
    let (first, pieces) = match first {
        Called::Answered(answered, pieces) => (answered, pieces),
        Called::Over(text) => {
            return Ok(Tried {
                failure: Some(Failure::new(FailureKind::Config, text)),
                over_budget: true,
                ..Tried::default()
            });
        }
    };
    let mut tried = Tried {
        failure: first.failure.clone(),
        charge: Some(first.charge),
        millis: first.millis,
        ..shown(&first.reply, pieces)
    };
    if tried.failure.is_some() || !tried.reports_caching {
        return Ok(tried);
    }
    let mut cache = None;
    for _ in 0..2 {
        let least = providers.least_cached(&model);
        let prompt = ask_twice((&model, effort), book.session.id, least);
        if caller.left() < LEAST_TIME {
            let why = "its answers took all the time there is".to_owned();
            cache = Some(CacheTried::Not { why });
            break;
        }
        cache = Some(match caller.call(&mut book, prompt, &mut gone).await? {
            Called::Over(why) => CacheTried::Not { why },
            Called::Answered(answered, _) => {
                tried.charge = tried.charge.map(|charge| together(charge, answered.charge));
                match answered.failure {
                    Some(failure) => CacheTried::Not {
                        why: failure.message,
                    },
                    None => CacheTried::Read {
                        tokens: answered.usage.cache_read,
                        of: answered.usage.prompt(),
                    },
                }
            }
        });
        if matches!(cache, Some(CacheTried::Not { .. })) {
            break;
        }
    }
    tried.cache = cache;
    Ok(tried)
}

/// Two charges as one: known only where both are, and in one currency.
fn together(one: Charge, other: Charge) -> Charge {
    // What was refused before it began is free, in whatever currency.
    let free = |charge: Charge| charge.money.is_some_and(|money| money.parts == 0);
    if free(one) || free(other) {
        return if free(one) { other } else { one };
    }
    let basis = if other.basis.is_estimated() {
        other.basis
    } else {
        one.basis
    };
    match (one.money, other.money) {
        (Some(money), Some(more)) if money.currency == more.currency => Charge {
            money: Some(Money {
                parts: money.parts.saturating_add(more.parts),
                ..money
            }),
            basis,
        },
        _ => Charge::UNKNOWN,
    }
}

/// What a call of a check is made with.
struct Caller<'c> {
    house: &'c Arc<House>,
    providers: &'c Providers,
    provider: &'c dyn Provider,
    tariff: &'c Tariff,
    /// The end of the time for all its questions.
    until: Instant,
}

enum Called {
    /// And in how many pieces it came.
    Answered(Box<Answered>, u32),
    /// A budget stands in the way, as this says.
    Over(String),
}

impl Caller<'_> {
    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// One call, and another where the first was lost on a connection from before: that says nothing of the model.
    async fn call(
        &self,
        book: &mut Book<'_>,
        prompt: Prompt,
        gone: &mut (impl Future<Output = ()> + Unpin),
    ) -> Result<Called, String> {
        let (lost, pieces) = match self.once(book, prompt.clone(), gone).await? {
            Called::Answered(lost, pieces) if lost.is_stale() => (lost, pieces),
            called => return Ok(called),
        };
        match self.once(book, prompt, gone).await? {
            Called::Answered(mut answered, pieces) => {
                answered.charge = together(lost.charge, answered.charge);
                Ok(Called::Answered(answered, pieces))
            }
            // It was sent once, and may be charged: that is what is told.
            Called::Over(_) => Ok(Called::Answered(lost, pieces)),
        }
    }

    /// One call, held by the budgets before and kept with its price afterwards.
    async fn once(
        &self,
        book: &mut Book<'_>,
        prompt: Prompt,
        gone: &mut (impl Future<Output = ()> + Unpin),
    ) -> Result<Called, String> {
        let (house, model) = (self.house, prompt.model.clone());
        let card = self.providers.card(&model);
        let size = Sent::new(&prompt).size(None, card.context);
        let worst = cost::reserve(size.most, prompt.max_output, self.tariff, &house.rates);
        let worst = worst.map(|worst| bill::by(worst, self.providers.dearest_region(&model)));
        if let Some(text) = book.reserve(worst).await? {
            return Ok(Called::Over(text));
        }
        let began = house.clock.now();
        let (all, silence) = times(card.local);
        let left = self.left().min(all);
        let time = (left, silence.min(left));
        let heard = hear(self.provider, prompt, time, gone).await;
        let millis = house.clock.now().since(began).as_millis();
        // What was refused before an answer began is free; what was taken and then lost may be charged.
        let free = heard.is_free();
        let (usage, (charge, counted), price) = if free {
            let charge = Charge {
                money: Some(Money::usd(0)),
                basis: Basis::Listed,
            };
            (Usage::default(), (charge, Money::usd(0)), None)
        } else {
            let counted = heard.failure.is_none() || is_counted(&heard.reply);
            let usage = heard.reply.usage.filter(|_| counted);
            let (usage, estimated) = match usage {
                Some(usage) => cost::completed(usage, size.likely, &heard.reply),
                None => (cost::estimate(size.likely, 0, &heard.reply), true),
            };
            let raw = heard.reply.usage_raw.as_ref();
            let factor = self.providers.region_factor(&model, raw);
            let tier = heard.reply.tier.as_deref();
            let tariff = house.tariff_in((self.providers, &model), self.tariff, tier);
            let priced = (&tariff, estimated, factor);
            let price = tariff.price().cloned().map(Box::new);
            let beside = |named: &str| house.tariff_beside((self.providers, &model), named, tier);
            let charged = charged(&usage, &heard.reply, priced, beside, &house.rates);
            (usage, charged, price)
        };
        let answered = Answered {
            reply: heard.reply,
            failure: heard.failure,
            usage,
            charge,
            counted,
            millis: u64::try_from(millis).unwrap_or(u64::MAX),
            vitals: heard.vitals,
            price,
        };
        book.keep(answered.clone()).await?;
        Ok(Called::Answered(Box::new(answered), heard.pieces))
    }
}
