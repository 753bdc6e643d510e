//! What is known of the processes at and below the student's shell.

use crate::lab::{
    expectation::{Expectation, Moments},
    observation::Observation,
};

/// Short-lived processes that are remembered at most from one step to the next.
const KEPT: usize = 16;

/// The processes at and below the shell, in the order in which they were first seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Hands(Vec<Hand>);

#[derive(Clone, Debug)]
struct Hand {
    pid: i32,
    /// As it was when the step began; none for a process that is younger.
    began: Option<Observation>,
    now: Observation,
}

impl Hands {
    /// A step begins: what is seen now is what it begins with.
    pub(super) fn begin(&mut self) {
        let old = self.0.len().saturating_sub(KEPT);
        self.0.drain(..old);
        for hand in &mut self.0 {
            hand.began = Some(hand.now.clone());
        }
    }

    /// A shell has started.
    pub(super) fn start(&mut self, pid: i32, observation: Observation) {
        self.0 = vec![Hand { pid, began: Some(observation.clone()), now: observation }];
    }

    /// The shell has ended, and all below it.
    pub(super) fn end(&mut self) {
        self.0.clear();
    }

    /// A process was seen.
    pub(super) fn seen(&mut self, pid: i32, now: Observation) {
        match self.0.iter_mut().find(|hand| hand.pid == pid) {
            Some(hand) => hand.now = now,
            None => self.0.push(Hand { pid, began: None, now }),
        }
    }

    /// The newest process, before and now.
    pub(super) fn newest(&self) -> Option<(&Observation, &Observation)> {
        self.0.last().and_then(|hand| Some((self.before(hand)?, &hand.now)))
    }

    /// The moments of a process that fulfils every expectation and is not as it was when the step began. Where nothing that
    /// is expected shows, nobody does: something or other always changes.
    pub(super) fn passing(&self, expect: &[Expectation]) -> Option<(Observation, Observation)> {
        if !expect.iter().any(Expectation::shows) {
            return None;
        }
        self.0.iter().rev().find_map(|hand| {
            let before = self.before(hand)?;
            let moments = Moments { before, after: &hand.now, traces: &[], by_hand: true };
            let passes = *before != hand.now && expect.iter().all(|e| e.met(moments));
            passes.then(|| (before.clone(), hand.now.clone()))
        })
    }

    /// What a younger process began with is what the newest of the old ones began with: its parent, as a rule.
    fn before<'a>(&'a self, hand: &'a Hand) -> Option<&'a Observation> {
        hand.began.as_ref().or_else(|| self.0.iter().rev().find_map(|old| old.began.as_ref()))
    }
}
