//! `creel bug-report`: what helps to find a fault, put together for a person to read, and to hand on if they wish. It is never
//! sent, and written only where it was asked for.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::agent::moment::Now;
use crate::agent::redact::Redactor;
use crate::agent::visible;
use crate::command::cli::BugReportArgs;
use crate::command::doctor::{self, Surroundings};
use crate::command::{Ended, Face, Trouble, exit};
use crate::config::show;
use crate::config::{Config, KeySource};
use crate::engine::crash;

/// So many of the last lines of the log file are in it.
const LINES: usize = 60;

/// From so far before its end the log file is read.
const TAIL: u64 = 64 * 1024;

/// Variables that say what the terminal and the place are; their values are in the report.
const VARIABLES: [&str; 10] = [
    "TERM",
    "COLORTERM",
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "NO_COLOR",
    "ACCESSIBLE",
    "SHELL",
];

/// What a report is made of beside what `creel doctor` knows.
pub struct Material<'m> {
    pub surroundings: &'m Surroundings<'m>,
    /// Knows the keys that could be read.
    pub redactor: &'m Redactor,
    /// The person's own folder, which becomes `~`.
    pub home: Option<PathBuf>,
    /// The system, as it names itself.
    pub system: String,
    /// The folder a report is written to when it was read and found good.
    pub folder: PathBuf,
    /// The file's name.
    pub name: String,
}

impl std::fmt::Debug for Material<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Material")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

pub async fn run(args: &BugReportArgs, material: &Material<'_>, face: &mut Face<'_>) -> Ended {
    let report = report(material).await;
    match &args.output {
        Some(path) if path.as_os_str() == "-" => face.out.write_all(report.as_bytes())?,
        Some(path) => write(path, &report, face)?,
        None => {
            face.out.write_all(report.as_bytes())?;
            face.out.flush()?;
            let path = material.folder.join(&material.name);
            let was_read = material.surroundings.out_is_terminal;
            let can_be_asked = face.input_is_terminal && face.err_is_terminal;
            if was_read && can_be_asked && confirmed(&material.name, face)? {
                write(&path, &report, face)?;
            }
        }
    }
    Ok(exit::DONE)
}

/// The name of a report made now.
pub fn name(now: &Now) -> String {
    let time = Timestamp::from_millisecond(now.time.0).unwrap_or_default();
    format!("creel-bug-report-{}.md", time.strftime("%Y%m%d-%H%M%S"))
}

/// A new file, the owner's alone.
fn write(path: &Path, report: &str, face: &mut Face<'_>) -> Result<(), Trouble> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    let written = made.and_then(|mut file| file.write_all(report.as_bytes()));
    written
        .map_err(|error| Trouble::failed(format!("cannot write {}: {error}", path.display())))?;
    face.note(&format!("written to {}; nothing was sent", path.display()))?;
    Ok(())
}

fn confirmed(name: &str, face: &mut Face<'_>) -> Result<bool, Trouble> {
    write!(
        face.err,
        "creel: write this to {name} in this folder? Nothing is sent. Type yes: "
    )?;
    face.err.flush()?;
    let mut answer = String::new();
    BufReader::new(&mut *face.input).read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}

