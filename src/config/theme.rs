//! `ui.theme`: which theme the person wished for, and how another wish stands in the file. What themes there are is not known
//! here.

use toml::de::DeValue;

use crate::config::document::{Document, Section};
use crate::config::set::Change;
use crate::config::write::quoted;

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

    /// What is to be written of it.
    pub fn change(&self) -> Change {
        Change {
            table: "ui".to_owned(),
            name: "theme",
            value: self.value(),
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::config::{load, set};

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
        let file = Path::new("/c/config.toml");
        set::apply(text, &[choice.change()], file, &|_| None).map(|(text, _)| text)
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
            (
                "ui.theme = \"dawn\"\nui.mouse = false\n",
                &ThemeChoice::Usual,
                "ui.mouse = false\n",
            ),
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
            "ui.theme cannot be written into /c/config.toml: write `theme = \"dusk\"` under [ui] there"
        );
        let text = "ui = { theme = \"dawn\", mouse = false }\n";
        assert_eq!(
            write(text, &ThemeChoice::Usual).unwrap_err(),
            "ui.theme cannot be taken out of /c/config.toml: take `theme` away there"
        );
        assert_eq!(
            write("mode = 3", &one("dusk")).unwrap_err(),
            "/c/config.toml has faults of its own: `creel config check` lists them"
        );
    }
}
