//! The closed list of facts: everything that can be seen of a subject, each with its id, its source and its reader's
//! name in one place. Labels live in `assets/locales/<lang>/fact.toml`: [`Fact::label`] and [`Fact::about`].

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{namespace::Namespace, sight::Sight};

mod label;

/// From which side of the wall a fact is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// As the host sees it: ids start with `host.`.
    Host,
    /// As the subject sees it: ids start with `subject.`.
    Subject,
}

macro_rules! facts {
    ($( $(#[$doc:meta])* $name:ident = $id:literal, $host:literal, $inside:literal, $live:literal; )*) => {
        /// One thing that can be seen. `host.X` is X seen from the host, `subject.X` is X seen from inside.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Fact { $( $(#[$doc])* $name, )* }

        impl Fact {
            /// Every fact, in the order of the panel.
            pub const ALL: &'static [Self] = &[$( Self::$name, )*];

            /// The id without its side: `ns.uts`.
            pub const fn id(self) -> &'static str {
                match self { $( Self::$name => $id, )* }
            }

            /// Where it is read on a side: a path under /proc with `PID` in it, or a call such as `uname(2)`.
            pub const fn source(self, side: Side) -> &'static str {
                match (self, side) { $( (Self::$name, Side::Host) => $host, (Self::$name, Side::Subject) => $inside, )* }
            }

            /// Whether it moves by itself (lists of processes): shown, but never a "changed row" nor predicted.
            pub const fn live(self) -> bool {
                match self { $( Self::$name => $live, )* }
            }
        }
    };
}

