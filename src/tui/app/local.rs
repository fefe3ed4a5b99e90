//! Servers on this machine: asked once when a person may want one, and again only when told to.

use crate::agent::visible::one_line;
use crate::protocol::event::{Ending, Waiting};
use crate::protocol::failure::FailureKind;
use crate::protocol::id::{ModelRef, SessionId};
use crate::protocol::query::{ModelCard, Query};
use crate::tui::app::App;
use crate::tui::app::card::KeyPlaces;
use crate::tui::app::first_run::{FirstRun, Page};
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::models::How;
use crate::tui::app::saying::Matter;
use crate::tui::app::setup::{NewProvider, Stored};
use crate::tui::app::text::Text;
use crate::tui::app::view::View;

/// A port that a server of a known kind usually has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usual {
    /// `Ollama`.
    pub name: String,
    pub port: u16,
}

/// A server that answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answering {
    pub at: Usual,
    /// The preset it is used with.
    pub preset: String,
    /// The config has a provider at this port.
    pub kept: bool,
    /// Never empty.
    pub models: Vec<ModelCard>,
}

/// What is known of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Local {
    #[default]
    Unasked,
    Asking,
    Answered(Vec<Answering>),
}

/// The numbers under which they were asked last, and under which they answered last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asks {
    pub last: u64,
    pub answered: u64,
}

/// A model of this machine that was chosen, while its server is being kept in the config.
#[derive(Debug, Clone, PartialEq)]
pub struct Taking {
    pub session: SessionId,
    pub model: ModelRef,
    pub how: How,
    /// Another model was chosen for the session meanwhile, which holds.
    pub overruled: bool,
}

impl Asks {
    fn ask(&mut self) -> Cmd {
        self.last += 1;
        Cmd::AskLocal(self.last)
    }

    /// An answer to the last ask is still to come.
    pub fn is_due(self) -> bool {
        self.answered != self.last
    }
}

impl Local {
    /// Those that answered.
    pub fn servers(&self) -> &[Answering] {
        match self {
            Self::Answered(servers) => servers,
            Self::Unasked | Self::Asking => &[],
        }
    }

    /// The models of servers that the config did not have when they answered.
    pub fn unkept(&self) -> impl Iterator<Item = (&Answering, &ModelCard)> {
        self.models().filter(|(server, _)| !server.kept)
    }

    /// The config has the provider of this name now.
    fn keep(&mut self, provider: &str) {
        let Self::Answered(servers) = self else {
            return;
        };
        for server in servers {
            let is_here = |card: &ModelCard| card.model.provider == provider;
            server.kept |= server.models.iter().any(is_here);
        }
    }

    /// Every model there is, with its server.
    pub fn models(&self) -> impl Iterator<Item = (&Answering, &ModelCard)> {
        self.servers()
            .iter()
            .flat_map(|server| server.models.iter().map(move |card| (server, card)))
    }
}

impl App {
    /// Asks them now, unless that is under way.
    pub fn ask_local(&mut self) -> Vec<Cmd> {
        if self.local == Local::Asking {
            return Vec::new();
        }
        self.local = Local::Asking;
        vec![self.local_asks.ask()]
    }

    /// Asks them for the list of models, which is opened; what was known of them holds meanwhile.
    pub fn ask_local_for_list(&mut self) -> Vec<Cmd> {
        if self.setup.usual.is_empty() {
            return Vec::new();
        }
        match self.local {
            Local::Unasked | Local::Asking => self.ask_local(),
            Local::Answered(_) => vec![self.local_asks.ask()],
        }
    }

    /// The models found here whose server the config does not have: it may have got it since they answered.
    pub fn unkept_here(&self) -> impl Iterator<Item = (&Answering, &ModelCard)> {
        self.local.unkept().filter(|(server, card)| {
            let provider = &card.model.provider;
            !self.setup.key_places.contains_key(provider)
                && !self.setup.wishes.has_server(provider, server.at.port)
        })
    }

    /// The list of models has the ones that were found here and that the config does not have, behind all others.
    pub fn list_unkept(&mut self) {
        let cards: Vec<ModelCard> = self.unkept_here().map(|(_, card)| card.clone()).collect();
        if let Some(Overlay::Models(overlay)) = &mut self.overlay {
            overlay.found_here(cards);
        }
    }

    /// A model found here is taken up for the session that is looked at: its server is kept in the config first, and changes
    /// nothing there for any other. `None` where the model is none of those.
    pub fn take_unkept(&mut self, model: &ModelRef, how: How) -> Option<Vec<Cmd>> {
        let mut unkept = self.unkept_here();
        let (server, _) = unkept.find(|(_, card)| card.model == *model)?;
        let provider = NewProvider::LocalBeside {
            preset: server.preset.clone(),
            port: server.at.port,
        };
        drop(unkept);
        if let Some(Taking { model: other, .. }) = &self.taking {
            // What comes of keeping a server is for one session alone.
            self.say(format!(
                "{other} is being kept in the config: one at a time"
            ));
            return Some(Vec::new());
        }
        self.taking = Some(Taking {
            session: self.view().id,
            model: model.clone(),
            how,
            overruled: false,
        });
        Some(vec![Cmd::Store(provider, model.clone())])
    }

