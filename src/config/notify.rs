//! `[notify]`: how a person who looks elsewhere is told that something waits.

use crate::config::document::{Document, Section, cut};

pub const NOTIFY_KEYS: &[&str] = &["terminal", "command", "progress"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotifyConfig {
    /// `terminal`: the form in which the terminal is told.
    pub terminal: NoticeForm,
    /// `command`: a program with its arguments, run with the notice as one more. Default none.
    pub command: Vec<String>,
    /// `progress`: whether the terminal is told that a turn runs, where it is known to show that. Default true.
    pub progress: bool,
}

impl Default for NotifyConfig {
    fn default() -> Self {
        Self {
            terminal: NoticeForm::default(),
            command: Vec::new(),
            progress: true,
        }
    }
}

/// As the file names it; `auto` chooses by what the terminal is known to take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NoticeForm {
    #[default]
    Auto,
    /// iTerm2's sequence: one text.
    Osc9,
    /// rxvt-unicode's sequence: a title and a text.
    Osc777,
    /// kitty's sequence.
    Osc99,
    Bell,
    Off,
}

impl NoticeForm {
    pub const ALL: [Self; 6] = [
        Self::Auto,
        Self::Osc9,
        Self::Osc777,
        Self::Osc99,
        Self::Bell,
        Self::Off,
    ];

    /// As the file says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Osc9 => "osc9",
            Self::Osc777 => "osc777",
            Self::Osc99 => "osc99",
            Self::Bell => "bell",
            Self::Off => "off",
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let names = Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|form| form.name() == text)
            .ok_or_else(|| format!("is `{}`: expected one of {names}", cut(text)))
    }
}

pub fn read(document: &mut Document<'_>, top: &Section<'_>) -> NotifyConfig {
    let mut notify = NotifyConfig::default();
    let Some(section) = document.section(top, "notify", NOTIFY_KEYS) else {
        return notify;
    };
    if let Some(form) = document.parsed(&section, "terminal", NoticeForm::parse) {
        notify.terminal = form;
    }
    if let Some(progress) = document.flag(&section, "progress") {
        notify.progress = progress;
    }
    for (text, span) in document.texts(&section, "command").unwrap_or_default() {
        if text.contains('\0') || (notify.command.is_empty() && text.trim().is_empty()) {
            document.fault(&span, "`notify.command` must begin with a program");
            return notify;
        }
        notify.command.push(text);
    }
    notify
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::config::load::parse;

    #[test]
    fn what_is_wished_for_is_read() {
        let text = "[notify]\nterminal = \"osc777\"\ncommand = [\"ntfy\", \"publish\", \"me\"]\nprogress = false\n";
        let read = parse(text, Path::new("/c"), &|_| None).unwrap();
        let expected = NotifyConfig {
            terminal: NoticeForm::Osc777,
            command: ["ntfy", "publish", "me"].map(str::to_owned).to_vec(),
            progress: false,
        };
        assert_eq!(read.config.notify, expected);
    }

    #[test]
    fn faults_name_their_place_and_the_way_out() {
        let cases = [
            (
                "terminal = \"loud\"",
                "2:12: `notify.terminal` is `loud`: expected one of auto, osc9, osc777, osc99, bell, off",
            ),
            (
                "command = \"ntfy publish me\"",
                "2:11: `notify.command` must be a list of texts, not a text",
            ),
            (
                "command = [\" \", \"x\"]",
                "2:12: `notify.command` must begin with a program",
            ),
            (
                "progress = 1",
                "2:12: `notify.progress` must be true or false, not a whole number",
            ),
        ];
        for (line, expected) in cases {
            let faults = parse(&format!("[notify]\n{line}\n"), Path::new("/c"), &|_| None);
            let faults: Vec<String> = faults
                .unwrap_err()
                .iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(faults, [expected], "{line}");
        }
    }
}
