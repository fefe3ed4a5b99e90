//! A rule that is made at an ask: which of those that are proposed, or another text, where it holds and how long, and what it
//! would have done with the calls of before. It is kept with the yes, and only after that was read.

use std::time::Duration;

use crate::protocol::ask::{Answer, Verdict};
use crate::protocol::id::SessionId;
use crate::protocol::query::{Found, Query, Trial, TrialAt};
use crate::protocol::rule::{Effect, Lasting, NewRule, Replay, Scope};
use crate::tui::app::App;
use crate::tui::app::arming::{Arming, Sight};
use crate::tui::app::ask::{AskFocus, Line, Reply};
use crate::tui::app::choosing::moved;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::text::Text;

#[derive(Debug, Clone, PartialEq)]
pub struct Making {
    /// The texts to choose from, the narrowest first.
    pub texts: Vec<String>,
    pub at: usize,
    /// In [`Scope::KEPT`] and [`Lasting::OFFERED`].
    scope: usize,
    lasts: usize,
    /// The number of the trial whose result is waited for.
    pub number: u64,
    /// What came of it; none while it is tried.
    pub tried: Option<Result<Replay, String>>,
}

impl Making {
    pub fn new(texts: Vec<String>, now: Duration) -> Self {
        Self {
            texts,
            at: 0,
            // The repository: what was allowed for one worktree is wanted in the next.
            scope: 2,
            lasts: 0,
            // Of another ask, or of this one a moment ago, is another.
            number: u64::try_from(now.as_micros()).unwrap_or(0),
            tried: None,
        }
    }

    pub fn text(&self) -> &str {
        self.texts.get(self.at).map_or("", String::as_str)
    }

    pub fn scope(&self) -> Scope {
        let scope = Scope::KEPT.get(self.scope).copied();
        scope.unwrap_or(Scope::Session)
    }

    pub fn lasts(&self) -> Lasting {
        let lasts = Lasting::OFFERED.get(self.lasts).copied();
        lasts.unwrap_or_default()
    }

    pub fn rule(&self) -> NewRule {
        NewRule {
            effect: Effect::Allow,
            text: self.text().trim().to_owned(),
            scope: self.scope(),
            lasts: self.lasts(),
        }
    }

    /// Whether it may be kept: it was tried, and nothing speaks against it.
    pub fn is_fit(&self) -> bool {
        matches!(&self.tried, Some(Ok(replay)) if replay.refused.is_none())
    }

    fn again(&mut self) {
        self.number += 1;
        self.tried = None;
    }
}

impl AskFocus {
    /// Begins a rule; its own quiet begins with it.
    pub fn make_rule(&mut self, now: Duration) -> Reply {
        let Some(approval) = self.approval() else {
            return Reply::Stay;
        };
        self.making = Some(Box::new(Making::new(approval.rules.clone(), now)));
        self.scroll = 0;
        self.arming = Arming::new(now);
        Reply::Try
    }

    /// A key while a rule is made.
    pub fn making_key(&mut self, press: Press, now: Duration) -> Reply {
        let ready = self.arming.ready(now);
        let Some(making) = &mut self.making else {
            return Reply::Stay;
        };
        match press.action {
            Some(Action::Close) => {
                self.making = None;
                self.scroll = 0;
                self.arming = Arming::new(now);
                return Reply::Stay;
            }
            Some(action @ (Action::MarkAfter | Action::MarkBefore)) => {
                let at = moved(Some(making.at), making.texts.len(), action).unwrap_or(0);
                if at == making.at {
                    return Reply::Stay;
                }
                making.at = at;
            }
            Some(Action::RuleScope) => making.scope = (making.scope + 1) % Scope::KEPT.len(),
            // How long it holds changes nothing of what it is about.
            Some(Action::RuleLasts) => {
                making.lasts = (making.lasts + 1) % Lasting::OFFERED.len();
                self.arming.again(now);
                return Reply::Stay;
            }
            Some(Action::AskEdit) => {
                self.line = Some(Line::Rule(Text::new(making.text())));
                return Reply::Stay;
            }
            Some(Action::Choose) if ready && making.is_fit() => {
                let verdict = Verdict::Kept {
                    rule: making.rule(),
                };
                return Reply::Answer(Answer::Verdict { verdict });
            }
            Some(Action::Choose)
                if making.is_fit()
                    && self.arming.seen == Sight::Part
                    && self.arming.refuses(now) =>
            {
                self.arming.dropped(now);
                return Reply::Unread;
            }
            _ => match press.row().filter(|&row| row < making.texts.len()) {
                Some(row) if row != making.at => making.at = row,
                Some(_) => return Reply::Stay,
                None => {
                    self.arming.dropped(now);
                    return Reply::Stay;
                }
            },
        }
        making.again();
        self.scroll = 0;
        self.arming.again(now);
        Reply::Try
    }

    /// The text that was typed takes the place of the marked one.
    pub fn typed_rule(&mut self, text: String, now: Duration) -> Reply {
        let Some(making) = &mut self.making else {
            return Reply::Stay;
        };
        if let Some(marked) = making.texts.get_mut(making.at) {
            *marked = text;
        }
        making.again();
        self.arming.again(now);
        Reply::Try
    }
}

impl App {
    /// Has the rule that is made tried on the calls of before.
    pub fn try_rule(&mut self) -> Vec<Cmd> {
        let Some(ask) = self.asking() else {
            return Vec::new();
        };
        let Some(making) = &ask.making else {
            return Vec::new();
        };
        let session: SessionId = ask.session;
        let trial = Trial {
            rule: making.rule(),
            at: TrialAt::Ask(session, ask.ask.id.clone()),
        };
        vec![Cmd::Ask(Tag::Replay(making.number), Query::Replay(trial))]
    }

    /// What came of a trial; one of a moment ago is passed over.
    pub fn rule_tried(&mut self, number: u64, found: Found) {
        let now = self.now.since;
        let tried = match found {
            Found::Replay(replay) => Ok(replay),
            Found::Failed(why) => Err(why),
            _ => return,
        };
        if let Some(ask) = self.asking_mut()
            && let Some(making) = &mut ask.making
            && making.number == number
        {
            making.tried = Some(tried);
            // There is more to read now.
            ask.arming = Arming::new(now);
        }
    }
}
