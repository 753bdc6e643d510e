//! What a process is told of the machine's size, whatever its cgroup says: what `free` and `nproc` read.

use std::{fs, path::Path};

use nix::{
    sched::{CpuSet, sched_getaffinity},
    sys::statvfs::statvfs,
    unistd::Pid,
};

use super::absent;
use crate::{
    lab::{
        fact::{Fact, FactId},
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
        facts.insert(side(Fact::MemTotal), or_missing(memory, |text| total(&text)));
        facts.insert(side(Fact::Cpus), processors(0));
    }
}

/// How many processors a process may run on: what `nproc` says to it. 0 is the reader itself.
pub fn processors(pid: i32) -> Value {
    let allowed = sched_getaffinity(Pid::from_raw(pid)).map_err(std::io::Error::from);
    or_missing(allowed, |set| Value::Number(count(&set)))
}

/// The size of the file system at a directory and what is free in it, in mebibytes.
pub fn disk(dir: &Path, side: fn(Fact) -> FactId, facts: &mut Facts) {
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

/// `MemTotal:       16384000 kB`
fn total(text: &str) -> Value {
    let kibi = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse::<i64>().ok());
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
        disk(Path::new("/"), FactId::host, &mut facts);
        for fact in [Fact::MemTotal, Fact::Cpus, Fact::DiskSize] {
            let seen = facts.get(&FactId::host(fact)).and_then(Value::number);
            assert!(seen > Some(0), "{fact:?} {seen:?}");
        }
        assert_eq!(total("MemFree: 1 kB\nMemTotal:    2048 kB\n"), Value::Number(2));
        assert!(matches!(total("MemTotal: x"), Value::Missing { .. }));
    }
}
