//! Which session a run works in, and what is sent to the engine for it.

use std::path::PathBuf;

use crate::command::cli::RunArgs;
use crate::command::run::folder;
use crate::command::run::target::model_trouble;
use crate::command::{Trouble, find};
use crate::config::Config;
use crate::engine::door::Door;
use crate::protocol::effort::Effort;
use crate::protocol::event::When;
use crate::protocol::id::{ModelRef, SessionId};
use crate::protocol::item::Block;
use crate::protocol::op::Op;
use crate::protocol::rule::{Effect, Mode, Rule, Scope};
use crate::protocol::session::{Card, Change, OURS, OpenRequest, RunLimits};

/// Which session the run works in.
pub(crate) struct Start {
    pub(crate) session: SessionId,
    pub(crate) model: ModelRef,
    /// Of a session that is there; absent for a new one.
    pub(crate) held: Option<Card>,
    pub(crate) cwd: PathBuf,
    pub(crate) mode: Mode,
    pub(crate) effort: Option<Effort>,
}

impl Start {
    /// What is asked first: in the mode plan the model of that role, where there is one.
    pub(crate) fn target<'s>(&'s self, config: &'s Config) -> &'s ModelRef {
        let plan = config.roles.plan.as_ref();
        plan.filter(|_| self.mode == Mode::Plan)
            .unwrap_or(&self.model)
    }

    pub(crate) async fn find(
        args: &RunArgs,
        door: &Door,
        config: &Config,
    ) -> Result<Self, Trouble> {
        let cwd = folder(args.cwd.as_deref())?;
        let held = if let Some(part) = &args.session {
            Some(find::session(door, part).await?)
        } else if args.continued {
            let cards = find::sessions(door, None, false).await?;
            let newest = cards.into_iter().find(|card| card.cwd == cwd);
            Some(newest.ok_or_else(|| {
                Trouble::failed(format!(
                    "there is no session in {} to go on with",
                    cwd.display()
                ))
            })?)
        } else {
            None
        };
        let named = args.model.clone();
        let model = match named.or_else(|| held.as_ref().map(|card| card.model.clone())) {
            Some(model) => Some(model),
            None => find::usual_model(door, config).await?,
        };
        let Some(model) = model else {
            if let Some((vendor, variable)) = config.key_without_model() {
                return Err(Trouble::usage(format!(
                    "no model: {variable} is set, but which model is not said: name one with --model {vendor}/MODEL, or write \
                     model into the config (`creel config path`)"
                )));
            }
            if let Some(lacking) = config.keys_not_set() {
                return Err(Trouble::usage(format!(
                    "no model: {lacking}; set it, or name another with --model PROVIDER/MODEL"
                )));
            }
            return Err(Trouble::usage(
                "no model: set a key such as ANTHROPIC_API_KEY, name one with --model PROVIDER/MODEL, or write model into \
                 the config (`creel config path`); a try without a key: --model rehearsal/tour",
            ));
        };
        if let Some(why) = model_trouble(&model, config) {
            return Err(Trouble::usage(why));
        }
        let session = held
            .as_ref()
            .map_or_else(|| door.new_session(), |card| card.id);
        Ok(Self {
            session,
            model,
            held,
            cwd,
            mode: args.mode.unwrap_or(config.mode),
            effort: args.effort.or(config.effort),
        })
    }

    /// What is sent, in this order.
    pub(crate) fn ops(self, args: &RunArgs, blocks: Vec<Block>) -> Vec<Op> {
        let allowed = args.allow.iter().map(|text| rule(Effect::Allow, text));
        let rules: Vec<Rule> = denied(args).chain(allowed).collect();
        let limits = RunLimits {
            max_steps: args.max_steps,
            budget: args.budget,
            no_retry: args.no_retry,
            rules,
        };
        let submit = Op::Submit {
            blocks,
            when: When::Turn,
            limits,
        };
        let Some(card) = self.held else {
            let request = OpenRequest {
                cwd: self.cwd,
                model: self.model,
                mode: self.mode,
                worktree: None,
                effort: self.effort,
            };
            return vec![Op::Open { request }, submit];
        };
        let mut ops = vec![Op::Resume];
        if card.source != OURS && args.cwd.is_some() {
            let change = Change::TakenUp {
                cwd: self.cwd,
                project: PathBuf::new(),
                system: String::new(),
            };
            ops.push(Op::Change { change });
        }
        if card.model != self.model {
            ops.push(Op::Change {
                change: Change::Model { model: self.model },
            });
        }
        if let Some(mode) = args.mode {
            ops.push(Op::Change {
                change: Change::Mode { mode },
            });
        }
        if let Some(effort) = args.effort {
            ops.push(Op::Change {
                change: Change::Effort {
                    effort: Some(effort),
                },
            });
        }
        ops.push(submit);
        ops
    }
}

/// What the arguments deny. The engine is started with it too: a tool that a rule denies without a pattern is then not among
/// those that models are told of, from the first request of the run to its last.
pub fn denied(args: &RunArgs) -> impl Iterator<Item = Rule> {
    args.deny.iter().map(|text| rule(Effect::Deny, text))
}

fn rule(effect: Effect, text: &str) -> Rule {
    Rule::new(effect, text, Scope::Run)
}
