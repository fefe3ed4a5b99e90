//! What has become of a worktree: commits and files since it left the branch it came from.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use crate::agent::visible;
use crate::disk::file;
use crate::project::git::run::Git;
use crate::project::git::{branch, commit, copy, uncommitted};
use crate::protocol::worktree::{Became, FileChange, Files, Standing, Worktree};

/// Files that are listed.
const LISTED: usize = 2_000;
/// Bytes of one file's patch, and of a new file that is shown as one.
const PATCH: usize = 1 << 20;
/// A file with a NUL byte among its first bytes is no text; git looks at as many.
const TEXT: usize = 8_000;

/// The commit that a worktree is compared with: where its branch left the other one, as far as that is known.
pub async fn base(git: &Git, worktree: &Worktree) -> String {
    if let Some(from) = &worktree.from {
        let from = format!("refs/heads/{from}");
        let args = ["merge-base", "--end-of-options", "HEAD", from.as_str()];
        if let Ok(base) = git.line(&args).await
            && !base.is_empty()
        {
            return base;
        }
    }
    worktree.base.clone()
}

/// Commits of the head that another commit does not have.
pub async fn ahead(git: &Git, base: &str) -> Result<u32, String> {
    let range = format!("{base}..HEAD");
    let count = git
        .line(&["rev-list", "--count", "--end-of-options", range.as_str()])
        .await?;
    Ok(count.parse().unwrap_or(0))
}

/// Files that are not committed, without those that Creel copied here.
pub async fn open(git: &Git, copied: &[String]) -> Result<Vec<String>, String> {
    let mut files = uncommitted(git).await?;
    if let Ok(copied) = copy::matcher(copied)
        && !copied.is_empty()
    {
        let fit = files.iter().filter(|file| copied.is_match(file));
        let fit: Vec<&str> = fit.map(String::as_str).collect();
        let tracked = tracked(git, &fit).await?;
        files.retain(|file| !copied.is_match(file) || tracked.contains(file));
    }
    Ok(files)
}

/// Those of the files that git has in its index.
pub async fn tracked(git: &Git, files: &[&str]) -> Result<BTreeSet<String>, String> {
    let mut known = BTreeSet::new();
    // An argument list has an end.
    for some in files.chunks(200) {
        let mut args = vec!["ls-files", "-z", "--"];
        args.extend(some);
        known.extend(git.look(&args).await?.parts());
    }
    Ok(known)
}

/// How far it has come, in figures alone: this is asked after every turn.
pub async fn standing(
    git: &Git,
    worktree: &Worktree,
    copied: &[String],
) -> Result<Standing, String> {
    Ok(differing(git, worktree, copied).await?.standing)
}

/// Files that differ from the base, without what stands in them.
struct Differing {
    base: String,
    standing: Standing,
    files: Vec<FileChange>,
}

/// The difference with a base in one of its forms.
fn diff<'d>(form: &'d str, base: &'d str) -> [&'d str; 10] {
    [
        "diff",
        "--no-ext-diff",
        "--no-textconv",
        "--no-renames",
        "--ignore-submodules=dirty",
        form,
        "-z",
        "--end-of-options",
        base,
        "--",
    ]
}

async fn differing(git: &Git, worktree: &Worktree, copied: &[String]) -> Result<Differing, String> {
    let base = base(git, worktree).await;
    let open = open(git, copied).await?;
    let is_open: BTreeSet<&String> = open.iter().collect();
    let names = git.look(&diff("--name-status", &base)).await?;
    let mut files: Vec<FileChange> = Vec::new();
    let mut parts = names.parts();
    while let (Some(status), Some(path)) = (parts.next(), parts.next()) {
        files.push(FileChange {
            became: match status.as_str() {
                "A" => Became::New,
                "D" => Became::Removed,
                _ => Became::Changed,
            },
            lines: None,
            uncommitted: is_open.contains(&path),
            path,
        });
    }
    let listed: BTreeSet<&String> = files.iter().map(|file| &file.path).collect();
    // A difference knows nothing of files that were never added. One put back to what the base has is in neither list.
    let new: Vec<String> = open
        .iter()
        .filter(|path| !listed.contains(path))
        .cloned()
        .collect();
    let new = apart(git, new, |top, new| {
        new.retain(|path| is_file(&top.join(path)));
    })
    .await?;
    files.extend(new.into_iter().map(|path| FileChange {
        path,
        became: Became::New,
        lines: None,
        uncommitted: true,
    }));
    let standing = Standing {
        branch: branch(git).await.unwrap_or_else(|| "no branch".to_owned()),
        commits: ahead(git, &base).await?,
        files: u32::try_from(files.len()).unwrap_or(u32::MAX),
        uncommitted: u32::try_from(open.len()).unwrap_or(u32::MAX),
    };
    Ok(Differing {
        base,
        standing,
        files,
    })
}

