//! Choosing the model that answers from now on. Each row is weighed by the engine; here is only which is marked, what was
//! typed to find it, and what was said no to.

use crate::agent::figure;
use crate::protocol::id::ModelRef;
use crate::protocol::offer::{Figure, Left, Offer, Pays};
use crate::protocol::query::ModelCard;
use crate::protocol::route::RouteReport;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::overlay::pick::{Pick, Picked};
use crate::tui::app::overlay::{Reply, Wish};

/// How a model is taken up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// When the turn that runs has ended; at once where none does.
    After,
    /// At once: the turn is stopped.
    Now,
    /// In a session of its own, which begins with this conversation.
    Fork,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Models {
    /// `None` until they were reckoned.
    pub offers: Option<Vec<Offer>>,
    /// Models found on this machine whose server the config does not have; shown behind the others.
    pub unkept: Vec<Offer>,
    /// Which endpoint of each route would serve, and why not the others.
    pub routes: Vec<RouteReport>,
    pub pick: Pick,
    /// A row was gone to with the arrows: a letter can be a key now. Before that every letter finds, as in other lists.
    pub chosen: bool,
    /// What the list is for: number and title of the session.
    pub title: String,
    /// Something was said in the session, and would be sent.
    pub spoken: bool,
    pub running: bool,
    /// Named before the rows had come: it is chosen as soon as they are there.
    pub named: Option<ModelRef>,
    /// The model the list was opened with a name of: its row is asked for each time.
    pub also: Option<ModelRef>,
    /// The row that was marked is no more. It is marked again if it comes back before the next key.
    pub gone: Option<ModelRef>,
    /// To be confirmed by the same key: the text goes to a company this project was never sent to.
    pub confirm: Option<(ModelRef, How)>,
    /// Why a choice was not taken, or the list could not be read.
    pub failed: Option<String>,
}

impl Models {
    pub fn shown(&self) -> Vec<&Offer> {
        let unkept = self.unkept.iter().filter(|_| self.offers.is_some());
        // What the config lacks a provider for and what was found here is one model, which can be had.
        let can_be_had = |offer: &&Offer| offer.card.lacks.is_none() || !self.is_unkept(offer);
        self.offers
            .iter()
            .flatten()
            .filter(can_be_had)
            .chain(unkept)
            .filter(|offer| self.pick.fits(&offer.card.model.to_string()))
            .collect()
    }

    /// Whether a row is a model found on this machine whose server the config does not have.
    pub fn is_unkept(&self, offer: &Offer) -> bool {
        let model = &offer.card.model;
        self.unkept.iter().any(|unkept| unkept.card.model == *model)
    }

    /// Models that were found on this machine: free, and of the length of what would be sent anywhere.
    pub fn found_here(&mut self, cards: Vec<ModelCard>) {
        let known = self.here().or_else(|| self.offers.as_ref()?.first());
        let tokens = known.map_or(0, |offer| offer.tokens);
        let offer = |card: ModelCard| Offer {
            model: card.model.clone(),
            card,
            host: Some("127.0.0.1".to_owned()),
            first: false,
            tokens,
            warm: 0,
            next: Figure::Free,
            cold: Figure::Free,
            then: Figure::Free,
            left: Left::default(),
            pays: Pays::Unknown,
            speed: None,
            used: None,
            warm_until: None,
        };
        let unkept = cards.into_iter().map(offer).collect();
        self.keep_mark(|models| models.unkept = unkept);
    }

    fn marked(&self) -> Option<&ModelRef> {
        let marked = self.shown().get(self.pick.at).copied();
        marked.map(|offer| &offer.card.model)
    }

    /// Changes rows while the mark stays at its model. Where that goes the mark goes to the first row, which is not taken by a
    /// key that was meant for the one that went.
    fn keep_mark(&mut self, change: impl FnOnce(&mut Self)) {
        let gone = self.gone.take();
        if gone.is_some() {
            self.failed = None;
        }
        let marked = gone.or_else(|| self.marked().cloned());
        change(self);
        let Some(marked) = marked else {
            return;
        };
        let mut shown = self.shown().into_iter();
        let at = shown.position(|offer| offer.card.model == marked);
        self.pick.at = at.unwrap_or(0);
        if at.is_none() {
            self.confirm = None;
            self.failed = Some(no_more(&marked));
            self.gone = Some(marked);
        }
    }

    /// The model that answers now.
    pub fn here(&self) -> Option<&Offer> {
        self.offers
            .iter()
            .flatten()
            .find(|offer| offer.pays == Pays::Here)
    }

    /// What is known of the route that a row stands for.
    pub fn route(&self, offer: &Offer) -> Option<&RouteReport> {
        let model = &offer.card.model;
        self.routes.iter().find(|route| route.model == *model)
    }

