//! The start of a box: one clone, the maps from outside, and a line between parent and child on which each waits for
//! the other.

use std::{
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    panic::{AssertUnwindSafe, catch_unwind},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{signal::Signal, wait::waitpid},
    unistd::{Pid, getpid},
};
use serde::{Deserialize, Serialize};

use super::Plan;
use crate::{
    kernel::{
        Call, Kernel,
        process::{die_with_parent, leave},
        socket,
    },
    lab::{dial::Switch, trace::Failure},
};

/// The longest packet on the line, in bytes.
const MAX: usize = 64 * 1024;
/// The exit status of a child that could not become a box.
pub const UNMADE: i32 = 125;

/// Why a box was not made: which switch could not be turned, and what the kernel said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The switch; none where no single one is to blame.
    pub switch: Option<Switch>,
    /// What failed.
    pub failure: Failure,
}

/// The child's end of the line.
#[derive(Debug)]
pub struct Line(OwnedFd);

/// The parent's end, and the child.
#[derive(Debug)]
pub struct Parent {
    line: OwnedFd,
    pid: i32,
}

/// Starts a box: `inside` runs in the child, with the child's copy of the kernel; it must call [`Line::enter`] first, and
/// its result is the exit status.
/// The program must have one thread.
pub fn start(
    kernel: &mut dyn Kernel,
    plan: &Plan,
    inside: impl FnOnce(&Line, &mut dyn Kernel) -> i32,
) -> Result<Parent, Refused> {
    let (ours, theirs) = socket::pair().map_err(|errno| housekeeping("socketpair", errno))?;
    let parent = getpid().as_raw();
    let call = Call::Clone(plan.namespaces.clone());
    let pid = kernel.call(&call).map_err(|errno| refused(None, &call, errno))?;
    if pid == 0 {
        drop(ours);
        let line = Line(theirs);
        let armed = die_with_parent(Signal::SIGKILL, parent).and_then(|()| line.is_held());
        let deed = || armed.map_or(UNMADE, |()| inside(&line, kernel));
        leave(catch_unwind(AssertUnwindSafe(deed)).unwrap_or(UNMADE));
    }
    let pid = i32::try_from(pid).map_err(|_impossible| housekeeping("clone3", Errno::EOVERFLOW))?;
    let parent = Parent { line: ours, pid };
    parent.map(kernel, plan).inspect_err(|_| parent.end())?;
    Ok(parent)
}

impl Parent {
    /// The child, as the parent numbers it.
    pub const fn pid(&self) -> i32 {
        self.pid
    }

    fn map(&self, kernel: &mut dyn Kernel, plan: &Plan) -> Result<(), Refused> {
        for (file, text) in &plan.maps {
            let call = Call::Write { path: format!("/proc/{}/{file}", self.pid), text: text.clone() };
            kernel.call(&call).map_err(|errno| refused(Some(Switch::User), &call, errno))?;
        }
        if plan.maps.is_empty() { Ok(()) } else { self.go() }
    }

    /// Lets the child go on. One that has died meanwhile says why on the line, or by its status.
    pub fn go(&self) -> Result<(), Refused> {
        match socket::send(&self.line, b"+", None) {
            Ok(()) | Err(Errno::EPIPE | Errno::ECONNRESET) => Ok(()),
            Err(errno) => Err(housekeeping("sendmsg", errno)),
        }
    }

    /// The next packet of the child; none when it has closed the line.
    pub fn hear(&self) -> Result<Option<Vec<u8>>, Errno> {
        loop {
            match socket::receive(&self.line, MAX) {
                Err(Errno::EINTR) => {}
                Err(Errno::ECONNRESET) => return Ok(None),
                other => return Ok(other?.map(|packet| packet.bytes)),
            }
        }
    }

    /// Kills the child and everyone in it, and waits until it is gone.
    pub fn end(&self) {
        let child = Pid::from_raw(self.pid);
        if let Err(errno) = nix::sys::signal::kill(child, Signal::SIGKILL) {
            tracing::debug!(%errno, "it has ended already");
        }
        while waitpid(child, None) == Err(Errno::EINTR) {}
    }
}

impl AsFd for Parent {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.line.as_fd()
    }
}

impl Line {
    /// Carries the plan out, in the child. `limited` says that the parent puts it into cgroups and tells when.
    pub fn enter(&self, kernel: &mut dyn Kernel, plan: &Plan, limited: bool) -> Result<(), Refused> {
        if !plan.maps.is_empty() {
            self.wait()?;
        }
        steps(kernel, &plan.inside)?;
        if limited {
            self.wait()?;
        }
        steps(kernel, &plan.last)
    }

    /// `ESRCH` where the parent has died already: from a new PID namespace nothing else tells, since every parent outside
    /// has the number 0, `pid_namespaces(7)`.
    fn is_held(&self) -> Result<(), Errno> {
        let mut fds = [PollFd::new(self.0.as_fd(), PollFlags::empty())];
        let ready = poll(&mut fds, PollTimeout::ZERO)?;
        if ready == 0 { Ok(()) } else { Err(Errno::ESRCH) }
    }

    /// Waits for the parent; `ESRCH` where it has gone.
    fn wait(&self) -> Result<(), Refused> {
        loop {
            match socket::receive(&self.0, 1) {
                Ok(Some(_)) => return Ok(()),
                Ok(None) => return Err(housekeeping("recvmsg", Errno::ESRCH)),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(housekeeping("recvmsg", errno)),
            }
        }
    }

    /// Tells the parent something.
    pub fn say(&self, bytes: &[u8]) -> Result<(), Errno> {
        socket::send(&self.0, bytes, None)
    }
}

pub(super) fn steps(kernel: &mut dyn Kernel, steps: &[super::Step]) -> Result<(), Refused> {
    for step in steps {
        kernel.call(&step.call).map_err(|errno| refused(step.switch, &step.call, errno))?;
    }
    Ok(())
}

fn refused(switch: Option<Switch>, call: &Call, errno: Errno) -> Refused {
    Refused { switch, failure: call.failure(errno) }
}

fn housekeeping(operation: &str, errno: Errno) -> Refused {
    let failure = Failure {
        operation: operation.to_owned(),
        arguments: Vec::new(),
        errno: format!("{errno:?}"),
        path: None,
    };
    Refused { switch: None, failure }
}
