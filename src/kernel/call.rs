//! Every system call that the program makes to change something, as a value, and how strace would write it.

pub mod disk;
pub mod file;

use disk::DiskCall;
use file::FileCall;
use nix::{
    errno::Errno,
    mount::{MntFlags, MsFlags},
    sys::signal::Signal,
};

use crate::lab::{capability::Capability, namespace::Namespace, seccomp::Filter, trace::Failure};

/// One system call with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// `unshare(2)`.
    Unshare(Vec<Namespace>),
    /// `fork(2)`, or `clone3(2)` where namespaces are named. Returns 0 in the child, the child's pid in the parent.
    Clone(Vec<Namespace>),
    /// Opens an existing file, writes once, closes: how maps and offsets are set. Returns the number of bytes.
    Write {
        /// The file.
        path: String,
        /// What is written.
        text: String,
    },
    /// Creates a small file. Returns the number of bytes.
    Create {
        /// The file.
        path: String,
        /// What it holds.
        text: String,
    },
    /// A call about a disk of the box's own.
    Disk(DiskCall),
    /// `rmdir(2)`.
    Rmdir(String),
    /// `kill(2)`.
    Kill {
        /// Whom.
        pid: i32,
        /// What with.
        signal: Signal,
    },
    /// `pidfd_open(2)`, a look whether the process is still listed in a file such as `cgroup.procs`, and
    /// `pidfd_send_signal(2)`: a number that has been given to somebody else meanwhile is not hit. `ESRCH` where it is not
    /// listed any more.
    KillMember {
        /// Whom.
        pid: i32,
        /// What with.
        signal: Signal,
        /// The file that lists it.
        procs: String,
    },
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
        /// Flags.
        flags: MsFlags,
        /// Options, or empty.
        data: String,
    },
    /// `umount2(2)`.
    Umount {
        /// Target.
        target: String,
        /// Flags.
        flags: MntFlags,
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
    /// `chmod(2)`.
    Chmod {
        /// The file or directory.
        path: String,
        /// The bits.
        mode: u32,
    },
    /// `symlink(2)`.
    Symlink {
        /// What the link says.
        target: String,
        /// The link.
        link: String,
    },
    /// A call on a file below the box directory.
    File(FileCall),
    /// Brings an interface up by a message to the kernel, `rtnetlink(7)`.
    LinkUp(String),
    /// `msgget(2)` with a private key. Returns the id.
    MsgGet,
    /// `shmget(2)` with a private key and a size in bytes. Returns the id.
    ShmGet(usize),
    /// `mq_open(3)`, created.
    MqOpen(String),
    /// `capset(2)` to nothing.
    DropCapabilities,
    /// `prctl(PR_CAPBSET_DROP)`: takes one capability out of the bounding set.
    DropBounding(Capability),
    /// `capset(2)`: effective and permitted become this mask, inheritable becomes empty.
    SetCapabilities(u64),
    /// `prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)`.
    ClearAmbient,
    /// `prctl(PR_SET_NO_NEW_PRIVS)`.
    NoNewPrivs,
    /// `seccomp(SECCOMP_SET_MODE_FILTER)`.
    SeccompFilter(Filter),
    /// `mknod(2)` of the null device.
    Mknod(String),
    /// `clock_settime(2)` of the machine's clock, to what it says already.
    SetClock,
    /// `chown(2)` to another user.
    Chown {
        /// The file.
        path: String,
        /// The user id, as the caller's user namespace numbers it.
        uid: u32,
    },
    /// `execve(2)` of a program in a child that writes where the caller writes, waited for. `EPERM` where it fails.
    Exec {
        /// The program's path.
        program: String,
        /// Its arguments.
        args: Vec<String>,
    },
    /// `execve(2)` of a helper such as `newuidmap(1)` in a child, waited for. `EPERM` where it refuses.
    Run {
        /// The program's path.
        program: String,
        /// Its arguments.
        args: Vec<String>,
    },
}

