//! What models cost and hold, as shipped: facts with a date, which the person's own config goes before. It is read when
//! first asked for, never at start.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::agent::decimal::rounded;
use crate::protocol::money::Currency;
use crate::protocol::usage::{Price, Tier};
use crate::provider::http::url;
use crate::provider::service::{self, Service};

const SHIPPED: &str = include_str!("../../assets/models.json");

/// The table of prices and limits.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalog {
    date: String,
    rows: Vec<Row>,
}

/// What the table says of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub price: Price,
    pub context: Option<u64>,
    pub max_output: Option<u64>,
    /// Whether it takes pictures; `None`: the table does not say.
    pub images: Option<bool>,
    /// What a call is charged with that was answered in the United States alone, in millionths of its price.
    pub us: Option<i64>,
    /// What it costs in other services than the usual one, by their names.
    pub services: BTreeMap<String, Price>,
}

#[derive(Debug, Clone, PartialEq)]
struct Row {
    vendor: String,
    model: String,
    entry: Entry,
}

impl Catalog {
    /// The table that comes with the program; a fraction of a millisecond to read.
    pub fn shipped() -> Self {
        // A test reads the file, so it cannot be unreadable here.
        Self::read(SHIPPED).unwrap_or_default()
    }

    fn read(text: &str) -> Result<Self, serde_json::Error> {
        let file = serde_json::from_str::<File>(text)?;
        Ok(Self {
            date: file.date.to_owned(),
            rows: file.models.iter().filter_map(Model::row).collect(),
        })
    }

    /// The day the prices are of, as `2026-11-12`.
    pub fn date(&self) -> &str {
        &self.date
    }

    /// The entry of a model under its vendor's name, also when the id carries the date of a release. Of a gateway
    /// (`openrouter`) the model names the vendor itself: `anthropic/claude-haiku-4.5`.
    pub fn lookup(&self, vendor: &str, model: &str) -> Option<Entry> {
        let (vendor, model) = if vendor == "openrouter" {
            let (vendor, model) = model.split_once('/')?;
            (behind_gateway(vendor), model)
        } else {
            (vendor, model)
        };
        [Some(model), without_date(model)]
            .into_iter()
            .flatten()
            .find_map(|model| {
                let row = self
                    .rows
                    .iter()
                    .find(|row| row.vendor == vendor && same(&row.model, model));
                row.map(|row| row.entry.clone())
            })
    }

    /// All prices of the table.
    pub fn prices(&self) -> impl Iterator<Item = Price> {
        self.rows.iter().map(|row| row.entry.price.clone())
    }

    /// The models of a vendor, in the table's order: the newest first.
    pub fn models(&self, vendor: &str) -> impl Iterator<Item = &str> {
        self.rows
            .iter()
            .filter(move |row| row.vendor == vendor)
            .map(|row| row.model.as_str())
    }
}

/// Whether an address is one that vendors keep for customers in China and bill in yuan, by lists of their own: the table has
/// none of those, and a price in dollars would be a guess.
pub(crate) fn is_billed_in_yuan(base_url: &str) -> bool {
    const OTHERS: [&str; 2] = ["api.minimaxi.com", "dashscope.aliyuncs.com"];
    url(base_url).is_ok_and(|url| {
        let host = url.host_str().unwrap_or_default();
        host.rsplit('.').next() == Some("cn") || OTHERS.contains(&host)
    })
}

/// Gateways write `4.5` where the vendor writes `4-5`, and do not mind capitals.
fn same(a: &str, b: &str) -> bool {
    let plain = |byte: u8| {
        if byte == b'.' {
            b'-'
        } else {
            byte.to_ascii_lowercase()
        }
    };
    a.bytes().map(plain).eq(b.bytes().map(plain))
}

/// The id without the release it ends with: `-20251001`, `@20251001`, `-2024-07-18`, `-latest`.
fn without_date(model: &str) -> Option<&str> {
    if let Some(name) = model.strip_suffix("-latest") {
        return Some(name);
    }
    let shape: Vec<u8> = model
        .bytes()
        .map(|byte| if byte.is_ascii_digit() { b'0' } else { byte })
        .collect();
    [&b"-00000000"[..], b"@00000000", b"-0000-00-00"]
        .iter()
        .find(|date| shape.ends_with(date))
        .and_then(|date| model.get(..model.len() - date.len()))
}

/// A vendor as gateways call it.
fn behind_gateway(vendor: &str) -> &str {
    match vendor {
        "z-ai" => "zai",
        "qwen" => "alibaba",
        "x-ai" => "xai",
        "mistralai" => "mistral",
        vendor => vendor,
    }
}

