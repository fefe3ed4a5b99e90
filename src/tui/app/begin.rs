//! How the workstation begins: as it was left in this folder, on the first page where there is no model yet, else with a new
//! session.

use std::collections::BTreeMap;

use crate::tui::app::arrangement::Keeping;
use crate::tui::app::drawn::Seen;
use crate::tui::app::local::{Asks, Local};
use crate::tui::app::notify::Notify;
use crate::tui::app::panes::Panes;
use crate::tui::app::pointing::Clicks;
use crate::tui::app::saying::Matter;
use crate::tui::app::setup::{Now, OpenWhat, Setup};
use crate::tui::app::view::View;
use crate::tui::app::{App, Changes, Focus};

impl App {
    pub fn new(setup: Setup, size: (u16, u16), now: Now) -> Self {
        let mut view = View::fresh(
            now.fresh,
            setup.cwd.clone(),
            setup.model.clone(),
            setup.mode,
        );
        view.effort = setup.effort;
        let places = BTreeMap::from([(setup.cwd.clone(), setup.place.clone())]);
        let mut app = Self {
            setup,
            now,
            ready: false,
            broken: None,
            size,
            panes: Panes::new(view.id),
            views: vec![view],
            focus: Focus::Composer,
            overlay: None,
            help: None,
            board: None,
            done: Vec::new(),
            stops: None,
            told_length: None,
            replies: BTreeMap::new(),
            stays: BTreeMap::new(),
            first_run: None,
            below: Vec::new(),
            wanted: None,
            local: Local::default(),
            local_asks: Asks::default(),
            taking: None,
            leader: None,
            resizing: None,
            note: None,
            notices: Vec::new(),
            notify: Notify::default(),
            looking: None,
            matters: Vec::new(),
            chosen: Vec::new(),
            read_only: false,
            esc_until: None,
            break_until: None,
            word_until: None,
            clicks: Clicks::default(),
            owes_frame: false,
            slash_at: 0,
            slash_closed: false,
            mention: None,
            today: None,
            hold: None,
            models: Vec::new(),
            recent: None,
            recent_changed: false,
            places,
            prompts: Vec::new(),
            seen: Seen::default(),
            answered: Vec::new(),
            rechecked: Vec::new(),
            edit: None,
            quitting: false,
            changes: Changes::default(),
            keeping: Keeping::default(),
            unused: None,
            told_budget: false,
            importing: None,
            restored: false,
            next_command: 0,
        };
        app.notices.append(&mut app.setup.notices);
        let notice = app.setup.wishes.notice();
        app.notice_of(Matter::Config, notice);
        let kept = app.setup.arrangement.take();
        if let Some((views, panes)) = kept.and_then(|kept| kept.open(&app.setup.cwd)) {
            (app.views, app.panes) = (views, panes);
            app.restored = true;
            app.note_arrangement();
            app.keeping.due = None;
        } else if app.setup.model.is_none() {
            app.first_run = Some(app.ways());
        } else if app.setup.open == OpenWhat::New {
            app.leave_page();
        }
        app
    }
}
