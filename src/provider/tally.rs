//! Token counts as servers write them: sometimes absent, sometimes null, sometimes nonsense.

use serde_json::Value;

/// More than any model has ever counted; a number above it is a fault of the server, not a bill.
const MOST: u64 = 1_000_000_000_000;

/// A count; `None` when it is absent, or no count.
pub fn count(value: Option<&Value>) -> Option<u64> {
    let value = value?;
    let number = value.as_u64().or_else(|| {
        let float = value.as_f64()?;
        (float >= 0.0 && float.fract() == 0.0).then_some(float as u64)
    })?;
    (number <= MOST).then_some(number)
}

/// Whether the field says something that cannot be a count, as a negative number.
pub fn is_nonsense(value: Option<&Value>) -> bool {
    value.is_some_and(|value| !value.is_null() && count(Some(value)).is_none())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_counts_are_counted() {
        let cases = [
            (json!(7), Some(7), false),
            (json!(7.0), Some(7), false),
            (json!(0), Some(0), false),
            (json!(null), None, false),
            (json!(-1), None, true),
            (json!(1.5), None, true),
            (json!("7"), None, true),
            (json!(u64::MAX), None, true),
            (json!(1e300), None, true),
        ];
        for (value, expected, nonsense) in cases {
            assert_eq!(count(Some(&value)), expected, "{value}");
            assert_eq!(is_nonsense(Some(&value)), nonsense, "{value}");
        }
        assert_eq!(count(None), None);
    }
}
