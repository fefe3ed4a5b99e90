//! The commands of the composer: one table, from which the list under a typed slash and the help are drawn too.

use crate::agent::decimal::dollars;
use crate::config::theme::ThemeChoice;
use crate::protocol::id::ModelRef;
use crate::protocol::item::Block;
use crate::protocol::rule::Mode;
use crate::protocol::session::Change;
use crate::tui::app::App;
use crate::tui::app::keymap::Action;
use crate::tui::app::message::Cmd;
use crate::tui::app::overlay::files::Page;
use crate::tui::app::setup::SkillCard;
use crate::tui::app::text::Text;

#[derive(Debug)]
pub struct Slash {
    pub name: &'static str,
    /// What follows the name, as shown; empty where nothing does.
    pub takes: &'static str,
    pub help: &'static str,
}

const fn slash(name: &'static str, takes: &'static str, help: &'static str) -> Slash {
    Slash { name, takes, help }
}

pub const TABLE: &[Slash] = &[
    slash("help", "", "all keys and commands"),
    slash(
        "new",
        "FOLDER",
        "a new session where this one works, or in FOLDER",
    ),
    slash(
        "folder",
        "FOLDER",
        "go on in FOLDER with a session of another program",
    ),
    slash(
        "worktree",
        "NAME",
        "a new session in a git worktree; without a name it is asked for",
    ),
    slash(
        "files",
        "",
        "files of this session's worktree, merge it back",
    ),
    slash(
        "trust",
        "",
        "what the folder brings and what was read: trust it or not",
    ),
    slash("commit", "", "commit the rest of this session's worktree"),
    slash(
        "merge",
        "",
        "merge this session's worktree (shows it first)",
    ),
    slash("remove", "", "remove this session's worktree (asks)"),
    slash("sessions", "", "the board: all sessions"),
    slash(
        "temporary",
        "",
        "this session goes out of the log when it is closed; again: it stays",
    ),
    slash(
        "model",
        "NAME",
        "the model of this session; without a name: the list",
    ),
    slash("models", "", "models with prices"),
    slash(
        "mode",
        "MODE",
        "ask, edits, plan or auto; for a while: auto 45m $3",
    ),
    slash(
        "effort",
        "EFFORT",
        "how much the model reasons: off, low, medium, high, max or default",
    ),
    slash(
        "budget",
        "DOLLARS",
        "what this session may spend; `none` takes it away",
    ),
    slash("rename", "TITLE", "the title of this session"),
    slash(
        "recall",
        "on|off",
        "whether what earlier sessions said is put beside prompts it answers",
    ),
    slash("skills", "", "skills at hand"),
    slash("rules", "", "what runs unasked, and why; take a rule away"),
    slash("cost", "", "what was spent"),
    slash("theme", "NAME", "the colours; without a name: the list"),
    slash("editor", "", "write in your editor"),
    slash("settings", "", "keys, theme, and all that the config says"),
    slash("quit", "", "quit"),
];

/// One row of the list under a typed slash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    pub name: &'a str,
    pub takes: &'a str,
    pub help: &'a str,
}

/// What a command comes to.
enum Meant {
    Act(Action),
    Change(Change),
    Model(ModelRef),
    Temporary,
    /// A new session in the folder of this name.
    New(String),
    Worktree(String),
    /// A page of this session's worktree.
    Page(Page),
    /// The mode in which commands run unasked: it is asked about first.
    Auto,
    Theme(String),
    /// Its text, by its place in the list, and what was written behind its name.
    Skill(usize, String),
}

/// Commands and skills whose names begin as typed; the one that is typed whole comes first.
pub fn matching<'a>(prefix: &str, skills: &'a [SkillCard]) -> Vec<Row<'a>> {
    let prefix = prefix.to_lowercase();
    let mut rows: Vec<Row<'a>> = TABLE
        .iter()
        .map(|slash| Row {
            name: slash.name,
            takes: slash.takes,
            help: slash.help,
        })
        .chain(skills.iter().map(|skill| Row {
            name: &skill.name,
            takes: "",
            help: &skill.description,
        }))
        .filter(|row| row.name.starts_with(&prefix))
        .collect();
    rows.sort_by_key(|row| row.name != prefix);
    rows
}

