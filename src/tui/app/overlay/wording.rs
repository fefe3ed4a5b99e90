//! What is proposed for the person to change: the message of a commit, the prompt that mends a merge.

use crate::protocol::worktree::{Files as Listed, Preview};

/// A message for what is open, for the person to change.
pub fn message(listed: &Listed) -> String {
    let open: Vec<&str> = listed
        .files
        .iter()
        .filter(|file| file.uncommitted)
        .map(|file| file.path.rsplit('/').next().unwrap_or(&file.path))
        .collect();
    match open.as_slice() {
        [] => String::new(),
        [one] => format!("Change {one}"),
        [one, other] => format!("Change {one} and {other}"),
        [first, rest @ ..] => format!("Change {first} and {} more files", rest.len()),
    }
}

/// What an agent is asked where the branches do not merge by themselves.
pub fn mend(preview: &Preview) -> String {
    let files = preview.conflicts.join(", ");
    let into = &preview.into;
    format!(
        "Merge the branch `{into}` into this one (`git merge {into}`), resolve the conflicts in {files}, run the tests, and commit."
    )
}
