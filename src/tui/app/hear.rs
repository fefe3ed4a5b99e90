//! What comes back: signals of the engine, answers to queries, the outcome of effects.

use crate::agent::session::Session;
use crate::protocol::call::OutcomeKind;
use crate::protocol::event::{Delta, Event, Fact, Signal};
use crate::protocol::id::{CommandId, SessionId};
use crate::protocol::item::{Item, Origin};
use crate::protocol::query::{self, Found};
use crate::protocol::session::Card;
use crate::tui::app::card::CardFocus;
use crate::tui::app::elsewhere::ReadOnly;
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::open::{LONG_PAGE, WINDOW_PAGE};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::view::{Anchor, Stage};
use crate::tui::app::{App, Focus};

impl App {
    pub fn hear(&mut self, signals: Vec<Signal>) -> Vec<Cmd> {
        let mut cmds = Vec::new();
        let (mut spent, mut decided) = (false, false);
        let card = self.card_state();
        for signal in signals {
            match signal {
                Signal::Event(event) => {
                    spent |= matches!(event.fact, Fact::ModelAnswered { .. });
                    decided |= decides(&event.fact);
                    cmds.extend(self.forked(&event));
                    cmds.extend(self.holds_otherwise(&event));
                    self.wrote(&event);
                    let before = self.generation(event.session);
                    self.event(&event);
                    cmds.extend(self.tell_budget(&event));
                    self.settle_after(&event, before);
                    self.board_event(&event);
                    self.trim(event.session);
                    // A command may have changed the branch.
                    if matches!(event.fact, Fact::TurnEnded { .. })
                        && let Some(view) = self.view_of(event.session)
                    {
                        cmds.push(Cmd::LookAt(view.cwd().clone()));
                        cmds.extend(self.look_at_worktree(event.session));
                    }
                }
                Signal::Delta { session, delta } => {
                    let now = self.now.since;
                    let discarded = delta == Delta::Discarded;
                    if let Some(view) = self.view_of(session) {
                        view.pass(delta, now);
                    }
                    if discarded {
                        self.settle(session, None);
                    }
                }
                Signal::Refused {
                    command,
                    session,
                    why,
                } => {
                    let taken = self.views.iter().any(|view| view.resume == Some(command));
                    cmds.extend(taken.then(|| Self::ask_holder(session)));
                    self.refused(command, session, &why);
                }
                Signal::Import(news) => self.import_news(news),
                Signal::Lagged => cmds.extend(self.lagged()),
            }
        }
        cmds.extend(self.tour_goes_on());
        if spent {
            cmds.extend(self.ask_after_answer());
        }
        if decided && matches!(self.overlay, Some(Overlay::Inbox(_))) {
            cmds.extend(self.ask_decided());
        }
        // Another card than the one that was read: quiet begins anew, and without one the keys go back to typing.
        if matches!(self.focus, Focus::Card(_)) && self.card_state() != card {
            self.focus = if self.view().has_card() {
                Focus::Card(CardFocus::new(self.now.since))
            } else {
                Focus::Composer
            };
        }
        cmds
    }

    /// Which of the cards stands over the composer.
    fn card_state(&self) -> (bool, bool, bool) {
        let view = self.view();
        let shared = !view.writers.is_empty();
        (view.retrying().is_some(), view.stopped().is_some(), shared)
    }

    fn event(&mut self, event: &Event) {
        let current = self.view().id;
        // Under the board nobody sees how it ends.
        let looked = self.board.is_none();
        self.recent_changed |= matches!(
            event.fact,
            Fact::SessionOpened { .. } | Fact::SessionChanged { .. } | Fact::TurnEnded { .. }
        );
        let Some(view) = self.view_of(event.session) else {
            return;
        };
        view.hear(event);
        if matches!(event.fact, Fact::TurnEnded { .. }) && (event.session != current || !looked) {
            view.unseen = true;
        }
        match &event.fact {
            Fact::AskVoided { ask, why } => {
                let before = self.answered.len();
                self.answered
                    .retain(|(_, session, id)| *session != event.session || id != ask);
                // The keys are elsewhere by now, and nobody would know why it is asked again.
                if self.answered.len() != before {
                    let why = crate::agent::visible::one_line(why);
                    self.say(format!("your answer was not taken: {why}"));
                }
                self.gone(event.session, &ask.0, why);
            }
            Fact::AskAnswered { ask, .. } => {
                self.gone(event.session, &ask.0, "it was answered elsewhere");
                self.answered
                    .retain(|(_, session, id)| *session != event.session || id != ask);
            }
            Fact::ItemAdded {
                item: Item::Shell { command, outcome },
                ..
            } => self.shell_said(event.session, command, &outcome.text),
            Fact::ItemAdded {
                item: Item::Prompt { origin, .. },
                ..
            } => {
                if let Some(view) = self.view_of(event.session) {
                    if *origin == Origin::Person {
                        view.slept = None;
                    }
                    if !view.sent.is_empty() {
                        view.sent.remove(0);
                    }
                }
            }
            _ => {}
        }
    }

