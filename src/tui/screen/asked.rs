//! What is asked in words: a question of the model with what can be answered, and what holds the next call.

use crate::agent::visible::{escaped, one_line};
use crate::protocol::ask::Question;
use crate::tui::app::ask::AskFocus;
use crate::tui::screen::body::Laid;
use crate::tui::screen::look::Role;
use crate::tui::screen::rows::{Row, wrapped};
use crate::tui::widget::paint::Form;

/// The question in full, and under it each answer with the number that chooses it.
pub fn question(laid: &mut Laid, asked: &Question, focus: Option<&AskFocus>, form: Form) {
    text_rows(laid, &escaped(&asked.text), form);
    if !asked.choices.is_empty() {
        laid.row(Row::new());
    }
    for (at, choice) in asked.choices.iter().enumerate() {
        let marked = focus.is_some_and(|focus| focus.highlight == Some(at));
        let role = if marked { Role::Marked } else { Role::Text };
        let number = format!("{}  ", at + 1);
        let lead = number.len();
        let rows = wrapped(
            &one_line(&escaped(choice)),
            form.cells().saturating_sub(lead),
            0,
            role,
        );
        for (index, row) in rows.into_iter().enumerate() {
            let number = if index == 0 { number.as_str() } else { "   " };
            let mut whole = Row::of(number, Role::Key);
            whole.left.extend(row.left);
            laid.row(whole);
        }
    }
}

pub fn text_rows(laid: &mut Laid, text: &str, form: Form) {
    for row in wrapped(text, form.cells(), 0, Role::Text) {
        laid.row(row);
    }
}
