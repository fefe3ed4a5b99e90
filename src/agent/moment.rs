//! Moments and ages as people type them.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::protocol::time::Time;

/// Now, and where the person's days begin and end.
#[derive(Debug, Clone)]
pub struct Now {
    pub time: Time,
    pub zone: TimeZone,
}

/// A moment the person named, with what they wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// `2026-11-01`: the whole local day.
    Day(Date),
    /// RFC 3339.
    At(Time),
    /// `7d`: so long ago.
    Ago(Duration),
}

impl Moment {
    /// The first moment meant, for `--since`.
    pub fn first(self, now: &Now) -> Time {
        match self {
            Self::Day(day) => start(day, now),
            Self::At(time) => time,
            Self::Ago(age) => before(now.time, age),
        }
    }

    /// The first moment not meant, for `--until`: a day is meant as a whole.
    pub fn end(self, now: &Now) -> Time {
        match self {
            Self::Day(day) => start(day.tomorrow().unwrap_or(day), now),
            other => other.first(now),
        }
    }
}

fn start(day: Date, now: &Now) -> Time {
    let midnight = day.to_zoned(now.zone.clone());
    Time(midnight.map_or(i64::MAX, |midnight| midnight.timestamp().as_millisecond()))
}

/// As it can be typed again.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => day.fmt(f),
            Self::At(time) => {
                let least = if time.0 < 0 {
                    Timestamp::MIN
                } else {
                    Timestamp::MAX
                };
                Timestamp::from_millisecond(time.0).unwrap_or(least).fmt(f)
            }
            Self::Ago(age) => write_age(*age, f),
        }
    }
}

fn write_age(age: Duration, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let seconds = age.as_secs();
    let units = [(604_800, 'w'), (86_400, 'd'), (3_600, 'h'), (60, 'm')];
    let unit = units
        .iter()
        .find(|(unit, _)| seconds > 0 && seconds.is_multiple_of(*unit));
    let (unit, name) = unit.copied().unwrap_or((1, 's'));
    write!(f, "{}{name}", seconds / unit)
}

/// A moment so long ago.
pub fn before(now: Time, age: Duration) -> Time {
    Time(
        now.0
            .saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX)),
    )
}

impl std::str::FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(age) = parse_age(text) {
            return Ok(Self::Ago(age));
        }
        if text.len() <= 10
            && let Ok(day) = text.parse::<Date>()
        {
            return Ok(Self::Day(day));
        }
        text.parse::<Timestamp>()
            .map(|at| Self::At(Time(at.as_millisecond())))
            .map_err(|_| {
                "expected a day (2026-11-01), a moment (2026-11-01T09:00:00Z) or an age (7d)"
                    .to_owned()
            })
    }
}

/// `30d`, `12h`, `2w`: a whole number and its unit.
pub fn parse_age(text: &str) -> Result<Duration, String> {
    let wrong = || "expected an age: a number with s, m, h, d or w behind it, as 30d".to_owned();
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let seconds: u64 = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return Err(wrong()),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    Ok(Duration::from_secs(number.saturating_mul(seconds)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn now() -> Now {
        // 2026-11-23T12:00:00Z, in a zone one hour ahead.
        Now {
            time: Time(1_795_435_200_000),
            zone: TimeZone::fixed(jiff::tz::offset(1)),
        }
    }

    fn written(time: Time) -> String {
        let timestamp = Timestamp::from_millisecond(time.0).unwrap_or(Timestamp::MIN);
        format!("{timestamp:.3}")
    }

    #[test]
    fn moments_are_read_as_meant() {
        let cases = [
            (
                "2026-11-01",
                "2026-10-31T23:00:00.000Z",
                "2026-11-01T23:00:00.000Z",
            ),
            (
                "2026-11-01T09:00:00Z",
                "2026-11-01T09:00:00.000Z",
                "2026-11-01T09:00:00.000Z",
            ),
            (
                "2026-11-01T09:00:00.25+02:00",
                "2026-11-01T07:00:00.250Z",
                "2026-11-01T07:00:00.250Z",
            ),
            ("7d", "2026-11-16T12:00:00.000Z", "2026-11-16T12:00:00.000Z"),
            (
                "90m",
                "2026-11-23T10:30:00.000Z",
                "2026-11-23T10:30:00.000Z",
            ),
            (
                "99999999999999w",
                "-009999-01-02T01:59:59.000Z",
                "-009999-01-02T01:59:59.000Z",
            ),
        ];
        for (text, first, end) in cases {
            let moment: Moment = text.parse().unwrap();
            assert_eq!(
                (written(moment.first(&now())), written(moment.end(&now()))),
                (first.to_owned(), end.to_owned())
            );
            assert_eq!(moment.to_string().parse(), Ok(moment), "{text}");
        }
        for text in [
            "",
            "d",
            "7",
            "7y",
            "-7d",
            "7dd",
            "2026-13-01",
            "yesterday",
            "٣d",
            "2026-11-01T09:00",
        ] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }
}
