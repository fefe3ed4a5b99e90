//! A config written out again, value by value, with where each comes from. Keys are not in it, only where they are kept.

use std::path::Path;

use toml::Value;

use crate::agent::route::Route;
use crate::config::load::Loaded;
use crate::config::{Config, KeySource, ProviderConfig, Wire};
use crate::protocol::money::{Currency, Money, UNIT};
use crate::protocol::rule::Effect;
use crate::protocol::usage::{CacheLife, Price};

/// One setting as a line of TOML, and its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The full name: `providers.local.base_url`.
    pub key: String,
    /// As TOML writes it.
    pub value: String,
    /// `default`, `built in`, `FILE:LINE`, or the environment variable that was found.
    pub origin: String,
}

/// Every setting that has a value, in the order of the file's own chapters. Read again, the lines give the same config.
pub fn settings(loaded: &Loaded, file: &Path) -> Vec<Setting> {
    let mut list = List {
        loaded,
        file,
        settings: Vec::new(),
    };
    let Config {
        model,
        // It stands in the entries.
        described: _,
        mode,
        effort,
        providers,
        // It stands in the environment.
        without_key: _,
        budget,
        rates,
        guards,
        limits,
        rules,
        ui,
        keymap,
        routes,
        roles,
        worktree,
        notify,
        memory,
        import,
    } = &loaded.config;
    if let Some(model) = model {
        list.model(&model.to_string());
    }
    list.text("mode", mode.name());
    if let Some(effort) = effort {
        list.text("effort", effort.name());
    }
    for (name, entry) in providers {
        list.provider(&format!("providers.{}", key(name)), entry);
    }
    list.budget("budget.day", budget.day);
    list.budget("budget.session", budget.session);
    for (currency, rate) in &rates.0 {
        let name = format!("rates.{}", currency.code());
        list.add(&format!("{name}.usd"), &decimal(rate.usd, UNIT));
        list.text(&format!("{name}.date"), &rate.date);
    }
    list.add("guards.same_call", &guards.same_call);
    list.add("guards.same_call_window", &guards.same_call_window);
    list.add("guards.idle_steps", &guards.idle_steps);
    list.add(
        "guards.unattended",
        &guards
            .unattended
            .map_or("0".to_owned(), |money| decimal(money.parts, UNIT)),
    );
    list.add("guards.unattended_minutes", &guards.unattended_minutes);
    list.add("limits.output_tokens", &limits.output_tokens);
    list.add("limits.file_bytes", &limits.file_bytes);
    list.add("limits.file_head_bytes", &limits.file_head_bytes);
    list.add("limits.command_seconds", &limits.command_seconds);
    list.add("limits.kept_bytes", &limits.kept_bytes);
    for (name, effect) in [
        ("deny", Effect::Deny),
        ("ask", Effect::Ask),
        ("allow", Effect::Allow),
    ] {
        let texts: Vec<Value> = rules
            .iter()
            .filter(|rule| rule.effect == effect)
            .map(|rule| Value::String(rule.text.clone()))
            .collect();
        list.add(&format!("permissions.{name}"), &Value::Array(texts));
    }
    if let Some(theme) = ui.theme.value() {
        list.add("ui.theme", &theme);
    }
    list.add("ui.mouse", &ui.mouse.value());
    list.add("ui.ambiguous", &ui.ambiguous.value());
    list.text("ui.motion", ui.motion.name());
    list.text("ui.leader", ui.leader.name());
    list.text("ui.clipboard", ui.clipboard.name());
    list.text("ui.composer", ui.composer.name());
    for wish in &keymap.wishes {
        let texts = wish
            .keys
            .iter()
            .map(|(text, _)| Value::String(text.clone()));
        list.add(
            &format!("keymap.{}.{}", key(&wish.place), key(&wish.action)),
            &Value::Array(texts.collect()),
        );
    }
    for (name, route) in routes {
        list.route(&format!("routes.{}", key(name)), route);
    }
    for (role, model) in [("small", &roles.small), ("plan", &roles.plan)] {
        if let Some(model) = model {
            list.text(&format!("roles.{role}"), &model.to_string());
        }
    }
    let copy = worktree.copy.iter().cloned().map(Value::String);
    list.add("worktree.copy", &Value::Array(copy.collect()));
    if let Some(setup) = &worktree.setup {
        list.text("worktree.setup", setup);
    }
    list.text("notify.terminal", notify.terminal.name());
    let command = notify.command.iter().cloned().map(Value::String);
    list.add("notify.command", &Value::Array(command.collect()));
    list.add("notify.progress", &notify.progress);
    list.text("memory.recall", memory.recall.name());
    list.add("import.watch", &import.watch);
    let programs = import.programs.iter().map(|program| program.name().into());
    list.add("import.programs", &Value::Array(programs.collect()));
    list.settings
}

