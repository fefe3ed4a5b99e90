//! Figures as words: a reader by ear hears "3.1 gigabytes" and "2 dollars 32", not signs. Pure.

use std::sync::LazyLock;
use std::time::Duration;

use regex::{Captures, Regex};

use crate::command::table::counted;
use crate::protocol::money::{Amounts, Currency, Money, UNIT};
use crate::protocol::query::Today;
use crate::protocol::time::Time;
use crate::protocol::usage::Spending;

/// A size as Creel writes it in its own sentences.
static SIZES: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(\d)\s?(kB|MB|GB|TB|B)\b").ok());
/// An amount of dollars as Creel writes it.
static DOLLARS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\$(\d+(?:\.\d+)?)").ok());

/// Creel's own sentence with its signs as words. Never used on what a command, a file or a model says: that is told as it is.
pub fn words(text: &str) -> String {
    let mut text = text.replace('≈', "about ").replace('→', "to");
    if let Some(sizes) = SIZES.as_ref() {
        let unit = |found: &Captures<'_>| {
            let name = match &found[2] {
                "kB" => "kilobytes",
                "MB" => "megabytes",
                "GB" => "gigabytes",
                "TB" => "terabytes",
                _ => "bytes",
            };
            format!("{} {name}", &found[1])
        };
        text = sizes.replace_all(&text, unit).into_owned();
    }
    match DOLLARS.as_ref() {
        Some(dollars) => dollars.replace_all(&text, "$1 dollars").into_owned(),
        None => text,
    }
}

/// What a mode is lent for, or what is left of that: `45m or $3.00` as `45 minutes or 3 dollars`.
pub fn terms(text: &str) -> String {
    let said = text.split(' ').map(|word| {
        let minutes = |word: &str| Some(counted(word.strip_suffix('m')?.parse().ok()?, "minute"));
        let time = match word.split_once('h') {
            Some((hours, rest)) => hours.parse().ok().zip(minutes(rest)).map(|(hours, rest)| {
                let hours = counted(hours, "hour");
                format!("{hours} {rest}")
            }),
            None => minutes(word),
        };
        let figure = word.strip_prefix('$').map(|sum| {
            let sum = sum.strip_suffix(".00").unwrap_or(sum);
            format!("{sum} dollars")
        });
        time.or(figure).unwrap_or_else(|| word.to_owned())
    });
    said.collect::<Vec<_>>().join(" ")
}

/// `0 dollars 42 cents`, `3 dollars`, `less than 1 cent`; half a hundredth is rounded up.
pub fn money(money: Money) -> String {
    let parts = money.parts.unsigned_abs();
    let unit = UNIT.unsigned_abs();
    let hundredths = (parts + unit / 200) / (unit / 100);
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    let (one, small) = match money.currency.code() {
        "USD" => ("dollar", "cent"),
        "EUR" => ("euro", "cent"),
        code => return format!("{whole}.{rest:02} {code}"),
    };
    if parts > 0 && hundredths == 0 {
        return format!("less than 1 {small}");
    }
    if rest == 0 {
        return counted(whole, one);
    }
    format!("{} {}", counted(whole, one), counted(rest, small))
}

/// Sums of several currencies, side by side.
pub fn amounts(amounts: &Amounts) -> String {
    let usd = amounts.of(Currency::USD);
    let others: Vec<Money> = amounts
        .without_usd()
        .filter(|other| other.parts != 0)
        .collect();
    let mut said: Vec<String> = Vec::new();
    if usd.parts != 0 || others.is_empty() {
        said.push(money(usd));
    }
    said.extend(others.into_iter().map(money));
    said.join(" and ")
}

/// What was spent, each kind of money for itself, as it is never added.
pub fn spending(spent: &Spending) -> String {
    let mut said = Vec::new();
    let nothing_else = spent.unpriced == 0 && spent.included == 0 && spent.play.0.is_empty();
    if nothing_else || spent.cost.0.values().any(|parts| *parts != 0) {
        let about = if spent.estimated { "about " } else { "" };
        said.push(format!("{about}{}", amounts(&spent.cost)));
    }
    if spent.unpriced > 0 {
        let calls = counted(spent.unpriced.into(), "call");
        said.push(format!("{calls} without a known price"));
    }
    if spent.included > 0 {
        let calls = counted(spent.included.into(), "call");
        let about = if spent.list_estimated { "about " } else { "" };
        said.push(format!(
            "{calls} by subscription, {about}{} by list price",
            amounts(&spent.list)
        ));
    }
    if !spent.play.0.is_empty() {
        said.push(format!("{} of play money", amounts(&spent.play)));
    }
    said.join(", ")
}

