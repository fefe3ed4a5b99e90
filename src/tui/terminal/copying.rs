//! Which program copies a text here, and its run. Blocks for some seconds at most.

use std::time::Duration;

use crate::config::clipboard::Clipboard;
use crate::tui::terminal::program;

/// One way into the clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The terminal does it: see `clipboard::copy`.
    Terminal,
    /// A program that reads the text, with its name for people.
    Program(&'static str, &'static [&'static str]),
}

const TMUX: Way = Way::Program("tmux", &["tmux", "load-buffer", "-w", "-"]);
const WL_COPY: Way = Way::Program("wl-copy", &["wl-copy"]);
const XCLIP: Way = Way::Program("xclip", &["xclip", "-selection", "clipboard"]);
const XSEL: Way = Way::Program("xsel", &["xsel", "--clipboard", "--input"]);
const PBCOPY: Way = Way::Program("pbcopy", &["pbcopy"]);

/// A program that takes longer is left.
const PATIENCE: Duration = Duration::from_secs(2);

/// The ways to be tried, the best first. On another machine than the person's only those that reach the terminal count.
pub fn ways(setting: Clipboard, variable: impl Fn(&str) -> bool) -> Vec<Way> {
    let one = match setting {
        Clipboard::Osc52 => Way::Terminal,
        Clipboard::Tmux => TMUX,
        Clipboard::WlCopy => WL_COPY,
        Clipboard::Xclip => XCLIP,
        Clipboard::Xsel => XSEL,
        Clipboard::Pbcopy => PBCOPY,
        Clipboard::Auto => {
            let ssh = variable("SSH_CONNECTION") || variable("SSH_TTY");
            let mut ways = Vec::new();
            if !ssh {
                if variable("WAYLAND_DISPLAY") {
                    ways.push(WL_COPY);
                }
                if variable("DISPLAY") {
                    ways.extend([XCLIP, XSEL]);
                }
                if cfg!(target_os = "macos") {
                    ways.push(PBCOPY);
                }
            }
            if variable("TMUX") {
                ways.push(TMUX);
            }
            ways.push(Way::Terminal);
            return ways;
        }
    };
    vec![one]
}

/// The ways in words, in the order they are tried in: `by tmux, else by OSC 52, if it lets`.
pub fn said(ways: &[Way]) -> String {
    let each = ways.iter().map(|way| match way {
        Way::Terminal => "by OSC 52, if it lets".to_owned(),
        Way::Program(name, _) => format!("by {name}"),
    });
    each.collect::<Vec<_>>().join(", else ")
}

/// What came of the ways that were tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    Copied(&'static str),
    /// The terminal is to be asked.
    Terminal,
    /// None worked: why the last did not.
    Failed(String),
}

/// Tries the ways one after the other.
pub fn copy(ways: &[Way], text: &str) -> Tried {
    let mut why = "there is no way to the clipboard".to_owned();
    for way in ways {
        match way {
            Way::Terminal => return Tried::Terminal,
            Way::Program(name, argv) => match program::feed(argv, text, PATIENCE) {
                Ok(()) => return Tried::Copied(name),
                Err(error) => why = format!("{name} {error}"),
            },
        }
    }
    Tried::Failed(format!(
        "not copied: {why}; set ui.clipboard to another way, or open it with V"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_is_chosen_by_the_surroundings() {
        let cases: [(&[&str], &[Way]); 6] = [
            (&[], &[Way::Terminal]),
            (&["DISPLAY"], &[XCLIP, XSEL, Way::Terminal]),
            (
                &["WAYLAND_DISPLAY", "DISPLAY", "TMUX"],
                &[WL_COPY, XCLIP, XSEL, TMUX, Way::Terminal],
            ),
            (&["TMUX"], &[TMUX, Way::Terminal]),
            // With a forwarded display too: that clipboard is another one than the terminal's.
            (&["SSH_TTY", "DISPLAY"], &[Way::Terminal]),
            (&["SSH_CONNECTION", "TMUX"], &[TMUX, Way::Terminal]),
        ];
        for (set, expected) in cases {
            let mut ways = ways(Clipboard::Auto, |name| set.contains(&name));
            ways.retain(|way| *way != PBCOPY);
            assert_eq!(ways, expected, "{set:?}");
        }
        assert_eq!(ways(Clipboard::Xsel, |_| true), [XSEL]);
        assert_eq!(
            said(&[WL_COPY, TMUX, Way::Terminal]),
            "by wl-copy, else by tmux, else by OSC 52, if it lets"
        );
        assert_eq!(ways(Clipboard::Osc52, |_| true), [Way::Terminal]);
    }

    #[test]
    fn the_next_way_is_tried_and_the_last_reason_told() {
        let none = Way::Program("none", &["no-such-program-here"]);
        let yes = Way::Program("sink", &["sh", "-c", "cat > /dev/null"]);
        assert_eq!(copy(&[none, yes], "x"), Tried::Copied("sink"));
        assert_eq!(copy(&[none, Way::Terminal], "x"), Tried::Terminal);
        let Tried::Failed(why) = copy(&[none], "x") else {
            unreachable!("there is no such program");
        };
        assert!(why.contains("none could not be started"), "{why}");
        assert!(why.contains("ui.clipboard"), "{why}");
    }
}
