//! How long a row may take, and why one gives no figure.

use std::time::{Duration, Instant};

/// Why a row, or a part of one, was not measured.
#[derive(Debug)]
pub enum Trouble {
    /// Something this machine does not have.
    Missing(String),
    /// What was waited for did not come in time: the machine is slow, or Creel is.
    Late(String),
}

/// The moment a row has to end.
#[derive(Debug, Clone, Copy)]
pub struct Limit(Instant);

impl Limit {
    pub fn of(most: Duration) -> Self {
        Self(Instant::now() + most)
    }

    /// This limit, or an earlier one after so much time.
    pub fn within(self, most: Duration) -> Self {
        Self(self.0.min(Instant::now() + most))
    }

    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    pub fn passed(self) -> bool {
        self.left().is_zero()
    }
}

/// Takes up to `count` samples, fewer when the time is over; at least one, or why there is none.
pub fn samples<T>(
    limit: Limit,
    count: usize,
    mut take: impl FnMut(usize) -> Result<T, Trouble>,
) -> Result<Vec<T>, Trouble> {
    let mut taken = Vec::with_capacity(count);
    for number in 0..count {
        if limit.passed() && number > 0 {
            break;
        }
        match take(number) {
            Ok(sample) => taken.push(sample),
            // What was measured before counts; `n` tells that there should be more.
            Err(Trouble::Late(_)) if limit.passed() && number > 0 => break,
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(taken)
}
