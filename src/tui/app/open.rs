//! Beginning, opening and speaking to sessions.

use crate::agent::session::Queued;
use crate::protocol::event::When;
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::op::{Command, Op};
use crate::protocol::query::{Page, Query};
use crate::protocol::session::{Change, OpenRequest, RunLimits};
use crate::tui::app::chip::kept_blocks;
use crate::tui::app::composer::written::Written;
use crate::tui::app::first_run::FirstRun;
use crate::tui::app::folder::OFFERED;
use crate::tui::app::held::ask_sandbox;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::setup::OpenWhat;
use crate::tui::app::view::{Anchor, Scroll, Stage, View};
use crate::tui::app::{App, Focus};

/// Events read at a time for the window, and where many are gone through.
pub const WINDOW_PAGE: u32 = 200;
pub const LONG_PAGE: u32 = 2_000;

fn ask_recent() -> Cmd {
    let newest = Query::Sessions {
        limit: Some(20),
        archived: false,
    };
    Cmd::Ask(Tag::Recent, newest)
}

impl App {
    /// The page of a session nothing was said in names the newest ones: they are asked for anew where one has changed since.
    pub fn ask_recent_again(&mut self) -> Option<Cmd> {
        let shown = self.ready && self.board.is_none() && self.view().stage == Stage::Fresh;
        (shown && std::mem::take(&mut self.recent_changed)).then(ask_recent)
    }

    /// The engine is there: what the screen shows beside itself is asked for.
    pub fn started(&mut self) -> Vec<Cmd> {
        self.ready = true;
        // Starting needs more than what comes after it.
        self.let_go();
        let mut cmds = vec![
            ask_recent(),
            Cmd::Ask(Tag::Today, Query::Today),
            ask_sandbox(),
            Cmd::Ask(Tag::Models, Query::Models),
            Cmd::Ask(Tag::Prompts, Query::Prompts { limit: 200 }),
        ];
        if self.setup.place.brings {
            cmds.extend(self.brings(&self.setup.cwd));
        }
        if self.setup.unsuitable {
            cmds.push(Cmd::LookBelow(self.setup.cwd.clone(), OFFERED));
        }
        // The board may have been opened before there was anything to ask.
        cmds.extend(self.look());
        if self.restored {
            cmds.extend(self.read_restored());
        }
        if let Some(name) = self.setup.worktree.take() {
            cmds.extend(self.make_worktree(name));
        }
        match self.setup.open.clone() {
            // Before the first prompt: then a worktree still helps.
            OpenWhat::New => cmds.extend(self.look_for_writers(self.view().id)),
            OpenWhat::Session(id) => cmds.extend(self.open(id, None)),
            OpenWhat::Continue => cmds.push(Cmd::Ask(
                Tag::Continue,
                Query::Sessions {
                    limit: Some(200),
                    archived: false,
                },
            )),
        }
        cmds
    }

    /// Shows a session: the tab it has, else a new one that reads its past.
    pub fn open(&mut self, id: SessionId, turn: Option<u32>) -> Vec<Cmd> {
        self.focus = Focus::Composer;
        self.first_run = None;
        if let Some(index) = self.views.iter().position(|view| view.id == id) {
            if id != self.pane().session {
                self.go_to(index);
            }
            self.pane_mut().seek = turn;
            return self.sought();
        }
        let view = View::loading(id, self.setup.cwd.clone());
        let spare = self.view().stage == Stage::Fresh && self.view().composer.is_empty();
        if spare {
            self.replace(view);
        } else {
            self.views.push(view);
            self.go_to(self.views.len() - 1);
        }
        self.pane_mut().seek = turn;
        self.read_past(id)
    }

    /// Takes hold of a session that is shown, and reads what it was.
    pub fn read_past(&mut self, id: SessionId) -> Vec<Cmd> {
        let resume = self.command(id, Op::Resume);
        if let Some(view) = self.view_of(id) {
            view.resume = Some(resume.id);
        }
        vec![
            Cmd::Send(resume),
            Cmd::Ask(
                Tag::Newest(id),
                Query::History {
                    session: id,
                    page: Page::Before(None),
                    limit: WINDOW_PAGE,
                },
            ),
            Cmd::Ask(Tag::Fold(id), Query::Fold { session: id }),
            Cmd::Ask(Tag::Draft(id), Query::Draft { session: Some(id) }),
        ]
    }

    /// What happened after the last event that is known.
    pub fn read_missed(&self, id: SessionId, after: Seq) -> Cmd {
        Cmd::Ask(
            Tag::Missed(id),
            Query::History {
                session: id,
                page: Page::After(after),
                limit: LONG_PAGE,
            },
        )
    }

