//! Limits of a cgroup as plain words: which file of which hierarchy says it, in which text, and Docker's flag for it.
//! `cgroup-v2.rst` and the v1 controllers' own documents in the kernel's `Documentation/admin-guide`.

use serde::{Deserialize, Serialize};

mod amount;

pub use amount::{Amount, BadAmount};

/// A kind of hierarchy. A machine may have both, and each controller is in one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hierarchy {
    /// One hierarchy for each controller, or for a few of them. Legacy.
    V1,
    /// The unified one.
    V2,
}

impl Hierarchy {
    /// `v1` or `v2`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
        }
    }
}

/// What a hierarchy can control, by the names of v2; what only v1 has apart is named as there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Controller {
    /// Processor time.
    Cpu,
    /// The account of processor time: in v2 every cgroup has it.
    Cpuacct,
    /// Which processors.
    Cpuset,
    /// Memory.
    Memory,
    /// The number of processes.
    Pids,
    /// Block devices; `blkio` in v1.
    Io,
    /// Stopping everyone at once: in v2 every cgroup has it.
    Freezer,
}

impl Controller {
    /// Every controller that we use.
    pub const ALL: [Self; 7] =
        [Self::Cpu, Self::Cpuacct, Self::Cpuset, Self::Memory, Self::Pids, Self::Io, Self::Freezer];

    /// Its name in a kind of hierarchy.
    pub const fn name(self, hierarchy: Hierarchy) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cpuacct => "cpuacct",
            Self::Cpuset => "cpuset",
            Self::Memory => "memory",
            Self::Pids => "pids",
            Self::Io => match hierarchy {
                Hierarchy::V1 => "blkio",
                Hierarchy::V2 => "io",
            },
            Self::Freezer => "freezer",
        }
    }

    /// Whether every v2 cgroup has it without being asked.
    pub const fn is_core(self) -> bool {
        matches!(self, Self::Cpuacct | Self::Freezer)
    }
}

/// In which kind of hierarchy each controller of a machine is; none of those it has not got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seats([Option<Hierarchy>; Controller::ALL.len()]);

impl Seats {
    /// The kind of a controller. Of one that is not there it is v2: what is shown is what most machines have.
    pub fn of(&self, controller: Controller) -> Hierarchy {
        self.0.get(controller as usize).copied().flatten().unwrap_or(Hierarchy::V2)
    }

    /// The controllers that are in a hierarchy of this kind.
    pub fn within(&self, hierarchy: Hierarchy) -> Vec<Controller> {
        let here = |c: &Controller| self.0.get(*c as usize).copied().flatten() == Some(hierarchy);
        Controller::ALL.into_iter().filter(here).collect()
    }
}

impl FromIterator<(Controller, Hierarchy)> for Seats {
    fn from_iter<I: IntoIterator<Item = (Controller, Hierarchy)>>(all: I) -> Self {
        let mut seats = Self::default();
        for (controller, hierarchy) in all {
            if let Some(seat) = seats.0.get_mut(controller as usize) {
                *seat = Some(hierarchy);
            }
        }
        seats
    }
}

/// A cgroup of a lab. A course file cannot name a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// The subject's.
    Box,
    /// The first of two that are compared.
    Left,
    /// The second.
    Right,
}

impl Group {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Box, Self::Left, Self::Right];

    /// The last part of its directory's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Box => "box",
            Self::Left => "left",
            Self::Right => "right",
        }
    }
}

/// What may be limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// Processor time, in processors.
    CpuMax,
    /// The share of a busy processor, 1 to 10000; 100 is usual.
    CpuWeight,
    /// Which processors.
    Cpuset,
    /// Memory: who asks for more is killed.
    MemoryMax,
    /// Memory: who has more is slowed down and reclaimed from. Not in v1.
    MemoryHigh,
    /// Swap. What v1 limits is the sum of memory and swap.
    SwapMax,
    /// Processes and threads.
    PidsMax,
    /// Bytes a second read from the block device of the scratch directory.
    IoReadBps,
    /// Bytes a second written to it.
    IoWriteBps,
}

/// The period of the processor quota, in microseconds: the kernel's own default.
const PERIOD_US: u64 = 100_000;

