//! Pictures in the composer: pasted paths, `@path`, and the clipboard. What they are the engine finds out; until it has, a
//! chip stands in their place, and their text comes back where there is no picture.

use std::ops::Range;

use crate::protocol::id::SessionId;
use crate::protocol::image::Source;
use crate::protocol::op::Managed;
use crate::tui::app::App;
use crate::tui::app::composer::written::Written;
use crate::tui::app::message::Cmd;

/// No path is longer.
const LONGEST: usize = 4096;

/// What pictures are usually called. It only decides what is looked at unasked; what it is its bytes say.
const ENDINGS: [&str; 5] = [".png", ".jpg", ".jpeg", ".webp", ".gif"];

fn is_called_picture(path: &str) -> bool {
    let name = path.to_lowercase();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Whether a word is a path that leads somewhere; a lone `/word` is rather a command.
fn is_path(word: &str) -> bool {
    let starts = ["/", "~/", "./", "../", "file://"];
    let leads = word.contains('.') || word.matches('/').count() > 1;
    starts.iter().any(|start| word.starts_with(start)) && leads
}

/// The paths a paste consists of, as terminals write them when files are dropped: quoted, with escaped blanks, or bare.
/// Empty where it is anything else.
pub fn pasted_paths(pasted: &str) -> Vec<String> {
    let pasted = pasted.trim();
    if pasted.len() > LONGEST || pasted.contains(['\n', '\r']) {
        return Vec::new();
    }
    let words = shlex::split(pasted).unwrap_or_default();
    if !words.is_empty() && words.iter().all(|word| is_path(word)) {
        return words;
    }
    if is_path(pasted) && is_called_picture(pasted) {
        return vec![pasted.to_owned()];
    }
    Vec::new()
}

/// A picture named in the text as `@path`, `@"path with blanks"` or with escaped blanks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    pub range: Range<usize>,
    pub path: String,
}

pub fn mentions(text: &str) -> Vec<Mention> {
    let mut found = Vec::new();
    let mut before = ' ';
    let mut taken = 0;
    for (at, c) in text.char_indices() {
        if c == '@' && at >= taken && (before.is_whitespace() || before == '(') {
            let (path, end) = word(&text[at + 1..]);
            let end = at + 1 + end;
            if is_called_picture(&path) {
                taken = end;
                let range = at..end;
                found.push(Mention { range, path });
            }
        }
        before = c;
    }
    found
}

/// The word a text begins with, without its quotes and escapes, and where it ends.
fn word(text: &str) -> (String, usize) {
    let mut out = String::new();
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(usize::from(quote.is_some())) {
        match c {
            _ if escaped => {
                out.push(c);
                escaped = false;
            }
            '\\' if quote != Some('\'') => escaped = true,
            c if Some(c) == quote => return (out, at + 1),
            c if quote.is_none() && c.is_whitespace() => return (out, at),
            c => out.push(c),
        }
    }
    (out, text.len())
}

impl App {
    /// Takes a paste that is the paths of files; `None` where it is something else.
    pub fn paste_files(&mut self, pasted: &str) -> Option<Vec<Cmd>> {
        let paths = pasted_paths(pasted);
        let single = paths.len() == 1;
        let mut cmds = Vec::new();
        for (index, path) in paths.into_iter().enumerate() {
            let text = if single { pasted.trim() } else { &path };
            let text = text.to_owned();
            let number = self.number();
            let composer = &mut self.view_mut().composer;
            if index > 0 {
                composer.text.insert(" ");
            }
            if !composer.read(number, &text, None) {
                composer.paste(&text);
                continue;
            }
            cmds.push(self.attach(number, path));
        }
        (!cmds.is_empty()).then(|| {
            self.typed();
            cmds
        })
    }

    /// A picture from the clipboard, where the cursor is.
    pub fn paste_picture(&mut self) -> Vec<Cmd> {
        let number = self.number();
        let view = self.view_mut();
        if !view.composer.read(number, "", None) {
            return Vec::new();
        }
        let session = view.id;
        self.typed();
        vec![Cmd::Clipboard { session, number }]
    }

    /// Reads the pictures named in the text, but for those that were found to be none; `end`: only the one that ends there.
    pub fn read_mentions(&mut self, end: Option<usize>) -> Vec<Cmd> {
        if !matches!(self.view().composer.written(), Written::Prompt(_)) {
            return Vec::new();
        }
        let composer = &self.view().composer;
        let named = mentions(composer.text.as_str()).into_iter().rev();
        let named: Vec<Mention> = named
            .filter(|mention| end.is_none_or(|end| mention.range.end == end))
            .filter(|mention| !composer.refused.contains(&mention.path))
            .collect();
        let mut cmds = Vec::new();
        // From the last to the first, so that the places of the others stay.
        for Mention { range, path } in named {
            let number = self.number();
            let composer = &mut self.view_mut().composer;
            let text = composer.text.as_str()[range.clone()].to_owned();
            if composer.read(number, &text, Some(range)) {
                cmds.push(self.attach(number, path));
            }
        }
        cmds
    }

