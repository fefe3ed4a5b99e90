//! What the terminal can do, as far as the environment tells: nothing is asked of the terminal before the first frame.

use std::io::IsTerminal;

use crate::config::notify::NoticeForm;
use crate::tui::terminal::colour::Depth;
use crate::tui::terminal::link;
use crate::tui::terminal::notice::{self, Between};
use crate::tui::terminal::screen::LARGEST;

/// What is assumed of a terminal that does not know its size.
const USUAL: (u16, u16) = (80, 24);

#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is known of a terminal by itself"
)]
pub struct Ability {
    pub depth: Depth,
    /// The variable that says so.
    pub depth_by: &'static str,
    /// A multiplexer, if one stands between: sequences for the outer terminal are wrapped.
    pub between: Between,
    /// The terminal is on another machine: no browser is opened, the clipboard goes by OSC 52.
    pub ssh: bool,
    /// Erasing gives the background colour that is set, not the terminal's own.
    pub erases_in_colour: bool,
    pub keyboard: Keyboard,
    /// The form of a notice that the terminal is known to take.
    pub notices: NoticeForm,
    /// It shows that something runs.
    pub shows_progress: bool,
    /// It is known to take links (OSC 8).
    pub takes_links: bool,
    /// `TERM`, empty when there is none.
    pub term: String,
}

/// How the terminal is asked to tell apart keys that are one byte in the older protocol, such as Enter and Shift+Enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyboard {
    /// Not at all.
    Plain,
    /// The newer protocol, unasked: terminals that do not know it pass over the sequence.
    Disambiguated,
    /// The way multiplexers know.
    ModifyOther,
}

impl Ability {
    /// Reads the environment of the process.
    pub fn of_environment() -> Self {
        Self::from(|name| std::env::var(name).ok())
    }

    /// Reads an environment given by name.
    pub fn from(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let term = set("TERM").unwrap_or_default();
        let between = Between::of(&set);
        let screen = between == Between::Screen;
        let console = term == "linux" || term.starts_with("vt");
        let (depth, depth_by) = depth(&set, &term, screen);
        Self {
            depth,
            depth_by,
            between,
            ssh: ["SSH_TTY", "SSH_CONNECTION"]
                .iter()
                .any(|name| set(name).is_some()),
            erases_in_colour: !screen && !term.starts_with("screen") && !console,
            keyboard: if console {
                Keyboard::Plain
            } else if screen || between == Between::Tmux {
                Keyboard::ModifyOther
            } else {
                Keyboard::Disambiguated
            },
            notices: notice::known_form(&set, between),
            shows_progress: notice::shows_progress(&set, between),
            takes_links: link::are_taken(&set, between),
            term,
        }
    }

    /// Each ability with how it stands, as a person reads it. What is used without an answer says so: terminals that do not
    /// know it pass over it.
    pub fn told(&self) -> Vec<(String, String)> {
        let colours = match self.depth {
            Depth::True => "16 million",
            Depth::Indexed => "256",
            Depth::Sixteen => "16",
            Depth::None => "none",
        };
        let colours = format!("{colours}, as {} says", self.depth_by);
        let keys = match self.keyboard {
            Keyboard::Plain => "the oldest form: Shift+Enter is Enter",
            Keyboard::Disambiguated => "kitty's form, if it knows that",
            Keyboard::ModifyOther => "xterm's form, as multiplexers know it",
        };
        let between = match (self.between, self.ssh) {
            (Between::Tmux, true) => "tmux, ssh",
            (Between::Tmux, false) => "tmux",
            (Between::Screen, true) => "screen, ssh",
            (Between::Screen, false) => "screen",
            (Between::Zellij, true) => "zellij, ssh",
            (Between::Zellij, false) => "zellij",
            (Between::Nothing, true) => "ssh",
            (Between::Nothing, false) => "nothing",
        };
        let notices = notice::form_said(NoticeForm::Auto, self.notices);
        let progress = if self.shows_progress {
            "by OSC 9;4"
        } else {
            "not known to show it"
        };
        let links = if self.takes_links {
            "by OSC 8"
        } else {
            "not known to take them; FORCE_HYPERLINK=1 says that it does"
        };
        let rows = [
            ("colours", colours.as_str()),
            ("keys", keys),
            ("whole frames", "if it knows them"),
            ("focus", "if it tells"),
            ("copying", "by OSC 52, if it lets"),
            ("notices", notices),
            ("progress", progress),
            ("links", links),
            ("in between", between),
        ];
        rows.map(|(ability, state)| (ability.to_owned(), state.to_owned()))
            .into()
    }
}

/// Whether input comes from a terminal and output goes to one.
pub fn attached() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Columns and rows of the terminal on standard output.
pub fn size() -> (u16, u16) {
    size_of(rustix::stdio::stdout())
}

