//! Servers on this machine: asked once when a person may want one, and again only when told to.

use crate::agent::visible::one_line;
use crate::protocol::event::{Ending, Waiting};
use crate::protocol::failure::FailureKind;
use crate::protocol::query::ModelCard;
use crate::tui::app::App;
use crate::tui::app::first_run::{FirstRun, Page};
use crate::tui::app::message::Cmd;
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

impl Local {
    /// Those that answered.
    pub fn servers(&self) -> &[Answering] {
        match self {
            Self::Answered(servers) => servers,
            Self::Unasked | Self::Asking => &[],
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
        vec![Cmd::AskLocal]
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
    pub fn local_answered(&mut self, servers: Vec<Answering>) -> Vec<Cmd> {
        let any = !servers.is_empty();
        self.local = Local::Answered(servers);
        if let Some(FirstRun { page, .. }) = &mut self.first_run
            && matches!(page, Page::Server { field } if field.as_str().is_empty())
            && any
        {
            *page = Page::Here { at: 0 };
        }
        Vec::new()
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
