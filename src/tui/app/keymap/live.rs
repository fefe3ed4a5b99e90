//! The keys as they are now: the table with what the person wished for laid over it. Whatever names a key on the screen asks
//! here, so that it names the one that works.

use crossterm::event::KeyEvent;

use crate::tui::app::keymap::between::keeps;
use crate::tui::app::keymap::chord::{Chord, chord, plain};
use crate::tui::app::keymap::leader::{ALSO, Leader, TMUX};
use crate::tui::app::keymap::place::Place;
use crate::tui::app::keymap::reading::pairs_of;
use crate::tui::app::keymap::spelling::Stroke;
use crate::tui::app::keymap::{Action, Binding, table};
use crate::tui::terminal::notice::Between;

/// One row with the keys that it has now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    pub row: &'static Binding,
    /// Where these keys work: the row's own place, or one that the person gave it keys in.
    pub place: Place,
    pub keys: Vec<Chord>,
    /// Two keys, one after the other.
    pub pairs: Vec<(char, char)>,
    /// Keys after the leader.
    pub leaders: Vec<char>,
    /// The person has said what they are.
    pub own: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    pub leader: Leader,
    pub rows: Vec<Live>,
    /// What the keys come through: those it keeps for itself are not named where there are others.
    pub between: Between,
}

impl Default for Keymap {
    fn default() -> Self {
        Self::shipped(Leader::default())
    }
}

impl Live {
    pub fn shipped(row: &'static Binding) -> Self {
        Self {
            row,
            place: row.place,
            keys: row.keys.to_vec(),
            pairs: match row.place {
                Place::Transcript => pairs_of(row.action).collect(),
                _ => Vec::new(),
            },
            leaders: row.leader.into_iter().collect(),
            own: false,
        }
    }

    /// With the keys that the person gave it in a place.
    pub fn own(row: &'static Binding, place: Place, strokes: &[Stroke]) -> Self {
        let mut live = Self {
            row,
            place,
            keys: Vec::new(),
            pairs: Vec::new(),
            leaders: Vec::new(),
            own: true,
        };
        for stroke in strokes {
            match *stroke {
                Stroke::Chord(chord) => live.keys.push(chord),
                Stroke::Pair(first, second) => live.pairs.push((first, second)),
                Stroke::Led(c) => live.leaders.push(c),
            }
        }
        live
    }

    /// All its keys.
    pub fn strokes(&self) -> impl Iterator<Item = Stroke> {
        let keys = self.keys.iter().map(|key| Stroke::Chord(*key));
        let pairs = self.pairs.iter();
        keys.chain(pairs.map(|(first, second)| Stroke::Pair(*first, *second)))
            .chain(self.leaders.iter().map(|c| Stroke::Led(*c)))
    }

    /// Takes keys from it.
    pub fn lose(&mut self, taken: impl Fn(Stroke) -> bool) {
        self.keys.retain(|key| !taken(Stroke::Chord(*key)));
        self.pairs
            .retain(|(first, second)| !taken(Stroke::Pair(*first, *second)));
        self.leaders.retain(|c| !taken(Stroke::Led(*c)));
    }
}

impl Keymap {
    /// The table as it is.
    pub fn shipped(leader: Leader) -> Self {
        Self {
            leader,
            rows: table().map(Live::shipped).collect(),
            between: Between::Nothing,
        }
    }

    /// What a key does here: the place's own row first, then the one of what lies under it.
    pub fn find(&self, place: Place, event: KeyEvent) -> Option<Action> {
        self.at(place, chord(event))
    }

    pub fn at(&self, place: Place, chord: Chord) -> Option<Action> {
        let at = |wanted: Place| {
            let mut rows = self.rows.iter();
            rows.find(|live| live.place == wanted && live.keys.contains(&chord))
                .map(|live| live.row.action)
        };
        at(place).or_else(|| at(place.under()?))
    }

    /// What two keys do in the transcript, one after the other.
    pub fn pair(&self, first: char, second: char) -> Option<Action> {
        let mut rows = self.reading();
        rows.find(|live| live.pairs.contains(&(first, second)))
            .map(|live| live.row.action)
    }

    /// Whether a key in the transcript is the first of two.
    pub fn begins(&self, first: char) -> bool {
        let mut pairs = self.reading().flat_map(|live| &live.pairs);
        pairs.any(|(other, _)| *other == first)
    }

    fn reading(&self) -> impl Iterator<Item = &Live> {
        let rows = self.rows.iter();
        rows.filter(|live| live.place == Place::Transcript)
    }

