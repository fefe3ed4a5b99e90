//! What a call does, as one object. It is made once, when the call is judged: the ask is drawn of it, and it is what runs. From
//! there on nothing is read out of the text of the call any more.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use crate::protocol::ask::{Bound, Subject};
use crate::protocol::call::{Reach, Untrusted};
use crate::protocol::sandbox::Network;
use crate::tool::shared::change::Change;
use crate::tool::shared::environment::{Whose, environment};
use crate::tool::{Scene, Tool, bash};

/// What a call does.
#[derive(Debug)]
pub struct Deed {
    pub act: Act,
    /// What it touches: it goes nowhere else.
    pub reach: Arc<[Reach]>,
    /// The folder it is done in.
    pub cwd: PathBuf,
    /// Of a command: all that it is given of it, but for what its walls add. Empty where it is none.
    pub environment: Vec<(OsString, OsString)>,
    /// Whether it has it when it runs.
    pub network: Network,
    /// What of what it reads nobody trusted wrote.
    pub untrusted: Option<Untrusted>,
    /// Of a command that a person was asked about: the programs and scripts it names, as they were.
    pub bound: Option<Bound>,
}

/// What is done.
#[derive(Debug)]
pub enum Act {
    /// A command: the vector handed to the system, and the seconds it was given, where the call says.
    Command {
        argv: Vec<String>,
        timeout: Option<u64>,
    },
    /// A file becomes another.
    Change(Box<Change>),
    /// Nothing is changed: done from the arguments, as they were judged.
    Look { input: Value },
    /// It cannot be done, and the model is told why.
    Nothing { why: String },
}

impl Deed {
    /// What a call of the model does, without the network. May read files, where its tool changes them.
    pub fn of(tool: &dyn Tool, input: &Value, scene: &Scene) -> Self {
        let act = tool.act(input, scene);
        let act = act.unwrap_or_else(|why| Act::Nothing { why });
        let environment = match &act {
            Act::Command { .. } => environment(Whose::Model, std::env::vars_os()),
            Act::Change(_) | Act::Look { .. } | Act::Nothing { .. } => Vec::new(),
        };
        Self {
            act,
            reach: scene.reached.clone().unwrap_or_default(),
            cwd: scene.place.cwd.clone(),
            environment,
            network: Network::Off,
            untrusted: None,
            bound: None,
        }
    }

    /// A command that the person typed: with all that is theirs.
    pub fn of_person(command: &str, cwd: PathBuf) -> Self {
        Self {
            act: Act::Command {
                argv: bash::argv(command),
                timeout: Some(bash::TIMEOUT_MOST),
            },
            reach: Arc::default(),
            cwd,
            environment: environment(Whose::Person, std::env::vars_os()),
            network: Network::On,
            untrusted: None,
            bound: None,
        }
    }

    /// What a person is shown of it. The error is what the model is told where it cannot be done.
    pub fn subject(&self) -> Result<Subject, String> {
        Ok(match &self.act {
            Act::Command { argv, .. } => Subject::Command {
                argv: argv.clone(),
                parts: Vec::new(),
            },
            Act::Change(change) => change.subject(),
            // Of a path with links in it the last name is its true place.
            Act::Look { input } => match self.reach.last() {
                Some(Reach::Read { path }) => Subject::Read { path: path.clone() },
                _ => Subject::Other {
                    arguments: input.to_string(),
                },
            },
            Act::Nothing { why } => return Err(why.clone()),
        })
    }

    /// The vector of a command.
    pub fn argv(&self) -> Option<&[String]> {
        match &self.act {
            Act::Command { argv, .. } => Some(argv),
            Act::Change(_) | Act::Look { .. } | Act::Nothing { .. } => None,
        }
    }

    /// The change of a file.
    pub fn change(&self) -> Option<&Change> {
        match &self.act {
            Act::Change(change) => Some(change),
            Act::Command { .. } | Act::Look { .. } | Act::Nothing { .. } => None,
        }
    }

    /// The arguments of one that changes nothing.
    pub fn look(&self) -> Result<&Value, String> {
        match &self.act {
            Act::Look { input } => Ok(input),
            _ => Err(self.unfit()),
        }
    }

    /// What is said of one that is not what its tool does.
    pub fn unfit(&self) -> String {
        match &self.act {
            Act::Nothing { why } => why.clone(),
            _ => "not run: this is not what the tool does; it is a fault of Creel".to_owned(),
        }
    }
}
