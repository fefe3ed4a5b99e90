//! Server-sent events from bytes, without IO. It follows the standard's line and field rules, with two differences: an event
//! at the end of the stream counts without its blank line, because servers forget it, and an event has a largest size.

use std::borrow::Cow;

/// The most bytes one event may have; the largest honest ones are whole files in one argument.
pub const LARGEST_EVENT: usize = 8 * 1024 * 1024;

/// The longest `id` that is kept, in bytes: each event bears a copy.
const LONGEST_ID: usize = 256;

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// The `event` field; empty when it was absent.
    pub name: String,
    /// The `data` lines, joined by line feeds.
    pub data: String,
    /// The last `id` seen so far in the stream.
    pub id: String,
}

/// An event grew past [`LARGEST_EVENT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("one event of the answer is larger than {} MB", LARGEST_EVENT / 1024 / 1024)]
pub struct TooLarge;

/// The state between two pieces of a stream. Where the pieces are cut never matters.
#[derive(Debug, Default)]
pub struct Sse {
    /// The bytes of the line that has not ended yet.
    line: Vec<u8>,
    /// The event that has not ended yet; `None` until it has data.
    data: Option<String>,
    name: String,
    id: String,
    /// A carriage return ended the last line; a line feed that follows belongs to it.
    after_return: bool,
    /// The first line is done, so a byte-order mark is text now.
    begun: bool,
}

impl Sse {
    /// Takes the next piece and appends the events that it completes.
    pub fn feed(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), TooLarge> {
        let mut rest = bytes;
        while !rest.is_empty() {
            if std::mem::take(&mut self.after_return) && rest[0] == b'\n' {
                rest = &rest[1..];
                continue;
            }
            let end = rest.iter().position(|&byte| byte == b'\n' || byte == b'\r');
            let part = &rest[..end.unwrap_or(rest.len())];
            let held = self.line.len() + self.data.as_ref().map_or(0, String::len);
            if held + part.len() > LARGEST_EVENT {
                return Err(TooLarge);
            }
            self.line.extend_from_slice(part);
            let Some(end) = end else { break };
            self.after_return = rest[end] == b'\r';
            rest = &rest[end + 1..];
            events.extend(self.end_line());
        }
        Ok(())
    }

    /// The stream has ended: the last event, if it lacks its blank line.
    pub fn finish(mut self) -> Option<Event> {
        if self.line.is_empty() {
            return self.dispatch();
        }
        self.end_line().or_else(|| self.dispatch())
    }

    fn end_line(&mut self) -> Option<Event> {
        let mut line = std::mem::take(&mut self.line);
        let event = self.take_line(&line);
        // Its room serves the next line.
        line.clear();
        self.line = line;
        event
    }

