//! How the terminal is told that something waits for a person who looks elsewhere, and that a turn runs. Each form goes
//! only to terminals that are known to take it: others would show its bytes, or take a progress for a notice.

use crate::agent::visible;
use crate::config::notify::NoticeForm;
use crate::tui::terminal::clipboard::passed_through;

/// Characters of a notice; desktops cut longer ones.
const LONGEST: usize = 120;

/// What stands between the program and the terminal of the person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Between {
    #[default]
    Nothing,
    Tmux,
    /// GNU screen.
    Screen,
    Zellij,
}

impl Between {
    /// As the environment tells. `TERM` alone tells where variables were not passed on, as over ssh or sudo.
    pub fn of(set: &impl Fn(&str) -> Option<String>) -> Self {
        let term = set("TERM").unwrap_or_default();
        if set("TMUX").is_some() || term.starts_with("tmux") {
            Self::Tmux
        } else if set("ZELLIJ").is_some() {
            Self::Zellij
        } else if set("STY").is_some() || term.starts_with("screen") {
            Self::Screen
        } else {
            Self::Nothing
        }
    }
}

/// What runs, as a terminal shows it at its tab or in the bar of the desktop (OSC 9;4 of `ConEmu`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    #[default]
    None,
    /// A turn runs; nobody knows how long.
    Working,
    /// One waits for the person.
    Waiting,
}

impl Progress {
    pub fn bytes(self) -> &'static str {
        match self {
            Self::None => "\x1b]9;4;0\x1b\\",
            Self::Working => "\x1b]9;4;3\x1b\\",
            Self::Waiting => "\x1b]9;4;4;100\x1b\\",
        }
    }
}

/// The form that the terminal is known to take, by its environment; never `Auto`. A multiplexer passes its bell on and marks
/// the window with it, while anything else it would drop unless it is told to let it through.
pub fn known_form(set: &impl Fn(&str) -> Option<String>, between: Between) -> NoticeForm {
    if between != Between::Nothing {
        return NoticeForm::Bell;
    }
    match Known::of(set) {
        Known::Kitty => NoticeForm::Osc99,
        Known::ITerm(_) => NoticeForm::Osc9,
        Known::Ghostty | Known::WezTerm | Known::Foot => NoticeForm::Osc777,
        Known::ConEmu | Known::Vte(_) | Known::Other => NoticeForm::Bell,
    }
}

/// How a notice goes out, as a person reads it, where this is wished for and that form is known to be taken.
pub fn form_said(wished: NoticeForm, known: NoticeForm) -> &'static str {
    let form = match wished {
        NoticeForm::Auto => known,
        form => form,
    };
    match form {
        NoticeForm::Osc9 => "by OSC 9",
        NoticeForm::Osc777 => "by OSC 777",
        NoticeForm::Osc99 => "by OSC 99",
        NoticeForm::Bell | NoticeForm::Auto => "by the bell",
        NoticeForm::Off => "not told (notify.terminal is off)",
    }
}

/// Which terminal it is, as far as that matters to what it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    Kitty,
    Ghostty,
    WezTerm,
    Foot,
    /// With its version.
    ITerm([u32; 3]),
    /// Windows Terminal too.
    ConEmu,
    /// The library of many terminals, as 7800 for 0.78.
    Vte(u32),
    Other,
}

