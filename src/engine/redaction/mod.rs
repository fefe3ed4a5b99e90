//! Takes the keys that Creel holds out of facts, before they are stored or sent.

mod subject;

use std::borrow::Cow;

use serde_json::Value;

use crate::agent::redact::Redactor;
use crate::engine::redaction::subject::{
    holds_no_key, redacted_birth, redacted_read, redacted_subject,
};
use crate::protocol::ask::{About, Answer, Approval, Ask, Question, Verdict};
use crate::protocol::call::{Detail, Outcome};
use crate::protocol::event::Fact;
use crate::protocol::image::Image;
use crate::protocol::item::{Block, Item, Opaque, Recalled};
use crate::protocol::rule::Rule;
use crate::protocol::session::Change;

/// The fact without the keys Creel holds.
pub(crate) fn redacted(fact: Fact, redactor: &Redactor) -> Fact {
    let clean = |text: String| match redactor.redact(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(changed) => changed,
    };
    // What goes back unread cannot be changed, so with a key in it it does not go back; the text beside it does.
    let without_key =
        |opaque: Option<Opaque>| opaque.filter(|opaque| !holds(&opaque.body, redactor));
    match fact {
        Fact::ItemAdded {
            turn,
            step,
            item,
            imported,
        } => {
            let item = match item {
                Item::Prompt { blocks, origin } => Item::Prompt {
                    blocks: blocks
                        .into_iter()
                        .map(|block| redacted_block(block, clean))
                        .collect(),
                    origin,
                },
                Item::Answer { text, cut, opaque } => Item::Answer {
                    text: clean(text),
                    cut,
                    opaque: without_key(opaque),
                },
                Item::Thought { text, opaque } => Item::Thought {
                    text: clean(text),
                    opaque: without_key(opaque),
                },
                Item::Call(mut call) => {
                    call.name = clean(call.name);
                    call.arguments = clean(call.arguments);
                    call.opaque = without_key(call.opaque);
                    Item::Call(call)
                }
                Item::Result { call, outcome } => Item::Result {
                    call,
                    outcome: redacted_outcome(outcome, clean),
                },
                Item::Notice { text } => Item::Notice { text: clean(text) },
                Item::Recalled(recalled) => Item::Recalled(Recalled {
                    text: clean(recalled.text),
                    ..recalled
                }),
                Item::Shell { command, outcome } => Item::Shell {
                    command: clean(command),
                    outcome: redacted_outcome(outcome, clean),
                },
            };
            Fact::ItemAdded {
                turn,
                step,
                item,
                imported,
            }
        }
        Fact::MessageQueued { id, blocks, when } => {
            let blocks = blocks
                .into_iter()
                .map(|block| redacted_block(block, clean))
                .collect();
            Fact::MessageQueued { id, blocks, when }
        }
        Fact::SessionChanged {
            change:
                Change::RuleKept {
                    rule,
                    bounds,
                    until,
                    call,
                },
        } => Fact::SessionChanged {
            change: Change::RuleKept {
                rule: Rule {
                    text: clean(rule.text),
                    ..rule
                },
                bounds,
                until,
                call,
            },
        },
        Fact::SessionChanged {
            change: Change::Title { title },
        } => Fact::SessionChanged {
            change: Change::Title {
                title: clean(title),
            },
        },
        Fact::AskRaised {
            ask:
                Ask {
                    id,
                    about: About::Approval(approval),
                },
        } => {
            // A rule with a key in it would match nothing once it is replaced.
            let is_clean = |rule: &String| matches!(redactor.redact(rule), Cow::Borrowed(_));
            let clean_rules = |rules: Vec<String>| rules.into_iter().filter(is_clean).collect();
            let about = About::Approval(Approval {
                tool: clean(approval.tool),
                subject: redacted_subject(approval.subject, clean),
                session_rule: approval.session_rule.filter(is_clean),
                session_rules_beside: clean_rules(approval.session_rules_beside),
                rules: clean_rules(approval.rules),
                risk_why: clean(approval.risk_why),
                reason: clean(approval.reason),
                ..approval
            });
            Fact::AskRaised {
                ask: Ask { id, about },
            }
        }
        Fact::AskRaised {
            ask:
                Ask {
                    id,
                    about: About::Question(question),
                },
        } => {
            let about = About::Question(Question {
                text: clean(question.text),
                choices: question.choices.into_iter().map(&clean).collect(),
                ..question
            });
            Fact::AskRaised {
                ask: Ask { id, about },
            }
        }
        Fact::AskAnswered {
            ask,
            answer: Answer::Verdict {
                verdict: Verdict::No { reason },
            },
        } => {
            let verdict = Verdict::No {
                reason: reason.map(clean),
            };
            Fact::AskAnswered {
                ask,
                answer: Answer::Verdict { verdict },
            }
        }
        Fact::AskVoided { ask, why } => Fact::AskVoided {
            ask,
            why: clean(why),
        },
        Fact::AskAnswered {
            ask,
            answer: Answer::Said { text },
        } => Fact::AskAnswered {
            ask,
            answer: Answer::Said {
                text: text.map(clean),
            },
        },
        Fact::AskAnswered {
            ask,
            answer:
                Answer::Verdict {
                    verdict: Verdict::Edited { arguments },
                },
        } => {
            let verdict = Verdict::Edited {
                arguments: clean(arguments),
            };
            Fact::AskAnswered {
                ask,
                answer: Answer::Verdict { verdict },
            }
        }
        Fact::CallStarted {
            call,
            birth,
            by,
            change,
        } => Fact::CallStarted {
            call,
            birth: birth.map(|birth| Box::new(redacted_birth(*birth, clean))),
            by,
            // By another path the file would not be found again.
            change: change.filter(|change| holds_no_key(&change.path, &clean)),
        },
        other => other,
    }
}