/// `today 2 dollars 32 of 10`: the limit gives the second figure its meaning.
pub fn today(today: Today) -> String {
    let about = if today.estimated { "about " } else { "" };
    let said = format!("{about}{}", money(Money::usd(today.charged)));
    let Some(limit) = today.limit else {
        return format!("today {said}, without a limit");
    };
    // `2 dollars 32`, but `2 dollars 5 cents`: 2 dollars 5 could be 50.
    let short = said
        .strip_suffix(" cents")
        .filter(|short| short.ends_with(|c: char| c.is_ascii_digit()))
        .filter(|short| {
            short
                .rsplit(' ')
                .next()
                .is_some_and(|cents| cents.len() == 2)
        });
    let limit = money(Money::usd(limit));
    let limit = limit.strip_suffix(" dollars").unwrap_or(&limit);
    format!("today {} of {limit}", short.unwrap_or(&said))
}

/// `41 seconds`, `3 minutes`, `2 hours`: the largest unit that is full.
pub fn duration(long: Duration) -> String {
    match long.as_secs() {
        0 => "less than a second".to_owned(),
        seconds @ 1..=119 => counted(seconds, "second"),
        seconds @ 120..=7_199 => counted(seconds / 60, "minute"),
        seconds @ 7_200..=172_799 => counted(seconds / 3_600, "hour"),
        seconds => counted(seconds / 86_400, "day"),
    }
}

/// How long ago.
pub fn age(time: Time, now: Time) -> String {
    match now.since(time) {
        young if young < Duration::from_mins(1) => "now".to_owned(),
        old => format!("{} ago", duration(old)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::usage::Charge;

    const CENT: i64 = UNIT / 100;

    #[test]
    fn terms_of_a_loan_are_words() {
        for (text, said) in [
            ("45m or $3.00", "45 minutes or 3 dollars"),
            ("1m", "1 minute"),
            ("$2.60 left", "2.60 dollars left"),
            ("2h05m $3.00 left", "2 hours 5 minutes 3 dollars left"),
        ] {
            assert_eq!(terms(text), said);
        }
    }

    #[test]
    fn money_is_words() {
        for (parts, expected) in [
            (0, "0 dollars"),
            (42 * CENT, "0 dollars 42 cents"),
            (101 * CENT, "1 dollar 1 cent"),
            (1_000 * CENT, "10 dollars"),
            (CENT / 5, "less than 1 cent"),
        ] {
            assert_eq!(money(Money::usd(parts)), expected);
        }
        let mut both = Amounts::default();
        both.add(Money::usd(CENT));
        both.add(Money {
            parts: 150 * CENT,
            currency: Currency::CNY,
        });
        assert_eq!(amounts(&both), "0 dollars 1 cent and 1.50 CNY");
        let mut spent = Spending::default();
        assert_eq!(spending(&spent), "0 dollars");
        spent.add(Charge::UNKNOWN);
        assert_eq!(spending(&spent), "1 call without a known price");
    }

    #[test]
    fn today_is_told_beside_its_limit() {
        for (charged, estimated, limit, expected) in [
            (232, false, Some(1_000), "today 2 dollars 32 of 10"),
            (205, false, Some(1_000), "today 2 dollars 5 cents of 10"),
            (
                300,
                false,
                Some(250),
                "today 3 dollars of 2 dollars 50 cents",
            ),
            (42, false, None, "today 0 dollars 42 cents, without a limit"),
            (232, true, Some(1_000), "today about 2 dollars 32 of 10"),
        ] {
            let said = today(Today {
                used: 900 * CENT,
                charged: charged * CENT,
                estimated,
                limit: limit.map(|limit: i64| limit * CENT),
            });
            assert_eq!(said, expected);
        }
    }

    #[test]
    fn signs_of_our_own_sentences_are_words() {
        for (text, expected) in [
            (
                "deletes 3.1 GB, all inside target/",
                "deletes 3.1 gigabytes, all inside target/",
            ),
            ("12kB and 5 B", "12 kilobytes and 5 bytes"),
            ("≈$0.37 of $10", "about 0.37 dollars of 10 dollars"),
            ("3 Bs", "3 Bs"),
            ("汉字 e\u{301}", "汉字 e\u{301}"),
        ] {
            assert_eq!(words(text), expected);
        }
    }

    #[test]
    fn times_are_words() {
        for (seconds, expected) in [
            (0, "less than a second"),
            (1, "1 second"),
            (30, "30 seconds"),
            (120, "2 minutes"),
            (7_200, "2 hours"),
            (200_000, "2 days"),
        ] {
            assert_eq!(duration(Duration::from_secs(seconds)), expected);
        }
        assert_eq!(age(Time(0), Time(5_000)), "now");
        assert_eq!(age(Time(0), Time(180_000)), "3 minutes ago");
    }
}