    fn refused(&mut self, command: CommandId, session: SessionId, why: &str) {
        self.answered.retain(|(id, _, _)| *id != command);
        self.type_again(command);
        let mut given_back = false;
        let mut unopened = false;
        if let Some(view) = self.view_of(session) {
            view.shells.retain(|shelling| shelling.id != command);
            if view.resume == Some(command) {
                view.read_only = Some(ReadOnly::new(why));
                view.leave_draft();
            }
            let opening = view.stage == Stage::Opening && view.session.is_none();
            if opening && view.from.is_some() {
                self.not_forked(session);
                self.say(crate::agent::visible::one_line(why));
                return;
            }
            if opening {
                view.stage = Stage::Fresh;
                unopened = true;
            }
            if let Some(index) = view.sent.iter().position(|(id, _)| *id == command) {
                let (_, text) = view.sent.remove(index);
                if view.composer.is_empty() {
                    view.composer.restore(&text);
                    given_back = true;
                }
            }
        }
        // What was sent after an opening that failed is refused too; the first reason is the one to be read.
        if !unopened && given_back && self.note.is_some() {
            return;
        }
        let why = crate::agent::visible::one_line(why);
        self.say(if given_back {
            format!("{why}; your text is in the composer")
        } else {
            why
        });
    }

    fn lagged(&mut self) -> Vec<Cmd> {
        let open: Vec<_> = self
            .views
            .iter_mut()
            .filter(|view| view.stage == Stage::Live)
            .map(|view| (view.id, view.reread()))
            .collect();
        for (id, _) in &open {
            self.settle(*id, None);
        }
        open.into_iter()
            .map(|(id, after)| self.read_missed(id, after))
            .collect()
    }

