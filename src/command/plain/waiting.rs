//! What waits for the person, over all sessions: told, and answered by number.

use tokio::time::Instant;

use crate::agent::visible::brief;
use crate::command::plain::ask;
use crate::command::plain::desk::Desk;
use crate::command::plain::reply::{self, Reply};
use crate::command::{Trouble, find};
use crate::protocol::ask::About;
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::op::Op;
use crate::protocol::query::{Found, Query};

/// Characters of a draft that are told.
const DRAFT: usize = 300;

impl Desk<'_> {
    /// All asks that wait, over all sessions.
    pub fn asks(&mut self) {
        let mut none = true;
        for index in 0..self.rooms.len() {
            let waiting = self.rooms[index].asks.clone();
            for (number, waiting) in waiting {
                none = false;
                let subject = ask::subject(&waiting.about);
                self.tell_of(index, format!("ask {number}: {subject}."));
            }
        }
        if none {
            self.say("nothing waits. asks of all sessions are told as they come");
        }
    }

    /// What was written in this session on the screen and not sent.
    pub async fn tell_draft(&mut self) -> Result<(), Trouble> {
        let session = Some(self.room().id);
        let draft = match self.door.ask(Query::Draft { session }).await {
            Found::Draft(draft) => draft.unwrap_or_default(),
            other => return Err(find::odd(&other)),
        };
        if !draft.trim().is_empty() {
            let said = drafted(&draft);
            self.tell_of(
                self.at,
                format!("written here on the screen and not sent: {said}"),
            );
        }
        Ok(())
    }

    /// An answer names the number that was told, and goes to the very ask told under it; a changed one has another number.
    pub async fn answer(
        &mut self,
        number: u64,
        choice: &str,
        confirm: Option<(Seq, String)>,
    ) -> Result<(), Trouble> {
        let number = Seq(number);
        let found = self.rooms.iter().enumerate().find_map(|(index, room)| {
            let waiting = room.asks.get(&number)?;
            Some((index, waiting.clone()))
        });
        let Some((index, waiting)) = found else {
            let waiting: Vec<Seq> = self
                .rooms
                .iter()
                .flat_map(|room| room.asks.keys().copied())
                .collect();
            let way = match waiting[..] {
                [] => "nothing waits now".to_owned(),
                [one] => format!("ask {one} waits"),
                _ => "ask tells what waits".to_owned(),
            };
            self.say(format!(
                "ask {number} does not wait. nothing was answered; {way}"
            ));
            return Ok(());
        };
        if choice.is_empty() {
            let lines = ask::told(number, &waiting);
            self.tell_lines(index, lines);
            self.rooms[index].asked = Some(Instant::now());
            return Ok(());
        }
        let again = confirm == Some((number, choice.to_owned()));
        let room = &self.rooms[index];
        let call = match &waiting.about {
            About::Approval(approval) => room.call(&approval.call),
            _ => None,
        };
        let id = room.id;
        match reply::reply(number, &waiting, choice, again, call) {
            Err(why) => self.say(why),
            Ok(Reply::Answer(answer)) => {
                let ask = waiting.id;
                self.send(id, Op::Answer { ask, answer });
            }
            Ok(Reply::Confirm) => {
                self.confirm = Some((number, choice.to_owned()));
                self.say(format!(
                    "the risk is high. the same once more runs it: ask {number} {choice}"
                ));
            }
            Ok(Reply::Tell(lines)) => self.tell_lines(index, lines),
            Ok(Reply::Models) => {
                self.at = index;
                self.models("").await?;
            }
        }
        Ok(())
    }

    /// Nobody can answer any more: each turn that waits for an answer is stopped, and the others go on. Asks never answer by
    /// themselves, so neither yes nor no is said.
    pub fn nobody_answers(&mut self) {
        let waiting: Vec<(usize, SessionId, Seq)> = self
            .rooms
            .iter()
            .enumerate()
            .filter_map(|(index, room)| {
                let number = room.asks.keys().next()?;
                Some((index, room.id, *number))
            })
            .collect();
        for (index, id, number) in waiting {
            self.rooms[index].asks.clear();
            self.tell_of(
                index,
                format!(
                    "the input has ended, so nobody can answer ask {number}: the turn is stopped."
                ),
            );
            self.send(id, Op::Interrupt);
        }
    }
}

/// A draft in a line. The composer encloses what is no text of its own, a paste or a picture, in signs of a private plane.
fn drafted(draft: &str) -> String {
    let parts = draft.split('\u{100000}').enumerate().map(|(index, part)| {
        if index % 2 == 0 {
            part
        } else {
            "(a paste or a picture)"
        }
    });
    brief(&parts.collect::<String>(), DRAFT)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn a_draft_is_told_in_a_line() {
        for (draft, said) in [
            ("look at\nthe tests", "look at the tests"),
            (
                "see \u{100000}{\"hash\":1}\u{100000} here",
                "see (a paste or a picture) here",
            ),
            ("a\u{1b}[2Jb", "ab"),
        ] {
            assert_eq!(drafted(draft), said);
        }
    }
}
