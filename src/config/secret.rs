//! Keys: read where the person keeps them, when first needed, and never shown. It knows no keyring of its own: a command that
//! asks one (`key_command`) does.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::agent::visible;
use crate::config::KeySource;
use crate::config::paths::Environment;

/// How long a `key_command` may take; a password manager may ask the person meanwhile.
const COMMAND_TIME: Duration = Duration::from_secs(10);

/// Keys are short; a source that gives more is not one.
const MOST_BYTES: u64 = 64 * 1024;

/// A key. Only `expose` gives it away; it prints as its [`Secret::hint`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text without the blanks around it; `None` when nothing is left.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// For the header of a request and for the redaction table, nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Enough for its owner to know which key it is: `sk-ant-…x4Qa`. Of a short key nothing is shown.
    pub fn hint(&self) -> String {
        let chars: Vec<char> = self.0.chars().collect();
        if chars.len() < 20 {
            return "…".to_owned();
        }
        let head: String = chars.iter().take(7).collect();
        let tail: String = chars.iter().skip(chars.len() - 4).collect();
        let head = head.rfind('-').map_or("", |end| &head[..=end]);
        visible::one_line(&format!("{head}…{tail}"))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.hint())
    }
}

/// The key of a source; `None` when it has none. Blocks: a command may take ten seconds.
pub fn read(source: &KeySource, env: Environment<'_>) -> Result<Option<Secret>, String> {
    let text = match source {
        KeySource::None => return Ok(None),
        KeySource::Env(name) => match env(name) {
            None => return Ok(None),
            Some(value) => value
                .into_string()
                .map_err(|_| format!("the variable {name} is not UTF-8"))?,
        },
        KeySource::File(path) => first_line(&read_file(path)?),
        KeySource::Command(argv) => first_line(&run(argv, COMMAND_TIME)?),
    };
    let Some(secret) = Secret::new(&text) else {
        return match source {
            KeySource::File(path) => Err(format!("the key file {} is empty", path.display())),
            KeySource::Command(argv) => {
                Err(format!("the key command {} printed nothing", shown(argv)))
            }
            KeySource::None | KeySource::Env(_) => Ok(None),
        };
    };
    // A header value: a key with such bytes would be refused far from here, in words that may show it.
    if secret.0.chars().any(|c| !c.is_ascii_graphic()) {
        return Err(format!(
            "the key from {} has blanks or characters in it that no key has",
            place(source)
        ));
    }
    Ok(Some(secret))
}

/// Where a key comes from, in words.
pub fn place(source: &KeySource) -> String {
    match source {
        KeySource::None => "nowhere".to_owned(),
        KeySource::Env(name) => name.clone(),
        KeySource::File(path) => path.display().to_string(),
        KeySource::Command(argv) => format!("the command {}", shown(argv)),
    }
}

/// What is said of a key whose variable is not set.
pub fn not_set(variable: &str) -> String {
    format!("no key: {variable} is not set")
}

/// What is said of a key whose file is not there.
pub fn no_file(path: &Path) -> String {
    format!("no key: there is no file {}", path.display())
}

/// Whether a key would stand in a variable that is not set, or in a file that is not there.
pub(crate) fn is_not_set(source: &KeySource, env: Environment<'_>) -> bool {
    match source {
        KeySource::Env(variable) => env(variable).is_none_or(|value| value.is_empty()),
        KeySource::File(path) => matches!(path.try_exists(), Ok(false)),
        KeySource::None | KeySource::Command(_) => false,
    }
}

/// A warning when others than the owner may read the key's file.
pub fn exposed(source: &KeySource) -> Option<String> {
    let KeySource::File(path) = source else {
        return None;
    };
    let mode = std::fs::metadata(path).ok()?.mode() & 0o777;
    (mode & 0o077 != 0).then(|| {
        format!(
            "the key file {0} can be read by others (mode {mode:04o}): chmod 600 {0}",
            path.display()
        )
    })
}

fn read_file(path: &Path) -> Result<String, String> {
    let problem =
        |error: io::Error| format!("cannot read the key file {}: {error}", path.display());
    // Looked at before it is opened: opening a pipe would wait for its other end.
    if !std::fs::metadata(path).map_err(problem)?.is_file() {
        return Err(format!("the key file {} is no file", path.display()));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
        .map_err(problem)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!(
            "the key file {} is too large for a key",
            path.display()
        ));
    }
    String::from_utf8(bytes).map_err(|_| format!("the key file {} is not UTF-8", path.display()))
}

/// Runs the command without a shell, in a process group of its own that dies with the time.
fn run(argv: &[String], time: Duration) -> Result<String, String> {
    let [program, arguments @ ..] = argv else {
        return Err("the key command is empty".to_owned());
    };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| format!("cannot run the key command {}: {error}", shown(argv)))?;
    let (sender, receiver) = mpsc::channel();
    for (stream, pipe) in [
        (
            Stream::Out,
            child
                .stdout
                .take()
                .map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
        ),
        (
            Stream::Err,
            child
                .stderr
                .take()
                .map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
        ),
    ] {
        let sender = sender.clone();
        thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(mut pipe) = pipe {
                // What was read before an error is the output; the exit status says whether it can be trusted.
                let _ = pipe.by_ref().take(MOST_BYTES).read_to_end(&mut bytes);
                let _ = io::copy(&mut pipe, &mut io::sink());
            }
            let _ = sender.send((stream, bytes));
        });
    }
    drop(sender);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    for _ in 0..2 {
        match receiver.recv_timeout(time) {
            Ok((Stream::Out, bytes)) => out = bytes,
            Ok((Stream::Err, bytes)) => err = bytes,
            Err(_) => {
                end(&mut child);
                return Err(format!(
                    "the key command {} gave no key within {} s",
                    shown(argv),
                    time.as_secs()
                ));
            }
        }
    }
    let Some(status) = ended(&mut child) else {
        end(&mut child);
        return Err(format!(
            "the key command {} closed its output and did not end",
            shown(argv)
        ));
    };
    if !status.success() {
        let said = visible::one_line(&String::from_utf8_lossy(&err));
        let said: String = said.chars().take(200).collect();
        let said = if said.is_empty() {
            "it said nothing".to_owned()
        } else {
            said
        };
        return Err(format!(
            "the key command {} failed ({status}): {said}",
            shown(argv)
        ));
    }
    String::from_utf8(out).map_err(|_| {
        format!(
            "the key command {} printed something that is not UTF-8",
            shown(argv)
        )
    })
}

