//! What is left of a terminal, and of what ran in it, when either comes to its end: rows D03, D04 and D06.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;

use creel::config::clipboard::Clipboard;
use creel::config::display::Ambiguous;
use creel::config::load;
use creel::config::paths::{Paths, process_environment};
use creel::config::theme::ThemeChoice;
use creel::engine::clock::Clock;
use creel::engine::{Engine, Options as EngineOptions};
use creel::tui::app::setup::{Place, Setup};
use creel::tui::reload::ConfigFile;
use creel::tui::terminal::ability::Ability;
use creel::tui::terminal::ground;
use creel::tui::theme::folder::Themes;
use creel::tui::widget::paint::Glyphs;
use creel::tui::{Ended, Options, Started};

use crate::support::pty::{READY, Terminal, bash};
use crate::support::{CREEL, Home, skipped};

/// A home whose model runs a command that no polite word ends; its number is kept in `pid`.
fn stubborn() -> Home {
    let command = "trap '' HUP INT QUIT TERM; echo $$ > pid; while :; do sleep 1; done";
    let call = json!({ "command": command });
    Home::scripted(&format!(
        "> go\n< call bash {call}\n\n< text: It is done.\n"
    ))
}

/// Waits until the command runs, and answers its number.
fn begun(home: &Home, terminal: &Terminal) -> u32 {
    let file = home.work().join("pid");
    let number = || fs::read_to_string(&file).ok()?.trim().parse().ok();
    // A running command is told of once a second.
    terminal.wait_until("the command to run", |_| number().is_some());
    number().unwrap()
}

/// The fields of a process behind its name; nothing once it has ended.
fn process(number: u32) -> Option<Vec<String>> {
    let line = fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
    let fields = line.rsplit(") ").next()?.split_whitespace();
    let fields: Vec<String> = fields.map(str::to_owned).collect();
    (fields.first()? != "Z").then_some(fields)
}

/// How long it has worked, in hundredths of a second.
fn worked(number: u32) -> Option<u64> {
    let fields = process(number)?;
    let count = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(count(11)? + count(12)?)
}

/// The first process below this one that has this name.
fn below(number: u32, name: &str) -> Option<u32> {
    let children = fs::read_to_string(format!("/proc/{number}/task/{number}/children")).ok()?;
    children.split_whitespace().find_map(|child| {
        let child = child.parse().ok()?;
        let called = fs::read_to_string(format!("/proc/{child}/comm")).ok()?;
        if called.trim() == name {
            return Some(child);
        }
        below(child, name)
    })
}

/// D03: the shell that has the terminal is killed, or the program that shows it; the workstation is told, and can neither read
/// nor write.
#[cfg(target_os = "linux")]
#[test]
fn a_terminal_that_is_gone_ends_what_runs_in_it_and_no_time_is_spent() {
    let Some(bash) = bash() else {
        return skipped("a terminal that is gone", "no bash");
    };
    let bash = bash.display().to_string();
    let line = format!("{CREEL} --mode auto; true");
    let ways = [
        (bash.as_str(), vec!["-c", &line]),
        ("script", vec!["-q", "-c", &line, "/dev/null"]),
    ];
    for (holder, arguments) in ways {
        if holder == "script"
            && std::process::Command::new(holder)
                .arg("-V")
                .output()
                .is_err()
        {
            skipped("a terminal whose other end is gone", "no script");
            continue;
        }
        let home = stubborn();
        let terminal = Terminal::with(&home, holder, &arguments, (24, 80), &[("SHELL", "/bin/sh")]);
        terminal.wait_for(READY);
        terminal.press("go\r");
        let command = begun(&home, &terminal);
        let creel = below(terminal.process(), "creel").unwrap();
        let before = worked(creel).unwrap();
        terminal.signal(Signal::KILL);
        let began = Instant::now();
        let mut after = before;
        while let Some(now) = worked(creel) {
            after = now;
            // A second is promised where the machine does nothing else.
            let lingers = began.elapsed() > Duration::from_secs(10);
            assert!(!lingers, "{holder}: it goes on without a terminal");
            terminal.writes_within(Duration::from_millis(20));
        }
        assert!(after - before < 100, "{holder}: {after} after {before}");
        assert_eq!(process(command), None, "{holder}: the command goes on");
        let sessions = home.run(&["sessions", "--json"]).json();
        assert_eq!(sessions[0]["state"], "interrupted", "{holder}");
    }
}

