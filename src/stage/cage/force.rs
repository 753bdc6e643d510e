//! Whether a limit is in force, or would be: read from the kernel's file at this moment, never remembered.

use std::path::Path;

use super::limit_of;
use crate::{
    cgroup::Groups,
    lab::{
        action::Workload,
        limit::{Amount, Controller, Group, Limit},
    },
    workload::MOST_BYTES,
};

/// The most processes that `pids.max` may allow for a forker.
const MOST_PROCESSES: u64 = 64;

/// Whether a workload takes what it can get.
pub(super) const fn is_greedy(workload: Workload) -> bool {
    limit_of(workload).is_some()
}

/// Whether the limit of a workload is in force in a group.
pub(super) fn holds(groups: &Groups, group: Group, workload: Workload) -> bool {
    limit_of(workload).is_some_and(|limit| {
        let dir = groups.directory(group.name(), limit.controller());
        let file = dir.and_then(|dir| Some(dir.path.join(limit.file(dir.hierarchy)?)));
        let text = file.and_then(|file| std::fs::read_to_string(file).ok());
        let swapped = dir.filter(|_| limit == Limit::MemoryMax).map_or(0, |dir| swap(&dir.path));
        text.is_some_and(|text| says(limit, &text)) && swapped <= MOST_BYTES
    })
}

/// Whether a change would leave a workload of this group without the limit that holds it.
pub(super) fn frees(groups: &Groups, group: Group, workload: Workload, changed: Limit, to: &Amount) -> bool {
    let Some(holding) = limit_of(workload) else { return false };
    let Some(dir) = groups.directory(group.name(), holding.controller()) else { return false };
    if holding == changed {
        let file = changed.file(dir.hierarchy);
        // What makes no sense is not written, and frees nobody.
        let settings = changed.settings(dir.hierarchy, to, "0:0").unwrap_or_default();
        return settings.iter().any(|set| Some(set.file) == file && !says(changed, &set.text));
    }
    // What does not fit into memory goes to swap: the two together are what it has.
    let memory = || number_in(&dir.path.join(Limit::MemoryMax.file(dir.hierarchy)?));
    holding == Limit::MemoryMax
        && changed == Limit::SwapMax
        && (*to == Amount::Max
            || memory().is_none_or(|memory| memory.saturating_add(to.number()) > MOST_BYTES))
}

/// The number in a file; none where it says `max`.
fn number_in(file: &Path) -> Option<u64> {
    std::fs::read_to_string(file).ok()?.trim_end().parse().ok()
}

/// What a group may hold in swap, in bytes: nothing where the kernel keeps no account of it.
fn swap(dir: &Path) -> u64 {
    let file = dir.join("memory.swap.max");
    if file.exists() { number_in(&file).unwrap_or(u64::MAX) } else { 0 }
}

/// Whether the text of a limit's file is a limit.
fn says(limit: Limit, text: &str) -> bool {
    let first = text.split_whitespace().next().and_then(|word| word.parse::<i64>().ok());
    let at_most = |most: u64| first.is_some_and(|n| n > 0 && n.unsigned_abs() <= most);
    match limit {
        Limit::CpuMax => at_most(u64::MAX),
        Limit::MemoryMax => at_most(MOST_BYTES),
        Limit::PidsMax => at_most(MOST_PROCESSES),
        // `8:0 rbps=max wbps=1048576 …` or, in v1, `8:0 1048576`.
        Limit::IoWriteBps => text.lines().any(|line| {
            let words = line.split_whitespace().skip(1);
            let amount = |word: &str| word.strip_prefix("wbps=").unwrap_or(word).parse::<u64>();
            words.into_iter().any(|word| amount(word).is_ok_and(|n| n > 0))
        }),
        _ => false,
    }
}

