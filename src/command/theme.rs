//! `creel theme`: lists the themes there are, and makes one from a base16 or base24 scheme. Needs no engine.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::command::{Ended, Face, Trouble, exit};
use crate::config::load;
use crate::config::paths::{self, Environment, Paths};
use crate::config::theme::ThemeChoice;
use crate::config::write::write_whole;
use crate::tui::terminal::eye::Ground;
use crate::tui::theme::folder::{Listed, Themes};
use crate::tui::theme::scheme::{LONGEST, Scheme};

#[derive(Debug, Clone, Subcommand)]
pub enum ThemeSub {
    List(ThemeListArgs),
    Import(ThemeImportArgs),
}

/// List the themes, shipped ones and your own
#[derive(Debug, Clone, Args)]
pub struct ThemeListArgs {
    /// One JSON value in place of a text
    #[arg(long)]
    pub json: bool,
}

/// Make a theme from a base16 or base24 scheme
#[derive(Debug, Clone, Args)]
pub struct ThemeImportArgs {
    /// The scheme, a YAML file; `-` reads it from standard input
    pub file: PathBuf,
    /// What the theme is called [default: as the scheme]
    #[arg(long)]
    pub name: Option<String>,
    /// Take the place of a theme of that name
    #[arg(long)]
    pub replace: bool,
}

pub fn run(sub: &ThemeSub, paths: &Paths, env: Environment<'_>, face: &mut Face<'_>) -> Ended {
    match sub {
        ThemeSub::List(args) => list(args, paths, env, face),
        ThemeSub::Import(args) => import(args, paths, face),
    }
}

fn list(args: &ThemeListArgs, paths: &Paths, env: Environment<'_>, face: &mut Face<'_>) -> Ended {
    // What a broken config chooses cannot be told; the list is the same.
    let choice = load::read(paths, env).map(|loaded| loaded.config.ui.theme);
    let choice = choice.unwrap_or_default();
    let themes = Themes::new(Some(paths.themes.clone()));
    let all = themes.list();
    if args.json {
        let rows = all.iter().map(|listed| {
            json!({
                "name": listed.name,
                "ground": listed.ground.as_ref().ok().copied().flatten().map(Ground::name),
                "own": listed.own,
                "chosen": chosen(&choice, &listed.name).is_some(),
                "fault": listed.ground.as_ref().err(),
            })
        });
        face.json(&Value::Array(rows.collect()))?;
        return Ok(exit::DONE);
    }
    let width = all
        .iter()
        .map(|listed| listed.name.len())
        .max()
        .unwrap_or(0);
    for listed in &all {
        let own = if listed.own { ", yours" } else { "" };
        let chosen =
            chosen(&choice, &listed.name).map_or(String::new(), |when| format!(", chosen{when}"));
        let line = format!("{:width$}  {}{own}{chosen}", listed.name, kind(listed));
        face.say_line(&line)?;
    }
    Ok(exit::DONE)
}

/// What a theme is for, in a word or two.
fn kind(listed: &Listed) -> &str {
    match &listed.ground {
        Ok(Some(ground)) => ground.name(),
        Ok(None) => "the terminal's own colours",
        Err(why) => why,
    }
}

/// When a theme is worn, where it is chosen.
fn chosen(choice: &ThemeChoice, name: &str) -> Option<&'static str> {
    match choice {
        ThemeChoice::One(one) if one == name => Some(""),
        ThemeChoice::Pair { dark, .. } if dark == name => Some(" for dark terminals"),
        ThemeChoice::Pair { light, .. } if light == name => Some(" for light terminals"),
        _ => None,
    }
}

fn import(args: &ThemeImportArgs, paths: &Paths, face: &mut Face<'_>) -> Ended {
    let place = args.file.display();
    let text = read(&args.file, face)?;
    let scheme = Scheme::parse(&text).map_err(|why| Trouble::failed(format!("{place}: {why}")))?;
    let name = match &args.name {
        Some(name) => name.clone(),
        None => usual_name(&scheme, &args.file),
    };
    let themes = Themes::new(Some(paths.themes.clone()));
    let file = themes.file(&name).ok_or_else(|| {
        Trouble::usage(format!(
            "`{name}` is no name for a theme: give one with --name"
        ))
    })?;
    if file.exists() && !args.replace {
        return Err(Trouble::failed(format!(
            "{} is there already: give another name with --name, or --replace",
            file.display()
        )));
    }
    paths::ensure(&paths.themes).map_err(Trouble::failed)?;
    write_whole(&file, &scheme.theme()).map_err(Trouble::failed)?;
    face.say_line(&format!(
        "{name} ({}) is in {}\nchoose it with /theme {name}, or with `theme = \"{name}\"` under [ui] in the config",
        scheme.ground().name(),
        file.display()
    ))?;
    Ok(exit::DONE)
}

fn read(file: &Path, face: &mut Face<'_>) -> Result<String, Trouble> {
    let mut text = String::new();
    let most = LONGEST as u64 + 1;
    let read = if file == Path::new("-") {
        face.input.take(most).read_to_string(&mut text)
    } else {
        File::open(file).and_then(|open| open.take(most).read_to_string(&mut text))
    };
    match read {
        Ok(_) if text.len() > LONGEST => Err(Trouble::failed(format!(
            "{} is too long for a colour scheme",
            file.display()
        ))),
        Ok(_) => Ok(text),
        Err(error) => Err(Trouble::usage(format!(
            "cannot read {}: {error}",
            file.display()
        ))),
    }
}

