//! Creel is killed (`kill -9`) while a command runs that outlives it. Whoever only looks leaves the command alone; whoever goes on
//! with the session takes it over, tells what it puts out from then on, and ends it when its time is over. It runs once.

use std::fs;
use std::io::Read;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::plain::Plain;
use crate::support::Home;

/// A loaded machine is given so much.
const LONG: Duration = Duration::from_mins(1);

/// A home in which a model asks for one command and then says its last word.
fn home(line: &str, timeout: u32) -> Home {
    let call = serde_json::json!({"command": line, "timeout": timeout});
    Home::scripted(&format!("> *\n< call bash {call}\n\n< text: done\n"))
}

const RUN: [&str; 7] = [
    "run",
    "--mode",
    "auto",
    "--no-sandbox",
    "--output",
    "stream-json",
    "go",
];

/// Looks until there is something, and not for ever.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < LONG, "it never came to it that {what}");
        thread::yield_now();
    }
}

/// Runs it, kills its Creel when the command has begun, and answers the session and the process of the command.
fn killed(home: &Home) -> (String, u32) {
    let mut child = home.creel(&RUN).spawn().unwrap();
    let pid = until("the command has begun", || {
        let told = fs::read_to_string(home.work().join("pid")).unwrap_or_default();
        let told = told.strip_suffix('\n')?;
        told.trim().parse().ok()
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(lives(pid), "it went with its Creel: nothing is tried");
    let sessions = home.run(&["sessions", "--json"]).json();
    let session = sessions[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(sessions[0]["state"], "working", "{sessions}");
    (session, pid)
}

/// One that has ended and is not waited for does not live.
fn lives(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat
        .rsplit_once(") ")
        .and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| !matches!(state, 'Z' | 'X'))
}

/// Goes on with the session.
fn go_on(home: &Home, session: &str) -> Child {
    let mut command = home.creel(&["run", "--session", session, "--no-sandbox", "go on"]);
    command.stdout(Stdio::piped()).spawn().unwrap()
}

/// Waits until another Creel holds a handle of a process, as it does of what it has taken over and of nothing else yet.
fn taken_over(creel: &mut Child) {
    let handles = format!("/proc/{}/fd", creel.id());
    until("the command was taken over", || {
        let links = fs::read_dir(&handles).into_iter().flatten().flatten();
        let mut links = links.filter_map(|link| fs::read_link(link.path()).ok());
        if links.any(|link| link.to_string_lossy().contains("pidfd")) {
            return Some(());
        }
        assert_eq!(creel.try_wait().unwrap(), None, "nothing was taken over");
        None
    });
}

fn said(mut creel: Child) -> String {
    let mut said = String::new();
    let mut out = creel.stdout.take().unwrap();
    out.read_to_string(&mut said).unwrap();
    assert!(creel.wait().unwrap().success(), "{said}");
    said
}

/// The text of the one result of the session, and how its first turn ended.
fn told(home: &Home, session: &str) -> (String, String) {
    let shown = home.run(&["show", session, "--json"]).json();
    let items = shown["items"].as_array().unwrap();
    let calls: Vec<&Value> = items.iter().filter(|item| item["kind"] == "call").collect();
    assert_eq!(calls.len(), 1, "{shown}");
    (calls[0].to_string(), home.run(&["show", session]).out)
}

#[test]
fn a_command_that_outlives_its_creel_is_taken_over() {
    let home = home(
        "echo $$ > pid; echo once >> effects; echo before; until [ -e go ]; do echo waits; sleep 0.02; done; echo after",
        60,
    );
    let (session, pid) = killed(&home);
    // Who looks leaves it alone, however often.
    for _ in 0..2 {
        assert_eq!(home.run(&["show", &session]).code, 0);
        assert!(lives(pid));
    }
    let mut creel = go_on(&home, &session);
    taken_over(&mut creel);
    assert!(lives(pid));
    home.file("go", "");
    assert_eq!(said(creel).trim(), "done");
    let (result, shown) = told(&home, &session);
    for part in ["waits", "after", "took it over when it was back"] {
        assert!(result.contains(part), "{part}: {result}");
    }
    assert!(
        shown.contains("it was taken over, and has ended since"),
        "{shown}"
    );
    assert!(!lives(pid));
    let effects = fs::read_to_string(home.work().join("effects")).unwrap();
    assert_eq!(effects, "once\n", "it ran once");
}

/// What it put out while nobody read it is there still, and it has not died of it.
#[test]
fn what_is_put_out_while_nobody_reads_waits() {
    let home = home(
        "echo $$ > pid; until [ -e killed ]; do sleep 0.01; done; seq 1 100000 > numbers; cat numbers; echo end; touch end",
        60,
    );
    let (session, pid) = killed(&home);
    home.file("killed", "");
    // More than a pipe holds: it waits in the middle.
    until("it puts out", || {
        home.work().join("numbers").exists().then_some(())
    });
    assert!(lives(pid));
    assert_eq!(said(go_on(&home, &session)).trim(), "done");
    let (result, _) = told(&home, &session);
    assert!(result.contains("100000\\nend"), "{result}");
    assert!(home.work().join("end").exists());
}

/// Its time is reckoned from its start: one whose time was over while nobody was there is ended at once.
#[test]
fn one_that_was_taken_over_has_no_longer_than_it_was_given() {
    let given = 4;
    let home = home("echo $$ > pid; while :; do sleep 0.05; done", given);
    let (session, pid) = killed(&home);
    let away = Instant::now();
    // Its time passes while nobody is there.
    until("its time is over", || {
        (away.elapsed() > Duration::from_secs(given.into())).then_some(())
    });
    assert!(lives(pid));
    let begun = Instant::now();
    let creel = go_on(&home, &session);
    until("it was ended", || (!lives(pid)).then_some(()));
    let took = begun.elapsed();
    assert_eq!(said(creel).trim(), "done");
    let (result, _) = told(&home, &session);
    assert!(
        result.contains("timed out after 4 s and was ended"),
        "{result}"
    );
    // What it would have been given anew.
    assert!(took < Duration::from_secs(given.into()), "{took:?}");
}

/// What it sends through a program of its own is that one's to read.
#[test]
fn what_goes_elsewhere_is_left_to_whoever_reads_it() {
    let home = home(
        "exec > >(cat > log) 2>&1; echo $$ > pid; until [ -e go ]; do sleep 0.02; done; seq 1 20000; exec >&- 2>&-; until [ \"$(tail -n 1 log)\" = 20000 ] || [ -e give-up ]; do sleep 0.02; done",
        60,
    );
    let (session, pid) = killed(&home);
    let mut creel = go_on(&home, &session);
    taken_over(&mut creel);
    home.file("go", "");
    let log = home.work().join("log");
    let begun = Instant::now();
    until("it has ended", || {
        if begun.elapsed() > LONG / 4 {
            home.file("give-up", "");
        }
        (!lives(pid)).then_some(())
    });
    let lines = fs::read_to_string(log).unwrap_or_default();
    assert_eq!(lines.lines().count(), 20_000);
    assert_eq!(said(creel).trim(), "done");
    let (result, _) = told(&home, &session);
    assert!(result.contains("could not be read"), "{result}");
}

/// With somebody there the session is open meanwhile: what is said waits, and is sent when the command has ended.
#[test]
fn a_person_goes_on_behind_what_was_taken_over() {
    let home = home(
        "echo $$ > pid; until [ -e go ]; do sleep 0.02; done; echo after",
        60,
    );
    let (session, pid) = killed(&home);
    let mut plain = Plain::start(&home, &["--plain", "--no-sandbox", &session], &[]);
    taken_over(&mut plain.child);
    plain.say("and now");
    plain.hears("queued");
    assert!(lives(pid));
    home.file("go", "");
    plain.hears("answer: done");
    plain.say("quit");
    assert_eq!(plain.ends().0, 0);
    let (result, shown) = told(&home, &session);
    assert!(result.contains("after"), "{result}");
    assert!(
        shown.contains("it was taken over, and has ended since"),
        "{shown}"
    );
}

#[test]
fn a_person_stops_what_was_taken_over() {
    let home = home("echo $$ > pid; while :; do sleep 0.05; done", 60);
    let (session, pid) = killed(&home);
    let mut plain = Plain::start(&home, &["--plain", "--no-sandbox", &session], &[]);
    taken_over(&mut plain.child);
    plain.say("stop");
    until("it was ended", || (!lives(pid)).then_some(()));
    plain.say("quit");
    plain.ends();
    let (result, _) = told(&home, &session);
    assert!(result.contains("stopped before it ended"), "{result}");
}
