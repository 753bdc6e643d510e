//! What was seen of a process → which of the nine switches it has. A pure function: the evidence is what the kernel's files
//! said, in their own words.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    Pair, Rights,
    cgroups::Place,
    mounts::{Root, is_overlay},
};
use crate::{
    lab::{
        dial::{Preset, Switch},
        fact::{Fact, FactId},
        namespace::Namespace,
        observation::Value,
    },
    probe::{Facts, mountinfo::Mount},
};

/// What the switches are told from.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The eight namespaces.
    pub namespaces: &'a [Pair],
    /// Facts of both sides.
    pub facts: &'a Facts,
    /// Its cgroups.
    pub cgroups: &'a [Place],
    /// Its mounts; none where they could not be read.
    pub mounts: Option<&'a [Mount]>,
    /// Its root.
    pub root: Option<&'a Root>,
    /// Its rights.
    pub rights: &'a Rights,
}

/// One switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Which.
    pub switch: Switch,
    /// On or off; none where what tells it could not be read.
    pub on: Option<bool>,
    /// What was seen, as the kernel writes it.
    pub evidence: String,
}

/// What a process is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// A well-known position of the dial.
    pub preset: Preset,
    /// The switches that are on there.
    pub on: BTreeSet<Switch>,
}

impl Compared {
    /// What `docker run` makes, and what a rootless one does.
    pub fn all() -> Vec<Self> {
        [Preset::Docker, Preset::Rootless].map(|preset| Self { preset, on: preset.setting().on }).to_vec()
    }
}

/// All nine, in the order of the dial.
pub fn all(seen: &Seen<'_>) -> Vec<Verdict> {
    Switch::ALL.map(|switch| one(switch, seen)).to_vec()
}

fn one(switch: Switch, seen: &Seen<'_>) -> Verdict {
    let (on, evidence) = match switch {
        Switch::Uts => namespace(Namespace::Uts, seen),
        Switch::Pid => namespace(Namespace::Pid, seen),
        Switch::Net => namespace(Namespace::Net, seen),
        Switch::User => user(seen),
        Switch::Proc => proc(seen),
        Switch::Root => root(seen),
        Switch::Overlay => overlay(seen),
        Switch::Cgroup => cgroup(seen),
        Switch::Rights => rights(seen.rights),
    };
    Verdict { switch, on, evidence }
}

fn own(kind: Namespace, seen: &Seen<'_>) -> Option<bool> {
    seen.namespaces.iter().find(|pair| pair.namespace == kind)?.own
}

fn namespace(kind: Namespace, seen: &Seen<'_>) -> (Option<bool>, String) {
    let Some(pair) = seen.namespaces.iter().find(|pair| pair.namespace == kind) else {
        return (None, String::new());
    };
    let link = |inode: Option<i64>| match inode {
        Some(inode) => format!("{}:[{inode}]", kind.name()),
        None => format!("{}:[?]", kind.name()),
    };
    let sign = match pair.own {
        Some(true) => "≠",
        Some(false) => "=",
        None => "?",
    };
    (pair.own, format!("{} {sign} {}", link(pair.process), link(pair.host)))
}

fn user(seen: &Seen<'_>) -> (Option<bool>, String) {
    let (on, links) = namespace(Namespace::User, seen);
    match seen.facts.get(&FactId::host(Fact::UidMap)) {
        Some(Value::List(map)) if on == Some(true) => (on, format!("{links}, uid_map {}", map.join(", "))),
        _ => (on, links),
    }
}

/// Its own /proc shows its own processes: asked by looking for one of ours in it; else told from its mounts.
fn proc(seen: &Seen<'_>) -> (Option<bool>, String) {
    if own(Namespace::Pid, seen) == Some(false) {
        return (Some(false), namespace(Namespace::Pid, seen).1);
    }
    let on_proc =
        seen.mounts.map(|mounts| mounts.iter().any(|m| m.point.as_os_str() == "/proc" && m.fstype == "proc"));
    let mounted = match on_proc {
        Some(true) => "mountinfo: proc on /proc",
        Some(false) => "mountinfo: nothing on /proc",
        None => "mountinfo: ?",
    };
    match seen.facts.get(&FactId::subject(Fact::SeesHost)) {
        Some(Value::Text(shown)) if shown == "yes" => {
            (Some(false), "/proc shows the PIDs of the host".to_owned())
        }
        Some(Value::Text(_)) if on_proc != Some(false) => (Some(true), mounted.to_owned()),
        _ => (on_proc.filter(|_| own(Namespace::Pid, seen).is_some()), mounted.to_owned()),
    }
}

fn root(seen: &Seen<'_>) -> (Option<bool>, String) {
    let Some(own) = own(Namespace::Mnt, seen) else { return (None, "ns/mnt: ?".to_owned()) };
    match (own, seen.root, seen.mounts) {
        (false, Some(root), _) => (Some(false), format!("mnt = mnt, /: {} {}", root.fstype, root.dir)),
        // another root in the host's list of mounts is a chroot, which is no wall
        (false, None, Some(_)) => (Some(false), "mnt = mnt, / ∉ mountinfo: chroot".to_owned()),
        (true, Some(root), _) => {
            let sign = if root.same { "=" } else { "≠" };
            (Some(!root.same), format!("mnt ≠ mnt, / {sign} /: {} {}", root.fstype, root.dir))
        }
        (true, None, Some(_)) => (Some(false), "mnt ≠ mnt, / ∉ mountinfo: chroot".to_owned()),
        (_, None, None) => (None, "mountinfo: ?".to_owned()),
    }
}

