//! Descendants: who is below a process, and how to end all of them.

use std::{
    collections::BTreeSet,
    fs,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sys::{
        prctl,
        signal::{Signal, kill},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};

/// How long whoever was killed may take to be dead: one that waits for a disk or a network file system ends later.
const PATIENCE: Duration = Duration::from_secs(5);

/// Makes orphans below this process its own children, so that none escapes when its parent dies,
/// `PR_SET_CHILD_SUBREAPER(2const)`.
pub fn adopt_orphans() -> Result<(), Errno> {
    prctl::set_child_subreaper(true)
}

/// The children of a process, as the caller's /proc numbers them.
pub fn children(pid: i32) -> Vec<i32> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    tasks
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("children")).ok())
        .flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<i32>>())
        .collect()
}

/// Everyone below a process, parents before children.
pub fn below(pid: i32) -> Vec<i32> {
    below_all(children(pid))
}

/// These processes and everyone below them.
fn below_all(mut todo: Vec<i32>) -> Vec<i32> {
    let mut found = Vec::new();
    while let Some(next) = todo.pop() {
        if !found.contains(&next) {
            found.push(next);
            todo.extend(children(next));
        }
    }
    found
}

/// Kills everyone below a process (not the process) until nobody is left or nobody left can be killed. Those that are
/// the caller's own children are reaped. A process that forks while it is being killed is met in the next round.
pub fn end_below(pid: i32) {
    end_below_but(pid, &[]);
}

/// As [`end_below`], but children in `spared` and everyone below them live on.
pub fn end_below_but(pid: i32, spared: &[i32]) {
    let mut done = BTreeSet::new();
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        let children = children(pid).into_iter().filter(|child| !spared.contains(child)).collect();
        let left: Vec<i32> = below_all(children).into_iter().filter(|p| !done.contains(p)).collect();
        if left.is_empty() {
            return;
        }
        for process in left {
            end(process, &mut done);
        }
        std::thread::yield_now();
    }
}

/// Kills one process that somebody else reaps, and waits until it is dead.
pub fn end_one(pid: i32) {
    let mut done = BTreeSet::new();
    let until = Instant::now() + PATIENCE;
    while done.is_empty() && Instant::now() < until {
        end(pid, &mut done);
        std::thread::yield_now();
    }
}

/// Kills one process. It is done with when it is dead, reaped here if it is our child and by its parent if not, or when
/// we may not kill it.
fn end(pid: i32, done: &mut BTreeSet<i32>) {
    let target = Pid::from_raw(pid);
    let forbidden = kill(target, Signal::SIGKILL) == Err(Errno::EPERM);
    let reaped = waitpid(target, Some(WaitPidFlag::WNOHANG)).is_ok_and(|how| how != WaitStatus::StillAlive);
    if forbidden || reaped || is_dead(pid) {
        done.insert(pid);
    }
}

/// A zombie, or gone: nothing more can be done to it from here.
fn is_dead(pid: i32) -> bool {
    fs::read(format!("/proc/{pid}/stat")).map_or(true, |stat| tells_of_a_dead(&stat))
}

fn tells_of_a_dead(stat: &[u8]) -> bool {
    let stat = String::from_utf8_lossy(stat);
    stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with(['Z', 'X']))
}

/// Whether somebody has stopped a process, by a signal or as its tracer.
pub fn is_stopped(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['T', 't'])))
}

/// One process, never a later one that was given its number: what it keeps open answers for this one alone.
#[derive(Debug)]
pub struct Known {
    pid: i32,
    stat: fs::File,
}

impl Known {
    /// The process that has this number now.
    pub fn open(pid: i32) -> std::io::Result<Self> {
        fs::File::open(format!("/proc/{pid}/stat")).map(|stat| Self { pid, stat })
    }

    /// Its number.
    pub const fn pid(&self) -> i32 {
        self.pid
    }

    /// Whether it lives: it is neither gone nor a zombie.
    pub fn lives(&self) -> bool {
        let mut stat = [0; 512];
        let read = std::os::unix::fs::FileExt::read_at(&self.stat, &mut stat, 0);
        read.is_ok_and(|length| !tells_of_a_dead(stat.get(..length).unwrap_or_default()))
    }

    /// Ends it and everyone below it, if it lives.
    pub fn end(&self) {
        if self.lives() {
            end_below(self.pid);
            end_one(self.pid);
        }
    }
}

/// Reaps every child that has ended and returns them with their status: the exit code, or 128 + the signal.
pub fn reap() -> Vec<(i32, i32)> {
    let mut ended = Vec::new();
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, code)) => ended.push((pid.as_raw(), code)),
            Ok(WaitStatus::Signaled(pid, signal, _)) => ended.push((pid.as_raw(), 128 + signal as i32)),
            Ok(WaitStatus::StillAlive) | Err(_) => return ended,
            Ok(_) => {}
        }
    }
}