facts! {
    /// Inode of the user namespace (host side: the host's own).
    NsUser = "ns.user", "/proc/self/ns/user", "/proc/PID/ns/user", false;
    /// Inode of the mount namespace.
    NsMnt = "ns.mnt", "/proc/self/ns/mnt", "/proc/PID/ns/mnt", false;
    /// Inode of the PID namespace the process is in.
    NsPid = "ns.pid", "/proc/self/ns/pid", "/proc/PID/ns/pid", false;
    /// Inode of the network namespace.
    NsNet = "ns.net", "/proc/self/ns/net", "/proc/PID/ns/net", false;
    /// Inode of the IPC namespace.
    NsIpc = "ns.ipc", "/proc/self/ns/ipc", "/proc/PID/ns/ipc", false;
    /// Inode of the UTS namespace.
    NsUts = "ns.uts", "/proc/self/ns/uts", "/proc/PID/ns/uts", false;
    /// Inode of the cgroup namespace.
    NsCgroup = "ns.cgroup", "/proc/self/ns/cgroup", "/proc/PID/ns/cgroup", false;
    /// Inode of the time namespace the process is in.
    NsTime = "ns.time", "/proc/self/ns/time", "/proc/PID/ns/time", false;
    /// The subject's process id: as the host numbers it, as it numbers itself.
    Pid = "pid", "/proc/PID/status", "getpid(2)", false;
    /// The chain of ids from the host's namespace to the innermost: `6974 1`.
    NsPidChain = "nspid", "/proc/PID/status", "/proc/self/status", false;
    /// The subject's effective user id on both sides.
    Uid = "uid", "/proc/PID/status", "geteuid(2)", false;
    /// The subject's effective group id on both sides.
    Gid = "gid", "/proc/PID/status", "getegid(2)", false;
    /// Its user id map.
    UidMap = "uid_map", "/proc/PID/uid_map", "/proc/self/uid_map", false;
    /// Its group id map.
    GidMap = "gid_map", "/proc/PID/gid_map", "/proc/self/gid_map", false;
    /// The host name: the host's, and what the subject is told.
    Hostname = "hostname", "uname(2)", "uname(2)", false;
    /// The name of process 1 in /proc as each side sees it.
    Pid1 = "pid1", "/proc/1/comm", "/proc/1/comm", false;
    /// Whether /proc, as the side sees it, shows processes of the host.
    SeesHost = "sees_host", "/proc", "/proc", false;
    /// How many mounts the side has.
    Mounts = "mounts", "/proc/self/mountinfo", "/proc/PID/mountinfo", false;
    /// What is mounted on the box directory ($BOX): a file system type, or `no`.
    BoxMount = "box_mount", "/proc/self/mountinfo", "/proc/PID/mountinfo", false;
    /// The overlay that is mounted on `$BOX/merged`: its options, or `no`.
    OverlayMount = "overlay.mount", "-", "/proc/self/mountinfo", false;
    /// The overlay of a second box, on `$BOX/merged2`.
    OverlaySecond = "overlay.second", "-", "/proc/self/mountinfo", false;
    /// A file of the image that both boxes map into memory: kibibytes mapped, each box counted by itself (`Rss`).
    OverlayPagesMapped = "overlay.pages_mapped", "-", "/proc/self/smaps", false;
    /// The same pages, each counted once (`Pss`).
    OverlayPagesHeld = "overlay.pages_held", "-", "/proc/self/smaps", false;
    /// What `docker diff` says: `A`, `C` or `D` and a path.
    OverlayDiff = "overlay.diff", "-", "lstat(2), lgetxattr(2)", false;
    /// Whiteouts, opaque directories, redirects and the like in upper.
    OverlayMarks = "overlay.marks", "-", "lstat(2), lgetxattr(2)", false;
    /// Bytes of the files in upper.
    OverlayUpperBytes = "overlay.upper_bytes", "-", "lstat(2)", false;
    /// Bytes of the files in all layers below.
    OverlayLowerBytes = "overlay.lower_bytes", "-", "lstat(2)", false;
    /// How many files and directories the box sees.
    OverlayFiles = "overlay.files", "-", "lstat(2)", false;
    /// Device and inode of each file that was copied up: below > in upper, as the box sees it.
    OverlayInodes = "overlay.inodes", "-", "lstat(2)", false;
    /// What is mounted on `data` in the box: `no`, `rw`, `ro`.
    OverlayVolumeMount = "overlay.volume_mount", "-", "/proc/self/mountinfo", false;
    /// The names in the directory `volume`, which lies beside the layers.
    OverlayVolume = "overlay.volume", "-", "readdir $BOX/volume", false;
    /// The entries of the lowest layer.
    OverlayLower1 = "overlay.lower1", "-", "lstat(2), lgetxattr(2)", true;
    /// The entries of the layer above it.
    OverlayLower2 = "overlay.lower2", "-", "lstat(2), lgetxattr(2)", true;
    /// The entries of the layer that a commit made.
    OverlayLower3 = "overlay.lower3", "-", "lstat(2), lgetxattr(2)", true;
    /// The entries of the upper directory.
    OverlayUpper = "overlay.upper", "-", "lstat(2), lgetxattr(2)", true;
    /// The entries of the work directory.
    OverlayWork = "overlay.work", "-", "lstat(2)", true;
    /// What the box sees.
    OverlayMerged = "overlay.merged", "-", "lstat(2)", true;
    /// The entries of the second box's upper directory.
    OverlayUpper2 = "overlay.upper2", "-", "lstat(2), lgetxattr(2)", true;
    /// Propagation of the root mount: `shared`, `private`, `slave`.
    Propagation = "propagation", "/proc/self/mountinfo", "/proc/PID/mountinfo", false;
    /// The names in the root directory.
    Root = "root", "readdir /", "readdir /", false;
    /// Whether the side can walk out of its root by the chroot trick: `yes`, `no`, `-` where its root is the mount
    /// namespace's root and nothing lies behind it.
    Escape = "escape", "-", "chroot(2), chdir(2)", false;
    /// Network interfaces with their state: `lo DOWN`, `eth0 UP`.
    Interfaces = "interfaces", "getifaddrs(3)", "getifaddrs(3)", false;
    /// Addresses: `lo 127.0.0.1`.
    Addresses = "addresses", "getifaddrs(3)", "getifaddrs(3)", false;
    /// Whether a port on the host's loopback answers: `open`, or the symbolic error.
    HostPort = "host_port", "connect(2)", "connect(2)", false;
    /// System V and POSIX IPC objects: `msg 0x2a`.
    Ipc = "ipc", "/proc/sysvipc", "/proc/sysvipc", false;
    /// Path of the cgroup, by hierarchy, as the side reads it.
    Cgroup = "cgroup", "/proc/PID/cgroup", "/proc/self/cgroup", false;
    /// Where each controller of the lab's cgroups is: `memory v2 /sys/fs/cgroup/korobka-7-box`, `cpu v1 legacy …`.
    LimitPlaces = "limit.places", "/proc/self/cgroup", "-", false;
    /// Who is in each cgroup: `box: 12 korobka, 13 eater`.
    LimitMembers = "limit.members", "cgroup.procs", "-", true;
    /// Processor time, in processors: `0.5`, `max`.
    LimitCpu = "cpu.max", "cpu.max", "-", false;
    /// The share of a busy processor.
    LimitWeight = "cpu.weight", "cpu.weight", "-", false;
    /// Which processors: the list of the cgroup.
    LimitCpuset = "cpuset.cpus", "cpuset.cpus.effective", "-", false;
    /// Memory: `64M`, `max`.
    LimitMemory = "memory.max", "memory.max", "-", false;
    /// Memory above which the group is slowed down.
    LimitHigh = "memory.high", "memory.high", "-", false;
    /// Swap.
    LimitSwap = "memory.swap.max", "memory.swap.max", "-", false;
    /// Processes.
    LimitPids = "pids.max", "pids.max", "-", false;
    /// Bytes a second of the disk: `write 2M`.
    LimitIo = "io.max", "io.max", "-", false;
    /// Percent of one processor that the group used lately.
    CpuRate = "cpu.rate", "cpu.stat", "-", true;
    /// How often the group was held back for its quota.
    CpuThrottled = "cpu.throttled", "cpu.stat", "-", false;
    /// How long it was held back, in milliseconds.
    CpuThrottledMs = "cpu.throttled_ms", "cpu.stat", "-", true;
    /// Memory on the group's account, in mebibytes.
    MemoryCurrent = "memory.current", "memory.current", "-", true;
    /// The most that it ever was, in mebibytes.
    MemoryPeak = "memory.peak", "memory.peak", "-", true;
    /// Page cache on the group's account, in mebibytes.
    MemoryFile = "memory.file", "memory.stat", "-", true;
    /// How often the group was slowed down for its memory.
    MemoryHighEvents = "memory.high_events", "memory.events", "-", false;
    /// How many processes of the group were killed for want of memory.
    OomKills = "memory.oom_kill", "memory.events", "-", false;
    /// Swap on the group's account, in mebibytes.
    SwapCurrent = "memory.swap", "memory.swap.current", "-", true;
    /// Processes and threads in the group.
    PidsCurrent = "pids.current", "pids.current", "-", true;
    /// How often a fork was refused.
    PidsRefused = "pids.refused", "pids.events", "-", false;
    /// Kibibytes a second that the group read and wrote lately.
    IoRate = "io.rate", "io.stat", "-", true;
    /// Kibibytes written by the group.
    IoWritten = "io.written", "io.stat", "-", true;
    /// Percent of one processor that the left group used lately.
    LeftRate = "left.rate", "cpu.stat", "-", true;
    /// Likewise the right one.
    RightRate = "right.rate", "cpu.stat", "-", true;
    /// The weight of the left group.
    LeftWeight = "left.weight", "cpu.weight", "-", false;
    /// The weight of the right one.
    RightWeight = "right.weight", "cpu.weight", "-", false;
    /// How much more the right group got than the left: percent.
    RateRatio = "share.ratio", "cpu.stat", "-", true;
    /// Whether the left group is stopped: `frozen`, `running`.
    Frozen = "freezer", "cgroup.events", "-", false;
    /// What the clock in the left group counted.
    Ticks = "clock", "/proc/PID/comm", "-", true;
    /// Milliseconds that somebody waited for a processor: of the machine, and of the box's group.
    PsiCpu = "psi.cpu", "/proc/pressure/cpu", "cpu.pressure", true;
    /// Likewise for memory.
    PsiMemory = "psi.memory", "/proc/pressure/memory", "memory.pressure", true;
    /// Likewise for a disk.
    PsiIo = "psi.io", "/proc/pressure/io", "io.pressure", true;
    /// The machine's memory as `free` shows it, in mebibytes.
    MemTotal = "mem_total", "/proc/meminfo", "/proc/meminfo", false;
    /// The machine's swap as `free` shows it, in mebibytes.
    SwapTotal = "swap_total", "/proc/meminfo", "/proc/meminfo", false;
    /// Processors that the side may use, as `nproc` counts them.
    Cpus = "cpus", "sched_getaffinity(2)", "sched_getaffinity(2)", false;
    /// Workloads that have ended, and how: `eater 137 SIGKILL`, `forker 11 EAGAIN`.
    Ended = "ended", "-", "wait(2)", false;
    /// The size of the file system at $BOX, in mebibytes.
    DiskSize = "disk.size", "statvfs(3)", "statvfs(3)", true;
    /// What is free there, in mebibytes.
    DiskFree = "disk.free", "statvfs(3)", "statvfs(3)", true;
    /// What the image of $BOX takes of the disk that it lies on, in mebibytes.
    DiskImage = "disk.image", "stat(2)", "-", true;
    /// How much the project of $BOX may have of its file system: `4M`, `no`.
    DiskQuota = "disk.quota", "-", "quotactl_fd(2)", false;
    /// Offset of the boot-time clock against the host's, in seconds.
    BootOffset = "boot_offset", "/proc/self/timens_offsets", "clock_gettime(2)", false;
    /// Effective capabilities: host side of the stage, inside of the subject; hexadecimal.
    CapEff = "cap_eff", "/proc/self/status", "/proc/PID/status", false;
    /// Permitted capabilities.
    CapPrm = "cap_prm", "/proc/self/status", "/proc/PID/status", false;
    /// Inheritable capabilities.
    CapInh = "cap_inh", "/proc/self/status", "/proc/PID/status", false;
    /// Bounding set.
    CapBnd = "cap_bnd", "/proc/self/status", "/proc/PID/status", false;
    /// Ambient capabilities.
    CapAmb = "cap_amb", "/proc/self/status", "/proc/PID/status", false;
    /// Seccomp mode: 0 off, 1 strict, 2 filter.
    Seccomp = "seccomp", "/proc/self/status", "/proc/PID/status", false;
    /// The `no_new_privs` bit.
    NoNewPrivs = "no_new_privs", "/proc/self/status", "/proc/PID/status", false;
    /// Names of the effective capabilities.
    RightsCaps = "rights.caps", "/proc/self/status", "/proc/PID/status", false;
    /// Names of those in the bounding set.
    RightsBounding = "rights.bounding", "/proc/self/status", "/proc/PID/status", false;
    /// Names of the effective capabilities of the program that the last try started, after it had given up all.
    RightsExec = "rights.exec", "-", "execve(2)", false;
    /// How many system call filters are stacked.
    RightsFilters = "rights.filters", "/proc/self/status", "/proc/PID/status", false;
    /// Whether the root mount is read-only: `yes`, `no`.
    RightsReadOnly = "rights.read_only", "/proc/self/mountinfo", "/proc/PID/mountinfo", false;
    /// Files of /proc and /sys that something is mounted over.
    RightsMasked = "rights.masked", "/proc/self/mountinfo", "/proc/PID/mountinfo", false;
    /// Files of /proc that may be read but not written.
    RightsReadOnlyPaths = "rights.read_only_paths", "/proc/self/mountinfo", "/proc/PID/mountinfo", false;
    /// Release of the kernel: the same on both sides.
    Kernel = "kernel", "uname(2)", "uname(2)", false;
    /// Random id of this boot: the same on both sides.
    BootId = "boot_id", "/proc/sys/kernel/random/boot_id", "/proc/sys/kernel/random/boot_id", false;
    /// Names of the processes below the subject.
    Children = "children", "/proc/PID/task/PID/children", "/proc/PID/task/PID/children", true;
    /// The tree of processes of the box: host pids on one side; on the other what /proc shows there.
    Processes = "processes", "/proc", "/proc", true;
    /// Switches of the dial that are on in the box that was measured last.
    DialOn = "dial.on", "-", "clone3(2)", false;
    /// Switches that this machine refused to turn, each with the call and its error.
    DialRefused = "dial.refused", "-", "clone3(2)", false;
    /// Whether the box that was measured last sees processes of the host.
    DialHostProcesses = "dial.host_processes", "-", "/proc", false;
    /// Whether it sees a file of the host.
    DialHostFiles = "dial.host_files", "-", "open(2)", false;
    /// Whether it reaches a port on the host's loopback address.
    DialHostPort = "dial.host_port", "-", "connect(2)", false;
    /// Whether a host name that it sets is the host's.
    DialHostname = "dial.hostname", "-", "sethostname(2)", false;
    /// Whether a file that it makes belongs to user 0 of the host.
    DialHostRoot = "dial.host_root", "stat(2)", "open(2)", false;
    /// Whether it can take 200 MiB of memory.
    DialMemory = "dial.memory", "-", "mmap(2)", false;
    /// Whether it can start 100 processes.
    DialForks = "dial.forks", "-", "fork(2)", false;
    /// Whether a file in its root is still there when it is gone.
    DialSurvives = "dial.survives", "stat(2)", "open(2)", false;
    /// Microseconds that its start took.
    DialStart = "dial.start", "-", "clone3(2)", true;
    /// Release of the kernel that answers in the box.
    DialKernel = "dial.kernel", "uname(2)", "uname(2)", false;
    /// Random id of the boot that the box lives in.
    DialBootId = "dial.boot_id", "/proc/sys/kernel/random/boot_id", "/proc/sys/kernel/random/boot_id", false;
    /// Nanoseconds of a system call that does next to nothing.
    DialCall = "dial.call_ns", "getppid(2)", "getppid(2)", false;
    /// Microseconds that the start of a second box took.
    DialSecondStart = "dial.second_start", "-", "clone3(2)", false;
    /// KiB of memory that the second box costs: its process, what it shares with others counted in part.
    DialSecondMemory = "dial.second_kib", "-", "/proc/PID/smaps_rollup", false;
    /// What of this machine would run a virtual machine.
    DialMonitors = "dial.monitors", "/dev/kvm, PATH", "-", false;
}

