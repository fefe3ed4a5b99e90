//! `creel restore`: a backup becomes the home.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::command::table::counted;
use crate::command::watched::{Step, watched};
use crate::command::{Ended, Face, Trouble, exit};
use crate::config::paths::Paths;
use crate::engine::restore::{self, NoRestore, Restored, There};

/// Make a backup the home, where no other is
///
/// The whole file is checked before anything is touched. A config can name programs that run, so restore what you made yourself.
/// To add the sessions of a backup to those of this home, restore it into another one and `creel import creel` that.
#[derive(Debug, Clone, Args)]
pub struct RestoreArgs {
    /// A file that `creel backup` wrote
    pub file: PathBuf,
    /// Move what is in the home into a folder of its own, where nothing of it is lost
    #[arg(long)]
    pub force: bool,
    /// One JSON value in place of a text
    #[arg(long)]
    pub json: bool,
}

pub async fn run(args: &RestoreArgs, paths: &Paths, face: &mut Face<'_>) -> Ended {
    let file = std::path::absolute(&args.file).unwrap_or_else(|_| args.file.clone());
    let there = if args.force {
        There::MovedAside
    } else {
        There::Stays
    };
    let (paths, from) = (paths.clone(), file.clone());
    let work = move |step: Step<'_>| restore::restore(&paths, &from, there, step);
    let (result, code) = watched(face, work).await?;
    let restored = match result {
        Ok(restored) => restored,
        Err(NoRestore::Failed(why)) => return Err(Trouble::failed(why)),
        Err(NoRestore::Stopped) => {
            face.note("stopped: nothing was restored")?;
            return Ok(code.unwrap_or(exit::INTERRUPTED));
        }
    };
    if args.json {
        face.json(&json!({
            "file": file,
            "made": restored.made,
            "sessions": restored.sessions,
            "items": restored.items,
            "files": restored.files,
            "aside": restored.aside,
        }))?;
    } else {
        face.say_line(&told(&restored))?;
    }
    Ok(exit::DONE)
}

fn told(restored: &Restored) -> String {
    let aside: Vec<_> = restored
        .aside
        .iter()
        .map(|folder| folder.to_string_lossy())
        .collect();
    let aside = match aside.as_slice() {
        [] => String::new(),
        aside => format!("; what was there is in {}", aside.join(" and ")),
    };
    format!(
        "restored as of {}: {} with {}, and {} beside them{aside}",
        restored.made,
        counted(restored.sessions, "session"),
        counted(restored.items, "item"),
        counted(restored.files, "file"),
    )
}