struct List<'l> {
    loaded: &'l Loaded,
    file: &'l Path,
    settings: Vec<Setting>,
}

impl List<'_> {
    fn add(&mut self, key: &str, value: &dyn ToString) {
        self.add_from(key, value, "default");
    }

    fn text(&mut self, key: &str, value: &str) {
        self.add(key, &Value::String(value.to_owned()));
    }

    /// The model of the work, which the file may call by the name of its role.
    fn model(&mut self, model: &str) {
        let main = self.place("roles.main");
        let value = Value::String(model.to_owned());
        self.add_from("model", &value, main.as_deref().unwrap_or("default"));
    }

    /// Where a key stands in the file.
    fn place(&self, key: &str) -> Option<String> {
        let line = self.loaded.lines.get(key)?;
        Some(format!("{}:{line}", self.file.display()))
    }

    /// `otherwise` is the origin of what does not stand in the file.
    fn add_from(&mut self, key: &str, value: &dyn ToString, otherwise: &str) {
        let origin = self.place(key).unwrap_or_else(|| otherwise.to_owned());
        self.settings.push(Setting {
            key: key.to_owned(),
            value: value.to_string(),
            origin,
        });
    }

    fn budget(&mut self, key: &str, limit: Option<Money>) {
        match limit {
            Some(money) => self.add(key, &decimal(money.parts, UNIT)),
            None => self.text(key, "none"),
        }
    }

    fn provider(&mut self, name: &str, entry: &ProviderConfig) {
        let in_file = entry.origin == self.file.display().to_string();
        // What the file does not say of its own entry comes from the preset.
        let origin = match (&entry.preset, in_file) {
            (Some(preset), true) => format!("preset {preset}"),
            (None, true) => "default".to_owned(),
            (_, false) => entry.origin.clone(),
        };
        let text = |text: &str| Value::String(text.to_owned());
        self.add_from(&format!("{name}.wire"), &text(entry.wire.name()), &origin);
        if entry.wire != Wire::Rehearsal {
            self.add_from(&format!("{name}.base_url"), &text(&entry.base_url), &origin);
        }
        if let Some(preset) = &entry.preset {
            self.add_from(&format!("{name}.preset"), &text(preset), &origin);
        }
        match &entry.key {
            KeySource::None => {}
            KeySource::Env(variable) => {
                self.add_from(&format!("{name}.key_env"), &text(variable), &origin);
            }
            KeySource::File(path) => {
                self.add_from(
                    &format!("{name}.key_file"),
                    &text(&path.to_string_lossy()),
                    &origin,
                );
            }
            KeySource::Command(argv) => {
                let argv = argv.iter().map(|word| text(word)).collect();
                self.add_from(&format!("{name}.key_command"), &Value::Array(argv), &origin);
            }
        }
        if entry.cache != CacheLife::default() {
            self.add_from(&format!("{name}.cache"), &text(entry.cache.name()), &origin);
        }
        if let Some(script) = &entry.script {
            self.add_from(
                &format!("{name}.script"),
                &text(&script.to_string_lossy()),
                &origin,
            );
        }
        if let Some(subscription) = entry.subscription {
            self.add_from(
                &format!("{name}.subscription"),
                &Value::Boolean(subscription),
                &origin,
            );
        }
        if let Some(currency) = entry.currency {
            let name = format!("{name}.currency");
            self.add_from(&name, &text(currency.code()), &origin);
        }
        for (model, config) in &entry.models {
            let name = format!("{name}.models.{}", key(model));
            if let Some(context) = config.context {
                self.add(&format!("{name}.context"), &context);
            }
            if let Some(most) = config.max_output {
                self.add(&format!("{name}.max_output"), &most);
            }
            if let Some(price) = &config.price {
                let usual = entry.currency.unwrap_or(Currency::USD);
                self.price(&format!("{name}.price"), price, usual);
            }
            let abilities = config.abilities;
            for (ability, takes) in [("tools", abilities.tools), ("images", abilities.images)] {
                if let Some(takes) = takes {
                    self.add(&format!("{name}.{ability}"), &takes);
                }
            }
        }
    }

    fn route(&mut self, name: &str, route: &Route) {
        let endpoints = route.endpoints.iter();
        let endpoints = endpoints.map(|endpoint| Value::String(endpoint.to_string()));
        self.add(
            &format!("{name}.endpoints"),
            &Value::Array(endpoints.collect()),
        );
        self.text(&format!("{name}.policy"), route.policy.name());
        if let Some(context) = route.needs.context {
            self.add(&format!("{name}.needs.context"), &context);
        }
        self.add(&format!("{name}.needs.tools"), &route.needs.tools);
        self.add(&format!("{name}.needs.images"), &route.needs.images);
        self.add(&format!("{name}.cooldown"), &route.cooldown.as_secs());
        self.add(&format!("{name}.patience"), &route.patience.as_secs());
    }

    fn price(&mut self, name: &str, price: &Price, usual: Currency) {
        let whole = |parts: i64| decimal(parts, 1_000_000);
        let rows = [
            ("input", Some(price.input)),
            ("output", Some(price.output)),
            ("cache_read", price.cache_read),
            ("cache_write", price.cache_write),
            ("cache_write_long", price.cache_write_long),
        ];
        for (key, parts) in rows {
            if let Some(parts) = parts {
                self.add(&format!("{name}.{key}"), &whole(parts));
            }
        }
        if let Some(parts) = price.web_search {
            self.add(&format!("{name}.web_search"), &decimal(parts, UNIT / 1000));
        }
        if price.currency != usual {
            self.text(&format!("{name}.currency"), price.currency.code());
        }
        if price.tiers.is_empty() {
            return;
        }
        let tiers = price.tiers.iter().map(|tier| {
            let rows = [
                ("input", tier.input),
                ("output", tier.output),
                ("cache_read", tier.cache_read),
                ("cache_write", tier.cache_write),
                ("cache_write_long", tier.cache_write_long),
            ];
            let rows = rows
                .iter()
                .filter_map(|(key, parts)| Some(format!(", {key} = {}", whole((*parts)?))));
            format!("{{ above = {}{} }}", tier.above, rows.collect::<String>())
        });
        let tiers = format!("[{}]", tiers.collect::<Vec<_>>().join(", "));
        self.add(&format!("{name}.tiers"), &tiers);
    }
}

