//! Whether a call may run. One function, from what it would touch, the rules and the mode to allow, ask or deny: first a rule
//! that denies, in every mode; then one that asks, in every mode; then rules that allow, of which every part of a command
//! line must be covered; then the mode. What cannot be fully understood is never allowed by a rule, except by one for the
//! whole tool, and asks where a rule that denies or asks could be about it.

#[cfg(test)]
mod attack;
mod mode;
mod proposal;
#[cfg(test)]
mod proposal_trial;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use crate::agent::command_line::{self, Part};
use crate::agent::digest;
use crate::agent::folder::{inside, is_protected};
use crate::agent::looked::Looked;
use crate::agent::network;
use crate::agent::risk;
use crate::agent::rule::command::Meets;
use crate::agent::rule::{Bases, Matcher, Paths};
use crate::protocol::ask::{About, Approval, Ask, Bound, Question, Subject};
use crate::protocol::call::{Reach, ToolCall, Untrusted};
use crate::protocol::id::AskId;
use crate::protocol::rule::{By, Effect, Mode, Rule, Scope};
use crate::protocol::sandbox::Level;

/// What is to be decided on.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub tool: &'a str,
    pub reach: &'a [Reach],
    pub mode: Mode,
    pub rules: &'a [Rule],
    pub cwd: &'a Path,
    /// Folders that count as inside.
    pub roots: &'a [PathBuf],
    pub home: Option<&'a Path>,
    pub cage: Cage,
    /// What the session read that nobody trusted wrote.
    pub untrusted: Option<&'a Untrusted>,
}

/// What would hold a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cage {
    pub level: Level,
    /// The person gave the sandbox up, and knows.
    pub given_up: bool,
    pub shut: Shut,
}

impl Cage {
    /// None, as the person wished.
    pub const GIVEN_UP: Self = Self {
        level: Level::None,
        given_up: true,
        shut: Shut::Open,
    };
}

/// Whether a command is kept from the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shut {
    /// It is not.
    Open,
    /// It is, and one that needs it is asked about.
    Asking,
    /// It is, and there is nobody to ask: one that needs it runs without, and fails.
    Quietly,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Allow,
    /// Why the person must decide.
    Ask(String),
    /// What the model is told.
    Deny(String),
}

/// Whether a call may run.
pub fn decide(asked: &Asked<'_>) -> Verdict {
    judge(asked).0
}

/// The same, with the rules or the mode that decided.
pub fn judge(asked: &Asked<'_>) -> (Verdict, By) {
    let parts = Parts::of(asked.reach);
    let by = |rule: &Rule| By::Rules {
        rules: vec![rule.clone()],
    };
    let (deny, ask) = (
        strictest(asked, &parts, Effect::Deny),
        strictest(asked, &parts, Effect::Ask),
    );
    if let Some((rule, Meets::Yes)) = deny {
        let text = format!(
            "denied by the rule {}; do not try it another way",
            rule.text
        );
        return (Verdict::Deny(text), by(rule));
    }
    if let Some((rule, Meets::Yes)) = ask {
        let text = format!("the rule {} says to ask", rule.text);
        return (Verdict::Ask(text), by(rule));
    }
    if let Some((rule, _)) = deny.or(ask) {
        let text = format!(
            "what it runs is known only when it runs, and the rule {} could be about it",
            rule.text
        );
        return (Verdict::Ask(text), by(rule));
    }
    let (verdict, by) = match allowing(asked, &parts) {
        Some(rules) => (Verdict::Allow, By::Rules { rules }),
        None => (mode::verdict(asked, &parts), By::Mode { mode: asked.mode }),
    };
    let holds_back = || uncaged(asked, &parts).or_else(|| wary(asked, &parts, &by));
    match verdict {
        Verdict::Allow => match holds_back() {
            Some(reason) => (Verdict::Ask(reason), By::Mode { mode: asked.mode }),
            None => (Verdict::Allow, by),
        },
        verdict => (verdict, by),
    }
}