impl Known {
    /// What the terminal says of itself goes before variables that its ancestors may have left behind.
    pub fn of(set: &impl Fn(&str) -> Option<String>) -> Self {
        let term = set("TERM").unwrap_or_default();
        match term.as_str() {
            "xterm-kitty" => return Self::Kitty,
            "xterm-ghostty" => return Self::Ghostty,
            "wezterm" => return Self::WezTerm,
            "foot" | "foot-extra" => return Self::Foot,
            _ => {}
        }
        let version = set("TERM_PROGRAM_VERSION").unwrap_or_default();
        match set("TERM_PROGRAM").as_deref() {
            Some("ghostty") => return Self::Ghostty,
            Some("WezTerm") => return Self::WezTerm,
            Some("iTerm.app") => return Self::ITerm(numbers(&version)),
            Some(_) => return Self::Other,
            None => {}
        }
        if set("LC_TERMINAL").is_some_and(|name| name == "iTerm2") {
            return Self::ITerm(numbers(&set("LC_TERMINAL_VERSION").unwrap_or_default()));
        }
        if !term.starts_with("xterm") {
            return Self::Other;
        }
        let vte = set("VTE_VERSION").and_then(|version| version.parse().ok());
        let con_emu = set("ConEmuANSI").is_some_and(|value| value == "ON");
        if set("WT_SESSION").is_some() || con_emu {
            Self::ConEmu
        } else if let Some(version) = vte {
            Self::Vte(version)
        } else if set("KITTY_WINDOW_ID").is_some() {
            Self::Kitty
        } else {
            Self::Other
        }
    }
}

/// Whether the terminal is known to show a progress. iTerm2 before 3.6.6 makes a notice of it, VTE knows it since 0.80.
pub fn shows_progress(set: &impl Fn(&str) -> Option<String>, between: Between) -> bool {
    if between != Between::Nothing {
        return false;
    }
    match Known::of(set) {
        Known::Ghostty | Known::ConEmu => true,
        Known::ITerm(version) => version >= [3, 6, 6],
        Known::Vte(version) => version >= 8000,
        Known::Kitty | Known::WezTerm | Known::Foot | Known::Other => false,
    }
}

/// The first three numbers of a version; what is no number counts as 0.
pub fn numbers(version: &str) -> [u32; 3] {
    let mut numbers = [0; 3];
    for (number, part) in numbers.iter_mut().zip(version.split('.')) {
        let digits = part.find(|c: char| !c.is_ascii_digit());
        *number = part[..digits.unwrap_or(part.len())].parse().unwrap_or(0);
    }
    numbers
}

