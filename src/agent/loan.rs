//! A mode that is lent: for a time by the wall, for a sum, or for whichever ends first. What holds is worked out from the
//! facts and the moment, so a crash, a sleep of the machine or a fact that could not be kept never make it last longer.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::agent::decimal::dollars;
use crate::agent::session::Session;
use crate::protocol::money::Money;
use crate::protocol::rule::Mode;
use crate::protocol::session::{Change, Used};
use crate::protocol::time::Time;

/// A week: what is meant for longer is meant for good.
const LONGEST: Duration = Duration::from_hours(168);
/// How a loan is written, for whoever wrote it otherwise.
const FORM: &str = "write a mode with a time, a sum, or both, as auto 45m $3";

/// What was lent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loan {
    /// The mode that comes back.
    pub back: Mode,
    pub until: Option<Time>,
    pub sum: Option<Money>,
    /// Dollars counted since, in parts.
    pub spent: i64,
}

impl Loan {
    /// What of it is used up, if anything is.
    pub fn used(&self, now: Time) -> Option<Used> {
        if self.until.is_some_and(|until| now >= until) {
            return Some(Used::Time);
        }
        let spent = |sum: &Money| self.spent >= sum.parts;
        self.sum.as_ref().is_some_and(spent).then_some(Used::Sum)
    }

    /// What is left, as a status line says it: `41m $2.60 left`. The minute that runs is counted.
    pub fn left(&self, now: Time) -> String {
        let time = self.until.map(|until| {
            let minutes = until.since(now).as_millis().div_ceil(60_000);
            match minutes {
                0..120 => format!("{minutes}m "),
                _ => format!("{}h{:02}m ", minutes / 60, minutes % 60),
            }
        });
        let sum = self.sum.map(|sum| {
            let left = Money::usd(sum.parts.saturating_sub(self.spent).max(0));
            format!("{left} ")
        });
        format!(
            "{}{}left",
            time.unwrap_or_default(),
            sum.unwrap_or_default()
        )
    }
}

impl Session {
    /// The mode that holds at a moment: one that was lent only as long as it is not used up.
    pub fn mode_at(&self, now: Time) -> Mode {
        match &self.loan {
            Some(loan) if loan.used(now).is_some() => loan.back,
            _ => self.mode,
        }
    }

    /// The change that says so, where a loan is used up and the log does not say it yet.
    pub fn returned(&self, now: Time) -> Option<Change> {
        let loan = self.loan.as_ref()?;
        let used = loan.used(now)?;
        Some(Change::ModeReturned {
            mode: loan.back,
            used,
        })
    }

    /// Why a mode cannot be lent now.
    pub fn no_loan(&self, mode: Mode, sum: Option<Money>, until: Option<Time>) -> Option<String> {
        if self.loan.is_none() && self.mode == mode {
            return Some(already(mode));
        }
        let nothing = sum.is_none() && until.is_none();
        let odd = sum.is_some_and(|sum| sum.parts <= 0 || sum != Money::usd(sum.parts));
        (nothing || odd).then(|| FORM.to_owned())
    }

    /// One loan over another does not change which mode comes back.
    pub(crate) fn lend(&mut self, mode: Mode, until: Option<Time>, sum: Option<Money>) {
        let back = self.loan.take().map_or(self.mode, |loan| loan.back);
        self.mode = mode;
        self.loan = Some(Loan {
            back,
            until,
            sum,
            spent: 0,
        });
    }

    pub(crate) fn spend_loan(&mut self, counted: Money) {
        if let Some(loan) = &mut self.loan {
            loan.spent = loan.spent.saturating_add(counted.parts);
        }
    }
}

/// Why a mode that holds for good is not lent.
pub fn already(mode: Mode) -> String {
    format!("the mode is {mode} already and stays so; to lend it, go back to ask first")
}

/// A mode as a person gives it: for good, or `auto 45m $3`.
pub fn read(text: &str, now: Time) -> Result<Change, String> {
    let mut words = text.split_whitespace();
    let mode: Mode = words.next().unwrap_or_default().parse()?;
    let mut time: Option<Duration> = None;
    let mut sum: Option<Money> = None;
    for word in words {
        let twice = || format!("`{word}` is one too many: {FORM}");
        if word.starts_with('$') || word.ends_with('$') {
            let figure = word.strip_suffix('$').unwrap_or(word);
            let money = dollars(figure).map_err(|fault| format!("`{word}` {fault}: {FORM}"))?;
            if money.parts == 0 {
                return Err(format!("`{word}` is nothing to spend: {FORM}"));
            }
            if sum.replace(money).is_some() {
                return Err(twice());
            }
        } else {
            let length = duration(word)
                .ok_or_else(|| format!("`{word}` is neither a time nor a sum: {FORM}"))?;
            if length.is_zero() || length > LONGEST {
                return Err(format!("`{word}` must be from 1m to 168h: {FORM}"));
            }
            if time.replace(length).is_some() {
                return Err(twice());
            }
        }
    }
    Ok(if time.is_none() && sum.is_none() {
        Change::Mode { mode }
    } else {
        let until = time.map(|length| now.plus(length));
        Change::ModeLent { mode, until, sum }
    })
}

