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

use super::{rights::masked, root::SETTINGS_AND_PROGRAMS};
use crate::{
    kernel::{linux::mount_flags, rights::permitted},
    probe::{
        mountinfo::{self, Mount},
        rights::READ_ONLY,
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
    /// What is mounted below those: a bind mount brings it along, and it is not read-only because what is above it is.
    pub below: Vec<(String, MsFlags)>,
    /// Parts of /proc that a box does not see, and whether each is a directory.
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
            below: Vec::new(),
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
        host.below = below(&host.directories, mounts);
        for path in masked() {
            host.masked.extend(fs::metadata(path).map(|meta| (path.to_owned(), meta.is_dir())));
        }
        let there = READ_ONLY.into_iter().filter(|path| Path::new(path).exists());
        host.read_only.extend(there.map(str::to_owned));
        host
    }
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
