//! What can be seen of a process from outside: its own `/proc/PID`, read by the stage.

use std::{
    io,
    path::{Path, PathBuf},
};

use nix::errno::Errno;

use super::{
    Facts, cgroup,
    idmap::IdMap,
    inode_of_link,
    kept::{Buffer, Kept, read_now},
    mountinfo, namespace_inode,
    status::Status,
    tree::{MOST, Process, TreeReader},
    value::{list, missing, or_missing, plain, text},
};
use crate::lab::{
    fact::{Fact, FactId},
    namespace::Namespace,
    observation::Value,
};

/// Reads one process again and again, through descriptors that stay open where the file allows it.
#[derive(Debug)]
pub struct ProcessReader {
    pid: i32,
    dir: PathBuf,
    status: Kept,
    cgroup: io::Result<Kept>,
    offsets: io::Result<Kept>,
    tree: TreeReader,
    own: Own,
    buffer: Buffer,
}

/// What the reading process is itself, to compare with.
#[derive(Debug)]
struct Own {
    user: Option<i64>,
    time: Option<i64>,
    boot_offset: i64,
}

/// What was seen of a process from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outside {
    /// Facts of both sides: `host.pid` and `subject.pid` are in the same file.
    pub facts: Facts,
    /// The process and everything below it; empty where that could not be read.
    pub tree: Vec<Process>,
}

impl ProcessReader {
    /// Opens `/proc/PID` under a root. Fails where there is no such process.
    pub fn open(proc_root: &Path, pid: i32) -> io::Result<Self> {
        let dir = proc_root.join(pid.to_string());
        let own = proc_root.join("self");
        let mut buffer = Buffer::new();
        Ok(Self {
            pid,
            status: Kept::open(&dir.join("status"))?,
            cgroup: Kept::open(&dir.join("cgroup")),
            offsets: Kept::open(&dir.join("timens_offsets")),
            tree: TreeReader::new(proc_root),
            own: Own {
                user: namespace_inode(&own, Namespace::User).ok(),
                time: namespace_inode(&own, Namespace::Time).ok(),
                boot_offset: read_now(&own.join("timens_offsets"), &mut buffer).map_or(0, boot_offset),
            },
            dir,
            buffer,
        })
    }

    /// The process, as the /proc it was opened under numbers it.
    pub const fn pid(&self) -> i32 {
        self.pid
    }

    /// Everything that can be seen now. `Err` (ESRCH) when the process is gone, even if its number was given to another.
    pub fn read(&mut self, box_dir: &Path) -> io::Result<Outside> {
        let status = parse_status(self.status.read(&mut self.buffer)?)?;
        let mut facts = Facts::new();
        self.namespaces(&mut facts);
        self.ids(&status, &mut facts);
        status_facts(Ok(&status), FactId::subject, &mut facts);
        let mounts = read_now(&self.dir.join("mountinfo"), &mut self.buffer);
        mount_facts(mounts, box_dir, FactId::subject, &mut facts);
        let cgroup = read_kept(&self.cgroup, &mut self.buffer);
        facts.insert(FactId::host(Fact::Cgroup), or_missing(cgroup, cgroup_value));
        let offset = self.boot_offset();
        facts.insert(FactId::subject(Fact::BootOffset), or_missing(offset, Value::Number));
        let tree = self.processes(&mut facts);
        Ok(Outside { facts, tree })
    }

    /// The cheap part of [`Self::read`]: what moves first when anything does. Namespaces, rights and children.
    pub fn pulse(&mut self) -> io::Result<Facts> {
        let status = Status::parse(self.status.read(&mut self.buffer)?).ok_or(Errno::EINVAL)?;
        let mut facts = Facts::new();
        self.namespaces(&mut facts);
        status_facts(Ok(&status), FactId::subject, &mut facts);
        self.processes(&mut facts);
        Ok(facts)
    }

    fn namespaces(&self, facts: &mut Facts) {
        for ns in Namespace::ALL {
            let inode = or_missing(namespace_inode(&self.dir, ns), Value::Number);
            facts.insert(FactId::subject(Fact::of_namespace(ns)), inode);
        }
    }

    /// Ids from both sides. The map of a namespace is about its parent's ids: where the reader is in the same user
    /// namespace, both sides read the same number already.
    fn ids(&mut self, status: &Status, facts: &mut Facts) {
        let innermost = status.nspid.last().copied().unwrap_or(self.pid);
        let chain: Vec<_> = status.nspid.iter().map(ToString::to_string).collect();
        facts.insert(FactId::host(Fact::Pid), Value::Number(self.pid.into()));
        facts.insert(FactId::subject(Fact::Pid), Value::Number(innermost.into()));
        facts.insert(FactId::host(Fact::NsPidChain), Value::Text(chain.join(" ")));
        let same = matches!(facts.get(&FactId::subject(Fact::NsUser)),
            Some(Value::Number(inode)) if Some(*inode) == self.own.user);
        for (fact, map_fact, file, id) in [
            (Fact::Uid, Fact::UidMap, "uid_map", status.uid),
            (Fact::Gid, Fact::GidMap, "gid_map", status.gid),
        ] {
            let map = read_now(&self.dir.join(file), &mut self.buffer).map(IdMap::parse);
            let inside = match &map {
                _ if same => Value::Number(id.into()),
                Ok(map) => Value::Number(map.inside(id).into()),
                Err(error) => missing(error),
            };
            facts.insert(FactId::host(fact), Value::Number(id.into()));
            facts.insert(FactId::subject(fact), inside);
            facts.insert(FactId::host(map_fact), or_missing(map, |map| list(map.lines())));
        }
    }

