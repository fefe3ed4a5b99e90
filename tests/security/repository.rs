//! Rows S-03, S-05 and S-06: repositories that would have something started, called or read by who opens them
//! (`repositories.txt`). Each is opened by a run and by the workstation, with nothing in PATH but programs that note that they
//! were started.

use std::fmt::Write as _;
use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use pretty_assertions::assert_eq;

use crate::security::trap::{SHELLS, Trap, program, secret};
use crate::support::pty::{READY, Terminal};
use crate::support::{CREEL, said, skipped};

/// Opened at once.
const SIDE_BY_SIDE: usize = 4;
/// Looks at everything that may be looked at unasked; a run at what it is denied as well.
const SCRIPT: &str = "> go\n< call glob {\"pattern\":\"**/*\"}\n< call glob {\"pattern\":\".*\"}\n< call grep {\"pattern\":\"f3a\"}\n\
    < call read {\"path\":\"AGENTS.md\"}\n< call read {\"path\":\".env\"}\n< call read {\"path\":\"outside/secret\"}\n\n\
    < text: I have looked.\n\n\
    > look\n< call glob {\"pattern\":\"**/*\"}\n< call grep {\"pattern\":\"f3a\"}\n\n< text: I have looked.\n";
/// What may be read of a repository elsewhere that a `.git` names, as git reads it.
const OF_GIT: [&str; 4] = ["HEAD", "commondir", "gitdir", "exclude"];

/// The repositories with their lines.
fn repositories() -> Vec<(&'static str, Vec<&'static str>)> {
    let text = include_str!("repositories.txt");
    let sections = text.split("\n# --- ").skip(1);
    sections
        .map(|section| {
            let mut lines = section.lines();
            let name = lines.next().unwrap();
            (name, lines.filter(|line| !line.is_empty()).collect())
        })
        .collect()
}

fn unescaped(text: &str) -> String {
    let mut out = text
        .replace("\\n", "\n")
        .replace("\\e", "\x1b")
        .replace("\\t", "\t");
    while let Some((before, rest)) = out.split_once("\\u{") {
        let (number, after) = rest.split_once('}').unwrap();
        let character = char::from_u32(u32::from_str_radix(number, 16).unwrap()).unwrap();
        out = format!("{before}{character}{after}");
    }
    out
}

/// Makes what the lines say in a folder.
fn lay(trap: &Trap, folder: &Path, lines: &[&str]) {
    for line in lines {
        let line = trap.filled(line);
        let (kind, rest) = line.split_once(' ').unwrap();
        let between = if kind == "link" { " -> " } else { ": " };
        let (path, what) = rest.split_once(between).unwrap_or((rest, ""));
        let path = folder.join(unescaped(path));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match kind {
            "file" => fs::write(path, unescaped(what)).unwrap(),
            "program" => program(&path, &unescaped(what)),
            "link" => symlink(what, path).unwrap(),
            "pipe" => assert!(Command::new("mkfifo").arg(path).status().unwrap().success()),
            "huge" => fs::File::create(path)
                .unwrap()
                .set_len(what.parse().unwrap())
                .unwrap(),
            "bytes" => {
                let bytes = (0..what.len()).step_by(2);
                let bytes: Vec<u8> = bytes
                    .map(|at| u8::from_str_radix(&what[at..at + 2], 16).unwrap())
                    .collect();
                fs::write(path, bytes).unwrap();
            }
            _ => panic!("{line}"),
        }
    }
}

/// What a run asked the system for, where that can be seen: programs started, connections, files outside.
struct Watched {
    tracer: PathBuf,
}

impl Watched {
    fn new() -> Option<Self> {
        let path = std::env::var_os("PATH")?;
        let tracer = std::env::split_paths(&path).map(|folder| folder.join("strace"));
        let tracer = tracer.into_iter().find(|file| file.is_file())?;
        // Where processes may not be traced it ends with an error.
        let tried = Command::new(&tracer)
            .args(["-o", "/dev/null", CREEL, "--version"])
            .output();
        tried
            .is_ok_and(|tried| tried.status.success())
            .then_some(Self { tracer })
    }

    fn command(&self, trap: &Trap, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.tracer);
        command
            .args([
                "-f",
                "-qq",
                "-y",
                "-e",
                "trace=execve,connect,open,openat,openat2",
                "-o",
            ])
            .arg(trap.home.beside("calls"))
            .arg(CREEL)
            .args(arguments)
            .env_clear()
            .envs(trap.home.environment())
            .current_dir(trap.home.work())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        command
    }

    fn faults(trap: &Trap) -> Vec<String> {
        let calls = fs::read_to_string(trap.home.beside("calls")).unwrap();
        let outside = trap.outside().display().to_string();
        let started = calls
            .lines()
            .filter(|line| line.contains("execve("))
            .skip(1);
        let connected = calls.lines().filter(|line| line.contains("connect("));
        let read = calls.lines().filter(|line| {
            let opened = line
                .rsplit_once(") = ")
                .and_then(|(_, result)| result.split_once('<'));
            let path = opened.map_or("", |(_, path)| path.trim_end_matches('>'));
            let name = path.rsplit('/').next().unwrap_or_default();
            path.starts_with(&outside) && Path::new(path).is_file() && !OF_GIT.contains(&name)
        });
        started
            .chain(connected)
            .chain(read)
            .map(str::to_owned)
            .collect()
    }
}

