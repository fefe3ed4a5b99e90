//! What the card of a turn that stopped asks the log for: what it would cost to go on, here and with another model, and when
//! the provider last answered. Asked once for each card, and only where it is seen.

use crate::protocol::call::OutcomeKind;
use crate::protocol::event::{Ending, Waiting};
use crate::protocol::failure::FailureKind;
use crate::protocol::id::{ModelRef, Seq, SessionId};
use crate::protocol::money::Currency;
use crate::protocol::offer::{Figure, Offer};
use crate::protocol::query::{LastAnswer, Query};
use crate::protocol::time::Time;
use crate::tui::app::App;
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::transcript::What;
use crate::tui::app::view::{Stage, View};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Learnt {
    asked: bool,
    asked_last: bool,
    /// What choosing each model would come to.
    pub offers: Vec<Offer>,
    /// When its provider last answered, of whatever session.
    pub last: Option<LastAnswer>,
}

impl App {
    /// Asks for what the cards in sight want to say.
    pub fn learn(&mut self) -> Vec<Cmd> {
        let wants = |view: &View| {
            view.stage == Stage::Live
                && (view.stopped().is_some() || view.retrying().is_some())
                && !(view.learnt.asked && view.learnt.asked_last)
                && !view.played()
        };
        if !self.views.iter().any(wants) {
            return Vec::new();
        }
        let seen = self.seen_sessions();
        let mut cmds = Vec::new();
        for view in &mut self.views {
            if !wants(view) || !seen.contains(&view.id) {
                continue;
            }
            if !view.learnt.asked {
                view.learnt.asked = true;
                let offers = Query::Offers {
                    session: Some(view.id),
                    cwd: view.cwd().clone(),
                    typed: String::new(),
                    also: view.model().cloned(),
                };
                cmds.push(Cmd::Ask(Tag::Ahead(view.id), offers));
            }
            let dated = match view.stopped() {
                Some(Ending::Failed { failure }) => failure.kind == FailureKind::Auth,
                ending => ending.is_some(),
            };
            if dated
                && !view.learnt.asked_last
                && let Some(provider) = view.model().map(|model| model.provider.clone())
            {
                view.learnt.asked_last = true;
                cmds.push(Cmd::Ask(Tag::Last(view.id), Query::LastAnswer { provider }));
            }
        }
        cmds
    }

    pub fn learnt(&mut self, session: SessionId, take: impl FnOnce(&mut Learnt)) {
        if let Some(view) = self.view_of(session) {
            take(&mut view.learnt);
        }
    }

    /// The sessions open here that wait for a limit of the provider of this one, itself among them where it does, in the order
    /// in which they go on.
    pub fn waiting_with(&self, view: &View) -> Vec<Waits> {
        let provider = |view: &View| view.model().map(|model| model.provider.clone());
        let own = provider(view);
        let tabs = self.views.iter().enumerate();
        let mut waiting: Vec<Waits> = tabs
            .filter_map(|(tab, other)| match other.retrying()? {
                Waiting::Retry { failure, until, .. }
                    if failure.kind == FailureKind::Rate && provider(other) == own =>
                {
                    Some(Waits {
                        number: tab + 1,
                        title: other.title(),
                        until: *until,
                    })
                }
                _ => None,
            })
            .collect();
        waiting.sort_by_key(|waits| waits.until);
        waiting
    }

    /// Other sessions that are open here and whose model is of the same provider: the same key, and the same limits.
    pub fn sharing(&self, view: &View) -> usize {
        let Some(model) = view.model() else {
            return 0;
        };
        let same = |other: &&View| {
            other.id != view.id
                && other.stage != Stage::Fresh
                && other
                    .model()
                    .is_some_and(|of| of.provider == model.provider)
        };
        self.views.iter().filter(same).count()
    }
}

/// A session that waits for a limit of its provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waits {
    /// Of its tab, counted from 1.
    pub number: usize,
    pub title: String,
    pub until: Time,
}

impl View {
    /// A script is speaking in the tour: it can be hurried.
    pub fn is_spoken(&self) -> bool {
        self.tour && self.running() && self.asks() == 0
    }

    /// What going on with its own model comes to.
    pub fn offer_here(&self) -> Option<&Offer> {
        let model = self.model()?;
        self.learnt
            .offers
            .iter()
            .find(|offer| offer.card.model == *model)
    }

    /// Until when that is warm, where it still is.
    pub fn warm_until(&self, now: Time) -> Option<Time> {
        let offer = self.offer_here().filter(|offer| offer.warm > 0)?;
        offer.warm_until.filter(|&until| until > now)
    }

    /// The model of another provider that has room for the conversation and whose next prompt costs least.
    pub fn offer_elsewhere(&self) -> Option<&Offer> {
        let own: &ModelRef = self.model()?;
        let cost = |offer: &Offer| match offer.next {
            Figure::Free | Figure::Included => Some(0),
            Figure::About(money) if money.currency == Currency::USD => Some(money.parts),
            Figure::About(_) | Figure::Play | Figure::Unknown => None,
        };
        let may = |offer: &&Offer| {
            offer.model.provider != own.provider
                && offer.card.model.provider != own.provider
                && offer.card.lacks.is_none()
                && offer.fits()
        };
        let priced = self.learnt.offers.iter().filter(may);
        let priced = priced.filter_map(|offer| Some((cost(offer)?, offer)));
        priced.min_by_key(|(cost, _)| *cost).map(|(_, offer)| offer)
    }

    /// The answer that was cut off and that nothing was said to since, with the turn it is of.
    pub fn broke_off(&self) -> Option<(&str, u32)> {
        if self.transcript.cut {
            return None;
        }
        let mut entries = self.transcript.entries().iter().rev();
        let last = entries.find(|entry| {
            !matches!(
                entry.what,
                What::Ended { .. }
                    | What::Notice { .. }
                    | What::Changed(_)
                    | What::Recalled(_)
                    | What::Shell { .. }
            )
        })?;
        match &last.what {
            What::Answer { text, cut: true } => Some((text, last.turn)),
            _ => None,
        }
    }

    /// The newest thing that happened before its last turn was found to have ended.
    pub fn last_sign(&self) -> Option<Time> {
        if let Some(Ending::Interrupted {
            heard: Some(at), ..
        }) = self.stopped()
        {
            return Some(*at);
        }
        let entries = self.transcript.entries();
        let end = entries
            .iter()
            .rposition(|entry| matches!(entry.what, What::Ended { .. }))?;
        let ended = entries[end].at;
        let times = entries[..end].iter().rev().take(20).flat_map(|entry| {
            let started = match &entry.what {
                What::Call(call) => call.started,
                _ => None,
            };
            [Some(entry.at), started]
        });
        times.flatten().filter(|&at| at < ended).max()
    }

    /// Where to look after an interruption: at the call whose outcome is not known, else at the end.
    pub fn worth_a_look(&self) -> Option<Seq> {
        let entries = self.transcript.entries();
        let lost = entries.iter().rev().find(|entry| match &entry.what {
            What::Call(call) => call
                .outcome
                .as_ref()
                .is_some_and(|outcome| outcome.kind == OutcomeKind::Lost),
            _ => false,
        });
        let turn = self.session.as_ref().map(|session| session.turn);
        lost.filter(|entry| Some(entry.turn) == turn)
            .or(entries.last())
            .map(|entry| entry.seq)
    }
}
