//! One entry of a transcript, laid out.

use std::ops::Range;
use std::time::Duration;

use crate::agent::loan;
use crate::agent::quoted;
use crate::agent::session::Session;
use crate::agent::visible::{clean, one_line};
use crate::protocol::ask::About;
use crate::protocol::event::Ending;
use crate::protocol::item::{Block, Origin};
use crate::protocol::session::Change;
use crate::protocol::time::Time;
use crate::tui::app::App;
use crate::tui::app::logical;
use crate::tui::app::transcript::{Entry, Spent, What};
use crate::tui::app::view::View;
use crate::tui::screen::body::{Laid, indented, markdown, output};
use crate::tui::screen::failure_card::ALONG;
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::money;
use crate::tui::screen::rows::{Row, wrapped};
use crate::tui::screen::tool_card::By;
use crate::tui::screen::{tool_card, tour};
use crate::tui::widget::paint::Form;
use crate::tui::widget::{text, wrap};

/// Cells before a person's words: `you    `.
const LEAD: usize = 7;
/// Of a pasted text this many rows are shown unfolded.
const PASTE: usize = 100_000;

/// A call that runs is drawn anew with its seconds and its newest output.
pub fn is_running(entry: &Entry) -> bool {
    matches!(&entry.what, What::Call(call) if call.outcome.is_none() && call.started.is_some())
}

/// Whether a card in the pane speaks of this entry: an ask about its call, or the failure that ended the turn.
pub fn waits(view: &View, entry: &Entry) -> bool {
    let call = match &entry.what {
        What::Call(call) => call,
        What::Ended { .. } => {
            let last = view.transcript.entries().last();
            return view.stopped().is_some() && last.is_some_and(|last| last.seq == entry.seq);
        }
        _ => return false,
    };
    call.outcome.is_none()
        && view.session.as_ref().is_some_and(|session| {
            session.asks.iter().any(|waiting| {
                matches!(&waiting.ask.about, About::Approval(approval) if approval.call == call.call.id)
            })
        })
}

/// A turn that was stopped goes along with the next prompt: the last one, since all before it went.
pub fn goes_along(view: &View, entry: &Entry) -> bool {
    let ended = matches!(entry.what, What::Ended { .. });
    let is_last = |session: &Session| session.turn == entry.turn;
    ended && view.session.as_ref().is_none_or(is_last)
}

pub fn lay(app: &App, view: &View, entry: &Entry, form: Form, look: &Look) -> Laid {
    let unfolded = view.transcript.is_unfolded(entry.seq);
    let width = form.cells();
    let mut laid = Laid::default();
    match &entry.what {
        What::Prompt { blocks, origin } => prompt(&mut laid, blocks, *origin, unfolded, width),
        What::Answer { text, cut } => {
            let sheet = markdown(text, form);
            let height = sheet.height();
            laid.text(sheet, 0, 0..height, 0);
            if *cut {
                laid.row(Row::of("the answer broke off here", Role::Warn));
            }
        }
        What::Thought { text } if unfolded => {
            laid.row(Row::of(
                format!(
                    "{} thought{}",
                    look.mark(Mark::Open),
                    thought_for(view, entry)
                ),
                Role::Muted,
            ));
            let sheet = output(text, indented(form, 2));
            let height = sheet.height();
            laid.text(sheet, 2, 0..height, 0);
        }
        What::Thought { text } => {
            let start: String = text.chars().take(400).collect();
            let took = thought_for(view, entry);
            let lead = format!("{} thought{took}  ", look.mark(Mark::Folded));
            let before = lead.len();
            let row = Row::of(lead, Role::Muted).put(one_line(&start), Role::Muted);
            laid.placed(row, 0..clean(text).len(), before);
        }
        What::Call(call) => {
            let tail = view.live.tails.get(&call.call.id).map(String::as_str);
            return tool_card::lay(call, unfolded, waits(view, entry), tail, app, form, look);
        }
        What::Notice { text } => {
            let text = clean(text);
            let room = width.saturating_sub(2).max(1);
            for part in wrap::words(&text, room, room) {
                let row = Row::of(format!("  {}", &text[part.clone()]), Role::Muted);
                laid.placed(row, part, 2);
            }
        }
        What::Recalled(recalled) => {
            let mark = if unfolded { Mark::Open } else { Mark::Folded };
            let lead = format!("{} ", look.mark(mark));
            let told = quoted::told(recalled);
            if unfolded {
                laid.row(Row::of(lead, Role::Muted).put(told, Role::Muted));
                let sheet = output(&recalled.text, indented(form, 2));
                let height = sheet.height();
                laid.text(sheet, 2, 0..height, 0);
            } else {
                let row = Row::of(lead, Role::Muted).put(told, Role::Muted);
                laid.placed(row, 0..clean(&recalled.text).len(), 2);
            }
        }
        What::Shell { command, outcome } => {
            let (state, role) = tool_card::ending(outcome);
            let base = logical::base(command);
            let row = Row::of("!      ", Role::Person).put(one_line(command), Role::Strong);
            laid.placed(row.end(state, role), 0..base - 1, LEAD);
            let room = indented(form, 2);
            tool_card::body(
                &mut laid,
                (outcome, By::Command),
                (unfolded, base),
                app,
                room,
                look,
            );
        }
        What::Changed(change) => noted(&mut laid, &changed(change, entry.at), form, look),
        What::Ended { ending, spent } => {
            if !waits(view, entry) {
                how(&mut laid, ending, goes_along(view, entry), form, look);
            }
            sums((app, view), &mut laid, entry, spent, form, look);
            if view.transcript.entries().last().map(|last| last.seq) == Some(entry.seq) {
                for line in tour::closing(app, view) {
                    for row in wrapped(&line, width, 0, Role::Accent) {
                        laid.row(row);
                    }
                }
            }
        }
    }
    laid
}

