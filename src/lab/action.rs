//! The closed list of actions. A course file can ask for these and for nothing else.
//!
//! Here is what an action *is* and how it is written down in the shell and in Docker's words; what it *does*, call by
//! call, is in [`crate::stage::act`], one file an action.

use serde::{Deserialize, Serialize};

use file::{FileAction, Tree};

use super::{
    capability::Capability,
    dial::{Preset, Switch},
    fact::FactId,
    limit::{Amount, Group, Limit},
    namespace::Namespace,
    seccomp::Denied,
};

mod area;
pub mod file;
mod notation;

pub use area::Area;
pub use notation::{Scene, shell_lines};

/// One operation on the kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Action {
    /// Start a small program below the subject.
    SpawnWorkload {
        /// Which.
        workload: Workload,
        /// The cgroup that it is put into before it begins; none is wherever the subject is.
        #[serde(default)]
        at: Option<Group>,
    },
    /// Try to leave namespaces in a throw-away child without capabilities: the kernel refuses, nothing changes.
    TryUnshare {
        /// Which namespaces.
        ns: Vec<Namespace>,
    },
    /// Put the subject into new namespaces (PID and time: its future children), `unshare(2)`.
    Unshare {
        /// Which namespaces.
        ns: Vec<Namespace>,
    },
    /// Fork the subject, in new namespaces if any are named (`clone3(2)`); the child carries on as the subject.
    Clone {
        /// Which namespaces; none is a plain fork.
        #[serde(default)]
        ns: Vec<Namespace>,
    },
    /// Write the user and group id maps of the subject's user namespace, from outside.
    MapIds {
        /// One id, or the student's whole subordinate range.
        map: IdMap,
    },
    /// Set the host name.
    SetHostname {
        /// The new name.
        name: Hostname,
    },
    /// End the subject that a `clone` made; its parent carries on.
    EndChild {},
    /// Make a disk in a file beside the box directory and attach it to a loop device, `loop(4)`.
    AttachImage {
        /// Whether it keeps an account of projects.
        #[serde(default)]
        quota: bool,
    },
    /// Mount that device on the box directory.
    MountImage {
        /// Whether the limits of projects are enforced.
        #[serde(default)]
        quota: bool,
    },
    /// Put the box directory into a project of its file system, and limit that, `quotactl(2)`.
    SetQuota {
        /// How much: bytes.
        to: Amount,
    },
    /// End the workloads below the subject.
    EndWorkloads {},
    /// Make a cgroup in every hierarchy that is needed.
    MakeCgroup {
        /// Which.
        group: Group,
    },
    /// Put the subject, and everyone below it, into a cgroup while it runs.
    JoinCgroup {
        /// Which.
        group: Group,
    },
    /// Set a limit of a cgroup.
    SetLimit {
        /// Of which.
        group: Group,
        /// Which limit.
        limit: Limit,
        /// How much: `max` takes it away.
        to: Amount,
    },
    /// Stop everyone in a cgroup.
    Freeze {
        /// Which.
        group: Group,
    },
    /// Let them go on.
    Thaw {
        /// Which.
        group: Group,
    },
    /// Kill everyone in a cgroup.
    KillCgroup {
        /// Which.
        group: Group,
    },
    /// Try to pass a controller on from a cgroup that has processes in it: v2 refuses, nothing changes.
    TryDelegate {
        /// Which.
        group: Group,
    },
    /// Wait, while the workloads run: their rates are measured over this time.
    LetRun {
        /// Milliseconds, 2000 at most.
        ms: u16,
        /// A number that is waited for until it is as it is wanted, for some seconds at most: a machine may be slow.
        #[serde(default)]
        until: Option<FactId>,
        /// Not below this; where it is left out, 1: it is no longer 0.
        #[serde(default, rename = "at-least")]
        at_least: Option<i64>,
        /// Not above this. A number that does not come down to it is the machine's fault, and said to be.
        #[serde(default, rename = "at-most")]
        at_most: Option<i64>,
    },
    /// Leave the subject behind and start a new bare one.
    Fresh {},
    /// Make every mount private, so that nothing propagates either way.
    MakePrivate {},
    /// Mount a file system.
    Mount {
        /// Which.
        what: MountKind,
        /// Where.
        at: Place,
    },
    /// Fill the box directory with what a small system needs: /usr of the host (read-only), /proc, /dev, /tmp, /etc.
    FurnishRoot {},
    /// Lay out two image layers in the box directory, and the empty directories of an overlay.
    FurnishLayers {},
    /// Stack the layers: mount an overlay, of the first box or of a second one on the same layers.
    MountOverlay {
        /// Which box.
        #[serde(default, rename = "in")]
        tree: Tree,
    },
    /// Do something to a file in the box.
    File(FileAction),
    /// Try to: the kernel is expected to refuse, and whatever it says, the lab goes on.
    TryFile(FileAction),
    /// Make the upper directory a layer of its own, with a new upper on top: `docker commit`.
    Commit {},
    /// Mount the directory `volume` over `data` in the tree of the first box.
    MountVolume {
        /// Whether the box may only read it.
        #[serde(default)]
        read_only: bool,
    },
    /// Throw the first box away: unmount it, delete its upper directory.
    RemoveBox {},
    /// Change the root directory to the box directory, `chroot(2)`.
    Chroot {},
    /// Make the box directory the root mount and let go of the old one, `pivot_root(2)`.
    PivotRoot {},
    /// Bring the loopback interface up.
    LoUp {},
    /// Create an IPC object.
    CreateIpc {
        /// Which kind.
        kind: IpcKind,
    },
    /// Give up capabilities for ever: out of the bounding set, and out of what is permitted now.
    DropCapabilities {
        /// Those that stay.
        keep: Vec<Capability>,
    },
    /// Promise that no `execve(2)` will ever give more rights.
    NoNewPrivs {},
    /// Put a filter of our own before every system call; calls in the list fail with `EPERM`.
    Seccomp {
        /// Which calls.
        deny: Vec<Denied>,
    },
    /// Make the root mount read-only.
    ReadOnlyRoot {},
    /// Cover the files of /proc that tell of the whole machine, and make those that command it read-only.
    MaskPaths {},
    /// Take the covers off again and make the root writable: what whoever may mount may always do.
    Uncover {},
    /// Try something in a throw-away child; whatever comes of it, the subject goes on.
    Try {
        /// What.
        what: Deed,
    },
    /// Set the offset of the boot-time clock for the children's time namespace.
    TimeOffset {
        /// Seconds ahead of the host.
        boottime: i64,
    },
    /// Start two boxes side by side and compare them with the machine: kernel, boot, cost of the second, of a call.
    Compare {},
    /// Start a whole box anew at a position of the dial, ask it every question and end it.
    Dial {
        /// Where to begin.
        preset: Preset,
        /// Switches that are on besides.
        #[serde(default)]
        with: Vec<Switch>,
        /// Switches that are off all the same.
        #[serde(default)]
        without: Vec<Switch>,
    },
}

