//! A change as the person was shown it: whether it still is that, and the arguments that make some of its hunks alone. Those are
//! worked out by the tool, from the file as it was shown, and from there on it is a call with other arguments.

use std::sync::Arc;

use crate::agent::turn::input::Input;
use crate::engine::session::Task;
use crate::protocol::ask::{About, Approval, Subject};
use crate::protocol::id::AskId;
use crate::tool::deed::Deed;
use crate::tool::shared::change::Change;

/// What the person is told beside the ask that takes the place of this one.
const CHANGED: &str = "the file has changed since; it is asked anew, with what would change now";
/// The same where none does.
const NO_MORE: &str = "the file has changed since; the model is told, and nothing was written";

/// Hunks of a change that were taken, as a call with other arguments.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) arguments: String,
    /// What was shown.
    shown: Arc<Deed>,
    /// What its file is to hold with these alone.
    after: String,
}

impl Taken {
    /// Whether this makes of the file that was shown what was taken of it, and nothing else.
    fn is(&self, deed: &Deed) -> bool {
        let (Some(shown), Some(now)) = (self.shown.change(), deed.change()) else {
            return false;
        };
        let of_it =
            shown.target.real == now.target.real && shown.target.before == now.target.before;
        of_it && now.after == self.after.as_bytes()
    }
}

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
    ) -> Result<Taken, Untaken> {
        let refused = |why: &str| Untaken::Refused(why.to_owned());
        let turn = self.turn.as_ref();
        let call = turn.and_then(|turn| turn.call(&approval.call)).cloned();
        let call = call.ok_or_else(|| refused("the call is no longer there"))?;
        let tool = self.house.tools.get(&call.name);
        let tool = tool.ok_or_else(|| refused("there is no such tool any more"))?;
        let input = call.input().map_err(Untaken::Refused)?;
        if !matches!(approval.subject, Subject::Change { .. }) {
            return Err(refused("this changes no file"));
        }
        let deed = self.deeds.get(&approval.call).cloned();
        let scene = self.scene(&call, 0);
        let worked = tokio::task::spawn_blocking(move || {
            let outdated = || Untaken::Outdated(CHANGED.to_owned());
            let shown = deed.ok_or_else(outdated)?;
            let change = shown.change().filter(|change| change.is_current());
            let (_, after) = change
                .ok_or_else(outdated)?
                .partly(&kept)
                .map_err(Untaken::Refused)?;
            let input = tool.partly(&input, &scene, &kept);
            Ok(Taken {
                arguments: input.map_err(Untaken::Refused)?.to_string(),
                shown,
                after,
            })
        });
        worked
            .await
            .map_err(|error| Untaken::Refused(error.to_string()))?
    }

    /// Why the call that was made of hunks would do something else than was taken: its file was read anew since it was shown, and
    /// again when the call was judged. None where it would not.
    pub(crate) fn strayed(&self, taken: &Taken, approval: &Approval) -> Option<String> {
        let deed = self.deeds.get(&approval.call);
        let is_it = deed.is_some_and(|deed| taken.is(deed));
        (!is_it).then(|| CHANGED.to_owned())
    }

    /// Why an ask for a change no longer shows what would happen; none where it does, or is about something else.
    pub(crate) async fn stale(&mut self, approval: &Approval) -> Option<String> {
        if !matches!(approval.subject, Subject::Change { .. }) {
            return None;
        }
        let deed = self.deeds.get(&approval.call).cloned()?;
        let turn = self.turn.as_ref();
        let call = turn.and_then(|turn| turn.call(&approval.call)).cloned()?;
        let tool = self.house.tools.get(&call.name)?;
        let input = call.input().ok()?;
        let scene = self.scene(&call, 0);
        let looked = tokio::task::spawn_blocking(move || {
            if deed.change().is_some_and(Change::is_current) {
                return None;
            }
            // What speaks against it now the model is told, when it is judged anew.
            let anew = tool.act(&input, &scene);
            Some(anew.map_or(NO_MORE, |_| CHANGED).to_owned())
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
