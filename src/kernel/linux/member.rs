//! A signal to a process that is what a file says it is: never to a later one that was given its number.

use std::{
    fs,
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
};

use nix::{
    errno::Errno,
    libc,
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::kernel::errno_of;

/// Sends a signal to a process that is listed in a file of numbers once it is held by a descriptor. `ESRCH` where it is
/// listed no more, or gone.
pub(super) fn signal(pid: i32, signal: Signal, procs: &str) -> Result<(), Errno> {
    let held = match hold(pid) {
        // Before Linux 5.3 there is nothing to hold a process by, and the number is all.
        Err(Errno::ENOSYS) => None,
        other => Some(other?),
    };
    let listed = fs::read_to_string(procs).map_err(|error| errno_of(&error))?;
    if !listed.lines().any(|line| line.parse() == Ok(pid)) {
        return Err(Errno::ESRCH);
    }
    match held {
        Some(held) => send(&held, signal),
        None => kill(Pid::from_raw(pid), signal),
    }
}

/// `pidfd_open(2)`.
fn hold(pid: i32) -> Result<OwnedFd, Errno> {
    // SAFETY: pidfd_open takes two integers.
    #[expect(unsafe_code, reason = "the crate has no wrapper for pidfd_open")]
    let result = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    let fd = i32::try_from(Errno::result(result)?).map_err(|_too_large| Errno::EMFILE)?;
    // SAFETY: the kernel has just opened it for us.
    #[expect(unsafe_code, reason = "a raw descriptor becomes an owned one")]
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// `pidfd_send_signal(2)`.
fn send(held: &OwnedFd, signal: Signal) -> Result<(), Errno> {
    let nothing: *const libc::siginfo_t = std::ptr::null();
    // SAFETY: pidfd_send_signal takes a null pointer for what kill(2) would say of the sender.
    #[expect(unsafe_code, reason = "the crate has no wrapper for pidfd_send_signal")]
    let result =
        unsafe { libc::syscall(libc::SYS_pidfd_send_signal, held.as_raw_fd(), signal as i32, nothing, 0) };
    Errno::result(result).map(drop)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    /// The number is somebody's who is not listed any more: as if it had been given away since the list was read.
    #[test]
    fn only_who_is_still_listed_is_hit() {
        let home = tempfile::tempdir().unwrap();
        let procs = home.path().join("cgroup.procs");
        let procs = procs.to_str().unwrap();
        let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        fs::write(procs, format!("1\n{pid}0\n")).unwrap();
        assert_eq!(signal(pid, Signal::SIGKILL, procs), Err(Errno::ESRCH));
        assert_eq!(child.try_wait().unwrap(), None, "it lives");
        fs::write(procs, format!("1\n{pid}\n")).unwrap();
        assert_eq!(signal(pid, Signal::SIGKILL, procs), Ok(()));
        assert!(!child.wait().unwrap().success());
        assert_eq!(signal(pid, Signal::SIGKILL, procs), Err(Errno::ESRCH));
    }
}
