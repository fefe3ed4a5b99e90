//! The files of a session's worktree with what became of them, and from there the way back: commit, merge, remove. Each is
//! shown before it is done. Of a session without a worktree, what its own calls wrote.

use crate::protocol::id::SessionId;
use crate::protocol::worktree::{Errand, Files as Listed, Look, Loss, Preview, Worktree};
use crate::tui::app::ask::edit_line;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::overlay::wording::{mend, message};
use crate::tui::app::overlay::{Reply, Wish};
use crate::tui::app::text::Text;
use crate::tui::widget::diff::{Diff, Side};

/// What is typed to lose something.
pub const LOSE: &str = "lose it";
/// Lines of a difference that a page key moves.
const PAGE: usize = 10;

#[derive(Debug, Clone, PartialEq)]
pub struct Files {
    pub session: SessionId,
    /// `None` until they were read.
    pub listed: Option<Listed>,
    /// The file that is marked.
    pub at: usize,
    /// The difference of one file, by its path.
    pub diff: Option<(String, Diff)>,
    /// Its first line in sight.
    pub skip: usize,
    pub page: Page,
    /// An errand is under way.
    pub busy: bool,
    /// What was done last, or why it was not.
    pub said: Option<String>,
    pub failed: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Page {
    Files,
    Commit {
        field: Text,
    },
    /// `None` until the merge was tried.
    Merge {
        preview: Option<Preview>,
    },
    /// `None` until it was looked at what would be lost.
    Remove {
        loss: Option<Loss>,
        field: Text,
    },
}

impl Files {
    pub fn new(session: SessionId) -> Self {
        Self {
            session,
            listed: None,
            at: 0,
            diff: None,
            skip: 0,
            page: Page::Files,
            busy: false,
            said: None,
            failed: None,
        }
    }

    pub fn worktree(&self) -> Option<&Worktree> {
        self.listed.as_ref()?.worktree.as_ref()
    }

    /// The file that is marked.
    pub fn path(&self) -> Option<&str> {
        let files = &self.listed.as_ref()?.files;
        files.get(self.at).map(|file| file.path.as_str())
    }

    /// They were read: the mark stays on its file. Gives what is to be read next.
    pub fn read(&mut self, listed: Listed) -> Option<Look> {
        let path = self.path().map(str::to_owned);
        let mut files = listed.files.iter();
        let same = files.position(|file| Some(&file.path) == path.as_ref());
        self.at = same
            .unwrap_or(self.at)
            .min(listed.files.len().saturating_sub(1));
        // The message was to be written before there was anything to make one of.
        if let (None, Page::Commit { field }) = (&self.listed, &mut self.page)
            && field.is_empty()
        {
            field.insert(&message(&listed));
        }
        self.listed = Some(listed);
        self.look()
    }

    fn look(&self) -> Option<Look> {
        Some(Look::Diff {
            session: self.session,
            path: self.path()?.to_owned(),
        })
    }

    pub fn patched(&mut self, path: String, text: &str) {
        if self.path() != Some(path.as_str()) {
            return;
        }
        if self.diff.as_ref().is_none_or(|(shown, _)| *shown != path) {
            self.skip = 0;
        }
        self.diff = Some((path, Diff::parse(text)));
    }

    /// Goes to a page, and asks for what it shows.
    pub fn turn_to(&mut self, page: Page) -> Reply {
        let session = self.session;
        let look = match &page {
            Page::Files => Some(Look::Files { session }),
            Page::Commit { .. } => None,
            Page::Merge { .. } => Some(Look::Merge { session }),
            Page::Remove { .. } => Some(Look::Loss { session }),
        };
        self.page = page;
        self.failed = None;
        look.map_or(Reply::Stay, |look| Reply::Do(Wish::Look(session, look)))
    }

    fn errand(&mut self, errand: Errand) -> Reply {
        self.busy = true;
        self.said = None;
        self.failed = None;
        Reply::Do(Wish::Errand(errand))
    }