/// The whole report, without secrets, and with `~` for the person's own folder.
async fn report(material: &Material<'_>) -> String {
    let Surroundings { paths, env, .. } = material.surroundings;
    let mut page = "# Bug report of Creel\n\n\
        What happened, and what should have happened:\n\n\
        (write it here)\n\n\
        What follows was put together by `creel bug-report`. Secrets that could be told are replaced; read it before you hand \
        it on.\n"
        .to_owned();
    let versions = vec![
        format!("creel {}", env!("CARGO_PKG_VERSION")),
        material.system.clone(),
    ];
    chapter(&mut page, "Versions", versions);
    let variables = VARIABLES.iter().filter_map(|name| {
        let value = env(name)?;
        Some(format!("{name}={}", value.to_string_lossy()))
    });
    chapter(&mut page, "Variables", variables);
    let checks = doctor::checks(material.surroundings).await;
    let checks: String = checks.iter().map(doctor::line).collect();
    chapter(&mut page, "Doctor", lines(&checks));
    chapter(&mut page, "Config", config(material.surroundings));
    let title = format!("Log file, its last {LINES} lines");
    let log = tail(&paths.log_file);
    chapter(&mut page, &title, lines(&log));
    let (title, crash) = match crash::newest(&paths.crashes) {
        Some((path, text)) => (format!("Newest crash, {}", path.display()), text),
        None => ("Newest crash".to_owned(), String::new()),
    };
    chapter(&mut page, &title, lines(&crash));
    let page = material.redactor.redact_all(&visible::clean(&page));
    at_home(&page, material.home.as_deref())
}

fn lines(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(str::to_owned)
}

/// A heading, and lines as code, whatever stands in them.
fn chapter(page: &mut String, title: &str, lines: impl IntoIterator<Item = String>) {
    let _ = write!(page, "\n## {title}\n\n");
    let mut none = true;
    for line in lines {
        none = false;
        let _ = writeln!(page, "    {line}");
    }
    if none {
        page.push_str("    none\n");
    }
}

/// Every setting; of a key only whether there is one.
fn config(surroundings: &Surroundings<'_>) -> Vec<String> {
    let loaded = match surroundings.config {
        Ok(loaded) => loaded,
        Err(error) => return error.lines(),
    };
    let settings = show::settings(loaded, &surroundings.paths.config_file);
    let is_key = |name: &str| {
        ["key_env", "key_file", "key_command"]
            .iter()
            .any(|end| name.starts_with("providers.") && name.ends_with(&format!(".{end}")))
    };
    let shown = settings.iter().filter(|setting| !is_key(&setting.key));
    let shown = shown.map(|setting| format!("{} = {}", setting.key, setting.value));
    shown.chain(keys(&loaded.config, surroundings)).collect()
}

fn keys(config: &Config, surroundings: &Surroundings<'_>) -> Vec<String> {
    let providers = config.providers.iter();
    let said = providers.filter_map(|(name, entry)| {
        let set = |is: bool| if is { "set" } else { "unset" };
        let said = match &entry.key {
            KeySource::None => return None,
            KeySource::Env(variable) => {
                let value = (surroundings.env)(variable);
                format!(
                    "a variable, {}",
                    set(value.is_some_and(|value| !value.is_empty()))
                )
            }
            KeySource::File(path) => format!("a file, {}", set(path.is_file())),
            KeySource::Command(_) => "a command, set".to_owned(),
        };
        Some(format!("the key of providers.{name}: {said}"))
    });
    said.collect()
}

/// The last lines of a file that may be long, or missing.
fn tail(path: &Path) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = std::fs::File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
        let mut bytes = Vec::new();
        file.take(TAIL).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(LINES)..].join("\n")
}

