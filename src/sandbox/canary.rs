//! How much the sandbox holds, by trying: a canary is sent where a command would go, and tells what it could do there. What a
//! library or a program says of itself counts for nothing.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::protocol::sandbox::{Level, Network};
use crate::sandbox::bubblewrap;
use crate::sandbox::ground::Ground;
use crate::sandbox::plan::{Plan, Walls};
use crate::sandbox::probe::{self, Told};
use crate::sandbox::wire::{self, Bait, Request, Said};

/// A canary that says nothing for so long is taken for dead; it needs some hundredths of a second.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was measured, and the walls it was measured with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measured {
    pub level: Level,
    pub walls: Walls,
    /// Why it is not the highest, in one line; empty where it is.
    pub lacks: String,
}

/// Measures what holds on this machine: namespaces where their program is, else the walls of the kernel alone. Blocks for two
/// processes at most. `program` is Creel's own, started as the helper.
pub fn measure(program: &Path, bubblewrap: Option<PathBuf>) -> Measured {
    let mut lacks = "bubblewrap is not installed".to_owned();
    if let Some(bubblewrap) = bubblewrap {
        let name = bubblewrap.display().to_string();
        let walls = Walls::Namespaces { bubblewrap };
        match send(program, &walls) {
            Ok(told) if judge(&told, &probe::namespaces()) == Level::Contained => {
                return Measured {
                    level: Level::Contained,
                    walls,
                    lacks: String::new(),
                };
            }
            Ok(_) => lacks = format!("{name} is there and does not isolate"),
            Err(why) => lacks = format!("{name} is there and cannot be used: {why}"),
        }
    }
    let walls = Walls::Kernel;
    match send(program, &walls) {
        Ok(told) => {
            let level = judge(&told, &probe::namespaces()).min(Level::Restricted);
            Measured {
                level,
                walls,
                lacks: if level == Level::Restricted {
                    lacks
                } else {
                    missing(&told)
                },
            }
        }
        Err(why) => Measured {
            level: Level::None,
            walls: Walls::None,
            lacks: why,
        },
    }
}

/// The level that what was tried amounts to. `own` are the namespaces of the one who asks.
fn judge(told: &Told, own: &BTreeMap<String, String>) -> Level {
    let files = told.write_outside && told.read_outside && told.memory;
    let network = told.internet && told.machine_socket;
    if !(files && network && told.signal && told.works_inside) {
        return if files || network {
            Level::Partial
        } else {
            Level::None
        };
    }
    let apart = probe::NAMESPACES.iter().all(|kind| {
        let of = |names: &BTreeMap<String, String>| names.get(*kind).cloned();
        of(&told.namespaces).is_some() && of(&told.namespaces) != of(own)
    });
    if apart && told.guarded {
        Level::Contained
    } else {
        Level::Restricted
    }
}

/// What did not hold, in one line.
fn missing(told: &Told) -> String {
    let could: Vec<&str> = [
        (told.write_outside, "write files outside the folder"),
        (told.read_outside, "read files outside the folder"),
        (told.memory, "read the memory of other processes"),
        (told.internet, "use the network"),
        (told.machine_socket, "use sockets of this machine"),
        (told.signal, "send signals to other processes"),
    ]
    .into_iter()
    .filter_map(|(refused, act)| (!refused).then_some(act))
    .collect();
    match could.as_slice() {
        [] => "a command cannot even work in its own folder".to_owned(),
        could => format!("a command could {}", could.join(", ")),
    }
}

