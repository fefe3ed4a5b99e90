//! What is set around a trial to see what it starts, whom it calls and what it reads: programs that only note that they were
//! started, in place of all others; a listener that only counts; and a text outside that must turn up nowhere.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::support::Home;

/// In a file outside of what is opened. It is put together here so that no other file holds it.
pub fn secret() -> String {
    ["of", "the", "outside", "7f3a"].join("-")
}

/// What a repository or a model could have started.
const PROGRAMS: &str = "sh bash dash zsh fish env setsid nohup timeout sudo doas su git gh hg ssh scp sftp rsync curl wget nc \
    ncat socat telnet ftp dig host nslookup ping getent openssl python python3 pip pip3 perl ruby gem php lua node npm npx \
    pnpm yarn bun deno go cargo rustc rustup make cmake gcc cc java mvn gradle dotnet docker podman kubectl terraform aws gcloud az \
    systemctl systemd-run crontab at dbus-send gdbus osascript open xdg-open xclip xsel wl-copy wl-paste tmux screen vim vi nvim nano \
    emacs code less more man cat ls id env direnv mise asdf claude codex gemini cursor opencode mcp-server uname stty tput";

/// What Creel itself starts a command with, and what commands need.
pub const SHELLS: [&str; 6] = ["sh", "bash", "setsid", "env", "cat", "ls"];

pub struct Trap {
    pub home: Home,
    listener: TcpListener,
}

impl Trap {
    pub fn new() -> Self {
        let home = Home::new();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let trap = Self { home, listener };
        fs::create_dir(trap.programs()).unwrap();
        fs::create_dir(trap.outside()).unwrap();
        fs::write(trap.outside().join("secret"), secret()).unwrap();
        let noting = trap.programs().join("noting");
        let text = format!(
            "#!/bin/sh\necho \"${{0##*/}} $*\" >> {}\n",
            trap.noted().display()
        );
        program(&noting, &text);
        for name in PROGRAMS.split_whitespace() {
            // Some are named twice.
            let _ = symlink(&noting, trap.programs().join(name));
        }
        trap
    }

    /// The only folder in PATH, where nothing may be started.
    pub fn programs(&self) -> PathBuf {
        self.home.beside("programs")
    }

    /// What nobody let the program read.
    pub fn outside(&self) -> PathBuf {
        self.home.beside("outside")
    }

    /// Where whatever is started leaves a line.
    fn noted(&self) -> PathBuf {
        self.home.beside("noted")
    }

    /// A text of the trial with what it stands for: `{NOTE}` is a command line that leaves a mark, `{PORT}` the listener's,
    /// `{OUTSIDE}`, `{WORK}` and `{PERSON}` are folders.
    pub fn filled(&self, text: &str) -> String {
        let path = |path: PathBuf| path.display().to_string();
        let port = self.listener.local_addr().unwrap().port();
        text.replace("{NOTE}", &format!("echo marked >> {}", path(self.noted())))
            .replace("{PORT}", &port.to_string())
            .replace("{OUTSIDE}", &path(self.outside()))
            .replace("{WORK}", &path(self.home.work()))
            .replace("{PERSON}", &path(self.home.person()))
    }

    /// What was started since the beginning, one line each.
    pub fn started(&self) -> Vec<String> {
        let noted = fs::read_to_string(self.noted()).unwrap_or_default();
        noted.lines().map(str::to_owned).collect()
    }

    /// How many connected since it was last asked.
    pub fn connected(&self) -> usize {
        std::iter::from_fn(|| self.listener.accept().ok()).count()
    }

    /// The files below a folder that hold these bytes.
    pub fn holding(folder: &Path, bytes: &[u8]) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let kind = path.symlink_metadata().unwrap().file_type();
            if kind.is_dir() {
                found.extend(Self::holding(&path, bytes));
            } else if kind.is_file() && holds(&fs::read(&path).unwrap(), bytes) {
                found.push(path);
            }
        }
        found
    }
}

pub fn holds(text: &[u8], bytes: &[u8]) -> bool {
    text.windows(bytes.len()).any(|window| window == bytes)
}

/// A file that may be run.
pub fn program(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// The sockets of a process that wait for connections, or take what is sent to them, on any address.
#[cfg(target_os = "linux")]
pub fn ports(process: u32) -> Vec<String> {
    let mut sockets = Vec::new();
    for entry in fs::read_dir(format!("/proc/{process}/fd"))
        .unwrap()
        .flatten()
    {
        // One may be closed meanwhile.
        let target = fs::read_link(entry.path()).unwrap_or_default();
        let target = target.display().to_string();
        let inode = target.strip_prefix("socket:[");
        sockets.extend(
            inode
                .and_then(|rest| rest.strip_suffix(']'))
                .map(str::to_owned),
        );
    }
    let mut found = Vec::new();
    for (table, state) in [("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07")] {
        let text = fs::read_to_string(format!("/proc/{process}/net/{table}")).unwrap_or_default();
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (Some(address), Some(now), Some(inode)) =
                (fields.get(1), fields.get(3), fields.get(9))
            else {
                continue;
            };
            if *now == state && sockets.iter().any(|socket| socket == inode) {
                found.push(format!("{table} {address}"));
            }
        }
    }
    found
}
