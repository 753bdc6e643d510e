//! Where a process is in each hierarchy of cgroups, and which limits are in force there, `cgroup-v2.rst`, `cgroups(7)`.

use std::{
    collections::BTreeMap,
    fs::File,
    io::Read,
    path::{Component, Path, PathBuf},
};

use serde::Serialize;

use super::mounts::plain;
use crate::probe::{cgroup::Membership, mountinfo::Mount};

/// A process in one hierarchy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// `v2`, or `v1`: legacy.
    pub version: &'static str,
    /// The controllers of a v1 hierarchy: `cpu,cpuacct`; empty for v2.
    pub controllers: String,
    /// The path, relative to the root of our cgroup namespace.
    pub path: String,
    /// Whether it is another cgroup than ours.
    pub own: bool,
    /// What its files say, by their names; what is not there is left out.
    pub files: BTreeMap<String, String>,
    /// The limits in force: of its own cgroup, or of one above it that we are not in.
    pub limits: Vec<Limit>,
}

/// A limit that is not "as much as there is".
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Limit {
    /// The cgroup that has it.
    pub cgroup: String,
    /// The file: `memory.max`.
    pub file: &'static str,
    /// What it says.
    pub value: String,
}

/// Files that limit, of both versions.
const LIMITS: [&str; 10] = [
    "cpu.max",
    "memory.max",
    "memory.high",
    "memory.swap.max",
    "pids.max",
    "io.max",
    "cpu.cfs_quota_us",
    "memory.limit_in_bytes",
    "blkio.throttle.read_bps_device",
    "blkio.throttle.write_bps_device",
];

/// Files that tell what is used, and shares.
const OTHERS: [&str; 7] = [
    "cpu.weight",
    "cpuset.cpus.effective",
    "memory.current",
    "pids.current",
    "cgroup.freeze",
    "cpu.shares",
    "memory.usage_in_bytes",
];

/// A limit of v1 from here on means none: the largest number of pages, in bytes.
const UNLIMITED: u64 = 1 << 62;
/// No cgroup file that is read here is longer.
const LONGEST: u64 = 4096;

/// Reads the cgroups of a process. `here` are our own mounts, whose paths lie below `files`.
pub fn read(files: &Path, here: &[Mount], theirs: &[Membership], ours: &[Membership]) -> Vec<Place> {
    theirs.iter().map(|member| place(files, here, member, ours)).collect()
}

fn place(files: &Path, here: &[Mount], member: &Membership, ours: &[Membership]) -> Place {
    let our_path = ours.iter().find(|our| our.controllers == member.controllers).map(|our| our.path.as_str());
    let v2 = member.controllers.is_empty();
    let mut place = Place {
        version: if v2 { "v2" } else { "v1" },
        controllers: plain(&member.controllers),
        path: plain(&member.path),
        own: our_path != Some(member.path.as_str()),
        files: BTreeMap::new(),
        limits: Vec::new(),
    };
    let Some(mount) = here.iter().rev().find(|mount| holds(mount, member)) else { return place };
    if let Some(dir) = directory(files, mount, Path::new(&member.path)) {
        let read = |name: &&str| line(&dir.join(name)).map(|text| ((*name).to_owned(), text));
        place.files = LIMITS.iter().chain(&OTHERS).filter_map(read).collect();
    }
    place.limits = limits(files, mount, &member.path, our_path.unwrap_or("/"));
    place
}

/// Limits of the cgroup and of those above it, as far as they are not ours too.
fn limits(files: &Path, mount: &Mount, path: &str, ours: &str) -> Vec<Limit> {
    let mut found = Vec::new();
    for group in Path::new(path).ancestors().take_while(|group| !Path::new(ours).starts_with(group)) {
        let Some(dir) = directory(files, mount, group) else { break };
        for file in LIMITS {
            if let Some(value) = line(&dir.join(file)).filter(|value| is_limit(file, value)) {
                found.push(Limit { cgroup: plain(&group.to_string_lossy()), file, value });
            }
        }
    }
    found
}

/// Whether a file of cgroupfs is a limit and not "as much as there is".
fn is_limit(file: &str, value: &str) -> bool {
    match file {
        "memory.limit_in_bytes" => value.parse().is_ok_and(|bytes: u64| bytes < UNLIMITED),
        _ => !value.is_empty() && !value.starts_with("max") && !value.starts_with('-'),
    }
}

