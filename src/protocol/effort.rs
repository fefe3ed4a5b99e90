//! How much a model shall reason before it answers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a session asks of its model. Where none was chosen the model's own default holds, and nothing is sent.
///
/// Vendors have other steps and other names for them: each wire sends the nearest one its model knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effort {
    /// No reasoning, where the model can do without.
    Off,
    Low,
    Medium,
    High,
    /// All the model has.
    Max,
}

impl Effort {
    pub const ALL: [Self; 5] = [Self::Off, Self::Low, Self::Medium, Self::High, Self::Max];

    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Max => "max",
        }
    }
}

impl fmt::Display for Effort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Effort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|effort| effort.name() == text)
            .ok_or_else(|| "expected off, low, medium, high or max".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_effort_reads_as_it_is_written() {
        for effort in Effort::ALL {
            assert_eq!(effort.to_string().parse(), Ok(effort));
            assert_eq!(
                serde_json::to_value(effort).ok(),
                Some(serde_json::Value::from(effort.name()))
            );
        }
        assert!("xhigh".parse::<Effort>().is_err());
        assert!(Effort::Low < Effort::Max);
    }
}
