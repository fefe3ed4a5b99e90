//! The ground a command stands on: from the session's folders and the person's home to the plan of what it may reach. Readable
//! are the system, the session's folders, where tools were installed, and the home but for the places where programs keep
//! credentials; writable are the session's folders, a temporary folder of its own and the caches of build tools.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use crate::protocol::sandbox::Network;
use crate::sandbox::plan::{Plan, Walls};

/// Where systems keep programs and what these need to run.
const SYSTEM: &[&str] = &[
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/etc",
    "/opt",
    "/nix",
    "/gnu",
    "/snap",
    "/proc",
    "/sys",
    "/home/linuxbrew/.linuxbrew",
    "/run/current-system",
    "/run/resolvconf",
    "/run/systemd/resolve",
    "/var/cache/fontconfig",
    "/var/lib/alternatives",
    "/var/lib/dpkg",
    "/System",
    "/Library",
    "/private/etc",
];

/// Within them, what only root may read: kept even from a command of root. From those of others the system keeps it.
const SYSTEM_CLOSED: &[&str] = &[
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/etc/ssh",
    "/etc/ssl/private",
    "/etc/NetworkManager",
    "/etc/wireguard",
    "/etc/krb5.keytab",
];

/// Within the home, where programs keep keys, tokens, passwords, cookies and what was typed.
const HOME_CLOSED: &[&str] = &[
    ".ssh",
    ".gnupg",
    ".aws",
    ".azure",
    ".kube",
    ".oci",
    ".docker/config.json",
    ".netrc",
    ".git-credentials",
    ".npmrc",
    ".yarnrc.yml",
    ".pypirc",
    ".pgpass",
    ".my.cnf",
    ".vault-token",
    ".password-store",
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".gem/credentials",
    ".m2/settings.xml",
    ".gradle/gradle.properties",
    ".terraform.d",
    ".config/creel",
    ".config/gh",
    ".config/glab-cli",
    ".config/hub",
    ".config/git/credentials",
    ".config/gcloud",
    ".config/op",
    ".config/rclone",
    ".config/sops",
    ".config/age",
    ".config/containers",
    ".config/doctl",
    ".config/heroku",
    ".config/google-chrome",
    ".config/chromium",
    ".config/BraveSoftware",
    ".config/microsoft-edge",
    ".config/Signal",
    ".mozilla",
    ".thunderbird",
    ".local/share/keyrings",
    ".local/share/creel",
    ".local/share/fish/fish_history",
    ".local/state/creel",
    ".claude",
    ".claude.json",
    ".codex",
    ".gemini",
    ".bash_history",
    ".zsh_history",
    ".python_history",
    ".node_repl_history",
    ".psql_history",
    ".mysql_history",
    ".sqlite_history",
    "Library/Keychains",
    "Library/Cookies",
    "Library/Application Support",
];

/// Within the home, the caches that build tools cannot work without.
pub const CACHES: &[&str] = &[
    ".cargo/registry",
    ".cargo/git",
    ".cache/ccache",
    ".cache/go-build",
    ".cache/pip",
    ".cache/pnpm",
    ".cache/pre-commit",
    ".cache/sccache",
    ".cache/uv",
    ".cache/yarn",
    ".gradle/caches",
    ".m2/repository",
    ".npm/_cacache",
    ".npm/_logs",
    "go/pkg/mod",
];

/// What decides which programs run later: read-only within the session's folders where namespaces can hold that.
const GUARDED: &[&str] = &[".git/hooks", ".git/config", ".creel"];

/// Variables whose folders hold programs that were installed somewhere else.
const TOOLS: &[&str] = &[
    "ANDROID_HOME",
    "ASDF_DATA_DIR",
    "ASDF_DIR",
    "BUN_INSTALL",
    "CARGO_HOME",
    "CONDA_PREFIX",
    "DOTNET_ROOT",
    "GEM_HOME",
    "GOPATH",
    "GOROOT",
    "JAVA_HOME",
    "M2_HOME",
    "MAVEN_HOME",
    "MISE_DATA_DIR",
    "NVM_DIR",
    "PNPM_HOME",
    "PYENV_ROOT",
    "RBENV_ROOT",
    "RUSTUP_HOME",
    "SDKMAN_DIR",
    "VIRTUAL_ENV",
    "VOLTA_HOME",
];

/// Within those, where tokens of registries are kept.
const TOOLS_CLOSED: &[&str] = &["credentials", "credentials.toml"];

/// What a plan is made from.
#[derive(Debug, Clone)]
pub struct Ground<'a> {
    pub cwd: &'a Path,
    /// The folders that count as inside.
    pub roots: &'a [PathBuf],
    /// What git keeps elsewhere for a worktree among them.
    pub repository: Option<PathBuf>,
    pub home: Option<&'a Path>,
    /// Creel's own folders: its log holds all that was said.
    pub own: &'a [PathBuf],
    pub temporary: &'a Path,
    /// The command's own environment.
    pub environment: &'a [(OsString, OsString)],
}

