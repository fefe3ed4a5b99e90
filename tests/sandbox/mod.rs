//! The sandbox, with the true program as its helper: what a command cannot do, what real tools still can, how a command waits, and
//! what is said where something of it is missing. A machine that has not what a trial needs says so in a line.

mod acts;
mod levels;
mod missing;
mod survives;
mod tools;
mod waits;

use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use creel::protocol::sandbox::{Level, Network};
use creel::sandbox::canary::{self, Measured};
use creel::sandbox::child::{self, Order, Waiting};
use creel::sandbox::ground::Ground;
use creel::sandbox::plan::Walls;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::support::{CREEL, skipped};

/// A folder to work in, a home with keys, a place outside, and walls around what runs there.
struct Yard {
    scratch: TempDir,
    measured: Measured,
    network: Network,
    /// Creel's own program.
    program: PathBuf,
    /// One more folder that is Creel's own.
    own: &'static str,
    environment: Vec<(OsString, OsString)>,
    runtime: Runtime,
}

impl Yard {
    fn new(measured: Measured) -> Self {
        let scratch = TempDir::new().unwrap();
        let yard = Self {
            scratch,
            measured,
            network: Network::Off,
            program: CREEL.into(),
            own: "own",
            environment: Vec::new(),
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap(),
        };
        for folder in ["work", "home/.ssh", "home/docs", "out", "own", "tmp"] {
            fs::create_dir_all(yard.path(folder)).unwrap();
        }
        for (file, text) in [
            ("home/.ssh/id", "KEY"),
            ("home/.netrc", "KEY"),
            ("home/docs/plan", "a plan"),
            ("out/secret", "KEY"),
            ("own/creel.db", "KEY"),
            ("work/here", "here"),
        ] {
            fs::write(yard.path(file), text).unwrap();
        }
        std::os::unix::fs::symlink(yard.path("out"), yard.path("work/link")).unwrap();
        yard
    }

    fn path(&self, below: &str) -> PathBuf {
        self.scratch.path().canonicalize().unwrap().join(below)
    }

    fn wait(&self, command: &str) -> Waiting {
        let home = self.path("home");
        let temporary = self.path("tmp");
        let mut environment: Vec<(OsString, OsString)> = [
            ("PATH", OsString::from("/usr/local/bin:/usr/bin:/bin")),
            ("HOME", home.clone().into()),
            ("TMPDIR", self.measured.walls.temporary(&temporary).into()),
            ("LANG", "C.UTF-8".into()),
            ("OUT", self.path("out").into()),
            ("OWN", self.path("own").into()),
            ("CREEL", std::process::id().to_string().into()),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
        ]
        .map(|(name, value)| (name.into(), value))
        .into();
        environment.extend(self.environment.clone());
        let work = self.path("work");
        let own = [self.path("own"), self.path(self.own)];
        let ground = Ground {
            cwd: &work,
            roots: std::slice::from_ref(&work),
            repository: None,
            home: Some(&home),
            own: &own,
            temporary: &temporary,
            environment: &environment,
        };
        let plan = ground.plan(self.measured.walls.clone(), self.network);
        let argv = ["sh", "-c", command].map(str::to_owned);
        let order = Order {
            program: &self.program,
            argv: &argv,
            environment: &environment,
            plan: &plan,
            level: self.measured.level,
        };
        let _inside = self.runtime.enter();
        child::start(&order).unwrap()
    }

    /// What a command puts out, and how it ends; the error is what the helper says.
    fn run(&self, command: &str) -> Result<(i32, String), String> {
        let (mut child, output, gone) = self.wait(command).go();
        let told = all(output);
        let status = self.runtime.block_on(child.wait()).unwrap();
        match gone.failure() {
            None => Ok((status.code().unwrap_or(-1), told)),
            Some(why) => Err(format!("{why}: {told}")),
        }
    }

    fn says(&self, command: &str) -> String {
        let (code, told) = self.run(command).unwrap();
        assert_eq!(code, 0, "{command}: {told}");
        told.trim_end().to_owned()
    }
}

fn all(output: OwnedFd) -> String {
    rustix::io::ioctl_fionbio(&output, false).unwrap();
    let mut bytes = Vec::new();
    fs::File::from(output).read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The levels that can be tried here. Where `REQUIRE_SANDBOX=restricted` is set, a machine without the walls of the kernel fails.
fn levels(trial: &str) -> Vec<Measured> {
    let kernel = canary::measure(Path::new(CREEL), None);
    let mut all = Vec::new();
    if kernel.level == Level::Restricted {
        all.push(kernel);
    } else {
        let required = std::env::var("REQUIRE_SANDBOX").is_ok_and(|level| level == "restricted");
        assert!(!required, "level {}: {}", kernel.level, kernel.lacks);
        skipped(trial, &format!("the kernel's walls: {}", kernel.lacks));
    }
    let program = std::env::var_os("CREEL_TRY_BWRAP").map(PathBuf::from);
    let contained = canary::measure(Path::new(CREEL), program.or_else(canary::bubblewrap));
    if contained.level == Level::Contained {
        all.push(contained);
    } else {
        skipped(trial, &format!("namespaces: {}", contained.lacks));
    }
    all
}

/// Whether a program lies where every machine has it.
fn has(program: &str) -> bool {
    ["/usr/bin", "/bin", "/usr/local/bin"]
        .iter()
        .any(|folder| Path::new(folder).join(program).is_file())
}

/// The walls of a level, named for a message.
fn name(measured: &Measured) -> &'static str {
    match measured.walls {
        Walls::None => "no walls",
        Walls::Kernel => "kernel",
        Walls::Namespaces { .. } => "namespaces",
    }
}
