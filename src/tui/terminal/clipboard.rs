//! Copying by OSC 52: the terminal puts the text into the clipboard of the machine it runs on, over ssh too. It is only
//! ever written; the question for what the clipboard holds is never sent. A picture in it is read through the programs of
//! the desktop, on the person's key alone.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Several terminals drop a longer one without a word.
pub const LARGEST: usize = 100_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{bytes} bytes are too many to copy through the terminal (it takes {limit}); write them to a file instead"
)]
pub struct TooLong {
    pub bytes: usize,
    pub limit: usize,
}

/// The bytes that copy the text. Inside tmux they go out twice: to tmux, which takes them with `set-clipboard on`, and
/// wrapped for the terminal outside, which gets them with `allow-passthrough on`.
pub fn copy(text: &str, tmux: bool) -> Result<Vec<u8>, TooLong> {
    // Base64 makes four bytes of three.
    let limit = LARGEST / 4 * 3;
    if text.len() > limit {
        return Err(TooLong {
            bytes: text.len(),
            limit,
        });
    }
    let plain = format!("\x1b]52;c;{}\x07", STANDARD.encode(text));
    if !tmux {
        return Ok(plain.into_bytes());
    }
    Ok(format!("{plain}{}", passed_through(&plain)).into_bytes())
}

/// The sequence as tmux hands it on to the terminal outside, with `allow-passthrough on`.
pub fn passed_through(sequence: &str) -> String {
    format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"))
}

/// Programs that print the picture in the clipboard, with the environment variable that says that their desktop is there.
const PROGRAMS: &[(Option<&str>, &[&str])] = &[
    (
        Some("WAYLAND_DISPLAY"),
        &["wl-paste", "--no-newline", "--type", "image/png"],
    ),
    (
        Some("DISPLAY"),
        &["xclip", "-selection", "clipboard", "-t", "image/png", "-o"],
    ),
    (None, &["pngpaste", "-"]),
    (None, &["osascript", "-e", "the clipboard as «class PNGf»"]),
];

const NO_PROGRAM: &str = "no program here reads pictures from the clipboard: install wl-clipboard or xclip, or type @ and its path";

/// A program that waits for another one to hand over its clipboard may wait for ever.
const PATIENCE: Duration = Duration::from_secs(3);

/// More than any picture that is taken; `osascript` prints two digits for a byte.
const MOST: u64 = 80 << 20;

/// The picture in the clipboard. Blocks for some seconds at most; the error says in one line what is missing.
pub fn picture() -> Result<Vec<u8>, String> {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    by_programs(&is_set, None, PATIENCE)
}

/// `is_set`: whether the environment has the variable; `path`: where programs are looked for, where it is not the usual one.
fn by_programs(
    is_set: &dyn Fn(&str) -> bool,
    path: Option<&Path>,
    patience: Duration,
) -> Result<Vec<u8>, String> {
    let mut found = false;
    for (variable, argv) in PROGRAMS {
        if variable.is_some_and(|name| !is_set(name)) {
            continue;
        }
        let Some(printed) = output_of(argv, path, patience) else {
            continue;
        };
        found = true;
        let bytes = undressed(printed);
        // Some say in words that there is none.
        if is_picture(&bytes) {
            return Ok(bytes);
        }
    }
    Err(if found {
        "there is no picture in the clipboard".to_owned()
    } else {
        NO_PROGRAM.to_owned()
    })
}

/// What a program prints; `None` where it is not there.
fn output_of(argv: &[&str], path: Option<&Path>, patience: Duration) -> Option<Vec<u8>> {
    let (program, rest) = argv.split_first()?;
    let mut command = Command::new(program);
    if let Some(path) = path {
        command.env("PATH", path);
    }
    let mut child = command
        .args(rest)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let Some(pipe) = child.stdout.take() else {
        end(&mut child);
        return Some(Vec::new());
    };
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = pipe.take(MOST).read_to_end(&mut bytes);
        let _ = sender.send(read.map(|_| bytes).unwrap_or_default());
    });
    let bytes = receiver.recv_timeout(patience).unwrap_or_default();
    end(&mut child);
    Some(bytes)
}

/// It has printed all there is, or took too long.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// Whether bytes begin as a picture of one of the kinds that are taken.
fn is_picture(bytes: &[u8]) -> bool {
    let heads = [&b"\x89PNG"[..], b"\xff\xd8\xff", b"GIF8", b"RIFF"];
    heads.iter().any(|head| bytes.starts_with(head))
}

