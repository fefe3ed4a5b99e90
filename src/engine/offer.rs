//! Answers which models there are and what choosing each would come to: what the log and the providers tell is gathered here,
//! and reckoned in `agent::offer`.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::agent::cost;
use crate::agent::offer::{self, Ahead, Answer, Counted, RECENT, Ratio};
use crate::agent::picture::{Pictures, Tokens};
use crate::agent::prompt::{Placed, Prompt};
use crate::agent::session::Session;
use crate::agent::size::Sent;
use crate::engine::house::House;
use crate::engine::open::{self, placed, system_text};
use crate::engine::request;
use crate::project;
use crate::protocol::cache::Made;
use crate::protocol::effort::Effort;
use crate::protocol::event::{Event, Fact};
use crate::protocol::id::{ModelRef, SessionId};
use crate::protocol::item::{Block, Item, Origin};
use crate::protocol::offer::{Figure, Left, Offer, Pays};
use crate::protocol::query::{ModelCard, Page};
use crate::protocol::time::Time;
use crate::protocol::told::Told;
use crate::protocol::usage::Usage;

pub(crate) async fn offers(
    house: &Arc<House>,
    session: Option<SessionId>,
    cwd: PathBuf,
    (typed, also): (String, Option<ModelRef>),
) -> Result<Vec<Offer>, String> {
    house.refresh_health().await;
    let fold = match session {
        Some(id) => open::folded(house, id).await?,
        None => None,
    };
    let (events, calls, used, accepted) = house
        .read(move |reader| {
            let events = match session {
                Some(id) => reader.history(id, Page::Before(None), WINDOW)?,
                None => Vec::new(),
            };
            Ok((events, reader.calls()?, reader.used()?, reader.accepted()?))
        })
        .await?;
    let looks = Arc::clone(house);
    let gathered = tokio::task::spawn_blocking(move || {
        let mut talk = Talk::of(&looks, fold, &events, &cwd);
        talk.add(typed);
        (talk, heard(calls))
    });
    let (talk, heard) = gathered.await.map_err(|error| error.to_string())?;
    let project = talk.project.clone();
    let sent = house
        .read(move |reader| reader.sent_by(&project))
        .await?
        .into_iter()
        .filter_map(|provider| house.providers().host(&provider))
        .collect();
    let known = Known {
        now: house.clock.now(),
        heard,
        used: used.into_iter().collect(),
        accepted,
        sent,
    };
    let house = Arc::clone(house);
    let made = tokio::task::spawn_blocking(move || known.offers(&house, &talk, also));
    made.await.map_err(|error| error.to_string())
}

/// Facts of a session that are read, the newest ones: most sessions have fewer, and are weighed to the byte. Of one that has
/// more, what was said before is reckoned by the last request that was sent.
const WINDOW: u32 = 1_000;

/// The conversation that would go on.
struct Talk {
    id: Option<SessionId>,
    system: String,
    project: PathBuf,
    effort: Option<Effort>,
    model: Option<ModelRef>,
    /// What was thought, by the model it goes back to, and how many pictures there are.
    thoughts: BTreeMap<String, u64>,
    images: u64,
    /// Bytes of what was said before the items.
    earlier: u64,
    /// The models that get something of the items that no other gets.
    families: BTreeSet<String>,
    /// Bytes of all of it, as they were found: by provider, and by model where it is one of those.
    weighed: RefCell<HashMap<(String, String), u64>>,
    items: Vec<Placed>,
    /// The last prompt each model answered.
    asked: HashMap<ModelRef, Asked>,
    /// What answered last.
    last: Option<ModelRef>,
    /// Tokens of the prompts of that model, in order.
    prompts: Vec<u64>,
}

struct Asked {
    usage: Usage,
    at: Time,
    effort: Option<Effort>,
    /// Items before the answer, and with it.
    before: usize,
    with: usize,
}

