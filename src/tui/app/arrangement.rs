//! Tabs and panes as they are kept for the next start, in the folder Creel was started in. It is a preference and no fact: what
//! cannot be read is begun anew, and nothing that was said or done hangs on it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::protocol::effort::Effort;
use crate::protocol::id::{ModelRef, SessionId};
use crate::protocol::query::Query;
use crate::protocol::rule::Mode;
use crate::tui::app::App;
use crate::tui::app::layout::Node;
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::pane::{Pane, PaneId};
use crate::tui::app::panes::Panes;
use crate::tui::app::view::{Stage, View};

/// The form of the file. A higher one was written by a newer Creel.
const VERSION: u32 = 1;
/// More tabs than this were not opened by a person.
const MOST_TABS: usize = 200;
/// It is kept this long after the last change, so that an edge that is dragged is one writing.
const REST: Duration = Duration::from_millis(500);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrangement {
    version: u32,
    tabs: Vec<Tab>,
    tree: Node,
    /// The session each pane shows, from the pane used longest ago to the last one.
    shows: Vec<(PaneId, SessionId)>,
    focus: PaneId,
    zoomed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Tab {
    session: SessionId,
    /// Of one that was not spoken to, of which the log knows nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fresh: Option<Fresh>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Fresh {
    folder: PathBuf,
    model: Option<ModelRef>,
    mode: Mode,
    effort: Option<Effort>,
}

/// What was kept last, and when what there is now shall be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keeping {
    last: Option<Arrangement>,
    pub due: Option<Duration>,
}

impl Arrangement {
    /// Reads what was kept; the error is a part of a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let head: Head = serde_json::from_str(text).map_err(|_| "it is damaged".to_owned())?;
        if head.version > VERSION {
            return Err("a newer Creel wrote it".to_owned());
        }
        let kept: Self = serde_json::from_str(text).map_err(|_| "it is damaged".to_owned())?;
        let mut ids: Vec<SessionId> = kept.tabs.iter().map(|tab| tab.session).collect();
        ids.sort_unstable();
        ids.dedup();
        let whole = ids.len() == kept.tabs.len()
            && ids.len() <= MOST_TABS
            && kept.shows.iter().all(|(_, session)| ids.contains(session))
            && kept.panes().is_some();
        whole
            .then_some(kept)
            .ok_or_else(|| "it does not fit together".to_owned())
    }

    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    fn panes(&self) -> Option<Panes> {
        Panes::restore(self.tree.clone(), &self.shows, self.focus, self.zoomed)
    }

    /// The tabs and panes that were kept; the past of each session is still to be read.
    pub fn open(&self, cwd: &Path) -> Option<(Vec<View>, Panes)> {
        let views = self.tabs.iter().map(|tab| match &tab.fresh {
            None => View::loading(tab.session, cwd.to_owned()),
            Some(fresh) => {
                let folder = fresh.folder.clone();
                let mut view = View::fresh(tab.session, folder, fresh.model.clone(), fresh.mode);
                view.effort = fresh.effort;
                view
            }
        });
        let views: Vec<View> = views.collect();
        self.panes()
            .filter(|_| !views.is_empty())
            .map(|panes| (views, panes))
    }
}

impl App {
    /// Tabs and panes as they are now; `None` where there is nothing that would be missed.
    fn arrangement(&self) -> Option<Arrangement> {
        let untouched = |view: &View| view.stage == Stage::Fresh && view.composer.is_empty();
        if self.panes.is_one() && self.views.iter().all(untouched) {
            return None;
        }
        let tabs = self.views.iter().map(|view| Tab {
            session: view.id,
            fresh: (view.stage == Stage::Fresh).then(|| Fresh {
                folder: view.cwd.clone(),
                model: view.model.clone(),
                mode: view.mode,
                effort: view.effort,
            }),
        });
        let mut all: Vec<&Pane> = self.panes.all().iter().collect();
        all.sort_by_key(|pane| pane.used);
        Some(Arrangement {
            version: VERSION,
            tabs: tabs.collect(),
            tree: self.panes.tree().clone(),
            shows: all.iter().map(|pane| (pane.id, pane.session)).collect(),
            focus: self.panes.focus(),
            zoomed: self.panes.zoomed,
        })
    }

