//! Carries out what the state asks for: commands and questions through the door, the editor, files of the first page.
//! Whatever needs the engine waits here until it is there.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::AbortHandle;

use crate::config::notify::NotifyConfig;
use crate::engine::door::Door;
use crate::protocol::id::SessionId;
use crate::protocol::image::Source;
use crate::protocol::op::{Manage, Managed};
use crate::protocol::query::Stashed;
use crate::tui::app::arrangement::Arrangement;
use crate::tui::app::message::{Cmd, Msg};
use crate::tui::app::setup::Stored;
use crate::tui::app::wishes::Wishes;
use crate::tui::files::Seeker;
use crate::tui::queue::Wake;
use crate::tui::reload::Watch;
use crate::tui::terminal::Terminal;
use crate::tui::terminal::clipboard;
use crate::tui::terminal::input::Input;
use crate::tui::terminal::modes::shell_waits;
use crate::tui::terminal::program;
use crate::tui::terminal::tmux;
use crate::tui::{Keep, Options, Started, feed, memory, reload};

/// A program for notices that takes longer is stopped.
const NOTIFIER_PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Effects {
    pub(crate) options: Options,
    pub(crate) queue: Sender<Wake>,
    pub(crate) input: Input,
    engine: Option<Started>,
    /// Asked for before the engine was there.
    held: Vec<Cmd>,
    keeper: Keeper,
    /// How a person who looks elsewhere is told.
    pub(crate) notify: NotifyConfig,
    watch: Watch,
    /// Something with a worktree that is under way.
    errand: Option<AbortHandle>,
    /// Files that are sought for the composer.
    seeker: Option<Seeker>,
}

/// Keeps tabs and panes, the newest that is told, and then what was typed: the text of a session that was not spoken to is
/// found again by its tab alone, so after a crash there is never a text whose tab nobody knows.
#[derive(Clone)]
struct Keeper {
    keep: Keep,
    /// What is still to be kept. Never held for long: the thread that draws waits for it.
    next: Arc<Mutex<Waiting>>,
    /// Held while one is written, so that an older one never comes after a newer.
    writing: Arc<Mutex<()>>,
}

#[derive(Default)]
struct Waiting {
    arrangement: Option<Told>,
    drafts: Vec<(Option<SessionId>, String)>,
    stashed: Vec<Stashed>,
}

/// What shall be kept; `None`: that there is nothing.
struct Told(Option<Arrangement>);

impl Keeper {
    fn told(&self, arrangement: Option<Arrangement>) {
        lock(&self.next).arrangement = Some(Told(arrangement));
    }

    fn typed(&self, session: Option<SessionId>, text: String) {
        lock(&self.next).drafts.push((session, text));
    }

    fn stashed(&self, stashed: Stashed) {
        lock(&self.next).stashed.push(stashed);
    }

