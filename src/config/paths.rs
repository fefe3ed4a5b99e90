//! Where Creel keeps its own things on this machine. Only names are worked out here; [`ensure`] makes a folder.

use std::env;
use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The environment as data, so that a test needs none of its own.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The places of one home. All of them are absolute; none need exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    pub config_file: PathBuf,
    /// One file a key, written by [`crate::config::write`].
    pub keys: PathBuf,
    /// The person's own themes, one file each.
    pub themes: PathBuf,
    /// The person's own skills, one folder each.
    pub skills: PathBuf,
    pub data: PathBuf,
    pub db: PathBuf,
    /// The search index, a folder that may be deleted.
    pub index: PathBuf,
    pub state: PathBuf,
    pub log_file: PathBuf,
    /// One file for each of the newest crashes.
    pub crashes: PathBuf,
    pub locks: PathBuf,
    /// Tabs and panes as they were, one file a folder.
    pub layouts: PathBuf,
}

impl Paths {
    /// Everything under `CREEL_HOME`, else in the XDG folders, whose relative values are ignored as their specification
    /// demands.
    pub fn from_environment(env: Environment<'_>) -> Result<Self, String> {
        let set = |name: &str| {
            env(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        if let Some(home) = set("CREEL_HOME") {
            let home = std::path::absolute(&home)
                .map_err(|error| format!("CREEL_HOME={} is no folder: {error}", home.display()))?;
            return Ok(Self::of(&home, &home.join("data"), &home.join("state")));
        }
        let home = set("HOME").filter(|home| home.is_absolute());
        let place = |name: &str, usual: &str| {
            set(name)
                .filter(|place| place.is_absolute())
                .or_else(|| Some(home.as_ref()?.join(usual)))
                .map(|place| place.join("creel"))
                .ok_or_else(|| format!("no home folder is known: set HOME, {name} or CREEL_HOME to an absolute path"))
        };
        Ok(Self::of(
            &place("XDG_CONFIG_HOME", ".config")?,
            &place("XDG_DATA_HOME", ".local/share")?,
            &place("XDG_STATE_HOME", ".local/state")?,
        ))
    }

    /// Where notes lie: the folder of the config file.
    pub fn notes(&self) -> &Path {
        self.config_file.parent().unwrap_or(&self.config_file)
    }

    fn of(config: &Path, data: &Path, state: &Path) -> Self {
        Self {
            config_file: config.join("config.toml"),
            keys: config.join("keys"),
            themes: config.join("themes"),
            skills: config.join("skills"),
            data: data.to_owned(),
            db: data.join("creel.db"),
            index: data.join("index"),
            state: state.to_owned(),
            log_file: state.join("creel.log"),
            crashes: state.join("crashes"),
            locks: state.join("locks"),
            layouts: state.join("layouts"),
        }
    }
}

/// A variable of this process. The home folder is found from the account where `HOME` is not set.
pub fn process_environment(name: &str) -> Option<OsString> {
    if name == "HOME" {
        return env::home_dir().map(PathBuf::into_os_string);
    }
    env::var_os(name)
}

/// Makes a folder, and those it lies in, for the owner alone. One that is there is left as it is.
pub fn ensure(folder: &Path) -> Result<(), String> {
    match fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => return Ok(()),
        Ok(_) => {
            return Err(format!(
                "{} is a file where Creel needs a folder: move it away, or set CREEL_HOME",
                folder.display()
            ));
        }
        Err(_) => {}
    }
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| match error.kind() {
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => format!(
            "cannot make the folder {}: a part of its path is a file: move it away, or set CREEL_HOME",
            folder.display()
        ),
        _ => format!("cannot make the folder {}: {error}: set CREEL_HOME to a folder of yours", folder.display()),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn paths(variables: &[(&str, &str)]) -> Result<Paths, String> {
        Paths::from_environment(&|name| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn a_home_holds_everything_and_xdg_holds_without_one() {
        let home = paths(&[
            ("CREEL_HOME", "/h"),
            ("HOME", "/u"),
            ("XDG_DATA_HOME", "/d"),
        ])
        .unwrap();
        let expected = [
            "/h/config.toml",
            "/h/keys",
            "/h/themes",
            "/h/skills",
            "/h/data",
            "/h/data/creel.db",
            "/h/data/index",
            "/h/state",
            "/h/state/creel.log",
            "/h/state/crashes",
            "/h/state/locks",
            "/h/state/layouts",
        ];
        assert_eq!(listed(&home), expected);

        let user = paths(&[
            ("CREEL_HOME", ""),
            ("HOME", "/u"),
            ("XDG_DATA_HOME", "d"),
            ("XDG_STATE_HOME", "/s"),
        ])
        .unwrap();
        let expected = [
            "/u/.config/creel/config.toml",
            "/u/.config/creel/keys",
            "/u/.config/creel/themes",
            "/u/.config/creel/skills",
            "/u/.local/share/creel",
            "/u/.local/share/creel/creel.db",
            "/u/.local/share/creel/index",
            "/s/creel",
            "/s/creel/creel.log",
            "/s/creel/crashes",
            "/s/creel/locks",
            "/s/creel/layouts",
        ];
        assert_eq!(listed(&user), expected);
    }

    fn listed(paths: &Paths) -> Vec<String> {
        let Paths {
            config_file,
            keys,
            themes,
            skills,
            data,
            db,
            index,
            state,
            log_file,
            crashes,
            locks,
            layouts,
        } = paths;
        [
            config_file,
            keys,
            themes,
            skills,
            data,
            db,
            index,
            state,
            log_file,
            crashes,
            locks,
            layouts,
        ]
        .map(|path| path.display().to_string())
        .to_vec()
    }

    #[test]
    fn a_relative_home_starts_from_the_folder_one_is_in() {
        let home = paths(&[("CREEL_HOME", "h")]).unwrap();
        assert_eq!(home.data, env::current_dir().unwrap().join("h/data"));
    }

    #[test]
    fn without_a_home_the_way_out_is_named() {
        for variables in [&[][..], &[("HOME", "")], &[("HOME", "relative")]] {
            assert_eq!(
                paths(variables).unwrap_err(),
                "no home folder is known: set HOME, XDG_CONFIG_HOME or CREEL_HOME to an absolute path"
            );
        }
    }

    #[test]
    fn folders_are_for_the_owner_alone() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("a/b");
        ensure(&folder).unwrap();
        ensure(&folder).unwrap();
        for made in [&folder, &scratch.path().join("a")] {
            assert_eq!(
                fs::metadata(made).unwrap().permissions().mode() & 0o777,
                0o700
            );
        }
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let scratch = tempfile::tempdir().unwrap();
        let file = scratch.path().join("home");
        fs::write(&file, "").unwrap();
        assert_eq!(
            ensure(&file).unwrap_err(),
            format!(
                "{} is a file where Creel needs a folder: move it away, or set CREEL_HOME",
                file.display()
            )
        );
        let below = file.join("data");
        assert_eq!(
            ensure(&below).unwrap_err(),
            format!(
                "cannot make the folder {}: a part of its path is a file: move it away, or set CREEL_HOME",
                below.display()
            )
        );
    }
}
