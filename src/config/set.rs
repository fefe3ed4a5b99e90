//! Writes one value into the person's config. Everything else stands as it stood, comments included, and nothing is written
//! unless the file reads well before and after.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::config::load::{self, Loaded};
use crate::config::paths::{Environment, Paths};
use crate::config::write::keep_config;

/// Gives the key `name` of the table `[table]` this value, written as TOML, or takes it away with `None`. A table's name is
/// made of bare words with points between.
pub fn set(
    paths: &Paths,
    table: &str,
    name: &str,
    value: Option<&str>,
    env: Environment<'_>,
) -> Result<Loaded, String> {
    let file = &paths.config_file;
    let shown = file.display();
    let text = load::read_file(file).map_err(|why| format!("{shown} {why}"))?;
    let broken = || format!("{shown} has faults of its own: `creel config check` lists them");
    load::parse(&text, file, env).map_err(|_| broken())?;
    let by_hand = || format!("{table}.{name} cannot be written into {shown}: change it there");
    let changed = changed(&text, table, name, value).ok_or_else(by_hand)?;
    let loaded = load::parse(&changed, file, env).map_err(|_| by_hand())?;
    // What was wished for is there now, in the one form that could be read back.
    let there = loaded.lines.contains_key(&format!("{table}.{name}"));
    if there != value.is_some() {
        return Err(by_hand());
    }
    if changed != text {
        keep_config(file, &changed)?;
    }
    Ok(loaded)
}

/// The text with the value in its place; `None`: the file has the table in a form that is not written into.
fn changed(text: &str, table: &str, name: &str, value: Option<&str>) -> Option<String> {
    let root = DeTable::parse(text).ok()?;
    let mut found = root.get_ref();
    for part in table.split('.') {
        let Some(below) = found.get(part) else {
            return Some(match value {
                Some(value) => appended(text, table, name, value),
                None => text.to_owned(),
            });
        };
        found = match below.get_ref() {
            DeValue::Table(below) => below,
            _ => return None,
        };
    }
    let mut out = text.to_owned();
    match (found.get_key_value(name), value) {
        (Some((_, old)), Some(value)) => out.replace_range(old.span(), value),
        (Some((key, old)), None) => {
            out.replace_range(lines(text, &(key.span().start..old.span().end))?, "");
        }
        (None, None) => {}
        (None, Some(value)) => match head(text, table) {
            Some(after) => out.insert_str(after, &format!("{name} = {value}\n")),
            // Its keys stand behind dots, or its parent alone has a head.
            None if text
                .lines()
                .any(|line| line.trim_start().starts_with(&format!("[{table}."))) =>
            {
                return Some(appended(text, table, name, value));
            }
            None => return None,
        },
    }
    Some(out)
}

fn appended(text: &str, table: &str, name: &str, value: &str) -> String {
    let end = match text {
        "" => "",
        _ if text.ends_with("\n\n") => "",
        _ if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    format!("{text}{end}[{table}]\n{name} = {value}\n")
}

/// The byte after the line of a table's head.
fn head(text: &str, table: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        at += line.len();
        let bare = line.trim_start_matches('\u{feff}').trim_start();
        let named = bare.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let is = named.is_some_and(|(name, rest)| {
            let rest = rest.trim_start();
            name.split('.').map(str::trim).eq(table.split('.'))
                && (rest.is_empty() || rest.starts_with('#'))
        });
        if is && line.ends_with('\n') {
            return Some(at);
        }
    }
    None
}