impl Talk {
    fn of(house: &House, fold: Option<Session>, events: &[Event], cwd: &Path) -> Self {
        let mut talk = if let Some(fold) = &fold {
            Self::new(Some(fold.id), fold.spec.system.clone(), &fold.spec.project)
        } else {
            let project = project::find(cwd);
            let date = house.clock.day(house.clock.now());
            let text = system_text(cwd, &project, house.notes(), &date);
            let system = house.redactor().redact(&text).into_owned();
            Self::new(None, system, &project.root)
        };
        if let Some(fold) = fold {
            talk.effort = fold.effort;
            talk.model = Some(fold.answering().clone());
            talk.images = fold.pictures;
            talk.thoughts = fold.thoughts;
        }
        let mut open = (0, None);
        let mut sent = None;
        for event in events {
            match &event.fact {
                Fact::ModelCalled {
                    step: 1..,
                    model,
                    body,
                    ..
                } => {
                    open = (talk.items.len(), body.as_ref().map(|body| body.made));
                    if let Some(body) = body {
                        sent = Some((model, talk.items.len(), body.bytes));
                    }
                }
                Fact::ModelAnswered {
                    step: 1..,
                    model,
                    usage,
                    stop: Some(_),
                    failure: None,
                    ..
                } if usage.prompt() > 0 => talk.answered(model, usage, event.at, &open),
                _ => {}
            }
            if let Some(placed) = placed(event.clone()) {
                talk.families.extend(family(&placed.2).map(str::to_owned));
                talk.items.push(placed);
            }
        }
        let opens = |event: &Event| matches!(event.fact, Fact::SessionOpened { .. });
        if !events.first().is_none_or(opens) {
            talk.reckon(house, sent);
        }
        talk
    }

    fn new(id: Option<SessionId>, system: String, project: &Path) -> Self {
        Self {
            id,
            system,
            project: project.to_owned(),
            effort: None,
            model: None,
            thoughts: BTreeMap::new(),
            images: 0,
            earlier: 0,
            families: BTreeSet::new(),
            weighed: RefCell::default(),
            items: Vec::new(),
            asked: HashMap::new(),
            last: None,
            prompts: Vec::new(),
        }
    }

    /// How much was said before the items, by the last request whose length is known, else by what was counted of it.
    fn reckon(&mut self, house: &House, sent: Option<(&ModelRef, usize, u64)>) {
        let last = self.last.as_ref();
        let counted = last.and_then(|model| {
            let asked = self.asked.get(model)?;
            let bytes = asked.usage.prompt().saturating_mul(cost::BYTES_PER_TOKEN);
            Some((model, asked.before, bytes))
        });
        if let Some((model, before, bytes)) = sent.or(counted) {
            let known = self.bytes(house, model, &self.items[..before]);
            self.earlier = bytes.saturating_sub(known);
        }
    }

    /// What a model is not told of the conversation.
    fn left(&self, house: &House, model: &ModelRef) -> Left {
        let family = model.to_string();
        let thoughts = self.thoughts.iter().filter(|(of, _)| **of != family);
        Left {
            thoughts: thoughts.map(|(_, count)| count).sum(),
            images: if sees(house, model) { 0 } else { self.images },
        }
    }

    /// What would be said next.
    fn add(&mut self, typed: String) {
        if !typed.trim().is_empty() {
            let item = Item::Prompt {
                blocks: vec![Block::text(typed)],
                origin: Origin::Person,
            };
            self.items.push((u32::MAX, 1, item));
        }
    }

    fn answered(
        &mut self,
        model: &ModelRef,
        usage: &Usage,
        at: Time,
        open: &(usize, Option<Made>),
    ) {
        if self.last.as_ref() != Some(model) {
            self.prompts.clear();
        }
        self.prompts.push(usage.prompt());
        self.last = Some(model.clone());
        let asked = Asked {
            usage: *usage,
            at,
            effort: open.1.map_or(self.effort, |made| made.effort),
            before: open.0,
            with: self.items.len(),
        };
        self.asked.insert(model.clone(), asked);
    }

