//! What a call to a model is charged, whole or broken off, by the price of the endpoint that it went to.

use serde_json::Value;

use crate::agent::cost::{self, Tariff};
use crate::agent::server_tool;
use crate::agent::size::Sent;
use crate::agent::turn::input::Bill;
use crate::engine::call::ModelCall;
use crate::engine::session::Task;
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::money::{Money, Rates};
use crate::protocol::reply::Reply;
use crate::protocol::route::Vitals;
use crate::protocol::usage::{Basis, CacheLife, Charge, Usage};
use crate::provider::server_tools;

impl Task {
    /// Tokens of the prompt that its server still has in a cache from the request before.
    pub(crate) fn cached(&self, sent: &Sent, life: CacheLife) -> u64 {
        let now = self.house.clock.now();
        let served = self.session.served.as_ref();
        let is_warm = served.is_some_and(|served| {
            served.model == *sent.model() && now.since(served.at) < life.duration()
        });
        if is_warm {
            sent.cached(self.counted.as_ref())
        } else {
            0
        }
    }

    pub(crate) fn bill(&self, call: &ModelCall, reply: &Reply, broken: bool) -> Bill {
        let (mut usage, estimated) = match reply.usage {
            Some(usage) if !broken => cost::completed(usage, call.size.likely, reply),
            _ => (cost::estimate(call.size.likely, call.cached, reply), true),
        };
        let providers = self.house.providers();
        let factor = providers.region_factor(&call.model, reply.usage_raw.as_ref());
        let model = (&*providers, &call.model);
        let tariff = self
            .house
            .tariff_in(model, &call.tariff, reply.tier.as_deref());
        let (charge, counted) = charged(
            &usage,
            reply,
            (&tariff, estimated, factor),
            |named| {
                self.house
                    .tariff_beside(model, named, reply.tier.as_deref())
            },
            &self.house.rates,
        );
        usage.searches = server_tools::uses(reply).searches;
        Bill {
            price: tariff.price().cloned().map(Box::new),
            ..self.bill_of(call, usage, charge, counted, reply.usage_raw.clone())
        }
    }

    /// A request that was refused, or never got there, is not charged. One that was taken and then lost may be, and so may one
    /// whose answer had begun, whatever came of it: no vendor says that its errors are free.
    pub(crate) fn bill_failed(&self, call: &ModelCall, failure: &Failure, partial: &Reply) -> Bill {
        if may_be_charged(failure, partial) {
            self.bill(call, partial, !is_counted(partial))
        } else {
            self.free(call)
        }
    }

    /// What costs nothing.
    pub(crate) fn free(&self, call: &ModelCall) -> Bill {
        let charge = Charge {
            money: Some(Money::usd(0)),
            basis: Basis::Listed,
        };
        self.bill_of(call, Usage::default(), charge, Money::usd(0), None)
    }

    fn bill_of(
        &self,
        call: &ModelCall,
        usage: Usage,
        charge: Charge,
        counted: Money,
        raw: Option<Value>,
    ) -> Bill {
        let millis = self.house.clock.now().since(call.began).as_millis();
        Bill {
            model: call.model.clone(),
            usage,
            charge,
            counted,
            raw,
            millis: u64::try_from(millis).unwrap_or(u64::MAX),
            vitals: Some(Vitals {
                first: call.first,
                limits: call.limits,
            }),
            price: None,
        }
    }
}

/// Whether the usage of an answer that failed is the server's own, made when it had ended.
pub(crate) fn is_counted(partial: &Reply) -> bool {
    partial.stop.is_some() && partial.usage.is_some()
}

/// Whether a call that failed may be charged for: it had left whole, or something of its answer had come.
pub(crate) fn may_be_charged(failure: &Failure, partial: &Reply) -> bool {
    let answered = failure
        .status
        .is_some_and(|status| (200..300).contains(&status));
    let lost = failure.kind == FailureKind::Network && (answered || failure.sent);
    let counted = partial.usage.is_some_and(|usage| usage != Usage::default());
    lost || partial.begun || counted || !partial.is_empty()
}

/// What an answer costs, the provider's own tools included, and what budgets count for it. `estimated`: the usage is ours and
/// not the provider's. `factor`: what its tokens are charged with beside their price, in millionths. `other`: what another
/// model of the provider's is charged by, that it asked by itself.
pub(crate) fn charged(
    usage: &Usage,
    reply: &Reply,
    (tariff, estimated, factor): (&Tariff, bool, i64),
    other: impl Fn(&str) -> Tariff,
    rates: &Rates,
) -> (Charge, Money) {
    // What was estimated beyond what was told is of no call of its own.
    let told = !reply.iterations.is_empty() && reply.usage == Some(*usage);
    let (mut own, mut beside) = (Vec::new(), Vec::new());
    if told {
        for each in &reply.iterations {
            match &each.model {
                None => own.push(each.usage),
                Some(model) => beside.push((each.usage, model)),
            }
        }
    } else {
        own.push(*usage);
    }
    let mut tokens = cost::charge(&own, reply.reported_cost, tariff, estimated, rates);
    if tokens.0.basis != Basis::Reported {
        for (usage, model) in beside {
            let more = cost::charge(&[usage], None, &other(model), estimated, rates);
            tokens = cost::together(tokens, more);
        }
    }
    let tokens = times(tokens, factor);
    server_tool::add(server_tools::uses(reply), tokens, tariff, rates)
}

