//! The themes a person may choose: the shipped ones, and the person's own in a folder of TOML files, which go before a shipped
//! one of the same name. Reads small files when asked; nothing is kept.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::tui::terminal::eye::Ground;
use crate::tui::theme::Theme;
use crate::tui::theme::parse::{Draft, parse};
use crate::tui::theme::shipped;

/// A file longer than this is no theme.
const LONGEST: u64 = 256 << 10;

/// Themes that inherit one from another, at most.
const DEEPEST: usize = 8;

/// Where themes are looked for.
#[derive(Clone, Debug, Default)]
pub struct Themes {
    /// The person's own; need not exist.
    folder: Option<PathBuf>,
}

/// A theme that may be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub name: String,
    /// It lies in the person's folder.
    pub own: bool,
    /// What it brings; `None` for the terminal's own. Or in one line why it cannot be read.
    pub ground: Result<Option<Ground>, String>,
}

impl Themes {
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// The file of a theme of the person's own, whether it is there or not. `None` for what is no name.
    pub fn file(&self, name: &str) -> Option<PathBuf> {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
        let is_name = !name.is_empty() && !name.starts_with('.') && name.chars().all(plain);
        let folder = self.folder.as_ref().filter(|_| is_name)?;
        Some(folder.join(format!("{name}.toml")))
    }

    /// When the file of a theme was changed last; `None` for one that is shipped.
    pub fn changed(&self, name: &str) -> Option<SystemTime> {
        let file = self.file(name)?;
        file.metadata().and_then(|data| data.modified()).ok()
    }

    /// The theme of this name; in one line why there is none.
    pub fn read(&self, name: &str) -> Result<Theme, String> {
        self.draft(name, &[]).map(|draft| draft.theme())
    }

    /// All there are, the shipped ones first.
    pub fn list(&self) -> Vec<Listed> {
        let mut own: Vec<String> = self.own();
        own.sort_unstable();
        let shipped = shipped::ALL
            .iter()
            .filter(|shipped| own.iter().all(|name| name != shipped.name))
            .map(|shipped| Listed {
                name: shipped.name.to_owned(),
                own: false,
                ground: Ok(shipped.ground),
            });
        let mut all: Vec<Listed> = shipped.collect();
        all.extend(own.into_iter().map(|name| Listed {
            ground: self.read(&name).map(|theme| theme.ground()),
            own: true,
            name,
        }));
        all
    }

    fn own(&self) -> Vec<String> {
        let Some(entries) = self
            .folder
            .as_ref()
            .and_then(|folder| folder.read_dir().ok())
        else {
            // Most have none.
            return Vec::new();
        };
        let files = entries.flatten().map(|entry| entry.path());
        let names = files.filter(|file| file.extension().is_some_and(|end| end == "toml"));
        names
            .filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned()))
            .filter(|name| self.file(name).is_some())
            .collect()
    }

    /// `heirs` are the themes that inherit this one, the last of them at once.
    fn draft(&self, name: &str, heirs: &[&str]) -> Result<Draft, String> {
        // One that inherits its own name means the shipped one, which it changes.
        let file = self.file(name).filter(|_| !heirs.contains(&name));
        let text = match file.as_ref().map(|file| read_file(file)) {
            Some(Ok(Some(text))) => text,
            Some(Err(why)) => return Err(why),
            None | Some(Ok(None)) => return self.shipped(name, heirs),
        };
        if heirs.len() >= DEEPEST {
            return Err(format!(
                "more than {DEEPEST} themes inherit one from another"
            ));
        }
        let heirs: Vec<&str> = heirs.iter().copied().chain([name]).collect();
        let base = shipped::draft("ansi").unwrap_or_default();
        parse(&text, base, &|name| self.draft(name, &heirs)).map_err(|error| {
            let place = file.as_deref().unwrap_or(Path::new(name)).display();
            format!("{place}:{error}")
        })
    }

    fn shipped(&self, name: &str, heirs: &[&str]) -> Result<Draft, String> {
        if let Some(draft) = shipped::draft(name) {
            return Ok(draft);
        }
        if heirs.contains(&name) {
            return Err(format!("`{name}` inherits itself"));
        }
        let place = match &self.folder {
            Some(folder) => format!("shipped or in {}", folder.display()),
            None => "shipped".to_owned(),
        };
        Err(format!(
            "there is no theme `{name}` {place}: `creel theme list` names them"
        ))
    }
}