    /// The page before the window, unless it is being read or there is none.
    pub fn read_earlier(&mut self, id: SessionId) -> Vec<Cmd> {
        let wanted = |view: &&View| {
            view.id == id && !(view.reading || view.transcript.whole || view.stage == Stage::Fresh)
        };
        // Looked for before it is touched: who only stands at the top has not changed.
        let Some(view) = self.views.iter().find(wanted) else {
            return Vec::new();
        };
        let unreadable = |first: &Seq| view.unreadable.contains(&Page::Before(Some(*first)));
        let Some(first) = view.transcript.first().filter(|first| !unreadable(first)) else {
            return Vec::new();
        };
        if let Some(view) = self.view_of(id) {
            view.reading = true;
        }
        vec![Cmd::Ask(
            Tag::Earlier(id),
            Query::History {
                session: id,
                page: Page::Before(Some(first)),
                limit: WINDOW_PAGE,
            },
        )]
    }

    pub fn read_turns(&mut self, id: SessionId, after: Seq) -> Vec<Cmd> {
        vec![Cmd::Ask(
            Tag::Turns(id),
            Query::History {
                session: id,
                page: Page::After(after),
                limit: LONG_PAGE,
            },
        )]
    }

    /// Moves each window to the turn that is sought in it, or reads on towards it.
    pub fn sought(&mut self) -> Vec<Cmd> {
        let mut short = Vec::new();
        for pane in self.panes.all_mut() {
            let view = self.views.iter().find(|view| view.id == pane.session);
            let Some((turn, view)) = pane.seek.zip(view) else {
                continue;
            };
            let entries = view.transcript.entries();
            let above = view.transcript.whole
                || entries
                    .first()
                    .is_some_and(|entry| entry.turn < turn && entry.turn > 0);
            if !above {
                short.push(view.id);
                continue;
            }
            if let Some(entry) = entries.iter().find(|entry| entry.turn >= turn) {
                pane.scroll = Scroll {
                    anchor: Anchor::At {
                        seq: entry.seq,
                        line: 0,
                    },
                    by: 0,
                };
                pane.eyes.go(entry.seq, 0);
            }
            pane.seek = None;
        }
        short
            .into_iter()
            .flat_map(|id| self.read_earlier(id))
            .collect()
    }

    /// Enter, Tab or Alt+Enter in the composer.
    pub fn submit(&mut self, when: When) -> Vec<Cmd> {
        let reads = self.read_mentions(None);
        if self.view().composer.is_reading() {
            self.view_mut().sends = Some(when);
            return reads;
        }
        if let Some(cmds) = self.leave_by_habit(when) {
            return cmds;
        }
        match self.view().composer.written() {
            // A stopped turn leaves what was queued behind it: nothing sends it by itself.
            Written::Nothing if !self.view().running() && self.newest_queued().is_some() => {
                self.take_all_back()
            }
            Written::Nothing => self.offer_ways(),
            Written::Slash { name, rest } => self.enter_slash(&name, &rest),
            Written::Shell { command, quoted } => self.shell(command, quoted),
            Written::Prompt(_) if self.warns_of_length() => Vec::new(),
            Written::Prompt(blocks) => {
                let running = self.view().running();
                if running && self.view().asks() > 0 {
                    let key = self.keymap().way(Action::NextAsk);
                    let back = self.keymap().way_from(Place::Composer, Action::TakeBack);
                    self.say(if self.is_meant_for_ask() {
                        format!("sent as a message, behind the ask; {back} takes it back, {key} goes to the ask")
                    } else {
                        format!("waits behind the ask; {key} goes there")
                    });
                }
                let when = if running { when } else { When::Step };
                self.speak(Op::Submit {
                    blocks,
                    when,
                    limits: RunLimits::default(),
                })
            }
        }
    }

    /// Enter with nothing written: where there is no model yet it leads to the ways to one.
    fn offer_ways(&mut self) -> Vec<Cmd> {
        let view = self.view();
        let lacks = view.stage == Stage::Fresh && view.model().is_none() || self.stands_in(view);
        if lacks {
            self.first_run = Some(FirstRun {
                over: self.views.len() > 1,
                ..self.ways()
            });
        }
        Vec::new()
    }

