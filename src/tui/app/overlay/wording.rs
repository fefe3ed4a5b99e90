//! What is proposed for the person to change: the message of a commit, the prompt that mends a merge.

use crate::protocol::worktree::{Became, FileChange, Files as Listed, Preview};

/// A message for what is open, for the person to change.
pub fn message(listed: &Listed) -> String {
    let open: Vec<&FileChange> = listed
        .files
        .iter()
        .filter(|file| file.uncommitted)
        .collect();
    let all = |became| open.iter().all(|file| file.became == became);
    let does = match () {
        () if all(Became::New) => "Add",
        () if all(Became::Removed) => "Remove",
        () => "Change",
    };
    let name = |file: &FileChange| file.path.rsplit('/').next().unwrap_or_default().to_owned();
    match open.as_slice() {
        [] => String::new(),
        [one] => format!("{does} {}", name(one)),
        [one, other] => format!("{does} {} and {}", name(one), name(other)),
        [first, rest @ ..] => format!("{does} {} and {} more files", name(first), rest.len()),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::worktree::Standing;

    #[test]
    fn a_message_says_what_became_of_the_files() {
        let file = |path: &str, became| FileChange {
            path: path.to_owned(),
            became,
            lines: None,
            uncommitted: true,
        };
        let cases = [
            (vec![file("doc/NOTES.md", Became::New)], "Add NOTES.md"),
            (vec![file("a.rs", Became::Changed)], "Change a.rs"),
            (vec![file("a.rs", Became::Removed)], "Remove a.rs"),
            (
                vec![file("a.rs", Became::New), file("b.rs", Became::Changed)],
                "Change a.rs and b.rs",
            ),
            (
                ["a", "b", "c"].map(|path| file(path, Became::New)).to_vec(),
                "Add a and 2 more files",
            ),
        ];
        for (files, expected) in cases {
            let listed = Listed {
                worktree: None,
                standing: Standing::default(),
                files,
                more: 0,
            };
            assert_eq!(message(&listed), expected);
        }
    }
}
