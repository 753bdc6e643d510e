//! What a plan must know of the machine, read once.

use std::{
    fs,
    io::{stderr, stdin, stdout},
    path::Path,
};

use nix::{
    mount::MsFlags,
    unistd::{getegid, geteuid, ttyname},
};

use super::root::{LOADER, SETTINGS_AND_PROGRAMS};
use crate::{
    kernel::{linux::mount_flags, rights::permitted},
    probe::{
        mountinfo::{self, Mount},
        rights::{MASKED, READ_ONLY},
    },
};

/// The parts of the host that a box's root is made of, and who starts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// The user id that starts boxes.
    pub uid: u32,
    /// Its group id.
    pub gid: u32,
    /// Directories of the root that are links on the host: `bin` and `usr/bin`.
    pub links: Vec<(String, String)>,
    /// Directories of the host that a box sees, read-only, each with the flags that its mount has now.
    pub directories: Vec<(String, MsFlags)>,
    /// Files of the host, likewise.
    pub files: Vec<(String, MsFlags)>,
    /// What is mounted below those directories: a bind mount brings it along, and it is not read-only because what is above it is.
    pub below: Vec<(String, MsFlags)>,
    /// How the host's /sys is mounted, where a user namespace may mount another beside it: the kernel wants to see the
    /// whole of one, whose times of access are kept in the same way (`mount_too_revealing` in its `namespace.c`).
    pub sys: Option<MsFlags>,
    /// Whether the only hierarchy of cgroups is that of v2.
    pub unified: bool,
    /// Parts of /proc and /sys that a box does not see, and whether each is a directory.
    pub masked: Vec<(String, bool)>,
    /// Parts of /proc that a box may not change.
    pub read_only: Vec<String>,
    /// The terminal that standard input, output or error is.
    pub terminal: Option<String>,
    /// The number of the last capability that this kernel knows.
    pub last_capability: u8,
    /// What is permitted to whoever starts boxes.
    pub permitted: u64,
}

impl Host {
    /// Looks at this machine: two dozen calls that change nothing.
    pub fn look() -> Self {
        Self::look_among(&mountinfo::own())
    }

    /// The same, for whoever has read the list of mounts already: where it could not be read, there is no /proc to
    /// mount either.
    pub fn look_among(mounts: &[Mount]) -> Self {
        let mut host = Self {
            uid: geteuid().as_raw(),
            gid: getegid().as_raw(),
            links: Vec::new(),
            directories: vec![("usr".to_owned(), flags(Path::new("/usr")))],
            files: Vec::new(),
            below: Vec::new(),
            sys: None,
            unified: false,
            masked: Vec::new(),
            read_only: Vec::new(),
            terminal: terminal(),
            last_capability: last_capability(),
            permitted: permitted().unwrap_or_default(),
        };
        for name in SETTINGS_AND_PROGRAMS {
            let path = format!("/{name}");
            if let Ok(target) = fs::read_link(&path) {
                host.links.push((name.to_owned(), target.to_string_lossy().into_owned()));
            } else if Path::new(&path).is_dir() {
                host.directories.push((name.to_owned(), flags(Path::new(&path))));
            }
        }
        let files = LOADER.into_iter().filter(|name| Path::new("/").join(name).is_file());
        host.files.extend(files.map(|name| (name.to_owned(), flags(&Path::new("/").join(name)))));
        host.below = below(&host.directories, mounts);
        host.sys = whole_sys(mounts).map(|point| flags(point) & TIMES);
        host.unified = mountinfo::fstype_at(mounts, Path::new("/sys/fs/cgroup")) == Some("cgroup2");
        for path in MASKED {
            host.masked.extend(fs::metadata(path).map(|meta| (path.to_owned(), meta.is_dir())));
        }
        let there = READ_ONLY.into_iter().filter(|path| Path::new(path).exists());
        host.read_only.extend(there.map(str::to_owned));
        host
    }
}

/// Which times of access are kept.
const TIMES: MsFlags = MsFlags::MS_NOATIME.union(MsFlags::MS_NODIRATIME).union(MsFlags::MS_RELATIME);

/// Directories of /sys that are there to be mounted on (`sysfs_create_mount_point` in the kernel): what is mounted on
/// another one hides something, as a container's mask does.
const TO_BE_MOUNTED_ON: [&str; 11] = [
    "fs/bpf",
    "fs/cgroup",
    "fs/fuse/connections",
    "fs/pstore",
    "fs/resctrl",
    "fs/selinux",
    "kernel/config",
    "kernel/debug",
    "kernel/security",
    "kernel/tracing",
    "firmware/efi/efivars",
];

/// Where a sysfs is mounted of which nothing is hidden.
fn whole_sys(mounts: &[Mount]) -> Option<&Path> {
    let harmless = |rest: &Path| TO_BE_MOUNTED_ON.iter().any(|dir| rest.starts_with(dir));
    let whole = |sys: &&Mount| {
        let mut below = mountinfo::below(mounts, &sys.point);
        below.all(|mount| mount.point.strip_prefix(&sys.point).is_ok_and(harmless))
    };
    let mut roots = mounts.iter().filter(|mount| mount.fstype == "sysfs" && mount.root == Path::new("/"));
    roots.find(whole).map(|mount| mount.point.as_path())
}

/// The mounts below these directories.
fn below(directories: &[(String, MsFlags)], mounts: &[Mount]) -> Vec<(String, MsFlags)> {
    let of = |name: &str| {
        let dir = format!("/{name}");
        // The kernel's list names no links.
        let real = fs::canonicalize(&dir).unwrap_or_else(|_| dir.clone().into());
        let points = mountinfo::below(mounts, &real).filter_map(|mount| mount.point.strip_prefix(&real).ok());
        let named = |rest: &Path| (format!("{name}/{}", rest.to_string_lossy()), flags(&real.join(rest)));
        points.map(named).collect::<Vec<_>>()
    };
    directories.iter().flat_map(|(name, _)| of(name)).collect()
}

/// `/proc/sys/kernel/cap_last_cap`; all that have a name here where it cannot be read.
fn last_capability() -> u8 {
    let said = fs::read_to_string("/proc/sys/kernel/cap_last_cap").ok();
    said.and_then(|text| text.trim().parse().ok()).unwrap_or(u8::MAX)
}

/// Its path, checked to lead to it.
fn terminal() -> Option<String> {
    let path = ttyname(stdin()).or_else(|_| ttyname(stdout())).or_else(|_| ttyname(stderr())).ok()?;
    Some(path.to_string_lossy().into_owned())
}

/// A user namespace may not take away flags that a mount came with, `mount_namespaces(7)`.
fn flags(path: &Path) -> MsFlags {
    mount_flags(&path.to_string_lossy()).unwrap_or(MsFlags::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sys_of_which_something_is_hidden_is_not_whole() {
        let mounts = |more: &str| {
            let sys = "20 1 0:20 / /sys rw,relatime shared:7 - sysfs sysfs rw\n\
                       21 20 0:21 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
                       22 21 0:22 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
                       23 20 0:23 / /sys/kernel/debug rw - debugfs debugfs rw\n";
            mountinfo::parse(format!("{sys}{more}").as_bytes())
        };
        assert_eq!(whole_sys(&mounts("")), Some(Path::new("/sys")));
        assert_eq!(whole_sys(&mounts("24 20 0:24 / /sys/firmware ro - tmpfs tmpfs ro\n")), None);
        assert_eq!(whole_sys(&mountinfo::parse(b"20 1 0:20 /fs /sys rw - sysfs sysfs rw\n")), None);
        assert_eq!(whole_sys(&[]), None);
    }
}
