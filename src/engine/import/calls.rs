//! Calls of another program's session by the names that the program has for them: which have no result yet, and which call a
//! result belongs to. A result may stand far behind its call, and in a file that has grown it may come with a later import.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::agent::session::Session;
use crate::import::{Entry, What};
use crate::protocol::id::CallId;

/// Characters of a call's name there that are kept.
const ID: usize = 40;

/// A call that has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Open {
    /// What servers take of the name that the program has for it; several may have one.
    name: String,
    /// It is of the log, where what tells it from others of its name may stand behind that.
    kept: bool,
    pub(crate) id: CallId,
    pub(crate) turn: u32,
    pub(crate) step: u32,
}

impl Open {
    /// One that nobody else asks for.
    pub(crate) fn of(id: CallId, (turn, step): (u32, u32)) -> Self {
        Self {
            name: String::new(),
            kept: false,
            id,
            turn,
            step,
        }
    }

    /// Whether it has that name, with a number behind it because another had it before.
    fn is_of(&self, name: &str) -> bool {
        let rest = self.name.strip_prefix(name);
        let number = rest.and_then(|rest| rest.strip_prefix('-'));
        self.kept && number.is_some_and(|number| number.parse::<u32>().is_ok())
    }
}

#[derive(Debug, Default)]
pub(crate) struct Calls {
    /// In the order in which they were made.
    open: Vec<Open>,
    /// Those of the log whose result was given up.
    lost: Vec<CallId>,
    /// Names that are taken.
    taken: HashSet<String>,
    /// What comes yet of each name, in order: a result or, `false`, another call.
    coming: HashMap<String, VecDeque<bool>>,
}

impl Calls {
    /// As the log has them. `lost`: calls whose result was given up.
    pub(crate) fn of(fold: Option<&Session>, lost: Vec<CallId>) -> Self {
        let calls = fold.into_iter().flat_map(|fold| &fold.open_calls);
        let open = calls.map(|(id, call)| Open {
            name: name_of(id).to_owned(),
            kept: true,
            id: id.clone(),
            turn: call.turn,
            step: call.step,
        });
        let mut open: Vec<Open> = open.collect();
        open.sort_by_key(|call| (call.turn, call.step));
        Self {
            open,
            lost,
            ..Self::default()
        }
    }

    /// What is about to be taken in.
    pub(crate) fn expect(&mut self, entries: &[Entry]) {
        for entry in entries {
            let (name, is_result) = match &entry.what {
                What::Call { id, .. } => (id, false),
                What::Result { call, .. } => (call, true),
                _ => continue,
            };
            let coming = self.coming.entry(legal(name)).or_default();
            coming.push_back(is_result);
        }
    }

    /// A name for a call of a turn that no other has.
    pub(crate) fn name(&mut self, turn: u32, there: &str) -> CallId {
        let base = legal(there);
        let mut name = base.clone();
        let mut number = 1;
        while !self.taken.insert(name.clone()) {
            number += 1;
            name = format!("{base}-{number}");
        }
        CallId(format!("{turn}-{name}"))
    }

    /// A call was made that waits for its result.
    pub(crate) fn made(&mut self, there: &str, id: CallId, (turn, step): (u32, u32)) {
        let name = legal(there);
        self.pass(&name);
        self.open.push(Open {
            name,
            kept: false,
            id,
            turn,
            step,
        });
    }

    /// The call that a result is of: the oldest of its name that has none, else the newest of the log whose result was given up.
    pub(crate) fn answered(&mut self, there: &str) -> Option<Open> {
        let name = legal(there);
        self.pass(&name);
        let exactly = self.open.iter().position(|call| call.name == name);
        if let Some(at) = exactly.or_else(|| self.open.iter().position(|call| call.is_of(&name))) {
            return Some(self.open.remove(at));
        }
        let is_lost = |id: &CallId| !name.is_empty() && name_of(id) == name;
        let at = self.lost.iter().rposition(is_lost)?;
        let id = self.lost.remove(at);
        Some(Open {
            turn: turn_of(&id),
            step: 1,
            name,
            kept: true,
            id,
        })
    }

    /// Whether none of a turn waits for its result.
    pub(crate) fn is_quiet(&self, turn: u32) -> bool {
        self.open.iter().all(|call| call.turn != turn)
    }

    /// Those that no result comes for any more.
    pub(crate) fn give_up(&mut self) -> Vec<Open> {
        let (mut left, mut given_up, mut stay) = (HashMap::new(), Vec::new(), Vec::new());
        for call in std::mem::take(&mut self.open) {
            let coming = match self.coming.get_key_value(&call.name) {
                None if call.kept => self.coming.iter().find(|(name, _)| call.is_of(name)),
                coming => coming,
            };
            // Results before the next call of that name are those of the calls that are open now.
            let waits = coming.is_some_and(|(name, coming)| {
                let results = || coming.iter().take_while(|result| **result).count();
                let left = left.entry(name.as_str()).or_insert_with(results);
                let waits = *left > 0;
                *left = left.saturating_sub(1);
                waits
            });
            if waits {
                stay.push(call);
            } else {
                given_up.push(call);
            }
        }
        self.open = stay;
        given_up
    }

    fn pass(&mut self, name: &str) {
        if let Some(coming) = self.coming.get_mut(name) {
            coming.pop_front();
        }
    }
}

/// A name as it goes to a model when the session is gone on with: servers take no other signs and no longer ones.
fn legal(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let signs = name.chars().map(|c| if fits(c) { c } else { '_' });
    signs.take(ID).collect()
}

fn name_of(id: &CallId) -> &str {
    id.0.split_once('-').map_or(id.0.as_str(), |(_, name)| name)
}

fn turn_of(id: &CallId) -> u32 {
    let turn = id.0.split_once('-').map(|(turn, _)| turn);
    turn.and_then(|turn| turn.parse().ok()).unwrap_or_default()
}
