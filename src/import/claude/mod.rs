//! Claude Code: `projects/FOLDER/SESSION.jsonl`, and since version 2 a file of its own for each sub-agent, in
//! `SESSION/subagents/agent-ID.jsonl`; before, what sub-agents said stood among the lines of their session.
//!
//! One answer of the model is one line for each of its blocks, all with the id of the message and with usage that grows from
//! line to line (measured: a sum over lines is 1.8 to 2.7 times too high, the first line 3.6 times too low). So an answer has one
//! entry of what was spent, where its first line stands, with the most that any line says of each figure. The same lines stand
//! in the files of sessions that were resumed, and have the same key there.

pub mod heard;
pub mod line;
pub mod said;
pub mod talk;
pub mod title;

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;

use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::import::claude::heard::{Heard, answer, notice, prompt, queued};
use crate::import::claude::line::{Forked, Line, Meta, Titled};
use crate::import::claude::talk::Talk;
use crate::import::claude::title::{Stray, Titles};
use crate::import::draft::Ids;
use crate::import::value::{moment, parse};
use crate::import::{Problem, Session, Spent, What, lines};
use crate::protocol::time::Time;
use crate::protocol::usage::Usage;

/// What one file holds.
#[derive(Debug, Default)]
pub struct Read {
    pub sessions: Vec<Session>,
    pub problems: Vec<Problem>,
    /// Titles of sessions in other files.
    pub strays: Vec<Stray>,
}

/// Reads one file: a session with the sub-agents among its lines, or a sub-agent.
pub fn read(path: &Path) -> io::Result<Read> {
    let mut file = File::of(path);
    let mut problems = Vec::new();
    lines::each(path, &mut problems, |number, text| file.take(number, text))?;
    let (sessions, strays) = file.finish(path);
    Ok(Read {
        sessions,
        problems,
        strays,
    })
}

/// A file while it is read.
#[derive(Debug, Default)]
struct File {
    /// Its name without the ending.
    stem: String,
    /// The session that this sub-agent worked for, where the folder says it.
    above: Option<String>,
    agent: bool,
    /// The session has a name: that of the file where it is one, else what the first line says.
    named: bool,
    main: Talk,
    /// Sub-agents among the lines, in the order in which they began.
    sides: Vec<Talk>,
    /// Which of them a line or an agent belongs to.
    side_of: HashMap<String, usize>,
    /// Lines that were read: a copy of one is none.
    seen: HashSet<String>,
    titles: Titles,
    /// Where what an answer took is told: which sub-agent or the session, and which entry of that.
    spent: HashMap<String, (Option<usize>, usize)>,
}

impl File {
    fn of(path: &Path) -> Self {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let folders = path.ancestors().skip(1);
        let above = folders
            .skip_while(|folder| folder.file_name().is_none_or(|name| name != "subagents"))
            .nth(1)
            .and_then(Path::file_name)
            .map(|name| name.to_string_lossy().into_owned());
        Self {
            agent: stem.starts_with("agent-"),
            named: Uuid::try_parse(&stem).is_ok(),
            main: Talk::named(stem.as_ref()),
            stem: stem.into_owned(),
            above,
            ..Self::default()
        }
    }

    fn take(&mut self, number: u64, text: &str) -> Result<(), String> {
        let line: Line = parse(text)?;
        match &*line.kind {
            "user" | "assistant" | "attachment" | "system" => self.said(number, &line, text),
            "summary" | "custom-title" | "ai-title" => {
                let titled: Titled = parse(text)?;
                self.titles.take(titled);
                Ok(())
            }
            // Progress, snapshots, queues, modes, and what later versions may add.
            _ => Ok(()),
        }
    }

    fn said(&mut self, number: u64, line: &Line, text: &str) -> Result<(), String> {
        let entries = match (&*line.kind, line.message) {
            ("assistant", Some(message)) => answer(line, message.get())?,
            ("user", Some(message)) => prompt(line, message.get())?,
            ("attachment", _) => queued(line)?,
            ("system", _) => notice(text)?,
            (kind, _) => return Err(format!("a line of type {kind} without `message`")),
        };
        let id = match &line.uuid {
            Some(uuid) if !self.seen.insert(uuid.to_string()) => return Ok(()),
            Some(uuid) => uuid.to_string(),
            None => format!("#{number}"),
        };
        self.belong(line);
        if entries.is_empty() {
            return Ok(());
        }
        let at = match &line.timestamp {
            Some(timestamp) => moment(timestamp)?,
            None => return Err("a message without `timestamp`".to_owned()),
        };
        let mut ids = Ids::of(id.as_str());
        let side = match line.is_sidechain {
            Some(true) if !self.agent => Some(self.side(line, &id)),
            _ => None,
        };
        let talk = self.talk(side);
        if let (Some(cwd), None) = (&line.cwd, &talk.draft.session.project) {
            talk.draft.session.project = Some(cwd.to_string());
        }
        for entry in entries {
            match entry {
                Heard::What(What::Spent(spent)) => self.spend(at, &id, side, *spent),
                Heard::What(what) => self.talk(side).put(at, ids.another(), what),
                Heard::Said(said) => self.talk(side).hear(at, &mut ids, said),
            }
        }
        Ok(())
    }

