//! The wall clock, local days and randomness: the one place that asks the machine for them, so that a test can hand in its own.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::{Timestamp, tz::TimeZone};
use uuid::{NoContext, Uuid};

use crate::protocol::id::SessionId;
use crate::protocol::time::Time;

/// A source of time.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> Time + Send + Sync>,
    zone: TimeZone,
}

impl Clock {
    /// The machine's own.
    pub fn system() -> Self {
        let now = || {
            let since = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
        };
        Self {
            now: Arc::new(now),
            zone: local_zone(),
        }
    }

    /// One that a test turns by hand.
    pub fn manual(now: impl Fn() -> Time + Send + Sync + 'static) -> Self {
        Self {
            now: Arc::new(now),
            zone: TimeZone::UTC,
        }
    }

    pub fn now(&self) -> Time {
        (self.now)()
    }

    /// The local day of a moment, as `2026-11-23`: what the day's budget goes by.
    pub fn day(&self, at: Time) -> String {
        let timestamp = Timestamp::from_millisecond(at.0).unwrap_or_default();
        timestamp.to_zoned(self.zone.clone()).date().to_string()
    }

    /// Seconds that the local clock is ahead of UTC at a moment.
    pub fn offset(&self, at: Time) -> i32 {
        let timestamp = Timestamp::from_millisecond(at.0).unwrap_or_default();
        self.zone.to_offset(timestamp).seconds()
    }

    /// A new session's id.
    pub fn session_id(&self) -> SessionId {
        let millis = u64::try_from(self.now().0).unwrap_or(0);
        let seconds = uuid::Timestamp::from_unix(
            NoContext,
            millis / 1000,
            u32::try_from(millis % 1000).unwrap_or(0) * 1_000_000,
        );
        SessionId(Uuid::new_v7(seconds))
    }

    /// 0 to 1000, differently each time: spreads the retries of many sessions.
    pub fn jitter(&self) -> u16 {
        u16::try_from(RandomState::new().hash_one(self.now()) % 1001).unwrap_or(500)
    }
}

/// The person's time zone. Read from the one file it stands in: asking by name lists the whole table of zones first, which
/// takes milliseconds of every start.
pub fn local_zone() -> TimeZone {
    let named = std::env::var("TZ").ok();
    let file = match named.as_deref().map(|name| name.trim_start_matches(':')) {
        None => PathBuf::from("/etc/localtime"),
        Some("" | "UTC" | "UTC0" | "Etc/UTC" | "GMT") => return TimeZone::UTC,
        Some(name) if is_zone_name(name) => Path::new("/usr/share/zoneinfo").join(name),
        // A rule such as `CET-1CEST` stands in no file.
        Some(_) => return TimeZone::system(),
    };
    let name = named.as_deref().unwrap_or("local");
    match std::fs::read(&file) {
        Ok(bytes) => TimeZone::tzif(name, &bytes).unwrap_or_else(|_| TimeZone::system()),
        Err(_) if named.is_none() => TimeZone::UTC,
        Err(_) => TimeZone::system(),
    }
}

/// `Europe/Berlin`: steps of letters, so that it leads nowhere but into the table.
fn is_zone_name(name: &str) -> bool {
    let step = |step: &str| {
        step.starts_with(|c: char| c.is_ascii_alphabetic())
            && step
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+'))
    };
    name.contains('/') && name.split('/').all(step)
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({:?})", self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_zones_lead_nowhere_else() {
        for (name, expected) in [
            ("Europe/Berlin", true),
            ("America/Argentina/Buenos_Aires", true),
            ("Etc/GMT+5", true),
            ("../../etc/passwd", false),
            ("/etc/passwd", false),
            ("Europe//Berlin", false),
            ("CET-1CEST", false),
            ("", false),
        ] {
            assert_eq!(is_zone_name(name), expected, "{name}");
        }
    }

    #[test]
    fn a_day_is_the_zones_own() {
        let clock = Clock::manual(|| Time(0));
        assert_eq!(clock.day(Time(0)), "1970-01-01");
        assert_eq!(clock.day(Time(86_399_999)), "1970-01-01");
        assert_eq!(clock.day(Time(86_400_000)), "1970-01-02");
    }
}
