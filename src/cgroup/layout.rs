//! Where this process is in each cgroup hierarchy, and where a directory may be made.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Component, Path, PathBuf},
};

use crate::{
    lab::limit::{Controller, Hierarchy},
    probe::{
        cgroup::{self, Membership},
        mountinfo::{self, Mount},
    },
};

/// Where a controller is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Which.
    pub controller: Controller,
    /// In which kind of hierarchy.
    pub hierarchy: Hierarchy,
    /// The directory of the cgroup that this process is in.
    pub own: PathBuf,
    /// The root of the hierarchy, as it is mounted here.
    pub top: PathBuf,
}

/// Every controller that there is, each in one hierarchy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    seats: Vec<Seat>,
}

impl Layout {
    /// Reads `/proc/self` and the mounts below a root directory (`/` but in tests).
    pub fn read(root: &Path) -> io::Result<Self> {
        Self::among(root, &mountinfo::parse(&fs::read(root.join("proc/self/mountinfo"))?))
    }

    /// The same, for whoever has read the list of mounts already.
    pub fn among(root: &Path, mounts: &[Mount]) -> io::Result<Self> {
        let own = cgroup::own(root)?;
        let mut seats = Vec::new();
        // Where a controller is in a v1 hierarchy, the unified one does not have it.
        for mount in mounts.iter().filter(|mount| mount.fstype == "cgroup") {
            seats.extend(v1_seats(root, mount, &own));
        }
        for mount in mounts.iter().filter(|mount| mount.fstype == "cgroup2") {
            let more = v2_seats(root, mount, &own);
            let new = |seat: &Seat| seats.iter().all(|other: &Seat| other.controller != seat.controller);
            let more: Vec<_> = more.into_iter().filter(new).collect();
            seats.extend(more);
        }
        seats.sort_by_key(|seat| seat.controller);
        seats.dedup_by_key(|seat| seat.controller);
        Ok(Self { seats })
    }

    /// Where a controller is; none where this kernel, or this container, has none.
    pub fn seat(&self, controller: Controller) -> Option<&Seat> {
        self.seats.iter().find(|seat| seat.controller == controller)
    }

    /// Every controller that there is.
    pub fn seats(&self) -> &[Seat] {
        &self.seats
    }

    /// Directories of the unified hierarchy that a new one could be made in, the most capable first and of those the
    /// nearest. Never our own: a cgroup with processes in it cannot pass controllers on to its children.
    pub fn v2_parents(&self) -> Vec<PathBuf> {
        let Some(seat) = self.seats.iter().find(|seat| seat.hierarchy == Hierarchy::V2) else {
            return Vec::new();
        };
        let mut parents: Vec<PathBuf> = if seat.own == seat.top {
            vec![seat.top.clone()]
        } else {
            let above = seat.own.ancestors().skip(1);
            above.take_while(|dir| dir.starts_with(&seat.top)).map(Path::to_owned).collect()
        };
        let wanted: BTreeSet<_> = Controller::ALL.iter().map(|c| c.name(Hierarchy::V2)).collect();
        let count =
            |dir: &PathBuf| passed_on(dir).iter().filter(|name| wanted.contains(name.as_str())).count();
        parents.sort_by_key(|dir| std::cmp::Reverse(count(dir)));
        parents
    }
}

/// The controllers that a cgroup passes on to its children.
pub(super) fn passed_on(dir: &Path) -> Vec<String> {
    let text = fs::read_to_string(dir.join("cgroup.subtree_control")).unwrap_or_default();
    text.split_whitespace().map(str::to_owned).collect()
}

fn v1_seats(root: &Path, mount: &Mount, own: &[Membership]) -> Vec<Seat> {
    let options: Vec<&str> = mount.super_options.split(',').collect();
    let seat = |controller: &Controller| {
        let name = controller.name(Hierarchy::V1);
        let member = own.iter().find(|member| member.controllers.split(',').any(|c| c == name))?;
        let own = inside(root, mount, &member.path)?;
        Some(Seat { controller: *controller, hierarchy: Hierarchy::V1, own, top: under(root, &mount.point) })
    };
    let here = |c: &&Controller| options.contains(&c.name(Hierarchy::V1));
    Controller::ALL.iter().filter(here).filter_map(seat).collect()
}

fn v2_seats(root: &Path, mount: &Mount, own: &[Membership]) -> Vec<Seat> {
    let Some(member) = own.iter().find(|member| member.controllers.is_empty()) else { return Vec::new() };
    let Some(own) = inside(root, mount, &member.path) else { return Vec::new() };
    let top = under(root, &mount.point);
    let there = fs::read_to_string(top.join("cgroup.controllers")).unwrap_or_default();
    let there: Vec<&str> = there.split_whitespace().collect();
    let named = |c: &Controller| there.contains(&c.name(Hierarchy::V2));
    // On a hybrid machine the unified hierarchy may have no controller of use at all: then it is left alone.
    if !Controller::ALL.iter().any(named) {
        return Vec::new();
    }
    let here = |c: &&Controller| c.is_core() || named(c);
    let seat = |c: &Controller| Seat {
        controller: *c,
        hierarchy: Hierarchy::V2,
        own: own.clone(),
        top: top.clone(),
    };
    Controller::ALL.iter().filter(here).map(seat).collect()
}

