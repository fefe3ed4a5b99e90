//! Writes values into the person's config. Everything else stands as it stood, comments included, and nothing is written
//! unless the file reads well before and after, and but for what was to be changed as before.

use std::ops::Range;
use std::path::Path;

use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use crate::config::load::{self, Loaded};
use crate::config::paths::{Environment, Paths};
use crate::config::write::keep_config;

/// One value that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The table's name, made of bare words with points between.
    pub table: String,
    pub name: &'static str,
    /// As TOML says it; `None` takes the key away.
    pub value: Option<String>,
}

/// Makes these changes, all or none.
pub fn set(paths: &Paths, changes: &[Change], env: Environment<'_>) -> Result<Loaded, String> {
    let file = &paths.config_file;
    let text = load::read_file(file).map_err(|why| format!("{} {why}", file.display()))?;
    let (after, loaded) = apply(&text, changes, file, env)?;
    if after != text {
        keep_config(file, &after)?;
    }
    Ok(loaded)
}

/// The text of a config with these changes, and how it reads then.
pub fn apply(
    text: &str,
    changes: &[Change],
    file: &Path,
    env: Environment<'_>,
) -> Result<(String, Loaded), String> {
    let broken = |_| {
        let shown = file.display();
        format!("{shown} has faults of its own: `creel config check` lists them")
    };
    let mut loaded = load::parse(text, file, env).map_err(broken)?;
    let mut text = text.to_owned();
    for change in changes {
        let after = change.put(&text);
        let after = after.filter(|after| change.is_all(&text, after));
        text = after.ok_or_else(|| change.by_hand(file))?;
        loaded = load::parse(&text, file, env).map_err(|_| change.by_hand(file))?;
    }
    Ok((text, loaded))
}

impl Change {
    /// What the person is told where the file has a form that is not written into.
    fn by_hand(&self, file: &Path) -> String {
        let Self { table, name, value } = self;
        let shown = file.display();
        match value {
            Some(value) => format!(
                "{table}.{name} cannot be written into {shown}: write `{name} = {value}` under [{table}] there"
            ),
            None => {
                format!("{table}.{name} cannot be taken out of {shown}: take `{name}` away there")
            }
        }
    }

    /// The text with the value in its place; `None`: the file has the table in a form that is not written into.
    fn put(&self, text: &str) -> Option<String> {
        let root = DeTable::parse(text).ok()?;
        let mut found = root.get_ref();
        let mut span = 0..0;
        for part in self.table.split('.') {
            let Some(below) = found.get(part) else {
                return Some(match &self.value {
                    Some(value) => self.appended(text, value),
                    None => text.to_owned(),
                });
            };
            span = below.span();
            found = match below.get_ref() {
                DeValue::Table(below) => below,
                _ => return None,
            };
        }
        let mut out = text.to_owned();
        match (found.get_key_value(self.name), &self.value) {
            (Some((_, old)), Some(value)) => out.replace_range(old.span(), value),
            (Some((key, old)), None) => {
                out.replace_range(self.lines(text, &(key.span().start..old.span().end))?, "");
            }
            (None, None) => {}
            (None, Some(value)) => return Some(self.inserted(text, &span, value)),
        }
        Some(out)
    }

    /// The text with the key in a table that is there, and has this span, without it.
    fn inserted(&self, text: &str, span: &Range<usize>, value: &str) -> String {
        let Self { table, name, .. } = self;
        let mut out = text.to_owned();
        if let Some(after) = head(text, table) {
            let end = if text[..after].ends_with('\n') {
                ""
            } else {
                "\n"
            };
            out.insert_str(after, &format!("{end}{name} = {value}\n"));
            return out;
        }
        if let Some(rest) = text[span.clone()].strip_prefix('{') {
            let is_empty = rest.trim_end_matches('}').trim().is_empty();
            let comma = if is_empty { "" } else { "," };
            out.insert_str(span.start + 1, &format!(" {name} = {value}{comma}"));
            return out;
        }
        let mut lines = text.lines();
        let below = format!("[{table}.");
        if lines.any(|line| line.trim_start().starts_with(&below)) {
            // What is below it alone has a head.
            return self.appended(text, value);
        }
        // Its keys stand behind dots: one more of them, before the first.
        let line = text[..span.start].rfind('\n').map_or(0, |end| end + 1);
        out.insert_str(line, &format!("{table}.{name} = {value}\n"));
        out
    }

    fn appended(&self, text: &str, value: &str) -> String {
        let Self { table, name, .. } = self;
        let end = match text {
            "" => "",
            _ if text.ends_with("\n\n") => "",
            _ if text.ends_with('\n') => "\n",
            _ => "\n\n",
        };
        format!("{text}{end}[{table}]\n{name} = {value}\n")
    }

