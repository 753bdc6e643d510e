//! What the limit files of one cgroup say, in the kernel's own words: for whoever looks at a cgroup that is no lab's.

use std::{fs::File, io::Read, path::Path};

use super::files::{self, Source};
use crate::lab::{
    fact::Fact,
    limit::{Controller, Hierarchy},
    observation::Value,
};

/// No cgroup file that is read here is longer, in bytes.
const LONGEST: u64 = 4096;

/// A file of a cgroup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its name: `memory.max`.
    pub file: &'static str,
    /// What it says, without the last line's end.
    pub text: String,
    /// Whether it limits, and not to "as much as there is".
    pub limits: bool,
}

/// The limits that are there, then shares, then what is used. A file that is not there, or may not be read, is left out.
pub fn told(dir: &Path, hierarchy: Hierarchy) -> Vec<Told> {
    let shares = |fact: Fact| matches!(fact, Fact::LimitWeight | Fact::LimitCpuset);
    let used = |fact: Fact| matches!(fact, Fact::MemoryCurrent | Fact::PidsCurrent);
    let limits = files::LIMITS.iter().filter(|(fact, _)| !shares(*fact)).map(|(_, source)| (*source, true));
    let shares = files::LIMITS.iter().filter(|(fact, _)| shares(*fact)).map(|(_, source)| (*source, false));
    let used = files::COUNTERS.iter().filter(|(fact, _)| used(*fact)).map(|(_, source)| (*source, false));
    let all = limits.chain([(files::IO_READ, true)]).chain(shares).chain(used);
    let mut told: Vec<Told> = Vec::new();
    for (source, limiting) in all.chain([(files::FREEZE, false)]) {
        let (file, _) = source.file(hierarchy);
        // v2 has one file for reading and writing
        if !file.is_empty()
            && told.iter().all(|known| known.file != file)
            && let Some(text) = small(&dir.join(file))
        {
            let limits = limiting && in_force(source, hierarchy, &text);
            told.push(Told { file, text, limits });
        }
    }
    told
}

/// The controllers that a directory of a hierarchy has: v2 says so in a file, v1 by its own name, such as `cpu,cpuacct`.
pub fn controllers(dir: &Path, hierarchy: Hierarchy, named: &str) -> Vec<Controller> {
    let text = match hierarchy {
        Hierarchy::V1 => named.replace(',', " "),
        Hierarchy::V2 => small(&dir.join("cgroup.controllers")).unwrap_or_default(),
    };
    let has = |c: &Controller| {
        hierarchy == Hierarchy::V2 && c.is_core() || text.split_whitespace().any(|n| n == c.name(hierarchy))
    };
    Controller::ALL.into_iter().filter(has).collect()
}

/// Whether a text limits anything; where it is a line a disk, any disk.
fn in_force(source: Source, hierarchy: Hierarchy, text: &str) -> bool {
    let (_, parse) = source.file(hierarchy);
    let limits = |device: &str| match parse(text, device) {
        Value::Text(amount) => amount != "max" && !amount.is_empty(),
        _ => false,
    };
    let disks = text.lines().filter_map(|line| line.split(' ').next());
    if source.controller == Controller::Io { disks.into_iter().any(limits) } else { limits("") }
}

fn small(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(LONGEST).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(hierarchy: Hierarchy, files: &[(&str, &str)]) -> Vec<(&'static str, bool)> {
        let dir = tempfile::tempdir().unwrap();
        for (file, text) in files {
            std::fs::write(dir.path().join(file), text).unwrap();
        }
        told(dir.path(), hierarchy).into_iter().map(|told| (told.file, told.limits)).collect()
    }

    #[test]
    fn as_much_as_there_is_is_no_limit_in_either_kind_of_hierarchy() {
        let v2 = [
            ("cpu.max", "max 100000\n"),
            ("memory.max", "max\n"),
            ("pids.max", "50\n"),
            ("io.max", "8:16 rbps=max wbps=1048576 riops=max wiops=max\n"),
            ("cpu.weight", "100\n"),
            ("memory.current", "77\n"),
            ("cgroup.freeze", "0\n"),
            ("other", "1\n"),
        ];
        let expected = [
            ("cpu.max", false),
            ("memory.max", false),
            ("pids.max", true),
            ("io.max", true),
            ("cpu.weight", false),
            ("memory.current", false),
            ("cgroup.freeze", false),
        ];
        assert_eq!(limits(Hierarchy::V2, &v2), expected);
        let v1 = [
            ("cpu.cfs_quota_us", "-1\n"),
            ("memory.limit_in_bytes", "9223372036854771712\n"),
            ("blkio.throttle.read_bps_device", "8:0 1048576\n"),
            ("blkio.throttle.write_bps_device", ""),
        ];
        let expected = [
            ("cpu.cfs_quota_us", false),
            ("memory.limit_in_bytes", false),
            ("blkio.throttle.write_bps_device", false),
            ("blkio.throttle.read_bps_device", true),
        ];
        assert_eq!(limits(Hierarchy::V1, &v1), expected);
    }

    #[test]
    fn the_controllers_of_a_directory_are_told_by_its_file_or_its_name() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("cgroup.controllers"), "cpu hugetlb pids\n").unwrap();
        let v2 = controllers(dir.path(), Hierarchy::V2, "");
        assert_eq!(v2, [Controller::Cpu, Controller::Cpuacct, Controller::Pids, Controller::Freezer]);
        let v1 = controllers(dir.path(), Hierarchy::V1, "cpu,cpuacct");
        assert_eq!(v1, [Controller::Cpu, Controller::Cpuacct]);
        assert_eq!(controllers(dir.path(), Hierarchy::V1, "name=systemd"), []);
    }
}