/// What came of opening one, where anything did.
fn faults(trap: &Trap) -> Vec<String> {
    let mut faults: Vec<String> = trap.started();
    let connected = trap.connected();
    if connected > 0 {
        faults.push(format!("{connected} connections"));
    }
    let held = Trap::holding(&trap.home.path(), secret().as_bytes());
    faults.extend(
        held.iter()
            .map(|file| format!("the text of the outside in {}", file.display())),
    );
    for made in [
        trap.home.work().join("made"),
        trap.home.person().join("made"),
    ] {
        faults.extend(
            made.exists()
                .then(|| format!("{} was made", made.display())),
        );
    }
    faults
}

/// Opens it by a run and by the workstation.
fn opened(name: &str, lines: &[&str], watched: Option<&Watched>) -> Vec<String> {
    let trap = Trap::new();
    trap.home.plays(SCRIPT);
    lay(&trap, &trap.home.work(), lines);
    let mut found = Vec::new();
    let path = trap.programs().display().to_string();
    let arguments = ["run", "go"];
    let mut command = match watched {
        Some(watched) => watched.command(&trap, &arguments),
        None => trap.home.creel(&arguments),
    };
    command.env("PATH", &path);
    let ran = said(command);
    if !ran.out.contains("I have looked.") || ran.out.contains(&secret()) {
        found.push(format!("{ran:?}"));
    }
    if watched.is_some() {
        found.extend(Watched::faults(&trap));
    }
    let mut terminal = Terminal::with(&trap.home, CREEL, &[], (24, 80), &[("PATH", &path)]);
    terminal.wait_for(READY);
    terminal.press("look\r");
    terminal.wait_for("I have looked.");
    terminal.press("see @zzz");
    terminal.wait_for("> see @zzz");
    terminal.press("\x15");
    terminal.wait_until(name, |screen| !screen.contains("> see @zzz"));
    terminal.quit();
    if crate::security::trap::holds(&terminal.raw(), secret().as_bytes()) {
        found.push("the text of the outside on the screen".to_owned());
    }
    found.extend(faults(&trap));
    found
}

/// Row S-03.
#[test]
fn opening_a_hostile_repository_starts_calls_and_reads_nothing() {
    let watched = Watched::new();
    if watched.is_none() {
        skipped(
            "system calls of opening a repository",
            "processes cannot be traced here",
        );
    }
    let repositories = repositories();
    assert!(repositories.len() >= 40, "{}", repositories.len());
    let next = AtomicUsize::new(0);
    let found = std::sync::Mutex::new(String::new());
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some((name, lines)) =
                    repositories.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    for fault in opened(name, lines, watched.as_ref()) {
                        let _ = writeln!(found.lock().unwrap(), "{name}: {fault}");
                    }
                }
            });
        }
    });
    assert_eq!(found.into_inner().unwrap(), "");
}

/// The other side of row S-03: what a repository could do would be seen.
#[test]
fn what_is_started_called_and_read_is_seen() {
    let trap = Trap::new();
    for name in SHELLS {
        fs::remove_file(trap.programs().join(name)).unwrap();
    }
    trap.home.plays(
        "> *\n< call read {\"path\":\"outside/secret\"}\n< call bash {\"command\":\"git status\"}\n\n< text: Done.\n",
    );
    symlink("../outside", trap.home.work().join("outside")).unwrap();
    // Without the walls about commands, which would keep the mark from being left.
    let arguments = [
        "run",
        "--mode",
        "auto",
        "--no-sandbox",
        "--allow",
        "Read",
        "go",
    ];
    let watched = Watched::new();
    let mut command = match &watched {
        Some(watched) => watched.command(&trap, &arguments),
        None => trap.home.creel(&arguments),
    };
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", trap.programs().display()));
    let ran = said(command);
    assert_eq!(ran.code, 0, "{ran:?}");
    TcpStream::connect(trap.filled("127.0.0.1:{PORT}")).unwrap();
    let seen = faults(&trap).join("\n");
    for fault in ["git status", "1 connections", "the text of the outside in"] {
        assert!(seen.contains(fault), "{fault}: {seen}");
    }
    if watched.is_some() {
        let seen = Watched::faults(&trap).join("\n");
        for fault in ["execve(", "/outside/secret>"] {
            assert!(seen.contains(fault), "{fault}: {seen}");
        }
    }
}