    /// The server of a model that was taken up is kept, or cannot be.
    pub fn kept_here(&mut self, stored: Result<Stored, String>) -> Vec<Cmd> {
        let Some(taking) = self.taking.take() else {
            return Vec::new();
        };
        let Taking {
            session,
            model,
            how,
            overruled,
        } = taking;
        let stored = match stored {
            Ok(stored) => stored,
            Err(why) => {
                self.notices.push(one_line(&why));
                return Vec::new();
            }
        };
        self.setup.key_places = stored.key_places;
        self.local.keep(&model.provider);
        self.list_unkept();
        let served = Query::Served { elsewhere: false };
        let mut cmds = vec![Cmd::Ask(Tag::Models, served)];
        self.note = None;
        // It was chosen for that one alone, and what was chosen after it holds.
        if self.view().id == session && !overruled {
            cmds.extend(self.take_model(model, how));
        }
        let taken = self.note.take();
        self.say(taken.map_or_else(
            || stored.text.clone(),
            |taken| format!("{}; {}", taken.text, stored.text),
        ));
        cmds
    }

    /// Another model is chosen for the session that is looked at.
    pub fn overrule_taking(&mut self) {
        let id = self.view().id;
        if let Some(taking) = self.taking.as_mut().filter(|taking| taking.session == id) {
            taking.overruled = true;
        }
    }

    /// A provider that was written into the config can be used, or cannot be.
    pub fn extended(&mut self, read: Result<KeyPlaces, String>) -> Vec<Cmd> {
        self.notice_of(Matter::Keys, read.as_ref().err().map(|why| one_line(why)));
        match read {
            Ok(places) => {
                self.setup.key_places = places;
                self.list_unkept();
                vec![Cmd::Ask(Tag::Models, Query::Served { elsewhere: false })]
            }
            Err(_) => Vec::new(),
        }
    }

    /// Asks them if nobody has: on the first page, or when there is no way to a model elsewhere.
    pub fn ask_local_once(&mut self) -> Vec<Cmd> {
        let wanted = self.first_run.as_ref().is_some_and(FirstRun::wants_model)
            || self.views.iter().any(|view| self.is_cut_off(view));
        if self.ready && self.local == Local::Unasked && wanted && !self.setup.usual.is_empty() {
            return self.ask_local();
        }
        Vec::new()
    }

    /// The way of the first page that leads to them: the models of those that answered; where none did, a field for an address
    /// while they are asked again.
    pub fn use_local(&mut self) -> Vec<Cmd> {
        let any = !self.local.servers().is_empty();
        if let Some(page) = &mut self.first_run {
            page.page = if any {
                Page::Here { at: 0 }
            } else {
                Page::Server {
                    field: Text::default(),
                }
            };
        }
        match self.local {
            Local::Answered(_) if !any => self.ask_local(),
            _ => Vec::new(),
        }
    }

    /// They have answered, or not: who waits at an empty field is shown what there is.
    /// Of an ask that was followed by another one the answer is too old.
    pub fn local_answered(&mut self, number: u64, servers: Vec<Answering>) -> Vec<Cmd> {
        if number != self.local_asks.last {
            return Vec::new();
        }
        self.local_asks.answered = number;
        let any = !servers.is_empty();
        self.local = Local::Answered(servers);
        self.list_unkept();
        if let Some(FirstRun { page, .. }) = &mut self.first_run
            && matches!(page, Page::Server { field } if field.as_str().is_empty())
            && any
        {
            *page = Page::Here { at: 0 };
        }
        self.take_named()
    }

    /// The ports in words: `11434 Ollama, 1234 LM Studio`.
    pub fn usual_ports(&self) -> String {
        let ports = self.setup.usual.iter();
        let named: Vec<String> = ports
            .map(|usual| format!("{} {}", usual.port, usual.name))
            .collect();
        named.join(", ")
    }

    /// A model on this machine, where the session's own is elsewhere and there is no way to it.
    pub fn stand_in(&self, view: &View) -> Option<String> {
        let (server, card) = self
            .local
            .models()
            .next()
            .filter(|_| self.is_cut_off(view))?;
        let model = one_line(&card.model.model);
        Some(format!(
            "a local model answers: {model} on port {}",
            server.at.port
        ))
    }

    fn is_cut_off(&self, view: &View) -> bool {
        let ((Some(Waiting::Retry { failure, .. }), _) | (_, Some(Ending::Failed { failure }))) =
            (&view.live.waiting, view.stopped())
        else {
            return false;
        };
        let here = view.model().and_then(|model| self.card(model));
        failure.kind == FailureKind::Network && !here.is_some_and(|card| card.local)
    }
}
