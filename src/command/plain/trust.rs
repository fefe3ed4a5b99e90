//! What waits to be trusted and the rules that were kept, by words: as the lists of the workstation, and as `creel trust` and
//! `creel rules`. Nothing is trusted that was not told before.

use crate::agent::moment::Now;
use crate::agent::visible::{as_command, one_line};
use crate::command::moment::{self, age};
use crate::command::plain::desk::Desk;
use crate::command::plain::room::Stage;
use crate::command::rules::{bound, effect};
use crate::command::table::counted;
use crate::command::trust::standing;
use crate::command::{Trouble, find};
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::op::{Manage, Managed};
use crate::protocol::query::{Found, Query};
use crate::protocol::rule::KeptRule;
use crate::protocol::session::Change;
use crate::protocol::trust::{Brought, Standing, Trust};

/// Which rows of the list that was told last are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// None: the list itself is wanted.
    List,
    All,
    One(usize),
}

impl Which {
    /// Of what follows the word: nothing, `all`, or a number.
    pub fn read(rest: &str) -> Option<Self> {
        match rest {
            "" => Some(Self::List),
            "all" => Some(Self::All),
            number => number.parse().ok().map(Self::One),
        }
    }

    fn takes(self, row: usize) -> bool {
        match self {
            Self::List => false,
            Self::All => true,
            Self::One(number) => number == row + 1,
        }
    }
}

/// What was told of a session: what may be trusted by its numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Told {
    /// Of the session, the rules its folder brought.
    brought: Option<(SessionId, Vec<Brought>)>,
    /// And the number up to which was told what it read.
    read: Option<(SessionId, Seq)>,
    /// The numbers of the rules that were kept.
    rules: Vec<u32>,
}

impl Told {
    fn has_rule(&self, number: u32) -> bool {
        self.rules.contains(&number)
    }
}

/// The rules of a folder as lines.
fn listed(trust: &Trust) -> Vec<String> {
    let rules = trust.brought.iter().enumerate();
    let rules = rules.map(|(index, brought)| {
        let (word, why) = standing(&brought.standing);
        let file = match &*brought.file {
            "" => String::new(),
            file => format!(", from {}", one_line(file)),
        };
        let why = match &*why {
            "" => String::new(),
            why => format!(": {}", one_line(why)),
        };
        let (number, effect) = (index + 1, effect(brought.effect));
        format!(
            "{number} {word}{why}. {effect} {}{file}.",
            as_command(&brought.text)
        )
    });
    let mut lines: Vec<String> = rules.collect();
    if lines.is_empty() {
        lines.push("the folder of this session brings no rules.".to_owned());
    }
    lines.extend(trust.faults.iter().map(|fault| one_line(fault)));
    if !trust.unused.is_empty() {
        let unused = trust.unused.join(", ");
        lines.push(format!("not used by Creel: {}.", one_line(&unused)));
    }
    lines
}

/// A kept rule as a line.
fn line(kept: &KeptRule, now: &Now) -> String {
    let of = bound(&kept.bounds).map_or_else(String::new, |of| format!(" {}", one_line(&of)));
    let used = match kept.last_used {
        Some(last) => format!(
            "used {}, last {} ago",
            counted(kept.used, "time"),
            age(last, now.time)
        ),
        None => "never used".to_owned(),
    };
    let ended = if kept.holds_at(now.time) {
        ""
    } else {
        ", it has ended"
    };
    format!(
        "rule {}: {} {}, {}{of}, {used}{ended}.",
        kept.number,
        effect(kept.effect),
        as_command(&kept.text),
        kept.bounds.scope().name(),
    )
}

