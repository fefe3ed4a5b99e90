//! `creel doctor`: looks at what Creel needs and says what to do. It works when the config is broken or the log cannot be opened.

mod terminal;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::agent::visible::escaped;
use crate::command::cli::DoctorArgs;
use crate::command::doctor::terminal::{Seen, Wished};
use crate::command::table::counted;
use crate::command::{Ended, Face, exit};
use crate::config::keymap::Keys;
use crate::config::load::{ConfigError, Loaded};
use crate::config::paths::{Environment, Paths};
use crate::engine::door::Door;
use crate::engine::health;
use crate::protocol::query::{Check, CheckState, Found, Query};
use crate::skill;
use crate::tui::terminal::ability::{Ability, attached, size};
use crate::tui::terminal::inquiry;

/// What is known before the engine is asked.
pub struct Surroundings<'s> {
    pub paths: &'s Paths,
    pub config: Result<&'s Loaded, &'s ConfigError>,
    /// The engine, or why there is none.
    pub door: Result<&'s Door, String>,
    pub env: Environment<'s>,
    /// What the workstation says of keys.
    pub keys: Keys,
    pub out_is_terminal: bool,
    /// Folders of tours, and those made for a session without one: they stay until somebody removes them.
    pub left: Vec<PathBuf>,
}

impl std::fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings")
            .field("paths", self.paths)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// Ends with 1 when something is bad, not when something is merely worth a look.
pub async fn run(args: &DoctorArgs, surroundings: &Surroundings<'_>, face: &mut Face<'_>) -> Ended {
    let checks = checks(surroundings).await;
    if args.json {
        face.json(&Value::Array(checks.iter().map(value).collect()))?;
    } else {
        for check in &checks {
            face.say(&line(check))?;
        }
    }
    let bad = checks.iter().any(|check| check.state == CheckState::Bad);
    Ok(if bad { exit::FAILED } else { exit::DONE })
}

/// All that was looked at, in the order it is told in.
pub async fn checks(surroundings: &Surroundings<'_>) -> Vec<Check> {
    let mut checks = terminal::checks(surroundings.env, &wished(surroundings), &seen(surroundings));
    checks.extend(config(surroundings));
    checks.extend(skills(&surroundings.paths.skills));
    match &surroundings.door {
        Ok(door) => match door.ask(Query::Doctor).await {
            Found::Checks(found) => checks.extend(found),
            Found::Failed(why) => {
                checks.push(check("database", CheckState::Bad, why, "see the log file"));
            }
            _ => checks.push(check(
                "database",
                CheckState::Bad,
                "the engine gave no answer",
                "please report this",
            )),
        },
        Err(why) => {
            let remedy = format!("look at {}", surroundings.paths.data.display());
            checks.push(check("database", CheckState::Bad, why, &remedy));
        }
    }
    if !checks.iter().any(|check| check.name == "sandbox") {
        checks.push(health::sandbox_untried());
    }
    checks.extend(left(&surroundings.left));
    checks
}

fn check(name: &str, state: CheckState, text: impl Into<String>, remedy: &str) -> Check {
    Check {
        name: name.to_owned(),
        state,
        text: text.into(),
        remedy: remedy.to_owned(),
        sizes: None,
    }
}

/// Folders that stay: only their person knows whether anything in them is still wanted.
fn left(folders: &[PathBuf]) -> Option<Check> {
    let (first, more) = folders.split_first()?;
    let first = escaped(&first.to_string_lossy());
    let text = match more.len() {
        0 => format!("{first} is left of a tour or of a session without a folder"),
        more => {
            format!("{first} and {more} more are left of tours or of sessions without a folder")
        }
    };
    let remedy =
        "look into it, and remove it when no session works there and nothing in it is wanted";
    Some(check("left folders", CheckState::Ok, text, remedy))
}