/// A small program that the subject starts; the same binary in another role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Workload {
    /// Beats once a second, quietly.
    Heartbeat,
    /// Computes without end.
    Burner,
    /// Takes memory, a little at a time, until it is killed.
    Eater,
    /// Reads files again and again: the kernel keeps what it reads.
    Reader,
    /// Writes to a disk, past the cache.
    Writer,
    /// Fills the box directory until nothing more fits.
    Filler,
    /// Forks until it may not.
    Forker,
    /// Counts the tenths of a second aloud, in its name.
    Clock,
}

impl Workload {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Heartbeat,
        Self::Burner,
        Self::Eater,
        Self::Reader,
        Self::Writer,
        Self::Filler,
        Self::Forker,
        Self::Clock,
    ];

    /// What `ps` calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Heartbeat => "heartbeat",
            Self::Burner => "burner",
            Self::Eater => "eater",
            Self::Reader => "reader",
            Self::Writer => "writer",
            Self::Filler => "filler",
            Self::Forker => "forker",
            Self::Clock => "clock",
        }
    }
}

/// How ids inside map to ids outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdMap {
    /// 0 inside is the student's own id outside; nobody else exists.
    Single,
    /// As single, and 1… inside are the student's subordinate ids, by `newuidmap(1)`.
    Range,
}

/// A file system to mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MountKind {
    /// A window on the processes of the PID namespace of whoever mounts it.
    Proc,
    /// Memory, 16 MiB at most.
    Tmpfs,
    /// Memory, 256 MiB at most.
    LargeTmpfs,
    /// An empty overlay; its layer, `upper` and `work` are made in the directory that it then covers.
    Overlay,
    /// Pseudo-terminals of its own.
    Devpts,
    /// The directory itself, so that it becomes a mount point.
    Bind,
}

/// A place that a mount may go to. A course file cannot name a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// `/proc`.
    Proc,
    /// The box directory, `$BOX`.
    Box,
    /// `$BOX/proc`.
    BoxProc,
    /// `$BOX/dev/pts`.
    BoxDevPts,
}

impl Place {
    /// The path, for a box directory.
    pub fn path(self, box_dir: &str) -> String {
        match self {
            Self::Proc => "/proc".to_owned(),
            Self::Box => box_dir.to_owned(),
            Self::BoxProc => format!("{box_dir}/proc"),
            Self::BoxDevPts => format!("{box_dir}/dev/pts"),
        }
    }
}

/// An object of inter-process communication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IpcKind {
    /// A System V message queue, `msgget(2)`.
    Queue,
    /// A System V shared memory segment of one page, `shmget(2)`.
    Segment,
    /// A POSIX message queue, `mq_open(3)`.
    PosixQueue,
}

/// Something that only a process with certain rights may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// Make a device file.
    Mknod,
    /// Set the clock of the machine.
    SetClock,
    /// Give a file to a user that the user namespace does not know.
    Chown,
    /// Make the directory /tmp/try.
    Mkdir,
    /// Take the cover off a masked file, `/proc/timer_list`.
    Unmask,
    /// Make the root mount writable.
    Remount,
    /// Put a filter before every system call.
    Filter,
    /// Give up every effective capability, start a program, and see which of them it has.
    Exec,
}

/// A host name that is safe to set: 1–63 letters, digits and inner hyphens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hostname(String);

impl Hostname {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Not a host name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a host name: {0:?} (1 to 63 letters, digits and inner hyphens)")]
pub struct BadHostname(String);

impl TryFrom<String> for Hostname {
    type Error = BadHostname;

    fn try_from(name: String) -> Result<Self, BadHostname> {
        let good = (1..=63).contains(&name.len())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !name.starts_with('-')
            && !name.ends_with('-');
        if good { Ok(Self(name)) } else { Err(BadHostname(name)) }
    }
}

impl From<Hostname> for String {
    fn from(name: Hostname) -> Self {
        name.0
    }
}
