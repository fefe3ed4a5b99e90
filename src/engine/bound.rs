//! What an approval is bound to is looked up when it is asked, once more when it is answered, and a last time when it runs: what
//! has changed in between was not approved.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FileType, Stat};

use crate::agent::bound::{At, Named, named};
use crate::agent::digest;
use crate::agent::permission::{self, Cage};
use crate::disk::{file, folder};
use crate::engine::session::Task;
use crate::protocol::ask::{Approval, Bound, Verdict};
use crate::protocol::call::{Reach, ToolCall};
use crate::tool::deed::Deed;

/// Bytes of a script whose content is hashed; a larger one is told by its size and its times.
const HASHED: u64 = 4 << 20;

/// Digits of a hash that are kept: this is no secret, and nobody finds a second file of the same 64 bits in the time of an ask.
const DIGITS: usize = 16;

/// What a call is bound to now; none for one that runs no command.
pub(crate) async fn measure(reach: Arc<[Reach]>, cwd: PathBuf) -> Option<Bound> {
    let measured = tokio::task::spawn_blocking(move || {
        let line = permission::command(&reach)?;
        let path = std::env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
        Some(bound(line, &cwd, &path))
    });
    measured.await.ok().flatten()
}

fn bound(line: &str, cwd: &Path, path: &OsStr) -> Bound {
    let files = named(line, cwd);
    Bound {
        line: hash(&[line.as_bytes()]),
        cwd: found(cwd).map_or_else(String::new, |found| found.told(None)),
        files: files.iter().map(|file| mark(file, path)).collect(),
    }
}

fn mark(named: &Named, path: &OsStr) -> String {
    // What is not there, or built into the shell: that this stays so is looked at.
    let mark = match &named.at {
        At::Program => {
            let mut folders = std::env::split_paths(path);
            let program = folders.find_map(|folder| {
                let found = found(&folder.join(&named.word));
                found.filter(|found| found.kind() == FileType::RegularFile)
            });
            program.map(|program| program.told(None))
        }
        At::ProgramAt(file) | At::Operand(file) => found(file)
            .filter(|found| found.kind() == FileType::RegularFile)
            .map(|found| found.told(file::whole(&found.place, HASHED).as_deref())),
    };
    mark.unwrap_or_default()
}

/// A file or folder where it truly lies.
struct Found {
    /// With every link resolved. It is looked at and read through none, so a link that appears in it meanwhile leads nowhere.
    place: PathBuf,
    about: Stat,
}

fn found(path: &Path) -> Option<Found> {
    let place = path.canonicalize().ok()?;
    let about = folder::about_exactly(&place).ok()?;
    Some(Found { place, about })
}

impl Found {
    fn kind(&self) -> FileType {
        FileType::from_raw_mode(self.about.st_mode)
    }

    /// Where it lies and which it is, by its content where that is known.
    fn told(&self, bytes: Option<&[u8]>) -> String {
        let about = &self.about;
        let which = match (bytes, self.kind()) {
            (Some(bytes), _) => format!("content {}", digest::hex(bytes)),
            (None, FileType::Directory) => format!("folder {} {}", about.st_dev, about.st_ino),
            (None, _) => {
                let (dev, ino, size) = (about.st_dev, about.st_ino, about.st_size);
                let (seconds, nanos) = (about.st_mtime, about.st_mtime_nsec);
                format!("file {dev} {ino} {size} {seconds} {nanos}")
            }
        };
        hash(&[self.place.as_os_str().as_encoded_bytes(), which.as_bytes()])
    }
}

fn hash(parts: &[&[u8]]) -> String {
    let mut all = Vec::new();
    for part in parts {
        all.extend_from_slice(&part.len().to_le_bytes());
        all.extend_from_slice(part);
    }
    let mut hex = digest::hex(&all);
    hex.truncate(DIGITS);
    hex
}

/// What has changed, in words; none where nothing has.
fn changed(before: &Bound, now: &Bound, line: &str, cwd: &Path) -> Option<String> {
    if before == now {
        return None;
    }
    let differs = |at: &usize| before.files.get(*at) != now.files.get(*at);
    let names = named(line, cwd);
    let file = (0..names.len())
        .find(differs)
        .and_then(|at| names.get(at))
        .map(|named| named.word.clone());
    let what = match file {
        _ if before.cwd != now.cwd => "the folder it runs in".to_owned(),
        Some(word) => format!("`{word}`"),
        None => "the command".to_owned(),
    };
    Some(format!("{what} has changed since it was asked"))
}