enum Stream {
    Out,
    Err,
}

/// How a command that has closed its output ended; given a second, since the two are rarely the same moment.
fn ended(child: &mut Child) -> Option<ExitStatus> {
    for _ in 0..100 {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) => thread::sleep(Duration::from_millis(10)),
            Err(_) => return None,
        }
    }
    None
}

fn end(child: &mut Child) {
    if let Some(group) = rustix::process::Pid::from_raw(child.id().cast_signed()) {
        // It may have ended in this moment; then there is nothing left to end.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.wait();
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

fn shown(argv: &[String]) -> String {
    format!("`{}`", visible::one_line(&argv.join(" ")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn env(name: &str) -> Option<OsString> {
        match name {
            "KEY" => Some(" sk-1\n".into()),
            "EMPTY" => Some(String::new().into()),
            "BYTES" => Some(OsString::from_vec(vec![0xff])),
            "TWO" => Some("one two".into()),
            _ => None,
        }
    }

    fn command(argv: &[&str]) -> KeySource {
        KeySource::Command(argv.iter().map(|&word| word.to_owned()).collect())
    }

    #[test]
    fn a_key_comes_from_where_it_is_kept() {
        let found = |text: &str| Ok(Some(text.to_owned()));
        let cases = [
            (KeySource::None, Ok(None)),
            (KeySource::Env("KEY".to_owned()), found("sk-1")),
            (KeySource::Env("EMPTY".to_owned()), Ok(None)),
            (KeySource::Env("NOT_SET".to_owned()), Ok(None)),
            (KeySource::Env("BYTES".to_owned()), Err("the variable BYTES is not UTF-8".to_owned())),
            (
                KeySource::Env("TWO".to_owned()),
                Err("the key from TWO has blanks or characters in it that no key has".to_owned()),
            ),
            (command(&["printf", "sk-2\nmore"]), found("sk-2")),
            (command(&["printf", "$KEY"]), found("$KEY")),
            (command(&["printf", ""]), Err("the key command `printf` printed nothing".to_owned())),
            (command(&[]), Err("the key command is empty".to_owned())),
            (
                command(&["sh", "-c", "echo locked >&2; exit 3"]),
                Err(
                    "the key command `sh -c echo locked >&2; exit 3` failed (exit status: 3): locked".to_owned(),
                ),
            ),
            (
                command(&["/nowhere/pass"]),
                Err(
                    "cannot run the key command `/nowhere/pass`: No such file or directory (os error 2)".to_owned(),
                ),
            ),
        ];
        for (source, expected) in cases {
            let read =
                read(&source, &env).map(|secret| secret.map(|secret| secret.expose().to_owned()));
            assert_eq!(read, expected, "{source:?}");
        }
    }

    #[test]
    fn a_command_that_hangs_is_ended() {
        let argv = ["sh", "-c", "sleep 60 & sleep 60"].map(str::to_owned);
        assert_eq!(
            run(&argv, Duration::from_millis(100)),
            Err("the key command `sh -c sleep 60 & sleep 60` gave no key within 0 s".to_owned())
        );
    }

    #[test]
    fn a_key_file_is_read_and_its_mode_looked_at() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("key");
        let source = KeySource::File(path.clone());
        assert_eq!(
            read(&source, &env),
            Err(format!(
                "cannot read the key file {}: No such file or directory (os error 2)",
                path.display()
            ))
        );
        std::fs::write(&path, "  sk-3  \r\nsecond line\n").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        assert_eq!(read(&source, &env), Ok(Secret::new("sk-3")));
        assert_eq!(
            exposed(&source),
            Some(format!(
                "the key file {0} can be read by others (mode 0640): chmod 600 {0}",
                path.display()
            ))
        );
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        assert_eq!(exposed(&source), None);
        std::fs::write(&path, "\n").unwrap();
        assert_eq!(
            read(&source, &env),
            Err(format!("the key file {} is empty", path.display()))
        );
        let folder = KeySource::File(scratch.path().to_owned());
        assert_eq!(
            read(&folder, &env),
            Err(format!(
                "the key file {} is no file",
                scratch.path().display()
            ))
        );
    }

    #[test]
    fn a_key_is_never_printed_whole() {
        let cases = [
            ("sk-ant-api03-abcdefghijklmnopx4Qa", "sk-ant-…x4Qa"),
            ("sk-proj-abcdefghijklmnop", "sk-…mnop"),
            ("abcdefghijklmnopqrstuvwx", "…uvwx"),
            ("short", "…"),
        ];
        for (key, expected) in cases {
            let secret = Secret::new(key).unwrap();
            assert_eq!(secret.hint(), expected);
            assert_eq!(format!("{secret:?}"), format!("Secret({expected})"));
        }
    }
}
