//! `[routes.NAME]` and `[roles]`: several endpoints as one model, and models for what is not the work itself. A route has the
//! endpoints that are written down and no others: a new key never makes itself a member.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::agent::route::Route;
use crate::config::document::{Document, Section, cut, listed, nearest};
use crate::config::{Config, RoleConfig, preset, provider};
use crate::protocol::id::ModelRef;
use crate::protocol::route::{Needs, Policy, ROUTE};

pub(crate) const ROUTE_KEYS: &[&str] = &["endpoints", "policy", "needs", "cooldown", "patience"];
pub(crate) const NEED_KEYS: &[&str] = &["context", "tools", "images"];
pub(crate) const ROLE_KEYS: &[&str] = &["main", "small", "plan"];

/// Bounds of `cooldown` and `patience`, in seconds.
pub(crate) const SECONDS: (u64, u64) = (1, 3600);

/// The routes of the file. Their providers must have been read.
pub fn read_routes(
    document: &mut Document<'_>,
    top: &Section<'_>,
    config: &Config,
) -> BTreeMap<String, Route> {
    let mut routes = BTreeMap::new();
    let providers = top
        .table
        .get("providers")
        .and_then(|providers| providers.get_ref().as_table());
    if let Some((key, _)) = providers.and_then(|providers| providers.get_key_value(ROUTE)) {
        let text = "`providers.route` has the name that routes go by: give this one another name";
        document.fault(&key.span(), text);
    }
    let Some(section) = document.open(top, "routes") else {
        return routes;
    };
    for key in section.table.keys() {
        let name: &str = key.get_ref();
        if !provider::is_name(name) {
            let text = format!(
                "`{}` is no name for a route: letters, digits, `-`, `_` and `.`",
                cut(name)
            );
            document.fault(&key.span(), &text);
            continue;
        }
        if let Some(section) = document.section(&section, name, ROUTE_KEYS)
            && let Some(route) = read_route(document, &section, config, top)
        {
            routes.insert(name.to_owned(), route);
        }
    }
    routes
}

fn read_route(
    document: &mut Document<'_>,
    section: &Section<'_>,
    config: &Config,
    top: &Section<'_>,
) -> Option<Route> {
    let mut endpoints: Vec<ModelRef> = Vec::new();
    let texts = document.texts(section, "endpoints");
    let is_there = texts.is_some() || section.table.contains_key("endpoints");
    for (text, span) in texts.unwrap_or_default() {
        let endpoint = match text.parse::<ModelRef>() {
            Ok(model) if model.as_route().is_some() => Err(format!(
                "names `{}`: a route has no routes in it",
                cut(&text)
            )),
            Ok(model) if endpoints.contains(&model) => Err(format!("names `{}` twice", cut(&text))),
            _ => named_model(&text, config, top),
        };
        match endpoint {
            Ok(endpoint) => endpoints.push(endpoint),
            Err(why) => {
                document.fault(&span, &format!("`{}` {why}", section.key("endpoints")));
            }
        }
    }
    if endpoints.is_empty() {
        if !is_there || section.table.get("endpoints").is_some_and(is_empty) {
            let text = format!(
                "`{}` has no endpoints: endpoints = [\"PROVIDER/MODEL\", …]",
                section.name
            );
            document.section_fault(section, &text);
        }
        return None;
    }
    let mut route = Route::of(endpoints);
    let policy = document.parsed(section, "policy", |text| {
        text.parse::<Policy>()
            .map_err(|expected| format!("is `{}`: {expected}", cut(text)))
    });
    route.policy = policy.unwrap_or(route.policy);
    route.needs = read_needs(document, section);
    for (key, time) in [
        ("cooldown", &mut route.cooldown),
        ("patience", &mut route.patience),
    ] {
        if let Some(seconds) = document.number(section, key, SECONDS.0, SECONDS.1) {
            *time = Duration::from_secs(seconds);
        }
    }
    Some(route)
}

fn is_empty(value: &toml::Spanned<toml::de::DeValue<'_>>) -> bool {
    matches!(value.get_ref(), toml::de::DeValue::Array(array) if array.is_empty())
}

fn read_needs(document: &mut Document<'_>, route: &Section<'_>) -> Needs {
    let Some(section) = document.section(route, "needs", NEED_KEYS) else {
        return Needs::default();
    };
    Needs {
        context: document.number(&section, "context", 1024, 100_000_000),
        tools: document.flag(&section, "tools").unwrap_or(false),
        images: document.flag(&section, "images").unwrap_or(false),
    }
}

