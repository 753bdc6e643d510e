//! The guard: refuses a call that would change something of the host's.
//!
//! What a call changes lives in a namespace. The guard compares that namespace of the acting process, read at that very
//! moment, with the host's; where they are the same, or cannot be read, the call is not made and fails with `EPERM`.

use std::{
    fs::File,
    os::{fd::OwnedFd, unix::fs::MetadataExt},
};

use nix::{
    errno::Errno,
    fcntl::{AtFlags, OFlag, open, openat},
    mount::MsFlags,
    sys::stat::{Mode, fstatat},
};

use super::{Call, Kernel, call::disk::DiskCall, disk::IMAGE};
use crate::lab::namespace::Namespace;

/// The inodes of the host's eight namespaces, in the order of [`Namespace::ALL`]; 0 where the kernel has none.
pub type HostNamespaces = [u64; 8];

/// The one program that a try may start: it prints what it finds, and changes nothing.
pub const SHOWS_ITSELF: &str = "/bin/cat";

/// Files of `/proc/PID` that are about namespaces of its own. The rest of /proc commands the whole machine.
const OF_NAMESPACES: [&str; 4] = ["setgroups", "uid_map", "gid_map", "timens_offsets"];

/// Reads the inodes of a process's namespaces; 0 where a link cannot be read.
pub fn namespaces_of(proc_pid: &str) -> HostNamespaces {
    Namespace::ALL
        .map(|ns| std::fs::metadata(format!("{proc_pid}/ns/{}", ns.name())).map_or(0, |meta| meta.ino()))
}

/// Lets a call through only when it cannot touch the host.
#[derive(Debug)]
pub struct Guard<K> {
    inner: K,
    host: HostNamespaces,
    box_dir: String,
    refused: bool,
}

impl<K: Kernel> Guard<K> {
    /// Guards the host whose namespaces are these; files may be made below `box_dir` while something is mounted there.
    pub const fn new(inner: K, host: HostNamespaces, box_dir: String) -> Self {
        Self { inner, host, box_dir, refused: false }
    }

    /// Whether the last call was refused here and never reached the kernel.
    pub const fn refused(&self) -> bool {
        self.refused
    }

    /// The kernel behind it.
    pub fn into_inner(self) -> K {
        self.inner
    }

    fn allows(&self, call: &Call) -> bool {
        match call {
            Call::Mount { flags, .. } if flags.contains(MsFlags::MS_PRIVATE) => {
                self.left_host(Namespace::Mnt) || self.only_tries(Namespace::Mnt)
            }
            Call::Mount { .. } | Call::Umount { .. } | Call::PivotRoot { .. } => {
                self.left_host(Namespace::Mnt) && mounts_stay_in() || self.only_tries(Namespace::Mnt)
            }
            Call::SetHostname(_) => self.left_host(Namespace::Uts) || self.only_tries(Namespace::Uts),
            Call::LinkUp(_) => self.left_host(Namespace::Net) || self.only_tries(Namespace::Net),
            Call::MsgGet | Call::ShmGet(_) | Call::MqOpen(_) => self.left_host(Namespace::Ipc),
            Call::Write { path, .. } => {
                let own = path.rsplit('/').next().is_some_and(|file| OF_NAMESPACES.contains(&file));
                path.starts_with("/proc/") && !path.contains("..") && own
            }
            Call::Mkdir(path) => {
                self.left_host(Namespace::Mnt) && (self.in_mounted_box(path) || in_own_root(path))
            }
            Call::Create { path, .. } | Call::Chmod { path, .. } | Call::Symlink { link: path, .. } => {
                self.left_host(Namespace::Mnt) && self.in_mounted_box(path)
            }
            // Of the stage alone, see [`crate::cgroup`].
            Call::Rmdir(_) | Call::Kill { .. } | Call::KillMember { .. } => false,
            Call::File(file) => {
                let ours = file.root == self.box_dir && file.paths().all(|path| self.in_mounted_box(path));
                self.left_host(Namespace::Mnt) && ours
            }
            Call::Disk(disk) => self.allows_disk(disk),
            // Of the stage alone, and always the two id map helpers.
            Call::Run { program, .. } => program.ends_with("/newuidmap") || program.ends_with("/newgidmap"),
            // What the machine's own root alone may do is only ever tried by another root, which may not.
            Call::Mknod(_) | Call::SetClock => self.left_host(Namespace::User),
            // With a range of ids it might: of a file of its own.
            Call::Chown { path, .. } => path == "/proc/self" && self.left_host(Namespace::User),
            // The process's own affair.
            Call::Unshare(_)
            | Call::Clone(_)
            | Call::Chroot(_)
            | Call::Chdir(_)
            | Call::DropCapabilities
            | Call::DropBounding(_)
            | Call::SetCapabilities(_)
            | Call::ClearAmbient
            | Call::NoNewPrivs
            | Call::SeccompFilter(_) => true,
            Call::Exec { program, .. } => program == SHOWS_ITSELF,
        }
    }

