//! Reading `config.toml`: defaults, then the person's file, then the environment. Flags are laid over it by those who have
//! them. Anything wrong in the file is an error of the whole file, so that a broken line never makes permissions looser.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use crate::config::document::{Document, Fault, Section, cut, listed, nearest};
use crate::config::paths::{Environment, Paths};
use crate::config::{
    BudgetConfig, Config, GuardConfig, LimitConfig, UiConfig, preset, provider, secret,
};
use crate::protocol::id::ModelRef;
use crate::protocol::money::{Money, UNIT};
use crate::protocol::rule::{Effect, Mode, Rule, Scope};

/// A config is a page or two; more than this is another file by mistake.
const MOST_BYTES: u64 = 1024 * 1024;

/// A hundred thousand dollars: no budget is meant to be larger.
const MOST_BUDGET: i64 = 100_000 * UNIT;

/// The config as read, and what else the reading brought to light.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    pub config: Config,
    /// The line of the file each key that was read stands on, by its full name: `providers.local.base_url`.
    pub lines: BTreeMap<String, usize>,
    /// One line each: taken, but worth a look.
    pub warnings: Vec<String>,
}

/// Why a config cannot be used. It prints as one line that begins with the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    pub file: PathBuf,
    pub problem: Problem,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The file as a whole.
    File(String),
    /// In the order of the file, never empty.
    Faults(Vec<Fault>),
}

impl ConfigError {
    /// All that is wrong, one line each.
    pub fn lines(&self) -> Vec<String> {
        let file = self.file.display();
        match &self.problem {
            Problem::File(text) => vec![format!("{file}: {text}")],
            Problem::Faults(faults) => faults
                .iter()
                .map(|fault| format!("{file}:{fault}"))
                .collect(),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines();
        if let Some(first) = lines.first() {
            f.write_str(first)?;
        }
        if lines.len() > 1 {
            write!(
                f,
                " (and {} more: `creel config check` lists them)",
                lines.len() - 1
            )?;
        }
        Ok(())
    }
}

/// The config of this home. A file that is not there is an empty one.
pub fn load(paths: &Paths, env: Environment<'_>) -> Result<Config, ConfigError> {
    read(paths, env).map(|loaded| loaded.config)
}

/// The config as it is without a file: what a face falls back to, with the error shown, when the file is broken.
pub fn defaults(env: Environment<'_>) -> Config {
    let mut config = Config::default();
    provider::add_found(&mut config.providers, env);
    config
}

/// As [`load`], with the places of all values and with warnings.
pub fn read(paths: &Paths, env: Environment<'_>) -> Result<Loaded, ConfigError> {
    let fail = |text: String| ConfigError {
        file: paths.config_file.clone(),
        problem: Problem::File(text),
    };
    let text = read_file(&paths.config_file).map_err(fail)?;
    let mut loaded = parse(&text, &paths.config_file, env).map_err(|faults| ConfigError {
        file: paths.config_file.clone(),
        problem: Problem::Faults(faults),
    })?;
    for entry in loaded.config.providers.values() {
        loaded.warnings.extend(secret::exposed(&entry.key));
    }
    Ok(loaded)
}

/// The text of the file, empty when it is not there.
pub(crate) fn read_file(file: &Path) -> Result<String, String> {
    match fs::metadata(file) {
        Ok(metadata) if metadata.is_dir() => {
            return Err("is a folder, where a file belongs".to_owned());
        }
        // Opening a pipe would wait for its other end.
        Ok(metadata) if !metadata.is_file() => return Err("is no ordinary file".to_owned()),
        Ok(_) => {}
        // A part of the path that is a file is reported by whoever makes folders.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(format!("cannot be read: {error}")),
    }
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|opened| opened.take(MOST_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err("is larger than 1 MiB: this is no config".to_owned());
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error
            .as_bytes()
            .iter()
            .take(good)
            .filter(|&&byte| byte == b'\n')
            .count()
            + 1;
        format!("is not UTF-8 at line {line}: save it as UTF-8")
    })
}

