//! The workstation's wiring: what it needs to draw its first frame, and what it is handed for later.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use tokio::runtime::{Builder, Runtime};

use creel::command::cli::Workstation;
use creel::command::exit;
use creel::command::plain::local::usual_ports;
use creel::command::run::target::model_trouble;
use creel::config::Config;
use creel::config::display::Ambiguous;
use creel::config::load::{self, Loaded};
use creel::config::paths::{Paths, process_environment};
use creel::engine::clock::Clock;
use creel::engine::door::Door;
use creel::engine::journal::Journal;
use creel::engine::walls::Sandbox;
use creel::engine::{Engine, Options as EngineOptions, carried, crash};
use creel::import::find;
use creel::note::Shelf;
use creel::project;
use creel::protocol::id::ModelRef;
use creel::protocol::import::Program;
use creel::protocol::op::Manage;
use creel::protocol::query::NotFound;
use creel::provider::rehearsals::Rehearsals;
use creel::provider::table::Providers;
use creel::skill;
use creel::store::read::Reader;
use creel::tui::app::local::Usual;
use creel::tui::app::setup::{Instructions, OpenWhat, Place, Setup, SkillCard};
use creel::tui::app::wishes::Wishes;
use creel::tui::terminal::ability::{self, Ability};
use creel::tui::terminal::colour::Depth;
use creel::tui::terminal::copying;
use creel::tui::terminal::ground;
use creel::tui::terminal::notice::Between;
use creel::tui::theme::folder::Themes;
use creel::tui::widget::paint::Glyphs;
use creel::tui::{self, Ended, Options, Started};

use crate::given::{Given, key_places};
use crate::layouts::{self, Layout};
use crate::tour;
use crate::wishes::ConfigFile;

/// So many faults of skills are told one by one.
const MOST_PROBLEMS: usize = 3;

/// Why the workstation did not open: an exit code, and a line for the person.
pub type Refused = (u8, String);

/// Runs the workstation and gives its exit code.
pub fn run(arguments: &Workstation) -> u8 {
    match prepare(arguments).and_then(open_screen) {
        Ok(Ended::ByPerson) => exit::DONE,
        Ok(Ended::BySignal(number)) => 128_u8.saturating_add(u8::try_from(number).unwrap_or(1)),
        Err((code, line)) => {
            let _ = writeln!(std::io::stderr(), "creel: {line}");
            code
        }
    }
}

fn open_screen((options, start): (Options, Start)) -> Result<Ended, Refused> {
    start.within(|start| tui::run(options, start))
}

/// What the terminal can do, and how texts come to the clipboard here.
fn abilities(ability: &Ability, config: &Config) -> Vec<(String, String)> {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let ways = copying::ways(config.ui.clipboard, is_set);
    let told = ability.told().into_iter();
    told.map(|(name, state)| match name.as_str() {
        "copying" => (name, copying::said(&ways)),
        _ => (name, state),
    })
    .collect()
}

/// What starting the engine needs, kept until the first frame is drawn.
pub struct Start {
    config: Config,
    sandbox: Sandbox,
    paths: Paths,
    runtime: Arc<Runtime>,
    door: Arc<OnceLock<Door>>,
    engine: Arc<OnceLock<Engine>>,
}

impl Start {
    pub fn new(config: Config, sandbox: Sandbox, paths: Paths) -> Result<Self, Refused> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| (exit::FAILED, format!("cannot start: {error}")))?;
        Ok(Self {
            config,
            sandbox,
            paths,
            runtime: Arc::new(runtime),
            door: Arc::default(),
            engine: Arc::default(),
        })
    }

    /// Shows something, and lets the engine come to its end behind it.
    pub fn within<T>(
        self,
        show: impl FnOnce(tui::Start) -> anyhow::Result<T>,
    ) -> Result<T, Refused> {
        let runtime = Arc::clone(&self.runtime);
        let door = Arc::clone(&self.engine);
        let ended = show(Box::new(move || self.engine()));
        // The last turns are told to stop, and have the time they need.
        if let Some(engine) = Arc::into_inner(door).and_then(OnceLock::into_inner) {
            runtime.block_on(engine.ended());
        }
        ended.map_err(|error| (exit::FAILED, format!("{error:#}")))
    }

    fn engine(self) -> Result<Started, String> {
        let redactor = Arc::default();
        Journal::new(
            self.paths.log_file.clone(),
            Clock::system(),
            Arc::clone(&redactor),
        )
        .install();
        crash::watch(
            self.paths.crashes.clone(),
            Clock::system(),
            Arc::clone(&redactor),
        );
        let options = EngineOptions {
            config: self.config,
            paths: self.paths,
            clock: Clock::system(),
            home: std::env::home_dir(),
            unattended: false,
            redactor,
            sandbox: self.sandbox,
        };
        let engine = Engine::start(options, self.runtime.handle())?;
        let started = Started {
            door: engine.door.clone(),
            notices: engine.notices.clone(),
            read_only: engine.read_only,
            runtime: self.runtime.handle().clone(),
        };
        let _ = self.door.set(engine.door.clone());
        let _ = self.engine.set(engine);
        Ok(started)
    }
}