impl Call {
    /// The name of its manual page.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Unshare(_) => "unshare",
            Self::Clone(ns) if ns.is_empty() => "fork",
            Self::Clone(_) => "clone3",
            Self::Write { .. } | Self::Create { .. } => "write",
            Self::Rmdir(_) => "rmdir",
            Self::Kill { .. } => "kill",
            Self::KillMember { .. } => "pidfd_send_signal",
            Self::SetHostname(_) => "sethostname",
            Self::Mount { .. } => "mount",
            Self::Umount { .. } => "umount2",
            Self::PivotRoot { .. } => "pivot_root",
            Self::Chroot(_) => "chroot",
            Self::Chdir(_) => "chdir",
            Self::Mkdir(_) => "mkdir",
            Self::Chmod { .. } => "chmod",
            Self::Symlink { .. } => "symlink",
            Self::File(file) => file.name(),
            Self::Disk(disk) => disk.name(),
            Self::LinkUp(_) => "sendto",
            Self::MsgGet => "msgget",
            Self::ShmGet(_) => "shmget",
            Self::MqOpen(_) => "mq_open",
            Self::DropCapabilities | Self::SetCapabilities(_) => "capset",
            Self::DropBounding(_) | Self::ClearAmbient | Self::NoNewPrivs => "prctl",
            Self::SeccompFilter(_) => "seccomp",
            Self::Mknod(_) => "mknod",
            Self::SetClock => "clock_settime",
            Self::Chown { .. } => "chown",
            Self::Run { .. } | Self::Exec { .. } => "execve",
        }
    }

    /// Its arguments, as strace writes them.
    pub fn args(&self) -> Vec<String> {
        match self {
            Self::Unshare(ns) => vec![Namespace::flags(ns)],
            Self::Clone(ns) if ns.is_empty() => Vec::new(),
            Self::Clone(ns) => vec![format!("{{flags={}, exit_signal=SIGCHLD}}", Namespace::flags(ns))],
            Self::Write { path, text } | Self::Create { path, text } => {
                vec![format!("<{path}>"), quoted(text), text.len().to_string()]
            }
            Self::Kill { pid, signal } => vec![pid.to_string(), signal.as_str().to_owned()],
            Self::KillMember { pid, signal, .. } => {
                vec![format!("<pid:{pid}>"), signal.as_str().to_owned(), "NULL".to_owned(), "0".to_owned()]
            }
            Self::SetHostname(name) => vec![quoted(name), name.len().to_string()],
            Self::Mount { source, target, fstype, flags, data } => vec![
                quoted_or_null(source),
                quoted(target),
                quoted_or_null(fstype),
                flag_names(flags.iter_names(), flags.bits() == 0),
                quoted_or_null(data),
            ],
            Self::Umount { target, flags } => {
                vec![quoted(target), flag_names(flags.iter_names(), flags.bits() == 0)]
            }
            Self::PivotRoot { new_root, put_old } => vec![quoted(new_root), quoted(put_old)],
            Self::Chroot(path) | Self::Chdir(path) | Self::Rmdir(path) => vec![quoted(path)],
            Self::Mkdir(path) => vec![quoted(path), "0755".to_owned()],
            Self::Chmod { path, mode } => vec![quoted(path), format!("0{mode:o}")],
            Self::Symlink { target, link } => vec![quoted(target), quoted(link)],
            Self::File(file) => file.args(),
            Self::Disk(disk) => disk.args(),
            Self::LinkUp(name) => {
                vec!["<NETLINK_ROUTE>".to_owned(), format!("{{RTM_NEWLINK, {name}, IFF_UP}}")]
            }
            Self::MsgGet => vec!["IPC_PRIVATE".to_owned(), "IPC_CREAT|0600".to_owned()],
            Self::ShmGet(size) => {
                vec!["IPC_PRIVATE".to_owned(), size.to_string(), "IPC_CREAT|0600".to_owned()]
            }
            Self::MqOpen(name) => vec![quoted(name), "O_CREAT|O_RDWR".to_owned(), "0600".to_owned()],
            Self::DropCapabilities => vec!["{effective=0, permitted=0, inheritable=0}".to_owned()],
            Self::SetCapabilities(mask) => {
                vec![format!("{{effective={mask:#x}, permitted={mask:#x}, inheritable=0}}")]
            }
            Self::DropBounding(_) | Self::ClearAmbient | Self::NoNewPrivs => self.prctl_args(),
            Self::SeccompFilter(filter) => filter_args(filter),
            Self::Mknod(path) => {
                vec![quoted(path), "S_IFCHR|0600".to_owned(), "makedev(0x1, 0x3)".to_owned()]
            }
            Self::SetClock => vec!["CLOCK_REALTIME".to_owned()],
            Self::Chown { path, uid } => vec![quoted(path), uid.to_string(), "-1".to_owned()],
            Self::Run { program, args } | Self::Exec { program, args } => {
                vec![quoted(program), format!("{args:?}")]
            }
        }
    }

    /// The path it is about, where it has one.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Mount { target, .. } | Self::Umount { target, .. } => Some(target),
            Self::PivotRoot { new_root, .. } => Some(new_root),
            Self::Write { path, .. }
            | Self::Create { path, .. }
            | Self::Chroot(path)
            | Self::Chdir(path)
            | Self::Mkdir(path)
            | Self::Chmod { path, .. }
            | Self::Rmdir(path)
            | Self::Mknod(path)
            | Self::Chown { path, .. } => Some(path),
            Self::Symlink { link, .. } => Some(link),
            Self::File(file) => Some(&file.path),
            Self::Disk(disk) => Some(disk.path()),
            Self::Run { program, .. } | Self::Exec { program, .. } => Some(program),
            Self::Unshare(_)
            | Self::Clone(_)
            | Self::SetHostname(_)
            | Self::Kill { .. }
            | Self::KillMember { .. }
            | Self::LinkUp(_)
            | Self::MsgGet
            | Self::ShmGet(_)
            | Self::MqOpen(_)
            | Self::DropCapabilities
            | Self::DropBounding(_)
            | Self::SetCapabilities(_)
            | Self::ClearAmbient
            | Self::NoNewPrivs
            | Self::SeccompFilter(_)
            | Self::SetClock => None,
        }
    }

    /// The call, failed, as data.
    pub fn failure(&self, errno: Errno) -> Failure {
        Failure {
            operation: self.name().to_owned(),
            arguments: self.args(),
            errno: format!("{errno:?}"),
            path: self.path().map(str::to_owned),
        }
    }

    fn prctl_args(&self) -> Vec<String> {
        let words = match self {
            Self::DropBounding(one) => ["PR_CAPBSET_DROP", one.name(), "", ""],
            Self::ClearAmbient => ["PR_CAP_AMBIENT", "PR_CAP_AMBIENT_CLEAR_ALL", "0", "0"],
            _ => ["PR_SET_NO_NEW_PRIVS", "1", "0", "0"],
        };
        words.into_iter().filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }
}