/// A config text with the environment laid over it. `file` is where relative paths start from, and named in messages.
pub fn parse(text: &str, file: &Path, env: Environment<'_>) -> Result<Loaded, Vec<Fault>> {
    let mut document = Document::new(text);
    let root = match DeTable::parse(text) {
        Ok(root) => root,
        Err(error) => {
            document.syntax(&error);
            return Err(document.finish().0);
        }
    };
    let mut config = Config::default();
    let mut warnings = Vec::new();
    let top = document.root(&root, TOP_KEYS);
    let model = document.text(&top, "model");
    if let Some(mode) = document.parsed(&top, "mode", mode) {
        config.mode = mode;
    }
    config
        .providers
        .extend(provider::read(&mut document, &top, file, env));
    provider::add_found(&mut config.providers, env);
    if let Some((text, span)) = model {
        match named_model(&text, &config) {
            Ok(model) => config.model = Some(model),
            Err(why) => document.fault(&span, &format!("`model` {why}")),
        }
    }
    read_budget(&mut document, &top, &mut config.budget);
    read_guards(&mut document, &top, &mut config.guards);
    read_limits(&mut document, &top, &mut config.limits);
    config.rules = read_rules(&mut document, &top, &mut warnings);
    read_ui(&mut document, &top, &mut config.ui);
    let (faults, lines) = document.finish();
    if faults.is_empty() {
        Ok(Loaded {
            config,
            lines,
            warnings,
        })
    } else {
        Err(faults)
    }
}

const TOP_KEYS: &[&str] = &[
    "model",
    "mode",
    "providers",
    "budget",
    "guards",
    "limits",
    "permissions",
    "ui",
];

fn mode(text: &str) -> Result<Mode, String> {
    text.parse()
        .map_err(|_| format!("is `{}`: expected ask, edits, plan or auto", cut(text)))
}

