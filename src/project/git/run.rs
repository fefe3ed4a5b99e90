//! Runs `git` by argument lists, bounded in time and output, and so that nothing a repository says is run: hooks, monitors,
//! pagers, editors, other programs for differences, and the filters and merge drivers of its own config are switched off. The
//! person's own config holds.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use crate::agent::visible;

/// Looking: status, differences, lists.
pub const LOOK: Duration = Duration::from_secs(20);
/// Changing: a checkout of many files on a slow disk.
pub const CHANGE: Duration = Duration::from_mins(5);
/// Bytes of an answer that are read; a longer one is cut.
const ANSWER: u64 = 8 << 20;
/// Bytes of what is said beside the answer.
const SAID: u64 = 16 << 10;

/// Variables of the person that reach git.
const PASS: &[&str] = &[
    "GIT_AUTHOR_DATE",
    "GIT_AUTHOR_EMAIL",
    "GIT_AUTHOR_NAME",
    "GIT_COMMITTER_DATE",
    "GIT_COMMITTER_EMAIL",
    "GIT_COMMITTER_NAME",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "HOME",
    "LOGNAME",
    "PATH",
    "TMPDIR",
    "TZ",
    "USER",
    "XDG_CONFIG_HOME",
];

/// What git is told beside. No transport is allowed, so nothing is fetched on the way either.
const SET: &[(&str, &str)] = &[
    ("GIT_ALLOW_PROTOCOL", ""),
    ("GIT_ASKPASS", "false"),
    ("GIT_EDITOR", "false"),
    ("GIT_LITERAL_PATHSPECS", "1"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_PAGER", "cat"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("LC_ALL", "C"),
    ("SSH_ASKPASS", "false"),
];

/// Settings that could name a program, whoever wrote them.
const OFF: &[(&str, &str)] = &[
    ("commit.gpgSign", "false"),
    ("core.alternateRefsCommand", "false"),
    ("core.askPass", "false"),
    ("core.editor", "false"),
    ("core.fsmonitor", "false"),
    ("core.gitProxy", "false"),
    ("core.hooksPath", "/dev/null"),
    ("core.pager", "cat"),
    ("core.sshCommand", "false"),
    ("credential.helper", ""),
    ("diff.external", ""),
    ("gc.auto", "0"),
    ("log.showSignature", "false"),
    ("maintenance.auto", "false"),
    ("protocol.allow", "never"),
    ("submodule.recurse", "false"),
];

/// What git answered, as far as it was read.
#[derive(Debug)]
pub struct Answer {
    pub bytes: Vec<u8>,
    pub cut: bool,
}

impl Answer {
    /// The first line, without blanks around it.
    pub fn line(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        text.lines().next().unwrap_or_default().trim().to_owned()
    }

    /// The parts between NUL bytes.
    pub fn parts(&self) -> impl Iterator<Item = String> {
        let parts = self.bytes.split(|byte| *byte == 0);
        parts
            .filter(|part| !part.is_empty())
            .map(|part| String::from_utf8_lossy(part).into_owned())
    }
}

/// Why git did not do it.
#[derive(Debug)]
pub struct Refused {
    /// Its exit code, where it ended by itself.
    pub code: Option<i32>,
    /// One line.
    pub why: String,
    pub answer: Answer,
}

impl From<Refused> for String {
    fn from(refused: Refused) -> Self {
        refused.why
    }
}

/// Git in one checkout.
#[derive(Debug, Clone)]
pub struct Git {
    top: PathBuf,
    /// Of the person, as another checkout is opened with.
    person: Vec<(OsString, OsString)>,
    environment: Vec<(OsString, OsString)>,
}

impl Git {
    /// For the checkout with this top. `environment` is the person's; what of it matters to git passes.
    pub async fn open(top: &Path, environment: Vec<(OsString, OsString)>) -> Result<Self, String> {
        let person: Vec<(OsString, OsString)> = environment
            .into_iter()
            .filter(|(name, _)| PASS.iter().any(|pass| name == *pass))
            .collect();
        let mut own = person.clone();
        let set = SET.iter().map(|(name, value)| (name.into(), value.into()));
        own.extend(set);
        // Else the repository's own config could have another folder taken for the checkout.
        own.push(("GIT_WORK_TREE".into(), top.into()));
        let mut git = Self {
            top: top.to_owned(),
            person,
            environment: own.clone(),
        };
        git.settle(&[]);
        let args = ["config", "--list", "--show-scope", "-z"];
        let listed = git.look(&args).await.map_err(String::from)?;
        if listed.cut {
            // What was not read could name a program.
            return Err("the config of the repository is too long to be looked through".to_owned());
        }
        let tamed = tamed(&listed.bytes);
        git.environment = own;
        git.settle(&tamed);
        Ok(git)
    }

    pub fn top(&self) -> &Path {
        &self.top
    }

    /// Git in another checkout.
    pub async fn at(&self, top: &Path) -> Result<Self, String> {
        Self::open(top, self.person.clone()).await
    }

    /// Settings by the environment: unlike on the command line a name may hold anything there.
    fn settle(&mut self, more: &[(String, String)]) {
        let off = OFF.iter().map(|(key, value)| (*key, *value));
        let more = more
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()));
        let mut count = 0;
        for (key, value) in off.chain(more) {
            let pair = [("KEY", key), ("VALUE", value)];
            for (what, text) in pair {
                let name = format!("GIT_CONFIG_{what}_{count}");
                self.environment.push((name.into(), text.into()));
            }
            count += 1;
        }
        let pair = ("GIT_CONFIG_COUNT".into(), count.to_string().into());
        self.environment.push(pair);
    }

    /// Asks something that changes nothing.
    pub async fn look<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Answer, Refused> {
        self.run(args, &[], LOOK).await
    }

    /// The first line of an answer.
    pub async fn line<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<String, Refused> {
        self.look(args).await.map(|answer| answer.line())
    }

    pub async fn change<S: AsRef<OsStr>>(
        &self,
        args: &[S],
        input: &[u8],
    ) -> Result<Answer, Refused> {
        self.run(args, input, CHANGE).await
    }

    /// Dropping it ends git and all it began.
    async fn run<S: AsRef<OsStr>>(
        &self,
        args: &[S],
        input: &[u8],
        limit: Duration,
    ) -> Result<Answer, Refused> {
        let work = async {
            let mut command = Command::new("git");
            command
                .arg("-C")
                .arg(&self.top)
                .args(args)
                .env_clear()
                .envs(self.environment.iter().cloned())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .process_group(0)
                .kill_on_drop(true);
            let mut child = command.spawn().map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => {
                    refused("git is not installed, or not in PATH: install it first")
                }
                _ => refused(&format!("git could not be started: {error}")),
            })?;
            let mut group = Group(child.id());
            let stdin = child.stdin.take();
            let fed = async {
                if let Some(mut stdin) = stdin {
                    // Git may have ended without reading it all.
                    let _ = stdin.write_all(input).await;
                }
            };
            let answer = read(child.stdout.take(), ANSWER);
            let said = async {
                let mut stream = child.stderr.take();
                let said = read(stream.as_mut(), SAID).await;
                if let Some(rest) = &mut stream {
                    // Nobody reads it, but git would die of a closed end in the middle of its work.
                    let _ = tokio::io::copy(rest, &mut tokio::io::sink()).await;
                }
                said
            };
            let (answer, said, ()) = tokio::join!(answer, said, fed);
            if answer.cut {
                return Ok(answer);
            }
            let status = child.wait().await;
            group.0 = None;
            let status = status.map_err(|error| refused(&format!("git was lost: {error}")))?;
            if status.success() {
                return Ok(answer);
            }
            Err(Refused {
                code: status.code(),
                why: told(&String::from_utf8_lossy(&said.bytes), args),
                answer,
            })
        };
        match tokio::time::timeout(limit, work).await {
            Ok(done) => done,
            Err(_) => Err(refused(&format!(
                "git {} took longer than {} s and was ended",
                first(args),
                limit.as_secs()
            ))),
        }
    }
}