/// One file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name in the cgroup's directory.
    pub file: &'static str,
    /// What is written.
    pub text: String,
    /// A file beside it whose number is added to what is written: v1's sum of memory and swap.
    pub plus: Option<&'static str>,
}

impl Setting {
    const fn of(file: &'static str, text: String) -> Self {
        Self { file, text, plus: None }
    }
}

impl Limit {
    /// All limits.
    pub const ALL: [Self; 9] = [
        Self::CpuMax,
        Self::CpuWeight,
        Self::Cpuset,
        Self::MemoryMax,
        Self::MemoryHigh,
        Self::SwapMax,
        Self::PidsMax,
        Self::IoReadBps,
        Self::IoWriteBps,
    ];

    /// Whose limit it is.
    pub const fn controller(self) -> Controller {
        match self {
            Self::CpuMax | Self::CpuWeight => Controller::Cpu,
            Self::Cpuset => Controller::Cpuset,
            Self::MemoryMax | Self::MemoryHigh | Self::SwapMax => Controller::Memory,
            Self::PidsMax => Controller::Pids,
            Self::IoReadBps | Self::IoWriteBps => Controller::Io,
        }
    }

    /// The file that holds it; none where this kind of hierarchy has no such limit.
    pub const fn file(self, hierarchy: Hierarchy) -> Option<&'static str> {
        let (v1, v2) = match self {
            Self::CpuMax => (Some("cpu.cfs_quota_us"), "cpu.max"),
            Self::CpuWeight => (Some("cpu.shares"), "cpu.weight"),
            Self::Cpuset => (Some("cpuset.cpus"), "cpuset.cpus"),
            Self::MemoryMax => (Some("memory.limit_in_bytes"), "memory.max"),
            Self::MemoryHigh => (None, "memory.high"),
            Self::SwapMax => (Some("memory.memsw.limit_in_bytes"), "memory.swap.max"),
            Self::PidsMax => (Some("pids.max"), "pids.max"),
            Self::IoReadBps => (Some("blkio.throttle.read_bps_device"), "io.max"),
            Self::IoWriteBps => (Some("blkio.throttle.write_bps_device"), "io.max"),
        };
        match hierarchy {
            Hierarchy::V1 => v1,
            Hierarchy::V2 => Some(v2),
        }
    }

    /// Whether an amount makes sense for it.
    pub const fn accepts(self, amount: &Amount) -> bool {
        match self {
            Self::CpuMax => matches!(amount, Amount::Max | Amount::Thousandths(_) | Amount::Whole(1..)),
            Self::CpuWeight => matches!(amount, Amount::Whole(1..=10_000)),
            Self::Cpuset => matches!(amount, Amount::Whole(_) | Amount::List(_)),
            Self::PidsMax => matches!(amount, Amount::Max | Amount::Whole(1..)),
            Self::SwapMax => matches!(amount, Amount::Max | Amount::Bytes(_) | Amount::Whole(0)),
            Self::MemoryMax | Self::MemoryHigh | Self::IoReadBps | Self::IoWriteBps => {
                matches!(amount, Amount::Max | Amount::Bytes(_))
            }
        }
    }

    /// What to write, in order; none where this kind of hierarchy has no such limit, or the amount makes no sense for
    /// it. `device` is the block device's `major:minor`.
    pub fn settings(self, hierarchy: Hierarchy, amount: &Amount, device: &str) -> Option<Vec<Setting>> {
        let file = self.file(hierarchy).filter(|_| self.accepts(amount))?;
        let one = |text: String| vec![Setting::of(file, text)];
        let v1 = hierarchy == Hierarchy::V1;
        Some(match self {
            Self::CpuMax if v1 => {
                let quota = quota(amount).map_or_else(|| "-1".to_owned(), |us| us.to_string());
                vec![Setting::of("cpu.cfs_period_us", PERIOD_US.to_string()), Setting::of(file, quota)]
            }
            Self::CpuMax => {
                let quota = quota(amount).map_or_else(|| "max".to_owned(), |us| us.to_string());
                one(format!("{quota} {PERIOD_US}"))
            }
            Self::CpuWeight if v1 => one(shares(amount.number()).to_string()),
            Self::MemoryMax if v1 && *amount == Amount::Max => one("-1".to_owned()),
            Self::SwapMax if v1 => v1_swap(file, amount),
            Self::IoReadBps | Self::IoWriteBps if v1 => one(format!("{device} {}", amount.number())),
            Self::IoReadBps => one(format!("{device} rbps={}", amount.plain())),
            Self::IoWriteBps => one(format!("{device} wbps={}", amount.plain())),
            _ => one(amount.plain()),
        })
    }

    /// Docker's flag; none where Docker has no word for it.
    pub fn docker(self, amount: &Amount) -> Option<String> {
        if *amount == Amount::Max {
            return None;
        }
        let said = amount.to_string();
        Some(match self {
            Self::CpuMax => format!("docker run --cpus {said}"),
            Self::CpuWeight => format!("docker run --cpu-shares {}", shares(amount.number())),
            Self::Cpuset => format!("docker run --cpuset-cpus {said}"),
            Self::MemoryMax => format!("docker run --memory {}", said.to_lowercase()),
            Self::PidsMax => format!("docker run --pids-limit {said}"),
            Self::IoReadBps => format!("docker run --device-read-bps /dev/DISK:{}b", said.to_lowercase()),
            Self::IoWriteBps => format!("docker run --device-write-bps /dev/DISK:{}b", said.to_lowercase()),
            // A sum, as in v1; M is what --memory says.
            Self::SwapMax if amount.number() == 0 => "docker run --memory M --memory-swap M".to_owned(),
            Self::SwapMax => format!("docker run --memory M --memory-swap M+{}", said.to_lowercase()),
            // Docker's --memory-reservation is memory.low.
            Self::MemoryHigh => return None,
        })
    }
}

