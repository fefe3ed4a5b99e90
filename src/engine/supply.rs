//! Where a prompt goes: the model a session asks for, or the endpoint of its route that `agent::route` chooses by what is known
//! of all of them. How they do is read from the log, which every session of every process of the home writes; so what one pane
//! learns of a limit or a fault all others know.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use crate::agent::cost::Tariff;
use crate::agent::prompt::Prompt;
use crate::agent::retry;
use crate::agent::route::{self, Choice, Endpoint, Moment, Route, alone};
use crate::agent::size::Sent;
use crate::agent::turn::input::{Input, Supply};
use crate::config::preset;
use crate::config::secret::not_set;
use crate::engine::effect::Call;
use crate::engine::house::House;
use crate::engine::routes::Routes;
use crate::engine::session::Task;
use crate::protocol::event::Fact;
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::id::{ModelRef, Seq};
use crate::protocol::item::Item;
use crate::protocol::query::ModelCard;
use crate::protocol::route::{Outcome, Policy, ROUTE, Reason};
use crate::protocol::rule::Mode;
use crate::protocol::session::Change;
use crate::protocol::time::Time;
use crate::store::read::Reader;

/// How long what a commit told of the calls of others counts as news.
const JUST: Duration = Duration::from_secs(1);

/// Where a prompt goes now.
pub(crate) enum Way {
    To {
        model: ModelRef,
        /// How long it may take to begin, where another one is ready.
        patience: Option<Duration>,
        /// What the person is told, where another one answered until now.
        notice: Option<String>,
    },
    Wait {
        failure: Failure,
        wait: Duration,
    },
    None(Failure),
}

/// A call that can be made.
pub(crate) struct Chosen {
    pub(crate) model: ModelRef,
    pub(crate) patience: Option<Duration>,
    pub(crate) prompt: Prompt,
    pub(crate) window: Option<u64>,
    /// Tells the person that another endpoint answers than before; true, and to be kept, only once it has begun to.
    pub(crate) notice: Option<Fact>,
}

