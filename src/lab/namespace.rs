//! The eight kinds of namespace, `namespaces(7)`.

use serde::{Deserialize, Serialize};

/// One kind of namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Namespace {
    /// User and group ids, capabilities, `user_namespaces(7)`.
    User,
    /// Mount points, `mount_namespaces(7)`.
    Mnt,
    /// Process ids, `pid_namespaces(7)`. Takes effect for children.
    Pid,
    /// Network devices, addresses, ports, `network_namespaces(7)`.
    Net,
    /// System V IPC and POSIX message queues, `ipc_namespaces(7)`.
    Ipc,
    /// Host name and NIS domain name, `uts_namespaces(7)`.
    Uts,
    /// The root of the cgroup paths, `cgroup_namespaces(7)`.
    Cgroup,
    /// Offsets of the monotonic and boot-time clocks, `time_namespaces(7)`. Takes effect for children.
    Time,
}

impl Namespace {
    /// All eight, in the order of the lab.
    pub const ALL: [Self; 8] =
        [Self::User, Self::Mnt, Self::Pid, Self::Net, Self::Ipc, Self::Uts, Self::Cgroup, Self::Time];

    /// The name of its link in `/proc/PID/ns`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Mnt => "mnt",
            Self::Pid => "pid",
            Self::Net => "net",
            Self::Ipc => "ipc",
            Self::Uts => "uts",
            Self::Cgroup => "cgroup",
            Self::Time => "time",
        }
    }

    /// The name of its flag for `unshare(2)`, `clone3(2)` and `setns(2)`.
    pub const fn flag(self) -> &'static str {
        match self {
            Self::User => "CLONE_NEWUSER",
            Self::Mnt => "CLONE_NEWNS",
            Self::Pid => "CLONE_NEWPID",
            Self::Net => "CLONE_NEWNET",
            Self::Ipc => "CLONE_NEWIPC",
            Self::Uts => "CLONE_NEWUTS",
            Self::Cgroup => "CLONE_NEWCGROUP",
            Self::Time => "CLONE_NEWTIME",
        }
    }

    /// The bit of [`Self::flag`], `linux/sched.h`.
    pub const fn bit(self) -> u64 {
        match self {
            Self::User => 0x1000_0000,
            Self::Mnt => 0x0002_0000,
            Self::Pid => 0x2000_0000,
            Self::Net => 0x4000_0000,
            Self::Ipc => 0x0800_0000,
            Self::Uts => 0x0400_0000,
            Self::Cgroup => 0x0200_0000,
            Self::Time => 0x0000_0080,
        }
    }

    /// The long option of `unshare(1)`.
    pub const fn unshare_option(self) -> &'static str {
        match self {
            Self::User => "--user",
            Self::Mnt => "--mount",
            Self::Pid => "--pid",
            Self::Net => "--net",
            Self::Ipc => "--ipc",
            Self::Uts => "--uts",
            Self::Cgroup => "--cgroup",
            Self::Time => "--time",
        }
    }

    /// The flags of several, joined as strace writes them, by their bits: `CLONE_NEWUTS|CLONE_NEWIPC`.
    pub fn flags(all: &[Self]) -> String {
        let mut all = all.to_vec();
        all.sort_by_key(|ns| ns.bit());
        all.iter().map(|ns| ns.flag()).collect::<Vec<_>>().join("|")
    }
}
