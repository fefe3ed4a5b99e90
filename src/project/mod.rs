//! The folder a session works in: which repository it lies in, on which branch, and what its AGENTS.md says. For these a few
//! small files are read and no `git` is started; worktrees are made, seen and merged with it ([`git`]). Everything found there
//! may be hostile.

pub mod below;
pub mod git;
pub mod instructions;
pub mod privacy;
pub mod settings;

use std::path::{Path, PathBuf};

use crate::agent::visible;
use crate::disk::file;

/// Bytes read of a file of git's own.
const GIT_FILE_BYTES: u64 = 4096;
/// Characters of a branch name that are kept.
const LONGEST_BRANCH: usize = 200;
/// Digits shown of a commit.
const SHORT_HASH: usize = 7;

/// Where a folder stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// What sessions are gathered by: the repository's main folder, the same for all its worktrees; without a repository
    /// the folder itself.
    pub root: PathBuf,
    /// The top of the files a session here works on: the worktree's own folder, else the same as `root`.
    pub top: PathBuf,
    /// The branch, or the short hash of a detached head; `None` without a repository.
    pub branch: Option<String>,
}

impl Project {
    /// What git keeps elsewhere for a worktree: commits are written there. `None` where it is no worktree, or that is not
    /// what it seems: a link could lead anywhere.
    pub fn common(&self) -> Option<PathBuf> {
        if self.root == self.top {
            return None;
        }
        let git = self.root.join(".git");
        match git.symlink_metadata() {
            Ok(metadata) => metadata.is_dir().then_some(git),
            // The main folder of a bare repository is itself what git keeps.
            Err(_) => Some(self.root.clone()),
        }
    }
}

/// The project of a folder. Never fails: what cannot be read counts as not there.
pub fn find(cwd: &Path) -> Project {
    let cwd = cwd.canonicalize().unwrap_or_else(|_| cwd.to_owned());
    cwd.ancestors()
        .find_map(repository)
        .unwrap_or_else(|| Project {
            root: cwd.clone(),
            top: cwd.clone(),
            branch: None,
        })
}

/// The folders that count as inside for a session in `cwd`: the top of its checkout, or `cwd` alone where that lies elsewhere
/// or would take in the person's home. Another worktree of the same project is outside. Empty for an unsuitable folder.
pub fn roots(cwd: &Path, project: &Project, home: Option<&Path>) -> Vec<PathBuf> {
    let cwd = cwd.canonicalize().unwrap_or_else(|_| cwd.to_owned());
    let inside = cwd.starts_with(&project.top);
    [project.top.as_path(), cwd.as_path()]
        .into_iter()
        .skip(usize::from(!inside))
        .find(|folder| !is_unsuitable(folder, home))
        .map(Path::to_owned)
        .into_iter()
        .collect()
}

/// The folder whose files bring rules to a session in `cwd`, and what they are trusted for: the repository with its worktrees, or
/// that folder alone where the top of its checkout is none for an agent.
pub fn brings(cwd: &Path, home: Option<&Path>) -> (PathBuf, PathBuf) {
    let place = find(cwd);
    let inside = roots(cwd, &place, home).into_iter().next();
    let folder = inside.unwrap_or_else(|| cwd.to_owned());
    let trusted = if folder == place.top {
        place.root
    } else {
        folder.clone()
    };
    (folder, trusted)
}

/// Whether a folder is too much for an agent: the person's home, or anything that holds it, such as `/`.
pub fn is_unsuitable(cwd: &Path, home: Option<&Path>) -> bool {
    let cwd = cwd.canonicalize().unwrap_or_else(|_| cwd.to_owned());
    let holds_home = home.is_some_and(|home| {
        let home = home.canonicalize().unwrap_or_else(|_| home.to_owned());
        home.starts_with(&cwd)
    });
    cwd.parent().is_none() || holds_home
}

/// The repository whose top is this folder.
fn repository(top: &Path) -> Option<Project> {
    let git = top.join(".git");
    let metadata = std::fs::metadata(&git).ok()?;
    if metadata.is_dir() {
        // An empty `.git` is no repository; git would go on looking above.
        let head = head(&git)?;
        return Some(Project {
            root: top.to_owned(),
            top: top.to_owned(),
            branch: branch(&head),
        });
    }
    let folder = named_folder(&git, "gitdir:")?;
    let head = head(&folder)?;
    Some(Project {
        root: main_folder(&git, &folder).unwrap_or_else(|| top.to_owned()),
        top: top.to_owned(),
        branch: branch(&head),
    })
}

