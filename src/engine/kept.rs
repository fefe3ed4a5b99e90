//! Rules that are kept: by an answer or from the command line, tried on the calls of before, and read before each call is
//! judged, so that one of another process holds at once.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::agent::at;
use crate::agent::decided::Deciding;
use crate::agent::permission::{self, Asked, Cage};
use crate::agent::rule;
use crate::engine::house::House;
use crate::engine::open;
use crate::engine::session::Task;
use crate::engine::trust;
use crate::project::{self, settings};
use crate::protocol::ask::{About, Approval, Verdict};
use crate::protocol::call::ToolCall;
use crate::protocol::decided::Decided;
use crate::protocol::event::Fact;
use crate::protocol::id::{CallId, SessionId};
use crate::protocol::query::{Rules, Trial, TrialAt};
use crate::protocol::rule::{
    Bounds, Effect, KeptRule, Lasting, Mode, NewRule, Replay, Rule, Sample, Scope, Stand,
};
use crate::protocol::session::Change;
use crate::protocol::time::Time;
use crate::store::read::Reader;
use crate::store::rules::{Keep, PastCall};
use crate::tool;

/// Lines of a replay that a person looks at.
const SAMPLES: usize = 6;

/// Facts of a day that are read at a time: some thousand calls.
const DECIDED: u32 = 4_000;

/// Rules that take away and that a folder brought while a session was open.
const NARROWING: usize = 5_000;

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

impl Task {
    /// Reads the rules that were kept and hold here now. An error: what cannot be read could forbid, so nothing may run.
    pub(crate) async fn read_rules(&mut self) -> Result<(), String> {
        let (cwd, home) = (self.session.spec.cwd.clone(), self.house.home.clone());
        let read = move |reader: &Reader| {
            let (folder, trusted) = project::brings(&cwd, home.as_deref());
            Ok((reader.kept_rules()?, settings::read(&folder), trusted))
        };
        let (kept, settings, trusted) = self.house.read(read).await?;
        let now = self.house.clock.now();
        let spec = &self.session.spec;
        let stand = Stand {
            session: self.session.id,
            cwd: &spec.cwd,
            project: &spec.project,
        };
        self.kept = kept
            .iter()
            .filter(|kept| kept.holds_at(now) && kept.bounds.hold(stand))
            .map(KeptRule::rule)
            .collect();
        self.untrusted_rules = trust::waiting(&settings, &kept, &trusted);
        self.unread_rules = settings.faults.first().cloned();
        for rule in trust::in_force(&settings, &kept, &trusted) {
            // What takes away stays for as long as the session is open: the folder's files are the model's to write.
            if rule.effect == Effect::Allow {
                self.kept.push(rule);
            } else if !self.narrowing.contains(&rule) {
                if self.narrowing.len() == NARROWING {
                    return Err("the folder changed what it forbids too often".to_owned());
                }
                self.narrowing.push(rule);
            }
        }
        Ok(())
    }

    /// Keeps the rule that a yes brings with it; any other answer brings none.
    pub(crate) async fn keep_with(
        &mut self,
        verdict: &Verdict,
        approval: &Approval,
    ) -> Result<(), String> {
        let rules = match verdict {
            Verdict::Session => {
                let of_session = |text: &str| NewRule {
                    effect: Effect::Allow,
                    text: text.to_owned(),
                    scope: Scope::Session,
                    lasts: Lasting::Always,
                };
                let rules: Vec<NewRule> = approval.session_rules().map(of_session).collect();
                if rules.is_empty() {
                    return Err("no rule covers just what this shows".to_owned());
                }
                rules
            }
            Verdict::Kept { rule } => {
                let call = self
                    .turn
                    .as_ref()
                    .and_then(|turn| turn.call(&approval.call));
                let call = call.cloned().ok_or("the call is no longer there")?;
                self.read_rules().await?;
                let house = Arc::clone(&self.house);
                let cage = house.walls.cage(&house).await;
                if let Some(why) = self.unfit(rule, approval, &call, cage) {
                    return Err(why);
                }
                vec![rule.clone()]
            }
            Verdict::Once | Verdict::No { .. } | Verdict::Edited { .. } | Verdict::Hunks { .. } => {
                return Ok(());
            }
        };
        let mut facts = Vec::new();
        for rule in rules {
            without_key(&rule.text, &self.house)?;
            let change = self.rule_kept(&rule, Some(approval.call.clone()));
            facts.push(Fact::SessionChanged { change });
        }
        let kept = self.commit(facts).await;
        kept.map_err(|why| why.to_string())
    }

