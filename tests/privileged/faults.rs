//! Every call of every step is made to fail in each plausible way: explained, rolled back, nothing left.

use std::{collections::BTreeSet, time::Instant};

use korobka::{
    i18n::Lang,
    lab::{
        action::Action,
        explain::explain,
        fact::{Fact, FactId},
        ledger::Ledger,
        observation::{Observation, Value},
        trace::Failure,
    },
    stage::order::Fault,
};
use nix::errno::Errno;

use super::{
    engine::Stage,
    lesson::{labs, run_of},
    machine::{kind, may_lack},
};

/// How a call can fail, by its manual page.
pub(crate) fn plausible(call: &str) -> &'static [Errno] {
    match call {
        "unshare" => &[Errno::EPERM, Errno::ENOSPC, Errno::EINVAL, Errno::EUSERS, Errno::ENOMEM],
        "fork" | "clone3" => &[Errno::EAGAIN, Errno::ENOMEM],
        "write" => &[Errno::EPERM, Errno::EINVAL, Errno::EACCES],
        "mount" => &[Errno::EPERM, Errno::EBUSY, Errno::ENOENT, Errno::EINVAL, Errno::ENODEV],
        "pivot_root" => &[Errno::EBUSY, Errno::EINVAL, Errno::EPERM],
        "umount2" => &[Errno::EBUSY, Errno::EINVAL],
        "chroot" => &[Errno::EPERM, Errno::ENOENT],
        "chdir" => &[Errno::ENOENT, Errno::EACCES],
        "ftruncate" => &[Errno::EFBIG, Errno::ENOSPC],
        "pwrite64" => &[Errno::ENOSPC, Errno::EIO],
        "ioctl" => &[Errno::EACCES, Errno::ENXIO, Errno::EINVAL],
        "quotactl_fd" => &[Errno::EPERM, Errno::ESRCH],
        "mkdir" | "symlink" => &[Errno::EEXIST, Errno::ENOSPC, Errno::EACCES],
        "openat" => &[Errno::ENOENT, Errno::EROFS, Errno::ENOSPC, Errno::EDQUOT],
        "read" => &[Errno::EIO],
        "unlink" | "rmdir" => &[Errno::ENOENT, Errno::EIO],
        "chmod" => &[Errno::EPERM, Errno::ENOSPC],
        "rename" => &[Errno::EXDEV, Errno::ENOENT],
        "link" => &[Errno::EXDEV, Errno::EMLINK],
        "sethostname" | "prctl" => &[Errno::EPERM, Errno::EINVAL],
        "sendto" => &[Errno::EPERM, Errno::ENODEV],
        "msgget" => &[Errno::ENOSPC, Errno::ENOMEM],
        "seccomp" => &[Errno::EACCES, Errno::EINVAL],
        "capset" | "kill" | "pidfd_send_signal" => &[Errno::EPERM],
        other => panic!("how can {other} fail?"),
    }
}

pub(crate) fn every_call_of_every_lab_can_fail() {
    for lab in labs() {
        let started = Instant::now();
        let made = every_call_of(&lab);
        println!("  {lab}: {made} faults, {} ms", started.elapsed().as_millis());
    }
}