    fn take_line(&mut self, line: &[u8]) -> Option<Event> {
        let mut bytes = line;
        if !std::mem::replace(&mut self.begun, true) {
            bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        }
        if bytes.is_empty() {
            return self.dispatch();
        }
        // Only whole lines are decoded, so a character is never cut.
        // Nearly always whole, and then looked at much faster than a character at a time.
        let text = std::str::from_utf8(bytes)
            .map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed);
        let (field, value) = match text.split_once(':') {
            Some((field, value)) => (field, value.strip_prefix(' ').unwrap_or(value)),
            None => (&*text, ""),
        };
        match field {
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            "event" => value.clone_into(&mut self.name),
            "id" if !value.contains('\0') && value.len() <= LONGEST_ID => {
                value.clone_into(&mut self.id);
            }
            // A comment, a time to reconnect after, or a field of the future.
            _ => {}
        }
        None
    }

    fn dispatch(&mut self) -> Option<Event> {
        let name = std::mem::take(&mut self.name);
        self.data.take().map(|data| Event {
            name,
            data,
            id: self.id.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    fn decode<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Event> {
        let mut sse = Sse::default();
        let mut events = Vec::new();
        for piece in pieces {
            sse.feed(piece, &mut events).unwrap();
        }
        events.extend(sse.finish());
        events
    }

    fn event(name: &str, data: &str, id: &str) -> Event {
        Event {
            name: name.to_owned(),
            data: data.to_owned(),
            id: id.to_owned(),
        }
    }

    #[test]
    fn fields_and_lines_follow_the_standard() {
        let cases: &[(&[u8], Vec<Event>)] = &[
            (b"data: a\n\n", vec![event("", "a", "")]),
            (
                b"event: x\ndata: a\ndata: b\n\n",
                vec![event("x", "a\nb", "")],
            ),
            (b"data: a\r\n\r\n", vec![event("", "a", "")]),
            (
                b"data: a\r\rdata: b\r\r",
                vec![event("", "a", ""), event("", "b", "")],
            ),
            (
                b"data: a\r\n\ndata: b\n\r\n",
                vec![event("", "a", ""), event("", "b", "")],
            ),
            (b"\xef\xbb\xbfdata: a\n\n", vec![event("", "a", "")]),
            (
                b"data: a\n\n\xef\xbb\xbfdata: b\n\n",
                vec![event("", "a", "")],
            ),
            (b"data:a\n\n", vec![event("", "a", "")]),
            (b"data:  a\n\n", vec![event("", " a", "")]),
            (b"data\n\n", vec![event("", "", "")]),
            (b"data\ndata\n\n", vec![event("", "\n", "")]),
            (b": ping\n\n: ping\n\ndata: a\n\n", vec![event("", "a", "")]),
            (b"event: x\n\ndata: a\n\n", vec![event("", "a", "")]),
            (
                b"foo: bar\nfoo\nretry: 5\ndata: a\n\n",
                vec![event("", "a", "")],
            ),
            (
                b"id: 7\ndata: a\n\nid: x\0y\ndata: b\n\nid\ndata: c\n\n",
                vec![event("", "a", "7"), event("", "b", "7"), event("", "c", "")],
            ),
            (b"data: a", vec![event("", "a", "")]),
            (b"data: a\n", vec![event("", "a", "")]),
            (b"data: a\ndata: b", vec![event("", "a\nb", "")]),
            (
                b"data: \xff\xfe!\n\n",
                vec![event("", "\u{fffd}\u{fffd}!", "")],
            ),
            (b"", vec![]),
            (b"\n\n\n", vec![]),
        ];
        for (body, expected) in cases {
            assert_eq!(
                &decode(std::iter::once(*body)),
                expected,
                "{:?}",
                String::from_utf8_lossy(body)
            );
        }
    }

    #[test]
    fn an_event_has_a_largest_size() {
        let megabyte = vec![b'x'; 1024 * 1024];
        for prefix in [&b"data: "[..], b": ", b""] {
            let mut sse = Sse::default();
            let mut events = Vec::new();
            sse.feed(prefix, &mut events).unwrap();
            for _ in 0..7 {
                sse.feed(&megabyte, &mut events).unwrap();
            }
            let more = [&megabyte[..], &megabyte].map(|piece| sse.feed(piece, &mut events));
            assert_eq!(more[1], Err(TooLarge));
        }
        let mut sse = Sse::default();
        let mut events = Vec::new();
        for _ in 0..20 {
            sse.feed(b"data: ", &mut events).unwrap();
            sse.feed(&megabyte, &mut events).unwrap();
            sse.feed(b"\n\n", &mut events).unwrap();
        }
        assert_eq!(events.len(), 20);
        assert_eq!(
            TooLarge.to_string(),
            "one event of the answer is larger than 8 MB"
        );
    }

    /// The standard's rules on the whole body at once.
    fn reference(body: &[u8]) -> Vec<Event> {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        // A byte that ends a line is never part of another character, so decoding first is the same.
        let text = String::from_utf8_lossy(body).replace("\r\n", "\n");
        let mut events = Vec::new();
        let (mut name, mut data, mut id) = (String::new(), Vec::new(), String::new());
        for line in text.split(['\n', '\r']).chain([""]) {
            if line.is_empty() {
                let lines = std::mem::take(&mut data);
                let name = std::mem::take(&mut name);
                if !lines.is_empty() {
                    events.push(event(&name, &lines.join("\n"), &id));
                }
                continue;
            }
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "event" => value.clone_into(&mut name),
                "data" => data.push(value.to_owned()),
                "id" if !value.contains('\0') => value.clone_into(&mut id),
                _ => {}
            }
        }
        events
    }

    fn body() -> impl Strategy<Value = Vec<u8>> {
        let tokens = [
            "data: ",
            "data:",
            "data",
            "event: e",
            "id: 1",
            "id: \0",
            ": comment",
            "\n",
            "\r",
            "\r\n",
            "\n\n",
            "é汉👩",
            " x",
            "\u{feff}",
        ];
        let mut tokens: Vec<Vec<u8>> = tokens.map(|text| text.as_bytes().to_vec()).into();
        tokens.extend([b"\xff".to_vec(), b"\xe6\xb1".to_vec()]);
        let token = proptest::sample::select(tokens);
        proptest::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat())
    }

    proptest! {
        #[test]
        fn any_cutting_gives_the_same_events(
            body in body(),
            cuts in proptest::collection::vec(1usize..9, 1..8),
        ) {
            let expected = reference(&body);
            prop_assert_eq!(&decode(std::iter::once(&body[..])), &expected);
            prop_assert_eq!(&decode(body.chunks(1)), &expected);
            let mut pieces = Vec::new();
            let mut rest = &body[..];
            for size in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, tail) = rest.split_at((*size).min(rest.len()));
                pieces.push(piece);
                rest = tail;
            }
            prop_assert_eq!(&decode(pieces.into_iter()), &expected);
        }
    }
}
