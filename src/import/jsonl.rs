//! The neutral form: one item a line, items of a session in order.
//!
//! `{"session":"s1","title":"…","project":"…","at":"2026-05-01T10:00:00Z","role":"user","who":"Anna","text":"…","external_id":"…"}`;
//! title, project, who and `external_id` may be left out.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::import::draft::{Draft, hash};
use crate::import::value::parse;
use crate::import::{Problem, Session, What, lines};
use crate::protocol::search::Role;
use crate::protocol::time::Time;

#[derive(Debug, Deserialize)]
struct Line {
    session: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    project: Option<String>,
    #[serde(deserialize_with = "moment")]
    at: Time,
    role: Role,
    #[serde(default)]
    who: Option<String>,
    text: String,
    #[serde(default)]
    external_id: Option<String>,
}

/// RFC 3339.
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
    let text = Cow::<str>::deserialize(deserializer)?;
    let at: Timestamp = text.parse().map_err(|_| {
        D::Error::custom(format!(
            "`{text}` is no moment such as 2026-05-01T10:00:00Z"
        ))
    })?;
    Ok(Time(at.as_millisecond()))
}

/// The sessions of a file in the order in which they begin, and the lines that are none.
pub fn read(path: &Path) -> io::Result<(Vec<Session>, Vec<Problem>)> {
    let (mut drafts, mut problems) = (Vec::<Draft>::new(), Vec::new());
    let mut places: HashMap<String, usize> = HashMap::new();
    lines::each(path, &mut problems, |_, text| {
        let line: Line = parse(text)?;
        let place = *places.entry(line.session.clone()).or_insert_with(|| {
            drafts.push(Draft::new(line.session.clone()));
            drafts.len() - 1
        });
        if let Some(draft) = drafts.get_mut(place) {
            add(draft, line);
        }
        Ok(())
    })?;
    let sessions = drafts.into_iter().map(|draft| draft.session);
    Ok((sessions.collect(), problems))
}

fn add(draft: &mut Draft, line: Line) {
    let session = &mut draft.session;
    session.title = line.title.or_else(|| session.title.take());
    session.project = line.project.or_else(|| session.project.take());
    let who = line.who.filter(|who| !who.trim().is_empty());
    let text = line.text;
    // What has no name is known by what it says: two files may tell of one session, and a line may be mended.
    let id = line.external_id.unwrap_or_else(|| {
        let (at, by) = (line.at.0.to_string(), who.as_deref().unwrap_or_default());
        format!("#{}", hash(&[&at, line.role.who(), by, &text]))
    });
    let what = match line.role {
        Role::User => What::Prompt { text, who },
        Role::Assistant => What::Answer { text, who },
        Role::Tool => What::Result {
            call: id.clone(),
            name: who,
            text,
            failed: false,
            exit: None,
        },
    };
    draft.put(line.at, id, what);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &[u8]) -> (Vec<Session>, Vec<Problem>) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("talk.jsonl");
        std::fs::write(&path, text).expect("a file");
        read(&path).expect("read")
    }

    #[test]
    fn items_are_put_to_their_sessions_in_order() {
        let (sessions, problems) = of(br#"{"session":"a","title":"First","at":"2026-05-01T10:00:00Z","role":"user","who":"Anna","text":"one","external_id":"x1"}
{"session":"b","at":"2026-05-01T11:00:00+02:00","role":"assistant","text":"two"}

{"session":"a","at":"2026-05-01T10:00:01Z","role":"tool","text":"three","more":1}"#);
        assert_eq!(problems, []);
        let said = |session: &Session| {
            let texts = session.entries.iter().map(|entry| match &entry.what {
                What::Prompt { text, .. }
                | What::Answer { text, .. }
                | What::Result { text, .. } => text.clone(),
                other => format!("{other:?}"),
            });
            texts.collect::<Vec<_>>()
        };
        assert_eq!(
            sessions
                .iter()
                .map(|session| (session.name.as_str(), said(session)))
                .collect::<Vec<_>>(),
            [
                ("a", vec!["one".into(), "three".into()]),
                ("b", vec!["two".into()])
            ]
        );
        let first = &sessions[0].entries[0];
        let prompt = What::Prompt {
            text: "one".to_owned(),
            who: Some("Anna".to_owned()),
        };
        assert_eq!((&first.id, &first.what), (&"x1".to_owned(), &prompt));
        assert_eq!(sessions[0].title.as_deref(), Some("First"));
        assert_eq!(sessions[1].entries[0].at, Time(1_777_626_000_000));
    }

    #[test]
    fn what_is_no_item_is_named_by_its_line_and_passed_over() {
        let (sessions, problems) = of(b"{\"session\":\"a\",\"at\":\"2026-05-01T10:00:00Z\",\"role\":\"user\",\"text\":\"one\"}\nnot json\n{\"session\":\"a\"}\n{\"session\":\"a\",\"at\":\"today\",\"role\":\"user\",\"text\":\"x\"}\n\xff\xfe\n{\"session\":\"a\",\"at\":\"2026-05-01T10:00:02Z\",\"role\":\"user\",\"text\":\"half");
        assert_eq!(sessions.len(), 1);
        assert_eq!(sessions[0].entries.len(), 1);
        assert_eq!(
            problems
                .iter()
                .map(|problem| problem.line)
                .collect::<Vec<_>>(),
            [2, 3, 4, 5, 6]
        );
    }

    #[test]
    fn what_has_no_name_is_known_by_what_it_says() {
        let id = |text: &str| {
            let line = format!(
                r#"{{"session":"main","at":"2026-05-01T10:00:00Z","role":"user","text":"{text}"}}"#
            );
            of(line.as_bytes()).0[0].entries[0].id.clone()
        };
        assert_eq!(id("one"), id("one"));
        assert_ne!(id("one"), id("of another file"));
    }
}
