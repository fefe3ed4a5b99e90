//! Bytes from the terminal into keys, pastes, mouse and focus. Pure; hostile bytes give odd keys at worst.
//!
//! Own code, since the reading of crossterm spins when the terminal is gone, blocks inside a sequence cut short, and
//! takes a lone ESC for the key without waiting for what belongs to it. Its types are used.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseEvent};

use crate::tui::terminal::eye::Ground;
use crate::tui::terminal::sequence::{control, text_key};
use crate::tui::terminal::{burst, ground};

/// How long the rest of a sequence may be on its way before ESC is taken for the key.
const SEQUENCE_WAIT: Duration = Duration::from_millis(30);

/// How long a paste may pause before what came of it is delivered.
const PASTE_WAIT: Duration = Duration::from_secs(1);

/// A paste is kept to this many bytes; the rest is dropped.
pub const LARGEST_PASTE: usize = 32 << 20;

/// Answers of terminals that carry text are skipped up to this length.
const LONGEST_STRING: usize = 64 << 10;

const PASTE_BEGIN: &[u8] = b"\x1b[200~";
const PASTE_END: &[u8] = b"\x1b[201~";

/// What the terminal sent. Keys are presses only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    Key(KeyEvent),
    /// Line ends as `\n`, otherwise as it came: control characters are still in it.
    Paste(String),
    Mouse(MouseEvent),
    Focus(bool),
    /// The terminal has this behind its text.
    Ground(Ground),
    /// The column, from 1, that the cursor stood in when it was asked for.
    Column(u16),
}

/// What stands at the beginning of the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Something, and how many bytes it took.
    Sent(Sent, usize),
    /// Nothing of interest, of this many bytes.
    Skip(usize),
    /// A beginning; the rest has not come yet.
    More,
}

#[derive(Debug, Default)]
pub struct Parser {
    bytes: Vec<u8>,
    paste: Option<Vec<u8>>,
    /// A paste without brackets, of which more may come.
    burst: Option<Vec<u8>>,
}

impl Parser {
    /// Takes in what one read gave.
    pub fn feed(&mut self, bytes: &[u8], sent: &mut Vec<Sent>) {
        if self.burst.is_some() && (bytes.starts_with(PASTE_BEGIN) || !burst::goes_on(bytes)) {
            self.end_burst(sent);
        }
        // Behind a piece that ended inside a character.
        self.bytes.extend_from_slice(bytes);
        if self.burst.is_some() || self.paste.is_none() && burst::begins(&self.bytes) {
            // Its last line end is a part of it too: nothing that was pasted is sent by itself.
            append(self.burst.get_or_insert_default(), &self.bytes);
            self.bytes.clear();
            return;
        }
        self.parse(sent);
    }

    /// How long to wait for more before `settle`; `None` when nothing is open.
    pub fn wait(&self) -> Option<Duration> {
        if self.paste.is_some() {
            Some(PASTE_WAIT)
        } else if self.burst.is_some() {
            Some(burst::WAIT)
        } else if self.bytes.is_empty() {
            None
        } else {
            Some(SEQUENCE_WAIT)
        }
    }

    /// Nothing more came: what is open is taken for what it is.
    pub fn settle(&mut self, sent: &mut Vec<Sent>) {
        self.end_burst(sent);
        if let Some(mut paste) = self.paste.take() {
            append(&mut paste, &self.bytes);
            sent.push(Sent::Paste(pasted(&paste)));
        } else {
            match self.bytes[..] {
                [0x1b] => sent.push(key(KeyCode::Esc, KeyModifiers::NONE)),
                [0x1b, 0x1b] => {
                    sent.push(key(KeyCode::Esc, KeyModifiers::NONE));
                    sent.push(key(KeyCode::Esc, KeyModifiers::NONE));
                }
                [0x1b, byte @ b' '..=b'~'] => {
                    sent.push(text_key(char::from(byte), KeyModifiers::ALT));
                }
                // A sequence broken off, or half a character.
                _ => {}
            }
        }
        self.bytes.clear();
    }

