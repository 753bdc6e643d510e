//! A try: a throw-away child does something that takes certain rights, and tells what the kernel answered. The subject
//! goes on as it was. After `unshare(CLONE_NEWPID)` the subject must have been cloned first: the child would be process 1
//! of the new namespace, and with its end no other could be started there, `pid_namespaces(7)`.

use std::{fs::File, io::Read, os::fd::OwnedFd};

use nix::errno::Errno;
use serde::{Deserialize, Serialize};

use super::{Call, Failure, Kernel, call, covers, fork, local_failure, seccomp};
use crate::{
    kernel::{
        Guard, Linux, Traced,
        guard::{HostNamespaces, SHOWS_ITSELF},
    },
    lab::{
        action::Deed,
        seccomp::Denied,
        trace::{Actor, Trace},
    },
    probe::status::Status,
};

/// No user namespace of ours maps it.
const NOBODY_KNOWS: u32 = 4_000_000_000;

/// What came of a try.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// The child's calls.
    pub traces: Vec<Trace>,
    /// The effective capabilities that a program had that the child started, as a mask of `/proc/PID/status`.
    pub after_exec: Option<String>,
}

/// Forks, tries in the child, and returns what came of it.
pub fn act(
    kernel: &mut dyn Kernel,
    deed: Deed,
    host: HostNamespaces,
    box_dir: &str,
) -> Result<Tried, Failure> {
    let (read, write) = pipe()?;
    fork(kernel, move |_| {
        let mut kernel = Guard::new(Traced::new(Linux, Actor::Subject), host, box_dir.to_owned());
        let after_exec = attempt(&mut kernel, deed);
        let tried = Tried { traces: kernel.into_inner().into_traces(), after_exec };
        i32::from(serde_json::to_writer(File::from(write), &tried).is_err())
    })?;
    let mut text = String::new();
    let complete = File::from(read).read_to_string(&mut text).is_ok();
    Ok(if complete { serde_json::from_str(&text).unwrap_or_default() } else { Tried::default() })
}

/// In the child: whatever a call returns is what the student came to see.
fn attempt(kernel: &mut dyn Kernel, deed: Deed) -> Option<String> {
    let one = match deed {
        Deed::Mknod => Call::Mknod("/tmp/null".to_owned()),
        Deed::SetClock => Call::SetClock,
        Deed::Chown => Call::Chown { path: "/proc/self".to_owned(), uid: NOBODY_KNOWS },
        Deed::Mkdir => Call::Mkdir("/tmp/try".to_owned()),
        Deed::Unmask => covers::umount("/proc/timer_list"),
        Deed::Remount => covers::remount("/", false),
        Deed::Filter => seccomp::denying(&[Denied::Mkdir]).ok()?,
        Deed::Exec => return exec(kernel).ok(),
    };
    kernel.call(&one).ok();
    None
}

/// Gives up every effective and permitted capability, starts a program, and reads what that one has.
fn exec(kernel: &mut dyn Kernel) -> Result<String, Failure> {
    call(kernel, &Call::SetCapabilities(0))?;
    let (read, write) = pipe()?;
    nix::unistd::dup2_stdout(&write).map_err(|errno| local_failure("dup2", errno))?;
    let args = vec!["/proc/self/status".to_owned()];
    let ran = call(kernel, &Call::Exec { program: SHOWS_ITSELF.to_owned(), args });
    // With both ends of ours closed, the text ends where the program's does.
    drop(write);
    let quiet = File::options().write(true).open("/dev/null");
    let quiet = quiet.map_err(|error| local_failure("open", crate::kernel::errno_of(&error)))?;
    nix::unistd::dup2_stdout(quiet).map_err(|errno| local_failure("dup2", errno))?;
    let mut text = Vec::new();
    let told = File::from(read).read_to_end(&mut text);
    told.map_err(|error| local_failure("read", crate::kernel::errno_of(&error)))?;
    ran?;
    let status = Status::parse(&text).ok_or_else(|| local_failure("read", Errno::EINVAL))?;
    Ok(status.caps.eff)
}

fn pipe() -> Result<(OwnedFd, OwnedFd), Failure> {
    nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).map_err(|errno| local_failure("pipe", errno))
}
