//! The config's form as a JSON schema, for editors (`creel config schema`). A test holds it to what the reading accepts.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::agent::guard;
use crate::agent::route::Route;
use crate::config::clipboard::Clipboard;
use crate::config::display::Motion;
use crate::config::memory::Recalls;
use crate::config::model::PRICES;
use crate::config::notify::NoticeForm;
use crate::config::preset::PRESETS;
use crate::config::provider::WIRES;
use crate::config::route::SECONDS;
use crate::config::section::{GUARDS, LIMITS};
use crate::config::theme;
use crate::config::{ComposerKeys, LeaderKey, LimitConfig};
use crate::protocol::effort::Effort;
use crate::protocol::import::Program;
use crate::protocol::route::Policy;
use crate::protocol::usage::CacheLife;

/// What a setting of this full name can be, as TOML writes it; empty where it is no choice between a few.
pub fn choices(key: &str) -> Vec<String> {
    let schema = schema(&[]);
    let mut at = &schema;
    for part in key.split('.') {
        let named = at.get("properties").and_then(|all| all.get(part));
        let Some(below) = named.or_else(|| at.get("additionalProperties")) else {
            return Vec::new();
        };
        at = below;
    }
    let is_switch = at.get("type") == Some(&json!("boolean"));
    match at.get("enum").and_then(Value::as_array) {
        Some(values) => values.iter().map(Value::to_string).collect(),
        None if is_switch => vec!["true".to_owned(), "false".to_owned()],
        None => Vec::new(),
    }
}

/// The schema of `config.toml`.
/// `actions`: the places keys work in, each with the names of what can be bound there.
pub fn schema(actions: &[(&'static str, Vec<&'static str>)]) -> Value {
    let bound = json!({ "anyOf": [{ "type": "array", "items": { "type": "string" } }, { "type": "string" }],
        "description": "keys such as ctrl-k, alt-enter, f5 or leader g; [] for none" });
    let places = actions.iter().map(|(place, names)| {
        (
            *place,
            table(names.iter().map(|name| (*name, bound.clone()))),
        )
    });
    let rules = json!({ "type": "array", "items": { "type": "string" }, "description": "TOOL or TOOL(PATTERN)" });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Creel's config.toml",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "model": { "type": "string", "pattern": "^[^/]+/.+$", "description": "PROVIDER/MODEL, used when none is named" },
            "mode": { "enum": ["ask", "edits", "plan", "auto"], "default": "ask" },
            "effort": { "enum": Effort::ALL, "description": "how much a model reasons; without it as the model likes" },
            "providers": { "type": "object", "additionalProperties": provider() },
            "budget": table([
                ("day", budget("dollars of one local day, or \"none\"", &json!(10))),
                ("session", budget("dollars of one session, or \"none\"", &json!("none"))),
            ]),
            "rates": { "type": "object", "additionalProperties": table([
                ("usd", json!({ "type": "number", "exclusiveMinimum": 0, "description": "dollars for one unit of the currency" })),
                ("date", json!({ "type": "string", "format": "date", "description": "the day of the rate" })),
            ]), "description": "by currency: sums as dollars, marked ≈, and what budgets count" },
            "guards": guards(),
            "limits": limits(),
            "permissions": table([("deny", rules.clone()), ("ask", rules.clone()), ("allow", rules)]),
            "ui": table([
                ("theme", json!({ "anyOf": [
                    { "type": "string" },
                    { "type": "object", "additionalProperties": false, "required": theme::KEYS,
                      "properties": { "light": { "type": "string" }, "dark": { "type": "string" } } },
                ], "description": "a theme, or one for light and one for dark terminals; `creel theme list` names them" })),
                ("mouse", json!({ "enum": [true, false, "wheel"], "default": true, "description": "\"wheel\": it only scrolls" })),
                ("composer", json!({ "enum": ComposerKeys::ALL.map(ComposerKeys::name), "default": "emacs", "description": "whose keys the composer has" })),
                ("leader", json!({ "enum": LeaderKey::ALL.map(LeaderKey::name), "default": "ctrl-x", "description": "the key that keys for everywhere follow" })),
                ("clipboard", json!({ "enum": Clipboard::ALL.map(Clipboard::name), "default": "auto", "description": "the way a text is copied by" })),
                ("ambiguous", json!({ "enum": [1, 2, "auto"], "default": "auto", "description": "cells of characters such as ●; with 2 marks and frames are ASCII" })),
                ("motion", json!({ "enum": Motion::ALL.map(Motion::name), "default": "full", "description": "reduced: text that streams is drawn twice a second at most" })),
            ]),
            "keymap": table(places),
            "routes": { "type": "object", "additionalProperties": route() },
            "roles": table([
                ("main", json!({ "type": "string", "description": "another name of `model`" })),
                ("small", json!({ "type": "string", "description": "titles; without it none are asked for" })),
                ("plan", json!({ "type": "string", "description": "answers while the mode is plan" })),
            ]),
            "worktree": table([
                ("copy", json!({ "type": "array", "items": { "type": "string" }, "description": "files copied into a new worktree, such as .env" })),
                ("setup", json!({ "type": "string", "description": "a command that makes a new worktree ready; asks, runs or is denied as the mode of the new session has it" })),
            ]),
            "memory": table([
                ("recall", json!({ "enum": Recalls::ALL.map(Recalls::name), "default": "off", "description": "whether what earlier sessions of the project said is put beside a prompt it clearly answers" })),
            ]),
            "notify": table([
                ("terminal", json!({ "enum": NoticeForm::ALL.map(NoticeForm::name), "default": "auto", "description": "the form in which the terminal tells that something waits" })),
                ("command", json!({ "type": "array", "items": { "type": "string" }, "description": "a program and its arguments; the notice is one more" })),
                ("progress", json!({ "type": "boolean", "default": true, "description": "tell the terminal that a turn runs, where it shows that" })),
            ]),
            "import": table([
                ("watch", json!({ "type": "boolean", "default": false, "description": "take in new sessions of programs that were imported, while the workstation is open" })),
                ("programs", json!({ "type": "array", "items": { "enum": Program::ALL.map(Program::name) }, "description": "which programs that is for, where it is not all that were imported" })),
            ]),
        },
    })
}

