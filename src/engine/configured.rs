//! The models of one provider that the person counts on: which they are, which of them its server lists, and which of them a
//! check asks.

use std::sync::Arc;

use crate::config::{Config, ProviderConfig, preset};
use crate::engine::house::House;
use crate::protocol::id::ModelRef;
use crate::provider::table::Providers;
use crate::store::read::Reader;

/// Digits of a date behind a name.
const DATE: usize = 8;

/// Each once: the one that is wanted, those of the config (what sessions begin with, roles, routes, `models` of the entry),
/// and those of the newest sessions.
pub(crate) async fn configured(
    house: &Arc<House>,
    (provider, entry): (&str, &ProviderConfig),
    wanted: Option<ModelRef>,
) -> Vec<ModelRef> {
    let sessions = house
        .read(|reader: &Reader| reader.sessions(Some(Config::NEWEST), false))
        .await;
    // Where the log cannot be read the config still says enough to check.
    let sessions = sessions.unwrap_or_default().into_iter();
    let routes = house.routes();
    let described = entry.models.keys().map(|model| of(provider, model));
    let named = wanted
        .into_iter()
        .chain(routes.named().cloned())
        .chain(described)
        .chain(sessions.map(|card| card.model));
    distinct(named.filter(|model| model.provider == provider))
}

fn distinct(models: impl Iterator<Item = ModelRef>) -> Vec<ModelRef> {
    let mut all = Vec::new();
    for model in models {
        if !all.contains(&model) {
            all.push(model);
        }
    }
    all
}

fn of(provider: &str, model: &str) -> ModelRef {
    ModelRef {
        provider: provider.to_owned(),
        model: model.to_owned(),
    }
}

/// Those that the server does not list.
pub(crate) fn missing(configured: &[ModelRef], listed: &[String]) -> Vec<ModelRef> {
    let lacks = |model: &&ModelRef| !is_listed(listed, &model.model);
    configured.iter().filter(lacks).cloned().collect()
}

/// The model that is tried: the first of the configured that is there, or the first of them where none is, since some servers
/// answer to names they do not list; without any the preset's usual one, else one that the price table knows, else the first of
/// the list.
pub(crate) fn likely(
    providers: &Providers,
    (provider, entry): (&str, &ProviderConfig),
    configured: &[ModelRef],
    listed: Option<&[String]>,
) -> Option<ModelRef> {
    let is_there = |model: &str| listed.is_none_or(|list| is_listed(list, model));
    let found = || configured.iter().find(|model| is_there(&model.model));
    let usual = || {
        let preset = entry.preset.as_deref().and_then(preset::find)?;
        preset.default_model.filter(|name| is_there(name))
    };
    let priced = || {
        let mut list = listed?.iter().map(String::as_str);
        list.find(|name| providers.card(&of(provider, name)).price.is_some())
    };
    let first = || listed?.first().map(String::as_str);
    found().or_else(|| configured.first()).cloned().or_else(|| {
        let name = usual().or_else(priced).or_else(first)?;
        Some(of(provider, name))
    })
}

pub(crate) fn is_listed(listed: &[String], model: &str) -> bool {
    listed.iter().any(|listed| is_named(listed, model))
}

/// A model without a tag has the newest one, where models have tags; one without a date is that of some date, where the list
/// has dates (`claude-sonnet-4-5-20250929`).
fn is_named(listed: &str, model: &str) -> bool {
    let Some(rest) = listed.strip_prefix(model) else {
        return false;
    };
    let is_date = |rest: &str| {
        let digits = rest.bytes().filter(u8::is_ascii_digit).count();
        digits == DATE
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'-')
    };
    rest.is_empty() || rest == ":latest" || rest.strip_prefix('-').is_some_and(is_date)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::provider::rehearsals::Rehearsals;

    /// Names that are configured, the list, those it lacks, and the one that is asked.
    type Case<'c> = (
        &'c [&'c str],
        Option<&'c [String]>,
        &'c [&'c str],
        Option<&'c str>,
    );

    #[test]
    fn every_configured_model_is_compared_with_the_list_and_one_of_them_is_asked() {
        let preset = preset::find("anthropic").unwrap();
        let entry = preset.entry(None, String::new()).unwrap();
        let providers = Providers::new(
            [("p".to_owned(), entry.clone())].into(),
            Arc::new(|_| Ok(None)),
            Rehearsals::default(),
        );
        let models =
            |names: &[&str]| -> Vec<ModelRef> { names.iter().map(|name| of("p", name)).collect() };
        let list = ["zero", "second", "dated-20250929", "tagged:latest"].map(str::to_owned);
        let usual = preset.default_model.unwrap();
        let cases: [Case; 6] = [
            (
                &["gone", "second", "lost"],
                Some(&list),
                &["gone", "lost"],
                Some("second"),
            ),
            (&["dated", "tagged"], Some(&list), &[], Some("dated")),
            // A server may answer to a name that it does not list.
            (&["gone"], Some(&list), &["gone"], Some("gone")),
            (
                &["dated-2025", "tag"],
                Some(&list),
                &["dated-2025", "tag"],
                Some("dated-2025"),
            ),
            (&[], Some(&list), &[], Some("zero")),
            (&[], None, &[], Some(usual)),
        ];
        for (names, listed, lacks, asked) in cases {
            let named = models(names);
            let found = likely(&providers, ("p", &entry), &named, listed);
            let absent = listed.map_or_else(Vec::new, |listed| missing(&named, listed));
            assert_eq!(
                (absent, found),
                (models(lacks), asked.map(|name| of("p", name))),
                "{names:?}"
            );
        }
        let twice = distinct(models(&["a", "b", "a"]).into_iter());
        assert_eq!(twice, models(&["a", "b"]));
    }
}
