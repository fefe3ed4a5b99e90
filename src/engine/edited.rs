//! A call as the person typed it: judged like one of the model, and run on their word.

use crate::agent::turn::input::Decision;
use crate::engine::session::Task;
use crate::protocol::ask::{About, Approval, Risk};
use crate::protocol::call::{ToolCall, with_the_rest};
use crate::protocol::id::CallId;
use crate::protocol::rule::By;

/// What was typed at an ask and would do more than what was shown there: told once, and run when it comes again.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Warned {
    call: CallId,
    arguments: String,
}

impl Task {
    /// What the person typed runs unasked, but no rule that forbids is passed by typing, and what would do more than the ask
    /// had shown is told first. A call whose change is refused is what it was.
    pub(crate) async fn edited(
        &mut self,
        approval: &Approval,
        arguments: &mut String,
    ) -> Result<(), String> {
        let call = self
            .turn
            .as_ref()
            .and_then(|turn| turn.call(&approval.call));
        let mut call = call.cloned().ok_or("the call is no longer there")?;
        let before = self.deeds.get(&call.id).cloned();
        let given = std::mem::replace(&mut call.arguments, arguments.clone());
        let mut judged = self.judge_edited(&call, approval).await;
        // Who shows only a part of a long session may not have had them all in sight.
        let whole = with_the_rest(&given, arguments);
        if judged.is_ok() && whole != *arguments {
            call.arguments.clone_from(&whole);
            judged = self.judge_edited(&call, approval).await;
        }
        let told = Warned {
            call: call.id.clone(),
            arguments: whole.clone(),
        };
        let refused = match judged {
            Ok(None) => None,
            Ok(Some(_)) if self.warned.as_ref() == Some(&told) => None,
            Ok(Some(warning)) => {
                self.warned = Some(told);
                Some(warning)
            }
            Err(why) => Some(why),
        };
        if let Some(why) = refused {
            self.put_back(&call.id, before);
            return Err(why);
        }
        self.warned = None;
        *arguments = whole;
        Ok(())
    }

    /// What is told before it runs, where it would do more than what was asked for; the error is why it may not.
    async fn judge_edited(
        &mut self,
        call: &ToolCall,
        shown: &Approval,
    ) -> Result<Option<String>, String> {
        match self.judge(call).await {
            Decision::Deny(_, By::Rules { rules }) => {
                let texts: Vec<&str> = rules.iter().map(|rule| rule.text.as_str()).collect();
                Err(format!("the rule {} denies that", texts.join(" and ")))
            }
            Decision::Invalid(why) | Decision::Deny(why, _) => Err(why),
            Decision::Allow(_) => Ok(None),
            Decision::Ask(ask) => match ask.about {
                About::Approval(now) => Ok(more(shown, &now)),
                _ => Ok(None),
            },
        }
    }
}

/// What a call would do beyond the one that was shown.
fn more(shown: &Approval, now: &Approval) -> Option<String> {
    let risk = match now.risk {
        Risk::Low => "LOW",
        Risk::Medium => "MED",
        Risk::High => "HIGH",
    };
    let opens = now.network && !shown.network;
    let open = now.open().filter(|_| opens);
    let open = open.map_or_else(String::new, |open| format!("{open}, "));
    // Both high, and for another reason: that one was not read.
    let is_other = now.risk == Risk::High && now.risk_why != shown.risk_why;
    (now.risk > shown.risk || opens || is_other).then(|| {
        let why = &now.risk_why;
        format!("as you typed it: {risk}, {open}{why}; the same once more runs it")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::ask::Subject;
    use crate::protocol::sandbox::Level;

    #[test]
    fn what_does_more_than_was_shown_is_told() {
        let approval = |risk, network| Approval {
            call: CallId::new(1, 1, 1),
            tool: "bash".to_owned(),
            subject: Subject::Other {
                arguments: "{}".to_owned(),
            },
            cwd: "/".into(),
            risk,
            risk_why: "runs it".to_owned(),
            reason: String::new(),
            session_rule: None,
            session_rules_beside: Vec::new(),
            level: Some(Level::Restricted),
            network,
            rules: Vec::new(),
            no_rule: None,
            bound: None,
        };
        let (low, high) = (Risk::Low, Risk::High);
        for (shown, now, told) in [
            ((low, false), (low, false), None),
            ((high, true), (low, false), None),
            ((high, true), (high, true), None),
            (
                (low, false),
                (high, false),
                Some("as you typed it: HIGH, runs it; the same once more runs it"),
            ),
            (
                (low, false),
                (low, true),
                Some("as you typed it: LOW, network on, runs it; the same once more runs it"),
            ),
        ] {
            let of = |(risk, network)| approval(risk, network);
            assert_eq!(more(&of(shown), &of(now)).as_deref(), told);
        }
        let other = Approval {
            risk_why: "deletes outside the folder".to_owned(),
            ..approval(high, false)
        };
        let told = more(&approval(high, false), &other);
        assert_eq!(
            told.as_deref(),
            Some("as you typed it: HIGH, deletes outside the folder; the same once more runs it")
        );
    }
}