/// The text of a theme file; `None` where there is none.
fn read_file(file: &Path) -> Result<Option<String>, String> {
    // Opening a pipe would wait for its other end.
    if file.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return Err(format!("{} is no ordinary file", file.display()));
    }
    let mut text = String::new();
    let read = File::open(file).and_then(|open| open.take(LONGEST + 1).read_to_string(&mut text));
    match read {
        Ok(_) if text.len() as u64 > LONGEST => {
            Err(format!("{} is too long for a theme", file.display()))
        }
        Ok(_) => Ok(Some(text)),
        // A home that is a file is told by who opens the log in it.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(format!("cannot read {}: {error}", file.display())),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;
    use ratatui::style::Color;

    use super::*;
    use crate::tui::theme::role::Role;

    /// A folder with these files.
    fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Themes) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let themes = Themes::new(Some(folder.path().to_owned()));
        (folder, themes)
    }

    #[test]
    fn own_themes_inherit_shipped_ones_and_one_another() {
        let (_folder, themes) = folder(&[
            (
                "mine.toml",
                "inherits = \"dusk\"\npalette = { red = \"#ff0000\" }",
            ),
            (
                "child.toml",
                "inherits = \"mine\"\nroles = { ok = \"#00ff00\" }",
            ),
            // Of a shipped one's name: it changes it.
            (
                "dusk.toml",
                "inherits = \"dusk\"\nroles = { text = \"#eeeeee\" }",
            ),
            ("bare.toml", "roles = { ok = \"#00ff00\" }"),
        ]);
        let style = |name: &str, role| themes.read(name).unwrap().style(role);
        let red = Some(Color::Rgb(255, 0, 0));
        let green = Some(Color::Rgb(0, 255, 0));
        assert_eq!(style("child", Role::Danger).fg, red);
        assert_eq!(style("child", Role::Ok).fg, green);
        assert_eq!(
            style("dusk", Role::Text).fg,
            Some(Color::Rgb(238, 238, 238))
        );
        // Through the person's own of that name.
        assert_eq!(
            style("mine", Role::Text).fg,
            Some(Color::Rgb(238, 238, 238))
        );
        assert_eq!(
            style("bare", Role::Danger),
            Theme::ansi().style(Role::Danger)
        );
    }

    #[test]
    fn in_a_home_that_is_a_file_the_shipped_ones_are_read() {
        let home = tempfile::NamedTempFile::new().unwrap();
        let themes = Themes::new(Some(home.path().join("themes")));
        assert_eq!(themes.read("ansi"), Ok(Theme::ansi()));
    }

    #[test]
    fn a_bad_theme_is_one_line_with_its_place() {
        let (folder, themes) = folder(&[
            ("bad.toml", "[roles]\ntext = \"redd\"\n"),
            ("heir.toml", "inherits = \"bad\"\n"),
            ("self.toml", "inherits = \"self\"\n"),
            ("one.toml", "inherits = \"two\"\n"),
            ("two.toml", "inherits = \"one\"\n"),
            ("list.toml", "inherits = \"nothing\"\n"),
        ]);
        let place = |name: &str| folder.path().join(name).display().to_string();
        let missing = |name: &str| {
            format!(
                "there is no theme `{name}` shipped or in {}: `creel theme list` names them",
                folder.path().display()
            )
        };
        let bad = format!(
            "{}:2:8: unknown colour `redd`; write \"#rrggbb\", a number of 0 to 255, a name of the palette, default, red, bright-red …",
            place("bad.toml")
        );
        let cases = [
            ("bad", bad.clone()),
            ("heir", format!("{}:1:12: {bad}", place("heir.toml"))),
            (
                "self",
                format!("{}:1:12: `self` inherits itself", place("self.toml")),
            ),
            (
                "one",
                format!(
                    "{}:1:12: {}:1:12: `one` inherits itself",
                    place("one.toml"),
                    place("two.toml")
                ),
            ),
            (
                "list",
                format!("{}:1:12: {}", place("list.toml"), missing("nothing")),
            ),
            ("gone", missing("gone")),
            ("../bad", missing("../bad")),
        ];
        for (name, expected) in cases {
            assert_eq!(themes.read(name).unwrap_err(), expected, "{name}");
        }
    }

    #[test]
    fn what_is_no_file_is_not_opened() {
        let (folder, themes) = folder(&[("heir.toml", "inherits = \"pipe\"")]);
        let pipe = folder.path().join("pipe.toml");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        std::fs::create_dir(folder.path().join("folder.toml")).unwrap();
        for name in ["pipe", "folder", "heir"] {
            let why = themes.read(name).unwrap_err();
            assert!(why.ends_with(".toml is no ordinary file"), "{why}");
        }
    }

    #[test]
    fn the_list_has_all_and_says_what_cannot_be_read() {
        let (_folder, themes) = folder(&[
            ("paper.toml", "inherits = \"dawn\""),
            ("dusk.toml", "inherits = \"dusk\""),
            ("bad.toml", "rolls = 1"),
            ("notes.txt", ""),
        ]);
        let all = themes.list();
        let shipped = all.iter().filter(|listed| !listed.own).count();
        assert_eq!(shipped, shipped::ALL.len() - 1);
        let own: Vec<_> = all
            .iter()
            .filter(|listed| listed.own)
            .map(|listed| (listed.name.as_str(), listed.ground.as_ref().ok().copied()))
            .collect();
        assert_eq!(
            own,
            [
                ("bad", None),
                ("dusk", Some(Some(Ground::Dark))),
                ("paper", Some(Some(Ground::Light))),
            ]
        );
        assert!(Themes::default().list().iter().all(|listed| !listed.own));
    }
}