    fn prompt(&self, house: &House, model: &ModelRef, items: &[Placed], max_output: u64) -> Prompt {
        let made = Made {
            max_output,
            effort: self.effort,
            life: house.providers().cache_life(model),
        };
        // Where no session is named none is told to the vendor; a name is as long as another.
        let id = self.id.unwrap_or(SessionId(uuid::Uuid::nil()));
        // Pictures are counted by their sizes: their bytes say nothing of tokens.
        let without = Pictures::default();
        request::prompt(house, (id, &self.system), model, items, (made, &without))
    }

    /// Bytes of the very body that would be sent; of the words alone where none is.
    fn bytes(&self, house: &House, model: &ModelRef, items: &[Placed]) -> u64 {
        let prompt = self.prompt(house, model, items, 1);
        let provider = house.providers().get(model).ok();
        let body = provider.and_then(|provider| provider.body(&prompt, &Told::default()));
        let bytes = body.map_or_else(|| Sent::new(&prompt).bytes(), |body| body.len() as u64);
        bytes.saturating_add(self.earlier)
    }

    /// Bytes of all that was said. Two models of a provider are sent the same, but for what came from one of them: weighed
    /// once, since a long conversation takes a while.
    fn whole(&self, house: &House, model: &ModelRef) -> u64 {
        let family = Some(model.to_string()).filter(|family| self.families.contains(family));
        let key = (model.provider.clone(), family.unwrap_or_default());
        let held = self.weighed.borrow().get(&key).copied();
        held.unwrap_or_else(|| {
            let bytes = self.bytes(house, model, &self.items);
            self.weighed.borrow_mut().insert(key, bytes);
            bytes
        })
    }

    fn counted(&self, house: &House, model: &ModelRef) -> Option<Counted> {
        let asked = self.asked.get(model)?;
        let answer = &self.items[asked.before..asked.with];
        Some(Counted {
            usage: asked.usage,
            bytes: self.bytes(house, model, &self.items[..asked.before]),
            answered: self.bytes(house, model, &self.items[..asked.with]),
            pictures: pictures(house, model, &self.items[..asked.before]),
            reasons: offer::left(answer, model, true).thoughts == 0,
        })
    }

    /// As the model that answered last has counted; where none has, as text usually is.
    fn last_ratio(&self, house: &House) -> Ratio {
        let last = self.last.as_ref();
        last.and_then(|model| self.counted(house, model))
            .map_or(Ratio::USUAL, |counted| counted.ratio())
    }
}

/// The model that what stands beside an item goes back to.
fn family(item: &Item) -> Option<&str> {
    let opaque = match item {
        Item::Answer { opaque, .. } | Item::Thought { opaque, .. } => opaque.as_ref(),
        Item::Call(call) => call.opaque.as_ref(),
        Item::Prompt { .. }
        | Item::Result { .. }
        | Item::Notice { .. }
        | Item::Shell { .. }
        | Item::Recalled(_) => None,
    };
    opaque.map(|opaque| &*opaque.family)
}

/// Whether a model is shown pictures: it is tried where nobody said.
fn sees(house: &House, model: &ModelRef) -> bool {
    house.providers().abilities(model).images != Some(false)
}

/// Tokens that the pictures among these items likely come to.
fn pictures(house: &House, model: &ModelRef, items: &[Placed]) -> u64 {
    if !sees(house, model) {
        return 0;
    }
    let images = items.iter().flat_map(|(_, _, item)| item.images());
    Tokens::of(&model.model, images).likely
}

/// The newest answers of each model, of all sessions.
fn heard(calls: Vec<Event>) -> HashMap<ModelRef, Vec<Answer>> {
    let mut bodies = HashMap::new();
    let mut heard: HashMap<ModelRef, Vec<Answer>> = HashMap::new();
    for event in calls {
        match event.fact {
            Fact::ModelCalled {
                turn,
                step,
                attempt,
                body,
                ..
            } => {
                bodies.insert((event.session, turn, step, attempt), body);
            }
            Fact::ModelAnswered {
                turn,
                step,
                attempt,
                model,
                usage,
                stop: Some(_),
                failure: None,
                millis,
                vitals,
                ..
            } => {
                let call = (event.session, turn, step, attempt);
                let body = bodies.remove(&call).flatten();
                let answers = heard.entry(model).or_default();
                answers.push(Answer {
                    usage,
                    millis,
                    vitals,
                    body,
                });
                if answers.len() > RECENT {
                    answers.remove(0);
                }
            }
            _ => {}
        }
    }
    heard
}