fn prepare(arguments: &Workstation) -> Result<(Options, Start), Refused> {
    let ability = Ability::of_environment();
    if !ability::attached() {
        let why = "there is no terminal here; use `creel run` for work without one";
        return Err((exit::USAGE, why.to_owned()));
    }
    let failed = |line: String| (exit::FAILED, line);
    let paths = Paths::from_environment(&process_environment).map_err(failed)?;
    let file = Arc::new(ConfigFile::new(paths.clone()));
    let loaded =
        load::read(&paths, &process_environment).map_err(|error| failed(error.to_string()))?;
    let mut setup = setup(arguments, &paths, &loaded, &ability)?;
    setup.wishes = file.wishes(&loaded);
    let layout = layouts::hold(&paths, &setup.cwd);
    match layout.as_ref().map(Layout::read) {
        Ok(Ok(kept)) => {
            // Each has a mode of its own: what was asked for is not silently something else.
            let mode = arguments.mode.filter(|_| kept.is_some());
            setup.notices.extend(mode.map(|mode| {
                let name = mode.name();
                format!("`--mode {name}` is for new sessions: those that were open here keep theirs; `/mode {name}` changes one")
            }));
            setup.arrangement = kept;
        }
        Ok(Err(why)) => setup.notices.push(why),
        Err(taken) => setup.notices.push(taken.said()),
    }
    let config = loaded.config;
    let start = Start::new(
        config.clone(),
        Sandbox::of_machine(!arguments.no_sandbox),
        paths.clone(),
    )?;
    let notes = paths.notes().to_owned();
    let given = Arc::new(Given::new(
        paths,
        start.runtime.handle().clone(),
        Arc::clone(&start.door),
    ));
    let (checking, storing, reading) = (Arc::clone(&given), Arc::clone(&given), Arc::clone(&given));
    let extending = Arc::clone(&given);
    let (binding, keeping, wrote) = (Arc::clone(&file), Arc::clone(&file), Arc::clone(&file));
    let options = Options {
        themes: Themes::new(Some(given.themes())),
        theme: config.ui.theme,
        ground: ground::told(std::env::var("COLORFGBG").ok().as_deref()),
        glyphs: glyphs(config.ui.ambiguous),
        ambiguous: config.ui.ambiguous,
        setup,
        ability,
        editor: editor(),
        clipboard: config.ui.clipboard,
        check_provider: Arc::new(move |new| checking.check(new)),
        ask_local: Arc::new(move || given.ask_local(usual_ports().collect())),
        store_provider: Arc::new(move |new, model, tell| {
            wrote.keep(|| storing.store(&new, &model), tell);
        }),
        read_keys: Arc::new(move || reading.read_keys(Manage::Reload)),
        extend: Arc::new(move || extending.read_keys(Manage::Extend)),
        tour: Arc::new(tour::folder),
        scratch: Arc::new(scratch_folder),
        keep: Arc::new(move |arrangement| match &layout {
            Ok(layout) => layout.keep(arrangement),
            Err(_) => Ok(()),
        }),
        look_at: Arc::new(move |folder: &Path| look_at(folder, &notes)),
        below: Arc::new(project::below::repositories),
        config: tui::reload::ConfigFile {
            path: file.path(),
            look: Arc::new(move |tell| file.look(tell)),
            bind: Arc::new(move |rebinds, tell| binding.bind(rebinds, tell)),
            keep_theme: Arc::new(move |choice, tell| keeping.keep_theme(choice, tell)),
        },
    };
    Ok((options, start))
}

