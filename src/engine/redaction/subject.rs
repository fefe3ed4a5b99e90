//! What an approval is about, without the keys Creel holds.

use std::path::PathBuf;

use crate::protocol::ask::Subject;

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