/// What a model's command may write into the folder: the config names of all agents and tools, with what would be harmful in them.
fn everything(trap: &Trap) -> PathBuf {
    let folder = trap.home.work().join("everything");
    for (_, lines) in repositories() {
        let plain: Vec<&str> = lines
            .into_iter()
            .filter(|line| line.starts_with("file ") || line.starts_with("program "))
            .filter(|line| !line.contains("../outside") && !line.contains("../person"))
            // One name can be a file or a folder.
            .filter(|line| !line.starts_with("file .git: ") && !line.starts_with("file AGENTS.md/"))
            .filter(|line| !line.starts_with("file CLAUDE.md/"))
            .collect();
        lay(trap, &folder, &plain);
    }
    folder
}

/// Row S-05: what a command of the model wrote changes nothing of the next start.
#[test]
fn no_file_that_a_command_left_is_a_config() {
    let trap = Trap::new();
    trap.home
        .plays("> *\n< call bash {\"command\":\"cp -R everything/. .\"}\n\n< text: Done.\n");
    everything(&trap);
    let questions: [&[&str]; 4] = [&["config"], &["providers"], &["models"], &["theme"]];
    let told = || questions.map(|question| trap.home.run(question).out);
    let before = told();
    let ran = trap.home.run(&["run", "--mode", "auto", "go"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(trap.home.work().join(".creel/config.toml").exists());
    assert_eq!(told(), before);
    trap.home.plays(SCRIPT);
    let mut again = trap.home.creel(&["run", "go"]);
    again.env("PATH", trap.programs());
    let again = said(again);
    assert!(again.out.contains("I have looked."), "{again:?}");
    assert_eq!(faults(&trap), Vec::<String>::new());
}

/// Variables that start programs, move homes and endpoints, or change whom one trusts.
const VARIABLES: &str = "CREEL_HOME HOME USER LOGNAME SHELL PATH TMPDIR XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME \
    XDG_RUNTIME_DIR ANTHROPIC_BASE_URL ANTHROPIC_API_KEY OPENAI_BASE_URL OPENAI_API_KEY GEMINI_API_KEY OLLAMA_HOST TRIAL_KEY \
    HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy SSL_CERT_FILE SSL_CERT_DIR NIX_SSL_CERT_FILE \
    CURL_CA_BUNDLE GIT_DIR GIT_WORK_TREE GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM GIT_CONFIG_COUNT GIT_SSH_COMMAND GIT_EXTERNAL_DIFF GIT_PAGER \
    GIT_EDITOR GIT_EXEC_PATH GIT_TEMPLATE_DIR LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT DYLD_INSERT_LIBRARIES BASH_ENV ENV \
    PROMPT_COMMAND PS4 PYTHONPATH PYTHONSTARTUP NODE_OPTIONS NODE_PATH PERL5LIB PERL5OPT RUBYOPT RUBYLIB JAVA_TOOL_OPTIONS CARGO_HOME \
    RUSTC_WRAPPER RUSTUP_HOME GOFLAGS GOPATH EDITOR VISUAL PAGER BROWSER LESSOPEN MANPAGER TERM LANG LC_ALL TZ NO_COLOR";

/// Row S-06: whatever a repository's `.env` sets, the program and what it starts see the person's own variables.
#[test]
fn no_variable_of_a_repository_is_set() {
    let trap = Trap::new();
    trap.home
        .plays("> *\n< call bash {\"command\":\"env | sort >> variables\"}\n\n< text: Done.\n");
    let told = || {
        let ran = trap.home.run(&["run", "--mode", "auto", "go"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let seen = trap.home.work().join("variables");
        let own = format!("TMPDIR={}", trap.home.beside("tmp/creel-").display());
        let variables: Vec<String> = fs::read_to_string(&seen)
            .unwrap()
            .lines()
            // A folder of the command's own, another each time.
            .map(|line| match line.strip_prefix(&own) {
                Some(_) => "TMPDIR of its own".to_owned(),
                None => line.to_owned(),
            })
            .collect();
        fs::remove_file(seen).unwrap();
        (
            variables,
            trap.home.run(&["config"]).out,
            trap.home.run(&["providers"]).out,
        )
    };
    let before = told();
    let mut text = String::new();
    for name in VARIABLES.split_whitespace() {
        let _ = writeln!(text, "{name}=http://127.0.0.1:{{PORT}}/{{WORK}}");
        let _ = writeln!(text, "export {name}='http://127.0.0.1:{{PORT}}/{{WORK}}'");
    }
    for file in [
        ".env",
        ".env.local",
        ".envrc",
        ".flaskenv",
        ".creel/.env",
        ".config/environment.d/x.conf",
    ] {
        trap.home.file(file, &trap.filled(&text));
    }
    assert_eq!(told(), before);
    assert_eq!(faults(&trap), Vec::<String>::new());
}