impl House {
    pub(crate) fn routes(&self) -> Arc<Routes> {
        Arc::clone(&self.routes.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether a session can have this model; the error says why not.
    pub(crate) fn check_model(&self, model: &ModelRef) -> Result<(), String> {
        match model.as_route() {
            None => self.providers().get(model).map(drop),
            Some(name) if self.routes().routes.contains_key(name) => Ok(()),
            Some(_) => Err(no_route(model, &self.routes())),
        }
        .map_err(|failure| failure.message)
    }

    /// Takes up what was written of the endpoints since. Where the log cannot be read the book is an older one, no more.
    pub(crate) async fn refresh_health(self: &Arc<Self>) {
        let is_recalled = self.providers().is_recalled();
        let read = self
            .health
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .read();
        // One look at the log for both: a request waits for it.
        let look = move |reader: &Reader| {
            let windows = (!is_recalled).then(|| reader.windows().ok()).flatten();
            Ok((windows, reader.outcomes(read)))
        };
        let Ok((windows, outcomes)) = self.read(look).await else {
            return;
        };
        if let Some(kept) = windows {
            self.recalled(kept);
        }
        if let Ok(outcomes) = outcomes {
            self.heard_outcomes(&outcomes);
        }
    }

    /// From where on the log can tell it with a commit; `None` before it was read once, which takes longer.
    pub(crate) fn outcomes_wanted(&self) -> Option<Seq> {
        let book = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        Some(book.read()).filter(|read| read.0 > 0)
    }

    pub(crate) fn heard_outcomes(&self, outcomes: &[Outcome]) {
        let mut book = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        for outcome in outcomes {
            book.apply(outcome);
        }
    }

    pub(crate) fn endpoint(&self, model: &ModelRef) -> Endpoint {
        let providers = self.providers();
        let mut card = providers.card(model);
        // A vendor of the table without an entry only lacks its key.
        if !providers.has(&model.provider)
            && let Some(preset) = preset::find(&model.provider)
            && let Some(variable) = preset.key_variables.first()
        {
            card.lacks = Some(not_set(variable));
        }
        let book = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        Endpoint {
            abilities: providers.abilities(model),
            life: providers.cache_life(model),
            health: book.of(model),
            card,
        }
    }

    pub(crate) fn endpoints(&self, route: &Route) -> Vec<Endpoint> {
        let models = route.endpoints.iter();
        models.map(|model| self.endpoint(model)).collect()
    }

    pub(crate) async fn model_cards(self: &Arc<Self>) -> Result<Vec<ModelCard>, String> {
        self.recall_windows().await;
        let read = |reader: &Reader| Ok((reader.accepted()?, reader.used()?));
        let (accepted, used) = self.read(read).await?;
        let asked = used.into_iter().map(|(model, _)| model);
        let offered = self.offered(accepted.iter().cloned().chain(asked));
        let mut cards: Vec<ModelCard> = offered.into_iter().map(|(card, _)| card).collect();
        for card in &mut cards {
            card.accepted = self.is_accepted(&card.model, &accepted);
        }
        Ok(cards)
    }

    /// Whether a yes to a model without a known price is what it is called by.
    pub(crate) fn is_accepted(&self, model: &ModelRef, accepted: &[ModelRef]) -> bool {
        accepted.contains(model) && matches!(self.tariff(model), Tariff::Unknown { .. })
    }

    /// All models, the routes before them: each with the figures of the endpoint that would serve, and that endpoint. Those that
    /// the config names or that were asked are among them, though no table has them and no server told of them.
    pub(crate) fn offered(
        &self,
        asked: impl Iterator<Item = ModelRef>,
    ) -> Vec<(ModelCard, ModelRef)> {
        let routes = self.routes();
        let cards = routes.routes.iter().filter_map(|(name, route)| {
            let endpoints = self.endpoints(route);
            let moment = self.moment_without_session();
            let choice = route::decide(route, &endpoints, &moment);
            let shown = choice.serves.or_else(|| {
                let usable = |endpoint: &Endpoint| endpoint.card.lacks.is_none();
                endpoints.iter().position(usable)
            });
            let mut card = endpoints.get(shown.unwrap_or(0))?.card.clone();
            let endpoint = std::mem::replace(&mut card.model, ModelRef::route(name));
            Some((card, endpoint))
        });
        let mut cards: Vec<(ModelCard, ModelRef)> = cards.collect();
        let providers = self.providers();
        let models = providers.models().into_iter();
        cards.extend(models.map(|card| (card.clone(), card.model)));
        let mut seen: BTreeSet<ModelRef> =
            cards.iter().map(|(card, _)| card.model.clone()).collect();
        for model in routes.named().cloned().chain(asked) {
            let is_new = model.as_route().is_none() && providers.has(&model.provider);
            if is_new && seen.insert(model.clone()) {
                cards.push((providers.card(&model), model));
            }
        }
        cards
    }

    pub(crate) fn moment_without_session(&self) -> Moment<'_> {
        Moment {
            now: self.clock.now(),
            prompt: 0,
            served: None,
            images: false,
            refused: &[],
            waited: false,
            rates: &self.rates,
        }
    }
}

pub(crate) fn no_route(model: &ModelRef, routes: &Routes) -> Failure {
    let known: Vec<String> = routes
        .routes
        .keys()
        .map(|name| format!("{ROUTE}/{name}"))
        .collect();
    let text = if known.is_empty() {
        format!(
            "there is no {model}: add [routes.{}] to config.toml",
            model.model
        )
    } else {
        format!("there is no {model}: there are {}", known.join(", "))
    };
    Failure::new(FailureKind::Config, text)
}

impl Task {
    /// The model or route that is asked in this mode: that of the role `plan` while it holds, else the session's own.
    pub(crate) fn target(&self) -> ModelRef {
        let plan = self.plan_model(self.session.mode);
        plan.unwrap_or_else(|| self.session.model.clone())
    }