/// Sends a canary, and answers what it told.
fn send(program: &Path, walls: &Walls) -> Result<Told, String> {
    let failed = |error: io::Error| format!("the sandbox cannot be tried: {error}");
    let folder = tempfile::tempdir().map_err(failed)?;
    let at = folder.path().canonicalize().map_err(failed)?;
    let bait = Bait {
        inside: at.join("inside"),
        outside: at.join("outside"),
        process: std::process::id(),
    };
    let temporary = at.join("temporary");
    for made in [&bait.inside.join(probe::GUARDED), &bait.outside, &temporary] {
        std::fs::create_dir_all(made).map_err(failed)?;
    }
    std::fs::write(bait.outside.join(probe::SECRET), "secret").map_err(failed)?;
    let ground = Ground {
        cwd: &bait.inside,
        roots: std::slice::from_ref(&bait.inside),
        repository: None,
        home: None,
        own: &[],
        temporary: &temporary,
        environment: &[],
    };
    let plan = ground.plan(walls.clone(), Network::Off);
    let (bytes, ended) = converse(program, plan, bait).map_err(failed)?;
    match wire::said(&bytes) {
        Said::Told(told) => serde_json::from_slice(&told)
            .map_err(|error| format!("what the canary told cannot be read: {error}")),
        Said::Failed(why) => Err(why),
        Said::Up | Said::Nothing => Err(format!("the sandbox could not be set up: {ended}")),
    }
}

/// All that a canary said, and how it ended.
fn converse(program: &Path, plan: Plan, bait: Bait) -> io::Result<(Vec<u8>, String)> {
    let (mut own, theirs) = UnixStream::pair()?;
    let twice = matches!(plan.walls, Walls::Namespaces { .. });
    let request = wire::frame(&Request::Canary { plan, bait })?;
    let mut command = Command::new(program);
    command
        .arg(wire::OUTER)
        .arg("canary")
        .env_clear()
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    drop(command);
    own.set_read_timeout(Some(PATIENCE))?;
    let mut bytes = request.clone();
    bytes.push(wire::GO);
    if twice {
        bytes.extend(request);
    }
    let mut told = Vec::new();
    let spoken = own.write_all(&bytes).and_then(|()| {
        // What it says is complete once it has ended; one that hangs is not waited for.
        own.read_to_end(&mut told)
    });
    if spoken.is_err() {
        // Whatever it does, it is not needed any more.
        let _ = child.kill();
    }
    let mut said = String::new();
    if let Some(error) = &mut child.stderr {
        // Only for the line that says why; without it the line is shorter.
        let _ = error.take(4096).read_to_string(&mut said);
    }
    let status = child.wait()?;
    let said = said.lines().next_back().unwrap_or_default();
    let ended = if said.is_empty() {
        status.to_string()
    } else {
        said.to_owned()
    };
    Ok((told, ended))
}

/// The program that makes namespaces, where it is.
pub fn bubblewrap() -> Option<PathBuf> {
    bubblewrap::find()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Change = fn(&mut Told);

    #[test]
    fn the_level_is_what_was_refused() {
        let own = probe::NAMESPACES.map(|kind| (kind.to_owned(), "1".to_owned()));
        let other = probe::NAMESPACES.map(|kind| (kind.to_owned(), "2".to_owned()));
        let (own, other) = (own.into_iter().collect(), other.into_iter().collect());
        let all = Told {
            works_inside: true,
            write_outside: true,
            read_outside: true,
            guarded: true,
            internet: true,
            machine_socket: true,
            signal: true,
            memory: true,
            namespaces: other,
        };
        let cases: [(Change, Level); 12] = [
            (|_| {}, Level::Contained),
            (|told| told.guarded = false, Level::Restricted),
            // A program that only says that it isolates.
            (|told| _ = told.namespaces.remove("pid"), Level::Restricted),
            (
                |told| _ = told.namespaces.insert("net".into(), "1".into()),
                Level::Restricted,
            ),
            (|told| told.write_outside = false, Level::Partial),
            (|told| told.read_outside = false, Level::Partial),
            (|told| told.memory = false, Level::Partial),
            (|told| told.internet = false, Level::Partial),
            (|told| told.machine_socket = false, Level::Partial),
            (|told| told.signal = false, Level::Partial),
            (|told| told.works_inside = false, Level::Partial),
            (
                |told| (told.internet, told.write_outside) = (false, false),
                Level::None,
            ),
        ];
        for (index, (change, expected)) in cases.into_iter().enumerate() {
            let mut told = all.clone();
            change(&mut told);
            assert_eq!(judge(&told, &own), expected, "case {index}");
        }
        assert_eq!(
            missing(&Told::default()).matches("could").count(),
            1,
            "one line says all"
        );
    }
}
