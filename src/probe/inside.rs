//! The other side of the wall: what a process in the box sees, told by itself or by a witness that has joined its
//! namespaces with `setns(2)`.

use std::{
    io,
    path::{Path, PathBuf},
};

use nix::{
    time::{ClockId, clock_gettime},
    unistd::{getegid, geteuid, getpid},
};
use serde::{Deserialize, Serialize};

use super::{
    Facts,
    here::{Here, shorten},
    idmap::IdMap,
    kept::read_now,
    layers, limits,
    process::{cgroup_value, parse_status},
    value::{list, missing, or_missing, text, yes_no},
};
use crate::lab::{
    fact::{Fact, FactId},
    observation::Value,
    sight::Sight,
};

/// The most processes of a /proc that are listed; of more, [`FEW`].
const MOST_PROCESSES: usize = 40;
/// How many are shown of a /proc that has too many: the host's.
const FEW: usize = 5;

/// What the stage tells whoever looks from inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inside {
    /// A process of the host to look for: the stage.
    pub marker: Marker,
    /// A port on the host's loopback address.
    pub port: Option<u16>,
    /// Whether the reader only stands in for the process: what is the process's own (ids, maps, cgroup) is left out.
    pub witness: bool,
    /// The box directory, for those that look at what is in it.
    pub box_dir: String,
    /// What to look at; walls are always looked at.
    pub sights: Vec<Sight>,
}

/// How a process of the host would look in /proc, if that /proc were the host's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// Its id, as the host numbers it.
    pub pid: i32,
    /// Its name: `/proc/PID/comm` without the line's end.
    pub name: String,
}

/// What was seen from inside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Facts of the subject's side.
    pub facts: Facts,
    /// The boot-time clock, in nanoseconds, `clock_getres(2)`: the stage compares it with its own.
    pub boottime_ns: i64,
}

/// Looks from inside, again and again.
#[derive(Debug)]
pub struct InsideReader {
    here: Here,
    marker: Marker,
    witness: bool,
    /// The box directory, where its layers are looked at.
    layers: Option<PathBuf>,
    limits: Option<limits::Inside>,
}

/// Looks once.
pub fn read(inside: &Inside) -> View {
    InsideReader::new(inside).read()
}

/// The reader's boot-time clock, in nanoseconds.
pub fn boottime_ns() -> i64 {
    clock_gettime(ClockId::CLOCK_BOOTTIME).map_or(0, |now| now.tv_sec() * 1_000_000_000 + now.tv_nsec())
}

impl InsideReader {
    /// A reader; nothing is looked at yet.
    pub fn new(inside: &Inside) -> Self {
        let here = Here::new(Path::new("/proc"), inside.port);
        let layers = inside.sights.contains(&Sight::Layers).then(|| PathBuf::from(&inside.box_dir));
        let limits = inside.sights.contains(&Sight::Limits).then(limits::Inside::default);
        Self { here, marker: inside.marker.clone(), witness: inside.witness, layers, limits }
    }

    /// Everything that can be seen now, in less than a millisecond, and 50 more where the port does not answer.
    pub fn read(&mut self) -> View {
        let mut facts = Facts::new();
        self.here.read(FactId::subject, &mut facts);
        let marked = self.here.line(&format!("{}/comm", self.marker.pid));
        facts.insert(FactId::subject(Fact::SeesHost), yes_no(marked == text(&self.marker.name)));
        facts.insert(FactId::subject(Fact::Processes), self.processes());
        if !self.witness {
            self.own(&mut facts);
        }
        if let Some(box_dir) = &self.layers {
            let mounts = self.here.proc_root.join("self/mountinfo");
            // Where /proc is gone, the mounts cannot be told; the trees still can.
            let mounts = read_now(&mounts, &mut self.here.buffer).unwrap_or_default();
            layers::read(box_dir, mounts, &mut facts);
        }
        if let Some(limits) = &mut self.limits {
            limits.read(FactId::subject, &mut facts);
        }
        View { facts, boottime_ns: boottime_ns() }
    }

