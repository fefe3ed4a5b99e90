//! The text within one block, as it is gathered from the parser's events: words with the marks that lie over them, links
//! with where they lead, line ends.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use pulldown_cmark::{CowStr, Event, LinkType, Tag, TagEnd};

use crate::agent::visible::clean;
use crate::tui::terminal::link::Link;
use crate::tui::widget::cells;
use crate::tui::widget::paint::{Ink, Tone};
use crate::tui::widget::sheet::flat::Flat;

/// Where stretches of a text stand in their source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    /// From this place in the text on, it is the source from that place on, byte by byte, up to a length.
    parts: Vec<(usize, usize, usize)>,
}

impl Origins {
    pub fn add(&mut self, at: usize, source: Range<usize>) {
        self.parts.push((at, source.start, source.len()));
    }

    /// The place in the source; for what is not in it, that of what stands before it.
    pub fn of(&self, at: usize) -> Option<usize> {
        let count = self.parts.partition_point(|(begin, _, _)| *begin <= at);
        let (begin, source, length) = match count.checked_sub(1) {
            Some(index) => *self.parts.get(index)?,
            None => return self.parts.first().map(|(_, source, _)| *source),
        };
        Some(source + (at - begin).min(length))
    }

    /// The place behind a character; what is not in the source has no length there.
    fn behind(&self, at: usize) -> Option<usize> {
        let count = self.parts.partition_point(|(begin, _, _)| *begin <= at);
        let Some(index) = count.checked_sub(1) else {
            return self.of(at);
        };
        let (begin, source, length) = *self.parts.get(index)?;
        Some(source + (at - begin + 1).min(length))
    }

    /// The part of the source that a part of the text shows.
    pub fn span(&self, part: &Range<usize>) -> Option<Range<usize>> {
        let from = self.of(part.start)?;
        // The end is behind the last character, not before the next.
        let to = match part.end.checked_sub(1).filter(|last| *last >= part.start) {
            Some(last) => self.behind(last)?,
            None => from,
        };
        Some(from..to.max(from))
    }
}

#[derive(Debug, Default)]
pub struct Inline {
    flat: Flat,
    origins: Origins,
    /// What plain words are here: text, a heading, markup shown as it stands.
    pub ink: Ink,
    strong: u16,
    emphasis: u16,
    struck: u16,
    links: Vec<Address>,
    /// A line ended in the source; whether that is a blank is known with the next character.
    broke: bool,
}

#[derive(Debug)]
struct Address {
    url: String,
    /// Where its text began.
    start: usize,
    /// The text is the address.
    shown: bool,
    /// What a terminal may be given of it.
    link: Option<Arc<Link>>,
}

impl Inline {
    pub fn is_blank(&self) -> bool {
        self.flat.text().trim().is_empty()
    }

    /// Hands over what was gathered, and begins anew. A line end at its end is none.
    pub fn take(&mut self) -> (Flat, Origins) {
        self.broke = false;
        let end = self.flat.text().trim_end_matches('\n').len();
        self.flat.truncate(end);
        self.flat.link_addresses();
        (
            std::mem::take(&mut self.flat),
            std::mem::take(&mut self.origins),
        )
    }

    /// Takes the events that may stand within a block; others are nothing to it. `source` is where the event stands.
    pub fn event(&mut self, event: &Event, source: Range<usize>) {
        match event {
            Event::Code(text) => {
                // One sign is shown at each end. The source may have more of them, and blanks within: as many at both ends.
                let extra = source.len().saturating_sub(text.len() + 2) / 2;
                self.settle_break("`");
                let shown = source.start + extra..source.end - extra;
                self.origins.add(self.flat.len(), shown);
            }
            Event::InlineHtml(text) if is_line_break(text) => {}
            Event::Text(text) | Event::InlineHtml(text) | Event::Html(text) => {
                self.settle_break(text);
                self.origins.add(self.flat.len(), source);
            }
            Event::TaskListMarker(_) => self.origins.add(self.flat.len(), source),
            _ => {}
        }
        match event {
            Event::Text(text)
            // Not enabled; their text is shown as text.
            | Event::InlineMath(text)
            | Event::DisplayMath(text)
            | Event::FootnoteReference(text) => {
                let ink = if self.links.is_empty() { self.ink } else { Ink::Link };
                self.words(text, ink);
            }
            Event::Code(text) => {
                self.words(&CowStr::Borrowed("`"), Ink::Code);
                self.words(text, Ink::Code);
                self.put("`", Ink::Code);
            }
            Event::InlineHtml(text) if is_line_break(text) => self.line_break(),
            Event::InlineHtml(text) | Event::Html(text) => self.words(text, Ink::Muted),
            Event::SoftBreak => self.broke = true,
            Event::HardBreak => self.line_break(),
            Event::TaskListMarker(done) => {
                self.put(if *done { "[x] " } else { "[ ] " }, Ink::Marker);
            }
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(*tag),
            Event::Rule => {}
        }
    }