/// Whether a key stands in any of the texts.
fn holds(value: &Value, redactor: &Redactor) -> bool {
    match value {
        Value::String(text) => matches!(redactor.redact(text), Cow::Owned(_)),
        Value::Array(values) => values.iter().any(|value| holds(value, redactor)),
        Value::Object(map) => map.values().any(|value| holds(value, redactor)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A change shows lines of the file around it, which the model may never have seen.
fn redacted_outcome(outcome: Outcome, clean: impl Fn(String) -> String) -> Outcome {
    let detail = match outcome.detail {
        Detail::Diff {
            path,
            patch,
            added,
            removed,
            created,
        } => Detail::Diff {
            path: clean(path),
            patch: clean(patch),
            added,
            removed,
            created,
        },
        other => other,
    };
    let untrusted = outcome.untrusted.map(|read| redacted_read(read, &clean));
    Outcome {
        text: clean(outcome.text),
        detail,
        untrusted,
        ..outcome
    }
}

fn redacted_block(block: Block, clean: impl Fn(String) -> String) -> Block {
    match block {
        Block::Text { text } => Block::Text { text: clean(text) },
        Block::Paste { text } => Block::Paste { text: clean(text) },
        Block::Image { image } => Block::Image {
            image: Image {
                name: clean(image.name),
                ..image
            },
        },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;
    use crate::protocol::ask::Risk;
    use crate::protocol::ask::Subject;
    use crate::protocol::call::ToolCall;
    use crate::protocol::event::When;
    use crate::protocol::id::{AskId, CallId, MessageId};
    use crate::protocol::item::Origin;

    const KEY: &str = "sk-live-0123456789";

    fn outcome() -> Outcome {
        Outcome {
            detail: Detail::Diff {
                path: format!("of-{KEY}"),
                patch: format!(" KEY={KEY}\n-a\n+b"),
                added: 1,
                removed: 1,
                created: false,
            },
            ..Outcome::done(format!("KEY={KEY}"))
        }
    }

    fn approval(subject: Subject) -> Fact {
        let approval = Approval {
            call: CallId::new(1, 1, 1),
            tool: format!("edit{KEY}"),
            subject,
            cwd: "/".into(),
            risk: Risk::Low,
            risk_why: format!("writes to {KEY}"),
            reason: format!("{KEY} lies outside"),
            session_rule: None,
            session_rules_beside: Vec::new(),
            level: None,
            network: false,
            rules: Vec::new(),
            no_rule: None,
            bound: None,
        };
        Fact::AskRaised {
            ask: Ask {
                id: AskId("a".into()),
                about: About::Approval(approval),
            },
        }
    }

    #[test]
    fn what_would_go_back_unread_is_kept_without_a_key_or_not_at_all() {
        let mut redactor = Redactor::default();
        redactor.add(KEY);
        let cases = [
            (
                json!({"id": "msg_1", "content": [{"text": "so it is"}]}),
                true,
            ),
            (
                json!({"id": "msg_1", "content": [{"text": format!("so {KEY} it is")}]}),
                false,
            ),
        ];
        for (body, kept) in cases {
            let opaque = || {
                Some(Opaque {
                    wire: None,
                    family: "p/m".into(),
                    body: body.clone(),
                })
            };
            let items = [
                Item::Answer {
                    text: "so".into(),
                    cut: false,
                    opaque: opaque(),
                },
                Item::Thought {
                    text: "so".into(),
                    opaque: opaque(),
                },
                Item::Call(ToolCall {
                    id: CallId::new(1, 1, 1),
                    wire_id: None,
                    name: "bash".into(),
                    arguments: "{}".into(),
                    opaque: opaque(),
                }),
            ];
            for item in items {
                let fact = Fact::ItemAdded {
                    turn: 1,
                    step: 1,
                    item,
                    imported: None,
                };
                let after = redacted(fact.clone(), &redactor);
                let text = serde_json::to_string(&after).unwrap();
                assert_eq!(
                    (after == fact, text.contains("msg_1")),
                    (kept, kept),
                    "{text}"
                );
                assert!(!text.contains(KEY));
            }
        }
    }

    #[test]
    fn no_fact_keeps_a_key() {
        let text = || format!("so {KEY} it is");
        let blocks = || vec![Block::text(text()), Block::Paste { text: text() + KEY }];
        let call = CallId::new(1, 1, 1);
        let items = vec![
            Item::Prompt {
                blocks: blocks(),
                origin: Origin::Person,
            },
            Item::Answer {
                text: text(),
                cut: false,
                opaque: None,
            },
            Item::Thought {
                text: text(),
                opaque: None,
            },
            Item::Call(ToolCall {
                id: call.clone(),
                wire_id: None,
                name: format!("bash{KEY}"),
                arguments: format!("{{\"command\":\"echo {KEY}\"}}"),
                opaque: None,
            }),
            Item::Result {
                call,
                outcome: outcome(),
            },
            Item::Notice { text: text() },
            Item::Shell {
                command: text(),
                outcome: outcome(),
            },
        ];
        let mut facts: Vec<Fact> = items
            .into_iter()
            .map(|item| Fact::ItemAdded {
                turn: 1,
                step: 1,
                item,
                imported: None,
            })
            .collect();
        facts.extend([
            Fact::MessageQueued {
                id: MessageId(1),
                blocks: blocks(),
                when: When::Step,
            },
            Fact::SessionChanged {
                change: Change::Title { title: text() },
            },
            Fact::AskAnswered {
                ask: AskId("a".into()),
                answer: Answer::Verdict {
                    verdict: Verdict::Edited { arguments: text() },
                },
            },
            Fact::AskAnswered {
                ask: AskId("a".into()),
                answer: Answer::Verdict {
                    verdict: Verdict::No {
                        reason: Some(text()),
                    },
                },
            },
            Fact::AskVoided {
                ask: AskId("a".into()),
                why: text(),
            },
            approval(Subject::Command {
                argv: vec!["bash".into(), "-c".into(), text()],
                parts: vec![text()],
            }),
            approval(Subject::Read {
                path: text().into(),
            }),
            approval(Subject::Change {
                path: text().into(),
                patch: text(),
                added: 1,
                removed: 1,
                created: false,
            }),
            approval(Subject::Other { arguments: text() }),
        ]);
        let mut redactor = Redactor::default();
        redactor.add(KEY);
        for fact in facts {
            let before = serde_json::to_string(&fact).unwrap();
            let after = serde_json::to_string(&redacted(fact, &redactor)).unwrap();
            assert!(before.contains(KEY));
            assert_eq!(after, before.replace(KEY, "‹redacted:key›"));
        }
    }

    #[test]
    fn no_rule_is_offered_that_would_hold_a_key() {
        let mut redactor = Redactor::default();
        redactor.add(KEY);
        let offered = |rule: &str| {
            let mut fact = approval(Subject::Other {
                arguments: String::new(),
            });
            if let Fact::AskRaised { ask } = &mut fact
                && let About::Approval(approval) = &mut ask.about
            {
                approval.session_rule = Some(rule.to_owned());
            }
            let text = serde_json::to_string(&redacted(fact, &redactor)).unwrap();
            text.contains("Bash(echo")
        };
        assert!(offered("Bash(echo hello)"));
        assert!(!offered(&format!("Bash(echo {KEY})")));
    }
}
