//! What the calls of a turn or a session came to.

use serde::{Deserialize, Serialize};

use crate::protocol::usage::{Charge, Spending, Usage};

/// Tokens and money added up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    pub calls: u32,
    pub usage: Usage,
    pub spent: Spending,
}

impl Sum {
    pub(crate) fn add(&mut self, usage: &Usage, charge: Charge) {
        self.calls = self.calls.saturating_add(1);
        self.usage.add(usage);
        self.spent.add(charge);
    }
}
