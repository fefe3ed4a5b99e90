//! Steps that come to nothing, time and again: calls that no tool can make anything of, or that were cut off, and pauses. The
//! model is told and may mend it a few times; each time is paid for.

use crate::agent::turn::effect::Effect;
use crate::agent::turn::{Open, Turn};
use crate::protocol::event::Ending;
use crate::protocol::failure::Stop;

/// How often in a row a model may mend what came to nothing.
const MOST_REPAIRS: u32 = 3;

/// How a step came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Its calls had arguments that cannot be read, or named no tool there is.
    Broken,
    /// It was cut off before its calls were whole.
    Cut,
    /// The server ended it in a way nobody knows, so its calls may not be whole.
    Odd,
    /// The server paused.
    Paused,
}

/// The steps in a row that came to nothing.
#[derive(Debug, Default)]
pub(super) struct Vain {
    /// Why the last answer stopped.
    pub(super) stop: Option<Stop>,
    way: Option<Way>,
    times: u32,
}

impl Turn {
    /// Ends a turn whose last steps all came to nothing in one way. `true`: it has ended. What a person says meanwhile may
    /// change it, so that is answered first.
    pub(super) fn ends_in_vain(&mut self, effects: &mut Vec<Effect>) -> bool {
        let way = self.came_to_nothing();
        let goes_on = way.is_some() && way == self.vain.way && self.steering.is_empty();
        self.vain.times = if goes_on { self.vain.times + 1 } else { 1 };
        self.vain.way = way;
        let Some(way) = way.filter(|_| self.vain.times > MOST_REPAIRS) else {
            return false;
        };
        let text = text(way, self.vain.times);
        self.end(Ending::Limit { text }, effects);
        true
    }

    fn came_to_nothing(&self) -> Option<Way> {
        match self.vain.stop {
            Some(Stop::Pause) if self.calls.is_empty() => Some(Way::Paused),
            _ if self.calls.is_empty() => None,
            Some(Stop::Length) => Some(Way::Cut),
            Some(Stop::Error) => Some(Way::Odd),
            _ => {
                let is_broken = |open: &Open| open.broken;
                self.calls.iter().all(is_broken).then_some(Way::Broken)
            }
        }
    }
}

fn text(way: Way, times: u32) -> String {
    match way {
        Way::Broken => format!(
            "{times} answers in a row made no call that can be run: say what is wrong with them, or choose another model"
        ),
        Way::Cut => format!(
            "{times} answers in a row were cut off by the output limit within a call: ask for smaller pieces, or raise \
             `max_output` of the model in the config"
        ),
        Way::Odd => format!(
            "{times} answers in a row with a call were ended by the server in a way that is not known: ask again later, or \
             choose another model"
        ),
        Way::Paused => format!(
            "the server paused {times} times in a row without a last word: say that it should go on, or choose another model"
        ),
    }
}
