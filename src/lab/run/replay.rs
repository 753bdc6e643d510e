//! The actions that lead from a new subject to the start of a step.

use super::Outcome;
use crate::lab::{action::Action, step::Lab};

/// For each step before `index` what it prepares and does, then what step `index` prepares. What the machine refused
/// when it was tried is left out, and so is whatever leaves no mark.
pub(super) fn to(lab: &Lab, outcomes: &[Option<Outcome>], index: usize) -> Vec<Action> {
    let mut actions = Vec::new();
    for (step, outcome) in lab.steps.iter().zip(outcomes).take(index) {
        let refused = outcome.as_ref().filter(|o| o.failure.is_some());
        if refused.is_none_or(|o| o.prepared) {
            actions.extend_from_slice(&step.prepare);
        }
        if refused.is_none() {
            actions.extend_from_slice(&step.actions);
        }
    }
    if let Some(step) = lab.steps.get(index) {
        actions.extend_from_slice(&step.prepare);
    }
    // a new bare subject is where every replay begins
    if let Some(last) = actions.iter().rposition(|action| matches!(action, Action::Fresh {})) {
        actions.drain(..=last);
    }
    let leaves_no_mark = |action: &Action| {
        matches!(action, Action::TryUnshare { .. } | Action::TryDelegate { .. } | Action::LetRun { .. })
    };
    actions.retain(|action| !leaves_no_mark(action));
    actions
}
