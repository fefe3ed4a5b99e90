//! What a person typed or pasted where a key is asked for: the key itself, or where one is.

use std::path::PathBuf;

use crate::config::preset;
use crate::config::secret::Secret;
use crate::tui::app::setup::GivenKey;

/// The vendor of a key, where its beginning or the name of its variable says so. What a file holds is not known here.
pub fn vendor_of(key: &GivenKey) -> Option<String> {
    let preset = match key {
        GivenKey::Pasted(key) => preset::of_key(key.expose()),
        GivenKey::Variable(name) => preset::of_variable(name),
        GivenKey::File(_) => None,
    };
    preset.map(|preset| preset.name.to_owned())
}

/// What was typed or pasted: a key, or the name of where one is. Anything that is plainly no name is taken for a key, so that
/// a key is never drawn by mistake.
pub fn key_source(text: &str) -> Option<GivenKey> {
    let text = text.trim();
    let variable = text.strip_prefix('$').unwrap_or(text);
    let is_variable = !variable.is_empty()
        && variable
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        && (variable.contains('_') || text.starts_with('$') || variable.len() < 12);
    if text.is_empty() {
        None
    } else if is_variable {
        Some(GivenKey::Variable(variable.to_owned()))
    } else if text.starts_with(['/', '~', '.']) {
        Some(GivenKey::File(PathBuf::from(text)))
    } else {
        Secret::new(text).map(GivenKey::Pasted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_told_from_the_name_of_its_place() {
        let key = |text: &str| Secret::new(text).map(GivenKey::Pasted);
        let cases = [
            ("", None),
            ("sk-ant-api03-AAAA", key("sk-ant-api03-AAAA")),
            (" sk-ant-x ", key("sk-ant-x")),
            ("$MY_KEY", Some(GivenKey::Variable("MY_KEY".to_owned()))),
            (
                "ANTHROPIC_API_KEY",
                Some(GivenKey::Variable("ANTHROPIC_API_KEY".to_owned())),
            ),
            (
                "~/keys/anthropic",
                Some(GivenKey::File(PathBuf::from("~/keys/anthropic"))),
            ),
            ("0123456789ABCDEF0123", key("0123456789ABCDEF0123")),
        ];
        for (text, expected) in cases {
            assert_eq!(key_source(text), expected, "{text:?}");
        }
    }
}