    /// Where its keys are looked up.
    pub fn place(&self) -> Place {
        match &self.page {
            _ if self.busy => Place::List,
            Page::Files => Place::Files,
            Page::Merge { .. } => Place::Merge,
            Page::Remove {
                loss: Some(loss), ..
            } if loss.what.is_empty() => Place::Question,
            Page::Commit { .. } | Page::Remove { .. } => Place::List,
        }
    }

    pub fn key(&mut self, press: Press) -> Reply {
        if self.busy {
            return match press.action {
                // It goes on and ends by itself, and is told.
                Some(Action::Close) => Reply::Close,
                _ => Reply::Stay,
            };
        }
        match &mut self.page {
            Page::Files => self.files_key(press),
            Page::Commit { field } => match press.action {
                Some(Action::Close) => self.turn_to(Page::Files),
                Some(Action::Choose) => {
                    let message = field.as_str().trim().to_owned();
                    if message.is_empty() {
                        self.failed = Some("a commit needs a message: type one".to_owned());
                        return Reply::Stay;
                    }
                    let session = self.session;
                    self.errand(Errand::Commit { session, message })
                }
                _ => {
                    edit_line(field, press.event);
                    Reply::Stay
                }
            },
            Page::Merge { preview } => {
                let preview = preview.clone();
                self.merge_key(press, preview.as_ref())
            }
            Page::Remove { loss, field } => {
                let free = loss.as_ref().is_some_and(|loss| loss.what.is_empty());
                let known = loss.is_some();
                let session = self.session;
                match press.action {
                    Some(Action::Close | Action::QuestionNo) => self.turn_to(Page::Files),
                    Some(Action::QuestionYes) if free => self.errand(Errand::Remove {
                        session,
                        lose: false,
                    }),
                    Some(Action::Choose) if known && !free && field.as_str().trim() == LOSE => self
                        .errand(Errand::Remove {
                            session,
                            lose: true,
                        }),
                    _ => {
                        if known && !free {
                            edit_line(field, press.event);
                        }
                        Reply::Stay
                    }
                }
            }
        }
    }

    /// Pasted text never answers.
    pub fn paste(&mut self, line: &str) {
        if let Page::Commit { field } | Page::Remove { field, .. } = &mut self.page {
            field.insert(line);
        }
    }

    fn merge_key(&mut self, press: Press, preview: Option<&Preview>) -> Reply {
        let session = self.session;
        match (press.action, preview) {
            (Some(Action::Close), _) => self.turn_to(Page::Files),
            (Some(Action::MergeYes), Some(preview))
                if preview.obstacle.is_none() && preview.conflicts.is_empty() =>
            {
                self.errand(Errand::Merge { session })
            }
            (Some(Action::MergeCommit), Some(preview)) if !preview.uncommitted.is_empty() => {
                self.commit()
            }
            (Some(Action::MergeMend), Some(preview)) if !preview.conflicts.is_empty() => {
                Reply::Do(Wish::ComposeIn(session, mend(preview)))
            }
            _ => Reply::Stay,
        }
    }

    fn commit(&mut self) -> Reply {
        let mut field = Text::default();
        if let Some(listed) = &self.listed {
            field.insert(&message(listed));
        }
        self.turn_to(Page::Commit { field })
    }

    fn files_key(&mut self, press: Press) -> Reply {
        let count = self.listed.as_ref().map_or(0, |listed| listed.files.len());
        let lines = self.diff.as_ref().map_or(0, |(_, diff)| diff.lines.len());
        let last = lines.saturating_sub(1);
        let before = self.at;
        match press.action {
            Some(Action::Close) => return Reply::Close,
            Some(Action::MarkAfter) => self.at = (self.at + 1).min(count.saturating_sub(1)),
            Some(Action::MarkBefore) => self.at = self.at.saturating_sub(1),
            Some(Action::Top) => self.skip = 0,
            Some(Action::Bottom) => self.skip = last,
            Some(Action::PageDown) => self.skip = (self.skip + PAGE).min(last),
            Some(Action::PageUp) => self.skip = self.skip.saturating_sub(PAGE),
            Some(Action::ScrollDown) => self.skip = (self.skip + 1).min(last),
            Some(Action::ScrollUp) => self.skip = self.skip.saturating_sub(1),
            Some(Action::NextHunk) => {
                self.skip = self.hunk(|line| line > self.skip).unwrap_or(self.skip);
            }
            Some(Action::HunkBefore) => self.skip = self.hunk_before(),
            Some(Action::FilesCommit | Action::FilesMerge | Action::FilesRemove)
                if self.listed.is_some() && self.worktree().is_none() => {}
            Some(Action::FilesCommit) => return self.commit(),
            Some(Action::FilesMerge) => return self.turn_to(Page::Merge { preview: None }),
            Some(Action::FilesRemove) => {
                let field = Text::default();
                return self.turn_to(Page::Remove { loss: None, field });
            }
            Some(Action::FilesAgain) => return self.turn_to(Page::Files),
            _ => {}
        }
        if self.at == before {
            return Reply::Stay;
        }
        let session = self.session;
        self.look()
            .map_or(Reply::Stay, |look| Reply::Do(Wish::Look(session, look)))
    }

