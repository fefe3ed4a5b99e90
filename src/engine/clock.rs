//! The wall clock, local days, sleep of the machine and randomness: the one place that asks the machine for them, so that a
//! test can hand in its own.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::{Timestamp, tz::TimeZone};
use uuid::{NoContext, Uuid};

use crate::protocol::id::SessionId;
use crate::protocol::time::Time;

/// A shorter sleep is none: connections live through it, and nobody needs to be told.
const SHORTEST_SLEEP: Duration = Duration::from_secs(30);

/// Two clocks read at one moment. While the machine sleeps the one goes on and the other stands still, so what they have
/// drifted apart between two readings is how long it slept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Clocks {
    /// What has passed, sleep included.
    pub passed: Duration,
    /// What has passed while the machine was awake: timers go by it.
    pub awake: Duration,
}

impl Clocks {
    /// The machine's own. Setting the clock is no sleep where the system counts both by itself.
    #[cfg(target_os = "linux")]
    pub fn read() -> Self {
        use rustix::time::{ClockId, clock_gettime};
        let read = |clock| Duration::try_from(clock_gettime(clock)).unwrap_or_default();
        // The one that stands still first: a pause between the two readings is then at most taken for sleep, and not for a
        // clock that was set back.
        let awake = read(ClockId::Monotonic);
        let passed = read(ClockId::Boottime);
        Self { passed, awake }
    }

    /// The machine's own.
    #[cfg(not(target_os = "linux"))]
    pub fn read() -> Self {
        use std::sync::LazyLock;
        use std::time::Instant;
        static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
        let awake = BEGAN.elapsed();
        let passed = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self { passed, awake }
    }

    /// How long the machine slept between an earlier reading and this one; `None` where it did not.
    pub fn slept_since(self, earlier: Self) -> Option<Duration> {
        let passed = self.passed.checked_sub(earlier.passed)?;
        // Readings that come in another order than they were taken: no time has passed for the one that stands still.
        let awake = self.awake.saturating_sub(earlier.awake);
        let slept = passed.checked_sub(awake)?;
        (slept >= SHORTEST_SLEEP).then_some(slept)
    }
}

/// How long the machine slept, as it is said everywhere: `45 s`, `47 min`, `9 h 5 min`.
pub fn slept(time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    match minutes {
        0 => format!("{} s", time.as_secs()),
        1..60 => format!("{minutes} min"),
        _ if minutes.is_multiple_of(60) => format!("{} h", minutes / 60),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

/// A source of time.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> Time + Send + Sync>,
    clocks: Arc<dyn Fn() -> Clocks + Send + Sync>,
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
            clocks: Arc::new(Clocks::read),
            zone: local_zone(),
        }
    }

    /// One that a test turns by hand, on a machine that never sleeps.
    pub fn manual(now: impl Fn() -> Time + Send + Sync + 'static) -> Self {
        Self {
            now: Arc::new(now),
            clocks: Arc::new(Clocks::default),
            zone: TimeZone::UTC,
        }
    }

    /// The same with these clocks to tell sleep by.
    #[cfg(test)]
    #[must_use]
    pub fn with_clocks(self, clocks: impl Fn() -> Clocks + Send + Sync + 'static) -> Self {
        Self {
            clocks: Arc::new(clocks),
            ..self
        }
    }

    /// What sleep is told by.
    pub fn clocks(&self) -> Clocks {
        (self.clocks)()
    }

    pub fn now(&self) -> Time {
        (self.now)()
    }

    /// The local day of a moment, as `2026-11-23`: what the day's budget goes by.
    pub fn day(&self, at: Time) -> String {
        let timestamp = Timestamp::from_millisecond(at.0).unwrap_or_default();
        timestamp.to_zoned(self.zone.clone()).date().to_string()
    }

    /// When the local day of a moment began, and when the next one does.
    pub fn day_of(&self, at: Time) -> (Time, Time) {
        let timestamp = Timestamp::from_millisecond(at.0).unwrap_or_default();
        let here = timestamp.to_zoned(self.zone.clone());
        let began = here.start_of_day();
        let ends = here.tomorrow().and_then(|next| next.start_of_day());
        let time = |day: Result<jiff::Zoned, jiff::Error>| {
            day.map_or(at, |day| Time(day.timestamp().as_millisecond()))
        };
        (time(began), time(ends))
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
    fn sleep_is_what_two_clocks_drift_apart() {
        let clocks = |passed, awake| Clocks {
            passed: Duration::from_secs(passed),
            awake: Duration::from_secs(awake),
        };
        let start = clocks(1_000_000, 5_000);
        let cases = [
            (start, None),
            // Awake, or stopped by a signal: both go on.
            (clocks(1_000_600, 5_600), None),
            (clocks(1_000_000 + 47 * 60 + 2, 5_002), Some(47 * 60)),
            (clocks(1_000_029, 5_000), None),
            (clocks(1_000_030, 5_000), Some(30)),
            // The wall clock was set back, where it is the one that goes on.
            (clocks(996_400, 5_010), None),
            // Something that came earlier and was looked at later.
            (clocks(1_000_010, 4_990), None),
            (clocks(999_990, 5_000), None),
        ];
        for (now, expected) in cases {
            let slept = now.slept_since(start).map(|slept| slept.as_secs());
            assert_eq!(slept, expected, "{now:?}");
        }
    }

    #[test]
    fn the_machines_clocks_are_read_and_do_not_sleep_in_a_test() {
        let first = Clocks::read();
        assert!(first.passed > Duration::ZERO);
        let second = Clocks::read();
        assert!(second.awake >= first.awake && second.passed >= first.passed);
        assert_eq!(second.slept_since(first), None);
    }

    #[test]
    fn sleep_is_said_in_two_units_at_most() {
        let cases = [
            (45, "45 s"),
            (60, "1 min"),
            (47 * 60 + 59, "47 min"),
            (3 * 3600, "3 h"),
            (9 * 3600 + 5 * 60, "9 h 5 min"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(slept(Duration::from_secs(seconds)), expected);
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
