//! `[keymap.PLACE]`: which keys a person wants for which action. Only the form is read here; what places, actions and keys
//! there are is known by the face that has them. What is wrong in it never spoils the rest of the file.

use toml::de::DeValue;

use crate::config::document::{Document, Fault, Section, place};

/// Keys by action, as they stand in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeymapConfig {
    /// In the order of the file's places.
    pub wishes: Vec<Wish>,
    /// What has not the form of a keymap, with its place.
    pub faults: Vec<Fault>,
}

/// The keys of one action in one place; none: it has no key there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub place: String,
    pub action: String,
    pub at: At,
    pub keys: Vec<(String, At)>,
}

/// Line and column, from 1. Where something stands is no part of what is wished for: all are equal.
#[derive(Debug, Clone, Copy, Default, Eq)]
pub struct At {
    pub line: usize,
    pub column: usize,
}

impl PartialEq for At {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// What a face says of a keymap: what it cannot use, and what is taken but worth a look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    pub faults: Vec<Fault>,
    pub warnings: Vec<String>,
}

/// The face that has keys, as far as reading a config needs it.
#[derive(Debug, Clone, Copy)]
pub struct Keys {
    /// Each place with the names of its actions.
    pub names: fn() -> Vec<(&'static str, Vec<&'static str>)>,
    pub judge: fn(&KeymapConfig) -> Judged,
}

impl At {
    pub fn fault(self, text: impl Into<String>) -> Fault {
        Fault {
            line: self.line,
            column: self.column,
            text: text.into(),
        }
    }
}

/// Reads it with a document of its own, whose faults are no faults of the file.
pub fn read(document: &mut Document<'_>, text: &str, top: &Section<'_>) -> Vec<Wish> {
    let at = |start: usize| {
        let (line, column) = place(text, start);
        At { line, column }
    };
    let mut wishes = Vec::new();
    let Some(places) = document.open(top, "keymap") else {
        return wishes;
    };
    for (name, value) in places.table {
        let name: &str = name.get_ref();
        if !matches!(value.get_ref(), DeValue::Table(_)) {
            let text = format!(
                "`{}` must be a table of a place, such as [keymap.everywhere] or [keymap.composer]",
                places.key(name)
            );
            document.fault(&value.span(), &text);
            continue;
        }
        let Some(section) = document.open(&places, name) else {
            continue;
        };
        for (key, value) in section.table {
            let action: &str = key.get_ref();
            // One key may stand without brackets.
            let keys = if value.get_ref().as_str().is_some() {
                document.text(&section, action).map(|text| vec![text])
            } else {
                document.texts(&section, action)
            };
            let Some(keys) = keys else { continue };
            let keys = keys.into_iter();
            wishes.push(Wish {
                place: name.to_owned(),
                action: action.to_owned(),
                at: at(key.span().start),
                keys: keys.map(|(text, span)| (text, at(span.start))).collect(),
            });
        }
    }
    // The parser keeps names in their order by letter; the first of two that want one key is the first in the file.
    wishes.sort_by_key(|wish| (wish.at.line, wish.at.column));
    wishes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::path::Path;

    use pretty_assertions::assert_eq;

    use crate::config::load::parse;

    #[test]
    fn what_has_the_form_is_taken_and_the_rest_is_named() {
        let text = "mode = \"plan\"\n[keymap.everywhere]\nzoom = [\"alt-z\", \"leader z\"]\ncost = []\nhelp = \"f2\"\n\
            quit = 3\nread = [\"f3\", 4]\n[keymap]\nsend = \"f5\"\n";
        let loaded = parse(text, Path::new("/c/config.toml"), &|_| None).unwrap();
        let keymap = loaded.config.keymap;
        let wishes: Vec<String> = keymap
            .wishes
            .iter()
            .map(|wish| {
                let keys: Vec<&str> = wish.keys.iter().map(|(key, _)| key.as_str()).collect();
                format!(
                    "{}:{} {} {} {keys:?}",
                    wish.at.line, wish.at.column, wish.place, wish.action
                )
            })
            .collect();
        assert_eq!(
            wishes,
            [
                "3:1 everywhere zoom [\"alt-z\", \"leader z\"]",
                "4:1 everywhere cost []",
                "5:1 everywhere help [\"f2\"]",
                "7:1 everywhere read [\"f3\"]",
            ]
        );
        let faults: Vec<String> = keymap.faults.iter().map(ToString::to_string).collect();
        assert_eq!(
            faults,
            [
                "6:8: `keymap.everywhere.quit` must be a list of texts, not a whole number",
                "7:15: `keymap.everywhere.read` must be a list of texts, not a whole number",
                "9:8: `keymap.send` must be a table of a place, such as [keymap.everywhere] or [keymap.composer]",
            ]
        );
        assert_eq!(loaded.lines.get("keymap.everywhere.zoom"), Some(&3));
        let none = parse("keymap = 3", Path::new("/c/config.toml"), &|_| None).unwrap();
        assert_eq!(
            none.config.keymap.faults[0].to_string(),
            "1:10: `keymap` must be a table, not a whole number"
        );
    }
}