/// The main folder of the repository that a worktree belongs to. A `.git` file may claim to belong anywhere, so the
/// repository must itself know of this worktree, by this very name and not by what it may be a link to; a submodule has no
/// such entry and is a project of its own.
fn main_folder(git: &Path, folder: &Path) -> Option<PathBuf> {
    let common = named_folder(&folder.join("commondir"), "")?;
    let back = named_file(&folder.join("gitdir"))?;
    let known = folder.parent()? == common.join("worktrees") && back == git;
    match (known, common.file_name()?.to_str()) {
        (false, _) => None,
        (true, Some(".git")) => common.parent().map(Path::to_owned),
        // The worktrees of a bare repository stand around it.
        (true, _) => Some(common),
    }
}

/// The folder a file names after `prefix`, seen from the file's own folder.
fn named_folder(file: &Path, prefix: &str) -> Option<PathBuf> {
    let text = git_file(file)?;
    let path = Path::new(text.strip_prefix(prefix)?.trim());
    let folder = file.parent()?.join(path).canonicalize().ok()?;
    folder.is_dir().then_some(folder)
}

fn named_file(file: &Path) -> Option<PathBuf> {
    let text = git_file(file)?;
    file.parent()?.join(text.trim()).canonicalize().ok()
}

fn head(git: &Path) -> Option<String> {
    git_file(&git.join("HEAD"))
}

/// One of git's small files as text; a longer one is none.
fn git_file(path: &Path) -> Option<String> {
    let file = file::read(path, GIT_FILE_BYTES)?;
    (file.bytes <= GIT_FILE_BYTES)
        .then(|| String::from_utf8(file.head).ok())
        .flatten()
}

