//! The eyes of the labs, turned on a process that somebody else made: its namespaces, cgroups, mounts and rights, and
//! which of the nine switches of the dial it has. Read only.
//!
//! | part | what it does |
//! |---|---|
//! | [`find`] | from a PID or a container's name to a process; `find::runtime` asks Docker, Podman, LXC, machined |
//! | [`cgroups`] | where it is in each hierarchy, and the limits in force there |
//! | [`mounts`] | its root, and its overlays with their layers |
//! | [`switches`] | what was seen → the nine switches, each with its evidence: pure |
//! | [`systems`] | the systems that make containers, and what each turns on by itself: pure |
//! | [`words`] | what was seen, in both languages |
//! | [`observer`] | a role of the program: looks again and again, and says what is new |
//! | [`client`] | its other end |
//!
//! What lies inside (host name, interfaces, processes) is told by a throw-away witness, where the kernel lets it join.

use std::{collections::BTreeMap, io, path::Path};

use nix::errno::Errno;
use serde::{Deserialize, Serialize};

use crate::{
    lab::{
        capability::{self, Capability},
        fact::{Fact, FactId},
        namespace::Namespace,
        observation::Value,
        sight::Sight,
    },
    probe::{
        Facts,
        cgroup::{self, Membership},
        host::HostReader,
        inside::{Inside, Marker, View},
        mountinfo::{self, Mount},
        process::ProcessReader,
    },
    stage::witness,
};

pub mod cgroups;
pub mod client;
pub mod find;
pub mod mounts;
pub mod observer;
pub mod switches;
pub mod systems;
pub mod words;

use self::{
    cgroups::Place,
    mounts::{Overlay, Root},
    switches::Verdict,
    systems::System,
};

/// Everything that was seen of a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// The process, as this /proc numbers it.
    pub pid: i32,
    /// The name of its program.
    pub program: String,
    /// The container that it was found as; none where it was named by its number.
    pub container: Option<String>,
    /// The system whose cgroup it is in, by the cgroup's name.
    pub system: Option<System>,
    /// The eight namespaces.
    pub namespaces: Vec<Pair>,
    /// Every fact by its id: `host.` as seen from here, `subject.` as seen from the process.
    pub facts: BTreeMap<String, Value>,
    /// Why the process's own side could not be seen: a symbolic error. None where a witness was there.
    pub inside: Option<String>,
    /// Where it is in each hierarchy of cgroups.
    pub cgroups: Vec<Place>,
    /// Its root.
    pub root: Option<Root>,
    /// Its overlays.
    pub overlays: Vec<Overlay>,
    /// What it may do.
    pub rights: Rights,
    /// The nine switches.
    pub switches: Vec<Verdict>,
}

/// A namespace on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// Its kind.
    pub namespace: Namespace,
    /// Inode of ours.
    pub host: Option<i64>,
    /// Inode of the process's.
    pub process: Option<i64>,
    /// Whether they are two; none where one of them could not be read.
    pub own: Option<bool>,
}

/// Capabilities and filters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    /// Effective capabilities by name; none where they could not be read.
    pub effective: Option<Vec<Capability>>,
    /// The bounding set: what no program that it starts can ever get beyond.
    pub bounding: Option<Vec<Capability>>,
    /// The bounding set of whoever looks.
    pub bounding_here: Option<Vec<Capability>>,
    /// 0 off, 1 strict, 2 filter.
    pub seccomp: Option<i64>,
    /// The same of whoever looks.
    pub seccomp_here: Option<i64>,
    /// `no_new_privs`.
    pub no_new_privs: Option<bool>,
}

/// How often a witness is sent before the other side is given up.
const LOOKS: usize = 3;

/// Looks at a process of this machine. Fails where there is none.
pub fn inspect(pid: i32) -> io::Result<Inspection> {
    let proc_root = Path::new("/proc");
    let outside = ProcessReader::open(proc_root, pid)?.read(Path::new("/"))?;
    look(proc_root, Path::new("/"), pid, outside.facts, &witnessed(pid, &[]))
}

/// The other side, told by a witness that joins for a moment.
fn witnessed(pid: i32, sights: &[Sight]) -> Result<View, Errno> {
    let name = std::fs::read_to_string("/proc/self/comm").unwrap_or_default();
    let marker = Marker { pid: nix::unistd::getpid().as_raw(), name: name.trim_end().to_owned() };
    let inside =
        Inside { marker, port: None, witness: true, box_dir: String::new(), sights: sights.to_vec() };
    // on a busy machine a witness may have been too slow; one that is refused is refused at once
    let mut looks = (0..LOOKS).map(|_| witness::view(pid, &inside));
    let mut last = Err(Errno::EPERM);
    while last.is_err()
        && let Some(look) = looks.next()
    {
        last = look;
    }
    last
}

