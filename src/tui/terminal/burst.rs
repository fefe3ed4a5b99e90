//! A paste in a terminal that puts no brackets around it: told by how much text comes at once.

use std::time::Duration;

/// So many bytes of text at once, with more behind a line's end, nobody typed. Over a slow connection the keys of half a second
/// come together, which are fewer.
const LEAST: usize = 16;

/// How long it may pause: a terminal hands it on in pieces, the last of which may be short.
pub const WAIT: Duration = Duration::from_millis(50);

/// So much at once is no keys of a script either.
const SURE: usize = 512;

const ESCAPE: u8 = 0x1b;

/// ^X: the leader, which a script sends among its lines.
const LEADER: u8 = 0x18;

/// Whether what came at once is the beginning of one, whatever control characters are in it.
pub fn begins(bytes: &[u8]) -> bool {
    let first = bytes.iter().position(|byte| is_end(*byte));
    // Enter that is held sends many line ends and nothing between them.
    let more = first.is_some_and(|at| !bytes[at..].iter().all(|byte| is_end(*byte)));
    let of_script = bytes.len() < SURE && bytes.contains(&LEADER);
    more && bytes.len() >= LEAST && !has_escape(bytes) && !of_script
}

/// Whether what came next is more of one that began.
pub fn goes_on(bytes: &[u8]) -> bool {
    let named = |byte: &u8| *byte < b' ' && !is_end(*byte) && *byte != b'\t' || *byte == 0x7f;
    // A key with a name has no line's end, and one character with the leader before it.
    !bytes.iter().any(named)
        || bytes.len() > 2 && (!has_escape(bytes) || bytes.iter().any(|byte| is_end(*byte)))
}

fn is_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Whether a key or an answer of the terminal may be in it. The colours of a log are neither.
fn has_escape(bytes: &[u8]) -> bool {
    let after = |(at, byte): (usize, &u8)| (*byte == ESCAPE).then(|| &bytes[at + 1..]);
    let mut escapes = bytes.iter().enumerate().filter_map(after);
    escapes.any(|rest| {
        let colour = rest.strip_prefix(b"[").and_then(|rest| {
            let digit = |byte: &&u8| matches!(byte, b'0'..=b'9' | b';' | b':');
            rest.iter().find(|byte| !digit(byte))
        });
        colour != Some(&b'm')
    })
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
            (b"first line\r\x1b[<0;3;4msecond line\r", false),
            // Text with control characters in it: a new page, nothing, a word underlined, colours of a log.
            (b"first page\r\x0csecond page\r", true),
            (b"first\0line\rsecond line\r", true),
            (b"_\x08f_\x08i_\x08rst line\rsecond line\r", true),
            (b"\x1b[1;31mfailed\x1b[0m: one\r\x1b[mtwo\r", true),
        ] {
            assert_eq!(begins(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn the_leader_in_much_text_is_text() {
        let line = b"a line of text\x18\r";
        assert!(!begins(&line.repeat(10)));
        assert!(begins(&line.repeat(40)));
        assert!(!begins(&[&line.repeat(40)[..], b"\x1b[A"].concat()));
    }

    #[test]
    fn a_key_is_no_more_of_a_paste() {
        for (bytes, expected) in [
            (&b"x\r"[..], true),
            (b"\r", true),
            (b"\x0c\rpage\r", true),
            (b"red\x1b[0m", true),
            (b"\x1b[K\rgreen", true),
            (b"\x1b", false),
            (b"\x1b[A", false),
            (b"\x1b[200;3H", false),
            (b"\x03", false),
            (b"\x18n", false),
        ] {
            assert_eq!(goes_on(bytes), expected, "{bytes:?}");
        }
    }
}