    /// Seconds. The file tells the offsets of the namespace that *children* will be in, `time_namespaces(7)`: they are
    /// the process's own only when it is in that namespace itself.
    fn boot_offset(&mut self) -> io::Result<i64> {
        let inode =
            |link| std::fs::read_link(self.dir.join(link)).map(|to| inode_of_link(&to.to_string_lossy()));
        if self.own.time.is_none() {
            return Ok(0); // a kernel without time namespaces
        }
        let time = inode("ns/time")?;
        if time == self.own.time {
            return Ok(0);
        }
        if time != inode("ns/time_for_children")? {
            return Err(Errno::ENODATA.into());
        }
        read_kept(&self.offsets, &mut self.buffer).map(|bytes| boot_offset(bytes) - self.own.boot_offset)
    }

    fn processes(&mut self, facts: &mut Facts) -> Vec<Process> {
        let (tree, shown, children) = match self.tree.read(self.pid) {
            Ok(tree) => {
                let line = |p: &Process| format!("{}{} {}", "  ".repeat(p.depth), p.pid, p.name);
                let cut = (tree.len() == MOST).then(|| "…".to_owned());
                let shown = list(tree.iter().map(line).chain(cut));
                let children = list(tree.iter().filter(|p| p.depth == 1).map(|p| &p.name));
                (tree, shown, children)
            }
            Err(error) => (Vec::new(), missing(&error), missing(&error)),
        };
        facts.insert(FactId::host(Fact::Processes), shown);
        facts.insert(FactId::host(Fact::Children), children.clone());
        facts.insert(FactId::subject(Fact::Children), children);
        tree.into_iter().map(|process| Process { name: plain(&process.name), ..process }).collect()
    }
}

/// Capabilities, seccomp and `no_new_privs`.
pub(super) fn status_facts(read: io::Result<&Status>, side: fn(Fact) -> FactId, facts: &mut Facts) {
    let number =
        |n: Option<i64>| n.map_or_else(|| Value::Missing { errno: "ENOENT".to_owned() }, Value::Number);
    let values = match read {
        Ok(Status { caps, seccomp, no_new_privs, .. }) => [
            text(&caps.eff),
            text(&caps.prm),
            text(&caps.inh),
            text(&caps.bnd),
            text(&caps.amb),
            number(*seccomp),
            number(*no_new_privs),
        ],
        Err(error) => [(); 7].map(|()| missing(&error)),
    };
    let ids = [
        Fact::CapEff,
        Fact::CapPrm,
        Fact::CapInh,
        Fact::CapBnd,
        Fact::CapAmb,
        Fact::Seccomp,
        Fact::NoNewPrivs,
    ];
    facts.extend(ids.map(side).into_iter().zip(values));
}

/// The number of mounts, what is on the box directory, and the propagation of the root.
pub(super) fn mount_facts(
    read: io::Result<&[u8]>,
    box_dir: &Path,
    side: fn(Fact) -> FactId,
    facts: &mut Facts,
) {
    let values = match read.map(mountinfo::parse) {
        Ok(mounts) => [
            Value::Number(i64::try_from(mounts.len()).unwrap_or(i64::MAX)),
            text(mountinfo::fstype_at(&mounts, box_dir).unwrap_or("no")),
            // After a plain chroot the root is no mount point.
            mountinfo::root_propagation(&mounts)
                .map_or_else(|| Value::Missing { errno: "ENOENT".to_owned() }, text),
        ],
        Err(error) => [(); 3].map(|()| missing(&error)),
    };
    facts.extend([Fact::Mounts, Fact::BoxMount, Fact::Propagation].map(side).into_iter().zip(values));
}

pub(super) fn cgroup_value(bytes: &[u8]) -> Value {
    // What has a controller comes first: that is what limits, and what is left of a cut row.
    let (named, limiting): (Vec<_>, Vec<_>) =
        cgroup::parse(bytes).into_iter().partition(|place| place.controllers.starts_with("name="));
    list(limiting.iter().chain(&named).map(ToString::to_string))
}

