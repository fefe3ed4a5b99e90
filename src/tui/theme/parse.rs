//! A theme file into a draft: colours with names, and what each role takes of them. Errors name line and column; what is wrong
//! comes with what would be right.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::tui::theme::Theme;
use crate::tui::theme::role::Role;

/// What is wrong with a theme file, and where. Whoever read the file names it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {problem}")]
pub struct ThemeError {
    /// Both count from 1, columns in characters.
    pub line: usize,
    pub column: usize,
    pub problem: String,
}

/// A theme before its colours are looked up: one that inherits it may name other colours, and every role follows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    palette: BTreeMap<String, Color>,
    /// By the number of the role.
    roles: BTreeMap<usize, Said>,
}

/// What a file says of a role.
#[derive(Clone, Debug, Default, PartialEq)]
struct Said {
    fg: Option<Hue>,
    bg: Option<Hue>,
    attributes: Modifier,
}

/// A colour as a file says it.
#[derive(Clone, Debug, PartialEq)]
enum Hue {
    /// By its name in the palette, which a theme that inherits may change.
    Named(String),
    Fixed(Color),
}

/// The draft that a theme begins from, by its name.
pub type Inherit<'i> = &'i dyn Fn(&str) -> Result<Draft, String>;

impl Draft {
    /// The theme; roles nothing is said of have no style.
    pub fn theme(&self) -> Theme {
        let mut theme = Theme::BLANK;
        for &role in Role::ALL {
            if let Some(said) = self.roles.get(&(role as usize)) {
                theme.set(role, self.style(said));
            }
        }
        theme
    }

    fn style(&self, said: &Said) -> Style {
        // A name was looked for when the file was read, and no name of a palette goes away.
        let colour = |hue: &Hue| match hue {
            Hue::Named(name) => self.palette.get(name).copied(),
            Hue::Fixed(colour) => Some(*colour),
        };
        Style {
            fg: said.fg.as_ref().and_then(colour),
            bg: said.bg.as_ref().and_then(colour),
            ..Style::new().add_modifier(said.attributes)
        }
    }

    /// The roles that nothing is said of.
    pub fn silent(&self) -> impl Iterator<Item = Role> {
        let all = Role::ALL.iter().copied();
        all.filter(|role| !self.roles.contains_key(&(*role as usize)))
    }
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

/// Reads a theme. Colours and roles it does not name are those of the theme it `inherits`, else of `base`.
pub fn parse(text: &str, base: Draft, inherit: Inherit<'_>) -> Result<Draft, ThemeError> {
    let reader = Reader { text };
    let whole = DeTable::parse(text).map_err(|error| {
        reader.error(
            error.span().map_or(0, |span| span.start),
            error.message().replace('\n', ": "),
        )
    })?;
    let mut draft = base;
    let mut palette = None;
    let mut roles = None;
    for (key, value) in whole.get_ref() {
        match key.get_ref().as_ref() {
            "inherits" => {
                let name = reader.word(value)?;
                draft = inherit(name).map_err(|why| reader.error(value.span().start, why))?;
            }
            "palette" => palette = Some(reader.table(value)?),
            "roles" => roles = Some(reader.table(value)?),
            other => {
                return Err(reader.error(
                    key.span().start,
                    format!("unknown key `{other}`; there are `inherits`, `palette` and `roles`"),
                ));
            }
        }
    }
    let none = BTreeMap::new();
    for (key, value) in palette.into_iter().flatten() {
        let colour = match reader.hue(value, &none)? {
            Hue::Fixed(colour) => colour,
            // With an empty palette there is no name to be found.
            Hue::Named(_) => Color::Reset,
        };
        draft.palette.insert(key.get_ref().to_string(), colour);
    }
    for (key, value) in roles.into_iter().flatten() {
        let name = key.get_ref().as_ref();
        let Some(role) = Role::named(name) else {
            return Err(reader.error(key.span().start, unknown_role(name)));
        };
        let said = reader.said(value, &draft.palette)?;
        draft.roles.insert(role as usize, said);
    }
    Ok(draft)
}

struct Reader<'t> {
    text: &'t str,
}

