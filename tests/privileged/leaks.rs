//! What a test may leave behind: nothing.

use crate::patience::patience;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
    time::Instant,
};

/// What whoever could look inside found left, and nobody could see later.
static NOTED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Something that a test left behind, in a directory that is about to go.
pub(crate) fn note(what: String) {
    NOTED.lock().unwrap().push(what);
}

/// The machine at one moment.
#[derive(Debug)]
pub(crate) struct Snapshot(BTreeSet<String>);

impl Snapshot {
    pub(crate) fn take() -> Self {
        // Orphans come to this process, and the dead among them are only waiting to be counted.
        korobka::kernel::descent::reap();
        let mut seen = BTreeSet::new();
        let mut lines = |what: &str, path: &str, keep: fn(&str) -> String| {
            let text = fs::read_to_string(path).unwrap_or_default();
            seen.extend(text.lines().map(|line| format!("{what} {}", keep(line))));
        };
        lines("mount", "/proc/self/mountinfo", |line| {
            line.split(' ').skip(2).take(4).collect::<Vec<_>>().join(" ")
        });
        lines("link", "/proc/net/dev", |line| line.split(':').next().unwrap_or_default().trim().to_owned());
        for kind in ["msg", "shm", "sem"] {
            lines("ipc", &format!("/proc/sysvipc/{kind}"), str::to_owned);
        }
        lines("hostname", "/proc/sys/kernel/hostname", str::to_owned);
        seen.extend(cgroups().into_iter().map(|dir| format!("cgroup {dir}")));
        seen.extend(loop_devices());
        seen.extend(sessions());
        seen.extend(our_processes().into_iter().map(|process| format!("process {process}")));
        Self(seen)
    }

    /// What is there now that was not there before, once the kernel had the time to finish.
    pub(crate) fn left_behind(&self) -> Vec<String> {
        let until = Instant::now() + patience();
        loop {
            let now = Self::take();
            // What an earlier test, or another program, had left may go at any time.
            let went = |line: &String| {
                !["process", "cgroup", "loop", "session"].iter().any(|kind| line.starts_with(kind))
            };
            let gone =
                self.0.difference(&now.0).filter(|line| went(line)).map(|line| format!("(gone) {line}"));
            let mut changes: Vec<String> = now.0.difference(&self.0).cloned().chain(gone).collect();
            if changes.is_empty() || Instant::now() > until {
                changes.append(&mut NOTED.lock().unwrap());
                return changes;
            }
            std::thread::yield_now();
        }
    }
}

/// Every directory of ours, in every hierarchy, and what is below the cgroup that this process is in, unless that is the
/// root: there, as beside it, other programs make theirs.
fn cgroups() -> Vec<String> {
    let text = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let own: Vec<&str> =
        text.lines().filter_map(|line| line.splitn(3, ':').nth(2)).filter(|path| *path != "/").collect();
    let is_ours = |dir: &String| match marked(dir) {
        Some(pid) => !is_strangers(pid),
        None => dir.contains("/korobka") || own.iter().any(|own| dir.contains(&format!("{own}/"))),
    };
    directories("/sys/fs/cgroup").into_iter().filter(is_ours).collect()
}

fn directories(root: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut todo = vec![root.to_owned()];
    while let Some(dir) = todo.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                todo.push(entry.path().to_string_lossy().into_owned());
            }
        }
        found.push(dir);
    }
    found
}

/// The process whose mark a path bears: `korobka-7-box`, `session-7`, `box-7`.
fn marked(path: &str) -> Option<i32> {
    let mark = |part: &str| {
        let rest = ["korobka-", "session-", "box-"].iter().find_map(|mark| part.strip_prefix(mark))?;
        rest.split('-').next()?.parse().ok()
    };
    path.split('/').find_map(mark)
}

/// Whether a process lives that this one did not start: another copy of the program, with things of its own.
fn is_strangers(pid: i32) -> bool {
    let below = korobka::kernel::descent::below(i32::try_from(std::process::id()).unwrap());
    Path::new(&format!("/proc/{pid}")).exists() && !below.contains(&pid)
}

/// Loop devices on a file of a session.
fn loop_devices() -> Vec<String> {
    let backing = |dir: PathBuf| fs::read_to_string(dir.join("loop/backing_file")).ok();
    let files =
        fs::read_dir("/sys/block").into_iter().flatten().flatten().filter_map(|entry| backing(entry.path()));
    files.filter(|file| file.contains("/session-")).map(|file| format!("loop {}", file.trim())).collect()
}

/// Directories of sessions, and of boxes, where they are unless a test says otherwise.
fn sessions() -> Vec<String> {
    let parent = korobka::stage::client::sessions_dir(None);
    let paths = fs::read_dir(parent).into_iter().flatten().flatten();
    let paths = paths.map(|entry| entry.path().to_string_lossy().into_owned());
    let foreign = |path: &String| path.rsplit('/').next().and_then(marked).is_some_and(is_strangers);
    paths.filter(|path| !foreign(path)).map(|path| format!("session {path}")).collect()
}

/// Processes that this program started, in any role: their binary is ours.
fn our_processes() -> Vec<String> {
    let own = fs::read_link("/proc/self/exe").ok();
    let me = std::process::id().to_string();
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|pid| pid.parse::<u32>().is_ok() && *pid != me)
        .filter(|pid| {
            let exe = fs::read_link(format!("/proc/{pid}/exe")).ok();
            let below = korobka::kernel::descent::below(i32::try_from(std::process::id()).unwrap());
            (exe.is_some() && exe == own) || below.iter().any(|below| below.to_string() == *pid)
        })
        .map(|pid| {
            format!("{pid} {}", fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim())
        })
        .collect()
}