    /// Why a rule cannot be kept, wherever it is from.
    pub(crate) fn faulty(&self, text: &str) -> Option<String> {
        rule::parse(text)
            .err()
            .or_else(|| without_key(text, &self.house).err())
    }

    /// The change that keeps a rule within the bounds that its scope has here.
    pub(crate) fn rule_kept(&self, rule: &NewRule, call: Option<CallId>) -> Change {
        let spec = &self.session.spec;
        let top = self.roots.first().unwrap_or(&spec.cwd);
        let bounds = bounds(rule.scope, self.session.id, top, &spec.project);
        let until = until(&self.house, rule.lasts);
        Change::RuleKept {
            rule: Rule::new(rule.effect, rule.text.trim(), rule.scope),
            bounds: Some(Box::new(bounds)),
            until,
            call,
        }
    }

    /// Why a rule cannot be kept at this call.
    fn unfit(
        &self,
        rule: &NewRule,
        approval: &Approval,
        call: &ToolCall,
        cage: Cage,
    ) -> Option<String> {
        if let Some(why) = unfit(rule, approval) {
            return Some(why);
        }
        let would = |asked: &Asked<'_>| permission::would_allow(&rule.text, asked);
        match self.weighed(call, (Mode::Ask, cage), would) {
            Ok(true) => None,
            Ok(false) => Some(covers_not(&rule.text)),
            Err(why) => Some(why),
        }
    }