/// How willingly v1 moves pages to swap when the group is full, 0 to 100: 60 is usual, and 0 is not at all.
const USUAL_SWAPPINESS: u8 = 60;

/// v1 limits the sum, and has a number for whether it swaps at all.
fn v1_swap(file: &'static str, amount: &Amount) -> Vec<Setting> {
    let none = *amount != Amount::Max && amount.number() == 0;
    let swappiness = if none { 0 } else { USUAL_SWAPPINESS };
    let sum = match amount {
        Amount::Max => Setting::of(file, "-1".to_owned()),
        swap => {
            Setting { plus: Some("memory.limit_in_bytes"), ..Setting::of(file, swap.number().to_string()) }
        }
    };
    vec![Setting::of("memory.swappiness", swappiness.to_string()), sum]
}

/// Microseconds of a period; none is no limit. The kernel takes no less than a millisecond.
fn quota(amount: &Amount) -> Option<u64> {
    match amount {
        Amount::Thousandths(n) => Some((n * PERIOD_US / 1000).max(1000)),
        Amount::Whole(n) => Some(n * PERIOD_US),
        _ => None,
    }
}

/// v1's measure of a weight: 1024 is usual, and 2 the least.
pub const fn shares(weight: u64) -> u64 {
    let shares = weight * 1024 / 100;
    if shares < 2 { 2 } else { shares }
}