/// ` 6 s`, where it was seen.
fn thought_for(view: &View, entry: &Entry) -> String {
    let took = view.transcript.thought.get(&entry.seq);
    took.map_or_else(String::new, |took| format!(" {}", text::seconds(*took)))
}

fn prompt(laid: &mut Laid, blocks: &[Block], origin: Origin, unfolded: bool, width: usize) {
    let (name, role) = match origin {
        Origin::Person => ("you", Role::Person),
        Origin::Creel => ("creel", Role::Muted),
    };
    let mut first = true;
    let mut put = |laid: &mut Laid, row: Row, span: Range<usize>| {
        let lead = if first { name } else { "" };
        first = false;
        let mut whole = Row::of(format!("{lead:<LEAD$}"), role);
        whole.left.extend(row.left);
        laid.placed(whole, span, LEAD);
    };
    let mut base = 0;
    for block in blocks {
        let text = logical::block(block);
        let whole = clean(&text);
        match block {
            Block::Paste { text } if !unfolded => {
                let lines = text.lines().count().max(1);
                let row = Row::of(format!("[pasted {lines} lines]"), Role::Muted);
                put(laid, row, base..base + whole.len());
            }
            Block::Image { .. } => {
                let row = Row::of(one_line(&whole), Role::Muted);
                put(laid, row, base..base + whole.len());
            }
            Block::Text { .. } | Block::Paste { .. } => {
                let end = whole.floor_char_boundary(PASTE.min(whole.len()));
                let stops = text::Stops::of(&whole[..end], 4);
                let expanded = text::expand(&whole[..end], 4);
                let text_role = if origin == Origin::Person {
                    Role::Person
                } else {
                    Role::Muted
                };
                let room = width.saturating_sub(LEAD).max(1);
                for part in wrap::words(&expanded, room, room) {
                    let row = Row::of(expanded[part.clone()].to_owned(), text_role);
                    let span = base + stops.before(part.start)..base + stops.before(part.end);
                    put(laid, row, span);
                }
            }
        }
        base += whole.len() + 1;
    }
}