/// The bytes of a notice. Nothing in the text is left that could end the sequence or begin another.
pub fn bytes(form: NoticeForm, between: Between, text: &str) -> String {
    let text: String = visible::one_line(text).chars().take(LONGEST).collect();
    let sequence = match form {
        NoticeForm::Off => return String::new(),
        // Not wrapped: it is the multiplexer that marks its window.
        NoticeForm::Bell | NoticeForm::Auto => return "\x07".to_owned(),
        // Where it began with a number it would be another command.
        NoticeForm::Osc9 => format!("\x1b]9;Creel: {text}\x07"),
        NoticeForm::Osc777 => format!("\x1b]777;notify;Creel;{}\x07", text.replace(';', ",")),
        NoticeForm::Osc99 => format!("\x1b]99;i=creel;Creel: {text}\x1b\\"),
    };
    match between {
        Between::Nothing | Between::Zellij => sequence,
        Between::Tmux => passed_through(&sequence),
        Between::Screen => format!("\x1bP{}\x1b\\", sequence.replace("\x1b\\", "\x07")),
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn environment(text: &str) -> impl Fn(&str) -> Option<String> {
        move |name| {
            text.split(' ')
                .filter_map(|pair| pair.split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.to_owned())
        }
    }

    #[test]
    fn the_form_and_the_progress_go_by_the_terminal() {
        let cases = [
            ("TERM=xterm-kitty", NoticeForm::Osc99, false),
            (
                "TERM=xterm-256color KITTY_WINDOW_ID=1",
                NoticeForm::Osc99,
                false,
            ),
            ("TERM=xterm-ghostty", NoticeForm::Osc777, true),
            ("TERM=foot", NoticeForm::Osc777, false),
            (
                "TERM=xterm-256color TERM_PROGRAM=WezTerm",
                NoticeForm::Osc777,
                false,
            ),
            (
                "TERM_PROGRAM=iTerm.app TERM_PROGRAM_VERSION=3.6.5",
                NoticeForm::Osc9,
                false,
            ),
            (
                "TERM_PROGRAM=iTerm.app TERM_PROGRAM_VERSION=3.6.10",
                NoticeForm::Osc9,
                true,
            ),
            (
                "TERM_PROGRAM=iTerm.app TERM_PROGRAM_VERSION=3.10.0b",
                NoticeForm::Osc9,
                true,
            ),
            ("LC_TERMINAL=iTerm2 SSH_TTY=x", NoticeForm::Osc9, false),
            ("TERM=xterm-256color WT_SESSION=x", NoticeForm::Bell, true),
            (
                "TERM=xterm-256color VTE_VERSION=7800",
                NoticeForm::Bell,
                false,
            ),
            (
                "TERM=xterm-256color VTE_VERSION=8001",
                NoticeForm::Bell,
                true,
            ),
            ("TERM=xterm-256color", NoticeForm::Bell, false),
            ("", NoticeForm::Bell, false),
            // What a terminal was started in is not what it is.
            (
                "TERM=xterm-256color TERM_PROGRAM=WezTerm KITTY_WINDOW_ID=1",
                NoticeForm::Osc777,
                false,
            ),
            (
                "TERM=foot VTE_VERSION=8001 WT_SESSION=x",
                NoticeForm::Osc777,
                false,
            ),
            (
                "TERM=xterm-256color TERM_PROGRAM=vscode VTE_VERSION=8001",
                NoticeForm::Bell,
                false,
            ),
            (
                "TERM=alacritty VTE_VERSION=8001 KITTY_WINDOW_ID=1",
                NoticeForm::Bell,
                false,
            ),
        ];
        for (text, form, progress) in cases {
            let set = environment(text);
            assert_eq!(known_form(&set, Between::Nothing), form, "{text}");
            assert_eq!(shows_progress(&set, Between::Nothing), progress, "{text}");
            for between in [Between::Tmux, Between::Screen, Between::Zellij] {
                assert_eq!(known_form(&set, between), NoticeForm::Bell, "{text}");
                assert!(!shows_progress(&set, between), "{text}");
            }
        }
    }

    #[test]
    fn what_stands_between_is_told_by_the_environment() {
        let cases = [
            ("TERM=xterm-256color", Between::Nothing),
            ("TERM=screen-256color TMUX=/tmp/x", Between::Tmux),
            ("TERM=tmux-256color SSH_TTY=x", Between::Tmux),
            ("TERM=screen.xterm-256color STY=1", Between::Screen),
            ("TERM=xterm-256color ZELLIJ=0", Between::Zellij),
        ];
        for (text, between) in cases {
            assert_eq!(Between::of(&environment(text)), between, "{text}");
        }
    }

    #[test]
    fn a_notice_is_one_sequence_whatever_it_says() {
        use Between::{Nothing, Screen, Tmux};
        use NoticeForm::{Bell, Off, Osc9, Osc99, Osc777};
        let cases = [
            (Osc9, Nothing, "4;3", "\x1b]9;Creel: 4;3\x07"),
            (Osc777, Nothing, "a;b", "\x1b]777;notify;Creel;a,b\x07"),
            (
                Osc99,
                Nothing,
                "a\x1b\\b\n\x07c",
                "\x1b]99;i=creel;Creel: a b c\x1b\\",
            ),
            (Bell, Tmux, "a", "\x07"),
            (Off, Nothing, "a", ""),
            (
                Osc777,
                Tmux,
                "a",
                "\x1bPtmux;\x1b\x1b]777;notify;Creel;a\x07\x1b\\",
            ),
            (
                Osc99,
                Screen,
                "a",
                "\x1bP\x1b]99;i=creel;Creel: a\x07\x1b\\",
            ),
        ];
        for (form, between, text, expected) in cases {
            let found = bytes(form, between, text);
            // How a text is cleaned is tried where that is done.
            let cleaned = expected.replace("a b c", &visible::one_line("a\x1b\\b\n\x07c"));
            assert_eq!(found, cleaned, "{text:?}");
        }
        let long = bytes(Osc777, Nothing, &"x".repeat(5_000));
        assert!(long.len() < 200, "{}", long.len());
    }
}
