//! `ui.theme`: which theme the person wished for, and how Creel writes another wish into the file. What themes there are is not
//! known here.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::document::{Document, Section};
use crate::config::load;
use crate::config::paths::{Environment, Paths};
use crate::config::write::{keep_config, quoted};

/// The keys of a pair.
pub const KEYS: &[&str] = &["light", "dark"];

/// Which theme the person wished for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ThemeChoice {
    /// None: the usual ones, by the terminal.
    #[default]
    Usual,
    One(String),
    /// By what the terminal has behind its text.
    Pair {
        light: String,
        dark: String,
    },
}

impl ThemeChoice {
    /// As TOML says it; `None` where nothing is said.
    pub fn value(&self) -> Option<String> {
        match self {
            Self::Usual => None,
            Self::One(name) => Some(quoted(name)),
            Self::Pair { light, dark } => Some(format!(
                "{{ light = {}, dark = {} }}",
                quoted(light),
                quoted(dark)
            )),
        }
    }
}

/// Reads `theme` of a section.
pub fn read(document: &mut Document<'_>, ui: &Section<'_>) -> ThemeChoice {
    let is_pair = ui
        .table
        .get("theme")
        .is_some_and(|value| matches!(value.get_ref(), DeValue::Table(_)));
    if !is_pair {
        return name(document, ui, "theme").map_or(ThemeChoice::Usual, ThemeChoice::One);
    }
    let Some(pair) = document.section(ui, "theme", KEYS) else {
        return ThemeChoice::Usual;
    };
    for key in KEYS {
        if !pair.table.contains_key(*key) {
            let text = format!(
                "`ui.theme` has no `{key}`: it names a theme for each kind of terminal, `light` and `dark`"
            );
            document.section_fault(&pair, &text);
        }
    }
    match (
        name(document, &pair, "light"),
        name(document, &pair, "dark"),
    ) {
        (Some(light), Some(dark)) => ThemeChoice::Pair { light, dark },
        _ => ThemeChoice::Usual,
    }
}

fn name(document: &mut Document<'_>, section: &Section<'_>, key: &str) -> Option<String> {
    let (theme, span) = document.text(section, key)?;
    if theme.is_empty() || theme.chars().any(|c| c.is_control() || c == '/') {
        let text = format!("`{}` must be the name of a theme", section.key(key));
        document.fault(&span, &text);
    }
    Some(theme)
}

/// Writes the choice into the config file; all else stays as it is, comments included.
pub fn keep(paths: &Paths, choice: &ThemeChoice, env: Environment<'_>) -> Result<(), String> {
    let file = &paths.config_file;
    let text = load::read_file(file).map_err(|why| format!("{} {why}", file.display()))?;
    let changed = changed(&text, choice, file, env)?;
    if changed == text {
        return Ok(());
    }
    keep_config(file, &changed)
}

/// The text with the choice in it. It reads as the one before but for the theme, or is refused.
fn changed(
    text: &str,
    choice: &ThemeChoice,
    file: &Path,
    env: Environment<'_>,
) -> Result<String, String> {
    let faulty = |_| {
        format!(
            "{} has faults of its own: `creel config check` lists them",
            file.display()
        )
    };
    let mut wanted = load::parse(text, file, env).map_err(faulty)?.config;
    wanted.ui.theme = choice.clone();
    let changed = put(text, choice);
    let read = load::parse(&changed, file, env).map(|loaded| loaded.config);
    match read {
        Ok(read) if read == wanted => Ok(changed),
        _ => Err(format!(
            "the theme stands in {} in a form Creel does not change: write `theme = {}` under [ui] there",
            file.display(),
            choice.value().unwrap_or_default()
        )),
    }
}

/// Puts the choice in the place of the one that is there, else first in `[ui]`, else into a section at the end.
fn put(text: &str, choice: &ThemeChoice) -> String {
    let mut changed = text.to_owned();
    let Ok(root) = DeTable::parse(text) else {
        return changed;
    };
    let ui = root.get_ref().get("ui");
    let old = ui.and_then(|ui| ui.get_ref().as_table()?.get_key_value("theme"));
    let Some(value) = choice.value() else {
        if let Some((key, _)) = old {
            remove_line(&mut changed, key.span().start);
        }
        return changed;
    };
    if let Some((_, value_there)) = old {
        changed.replace_range(value_there.span(), &value);
        return changed;
    }
    // The span of a section of its own is its head, that of an inline table the table.
    let head = ui.map(Spanned::span).filter(|span| {
        let line = text[..span.start].rfind('\n').map_or(0, |end| end + 1);
        text[line..].trim_start().starts_with('[')
    });
    match (ui, head) {
        (Some(_), Some(head)) => {
            let end = text[head.end..].find('\n');
            let at = end.map_or(text.len(), |end| head.end + end + 1);
            let before = if end.is_none() { "\n" } else { "" };
            changed.insert_str(at, &format!("{before}theme = {value}\n"));
        }
        (Some(ui), None) if text[ui.span()].starts_with('{') => {
            let rest = &text[ui.span().start + 1..ui.span().end];
            let comma = if rest.trim_end_matches('}').trim().is_empty() {
                ""
            } else {
                ","
            };
            changed.insert_str(ui.span().start + 1, &format!(" theme = {value}{comma}"));
        }
        // Dotted keys at the top: one more of them, before the first section.
        (Some(ui), None) => {
            let line = text[..ui.span().start].rfind('\n').map_or(0, |end| end + 1);
            changed.insert_str(line, &format!("ui.theme = {value}\n"));
        }
        (None, _) => {
            if !changed.is_empty() {
                changed.push_str(if changed.ends_with('\n') {
                    "\n"
                } else {
                    "\n\n"
                });
            }
            changed.extend(["[ui]\ntheme = ", &value, "\n"]);
        }
    }
    changed
}

