//! Try-outs: actions outside of any step. They are done to the subject there is and judged by nobody; undo takes them
//! back first, and the next step begins without them.

use super::{Acted, Ask, Outcome, Phase, Run, Status, replay};
use crate::lab::{
    action::Action,
    expectation::Moments,
    fact::FactId,
    trace::{Failure, Trace},
};

/// What was tried, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The id of the control.
    pub control: String,
    /// What was typed; empty where nothing was.
    pub typed: String,
    /// What was asked for.
    pub actions: Vec<Action>,
    /// Every call, in order.
    pub traces: Vec<Trace>,
    /// The rows that differ.
    pub changed: Vec<FactId>,
    /// Why it was taken back at once, if it was.
    pub failure: Option<Failure>,
    /// Whether the step had been acted before.
    late: bool,
}

/// What the stage was asked for outside of any step.
#[derive(Clone, Debug)]
pub(super) enum Pending {
    Try(Box<Tried>),
    /// A new subject in the same place, without the last try-out.
    Undo,
}

/// The try-outs of a step.
#[derive(Clone, Debug, Default)]
pub(super) struct Tryouts {
    done: Vec<Tried>,
    pending: Option<Pending>,
    /// Whether the subject has been where the step begins.
    pub(super) begun: bool,
    /// Whether the program has acted the step on this subject.
    pub(super) acted: bool,
}

impl Run {
    /// What was tried in this step, the oldest first; what failed too.
    pub fn tried(&self) -> &[Tried] {
        &self.tryouts.done
    }

    /// Whether something was asked for outside of any step and is not answered yet.
    pub const fn trying(&self) -> bool {
        self.tryouts.pending.is_some()
    }

    /// Whether something can be tried now.
    pub const fn can_try(&self) -> bool {
        let rests = matches!(self.phase, Phase::Predict | Phase::Observed) && !self.trying();
        rests && self.now.is_some() && self.tryouts.begun
    }

    /// Tries something on the subject there is.
    pub fn try_out(&mut self, control: &str, typed: &str, actions: Vec<Action>) -> Option<Ask> {
        if !self.can_try() || actions.is_empty() {
            return None;
        }
        self.tryouts.pending = Some(Pending::Try(Box::new(Tried {
            control: control.to_owned(),
            typed: typed.to_owned(),
            actions: actions.clone(),
            traces: Vec::new(),
            changed: Vec::new(),
            failure: None,
            late: self.tryouts.acted,
        })));
        Some(Ask::Act { actions })
    }

    /// Takes the last try-out back; what failed was taken back already and is only forgotten. None where nothing was
    /// tried.
    pub(super) fn undo_try(&mut self) -> Option<Ask> {
        let last = self.tryouts.done.iter().rposition(|tried| tried.failure.is_none())?;
        self.tryouts.done.truncate(last);
        self.tryouts.pending = Some(Pending::Undo);
        Some(Ask::Open { replay: self.here(), sights: self.lab.sights.clone() })
    }

    /// What leads to the present subject.
    pub(super) fn here(&self) -> Vec<Action> {
        let tried = |late: bool| {
            let done = self.tryouts.done.iter().filter(move |t| t.failure.is_none() && t.late == late);
            done.flat_map(|tried| &tried.actions).cloned()
        };
        let mut actions = replay::to(&self.lab, &self.outcomes, self.index);
        actions.extend(tried(false));
        if self.tryouts.acted {
            actions.extend(self.step().into_iter().flat_map(|step| &step.actions).cloned());
        }
        actions.extend(tried(true));
        actions
    }

    /// Takes the answer to a try-out in; gives back what answers something else.
    pub(super) fn answered(&mut self, acted: Acted) -> Option<Acted> {
        match self.tryouts.pending.take() {
            None => Some(acted),
            Some(Pending::Undo) => {
                self.tryouts.pending = Some(Pending::Undo);
                Some(acted)
            }
            Some(Pending::Try(mut tried)) => {
                tried.changed = acted.before.changed(&acted.after);
                tried.traces.clone_from(&acted.traces);
                tried.failure.clone_from(&acted.failure);
                self.now = Some(acted.after.clone());
                self.tryouts.done.push(*tried);
                self.judge_try(acted);
                None
            }
        }
    }

    /// Whether a new subject is there in place of one with a try-out.
    pub(super) fn reopened(&mut self) -> bool {
        self.tryouts.pending.take_if(|pending| matches!(pending, Pending::Undo)).is_some()
    }

    /// Takes a failure to carry out a try-out in; says whether it was one.
    pub(super) fn try_failed(&mut self, failure: &Failure) -> bool {
        match self.tryouts.pending.take() {
            None => false,
            Some(Pending::Try(tried)) => {
                self.tryouts.done.push(Tried { failure: Some(failure.clone()), ..*tried });
                true
            }
            Some(Pending::Undo) => {
                self.phase = Phase::Gone { signal: None };
                self.began = None;
                self.now = None;
                true
            }
        }
    }

    /// A try-out that brings about all that the step asks for passes it: the kernel says so, whoever did it.
    fn judge_try(&mut self, acted: Acted) {
        let open = self.phase == Phase::Predict || !self.outcome().is_some_and(Outcome::passed);
        let Some((step, began)) = self.step().zip(self.began.clone()).filter(|_| open) else { return };
        let all = |after, traces| {
            let moments = Moments { before: &began, after, traces, by_hand: false };
            step.expect.iter().all(|expectation| expectation.met(moments))
        };
        if acted.failure.is_none() && all(&acted.after, &acted.traces) && !all(&acted.before, &[]) {
            self.settle(Acted { before: began, ..acted }, false);
        }
    }

