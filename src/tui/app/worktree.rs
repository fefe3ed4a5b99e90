//! Worktrees in the workstation: a new one with its session, its files and the way back, and who else writes in a folder.

use std::path::{Path, PathBuf};

use crate::agent::visible::one_line;
use crate::protocol::event::{Event, Fact};
use crate::protocol::id::SessionId;
use crate::protocol::op::{Managed, Op};
use crate::protocol::query::Query;
use crate::protocol::session::OpenRequest;
use crate::protocol::worktree::{Done, Errand, Look, Sight, Worktree, Writer};
use crate::tui::app::board::entries::Entry;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place as KeyPlace;
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::overlay::files::{Files, Page};
use crate::tui::app::overlay::new_worktree::NewWorktree;
use crate::tui::app::overlay::{Overlay, Reply, Wish};
use crate::tui::app::text::Text;
use crate::tui::app::view::{Stage, View};
use crate::tui::app::{App, Focus};

impl App {
    /// Asks for the name of a new worktree; the folder is the one that sessions begin in.
    pub fn new_worktree(&mut self) -> Vec<Cmd> {
        if let Some(cmds) = self.no_worktree() {
            return cmds;
        }
        let session = self.view().id;
        self.show(Overlay::NewWorktree(NewWorktree::new(session)));
        let text = self.view().composer.plain();
        let text = text.lines().next().unwrap_or_default().to_owned();
        let cwd = self.folder_for_new();
        vec![look(session, Look::Plan { cwd, text })]
    }

    /// Makes one under a name that was given.
    pub fn make_worktree(&mut self, name: String) -> Vec<Cmd> {
        if let Some(cmds) = self.no_worktree() {
            return cmds;
        }
        let mut field = Text::default();
        field.insert(&one_line(&name));
        if !matches!(self.overlay, Some(Overlay::NewWorktree(_))) {
            self.show(Overlay::NewWorktree(NewWorktree {
                field,
                making: true,
                ..NewWorktree::new(self.view().id)
            }));
        }
        let cwd = self.folder_for_new();
        vec![Cmd::Errand(Errand::Make { cwd, name })]
    }

    /// Where none can be made, as far as that is known without looking, it is said at once, in place of asking for a name.
    fn no_worktree(&mut self) -> Option<Vec<Cmd>> {
        if self.broken.is_some() || self.read_only {
            self.say("no session can begin while the log cannot be written");
            return Some(Vec::new());
        }
        let folder = self.folder_for_new();
        if self.place(&folder).is_some_and(|place| place.unversioned) {
            let said = self.setup.path(&folder);
            let new = self.keymap().way(Action::NewSession);
            self.say(format!(
                "{said} is in no git repository, which a worktree needs: `git init` makes one; {new} begins without"
            ));
            // It may have become one since it was looked at: then the next key finds it.
            return Some(vec![Cmd::LookAt(folder)]);
        }
        // Before anything is made: a session begins there with it.
        if self.model_for_new().is_none() {
            self.say("no model yet: choose one first");
            return Some(Vec::new());
        }
        None
    }

    /// The files of the session's worktree, else those its own calls wrote.
    pub fn show_files(&mut self) -> Vec<Cmd> {
        let view = self.view();
        let session = view.id;
        if view.session.is_none() && view.stage != Stage::Loading {
            self.say("nothing was done in this session yet");
            return Vec::new();
        }
        self.show(Overlay::Files(Box::new(Files::new(session))));
        vec![look(session, Look::Files { session })]
    }

    /// The files of a session on the board, or another page of them. Whether one that is not open here stands in a worktree only
    /// the log knows.
    pub fn files_of_marked(&mut self, entry: Entry, page: Option<Page>) -> Vec<Cmd> {
        self.files_page(entry.id, entry.tab, page)
    }

    /// A page of the worktree of the session that is looked at.
    pub fn page_here(&mut self, page: Page) -> Vec<Cmd> {
        self.files_page(self.view().id, Some(self.at()), Some(page))
    }