/// A name as a part of a dotted key.
fn key(name: &str) -> String {
    let bare = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if bare {
        name.to_owned()
    } else {
        Value::String(name.to_owned()).to_string()
    }
}

/// Parts as the decimal number they came from, with at least one digit after the point.
fn decimal(parts: i64, unit: i64) -> String {
    let digits = unit.ilog10() as usize;
    let fraction = format!("{:0digits$}", parts % unit);
    let fraction = fraction.trim_end_matches('0');
    format!(
        "{}.{}",
        parts / unit,
        if fraction.is_empty() { "0" } else { fraction }
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::config::load;

    #[test]
    fn every_value_says_where_it_comes_from() {
        let text = "mode = \"edits\"\neffort = \"low\"\nbudget.session = 2.5\n[providers.zai]\nkey_file = \"k\"\n[providers.zai.models.\"glm.x\"]\n\
            context = 9000\nimages = false\nprice = { input = 0.435, output = 3, tiers = [{ above = 10, input = 1 }] }\n\
            [permissions]\nallow = [\"Bash(git \\\"x\\\" *)\"]\n\
            [routes.work]\nendpoints = [\"zai/glm.x\", \"xai/grok\"]\nneeds.context = 5000\npatience = 9\n[roles]\nplan = \"route/work\"\n[rates.CNY]\nusd = 0.139\ndate = \"2026-11-20\"\n\
            [keymap.everywhere]\nzoom = [\"alt-z\"]\ncost = \"f5\"\n";
        let file = Path::new("/c/config.toml");
        let env = |name: &str| (name == "XAI_API_KEY").then(|| "k".into());
        let loaded = load::parse(text, file, &env).unwrap();
        let settings = settings(&loaded, file);
        let lines: Vec<String> = settings
            .iter()
            .map(|setting| format!("{} = {}  # {}", setting.key, setting.value, setting.origin))
            .collect();
        let expected = "\
mode = \"edits\"  # /c/config.toml:1
effort = \"low\"  # /c/config.toml:2
providers.rehearsal.wire = \"rehearsal\"  # built in
providers.xai.wire = \"openai-chat\"  # XAI_API_KEY
providers.xai.base_url = \"https://api.x.ai/v1\"  # XAI_API_KEY
providers.xai.preset = \"xai\"  # XAI_API_KEY
providers.xai.key_env = \"XAI_API_KEY\"  # XAI_API_KEY
providers.zai.wire = \"openai-chat\"  # preset zai
providers.zai.base_url = \"https://api.z.ai/api/paas/v4\"  # preset zai
providers.zai.preset = \"zai\"  # preset zai
providers.zai.key_file = \"/c/k\"  # /c/config.toml:5
providers.zai.models.\"glm.x\".context = 9000  # /c/config.toml:7
providers.zai.models.\"glm.x\".price.input = 0.435  # /c/config.toml:9
providers.zai.models.\"glm.x\".price.output = 3.0  # /c/config.toml:9
providers.zai.models.\"glm.x\".price.tiers = [{ above = 10, input = 1.0 }]  # /c/config.toml:9
providers.zai.models.\"glm.x\".images = false  # /c/config.toml:8
budget.day = 10.0  # default
budget.session = 2.5  # /c/config.toml:3
rates.CNY.usd = 0.139  # /c/config.toml:19
rates.CNY.date = \"2026-11-20\"  # /c/config.toml:20
guards.same_call = 5  # default
guards.same_call_window = 20  # default
guards.idle_steps = 12  # default
guards.unattended = 2.0  # default
guards.unattended_minutes = 30  # default
limits.output_tokens = 2000  # default
limits.file_bytes = 32768  # default
limits.file_head_bytes = 8192  # default
limits.command_seconds = 120  # default
limits.kept_bytes = 67108864  # default
permissions.deny = []  # default
permissions.ask = []  # default
permissions.allow = ['Bash(git \"x\" *)']  # /c/config.toml:11
ui.mouse = true  # default
ui.ambiguous = \"auto\"  # default
ui.motion = \"full\"  # default
ui.leader = \"ctrl-x\"  # default
ui.clipboard = \"auto\"  # default
ui.composer = \"emacs\"  # default
keymap.everywhere.zoom = [\"alt-z\"]  # /c/config.toml:22
keymap.everywhere.cost = [\"f5\"]  # /c/config.toml:23
routes.work.endpoints = [\"zai/glm.x\", \"xai/grok\"]  # /c/config.toml:13
routes.work.policy = \"ordered\"  # default
routes.work.needs.context = 5000  # /c/config.toml:14
routes.work.needs.tools = false  # default
routes.work.needs.images = false  # default
routes.work.cooldown = 15  # default
routes.work.patience = 9  # /c/config.toml:15
roles.plan = \"route/work\"  # /c/config.toml:17
worktree.copy = []  # default
notify.terminal = \"auto\"  # default
notify.command = []  # default
notify.progress = true  # default
memory.recall = \"off\"  # default
import.watch = false  # default
import.programs = []  # default";
        assert_eq!(lines.join("\n"), expected);

        let set = |name: &str| (name == "XAI_API_KEY").then(|| "k".into());
        let again = load::parse(&lines.join("\n"), file, &set).unwrap().config;
        let mut before = loaded.config;
        for entry in before.providers.values_mut() {
            entry.origin = file.display().to_string();
        }
        assert_eq!(again, before);
    }
}
