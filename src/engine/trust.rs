//! What a folder brings that would let something run holds only while a person trusts exactly that: each rule by its text and its
//! folder. One that is another by one letter is another rule; one that no file brings any more does nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::engine::house::House;
use crate::engine::kept::without_key;
use crate::project::{self, settings, settings::Settings};
use crate::protocol::rule::{Bounds, Effect, KeptRule, Rule, Scope};
use crate::protocol::trust::{Brought, Standing, Trust};
use crate::store::read::Reader;
use crate::store::rules::Keep;

/// The rules of a folder that hold, given those that were kept.
pub(crate) fn in_force(settings: &Settings, kept: &[KeptRule], project: &Path) -> Vec<Rule> {
    let written = settings.rules.iter().filter(|rule| rule.fault.is_none());
    let rules = written.filter_map(|rule| {
        let number = trusted(kept, project, &rule.text);
        let holds = rule.effect != Effect::Allow || number.is_some();
        holds.then(|| Rule {
            number: number.filter(|_| rule.effect == Effect::Allow),
            ..Rule::new(rule.effect, rule.text.clone(), Scope::Project)
        })
    });
    rules.collect()
}

/// The rules of a folder that would let something run and that nobody trusted.
pub(crate) fn waiting(settings: &Settings, kept: &[KeptRule], project: &Path) -> Vec<String> {
    let written = settings.rules.iter().filter(|rule| {
        let allows = rule.effect == Effect::Allow && rule.fault.is_none();
        allows && trusted(kept, project, &rule.text).is_none()
    });
    written.map(|rule| rule.text.clone()).collect()
}

/// The number under which a rule of a folder was trusted.
fn trusted(kept: &[KeptRule], project: &Path, text: &str) -> Option<u32> {
    let is_it = |kept: &&KeptRule| is_of(kept, project) && kept.text == text;
    kept.iter().find(is_it).map(|kept| kept.number)
}

fn is_of(kept: &KeptRule, project: &Path) -> bool {
    matches!(&kept.bounds, Bounds::Project { project: of } if of == project)
}

/// What the folder brings, and how it stands.
pub(crate) async fn list(house: &Arc<House>, cwd: PathBuf) -> Result<Trust, String> {
    let home = house.home.clone();
    house
        .read(move |reader: &Reader| {
            let (folder, trusted) = project::brings(&cwd, home.as_deref());
            Ok(told(
                settings::read(&folder),
                &reader.kept_rules()?,
                &trusted,
            ))
        })
        .await
}

fn told(settings: Settings, kept: &[KeptRule], project: &Path) -> Trust {
    let of_here = kept.iter().filter(|kept| is_of(kept, project));
    let gone: Vec<Brought> = of_here
        .filter(|kept| {
            let brings =
                |rule: &settings::Written| rule.effect == Effect::Allow && rule.text == kept.text;
            !settings.rules.iter().any(brings)
        })
        .map(|kept| Brought {
            file: String::new(),
            effect: kept.effect,
            text: kept.text.clone(),
            standing: Standing::Gone(kept.number),
        })
        .collect();
    let written = settings.rules.into_iter().map(|rule| {
        let standing = match (rule.fault, rule.effect) {
            (Some(why), _) => Standing::Unread(why),
            (None, Effect::Deny | Effect::Ask) => Standing::Narrows,
            (None, Effect::Allow) => {
                trusted(kept, project, &rule.text).map_or(Standing::New, Standing::Trusted)
            }
        };
        Brought {
            file: rule.file.to_owned(),
            effect: rule.effect,
            text: rule.text,
            standing,
        }
    });
    Trust {
        brought: written.chain(gone).collect(),
        unused: settings.unused,
        faults: settings.faults,
    }
}

/// Trusts rules that the folder brings now; the numbers they are kept under. What it does not bring as it is said is refused, and
/// then none is trusted.
pub(crate) async fn accept(
    house: &Arc<House>,
    cwd: PathBuf,
    texts: Vec<String>,
) -> Result<Vec<u32>, String> {
    let home = house.home.clone();
    let (project, brought) = house
        .read(move |_: &Reader| {
            let (folder, trusted) = project::brings(&cwd, home.as_deref());
            Ok((trusted, settings::read(&folder)))
        })
        .await?;
    for text in &texts {
        without_key(text, house)?;
        let rule = brought
            .rules
            .iter()
            .find(|rule| rule.effect == Effect::Allow && rule.text == *text);
        match rule.map(|rule| &rule.fault) {
            None => {
                return Err(format!(
                    "the folder brings no rule {text} that allows: look again"
                ));
            }
            Some(Some(why)) => return Err(format!("{text}: {why}")),
            Some(None) => {}
        }
    }
    let texts: BTreeSet<String> = texts.into_iter().collect();
    let mut numbers = Vec::new();
    for text in texts {
        let keep = Keep {
            effect: Effect::Allow,
            text,
            bounds: Bounds::Project {
                project: project.clone(),
            },
            since: house.clock.now(),
            until: None,
            from: None,
        };
        let number = house.log.keep_rule(keep).await;
        numbers.push(number.map_err(|why| why.to_string())?);
    }
    Ok(numbers)
}
