//! How well memory finds what a person asks for: in Chinese, among code and commands, and in other words than were said. Talk and
//! questions are of our own making (`benches/memory`) and serve to see that a change makes nothing worse.

use std::collections::HashMap;
use std::time::Instant;

use creel::agent::search_line::parts;
use creel::memory::analysis::Analyser;
use creel::memory::ask::Question;
use creel::memory::index::{Index, Position};
use creel::memory::limit::Limits;
use creel::memory::search;
use creel::memory::tail::Tail;
use creel::protocol::id::Seq;

use crate::limit::{Limit, Trouble};
use crate::report::{Finding, Samples};
use crate::support::corpus::{Corpus, NAMES};

/// What each reached alone and with the others in one index when it was first measured, less two points: answers among the first
/// ten, and reciprocal rank of the first.
const FLOORS: [[(f64, f64); 2]; 3] = [
    [(93.9, 64.7), (92.6, 62.9)],
    [(97.2, 90.7), (96.9, 90.5)],
    [(96.5, 67.3), (93.1, 65.3)],
];

pub fn measure(limit: Limit) -> Result<Vec<Finding>, Trouble> {
    let corpora = NAMES.map(Corpus::read);
    let all: Vec<&Corpus> = corpora.iter().collect();
    let mut findings = Vec::new();
    for among_all in [false, true] {
        for (corpus, floors) in corpora.iter().zip(FLOORS) {
            if limit.passed() {
                break;
            }
            let (indexed, floors) = if among_all {
                (all.as_slice(), floors[1])
            } else {
                (&[corpus][..], floors[0])
            };
            findings.extend(found(indexed, corpus, floors));
        }
    }
    if findings.is_empty() {
        return Err(Trouble::Late("nothing was asked in time".to_owned()));
    }
    Ok(findings)
}

/// Asks the questions of one corpus where some are indexed.
fn found(indexed: &[&Corpus], asked: &Corpus, floors: (f64, f64)) -> [Finding; 3] {
    let folder = tempfile::tempdir().expect("a folder");
    let index = Index::open(folder.path(), true).expect("an index");
    let mut writer = index.writer().expect("a writer");
    let (mut facts, mut sessions) = (0, 0);
    let mut places: HashMap<&str, u64> = HashMap::new();
    for corpus in indexed {
        for (document, id) in corpus.documents(facts, sessions) {
            writer.add(&document).expect("added");
            places.extend(id.map(|id| (id, document.seq.0)));
            (facts, sessions) = (document.seq.0, document.session);
        }
    }
    let position = Position {
        seq: Seq(facts),
        ..Position::default()
    };
    writer.commit(position).expect("a commit");
    index.reload().expect("a reload");
    let (analyser, tail) = (Analyser::default(), Tail::new());
    let (mut recall, mut rank, mut took) = (0.0, 0.0, Vec::new());
    for question in &asked.questions {
        let wanted: Vec<u64> = question
            .answers
            .iter()
            .map(|answer| places[answer.as_str()])
            .collect();
        let started = Instant::now();
        let words = Question::new(&analyser, &parts(&question.query), false);
        let hits = search::search(Some(&index), &tail, &words, &Limits::default(), 100, None)
            .expect("hits");
        took.push(started.elapsed());
        let ranks: Vec<usize> = hits
            .iter()
            .zip(1..)
            .filter(|(hit, _)| wanted.contains(&hit.seq))
            .map(|(_, rank)| rank)
            .collect();
        recall += ranks.iter().filter(|rank| **rank <= 10).count() as f64 / wanted.len() as f64;
        rank += ranks.first().map_or(0.0, |rank| 1.0 / *rank as f64);
    }
    let name = asked.name;
    let among = if indexed.len() > 1 { ", among all" } else { "" };
    let share = |sum: f64| Samples::one(100.0 * sum / asked.questions.len() as f64);
    [
        Finding::new(
            format!("{name}{among}: answers among the first ten"),
            "%",
            share(recall),
        )
        .floor(floors.0)
        .note(format!(
            "{} questions, {facts} items and titles in {sessions} sessions",
            asked.questions.len()
        )),
        Finding::new(
            format!("{name}{among}: reciprocal rank of the first"),
            "%",
            share(rank),
        )
        .floor(floors.1),
        Finding::new(
            format!("{name}{among}: a question"),
            "ms",
            Samples::of(took),
        ),
    ]
}