/// Git and what it began, killed when it is let go of.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        let pid = self.0.and_then(|id| i32::try_from(id).ok());
        if let Some(pid) = pid.and_then(Pid::from_raw) {
            // It may be gone by itself.
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}

async fn read(stream: Option<impl AsyncRead + Unpin>, most: u64) -> Answer {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        let mut stream = stream.take(most + 1);
        // What was read until a fault is what there is.
        let _ = stream.read_to_end(&mut bytes).await;
    }
    let cut = bytes.len() as u64 > most;
    bytes.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Answer { bytes, cut }
}

fn refused(why: &str) -> Refused {
    Refused {
        code: None,
        why: why.to_owned(),
        answer: Answer {
            bytes: Vec::new(),
            cut: false,
        },
    }
}

/// What git said went wrong, as one line.
fn told<S: AsRef<OsStr>>(said: &str, args: &[S]) -> String {
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let fatal = lines().find_map(|line| {
        let rest = line.strip_prefix("fatal: ");
        rest.or_else(|| line.strip_prefix("error: "))
    });
    let Some(line) = fatal.or_else(|| lines().next_back()) else {
        return format!("git {} failed and said nothing", first(args));
    };
    if said.contains("No space left on device") {
        return format!(
            "there is no room left on the disk: {}",
            visible::one_line(line)
        );
    }
    if said.contains("dubious ownership") {
        return "the repository belongs to somebody else, so git does not touch it: see `git help config` on safe.directory".to_owned();
    }
    if said.contains("Please tell me who you are") || said.contains("empty ident name") {
        return "git knows no name for the commit: set user.name and user.email in its config"
            .to_owned();
    }
    format!("git: {}", visible::one_line(line))
}

