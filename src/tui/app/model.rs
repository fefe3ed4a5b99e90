//! Another model for a session: the list of what each would come to, and the three ways to take one up.

use crate::protocol::event::{Event, Fact};
use crate::protocol::id::{ModelRef, SessionId};
use crate::protocol::offer::Offer;
use crate::protocol::op::Op;
use crate::protocol::query::{ModelCard, Page, Query};
use crate::protocol::session::{Change, ForkRequest};
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::open::WINDOW_PAGE;
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::models::{How, Models};
use crate::tui::app::view::{Stage, View};
use crate::tui::app::{App, Focus};

impl App {
    /// The card of a model, as far as it is known.
    pub fn card(&self, model: &ModelRef) -> Option<&ModelCard> {
        self.models
            .iter()
            .find(|card| card.model == *model)
            .or_else(|| self.setup.card.as_ref().filter(|card| card.model == *model))
    }

    /// A model by its name: at once where nothing was said yet, else by way of the list, which asks before text goes to a
    /// company it never went to and says what stands in the way.
    pub fn name_model(&mut self, model: ModelRef) -> Vec<Cmd> {
        let spoken = |view: &View| {
            view.session
                .as_ref()
                .is_some_and(|session| session.turn > 0)
        };
        if spoken(self.view()) {
            self.list_models(Some(model))
        } else {
            self.take_model(model, How::After)
        }
    }

    /// A call was answered: the day costs more, and its server may have told the window that was not known.
    pub fn ask_after_answer(&self) -> Vec<Cmd> {
        let model = self.view().model();
        let card = model.and_then(|model| self.card(model));
        let told = card.is_some_and(|card| card.context.is_some());
        let models = (!told).then_some(Cmd::Ask(Tag::Models, Query::Models));
        let today = Cmd::Ask(Tag::Today, Query::Today);
        std::iter::once(today).chain(models).collect()
    }

    pub fn show_models(&mut self) -> Vec<Cmd> {
        self.list_models(None)
    }

    fn list_models(&mut self, named: Option<ModelRef>) -> Vec<Cmd> {
        let view = self.view();
        let spoken = view
            .session
            .as_ref()
            .is_some_and(|session| session.turn > 0);
        let models = Models {
            title: format!("{} {}", self.at() + 1, view.title()),
            spoken,
            running: view.running(),
            named: named.clone(),
            also: named.clone(),
            ..Models::default()
        };
        // Of a session that is not in the log yet nothing is known there.
        let session = view.session.as_ref().map(|session| session.id);
        let offers = Query::Offers {
            session,
            cwd: view.cwd().clone(),
            typed: view.composer.plain(),
            also: named,
        };
        let id = view.id;
        self.show(Overlay::Models(models));
        let routes = Query::Routes {
            model: None,
            session,
        };
        let served = Query::Served { elsewhere: true };
        let mut cmds = vec![
            Cmd::Ask(Tag::Offers(id), offers),
            Cmd::Ask(Tag::Routes, routes),
            Cmd::Ask(Tag::Served(id), served),
        ];
        cmds.extend(self.ask_local_for_list());
        cmds
    }

    /// Servers have told their models: those that are new are weighed for the list that is still shown.
    pub fn served(&mut self, of: SessionId, cards: Vec<ModelCard>) -> Vec<Cmd> {
        let is_new = |card: &ModelCard| self.models.iter().all(|known| known != card);
        let any_new = cards.iter().any(is_new);
        self.models = cards;
        let view = self.view();
        let Some(Overlay::Models(overlay)) = &self.overlay else {
            return Vec::new();
        };
        if !any_new || view.id != of {
            return Vec::new();
        }
        let offers = Query::Offers {
            session: view.session.as_ref().map(|session| session.id),
            cwd: view.cwd().clone(),
            typed: view.composer.plain(),
            also: overlay.also.clone(),
        };
        vec![Cmd::Ask(Tag::Offers(of), offers)]
    }

    pub fn offered(&mut self, view: SessionId, offers: Vec<Offer>) -> Vec<Cmd> {
        self.models = offers.iter().map(|offer| offer.card.clone()).collect();
        let here = self.view();
        if here.id != view {
            return Vec::new();
        }
        let model = here.model().cloned();
        if let Some(Overlay::Models(overlay)) = &mut self.overlay {
            overlay.found(offers, model.as_ref());
        }
        self.list_unkept();
        self.take_named()
    }

