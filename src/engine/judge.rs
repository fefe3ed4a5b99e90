//! Whether a call may run: what it would touch is put to the rules and the mode, and what a person must see of it is worked out.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::agent::deletes;
use crate::agent::looked::Looked;
use crate::agent::permission::{self, Asked, Cage, Shut};
use crate::agent::taint;
use crate::agent::turn::input::Decision;
use crate::engine::bound;
use crate::engine::session::Task;
use crate::engine::weigh;
use crate::protocol::call::{Reach, ToolCall};
use crate::protocol::id::CallId;
use crate::protocol::rule::{By, Rule};
use crate::protocol::sandbox::Network;
use crate::tool::deed::Deed;
use crate::tool::{self, Query, Scene};

/// What a call does is worked out long before; so long it may hold up its session, should a disk not answer.
const LONGEST: Duration = Duration::from_secs(20);

impl Task {
    /// Puts back what a call does, where a change of it is refused.
    pub(crate) fn put_back(&mut self, call: &CallId, deed: Option<Arc<Deed>>) {
        match deed {
            Some(deed) => self.deeds.insert(call.clone(), deed),
            None => self.deeds.remove(call),
        };
    }

    /// Whether a call may run: arguments first, then what it would touch against rules and mode. Of one that may, or is asked
    /// about, what it does is kept from here on: a person is shown just that, and just that runs.
    pub(crate) async fn judge(&mut self, call: &ToolCall) -> Decision {
        let Some(tool) = self.house.tools.get(&call.name) else {
            return Decision::Invalid(self.house.tools.missing(&call.name));
        };
        let input = match call.input() {
            Ok(input) => input,
            Err(text) => return Decision::Invalid(text),
        };
        self.deeds.remove(&call.id);
        let scene = self.scene(call, 0);
        let reach = match tool::reach(&*tool, &input, &scene.place) {
            Ok(reach) => reach,
            Err(text) => return Decision::Invalid(text),
        };
        if let Err(why) = self.read_rules().await {
            return Decision::Invalid(format!("not run: the rules cannot be read: {why}"));
        }
        let rules = self.rules();
        if let Some(query) = tool.query(&input) {
            return self.judge_query(call, query, &rules);
        }
        let walls = &self.house.walls;
        let runs = reach.iter().any(|reach| matches!(reach, Reach::Run { .. }));
        let cage = if runs {
            walls.cage(&self.house).await
        } else {
            Cage::GIVEN_UP
        };
        let asked = Asked {
            tool: &tool.spec().name,
            reach: &reach,
            mode: self.mode(),
            rules: &rules,
            cwd: &scene.place.cwd,
            roots: &scene.place.roots,
            home: self.house.home.as_deref(),
            cage,
            untrusted: self.session.untrusted(),
        };
        let has_network = permission::has_network(&asked);
        let network = if has_network {
            Network::On
        } else {
            Network::Off
        };
        // Where nothing shuts it off those that need it have it all the same.
        let needs = || permission::needs_network(&asked);
        let reaches = if has_network || cage.shut == Shut::Open && needs() {
            Network::On
        } else {
            Network::Off
        };
        let mut untrusted = taint::of(&reach, reaches, &scene.place.roots);
        if untrusted.is_none() {
            untrusted = self.names_outside(&reach, cage.level).await;
        }
        let (mut verdict, by) = permission::judge(&asked);
        let acts = reach
            .iter()
            .any(|reach| !matches!(reach, Reach::Read { .. } | Reach::Output { .. }));
        if let (permission::Verdict::Allow, true, Some(fault)) =
            (&verdict, acts, &self.unread_rules)
        {
            verdict = permission::Verdict::Ask(format!("{fault}, and could forbid this"));
        }
        let line = permission::command(&reach);
        if verdict == permission::Verdict::Allow
            && line.is_some_and(|line| self.session.unknown.has(line))
        {
            let why = "whether it took effect when it was run before is not known";
            verdict = permission::Verdict::Ask(why.to_owned());
        }
        let would = |text: &&String| permission::would_allow(text, &asked);
        let brought = match &verdict {
            permission::Verdict::Ask(_) => self.untrusted_rules.iter().find(would),
            permission::Verdict::Allow | permission::Verdict::Deny(_) => None,
        };
        let brought = brought.map_or_else(String::new, |text| {
            format!("; the rule {text} that the folder brings would let it run, and is not trusted (`creel trust`)")
        });
        let reason = match verdict {
            permission::Verdict::Allow => None,
            permission::Verdict::Deny(text) => return Decision::Deny(text, by),
            permission::Verdict::Ask(reason) if self.house.unattended => {
                let text =
                    format!("denied: {reason}{brought}, and nobody can be asked in this run");
                return Decision::Deny(text, by);
            }
            permission::Verdict::Ask(reason) => Some(reason + &brought),
        };
        let made = {
            let tool = Arc::clone(&tool);
            let scene = Scene {
                reached: Some(reach.as_slice().into()),
                ..scene.clone()
            };
            let is_asked = reason.is_some();
            drawn(move || {
                let deed = Deed::of(&*tool, &input, &scene);
                let subject = is_asked.then(|| deed.subject());
                (deed, subject)
            })
        };
        let Some((mut deed, subject)) = made.await else {
            return Decision::Invalid("not run: what it would do cannot be worked out".to_owned());
        };
        (deed.network, deed.untrusted) = (network, untrusted);
        let (Some(reason), Some(subject)) = (reason, subject) else {
            self.deeds.insert(call.id.clone(), Arc::new(deed));
            return Decision::Allow(by);
        };
        let subject = match subject {
            Ok(subject) => subject,
            Err(text) => return Decision::Invalid(text),
        };
        deed.bound = bound::measure(Arc::clone(&deed.reach), deed.cwd.clone()).await;
        let looked = Looked {
            held: weigh::held(deletes::targets(&asked), deed.cwd.clone()).await,
            outside: self.outside(&deed, cage.level).await,
        };
        let shown = (subject, deed.bound.clone());
        let ask = permission::ask(call, shown, (reason, &looked), &asked);
        self.deeds.insert(call.id.clone(), Arc::new(deed));
        Decision::Ask(ask)
    }

    /// A question goes to the person in every mode; there is nothing else to it.
    fn judge_query(
        &self,
        call: &ToolCall,
        query: Result<Query, String>,
        rules: &[Rule],
    ) -> Decision {
        let Query { text, choices } = match query {
            Ok(query) => query,
            Err(text) => return Decision::Invalid(text),
        };
        let denying = |rule: &&Rule| permission::hides(std::slice::from_ref(*rule), &call.name);
        let rules: Vec<Rule> = rules.iter().filter(denying).cloned().collect();
        if !rules.is_empty() {
            let text = "a rule denies questions; decide, and say what you assumed";
            return Decision::Deny(text.to_owned(), By::Rules { rules });
        }
        if self.house.unattended {
            let text = "denied: nobody can be asked in this run; decide, and say what you assumed";
            let mode = self.mode();
            return Decision::Deny(text.to_owned(), By::Mode { mode });
        }
        Decision::Ask(permission::question(call, text, choices))
    }

    /// All rules that hold now.
    pub(crate) fn rules(&self) -> Vec<Rule> {
        self.house
            .rules
            .iter()
            .chain(&self.kept)
            .chain(&self.narrowing)
            .chain(&self.run.rules)
            .cloned()
            .collect()
    }
}

/// What is worked out of files, on a thread that may block; none where that takes too long.
async fn drawn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let worked = timeout(LONGEST, tokio::task::spawn_blocking(work)).await;
    worked.ok()?.ok()
}
