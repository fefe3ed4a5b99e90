//! What comes back: signals of the engine, answers to queries, the outcome of effects.

use crate::agent::session::Session;
use crate::protocol::event::{Delta, Event, Fact, Signal};
use crate::protocol::id::{CommandId, SessionId};
use crate::protocol::item::{Item, Origin};
use crate::protocol::query::{self, Found, ModelCard, Query};
use crate::protocol::session::Card;
use crate::tui::app::card::{CardFocus, another_key, given_to, key_beside};
use crate::tui::app::elsewhere::ReadOnly;
use crate::tui::app::first_run::{FirstRun, Page};
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::open::{LONG_PAGE, WINDOW_PAGE};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::setup::{Checked, Stored};
use crate::tui::app::view::{Anchor, Stage};
use crate::tui::app::{App, Focus};

impl App {
    pub fn hear(&mut self, signals: Vec<Signal>) -> Vec<Cmd> {
        let mut cmds = Vec::new();
        let mut spent = false;
        let card = self.card_state();
        for signal in signals {
            match signal {
                Signal::Event(event) => {
                    spent |= matches!(event.fact, Fact::ModelAnswered { .. });
                    cmds.extend(self.forked(&event));
                    self.wrote(&event);
                    let before = self.generation(event.session);
                    self.event(&event);
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
                Signal::Lagged => cmds.extend(self.lagged()),
            }
        }
        cmds.extend(self.tour_goes_on());
        if spent {
            cmds.extend(self.ask_after_answer());
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
            Fact::AskVoided { ask, why } => self.gone(event.session, &ask.0, why),
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

    /// The ask with the focus is no more: it goes grey and says why.
    fn gone(&mut self, session: SessionId, id: &str, why: &str) {
        if let Focus::Ask(ask) = &mut self.focus
            && ask.session == session
            && ask.ask.id.0 == id
        {
            ask.gone = Some(crate::agent::visible::one_line(why));
            ask.confirm = None;
        }
    }

    fn refused(&mut self, command: CommandId, session: SessionId, why: &str) {
        self.answered.retain(|(id, _, _)| *id != command);
        let mut given_back = false;
        let mut unopened = false;
        if let Some(view) = self.view_of(session) {
            view.shells.retain(|shelling| shelling.id != command);
            if view.resume == Some(command) {
                view.read_only = Some(ReadOnly::new(why));
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
            (Tag::Today, Found::Today(today)) => self.today = Some(today),
            (Tag::Prompts, Found::Prompts(prompts)) => {
                if let Some(Overlay::Prompts(overlay)) = &mut self.overlay {
                    overlay.read(prompts);
                } else {
                    self.prompts = prompts;
                }
            }
            (Tag::Stashed, Found::Stashed(stashed)) => self.stashed(stashed),
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
            (tag, found) => self.board_found(tag, found),
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
            (Some(Overlay::Stash(overlay)), Tag::Stashed) => &mut overlay.failed,
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

    pub fn checked(&mut self, checked: Result<Checked, String>) -> Vec<Cmd> {
        let Some(Page::Checking { provider, .. }) =
            self.first_run.as_ref().map(|page| page.page.clone())
        else {
            return Vec::new();
        };
        let other = given_to(self.first_run.as_ref()).map(str::to_owned);
        let model = self.view().model().cloned();
        let Some(page) = &mut self.first_run else {
            return Vec::new();
        };
        let beside = page.beside;
        match (checked, other) {
            // Of what answers now nothing changes: it is named because keeping asks for a model.
            (Ok(checked), other) if other.is_some() || beside => {
                let model = model.or_else(|| checked.models.first().map(|card| card.model.clone()));
                model.map_or_else(Vec::new, |model| vec![Cmd::Store(provider, model)])
            }
            (Err(why), _) => {
                page.type_again(&provider, Some(crate::agent::visible::one_line(&why)));
                Vec::new()
            }
            (Ok(_), Some(_)) => Vec::new(),
            (Ok(checked), None) => {
                let default = checked.default.clone();
                page.page = Page::Choose {
                    provider: provider.clone(),
                    checked,
                    at: 0,
                };
                match default {
                    Some(model) => vec![Cmd::Store(provider, model)],
                    None => Vec::new(),
                }
            }
        }
    }

    pub fn stored(&mut self, stored: Result<Stored, String>) -> Vec<Cmd> {
        if self.taking.is_some() {
            return self.kept_here(stored);
        }
        let other = given_to(self.first_run.as_ref()).map(str::to_owned);
        let beside = self.first_run.as_ref().is_some_and(|page| page.beside);
        match stored {
            Ok(stored) => {
                self.setup.key_places = stored.key_places;
                match stored.card {
                    _ if beside => {
                        self.leave_page();
                        self.say(stored.text);
                        return self.show_models();
                    }
                    Some(card) => {
                        self.leave_page();
                        self.say(stored.text);
                        self.begin_with(card);
                    }
                    None if other.is_some() => {
                        self.leave_page();
                        self.back_to_card();
                        self.say(format!("{}; Enter goes on", stored.text));
                    }
                    // The page was left meanwhile.
                    None => self.say(stored.text),
                }
                vec![Cmd::Ask(Tag::Models, Query::Served { elsewhere: false })]
            }
            Err(why) => {
                let text = Some(crate::agent::visible::one_line(&why));
                self.first_run = Some(match other {
                    other if beside => key_beside(other, text),
                    Some(other) => another_key(other, text),
                    None => FirstRun {
                        text,
                        ..FirstRun::of(self.setup.key_without_model.clone())
                    },
                });
                Vec::new()
            }
        }
    }

    /// New sessions are begun with this model.
    fn begin_with(&mut self, card: ModelCard) {
        self.setup.model = Some(card.model.clone());
        for view in &mut self.views {
            if view.stage == Stage::Fresh && !view.tour {
                view.model = Some(card.model.clone());
            }
        }
        self.setup.card = Some(card);
    }
}