    fn own(&mut self, facts: &mut Facts) {
        let own = self.here.proc_root.join("self");
        let mut file = |name: &str, value: fn(&[u8]) -> Value| {
            or_missing(read_now(&own.join(name), &mut self.here.buffer), value)
        };
        let map = |bytes: &[u8]| list(IdMap::parse(bytes).lines());
        facts.extend([
            (FactId::subject(Fact::Pid), Value::Number(getpid().as_raw().into())),
            (FactId::subject(Fact::Uid), Value::Number(geteuid().as_raw().into())),
            (FactId::subject(Fact::Gid), Value::Number(getegid().as_raw().into())),
            (FactId::subject(Fact::NsPidChain), file("status", chain)),
            (FactId::subject(Fact::UidMap), file("uid_map", map)),
            (FactId::subject(Fact::GidMap), file("gid_map", map)),
            (FactId::subject(Fact::Cgroup), file("cgroup", cgroup_value)),
        ]);
    }

    /// `1 heartbeat`, by number; where there are many, the first few and how many more: `+118`.
    fn processes(&mut self) -> Value {
        match pids(&self.here.proc_root) {
            Ok(pids) => {
                let most = if pids.len() > MOST_PROCESSES { FEW } else { MOST_PROCESSES };
                let shown = pids.iter().enumerate();
                let shown =
                    shown.map(|(at, pid)| if at < most { self.named(*pid) } else { String::new() }).collect();
                list(shorten(shown, most))
            }
            Err(error) => missing(&error),
        }
    }

    fn named(&mut self, pid: i32) -> String {
        format!("{pid} {}", self.here.line(&format!("{pid}/comm")).short())
    }
}

fn chain(bytes: &[u8]) -> Value {
    or_missing(parse_status(bytes), |status| {
        let ids: Vec<_> = status.nspid.iter().map(ToString::to_string).collect();
        Value::Text(ids.join(" "))
    })
}

fn pids(proc_root: &Path) -> io::Result<Vec<i32>> {
    let entries = std::fs::read_dir(proc_root)?.flatten();
    let mut pids: Vec<i32> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    pids.sort_unstable();
    Ok(pids)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn me() -> Inside {
        let name = std::fs::read_to_string("/proc/self/comm").unwrap().trim_end().to_owned();
        Inside {
            marker: Marker { pid: getpid().as_raw(), name },
            port: None,
            witness: false,
            box_dir: String::new(),
            sights: Vec::new(),
        }
    }

    #[test]
    fn whoever_is_not_in_a_box_sees_the_host() {
        let view = read(&me());
        let get = |fact| view.facts.get(&FactId::subject(fact));
        assert_eq!(get(Fact::SeesHost), Some(&Value::Text("yes".into())));
        assert_eq!(get(Fact::Pid), Some(&Value::Number(getpid().as_raw().into())));
        assert!(view.boottime_ns > 0);
        let mut other = me();
        other.marker.name.push('x');
        let view = read(&other);
        assert_eq!(view.facts.get(&FactId::subject(Fact::SeesHost)), Some(&Value::Text("no".into())));
    }

    #[test]
    fn a_witness_leaves_out_what_is_not_its_own() {
        let view = read(&Inside { witness: true, ..me() });
        for fact in [Fact::Pid, Fact::Uid, Fact::UidMap, Fact::Cgroup, Fact::NsPidChain] {
            assert!(!view.facts.contains_key(&FactId::subject(fact)), "{fact:?}");
        }
        assert!(view.facts.contains_key(&FactId::subject(Fact::Hostname)));
    }

    #[test]
    fn a_view_crosses_a_socket() {
        let view = read(&me());
        let json = serde_json::to_vec(&view).unwrap();
        assert_eq!(serde_json::from_slice::<View>(&json).unwrap(), view);
    }
}