/// Returns how many were made to fail.
fn every_call_of(lab: &str) -> usize {
    let run = run_of(lab, nix::unistd::geteuid().is_root());
    let mut past = Ledger::new();
    let mut made = 0;
    let mut boxed = BTreeSet::new();
    for step in &run.lab().steps {
        let start = past.clone();
        step.prepare.iter().for_each(|action| past.note(action));
        // Waiting makes no call.
        let waits = |action: &&Action| matches!(action, Action::LetRun { .. });
        let actions: Vec<Action> = step.actions.iter().filter(|action| !waits(action)).cloned().collect();
        let healthy = Stage::start();
        let calls = match healthy.open_or_fail(&past.replay()) {
            Ok(_) => own_calls(&healthy, lab, &step.id, &actions),
            Err(failure) => Err(failure),
        };
        drop(healthy);
        let calls = match calls {
            Ok(calls) => calls,
            Err(failure) => {
                assert!(may_lack(kind(), lab, &step.id), "{lab} {}: {failure:?}", step.id);
                println!("  {lab} {}: not here: {} {}", step.id, failure.operation, failure.errno);
                past = start;
                continue;
            }
        };
        let mut known = BTreeSet::new();
        let whole_boxes =
            actions.iter().all(|action| matches!(action, Action::Dial { .. } | Action::Compare {}));
        for (at, call) in calls {
            // Of many alike, the first fails in each way and the others in one.
            let ways = match known.insert(call.clone()) {
                // Every call of every box of the dial fails in `dial`; here, each kind of them once.
                _ if whole_boxes => usize::from(boxed.insert(call.clone())),
                true => usize::MAX,
                false => 1,
            };
            for errno in plausible(&call).iter().take(ways) {
                one_fault(&step.id, &past, &actions, at, *errno);
                made += 1;
            }
        }
        step.actions.iter().for_each(|action| past.note(action));
    }
    made
}

/// The calls that the actors make themselves, with their places among all. What the kernel refuses anyway is an answer that
/// the step waits for; and the throw-away child of a try has a kernel of its own.
fn own_calls(
    stage: &Stage,
    lab: &str,
    step: &str,
    actions: &[Action],
) -> Result<Vec<(usize, String)>, Failure> {
    let mut calls = Vec::new();
    let mut made = 0;
    for action in actions {
        let act = stage.act(std::slice::from_ref(action));
        if let Some(failure) = act.failure {
            assert!(may_lack(kind(), lab, step), "{step}: {action:?}: {failure:?}");
            return Err(failure);
        }
        let child = matches!(action, Action::Try { .. } | Action::TryUnshare { .. });
        let own = act.traces.iter().enumerate().take(if child { 1 } else { usize::MAX });
        let good = own.filter(|(_, trace)| trace.errno.is_none());
        calls.extend(good.map(|(at, trace)| (made + at, trace.call.clone())));
        made += act.traces.len();
    }
    Ok(calls)
}

fn one_fault(step: &str, past: &Ledger, actions: &[Action], at: usize, errno: Errno) {
    let fault = Fault { at: at.try_into().unwrap(), errno: errno as i32 };
    let stage = Stage::start_with(Some(&fault));
    stage.open(&past.replay());
    let act = stage.act(actions);
    let failure = act.failure.unwrap_or_else(|| panic!("{step}: call {at} did not fail"));
    assert_eq!(failure.errno, format!("{errno:?}"), "{step}: {:?}", act.traces);
    assert_eq!(comparable(&act.before), comparable(&act.after), "{step}: call {at}, {errno:?}");
    for lang in Lang::ALL {
        let said = explain(lang, &failure);
        assert!(!said.what.is_empty() && !said.why.is_empty() && !said.try_next.is_empty(), "{failure:?}");
    }
}

/// What is measured anew in each box of the dial.
const MEASURED: [Fact; 4] = [Fact::DialStart, Fact::DialSecondStart, Fact::DialSecondMemory, Fact::DialCall];

/// An observation without what differs between two subjects of the same kind: numbers that the kernel gives anew.
fn comparable(observation: &Observation) -> Vec<(FactId, Value)> {
    let mut facts = Vec::new();
    for (id, value) in &observation.facts {
        let host = observation.get(FactId::host(id.fact));
        let value = match id.fact {
            Fact::Pid | Fact::NsPidChain | Fact::Processes | Fact::Ipc => continue,
            fact if MEASURED.contains(&fact) => continue,
            fact if fact.namespace().is_some() => Value::Text((host == Some(value)).to_string()),
            // The clock wears the time in its name, and a new one begins anew.
            Fact::Children => {
                Value::Text(value.short().replace(|c: char| c.is_ascii_digit() || c == ' ', ""))
            }
            _ => value.clone(),
        };
        facts.push((*id, value));
    }
    facts
}