    /// What a key does after this leader.
    pub fn then(&self, leader: Leader, c: char) -> Option<Action> {
        let led = |own: bool| {
            let mut rows = self.rows.iter();
            rows.find(|live| live.own == own && live.leaders.contains(&c))
                .map(|live| live.row.action)
        };
        let tmux: &[_] = if leader == Leader::CtrlB { TMUX } else { &[] };
        let listed = |list: &[(char, Action)]| {
            let mut rows = list.iter();
            rows.find(|(key, action)| *key == c && !self.is_own(*action))
                .map(|(_, action)| *action)
        };
        led(true)
            .or_else(|| listed(tmux))
            .or_else(|| led(false))
            .or_else(|| listed(ALSO))
    }

    /// The person has said after which key of the leader it comes.
    fn is_own(&self, action: Action) -> bool {
        let mut rows = self.rows.iter();
        rows.any(|live| live.own && live.row.action == action && live.place == Place::Anywhere)
    }

    /// The key that leads to a row after this leader: the first of those that do.
    pub fn led(&self, leader: Leader, live: &Live) -> Option<char> {
        let action = live.row.action;
        // What follows the leader works everywhere: the row of a place is another way, and does not list it once more.
        let listed = leader == Leader::CtrlB && !live.own && live.place == Place::Anywhere;
        let tmux = TMUX.iter().filter(|_| listed);
        let mut tmux =
            tmux.filter(|(key, other)| *other == action && self.then(leader, *key) == Some(action));
        tmux.next().map(|(key, _)| *key).or_else(|| {
            let mut keys = live.leaders.iter().copied();
            keys.find(|key| self.then(leader, *key) == Some(action))
        })
    }

    /// A key that is to be bound, as it would be listed.
    pub fn label_of(&self, stroke: Stroke) -> String {
        match stroke {
            Stroke::Chord(chord) => chord.label(),
            Stroke::Pair(first, second) => format!("{first} {second}"),
            Stroke::Led(c) => format!("{} {c}", self.leader.label()),
        }
    }

    /// All keys of a row, as a person reads them.
    pub fn labels(&self, live: &Live) -> Vec<String> {
        // A key the person gave comes through, or they would not have given it.
        let passes = |key: &&Chord| live.own || !keeps(self.between, **key);
        let keys = live.keys.iter().filter(passes);
        let mut labels: Vec<String> = keys.map(Chord::label).collect();
        let pairs = live.pairs.iter().map(|(first, second)| {
            let [first, second] = [*first, *second].map(|c| plain(c).label());
            format!("{first} {second}")
        });
        // As in a pager: the keys of letters before those that have a name.
        if live.row.action == Action::Top {
            labels.splice(0..0, pairs);
        } else {
            labels.extend(pairs);
        }
        let led = self.led(self.leader, live);
        labels.extend(led.map(|key| format!("{} {key}", self.leader.label())));
        if labels.is_empty() {
            labels.extend(live.keys.iter().map(Chord::label));
        }
        labels
    }

    /// The key of an action as seen from a place, to be named on the screen; `None`: it has none now.
    pub fn key(&self, place: Place, action: Action) -> Option<String> {
        let of = |wanted: Place| {
            let rows = self.rows.iter();
            rows.filter(|live| live.row.action == action && live.place == wanted)
                .find_map(|live| self.labels(live).into_iter().next())
        };
        of(place).or_else(|| of(place.under()?))
    }

    /// The key of the first of these actions that has one in a place; empty where none has.
    pub fn first(&self, place: Place, actions: &[Action]) -> String {
        let mut keys = actions.iter().filter_map(|action| self.key(place, *action));
        keys.next().unwrap_or_default()
    }

    /// The key of a choice, else the number of its row, counted from 0.
    pub fn choice(&self, place: Place, action: Action, row: usize) -> String {
        let key = self.key(place, action);
        key.unwrap_or_else(|| (row + 1).to_string())
    }

    /// The same from wherever it has one, and without one the way by the palette: `Ctrl+P zoom`.
    pub fn way(&self, action: Action) -> String {
        let places = [Place::Anywhere, Place::Composer, Place::Transcript];
        let mut keys = places
            .into_iter()
            .filter_map(|place| self.key(place, action));
        keys.next().unwrap_or_else(|| {
            let name = self.row(action).map_or("", |live| live.row.name);
            let palette = self.key(Place::Anywhere, Action::Palette);
            let palette = palette.unwrap_or_else(|| format!("{} p", self.leader.label()));
            format!("{palette} {name}")
        })
    }

    /// The same from this place before all others.
    pub fn way_from(&self, place: Place, action: Action) -> String {
        let key = self.key(place, action);
        key.unwrap_or_else(|| self.way(action))
    }

    /// The key after the leader alone, named with it: `^X m`.
    pub fn led_way(&self, action: Action) -> String {
        let led = self
            .row(action)
            .and_then(|live| self.led(self.leader, live));
        match led {
            Some(key) => format!("{} {key}", self.leader.label()),
            None => self.way(action),
        }
    }

    /// The first row of an action.
    pub fn row(&self, action: Action) -> Option<&Live> {
        self.rows.iter().find(|live| live.row.action == action)
    }
}
