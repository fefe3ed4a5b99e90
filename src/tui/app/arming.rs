//! The quiet before a card or an ask takes keys: what was typed for something else answers nothing.

use std::time::Duration;

use crossterm::event::KeyCode;

/// Without a key for this long, drawn in full and with the focus, an ask is ready.
pub const QUIET: Duration = Duration::from_millis(400);
/// Who goes on typing though keys are dropped writes a sentence, with pauses for thought: this long is none of them.
const SENTENCE: Duration = Duration::from_secs(2);
/// A line flashes this long when a key was dropped.
pub const FLASH: Duration = Duration::from_millis(250);

/// How much of a card was on the screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    #[default]
    Nothing,
    /// Of what it says, but not its last line.
    Part,
    Whole,
}

/// The quiet before a card takes keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arming {
    /// The last key, or the moment it got the focus.
    quiet_since: Duration,
    /// The most of it that has been drawn.
    pub seen: Sight,
    pub flash: Option<Duration>,
    /// The last key that was dropped, and whether another one came before it: a sentence is being typed.
    dropped: Option<KeyCode>,
    sentence: bool,
}

impl Arming {
    pub fn new(now: Duration) -> Self {
        Self {
            quiet_since: now,
            seen: Sight::Nothing,
            flash: None,
            dropped: None,
            sentence: false,
        }
    }

    /// The quiet begins anew; what was seen stays seen.
    pub fn again(&mut self, now: Duration) {
        self.quiet_since = now;
    }

    pub fn ready(&self, now: Duration) -> bool {
        self.seen == Sight::Whole && self.is_quiet(now)
    }

    /// A no needs no reading to the end.
    pub fn refuses(&self, now: Duration) -> bool {
        self.seen > Sight::Nothing && self.is_quiet(now)
    }

    fn is_quiet(&self, now: Duration) -> bool {
        now.saturating_sub(self.quiet_since) >= self.quiet()
    }

    fn quiet(&self) -> Duration {
        if self.sentence { SENTENCE } else { QUIET }
    }

    /// A key that is a letter was dropped. The same one again is impatience, another one is a sentence.
    pub fn dropped_letter(&mut self, key: KeyCode, now: Duration) {
        let letter = matches!(key, KeyCode::Char(_));
        self.sentence |= letter && self.dropped.is_some_and(|before| before != key);
        if letter {
            self.dropped = Some(key);
        }
        self.dropped(now);
    }

    /// A key came: `true` when it may count. It starts the quiet anew when it may not.
    pub fn key(&mut self, now: Duration) -> bool {
        if self.ready(now) {
            return true;
        }
        self.dropped(now);
        false
    }

    pub fn dropped(&mut self, now: Duration) {
        // A key can have come before what is asked was drawn, and be looked at after.
        self.quiet_since = self.quiet_since.max(now);
        self.flash = Some(now + FLASH);
    }

    /// The keys come back to it: the quiet begins anew.
    pub fn rest(&mut self, now: Duration) {
        *self = Self {
            seen: self.seen,
            ..Self::new(now)
        };
    }

    /// The screen has shown it: the quiet counts from the first time on that so much of it was seen.
    pub fn drawn(&mut self, sight: Sight, now: Duration) {
        if sight > self.seen {
            self.seen = sight;
            self.quiet_since = now;
        }
    }

    /// When its look changes by itself.
    pub fn wake(&self, now: Duration) -> Option<Duration> {
        let waits = self.seen > Sight::Nothing && !self.is_quiet(now);
        let ready = waits.then(|| self.quiet_since + self.quiet());
        let flash = self.flash.filter(|&until| until > now);
        ready.into_iter().chain(flash).min()
    }
}
