//! What a turn puts on record: the parts of an answer as items, and what it cost.

use crate::agent::turn::Turn;
use crate::agent::turn::effect::Effect;
use crate::agent::turn::input::Bill;
use crate::protocol::call::ToolCall;
use crate::protocol::event::Fact;
use crate::protocol::failure::{Failure, Stop};
use crate::protocol::id::CallId;
use crate::protocol::item::Item;
use crate::protocol::reply::{Part, Reply};

impl Turn {
    /// Text of an answer that broke off is kept and marked; its thoughts and calls are not, since they may be incomplete.
    /// Where it had none, the text of the endpoint before it is kept: nothing else has it any more.
    pub(crate) fn keep_partial(&mut self, partial: &Reply, effects: &mut Vec<Effect>) {
        let dropped = std::mem::take(&mut self.dropped);
        let mut text = partial.text();
        if text.trim().is_empty() {
            text = dropped.text();
        }
        if !text.trim().is_empty() {
            self.add(
                Item::Answer {
                    text,
                    cut: true,
                    opaque: None,
                },
                effects,
            );
        }
    }

    /// What a person must know beside an answer: once in a turn, however many of its answers it holds for.
    pub(crate) fn remark(&mut self, remark: Option<String>, effects: &mut Vec<Effect>) {
        if let Some(text) = remark
            && self.remarked.as_ref() != Some(&text)
        {
            self.remarked = Some(text.clone());
            self.add(Item::Notice { text }, effects);
        }
    }

    pub(crate) fn item(&self, part: Part) -> Item {
        match part {
            Part::Thought { text, opaque } => Item::Thought { text, opaque },
            Part::Text { text, opaque } => Item::Answer {
                text,
                cut: false,
                opaque,
            },
            Part::Call {
                wire_id,
                name,
                arguments,
                opaque,
            } => {
                let id = CallId::new(self.number, self.step, self.calls.len() + 1);
                Item::Call(ToolCall {
                    id,
                    wire_id,
                    name,
                    arguments,
                    opaque,
                })
            }
        }
    }

    pub(crate) fn bill(&self, bill: Bill, stop: Option<Stop>, failure: Option<Failure>) -> Fact {
        Fact::ModelAnswered {
            turn: self.number,
            step: self.step,
            attempt: self.attempt,
            model: bill.model,
            usage: bill.usage,
            charge: bill.charge,
            counted: bill.counted,
            raw: bill.raw,
            stop,
            failure,
            millis: bill.millis,
            vitals: bill.vitals,
            price: bill.price,
        }
    }

    pub(crate) fn add(&self, item: Item, effects: &mut Vec<Effect>) {
        effects.push(Effect::Append(Fact::ItemAdded {
            turn: self.number,
            step: self.step,
            item,
            imported: None,
        }));
    }
}
