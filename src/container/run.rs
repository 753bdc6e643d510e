//! A command in a box, in the foreground: on the caller's own terminal and in its session, so that keys and the
//! window's size need no help.

use nix::errno::Errno;
use serde::{Deserialize, Serialize};

use super::{
    Line, Plan,
    command::{Command, status_of},
    front,
    init::Signals,
    start::{Refused, UNMADE, start},
};
use crate::{
    cgroup::Groups,
    kernel::{Kernel, descent, process},
    lab::{dial::Switch, namespace::Namespace, trace::Failure},
};

/// The name of the box's cgroup.
pub const GROUP: &str = "box";

/// Why a command did not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wrong {
    /// There is no box.
    Unmade(Refused),
    /// There is a box, and in it no such command, or one that cannot be run: the error's number, `errno(3)`.
    Command(i32),
}

/// Runs a command in a box and waits for it. The exit status: the command's own, or 128 + the signal that ended it. Its
/// group has been made before and is removed by whoever made it.
pub fn run(
    kernel: &mut dyn Kernel,
    mut plan: Plan,
    command: &Command,
    groups: Option<&Groups>,
) -> Result<i32, Wrong> {
    // Those that the parent has to move it into.
    let groups = groups.filter(|groups| plan.join(groups.directories(GROUP)));
    let own_init = plan.namespaces.contains(&Namespace::Pid);
    let is_ours = front::is_ours();
    // Without a process 1 of its own the box has nobody who could lend the terminal.
    let lent = is_ours && own_init;
    let signals = Signals::block(lent).map_err(|errno| housekeeping("signalfd", errno))?;
    if !own_init {
        descent::adopt_orphans().map_err(|errno| housekeeping("prctl", errno))?;
    }
    let task = Task { plan: &plan, command, signals: &signals, limited: groups.is_some(), in_front: lent };
    let child = start(kernel, &plan, |line, kernel| task.be_the_box(line, kernel)).map_err(Wrong::Unmade)?;
    let joined = groups.map_or(Ok(()), |groups| {
        groups
            .attach(kernel, GROUP, child.pid())
            .map_err(|failure| Wrong::Unmade(Refused { switch: Some(Switch::Cgroup), failure }))?;
        child.go().map_err(Wrong::Unmade)
    });
    if let Err(wrong) = joined {
        child.end();
        return Err(wrong);
    }
    let mut watch = front::Outside::of(&child, is_ours, own_init);
    let status = signals.wait_for(child.pid(), &mut watch).map_err(|errno| housekeeping("waitpid", errno))?;
    if !own_init {
        // With a PID namespace the kernel has ended everyone with its process 1.
        descent::end_below(nix::unistd::getpid().as_raw());
    }
    if is_ours {
        front::give_back();
    }
    let said = watch.said().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    match (status, said) {
        (UNMADE | 126 | 127, Some(wrong)) => Err(wrong),
        (status, _) => Ok(status),
    }
}

/// What the child is to do.
struct Task<'a> {
    plan: &'a Plan,
    command: &'a Command,
    signals: &'a Signals,
    limited: bool,
    in_front: bool,
}

impl Task<'_> {
    /// Becomes the box, then its process 1, or the command itself where the box has no processes of its own.
    fn be_the_box(&self, line: &Line, kernel: &mut dyn Kernel) -> i32 {
        if let Err(refused) = line.enter(kernel, self.plan, self.limited) {
            return say(line, &Wrong::Unmade(refused), UNMADE);
        }
        if self.command.own_root {
            process::keep_descriptors_in();
        }
        let failed = |errno: Errno| say(line, &Wrong::Command(errno as i32), status_of(errno));
        if !self.plan.namespaces.contains(&Namespace::Pid) {
            return failed(self.command.exec(self.signals.callers()));
        }
        match self.command.spawn(self.in_front, self.signals.callers()) {
            Ok(pid) => self.signals.wait_for(pid, &mut front::Inside(line)).unwrap_or(UNMADE),
            Err(errno) => failed(errno),
        }
    }
}

fn say(line: &Line, wrong: &Wrong, status: i32) -> i32 {
    match serde_json::to_vec(wrong).map(|bytes| line.say(&bytes)) {
        Ok(Ok(())) => status,
        _ => UNMADE,
    }
}

fn housekeeping(operation: &str, errno: Errno) -> Wrong {
    let failure = Failure {
        operation: operation.to_owned(),
        arguments: Vec::new(),
        errno: format!("{errno:?}"),
        path: None,
    };
    Wrong::Unmade(Refused { switch: None, failure })
}
