//! `creel backup`: the whole home in one file.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::agent::figure::bytes;
use crate::agent::moment::Now;
use crate::command::moment::rfc3339;
use crate::command::table::counted;
use crate::command::watched::{Step, watched};
use crate::command::{Ended, Face, Trouble, exit};
use crate::config::paths::{Paths, process_environment};
use crate::config::{Config, KeySource, secret};
use crate::engine::backup::{self, Existing, Keys, Made, NoBackup, Wanted};

/// Write the whole home into one file, also while Creel works
///
/// In it are all sessions with their outputs, rules and costs, the config, keys that lie in the home, notes, themes, skills, and
/// tabs and panes. Not in it are the search index, which is made again, locks, log files, and keys that lie elsewhere. The file is
/// a tar file packed with gzip, for you alone; `creel restore` reads it. What is deleted later stays in it. A file that cannot be
/// read is left out and named, and the command then ends with 1.
#[derive(Debug, Clone, Args)]
pub struct BackupArgs {
    /// The file to write
    pub file: PathBuf,
    /// Replace a file of that name
    #[arg(long)]
    pub force: bool,
    /// Leave out the keys that lie in the home
    #[arg(long)]
    pub without_keys: bool,
    /// One JSON value in place of a text
    #[arg(long)]
    pub json: bool,
}

/// `config`: `None` where it cannot be read; then nobody knows which keys lie elsewhere.
pub async fn run(
    args: &BackupArgs,
    paths: &Paths,
    config: Option<&Config>,
    now: &Now,
    face: &mut Face<'_>,
) -> Ended {
    let providers = config
        .into_iter()
        .flat_map(|config| config.providers.values());
    let key_files = providers.filter_map(|provider| match &provider.key {
        KeySource::File(path) => Some(path.clone()),
        KeySource::None | KeySource::Env(_) | KeySource::Command(_) => None,
    });
    let key_files: Vec<PathBuf> = key_files.collect();
    let secrets = match (args.without_keys, config) {
        (false, _) => Vec::new(),
        (true, Some(config)) => secrets(config),
        (true, None) => {
            return Err(Trouble::failed(format!(
                "{} cannot be read, so nobody knows which files are keys: mend it (`creel config check`), or leave out --without-keys",
                paths.config_file.display()
            )));
        }
    };
    let file = std::path::absolute(&args.file).unwrap_or_else(|_| args.file.clone());
    let (paths, made, at) = (paths.clone(), rfc3339(now.time), now.time);
    let existing = if args.force {
        Existing::Replaced
    } else {
        Existing::Stays
    };
    let keys = if args.without_keys {
        Keys::Left
    } else {
        Keys::Taken
    };
    let work = move |step: Step<'_>| {
        let wanted = Wanted {
            paths: &paths,
            key_files,
            file,
            existing,
            keys,
            secrets,
            at,
            made,
        };
        backup::write(&wanted, step)
    };
    let (result, code) = watched(face, work).await?;
    let made = match result {
        Ok(made) => made,
        Err(NoBackup::Failed(why)) => return Err(Trouble::failed(why)),
        Err(NoBackup::Stopped) => {
            face.note("stopped: nothing was written")?;
            return Ok(code.unwrap_or(exit::INTERRUPTED));
        }
    };
    if args.json {
        face.json(&json!({
            "file": made.file,
            "bytes": made.bytes,
            "sessions": made.sessions,
            "items": made.items,
            "files": made.files,
            "keys": made.keys,
            "outside": made.outside,
            "left": made.left,
        }))?;
    } else {
        face.say_line(&told(&made))?;
    }
    for left in &made.left {
        face.note(&format!("not taken: {left}"))?;
    }
    Ok(match made.unread {
        0 => exit::DONE,
        _ => exit::FAILED,
    })
}

/// The keys that can be told without running anything.
fn secrets(config: &Config) -> Vec<String> {
    let sources = config.providers.values().map(|provider| &provider.key);
    let sources = sources.filter(|key| matches!(key, KeySource::File(_) | KeySource::Env(_)));
    let read = |key| secret::read(key, &process_environment).ok().flatten();
    let secrets = sources.filter_map(read);
    let secrets = secrets.map(|secret| secret.expose().to_owned());
    // A shorter one is no key, and stands anywhere.
    secrets.filter(|secret| secret.len() >= 8).collect()
}

/// What is in it and what is not, in one line.
fn told(made: &Made) -> String {
    let keys = match made.keys {
        0 => "no keys".to_owned(),
        keys => format!("{}, so keep it as you keep those", counted(keys, "key")),
    };
    let mut not = "not the search index, locks and log files".to_owned();
    for path in &made.outside {
        not.push_str(", nor the key in ");
        not.push_str(&path.to_string_lossy());
    }
    if !made.left.is_empty() {
        let left = counted(made.left.len() as u64, "other");
        not.push_str(", nor ");
        not.push_str(&left);
        not.push_str(" named below");
    }
    format!(
        "{} ({}): {} with {}, {} of config, notes and the like, {keys}; {not}",
        made.file.display(),
        bytes(made.bytes),
        counted(made.sessions, "session"),
        counted(made.items, "item"),
        counted(made.files - made.keys, "file"),
    )
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn it_says_what_is_in_it_and_what_is_not() {
        let made = Made {
            file: "/b/all.tar.gz".into(),
            bytes: 1_234_567,
            sessions: 1,
            items: 12,
            files: 4,
            keys: 0,
            outside: Vec::new(),
            left: Vec::new(),
            unread: 0,
        };
        assert_eq!(
            told(&made),
            "/b/all.tar.gz (1.2 MB): 1 session with 12 items, 4 files of config, notes and the like, no keys; not the search \
             index, locks and log files"
        );
        let made = Made {
            keys: 2,
            outside: vec!["/etc/key".into()],
            left: vec!["/h/a: not readable".to_owned()],
            ..made
        };
        assert_eq!(
            told(&made),
            "/b/all.tar.gz (1.2 MB): 1 session with 12 items, 2 files of config, notes and the like, 2 keys, so keep it as you \
             keep those; not the search index, locks and log files, nor the key in /etc/key, nor 1 other named below"
        );
    }
}