/// Whether a mount shows the hierarchy.
fn holds(mount: &Mount, member: &Membership) -> bool {
    if member.controllers.is_empty() {
        return mount.fstype == "cgroup2";
    }
    let has = |controller: &str| mount.super_options.split(',').any(|option| option == controller);
    mount.fstype == "cgroup" && member.controllers.split(',').all(has)
}

/// The directory of a cgroup below a mount of its hierarchy. None where it lies outside of what the mount shows.
fn directory(files: &Path, mount: &Mount, group: &Path) -> Option<PathBuf> {
    let below = group.strip_prefix(&mount.root).ok()?;
    if below.components().any(|part| matches!(part, Component::ParentDir)) {
        return None;
    }
    Some(files.join(mount.point.strip_prefix("/").ok()?).join(below))
}

/// A small file in one line.
fn line(path: &Path) -> Option<String> {
    let mut text = Vec::new();
    File::open(path).ok()?.take(LONGEST).read_to_end(&mut text).ok()?;
    let text = String::from_utf8_lossy(&text);
    Some(plain(&text.trim().replace('\n', "; ")))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::probe::{cgroup, mountinfo};

    fn machine(mounts: &[u8], written: &[(&str, &str)]) -> (tempfile::TempDir, Vec<Mount>) {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in written {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        (dir, mountinfo::parse(mounts))
    }

    #[test]
    fn limits_of_the_groups_above_count_as_far_as_they_are_not_ours_too() {
        let (dir, mounts) = machine(
            b"1 0 0:1 / /sys/fs/cgroup rw - cgroup2 none rw\n",
            &[
                ("sys/fs/cgroup/user.slice/pids.max", "500\n"),
                ("sys/fs/cgroup/user.slice/pod/memory.max", "1000\n"),
                ("sys/fs/cgroup/user.slice/pod/c1/memory.max", "max\n"),
                ("sys/fs/cgroup/user.slice/pod/c1/cpu.max", "50000 100000\n"),
                ("sys/fs/cgroup/user.slice/pod/c1/memory.current", "77\n"),
            ],
        );
        let (theirs, ours) =
            (cgroup::parse(b"0::/user.slice/pod/c1\n"), cgroup::parse(b"0::/user.slice/me\n"));
        let [place] = &read(dir.path(), &mounts, &theirs, &ours)[..] else { panic!("one") };
        let limits: Vec<_> =
            place.limits.iter().map(|l| (l.cgroup.as_str(), l.file, l.value.as_str())).collect();
        assert_eq!(
            limits,
            [("/user.slice/pod/c1", "cpu.max", "50000 100000"), ("/user.slice/pod", "memory.max", "1000")]
        );
        assert_eq!(place.files["memory.current"], "77");
        assert!(place.own && place.version == "v2");
        let same = read(dir.path(), &mounts, &ours, &ours);
        assert!(!same[0].own && same[0].limits.is_empty());
    }

    #[test]
    fn each_v1_hierarchy_is_read_where_it_is_mounted() {
        let (dir, mounts) = machine(
            b"1 0 0:1 / /cg/memory rw - cgroup none rw,memory\n2 0 0:1 /docker /cg/cpu rw - cgroup none rw,cpu,cpuacct\n",
            &[
                ("cg/memory/docker/c/memory.limit_in_bytes", "67108864\n"),
                ("cg/cpu/c/cpu.cfs_quota_us", "-1\n"),
            ],
        );
        let theirs = cgroup::parse(
            b"4:memory:/docker/c\n3:cpu,cpuacct:/docker/c\n2:pids:/docker/c\n1:cpu,cpuacct:/../x\n",
        );
        let places = read(dir.path(), &mounts, &theirs, &cgroup::parse(b"4:memory:/\n3:cpu,cpuacct:/\n"));
        assert_eq!(places[0].limits.len(), 1);
        assert_eq!((places[1].files["cpu.cfs_quota_us"].as_str(), places[1].limits.len()), ("-1", 0));
        assert!(places[2].files.is_empty(), "not mounted");
        assert!(places[3].files.is_empty(), "outside of what we see");
        assert!(is_limit("pids.max", "50") && !is_limit("memory.limit_in_bytes", "9223372036854771712"));
    }
}
