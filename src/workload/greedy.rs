//! Workloads that take processor time, memory, processes.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    sys::signal::Signal,
    unistd::{Pid, getpid, pause},
};

use super::{MOST_BYTES, MOST_PROCESSES};
use crate::kernel::{Linux, descent, forked::fork, process};

/// Computes, on the first processor that it may use: two of them share it.
pub(super) fn burner() -> Result<(), Errno> {
    let allowed = sched_getaffinity(Pid::from_raw(0))?;
    let first = (0..CpuSet::count()).find(|cpu| allowed.is_set(*cpu).unwrap_or(false));
    let mut one = CpuSet::new();
    one.set(first.unwrap_or(0))?;
    sched_setaffinity(Pid::from_raw(0), &one)?;
    let until = Instant::now() + super::LONGEST;
    let mut n = 0_u64;
    while Instant::now() < until {
        for _ in 0..1_000_000 {
            n = black_box(n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        }
    }
    Ok(())
}

/// What the eater takes at once, in bytes.
const STEP: usize = 1 << 20;
/// The smallest page there is, in bytes.
const PAGE: usize = 4096;

/// Takes a mebibyte and uses it, again and again; holds what it has when its own ceiling is near.
pub(super) fn eater() -> Result<(), Errno> {
    // The kernel kills whoever has most; should two have as much, it shall be this one, proc_pid_oom_score_adj(5).
    std::fs::write("/proc/self/oom_score_adj", "1000").map_err(|e| crate::kernel::errno_of(&e))?;
    let most = usize::try_from(MOST_BYTES / 4 * 3).unwrap_or(0) / STEP;
    let mut eaten: Vec<Vec<u8>> = Vec::with_capacity(most);
    while eaten.len() < most {
        // Memory that nobody has written to is not there yet: one byte of each page is enough.
        let mut more = vec![0; STEP];
        more.chunks_mut(PAGE).filter_map(<[u8]>::first_mut).for_each(|byte| *byte = 1);
        eaten.push(black_box(more));
        std::thread::sleep(Duration::from_millis(1));
    }
    super::hold();
    drop(eaten);
    Ok(())
}

/// Forks until the kernel refuses, holds them all for a moment, ends them and tells the error.
pub(super) fn forker() -> Result<(), Errno> {
    let me = getpid().as_raw();
    let mut refused = Ok(());
    for _ in 0..MOST_PROCESSES {
        if let Err(errno) = fork(&mut Linux, &[], |_| child(me)) {
            refused = Err(errno);
            break;
        }
    }
    std::thread::sleep(Duration::from_millis(250));
    descent::end_below(me);
    refused
}

fn child(parent: i32) -> i32 {
    if process::die_with_parent(Signal::SIGKILL, parent).is_ok() {
        pause();
    }
    0
}
