//! Sessions by words: by their titles, folders and models, and by what was said in them.

use crate::agent::visible::{brief, one_line};
use crate::command::moment;
use crate::command::plain::desk::Desk;
use crate::command::plain::spoken::age;
use crate::command::{Trouble, find};
use crate::protocol::query::{Found, Query};
use crate::protocol::search::{Hit, Search};
use crate::protocol::session::Card;

/// Hits that are told: by ear a longer list is none any more.
const MOST: u32 = 8;

impl Desk<'_> {
    pub async fn find(&mut self, words: &str) -> Result<(), Trouble> {
        let cards = find::sessions(self.door, None, false).await?;
        let search = Search {
            text: words.to_owned(),
            limit: MOST,
            ..Search::default()
        };
        let hits = match self.door.ask(Query::Search(search)).await {
            Found::Hits(hits) => hits,
            other => return Err(find::odd(&other)),
        };
        if let Some(why) = hits.unfit {
            self.say(format!("{}.", one_line(&why)));
            return Ok(());
        }
        let said: Vec<Hit> = hits.hits.into_iter().filter(|hit| !hit.beside).collect();
        let parts: Vec<String> = words
            .to_lowercase()
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        let holds = |card: &Card| said.iter().any(|hit| hit.session == card.id);
        let found: Vec<Card> = cards
            .into_iter()
            .filter(|card| fits(card, &parts) || holds(card))
            .collect();
        if found.is_empty() && said.is_empty() {
            self.say(
                "nothing fits. titles, folders and models of all sessions were searched, and what was said in them",
            );
            return Ok(());
        }
        if !found.is_empty() {
            self.list(found, 0, "more words narrow it");
        }
        let now = moment::from_system().time;
        for hit in said {
            let place = match self.index_of(hit.session) {
                Some(index) => self.rooms[index].name(),
                None => format!("session {}", hit.session.short()),
            };
            self.say(format!("in {place}: {}", told(&hit, &age(hit.at, now))));
        }
        Ok(())
    }
}

/// Whether each word stands in what a card says.
fn fits(card: &Card, words: &[String]) -> bool {
    let row = format!(
        "{} {} {} {} {}",
        card.title,
        card.gist,
        card.project.display(),
        card.model,
        card.id.short()
    );
    let row = row.to_lowercase();
    words.iter().all(|word| row.contains(word))
}

/// Who said what, and when.
fn told(hit: &Hit, age: &str) -> String {
    let who = match one_line(&hit.who) {
        who if who.is_empty() => hit.kind.name().to_owned(),
        who => who,
    };
    format!("{who}, {age}: {}.", brief(&hit.snippet, 160))
}
