//! What a model costs in another service than the usual one, where an answer says that it was given in it: dearer and sooner, or
//! cheaper and later. The table has a row for each that is sold for a model; its long prompts are dearer by as much as usual.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::protocol::usage::{Price, Tier};
use crate::provider::catalog::parts;

/// One in millionths.
const ONE: i64 = 1_000_000;

/// The row of a service in the table: what it lacks stands to its input as in the usual one.
#[derive(Deserialize)]
pub(crate) struct Service<'a> {
    #[serde(borrow)]
    input: &'a RawValue,
    #[serde(borrow)]
    output: &'a RawValue,
    #[serde(borrow)]
    cache_read: Option<&'a RawValue>,
    #[serde(borrow)]
    cache_write: Option<&'a RawValue>,
}

impl Service<'_> {
    /// The whole price, from the usual one.
    pub(crate) fn price(&self, usual: &Price) -> Option<Price> {
        let input = (usual.input, parts(self.input)?);
        let output = (usual.output, parts(self.output)?);
        let ratio = |usual: Option<i64>, row: Option<&RawValue>| {
            let row = row.and_then(parts);
            usual.zip(row).unwrap_or(input)
        };
        let read = ratio(usual.cache_read, self.cache_read);
        let write = ratio(usual.cache_write, self.cache_write);
        Some(scaled(usual, input, output, read, write))
    }
}

/// The price times a factor in millionths.
pub(crate) fn times(usual: &Price, factor: i64) -> Price {
    let by = (ONE, factor);
    scaled(usual, by, by, by, by)
}

/// What one amount becomes another by.
type Ratio = (i64, i64);

fn scaled(usual: &Price, input: Ratio, output: Ratio, read: Ratio, write: Ratio) -> Price {
    let each = |amount: Option<i64>, ratio| amount.map(|amount| by(amount, ratio));
    Price {
        currency: usual.currency,
        input: by(usual.input, input),
        output: by(usual.output, output),
        cache_read: each(usual.cache_read, read),
        cache_write: each(usual.cache_write, write),
        cache_write_long: each(usual.cache_write_long, write),
        web_search: usual.web_search,
        tiers: usual
            .tiers
            .iter()
            .map(|tier| Tier {
                above: tier.above,
                input: each(tier.input, input),
                output: each(tier.output, output),
                cache_read: each(tier.cache_read, read),
                cache_write: each(tier.cache_write, write),
                cache_write_long: each(tier.cache_write_long, write),
            })
            .collect(),
    }
}

/// To the nearest; from nothing nothing can be told, and it stays as it is.
fn by(amount: i64, (from, to): Ratio) -> i64 {
    if from <= 0 {
        return amount;
    }
    let (amount, from, to) = (i128::from(amount), i128::from(from), i128::from(to));
    i64::try_from((amount * to + from / 2) / from).unwrap_or(i64::MAX)
}

/// A service as the table names it; `None` for the usual one, whatever a vendor calls that.
pub(crate) fn named(tier: &str) -> Option<String> {
    let name = tier.trim().to_ascii_lowercase();
    // Google's names: `SERVICE_TIER_PRIORITY` in the one interface, `ON_DEMAND_PRIORITY` in the other.
    let name = ["service_tier_", "on_demand_"]
        .iter()
        .find_map(|start| name.strip_prefix(start))
        .unwrap_or(&name);
    let usual = [
        "",
        "auto",
        "default",
        "standard",
        "unspecified",
        "on_demand",
    ];
    (!usual.contains(&name)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::protocol::money::Currency;

    #[test]
    fn a_row_replaces_what_it_says_and_the_rest_keeps_its_measure() {
        let usual = Price {
            currency: Currency::USD,
            input: 4_000_000,
            output: 20_000_000,
            cache_read: Some(400_000),
            cache_write: Some(5_000_000),
            cache_write_long: Some(10_000_000),
            web_search: Some(7),
            tiers: vec![Tier {
                above: 272_000,
                input: Some(8_000_000),
                output: Some(30_000_000),
                cache_read: None,
                cache_write: Some(10_000_000),
                cache_write_long: None,
            }],
        };
        let row = r#"{"input":8,"output":30,"cache_write":7.5}"#;
        let row: Service = serde_json::from_str(row).unwrap();
        let expected = Price {
            input: 8_000_000,
            output: 30_000_000,
            cache_read: Some(800_000),
            cache_write: Some(7_500_000),
            cache_write_long: Some(15_000_000),
            tiers: vec![Tier {
                above: 272_000,
                input: Some(16_000_000),
                output: Some(45_000_000),
                cache_read: None,
                cache_write: Some(15_000_000),
                cache_write_long: None,
            }],
            ..usual.clone()
        };
        assert_eq!(row.price(&usual), Some(expected));
        assert_eq!(times(&usual, ONE), usual);
        assert_eq!(times(&usual, 2 * ONE).cache_read, Some(800_000));
    }

    #[test]
    fn the_usual_service_has_many_names() {
        let cases = [
            ("", None),
            ("default", None),
            ("Standard", None),
            ("on_demand", None),
            ("ON_DEMAND", None),
            ("SERVICE_TIER_UNSPECIFIED", None),
            ("priority", Some("priority")),
            ("SERVICE_TIER_FLEX", Some("flex")),
            ("ON_DEMAND_PRIORITY", Some("priority")),
            ("yet_to_come", Some("yet_to_come")),
        ];
        for (tier, expected) in cases {
            assert_eq!(named(tier).as_deref(), expected, "{tier}");
        }
    }
}