/// All that the first frame shows, read from the config and the folder: a few small files, no log, no network.
fn setup(
    arguments: &Workstation,
    paths: &Paths,
    loaded: &Loaded,
    ability: &Ability,
) -> Result<Setup, Refused> {
    let usage = |line: String| (exit::USAGE, line);
    let cwd = match &arguments.cwd {
        Some(folder) => folder.clone(),
        None => std::env::current_dir()
            .map_err(|error| usage(format!("the current folder is gone: {error}")))?,
    };
    let cwd = cwd
        .canonicalize()
        .map_err(|error| usage(format!("cannot work in {}: {error}", cwd.display())))?;
    if !cwd.is_dir() {
        return Err(usage(format!(
            "cannot work in {}: it is no folder",
            cwd.display()
        )));
    }
    let config = &loaded.config;
    if let Some(why) = arguments
        .model
        .as_ref()
        .and_then(|model| model_trouble(model, config))
    {
        return Err(usage(why));
    }
    let newest = if arguments.model.is_none() && config.has_several_providers() {
        // A log that cannot be read says so when it is opened.
        let reader = Reader::new(&paths.db);
        reader
            .sessions(Some(Config::NEWEST), false)
            .unwrap_or_default()
    } else {
        Vec::new()
    };
    let used = newest.iter().map(|card| &card.model);
    let model = arguments.model.clone().or_else(|| config.usual_model(used));
    let providers = Providers::new(
        config.providers.clone(),
        Arc::new(|_| Ok(None)),
        Rehearsals::default(),
    );
    let chosen = arguments.model.is_some() || config.model.is_some();
    let provider = model
        .as_ref()
        .and_then(|model| config.providers.get(&model.provider));
    let (skills, mut notices) = skills(paths);
    let open = wanted(arguments, paths)?;
    if arguments.model.is_none() && open == OpenWhat::New {
        notices.extend(config.told_of_unnamed(model.as_ref()));
    }
    let config_place = if paths.config_file.exists() {
        paths.config_file.display().to_string()
    } else {
        "none yet; defaults".to_owned()
    };
    // Of a route the first endpoint, until the engine says which one would serve.
    let route = model.as_ref().and_then(ModelRef::as_route);
    let route = route.and_then(|name| config.routes.get(name));
    let first = route.and_then(|route| route.endpoints.first());
    let weighed = first.or(model.as_ref());
    let fixed_tokens = carried::own_tokens(&providers, weighed, (&cwd, &config.rules));
    Ok(Setup {
        person_home: std::env::home_dir(),
        unsuitable: project::is_unsuitable(&cwd, std::env::home_dir().as_deref()),
        place: look_at(&cwd, paths.notes()),
        card: model.as_ref().map(|model| {
            let mut card = providers.card(first.unwrap_or(model));
            card.model = model.clone();
            card
        }),
        found: provider
            .filter(|_| !chosen)
            .map(|provider| provider.origin.clone()),
        model,
        key_without_model: config
            .key_without_model()
            .map(|(_, variable)| variable.to_owned()),
        key_places: key_places(config),
        mode: arguments.mode.unwrap_or(config.mode),
        effort: arguments.effort.or(config.effort),
        wishes: Wishes::default(),
        day_limit: config.budget.day,
        open,
        worktree: arguments.worktree.clone(),
        arrangement: None,
        notices,
        fixed_tokens,
        skills,
        data_place: paths.data.display().to_string(),
        config_place,
        terminal: terminal(ability),
        abilities: abilities(ability, config),
        programs: programs(),
        usual: usual_ports()
            .map(|(kind, port)| Usual {
                name: kind.name().to_owned(),
                port,
            })
            .collect(),
        process: std::process::id(),
        cwd,
    })
}

/// The programs with a folder on this machine whose sessions can be taken in: a look at two names for each, and into none.
fn programs() -> Vec<Program> {
    let Some(home) = std::env::home_dir() else {
        return Vec::new();
    };
    let is_there = |program: &Program| {
        let moved = find::variable(*program).and_then(process_environment);
        let moved = moved.map(PathBuf::from);
        find::usual(*program, &home, moved.as_deref()).is_some()
    };
    Program::ALL.into_iter().filter(is_there).collect()
}

