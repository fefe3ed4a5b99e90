//! A theme file into a theme. Errors name the line; what is wrong comes with what would be right.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::tui::theme::Theme;
use crate::tui::theme::role::Role;

/// What is wrong with a theme file, and in which line. Whoever read the file names it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ThemeError {
    /// Counts from 1.
    pub line: usize,
    pub problem: String,
}

/// Attributes as a theme names them.
const ATTRIBUTES: [(&str, Modifier); 6] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underline", Modifier::UNDERLINED),
    ("reverse", Modifier::REVERSED),
    ("strike", Modifier::CROSSED_OUT),
];

/// The terminal's own colours as a theme names them.
const COLOURS: [(&str, Color); 17] = [
    ("default", Color::Reset),
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("grey", Color::Gray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

type Found<'a> = Spanned<DeValue<'a>>;

/// Reads a theme; see [`Theme::parse`].
pub fn parse(text: &str, base: &Theme) -> Result<Theme, ThemeError> {
    let whole = DeTable::parse(text).map_err(|error| ThemeError {
        line: line_at(text, error.span().map_or(0, |span| span.start)),
        problem: error.message().to_owned(),
    })?;
    let reader = Reader { text };
    let mut palette = BTreeMap::new();
    let mut theme = base.clone();
    let mut roles = None;
    for (key, value) in whole.get_ref() {
        match key.get_ref().as_ref() {
            "inherits" => theme = reader.inherited(value)?,
            "palette" => palette = reader.palette(value)?,
            "roles" => roles = Some(reader.table(value)?),
            other => {
                return Err(reader.error(
                    key.span().start,
                    format!("unknown key `{other}`; there are `inherits`, `palette` and `roles`"),
                ));
            }
        }
    }
    for (key, value) in roles.into_iter().flatten() {
        let name = key.get_ref().as_ref();
        let Some(role) = Role::named(name) else {
            return Err(reader.error(key.span().start, unknown_role(name)));
        };
        theme.set(role, reader.style(value, &palette)?);
    }
    Ok(theme)
}

struct Reader<'t> {
    text: &'t str,
}

impl Reader<'_> {
    fn error(&self, at: usize, problem: impl Into<String>) -> ThemeError {
        ThemeError {
            line: line_at(self.text, at),
            problem: problem.into(),
        }
    }

    fn table<'v, 'a>(&self, value: &'v Found<'a>) -> Result<&'v DeTable<'a>, ThemeError> {
        value
            .get_ref()
            .as_table()
            .ok_or_else(|| self.error(value.span().start, "here stands a table, `[name]`"))
    }

    fn word<'v>(&self, value: &'v Found<'_>) -> Result<&'v str, ThemeError> {
        value
            .get_ref()
            .as_str()
            .ok_or_else(|| self.error(value.span().start, "here stands a text in quotes"))
    }

    fn inherited(&self, value: &Found<'_>) -> Result<Theme, ThemeError> {
        let name = self.word(value)?;
        Theme::shipped(name).ok_or_else(|| {
            let names: Vec<_> = Theme::names().collect();
            let problem = format!(
                "no theme `{name}` to inherit; there are {}",
                names.join(", ")
            );
            self.error(value.span().start, problem)
        })
    }

    fn palette(&self, value: &Found<'_>) -> Result<BTreeMap<String, Color>, ThemeError> {
        let none = BTreeMap::new();
        let mut palette = BTreeMap::new();
        for (key, value) in self.table(value)? {
            palette.insert(key.get_ref().to_string(), self.colour(value, &none)?);
        }
        Ok(palette)
    }

    /// A colour of the text, or a table of colours and attributes.
    fn style(
        &self,
        value: &Found<'_>,
        palette: &BTreeMap<String, Color>,
    ) -> Result<Style, ThemeError> {
        let Some(table) = value.get_ref().as_table() else {
            return Ok(Style::new().fg(self.colour(value, palette)?));
        };
        let mut style = Style::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if name == "fg" {
                style = style.fg(self.colour(value, palette)?);
            } else if name == "bg" {
                style = style.bg(self.colour(value, palette)?);
            } else if let Some(&(_, attribute)) =
                ATTRIBUTES.iter().find(|(known, _)| *known == name)
            {
                let on = value.get_ref().as_bool().ok_or_else(|| {
                    self.error(value.span().start, "here stands `true` or `false`")
                })?;
                if on {
                    style = style.add_modifier(attribute);
                }
            } else {
                let known: Vec<_> = ATTRIBUTES.iter().map(|&(known, _)| known).collect();
                let problem = format!(
                    "unknown `{name}`; there are fg, bg, {}; a role with a dot in its name is written in quotes",
                    known.join(", ")
                );
                return Err(self.error(key.span().start, problem));
            }
        }
        Ok(style)
    }

    fn colour(
        &self,
        value: &Found<'_>,
        palette: &BTreeMap<String, Color>,
    ) -> Result<Color, ThemeError> {
        if let Some(number) = value.get_ref().as_integer() {
            return number.as_str().parse().map(Color::Indexed).map_err(|_| {
                self.error(value.span().start, "a colour by number is one of 0 to 255")
            });
        }
        let name = self.word(value)?;
        let named = || COLOURS.iter().find(|(known, _)| *known == name);
        if let Some(&colour) = palette.get(name) {
            Ok(colour)
        } else if let Some(&(_, colour)) = named() {
            Ok(colour)
        } else if let Some(colour) = hexadecimal(name) {
            Ok(colour)
        } else {
            let problem = format!(
                "unknown colour `{name}`; write \"#rrggbb\", a number of 0 to 255, a name of the palette, default, red, bright-red …"
            );
            Err(self.error(value.span().start, problem))
        }
    }
}

