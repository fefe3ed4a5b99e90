//! The first page: for a person without any model three ways to one, and for one who started in a folder that is too much
//! for an agent, other folders. Nothing is asked about themes, keys or safety, and
//! what is pasted is never shown again.

use std::path::PathBuf;

use crate::agent::visible::one_line;
use crate::config::preset;
use crate::tui::app::ask::edit_line;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::setup::{Checked, GivenKey, NewProvider};
use crate::tui::app::text::Text;
use crate::tui::app::typed_key::{key_source, typed_command, vendor_of};

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and none excludes another"
)]
#[derive(Debug, Clone, PartialEq)]
pub struct FirstRun {
    pub page: Page,
    /// What went wrong last, or what must be said first.
    pub text: Option<String>,
    /// The variable of a key that was found, of whose vendor no model is known yet.
    pub found: Option<String>,
    /// Opened from the list of models: what is given is kept and nothing begins with it, and every way back leads to the list.
    pub beside: bool,
    /// What the field holds was tried, and nothing has been typed since: what is pasted goes in its place.
    pub tried: bool,
    /// There are sessions of other programs: to search them is a way that needs no model.
    pub others: bool,
    /// It was opened over sessions: letters and digits are meant for those, and only the other keys for it.
    pub over: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Page {
    /// The ways; the highlight starts on the tour.
    Ways { at: usize },
    /// A key, or the name of where one is; `of` names the provider it is another key of, else it is for a new one.
    Key { field: Text, of: Option<String> },
    /// A key whose beginning does not say of which vendor it is: one of `config::preset::keyed`.
    Vendor { key: GivenKey, at: usize },
    /// The address of a server.
    Server { field: Text },
    /// The models of the servers on this machine, and at the end a way to type another's address.
    Here { at: usize },
    /// It is being tried; `since` is when that began, in time since the start.
    Checking {
        provider: NewProvider,
        since: std::time::Duration,
    },
    /// In which folder: those last worked in, then a scratch folder.
    Folder {
        folders: Vec<PathBuf>,
        at: usize,
        /// It is being looked at.
        chosen: Option<PathBuf>,
    },
    /// A server answered: which of its models.
    Choose {
        provider: NewProvider,
        checked: Checked,
        at: usize,
    },
}

/// Ways to a model.
const WAYS: usize = 3;

/// What became of a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    Stay,
    /// To the workstation without a model.
    Leave,
    Quit,
    Tour,
    Check(NewProvider),
    Store(NewProvider, usize),
    /// To the servers on this machine.
    Local,
    /// The servers on this machine are asked once more.
    AskLocal,
    /// The server and model of the list with this number.
    StoreHere(usize),
    Folder(PathBuf),
    /// A new folder for this alone.
    Scratch,
    Sessions,
    /// To the sessions of other programs.
    Imports,
    /// The letter is a part of what is typed in the session below.
    Type,
}

impl Default for FirstRun {
    fn default() -> Self {
        Self {
            page: Page::Ways { at: 0 },
            text: None,
            found: None,
            beside: false,
            tried: false,
            others: false,
            over: false,
        }
    }
}

impl FirstRun {
    /// The ways to a model; where a key was found the way of keys is marked, and asks for its models.
    pub fn of(found: Option<String>) -> Self {
        Self {
            page: Page::Ways {
                at: usize::from(found.is_some()),
            },
            found,
            ..Self::default()
        }
    }

    /// How many ways there are.
    pub fn ways(&self) -> usize {
        WAYS + usize::from(self.others)
    }

    /// Where its keys are looked up: where a letter is text, or goes to a row, as in a list.
    pub fn place(&self) -> Place {
        match self.page {
            Page::Ways { .. } | Page::Here { .. } | Page::Folder { .. } | Page::Choose { .. } => {
                Place::FirstPage
            }
            Page::Key { .. }
            | Page::Vendor { .. }
            | Page::Server { .. }
            | Page::Checking { .. } => Place::List,
        }
    }

