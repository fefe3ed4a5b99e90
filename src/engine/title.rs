//! A title for a session after its first turn, where the config names a model for it (`roles.small`) and somebody watches. It
//! is a call beside the turn's own: step 0, a cause of its own in the ledger, held by the budgets like any other; it is not
//! tried again, and nothing waits for it.

use crate::agent::cost::{self, Tariff};
use crate::agent::size::Sent;
use crate::agent::title;
use crate::agent::turn::effect::Waived;
use crate::agent::turn::input::Bill;
use crate::engine::call::ModelCall;
use crate::engine::effect::Call;
use crate::engine::paced::Paced;
use crate::engine::session::Task;
use crate::engine::sleep::Looked;
use crate::engine::supply::Way;
use crate::protocol::event::{Ending, Fact};
use crate::protocol::failure::{Failure, Stop};
use crate::protocol::money::Money;
use crate::protocol::reply::Reply;
use crate::protocol::session::Change;
use crate::protocol::usage::Cause;
use crate::provider::Chunk;
use crate::store::Reservation;

impl Task {
    /// Asks for a title where one is wanted. What stands in the way is passed over in silence: the session has its first line.
    pub(crate) async fn begin_title(&mut self) {
        let wanted = self.session.turn == 1
            && self.session.ending == Some(Ending::Finished)
            && !self.session.titled
            && !self.house.unattended;
        let Some(target) = self.house.routes().roles.small.clone() else {
            return;
        };
        let likely = self.likely(&target);
        let Some(mut prompt) = title::ask(&self.items, &likely).filter(|_| wanted) else {
            return;
        };
        let ask = Call {
            step: 0,
            attempt: 1,
            cause: Cause::Title,
            waived: Waived::default(),
            refused: Vec::new(),
            waited: false,
        };
        let tokens = Sent::new(&prompt).size(None, None).likely;
        self.house.refresh_health().await;
        let Way::To { model, .. } = self.way(&target, (tokens, false), &ask) else {
            return;
        };
        if self.unlisted(&model).is_some() {
            return;
        }
        prompt.model = model.clone();
        let Ok(provider) = self.house.providers().get(&model) else {
            return;
        };
        let tariff = self.house.tariff(&model);
        // A title is not worth the question whether a model without a price may be called.
        if matches!(tariff, Tariff::Unknown { .. }) && !self.house.accepts(&model).await {
            return;
        }
        let sent = Sent::new(&prompt);
        let size = sent.size(None, self.house.providers().card(&model).context);
        let worst = cost::reserve(size.most, prompt.max_output, &tariff, &self.house.rates);
        let session_limit = self.session.budget.or(self.house.budget.session);
        let parts =
            |limit: Option<Money>| limit.filter(|_| worst.is_some()).map(|limit| limit.parts);
        let reservation = Reservation {
            amount: worst.map_or(0, |worst| worst.parts),
            day_limit: parts(self.house.budget.day),
            session_limit: parts(session_limit),
            facts: vec![Fact::ModelCalled {
                turn: self.session.turn,
                step: ask.step,
                attempt: ask.attempt,
                model: model.clone(),
                reserved: worst,
                cause: ask.cause,
                body: None,
            }],
        };
        if matches!(
            self.commit_with(Vec::new(), Some(reservation)).await,
            Ok(None)
        ) {
            let clock = &self.house.clock;
            let began = (clock.now(), Looked::new(clock.clocks()));
            let stream = Paced::new(provider.stream(prompt, None), None);
            let mut call = ModelCall::new(stream, model, tariff, (sent, size), began);
            call.unsent = provider.tells_sent();
            self.aside = Some(call);
        }
    }

    /// What came of it.
    pub(crate) async fn title_chunks(&mut self, chunks: Vec<Chunk>) {
        let now = self.house.clock.now();
        for chunk in &chunks {
            if let Some(call) = &mut self.aside {
                call.saw(chunk, now);
            }
        }
        let last = chunks.into_iter().last();
        let (reply, failure) = match last {
            Some(Chunk::Done(reply)) => (reply, None),
            Some(Chunk::Failed { failure, partial }) => (partial, Some(failure)),
            Some(_) => return,
            None => (Reply::default(), None),
        };
        let Some(call) = self.aside.take() else {
            return;
        };
        let bill = match &failure {
            None => self.bill(&call, &reply, false),
            Some(failure) => self.bill_failed(&call, failure, &reply),
        };
        let stop = match &failure {
            None => reply.stop.or(Some(Stop::End)),
            Some(_) => None,
        };
        let mut facts = vec![self.title_answered(bill, stop, failure)];
        let title = title::taken(&reply.text()).filter(|_| stop == Some(Stop::End));
        if let Some(title) = title.filter(|_| !self.session.titled) {
            let title = self.session.named(&title);
            let change = Change::Title { title };
            facts.push(Fact::SessionChanged { change });
        }
        self.keep_title(facts).await;
    }

    /// The session is left before the title has come: what was asked may be charged.
    pub(crate) async fn end_title(&mut self) {
        if let Some(call) = self.aside.take() {
            let (_, bill) = self.break_off(&call);
            self.keep_title(vec![self.title_answered(bill, None, None)])
                .await;
        }
    }

    async fn keep_title(&mut self, facts: Vec<Fact>) {
        // If it cannot be kept the reservation stays, and whoever opens the session next closes it.
        if let Err(why) = self.commit(facts).await {
            tracing::warn!("session {}: no title: {why}", self.session.id);
        }
    }

    fn title_answered(&self, bill: Bill, stop: Option<Stop>, failure: Option<Failure>) -> Fact {
        let turn = self.session.open_aside.as_ref().map_or(1, |out| out.turn);
        Fact::ModelAnswered {
            turn,
            step: 0,
            attempt: 1,
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
}
