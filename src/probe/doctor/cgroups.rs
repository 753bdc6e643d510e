//! Which generations of cgroups there are, and in which this user may really make a group: one is made and removed.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{Check, Verdict};
use crate::probe::{
    cgroup::{self, Membership, Version},
    mountinfo::{self, Mount},
    value::symbol,
};

/// What the labs about limits need.
const NEEDED: [&str; 3] = ["cpu", "memory", "pids"];

/// Where this process is in one hierarchy.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Own {
    dir: PathBuf,
    v2: bool,
    controllers: Vec<String>,
}

pub(super) fn checks(proc_root: &Path) -> [Check; 2] {
    let version = cgroup::cgroup_version(proc_root).unwrap_or(Version::None);
    let none = version == Version::None;
    let generation = Check {
        id: "cgroup.version",
        verdict: if none { Verdict::Warn } else { Verdict::Ok },
        found: version.name().to_owned(),
        meaning: "doctor.meaning.cgroup_version",
        cure: none.then_some("doctor.cure.cgroup_version"),
    };
    [generation, controllers(&own_directories(proc_root))]
}

fn controllers(own: &[Own]) -> Check {
    let (mut writable, mut denied) = (Vec::new(), Vec::new());
    for own in own {
        match make_and_remove(own) {
            Ok(()) => writable.extend(own.controllers.iter().cloned()),
            Err(error) => {
                denied.extend(own.controllers.iter().map(|name| format!("{name}={}", symbol(&error))));
            }
        }
    }
    let enough = NEEDED.iter().all(|name| writable.iter().any(|w| w == name));
    // Only v2 can be handed to an ordinary user.
    let delegable =
        own.iter().any(|own| own.v2 && NEEDED.iter().all(|name| own.controllers.iter().any(|o| o == name)));
    let cure = if delegable { "doctor.cure.cgroup_controllers" } else { "doctor.cure.sudo" };
    let all: Vec<_> = writable.into_iter().chain(denied).collect();
    Check {
        id: "cgroup.controllers",
        verdict: if enough { Verdict::Ok } else { Verdict::Warn },
        found: if all.is_empty() { "-".to_owned() } else { all.join(" ") },
        meaning: "doctor.meaning.cgroup_controllers",
        cure: (!enough).then_some(cure),
    }
}

/// On v2 a new group has only the controllers that its parent may hand down.
fn make_and_remove(own: &Own) -> io::Result<()> {
    let child = own.dir.join(format!("korobka-doctor-{}", std::process::id()));
    fs::create_dir(&child)?;
    fs::remove_dir(&child)?;
    if own.v2 {
        fs::OpenOptions::new().write(true).open(own.dir.join("cgroup.subtree_control"))?;
    }
    Ok(())
}

/// The directory of this process in each mounted hierarchy that has controllers.
fn own_directories(proc_root: &Path) -> Vec<Own> {
    let read = |file: &str| fs::read(proc_root.join("self").join(file)).unwrap_or_default();
    let mounts = mountinfo::parse(&read("mountinfo"));
    let memberships = cgroup::parse(&read("cgroup"));
    memberships.iter().filter_map(|membership| own_directory(membership, &mounts)).collect()
}

fn own_directory(membership: &Membership, mounts: &[Mount]) -> Option<Own> {
    let v2 = membership.controllers.is_empty();
    let wanted: Vec<&str> = membership.controllers.split(',').collect();
    let mount = mounts.iter().find(|mount| match mount.fstype.as_str() {
        "cgroup2" => v2,
        "cgroup" => !v2 && wanted.iter().all(|name| mount.super_options.split(',').any(|o| o == *name)),
        _ => false,
    })?;
    if wanted.iter().any(|name| name.starts_with("name=")) {
        return None;
    }
    let path = Path::new(&membership.path);
    let below = path.strip_prefix(&mount.root).or_else(|_| path.strip_prefix("/")).ok()?;
    let dir = mount.point.join(below);
    let controllers = if v2 {
        let available = fs::read_to_string(dir.join("cgroup.controllers")).unwrap_or_default();
        available.split_whitespace().map(str::to_owned).collect()
    } else {
        wanted.iter().map(|name| (*name).to_owned()).collect()
    };
    Some(Own { dir, v2, controllers })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hierarchy_has_its_own_directory() {
        let of = |machine: &str| {
            let own = own_directories(&Path::new("tests/fixtures/proc").join(machine));
            own.into_iter().map(|own| own.dir).collect::<Vec<_>>()
        };
        assert_eq!(of("v2"), [Path::new("/sys/fs/cgroup/user.slice/user-1000.slice/session-2.scope")]);
        let v1 = of("v1");
        assert_eq!(v1.len(), 7, "not the one without controllers");
        assert!(v1.contains(&"/sys/fs/cgroup/memory/user.slice".into()), "{v1:?}");
        assert!(v1.contains(&"/sys/fs/cgroup/cpu,cpuacct".into()), "{v1:?}");
    }

    #[test]
    fn a_mount_of_a_part_is_counted_from_that_part() {
        let mounts =
            mountinfo::parse(b"1 0 0:1 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n");
        let own = |path: &str| {
            let membership = Membership { controllers: "memory".into(), path: path.into() };
            own_directory(&membership, &mounts).unwrap().dir
        };
        assert_eq!(own("/docker/abc"), Path::new("/sys/fs/cgroup/memory"));
        assert_eq!(own("/docker/abc/x"), Path::new("/sys/fs/cgroup/memory/x"));
    }

    #[test]
    fn a_directory_that_cannot_be_written_is_named_with_its_error() {
        let own = Own { dir: "/proc/self".into(), v2: false, controllers: vec!["memory".into()] };
        let check = controllers(&[own]);
        assert_eq!(check.verdict, Verdict::Warn);
        assert!(check.found.starts_with("memory=E"), "{}", check.found);
        assert_eq!(controllers(&[]).found, "-");
    }
}
