//! A change to one file, worked out first and made afterwards: what the person is shown is what is written, or nothing is.

use std::path::PathBuf;
use std::sync::PoisonError;

use crate::note::Shelf;
use crate::protocol::ask::Subject;
use crate::protocol::call::Detail;
use crate::tool::Scene;
use crate::tool::shared::files::{self, Trouble};
use crate::tool::shared::{diff, paths};

/// A file that may be changed, as it is now.
#[derive(Debug)]
pub struct Target {
    /// With its links resolved: where the bytes go.
    pub real: PathBuf,
    /// As the model calls it.
    pub shown: String,
    /// `None`: there is no such file yet.
    pub before: Option<Vec<u8>>,
    /// The session has read or written the file before, and so it was then.
    pub seen: Option<[u8; 32]>,
}

/// The file a change was worked out from, as the person was shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    real: PathBuf,
    /// Hash of its bytes; `None` where there was no file.
    before: Option<[u8; 32]>,
}

/// The change itself.
#[derive(Debug)]
pub struct Change {
    pub target: Target,
    pub after: Vec<u8>,
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

    /// What the person decides on. From now on this call makes this change or none.
    pub fn subject(&self, scene: &Scene) -> Subject {
        *scene.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.shown());
        let patch = diff::whole(&self.old_text(), &String::from_utf8_lossy(&self.after));
        Subject::Change {
            path: self.target.real.clone(),
            patch: patch.text,
            added: patch.added,
            removed: patch.removed,
            created: self.target.before.is_none(),
        }
    }

    pub fn detail(&self) -> Detail {
        let patch = diff::brief(&self.old_text(), &String::from_utf8_lossy(&self.after));
        Detail::Diff {
            path: self.target.shown.clone(),
            patch: patch.text,
            added: patch.added,
            removed: patch.removed,
            created: self.target.before.is_none(),
        }
    }

    fn shown(&self) -> Shown {
        Shown {
            real: self.target.real.clone(),
            before: self.target.before.as_deref().map(files::hash),
        }
    }

    fn old_text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.target.before.as_deref().unwrap_or_default())
    }

    /// Writes it, unless the person was shown a change to something else. With `known` the session counts as having seen the whole file, as after a read.
    pub fn make(&self, scene: &Scene, known: bool) -> Result<(), String> {
        let target = &self.target;
        let shown = scene
            .shown
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if shown.is_some_and(|shown| shown != self.shown()) {
            return Err(format!(
                "{} is no longer as it was when the change was shown to the person; nothing was changed",
                target.shown
            ));
        }
        let home = &scene.place.notes.home;
        let home = home.canonicalize().unwrap_or_else(|_| home.clone());
        let replace = if Shelf::is_note(&home, &target.real) {
            files::replace_own
        } else {
            files::replace
        };
        replace(&target.real, target.before.as_deref(), &self.after)
            .map_err(|text| format!("{} {text}", target.shown))?;
        if known {
            remember(scene, target.real.clone(), files::hash(&self.after));
        }
        Ok(())
    }
}

/// Notes what the session has seen of a file.
pub fn remember(scene: &Scene, real: PathBuf, hash: [u8; 32]) {
    scene
        .seen
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(real, hash);
}