    /// A disk is of the whole machine: a loop device may stand for the image of this session, and for nothing else.
    fn allows_disk(&self, call: &DiskCall) -> bool {
        match call {
            DiskCall::FreeLoop => true,
            DiskCall::Sparse { path: file, .. }
            | DiskCall::Format { path: file, .. }
            | DiskCall::Attach { file, .. } => {
                let parent = self.box_dir.rsplit_once('/').map(|(parent, _)| parent);
                parent.is_some_and(|parent| file.strip_prefix(parent) == Some(&format!("/{IMAGE}")))
            }
            DiskCall::Project { dir, .. } | DiskCall::Quota { dir, .. } => {
                self.left_host(Namespace::Mnt) && *dir == self.box_dir && self.box_is_mounted()
            }
        }
    }

    fn left_host(&self, kind: Namespace) -> bool {
        let host = self.host_of(kind);
        host != 0 && own_namespace(kind).is_some_and(|ino| ino != host)
    }

    fn host_of(&self, kind: Namespace) -> u64 {
        Namespace::ALL.iter().zip(self.host).find(|(ns, _)| **ns == kind).map_or(0, |(_, ino)| ino)
    }

    /// Whether a call that changes the host's namespace of a kind can only be tried: the caller is in a user namespace of
    /// its own, and the host's namespaces belong to the host's. The kernel asks for a capability in the latter, which
    /// nobody in the former has, and answers `EPERM`: `user_namespaces(7)`.
    fn only_tries(&self, kind: Namespace) -> bool {
        own_namespace(kind) == Some(self.host_of(kind)) && self.left_host(Namespace::User)
    }

    /// Below the box directory, which is a mount point in the caller's own mount namespace.
    fn in_mounted_box(&self, path: &str) -> bool {
        let below = path.strip_prefix(&self.box_dir).is_some_and(|rest| rest.starts_with('/'));
        below && !path.contains("..") && self.box_is_mounted()
    }

    fn box_is_mounted(&self) -> bool {
        let device = |path: &str| std::fs::metadata(path).map(|meta| meta.dev());
        matches!(
            (device(&self.box_dir), device(&format!("{}/..", self.box_dir))),
            (Ok(inner), Ok(outer)) if inner != outer
        )
    }
}

impl<K: Kernel> Kernel for Guard<K> {
    fn call(&mut self, call: &Call) -> Result<i64, Errno> {
        self.refused = !self.allows(call);
        if self.refused { Err(Errno::EPERM) } else { self.inner.call(call) }
    }
}

/// The inode of the caller's namespace now, through `/proc/self` or, where no /proc is left, through the directory that
/// [`keep_own_proc`] kept open.
fn own_namespace(kind: Namespace) -> Option<u64> {
    let link = format!("ns/{}", kind.name());
    KEPT.with_borrow(|kept| {
        let dir = kept.as_ref()?;
        fstatat(dir, link.as_str(), AtFlags::empty()).ok().map(|stat| stat.st_ino)
    })
}

/// Whether no mount is shared: a new namespace of the same user namespace begins with mounts that still tell the host's
/// of every change, `mount_namespaces(7)`.
fn mounts_stay_in() -> bool {
    let read = KEPT.with_borrow(|kept| {
        let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC;
        let file = openat(kept.as_ref()?, "mountinfo", flags, Mode::empty()).ok()?;
        std::io::read_to_string(File::from(file)).ok()
    });
    // The optional fields stand between the sixth and the hyphen, proc_pid_mountinfo(5).
    let shared =
        |line: &str| line.split(' ').skip(6).take_while(|f| *f != "-").any(|f| f.starts_with("shared:"));
    read.is_some_and(|mounts| !mounts.lines().any(shared))
}

/// Directly below the /tmp of a root that is not the host's, on the same file system as that root.
fn in_own_root(path: &str) -> bool {
    let below = path.strip_prefix("/tmp/").is_some_and(|name| !name.contains('/') && name != "..");
    let own = matches!((place("/"), place("/tmp"), HOST_ROOT.get()), (Some(root), Some(tmp), Some(host))
        if root.0 != host.0 && root.0 == tmp.0);
    below && own
}

/// Which directory a path leads to: its device and inode.
fn place(path: &str) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()))
}

thread_local! {
    /// The root directory that a process of ours began with: the host's.
    static HOST_ROOT: std::cell::Cell<Option<(u64, u64)>> = const { std::cell::Cell::new(None) };
    static KEPT: std::cell::RefCell<Option<OwnedFd>> = const { std::cell::RefCell::new(None) };
}

