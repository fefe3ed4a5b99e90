//! The sections of the config that are the same for every provider: budget, guards, limits, permissions, ui.

use crate::agent::guard;
use crate::agent::rule;
use crate::config::clipboard::Clipboard;
use crate::config::document::{Document, Section, cut, nearest};
use crate::config::{BudgetConfig, ComposerKeys, LeaderKey, LimitConfig, UiConfig, display, theme};
use crate::protocol::money::{Currency, Money, Rate, Rates, UNIT};
use crate::protocol::rule::{Effect, Rule, Scope};

/// The tools a rule can speak of.
pub const TOOLS: &[&str] = &[
    "read", "write", "edit", "grep", "glob", "bash", "question", "network", "recall", "remember",
];

pub const BUDGET_KEYS: &[&str] = &["day", "session"];
pub const RATE_KEYS: &[&str] = &["usd", "date"];
pub const PERMISSION_KEYS: &[&str] = &["deny", "ask", "allow"];
pub const UI_KEYS: &[&str] = &[
    "theme",
    "mouse",
    "leader",
    "clipboard",
    "composer",
    "ambiguous",
    "motion",
];

/// The guards that are whole numbers, with their bounds.
pub const GUARDS: [(&str, u64, u64); 4] = [
    ("same_call", 0, 10_000),
    ("same_call_window", 1, 10_000),
    ("idle_steps", 0, 10_000),
    ("unattended_minutes", 1, 10_000),
];

/// The limits, with their bounds.
pub const LIMITS: [(&str, u64, u64); 5] = [
    ("output_tokens", 100, 1_000_000),
    ("file_bytes", 256, 64 << 20),
    ("file_head_bytes", 256, 64 << 20),
    ("command_seconds", 1, 86_400),
    ("kept_bytes", 65_536, 1 << 30),
];

/// A thousand dollars: no currency is worth more.
const MOST_RATE: i64 = 1_000 * UNIT;

/// A hundred thousand dollars: no budget is meant to be larger.
const MOST_BUDGET: i64 = 100_000 * UNIT;