/// The scheme's own name as files are named, else the name of its file.
fn usual_name(scheme: &Scheme, file: &Path) -> String {
    let of_file = file
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    let name = if scheme.name.is_empty() {
        of_file.unwrap_or_default()
    } else {
        scheme.name.clone()
    };
    let words = name.split(|c: char| !c.is_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::command::tests::written;

    const SCHEME: &str = "name: Harbour Night\nauthor: Ada\npalette:
  base00: '101820'\n  base01: '1a2430'\n  base02: '304050'\n  base03: '405060'\n  base04: '8090a0'\n  base05: 'c0c8d0'
  base06: 'd8dee4'\n  base07: 'f0f4f8'\n  base08: 'e07070'\n  base09: 'd08040'\n  base0A: 'd0b050'\n  base0B: '60a060'
  base0C: '50a0a0'\n  base0D: '6090f0'\n  base0E: 'b080e0'\n  base0F: '806040'\n";

    struct Home {
        scratch: tempfile::TempDir,
        paths: Paths,
    }

    impl Home {
        fn new() -> Self {
            let scratch = tempfile::tempdir().unwrap();
            let paths = Paths::from_environment(&|name| {
                (name == "CREEL_HOME").then(|| scratch.path().as_os_str().to_owned())
            });
            Self {
                paths: paths.unwrap(),
                scratch,
            }
        }

        async fn said(&self, sub: ThemeSub, input: &str) -> (String, String, u8) {
            written(input.as_bytes(), async |face: &mut Face<'_>| {
                run(&sub, &self.paths, &|_| None, face)
            })
            .await
        }
    }

    fn import_of(file: &Path, replace: bool) -> ThemeSub {
        ThemeSub::Import(ThemeImportArgs {
            file: file.to_owned(),
            name: None,
            replace,
        })
    }

    #[tokio::test]
    async fn a_scheme_is_imported_in_one_line_and_then_listed() {
        let home = Home::new();
        let file = home.scratch.path().join("some.yaml");
        std::fs::write(&file, SCHEME).unwrap();
        let theme = home.paths.themes.join("harbour-night.toml");
        let expected = format!(
            "harbour-night (dark) is in {}\nchoose it with /theme harbour-night, or with `theme = \"harbour-night\"` under [ui] in the config\n",
            theme.display()
        );
        assert_eq!(
            home.said(import_of(&file, false), "").await,
            (expected.clone(), String::new(), 0)
        );
        let again = format!(
            "creel: {} is there already: give another name with --name, or --replace\n",
            theme.display()
        );
        assert_eq!(
            home.said(import_of(&file, false), "").await,
            (String::new(), again, 1)
        );
        let stdin = import_of(Path::new("-"), true);
        assert_eq!(home.said(stdin, SCHEME).await, (expected, String::new(), 0));

        std::fs::write(&home.paths.config_file, "[ui]\ntheme = \"harbour-night\"\n").unwrap();
        std::fs::write(home.paths.themes.join("bad.toml"), "rolls = 1\n").unwrap();
        let list = ThemeSub::List(ThemeListArgs { json: false });
        let (shown, _, code) = home.said(list, "").await;
        assert_eq!(code, 0);
        let has = |line: &str| shown.lines().any(|shown| shown == line);
        assert!(
            has("ansi              the terminal's own colours"),
            "{shown}"
        );
        assert!(has("harbour-night     dark, yours, chosen"), "{shown}");
        let bad = home.paths.themes.join("bad.toml");
        let fault = format!("bad               {}:1:1: unknown key", bad.display());
        assert!(shown.contains(&fault), "{shown}");

        let list = ThemeSub::List(ThemeListArgs { json: true });
        let (shown, _, _) = home.said(list, "").await;
        let rows: Vec<Value> = serde_json::from_str(&shown).unwrap();
        let row = rows.iter().find(|row| row["name"] == "harbour-night");
        assert_eq!(
            row,
            Some(
                &json!({"name": "harbour-night", "ground": "dark", "own": true, "chosen": true, "fault": null})
            )
        );
    }

    #[tokio::test]
    async fn what_cannot_be_imported_is_said() {
        let home = Home::new();
        let file = home.scratch.path().join("x.yaml");
        std::fs::write(&file, SCHEME.replace("base0C", "bass0C")).unwrap();
        let (_, said, code) = home.said(import_of(&file, false), "").await;
        let missing =
            "base0C is missing: base16 has base00 to base0F, base24 also base10 to base17";
        assert_eq!(
            (said, code),
            (format!("creel: {}: {missing}\n", file.display()), 1)
        );
        let gone = home.scratch.path().join("gone.yaml");
        assert_eq!(home.said(import_of(&gone, false), "").await.2, 2);
        let named = ThemeSub::Import(ThemeImportArgs {
            file: "-".into(),
            name: Some("../x".to_owned()),
            replace: false,
        });
        assert_eq!(home.said(named, SCHEME).await.2, 2);
        assert!(!home.paths.themes.exists());
    }
}
