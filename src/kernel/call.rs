//! Every system call that the program makes to change something, as a value.

use crate::lab::namespace::Namespace;

/// One system call with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// `unshare(2)`.
    Unshare(Vec<Namespace>),
    /// `fork(2)`, or `clone3(2)` where namespaces are named. Returns 0 in the child.
    Clone(Vec<Namespace>),
    /// Open, write once, close: how maps and offsets are set. Returns the number of bytes.
    Write {
        /// The file.
        path: String,
        /// What is written.
        text: String,
    },
    /// `setresuid(2)` with the same id three times.
    SetUid(u32),
    /// `setresgid(2)` with the same id three times.
    SetGid(u32),
    /// `sethostname(2)`.
    SetHostname(String),
    /// `mount(2)`.
    Mount {
        /// Source.
        source: String,
        /// Target.
        target: String,
        /// File system type, or empty.
        fstype: String,
        /// Flags as in `sys/mount.h`.
        flags: u64,
        /// Options, or empty.
        data: String,
    },
    /// `umount2(2)`.
    Umount {
        /// Target.
        target: String,
        /// Flags as in `sys/mount.h`.
        flags: i32,
    },
    /// `pivot_root(2)`.
    PivotRoot {
        /// The new root.
        new_root: String,
        /// Where the old one goes.
        put_old: String,
    },
    /// `chroot(2)`.
    Chroot(String),
    /// `chdir(2)`.
    Chdir(String),
    /// `mkdir(2)` with mode 0755.
    Mkdir(String),
    /// `rmdir(2)`.
    Rmdir(String),
    /// `symlink(2)`.
    Symlink {
        /// What the link says.
        target: String,
        /// The link.
        link: String,
    },
    /// Bring an interface up, by a netlink message (`rtnetlink(7)`).
    LinkUp(String),
    /// `msgget(2)` with `IPC_CREAT` and a private key. Returns the id.
    MsgGet,
    /// `shmget(2)` with `IPC_CREAT`, a private key and a size in bytes. Returns the id.
    ShmGet(usize),
    /// `mq_open(3)` with `O_CREAT`.
    MqOpen(String),
    /// `capset(2)` to nothing, with the bounding set emptied first where that is allowed.
    DropCapabilities,
}