    fn write(&self, door: Option<&Door>) {
        let _one = lock(&self.writing);
        let next = std::mem::take(&mut *lock(&self.next));
        if let Some(Told(arrangement)) = next.arrangement
            && let Err(why) = (self.keep)(arrangement.as_ref())
        {
            // Nothing that was said or done is lost with it.
            tracing::warn!("tabs and panes were not kept: {why}");
        }
        // A text that is put by before it leaves its draft, and one that is taken after it came into one.
        let (taken, kept) = next
            .stashed
            .into_iter()
            .partition::<Vec<_>, _>(|stashed| stashed.text.is_empty());
        let stash = |all: Vec<Stashed>| {
            for stashed in all {
                if let Some(door) = door {
                    door.stash(stashed);
                }
            }
        };
        stash(kept);
        for (session, text) in next.drafts {
            if let Some(door) = door {
                door.draft(session, text);
            }
        }
        stash(taken);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Effects {
    pub(crate) fn new(options: Options, queue: Sender<Wake>, input: Input) -> Self {
        let keeper = Keeper {
            keep: Arc::clone(&options.keep),
            next: Arc::default(),
            writing: Arc::default(),
        };
        Self {
            notify: options.setup.wishes.notify.clone(),
            options,
            queue,
            input,
            engine: None,
            held: Vec::new(),
            keeper,
            watch: Watch::new(),
            errand: None,
            seeker: None,
        }
    }

    /// The engine is there: its signals are heard from now on, and what waited for it is done.
    pub(crate) fn started(&mut self, started: Started) {
        feed::forward(&started, self.queue.clone());
        self.engine = Some(started);
        for cmd in std::mem::take(&mut self.held) {
            self.through_the_door(cmd);
        }
    }

    /// A key was pressed: the person is there.
    pub(crate) fn here(&self) {
        if let Some(engine) = &self.engine {
            engine.door.here();
        }
    }

    pub(crate) fn carry_out(&mut self, cmd: Cmd, terminal: &mut Terminal) -> anyhow::Result<()> {
        match cmd {
            Cmd::Redraw => terminal.screen.invalidate(),
            Cmd::Suspend if shell_waits() => self.suspend(terminal)?,
            Cmd::Edit(text) => {
                let edited = self.edit(&text, terminal)?;
                self.tell(Msg::Edited(edited));
            }
            Cmd::EditConfig(line) => {
                if let Err(why) = self.edit_config(line, terminal)? {
                    self.tell(Msg::Edited(Err(why)));
                }
                self.look_at_config(true);
            }
            Cmd::Read(deed) => self.read(deed, terminal)?,
            Cmd::Notify(text) => {
                terminal.notify(self.notify.terminal, &text)?;
                self.run_notifier(&text);
            }
            Cmd::FindPane(session, pane) => {
                let queue = self.queue.clone();
                std::thread::spawn(move || {
                    let inside = std::env::var("TMUX").unwrap_or_default();
                    let inside = inside.rsplitn(3, ',').nth(2);
                    let place = tmux::find(&pane, inside);
                    let _ = queue.send(Wake::Msg(Msg::Pane(session, place)));
                });
            }
            Cmd::Tour => {
                // Folders of earlier tours may hold much that is to be taken away.
                let (make, queue) = (Arc::clone(&self.options.tour), self.queue.clone());
                std::thread::spawn(move || {
                    let _ = queue.send(Wake::Msg(Msg::Tour(make())));
                });
            }
            Cmd::GiveMemoryBack => {
                if let Some(engine) = &self.engine {
                    engine.runtime.spawn_blocking(memory::give_back);
                }
            }
            Cmd::Keep(arrangement) => {
                self.keeper.told(arrangement);
                // Without the engine there is no thread for it yet; at the end it is written in any case.
                self.keep();
            }
            // Nothing called the workstation for a text.
            Cmd::Suspend | Cmd::Quit | Cmd::Take(_) => {}
            cmd => self.through_the_door(cmd),
        }
        Ok(())
    }

    /// Something has happened: if the config has changed meanwhile, it is read again. `back`: the person comes back to it.
    pub(crate) fn look_at_config(&mut self, back: bool) {
        if let Some(engine) = &self.engine
            && self.watch.is_due(back, Instant::now())
        {
            let queue = self.queue.clone();
            reload::look(&self.options.config, &engine.runtime, move |msg| {
                let _ = queue.send(Wake::Msg(msg));
            });
        }
    }

    /// Stops the program as Ctrl+Z does elsewhere.
    pub(crate) fn suspend(&self, terminal: &mut Terminal) -> anyhow::Result<()> {
        self.input.pause();
        let stopped = terminal.stop();
        self.input.resume();
        self.tell(Msg::Back);
        Ok(stopped?)
    }

    /// Has the person's program for notices run, on a thread of its own.
    fn run_notifier(&self, text: &str) {
        if self.notify.command.is_empty() {
            return;
        }
        let mut words = self.notify.command.clone();
        words.push(format!("Creel: {text}"));
        let queue = self.queue.clone();
        std::thread::spawn(move || {
            if let Err(why) = program::run(&words, NOTIFIER_PATIENCE) {
                let _ = queue.send(Wake::Msg(Msg::NotNotified(why)));
            }
        });
    }

    fn keep(&self) {
        if let Some(engine) = &self.engine {
            let (keeper, door) = (self.keeper.clone(), engine.door.clone());
            engine
                .runtime
                .spawn_blocking(move || keeper.write(Some(&door)));
        }
    }

    /// Nothing more is asked: lets go of the engine.
    pub(crate) fn finish(&mut self) {
        let engine = self.engine.take();
        self.keeper
            .write(engine.as_ref().map(|engine| &engine.door));
    }

    pub(crate) fn tell(&self, msg: Msg) {
        let _ = self.queue.send(Wake::Msg(msg));
    }

    fn through_the_door(&mut self, cmd: Cmd) {
        let Some(engine) = &self.engine else {
            self.held.push(cmd);
            return;
        };
        let queue = self.queue.clone();
        match cmd {
            Cmd::Send(command) => engine.door.send(command),
            Cmd::SaveDraft { session, text } => {
                self.keeper.typed(session, text);
                self.keep();
            }
            Cmd::Stash(stashed) => {
                self.keeper.stashed(stashed);
                self.keep();
            }
            Cmd::Seek(None) => self.seeker = None,
            Cmd::Seek(Some(sought)) => match &self.seeker {
                Some(seeker) if seeker.number() == sought.number => seeker.typed(sought.typed),
                _ => {
                    let tell = move |number, files| {
                        let _ = queue.send(Wake::Msg(Msg::Files(number, files)));
                    };
                    self.seeker = Seeker::start(&engine.door, sought, Box::new(tell));
                }
            },
            Cmd::Ask(tag, query) => {
                let door = engine.door.clone();
                engine.runtime.spawn(async move {
                    let found = door.ask(query).await;
                    let _ = queue.send(Wake::Msg(Msg::Found(tag, found)));
                });
            }
            Cmd::Manage(session, manage) => {
                let door = engine.door.clone();
                engine.runtime.spawn(async move {
                    let done = door.manage(manage).await;
                    let _ = queue.send(Wake::Msg(Msg::Managed(session, done)));
                });
            }
            Cmd::Attach {
                session,
                number,
                source,
            } => {
                let door = engine.door.clone();
                engine.runtime.spawn(async move {
                    let done = door.manage(Manage::Attach { source }).await;
                    let _ = queue.send(Wake::Msg(Msg::Attached(session, number, done)));
                });
            }
            Cmd::Clipboard { session, number } => {
                let door = engine.door.clone();
                engine.runtime.spawn(async move {
                    let read = tokio::task::spawn_blocking(clipboard::picture).await;
                    let done = match read.unwrap_or_else(|error| Err(error.to_string())) {
                        Ok(bytes) => {
                            let name = "clipboard".to_owned();
                            let source = Source::Bytes { name, bytes };
                            door.manage(Manage::Attach { source }).await
                        }
                        Err(why) => Managed::Failed { why },
                    };
                    let _ = queue.send(Wake::Msg(Msg::Attached(session, number, done)));
                });
            }
            Cmd::Check(provider) => {
                let check = (self.options.check_provider)(provider.clone());
                engine.runtime.spawn(async move {
                    let checked = check.await;
                    let _ = queue.send(Wake::Msg(Msg::Checked(provider, checked)));
                });
            }
            Cmd::AskLocal(number) => {
                let ask = (self.options.ask_local)();
                engine.runtime.spawn(async move {
                    let servers = ask.await;
                    let _ = queue.send(Wake::Msg(Msg::Local(number, servers)));
                });
            }
            Cmd::Store(provider, model) => {
                let store = self.options.store_provider.clone();
                let given = provider.clone();
                let tell = move |stored: Result<(Stored, Option<Box<Wishes>>), String>| {
                    let stored = stored.map(|(stored, wishes)| {
                        if let Some(wishes) = wishes {
                            let _ = queue.send(Wake::Msg(Msg::Wrote(wishes)));
                        }
                        stored
                    });
                    let _ = queue.send(Wake::Msg(Msg::Stored(given, stored)));
                };
                let runtime = &engine.runtime;
                runtime.spawn_blocking(move || store(provider, model, Box::new(tell)));
            }
            Cmd::ReadKeys(session) => {
                let read = (self.options.read_keys)();
                engine.runtime.spawn(async move {
                    let read = read.await;
                    let _ = queue.send(Wake::Msg(Msg::KeysRead(session, read)));
                });
            }
            Cmd::Extend => {
                let read = (self.options.extend)();
                engine.runtime.spawn(async move {
                    let _ = queue.send(Wake::Msg(Msg::Extended(read.await)));
                });
            }
            Cmd::Bind(rebinds) => {
                let bind = Arc::clone(&self.options.config.bind);
                let tell = move |bound: Result<Wishes, String>| {
                    let msg = match bound {
                        Ok(wishes) => Msg::Wished(Ok(Box::new(wishes))),
                        Err(why) => Msg::NotBound(why),
                    };
                    let _ = queue.send(Wake::Msg(msg));
                };
                let runtime = &engine.runtime;
                runtime.spawn_blocking(move || bind(&rebinds, Box::new(tell)));
            }
            Cmd::Errand(errand) => {
                let (door, session) = (engine.door.clone(), errand.session());
                let task = engine.runtime.spawn(async move {
                    let done = door.manage(Manage::Worktree { errand }).await;
                    let _ = queue.send(Wake::Msg(Msg::Errand(session, done)));
                });
                self.errand = Some(task.abort_handle());
            }
            Cmd::StopErrand => {
                // The engine sees that nobody waits any more, and undoes what it had begun.
                if let Some(errand) = self.errand.take() {
                    errand.abort();
                }
            }
            Cmd::StopImport => engine.door.stop_import(),
            Cmd::Scratch => {
                let made = (self.options.scratch)();
                self.tell(Msg::Scratch(made));
            }
            Cmd::LookAt(folder) => {
                let look_at = self.options.look_at.clone();
                engine.runtime.spawn_blocking(move || {
                    let place = look_at(&folder);
                    let _ = queue.send(Wake::Msg(Msg::Place(folder, place)));
                });
            }
            Cmd::LookBelow(folder, most) => {
                let below = self.options.below.clone();
                engine.runtime.spawn_blocking(move || {
                    let _ = queue.send(Wake::Msg(Msg::Below(below(&folder, most))));
                });
            }
            // Done before the door, by the terminal or by what is drawn.
            Cmd::Redraw
            | Cmd::Suspend
            | Cmd::Edit(_)
            | Cmd::EditConfig(_)
            | Cmd::Read(_)
            | Cmd::Notify(_)
            | Cmd::Keep(_)
            | Cmd::GiveMemoryBack
            | Cmd::FindPane(..)
            | Cmd::Tour
            | Cmd::ListThemes
            | Cmd::KeepTheme(_)
            | Cmd::Take(_)
            | Cmd::Quit => {}
        }
    }
}