    fn files_page(
        &mut self,
        session: SessionId,
        tab: Option<usize>,
        page: Option<Page>,
    ) -> Vec<Cmd> {
        let view = tab.and_then(|tab| self.views.get(tab));
        let folded = view.and_then(|view| view.session.as_ref());
        let fresh = view.is_some_and(|view| view.stage == Stage::Fresh);
        let bare = folded.is_some_and(|session| session.spec.worktree.is_none());
        if page.is_some() && (fresh || bare) {
            self.say_no_worktree();
            return Vec::new();
        }
        if fresh {
            self.say("nothing was done in this session yet");
            return Vec::new();
        }
        let mut files = Files::new(session);
        let mut cmds = vec![look(session, Look::Files { session })];
        if let Some(Reply::Do(Wish::Look(session, wanted))) = page.map(|page| files.turn_to(page)) {
            cmds.push(look(session, wanted));
        }
        self.show(Overlay::Files(Box::new(files)));
        cmds
    }

    fn say_no_worktree(&mut self) {
        let key = match self.board {
            Some(_) => self.keymap().way_from(KeyPlace::Board, Action::NewWorktree),
            None => self.keymap().way(Action::NewWorktree),
        };
        self.say(format!(
            "this session works in no worktree of its own; {key} makes one for a new session"
        ));
    }

    /// Something of worktrees was seen.
    pub fn seen_worktree(&mut self, tag: Tag, sight: Sight) -> Vec<Cmd> {
        match (tag, sight) {
            (Tag::Standing(id), Sight::Standing(standing)) => {
                if let Some(view) = self.view_of(id) {
                    view.standing = Some(standing);
                }
            }
            (Tag::Writers(id), Sight::Writers(writers)) => self.found_writers(id, writers),
            (Tag::Sight(session), sight) => return self.seen_here(session, sight),
            // The status line and a note do without.
            _ => {}
        }
        Vec::new()
    }

    /// An answer that comes late may find another one's page open, and is nothing to that.
    fn seen_here(&mut self, session: SessionId, sight: Sight) -> Vec<Cmd> {
        match &mut self.overlay {
            // Nothing can be made there, whatever its name.
            Some(Overlay::NewWorktree(overlay))
                if overlay.session == session
                    && overlay.plan.is_none()
                    && !overlay.making
                    && matches!(sight, Sight::Failed(_)) =>
            {
                self.overlay = None;
                if let Sight::Failed(why) = sight {
                    self.say(one_line(&why));
                }
            }
            Some(Overlay::NewWorktree(overlay)) if overlay.session == session => match sight {
                Sight::Plan(plan) => overlay.planned(plan),
                Sight::Failed(why) => overlay.failed = Some(one_line(&why)),
                _ => {}
            },
            // On the board the line under the list is enough for a session that has none.
            Some(Overlay::Files(overlay))
                if overlay.session == session
                    && overlay.listed.is_none()
                    && self.board.is_some()
                    && matches!(sight, Sight::Failed(_)) =>
            {
                self.overlay = None;
                if let Sight::Failed(why) = sight {
                    self.say(one_line(&why));
                }
            }
            Some(Overlay::Files(overlay)) if overlay.session == session => {
                match (&mut overlay.page, sight) {
                    // What was asked for is done with a worktree alone.
                    (
                        Page::Merge { .. } | Page::Commit { .. } | Page::Remove { .. },
                        Sight::Files(files),
                    ) if files.worktree.is_none() => {
                        self.overlay = None;
                        self.say_no_worktree();
                    }
                    (_, Sight::Files(files)) => {
                        let next = overlay.read(files);
                        return next.map(|next| look(session, next)).into_iter().collect();
                    }
                    (_, Sight::Diff { path, patch }) => overlay.patched(path, &patch),
                    (Page::Merge { preview }, Sight::Merge(seen)) => *preview = Some(seen),
                    (Page::Remove { loss, .. }, Sight::Loss(seen)) => *loss = Some(seen),
                    (_, Sight::Failed(why)) => overlay.failed = Some(one_line(&why)),
                    _ => {}
                }
            }
            _ => {}
        }
        Vec::new()
    }

    /// The page of a session's files, where that is open.
    fn files_of(&mut self, session: Option<SessionId>) -> Option<&mut Files> {
        match &mut self.overlay {
            Some(Overlay::Files(overlay)) if Some(overlay.session) == session => Some(overlay),
            _ => None,
        }
    }

