//! A witness: a throw-away process that joins the namespaces of another one and tells what is to be seen there. Our own
//! subject speaks for itself; the processes below a student's shell cannot.

use std::{
    fs::{self, File},
    io::{Read, Write},
    os::{fd::AsFd, unix::fs::MetadataExt},
    path::Path,
    time::{Duration, Instant},
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
    kernel::{Call, Kernel, Linux, errno_of, forked::fork, linux::open_dir, process},
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

/// A witness that has not told all by then is killed. A busy machine needs a second; none would need this long.
const PATIENCE: Duration = Duration::from_secs(3);

/// What can be seen from where a process is; an error where it cannot be joined.
pub fn view(pid: i32, inside: &Inside) -> Result<View, Errno> {
    let (read, write) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC)?;
    let stage = nix::unistd::getpid().as_raw();
    let testify = move |_: &mut Linux| i32::from(testify(stage, pid, inside, File::from(write)).is_err());
    let witness = Pid::from_raw(fork(&mut Linux, &[], testify)?);
    let text = hear_out(File::from(read), Instant::now() + PATIENCE);
    // It has spoken, or it never will: either way it is not needed any more.
    if kill(witness, Signal::SIGKILL).is_ok() {
        nix::sys::wait::waitpid(witness, None)?;
    }
    serde_json::from_slice(&text?).map_err(|_silent| Errno::EPERM)
}

/// What it says until it has said all, or until it is too late.
fn hear_out(mut read: File, until: Instant) -> Result<Vec<u8>, Errno> {
    let mut text = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let mut fds = [PollFd::new(read.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)) {
            Ok(0) => return Err(Errno::ETIMEDOUT),
            Err(Errno::EINTR) => continue,
            other => other?,
        };
        match read.read(&mut piece).map_err(|error| errno_of(&error))? {
            0 => return Ok(text),
            length => text.extend_from_slice(piece.get(..length).unwrap_or_default()),
        }
    }
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
        limits::space(Path::new(&inside.box_dir), FactId::subject, &mut view.facts);
        limits::quota(Path::new(&inside.box_dir), &mut view.facts);
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