    /// The whole lines of a key and its value; `None` where something else stands on them.
    fn lines(&self, text: &str, span: &Range<usize>) -> Option<Range<usize>> {
        let start = text[..span.start].rfind('\n').map_or(0, |end| end + 1);
        let end = text[span.end..]
            .find('\n')
            .map_or(text.len(), |end| span.end + end + 1);
        let before = text[start..span.start].trim_start_matches('\u{feff}');
        let before: String = before.split_whitespace().collect();
        let after = text[span.end..end].trim();
        // Before it there may be the dots of its table.
        let alone = format!("{}.", self.table).ends_with(&before);
        (alone && (after.is_empty() || after.starts_with('#'))).then_some(start..end)
    }

    /// Whether the second text says what is wished for, and all else as the first one does.
    fn is_all(&self, before: &str, after: &str) -> bool {
        let wanted = self.value.as_ref().and_then(|value| {
            let table = format!("value = {value}").parse::<Table>();
            table.ok()?.remove("value")
        });
        let without = |text: &str| {
            let mut root = text.parse::<Table>().ok()?;
            let value = take(&mut root, &mut self.table.split('.'), self.name);
            Some((root, value))
        };
        let before = without(before).map(|(rest, _)| (rest, wanted));
        before.is_some() && before == without(after)
    }
}

/// Takes a key out of a table at the end of this path, and the tables that are empty without it.
fn take<'a>(
    table: &mut Table,
    path: &mut impl Iterator<Item = &'a str>,
    name: &str,
) -> Option<Value> {
    let Some(part) = path.next() else {
        return table.remove(name);
    };
    let below = table.get_mut(part)?.as_table_mut()?;
    let taken = take(below, path, name);
    if below.is_empty() {
        table.remove(part);
    }
    taken
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
        if is {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use pretty_assertions::assert_eq;

    use super::*;

    fn change(value: Option<&str>) -> Change {
        Change {
            table: "keymap.everywhere".to_owned(),
            name: "zoom",
            value: value.map(str::to_owned),
        }
    }

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
            (
                "keymap.everywhere.cost = []\n",
                set,
                Some("keymap.everywhere.zoom = [\"f5\"]\nkeymap.everywhere.cost = []\n"),
            ),
            (
                "mode = \"ask\"\nkeymap.everywhere . zoom = []\n",
                None,
                Some("mode = \"ask\"\n"),
            ),
            (
                "keymap = { everywhere = { cost = [] } }\n",
                set,
                Some("keymap = { everywhere = { zoom = [\"f5\"], cost = [] } }\n"),
            ),
            // Not written into.
            ("keymap = { everywhere = { zoom = \"f6\" } }\n", None, None),
            ("keymap = 3\n", set, None),
        ];
        for (text, value, expected) in cases {
            let changed = change(value).put(text);
            assert_eq!(changed.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn nothing_is_written_unless_it_reads_well() {
        let scratch = tempfile::tempdir().unwrap();
        let home = scratch.path().as_os_str().to_owned();
        let paths =
            Paths::from_environment(&|name| (name == "CREEL_HOME").then(|| home.clone())).unwrap();
        let read = || std::fs::read_to_string(&paths.config_file).unwrap_or_default();
        let set = |value: Option<&str>| set(&paths, &[change(value)], &|_| None).map(drop);
        assert_eq!(set(Some("[\"f5\"]")), Ok(()));
        assert_eq!(read(), "[keymap.everywhere]\nzoom = [\"f5\"]\n");
        assert_eq!(set(None), Ok(()));
        assert_eq!(read(), "[keymap.everywhere]\n");
        let file = paths.config_file.display().to_string();
        let by_hand = format!(
            "keymap.everywhere.zoom cannot be written into {file}: write `zoom = [\"f5\"]` under [keymap.everywhere] there"
        );
        for (text, why) in [
            (
                "mode = 3\n",
                format!("{file} has faults of its own: `creel config check` lists them"),
            ),
            ("[keymap]\neverywhere.cost = []\n", by_hand.clone()),
            // It looks like the head of the table.
            (
                "keymap = { everywhere = {} }\n[worktree]\nsetup = \"\"\"\n[keymap.everywhere]\n\"\"\"\n",
                by_hand.clone(),
            ),
        ] {
            std::fs::write(&paths.config_file, text).unwrap();
            assert_eq!(set(Some("[\"f5\"]")), Err(why));
            assert_eq!(read(), text);
        }
    }
}