fn provider() -> Value {
    let wires: Vec<&str> = WIRES.iter().map(|(name, _)| *name).collect();
    let presets: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
    table([
        ("wire", json!({ "enum": wires })),
        (
            "base_url",
            json!({ "type": "string", "description": "https://, or http:// on this machine" }),
        ),
        (
            "key_env",
            json!({ "type": "string", "description": "the variable the key stands in" }),
        ),
        (
            "key_file",
            json!({ "type": "string", "description": "a file with the key, relative to the config file" }),
        ),
        (
            "key_command",
            json!({ "type": "array", "items": { "type": "string" }, "minItems": 1, "description": "prints the key" }),
        ),
        ("preset", json!({ "enum": presets })),
        (
            "models",
            json!({ "type": "object", "additionalProperties": model() }),
        ),
        (
            "cache",
            json!({ "enum": CacheLife::ALL.map(CacheLife::name), "default": CacheLife::default().name(),
                    "description": "how long a prompt is kept in the provider's cache; an hour costs more to write" }),
        ),
        (
            "script",
            json!({ "type": "string", "description": "a rehearsal script" }),
        ),
        (
            "subscription",
            json!({ "type": "boolean", "description": "calls are covered by a plan and charged by no list" }),
        ),
        (
            "currency",
            json!({ "type": "string", "pattern": "^[A-Z]{3}$", "description": "what the account is billed in, and prices of its models are in unless they say otherwise; lists in dollars hold for USD alone" }),
        ),
    ])
}

fn route() -> Value {
    let policies: Vec<&str> = Policy::ALL.iter().map(|policy| policy.name()).collect();
    let usual = Route::of(Vec::new());
    let seconds = |usual: Duration| whole(SECONDS.0, SECONDS.1, Some(usual.as_secs()));
    let mut route = table([
        (
            "endpoints",
            json!({ "type": "array", "items": { "type": "string", "pattern": "^[^/]+/.+$" }, "minItems": 1 }),
        ),
        (
            "policy",
            json!({ "enum": policies, "default": usual.policy.name() }),
        ),
        (
            "needs",
            table([
                ("context", whole(1024, 100_000_000, None)),
                ("tools", json!({ "type": "boolean", "default": false })),
                ("images", json!({ "type": "boolean", "default": false })),
            ]),
        ),
        ("cooldown", seconds(usual.cooldown)),
        ("patience", seconds(usual.patience)),
    ]);
    route["required"] = json!(["endpoints"]);
    route
}

fn model() -> Value {
    let price = json!({ "type": "number", "minimum": 0, "description": "per million tokens" });
    let prices = || PRICES.map(|key| (key, price.clone()));
    let tier = table(
        prices()
            .into_iter()
            .chain([("above", whole(1, 100_000_000, None))]),
    );
    let mut row = table(prices().into_iter().chain([
        (
            "currency",
            json!({ "type": "string", "pattern": "^[A-Z]{3}$", "default": "USD" }),
        ),
        (
            "web_search",
            json!({ "type": "number", "minimum": 0, "description": "for a thousand searches of the provider's own" }),
        ),
        ("tiers", json!({ "type": "array", "items": tier })),
    ]));
    row["required"] = json!(["input", "output"]);
    table([
        ("context", whole(1024, 100_000_000, None)),
        ("max_output", whole(1, 10_000_000, None)),
        ("price", row),
        ("tools", json!({ "type": "boolean" })),
        ("images", json!({ "type": "boolean" })),
    ])
}

