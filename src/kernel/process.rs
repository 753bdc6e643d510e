//! Starting processes of our own, and the shell on a terminal.

use std::{
    io,
    os::{fd::OwnedFd, unix::process::CommandExt},
    process::{Child, Command, Stdio},
};

use nix::{
    errno::Errno,
    libc,
    sys::{
        prctl,
        signal::{SigHandler, SigSet, SigmaskHow, Signal, pthread_sigmask},
    },
    unistd::{getpid, getppid, setsid},
};

use crate::lab::namespace::Namespace;

/// Starts this program again in another role, with one end of a socket as its standard input. The path of the binary
/// goes through `/proc/self/exe`, so that it works after the file has been replaced.
pub fn start_role(role: &str, args: &[&str], socket: OwnedFd) -> io::Result<Child> {
    let mut command = Command::new("/proc/self/exe");
    command.arg0("korobka").arg(role).args(args).current_dir("/");
    command.stdin(socket).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn()
}

/// Asks the kernel for a signal when the parent dies, and checks that it has not died meanwhile, `PR_SET_PDEATHSIG(2const)`.
/// The setting is lost in a fork, so every process of ours asks for itself. `ESRCH` where the parent is gone.
pub fn die_with_parent(signal: Signal, parent: i32) -> Result<(), Errno> {
    prctl::set_pdeathsig(signal)?;
    // In a new PID namespace the parent is outside and reads as 0.
    let now = getppid().as_raw();
    if now == parent || now == 0 { Ok(()) } else { Err(Errno::ESRCH) }
}

/// Sets the name that `ps` shows, at most 15 bytes.
pub fn rename(name: &std::ffi::CStr) -> Result<(), Errno> {
    prctl::set_name(name)
}

/// Leaves at once, without running anything that the parent would run too: the way out of a forked child.
pub fn leave(code: i32) -> ! {
    // SAFETY: _exit takes an integer and does not return.
    #[expect(unsafe_code, reason = "a forked child must not run the parent's exit handlers")]
    unsafe {
        libc::_exit(code)
    }
}

/// Closes everything but standard input, output and error: for a forked process that goes on as something else, and must
/// not keep its parent's sockets open. `close_range(2)`, Linux 5.9; where it is missing, they close when it ends.
pub fn close_inherited() {
    // SAFETY: close_range takes integers; whoever calls it uses nothing that was opened before.
    #[expect(unsafe_code, reason = "the crate has no wrapper for close_range")]
    let result = unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
    if result != 0 {
        tracing::debug!(result, "close_range");
    }
}

/// Lets no program that is started later inherit what whoever started this one has left open (standard input and output
/// apart): a directory of the host would be a way out of the box. `close_range(2)`, Linux 5.11.
pub fn keep_descriptors_in() {
    // SAFETY: close_range takes integers, and with this flag it closes nothing now.
    #[expect(unsafe_code, reason = "the crate has no wrapper for close_range")]
    let result =
        unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    tracing::debug!(result, "close_range");
}

/// Blocks signals so that they can be read from a descriptor.
pub fn block(signals: &[Signal]) -> Result<SigSet, Errno> {
    let set: SigSet = signals.iter().copied().collect();
    pthread_sigmask(SigmaskHow::SIG_BLOCK, Some(&set), None)?;
    Ok(set)
}

/// Starts a shell as the leader of a new session with `terminal` as its controlling terminal. It first leaves the
/// namespaces `apart`, which is how a root shell beside the box is kept from the host's mounts and links.
pub fn start_shell(
    terminal: &OwnedFd,
    environment: &[(String, String)],
    apart: Vec<Namespace>,
) -> io::Result<Child> {
    let (program, args) = shell();
    let mut command = Command::new(program);
    command.args(args).env_clear().envs(environment.iter().cloned());
    command.stdin(terminal.try_clone()?).stdout(terminal.try_clone()?).stderr(terminal.try_clone()?);
    let parent = getpid().as_raw();
    // SAFETY: the closure runs in the forked child of a process with one thread.
    #[expect(unsafe_code, reason = "a controlling terminal can only be taken between fork and exec")]
    unsafe {
        command.pre_exec(move || before_shell(parent, &apart));
    }
    command.spawn()
}