    pub fn key(&mut self, press: Press) -> Reply {
        let ways = self.ways();
        let typed = self.over && press.letter().is_some();
        match &mut self.page {
            Page::Ways { .. } if typed => Reply::Type,
            Page::Ways { at } => {
                let chosen = match press.action {
                    Some(Action::ScrollUp) => {
                        *at = at.saturating_sub(1);
                        return Reply::Stay;
                    }
                    Some(Action::ScrollDown) => {
                        *at = (*at + 1).min(ways - 1);
                        return Reply::Stay;
                    }
                    Some(Action::Choose) => *at,
                    Some(Action::Close) => return Reply::Leave,
                    Some(Action::Quit) => return Reply::Quit,
                    _ => match press.row().filter(|row| *row < ways) {
                        Some(row) => row,
                        None => return Reply::Stay,
                    },
                };
                *at = chosen;
                self.text = None;
                match chosen {
                    0 => return Reply::Tour,
                    1 => {
                        let found = self.found.as_ref().map(|name| format!("${name}"));
                        self.page = Page::Key {
                            field: Text::new(&found.unwrap_or_default()),
                            of: None,
                        };
                    }
                    2 => return Reply::Local,
                    _ => return Reply::Imports,
                }
                Reply::Stay
            }
            Page::Key { field, of } => match press.action {
                Some(Action::Close) if of.is_some() || self.beside => Reply::Leave,
                Some(Action::Close) => self.back(1),
                Some(Action::Choose) => match (key_source(field.as_str()), of) {
                    (Some(key), Some(of)) => Reply::Check(NewProvider::KeyOf {
                        provider: of.clone(),
                        key,
                    }),
                    (Some(key), None) => {
                        if let Some(vendor) = vendor_of(&key) {
                            return Reply::Check(of_vendor(vendor, key, self.beside));
                        }
                        self.page = Page::Vendor { key, at: 0 };
                        Reply::Stay
                    }
                    (None, _) => {
                        let typed = !field.as_str().trim().is_empty();
                        self.text =
                            typed.then(|| "A key has no blank in it; this is none.".to_owned());
                        Reply::Stay
                    }
                },
                _ => {
                    self.tried = false;
                    edit_line(field, press.event);
                    Reply::Stay
                }
            },
            Page::Vendor { key, at } => {
                let vendors = preset::keyed();
                let index = match press.action {
                    Some(Action::ScrollUp) => {
                        *at = at.saturating_sub(1);
                        return Reply::Stay;
                    }
                    Some(Action::ScrollDown) => {
                        *at = (*at + 1).min(vendors.len().saturating_sub(1));
                        return Reply::Stay;
                    }
                    Some(Action::Choose) => *at,
                    Some(Action::Close) => {
                        self.page = key_page(key, None);
                        self.tried = true;
                        return Reply::Stay;
                    }
                    _ => {
                        if let Some(letter) = press.letter() {
                            let begins = |at: &usize| vendors[*at].name.starts_with(letter);
                            let mut below = (*at + 1..vendors.len()).chain(0..*at);
                            *at = below.find(begins).unwrap_or(*at);
                        }
                        return Reply::Stay;
                    }
                };
                match vendors.get(index) {
                    Some(vendor) => {
                        let vendor = vendor.name.to_owned();
                        Reply::Check(of_vendor(vendor, key.clone(), self.beside))
                    }
                    None => Reply::Stay,
                }
            }
            Page::Server { field } => match press.action {
                Some(Action::Close) => self.back(2),
                Some(Action::Choose) if field.as_str().trim().is_empty() => Reply::AskLocal,
                Some(Action::Choose) => Reply::Check(NewProvider::Server {
                    address: field.as_str().trim().to_owned(),
                }),
                _ => {
                    self.tried = false;
                    edit_line(field, press.event);
                    Reply::Stay
                }
            },
            // How many there are is known by whoever holds them.
            Page::Here { at } => match press.action {
                Some(Action::ScrollUp) => {
                    *at = at.saturating_sub(1);
                    Reply::Stay
                }
                Some(Action::ScrollDown) => {
                    *at += 1;
                    Reply::Stay
                }
                Some(Action::Choose) => Reply::StoreHere(*at),
                Some(Action::Close) => self.back(2),
                _ => press.row().map_or(Reply::Stay, Reply::StoreHere),
            },
            Page::Folder {
                folders,
                at,
                chosen,
            } => {
                let index = match press.action {
                    Some(Action::ScrollUp) => {
                        *at = at.saturating_sub(1);
                        return Reply::Stay;
                    }
                    Some(Action::ScrollDown) => {
                        *at = (*at + 1).min(folders.len());
                        return Reply::Stay;
                    }
                    Some(Action::Choose) => *at,
                    Some(Action::Quit) => return Reply::Quit,
                    Some(Action::Sessions) => return Reply::Sessions,
                    // Rows come above the last, so its number is none of theirs.
                    _ if press.letter() == Some('0') => folders.len(),
                    _ => match press.row().filter(|row| *row < folders.len()) {
                        Some(row) => row,
                        None => return Reply::Stay,
                    },
                };
                *at = index;
                self.text = None;
                *chosen = folders.get(index).cloned();
                chosen.clone().map_or(Reply::Scratch, Reply::Folder)
            }
            Page::Checking { provider, .. } => {
                if press.action == Some(Action::Close) {
                    let provider = provider.clone();
                    self.type_again(&provider, None);
                }
                Reply::Stay
            }
            Page::Choose {
                provider,
                checked,
                at,
            } => match press.action {
                Some(Action::ScrollUp) => {
                    *at = at.saturating_sub(1);
                    Reply::Stay
                }
                Some(Action::ScrollDown) => {
                    *at = (*at + 1).min(checked.models.len().saturating_sub(1));
                    Reply::Stay
                }
                Some(Action::Choose) => Reply::Store(provider.clone(), *at),
                Some(Action::Close) => {
                    let way = way_of(provider);
                    self.back(way)
                }
                _ => match press.row() {
                    Some(row) if row < checked.models.len() => Reply::Store(provider.clone(), row),
                    _ => Reply::Stay,
                },
            },
        }
    }