fn hexadecimal(name: &str) -> Option<Color> {
    let digits = name.strip_prefix('#').filter(|digits| {
        digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })?;
    u32::from_str_radix(digits, 16).ok().map(Color::from_u32)
}

/// Names the roles that share most with the one that does not exist.
fn unknown_role(name: &str) -> String {
    let likeness = |role: &Role| {
        let known = role.name();
        let begun = known
            .chars()
            .zip(name.chars())
            .take_while(|(a, b)| a == b)
            .count();
        let shared = known.chars().filter(|&c| name.contains(c)).count();
        (4 * begun + shared) as i64 - 3 * known.len().abs_diff(name.len()) as i64
    };
    let nearest = Role::ALL.iter().max_by_key(|role| likeness(role));
    match nearest {
        Some(role) => format!("unknown role `{name}`; did you mean `{}`?", role.name()),
        None => format!("unknown role `{name}`"),
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or(text);
    before.matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_theme_says_only_what_differs() {
        let text = r##"
inherits = "ansi"
[palette]
shell = "#f2856d"
[roles]
accent = "shell"
text = { fg = "#102030", bg = 231 }
"border.focus" = { fg = "bright-cyan", bold = true, dim = false }
"##;
        let theme = Theme::parse(text, &Theme::BLANK).unwrap();
        let expected = [
            (Role::Accent, Style::new().fg(Color::Rgb(0xf2, 0x85, 0x6d))),
            (
                Role::Text,
                Style::new()
                    .fg(Color::Rgb(16, 32, 48))
                    .bg(Color::Indexed(231)),
            ),
            (
                Role::BorderFocus,
                Style::new()
                    .fg(Color::LightCyan)
                    .add_modifier(Modifier::BOLD),
            ),
            (Role::Danger, Theme::ansi().style(Role::Danger)),
        ];
        for (role, style) in expected {
            assert_eq!(theme.style(role), style, "{role:?}");
        }
        assert_eq!(Theme::parse("", &theme), Ok(theme));
    }

    #[test]
    fn errors_name_the_line_and_the_way_out() {
        let cases = [
            ("\n\nroles = 3", "line 3: here stands a table, `[name]`"),
            (
                "[roles]\ntext = \"rde\"",
                "line 2: unknown colour `rde`; write \"#rrggbb\", a number of 0 to 255, a name of the palette, default, red, bright-red …",
            ),
            (
                "[roles]\ntext = 256",
                "line 2: a colour by number is one of 0 to 255",
            ),
            (
                "[roles]\ntext = -1",
                "line 2: a colour by number is one of 0 to 255",
            ),
            (
                "[roles]\ntext = [1]",
                "line 2: here stands a text in quotes",
            ),
            (
                "[roles]\n\ntextt = \"red\"",
                "line 3: unknown role `textt`; did you mean `text`?",
            ),
            (
                "[roles]\n\"diff.added\" = \"red\"",
                "line 2: unknown role `diff.added`; did you mean `diff.add`?",
            ),
            (
                "[roles]\nborder.focus = \"red\"",
                "line 2: unknown `focus`; there are fg, bg, bold, dim, italic, underline, reverse, strike; a role with a dot in its name is written in quotes",
            ),
            (
                "[roles]\ntext = { bold = 1 }",
                "line 2: here stands `true` or `false`",
            ),
            (
                "inherits = \"noon\"",
                "line 1: no theme `noon` to inherit; there are ansi, dusk, dawn",
            ),
            (
                "[rolls]",
                "line 1: unknown key `rolls`; there are `inherits`, `palette` and `roles`",
            ),
            (
                "[palette]\na = \"b\"",
                "line 2: unknown colour `b`; write \"#rrggbb\", a number of 0 to 255, a name of the palette, default, red, bright-red …",
            ),
        ];
        for (text, expected) in cases {
            let error = Theme::parse(text, &Theme::BLANK).unwrap_err();
            assert_eq!(error.to_string(), expected, "{text:?}");
        }
        let broken = Theme::parse("[roles]\ntext = = 3", &Theme::BLANK).unwrap_err();
        assert_eq!(broken.line, 2);
    }
}
