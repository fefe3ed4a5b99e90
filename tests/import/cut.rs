//! Files that grow: what was read of a part keeps its place and its ids when the whole is read.

use std::collections::{HashMap, HashSet};
use std::fs;

use creel::import::read::read;
use creel::import::{Session, What};
use creel::protocol::import::Program;

use crate::import::{home, listing};

fn ids(sessions: &[Session]) -> HashMap<String, Vec<String>> {
    let ids = |session: &Session| {
        let ids = session.entries.iter().map(|entry| entry.id.clone());
        (session.name.clone(), ids.collect())
    };
    sessions.iter().map(ids).collect()
}

/// Whether `part` stands in `whole` in its order.
fn stands_in(part: &[String], whole: &[String]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|id| whole.any(|other| other == id))
}

#[test]
fn what_was_read_of_a_part_keeps_its_ids() {
    for program in Program::ALL {
        let home = home(program);
        let (sessions, _) = read(program, home.path()).unwrap();
        let whole = ids(&sessions);
        let all: HashSet<&String> = whole.values().flatten().collect();
        for (path, _) in listing(home.path()) {
            if path
                .extension()
                .is_none_or(|extension| extension != "jsonl")
            {
                continue;
            }
            let bytes = fs::read(&path).unwrap();
            let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
            // Behind a line, and in the middle of the next one.
            for cut in ends.flat_map(|(end, _)| [end + 1, end + 40]) {
                fs::write(&path, &bytes[..cut.min(bytes.len())]).unwrap();
                let (part, _) = read(program, home.path()).unwrap();
                for (name, ids) in ids(&part) {
                    match program {
                        // Another branch may have been the session then.
                        Program::Pi | Program::Openclaw => {
                            assert!(ids.iter().all(|id| all.contains(id)), "{name} at {cut}");
                        }
                        // Tokens of the last turn stand at the end.
                        Program::Nanobot => {
                            assert!(stands_in(&ids, &whole[&name]), "{name} at {cut}");
                        }
                        _ => assert!(whole[&name].starts_with(&ids), "{name} at {cut}"),
                    }
                }
            }
            fs::write(&path, &bytes).unwrap();
        }
    }
}

#[test]
fn a_session_written_anew_without_its_beginning_keeps_its_ids() {
    let home = home(Program::Nanobot);
    let path = home.path().join("sessions/work/websocket_abc.jsonl");
    let (before, _) = read(Program::Nanobot, &path).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    fs::write(&path, [&lines[..1], &lines[5..]].concat().join("\n")).unwrap();
    let (after, _) = read(Program::Nanobot, &path).unwrap();
    let (before, after) = (ids(&before), ids(&after));
    let (before, after) = (&before["work/websocket:abc"], &after["work/websocket:abc"]);
    assert!(after.len() < before.len() && before.ends_with(after));
}

#[test]
fn an_answer_that_was_read_too_early_is_raised() {
    let home = home(Program::Claude);
    let path = home
        .path()
        .join("projects/-home-u-proj/11111111-1111-4111-8111-111111111111.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let spent = |lines: usize| {
        let part: Vec<_> = text.lines().take(lines).collect();
        fs::write(&path, part.join("\n")).unwrap();
        let (sessions, _) = read(Program::Claude, &path).unwrap();
        let mut entries = sessions[0].entries.iter();
        entries.find_map(|entry| match &entry.what {
            What::Spent(spent) => Some((entry.id.clone(), spent.key.clone(), spent.usage.output)),
            _ => None,
        })
    };
    let expected = |output| Some(("a1:spent".to_owned(), "msg_1:req_1".to_owned(), output));
    assert_eq!((spent(6), spent(9)), (expected(9), expected(187)));
}
