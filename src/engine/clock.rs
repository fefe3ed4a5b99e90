//! The wall clock, local days and randomness: the one place that asks the machine for them, so that a test can hand in its own.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
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
            zone: TimeZone::system(),
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

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({:?})", self.now())
    }
}
