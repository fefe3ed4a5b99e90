//! Reading a transcript: what its keys do. Moves by rows are left to the next frame (see [`crate::tui::app::caret`]), jumps to
//! turns, changes and failures are made in the text.

use std::borrow::Cow;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::protocol::id::{Seq, SessionId};
use crate::tui::app::caret::{Caret, Edge, Held, Move, Selection};
use crate::tui::app::excerpt::block;
use crate::tui::app::find::{Fetch, Search};
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::chord::{chord, narrow};
use crate::tui::app::keymap::place::Place;
use crate::tui::app::leap::Kind;
use crate::tui::app::logical::shown;
use crate::tui::app::message::Cmd;
use crate::tui::app::motion::{self, Motion};
use crate::tui::app::transcript::{Entry, LIVE};
use crate::tui::app::{App, Focus};

/// Keys that wait for a frame at most; what is typed beyond is dropped.
const MOST_HELD: usize = 512;

/// Full-width forms count as their narrow ones.
fn narrowed(event: KeyEvent) -> KeyEvent {
    match event.code {
        KeyCode::Char(c) => KeyEvent {
            code: KeyCode::Char(narrow(c)),
            ..event
        },
        _ => event,
    }
}

/// What the key that repeats does again: not the steps, which are keys of their own that are held down.
fn repeats(action: Action) -> bool {
    matches!(
        action,
        Action::NextTurn
            | Action::TurnBefore
            | Action::NextHunk
            | Action::HunkBefore
            | Action::NextFailure
            | Action::FailureBefore
            | Action::NextBlock
            | Action::BlockBefore
            | Action::NextHit
            | Action::HitBefore
            | Action::Fold
    )
}

