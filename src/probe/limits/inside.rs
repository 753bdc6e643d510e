//! What a process is told of the machine's size, whatever its cgroup says: what `free` and `nproc` read.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

use nix::{
    sched::{CpuSet, sched_getaffinity},
    sys::statvfs::statvfs,
    unistd::Pid,
};

use super::absent;
use crate::{
    kernel::disk,
    lab::{
        fact::{Fact, FactId},
        limit::Amount,
        observation::Value,
    },
    probe::{
        Facts,
        value::{missing, or_missing},
    },
};

/// Reads it from where the reader is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inside;

impl Inside {
    /// Memory and processors, and the file system at `$BOX` for whoever was told where that is.
    pub fn read(&mut self, side: fn(Fact) -> FactId, facts: &mut Facts) {
        let memory = fs::read_to_string("/proc/meminfo");
        let (total, swap) = match memory {
            Ok(text) => (mebi_of(&text, "MemTotal:"), mebi_of(&text, "SwapTotal:")),
            Err(error) => (missing(&error), missing(&error)),
        };
        facts.insert(side(Fact::MemTotal), total);
        facts.insert(side(Fact::SwapTotal), swap);
        facts.insert(side(Fact::Cpus), processors(0));
    }
}

/// How many processors a process may run on: what `nproc` says to it. 0 is the reader itself.
pub fn processors(pid: i32) -> Value {
    let allowed = sched_getaffinity(Pid::from_raw(pid)).map_err(std::io::Error::from);
    or_missing(allowed, |set| Value::Number(count(&set)))
}

/// The size of the file system at a directory and what is free in it, in mebibytes.
pub fn space(dir: &Path, side: fn(Fact) -> FactId, facts: &mut Facts) {
    let mebi = |blocks: u64, size: u64| {
        Value::Number(i64::try_from((blocks.saturating_mul(size)) >> 20).unwrap_or(i64::MAX))
    };
    match statvfs(dir) {
        Ok(fs) => {
            let block = fs.fragment_size();
            facts.insert(side(Fact::DiskSize), mebi(fs.blocks(), block));
            facts.insert(side(Fact::DiskFree), mebi(fs.blocks_available(), block));
        }
        Err(errno) => {
            let value = missing(&errno.into());
            facts.insert(side(Fact::DiskSize), value.clone());
            facts.insert(side(Fact::DiskFree), value);
        }
    }
}

/// How much the image of a box directory takes, in mebibytes; nothing where it has none.
pub(super) fn image(box_dir: &Path, facts: &mut Facts) {
    if let Ok(meta) = fs::metadata(box_dir.with_file_name(disk::IMAGE)) {
        let mebi = i64::try_from(meta.blocks() >> 11).unwrap_or(i64::MAX);
        facts.insert(FactId::host(Fact::DiskImage), Value::Number(mebi));
    }
}

/// How much the project of a box directory may have.
pub fn quota(box_dir: &Path, facts: &mut Facts) {
    let limit = disk::project_limit(box_dir).map_err(std::io::Error::from);
    let said = |limit: Option<u64>| limit.map_or_else(|| "no".to_owned(), |n| Amount::Bytes(n).to_string());
    facts.insert(FactId::subject(Fact::DiskQuota), or_missing(limit, |limit| Value::Text(said(limit))));
}

/// `MemTotal:       16384000 kB`
fn mebi_of(text: &str, name: &str) -> Value {
    let kibi = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB")?.parse::<i64>().ok());
    kibi.map_or_else(absent, |kibi| Value::Number(kibi >> 10))
}

fn count(set: &CpuSet) -> i64 {
    let set = (0..CpuSet::count()).filter(|cpu| set.is_set(*cpu).unwrap_or(false));
    i64::try_from(set.count()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_has_memory_and_processors() {
        let mut facts = Facts::new();
        Inside.read(FactId::host, &mut facts);
        space(Path::new("/"), FactId::host, &mut facts);
        for fact in [Fact::MemTotal, Fact::Cpus, Fact::DiskSize] {
            let seen = facts.get(&FactId::host(fact)).and_then(Value::number);
            assert!(seen > Some(0), "{fact:?} {seen:?}");
        }
        assert_eq!(mebi_of("MemFree: 1 kB\nMemTotal:    2048 kB\n", "MemTotal:"), Value::Number(2));
        assert!(matches!(mebi_of("MemTotal: x", "MemTotal:"), Value::Missing { .. }));
    }
}