fn wished(surroundings: &Surroundings<'_>) -> Wished {
    surroundings.config.map_or_else(
        |_| Wished::default(),
        |loaded| Wished {
            clipboard: loaded.config.ui.clipboard,
            mouse: loaded.config.ui.mouse,
            ambiguous: loaded.config.ui.ambiguous,
            notify: loaded.config.notify.clone(),
        },
    )
}

/// Asks the terminal, where one writes into it and reads from it.
fn seen(surroundings: &Surroundings<'_>) -> Seen {
    if !surroundings.out_is_terminal {
        return Seen {
            size: None,
            answers: None,
        };
    }
    let variable = |name: &str| Some((surroundings.env)(name)?.to_string_lossy().into_owned());
    let ability = Ability::from(variable);
    let can_be_asked = attached() && !matches!(ability.term.as_str(), "" | "dumb");
    Seen {
        size: Some(size()),
        answers: if can_be_asked {
            inquiry::ask(&ability)
        } else {
            None
        },
    }
}

fn config(surroundings: &Surroundings<'_>) -> Vec<Check> {
    let file = &surroundings.paths.config_file;
    let loaded = match surroundings.config {
        Ok(loaded) => loaded,
        Err(error) => {
            let all = error.lines();
            return all
                .into_iter()
                .map(|line| check("config", CheckState::Bad, line, "correct the line"))
                .collect();
        }
    };
    let there = if file.exists() {
        "is sound"
    } else {
        "is not there; the defaults hold"
    };
    let judged = (surroundings.keys.judge)(&loaded.config.keymap);
    let mut checks = Vec::new();
    if judged.faults.is_empty() {
        let text = format!("{} {there}", file.display());
        checks.push(check("config", CheckState::Ok, text, ""));
    }
    // They stop no start, and are to be mended all the same.
    for fault in &judged.faults {
        checks.push(check(
            "config",
            CheckState::Warn,
            format!("{}:{fault}", file.display()),
            "correct the line; the other keys hold",
        ));
    }
    for warning in loaded.warnings.iter().chain(&judged.warnings) {
        checks.push(check(
            "config",
            CheckState::Warn,
            warning,
            "correct it, or leave it so",
        ));
    }
    let model = match loaded.config.default_model() {
        Some(model) => check(
            "model",
            CheckState::Ok,
            format!("{model} is used when none is named"),
            "",
        ),
        None => check(
            "model",
            CheckState::Warn,
            "no model is configured",
            "set a key such as ANTHROPIC_API_KEY, or write model and a provider into the config",
        ),
    };
    checks.push(model);
    checks
}

fn skills(folder: &Path) -> Vec<Check> {
    let (own, problems) = skill::folder::load(&[folder.to_owned()]);
    let text = format!(
        "{} in {}, {} shipped",
        counted(own.len() as u64, "skill"),
        folder.display(),
        skill::shipped().len()
    );
    let faults = problems.into_iter().map(|problem| {
        let remedy = "correct it; `/skills` in the workstation shows what can be used";
        check("skills", CheckState::Warn, problem, remedy)
    });
    std::iter::once(check("skills", CheckState::Ok, text, ""))
        .chain(faults)
        .collect()
}

fn value(check: &Check) -> Value {
    let mut value = json!({ "name": check.name, "state": word(check.state), "text": check.text, "remedy": check.remedy });
    if let Some(sizes) = &check.sizes {
        value["sizes"] = json!({
            "log": sizes.log, "blobs": sizes.blobs, "imports": sizes.imports, "index": sizes.index, "free": sizes.free,
        });
    }
    value
}

fn word(state: CheckState) -> &'static str {
    match state {
        CheckState::Ok => "ok",
        CheckState::Warn => "warn",
        CheckState::Bad => "bad",
    }
}

