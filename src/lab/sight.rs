//! What a lab looks at: a group of facts, and the panel that shows them. What no open lab looks at is not read.

use serde::{Deserialize, Serialize};

/// A group of facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sight {
    /// The namespaces, and what they hold: the witness panel alone. Always read.
    Walls,
    /// The cgroups: limits, counters, pressure.
    Limits,
    /// The overlay: lower layers, upper, work, merged.
    Layers,
    /// Capabilities, seccomp, masked paths.
    Rights,
    /// The nine switches and what they answer.
    Dial,
}

impl Sight {
    /// Its name as it is written: `limits`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Walls => "walls",
            Self::Limits => "limits",
            Self::Layers => "layers",
            Self::Rights => "rights",
            Self::Dial => "dial",
        }
    }

    /// What a lab looks at that does not say.
    pub fn default_of_lab() -> Vec<Self> {
        vec![Self::Walls]
    }
}