/// Columns and rows of a terminal, no more than are ever drawn. A line without a known size is taken for 80 by 24.
pub fn size_of(file: impl std::os::fd::AsFd) -> (u16, u16) {
    match rustix::termios::tcgetwinsize(file) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => {
            (size.ws_col.min(LARGEST.0), size.ws_row.min(LARGEST.1))
        }
        _ => USUAL,
    }
}

/// How many colours, and which variable says so.
fn depth(set: &impl Fn(&str) -> Option<String>, term: &str, screen: bool) -> (Depth, &'static str) {
    let known = if term.is_empty() || term == "dumb" || term.starts_with("vt") {
        (Depth::None, "TERM")
    } else {
        known_depth(set, term, screen)
    };
    let forced = ["FORCE_COLOR", "CLICOLOR_FORCE"]
        .into_iter()
        .find_map(|name| Some((name, set(name).filter(|value| value != "0")?)));
    match forced {
        Some((name, value)) => {
            let least = match value.as_str() {
                "3" => Depth::True,
                "2" => Depth::Indexed,
                _ => Depth::Sixteen,
            };
            if least > known.0 {
                (least, name)
            } else {
                known
            }
        }
        None if set("NO_COLOR").is_some() => (Depth::None, "NO_COLOR"),
        None => known,
    }
}

fn known_depth(
    set: &impl Fn(&str) -> Option<String>,
    term: &str,
    screen: bool,
) -> (Depth, &'static str) {
    const TRUE: [&str; 6] = ["kitty", "ghostty", "alacritty", "foot", "wezterm", "direct"];
    let claimed = matches!(set("COLORTERM").as_deref(), Some("truecolor" | "24bit"));
    // The variable comes from the outer terminal, and GNU screen shows no more than 256.
    if !screen && claimed {
        (Depth::True, "COLORTERM")
    } else if !screen && TRUE.iter().any(|name| term.contains(name)) {
        (Depth::True, "TERM")
    } else if term.contains("256color") {
        (Depth::Indexed, "TERM")
    } else {
        (Depth::Sixteen, "TERM")
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn ability(environment: &str) -> Ability {
        Ability::from(|name| {
            environment
                .split(' ')
                .filter_map(|pair| pair.split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.to_owned())
        })
    }

    #[test]
    fn the_environment_tells_how_many_colours_there_are() {
        let cases = [
            ("TERM=xterm-256color", Depth::Indexed, "TERM"),
            (
                "TERM=xterm-256color COLORTERM=truecolor",
                Depth::True,
                "COLORTERM",
            ),
            (
                "TERM=xterm-256color COLORTERM=24bit",
                Depth::True,
                "COLORTERM",
            ),
            ("TERM=xterm-kitty", Depth::True, "TERM"),
            ("TERM=xterm", Depth::Sixteen, "TERM"),
            ("TERM=linux", Depth::Sixteen, "TERM"),
            ("TERM=vt220", Depth::None, "TERM"),
            ("TERM=dumb", Depth::None, "TERM"),
            (
                "TERM=tmux-256color COLORTERM=truecolor TMUX=/tmp/x",
                Depth::True,
                "COLORTERM",
            ),
            (
                "TERM=screen-256color COLORTERM=truecolor TMUX=/tmp/x",
                Depth::True,
                "COLORTERM",
            ),
            (
                "TERM=screen.xterm-256color COLORTERM=truecolor STY=1",
                Depth::Indexed,
                "TERM",
            ),
            ("TERM=xterm-256color NO_COLOR=1", Depth::None, "NO_COLOR"),
            ("TERM=xterm-256color NO_COLOR=", Depth::Indexed, "TERM"),
            (
                "TERM=xterm NO_COLOR=1 FORCE_COLOR=1",
                Depth::Sixteen,
                "TERM",
            ),
            ("TERM=xterm FORCE_COLOR=3", Depth::True, "FORCE_COLOR"),
            (
                "TERM=xterm NO_COLOR=1 FORCE_COLOR=0",
                Depth::None,
                "NO_COLOR",
            ),
        ];
        for (environment, depth, by) in cases {
            let found = ability(environment);
            assert_eq!((found.depth, found.depth_by), (depth, by), "{environment}");
        }
    }

    #[test]
    fn the_environment_tells_what_stands_between() {
        let plain = ability("TERM=xterm-256color");
        assert_eq!(
            plain,
            Ability {
                depth: Depth::Indexed,
                depth_by: "TERM",
                between: Between::Nothing,
                ssh: false,
                erases_in_colour: true,
                keyboard: Keyboard::Disambiguated,
                notices: NoticeForm::Bell,
                shows_progress: false,
                takes_links: false,
                term: "xterm-256color".into(),
            }
        );
        let far = ability("TERM=screen-256color TMUX=/tmp/x SSH_TTY=/dev/pts/1");
        assert_eq!(
            (far.between, far.ssh, far.erases_in_colour, far.keyboard),
            (Between::Tmux, true, false, Keyboard::ModifyOther)
        );
        assert_eq!(ability("TERM=linux").keyboard, Keyboard::Plain);
    }
}
