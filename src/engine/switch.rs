//! A change of a session's model: at once while nothing runs, else when the turn has ended; never to one whose window the
//! conversation does not fit, and back where the new vendor refuses what the old one took. It is the person who changes the
//! model; the way back is all that happens by itself, and it sends nothing.

use crate::agent::session::Session;
use crate::agent::size::{Counted, Sent};
use crate::agent::visible::one_line;
use crate::engine::house::House;
use crate::engine::session::Task;
use crate::protocol::event::{Ending, Fact};
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::id::{CommandId, ModelRef};
use crate::protocol::item::Item;
use crate::protocol::session::Change;

impl Task {
    pub(crate) async fn change_model(&mut self, command: CommandId, model: ModelRef) {
        let fault = self.house.check_model(&model).err();
        if let Some(why) = fault.or_else(|| self.too_small(&model)) {
            self.refuse(command, &why);
            return;
        }
        // A turn that waits, for another attempt or for the person, goes on with the model that is chosen meanwhile.
        let works = self.call.is_some() || !self.session.open_calls.is_empty();
        if self.turn.is_some() && works {
            self.chosen = (model != self.session.model).then_some(model);
            return;
        }
        self.chosen = None;
        if let Err(why) = self.commit(vec![changed(model)]).await {
            self.refuse(command, &why.to_string());
        }
    }

    /// After a turn: the model that was chosen meanwhile, or the one of before where the new one refused.
    pub(crate) async fn settle_model(&mut self) {
        let facts = match self.chosen.take() {
            Some(model) => match self.too_small(&model) {
                None => vec![changed(model)],
                Some(why) => {
                    let stays = &self.session.model;
                    vec![self.notice(format!("{why}; {stays} stays"))]
                }
            },
            None => match refused(&self.session) {
                Some((before, failure)) => {
                    let text = format!(
                        "{} refused this conversation: {}; back to {before}, nothing is lost",
                        self.session.model,
                        one_line(&failure.message)
                    );
                    let notice = self.notice(text);
                    vec![changed(before.clone()), notice]
                }
                None => return,
            },
        };
        // If it cannot be kept the model stays as it is, which every screen shows.
        if let Err(why) = self.commit(facts).await {
            tracing::warn!("session {}: its model stays: {why}", self.session.id);
        }
    }

    fn notice(&self, text: String) -> Fact {
        Fact::ItemAdded {
            turn: self.session.turn,
            step: self.session.step,
            item: Item::Notice { text },
            imported: None,
        }
    }

    fn too_small(&self, model: &ModelRef) -> Option<String> {
        let counted = self.counted.as_ref();
        self.house.too_small(model, |model| {
            let card = self.house.providers().card(model);
            let prompt = self.prompt(model, &[], &card);
            likely(&Sent::new(&prompt), counted)
        })
    }
}

/// What the prompt likely comes to.
pub(crate) fn likely(sent: &Sent, counted: Option<&Counted>) -> u64 {
    sent.size(counted, None).likely
}

impl House {
    /// Why a conversation does not fit a model, or any endpoint of a route; `None` where it does, or the window is not known.
    /// `tokens` counts it as that model reads it.
    pub(crate) fn too_small(
        &self,
        model: &ModelRef,
        tokens: impl Fn(&ModelRef) -> u64,
    ) -> Option<String> {
        let routes = self.routes();
        let route = model.as_route().and_then(|name| routes.routes.get(name));
        let endpoints = route.map_or_else(|| vec![model.clone()], |route| route.endpoints.clone());
        let mut largest = 0;
        let mut most = 0;
        for endpoint in &endpoints {
            let window = self.providers().card(endpoint).context?;
            let prompt = tokens(endpoint);
            if prompt < window {
                return None;
            }
            largest = largest.max(window);
            most = most.max(prompt);
        }
        Some(format!(
            "this conversation does not fit {model}: about {most} tokens, and its window has {largest}"
        ))
    }
}

fn changed(model: ModelRef) -> Fact {
    Fact::SessionChanged {
        change: Change::Model { model },
    }
}

/// The model of before, where the new one would not take what it was sent. Whatever else fails, a key or the network, can be
/// mended, and says nothing of the conversation.
fn refused(session: &Session) -> Option<(&ModelRef, &Failure)> {
    let Some(Ending::Failed { failure }) = &session.ending else {
        return None;
    };
    let before = session.before.as_ref()?;
    let kind = matches!(failure.kind, FailureKind::BadRequest | FailureKind::TooLong);
    (kind && session.plan_model.is_none()).then_some((before, failure))
}
