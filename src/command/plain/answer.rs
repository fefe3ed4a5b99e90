//! The words that only ask: lists, sums, whole outputs, and what there is to choose from.

use std::fmt::Write as _;

use crate::agent::loan;
use crate::agent::visible::{brief, one_line};
use crate::command::moment;
use crate::command::plain::ask::everything;
use crate::command::plain::desk::{Desk, Picks};
use crate::command::plain::local::{found, usual_ports};
use crate::command::plain::room::{Room, Stage, said_mode};
use crate::command::plain::spoken::{self, age, amounts, money, spending, today};
use crate::command::plain::word::TABLE;
use crate::command::run::target::model_trouble;
use crate::command::table::counted;
use crate::command::{Trouble, find, show};
use crate::protocol::event::Fact;
use crate::protocol::id::{ModelRef, Seq};
use crate::protocol::item::{Item, joined};
use crate::protocol::money::Money;
use crate::protocol::query::{Found, ModelCard, Page, Query};
use crate::protocol::session::{Card, Change, State};
use crate::protocol::worktree::{Look, Sight};

/// Rows told of one list: by ear a longer one is no list any more.
const MOST: usize = 20;

impl Desk<'_> {
    /// All commands, or those of this name.
    pub fn help(&mut self, only: &str) {
        let wanted = |name: &str| only.is_empty() || name == only;
        let mut none = true;
        for (name, takes, help) in TABLE.iter().filter(|(name, ..)| wanted(name)) {
            none = false;
            let takes = if takes.is_empty() {
                String::new()
            } else {
                format!(" {takes}")
            };
            self.say(format!("{name}{takes}: {help}."));
        }
        if none {
            self.say(format!("there is no command {only}. help lists them"));
        }
        if !only.is_empty() {
            return;
        }
        self.say("a number alone: answers the one ask of this session, else takes from the list told last.");
        self.say("an exclamation mark and a command: run it yourself, unasked.");
        self.say(
            "anything else is a prompt of the current session; while a turn runs it goes in before the next step.",
        );
        self.say("control C stops the turn, twice ends. the end of the input ends a pipe once its turns have ended.");
    }

    /// Where one is, in a line.
    pub fn describe(&mut self) {
        let room = self.room();
        let mut said = String::new();
        match room.model() {
            Some(model) => {
                let _ = write!(said, "model {}. ", one_line(&model.to_string()));
            }
            None => said.push_str("no model yet. "),
        }
        let now = moment::from_system().time;
        said.push_str(said_mode(room.mode(now)));
        let loan = room
            .session
            .as_ref()
            .and_then(|session| session.loan.as_ref());
        if let Some(loan) = loan.filter(|loan| loan.used(now).is_none()) {
            let _ = write!(said, " lent, {}.", spoken::terms(&loan.left(now)));
        }
        let _ = write!(said, " folder {}.", one_line(&room.cwd.to_string_lossy()));
        match &room.session {
            None => said.push_str(" nothing was said yet."),
            Some(session) => {
                let title = brief(&session.title, 80);
                let state = session.state().name();
                let _ = write!(
                    said,
                    " {title}. {state}, {}.",
                    counted(session.turn.into(), "turn")
                );
                if !session.gist.is_empty() {
                    let _ = write!(said, " last: {}", brief(&session.gist, 160));
                }
            }
        }
        let index = self.at;
        self.tell_of(index, said);
    }

    pub async fn board(&mut self) -> Result<(), Trouble> {
        let cards = find::sessions(self.door, None, false).await?;
        let fresh: Vec<String> = self
            .rooms
            .iter()
            .filter(|room| room.stage == Stage::Fresh)
            .map(|room| format!("{}: new, nothing said yet.", room.name()))
            .collect();
        let told = fresh.len();
        for line in fresh {
            self.say(line);
        }
        self.list(cards, told, "find WORDS looks among all of them");
        Ok(())
    }

    /// Those that wait first, then working, stopped and finished ones, each the newest first; `told`: so many were told before
    /// them. A number once told stays.
    pub fn list(&mut self, mut cards: Vec<Card>, told: usize, more: &str) {
        let rank = |state| match state {
            State::Waiting | State::Paused => 0,
            State::Working => 1,
            State::Failed | State::Interrupted => 2,
            State::Done | State::Archived => 3,
        };
        cards.sort_by_key(|card| rank(card.state));
        let now = moment::from_system().time;
        let left = cards.len().saturating_sub(MOST);
        cards.truncate(MOST);
        for card in &cards {
            let index = if let Some(index) = self.index_of(card.id) {
                index
            } else {
                let number = self.rooms.len() + 1;
                self.rooms
                    .push(Room::listed(card, number, self.config.mode));
                number - 1
            };
            let name = self.rooms[index].name();
            let state = match card.state {
                State::Waiting => "waits for you",
                State::Paused => "paused",
                State::Working => "works",
                State::Done => "finished",
                State::Failed => "failed",
                State::Interrupted => "stopped",
                State::Archived => "archived",
            };
            let mut cost = amounts(&card.cost);
            if card.unpriced > 0 {
                let _ = write!(
                    cost,
                    " and {} without a price",
                    counted(card.unpriced.into(), "call")
                );
            }
            self.say(format!(
                "{name}: {state}, {}. {}. model {}. {cost}.",
                age(card.active, now),
                brief(&card.title, 80),
                one_line(&card.model.to_string())
            ));
        }
        if left > 0 {
            self.say(format!("{left} more. {more}."));
        }
        self.say(format!(
            "{}. a number goes there; here is {}.",
            counted((cards.len() + left + told) as u64, "session"),
            self.room().number
        ));
        self.picks = Some(Picks::Sessions);
    }

    pub async fn cost(&mut self) -> Result<(), Trouble> {
        let here = match &self.room().session {
            Some(session) => spending(&session.session_sum.spent),
            None => money(Money::usd(0)),
        };
        match self.door.ask(Query::Today).await {
            Found::Today(spent) => self.say(format!("session {here}. {}.", today(spent))),
            other => return Err(find::odd(&other)),
        }
        Ok(())
    }

    /// Takes the model that a name fits, else tells those to choose from.
    pub async fn models(&mut self, name: &str) -> Result<(), Trouble> {
        let cards = match self.door.ask(Query::Models).await {
            Found::Models(cards) => cards,
            other => return Err(find::odd(&other)),
        };
        if let Ok(model) = name.parse::<ModelRef>()
            && (cards.iter().any(|card| card.model == model)
                || (!name.is_empty() && model_trouble(&model, self.config).is_none()))
        {
            return self.take_model(model).await;
        }
        // What only their servers can tell is asked for the list, as the workstation does.
        let cards = match self.door.ask(Query::Served { elsewhere: true }).await {
            Found::Models(cards) => cards,
            other => return Err(find::odd(&other)),
        };
        let mut fitting: Vec<&ModelCard> = cards
            .iter()
            .filter(|card| card.lacks.is_none())
            .filter(|card| card.model.to_string().contains(name))
            .collect();
        let exact: Vec<&ModelCard> = fitting
            .iter()
            .copied()
            .filter(|card| card.model.model == name)
            .collect();
        let only = match (exact.as_slice(), fitting.as_slice()) {
            ([one], _) | ([], [one]) if !name.is_empty() => Some(one.model.clone()),
            _ => None,
        };
        if let Some(model) = only {
            return self.take_model(model).await;
        }
        if fitting.is_empty() {
            let name = one_line(name);
            self.say(format!(
                "no usable model fits {name}. model without a name tells them"
            ));
            self.tell_local().await;
            return Ok(());
        }
        // Those of the same vendor first.
        let vendor = self.room().model().map(|model| model.provider.clone());
        fitting.sort_by_key(|card| Some(&card.model.provider) != vendor.as_ref());
        let left = fitting.len().saturating_sub(MOST);
        fitting.truncate(MOST);
        for (index, card) in fitting.iter().enumerate() {
            self.say(format!("{} {}.", index + 1, model_line(card)));
        }
        if left > 0 {
            self.say(format!(
                "{left} more: model and a part of the name narrows the list."
            ));
        }
        self.say("a number takes one.");
        if name.is_empty() {
            self.tell_local().await;
        }
        let models = fitting.iter().map(|card| card.model.clone()).collect();
        self.picks = Some(Picks::Models(models));
        Ok(())
    }

    /// Which servers of this machine the config does not have.
    pub async fn tell_local(&mut self) {
        for line in found(usual_ports(), &self.config.providers).await {
            self.say(line);
        }
    }

    /// Takes a model up, but for one that what was said does not fit, and one of a company that nothing of this project was
    /// ever sent to: that takes saying it twice.
    pub async fn take_model(&mut self, model: ModelRef) -> Result<(), Trouble> {
        let room = self.room();
        let asking = (room.id, model.clone());
        let asked = self.asked.take();
        let room = self.room();
        let spoken = room
            .session
            .as_ref()
            .is_some_and(|session| session.turn > 0);
        if spoken {
            let query = Query::Offers {
                session: Some(room.id),
                cwd: room.cwd.clone(),
                typed: String::new(),
                also: Some(model.clone()),
            };
            let offers = match self.door.ask(query).await {
                Found::Offers(offers) => offers,
                other => return Err(find::odd(&other)),
            };
            let offer = offers.iter().find(|offer| offer.card.model == model);
            if offer.is_some_and(|offer| !offer.fits()) {
                self.say(format!(
                    "what was said here does not fit into {model}. nothing was changed"
                ));
                return Ok(());
            }
            let first = offer.filter(|offer| offer.first && asked.as_ref() != Some(&asking));
            if let Some(offer) = first {
                let host = one_line(offer.host.as_deref().unwrap_or("another company"));
                self.say(format!(
                    "all that was said here would go to {host}, where nothing of this project ever went. \
                     model {model} once more takes it"
                ));
                self.asked = Some(asking);
                return Ok(());
            }
        }
        self.change(Change::Model { model });
        Ok(())
    }

    pub fn mode(&mut self, name: &str) {
        if name.is_empty() {
            let now = moment::from_system().time;
            let room = self.room();
            let said = said_mode(room.mode(now));
            let loan = room
                .session
                .as_ref()
                .and_then(|session| session.loan.as_ref());
            let left = loan
                .filter(|loan| loan.used(now).is_none())
                .map(|loan| format!(" it is lent: {}, then {}.", loan.left(now), loan.back));
            let left = left.unwrap_or_default();
            self.say(format!("{said}{left} the others: plan, ask, edits, auto."));
            return;
        }
        match loan::read(name, moment::from_system().time) {
            Ok(change) => self.change(change),
            Err(why) => self.say(one_line(&why)),
        }
    }

    /// Says who else writes in this session's folder, each once.
    pub async fn tell_writers(&mut self) {
        let room = self.room();
        let look = Look::Writers {
            cwd: room.cwd.clone(),
            beside: room.id,
        };
        let Found::Worktree(sight) = self.door.ask(Query::Worktree(look)).await else {
            return;
        };
        // What cannot be told is no reason not to go on.
        let Sight::Writers(writers) = *sight else {
            return;
        };
        for writer in writers {
            if self.room().writers.contains(&writer.session) {
                continue;
            }
            self.room_mut().writers.push(writer.session);
            let name = match self.index_of(writer.session) {
                Some(index) => self.rooms[index].name(),
                None => format!("{}, in another terminal,", brief(&writer.title, 60)),
            };
            self.say(format!("{name} writes in this folder too."));
        }
    }

    pub fn queued(&mut self) {
        let queued: Vec<String> = self
            .room()
            .session
            .iter()
            .flat_map(|session| &session.queued)
            .map(|message| brief(&joined(&message.blocks), 200))
            .collect();
        if queued.is_empty() {
            self.say("nothing is queued here");
        }
        for (index, text) in queued.into_iter().enumerate() {
            self.say(format!("{} {text}", index + 1));
        }
    }

    /// The whole of an output, an answer or an ask, by the number it was told under.
    pub async fn show(&mut self, number: Seq) -> Result<(), Trouble> {
        let mut order: Vec<usize> = (0..self.rooms.len()).collect();
        order.sort_by_key(|index| *index != self.at);
        for index in order {
            if self.rooms[index].stage == Stage::Fresh {
                continue;
            }
            let session = self.rooms[index].id;
            let query = Query::History {
                session,
                page: Page::After(Seq(number.0.saturating_sub(1))),
                limit: 1,
            };
            let events = match self.door.ask(query).await {
                Found::History(events) => events,
                other => return Err(find::odd(&other)),
            };
            let Some(event) = events.into_iter().find(|event| event.seq == number) else {
                continue;
            };
            let text = match &event.fact {
                Fact::ItemAdded { item, .. } => self.whole(item).await?,
                Fact::AskRaised { ask } => Some(everything(number, ask).join("\n")),
                _ => None,
            };
            if let Some(text) = text {
                for line in text.lines() {
                    self.say(line);
                }
                self.say(format!(
                    "end of {number}, {}.",
                    counted(text.lines().count() as u64, "line")
                ));
                return Ok(());
            }
        }
        self.say(format!(
            "there is nothing to show under {number} in the sessions that are open"
        ));
        Ok(())
    }

    async fn whole(&self, item: &Item) -> Result<Option<String>, Trouble> {
        let outcome = match item {
            Item::Prompt { blocks, .. } => return Ok(Some(joined(blocks))),
            Item::Answer { text, .. } | Item::Thought { text, .. } | Item::Notice { text } => {
                return Ok(Some(text.clone()));
            }
            Item::Recalled(recalled) => return Ok(Some(recalled.text.clone())),
            Item::Call(call) => return Ok(Some(show::arguments(call))),
            Item::Result { outcome, .. } | Item::Shell { outcome, .. } => outcome,
        };
        let Some(whole) = &outcome.whole else {
            return Ok(Some(outcome.text.clone()));
        };
        let hash = whole.hash.clone();
        match self.door.ask(Query::Blob { hash }).await {
            Found::Blob(Some(bytes)) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            // It was purged: what the model read of it is still there.
            Found::Blob(None) => Ok(Some(outcome.text.clone())),
            other => Err(find::odd(&other)),
        }
    }
}

/// A model with what it costs.
pub fn model_line(card: &ModelCard) -> String {
    let mut said = one_line(&card.model.to_string());
    match &card.price {
        _ if card.subscription => said.push_str(", by subscription"),
        Some(price) => {
            let of = |a_token: i64| {
                money(Money {
                    parts: a_token.saturating_mul(1_000_000),
                    currency: price.currency,
                })
            };
            let _ = write!(
                said,
                ", {} in and {} out a million tokens",
                of(price.input),
                of(price.output)
            );
            if let Some(date) = &card.price_date {
                let _ = write!(said, ", price of {date}");
            }
        }
        None if card.local => said.push_str(", on this machine, free"),
        None => said.push_str(", price unknown"),
    }
    said
}