impl Ground<'_> {
    pub fn plan(&self, walls: Walls, network: Network) -> Plan {
        let mut closed = self.own.to_vec();
        if geteuid().is_root() {
            closed.extend(SYSTEM_CLOSED.iter().map(PathBuf::from));
        }
        let mut read: Vec<PathBuf> = SYSTEM.iter().map(PathBuf::from).collect();
        let mut write = self.roots.to_vec();
        write.extend(self.repository.clone());
        write.push(self.temporary.to_owned());
        if let Some(home) = self.home {
            closed.extend(HOME_CLOSED.iter().map(|name| home.join(name)));
            write.extend(CACHES.iter().map(|name| home.join(name)));
            read.push(home.to_owned());
        }
        for tool in self.tools() {
            closed.extend(TOOLS_CLOSED.iter().map(|name| tool.join(name)));
            read.push(tool);
        }
        // A folder to work in where none is inside, such as the home: it is read and no more.
        read.push(self.cwd.to_owned());
        let guarded = self
            .roots
            .iter()
            .flat_map(|root| GUARDED.iter().map(|name| root.join(name)))
            .chain(
                self.repository
                    .iter()
                    .flat_map(|git| [git.join("hooks"), git.join("config")]),
            )
            .collect();
        let read = read.into_iter().filter(|path| !self.is_too_much(path));
        Plan {
            walls,
            cwd: self.cwd.to_owned(),
            read: read.collect(),
            closed,
            write: write
                .into_iter()
                .filter(|path| !self.takes_in_home(path))
                .collect(),
            guarded,
            temporary: self.temporary.to_owned(),
            network,
        }
    }

    /// The folders of installed tools that the environment names.
    fn tools(&self) -> impl Iterator<Item = PathBuf> {
        self.environment.iter().flat_map(|(name, value)| {
            let folders: Vec<PathBuf> = match name.to_str() {
                // What belongs to a program lies beside the folder of programs.
                Some("PATH") => std::env::split_paths(value)
                    .flat_map(|folder| {
                        let beside = folder.parent().filter(|_| folder.ends_with("bin"));
                        [beside.map(Path::to_owned), Some(folder.clone())]
                    })
                    .flatten()
                    .collect(),
                Some(name) if TOOLS.contains(&name) => vec![PathBuf::from(value)],
                _ => Vec::new(),
            };
            folders.into_iter().filter(|folder| folder.is_absolute())
        })
    }

    /// Nothing is written from here down: it is the home or holds it.
    fn takes_in_home(&self, path: &Path) -> bool {
        path.parent().is_none() || self.home.is_some_and(|home| home.starts_with(path))
    }

    /// Nothing is read from here down but the home itself: it holds the homes of all.
    fn is_too_much(&self, path: &Path) -> bool {
        self.takes_in_home(path) && self.home != Some(path)
    }
}

/// The paths that together are all below `path` but what is closed: itself where nothing in it is, else what is in it. Links are
/// not followed there, since they may lead anywhere.
pub(crate) fn spread(path: &Path, closed: &[PathBuf]) -> Vec<PathBuf> {
    if closed.iter().any(|closed| path.starts_with(closed)) {
        return Vec::new();
    }
    if !closed.iter().any(|closed| closed.starts_with(path)) {
        return vec![path.to_owned()];
    }
    // What cannot be listed cannot be read either.
    let Ok(entries) = fs::read_dir(path) else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_symlink()))
        .flat_map(|entry| spread(&entry.path(), closed))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn plan(home: &str, cwd: &str, roots: &[&str], environment: &[(&str, &str)]) -> Plan {
        let roots: Vec<PathBuf> = roots.iter().map(PathBuf::from).collect();
        let environment: Vec<(OsString, OsString)> = environment
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        let ground = Ground {
            cwd: Path::new(cwd),
            roots: &roots,
            repository: None,
            home: Some(Path::new(home)),
            own: &["/srv/creel".into()],
            temporary: Path::new("/tmp/creel-1"),
            environment: &environment,
        };
        ground.plan(Walls::Kernel, Network::Off)
    }

    #[test]
    fn the_home_is_never_written_and_what_holds_it_never_read() {
        let variables = [
            ("PATH", "/home/me/bin:/tools/x/bin:relative:/bin:/usr/bin"),
            ("JAVA_HOME", "/jdk"),
            ("GOPATH", "/home"),
            ("EDITOR", "/editor"),
        ];
        let plan = plan("/home/me", "/home/me", &["/home/me", "/"], &variables);
        let reads = |path: &str| plan.read.iter().any(|read| read == Path::new(path));
        for path in [
            "/usr",
            "/home/me",
            "/home/me/bin",
            "/tools/x",
            "/tools/x/bin",
            "/jdk",
        ] {
            assert!(reads(path), "{path}");
        }
        for path in ["/", "/home", "/editor", "relative"] {
            assert!(!reads(path), "{path}");
        }
        let writes = |path: &str| plan.write.iter().any(|write| write == Path::new(path));
        assert!(writes("/tmp/creel-1") && writes("/home/me/.cargo/registry"));
        assert!(!writes("/home/me") && !writes("/"));
        assert!(plan.closed.contains(&"/srv/creel".into()));
    }

    #[test]
    fn what_decides_what_runs_later_is_guarded_in_every_root() {
        let plan = plan("/home/me", "/w", &["/w"], &[]);
        let expected = ["/w/.git/hooks", "/w/.git/config", "/w/.creel"];
        assert_eq!(plan.guarded, expected.map(PathBuf::from));
    }

    #[test]
    fn all_but_what_is_closed_is_spread() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path();
        for path in ["a", "b/x", "b/y/z", "key"] {
            let path = home.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        std::os::unix::fs::symlink("/", home.join("link")).unwrap();
        let closed = [home.join("key"), home.join("b/y")];
        let mut found = spread(home, &closed);
        found.sort();
        assert_eq!(found, [home.join("a"), home.join("b/x")]);
        assert_eq!(spread(&home.join("a"), &closed), [home.join("a")]);
        assert!(spread(&home.join("b/y/z"), &closed).is_empty());
    }
}