/// Does with a value what blocks, where that may be: it is given the top of the checkout.
async fn apart<T: Send + 'static>(
    git: &Git,
    mut value: T,
    work: impl FnOnce(&Path, &mut T) + Send + 'static,
) -> Result<T, String> {
    let top: PathBuf = git.top().to_owned();
    let done = tokio::task::spawn_blocking(move || {
        work(&top, &mut value);
        value
    });
    done.await.map_err(|error| error.to_string())
}

/// The files of a worktree that differ, those not committed among them.
pub async fn files(git: &Git, worktree: &Worktree, copied: &[String]) -> Result<Files, String> {
    let Differing {
        base,
        standing,
        mut files,
    } = differing(git, worktree, copied).await?;
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let more = files.len().saturating_sub(LISTED);
    files.truncate(LISTED);
    let counts = git.look(&diff("--numstat", &base)).await?;
    let counts: HashMap<String, Option<(u64, u64)>> =
        counts.parts().filter_map(|line| count(&line)).collect();
    let files = apart(git, files, move |top, files| {
        for file in files {
            file.lines = match counts.get(&file.path) {
                Some(lines) => *lines,
                // It was never added.
                None => match content(top, &file.path) {
                    Content::None | Content::Bytes => None,
                    Content::Text(text) => Some((text.lines().count() as u64, 0)),
                },
            };
        }
    })
    .await?;
    Ok(Files {
        worktree: Some(worktree.clone()),
        standing,
        files,
        more: u32::try_from(more).unwrap_or(u32::MAX),
    })
}

/// A file and its lines, of one line of `--numstat`; it has none where it is no text.
fn count(line: &str) -> Option<(String, Option<(u64, u64)>)> {
    let mut parts = line.splitn(3, '\t');
    let (added, removed) = (parts.next()?, parts.next()?);
    let lines = added.parse().ok().zip(removed.parse().ok());
    Some((parts.next()?.to_owned(), lines))
}

/// What stands in a file that git does not know.
enum Content {
    Text(String),
    Bytes,
    /// There is no regular file of this name.
    None,
}

fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|meta| meta.is_file())
}

/// Of a file below `top`, through no link: a command may put one there while this looks.
fn content(top: &Path, relative: &str) -> Content {
    let read = top
        .canonicalize()
        .ok()
        .and_then(|top| file::read_exactly(&top.join(relative), PATCH as u64));
    match read {
        None => Content::None,
        Some(read) if read.head.iter().take(TEXT).any(|byte| *byte == 0) => Content::Bytes,
        Some(read) => Content::Text(String::from_utf8_lossy(&read.head).into_owned()),
    }
}

/// The patch of one file against the base.
pub async fn patch(git: &Git, worktree: &Worktree, path: &str) -> Result<String, String> {
    let base = base(git, worktree).await;
    let args = [
        "diff",
        "--no-ext-diff",
        "--no-textconv",
        "--no-renames",
        "--no-color",
        "--ignore-submodules=dirty",
        "--end-of-options",
        base.as_str(),
        "--",
        path,
    ];
    let answer = git.look(&args).await?;
    if !answer.bytes.is_empty() {
        let end = answer.bytes.len().min(PATCH);
        return Ok(String::from_utf8_lossy(&answer.bytes[..end]).into_owned());
    }
    if commit(git, "HEAD").await.is_none() {
        return Err("the worktree has no commit any more".to_owned());
    }
    let read = apart(
        git,
        (path.to_owned(), Content::None),
        |top, (path, read)| {
            *read = content(top, path);
        },
    );
    Ok(match read.await?.1 {
        Content::None => String::new(),
        Content::Bytes => format!("Binary file {} is new\n", visible::escaped(path)),
        Content::Text(text) => {
            let count = text.lines().count();
            let mut shown = format!("@@ -0,0 +1,{count} @@\n");
            for line in text.lines() {
                shown.push('+');
                shown.push_str(line);
                shown.push('\n');
            }
            shown
        }
    })
}
