//! Where a process is in each hierarchy of cgroups, and which limits are in force there, `cgroup-v2.rst`, `cgroups(7)`.

use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::mounts::plain;
use crate::{
    lab::limit::{Group, Hierarchy},
    probe::{
        cgroup::Membership,
        limits::{self, Told},
        mountinfo::Mount,
    },
};

/// A process in one hierarchy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// `v2`, or `v1`: legacy.
    pub version: Hierarchy,
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// The cgroup that has it.
    pub cgroup: String,
    /// The file: `memory.max`.
    pub file: String,
    /// What it says.
    pub value: String,
}

/// Reads the cgroups of a process. `here` are our own mounts, whose paths lie below `files`.
pub fn read(files: &Path, here: &[Mount], theirs: &[Membership], ours: &[Membership]) -> Vec<Place> {
    theirs.iter().map(|member| place(files, here, member, ours)).collect()
}

fn place(files: &Path, here: &[Mount], member: &Membership, ours: &[Membership]) -> Place {
    let our_path = of_us(member, ours);
    let version = version(member);
    let mut place = Place {
        version,
        controllers: plain(&member.controllers),
        path: plain(&member.path),
        own: our_path != Some(member.path.as_str()),
        files: BTreeMap::new(),
        limits: Vec::new(),
    };
    let Some(mount) = mount_of(here, member) else { return place };
    if let Some(dir) = directory(files, mount, Path::new(&member.path)) {
        let told = limits::told(&dir, version).into_iter();
        place.files = told.map(|told| (told.file.to_owned(), line(&told.text))).collect();
    }
    let limits = limiting(files, mount, &member.path, our_path.unwrap_or("/"), version);
    let limits = limits.into_iter().flat_map(|(group, _, told)| {
        let cgroup = plain(&group.to_string_lossy());
        told.into_iter().map(move |told| Limit {
            cgroup: cgroup.clone(),
            file: told.file.to_owned(),
            value: line(&told.text),
        })
    });
    place.limits = limits.collect();
    place
}

/// Where the numbers of a process's cgroups are to be read: in each hierarchy the lowest of its cgroups that limits
/// anything, since a limit and what is used of it are said by the same one; its own where none does. The root of a
/// hierarchy limits nobody and is left out.
pub fn places(
    files: &Path,
    here: &[Mount],
    theirs: &[Membership],
    ours: &[Membership],
) -> Vec<limits::Place> {
    let place = |member: &Membership| {
        let (mount, hierarchy) = (mount_of(here, member)?, version(member));
        let our_path = of_us(member, ours).unwrap_or("/");
        let mut limiting = limiting(files, mount, &member.path, our_path, hierarchy).into_iter();
        let dir = limiting.next().map(|(_, dir, _)| dir);
        let dir = dir.or_else(|| directory(files, mount, Path::new(&member.path)))?;
        let top = directory(files, mount, Path::new("/"));
        let controllers = limits::controllers(&dir, hierarchy, &member.controllers);
        let place = limits::Place { group: Group::Box, hierarchy, controllers, dir };
        Some(place).filter(|place| Some(place.dir.as_path()) != top.as_deref())
    };
    theirs.iter().filter_map(place).filter(|place| !place.controllers.is_empty()).collect()
}

fn of_us<'a>(member: &Membership, ours: &'a [Membership]) -> Option<&'a str> {
    ours.iter().find(|our| our.controllers == member.controllers).map(|our| our.path.as_str())
}

fn version(member: &Membership) -> Hierarchy {
    if member.controllers.is_empty() { Hierarchy::V2 } else { Hierarchy::V1 }
}

/// The cgroup and those above it that limit, as far as they are not ours too, with what they say.
fn limiting(
    files: &Path,
    mount: &Mount,
    path: &str,
    ours: &str,
    hierarchy: Hierarchy,
) -> Vec<(PathBuf, PathBuf, Vec<Told>)> {
    let mut found = Vec::new();
    for group in Path::new(path).ancestors().take_while(|group| !Path::new(ours).starts_with(group)) {
        let Some(dir) = directory(files, mount, group) else { break };
        let mut told = limits::told(&dir, hierarchy);
        told.retain(|told| told.limits);
        if !told.is_empty() {
            found.push((group.to_owned(), dir, told));
        }
    }
    found
}

/// Our mount of the hierarchy, the last one.
fn mount_of<'a>(here: &'a [Mount], member: &Membership) -> Option<&'a Mount> {
    here.iter().rev().find(|mount| holds(mount, member))
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

/// A file in one line.
fn line(text: &str) -> String {
    plain(&text.replace('\n', "; "))
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
            place.limits.iter().map(|l| (l.cgroup.as_str(), l.file.as_str(), l.value.as_str())).collect();
        assert_eq!(
            limits,
            [("/user.slice/pod/c1", "cpu.max", "50000 100000"), ("/user.slice/pod", "memory.max", "1000")]
        );
        assert_eq!(place.files["memory.current"], "77");
        assert!(place.own && place.version == Hierarchy::V2);
        let [live] = &places(dir.path(), &mounts, &theirs, &ours)[..] else { panic!("one") };
        assert_eq!(live.dir, dir.path().join("sys/fs/cgroup/user.slice/pod/c1"), "the lowest that limits");
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
        let read = super::places(dir.path(), &mounts, &theirs, &cgroup::parse(b"4:memory:/\n"));
        let read: Vec<_> = read.iter().map(|place| place.dir.strip_prefix(dir.path()).unwrap()).collect();
        assert_eq!(read, ["cg/memory/docker/c", "cg/cpu/c"].map(Path::new));
    }
}
