//! Searching with keys: the text is typed at the foot of the pane, and the first hit is shown while it is.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::protocol::event::Event;
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::query::Page;
use crate::tui::app::copying::{Deed, copy_of_turn};
use crate::tui::app::find::{self, Fetch, Hit, Search};
use crate::tui::app::keymap::place::Place;
use crate::tui::app::keymap::{Action, in_a_line};
use crate::tui::app::message::Cmd;
use crate::tui::app::transcript::What;
use crate::tui::app::view::Stage;
use crate::tui::app::{App, excerpt};

impl App {
    pub fn begin_search(&mut self) -> Vec<Cmd> {
        let from = self.place_of_caret();
        let number = self.number();
        self.view_mut().search = Some(Search::new(number, from));
        Vec::new()
    }

    /// A key while the text to be sought is typed.
    pub fn search_key(&mut self, event: KeyEvent) -> Vec<Cmd> {
        let Some(search) = &self.view().search else {
            return Vec::new();
        };
        let mut text = search.text.clone();
        if self.keymap().find(Place::Anywhere, event) == Some(Action::Break) {
            return self.end_search();
        }
        match self.keymap().find(Place::Search, event) {
            Some(Action::Choose) if !text.is_empty() => return self.search_all(),
            Some(Action::Choose | Action::Close) => return self.end_search(),
            _ => {}
        }
        // All else is typed at the end of the text, by the keys of any line.
        match (in_a_line(event), event.code) {
            (Some(Action::Backspace), _) if text.is_empty() => return self.end_search(),
            (Some(Action::Backspace), _) => {
                let last = crate::tui::widget::cells::symbols(&text).last();
                text.truncate(last.map_or(0, |(start, ..)| start));
            }
            (Some(Action::KillToStart | Action::KillWord), _) => text.clear(),
            (_, KeyCode::Char(c)) if event.modifiers.difference(KeyModifiers::SHIFT).is_empty() => {
                text.push(c);
            }
            _ => return Vec::new(),
        }
        self.seek_text(&text)
    }

    /// Something was pasted into the text that is sought; `false` where none is.
    pub fn paste_search(&mut self, text: &str) -> bool {
        let Some(search) = self.view().search.as_ref().filter(|search| search.typing) else {
            return false;
        };
        let line = text.lines().next().unwrap_or_default();
        let whole = format!("{}{}", search.text, crate::agent::visible::clean(line));
        self.seek_text(&whole);
        true
    }

    fn seek_text(&mut self, text: &str) -> Vec<Cmd> {
        let at = self.at();
        let view = &mut self.views[at];
        view.changes += 1;
        let Some(search) = &mut view.search else {
            return Vec::new();
        };
        search.set(text, &view.transcript);
        let (hit, from) = (search.hit().cloned(), search.from);
        match (hit, from) {
            (Some(hit), _) => self.show_hit(&hit),
            (None, Some((seq, at))) => {
                self.pane_mut().eyes.go(seq, at);
                Vec::new()
            }
            (None, None) => Vec::new(),
        }
    }

    /// Esc: the search is no more, and one is where one was.
    fn end_search(&mut self) -> Vec<Cmd> {
        let search = self.view_mut().search.take();
        if let Some((seq, at)) = search.and_then(|search| search.from) {
            self.pane_mut().eyes.go(seq, at);
        }
        Vec::new()
    }

    /// Enter: the keys are the transcript's again, and what is not loaded is searched too.
    fn search_all(&mut self) -> Vec<Cmd> {
        let view = self.view_mut();
        let (id, fresh) = (view.id, view.stage == Stage::Fresh);
        let Some(search) = &mut view.search else {
            return Vec::new();
        };
        search.typing = false;
        if search.whole || fresh {
            if search.hits.is_empty() {
                let text = search.text.clone();
                self.say(format!("no hit for {text}"));
            }
            return Vec::new();
        }
        search.read_all();
        vec![Fetch::Search(search.number).ask(id, Seq(0))]
    }

    pub fn next_hit(&mut self, by: i64) -> Vec<Cmd> {
        let from = self.place_of_caret();
        let at = self.at();
        let view = &mut self.views[at];
        let Some(search) = &mut view.search else {
            self.say("nothing is sought; / searches this session");
            return Vec::new();
        };
        if search.reading.is_none() {
            search.look(&view.transcript);
        }
        if let Some(hit) = search.step(by, from).cloned() {
            return self.show_hit(&hit);
        }
        let said = search.said();
        self.say(said);
        Vec::new()
    }