    /// Says what is written to the session, opening it first where it is not. Without log or model the text stays.
    pub fn speak(&mut self, op: Op) -> Vec<Cmd> {
        if self.broken.is_some() {
            self.say("nothing can be sent while the log cannot be opened; the text stays");
            return Vec::new();
        }
        if self.view().stage == Stage::Fresh && self.view().model().is_some() {
            self.leave_page();
            if self.first_run.is_some() {
                return Vec::new();
            }
        }
        let Some(model) = self.view().model().cloned() else {
            if self.view().stage == Stage::Fresh {
                self.first_run = Some(FirstRun {
                    text: Some("No model yet; what you typed is kept.".to_owned()),
                    ..self.ways()
                });
                return Vec::new();
            }
            self.say("its past is still being read");
            return Vec::new();
        };
        let plain = self.view().composer.plain();
        let id = self.view().id;
        let command = self.command(id, op);
        let at = self.at();
        let view = &mut self.views[at];
        view.changes += 1;
        view.sent.push((command.id, view.composer.kept()));
        if view.sent.len() > 16 {
            view.sent.remove(0);
        }
        view.composer.renew();
        view.card_closed = true;
        // Said with the card in sight: the folder is shared.
        let writers = std::mem::take(&mut view.writers);
        view.shares
            .extend(writers.into_iter().map(|writer| writer.session));
        let stage = view.stage;
        self.pane_mut().follow();
        if matches!(command.op, Op::Submit { .. }) && self.prompts.first() != Some(&plain) {
            self.prompts.insert(0, plain);
        }
        self.focus = Focus::Composer;
        self.typed();
        let look = self.look_for_writers(id);
        if stage != Stage::Fresh {
            let mut cmds = self.speak_again(command);
            cmds.extend(look);
            return cmds;
        }
        let later = std::mem::take(&mut self.view_mut().after_open);
        let view = self.view_mut();
        view.stage = Stage::Opening;
        let request = OpenRequest {
            cwd: view.cwd.clone(),
            model,
            mode: view.mode,
            worktree: view.worktree.clone().map(Box::new),
            effort: view.effort,
        };
        let open = self.command(id, Op::Open { request });
        let mut cmds = vec![
            Cmd::SaveDraft {
                session: Some(id),
                text: String::new(),
            },
            Cmd::Send(open),
        ];
        for op in later {
            let command = self.command(id, op);
            cmds.push(Cmd::Send(command));
        }
        cmds.push(Cmd::Send(command));
        cmds.extend(look);
        cmds
    }

    /// To a session that is open. One that could not be taken hold of may be free by now; what its holder did is read then,
    /// before anything that is heard of it.
    pub fn speak_again(&mut self, command: Command) -> Vec<Cmd> {
        let id = command.session;
        let resume = self.command(id, Op::Resume);
        let Some(view) = self.view_of(id).filter(|view| view.read_only.is_some()) else {
            return vec![Cmd::Send(command)];
        };
        view.read_only = None;
        view.resume = Some(resume.id);
        // Where its past is being read it has that in it.
        let after = (view.stage == Stage::Live).then(|| view.reread());
        let draft = Cmd::Ask(Tag::Draft(id), Query::Draft { session: Some(id) });
        let mut cmds = vec![Cmd::Send(resume), Cmd::Send(command), draft];
        cmds.extend(after.map(|after| self.read_missed(id, after)));
        cmds
    }

    pub fn change(&mut self, change: Change) -> Vec<Cmd> {
        self.say_mode(&change);
        if matches!(change, Change::Model { .. }) {
            self.overrule_taking();
        }
        let id = self.view().id;
        if self.view().stage != Stage::Fresh {
            return vec![Cmd::Send(self.command(id, Op::Change { change }))];
        }
        match change {
            Change::Model { model } => {
                self.say(format!("{model} from the first prompt on"));
                self.first_run = None;
                self.view_mut().model = Some(model);
            }
            change @ (Change::Mode { .. } | Change::ModeLent { .. }) => {
                self.view_mut().begin_in(change);
            }
            Change::Effort { effort } => self.view_mut().effort = effort,
            change => self.view_mut().after_open.push(Op::Change { change }),
        }
        Vec::new()
    }

    /// Goes on with a turn that stopped, with or without the words of an answer that was cut off.
    pub fn go_on(&mut self, how: Op) -> Vec<Cmd> {
        let view = self.view_mut();
        // A wait that is cut short leaves by itself; if the next attempt fails too, its card is to be seen.
        view.card_closed |= view.retrying().is_none();
        let id = view.id;
        vec![Cmd::Send(self.command(id, how))]
    }

    /// The newest queued text comes back into the composer, before what is written there.
    pub fn take_back(&mut self) -> Vec<Cmd> {
        let Some(queued) = self.newest_queued().cloned() else {
            self.say("nothing is queued");
            return Vec::new();
        };
        let view = self.view_mut();
        let id = view.id;
        view.taken_back.push(queued.id);
        let written = view.composer.kept();
        let text = kept_blocks(&queued.blocks);
        view.composer.restore(&if written.is_empty() {
            text
        } else {
            format!("{text}\n{written}")
        });
        self.typed();
        vec![Cmd::Send(
            self.command(id, Op::Withdraw { message: queued.id }),
        )]
    }

    /// All that is queued, in its order.
    fn take_all_back(&mut self) -> Vec<Cmd> {
        let mut cmds = Vec::new();
        while self.newest_queued().is_some() {
            cmds.extend(self.take_back());
        }
        let send = self.keymap().way_from(Place::Composer, Action::Send);
        self.say(format!("what was queued is back; {send} sends it"));
        cmds
    }

    /// The message that was queued last in the session in focus, and is not on its way back.
    pub fn newest_queued(&self) -> Option<&Queued> {
        self.newest_queued_in(self.view().id)
    }

    /// The same of any open session.
    pub fn newest_queued_in(&self, session: SessionId) -> Option<&Queued> {
        let view = self.views.iter().find(|view| view.id == session)?;
        let mut queued = view.session.as_ref()?.queued.iter().rev();
        queued.find(|message| !view.taken_back.contains(&message.id))
    }
}