impl Reader<'_> {
    fn error(&self, at: usize, problem: impl Into<String>) -> ThemeError {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.rfind('\n').map_or(before, |end| &before[end + 1..]);
        ThemeError {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
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

    /// A colour of the text, or a table of colours and attributes.
    fn said(
        &self,
        value: &Found<'_>,
        palette: &BTreeMap<String, Color>,
    ) -> Result<Said, ThemeError> {
        let mut said = Said::default();
        let Some(table) = value.get_ref().as_table() else {
            said.fg = Some(self.hue(value, palette)?);
            return Ok(said);
        };
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if name == "fg" {
                said.fg = Some(self.hue(value, palette)?);
            } else if name == "bg" {
                said.bg = Some(self.hue(value, palette)?);
            } else if let Some(&(_, attribute)) =
                ATTRIBUTES.iter().find(|(known, _)| *known == name)
            {
                let on = value.get_ref().as_bool().ok_or_else(|| {
                    self.error(value.span().start, "here stands `true` or `false`")
                })?;
                if on {
                    said.attributes |= attribute;
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
        Ok(said)
    }

    fn hue(&self, value: &Found<'_>, palette: &BTreeMap<String, Color>) -> Result<Hue, ThemeError> {
        let at = value.span().start;
        if let Some(number) = value.get_ref().as_integer() {
            let number = number.as_str().parse().map(Color::Indexed);
            return number
                .map(Hue::Fixed)
                .map_err(|_| self.error(at, "a colour by number is one of 0 to 255"));
        }
        let name = self.word(value)?;
        if palette.contains_key(name) {
            return Ok(Hue::Named(name.to_owned()));
        }
        let named = COLOURS.iter().find(|(known, _)| *known == name);
        let fixed = named
            .map(|&(_, colour)| colour)
            .or_else(|| hexadecimal(name));
        fixed.map(Hue::Fixed).ok_or_else(|| {
            let problem = format!(
                "unknown colour `{name}`; write \"#rrggbb\", a number of 0 to 255, a name of the palette, default, red, bright-red …"
            );
            self.error(at, problem)
        })
    }
}

/// The colour of `#rrggbb`.
pub fn hexadecimal(name: &str) -> Option<Color> {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::tui::theme::shipped;

    fn read(text: &str) -> Result<Draft, ThemeError> {
        parse(text, Draft::default(), &|name| {
            shipped::draft(name).ok_or_else(|| format!("no theme `{name}`"))
        })
    }

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
        let theme = read(text).unwrap().theme();
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
    }

    #[test]
    fn another_palette_changes_every_role_that_names_it() {
        let theme = read("inherits = \"dusk\"\npalette = { red = \"#ff0000\" }").unwrap();
        let (theme, dusk) = (theme.theme(), Theme::shipped("dusk").unwrap());
        let red = Some(Color::Rgb(255, 0, 0));
        for role in [Role::Danger, Role::MeterHigh, Role::BadgeFailed] {
            assert_eq!(theme.style(role).fg, red, "{role:?}");
        }
        assert_eq!(theme.style(Role::RiskHigh).bg, red);
        assert_eq!(theme.style(Role::CodeString), dusk.style(Role::CodeString));
    }

    #[test]
    fn errors_name_the_place_and_the_way_out() {
        let cases = [
            ("\n\nroles = 3", "3:9: here stands a table, `[name]`"),
            (
                "[roles]\ntext = \"rde\"",
                "2:8: unknown colour `rde`; write \"#rrggbb\", a number of 0 to 255, a name of the palette, default, red, bright-red …",
            ),
            (
                "[roles]\ntext = 256",
                "2:8: a colour by number is one of 0 to 255",
            ),
            (
                "[roles]\ntext = -1",
                "2:8: a colour by number is one of 0 to 255",
            ),
            ("[roles]\ntext = [1]", "2:8: here stands a text in quotes"),
            (
                "[roles]\n\ntextt = \"red\"",
                "3:1: unknown role `textt`; did you mean `text`?",
            ),
            (
                "[roles]\n\"diff.added\" = \"red\"",
                "2:1: unknown role `diff.added`; did you mean `diff.add`?",
            ),
            (
                "[roles]\nborder.focus = \"red\"",
                "2:8: unknown `focus`; there are fg, bg, bold, dim, italic, underline, reverse, strike; a role with a dot in its name is written in quotes",
            ),
            (
                "[roles]\ntext = { bold = 1 }",
                "2:17: here stands `true` or `false`",
            ),
            ("inherits = \"noon\"", "1:12: no theme `noon`"),
            (
                "[rolls]",
                "1:2: unknown key `rolls`; there are `inherits`, `palette` and `roles`",
            ),
            (
                "[palette]\na = \"b\"",
                "2:5: unknown colour `b`; write \"#rrggbb\", a number of 0 to 255, a name of the palette, default, red, bright-red …",
            ),
        ];
        for (text, expected) in cases {
            let error = read(text).unwrap_err();
            assert_eq!(error.to_string(), expected, "{text:?}");
        }
        let broken = read("[roles]\ntext = = 3").unwrap_err();
        assert_eq!((broken.line, broken.column), (2, 8));
        assert!(!broken.to_string().contains('\n'), "{broken}");
    }
}
