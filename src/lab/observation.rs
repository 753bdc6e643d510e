//! What was seen of a subject at one moment: every fact, from the host and from inside.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fact::FactId;

/// One observed value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A number: a pid, a count, an inode.
    Number(i64),
    /// A text: a host name, a path.
    Text(String),
    /// Several lines: interfaces, names in a directory.
    List(Vec<String>),
    /// Could not be read, and the symbolic error that said so: `ENOENT`.
    Missing {
        /// The symbolic error.
        errno: String,
    },
}

impl Value {
    /// The number, where it is one.
    pub const fn number(&self) -> Option<i64> {
        match self {
            Self::Number(n) => Some(*n),
            _ => None,
        }
    }

    /// One line for a panel.
    pub fn short(&self) -> String {
        match self {
            Self::Number(n) => n.to_string(),
            Self::Text(t) => t.clone(),
            Self::List(items) => items.join(" "),
            Self::Missing { errno } => format!("({errno})"),
        }
    }
}

/// Whose observation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whose {
    /// The program's own subject.
    Subject,
    /// A process at or below the student's shell, by its host pid.
    Hand(i32),
}

/// All facts at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// The observed process, as the host numbers it.
    pub pid: i32,
    /// The values. A fact that is absent was not looked at.
    pub facts: BTreeMap<FactId, Value>,
}

impl Observation {
    /// The value of a fact, if it was looked at.
    pub fn get(&self, id: FactId) -> Option<&Value> {
        self.facts.get(&id)
    }

    /// The ids of the comparable rows whose values differ between two moments (live rows are left out).
    pub fn changed(&self, later: &Self) -> Vec<FactId> {
        FactId::rows().filter(|id| !id.fact.live() && self.get(*id) != later.get(*id)).collect()
    }
}
