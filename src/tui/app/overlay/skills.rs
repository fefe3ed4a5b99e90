//! The skills at hand: what each is for; its name puts it into the composer.

use crate::tui::app::keymap::press::Press;
use crate::tui::app::overlay::pick::{Pick, Picked};
use crate::tui::app::overlay::{Reply, Wish};
use crate::tui::app::setup::SkillCard;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skills {
    pub skills: Vec<SkillCard>,
    pub pick: Pick,
}

impl Skills {
    /// Those the filter leaves, with their places in the whole list.
    pub fn shown(&self) -> Vec<(usize, &SkillCard)> {
        self.skills
            .iter()
            .enumerate()
            .filter(|(_, skill)| {
                self.pick
                    .fits(&format!("{} {}", skill.name, skill.description))
            })
            .collect()
    }

    pub fn key(&mut self, press: Press) -> Reply {
        let chosen = self.shown().get(self.pick.at).map(|row| row.0);
        let count = self.shown().len();
        match (self.pick.key(press, count), chosen) {
            (Picked::Closed, _) => Reply::Close,
            (Picked::Chosen, Some(index)) => Reply::Do(Wish::Skill(index)),
            _ => Reply::Stay,
        }
    }
}
