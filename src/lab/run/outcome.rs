//! What came of a step: its status, and how the prediction fared.

use std::collections::BTreeSet;

use super::Acted;
use crate::{
    i18n::Lang,
    lab::{
        expectation::Moments,
        explain::explain,
        fact::{Fact, FactId},
        observation::{Observation, Value},
        step::{Refutation, Step},
        trace::{Failure, Trace},
    },
};

/// Whether a step passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Every expectation holds.
    Passed,
    /// One does not, or a call failed.
    Failed,
    /// This machine cannot do it: [`Outcome::failure`] says why.
    Unavailable,
}

impl Status {
    /// `passed`, `failed` or `unavailable`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Unavailable => "unavailable",
        }
    }
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether it passed.
    pub status: Status,
    /// Whether the student did it in a shell.
    pub by_hand: bool,
    /// Whether each expectation of the step holds, in order; none does where a call failed.
    pub met: Vec<bool>,
    /// Just before.
    pub before: Observation,
    /// Just after.
    pub after: Observation,
    /// The rows that differ.
    pub changed: Vec<FactId>,
    /// Every call, in order; none by hand.
    pub traces: Vec<Trace>,
    /// Why it was rolled back, if it was.
    pub failure: Option<Failure>,
    /// How the prediction fared; none where the student made none.
    pub prediction: Option<Graded>,
    /// Whether what the step prepares was done.
    pub(super) prepared: bool,
}

impl Outcome {
    /// Judges a step by what was seen.
    pub(super) fn of(step: &Step, acted: Acted, by_hand: bool) -> Self {
        let Acted { before, after, traces, failure } = acted;
        let moments = Moments { before: &before, after: &after, traces: &traces, by_hand };
        // What was rolled back left the step before to be seen: nothing of that is this step's.
        let met: Vec<bool> = step.expect.iter().map(|e| failure.is_none() && e.met(moments)).collect();
        let status = match &failure {
            Some(failure) if machine_cannot(failure) => Status::Unavailable,
            None if met.iter().all(|met| *met) => Status::Passed,
            _ => Status::Failed,
        };
        let changed = if by_hand { changed_by_hand(&before, &after) } else { before.changed(&after) };
        Self {
            status,
            by_hand,
            met,
            before,
            after,
            changed,
            traces,
            failure,
            prediction: None,
            prepared: true,
        }
    }

    /// Whether every expectation holds.
    pub fn passed(&self) -> bool {
        self.status == Status::Passed
    }

    /// Why the step did not pass: the failure, or the first expectation that does not hold.
    pub fn reason(&self, step: &Step, lang: Lang) -> Option<String> {
        if let Some(failure) = &self.failure {
            let said = explain(lang, failure);
            return Some(format!("{}. {}", said.what, said.why));
        }
        let unmet = step.expect.iter().zip(&self.met).find(|(_, met)| !**met);
        unmet.map(|(expectation, _)| expectation.unmet(&self.after, lang))
    }
}

/// The rows that differ, where before and after may be of two processes: another id by itself is then no change.
pub(super) fn changed_by_hand(before: &Observation, after: &Observation) -> Vec<FactId> {
    let depth = |o: &Observation| {
        let chain = o.get(FactId::host(Fact::NsPidChain)).map(Value::short);
        chain.map(|chain| chain.split_whitespace().count())
    };
    let same_depth = depth(before) == depth(after);
    let other_process = before.pid != after.pid && same_depth;
    let mut changed = before.changed(after);
    changed.retain(|id| !(other_process && matches!(id.fact, Fact::Pid | Fact::NsPidChain)));
    changed
}

/// Whether a failure is the machine's: a kernel, a limit or a policy that does not allow it.
fn machine_cannot(failure: &Failure) -> bool {
    let errno = failure.errno.as_str();
    let about = |files: &[&str]| {
        failure.path.as_deref().and_then(|path| path.rsplit('/').next()).is_some_and(|f| files.contains(&f))
    };
    match failure.operation.as_str() {
        "unshare" | "clone" | "clone3" => {
            matches!(errno, "EPERM" | "EACCES" | "ENOSPC" | "EUSERS" | "EINVAL" | "ENOSYS")
        }
        "write" => matches!(errno, "EPERM" | "EACCES") && about(&["uid_map", "gid_map", "setgroups"]),
        "execve" => about(&["newuidmap", "newgidmap"]),
        "mount" => matches!(errno, "EPERM" | "EACCES" | "ENODEV" | "ENOSYS"),
        // an overlay whose upper directory keeps no extended attributes
        "mkdir" | "rmdir" => errno == "EIO",
        "msgget" | "shmget" | "mq_open" => matches!(errno, "ENOSPC" | "EMFILE" | "ENOSYS"),
        "ioctl" => about(&["loop-control"]),
        "quotactl_fd" => matches!(errno, "EPERM" | "ESRCH" | "ENOSYS"),
        "controller" | "delegate" | "legacy" | "device" | "measure" | "quota" => true,
        _ => errno == "ENOSYS",
    }
}

/// How one offered row fared, in the words of signal detection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// Ticked, and it changed.
    Hit,
    /// Not ticked, but it changed.
    Miss,
    /// Ticked, but it did not change.
    FalseAlarm,
    /// Not ticked, and it did not change.
    CorrectRejection,
}

impl Grade {
    /// Whether the student was right.
    pub const fn right(self) -> bool {
        matches!(self, Self::Hit | Self::CorrectRejection)
    }
}

/// How a prediction fared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graded {
    /// How sure the student was, 1 to 3, if that was said.
    pub confidence: Option<u8>,
    /// Every offered row, in order.
    pub rows: Vec<(FactId, Grade)>,
}

impl Graded {
    pub(super) fn of(
        step: &Step,
        ticked: &BTreeSet<usize>,
        confidence: Option<u8>,
        changed: &[FactId],
    ) -> Self {
        let grade = |(index, id): (usize, &FactId)| {
            let grade = match (ticked.contains(&index), changed.contains(id)) {
                (true, true) => Grade::Hit,
                (false, true) => Grade::Miss,
                (true, false) => Grade::FalseAlarm,
                (false, false) => Grade::CorrectRejection,
            };
            (*id, grade)
        };
        Self { confidence, rows: step.prediction.rows.iter().enumerate().map(grade).collect() }
    }

    /// Whether every row was right.
    pub fn right(&self) -> bool {
        self.rows.iter().all(|(_, grade)| grade.right())
    }

    /// What the step says about the rows that were wrong.
    pub fn refutations<'a>(&'a self, step: &'a Step) -> impl Iterator<Item = &'a Refutation> {
        let wrong = |row: FactId| self.rows.iter().any(|(id, grade)| *id == row && !grade.right());
        step.prediction.refute.iter().filter(move |refutation| wrong(refutation.row))
    }
}