/// Whether everyone in a group is stopped.
pub(super) fn is_frozen(groups: &Groups, group: Group) -> bool {
    let Some(dir) = groups.directory(group.name(), Controller::Freezer) else { return false };
    let says = |file: &str, word: &str| {
        std::fs::read_to_string(dir.path.join(file)).is_ok_and(|text| text.trim_end() == word)
    };
    says("cgroup.freeze", "1") || says("freezer.state", "FROZEN")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cgroup::Layout, kernel::Linux};

    #[test]
    fn a_limit_is_in_force_only_where_the_file_has_a_number() {
        for (limit, text, held) in [
            (Limit::CpuMax, "50000 100000\n", true),
            (Limit::CpuMax, "max 100000\n", false),
            (Limit::CpuMax, "-1\n", false),
            (Limit::MemoryMax, "67108864\n", true),
            (Limit::MemoryMax, "268435457\n", false),
            (Limit::MemoryMax, "9223372036854771712\n", false),
            (Limit::MemoryMax, "max\n", false),
            (Limit::PidsMax, "20\n", true),
            (Limit::PidsMax, "65\n", false),
            (Limit::PidsMax, "max\n", false),
            (Limit::IoWriteBps, "8:0 rbps=max wbps=1048576 riops=max wiops=max\n", true),
            (Limit::IoWriteBps, "8:0 rbps=1048576 wbps=max riops=max wiops=max\n", false),
            (Limit::IoWriteBps, "8:0 1048576\n", true),
            (Limit::IoWriteBps, "", false),
            (Limit::CpuWeight, "100\n", false),
        ] {
            assert_eq!(says(limit, text), held, "{limit:?} {text:?}");
        }
    }

    /// A group on a file system of any kind, in which nothing is enforced but everything can be read.
    fn group(home: &Path, files: &[(&str, &str)]) -> Groups {
        let v2 = "31 27 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw";
        let all = "cpu memory pids io";
        let own = [
            ("proc/self/cgroup", "0::/\n"),
            ("proc/self/mountinfo", v2),
            ("sys/fs/cgroup/cgroup.controllers", all),
            ("sys/fs/cgroup/cgroup.subtree_control", all),
        ];
        for (path, text) in own {
            let path = home.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let mut groups = Groups::new(Layout::read(home).unwrap(), home);
        groups.make(&mut Linux, "box", &Controller::ALL).unwrap();
        let dir = groups.directory("box", Controller::Memory).unwrap().path.clone();
        for (file, text) in files {
            std::fs::write(dir.join(file), text).unwrap();
        }
        groups
    }

    #[test]
    fn a_change_frees_only_whom_its_limit_holds() {
        let home = tempfile::tempdir().unwrap();
        let files = [("memory.max", "67108864\n"), ("memory.swap.max", "0\n"), ("pids.max", "20\n")];
        let groups = group(home.path(), &files);
        for (workload, limit, to, freed) in [
            (Workload::Eater, Limit::MemoryMax, "max", true),
            (Workload::Eater, Limit::MemoryMax, "257M", true),
            (Workload::Eater, Limit::MemoryMax, "256M", false),
            (Workload::Reader, Limit::MemoryMax, "max", true),
            (Workload::Eater, Limit::SwapMax, "max", true),
            (Workload::Eater, Limit::SwapMax, "193M", true),
            (Workload::Eater, Limit::SwapMax, "192M", false),
            (Workload::Eater, Limit::CpuMax, "max", false),
            (Workload::Eater, Limit::MemoryHigh, "max", false),
            (Workload::Burner, Limit::CpuMax, "max", true),
            (Workload::Burner, Limit::CpuMax, "2", false),
            (Workload::Burner, Limit::MemoryMax, "max", false),
            (Workload::Forker, Limit::PidsMax, "max", true),
            (Workload::Forker, Limit::PidsMax, "65", true),
            (Workload::Forker, Limit::PidsMax, "64", false),
            (Workload::Writer, Limit::IoWriteBps, "max", true),
            (Workload::Writer, Limit::IoWriteBps, "1M", false),
            (Workload::Clock, Limit::MemoryMax, "max", false),
        ] {
            let amount = to.to_owned().try_into().unwrap();
            assert_eq!(
                frees(&groups, Group::Box, workload, limit, &amount),
                freed,
                "{workload:?} {limit:?} {to}"
            );
        }
        assert!(holds(&groups, Group::Box, Workload::Eater));
        let swap = groups.directory("box", Controller::Memory).unwrap().path.join("memory.swap.max");
        std::fs::write(swap, "max\n").unwrap();
        assert!(
            !holds(&groups, Group::Box, Workload::Eater),
            "what it may not hold in memory it holds in swap"
        );
        // A plain directory goes by other means than a cgroup does.
        let _stays = std::mem::ManuallyDrop::new(groups);
    }
}
