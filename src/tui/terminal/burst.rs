//! A paste in a terminal that puts no brackets around it: told by how much text comes at once.

use std::time::Duration;

/// So many bytes of text at once, with more behind a line's end, nobody typed. Over a slow connection the keys of half a second
/// come together, which are fewer.
const LEAST: usize = 16;

/// How long it may pause: a terminal hands it on in pieces, the last of which may be short.
pub const WAIT: Duration = Duration::from_millis(50);

/// Whether what came at once is the beginning of one.
pub fn begins(bytes: &[u8]) -> bool {
    let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let first = bytes.iter().position(is_end);
    // Enter that is held sends many line ends and nothing between them.
    let more = first.is_some_and(|at| bytes[at..].iter().any(|byte| !is_end(byte)));
    more && bytes.len() >= LEAST && is_text(bytes)
}

/// Nothing in it is a key with a name, or with one held beside it.
pub fn is_text(bytes: &[u8]) -> bool {
    let named = |byte: &u8| *byte < b' ' && !matches!(byte, b'\r' | b'\n' | b'\t') || *byte == 0x7f;
    !bytes.iter().any(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_no_paste() {
        for (bytes, expected) in [
            (&b"first line\rsecond line"[..], true),
            (b"first line\nsecond line\n", true),
            // A prompt with its Enter, by whatever it is typed.
            (b"a prompt of some length\r", false),
            // What comes together over a slow connection.
            (b"go\rand then", false),
            // Enter that is held.
            (b"\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r", false),
            // Keys of a script that are no text.
            (b"first line\r\x18nsecond line\r", false),
            (b"first line\r\x1b[Asecond line\r", false),
        ] {
            assert_eq!(begins(bytes), expected, "{bytes:?}");
        }
    }
}
