//! `@` in the composer: files of the session's folder and, behind `@s:`, sessions. The files are listed and weighed away from
//! the thread that draws; what comes from there is only what can be shown.

use std::ops::Range;
use std::path::PathBuf;

use crossterm::event::KeyEvent;

use crate::agent::visible::one_line;
use crate::protocol::query::Query;
use crate::protocol::session::Card;
use crate::tui::app::chip::without_signs;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::chord::narrow;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::vim::Mode;
use crate::tui::app::{App, Focus};
use crate::tui::widget::fuzzy;

/// Rows that are offered at once.
pub const OFFERED: usize = 50;
/// Sessions that can be mentioned: the newest.
const SESSIONS: u32 = 500;

/// Which files are sought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    /// The same for one list: another query of it goes on with what was listed.
    pub number: u64,
    pub folder: PathBuf,
    pub hidden: bool,
    pub typed: String,
}

/// What was found so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// The best, best first.
    pub paths: Vec<String>,
    /// How many fit, and how many there are.
    pub fitting: usize,
    pub all: usize,
    /// The folder was walked to its end.
    pub whole: bool,
}

/// What can be mentioned where the cursor is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Where its `@` stands, and how long it is with what was typed.
    at: usize,
    len: usize,
    typed: String,
    number: u64,
    hidden: bool,
    folder: PathBuf,
    pub offers: Offers,
    /// The row that is marked.
    pub marked: usize,
    /// It was closed for this word.
    pub closed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offers {
    /// `None`: nothing was found yet.
    Files(Option<Files>),
    Sessions {
        /// `None`: not read yet.
        cards: Option<Vec<Card>>,
        /// Those that fit.
        found: Vec<usize>,
    },
}

/// The word with `@` that ends at the cursor: where it begins, and what was typed behind its `@`.
fn word(text: &str, cursor: usize) -> Option<(usize, &str)> {
    let before = &text[..cursor];
    let start = before
        .char_indices()
        .rev()
        .find(|(_, c)| c.is_whitespace() || *c == '(')
        .map_or(0, |(at, c)| at + c.len_utf8());
    let word = &before[start..];
    let first = word.chars().next()?;
    (narrow(first) == '@').then(|| (start, &word[first.len_utf8()..]))
}

/// The text that mentions a file.
fn named(path: &str) -> String {
    if path.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\')) {
        let inner = path.replace('\\', "\\\\").replace('"', "\\\"");
        format!("@\"{inner}\" ")
    } else {
        format!("@{path} ")
    }
}

impl Mention {
    fn range(&self) -> Range<usize> {
        self.at..self.at + self.len
    }

    /// Rows that can be chosen.
    pub fn count(&self) -> usize {
        match &self.offers {
            Offers::Files(files) => files.as_ref().map_or(0, |files| files.paths.len()),
            Offers::Sessions { found, .. } => found.len(),
        }
    }
}

impl App {
    /// What can be mentioned where the cursor is now.
    pub fn seek(&mut self) -> Vec<Cmd> {
        let composer = &self.view().composer;
        let typing = self.focus == Focus::Composer
            && self.overlay.is_none()
            && self.first_run.is_none()
            && composer.vim.mode() == Mode::Insert
            && composer.selection().is_none()
            && !composer.shells();
        let text = composer.text.as_str();
        let found = typing
            .then(|| word(text, composer.text.cursor()))
            .flatten()
            .map(|(at, typed)| (at, typed.to_owned(), composer.text.cursor() - at));
        let Some((at, typed, len)) = found else {
            let was = self.mention.take();
            return was.map_or_else(Vec::new, |_| vec![Cmd::Seek(None)]);
        };
        let before = self.mention.take();
        let same =
            before.filter(|mention| mention.at == at && mention.folder == *self.view().cwd());
        if let Some(mention) = &same
            && mention.typed == typed
        {
            self.mention = same;
            return Vec::new();
        }
        let mut mention = match same {
            Some(mention) => mention,
            None => Mention {
                at,
                len,
                typed: String::new(),
                number: 0,
                hidden: false,
                folder: self.view().cwd().clone(),
                offers: Offers::Files(None),
                marked: 0,
                closed: false,
            },
        };
        mention.len = len;
        mention.typed.clone_from(&typed);
        mention.marked = 0;
        let cmds = match of_session(&typed) {
            Some(title) => Self::seek_sessions(&mut mention, title),
            None => self.seek_files(&mut mention, typed),
        };
        self.mention = Some(mention);
        cmds
    }

    fn seek_sessions(mention: &mut Mention, title: &str) -> Vec<Cmd> {
        if let Offers::Sessions { cards, found } = &mut mention.offers {
            *found = fitting(cards.as_deref().unwrap_or_default(), title);
            return Vec::new();
        }
        mention.offers = Offers::Sessions {
            cards: None,
            found: Vec::new(),
        };
        mention.number = 0;
        let query = Query::Sessions {
            limit: Some(SESSIONS),
            archived: false,
        };
        vec![Cmd::Seek(None), Cmd::Ask(Tag::Mentions, query)]
    }