    fn start(&mut self, tag: &Tag) {
        match tag {
            Tag::Emphasis => self.emphasis += 1,
            Tag::Strong => self.strong += 1,
            Tag::Strikethrough => self.struck += 1,
            Tag::Link {
                link_type,
                dest_url,
                ..
            } => {
                let shown = matches!(link_type, LinkType::Autolink | LinkType::Email);
                // The parser leaves out what its own writer of HTML puts in.
                let scheme = match link_type {
                    LinkType::Email => "mailto:",
                    _ => "",
                };
                self.begin_link(scheme, dest_url, shown);
            }
            Tag::Image { dest_url, .. } => {
                self.words(&CowStr::Borrowed("image: "), Ink::Muted);
                self.begin_link("", dest_url, false);
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Emphasis => self.emphasis = self.emphasis.saturating_sub(1),
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Strikethrough => self.struck = self.struck.saturating_sub(1),
            TagEnd::Link | TagEnd::Image => self.end_link(),
            _ => {}
        }
    }

    /// Text as it stands, from elsewhere than the parser: from `at` in the source on.
    pub fn literal(&mut self, text: &str, at: usize) {
        self.origins.add(self.flat.len(), at..at + text.len());
        self.put(text, Ink::Muted);
    }

    fn words(&mut self, text: &CowStr, ink: Ink) {
        self.settle_break(text);
        match text {
            // A piece of the source, which is clean.
            CowStr::Borrowed(text) => self.put(text, ink),
            // Entities may have been decoded into characters that steer a terminal.
            text => self.put(&clean(text), ink),
        }
    }

    fn put(&mut self, text: &str, ink: Ink) {
        let tone = Tone {
            ink,
            strong: self.strong > 0,
            emphasis: self.emphasis > 0,
            struck: self.struck > 0,
        };
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('\t') {
            self.flat.put(before, tone);
            self.flat.put(" ", tone);
            rest = after;
        }
        self.flat.put(rest, tone);
    }

    fn line_break(&mut self) {
        self.broke = false;
        self.flat.put("\n", Ink::Text);
    }

    /// Decides what a line end of the source becomes: a blank, but nothing between two wide characters.
    fn settle_break(&mut self, next: &str) {
        if !self.broke {
            return;
        }
        self.broke = false;
        let wide = |c: Option<char>| {
            let mut bytes = [0; 4];
            c.filter(|c| !c.is_ascii()).is_some_and(|c| {
                let symbol: &str = c.encode_utf8(&mut bytes);
                cells::is_full(symbol, cells::of_symbol(symbol))
            })
        };
        let before = self.flat.text().chars().next_back();
        if before != Some('\n') && !(wide(before) && wide(next.chars().next())) {
            self.put(" ", self.ink);
        }
    }

    fn begin_link(&mut self, scheme: &str, url: &str, shown: bool) {
        self.settle_break("[");
        let cleaned = clean(url);
        // What leads elsewhere than is shown is no link.
        let same = matches!(cleaned, Cow::Borrowed(_));
        self.links.push(Address {
            link: same.then(|| Link::new(&format!("{scheme}{url}"))).flatten(),
            url: cleaned.replace(['\n', '\t'], " "),
            start: self.flat.len(),
            shown,
        });
    }

    /// Says where a link leads, unless its text does: an address is never hidden behind other words.
    fn end_link(&mut self) {
        let Some(address) = self.links.pop() else {
            return;
        };
        let end = self.flat.len();
        let text = self.flat.text().get(address.start..).unwrap_or_default();
        let bare = |url: &str| {
            url.trim_start_matches("mailto:")
                .trim_end_matches('/')
                .to_owned()
        };
        let told = address.shown || bare(text) == bare(&address.url);
        let parted = text.is_empty() || text.ends_with(' ');
        // Words that look like an address lead to that one or nowhere.
        if let Some(link) = address
            .link
            .as_ref()
            .filter(|_| told || !text.contains("://"))
        {
            self.flat.link(&(address.start..end), link);
        }
        if !told && !address.url.is_empty() {
            self.put(if parted { "(" } else { " (" }, Ink::Muted);
            let start = self.flat.len();
            self.put(&address.url, Ink::Muted);
            if let Some(link) = &address.link {
                self.flat.link(&(start..self.flat.len()), link);
            }
            self.put(")", Ink::Muted);
        }
    }
}

fn is_line_break(html: &str) -> bool {
    let name = html
        .trim_start_matches('<')
        .trim_end_matches('>')
        .trim_end_matches('/');
    name.trim().eq_ignore_ascii_case("br")
}

#[cfg(test)]
mod tests {
    use crate::tui::widget::markdown::render;
    use crate::tui::widget::paint::{Form, Glyphs};
    use pretty_assertions::assert_eq;

