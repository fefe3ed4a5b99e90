//! What a model costs that another program called: for its past sessions this home need not have its provider.

use crate::protocol::id::ModelRef;
use crate::protocol::usage::Price;
use crate::provider::quirks;
use crate::provider::table::Providers;

impl Providers {
    /// The list price of a model by the name that its provider has as a preset, and whether that preset is a subscription.
    /// `None`: there is no such preset, or the table does not have the model.
    pub fn price_elsewhere(&self, model: &ModelRef) -> Option<(Price, bool)> {
        let quirks = quirks::of(&model.provider)?;
        let entry = self.catalog().lookup(quirks.vendor?, &model.model)?;
        Some((entry.price, quirks.plan))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::provider::rehearsals::Rehearsals;

    #[test]
    fn the_price_of_a_model_is_known_without_its_provider() {
        let providers = Providers::new(
            BTreeMap::new(),
            Arc::new(|_| Ok(None)),
            Rehearsals::default(),
        );
        for (model, expected) in [
            ("anthropic/claude-opus-4-6", Some(false)),
            ("anthropic/claude-opus-4-6-20260205", Some(false)),
            ("openai/gpt-5.2", Some(false)),
            ("zai-coding/glm-4.6", Some(true)),
            ("anthropic/nobody-knows-it", None),
            ("claude/imported", None),
        ] {
            let model: ModelRef = model.parse().expect("a model");
            let plan = providers.price_elsewhere(&model).map(|(_, plan)| plan);
            assert_eq!(plan, expected, "{model}");
            assert!(!providers.has(&model.provider));
        }
    }
}
