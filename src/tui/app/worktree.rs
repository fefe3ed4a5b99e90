//! Worktrees in the workstation: a new one with its session, its files and the way back, and who else writes in a folder.

use std::path::PathBuf;

use crate::agent::visible::one_line;
use crate::protocol::event::{Event, Fact};
use crate::protocol::id::SessionId;
use crate::protocol::op::{Managed, Op};
use crate::protocol::query::Query;
use crate::protocol::session::OpenRequest;
use crate::protocol::worktree::{Done, Errand, Look, Sight, Worktree, Writer};
use crate::tui::app::keymap::Action;
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::files::{Files, Page};
use crate::tui::app::overlay::new_worktree::NewWorktree;
use crate::tui::app::text::Text;
use crate::tui::app::view::{Stage, View};
use crate::tui::app::{App, Focus};

impl App {
    /// Asks for the name of a new worktree; the folder is the one that sessions begin in.
    pub fn new_worktree(&mut self) -> Vec<Cmd> {
        if let Some(why) = self.no_worktree() {
            self.say(why);
            return Vec::new();
        }
        self.show(Overlay::NewWorktree(NewWorktree::default()));
        let text = self.view().composer.plain();
        let text = text.lines().next().unwrap_or_default().to_owned();
        let cwd = self.worktree_of();
        vec![Cmd::Ask(
            Tag::Sight,
            Query::Worktree(Look::Plan { cwd, text }),
        )]
    }

    /// Makes one under a name that was given.
    pub fn make_worktree(&mut self, name: String) -> Vec<Cmd> {
        if let Some(why) = self.no_worktree() {
            self.say(why);
            return Vec::new();
        }
        let mut field = Text::default();
        field.insert(&one_line(&name));
        if !matches!(self.overlay, Some(Overlay::NewWorktree(_))) {
            self.show(Overlay::NewWorktree(NewWorktree {
                field,
                making: true,
                ..NewWorktree::default()
            }));
        }
        let cwd = self.worktree_of();
        vec![Cmd::Errand(Errand::Make { cwd, name })]
    }

    /// The checkout a new worktree is made from: the session's own, or for one of the tour the folder Creel was started in.
    fn worktree_of(&self) -> PathBuf {
        let view = self.view();
        if view.tour {
            self.setup.cwd.clone()
        } else {
            view.cwd().clone()
        }
    }

    fn no_worktree(&self) -> Option<&'static str> {
        if self.broken.is_some() || self.read_only {
            return Some("no session can begin while the log cannot be written");
        }
        let model = self.view().model().or(self.setup.model.as_ref());
        model.is_none().then_some("no model yet: choose one first")
    }

    /// The files of the session's worktree.
    pub fn show_files(&mut self) -> Vec<Cmd> {
        let view = self.view();
        let session = view.id;
        let stands = view
            .session
            .as_ref()
            .is_some_and(|session| session.spec.worktree.is_some());
        if !stands {
            let key = self.keymap().way(Action::NewWorktree);
            self.say(format!(
                "this session works in no worktree of its own; {key} makes one for a new session"
            ));
            return Vec::new();
        }
        self.show(Overlay::Files(Box::new(Files::new(session))));
        vec![look(Look::Files { session })]
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
            // The status line and a note do without.
            (Tag::Standing(_) | Tag::Writers(_), _) => {}
            (_, sight) => return self.seen_here(sight),
        }
        Vec::new()
    }

    fn seen_here(&mut self, sight: Sight) -> Vec<Cmd> {
        match (&mut self.overlay, sight) {
            (Some(Overlay::NewWorktree(overlay)), Sight::Plan(plan)) => overlay.planned(plan),
            (Some(Overlay::NewWorktree(overlay)), Sight::Failed(why)) => {
                overlay.failed = Some(one_line(&why));
            }
            (Some(Overlay::Files(overlay)), sight) => match (&mut overlay.page, sight) {
                (_, Sight::Files(files)) => {
                    return overlay.read(files).map(look).into_iter().collect();
                }
                (_, Sight::Diff { path, patch }) => overlay.patched(path, &patch),
                (Page::Merge { preview }, Sight::Merge(seen)) => *preview = Some(seen),
                (Page::Remove { loss, .. }, Sight::Loss(seen)) => *loss = Some(seen),
                (_, Sight::Failed(why)) => overlay.failed = Some(one_line(&why)),
                _ => {}
            },
            _ => {}
        }
        Vec::new()
    }

    /// An errand was done, or not.
    pub fn errand_done(&mut self, done: Managed) -> Vec<Cmd> {
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
                self.errand_said(format!("committed {files} as {commit}"), Page::Files)
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
                self.errand_said(format!("merged {commits} into {into}"), next)
            }
            Managed::Worktree(Done::Removed { worktree }) => self.removed(&worktree),
            Managed::Failed { why } => {
                let why = one_line(&why);
                match &mut self.overlay {
                    Some(Overlay::NewWorktree(overlay)) => {
                        overlay.making = false;
                        overlay.failed = Some(why);
                    }
                    Some(Overlay::Files(overlay)) => {
                        overlay.busy = false;
                        overlay.failed = Some(why);
                    }
                    _ => self.say(why),
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

    fn errand_said(&mut self, said: String, next: Page) -> Vec<Cmd> {
        let Some(Overlay::Files(overlay)) = &mut self.overlay else {
            self.say(said);
            return Vec::new();
        };
        let session = overlay.session;
        let removes = matches!(next, Page::Remove { .. });
        overlay.busy = false;
        overlay.turn_to(next);
        overlay.said = Some(said);
        let mut cmds = vec![look(Look::Files { session }), standing(session)];
        if removes {
            cmds.push(look(Look::Loss { session }));
        }
        cmds
    }

    /// Worktree and branch are gone, and so is the folder of every session in it.
    fn removed(&mut self, worktree: &Worktree) -> Vec<Cmd> {
        self.overlay = None;
        let mut cmds = Vec::new();
        while let Some(at) = self
            .views
            .iter()
            .position(|view| view.cwd().starts_with(&worktree.path))
        {
            let (id, fresh) = (self.views[at].id, self.views[at].stage == Stage::Fresh);
            if !fresh {
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
        if let Some(at) = self.views.iter().position(|view| view.id == session) {
            self.go_to(at);
        }
        self.focus = Focus::Composer;
        self.view_mut().composer.set(text);
        self.typed();
        Vec::new()
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
                    Some(at) => format!("{} {title}", at + 1),
                    None => format!("{title} (in another terminal)"),
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

fn look(look: Look) -> Cmd {
    Cmd::Ask(Tag::Sight, Query::Worktree(look))
}

fn standing(session: SessionId) -> Cmd {
    let look = Look::Standing { session };
    Cmd::Ask(Tag::Standing(session), Query::Worktree(look))
}
