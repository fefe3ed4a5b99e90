//! The models that can be used, with what they cost and whether this session fits into them.

use crossterm::event::KeyEvent;

use crate::protocol::id::ModelRef;
use crate::protocol::query::ModelCard;
use crate::protocol::route::RouteReport;
use crate::tui::app::overlay::pick::{Pick, Picked};
use crate::tui::app::overlay::{Reply, Wish};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Models {
    /// `None` until they were read.
    pub cards: Option<Vec<ModelCard>>,
    /// Which endpoint of each route would serve, and why not the others.
    pub routes: Vec<RouteReport>,
    pub pick: Pick,
    pub current: Option<ModelRef>,
    /// Tokens the next prompt would have here.
    pub tokens: u64,
    /// Why a choice was not taken, or the list could not be read.
    pub failed: Option<String>,
}

impl Models {
    pub fn shown(&self) -> Vec<&ModelCard> {
        self.cards
            .iter()
            .flatten()
            .filter(|card| self.pick.fits(&card.model.to_string()))
            .collect()
    }

    /// What is known of the route that a row stands for.
    pub fn route(&self, card: &ModelCard) -> Option<&RouteReport> {
        self.routes.iter().find(|route| route.model == card.model)
    }

    pub fn key(&mut self, event: KeyEvent) -> Reply {
        let chosen = self.shown().get(self.pick.at).map(|&card| card.clone());
        let count = self.shown().len();
        match (self.pick.key(event, count), chosen) {
            (Picked::Closed, _) => Reply::Close,
            (Picked::Chosen, Some(card)) => match card.lacks {
                None => Reply::Do(Wish::Model(card.model)),
                Some(lacks) => {
                    self.failed = Some(format!("{} cannot be used: {lacks}", card.model));
                    Reply::Stay
                }
            },
            _ => {
                self.failed = None;
                Reply::Stay
            }
        }
    }
}
