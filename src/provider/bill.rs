//! What a server says it charges for an answer: it wins over any table.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::agent::decimal::rounded;
use crate::protocol::money::Money;

/// The usage stands in the event itself, or in what it carries: the response or message, a choice, a vendor's own field.
#[derive(Deserialize)]
struct Holder<'a> {
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    #[serde(borrow, rename = "usageMetadata")]
    metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    response: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    x_groq: Option<&'a RawValue>,
    #[serde(borrow)]
    choices: Option<&'a RawValue>,
}

impl<'a> Holder<'a> {
    fn usage(&self) -> Option<&'a RawValue> {
        self.usage.or(self.metadata)
    }

    /// The usage in what the event carries.
    fn inner(&self) -> Option<&'a RawValue> {
        let inner = |carried: &'a RawValue| read::<Holder>(carried)?.usage();
        let mut carried = [self.response, self.message, self.x_groq]
            .into_iter()
            .flatten();
        carried.find_map(inner).or_else(|| {
            let choices = read::<Vec<&'a RawValue>>(self.choices?)?;
            choices.into_iter().find_map(inner)
        })
    }
}

#[derive(Deserialize)]
struct Bill<'a> {
    #[serde(borrow)]
    cost: Option<&'a RawValue>,
    #[serde(borrow)]
    cost_in_usd_ticks: Option<&'a RawValue>,
    #[serde(borrow)]
    is_byok: Option<&'a RawValue>,
    #[serde(borrow)]
    cost_details: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Details<'a> {
    #[serde(borrow)]
    upstream_inference_cost: Option<&'a RawValue>,
}

/// What the event says is charged, read from its text so that no digit is lost.
pub(crate) fn cost(event: &str) -> Option<Money> {
    let holder = serde_json::from_str::<Holder>(event).ok()?;
    let bill = read::<Bill>(holder.usage().or_else(|| holder.inner())?)?;
    let parts = |value: Option<&RawValue>, digits: u32| {
        // Some proxies write the number as a text, so that no float of theirs spoils it.
        let text = value?.get();
        let bare = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'));
        rounded(bare.unwrap_or(text), digits)
    };
    if let Some(cost) = parts(bill.cost, 12) {
        // With a key of one's own the vendor behind the gateway sends its bill too.
        let own_key = bill.is_byok.is_some_and(|is| is.get() == "true");
        let details = bill.cost_details.filter(|_| own_key);
        let details = details.and_then(read::<Details>);
        let behind = details.and_then(|details| parts(details.upstream_inference_cost, 12));
        return Some(Money::usd(cost.saturating_add(behind.unwrap_or(0))));
    }
    // A tick is 1e-10 dollars.
    parts(bill.cost_in_usd_ticks, 2).map(Money::usd)
}

/// Nothing, where it is built in another way.
fn read<'a, T: Deserialize<'a>>(value: &'a RawValue) -> Option<T> {
    serde_json::from_str(value.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_read_to_the_last_digit() {
        let cases = [
            (r#"{"usage":{"cost":0.00035595}}"#, Some(355_950_000)),
            (
                r#"{"usage":{"cost":2.4e-06,"is_byok":false,"cost_details":{"upstream_inference_cost":2.4e-06}}}"#,
                Some(2_400_000),
            ),
            (
                r#"{"usage":{"cost":0.00001,"is_byok":true,"cost_details":{"upstream_inference_cost":0.0002}}}"#,
                Some(210_000_000),
            ),
            (
                r#"{"usage":{"cost":0.00001,"is_byok":true,"cost_details":null}}"#,
                Some(10_000_000),
            ),
            (r#"{"usage":{"cost":0}}"#, Some(0)),
            (
                r#"{"usage":{"cost_in_usd_ticks":1330500}}"#,
                Some(133_050_000),
            ),
            (
                r#"{"type":"response.completed","response":{"usage":{"cost_in_usd_ticks":5421500}}}"#,
                Some(542_150_000),
            ),
            (
                r#"{"response":{"output":[{"cost":1}],"usage":{"cost":0.5}},"usage":null}"#,
                Some(500_000_000_000),
            ),
            (
                r#"{"choices":[{"index":1},{"index":0,"usage":{"cost":0.5}}]}"#,
                Some(500_000_000_000),
            ),
            (
                r#"{"choices":[],"x_groq":{"id":"r","usage":{"cost":0.5}}}"#,
                Some(500_000_000_000),
            ),
            (
                r#"{"candidates":[],"usageMetadata":{"promptTokenCount":1,"cost":0.5}}"#,
                Some(500_000_000_000),
            ),
            (
                r#"{"type":"message_delta","delta":{},"usage":{"output_tokens":1,"cost":0.5}}"#,
                Some(500_000_000_000),
            ),
            (
                r#"{"model":"m","message":{"content":"x"},"done":true,"usage":{"cost":0.5}}"#,
                Some(500_000_000_000),
            ),
            (
                r#"{"message":"a text","usage":{"cost":0.5}}"#,
                Some(500_000_000_000),
            ),
            (r#"{"response":{"usage":null}}"#, None),
            (r#"{"response":null}"#, None),
            (r#"{"usage":{"cost":null}}"#, None),
            (r#"{"usage":{"cost":-1}}"#, None),
            (r#"{"usage":{"cost":"0.00035595"}}"#, Some(355_950_000)),
            (r#"{"usage":{"cost":"-1"}}"#, None),
            (r#"{"usage":{"cost":""}}"#, None),
            (r#"{"usage":{"cost":"free"}}"#, None),
            (r#"{"usage":null}"#, None),
            (r#"{"usage":{"prompt_tokens":1}}"#, None),
        ];
        for (event, expected) in cases {
            assert_eq!(cost(event), expected.map(Money::usd), "{event}");
        }
    }
}
