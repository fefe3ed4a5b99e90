//! Opens a session that begins with the conversation of another.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::agent::fork::{self, Wanted};
use crate::agent::picture::Pictures;
use crate::agent::prompt::Placed;
use crate::agent::session::Session;
use crate::agent::size::Sent;
use crate::engine::effect::derive;
use crate::engine::house::House;
use crate::engine::open::placed;
use crate::engine::owner::Held;
use crate::engine::picture;
use crate::engine::request;
use crate::engine::session::{Task, Word};
use crate::engine::switch::likely;
use crate::engine::taken_up;
use crate::protocol::cache::Made;
use crate::protocol::event::{Fact, Signal};
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::item::Item;
use crate::protocol::query::Page;
use crate::protocol::session::ForkRequest;
use crate::protocol::usage::CacheLife;
use crate::store::Batch;

type Inbox = mpsc::UnboundedReceiver<Word>;

pub(crate) async fn new(
    house: &Arc<House>,
    id: SessionId,
    request: ForkRequest,
    inbox: Inbox,
) -> Result<Task, (String, Inbox)> {
    match begin(house, id, request).await {
        Ok((session, items, pictures, held)) => {
            let house = Arc::clone(house);
            let mut task = Task::new(house, session, items, inbox, held);
            task.pictures = pictures;
            Ok(task)
        }
        Err(why) => Err((why, inbox)),
    }
}

async fn begin(
    house: &Arc<House>,
    id: SessionId,
    request: ForkRequest,
) -> Result<(Session, Vec<Placed>, Pictures, Held), String> {
    house.check_model(&request.model)?;
    let held = house.hold(id).await?;
    if house.read(move |reader| reader.card(id)).await?.is_some() {
        return Err(format!("session {} is in the log already", id.short()));
    }
    let from = request.from;
    let mut events = house
        .read(move |reader| reader.history(from, Page::After(Seq(0)), u32::MAX))
        .await?;
    if let Some(before) = request.before {
        fork::end_before(&mut events, before);
    }
    let mut parent = Session::fold(None, &events)
        .ok_or_else(|| format!("session {} is not in the log", from.short()))?;
    if parent.spec.is_foreign() {
        let change = taken_up::taken_up(house, from, &parent.spec, None).await?;
        parent.spec.take_up(&change);
    }
    // What is lent to a session is not lent to its fork.
    let lent = parent.loan.as_ref().filter(|_| request.mode == parent.mode);
    let wanted = Wanted {
        model: request.model.clone(),
        mode: lent.map_or(request.mode, |loan| loan.back),
        effort: request.effort,
    };
    let facts = fork::facts(&parent, &events, wanted)?;
    let pictures = picture::gather(house, facts.iter()).await?;
    fits(
        house,
        id,
        &request,
        (&parent.spec.system, &pictures),
        &facts,
    )?;
    let at = house.clock.now();
    let batch = Batch {
        session: id,
        at,
        day: house.clock.day(at),
        blobs: outputs(house, &facts).await?,
        facts,
        reserved: None,
        derive: derive(None),
        clears_draft: false,
        outcomes_after: None,
        import: None,
    };
    let events = house
        .append(batch)
        .await
        .map_err(|error| error.to_string())?
        .events;
    let session = Session::fold(None, &events).ok_or("the session could not be opened")?;
    // All of it is in the log by now. What was said in the other session is read there, since it may be more than a listener
    // can be behind.
    if let Some(opened) = events.first() {
        house.tell(Signal::Event(Box::new(opened.clone())));
    }
    let items = events.into_iter().filter_map(placed).collect();
    Ok((session, items, pictures, held))
}

fn fits(
    house: &House,
    id: SessionId,
    request: &ForkRequest,
    (system, pictures): (&str, &Pictures),
    facts: &[Fact],
) -> Result<(), String> {
    let items: Vec<Placed> = facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::ItemAdded {
                turn, step, item, ..
            } => Some((*turn, *step, item.clone())),
            _ => None,
        })
        .collect();
    let made = Made {
        max_output: 0,
        effort: request.effort,
        life: CacheLife::default(),
    };
    let too_small = house.too_small(&request.model, |model| {
        let prompt = request::prompt(house, (id, system), model, &items, (made, pictures));
        likely(&Sent::new(&prompt), None)
    });
    too_small.map_or(Ok(()), Err)
}

/// The whole outputs of the calls and the pictures, so that they stay when the other session is purged. One that is gone is
/// gone there too.
async fn outputs(house: &Arc<House>, facts: &[Fact]) -> Result<Vec<Vec<u8>>, String> {
    let images = facts.iter().flat_map(Fact::images);
    let images = images.map(|image| image.hash.clone());
    let hashes: Vec<String> = facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::ItemAdded {
                item: Item::Result { outcome, .. } | Item::Shell { outcome, .. },
                ..
            } => outcome.whole.as_ref().map(|whole| whole.hash.clone()),
            _ => None,
        })
        .chain(images)
        .collect();
    house
        .read(move |reader| {
            let mut outputs = Vec::new();
            for hash in &hashes {
                outputs.extend(reader.blob(hash)?);
            }
            Ok(outputs)
        })
        .await
}
