//! A change of which a person takes some hunks: the arguments that make just these are worked out by the tool, from the file as it
//! was shown, and from there on it is a call with other arguments.

use crate::engine::session::Task;
use crate::protocol::ask::{Approval, Subject};

/// Why the hunks that were taken make no call.
#[derive(Debug)]
pub(crate) enum Untaken {
    /// What was shown is no longer what would happen: it is asked anew.
    Outdated(String),
    Refused(String),
}

impl Task {
    /// The arguments of a call with these hunks of its change alone.
    pub(crate) async fn with_hunks(
        &mut self,
        approval: &Approval,
        kept: Vec<bool>,
    ) -> Result<String, Untaken> {
        let refused = |why: &str| Untaken::Refused(why.to_owned());
        let turn = self.turn.as_ref();
        let call = turn.and_then(|turn| turn.call(&approval.call)).cloned();
        let call = call.ok_or_else(|| refused("the call is no longer there"))?;
        let tool = self.house.tools.get(&call.name);
        let tool = tool.ok_or_else(|| refused("there is no such tool any more"))?;
        let input = call.input().map_err(Untaken::Refused)?;
        let Subject::Change { patch: shown, .. } = &approval.subject else {
            return Err(refused("this changes no file"));
        };
        let scene = self.scene(&call, 0);
        let (redactor, shown) = (self.house.redactor(), shown.clone());
        let worked = tokio::task::spawn_blocking(move || {
            let subject = tool.subject(&input, &scene).map_err(Untaken::Outdated)?;
            let same = matches!(&subject, Subject::Change { patch, .. } if redactor.redact(patch) == shown);
            if !same {
                let why = "the file has changed since it was asked";
                return Err(Untaken::Outdated(why.to_owned()));
            }
            let partly = tool.partly(&input, &scene, &kept);
            partly.map_err(Untaken::Refused)
        });
        let input = worked
            .await
            .map_err(|error| Untaken::Refused(error.to_string()))??;
        Ok(input.to_string())
    }
}
