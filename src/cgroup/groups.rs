//! The cgroups of one session: made, limited, joined, emptied, removed.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    unistd::{AccessFlags, access},
};

use super::{
    directory::{self, Directory, text},
    layout::{Layout, passed_on},
    notes::{self, Notes},
};
use crate::{
    kernel::{Call, Kernel, Linux, errno_of},
    lab::{
        limit::{Amount, Controller, Hierarchy, Limit},
        trace::Failure,
    },
};

/// The groups of one session, each a directory in every hierarchy that it needs. Dropped, they are ended and removed.
#[derive(Debug)]
pub struct Groups {
    layout: Layout,
    prefix: String,
    notes: Notes,
    device: Option<String>,
    made: BTreeMap<String, Vec<Directory>>,
    /// What somebody may make by hand, by the names of groups; noted already.
    expected: BTreeMap<String, Vec<Directory>>,
}

/// A failure that is the machine's: `operation` is `delegate` (we may not make a cgroup), `controller` (it is not
/// passed on to us, or not there at all), `legacy` (v1 has no such limit) or `device` (there is no block device that it
/// could be about); the arguments name it.
pub fn unavailable(operation: &str, what: &str, errno: Errno, path: Option<&Path>) -> Failure {
    Failure {
        operation: operation.to_owned(),
        arguments: vec![what.to_owned()],
        errno: format!("{errno:?}"),
        path: path.map(text),
    }
}

impl Groups {
    /// None yet. `session` is the directory that notes are kept in.
    pub fn new(layout: Layout, session: &Path) -> Self {
        let prefix = notes::mark();
        let notes = Notes::of(session);
        Self { layout, prefix, notes, device: None, made: BTreeMap::new(), expected: BTreeMap::new() }
    }

    /// Limits of block devices are about this one: its `major:minor`.
    pub fn set_device(&mut self, device: Option<String>) {
        self.device = device;
    }

    /// Where controllers are.
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The directories of a group; none before it is made.
    pub fn directories(&self, name: &str) -> &[Directory] {
        self.made.get(name).map_or(&[], Vec::as_slice)
    }

