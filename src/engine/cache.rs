//! How the requests of a session stood to their prompt cache. Each is built again from the log by the code that made it, and
//! believed only where it is, to the byte, what was sent.

use std::sync::Arc;

use crate::agent::cache::{self, Otherwise};
use crate::agent::check::names_cache;
use crate::agent::picture::Pictures;
use crate::agent::prefix;
use crate::agent::prompt::Placed;
use crate::engine::house::House;
use crate::engine::{picture, request};
use crate::protocol::cache::{Against, Break, CacheRow, Cause, Made, Place, SentBody};
use crate::protocol::event::{Event, Fact};
use crate::protocol::id::{ModelRef, Seq, SessionId};
use crate::protocol::money::Money;
use crate::protocol::query::Page;
use crate::protocol::time::Time;
use crate::protocol::usage::{Basis, CacheLife, Price, Usage};
use crate::provider::bare;

/// The newest requests of a session in order, and of how many. What was said is read only where a body can be built again
/// from it: of requests that were played, or sent before their hash was kept, none can.
pub(crate) async fn rows(
    house: &Arc<House>,
    session: SessionId,
    limit: u32,
) -> Result<(Vec<CacheRow>, u64), String> {
    // One more to compare the first with; each has an end, and a title may have been asked for in between.
    let most = limit.saturating_add(1).saturating_mul(3);
    let (calls, of) = house
        .read(move |reader| {
            Ok((
                reader.calls_of(session, most)?,
                reader.count_calls(session)?,
            ))
        })
        .await?;
    let told = calls.iter().any(|event| {
        matches!(
            event.fact,
            Fact::ModelCalled {
                step: 1..,
                body: Some(_),
                ..
            }
        )
    });
    let from = calls.first().map_or(Seq(u64::MAX), |event| event.seq);
    let events = if told {
        house
            .read(move |reader| reader.history(session, Page::After(Seq(0)), u32::MAX))
            .await?
    } else {
        calls
    };
    let pictures = picture::gather(house, events.iter().map(|event| &event.fact)).await?;
    let house = Arc::clone(house);
    let looked = tokio::task::spawn_blocking(move || {
        let mut look = Look::new(&house, session, pictures);
        for event in events {
            let is_call = matches!(
                event.fact,
                Fact::ModelCalled { .. } | Fact::ModelAnswered { .. }
            );
            if !is_call || event.seq >= from {
                look.event(event);
            }
        }
        let before = look.rows.len().saturating_sub(limit as usize);
        look.rows.split_off(before)
    });
    let rows = looked
        .await
        .map_err(|error| format!("looking at the requests broke off: {error}"))?;
    Ok((rows, of))
}

/// A session as far as it has been read.
struct Look<'h> {
    house: &'h House,
    session: SessionId,
    system: String,
    items: Vec<Placed>,
    pictures: Pictures,
    /// The request before.
    before: Option<Before>,
    /// What was counted of the last prompt that was answered.
    counted: Option<Usage>,
    /// When that answer ended.
    ended: Option<Time>,
    /// How long what the last request wrote lives.
    life: CacheLife,
    rows: Vec<CacheRow>,
}

/// A request, without the marks of the cache.
struct Before {
    model: ModelRef,
    body: Option<Rebuilt>,
}

/// A body that was sent, without its marks.
struct Rebuilt {
    bytes: Vec<u8>,
    made: Made,
    /// Pictures that gave way to newer ones.
    outgrown: usize,
    /// Tools that rules took away.
    hidden: Vec<String>,
}

impl<'h> Look<'h> {
    fn new(house: &'h House, session: SessionId, pictures: Pictures) -> Self {
        Self {
            house,
            session,
            system: String::new(),
            items: Vec::new(),
            pictures,
            before: None,
            counted: None,
            ended: None,
            life: CacheLife::default(),
            rows: Vec::new(),
        }
    }

    fn event(&mut self, event: Event) {
        match event.fact {
            Fact::SessionOpened { spec } => self.system = spec.system,
            Fact::ItemAdded {
                turn, step, item, ..
            } => self.items.push((turn, step, item)),
            // Step 0 is a call beside the turn, with a prompt of its own.
            Fact::ModelCalled {
                turn,
                step: step @ 1..,
                attempt,
                model,
                body,
                ..
            } => {
                let row = CacheRow {
                    seq: event.seq,
                    at: event.at,
                    turn,
                    step,
                    attempt,
                    model: model.clone(),
                    bytes: None,
                    against: None,
                    untold: None,
                    idle: self.ended.map(|ended| event.at.since(ended)),
                    usage: None,
                    unreported: false,
                    missed: 0,
                    miss: None,
                    lost: None,
                };
                self.called(row, model, body.as_ref());
            }
            Fact::ModelAnswered {
                step: 1..,
                usage,
                charge,
                failure,
                price,
                raw,
                ..
            } => {
                // What broke off is an estimate, and what was refused filled no cache.
                let counted = failure.is_none() && !charge.basis.is_estimated();
                if counted && usage.prompt() > 0 {
                    let reports = raw.as_ref().is_some_and(names_cache);
                    self.answered((usage, reports), event.at, (charge.basis, price.as_deref()));
                }
            }
            _ => {}
        }
    }

