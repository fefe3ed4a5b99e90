//! Which program copies a text here, and its run. Blocks for some seconds at most.

use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::config::clipboard::Clipboard;

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
            Way::Program(name, argv) => match feed(argv, text, PATIENCE) {
                Ok(()) => return Tried::Copied(name),
                Err(error) => why = format!("{name} {error}"),
            },
        }
    }
    Tried::Failed(format!(
        "not copied: {why}; set ui.clipboard to another way, or open it with V"
    ))
}

/// Runs a program that reads the text and ends, or goes on by itself in the background.
fn feed(argv: &[&str], text: &str, patience: Duration) -> Result<(), String> {
    let Some((program, rest)) = argv.split_first() else {
        return Err("is no program".to_owned());
    };
    let mut child = Command::new(program)
        .args(rest)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("could not be started: {error}"))?;
    let pipe = child.stdin.take();
    let bytes = text.as_bytes().to_vec();
    // One that does not read would hold the writing up for ever; killed, it lets go of the pipe.
    let writer = thread::spawn(move || pipe.map(|mut pipe| pipe.write_all(&bytes)));
    let until = Instant::now() + patience;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => {
                return match writer.join() {
                    Ok(Some(Ok(()))) => Ok(()),
                    _ => Err("did not read the text".to_owned()),
                };
            }
            Ok(Some(status)) => return Err(format!("ended with {status}")),
            Ok(None) if Instant::now() < until => thread::sleep(Duration::from_millis(5)),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("took longer than {} s", patience.as_secs()));
            }
            Err(error) => return Err(format!("was lost: {error}")),
        }
    }
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
        assert_eq!(ways(Clipboard::Osc52, |_| true), [Way::Terminal]);
    }

    #[test]
    fn a_program_is_given_the_text_and_a_limit() {
        let folder = tempfile::tempdir().unwrap_or_else(|error| unreachable!("{error}"));
        let file = folder.path().join("text");
        let script = format!("cat > '{}'", file.display());
        let text = "a\r\n\tb 汉\n\n".repeat(50_000);
        assert_eq!(feed(&["sh", "-c", &script], &text, PATIENCE), Ok(()));
        assert_eq!(std::fs::read_to_string(file).ok(), Some(text.clone()));
        let wait = Duration::from_millis(50);
        for (argv, expected) in [
            (&["sh", "-c", "exit 3"][..], "ended with exit status: 3"),
            (&["sh", "-c", "exec sleep 60"][..], "took longer than 0 s"),
            (&["no-such-program-here"][..], "could not be started"),
        ] {
            let why = feed(argv, "x", wait).err().unwrap_or_default();
            assert!(why.starts_with(expected), "{argv:?}: {why}");
        }
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
