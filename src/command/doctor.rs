//! `creel doctor`: looks at what Creel needs and says what to do. It works when the config is broken or the log cannot be opened.

use serde_json::{Value, json};

use crate::command::cli::DoctorArgs;
use crate::command::{Ended, Face, exit};
use crate::config::load::{ConfigError, Loaded};
use crate::config::paths::{Environment, Paths};
use crate::engine::door::Door;
use crate::engine::health;
use crate::protocol::query::{Check, CheckState, Found, Query};

/// What is known before the engine is asked.
pub struct Surroundings<'s> {
    pub paths: &'s Paths,
    pub config: Result<&'s Loaded, &'s ConfigError>,
    /// The engine, or why there is none.
    pub door: Result<&'s Door, String>,
    pub env: Environment<'s>,
    pub out_is_terminal: bool,
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
    let mut checks = vec![terminal(surroundings.env, surroundings.out_is_terminal)];
    checks.extend(config(surroundings));
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
        checks.push(health::sandbox());
    }
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

fn check(name: &str, state: CheckState, text: impl Into<String>, remedy: &str) -> Check {
    Check {
        name: name.to_owned(),
        state,
        text: text.into(),
        remedy: remedy.to_owned(),
    }
}

/// What the variables say; the workstation itself asks the terminal.
fn terminal(env: Environment<'_>, out_is_terminal: bool) -> Check {
    let variable = |name: &str| {
        env(name)
            .map(|value| value.to_string_lossy().into_owned())
            .filter(|value| !value.is_empty())
    };
    let term = variable("TERM");
    if !out_is_terminal {
        return check(
            "terminal",
            CheckState::Ok,
            "standard output is no terminal: `creel run` works, the workstation does not",
            "",
        );
    }
    let Some(term) = term.filter(|term| term != "dumb") else {
        let remedy = "set TERM to what your terminal is, as xterm-256color";
        return check(
            "terminal",
            CheckState::Warn,
            "TERM is not set, or dumb: lines are written in place of a screen",
            remedy,
        );
    };
    let colours = match variable("COLORTERM").as_deref() {
        Some("truecolor" | "24bit") => "true colour",
        _ if term.contains("256color") => "256 colours",
        _ => "16 colours",
    };
    let colours = if variable("NO_COLOR").is_some() {
        "no colour (NO_COLOR)"
    } else {
        colours
    };
    let inside = match (
        variable("TMUX").is_some(),
        variable("STY").is_some(),
        variable("SSH_TTY").is_some(),
    ) {
        (true, ..) => ", in tmux",
        (_, true, _) => ", in screen",
        (_, _, true) => ", over ssh",
        _ => "",
    };
    let utf8 = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(variable);
    let utf8 = utf8.is_some_and(|locale| {
        locale
            .to_ascii_lowercase()
            .replace('-', "")
            .contains("utf8")
    });
    if !utf8 {
        let text = format!("{term}, {colours}{inside}; the locale is not UTF-8");
        return check(
            "terminal",
            CheckState::Warn,
            text,
            "set LANG to a UTF-8 locale, as C.UTF-8",
        );
    }
    check(
        "terminal",
        CheckState::Ok,
        format!("{term}, {colours}{inside}"),
        "",
    )
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
    let mut checks = vec![check(
        "config",
        CheckState::Ok,
        format!("{} {there}", file.display()),
        "",
    )];
    for warning in &loaded.warnings {
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

fn value(check: &Check) -> Value {
    json!({ "name": check.name, "state": word(check.state), "text": check.text, "remedy": check.remedy })
}

fn word(state: CheckState) -> &'static str {
    match state {
        CheckState::Ok => "ok",
        CheckState::Warn => "warn",
        CheckState::Bad => "bad",
    }
}

fn line(check: &Check) -> String {
    let remedy = if check.remedy.is_empty() {
        String::new()
    } else {
        format!("\n{:16}→ {}", "", check.remedy)
    };
    format!(
        "{:4}  {:9} {}{remedy}\n",
        word(check.state),
        check.name,
        check.text
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::path::Path;

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::command::tests::written;
    use crate::config::load;

    #[test]
    fn the_terminal_is_told_by_its_variables() {
        type Case<'c> = (&'c [(&'c str, &'c str)], bool, CheckState, &'c str);
        let cases: &[Case<'_>] = &[
            (
                &[],
                false,
                CheckState::Ok,
                "standard output is no terminal: `creel run` works, the workstation does not",
            ),
            (
                &[("TERM", "dumb")],
                true,
                CheckState::Warn,
                "TERM is not set, or dumb: lines are written in place of a screen",
            ),
            (
                &[],
                true,
                CheckState::Warn,
                "TERM is not set, or dumb: lines are written in place of a screen",
            ),
            (
                &[("TERM", "xterm")],
                true,
                CheckState::Warn,
                "xterm, 16 colours; the locale is not UTF-8",
            ),
            (
                &[
                    ("TERM", "tmux-256color"),
                    ("TMUX", "x"),
                    ("LANG", "de_DE.UTF-8"),
                ],
                true,
                CheckState::Ok,
                "tmux-256color, 256 colours, in tmux",
            ),
            (
                &[
                    ("TERM", "foot"),
                    ("COLORTERM", "truecolor"),
                    ("LC_ALL", "C.utf8"),
                    ("SSH_TTY", "/dev/pts/1"),
                ],
                true,
                CheckState::Ok,
                "foot, true colour, over ssh",
            ),
            (
                &[("TERM", "foot"), ("LANG", "C.UTF-8"), ("NO_COLOR", "1")],
                true,
                CheckState::Ok,
                "foot, no colour (NO_COLOR)",
            ),
        ];
        for (variables, out_is_terminal, state, text) in cases {
            let env = |name: &str| {
                variables
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| value.into())
            };
            let check = terminal(&env, *out_is_terminal);
            assert_eq!((check.state, check.text.as_str()), (*state, *text));
        }
    }

    #[tokio::test]
    async fn it_speaks_without_an_engine_too() {
        let env = |name: &str| (name == "CREEL_HOME").then(|| "/nowhere/creel".into());
        let paths = Paths::from_environment(&env).unwrap();
        let loaded = load::parse("", Path::new("/nowhere/creel/config.toml"), &env).unwrap();
        let surroundings = Surroundings {
            paths: &paths,
            config: Ok(&loaded),
            door: Err("cannot open /nowhere/creel/data/creel.db".to_owned()),
            env: &env,
            out_is_terminal: false,
        };
        let (out, _, code) = written(b"", async |face: &mut Face<'_>| {
            run(&DoctorArgs { json: false }, &surroundings, face).await
        })
        .await;
        let expected = "\
ok    terminal  standard output is no terminal: `creel run` works, the workstation does not
ok    config    /nowhere/creel/config.toml is not there; the defaults hold
warn  model     no model is configured
                → set a key such as ANTHROPIC_API_KEY, or write model and a provider into the config
bad   database  cannot open /nowhere/creel/data/creel.db
                → look at /nowhere/creel/data
warn  sandbox   level none: a command that is allowed runs with all your rights
                → keep the modes ask or edits, or run Creel as a user or in a container of its own
";
        assert_eq!((out.as_str(), code), (expected, exit::FAILED));
        let (out, _, _) = written(b"", async |face: &mut Face<'_>| {
            run(&DoctorArgs { json: true }, &surroundings, face).await
        })
        .await;
        let value: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(
            value[2],
            json!({ "name": "model", "state": "warn", "text": "no model is configured",
                    "remedy": "set a key such as ANTHROPIC_API_KEY, or write model and a provider into the config" })
        );
    }
}
