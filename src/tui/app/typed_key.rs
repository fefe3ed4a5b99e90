//! What a person typed or pasted where a key is asked for: the key itself, or where one is.

use std::path::PathBuf;

use crate::config::preset;
use crate::config::secret::Secret;
use crate::tui::app::setup::GivenKey;

/// Begins a command that prints the key, as it begins one of the person's own in a message.
const COMMAND: char = '!';

/// A command as it is typed in the field.
pub fn typed_command(argv: &[String]) -> String {
    let word = |word: &String| {
        let is_plain = |c: char| !c.is_whitespace() && !matches!(c, '\'' | '"');
        if !word.is_empty() && word.chars().all(is_plain) {
            return word.clone();
        }
        // What stands in one kind of quotes cannot have that kind in it.
        let parts = word.split('\'').map(|part| format!("'{part}'"));
        parts.collect::<Vec<_>>().join("\"'\"")
    };
    let words: Vec<String> = argv.iter().map(word).collect();
    format!("{COMMAND}{}", words.join(" "))
}

/// The words of a command: blanks part them, quotes of either kind hold them together, and nothing else means anything, since no
/// shell reads it. A quote that is not closed goes to the end.
fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in text.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            Some(_) | None => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The vendor of a key, where its beginning or the name of its variable says so. What a file or a command holds is not known here.
pub fn vendor_of(key: &GivenKey) -> Option<String> {
    let preset = match key {
        GivenKey::Pasted(key) => preset::of_key(key.expose()),
        GivenKey::Variable(name) => preset::of_variable(name),
        GivenKey::File(_) | GivenKey::Command(_) => None,
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
    if let Some(command) = text.strip_prefix(COMMAND) {
        let argv = split(command);
        let is_one = argv.first().is_some_and(|program| !program.is_empty());
        return is_one.then_some(GivenKey::Command(argv));
    }
    // No key has a blank in it: it is something else that was typed here.
    if text.is_empty() || text.contains(char::is_whitespace) {
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
        let command = |words: &[&str]| {
            let words = words.iter().map(|&word| word.to_owned());
            Some(GivenKey::Command(words.collect()))
        };
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
            ("!pass show x", command(&["pass", "show", "x"])),
            (
                " ! op read 'op://Private/My key' \"\"",
                command(&["op", "read", "op://Private/My key", ""]),
            ),
            ("!", None),
            ("! '' x", None),
            ("!'a'b \"it's\" 'c d", command(&["ab", "it's", "c d"])),
        ];
        for (text, expected) in cases {
            assert_eq!(key_source(text), expected, "{text:?}");
            if let Some(GivenKey::Command(argv)) = &expected {
                // It stands in the field again as what it is.
                assert_eq!(key_source(&typed_command(argv)), expected, "{text:?}");
            }
        }
    }
}
