//! Taking in the sessions of other programs: what there is, how far it is, and what came of it. It goes on when nobody looks.

use std::path::PathBuf;

use crate::agent::visible::one_line;
use crate::protocol::import::{ImportNews, Program, Progress, Reached, Report, Source};
use crate::protocol::op::Manage;
use crate::protocol::query::Query;
use crate::tui::app::App;
use crate::tui::app::first_run::FirstRun;
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::imports::Imports;

impl App {
    pub fn show_imports(&mut self) -> Vec<Cmd> {
        self.show(Overlay::Imports(Imports::default()));
        vec![look()]
    }

    /// The first page: to a model, or to what was done before with others.
    pub fn ways(&self) -> FirstRun {
        FirstRun {
            others: !self.setup.programs.is_empty(),
            ..FirstRun::of(self.setup.key_without_model.clone())
        }
    }

    pub fn imports_found(&mut self, sources: Vec<Source>) {
        if let Some(Overlay::Imports(overlay)) = &mut self.overlay {
            overlay.found(sources);
        }
    }

    pub fn take_in(&mut self, program: Program, path: PathBuf) -> Vec<Cmd> {
        if let Some(importing) = &self.importing {
            let name = importing.program.title();
            self.say(format!("{name} is being taken in: the next one then"));
            return Vec::new();
        }
        self.importing = Some(Progress {
            program,
            path: path.clone(),
            reached: Reached::default(),
            read: 0,
            millis: 0,
            sessions: 0,
            items: 0,
        });
        vec![Cmd::Manage(
            self.view().id,
            Manage::Import { program, path },
        )]
    }

    pub fn stop_import(&mut self) -> Vec<Cmd> {
        if self.importing.is_none() {
            self.say("nothing is being taken in");
            return Vec::new();
        }
        self.say("it stops with what it has at hand; Enter goes on there");
        vec![Cmd::StopImport]
    }

    /// Something is told of an import.
    pub fn import_news(&mut self, news: ImportNews) {
        match news {
            // What was told before the end may come behind it.
            ImportNews::Progress(progress) => {
                if let Some(importing) = &mut self.importing {
                    *importing = *progress;
                    self.changes.in_focus += 1;
                }
            }
            // One is taken in by a command, which tells of it.
            ImportNews::Home(_) => {}
            ImportNews::Fault(why) => {
                let why = one_line(&why);
                self.changes.in_focus += 1;
                self.notices.push(why);
            }
        }
    }

    /// An import has ended.
    pub fn imported(&mut self, report: &Report) -> Vec<Cmd> {
        let program = self.importing.take().map_or("", |of| of.program.title());
        let count = |count: u64, one: &str| match count {
            1 => format!("1 {one}"),
            count => format!("{count} {one}s"),
        };
        let taken = match (report.sessions, report.items) {
            (0, 0) => "nothing new".to_owned(),
            (0, items) => format!("{} more", count(items, "item")),
            (sessions, items) => {
                format!(
                    "{}, {} taken in",
                    count(sessions, "session"),
                    count(items, "item")
                )
            }
        };
        let mut said = format!("{program}: {taken}");
        if report.stopped {
            let (files, all) = (report.reached.files, report.reached.of_files);
            said = format!("{said}; stopped after {files} of {all} files");
        }
        if report.skipped > 0 {
            let lines = count(report.skipped, "line");
            said = format!("{said}; {lines} could not be read");
            if let Some(first) = report.problems.first() {
                let place = self.setup.path(&first.path);
                let (line, why) = (first.line, one_line(&first.text));
                said = format!("{said}, the first is {}:{line}: {why}", one_line(&place));
            }
        }
        self.say(said);
        self.recent_changed = true;
        self.look_at_imports()
    }

    /// The list that is open, looked at anew.
    pub fn look_at_imports(&self) -> Vec<Cmd> {
        match &self.overlay {
            Some(Overlay::Imports(_)) => vec![look()],
            _ => Vec::new(),
        }
    }
}

fn look() -> Cmd {
    Cmd::Ask(Tag::Imports, Query::Imports)
}
