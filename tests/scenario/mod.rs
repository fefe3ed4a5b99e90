//! Scenarios: each file `tests/scenario/NAME.md` is a story, played through the whole engine with the rehearsal as its model,
//! and the log that must come of it, as text. `CREEL_UPDATE=1 cargo test scenario` writes the logs anew: read every one.
//!
//! A story is a rehearsal script (`creel::provider::rehearsal::script`) with what else happens in its course:
//!
//! ```text
//! --- files                   up to a blank line: files that are there at the start, `\n` for a line end
//! notes.txt: hello
//!
//! $ set guards.idle_steps = 4     above the first prompt: a line of config.toml
//! $ mode auto                     the session's mode; $ model, $ max_steps, $ deny RULE, $ allow RULE; below a prompt: changed, and $ effort
//! > prompt                        the person says this once all before it has come to rest
//! < call NAME {json}              the model
//! = allow                         the next ask is answered: allow, session, deny [REASON], edit ARGUMENTS, proceed, end, say WORDS, leave
//! ! stop                          happens when the line above is reached: a call asks or runs, a text is spoken, a retry waits
//! ! stop on WORDS                 only when these words were spoken, or put out by the running command
//! ! steer TEXT, ! queue TEXT, ! withdraw, ! shell COMMAND, ! kill, ! go on, ! remove FILE, ! write FILE: TEXT
//! --- log
//! ```

mod log;
mod play;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use similar::TextDiff;

/// Stories played side by side.
const SIDE_BY_SIDE: usize = 4;

#[test]
fn every_story_leaves_its_log() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenario");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .filter(|path| match std::env::var("CREEL_SCENARIO") {
            Ok(name) => path.file_stem().is_some_and(|stem| *stem == *name),
            Err(_) => true,
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no story");
    let next = AtomicUsize::new(0);
    let faults = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(fault) = check(file) {
                        let name = file.file_name().unwrap_or_default().display().to_string();
                        faults.lock().unwrap().push(format!("{name}: {fault}"));
                    }
                }
            });
        }
    });
    let mut faults = faults.into_inner().unwrap();
    faults.sort();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

fn check(file: &Path) -> Result<(), String> {
    let story = fs::read_to_string(file).map_err(|error| error.to_string())?;
    let (script, expected) = story
        .split_once("\n--- log\n")
        .unwrap_or((story.trim_end(), ""));
    let happened = play::play(script)?;
    if happened == expected {
        return Ok(());
    }
    if std::env::var_os("CREEL_UPDATE").is_some() {
        return fs::write(
            file,
            format!("{}\n\n--- log\n{happened}", script.trim_end()),
        )
        .map_err(|error| error.to_string());
    }
    let mut fault = "the log is another (- expected, + happened)\n".to_owned();
    let diff = TextDiff::from_lines(expected, &happened);
    let _ = write!(fault, "{}", diff.unified_diff().context_radius(2));
    Err(fault)
}
