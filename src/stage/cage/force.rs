//! Whether a limit is in force: read from the kernel's file at this moment, never remembered.

use super::limit_of;
use crate::{
    cgroup::Groups,
    lab::{
        action::Workload,
        limit::{Controller, Group, Limit},
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
        text.is_some_and(|text| says(limit, &text))
    })
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
}
