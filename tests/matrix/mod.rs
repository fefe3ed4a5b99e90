//! The faults of providers, B01 to B30, as a table: what the server does, on which wires, and what must be seen then.
//!
//! A row is a fault. Its trials are made by the true program at a scripted server ([`Way::Program`]), by the client alone where
//! only shorter patience shows the thing in time ([`Way::Hasty`]), or stand elsewhere, where they are named and looked for
//! ([`Way::Elsewhere`]). What does not apply says why ([`Way::Not`]). Whatever happens, what holds of all trials is looked at by
//! [`run`]: every request is valid, no call runs twice, the ledger is settled within what was reserved.

mod answers;
mod bytes;
mod counts;
mod hasty;
mod refusals;
mod road;
mod screen;
mod script;
mod servers;
mod tls;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rusqlite::Connection;

use crate::matrix::hasty::Hurry;
use crate::matrix::script::Play;
use crate::support::server::{Dialect, Server, config};
use crate::support::{Home, valid};

/// One fault.
pub struct Row {
    /// `B01`.
    pub id: &'static str,
    pub fault: &'static str,
    pub must: &'static str,
    pub trials: Vec<Trial>,
}

pub struct Trial {
    pub name: String,
    pub way: Way,
}

pub enum Way {
    /// `creel run` in the mode auto. The server answers the first request with the first play and so on, with the last one
    /// beyond.
    Program {
        wires: Vec<Dialect>,
        plays: Vec<Play>,
        sees: Seen,
    },
    /// One call by the client, with less patience than the program has.
    Hasty {
        wires: Vec<Dialect>,
        hurry: Hurry,
        play: Play,
        sees: &'static str,
    },
    /// It has its trial nearer to what it tries: the file, and the function's name.
    Elsewhere {
        file: &'static str,
        test: &'static str,
    },
    /// There is nothing to be tried, and this is why.
    Not { why: &'static str },
}

/// What must be seen of a run. The default: asked twice, the first time for nothing, and all is well.
#[derive(Clone)]
pub struct Seen {
    /// Besides `--mode auto --output json`.
    pub arguments: &'static [&'static str],
    pub code: i32,
    /// Of the error, or nothing.
    pub kind: &'static str,
    /// A part of the error's message.
    pub message: &'static str,
    pub result: &'static str,
    pub requests: usize,
    /// Of the calls, in their order.
    pub outcomes: Vec<&'static str>,
    /// Lines that the calls left behind: how often one that marks has run.
    pub marks: usize,
    /// The facts of the turn, each by a letter of what it is: Turn started, Item added, model Called, model Answered, tool
    /// Started, turn Ended. Items in a row are one letter: some wires send what they thought as one of its own. `None` where
    /// the wires differ in nothing but these.
    pub facts: Option<&'static str>,
    /// The attempts: why each was made, and where its price is from; `free` where it costs nothing.
    pub ledger: &'static str,
    /// It stands in the transcript as often as this says.
    pub shown: Option<(&'static str, usize)>,
}

/// The default, and what an ordinary turn with one call comes to.
impl Seen {
    pub fn twice() -> Self {
        Self {
            arguments: &[],
            code: 0,
            kind: "",
            message: "",
            result: "All is well.",
            requests: 2,
            outcomes: Vec::new(),
            marks: 0,
            facts: Some("TICACIAE"),
            ledger: "work free, retry listed",
            shown: None,
        }
    }

    /// Asked once, answered well.
    pub fn once() -> Self {
        Self {
            requests: 1,
            facts: Some("TICIAE"),
            ledger: "work listed",
            ..Self::twice()
        }
    }

    /// A call that ran once, then the last word.
    pub fn marked() -> Self {
        Self {
            outcomes: vec!["done"],
            marks: 1,
            facts: Some("TICIASICIAE"),
            ledger: "work listed, work listed",
            ..Self::twice()
        }
    }

