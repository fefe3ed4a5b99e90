//! Copying by OSC 52: the terminal puts the text into the clipboard of the machine it runs on, over ssh too. It is only
//! ever written; the question for what the clipboard holds is never sent. Programs such as `wl-copy` are the caller's.

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

/// The sequence as tmux hands it on to the terminal outside.
fn passed_through(sequence: &str) -> String {
    format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
