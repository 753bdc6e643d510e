//! What a plan must know of the machine, read once.

use std::{fs, path::Path};

use nix::{
    mount::MsFlags,
    unistd::{getegid, geteuid},
};

use super::root::SETTINGS_AND_PROGRAMS;
use crate::kernel::linux::mount_flags;

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
}

impl Host {
    /// Looks at this machine: a dozen calls that change nothing.
    pub fn look() -> Self {
        let mut host = Self {
            uid: geteuid().as_raw(),
            gid: getegid().as_raw(),
            links: Vec::new(),
            directories: vec![("usr".to_owned(), flags("/usr"))],
        };
        for name in SETTINGS_AND_PROGRAMS {
            let path = format!("/{name}");
            if let Ok(target) = fs::read_link(&path) {
                host.links.push((name.to_owned(), target.to_string_lossy().into_owned()));
            } else if Path::new(&path).is_dir() {
                host.directories.push((name.to_owned(), flags(&path)));
            }
        }
        host
    }
}

/// A user namespace may not take away flags that a mount came with, `mount_namespaces(7)`.
fn flags(path: &str) -> MsFlags {
    mount_flags(path).unwrap_or(MsFlags::empty())
}