    /// Asked once, and given up.
    pub fn given_up(kind: &'static str, message: &'static str) -> Self {
        Self {
            code: 5,
            kind,
            message,
            result: "",
            requests: 1,
            facts: Some("TICAE"),
            ledger: "work free",
            ..Self::twice()
        }
    }
}

/// A trial by the program on these wires.
pub fn program(name: impl Into<String>, wires: &[Dialect], plays: Vec<Play>, sees: Seen) -> Trial {
    Trial {
        name: name.into(),
        way: Way::Program {
            wires: wires.to_vec(),
            plays,
            sees,
        },
    }
}

pub fn elsewhere(name: &str, file: &'static str, test: &'static str) -> Trial {
    Trial {
        name: name.to_owned(),
        way: Way::Elsewhere { file, test },
    }
}

pub fn not(name: &str, why: &'static str) -> Trial {
    Trial {
        name: name.to_owned(),
        way: Way::Not { why },
    }
}

fn table() -> Vec<Row> {
    let mut rows = road::rows();
    rows.extend(bytes::rows());
    rows.extend(answers::rows());
    rows.extend(counts::rows());
    rows.extend(refusals::rows());
    rows.sort_by_key(|row| row.id);
    rows
}

/// Makes all trials of a row and tells everything that was seen otherwise.
fn row(id: &str) {
    let row = table().into_iter().find(|row| row.id == id).unwrap();
    let faults = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    let trials: Vec<(&str, &Way, Dialect)> = (row.trials.iter())
        .flat_map(|trial| {
            let wires = match &trial.way {
                Way::Program { wires, .. } | Way::Hasty { wires, .. } => wires.clone(),
                Way::Elsewhere { .. } | Way::Not { .. } => Vec::new(),
            };
            let name = trial.name.as_str();
            wires.into_iter().map(move |wire| (name, &trial.way, wire))
        })
        .collect();
    // Most of a trial is waiting; a few at a time are enough to make use of it.
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                while let Some((name, way, wire)) = trials.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let seen = match way {
                        Way::Program { plays, sees, .. } => run(*wire, plays, sees),
                        Way::Hasty {
                            hurry, play, sees, ..
                        } => hasty::run(*wire, *hurry, play, sees),
                        Way::Elsewhere { .. } | Way::Not { .. } => continue,
                    };
                    if let Err(seen) = seen {
                        let text = format!("{id} {name}, {wire:?}:\n{seen}");
                        faults.lock().unwrap().push(text);
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(
        faults.is_empty(),
        "{}: {}\n{}",
        row.fault,
        row.must,
        faults.join("\n")
    );
}

/// What was seen in place of what must be, line by line.
fn run(dialect: Dialect, plays: &[Play], sees: &Seen) -> Result<(), String> {
    let asked = AtomicUsize::new(0);
    let plays = plays.to_vec();
    let server = Server::start(move |request| {
        let index = asked.fetch_add(1, Ordering::Relaxed);
        plays[index.min(plays.len() - 1)](request)
    });
    let home = Home::with(&config(&server, Some((3.0, 15.0))));
    home.file("notes.txt", "one\n");
    let model = dialect.model();
    let mut arguments = vec![
        "run", "--model", &model, "--mode", "auto", "--output", "json",
    ];
    arguments.extend(sees.arguments);
    arguments.push("go");
    let said = home.run(&arguments);
    let mut faults = Vec::new();
    let mut look = |what: &str, seen: String, must: String| {
        if seen != must {
            faults.push(format!("  {what}: {seen} in place of {must}"));
        }
    };
    for (number, request) in server.requests().iter().enumerate() {
        let checked = valid::check(request).err().unwrap_or_default();
        look(&format!("request {}", number + 1), checked, String::new());
    }
    let result = said.json();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let message = text(&result["error"]["message"]);
    look("exit", said.code.to_string(), sees.code.to_string());
    look("kind", text(&result["error"]["kind"]), sees.kind.to_owned());
    if !message.contains(sees.message) {
        look("message", message, sees.message.to_owned());
    }
    look("result", text(&result["result"]), sees.result.to_owned());
    look(
        "requests",
        server.requests().len().to_string(),
        sees.requests.to_string(),
    );
    let calls = result["tool_calls"].as_array().unwrap();
    let outcomes: Vec<String> = calls.iter().map(|call| text(&call["outcome"])).collect();
    look("outcomes", outcomes.join(" "), sees.outcomes.join(" "));
    let marks = fs::read_to_string(home.work().join("marks")).unwrap_or_default();
    look(
        "marks",
        marks.lines().count().to_string(),
        sees.marks.to_string(),
    );
    let kept = Connection::open(home.db()).unwrap();
    if let Some(facts) = sees.facts {
        look("facts", turn(&kept), facts.to_owned());
    }
    let (ledger, unsettled) = ledger(&kept);
    look("ledger", ledger, sees.ledger.to_owned());
    look(
        "rows not settled within their reservation",
        unsettled.to_string(),
        "0".to_owned(),
    );
    if let Some((words, times)) = sees.shown {
        let shown = home
            .run(&["show", result["session_id"].as_str().unwrap()])
            .out;
        let found = shown.matches(words).count();
        look(
            &format!("`{words}` in the transcript"),
            found.to_string(),
            times.to_string(),
        );
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults.join("\n"))
    }
}

/// The facts of a turn, a letter each.
fn turn(kept: &Connection) -> String {
    let mut statement = kept.prepare("SELECT kind FROM event ORDER BY seq").unwrap();
    let kinds = statement
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap();
    let letters = kinds.filter_map(|kind| match kind.unwrap().as_str() {
        "turn_started" => Some('T'),
        "item_added" => Some('I'),
        "model_called" => Some('C'),
        "model_answered" => Some('A'),
        "call_started" => Some('S'),
        "turn_ended" => Some('E'),
        _ => None,
    });
    let mut letters: Vec<char> = letters.collect();
    letters.dedup_by(|next, letter| *next == 'I' && *letter == 'I');
    letters.into_iter().collect()
}

/// The attempts in words, and how many are not settled, or above what was reserved for them.
fn ledger(kept: &Connection) -> (String, usize) {
    let sql = "SELECT cause, ifnull(basis, 'open'), counted, reserved FROM ledger ORDER BY seq";
    let mut statement = kept.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| {
        let counted: Option<i64> = row.get(2)?;
        let reserved: Option<i64> = row.get(3)?;
        let basis: String = if counted == Some(0) {
            "free".to_owned()
        } else {
            row.get(1)?
        };
        let settled = counted.is_some_and(|counted| counted <= reserved.unwrap_or(0));
        Ok((format!("{} {basis}", row.get::<_, String>(0)?), settled))
    });
    let rows: Vec<(String, bool)> = rows.unwrap().map(Result::unwrap).collect();
    let unsettled = rows.iter().filter(|(_, settled)| !settled).count();
    let words: Vec<String> = rows.into_iter().map(|(words, _)| words).collect();
    (words.join(", "), unsettled)
}

