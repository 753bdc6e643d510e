//! One directory of a hierarchy that is ours: who is in it, how they are ended, how it goes.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sys::{
        signal::Signal,
        statfs::{CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, statfs},
    },
};

use crate::{
    kernel::{Call, Kernel, errno_of},
    lab::limit::{Controller, Hierarchy},
};

/// How long whoever was killed may take to leave: one that waits for a disk leaves later.
const PATIENCE: Duration = Duration::from_secs(5);

/// A directory of a group in one hierarchy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// Where.
    pub path: PathBuf,
    /// In which kind of hierarchy.
    pub hierarchy: Hierarchy,
    /// What can be set in it.
    pub controllers: Vec<Controller>,
}

/// The processes in a cgroup, as the reader's /proc numbers them.
pub(super) fn members(dir: &Path) -> Vec<i32> {
    let text = fs::read_to_string(dir.join("cgroup.procs")).unwrap_or_default();
    text.lines().filter_map(|line| line.parse().ok()).filter(|pid| *pid > 0).collect()
}

/// Whether it lies in a file system of cgroups.
pub(super) fn is_cgroup(dir: &Path) -> bool {
    statfs(dir).is_ok_and(|fs| [CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC].contains(&fs.filesystem_type()))
}

/// Kills everyone in a cgroup and below it until nobody is left. `ETIMEDOUT` where somebody does not go.
pub(super) fn empty(kernel: &mut dyn Kernel, dir: &Path) -> Result<(), (Call, Errno)> {
    thaw(kernel, dir)?;
    let all_at_once = dir.join("cgroup.kill");
    let whole = all_at_once.exists();
    if whole {
        call(kernel, Call::Write { path: text(&all_at_once), text: "1".to_owned() })?;
    }
    let until = Instant::now() + PATIENCE;
    loop {
        let left = everyone(dir);
        let Some((first, _)) = left.first() else { return Ok(()) };
        if Instant::now() > until {
            return Err((Call::Kill { pid: *first, signal: Signal::SIGKILL }, Errno::ETIMEDOUT));
        }
        if !whole {
            kill_by_number(kernel, dir)?;
        }
        // Our own children among them are reaped by whoever waits for them; a zombie is in no cgroup.
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Kills everyone who is listed now. Where there is a freezer they are frozen first: nobody forks meanwhile, and no number
/// is given away. They die when they are let go.
fn kill_by_number(kernel: &mut dyn Kernel, dir: &Path) -> Result<(), (Call, Errno)> {
    let state = dir.join("freezer.state");
    if state.exists() {
        call(kernel, Call::Write { path: text(&state), text: "FROZEN".to_owned() })?;
    }
    let killed = everyone(dir).into_iter().try_for_each(|(pid, procs)| {
        match call(kernel, Call::KillMember { pid, signal: Signal::SIGKILL, procs: text(&procs) }) {
            Err((_, Errno::ESRCH)) | Ok(()) => Ok(()),
            other => other,
        }
    });
    // Whatever came of it, nobody stays frozen.
    thaw(kernel, dir).and(killed)
}

/// In v1 a frozen process does not die.
pub(super) fn thaw(kernel: &mut dyn Kernel, dir: &Path) -> Result<(), (Call, Errno)> {
    let state = dir.join("freezer.state");
    if fs::read_to_string(&state).is_ok_and(|now| now.trim() != "THAWED") {
        call(kernel, Call::Write { path: text(&state), text: "THAWED".to_owned() })?;
    }
    Ok(())
}

/// Members of a cgroup and of those below it, each with the file that lists it.
fn everyone(dir: &Path) -> Vec<(i32, PathBuf)> {
    let below = children(dir).into_iter().flat_map(|child| everyone(&child));
    let here = members(dir).into_iter().map(|pid| (pid, dir.join("cgroup.procs")));
    here.chain(below).collect()
}

/// The directories in one: none where it has two links, its name and its own `.`, as whoever has no `..` below.
fn children(dir: &Path) -> Vec<PathBuf> {
    if fs::symlink_metadata(dir).is_ok_and(|meta| meta.nlink() == 2) {
        return Vec::new();
    }
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let dirs = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    dirs.map(|entry| entry.path()).collect()
}

/// Removes an empty cgroup and those below it; one that is gone already is fine.
pub(super) fn remove(kernel: &mut dyn Kernel, dir: &Path) -> Result<(), (Call, Errno)> {
    for child in children(dir) {
        remove(kernel, &child)?;
    }
    let until = Instant::now() + PATIENCE;
    loop {
        match call(kernel, Call::Rmdir(text(dir))) {
            // Whoever is dead already has not quite left.
            Err((_, Errno::EBUSY)) if Instant::now() < until => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err((_, Errno::ENOENT)) => return Ok(()),
            other => return other,
        }
    }
}

fn call(kernel: &mut dyn Kernel, call: Call) -> Result<(), (Call, Errno)> {
    match kernel.call(&call) {
        Ok(_) => Ok(()),
        Err(errno) => Err((call, errno)),
    }
}

/// The text of a file of a cgroup, without the line's end.
pub(super) fn read(path: &Path) -> Result<String, Errno> {
    fs::read_to_string(path).map(|text| text.trim_end().to_owned()).map_err(|error| errno_of(&error))
}

pub(super) fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
