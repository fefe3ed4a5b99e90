//! Servers that say why an answer stopped and then nothing more, neither its usage nor the mark of its end, and keep the
//! connection: what they do once they do each time, so it is waited for once as long as others may need.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use reqwest::Url;

/// Those that let us wait for nothing, for as long as the process lives.
#[derive(Debug, Default)]
pub(crate) struct Silent(Mutex<BTreeSet<String>>);

impl Silent {
    pub(crate) fn knows(&self, endpoint: &str) -> bool {
        self.set().contains(endpoint)
    }

    /// Nothing came though it was waited for.
    pub(crate) fn learn(&self, endpoint: &str) {
        self.set().insert(endpoint.to_owned());
    }

    /// Something came after all.
    pub(crate) fn forget(&self, endpoint: &str) {
        self.set().remove(endpoint);
    }

    /// The set is whole whatever happened to the thread that held it.
    fn set(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One endpoint: two paths of one server may be two programs.
pub(crate) fn endpoint(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.to_string()
}