/// The branch of a folder and what a session begun there will be told. `notes`: the folder of the config file.
fn look_at(folder: &Path, notes: &Path) -> Place {
    let found = project::find(folder);
    let own = project::instructions::read(folder, &found.top).map(|file| Instructions {
        tokens: carried::instruction_tokens(&file),
        file: file.file_name,
    });
    let kept = Instructions {
        file: "notes that were kept".to_owned(),
        tokens: carried::note_tokens(&Shelf::new(notes, &found.root)),
    };
    let kept = Some(kept).filter(|kept| kept.tokens > 0);
    Place {
        instructions: own.into_iter().chain(kept).collect(),
        // A repository is one also where its head cannot be read.
        unversioned: found.branch.is_none() && !found.top.join(".git").exists(),
        branch: found.branch,
        brings: {
            let (brings, _) = project::brings(folder, std::env::home_dir().as_deref());
            project::settings::read(&brings).allows()
        },
        gone: !folder.is_dir(),
    }
}

/// The session named on the command line.
fn wanted(arguments: &Workstation, paths: &Paths) -> Result<OpenWhat, Refused> {
    let Some(part) = &arguments.session else {
        return Ok(if arguments.continued {
            OpenWhat::Continue
        } else {
            OpenWhat::New
        });
    };
    let found = Reader::new(&paths.db)
        .find(part)
        .map_err(|error| (exit::FAILED, error.to_string()))?;
    found.map(|card| OpenWhat::Session(card.id)).map_err(|why| {
        let line = match why {
            NotFound::None => {
                format!("there is no session `{part}`: `creel sessions --all` lists them")
            }
            NotFound::TooShort => {
                format!("`{part}` is too short: at least four characters of an id")
            }
            NotFound::Many(cards) => format!(
                "`{part}` fits {} sessions: give more of the id",
                cards.len()
            ),
        };
        (exit::FAILED, line)
    })
}

/// The skills, and what is wrong with the person's own.
fn skills(paths: &Paths) -> (Vec<SkillCard>, Vec<String>) {
    let (own, mut problems) = skill::folder::load(std::slice::from_ref(&paths.skills));
    let more = problems.len().saturating_sub(MOST_PROBLEMS);
    if more > 0 {
        problems.truncate(MOST_PROBLEMS);
        problems.push(format!(
            "{more} more faults of skills: `creel doctor` lists them"
        ));
    }
    let mut cards: Vec<SkillCard> = Vec::new();
    for skill in own.into_iter().chain(skill::shipped()) {
        // The person's own goes before a shipped one of the same name.
        if !cards.iter().any(|card| card.name == skill.name) {
            cards.push(SkillCard {
                name: skill.name,
                description: skill.description,
                body: skill.body,
            });
        }
    }
    (cards, problems)
}

fn terminal(ability: &Ability) -> String {
    let colours = match ability.depth {
        Depth::True => "true colour",
        Depth::Indexed => "256 colours",
        Depth::Sixteen => "16 colours",
        Depth::None => "no colour",
    };
    let tmux = ability.between == Between::Tmux;
    let place = match (tmux, ability.ssh) {
        (true, true) => " · tmux, over ssh",
        (true, false) => " · tmux",
        (false, true) => " · over ssh",
        (false, false) => "",
    };
    format!("{colours}{place}")
}

/// Frames and marks beyond ASCII only where the locale can show them, and they are as narrow as they are thought to be.
pub fn glyphs(ambiguous: Ambiguous) -> Glyphs {
    if ambiguous == Ambiguous::Wide {
        return Glyphs::Ascii;
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|text| !text.is_empty()));
    let utf8 = locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    });
    if utf8 { Glyphs::Unicode } else { Glyphs::Ascii }
}

fn editor() -> String {
    ["VISUAL", "EDITOR"]
        .iter()
        .find_map(|name| {
            std::env::var(name)
                .ok()
                .filter(|text| !text.trim().is_empty())
        })
        .unwrap_or_else(|| "vi".to_owned())
}

/// A new empty folder. It stays.
fn scratch_folder() -> Result<PathBuf, String> {
    let folder = tempfile::Builder::new()
        .prefix(tour::SCRATCH)
        .tempdir()
        .map_err(|error| format!("cannot make a scratch folder: {error}"))?;
    Ok(folder.keep())
}