/// `45m`, `2h`, `1h30m`, `1d`.
fn duration(word: &str) -> Option<Duration> {
    let mut seconds: u64 = 0;
    let mut rest = word;
    let mut units = ["d", "h", "m"].into_iter().zip([86_400, 3_600, 60]);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?;
        // Units come in falling order, each once.
        let (unit, length) = units.find(|(unit, _)| rest.starts_with(unit))?;
        rest = rest.get(unit.len()..)?;
        seconds = seconds.checked_add(number.checked_mul(length)?)?;
    }
    (!word.is_empty()).then(|| Duration::from_secs(seconds))
}

/// What a mode is lent for, in words: `45m or $3.00`.
pub fn terms(until: Option<Time>, sum: Option<Money>, now: Time) -> String {
    let loan = Loan {
        back: Mode::default(),
        until,
        sum: None,
        spent: 0,
    };
    let time = until.map(|_| loan.left(now).replace(" left", ""));
    let sum = sum.map(|sum| sum.to_string());
    let for_what: Vec<String> = time.into_iter().chain(sum).collect();
    for_what.join(" or ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::protocol::money::UNIT;

    const NOW: Time = Time(1_000_000);

    fn loan(minutes: Option<u64>, dollars: Option<i64>, spent: i64) -> Loan {
        Loan {
            back: Mode::Ask,
            until: minutes.map(|minutes| NOW.plus(Duration::from_secs(minutes * 60))),
            sum: dollars.map(|dollars| Money::usd(dollars * UNIT)),
            spent: spent * UNIT / 100,
        }
    }

    #[test]
    fn a_loan_is_read_as_it_is_written() {
        let lent = |mode, minutes: Option<u64>, cents: Option<i64>| {
            Ok(Change::ModeLent {
                mode,
                until: minutes.map(|minutes| NOW.plus(Duration::from_secs(minutes * 60))),
                sum: cents.map(|cents| Money::usd(cents * UNIT / 100)),
            })
        };
        let fault = |text: &str| Err(format!("{text}: {FORM}"));
        let cases = [
            ("ask", Ok(Change::Mode { mode: Mode::Ask })),
            (" auto 45m $3 ", lent(Mode::Auto, Some(45), Some(300))),
            ("auto $2.50 1h30m", lent(Mode::Auto, Some(90), Some(250))),
            ("edits 2h", lent(Mode::Edits, Some(120), None)),
            ("edits 1d2h", lent(Mode::Edits, Some(26 * 60), None)),
            ("auto 3$", lent(Mode::Auto, None, Some(300))),
            ("auto 45", fault("`45` is neither a time nor a sum")),
            ("auto soon", fault("`soon` is neither a time nor a sum")),
            ("auto 30m1h", fault("`30m1h` is neither a time nor a sum")),
            ("auto m", fault("`m` is neither a time nor a sum")),
            ("auto 4½m", fault("`4½m` is neither a time nor a sum")),
            ("auto 0m", fault("`0m` must be from 1m to 168h")),
            ("auto 8d", fault("`8d` must be from 1m to 168h")),
            (
                "auto 99999999999999999999d",
                fault("`99999999999999999999d` is neither a time nor a sum"),
            ),
            ("auto $", fault("`$` expected dollars, as 0.50")),
            ("auto $-3", fault("`$-3` must not be negative")),
            ("auto $0", fault("`$0` is nothing to spend")),
            ("auto 5m 6m", fault("`6m` is one too many")),
            ("auto $5 $6", fault("`$6` is one too many")),
            (
                "wild 5m",
                Err("`wild` is no mode: expected ask, edits, plan or auto".to_owned()),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text, NOW), expected, "{text}");
        }
    }

    #[test]
    fn it_is_used_up_by_the_wall_or_by_the_sum() {
        let later = |seconds: u64| NOW.plus(Duration::from_secs(seconds));
        let cases = [
            (loan(Some(45), Some(3), 0), NOW, None, "45m $3.00 left"),
            (
                loan(Some(45), Some(3), 40),
                later(190),
                None,
                "42m $2.60 left",
            ),
            (loan(Some(1), None, 0), later(59), None, "1m left"),
            (
                loan(Some(1), None, 0),
                later(60),
                Some(Used::Time),
                "0m left",
            ),
            (loan(Some(150), None, 0), NOW, None, "2h30m left"),
            (loan(None, Some(3), 299), later(1 << 20), None, "$0.01 left"),
            (loan(None, Some(3), 300), NOW, Some(Used::Sum), "$0.00 left"),
            (
                loan(Some(1), Some(3), 400),
                NOW,
                Some(Used::Sum),
                "1m $0.00 left",
            ),
        ];
        for (loan, now, used, left) in cases {
            assert_eq!((loan.used(now), loan.left(now).as_str()), (used, left));
        }
        let until = Some(NOW.plus(Duration::from_mins(45)));
        let sum = Some(Money::usd(3 * UNIT));
        for (until, sum, expected) in [
            (until, sum, "45m or $3.00"),
            (until, None, "45m"),
            (None, sum, "$3.00"),
        ] {
            assert_eq!(terms(until, sum, NOW), expected);
        }
    }
}
