//! What a session's own calls wrote, told by its log: for sessions that work in no worktree of their own, where git could not
//! tell whose change is whose.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::engine::house::House;
use crate::engine::open;
use crate::protocol::call::Detail;
use crate::protocol::event::Fact;
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::item::Item;
use crate::protocol::query::Page;
use crate::protocol::worktree::{Became, FileChange, Files, Standing};

/// Events read at once, so that a long session needs no more memory than a short one.
const AT_ONCE: u32 = 500;

/// One file with all that was written to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Written {
    created: bool,
    added: u64,
    removed: u64,
    /// The differences one behind the other, each as its call made it.
    patch: String,
}

/// By the path as it is told.
type All = BTreeMap<String, Written>;

fn take(all: &mut All, fact: &Fact, cwd: &Path) {
    let Fact::ItemAdded {
        item: Item::Result { outcome, .. },
        ..
    } = fact
    else {
        return;
    };
    let Detail::Diff {
        path,
        patch,
        added,
        removed,
        created,
    } = &outcome.detail
    else {
        return;
    };
    let short = Path::new(path).strip_prefix(cwd).ok();
    let told = short.map_or_else(|| path.clone(), |short| short.display().to_string());
    let known = all.contains_key(&told);
    let file = all.entry(told).or_default();
    file.created |= *created && !known;
    file.added += added;
    file.removed += removed;
    if !file.patch.is_empty() && !file.patch.ends_with('\n') {
        file.patch.push('\n');
    }
    file.patch.push_str(patch);
}

async fn read(house: &Arc<House>, session: SessionId) -> Result<All, String> {
    let folded = open::folded(house, session).await?;
    let folded = folded.ok_or_else(|| format!("session {} is not in the log", session.short()))?;
    let cwd = folded.spec.cwd;
    house
        .read(move |reader| {
            let mut all = All::new();
            let mut after = Seq(0);
            loop {
                let events = reader.history(session, Page::After(after), AT_ONCE)?;
                let Some(last) = events.last() else {
                    return Ok(all);
                };
                after = last.seq;
                for event in &events {
                    take(&mut all, &event.fact, &cwd);
                }
            }
        })
        .await
}

/// The files that the session's calls wrote.
pub(crate) async fn files(house: &Arc<House>, session: SessionId) -> Result<Files, String> {
    let all = read(house, session).await?;
    let files: Vec<FileChange> = all
        .into_iter()
        .map(|(path, file)| FileChange {
            path,
            became: if file.created {
                Became::New
            } else {
                Became::Changed
            },
            lines: Some((file.added, file.removed)),
            uncommitted: false,
        })
        .collect();
    let standing = Standing {
        files: u32::try_from(files.len()).unwrap_or(u32::MAX),
        ..Standing::default()
    };
    Ok(Files {
        worktree: None,
        standing,
        files,
        more: 0,
    })
}

/// What was written to one of them.
pub(crate) async fn patch(
    house: &Arc<House>,
    session: SessionId,
    path: &str,
) -> Result<String, String> {
    let mut all = read(house, session).await?;
    Ok(all.remove(path).unwrap_or_default().patch)
}