    pub fn found(&mut self, tag: Tag, found: Found) -> Vec<Cmd> {
        if let Tag::Replay(number) = tag {
            self.rule_tried(number, found);
            return Vec::new();
        }
        if let Found::Failed(why) = &found {
            self.not_found(tag, why);
            return Vec::new();
        }
        match (tag, found) {
            (Tag::Recent, Found::Sessions(cards)) => {
                self.recent = Some(cards);
                self.offer_folders();
            }
            (Tag::Continue, Found::Sessions(cards)) => return self.continued(&cards),
            (Tag::Palette, Found::Sessions(cards)) => self.palette_sessions(&cards),
            (Tag::Models, Found::Models(cards)) => self.models = cards,
            (Tag::Served(view), Found::Models(cards)) => return self.served(view, cards),
            (Tag::Offers(view), Found::Offers(offers)) => return self.offered(view, offers),
            (Tag::Ahead(id), Found::Offers(offers)) => {
                self.learnt(id, |learnt| learnt.offers = offers);
            }
            (Tag::Last(id), Found::LastAnswer(last)) => {
                self.learnt(id, |learnt| learnt.last = Some(last));
            }
            (Tag::Routes, Found::Routes(routes)) => {
                if let Some(Overlay::Models(overlay)) = &mut self.overlay {
                    overlay.routes = routes;
                }
            }
            (tag, Found::Worktree(sight)) => return self.seen_worktree(tag, *sight),
            (Tag::Holder(id), Found::Holder(holder)) => return self.holder_found(id, holder),
            (Tag::Today, Found::Today(today)) => self.today_is(today),
            (Tag::Sandbox, Found::Sandbox(hold)) => self.hold = Some(hold),
            (Tag::Prompts, Found::Prompts(prompts)) => {
                if let Some(Overlay::Prompts(overlay)) = &mut self.overlay {
                    overlay.read(prompts);
                } else {
                    self.prompts = prompts;
                }
            }
            (Tag::Memory(asked), Found::Hits(hits)) => return self.recalled(asked, hits),
            (Tag::Around(item), Found::Around(said)) => {
                if let Some(Overlay::Memory(overlay)) = &mut self.overlay {
                    overlay.around = Some((item, said));
                }
            }
            (Tag::Imports, Found::Imports(sources)) => self.imports_found(sources),
            (Tag::Stashed, Found::Stashed(stashed)) => self.stashed(stashed),
            (Tag::Decided, Found::Decided(decided)) => self.decided(decided),
            (Tag::Rules, Found::Rules(rules)) => {
                if let Some(Overlay::Rules(overlay)) = &mut self.overlay {
                    overlay.all = Some(rules);
                    overlay.pick.at = overlay.pick.at.min(overlay.shown().len().saturating_sub(1));
                }
            }
            (Tag::Trust(id), Found::Trust(trust)) => self.trust_found(id, *trust),
            (Tag::Mentions, Found::Sessions(cards)) => self.mentionable(cards),
            (Tag::Draft(session), Found::Draft(Some(text))) => return self.drafted(session, &text),
            (Tag::Newest(id), Found::History(events)) => return self.newest(id, &events),
            (Tag::Earlier(id), Found::History(events)) => {
                if let Some(view) = self.view_of(id) {
                    view.reading = false;
                    view.transcript.prepend(&events, WINDOW_PAGE as usize);
                }
                self.trim_foot(id);
                return self.sought();
            }
            (Tag::Fold(id), Found::Fold(body)) => return self.folded(id, body.as_deref()),
            (Tag::Missed(id), Found::History(events)) => return self.missed(id, &events),
            (Tag::Reading(id, fetch), Found::History(events)) => {
                return self.fetched(id, fetch, &events);
            }
            (Tag::Turns(id), Found::History(events)) => {
                if let Some(Overlay::Turns(turns)) = &mut self.overlay
                    && turns.session == id
                {
                    turns.read(&events, LONG_PAGE as usize);
                    if !turns.whole {
                        let after = turns.last;
                        return self.read_turns(id, after);
                    }
                }
            }
            (Tag::SpendDays, Found::Spend(rows)) => {
                if let Some(Overlay::Cost(overlay)) = &mut self.overlay {
                    overlay.days = Some(rows);
                }
            }
            (Tag::SpendModels, Found::Spend(rows)) => {
                if let Some(Overlay::Cost(overlay)) = &mut self.overlay {
                    overlay.models = Some(rows);
                }
            }
            (tag, found) => {
                if let (Tag::Weight(id), Found::Weight(weight)) = (tag, &found) {
                    self.weighs(id, weight);
                }
                self.board_found(tag, found);
            }
        }
        Vec::new()
    }

    fn not_found(&mut self, tag: Tag, why: &str) {
        let why = crate::agent::visible::one_line(why);
        if let (Tag::Board(_) | Tag::Below(_), Some(board)) = (tag, &mut self.board) {
            board.could_not_be_read(tag, why);
            return;
        }
        let field = match (&mut self.overlay, tag) {
            (Some(Overlay::Turns(turns)), Tag::Turns(_)) => &mut turns.failed,
            (Some(Overlay::Models(overlay)), Tag::Offers(_) | Tag::Routes) => &mut overlay.failed,
            (Some(Overlay::Prompts(overlay)), Tag::Prompts) => &mut overlay.failed,
            (Some(Overlay::Memory(overlay)), Tag::Memory(asked)) if asked == overlay.asked => {
                &mut overlay.failed
            }
            // What was typed before is asked no more.
            (_, Tag::Memory(_)) => return,
            (Some(Overlay::Imports(overlay)), Tag::Imports) => &mut overlay.failed,
            (Some(Overlay::Stash(overlay)), Tag::Stashed) => &mut overlay.failed,
            (Some(Overlay::Rules(overlay)), Tag::Rules) => &mut overlay.failed,
            (Some(Overlay::Trust(overlay)), Tag::Trust(_)) => &mut overlay.failed,
            (Some(Overlay::Cost(overlay)), Tag::SpendDays | Tag::SpendModels) => {
                &mut overlay.failed
            }
            _ => {
                if let Tag::Reading(id, fetch) = tag {
                    self.fetch_failed(id, fetch);
                }
                if let Tag::Newest(id) | Tag::Earlier(id) | Tag::Missed(id) = tag
                    && let Some(view) = self.view_of(id)
                {
                    view.reading = false;
                    let first = view.transcript.first();
                    let page = matches!(tag, Tag::Earlier(_)).then_some(query::Page::Before(first));
                    view.unreadable.extend(page);
                }
                self.say(why);
                return;
            }
        };
        *field = Some(why);
    }