#[derive(Deserialize)]
struct File<'a> {
    date: &'a str,
    #[serde(borrow)]
    models: Vec<Model<'a>>,
}

#[derive(Deserialize)]
struct Model<'a> {
    provider: &'a str,
    id: &'a str,
    #[serde(borrow)]
    input: &'a RawValue,
    #[serde(borrow)]
    output: &'a RawValue,
    #[serde(borrow)]
    cache_read: Option<&'a RawValue>,
    #[serde(borrow)]
    cache_write: Option<&'a RawValue>,
    #[serde(borrow)]
    cache_write_long: Option<&'a RawValue>,
    #[serde(borrow)]
    web_search: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tiers: Vec<Step<'a>>,
    context: Option<u64>,
    max_output: Option<u64>,
    images: Option<bool>,
    #[serde(borrow)]
    us: Option<&'a RawValue>,
    #[serde(borrow, default)]
    services: BTreeMap<&'a str, Service<'a>>,
    #[serde(borrow)]
    fast: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Step<'a> {
    above: u64,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    #[serde(borrow)]
    output: Option<&'a RawValue>,
    #[serde(borrow)]
    cache_read: Option<&'a RawValue>,
    #[serde(borrow)]
    cache_write: Option<&'a RawValue>,
    #[serde(borrow)]
    cache_write_long: Option<&'a RawValue>,
}

impl Model<'_> {
    fn row(&self) -> Option<Row> {
        let price = Price {
            currency: Currency::USD,
            input: parts(self.input)?,
            output: parts(self.output)?,
            cache_read: self.cache_read.and_then(parts),
            cache_write: self.cache_write.and_then(surcharge),
            cache_write_long: self.cache_write_long.and_then(surcharge),
            web_search: self.web_search.and_then(uses),
            tiers: self.tiers.iter().map(Step::tier).collect(),
        };
        let rows = self.services.iter();
        let rows = rows.filter_map(|(name, row)| Some(((*name).to_owned(), row.price(&price)?)));
        let fast = self.fast.and_then(parts);
        let fast = fast.map(|factor| ("fast".to_owned(), service::times(&price, factor)));
        Some(Row {
            vendor: self.provider.to_owned(),
            model: self.id.to_owned(),
            entry: Entry {
                services: rows.chain(fast).collect(),
                price,
                context: self.context,
                max_output: self.max_output,
                images: self.images,
                us: self.us.and_then(parts),
            },
        })
    }
}

impl Step<'_> {
    fn tier(&self) -> Tier {
        Tier {
            above: self.above,
            input: self.input.and_then(parts),
            output: self.output.and_then(parts),
            cache_read: self.cache_read.and_then(parts),
            cache_write: self.cache_write.and_then(surcharge),
            cache_write_long: self.cache_write_long.and_then(surcharge),
        }
    }
}

/// What is written to a cache, as parts per token. A table that says 0 means that nothing is charged for that beside the tokens,
/// which cost as input.
fn surcharge(price: &RawValue) -> Option<i64> {
    parts(price).filter(|parts| *parts != 0)
}

/// Dollars per million tokens as parts per token: 1e12 parts a dollar, 1e6 tokens a million.
pub(crate) fn parts(price: &RawValue) -> Option<i64> {
    rounded(price.get(), 6)
}

