//! The host's side of the wall: what the stage sees of itself.

use std::path::Path;

use super::{
    Facts,
    here::Here,
    kept::read_now,
    namespace_inode,
    process::{mount_facts, parse_status, same_error, status_facts},
    value::{or_missing, yes_no},
};
use crate::lab::{
    fact::{Fact, FactId},
    namespace::Namespace,
    observation::Value,
};

/// Reads the stage's own side. Nothing but the port's answer is remembered: every look is a new one.
#[derive(Debug)]
pub struct HostReader(Here);

impl HostReader {
    /// A reader of a /proc that also asks a port of the loopback address.
    pub fn new(proc_root: &Path, port: Option<u16>) -> Self {
        Self(Here::new(proc_root, port))
    }

    /// Everything that can be seen now.
    pub fn read(&mut self, box_dir: &Path) -> Facts {
        let own = self.0.proc_root.join("self");
        let mut facts = Facts::new();
        for ns in Namespace::ALL {
            let inode = or_missing(namespace_inode(&own, ns), Value::Number);
            facts.insert(FactId::host(Fact::of_namespace(ns)), inode);
        }
        let buffer = &mut self.0.buffer;
        mount_facts(read_now(&own.join("mountinfo"), buffer), box_dir, FactId::host, &mut facts);
        let status = read_now(&own.join("status"), buffer).and_then(parse_status);
        status_facts(status.as_ref().map_err(same_error), FactId::host, &mut facts);
        facts.insert(FactId::host(Fact::SeesHost), yes_no(true));
        // The host's clock is what the others are measured by.
        facts.insert(FactId::host(Fact::BootOffset), Value::Number(0));
        self.0.read(FactId::host, &mut facts);
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_sees_itself() {
        let mut host = HostReader::new(Path::new("/proc"), None);
        let facts = host.read(Path::new("/nowhere"));
        let get = |fact| facts.get(&FactId::host(fact));
        assert_eq!(get(Fact::BoxMount), Some(&Value::Text("no".into())));
        assert_eq!(get(Fact::SeesHost), Some(&Value::Text("yes".into())));
        for fact in [Fact::NsUser, Fact::NsTime, Fact::Mounts, Fact::Hostname, Fact::Interfaces, Fact::CapBnd]
        {
            assert!(get(fact).is_some_and(|value| !matches!(value, Value::Missing { .. })), "{fact:?}");
        }
        assert_eq!(get(Fact::HostPort), None, "no port was named");
    }

    #[test]
    fn what_cannot_be_read_is_missing_and_not_left_out() {
        let facts = HostReader::new(Path::new("/nonexistent"), None).read(Path::new("/nowhere"));
        let missing = Some(Value::Missing { errno: "ENOENT".into() });
        for fact in [Fact::NsUser, Fact::Mounts, Fact::CapEff, Fact::Pid1, Fact::BootId, Fact::Ipc] {
            assert_eq!(facts.get(&FactId::host(fact)), missing.as_ref(), "{fact:?}");
        }
    }
}
