//! What can be read of the lab's cgroups: limits, counters, members, pressure. One set of facts for both kinds of
//! hierarchy: v1's files say the same in other words.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    time::Instant,
};

use nix::errno::Errno;

use super::{
    Facts,
    kept::{Buffer, Kept},
    value::list,
};
use crate::lab::{
    fact::{Fact, FactId},
    limit::{Amount, Controller, Group, Hierarchy},
    observation::Value,
};

mod files;
mod inside;
mod meter;
mod pressure;
mod told;

pub use inside::{Inside, processors, quota, space};
use meter::Meter;
pub use told::{Told, controllers, told};

/// A directory of a group in one hierarchy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whose.
    pub group: Group,
    /// In which kind of hierarchy.
    pub hierarchy: Hierarchy,
    /// What is set in it.
    pub controllers: Vec<Controller>,
    /// Where.
    pub dir: PathBuf,
}

/// Reads the cgroups of a lab again and again, through descriptors that stay open.
#[derive(Debug)]
pub struct LimitReader {
    proc: PathBuf,
    box_dir: PathBuf,
    device: Option<String>,
    places: Vec<Place>,
    files: Files,
    cpu: BTreeMap<Group, Meter>,
    io: Meter,
    host: Inside,
}

/// Open files, by group and name.
#[derive(Debug, Default)]
struct Files {
    kept: BTreeMap<PathBuf, io::Result<Kept>>,
    buffer: Buffer,
}

impl Files {
    /// The text of a file as it is now.
    fn text(&mut self, path: &Path) -> io::Result<String> {
        let kept = self.kept.entry(path.to_owned()).or_insert_with(|| Kept::open(path));
        match kept {
            Ok(kept) => kept.read(&mut self.buffer).map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
            Err(error) => Err(error
                .raw_os_error()
                .map_or_else(|| io::ErrorKind::Other.into(), io::Error::from_raw_os_error)),
        }
    }
}

impl LimitReader {
    /// A reader of no group yet. `device` is the `major:minor` of the disk that limits are about.
    pub fn new(root: &Path, box_dir: &Path, device: Option<String>) -> Self {
        Self {
            proc: root.join("proc"),
            box_dir: box_dir.to_owned(),
            device,
            places: Vec::new(),
            files: Files::default(),
            cpu: BTreeMap::new(),
            io: Meter::default(),
            host: Inside,
        }
    }

    /// Other groups, or none.
    pub fn set_places(&mut self, places: Vec<Place>) {
        if self.places != places {
            self.places = places;
            self.files.kept.clear();
            self.cpu.clear();
            self.io = Meter::default();
        }
    }

    /// Rates are measured from now on.
    pub fn restart(&mut self) {
        self.cpu.clear();
        self.io = Meter::default();
        self.read(&mut Facts::new());
    }

    /// Everything that can be seen now. A fact that no group has is left out.
    pub fn read(&mut self, facts: &mut Facts) {
        self.host.read(FactId::host, facts);
        space(&self.box_dir, FactId::host, facts);
        inside::image(&self.box_dir, facts);
        pressure::of_machine(&self.proc, &mut self.files, facts);
        facts.insert(FactId::host(Fact::LimitPlaces), list(self.shown_places()));
        facts.insert(FactId::host(Fact::LimitMembers), list(self.members()));
        for (fact, limit) in files::LIMITS {
            self.file(Group::Box, *fact, *limit, facts);
        }
        for (fact, counter) in files::COUNTERS {
            self.file(Group::Box, *fact, *counter, facts);
        }
        self.swap_of_v1(facts);
        self.file(Group::Left, Fact::LeftWeight, files::WEIGHT, facts);
        self.file(Group::Right, Fact::RightWeight, files::WEIGHT, facts);
        self.file(Group::Left, Fact::Frozen, files::FROZEN, facts);
        self.rates(facts);
        self.clock(facts);
        if let Some(place) =
            self.place(Group::Box, Controller::Freezer).filter(|p| p.hierarchy == Hierarchy::V2)
        {
            pressure::of_group(&place.dir.clone(), &mut self.files, facts);
        }
    }

    fn place(&self, group: Group, controller: Controller) -> Option<&Place> {
        self.places.iter().find(|place| place.group == group && place.controllers.contains(&controller))
    }

    /// Inserts what one file says of a group; nothing where the group has not got the controller.
    fn file(&mut self, group: Group, fact: Fact, source: files::Source, facts: &mut Facts) {
        let Some(place) = self.place(group, source.controller) else { return };
        let (name, parse) = source.file(place.hierarchy);
        if name.is_empty() {
            return;
        }
        let path = place.dir.join(name);
        let device = self.device.clone().unwrap_or_default();
        let value = match self.files.text(&path) {
            Ok(text) => parse(&text, &device),
            Err(error) => super::value::missing(&error),
        };
        facts.insert(FactId::host(fact), value);
    }