impl App {
    /// A key while the transcript has the keys.
    pub fn transcript_key(&mut self, event: KeyEvent) -> Vec<Cmd> {
        if !self.pane().eyes.moves.is_empty() {
            let held = &mut self.pane_mut().eyes.held;
            if held.len() < MOST_HELD {
                held.push_back(Held::Key(event));
            }
            return Vec::new();
        }
        if self
            .view()
            .search
            .as_ref()
            .is_some_and(|search| search.typing)
        {
            return self.search_key(event);
        }
        let event = narrowed(event);
        let plain = event.modifiers.difference(KeyModifiers::SHIFT).is_empty();
        let reading = &mut self.pane_mut().eyes;
        if let Some(selection) = &mut reading.selection {
            // Made with the pointer, it is from here on one like any other: copied again, taken further, ended.
            selection.pointed = false;
        }
        if let Some(first) = reading.prefix.take() {
            let second = match event.code {
                KeyCode::Char(c) if plain => c,
                _ => '\0',
            };
            if let Some(action) = self.keymap().pair(first, second) {
                return self.read(action);
            }
            self.pane_mut().eyes.count = 0;
            if event.code != KeyCode::Esc {
                self.say(match event.code {
                    KeyCode::Char(c) if plain => {
                        format!("{first}{c} does nothing; ? lists the keys")
                    }
                    _ => format!("{first} needs another key; ? lists them"),
                });
            }
            return Vec::new();
        }
        if let KeyCode::Char(c) = event.code
            && plain
        {
            match c {
                '1'..='9' | '0' if c != '0' || reading.count > 0 => {
                    let digit = c.to_digit(10).unwrap_or(0) as usize;
                    reading.count = (reading.count * 10 + digit).min(999_999);
                    return Vec::new();
                }
                // The composer's commands are reached from here too.
                '!' | ':' => {
                    reading.count = 0;
                    if c == '!' && self.run_again() {
                        return Vec::new();
                    }
                    self.focus = Focus::Composer;
                    self.view_mut().composer.type_on();
                    let key = if c == ':' { '/' } else { c };
                    return self.key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE));
                }
                c if self.keymap().begins(c) => {
                    self.pane_mut().eyes.prefix = Some(c);
                    return Vec::new();
                }
                _ => {}
            }
        }
        if let Some(action) = self.keymap().find(Place::Transcript, event) {
            return self.read(action);
        }
        self.pane_mut().eyes.count = 0;
        if let KeyCode::Char(_) = event.code {
            let (key, help) = (chord(event).label(), self.keymap().way(Action::Help));
            self.say(format!("{key} does nothing here; {help} lists the keys"));
        }
        Vec::new()
    }

    /// What waited for the frame; stops where the next move waits for another one. What is typed goes where the keys are by
    /// then, what the pointer did stays where it did it.
    pub fn replay(&mut self) -> Vec<Cmd> {
        let mut cmds = Vec::new();
        let place = |app: &Self| (app.pane().id, app.pane().session);
        let here = place(self);
        let mut all = std::mem::take(&mut self.pane_mut().eyes.held);
        while let Some(held) = all.pop_front() {
            let stays = place(self) == here;
            let waits = match &held {
                Held::Key(_) => self.focus == Focus::Transcript,
                _ => stays,
            };
            if waits && !self.pane().eyes.moves.is_empty() {
                all.push_front(held);
                break;
            }
            self.owes_frame = true;
            self.changes.in_focus += 1;
            match held {
                Held::Key(key) => cmds.extend(self.key(key)),
                Held::Do(action) if stays && self.focus == Focus::Transcript => {
                    cmds.extend(self.chosen_here(action, Self::read));
                }
                held if stays => cmds.extend(self.pointed(&held)),
                _ => {}
            }
        }
        if place(self) != here {
            all.retain(|held| matches!(held, Held::Key(_)));
        }
        let held = &mut self.pane_mut().eyes.held;
        all.append(held);
        *held = all;
        cmds
    }

    /// What an action does here, else what it does everywhere.
    pub fn read(&mut self, action: Action) -> Vec<Cmd> {
        let page = i64::from(self.pane().rows.saturating_sub(1).max(1));
        let typed = self.pane().eyes.count;
        let reading = &mut self.pane_mut().eyes;
        let count = reading.count();
        let (action, count) = match (action, reading.repeats) {
            (Action::Repeat, None) => {
                self.say("nothing to repeat yet: it repeats a jump, a hit or a fold");
                return Vec::new();
            }
            (Action::Repeat, Some((last, times))) => (last, if typed > 0 { count } else { times }),
            (action, _) => (action, count),
        };
        if repeats(action) {
            reading.repeats = Some((action, count));
        }
        let screen = usize::try_from(count - 1).unwrap_or(0);
        let step = match action {
            Action::ScrollDown => Some(Move::Rows(count)),
            Action::ScrollUp => Some(Move::Rows(-count)),
            Action::HalfDown => Some(Move::Pages((page / 2).max(1) * count)),
            Action::HalfUp => Some(Move::Pages(-(page / 2).max(1) * count)),
            Action::PageDown | Action::PageForward => Some(Move::Pages(page * count)),
            Action::PageUp | Action::PageBack => Some(Move::Pages(-page * count)),
            Action::ScreenTop => Some(Move::Screen(Edge::Top, screen)),
            Action::ScreenMiddle => Some(Move::Screen(Edge::Middle, 0)),
            Action::ScreenBottom => Some(Move::Screen(Edge::Bottom, screen)),
            Action::PutTop => Some(Move::Put(Edge::Top)),
            Action::PutMiddle => Some(Move::Put(Edge::Middle)),
            Action::PutBottom => Some(Move::Put(Edge::Bottom)),
            _ => None,
        };
        if let Some(step) = step {
            reading.moves.push(step);
            return Vec::new();
        }
        match action {
            Action::Top | Action::Bottom if typed > 0 => self.seek_turn(typed),
            Action::Top => self.seek_start(),
            Action::Bottom => self.to_newest(),
            Action::Insert => {
                self.focus = Focus::Composer;
                self.view_mut().composer.type_on();
                self.to_newest()
            }
            Action::CharLeft => self.step_in_text(Motion::Left, count),
            Action::CharRight => self.step_in_text(Motion::Right, count),
            Action::NextWord => self.step_in_text(Motion::Word, count),
            Action::WordBefore => self.step_in_text(Motion::WordBefore, count),
            Action::TextLineStart => self.step_in_text(Motion::LineStart, 1),
            Action::TextLineEnd => self.step_in_text(Motion::LineEnd, 1),
            Action::NextTurn => self.leap(count, Kind::Turn),
            Action::TurnBefore => self.turn_before(count),
            Action::NextHunk => self.leap(count, Kind::Change),
            Action::HunkBefore => self.leap(-count, Kind::Change),
            Action::NextFailure => self.leap(count, Kind::Failure),
            Action::FailureBefore => self.leap(-count, Kind::Failure),
            Action::NextBlock => self.leap(count, Kind::Block),
            Action::BlockBefore => self.leap(-count, Kind::Block),
            Action::Fold => self.fold(),
            Action::UnfoldAll => self.fold_all(true),
            Action::FoldAll => self.fold_all(false),
            Action::Find => self.begin_search(),
            Action::NextHit => self.next_hit(count),
            Action::HitBefore => self.next_hit(-count),
            Action::Select => self.select(false),
            Action::SelectLines => self.select(true),
            Action::Pager if self.pane().eyes.selection.is_some() => self.select(true),
            Action::Pager => self.page_all(),
            Action::CopyBlock => self.copy_block(),
            Action::CopyTurn => self.copy_turn(),
            Action::CopyPlace => self.copy_place(),
            // Where something is selected its letter is the motion that hands know it for.
            Action::OpenPlace if self.pane().eyes.selection.is_some() => {
                self.step_in_text(Motion::WordEnd, count)
            }
            Action::OpenPlace => self.open_place(),
            Action::OpenLink => self.open_link(),
            Action::Leave => self.leave_reading(),
            action => self.act(action),
        }
    }

    /// The command under the caret goes into an empty composer, to be run by the person: nothing runs before Enter. Whether
    /// there was one.
    fn run_again(&mut self) -> bool {
        let block = self.here().map(|(entry, caret)| block(&entry, caret));
        let Some((command, "command")) = block else {
            return false;
        };
        if !self.view().composer.is_empty() {
            return false;
        }
        self.focus = Focus::Composer;
        let composer = &mut self.view_mut().composer;
        composer.type_on();
        composer.set(&format!("! {command}"));
        self.typed();
        let key = self.keymap().key(Place::Composer, Action::Send);
        let key = key.unwrap_or_default();
        self.say(format!("{key} runs it again as you"));
        true
    }

    /// Esc: what is being gathered or looked for in the log ends, then a selection, then a search, then reading.
    fn leave_reading(&mut self) -> Vec<Cmd> {
        if let Some(gather) = self.view_mut().gather.take() {
            self.say(format!("stopped {}", gather.said()));
            return Vec::new();
        }
        if let Some(leap) = self.view_mut().leap.take() {
            self.say(format!("stopped {}", leap.said()));
            return Vec::new();
        }
        if self.pane_mut().eyes.selection.take().is_some() {
            return Vec::new();
        }
        if self.view_mut().search.take().is_some() {
            return Vec::new();
        }
        let mut cmds = self.act(Action::Leave);
        if self.focus == Focus::Composer {
            cmds.extend(self.to_newest());
        }
        cmds
    }

    /// The entry the caret is in, and the caret.
    pub fn here(&self) -> Option<(Cow<'_, Entry>, &Caret)> {
        let caret = self.pane().eyes.caret.as_ref()?;
        let entry = if caret.seq == LIVE {
            Cow::Owned(self.view().streaming()?)
        } else {
            Cow::Borrowed(self.view().transcript.find(caret.seq)?)
        };
        Some((entry, caret))
    }

    fn step_in_text(&mut self, step: Motion, count: i64) -> Vec<Cmd> {
        if let Some((entry, caret)) = self.here() {
            let text = shown(&entry);
            drop(entry);
            let (seq, mut at) = (caret.seq, caret.at);
            for _ in 0..count.min(10_000) {
                at = motion::moved(&text, at, step);
            }
            self.pane_mut().eyes.go(seq, at);
        }
        Vec::new()
    }

    /// To the turn before, reading the log for it where it is not loaded.
    fn turn_before(&mut self, count: i64) -> Vec<Cmd> {
        let here = self
            .here()
            .map(|(entry, caret)| (entry.turn, entry.seq, caret.at));
        let entries = self.view().transcript.entries();
        let above = here.is_some_and(|(_, seq, at)| {
            entries.iter().any(|entry| {
                Kind::Turn
                    .places(entry)
                    .iter()
                    .any(|start| (entry.seq, *start) < (seq, at))
            })
        });
        match here {
            Some((turn, ..)) if !above && !self.view().transcript.whole && turn > 1 => {
                self.seek_turn((turn - 1) as usize)
            }
            _ => self.leap(-count, Kind::Turn),
        }
    }

    fn seek_turn(&mut self, turn: usize) -> Vec<Cmd> {
        self.pane_mut().seek = Some(u32::try_from(turn).unwrap_or(u32::MAX));
        self.sought()
    }

    fn seek_start(&mut self) -> Vec<Cmd> {
        if !self.view().transcript.whole {
            return self.fetch(Fetch::Start);
        }
        if let Some(first) = self.view().transcript.entries().first() {
            let seq = first.seq;
            self.pane_mut().eyes.go(seq, 0);
        }
        Vec::new()
    }

    /// The newest line is followed again, and read again where it is not loaded.
    pub fn to_newest(&mut self) -> Vec<Cmd> {
        let pane = self.pane_mut();
        pane.follow();
        pane.eyes.caret = None;
        pane.eyes.at_end = true;
        if self.focus == Focus::Transcript {
            self.pane_mut().eyes.moves.push(Move::Show);
        } else {
            self.pane_mut().eyes.selection = None;
        }
        if self.view().transcript.cut {
            return self.fetch(Fetch::Newest);
        }
        Vec::new()
    }

    /// Asks the log for another part of this session.
    pub fn fetch(&mut self, fetch: Fetch) -> Vec<Cmd> {
        let view = self.view_mut();
        let after = match fetch {
            Fetch::Later => view.transcript.last(),
            _ => Seq(0),
        };
        view.reading = true;
        vec![fetch.ask(view.id, after)]
    }

    fn fold(&mut self) -> Vec<Cmd> {
        let seq = self.here().map(|(entry, _)| entry.seq);
        if let Some(seq) = seq.filter(|seq| *seq != LIVE) {
            let turned = &mut self.view_mut().transcript.turned;
            if !turned.remove(&seq) {
                turned.insert(seq);
            }
            self.pane_mut().eyes.moves.push(Move::Show);
        }
        Vec::new()
    }

    fn fold_all(&mut self, unfolded: bool) -> Vec<Cmd> {
        let transcript = &mut self.view_mut().transcript;
        transcript.unfolded = unfolded;
        transcript.turned.clear();
        self.pane_mut().eyes.moves.push(Move::Show);
        Vec::new()
    }

    /// Begins a selection, or changes between lines and characters; the same key again ends it.
    fn select(&mut self, lines: bool) -> Vec<Cmd> {
        let reading = &mut self.pane_mut().eyes;
        match &mut reading.selection {
            Some(selection) if selection.lines == lines => reading.selection = None,
            Some(selection) => selection.lines = lines,
            None => {
                reading.selection = reading.caret.clone().map(|from| Selection {
                    from,
                    lines,
                    pointed: false,
                });
            }
        }
        Vec::new()
    }

    pub fn place_of_caret(&self) -> Option<(Seq, usize)> {
        self.pane()
            .eyes
            .caret
            .as_ref()
            .map(|caret| (caret.seq, caret.at))
    }

    /// A search of this number in a session, if it still goes on.
    pub fn search_of(&mut self, id: SessionId, number: u64) -> Option<&mut Search> {
        let search = self.view_of(id)?.search.as_mut()?;
        (search.number == number).then_some(search)
    }
}
