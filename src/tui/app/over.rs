//! What lies over the screen: overlays and the first page. Their keys, and what they wish done.

use crossterm::event::KeyEvent;

use crate::protocol::op::Manage;
use crate::protocol::session::Change;
use crate::tui::app::card::{given_to, key_beside};
use crate::tui::app::copying;
use crate::tui::app::copying::Deed;
use crate::tui::app::first_run::{FirstRun, Page, Reply as PageReply};
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::message::Cmd;
use crate::tui::app::overlay::help::{First, Help};
use crate::tui::app::overlay::{Overlay, Reply, Wish};
use crate::tui::app::setup::NewProvider;
use crate::tui::app::stash::dropped;
use crate::tui::app::text::Text;
use crate::tui::app::worktree;
use crate::tui::app::{App, Focus};

impl App {
    pub fn overlay_key(&mut self, event: KeyEvent) -> Vec<Cmd> {
        if matches!(self.overlay, Some(Overlay::Inbox(_))) {
            return self.inbox_key(event);
        }
        self.trust_hears();
        let Some(overlay) = &mut self.overlay else {
            return Vec::new();
        };
        let place = overlay.place();
        let press = self.setup.wishes.keymap.press(place, event);
        if press.action == Some(Action::Help) && place != Place::Help && !overlay.hears_any() {
            self.help = Some(Help::of(First::Place(place)));
            return Vec::new();
        }
        let reply = overlay.key(press);
        if reply == Reply::Beneath {
            self.close_overlay();
            return self.key(event);
        }
        self.replied(reply)
    }

    /// A key while the help lies over an overlay: with whatever ends it the keys are that one's again.
    pub fn help_key(&mut self, event: KeyEvent) {
        let keymap = &self.setup.wishes.keymap;
        let press = keymap.press(Place::Help, event);
        let breaks = keymap.find(Place::Anywhere, event) == Some(Action::Break);
        if let Some(help) = &mut self.help
            && (breaks || help.key(press) == Reply::Close)
        {
            self.help = None;
            // An ask may have come to lie under it.
            self.quiet_again();
        }
    }

    /// Does what an overlay wants done.
    pub fn replied(&mut self, reply: Reply) -> Vec<Cmd> {
        match reply {
            Reply::Stay => Vec::new(),
            Reply::Close | Reply::Beneath => {
                self.close_overlay();
                Vec::new()
            }
            Reply::Do(wish) => {
                if !wish.stays() {
                    self.overlay = None;
                }
                self.wish(wish)
            }
        }
    }

    /// What lies under it gets the keys back; an ask or a card waits for quiet anew, as a key may have been pressed once more.
    pub fn close_overlay(&mut self) {
        let closed = self.overlay.take();
        match closed {
            // The help of the inbox is read over it.
            Some(Overlay::Help(help)) if help.first == First::Inbox => self.show_inbox(),
            Some(Overlay::Forget(forget)) => self.show(Overlay::Memory(forget.memory)),
            _ => {}
        }
        let now = self.now.since;
        match &mut self.focus {
            Focus::Ask(ask) => ask.arming.rest(now),
            Focus::Card(card) => card.arming.rest(now),
            Focus::Composer | Focus::Transcript => {}
        }
    }

    pub fn page_key(&mut self, event: KeyEvent) -> Vec<Cmd> {
        let Some(page) = &mut self.first_run else {
            return Vec::new();
        };
        let served = self.local.models().count();
        let press = self.setup.wishes.keymap.press(page.place(), event);
        if press.action == Some(Action::Help) {
            let first = First::Place(page.place());
            self.show(Overlay::Help(Help::of(first)));
            return Vec::new();
        }
        let reply = page.key(press);
        if let Page::Here { at } = &mut page.page {
            *at = (*at).min(served);
        }
        match reply {
            PageReply::Stay => Vec::new(),
            PageReply::Leave => {
                let key = given_to(self.first_run.as_ref()).is_some();
                let beside = self.first_run.as_ref().is_some_and(|page| page.beside);
                self.leave_page();
                if beside {
                    return self.show_models();
                }
                if key {
                    self.back_to_card();
                }
                Vec::new()
            }
            PageReply::Folder(folder) => vec![Cmd::LookAt(folder)],
            PageReply::Scratch => vec![Cmd::Scratch],
            PageReply::Sessions => self.act(Action::Sessions),
            PageReply::Type => {
                self.leave_page();
                self.composer_key(event)
            }
            PageReply::Imports => {
                self.leave_page();
                self.show_imports()
            }
            PageReply::Quit => self.quit(),
            PageReply::Tour => vec![Cmd::Tour],
            PageReply::Check(provider) => {
                // A vendor that is there has its key replaced.
                let provider = match provider {
                    NewProvider::Beside { vendor, key }
                        if self.setup.key_places.contains_key(&vendor) =>
                    {
                        let provider = vendor;
                        NewProvider::KeyOf { provider, key }
                    }
                    provider => provider,
                };
                page.text = None;
                page.page = Page::Checking {
                    provider: provider.clone(),
                    since: self.now.since,
                };
                vec![Cmd::Check(provider)]
            }
            PageReply::Store(provider, index) => self.store(provider, index),
            PageReply::Local => self.use_local(),
            PageReply::AskLocal => self.ask_local(),
            PageReply::StoreHere(index) => self.store_here(index),
        }
    }

