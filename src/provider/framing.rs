//! How a body is cut into events, and whether bytes begin a body of that kind at all.

use crate::provider::ndjson::Ndjson;
use crate::provider::sse::{Event, Sse, TooLarge};

/// The framing of one answer, with what has not ended yet.
#[derive(Debug)]
pub enum Framing {
    /// Server-sent events.
    Sse(Sse),
    /// JSON values, a line each.
    Ndjson(Ndjson),
}

/// What the server says the body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What was asked for, or nothing said.
    Asked,
    Other,
}

/// What the first bytes of a body begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Unclear,
    /// A stream in the framing.
    Stream,
    Other,
}

impl Framing {
    pub fn sse() -> Self {
        Self::Sse(Sse::default())
    }

    pub fn ndjson() -> Self {
        Self::Ndjson(Ndjson::default())
    }

    /// Takes the next bytes and appends the events that they complete.
    pub fn feed(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), TooLarge> {
        match self {
            Self::Sse(sse) => sse.feed(bytes, events),
            Self::Ndjson(values) => values.feed(bytes, events),
        }
    }

    /// The body has ended: the last event, if it lacks its end.
    pub fn finish(self) -> Option<Event> {
        match self {
            Self::Sse(sse) => sse.finish(),
            Self::Ndjson(values) => values.finish(),
        }
    }

    /// The media type a server gives a body of this kind.
    pub fn media_type(&self) -> &'static str {
        match self {
            Self::Sse(_) => "text/event-stream",
            Self::Ndjson(_) => "application/x-ndjson",
        }
    }

    /// Whether a body begins as a stream in this framing does. What the server calls it decides only where the bytes leave it
    /// open, because wrong names are as common as wrong bodies.
    pub fn look(&self, head: &[u8], kind: Kind) -> Look {
        let text = head
            .strip_prefix(b"\xef\xbb\xbf")
            .unwrap_or(head)
            .trim_ascii_start();
        let Some(first) = text.first() else {
            return Look::Unclear;
        };
        match (self, first, kind) {
            (Self::Ndjson(_), b'{', _) => Look::Stream,
            (Self::Ndjson(_), _, _) | (Self::Sse(_), b'{' | b'[' | b'<', _) => Look::Other,
            (Self::Sse(_), _, Kind::Asked) => Look::Stream,
            (Self::Sse(_), _, Kind::Other) => {
                let fields = [&b":"[..], b"data", b"event", b"id", b"retry"];
                if fields.iter().any(|field| text.starts_with(field)) {
                    Look::Stream
                } else if fields.iter().any(|field| field.starts_with(text)) {
                    Look::Unclear
                } else {
                    Look::Other
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_known_by_its_first_bytes() {
        let (sse, values) = (Framing::sse(), Framing::ndjson());
        let cases = [
            (&sse, &b""[..], Kind::Asked, Look::Unclear),
            (&sse, b"\xef\xbb\xbf\r\n", Kind::Asked, Look::Unclear),
            (&sse, b"data: x", Kind::Asked, Look::Stream),
            (&sse, b"x", Kind::Asked, Look::Stream),
            (&sse, b" {\"error\":", Kind::Asked, Look::Other),
            (&sse, b"<html>", Kind::Asked, Look::Other),
            (&sse, b"da", Kind::Other, Look::Unclear),
            (&sse, b"data: x", Kind::Other, Look::Stream),
            (&sse, b": ping", Kind::Other, Look::Stream),
            (&sse, b"event: x", Kind::Other, Look::Stream),
            (&sse, b"dark", Kind::Other, Look::Other),
            (&sse, b"<html>", Kind::Other, Look::Other),
            (&values, b"\xef\xbb\xbf\n ", Kind::Asked, Look::Unclear),
            (&values, b" {\"error\":", Kind::Asked, Look::Stream),
            (&values, b"{", Kind::Other, Look::Stream),
            (&values, b"<html>", Kind::Asked, Look::Other),
            (&values, b"404 page not found", Kind::Asked, Look::Other),
            (&values, b"data: {", Kind::Other, Look::Other),
        ];
        for (framing, head, kind, expected) in cases {
            let shown = String::from_utf8_lossy(head);
            assert_eq!(framing.look(head, kind), expected, "{framing:?} {shown}");
        }
    }
}
