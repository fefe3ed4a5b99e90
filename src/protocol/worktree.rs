//! A git worktree made for a session: what is kept of it with the session, what a face may have done with it, and what it is
//! told of it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::protocol::id::SessionId;

/// The worktree a session stands in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worktree {
    /// Its folder, absolute.
    pub path: PathBuf,
    /// The repository's main folder, absolute.
    pub repository: PathBuf,
    pub branch: String,
    /// The commit it began at, in full.
    pub base: String,
    /// The branch it came from; `None` where the head was detached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

impl Worktree {
    /// What is said of it when its session is deleted.
    pub fn stays(&self) -> String {
        format!(
            "the worktree {} with the branch {} stays; this takes both away: {}",
            self.path.display(),
            self.branch,
            self.removal()
        )
    }

    /// What a shell removes it with, as long as nothing would be lost.
    pub fn removal(&self) -> String {
        let quoted = |text: &str| {
            shlex::try_quote(text).map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
        };
        let repository = quoted(&self.repository.to_string_lossy());
        let path = quoted(&self.path.to_string_lossy());
        let branch = quoted(&self.branch);
        format!(
            "git -C {repository} worktree remove {path} && git -C {repository} branch -d {branch}"
        )
    }
}

/// What a new worktree would be, before it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// A name that is free: of the branch and of the folder.
    pub name: String,
    /// The folder that worktrees of this repository lie in.
    pub folder: PathBuf,
    /// The branch it would come from.
    pub from: Option<String>,
    /// The commit, shortened.
    pub at: String,
    /// Files changed and not committed in the folder it is made from: they stay there.
    pub uncommitted: u32,
    /// Patterns of the files that are copied.
    pub copy: Vec<String>,
    /// The command that makes it ready.
    pub setup: Option<String>,
    /// There are submodules, which are not checked out in it.
    pub submodules: bool,
}

/// How far a worktree has come from where it began.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The branch that is checked out there now.
    pub branch: String,
    /// Commits that the branch it came from does not have.
    pub commits: u32,
    /// Files that differ, also those not committed.
    pub files: u32,
    /// Of these, files with changes that are not committed.
    pub uncommitted: u32,
}

impl Standing {
    /// `+2 commits, 3 files changed`.
    pub fn words(&self) -> String {
        let plural = |count: u32, word: &str| match count {
            1 => format!("1 {word}"),
            count => format!("{count} {word}s"),
        };
        format!(
            "+{}, {} changed",
            plural(self.commits, "commit"),
            plural(self.files, "file")
        )
    }
}

/// What became of a file since the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    New,
    Changed,
    Removed,
}

/// One file that differs from the base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// As git has it, relative to the worktree.
    pub path: String,
    pub became: Became,
    /// Lines; `None` for what is no text.
    pub lines: Option<(u64, u64)>,
    /// Not all of its change is committed.
    pub uncommitted: bool,
}

/// The files of a session: those of its worktree, else what its own calls wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    pub worktree: Option<Worktree>,
    pub standing: Standing,
    pub files: Vec<FileChange>,
    /// Files beyond those that are listed.
    pub more: u32,
}

/// What a merge would be, tried without touching the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The branch it goes into.
    pub into: String,
    /// Where that branch is checked out.
    pub checkout: Option<PathBuf>,
    /// Hash and title of each commit, the newest first.
    pub commits: Vec<String>,
    pub files: u32,
    /// The branch can simply be moved forward.
    pub forward: bool,
    /// Files of the worktree that are not committed, and would not be merged.
    pub uncommitted: Vec<String>,
    /// Files that do not merge by themselves.
    pub conflicts: Vec<String>,
    /// Why it cannot be merged now.
    pub obstacle: Option<String>,
}

/// What would be lost with a worktree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loss {
    /// One line each; empty: nothing.
    pub what: Vec<String>,
}

/// What a face asks about worktrees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// A free name, made from a text where there is one, and what a worktree of this folder would be.
    Plan {
        cwd: PathBuf,
        text: String,
    },
    Standing {
        session: SessionId,
    },
    Files {
        session: SessionId,
    },
    /// The patch of one file against the base.
    Diff {
        session: SessionId,
        path: String,
    },
    Merge {
        session: SessionId,
    },
    /// What removing it would lose.
    Loss {
        session: SessionId,
    },
    /// Sessions at work in the checkout a folder lies in, by any process, beside one.
    Writers {
        cwd: PathBuf,
        beside: SessionId,
    },
}

/// Another session that writes in the same folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    pub session: SessionId,
    pub title: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    Plan(Plan),
    Standing(Standing),
    Files(Files),
    Diff {
        path: String,
        patch: String,
    },
    Merge(Preview),
    Loss(Loss),
    Writers(Vec<Writer>),
    /// Why it cannot be seen, in one line.
    Failed(String),
}

/// What a face may have done with worktrees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "errand", rename_all = "snake_case")]
pub enum Errand {
    /// Makes branch and worktree under one name, from what is checked out in this folder, and copies what the config lists.
    /// Undone when nobody waits for the answer any more.
    Make { cwd: PathBuf, name: String },
    /// Commits all that is not committed there.
    Commit { session: SessionId, message: String },
    /// Merges its branch into the one it came from, if that is clean.
    Merge { session: SessionId },
    /// Takes worktree and branch away; refused where something would be lost and the person did not say so.
    Remove { session: SessionId, lose: bool },
}

impl Errand {
    /// The session whose worktree it is; `None` where that is still to be made.
    pub fn session(&self) -> Option<SessionId> {
        match self {
            Self::Make { .. } => None,
            Self::Commit { session, .. }
            | Self::Merge { session }
            | Self::Remove { session, .. } => Some(*session),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "done", rename_all = "snake_case")]
pub enum Done {
    Made {
        worktree: Worktree,
        /// The folder in it that answers to the one it was made from.
        cwd: PathBuf,
        /// Files that were copied, and one line for each pattern that could not be followed.
        copied: u32,
        notes: Vec<String>,
        /// The config has a command that makes it ready.
        setup: bool,
    },
    Committed {
        commit: String,
        files: u32,
    },
    Merged {
        into: String,
        commits: u32,
    },
    Removed {
        worktree: Worktree,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_and_commands_are_written_out() {
        let standing = |commits, files| Standing {
            commits,
            files,
            ..Standing::default()
        };
        assert_eq!(standing(2, 3).words(), "+2 commits, 3 files changed");
        assert_eq!(standing(1, 1).words(), "+1 commit, 1 file changed");
        let worktree = Worktree {
            path: "/src/a b.wt/x".into(),
            repository: "/src/a b".into(),
            branch: "x".to_owned(),
            base: "0".repeat(40),
            from: None,
        };
        assert_eq!(
            worktree.removal(),
            "git -C '/src/a b' worktree remove '/src/a b.wt/x' && git -C '/src/a b' branch -d x"
        );
    }
}