fn named_model(text: &str, config: &Config) -> Result<ModelRef, String> {
    let model: ModelRef = text
        .parse()
        .map_err(|_| format!("is `{}`: expected PROVIDER/MODEL", cut(text)))?;
    let provider = model.provider.as_str();
    if config.providers.contains_key(provider) || preset::find(provider).is_some() {
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

fn read_budget(document: &mut Document<'_>, top: &Section<'_>, budget: &mut BudgetConfig) {
    let Some(section) = document.section(top, "budget", &["day", "session"]) else {
        return;
    };
    for (key, limit) in [("day", &mut budget.day), ("session", &mut budget.session)] {
        if document.is_word(&section, key, "none") {
            *limit = None;
        } else if let Some(parts) = document.amount(&section, key, 12, MOST_BUDGET, "dollars") {
            *limit = Some(Money::usd(parts));
        }
    }
}

fn read_guards(document: &mut Document<'_>, top: &Section<'_>, guards: &mut GuardConfig) {
    let keys = [
        "same_call",
        "same_call_window",
        "idle_steps",
        "unattended",
        "unattended_minutes",
    ];
    let Some(section) = document.section(top, "guards", &keys) else {
        return;
    };
    for (key, least, value) in [
        ("same_call", 0, &mut guards.same_call),
        ("same_call_window", 1, &mut guards.same_call_window),
        ("idle_steps", 0, &mut guards.idle_steps),
        ("unattended_minutes", 1, &mut guards.unattended_minutes),
    ] {
        if let Some(number) = document.number(&section, key, least, 10_000) {
            *value = u32::try_from(number).unwrap_or(u32::MAX);
        }
    }
    if let Some(parts) = document.amount(&section, "unattended", 12, MOST_BUDGET, "dollars") {
        guards.unattended = (parts != 0).then_some(Money::usd(parts));
    }
    if guards.same_call > guards.same_call_window {
        let text = format!(
            "`guards.same_call` is {} of {}: it can never be reached: raise same_call_window, or switch it off with 0",
            guards.same_call, guards.same_call_window
        );
        document.section_fault(&section, &text);
    }
}

fn read_limits(document: &mut Document<'_>, top: &Section<'_>, limits: &mut LimitConfig) {
    let keys = [
        "output_tokens",
        "file_bytes",
        "file_head_bytes",
        "command_seconds",
        "kept_bytes",
    ];
    let Some(section) = document.section(top, "limits", &keys) else {
        return;
    };
    for (key, least, most, value) in [
        ("output_tokens", 100, 1_000_000, &mut limits.output_tokens),
        ("file_bytes", 256, 64 << 20, &mut limits.file_bytes),
        (
            "file_head_bytes",
            256,
            64 << 20,
            &mut limits.file_head_bytes,
        ),
        ("command_seconds", 1, 86_400, &mut limits.command_seconds),
        ("kept_bytes", 65_536, 1 << 30, &mut limits.kept_bytes),
    ] {
        if let Some(number) = document.number(&section, key, least, most) {
            *value = number;
        }
    }
    if limits.file_head_bytes > limits.file_bytes {
        let text = format!(
            "`limits.file_head_bytes` ({}) is more than `limits.file_bytes` ({}): a larger file would be read further than a small one",
            limits.file_head_bytes, limits.file_bytes
        );
        document.section_fault(&section, &text);
    }
}

fn read_rules(
    document: &mut Document<'_>,
    top: &Section<'_>,
    warnings: &mut Vec<String>,
) -> Vec<Rule> {
    let Some(section) = document.section(top, "permissions", &["deny", "ask", "allow"]) else {
        return Vec::new();
    };
    let mut rules = Vec::new();
    for (key, effect) in [
        ("deny", Effect::Deny),
        ("ask", Effect::Ask),
        ("allow", Effect::Allow),
    ] {
        for (text, span) in document.texts(&section, key).unwrap_or_default() {
            match rule_tool(&text) {
                Ok(tool) => {
                    if let Some(near) = no_tool(tool) {
                        warnings.push(format!(
                            "permissions.{key}: `{}` names no tool of Creel{near}",
                            cut(&text)
                        ));
                    }
                    rules.push(Rule {
                        effect,
                        text: text.trim().to_owned(),
                        scope: Scope::Config,
                    });
                }
                Err(why) => document.fault(
                    &span,
                    &format!("`permissions.{key}`: `{}` {why}", cut(&text)),
                ),
            }
        }
    }
    rules
}

/// The tool a rule speaks of, when the rule has the form `Tool` or `Tool(specifier)`.
pub fn rule_tool(rule: &str) -> Result<&str, String> {
    let rule = rule.trim();
    let (tool, specifier) = match rule.split_once('(') {
        Some((tool, rest)) => {
            let Some(specifier) = rest.strip_suffix(')') else {
                return Err("is no rule: the bracket is not closed".to_owned());
            };
            (tool, Some(specifier))
        }
        None => (rule, None),
    };
    let named = tool
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'*'));
    if tool.is_empty() || !named {
        return Err("is no rule: expected TOOL or TOOL(PATTERN), as `Bash(git diff *)`".to_owned());
    }
    if specifier.is_some_and(|specifier| specifier.trim().is_empty()) {
        return Err(format!(
            "is no rule: nothing stands in the brackets; `{tool}` alone speaks of every call"
        ));
    }
    if rule.chars().any(char::is_control) {
        return Err("is no rule: it has control characters in it".to_owned());
    }
    Ok(tool)
}

/// A hint when nothing is called by this name; names of other programs' tools stay usable.
fn no_tool(tool: &str) -> Option<String> {
    const TOOLS: &[&str] = &["read", "write", "edit", "grep", "glob", "bash"];
    let tool = tool.to_ascii_lowercase();
    if TOOLS.contains(&tool.as_str()) || tool.contains('*') || tool.starts_with("mcp__") {
        return None;
    }
    Some(nearest(&tool, TOOLS).map_or(String::new(), |near| format!(": did you mean `{near}`?")))
}