impl Fact {
    /// The namespace whose inode this fact is, for the eight `ns.*` facts.
    pub const fn namespace(self) -> Option<Namespace> {
        match self {
            Self::NsUser => Some(Namespace::User),
            Self::NsMnt => Some(Namespace::Mnt),
            Self::NsPid => Some(Namespace::Pid),
            Self::NsNet => Some(Namespace::Net),
            Self::NsIpc => Some(Namespace::Ipc),
            Self::NsUts => Some(Namespace::Uts),
            Self::NsCgroup => Some(Namespace::Cgroup),
            Self::NsTime => Some(Namespace::Time),
            _ => None,
        }
    }

    /// What a lab must look at for it to be read. The first word of the id says so: `cgroup.memory.max`,
    /// `overlay.upper`, `rights.masked`, `dial.setting`; every other fact is one of the walls, which are always read.
    pub fn sight(self) -> Sight {
        match self.id().split_once('.').map(|(head, _)| head) {
            Some(
                "limit" | "cpu" | "cpuset" | "memory" | "pids" | "io" | "left" | "right" | "share" | "psi"
                | "disk",
            ) => Sight::Limits,
            Some("overlay") => Sight::Layers,
            Some("rights") => Sight::Rights,
            Some("dial") => Sight::Dial,
            _ => match self {
                Self::Frozen | Self::Ticks | Self::MemTotal | Self::SwapTotal | Self::Cpus | Self::Ended => {
                    Sight::Limits
                }
                _ => Sight::Walls,
            },
        }
    }