/// D04: the first is obeyed in order, and those behind it neither break that off nor leave anything.
#[cfg(target_os = "linux")]
#[test]
fn signals_upon_signals_end_it_in_order_whatever_runs() {
    for (sent, times, code) in [
        (Signal::INT, 3, 130),
        (Signal::TERM, 2, 143),
        (Signal::QUIT, 2, 131),
    ] {
        let home = stubborn();
        let mut terminal = Terminal::creel(&home, &["--mode", "auto"]);
        terminal.wait_for(READY);
        terminal.press("go\r");
        let command = begun(&home, &terminal);
        for _ in 0..times {
            terminal.signal(sent);
        }
        assert_eq!(terminal.end(), code, "{terminal:?}");
        assert_eq!(terminal.left_behind(), Vec::<String>::new(), "{sent:?}");
        assert_eq!(process(command), None, "{sent:?}: the command goes on");
        let state = home.run(&["sessions", "--json"]).json()[0]["state"].clone();
        assert_eq!(state, "interrupted", "{sent:?}");
    }
}

/// The variable that says where the workstation of [`a_workstation_with_a_fault`] fails.
const FAULT: &str = "TRIAL_FAULT";

/// D06: wherever it fails, the terminal is given back. On another thread than the one that draws it goes on, and is left as ever.
#[test]
fn a_fault_anywhere_gives_the_terminal_back() {
    let trial = std::env::current_exe().unwrap().display().to_string();
    let name = "given_back::a_workstation_with_a_fault";
    let arguments = [name, "--exact", "--ignored", "--nocapture"];
    for site in ["drawing", "looking", "starting"] {
        let home = Home::new();
        let mut terminal = Terminal::with(&home, &trial, &arguments, (24, 80), &[(FAULT, site)]);
        terminal.wait_for("scratch folder");
        terminal.press("\r");
        if site == "drawing" {
            terminal.wait_for("creel stopped on a fault of its own");
            assert_eq!(terminal.end(), 101, "{terminal:?}");
            assert!(
                terminal.screen().contains("it fails while drawing"),
                "{terminal:?}"
            );
            assert!(terminal.screen().contains("start it again"), "{terminal:?}");
        } else {
            if site == "looking" {
                terminal.wait_for(READY);
            }
            terminal.settle();
            terminal.press("\x03\x03");
            assert_eq!(terminal.end(), 0, "{terminal:?}");
        }
        assert_eq!(terminal.left_behind(), Vec::<String>::new(), "{site}");
    }
}

/// The workstation as it is, but for one thing it is given.
#[test]
#[ignore = "begun by a_fault_anywhere_gives_the_terminal_back in a terminal of its own"]
fn a_workstation_with_a_fault() {
    let Ok(site) = std::env::var(FAULT) else {
        return;
    };
    let fails = move |at: &str| assert_ne!(site, at, "it fails while {at}");
    let (starting, drawing, looking) = (fails.clone(), fails.clone(), fails);
    let no = || "not here".to_owned();
    let paths = Paths::from_environment(&process_environment).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let handle = runtime.handle().clone();
    let start = EngineOptions {
        config: load::defaults(&process_environment),
        paths: paths.clone(),
        clock: Clock::system(),
        home: std::env::home_dir(),
        unattended: false,
        redactor: Arc::default(),
        sandbox: crate::support::sandbox(),
    };
    let options = Options {
        setup: Setup {
            cwd: PathBuf::from("/"),
            unsuitable: true,
            model: Some("rehearsal/words".parse().unwrap()),
            ..Setup::default()
        },
        ability: Ability::of_environment(),
        themes: Themes::new(None),
        theme: ThemeChoice::Usual,
        ground: ground::told(None),
        glyphs: Glyphs::Unicode,
        ambiguous: Ambiguous::Narrow,
        editor: "vi".to_owned(),
        clipboard: Clipboard::default(),
        check_provider: Arc::new(move |_| Box::pin(async move { Err(no()) })),
        ask_local: Arc::new(|| Box::pin(async { Vec::new() })),
        store_provider: Arc::new(move |_, _, tell| tell(Err(no()))),
        read_keys: Arc::new(move || Box::pin(async move { Err(no()) })),
        extend: Arc::new(move || Box::pin(async move { Err(no()) })),
        tour: Arc::new(move || Err(no())),
        scratch: Arc::new(move || {
            drawing("drawing");
            Ok(std::env::temp_dir())
        }),
        keep: Arc::new(|_| Ok(())),
        look_at: Arc::new(move |_| {
            looking("looking");
            Place::default()
        }),
        below: Arc::new(|_, _| Vec::new()),
        config: ConfigFile {
            path: paths.config_file.clone(),
            look: Arc::new(|_| {}),
            bind: Arc::new(move |_, tell| tell(Err(no()))),
            keep_theme: Arc::new(move |_, tell| tell(Err(no()))),
        },
    };
    let ended = creel::tui::run(
        options,
        Box::new(move || {
            starting("starting");
            let engine = Engine::start(start, &handle)?;
            Ok(Started {
                door: engine.door.clone(),
                notices: Vec::new(),
                read_only: engine.read_only,
                runtime: handle,
            })
        }),
    );
    assert!(matches!(ended, Ok(Ended::ByPerson)), "{ended:?}");
}
