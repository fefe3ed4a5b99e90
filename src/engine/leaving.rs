//! What is known of keys by a command that writes a file for others: those that can be read without running anything.

use crate::agent::redact::Redactor;
use crate::config::paths::Environment;
use crate::config::{Config, KeySource, secret};

/// The keys of all providers that stand in a variable or a file. A command that prints one may ask the person, and is not run
/// for this.
pub fn redactor(config: &Config, env: Environment<'_>) -> Redactor {
    let mut redactor = Redactor::default();
    for entry in config.providers.values() {
        if matches!(entry.key, KeySource::Command(_)) {
            continue;
        }
        // A key that cannot be read cannot be replaced; whoever uses it is told why.
        if let Ok(Some(key)) = secret::read(&entry.key, env) {
            redactor.add(key.expose());
        }
    }
    redactor
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use super::*;
    use crate::config::load;

    #[test]
    fn keys_are_read_and_no_command_is_run() {
        let scratch = tempfile::tempdir().unwrap();
        let file = scratch.path().join("key");
        std::fs::write(&file, "wordsofakey\nmore").unwrap();
        let ran = scratch.path().join("ran");
        let provider = |name: &str, key: &str| {
            format!(
                "[providers.{name}]\nwire = \"openai-chat\"\nbase_url = \"https://{name}.example/v1\"\n{key}\n"
            )
        };
        let text = [
            provider("a", "key_env = \"A_KEY\""),
            provider("b", &format!("key_file = \"{}\"", file.display())),
            provider(
                "c",
                &format!("key_command = [\"touch\", \"{}\"]", ran.display()),
            ),
            provider("d", "key_file = \"/nowhere/key\""),
        ]
        .concat();
        let env = |name: &str| (name == "A_KEY").then(|| "namelesskey".into());
        let loaded = load::parse(&text, Path::new("/c/config.toml"), &env).unwrap();
        let redactor = redactor(&loaded.config, &env);
        assert_eq!(
            redactor.redact_all("namelesskey wordsofakey PASSWORD=hunter22"),
            "‹redacted:key› ‹redacted:key› PASSWORD=‹redacted:password›"
        );
        assert!(!ran.exists());
    }
}
