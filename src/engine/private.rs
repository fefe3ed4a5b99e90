//! What a private project sends to nobody but those it lists.

use std::path::Path;

use crate::agent::route::Endpoint;
use crate::engine::session::Task;
use crate::project::privacy::{self, Privacy};
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::id::ModelRef;

/// What the project of a session says, as it was read when the session was taken up; why not where it could not be.
#[derive(Debug)]
pub(crate) struct Private(Result<Privacy, String>);

impl Private {
    pub(crate) fn read(cwd: &Path, root: &Path) -> Self {
        Self(privacy::of(cwd, root))
    }

    fn forbids(&self, provider: &str) -> Option<String> {
        match &self.0 {
            Ok(privacy) => privacy.forbids(provider),
            Err(why) => Some(format!("{why}, and could forbid it: mend or remove it")),
        }
    }
}

impl Task {
    /// Why a model may not be asked in this project.
    pub(crate) fn unlisted(&self, model: &ModelRef) -> Option<Failure> {
        let why = self.private.forbids(&model.provider)?;
        Some(Failure::new(FailureKind::Config, why))
    }

    /// The endpoints of a route, those lacking that may not be asked in this project.
    pub(crate) fn listed(&self, mut endpoints: Vec<Endpoint>) -> Vec<Endpoint> {
        for endpoint in &mut endpoints {
            if let Some(why) = self.private.forbids(&endpoint.card.model.provider) {
                endpoint.card.lacks = Some(why);
            }
        }
        endpoints
    }
}
