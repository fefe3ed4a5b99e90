//! Windows that servers told, kept in the home: read before a model's window is first needed, and written when a server tells
//! another.

use std::sync::Arc;

use crate::engine::house::House;
use crate::protocol::id::ModelRef;
use crate::provider::kept::KeptWindow;
use crate::store::append::window_draft;
use crate::store::read::Reader;

impl House {
    /// Reads what is kept, once for the providers of a config. What cannot be read is asked of the servers again.
    pub(crate) async fn recall_windows(self: &Arc<Self>) {
        let providers = self.providers();
        if providers.is_recalled() {
            return;
        }
        if let Ok(kept) = self.read(Reader::windows).await {
            self.recalled(kept);
        }
    }

    /// What was kept, as it was read.
    pub(crate) fn recalled(&self, kept: Vec<(ModelRef, String)>) {
        let windows = kept.into_iter().filter_map(|(model, body)| {
            let (tokens, address) = body.split_once(' ')?;
            Some(KeptWindow {
                model,
                address: address.to_owned(),
                tokens: tokens.parse().ok()?,
            })
        });
        self.providers().recall(windows.collect());
    }

    /// Keeps what servers told since.
    pub(crate) fn keep_windows(&self) {
        for told in self.providers().untold() {
            let body = format!("{} {}", told.tokens, told.address);
            let name = window_draft(&told.model);
            self.log.put_draft(name, self.clock.now(), body);
        }
    }
}
