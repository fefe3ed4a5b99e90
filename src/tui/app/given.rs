//! A provider that a person gives: what came of trying it, and of keeping it.

use crate::protocol::query::{ModelCard, Query};
use crate::tui::app::App;
use crate::tui::app::card::{another_key, given_to, key_beside};
use crate::tui::app::first_run::{FirstRun, Page};
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::setup::{Checked, NewProvider, Stored};
use crate::tui::app::view::Stage;

impl App {
    /// What comes of what was `tried`, where it is still waited for: another may be under way that knows nothing of this answer.
    pub fn checked(&mut self, tried: &NewProvider, checked: Result<Checked, String>) -> Vec<Cmd> {
        let Some(Page::Checking { provider, .. }) =
            self.first_run.as_ref().map(|page| page.page.clone())
        else {
            return Vec::new();
        };
        if provider != *tried {
            return Vec::new();
        }
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

    pub fn stored(&mut self, provider: &NewProvider, stored: Result<Stored, String>) -> Vec<Cmd> {
        if matches!(provider, NewProvider::LocalBeside { .. }) {
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
                        ..self.ways()
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