/// The directory of a path of /proc/self/cgroup, below the mount point. None where it lies outside what is mounted.
fn inside(root: &Path, mount: &Mount, path: &str) -> Option<PathBuf> {
    let path = Path::new(path);
    let below = path.strip_prefix(&mount.root).ok()?;
    let plain = below.components().all(|part| matches!(part, Component::Normal(_)));
    plain.then(|| under(root, &mount.point).join(below)).map(|dir| dir.components().collect())
}

fn under(root: &Path, point: &Path) -> PathBuf {
    root.join(point.strip_prefix("/").unwrap_or(point))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine of few files.
    fn machine(cgroup: &str, mounts: &[&str], files: &[(&str, &str)]) -> (tempfile::TempDir, Layout) {
        let dir = tempfile::tempdir().unwrap();
        let mounts = mounts.join("\n");
        let own = [("proc/self/cgroup", cgroup), ("proc/self/mountinfo", mounts.as_str())];
        for (path, text) in own.iter().chain(files) {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let layout = Layout::read(dir.path()).unwrap();
        (dir, layout)
    }

    const V2: &str = "31 27 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate";
    const ALL: &str = "cpuset cpu io memory hugetlb pids\n";

    #[test]
    fn in_v2_a_place_is_looked_for_above_our_own() {
        let (dir, layout) = machine(
            "0::/user.slice/user-0.slice/session-1.scope\n",
            &[V2],
            &[
                ("sys/fs/cgroup/cgroup.controllers", ALL),
                ("sys/fs/cgroup/cgroup.subtree_control", ALL),
                ("sys/fs/cgroup/user.slice/cgroup.subtree_control", "memory pids\n"),
                ("sys/fs/cgroup/user.slice/user-0.slice/cgroup.subtree_control", "memory pids\n"),
            ],
        );
        let top = dir.path().join("sys/fs/cgroup");
        assert_eq!(
            layout.v2_parents(),
            [top.clone(), top.join("user.slice/user-0.slice"), top.join("user.slice")]
        );
        let memory = layout.seat(Controller::Memory).unwrap();
        assert_eq!(memory.own, top.join("user.slice/user-0.slice/session-1.scope"));
        assert_eq!(layout.seats().len(), 7);
    }

    #[test]
    fn in_a_container_our_own_is_the_top() {
        let (dir, layout) =
            machine("0::/\n", &[V2], &[("sys/fs/cgroup/cgroup.controllers", "memory pids\n")]);
        assert_eq!(layout.v2_parents(), [dir.path().join("sys/fs/cgroup")]);
        assert!(layout.seat(Controller::Cpu).is_none() && layout.seat(Controller::Pids).is_some());
    }

    #[test]
    fn a_path_outside_of_what_is_mounted_is_no_place() {
        let bound = "31 27 0:27 /docker/x /sys/fs/cgroup rw - cgroup2 cgroup2 rw";
        let controllers = [("sys/fs/cgroup/cgroup.controllers", ALL)];
        let (dir, inside) = machine("0::/docker/x/y\n", &[bound], &controllers);
        assert_eq!(inside.seat(Controller::Cpu).unwrap().own, dir.path().join("sys/fs/cgroup/y"));
        let (_dir, outside) = machine("0::/other\n", &[bound], &controllers);
        assert_eq!(outside, Layout::default());
        let (_dir, above) = machine("0::/../x\n", &[V2], &controllers);
        assert_eq!(above, Layout::default());
    }

    #[test]
    fn each_controller_of_a_hybrid_machine_is_where_it_is() {
        let (dir, layout) = machine(
            "3:pids:/a\n2:cpu,cpuacct:/b\n1:name=systemd:/s\n0::/s\n",
            &[
                "40 30 0:33 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
                "41 30 0:34 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids",
                "42 30 0:35 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
            ],
            &[("sys/fs/cgroup/unified/cgroup.controllers", "cpuset memory\n")],
        );
        let at = |controller| {
            let seat: &Seat = layout.seat(controller).unwrap();
            (seat.hierarchy, seat.own.strip_prefix(dir.path().join("sys/fs/cgroup")).unwrap().to_owned())
        };
        assert_eq!(at(Controller::Cpu), (Hierarchy::V1, "cpu,cpuacct/b".into()));
        assert_eq!(at(Controller::Cpuacct), (Hierarchy::V1, "cpu,cpuacct/b".into()));
        assert_eq!(at(Controller::Pids), (Hierarchy::V1, "pids/a".into()));
        assert_eq!(at(Controller::Memory), (Hierarchy::V2, "unified/s".into()));
        assert_eq!(at(Controller::Freezer), (Hierarchy::V2, "unified/s".into()));
        assert!(layout.seat(Controller::Io).is_none());
    }

    #[test]
    fn a_unified_hierarchy_without_controllers_is_left_alone() {
        let (_dir, layout) = machine(
            "0::/\n",
            &["42 30 0:35 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw"],
            &[("sys/fs/cgroup/unified/cgroup.controllers", "hugetlb\n")],
        );
        assert_eq!(layout, Layout::default());
    }

    #[test]
    fn what_this_machine_says_can_be_read() {
        let layout = Layout::read(Path::new("/")).unwrap();
        for seat in layout.seats() {
            assert!(seat.own.is_dir(), "{seat:?}");
        }
    }
}