/// The person's own folder as `~`, where it is a whole part of a path.
fn at_home(text: &str, home: Option<&Path>) -> String {
    let home = home
        .and_then(Path::to_str)
        .map(|home| home.trim_end_matches('/'));
    let Some(home) = home.filter(|home| home.len() > 1) else {
        return text.to_owned();
    };
    let mut parts = text.split(home);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let goes_on =
            part.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        out.push_str(if goes_on { home } else { "~" });
        out.push_str(part);
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::ffi::OsString;

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::command::tests::written;
    use crate::config::keymap::{Judged, Keys};
    use crate::config::load;
    use crate::config::paths::Paths;

    #[test]
    fn the_persons_folder_is_a_sign() {
        let cases = [
            ("/home/me/x and /home/me", "~/x and ~"),
            ("/home/melanie /home/me-2/x", "/home/melanie /home/me-2/x"),
            ("\"/home/me\"", "\"~\""),
        ];
        for (text, expected) in cases {
            assert_eq!(at_home(text, Some(Path::new("/home/me/"))), expected);
        }
        assert_eq!(at_home("/x", Some(Path::new("/"))), "/x");
    }

    #[tokio::test]
    async fn a_report_has_no_secret_and_is_written_where_it_was_asked_for() {
        let scratch = tempfile::tempdir().unwrap();
        let home = scratch.path().to_owned();
        let creel = home.join("creel");
        let env = |name: &str| -> Option<OsString> {
            match name {
                "CREEL_HOME" => Some(creel.clone().into()),
                "TERM" => Some("xterm".into()),
                "LAN_KEY" => Some("namelesskey".into()),
                _ => None,
            }
        };
        let paths = Paths::from_environment(&env).unwrap();
        std::fs::create_dir_all(&paths.crashes).unwrap();
        let canary = "PASSWORD=hunter22 namelesskey";
        std::fs::write(&paths.log_file, format!("{canary}\n").repeat(100)).unwrap();
        std::fs::write(paths.crashes.join("1.txt"), canary).unwrap();
        let text = "worktree.setup = \"TOKEN_SECRET=hunter222 make\"\n\
            [providers.lan]\nwire = \"openai-chat\"\nbase_url = \"https://lan.example/v1\"\nkey_env = \"LAN_KEY\"\n\
            [providers.two]\nwire = \"openai-chat\"\nbase_url = \"https://two.example/v1\"\nkey_command = [\"echo\", \"hunter22\"]\n";
        let loaded = load::parse(text, &paths.config_file, &env);
        let loaded = loaded.unwrap_or_else(|error| panic!("{error:?}"));
        let surroundings = Surroundings {
            keys: Keys {
                names: Vec::new,
                judge: |_| Judged {
                    faults: Vec::new(),
                    warnings: Vec::new(),
                },
            },
            paths: &paths,
            config: Ok(&loaded),
            door: Err(canary.to_owned()),
            env: &env,
            out_is_terminal: false,
            left: Vec::new(),
        };
        let mut redactor = Redactor::default();
        redactor.add("namelesskey");
        let material = Material {
            surroundings: &surroundings,
            redactor: &redactor,
            home: Some(home.clone()),
            system: "linux x86_64".to_owned(),
            folder: home.clone(),
            name: "creel-bug-report.md".to_owned(),
        };
        let made = async |output: Option<PathBuf>| {
            written(b"yes\n", async |face: &mut Face<'_>| {
                run(&BugReportArgs { output }, &material, face).await
            })
            .await
        };
        let (report, err, code) = made(None).await;
        assert_eq!((err.as_str(), code), ("", 0));
        for canary in ["hunter22", "namelesskey", &home.display().to_string()] {
            assert!(!report.contains(canary), "{canary}: {report}");
        }
        for wanted in [
            "    TERM=xterm\n",
            "    the key of providers.lan: a variable, set\n    the key of providers.two: a command, set\n",
            "\n## Newest crash, ~/creel/state/crashes/1.txt\n\n    PASSWORD=‹redacted:password› ‹redacted:key›\n",
            "    worktree.setup = \"TOKEN_SECRET=‹redacted:secret› make\"\n",
        ] {
            assert!(report.contains(wanted), "{wanted}: {report}");
        }
        let said = report.matches("    PASSWORD=‹redacted:password› ‹redacted:key›\n");
        // The doctor says it too.
        assert_eq!(said.count(), LINES + 2);
        // Nobody could be asked, so nothing was written.
        let file = home.join("report.md");
        assert!(!home.join(&material.name).exists());
        assert_eq!(made(Some("-".into())).await.0, report);
        let (out, err, code) = made(Some(file.clone())).await;
        assert_eq!((out.as_str(), code), ("", 0), "{err}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), report);
        let again = made(Some(file)).await;
        assert_eq!(again.2, exit::FAILED, "{again:?}");
    }
}