    /// The caret goes to a hit; the log is read there where it is not loaded, and what hides it is unfolded.
    fn show_hit(&mut self, hit: &Hit) -> Vec<Cmd> {
        let transcript = &mut self.view_mut().transcript;
        let Some(entry) = transcript.find(hit.seq) else {
            return self.fetch(Fetch::Around(hit.seq, hit.at.start));
        };
        let folds = matches!(
            entry.what,
            What::Call(_) | What::Shell { .. } | What::Thought { .. } | What::Prompt { .. }
        );
        let head = match &entry.what {
            What::Prompt { .. } | What::Thought { .. } => 0,
            _ => crate::tui::app::logical::shown(entry)
                .find('\n')
                .unwrap_or(usize::MAX),
        };
        if folds && hit.at.end > head && !transcript.is_unfolded(hit.seq) {
            let turned = &mut transcript.turned;
            if !turned.remove(&hit.seq) {
                turned.insert(hit.seq);
            }
        }
        self.pane_mut().eyes.go(hit.seq, hit.at.start);
        Vec::new()
    }

    /// A page of the log that a transcript asked for.
    pub fn fetched(&mut self, id: SessionId, fetch: Fetch, events: &[Event]) -> Vec<Cmd> {
        let here = self.pane().session == id;
        match fetch {
            Fetch::Search(number) => {
                let Some(search) = self.search_of(id, number) else {
                    return Vec::new();
                };
                if search.reading.is_none() {
                    return Vec::new();
                }
                if let Some(more) = search.read(events) {
                    return vec![fetch.ask(id, more)];
                }
                let (hit, none) = (search.hit().cloned(), search.said());
                match hit {
                    Some(hit) if here => return self.show_hit(&hit),
                    _ => self.say(none),
                }
                Vec::new()
            }
            Fetch::Whole(number) => {
                let gather = self.view_of(id).and_then(|view| view.gather.as_mut());
                // A page for one that was stopped is nothing to the next.
                let Some(gather) = gather.filter(|gather| gather.number == number) else {
                    return Vec::new();
                };
                if let Some(more) = gather.read(events) {
                    return vec![fetch.ask(id, more)];
                }
                let (text, turn) = (excerpt::markdown(&gather.entries), gather.turn);
                if let Some(view) = self.view_of(id) {
                    view.gather = None;
                }
                match turn {
                    Some(turn) => copy_of_turn(text, turn),
                    None => vec![Cmd::Read(Deed::Page(text))],
                }
            }
            Fetch::Below(number) | Fetch::Above(number) => self.leapt(id, fetch, number, events),
            fetch => {
                let cmd = self
                    .view_of(id)
                    .and_then(|view| find::moved(view, fetch, events));
                let shown = self.panes.all().iter().filter(|pane| pane.session == id);
                if fetch == Fetch::Later
                    && shown.count() <= 1
                    && let Some(view) = self.view_of(id)
                {
                    view.transcript.trim();
                }
                if here {
                    self.arrive_at(fetch);
                }
                if fetch == Fetch::Newest {
                    // All that was read further up is gone.
                    self.let_go();
                }
                cmd.into_iter().collect()
            }
        }
    }

    /// The window shows another part of the log.
    fn arrive_at(&mut self, fetch: Fetch) {
        match fetch {
            Fetch::Start => {
                if let Some(first) = self.view().transcript.entries().first() {
                    let seq = first.seq;
                    self.pane_mut().eyes.go(seq, 0);
                }
            }
            Fetch::Around(seq, at) => {
                if let Some(hit) = self.view().search.as_ref().and_then(Search::hit).cloned()
                    && hit.seq == seq
                {
                    self.show_hit(&hit);
                } else {
                    self.pane_mut().eyes.go(seq, at);
                }
            }
            Fetch::Newest => {
                let pane = self.pane_mut();
                pane.follow();
                pane.eyes.caret = None;
                pane.eyes.at_end = true;
            }
            _ => {}
        }
    }

    /// The log could not be read for it.
    pub fn fetch_failed(&mut self, id: SessionId, fetch: Fetch) {
        if let Some(view) = self.view_of(id) {
            view.reading = false;
            match fetch {
                Fetch::Later => view.unreadable.push(Page::After(view.transcript.last())),
                Fetch::Whole(number) => {
                    view.gather.take_if(|gather| gather.number == number);
                }
                Fetch::Below(number) | Fetch::Above(number) => {
                    view.leap.take_if(|leap| leap.number == number);
                }
                Fetch::Search(_) => {
                    if let Some(search) = &mut view.search {
                        search.give_up();
                    }
                }
                _ => {}
            }
        }
    }
}
