//! The front step: takes the arguments, builds the house, chooses a face. The only place that knows every room.

mod entry;
mod given;
mod layouts;
mod pick;
mod tour;
mod wishes;
mod workstation;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use clap::error::ErrorKind;
use tokio::runtime::{Builder, Handle, Runtime};

use creel::command::bug_report::Material;
use creel::command::cli::{BugReportArgs, Cli, DoctorArgs, Sub, Workstation};
use creel::command::doctor::{self, Surroundings};
use creel::command::manual::Reader;
use creel::command::moment;
use creel::command::{
    Ended, Face, Trouble, backup, bug_report, cache, config, cost, exit, export, import, index,
    models, package, plain, providers, purge, restore, route, rules, run, search, sessions, show,
    stop, theme, trust, with_streams, wrong,
};
use creel::config::Config;
use creel::config::keymap::Keys;
use creel::config::load::{self, ConfigError, Loaded};
use creel::config::paths::{Paths, process_environment};
use creel::engine::clock::Clock;
use creel::engine::journal::Journal;
use creel::engine::walls::Sandbox;
use creel::engine::{Engine, Options, crash, leaving};
use creel::sandbox::helper;
use creel::tui::app::keymap::wished;
use creel::tui::terminal::ability::attached;

/// What the workstation knows of keys, for the commands that look at the config.
const KEYS: Keys = Keys {
    names: wished::names,
    judge: wished::judge,
};

fn main() -> ExitCode {
    if let Some(code) = helper::entered() {
        return code;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(no_command(&error)),
    };
    ExitCode::from(match cli.command {
        None if plain::is_wanted(&cli.workstation, attached(), &process_environment) => {
            in_runtime(async |face| in_lines(&cli.workstation, face).await)
        }
        None => workstation::run(&cli.workstation),
        Some(Sub::Search(args)) if args.pick => pick::run(&args),
        Some(sub) => in_runtime(async |face| command(sub, face).await),
    })
}

/// Prints help or version where they were asked for, else what is wrong with the command line.
fn no_command(error: &clap::Error) -> u8 {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        // A reader that went away has seen what it wanted.
        let _ = error.print();
        return exit::DONE;
    }
    let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let words: Vec<String> = words.collect();
    refused(Trouble::usage(wrong::line(error, &words)))
}

/// Says what is wrong before there is a runtime, and gives the exit code.
fn refused(trouble: Trouble) -> u8 {
    futures_util::FutureExt::now_or_never(with_streams(async |_| Err(trouble)))
        .unwrap_or(exit::FAILED)
}

/// What needs no screen, to its exit code.
fn in_runtime(body: impl AsyncFnOnce(&mut Face<'_>) -> Ended) -> u8 {
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(trouble) => return refused(trouble),
    };
    runtime.block_on(with_streams(body))
}

/// The workstation in lines.
async fn in_lines(arguments: &Workstation, face: &mut Face<'_>) -> Ended {
    let paths = Paths::from_environment(&process_environment).map_err(Trouble::failed)?;
    let loaded = load::read(&paths, &process_environment);
    let loaded = loaded.map_err(|error| config::trouble(&error))?;
    let sandbox = Sandbox::of_machine(!arguments.no_sandbox);
    let engine = engine(loaded.config.clone(), &paths, false, sandbox).map_err(Trouble::failed)?;
    let notices: Vec<String> = loaded
        .warnings
        .iter()
        .chain(&engine.notices)
        .cloned()
        .collect();
    let door = engine.door.clone();
    let config = &loaded.config;
    let tour = plain::MakeFolder(Arc::new(tour::folder));
    let ended = plain::run(arguments, &notices, &door, config, tour, face).await;
    drop(door);
    engine.ended().await;
    ended
}