/// A charge that was worked out from a list, and what counts of it, by a factor in millionths; what was reported is what it is.
fn times((charge, counted): (Charge, Money), factor: i64) -> (Charge, Money) {
    let listed = matches!(
        charge.basis,
        Basis::Listed | Basis::Estimated | Basis::Included | Basis::IncludedEstimated
    );
    if factor == 1_000_000 || !listed {
        return (charge, counted);
    }
    let money = charge.money.map(|money| by(money, factor));
    (Charge { money, ..charge }, by(counted, factor))
}

/// An amount by a factor in millionths.
pub(crate) fn by(money: Money, factor: i64) -> Money {
    let parts = i128::from(money.parts) * i128::from(factor) / 1_000_000;
    Money {
        parts: i64::try_from(parts).unwrap_or(i64::MAX),
        ..money
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::money::Currency;
    use crate::protocol::reply::Iteration;
    use crate::protocol::usage::Price;

    #[test]
    fn an_advisor_is_charged_by_its_own_price() {
        let usage = |input| Usage {
            input,
            ..Usage::default()
        };
        let each = |input, model: Option<&str>| Iteration {
            usage: usage(input),
            model: model.map(str::to_owned),
        };
        let price = |input| Price {
            currency: Currency::USD,
            input,
            output: 0,
            cache_read: None,
            cache_write: None,
            cache_write_long: None,
            web_search: None,
            tiers: Vec::new(),
        };
        let dear = |_: &str| Tariff::Priced(price(50));
        let unknown = |_: &str| Tariff::Unknown {
            stand_in: price(70),
        };
        let rates = Rates::default();
        let mut reply = Reply {
            usage: Some(usage(100)),
            iterations: vec![each(90, Some("dear")), each(10, None)],
            ..Reply::default()
        };
        let own = Tariff::Priced(price(2));
        let known = (&own, false, 1_000_000);
        let listed = |parts| Charge {
            money: Some(Money::usd(parts)),
            basis: Basis::Listed,
        };
        let (charge, counted) = charged(&usage(100), &reply, known, dear, &rates);
        assert_eq!((charge, counted.parts), (listed(4_520), 4_520));
        let (charge, counted) = charged(&usage(100), &reply, known, unknown, &rates);
        assert_eq!((charge, counted.parts), (Charge::UNKNOWN, 6_320));
        // What the provider says it charges holds that already.
        reply.reported_cost = Some(Money::usd(7));
        let (charge, counted) = charged(&usage(100), &reply, known, unknown, &rates);
        assert_eq!((charge.basis, counted.parts), (Basis::Reported, 7));
    }

    #[test]
    fn only_what_was_surely_not_taken_is_free() {
        let failure = |kind, status, sent| Failure {
            status,
            sent,
            ..Failure::new(kind, "x")
        };
        let counted = |output| Reply {
            usage: Some(Usage {
                output,
                ..Usage::default()
            }),
            ..Reply::default()
        };
        let begun = Reply {
            begun: true,
            ..Reply::default()
        };
        let none = Reply::default();
        let (network, busy) = (FailureKind::Network, FailureKind::Overloaded);
        let cases = [
            (failure(network, None, false), &none, false),
            (failure(network, None, true), &none, true),
            (failure(network, Some(200), false), &none, true),
            (failure(busy, Some(503), false), &none, false),
            (failure(busy, Some(200), false), &none, false),
            (failure(busy, Some(200), false), &begun, true),
            (failure(busy, Some(200), false), &counted(0), false),
            (failure(busy, Some(200), false), &counted(1), true),
        ];
        for (failure, partial, expected) in cases {
            let found = may_be_charged(&failure, partial);
            assert_eq!(found, expected, "{failure:?} {partial:?}");
        }
    }

    #[test]
    fn a_factor_holds_for_what_a_list_says_and_nothing_else() {
        let usd = |parts| Some(Money::usd(parts));
        let cases = [
            (Basis::Listed, usd(10), 1_100_000, usd(11), 11),
            (Basis::Estimated, usd(10), 1_100_000, usd(11), 11),
            (Basis::Reported, usd(10), 1_100_000, usd(10), 10),
            (Basis::Unknown, None, 1_100_000, None, 10),
            (Basis::Listed, usd(i64::MAX), 1_100_000, usd(i64::MAX), 11),
            (Basis::Listed, usd(10), 1_000_000, usd(10), 10),
        ];
        for (basis, money, factor, expected, counted) in cases {
            let found = times((Charge { money, basis }, Money::usd(10)), factor);
            let charge = Charge {
                money: expected,
                basis,
            };
            assert_eq!(found, (charge, Money::usd(counted)), "{basis:?} {money:?}");
        }
    }
}