/// Dollars for a thousand uses as parts for one.
fn uses(price: &RawValue) -> Option<i64> {
    rounded(price.get(), 9)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use pretty_assertions::assert_eq;

    use super::*;

    fn price(input: i64, output: i64, cache: [Option<i64>; 3]) -> Price {
        Price {
            currency: Currency::USD,
            input,
            output,
            cache_read: cache[0],
            cache_write: cache[1],
            cache_write_long: cache[2],
            web_search: None,
            tiers: Vec::new(),
        }
    }

    #[test]
    fn the_shipped_table_is_read_whole() {
        let catalog = Catalog::read(SHIPPED).unwrap();
        assert_eq!(catalog.date(), "2026-11-12");
        assert_eq!(catalog.rows.len(), 77);
        assert_eq!(catalog.rows.len(), SHIPPED.matches("\"id\"").count());
        assert_eq!(Catalog::shipped(), catalog);
        assert_eq!(catalog.models("deepseek").next(), Some("deepseek-v4-pro"));
    }

    #[test]
    fn prices_are_exact() {
        let catalog = Catalog::shipped();
        let cases = [
            (
                "anthropic",
                "claude-sonnet-5",
                price(
                    2_000_000,
                    10_000_000,
                    [Some(200_000), Some(2_500_000), Some(4_000_000)],
                ),
            ),
            (
                "anthropic",
                "claude-fable-5-1",
                price(
                    10_000_000,
                    50_000_000,
                    [Some(250_000), Some(12_500_000), Some(20_000_000)],
                ),
            ),
            (
                "openai",
                "gpt-4o-mini",
                price(150_000, 600_000, [Some(75_000), None, None]),
            ),
            (
                "deepseek",
                "deepseek-v4-pro",
                price(1_320_000, 3_960_000, [Some(44_000), None, None]),
            ),
            (
                "xiaomi",
                "mimo-v2.6-pro",
                price(435_000, 870_000, [Some(3_600), None, None]),
            ),
            (
                "minimax",
                "MiniMax-M2.7",
                price(300_000, 1_200_000, [Some(60_000), Some(375_000), None]),
            ),
        ];
        for (vendor, model, expected) in cases {
            // A thousand searches: $10 at both, $25 with the older models of the one.
            let web_search = match (vendor, model) {
                ("openai", "gpt-4o-mini") => Some(25_000_000_000),
                ("anthropic", _) => Some(10_000_000_000),
                _ => None,
            };
            assert_eq!(
                catalog.lookup(vendor, model).unwrap().price,
                Price {
                    web_search,
                    ..expected
                },
                "{model}"
            );
        }
        let us = |model| catalog.lookup("anthropic", model).unwrap().us;
        assert_eq!(
            (us("claude-opus-5"), us("claude-haiku-4-5")),
            (Some(1_100_000), None)
        );
        let service = |vendor, model, service| {
            let entry = catalog.lookup(vendor, model).unwrap();
            let price = entry.services.get(service)?.clone();
            Some((price.input, price.output, price.cache_read))
        };
        let cases = [
            (
                "openai",
                "gpt-5.5",
                "priority",
                Some((12_500_000, 75_000_000, Some(1_250_000))),
            ),
            (
                "openai",
                "gpt-5-mini",
                "flex",
                Some((125_000, 1_000_000, Some(12_500))),
            ),
            (
                "google",
                "gemini-2.5-pro",
                "flex",
                Some((625_000, 5_000_000, Some(125_000))),
            ),
            (
                "anthropic",
                "claude-opus-5",
                "fast",
                Some((10_000_000, 50_000_000, Some(1_000_000))),
            ),
            ("anthropic", "claude-opus-5", "priority", None),
            ("openai", "gpt-5-nano", "priority", None),
        ];
        for (vendor, model, name, expected) in cases {
            assert_eq!(service(vendor, model, name), expected, "{model} {name}");
        }
        let entry = catalog.lookup("openai", "gpt-5.4").unwrap();
        assert_eq!(
            (entry.context, entry.max_output),
            (Some(1_050_000), Some(128_000))
        );
        assert_eq!(
            entry.price.tiers,
            [Tier {
                above: 272_000,
                input: Some(5_000_000),
                output: Some(22_500_000),
                cache_read: Some(500_000),
                cache_write: None,
                cache_write_long: None,
            }]
        );
    }

    #[test]
    fn a_model_is_found_under_the_names_it_goes_by() {
        let catalog = Catalog::shipped();
        let cases = [
            ("anthropic", "claude-haiku-4-5-20251001", Some(1_000_000)),
            ("anthropic", "claude-haiku-4-5@20251001", Some(1_000_000)),
            ("anthropic", "claude-haiku-4-5-latest", Some(1_000_000)),
            ("openai", "gpt-4o-mini-2024-07-18", Some(150_000)),
            ("openrouter", "anthropic/claude-haiku-4.5", Some(1_000_000)),
            ("openrouter", "z-ai/glm-4.7", Some(600_000)),
            ("openrouter", "minimax/minimax-m3", Some(300_000)),
            ("openrouter", "z-ai/glm-4.7:free", None),
            ("openrouter", "claude-haiku-4.5", None),
            ("mistral", "mistral-medium-2604", Some(1_500_000)),
            ("mistral", "codestral-latest", Some(300_000)),
            ("openai", "gpt-5-mini-extra", None),
            ("openai", "gpt-4", None),
            ("openai", "claude-haiku-4-5", None),
            ("openai", "é-20251001", None),
            ("nobody", "gpt-5", None),
        ];
        for (vendor, model, expected) in cases {
            let found = catalog.lookup(vendor, model).map(|entry| entry.price.input);
            assert_eq!(found, expected, "{vendor} {model}");
        }
    }
}
