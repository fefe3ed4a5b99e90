//! Where the key of `[providers.NAME]` is found: one of `key_env`, `key_file` and `key_command`, else what its preset knows.

use crate::config::preset::Preset;
use crate::config::provider::{Entry, first_set};
use crate::config::{KeySource, address};

impl Entry<'_, '_, '_> {
    /// The key an entry names, else the usual variable of its preset. It must not go where all can read it.
    pub(crate) fn key(&mut self, preset: Option<&Preset>, base_url: &str) -> KeySource {
        let key = self.source(preset);
        if let Some(host) = address::readable_at(base_url).filter(|_| key != KeySource::None)
            && let Some(value) = self.section.table.get("base_url")
        {
            let text = format!(
                "`{}` {}",
                self.section.key("base_url"),
                address::exposing(host)
            );
            self.document.fault(&value.span(), &text);
        }
        key
    }

    fn source(&mut self, preset: Option<&Preset>) -> KeySource {
        let variable = self.document.parsed(self.section, "key_env", |text| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            if text.is_empty()
                || !text.bytes().all(fits)
                || text.starts_with(|c: char| c.is_ascii_digit())
            {
                // Not quoted: it may be the key itself.
                return Err("must be the name of a variable, not the key".to_owned());
            }
            Ok(text.to_owned())
        });
        let file = self.path("key_file");
        let command = self.document.texts(self.section, "key_command");
        if let Some(command) = &command
            && command
                .first()
                .is_none_or(|(program, _)| program.is_empty())
            && let Some(value) = self.section.table.get("key_command")
        {
            let text = format!("`{}` must name a program", self.section.key("key_command"));
            self.document.fault(&value.span(), &text);
        }
        let given = ["key_env", "key_file", "key_command"]
            .iter()
            .filter(|key| self.section.table.contains_key(**key));
        if given.count() > 1 {
            self.fault("says more than once where its key is: keep one of key_env, key_file and key_command");
        }
        if let Some(variable) = variable {
            return KeySource::Env(variable);
        }
        if let Some(file) = file {
            return KeySource::File(file);
        }
        if let Some(command) = command {
            return KeySource::Command(command.into_iter().map(|(word, _)| word).collect());
        }
        let usual = preset.and_then(|preset| {
            first_set(preset, self.env).or_else(|| preset.key_variables.first().copied())
        });
        usual.map_or(KeySource::None, |variable| {
            KeySource::Env(variable.to_owned())
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::path::Path;

    use pretty_assertions::assert_eq;

    use crate::config::document::Fault;
    use crate::config::load::parse;

    #[test]
    fn plain_http_to_another_machine_is_refused_only_to_a_key() {
        let refused = || {
            Some(
                "2:12: `providers.p.base_url` would send the key readable to all on the way to box.local: use https, or a \
                 tunnel to 127.0.0.1"
                    .to_owned(),
            )
        };
        for (lines, expected) in [
            ("wire = \"openai-chat\"", None),
            ("preset = \"vllm\"", None),
            ("wire = \"openai-chat\"\nkey_env = \"K\"", refused()),
            ("wire = \"ollama\"\nkey_file = \"/k\"", refused()),
            ("preset = \"vllm\"\nkey_command = [\"pass\"]", refused()),
            // The usual variable of the vendor would be sent.
            ("preset = \"openai\"", refused()),
        ] {
            let text = format!("[providers.p]\nbase_url = \"http://box.local/v1\"\n{lines}");
            let faults = parse(&text, Path::new("/c/config.toml"), &|_| None)
                .map_or_else(|faults| faults, |_| Vec::new());
            let found = faults.first().map(Fault::to_string);
            assert_eq!((found, faults.len() < 2), (expected, true), "{text}");
        }
    }
}