fn read_ui(document: &mut Document<'_>, top: &Section<'_>, ui: &mut UiConfig) {
    let Some(section) = document.section(top, "ui", &["theme", "mouse"]) else {
        return;
    };
    if let Some((theme, span)) = document.text(&section, "theme") {
        if theme.is_empty() || theme.chars().any(|c| c.is_control() || c == '/') {
            document.fault(&span, "`ui.theme` must be the name of a theme");
        }
        ui.theme = Some(theme);
    }
    if let Some(mouse) = document.flag(&section, "mouse") {
        ui.mouse = mouse;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::ffi::OsString;

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::config::{KeySource, ModelConfig, ProviderConfig, Wire};
    use crate::protocol::money::Currency;
    use crate::protocol::usage::{Price, Tier};

    fn home_only(name: &str) -> Option<OsString> {
        (name == "HOME").then(|| "/home/me".into())
    }

    fn parsed(text: &str) -> Result<Loaded, Vec<Fault>> {
        parse(text, Path::new("/c/config.toml"), &home_only)
    }

    fn faults(text: &str) -> Vec<String> {
        match parsed(text) {
            Ok(_) => Vec::new(),
            Err(faults) => faults.iter().map(Fault::to_string).collect(),
        }
    }

    #[test]
    fn the_promised_example_reads_as_written() {
        let text = "\u{feff}model = \"local/my-model\"\r\nmode = \"edits\"\r\n\r\n[providers.local]\r\n\
            wire = \"openai-chat\"\r\nbase_url = \"http://127.0.0.1:8080/v1/\"\r\nkey_env = \"LOCAL_KEY\"\r\n\
            preset = \"deepseek\"\r\n[providers.local.models.\"my-model\"]\r\ncontext = 128000\r\nmax_output = 8192\r\n\
            price = { input = 0.5, output = 1.5, cache_read = 0.05, cache_write = 0.6, currency = \"CNY\", \
            tiers = [{ above = 200000, input = 1 }] }\r\n\
            [budget]\r\nday = \"none\"\r\nsession = 2.5\r\n[guards]\r\nunattended = 0\r\nidle_steps = 20\r\n\
            [limits]\r\noutput_tokens = 3_000\r\n[permissions]\r\nallow = [\"Bash(git diff *)\", \"edit\"]\r\n\
            deny = [\" Read(./.env) \"]\r\n[ui]\r\ntheme = \"dusk\"\r\nmouse = false\r\n";
        let loaded = parsed(text).unwrap();
        let price = Price {
            currency: Currency::CNY,
            input: 500_000,
            output: 1_500_000,
            cache_read: Some(50_000),
            cache_write: Some(600_000),
            cache_write_long: None,
            tiers: vec![Tier {
                above: 200_000,
                input: Some(1_000_000),
                output: None,
                cache_read: None,
                cache_write: None,
                cache_write_long: None,
            }],
        };
        let model = ModelConfig {
            context: Some(128_000),
            max_output: Some(8192),
            price: Some(price),
        };
        let local = ProviderConfig {
            wire: Wire::OpenAiChat,
            base_url: "http://127.0.0.1:8080/v1".to_owned(),
            key: KeySource::Env("LOCAL_KEY".to_owned()),
            preset: Some("deepseek".to_owned()),
            models: [("my-model".to_owned(), model)].into(),
            script: None,
            origin: "/c/config.toml".to_owned(),
        };
        let rule = |effect, text: &str| Rule {
            effect,
            text: text.to_owned(),
            scope: Scope::Config,
        };
        let mut expected = defaults(&home_only);
        expected.model = Some("local/my-model".parse().unwrap());
        expected.mode = Mode::Edits;
        expected.providers.insert("local".to_owned(), local);
        expected.budget = BudgetConfig {
            day: None,
            session: Some(Money::usd(2_500_000_000_000)),
        };
        expected.guards.unattended = None;
        expected.guards.idle_steps = 20;
        expected.limits.output_tokens = 3000;
        expected.rules = vec![
            rule(Effect::Deny, "Read(./.env)"),
            rule(Effect::Allow, "Bash(git diff *)"),
            rule(Effect::Allow, "edit"),
        ];
        expected.ui = UiConfig {
            theme: Some("dusk".to_owned()),
            mouse: false,
        };
        assert_eq!(loaded.config, expected);
        assert_eq!(loaded.warnings, Vec::<String>::new());
        assert_eq!(
            loaded
                .lines
                .get("providers.local.models.my-model.price.tiers"),
            Some(&12)
        );
        assert_eq!(loaded.lines.get("ui.mouse"), Some(&26));
    }

    #[test]
    fn nothing_written_is_the_defaults() {
        for text in ["", "\u{feff}", "# a comment only\r\n"] {
            assert_eq!(parsed(text).unwrap().config, defaults(&home_only));
        }
        let config = defaults(&home_only);
        assert_eq!(config.providers.keys().collect::<Vec<_>>(), ["rehearsal"]);
        assert_eq!(config.default_model(), None);
    }

    #[test]
    fn every_fault_names_its_place_and_the_way_out() {
        let cases = [
            // Keys.
            (
                "modle = \"a/b\"",
                "1:1: unknown key `modle`: did you mean `model`?",
            ),
            (
                "\n  [budgets]",
                "2:4: unknown key `budgets`: did you mean `budget`?",
            ),
            (
                "\"a \\u001b[2J\\n b\" = 1",
                "1:1: unknown key `\"a b\"`: expected model, mode, providers, budget, guards, limits, permissions or ui",
            ),
            (
                "[budget]\ndaily = 3",
                "2:1: unknown key `budget.daily`: expected day or session",
            ),
            (
                "[ui]\nmose = true",
                "2:1: unknown key `ui.mose`: did you mean `mouse`?",
            ),
            ("mode = \"ask\"\nmode = \"auto\"", "2:1: duplicate key"),
            // Types.
            (
                "mode = 3",
                "1:8: `mode` must be a text in quotes, not a whole number",
            ),
            (
                "model = [\"a/b\"]",
                "1:9: `model` must be a text in quotes, not a list",
            ),
            (
                "providers = 1",
                "1:13: `providers` must be a table, not a whole number",
            ),
            (
                "providers.a = 1",
                "1:15: `providers.a` must be a table, not a whole number",
            ),
            ("[[budget]]", "1:1: `budget` must be a table, not a list"),
            (
                "ui.mouse = \"yes\"",
                "1:12: `ui.mouse` must be true or false, not a text",
            ),
            (
                "limits.output_tokens = 2e3",
                "1:24: `limits.output_tokens` must be a whole number, not a decimal number",
            ),
            (
                "limits.output_tokens = 2026-11-01",
                "1:24: `limits.output_tokens` must be a whole number, not a date",
            ),
            // Syntax.
            (
                "mode = ask",
                "1:8: string values must be quoted, expected literal string",
            ),
            ("mode = \"ask", "1:12: invalid basic string, expected `\"`"),
            // Values.
            (
                "mode = \"yolo\"",
                "1:8: `mode` is `yolo`: expected ask, edits, plan or auto",
            ),
            (
                "model = \"gpt\"",
                "1:9: `model` is `gpt`: expected PROVIDER/MODEL",
            ),
            (
                "model = \"antropic/x\"",
                "1:9: `model` names the provider `antropic`, which is not here: did you mean `anthropic`?",
            ),
            ("budget.day = -1", "1:14: `budget.day` must not be negative"),
            (
                "budget.day = nan",
                "1:14: `budget.day` must be a decimal number of dollars",
            ),
            (
                "budget.day = inf",
                "1:14: `budget.day` must be a decimal number of dollars",
            ),
            (
                "budget.day = 0x10",
                "1:14: `budget.day` must be a decimal number of dollars",
            ),
            (
                "budget.day = \"10\"",
                "1:14: `budget.day` must be a number of dollars, not a text",
            ),
            (
                "budget.day = 1e30",
                "1:14: `budget.day` is too large: at most 100000 dollars",
            ),
            (
                "budget.day = 0.0000000000001",
                "1:14: `budget.day` has more than 12 digits after the point",
            ),
            (
                "guards.idle_steps = -1",
                "1:21: `guards.idle_steps` must be from 0 to 10000",
            ),
            (
                "guards.idle_steps = 99999999999999999999",
                "1:21: `guards.idle_steps` must be from 0 to 10000",
            ),
            (
                "[guards]\nsame_call = 30",
                "1:1: `guards.same_call` is 30 of 20: it can never be reached: raise same_call_window, or switch it off \
                 with 0",
            ),
            (
                "[limits]\nfile_bytes = 1000",
                "1:1: `limits.file_head_bytes` (8192) is more than `limits.file_bytes` (1000): a larger file would be read \
                 further than a small one",
            ),
            (
                "ui.theme = \"../x\"",
                "1:12: `ui.theme` must be the name of a theme",
            ),
            // Permissions.
            (
                "permissions.allow = \"edit\"",
                "1:21: `permissions.allow` must be a list of texts, not a text",
            ),
            (
                "permissions.allow = [1]",
                "1:22: `permissions.allow` must be a list of texts, not a whole number",
            ),
            (
                "permissions.deny = [\"Bash(rm *\"]",
                "1:21: `permissions.deny`: `Bash(rm *` is no rule: the bracket is not closed",
            ),
            (
                "permissions.ask = [\"\"]",
                "1:20: `permissions.ask`: `` is no rule: expected TOOL or TOOL(PATTERN), as `Bash(git diff *)`",
            ),
            (
                "permissions.ask = [\"Bash()\"]",
                "1:20: `permissions.ask`: `Bash()` is no rule: nothing stands in the brackets; `Bash` alone speaks of every call",
            ),
            (
                "permissions.ask = [\"rm -rf\"]",
                "1:20: `permissions.ask`: `rm -rf` is no rule: expected TOOL or TOOL(PATTERN), as `Bash(git diff *)`",
            ),
            (
                "permissions.denied = []",
                "1:13: unknown key `permissions.denied`: expected deny, ask or allow",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(faults(text), [expected], "{text}");
        }
    }

    #[test]
    fn all_faults_are_found_at_once() {
        let text = "mode = 1\nmodell = \"x\"\n[budget]\nday = -3\n[permissions]\nallow = [\"(\"]\n";
        assert_eq!(
            faults(text),
            [
                "1:8: `mode` must be a text in quotes, not a whole number",
                "2:1: unknown key `modell`: did you mean `model`?",
                "4:7: `budget.day` must not be negative",
                "6:10: `permissions.allow`: `(` is no rule: the bracket is not closed",
            ]
        );
    }

    #[test]
    fn hostile_texts_are_one_fault_each() {
        let texts = [
            "a.".repeat(200_000) + "a = 1",
            format!("x = {}", "[".repeat(500_000)),
            format!("x = {}", "{a=".repeat(300_000)),
            "\u{0}".repeat(1000),
            "[".to_owned(),
            "\"".repeat(1_000_000),
        ];
        for text in texts {
            let found = faults(&text);
            assert_eq!(found.len(), 1, "{found:.200?}");
            assert!(found.iter().all(|fault| fault.len() < 200), "{found:.200?}");
        }
    }

    #[test]
    fn a_rule_of_no_tool_is_pointed_out() {
        let text =
            "permissions.deny = [\"Bsah(rm *)\", \"WebFetch(x)\", \"mcp__db__drop\", \"BASH\"]";
        assert_eq!(
            parsed(text).unwrap().warnings,
            [
                "permissions.deny: `Bsah(rm *)` names no tool of Creel: did you mean `bash`?",
                "permissions.deny: `WebFetch(x)` names no tool of Creel",
            ]
        );
    }

    #[test]
    fn a_file_that_is_no_config_is_one_clear_line() {
        let scratch = tempfile::tempdir().unwrap();
        let file = scratch.path().join("config.toml");
        let paths = Paths::from_environment(&|name| {
            (name == "CREEL_HOME").then(|| scratch.path().as_os_str().to_owned())
        })
        .unwrap();
        let outcome = || load(&paths, &home_only).map_err(|error| error.to_string());
        let named = |text: &str| Err(format!("{}{text}", file.display()));
        assert_eq!(outcome(), Ok(defaults(&home_only)));

        fs::create_dir(&file).unwrap();
        assert_eq!(outcome(), named(": is a folder, where a file belongs"));
        fs::remove_dir(&file).unwrap();

        let pipe = std::process::Command::new("mkfifo")
            .arg(&file)
            .status()
            .unwrap();
        assert!(pipe.success());
        assert_eq!(outcome(), named(": is no ordinary file"));
        fs::remove_file(&file).unwrap();

        fs::write(&file, b"mode = \"ask\"\nmodel = \"\xff\"\n").unwrap();
        assert_eq!(
            outcome(),
            named(": is not UTF-8 at line 2: save it as UTF-8")
        );

        File::create(&file).unwrap().set_len(100 << 20).unwrap();
        assert_eq!(
            outcome(),
            named(": is larger than 1 MiB: this is no config")
        );

        fs::write(&file, "mode = 1\nmouse = 2\nui = 3\n").unwrap();
        assert_eq!(
            outcome(),
            named(
                ":1:8: `mode` must be a text in quotes, not a whole number (and 2 more: `creel config check` lists them)"
            )
        );
    }
}
