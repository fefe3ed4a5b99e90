//! What the workstation is told at its start, as plain data: enough to draw the first frame without log, network or engine.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config::secret::Secret;
use crate::engine::clock::Clocks;
use crate::protocol::effort::Effort;
use crate::protocol::id::{ModelRef, SessionId};
use crate::protocol::import::Program;
use crate::protocol::money::Money;
use crate::protocol::query::ModelCard;
use crate::protocol::rule::Mode;
use crate::protocol::time::Time;
use crate::tui::app::arrangement::Arrangement;
use crate::tui::app::card::KeyPlaces;
use crate::tui::app::local::Usual;
use crate::tui::app::wishes::Wishes;

/// What the world gives to each update: the time on both clocks, and an id for a session that may be begun by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    pub wall: Time,
    /// Since the workstation started. Of a key it is when the key came, which may be before what was taken up last.
    pub since: Duration,
    /// What sleep of the machine is told by.
    pub clocks: Clocks,
    /// A session id nobody has used.
    pub fresh: SessionId,
}

/// Which session is shown first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum OpenWhat {
    #[default]
    New,
    Session(SessionId),
    /// The one last worked with in this folder.
    Continue,
}

/// A skill as `/skills` lists it and its name inserts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkillCard {
    pub name: String,
    pub description: String,
    pub body: String,
}

/// A file of instructions the model will be told, with its estimated tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instructions {
    pub file: String,
    pub tokens: u64,
}

/// How the log was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opened {
    /// What the person should be told about it.
    pub notices: Vec<String>,
    /// It can only be read.
    pub read_only: bool,
}

/// What is known of a folder that sessions work in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// `None`: no repository, or none that could be read.
    pub branch: Option<String>,
    /// What a session begun there will be told beside the fixed text.
    pub instructions: Vec<Instructions>,
    /// It brings rules that would let something run.
    pub brings: bool,
    /// The folder is no more, or cannot be read.
    pub gone: bool,
    /// It lies in no git repository, so that no worktree can be made from it.
    pub unversioned: bool,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Setup {
    /// The folder new sessions work in, absolute.
    pub cwd: PathBuf,
    /// The person's home folder, written as `~`.
    pub person_home: Option<PathBuf>,
    /// That folder is too much for an agent, as the home folder or `/`: another is chosen first.
    pub unsuitable: bool,
    /// Of that folder.
    pub place: Place,
    /// `None`: there is no model yet, and the first page is shown.
    pub model: Option<ModelRef>,
    /// There is none, but a vendor's key was found in this variable.
    pub key_without_model: Option<String>,
    /// The card of that model, as far as known without the engine.
    pub card: Option<ModelCard>,
    /// Where the model's provider was found, when nobody chose it: `$ANTHROPIC_API_KEY`. Said once.
    pub found: Option<String>,
    /// Where the key of each provider is kept.
    pub key_places: KeyPlaces,
    pub mode: Mode,
    /// How much the model of a new session reasons; `None` leaves it to the model.
    pub effort: Option<Effort>,
    /// What the config says of keys, mouse and theme, and all its settings.
    pub wishes: Wishes,
    /// The budget of a day; `None` where there is none.
    pub day_limit: Option<Money>,
    pub open: OpenWhat,
    /// The name of a worktree to be made at once, with a session in it.
    pub worktree: Option<String>,
    /// Tabs and panes of the last time in this folder.
    pub arrangement: Option<Arrangement>,
    /// What the person should be told at once.
    pub notices: Vec<String>,
    /// System text and tools together.
    pub fixed_tokens: u64,
    pub skills: Vec<SkillCard>,
    /// Where Creel keeps its data, as shown on the first page.
    pub data_place: String,
    /// Which config holds, as shown on the first page: its path, or `none yet; defaults`.
    pub config_place: String,
    /// What the terminal can do, in words, as shown on the first page.
    pub terminal: String,
    /// The same, each ability with its state, as the settings list it.
    pub abilities: Vec<(String, String)>,
    /// The ports of this machine that are asked for models, in the order they are named.
    pub usual: Vec<Usual>,
    /// Other programs whose folders are on this machine.
    pub programs: Vec<Program>,
    /// Process id, for the tour's closing line.
    pub process: u32,
}

impl Setup {
    /// A path as a person reads it: the home folder as `~`, control characters gone.
    pub fn path(&self, path: &Path) -> String {
        let text = match &self.person_home {
            Some(home) if path == home => "~".to_owned(),
            Some(home) => match path.strip_prefix(home) {
                Ok(rest) => format!("~/{}", rest.display()),
                Err(_) => path.display().to_string(),
            },
            None => path.display().to_string(),
        };
        crate::agent::visible::as_command(&text)
    }
}

/// A provider a person gives on the first page, or another key for one that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewProvider {
    /// A key of this vendor, by the name of its preset.
    Key { vendor: String, key: GivenKey },
    /// The same, and nothing begins with it: what answers now stays.
    Beside { vendor: String, key: GivenKey },
    /// Another key for the provider of this name.
    KeyOf { provider: String, key: GivenKey },
    /// A server that speaks the chat dialect, by its address.
    Server { address: String },
    /// A server on this machine that answered at this port, with the preset of its kind.
    Local { preset: String, port: u16 },
    /// The same, and nothing begins with it but the session it was chosen for.
    LocalBeside { preset: String, port: u16 },
}

/// A key, or where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenKey {
    /// Pasted: kept in a file of its own.
    Pasted(Secret),
    /// Read from this variable.
    Variable(String),
    /// Read from this file.
    File(PathBuf),
    /// Printed by this program with its arguments, which no shell reads.
    Command(Vec<String>),
}

/// What a provider answered when it was tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// What it offers, the most fitting first; never empty.
    pub models: Vec<ModelCard>,
    /// The preset's own choice: with it nothing more is asked.
    pub default: Option<ModelRef>,
}

/// A provider that was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The model that was chosen; `None` where a provider was only given another key.
    pub card: Option<ModelCard>,
    /// Where keys are kept now.
    pub key_places: KeyPlaces,
    /// One line naming the file.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_folder_is_a_tilde() {
        let setup = Setup {
            person_home: Some(PathBuf::from("/home/ada")),
            ..Setup::default()
        };
        assert_eq!(setup.path(Path::new("/home/ada/src/api")), "~/src/api");
        assert_eq!(setup.path(Path::new("/home/ada")), "~");
        assert_eq!(setup.path(Path::new("/srv/x\u{1b}y")), r"/srv/x\u{1b}y");
    }
}