/// Takes back that whoever started us ignores the end of children: it is inherited, and `waitpid(2)` would tell of none
/// (`ECHILD`, its NOTES).
pub fn heed_children() -> Result<(), Errno> {
    dispose(Signal::SIGCHLD, SigHandler::SigDfl)
}

/// Takes back every other signal that whoever started us ignores: that stays so across `execve(2)`. SIGHUP is left as it
/// is, because of `nohup(1)`, and SIGPIPE, which ends a program of Rust's by an error and not at once.
pub fn heed_the_ignored() {
    let spared = [Signal::SIGHUP, Signal::SIGPIPE, Signal::SIGKILL, Signal::SIGSTOP];
    let spared = spared.map(|signal| signal as libc::c_int);
    for number in (1..=libc::SIGRTMAX()).filter(|number| !spared.contains(number)) {
        if is_ignored(number) {
            // SAFETY: no handler of ours is installed, only the default.
            #[expect(unsafe_code, reason = "the crate's wrapper knows no real-time signals")]
            unsafe {
                libc::signal(number, libc::SIG_DFL);
            }
        }
    }
}

/// Whether this process ignores the signal of this number.
pub fn is_ignored(number: libc::c_int) -> bool {
    let mut now = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: the C library writes no more than the structure, and installs nothing.
    #[expect(unsafe_code, reason = "the crate's wrapper cannot ask without changing")]
    let result = unsafe { libc::sigaction(number, std::ptr::null(), now.as_mut_ptr()) };
    // SAFETY: it was zeroed, and zeros are a value of its type.
    #[expect(unsafe_code, reason = "the structure has parts that have no name here")]
    let now = unsafe { now.assume_init() };
    result == 0 && now.sa_sigaction == libc::SIG_IGN
}

fn before_shell(parent: i32, apart: &[Namespace]) -> io::Result<()> {
    use super::{Call, Kernel, Linux};
    die_with_parent(Signal::SIGKILL, parent)?;
    setsid()?;
    take_terminal()?;
    SigSet::empty().thread_set_mask()?;
    for signal in FROM_THE_KEYBOARD {
        dispose(signal, SigHandler::SigDfl)?;
    }
    if !apart.is_empty() {
        Linux.call(&Call::Unshare(apart.to_vec()))?;
    }
    if apart.contains(&Namespace::Mnt) {
        Linux.call(&super::call::make_private())?;
    }
    Ok(())
}

/// Signals that keys send. A shell cannot heed those that were ignored when it was started, and a program that was put
/// into the background by a script is started so, `sh(1p)`.
const FROM_THE_KEYBOARD: [Signal; 3] = [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTSTP];

fn dispose(signal: Signal, how: SigHandler) -> Result<(), Errno> {
    // SAFETY: no handler of ours is installed, only the default or nothing.
    #[expect(unsafe_code, reason = "signal is unsafe because of handlers")]
    unsafe { nix::sys::signal::signal(signal, how) }.map(|_| ())
}

fn take_terminal() -> io::Result<()> {
    // SAFETY: TIOCSCTTY takes an integer; standard input is the terminal.
    #[expect(unsafe_code, reason = "ioctl has no safe form")]
    let result = unsafe { libc::ioctl(libc::STDIN_FILENO, libc::TIOCSCTTY, 0) };
    Errno::result(result).map(|_| ()).map_err(io::Error::from)
}

/// Bash without the student's start-up files where there is one (a clean prompt, and it starts at once), else sh.
pub fn shell() -> (&'static str, &'static [&'static str]) {
    if std::path::Path::new("/bin/bash").exists() {
        ("/bin/bash", &["--noprofile", "--norc"])
    } else {
        ("/bin/sh", &[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_heeds_the_keyboard_even_where_its_starter_does_not() {
        dispose(Signal::SIGINT, SigHandler::SigIgn).unwrap();
        let pair = nix::pty::openpty(None, None).unwrap();
        let mut shell = start_shell(&pair.slave, &[], Vec::new()).unwrap();
        dispose(Signal::SIGINT, SigHandler::SigDfl).unwrap();
        let status = std::fs::read_to_string(format!("/proc/{}/status", shell.id())).unwrap();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:\t")).unwrap();
        let ignored = u64::from_str_radix(ignored, 16).unwrap();
        shell.kill().unwrap();
        shell.wait().unwrap();
        assert_eq!(ignored >> (Signal::SIGINT as u32 - 1) & 1, 0, "{status}");
    }
}
