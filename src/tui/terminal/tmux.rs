//! What tmux calls a pane, and how a person gets there.

use std::path::Path;
use std::time::Duration;

use crate::protocol::query::TmuxPane;
use crate::tui::terminal::program;

/// A server that takes longer is not waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// Bytes of an answer; a name is short.
const LONGEST: u64 = 1_000;
/// No name of a session has a colon.
const FORMAT: &str = "#{session_name}:#{session_windows}:#{window_index}:#{pane_index}";

/// Where a pane is, in words, and the command that leads there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// As `tmux session main, pane 3`.
    pub said: String,
    /// As `tmux attach -t main`.
    pub way: String,
}

/// Asks the server of a pane for its name. `inside` is the socket of the server this process runs in. Blocks for some seconds
/// at most; `None`: the pane is gone, or tmux is not there.
pub fn find(pane: &TmuxPane, inside: Option<&str>) -> Option<Place> {
    let argv = [
        "tmux",
        "-S",
        &pane.socket,
        "display-message",
        "-p",
        "-t",
        &pane.pane,
        FORMAT,
    ];
    place(
        &program::line(&argv, LONGEST, PATIENCE)?,
        &pane.socket,
        inside,
    )
}

fn place(answer: &str, socket: &str, inside: Option<&str>) -> Option<Place> {
    let mut parts = answer.split(':');
    let (session, windows) = (parts.next()?, parts.next()?);
    let (window, pane) = (parts.next()?, parts.next()?);
    if session.is_empty() || parts.next().is_some() {
        return None;
    }
    // The window is worth a word where there is another one.
    let window = match windows {
        "1" => String::new(),
        _ => format!(", window {window}"),
    };
    let name = quoted(session);
    let server = match Path::new(socket).file_name() {
        Some(name) if name == "default" => String::new(),
        // Where servers that are told by a name alone have their sockets.
        Some(name) if has_usual_folder(socket) => {
            format!(" -L {}", quoted(&name.to_string_lossy()))
        }
        _ => format!(" -S {}", quoted(socket)),
    };
    let way = if inside == Some(socket) {
        // A client within tmux does not attach.
        format!("tmux switch-client -t {name}")
    } else {
        format!("tmux{server} attach -t {name}")
    };
    Some(Place {
        said: format!("tmux session {session}{window}, pane {pane}"),
        way,
    })
}

fn has_usual_folder(socket: &str) -> bool {
    let folder = Path::new(socket).parent().and_then(Path::file_name);
    folder.is_some_and(|folder| folder.to_string_lossy().starts_with("tmux-"))
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./@%+".contains(c);
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn a_pane_is_named_as_its_person_knows_it() {
        let default = "/tmp/tmux-7/default";
        let cases = [
            (
                "main:1:0:3",
                default,
                None,
                Some(("tmux session main, pane 3", "tmux attach -t main")),
            ),
            (
                "main:2:1:0",
                default,
                Some("/tmp/other"),
                Some(("tmux session main, window 1, pane 0", "tmux attach -t main")),
            ),
            (
                "main:1:0:3",
                default,
                Some(default),
                Some(("tmux session main, pane 3", "tmux switch-client -t main")),
            ),
            (
                "it's my:1:0:1",
                "/tmp/tmux-7/work",
                None,
                Some((
                    "tmux session it's my, pane 1",
                    "tmux -L work attach -t 'it'\\''s my'",
                )),
            ),
            (
                "main:1:0:1",
                "/run/work",
                None,
                Some((
                    "tmux session main, pane 1",
                    "tmux -S /run/work attach -t main",
                )),
            ),
            ("", default, None, None),
            ("main:1", default, None, None),
            (":1:0:3", default, None, None),
            ("main:1:0:3:4", default, None, None),
        ];
        for (answer, socket, inside, expected) in cases {
            let expected = expected.map(|(said, way)| Place {
                said: said.to_owned(),
                way: way.to_owned(),
            });
            assert_eq!(place(answer, socket, inside), expected, "{answer}");
        }
    }
}