    /// An errand was done, or not, for the session whose worktree it is.
    pub fn errand_done(&mut self, session: Option<SessionId>, done: Managed) -> Vec<Cmd> {
        match done {
            Managed::Worktree(Done::Made {
                worktree,
                cwd,
                copied,
                notes,
                setup,
            }) => {
                let told = match copied {
                    0 => String::new(),
                    1 => ", 1 file copied".to_owned(),
                    files => format!(", {files} files copied"),
                };
                self.notices.extend(notes.iter().map(|note| one_line(note)));
                let place = self.setup.path(&worktree.path);
                let cmds = self.begin_in(worktree, cwd, setup);
                self.say(format!("a new session in {place}{told}"));
                cmds
            }
            Managed::Worktree(Done::Committed { commit, files }) => {
                let files = if files == 1 {
                    "1 file".to_owned()
                } else {
                    format!("{files} files")
                };
                let said = format!("committed {files} as {commit}");
                self.errand_said(session, said, Page::Files)
            }
            Managed::Worktree(Done::Merged { into, commits }) => {
                let commits = if commits == 1 {
                    "1 commit".to_owned()
                } else {
                    format!("{commits} commits")
                };
                let next = Page::Remove {
                    loss: None,
                    field: Text::default(),
                };
                self.errand_said(session, format!("merged {commits} into {into}"), next)
            }
            Managed::Worktree(Done::Removed { worktree }) => self.removed(session, &worktree),
            Managed::Failed { why } => {
                let why = one_line(&why);
                if let Some(overlay) = self.files_of(session) {
                    overlay.busy = false;
                    overlay.failed = Some(why);
                } else if let Some(Overlay::NewWorktree(overlay)) = &mut self.overlay
                    && session.is_none()
                {
                    overlay.making = false;
                    overlay.failed = Some(why);
                } else {
                    self.say(why);
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// The person stopped it; what was made of it is taken away by the engine.
    pub fn errand_stopped(&mut self) -> Vec<Cmd> {
        self.overlay = None;
        self.say("stopped; nothing of the worktree is kept");
        vec![Cmd::StopErrand]
    }

    fn errand_said(&mut self, session: Option<SessionId>, said: String, next: Page) -> Vec<Cmd> {
        let Some(overlay) = self.files_of(session) else {
            self.say(said);
            return session.map(standing).into_iter().collect();
        };
        let session = overlay.session;
        let removes = matches!(next, Page::Remove { .. });
        overlay.busy = false;
        overlay.turn_to(next);
        overlay.said = Some(said);
        let mut cmds = vec![look(session, Look::Files { session }), standing(session)];
        if removes {
            cmds.push(look(session, Look::Loss { session }));
        }
        cmds
    }

    /// Worktree and branch are gone, and so is the folder of every session in it.
    fn removed(&mut self, session: Option<SessionId>, worktree: &Worktree) -> Vec<Cmd> {
        if self.files_of(session).is_some() {
            self.overlay = None;
        }
        let mut cmds = Vec::new();
        let below = |folder: &Path| folder.starts_with(&worktree.path);
        // Before the tabs: the one that takes the place of the last begins there.
        if below(&self.setup.cwd) {
            self.setup.cwd.clone_from(&worktree.repository);
            cmds.push(Cmd::LookAt(worktree.repository.clone()));
        }
        let gone: Vec<SessionId> = self
            .views
            .iter()
            .filter(|view| below(view.cwd()))
            .map(|view| view.id)
            .collect();
        for id in gone {
            if self.files_of(Some(id)).is_some() {
                self.overlay = None;
            }
            let Some(at) = self.views.iter().position(|view| view.id == id) else {
                continue;
            };
            if self.views[at].stage != Stage::Fresh {
                cmds.push(Cmd::Send(self.command(id, Op::Close)));
            }
            self.drop_tab(at);
        }
        let place = self.setup.path(&worktree.path);
        self.say(format!(
            "{place} and the branch {} are gone; the session stays in the log",
            worktree.branch
        ));
        cmds
    }

    /// A session in a worktree that was just made. What was typed goes with it, unsent.
    fn begin_in(&mut self, worktree: Worktree, cwd: PathBuf, setup: bool) -> Vec<Cmd> {
        self.overlay = None;
        let mut view = self.fresh_view(cwd.clone());
        let Some(model) = view.model().cloned() else {
            self.say("no model yet: choose one, and the session begins with its first prompt");
            return Vec::new();
        };
        view.worktree = Some(worktree.clone());
        view.stage = Stage::Opening;
        view.composer.restore(&self.view().composer.kept());
        let id = view.id;
        let request = OpenRequest {
            cwd: cwd.clone(),
            model,
            mode: view.mode,
            effort: view.effort,
            worktree: Some(Box::new(worktree)),
        };
        if self.view().stage == Stage::Fresh {
            self.replace(view);
        } else {
            if !self.view().composer.is_empty() {
                self.view_mut().composer.clear();
                self.typed();
            }
            self.views.push(view);
            self.go_to(self.views.len() - 1);
        }
        self.first_run = None;
        self.close_board();
        self.focus = Focus::Composer;
        self.typed();
        let mut cmds = vec![Cmd::Send(self.command(id, Op::Open { request }))];
        if setup {
            cmds.push(Cmd::Send(self.command(id, Op::SetUp)));
        }
        cmds.push(Cmd::LookAt(cwd));
        cmds
    }

    /// Text for the composer of a session.
    pub fn compose_in(&mut self, session: SessionId, text: &str) -> Vec<Cmd> {
        self.close_board();
        let cmds = match self.views.iter().position(|view| view.id == session) {
            Some(at) => {
                self.go_to(at);
                Vec::new()
            }
            None => self.open(session, None),
        };
        self.focus = Focus::Composer;
        self.view_mut().composer.set(text);
        self.typed();
        cmds
    }

    /// Looks who else writes where this session works.
    pub fn look_for_writers(&self, session: SessionId) -> Option<Cmd> {
        let view = self.views.iter().find(|view| view.id == session)?;
        let cwd = view.cwd().clone();
        let look = Look::Writers {
            cwd,
            beside: session,
        };
        Some(Cmd::Ask(Tag::Writers(session), Query::Worktree(look)))
    }

    fn found_writers(&mut self, session: SessionId, writers: Vec<Writer>) {
        let Some(view) = self.views.iter_mut().find(|view| view.id == session) else {
            return;
        };
        let news = |writer: &Writer| !view.shares.contains(&writer.session);
        let writers: Vec<Writer> = writers.into_iter().filter(news).collect();
        if writers != view.writers {
            view.writers = writers;
            view.changes += 1;
        }
    }

    /// The folder is shared knowingly: nothing more is said of those who write there now.
    pub fn share(&mut self) {
        let view = self.view_mut();
        let writers = std::mem::take(&mut view.writers);
        view.shares
            .extend(writers.into_iter().map(|writer| writer.session));
    }

    /// A turn that ended writes no more.
    pub fn wrote(&mut self, event: &Event) {
        if !matches!(event.fact, Fact::TurnEnded { .. }) {
            return;
        }
        for view in &mut self.views {
            let before = view.writers.len();
            view.writers
                .retain(|writer| writer.session != event.session);
            view.changes += u64::from(view.writers.len() != before);
        }
    }

    /// What is asked about a session's worktree when it was read or a turn of it has ended.
    pub fn look_at_worktree(&self, session: SessionId) -> Option<Cmd> {
        let view = self.views.iter().find(|view| view.id == session)?;
        let spec = &view.session.as_ref()?.spec;
        spec.worktree.is_some().then(|| standing(session))
    }

    /// Who writes in a session's folder, in words: by its number where it is open here.
    pub fn writer_words(&self, view: &View) -> Option<String> {
        let names: Vec<String> = view
            .writers
            .iter()
            .map(|writer| {
                let title = crate::agent::visible::brief(&writer.title, 40);
                match self.views.iter().position(|view| view.id == writer.session) {
                    Some(at) => format!("session {} \"{title}\"", at + 1),
                    None => format!("\"{title}\", in another terminal,"),
                }
            })
            .collect();
        match names.as_slice() {
            [] => None,
            [one] => Some(format!("{one} writes here too.")),
            [first, rest @ ..] => Some(format!("{first} and {} more write here too.", rest.len())),
        }
    }
}

/// Asks for what is shown of a session's worktree.
pub fn look(session: SessionId, look: Look) -> Cmd {
    Cmd::Ask(Tag::Sight(session), Query::Worktree(look))
}

fn standing(session: SessionId) -> Cmd {
    let look = Look::Standing { session };
    Cmd::Ask(Tag::Standing(session), Query::Worktree(look))
}