/// Why what a call names is no longer what a person was asked about; none where it is, or nobody was asked.
pub(crate) async fn look(deed: Arc<Deed>) -> Option<String> {
    let before = deed.bound.as_ref()?;
    let unseen = || "what it would run cannot be looked at again".to_owned();
    let Some(now) = measure(Arc::clone(&deed.reach), deed.cwd.clone()).await else {
        return Some(unseen());
    };
    let line = permission::command(&deed.reach).unwrap_or_default();
    changed(before, &now, line, &deed.cwd)
}

impl Task {
    /// Why a yes is no longer a yes to what was shown; none where it is.
    pub(crate) async fn outdated(
        &mut self,
        verdict: &Verdict,
        approval: &Approval,
    ) -> Option<String> {
        if !matches!(
            verdict,
            Verdict::Once | Verdict::Session | Verdict::Kept { .. }
        ) {
            return None;
        }
        let call = self
            .turn
            .as_ref()
            .and_then(|turn| turn.call(&approval.call));
        let Some(call) = call.cloned() else {
            return Some("the call is no longer there".to_owned());
        };
        if let Some(why) = self.forbidden(&call).await {
            return Some(why);
        }
        let Some(deed) = self.deeds.get(&approval.call).cloned() else {
            return Some("what it would do is no longer known".to_owned());
        };
        if let Some(why) = self.stale(approval).await {
            return Some(why);
        }
        look(deed).await
    }

    /// What a rule says that forbids a call and was kept while it waited.
    async fn forbidden(&mut self, call: &ToolCall) -> Option<String> {
        if let Err(why) = self.read_rules().await {
            return Some(format!("the rules cannot be read: {why}"));
        }
        let judged = self.weighed(call, (self.mode(), Cage::GIVEN_UP), permission::decide);
        match judged {
            Ok(permission::Verdict::Deny(why)) | Err(why) => Some(why),
            Ok(permission::Verdict::Allow | permission::Verdict::Ask(_)) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::ffi::OsString;
    use std::fs;

    use super::*;

    type Change<'a> = &'a dyn Fn();

    #[test]
    fn what_changes_between_the_ask_and_the_run_is_seen() {
        let home = tempfile::tempdir().unwrap();
        let (one, two) = (home.path().join("one"), home.path().join("two"));
        let link = home.path().join("link");
        for folder in [&one, &two] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("run.sh"), "echo 1\n").unwrap();
        }
        let bin = home.path().join("bin");
        fs::create_dir(&bin).unwrap();
        let tool = one.join("tool");
        fs::write(&tool, "first").unwrap();
        std::os::unix::fs::symlink(&one, &link).unwrap();
        let path = OsString::from(format!("{}:{}", bin.display(), one.display()));
        let cases: [(&str, Change<'_>, Option<&str>); 7] = [
            ("sh run.sh", &|| (), None),
            (
                "sh run.sh",
                &|| fs::write(one.join("run.sh"), "echo 2\n").unwrap(),
                Some("`run.sh`"),
            ),
            (
                "./tool x",
                &|| fs::write(&tool, "other").unwrap(),
                Some("`./tool`"),
            ),
            (
                "tool x",
                &|| fs::write(bin.join("tool"), "earlier in the path").unwrap(),
                Some("`tool`"),
            ),
            (
                "ls; python3 new.py",
                &|| fs::write(one.join("new.py"), "x").unwrap(),
                Some("`new.py`"),
            ),
            ("ls", &|| fs::write(one.join("unread"), "x").unwrap(), None),
            (
                "ls",
                &|| {
                    fs::remove_file(&link).unwrap();
                    std::os::unix::fs::symlink(&two, &link).unwrap();
                },
                Some("the folder it runs in"),
            ),
        ];
        for (line, change, expected) in cases {
            let before = bound(line, &link, &path);
            change();
            let now = bound(line, &link, &path);
            let why = changed(&before, &now, line, &link);
            let expected = expected.map(|what| format!("{what} has changed since it was asked"));
            assert_eq!(why, expected, "{line}");
        }
        assert_ne!(bound("a b", &one, &path), bound("a  b", &one, &path));
    }
}