impl App {
    /// The list under the slash that is being typed; empty when there is none to show.
    pub fn slash_rows(&self) -> Vec<Row<'_>> {
        if self.slash_closed {
            return Vec::new();
        }
        match self.view().composer.slash_prefix() {
            Some(prefix) => matching(prefix, &self.setup.skills),
            None => Vec::new(),
        }
    }

    /// A command that was entered in the composer, which is empty before it is done, so that nothing of it is kept or edited. One
    /// that means nothing stays there, to be written anew.
    pub fn enter_slash(&mut self, name: &str, rest: &str) -> Vec<Cmd> {
        let meant = self.meant(name, rest);
        match meant {
            // What follows the name is where the text begins.
            Ok(Meant::Act(Action::Editor)) => self.view_mut().composer.set(rest),
            Ok(_) => self.view_mut().composer.clear(),
            Err(_) => {}
        }
        self.mean(meant)
    }

    /// Runs a command that was entered elsewhere: what is typed in the composer stays as it is.
    pub fn run_slash(&mut self, name: &str, rest: &str) -> Vec<Cmd> {
        let meant = self.meant(name, rest);
        self.mean(meant)
    }

    fn meant(&self, name: &str, rest: &str) -> Result<Meant, String> {
        let action = |action| Ok(Meant::Act(action));
        let change = match name {
            "help" => return action(Action::Help),
            "new" if rest.trim().is_empty() => return action(Action::NewSession),
            "new" => return Ok(Meant::New(rest.to_owned())),
            "sessions" | "board" => return action(Action::Sessions),
            "temporary" => return Ok(Meant::Temporary),
            "models" => return action(Action::Models),
            "model" if rest.is_empty() => return action(Action::Models),
            "worktree" if rest.is_empty() => return action(Action::NewWorktree),
            "worktree" => return Ok(Meant::Worktree(rest.to_owned())),
            "files" => return action(Action::Files),
            "commit" | "merge" | "remove" if !rest.is_empty() => {
                return Err(format!(
                    "/{name} takes nothing: the next page asks for what it needs"
                ));
            }
            "commit" => {
                let field = Text::default();
                return Ok(Meant::Page(Page::Commit { field }));
            }
            "merge" => return Ok(Meant::Page(Page::Merge { preview: None })),
            "remove" => {
                let field = Text::default();
                return Ok(Meant::Page(Page::Remove { loss: None, field }));
            }
            "skills" => return action(Action::Skills),
            "rules" => return action(Action::Rules),
            "trust" => return action(Action::Trust),
            "cost" => return action(Action::Cost),
            "settings" => return action(Action::Settings),
            "quit" => return action(Action::Quit),
            // These are in no list: a skill that has such a name is what is meant.
            "exit" | "q" if !self.is_own_skill(name) => return action(Action::Quit),
            "theme" if rest.trim().is_empty() => return action(Action::Theme),
            "theme" => return Ok(Meant::Theme(rest.trim().to_owned())),
            "editor" => return action(Action::Editor),
            "model" => return Ok(Meant::Model(self.named_model(rest)?)),
            "mode" => match self.read_mode(rest)? {
                Change::Mode { mode: Mode::Auto } if self.is_new_mode(Mode::Auto) => {
                    return Ok(Meant::Auto);
                }
                change => change,
            },
            "effort" => effort(rest)?,
            "budget" => budget(rest)?,
            "recall" => match rest.trim() {
                "on" => Change::Recall { on: true },
                "off" => Change::Recall { on: false },
                _ => return Err("/recall on or /recall off".to_owned()),
            },
            "folder" => self.take_up_in(rest)?,
            "rename" if rest.is_empty() => return Err("what title? /rename TITLE".to_owned()),
            "rename" => Change::Title {
                title: crate::agent::visible::one_line(rest),
            },
            _ => {
                let mut skills = self.setup.skills.iter();
                let skill = skills.position(|skill| skill.name == name);
                return skill
                    .map(|index| Meant::Skill(index, rest.to_owned()))
                    .ok_or_else(|| format!("no command /{name}; /help lists them"));
            }
        };
        Ok(Meant::Change(change))
    }

    /// Whether a skill is called so that no command in the list is.
    pub fn is_own_skill(&self, name: &str) -> bool {
        let is_command = matching(name, &[]).iter().any(|row| row.name == name);
        !is_command && self.setup.skills.iter().any(|skill| skill.name == name)
    }

    fn mean(&mut self, meant: Result<Meant, String>) -> Vec<Cmd> {
        match meant {
            Ok(Meant::Act(action)) => return self.act(action),
            Ok(Meant::Change(change)) => return self.change(change),
            Ok(Meant::Model(model)) => return self.name_model(model),
            Ok(Meant::Temporary) => return self.turn_temporary(),
            Ok(Meant::New(folder)) => return self.new_session_in(&folder),
            Ok(Meant::Worktree(name)) => return self.make_worktree(name),
            Ok(Meant::Page(page)) => return self.page_here(page),
            Ok(Meant::Auto) => self.ask_for_auto(),
            Ok(Meant::Theme(name)) => return vec![Cmd::KeepTheme(ThemeChoice::One(name))],
            Ok(Meant::Skill(index, rest)) => self.insert_skill(index, &rest),
            Err(why) => self.say(why),
        }
        Vec::new()
    }

    /// Puts a skill's text into the composer, before what was written after its name.
    pub fn insert_skill(&mut self, index: usize, rest: &str) {
        let Some(skill) = self.setup.skills.get(index) else {
            return;
        };
        let body = skill.body.clone();
        let name = skill.name.clone();
        let composer = &mut self.view_mut().composer;
        composer.set("");
        composer.paste(&body);
        composer.paste("\n");
        composer.paste(rest);
        self.say(format!(
            "skill {name} is in the composer; what you add follows it"
        ));
    }

    /// A model by its whole name, or by the only one that ends so.
    fn named_model(&self, name: &str) -> Result<ModelRef, String> {
        if let Ok(model) = name.parse::<ModelRef>()
            && (self.models.is_empty() || self.models.iter().any(|card| card.model == model))
        {
            return Ok(model);
        }
        let fitting: Vec<&ModelRef> = self
            .models
            .iter()
            .filter(|card| card.lacks.is_none())
            .map(|card| &card.model)
            .filter(|model| model.model == name || model.to_string().contains(name))
            .collect();
        match fitting.as_slice() {
            [one] => Ok((*one).clone()),
            [] => Err(format!("no model {name}; /models lists them")),
            many => match many.iter().find(|model| model.model == name) {
                Some(exact) => Ok((*exact).clone()),
                None => Err(format!(
                    "{} models fit {name}; /models lists them",
                    many.len()
                )),
            },
        }
    }
}

fn effort(text: &str) -> Result<Change, String> {
    if text.trim() == "default" {
        return Ok(Change::Effort { effort: None });
    }
    match text.trim().parse() {
        Ok(effort) => Ok(Change::Effort {
            effort: Some(effort),
        }),
        Err(expected) => Err(format!("{expected}, or `default` to leave it to the model")),
    }
}

fn budget(text: &str) -> Result<Change, String> {
    let text = text.trim();
    if text == "none" {
        return Ok(Change::Budget { limit: None });
    }
    match dollars(text) {
        Ok(limit) => Ok(Change::Budget { limit: Some(limit) }),
        Err(fault) => Err(format!(
            "a budget is a sum of dollars such as 2.50, or `none`: {fault}"
        )),
    }
}

/// The text of a message as one line, for what is queued.
pub fn preview(blocks: &[Block]) -> String {
    let text: String = blocks
        .iter()
        .map(|block| match block {
            Block::Text { text } => text.chars().take(200).collect::<String>(),
            Block::Paste { text } => format!("[pasted {} lines]", text.lines().count()),
            Block::Image { image } => image.chip(),
        })
        .collect::<Vec<_>>()
        .join(" ");
    crate::agent::visible::one_line(&text)
}