    /// The newest session of this folder is gone on with.
    fn continued(&mut self, cards: &[Card]) -> Vec<Cmd> {
        if let Some(card) = cards.iter().find(|card| card.cwd == self.setup.cwd) {
            return self.open(card.id, None);
        }
        self.leave_page();
        self.say("no session here yet; this is a new one");
        Vec::new()
    }

    fn newest(&mut self, id: SessionId, events: &[Event]) -> Vec<Cmd> {
        let Some(view) = self.view_of(id) else {
            return Vec::new();
        };
        view.reading = false;
        view.transcript.prepend(events, WINDOW_PAGE as usize);
        self.sought()
    }

    /// What a session's past adds up to, as the engine holds it.
    fn folded(&mut self, id: SessionId, body: Option<&str>) -> Vec<Cmd> {
        let session = body.map(serde_json::from_str::<Session>);
        let here = self.pane().session == id;
        let Some(view) = self.view_of(id) else {
            return Vec::new();
        };
        match session {
            Some(Ok(session)) => {
                let folder = session.spec.cwd.clone();
                view.unseen = session.unseen && !session.running && !here;
                view.session = Some(session);
                view.loaded();
                self.trim(id);
                let more = [self.look_at_worktree(id), self.look_for_writers(id)];
                let looks = std::iter::once(Cmd::LookAt(folder));
                looks.chain(more.into_iter().flatten()).collect()
            }
            Some(Err(error)) => {
                self.say(format!("this session could not be read: {error}"));
                Vec::new()
            }
            None => {
                // It was taken out of the log since it was open.
                let at = self.views.iter().position(|view| view.id == id);
                if let Some(at) = at.filter(|_| self.restored) {
                    self.drop_tab(at);
                }
                self.say("no such session in the log");
                Vec::new()
            }
        }
    }

    /// Events this listener was too slow for, or that another process wrote.
    fn missed(&mut self, id: SessionId, events: &[Event]) -> Vec<Cmd> {
        let Some(view) = self.view_of(id) else {
            return Vec::new();
        };
        view.reading = false;
        for event in events {
            view.apply(event);
        }
        let more = events
            .last()
            .filter(|_| events.len() >= LONG_PAGE as usize)
            .map(|last| last.seq);
        if more.is_none() {
            view.loaded();
        }
        self.trim(id);
        more.into_iter()
            .map(|after| self.read_missed(id, after))
            .collect()
    }

    /// Gives up the top of a session's window when it is long and nobody reads there.
    fn trim(&mut self, id: SessionId) {
        if self.panes.follow(id)
            && let Some(view) = self.view_of(id)
        {
            view.transcript.trim();
        }
    }

    /// Gives up the foot of a session's window when it is long and one reads at its top.
    fn trim_foot(&mut self, id: SessionId) {
        let shown = self.panes.all().iter().filter(|pane| pane.session == id);
        // Two panes may read two places of it.
        if shown.count() == 1
            && self.panes.showing(id).is_some_and(|pane| {
                let pane = self.panes.get(pane);
                pane.is_some_and(|pane| pane.seek.is_none() && pane.scroll.anchor != Anchor::Foot)
            })
            && let Some(view) = self.view_of(id)
        {
            view.transcript.trim_foot();
        }
    }
}

/// What the list of decisions counts.
fn decides(fact: &Fact) -> bool {
    match fact {
        Fact::CallStarted { by, .. } => by.is_some(),
        Fact::ItemAdded {
            item: Item::Result { outcome, .. },
            ..
        } => outcome.kind == OutcomeKind::Denied,
        _ => false,
    }
}