    fn end_burst(&mut self, sent: &mut Vec<Sent>) {
        sent.extend(self.burst.take().map(|text| Sent::Paste(pasted(&text))));
    }

    fn parse(&mut self, sent: &mut Vec<Sent>) {
        let mut start = 0;
        loop {
            if self.paste.is_some() {
                match self.take_paste(start) {
                    Some((text, end)) => {
                        sent.push(Sent::Paste(text));
                        start = end;
                    }
                    None => return,
                }
            }
            let rest = &self.bytes[start..];
            if rest.is_empty() {
                break;
            }
            if rest.starts_with(PASTE_BEGIN) {
                self.paste = Some(Vec::new());
                start += PASTE_BEGIN.len();
                continue;
            }
            match find(rest) {
                Found::Sent(one, used) => {
                    sent.push(one);
                    start += used;
                }
                Found::Skip(used) => start += used,
                Found::More => break,
            }
        }
        self.bytes.drain(..start);
    }

    /// The open paste, when its end has come, and where the bytes after it begin. The end is the last one before the
    /// next paste: text that carries the mark itself does not break out of its brackets.
    fn take_paste(&mut self, start: usize) -> Option<(String, usize)> {
        let paste = self.paste.as_mut()?;
        let rest = &self.bytes[start..];
        let Some(first) = find_bytes(rest, PASTE_END) else {
            // The last bytes may be the beginning of the mark.
            let keep = rest.len().min(PASTE_END.len() - 1);
            let taken = start + rest.len() - keep;
            append(paste, &self.bytes[start..taken]);
            self.bytes.drain(..taken);
            return None;
        };
        let next = find_bytes(&rest[first..], PASTE_BEGIN).map_or(rest.len(), |next| first + next);
        let end = rest[..next]
            .windows(PASTE_END.len())
            .rposition(|window| window == PASTE_END)
            .unwrap_or(first);
        append(paste, &rest[..end]);
        let text = pasted(paste);
        self.paste = None;
        Some((text, start + end + PASTE_END.len()))
    }
}

/// What the first bytes mean.
fn find(bytes: &[u8]) -> Found {
    match bytes {
        [] => Found::More,
        [0x1b, rest @ ..] => after_escape(rest),
        [byte @ (0..=0x1f | 0x7f), ..] => {
            let (code, modifiers) = plain_control(*byte);
            Found::Sent(key(code, modifiers), 1)
        }
        _ => text(bytes, 0, KeyModifiers::NONE),
    }
}

fn after_escape(rest: &[u8]) -> Found {
    match rest {
        [] | [b'[' | b'O' | b']' | b'P' | b'X' | b'^' | b'_' | 0x1b] => Found::More,
        [b'[' | b'O', ..] => match control(rest) {
            Found::Sent(sent, used) => Found::Sent(sent, used + 1),
            Found::Skip(used) => Found::Skip(used + 1),
            Found::More => Found::More,
        },
        [b']', string @ ..] => match (skip_string(string), ground::answer(string)) {
            (Found::Skip(used), Some(ground)) => Found::Sent(Sent::Ground(ground), used),
            (found, _) => found,
        },
        [b'P' | b'X' | b'^' | b'_', string @ ..] => skip_string(string),
        // Alt with a key that is a sequence itself, as some terminals send it.
        [0x1b, b'[' | b'O', ..] => match after_escape(&rest[1..]) {
            Found::Sent(Sent::Key(mut event), used) => {
                event.modifiers |= KeyModifiers::ALT;
                Found::Sent(Sent::Key(event), used + 1)
            }
            Found::More => Found::More,
            _ => Found::Sent(key(KeyCode::Esc, KeyModifiers::NONE), 1),
        },
        [0x1b, ..] => Found::Sent(key(KeyCode::Esc, KeyModifiers::NONE), 1),
        [byte @ (0..=0x1f | 0x7f), ..] => {
            let (code, modifiers) = plain_control(*byte);
            Found::Sent(key(code, modifiers | KeyModifiers::ALT), 2)
        }
        _ => text(rest, 1, KeyModifiers::ALT),
    }
}

