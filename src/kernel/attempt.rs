//! Trying something that cannot be undone: a forked child does it and dies with it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use nix::{
    errno::Errno,
    libc,
    sys::{
        prctl,
        signal::Signal,
        wait::{WaitStatus, waitpid},
    },
    unistd::{ForkResult, Pid, fork},
};

/// The exit code of a child that panicked; no errno is as large.
const PANICKED: i32 = 255;

/// Runs a closure in a forked child and tells how it ended: `fork(2)`, `_exit(2)`, `waitpid(2)`. Nothing of what it
/// changed about itself (ids, namespaces, mounts in them) is left. `EINTR` where a signal killed the child, `ENOSYS`
/// where that was a system-call filter, `EFAULT` where it panicked.
///
/// In a program with threads the closure must take no lock that another thread may hold.
pub fn attempt(deed: impl FnOnce() -> Result<(), Errno>) -> Result<(), Errno> {
    // SAFETY: the child makes system calls and allocates (which the C library allows after fork), then leaves without
    // running anything of the parent's.
    #[expect(unsafe_code, reason = "fork is unsafe in programs with threads")]
    let side = unsafe { fork() }?;
    match side {
        ForkResult::Child => leave(in_child(deed)),
        ForkResult::Parent { child } => outcome(child),
    }
}

fn in_child(deed: impl FnOnce() -> Result<(), Errno>) -> i32 {
    let mortal = prctl::set_pdeathsig(Signal::SIGKILL);
    match catch_unwind(AssertUnwindSafe(|| mortal.and_then(|()| deed()))) {
        Ok(Ok(())) => 0,
        Ok(Err(errno)) => errno as i32,
        Err(_panic) => PANICKED,
    }
}

/// Leaves at once, without running anything that the parent would run too.
fn leave(code: i32) -> ! {
    // SAFETY: _exit takes an integer and does not return.
    #[expect(unsafe_code, reason = "a forked child must not run the parent's exit handlers")]
    unsafe {
        libc::_exit(code)
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
