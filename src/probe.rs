//! Readers of /proc and friends, over a root path: what the kernel says, as [`crate::lab::fact`] values.
//!
//! | reader | who runs it | what it sees |
//! |---|---|---|
//! | [`process::ProcessReader`] | the stage | one process and the tree below it, from outside |
//! | [`host::HostReader`] | the stage | its own side of the wall |
//! | [`inside::InsideReader`] | the subject, or a witness in its namespaces | the other side of the wall |
//! | [`layers`] | whoever is inside | the trees of an overlay in the box directory |
//! | [`limits::LimitReader`] | the stage | the cgroups of the lab |
//! | [`doctor`] | the program | what this machine can do |
//!
//! The parsers ([`status`], [`mountinfo`], [`cgroup`], [`idmap`], [`tree`], [`ipc`]) are pure functions of bytes.

use std::{collections::BTreeMap, path::Path};

use crate::lab::{fact::FactId, namespace::Namespace, observation::Value};

pub mod cgroup;
pub mod doctor;
mod here;
pub mod host;
pub mod idmap;
pub mod inside;
pub mod ipc;
mod kept;
pub mod layers;
pub mod limits;
pub mod mountinfo;
pub mod net;
pub mod process;
pub mod rights;
pub mod status;
pub mod tree;
mod value;

/// What a reader saw.
pub type Facts = BTreeMap<FactId, Value>;

/// The inode of a process's namespace: `/proc/PID/ns/uts` is the link `uts:[4026531838]`, `namespaces(7)`.
/// `process` is a directory such as `/proc/self`.
pub fn namespace_inode(process: &Path, ns: Namespace) -> std::io::Result<i64> {
    let link = std::fs::read_link(process.join("ns").join(ns.name()))?;
    inode_of_link(&link.to_string_lossy()).ok_or_else(|| std::io::ErrorKind::InvalidData.into())
}

fn inode_of_link(link: &str) -> Option<i64> {
    link.split_once(":[")?.1.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inode_is_the_number_in_the_link() {
        assert_eq!(inode_of_link("uts:[4026531838]"), Some(4_026_531_838));
        for wrong in ["", "uts", "uts:[", "uts:[]", "uts:[x]", "uts:4026531838"] {
            assert_eq!(inode_of_link(wrong), None, "{wrong}");
        }
    }
}
