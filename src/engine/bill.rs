//! What a call to a model is charged, whole or broken off, by the price of the endpoint that it went to.

use serde_json::Value;

use crate::agent::cost::{self, Tariff};
use crate::agent::server_tool;
use crate::agent::turn::input::Bill;
use crate::engine::call::ModelCall;
use crate::engine::session::Task;
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::money::{Money, Rates};
use crate::protocol::reply::Reply;
use crate::protocol::route::Vitals;
use crate::protocol::usage::{Basis, Charge, Usage};
use crate::provider::server_tools;

impl Task {
    pub(crate) fn bill(&self, call: &ModelCall, reply: &Reply, broken: bool) -> Bill {
        let (usage, estimated) = match reply.usage {
            Some(usage) if !broken => cost::completed(usage, call.size.likely, reply),
            _ => (cost::estimate(call.size.likely, reply), true),
        };
        let (charge, counted) =
            charged(&usage, reply, (&call.tariff, estimated), &self.house.rates);
        self.bill_of(call, usage, charge, counted, reply.usage_raw.clone())
    }

    /// A request that was refused, or never got there, is not charged. One that was taken and then lost may be.
    pub(crate) fn bill_failed(&self, call: &ModelCall, failure: &Failure, partial: &Reply) -> Bill {
        let taken = failure.kind == FailureKind::Network
            && failure
                .status
                .is_some_and(|status| (200..300).contains(&status));
        if partial.is_empty() && partial.usage.is_none() && !taken {
            self.free(call)
        } else {
            self.bill(call, partial, true)
        }
    }

    fn free(&self, call: &ModelCall) -> Bill {
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
        }
    }
}

/// What an answer costs, the provider's own tools included, and what budgets count for it. `estimated`: the usage is ours and
/// not the provider's.
pub(crate) fn charged(
    usage: &Usage,
    reply: &Reply,
    (tariff, estimated): (&Tariff, bool),
    rates: &Rates,
) -> (Charge, Money) {
    let tokens = cost::charge(usage, reply.reported_cost, tariff, estimated, rates);
    server_tool::add(server_tools::uses(reply), tokens, tariff, rates)
}
