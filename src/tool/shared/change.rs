//! A change to one file, worked out once and made afterwards: what the person is shown is what is written, or nothing is.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::agent::digest;
use crate::agent::known::Came;
use crate::note::Shelf;
use crate::protocol::ask::Subject;
use crate::protocol::call::{Detail, Outcome, Rewrite};
use crate::tool::deed::Deed;
use crate::tool::shared::files::{self, Trouble};
use crate::tool::shared::{diff, paths, thread};
use crate::tool::{Ended, Scene};

/// A file that may be changed, as it is now.
#[derive(Debug)]
pub struct Target {
    /// As it is written, absolute.
    written: PathBuf,
    /// With its links resolved: where the bytes go.
    pub real: PathBuf,
    /// As the model calls it.
    pub shown: String,
    /// `None`: there is no such file yet.
    pub before: Option<Vec<u8>>,
    /// The session has read or written the file before, and so it was then.
    pub seen: Option<[u8; 32]>,
}

/// What the session knows of a file that it changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// All of it, as after a read.
    Whole,
    /// No more than before.
    Part,
}

/// The change itself.
#[derive(Debug)]
pub struct Change {
    pub target: Target,
    pub after: Vec<u8>,
    known: Known,
    /// What the model is told once it is made.
    told: String,
    detail: Detail,
}

impl Target {
    pub fn of(path: &str, scene: &Scene) -> Result<Self, String> {
        let written = paths::absolute(path, &scene.place.cwd)?;
        let real = paths::real(&written)?;
        let shown = paths::shown(&written, &scene.place);
        if scene.place.contains(&written) && !scene.place.contains(&real) {
            return Err(format!(
                "{shown} is reached through a symbolic link to {}, outside the session's folders: name that path itself",
                real.display()
            ));
        }
        paths::is_judged(&real, &shown, scene)?;
        let before = match files::load(&real) {
            Ok(bytes) => Some(bytes),
            Err(Trouble::Missing) => None,
            Err(trouble) => return Err(trouble.about(&shown)),
        };
        let seen = scene
            .seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&real)
            .copied();
        Ok(Self {
            written,
            real,
            shown,
            before,
            seen,
        })
    }

    /// Refused when the file is not as this session last saw it.
    pub fn unchanged(&self) -> Result<(), String> {
        match (&self.before, self.seen) {
            (Some(bytes), Some(seen)) if files::hash(bytes) != seen => Err(format!(
                "{} changed since it was read: read it again",
                self.shown
            )),
            _ => Ok(()),
        }
    }
}

impl Change {
    /// `told` says what the model is told once it is made, from the lines that come and go.
    pub fn new(
        target: Target,
        after: Vec<u8>,
        known: Known,
        told: impl FnOnce(&Target, (u64, u64)) -> String,
    ) -> Self {
        let patch = diff::brief(&text(&target), &String::from_utf8_lossy(&after));
        Self {
            told: told(&target, (patch.added, patch.removed)),
            detail: Detail::Diff {
                path: target.shown.clone(),
                patch: patch.text,
                added: patch.added,
                removed: patch.removed,
                created: target.before.is_none(),
            },
            target,
            after,
            known,
        }
    }

    /// The text as it was, and as it would be with these of its hunks alone: in the order of the patch.
    pub fn partly(&self, kept: &[bool]) -> Result<(String, String), String> {
        let text = |bytes: &[u8]| {
            let text = String::from_utf8(bytes.to_vec());
            text.map_err(|_| format!("{} is no text: take it whole or not", self.target.shown))
        };
        let before = text(self.target.before.as_deref().unwrap_or_default())?;
        let after = diff::partly(&before, &text(&self.after)?, kept);
        let after = after.ok_or("the change has not so many hunks")?;
        if after == before {
            return Err("no hunk is chosen: that is a no".to_owned());
        }
        Ok((before, after))
    }

    /// What the person decides on.
    pub fn subject(&self) -> Subject {
        let patch = diff::whole(&text(&self.target), &String::from_utf8_lossy(&self.after));
        Subject::Change {
            path: self.target.real.clone(),
            patch: patch.text,
            added: patch.added,
            removed: patch.removed,
            created: self.target.before.is_none(),
        }
    }

    /// What is kept of it before it is made.
    pub fn rewrite(&self) -> Rewrite {
        Rewrite {
            path: self.target.real.clone(),
            before: self.target.before.as_deref().map(mark),
            after: mark(&self.after),
        }
    }

    /// Whether the file is the one it was worked out from, and as it was. Reads it.
    pub fn is_current(&self) -> bool {
        let target = &self.target;
        let now = match files::load(&target.real) {
            Ok(bytes) => Some(bytes),
            Err(Trouble::Missing) => None,
            Err(Trouble::Folder | Trouble::Other(_)) => return false,
        };
        paths::real(&target.written).as_ref() == Ok(&target.real) && now == target.before
    }

    /// Writes it, unless the file holds something else by now.
    fn make(&self, scene: &Scene) -> Result<Outcome, String> {
        let target = &self.target;
        let home = &scene.place.notes.home;
        let home = home.canonicalize().unwrap_or_else(|_| home.clone());
        let replace = if Shelf::is_note(&home, &target.real) {
            files::replace_own
        } else {
            files::replace
        };
        replace(&target.real, target.before.as_deref(), &self.after)
            .map_err(|text| format!("{} {text}", target.shown))?;
        if self.known == Known::Whole {
            remember(scene, target.real.clone(), files::hash(&self.after));
        }
        Ok(Outcome {
            detail: self.detail.clone(),
            ..Outcome::done(self.told.clone())
        })
    }
}

/// Digits of a hash that are kept: this is no secret, and no two versions of a file share 64 bits.
const DIGITS: usize = 16;

fn mark(bytes: &[u8]) -> String {
    let mut hex = digest::hex(bytes);
    hex.truncate(DIGITS);
    hex
}

/// What came of a change whose Creel ended, by what the file holds now. Reads it.
pub fn came(rewrite: &Rewrite) -> Came {
    let now = match files::load(&rewrite.path) {
        Ok(bytes) => Some(mark(&bytes)),
        Err(Trouble::Missing) => None,
        Err(Trouble::Folder | Trouble::Other(_)) => return Came::Neither,
    };
    if now.as_ref() == Some(&rewrite.after) {
        Came::Made
    } else if now == rewrite.before {
        Came::NotMade
    } else {
        Came::Neither
    }
}

fn text(target: &Target) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(target.before.as_deref().unwrap_or_default())
}

/// Makes the change that a deed is.
pub fn make(deed: Arc<Deed>, scene: Scene) -> BoxFuture<'static, Ended> {
    thread::writing(scene.stop.clone(), move || {
        let change = deed.change().ok_or_else(|| deed.unfit());
        let made = change.and_then(|change| change.make(&scene));
        made.unwrap_or_else(Outcome::failed).into()
    })
    .boxed()
}

/// Notes what the session has seen of a file.
pub fn remember(scene: &Scene, real: PathBuf, hash: [u8; 32]) {
    scene
        .seen
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(real, hash);
}
