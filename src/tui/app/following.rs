//! The link at a place of a transcript, for people without a mouse: it is opened in the browser, else copied.

use crate::agent::visible::one_line;
use crate::tui::app::App;
use crate::tui::app::caret::Caret;
use crate::tui::app::copying::Deed;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::logical::{line_at, shown};
use crate::tui::app::message::Cmd;
use crate::tui::app::transcript::{Entry, What};
use crate::tui::terminal::link::Link;
use crate::tui::widget::address::addresses;
use crate::tui::widget::markdown::source;

impl App {
    pub fn open_link(&mut self) -> Vec<Cmd> {
        let address = self
            .here()
            .and_then(|(entry, caret)| address_at(&entry, caret));
        let Some(address) = address else {
            let key = self.keymap().way_from(Place::Transcript, Action::OpenLink);
            self.say(format!(
                "no link here: {key} opens one where the cursor is on it"
            ));
            return Vec::new();
        };
        // The address is the model's: what opens it is given no more than a terminal would be.
        let Some(link) = Link::new(&address) else {
            let start: String = one_line(&address).chars().take(60).collect();
            let key = self.keymap().way_from(Place::Transcript, Action::CopyBlock);
            self.say(format!(
                "not opened: {start} is no plain address of http, https or mailto; {key} copies the text"
            ));
            return Vec::new();
        };
        let address = link.uri().to_owned();
        vec![Cmd::Read(Deed::Follow { address })]
    }
}

/// Where the link at the caret leads, else the first one in its row.
fn address_at(entry: &Entry, caret: &Caret) -> Option<String> {
    let text = shown(entry);
    let mut found = match &entry.what {
        What::Answer { .. } => source::links(&text),
        _ => Vec::new(),
    };
    let row = caret.row.start..caret.row.end.max(caret.row.start + 1);
    let lines = line_at(&text, row.start).start..line_at(&text, row.end).end;
    for part in addresses(&text[lines.clone()]) {
        let part = lines.start + part.start..lines.start + part.end;
        let free = found
            .iter()
            .all(|(known, _)| known.end <= part.start || part.end <= known.start);
        if free {
            let address = text[part.clone()].to_owned();
            found.push((part, address));
        }
    }
    found.sort_by_key(|(part, _)| part.start);
    // Of a picture in a link, the picture.
    let under = found.iter().rfind(|(part, _)| part.contains(&caret.at));
    let within = || {
        let mut parts = found.iter();
        parts.find(|(part, _)| part.start < row.end && row.start < part.end)
    };
    under.or_else(within).map(|(_, address)| address.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::id::Seq;
    use crate::protocol::time::Time;

    #[test]
    fn the_link_is_the_one_at_the_caret_or_the_first_of_its_row() {
        let text =
            "One [a](http://a.b \"t\") and http://c.d/e, <x@y.z>.\nNext [b](http://f.g)\nnone\n";
        let cases = [
            ("One", Some("http://a.b")),
            ("a](", Some("http://a.b")),
            ("http://a.b", Some("http://a.b")),
            ("and", Some("http://a.b")),
            ("c.d", Some("http://c.d/e")),
            ("x@y", Some("mailto:x@y.z")),
            ("Next", Some("http://f.g")),
            ("none", None),
        ];
        let entry = |what| Entry {
            seq: Seq(1),
            at: Time(0),
            turn: 1,
            what,
            version: 0,
        };
        let answer = entry(What::Answer {
            text: text.to_owned(),
            cut: false,
        });
        let at = |text: &str, part: &str| {
            let at = text.find(part).unwrap_or_default();
            Caret {
                row: line_at(text, at),
                ..Caret::new(Seq(1), at)
            }
        };
        for (part, expected) in cases {
            let found = address_at(&answer, &at(text, part));
            assert_eq!(found.as_deref(), expected, "{part}");
        }
        // What is no Markdown has addresses too, and nothing else.
        let text = "see (http://a.b/c) [x](y)";
        let notice = entry(What::Notice {
            text: text.to_owned(),
        });
        let found = address_at(&notice, &at(text, "[x]"));
        assert_eq!(found.as_deref(), Some("http://a.b/c"));
    }
}