    /// Hidden files are met where a part of what is typed begins with a dot.
    fn seek_files(&mut self, mention: &mut Mention, typed: String) -> Vec<Cmd> {
        let hidden = typed.starts_with('.') || typed.contains("/.");
        if mention.number == 0 || mention.hidden != hidden {
            mention.number = self.number();
            mention.offers = Offers::Files(None);
        }
        mention.hidden = hidden;
        vec![Cmd::Seek(Some(Sought {
            number: mention.number,
            folder: mention.folder.clone(),
            hidden,
            typed,
        }))]
    }

    /// Files were found.
    pub fn files_found(&mut self, number: u64, files: Files) {
        if let Some(mention) = &mut self.mention
            && mention.number == number
        {
            mention.marked = mention.marked.min(files.paths.len().saturating_sub(1));
            mention.offers = Offers::Files(Some(files));
        }
    }

    /// The sessions were read.
    pub fn mentionable(&mut self, read: Vec<Card>) {
        if let Some(mention) = &mut self.mention
            && let Some(title) = of_session(&mention.typed)
            && let Offers::Sessions { cards, found } = &mut mention.offers
        {
            *found = fitting(&read, title);
            *cards = Some(read);
        }
    }

    /// The list to be shown.
    pub fn mentioned(&self) -> Option<&Mention> {
        self.mention.as_ref().filter(|mention| !mention.closed)
    }

    /// A list is offered where one types: of files and sessions, else of commands.
    pub fn is_offered_a_list(&self) -> bool {
        self.mentioned().is_some_and(|mention| mention.count() > 0) || !self.slash_rows().is_empty()
    }

    /// Keys of the list, while it is shown. `None`: the key is the composer's.
    pub fn mention_key(&mut self, event: KeyEvent) -> Option<Vec<Cmd>> {
        let count = self.mentioned()?.count();
        let action = self.keymap().find(Place::Offers, event)?;
        let mention = self.mention.as_mut()?;
        match action {
            Action::Close => mention.closed = true,
            Action::MarkBefore => mention.marked = mention.marked.saturating_sub(1),
            Action::MarkAfter => {
                mention.marked = (mention.marked + 1).min(count.saturating_sub(1));
            }
            Action::OffersComplete | Action::Choose if count > 0 => {
                return self.mention_marked(action);
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    /// Puts what is marked into the text. A name that is there in full already is left to be sent.
    fn mention_marked(&mut self, action: Action) -> Option<Vec<Cmd>> {
        let mention = self.mention.as_ref()?;
        let text = match &mention.offers {
            Offers::Files(files) => {
                let path = files.as_ref()?.paths.get(mention.marked)?;
                if *path == mention.typed && action == Action::Choose {
                    return None;
                }
                named(path)
            }
            Offers::Sessions { cards, found } => {
                let card = cards.as_ref()?.get(*found.get(mention.marked)?)?;
                format!(
                    "the session \"{}\" (`creel show {}`) ",
                    one_line(&card.title),
                    card.id.short()
                )
            }
        };
        // A file or a title brings no sign of a chip into the text.
        let text = without_signs(&text);
        let range = mention.range();
        let end = range.start + text.trim_end().len();
        let composer = &mut self.view_mut().composer;
        composer.text.replace_range(range, &text);
        self.typed();
        Some(self.read_mentions(Some(end)))
    }
}

/// What was typed of a session's title, where sessions are meant: behind `s:`.
fn of_session(typed: &str) -> Option<&str> {
    let rest = typed.strip_prefix('s')?;
    rest.strip_prefix(':').or_else(|| rest.strip_prefix('：'))
}

fn fitting(cards: &[Card], title: &str) -> Vec<usize> {
    let titles = cards.iter().map(|card| card.title.as_str());
    let best = fuzzy::Query::new(title).best(titles, OFFERED);
    best.into_iter().map(|found| found.index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_with_an_at_sign_is_found_where_the_cursor_is() {
        let cases = [
            ("@|", Some((0, ""))),
            ("@src|", Some((0, "src"))),
            ("＠src|", Some((0, "src"))),
            ("look at @a/b.rs|", Some((8, "a/b.rs"))),
            ("look (@a|", Some((6, "a"))),
            ("你好 @你|", Some((7, "你"))),
            ("one\n@a|", Some((4, "a"))),
            ("@a|bc", Some((0, "a"))),
            ("me@home|", None),
            ("@a |", None),
            ("|@a", None),
            ("", None),
        ];
        for (marked, expected) in cases {
            let cursor = marked.find('|').unwrap_or(0);
            let text = marked.replace('|', "");
            assert_eq!(word(&text, cursor), expected, "{marked}");
        }
    }

    #[test]
    fn a_path_is_written_so_that_it_is_read_as_one() {
        for (path, expected) in [
            ("src/a.rs", "@src/a.rs "),
            ("my notes.md", "@\"my notes.md\" "),
            ("a\"b", "@\"a\\\"b\" "),
            ("你好.md", "@你好.md "),
        ] {
            assert_eq!(named(path), expected);
        }
    }
}
