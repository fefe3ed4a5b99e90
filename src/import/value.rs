//! Values as other programs write them: texts, moments, counts and money, and what a message says.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use serde_json::value::RawValue;

use crate::protocol::id::ModelRef;
use crate::protocol::money::{Money, UNIT};
use crate::protocol::time::Time;

/// The last moment of the year 9999, in milliseconds; what lies behind it or before 1970 is a damaged number.
const LATEST: i64 = 253_402_300_799_999;

/// More tokens than anyone was ever sent: a damaged number.
const MOST: u64 = 1_000_000_000_000;

/// What stands where a picture was; pictures themselves are not kept.
pub const PICTURE: &str = "[image]";

/// A text of JSON, borrowed from its line unless something in it is escaped. Unlike `Cow`, serde borrows it within an `Option`
/// too.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Text<'a>(pub Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;
        impl<'de> Visitor<'de> for Texts {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E>(self, text: String) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text)))
            }
        }
        deserializer.deserialize_str(Texts)
    }
}

/// A text of its own, where there is one that says something.
pub fn filled(text: Option<Text>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
        .map(|text| text.0.into_owned())
}

/// JSON as what it should be; the error says what a person can find it by.
pub fn parse<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, String> {
    serde_json::from_str(json).map_err(|error| error.to_string())
}

/// A number of tokens. Some programs write whole numbers as `12.0`, and none where there are none.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Count(pub u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Counts;
        impl Visitor<'_> for Counts {
            type Value = Count;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a number of tokens")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Count, E> {
                if number > MOST {
                    return Err(E::custom(format!("{number} is no number of tokens")));
                }
                Ok(Count(number))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Count, E> {
                match u64::try_from(number) {
                    Ok(number) => self.visit_u64(number),
                    Err(_) => Err(E::custom(format!("{number} is no number of tokens"))),
                }
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Count, E> {
                if (0.0..=MOST as f64).contains(&number) {
                    return Ok(Count(number as u64));
                }
                Err(E::custom(format!("{number} is no number of tokens")))
            }

            fn visit_unit<E>(self) -> Result<Count, E> {
                Ok(Count(0))
            }
        }
        deserializer.deserialize_any(Counts)
    }
}

/// RFC 3339; one without a zone, as Python writes it where nothing else is asked for, is taken as UTC.
pub fn moment(text: &str) -> Result<Time, String> {
    let text = text.trim();
    let at = text.parse::<Timestamp>().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
    });
    at.and_then(|at| milliseconds(at.as_millisecond()).ok())
        .ok_or_else(|| format!("`{text}` is no moment"))
}

/// Milliseconds since 1970.
pub fn milliseconds(number: i64) -> Result<Time, String> {
    if (0..=LATEST).contains(&number) {
        return Ok(Time(number));
    }
    Err(format!("{number} is no moment"))
}

/// Seconds since 1970, with a fraction.
pub fn seconds(number: f64) -> Result<Time, String> {
    if (0.0..=LATEST as f64 / 1000.0).contains(&number) {
        return Ok(Time((number * 1000.0).round() as i64));
    }
    Err(format!("{number} is no moment"))
}

/// An amount of dollars that a program says, which is one only above 0: below, it does not know the price.
pub fn dollars(number: f64) -> Option<Money> {
    let most = i64::MAX as f64 / UNIT as f64;
    (number > 0.0 && number < most).then(|| Money::usd((number * UNIT as f64).round() as i64))
}

/// A model by what its program says of it.
pub fn model(provider: &str, model: &str) -> ModelRef {
    let or_unknown = |text: &str| match text.trim() {
        "" => "unknown".to_owned(),
        text => text.to_owned(),
    };
    ModelRef {
        provider: or_unknown(provider),
        model: or_unknown(model),
    }
}