    /// v1 has the sums of memory and swap, and no file of swap alone.
    fn swap_of_v1(&mut self, facts: &mut Facts) {
        let Some(place) = self.place(Group::Box, Controller::Memory) else { return };
        if place.hierarchy == Hierarchy::V2 {
            return;
        }
        let dir = place.dir.clone();
        let mut number = |file: &str| self.files.text(&dir.join(file)).ok()?.trim().parse::<u64>().ok();
        let limits = number("memory.memsw.limit_in_bytes").zip(number("memory.limit_in_bytes"));
        if let Some((sum, memory)) = limits {
            let swap = Amount::Bytes(sum.saturating_sub(memory));
            let most = if files::is_limit(sum) { swap } else { Amount::Max };
            facts.insert(FactId::host(Fact::LimitSwap), Value::Text(most.to_string()));
        }
        let uses = number("memory.memsw.usage_in_bytes").zip(number("memory.usage_in_bytes"));
        if let Some((sum, memory)) = uses {
            let mebi = i64::try_from(sum.saturating_sub(memory) >> 20).unwrap_or(i64::MAX);
            facts.insert(FactId::host(Fact::SwapCurrent), Value::Number(mebi));
        }
    }

    /// `cpu v1 legacy /sys/fs/cgroup/cpu/korobka-7-box`.
    fn shown_places(&self) -> Vec<String> {
        let own = self.places.iter().filter(|place| place.group == Group::Box);
        let line = |place: &Place| {
            let names: Vec<_> = place.controllers.iter().map(|c| c.name(place.hierarchy)).collect();
            let legacy = if place.hierarchy == Hierarchy::V1 { " legacy" } else { "" };
            format!("{} {}{legacy} {}", names.join(","), place.hierarchy.name(), place.dir.display())
        };
        own.map(line).collect()
    }

    /// `box: 12 korobka, 13 eater`, for each group.
    fn members(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for group in Group::ALL {
            let Some(dir) = self.places.iter().find(|p| p.group == group).map(|p| p.dir.clone()) else {
                continue;
            };
            let who: Vec<String> = Self::pids(&dir).into_iter().map(|pid| self.named(pid)).collect();
            lines.push(format!("{}: {}", group.name(), who.join(", ")));
        }
        lines
    }

    /// Opened anew each time: of a file that stays open v1 keeps the list for a second after every read, and whoever reads
    /// more often sees the first one for ever, `cgroup_pidlist_start` of `kernel/cgroup/cgroup-v1.c`.
    fn pids(dir: &Path) -> Vec<i32> {
        let text = std::fs::read_to_string(dir.join("cgroup.procs")).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).take(MOST_MEMBERS).collect()
    }

    fn named(&self, pid: i32) -> String {
        let name = std::fs::read_to_string(self.proc.join(format!("{pid}/comm"))).unwrap_or_default();
        format!("{pid} {}", name.trim_end())
    }

    /// What each group used lately, and how the two compare.
    fn rates(&mut self, facts: &mut Facts) {
        let now = Instant::now();
        let mut of = BTreeMap::new();
        for (group, fact) in
            [(Group::Box, Fact::CpuRate), (Group::Left, Fact::LeftRate), (Group::Right, Fact::RightRate)]
        {
            let Some(us) = self.used(group) else { continue };
            // Microseconds of processor time in a second: a ten-thousandth of that is percent.
            let rate = self.cpu.entry(group).or_default().rate(now, us).map(|us| (us + 5_000) / 10_000);
            if let Some(rate) = rate {
                of.insert(group, rate);
                facts.insert(FactId::host(fact), Value::Number(rate));
            }
        }
        if let (Some(left @ 1..), Some(right)) = (of.get(&Group::Left), of.get(&Group::Right)) {
            facts.insert(FactId::host(Fact::RateRatio), Value::Number(right * 100 / left));
        }
        let bytes = self.place(Group::Box, Controller::Io).map(|place| {
            let name = if place.hierarchy == Hierarchy::V1 { files::IO_V1 } else { "io.stat" };
            place.dir.join(name)
        });
        let bytes = bytes.and_then(|path| self.files.text(&path).ok());
        let device = self.device.clone().unwrap_or_default();
        if let Some(bytes) = bytes.map(|text| files::io_bytes(&text, &device, true)) {
            let rate = self.io.rate(now, bytes).map(|bytes| Value::Number(bytes / 1024));
            facts.extend(rate.map(|rate| (FactId::host(Fact::IoRate), rate)));
        }
    }

    /// Processor time of a group, in microseconds.
    fn used(&mut self, group: Group) -> Option<i64> {
        let place = self.place(group, Controller::Cpuacct)?;
        let v1 = place.hierarchy == Hierarchy::V1;
        let path = place.dir.join(if v1 { "cpuacct.usage" } else { "cpu.stat" });
        let text = self.files.text(&path).ok()?;
        if v1 {
            text.trim().parse::<i64>().ok().map(|ns| ns / 1000)
        } else {
            files::field(&text, "usage_usec")
        }
    }

    /// The clock tells its count in its name; one that was frozen at once has not begun.
    fn clock(&self, facts: &mut Facts) {
        let Some(dir) = self.places.iter().find(|p| p.group == Group::Left).map(|p| p.dir.clone()) else {
            return;
        };
        let names = Self::pids(&dir).into_iter().map(|pid| self.named(pid));
        let count = |name: &str| match name.split_once(" clock")?.1 {
            "" => Some(0),
            rest => rest.trim_start().parse().ok(),
        };
        let count = names.into_iter().find_map(|name| count(&name));
        facts.extend(count.map(|count| (FactId::host(Fact::Ticks), Value::Number(count))));
    }
}

/// The most members of a group that are shown.
const MOST_MEMBERS: usize = 20;

/// As it was refused.
fn absent() -> Value {
    Value::Missing { errno: format!("{:?}", Errno::ENODATA) }
}

#[cfg(test)]
mod tests;
