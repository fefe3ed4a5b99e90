//! `creel config`: needs no engine, and works when the file is broken.

use crate::agent::rule;
use crate::command::cli::ConfigSub;
use crate::command::{Ended, Face, Trouble, exit};
use crate::config::keymap::Keys;
use crate::config::load::{self, ConfigError, Problem};
use crate::config::paths::{Environment, Paths};
use crate::config::theme::ThemeChoice;
use crate::config::{address, schema, show};
use crate::tui::theme::folder::Themes;

/// `keys`: what the workstation says of the part that is its own.
pub fn run(
    sub: &ConfigSub,
    paths: &Paths,
    env: Environment<'_>,
    keys: Keys,
    face: &mut Face<'_>,
) -> Ended {
    match sub {
        ConfigSub::Path => face.say_line(&paths.config_file.display().to_string())?,
        ConfigSub::Schema => {
            let schema =
                serde_json::to_string_pretty(&schema::schema(&(keys.names)())).unwrap_or_default();
            face.say_line(&schema)?;
        }
        ConfigSub::Check => return check(paths, env, keys, face),
        ConfigSub::Show { origin } => {
            let loaded = load::read(paths, env).map_err(|error| trouble(&error))?;
            let settings = show::settings(&loaded, &paths.config_file);
            for setting in settings {
                let origin = if *origin {
                    format!("  # {}", setting.origin)
                } else {
                    String::new()
                };
                face.say_line(&format!("{} = {}{origin}", setting.key, setting.value))?;
            }
        }
    }
    Ok(exit::DONE)
}

/// A broken config as a command that needs it reports it.
pub fn trouble(error: &ConfigError) -> Trouble {
    Trouble::failed(error.to_string())
}

fn check(paths: &Paths, env: Environment<'_>, keys: Keys, face: &mut Face<'_>) -> Ended {
    match load::read(paths, env) {
        Ok(loaded) => {
            let file = paths.config_file.display();
            let judged = (keys.judge)(&loaded.config.keymap);
            for warning in loaded.warnings.iter().chain(&judged.warnings) {
                face.note(&format!("warning: {warning}"))?;
            }
            for (name, entry) in &loaded.config.providers {
                if let Some(host) = address::readable_at(&entry.base_url) {
                    face.note(&format!(
                        "note: what providers.{name} is sent can be read on the way to {host}: its address is plain http"
                    ))?;
                }
            }
            let rules = loaded.config.rules.iter();
            for why in rules.filter_map(|rule| rule::reach(&rule.text)) {
                face.note(&format!("note: permissions: {why}"))?;
            }
            for why in themes_missing(&loaded.config.ui.theme, paths) {
                face.note(&format!("warning: ui.theme: {why}"))?;
            }
            // They stop no start, and are to be mended all the same.
            for fault in &judged.faults {
                face.say_line(&format!("{file}:{fault}"))?;
            }
            if !judged.faults.is_empty() {
                return Ok(exit::FAILED);
            }
            let there = if paths.config_file.exists() {
                "is sound"
            } else {
                "is not there; the defaults hold"
            };
            face.say_line(&format!("{file} {there}"))?;
            Ok(exit::DONE)
        }
        Err(mut error) => {
            // Those of the keys stand beside the others.
            if let Problem::Faults(faults) = &mut error.problem {
                let judged = (keys.judge)(&load::keymap(paths)).faults.into_iter();
                let others = judged.filter(|own| faults.iter().all(|fault| fault.line != own.line));
                let others: Vec<_> = others.collect();
                faults.extend(others);
                faults.sort();
            }
            for line in error.lines() {
                face.say_line(&line)?;
            }
            Ok(exit::FAILED)
        }
    }
}