/// Answers to questions nobody asked any more: titles, colours, clipboards. Never typed.
fn skip_string(string: &[u8]) -> Found {
    for (index, &byte) in string.iter().enumerate() {
        match byte {
            0x07 => return Found::Skip(index + 3),
            0x1b => match string.get(index + 1) {
                Some(b'\\') => return Found::Skip(index + 4),
                Some(_) => return Found::Skip(index + 2),
                None => return Found::More,
            },
            _ => {}
        }
    }
    if string.len() > LONGEST_STRING {
        Found::Skip(string.len() + 2)
    } else {
        Found::More
    }
}

/// One character, after `skipped` bytes.
fn text(bytes: &[u8], skipped: usize, modifiers: KeyModifiers) -> Found {
    let length = match bytes.first() {
        Some(0..0x80) => 1,
        Some(0xc2..0xe0) => 2,
        Some(0xe0..0xf0) => 3,
        Some(0xf0..0xf5) => 4,
        _ => return Found::Skip(skipped + 1),
    };
    let head = &bytes[..length.min(bytes.len())];
    match str::from_utf8(head) {
        Ok(text) => match text.chars().next() {
            Some(c) => Found::Sent(text_key(c, modifiers), skipped + length),
            None => Found::Skip(skipped + 1),
        },
        Err(error) if error.error_len().is_none() => Found::More,
        Err(_) => Found::Skip(skipped + 1),
    }
}

/// The keys that terminals without the newer protocol send as one control character.
fn plain_control(byte: u8) -> (KeyCode, KeyModifiers) {
    match byte {
        b'\r' => (KeyCode::Enter, KeyModifiers::NONE),
        b'\t' => (KeyCode::Tab, KeyModifiers::NONE),
        0x7f => (KeyCode::Backspace, KeyModifiers::NONE),
        0x1b => (KeyCode::Esc, KeyModifiers::NONE),
        0 => (KeyCode::Char(' '), KeyModifiers::CONTROL),
        1..=26 => (
            KeyCode::Char(char::from(byte - 1 + b'a')),
            KeyModifiers::CONTROL,
        ),
        byte => (
            KeyCode::Char(char::from(byte + 0x40)),
            KeyModifiers::CONTROL,
        ),
    }
}

pub fn key(code: KeyCode, modifiers: KeyModifiers) -> Sent {
    Sent::Key(KeyEvent::new_with_kind(
        code,
        modifiers,
        KeyEventKind::Press,
    ))
}

fn append(paste: &mut Vec<u8>, bytes: &[u8]) {
    let room = LARGEST_PASTE.saturating_sub(paste.len());
    paste.extend_from_slice(&bytes[..bytes.len().min(room)]);
}

fn pasted(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .replace("\r\n", "\n")
        .replace('\r', "\n")
}