/// Why a call that could carry something out may not run by a rule or a mode alone: the session read what nobody trusted wrote.
/// Rules of this very run are the person's word for it.
fn wary(asked: &Asked<'_>, parts: &Parts, by: &By) -> Option<String> {
    let untrusted = asked.untrusted?;
    // What comes from elsewhere must never speak to sessions to come, whoever's rule lets it.
    if let Some(keeps) = keeps_note(asked.reach) {
        return Some(format!("it {keeps}, and this session {}", untrusted.told()));
    }
    let of_run = |rules: &[Rule]| rules.iter().all(|rule| rule.scope == Scope::Run);
    if matches!(by, By::Rules { rules } if of_run(rules)) {
        return None;
    }
    let out = leads_out(asked, parts)?;
    Some(format!("it {out}, and this session {}", untrusted.told()))
}

fn keeps_note(reach: &[Reach]) -> Option<&'static str> {
    let keeps = |reach: &Reach| matches!(reach, Reach::Note { .. });
    reach
        .iter()
        .any(keeps)
        .then_some("keeps a note for sessions to come")
}

/// How a call reaches what lies outside the session's folder, in a few words.
pub(crate) fn leads_out(asked: &Asked<'_>, parts: &Parts) -> Option<&'static str> {
    if let Some(keeps) = keeps_note(asked.reach) {
        return Some(keeps);
    }
    let writes =
        |reach: &Reach| matches!(reach, Reach::Write { path } if !inside(path, asked.roots));
    if asked.reach.iter().any(writes) {
        return Some("writes outside the folder");
    }
    if let Parts::Known(parts) = parts {
        let out = |target: &String| !inside(&asked.cwd.join(target), asked.roots);
        if parts.iter().flat_map(|part| &part.writes).any(out) {
            return Some("writes outside the folder");
        }
    }
    let open = asked.cage.shut == Shut::Open && needs_network(asked);
    (open || network::has(asked, parts)).then_some("uses the network")
}

/// Why a command may not run by a rule or a mode alone.
fn uncaged(asked: &Asked<'_>, parts: &Parts) -> Option<String> {
    command(asked.reach)?;
    let Cage {
        level, given_up, ..
    } = asked.cage;
    if !given_up && !level.holds() {
        return Some(format!(
            "the sandbox level here is {level}, so nothing runs by a rule or a mode alone"
        ));
    }
    let needs = network::wanted(asked, parts)?;
    Some(format!(
        "`{needs}` needs the network, which commands are kept from"
    ))
}

/// Whether the call has the network when it runs: by a rule, or by the yes of a person who was told so.
pub fn has_network(asked: &Asked<'_>) -> bool {
    network::has(asked, &Parts::of(asked.reach))
}

/// Whether a command names a program of the network, wherever it stands: `timeout 9 curl` is one too.
pub fn needs_network(asked: &Asked<'_>) -> bool {
    let named = |line: &str| {
        let mut words = line.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'));
        words.any(|word| network::PROGRAMS.contains(&word))
    };
    command(asked.reach).is_some_and(named)
        || network::needed(asked, &Parts::of(asked.reach)).is_some()
}

/// Whether a rule is about a call: alone it would let it run, or stop it. The rules of `asked` and its mode are not looked at.
pub fn is_about(rule: &Rule, asked: &Asked<'_>) -> bool {
    let rules = [rule.clone()];
    let asked = Asked {
        rules: &rules,
        ..*asked
    };
    let parts = Parts::of(asked.reach);
    match rule.effect {
        Effect::Allow => allowing(&asked, &parts).is_some(),
        Effect::Deny | Effect::Ask => {
            matches!(
                strictest(&asked, &parts, rule.effect),
                Some((_, Meets::Yes))
            )
        }
    }
}

/// Whether a rule of this text, beside those there are, would let the call run from now on.
pub fn would_allow(text: &str, asked: &Asked<'_>) -> bool {
    would_all_allow(&[text.to_owned()], asked)
}

fn would_all_allow(texts: &[String], asked: &Asked<'_>) -> bool {
    let new = texts
        .iter()
        .map(|text| Rule::new(Effect::Allow, text, Scope::Session));
    let rules: Vec<Rule> = asked.rules.iter().cloned().chain(new).collect();
    decide(&Asked {
        rules: &rules,
        mode: Mode::Ask,
        untrusted: None,
        ..*asked
    }) == Verdict::Allow
}

/// The paths that no rule lets this tool look into, for a search that meets files nobody named. A rule without a pattern
/// denies the whole call and is not among them.
pub fn denied_paths(rules: &[Rule], tool: &str, bases: Bases<'_>) -> Vec<Paths> {
    rules
        .iter()
        .filter(|rule| rule.effect == Effect::Deny)
        .filter_map(Matcher::new)
        .filter(|matcher| matcher.is_about(tool))
        .filter_map(|matcher| matcher.paths(bases))
        .collect()
}

/// Whether rules deny every call of a tool: the model is then not told of it.
pub fn hides(rules: &[Rule], tool: &str) -> bool {
    rules
        .iter()
        .filter(|rule| rule.effect == Effect::Deny)
        .filter_map(Matcher::new)
        .any(|matcher| matcher.is_bare() && !matcher.is_network() && matcher.is_about(tool))
}

/// The ask for a call, bound to exactly what it shows: another subject, folder or call is another ask.
pub fn ask(
    call: &ToolCall,
    (subject, bound): (Subject, Option<Bound>),
    (reason, looked): (String, &Looked),
    asked: &Asked<'_>,
) -> Ask {
    let parts = Parts::of(asked.reach);
    let subject = match subject {
        Subject::Command { argv, .. } => {
            let parts = match &parts {
                Parts::Known(parts) => parts.iter().map(|part| part.text.clone()).collect(),
                Parts::None | Parts::Unknown(_) => Vec::new(),
            };
            Subject::Command { argv, parts }
        }
        other => other,
    };
    let (risk, risk_why) = risk::of(asked, &parts, looked);
    // Whatever rule was kept now, it would be asked again.
    let held = asked.untrusted.is_some() && leads_out(asked, &parts).is_some();
    let rules = if held {
        Err("no rule is offered: it is asked about each time until `/trust` says that what was read is fine".to_owned())
    } else {
        proposal::rules(asked, &parts, risk)
    };
    let mut session_rules = if held {
        Vec::new().into_iter()
    } else {
        proposal::for_session(asked, &parts, risk).into_iter()
    };
    let approval = Approval {
        call: call.id.clone(),
        tool: asked.tool.to_owned(),
        session_rule: session_rules.next(),
        session_rules_beside: session_rules.collect(),
        rules: rules.clone().unwrap_or_default(),
        no_rule: rules.err(),
        bound,
        subject,
        cwd: asked.cwd.to_owned(),
        risk,
        risk_why,
        reason,
        level: command(asked.reach).map(|_| asked.cage.level),
        network: network::has(asked, &parts),
    };
    about(call, About::Approval(approval))
}

/// The ask for what the model wants to know.
pub fn question(call: &ToolCall, text: String, choices: Vec<String>) -> Ask {
    let call_id = call.id.clone();
    about(
        call,
        About::Question(Question {
            call: call_id,
            text,
            choices,
        }),
    )
}

/// An ask with a name of its own for exactly what it shows.
fn about(call: &ToolCall, about: About) -> Ask {
    let shown = serde_json::to_vec(&about).unwrap_or_default();
    let digest = digest::hex(&shown);
    Ask {
        id: AskId::about(&call.id, &digest[..8]),
        about,
    }
}

/// The commands of a line, as far as it can be understood.
#[derive(Debug)]
pub(crate) enum Parts {
    /// Not a command line.
    None,
    Known(Vec<Part>),
    Unknown(command_line::Unprovable),
}

impl Parts {
    pub(crate) fn of(reach: &[Reach]) -> Self {
        match command(reach).map(command_line::split) {
            None => Self::None,
            Some(Ok(parts)) => Self::Known(parts),
            Some(Err(why)) => Self::Unknown(why),
        }
    }
}

pub fn command(reach: &[Reach]) -> Option<&str> {
    reach.iter().find_map(|reach| {
        if let Reach::Run { command } = reach {
            Some(command.as_str())
        } else {
            None
        }
    })
}

/// The rule of an effect that meets the call most certainly; of several the first.
fn strictest<'a>(asked: &Asked<'a>, parts: &Parts, effect: Effect) -> Option<(&'a Rule, Meets)> {
    let bases = Bases {
        cwd: asked.cwd,
        home: asked.home,
    };
    let mut found: Option<(&Rule, Meets)> = None;
    for rule in asked.rules.iter().filter(|rule| rule.effect == effect) {
        let Some(matcher) = Matcher::new(rule).filter(|matcher| matcher.is_about(asked.tool))
        else {
            continue;
        };
        if matcher.is_network() && network::needed(asked, parts).is_none() {
            continue;
        }
        let meets = if matcher.is_bare() {
            Meets::Yes
        } else {
            asked
                .reach
                .iter()
                .map(|reach| meets(&matcher, reach, parts, bases))
                .max()
                .unwrap_or(Meets::No)
        };
        if meets > found.map_or(Meets::No, |(_, meets)| meets) {
            found = Some((rule, meets));
        }
    }
    found
}

