//! Conditions on facts (and, once, on a trace): what makes a step pass.

use serde::{Deserialize, Serialize};

use super::{
    fact::{Fact, FactId, Side},
    observation::{Observation, Value},
    trace::Trace,
};

mod words;

/// A condition on one fact after the step, or on a call that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, try_from = "Fields")]
pub enum Expectation {
    /// A fact fulfils a condition.
    Fact {
        /// Which fact. How workloads ended holds by itself where a student works by hand: their parent is the shell.
        fact: FactId,
        /// Which condition.
        is: Condition,
    },
    /// The kernel refused a call. Holds by itself where a student works by hand: a refusal leaves nothing to see.
    Refused {
        /// The call.
        refused: String,
        /// The symbolic error.
        errno: String,
    },
}

/// An expectation as it is written: a parser can point at the one field that is wrong.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    fact: Option<FactId>,
    is: Option<Condition>,
    refused: Option<String>,
    errno: Option<String>,
}

impl TryFrom<Fields> for Expectation {
    type Error = &'static str;

    fn try_from(fields: Fields) -> Result<Self, Self::Error> {
        match fields {
            Fields { fact: Some(fact), is: Some(is), refused: None, errno: None } => {
                Ok(Self::Fact { fact, is })
            }
            Fields { fact: None, is: None, refused: Some(refused), errno: Some(errno) } => {
                Ok(Self::Refused { refused, errno })
            }
            _ => Err("an expectation is either `fact` and `is`, or `refused` and `errno`"),
        }
    }
}

/// What is asked of a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// It differs from the host's value of the same fact (and, by hand, from the one the shell began with).
    DiffersFromHost,
    /// It is the host's value of the same fact (or, by hand, still the one the shell began with: root's shell is kept
    /// apart from the host).
    SameAsHost,
    /// It changed in this step.
    Changed,
    /// It did not change in this step.
    Unchanged,
    /// Its short form is this.
    Equals(String),
    /// One of its items (or a part of its text) is this.
    Contains(String),
    /// None of its items (nor a part of its text) is this.
    Lacks(String),
    /// It is a list with at least one item.
    NotEmpty,
    /// It is a number, not below this.
    AtLeast(i64),
    /// It is a number, not above this.
    AtMost(i64),
    /// It is a number, and grew in this step.
    Grew,
}

/// The moments that an expectation compares.
#[derive(Clone, Copy, Debug)]
pub struct Moments<'a> {
    /// Before the step; by hand, the shell as it was when the step began.
    pub before: &'a Observation,
    /// Now.
    pub after: &'a Observation,
    /// The calls made in between; none by hand.
    pub traces: &'a [Trace],
    /// Whether the student did it in a shell.
    pub by_hand: bool,
}

impl Expectation {
    /// Whether it can be seen by itself that something was done, where nobody sees the calls: not by what stays as it was,
    /// nor by how a child of somebody else has ended.
    pub fn shows(&self) -> bool {
        matches!(self, Self::Fact { fact, is } if *is != Condition::Unchanged && fact.fact != Fact::Ended)
    }

    /// Whether it holds.
    pub fn met(&self, moments: Moments<'_>) -> bool {
        match self {
            // How a child ended only its parent is told, wait(2): by hand that is the shell.
            Self::Fact { fact, .. } if moments.by_hand && fact.fact == Fact::Ended => true,
            Self::Fact { fact, is } => is.holds(*fact, moments),
            Self::Refused { refused, errno } => {
                moments.by_hand
                    || moments
                        .traces
                        .iter()
                        .any(|t| t.call == *refused && t.errno.as_deref() == Some(errno.as_str()))
            }
        }
    }
}

impl Condition {
    fn holds(&self, id: FactId, moments: Moments<'_>) -> bool {
        let Some(now) = moments.after.get(id) else { return false };
        let readable = !matches!(now, Value::Missing { .. });
        let before = moments.before.get(id);
        let host = moments.after.get(FactId { side: Side::Host, ..id });
        match self {
            Self::DiffersFromHost => {
                readable && host.is_some_and(|h| h != now) && (!moments.by_hand || before != Some(now))
            }
            Self::SameAsHost => readable && (host == Some(now) || (moments.by_hand && before == Some(now))),
            Self::Changed => before.is_some_and(|b| b != now),
            Self::Unchanged => before == Some(now),
            Self::Equals(want) => readable && now.short() == *want,
            Self::Contains(want) => readable && contains(now, want),
            Self::Lacks(want) => readable && !contains(now, want),
            Self::NotEmpty => matches!(now, Value::List(items) if !items.is_empty()),
            Self::AtLeast(least) => now.number().is_some_and(|n| n >= *least),
            Self::AtMost(most) => now.number().is_some_and(|n| n <= *most),
            Self::Grew => {
                now.number().zip(before.and_then(Value::number)).is_some_and(|(now, before)| now > before)
            }
        }
    }
}

fn contains(value: &Value, want: &str) -> bool {
    match value {
        Value::List(items) => items.iter().any(|item| item.contains(want)),
        Value::Text(text) => text.contains(want),
        Value::Number(n) => n.to_string() == want,
        Value::Missing { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::fact::Fact;

    fn children(value: Value) -> Observation {
        let mut seen = Observation::default();
        seen.facts.insert(FactId::subject(Fact::Children), value);
        seen
    }

    #[test]
    fn only_a_number_that_was_there_before_can_grow() {
        let met = |before: Option<Value>, after: Value| {
            let id = FactId::subject(Fact::Children);
            let before = before.map_or_else(Observation::default, children);
            let moments = Moments { before: &before, after: &children(after), traces: &[], by_hand: false };
            Expectation::Fact { fact: id, is: Condition::Grew }.met(moments)
        };
        assert!(met(Some(Value::Number(1)), Value::Number(2)));
        assert!(!met(Some(Value::Number(2)), Value::Number(2)));
        assert!(!met(Some(Value::Missing { errno: "ENOENT".to_owned() }), Value::Number(2)));
        assert!(!met(None, Value::Number(2)), "what nobody saw before has not grown");
    }

    #[test]
    fn not_empty_asks_for_a_list_with_an_item() {
        #[derive(Deserialize)]
        struct File {
            expect: Expectation,
        }
        let file: File =
            toml::from_str(r#"expect = { fact = "subject.children", is = "not-empty" }"#).expect("parses");
        let met = |value| {
            let after = children(value);
            file.expect.met(Moments {
                before: &Observation::default(),
                after: &after,
                traces: &[],
                by_hand: false,
            })
        };
        assert!(met(Value::List(vec!["heartbeat".to_owned()])));
        assert!(!met(Value::List(Vec::new())));
        assert!(!met(Value::Text("heartbeat".to_owned())));
        assert!(!met(Value::Missing { errno: "ENOENT".to_owned() }));
    }
}