    fn plan_model(&self, mode: Mode) -> Option<ModelRef> {
        let plan = self.house.routes().roles.plan.clone();
        plan.filter(|_| mode == Mode::Plan)
    }

    /// The fact that the role `plan` begins or ends to answer, where it does in this mode.
    pub(crate) fn plan_change(&self, mode: Mode) -> Option<Fact> {
        let model = self.plan_model(mode);
        (model != self.session.plan_model).then_some(Fact::SessionChanged {
            change: Change::PlanModel { model },
        })
    }

    pub(crate) fn supply(&self, target: &ModelRef) -> Supply {
        let routes = self.house.routes();
        let route = target.as_route().and_then(|name| routes.routes.get(name));
        route.map_or(Supply::One, |route| Supply::Route {
            endpoints: u32::try_from(route.endpoints.len()).unwrap_or(u32::MAX),
        })
    }

    /// The endpoint that will likely be chosen: its prompt is measured before one is.
    pub(crate) fn likely(&self, target: &ModelRef) -> ModelRef {
        let routes = self.house.routes();
        let Some(route) = target.as_route().and_then(|name| routes.routes.get(name)) else {
            return target.clone();
        };
        let served = self.session.served.as_ref().map(|served| &served.model);
        let served = served.filter(|model| route.endpoints.contains(model));
        served.or(route.endpoints.first()).unwrap_or(target).clone()
    }

    /// The endpoint that is asked, with the prompt as it reads it. Where none can be asked now, what the turn is told instead.
    pub(crate) async fn choose(
        &mut self,
        facts: &[Fact],
        target: &ModelRef,
        call: &Call,
    ) -> Result<Chosen, Input> {
        if call.attempt == 1 {
            self.asked.clear();
        }
        // What was learnt of the models goes into the first request already.
        if !self.has_just_heard(target, call) {
            self.house.refresh_health().await;
        }
        let images = self.has_pictures(facts);
        if images {
            Box::pin(self.house.look_for_sight(target)).await;
        }
        let likely = self.likely(target);
        let mut card = self.house.providers().card(&likely);
        let mut prompt = self.prompt(&likely, facts, &card);
        let size = Sent::new(&prompt).size(self.counted.as_ref(), None);
        let (model, patience, notice) = match self.way(target, (size.likely, images), call) {
            Way::To {
                model,
                patience,
                notice,
            } => (model, patience, notice),
            Way::Wait { failure, wait } => {
                return Err(Input::Postponed { failure, wait });
            }
            Way::None(failure) => return Err(Input::NoWay(failure)),
        };
        let notice = notice.map(|text| Fact::ItemAdded {
            turn: self.turn_number(facts),
            step: call.step,
            item: Item::Notice { text },
            imported: None,
        });
        if model != likely {
            // Another family: what only the first can read is left out.
            card = self.house.providers().card(&model);
            prompt = self.prompt(&model, facts, &card);
        }
        Ok(Chosen {
            model,
            patience,
            prompt,
            window: card.context,
            notice,
        })
    }

    /// Where a prompt of so many tokens goes, with or without pictures, by the book as it was refreshed last.
    pub(crate) fn way(&self, target: &ModelRef, (prompt, images): (u64, bool), call: &Call) -> Way {
        let now = self.house.clock.now();
        let Some(name) = target.as_route() else {
            return self.way_to_one(target, now, call);
        };
        let routes = self.house.routes();
        let Some(route) = routes.routes.get(name) else {
            return Way::None(no_route(target, &routes));
        };
        let endpoints = self.listed(self.house.endpoints(route));
        let moment = Moment {
            now,
            prompt,
            served: self.session.served.as_ref(),
            images,
            refused: &call.refused,
            waited: call.waited,
            rates: &self.house.rates,
        };
        let choice = route::decide(route, &endpoints, &moment);
        if let Some(index) = choice.serves {
            let model = endpoints[index].card.model.clone();
            return Way::To {
                notice: self.changed(target, route, &model, &choice),
                patience: (choice.spare && !self.run.no_retry).then_some(route.patience),
                model,
            };
        }
        let nobody = nobody(target, route, &choice);
        match choice.wait {
            Some((until, failure)) if retry::is_worth(until.since(now)) => Way::Wait {
                // The soonest decides whether it is waited for on and on; the person is told how all do.
                failure: Failure {
                    message: nobody.message.clone(),
                    ..failure.unwrap_or(nobody)
                },
                wait: until.since(now),
            },
            _ => Way::None(nobody),
        }
    }

