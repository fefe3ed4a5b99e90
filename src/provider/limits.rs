//! What the headers of an answer say is left of the key's limits, in each vendor's own form. Nobody is asked for it: it comes
//! with every answer, and tells when another endpoint had better serve.

use jiff::Timestamp;

use crate::protocol::route::{Left, Limits};

/// Headers of what is left of requests and when that is whole again, then the same of tokens; the first pair that is there.
type Names = [(&'static str, &'static str)];
const REQUESTS: &Names = &[
    (
        "anthropic-ratelimit-requests-remaining",
        "anthropic-ratelimit-requests-reset",
    ),
    (
        "x-ratelimit-remaining-requests",
        "x-ratelimit-reset-requests",
    ),
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
    ("ratelimit-remaining", "ratelimit-reset"),
];
const TOKENS: &Names = &[
    (
        "anthropic-ratelimit-input-tokens-remaining",
        "anthropic-ratelimit-input-tokens-reset",
    ),
    (
        "anthropic-ratelimit-tokens-remaining",
        "anthropic-ratelimit-tokens-reset",
    ),
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
];

/// No limit of a vendor is refilled later than this; what says so is not believed. A day, in milliseconds.
const LONGEST: u64 = 24 * 60 * 60 * 1000;

/// Reads the headers; `header` gives one by its lower-case name. Moments are taken relative to the server's own clock.
pub fn read<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Limits {
    let now = header("date").and_then(http_date);
    let left = |names: &Names| {
        names.iter().find_map(|(remaining, reset)| {
            let left = header(remaining)?.trim().parse::<u64>().ok()?;
            let reset = until(header(reset)?.trim(), now)?;
            (reset <= LONGEST).then_some(Left { left, reset })
        })
    };
    Limits {
        requests: left(REQUESTS),
        tokens: left(TOKENS),
    }
}

fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text.trim())
        .ok()
}

/// Milliseconds until then: a moment, a number of seconds, seconds or milliseconds since 1970, or `6m0.5s`.
fn until(text: &str, now: Option<Timestamp>) -> Option<u64> {
    let from_now = |millis: i64| {
        let now = now?.as_millisecond();
        Some(u64::try_from(millis.saturating_sub(now)).unwrap_or(0))
    };
    if let Ok(number) = text.parse::<f64>() {
        // A float becomes an integer by saturating, so what is absurd is merely too long.
        return match number {
            _ if number.is_nan() || number < 0.0 => None,
            _ if number >= 1e12 => from_now(number as i64),
            _ if number >= 1e9 => from_now((number * 1000.0) as i64),
            _ => Some((number * 1000.0).round() as u64),
        };
    }
    match text.parse::<Timestamp>() {
        Ok(moment) => from_now(moment.as_millisecond()),
        Err(_) => span(text),
    }
}

/// `1h2m3.5s`, `20ms`.
fn span(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut millis = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number = rest[..digits].parse::<f64>().ok()?;
        rest = &rest[digits..];
        let letters = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        millis += number
            * match &rest[..letters] {
                "ms" => 1.0,
                "s" => 1000.0,
                "m" => 60_000.0,
                "h" => 3_600_000.0,
                "d" => 86_400_000.0,
                _ => return None,
            };
        rest = &rest[letters..];
    }
    (!text.is_empty()).then(|| millis.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: (&str, &str) = ("date", "Thu, 12 Nov 2026 09:00:00 GMT");
    type Headers = &'static [(&'static str, &'static str)];

    #[test]
    fn what_is_left_is_read_in_each_vendors_form() {
        let left = |left, reset| Some(Left { left, reset });
        let cases: [(Headers, Option<Left>, Option<Left>); 9] = [
            (
                &[
                    DATE,
                    ("anthropic-ratelimit-requests-remaining", "49"),
                    ("anthropic-ratelimit-requests-reset", "2026-11-12T09:00:02Z"),
                    ("anthropic-ratelimit-input-tokens-remaining", "0"),
                    (
                        "anthropic-ratelimit-input-tokens-reset",
                        "2026-11-12T09:01:00Z",
                    ),
                    ("anthropic-ratelimit-tokens-remaining", "7"),
                    ("anthropic-ratelimit-tokens-reset", "2026-11-12T09:01:00Z"),
                ],
                left(49, 2000),
                left(0, 60_000),
            ),
            (
                &[
                    ("x-ratelimit-remaining-requests", "0"),
                    ("x-ratelimit-reset-requests", "6m0.5s"),
                    ("x-ratelimit-remaining-tokens", "149984"),
                    ("x-ratelimit-reset-tokens", "20ms"),
                ],
                left(0, 360_500),
                left(149_984, 20),
            ),
            (
                &[
                    DATE,
                    ("x-ratelimit-remaining", "3"),
                    ("x-ratelimit-reset", "1794474001000"),
                ],
                left(3, 1000),
                None,
            ),
            (
                &[("ratelimit-remaining", "1"), ("ratelimit-reset", "7")],
                left(1, 7000),
                None,
            ),
            // A moment without the server's clock, and what is no number or no time.
            (
                &[
                    ("anthropic-ratelimit-requests-remaining", "1"),
                    ("anthropic-ratelimit-requests-reset", "2026-11-12T09:00:02Z"),
                ],
                None,
                None,
            ),
            (
                &[("ratelimit-remaining", "-1"), ("ratelimit-reset", "7")],
                None,
                None,
            ),
            (
                &[("ratelimit-remaining", "1"), ("ratelimit-reset", "soon")],
                None,
                None,
            ),
            (
                &[("ratelimit-remaining", "0"), ("ratelimit-reset", "999999")],
                None,
                None,
            ),
            (&[], None, None),
        ];
        for (headers, requests, tokens) in cases {
            let header = |name: &str| {
                let found = headers.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| *value)
            };
            assert_eq!(read(header), Limits { requests, tokens }, "{headers:?}");
        }
    }
}
