//! Talk with questions whose answers are known, in `benches/memory`: for the row that measures how well they are found, and for
//! the test that holds them whole. Its lines are those of `creel import jsonl`, with the kind of an item where it is no turn.

use std::fs;
use std::path::Path;

use creel::memory::document::Document;
use creel::protocol::id::Seq;
use creel::protocol::search::{Kind, Role};
use creel::protocol::time::Time;
use jiff::Timestamp;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};

/// What there is.
pub const NAMES: [&str; 3] = ["chinese", "code", "paraphrase"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    pub session: String,
    pub title: String,
    pub project: String,
    #[serde(deserialize_with = "moment")]
    pub at: Time,
    pub role: Role,
    #[serde(default)]
    pub kind: Option<Kind>,
    #[serde(default)]
    pub who: Option<String>,
    pub text: String,
    pub external_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    pub id: String,
    pub query: String,
    /// The `external_id` of each item that answers it.
    pub answers: Vec<String>,
}

#[derive(Debug)]
pub struct Corpus {
    pub name: &'static str,
    pub items: Vec<Item>,
    pub questions: Vec<Asked>,
}

impl Corpus {
    pub fn read(name: &'static str) -> Self {
        Self {
            name,
            items: lines(&format!("{name}.jsonl")),
            questions: lines(&format!("{name}.questions.jsonl")),
        }
    }

    /// What an import makes of it, after so many facts and sessions: each item, and the title of each session before its first
    /// one. With each the `external_id`; a title has none.
    pub fn documents(&self, facts: u64, sessions: u64) -> Vec<(Document, Option<&str>)> {
        let mut documents: Vec<(Document, Option<&str>)> = Vec::new();
        let (mut open, mut session) = ("", sessions);
        for item in &self.items {
            let at = item.at;
            let begins = item.session != open;
            if begins {
                open = &item.session;
                session += 1;
            }
            let mut put = |kind, role, who: &str, text: &str, id| {
                let seq = Seq(facts + documents.len() as u64 + 1);
                let (who, text) = (who.to_owned(), text.to_owned());
                let document = Document {
                    seq,
                    session,
                    at,
                    kind,
                    role,
                    who,
                    text,
                };
                documents.push((document, id));
            };
            if begins {
                put(Kind::Summary, Role::User, "", &item.title, None);
            }
            let usual = match item.role {
                Role::User | Role::Assistant => Kind::Turn,
                Role::Tool => Kind::Call,
            };
            let who = item.who.as_deref().unwrap_or(item.role.who());
            let id = Some(item.external_id.as_str());
            put(item.kind.unwrap_or(usual), item.role, who, &item.text, id);
        }
        documents
    }
}

/// RFC 3339.
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
    let at: Timestamp = String::deserialize(deserializer)?
        .parse()
        .map_err(Error::custom)?;
    Ok(Time(at.as_millisecond()))
}

fn lines<T: DeserializeOwned>(file: &str) -> Vec<T> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("benches/memory")
        .join(file);
    let text = fs::read_to_string(&path).unwrap();
    let parsed = text.lines().zip(1..).map(|(line, number)| {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{file}:{number}: {error}"))
    });
    parsed.collect()
}
