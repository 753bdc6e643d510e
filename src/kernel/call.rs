//! Every system call that the program makes to change something, as a value, and how strace would write it.

use nix::mount::{MntFlags, MsFlags};

use crate::lab::namespace::Namespace;

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
    /// `symlink(2)`.
    Symlink {
        /// What the link says.
        target: String,
        /// The link.
        link: String,
    },
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
            Self::SetHostname(_) => "sethostname",
            Self::Mount { .. } => "mount",
            Self::Umount { .. } => "umount2",
            Self::PivotRoot { .. } => "pivot_root",
            Self::Chroot(_) => "chroot",
            Self::Chdir(_) => "chdir",
            Self::Mkdir(_) => "mkdir",
            Self::Symlink { .. } => "symlink",
            Self::LinkUp(_) => "sendto",
            Self::MsgGet => "msgget",
            Self::ShmGet(_) => "shmget",
            Self::MqOpen(_) => "mq_open",
            Self::DropCapabilities => "capset",
            Self::Run { .. } => "execve",
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
            Self::Chroot(path) | Self::Chdir(path) => vec![quoted(path)],
            Self::Mkdir(path) => vec![quoted(path), "0755".to_owned()],
            Self::Symlink { target, link } => vec![quoted(target), quoted(link)],
            Self::LinkUp(name) => {
                vec!["<NETLINK_ROUTE>".to_owned(), format!("{{RTM_NEWLINK, {name}, IFF_UP}}")]
            }
            Self::MsgGet => vec!["IPC_PRIVATE".to_owned(), "IPC_CREAT|0600".to_owned()],
            Self::ShmGet(size) => {
                vec!["IPC_PRIVATE".to_owned(), size.to_string(), "IPC_CREAT|0600".to_owned()]
            }
            Self::MqOpen(name) => vec![quoted(name), "O_CREAT|O_RDWR".to_owned(), "0600".to_owned()],
            Self::DropCapabilities => vec!["{effective=0, permitted=0, inheritable=0}".to_owned()],
            Self::Run { program, args } => vec![quoted(program), format!("{args:?}")],
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
            | Self::Mkdir(path) => Some(path),
            Self::Symlink { link, .. } => Some(link),
            Self::Run { program, .. } => Some(program),
            Self::Unshare(_)
            | Self::Clone(_)
            | Self::SetHostname(_)
            | Self::LinkUp(_)
            | Self::MsgGet
            | Self::ShmGet(_)
            | Self::MqOpen(_)
            | Self::DropCapabilities => None,
        }
    }
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
    }
}