pub fn read_budget(document: &mut Document<'_>, top: &Section<'_>, budget: &mut BudgetConfig) {
    let Some(section) = document.section(top, "budget", BUDGET_KEYS) else {
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

/// `[rates.CNY]` with `usd` and `date`: a rate is believed only with the day it is of.
pub fn read_rates(document: &mut Document<'_>, top: &Section<'_>) -> Rates {
    let mut rates = Rates::default();
    let Some(section) = document.open(top, "rates") else {
        return rates;
    };
    for key in section.table.keys() {
        let name: &str = key.get_ref();
        let currency = match Currency::try_from(name.to_owned()) {
            Ok(currency) if currency != Currency::USD => currency,
            _ => {
                let text = format!(
                    "`rates.{}` must be named by another currency than dollars, in three capital letters such as CNY",
                    cut(name)
                );
                document.fault(&key.span(), &text);
                continue;
            }
        };
        let Some(section) = document.section(&section, name, RATE_KEYS) else {
            continue;
        };
        for key in RATE_KEYS {
            if !section.table.contains_key(*key) {
                document.section_fault(&section, &format!("`{}` has no `{key}`", section.name));
            }
        }
        let usd = document.amount(&section, "usd", 12, MOST_RATE, "dollars");
        let date = document.parsed(&section, "date", |text| {
            let date = text.parse::<jiff::civil::Date>().ok();
            date.map(|date| date.to_string())
                .ok_or_else(|| format!("is `{}`: expected a day such as 2026-11-20", cut(text)))
        });
        if usd == Some(0) {
            document.section_fault(
                &section,
                &format!("`{}.usd` must be more than 0", section.name),
            );
        }
        if let (Some(usd), Some(date)) = (usd, date) {
            rates.0.insert(currency, Rate { usd, date });
        }
    }
    rates
}

pub fn read_guards(document: &mut Document<'_>, top: &Section<'_>, guards: &mut guard::Settings) {
    let keys: Vec<&str> = GUARDS
        .iter()
        .map(|(key, ..)| *key)
        .chain(["unattended"])
        .collect();
    let Some(section) = document.section(top, "guards", &keys) else {
        return;
    };
    let values = [
        &mut guards.same_call,
        &mut guards.same_call_window,
        &mut guards.idle_steps,
        &mut guards.unattended_minutes,
    ];
    for ((key, least, most), value) in GUARDS.into_iter().zip(values) {
        if let Some(number) = document.number(&section, key, least, most) {
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

pub fn read_limits(document: &mut Document<'_>, top: &Section<'_>, limits: &mut LimitConfig) {
    let keys = LIMITS.map(|(key, ..)| key);
    let Some(section) = document.section(top, "limits", &keys) else {
        return;
    };
    let values = [
        &mut limits.output_tokens,
        &mut limits.file_bytes,
        &mut limits.file_head_bytes,
        &mut limits.command_seconds,
        &mut limits.kept_bytes,
    ];
    for ((key, least, most), value) in LIMITS.into_iter().zip(values) {
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

pub fn read_rules(
    document: &mut Document<'_>,
    top: &Section<'_>,
    warnings: &mut Vec<String>,
) -> Vec<Rule> {
    let Some(section) = document.section(top, "permissions", PERMISSION_KEYS) else {
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
                    if let Some(near) = no_tool(&tool) {
                        warnings.push(format!(
                            "{}: permissions.{key}: `{}` names no tool of Creel{near}",
                            document.line(&span),
                            cut(&text)
                        ));
                    }
                    if let Some(why) = rule::unread(&text) {
                        warnings.push(format!(
                            "{}: permissions.{key}: {why}",
                            document.line(&span)
                        ));
                    }
                    rules.push(Rule::new(effect, text.trim(), Scope::Config));
                }
                Err(why) => document.fault(&span, &format!("`permissions.{key}`: {why}")),
            }
        }
    }
    rules
}

/// The tool a rule speaks of; the error is a sentence.
pub fn rule_tool(text: &str) -> Result<String, String> {
    if text.chars().any(char::is_control) {
        return Err(format!("rule `{}` has control characters in it", cut(text)));
    }
    rule::parse(text).map(|(tool, _)| tool)
}

/// A hint when nothing is called by this name; names of other programs' tools stay usable.
pub fn no_tool(tool: &str) -> Option<String> {
    if TOOLS.contains(&tool) || tool.contains('*') || tool.starts_with("mcp__") {
        return None;
    }
    Some(nearest(tool, TOOLS).map_or(String::new(), |near| format!(": did you mean `{near}`?")))
}

fn leader(text: &str) -> Result<LeaderKey, String> {
    LeaderKey::ALL
        .into_iter()
        .find(|key| key.name() == text)
        .ok_or_else(|| format!("is `{}`: expected ctrl-x or ctrl-b", cut(text)))
}

fn composer_keys(text: &str) -> Result<ComposerKeys, String> {
    ComposerKeys::ALL
        .into_iter()
        .find(|keys| keys.name() == text)
        .ok_or_else(|| format!("is `{}`: expected emacs or vim", cut(text)))
}

pub fn read_ui(document: &mut Document<'_>, top: &Section<'_>, ui: &mut UiConfig) {
    let Some(section) = document.section(top, "ui", UI_KEYS) else {
        return;
    };
    ui.theme = theme::read(document, &section);
    if let Some(mouse) = display::read_mouse(document, &section) {
        ui.mouse = mouse;
    }
    if let Some(ambiguous) = display::read_ambiguous(document, &section) {
        ui.ambiguous = ambiguous;
    }
    if let Some(motion) = display::read_motion(document, &section) {
        ui.motion = motion;
    }
    if let Some(leader) = document.parsed(&section, "leader", leader) {
        ui.leader = leader;
    }
    if let Some(clipboard) = document.parsed(&section, "clipboard", Clipboard::parse) {
        ui.clipboard = clipboard;
    }
    if let Some(keys) = document.parsed(&section, "composer", composer_keys) {
        ui.composer = keys;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::path::Path;

    use crate::config::document::Fault;
    use crate::config::load::{Loaded, parse};

    fn parsed(text: &str) -> Result<Loaded, Vec<Fault>> {
        parse(text, Path::new("/c/config.toml"), &|_| None)
    }

    fn faults(text: &str) -> Vec<String> {
        parsed(text).map_or_else(
            |faults| faults.iter().map(Fault::to_string).collect(),
            |_| Vec::new(),
        )
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
                "1:1: unknown key `\"a b\"`: expected model, mode, effort, providers, budget, rates, guards, limits, permissions, ui, keymap, routes, roles, worktree, notify, memory or import",
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
                "effort = \"xhigh\"",
                "1:10: `effort` is `xhigh`: expected off, low, medium, high or max",
            ),
            (
                "[ui]\nmouse = \"no\"",
                "2:9: `ui.mouse` is `no`: expected true, false or \"wheel\"",
            ),
            (
                "[ui]\nambiguous = 3",
                "2:13: `ui.ambiguous` must be from 1 to 2",
            ),
            (
                "[ui]\nmotion = \"none\"",
                "2:10: `ui.motion` is `none`: expected full or reduced",
            ),
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
                "1:12: `ui.mouse` is `yes`: expected true, false or \"wheel\"",
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
            (
                "[rates.USD]\nusd = 1",
                "1:8: `rates.USD` must be named by another currency than dollars, in three capital letters such as CNY",
            ),
            (
                "[rates.yuan]",
                "1:8: `rates.yuan` must be named by another currency than dollars, in three capital letters such as CNY",
            ),
            (
                "rates.CNY = { usd = 0.139 }",
                "1:13: `rates.CNY` has no `date`",
            ),
            (
                "rates.CNY = { usd = 0.0, date = \"2026-11-20\" }",
                "1:13: `rates.CNY.usd` must be more than 0",
            ),
            (
                "rates.CNY = { usd = 0.139, date = \"today\" }",
                "1:35: `rates.CNY.date` is `today`: expected a day such as 2026-11-20",
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
            (
                "ui.composer = \"vi\"",
                "1:15: `ui.composer` is `vi`: expected emacs or vim",
            ),
            (
                "ui.leader = \"ctrl-a\"",
                "1:13: `ui.leader` is `ctrl-a`: expected ctrl-x or ctrl-b",
            ),
            (
                "ui.clipboard = \"x11\"",
                "1:16: `ui.clipboard` is `x11`: expected one of auto, osc52, tmux, wl-copy, xclip, xsel, pbcopy",
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
                "1:21: `permissions.deny`: rule `Bash(rm *` has no closing parenthesis",
            ),
            (
                "permissions.ask = [\"\"]",
                "1:20: `permissions.ask`: rule `` names no tool: expected `Tool` or `Tool(pattern)`, such as `Bash(git diff *)`",
            ),
            (
                "permissions.ask = [\"Bash()\"]",
                "1:20: `permissions.ask`: rule `Bash()` has an empty pattern: leave the parentheses out to mean all",
            ),
            (
                "permissions.ask = [\"rm -rf\"]",
                "1:20: `permissions.ask`: rule `rm -rf` names no tool: expected `Tool` or `Tool(pattern)`, such as `Bash(git diff *)`",
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
    fn a_rule_of_no_tool_is_pointed_out() {
        let text =
            "permissions.deny = [\"Bsah(rm *)\", \"WebFetch(x)\", \"mcp__db__drop\", \"BASH\"]";
        assert_eq!(
            parsed(text).unwrap().warnings,
            [
                "/c/config.toml:1: permissions.deny: `Bsah(rm *)` names no tool of Creel: did you mean `bash`?",
                "/c/config.toml:1: permissions.deny: `WebFetch(x)` names no tool of Creel",
            ]
        );
    }
}
