//! The palette: everything that can be done or gone to, found by a few of its letters. A sign in front narrows it: `s:`
//! sessions, `,` settings, `/` commands; `@` goes on in the composer, where files are named.

use crate::protocol::id::SessionId;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::overlay::pick::{Pick, Picked};
use crate::tui::app::overlay::{Reply, Wish};
use crate::tui::widget::fuzzy::Query;

/// Rows that are kept of what matches: nobody scrolls further than through these.
const MOST: usize = 1_000;

/// Where a row leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goes {
    Act(Action),
    /// A command of the composer, with what it takes.
    Slash(&'static str, &'static str),
    Session(SessionId),
    /// A setting, by its full name.
    Setting(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub goes: Goes,
    /// What it does, or what it is called.
    pub title: String,
    /// Said behind it, and found too.
    pub beside: String,
    /// The key that does the same.
    pub key: String,
}

/// What the list is narrowed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    All,
    Sessions,
    Files,
    Settings,
    Commands,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Palette {
    entries: Vec<Entry>,
    pub pick: Pick,
    /// What the filter leaves, best first, by place in the entries.
    shown: Vec<usize>,
    /// What is still on its way: said where nothing is listed.
    pub waits: Vec<Scope>,
    /// Why something cannot be listed.
    pub failed: Option<String>,
}

impl Goes {
    fn scope(&self) -> Scope {
        match self {
            Self::Act(_) => Scope::All,
            Self::Slash(..) => Scope::Commands,
            Self::Session(_) => Scope::Sessions,
            Self::Setting(_) => Scope::Settings,
        }
    }
}

impl Scope {
    /// What is meant by a text that is typed, and the rest of it.
    pub fn of(typed: &str) -> (Self, &str) {
        let signs = [
            ("s:", Self::Sessions),
            ("@", Self::Files),
            ("＠", Self::Files),
            (",", Self::Settings),
            ("，", Self::Settings),
            ("/", Self::Commands),
            ("、", Self::Commands),
        ];
        for (sign, scope) in signs {
            if let Some(rest) = typed.strip_prefix(sign) {
                return (scope, rest.trim_start());
            }
        }
        (Self::All, typed)
    }

    /// Whether a row belongs to what is listed. Settings are many: they are there when something is typed, behind all else.
    fn has(self, goes: &Goes, typed: bool) -> bool {
        match self {
            Self::All if typed => true,
            Self::All => matches!(goes, Goes::Act(_) | Goes::Session(_)),
            scope => goes.scope() == scope,
        }
    }
}

impl Palette {
    /// The first entries come first while nothing is typed.
    pub fn new(entries: Vec<Entry>, waits: Vec<Scope>) -> Self {
        let mut palette = Self {
            entries,
            waits,
            ..Self::default()
        };
        palette.narrow();
        palette
    }

    /// Entries of one kind that were on their way, in place of those of this kind that were there.
    pub fn add(&mut self, scope: Scope, entries: Vec<Entry>) {
        self.waits.retain(|waits| *waits != scope);
        let chosen = self.chosen().map(|entry| entry.goes.clone());
        self.entries.retain(|entry| entry.goes.scope() != scope);
        self.entries.extend(entries);
        self.narrow();
        // What is highlighted stays so, whatever comes in.
        let mut shown = self.shown();
        let at = shown.position(|entry| Some(&entry.goes) == chosen.as_ref());
        drop(shown);
        if let Some(at) = at.filter(|_| self.pick.at > 0) {
            self.pick.at = at;
        }
    }

    /// Every row the filter leaves, best first.
    pub fn shown(&self) -> impl Iterator<Item = &Entry> {
        self.shown.iter().filter_map(|at| self.entries.get(*at))
    }

    pub fn scope(&self) -> Scope {
        Scope::of(self.pick.filter.as_str()).0
    }

    fn chosen(&self) -> Option<&Entry> {
        self.entries.get(*self.shown.get(self.pick.at)?)
    }

    /// A command's name and what is typed behind it.
    fn command(&self) -> (&str, &str) {
        let (_, rest) = Scope::of(self.pick.filter.as_str());
        match rest.split_once(' ') {
            Some((name, rest)) => (name, rest.trim()),
            None => (rest, ""),
        }
    }

    pub fn narrow(&mut self) {
        let (scope, rest) = Scope::of(self.pick.filter.as_str());
        let typed = !rest.trim().is_empty();
        let wanted = match scope {
            Scope::Commands => self.command().0,
            _ => rest,
        }
        .to_owned();
        let entries: Vec<usize> = (0..self.entries.len())
            .filter(|at| scope.has(&self.entries[*at].goes, typed))
            .collect();
        let texts: Vec<String> = entries
            .iter()
            .map(|at| {
                let entry = &self.entries[*at];
                format!("{} {}", entry.title, entry.beside)
            })
            .collect();
        let best = Query::new(&wanted).best(texts.iter().map(String::as_str), MOST);
        self.shown = best.iter().map(|found| entries[found.index]).collect();
        // A name that is typed whole is what is meant, whatever else has its letters.
        let named = |at: &usize| match &self.entries[*at].goes {
            Goes::Slash(name, _) => *name == wanted,
            _ => self.entries[*at].beside == wanted,
        };
        let is_setting = |at: &usize| matches!(self.entries[*at].goes, Goes::Setting(_));
        self.shown
            .sort_by_key(|at| (!named(at), scope == Scope::All && is_setting(at)));
        self.pick.at = self.pick.at.min(self.shown.len().saturating_sub(1));
    }

    pub fn insert(&mut self, text: &str) {
        self.pick.insert(text);
        self.narrow();
    }

    pub fn key(&mut self, press: Press) -> Reply {
        let count = self.shown.len();
        // Tab completes a command, so that what it takes can be typed.
        let picked = if press.action == Some(Action::PaletteComplete) {
            match self.chosen().map(|entry| entry.goes.clone()) {
                Some(Goes::Slash(name, _)) => self.type_command(name),
                _ => return Reply::Stay,
            }
            Picked::Moved
        } else {
            self.pick.key(press, count)
        };
        match picked {
            Picked::Closed => return Reply::Close,
            // Files are listed where they are named.
            Picked::Moved if self.scope() == Scope::Files => return Reply::Do(Wish::Files),
            Picked::Moved => {
                self.narrow();
                return Reply::Stay;
            }
            Picked::Chosen => {}
        }
        let Some(entry) = self.chosen() else {
            return Reply::Stay;
        };
        Reply::Do(match entry.goes.clone() {
            Goes::Act(action) => Wish::Act(action),
            Goes::Session(session) => Wish::Open(session, None),
            Goes::Setting(key) => Wish::Setting(key),
            Goes::Slash(name, takes) => {
                let given = match self.command() {
                    (typed, given) if self.scope() == Scope::Commands && typed == name => given,
                    _ => "",
                };
                if given.is_empty() && !takes.is_empty() {
                    self.type_command(name);
                    self.narrow();
                    return Reply::Stay;
                }
                Wish::Slash(name, given.to_owned())
            }
        })
    }

    fn type_command(&mut self, name: &str) {
        self.pick.filter.replace(&format!("/{name} "));
        self.pick.at = 0;
    }
}
