//! The files of a cgroup, in both kinds of hierarchy, and what they say: `cgroup-v2.rst`, and of v1 `memory.rst`,
//! `blkio-controller.rst`, `pids.rst`, `freezer-subsystem.rst`, `sched-bwc.rst`.

use super::absent;
use crate::lab::{
    fact::Fact,
    limit::{Amount, Controller, Hierarchy, weight},
    observation::Value,
};

/// What the text of a file says; the second is the `major:minor` of our disk.
type Parse = fn(&str, &str) -> Value;

/// A file in each kind of hierarchy. An empty name: there is none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    pub(super) controller: Controller,
    v1: (&'static str, Parse),
    v2: (&'static str, Parse),
}

impl Source {
    pub(super) const fn file(self, hierarchy: Hierarchy) -> (&'static str, Parse) {
        match hierarchy {
            Hierarchy::V1 => self.v1,
            Hierarchy::V2 => self.v2,
        }
    }
}

const fn source(controller: Controller, v1: (&'static str, Parse), v2: (&'static str, Parse)) -> Source {
    Source { controller, v1, v2 }
}

/// v1's account of a disk.
pub(super) const IO_V1: &str = "blkio.throttle.io_service_bytes";

pub(super) const WEIGHT: Source = source(Controller::Cpu, ("cpu.shares", shares), ("cpu.weight", number));
pub(super) const FROZEN: Source =
    source(Controller::Freezer, ("freezer.state", state), ("cgroup.events", events_frozen));

/// Of v1's two files the one that the lab does not set; v2 has one for both.
pub(super) const IO_READ: Source =
    source(Controller::Io, ("blkio.throttle.read_bps_device", io_limit_v1), ("io.max", io_limit));
/// Whether it was asked to stop; v1 tells only whether it has.
pub(super) const FREEZE: Source =
    source(Controller::Freezer, ("freezer.state", state), ("cgroup.freeze", number));

/// Limits of the box's group.
pub(super) const LIMITS: &[(Fact, Source)] = &[
    (Fact::LimitCpu, source(Controller::Cpu, ("cpu.cfs_quota_us", quota), ("cpu.max", quota))),
    (Fact::LimitWeight, WEIGHT),
    (
        Fact::LimitCpuset,
        source(Controller::Cpuset, ("cpuset.effective_cpus", line), ("cpuset.cpus.effective", line)),
    ),
    (Fact::LimitMemory, source(Controller::Memory, ("memory.limit_in_bytes", bytes), ("memory.max", bytes))),
    (Fact::LimitHigh, source(Controller::Memory, ("", bytes), ("memory.high", bytes))),
    (Fact::LimitSwap, source(Controller::Memory, ("", bytes), ("memory.swap.max", bytes))),
    (Fact::LimitPids, source(Controller::Pids, ("pids.max", line), ("pids.max", line))),
    (
        Fact::LimitIo,
        source(Controller::Io, ("blkio.throttle.write_bps_device", io_limit_v1), ("io.max", io_limit)),
    ),
];

/// Counters of the box's group.
pub(super) const COUNTERS: &[(Fact, Source)] = &[
    (Fact::CpuThrottled, source(Controller::Cpu, ("cpu.stat", throttled), ("cpu.stat", throttled))),
    (Fact::CpuThrottledMs, source(Controller::Cpu, ("cpu.stat", throttled_ns), ("cpu.stat", throttled_us))),
    (
        Fact::MemoryCurrent,
        source(Controller::Memory, ("memory.usage_in_bytes", mebi), ("memory.current", mebi)),
    ),
    (
        Fact::MemoryPeak,
        source(Controller::Memory, ("memory.max_usage_in_bytes", mebi), ("memory.peak", mebi)),
    ),
    (Fact::MemoryFile, source(Controller::Memory, ("memory.stat", cache_v1), ("memory.stat", cache))),
    (Fact::MemoryHighEvents, source(Controller::Memory, ("", number), ("memory.events", high))),
    (Fact::OomKills, source(Controller::Memory, ("memory.oom_control", oom), ("memory.events", oom))),
    (Fact::SwapCurrent, source(Controller::Memory, ("", mebi), ("memory.swap.current", mebi))),
    (Fact::PidsCurrent, source(Controller::Pids, ("pids.current", number), ("pids.current", number))),
    (Fact::PidsRefused, source(Controller::Pids, ("pids.events", max), ("pids.events", max))),
    (Fact::IoWritten, source(Controller::Io, (IO_V1, written), ("io.stat", written))),
];

/// The number after a word: `oom_kill 1`.
pub(super) fn field(text: &str, name: &str) -> Option<i64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

fn of_field(text: &str, name: &str) -> Value {
    field(text, name).map_or_else(absent, Value::Number)
}

fn number(text: &str, _device: &str) -> Value {
    text.trim().parse().map_or_else(|_| absent(), Value::Number)
}

fn line(text: &str, _device: &str) -> Value {
    Value::Text(text.trim().to_owned())
}

fn shares(text: &str, _device: &str) -> Value {
    let shares = text.trim().parse::<u64>().ok();
    shares.and_then(|n| i64::try_from(weight(n)).ok()).map_or_else(absent, Value::Number)
}

/// `50000 100000` or, in v1, `50000` of a period that is always 100000 here; `max` or -1.
fn quota(text: &str, _device: &str) -> Value {
    let mut words = text.split_whitespace();
    let quota = words.next().and_then(|word| word.parse::<u64>().ok());
    let period = words.next().and_then(|word| word.parse().ok()).filter(|us| *us > 0).unwrap_or(100_000);
    let amount = quota.map_or(Amount::Max, |us| Amount::Thousandths(us.saturating_mul(1000) / period));
    Value::Text(amount.to_string())
}

/// v1 says no limit by a number that no machine has.
pub(super) const fn is_limit(bytes: u64) -> bool {
    bytes < 1 << 60
}

fn bytes(text: &str, _device: &str) -> Value {
    let bytes = text.trim().parse::<u64>().ok().filter(|n| is_limit(*n));
    Value::Text(bytes.map_or(Amount::Max, Amount::Bytes).to_string())
}

fn mebi(text: &str, _device: &str) -> Value {
    text.trim().parse::<i64>().map_or_else(|_| absent(), |bytes| Value::Number(bytes >> 20))
}

fn throttled(text: &str, _device: &str) -> Value {
    of_field(text, "nr_throttled")
}

fn throttled_us(text: &str, _device: &str) -> Value {
    field(text, "throttled_usec").map_or_else(absent, |us| Value::Number(us / 1000))
}

fn throttled_ns(text: &str, _device: &str) -> Value {
    field(text, "throttled_time").map_or_else(absent, |ns| Value::Number(ns / 1_000_000))
}

fn cache(text: &str, _device: &str) -> Value {
    field(text, "file").map_or_else(absent, |bytes| Value::Number(bytes >> 20))
}

fn cache_v1(text: &str, _device: &str) -> Value {
    field(text, "cache").map_or_else(absent, |bytes| Value::Number(bytes >> 20))
}

fn high(text: &str, _device: &str) -> Value {
    of_field(text, "high")
}

fn oom(text: &str, _device: &str) -> Value {
    of_field(text, "oom_kill")
}

fn max(text: &str, _device: &str) -> Value {
    of_field(text, "max")
}

fn state(text: &str, _device: &str) -> Value {
    Value::Text(if text.trim() == "THAWED" { "running" } else { "frozen" }.to_owned())
}

fn events_frozen(text: &str, _device: &str) -> Value {
    let frozen = field(text, "frozen") == Some(1);
    Value::Text(if frozen { "frozen" } else { "running" }.to_owned())
}

/// `8:0 rbps=max wbps=2097152 riops=max wiops=max`, for our disk.
fn io_limit(text: &str, device: &str) -> Value {
    let line = text.lines().find_map(|line| line.strip_prefix(device)?.strip_prefix(' ')).unwrap_or_default();
    let amount = |name: &str| {
        let word = line.split(' ').find_map(|word| word.strip_prefix(name));
        word.and_then(|word| word.parse().ok()).map(Amount::Bytes)
    };
    let said = [("read", amount("rbps=")), ("write", amount("wbps="))];
    let said: Vec<_> = said.iter().filter_map(|(what, n)| Some(format!("{what} {}", n.as_ref()?))).collect();
    Value::Text(if said.is_empty() { "max".to_owned() } else { said.join(" ") })
}

fn io_limit_v1(text: &str, device: &str) -> Value {
    let amount = text.lines().find_map(|line| line.strip_prefix(device)?.trim().parse().ok());
    Value::Text(amount.map_or_else(|| "max".to_owned(), |n| format!("write {}", Amount::Bytes(n))))
}

fn written(text: &str, device: &str) -> Value {
    Value::Number(io_bytes(text, device, false) / 1024)
}

/// Bytes written to a disk, and read from it if asked: `8:0 rbytes=1 wbytes=2 …` or, in v1, `8:0 Write 2`.
pub(super) fn io_bytes(text: &str, device: &str, read_too: bool) -> i64 {
    let mut sum = 0_i64;
    for line in text.lines().filter_map(|line| line.strip_prefix(device)?.strip_prefix(' ')) {
        let words: Vec<&str> = line.split(' ').collect();
        let v2 = |name: &str| words.iter().find_map(|w| w.strip_prefix(name)?.parse::<i64>().ok());
        let v1 = |name: &str| if words.first() == Some(&name) { words.get(1)?.parse().ok() } else { None };
        let both = [("wbytes=", "Write", true), ("rbytes=", "Read", read_too)];
        for (new, old, wanted) in both {
            let bytes = v2(new).or_else(|| v1(old)).filter(|_| wanted).unwrap_or(0);
            sum = sum.saturating_add(bytes);
        }
    }
    sum
}