    /// The model that was named is taken as soon as the rows are there: also those of this machine, where it may be one of them.
    pub fn take_named(&mut self) -> Vec<Cmd> {
        let is_due = self.local_asks.is_due();
        let Some(Overlay::Models(overlay)) = &mut self.overlay else {
            return Vec::new();
        };
        let kept = &self.setup.key_places;
        let may_be_here = |named: &ModelRef| is_due && !kept.contains_key(&named.provider);
        if overlay.offers.is_none() || overlay.sought().is_some_and(may_be_here) {
            return Vec::new();
        }
        let reply = overlay.take_named();
        self.replied(reply)
    }

    pub fn take_model(&mut self, model: ModelRef, how: How) -> Vec<Cmd> {
        if let Some(cmds) = self.take_unkept(&model, how) {
            return cmds;
        }
        let running = self.view().running();
        match how {
            How::Fork => self.fork(model, None),
            How::Now if running => {
                let id = self.view().id;
                let stop = self.command(id, Op::Interrupt);
                let mut cmds = vec![Cmd::Send(stop)];
                cmds.extend(self.change(Change::Model { model }));
                cmds
            }
            How::After | How::Now => {
                if running {
                    self.say(format!("{model} when this turn has ended"));
                }
                self.change(Change::Model { model })
            }
        }
    }

    /// A session of its own that begins with this conversation. This one stays as it is, and its cache warm.
    /// Without a turn and what followed it where one is named.
    pub(crate) fn fork(&mut self, model: ModelRef, before: Option<u32>) -> Vec<Cmd> {
        let from = self.view();
        let request = ForkRequest {
            from: from.id,
            model: model.clone(),
            mode: from.lasting_mode(self.now.wall),
            effort: from.effort(),
            before,
        };
        let mut view = View::fresh(
            self.now.fresh,
            from.cwd().clone(),
            Some(model),
            request.mode,
        );
        view.effort = request.effort;
        view.stage = Stage::Opening;
        view.from = Some(request.from);
        let id = view.id;
        self.views.push(view);
        self.go_to(self.views.len() - 1);
        self.focus = Focus::Composer;
        vec![Cmd::Send(self.command(id, Op::Fork { request }))]
    }

    /// A fork is in the log, with all it began with: it is read from there.
    pub fn forked(&mut self, event: &Event) -> Vec<Cmd> {
        if !matches!(event.fact, Fact::SessionOpened { .. }) {
            return Vec::new();
        }
        let id = event.session;
        let Some(view) = self.view_of(id).filter(|view| view.from.is_some()) else {
            return Vec::new();
        };
        view.from = None;
        view.load();
        let newest = Query::History {
            session: id,
            page: Page::Before(None),
            limit: WINDOW_PAGE,
        };
        vec![
            Cmd::Ask(Tag::Newest(id), newest),
            Cmd::Ask(Tag::Fold(id), Query::Fold { session: id }),
        ]
    }

    /// It could not be begun: its tab goes, and the eyes go back to where it was wanted.
    pub fn not_forked(&mut self, id: SessionId) {
        let Some(index) = self.views.iter().position(|view| view.id == id) else {
            return;
        };
        if self.views.len() == 1 {
            let view = &mut self.views[index];
            view.from = None;
            view.stage = Stage::Fresh;
            return;
        }
        let gone = self.views.remove(index);
        let looked = self.pane().session == gone.id;
        let back = self.views.iter().find(|view| Some(view.id) == gone.from);
        // Every pane that waited for it shows where it was wanted, or the tab that is next.
        let next = back
            .unwrap_or(&self.views[index.min(self.views.len() - 1)])
            .id;
        let found = back.is_some();
        self.panes.replace(gone.id, next);
        if looked && found {
            self.focus = Focus::Composer;
            // What was typed for it is typed for the one it came from.
            let text = gone.composer.plain();
            if self.view().composer.is_empty() && !text.is_empty() {
                self.view_mut().composer.set(&text);
                self.typed();
            }
        }
    }
}