    fn called(&mut self, mut row: CacheRow, model: ModelRef, sent: Option<&SentBody>) {
        let body = self.rebuilt(&model, sent);
        let now = match body {
            Ok(body) => {
                row.bytes = Some(body.bytes.len() as u64);
                match &self.before {
                    Some(Before {
                        body: Some(before),
                        model: other,
                    }) => {
                        row.against = Some(against((other, before), (&model, &body)));
                    }
                    Some(Before { body: None, .. }) => {
                        row.untold = Some("the request before cannot be told".to_owned());
                    }
                    None => {}
                }
                Some(body)
            }
            Err(why) => {
                row.untold = Some(why);
                None
            }
        };
        self.before = Some(Before { model, body: now });
        self.rows.push(row);
    }

    fn rebuilt(&self, model: &ModelRef, sent: Option<&SentBody>) -> Result<Rebuilt, String> {
        let providers = self.house.providers();
        if providers.is_rehearsal(model) {
            return Err("a rehearsal sends nothing".to_owned());
        }
        let sent = sent.ok_or("nothing was kept of what was sent")?;
        let provider = providers.get(model).map_err(|failure| failure.message)?;
        let mut prompt = request::prompt(
            self.house,
            (self.session, &self.system),
            model,
            &self.items,
            (sent.made, &self.pictures),
        );
        // By the tools of then. Before they were kept, those of now are as good a guess.
        let now = Arc::clone(&prompt.tools);
        let all = self.house.tools.specs();
        let told = all.iter().filter(|spec| !sent.hidden.contains(&spec.name));
        prompt.tools = told.cloned().collect();
        let mut body = provider.body(&prompt, &sent.told);
        let fits = |body: &Vec<u8>| request::is_sent(body, sent);
        if sent.hidden.is_empty() && !body.as_ref().is_some_and(fits) && now != prompt.tools {
            prompt.tools = now;
            body = provider.body(&prompt, &sent.told);
        }
        match body {
            Some(body) if fits(&body) => Ok(Rebuilt {
                hidden: request::hidden(&all, &prompt.tools),
                bytes: bare(&body),
                made: sent.made,
                outgrown: self
                    .house
                    .sight(model, &self.pictures)
                    .outgrown(self.items.iter().flat_map(|(_, _, item)| item.images())),
            }),
            _ => Err("it was made by another version of Creel, or with other settings".to_owned()),
        }
    }

    /// `reports`: the usage has a count of what was cached.
    fn answered(
        &mut self,
        (usage, reports): (Usage, bool),
        at: Time,
        (basis, price): (Basis, Option<&Price>),
    ) {
        let Some(row) = self.rows.last_mut() else {
            return;
        };
        row.usage = Some(usage);
        let providers = self.house.providers();
        // Some vendors leave out a count of nothing; a server nobody knows may not count at all.
        row.unreported = !reports && providers.is_unlisted(&row.model.provider);
        if let Some(counted) = self.counted.filter(|_| !row.unreported) {
            row.missed = cache::missed(&counted, &usage, providers.least_cached(&row.model));
            if row.missed > 0 {
                let broke = row.against.as_ref().and_then(|row| row.broke.as_ref());
                row.miss = Some(cache::why(broke, row.idle, self.life));
            }
        }
        // By the price of then: today's may be another, or the model another's.
        row.lost = match basis {
            Basis::Local | Basis::Included | Basis::IncludedEstimated => Some(Money::usd(0)),
            Basis::Reported | Basis::Listed | Basis::Estimated => {
                price.map(|price| cache::lost(&usage, row.missed, price))
            }
            Basis::Unknown | Basis::Play => None,
        };
        self.counted = Some(usage);
        self.ended = Some(at);
        self.life = self
            .before
            .as_ref()
            .and_then(|before| before.body.as_ref())
            .map_or_else(CacheLife::default, |body| body.made.life);
    }
}

fn against(
    (before_model, before): (&ModelRef, &Rebuilt),
    (model, now): (&ModelRef, &Rebuilt),
) -> Against {
    let common = prefix::common(&before.bytes, &now.bytes);
    let broke = if before_model == model {
        let otherwise = Otherwise {
            outgrown: now.outgrown > before.outgrown,
            tools: now.hidden != before.hidden,
        };
        prefix::parts(&before.bytes, &now.bytes, common).map(|place| Break {
            cause: cache::cause(&place, (&before.made, &now.made), otherwise),
            place,
        })
    } else {
        // Each model has a cache of its own, also where its name is no part of the body.
        Some(Break {
            place: Place::Model,
            cause: Cause::Model,
        })
    };
    Against {
        before: before.bytes.len() as u64,
        common: common as u64,
        broke,
    }
}
