//! The talk and the questions that retrieval is measured by are whole: an answer that is not there could never be found, and
//! nobody would see why.

use std::collections::HashSet;

use crate::support::corpus::{Corpus, NAMES};

#[test]
fn every_question_has_its_answers() {
    let mut sessions = HashSet::new();
    for name in NAMES {
        let corpus = Corpus::read(name);
        assert!(corpus.items.len() >= 400, "{name}: too few items");
        assert!(corpus.questions.len() >= 60, "{name}: too few questions");
        let ids: HashSet<&str> = corpus
            .items
            .iter()
            .map(|item| item.external_id.as_str())
            .collect();
        assert_eq!(ids.len(), corpus.items.len(), "{name}: an id twice");
        let asked: HashSet<&str> = corpus
            .questions
            .iter()
            .map(|asked| asked.id.as_str())
            .collect();
        assert_eq!(
            asked.len(),
            corpus.questions.len(),
            "{name}: a question's id twice"
        );
        let queries: HashSet<&str> = corpus
            .questions
            .iter()
            .map(|asked| asked.query.as_str())
            .collect();
        assert_eq!(
            queries.len(),
            corpus.questions.len(),
            "{name}: a question twice"
        );
        for asked in &corpus.questions {
            assert!(!asked.query.trim().is_empty(), "{name}: {}", asked.id);
            assert!(!asked.answers.is_empty(), "{name}: {}", asked.id);
            for answer in &asked.answers {
                assert!(
                    ids.contains(answer.as_str()),
                    "{name}: {}: {answer}",
                    asked.id
                );
            }
        }
        let documents = corpus.documents(0, 0);
        let given = documents.iter().filter(|(_, id)| id.is_some()).count();
        assert_eq!(given, corpus.items.len(), "{}", corpus.name);
        for (document, _) in &documents {
            assert!(!document.text.trim().is_empty(), "{name}: {document:?}");
        }
        // The items of a session stand together and in order, as they are indexed.
        for run in corpus.items.chunk_by(|a, b| a.session == b.session) {
            let (session, project) = (&run[0].session, &run[0].project);
            assert!(run.iter().all(|item| item.project == *project), "{session}");
            assert!(sessions.insert(session.clone()), "{name}: {session} twice");
            assert!(run.is_sorted_by_key(|item| item.at), "{name}: {session}");
        }
    }
}