impl Desk<'_> {
    async fn look_for_trust(&self) -> Result<Trust, Trouble> {
        let cwd = self.room().cwd.clone();
        match self.door.ask(Query::Trust(cwd)).await {
            Found::Trust(trust) => Ok(*trust),
            other => Err(find::odd(&other)),
        }
    }

    /// Says once that the folder brings something that waits.
    pub async fn tell_waiting(&mut self) -> Result<(), Trouble> {
        let waiting = self.look_for_trust().await?.waiting();
        if waiting > 0 {
            let rules = counted(waiting as u64, "rule");
            self.say(format!(
                "this folder brings {rules} that would let calls run unasked; nothing of it holds until you trust it: trust tells."
            ));
        }
        Ok(())
    }

    /// What the folder brings, or trusting some of what was told.
    pub async fn trust(&mut self, which: Which) -> Result<(), Trouble> {
        if which == Which::List {
            let trust = self.look_for_trust().await?;
            for line in listed(&trust) {
                self.say(line);
            }
            if trust.waiting() > 0 {
                self.say("trust and a number trusts one, trust all those that are new.");
            }
            self.told.brought = Some((self.room().id, trust.brought));
            return Ok(());
        }
        let mut texts: Vec<String> = self
            .told_rows(which)
            .into_iter()
            .filter(|brought| brought.standing == Standing::New)
            .map(|brought| brought.text)
            .collect();
        texts.sort();
        texts.dedup();
        if texts.is_empty() {
            self.say("nothing new was told under that: trust tells what the folder brings");
            return Ok(());
        }
        let cwd = self.room().cwd.clone();
        let accept = Manage::Accept {
            cwd,
            texts: texts.clone(),
        };
        match self.door.manage(accept).await {
            Managed::Accepted { numbers } => {
                for (number, text) in numbers.iter().zip(&texts) {
                    self.say(format!("rule {number}: {} holds now.", as_command(text)));
                }
                // What was told stands otherwise by now.
                self.told.brought = None;
            }
            other => self.not_done(other),
        }
        Ok(())
    }

    /// Trusts rules of the folder no more.
    pub async fn untrust(&mut self, which: Which) {
        let numbers: Vec<u32> = self
            .told_rows(which)
            .iter()
            .filter_map(|brought| match brought.standing {
                Standing::Trusted(number) | Standing::Gone(number) => Some(number),
                Standing::New | Standing::Narrows | Standing::Unread(_) => None,
            })
            .collect();
        if numbers.is_empty() {
            self.say("nothing trusted was told under that: trust tells what the folder brings");
            return;
        }
        self.told.brought = None;
        self.remove(numbers).await;
    }

    fn told_rows(&self, which: Which) -> Vec<Brought> {
        let (told, brought) = match &self.told.brought {
            Some((session, brought)) => (*session, brought.as_slice()),
            None => return Vec::new(),
        };
        let rows = brought.iter().enumerate();
        rows.filter(|(row, _)| told == self.room().id && which.takes(*row))
            .map(|(_, brought)| brought.clone())
            .collect()
    }

    /// What the session read that nobody trusted wrote, or saying that what was told of it is fine.
    pub fn vouch(&mut self, number: Option<u64>) {
        let room = self.room();
        let (id, open) = (room.id, room.stage == Stage::Open);
        let session = room.session.as_ref().filter(|_| open);
        let (read, last) = session.map_or((Vec::new(), Seq(0)), |session| {
            let read = session.untrusted.iter();
            let read = read.map(|(_, read)| one_line(&read.told())).collect();
            (read, session.last_seq)
        });
        if read.is_empty() {
            self.say("nothing was read here that nobody trusted wrote");
            return;
        }
        let Some(number) = number else {
            for read in read {
                self.say(format!("this session {read}."));
            }
            self.say(format!(
                "so neither the network nor writing outside its folder goes by itself. vouch {last} says that all of this is fine."
            ));
            self.told.read = Some((id, last));
            return;
        };
        let until = Seq(number);
        if self.told.read.take() != Some((id, until)) {
            self.say("vouch tells what was read here, and the number that vouches for it");
            return;
        }
        // The session says it once it is kept.
        self.change(Change::Vouched { until });
    }

    /// The rules that were kept, or one of them taken away.
    pub async fn rules(&mut self, number: Option<u32>) -> Result<(), Trouble> {
        if let Some(number) = number {
            if self.told.has_rule(number) {
                self.remove(vec![number]).await;
            } else {
                self.say("no rule was told under that: rules tells them");
            }
            return Ok(());
        }
        let rules = match self.door.ask(Query::Rules).await {
            Found::Rules(rules) => rules,
            other => return Err(find::odd(&other)),
        };
        let now = moment::from_system();
        for rule in &rules.config {
            let (effect, text) = (effect(rule.effect), as_command(&rule.text));
            self.say(format!("{effect} {text}, in the config."));
        }
        for kept in &rules.kept {
            self.say(line(kept, &now));
        }
        self.told.rules = rules.kept.iter().map(|kept| kept.number).collect();
        match (rules.kept.is_empty(), rules.config.is_empty()) {
            (true, true) => self.say("there are no rules: an ask offers them."),
            (true, false) => {}
            (false, _) => self.say("rules remove and a number takes one away."),
        }
        Ok(())
    }

    async fn remove(&mut self, numbers: Vec<u32>) {
        match self.door.manage(Manage::RemoveRules { numbers }).await {
            Managed::RulesRemoved { numbers } => {
                for number in &numbers {
                    self.say(format!("rule {number} holds no more."));
                }
                if numbers.is_empty() {
                    self.say("there is no such rule: rules tells them");
                }
            }
            other => self.not_done(other),
        }
    }

    /// What was refused is no reason to end.
    fn not_done(&mut self, managed: Managed) {
        let why = Trouble::undone(managed);
        self.say(format!("not done: {}.", one_line(&why.to_string())));
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::protocol::rule::{Bounds, Effect};
    use crate::protocol::time::Time;

    #[test]
    fn what_a_folder_brings_is_told_with_how_it_stands() {
        let brought = |text: &str, standing| Brought {
            file: match standing {
                Standing::Gone(_) => String::new(),
                _ => ".claude/settings.json".to_owned(),
            },
            effect: match standing {
                Standing::Narrows => Effect::Deny,
                _ => Effect::Allow,
            },
            text: text.to_owned(),
            standing,
        };
        let trust = Trust {
            brought: vec![
                brought("Bash(git\u{202e} *)", Standing::New),
                brought("Read(.env)", Standing::Narrows),
                brought("Bash(ls)", Standing::Trusted(4)),
                brought("Bash(cat)", Standing::Gone(5)),
                brought("WebFetch", Standing::Unread("no such tool".to_owned())),
            ],
            unused: vec!["hooks in .claude/settings.json".to_owned()],
            faults: vec!["x is no JSON".to_owned()],
        };
        let expected = [
            "1 new. allow Bash(git\\u{202e} *), from .claude/settings.json.",
            "2 holds. deny Read(.env), from .claude/settings.json.",
            "3 trusted. allow Bash(ls), from .claude/settings.json.",
            "4 gone: no file brings it any more. allow Bash(cat).",
            "5 unused: no such tool. allow WebFetch, from .claude/settings.json.",
            "x is no JSON",
            "not used by Creel: hooks in .claude/settings.json.",
        ];
        assert_eq!(listed(&trust), expected);
        let nothing = ["the folder of this session brings no rules."];
        assert_eq!(listed(&Trust::default()), nothing);
    }

    #[test]
    fn the_rows_that_are_meant_are_told_by_word() {
        for (rest, expected) in [
            ("", Some(Which::List)),
            ("all", Some(Which::All)),
            ("2", Some(Which::One(2))),
            ("me", None),
        ] {
            assert_eq!(Which::read(rest), expected, "{rest}");
        }
        assert!(Which::One(2).takes(1) && !Which::One(2).takes(2) && Which::All.takes(7));
    }

    #[test]
    fn only_a_rule_that_was_told_is_taken_away() {
        let told = Told {
            rules: vec![3],
            ..Told::default()
        };
        assert!(told.has_rule(3) && !told.has_rule(4) && !Told::default().has_rule(3));
    }

    #[test]
    fn a_kept_rule_is_a_line() {
        let kept = KeptRule {
            number: 3,
            effect: Effect::Allow,
            text: "Bash(cargo *)".to_owned(),
            bounds: Bounds::Everywhere,
            since: Time(0),
            until: Some(Time(10)),
            from: None,
            used: 1,
            last_used: None,
        };
        let now = Now {
            time: Time(20),
            ..moment::from_system()
        };
        let said = "rule 3: allow Bash(cargo *), everywhere, never used, it has ended.";
        assert_eq!(line(&kept, &now), said);
    }
}
