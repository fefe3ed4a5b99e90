//! One owner per running session: a lock file held for as long as a process speaks to it. Other processes show the session
//! read-only and say who holds it and where; they can ask the holder to stop.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::process::{Pid, test_kill_process};

use crate::protocol::id::SessionId;
use crate::protocol::op::Stopper;
use crate::protocol::query::{Holder, TmuxPane, Whereabouts};
use crate::protocol::time::Time;

/// A holder that was killed just as it started a command leaves a copy of its lock with that command until the command has
/// become its own program, some milliseconds on a busy machine.
const LAST_COPY: Duration = Duration::from_millis(10);
/// How often that is waited for.
const LAST_COPIES: u32 = 100;

/// A lock file that nobody needs: the next holder's is made of it. To make a file and delete it for every run is more work for
/// the file system than all else a hold needs, and ever more of it when runs follow each other.
const SPARE: &str = "spare";

/// Bytes of a lock file that name the process; what follows them tells where it runs. A Creel that knew nothing of that reads
/// so many too.
const NUMBER: usize = 16;
/// A longer file was not written by Creel.
const LONGEST: u64 = 4_096;

/// The folder of lock files, and what this process tells of itself in them.
#[derive(Debug, Clone)]
pub struct Owners {
    folder: PathBuf,
    here: Whereabouts,
}

/// A session held by this process; letting go of it is dropping it.
#[derive(Debug)]
pub struct Held {
    file: File,
    path: PathBuf,
}

impl Owners {
    pub fn new(folder: PathBuf, here: Whereabouts) -> Self {
        Self { folder, here }
    }

    /// Takes hold of a session, or tells who has it.
    pub fn hold(&self, session: SessionId) -> Result<Held, String> {
        let path = self.path(session);
        let failed = |error: std::io::Error| format!("cannot lock {}: {error}", path.display());
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .map_err(failed)?;
        // Another may have taken it, and then one is made.
        let _ = renameat_with(
            CWD,
            self.folder.join(SPARE),
            CWD,
            &path,
            RenameFlags::NOREPLACE,
        );
        let mut waited = 0;
        loop {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(&path)
                .map_err(failed)?;
            match file.try_lock() {
                Ok(()) => {}
                // Let go of meanwhile, and another session's by now.
                Err(TryLockError::WouldBlock) if !is_same(&file, &path) => continue,
                Err(TryLockError::WouldBlock) => {
                    let holder = read(&mut file).map(|(process, _)| process);
                    // Without a number it is just being taken, or let go of as the spare one.
                    if holder.is_none_or(is_gone) && waited < LAST_COPIES {
                        waited += 1;
                        thread::sleep(LAST_COPY);
                        continue;
                    }
                    let who =
                        holder.map_or_else(String::new, |process| format!(" by process {process}"));
                    return Err(format!(
                        "session {} is held{who}; `creel stop {}` stops it there",
                        session.short(),
                        session.short()
                    ));
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
            // A holder that let go removes the file: a lock on a file that no longer has the name holds nothing.
            if !is_same(&file, &path) {
                continue;
            }
            file.set_len(0).map_err(failed)?;
            let process = std::process::id();
            let here = serde_json::to_string(&self.here).unwrap_or_default();
            // In one piece: a padded number written to a file is a call for each blank.
            let text = format!("{process:<NUMBER$}{here}");
            file.write_all(text.as_bytes()).map_err(failed)?;
            // A word to stop that an earlier holder no longer heard is not meant for this one.
            self.take_stop(session);
            return Ok(Held { file, path });
        }
    }

    /// Who holds a session, if anybody does.
    pub fn holder(&self, session: SessionId) -> Option<Holder> {
        let mut file = File::open(self.path(session)).ok()?;
        match file.try_lock_shared() {
            Ok(()) => None,
            Err(_) => read(&mut file).map(|(process, whereabouts)| Holder {
                process,
                here: process == std::process::id(),
                whereabouts,
                zone: 0,
            }),
        }
    }

    /// All sessions that are held, by any process.
    pub fn held(&self) -> Vec<(SessionId, Holder)> {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return Vec::new();
        };
        let sessions = entries.flatten().filter_map(|entry| {
            let name = entry.file_name();
            name.to_str()?.strip_suffix(".lock")?.parse().ok()
        });
        sessions
            .filter_map(|session: SessionId| Some((session, self.holder(session)?)))
            .collect()
    }

    /// Leaves word for the holder of a session that it shall stop; the caller then sends it `SIGUSR1`.
    pub fn ask_to_stop(&self, session: SessionId, by: Stopper) -> Result<(), String> {
        let path = self.stop_path(session);
        let made = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .and_then(|mut file| file.write_all(serde_json::to_string(&by)?.as_bytes()));
        made.map_err(|error| format!("cannot write {}: {error}", path.display()))
    }

    /// Who left word that this session shall stop. The word is taken away.
    pub fn take_stop(&self, session: SessionId) -> Option<Stopper> {
        let path = self.stop_path(session);
        let word = fs::read(&path).unwrap_or_default();
        fs::remove_file(path).ok()?;
        // An older Creel leaves no name: it had one way only.
        Some(serde_json::from_slice(&word).unwrap_or(Stopper::Command))
    }

    fn path(&self, session: SessionId) -> PathBuf {
        self.folder.join(format!("{session}.lock"))
    }

    fn stop_path(&self, session: SessionId) -> PathBuf {
        self.folder.join(format!("{session}.stop"))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Its name is taken while it is still locked, so that nobody can take a lock on the old file unseen.
        let _ = self.file.set_len(0);
        if fs::rename(&self.path, self.path.with_file_name(SPARE)).is_err() {
            let _ = fs::remove_file(&self.path);
        }
        let _ = self.file.unlock();
    }
}

fn read(file: &mut File) -> Option<(u32, Whereabouts)> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(LONGEST).read_to_string(&mut text).ok()?;
    let (process, whereabouts) = text.split_at_checked(NUMBER).unwrap_or((&text, ""));
    // What an older Creel did not tell, or a newer one tells otherwise, is not known.
    let whereabouts = serde_json::from_str(whereabouts).unwrap_or_default();
    Some((process.trim().parse().ok()?, whereabouts))
}

