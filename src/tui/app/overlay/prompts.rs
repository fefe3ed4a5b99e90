//! Everything the person ever asked, over all projects: found by its words or its letters, put back into the composer.

use std::collections::HashSet;

use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::overlay::pick::{Pick, Picked};
use crate::tui::app::overlay::{Reply, Wish};
use crate::tui::widget::fuzzy::{Query, Scratch};

/// Of a prompt its beginning is looked through for letters: any letters are somewhere in a long text.
const BEGINNING: usize = 120;
/// So many of the newest prompts are looked through for letters, where few have the words: every key stays under 8 ms.
const LOOKED_THROUGH: usize = 10_000;
/// With so many that have the words nobody needs more.
const ENOUGH: usize = 50;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prompts {
    /// Newest first; `None` until they were read.
    read: Option<Vec<Prompt>>,
    /// Those that fit, as places among them: first those with the words.
    found: Vec<usize>,
    with_words: usize,
    /// What they fit.
    sought: String,
    pub pick: Pick,
    pub failed: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Prompt {
    text: String,
    /// In small letters, where that is another text.
    small: Option<String>,
}

impl Prompt {
    fn new(text: String) -> Self {
        let small = text.to_lowercase();
        let small = (small != text).then_some(small);
        Self { text, small }
    }

    fn has(&self, words: &[String]) -> bool {
        let small = self.small.as_ref().unwrap_or(&self.text);
        words.iter().all(|word| small.contains(word.as_str()))
    }

    /// It is a command of the person.
    fn shells(&self) -> bool {
        self.text.starts_with('!')
    }

    fn beginning(&self) -> &str {
        &self.text[..self.text.floor_char_boundary(BEGINNING)]
    }
}

impl Prompts {
    /// The prompts were read, newest first. Those that differ in blanks around them alone are one.
    pub fn read(&mut self, prompts: Vec<String>) {
        let mut seen = HashSet::new();
        let one = |prompt: &String| {
            let trimmed = prompt.trim();
            !trimmed.is_empty() && seen.insert(trimmed.to_owned())
        };
        let prompts: Vec<String> = prompts.into_iter().filter(one).collect();
        self.read = Some(prompts.into_iter().map(Prompt::new).collect());
        self.sought.clear();
        self.seek();
    }

    pub fn was_read(&self) -> bool {
        self.read.is_some()
    }

    /// How many fit.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// How many there are.
    pub fn all(&self) -> usize {
        self.read.as_ref().map_or(0, Vec::len)
    }

    /// One of those that fit.
    pub fn shown(&self, at: usize) -> Option<&str> {
        let prompt = self.read.as_ref()?.get(*self.found.get(at)?)?;
        Some(&prompt.text)
    }

    pub fn insert(&mut self, text: &str) {
        self.pick.insert(text);
        self.seek();
    }

    /// Those with the words first, then those with the letters; the newest first among each.
    fn seek(&mut self) {
        let prompts = self.read.as_deref().unwrap_or_default();
        let typed = self.pick.filter.as_str();
        let small = typed.to_lowercase();
        // Begun as a command is, it looks among commands alone.
        let shells = small.starts_with('!');
        let words: Vec<String> = small.split_whitespace().map(str::to_owned).collect();
        // What has the longer word had the shorter one.
        if !self.sought.is_empty() && small.starts_with(&self.sought) {
            self.found.truncate(self.with_words);
            self.found.retain(|&at| prompts[at].has(&words));
        } else {
            let all = 0..prompts.len();
            let fits = |at: &usize| prompts[*at].has(&words) && (!shells || prompts[*at].shells());
            self.found = all.filter(fits).collect();
        }
        self.with_words = self.found.len();
        self.sought = small;
        let mut by_words = self.found.iter().copied().peekable();
        if self.found.len() >= ENOUGH || words.is_empty() || shells {
            return;
        }
        let query = Query::new(typed);
        let mut scratch = Scratch::default();
        let newest = prompts.iter().take(LOOKED_THROUGH).enumerate();
        let by_letters: Vec<usize> = newest
            .filter(|(at, _)| by_words.next_if_eq(at).is_none())
            .filter(|(_, prompt)| query.score(prompt.beginning(), &mut scratch).is_some())
            .map(|(at, _)| at)
            .take(ENOUGH)
            .collect();
        self.found.extend(by_letters);
    }

    pub fn key(&mut self, mut press: Press) -> Reply {
        let chosen = self.shown(self.pick.at).map(str::to_owned);
        // The key that opened it goes one further back, as in a shell.
        if press.action == Some(Action::SearchPrompts) {
            press.action = Some(Action::ScrollDown);
        }
        if let (Some(Action::PromptsAdd), Some(text)) = (press.action, &chosen) {
            return Reply::Do(Wish::Add(text.clone()));
        }
        let before = self.pick.filter.as_str().to_owned();
        let picked = self.pick.key(press, self.count());
        if before != self.pick.filter.as_str() {
            self.seek();
        }
        match (picked, chosen) {
            (Picked::Closed, _) => Reply::Close,
            (Picked::Chosen, Some(text)) => Reply::Do(Wish::Compose(text)),
            _ => Reply::Stay,
        }
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::tui::app::keymap::place::Place;

    fn typed(prompts: &[&str], typed: &str) -> Prompts {
        let mut overlay = Prompts::default();
        overlay.read(prompts.iter().map(|&prompt| prompt.to_owned()).collect());
        for c in typed.chars() {
            overlay.key(Press::shipped(
                Place::Prompts,
                KeyEvent::from(KeyCode::Char(c)),
            ));
        }
        overlay
    }

    #[test]
    fn words_come_before_letters_and_the_newest_first() {
        let prompts = [
            "Mend the retry",
            "mind the parser",
            " Mend the retry ",
            "修复 重试 逻辑",
            "mend the docs\nand the rest",
            "! mind -v",
        ];
        let cases: [(&str, &[&str]); 10] = [
            (
                "",
                &[
                    "Mend the retry",
                    "mind the parser",
                    "修复 重试 逻辑",
                    "mend the docs\nand the rest",
                    "! mind -v",
                ],
            ),
            ("mend", &["Mend the retry", "mend the docs\nand the rest"]),
            (
                "the mend",
                &["Mend the retry", "mend the docs\nand the rest"],
            ),
            ("REST", &["mend the docs\nand the rest"]),
            ("重试", &["修复 重试 逻辑"]),
            ("mdpsr", &["mind the parser"]),
            ("!", &["! mind -v"]),
            ("! mend", &[]),
            ("! mind", &["! mind -v"]),
            ("xyz", &[]),
        ];
        for (letters, expected) in cases {
            let overlay = typed(&prompts, letters);
            let found = (0..overlay.count()).filter_map(|at| overlay.shown(at));
            assert_eq!(found.collect::<Vec<_>>(), expected, "{letters}");
        }
    }

    #[test]
    fn enter_takes_tab_adds_and_ctrl_r_goes_further_back() {
        let key = |overlay: &mut Prompts, code, modifiers| {
            overlay.key(Press::shipped(
                Place::Prompts,
                KeyEvent::new(code, modifiers),
            ))
        };
        let mut overlay = typed(&["one", "two"], "");
        let none = KeyModifiers::NONE;
        assert_eq!(
            key(&mut overlay, KeyCode::Enter, none),
            Reply::Do(Wish::Compose("one".to_owned()))
        );
        key(&mut overlay, KeyCode::Char('r'), KeyModifiers::CONTROL);
        assert_eq!(
            key(&mut overlay, KeyCode::Tab, none),
            Reply::Do(Wish::Add("two".to_owned()))
        );
    }
}