    /// Whether it stands on the panel of a sight: the facts of the sight, and those of the walls that belong to its
    /// matter.
    pub fn shown_in(self, sight: Sight) -> bool {
        self.sight() == sight
            || match sight {
                Sight::Walls | Sight::Dial => false,
                Sight::Limits => matches!(self, Self::NsCgroup | Self::Cgroup),
                Sight::Layers => matches!(self, Self::BoxMount | Self::Root),
                Sight::Rights => matches!(
                    self,
                    Self::Uid
                        | Self::CapEff
                        | Self::CapPrm
                        | Self::CapInh
                        | Self::CapBnd
                        | Self::CapAmb
                        | Self::Seccomp
                        | Self::NoNewPrivs
                ),
            }
    }

    /// The fact of a namespace's inode.
    pub const fn of_namespace(ns: Namespace) -> Self {
        match ns {
            Namespace::User => Self::NsUser,
            Namespace::Mnt => Self::NsMnt,
            Namespace::Pid => Self::NsPid,
            Namespace::Net => Self::NsNet,
            Namespace::Ipc => Self::NsIpc,
            Namespace::Uts => Self::NsUts,
            Namespace::Cgroup => Self::NsCgroup,
            Namespace::Time => Self::NsTime,
        }
    }
}

/// A fact with its side: `subject.ns.uts`, `host.hostname`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactId {
    /// What.
    pub fact: Fact,
    /// Seen from where.
    pub side: Side,
}

