//! JSON values one after the other from bytes, without IO: a line each as a rule, but a value may also spread over lines, as
//! servers print it that answer a stream in one piece.

use crate::provider::sse::{Event, LARGEST_EVENT, TooLarge};

/// The state between two pieces of a body. Where the pieces are cut never matters.
#[derive(Debug, Default)]
pub struct Ndjson {
    /// The bytes of the value that has not ended yet.
    value: Vec<u8>,
    /// Brackets that are open.
    depth: usize,
    /// Within a text, where brackets are letters.
    quoted: bool,
    /// The last byte of a text was a backslash that covers the next one.
    escaped: bool,
    /// The first value has begun, so a byte-order mark is no mark any more.
    begun: bool,
}

impl Ndjson {
    /// Takes the next piece and appends the values that it completes, unnamed.
    pub fn feed(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), TooLarge> {
        for &byte in bytes {
            if self.value.len() >= LARGEST_EVENT {
                return Err(TooLarge);
            }
            let ends = self.take(byte);
            if ends {
                events.extend(self.end());
            }
        }
        Ok(())
    }

    /// The body has ended: what it ended with, if that is not plainly the beginning of a value cut off.
    pub fn finish(mut self) -> Option<Event> {
        self.end()
    }

    /// Keeps the byte; whether the value ends with it.
    fn take(&mut self, byte: u8) -> bool {
        if matches!(byte, b'\n' | b'\r') && (self.quoted || self.depth == 0) {
            // No text holds a bare line end: a value so spoilt ends here, and the next line is read as if it were whole.
            return true;
        }
        self.value.push(byte);
        if std::mem::take(&mut self.escaped) {
            return false;
        }
        match byte {
            b'\\' if self.quoted => self.escaped = true,
            b'"' => self.quoted = !self.quoted,
            b'{' | b'[' if !self.quoted => self.depth += 1,
            b'}' | b']' if !self.quoted => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }

    fn end(&mut self) -> Option<Event> {
        let value = std::mem::take(&mut self.value);
        (self.depth, self.quoted, self.escaped) = (0, false, false);
        let mut bytes = &value[..];
        if !self.begun {
            bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        }
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        self.begun = true;
        Some(Event {
            data: text.to_owned(),
            ..Event::default()
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn decode<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
        let mut values = Ndjson::default();
        let mut events = Vec::new();
        for piece in pieces {
            values.feed(piece, &mut events).unwrap();
        }
        events.extend(values.finish());
        events.into_iter().map(|event| event.data).collect()
    }

    #[test]
    fn values_are_told_apart_however_they_are_laid_out() {
        let cases: &[(&str, &[&str])] = &[
            ("{\"a\":1}\n{\"b\":2}\n", &["{\"a\":1}", "{\"b\":2}"]),
            ("{\"a\":1}\r\n\r\n{\"b\":2}\r", &["{\"a\":1}", "{\"b\":2}"]),
            ("\u{feff}{\"a\":1}\n", &["{\"a\":1}"]),
            ("{\"a\":1}{\"b\":2}", &["{\"a\":1}", "{\"b\":2}"]),
            (
                "{\n  \"a\": [\n    {}\n  ]\n}\n",
                &["{\n  \"a\": [\n    {}\n  ]\n}"],
            ),
            (
                "{\"a\":\"}]\\\"{\\\\\"}\n{\"é汉\":\"\u{feff}\"}",
                &["{\"a\":\"}]\\\"{\\\\\"}", "{\"é汉\":\"\u{feff}\"}"],
            ),
            // Spoilt ones end with their line.
            (
                "{\"a\":\"cut\n{\"b\":2}\n]}\n{\"c\":3}\n",
                &["{\"a\":\"cut", "{\"b\":2}", "]", "}", "{\"c\":3}"],
            ),
            ("no\nvalue", &["no", "value"]),
            ("{\"a\":", &["{\"a\":"]),
            ("", &[]),
            (" \n\n ", &[]),
        ];
        for (body, expected) in cases {
            let bytes = body.as_bytes();
            assert_eq!(&decode(std::iter::once(bytes)), expected, "{body:?}");
            assert_eq!(&decode(bytes.chunks(1)), expected, "{body:?}");
            assert_eq!(&decode(bytes.chunks(3)), expected, "{body:?}");
        }
    }

    #[test]
    fn a_value_has_a_largest_size() {
        let megabyte = vec![b'x'; 1024 * 1024];
        for start in [&b"{\"a\":\""[..], b"{ ", b""] {
            let mut values = Ndjson::default();
            let mut events = Vec::new();
            values.feed(start, &mut events).unwrap();
            for _ in 0..7 {
                values.feed(&megabyte, &mut events).unwrap();
            }
            let more = [&megabyte[..], &megabyte].map(|piece| values.feed(piece, &mut events));
            assert_eq!(more[1], Err(TooLarge));
        }
    }
}