fn find_bytes(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let stands = |at: &usize| bytes[*at] == wanted[0] && bytes[*at..].starts_with(wanted);
    (0..bytes.len()).find(stands)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use proptest::prelude::{any, prop_assume, proptest};

    use super::*;

    fn parsed(reads: &[&[u8]]) -> Vec<Sent> {
        let mut parser = Parser::default();
        let mut sent = Vec::new();
        for read in reads {
            parser.feed(read, &mut sent);
        }
        parser.settle(&mut sent);
        sent
    }

    #[test]
    fn an_answer_is_no_key_wherever_it_is_cut() {
        let answers: [&[u8]; 4] = [
            b"\x1b[2;3R",
            b"\x1b[24;80R",
            b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
            b"\x1bP>|a terminal(1.0)\x1b\\",
        ];
        for answer in answers {
            for cut in 1..answer.len() {
                let sent = parsed(&[&answer[..cut], &answer[cut..]]);
                let keys = sent.iter().filter(|sent| matches!(sent, Sent::Key(_)));
                assert_eq!(keys.count(), 0, "{answer:?} cut at {cut}");
            }
        }
        assert_eq!(parsed(&[b"\x1b[2;3R"]), [Sent::Column(3)]);
        assert_eq!(parsed(&[b"\x1b[2;99999999999R"]), [Sent::Column(u16::MAX)]);
    }

    fn char_key(c: char, modifiers: KeyModifiers) -> Sent {
        key(KeyCode::Char(c), modifiers)
    }

    #[test]
    fn bytes_become_keys() {
        const NONE: KeyModifiers = KeyModifiers::NONE;
        const ALT: KeyModifiers = KeyModifiers::ALT;
        const CONTROL: KeyModifiers = KeyModifiers::CONTROL;
        const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
        let esc = || key(KeyCode::Esc, NONE);
        let cases: Vec<(&[u8], Vec<Sent>)> = vec![
            (b"a", vec![char_key('a', NONE)]),
            (b"A", vec![char_key('A', SHIFT)]),
            (
                "漢é".as_bytes(),
                vec![char_key('漢', NONE), char_key('é', NONE)],
            ),
            (b"\r", vec![key(KeyCode::Enter, NONE)]),
            (b"\n", vec![char_key('j', CONTROL)]),
            (b"\t", vec![key(KeyCode::Tab, NONE)]),
            (b"\x7f", vec![key(KeyCode::Backspace, NONE)]),
            (b"\x03", vec![char_key('c', CONTROL)]),
            (b"\x18w", vec![char_key('x', CONTROL), char_key('w', NONE)]),
            (b"\0", vec![char_key(' ', CONTROL)]),
            (b"\x1f", vec![char_key('_', CONTROL)]),
            (b"\x1b", vec![esc()]),
            (b"\x1b\x1b", vec![esc(), esc()]),
            (b"\x1ba", vec![char_key('a', ALT)]),
            (b"\x1b[", vec![char_key('[', ALT)]),
            (b"\x1bO", vec![char_key('O', ALT | SHIFT)]),
            (b"\x1b]", vec![char_key(']', ALT)]),
            (b"\x1b\r", vec![key(KeyCode::Enter, ALT)]),
            (b"\x1b\x7f", vec![key(KeyCode::Backspace, ALT)]),
            (b"\x1b\x01", vec![char_key('a', ALT | CONTROL)]),
            (b"\x1b\x1b[A", vec![key(KeyCode::Up, ALT)]),
            (b"\x1b\x1ba", vec![esc(), char_key('a', ALT)]),
            // Answers to questions, wanted or not, are not typed.
            (
                b"\x1b]11;rgb:0000/0000/0000\x07x",
                vec![Sent::Ground(Ground::Dark), char_key('x', NONE)],
            ),
            (
                b"\x1b[?997;2n\x1b[?997;3nx",
                vec![Sent::Ground(Ground::Light), char_key('x', NONE)],
            ),
            (
                b"\x1b]10;rgb:0000/0000/0000\x1b\\x",
                vec![char_key('x', NONE)],
            ),
            (b"\x1b]52;c;c2VjcmV0\x1b\\x", vec![char_key('x', NONE)]),
            (b"\x1bP>|term 1.0\x1b\\x", vec![char_key('x', NONE)]),
            (
                b"\x1b[?62;22c\x1b[?1u\x1b[?2026;2$yx",
                vec![char_key('x', NONE)],
            ),
            (b"\x1b[12;40Rx", vec![char_key('x', NONE)]),
            (b"\xff\xfea", vec![char_key('a', NONE)]),
            (b"\xe6\xbc", vec![]),
        ];
        for (bytes, expected) in cases {
            assert_eq!(parsed(&[bytes]), expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn pastes_stay_pastes() {
        let paste = |text: &str| Sent::Paste(text.to_owned());
        let enter = || key(KeyCode::Enter, KeyModifiers::NONE);
        let long = "a line of text\r".repeat(40);
        let cases: Vec<(Vec<&[u8]>, Vec<Sent>)> = vec![
            (
                vec![b"\x1b[200~one\r\ntwo\rx\x1b[201~"],
                vec![paste("one\ntwo\nx")],
            ),
            (
                vec![b"\x1b[200~", b"on", b"e\x1b", b"[201", b"~\r"],
                vec![paste("one"), enter()],
            ),
            (
                vec![b"\x1b[200~a\x1b[31mb\x1b[201~"],
                vec![paste("a\u{1b}[31mb")],
            ),
            // The mark inside does not let the rest out as keys.
            (
                vec![b"\x1b[200~a\x1b[201~rm -rf\r\x1b[201~"],
                vec![paste("a\u{1b}[201~rm -rf\n")],
            ),
            (
                vec![b"\x1b[200~a\x1b[201~\r\x1b[200~b\x1b[201~"],
                vec![paste("a"), enter(), paste("b")],
            ),
            // One whose end never comes is still delivered.
            (vec![b"\x1b[200~half"], vec![paste("half")]),
            (vec![b"\x1b[200~\xff\x1b[201~"], vec![paste("\u{fffd}")]),
            // Many lines at once without brackets were not typed.
            (
                vec![long.as_bytes()],
                vec![paste(&long.replace('\r', "\n"))],
            ),
            // However short its pieces are; what is no text ends it.
            (
                vec![b"first line\rsecond line\r", b"x\r", b"\x1b[A"],
                vec![
                    paste("first line\nsecond line\nx\n"),
                    key(KeyCode::Up, KeyModifiers::NONE),
                ],
            ),
            (
                vec![b"\xc3", b"\xa9 first\rsecond line\r", b"a\x0cb\r"],
                vec![paste("é first\nsecond line\na\u{c}b\n")],
            ),
        ];
        for (reads, expected) in cases {
            assert_eq!(parsed(&reads), expected, "{reads:?}");
        }
    }

    #[test]
    fn a_paste_is_bounded() {
        let mut parser = Parser::default();
        let mut sent = Vec::new();
        parser.feed(PASTE_BEGIN, &mut sent);
        let part = vec![b'x'; 1 << 20];
        for _ in 0..40 {
            parser.feed(&part, &mut sent);
        }
        parser.feed(PASTE_END, &mut sent);
        assert!(matches!(&sent[..], [Sent::Paste(text)] if text.len() == LARGEST_PASTE));
        assert!(parser.bytes.is_empty());
    }

    proptest! {
        /// Whatever comes, in whatever pieces, nothing is kept open for ever and where it is cut makes no difference.
        #[test]
        fn any_bytes_are_borne(bytes: Vec<u8>, cut in any::<proptest::sample::Index>()) {
            let mut escapes = bytes;
            for byte in &mut escapes {
                *byte = match *byte % 16 {
                    0 | 1 => 0x1b,
                    2 => b'[',
                    3 => b';',
                    4 => b'2',
                    5 => b'~',
                    6 => b'u',
                    7 => b'M',
                    8 => b'<',
                    _ => *byte,
                };
            }
            let (head, tail) = escapes.split_at(cut.index(escapes.len() + 1));
            // What was not typed is told by what comes at once.
            let mut tails = (0..=head.len()).map(|at| &escapes[at..]);
            prop_assume!(!burst::begins(head) && !tails.any(burst::begins));
            assert_eq!(parsed(&[head, tail]), parsed(&[&escapes]));
        }
    }
}
