//! What servers told of their models (windows, and that one takes no pictures), kept in the home: read before it is first needed,
//! and written when a server tells something else.

use std::sync::Arc;

use crate::engine::house::House;
use crate::protocol::id::ModelRef;
use crate::provider::kept::KeptModel;
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
        let models = kept.into_iter();
        let models = models.filter_map(|(model, body)| KeptModel::read(model, &body));
        self.providers().recall(models.collect());
    }

    /// Keeps what servers told since.
    pub(crate) fn keep_windows(&self) {
        for told in self.providers().untold() {
            let name = window_draft(&told.model);
            self.log.put_draft(name, self.clock.now(), told.body());
        }
    }
}