fn branch(head: &str) -> Option<String> {
    let head = head.trim();
    if let Some(reference) = head.strip_prefix("ref:") {
        let reference = reference.trim();
        let name = reference.strip_prefix("refs/heads/").unwrap_or(reference);
        let name: String = visible::one_line(name)
            .chars()
            .take(LONGEST_BRANCH)
            .collect();
        // Where references are kept in another form, git writes a name that cannot be.
        return (!name.is_empty() && name != ".invalid").then_some(name);
    }
    let is_hash = head.len() >= SHORT_HASH && head.chars().all(|c| c.is_ascii_hexdigit());
    is_hash.then(|| head.chars().take(SHORT_HASH).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::fs;

    use pretty_assertions::assert_eq;

    use super::*;

    /// A folder of its own with these files.
    fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        for (name, text) in files {
            let file = path.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text.replace("ROOT", path.to_str().unwrap())).unwrap();
        }
        (folder, path)
    }

    const HASH: &str = "0123456789abcdef0123456789abcdef01234567\n";

    #[test]
    fn a_project_is_found_from_any_folder_below() {
        let worktree = [
            ("repo/.git/HEAD", "ref: refs/heads/main\n"),
            ("repo/.git/worktrees/w/HEAD", "ref: refs/heads/topic/one\n"),
            ("repo/.git/worktrees/w/commondir", "../..\n"),
            ("repo/.git/worktrees/w/gitdir", "ROOT/w/.git\n"),
            ("w/.git", "gitdir: ROOT/repo/.git/worktrees/w\n"),
            ("w/src/x", ""),
            // Claims to be a worktree of a repository that knows nothing of it.
            ("liar/.git", "gitdir: ../repo/.git/worktrees/w\n"),
            // Has brought its own evidence, for somebody else's repository.
            ("thief/.git", "gitdir: fake/worktrees/t"),
            ("thief/fake/worktrees/t/HEAD", HASH),
            ("thief/fake/worktrees/t/gitdir", "ROOT/thief/.git"),
            ("thief/fake/worktrees/t/commondir", "ROOT/repo/.git"),
            // A repository of its own without a main folder, which it makes seem to have one.
            ("forger/.git", "gitdir: bare/worktrees/f"),
            ("forger/bare/HEAD", HASH),
            ("forger/bare/worktrees/f/HEAD", HASH),
            ("forger/bare/worktrees/f/gitdir", "ROOT/forger/.git"),
            ("forger/bare/worktrees/f/commondir", "../.."),
            ("borrower/x", ""),
            ("repo/sub/.git", "gitdir: ../.git/modules/sub"),
            ("repo/.git/modules/sub/HEAD", HASH),
            ("repo/sub/x", ""),
            ("repo/empty/.git/x", ""),
            ("bare.git/HEAD", "ref: refs/heads/main"),
            ("bare.git/worktrees/b/HEAD", "ref: refs/heads/.invalid"),
            ("bare.git/worktrees/b/commondir", "../.."),
            ("bare.git/worktrees/b/gitdir", "ROOT/b/.git"),
            ("b/.git", "gitdir: ../bare.git/worktrees/b"),
            ("loose/x", ""),
            ("odd/.git/HEAD", "ref: refs/heads/a\u{1b}[31mb\u{202e}c"),
        ];
        let (_guard, root) = folder(&worktree);
        let link = |target: &str, link: &str| {
            std::os::unix::fs::symlink(root.join(target), root.join(link)).unwrap();
        };
        link("repo", "forger/bare/.git");
        // Somebody else's worktree by a link.
        link("w/.git", "borrower/.git");
        // (folder, root, top, branch)
        let cases = [
            ("repo", "repo", "repo", Some("main")),
            ("repo/.git", "repo", "repo", Some("main")),
            ("repo/empty", "repo", "repo", Some("main")),
            ("w/src", "repo", "w", Some("topic/one")),
            ("liar", "liar", "liar", Some("topic/one")),
            ("thief", "thief", "thief", Some("0123456")),
            ("forger", "forger/bare", "forger", Some("0123456")),
            ("borrower", "borrower", "borrower", Some("topic/one")),
            ("repo/sub", "repo/sub", "repo/sub", Some("0123456")),
            ("b", "bare.git", "b", None),
            ("loose", "loose", "loose", None),
            ("odd", "odd", "odd", Some("abc")),
        ];
        for (cwd, expected, top, branch) in cases {
            assert_eq!(
                find(&root.join(cwd)),
                Project {
                    root: root.join(expected),
                    top: root.join(top),
                    branch: branch.map(str::to_owned),
                },
                "{cwd}"
            );
        }
        let commons = [
            ("w", Some("repo/.git")),
            ("b", Some("bare.git")),
            ("repo", None),
            ("forger", None),
            ("borrower", None),
            ("thief", None),
        ];
        for (cwd, expected) in commons {
            let expected = expected.map(|path| root.join(path));
            assert_eq!(find(&root.join(cwd)).common(), expected, "{cwd}");
        }
    }

    #[test]
    fn the_home_and_what_holds_it_are_never_inside() {
        let (_guard, root) = folder(&[
            ("home/.git/HEAD", HASH),
            ("home/notes/x", ""),
            ("home/api/.git/HEAD", HASH),
            ("home/api/src/x", ""),
        ]);
        let home = root.join("home");
        // (folder, unsuitable, root)
        let cases = [
            ("home", true, None),
            ("", true, None),
            ("/", true, None),
            ("home/notes", false, Some("home/notes")),
            ("home/api/src", false, Some("home/api")),
        ];
        for (cwd, unsuitable, expected) in cases {
            let cwd = root.join(cwd);
            assert_eq!(is_unsuitable(&cwd, Some(&home)), unsuitable, "{cwd:?}");
            assert_eq!(
                roots(&cwd, &find(&cwd), Some(&home)),
                expected
                    .map(|path| root.join(path))
                    .into_iter()
                    .collect::<Vec<_>>(),
                "{cwd:?}"
            );
        }
        // The home brings nothing, though it is a repository.
        let notes = home.join("notes");
        assert_eq!(brings(&notes, Some(&home)), (notes.clone(), notes));
        let api = home.join("api");
        assert_eq!(brings(&api.join("src"), Some(&home)), (api.clone(), api));
        let elsewhere = find(&home.join("api"));
        assert_eq!(
            roots(&home.join("notes"), &elsewhere, None),
            [home.join("notes")]
        );
        assert!(is_unsuitable(Path::new("/"), None));
    }

    #[test]
    fn hostile_git_files_are_no_repository() {
        let long = format!("ref: refs/heads/{}", "x".repeat(5000));
        let files = [
            ("long/.git/HEAD", long.as_str()),
            ("text/.git/HEAD", "hello"),
            ("void/.git", ""),
            ("self/.git", "gitdir: .git"),
            ("none/.git", "gitdir: /does/not/exist"),
        ];
        let (_guard, root) = folder(&files);
        for (name, branch) in [
            ("long", None),
            ("text", None),
            ("void", None),
            ("self", None),
            ("none", None),
        ] {
            let cwd = root.join(name);
            let project = find(&cwd);
            assert_eq!((project.root, project.branch), (cwd, branch), "{name}");
        }
    }
}