fn meets(matcher: &Matcher<'_>, reach: &Reach, parts: &Parts, bases: Bases<'_>) -> Meets {
    match reach {
        Reach::Read { path } | Reach::Write { path } | Reach::Note { path }
            if matcher.fits_path(path, bases) =>
        {
            Meets::Yes
        }
        Reach::Run { command } => match parts {
            Parts::Known(parts) => parts
                .iter()
                .map(|part| matcher.meets(part))
                .max()
                .unwrap_or(Meets::No),
            Parts::Unknown(_) | Parts::None if matcher.fits_crudely(command) => Meets::Yes,
            Parts::Unknown(_) | Parts::None => Meets::Maybe,
        },
        Reach::Read { .. }
        | Reach::Write { .. }
        | Reach::Output { .. }
        | Reach::Note { .. }
        | Reach::Recall { .. } => Meets::No,
    }
}

/// The rules that let the call run, where they cover all of it.
fn allowing(asked: &Asked<'_>, parts: &Parts) -> Option<Vec<Rule>> {
    let matchers = allowers(asked);
    if let Some(bare) = matchers.iter().find(|matcher| matcher.is_bare()) {
        return Some(vec![bare.rule.clone()]);
    }
    let bases = Bases {
        cwd: asked.cwd,
        home: asked.home,
    };
    let mut used: Vec<Rule> = Vec::new();
    let mut use_it = |matcher: Option<&Matcher<'_>>| -> Option<()> {
        let rule = matcher?.rule;
        if !used.contains(rule) {
            used.push(rule.clone());
        }
        Some(())
    };
    for reach in asked.reach {
        match (reach, parts) {
            (Reach::Read { path }, _) => {
                use_it(matchers.iter().find(|rule| rule.fits_path(path, bases)))?;
            }
            (Reach::Write { path }, _) => {
                let fits = |rule: &&Matcher<'_>| {
                    rule.fits_path(path, bases) && (!is_protected(path) || rule.says_protected())
                };
                use_it(matchers.iter().find(fits))?;
            }
            (Reach::Run { .. }, Parts::Known(parts)) => {
                for part in parts {
                    use_it(matchers.iter().find(|rule| rule.covers(part)))?;
                }
            }
            (Reach::Note { path }, _) => {
                use_it(matchers.iter().find(|rule| rule.fits_path(path, bases)))?;
            }
            // By a rule for the whole tool alone.
            (Reach::Recall { .. }, _) | (Reach::Run { .. }, Parts::Unknown(_) | Parts::None) => {
                return None;
            }
            (Reach::Output { .. }, _) => {}
        }
    }
    (!used.is_empty()).then_some(used)
}

fn allowers<'a>(asked: &Asked<'a>) -> Vec<Matcher<'a>> {
    asked
        .rules
        .iter()
        .filter(|rule| rule.effect == Effect::Allow)
        .filter_map(Matcher::new)
        .filter(|matcher| matcher.is_about(asked.tool))
        .collect()
}