fn overlay(seen: &Seen<'_>) -> (Option<bool>, String) {
    match (seen.root, seen.mounts) {
        (Some(root), _) => (Some(is_overlay(&root.fstype) && !root.same), format!("/: {}", root.fstype)),
        (None, Some(_)) => (Some(false), "/ ∉ mountinfo".to_owned()),
        (None, None) => (None, "mountinfo: ?".to_owned()),
    }
}

fn cgroup(seen: &Seen<'_>) -> (Option<bool>, String) {
    let limits: Vec<_> = seen.cgroups.iter().flat_map(|place| &place.limits).collect();
    if !limits.is_empty() {
        let told: Vec<_> = limits.iter().map(|limit| format!("{} {}", limit.file, limit.value)).collect();
        return (Some(true), told.join(", "));
    }
    let own = seen.cgroups.iter().find(|place| place.own);
    match own.or_else(|| seen.cgroups.first()) {
        Some(place) => (Some(false), format!("{}: max", place.path)),
        None => (None, "cgroup: ?".to_owned()),
    }
}

fn rights(rights: &Rights) -> (Option<bool>, String) {
    let (Some(bounding), Some(here)) = (&rights.bounding, &rights.bounding_here) else {
        return (None, "CapBnd: ?".to_owned());
    };
    let number = |value: Option<i64>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    let (seccomp, bit) = (number(rights.seccomp), number(rights.no_new_privs.map(i64::from)));
    let evidence = format!("CapBnd {}/{}, Seccomp {seccomp}, NoNewPrivs {bit}", bounding.len(), here.len());
    let fewer = here.iter().any(|one| !bounding.contains(one));
    let filtered = rights.seccomp == Some(2) && rights.seccomp_here != Some(2);
    (Some(fewer || filtered), evidence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        lab::{capability::Capability, capability::DOCKER, dial::Preset},
        probe::mountinfo::parse,
    };

    fn pairs(own: &[Namespace]) -> Vec<Pair> {
        let pair = |namespace| {
            let own = own.contains(&namespace);
            Pair { namespace, host: Some(1), process: Some(1 + i64::from(own)), own: Some(own) }
        };
        Namespace::ALL.map(pair).to_vec()
    }

    fn on(seen: &Seen<'_>) -> Vec<Switch> {
        all(seen).into_iter().filter(|v| v.on == Some(true)).map(|v| v.switch).collect()
    }

    const DOCKERS: [Namespace; 5] =
        [Namespace::Uts, Namespace::Pid, Namespace::Mnt, Namespace::Net, Namespace::Ipc];

    #[test]
    fn a_container_of_docker_has_the_switches_of_its_preset() {
        let mounts = parse(b"1 0 0:1 / / rw - overlay o rw,lowerdir=/a\n2 1 0:2 / /proc rw - proc p rw\n");
        let root = Root { fstype: "overlay".into(), dir: "/".into(), read_only: false, same: false };
        let facts = Facts::from([(FactId::subject(Fact::SeesHost), Value::Text("no".into()))]);
        let limit =
            super::super::cgroups::Limit { cgroup: "/c".into(), file: "pids.max".into(), value: "50".into() };
        let place = Place {
            version: crate::lab::limit::Hierarchy::V2,
            controllers: String::new(),
            path: "/c".into(),
            own: true,
            files: std::collections::BTreeMap::default(),
            limits: vec![limit],
        };
        let rights = Rights {
            bounding: Some(DOCKER.to_vec()),
            bounding_here: Some(Capability::ALL.to_vec()),
            seccomp: Some(2),
            ..Rights::default()
        };
        let namespaces = pairs(&DOCKERS);
        let seen = Seen {
            namespaces: &namespaces,
            facts: &facts,
            cgroups: std::slice::from_ref(&place),
            mounts: Some(&mounts),
            root: Some(&root),
            rights: &rights,
        };
        let preset: Vec<_> = Preset::Docker.setting().on.into_iter().collect();
        assert_eq!(on(&seen), preset);
        // without limits, and with the rights of --privileged
        let place = Place { limits: Vec::new(), ..place.clone() };
        let all_rights =
            Rights { bounding: Some(Capability::ALL.to_vec()), seccomp: Some(0), ..rights.clone() };
        let bare = Seen { cgroups: std::slice::from_ref(&place), rights: &all_rights, ..seen };
        let lost: Vec<_> = preset.into_iter().filter(|switch| !on(&bare).contains(switch)).collect();
        assert_eq!(lost, [Switch::Cgroup, Switch::Rights]);
        // the host's /proc left in place
        let shown = Facts::from([(FactId::subject(Fact::SeesHost), Value::Text("yes".into()))]);
        assert!(!on(&Seen { facts: &shown, ..seen }).contains(&Switch::Proc));
    }

    #[test]
    fn a_plain_process_has_none_and_what_cannot_be_read_is_not_guessed() {
        let mounts = parse(b"1 0 8:1 / / rw - ext4 a rw\n2 1 0:2 / /proc rw - proc p rw\n");
        let root = Root { fstype: "ext4".into(), dir: "/".into(), read_only: false, same: true };
        let rights = Rights { bounding: Some(vec![]), bounding_here: Some(vec![]), ..Rights::default() };
        let (facts, namespaces) = (Facts::new(), pairs(&[]));
        let plain = Seen {
            namespaces: &namespaces,
            facts: &facts,
            cgroups: &[],
            mounts: Some(&mounts),
            root: Some(&root),
            rights: &rights,
        };
        assert_eq!(on(&plain), []);
        let unread: Vec<_> = Namespace::ALL
            .map(|namespace| Pair { namespace, host: Some(1), process: None, own: None })
            .to_vec();
        let none = Rights::default();
        let closed = Seen { namespaces: &unread, mounts: None, root: None, rights: &none, ..plain };
        assert!(all(&closed).iter().all(|verdict| verdict.on.is_none()), "{:?}", all(&closed));
    }
}
