//! What an approval is about and where a call begins, without the keys Creel holds.

use std::path::{Path, PathBuf};

use crate::protocol::ask::Subject;
use crate::protocol::call::Untrusted;
use crate::protocol::sandbox::Birth;

pub(crate) fn redacted_subject(subject: Subject, clean: impl Fn(String) -> String) -> Subject {
    match subject {
        Subject::Command { argv, parts } => Subject::Command {
            argv: argv.into_iter().map(&clean).collect(),
            parts: parts.into_iter().map(&clean).collect(),
        },
        Subject::Change {
            path,
            patch,
            added,
            removed,
            created,
        } => Subject::Change {
            path: redacted_path(path, &clean),
            patch: clean(patch),
            added,
            removed,
            created,
        },
        Subject::Read { path } => Subject::Read {
            path: redacted_path(path, &clean),
        },
        Subject::Other { arguments } => Subject::Other {
            arguments: clean(arguments),
        },
    }
}

/// A path that is no text is left as it is: a key is one.
pub(crate) fn redacted_path(path: PathBuf, clean: &impl Fn(String) -> String) -> PathBuf {
    match path.to_str() {
        Some(text) => clean(text.to_owned()).into(),
        None => path,
    }
}

pub(crate) fn holds_no_key(path: &Path, clean: &impl Fn(String) -> String) -> bool {
    redacted_path(path.to_owned(), clean) == path
}

pub(crate) fn redacted_birth(birth: Birth, clean: impl Fn(String) -> String) -> Birth {
    Birth {
        untrusted: birth.untrusted.map(|read| redacted_read(read, clean)),
        ..birth
    }
}

pub(crate) fn redacted_read(untrusted: Untrusted, clean: impl Fn(String) -> String) -> Untrusted {
    match untrusted {
        Untrusted::Outside { path } => Untrusted::Outside {
            path: redacted_path(path, &clean),
        },
        Untrusted::Web => Untrusted::Web,
    }
}