    /// A person who goes on before a wait is over has it asked.
    fn way_to_one(&self, model: &ModelRef, now: Time, call: &Call) -> Way {
        let first = call.attempt == 1 && !call.waited && !self.run.no_retry;
        let book = &self.house.health;
        let health = book
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .of(model);
        match alone::waits(&health, now).filter(|_| first) {
            Some(cooling) => Way::Wait {
                failure: cooling.failure,
                wait: cooling.until.since(now),
            },
            None => Way::To {
                model: model.clone(),
                patience: None,
                notice: None,
            },
        }
    }

    /// A lone model is asked whatever the others met, but for a wait its server told them: that is known from the commit of
    /// the answer before, when the tools were quick.
    fn has_just_heard(&self, target: &ModelRef, call: &Call) -> bool {
        let now = self.house.clock.now();
        let fresh = |heard: Time| now.since(heard) < JUST;
        call.step > 1 && target.as_route().is_none() && self.heard.is_some_and(fresh)
    }

    /// What the person is told where the endpoint is another one than before, once it has begun to answer: how each does that answered
    /// last or was asked in this step. Before the session's first answer also which it would be, were nothing in its way.
    fn changed(
        &self,
        target: &ModelRef,
        route: &Route,
        model: &ModelRef,
        choice: &Choice,
    ) -> Option<String> {
        let served = self.session.served.as_ref().map(|served| &served.model);
        let is_passed = |known: &ModelRef| {
            known != model && (served == Some(known) || self.asked.contains(known))
        };
        let stands_back = |place: usize, reason: &Reason| {
            let before = route.policy != Policy::Ordered || Some(place) < choice.serves;
            let barred = matches!(
                reason,
                Reason::Lacks { .. } | Reason::Cooling { .. } | Reason::Exhausted
            );
            served.is_none() && before && barred
        };
        let passed = route.endpoints.iter().zip(&choice.verdicts).enumerate();
        let passed: Vec<String> = passed
            .filter(|(place, (known, (reason, _)))| is_passed(known) || stands_back(*place, reason))
            .map(|(_, passed)| passed)
            .map(|(known, (reason, _))| format!("{known}: {reason}"))
            .collect();
        let told = passed.join("; ");
        (!passed.is_empty()).then(|| format!("{target}: {model} answers now; {told}"))
    }
}

/// Nothing of the route can be asked: why, endpoint by endpoint.
fn nobody(target: &ModelRef, route: &Route, choice: &Choice) -> Failure {
    let reasons = || choice.verdicts.iter().map(|(reason, _)| reason);
    let told = reasons().find_map(|reason| match reason {
        Reason::Cooling { kind, .. } | Reason::Refused { kind, .. } => Some(*kind),
        _ => None,
    });
    let spent = || reasons().any(|reason| *reason == Reason::Exhausted);
    let small = || reasons().any(|reason| matches!(reason, Reason::TooSmall { .. }));
    let kind = match told {
        Some(kind) => kind,
        None if spent() => FailureKind::Rate,
        None if small() => FailureKind::TooLong,
        None => FailureKind::Config,
    };
    let each: Vec<String> = route
        .endpoints
        .iter()
        .zip(reasons())
        .map(|(model, reason)| format!("{model} {reason}"))
        .collect();
    Failure::new(
        kind,
        format!("no endpoint of {target} can serve: {}", each.join("; ")),
    )
}