/// What was found, and what to do on a line of its own.
pub fn line(check: &Check) -> String {
    let remedy = if check.remedy.is_empty() {
        String::new()
    } else {
        format!("\n{:20}→ {}", "", check.remedy)
    };
    format!(
        "{:4}  {:13} {}{remedy}\n",
        word(check.state),
        check.name,
        check.text
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::command::tests::written;
    use crate::config::keymap::Judged;
    use crate::config::load;

    #[test]
    fn a_broken_skill_is_named() {
        let scratch = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("good", "---\nname: good\ndescription: d\n---\ndo it\n"),
            ("bad", "no head"),
        ] {
            std::fs::create_dir(scratch.path().join(name)).unwrap();
            std::fs::write(scratch.path().join(name).join("SKILL.md"), text).unwrap();
        }
        let place = scratch.path().display();
        let found: Vec<_> = skills(scratch.path())
            .into_iter()
            .map(|check| (check.state, check.text))
            .collect();
        let expected = [
            (CheckState::Ok, format!("1 skill in {place}, 1 shipped")),
            (
                CheckState::Warn,
                format!(
                    "{place}/bad/SKILL.md has no front matter: expected `---` in its first line"
                ),
            ),
        ];
        assert_eq!(found, expected);
    }

    #[tokio::test]
    async fn it_speaks_without_an_engine_too() {
        let env = |name: &str| (name == "CREEL_HOME").then(|| "/nowhere/creel".into());
        let paths = Paths::from_environment(&env).unwrap();
        let text = "[keymap.everywhere]\nzoom = \"hyper-z\"\n";
        let loaded = load::parse(text, Path::new("/nowhere/creel/config.toml"), &env).unwrap();
        let keys = Keys {
            names: Vec::new,
            judge: |keymap| Judged {
                faults: vec![keymap.wishes[0].keys[0].1.fault("no such key")],
                warnings: vec!["f5 is taken from `help`".to_owned()],
            },
        };
        let surroundings = Surroundings {
            keys,
            paths: &paths,
            config: Ok(&loaded),
            door: Err("cannot open /nowhere/creel/data/creel.db".to_owned()),
            env: &env,
            out_is_terminal: false,
            left: vec!["/tmp/creel-tour-a".into(), "/tmp/creel-tour-b".into()],
        };
        let (out, _, code) = written(b"", async |face: &mut Face<'_>| {
            run(&DoctorArgs { json: false }, &surroundings, face).await
        })
        .await;
        let expected = "\
warn  config        /nowhere/creel/config.toml:2:8: no such key
                    → correct the line; the other keys hold
warn  config        f5 is taken from `help`
                    → correct it, or leave it so
warn  model         no model is configured
                    → set a key such as ANTHROPIC_API_KEY, or write model and a provider into the config
ok    skills        0 skills in /nowhere/creel/skills, 1 shipped
bad   database      cannot open /nowhere/creel/data/creel.db
                    → look at /nowhere/creel/data
warn  sandbox       not tried, since the log could not be opened
ok    left folders  /tmp/creel-tour-a and 1 more are left of tours or of sessions without a folder
                    → look into it, and remove it when no session works there and nothing in it is wanted
";
        let begin = out.find("warn  config").unwrap();
        assert_eq!(
            out.lines().next(),
            Some(
                "ok    terminal      standard output is no terminal, so none is asked: `creel run` works, the workstation does not"
            )
        );
        assert_eq!((&out[begin..], code), (expected, exit::FAILED));
        let (out, _, _) = written(b"", async |face: &mut Face<'_>| {
            run(&DoctorArgs { json: true }, &surroundings, face).await
        })
        .await;
        let value: Value = serde_json::from_str(&out).unwrap();
        let checks = value.as_array().unwrap();
        let model = checks.iter().find(|check| check["name"] == "model");
        assert_eq!(
            model.unwrap(),
            &json!({ "name": "model", "state": "warn", "text": "no model is configured",
                    "remedy": "set a key such as ANTHROPIC_API_KEY, or write model and a provider into the config" })
        );
    }
}
