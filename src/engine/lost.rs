//! What a call is taken to cost whose process ended before its answer was there. Its provider may charge for it all the same, and
//! nobody will say how much any more: it is reckoned by the length of what was sent, and by the words of the answer that were kept.

use crate::agent::cost;
use crate::engine::bill::charged;
use crate::engine::house::House;
use crate::protocol::event::{Event, Fact};
use crate::protocol::id::ModelRef;
use crate::protocol::reply::{Part, Reply};
use crate::protocol::usage::Charge;

/// What is known of such a call beside the facts that close it.
pub(crate) struct Lost<'l> {
    /// The newest calls of the session.
    pub(crate) calls: &'l [Event],
    /// What was kept of the answer.
    pub(crate) draft: Option<&'l str>,
}

impl House {
    /// Puts an estimate in the place of a charge that is not known. What budgets count stays what was reserved.
    pub(crate) fn estimate_lost(&self, facts: &mut [Fact], lost: &Lost<'_>) {
        for fact in facts {
            let Fact::ModelAnswered {
                turn,
                step,
                attempt,
                model,
                usage,
                charge,
                price,
                ..
            } = fact
            else {
                continue;
            };
            let tariff = self.tariff(model);
            let sent = lost.tokens((*turn, *step, *attempt), model);
            let (Some(sent), true) = (sent, *charge == Charge::UNKNOWN) else {
                continue;
            };
            // Beside the steps of a turn nothing of an answer is kept.
            let draft = lost.draft.filter(|_| *step > 0).unwrap_or_default();
            let partial = Reply {
                parts: vec![Part::Text {
                    text: draft.to_owned(),
                    opaque: None,
                }],
                ..Reply::default()
            };
            *usage = cost::estimate(sent, 0, &partial);
            let beside = |_: &str| tariff.clone();
            let known = (&tariff, true, 1_000_000);
            (*charge, _) = charged(usage, &partial, known, beside, &self.rates);
            *price = tariff.price().cloned().map(Box::new);
        }
    }
}

impl Lost<'_> {
    /// Tokens of the prompt of a call, by the length of its body.
    fn tokens(&self, call: (u32, u32, u32), model: &ModelRef) -> Option<u64> {
        self.calls.iter().rev().find_map(|event| match &event.fact {
            Fact::ModelCalled {
                turn,
                step,
                attempt,
                model: asked,
                body: Some(body),
                ..
            } if (*turn, *step, *attempt) == call && asked == model => {
                Some(body.bytes.div_ceil(cost::BYTES_PER_TOKEN))
            }
            _ => None,
        })
    }
}
