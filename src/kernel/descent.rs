//! Descendants: who is below a process, and how to end all of them.

use std::{collections::BTreeSet, fs};

use nix::{
    errno::Errno,
    sys::{
        prctl,
        signal::{Signal, kill},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};

/// Makes orphans below this process its own children, so that none escapes when its parent dies,
/// `PR_SET_CHILD_SUBREAPER(2const)`.
pub fn adopt_orphans() -> Result<(), Errno> {
    prctl::set_child_subreaper(true)
}

/// The children of a process, as the caller's /proc numbers them.
pub fn children(pid: i32) -> Vec<i32> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    tasks
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("children")).ok())
        .flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<i32>>())
        .collect()
}

/// Everyone below a process, parents before children.
pub fn below(pid: i32) -> Vec<i32> {
    let mut found = Vec::new();
    let mut todo = children(pid);
    while let Some(next) = todo.pop() {
        if !found.contains(&next) {
            found.push(next);
            todo.extend(children(next));
        }
    }
    found
}

/// Kills everyone below a process (not the process) until nobody is left or nobody left can be killed. Those that are
/// the caller's own children are reaped. A process that forks while it is being killed is met in the next round.
pub fn end_below(pid: i32) {
    let mut done = BTreeSet::new();
    loop {
        let left: Vec<i32> = below(pid).into_iter().filter(|p| !done.contains(p)).collect();
        if left.is_empty() {
            return;
        }
        for process in left {
            end(process, &mut done);
        }
        std::thread::yield_now();
    }
}

/// Kills one process that somebody else reaps, and waits until it is dead.
pub fn end_one(pid: i32) {
    let mut done = BTreeSet::new();
    while done.is_empty() {
        end(pid, &mut done);
        std::thread::yield_now();
    }
}

/// Kills one process. It is done with when it is dead, reaped here if it is our child and by its parent if not, or when
/// we may not kill it.
fn end(pid: i32, done: &mut BTreeSet<i32>) {
    let target = Pid::from_raw(pid);
    let forbidden = kill(target, Signal::SIGKILL) == Err(Errno::EPERM);
    if forbidden || waitpid(target, None).is_ok() || is_dead(pid) {
        done.insert(pid);
    }
}

/// A zombie, or gone: nothing more can be done to it from here.
fn is_dead(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .ok()
        .and_then(|stat| stat.rsplit_once(") ").map(|(_, rest)| rest.starts_with(['Z', 'X'])))
        .unwrap_or(true)
}

/// Reaps every child that has ended and returns them with their status: the exit code, or 128 + the signal.
pub fn reap() -> Vec<(i32, i32)> {
    let mut ended = Vec::new();
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, code)) => ended.push((pid.as_raw(), code)),
            Ok(WaitStatus::Signaled(pid, signal, _)) => ended.push((pid.as_raw(), 128 + signal as i32)),
            Ok(WaitStatus::StillAlive) | Err(_) => return ended,
            Ok(_) => {}
        }
    }
}