    /// Whether what comes next must begin with another subject: this one was tried things on.
    pub(super) fn tried_on(&self) -> bool {
        let passed = self.outcome().is_some_and(|outcome| outcome.status == Status::Passed);
        self.tryouts.done.iter().any(|tried| tried.failure.is_none()) || (passed && !self.tryouts.acted)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ok, refused, run, seen};
    use super::*;
    use crate::lab::namespace::Namespace;

    fn ipc() -> Vec<Action> {
        vec![Action::Unshare { ns: vec![Namespace::Ipc] }]
    }

    /// In the first step, which asks for another user namespace.
    fn begun() -> Run {
        let mut run = run();
        run.start();
        run.opened(seen(10, 1, 1, "host"));
        run
    }

    #[test]
    fn the_next_step_begins_without_what_was_tried() {
        let mut run = begun();
        let user = run.enter();
        run.acted(ok(seen(10, 1, 1, "host"), seen(10, 2, 1, "host")));
        assert_eq!(run.try_out("ipc", "", ipc()), Some(Ask::Act { actions: ipc() }));
        assert_eq!((run.forward(), run.undo(), run.reset(), run.jump(0)), (None, None, None, None), "busy");
        run.acted(ok(seen(10, 2, 1, "host"), seen(10, 2, 2, "host")));
        assert_eq!(run.tried().len(), 1);
        let Some(Ask::Act { actions }) = user else { panic!("the step was not acted") };
        let fork = Action::Clone { ns: Vec::new() };
        let replay = [actions, vec![fork]].concat();
        assert_eq!(run.forward(), Some(Ask::Open { replay, sights: Vec::new() }));
        assert!(run.tried().is_empty());
    }

    #[test]
    fn a_failure_is_kept_and_undo_passes_it_over() {
        let mut run = begun();
        run.try_out("ipc", "", ipc());
        run.acted(ok(seen(10, 1, 1, "host"), seen(10, 1, 2, "host")));
        run.try_out("ipc", "", ipc());
        let failure = refused("unshare", "ENOSPC", None);
        run.acted(Acted {
            failure: Some(failure.clone()),
            ..ok(seen(10, 1, 2, "host"), seen(11, 1, 2, "host"))
        });
        assert_eq!(run.phase(), Phase::Predict, "the step is not judged by it");
        assert_eq!(run.tried().last().and_then(|tried| tried.failure.as_ref()), Some(&failure));
        assert_eq!(run.undo(), Some(Ask::Open { replay: Vec::new(), sights: Vec::new() }));
        run.opened(seen(12, 1, 1, "host"));
        assert!(run.tried().is_empty());
        assert_eq!(run.undo(), None, "the first step, and nothing was done");
    }

    #[test]
    fn only_a_try_out_that_makes_the_difference_passes_the_step() {
        let mut run = begun();
        run.try_out("ipc", "", ipc());
        run.acted(ok(seen(10, 1, 1, "host"), seen(10, 1, 2, "host")));
        assert_eq!(run.outcome(), None);
        run.observed(crate::lab::observation::Whose::Subject, seen(10, 2, 2, "host"));
        run.try_out("ipc", "", ipc());
        run.acted(ok(seen(10, 2, 2, "host"), seen(10, 2, 3, "host")));
        assert_eq!(run.outcome(), None, "it held already");
        run.try_out("ipc", "", ipc());
        run.acted(ok(seen(10, 1, 3, "host"), seen(10, 2, 4, "host")));
        assert_eq!(run.outcome().map(|outcome| outcome.status), Some(Status::Passed));
        assert!(
            matches!(run.forward(), Some(Ask::Open { .. })),
            "what comes next stands on the step's own actions"
        );
    }

    #[test]
    fn what_was_tried_goes_with_the_subject_that_it_was_tried_on() {
        let mut run = begun();
        run.try_out("ipc", "", ipc());
        run.acted(ok(seen(10, 1, 1, "host"), seen(10, 1, 2, "host")));
        run.subject_gone(Some(9));
        assert!(run.undo().is_some());
        run.opened(seen(11, 1, 1, "host"));
        assert_eq!(run.phase(), Phase::Predict, "there is a subject again");
        assert!(run.tried().is_empty() && run.can_try());
    }

    #[test]
    fn nothing_is_forgotten_while_a_try_out_is_not_answered() {
        let mut run = begun();
        run.enter();
        run.acted(ok(seen(10, 1, 1, "host"), seen(10, 2, 1, "host")));
        run.try_out("ipc", "", ipc());
        assert_eq!(run.reset(), None);
        assert!(run.outcome().is_some(), "the subject is still where it was");
    }

    #[test]
    fn a_subject_that_cannot_come_back_is_gone() {
        let mut run = begun();
        run.try_out("ipc", "", ipc());
        run.failed(refused("subject", "EAGAIN", None));
        assert_eq!(run.phase(), Phase::Predict);
        run.try_out("ipc", "", ipc());
        run.acted(ok(seen(10, 1, 1, "host"), seen(10, 1, 2, "host")));
        run.undo();
        run.failed(refused("clone", "EAGAIN", None));
        assert_eq!(run.phase(), Phase::Gone { signal: None });
        assert!(run.now().is_none() && !run.can_try());
        assert!(run.enter().is_some());
        run.try_out("ipc", "", ipc());
        assert!(!run.trying(), "nothing to try it on");
    }
}