/// Where this process runs, from its environment.
pub fn whereabouts(variable: impl Fn(&str) -> Option<String>, since: Time) -> Whereabouts {
    let tmux = || {
        // As `/tmp/tmux-1000/default,1234,0`.
        let server = variable("TMUX")?;
        let mut parts = server.rsplitn(3, ',');
        let (_, _) = (parts.next()?, parts.next()?);
        let socket = parts.next()?.to_owned();
        let pane = variable("TMUX_PANE")?;
        let number = pane.strip_prefix('%')?;
        let sound = socket.starts_with('/') && number.parse::<u32>().is_ok();
        sound.then_some(TmuxPane { socket, pane })
    };
    Whereabouts {
        since: Some(since),
        tmux: tmux(),
    }
}

/// No process has this number any more.
fn is_gone(process: u32) -> bool {
    let process = i32::try_from(process).ok().and_then(Pid::from_raw);
    process.is_some_and(|process| test_kill_process(process) == Err(rustix::io::Errno::SRCH))
}

fn is_same(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(ours), Ok(named)) => ours.ino() == named.ino() && ours.dev() == named.dev(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::engine::clock::Clock;

    #[test]
    fn one_holder_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let variable = |name: &str| match name {
            "TMUX" => Some("/tmp/tmux-7/a,b,1234,0".to_owned()),
            "TMUX_PANE" => Some("%3".to_owned()),
            _ => None,
        };
        let here = whereabouts(variable, Time(7));
        let owners = Owners::new(folder.path().join("locks"), here);
        let session = Clock::system().session_id();
        assert_eq!(owners.holder(session), None);
        let held = owners.hold(session).unwrap();
        let me = Holder {
            process: std::process::id(),
            here: true,
            whereabouts: Whereabouts {
                since: Some(Time(7)),
                tmux: Some(TmuxPane {
                    socket: "/tmp/tmux-7/a,b".to_owned(),
                    pane: "%3".to_owned(),
                }),
            },
            zone: 0,
        };
        assert_eq!(owners.holder(session), Some(me.clone()));
        assert_eq!(owners.held(), [(session, me)]);
        let refused = owners.hold(session).unwrap_err();
        assert!(
            refused.contains(&format!("held by process {}", std::process::id())),
            "{refused}"
        );
        // A word to stop that comes too late is not kept for the next holder.
        owners.ask_to_stop(session, Stopper::Board).unwrap();
        drop(held);
        assert_eq!(owners.holder(session), None);
        let _held = owners.hold(session).unwrap();
        assert_eq!(owners.take_stop(session), None);
    }

    #[test]
    fn a_lock_file_that_is_let_go_serves_the_next_holder() {
        use std::os::unix::fs::MetadataExt;
        let folder = tempfile::tempdir().unwrap();
        let owners = Owners::new(folder.path().to_owned(), Whereabouts::default());
        let names = || {
            let entries = fs::read_dir(folder.path()).unwrap();
            let mut names: Vec<String> = entries
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        let [one, other, third] = [(); 3].map(|()| Clock::system().session_id());
        let (first, second) = (owners.hold(one).unwrap(), owners.hold(other).unwrap());
        let inode = first.file.metadata().unwrap().ino();
        drop(first);
        assert_eq!(owners.holder(one), None);
        let held = owners.hold(third).unwrap();
        assert_eq!(held.file.metadata().unwrap().ino(), inode);
        assert!(owners.holder(third).is_some() && owners.holder(other).is_some());
        drop((held, second));
        assert_eq!(names(), [SPARE]);
    }

    #[test]
    fn the_last_copy_of_a_dead_holders_lock_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let owners = Owners::new(folder.path().to_owned(), Whereabouts::default());
        let session = Clock::system().session_id();
        let mut dead = std::process::Command::new("true").spawn().unwrap();
        dead.wait().unwrap();
        let mut copy = File::create(owners.path(session)).unwrap();
        write!(copy, "{}", dead.id()).unwrap();
        copy.lock().unwrap();
        let (tell, told) = std::sync::mpsc::channel::<()>();
        let goes = thread::spawn(move || {
            told.recv().unwrap();
            drop(copy);
        });
        tell.send(()).unwrap();
        owners.hold(session).unwrap();
        goes.join().unwrap();
    }

    #[test]
    fn a_lock_file_tells_what_its_writer_knew() {
        let none = Whereabouts::default();
        let cases = [
            ("4711", Some((4711, none.clone()))),
            ("4711            ", Some((4711, none.clone()))),
            (
                "4711            {\"since\":7,\"more\":1}",
                Some((
                    4711,
                    Whereabouts {
                        since: Some(Time(7)),
                        tmux: None,
                    },
                )),
            ),
            ("4711            what", Some((4711, none))),
            ("", None),
            ("no number       {}", None),
        ];
        let folder = tempfile::tempdir().unwrap();
        for (text, expected) in cases {
            let path = folder.path().join("lock");
            fs::write(&path, text).unwrap();
            assert_eq!(read(&mut File::open(path).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn where_a_process_runs_is_told_by_its_environment() {
        let cases = [
            (None, None, None),
            (
                Some("/s/default,1,0"),
                Some("%12"),
                Some(("/s/default", "%12")),
            ),
            (Some("/s/default,1,0"), None, None),
            (Some("/s/default,1,0"), Some("12"), None),
            (Some("/s/default,1,0"), Some("%1;kill"), None),
            (Some("default,1,0"), Some("%1"), None),
            (Some("/s"), Some("%1"), None),
        ];
        for (server, pane, expected) in cases {
            let variable = |name: &str| match name {
                "TMUX" => server.map(str::to_owned),
                _ => pane.map(str::to_owned),
            };
            let found = whereabouts(variable, Time(1)).tmux;
            let found = found
                .as_ref()
                .map(|tmux| (tmux.socket.as_str(), tmux.pane.as_str()));
            assert_eq!(found, expected, "{server:?} {pane:?}");
        }
    }

    #[test]
    fn word_to_stop_is_taken_once() {
        let folder = tempfile::tempdir().unwrap();
        let owners = Owners::new(folder.path().to_owned(), Whereabouts::default());
        let session = Clock::system().session_id();
        assert_eq!(owners.take_stop(session), None);
        owners.ask_to_stop(session, Stopper::Board).unwrap();
        assert_eq!(owners.take_stop(session), Some(Stopper::Board));
        assert_eq!(owners.take_stop(session), None);
    }
}