/// What a message says: content is one text or an array of blocks, of which those with text count.
pub fn said(content: &RawValue) -> Result<String, String> {
    let json = content.get();
    match json.as_bytes().first() {
        Some(b'"') => parse(json),
        Some(b'[') => {
            let blocks: Vec<&RawValue> = parse(json)?;
            let mut texts = Vec::with_capacity(blocks.len());
            for block in blocks {
                let text = part(block)?;
                if !text.is_empty() {
                    texts.push(text);
                }
            }
            Ok(texts.join("\n\n"))
        }
        Some(b'{') => part(content),
        _ => Ok(String::new()),
    }
}

/// What one block says; `""` for what is neither text nor a picture.
fn part(block: &RawValue) -> Result<String, String> {
    #[derive(Deserialize)]
    struct Part<'a> {
        #[serde(borrow, rename = "type", default)]
        kind: Option<Text<'a>>,
        #[serde(borrow, default)]
        text: Option<&'a RawValue>,
    }
    let json = block.get();
    if json.starts_with('"') {
        return parse(json);
    }
    if !json.starts_with('{') {
        return Ok(String::new());
    }
    let part: Part = parse(json)?;
    match (part.text, part.kind) {
        (Some(text), _) if text.get().starts_with('"') => parse(text.get()),
        (_, Some(kind)) if kind.contains("image") => Ok(PICTURE.to_owned()),
        (_, Some(kind)) if &*kind == "document" => Ok("[document]".to_owned()),
        _ => Ok(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_every_form_and_refused_out_of_range() {
        for (text, expected) in [
            ("2026-05-01T10:00:00Z", Some(1_777_629_600_000)),
            ("2026-05-01T12:00:00.250+02:00", Some(1_777_629_600_250)),
            ("2026-05-01T10:00:00.123456", Some(1_777_629_600_123)),
            (" 2026-05-01T10:00:00Z ", Some(1_777_629_600_000)),
            ("1969-12-31T23:59:59Z", None),
            ("99999-01-01T00:00:00Z", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(moment(text).ok(), expected.map(Time), "{text}");
        }
        assert_eq!(seconds(1.5), Ok(Time(1500)));
        for number in [-1.0, f64::NAN, f64::INFINITY, 1e300] {
            assert!(seconds(number).is_err(), "{number}");
        }
        assert!(milliseconds(i64::MAX).is_err() && milliseconds(-1).is_err());
    }

    #[test]
    fn money_is_known_above_nothing_only() {
        for (number, expected) in [
            (0.0, None),
            (-1.0, None),
            (f64::NAN, None),
            (f64::INFINITY, None),
            (1e30, None),
            (0.0123, Some(12_300_000_000)),
        ] {
            assert_eq!(dollars(number), expected.map(Money::usd), "{number}");
        }
    }

    #[test]
    fn counts_are_whole_and_of_this_world() {
        for (json, expected) in [
            ("7", Some(7)),
            ("7.0", Some(7)),
            ("null", Some(0)),
            ("-1", None),
            ("1e30", None),
            ("99999999999999999999", None),
            ("18446744073709551615", None),
            ("\"7\"", None),
        ] {
            let count = serde_json::from_str(json).ok();
            assert_eq!(count, expected.map(Count), "{json}");
        }
    }

    #[test]
    fn content_is_a_text_or_blocks() {
        for (json, expected) in [
            (r#""one\ntwo""#, "one\ntwo"),
            (
                r#"["one",{"type":"text","text":"two"},{"type":"output_text","text":"three"}]"#,
                "one\n\ntwo\n\nthree",
            ),
            (
                r#"[{"type":"image","source":{"data":"AAAA"}},{"type":"text","text":"see"}]"#,
                "[image]\n\nsee",
            ),
            (r#"[{"type":"text","text":5},7,null]"#, ""),
            (r#"{"type":"text","text":"alone"}"#, "alone"),
            ("null", ""),
            ("12", ""),
        ] {
            let raw: &RawValue = serde_json::from_str(json).expect("JSON");
            assert_eq!(said(raw).as_deref(), Ok(expected), "{json}");
        }
    }
}