/// The models of the roles, and that of the work, whose role is another name of `model`. Routes must have been read: a role may
/// name one.
pub fn read_roles(
    document: &mut Document<'_>,
    top: &Section<'_>,
    config: &Config,
) -> (RoleConfig, Option<ModelRef>) {
    let model = document.parsed(top, "model", |text| named_model(text, config, top));
    let Some(section) = document.section(top, "roles", ROLE_KEYS) else {
        return (RoleConfig::default(), model);
    };
    let main = document.parsed(&section, "main", |text| {
        let main = named_model(text, config, top)?;
        match &model {
            Some(model) if *model != main => Err(format!(
                "is `{}` and `model` is `{model}`, which is the same setting: leave one out",
                cut(text)
            )),
            _ => Ok(main),
        }
    });
    let roles = RoleConfig {
        small: document.parsed(&section, "small", |text| named_model(text, config, top)),
        plan: document.parsed(&section, "plan", |text| named_model(text, config, top)),
    };
    (roles, model.or(main))
}

/// A model or route that is there; the error goes on from the name of the setting. What `top`, the whole file, has a section
/// for and `config` does not hold has a fault of its own, and that is the one to mend.
pub fn named_model(text: &str, config: &Config, top: &Section<'_>) -> Result<ModelRef, String> {
    let model: ModelRef = text
        .parse()
        .map_err(|_| format!("is `{}`: expected PROVIDER/MODEL", cut(text)))?;
    if let Some(name) = model.as_route() {
        return if config.routes.contains_key(name) || has_section(top, "routes", name) {
            Ok(model)
        } else {
            Err(unknown(name, &config.routes))
        };
    }
    let provider = model.provider.as_str();
    if config.providers.contains_key(provider)
        || preset::find(provider).is_some()
        || has_section(top, "providers", provider)
    {
        return Ok(model);
    }
    let mut names: Vec<&str> = config.providers.keys().map(String::as_str).collect();
    names.extend(preset::PRESETS.iter().map(|preset| preset.name));
    let hint = match nearest(provider, &names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "add [providers.{}], or name one of {}",
            cut(provider),
            listed(&names)
        ),
    };
    Err(format!(
        "names the provider `{}`, which is not here: {hint}",
        cut(provider)
    ))
}

fn has_section(top: &Section<'_>, collection: &str, name: &str) -> bool {
    let collection = top.table.get(collection);
    collection
        .and_then(|collection| collection.get_ref().as_table())
        .is_some_and(|collection| collection.contains_key(name))
}

