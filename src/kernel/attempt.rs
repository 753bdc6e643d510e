//! Trying something that cannot be undone: a forked child does it and dies with it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use nix::{
    errno::Errno,
    sys::{
        signal::Signal,
        wait::{WaitStatus, waitpid},
    },
    unistd::{Pid, getpid},
};

use super::{
    Call, Kernel, Linux,
    process::{die_with_parent, leave},
};

/// The exit code of a child that panicked; no errno is as large.
const PANICKED: i32 = 255;

/// Runs a closure in a forked child and tells how it ended: `fork(2)`, `_exit(2)`, `waitpid(2)`. Nothing of what it
/// changed about itself (ids, namespaces, mounts in them) is left. `EINTR` where a signal killed the child, `ENOSYS`
/// where that was a system-call filter, `EFAULT` where it panicked.
///
/// In a program with threads the closure must take no lock that another thread may hold.
pub fn attempt(deed: impl FnOnce() -> Result<(), Errno>) -> Result<(), Errno> {
    let parent = getpid().as_raw();
    match Linux.call(&Call::Clone(Vec::new()))? {
        0 => leave(in_child(parent, deed)),
        child => outcome(Pid::from_raw(i32::try_from(child).map_err(|_too_large| Errno::EOVERFLOW)?)),
    }
}

fn in_child(parent: i32, deed: impl FnOnce() -> Result<(), Errno>) -> i32 {
    let deed = || die_with_parent(Signal::SIGKILL, parent).and_then(|()| deed());
    match catch_unwind(AssertUnwindSafe(deed)) {
        Ok(Ok(())) => 0,
        Ok(Err(errno)) => errno as i32,
        Err(_panic) => PANICKED,
    }
}

fn outcome(child: Pid) -> Result<(), Errno> {
    loop {
        return match waitpid(child, None) {
            Ok(WaitStatus::Exited(_, 0)) => Ok(()),
            Ok(WaitStatus::Exited(_, PANICKED)) => Err(Errno::EFAULT),
            Ok(WaitStatus::Exited(_, code)) => Err(Errno::from_raw(code)),
            Ok(WaitStatus::Signaled(_, Signal::SIGSYS, _)) => Err(Errno::ENOSYS),
            Ok(WaitStatus::Signaled(..)) => Err(Errno::EINTR),
            Ok(_) | Err(Errno::EINTR) => continue,
            Err(errno) => Err(errno),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::{sys::signal::raise, unistd::getpid};

    #[test]
    fn the_child_tells_how_it_ended() {
        assert_eq!(attempt(|| Ok(())), Ok(()));
        assert_eq!(attempt(|| Err(Errno::EXDEV)), Err(Errno::EXDEV));
        assert_eq!(attempt(|| raise(Signal::SIGKILL)), Err(Errno::EINTR));
        assert_eq!(attempt(|| raise(Signal::SIGSYS)), Err(Errno::ENOSYS));
    }

    #[test]
    fn it_is_another_process_and_attempts_nest() {
        let me = getpid();
        let other = move || if getpid() == me { Err(Errno::EEXIST) } else { Ok(()) };
        assert_eq!(attempt(move || attempt(other)), Ok(()));
        assert_eq!(other(), Err(Errno::EEXIST), "and we are still ourselves");
    }
}
