//! Seeks files by what is typed behind an `@`, on a thread of its own: what the walk finds is weighed as it comes, and anew
//! when something else is typed.

use std::cmp::Reverse;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::engine::door::Door;
use crate::engine::files::{Listed, Wanted};
use crate::tui::app::mention::{Files, OFFERED, Sought};
use crate::tui::widget::fuzzy::{Query, Scratch};

/// A folder with more files is listed as far as this.
const MOST: usize = 500_000;
/// While the walk goes on, what was found is told this often.
const TELL: Duration = Duration::from_millis(60);

/// Where what was found is told, with the number it was sought under.
pub(crate) type Tell = Box<dyn Fn(u64, Files) + Send>;

/// A search that is under way; it ends when this is dropped.
pub(crate) struct Seeker {
    number: u64,
    told: Sender<Told>,
    wanted: Arc<AtomicBool>,
}

enum Told {
    Typed(String),
    Found(Listed),
    End,
}

impl Seeker {
    /// Begins to list and to weigh. `None`: no thread could be had, and nothing is offered.
    pub(crate) fn start(door: &Door, sought: Sought, tell: Tell) -> Option<Self> {
        let (told, hears) = channel();
        let wanted = Arc::new(AtomicBool::new(true));
        let take = {
            let told = told.clone();
            let mut count = 0;
            move |listed: Listed| {
                if let Listed::Paths(paths) = &listed {
                    count += paths.len();
                }
                let taken = told.send(Told::Found(listed)).is_ok();
                if count >= MOST {
                    // As far as it goes is all there is.
                    let _ = told.send(Told::Found(Listed::End));
                }
                taken && count < MOST
            }
        };
        let number = sought.number;
        let typed = sought.typed;
        thread::Builder::new()
            .name("files".to_owned())
            .spawn(move || seek(number, &typed, &hears, &tell))
            .ok()?;
        door.files(Wanted {
            folder: sought.folder,
            hidden: sought.hidden,
            take: Box::new(take),
            wanted: Arc::clone(&wanted),
        });
        Some(Self {
            number,
            told,
            wanted,
        })
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn typed(&self, typed: String) {
        let _ = self.told.send(Told::Typed(typed));
    }
}

impl Drop for Seeker {
    fn drop(&mut self) {
        self.wanted.store(false, Ordering::Relaxed);
        let _ = self.told.send(Told::End);
    }
}

fn seek(number: u64, typed: &str, hears: &Receiver<Told>, tell: &Tell) {
    let mut list = List::new(typed);
    let mut told_at: Option<Instant> = None;
    while let Ok(first) = hears.recv() {
        let mut at_once = told_at.is_none();
        let mut typed = None;
        // Of what was typed meanwhile only the newest counts.
        for told in std::iter::once(first).chain(std::iter::from_fn(|| hears.try_recv().ok())) {
            match told {
                Told::Typed(text) => typed = Some(text),
                Told::Found(Listed::Paths(paths)) => list.add(paths),
                Told::Found(Listed::End) => {
                    list.whole = true;
                    at_once = true;
                }
                Told::End => return,
            }
        }
        if let Some(typed) = typed {
            list.seek(&typed);
            at_once = true;
        }
        if at_once || told_at.is_none_or(|at| at.elapsed() >= TELL) {
            tell(number, list.files());
            told_at = Some(Instant::now());
        }
    }
}

/// What was listed, and what of it fits best.
struct List {
    query: Query,
    scratch: Scratch,
    paths: Vec<String>,
    /// Those that fit, the best of them first as far as they are offered.
    best: Vec<(Reverse<i32>, usize, usize)>,
    fitting: usize,
    whole: bool,
}

impl List {
    fn new(typed: &str) -> Self {
        Self {
            query: Query::new(typed),
            scratch: Scratch::default(),
            paths: Vec::new(),
            best: Vec::new(),
            fitting: 0,
            whole: false,
        }
    }

    fn add(&mut self, paths: Vec<String>) {
        let from = self.paths.len();
        self.paths.extend(paths);
        self.weigh(from);
    }

    fn seek(&mut self, typed: &str) {
        self.query = Query::new(typed);
        self.best.clear();
        self.fitting = 0;
        self.weigh(0);
    }

    /// Weighs what was listed from a place on. Without a query the order of the walk stays.
    fn weigh(&mut self, from: usize) {
        let asked = !self.query.is_empty();
        for (index, path) in self.paths.iter().enumerate().skip(from) {
            let Some(score) = self.query.score(path, &mut self.scratch) else {
                continue;
            };
            self.fitting += 1;
            let length = if asked { path.len() } else { 0 };
            self.best.push((Reverse(score), length, index));
            if self.best.len() >= 4 * OFFERED {
                self.best.sort_unstable();
                self.best.truncate(OFFERED);
            }
        }
        self.best.sort_unstable();
        self.best.truncate(OFFERED);
    }

    fn files(&self) -> Files {
        let paths = self
            .best
            .iter()
            .map(|&(_, _, index)| self.paths[index].clone());
        Files {
            paths: paths.collect(),
            fitting: self.fitting,
            all: self.paths.len(),
            whole: self.whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn what_comes_later_is_weighed_with_what_was_there() {
        let mut list = List::new("main");
        list.add(words("src/remaining.rs docs/x.md"));
        assert_eq!(list.files().paths, ["src/remaining.rs"]);
        list.add(words("src/main.rs"));
        assert_eq!(list.files().paths, ["src/main.rs", "src/remaining.rs"]);
        list.seek("docs");
        assert_eq!(list.files().paths, ["docs/x.md"]);
        list.seek("");
        let files = list.files();
        assert_eq!(files.paths, words("src/remaining.rs docs/x.md src/main.rs"));
        assert_eq!((files.fitting, files.all), (3, 3));
    }

    #[test]
    fn of_many_the_best_are_kept_and_all_are_counted() {
        let mut list = List::new("f");
        list.add((0..10_000).map(|number| format!("x/f{number}")).collect());
        list.add(words("f"));
        let files = list.files();
        assert_eq!((files.paths.len(), files.fitting), (OFFERED, 10_001));
        assert_eq!(files.paths[0], "f");
    }

    #[test]
    fn the_newest_that_was_typed_is_told_and_the_search_ends_when_it_is_dropped() {
        let (told, hears) = channel();
        let (found, all) = channel();
        for message in [
            Told::Found(Listed::Paths(words("a.rs b.rs"))),
            Told::Typed("x".to_owned()),
            Told::Typed("b".to_owned()),
            Told::Found(Listed::End),
        ] {
            assert!(told.send(message).is_ok());
        }
        drop(told);
        let tell: Tell = Box::new(move |number, files| {
            let _ = found.send((number, files));
        });
        seek(7, "a", &hears, &tell);
        drop(tell);
        let last = all.iter().last();
        let files = Files {
            paths: words("b.rs"),
            fitting: 1,
            all: 2,
            whole: true,
        };
        assert_eq!(last, Some((7, files)));
    }
}