fn guards() -> Value {
    let usual = guard::Settings::default();
    let numbers = [
        usual.same_call,
        usual.same_call_window,
        usual.idle_steps,
        usual.unattended_minutes,
    ];
    let rows = GUARDS.iter().zip(numbers);
    let rows =
        rows.map(|(&(key, least, most), usual)| (key, whole(least, most, Some(usual.into()))));
    table(rows.chain([(
        "unattended",
        json!({ "type": "number", "minimum": 0, "default": 2, "description": "dollars; 0 switches it off" }),
    )]))
}

fn limits() -> Value {
    let usual = LimitConfig::default();
    let numbers = [
        usual.output_tokens,
        usual.file_bytes,
        usual.file_head_bytes,
        usual.command_seconds,
        usual.kept_bytes,
    ];
    let rows = LIMITS.iter().zip(numbers);
    table(rows.map(|(&(key, least, most), usual)| (key, whole(least, most, Some(usual)))))
}

fn budget(description: &str, usual: &Value) -> Value {
    json!({ "anyOf": [{ "type": "number", "minimum": 0 }, { "const": "none" }], "default": usual, "description": description })
}

fn whole(least: u64, most: u64, usual: Option<u64>) -> Value {
    let mut number = json!({ "type": "integer", "minimum": least, "maximum": most });
    if let Some(usual) = usual {
        number["default"] = json!(usual);
    }
    number
}

fn table(rows: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let properties: Map<String, Value> = rows
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::config::model::MODEL_KEYS;
    use crate::config::{import, load, memory, notify, provider, route, section, worktree};

    fn keys(value: &Value) -> Vec<&str> {
        let mut keys: Vec<&str> = value["properties"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        keys.sort_unstable();
        keys
    }

    fn sorted<'k>(keys: impl IntoIterator<Item = &'k str>) -> Vec<&'k str> {
        let mut keys: Vec<&str> = keys.into_iter().collect();
        keys.sort_unstable();
        keys
    }

    #[test]
    fn what_a_setting_can_be_is_told_where_it_is_a_choice() {
        for (key, expected) in [
            ("ui.composer", r#""emacs" "vim""#),
            ("ui.mouse", r#"true false "wheel""#),
            ("notify.progress", "true false"),
            ("providers.x.cache", r#""5m" "1h""#),
            ("budget.day", ""),
            ("model", ""),
            ("nothing.there", ""),
        ] {
            assert_eq!(choices(key).join(" "), expected, "{key}");
        }
    }

    #[test]
    fn the_schema_has_the_keys_that_are_read() {
        let schema = schema(&[("everywhere", vec!["zoom", "cost"])]);
        assert_eq!(keys(&schema), sorted(load::TOP_KEYS.iter().copied()));
        let top = &schema["properties"];
        for (name, read) in [
            ("budget", section::BUDGET_KEYS),
            ("permissions", section::PERMISSION_KEYS),
            ("ui", section::UI_KEYS),
            ("roles", route::ROLE_KEYS),
            ("worktree", worktree::WORKTREE_KEYS),
            ("notify", notify::NOTIFY_KEYS),
            ("memory", memory::MEMORY_KEYS),
            ("import", import::IMPORT_KEYS),
        ] {
            assert_eq!(keys(&top[name]), sorted(read.iter().copied()), "{name}");
        }
        assert_eq!(keys(&top["keymap"]), ["everywhere"]);
        assert_eq!(
            keys(&top["keymap"]["properties"]["everywhere"]),
            ["cost", "zoom"]
        );
        let rate = &top["rates"]["additionalProperties"];
        assert_eq!(keys(rate), sorted(section::RATE_KEYS.iter().copied()));
        let provider = &top["providers"]["additionalProperties"];
        let read = provider::KEYS
            .iter()
            .copied()
            .filter(|key| !matches!(*key, "key" | "api_key"));
        assert_eq!(keys(provider), sorted(read));
        let model = &provider["properties"]["models"]["additionalProperties"];
        assert_eq!(keys(model), sorted(MODEL_KEYS.iter().copied()));
        let route = &top["routes"]["additionalProperties"];
        assert_eq!(keys(route), sorted(route::ROUTE_KEYS.iter().copied()));
        assert_eq!(
            keys(&route["properties"]["needs"]),
            sorted(route::NEED_KEYS.iter().copied())
        );
        assert_eq!(
            top["limits"]["properties"]["kept_bytes"]["default"],
            json!(67_108_864)
        );
    }
}