fn changed(change: &Change, at: Time) -> String {
    match change {
        Change::Model { model } => format!("model {model}"),
        Change::Mode { mode } => format!("mode {mode}"),
        Change::ModeLent { mode, until, sum } => {
            format!("mode {mode} for {}", loan::terms(*until, *sum, at))
        }
        Change::ModeReturned { mode, used } => {
            format!(
                "mode {mode} again: the {} it was lent for is used up",
                used.name()
            )
        }
        Change::Effort {
            effort: Some(effort),
        } => format!("effort {effort}"),
        Change::Effort { effort: None } => "effort as the model likes".to_owned(),
        Change::PlanModel { model: Some(model) } => format!("{model} plans"),
        Change::PlanModel { model: None } => "the session's own model answers again".to_owned(),
        Change::Title { title } => format!("title {}", one_line(title)),
        Change::Budget { limit: Some(limit) } => format!("this session may spend {limit}"),
        Change::Budget { limit: None } => "no budget of its own".to_owned(),
        Change::Temporary { temporary: true } => {
            "temporary: gone from the log when it is closed; what it cost stays".to_owned()
        }
        Change::Temporary { temporary: false } => "kept in the log from now on".to_owned(),
        Change::Recall { on: true } => "earlier sessions are recalled by themselves".to_owned(),
        Change::Recall { on: false } => {
            "earlier sessions are not recalled by themselves any more".to_owned()
        }
        Change::Vouched { .. } => "what was read until now is trusted".to_owned(),
        Change::TakenUp { cwd, .. } => {
            format!("gone on with here, in {}", one_line(&cwd.to_string_lossy()))
        }
        Change::Archived { .. }
        | Change::Pinned { .. }
        | Change::Unseen { .. }
        | Change::DayRaised { .. }
        | Change::PriceAccepted { .. }
        | Change::RuleKept { .. } => String::new(),
    }
}

/// A line of what has happened beside what was said, whole on every screen.
fn noted(laid: &mut Laid, said: &str, form: Form, look: &Look) {
    let dot = look.mark(Mark::Dot);
    for row in wrapped(&format!("{dot} {said}"), form.cells(), 0, Role::Muted) {
        laid.row(row);
    }
}

/// How a turn ended, where that is more than well.
fn how(laid: &mut Laid, ending: &Ending, along: bool, form: Form, look: &Look) {
    let (word, role) = match ending {
        Ending::Finished => (String::new(), Role::Muted),
        Ending::Failed { failure } => (
            format!("{} {}", look.mark(Mark::Failed), one_line(&failure.message)),
            Role::Bad,
        ),
        Ending::Denied => ("finished; part of it was denied".to_owned(), Role::Warn),
        Ending::Budget => ("ended at its budget".to_owned(), Role::Warn),
        Ending::Limit { text } => (one_line(text), Role::Warn),
        Ending::Interrupted { text, heard } => {
            let why = one_line(text);
            let said = match (why.is_empty(), heard) {
                (true, None) => "stopped".to_owned(),
                (true, Some(_)) => "interrupted".to_owned(),
                // It says by whom or what.
                (false, None) => why,
                (false, Some(_)) => format!("interrupted: {why}"),
            };
            // The conversation has it, whoever thinks that it was taken back.
            let said = if along {
                format!("{said}. {ALONG}")
            } else {
                said
            };
            (said, Role::Warn)
        }
    };
    let said = match ending {
        Ending::Failed { failure } => clean(&failure.message).len(),
        _ => 0,
    };
    for (index, row) in wrapped(&word, form.cells(), 0, role)
        .into_iter()
        .enumerate()
    {
        match (word.is_empty(), index) {
            (true, _) => {}
            (false, 0) if said > 0 => laid.placed(row, 0..said, 0),
            (false, _) => laid.row(row),
        }
    }
}

/// What a turn came to; once a day also the budget that holds.
fn sums(
    (app, view): (&App, &View),
    laid: &mut Laid,
    entry: &Entry,
    spent: &Spent,
    form: Form,
    look: &Look,
) {
    let steps = match spent.steps {
        1 => "1 step".to_owned(),
        steps => format!("{steps} steps"),
    };
    let took = text::duration(Duration::from_millis(
        u64::try_from(spent.millis).unwrap_or(0),
    ));
    let cost = money::sum(&spent.charged);
    let said = format!("turn {}  {cost}  {steps}  {took}", entry.turn);
    noted(laid, &said, form, look);
    if view.budget_at == Some(entry.seq)
        && let Some(limit) = app.setup.day_limit
    {
        let limit = money::round(limit);
        let said = format!("Budget: {limit} a day, then Creel stops and asks.  /cost");
        noted(laid, &said, form, look);
    }
}
