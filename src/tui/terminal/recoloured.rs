//! Links for an emulator that knows none: each is a colour, and there are no others.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::sync::Arc;

use crate::tui::terminal::link::Link;

/// What the terminal that shows links by colours is sent: no styles, and the colour of a link where one begins.
pub fn recoloured(bytes: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(bytes).unwrap();
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\x1b') {
        out.push_str(before);
        if let Some(link) = after.strip_prefix("]8;") {
            let (link, after) = link.split_once("\x1b\\").unwrap();
            let address = link.split_once(';').unwrap().1;
            match address.strip_prefix("http://a.b/") {
                Some(number) => write!(out, "\x1b[38;5;{number}m").unwrap(),
                None => out.push_str("\x1b[m"),
            }
            rest = after;
            continue;
        }
        let end = after.find(|c: char| c.is_ascii_alphabetic()).unwrap();
        if !(after.starts_with('[') && after[end..].starts_with('m')) {
            out.push('\x1b');
            out.push_str(&after[..=end]);
        }
        rest = &after[end + 1..];
    }
    out.push_str(rest);
    out.into_bytes()
}

/// One of a few links, by the colour it is shown in.
pub fn a_link(number: u8) -> Arc<Link> {
    Link::new(&format!("http://a.b/{number}")).unwrap()
}