fn first<S: AsRef<OsStr>>(args: &[S]) -> String {
    let first = args.first().map(|arg| arg.as_ref().to_string_lossy());
    first.unwrap_or_default().into_owned()
}

/// Settings of the repository's own config that name a program, each with what the person's own config has in its place.
fn tamed(listed: &[u8]) -> Vec<(String, String)> {
    let mut parts = listed.split(|byte| *byte == 0);
    let mut own: Vec<(String, String)> = Vec::new();
    let mut tamed: Vec<(String, String)> = Vec::new();
    while let (Some(scope), Some(setting)) = (parts.next(), parts.next()) {
        let setting = String::from_utf8_lossy(setting);
        let (key, value) = setting.split_once('\n').unwrap_or((&setting, ""));
        let Some(harmless) = harmless(key) else {
            continue;
        };
        let (list, value) = match scope {
            b"system" | b"global" => (&mut own, value),
            b"command" => continue,
            _ => (&mut tamed, harmless),
        };
        list.retain(|(known, _)| known != key);
        list.push((key.to_owned(), value.to_owned()));
    }
    for (key, value) in &mut tamed {
        if let Some((_, mine)) = own.iter().find(|(known, _)| known == key) {
            value.clone_from(mine);
        }
    }
    tamed
}

/// What a setting is set to where it names a program that would be run; `None` for all others.
fn harmless(key: &str) -> Option<&'static str> {
    let (section, rest) = key.split_once('.')?;
    let name = rest.rsplit_once('.').map(|(_, name)| name)?;
    match (section, name) {
        // An empty filter passes the bytes on.
        ("filter", "clean" | "smudge" | "process") | ("diff", "command" | "textconv") => Some(""),
        // A driver that fails leaves a conflict, which is looked at by the person.
        ("filter", "required") | ("merge", "driver") => Some("false"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn only_programs_of_the_repository_itself_are_taken_out() {
        let listed = b"global\0filter.lfs.clean\ngit-lfs clean -- %f\0global\0user.name\nAda\0\
            local\0filter.lfs.clean\ncurl evil\0local\0filter.a=b.c.smudge\nrm -rf\0local\0core.bare\nfalse\0\
            worktree\0merge.x.driver\nevil %A\0local\0filter.lfs.required\0command\0filter.z.clean\nx\0";
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            tamed(listed),
            [
                pair("filter.lfs.clean", "git-lfs clean -- %f"),
                pair("filter.a=b.c.smudge", ""),
                pair("merge.x.driver", "false"),
                pair("filter.lfs.required", "false"),
            ]
        );
    }

    #[test]
    fn what_git_says_becomes_one_line() {
        let cases = [
            (
                "hint: x\nfatal: not a git repository\n",
                "git: not a git repository",
            ),
            ("Preparing\nerror: y\nfatal: z\n", "git: y"),
            ("plain\nwords\u{1b}[31m\n", "git: words"),
            ("", "git status failed and said nothing"),
            (
                "fatal: write error: No space left on device",
                "there is no room left on the disk: write error: No space left on device",
            ),
        ];
        for (said, expected) in cases {
            assert_eq!(told(said, &["status"]), expected, "{said:?}");
        }
    }
}
