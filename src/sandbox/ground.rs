//! The ground a command stands on: from the session's folders and the person's home to the plan of what it may reach. Readable
//! are the system, the session's folders, where tools were installed, and the home but for the places where programs keep
//! credentials; writable are the session's folders, a temporary folder of its own and the caches of build tools.
//!
//! A plan names where things truly lie: a link that a command left in its folder leads the next one nowhere.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Component, Path, PathBuf};

use rustix::process::geteuid;

use crate::protocol::sandbox::Network;
use crate::sandbox::places::{
    CACHES, GUARDED, HOME_CLOSED, HOME_OWN, SYSTEM, SYSTEM_CLOSED, TOOLS, TOOLS_CLOSED,
};
use crate::sandbox::plan::{Plan, Walls};

/// As many links as the kernel follows.
const LINKS: usize = 40;

/// What a plan is made from.
#[derive(Debug, Clone)]
pub struct Ground<'a> {
    pub cwd: &'a Path,
    /// The folders that count as inside, by where they lie: one that is a link by now is written no more.
    pub roots: &'a [PathBuf],
    /// What git keeps elsewhere for a worktree among them.
    pub repository: Option<PathBuf>,
    /// By where it lies.
    pub home: Option<&'a Path>,
    /// Creel's own folders: its log holds all that was said, and its config decides what runs. Written nowhere, not even where
    /// a root takes them in.
    pub own: &'a [PathBuf],
    pub temporary: &'a Path,
    /// The command's own environment.
    pub environment: &'a [(OsString, OsString)],
}