    /// The rows have come: the model that answers now is marked, unless another was sought meanwhile.
    pub fn found(&mut self, mut offers: Vec<Offer>, model: Option<&ModelRef>) {
        if offers.iter().all(|offer| offer.pays != Pays::Here) {
            // The log does not know yet which model this session begins with.
            let mut all = offers.iter_mut();
            if let Some(offer) = all.find(|offer| Some(&offer.card.model) == model) {
                offer.pays = Pays::Here;
            }
        }
        let here = offers.iter().position(|offer| offer.pays == Pays::Here);
        if self.offers.is_none() && self.pick == Pick::default() {
            self.pick.at = here.unwrap_or(0);
        }
        self.keep_mark(|models| models.offers = Some(offers));
    }

    /// The model that was named, where no row is there that it could be had by.
    pub fn sought(&self) -> Option<&ModelRef> {
        let named = self.named.as_ref()?;
        let mut shown = self.shown().into_iter();
        let there = shown.any(|offer| offer.card.model == *named && offer.card.lacks.is_none());
        (!there).then_some(named)
    }

    /// What comes of the model that was named: the same as of its row and Enter.
    pub fn take_named(&mut self) -> Reply {
        let Some(named) = self.named.take() else {
            return Reply::Stay;
        };
        let mut shown = self.shown().into_iter();
        let Some(at) = shown.position(|offer| offer.card.model == named) else {
            self.failed = Some(format!("there is no model {named}"));
            return Reply::Stay;
        };
        self.pick.at = at;
        self.choose(How::After, None)
    }

    pub fn key(&mut self, press: Press) -> Reply {
        self.named = None;
        let asked = self.confirm.take();
        self.failed = None;
        let is_letter = press.letter().is_some();
        let gone = self.gone.take();
        match press.action {
            Some(Action::Choose | Action::ModelsNow | Action::ModelsFork)
                if gone.is_some() && (self.chosen || !is_letter) =>
            {
                self.failed = gone.as_ref().map(no_more);
                return Reply::Stay;
            }
            Some(Action::ModelsNow) => return self.choose(How::Now, asked.as_ref()),
            Some(Action::ModelsKey) => return Reply::Do(Wish::GiveKey(None)),
            Some(Action::ModelsFork) if self.chosen || !is_letter => {
                return self.choose(How::Fork, asked.as_ref());
            }
            Some(
                Action::ScrollUp
                | Action::ScrollDown
                | Action::PageUp
                | Action::PageDown
                | Action::ModelsLetters,
            ) => self.chosen = true,
            // The question is taken back, and the list is there again.
            Some(Action::Close) if asked.is_some() => return Reply::Stay,
            _ if is_letter => self.chosen = false,
            _ => {}
        }
        let count = self.shown().len();
        let picked = self.pick.key(press, count);
        match picked {
            Picked::Closed => Reply::Close,
            Picked::Chosen => self.choose(How::After, asked.as_ref()),
            Picked::Moved => Reply::Stay,
        }
    }

    fn choose(&mut self, how: How, asked: Option<&(ModelRef, How)>) -> Reply {
        let Some(offer) = self.shown().get(self.pick.at).map(|&offer| offer.clone()) else {
            return Reply::Stay;
        };
        let model = offer.card.model.clone();
        if offer.pays == Pays::Here && how == How::After && !self.running {
            return Reply::Close;
        }
        if let Some(provider) = self.lacks_key(&offer).filter(|_| how == How::After) {
            return Reply::Do(Wish::GiveKey(Some(provider)));
        }
        if let Some(why) = self.in_the_way(&offer, how) {
            self.failed = Some(why);
            return Reply::Stay;
        }
        let choice = (model.clone(), how);
        if offer.first && self.spoken && asked != Some(&choice) {
            self.confirm = Some(choice);
            return Reply::Stay;
        }
        Reply::Do(Wish::Model(model, how))
    }

    /// The provider that a row's model cannot be had of for want of a key.
    pub fn lacks_key(&self, offer: &Offer) -> Option<String> {
        let model = &offer.card.model;
        let lacks = offer.card.lacks.is_some() && model.as_route().is_none();
        lacks.then(|| model.provider.clone())
    }

    fn in_the_way(&self, offer: &Offer, how: How) -> Option<String> {
        let model = &offer.card.model;
        if let Some(lacks) = &offer.card.lacks {
            return Some(format!("{model} cannot be used: {lacks}"));
        }
        if how == How::Fork && !self.spoken {
            return Some("there is nothing to fork yet: nothing was said here".to_owned());
        }
        // What is not spoken yet is the same everywhere, and no change makes it longer.
        let window = offer.card.context.filter(|_| !offer.fits())?;
        Some(format!(
            "{model} does not fit: the next prompt has about {} tokens, its window {}",
            figure::tokens(offer.tokens),
            figure::tokens(window)
        ))
    }
}

fn no_more(model: &ModelRef) -> String {
    format!("{model} is in the list no more")
}
