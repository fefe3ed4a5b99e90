//! Asks, made for trials.

use crate::protocol::ask::{About, Approval, Ask, Risk, Subject};
use crate::protocol::id::{AskId, CallId};

pub fn approval(risk: Risk, subject: Subject, session_rule: Option<&str>) -> Ask {
    Ask {
        id: AskId("a".to_owned()),
        about: About::Approval(Approval {
            call: CallId("call_1_1_1".to_owned()),
            tool: "bash".to_owned(),
            subject,
            cwd: "/src/flaky".into(),
            risk,
            risk_why: "deletes 3.1 GB, all inside target".to_owned(),
            reason: "mode ask".to_owned(),
            session_rule: session_rule.map(str::to_owned),
            session_rules_beside: Vec::new(),
            level: None,
            network: false,
            rules: Vec::new(),
            no_rule: None,
            bound: None,
        }),
    }
}

pub fn command(risk: Risk) -> Ask {
    let argv = ["bash", "-c", "rm -rf t\u{202e}mp && cargo clean"].map(str::to_owned);
    let subject = Subject::Command {
        argv: argv.into(),
        parts: vec!["rm -rf tmp".to_owned(), "cargo clean".to_owned()],
    };
    approval(risk, subject, None)
}