/// Why a route cannot be named; the rest of a sentence.
pub fn unknown(name: &str, routes: &BTreeMap<String, Route>) -> String {
    let names: Vec<&str> = routes.keys().map(String::as_str).collect();
    let hint = match nearest(name, &names) {
        Some(near) => format!("did you mean `route/{near}`?"),
        None if names.is_empty() => format!("add [routes.{}]", cut(name)),
        None => format!("there are {}", listed(&names)),
    };
    format!("names the route `{}`, which is not here: {hint}", cut(name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::path::Path;

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::config::document::Fault;
    use crate::config::load::{Loaded, parse};

    const PROVIDERS: &str =
        "[providers.a]\nwire = \"openai-chat\"\nbase_url = \"http://127.0.0.1:1/v1\"\n";

    fn parsed(text: &str) -> Result<Loaded, Vec<Fault>> {
        parse(text, Path::new("/c/config.toml"), &|_| None)
    }

    #[test]
    fn a_route_and_the_roles_read_as_written() {
        let text = format!(
            "model = \"route/work\"\n{PROVIDERS}[routes.work]\nendpoints = [\"a/x\", \"anthropic/y\"]\npolicy = \"cheapest\"\n\
             needs = {{ context = 100_000, tools = true }}\ncooldown = 30\npatience = 5\n[routes.other]\nendpoints = [\"a/x\"]\n\
             [roles]\nsmall = \"a/s\"\nplan = \"route/other\"\n"
        );
        let config = parsed(&text).unwrap().config;
        let model = |text: &str| text.parse::<ModelRef>().unwrap();
        let work = Route {
            endpoints: vec![model("a/x"), model("anthropic/y")],
            policy: Policy::Cheapest,
            needs: Needs {
                context: Some(100_000),
                tools: true,
                images: false,
            },
            cooldown: Duration::from_secs(30),
            patience: Duration::from_secs(5),
        };
        assert_eq!(config.routes["work"], work);
        assert_eq!(config.routes["other"], Route::of(vec![model("a/x")]));
        assert_eq!(config.model, Some(ModelRef::route("work")));
        let roles = RoleConfig {
            small: Some(model("a/s")),
            plan: Some(ModelRef::route("other")),
        };
        assert_eq!(config.roles, roles);
    }

    #[test]
    fn the_role_of_the_work_is_another_name_of_the_model() {
        let main = "[roles]\nmain = \"a/m\"\n";
        let cases = [
            (String::new(), main),
            ("model = \"a/m\"\n".to_owned(), main),
            ("model = \"a/m\"\n".to_owned(), ""),
        ];
        for (model, roles) in cases {
            let config = parsed(&format!("{model}{PROVIDERS}{roles}"))
                .unwrap()
                .config;
            assert_eq!(
                config.model,
                Some("a/m".parse().unwrap()),
                "{model} {roles}"
            );
            assert_eq!(config.roles, RoleConfig::default());
        }
        let faults = parsed(&format!("model = \"a/other\"\n{PROVIDERS}{main}")).unwrap_err();
        assert_eq!(
            faults[0].text,
            "`roles.main` is `a/m` and `model` is `a/other`, which is the same setting: leave one out"
        );
    }

    #[test]
    fn every_fault_names_its_place_and_the_way_out() {
        let cases = [
            (
                "[routes.x]\npolicy = \"ordered\"",
                "`routes.x` has no endpoints: endpoints = [\"PROVIDER/MODEL\", …]",
            ),
            (
                "[routes.x]\nendpoints = []",
                "`routes.x` has no endpoints: endpoints = [\"PROVIDER/MODEL\", …]",
            ),
            (
                "[routes.x]\nendpoints = [\"a\"]",
                "`routes.x.endpoints` is `a`: expected PROVIDER/MODEL",
            ),
            (
                "[routes.x]\nendpoints = [\"antropic/m\"]",
                "`routes.x.endpoints` names the provider `antropic`, which is not here: did you mean `anthropic`?",
            ),
            (
                "[routes.x]\nendpoints = [\"route/x\"]",
                "`routes.x.endpoints` names `route/x`: a route has no routes in it",
            ),
            (
                "[routes.x]\nendpoints = [\"a/m\", \"a/m\"]",
                "`routes.x.endpoints` names `a/m` twice",
            ),
            (
                "[routes.x]\nendpoints = [\"a/m\"]\npolicy = \"best\"",
                "`routes.x.policy` is `best`: expected ordered, cheapest or fastest",
            ),
            (
                "[routes.x]\nendpoints = [\"a/m\"]\ncooldown = 0",
                "`routes.x.cooldown` must be from 1 to 3600",
            ),
            (
                "[routes.x]\nendpoints = [\"a/m\"]\nneeds = { tool = true }",
                "unknown key `routes.x.needs.tool`: did you mean `tools`?",
            ),
            (
                "[routes.\"a b\"]\nendpoints = [\"a/m\"]",
                "`a b` is no name for a route: letters, digits, `-`, `_` and `.`",
            ),
            (
                "[roles]\nplan = \"route/wrok\"\n[routes.work]\nendpoints = [\"a/m\"]",
                "`roles.plan` names the route `wrok`, which is not here: did you mean `route/work`?",
            ),
            (
                "[roles]\nworker = \"a/m\"",
                "unknown key `roles.worker`: expected main, small or plan",
            ),
            (
                "[roles]\nmain = \"a\"",
                "`roles.main` is `a`: expected PROVIDER/MODEL",
            ),
            (
                "[providers.route]\nwire = \"rehearsal\"",
                "`providers.route` has the name that routes go by: give this one another name",
            ),
        ];
        for (text, expected) in cases {
            let faults = parsed(&format!("{PROVIDERS}{text}\n")).unwrap_err();
            let texts: Vec<&str> = faults.iter().map(|fault| fault.text.as_str()).collect();
            assert_eq!(texts, [expected], "{text}");
        }
        let faults = parsed("model = \"route/x\"").unwrap_err();
        assert_eq!(
            faults[0].text,
            "`model` names the route `x`, which is not here: add [routes.x]"
        );
    }
}
