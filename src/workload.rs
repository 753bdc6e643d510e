//! What subjects run: small programs in the same binary, for a student to watch.

use std::{os::fd::OwnedFd, time::Duration};

use nix::sys::signal::Signal;

use crate::{kernel::process, lab::action::Workload};

/// Runs a workload in this (forked) process until its parent dies or it is killed; the exit code. `beginning` is closed
/// when it has begun.
pub fn run(which: Workload, parent: i32, beginning: OwnedFd) -> i32 {
    match which {
        Workload::Heartbeat => heartbeat(parent, beginning),
    }
}

/// Beats once a second, and is called so by `ps`.
fn heartbeat(parent: i32, beginning: OwnedFd) -> i32 {
    let ready =
        process::die_with_parent(Signal::SIGKILL, parent).and_then(|()| process::rename(c"heartbeat"));
    drop(beginning);
    while ready.is_ok() {
        std::thread::sleep(Duration::from_secs(1));
    }
    1
}
