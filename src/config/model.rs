//! `[providers.NAME.models.MODEL]`: what the person says of a model, which wins over any table.

use std::collections::BTreeMap;

use crate::config::ModelConfig;
use crate::config::document::{Document, Section, cut};
use crate::protocol::money::Currency;
use crate::protocol::route::Abilities;
use crate::protocol::usage::{Price, Tier};

pub const MODEL_KEYS: &[&str] = &["context", "max_output", "price", "tools", "images"];
pub const PRICES: [&str; 5] = [
    "input",
    "output",
    "cache_read",
    "cache_write",
    "cache_write_long",
];

/// One dollar for one token, in parts of a million: no price is higher.
const MOST_PRICE: i64 = 1_000_000_000_000;

/// What an entry, or a price, says it is in.
pub fn read_currency(document: &mut Document<'_>, section: &Section<'_>) -> Option<Currency> {
    document.parsed(section, "currency", |text| {
        Currency::try_from(text.to_owned()).map_err(|_| {
            format!(
                "is `{}`: expected three capital letters such as USD or CNY",
                cut(text)
            )
        })
    })
}

/// The models an entry describes; `usual` is what their prices are in that name no currency.
pub fn read(
    document: &mut Document<'_>,
    provider: &Section<'_>,
    usual: Currency,
) -> BTreeMap<String, ModelConfig> {
    let mut models = BTreeMap::new();
    let Some(section) = document.open(provider, "models") else {
        return models;
    };
    for key in section.table.keys() {
        let name: &str = key.get_ref();
        if name.is_empty() || name.chars().any(|c| c.is_whitespace() || c.is_control()) {
            document.fault(
                &key.span(),
                &format!("`{}` is no name of a model", cut(name)),
            );
            continue;
        }
        if let Some(model) = document.section(&section, name, MODEL_KEYS) {
            models.insert(name.to_owned(), read_model(document, &model, usual));
        }
    }
    models
}

fn read_model(document: &mut Document<'_>, section: &Section<'_>, usual: Currency) -> ModelConfig {
    let context = document.number(section, "context", 1024, 100_000_000);
    let max_output = document.number(section, "max_output", 1, 10_000_000);
    if let (Some(context), Some(max_output)) = (context, max_output)
        && max_output > context
    {
        let text = format!(
            "`{}`: max_output ({max_output}) is more than context ({context})",
            section.name
        );
        document.section_fault(section, &text);
    }
    ModelConfig {
        context,
        max_output,
        price: read_price(document, section, usual),
        abilities: Abilities {
            tools: document.flag(section, "tools"),
            images: document.flag(section, "images"),
        },
    }
}

fn read_price(document: &mut Document<'_>, model: &Section<'_>, usual: Currency) -> Option<Price> {
    let known = [&PRICES[..], &["currency", "tiers", "web_search"]].concat();
    let section = document.section(model, "price", &known)?;
    let currency = read_currency(document, &section);
    let [input, output, cache_read, cache_write, cache_write_long] = row(document, &section);
    let web_search = document.amount(
        &section,
        "web_search",
        9,
        MOST_PRICE,
        "for a thousand searches",
    );
    for key in ["input", "output"] {
        if !section.table.contains_key(key) {
            document.section_fault(&section, &format!("`{}` has no `{key}`", section.name));
        }
    }
    let known = [&["above"], &PRICES[..]].concat();
    let mut tiers: Vec<Tier> = Vec::new();
    for tier in document.sections(&section, "tiers", &known) {
        let [input, output, cache_read, cache_write, cache_write_long] = row(document, &tier);
        if !tier.table.contains_key("above") {
            document.section_fault(&tier, &format!("`{}`: an entry has no `above`", tier.name));
        }
        let Some(above) = document.number(&tier, "above", 1, 100_000_000) else {
            continue;
        };
        if tiers.last().is_some_and(|last| last.above >= above) {
            document.section_fault(&tier, &format!("`{}` must rise in `above`", tier.name));
        }
        tiers.push(Tier {
            above,
            input,
            output,
            cache_read,
            cache_write,
            cache_write_long,
        });
    }
    Some(Price {
        currency: currency.unwrap_or(usual),
        input: input?,
        output: output?,
        cache_read,
        cache_write,
        cache_write_long,
        web_search,
        tiers,
    })
}

/// Prices per million tokens as parts (1e-12 of the currency) per token: a factor of a million.
fn row(document: &mut Document<'_>, section: &Section<'_>) -> [Option<i64>; 5] {
    PRICES.map(|key| document.amount(section, key, 6, MOST_PRICE, "per million tokens"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::document::Fault;
    use crate::config::load::parse;

    #[test]
    fn every_fault_of_a_model_names_its_place() {
        let cases = [
            ("models.\"a b\" = {}", "4:8: `a b` is no name of a model"),
            (
                "models.m.context = 10",
                "4:20: `providers.p.models.m.context` must be from 1024 to 100000000",
            ),
            (
                "models.m.ctx = 10",
                "4:10: unknown key `providers.p.models.m.ctx`: expected context, max_output, price, tools or images",
            ),
            (
                "models.m = { context = 2000, max_output = 3000 }",
                "4:12: `providers.p.models.m`: max_output (3000) is more than context (2000)",
            ),
            (
                "models.m.price = 3",
                "4:18: `providers.p.models.m.price` must be a table, not a whole number",
            ),
            (
                "models.m.price = { input = 1 }",
                "4:18: `providers.p.models.m.price` has no `output`",
            ),
            (
                "models.\"m.1\".price = { input = -1, output = 1 }",
                "4:32: `providers.p.models.\"m.1\".price.input` must not be negative",
            ),
            (
                "models.m.price = { input = 0.0000001, output = 1 }",
                "4:28: `providers.p.models.m.price.input` has more than 6 digits after the point",
            ),
            (
                "models.m.price = { input = 1, output = 1e9 }",
                "4:40: `providers.p.models.m.price.output` is too large: at most 1000000 per million tokens",
            ),
            (
                "models.m.price = { input = 1, output = 1, currency = \"dollar\" }",
                "4:54: `providers.p.models.m.price.currency` is `dollar`: expected three capital letters such as USD or CNY",
            ),
            (
                "models.m.price = { input = 1, output = 1, tiers = [{ above = 9 }, { above = 8 }] }",
                "4:67: `providers.p.models.m.price.tiers` must rise in `above`",
            ),
            (
                "models.m.price = { input = 1, output = 1, tiers = [{ input = 9 }] }",
                "4:52: `providers.p.models.m.price.tiers`: an entry has no `above`",
            ),
        ];
        for (lines, expected) in cases {
            let text = format!(
                "[providers.p]\nwire = \"openai-chat\"\nbase_url = \"http://127.0.0.1/v1\"\n{lines}"
            );
            let faults = parse(&text, Path::new("/c/config.toml"), &|_| None).map_or_else(
                |faults| faults.iter().map(Fault::to_string).collect(),
                |_| Vec::new(),
            );
            assert_eq!(faults, [expected], "{lines}");
        }
    }
}
