//! How money is written: charged, estimated (`≈`), unknown (`?`), played.

use crate::protocol::money::{Amounts, Money};
use crate::tui::app::price::Estimate;

/// A sum of calls: `$0.42`, `≈$0.42` with an estimate in it, `$0.42 + ?` with calls of unknown price, `?` with only those.
pub fn sum(cost: &Amounts, play: &Amounts, estimated: bool, unpriced: u32) -> String {
    let nothing = cost.0.values().all(|parts| *parts == 0);
    let played = play.0.values().any(|parts| *parts != 0);
    let mark = if estimated { "≈" } else { "" };
    match (nothing, unpriced > 0, played) {
        (true, _, true) => format!("{play} play"),
        (true, true, _) => "?".to_owned(),
        (false, true, _) => format!("{mark}{cost} + ?"),
        (_, false, _) => format!("{mark}{cost}"),
    }
}

/// A round sum without its cents: `$10`.
pub fn round(money: Money) -> String {
    let text = money.to_string();
    text.strip_suffix(".00").map_or(text.clone(), str::to_owned)
}

pub fn estimate(estimate: Estimate) -> String {
    match estimate {
        Estimate::About(money) => format!("≈{money}"),
        Estimate::Play => "play money".to_owned(),
        Estimate::Local => "free, on this machine".to_owned(),
        Estimate::Unknown => "price not known".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_says_what_it_is() {
        let amounts = |parts: i64| {
            let mut amounts = Amounts::default();
            amounts.add(Money::usd(parts));
            amounts
        };
        let (none, some) = (Amounts::default(), amounts(420_000_000_000));
        let cases = [
            (&none, &none, false, 0, "$0.00"),
            (&some, &none, false, 0, "$0.42"),
            (&some, &none, true, 0, "≈$0.42"),
            (&some, &none, false, 2, "$0.42 + ?"),
            (&none, &none, false, 2, "?"),
            (&none, &some, false, 0, "$0.42 play"),
        ];
        for (cost, play, estimated, unpriced, expected) in cases {
            assert_eq!(sum(cost, play, estimated, unpriced), expected);
        }
    }
}