impl FactId {
    /// A fact as the host sees it.
    pub const fn host(fact: Fact) -> Self {
        Self { fact, side: Side::Host }
    }

    /// A fact as the subject sees it.
    pub const fn subject(fact: Fact) -> Self {
        Self { fact, side: Side::Subject }
    }

    /// Every id, in the order of the panel.
    pub fn rows() -> impl Iterator<Item = Self> {
        Fact::ALL.iter().flat_map(|fact| [Self::host(*fact), Self::subject(*fact)])
    }
}

impl fmt::Display for FactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Host => "host",
            Side::Subject => "subject",
        };
        write!(f, "{side}.{}", self.fact.id())
    }
}

/// There is no fact of that id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such fact: {0}")]
pub struct UnknownFact(pub String);

impl FromStr for FactId {
    type Err = UnknownFact;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownFact(text.to_owned());
        let (side, name) = text.split_once('.').ok_or_else(unknown)?;
        let side = match side {
            "host" => Side::Host,
            "subject" => Side::Subject,
            _ => return Err(unknown()),
        };
        let fact = Fact::ALL.iter().find(|fact| fact.id() == name).ok_or_else(unknown)?;
        Ok(Self { fact: *fact, side })
    }
}

impl Serialize for FactId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FactId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_parses_back_to_itself() {
        for id in FactId::rows() {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        assert!("subject.nothing".parse::<FactId>().is_err());
    }

    #[test]
    fn the_first_word_of_an_id_names_its_sight() {
        assert_eq!(Fact::Cgroup.sight(), Sight::Walls, "the path alone is a wall");
        assert_eq!(Fact::NsCgroup.sight(), Sight::Walls);
        assert!(Fact::Cgroup.shown_in(Sight::Limits));
        assert!(!Fact::Hostname.shown_in(Sight::Limits));
        for fact in Fact::ALL {
            assert!(fact.shown_in(fact.sight()), "{fact:?}");
        }
    }
}
