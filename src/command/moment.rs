//! Moments and ages as people read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::agent::moment::Now;
use crate::engine::clock::local_zone;
use crate::protocol::time::Time;

/// Now, by the system's clock and zone.
pub fn from_system() -> Now {
    Now {
        time: Time(Timestamp::now().as_millisecond()),
        zone: local_zone(),
    }
}

/// RFC 3339 in UTC, to the millisecond.
pub fn rfc3339(time: Time) -> String {
    let timestamp = Timestamp::from_millisecond(time.0).unwrap_or(if time.0 < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    });
    format!("{timestamp:.3}")
}

/// The local day and minute, for people.
pub fn local(time: Time, zone: &TimeZone) -> String {
    let timestamp = Timestamp::from_millisecond(time.0).unwrap_or(Timestamp::UNIX_EPOCH);
    timestamp
        .to_zoned(zone.clone())
        .strftime("%Y-%m-%d %H:%M")
        .to_string()
}

/// The local second of the day, for people.
pub fn second(time: Time, zone: &TimeZone) -> String {
    let timestamp = Timestamp::from_millisecond(time.0).unwrap_or(Timestamp::UNIX_EPOCH);
    let zoned = timestamp.to_zoned(zone.clone());
    zoned.strftime("%H:%M:%S").to_string()
}

/// How long ago, in one unit: `now`, `41m`, `3h`, `12d`.
pub fn age(time: Time, now: Time) -> String {
    let seconds = now.since(time).as_secs();
    match seconds {
        0..60 => "now".to_owned(),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::time::Duration;

    use super::*;
    use crate::agent::moment::before;

    fn now() -> Now {
        // 2026-11-23T12:00:00Z, in a zone one hour ahead.
        Now {
            time: Time(1_795_435_200_000),
            zone: TimeZone::fixed(jiff::tz::offset(1)),
        }
    }

    #[test]
    fn ages_are_said_in_one_unit() {
        let at = now().time;
        for (ago, expected) in [
            (0, "now"),
            (59, "now"),
            (60, "1m"),
            (7_200, "2h"),
            (200_000, "2d"),
        ] {
            assert_eq!(age(before(at, Duration::from_secs(ago)), at), expected);
        }
        assert_eq!(age(at, Time(0)), "now");
        assert_eq!(local(at, &now().zone), "2026-11-23 13:00");
    }
}