async fn command(sub: Sub, face: &mut Face<'_>) -> Ended {
    let paths = Paths::from_environment(&process_environment).map_err(Trouble::failed)?;
    match &sub {
        Sub::Completions { shell } => return package::completions(*shell, face),
        Sub::Man => {
            let reader = if std::io::stdout().is_terminal() {
                Reader::Person
            } else {
                Reader::Program
            };
            return package::man(reader, face);
        }
        Sub::Theme(sub) => return theme::run(sub, &paths, &process_environment, face),
        Sub::Config(sub) => return config::run(sub, &paths, &process_environment, KEYS, face),
        // It must be alone with the log.
        Sub::Restore(args) => return restore::run(args, &paths, face).await,
        _ => {}
    }
    let loaded = load::read(&paths, &process_environment);
    if let Sub::Backup(args) = &sub {
        let config = loaded.as_ref().ok().map(|loaded| &loaded.config);
        return backup::run(args, &paths, config, &moment::from_system(), face).await;
    }
    let examined = match &sub {
        Sub::Doctor(args) => Some(Examined::Here(args)),
        Sub::BugReport(args) => Some(Examined::ForOthers(args)),
        _ => None,
    };
    if let Some(examined) = examined {
        return examine(examined, &paths, &loaded, face).await;
    }
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(error) if needs_config(&sub) => return Err(config::trouble(&error)),
        Err(error) => {
            face.note(&format!("{error}; the defaults hold for this command"))?;
            Loaded {
                config: load::defaults(&process_environment),
                lines: std::collections::BTreeMap::new(),
                warnings: Vec::new(),
            }
        }
    };
    for warning in &loaded.warnings {
        face.note(warning)?;
    }
    let unattended = matches!(sub, Sub::Run(_));
    let mut config = loaded.config.clone();
    if let Sub::Run(args) = &sub {
        config.rules.extend(run::start::denied(args));
    }
    let given_up = matches!(&sub, Sub::Run(args) if args.no_sandbox);
    let sandbox = Sandbox::of_machine(!given_up);
    let engine = engine(config, &paths, unattended, sandbox).map_err(Trouble::failed)?;
    for notice in &engine.notices {
        face.note(notice)?;
    }
    let door = engine.door.clone();
    let now = moment::from_system();
    let ended = match &sub {
        Sub::Run(args) => run::run(args, &door, &loaded.config, face).await,
        Sub::Sessions(args) => sessions::run(args, &door, &now, face).await,
        Sub::Show(args) => show::run(args, &door, &now, face).await,
        Sub::Export(args) => {
            let redactor = leaving::redactor(&loaded.config, &process_environment);
            export::run(args, &door, &now, &redactor, face).await
        }
        Sub::Cost(args) => cost::run(args, &door, &now, face).await,
        Sub::Cache(args) => cache::run(args, &door, face).await,
        Sub::Models(args) => models::run(args, &door, face).await,
        Sub::Providers(args) => providers::run(args, &door, &loaded.config, face).await,
        Sub::Route(sub) => route::run(sub, &door, &loaded.config, &now, face).await,
        Sub::Rules(sub) => rules::run(sub, &door, &now, face).await,
        Sub::Trust(sub) => trust::run(sub, &door, face).await,
        Sub::Search(args) => search::run(args, &door, &now, face).await,
        Sub::Import(args) => import::run(args, &door, face).await,
        Sub::Index(sub) => index::run(sub, &door, face).await,
        Sub::Stop(args) => stop::run(args, &door, face).await,
        Sub::Purge(args) => purge::run(args, &door, &now, face).await,
        Sub::Doctor(_)
        | Sub::BugReport(_)
        | Sub::Backup(_)
        | Sub::Restore(_)
        | Sub::Completions { .. }
        | Sub::Man
        | Sub::Config(_)
        | Sub::Theme(_) => Ok(0),
    };
    drop(door);
    let told = engine.notices.clone();
    engine.ended().await;
    match ended {
        // A log that cannot be written has been told of already.
        Err(Trouble::Said { code, text }) if told.contains(&text) => Ok(code),
        ended => ended,
    }
}

/// Whether a broken config stands in the way. Who only looks at the log, stops what runs or cleans up does it all the same.
fn needs_config(sub: &Sub) -> bool {
    match sub {
        Sub::Sessions(_)
        | Sub::Show(_)
        | Sub::Export(_)
        | Sub::Cost(_)
        | Sub::Cache(_)
        | Sub::Search(_)
        | Sub::Import(_)
        | Sub::Index(_)
        | Sub::Stop(_)
        | Sub::Purge(_)
        | Sub::Backup(_)
        | Sub::Restore(_) => false,
        Sub::Run(_)
        | Sub::Models(_)
        | Sub::Providers(_)
        | Sub::Route(_)
        | Sub::Rules(_)
        | Sub::Trust(_)
        | Sub::Doctor(_)
        | Sub::BugReport(_)
        | Sub::Theme(_)
        | Sub::Config(_)
        | Sub::Completions { .. }
        | Sub::Man => true,
    }
}

/// What is looked at, and for whom.
enum Examined<'a> {
    /// `creel doctor`
    Here(&'a DoctorArgs),
    /// `creel bug-report`
    ForOthers(&'a BugReportArgs),
}

/// Works with what there is.
async fn examine(
    examined: Examined<'_>,
    paths: &Paths,
    loaded: &Result<Loaded, ConfigError>,
    face: &mut Face<'_>,
) -> Ended {
    let config = loaded.as_ref().map_or_else(
        |_| load::defaults(&process_environment),
        |loaded| loaded.config.clone(),
    );
    let redactor = leaving::redactor(&config, &process_environment);
    let engine = engine(config, paths, true, Sandbox::of_machine(true));
    for notice in engine.iter().flat_map(|engine| &engine.notices) {
        face.note(notice)?;
    }
    let surroundings = Surroundings {
        paths,
        config: loaded.as_ref(),
        door: engine
            .as_ref()
            .map(|engine| &engine.door)
            .map_err(Clone::clone),
        env: &process_environment,
        keys: KEYS,
        out_is_terminal: std::io::IsTerminal::is_terminal(&std::io::stdout()),
        left: tour::left(),
    };
    let ended = match examined {
        Examined::Here(args) => doctor::run(args, &surroundings, face).await,
        Examined::ForOthers(args) => {
            let now = moment::from_system();
            let material = Material {
                surroundings: &surroundings,
                redactor: &redactor,
                home: std::env::home_dir(),
                system: system(),
                folder: std::env::current_dir().unwrap_or_default(),
                name: bug_report::name(&now),
            };
            bug_report::run(args, &material, face).await
        }
    };
    if let Ok(engine) = engine {
        engine.ended().await;
    }
    ended
}

/// The system, its version and the machine.
fn system() -> String {
    let told = rustix::system::uname();
    let text = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
    format!(
        "{} {} {}",
        text(told.sysname()),
        text(told.release()),
        text(told.machine())
    )
}

fn engine(
    config: Config,
    paths: &Paths,
    unattended: bool,
    sandbox: Sandbox,
) -> Result<Engine, String> {
    let redactor = Arc::default();
    Journal::new(
        paths.log_file.clone(),
        Clock::system(),
        Arc::clone(&redactor),
    )
    .install();
    crash::watch(
        paths.crashes.clone(),
        Clock::system(),
        Arc::clone(&redactor),
    );
    let options = Options {
        config,
        paths: paths.clone(),
        clock: Clock::system(),
        redactor,
        home: std::env::home_dir(),
        unattended,
        sandbox,
    };
    Engine::start(options, &Handle::current())
}

fn runtime() -> Result<Runtime, Trouble> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    runtime.map_err(|error| Trouble::failed(format!("cannot start: {error}")))
}
