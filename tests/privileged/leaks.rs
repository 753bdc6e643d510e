//! What a test may leave behind: nothing.

use std::{
    collections::BTreeSet,
    fs,
    time::{Duration, Instant},
};

/// How long the kernel may take to finish what it does in the background (a network namespace is taken down later).
const PATIENCE: Duration = Duration::from_secs(5);

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
        let cgroups = own_cgroups().into_iter().flat_map(|dir| directories(&dir));
        seen.extend(cgroups.map(|dir| format!("cgroup {dir}")));
        seen.extend(our_processes().into_iter().map(|process| format!("process {process}")));
        Self(seen)
    }

    /// What is there now that was not there before, once the kernel had the time to finish.
    pub(crate) fn left_behind(&self) -> Vec<String> {
        let until = Instant::now() + PATIENCE;
        loop {
            let now = Self::take();
            let changes: Vec<String> = now
                .0
                .difference(&self.0)
                .cloned()
                .chain(self.0.difference(&now.0).map(|gone| format!("(gone) {gone}")))
                .filter(|change| !change.starts_with("(gone) process"))
                .collect();
            if changes.is_empty() || Instant::now() > until {
                return changes;
            }
            std::thread::yield_now();
        }
    }
}

/// The directories of the cgroups that this process is in: whatever it makes is below them. What other programs of the
/// machine do beside them is not ours to count.
fn own_cgroups() -> Vec<String> {
    let text = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let own = |line: &str| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let places = match controllers.strip_prefix("name=").unwrap_or(controllers) {
            "" => ["/sys/fs/cgroup/unified".to_owned(), "/sys/fs/cgroup".to_owned()],
            name => [format!("/sys/fs/cgroup/{name}"), "/sys/fs/cgroup".to_owned()],
        };
        let place = places.into_iter().find(|place| fs::metadata(place).is_ok())?;
        Some(format!("{place}{}", path.trim_end_matches('/')))
    };
    text.lines().filter_map(own).collect()
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