/// The program by its length, as strace writes it, and instead of its address what it denies.
fn filter_args(filter: &Filter) -> Vec<String> {
    let denied: Vec<_> = filter.denied.iter().map(|call| call.name()).collect();
    let program = format!("{{len={} /* {}: EPERM */}}", filter.program.len(), denied.join("|"));
    vec!["SECCOMP_SET_MODE_FILTER".to_owned(), "0".to_owned(), program]
}

/// `mount("none", "/", NULL, MS_REC|MS_PRIVATE, NULL)`: no mount propagates, either way, from here on.
pub fn make_private() -> Call {
    Call::Mount {
        source: "none".to_owned(),
        target: "/".to_owned(),
        fstype: String::new(),
        flags: MsFlags::MS_REC | MsFlags::MS_PRIVATE,
        data: String::new(),
    }
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}

fn quoted_or_null(text: &str) -> String {
    if text.is_empty() { "NULL".to_owned() } else { quoted(text) }
}

fn flag_names<T>(names: impl Iterator<Item = (&'static str, T)>, none: bool) -> String {
    if none { "0".to_owned() } else { names.map(|(name, _)| name).collect::<Vec<_>>().join("|") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::seccomp::{AARCH64, Denied};

    #[test]
    fn a_call_reads_as_strace_writes_it() {
        let mount = Call::Mount {
            source: "none".to_owned(),
            target: "/".to_owned(),
            fstype: String::new(),
            flags: MsFlags::MS_REC | MsFlags::MS_PRIVATE,
            data: String::new(),
        };
        assert_eq!(mount.args(), ["\"none\"", "\"/\"", "NULL", "MS_REC|MS_PRIVATE", "NULL"]);
        let both = Call::Unshare(vec![Namespace::Uts, Namespace::Ipc]);
        assert_eq!((both.name(), both.args()), ("unshare", vec!["CLONE_NEWUTS|CLONE_NEWIPC".to_owned()]));
        assert_eq!(
            Call::Umount { target: ".".to_owned(), flags: MntFlags::MNT_DETACH }.args()[1],
            "MNT_DETACH"
        );
        assert_eq!(Call::Clone(vec![]).name(), "fork");
        let drop = Call::DropBounding(Capability::SysAdmin);
        assert_eq!(
            (drop.name(), drop.args().join(", ").as_str()),
            ("prctl", "PR_CAPBSET_DROP, CAP_SYS_ADMIN")
        );
        assert_eq!(Call::NoNewPrivs.args().join(", "), "PR_SET_NO_NEW_PRIVS, 1, 0, 0");
        let filter = Filter::denying(&[Denied::Mkdir], &AARCH64);
        assert_eq!(
            Call::SeccompFilter(filter).args().join(", "),
            "SECCOMP_SET_MODE_FILTER, 0, {len=7 /* mkdir: EPERM */}"
        );
    }
}
