//! Where the key of `[providers.NAME]` is found: one of `key_env`, `key_file` and `key_command`, else what its preset knows.

use crate::config::KeySource;
use crate::config::preset::Preset;
use crate::config::provider::{Entry, first_set};

impl Entry<'_, '_, '_> {
    /// The key an entry names, else the usual variable of its preset.
    pub(crate) fn key(&mut self, preset: Option<&Preset>) -> KeySource {
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
