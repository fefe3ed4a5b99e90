//! What people type out of habit to leave a program: it is no prompt, which would cost, and it leads out.

use crate::protocol::event::When;
use crate::tui::app::App;
use crate::tui::app::composer::written::Written;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::chord::narrow;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::message::Cmd;

/// How plain it is that the person wants to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Habit {
    /// As in vi: it means nothing else.
    Plain,
    /// A word that may be the whole of what somebody wants to say.
    Word,
}

/// What a text that was entered alone is; `None`: a prompt.
fn habit(text: &str) -> Option<Habit> {
    let text: String = text.trim().chars().map(narrow).collect();
    let text = text.to_lowercase();
    if let Some(command) = text.strip_prefix([':', '/']) {
        let vi = matches!(
            command.trim_end_matches('!'),
            "q" | "qa" | "wq" | "wqa" | "x" | "xa" | "quit" | "exit"
        );
        return vi.then_some(Habit::Plain);
    }
    matches!(
        text.as_str(),
        "exit" | "quit" | "q" | "logout" | "bye" | "exit()" | "quit()"
    )
    .then_some(Habit::Word)
}

impl App {
    /// Leaves where the text that is entered is such a habit; a word is asked about first in one line. `None`: it is said.
    pub fn leave_by_habit(&mut self, when: When) -> Option<Vec<Cmd>> {
        if let Written::Slash { name, .. } = self.view().composer.written()
            && self.is_own_skill(&name)
        {
            return None;
        }
        let text = self.view().composer.plain();
        let now = self.now.since;
        match habit(&text)? {
            // To queue it is the way to say the word after all.
            Habit::Word if when == When::Turn => return None,
            Habit::Word if self.word_until.is_none_or(|until| until <= now) => {
                let key = |action| {
                    self.keymap()
                        .key(Place::Composer, action)
                        .unwrap_or_default()
                };
                let (enter, queue) = (key(Action::Send), key(Action::Queue));
                let word = text.trim();
                self.say(format!(
                    "`{word}` was not sent: {enter} again quits, {queue} sends it"
                ));
                self.word_until = self.note.as_ref().map(|note| note.until);
                return Some(Vec::new());
            }
            Habit::Plain | Habit::Word => {}
        }
        self.view_mut().composer.clear();
        self.typed();
        Some(self.quit())
    }

    /// The end of the input, as a shell has it, where nothing is written.
    pub fn say_how_to_quit(&mut self) {
        let keymap = self.keymap();
        let (quit, twice) = (keymap.way(Action::Quit), keymap.way(Action::Break));
        self.say(format!("{quit} quits, and so does {twice} twice"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_habit_is_the_whole_text_and_nothing_else() {
        let cases = [
            (":q", Some(Habit::Plain)),
            (" :q! ", Some(Habit::Plain)),
            (":wq", Some(Habit::Plain)),
            (":qa", Some(Habit::Plain)),
            (":WQ", Some(Habit::Plain)),
            ("：ｑ", Some(Habit::Plain)),
            ("/q!", Some(Habit::Plain)),
            ("exit", Some(Habit::Word)),
            ("Quit\n", Some(Habit::Word)),
            ("exit()", Some(Habit::Word)),
            ("exit the loop early", None),
            ("what does :q do", None),
            (":w", None),
            ("q1", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(habit(text), expected, "{text}");
        }
    }
}