/// The whole lines of a key and its value; `None` where something else stands on them.
fn lines(text: &str, span: &Range<usize>) -> Option<Range<usize>> {
    let start = text[..span.start].rfind('\n').map_or(0, |end| end + 1);
    let end = text[span.end..]
        .find('\n')
        .map_or(text.len(), |end| span.end + end + 1);
    let before = text[start..span.start]
        .trim_start_matches('\u{feff}')
        .trim();
    let after = text[span.end..end].trim();
    (before.is_empty() && (after.is_empty() || after.starts_with('#'))).then_some(start..end)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use pretty_assertions::assert_eq;

    use super::*;

    const TABLE: &str = "keymap.everywhere";

    #[test]
    fn one_value_changes_and_all_else_stays() {
        let set = Some("[\"f5\"]");
        let cases = [
            ("", set, Some("[keymap.everywhere]\nzoom = [\"f5\"]\n")),
            (
                "mode = \"ask\" # so",
                set,
                Some("mode = \"ask\" # so\n\n[keymap.everywhere]\nzoom = [\"f5\"]\n"),
            ),
            (
                "# mine\n[keymap.everywhere] # keys\n# big\nzoom = [ \"f6\",\n  \"f7\" ] # why\ncost = []\n",
                set,
                Some(
                    "# mine\n[keymap.everywhere] # keys\n# big\nzoom = [\"f5\"] # why\ncost = []\n",
                ),
            ),
            (
                "[keymap.everywhere]\ncost = []\n\n[ui]\nmouse = true\n",
                set,
                Some("[keymap.everywhere]\nzoom = [\"f5\"]\ncost = []\n\n[ui]\nmouse = true\n"),
            ),
            (
                "[keymap.composer]\nsend = \"f9\"\n",
                set,
                Some("[keymap.composer]\nsend = \"f9\"\n\n[keymap.everywhere]\nzoom = [\"f5\"]\n"),
            ),
            (
                "[keymap.everywhere]\n# big\nzoom = [\"f6\"] # why\ncost = []\n",
                None,
                Some("[keymap.everywhere]\n# big\ncost = []\n"),
            ),
            (
                "[keymap.everywhere]\ncost = []\n",
                None,
                Some("[keymap.everywhere]\ncost = []\n"),
            ),
            (
                "keymap.everywhere.zoom = \"f6\"\n",
                set,
                Some("keymap.everywhere.zoom = [\"f5\"]\n"),
            ),
            (
                "keymap = { everywhere = { zoom = \"f6\" } }\n",
                set,
                Some("keymap = { everywhere = { zoom = [\"f5\"] } }\n"),
            ),
            // Not written into.
            ("keymap = { everywhere = { zoom = \"f6\" } }\n", None, None),
            ("keymap.everywhere.cost = []\n", set, None),
            ("keymap = 3\n", set, None),
        ];
        for (text, value, expected) in cases {
            assert_eq!(
                changed(text, TABLE, "zoom", value).as_deref(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn nothing_is_written_unless_it_reads_well() {
        let scratch = tempfile::tempdir().unwrap();
        let home = scratch.path().as_os_str().to_owned();
        let paths =
            Paths::from_environment(&|name| (name == "CREEL_HOME").then(|| home.clone())).unwrap();
        let read = || std::fs::read_to_string(&paths.config_file).unwrap_or_default();
        let set = |value: Option<&str>| set(&paths, TABLE, "zoom", value, &|_| None).map(drop);
        assert_eq!(set(Some("[\"f5\"]")), Ok(()));
        assert_eq!(read(), "[keymap.everywhere]\nzoom = [\"f5\"]\n");
        assert_eq!(set(None), Ok(()));
        assert_eq!(read(), "[keymap.everywhere]\n");
        let file = paths.config_file.display().to_string();
        for (text, why) in [
            (
                "mode = 3\n",
                format!("{file} has faults of its own: `creel config check` lists them"),
            ),
            (
                "[keymap]\neverywhere.cost = []\n",
                format!("keymap.everywhere.zoom cannot be written into {file}: change it there"),
            ),
        ] {
            std::fs::write(&paths.config_file, text).unwrap();
            assert_eq!(set(Some("[\"f5\"]")), Err(why));
            assert_eq!(read(), text);
        }
    }
}
