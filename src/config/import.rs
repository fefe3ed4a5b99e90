//! `[import]`: whether what other programs write is taken in while the workstation is open.

use crate::config::document::{Document, Section, cut};
use crate::protocol::import::Program;

pub const IMPORT_KEYS: &[&str] = &["watch", "programs"];

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportConfig {
    /// `watch`: new sessions of what was imported are taken in by themselves. Default false.
    pub watch: bool,
    /// `programs`: which programs that is for. Default those that were imported before.
    pub programs: Vec<Program>,
}

impl ImportConfig {
    pub fn watches(&self, program: Program) -> bool {
        self.watch && (self.programs.is_empty() || self.programs.contains(&program))
    }
}

pub fn read(document: &mut Document<'_>, top: &Section<'_>) -> ImportConfig {
    let mut wishes = ImportConfig::default();
    let Some(section) = document.section(top, "import", IMPORT_KEYS) else {
        return wishes;
    };
    if let Some(watch) = document.flag(&section, "watch") {
        wishes.watch = watch;
    }
    for (text, span) in document.texts(&section, "programs").unwrap_or_default() {
        if let Some(program) = Program::named(&text) {
            wishes.programs.push(program);
            continue;
        }
        let names = Program::ALL.map(Program::name).join(", ");
        let fault = format!(
            "`import.programs` is `{}`: expected some of {names}",
            cut(&text)
        );
        document.fault(&span, &fault);
    }
    wishes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::config::load;

    fn read(text: &str) -> Result<ImportConfig, Vec<String>> {
        let read = load::parse(text, Path::new("/c/config.toml"), &|_| None);
        read.map(|loaded| loaded.config.import)
            .map_err(|faults| faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn programs_are_watched_by_name_and_only_where_it_is_wished() {
        for (text, expected) in [
            ("", vec![]),
            ("[import]\nwatch = false", vec![]),
            ("[import]\nwatch = true", Program::ALL.to_vec()),
            (
                "[import]\nwatch = true\nprograms = [\"codex\", \"pi\"]",
                vec![Program::Codex, Program::Pi],
            ),
            ("[import]\nprograms = [\"codex\"]", vec![]),
        ] {
            let wishes = read(text).unwrap();
            let all = Program::ALL.into_iter();
            let watched: Vec<_> = all.filter(|program| wishes.watches(*program)).collect();
            assert_eq!(watched, expected, "{text}");
        }
        for bad in ["programs = [\"cursor\"]", "watch = \"yes\"", "every = 3"] {
            let faults = read(&format!("[import]\n{bad}")).unwrap_err();
            assert_eq!(faults.len(), 1, "{bad}: {faults:?}");
        }
    }
}