/// One test a row, so that a failure names it.
macro_rules! rows {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                row(&stringify!($name).to_uppercase());
            }
        )*

        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

rows! {
    b01 b02 b03 b04 b05 b06 b07 b08 b09 b10 b11 b12 b13 b14 b15
    b16 b17 b18 b19 b20 b21 b22 b23 b24 b25 b26 b27 b28 b29 b30
}

#[test]
fn the_table_is_whole() {
    let rows = table();
    let ids: Vec<String> = rows.iter().map(|row| row.id.to_lowercase()).collect();
    let expected: Vec<String> = (1..=30).map(|number| format!("b{number:02}")).collect();
    assert_eq!(ids, expected);
    assert_eq!(NAMES, expected);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for row in &rows {
        let tried = |trial: &Trial| !matches!(trial.way, Way::Not { .. });
        assert!(row.trials.iter().any(tried), "{} is never tried", row.id);
        let names: BTreeSet<&str> = row.trials.iter().map(|trial| trial.name.as_str()).collect();
        assert_eq!(names.len(), row.trials.len(), "{} has a name twice", row.id);
        for trial in &row.trials {
            match &trial.way {
                Way::Elsewhere { file, test } => {
                    let text = fs::read_to_string(root.join(file)).unwrap_or_default();
                    let there = text.contains(&format!("fn {test}("));
                    assert!(there, "{} {}: no {test} in {file}", row.id, trial.name);
                }
                Way::Not { why } => assert!(!why.is_empty(), "{} {}", row.id, trial.name),
                Way::Program { wires, plays, .. } => {
                    assert!(
                        !wires.is_empty() && !plays.is_empty(),
                        "{} {}",
                        row.id,
                        trial.name
                    );
                }
                Way::Hasty { wires, .. } => assert!(!wires.is_empty(), "{} {}", row.id, trial.name),
            }
        }
    }
}
