//! Keys of an ask, of a card, and of a question with two answers.

use crossterm::event::KeyCode;

use crate::tui::app::keymap::chord::{key, plain};
use crate::tui::app::keymap::place::Place::{Ask, Card, Question};
use crate::tui::app::keymap::{Action, Binding, bind};

#[rustfmt::skip]
pub const ROWS: &[Binding] = &[
    bind(Ask, Action::AskYes, "ask-yes", "yes, once; without a price: count it as the dearest known", &[plain('y')], None),
    bind(Ask, Action::AskSession, "ask-session", "yes, and in this session from now on", &[plain('s')], None),
    bind(Ask, Action::AskRule, "ask-rule", "yes, and a rule from now on; it is tried on past calls first", &[plain('r')], None),
    bind(Ask, Action::RuleScope, "ask-rule-where", "while a rule is made: where it holds", &[plain('w')], None),
    bind(Ask, Action::RuleLasts, "ask-rule-until", "while a rule is made: how long it holds", &[plain('u')], None),
    bind(Ask, Action::AskNo, "ask-no", "no; works before all was seen", &[plain('n')], None),
    bind(Ask, Action::AskNoBecause, "ask-no-because", "no, and say why", &[plain('N')], None),
    bind(Ask, Action::AskEdit, "ask-edit", "edit the command first, or the rule that is made; a change: in parts", &[plain('e')], None),
    bind(Ask, Action::AskHunk, "ask-hunk", "a change in parts: take the marked one or leave it", &[plain(' ')], None),
    bind(Ask, Action::AskDetails, "ask-details", "everything about it, and back", &[plain('d')], None),
    bind(Ask, Action::AskRaise, "ask-raise", "a budget: $1 more", &[plain('+')], None),
    bind(Ask, Action::AskGoOn, "ask-go-on", "a budget or a pause: go on this once", &[plain('o')], None),
    bind(Ask, Action::AskModel, "ask-model", "another model; it stays waiting", &[plain('m')], None),
    bind(Ask, Action::AskBudgets, "ask-budgets", "the budgets in the config; it stays waiting", &[plain('b')], None),
    bind(Ask, Action::AskPick, "ask-pick", "a question of the model: the first answer it offers; a number chooses any", &[], None),
    bind(Ask, Action::AskSay, "ask-say", "a question of the model: answer in words", &[plain('t')], None),
    bind(Ask, Action::AskLeaveIt, "ask-leave-it", "a question of the model: it decides itself", &[plain('l')], None),
    bind(Ask, Action::AskEnd, "ask-end", "a budget or a pause: end the turn", &[plain('x')], None),
    bind(Ask, Action::Choose, "ask-choose", "what is marked; the second key of a yes to a HIGH one", &[key(KeyCode::Enter)], None),
    bind(Ask, Action::MarkAfter, "ask-after", "mark the choice after; a long one: row down", &[key(KeyCode::Down), key(KeyCode::Right)], None),
    bind(Ask, Action::MarkBefore, "ask-before", "mark the choice before; a long one: row up", &[key(KeyCode::Up), key(KeyCode::Left)], None),
    bind(Ask, Action::PageDown, "ask-page-down", "the rest of a long one; before its end was seen only a no works", &[key(KeyCode::PageDown)], None),
    bind(Ask, Action::PageUp, "ask-page-up", "a page up", &[key(KeyCode::PageUp)], None),
    bind(Ask, Action::ScrollDown, "ask-down", "row down", &[plain('j')], None),
    bind(Ask, Action::ScrollUp, "ask-up", "row up", &[plain('k')], None),
    bind(Ask, Action::Bottom, "ask-bottom", "to its end", &[plain('G'), key(KeyCode::End)], None),
    bind(Ask, Action::Top, "ask-top", "to its start", &[plain('g'), key(KeyCode::Home)], None),
    bind(Ask, Action::Help, "ask-help", "help", &[plain('?')], None),
    bind(Ask, Action::Close, "ask-leave", "back; it stays waiting", &[key(KeyCode::Esc)], None),

    bind(Card, Action::Choose, "card-choose", "what is marked, else the first: what failed is asked again", &[key(KeyCode::Enter)], None),
    bind(Card, Action::CardFresh, "card-fresh", "too long: a new session with this prompt", &[plain('n')], None),
    bind(Card, Action::CardKeep, "card-keep", "broken off: keep the words and go on", &[plain('c')], None),
    bind(Card, Action::CardLook, "card-look", "interrupted: look where", &[plain('i')], None),
    bind(Card, Action::CardKey, "card-key", "a refused key: give another", &[plain('k')], None),
    bind(Card, Action::CardRead, "card-read", "a refused key: read key and config again", &[plain('r')], None),
    bind(Card, Action::CardModel, "card-model", "another model", &[plain('m')], None),
    bind(Card, Action::CardAway, "card-away", "interrupted: leave it so", &[plain('x')], None),
    bind(Card, Action::CardWorktree, "card-worktree", "a shared folder: a worktree instead", &[plain('w')], None),
    bind(Card, Action::MarkAfter, "card-after", "mark the choice after", &[key(KeyCode::Down), key(KeyCode::Right)], None),
    bind(Card, Action::MarkBefore, "card-before", "mark the choice before", &[key(KeyCode::Up), key(KeyCode::Left)], None),
    bind(Card, Action::CardBack, "card-back", "back to typing; it stays", &[key(KeyCode::Tab)], None),
    bind(Card, Action::Help, "card-help", "help", &[plain('?')], None),
    bind(Card, Action::Close, "card-leave", "leave it: the card is put away", &[key(KeyCode::Esc)], None),

    bind(Question, Action::QuestionYes, "question-yes", "do it", &[plain('y')], None),
    bind(Question, Action::QuestionNo, "question-no", "all stays as it is", &[plain('n')], None),
    bind(Question, Action::Choose, "question-choose", "the answer that is marked", &[key(KeyCode::Enter)], None),
    bind(Question, Action::MarkAfter, "question-after", "mark the answer below", &[key(KeyCode::Down), key(KeyCode::Right)], None),
    bind(Question, Action::MarkBefore, "question-before", "mark the answer above", &[key(KeyCode::Up), key(KeyCode::Left)], None),
    bind(Question, Action::Close, "question-leave", "all stays as it is", &[key(KeyCode::Esc)], None),
];