/// `boottime 86400 0` in `/proc/PID/timens_offsets`.
fn boot_offset(bytes: &[u8]) -> i64 {
    let text = String::from_utf8_lossy(bytes);
    let seconds = |line: &str| {
        let mut words = line.split_whitespace();
        (words.next() == Some("boottime")).then(|| words.next()?.parse().ok()).flatten()
    };
    text.lines().find_map(seconds).unwrap_or(0)
}

/// A status file, or EINVAL for one without ids.
pub(super) fn parse_status(bytes: &[u8]) -> io::Result<Status> {
    Status::parse(bytes).ok_or_else(|| Errno::EINVAL.into())
}

fn read_kept<'a>(file: &io::Result<Kept>, buffer: &'a mut Buffer) -> io::Result<&'a [u8]> {
    match file {
        Ok(file) => file.read(buffer),
        Err(error) => Err(same_error(error)),
    }
}

pub(super) fn same_error(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(machine: &str, pid: i32, box_dir: &str) -> impl Fn(&str) -> Option<String> {
        let root = Path::new("tests/fixtures/proc").join(machine);
        let outside = ProcessReader::open(&root, pid).unwrap().read(Path::new(box_dir)).unwrap();
        move |id| outside.facts.get(&id.parse().unwrap()).map(Value::short)
    }

    #[test]
    fn a_boxed_process_is_seen_from_both_sides() {
        let fact = seen("v2", 6974, "/home/student/my box");
        for (id, value) in [
            ("subject.ns.uts", "4026532202"),
            ("subject.ns.net", "4026531840"),
            ("host.pid", "6974"),
            ("subject.pid", "1"),
            ("host.nspid", "6974 1"),
            ("host.uid", "1000"),
            ("subject.uid", "0"),
            ("host.uid_map", "0 1000 1"),
            ("subject.mounts", "6"),
            ("subject.box_mount", "tmpfs"),
            ("subject.propagation", "shared"),
            ("host.cgroup", ":/user.slice/user-1000.slice/session-2.scope"),
            ("subject.boot_offset", "86400"),
            ("subject.no_new_privs", "1"),
            ("subject.cap_eff", "000001ffffffffff"),
            ("subject.children", "sh ps (x)"),
            ("host.processes", "6974 heartbeat   6980 sh     6990 sleep   6981 ps (x)"),
        ] {
            assert_eq!(fact(id).as_deref(), Some(value), "{id}");
        }
    }

    #[test]
    fn a_bare_process_on_an_old_kernel_has_no_time_namespace() {
        let fact = seen("v1", 420, "/box");
        assert_eq!(fact("subject.ns.time").as_deref(), Some("(ENOENT)"));
        assert_eq!(fact("subject.boot_offset").as_deref(), Some("0"));
        assert_eq!(fact("subject.uid").as_deref(), Some("1000"), "the same user namespace");
        assert_eq!(fact("subject.seccomp").as_deref(), Some("(ENOENT)"));
        assert_eq!(fact("subject.propagation").as_deref(), Some("private"));
        assert!(fact("host.cgroup").unwrap().contains("cpu,cpuacct:/"));
    }

    #[test]
    fn an_id_without_a_map_overflows_and_a_chroot_has_no_root_mount() {
        let fact = seen("hybrid", 77, "/box");
        assert_eq!(fact("subject.uid").as_deref(), Some("65534"), "no map written yet");
        assert_eq!(fact("subject.gid").as_deref(), Some("65534"), "gid 100 is not in the map");
        assert_eq!(fact("subject.propagation").as_deref(), Some("(ENOENT)"));
        assert_eq!(fact("subject.mounts").as_deref(), Some("1"));
        assert_eq!(fact("subject.box_mount").as_deref(), Some("no"));
    }

    #[test]
    fn in_a_container_both_sides_number_alike() {
        let fact = seen("delegated", 12, "/box");
        assert_eq!(fact("host.uid").as_deref(), Some("0"));
        assert_eq!(fact("subject.uid").as_deref(), Some("0"), "not sent through the map of the parent's ids");
        assert_eq!(fact("subject.propagation").as_deref(), Some("slave"));
        assert_eq!(fact("host.cgroup").as_deref(), Some(":/app.slice/korobka.scope"));
    }

    #[test]
    fn a_process_that_is_gone_is_an_error() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let mut reader = ProcessReader::open(Path::new("/proc"), child.id().cast_signed()).unwrap();
        let facts = reader.read(Path::new("/box")).unwrap().facts;
        assert!(!facts.values().any(|value| matches!(value, Value::Missing { .. })), "{facts:?}");
        child.kill().unwrap();
        child.wait().unwrap();
        let error = reader.read(Path::new("/box")).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(Errno::ESRCH as i32));
        assert!(ProcessReader::open(Path::new("/proc"), -1).is_err());
    }

    #[test]
    fn the_offset_is_the_one_of_the_boot_clock() {
        assert_eq!(boot_offset(b"monotonic   5 0\nboottime   -86400 0\n"), -86400);
        assert_eq!(boot_offset(b""), 0);
    }
}