/// Puts together what was read. `files` is the root below which the paths of mountinfo lie.
pub fn look(
    proc_root: &Path,
    files: &Path,
    pid: i32,
    outside: Facts,
    inside: &Result<View, Errno>,
) -> io::Result<Inspection> {
    let process = proc_root.join(pid.to_string());
    let mut facts = HostReader::new(proc_root, None).read(Path::new("/"));
    facts.extend(outside);
    if let Ok(view) = inside {
        let told = |id: &FactId| view.facts.get(id).cloned();
        let ids: Vec<_> = view.facts.keys().copied().collect();
        // what the process's own files say is better than what a stranger in its place was told
        for id in ids {
            let known = matches!(facts.get(&id), Some(value) if !matches!(value, Value::Missing { .. }));
            if !known && let Some(value) = told(&id) {
                facts.insert(id, value);
            }
        }
    }
    let mounts = read_mounts(&process.join("mountinfo"));
    let (here, theirs, ours) = own_and_theirs(proc_root, pid);
    let cgroups = cgroups::read(files, &here, &theirs, &ours);
    let (root, overlays) = match &mounts {
        Ok(mounts) => (mounts::root(mounts, &here), mounts::overlays(mounts)),
        Err(_) => (None, Vec::new()),
    };
    let namespaces = pairs(&facts);
    let rights = rights(&facts);
    let seen = switches::Seen {
        namespaces: &namespaces,
        facts: &facts,
        cgroups: &cgroups,
        mounts: mounts.as_deref().ok(),
        root: root.as_ref(),
        rights: &rights,
    };
    let switches = switches::all(&seen);
    let program = std::fs::read_to_string(process.join("comm")).unwrap_or_default();
    let program = program.trim_end().chars().filter(|c| !c.is_control()).collect();
    let system = systems::of_cgroups(&theirs);
    let facts = facts
        .into_iter()
        .filter(|(id, _)| shown(id.fact))
        .map(|(id, value)| (id.to_string(), value))
        .collect();
    let inside = inside.as_ref().err().map(|errno| format!("{errno:?}"));
    Ok(Inspection {
        pid,
        program,
        container: None,
        system,
        namespaces,
        facts,
        inside,
        cgroups,
        root,
        overlays,
        rights,
        switches,
    })
}

/// Our own mounts, the process's cgroups, and ours.
fn own_and_theirs(proc_root: &Path, pid: i32) -> (Vec<Mount>, Vec<Membership>, Vec<Membership>) {
    let (process, own) = (proc_root.join(pid.to_string()), proc_root.join("self"));
    let groups =
        |dir: &Path| std::fs::read(dir.join("cgroup")).map(|bytes| cgroup::parse(&bytes)).unwrap_or_default();
    (read_mounts(&own.join("mountinfo")).unwrap_or_default(), groups(&process), groups(&own))
}

/// Facts that are about a lab and not about a process are left out.
pub fn shown(fact: Fact) -> bool {
    fact.sight() == Sight::Walls && !matches!(fact, Fact::BoxMount | Fact::HostPort)
}

fn read_mounts(path: &Path) -> io::Result<Vec<Mount>> {
    std::fs::read(path).map(|bytes| mountinfo::parse(&bytes))
}

fn pairs(facts: &Facts) -> Vec<Pair> {
    let inode = |id: FactId| facts.get(&id).and_then(Value::number);
    let pair = |namespace| {
        let fact = Fact::of_namespace(namespace);
        let (host, process) = (inode(FactId::host(fact)), inode(FactId::subject(fact)));
        Pair { namespace, host, process, own: host.zip(process).map(|(host, process)| host != process) }
    };
    Namespace::ALL.map(pair).to_vec()
}

fn rights(facts: &Facts) -> Rights {
    let names = |id: FactId| match facts.get(&id) {
        Some(Value::Text(mask)) => capability::parse(mask).map(|mask| capability::in_mask(mask).collect()),
        _ => None,
    };
    let number = |id: FactId| facts.get(&id).and_then(Value::number);
    Rights {
        effective: names(FactId::subject(Fact::CapEff)),
        bounding: names(FactId::subject(Fact::CapBnd)),
        bounding_here: names(FactId::host(Fact::CapBnd)),
        seccomp: number(FactId::subject(Fact::Seccomp)),
        seccomp_here: number(FactId::host(Fact::Seccomp)),
        no_new_privs: number(FactId::subject(Fact::NoNewPrivs)).map(|bit| bit == 1),
    }
}