/// The bytes of `«data PNGf8950…»`, as `osascript` prints them; anything else as it is.
fn undressed(printed: Vec<u8>) -> Vec<u8> {
    let text = std::str::from_utf8(&printed).map(str::trim);
    let Some(digits) = text.ok().and_then(|text| {
        text.strip_prefix("«data PNGf")
            .and_then(|rest| rest.strip_suffix('»'))
    }) else {
        return printed;
    };
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map_while(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_a_program_prints_is_undressed() {
        let cases: [(&str, &[u8]); 3] = [
            ("«data PNGf89504E»\n", b"\x89PN"),
            ("plain", b"plain"),
            ("", b""),
        ];
        for (printed, expected) in cases {
            assert_eq!(undressed(printed.as_bytes().to_vec()), expected);
        }
        let output = |argv: &[&str]| output_of(argv, None, PATIENCE);
        assert_eq!(output(&["printf", "ab"]).as_deref(), Some(&b"ab"[..]));
        assert_eq!(output(&["no-such-program-here"]), None);
    }

    /// A program of this name that notes how it was called and then does this.
    fn program(folder: &Path, name: &str, does: &str) {
        let path = folder.join(name);
        let script = format!(
            "#!/bin/sh\necho \"{name} $*\" >> \"{}/called\"\n{does}\n",
            folder.display()
        );
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
    }

    /// The variables that are set, the programs and what each does, what is found, and how the programs were called.
    type Case<'c> = (
        &'c [&'c str],
        &'c [(&'c str, &'c str)],
        Result<Vec<u8>, String>,
        &'c str,
    );

    #[test]
    fn each_desktop_is_asked_in_its_own_words() {
        const PNG: &str = "printf '\\211PNG'";
        let png = || Ok(b"\x89PNG".to_vec());
        let none = || Err("there is no picture in the clipboard".to_owned());
        let wayland = "wl-paste --no-newline --type image/png\n";
        let x = "xclip -selection clipboard -t image/png -o\n";
        let both = format!("{wayland}{x}");
        let cases: Vec<Case> = vec![
            (
                &["WAYLAND_DISPLAY", "DISPLAY"],
                &[("wl-paste", PNG), ("xclip", PNG)],
                png(),
                wayland,
            ),
            (&["DISPLAY"], &[("wl-paste", PNG), ("xclip", PNG)], png(), x),
            (
                &[],
                &[("wl-paste", PNG), ("pngpaste", PNG)],
                png(),
                "pngpaste -\n",
            ),
            (
                &[],
                &[("osascript", "echo '«data PNGf89504E47»'")],
                png(),
                "osascript -e the clipboard as «class PNGf»\n",
            ),
            // Nothing, words in place of a picture, a failure, no end: the next one is asked.
            (
                &["WAYLAND_DISPLAY", "DISPLAY"],
                &[("wl-paste", "exit 1"), ("xclip", PNG)],
                png(),
                &both,
            ),
            (
                &["WAYLAND_DISPLAY", "DISPLAY"],
                &[("wl-paste", "echo none"), ("xclip", PNG)],
                png(),
                &both,
            ),
            (
                &["WAYLAND_DISPLAY", "DISPLAY"],
                &[("wl-paste", "exec /bin/sleep 60"), ("xclip", PNG)],
                png(),
                &both,
            ),
            (
                &["DISPLAY"],
                &[("xclip", "echo no image; exit 1")],
                none(),
                x,
            ),
            (
                &["DISPLAY"],
                &[("wl-paste", PNG)],
                Err(NO_PROGRAM.to_owned()),
                "",
            ),
        ];
        for (variables, programs, expected, called) in cases {
            let folder = tempfile::tempdir().unwrap();
            for (name, does) in programs {
                program(folder.path(), name, does);
            }
            let is_set = |name: &str| variables.contains(&name);
            // Long enough for a program that answers, on a busy machine too.
            let slow = programs.iter().any(|(_, does)| does.contains("sleep"));
            let patience = Duration::from_millis(if slow { 2_000 } else { 20_000 });
            let found = by_programs(&is_set, Some(folder.path()), patience);
            assert_eq!(found, expected, "{variables:?} {programs:?}");
            let told = fs::read_to_string(folder.path().join("called")).unwrap_or_default();
            assert_eq!(told, called, "{variables:?} {programs:?}");
        }
    }

    #[test]
    fn text_is_wrapped_for_what_stands_between() {
        let cases = [
            ("", false, "\x1b]52;c;\x07"),
            ("a\x1b\n漢", false, "\x1b]52;c;YRsK5ryi\x07"),
            (
                "hi",
                true,
                "\x1b]52;c;aGk=\x07\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\",
            ),
        ];
        for (text, tmux, expected) in cases {
            assert_eq!(copy(text, tmux), Ok(expected.into()), "{text:?}");
        }
    }

    #[test]
    fn what_terminals_would_drop_is_said() {
        assert!(copy(&"x".repeat(75_000), false).is_ok_and(|bytes| bytes.len() <= LARGEST + 8));
        assert_eq!(
            copy(&"x".repeat(75_001), false),
            Err(TooLong {
                bytes: 75_001,
                limit: 75_000
            })
        );
    }
}
