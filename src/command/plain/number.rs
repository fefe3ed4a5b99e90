//! What a number alone means: an answer, a place in a list, or a prompt. It is sent only where it can have been meant as
//! nothing else, since it is typed blindly and an answer to an ask lets things happen.

use std::time::Duration;

use tokio::time::Instant;

use crate::agent::visible::one_line;
use crate::command::Trouble;
use crate::command::plain::desk::{Desk, Picks};
use crate::command::plain::typed::{Came, QUIET};
use crate::protocol::event::{Ending, When};
use crate::protocol::id::Seq;

/// How things stand when a number alone is typed.
#[derive(Debug, Clone, Default)]
struct Standing {
    /// What this session asks.
    here: Vec<Seq>,
    /// What another session asks.
    elsewhere: Option<Seq>,
    /// How long ago an ask of this session was told last.
    told: Option<Duration>,
    /// That was after the line before.
    news: bool,
    /// A list was told, and a number takes from it.
    list: bool,
    came: Came,
    /// The model has said its last word here, which may have been a question.
    rests: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Means {
    Answer(Seq),
    Pick,
    Prompt,
    /// Nothing is done, and why.
    Nothing(String),
}

fn means(number: usize, standing: &Standing) -> Means {
    let waits = match (standing.here.as_slice(), &standing.elsewhere) {
        ([], None) => None,
        // Lists are how one goes to what waits elsewhere.
        ([], Some(_)) if standing.list => None,
        ([ask, ..], _) | ([], Some(ask)) => Some(*ask),
    };
    let say = format!("say {number} sends it");
    let nothing = |why: String| Means::Nothing(format!("nothing was done: {why}"));
    let Some(ask) = waits else {
        return match standing {
            Standing { news: true, .. } => nothing(format!(
                "what was asked here waits no more, and a number alone is not sent then; {say}"
            )),
            Standing { list: true, .. } => Means::Pick,
            Standing { rests: true, .. } => Means::Prompt,
            _ => nothing(format!(
                "no ask waits and no list was told, so {number} alone answers nothing; {say}"
            )),
        };
    };
    let full = format!("ask {ask} {number}");
    match standing {
        Standing { list: true, .. } => nothing(format!(
            "a list was told and ask {ask} waits; {full} answers, go {number} goes to a session"
        )),
        Standing { here, .. } if here.is_empty() => nothing(format!(
            "ask {ask} is another session's; {full} answers it, {say}"
        )),
        Standing { here, .. } if here.len() > 1 => nothing(format!(
            "{} asks wait here; {full} answers the first of them",
            here.len()
        )),
        Standing {
            came: Came::Together,
            ..
        } => nothing(format!(
            "it came together with another line; {full} answers"
        )),
        Standing {
            told: Some(told), ..
        } if *told < QUIET => nothing(format!("ask {ask} had only just been told; {full} answers")),
        _ => Means::Answer(ask),
    }
}

impl Desk<'_> {
    /// Does what a number alone means. `before` is when the line before it was typed.
    pub async fn number(
        &mut self,
        (number, line): (usize, &str),
        (picks, confirm): (Option<Picks>, Option<(Seq, String)>),
        (came, before): (Came, Option<Instant>),
    ) -> Result<(), Trouble> {
        let room = self.room();
        let told = room.asked;
        let news = told.is_some_and(|asked| before.is_none_or(|before| asked > before));
        let ending = room.session.as_ref().map(|session| &session.ending);
        let others = self.rooms.iter().filter(|other| other.id != room.id);
        let standing = Standing {
            here: room.asks.keys().copied().collect(),
            elsewhere: others.flat_map(|other| other.asks.keys().copied()).next(),
            told: told.map(|asked| asked.elapsed()),
            news,
            list: picks.is_some(),
            came,
            rests: !room.busy() && matches!(ending, Some(Some(Ending::Finished))),
        };
        match means(number, &standing) {
            Means::Answer(ask) => self.answer(ask.0, &number.to_string(), confirm).await?,
            Means::Prompt => self.prompt(line.to_owned(), When::Step).await,
            Means::Pick => self.pick(picks, number).await?,
            Means::Nothing(why) => {
                self.picks = picks;
                self.say(one_line(&why));
            }
        }
        Ok(())
    }

    async fn pick(&mut self, picks: Option<Picks>, number: usize) -> Result<(), Trouble> {
        let Some(Picks::Models(models)) = picks else {
            return self.go(number).await;
        };
        let chosen = number.checked_sub(1).and_then(|index| models.get(index));
        match chosen.cloned() {
            Some(model) => self.take_model(model).await?,
            None => self.say(format!(
                "there is no {number} in the list. nothing was done"
            )),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn a_number_answers_the_one_ask_of_this_session_and_nothing_by_accident() {
        let long = Some(QUIET);
        let here = || Standing {
            here: vec![Seq(41)],
            told: long,
            news: true,
            ..Standing::default()
        };
        let list = || Standing {
            list: true,
            ..Standing::default()
        };
        let rests = || Standing {
            rests: true,
            ..Standing::default()
        };
        let cases = [
            (
                "one ask, told a while ago",
                here(),
                Ok(Means::Answer(Seq(41))),
            ),
            (
                "told before the line before",
                Standing {
                    news: false,
                    ..here()
                },
                Ok(Means::Answer(Seq(41))),
            ),
            (
                "only just told",
                Standing {
                    told: Some(Duration::from_millis(399)),
                    ..here()
                },
                Err("only just been told"),
            ),
            (
                "pasted",
                Standing {
                    came: Came::Together,
                    ..here()
                },
                Err("together"),
            ),
            (
                "two asks here",
                Standing {
                    here: vec![Seq(41), Seq(43)],
                    ..here()
                },
                Err("2 asks wait here; ask 41 1"),
            ),
            (
                "an ask here and one elsewhere",
                Standing {
                    elsewhere: Some(Seq(9)),
                    ..here()
                },
                Ok(Means::Answer(Seq(41))),
            ),
            (
                "an ask of another session",
                Standing {
                    elsewhere: Some(Seq(9)),
                    ..rests()
                },
                Err("another session's; ask 9 1 answers it, say 1 sends it"),
            ),
            (
                "an ask and a list",
                Standing {
                    list: true,
                    ..here()
                },
                Err("ask 41 1 answers, go 1 goes"),
            ),
            (
                "a list, which is the way to an ask of another session",
                Standing {
                    elsewhere: Some(Seq(9)),
                    ..list()
                },
                Ok(Means::Pick),
            ),
            ("a list", list(), Ok(Means::Pick)),
            ("the model may have asked", rests(), Ok(Means::Prompt)),
            (
                "an ask that is gone",
                Standing {
                    told: long,
                    news: true,
                    ..rests()
                },
                Err("waits no more"),
            ),
            (
                "an ask that was answered a while ago",
                Standing {
                    told: long,
                    ..rests()
                },
                Ok(Means::Prompt),
            ),
            (
                "a turn runs, or nothing was said yet",
                Standing::default(),
                Err("1 alone answers nothing; say 1 sends it"),
            ),
        ];
        for (case, standing, expected) in cases {
            match (means(1, &standing), expected) {
                (Means::Nothing(why), Err(part)) => assert!(why.contains(part), "{case}: {why}"),
                (found, expected) => assert_eq!(Ok(found), expected, "{case}"),
            }
        }
    }
}
