//! The first page: for a person without any model three ways to one, and for one who started in a folder that is too much
//! for an agent, other folders. Nothing is asked about themes, keys or safety, and
//! what is pasted is never shown again.

use std::path::PathBuf;

use crossterm::event::{KeyCode, KeyEvent};

use crate::agent::visible::one_line;
use crate::config::preset;
use crate::config::secret::Secret;
use crate::tui::app::ask::edit_line;
use crate::tui::app::keymap::chord::narrow;
use crate::tui::app::setup::{Checked, GivenKey, NewProvider};
use crate::tui::app::text::Text;

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
}

#[derive(Debug, Clone, PartialEq)]
pub enum Page {
    /// The three ways; the highlight starts on the tour.
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

pub const WAYS: usize = 3;

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
}

impl Default for FirstRun {
    fn default() -> Self {
        Self {
            page: Page::Ways { at: 0 },
            text: None,
            found: None,
            beside: false,
            tried: false,
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

    pub fn key(&mut self, event: KeyEvent) -> Reply {
        match &mut self.page {
            Page::Ways { at } => {
                let chosen = match event.code {
                    KeyCode::Up => {
                        *at = at.saturating_sub(1);
                        return Reply::Stay;
                    }
                    KeyCode::Down => {
                        *at = (*at + 1).min(WAYS - 1);
                        return Reply::Stay;
                    }
                    KeyCode::Enter => *at,
                    KeyCode::Esc => return Reply::Leave,
                    KeyCode::Char(c) => match narrow(c) {
                        'q' => return Reply::Quit,
                        c @ '1'..='3' => c as usize - '1' as usize,
                        _ => return Reply::Stay,
                    },
                    _ => return Reply::Stay,
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
                    _ => return Reply::Local,
                }
                Reply::Stay
            }
            Page::Key { field, of } => match event.code {
                KeyCode::Esc if of.is_some() || self.beside => Reply::Leave,
                KeyCode::Esc => self.back(1),
                KeyCode::Enter => match (key_source(field.as_str()), of) {
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
                    (None, _) => Reply::Stay,
                },
                _ => {
                    self.tried = false;
                    edit_line(field, event);
                    Reply::Stay
                }
            },
            Page::Vendor { key, at } => {
                let vendors = preset::keyed();
                let index = match event.code {
                    KeyCode::Up => {
                        *at = at.saturating_sub(1);
                        return Reply::Stay;
                    }
                    KeyCode::Down => {
                        *at = (*at + 1).min(vendors.len().saturating_sub(1));
                        return Reply::Stay;
                    }
                    KeyCode::Enter => *at,
                    KeyCode::Char(c) => {
                        let begins = |at: &usize| vendors[*at].name.starts_with(narrow(c));
                        let mut below = (*at + 1..vendors.len()).chain(0..*at);
                        *at = below.find(begins).unwrap_or(*at);
                        return Reply::Stay;
                    }
                    KeyCode::Esc => {
                        self.page = key_page(key, None);
                        self.tried = true;
                        return Reply::Stay;
                    }
                    _ => return Reply::Stay,
                };
                match vendors.get(index) {
                    Some(vendor) => {
                        let vendor = vendor.name.to_owned();
                        Reply::Check(of_vendor(vendor, key.clone(), self.beside))
                    }
                    None => Reply::Stay,
                }
            }
            Page::Server { field } => match event.code {
                KeyCode::Esc => self.back(2),
                KeyCode::Enter if field.as_str().trim().is_empty() => Reply::AskLocal,
                KeyCode::Enter => Reply::Check(NewProvider::Server {
                    address: field.as_str().trim().to_owned(),
                }),
                _ => {
                    self.tried = false;
                    edit_line(field, event);
                    Reply::Stay
                }
            },
            // How many there are is known by whoever holds them.
            Page::Here { at } => match event.code {
                KeyCode::Up => {
                    *at = at.saturating_sub(1);
                    Reply::Stay
                }
                KeyCode::Down => {
                    *at += 1;
                    Reply::Stay
                }
                KeyCode::Enter => Reply::StoreHere(*at),
                KeyCode::Esc => self.back(2),
                KeyCode::Char(c) => match narrow(c) {
                    c @ '1'..='9' => Reply::StoreHere(c as usize - '1' as usize),
                    _ => Reply::Stay,
                },
                _ => Reply::Stay,
            },
            Page::Folder {
                folders,
                at,
                chosen,
            } => {
                let index = match event.code {
                    KeyCode::Up => {
                        *at = at.saturating_sub(1);
                        return Reply::Stay;
                    }
                    KeyCode::Down => {
                        *at = (*at + 1).min(folders.len());
                        return Reply::Stay;
                    }
                    KeyCode::Enter => *at,
                    KeyCode::Char(c) => match narrow(c) {
                        'q' => return Reply::Quit,
                        'w' => return Reply::Sessions,
                        c @ '1'..='9' => c as usize - '1' as usize,
                        _ => return Reply::Stay,
                    },
                    _ => return Reply::Stay,
                };
                if index > folders.len() {
                    return Reply::Stay;
                }
                *at = index;
                self.text = None;
                *chosen = folders.get(index).cloned();
                chosen.clone().map_or(Reply::Scratch, Reply::Folder)
            }
            Page::Checking { provider, .. } => {
                if event.code == KeyCode::Esc {
                    let provider = provider.clone();
                    self.type_again(&provider, None);
                }
                Reply::Stay
            }
            Page::Choose {
                provider,
                checked,
                at,
            } => match event.code {
                KeyCode::Up => {
                    *at = at.saturating_sub(1);
                    Reply::Stay
                }
                KeyCode::Down => {
                    *at = (*at + 1).min(checked.models.len().saturating_sub(1));
                    Reply::Stay
                }
                KeyCode::Enter => Reply::Store(provider.clone(), *at),
                KeyCode::Esc => {
                    let way = way_of(provider);
                    self.back(way)
                }
                KeyCode::Char(c) => {
                    let number = narrow(c)
                        .to_digit(10)
                        .and_then(|digit| digit.checked_sub(1));
                    match number.and_then(|number| usize::try_from(number).ok()) {
                        Some(index) if index < checked.models.len() => {
                            Reply::Store(provider.clone(), index)
                        }
                        _ => Reply::Stay,
                    }
                }
                _ => Reply::Stay,
            },
        }
    }

    pub fn paste(&mut self, text: &str) {
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
            NewProvider::Local { .. } => Page::Here { at: 0 },
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
        NewProvider::Server { .. } | NewProvider::Local { .. } => 2,
        NewProvider::Key { .. } | NewProvider::Beside { .. } | NewProvider::KeyOf { .. } => 1,
    }
}

/// The page of keys with what was given there.
fn key_page(key: &GivenKey, of: Option<String>) -> Page {
    let typed = match key {
        GivenKey::Pasted(key) => key.expose().to_owned(),
        GivenKey::Variable(name) => format!("${name}"),
        GivenKey::File(path) => path.display().to_string(),
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

/// The vendor of a key, where its beginning or the name of its variable says so. What a file holds is not known here.
fn vendor_of(key: &GivenKey) -> Option<String> {
    let preset = match key {
        GivenKey::Pasted(key) => preset::of_key(key.expose()),
        GivenKey::Variable(name) => preset::of_variable(name),
        GivenKey::File(_) => None,
    };
    preset.map(|preset| preset.name.to_owned())
}

/// What was typed or pasted: a key, or the name of where one is. Anything that is plainly no name is taken for a key, so that
/// a key is never drawn by mistake.
fn key_source(text: &str) -> Option<GivenKey> {
    let text = text.trim();
    let variable = text.strip_prefix('$').unwrap_or(text);
    let is_variable = !variable.is_empty()
        && variable
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        && (variable.contains('_') || text.starts_with('$') || variable.len() < 12);
    if text.is_empty() {
        None
    } else if is_variable {
        Some(GivenKey::Variable(variable.to_owned()))
    } else if text.starts_with(['/', '~', '.']) {
        Some(GivenKey::File(PathBuf::from(text)))
    } else {
        Secret::new(text).map(GivenKey::Pasted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_told_from_the_name_of_its_place() {
        let key = |text: &str| Secret::new(text).map(GivenKey::Pasted);
        let cases = [
            ("", None),
            ("sk-ant-api03-AAAA", key("sk-ant-api03-AAAA")),
            (" sk-ant-x ", key("sk-ant-x")),
            ("$MY_KEY", Some(GivenKey::Variable("MY_KEY".to_owned()))),
            (
                "ANTHROPIC_API_KEY",
                Some(GivenKey::Variable("ANTHROPIC_API_KEY".to_owned())),
            ),
            (
                "~/keys/anthropic",
                Some(GivenKey::File(PathBuf::from("~/keys/anthropic"))),
            ),
            ("0123456789ABCDEF0123", key("0123456789ABCDEF0123")),
        ];
        for (text, expected) in cases {
            assert_eq!(key_source(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_pasted_key_is_not_drawn() {
        let mut page = FirstRun::default();
        page.key(KeyEvent::from(KeyCode::Char('2')));
        page.paste("sk-ant-api03-abcdefghijklmnopx4Qa\n");
        assert_eq!(page.shown().as_str(), "sk-ant-…x4Qa");
    }

    #[test]
    fn a_key_that_was_found_is_tried_with_two_keys() {
        let mut page = FirstRun::of(Some("GROQ_API_KEY".to_owned()));
        page.key(KeyEvent::from(KeyCode::Enter));
        assert_eq!(page.shown().as_str(), "$GROQ_API_KEY");
        let reply = page.key(KeyEvent::from(KeyCode::Enter));
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
        ];
        for (typed, chosen, expected) in cases {
            let mut page = FirstRun::default();
            page.key(KeyEvent::from(KeyCode::Char('2')));
            page.paste(typed);
            let mut reply = page.key(KeyEvent::from(KeyCode::Enter));
            assert_eq!(
                matches!(page.page, Page::Vendor { .. }),
                chosen > 0,
                "{typed}"
            );
            for _ in 1..chosen {
                page.key(KeyEvent::from(KeyCode::Down));
            }
            if chosen > 0 {
                reply = page.key(KeyEvent::from(KeyCode::Enter));
            }
            let Reply::Check(NewProvider::Key { vendor, .. }) = reply else {
                unreachable!("a key is checked: {reply:?}");
            };
            assert_eq!(vendor, expected, "{typed}");
        }
    }
}
