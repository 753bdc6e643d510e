//! What is answered.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    kind::{Choice, Kind},
    question::Question,
};

/// An answer, in the ids of the question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// The ids that were chosen: single, multiple, fault, kernel, poll.
    Chosen(BTreeSet<String>),
    /// True or false.
    Said(bool),
    /// Ids in order.
    Ordered(Vec<String>),
    /// What each item was put to: match, classify.
    Put(BTreeMap<String, String>),
    /// Words or a number, as typed.
    Typed(String),
    /// What was typed into each gap.
    Filled(BTreeMap<String, String>),
}

impl Answer {
    /// The answer of the same kind that answers nothing; «true» and «false» have none.
    #[must_use]
    pub fn emptied(&self) -> Self {
        match self {
            Self::Chosen(_) => Self::Chosen(BTreeSet::new()),
            Self::Said(said) => Self::Said(*said),
            Self::Ordered(_) => Self::Ordered(Vec::new()),
            Self::Put(_) => Self::Put(BTreeMap::new()),
            Self::Typed(_) => Self::Typed(String::new()),
            Self::Filled(_) => Self::Filled(BTreeMap::new()),
        }
    }
}

/// An answer that the question does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// Such as words where an option is to be chosen.
    #[error("an answer of another kind")]
    Kind,
    /// It names what is not there.
    #[error("an id that the question does not have")]
    Id,
    /// More than one, or one twice.
    #[error("more than may be answered")]
    TooMany,
}

impl Question {
    /// Whether this could be answered to this question. An empty answer can be: it is worth nothing.
    pub fn fits(&self, answer: &Answer) -> Result<(), Misfit> {
        match (&self.kind, answer) {
            (Kind::Single { .. } | Kind::Kernel { .. } | Kind::Poll { .. }, Answer::Chosen(chosen))
                if chosen.len() > 1 =>
            {
                Err(Misfit::TooMany)
            }
            (
                Kind::Single { .. }
                | Kind::Multiple { .. }
                | Kind::Kernel { .. }
                | Kind::Poll { .. }
                | Kind::Fault { .. },
                Answer::Chosen(chosen),
            ) => known(chosen, &self.ids()),
            (Kind::Bool { .. }, Answer::Said(_))
            | (Kind::Number { .. } | Kind::Text { .. }, Answer::Typed(_)) => Ok(()),
            (Kind::Order { .. }, Answer::Ordered(order)) => {
                let once: BTreeSet<_> = order.iter().collect();
                if once.len() < order.len() { Err(Misfit::TooMany) } else { known(order, &self.ids()) }
            }
            (Kind::Match { .. }, Answer::Put(put)) => {
                let once: BTreeSet<_> = put.values().collect();
                if once.len() < put.len() {
                    return Err(Misfit::TooMany);
                }
                known(put.keys(), &self.ids()).and_then(|()| known(put.values(), &self.places()))
            }
            (Kind::Classify { .. }, Answer::Put(put)) => {
                known(put.keys(), &self.ids()).and_then(|()| known(put.values(), &self.places()))
            }
            (Kind::Blanks { .. }, Answer::Filled(filled)) => known(filled.keys(), &self.ids()),
            _ => Err(Misfit::Kind),
        }
    }

    /// The ids of what can be chosen, ordered, put somewhere or filled, as the file lists them.
    pub fn ids(&self) -> Vec<&str> {
        fn of(choices: &[Choice]) -> impl Iterator<Item = &str> {
            choices.iter().map(|choice| choice.id.as_str())
        }
        match &self.kind {
            Kind::Single { options } | Kind::Multiple { options, .. } => of(options).collect(),
            Kind::Order { items, extra, .. } => {
                items.iter().map(|item| item.id.as_str()).chain(of(extra)).collect()
            }
            Kind::Match { pairs, .. } => pairs.iter().map(|pair| pair.id.as_str()).collect(),
            Kind::Classify { items, .. } => items.iter().map(|item| item.id.as_str()).collect(),
            Kind::Blanks { blanks, .. } => blanks.iter().map(|blank| blank.id.as_str()).collect(),
            Kind::Fault { lines } => lines.iter().map(|line| line.id.as_str()).collect(),
            Kind::Kernel { options, .. } => options.iter().map(|option| option.id.as_str()).collect(),
            Kind::Poll { options } => options.iter().map(|option| option.id.as_str()).collect(),
            Kind::Bool { .. } | Kind::Number { .. } | Kind::Text { .. } => Vec::new(),
        }
    }

    /// The ids of where things can be put: right sides, groups.
    pub fn places(&self) -> Vec<&str> {
        match &self.kind {
            Kind::Match { pairs, extra } => {
                let extra = extra.iter().map(|choice| choice.id.as_str());
                pairs.iter().map(|pair| pair.id.as_str()).chain(extra).collect()
            }
            Kind::Classify { groups, .. } => groups.iter().map(|group| group.id.as_str()).collect(),
            _ => Vec::new(),
        }
    }

    /// The answer that is worth everything; none where there is no key, or only the kernel has it.
    pub fn key(&self) -> Option<Answer> {
        let right = |options: &[Choice]| {
            let right = options.iter().filter(|option| option.right);
            Answer::Chosen(right.map(|option| option.id.clone()).collect())
        };
        Some(match &self.kind {
            Kind::Single { options } | Kind::Multiple { options, .. } => right(options),
            Kind::Bool { answer, .. } => Answer::Said(*answer),
            Kind::Order { items, .. } => Answer::Ordered(items.iter().map(|item| item.id.clone()).collect()),
            Kind::Match { pairs, .. } => {
                Answer::Put(pairs.iter().map(|pair| (pair.id.clone(), pair.id.clone())).collect())
            }
            Kind::Classify { items, .. } => {
                Answer::Put(items.iter().map(|item| (item.id.clone(), item.group.clone())).collect())
            }
            Kind::Number { value, .. } => Answer::Typed(value.to_string()),
            Kind::Text { accept, .. } => Answer::Typed(accept.first()?.clone()),
            Kind::Blanks { blanks, .. } => {
                let filled =
                    blanks.iter().map(|blank| Some((blank.id.clone(), blank.accept.first()?.clone())));
                Answer::Filled(filled.collect::<Option<_>>()?)
            }
            Kind::Fault { lines } => {
                Answer::Chosen(lines.iter().filter(|line| line.fault).map(|line| line.id.clone()).collect())
            }
            Kind::Kernel { .. } | Kind::Poll { .. } => return None,
        })
    }
}

fn known<'a>(named: impl IntoIterator<Item = &'a String>, there: &[&str]) -> Result<(), Misfit> {
    let all = named.into_iter().all(|id| there.contains(&id.as_str()));
    if all { Ok(()) } else { Err(Misfit::Id) }
}
