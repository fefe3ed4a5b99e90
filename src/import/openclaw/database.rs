//! Sessions of `OpenClaw` since 2026.7.2: `agents/ID/agent/openclaw-agent.sqlite`, a row for what was a line before, some of them
//! packed.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use crate::import::openclaw::labels::{Label, Labels, read as entry};
use crate::import::openclaw::stem;
use crate::import::read::{Take, parts};
use crate::import::sqlite::{Database, Values};
use crate::import::tree::Tree;
use crate::import::{Problem, Session, lines, packed};

const EVENTS: &str = "transcript_events";

/// By how much events are larger than they are packed.
const PACKED: u64 = 10;

/// Reads all sessions of one agent, some at a time. A line of a problem is the `seq` of its event.
pub fn each(path: &Path, take: &mut Take<'_>) -> io::Result<()> {
    let database = Database::open(path)?;
    let labels = labels(&database);
    let columns = [("event_json", 1), ("event_zstd", PACKED)];
    let weights = match database.weights(EVENTS, "session_id", &columns) {
        Ok(weights) if !weights.is_empty() => weights,
        // What is wrong is told where it is read.
        _ => {
            let (sessions, problems) = some(path, &database, &labels, None);
            take(sessions, problems);
            return Ok(());
        }
    };
    for part in parts(&weights, |(_, weight)| *weight) {
        let ids: Vec<&str> = part.iter().map(|(id, _)| id.as_str()).collect();
        let (sessions, problems) = some(path, &database, &labels, Some(&ids));
        if !take(sessions, problems) {
            break;
        }
    }
    Ok(())
}

fn some(
    path: &Path,
    database: &Database,
    labels: &Labels,
    ids: Option<&[&str]>,
) -> (Vec<Session>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut trees: Vec<(String, Tree)> = Vec::new();
    let wanted = &["session_id", "seq", "event_json", "event_zstd"];
    let order = &["session_id", "seq"];
    let mut hear = |row: &Values| {
        let Some(session) = row.text(0) else { return };
        if trees.last().is_none_or(|(last, _)| last != session) {
            trees.push((session.to_owned(), Tree::default()));
        }
        let number = u64::try_from(row.integer(1).unwrap_or_default()).unwrap_or_default();
        let Some((_, tree)) = trees.last_mut() else {
            return;
        };
        if let Err(text) = event(row).and_then(|text| tree.take(number, &text)) {
            problems.push(lines::problem(
                path,
                number,
                &format!("session {session}: {text}"),
            ));
        }
    };
    let read = match ids {
        Some(ids) => database.rows_of(EVENTS, wanted, order, ("session_id", ids), &mut hear),
        None => database.rows(EVENTS, wanted, order, &mut hear),
    };
    match read {
        Ok(true) => {}
        Ok(false) => problems.push(lines::problem(path, 1, "no table `transcript_events`")),
        Err(error) => problems.push(lines::problem(path, 1, &error.to_string())),
    }
    let mut sessions = Vec::new();
    for (id, mut tree) in trees {
        // The row says whose event it is, whatever the header of a copied one does.
        tree.id = Some(id.clone());
        tree.parent = tree.parent.as_deref().map(|parent| stem(Path::new(parent)));
        for mut session in tree.finish(&id) {
            if session.name == id {
                labels.give(&mut session, &id);
            }
            sessions.push(session);
        }
    }
    (sessions, problems)
}

/// The text of an event: one of the two columns has it.
fn event(row: &Values) -> Result<String, String> {
    match (row.text(2), row.blob(3)) {
        (Some(text), _) => Ok(text.to_owned()),
        (None, Some(blob)) => packed::text(blob).map_err(|error| error.to_string()),
        (None, None) if row.is_too_long(2) || row.is_too_long(3) => {
            Err(format!("an event of more than {} MB", lines::LINE >> 20))
        }
        (None, None) => Err("an event without `event_json` and `event_zstd`".to_owned()),
    }
}

/// What the tables say of sessions. They only add to what is read without them, so what cannot be read is left out.
fn labels(database: &Database) -> Labels {
    let mut nodes: HashMap<String, (Option<String>, Label)> = HashMap::new();
    let wanted = &[
        "session_key",
        "current_session_id",
        "entry_json",
        "display_name",
        "label",
        "parent_session_key",
        "spawned_by",
    ];
    let _ = database.rows("session_nodes", wanted, &["session_key"], |row| {
        let Some(key) = row.text(0) else { return };
        let told = row.text(2).and_then(|json| entry(key, json));
        let mut label = told.map(|(_, label)| label).unwrap_or_default();
        key.clone_into(&mut label.key);
        let own = |column| row.text(column).filter(|text| !text.trim().is_empty());
        label.title = own(3).or(own(4)).map(str::to_owned).or(label.title);
        label.parent = own(6).or(own(5)).map(str::to_owned).or(label.parent);
        nodes.insert(key.to_owned(), (own(1).map(str::to_owned), label));
    });
    let mut labels = Labels::default();
    let windows = &["session_id", "session_key"];
    let _ = database.rows("session_windows", windows, &["session_id"], |row| {
        if let (Some(session), Some(key)) = (row.text(0), row.text(1)) {
            let label = nodes.get(key).map(|(_, label)| label.clone());
            let label = label.unwrap_or_else(|| Label {
                key: key.to_owned(),
                ..Label::default()
            });
            labels.add(session.to_owned(), label);
        }
    });
    let mut nodes: Vec<_> = nodes.into_values().collect();
    nodes.sort_by(|(_, a), (_, b)| a.key.cmp(&b.key));
    for (session, label) in nodes {
        if let Some(session) = session {
            labels.add(session, label);
        }
    }
    labels
}