    /// The names of the groups there are.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.made.keys().map(String::as_str)
    }

    /// The directory in which a controller of a group is set.
    pub fn directory(&self, name: &str, controller: Controller) -> Option<&Directory> {
        self.directories(name).iter().find(|dir| dir.controllers.contains(&controller))
    }

    /// Makes a group with as many of these controllers as there are. Fails where not one can be had; what was made
    /// until something failed is removed again.
    pub fn make(
        &mut self,
        kernel: &mut dyn Kernel,
        name: &str,
        wanted: &[Controller],
    ) -> Result<(), Failure> {
        self.adopt();
        if self.made.contains_key(name) && !self.expected.contains_key(name) {
            return Ok(());
        }
        self.made.entry(name.to_owned()).or_default();
        let made = self.make_v1(kernel, name, wanted).and_then(|()| self.make_v2(kernel, name, wanted));
        let none = self.directories(name).is_empty();
        if made.is_err() || none {
            self.abandon(name);
        }
        made?;
        if none { Err(unavailable("controller", "*", Errno::ENODEV, None)) } else { Ok(()) }
    }

    fn make_v1(&mut self, kernel: &mut dyn Kernel, name: &str, wanted: &[Controller]) -> Result<(), Failure> {
        let seats = self.layout.seats().iter();
        let seats = seats.filter(|s| s.hierarchy == Hierarchy::V1 && wanted.contains(&s.controller));
        // Controllers that share a hierarchy share its directories.
        let mut shared: BTreeMap<PathBuf, Vec<Controller>> = BTreeMap::new();
        for seat in seats {
            shared.entry(seat.own.clone()).or_default().push(seat.controller);
        }
        let file = format!("{}{name}", self.prefix);
        let dirs = shared.into_iter().map(|(own, controllers)| Directory {
            path: own.join(&file),
            hierarchy: Hierarchy::V1,
            controllers,
        });
        // Some may be there already, made by hand.
        let made = self.directories(name);
        let dirs: Vec<_> = dirs.filter(|dir| made.iter().all(|made| made.path != dir.path)).collect();
        self.note(&dirs)?;
        for dir in dirs {
            let (path, cpuset) = (dir.path.clone(), dir.controllers.contains(&Controller::Cpuset));
            self.mkdir(kernel, name, dir)?;
            // Nobody may join before both are set, cpusets.rst.
            for file in ["cpuset.cpus", "cpuset.mems"].into_iter().filter(|_| cpuset) {
                let above = path.parent().map(|own| directory::read(&own.join(file)).unwrap_or_default());
                self.write(kernel, &path, file, above.unwrap_or_default())?;
            }
        }
        Ok(())
    }

    fn make_v2(&mut self, kernel: &mut dyn Kernel, name: &str, wanted: &[Controller]) -> Result<(), Failure> {
        let seats = self.layout.seats().iter();
        let seats = seats.filter(|s| s.hierarchy == Hierarchy::V2 && wanted.contains(&s.controller));
        let seats: Vec<Controller> = seats.map(|seat| seat.controller).collect();
        if seats.is_empty() {
            return Ok(());
        }
        let dir = format!("{}{name}", self.prefix);
        let mut refused = None;
        for parent in self.layout.v2_parents() {
            let passed = passed_on(&parent);
            let has = |c: &Controller| c.is_core() || passed.iter().any(|p| p == c.name(Hierarchy::V2));
            let controllers = seats.iter().copied().filter(has).collect();
            let path = parent.join(&dir);
            // by hand, perhaps
            if self.directories(name).iter().any(|made| made.path == path) {
                return Ok(());
            }
            let dir = Directory { path, hierarchy: Hierarchy::V2, controllers };
            self.note(std::slice::from_ref(&dir))?;
            match self.mkdir(kernel, name, dir) {
                // The next one may be ours.
                Err(failure) if failure.operation == "delegate" => refused = refused.or(Some(failure)),
                other => return other,
            }
        }
        Err(refused.unwrap_or_else(|| unavailable("delegate", "mkdir", Errno::ENOENT, None)))
    }

    /// Notes directories before they are made.
    fn note(&self, dirs: &[Directory]) -> Result<(), Failure> {
        let Some(first) = dirs.first() else { return Ok(()) };
        let noted = self.notes.add(dirs.iter().map(|dir| dir.path.as_path()));
        noted.map_err(|error| Call::Mkdir(text(&first.path)).failure(errno_of(&error)))
    }

    /// Makes a directory that has been noted.
    fn mkdir(&mut self, kernel: &mut dyn Kernel, name: &str, dir: Directory) -> Result<(), Failure> {
        let call = Call::Mkdir(text(&dir.path));
        match kernel.call(&call) {
            Ok(_) => {
                self.made.entry(name.to_owned()).or_default().push(dir);
                Ok(())
            }
            Err(errno @ (Errno::EACCES | Errno::EPERM | Errno::EROFS)) => {
                let what = if dir.hierarchy == Hierarchy::V1 { "v1" } else { "mkdir" };
                Err(unavailable("delegate", what, errno, dir.path.parent()))
            }
            Err(errno) => Err(call.failure(errno)),
        }
    }

    /// Sets a limit of a group.
    pub fn set(
        &self,
        kernel: &mut dyn Kernel,
        name: &str,
        limit: Limit,
        amount: &Amount,
    ) -> Result<(), Failure> {
        let controller = limit.controller();
        let dir = self.directory(name, controller).ok_or_else(|| self.absent(controller))?;
        let Some(file) = limit.file(dir.hierarchy) else {
            let file = limit.file(Hierarchy::V2).unwrap_or_default();
            return Err(unavailable("legacy", file, Errno::EOPNOTSUPP, Some(&dir.path)));
        };
        let device = self.device.as_deref().filter(|_| controller == Controller::Io);
        if controller == Controller::Io && device.is_none() {
            return Err(unavailable("device", file, Errno::ENODEV, Some(&dir.path)));
        }
        let settings = limit
            .settings(dir.hierarchy, amount, device.unwrap_or_default())
            .ok_or_else(|| Call::Write { path: text(&dir.path.join(file)), text: amount.to_string() });
        let settings = settings.map_err(|call| call.failure(Errno::EINVAL))?;
        // A kernel without this part of the controller has no such file: bandwidth control, swap accounting.
        if let Some(missing) = settings.iter().find(|setting| !dir.path.join(setting.file).exists()) {
            return Err(unavailable("controller", missing.file, Errno::ENOENT, Some(&dir.path)));
        }
        if limit == Limit::MemoryMax && *amount != Amount::Max {
            self.keep_from_swap(kernel, dir, amount.number())?;
        }
        settings.into_iter().try_for_each(|setting| {
            let sum = setting.plus.and_then(|plus| {
                let above: u64 = directory::read(&dir.path.join(plus)).ok()?.trim().parse().ok()?;
                Some(above.saturating_add(setting.text.parse().ok()?).to_string())
            });
            self.write(kernel, &dir.path, setting.file, sum.unwrap_or(setting.text))
        })
    }

    /// What a group may not hold in memory it would hold in swap: the limit would be none, and the machine's disk busy.
    /// A kernel without an account of swap has no such file.
    fn keep_from_swap(&self, kernel: &mut dyn Kernel, dir: &Directory, memory: u64) -> Result<(), Failure> {
        let file = match dir.hierarchy {
            Hierarchy::V1 => "memory.swappiness",
            Hierarchy::V2 => "memory.swap.max",
        };
        if dir.path.join(file).exists() {
            self.write(kernel, &dir.path, file, "0".to_owned())?;
        }
        // v1 takes no limit of memory above that of the sum.
        let sum = "memory.memsw.limit_in_bytes";
        let now = directory::read(&dir.path.join(sum)).ok().and_then(|text| text.parse::<u64>().ok());
        if now.is_some_and(|now| now < memory) {
            self.write(kernel, &dir.path, sum, memory.to_string())?;
        }
        Ok(())
    }

    /// Puts a process with all its threads into a group: all hierarchies in one burst.
    pub fn attach(&self, kernel: &mut dyn Kernel, name: &str, pid: i32) -> Result<(), Failure> {
        let dirs = self.directories(name).iter();
        dirs.into_iter().try_for_each(|dir| self.write(kernel, &dir.path, "cgroup.procs", pid.to_string()))
    }

    /// Takes a process out of every group it is in, to where this one is: it is not to end with them.
    pub fn let_go(&self, pid: i32) {
        for dir in self.made.values().flatten().filter(|dir| directory::members(&dir.path).contains(&pid)) {
            let seat = dir.controllers.iter().find_map(|controller| self.layout.seat(*controller));
            let home = seat.map(|seat| seat.own.join("cgroup.procs"));
            let call = home.map(|home| Call::Write { path: text(&home), text: pid.to_string() });
            if let Some(Err(errno)) = call.map(|call| Linux.call(&call)) {
                tracing::warn!(%errno, pid, "it ends with its cgroup");
            }
        }
    }

    /// Writes a file of a directory of ours, and of no other.
    pub fn write(
        &self,
        kernel: &mut dyn Kernel,
        dir: &Path,
        file: &str,
        words: String,
    ) -> Result<(), Failure> {
        let call = Call::Write { path: text(&dir.join(file)), text: words };
        let ours = self.made.values().flatten().any(|made| made.path == dir) && !file.contains('/');
        if !ours {
            let line = format!("{}({})", call.name(), call.args().join(", "));
            return Err(Failure {
                operation: "guard".to_owned(),
                arguments: vec![line],
                ..call.failure(Errno::EPERM)
            });
        }
        kernel.call(&call).map(|_| ()).map_err(|errno| call.failure(errno))
    }

    /// The processes in a group.
    pub fn members(&self, name: &str) -> Vec<i32> {
        self.directories(name).first().map(|dir| directory::members(&dir.path)).unwrap_or_default()
    }

    /// Ends everyone in a group.
    pub fn kill(&self, kernel: &mut dyn Kernel, name: &str) -> Result<(), Failure> {
        // The freezer comes first: who is frozen does not die in v1.
        let mut dirs: Vec<_> = self.directories(name).iter().collect();
        dirs.sort_by_key(|dir| !dir.controllers.contains(&Controller::Freezer));
        dirs.into_iter()
            .try_for_each(|dir| directory::empty(kernel, &dir.path))
            .map_err(|(call, errno)| call.failure(errno))
    }

    /// Removes a group that nobody is in.
    pub fn remove(&mut self, kernel: &mut dyn Kernel, name: &str) -> Result<(), Failure> {
        while let Some(dir) = self.made.get_mut(name).and_then(Vec::pop) {
            if let Err((call, errno)) = directory::remove(kernel, &dir.path) {
                self.made.entry(name.to_owned()).or_default().push(dir);
                return Err(call.failure(errno));
            }
        }
        self.made.remove(name);
        Ok(())
    }

    /// Lets everyone go on who is frozen: who is frozen does not die in v1, and whoever waits for it waits for ever.
    pub fn thaw(&self) {
        for dir in self.made.values().flatten().filter(|dir| dir.controllers.contains(&Controller::Freezer)) {
            if let Err((_, errno)) = directory::thaw(&mut Linux, &dir.path) {
                tracing::warn!(%errno, dir = %dir.path.display(), "it stays frozen");
            }
        }
    }

    /// Ends everyone in every group and removes them all. What does not go stays in the notes.
    pub fn end(&mut self) {
        self.adopt();
        self.expected.clear();
        for name in self.made.keys().cloned().collect::<Vec<_>>() {
            self.abandon(&name);
        }
    }

    /// Awaits that somebody makes these groups by hand: notes where they would be.
    pub fn expect(&mut self, names: &[&str]) -> io::Result<()> {
        for name in names.iter().filter(|name| !self.made.contains_key(**name)) {
            let planned = self.planned(name);
            if self.expected.get(*name) != Some(&planned) {
                self.notes.add(planned.iter().map(|dir| dir.path.as_path()))?;
                self.expected.insert((*name).to_owned(), planned);
            }
        }
        Ok(())
    }

    /// Takes what was made by hand where it was expected for one's own; says whether there was something new.
    pub fn adopt(&mut self) -> bool {
        let mut new = Vec::new();
        for (name, dirs) in &self.expected {
            let made = self.directories(name);
            let known = |dir: &Directory| made.iter().any(|made| made.path == dir.path);
            let there = dirs.iter().filter(|dir| !known(dir) && dir.path.is_dir());
            new.extend(there.map(|dir| (name.clone(), dir.clone())));
        }
        let found = !new.is_empty();
        for (name, dir) in new {
            self.made.entry(name).or_default().push(dir);
        }
        found
    }

    /// The variables that begin the paths of all groups: `CG` in the unified hierarchy, `CG_memory` and so on in v1; and
    /// `DISK`.
    pub fn environment(&self) -> Vec<(String, String)> {
        let start = |dir: &Path| text(&dir.join(&self.prefix));
        let legacy = self.layout.seats().iter().filter(|seat| seat.hierarchy == Hierarchy::V1);
        let mut all: Vec<_> = legacy
            .map(|seat| (format!("CG_{}", seat.controller.name(Hierarchy::V1)), start(&seat.own)))
            .collect();
        all.extend(self.v2_home().map(|dir| ("CG".to_owned(), start(&dir))));
        all.extend(self.device.clone().map(|device| ("DISK".to_owned(), device)));
        all
    }

    /// The directories that a group would have.
    fn planned(&self, name: &str) -> Vec<Directory> {
        let file = format!("{}{name}", self.prefix);
        let mut dirs: BTreeMap<PathBuf, Directory> = BTreeMap::new();
        let home = self.v2_home();
        for seat in self.layout.seats() {
            let (hierarchy, above) = match seat.hierarchy {
                Hierarchy::V1 => (Hierarchy::V1, Some(seat.own.clone())),
                Hierarchy::V2 => (Hierarchy::V2, home.clone()),
            };
            let Some(above) = above else { continue };
            let passed = hierarchy == Hierarchy::V1
                || seat.controller.is_core()
                || passed_on(&above).iter().any(|name| name == seat.controller.name(hierarchy));
            if passed {
                let path = above.join(&file);
                let new = Directory { path: path.clone(), hierarchy, controllers: Vec::new() };
                dirs.entry(path).or_insert(new).controllers.push(seat.controller);
            }
        }
        dirs.into_values().collect()
    }

    /// Where groups are in the unified hierarchy, or would be: the first place that lets us.
    fn v2_home(&self) -> Option<PathBuf> {
        let unified = |dir: &&Directory| dir.hierarchy == Hierarchy::V2;
        let made = self.made.values().flatten().find(unified);
        let above = made.and_then(|dir| dir.path.parent()).map(Path::to_owned);
        above.or_else(|| {
            let parents = self.layout.v2_parents();
            let ours = |dir: &&PathBuf| access(*dir, AccessFlags::W_OK).is_ok();
            parents.iter().find(ours).or_else(|| parents.first()).cloned()
        })
    }

    fn abandon(&mut self, name: &str) {
        let gone = self.kill(&mut Linux, name).and_then(|()| self.remove(&mut Linux, name));
        if let Err(failure) = gone {
            tracing::warn!(?failure, "a cgroup stays until the next start");
        }
    }

    /// Why a group has not got a controller.
    fn absent(&self, controller: Controller) -> Failure {
        match self.layout.seat(controller) {
            Some(seat) => {
                let name = controller.name(seat.hierarchy);
                // Root is passed whatever there is; what root has not got, nobody has asked for above.
                let root = nix::unistd::geteuid().is_root();
                let errno = if root { Errno::EOPNOTSUPP } else { Errno::EACCES };
                unavailable("controller", name, errno, Some(&seat.own))
            }
            None => unavailable("controller", controller.name(Hierarchy::V2), Errno::ENODEV, None),
        }
    }
}

impl Drop for Groups {
    fn drop(&mut self) {
        self.end();
    }
}