    #[test]
    fn links_lead_where_they_say() {
        let long = format!("http://x.y/{}", "a".repeat(3_000));
        let endless = format!("[x]({long})");
        // The words that are links, and where they lead.
        let cases: &[(&str, &[(&str, &str)])] = &[
            (
                "[the page](http://x.y)",
                &[("the page", "http://x.y"), ("http://x.y", "http://x.y")],
            ),
            (
                "[http://x.y](http://x.y/)",
                &[("http://x.y", "http://x.y/")],
            ),
            (
                "<http://x.y> and <ada@x.y>",
                &[("http://x.y", "http://x.y"), ("ada@x.y", "mailto:ada@x.y")],
            ),
            (
                "see http://x.y/a_b_c.",
                &[("http://x.y/a_b_c", "http://x.y/a_b_c")],
            ),
            ("see `http://x.y`", &[("http://x.y", "http://x.y")]),
            ("**http://x.y**", &[("http://x.y", "http://x.y")]),
            ("# http://x.y", &[("http://x.y", "http://x.y")]),
            (
                "![alt](http://x.y/i.png)",
                &[
                    ("alt", "http://x.y/i.png"),
                    ("http://x.y/i.png", "http://x.y/i.png"),
                ],
            ),
            (
                "| a |\n|---|\n| [b](http://x.y) |\n",
                &[("b", "http://x.y"), ("http://x.y", "http://x.y")],
            ),
            (
                "| [b](http://x.y) |\n|---|\n| a |\n",
                &[("b", "http://x.y"), ("http://x.y", "http://x.y")],
            ),
            // Words that name one address and lead to another.
            (
                "[http://good.com](http://evil.com)",
                &[
                    ("http://good.com", "http://good.com"),
                    ("http://evil.com", "http://evil.com"),
                ],
            ),
            (
                "http://good.com[/x](http://evil.com)",
                &[
                    ("/x", "http://evil.com"),
                    ("http://evil.com", "http://evil.com"),
                ],
            ),
            ("[x](http://good.com@evil.com)", &[]),
            ("http://good.com@evil.com", &[]),
            // What is not safe is shown, and leads nowhere.
            ("[x](javascript:alert(1))", &[]),
            ("[x](file:///etc/passwd)", &[]),
            ("[x](a.md)", &[]),
            // Of what is not shown nothing is left in the link.
            (
                "[x](http://x.y/&#27;]0;)",
                &[("http://x.y/", "http://x.y/")],
            ),
            (
                "[x](http://x.y/\u{200b})",
                &[("x", "http://x.y/"), ("http://x.y/", "http://x.y/")],
            ),
            (&endless, &[]),
            (&long, &[]),
            // Code in a block is no prose.
            ("```\nhttp://x.y\n```", &[]),
            (
                "[x][1] y\n\n[1]: http://x.y\n",
                &[("http://x.y", "http://x.y")],
            ),
        ];
        for (text, expected) in cases {
            let sheet = render(text, Form::new(200, Glyphs::Unicode));
            let rows = 0..sheet.height();
            let links: Vec<(&str, &str)> = rows
                .flat_map(|row| sheet.links(row))
                .map(|(text, link)| (text, link.uri()))
                .collect();
            assert_eq!(links, *expected, "{text:.60}");
        }
    }

    #[test]
    fn a_broken_link_is_one_link() {
        let sheet = render(
            "[two words](http://x.y/abcdefgh)",
            Form::new(8, Glyphs::Unicode),
        );
        let rows: Vec<_> = (0..sheet.height())
            .flat_map(|row| sheet.links(row))
            .collect();
        let texts: Vec<&str> = rows.iter().map(|(text, _)| *text).collect();
        assert_eq!(texts, ["two", "words", "http://", "x.y/abcd", "efgh"]);
        assert!(
            rows.iter()
                .all(|(_, link)| link.begin() == rows[0].1.begin())
        );
    }
}