/// Why a theme that was chosen cannot be worn.
fn themes_missing(choice: &ThemeChoice, paths: &Paths) -> Vec<String> {
    let names = match choice {
        ThemeChoice::Usual => Vec::new(),
        ThemeChoice::One(name) => vec![name],
        ThemeChoice::Pair { light, dark } => vec![light, dark],
    };
    let themes = Themes::new(Some(paths.themes.clone()));
    names
        .into_iter()
        .filter_map(|name| themes.read(name).err())
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::command::tests::written;
    use crate::config::keymap::Judged;

    #[tokio::test]
    async fn the_config_is_looked_at_without_an_engine() {
        let scratch = tempfile::tempdir().unwrap();
        let paths = Paths::from_environment(&|name| {
            (name == "CREEL_HOME").then(|| scratch.path().as_os_str().to_owned())
        })
        .unwrap();
        let file = paths.config_file.display().to_string();
        let keys = Keys {
            names: || vec![("everywhere", vec!["zoom"])],
            judge: |keymap| {
                let wishes = keymap.wishes.iter();
                Judged {
                    faults: wishes.map(|wish| wish.at.fault("no such key")).collect(),
                    warnings: Vec::new(),
                }
            },
        };
        let said = async |sub: ConfigSub| {
            written(b"", async |face: &mut Face<'_>| {
                run(&sub, &paths, &|_| None, keys, face)
            })
            .await
        };
        assert_eq!(
            said(ConfigSub::Path).await,
            (format!("{file}\n"), String::new(), 0)
        );
        assert_eq!(
            said(ConfigSub::Check).await,
            (
                format!("{file} is not there; the defaults hold\n"),
                String::new(),
                0
            )
        );
        std::fs::write(
            &paths.config_file,
            "mode = \"plan\"\npermissions.deny = [\"Bahs(rm *)\"]\n",
        )
        .unwrap();
        assert_eq!(
            said(ConfigSub::Check).await,
            (
                format!("{file} is sound\n"),
                format!(
                    "creel: warning: {file}:2: permissions.deny: `Bahs(rm *)` names no tool of Creel: did you mean `bash`?\n"
                ),
                0
            )
        );
        let (shown, _, code) = said(ConfigSub::Show { origin: true }).await;
        assert_eq!(
            (shown.lines().next().unwrap(), code),
            (&*format!("mode = \"plan\"  # {file}:1"), 0)
        );
        let (shown, _, _) = said(ConfigSub::Show { origin: false }).await;
        assert!(
            shown.starts_with("mode = \"plan\"\nproviders.rehearsal"),
            "{shown}"
        );

        std::fs::write(&paths.config_file, "ui.theme = \"nowhere\"\n").unwrap();
        let (shown, warned, code) = said(ConfigSub::Check).await;
        assert_eq!((shown, code), (format!("{file} is sound\n"), 0));
        assert!(
            warned.contains("warning: ui.theme: there is no theme `nowhere`"),
            "{warned}"
        );

        let server = "[providers.lan]\nwire = \"openai-chat\"\nbase_url = \"http://10.0.0.2/v1\"\n";
        std::fs::write(&paths.config_file, server).unwrap();
        assert_eq!(
            said(ConfigSub::Check).await,
            (
                format!("{file} is sound\n"),
                "creel: note: what providers.lan is sent can be read on the way to 10.0.0.2: its address is plain http\n"
                    .to_owned(),
                0
            )
        );

        std::fs::write(&paths.config_file, "mode = 1\nmodle = 2\n").unwrap();
        let first = format!("{file}:1:8: `mode` must be a text in quotes, not a whole number");
        let second = format!("{file}:2:1: unknown key `modle`: did you mean `model`?");
        assert_eq!(
            said(ConfigSub::Check).await,
            (format!("{first}\n{second}\n"), String::new(), 1)
        );
        let more = "(and more: `creel config check` lists them)";
        assert_eq!(
            said(ConfigSub::Show { origin: false }).await,
            (String::new(), format!("creel: {first} {more}\n"), 1)
        );
        std::fs::write(&paths.config_file, "[keymap.everywhere]\nzoom = \"x\"\n").unwrap();
        assert_eq!(
            said(ConfigSub::Check).await,
            (format!("{file}:2:1: no such key\n"), String::new(), 1)
        );
        // All of them at once: what cannot be read, what makes no sense, and what no face has a use for.
        let broken =
            "mode = 1\nmodel = \neffort = \"low\"\nmodle = 2\n[keymap.everywhere]\nzoom = \"x\"\n";
        std::fs::write(&paths.config_file, broken).unwrap();
        let (shown, _, code) = said(ConfigSub::Check).await;
        let places: Vec<String> = shown
            .lines()
            .map(|line| {
                let rest = line.strip_prefix(&file).unwrap();
                rest.split(' ').next().unwrap().to_owned()
            })
            .collect();
        assert_eq!(
            (places.join(" "), code),
            (":1:8: :2:9: :4:1: :6:1:".to_owned(), 1),
            "{shown}"
        );
        let (schema, _, _) = said(ConfigSub::Schema).await;
        assert!(serde_json::from_str::<serde_json::Value>(&schema).is_ok());
    }
}
