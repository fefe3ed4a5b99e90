//! How money is written: charged, estimated (`≈`), unknown (`?`), played.

use crate::protocol::money::{Money, UNIT};
use crate::protocol::offer::Figure;
use crate::protocol::session::Card;
use crate::protocol::usage::Spending;
use crate::tui::app::price::Estimate;

/// A sum of calls.
pub fn sum(spending: &Spending) -> String {
    spending.to_string()
}

/// What a session of the list came to.
pub fn card(card: &Card) -> String {
    sum(&card.spending())
}

/// A round sum without its cents: `$10`.
pub fn round(money: Money) -> String {
    let text = money.to_string();
    text.strip_suffix(".00").map_or(text.clone(), str::to_owned)
}

/// A figure of the table of models: short enough for its column.
pub fn figure(figure: Figure) -> String {
    match figure {
        // Its digits would reach into the next column.
        Figure::About(money) if (1..UNIT / 10_000).contains(&money.parts) => {
            let least = Money {
                parts: UNIT / 10_000,
                ..money
            };
            format!("<{least}")
        }
        Figure::About(money) => format!("≈{money}"),
        Figure::Included => "incl.".to_owned(),
        Figure::Free => "free".to_owned(),
        Figure::Play => "play".to_owned(),
        Figure::Unknown => "?".to_owned(),
    }
}

pub fn estimate(estimate: Estimate) -> String {
    match estimate {
        Estimate::About(money) => format!("≈{money}"),
        Estimate::Play => "play money".to_owned(),
        Estimate::Included => "incl. in your subscription".to_owned(),
        Estimate::Local => "free, on this machine".to_owned(),
        Estimate::Unknown => "price not known".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::money::Amounts;

    #[test]
    fn each_figure_says_what_it_is() {
        let amounts = |parts: i64| {
            let mut amounts = Amounts::default();
            amounts.add(Money::usd(parts));
            amounts
        };
        let (none, some) = (Amounts::default(), amounts(420_000_000_000));
        let cases = [
            (&none, &none, false, 0, 0, "$0.00"),
            (&some, &none, false, 0, 0, "$0.42"),
            (&some, &none, true, 0, 0, "≈$0.42"),
            (&some, &none, false, 2, 0, "$0.42 + ?"),
            (&none, &none, false, 2, 0, "?"),
            (&none, &none, false, 0, 3, "incl."),
            (&some, &none, true, 2, 3, "≈$0.42 + ? + incl."),
            (&none, &some, false, 0, 0, "$0.42 play"),
        ];
        for (cost, play, estimated, unpriced, included, expected) in cases {
            let spending = Spending {
                cost: cost.clone(),
                play: play.clone(),
                estimated,
                unpriced,
                included,
                ..Spending::default()
            };
            assert_eq!(sum(&spending), expected);
        }
        let covered = Spending {
            included: 1,
            list_estimated: true,
            ..Spending::default()
        };
        assert_eq!(sum(&covered), "incl. ≈");
    }
}
