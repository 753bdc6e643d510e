//! Process 1 of a box, and whoever waits for it outside: both hand signals on, reap, and end as the command ended.
//!
//! Signals that the terminal sends reach the whole foreground group, and the command is in it: only those that a
//! process sent, `sigaction(2)` `SI_USER` and below, are handed on.

use std::os::fd::AsFd;

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        signal::{SigSet, SigmaskHow, Signal, kill},
        signalfd::{SfdFlags, SignalFd},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};

use crate::kernel::process;

/// Signals that are for the command.
const FOR_THE_COMMAND: [Signal; 8] = [
    Signal::SIGTERM,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGHUP,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGALRM,
    Signal::SIGWINCH,
];

/// What else whoever waits has an eye on; by itself, nothing.
pub trait Watch {
    /// The child has been stopped.
    fn stopped(&mut self) {}

    /// We may go on, says whoever stopped us.
    fn continued(&mut self) {}

    /// The terminal has sent us a signal: by a key, by a new size, by its end.
    fn typed(&mut self, _signal: Signal) {}

    /// Waits until a signal is to be read, if it wants to be the one who does.
    fn wait(&mut self, _signals: &Signals) -> Result<(), Errno> {
        Ok(())
    }
}

impl Watch for () {}

/// Signals, read from a descriptor by whichever process asks: it is shared across a fork.
#[derive(Debug)]
pub struct Signals {
    queue: SignalFd,
    callers: SigSet,
}

impl Signals {
    /// Blocks them from now on. `lent` says that the command begins as a group of its own in front of the terminal: then
    /// Ctrl-Z may reach us in its place, and is for it too.
    ///
    /// What whoever started us ignores, we and the command do not; but a box under `nohup(1)` does not hand SIGHUP on.
    pub fn block(lent: bool) -> Result<Self, Errno> {
        let handed_on = FOR_THE_COMMAND
            .into_iter()
            .filter(|signal| *signal != Signal::SIGHUP || !process::is_ignored(Signal::SIGHUP as i32));
        let mut read: SigSet = handed_on.chain([Signal::SIGCHLD, Signal::SIGCONT]).collect();
        if lent {
            read.add(Signal::SIGTSTP);
        }
        let mut held = read;
        held.add(Signal::SIGTTOU);
        let callers = held.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        process::heed_children()?;
        process::heed_the_ignored();
        let queue = SignalFd::with_flags(&read, SfdFlags::SFD_CLOEXEC)?;
        Ok(Self { queue, callers })
    }

    /// What whoever started us had blocked: so it is for the command.
    pub const fn callers(&self) -> SigSet {
        self.callers
    }

    /// Waits until a child has ended, reaps every other one that ends, and hands signals on to it. The exit status: its
    /// own, or 128 + the signal that ended it.
    pub fn wait_for(&self, child: i32, watch: &mut dyn Watch) -> Result<i32, Errno> {
        let child = Pid::from_raw(child);
        loop {
            if let Some(status) = reap(child, watch)? {
                return Ok(status);
            }
            watch.wait(self)?;
            let Some(info) = self.read()? else { continue };
            let signal = i32::try_from(info.0).ok().and_then(|number| Signal::try_from(number).ok());
            if signal == Some(Signal::SIGCONT) {
                watch.continued();
                continue;
            }
            let Some(signal) = signal.filter(|signal| *signal != Signal::SIGCHLD) else { continue };
            if info.1 > 0 {
                watch.typed(signal);
                continue;
            }
            match kill(child, signal) {
                Ok(()) | Err(Errno::ESRCH) => {}
                Err(errno) => return Err(errno),
            }
        }
    }

    /// Waits until there is a signal to be read, or something on the line; whether it is the latter.
    pub fn or_line(&self, line: impl AsFd) -> Result<bool, Errno> {
        let mut fds = [
            PollFd::new(self.queue.as_fd(), PollFlags::POLLIN),
            PollFd::new(line.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut fds, PollTimeout::NONE) {
            Ok(_) => {}
            Err(Errno::EINTR) => return Ok(false),
            Err(errno) => return Err(errno),
        }
        let [_, line] = fds;
        Ok(line.any().unwrap_or_default())
    }

    /// The next signal: its number and where it came from.
    fn read(&self) -> Result<Option<(u32, i32)>, Errno> {
        match self.queue.read_signal() {
            Ok(info) => Ok(info.map(|info| (info.ssi_signo, info.ssi_code))),
            Err(Errno::EINTR) => Ok(None),
            Err(errno) => Err(errno),
        }
    }
}

/// Reaps whoever has ended; the status of the one that is waited for.
fn reap(child: Pid, watch: &mut dyn Watch) -> Result<Option<i32>, Errno> {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG | WaitPidFlag::WUNTRACED)) {
            Ok(WaitStatus::Exited(pid, status)) if pid == child => return Ok(Some(status)),
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == child => return Ok(Some(128 + signal as i32)),
            Ok(WaitStatus::Stopped(pid, _)) if pid == child => watch.stopped(),
            Ok(WaitStatus::StillAlive) => return Ok(None),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}