    fn hunks(&self) -> impl DoubleEndedIterator<Item = usize> {
        let lines = self
            .diff
            .iter()
            .flat_map(|(_, diff)| diff.lines.iter().enumerate());
        let hunks: Vec<usize> = lines
            .filter(|(_, line)| line.side == Side::Hunk)
            .map(|(index, _)| index)
            .collect();
        hunks.into_iter()
    }

    fn hunk(&self, fits: impl Fn(usize) -> bool) -> Option<usize> {
        self.hunks().find(|line| fits(*line))
    }

    fn hunk_before(&self) -> usize {
        self.hunks()
            .rev()
            .find(|line| *line < self.skip)
            .unwrap_or(0)
    }

    /// Which hunk is in sight, and of how many.
    pub fn hunk_of(&self) -> (usize, usize) {
        let at = self.hunks().filter(|line| *line <= self.skip).count();
        (at.max(1), self.hunks().count())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use crossterm::event::{KeyCode, KeyEvent};
    use pretty_assertions::assert_eq;
    use uuid::Uuid;

    use super::*;
    use crate::protocol::worktree::{Became, FileChange, Standing};

    fn session() -> SessionId {
        SessionId(Uuid::from_u128(7))
    }

    fn listed(paths: &[&str]) -> Listed {
        Listed {
            worktree: Some(Worktree {
                path: "/src/flaky.wt/x".into(),
                repository: "/src/flaky".into(),
                branch: "x".to_owned(),
                base: "0".repeat(40),
                from: Some("main".to_owned()),
            }),
            standing: Standing::default(),
            files: paths
                .iter()
                .map(|path| FileChange {
                    path: (*path).to_owned(),
                    became: Became::Changed,
                    lines: Some((1, 1)),
                    uncommitted: true,
                })
                .collect(),
            more: 0,
        }
    }

    fn preview() -> Preview {
        Preview {
            into: "main".to_owned(),
            checkout: None,
            commits: vec!["abc one".to_owned()],
            files: 1,
            forward: true,
            uncommitted: Vec::new(),
            conflicts: Vec::new(),
            obstacle: None,
        }
    }

    fn press(files: &mut Files, code: KeyCode) -> Reply {
        let press = Press::shipped(files.place(), KeyEvent::from(code));
        files.key(press)
    }

    #[test]
    fn the_mark_moves_and_each_file_is_looked_at() {
        let mut files = Files::new(session());
        let diff = |path: &str| Look::Diff {
            session: session(),
            path: path.to_owned(),
        };
        assert_eq!(files.read(listed(&["a", "b"])), Some(diff("a")));
        assert_eq!(
            press(&mut files, KeyCode::Tab),
            Reply::Do(Wish::Look(session(), diff("b")))
        );
        assert_eq!(press(&mut files, KeyCode::Down), Reply::Stay);
        files.patched("a".to_owned(), "@@ -1 +1 @@\n-x\n+y\n");
        assert_eq!(files.diff, None, "another file is marked by now");
        files.patched("b".to_owned(), "@@ -1 +1 @@\n-x\n+y\n@@ -9 +9 @@\n-x\n+y\n");
        assert_eq!(files.hunk_of(), (1, 2));
        press(&mut files, KeyCode::Char(']'));
        assert_eq!((files.skip, files.hunk_of()), (3, (2, 2)));
        press(&mut files, KeyCode::Char('['));
        assert_eq!(files.skip, 0);
        // Read again: the mark stays on its file.
        assert_eq!(files.read(listed(&["0", "a", "b"])), Some(diff("b")));
        assert_eq!(files.at, 2);
    }

    #[test]
    fn without_a_worktree_the_files_are_read_and_nothing_else() {
        let mut files = Files::new(session());
        files.read(Listed {
            worktree: None,
            ..listed(&["a", "b"])
        });
        for key in ['c', 'M', 'D'] {
            assert_eq!(press(&mut files, KeyCode::Char(key)), Reply::Stay, "{key}");
            assert_eq!(files.page, Page::Files, "{key}");
        }
        assert_ne!(press(&mut files, KeyCode::Tab), Reply::Stay);
    }

    #[test]
    fn nothing_is_merged_before_it_was_shown_and_nothing_lost_before_it_was_said() {
        let session = session();
        let mut files = Files::new(session);
        let look = Look::Merge { session };
        assert_eq!(
            press(&mut files, KeyCode::Char('M')),
            Reply::Do(Wish::Look(session, look))
        );
        assert_eq!(
            press(&mut files, KeyCode::Char('y')),
            Reply::Stay,
            "not tried yet"
        );
        let mut dirty = preview();
        dirty.obstacle = Some("main is not clean".to_owned());
        let mut apart = preview();
        apart.conflicts = vec!["a".to_owned()];
        for preview in [dirty, apart.clone()] {
            files.page = Page::Merge {
                preview: Some(preview),
            };
            assert_eq!(press(&mut files, KeyCode::Char('y')), Reply::Stay);
        }
        let prompt = press(&mut files, KeyCode::Char('p'));
        let Reply::Do(Wish::ComposeIn(_, text)) = prompt else {
            panic!("{prompt:?}");
        };
        assert!(
            text.contains("`git merge main`, ") || text.contains("(`git merge main`)"),
            "{text}"
        );
        files.page = Page::Merge {
            preview: Some(preview()),
        };
        let errand = Errand::Merge { session };
        assert_eq!(
            press(&mut files, KeyCode::Char('y')),
            Reply::Do(Wish::Errand(errand))
        );
        assert_eq!(
            press(&mut files, KeyCode::Char('y')),
            Reply::Stay,
            "not twice"
        );

        files.busy = false;
        let remove = |what: &[&str]| Page::Remove {
            loss: Some(Loss {
                what: what.iter().map(|what| (*what).to_owned()).collect(),
            }),
            field: Text::default(),
        };
        files.page = remove(&["1 commit"]);
        assert_eq!(press(&mut files, KeyCode::Char('y')), Reply::Stay);
        assert_eq!(press(&mut files, KeyCode::Enter), Reply::Stay);
        files.page = remove(&["1 commit"]);
        for c in LOSE.chars() {
            press(&mut files, KeyCode::Char(c));
        }
        let errand = Errand::Remove {
            session,
            lose: true,
        };
        assert_eq!(
            press(&mut files, KeyCode::Enter),
            Reply::Do(Wish::Errand(errand))
        );
        files.busy = false;
        files.page = remove(&[]);
        let errand = Errand::Remove {
            session,
            lose: false,
        };
        assert_eq!(
            press(&mut files, KeyCode::Char('y')),
            Reply::Do(Wish::Errand(errand))
        );
    }

    #[test]
    fn a_commit_has_a_message() {
        let mut files = Files::new(session());
        files.read(listed(&["src/a.rs", "b", "c"]));
        press(&mut files, KeyCode::Char('c'));
        let Page::Commit { field } = &files.page else {
            panic!("{:?}", files.page);
        };
        assert_eq!(field.as_str(), "Change a.rs and 2 more files");
        files.page = Page::Commit {
            field: Text::default(),
        };
        assert_eq!(press(&mut files, KeyCode::Enter), Reply::Stay);
        assert!(files.failed.is_some());
    }
}
