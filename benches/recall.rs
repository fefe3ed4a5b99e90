//! How well memory finds: questions to conversations whose answers are known, all in one index. The data is not ours and not in
//! the repository: `CREEL_LOCOMO` names the file (conversations of `LoCoMo`, CC BY-NC 4.0), without it the row is skipped.

use std::collections::{BTreeMap, BTreeSet};

use creel::agent::search_line::parts;
use creel::memory::analysis::Analyser;
use creel::memory::ask::Question;
use creel::memory::document::Document;
use creel::memory::index::{Index, Position};
use creel::memory::limit::Limits;
use creel::memory::search;
use creel::memory::tail::Tail;
use creel::protocol::id::Seq;
use creel::protocol::search::{Kind, Role};
use creel::protocol::time::Time;
use serde_json::Value;

use crate::limit::{Limit, Trouble};
use crate::report::{Finding, Samples};

/// A conversation's name and the number of a turn in it.
type Turn = (usize, String);

struct Data {
    documents: Vec<Document>,
    turns: Vec<Turn>,
    questions: Vec<(String, BTreeSet<Turn>)>,
    names: BTreeSet<String>,
}

pub fn measure(limit: Limit) -> Result<Vec<Finding>, Trouble> {
    let Ok(path) = std::env::var("CREEL_LOCOMO") else {
        return Err(Trouble::Missing(
            "CREEL_LOCOMO names no file of conversations".to_owned(),
        ));
    };
    let text = std::fs::read_to_string(&path).expect("the file of CREEL_LOCOMO");
    let all: Vec<Value> = serde_json::from_str(&text).expect("conversations");
    let data = read(&all);
    let mut findings = found("", &data, true, true);
    findings.extend(found(", without names", &data, false, true));
    if !limit.passed() {
        findings.extend(found(", not indexed yet", &data, true, false));
    }
    Ok(findings)
}

fn read(all: &[Value]) -> Data {
    let mut data = Data {
        documents: Vec::new(),
        turns: Vec::new(),
        questions: Vec::new(),
        names: BTreeSet::new(),
    };
    let mut session = 0;
    for (conversation, value) in all.iter().enumerate() {
        let talk = value["conversation"].as_object().expect("a conversation");
        let mut sessions: BTreeMap<u32, &Value> = BTreeMap::new();
        for (name, turns) in talk {
            let number = name
                .strip_prefix("session_")
                .and_then(|number| number.parse().ok());
            if let Some(number) = number {
                sessions.insert(number, turns);
            }
        }
        for turns in sessions.values() {
            session += 1;
            for turn in turns.as_array().expect("turns") {
                let field = |name: &str| turn[name].as_str().unwrap_or_default().to_owned();
                let mut text = field("text");
                if let Some(caption) = turn["blip_caption"].as_str() {
                    text = format!("{text}\n{caption}");
                }
                data.names.insert(field("speaker"));
                data.turns.push((conversation, field("dia_id")));
                let seq = Seq(data.turns.len() as u64);
                let at = Time(0);
                let who = field("speaker");
                data.documents.push(Document {
                    seq,
                    session,
                    at,
                    kind: Kind::Turn,
                    role: Role::User,
                    who,
                    text,
                });
            }
        }
        for asked in value["qa"].as_array().expect("questions") {
            if asked["category"] == 5 {
                continue;
            }
            let evidence = asked["evidence"].as_array().expect("evidence").iter();
            let evidence = evidence
                .filter_map(Value::as_str)
                .flat_map(|ids| ids.split([';', ',', ' ']));
            let evidence: BTreeSet<Turn> = evidence
                .filter(|id| !id.is_empty())
                .map(|id| (conversation, id.to_owned()))
                .collect();
            let question = asked["question"].as_str().unwrap_or_default().to_owned();
            data.questions.push((question, evidence));
        }
    }
    data
}

fn without(text: &str, names: &BTreeSet<String>) -> String {
    names.iter().fold(text.to_owned(), |text, name| {
        text.replace(name.as_str(), "")
    })
}

fn found(what: &str, data: &Data, with_names: bool, indexed: bool) -> Vec<Finding> {
    let folder = tempfile::tempdir().expect("a folder");
    let index = Index::open(folder.path(), true).expect("an index");
    let mut writer = index.writer().expect("a writer");
    let mut tail = Tail::new();
    for document in &data.documents {
        let mut document = document.clone();
        if !with_names {
            document.who = String::new();
            document.text = without(&document.text, &data.names);
        }
        if indexed {
            writer.add(&document).expect("added");
        } else {
            tail.add(&document);
        }
    }
    writer
        .commit(Position {
            seq: Seq(1),
            ..Position::default()
        })
        .expect("a commit");
    index.reload().expect("a reload");
    let analyser = Analyser::default();
    let (mut recall, mut rank, mut count, mut took) = (0.0, 0.0, 0, Vec::new());
    for (question, evidence) in &data.questions {
        let wanted: BTreeSet<u64> = data
            .turns
            .iter()
            .zip(1..)
            .filter(|(turn, _)| evidence.contains(turn))
            .map(|(_, seq)| seq)
            .collect();
        if wanted.is_empty() {
            continue;
        }
        let line = if with_names {
            question.clone()
        } else {
            without(question, &data.names)
        };
        let started = std::time::Instant::now();
        let asked = Question::new(&analyser, &parts(&line), false);
        let hits = search::search(Some(&index), &tail, &asked, &Limits::default(), 100, None)
            .expect("hits");
        took.push(started.elapsed());
        let places: Vec<usize> = hits
            .iter()
            .enumerate()
            .filter(|(_, hit)| wanted.contains(&hit.seq))
            .map(|(place, _)| place)
            .collect();
        recall += places.iter().filter(|place| **place < 10).count() as f64 / wanted.len() as f64;
        rank += places
            .first()
            .map_or(0.0, |place| 1.0 / (*place as f64 + 1.0));
        count += 1;
    }
    let share = |sum: f64| Samples::one(100.0 * sum / f64::from(count));
    vec![
        Finding::new(
            format!("answers among the first ten{what}"),
            "%",
            share(recall),
        )
        .note(format!("{count} questions")),
        Finding::new(
            format!("reciprocal rank of the first answer{what}"),
            "%",
            share(rank),
        ),
        Finding::new(format!("a question{what}"), "ms", Samples::of(took)),
    ]
}