    /// Starts with a model of a server on this machine; behind the last one stands the field for an address.
    fn store_here(&mut self, index: usize) -> Vec<Cmd> {
        let count = self.local.models().count();
        let Some((server, card)) = self.local.models().nth(index) else {
            if let Some(page) = self.first_run.as_mut().filter(|_| index == count) {
                page.page = Page::Server {
                    field: Text::default(),
                };
            }
            return Vec::new();
        };
        let provider = NewProvider::Local {
            preset: server.preset.clone(),
            port: server.at.port,
        };
        vec![Cmd::Store(provider, card.model.clone())]
    }

    pub fn store(&mut self, provider: NewProvider, index: usize) -> Vec<Cmd> {
        let Some(FirstRun {
            page: Page::Choose { checked, .. },
            ..
        }) = &self.first_run
        else {
            return Vec::new();
        };
        match checked.models.get(index) {
            Some(card) => vec![Cmd::Store(provider, card.model.clone())],
            None => Vec::new(),
        }
    }

    fn wish(&mut self, wish: Wish) -> Vec<Cmd> {
        match wish {
            Wish::Open(session, turn) => {
                self.close_board();
                self.open(session, turn)
            }
            Wish::Model(model, how) => self.take_model(model, how),
            Wish::GiveKey(of) => {
                self.first_run = Some(key_beside(of, None));
                Vec::new()
            }
            Wish::Compose(text) => {
                self.focus = Focus::Composer;
                self.view_mut().composer.set(&text);
                self.typed();
                Vec::new()
            }
            Wish::Command(line) => {
                let alone = self.view().composer.is_empty();
                let shell = if alone { "! " } else { "" };
                self.replied(Reply::Do(Wish::Add(format!("{shell}{line}"))))
            }
            Wish::Add(text) => {
                self.focus = Focus::Composer;
                self.view_mut().composer.type_on();
                self.view_mut().composer.add(&text);
                self.typed();
                Vec::new()
            }
            Wish::EditNote(file, line) => {
                vec![Cmd::Read(Deed::Open { file, line })]
            }
            Wish::Tell(why) => {
                self.say(why);
                Vec::new()
            }
            Wish::Search => self.search_memory(),
            Wish::Recall => self.recall(),
            Wish::Around => self.look_around(),
            Wish::TakeIn(program, path) => self.take_in(program, path),
            Wish::StopImport => self.stop_import(),
            Wish::Copy(text) => copying::copy(text, "the hit, "),
            Wish::Take(text) => vec![Cmd::Take(text)],
            Wish::AskForget(session, title) => self.ask_forget(session, title),
            Wish::Forget => self.forget(),
            Wish::Pin(session, item) => {
                vec![Cmd::Manage(session, Manage::Pin { session, item })]
            }
            Wish::ForgetNote(path, text) => {
                vec![Cmd::Manage(
                    self.view().id,
                    Manage::ForgetNote { path, text },
                )]
            }
            Wish::Unstash { stashed, stays } => self.unstash(&stashed, stays),
            Wish::RemoveRules(numbers) => {
                let remove = crate::protocol::op::Manage::RemoveRules { numbers };
                vec![Cmd::Manage(self.view().id, remove)]
            }
            Wish::GoOn(sessions) => self.goes_on(&sessions),
            Wish::Accept(session, cwd, text) => self.accept(session, cwd, text),
            Wish::Vouch(session, until) => self.vouch(session, until),
            Wish::DropStashed(stashed) => vec![dropped(&stashed)],
            Wish::Skill(index) => {
                self.focus = Focus::Composer;
                self.insert_skill(index, "");
                self.typed();
                Vec::new()
            }
            Wish::Mode(mode) => self.change(Change::Mode { mode }),
            Wish::Theme(choice) => vec![Cmd::KeepTheme(choice)],
            Wish::MakeWorktree(name) => self.make_worktree(name),
            Wish::StopErrand => self.errand_stopped(),
            Wish::Look(session, look) => vec![worktree::look(session, look)],
            Wish::Errand(errand) => vec![Cmd::Errand(errand)],
            Wish::ComposeIn(session, text) => self.compose_in(session, &text),
            Wish::PutAway => self.act(Action::PutAway),
            Wish::Act(action) => self.choose(action),
            Wish::Slash(name, given) => {
                self.close_board();
                self.run_slash(name, &given)
            }
            Wish::Files => {
                self.close_board();
                self.name_a_file()
            }
            Wish::Setting(key) => self.open_setting(&key),
            Wish::Bind(rebinds) => vec![Cmd::Bind(rebinds)],
            Wish::Quit => self.quit_now(),
            Wish::Discard(session) => self.close_temporary(session),
        }
    }

    pub fn show(&mut self, overlay: Overlay) {
        self.overlay = Some(overlay);
    }
}
