//! A witness: a throw-away process that joins the namespaces of another one and tells what is to be seen there. Our own
//! subject speaks for itself; the processes below a student's shell cannot.

use std::{
    fs::{self, File},
    io::{Read, Write},
    os::{fd::AsFd, unix::fs::MetadataExt},
    path::Path,
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sched::{CloneFlags, setns},
    sys::signal::{Signal, kill},
    unistd::{Pid, fchdir},
};

use super::escape::{EscapeReader, place};
use crate::{
    kernel::{Call, Kernel, Linux, errno_of, linux::open_dir, process},
    lab::{
        fact::{Fact, FactId},
        namespace::Namespace,
        observation::Value,
        sight::Sight,
    },
    probe::{
        cgroup,
        inside::{self, Inside, View},
        limits,
    },
};

/// What is joined besides the user namespace. A witness cannot join a PID namespace, only its children could.
const OTHERS: [Namespace; 6] =
    [Namespace::Ipc, Namespace::Uts, Namespace::Net, Namespace::Cgroup, Namespace::Time, Namespace::Mnt];

/// A witness that does not answer within this many milliseconds is killed.
const PATIENCE_MS: u16 = 300;

/// What can be seen from where a process is; an error where it cannot be joined.
pub fn view(pid: i32, inside: &Inside) -> Result<View, Errno> {
    let (read, write) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC)?;
    let stage = nix::unistd::getpid().as_raw();
    let witness = match Linux.call(&Call::Clone(Vec::new()))? {
        0 => {
            drop(read);
            process::leave(i32::from(testify(stage, pid, inside, File::from(write)).is_err()))
        }
        child => Pid::from_raw(i32::try_from(child).unwrap_or_default()),
    };
    drop(write);
    let mut fds = [PollFd::new(read.as_fd(), PollFlags::POLLIN)];
    let mut text = String::new();
    if poll(&mut fds, PollTimeout::from(PATIENCE_MS)) == Ok(1) {
        let told = File::from(read).read_to_string(&mut text);
        told.map_err(|error| errno_of(&error))?;
    }
    // It has spoken, or it never will: either way it is not needed any more.
    if kill(witness, Signal::SIGKILL).is_ok() {
        nix::sys::wait::waitpid(witness, None)?;
    }
    serde_json::from_str(&text).map_err(|_silent| Errno::EPERM)
}

/// In the witness: joins, looks, tells.
fn testify(stage: i32, pid: i32, inside: &Inside, mut answer: File) -> Result<(), Errno> {
    process::die_with_parent(Signal::SIGKILL, stage)?;
    // What belongs to the process has to be opened while its number means something.
    let root = open_dir(&format!("/proc/{pid}/root"))?;
    let cgroups = File::open(format!("/proc/{pid}/cgroup"));
    let user = door(pid, Namespace::User);
    let doors: Vec<File> = OTHERS.into_iter().filter_map(|ns| door(pid, ns)).collect();
    // The right to join a namespace lies in the user namespace that owns it: ours, or the one that is joined.
    let left: Vec<&File> = doors.iter().filter(|door| setns(door, CloneFlags::empty()).is_err()).collect();
    user.iter().chain(left).try_for_each(|door| setns(door, CloneFlags::empty()))?;
    fchdir(&root)?;
    // Where the root is the same already, nothing has to be changed, and a plain user could not.
    if place(".") != place("/") {
        Linux.call(&Call::Chroot(".".to_owned()))?;
    }
    let witness = Inside { witness: true, ..inside.clone() };
    let mut view = inside::read(&witness);
    view.facts.insert(FactId::subject(Fact::Escape), EscapeReader::default().read());
    if inside.sights.contains(&Sight::Limits) {
        limits::disk(Path::new(&inside.box_dir), FactId::subject, &mut view.facts);
        // The witness stands outside of the cgroup.
        view.facts.insert(FactId::subject(Fact::Cpus), limits::processors(pid));
    }
    let mut lines = Vec::new();
    if cgroups.is_ok_and(|mut file| file.read_to_end(&mut lines).is_ok()) {
        let paths = cgroup::parse(&lines).iter().map(ToString::to_string).collect();
        view.facts.insert(FactId::subject(Fact::Cgroup), Value::List(paths));
    }
    let text = serde_json::to_vec(&view).map_err(|_unwritable| Errno::EINVAL)?;
    answer.write_all(&text).map_err(|error| errno_of(&error))
}

/// The namespace of a process as a descriptor for `setns(2)`; none where we are in it already.
fn door(pid: i32, ns: Namespace) -> Option<File> {
    let theirs = format!("/proc/{pid}/ns/{}", ns.name());
    let inode = |path: &str| fs::metadata(path).map(|meta| meta.ino()).ok();
    let ours = inode(&format!("/proc/self/ns/{}", ns.name()));
    if inode(&theirs) == ours { None } else { File::open(theirs).ok() }
}