    /// Notes that tabs or panes have changed, if they have.
    pub fn note_arrangement(&mut self) {
        let now = self.arrangement();
        if now != self.keeping.last {
            self.keeping.last = now;
            self.keeping.due = Some(self.now.since + REST);
        }
    }

    /// Keeps them, once they have rested or when it cannot wait.
    pub fn keep_arrangement(&mut self, now: bool) -> Option<Cmd> {
        self.keeping
            .due
            .filter(|&due| now || due <= self.now.since)?;
        self.keeping.due = None;
        Some(Cmd::Keep(self.keeping.last.clone()))
    }

    /// Keeps them at the end. A person who leaves a single session begins anew next time, since there is nothing to put in
    /// order again; one that was cut off from it finds it as it was.
    pub fn keep_at_end(&mut self, by_person: bool) -> Cmd {
        let one = self.views.len() == 1 && self.view().composer.is_empty();
        self.keeping.due = None;
        Cmd::Keep(self.arrangement().filter(|_| !(by_person && one)))
    }

    /// The tabs that were kept are read, in panes or not.
    pub fn read_restored(&mut self) -> Vec<Cmd> {
        let tabs: Vec<(SessionId, Stage)> = self
            .views
            .iter()
            .map(|view| (view.id, view.stage))
            .collect();
        tabs.into_iter()
            .flat_map(|(id, stage)| match stage {
                Stage::Loading => self.read_past(id),
                _ => vec![Cmd::Ask(Tag::Draft(id), Query::Draft { session: Some(id) })],
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use uuid::Uuid;

    use super::*;
    use crate::tui::app::layout::Axis;

    fn kept() -> Arrangement {
        let id = |n| SessionId(Uuid::from_u128(n));
        let mut tree = Node::Pane(PaneId(1));
        tree.split(PaneId(1), PaneId(4), Axis::Across);
        let fresh = Fresh {
            folder: "/src/api".into(),
            model: Some("a/b".parse().unwrap()),
            mode: Mode::Edits,
            effort: Some(Effort::High),
        };
        Arrangement {
            version: VERSION,
            tabs: vec![
                Tab {
                    session: id(1),
                    fresh: None,
                },
                Tab {
                    session: id(2),
                    fresh: Some(fresh),
                },
            ],
            tree,
            shows: vec![(PaneId(1), id(1)), (PaneId(4), id(2))],
            focus: PaneId(4),
            zoomed: false,
        }
    }

    #[test]
    fn what_was_kept_is_what_is_read() {
        let kept = kept();
        assert_eq!(Arrangement::parse(&kept.text()), Ok(kept));
    }

    #[test]
    fn what_cannot_be_is_said_and_not_taken() {
        let text = kept().text();
        let cases = [
            (String::new(), "it is damaged"),
            ("{}".to_owned(), "it is damaged"),
            (text[..text.len() - 9].to_owned(), "it is damaged"),
            (
                text.replace("\"version\":1", "\"version\":2"),
                "a newer Creel wrote it",
            ),
            // Something a newer one says in its own words.
            (
                "{\"version\":7,\"rooms\":[]}".to_owned(),
                "a newer Creel wrote it",
            ),
            (
                text.replace("\"focus\":4", "\"focus\":9"),
                "it does not fit together",
            ),
            (
                text.replace("\"shows\":[[1,", "\"shows\":[[2,"),
                "it does not fit together",
            ),
            (
                text.replace("\"share\":1", "\"share\":0"),
                "it does not fit together",
            ),
            (
                text.replace(
                    "00000000-0000-0000-0000-000000000002",
                    "00000000-0000-0000-0000-000000000001",
                ),
                "it does not fit together",
            ),
        ];
        for (text, why) in cases {
            assert_eq!(Arrangement::parse(&text), Err(why.to_owned()), "{text}");
        }
    }
}
