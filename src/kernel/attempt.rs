//! Trying something that cannot be undone: a forked child does it and dies with it.

use nix::{
    errno::Errno,
    sys::{
        signal::Signal,
        wait::{WaitStatus, waitpid},
    },
    unistd::{Pid, getpid},
};

use super::{
    Linux,
    forked::{PANICKED, fork},
    process::die_with_parent,
};

/// Runs a closure in a forked child and tells how it ended: `fork(2)`, `_exit(2)`, `waitpid(2)`. Nothing of what it
/// changed about itself (ids, namespaces, mounts in them) is left. `EINTR` where a signal killed the child, `ENOSYS`
/// where that was a system-call filter, `EFAULT` where it panicked.
///
/// In a program with threads the closure must take no lock that another thread may hold.
pub fn attempt(deed: impl FnOnce() -> Result<(), Errno>) -> Result<(), Errno> {
    let parent = getpid().as_raw();
    let child = fork(&mut Linux, &[], |_| {
        let done = die_with_parent(Signal::SIGKILL, parent).and_then(|()| deed());
        done.map_or_else(|errno| errno as i32, |()| 0)
    })?;
    outcome(Pid::from_raw(child))
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
