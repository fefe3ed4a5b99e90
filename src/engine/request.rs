//! A request as it is made from what the log holds, when it is sent and when it is looked at again, and what is kept of it
//! to tell the two alike.

use std::sync::Arc;

use crate::agent::digest;
use crate::agent::picture::Pictures;
use crate::agent::prompt::{self, Caching, Placed, Prompt};
use crate::engine::house::House;
use crate::protocol::cache::{Made, SentBody};
use crate::protocol::call::ToolSpec;
use crate::protocol::id::{ModelRef, SessionId};
use crate::protocol::told::Told;
use crate::provider::{Provider, Written};

/// The part of a hash that is kept: 64 bits more than chance could ever meet.
const KEPT: usize = 32;

/// What a session asks a model.
pub(crate) fn prompt<'a, I>(
    house: &House,
    (session, system): (SessionId, &str),
    model: &ModelRef,
    items: I,
    (made, pictures): (Made, &Pictures),
) -> Prompt
where
    I: IntoIterator<Item = &'a Placed>,
    I::IntoIter: Clone,
{
    let wire = house.providers().wire(&model.provider);
    Prompt {
        model: model.clone(),
        system: system.into(),
        tools: Arc::clone(&house.shown),
        messages: prompt::messages(items, (model, wire), house.sight(model, pictures)),
        max_output: made.max_output,
        effort: made.effort,
        caching: Caching {
            session: Some(session),
            life: made.life,
        },
    }
}

/// The request of a prompt; nothing of one that is no body of bytes.
pub(crate) fn write(provider: &dyn Provider, prompt: &Prompt, told: Told) -> Option<Written> {
    let body = provider.body(prompt, &told)?;
    Some(Written { told, body })
}

/// What is kept of a request that is about to be sent, of which tools `all` there are.
pub(crate) fn sent(written: &Written, prompt: &Prompt, all: &[ToolSpec]) -> SentBody {
    SentBody {
        bytes: written.body.len() as u64,
        hash: name(&written.body),
        made: Made {
            max_output: prompt.max_output,
            effort: prompt.effort,
            life: prompt.caching.life,
        },
        hidden: hidden(all, &prompt.tools),
        told: written.told,
    }
}

/// Names of all tools that are not among those that a model was told of.
pub(crate) fn hidden(all: &[ToolSpec], told: &[ToolSpec]) -> Vec<String> {
    let is_told = |spec: &&ToolSpec| told.iter().any(|tool| tool.name == spec.name);
    let hidden = all.iter().filter(|spec| !is_told(spec));
    hidden.map(|spec| spec.name.clone()).collect()
}

/// Whether this is the body that was sent.
pub(crate) fn is_sent(body: &[u8], sent: &SentBody) -> bool {
    body.len() as u64 == sent.bytes && name(body) == sent.hash
}

fn name(body: &[u8]) -> String {
    let mut hash = digest::hex(body);
    hash.truncate(KEPT);
    hash
}
