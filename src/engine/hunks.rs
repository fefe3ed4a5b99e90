//! A change as the person was shown it: whether it still is that, and the arguments that make some of its hunks alone. Those are
//! worked out by the tool, from the file as it was shown, and from there on it is a call with other arguments.

use crate::agent::redact::Redactor;
use crate::agent::turn::input::Input;
use crate::engine::session::Task;
use crate::protocol::ask::{About, Approval, Subject};
use crate::protocol::id::AskId;

/// What the person is told beside the ask that takes the place of this one.
const CHANGED: &str = "the file has changed since; it is asked anew, with what would change now";
/// The same where none does.
const NO_MORE: &str = "the file has changed since; the model is told, and nothing was written";

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
            if !is_shown(&subject, &shown, &redactor) {
                return Err(Untaken::Outdated(CHANGED.to_owned()));
            }
            let partly = tool.partly(&input, &scene, &kept);
            partly.map_err(Untaken::Refused)
        });
        let input = worked
            .await
            .map_err(|error| Untaken::Refused(error.to_string()))??;
        Ok(input.to_string())
    }

    /// Why an ask for a change no longer shows what would happen; none where it does, or is about something else.
    pub(crate) async fn stale(&mut self, approval: &Approval) -> Option<String> {
        let Subject::Change { patch: shown, .. } = &approval.subject else {
            return None;
        };
        let turn = self.turn.as_ref();
        let call = turn.and_then(|turn| turn.call(&approval.call)).cloned()?;
        let tool = self.house.tools.get(&call.name)?;
        let input = call.input().ok()?;
        let scene = self.scene(&call, 0);
        let (redactor, shown) = (self.house.redactor(), shown.clone());
        let looked = tokio::task::spawn_blocking(move || match tool.subject(&input, &scene) {
            Ok(subject) if is_shown(&subject, &shown, &redactor) => None,
            Ok(_) => Some(CHANGED.to_owned()),
            // What speaks against it now the model is told, when it is judged anew.
            Err(_) => Some(NO_MORE.to_owned()),
        });
        looked.await.ok().flatten()
    }

    /// Asks anew where an ask is about a change to a file that is another by now.
    pub(crate) async fn recheck(&mut self, ask: AskId) {
        let mut asks = self.session.asks.iter();
        let waiting = asks.find(|waiting| waiting.ask.id == ask);
        let Some(About::Approval(approval)) = waiting.map(|waiting| waiting.ask.about.clone())
        else {
            return;
        };
        if let Some(why) = self.stale(&approval).await {
            self.take(Input::AskVoided { ask, why }).await;
        }
    }
}

/// What a person is shown of a change is this patch.
fn is_shown(subject: &Subject, shown: &str, redactor: &Redactor) -> bool {
    matches!(subject, Subject::Change { patch, .. } if redactor.redact(patch) == shown)
}