    fn attach(&mut self, number: u64, path: String) -> Cmd {
        let view = self.view();
        let folder = view.cwd().clone();
        Cmd::Attach {
            session: view.id,
            number,
            source: Source::File { path, folder },
        }
    }

    /// A picture was read, or is none.
    pub fn attached(&mut self, session: SessionId, number: u64, done: Managed) -> Vec<Cmd> {
        let Some(view) = self.view_of(session) else {
            return Vec::new();
        };
        let told = match done {
            Managed::Attached { image } => {
                view.composer.has_read(number, image);
                None
            }
            Managed::NoPicture { why } => view.composer.has_not_read(number).and_then(|text| {
                // Nobody said that it is one.
                let guessed =
                    !text.is_empty() && !text.starts_with('@') && !is_called_picture(&text);
                (!guessed).then_some(why)
            }),
            Managed::Failed { why } => view.composer.has_not_read(number).map(|_| why),
            _ => None,
        };
        let sends = view.sends;
        let here = self.view().id == session;
        if let Some(why) = told {
            self.say(crate::agent::visible::one_line(&why));
            if let Some(view) = self.view_of(session) {
                view.sends = None;
            }
            self.changed(session);
            return Vec::new();
        }
        self.changed(session);
        let ready = self
            .view_of(session)
            .is_some_and(|view| !view.composer.is_reading());
        match sends.filter(|_| here && ready) {
            Some(when) => {
                self.view_mut().sends = None;
                self.submit(when)
            }
            None => Vec::new(),
        }
    }

    /// A composer changed without a key: its draft is to be saved.
    fn changed(&mut self, session: SessionId) {
        let since = self.now.since;
        if let Some(view) = self.view_of(session) {
            view.typed = Some(since);
        }
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn files_that_are_dropped_are_found_however_they_are_written() {
        let cases: [(&str, &[&str]); 16] = [
            ("/tmp/a.png", &["/tmp/a.png"]),
            (" /tmp/a.png\n", &["/tmp/a.png"]),
            ("'/tmp/my pic.png'", &["/tmp/my pic.png"]),
            ("\"/tmp/my pic.png\" ", &["/tmp/my pic.png"]),
            (r"/tmp/my\ pic.png", &["/tmp/my pic.png"]),
            ("/tmp/my pic.png", &["/tmp/my pic.png"]),
            ("/tmp/it's.png", &["/tmp/it's.png"]),
            ("file:///tmp/a%20b.png", &["file:///tmp/a%20b.png"]),
            ("~/a.png ./b.jpg", &["~/a.png", "./b.jpg"]),
            ("/tmp/screenshot", &["/tmp/screenshot"]),
            ("/help", &[]),
            ("/model a/b", &[]),
            ("look at /tmp/a.png", &[]),
            ("/tmp/a.png\n/tmp/b.png", &[]),
            ("a.png", &[]),
            ("", &[]),
        ];
        for (pasted, expected) in cases {
            assert_eq!(pasted_paths(pasted), expected, "{pasted:?}");
        }
    }

    #[test]
    fn a_picture_that_is_named_is_found_with_its_place() {
        type Case<'c> = (&'c str, &'c [(Range<usize>, &'c str)]);
        let cases: [Case<'_>; 8] = [
            ("@a.png", &[(0..6, "a.png")]),
            ("see @b/c.JPG, or", &[]),
            (
                "see @b/c.JPG or (@d.gif )",
                &[(4..12, "b/c.JPG"), (17..23, "d.gif")],
            ),
            ("@\"my pic.png\" é", &[(0..13, "my pic.png")]),
            (r"@my\ pic.webp", &[(0..13, "my pic.webp")]),
            ("me@a.png", &[]),
            ("@a.txt @", &[]),
            ("é @é.png", &[(3..10, "é.png")]),
        ];
        for (text, expected) in cases {
            let found: Vec<_> = mentions(text)
                .into_iter()
                .map(|mention| (mention.range, mention.path))
                .collect();
            let expected: Vec<_> = expected
                .iter()
                .map(|(range, path)| (range.clone(), (*path).to_owned()))
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