/// What is known beside the conversation.
struct Known {
    now: Time,
    heard: HashMap<ModelRef, Vec<Answer>>,
    used: HashMap<ModelRef, Time>,
    /// Models that may be called without a known price.
    accepted: Vec<ModelRef>,
    /// Hosts that something of this project was sent to.
    sent: BTreeSet<String>,
}

impl Known {
    fn offers(&self, house: &House, talk: &Talk, also: Option<ModelRef>) -> Vec<Offer> {
        let (growth, ratio) = (offer::growth(&talk.prompts), talk.last_ratio(house));
        let mut offered = house.offered(self.used.keys().cloned());
        if let Some(also) = also
            && offered.iter().all(|(card, _)| card.model != also)
        {
            offered.push((house.providers().card(&also), also));
        }
        for (card, model) in &mut offered {
            card.accepted = house.is_accepted(model, &self.accepted);
        }
        let mut offers: Vec<Offer> = offered
            .into_iter()
            .map(|(card, model)| self.offer(house, talk, (growth, ratio), (card, model)))
            .collect();
        let here: Option<Ahead> = offers
            .iter()
            .find(|offer| talk.model.as_ref() == Some(&offer.card.model))
            .map(|offer| (offer.next, offer.then));
        for offer in &mut offers {
            offer.pays = match here {
                _ if talk.model.as_ref() == Some(&offer.card.model) => Pays::Here,
                Some(here) => offer::pays(here, (offer.next, offer.then)),
                None => Pays::Unknown,
            };
        }
        offers
    }

    fn offer(
        &self,
        house: &House,
        talk: &Talk,
        (growth, talk_ratio): (u64, Ratio),
        (card, model): (ModelCard, ModelRef),
    ) -> Offer {
        let providers = house.providers();
        let plays = providers.is_rehearsal(&model);
        let counted = talk.counted(house, &model);
        let bytes = talk.whole(house, &model);
        let shown = pictures(house, &model, &talk.items);
        let tokens = match &counted {
            Some(counted) => counted.next(bytes, shown),
            // As it counted in other sessions, else as another one counts in this.
            None => self
                .heard
                .get(&model)
                .and_then(|answers| offer::density(answers))
                .unwrap_or(talk_ratio)
                .of(bytes)
                .saturating_add(shown),
        };
        let life = providers.cache_life(&model);
        let least = providers.least_cached(&model);
        let warm_until = talk.asked.get(&model).and_then(|asked| {
            let until = asked.at.plus(life.duration());
            let cached = asked.usage.prompt() >= least && asked.effort == talk.effort;
            (cached && until > self.now).then_some(until)
        });
        let warm = counted
            .filter(|_| warm_until.is_some())
            .map_or(0, |counted| counted.usage.prompt().min(tokens));
        let figure = |tokens, warm| -> Figure {
            let usage = offer::billed(tokens, warm, least, life, &card);
            offer::figure(&usage, &card, plays)
        };
        let kept = if tokens >= least { tokens } else { 0 };
        let host = (!plays).then(|| providers.host(&model.provider)).flatten();
        Offer {
            tokens,
            warm,
            next: figure(tokens, warm),
            cold: figure(tokens, 0),
            then: figure(tokens.saturating_add(growth), kept),
            left: talk.left(house, &model),
            pays: Pays::Unknown,
            speed: self
                .heard
                .get(&model)
                .and_then(|answers| offer::speed(answers)),
            used: self.used.get(&model).copied(),
            warm_until,
            first: host
                .as_ref()
                .is_some_and(|host| !card.local && !self.sent.contains(host)),
            host,
            model,
            card,
        }
    }
}