/// Takes the line of a key away, with its comment.
fn remove_line(text: &mut String, at: usize) {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end + 1);
    text.replace_range(start..end, "");
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;

    use super::*;

    fn one(name: &str) -> ThemeChoice {
        ThemeChoice::One(name.to_owned())
    }

    fn pair(light: &str, dark: &str) -> ThemeChoice {
        ThemeChoice::Pair {
            light: light.to_owned(),
            dark: dark.to_owned(),
        }
    }

    fn write(text: &str, choice: &ThemeChoice) -> Result<String, String> {
        changed(text, choice, Path::new("/c/config.toml"), &|_| None)
    }

    #[test]
    fn a_theme_is_one_name_or_two() {
        let cases = [
            ("", Ok(ThemeChoice::Usual)),
            ("[ui]\ntheme = \"dusk\"", Ok(one("dusk"))),
            (
                "ui.theme = { light = \"a\", dark = \"b\" }",
                Ok(pair("a", "b")),
            ),
            (
                "[ui.theme]\nlight = \"a\"\ndark = \"b\"",
                Ok(pair("a", "b")),
            ),
            (
                "[ui]\ntheme = { light = \"a\" }",
                Err(
                    "2:9: `ui.theme` has no `dark`: it names a theme for each kind of terminal, `light` and `dark`",
                ),
            ),
            (
                "[ui]\ntheme = { light = \"a\", dark = \"x/y\" }",
                Err("2:31: `ui.theme.dark` must be the name of a theme"),
            ),
            (
                "[ui]\ntheme = 3",
                Err("2:9: `ui.theme` must be a text in quotes, not a whole number"),
            ),
        ];
        for (text, expected) in cases {
            let read = load::parse(text, Path::new("/c/config.toml"), &|_| None);
            let read = read.map(|loaded| loaded.config.ui.theme);
            let read = read.map_err(|faults| faults[0].to_string());
            assert_eq!(read, expected.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn all_else_in_the_file_stays() {
        let dusk = one("dusk");
        let cases = [
            ("", &dusk, "[ui]\ntheme = \"dusk\"\n"),
            (
                "# mine\nmode = \"edits\"",
                &dusk,
                "# mine\nmode = \"edits\"\n\n[ui]\ntheme = \"dusk\"\n",
            ),
            (
                "[ui]  # looks\ntheme = \"dawn\"  # for the day\nmouse = false\n",
                &dusk,
                "[ui]  # looks\ntheme = \"dusk\"  # for the day\nmouse = false\n",
            ),
            (
                "[ui]  # looks\nmouse = false\n\n[budget]\nday = 3\n",
                &pair("dawn", "nord"),
                "[ui]  # looks\ntheme = { light = \"dawn\", dark = \"nord\" }\nmouse = false\n\n[budget]\nday = 3\n",
            ),
            ("[ui]", &dusk, "[ui]\ntheme = \"dusk\"\n"),
            (
                "[ui]\r\nmouse = false\r\n",
                &dusk,
                "[ui]\r\ntheme = \"dusk\"\nmouse = false\r\n",
            ),
            (
                "ui = { mouse = false } # short\n",
                &dusk,
                "ui = { theme = \"dusk\", mouse = false } # short\n",
            ),
            ("ui = {}\n", &dusk, "ui = { theme = \"dusk\"}\n"),
            (
                "ui.mouse = false\n[budget]\nday = 3\n",
                &dusk,
                "ui.theme = \"dusk\"\nui.mouse = false\n[budget]\nday = 3\n",
            ),
            (
                "ui.theme = { light = \"a\", dark = \"b\" } # both\n",
                &dusk,
                "ui.theme = \"dusk\" # both\n",
            ),
            (
                "[ui]\ntheme = \"dawn\"  # gone\nmouse = false\n",
                &ThemeChoice::Usual,
                "[ui]\nmouse = false\n",
            ),
            ("mode = \"ask\"\n", &ThemeChoice::Usual, "mode = \"ask\"\n"),
        ];
        for (text, choice, expected) in cases {
            assert_eq!(write(text, choice).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_form_that_would_be_broken_is_left_to_the_person() {
        let text = "[ui.theme]\nlight = \"a\"\ndark = \"b\"\n";
        assert_eq!(
            write(text, &one("dusk")).unwrap_err(),
            "the theme stands in /c/config.toml in a form Creel does not change: write `theme = \"dusk\"` under [ui] there"
        );
        assert_eq!(
            write("mode = 3", &one("dusk")).unwrap_err(),
            "/c/config.toml has faults of its own: `creel config check` lists them"
        );
    }
}
