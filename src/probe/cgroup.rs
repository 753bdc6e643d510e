//! `/proc/PID/cgroup` and which cgroup hierarchies are mounted, `cgroups(7)`.

use std::{io, path::Path};

use super::{
    kept::{Buffer, read_now},
    mountinfo::{self, Mount},
};

/// Where a process is in one hierarchy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// `memory`, `cpu,cpuacct`, `name=systemd`; empty for v2.
    pub controllers: String,
    /// The path, relative to the root of the reader's cgroup namespace.
    pub path: String,
}

/// Where this process is in each hierarchy; `root` is `/` but in tests.
pub fn own(root: &Path) -> io::Result<Vec<Membership>> {
    read_now(&root.join("proc/self/cgroup"), &mut Buffer::new()).map(parse)
}

/// Reads a cgroup file: `4:memory:/box` or, v2, `0::/box`.
pub fn parse(bytes: &[u8]) -> Vec<Membership> {
    let text = String::from_utf8_lossy(bytes);
    let line = |line: &str| {
        let mut fields = line.splitn(3, ':').skip(1);
        Some(Membership { controllers: fields.next()?.to_owned(), path: fields.next()?.to_owned() })
    };
    text.lines().filter_map(line).collect()
}

impl std::fmt::Display for Membership {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.controllers, self.path)
    }
}

/// Which generations of cgroups are mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// v1 controllers only.
    V1,
    /// The unified hierarchy only.
    V2,
    /// Both: each controller is on one of them, and which one varies.
    Hybrid,
    /// Nothing.
    None,
}

impl Version {
    /// `v1`, `v2`, `hybrid`, `none`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
            Self::Hybrid => "hybrid",
            Self::None => "none",
        }
    }

    /// What a set of mounts says. A v1 hierarchy without controllers (`name=systemd`) does not count.
    pub fn of(mounts: &[Mount]) -> Self {
        let v2 = mounts.iter().any(|mount| mount.fstype == "cgroup2");
        let v1 = mounts.iter().any(|mount| {
            mount.fstype == "cgroup" && !mount.super_options.split(',').any(|o| o.starts_with("name="))
        });
        match (v1, v2) {
            (true, false) => Self::V1,
            (false, true) => Self::V2,
            (true, true) => Self::Hybrid,
            (false, false) => Self::None,
        }
    }
}

/// Which generations the reading process sees, by its own mountinfo.
pub fn cgroup_version(proc_root: &Path) -> io::Result<Version> {
    let mut buffer = Buffer::new();
    let mounts = mountinfo::parse(read_now(&proc_root.join("self/mountinfo"), &mut buffer)?);
    Ok(Version::of(&mounts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mounts_of_each_kind_of_machine_are_told_apart() {
        for (machine, version) in [
            ("v1", Version::V1),
            ("v2", Version::V2),
            ("hybrid", Version::Hybrid),
            ("delegated", Version::V2),
        ] {
            let root = Path::new("tests/fixtures/proc").join(machine);
            assert_eq!(cgroup_version(&root).unwrap(), version, "{machine}");
        }
        assert_eq!(Version::of(&[]), Version::None);
        assert!(cgroup_version(Path::new("/nonexistent")).is_err());
    }

    #[test]
    fn a_path_may_hold_a_colon_and_v2_has_no_controller() {
        let shown: Vec<_> = parse(b"4:cpu,cpuacct:/a:b\n0::/x\n").iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["cpu,cpuacct:/a:b", ":/x"]);
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, line in "[0-9:a-z,=/]{0,20}") {
            parse(&bytes);
            parse(line.as_bytes());
        }
    }
}