    fn talk(&mut self, side: Option<usize>) -> &mut Talk {
        match side.and_then(|side| self.sides.get_mut(side)) {
            Some(side) => side,
            None => &mut self.main,
        }
    }

    /// What one line says of an answer: it raises what those before it said.
    fn spend(&mut self, at: Time, id: &str, side: Option<usize>, mut spent: Spent) {
        if spent.usage == Usage::default() && spent.cost.is_none() {
            return;
        }
        if spent.key.is_empty() {
            id.clone_into(&mut spent.key);
        }
        if let Some((side, entry)) = self.spent.get(&spent.key).copied() {
            let known = self.talk(side).draft.session.entries.get_mut(entry);
            if let Some(What::Spent(known)) = known.map(|entry| &mut entry.what) {
                known.raise(&spent);
            }
            return;
        }
        let key = spent.key.clone();
        let talk = self.talk(side);
        talk.put(at, format!("{id}:spent"), What::Spent(Box::new(spent)));
        let entry = talk.draft.session.entries.len() - 1;
        self.spent.insert(key, (side, entry));
    }

    /// What a line says of the session that it stands in.
    fn belong(&mut self, line: &Line) {
        let session = &mut self.main.draft.session;
        let forked = line
            .forked_from
            .and_then(|forked| serde_json::from_str::<Forked>(forked.get()).ok())
            .and_then(|forked| forked.session_id);
        if let (Some(from), None) = (forked, &session.parent) {
            session.parent = Some(from.to_string());
        }
        let Some(id) = &line.session_id else { return };
        if self.agent {
            self.above.get_or_insert_with(|| id.to_string());
        } else if !self.named {
            self.named = true;
            session.name = id.to_string();
        } else if session.name != **id && session.parent.is_none() {
            // A session that was resumed begins with lines of the one before.
            session.parent = Some(id.to_string());
        }
    }

    /// The sub-agent that a line among those of its session belongs to.
    fn side(&mut self, line: &Line, id: &str) -> usize {
        let agent = line
            .agent_id
            .as_ref()
            .map(|agent| format!("agent-{}", &**agent));
        let parent = line.parent_uuid.as_ref();
        let known = agent
            .as_ref()
            .and_then(|agent| self.side_of.get(agent))
            .or_else(|| self.side_of.get(parent.map(|parent| &**parent)?))
            .copied();
        // What hangs on a line that was passed over goes on with the sub-agent that spoke last.
        let known = known.or_else(|| {
            let goes_on = agent.is_none() && parent.is_some();
            goes_on.then(|| self.sides.len().checked_sub(1)).flatten()
        });
        let side = known.unwrap_or_else(|| {
            let name = agent.as_deref().unwrap_or(id);
            let mut talk = Talk::named(&format!("{}/{name}", self.main.draft.session.name));
            talk.draft.session.parent = Some(self.main.draft.session.name.clone());
            self.sides.push(talk);
            self.sides.len() - 1
        });
        self.side_of.insert(id.to_owned(), side);
        if let Some(agent) = agent {
            self.side_of.entry(agent).or_insert(side);
        }
        side
    }

    fn finish(mut self, path: &Path) -> (Vec<Session>, Vec<Stray>) {
        let (title, strays) = self.titles.finish(&self.seen);
        let mut main = self.main.finish();
        if self.agent {
            let meta = meta(path);
            let above = self.above.take();
            if let Some(above) = above {
                main.parent = Some(match meta.parent_agent_id {
                    Some(agent) => format!("{above}/agent-{agent}"),
                    None => above.clone(),
                });
                main.name = format!("{above}/{}", self.stem);
            }
            main.title = title.or(meta.description);
        } else {
            main.title = title.or_else(|| title::indexed(path, &main.name));
        }
        let mut sessions = vec![main];
        sessions.extend(self.sides.into_iter().map(Talk::finish));
        sessions.retain(|session| !session.entries.is_empty());
        (sessions, strays)
    }
}

/// What is told beside the file of a sub-agent, or nothing.
fn meta(path: &Path) -> Meta {
    beside(&path.with_extension("meta.json")).unwrap_or_default()
}

fn beside<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_str(&lines::small(path)?).ok()
}