impl Ground<'_> {
    pub fn plan(&self, walls: Walls, network: Network) -> Plan {
        let at_home = |names: &[&str]| -> Vec<PathBuf> {
            let home = self.home.into_iter();
            home.flat_map(|home| names.iter().map(|name| home.join(name)))
                .collect()
        };
        let tools: Vec<PathBuf> = self.tools().filter_map(|tool| self.led(&tool)).collect();
        let own: Vec<PathBuf> = self.own.iter().cloned().chain(at_home(HOME_OWN)).collect();
        let own = self.closed(&own);
        let mut closed = own.clone();
        if geteuid().is_root() {
            let system: Vec<PathBuf> = SYSTEM_CLOSED.iter().map(PathBuf::from).collect();
            closed.extend(self.closed(&system));
        }
        closed.extend(self.closed(&at_home(HOME_CLOSED)));
        for tool in &tools {
            let names = TOOLS_CLOSED.iter().map(|name| tool.join(name));
            // One that is not there is read by nobody; to leave it out would name each program beside it, thousands of them.
            let there: Vec<PathBuf> = names
                .filter(|name| name.symlink_metadata().is_ok())
                .collect();
            closed.extend(self.closed(&there));
        }
        let system = SYSTEM.iter().map(|path| real(Path::new(path)));
        // A folder to work in where none is inside, such as the home: it is read and no more.
        let cwd = self.roots.is_empty().then(|| real(self.cwd));
        let read = system
            .chain(self.home.map(Path::to_owned))
            .chain(tools)
            .chain(cwd)
            .filter(|path| !self.is_too_much(path));
        let repository = self.repository.iter().filter(|git| {
            !closed
                .iter()
                .any(|shut| shut.starts_with(git) || git.starts_with(shut))
        });
        let given = self.roots.iter().chain(repository.clone());
        let caches = at_home(CACHES);
        let write = given
            .filter(|path| self.led(path).is_some_and(|led| led == **path))
            .cloned()
            .chain([self.temporary.to_owned()])
            .chain(caches.iter().filter_map(|cache| self.led(cache)))
            .filter(|path| !self.takes_in_home(path))
            .flat_map(|path| spread(&path, &own));
        let gits: Vec<PathBuf> = self
            .roots
            .iter()
            .map(|root| root.join(".git"))
            .chain(repository.clone().cloned())
            .collect();
        let guarded = self
            .roots
            .iter()
            .flat_map(|root| GUARDED.iter().map(|name| root.join(name)))
            .chain(repository.flat_map(|git| [git.join("hooks"), git.join("config")]))
            .chain(gits.iter().filter_map(|git| led_elsewhere(git)))
            .collect();
        let worktrees = gits.iter().map(|git| git.join("worktrees"));
        let watched = gits.iter().cloned().chain(worktrees).collect();
        Plan {
            walls,
            cwd: self.cwd.to_owned(),
            read: once(read),
            write: once(write),
            closed,
            guarded,
            watched,
            temporary: self.temporary.to_owned(),
            network,
        }
    }

    /// These by where they lie. A link to the home would close all of it, and one to a device has no secret behind it.
    fn closed(&self, paths: &[PathBuf]) -> Vec<PathBuf> {
        let shut = |path: &PathBuf| match path.canonicalize() {
            Ok(led) if led == *path => Some(led),
            Ok(led) if self.takes_in_home(&led) => None,
            Ok(led) => (led.is_dir() || led.is_file()).then_some(led),
            Err(_) => Some(path.clone()),
        };
        paths.iter().filter_map(shut).collect()
    }

    /// Where a path leads; `None` where a link on the way lies in a folder that commands write, since one of them may have
    /// made it. What is not there leads to itself.
    fn led(&self, path: &Path) -> Option<PathBuf> {
        let mut at = PathBuf::new();
        let mut links = 0;
        let steps = |path: &Path| -> Vec<OsString> {
            let steps = path.components().rev();
            steps.map(|step| step.as_os_str().to_owned()).collect()
        };
        let mut left = steps(path);
        while let Some(step) = left.pop() {
            if step == Component::ParentDir.as_os_str() {
                at.pop();
                continue;
            }
            at.push::<&OsStr>(&step);
            let Ok(target) = fs::read_link(&at) else {
                continue;
            };
            links += 1;
            if links > LINKS || self.is_inside(&at) {
                return None;
            }
            at.pop();
            left.extend(steps(&target));
        }
        Some(at)
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
            // What lies in a root is reached with it.
            let beside = |folder: &PathBuf| folder.is_absolute() && !self.is_inside(folder);
            folders.into_iter().filter(beside)
        })
    }

    /// Commands write here.
    fn is_inside(&self, path: &Path) -> bool {
        let mut roots = self.roots.iter();
        roots.any(|root| path.starts_with(root) && !self.takes_in_home(root))
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

/// A file in the place of a repository's folder, which says where its config and its hooks are. The files of its worktrees that
/// say the same are told of and not held: what is held cannot be taken away either, so that `git worktree remove` would leave
/// half of one, and the folders they lie in could be put elsewhere all the same.
fn led_elsewhere(git: &Path) -> Option<PathBuf> {
    git.is_file().then(|| git.to_owned())
}

/// Where a path leads, whoever made the links on the way.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// Each path a single time, in their order.
fn once(paths: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut seen = BTreeSet::new();
    paths.filter(|path| seen.insert(path.clone())).collect()
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
        // Where nothing is closed all of it is one rule.
        assert!(!plan.closed.iter().any(|shut| shut.starts_with("/usr")));
        assert!(!plan.read.contains(&"/bin".into()) || !Path::new("/bin").is_symlink());
    }

    #[test]
    fn what_decides_what_runs_later_is_guarded_in_every_root() {
        let plan = plan("/home/me", "/w", &["/w"], &[]);
        let expected = [
            "/w/.git/hooks",
            "/w/.git/config",
            "/w/.git/config.worktree",
            "/w/.git/commondir",
            "/w/.creel",
            "/w/.claude/settings.json",
            "/w/.claude/settings.local.json",
        ];
        assert_eq!(plan.guarded, expected.map(PathBuf::from));
        let watched = ["/w/.git", "/w/.git/worktrees"];
        assert_eq!(plan.watched, watched.map(PathBuf::from));
    }

    #[test]
    fn a_file_that_leads_a_repository_elsewhere_is_guarded() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let git = root.join(".git");
        fs::create_dir_all(git.join("worktrees/a")).unwrap();
        fs::write(git.join("worktrees/a/commondir"), "../..").unwrap();
        // It is told of, and can be taken away.
        assert_eq!(led_elsewhere(&git), None);
        let file = root.join("file");
        fs::write(&file, "gitdir: x").unwrap();
        assert_eq!(led_elsewhere(&file), Some(file.clone()));
        assert_eq!(led_elsewhere(&root.join("none")), None);
    }

    /// A home on the disk, with links in it.
    fn home(files: &[&str], links: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().canonicalize().unwrap();
        for file in files {
            let file = home.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        for (link, target) in links {
            let link = home.join(link);
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            std::os::unix::fs::symlink(target.replace("HOME", home.to_str().unwrap()), link)
                .unwrap();
        }
        (folder, home)
    }

    fn plan_at(home: &Path, root: &str, repository: Option<&str>, own: &[&str]) -> Plan {
        let root = home.join(root);
        let own: Vec<PathBuf> = own.iter().map(|own| home.join(own)).collect();
        let ground = Ground {
            cwd: &root,
            roots: std::slice::from_ref(&root),
            repository: repository.map(|path| home.join(path)),
            home: Some(home),
            own: &own,
            temporary: Path::new("/nowhere/creel-1"),
            environment: &[("PATH".into(), root.join("venv/bin").into())],
        };
        ground.plan(Walls::Kernel, Network::Off)
    }

    /// What of the home is in a list and on the disk, by its name there.
    fn named(home: &Path, paths: &[PathBuf]) -> Vec<String> {
        let paths = paths.iter().filter(|path| path.exists());
        let below = paths.filter_map(|path| path.strip_prefix(home).ok());
        let mut below: Vec<String> = below.map(|path| path.display().to_string()).collect();
        below.sort();
        below
    }

    #[test]
    fn what_is_closed_is_so_where_links_lead() {
        let files = ["stow/aws/credentials", "stow/gh/hosts.yml"];
        let links = [
            (".aws", "stow/aws"),
            (".config/gh", "../stow/gh"),
            // These would close all, or what every program needs.
            (".claude", "HOME"),
            (".mozilla", "/"),
            (".bash_history", "/dev/null"),
        ];
        let (_guard, home) = home(&files, &links);
        let closed = plan_at(&home, "work", None, &[]).closed;
        let shut = |path: &str| closed.contains(&home.join(path));
        assert!(shut("stow/aws") && shut("stow/gh") && shut(".ssh"));
        assert!(!shut("") && !shut(".claude") && !shut(".aws"));
        assert!(!closed.contains(&"/".into()) && !closed.contains(&"/dev/null".into()));
        assert_eq!(spread(&home.join("stow"), &closed), Vec::<PathBuf>::new());
    }

    #[test]
    fn what_is_creels_own_is_written_in_no_root() {
        let files = [
            ".config/creel/config.toml",
            ".config/x/y",
            "work/own/keys/k",
            "work/own/other",
            "work/a",
        ];
        let (_guard, home) = home(&files, &[(".config/z", "creel")]);
        let writes = |root: &str, own: &[&str]| {
            let plan = plan_at(&home, root, None, own);
            named(&home, &plan.write)
        };
        assert_eq!(writes(".config", &[]), [".config/x"]);
        assert_eq!(writes(".config/creel", &[]), [""; 0]);
        assert_eq!(
            writes("work", &["work/own/keys"]),
            ["work/a", "work/own/other"]
        );
        assert_eq!(writes("work", &["elsewhere"]), ["work"]);
    }

    #[test]
    fn a_link_that_a_command_may_have_made_leads_nowhere() {
        let files = [
            "work/x",
            "data/go/pkg/mod/x",
            "data/npm/x",
            "me/x",
            ".m2/x",
            ".ssh/git/x",
        ];
        let links = [
            // A cache that leads through the root, one that the person moved, and others that lead to the home or around.
            ("go", "work/went"),
            ("work/went", "HOME/data/go"),
            (".npm", "data/npm"),
            ("data/npm/_cacache", "../go"),
            (".cargo/registry", "HOME"),
            (".cache/pip", "HOME/.cache/pip"),
            (".m2/repository", "HOME/me"),
            ("work/venv", "HOME/me"),
            ("tree", "data"),
        ];
        let (_guard, home) = home(&files, &links);
        let writes = |root: &str, repository: Option<&str>| {
            let plan = plan_at(&home, root, repository, &[]);
            named(&home, &plan.write)
        };
        for (root, repository, expected) in [
            ("work", None, &["data/go", "me", "work"][..]),
            // Here the person's own link to a cache lies in the root.
            (".m2", None, &[".m2", "data/go", "data/go/pkg/mod"]),
            ("", None, &["data/go", "data/go/pkg/mod", "me"]),
            // A root or a repository that is a link by now, and one among keys.
            ("tree", None, &["data/go", "data/go/pkg/mod", "me"]),
            ("work", Some("tree"), &["data/go", "me", "work"]),
            ("work", Some(".ssh/git"), &["data/go", "me", "work"]),
            ("work", Some("data"), &["data", "data/go", "me", "work"]),
        ] {
            assert_eq!(
                writes(root, repository),
                expected,
                "{root:?} {repository:?}"
            );
        }
        let read = plan_at(&home, "work", None, &[]).read;
        assert_eq!(
            named(&home, &read),
            [""],
            "the home, and nothing that a link in the root names"
        );
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