    pub fn paste(&mut self, text: &str) {
        // Asked whose key it is, one may see that it was none: another is given in its place and looked at anew.
        if let (Page::Vendor { .. }, Some(key)) = (&self.page, key_source(&one_line(text))) {
            self.page = key_page(&key, None);
            self.tried = false;
            return;
        }
        if let Page::Key { field, .. } | Page::Server { field } = &mut self.page {
            if std::mem::take(&mut self.tried) {
                field.replace("");
            }
            field.insert(&one_line(text));
        }
    }

    /// What the field shows: a key only as far as it can be known again.
    pub fn shown(&self) -> Text {
        match &self.page {
            Page::Key { field, .. } => match key_source(field.as_str()) {
                Some(GivenKey::Pasted(key)) => Text::new(&key.hint()),
                _ => field.clone(),
            },
            Page::Server { field } => field.clone(),
            _ => Text::default(),
        }
    }

    /// Back to where this was typed, with what was typed; `why` says what is wrong with it.
    pub fn type_again(&mut self, provider: &NewProvider, why: Option<String>) {
        self.page = match provider {
            NewProvider::Key { key, .. } | NewProvider::Beside { key, .. } => key_page(key, None),
            NewProvider::KeyOf { provider, key } => key_page(key, Some(provider.clone())),
            NewProvider::Server { address } => Page::Server {
                field: Text::new(address),
            },
            NewProvider::Local { .. } | NewProvider::LocalBeside { .. } => Page::Here { at: 0 },
        };
        self.text = why;
        self.tried = true;
    }

    /// A model is being looked for, and not a folder.
    pub fn wants_model(&self) -> bool {
        !matches!(self.page, Page::Folder { .. })
    }

    fn back(&mut self, at: usize) -> Reply {
        self.page = if self.beside {
            Page::Key {
                field: Text::default(),
                of: None,
            }
        } else {
            Page::Ways { at }
        };
        self.text = None;
        Reply::Stay
    }
}

/// The way on the first page that leads to this provider.
pub fn way_of(provider: &NewProvider) -> usize {
    match provider {
        NewProvider::Key { .. } | NewProvider::Beside { .. } | NewProvider::KeyOf { .. } => 1,
        _ => 2,
    }
}

/// The page of keys with what was given there.
fn key_page(key: &GivenKey, of: Option<String>) -> Page {
    let typed = match key {
        GivenKey::Pasted(key) => key.expose().to_owned(),
        GivenKey::Variable(name) => format!("${name}"),
        GivenKey::File(path) => path.display().to_string(),
        GivenKey::Command(argv) => typed_command(argv),
    };
    Page::Key {
        field: Text::new(&typed),
        of,
    }
}

fn of_vendor(vendor: String, key: GivenKey, beside: bool) -> NewProvider {
    if beside {
        NewProvider::Beside { vendor, key }
    } else {
        NewProvider::Key { vendor, key }
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent};

    use super::*;

    fn press(page: &mut FirstRun, code: KeyCode) -> Reply {
        page.key(Press::shipped(page.place(), KeyEvent::from(code)))
    }

    #[test]
    fn a_pasted_key_is_not_drawn() {
        let mut page = FirstRun::default();
        press(&mut page, KeyCode::Char('2'));
        page.paste("sk-ant-api03-abcdefghijklmnopx4Qa\n");
        assert_eq!(page.shown().as_str(), "sk-ant-…x4Qa");
    }

    #[test]
    fn a_key_that_was_found_is_tried_with_two_keys() {
        let mut page = FirstRun::of(Some("GROQ_API_KEY".to_owned()));
        press(&mut page, KeyCode::Enter);
        assert_eq!(page.shown().as_str(), "$GROQ_API_KEY");
        let reply = press(&mut page, KeyCode::Enter);
        assert_eq!(
            reply,
            Reply::Check(NewProvider::Key {
                vendor: "groq".to_owned(),
                key: GivenKey::Variable("GROQ_API_KEY".to_owned()),
            })
        );
    }

    #[test]
    fn the_vendor_of_a_key_is_known_or_chosen() {
        let cases = [
            ("gsk_0123456789abcdefghij", 0, "groq"),
            ("OPENROUTER_API_KEY", 0, "openrouter"),
            ("sk-0123456789abcdefghij", 2, "deepseek"),
            ("/keys/mine", 1, "openai"),
            ("!pass show openai", 1, "openai"),
        ];
        for (typed, chosen, expected) in cases {
            let mut page = FirstRun::default();
            press(&mut page, KeyCode::Char('2'));
            page.paste(typed);
            let mut reply = press(&mut page, KeyCode::Enter);
            assert_eq!(
                matches!(page.page, Page::Vendor { .. }),
                chosen > 0,
                "{typed}"
            );
            for _ in 1..chosen {
                press(&mut page, KeyCode::Down);
            }
            if chosen > 0 {
                reply = press(&mut page, KeyCode::Enter);
            }
            let Reply::Check(NewProvider::Key { vendor, .. }) = reply else {
                unreachable!("a key is checked: {reply:?}");
            };
            assert_eq!(vendor, expected, "{typed}");
        }
    }
}