/// The weight that v1's shares stand for.
pub const fn weight(shares: u64) -> u64 {
    (shares * 100 + 512) / 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (Limit, Hierarchy, &'static str, &'static [(&'static str, &'static str)]);

    fn written(limit: Limit, hierarchy: Hierarchy, amount: &str) -> Option<Vec<Setting>> {
        let amount = Amount::try_from(amount.to_owned()).unwrap();
        limit.settings(hierarchy, &amount, "8:0")
    }

    #[test]
    fn each_limit_is_written_as_each_hierarchy_wants_it() {
        use Hierarchy::{V1, V2};
        let table: &[Row] = &[
            (Limit::CpuMax, V2, "0.5", &[("cpu.max", "50000 100000")]),
            (Limit::CpuMax, V2, "max", &[("cpu.max", "max 100000")]),
            (Limit::CpuMax, V1, "0.5", &[("cpu.cfs_period_us", "100000"), ("cpu.cfs_quota_us", "50000")]),
            (Limit::CpuMax, V1, "max", &[("cpu.cfs_period_us", "100000"), ("cpu.cfs_quota_us", "-1")]),
            (Limit::CpuMax, V2, "2", &[("cpu.max", "200000 100000")]),
            (Limit::CpuWeight, V2, "300", &[("cpu.weight", "300")]),
            (Limit::CpuWeight, V1, "300", &[("cpu.shares", "3072")]),
            (Limit::Cpuset, V1, "0-1", &[("cpuset.cpus", "0-1")]),
            (Limit::MemoryMax, V2, "64M", &[("memory.max", "67108864")]),
            (Limit::MemoryMax, V1, "64M", &[("memory.limit_in_bytes", "67108864")]),
            (Limit::MemoryMax, V1, "max", &[("memory.limit_in_bytes", "-1")]),
            (Limit::MemoryHigh, V2, "32M", &[("memory.high", "33554432")]),
            (Limit::SwapMax, V2, "0", &[("memory.swap.max", "0")]),
            (Limit::PidsMax, V1, "20", &[("pids.max", "20")]),
            (Limit::IoReadBps, V2, "2M", &[("io.max", "8:0 rbps=2097152")]),
            (Limit::IoWriteBps, V2, "max", &[("io.max", "8:0 wbps=max")]),
            (Limit::IoWriteBps, V1, "2M", &[("blkio.throttle.write_bps_device", "8:0 2097152")]),
            (Limit::IoWriteBps, V1, "max", &[("blkio.throttle.write_bps_device", "8:0 0")]),
        ];
        for (limit, hierarchy, amount, want) in table {
            let want: Vec<_> =
                want.iter().map(|(file, text)| Setting::of(file, (*text).to_owned())).collect();
            assert_eq!(written(*limit, *hierarchy, amount), Some(want), "{limit:?} {hierarchy:?} {amount}");
        }
    }

    #[test]
    fn what_a_hierarchy_has_not_or_makes_no_sense_is_not_written() {
        assert_eq!(written(Limit::MemoryHigh, Hierarchy::V1, "32M"), None);
        assert_eq!(written(Limit::PidsMax, Hierarchy::V2, "64M"), None);
        assert_eq!(written(Limit::CpuWeight, Hierarchy::V2, "max"), None);
        assert_eq!(written(Limit::CpuWeight, Hierarchy::V2, "10001"), None);
        assert_eq!(written(Limit::MemoryMax, Hierarchy::V2, "0.5"), None);
        assert_eq!(written(Limit::PidsMax, Hierarchy::V2, "0"), None);
    }

    #[test]
    fn what_v1_limits_is_the_sum_of_memory_and_swap() {
        let both = written(Limit::SwapMax, Hierarchy::V1, "32M").unwrap();
        let said = |at: usize| (both[at].file, both[at].text.as_str(), both[at].plus);
        assert_eq!(said(0), ("memory.swappiness", "60", None));
        assert_eq!(said(1), ("memory.memsw.limit_in_bytes", "33554432", Some("memory.limit_in_bytes")));
        let free = written(Limit::SwapMax, Hierarchy::V1, "max").unwrap();
        assert_eq!((free[1].text.as_str(), free[1].plus), ("-1", None));
        assert_eq!(written(Limit::SwapMax, Hierarchy::V1, "0").unwrap()[0].text, "0");
    }

    #[test]
    fn shares_and_weights_are_the_same_measure() {
        for limit in [1, 50, 100, 300, 10_000] {
            assert_eq!(weight(shares(limit)), limit);
        }
    }

    #[test]
    fn docker_has_a_flag_for_most() {
        let flag = |limit: Limit, amount: &str| limit.docker(&amount.to_owned().try_into().unwrap());
        assert_eq!(flag(Limit::CpuMax, "0.5").as_deref(), Some("docker run --cpus 0.5"));
        assert_eq!(flag(Limit::MemoryMax, "64M").as_deref(), Some("docker run --memory 64m"));
        assert_eq!(flag(Limit::CpuWeight, "300").as_deref(), Some("docker run --cpu-shares 3072"));
        assert_eq!(
            flag(Limit::IoWriteBps, "2M").as_deref(),
            Some("docker run --device-write-bps /dev/DISK:2mb")
        );
        assert_eq!(flag(Limit::SwapMax, "32M").as_deref(), Some("docker run --memory M --memory-swap M+32m"));
        assert_eq!(flag(Limit::SwapMax, "0").as_deref(), Some("docker run --memory M --memory-swap M"));
        assert_eq!(flag(Limit::MemoryHigh, "32M"), None);
        assert_eq!(flag(Limit::MemoryMax, "max"), None);
    }
}
