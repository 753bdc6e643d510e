//! The numbers that were seen of the subject in the past seconds, so that a panel can draw how they moved.

use std::collections::BTreeMap;

use crate::lab::{
    fact::FactId,
    observation::{Observation, Value},
    sight::Sight,
};

/// Numbers that are kept of each fact: twelve seconds of looks, ten a second.
const KEPT: usize = 120;

/// The past of every number but those of the walls, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct History(BTreeMap<FactId, Vec<i64>>);

impl History {
    /// A new subject has no past.
    pub(crate) fn begin(&mut self) {
        self.0.clear();
    }

    /// Takes in what was seen.
    pub(crate) fn note(&mut self, seen: &Observation) {
        let numbers = seen.facts.iter().filter(|(id, _)| id.fact.sight() != Sight::Walls);
        for (id, number) in numbers.filter_map(|(id, value)| Some((*id, Value::number(value)?))) {
            let past = self.0.entry(id).or_default();
            if past.len() == KEPT {
                past.remove(0);
            }
            past.push(number);
        }
    }

    /// What was seen of a fact, the oldest first.
    pub(crate) fn of(&self, id: FactId) -> &[i64] {
        self.0.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Whether a number has been another.
    pub(crate) fn moved(&self, id: FactId) -> bool {
        self.of(id).windows(2).any(|pair| pair.first() != pair.last())
    }
}