    /// What is said of a call under the rules that were read last.
    pub(crate) fn weighed<T>(
        &self,
        call: &ToolCall,
        (mode, cage): (Mode, Cage),
        say: impl FnOnce(&Asked<'_>) -> T,
    ) -> Result<T, String> {
        let missing = || self.house.tools.missing(&call.name);
        let tool = self.house.tools.get(&call.name).ok_or_else(missing)?;
        let place = self.place();
        let reach = tool::reach(&*tool, &call.input()?, &place)?;
        let rules = self.rules();
        Ok(say(&Asked {
            tool: &tool.spec().name,
            reach: &reach,
            mode,
            rules: &rules,
            cwd: &place.cwd,
            roots: &place.roots,
            home: self.house.home.as_deref(),
            cage,
            untrusted: self.session.untrusted(),
        }))
    }
}

/// A rule is kept as it is written, and a key that Creel holds is written nowhere.
pub(crate) fn without_key(text: &str, house: &House) -> Result<(), String> {
    match house.redactor().redact(text) {
        Cow::Borrowed(_) => Ok(()),
        Cow::Owned(_) => {
            Err("the rule holds a key that Creel keeps; a `*` can stand in its place".to_owned())
        }
    }
}

fn covers_not(text: &str) -> String {
    format!("the rule {text} would not have let this call run")
}

/// What is wrong with a rule for an ask, whatever its call.
fn unfit(rule: &NewRule, approval: &Approval) -> Option<String> {
    if approval.rules.is_empty() {
        let why = approval.no_rule.clone();
        return Some(why.unwrap_or_else(|| "no rule can be kept at this".to_owned()));
    }
    if rule.effect != Effect::Allow {
        return Some("a yes keeps a rule that allows".to_owned());
    }
    match rule::parse(&rule.text) {
        Err(why) => Some(why),
        Ok((tool, None)) => Some(format!(
            "a rule for all calls of {tool} is written in the config, not at an ask"
        )),
        Ok(_) if !Scope::KEPT.contains(&rule.scope) => {
            Some(format!("a rule is not kept for a {}", rule.scope.name()))
        }
        Ok(_) => None,
    }
}

fn bounds(scope: Scope, session: SessionId, top: &Path, project: &Path) -> Bounds {
    match scope {
        Scope::Worktree => Bounds::Worktree {
            folder: top.to_owned(),
        },
        Scope::Repository => Bounds::Repository {
            project: project.to_owned(),
        },
        Scope::Everywhere => Bounds::Everywhere,
        Scope::Session | Scope::Run | Scope::Config | Scope::Project => Bounds::Session { session },
    }
}

fn until(house: &House, lasts: Lasting) -> Option<Time> {
    let now = house.clock.now();
    match lasts {
        Lasting::Always => None,
        Lasting::Today => Some(house.clock.day_of(now).1),
        Lasting::Days(days) => Some(Time(now.0.saturating_add(DAY_MILLIS * i64::from(days)))),
    }
}

/// Keeps a rule that was typed.
pub(crate) async fn keep(house: &Arc<House>, rule: NewRule, cwd: &Path) -> Result<u32, String> {
    rule::parse(&rule.text)?;
    without_key(&rule.text, house)?;
    let place = project::find(cwd);
    let bounds = match rule.scope {
        Scope::Worktree => Bounds::Worktree { folder: place.top },
        Scope::Repository => Bounds::Repository {
            project: place.root,
        },
        Scope::Everywhere => Bounds::Everywhere,
        Scope::Session | Scope::Run | Scope::Config | Scope::Project => {
            return Err(format!(
                "a rule of the scope {} is not kept so: worktree, repository or everywhere",
                rule.scope.name()
            ));
        }
    };
    let keep = Keep {
        effect: rule.effect,
        text: rule.text.trim().to_owned(),
        bounds,
        since: house.clock.now(),
        until: until(house, rule.lasts),
        from: None,
    };
    let kept = house.log.keep_rule(keep).await;
    kept.map_err(|why| why.to_string())
}

pub(crate) async fn remove(house: &Arc<House>, numbers: Vec<u32>) -> Result<Vec<u32>, String> {
    let gone = house.log.remove_rules(numbers, house.clock.now()).await;
    gone.map_err(|why| why.to_string())
}

pub(crate) async fn list(house: &Arc<House>) -> Result<Rules, String> {
    Ok(Rules {
        config: house.rules.clone(),
        kept: house.read(Reader::kept_rules).await?,
        now: house.clock.now(),
    })
}

/// What was decided today, and so many calls of it. It is put together where it is read, so that no face gets more than it shows.
pub(crate) async fn decided(house: &Arc<House>, rows: u32) -> Result<Decided, String> {
    let (began, _) = house.clock.day_of(house.clock.now());
    house
        .read(move |reader| {
            let (mut decided, mut before) = (Deciding::new(rows as usize), None);
            loop {
                let events = reader.decided(began, before, DECIDED)?;
                let Some(oldest) = events.last() else {
                    return Ok(decided.end());
                };
                before = Some(oldest.seq);
                decided.add(&events);
            }
        })
        .await
}

/// Tries a rule on the calls of before.
pub(crate) async fn replay(house: &Arc<House>, trial: Trial) -> Result<Replay, String> {
    let (bounds, refused, call) = match &trial.at {
        TrialAt::Folder(cwd) => {
            let place = project::find(cwd);
            // No session is meant: those of the folder are looked at, as far as the scope goes.
            let session = SessionId(uuid::Uuid::nil());
            let scope = match trial.rule.scope {
                Scope::Session | Scope::Run => Scope::Worktree,
                Scope::Config | Scope::Project => Scope::Everywhere,
                scope => scope,
            };
            let fault = rule::parse(&trial.rule.text).err();
            let bounds = bounds(scope, session, &place.top, &place.root);
            (bounds, fault, None)
        }
        TrialAt::Ask(id, ask) => {
            let session = open::folded(house, *id).await?;
            let session = session.ok_or("the session is not there any more")?;
            let waiting = session.asks.iter().find(|waiting| waiting.ask.id == *ask);
            let about = waiting.map(|waiting| &waiting.ask.about);
            let Some(About::Approval(approval)) = about else {
                return Err("this no longer waits for an answer".to_owned());
            };
            let spec = &session.spec;
            let place = project::find(&spec.cwd);
            let roots = project::roots(&spec.cwd, &place, house.home.as_deref());
            let top = roots.first().unwrap_or(&spec.cwd);
            let bounds = bounds(trial.rule.scope, *id, top, &spec.project);
            let call = (*id, approval.call.clone());
            (bounds, unfit(&trial.rule, approval), Some(call))
        }
    };
    let rule = Rule::new(trial.rule.effect, trial.rule.text.trim(), trial.rule.scope);
    let (calls, cut) = house.read(Reader::past_calls).await?;
    let kept = house.read(Reader::kept_rules).await?;
    let now = house.clock.now();
    let judge = Arc::clone(house);
    let tried = tokio::task::spawn_blocking(move || {
        let mut replay = tried(&judge, &rule, &bounds, &calls);
        let waiting = calls.iter().find(|past| {
            let is_it = |(session, id): &(SessionId, CallId)| {
                past.session == *session && past.call.id == *id
            };
            call.as_ref().is_some_and(is_it)
        });
        let covered = waiting.is_none_or(|past| {
            let stand = stand(past);
            let holds = kept
                .iter()
                .filter(|kept| kept.holds_at(now) && kept.bounds.hold(stand));
            let rules: Vec<Rule> = judge
                .rules
                .iter()
                .cloned()
                .chain(holds.map(KeptRule::rule))
                .collect();
            let would = |asked: &Asked<'_>| permission::would_allow(&rule.text, asked);
            weighed(&judge, past, &rules, would).unwrap_or(false)
        });
        replay.cut = cut;
        replay.refused = refused.or_else(|| (!covered).then(|| covers_not(&rule.text)));
        replay
    });
    tried.await.map_err(|error| error.to_string())
}

/// What a rule would have done with the calls of before. One that is open is none: it waits for an answer itself, or is under way.
fn tried(house: &House, rule: &Rule, bounds: &Bounds, calls: &[PastCall]) -> Replay {
    let mut replay = Replay::default();
    let mut samples: BTreeMap<(bool, String, String), Sample> = BTreeMap::new();
    for past in calls.iter().filter(|past| past.ended.is_some()) {
        let of_tool =
            rule::Matcher::new(rule).is_some_and(|matcher| matcher.is_about(&past.call.name));
        if !of_tool || !bounds.hold(stand(past)) {
            continue;
        }
        let about = |asked: &Asked<'_>| permission::is_about(rule, asked);
        let Some(about) = weighed(house, past, &[], about) else {
            continue;
        };
        replay.looked += 1;
        if !about {
            continue;
        }
        replay.covers += 1;
        replay.denied += u64::from(past.refused);
        let subject = at::subject(&past.call.name, &past.call.arguments, at::LONGEST);
        let key = (!past.refused, past.call.name.clone(), subject.clone());
        let sample = samples.entry(key).or_insert_with(|| Sample {
            session: past.session,
            at: past.at,
            tool: past.call.name.clone(),
            subject,
            denied: past.refused,
            count: 0,
        });
        sample.count += 1;
    }
    let mut samples: Vec<Sample> = samples.into_values().collect();
    samples.sort_by_key(|sample| (!sample.denied, std::cmp::Reverse(sample.at)));
    samples.truncate(SAMPLES);
    replay.samples = samples;
    replay
}

fn stand(past: &PastCall) -> Stand<'_> {
    Stand {
        session: past.session,
        cwd: Path::new(&past.cwd),
        project: Path::new(&past.project),
    }
}

/// What is asked about a call of before; none where it could not be read.
fn weighed(
    house: &House,
    past: &PastCall,
    rules: &[Rule],
    ask: impl Fn(&Asked<'_>) -> bool,
) -> Option<bool> {
    let tool = house.tools.get(&past.call.name)?;
    let cwd = PathBuf::from(&past.cwd);
    let place = house.place(&cwd, std::slice::from_ref(&cwd), Path::new(&past.project));
    let reach = tool::reach(&*tool, &past.call.input().ok()?, &place).ok()?;
    Some(ask(&Asked {
        tool: &tool.spec().name,
        reach: &reach,
        mode: Mode::Ask,
        rules,
        cwd: &place.cwd,
        roots: &place.roots,
        home: house.home.as_deref(),
        // Which words it matches, and not what holds commands today.
        cage: Cage::GIVEN_UP,
        untrusted: None,
    }))
}
