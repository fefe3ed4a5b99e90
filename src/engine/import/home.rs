//! Where another home of Creel lies, from any name a person may give for it.

use std::path::{Path, PathBuf};

/// Another home.
pub(crate) struct Other {
    pub log: PathBuf,
    /// Where its notes are, as far as that can be told.
    pub config: Option<PathBuf>,
}

/// Whether two names lead to one file.
pub(crate) fn is_same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// What a path names: a folder as `CREEL_HOME` names one, a person's folder with Creel's in their usual places, or the folder or
/// the file of a log.
pub(crate) fn find(path: &Path) -> Result<Other, String> {
    let data = Path::new(".local/share/creel");
    let usual = |person: &Path, log: PathBuf| Other {
        log,
        config: Some(person.join(".config/creel")),
    };
    let person = path.ancestors().nth(3).filter(|_| path.ends_with(data));
    let there = |log: PathBuf| log.is_file().then_some(log);
    if let Some(log) = there(path.join("data/creel.db")) {
        return Ok(Other {
            log,
            config: Some(path.to_owned()),
        });
    }
    if let Some(log) = there(path.join(data).join("creel.db")) {
        return Ok(usual(path, log));
    }
    if let Some(log) = there(path.join("creel.db")) {
        return Ok(person.map_or(
            Other {
                log: log.clone(),
                config: None,
            },
            |person| usual(person, log),
        ));
    }
    if path.is_file() && path.extension().is_some_and(|ending| ending == "db") {
        return Ok(Other {
            log: path.to_owned(),
            config: None,
        });
    }
    let way = if path.is_file() {
        "a backup becomes one by `CREEL_HOME=DIR creel restore FILE`, and that DIR can be imported"
    } else {
        "name the folder that was its CREEL_HOME, or the one that has .local/share/creel in it"
    };
    Err(format!("{} is no home of Creel: {way}", path.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;

    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn a_home_is_found_by_any_of_its_folders() {
        let scratch = tempfile::tempdir().unwrap();
        let at = |name: &str| scratch.path().join(name);
        for log in [
            "one/data/creel.db",
            "two/.local/share/creel/creel.db",
            "three/creel.db",
        ] {
            fs::create_dir_all(at(log).parent().unwrap()).unwrap();
            fs::write(at(log), "").unwrap();
        }
        fs::write(at("backup.tar.gz"), "").unwrap();
        let cases = [
            ("one", "one/data/creel.db", Some("one")),
            ("one/data", "one/data/creel.db", None),
            (
                "two",
                "two/.local/share/creel/creel.db",
                Some("two/.config/creel"),
            ),
            (
                "two/.local/share/creel",
                "two/.local/share/creel/creel.db",
                Some("two/.config/creel"),
            ),
            ("three", "three/creel.db", None),
            ("three/creel.db", "three/creel.db", None),
        ];
        for (path, log, config) in cases {
            let found = find(&at(path)).unwrap();
            assert_eq!(
                (found.log, found.config),
                (at(log), config.map(at)),
                "{path}"
            );
        }
        for (path, way) in [
            ("backup.tar.gz", "creel restore"),
            ("none", "CREEL_HOME"),
            ("", "CREEL_HOME"),
        ] {
            let why = find(&at(path)).err().unwrap();
            assert!(why.contains(way), "{path}: {why}");
        }
    }
}
