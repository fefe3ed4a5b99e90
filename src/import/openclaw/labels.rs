//! What `OpenClaw` says of its sessions beside them: in `sessions.json`, an object by session key, and since 2026.7.2 in tables.
//! Heartbeats and timed jobs are most of what an installation says, so their titles begin with what they are.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::import::value::Text;
use crate::import::{Session, What, lines};

/// What is said of the sessions of one agent.
#[derive(Debug, Default)]
pub struct Labels {
    by_session: HashMap<String, Label>,
    /// The session that a key stands for now.
    by_key: HashMap<String, String>,
}

/// What is said of one session.
#[derive(Debug, Default, Clone)]
pub struct Label {
    pub key: String,
    pub title: Option<String>,
    /// The key of the session that it was started by.
    pub parent: Option<String>,
    pub heartbeat: bool,
}

/// A value of `sessions.json`, and of `entry_json` in the tables.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(borrow, default)]
    session_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    label: Option<Text<'a>>,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    subject: Option<Text<'a>>,
    #[serde(borrow, default)]
    spawned_by: Option<Text<'a>>,
    #[serde(borrow, default)]
    origin: Option<Origin<'a>>,
}

#[derive(Debug, Deserialize)]
struct Origin<'a> {
    #[serde(borrow, default)]
    provider: Option<Text<'a>>,
}

impl Labels {
    /// Those of a folder of sessions, for one of them; none where it is not in the index, as most are not. The index holds what a
    /// key stands for now, and much of each that is not wanted here: megabytes, for every session there is.
    pub fn beside(folder: &Path, id: &str) -> Self {
        let mut labels = Self::default();
        let text = lines::small(&folder.join("sessions.json"));
        let Some(text) = text.filter(|text| text.contains(id)) else {
            return labels;
        };
        let entries: HashMap<String, &RawValue> = serde_json::from_str(&text).unwrap_or_default();
        for (key, entry) in entries {
            if let Some((session, label)) = read(&key, entry.get()) {
                labels.add(session, label);
            }
        }
        labels
    }

    pub fn add(&mut self, session: String, label: Label) {
        self.by_key.insert(label.key.clone(), session.clone());
        self.by_session.insert(session, label);
    }

    /// Gives a session what is said of it. `id` is its own, where its name is longer.
    pub fn give(&self, session: &mut Session, id: &str) {
        let label = self.by_session.get(id).cloned().unwrap_or_default();
        let parent = label.parent.and_then(|key| self.by_key.get(&key));
        session.parent = session.parent.take().or_else(|| parent.cloned());
        let title = session.title.take().or(label.title);
        let kind = if label.heartbeat || beats(session) {
            Some("heartbeat".to_owned())
        } else {
            timed(&label.key).or_else(|| announced(session))
        };
        session.title = match (kind, title) {
            (Some(kind), Some(title)) if title.starts_with(kind.as_str()) => Some(title),
            (Some(kind), Some(title)) => {
                let kind = kind.split(':').next().unwrap_or_default();
                Some(format!("{kind}: {title}"))
            }
            (kind, title) => kind.or(title),
        };
    }
}

/// What an entry of an index says; nothing of one in another form.
pub fn read(key: &str, json: &str) -> Option<(String, Label)> {
    let entry: Entry = serde_json::from_str(json).ok()?;
    let titles = [entry.display_name, entry.label, entry.subject];
    let title = titles
        .into_iter()
        .flatten()
        .find(|title| !title.trim().is_empty());
    let label = Label {
        key: key.to_owned(),
        title: title.map(|title| title.0.into_owned()),
        parent: entry.spawned_by.map(|key| key.0.into_owned()),
        heartbeat: entry
            .origin
            .and_then(|origin| origin.provider)
            .is_some_and(|provider| &*provider == "heartbeat"),
    };
    Some((entry.session_id?.0.into_owned(), label))
}

/// What a session with this key is, when nobody had it: `cron:JOB`, `agent:ID:cron:JOB`, `hook:ID`.
fn timed(key: &str) -> Option<String> {
    let mut words = key.split(':');
    let kind = match words.next()? {
        "agent" => words.nth(1)?,
        word => word,
    };
    match (kind, words.next()) {
        ("cron" | "hook", Some(job)) => Some(format!("{kind}: {job}")),
        ("cron" | "hook" | "heartbeat", _) => Some(kind.to_owned()),
        _ => None,
    }
}

fn prompts(session: &Session) -> impl Iterator<Item = &str> {
    session
        .entries
        .iter()
        .filter_map(|entry| match &entry.what {
            What::Prompt { text, .. } => Some(text.as_str()),
            _ => None,
        })
}

/// Every prompt is one of the heartbeat. The index knows only what a key stands for now.
fn beats(session: &Session) -> bool {
    let mut prompts = prompts(session).peekable();
    prompts.peek().is_some()
        && prompts.all(|text| text.contains("HEARTBEAT_OK") || text.contains("Read HEARTBEAT.md"))
}

/// The first prompt says that a timed job wrote it: `[cron:JOB NAME] …`.
fn announced(session: &Session) -> Option<String> {
    let first = prompts(session).next()?.trim_start();
    let (job, _) = first.strip_prefix("[cron:")?.split_once(']')?;
    let name = job.split_once(' ').map_or(job, |(_, name)| name);
    Some(format!("cron: {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Entry as Said;
    use crate::protocol::time::Time;

    #[test]
    fn titles_say_what_nobody_had() {
        let beat =
            "Read HEARTBEAT.md if it exists. If nothing needs attention, reply HEARTBEAT_OK.";
        for (key, json, prompts, expected) in [
            (
                "agent:main:main",
                r#"{"sessionId":"s"}"#,
                &["hello"][..],
                None,
            ),
            (
                "agent:main:main",
                r#"{"sessionId":"s","displayName":"Family"}"#,
                &["hello"],
                Some("Family"),
            ),
            (
                "agent:main:main",
                r#"{"sessionId":"s","origin":{"provider":"heartbeat"}}"#,
                &["hello"],
                Some("heartbeat"),
            ),
            (
                "agent:main:main",
                r#"{"sessionId":"other"}"#,
                &[beat, beat],
                Some("heartbeat"),
            ),
            (
                "agent:main:main",
                r#"{"sessionId":"other"}"#,
                &["hello", beat],
                None,
            ),
            ("cron:42", r#"{"sessionId":"s"}"#, &[], Some("cron: 42")),
            (
                "agent:main:cron:42",
                r#"{"sessionId":"s","label":"Backup"}"#,
                &[],
                Some("cron: Backup"),
            ),
            (
                "agent:main:cron:42",
                r#"{"sessionId":"s","label":"cron: 42 nightly"}"#,
                &[],
                Some("cron: 42 nightly"),
            ),
            ("hook:7", r#"{"sessionId":"s"}"#, &[], Some("hook: 7")),
            (
                "x",
                r#"{"sessionId":"other"}"#,
                &["[cron:42 Backup] do it"],
                Some("cron: Backup"),
            ),
            ("agent:main:main", r#"{"sessionId":5}"#, &[], None),
        ] {
            let mut labels = Labels::default();
            if let Some((id, label)) = read(key, json) {
                labels.add(id, label);
            }
            let said = prompts.iter().map(|text| Said {
                at: Time(0),
                id: String::new(),
                what: What::Prompt {
                    text: (*text).to_owned(),
                    who: None,
                },
            });
            let mut session = Session {
                entries: said.collect(),
                ..Session::default()
            };
            labels.give(&mut session, "s");
            assert_eq!(
                session.title.as_deref(),
                expected,
                "{key} {json} {prompts:?}"
            );
        }
    }
}