/// Keeps the caller's own directory of /proc open: at its start and after each fork, while /proc is still there.
pub fn keep_own_proc() -> Result<(), Errno> {
    let dir = open("/proc/self", OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?;
    KEPT.set(Some(dir));
    HOST_ROOT.set(HOST_ROOT.get().or_else(|| place("/")));
    Ok(())
}

#[cfg(test)]
mod tests {
    use nix::mount::MntFlags;

    use super::*;
    use crate::kernel::{
        Recording,
        call::file::{Deed, FileCall},
    };

    fn dangerous() -> Vec<Call> {
        vec![
            Call::SetHostname("box".to_owned()),
            Call::Mount {
                source: "none".to_owned(),
                target: "/".to_owned(),
                fstype: String::new(),
                flags: MsFlags::MS_PRIVATE,
                data: String::new(),
            },
            Call::Umount { target: "/proc".to_owned(), flags: MntFlags::MNT_DETACH },
            Call::PivotRoot { new_root: ".".to_owned(), put_old: ".".to_owned() },
            Call::LinkUp("lo".to_owned()),
            Call::MsgGet,
            Call::ShmGet(4096),
            Call::MqOpen("/q".to_owned()),
            Call::Mkdir("/tmp/box/usr".to_owned()),
            Call::Create { path: "/etc/passwd".to_owned(), text: String::new() },
            Call::Symlink { target: "usr/bin".to_owned(), link: "/tmp/box/bin".to_owned() },
            Call::File(FileCall {
                root: "/tmp/box".to_owned(),
                path: "/tmp/box/f".to_owned(),
                deed: Deed::Unlink,
            }),
            Call::File(FileCall { root: "/".to_owned(), path: "/etc/passwd".to_owned(), deed: Deed::Unlink }),
            Call::Write { path: "/etc/passwd".to_owned(), text: String::new() },
            Call::Write { path: "/proc/../etc/passwd".to_owned(), text: String::new() },
            Call::Write { path: "/proc/sysrq-trigger".to_owned(), text: String::new() },
            Call::Write { path: "/proc/sys/kernel/hostname".to_owned(), text: String::new() },
            Call::Mknod("/tmp/null".to_owned()),
            Call::Exec { program: "/bin/sh".to_owned(), args: Vec::new() },
            Call::SetClock,
            Call::Chown { path: "/".to_owned(), uid: 1 },
            Call::Disk(DiskCall::Sparse { path: "/etc/image".to_owned(), bytes: 1 }),
            Call::Disk(DiskCall::Format { path: "/dev/vda".to_owned(), quota: false }),
            Call::Disk(DiskCall::Attach { device: 0, file: "/tmp/box/image".to_owned() }),
            Call::Disk(DiskCall::Project { dir: "/tmp/box".to_owned(), project: 7 }),
            Call::Disk(DiskCall::Quota { dir: "/".to_owned(), project: 7, bytes: 1 }),
        ]
    }

    #[test]
    fn in_the_hosts_namespaces_nothing_of_the_host_can_be_changed() {
        keep_own_proc().unwrap();
        let mut guard = Guard::new(Recording::default(), namespaces_of("/proc/self"), "/tmp/box".to_owned());
        for call in dangerous() {
            assert_eq!(guard.call(&call), Err(Errno::EPERM), "{call:?}");
            assert!(guard.refused());
        }
        assert_eq!(guard.inner.calls, []);
    }

    #[test]
    fn outside_the_hosts_namespaces_calls_go_through_but_files_stay_in_the_box() {
        keep_own_proc().unwrap();
        let elsewhere = namespaces_of("/proc/self").map(|ino| ino + 1);
        let mut guard = Guard::new(Recording::default(), elsewhere, "/nowhere/box".to_owned());
        assert_eq!(guard.call(&Call::SetHostname("box".to_owned())), Ok(0));
        assert_eq!(guard.call(&Call::MsgGet), Ok(0));
        let write = |file: &str| Call::Write { path: format!("/proc/self/{file}"), text: String::new() };
        assert_eq!(guard.call(&write("timens_offsets")), Ok(0));
        assert_eq!(guard.call(&write("oom_score_adj")), Err(Errno::EPERM));
        let attach = |file: &str| Call::Disk(DiskCall::Attach { device: 0, file: file.to_owned() });
        assert_eq!(guard.call(&attach("/nowhere/image")), Ok(0));
        assert_eq!(guard.call(&attach("/nowhere/box/image")), Err(Errno::EPERM));
        let project = Call::Disk(DiskCall::Project { dir: "/nowhere/box".to_owned(), project: 7 });
        assert_eq!(guard.call(&project), Err(Errno::EPERM), "nothing is mounted there");
        assert_eq!(guard.call(&Call::Chown { path: "/".to_owned(), uid: 1 }), Err(Errno::EPERM));
        assert_eq!(guard.call(&Call::Mkdir("/nowhere/box/usr".to_owned())), Err(Errno::EPERM));
        assert_eq!(guard.call(&Call::Mkdir("/home/x".to_owned())), Err(Errno::EPERM));
        assert_eq!(guard.call(&Call::Mkdir("/tmp/x".to_owned())), Err(Errno::EPERM), "the host's /tmp");
    }

    #[test]
    fn a_host_whose_namespaces_are_unknown_is_not_touched() {
        keep_own_proc().unwrap();
        let mut guard = Guard::new(Recording::default(), [0; 8], "/tmp/box".to_owned());
        assert_eq!(guard.call(&Call::MsgGet), Err(Errno::EPERM));
    }
}
