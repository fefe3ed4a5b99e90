//! What a run asks, and why it cannot.

use crate::config::{Config, Wire, address, preset, route};
use crate::protocol::id::ModelRef;
use crate::protocol::query::ModelCard;
use crate::provider::handed::is_elsewhere;
use crate::provider::rehearsal;

/// Why there is no such model: its provider, route or script is not there.
pub fn model_trouble(model: &ModelRef, config: &Config) -> Option<String> {
    match model.as_route() {
        Some(name) if !config.routes.contains_key(name) => {
            Some(format!("--model {}", route::unknown(name, &config.routes)))
        }
        Some(_) => None,
        None => match config.providers.get(&model.provider) {
            None => Some(missing_provider(model, config)),
            Some(provider) => {
                let is_shipped = provider.wire == Wire::Rehearsal && provider.script.is_none();
                let is_there = !is_shipped || rehearsal::shipped(&model.model).is_some();
                (!is_there).then(|| rehearsal::unknown(&model.model))
            }
        },
    }
}

fn missing_provider(model: &ModelRef, config: &Config) -> String {
    let name = &model.provider;
    let usual = preset::find(name).and_then(|preset| preset.key_variables.first());
    if let Some(variable) = usual {
        return format!(
            "the provider `{name}` has no key: set {variable}, or add [providers.{name}] to the config"
        );
    }
    let known: Vec<&str> = config.providers.keys().map(String::as_str).collect();
    format!(
        "there is no provider `{name}`: there are {}",
        known.join(", ")
    )
}

/// The models that may be asked where this one is: the endpoints of a route, whichever it will be, or itself.
pub(crate) fn endpoints<'c>(model: &'c ModelRef, config: &'c Config) -> &'c [ModelRef] {
    let route = model.as_route().and_then(|name| config.routes.get(name));
    route.map_or(std::slice::from_ref(model), |route| &route.endpoints)
}

/// Why a budget cannot hold a model: without a price nobody knows what a call costs. A server on this machine counts as
/// nothing, unless it only hands on to a vendor, and so does the rehearsal.
pub(crate) fn unpriced(model: &ModelRef, cards: &[ModelCard], config: &Config) -> Option<String> {
    let card = cards.iter().find(|card| card.model == *model);
    let provider = config.providers.get(&model.provider);
    let free = provider.is_some_and(|provider| {
        let is_bridge = provider.preset.as_deref().is_some_and(is_elsewhere);
        let is_here = address::is_local(&provider.base_url) && !is_bridge;
        provider.wire == Wire::Rehearsal || is_here
    });
    let held = match card {
        Some(card) => {
            let plays = provider.is_some_and(|provider| provider.wire == Wire::Rehearsal);
            plays || card.local || card.subscription || card.price.is_some()
        }
        None => free,
    };
    (!held).then(|| {
        format!(
            "{model} has no price, so --budget cannot hold it: write its price into the config, as \
             [providers.{}.models.\"{}\"] price = {{ input = 1, output = 2 }}",
            model.provider, model.model
        )
    })
}
