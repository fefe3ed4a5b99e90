//! Which model of the file is meant where none is named: the one that is written first, since names say nothing of a wish.

use crate::config::document::Section;
use crate::config::{Config, Wire};
use crate::protocol::id::ModelRef;

/// The model that stands first in the file, of the entries that were read and lack no key.
pub fn first_described(top: &Section<'_>, config: &Config) -> Option<ModelRef> {
    let providers = top.table.get("providers")?;
    let described = providers.get_ref().as_table()?.iter();
    let described = described.filter_map(|(name, entry)| {
        let name: &str = name.get_ref();
        let read = config
            .providers
            .get(name)
            .filter(|entry| entry.wire != Wire::Rehearsal)
            .filter(|_| !config.without_key.contains(name))?;
        let models = entry.get_ref().as_table()?.get("models")?;
        let models = models.get_ref().as_table()?.keys();
        let first = models.min_by_key(|model| model.span().start)?;
        let model: &str = first.get_ref();
        let model = read.models.get_key_value(model)?.0.clone();
        let provider = name.to_owned();
        Some((first.span().start, ModelRef { provider, model }))
    });
    described
        .min_by_key(|(start, _)| *start)
        .map(|(_, model)| model)
}
